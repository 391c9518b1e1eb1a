"""What a report is asked for: an area, a day or a quarter, what is within reach, the heat."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from stations.errors import ReportAskError
from stations.hours import BEIJING

if TYPE_CHECKING:
    from stations.reach import Mode
    from stations.report.heat import HeatDay

_QUARTER = re.compile(r"(20\d\d)(?:[- ]?Q([1-4])|年第?([1-4])季度)", re.IGNORECASE)
_DAY: Final = dt.timedelta(days=1)
MOST_SITES: Final = 100


class Quarter(NamedTuple):
    """A quarter of a year."""

    year: int
    number: int

    @property
    def first(self) -> dt.date:
        """Its first day."""
        return dt.date(self.year, 3 * self.number - 2, 1)

    @property
    def last(self) -> dt.date:
        """Its last day."""
        following = dt.date(self.year + self.number // 4, 3 * self.number % 12 + 1, 1)
        return following - _DAY

    def __str__(self) -> str:
        return f"{self.year}Q{self.number}"


def read_quarter(text: str) -> Quarter:
    """Return the quarter of ``2026Q3`` or ``2026年第3季度``.

    Raises
    ------
    ReportAskError
        If it is none.
    """
    found = _QUARTER.fullmatch(text.strip())
    if found is None:
        raise ReportAskError(
            f"{text[:40]!r} is no quarter: write it as 2026Q3",
            f"{text[:40]!r} 不是季度：请写成 2026Q3",
        )
    return Quarter(int(found[1]), int(found[2] or found[3]))


@dataclasses.dataclass(frozen=True, kw_only=True)
class ReportAsk:
    """One coverage report. Checked when it is made.

    Attributes
    ----------
    day
        The figures are of this day, and of the registry as it was at its end.
    district
        Adcode or name of the district that it is of; None for the whole area.
    quarter
        The quarter that it is of; the changes are those since its first day.
    since
        Revision since which changes are told, where that is no quarter's.
    mode, radius_m, minutes
        What counts as within reach; limits by default those of the workspace.
    sites
        New stations to recommend, 0 for none.
    heat
        A hot day; None for none.
    time_s
        Most seconds that the search for new stations may take.
    """

    day: dt.date
    district: str | None = None
    quarter: Quarter | None = None
    since: int | None = None
    mode: Mode = "line"
    radius_m: float | None = None
    minutes: float | None = None
    sites: int = 5
    heat: HeatDay | None = None
    time_s: float = 60.0

    def __post_init__(self) -> None:
        if not 0 <= self.sites <= MOST_SITES:
            raise ReportAskError(
                f"sites is {self.sites}: from 0 to {MOST_SITES} new stations can be recommended",
                f"推荐新建数量是 {self.sites}：应在 0 到 {MOST_SITES} 之间",
            )
        if self.quarter is not None and self.since is not None:
            raise ReportAskError(
                "a quarter has its own beginning: leave out the revision",
                "季度报告从季初算起：请去掉修订号",
            )

    @property
    def moment(self) -> dt.datetime:
        """The end of the day, which the figures are of."""
        return dt.datetime.combine(self.day, dt.time(23, 59, 59), BEIJING)


def ask_for(
    *, quarter: Quarter | None, day: dt.date | None, today: dt.date, **others: object
) -> ReportAsk:
    """Return the ask for a day, or for a quarter: of its last day, or of today while it lasts.

    Raises
    ------
    ReportAskError
        If both are given, or the time has not come yet.
    """
    if quarter is not None and day is not None:
        raise ReportAskError("give a day or a quarter, not both", "日期和季度只能给一个")
    begins = quarter.first if quarter else day or today
    if begins > today:
        raise ReportAskError(
            f"{quarter or day} lies in the future: a report is of what has been",
            f"{quarter or day} 还没到：报告只能写已经过去的日子",
        )
    when = min(quarter.last, today) if quarter else begins
    return ReportAsk(day=when, quarter=quarter, **others)  # type: ignore[arg-type]
