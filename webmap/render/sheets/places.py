"""Sheets of where stations are wanting: distances, gaps, and the sites that would close them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from webmap.render.sheets.cells import Cell, Column, Formula
from webmap.render.sheets.charts import Axis, curves, share_axis
from webmap.render.sheets.wording import of_people

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stations.report import CoverageReport
    from stations.report.figures import BestSite, SiteRow
    from webmap.render.sheets.book import Sheet
    from webmap.render.sheets.cells import Row, Value
    from webmap.render.sheets.wording import Wording

_WHY_NONE: Final[Mapping[str, str]] = {
    "not_asked": "sheet.none.sites.not_asked",
    "no_candidates": "sheet.none.sites.no_candidates",
    "all_covered": "sheet.none.sites.all_covered",
    "no_workers": "sheet.none.sites.no_workers",
}
_STATUS: Final[Mapping[str, str]] = {
    "optimal": "sheet.plan.optimal",
    "within_gap": "sheet.plan.within_gap",
    "time_limit": "sheet.plan.time_limit",
    "interrupted": "sheet.plan.interrupted",
}
_SOURCES: Final[Mapping[str, str]] = {
    "file": "sheet.candidates.file",
    "hexagons": "sheet.candidates.hexagons",
    "squares": "sheet.candidates.squares",
    "streets": "sheet.candidates.streets",
}
_M2: Final = 1_000_000


def distances(sheet: Sheet, words: Wording, report: CoverageReport) -> None:
    """Write how far the nearest station is, as curves and as quantiles."""
    say, found = words.say, report.distances
    people = report.headline.workers
    sheet.say(say("sheet.note.distances"), "note")
    top = sheet.row
    unit = words.unit
    columns = [
        Column(say("sheet.col.up_to", unit=unit)),
        Column(say("sheet.col.nominal"), "share"),
        Column(say("sheet.col.effective"), "share"),
    ]
    rows: list[Row] = [
        (words.reached(at), of_people(people, nominal), of_people(people, effective))
        for at, nominal, effective in zip(found.at, found.nominal, found.effective, strict=True)
    ]
    table = sheet.table(columns, rows, main=True, filtered=False)
    sheet.say(say("sheet.distances.quantiles"), "section")
    columns = [
        Column(say("sheet.col.quantile"), "share"),
        Column(say("sheet.col.at_most", unit=unit)),
    ]
    rows = [
        (part, Cell(None, "count") if at is None or not people else words.reached(at))
        for part, at in found.quantiles
    ]
    sheet.table(columns, rows)
    last = words.reached(found.at[-1]).value
    most = last if isinstance(last, float) and people else None
    if most:
        chart = curves(
            sheet,
            table,
            at=0,
            series=(1, 2),
            title=say("sheet.chart.distances"),
            axes=(
                # Every other line stands at a multiple of the limit.
                Axis(say("sheet.axis.up_to", unit=unit), "#,##0.##", most, most / 6),
                share_axis(say("sheet.axis.share"), found.nominal),
            ),
        )
        chart.set_size({"width": 760, "height": 440})
        # Below the header, which every page repeats with whatever touches it.
        sheet.place(chart, top + 1, 4, description=say("sheet.chart.distances"))


def gaps(sheet: Sheet, words: Wording, report: CoverageReport) -> None:
    """Write the largest gaps, each with the site that would close most of it."""
    say = words.say
    sheet.say(say("sheet.note.gaps"), "note")
    if not report.gaps:
        sheet.say(
            say("sheet.none.gaps" if report.headline.workers else "sheet.none.sites.no_workers")
        )
        return
    sheet.say(say("sheet.gaps.listed", n=len(report.gaps), total=report.gap_count), "note")
    columns = [
        Column(say("sheet.col.rank"), "count"),
        Column(say("sheet.col.place")),
        Column(say("sheet.col.gap.people"), "count", "sum"),
        Column(say("sheet.col.area_km2"), "area"),
        Column(say("sheet.col.nearest", unit=words.unit), "count"),
        Column(say("sheet.col.lon"), "degrees"),
        Column(say("sheet.col.lat"), "degrees"),
        Column(say("sheet.col.best")),
        Column(say("sheet.col.best.id"), "code"),
        Column(say("sheet.col.best.lon"), "degrees"),
        Column(say("sheet.col.best.lat"), "degrees"),
        Column(say("sheet.col.best.closes"), "count"),
        Column(say("sheet.col.best.gains"), "count"),
    ]
    rows: list[Row] = [
        (
            row.rank,
            words.named(row.name),
            row.workers,
            row.area_m2 / _M2,
            None if row.nearest is None else words.reached(row.nearest),
            row.lon,
            row.lat,
            *_best(words, row.best),
        )
        for row in report.gaps
    ]
    sheet.table(columns, rows, main=True, fixed=2)


def _best(words: Wording, best: BestSite | None) -> tuple[Value, ...]:
    if best is None:
        return (words.say("sheet.value.no_site"), None, None, None, None, None)
    name = best.name or words.say("sheet.value.unnamed")
    return name, best.id, best.lon, best.lat, best.closes, best.gains


def sites(sheet: Sheet, words: Wording, report: CoverageReport) -> None:
    """Write the recommended sites, what they add and cost, and how good the plan is."""
    say, found = words.say, report.sites
    if not found.rows:
        sheet.say(words.coded(_WHY_NONE, found.why_none or "not_asked"))
        return
    sheet.say(say("sheet.note.sites"), "note")
    columns = [
        Column(say("sheet.col.site")),
        Column(say("sheet.col.rank"), "count"),
        Column(say("sheet.col.site.id"), "code"),
        Column(say("sheet.col.district")),
        Column(say("sheet.col.lon"), "degrees"),
        Column(say("sheet.col.lat"), "degrees"),
        Column(say("sheet.col.gain"), "count", "sum"),
        Column(say("sheet.col.cumulative"), "count"),
        Column(say("sheet.col.share_after"), "share"),
        Column(say("sheet.col.cost"), "money", "sum"),
        Column(say("sheet.col.estimated")),
        Column(say("sheet.col.cost_each"), "money"),
    ]
    rows = [_site(words, report, row) for row in found.rows]
    sheet.table(columns, rows, main=True, filtered=False, fixed=2)
    sheet.say(say("sheet.plan.title"), "section")
    sheet.facts(
        [
            (say("sheet.fact.plan.status"), words.coded(_STATUS, found.status or "")),
            (say("sheet.fact.plan.bound"), Cell(found.bound, "count")),
            (say("sheet.fact.plan.gap"), Cell(found.gap, "share")),
            (say("sheet.fact.plan.share"), Cell(found.share, "share")),
            (say("sheet.fact.plan.cost"), Cell(found.cost_cny, "money")),
            (say("sheet.fact.plan.source"), words.coded(_SOURCES, found.source or "")),
            (say("sheet.fact.plan.considered"), Cell(found.considered, "count")),
        ]
    )


def _site(words: Wording, report: CoverageReport, row: SiteRow) -> Row:
    workers, cost = report.headline.workers, row.cost_cny
    # Without districts there is none to name, and nothing outside them either.
    district = words.named(row.district) if row.district or report.map.districts else None
    return (
        row.name or words.say("sheet.value.unnamed"),
        row.rank,
        row.id,
        district,
        row.lon,
        row.lat,
        row.gain,
        row.cumulative,
        row.cumulative / workers if workers else None,
        cost,
        None if cost is None else words.yes(row.estimated),
        Formula("=J{row}/G{row}", None if cost is None or not row.gain else cost / row.gain),
    )
