"""A coverage report as HTML: every figure is the report's, every text from elsewhere is inert."""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import msgspec
import pytest

from stations.report.figures import (
    Change,
    CoolStation,
    FindingRow,
    Named,
    Range,
    Sites,
)
from stations.report.heat import Level
from tests.stations.report import worlds
from tests.webmap.hostile import POISONS, as_read
from tests.webmap.report_reading import (
    LANGUAGES,
    Document,
    count,
    drawn,
    lang_of,
    name_in,
    name_of,
    of_class,
    percent,
    read,
    said,
    span,
    tables,
)
from tests.webmap.report_samples import SAMPLES, Reports, reports_in
from tests.webmap.town import SECRETS
from webmap import texts
from webmap.render.report_html import Words, period, report_body, report_html

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stations.report import CoverageReport

CHINESE = re.compile("[\u3400-\u9fff]")
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    """Reports of every kind, by name; each is made once."""
    return reports_in(tmp_path_factory.getbasetemp())


every = pytest.mark.parametrize("name", SAMPLES)
both = pytest.mark.parametrize("lang", LANGUAGES)


# ------------------------------------------------------------------------------- a sound document


@every
@both
def test_every_report_is_a_sound_document(sample: Reports, name: str, lang: str) -> None:
    """Tags are balanced, ids unique and there where they are named, no placeholder is left."""
    page = read(sample(name), lang)
    assert page.errors == []
    assert page.root.get("lang") == texts.HTML_CODES[lang_of(lang)]
    ids = Counter(e.get("id") for e in page.elements if e.get("id"))
    assert set(ids.values()) == {1}
    named = {e.get("aria-labelledby") for e in page.elements} - {None}
    values = " ".join(value for e in page.elements for value in e.attrib.values())
    named |= set(re.findall(r"url\(#([^)]+)\)", values))
    assert named <= set(ids)
    text = said(page.root)
    assert not re.search(r"\breport\.[a-z]", text)
    if name != "hostile":
        words = re.sub(r"(?s)<style>.*</style>|<code>.*?</code>", "", report_html_of(page))
        assert "{" not in words
        assert not re.search(r"\b(None|nan|inf|Undefined|True|False)\b", words)


def report_html_of(page: Document) -> str:
    """Everything that is said, and every attribute, but for style sheet and code."""
    skipped = {"style", "code"}
    found = []
    for element in page.elements:
        if name_of(element) not in skipped:
            found += [element.text or "", *element.attrib.values()]
        found.append(element.tail or "")
    return " ".join(found)


@every
@both
def test_every_row_has_a_cell_for_each_column(sample: Reports, name: str, lang: str) -> None:
    """A figure never stands under another's heading, and no heading is empty."""
    page = read(sample(name), lang)
    for table in tables(page.root):
        widths = {len(row) for part in table for row in part}
        assert len(widths) == 1, said(table)[:100]
        for heading in drawn(table, "th"):
            assert said(heading), said(table)[:100]


@every
@both
def test_a_report_stands_alone(sample: Reports, name: str, lang: str) -> None:
    """A file that is mailed asks nothing of anybody: no link, script, image or other address."""
    page = read(sample(name), lang)
    names = set(map(name_of, page.elements))
    assert not names & {"link", "script", "img", "iframe", "object", "embed", "base", "a", "form"}
    assert names >= {"style", "svg", "table"}
    for element in page.elements:
        for attribute, value in element.attrib.items():
            assert not attribute.startswith("on"), (element.tag, attribute)
            assert attribute not in {"src", "href", "srcset", "action", "style"}, attribute
            assert not re.search(r"url\((?!#)", value) or name == "hostile", value
    (styles,) = (e.text or "" for e in page.elements if name_of(e) == "style")
    assert not re.search(r"url\(|@import|https?:", styles)


@every
@both
def test_the_page_has_the_same_body(sample: Reports, name: str, lang: str) -> None:
    """What one reads on the page is what is in the file."""
    report = sample(name)
    assert report_body(report, lang_of(lang)) in report_html(report, lang_of(lang))


@both
def test_texts_are_in_the_language_of_the_report(sample: Reports, lang: str) -> None:
    """Headings, notes, legends and what is read aloud; only names from records stay Chinese."""
    page = read(sample("quarter"), lang)
    found = [
        *(said(e) for e in page.elements if name_of(e) in {"h2", "h3", "dt", "figcaption"}),
        *(said(e) for table in tables(page.root) for e in drawn(table[0], "th")),
        *(said(e) for e in [*of_class(page.root, "note"), *of_class(page.root, "what")]),
        *(e.get("aria-label") or "" for e in page.elements if e.get("aria-label")),
    ]
    assert len(found) > 60
    short = {"#", "1", "2", "3", "SHA-256", "24 h"}
    for text in set(found) - short:
        assert bool(CHINESE.search(text)) == (lang == "zh"), text


def test_words_of_pictures_are_text(sample: Reports) -> None:
    """Hours, days, names and distances can be searched and copied."""
    page = read(sample("city"), "zh")
    (week,), (chart,), (curve,) = (of_class(page.root, n) for n in ("week", "map", "curve"))
    assert {"周一", "周日", "节假日", "00", "22", "在岗"} <= {said(e) for e in drawn(week, "text")}
    assert {"中原区", "金水区", "5 公里", "1", "5"} <= {said(e) for e in drawn(chart, "text")}
    assert {"0%", "100%", "1 公里", "1 公里直线距离内"} <= {said(e) for e in drawn(curve, "text")}


# ------------------------------------------------------------------------------------ the figures


@every
@both
def test_the_headline_is_the_reports(sample: Reports, name: str, lang: str) -> None:
    """Tiles and the first sentence say the key figures; of nobody there is no share."""
    report = sample(name)
    page, head = read(report, lang), report.headline
    (tiles,) = of_class(page.root, "tiles")
    figures = [said(tile[1]) for tile in tiles]
    of = head.workers
    at_work, nominal = span(head.at_work, of), percent(head.nominal, of)
    assert figures == [nominal, percent(head.effective, of), at_work, count(head.stations.usable)]
    for number in (
        head.stations.on_books,
        head.stations.all_day,
        head.stations.usable - head.stations.hours_known,
    ):
        assert re.search(rf"\b{number}\b", said(tiles[3][2]))
    (lead,) = of_class(page.root, "lead")
    assert at_work in said(lead)
    assert nominal in said(lead)


@every
@both
def test_tables_of_areas_groups_and_bands_are_the_reports(
    sample: Reports, name: str, lang: str
) -> None:
    """Row by row: names, workers, stations, shares and who is left out."""
    report = sample(name)
    page = read(report, lang)
    assert page.has("by-district") == bool(report.districts)
    if report.districts:
        assert page.table("by-district") == [
            [
                as_read(name_in(lang, row.name)).strip() if row.name else name_in(lang, None),
                count(row.workers),
                count(row.stations or 0),
                count(row.all_day or 0),
                percent(row.nominal, row.workers),
                percent(row.effective, row.workers),
                span(row.at_work, row.workers),
                count(row.uncovered),
            ]
            for row in report.districts
        ]
    assert page.has("by-group") == (len(report.groups) > 1)
    if len(report.groups) > 1:
        assert page.table("by-group") == [
            [
                name_in(lang, row.name),
                count(row.workers),
                percent(row.nominal, row.workers),
                percent(row.effective, row.workers),
                span(row.at_work, row.workers),
                count(row.uncovered),
            ]
            for row in report.groups
        ]
    assert page.table("bands") == [
        [
            name_in(lang, row.name),
            count(row.workers),
            percent(row.nominal, row.workers),
            percent(row.effective, row.workers),
            span(row.open, row.workers),
            span(row.twice, row.workers),
        ]
        for row in report.bands
    ]


@every
@both
def test_needs_and_assumptions_are_the_reports(sample: Reports, name: str, lang: str) -> None:
    """Each need and each assumption with its range; what the report itself assumes is marked."""
    report = sample(name)
    page, of = read(report, lang), report.headline.workers
    assert [row[1:] for row in page.table("needs")] == [
        [span(row.at_work, of)] for row in report.needs
    ]
    assert [row[1:] for row in page.table("sensitivity")] == [
        [span(row.effective, of), span(row.at_work, of)] for row in report.sensitivity
    ]
    (table,) = tables(page.section("sensitivity"))
    stated = [row.get("class") == "stated" for row in drawn(table, "tr")][1:]
    assert stated == [row.stated for row in report.sensitivity]
    named = [row[0] for row in page.table("sensitivity")]
    assert len(set(named)) == len(named)


@every
@both
def test_the_aims_are_the_reports(sample: Reports, name: str, lang: str) -> None:
    """Three shares, each of its own whole; who is not covered, by district."""
    report = sample(name)
    page, aims = read(report, lang), report.aims
    assert [row[1] for row in page.table("aims")] == [
        percent(aims.queryable.share, aims.queryable.total),
        percent(aims.on_map.share, aims.on_map.total),
        percent(aims.covered, report.headline.workers),
    ]
    words = page.paragraphs("aims")
    if report.districts and aims.uncovered:
        for row in aims.uncovered:
            assert count(row.workers) in words[0]
    elif aims.uncovered:
        assert count(sum(row.workers for row in aims.uncovered)) in words[0]
    else:
        assert words == []


@every
@both
def test_gaps_and_sites_are_the_reports(sample: Reports, name: str, lang: str) -> None:
    """Each gap with what would close most of it, each site with its gain and cost, and the sum."""
    report = sample(name)
    page = read(report, lang)
    assert page.has("gaps") == bool(report.gaps or report.headline.workers)
    if report.gaps:
        rows = page.table("gaps")
        for row, gap in zip(rows, report.gaps, strict=True):
            assert (row[0], row[2]) == (str(gap.rank), count(gap.workers))
            if gap.best is None:
                assert row[5:] == ["–", "–"]
            else:
                assert row[4].endswith(f"{gap.best.lon:.5f}, {gap.best.lat:.5f}")
                assert row[5:] == [count(gap.best.closes), count(gap.best.gains)]
        assert count(report.gap_count) in page.paragraphs("gaps")[0]
    sites = report.sites
    assert page.has("sites") == (sites.why_none != "not_asked")
    if sites.rows:
        for row, site in zip(page.table("sites"), sites.rows, strict=True):
            assert row[0] == str(site.rank)
            assert row[1].endswith(f"{site.lon:.5f}, {site.lat:.5f}")
            assert row[3:5] == [count(site.gain), count(site.cumulative)]
            assert f"{site.cost_cny:,.0f}" in row[5]
        (table,) = tables(page.section("sites"))
        total = said(drawn(table, "tfoot")[0])
        assert count(sum(site.gain for site in sites.rows)) in total
        assert f"{sites.cost_cny:,.0f}" in total
        lead = page.paragraphs("sites")[0]
        for figure in (percent(report.headline.effective), percent(sites.share or 0.0)):
            assert figure in lead


@every
@both
def test_heat_is_the_reports(sample: Reports, name: str, lang: str) -> None:
    """Hour by hour who reaches a cooled station, and every cooled station under its state."""
    report = sample(name)
    page, heat = read(report, lang), report.heat
    assert page.has("heat") == (heat is not None)
    if heat is None:
        return
    assert page.table("heat") == [
        [f"{row.hour:02d}:00", count(row.workers), span(row.cooled, row.workers)]
        for row in heat.hours
    ]
    words = " ".join(page.paragraphs("heat"))
    assert span(heat.cooled, heat.workers) in words
    assert count(heat.workers) in words
    for one in heat.stations:
        assert as_read(one.name).strip() in words or name == "hostile"
    assumed = texts.text(lang_of(lang), "report.heat.assumed")
    assert (assumed in words) == heat.assumed_hours


@every
@both
def test_changes_are_the_reports(sample: Reports, name: str, lang: str) -> None:
    """Then, now and the difference; nothing is compared with a register that was empty."""
    report = sample(name)
    page, change, head = read(report, lang), report.change, report.headline
    assert page.has("change") == (change is not None)
    if change is None:
        return
    words = page.paragraphs("change")[-1]
    for number in (change.added, change.removed, change.changed):
        assert re.search(rf"\b{number}\b", words)
    before = change.before
    if before is None:
        assert tables(page.section("change")) == []
        return
    of = head.workers
    rows = page.table("change")
    assert [row[1:3] for row in rows] == [
        [percent(before.nominal, of), percent(head.nominal, of)],
        [percent(before.effective, of), percent(head.effective, of)],
        [span(before.at_work, of), span(head.at_work, of)],
        *(
            [count(getattr(before.stations, n)), count(getattr(head.stations, n))]
            for n in ("on_books", "usable", "all_day", "hours_known")
        ),
    ]
    difference = round(100 * (head.effective - before.effective), 1)
    assert (
        rows[1][3]
        .split()[0]
        .removeprefix("±")
        .replace("−", "-")
        .lstrip("+")
        .startswith(f"{difference:.1f}")
    )


@pytest.mark.parametrize("name", ["city", "unknown hours", "no stations"])
@both
def test_norms_and_findings_are_the_reports(sample: Reports, name: str, lang: str) -> None:
    """Each norm item by item; who fails is named with what; no norm is told of no station."""
    report = sample(name)
    page = read(report, lang)
    held = [norm for norm in report.norms if norm.stations]
    assert page.has("norms") == bool(held)
    for number, norm in enumerate(held):
        assert [row[1:4] for row in page.table("norms", number)] == [
            [count(item.met), count(item.failed), count(item.unknown)] for item in norm.items
        ]
    words = said(page.section("norms")) if held else ""
    for norm in held:
        for record in norm.records:
            assert not record.failed or record.name in words
    rows = report.findings.rows[:60]
    if rows:
        assert [row[1] for row in page.table("records")] == [
            name_in(lang, row.text) for row in rows
        ]
    fresh = report.freshness
    for number in (fresh.recent, fresh.fresh, fresh.stale, fresh.never):
        assert re.search(rf"\b{number}\b", page.paragraphs("records")[0])


@every
def test_definitions_and_sources_are_told(sample: Reports, name: str) -> None:
    """Version, revision, every input with its fingerprint, every limit of the figures."""
    report = sample(name)
    page = read(report, "zh")
    basis = said(page.section("basis"))
    assert f"yizhan {report.basis.version}" in basis
    assert page.table("basis") == [[one.name, one.sha256] for one in report.basis.inputs]
    limits = [e for e in page.section("basis").iter() if name_of(e) == "li"]
    assert len(limits) == len(report.limits)
    assert count(report.reference.workers) in basis


def test_every_limit_of_the_figures_has_words(sample: Reports) -> None:
    """Codes of all samples together: none is left without a sentence or without its number."""
    codes = {code: number for name in SAMPLES for code, number in sample(name).limits}
    assert {"residents", "hours_unknown", "straight_line", "station_hours", "stale"} <= set(codes)
    for lang, (code, number) in itertools.product(LANGUAGES, codes.items()):
        found = texts.text(lang_of(lang), f"report.limit.{code}", n=count(number))
        assert "{" not in found


# ------------------------------------------------------------------------------- what is concluded


def points(report: CoverageReport, lang: str = "zh") -> list[str]:
    """What is concluded beside the headline."""
    found = of_class(read(report, lang).section("summary"), "points")
    return [said(e) for one in found for e in one]


def test_the_worst_part_of_the_week_has_somebody_at_work(sample: Reports) -> None:
    """In the town nobody works from 5 to 8; the worst is a part in which somebody lacks a door."""
    report = sample("quarter")
    empty = [band.name.zh for band in report.bands if not band.workers]
    assert empty
    (worst,) = [point for point in points(report) if "最缺" in point]
    assert not worst.startswith(tuple(empty))
    lowest = min((b for b in report.bands if b.workers), key=lambda band: band.open.low)
    assert worst.startswith(lowest.name.zh)
    assert span(lowest.open) in worst


def test_where_all_is_well_nothing_is_called_the_worst(sample: Reports) -> None:
    """Everybody has an open door in every hour: no part of the week is singled out."""
    report = sample("everybody covered")
    assert report.headline.at_work == Range(1.0, 1.0)
    assert not [point for point in points(report) if "最缺" in point]
    page = read(report, "zh")
    assert texts.text("zh", "report.sites.all_covered") in page.paragraphs("sites")


def test_where_nobody_works_nothing_is_claimed_of_all(sample: Reports) -> None:
    """A district without workers has neither shares nor gaps, and not everybody is covered."""
    page = read(sample("nobody"), "zh")
    assert not page.has("gaps")
    assert texts.text("zh", "report.sites.no_workers") in page.paragraphs("sites")
    assert not re.search(r"\d%", said(of_class(page.root, "tiles")[0]))


def test_reasons_for_the_difference_are_reasons(sample: Reports) -> None:
    """Stations without a position are in neither figure, so they are not why the two differ."""
    report = sample("before the first record")
    assert report.headline.stations.position_unknown
    (reason,) = [point for point in points(report) if "相差" in point]
    assert reason.endswith(f"：暂停 {report.headline.stations.suspended} 个。")


def test_the_largest_gap_of_the_week_is_the_largest(sample: Reports) -> None:
    """Hour, workers and those without an open door."""
    report = sample("city")
    hours = report.hours
    without = [
        active * (1 - (share or 0.0))
        for active, share in zip(hours.active[:168], hours.open[:168], strict=True)
    ]
    (point,) = [one for one in points(report) if "钟点" in one]
    assert count(max(without)) in point
    assert count(hours.active[without.index(max(without))]) in point


@pytest.mark.parametrize(("lang", "between"), [("zh", "。撤下："), ("en", ". Removed: ")])
def test_sentences_are_set_apart_as_the_language_does(
    sample: Reports, lang: str, between: str
) -> None:
    """Chinese runs on, English has a space."""
    words = said(read(sample("quarter"), lang).section("change"))
    assert f"新来的驿站{between}通宵驿站" in words
    page = read(sample("city"), lang)
    places = [said(e) for e in of_class(page.root, "deserts")[0].iter() if name_of(e) == "dd"]
    who = next(said(e) for e in page.section("basis").iter() if name_of(e) == "dd")
    for text in (*places, *page.paragraphs("heat"), *page.paragraphs("sites"), who):
        assert not re.search("。 " if lang == "zh" else r"[^\d ]\.(?! |$|csv)", text), text


def test_distances_beyond_all_reach_are_left_out(sample: Reports) -> None:
    """Where there is no station, nobody is said to be within anything."""
    report = sample("no stations")
    assert all(far is None for _, far in report.distances.quantiles)
    assert page_words(report, "distances") == []
    found = msgspec.structs.replace(
        report.distances, quantiles=((0.5, 700.0), (0.8, None), (0.9, None))
    )
    half = msgspec.structs.replace(report, distances=found)
    (words,) = page_words(half, "distances")
    assert words == "50% 的户外劳动者在 700 米以内。"


def page_words(report: CoverageReport, section: str) -> list[str]:
    """Sentences of a section, in Chinese."""
    return read(report, "zh").paragraphs(section)


# -------------------------------------------------------------------- reports that are made up here


@both
@pytest.mark.parametrize("why", ["no_candidates", "all_covered", "no_workers"])
def test_every_reason_for_no_sites_has_words(sample: Reports, lang: str, why: str) -> None:
    """None are recommended: it is said why."""
    report = msgspec.structs.replace(sample("day"), sites=Sites((), why_none=why))
    words = read(report, lang).paragraphs("sites")
    assert words == [texts.text(lang_of(lang), f"report.sites.{why}")]


@both
def test_a_search_that_ran_out_of_time_says_so(sample: Reports, lang: str) -> None:
    """Another machine may find other sites."""
    report = sample("city")
    late = msgspec.structs.replace(
        report, sites=msgspec.structs.replace(report.sites, status="time_limit", gap=None)
    )
    words = texts.text(lang_of(lang), "report.sites.time_limit")
    assert read(late, lang).paragraphs("sites")[0].endswith(words)
    assert words not in said(read(report, lang).root)


@both
@pytest.mark.parametrize("level", get_args(Level))
def test_every_level_of_heat_has_words(sample: Reports, lang: str, level: str) -> None:
    """What the rules ask for."""
    heat = msgspec.structs.replace(sample("city").heat, level=level)
    report = msgspec.structs.replace(sample("city"), heat=heat)
    assert texts.text(lang_of(lang), f"report.heat.{level}") in page_of(report, lang, "heat")


def page_of(report: CoverageReport, lang: str, section: str) -> str:
    """Text of a section."""
    return said(read(report, lang).section(section))


@both
def test_long_lists_are_cut_and_say_so(sample: Reports, lang: str) -> None:
    """Twenty names of a change, forty cooled stations, sixty findings; then that there are more."""
    base = sample("quarter")
    names = tuple(f"新站{n:03}号" for n in range(90))
    assert base.change is not None
    change: Change = msgspec.structs.replace(base.change, added=90, added_names=names)
    cooled = tuple(CoolStation(f"k{n}", name, "open", None) for n, name in enumerate(names))
    heat = msgspec.structs.replace(sample("city").heat, stations=cooled)
    rows = tuple(FindingRow(f"f{n}", name, "x", "warning", Named("疑", "doubt"))
                 for n, name in enumerate(names))  # fmt: skip
    findings = msgspec.structs.replace(base.findings, rows=rows)
    report = msgspec.structs.replace(base, change=change, heat=heat, findings=findings)
    page, more = read(report, lang), texts.text(lang_of(lang), "report.more").strip()
    for section, shown in (("change", 20), ("heat", 40), ("records", 60)):
        words = said(page.section(section))
        assert words.count("新站") == shown
        assert more in words or "90" in words


@both
def test_a_station_that_is_too_small_is_told_with_its_peak(sample: Reports, lang: str) -> None:
    """Places, people at rest, when, and for how many hours of the week."""
    report = sample("city")
    assert report.capacity.over
    rows = read(report, lang).table("capacity")
    for row, over in zip(rows, report.capacity.over, strict=True):
        assert row[:3] == [over.name, str(over.capacity), count(over.at_rest)]
        assert row[3].endswith(f"{over.hour % 24:02d}:00")
        assert row[4] == str(over.hours)


# ------------------------------------------------------------------------- texts from elsewhere


@both
def test_hostile_texts_are_text(sample: Reports, lang: str) -> None:
    """Names of stations, districts and files are read as they are written, and steer nothing."""
    report = sample("hostile")
    page = read(report, lang)
    allowed = {e.tag for e in read(sample("city"), lang).elements}
    allowed |= {e.tag for e in read(sample("quarter"), lang).elements}
    assert {e.tag for e in page.elements} <= allowed
    for element in page.elements:
        assert not any(name.startswith(("on", "style", "src", "href")) for name in element.attrib)
    html = report_html(report, lang_of(lang))
    words = said(page.root)
    for poison in POISONS.values():
        assert html.count(poison) == 0 or not re.search(r"[<>\"'&]", poison)
    named = " ".join(f"{finding.station} {finding.station_id}" for finding in report.findings.rows)
    assert all(f"§name{n:02}§" in named + words for n in range(len(POISONS)))
    assert all(f"§file{n:02}§" in words for n in range(len(POISONS)))
    for poison in ("script", "closer", "attribute", "template", "entities", "json"):
        assert " ".join(as_read(POISONS[poison]).split()) in words
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", html)


@every
def test_nobody_is_named(sample: Reports, name: str) -> None:
    """Managers and their telephones are in no report, whatever fails for want of them."""
    report = sample(name)
    secrets = {*SECRETS, worlds.MANAGER, worlds.MANAGER_PHONE}
    for lang in LANGUAGES:
        html = report_html(report, lang_of(lang))
        assert not any(secret in html for secret in secrets)
    told = msgspec.json.encode(report.to_dict()).decode()
    assert not any(secret in told for secret in secrets)


# ------------------------------------------------------------------------------- the same bytes

AGAIN = """
import datetime as dt, hashlib, sys
from tests.webmap.report_samples import report
from stations.report.heat import heat_of
from stations.workspace import Workspace
from webmap.render.report_html import report_html
made = report(Workspace(sys.argv[1]), sites=5, heat=heat_of(37))
for lang in ("zh", "en"):
    print(hashlib.sha256(report_html(made, lang).encode()).hexdigest())
"""


@pytest.mark.slow
def test_the_same_report_has_the_same_bytes(sample: Reports, tmp_path: Path) -> None:
    """Twice here, and in a process whose sets and dictionaries are in another order."""
    report = sample("city")
    here = [sha256(report_html(report, lang_of(lang))) for lang in LANGUAGES]
    assert here == [sha256(report_html(report, lang_of(lang))) for lang in LANGUAGES]
    folder = worlds.make_city(tmp_path / "again").folder
    found = subprocess.run(
        [sys.executable, "-c", AGAIN, str(folder)],
        env={**os.environ, "PYTHONHASHSEED": "1", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.split() == here


def sha256(text: str) -> str:
    """Fingerprint of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


# -------------------------------------------------------------------------------------- wording


@pytest.mark.parametrize(
    ("share", "written"),
    [(None, "–"), (0.0, "0%"), (1.0, "100%"), (0.0004, "0.1%"), (0.001, "0.1%"), (0.4624, "46.2%"),
     (0.99949, "99.9%"), (0.999999, "99.9%")],
)  # fmt: skip
def test_a_share_is_neither_nobody_nor_everybody_unless_it_is(
    share: float | None, written: str
) -> None:
    """A single worker without a station is not rounded away."""
    assert Words.percent(share) == written


def test_of_nobody_there_is_no_share() -> None:
    """Nothing of nothing is neither none nor all."""
    assert Words.percent(0.0, 0) == "–"
    assert Words("zh").span(Range(0.0, 1.0), 0) == "–"


@pytest.mark.parametrize(
    ("low", "high", "written"),
    [(0.1, 0.1, "10.0%"), (0.1, 0.2, "10.0–20.0%"), (0.0, 0.205, "0–20.5%"),
     (0.5, 1.0, "50.0–100%"), (0.1234, 0.12341, "12.3%")],
)  # fmt: skip
def test_a_range_is_one_number_where_its_ends_are(low: float, high: float, written: str) -> None:
    """Ends that are written alike are written once."""
    assert Words("en").span(Range(low, high)) == written


@pytest.mark.parametrize(
    ("metres", "unit", "zh", "en"),
    [
        (None, "m", "够不到", "none in reach"),
        (0.0, "m", "0 米", "0 m"),
        (831.4, "m", "831 米", "831 m"),
        (999.4, "m", "999 米", "999 m"),
        (1000.0, "m", "1 公里", "1 km"),
        (1500.0, "m", "1.5 公里", "1.5 km"),
        (12_345.0, "m", "12.35 公里", "12.35 km"),
        (900.0, "s", "15 分钟", "15 min"),
        (930.0, "s", "15.5 分钟", "15.5 min"),
    ],
)
def test_distances_are_written_as_people_say_them(
    metres: float | None, unit: str, zh: str, en: str
) -> None:
    """Metres below a kilometre, minutes along streets."""
    assert (Words("zh").distance(metres, unit), Words("en").distance(metres, unit)) == (zh, en)


@pytest.mark.parametrize(
    ("now", "before", "zh", "en"),
    [(0.5, 0.4, "+10.0 个百分点", "+10.0 points"), (0.4, 0.5, "−10.0 个百分点", "−10.0 points"),
     (0.5, 0.5, "±0.0 个百分点", "±0.0 points"), (0.50004, 0.5, "±0.0 个百分点", "±0.0 points")],
)  # fmt: skip
def test_a_change_has_its_sign(now: float, before: float, zh: str, en: str) -> None:
    """More, fewer, or the same."""
    assert Words("zh").points(now, before).strip() == zh
    assert Words("en").points(now, before).strip() == en
    sign = zh[0]
    assert Words("zh").more(round(now * 10), round(before * 10))[0] == (
        sign if abs(now - before) > 0.01 else "±"
    )


def test_days_and_hours_are_in_the_language() -> None:
    """The holiday stands behind Sunday."""
    zh, en = Words("zh"), Words("en")
    assert (zh.hour(26), en.hour(26)) == ("周二 02:00", "Tue 02:00")
    assert (zh.hour(182), en.hour(182)) == ("节假日 14:00", "Holiday 14:00")
    day = dt.date(2026, 1, 5)
    assert (zh.date(day), en.date(day)) == ("2026 年 1 月 5 日", "5 January 2026")


def test_money_is_rounded_to_whole_yuan() -> None:
    """Unknown costs are not nothing."""
    assert Words("zh").money(None) == "–"
    assert Words("zh").money(12_345.6) == "12,346 元"
    assert Words("en").money(12_345.6) == "CNY 12,346"


@pytest.mark.parametrize(
    ("name", "zh", "en"),
    [
        ("day", "郑州北部驿站覆盖报告（2026 年 11 月 20 日）",
         "Station coverage in North Zhengzhou, 20 November 2026"),
        ("quarter", "郑州北部驿站覆盖报告（2026 年第 4 季度）",
         "Station coverage in North Zhengzhou, quarter 4 of 2026"),
        ("one district", "金水区驿站覆盖报告（2026 年 11 月 20 日）",
         "Station coverage in 金水区, 20 November 2026"),
    ],
)  # fmt: skip
def test_the_title_says_where_and_when(sample: Reports, name: str, zh: str, en: str) -> None:
    """The same in the window, in the heading and at the foot of a printed page."""
    for lang, title in (("zh", zh), ("en", en)):
        assert period(sample(name), lang_of(lang)).title == title
        page = read(sample(name), lang)
        heads = [said(e) for e in page.elements if name_of(e) in {"title", "h1"}]
        assert heads[:2] == [title] * 2


def test_a_quarter_that_lasts_says_so(sample: Reports) -> None:
    """Until when the figures go, and at which revision."""
    assert period(sample("quarter"), "zh").asof == (
        "本季度尚未结束，数据截至 2026 年 11 月 20 日，登记册修订 2"
    )
    over = period(sample("quarter that is over"), "en").asof
    assert over == "As of 30 June 2026, revision 1 of the register"


def test_only_what_is_made_up_says_so(sample: Reports) -> None:
    """A demonstration is never taken for a real city."""
    marked = [name for name in ("day", "quarter")
              if of_class(read(sample(name), "zh").root, "made-up")]  # fmt: skip
    assert marked == ["day"]


def _hours_of(report: CoverageReport) -> Iterator[str]:
    yield from re.findall(r"\d\d:00–\d\d:00", said(read(report, "zh").section("heat")))


def test_hot_hours_that_follow_each_other_are_joined(sample: Reports) -> None:
    """3, 13 to 15 and 19 o'clock: three stretches, each to the end of its last hour."""
    assert list(_hours_of(sample("measured heat"))) == [
        "03:00–04:00", "13:00–16:00", "19:00–20:00",
    ]  # fmt: skip
    assert list(_hours_of(sample("city"))) == ["11:00–18:00"]


def test_measured_hours_are_not_called_assumed(sample: Reports) -> None:
    """Half a degree is told."""
    words = said(read(sample("measured heat"), "zh").section("heat"))
    assert "38.5 ℃" in words
    assert "假定" not in words
