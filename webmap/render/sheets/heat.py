"""Sheets of what stations can bear: their places at the peak, and a hot day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from webmap.render.sheets.cells import Cell, Column
from webmap.render.sheets.hours import zone_columns, zone_row
from webmap.render.sheets.wording import span_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stations.report import CoverageReport
    from stations.report.figures import Heat
    from webmap.render.sheets.book import Sheet
    from webmap.render.sheets.cells import Row
    from webmap.render.sheets.wording import Wording

_LEVELS: Final[Mapping[str, str]] = {
    "none": "sheet.heat.none",
    "shorter": "sheet.heat.shorter",
    "six_hours": "sheet.heat.six_hours",
    "stop": "sheet.heat.stop",
}
_STATES: Final[Mapping[str, str]] = {
    "open": "sheet.cool.open",
    "partly": "sheet.cool.partly",
    "closed": "sheet.cool.closed",
    "unknown": "sheet.cool.unknown",
}


def capacity(sheet: Sheet, words: Wording, report: CoverageReport) -> None:
    """Write which stations are too small for those nearest to them."""
    say, found = words.say, report.capacity
    sheet.say(say("sheet.note.capacity", share=words.percent(found.resting)), "note")
    sheet.facts(
        [
            (say("sheet.fact.resting"), Cell(found.resting, "share")),
            (say("sheet.fact.capacity_known"), Cell(found.known, "count")),
            (say("sheet.fact.capacity_unknown"), Cell(found.unknown, "count")),
            (say("sheet.fact.places"), Cell(found.places if found.known else None, "count")),
        ]
    )
    sheet.row += 1
    if not found.over:
        sheet.say(say("sheet.none.over" if found.known else "sheet.none.capacity"))
        return
    columns = [
        Column(say("sheet.col.station")),
        Column(say("sheet.col.id"), "code"),
        Column(say("sheet.col.capacity"), "count"),
        Column(say("sheet.col.at_rest"), "count"),
        Column(say("sheet.col.peak")),
        Column(say("sheet.col.hours_over"), "count"),
    ]
    rows: list[Row] = [
        (row.name, row.id, row.capacity, row.at_rest, words.hour(row.hour), row.hours)
        for row in found.over
    ]
    sheet.table(columns, rows, main=True, fixed=2)


def heat(sheet: Sheet, words: Wording, report: CoverageReport) -> None:
    """Write a hot day: its hours, the cooled stations, and where those are who have none."""
    found, say = report.heat, words.say
    if found is None:
        return
    sheet.say(say("sheet.note.heat"), "note")
    low, high = span_of(found.workers, found.cooled)
    sheet.facts(
        [
            (say("sheet.fact.max_c"), Cell(found.max_c, "number")),
            (say("sheet.fact.heat_day"), Cell(found.day, "date")),
            (say("sheet.fact.level"), words.coded(_LEVELS, found.level)),
            (
                say("sheet.fact.hot_hours"),
                say("sheet.heat.assumed" if found.assumed_hours else "sheet.heat.measured"),
            ),
            (say("sheet.fact.hot_workers"), Cell(found.workers, "count")),
            (say("sheet.fact.cooled.low"), Cell(low, "share")),
            (say("sheet.fact.cooled.high"), Cell(high, "share")),
            (say("sheet.fact.uncooled.low"), Cell(found.without.low, "count")),
            (say("sheet.fact.uncooled.high"), Cell(found.without.high, "count")),
            (say("sheet.fact.cooling_unknown"), Cell(found.unknown_cooling, "count")),
        ]
    )
    _hot_hours(sheet, words, found)
    _cooled(sheet, words, found)
    sheet.say(say("sheet.heat.zones"), "section")
    if found.zones:
        rows: list[Row] = [zone_row(words, zone) for zone in found.zones]
        sheet.table(zone_columns(words), rows)
    else:
        sheet.say(say("sheet.none.zones"))


def _hot_hours(sheet: Sheet, words: Wording, heat: Heat) -> None:
    say = words.say
    sheet.say(say("sheet.heat.hours"), "section")
    columns = [
        Column(say("sheet.col.hour"), "hour"),
        Column(say("sheet.col.active"), "count"),
        Column(say("sheet.col.cooled.low"), "share"),
        Column(say("sheet.col.cooled.high"), "share"),
    ]
    rows: list[Row] = [
        (one.hour, one.workers, *span_of(one.workers, one.cooled)) for one in heat.hours
    ]
    sheet.table(columns, rows)


def _cooled(sheet: Sheet, words: Wording, heat: Heat) -> None:
    say = words.say
    sheet.say(say("sheet.heat.stations"), "section")
    if not heat.stations:
        sheet.say(say("sheet.none.cooled"))
        return
    columns = [
        Column(say("sheet.col.station")),
        Column(say("sheet.col.id"), "code"),
        Column(say("sheet.col.cool")),
        Column(say("sheet.col.opening_hours")),
    ]
    rows: list[Row] = [
        (one.name, one.id, words.coded(_STATES, one.state), words.known(one.hours))
        for one in heat.stations
    ]
    sheet.table(columns, rows)
