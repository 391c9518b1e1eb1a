"""The first sheets of a report: the key figures with their meaning, the aims, and what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from webmap.render.sheets.cells import Cell, Column, Formula
from webmap.render.sheets.wording import of_people, span_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stations.report import CoverageReport
    from stations.report.figures import Headline
    from webmap.render.sheets.book import Sheet
    from webmap.render.sheets.cells import Kind, Row
    from webmap.render.sheets.wording import Wording

_COUNTS: Final = (
    ("on_books", "sheet.figure.on_books", "sheet.define.on_books"),
    ("usable", "sheet.figure.usable", "sheet.define.usable"),
    ("suspended", "sheet.figure.suspended", "sheet.define.suspended"),
    ("expired", "sheet.figure.expired", "sheet.define.expired"),
    ("position_unknown", "sheet.figure.position_unknown", "sheet.define.position_unknown"),
    ("all_day", "sheet.figure.all_day", "sheet.define.all_day"),
    ("hours_known", "sheet.figure.hours_known", "sheet.define.hours_known"),
    ("planned", "sheet.figure.planned", "sheet.define.planned"),
)


class _Figure(NamedTuple):
    """A key figure: what it is called and means, and its one or two ends."""

    name: str
    meaning: str
    kind: Kind
    low: float | None
    high: float | None = None


def period(words: Wording, report: CoverageReport) -> str:
    """Return what time a report is of, in words."""
    if report.quarter is None:
        return words.say("sheet.period.day", day=report.day)
    key = "sheet.period.quarter" if report.complete else "sheet.period.running"
    year, number = report.quarter.split("Q")
    return words.say(key, year=year, number=number, day=report.day)


def summary(sheet: Sheet, words: Wording, report: CoverageReport) -> None:
    """Write the answer in a sentence, the key figures, the three aims and the change."""
    say, found = words.say, report.headline
    sheet.say(period(words, report), "note")
    for warns, key in (
        (report.demonstration, "sheet.warning.demonstration"),
        (report.reference.residents, "sheet.limit.residents"),
        (not report.reference.hours_known, "sheet.limit.hours_unknown"),
    ):
        if warns:
            sheet.say(say(key), "warning")
    sheet.say(_answer(words, found))
    sheet.row += 1
    _facts(sheet, words, report)
    sheet.say(say("sheet.summary.figures"), "section")
    _key_figures(sheet, words, report)
    sheet.say(say("sheet.summary.aims"), "section")
    _aims(sheet, words, report)
    if report.change is not None:
        sheet.say(say("sheet.summary.change"), "section")
        _change_facts(sheet, words, report)


def _answer(words: Wording, found: Headline) -> str:
    if not found.workers:
        return words.say("sheet.answer.nobody")
    return words.say(
        "sheet.answer",
        n=f"{found.workers:,.0f}",
        nominal=words.percent(found.nominal),
        effective=words.percent(found.effective),
        at_work=words.span(found.at_work),
    )


def _facts(sheet: Sheet, words: Wording, report: CoverageReport) -> None:
    say = words.say
    sheet.facts(
        [
            (say("sheet.fact.area"), words.named(report.area)),
            (
                say("sheet.fact.adcode"),
                Cell(report.adcode, "code") if report.adcode else say("sheet.value.whole"),
            ),
            (say("sheet.fact.day"), Cell(report.day, "date")),
            (say("sheet.fact.quarter"), report.quarter or say("sheet.value.unset")),
            (say("sheet.fact.reach"), say("sheet.value.within")),
            (say("sheet.fact.revision"), Cell(report.basis.revision, "count")),
            (say("sheet.fact.updated"), Cell(report.basis.updated_at, "moment")),
        ]
    )


# ---------------------------------------------------------------------------------- the figures


def _key_figures(sheet: Sheet, words: Wording, report: CoverageReport) -> None:
    say, figures = words.say, list(_figures(words, report.headline))
    before = None if report.change is None else report.change.before
    earlier = [None] * len(figures) if before is None else list(_figures(words, before))
    columns = [
        Column(say("sheet.col.figure"), width=30),
        Column(say("sheet.col.low"), "share"),
        Column(say("sheet.col.high"), "share"),
        Column(say("sheet.col.since"), "points"),
        Column(say("sheet.col.meaning"), width=90),
    ]
    rows: list[Row] = [
        (
            now.name,
            Cell(now.low, now.kind),
            Cell(now.high, now.kind),
            None if then is None else _more(now.kind, now.low, then.low),
            now.meaning,
        )
        for now, then in zip(figures, earlier, strict=True)
    ]
    sheet.table(columns, rows)


def _more(kind: Kind, now: float | None, before: float | None) -> Cell:
    """By how much a figure has grown: a share by percentage points."""
    grown = None if now is None or before is None else now - before
    if kind != "share":
        return Cell(grown, "more")
    return Cell(None if grown is None else 100 * grown, "points")


def _figures(words: Wording, found: Headline) -> Iterator[_Figure]:
    say = words.say
    yield _Figure(say("sheet.figure.people"), say("sheet.define.people"), "count", found.workers)
    for name, meaning, share in (
        ("sheet.figure.nominal", "sheet.define.nominal", found.nominal),
        ("sheet.figure.effective", "sheet.define.effective", found.effective),
    ):
        yield _Figure(say(name), say(meaning), "share", of_people(found.workers, share))
    for name, meaning, ends in (
        ("sheet.figure.at_work", "sheet.define.at_work", found.at_work),
        ("sheet.figure.twice", "sheet.define.twice", found.twice),
    ):
        yield _Figure(say(name), say(meaning), "share", *span_of(found.workers, ends))
    for field, name, meaning in _COUNTS:
        yield _Figure(say(name), say(meaning), "count", getattr(found.stations, field))


def _aims(sheet: Sheet, words: Wording, report: CoverageReport) -> None:
    say, aims, workers = words.say, report.aims, report.headline.workers
    known = "sheet.aim.total.known" if aims.known_stations else "sheet.aim.total.register"
    left = ""
    if aims.uncovered:
        most = aims.uncovered[0]
        left = say(
            "sheet.aim.left",
            n=len(aims.uncovered),
            name=words.named(most.name),
            people=f"{most.workers:,.0f}",
        )
    elif workers and report.map.districts:
        left = say("sheet.aim.none_left")
    columns = [
        Column(say("sheet.col.aim"), width=30),
        Column(say("sheet.col.aim.count"), "count"),
        Column(say("sheet.col.aim.total"), "count"),
        Column(say("sheet.col.aim.share"), "share"),
        Column(say("sheet.col.aim.meaning"), width=90),
    ]
    rows: list[Row] = [
        (
            say(name),
            part.count,
            part.total,
            Formula("=B{row}/C{row}", part.share if part.total else None),
            say(meaning) + say(known),
        )
        for name, meaning, part in (
            ("sheet.aim.queryable", "sheet.aim.queryable.meaning", aims.queryable),
            ("sheet.aim.on_map", "sheet.aim.on_map.meaning", aims.on_map),
        )
    ]
    rows.append(
        (
            say("sheet.aim.covered"),
            Formula("=C{row}*D{row}", workers * aims.covered if workers else None),
            workers,
            of_people(workers, aims.covered),
            say("sheet.aim.covered.meaning") + left,
        )
    )
    sheet.table(columns, rows)


# ----------------------------------------------------------------------------------- the change


def _change_facts(sheet: Sheet, words: Wording, report: CoverageReport) -> None:
    say, change = words.say, report.change
    if change is None:
        return
    if change.before is None:
        sheet.say(say("sheet.change.nothing_before"))
    sheet.facts(
        [
            (say("sheet.fact.since.revision"), Cell(change.revision, "count")),
            (say("sheet.fact.since.day"), Cell(change.day, "date")),
            (say("sheet.fact.added"), Cell(change.added, "count")),
            (say("sheet.fact.removed"), Cell(change.removed, "count")),
            (say("sheet.fact.changed"), Cell(change.changed, "count")),
        ]
    )


def change(sheet: Sheet, words: Wording, report: CoverageReport) -> None:
    """Write the key figures of both ends, and which stations came and went."""
    say, found = words.say, report.change
    if found is None:
        return
    sheet.say(say("sheet.note.change"), "note")
    _change_facts(sheet, words, report)
    if found.before is not None:
        sheet.say(say("sheet.summary.figures"), "section")
        _comparison(sheet, words, report.headline, found.before)
    rows: list[Row] = [
        (name, say(key))
        for key, names in (
            ("sheet.change.added", found.added_names),
            ("sheet.change.removed", found.removed_names),
        )
        for name in names
    ]
    if rows:
        sheet.say(say("sheet.change.records"), "section")
        columns = [Column(say("sheet.col.station")), Column(say("sheet.col.what"))]
        sheet.table(columns, rows, main=found.before is None)


def _comparison(sheet: Sheet, words: Wording, now: Headline, before: Headline) -> None:
    say = words.say
    columns = [
        Column(say("sheet.col.figure")),
        Column(say("sheet.col.low"), "share"),
        Column(say("sheet.col.high"), "share"),
        Column(say("sheet.col.before.low"), "share"),
        Column(say("sheet.col.before.high"), "share"),
        Column(say("sheet.col.since"), "points"),
        Column(say("sheet.col.since.high"), "points"),
    ]
    rows: list[Row] = [
        (
            later.name,
            Cell(later.low, later.kind),
            Cell(later.high, later.kind),
            Cell(earlier.low, later.kind),
            Cell(earlier.high, later.kind),
            _difference("B", "D", _more(later.kind, later.low, earlier.low)),
            _difference("C", "E", _more(later.kind, later.high, earlier.high)),
        )
        for later, earlier in zip(_figures(words, now), _figures(words, before), strict=True)
    ]
    sheet.table(columns, rows)


def _difference(now: str, before: str, grown: Cell) -> Formula:
    text = f"{now}{{row}}-{before}{{row}}"
    value = grown.value if isinstance(grown.value, float | int) else None
    return Formula(f"=({text})*100" if grown.kind == "points" else f"={text}", value, grown.kind)


def contents(sheet: Sheet, words: Wording, pages: Sequence[tuple[str, str]]) -> None:
    """Write the names of the other sheets, as ways to them, and what each holds."""
    sheet.say(words.say("sheet.summary.contents"), "section")
    for name, about in pages:
        sheet.link(name, about)
