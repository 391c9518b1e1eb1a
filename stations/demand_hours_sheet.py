"""A planner's sheet of working hours as figures: of which group, on which days, in which hour.

A sheet is wide, with a row for each group and day and a column for each hour, or long, with a row
for each group, day and hour.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final, NamedTuple

from geodata.demand import HOURS_OF_DAY
from stations.demand_column import read_number
from stations.errors import ImportFileError
from stations.hours.words import (
    Clock,
    Days,
    Month,
    UnreadError,
    Word,
    hour_of,
    normalise,
    tokens,
)
from stations.importing.mapping import ColumnRule, Mapping
from stations.importing.reading import read_any_table, read_table
from stations.importing.text import text_of
from stations.vocabulary import code_of, fold

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stations.hours.words import Token
    from stations.importing.table import Row, Table

HOLIDAY: Final = 7
"""The day behind Sunday: a public holiday."""

_GROUPS: Final = ("group", "groups", "workers", "群体", "人群", "劳动者", "工种")
_DAYS: Final = ("day", "days", "weekday", "日", "日子", "日期", "天", "星期", "周几")
_HOURS: Final = ("hour", "hours", "time", "时", "小时", "时刻", "钟点", "时段", "时间")
_SHARES: Final = (
    "share", "at work", "percent", "在岗", "在岗率", "在岗比例", "上岗率", "比例", "占比", "百分比",
)  # fmt: skip
# With these to look for, the header is found below a title, and text is cut at the right sign.
_HEADERS: Final = Mapping(
    columns={word: ColumnRule(word) for word in (*_GROUPS, *_DAYS, *_HOURS, *_SHARES)}
)
_PER_CENT: Final = re.compile(r"\s*[(\[]?\s*%\s*[)\]]?")
_SAYS_PER_CENT: Final = re.compile("%|percent|百分")
_NUMBERED: Final = re.compile(r" \([0-9]+\)$")
# Opening hours say `public holiday` where a planner may be short.
_SHORT_HOLIDAY: Final = re.compile(r"\b(?:public )?holidays?\b")
# A program for sheets takes 8-9 for the 9th of August.
_DATE: Final = re.compile(r"[0-9]{4}-([0-9]{2})-([0-9]{2})")
_DAYS_SHAPE: Final = re.compile(r"D(?:-D)?(?:[&,]?D(?:-D)?)*")
_NO_HOUR: Final = (
    "is no hour of the day: hours go from 0 to 23, and 0 is from 0:00 to 1:00",
    "不是一天中的一个小时：钟点为 0 至 23，0 表示 0:00 至 1:00",
)


class Figure(NamedTuple):
    """A number of a sheet, and what it is about.

    Attributes
    ----------
    row, column
        Where it stands.
    days
        Monday is 0, a public holiday `HOLIDAY`.
    signed
        Whether a sign of per cent stands behind it.
    """

    row: int
    column: str
    group: str
    days: list[int]
    hour: int
    number: float
    signed: bool


def read_figures(path: Path) -> tuple[list[Figure], bool]:
    """Read every figure of a sheet, in its order, and whether its header says per cent.

    Raises
    ------
    ImportFileError
        If the file cannot be read, its columns do not tell, or a cell is not what its column asks
        for.
    """
    table = _read(path)
    group, day = _column(table, _GROUPS, "group", "群体"), _column(table, _DAYS, "day", "日")
    hour, share = _find(table, _HOURS), _find(table, _SHARES)
    figures: list[Figure] = []
    if hour is not None and share is not None:
        columns = [share]
        for row in table.rows:
            figures += _figures(table, row, group, day, {_hour_in(row, table, hour): share})
    else:
        by_hour = _hour_columns(table)
        columns = list(by_hour.values())
        for row in table.rows:
            figures += _figures(table, row, group, day, by_hour)
    if not figures:
        raise ImportFileError(
            f"{path.name} has no rows below its header: give each group its days",
            f"{path.name} 的表头下没有数据：请为每个群体填写各日",
        )
    stated = any(_SAYS_PER_CENT.search(_folded(table.columns[place])) for place in columns)
    return figures, stated


def _read(path: Path) -> Table:
    try:
        table = read_table(path, _HEADERS)
    except ImportFileError:
        table = read_any_table(path)
    for problem in table.problems:
        # A row or a sheet that is passed over would leave hours as earlier rows have them.
        if problem.key == "other_sheets":
            raise ImportFileError(
                f"{path.name} has several sheets with a table: keep the one with the hours in a "
                "file of its own",
                f"{path.name} 有多个工作表含有表格：请把上岗时间表另存为单独的文件",
            )
        raise ImportFileError(problem.text("en"), problem.text("zh"))
    return table


def _folded(header: str) -> str:
    return unicodedata.normalize("NFKC", header).casefold()


def _bare(header: str) -> str:
    """Return a header without a sign of per cent."""
    return _PER_CENT.sub("", _folded(header))


def _find(table: Table, words: tuple[str, ...]) -> int | None:
    folded = {fold(word) for word in words}
    named = (place for place, name in enumerate(table.columns) if fold(_bare(name)) in folded)
    return next(named, None)


def _column(table: Table, words: tuple[str, ...], en: str, zh: str) -> int:
    place = _find(table, words)
    if place is None:
        there = ", ".join(table.columns)
        raise ImportFileError(
            f"working hours need a column {en} ({zh}); the columns are {there}",
            f"上岗时间表需要“{zh}”列；现有的列：{there}",
        )
    return place


def _hour_columns(table: Table) -> dict[int, int]:
    """The column of each hour in a wide sheet."""
    found: dict[int, int] = {}
    for place, name in enumerate(table.columns):
        # The second of two columns of one name has been numbered.
        span = _span(_NUMBERED.sub("", _bare(name)))
        if span is None:
            continue
        hour = _hour(span)
        if hour is None:
            raise ImportFileError(f"column {name!r} {_NO_HOUR[0]}", f"列“{name}”{_NO_HOUR[1]}")
        if hour in found:
            raise ImportFileError(
                f"column {name!r}: hour {hour} has the column {table.columns[found[hour]]!r} "
                "already: take one of them out",
                f"列“{name}”：{hour} 时已有列“{table.columns[found[hour]]}”，请删去其中一列",
            )
        found[hour] = place
    missing = ", ".join(str(hour) for hour in range(HOURS_OF_DAY) if hour not in found)
    if missing:
        there = ", ".join(table.columns)
        raise ImportFileError(
            f"there is no column for the hours {missing}: give each hour from 0 to 23 a column, or "
            f"make columns hour and share with a row for each hour; the columns are {there}",
            f"缺少这些钟点的列：{missing}。请为 0 至 23 时各设一列，或设“时”和“在岗比例”两列、"
            f"每小时一行；现有的列：{there}",
        )
    return found


def _hour_in(row: Row, table: Table, place: int) -> int:
    """The hour that a row of a long sheet is about."""
    text, column = text_of(row.cells[place])[:40], table.columns[place]
    span = _span(text)
    hour = None if span is None else _hour(span)
    if hour is None:
        raise ImportFileError(
            f"row {row.number}: {text!r} in {column!r} {_NO_HOUR[0]}",
            f"第 {row.number} 行“{column}”列的“{text}”{_NO_HOUR[1]}",
        )
    return hour


def _span(text: str) -> tuple[int, int] | None:
    """Beginning and end, in minutes of a day, of what text says of time; None where of none."""
    try:
        found = tokens(normalise(_DATE.sub(r"\1月\2日", text)))
        match "".join(token.word.value for token in found):
            case Word.TIME.value:
                start = _minutes(found[0])
                return start, start + 60
            case "h-h":
                start, end = _minutes(found[0]), _minutes(found[2])
                return start, end if end > start else end + HOURS_OF_DAY * 60
            case Word.DATE.value:
                month = found[0].value
                if isinstance(month, Month) and month.day is not None:
                    return month.month * 60, month.day * 60
    except UnreadError:
        pass
    return None


def _minutes(token: Token) -> int:
    clock = token.value
    if not isinstance(clock, Clock):
        raise UnreadError
    return (hour_of(clock, clock.part) if clock.part else clock.hour) * 60 + clock.minute


def _hour(span: tuple[int, int]) -> int | None:
    """The hour of the day that a span is: 8:00 to 8:59 is as good as 8 to 9."""
    start, end = span
    whole = start % 60 == 0 and end - start in {59, 60} and start < HOURS_OF_DAY * 60
    return start // 60 if whole else None


def _figures(
    table: Table, row: Row, group: int, day: int, by_hour: dict[int, int]
) -> Iterator[Figure]:
    """The figures of a row, of which the columns are given by hour."""
    name = text_of(row.cells[group])
    if not name:
        raise ImportFileError(
            f"row {row.number} names no group: write one, or all",
            f"第 {row.number} 行没有群体：请填写群体，或写“全部”",
        )
    days = _days_in(row, table, day)
    if not any(text_of(row.cells[place]) for place in by_hour.values()):
        raise ImportFileError(
            f"row {row.number} has no figure: write shares, 0 for nobody, or take the row out",
            f"第 {row.number} 行没有数值：请填写比例（无人在岗写 0），或删去该行",
        )
    code = code_of("serves", name) or name
    for hour, place in by_hour.items():
        number, signed = _number_in(row, table, place)
        yield Figure(row.number, table.columns[place], code, days, hour, number, signed)


def _days_in(row: Row, table: Table, place: int) -> list[int]:
    text, column = text_of(row.cells[place])[:40], table.columns[place]
    days = _days(text)
    if not days:
        raise ImportFileError(
            f"row {row.number}: {text!r} in {column!r} is no day: write Mon to Sun, Mon-Fri, "
            "weekday, weekend, daily or holiday",
            f"第 {row.number} 行“{column}”列的“{text}”不是日子：请写周一至周日、周一至周五、"
            "工作日、周末、每天或节假日",
        )
    return sorted(days)


def _days(text: str) -> set[int]:
    """The days that text names; none where it cannot be told with certainty."""
    try:
        found = tokens(_SHORT_HOLIDAY.sub("ph", normalise(text)))
    except UnreadError:
        return set()
    if not _DAYS_SHAPE.fullmatch("".join(token.word.value for token in found)):
        return set()
    days: set[int] = set()
    for place, token in enumerate(found):
        if not isinstance(token.value, Days):
            continue
        if place and found[place - 1].word is Word.TO:
            first = found[place - 2].value
            if not (isinstance(first, Days) and first.single and token.value.single):
                return set()
            (begin,), (end,) = first.weekdays, token.value.weekdays
            days |= {(begin + step) % 7 for step in range((end - begin) % 7 + 1)}
        days |= token.value.weekdays | ({HOLIDAY} if token.value.holidays else set())
    return days


def _number_in(row: Row, table: Table, place: int) -> tuple[float, bool]:
    """Return the number in a cell, 0 where it is blank, and whether a sign says per cent."""
    text = unicodedata.normalize("NFKC", text_of(row.cells[place]))
    bare = text.removesuffix("%").strip()
    # A comma parts thousands elsewhere; 0,5 is meant for a half.
    number = read_number(bare) if (bare or not text) and "," not in bare else None
    if number is None:
        column = table.columns[place]
        raise ImportFileError(
            f"row {row.number}: {text[:40]!r} in {column!r} is no share: write 0 to 1, or 0 % to "
            "100 %",
            f"第 {row.number} 行“{column}”列的“{text[:40]}”不是比例：请写 0 至 1，或 0% 至 100%",
        )
    return number, bare != text
