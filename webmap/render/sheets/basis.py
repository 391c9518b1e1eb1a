"""Sheets of what the figures rest on: definitions, assumptions, limits, and every input."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final, Literal

from webmap.render.sheets.cells import Cell, Column

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stations.report import CoverageReport
    from stations.report.figures import SensitivityRow
    from webmap.render.sheets.book import Sheet
    from webmap.render.sheets.cells import Kind, Row, Value
    from webmap.render.sheets.wording import Wording

_METHODS: Final[Mapping[str, str]] = {
    "straight_line": "sheet.method.line",
    "walk": "sheet.method.walk",
    "ebike": "sheet.method.ebike",
}
_MODES: Final[Mapping[str, str]] = {
    "straight_line": "sheet.mode.line",
    "walk": "sheet.mode.walk",
    "ebike": "sheet.mode.ebike",
}
_LIMITS: Final[Mapping[str, str]] = {
    "residents": "sheet.limit.residents",
    "one_group": "sheet.limit.one_group",
    "hours_unknown": "sheet.limit.hours_unknown",
    "holidays_unknown": "sheet.limit.holidays_unknown",
    "spread": "sheet.limit.spread",
    "straight_line": "sheet.limit.straight_line",
    "station_hours": "sheet.limit.station_hours",
    "stale": "sheet.limit.stale",
    "position_unknown": "sheet.limit.position_unknown",
    "demand_now": "sheet.limit.demand_now",
}
_DEFINITIONS: Final = (
    ("sheet.figure.nominal", "sheet.define.nominal"),
    ("sheet.figure.effective", "sheet.define.effective"),
    ("sheet.figure.at_work", "sheet.define.at_work"),
    ("sheet.figure.twice", "sheet.define.twice"),
    ("sheet.term.range", "sheet.define.range"),
    ("sheet.term.gap", "sheet.define.gap"),
    ("sheet.term.desert", "sheet.define.desert"),
    ("sheet.term.norm", "sheet.define.norm"),
    ("sheet.term.unknown", "sheet.define.unknown"),
)
_PARAMETERS: Final[Mapping[str, tuple[str, Kind | Literal["method", "heat"]]]] = {
    "day": ("sheet.parameter.day", "date"),
    "quarter": ("sheet.parameter.quarter", "text"),
    "since": ("sheet.parameter.since", "number"),
    "district": ("sheet.parameter.district", "text"),
    "method": ("sheet.parameter.method", "method"),
    "radius_m": ("sheet.parameter.radius_m", "count"),
    "minutes": ("sheet.parameter.minutes", "number"),
    "sites": ("sheet.parameter.sites", "count"),
    "heat": ("sheet.parameter.heat", "heat"),
    "stale_days": ("sheet.parameter.stale_days", "count"),
    "resting": ("sheet.parameter.resting", "share"),
    "site_cost_cny": ("sheet.parameter.site_cost_cny", "money"),
    "known_stations": ("sheet.parameter.known_stations", "count"),
}


def sensitivity(sheet: Sheet, words: Wording, report: CoverageReport) -> None:
    """Write coverage under other assumptions."""
    say = words.say
    sheet.say(say("sheet.note.sensitivity"), "note")
    columns = [
        Column(say("sheet.col.assumption")),
        Column(say("sheet.col.value"), "number"),
        Column(say("sheet.col.unit")),
        Column(say("sheet.col.effective.low"), "share"),
        Column(say("sheet.col.effective.high"), "share"),
        Column(say("sheet.col.at_work.low"), "share"),
        Column(say("sheet.col.at_work.high"), "share"),
        Column(say("sheet.col.stated")),
    ]
    nobody = not report.headline.workers
    rows: list[Row] = []
    for row in report.sensitivity:
        ends = (row.effective.low, row.effective.high, row.at_work.low, row.at_work.high)
        rows.append(
            (
                *_assumption(words, row),
                *((None,) * 4 if nobody else ends),
                words.yes(row.stated),
            )
        )
    sheet.table(columns, rows, main=True)


def _assumption(words: Wording, row: SensitivityRow) -> tuple[str, Cell, str | None]:
    say = words.say
    if row.kind == "limit":
        return say("sheet.assume.limit"), words.reached(row.value), words.unit
    if row.kind == "speed":
        on_foot = words.report.reference.method == "straight_line"
        name = say("sheet.assume.speed_line" if on_foot else "sheet.assume.speed")
        return name, Cell(row.value, "minutes"), words.text("sheet.unit.speed")
    if row.kind == "demand":
        return say("sheet.assume.demand"), Cell(row.value, "share"), words.text("sheet.unit.error")
    return row.kind, Cell(row.value, "number"), None


def basis(sheet: Sheet, words: Wording, report: CoverageReport) -> None:
    """Write what the figures mean, how they were measured, and what they were made of."""
    say = words.say
    sheet.say(say("sheet.basis.definitions"), "section")
    for term, meaning in _DEFINITIONS:
        sheet.say(say("sheet.basis.term", term=say(term), meaning=say(meaning)))
    sheet.say(say("sheet.basis.method"), "section")
    sheet.say(say(_METHODS[report.reference.method]))
    sheet.say(say("sheet.basis.datum"))
    sheet.say(say("sheet.basis.limits"), "section")
    for code, value in report.limits:
        sheet.say(_limit(words, code, value))
    _made_of(sheet, words, report)


def _limit(words: Wording, code: str, value: float) -> str:
    if code not in _LIMITS:
        return code
    return words.say(_LIMITS[code], n=int(value) if value == 1 else f"{value:,.0f}")


def _made_of(sheet: Sheet, words: Wording, report: CoverageReport) -> None:
    say, found = words.say, report.basis
    sheet.say(say("sheet.basis.state"), "section")
    sheet.facts(
        [
            (say("sheet.fact.version"), found.version),
            (say("sheet.fact.revision"), Cell(found.revision, "count")),
            (say("sheet.fact.updated"), Cell(found.updated_at, "moment")),
            (
                say("sheet.fact.demand"),
                words.join([*report.reference.sources]) or words.known(None),
            ),
            (say("sheet.fact.datum"), "WGS84"),
        ]
    )
    sheet.say(say("sheet.basis.inputs"), "section")
    sheet.say(say("sheet.note.inputs"), "note")
    rows: list[Row] = [(one.name, one.sha256) for one in found.inputs]
    sheet.table([Column(say("sheet.col.file")), Column("SHA-256", "code", width=68)], rows)
    sheet.say(say("sheet.basis.parameters"), "section")
    columns = [Column(say("sheet.col.parameter")), Column(say("sheet.col.value"), left=True)]
    sheet.table(columns, [_parameter(words, *one) for one in found.parameters.items()])


def _parameter(words: Wording, name: str, value: Any) -> Row:  # noqa: ANN401  JSON types
    if name not in _PARAMETERS:
        return name, None if value is None else str(value)
    key, kind = _PARAMETERS[name]
    cell: Value | Cell
    if value is None:
        cell = words.say("sheet.value.unset")
    elif kind == "date":
        cell = Cell(dt.date.fromisoformat(value), "date")
    elif kind == "method":
        cell = words.coded(_MODES, value)
    elif kind == "heat":
        cell = _heat(words, value)
    else:
        cell = Cell(value, kind)
    return words.say(key), cell


def _heat(words: Wording, heat: Mapping[str, Any]) -> str:
    hours = words.join([f"{hour:02d}:00" for hour in heat["hours"]])
    how = words.say("sheet.heat.measured" if heat["measured"] else "sheet.heat.assumed")
    return words.say("sheet.parameter.heat.value", max_c=f"{heat['max_c']:g}", hours=hours, how=how)
