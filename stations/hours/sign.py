"""Opening hours as the sign at a door says them: an ordinary week, holidays, and no more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from stations.hours.calendar_cn import DayKind, day_kind
from stations.hours.week import WHOLE_DAY, Span, week_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from stations.hours.week import Day

    _Hours = str | tuple[str, ...] | None

_DAY: Final = timedelta(days=1)
_WEEKS: Final = 53
# A night belongs to the evening it began in; what lasts longer is a day of its own.
_NIGHT_ENDS: Final = "12:00"


@dataclass(frozen=True, slots=True)
class Row:
    """Hours that some days share.

    Attributes
    ----------
    days
        Days of the week, Monday is 0; empty for public holidays.
    spans
        Clock times; a span whose end is not after its start ends on the next day. Empty where
        closed, None where nobody knows.
    partly
        Whether it may be open at other times, too, of which nobody knows.
    """

    days: tuple[int, ...]
    spans: tuple[Span, ...] | None
    partly: bool = False


@dataclass(frozen=True, slots=True)
class Sign:
    """What a sign says.

    Attributes
    ----------
    rows
        An ordinary week.
    holidays
        Public holidays, where they are other than the day of the week would be.
    varies
        Whether there are weeks or holidays in the year to come of which this is not true.
    """

    rows: tuple[Row, ...]
    holidays: Row | None = None
    varies: bool = False

    @property
    def known(self) -> bool:
        """Whether it says anything of when the door is open."""
        return any(row.spans is not None for row in self.rows)


def sign_of(opening_hours: str | Sequence[str] | None, today: date) -> Sign:
    """Return the sign for opening hours, as they are in the year that begins today.

    Parameters
    ----------
    opening_hours
        As for `week_of`.
    today
        A date in Beijing.

    Raises
    ------
    HoursError
        If an expression cannot be read.
    """
    if opening_hours is None or isinstance(opening_hours, str):
        return _sign(opening_hours, today)
    return _sign(tuple(opening_hours), today)


@lru_cache(maxsize=512)
def _sign(opening_hours: _Hours, today: date) -> Sign:
    monday = today - today.weekday() * _DAY
    days = [
        day for week in range(_WEEKS) for day in week_of(opening_hours, monday + 7 * week * _DAY)
    ]
    told = {days[n].date: _told(*days[n - 1 : n + 2]) for n in range(1, len(days) - 1)}
    weeks = [[told[day] for day in week] for week in _ordinary_weeks(days)]
    # What a holiday changes is seen on breaks that have been published, not on those to come.
    breaks = [today - n * _DAY for n in range(2 * 365) if _amid(DayKind.HOLIDAY, today - n * _DAY)]
    told_then = [_row_on(opening_hours, day) for day in breaks]
    usual_then = [_row_on(opening_hours, _same_weekday_before(day)) for day in breaks]
    alike = set(told_then) if told_then != usual_then else set()
    return Sign(
        tuple(_rows(weeks[0])),
        next(iter(alike)) if len(alike) == 1 else None,
        varies=any(week != weeks[0] for week in weeks) or len(alike) > 1,
    )


def told_week(opening_hours: str | Sequence[str] | None, day: date) -> tuple[Row, ...]:
    """Return the week of a day, Monday first, each night with the day that it begins in.

    Raises
    ------
    HoursError
        If an expression cannot be read.
    """
    monday = day - day.weekday() * _DAY
    days = [one for week in (-1, 0, 1) for one in week_of(opening_hours, monday + 7 * week * _DAY)]
    return tuple(_told(*days[n - 1 : n + 2]) for n in range(7, 14))


def _ordinary_weeks(days: Sequence[Day]) -> Iterator[list[date]]:
    """Weeks, with the days beside them, in which there is no holiday and no make-up workday."""
    for start in range(7, len(days) - 7, 7):
        if all(day.kind is DayKind.ORDINARY for day in days[start - 1 : start + 8]):
            yield [day.date for day in days[start : start + 7]]


def _amid(kind: DayKind, day: date) -> bool:
    """Whether a day and both beside it are of a kind, so that no night of others reaches in."""
    return all(day_kind(day + step * _DAY) is kind for step in (-1, 0, 1))


def _same_weekday_before(day: date) -> date:
    """Return the last ordinary day of the same weekday: of the same season, if there are any."""
    return next(
        before for week in range(1, 60) if _amid(DayKind.ORDINARY, before := day - 7 * week * _DAY)
    )


def _row_on(opening_hours: _Hours, day: date) -> Row:
    near = [
        next(one for one in week_of(opening_hours, date) if one.date == date)
        for date in (day - _DAY, day, day + _DAY)
    ]
    return _told(*near)


def _told(before: Day, day: Day, after: Day) -> Row:
    """Hours of a day with the night that begins in it, and without the one that ends in it."""
    spans = day.spans
    if spans is not None:
        if _joined(before, day):
            spans = spans[1:]
        if _joined(day, after):
            spans = (*spans[:-1], Span(spans[-1].start, (after.spans or spans)[0].end))
    return Row((), spans, partly=bool(spans and day.unsure))


def _joined(evening: Day, morning: Day) -> bool:
    if not evening.spans or not morning.spans or WHOLE_DAY in (*evening.spans, *morning.spans):
        return False
    last, first = evening.spans[-1], morning.spans[0]
    return last.end == "24:00" and first.start == "00:00" and first.end <= _NIGHT_ENDS


def _rows(week: Sequence[Row]) -> Iterator[Row]:
    for told in dict.fromkeys(week):
        days = tuple(number for number, row in enumerate(week) if row == told)
        yield Row(days, told.spans, told.partly)
