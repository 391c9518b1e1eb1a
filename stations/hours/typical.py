"""A week like any other, and a public holiday: the days that stand for all in hourly figures."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final, NamedTuple

from stations.hours.calendar_cn import DayKind, day_kind
from stations.hours.evaluation import BEIJING

HOURS_OF_WEEK: Final = 168
"""Hours of a week, Monday 00:00 first; those of a public holiday are counted on from here."""
_DAY: Final = timedelta(days=1)
_FRIDAY, _SATURDAY = 4, 5
_FARTHEST: Final = 400
"""Days that a typical week or holiday may lie away."""


class Hour(NamedTuple):
    """A moment, and which of the 192 hours of a week and a holiday it is, for who is at work."""

    moment: datetime
    number: int

    @property
    def is_holiday(self) -> bool:
        """Whether it belongs to a public holiday."""
        return self.number >= HOURS_OF_WEEK


class TypicalDays(NamedTuple):
    """The days that stand for all: a week from its Monday, and a holiday (None: none is near)."""

    monday: date
    holiday: date | None

    def hour(self, number: int, minute: int = 0) -> Hour:
        """Return one of the 192 hours; where no holiday is known, Sunday stands for it."""
        day, hour = divmod(number, 24)
        if number < HOURS_OF_WEEK:
            date_ = self.monday + day * _DAY
        else:
            date_ = self.holiday or self.monday + 6 * _DAY
        return Hour(datetime.combine(date_, time(hour, minute), BEIJING), number)


def typical_days(day: date) -> TypicalDays:
    """Return the ordinary week and the public holiday that are nearest to a day.

    The week has no holiday and no make-up workday, nor has the Sunday before it, whose night is in
    it. The holiday is a weekday, for on a Saturday an office is closed anyway, and follows another
    day of the break, so that its night is one of the holiday too.
    """
    monday = day - day.weekday() * _DAY
    weeks = (monday + 7 * step * sign * _DAY for step in range(60) for sign in (-1, 1))
    ordinary = next((one for one in weeks if _is_ordinary(one)), monday)
    days = (day + step * sign * _DAY for step in range(_FARTHEST) for sign in (1, -1))
    return TypicalDays(ordinary, next((one for one in days if _stands_for_holidays(one)), None))


def hour_of(moment: datetime) -> Hour:
    """Return which hour of the week, or of a holiday, a moment is for those at work.

    A make-up workday is a Friday: it is worked, and it is that Friday's or Monday's work.
    """
    # A door is told by its minute, so that those who ask in the same one get the same answer.
    local = moment.astimezone(BEIJING).replace(second=0, microsecond=0)
    day, kind = local.weekday(), day_kind(local.date())
    if kind is DayKind.HOLIDAY:
        return Hour(local, HOURS_OF_WEEK + local.hour)
    if kind is DayKind.MAKE_UP and day >= _SATURDAY:
        day = _FRIDAY
    return Hour(local, 24 * day + local.hour)


def _is_ordinary(monday: date) -> bool:
    return all(day_kind(monday + step * _DAY) is DayKind.ORDINARY for step in range(-1, 7))


def _stands_for_holidays(day: date) -> bool:
    return day.weekday() < _SATURDAY and all(
        day_kind(one) is DayKind.HOLIDAY for one in (day - _DAY, day)
    )
