"""A hot day: which cooled stations are open in its hot hours, and who has none.

The hours and duties follow China's rules on outdoor work in the heat (防暑降温措施管理办法, 2012,
article 8): at 40 C or more no work outdoors; from 37 C on at most six hours of it in the day, and
none in the three hottest hours; from 35 C on shorter shifts and no overtime.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from stations.demand_column import read_number
from stations.errors import ReportAskError
from stations.importing.reading import read_any_table
from stations.importing.text import is_blank, text_of
from stations.vocabulary import fold

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Level = Literal["none", "shorter", "six_hours", "stop"]
HOT_C: Final = 35.0
_LEVELS: Final[tuple[tuple[float, Level], ...]] = (
    (40.0, "stop"), (37.0, "six_hours"), (HOT_C, "shorter"), (-math.inf, "none"),
)  # fmt: skip
TYPICAL_HOURS: Final = tuple(range(11, 18))
"""What is taken for the hot hours where only the day's maximum is given: 11:00 to 18:00."""
_COLDEST_C, _HOTTEST_C = -60.0, 60.0
_DATE = re.compile(r"(\d{4})(?:[-/年.](\d{1,2})[-/月.](\d{1,2})|(\d{2})(\d{2}))(?!\d)日?")
_CLOCK = re.compile(
    r"T?(\d{1,2})(?:\.0*)?(?:\s*[时点](?:\d{1,2}分?)?|[:：]\d{2}(?:[:：]\d{2}(?:\.\d+)?)?)?(?:\+08:?00)?"
)
"""An hour of the day in Beijing; minutes and seconds do not matter."""
_TIMES = frozenset(map(fold, ("time", "hour", "datetime", "时间", "时刻", "小时", "时")))
_DATES = frozenset(map(fold, ("date", "day", "日期")))
_DEGREES = frozenset(
    map(
        fold,
        ("temperature", "temp", "temp_c", "temperature_c", "气温", "温度", "气温℃", "气温（℃）"),
    )
)


class HeatDay(NamedTuple):
    """A hot day.

    Attributes
    ----------
    max_c
        Its maximum, degrees Celsius.
    hours
        Hours of the day that are hot, ascending.
    day
        Which day; None for the day of the report.
    measured
        Whether the hours come from a file; else they are assumed.
    """

    max_c: float
    hours: tuple[int, ...]
    day: dt.date | None = None
    measured: bool = False

    @property
    def level(self) -> Level:
        """What the rules ask for at its maximum."""
        return next(level for least, level in _LEVELS if self.max_c >= least)


def heat_of(max_c: float) -> HeatDay:
    """Return a day of which only the maximum is given: its hot hours are assumed.

    Raises
    ------
    ReportAskError
        If it is no temperature of a hot day.
    """
    if not HOT_C <= max_c <= _HOTTEST_C:
        raise ReportAskError(
            f"{max_c:g} C is no heat: {HOT_C:g} to {_HOTTEST_C:g} degrees Celsius are expected",
            f"{max_c:g} ℃ 不是高温：应为 {HOT_C:g} 到 {_HOTTEST_C:g} ℃",
        )
    return HeatDay(max_c, TYPICAL_HOURS)


def read_heat(path: Path) -> HeatDay:
    """Read temperatures by the hour, from any sheet; of several days the hottest is taken.

    The sheet has a column of times (``2026-07-20 14:00``, or a date and an hour, or the hour alone)
    and one of degrees Celsius. Its hot hours are those of 35 C or more.

    Raises
    ------
    ReportAskError, ImportFileError
        If a column is missing, a cell is none, or no hour is hot.
    """
    table = read_any_table(path)
    columns = {fold(name): place for place, name in enumerate(table.columns)}
    time = next((columns[name] for name in columns if name in _TIMES), None)
    date = next((columns[name] for name in columns if name in _DATES), None)
    degrees = next((columns[name] for name in columns if name in _DEGREES), None)
    if degrees is None or (time is None and date is None):
        raise ReportAskError(
            f"{path.name} needs a column of times (time) and one of degrees (temperature); it has "
            f"{', '.join(table.columns)}",
            f"{path.name} 需要“时间”和“气温”两列；现有列：{'、'.join(table.columns)}",
        )
    by_day: dict[dt.date | None, dict[int, float]] = defaultdict(dict)
    for row in table.rows:
        cell = row.cells[degrees]
        found = None if is_blank(cell) else read_number(cell)
        day, hour = _when(
            None if date is None else row.cells[date], None if time is None else row.cells[time]
        )
        if found is None or not _COLDEST_C <= found <= _HOTTEST_C or hour is None:
            raise ReportAskError(
                f"{path.name}, row {row.number}: an hour and a temperature are expected",
                f"{path.name} 第 {row.number} 行：应有时刻和气温（℃）",
            )
        by_day[day][hour] = max(found, by_day[day].get(hour, -math.inf))
    day, hours = max(by_day.items(), key=_hotness)
    hot = tuple(sorted(hour for hour, found in hours.items() if found >= HOT_C))
    if not hot:
        raise ReportAskError(
            f"{path.name}: no hour reaches {HOT_C:g} C",
            f"{path.name}：没有一个小时达到 {HOT_C:g} ℃",
        )
    return HeatDay(max(hours.values()), hot, day, measured=True)


def _hotness(item: tuple[dt.date | None, Mapping[int, float]]) -> tuple[float, float]:
    """Order of days: by their maximum, then by how hot they are in all."""
    return max(item[1].values()), math.fsum(item[1].values())


def _when(date: object, time: object) -> tuple[dt.date | None, int | None]:
    """Day and hour of a row, as far as it says; no hour where not all that it says is understood.

    Half of it would not do: 2:00 PM is not 2:00, and hours of a day that cannot be read are not
    those of the day of the report.
    """
    day, words = None, []
    for cell in (date, time):
        if isinstance(cell, dt.datetime):
            day = cell.date()
            if cell is time or time is None:
                return day, cell.hour
        elif isinstance(cell, dt.date):
            day = cell
        elif isinstance(cell, dt.time):
            words.append(cell.isoformat())
        elif not is_blank(cell):
            words.append(text_of(cell))
    text = " ".join(words)
    written = _DATE.match(text)
    if written is not None:
        try:
            day = dt.date(*(int(part) for part in written.groups() if part))
        except ValueError:
            return None, None
        text = text[written.end() :]
    clock = _CLOCK.fullmatch(text.strip())
    hour = int(clock[1]) if clock else 24
    return day, hour if hour < 24 else None
