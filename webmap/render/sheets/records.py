"""Sheets of the records: how stations do by the norms, how fresh they are, what is doubtful."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stations.report.records import RECENT_DAYS
from webmap.render.sheets.cells import Column, Formula

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stations.norms import ItemResult, NormResult
    from stations.report import CoverageReport
    from webmap.render.sheets.book import Sheet
    from webmap.render.sheets.cells import Row
    from webmap.render.sheets.wording import Wording

_SEVERITIES: Final[Mapping[str, str]] = {
    "error": "sheet.severity.error",
    "warning": "sheet.severity.warning",
    "info": "sheet.severity.info",
}
_FINDINGS: Final[Mapping[str, str]] = {
    "outside_district": "sheet.finding.outside_district",
    "no_such_district": "sheet.finding.no_such_district",
    "outside_all_districts": "sheet.finding.outside_all_districts",
    "wrong_datum": "sheet.finding.wrong_datum",
    "duplicate": "sheet.finding.duplicate",
    "expired": "sheet.finding.expired",
    "contradiction": "sheet.finding.contradiction",
    "stale": "sheet.finding.stale",
    "never_verified": "sheet.finding.never_verified",
    "hours_unknown": "sheet.finding.hours_unknown",
    "hours_unread": "sheet.finding.hours_unread",
    "position_unknown": "sheet.finding.position_unknown",
}


def norms(sheet: Sheet, words: Wording, report: CoverageReport) -> None:
    """Write how many stations pass each norm."""
    say = words.say
    sheet.say(say("sheet.note.norms"), "note")
    if not report.norms:
        sheet.say(say("sheet.none.norms"))
        return
    columns = [
        Column(say("sheet.col.norm")),
        Column(say("sheet.col.norm.stations"), "count"),
        Column(say("sheet.col.passing"), "count"),
        Column(say("sheet.col.failing"), "count"),
        Column(say("sheet.col.open"), "count"),
        Column(say("sheet.col.to_visit"), "count"),
        Column(say("sheet.col.source"), width=60),
    ]
    rows: list[Row] = [
        (
            _name(words, norm),
            norm.stations,
            norm.passing,
            norm.failing,
            norm.open,
            norm.to_visit,
            (norm.source_en if words.lang == "en" else norm.source_zh) or None,
        )
        for norm in report.norms
    ]
    sheet.table(columns, rows, main=True)


def items(sheet: Sheet, words: Wording, report: CoverageReport) -> None:
    """Write how many stations meet, fail or leave open each item of each norm."""
    say = words.say
    sheet.say(say("sheet.note.items"), "note")
    columns = [
        Column(say("sheet.col.norm")),
        Column(say("sheet.col.item"), width=36),
        Column(say("sheet.col.met"), "count"),
        Column(say("sheet.col.failed"), "count"),
        Column(say("sheet.col.unknown"), "count"),
        Column(say("sheet.col.met_share"), "share"),
        Column(say("sheet.col.on_site")),
        Column(say("sheet.col.asks"), width=60),
    ]
    rows: list[Row] = []
    for norm in report.norms:
        for item in norm.items:
            total = item.met + item.failed + item.unknown
            share = Formula("=C{row}/SUM(C{row}:E{row})", item.met / total if total else None)
            rows.append(
                (
                    _name(words, norm),
                    _name(words, item),
                    item.met,
                    item.failed,
                    item.unknown,
                    share,
                    words.yes(item.on_site),
                    (item.note_en if words.lang == "en" else item.note_zh) or None,
                )
            )
    sheet.table(columns, rows, main=True, fixed=2)


def stations(sheet: Sheet, words: Wording, report: CoverageReport) -> None:
    """Write a row for every station and norm that it does not pass, with what is missing."""
    say = words.say
    sheet.say(say("sheet.note.stations"), "note")
    columns = [
        Column(say("sheet.col.id"), "code"),
        Column(say("sheet.col.station")),
        Column(say("sheet.col.norm")),
        Column(say("sheet.col.verdict")),
        Column(say("sheet.col.failed.count"), "count"),
        Column(say("sheet.col.failed.items")),
        Column(say("sheet.col.unknown.count"), "count"),
        Column(say("sheet.col.unknown.items"), width=70),
    ]
    rows: list[Row] = []
    for norm in report.norms:
        names = {item.code: _name(words, item) for item in norm.items}
        rows += [
            (
                record.id,
                record.name,
                _name(words, norm),
                say("sheet.verdict.failed" if record.failed else "sheet.verdict.unknown"),
                len(record.failed),
                words.join([names[code] for code in record.failed], wide=True) or None,
                len(record.unknown),
                words.join([names[code] for code in record.unknown], wide=True) or None,
            )
            for record in norm.records
        ]
    if not rows:
        sheet.say(say("sheet.none.stations"))
        return
    sheet.table(columns, rows, main=True, fixed=2)


def _name(words: Wording, named: NormResult | ItemResult) -> str:
    return named.en if words.lang == "en" else named.zh


def records(sheet: Sheet, words: Wording, report: CoverageReport) -> None:
    """Write when stations were last verified, and how many doubts there are of each kind."""
    say, fresh = words.say, report.freshness
    sheet.say(say("sheet.fresh.title"), "section")
    sheet.say(say("sheet.note.fresh", n=fresh.stale_days), "note")
    columns = [
        Column(say("sheet.col.verified"), width=40),
        Column(say("sheet.col.on_books"), "count", "sum"),
        Column(say("sheet.col.of_stations"), "share"),
    ]
    counted = [
        (say("sheet.fresh.recent", n=min(RECENT_DAYS, fresh.stale_days)), fresh.recent),
        (say("sheet.fresh.fresh", n=fresh.stale_days), fresh.fresh),
        (say("sheet.fresh.stale", n=fresh.stale_days), fresh.stale),
        (say("sheet.fresh.never"), fresh.never),
    ]
    total = sum(n for _, n in counted)
    first, last = sheet.row + 2, sheet.row + 1 + len(counted)
    rows: list[Row] = [
        (
            name,
            n,
            Formula(f"=B{{row}}/SUM(B${first}:B${last})", n / total if total else None),
        )
        for name, n in counted
    ]
    sheet.table(columns, rows)
    sheet.say(say("sheet.findings.title"), "section")
    if not report.findings.counts:
        sheet.say(say("sheet.none.findings"))
        return
    sheet.say(say("sheet.note.findings.counts"), "note")
    columns = [Column(say("sheet.col.finding")), Column(say("sheet.col.records"), "count", "sum")]
    rows = [
        (words.coded(_FINDINGS, code), n)
        for code, n in sorted(report.findings.counts.items(), key=lambda one: (-one[1], one[0]))
    ]
    sheet.table(columns, rows)


def findings(sheet: Sheet, words: Wording, report: CoverageReport) -> None:
    """Write each doubt that somebody should look at."""
    say = words.say
    if not report.findings.rows:
        sheet.say(say("sheet.none.findings.rows"))
        return
    sheet.say(say("sheet.note.findings"), "note")
    columns = [
        Column(say("sheet.col.id"), "code"),
        Column(say("sheet.col.station")),
        Column(say("sheet.col.severity")),
        Column(say("sheet.col.finding")),
        Column(say("sheet.col.text"), width=70),
    ]
    rows: list[Row] = [
        (
            row.station_id,
            row.station,
            words.coded(_SEVERITIES, row.severity),
            words.coded(_FINDINGS, row.code),
            words.named(row.text),
        )
        for row in report.findings.rows
    ]
    sheet.table(columns, rows, main=True, fixed=2)
