"""What opening hours say, as OSM rules, if its parts do not contradict each other."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Final, NamedTuple

from stations.hours.spans import DAY, Span, ascending
from stations.hours.words import Days, Month, UnreadError

_WEEK: Final = frozenset(range(7))
_DAY_NAMES: Final = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_MONTH_NAMES: Final = (
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
)  # fmt: skip
_MONTH_DAYS: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_LEAP_YEAR: Final = [
    (month, day + 1) for month, days in enumerate(_MONTH_DAYS, start=1) for day in range(days)
]


class Stretch(NamedTuple):
    """A part of the year, both ends included; it may pass New Year."""

    start: Month
    end: Month


class Closing(NamedTuple):
    """Days on which it is closed; `exception` for 除外, which is excepted from something."""

    days: Days
    exception: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Spans that hold on some days; without days, on every day."""

    stretch: Stretch | None
    days: Days | None
    spans: tuple[Span, ...]

    @property
    def weekdays(self) -> frozenset[int]:
        """The weekdays, of which none may remain for a rule on public holidays."""
        return _WEEK if self.days is None else self.days.weekdays

    @property
    def holidays(self) -> bool:
        """Whether public holidays are named."""
        return self.days is not None and self.days.holidays

    @property
    def workdays(self) -> bool:
        """Whether the days leave out public holidays by their meaning."""
        return self.days is not None and self.days.workdays


@dataclass(slots=True)
class Sentence:
    """Everything a text says; filled while it is read."""

    groups: list[Group] = field(default_factory=list)
    closings: list[Closing] = field(default_factory=list)
    as_usual: list[Days | None] = field(default_factory=list)
    days_open: list[Days] = field(default_factory=list)
    breaks: list[Span] = field(default_factory=list)


def rules(sentence: Sentence, *, comment: str) -> str:
    """Write a sentence as an OSM opening_hours expression.

    Parameters
    ----------
    sentence
        What was read.
    comment
        The text as written; it goes with the days that are known to be open at unknown hours.

    Raises
    ------
    UnreadError
        If the parts contradict each other, or leave nothing certain to say.
    """
    _check_closings(sentence)
    if not sentence.groups:
        return _without_hours(sentence, comment)
    if sentence.breaks and len(sentence.groups) > 1:
        raise UnreadError
    groups = _disjoint(sentence.groups)
    _check_year(groups)
    _check_usual(sentence, groups)
    closed = frozenset[int]().union(*(closing.days.weekdays for closing in sentence.closings))
    holidays_closed = any(closing.days.holidays for closing in sentence.closings)
    _check_closed_days(groups, closed, holidays_closed=holidays_closed)
    night = any(item.end > DAY for group in groups for item in group.spans)
    if night and closed:
        # `Mo off` would also cut short the night that began on Sunday.
        groups = [_only(group, group.weekdays - closed) for group in groups]
        closed = frozenset()
    # Rules after `;` replace what the day before has left, also the rest of its night.
    ordinary = [_rule(group) for group in groups if not group.holidays]
    written = [(", " if night else "; ").join(ordinary)] if ordinary else []
    written += [_rule(group) for group in groups if group.holidays]
    if closed:
        written.append(f"{_day_names(closed)} off")
    if holiday_rule := _holiday_rule(groups, holidays_closed=holidays_closed):
        written.append(holiday_rule)
    return "; ".join(written)


def _check_closings(sentence: Sentence) -> None:
    closed_before = False
    for closing in sentence.closings:
        # 周末休息，节假日除外: excepted from the rest, or from the opening?
        if closing.exception and closed_before:
            raise UnreadError
        if len(closing.days.weekdays) > 2 or closing.days.workdays:
            raise UnreadError
        closed_before = closed_before or not closing.exception


def _check_year(groups: list[Group]) -> None:
    stretches = {group.stretch for group in groups}
    if stretches == {None}:
        return
    covered: list[tuple[int, int]] = []
    for stretch in stretches:
        if stretch is None:
            raise UnreadError
        covered += _days_of(stretch)
    # What holds in the months that are not named is unknown.
    if sorted(covered) != _LEAP_YEAR:
        raise UnreadError


def _days_of(stretch: Stretch) -> list[tuple[int, int]]:
    first = (stretch.start.month, stretch.start.day or 1)
    last = (stretch.end.month, stretch.end.day or 31)
    if last == (2, 28):
        last = (2, 29)
    if (stretch.start.day and first not in _LEAP_YEAR) or not 1 <= first[0] <= 12:
        raise UnreadError
    if (stretch.end.day and last not in _LEAP_YEAR) or not 1 <= last[0] <= 12:
        raise UnreadError
    if first <= last:
        return [day for day in _LEAP_YEAR if first <= day <= last]
    return [day for day in _LEAP_YEAR if day >= first or day <= last]


def _disjoint(groups: list[Group]) -> list[Group]:
    """Let hours for single days replace those for every day, and join what is said in pieces."""
    resolved: list[Group] = []
    for group in groups:
        for place, earlier in enumerate(resolved):
            if earlier.stretch != group.stretch:
                continue
            if earlier.holidays and group.holidays and earlier.days != group.days:
                raise UnreadError
            if earlier.days == group.days:
                spans = ascending([*earlier.spans, *group.spans])
                resolved[place] = replace(earlier, spans=spans)
                break
            if not earlier.weekdays & group.weekdays:
                continue
            replaceable = earlier.days is None or earlier.days.every
            if not replaceable or group.weekdays == _WEEK:
                raise UnreadError
            resolved[place] = _only(earlier, earlier.weekdays - group.weekdays)
        else:
            resolved.append(group)
    if any(not group.weekdays and not group.holidays for group in resolved):
        raise UnreadError
    return resolved


def _only(group: Group, weekdays: frozenset[int]) -> Group:
    days = group.days or Days(_WEEK)
    return replace(group, days=days._replace(weekdays=weekdays))


def _check_usual(sentence: Sentence, groups: list[Group]) -> None:
    every_day = frozenset[int]().union(*(group.weekdays for group in groups)) == _WEEK
    workdays = any(group.workdays for group in groups)
    for days in sentence.as_usual:
        if days is None:
            contradicted = not every_day or any(not item.exception for item in sentence.closings)
        elif days.weekdays:
            contradicted = not (every_day and days.weekdays <= {5, 6}) or bool(sentence.closings)
        else:
            contradicted = any(item.days.holidays for item in sentence.closings)
        if contradicted or workdays:
            raise UnreadError


def _check_closed_days(
    groups: list[Group], closed: frozenset[int], *, holidays_closed: bool
) -> None:
    for group in groups:
        every_day = group.days is None or group.days.every
        if (closed & group.weekdays and not every_day) or (holidays_closed and group.holidays):
            raise UnreadError


def _holiday_rule(groups: list[Group], *, holidays_closed: bool) -> str:
    if holidays_closed:
        return "PH off"
    if any(group.holidays for group in groups) or not any(group.workdays for group in groups):
        return ""
    # 工作日 leaves holidays out; with hours for the weekend it leaves them open.
    return "PH off" if all(group.workdays for group in groups) else "PH unknown"


def _without_hours(sentence: Sentence, comment: str) -> str:
    """Write which days are open or closed when no hours are given."""
    if sentence.breaks or sentence.as_usual or not (sentence.days_open or sentence.closings):
        raise UnreadError
    closed = frozenset[int]().union(*(closing.days.weekdays for closing in sentence.closings))
    holidays_closed = any(closing.days.holidays for closing in sentence.closings)
    opened = frozenset[int]().union(*(days.weekdays for days in sentence.days_open))
    holidays_open = any(days.holidays for days in sentence.days_open)
    if closed & opened or (holidays_closed and holidays_open) or opened == _WEEK:
        raise UnreadError
    # 工作日开放 leaves out the weekend; 周末开放 may mean that the weekend is not left out.
    if sentence.days_open and len(opened & frozenset(range(5))) < 3:
        raise UnreadError
    if sentence.days_open:
        closed = _WEEK - opened
    else:
        opened = _WEEK - closed
    unknown = f'unknown "{comment}"'
    days = _day_names(opened) if opened != _WEEK else ""
    written = [f"{days} {unknown}".strip()] if opened else []
    if closed:
        written.append(f"{_day_names(closed)} off")
    if holidays_open:
        written.append(f"PH {unknown}")
    elif holidays_closed or any(days.workdays for days in sentence.days_open):
        written.append("PH off")
    return "; ".join(written)


def _rule(group: Group) -> str:
    days = _day_names(group.weekdays) if group.weekdays and group.weekdays != _WEEK else ""
    if group.holidays:
        days = f"{_day_names(group.weekdays)},PH" if group.weekdays else "PH"
    if not days and group.stretch is None and group.spans == ((0, DAY),):
        return "24/7"
    times = ",".join(f"{_time(item.start)}-{_end(item)}" for item in group.spans)
    return " ".join(part for part in (_season(group.stretch), days, times) if part)


def _season(stretch: Stretch | None) -> str:
    if stretch is None:
        return ""
    start, end = stretch
    whole = start.day in {None, 1} and end.day in {None, 28 if end.month == 2 else None,
                                                   _MONTH_DAYS[end.month - 1]}  # fmt: skip
    if whole:
        return f"{_MONTH_NAMES[start.month - 1]}-{_MONTH_NAMES[end.month - 1]}"
    last = end.day or _MONTH_DAYS[end.month - 1]
    return (
        f"{_MONTH_NAMES[start.month - 1]} {start.day or 1:02d}-"
        f"{_MONTH_NAMES[end.month - 1]} {last:02d}"
    )


def _day_names(weekdays: frozenset[int]) -> str:
    runs = []
    for _, run in groupby(enumerate(sorted(weekdays)), key=lambda pair: pair[1] - pair[0]):
        days = [day for _, day in run]
        last = f"-{_DAY_NAMES[days[-1]]}" if len(days) > 1 else ""
        runs.append(f"{_DAY_NAMES[days[0]]}{last}")
    return ",".join(runs)


def _time(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _end(item: Span) -> str:
    # A night is written 22:00-06:00; anything longer as 08:00-30:00, which no one can mistake.
    night = item.start >= 17 * 60 and item.end <= 33 * 60
    return _time(item.end - DAY if item.end > DAY and night else item.end)
