"""China's working calendar: public holidays and make-up workdays (调休上班日)."""

from __future__ import annotations

import enum
from datetime import date, timedelta
from functools import lru_cache

import holidays

FIRST_YEAR = 2001
LAST_YEAR = 2100


class DayKind(enum.Enum):
    """What the State Council's arrangement makes of a calendar day."""

    ORDINARY = "ordinary"
    HOLIDAY = "holiday"
    MAKE_UP = "make_up"


def day_kind(day: date) -> DayKind:
    """Say whether a day is a public holiday, a make-up workday or neither.

    In a year whose arrangement has been published, a holiday is every day of the break: the
    statutory days, the days swapped for make-up workdays, and the weekend days that join them.
    In any other year only the days fixed by law (全国年节及纪念日放假办法) are holidays and there
    are no make-up workdays, because which days are swapped is not known before the notice.

    Parameters
    ----------
    day
        A date in Beijing time.

    Returns
    -------
    DayKind
        ``ORDINARY`` for every day outside 2001-2100.
    """
    return _special_days(day.year).get(day, DayKind.ORDINARY)


def special_days(year: int) -> dict[date, DayKind]:
    """Return the holidays and make-up workdays of one year, in date order."""
    return dict(_special_days(year))


@lru_cache(maxsize=1)
def published_years() -> range:
    """Years whose arrangement the installed ``holidays`` package knows."""
    last = FIRST_YEAR
    while last < LAST_YEAR and _make_up_days(last + 1):
        last += 1
    return range(FIRST_YEAR, last + 1)


@lru_cache(maxsize=256)
def _special_days(year: int) -> dict[date, DayKind]:
    # A break at the turn of the year belongs to the notice of the later year.
    breaks = _break_days(year) | _break_days(year + 1)
    found = dict.fromkeys((day for day in breaks if day.year == year), DayKind.HOLIDAY)
    found |= dict.fromkeys(_make_up_days(year), DayKind.MAKE_UP)
    return dict(sorted(found.items()))


def _break_days(year: int) -> set[date]:
    if year not in published_years():
        return _named_holidays(year, observed=False)
    named = _named_holidays(year, observed=True)
    worked = _make_up_days(year - 1) | _make_up_days(year) | _make_up_days(year + 1)
    whole = set(named)
    for day in named:
        for step in (timedelta(days=-1), timedelta(days=1)):
            near = day + step
            while near.weekday() >= 5 and near not in worked:
                whole.add(near)
                near += step
    return whole


@lru_cache(maxsize=256)
def _make_up_days(year: int) -> frozenset[date]:
    # December days may be swapped in the next year's notice.
    days: set[date] = set()
    for notice in (year, year + 1):
        if FIRST_YEAR <= notice <= LAST_YEAR:
            days |= holidays.country_holidays("CN", years=notice).weekend_workdays
    return frozenset(day for day in days if day.year == year)


def _named_holidays(year: int, *, observed: bool) -> set[date]:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return set()
    named = holidays.country_holidays("CN", years=year, observed=observed)
    return {day for day in named if day.year == year}
