"""Working hours of the demand, from a planner's sheet: the share of a group at work, hour by hour.

Later rows of a sheet override earlier ones: every day first, then the weekend.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from geodata.demand import ALL, HOURS, HOURS_OF_DAY, HOURS_OF_WEEK, stacked_hours
from stations.demand_hours_sheet import HOLIDAY, read_figures
from stations.errors import ImportFileError
from stations.vocabulary import label

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from geodata.demand import Demand
    from stations.demand_hours_sheet import Figure

DAY_NAMES: Final = {
    "zh": ("周一", "周二", "周三", "周四", "周五", "周六", "周日", "节假日"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "holiday"),
}
"""The days of a week, and behind them a public holiday."""


@dataclasses.dataclass(frozen=True, eq=False)
class HoursInput:
    """Working hours read from a sheet, by group.

    Attributes
    ----------
    week
        (168,) share at work in each hour of the week, Monday 00:00 first. Under ``all``, that of
        every group that is not named.
    holiday
        (24,) the same of a public holiday, for the groups whose holidays are given.
    per_cent
        Whether the sheet has its figures in per cent.
    """

    week: dict[str, NDArray[np.float64]]
    holiday: dict[str, NDArray[np.float64]]
    per_cent: bool

    def key_of(self, group: str) -> str | None:
        """Under which name the hours of a group stand; None where they do not."""
        return next((name for name in (group, ALL) if name in self.week), None)


class GroupHours(NamedTuple):
    """When a group is at work, in short.

    Attributes
    ----------
    mean
        Share at work, over all hours of the week.
    peak_hour
        Hour of the week in which the most are at work, the first of equals; Monday 00:00 is 0.
    peak_share
        Share at work then.
    own_holiday
        Whether a sheet says when it is at work on a public holiday; if not, as on a Sunday.
    """

    group: str
    mean: float
    peak_hour: int
    peak_share: float
    own_holiday: bool


def read_hours(path: Path) -> HoursInput:
    """Read when which share of each group is at work.

    Parameters
    ----------
    path
        A table with a column ``group`` (群体) and a column ``day`` (日), and either a column for
        each hour, 0 to 23, or a column ``hour`` (时) and a column ``share`` (在岗比例). Figures are
        shares from 0 to 1, or per cent; a blank cell is 0 in a row that has some figure.

    Raises
    ------
    ImportFileError
        If the file cannot be read, its columns do not tell, a cell is not what its column asks for,
        or a group has no figure for some hour of the week.
    """
    figures, stated = read_figures(path)
    over = _per_cent_without_sign(figures, stated=stated)
    shares = {one.group: np.full((HOURS // HOURS_OF_DAY, HOURS_OF_DAY), np.nan) for one in figures}
    for one in figures:
        for group in shares if one.group == ALL else (one.group,):
            shares[group][one.days, one.hour] = _share(one, per_cent=one.signed or over)
    for group, hours in shares.items():
        _check_complete(group, hours)
    return HoursInput(
        {group: hours.ravel()[:HOURS_OF_WEEK] for group, hours in shares.items()},
        {g: hours[HOLIDAY] for g, hours in shares.items() if not np.isnan(hours[HOLIDAY]).any()},
        over or any(one.signed for one in figures),
    )


def apply_hours(demand: Demand, hours: HoursInput) -> Demand:
    """Return the demand with the working hours of the groups that a sheet names.

    The others keep theirs. A group that is named without its holidays has its new Sunday then.

    Raises
    ------
    ImportFileError
        If the demand does not have a group.
    """
    unknown = [group for group in hours.week if group not in {ALL, *demand.groups}]
    if unknown:
        there = "、".join(label("serves", group) for group in demand.groups)
        raise ImportFileError(
            f"the demand has no group {', '.join(unknown)}: name one that it has, "
            f"{', '.join(demand.groups)}, or all",
            f"劳动者分布中没有群体“{'、'.join(unknown)}”：请改用现有的群体（{there}）或“全部”",
        )
    week, holiday = {}, {}
    for j, group in enumerate(demand.groups):
        key = hours.key_of(group)
        if key is not None:
            week[group] = hours.week[key]
            if key in hours.holiday:
                holiday[group] = hours.holiday[key]
        elif demand.profile is not None:
            week[group] = demand.profile[j]
            if demand.holiday is not None:
                holiday[group] = demand.holiday[j]
    profile, days_off = stacked_hours(week, holiday, demand.groups)
    return dataclasses.replace(demand, profile=profile, holiday=days_off)


def summarise_hours(hours: HoursInput, groups: Sequence[str]) -> tuple[GroupHours, ...]:
    """Return when those of some groups are at work whose hours a sheet gives, in short."""
    found = []
    for group in groups:
        key = hours.key_of(group)
        if key is not None:
            week = hours.week[key]
            peak = int(week.argmax())
            own = key in hours.holiday
            found.append(GroupHours(group, float(week.mean()), peak, float(week[peak]), own))
    return tuple(found)


def _per_cent_without_sign(figures: Sequence[Figure], *, stated: bool) -> bool:
    """Whether figures without a sign are per cent: some of them are above 1."""
    plain = [one for one in figures if not one.signed]
    over = next((one for one in plain if one.number > 1), None)
    part = next((one for one in plain if 0 < one.number < 1), None)
    if over is not None and part is not None and not stated:
        # Is 1.2 a slip among shares, or 0.8 a small one among per cent? Nobody would see.
        raise ImportFileError(
            f"row {over.row}: {over.number:g} in {over.column!r} is above 1, as per cent, and "
            f"{part.number:g} in row {part.row}, {part.column!r}, is below, as a share: write all "
            "figures from 0 to 1, or all with %",
            f"第 {over.row} 行“{over.column}”列的 {over.number:g} 大于 1，像百分数，"
            f"第 {part.row} 行“{part.column}”列的 {part.number:g} 小于 1，像比例："
            "请全部写成 0 至 1，或全部加上 %",
        )
    return over is not None


def _share(one: Figure, *, per_cent: bool) -> float:
    share = one.number / 100 if per_cent else one.number
    if not 0 <= share <= 1:
        sign, most = (" %", 100) if per_cent else ("", 1)
        raise ImportFileError(
            f"row {one.row}: {one.number:g}{sign} in {one.column!r} is not from 0 to {most}{sign}",
            f"第 {one.row} 行“{one.column}”列的 {one.number:g}{sign} 不在 0 至 {most}{sign} 之间",
        )
    return share


def _check_complete(group: str, shares: NDArray[np.float64]) -> None:
    """Check that there is a share for every hour of the week, and of a holiday that is given."""
    missing = np.isnan(shares)
    if missing[HOLIDAY].all():
        missing = missing[:HOLIDAY]
    if missing.any():
        raise ImportFileError(
            f"group {group} has no figures for {', '.join(_named(missing, 'en', ':00'))}: give "
            "every hour of every day, 0 where nobody is at work",
            f"群体“{label('serves', group)}”缺少{'、'.join(_named(missing, 'zh', ' 时'))}的数值："
            "请填写每天的每个小时，无人在岗写 0",
        )


def _named(hours: NDArray[np.bool_], lang: str, clock: str) -> list[str]:
    """Days in words, and where not all of a day, its hours, too."""
    return [
        name if day.all() else f"{name} {' '.join(f'{h}{clock}' for h in np.flatnonzero(day))}"
        for name, day in zip(DAY_NAMES[lang], hours, strict=False)
        if day.any()
    ]
