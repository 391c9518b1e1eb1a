"""Opening hours in OSM syntax, evaluated in Beijing time with China's working calendar.

The syntax is that of https://wiki.openstreetmap.org/wiki/Key:opening_hours/specification and is
evaluated by the ``opening_hours`` package. What it says of a day follows from the rules of that day
and of the night before; so a day that is, or follows, a holiday or a make-up workday is evaluated
with an expression written for those two days, and all other days with the plain one.
"""

from __future__ import annotations

import enum
import re
from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple
from zoneinfo import ZoneInfo

import opening_hours as osm

from stations.errors import StationsError
from stations.hours.calendar_cn import DayKind, day_kind, special_days
from stations.hours.expression import Expression, split_at_midnight, take_apart
from stations.hours.text import MAX_LENGTH

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


BEIJING: Final = ZoneInfo("Asia/Shanghai")
HORIZON: Final = timedelta(days=400)
"""How far ahead a change of state is looked for."""

_DAY: Final = timedelta(days=1)
_FARTHEST: Final = 31
"""Days that ``PH +1 day`` may lie from the holiday."""
# The package knows 1900 to 9999; the margin keeps every sum of a day and the horizon inside.
_EARLIEST: Final = datetime(1900, 1, 2)  # noqa: DTZ001 - Beijing clock time, as everywhere below
_LATEST: Final = datetime(9990, 1, 1)  # noqa: DTZ001


class HoursError(StationsError):
    """Opening hours that cannot be read; names the text and what is wrong with it."""


class OpenState(enum.StrEnum):
    """Whether a station is open; unknown is a value of its own, never closed."""

    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"


_STATES: Final = {
    osm.State.OPEN: OpenState.OPEN,
    osm.State.CLOSED: OpenState.CLOSED,
    osm.State.UNKNOWN: OpenState.UNKNOWN,
}

Run = tuple[datetime, datetime, OpenState]


class HoursAt(NamedTuple):
    """The state at a moment, and when it next changes."""

    state: OpenState
    until: datetime | None
    """Aware, in Asia/Shanghai; None when no change is known within `HORIZON`."""


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """An opening hours expression; get one with `parse`. Equal and hashed by its text."""

    text: str
    _expression: Expression = field(compare=False, repr=False)

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return parse, (self.text,)

    def at(self, when: datetime) -> HoursAt:
        """Return the state at a moment and when it changes next.

        Parameters
        ----------
        when
            An aware time is converted to Beijing time, a naive one is taken as Beijing time.

        Returns
        -------
        HoursAt
            Unknown without end for moments before 1900 and after 9989.
        """
        start = _beijing(when)
        if start is None:
            return HoursAt(OpenState.UNKNOWN, None)
        limit = start + HORIZON
        _, end, state = next(_merged(_runs(self._expression, start, limit)))
        return HoursAt(state, None if end >= limit else end.replace(tzinfo=BEIJING))

    def intervals(
        self, start: datetime, end: datetime
    ) -> list[tuple[datetime, datetime, OpenState]]:
        """Return the states between two moments, without gaps, neighbours differing.

        Parameters
        ----------
        start, end
            As in `at`; times before 1900 and after 9989 are cut off.

        Returns
        -------
        list of (datetime, datetime, OpenState)
            Aware, in Asia/Shanghai. Empty when `end` is not after `start`.
        """
        first, last = _clipped(start), _clipped(end)
        return [
            (begin.replace(tzinfo=BEIJING), stop.replace(tzinfo=BEIJING), state)
            for begin, stop, state in _merged(_runs(self._expression, first, last))
        ]


@lru_cache(maxsize=4096)
def parse(text: str) -> OpeningHours:
    """Read an expression in OSM opening_hours syntax.

    ``PH`` are China's public holidays (see `calendar_cn`). An expression that mentions them
    treats a make-up workday as an ordinary workday; any other is taken literally. ``SH``, school
    holidays, are not known: where they would matter the state is unknown. A rule that has a
    comment instead of hours (``"by appointment"``) is unknown, and spaces after the commas of a
    list of days (``Mo, We 10:00-12:00``) have no meaning.

    Raises
    ------
    HoursError
        If the text is empty, too long or not valid.
    """
    if len(text) > MAX_LENGTH:
        raise HoursError(
            f"Opening hours {text[:40]!r}... have {len(text)} characters; "
            f"at most {MAX_LENGTH} are read."
        )
    if not text.strip():
        raise HoursError("Opening hours are empty; leave them out when they are unknown.")
    expression = take_apart(text)
    if any(abs(offset) > _FARTHEST for offset in expression.offsets):
        raise HoursError(
            f"Opening hours {text!r}: {_FARTHEST} days from a holiday is the farthest."
        )
    try:
        _compiled(expression.text)
    except osm.ParserError as error:  # type: ignore[attr-defined] # missing from its stubs
        shown = text if len(text) <= 80 else f"{text[:80]}..."
        raise HoursError(f"Opening hours {shown!r} cannot be read: {_reason(error)}") from error
    return OpeningHours(text, expression)


def _reason(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines()]
    place = re.search(r"--> 1:(\d+)", lines[0])
    detail = lines[-1].removeprefix("= ")
    return f"at character {place[1]}, {detail}." if place else detail


@lru_cache(maxsize=8192)
def _compiled(text: str) -> osm.OpeningHours:
    return osm.OpeningHours(
        text, auto_country=False, auto_timezone=False, max_interval_days=HORIZON.days
    )


def _runs(expression: Expression, start: datetime, end: datetime) -> Iterator[Run]:
    if not expression.school:
        return _runs_given(expression, start, end, school=False)
    # School holidays differ by province and are not known here. Where it makes no difference
    # whether it is one, the state is certain; elsewhere it is unknown.
    return _agreed(
        _runs_given(expression, start, end, school=False),
        _runs_given(expression, start, end, school=True),
    )


def _runs_given(
    expression: Expression, start: datetime, end: datetime, *, school: bool
) -> Iterator[Run]:
    plain = _variant(expression, (), school=school)
    while start < end:
        today = start.date()
        changed = _next_changed_day(expression.offsets, today)
        if changed == today:
            stop = min(end, _midnight(today + _DAY))
            for begin, finish, state in _day_runs(expression, today, school):
                if finish > start and begin < stop:
                    yield max(begin, start), min(finish, stop), state
        else:
            stop = min(end, _midnight(changed)) if changed else end
            yield from _package_runs(plain, start, stop)
        start = stop


def _variant(expression: Expression, days: tuple[date, ...], *, school: bool) -> osm.OpeningHours:
    """Write the expression for days whose holidays and make-up workdays are to count."""
    if not days and not school:
        return _compiled(expression.text)
    holidays = {
        offset: frozenset(
            day.weekday() for day in days if day_kind(day - offset * _DAY) is DayKind.HOLIDAY
        )
        for offset in expression.offsets
    }
    make_up = frozenset(day.weekday() for day in days if day_kind(day) is DayKind.MAKE_UP)
    return _compiled(expression.render(holidays, make_up, school=school))


@lru_cache(maxsize=8192)
def _day_runs(expression: Expression, day: date, school: bool) -> tuple[Run, ...]:  # noqa: FBT001 - lru_cache would keep two entries for a keyword
    """Evaluate one day that is, or follows, a holiday or a make-up workday."""
    eve = day - _DAY
    begin, end = _midnight(day), _midnight(day + _DAY)
    halves = split_at_midnight(expression)
    if halves is None:
        return tuple(_package_runs(_variant(expression, (eve, day), school=school), begin, end))
    # `PH off` must not cut short the night that began before the holiday (opening_hours.js, issue
    # 441), and the night of the holiday must not come back on the next morning.
    of_day, of_night = halves
    runs = tuple(_package_runs(_variant(of_day, (day,), school=school), begin, end))
    nights = _variant(of_night, (eve,), school=school)
    last_minute = begin - timedelta(minutes=1)
    for _, stop, state in _package_runs(nights, _midnight(eve), last_minute):
        # What lasts until the last minute is no night but open all day, and ends with the day.
        if state is not OpenState.CLOSED and stop < last_minute:
            runs = tuple(_carried(runs, stop + _DAY, state))
    return runs


def _carried(own: tuple[Run, ...], stop: datetime, state: OpenState) -> Iterator[Run]:
    for first, last, its in own:
        if its is not OpenState.CLOSED or first >= stop:
            yield first, last, its
        else:
            yield first, min(last, stop), state
            if last > stop:
                yield stop, last, its


@lru_cache(maxsize=1024)
def _changed_days(offsets: tuple[int, ...], year: int) -> tuple[date, ...]:
    """Return the days of a year that need a variant of their own, in order."""
    reach = range(year - 1, year + 2)
    special = {day: kind for near in reach for day, kind in special_days(near).items()}
    days = set()
    for day, kind in special.items():
        shifts = offsets if kind is DayKind.HOLIDAY else (0,)
        for shift in shifts:
            days |= {day + shift * _DAY, day + (shift + 1) * _DAY}
    return tuple(sorted(day for day in days if day.year == year))


def _next_changed_day(offsets: tuple[int, ...], day: date) -> date | None:
    if not offsets:
        return None
    for year in (day.year, day.year + 1):
        days = _changed_days(offsets, year)
        index = bisect_left(days, day)
        if index < len(days):
            return days[index]
    # Far from every known holiday; ask again when the year after has been walked through.
    return date(day.year + 2, 1, 1)


def _package_runs(hours: osm.OpeningHours, start: datetime, end: datetime) -> Iterator[Run]:
    # The package takes whatever lies beyond its horizon for unchanging, so it is asked in pieces.
    while start < end:
        stop = min(end, start + HORIZON)
        for begin, finish, state, _ in hours.intervals(start, stop):
            yield begin, finish, _STATES[state]
        start = stop


def _merged(runs: Iterable[Run]) -> Iterator[Run]:
    pending: Run | None = None
    for begin, end, state in runs:
        if pending is None:
            pending = begin, end, state
        elif pending[2] is state:
            pending = pending[0], end, state
        else:
            yield pending
            pending = begin, end, state
    if pending is not None:
        yield pending


def _agreed(left: Iterator[Run], right: Iterator[Run]) -> Iterator[Run]:
    first, second = next(left, None), next(right, None)
    while first and second:
        begin, end = max(first[0], second[0]), min(first[1], second[1])
        yield begin, end, first[2] if first[2] is second[2] else OpenState.UNKNOWN
        # Both must be compared with the same end before either moves on.
        move_first, move_second = first[1] == end, second[1] == end
        if move_first:
            first = next(left, None)
        if move_second:
            second = next(right, None)


def _beijing(when: datetime) -> datetime | None:
    if when.tzinfo is not None:
        try:
            when = when.astimezone(BEIJING).replace(tzinfo=None)
        except OverflowError:
            return None
    return when if _EARLIEST <= when < _LATEST else None


def _clipped(when: datetime) -> datetime:
    inside = _beijing(when)
    if inside is not None:
        return inside
    return _EARLIEST if when.year < 2000 else _LATEST


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())
