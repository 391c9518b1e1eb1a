"""Sheets of when: the week, its hours and its parts, where nothing is open, and what is needed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from webmap.render.sheets.cells import Cell, Column, Formula
from webmap.render.sheets.charts import EFFECTIVE, OPEN, PERHAPS, Axis, bars, day, share_axis
from webmap.render.sheets.wording import of_people, span_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stations.report import CoverageReport
    from stations.report.figures import DesertZone
    from webmap.render.sheets.book import Sheet
    from webmap.render.sheets.cells import Kind, Placed, Row
    from webmap.render.sheets.wording import Wording

_WEEK: Final = slice(0, 168)
_HOLIDAY: Final = slice(168, 192)
_TEALS: Final = ("#fbf6ea", "#4fa39d")
_GREYS: Final = ("#ffffff", "#b9c3c2")
_NEEDS: Final[Mapping[str, str]] = {
    "facility": "sheet.need.facility",
    "access": "sheet.need.access",
}
_WAYS_IN: Final[Mapping[str, str]] = {
    "no_card": "sheet.access.no_card",
    "no_phone": "sheet.access.no_phone",
}


def week(sheet: Sheet, words: Wording, report: CoverageReport) -> None:
    """Write the week as pictures of 7 by 24 cells, the holiday apart, and draw the mean day."""
    say, found = words.say, report.hours
    sheet.keep_together()
    sheet.say(say("sheet.note.week", monday=found.monday), "note")
    grids: list[Placed] = []
    parts: tuple[tuple[str, Sequence[float | None], Kind], ...] = (
        (say("sheet.week.low"), found.open, "share"),
        (say("sheet.week.high"), found.perhaps, "share"),
        (say("sheet.week.people"), found.active, "count"),
    )
    for title, values, kind in parts:
        sheet.say(title, "section")
        rows: list[Row] = [
            (words.day(number), *values[24 * number : 24 * number + 24]) for number in range(7)
        ]
        grids.append(sheet.table(_by_hour(words, kind), rows, main=not grids, filtered=False))
    low, high, people = grids
    holiday = _holiday(sheet, words, report)
    shares = [*found.open, *found.perhaps]
    _shade(sheet, [low, high, holiday._replace(last=holiday.first + 1)], shares, _TEALS)
    _shade(sheet, [people, holiday._replace(first=holiday.last)], found.active, _GREYS)
    if any(found.active[_WEEK]):
        _mean_day(sheet, words, report, grids)


def _by_hour(words: Wording, kind: Kind) -> list[Column]:
    return [
        Column(words.say("sheet.col.day")),
        *(Column(f"{hour:02d}:00", kind) for hour in range(24)),
    ]


def _holiday(sheet: Sheet, words: Wording, report: CoverageReport) -> Placed:
    say, found = words.say, report.hours
    sheet.say(say("sheet.week.holiday"), "section")
    key = "sheet.note.holiday" if found.holiday else "sheet.note.sunday"
    sheet.say(say(key, day=found.holiday), "note")
    rows: list[Row] = [
        (say("sheet.series.low"), *found.open[_HOLIDAY]),
        (say("sheet.series.high"), *found.perhaps[_HOLIDAY]),
        (say("sheet.series.people"), *(Cell(n, "count") for n in found.active[_HOLIDAY])),
    ]
    return sheet.table(_by_hour(words, "share"), rows)


def _shade(
    sheet: Sheet,
    grids: Iterable[Placed],
    values: Sequence[float | None],
    colours: tuple[str, str],
) -> None:
    """Colour the cells by one scale for all, so that grids can be compared."""
    most = max((value for value in values if value is not None), default=0.0)
    scale = {
        "type": "2_color_scale",
        "min_type": "num",
        "max_type": "num",
        "min_value": 0,
        "max_value": most or 1,
        "min_color": colours[0],
        "max_color": colours[1],
    }
    for grid in grids:
        sheet.made.conditional_format(grid.first, 1, grid.last, 24, scale)


def _mean_day(
    sheet: Sheet, words: Wording, report: CoverageReport, grids: Sequence[Placed]
) -> None:
    """Write the week as one day of 24 hours, by formulas over the grids, and draw it."""
    say, found = words.say, report.hours
    sheet.say(say("sheet.week.day"), "section")
    sheet.say(say("sheet.note.day"), "note")
    *_, active = grids
    at_work = [found.active[hour:168:24] for hour in range(24)]
    rows: list[Row] = []
    for key, grid, values in (
        ("sheet.series.low", grids[0], found.open),
        ("sheet.series.high", grids[1], found.perhaps),
    ):
        cells = [
            Formula(
                "=SUMPRODUCT({0},{1})/SUM({1})".format(_days(grid, hour), _days(active, hour)),
                _mean(values[hour:168:24], people),
            )
            for hour, people in enumerate(at_work)
        ]
        rows.append((say(key), *cells))
    means = [
        Formula(f"=AVERAGE({_days(active, hour)})", math.fsum(people) / 7, "count")
        for hour, people in enumerate(at_work)
    ]
    rows.append((say("sheet.series.people"), *means))
    table = sheet.table(_by_hour(words, "share"), rows)
    day(
        sheet,
        table,
        rows=(table.last, table.first + 1, table.first),
        title=say("sheet.chart.week"),
        axes=(
            Axis(say("sheet.axis.hour"), "General"),
            Axis(say("sheet.axis.people"), "#,##0"),
            share_axis(say("sheet.axis.share"), found.perhaps[_WEEK]),
        ),
    )


def _days(grid: Placed, hour: int) -> str:
    """The cells of an hour on the seven days of a grid."""
    letter = chr(ord("B") + hour)
    return f"{letter}{grid.first + 1}:{letter}{grid.last + 1}"


def _mean(shares: Sequence[float | None], people: Sequence[float]) -> float | None:
    """Mean of shares, weighted by the people they are of; None where nobody is at work."""
    every = math.fsum(people)
    reached = (n * (part or 0.0) for n, part in zip(people, shares, strict=True))
    return math.fsum(reached) / every if every else None


def hours(sheet: Sheet, words: Wording, report: CoverageReport) -> None:
    """Write each of the 192 hours as a row."""
    say, found = words.say, report.hours
    sheet.say(say("sheet.note.hours"), "note")
    columns = [
        Column(say("sheet.col.day")),
        Column(say("sheet.col.hour"), "hour"),
        Column(say("sheet.col.active"), "count"),
        Column(say("sheet.col.nominal"), "share"),
        Column(say("sheet.col.effective"), "share"),
        Column(say("sheet.col.open.low"), "share"),
        Column(say("sheet.col.open.high"), "share"),
    ]
    lists = (found.active, found.nominal, found.effective, found.open, found.perhaps)
    rows: list[Row] = [
        (words.day(number // 24), number % 24, *values)
        for number, values in enumerate(zip(*lists, strict=True))
    ]
    sheet.table(columns, rows, main=True, fixed=2)


def bands(sheet: Sheet, words: Wording, report: CoverageReport) -> None:
    """Write the parts of the week, and who finds nothing open in most of each."""
    say = words.say
    sheet.keep_together()
    sheet.say(say("sheet.note.bands"), "note")
    columns = [
        Column(say("sheet.col.band")),
        Column(say("sheet.col.active.mean"), "count"),
        Column(say("sheet.col.nominal"), "share"),
        Column(say("sheet.col.effective"), "share"),
        Column(say("sheet.col.open.low"), "share"),
        Column(say("sheet.col.open.high"), "share"),
        Column(say("sheet.col.twice.low"), "share"),
        Column(say("sheet.col.twice.high"), "share"),
    ]
    rows: list[Row] = [
        (
            words.named(band.name),
            band.workers,
            of_people(band.workers, band.nominal),
            of_people(band.workers, band.effective),
            *span_of(band.workers, band.open),
            *span_of(band.workers, band.twice),
        )
        for band in report.bands
    ]
    table = sheet.table(columns, rows, main=True, filtered=False)
    sheet.say(say("sheet.deserts.title"), "section")
    sheet.say(say("sheet.note.deserts"), "note")
    _desert_table(sheet, words, report)
    bars(
        sheet,
        table,
        names=0,
        series={3: EFFECTIVE, 4: OPEN, 5: PERHAPS},
        title=say("sheet.chart.bands"),
        axis=share_axis(
            say("sheet.axis.share"),
            (n for band in report.bands for n in (band.effective, band.open.high)),
        ),
    )


def _desert_table(sheet: Sheet, words: Wording, report: CoverageReport) -> None:
    say = words.say
    columns = [
        Column(say("sheet.col.band")),
        Column(say("sheet.col.active.mean"), "count"),
        Column(say("sheet.col.without.low"), "count"),
        Column(say("sheet.col.without.high"), "count"),
        Column(say("sheet.col.without_share.low"), "share"),
        Column(say("sheet.col.without_share.high"), "share"),
    ]
    rows: list[Row] = [
        (
            words.named(one.name),
            one.workers,
            one.without.low,
            one.without.high,
            Formula("=C{row}/B{row}", one.without.low / one.workers if one.workers else None),
            Formula("=D{row}/B{row}", one.without.high / one.workers if one.workers else None),
        )
        for one in report.deserts
    ]
    sheet.table(columns, rows)


def deserts(sheet: Sheet, words: Wording, report: CoverageReport) -> None:
    """Write where those are who find nothing open."""
    sheet.say(words.say("sheet.note.deserts"), "note")
    found = [(one.name, zone) for one in report.deserts for zone in one.zones]
    if not found:
        sheet.say(words.say("sheet.none.deserts"))
        return
    columns = [Column(words.say("sheet.col.band")), *zone_columns(words)]
    rows: list[Row] = [(words.named(name), *zone_row(words, zone)) for name, zone in found]
    sheet.table(columns, rows, main=True, fixed=2)


def zone_columns(words: Wording) -> list[Column]:
    """Columns of `zone_row`."""
    say = words.say
    return [
        Column(say("sheet.col.place")),
        Column(say("sheet.col.zone.high"), "count"),
        Column(say("sheet.col.zone.low"), "count"),
        Column(say("sheet.col.lon"), "degrees"),
        Column(say("sheet.col.lat"), "degrees"),
    ]


def zone_row(words: Wording, zone: DesertZone) -> tuple[str | float, ...]:
    """Return where a desert is, and how many are in it: perhaps, and surely."""
    return words.named(zone.name), zone.workers, zone.surely, zone.lon, zone.lat


def needs(sheet: Sheet, words: Wording, report: CoverageReport) -> None:
    """Write how much of what is needed is within reach, and open."""
    say = words.say
    sheet.say(say("sheet.note.needs"), "note")
    columns = [
        Column(say("sheet.col.need.kind")),
        Column(say("sheet.col.need")),
        Column(say("sheet.col.need.low"), "share"),
        Column(say("sheet.col.need.high"), "share"),
    ]
    people = math.fsum(report.hours.active[_WEEK])
    rows: list[Row] = [
        (
            words.coded(_NEEDS, row.kind),
            words.coded(_WAYS_IN, row.code)
            if row.kind == "access"
            else words.label("facilities", row.code),
            *span_of(people, row.at_work),
        )
        for row in report.needs
    ]
    sheet.table(columns, rows, main=True, fixed=2)
