"""A week of opening hours, day by day, as a table on a page or a door shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from stations.hours.calendar_cn import DayKind, day_kind
from stations.hours.evaluation import BEIJING, OpenState, parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stations.hours.evaluation import OpeningHours

_DAY: Final = timedelta(days=1)


class Span(NamedTuple):
    """Clock times of one day, ``"08:00"`` to ``"22:00"``; the last is ``"24:00"``."""

    start: str
    end: str


WHOLE_DAY: Final = Span("00:00", "24:00")
"""What a day that is open around the clock has as its only span."""


@dataclass(frozen=True, slots=True)
class Day:
    """What is known of one day.

    Attributes
    ----------
    date
        The day, in Beijing.
    spans
        When it is open, in order and without gaps of length zero; a night is cut at midnight. Empty
        where it is closed all day; None where nobody knows.
    unsure
        When it may be open: stretches of unknown hours.
    kind
        Whether it is a public holiday, a make-up workday or neither.
    """

    date: date
    spans: tuple[Span, ...] | None
    unsure: tuple[Span, ...] = ()
    kind: DayKind = DayKind.ORDINARY


def week_of(opening_hours: str | Sequence[str] | None, day: date) -> tuple[Day, ...]:
    """Return the seven days, Monday first, of the week in which a day lies.

    Parameters
    ----------
    opening_hours
        OSM syntax, None unknown. Of several, such as those of bands of access, it is open while
        one is, and closed while all are.
    day
        A date in Beijing.

    Raises
    ------
    HoursError
        If an expression cannot be read.
    """
    monday = day - day.weekday() * _DAY
    if opening_hours is None or isinstance(opening_hours, str):
        texts = [opening_hours] if opening_hours else []
    else:
        texts = list(opening_hours)
    parts = [parse(text) for text in texts]
    return tuple(_day(parts, monday + step * _DAY) for step in range(7))


def _day(parts: Sequence[OpeningHours], day: date) -> Day:
    found: dict[OpenState, list[tuple[datetime, datetime]]] = {state: [] for state in OpenState}
    begin = datetime.combine(day, time(), BEIJING)
    for start, end, state in states_of(parts, begin, begin + _DAY):
        runs = found[state]
        if runs and runs[-1][1] == start:
            runs[-1] = runs[-1][0], end
        else:
            runs.append((start, end))
    spans = tuple(_span(day, *run) for run in found[OpenState.OPEN])
    unsure = tuple(_span(day, *run) for run in found[OpenState.UNKNOWN])
    return Day(day, spans if spans or not unsure else None, unsure, day_kind(day))


def states_of(
    parts: Sequence[OpeningHours], begin: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime, OpenState]]:
    """Yield the states of several expressions together: open while one is, closed while all are.

    Unknown where nothing tells; neighbours may be alike.
    """
    runs = [run for part in parts for run in part.intervals(begin, end)]
    cuts = sorted({begin, end, *(moment for run in runs for moment in run[:2])})
    for start, stop in pairwise(cuts):
        states = {state for first, last, state in runs if first <= start and stop <= last}
        if OpenState.OPEN in states:
            yield start, stop, OpenState.OPEN
        elif OpenState.UNKNOWN in states or not states:
            yield start, stop, OpenState.UNKNOWN
        else:
            yield start, stop, OpenState.CLOSED


def _span(day: date, start: datetime, end: datetime) -> Span:
    return Span(f"{start:%H:%M}", "24:00" if end.date() > day else f"{end:%H:%M}")
