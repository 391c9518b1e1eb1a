"""What a page says of a station: its state, distances and moments, in the visitor's language.

The scripts of the map say the same of what changes under their eyes (``static/js/texts.js``).
"""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Literal, NamedTuple

from stations import vocabulary
from stations.hours import BEIJING, OpenState
from webmap import texts
from webmap.texts import WEEKDAYS

if TYPE_CHECKING:
    from stations.entry import EntryAt
    from stations.ledger import StationWarning
    from stations.model import Properties, Station
    from webmap.texts import Language

Look = Literal["open", "closing", "closed", "unknown", "suspended"]
CLOSING_MINUTES = 60
"""From how many minutes before it shuts a station counts as closing soon."""
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class State(NamedTuple):
    """How a station's door looks at a moment: its mark and its words."""

    look: Look
    text: str


def state_of(
    lang: Language, properties: Properties, door: EntryAt, when: dt.datetime, now: dt.datetime
) -> State:
    """Return the state of a station at `when`, told by somebody who lives at `now`."""
    return _out_of_service(lang, properties, now) or _of_door(lang, door, when, now)


def _of_door(lang: Language, door: EntryAt, when: dt.datetime, now: dt.datetime) -> State:
    def say(key: str, **values: object) -> str:
        return texts.text(lang, key, **values)

    until = door.until
    if door.state is OpenState.UNKNOWN:
        return State("unknown", say("state.unknown"))
    if door.state is OpenState.CLOSED:
        if until is None:
            return State("closed", say("state.closed"))
        opens = moment(lang, until, now, say_today=True)
        return State("closed", say("state.closed_until", time=opens))
    if until is None:
        return State("open", say("state.open_always"))
    left = (until - when).total_seconds() / 60
    if left <= CLOSING_MINUTES:
        # Minutes that begin do not help who has to leave.
        key = "state.closing" if when <= now else "state.closing_on_arrival"
        return State("closing", say(key, n=max(math.floor(left), 0)))
    return State("open", say("state.open_until", time=moment(lang, until, now)))


def _out_of_service(lang: Language, properties: Properties, now: dt.datetime) -> State | None:
    status, since = properties.status, properties.status_since
    if status == "suspended":
        if since is None:
            return State("suspended", texts.text(lang, "state.suspended"))
        text = texts.text(lang, "state.suspended_since", date=day(lang, since))
        return State("suspended", text)
    if status != "open":
        return State("closed", vocabulary.label("status", status, lang))
    if not is_within_dates(properties, now):
        return State("closed", texts.text(lang, "state.expired"))
    return None


def is_within_dates(properties: Properties, now: dt.datetime) -> bool:
    """Whether a station is within the dates for which it is meant to be there."""
    today = now.astimezone(BEIJING).date()
    begins, ends = properties.valid_from, properties.valid_to
    return not ((begins and today < begins) or (ends and ends < today))


def entry_words(lang: Language, door: EntryAt) -> str | None:
    """Return the ways in that hold at a moment, or None where they are not known."""
    separator = " / " if lang == "en" else "、"
    return separator.join(vocabulary.label("access", mode, lang) for mode in door.modes) or None


def age(lang: Language, station: Station, now: dt.datetime, stale_days: int) -> tuple[str, bool]:
    """Return how fresh a record is, in words, and whether it counts as stale."""
    verified = station.properties.verified_on
    if verified is None:
        return texts.text(lang, "station.never_verified"), True
    days = max((now.astimezone(BEIJING).date() - verified).days, 0)
    if days == 0:
        return texts.text(lang, "station.verified_today"), False
    stale = days > stale_days
    key = "station.verified_stale" if stale else "station.verified"
    return texts.text(lang, key, n=days), stale


def distance(lang: Language, metres: float) -> str:
    """Return a distance as one says it: tens of metres, then tenths of a kilometre."""
    if metres < 995:
        return f"{max(round(metres, -1), 10):.0f} {'m' if lang == 'en' else '米'}"
    return f"{metres / 1000:.1f} {'km' if lang == 'en' else '公里'}"


def clock(when: dt.datetime) -> str:
    """Return the time in Beijing."""
    return when.astimezone(BEIJING).strftime("%H:%M")


def day(lang: Language, date: dt.date) -> str:
    """Return a date with its year."""
    if lang == "en":
        return f"{date.day} {_MONTHS[date.month - 1]} {date.year}"
    return f"{date.year}年{date.month}月{date.day}日"


def weekday(lang: Language, date: dt.date) -> str:
    """Return the short name of a day of the week."""
    return WEEKDAYS[lang][date.weekday()]


def moment(lang: Language, when: dt.datetime, now: dt.datetime, *, say_today: bool = False) -> str:
    """Return a moment as one says it: 22:00 today, 明天 08:00, 周一 08:00, 10月8日 08:00."""
    there, here = when.astimezone(BEIJING), now.astimezone(BEIJING)
    time, ahead = clock(there), (there.date() - here.date()).days
    if ahead == 0:
        return texts.text(lang, "time.today", time=time) if say_today else time
    if ahead == 1 and time == "00:00" and not say_today:
        # Midnight belongs to the evening before it.
        return "24:00"
    if ahead == 1:
        return texts.text(lang, "time.tomorrow", time=time)
    if 0 < ahead < 7:
        return texts.text(lang, "time.weekday", day=weekday(lang, there.date()), time=time)
    return texts.text(lang, "time.date", date=_day_of_year(lang, there), time=time)


def _day_of_year(lang: Language, date: dt.datetime) -> str:
    if lang == "en":
        return f"{date.day} {_MONTHS[date.month - 1]}"
    return f"{date.month}月{date.day}日"


def ago(lang: Language, when: dt.datetime, now: dt.datetime) -> str:
    """Return a past moment as one says it: 今天 14:20, 昨天 14:20, 11月18日 14:20."""
    there, here = when.astimezone(BEIJING), now.astimezone(BEIJING)
    time, days = clock(there), (here.date() - there.date()).days
    if days == 0:
        return texts.text(lang, "time.today", time=time)
    if days == 1:
        return texts.text(lang, "time.yesterday", time=time)
    return texts.text(lang, "time.date", date=_day_of_year(lang, there), time=time)


def alert(lang: Language, warning: StationWarning, now: dt.datetime) -> str:
    """Return what several people report of a station, in one sentence."""
    separator = ", " if lang == "en" else "、"
    named = [vocabulary.label("facilities", code, lang) for code in warning.facilities]
    problem = vocabulary.label("problem", warning.problem, lang)
    what = texts.text(lang, "alert.what", problem=problem, named=separator.join(named))
    return texts.text(
        lang,
        "alert.people",
        n=warning.people,
        what=what if named else problem,
        when=ago(lang, warning.last_at, now),
    )
