"""When a written time may be taken at its word: two times to a span of minutes, or nothing."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from stations.hours.words import MORNING, Clock, UnreadError, hour_of

if TYPE_CHECKING:
    from collections.abc import Sequence

DAY: Final = 24 * 60
_TWELVE_HOURS: Final = 12
# 17:00-09:00 is a night; 14:00-06:00 may be a night or an afternoon written carelessly.
_NIGHT_BEGINS: Final = 17 * 60
_NIGHT_ENDS: Final = 9 * 60
# Parts of the day that plainly cover both ends: 下午2点-5点. 早8点-10点 may end in the evening.
_NO_INHERITING: Final = frozenset({"早", "a.m.", "p.m."})


class Span(NamedTuple):
    """Minutes from midnight; the end may lie in the next day and is at most a day later."""

    start: int
    end: int


def span(start: Clock, end: Clock, *, clock24: bool) -> Span:
    """Read two times as a span.

    Parameters
    ----------
    start, end
        As written.
    clock24
        Whether another time of the same text shows that hours are counted to 24.

    Raises
    ------
    UnreadError
        If the hours are impossible, or may be meant in another half of the day.
    """
    _check_hours(start, end)
    if not clock24 and _month_and_day(start) and _month_and_day(end):
        raise UnreadError
    begins = _minutes(start, start.part)
    if end.part:
        ends = _minutes(end, end.part)
    elif start.part and start.hour <= _TWELVE_HOURS and not _counts_to_24(end) and not end.next_day:
        if start.part in _NO_INHERITING:
            raise UnreadError
        ends = _minutes(end, start.part)
    else:
        ends = _minutes(end, "")
        _check_half_of_day(start, end, clock24=clock24)
    if end.part and not start.part:
        _check_start_before_named_end(start, end)
    return _ordered(begins, ends, end)


def ascending(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Check that the spans of one day follow each other, and return them.

    Raises
    ------
    UnreadError
        If they overlap or are not in order.
    """
    for left, right in pairwise(spans):
        if right.start < left.end:
            raise UnreadError
    if spans[-1].end > spans[0].start + DAY:
        raise UnreadError
    return tuple(spans)


def without(spans: Sequence[Span], pause: Span) -> list[Span]:
    """Take a break, such as 12:00-14:00, out of the one span that contains it.

    Raises
    ------
    UnreadError
        If no single span has the break in its midst.
    """
    around = [item for item in spans if item.start < pause.start and pause.end < item.end]
    if len(around) != 1:
        raise UnreadError
    whole = around[0]
    parts = [Span(whole.start, pause.start), Span(pause.end, whole.end)]
    return sorted([*(item for item in spans if item is not whole), *parts])


def _counts_to_24(clock: Clock) -> bool:
    return clock.hour > _TWELVE_HOURS or clock.hour == 0


def _check_hours(start: Clock, end: Clock) -> None:
    # An end such as 30:00 is OSM's own way of writing 06:00 on the next day.
    last = 48 if end.style == "colon" and not end.part and not end.next_day else 24
    if start.next_day or start.hour > 23 or end.hour > last:
        raise UnreadError
    if end.hour in {24, 48} and end.minute:
        raise UnreadError
    dotted = {start.style, end.style} & {"dot"}
    if dotted and start.style != end.style:
        raise UnreadError


def _month_and_day(clock: Clock) -> bool:
    """Find 8.30, which may be the 30th of August, unlike 9.00 and 17.30."""
    return clock.style == "dot" and 1 <= clock.hour <= 12 and 1 <= clock.minute <= 31


def _minutes(clock: Clock, part: str) -> int:
    hour = hour_of(clock, part) if part else clock.hour
    if hour == 24 and clock.minute and part:
        raise UnreadError
    return hour * 60 + clock.minute


def _check_half_of_day(start: Clock, end: Clock, *, clock24: bool) -> None:
    """Refuse 8点-6点 and 2:30-5:30, of which only people know which half of the day is meant."""
    if start.part or _counts_to_24(start):
        return
    digital = start.style in {"colon", "dot"} and end.style in {"colon", "dot"}
    if end.next_day:
        if not digital or start.hour < 5:
            raise UnreadError
        return
    if _counts_to_24(end):
        if start.hour < 4 and not (start.padded and end.padded):
            raise UnreadError
        return
    early = start.hour < 6 and not (start.hour == 5 and start.padded)
    if early or not (digital or clock24):
        raise UnreadError


def _check_start_before_named_end(start: Clock, end: Clock) -> None:
    """In 8点到晚上10点 the first time is a morning one; 2点到下午5点 leaves that open."""
    if _counts_to_24(start):
        return
    if not 6 <= start.hour <= 12 or (end.part in MORNING and not end.next_day):
        raise UnreadError
    if end.next_day and start.style != "colon":
        raise UnreadError


def _ordered(begins: int, ends: int, end: Clock) -> Span:
    if end.next_day:
        ends += DAY
    elif ends == 0:
        ends = DAY
    elif ends <= begins:
        night = begins >= _NIGHT_BEGINS and ends <= _NIGHT_ENDS
        named = end.part in MORNING and begins >= 12 * 60
        if not (night or named):
            raise UnreadError
        ends += DAY
    if not begins < ends <= begins + DAY:
        raise UnreadError
    if begins == 0 and ends == DAY - 1:
        ends = DAY
    return Span(begins, ends)
