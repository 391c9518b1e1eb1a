"""Sheets of where and who: districts, groups of workers, subdistricts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from webmap.render.sheets.cells import Column
from webmap.render.sheets.charts import EFFECTIVE, NOMINAL, OPEN, Axis, bars, share_axis
from webmap.render.sheets.wording import of_people, span_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stations.report import CoverageReport
    from stations.report.figures import AreaRow
    from webmap.render.sheets.book import Sheet
    from webmap.render.sheets.cells import Row
    from webmap.render.sheets.wording import Wording

_ON_ONE_PAGE: Final = 18
"""Districts whose table and chart can still be read on one page."""


def districts(sheet: Sheet, words: Wording, report: CoverageReport) -> None:
    """Write the districts, each with its stations."""
    say = words.say
    sheet.say(say("sheet.note.coverage"), "note")
    sheet.say(say("sheet.note.districts"), "note")
    columns = [
        Column(say("sheet.col.adcode"), "code"),
        Column(say("sheet.col.district")),
        *_coverage(words),
        Column(say("sheet.col.stations"), "count", "sum"),
        Column(say("sheet.col.all_day"), "count", "sum"),
    ]
    rows: list[Row] = [
        (row.code, *_figures(words, row), row.stations, row.all_day) for row in report.districts
    ]
    placed = sheet.table(columns, rows, main=True, weigh=2, fixed=2)
    if len(rows) <= _ON_ONE_PAGE:
        sheet.keep_together()
    bars(
        sheet,
        placed,
        names=1,
        series={4: NOMINAL, 5: EFFECTIVE, 6: OPEN},
        title=say("sheet.chart.districts"),
        axis=_axis(words, report.districts),
    )


def groups(sheet: Sheet, words: Wording, report: CoverageReport) -> None:
    """Write the groups of workers."""
    say = words.say
    sheet.say(say("sheet.note.coverage"), "note")
    columns = [Column(say("sheet.col.group")), *_coverage(words)]
    rows: list[Row] = [_figures(words, row) for row in report.groups]
    placed = sheet.table(columns, rows, main=True, weigh=1)
    if len(rows) > 1:
        bars(
            sheet,
            placed,
            names=0,
            series={3: NOMINAL, 4: EFFECTIVE, 5: OPEN},
            title=say("sheet.chart.groups"),
            axis=_axis(words, report.groups),
        )


def _axis(words: Wording, rows: Sequence[AreaRow]) -> Axis:
    return share_axis(words.say("sheet.axis.share"), (row.nominal for row in rows))


def _coverage(words: Wording) -> list[Column]:
    say = words.say
    return [
        Column(say("sheet.col.people"), "count", "sum"),
        Column(say("sheet.col.uncovered"), "count", "sum"),
        Column(say("sheet.col.nominal"), "share", "mean"),
        Column(say("sheet.col.effective"), "share", "mean"),
        Column(say("sheet.col.at_work.low"), "share"),
        Column(say("sheet.col.at_work.high"), "share"),
    ]


def _figures(words: Wording, row: AreaRow) -> Row:
    return (
        words.named(row.name),
        row.workers,
        row.uncovered,
        of_people(row.workers, row.nominal),
        of_people(row.workers, row.effective),
        *span_of(row.workers, row.at_work),
    )


def townships(sheet: Sheet, words: Wording, report: CoverageReport) -> None:
    """Write the stations of each subdistrict, as their records name it."""
    say = words.say
    sheet.say(say("sheet.note.townships"), "note")
    columns = [
        Column(say("sheet.col.district")),
        Column(say("sheet.col.township")),
        Column(say("sheet.col.on_books"), "count", "sum"),
        Column(say("sheet.col.usable"), "count", "sum"),
        Column(say("sheet.col.all_day"), "count", "sum"),
    ]
    rows: list[Row] = [
        (
            words.known(row.district),
            words.known(row.township),
            row.on_books,
            row.usable,
            row.all_day,
        )
        for row in report.townships
    ]
    sheet.table(columns, rows, main=True, fixed=2)
