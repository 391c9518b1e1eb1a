"""Moments as people and programs write them; one reading for the API and the command line."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

from stations.hours import BEIJING
from stations.hours.typical import HOURS_OF_WEEK, Hour, hour_of, typical_days

FIRST_YEAR, LAST_YEAR = 2000, 2100


def read_moment(text: str) -> dt.datetime:
    """Return the moment of ``now`` or an ISO 8601 text; Beijing time unless an offset is given.

    Raises
    ------
    ValueError
        If it is none, or lies outside the years that make sense.
    """
    text = text.strip()
    if text == "now":
        return dt.datetime.now(BEIJING)
    # In a query string a plus sign arrives as a space.
    head, space, offset = text.rpartition(" ")
    if space and ("T" in head.upper() or ":" in head):
        text = f"{head}+{offset}"
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        message = f"{text[:40]!r} is no moment: give `now` or ISO 8601, such as 2026-11-20T22:40"
        raise ValueError(message) from None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        message = f"the year {moment.year} lies outside {FIRST_YEAR}-{LAST_YEAR}"
        raise ValueError(message)
    return moment.replace(tzinfo=BEIJING) if moment.tzinfo is None else moment


_ENGLISH: Final = (
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
)  # fmt: skip
_DAYS: Final = {
    **{
        f"{week}{name}": i
        for week in ("周", "星期", "礼拜")
        for i, name in enumerate("一二三四五六日")
    },
    "周天": 6,
    "星期天": 6,
    "holiday": HOURS_OF_WEEK // 24,
    "节假日": HOURS_OF_WEEK // 24,
}
_DAY_AND_TIME = re.compile(r"([^\W\d_]+)\.?[\s+]*(\d{1,2})(?:[:：](\d\d)|[时点])")


def read_hour(text: str, *, today: dt.date | None = None) -> Hour:
    """Return the hour of ``Tue 02:00``, ``周二 02:00``, ``holiday 14:00``, or of a moment.

    A day of the week is one of the typical week nearest to today, a holiday the nearest one.

    Raises
    ------
    ValueError
        If it is none.
    """
    found = _DAY_AND_TIME.fullmatch(text.strip())
    if found is None:
        try:
            return hour_of(read_moment(text))
        except ValueError:
            message = (
                f"{text[:40]!r} is no hour: give a day and a time, such as `Tue 02:00`, "
                "`周二 02:00` or `holiday 14:00`; or `now`, or ISO 8601, such as 2026-11-20T22:40"
            )
            raise ValueError(message) from None
    word, hour, minute = found[1].lower(), int(found[2]), int(found[3] or 0)
    day = _DAYS.get(word)
    if day is None and len(word) >= len("mon"):
        # Tues and Thurs too; a word that only begins like a day is none.
        day = next((i for i, name in enumerate(_ENGLISH) if name.startswith(word)), None)
    if day is None or hour > 23 or minute > 59:
        message = (
            f"{text[:40]!r} is no hour: Mon to Sun, 周一 to 周日 or holiday, and 00:00 to 23:59"
        )
        raise ValueError(message)
    today = today or dt.datetime.now(BEIJING).date()
    return typical_days(today).hour(24 * day + hour, minute)
