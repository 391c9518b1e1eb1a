from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import io
import json
import math
import os
import re
import subprocess
import sys
import types
import zipfile
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import msgspec
import numpy as np
import pytest
import shapely
from python_calamine import CalamineWorkbook

from geodata.demand import Demand
from geodata.districts import Districts
from stations.config import Config
from stations.demand_file import Source
from stations.hours import BEIJING
from stations.report import CoverageReport, ReportAsk, make_report, read_quarter
from stations.report.figures import Named, Range, Sites
from stations.report.heat import heat_of
from stations.store import Change, geojson
from stations.workspace import CANDIDATES_NAME, Workspace
from tests.stations.samples import station
from webmap import texts
from webmap.render.report_xlsx import report_xlsx
from webmap.render.sheets.cells import lines_of, width_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from webmap.texts import Language

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
TEXT = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
POISONS = ("=1+1", "@x", "+cmd|' /C calc'!A0", "-2+3", "＝1+1", "\t=1", 'a&b<c>"d', "a\x00b\x0bc")
OURS = re.compile(
    r"SUM\(\w+:\w+\)"
    r"|SUMPRODUCT\(\w+:\w+,\w+:\w+\)/SUM\(\w+:\w+\)"
    r"|AVERAGE\(\w+:\w+\)"
    r"|[A-Z]\d+/[A-Z]\d+|[A-Z]\d+\*[A-Z]\d+|[A-Z]\d+-[A-Z]\d+|\([A-Z]\d+-[A-Z]\d+\)\*100"
    r"|[A-Z]\d+/SUM\([A-Z$\d]+:[A-Z$\d]+\)"
)
"""Every formula that a workbook may hold."""
CODES = (
    "residents", "one_group", "hours_unknown", "holidays_unknown", "spread", "straight_line",
    "station_hours", "stale", "position_unknown", "demand_now",
)  # fmt: skip

Row = list[Any]


# ------------------------------------------------------------------------------------- the world


@contextlib.contextmanager
def clock(moment: dt.datetime) -> Iterator[None]:
    """Let the store take this for now."""

    class Clock(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:
            return moment.astimezone(tz)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(geojson, "dt", types.SimpleNamespace(datetime=Clock, UTC=dt.UTC))
        yield


def edit(workspace: Workspace, change: Change, month: int) -> None:
    """Apply a change on the fifth of a month of 2026."""
    with clock(dt.datetime(2026, month, 5, 9, 0, tzinfo=BEIJING)):
        workspace.store.apply(change, who="test", what="edited")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A town whose stations, districts and candidates are called what would be formulas."""
    boxes = [shapely.box(113.4, 34.6, 113.65, 34.9), shapely.box(113.65, 34.6, 113.9, 34.9)]
    workspace = Workspace.create(
        tmp_path_factory.mktemp("sheets") / "ws",
        config=Config(title="=试验&区", title_en="=Test & Town"),
        districts=Districts(("410105", "410108"), ("=东区", "@西区"), np.array(boxes, object)),
    )
    x, y = (grid.ravel() for grid in np.meshgrid(np.linspace(113.41, 113.9, 30), [34.75, 34.8]))
    weights = np.column_stack([np.full(x.size, 80.0), np.linspace(0.0, 160.0, x.size)])
    profile = np.tile(np.r_[np.zeros(6), np.full(12, 0.8), np.full(6, 0.3)], (2, 7))
    workers = Demand(x, y, weights, ("courier", "rider"), profile=profile, spacing_m=800.0)
    workspace.set_demand(workers, [Source("=counts.csv", g, "points", 1.0) for g in workers.groups])
    first = [
        station(
            f"p-{n}",
            name=name,
            lon=round(113.42 + 0.017 * n, 6),
            lat=34.8,
            township=name if n % 2 else None,
            opening_hours=("24/7", "08:00-18:00", None)[n % 3],
            facilities={"air_conditioning": True, "drinking_water": n % 2 == 0},
            capacity=1 + n,
        )
        for n, name in enumerate(POISONS)
    ]
    edit(workspace, Change(put=(*first, station("gone", name="=GONE()", lon=113.5))), 2)
    second = [
        station("new", name="=NEW()", lon=113.6, lat=34.75, opening_hours="09:00-17:00"),
        station("lost", name="迷路的驿站", lon=None, status="open"),
        station("shut", name="暂停的驿站", lon=113.55, lat=34.75, status="suspended"),
        station("far", name="写错区的驿站", lon=113.45, lat=34.75, district="@西区"),
    ]
    edit(workspace, Change(put=tuple(second), remove=("gone",)), 11)
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [lon, 34.8]},
            "properties": {"name": name, "cost": cost},
        }
        for lon, name, cost in ((113.7, "=1+1", 9000), (113.75, "@site", None), (113.8, None, 5000))
    ]
    text = json.dumps({"type": "FeatureCollection", "features": features})
    (workspace.folder / CANDIDATES_NAME).write_text(text, "utf-8")
    return workspace


@pytest.fixture(scope="module")
def full(town: Workspace) -> CoverageReport:
    """The report of the whole town, with everything that a report can have."""
    day, quarter = dt.date(2026, 11, 20), read_quarter("2026Q4")
    return make_report(town, ReportAsk(day=day, quarter=quarter, sites=3, heat=heat_of(37)))


@pytest.fixture(scope="module")
def bare(town: Workspace) -> CoverageReport:
    """The report of one district on a day: no districts, change, heat or new sites."""
    return make_report(town, ReportAsk(day=dt.date(2026, 11, 20), district="410105", sites=0))


# ---------------------------------------------------------------------------------- the workbook


class Opened:
    """A workbook as its bytes say: values by calamine, the rest from its XML."""

    def __init__(self, report: CoverageReport, lang: Language) -> None:
        self.lang: Language = lang
        self.data = report_xlsx(report, lang)
        self.book = CalamineWorkbook.from_filelike(io.BytesIO(self.data))
        with zipfile.ZipFile(io.BytesIO(self.data)) as archive:
            self.parts = {name: archive.read(name) for name in archive.namelist()}

    def say(self, key: str) -> str:
        """A text that takes no values."""
        return texts.text(self.lang, key)

    def rows(self, key: str) -> list[Row]:
        """All rows of the sheet of a subject, from its first row and column."""
        name = self.say(f"sheet.name.{key}")
        return self.book.get_sheet_by_name(name).to_python(skip_empty_area=False)

    def table(self, key: str, header: str) -> list[dict[str, Any]]:
        """Rows below the header that begins with a text, up to the first that is empty."""
        rows = self.rows(key)
        top = next(i for i, row in enumerate(rows) if row[0] == self.say(header))
        names = [str(name) for name in rows[top] if name != ""]
        found = []
        for row in rows[top + 1 :]:
            if all(cell == "" for cell in row):
                break
            found.append(dict(zip(names, row, strict=False)))
        return found

    def facts(self, key: str) -> dict[str, Any]:
        """What stands to the right of each text in the first column."""
        return {row[0]: row[1] for row in self.rows(key) if row[0] != "" and len(row) > 1}

    def xml(self, key: str) -> ET.Element:
        """The XML of a sheet."""
        place = self.book.sheet_names.index(self.say(f"sheet.name.{key}")) + 1
        return ET.fromstring(self.parts[f"xl/worksheets/sheet{place}.xml"])  # noqa: S314  our own

    def formats(self, key: str) -> dict[str, str]:
        """The number format of each cell of a sheet that is not empty, by its reference."""
        styles = ET.fromstring(self.parts["xl/styles.xml"])  # noqa: S314  our own
        codes = {
            one.get("numFmtId"): one.get("formatCode", "") for one in styles.iter(f"{MAIN}numFmt")
        } | {"0": "General", "3": "#,##0", "4": "#,##0.00", "49": "@"}
        xfs = styles.find(f"{MAIN}cellXfs")
        assert xfs is not None
        by_style = [codes[xf.get("numFmtId")] for xf in xfs]
        return {
            str(cell.get("r")): by_style[int(cell.get("s", "0"))]
            for cell in self.xml(key).iter(f"{MAIN}c")
            if cell.find(f"{MAIN}v") is not None
        }

    def cells(self) -> Iterator[Any]:
        """Every cell of every sheet that is not empty."""
        for name in self.book.sheet_names:
            for row in self.book.get_sheet_by_name(name).to_python():
                yield from (cell for cell in row if cell != "")


@pytest.fixture(scope="module")
def zh(full: CoverageReport) -> Opened:
    """The full report in Chinese."""
    return Opened(full, "zh")


@pytest.fixture(scope="module")
def en(full: CoverageReport) -> Opened:
    """The full report in English."""
    return Opened(full, "en")


def close(value: Any) -> Any:
    """A number as it comes back from a file; what is not there is empty."""
    return "" if value is None else pytest.approx(value)


def shown(name: str) -> str:
    """A name without the controls that no cell can hold."""
    return name.replace("\x00", "").replace("\x0b", "")


# ----------------------------------------------------------------------------------- the figures


def test_every_subject_has_its_sheet(zh: Opened, en: Opened) -> None:
    """Names are in the language, differ, and are as short as Excel wants them."""
    assert zh.book.sheet_names[:3] == ["概要", "变化", "区县"]
    assert en.book.sheet_names[:3] == ["Summary", "Change", "Districts"]
    for book in (zh, en):
        names = book.book.sheet_names
        assert len(names) == len(set(names)) == 22
        assert all(0 < len(name) <= 31 and not set(name) & set("[]:*?/\\") for name in names)


@pytest.mark.parametrize("lang", texts.LANGUAGES)
def test_key_figures_are_those_of_the_report(full: CoverageReport, lang: Language) -> None:
    """Shares keep all their digits; a range stands in two columns."""
    book, found = Opened(full, lang), full.headline
    low, high = book.say("sheet.col.low"), book.say("sheet.col.high")
    rows = book.table("summary", "sheet.col.figure")
    counts = found.stations
    expected = [
        (found.workers, None),
        (found.nominal, None),
        (found.effective, None),
        (found.at_work.low, found.at_work.high),
        (found.twice.low, found.twice.high),
        *(
            (n, None)
            for n in (
                counts.on_books,
                counts.usable,
                counts.suspended,
                counts.expired,
                counts.position_unknown,
                counts.all_day,
                counts.hours_known,
                counts.planned,
            )
        ),
    ]
    assert [(row[low], row[high]) for row in rows] == [(close(a), close(b)) for a, b in expected]
    assert found.at_work.low < found.at_work.high


def test_three_aims_are_those_of_the_report(full: CoverageReport, zh: Opened) -> None:
    """Each aim with its count, its total and its share."""
    rows = [list(row.values())[1:4] for row in zh.table("summary", "sheet.col.aim")]
    aims, workers = full.aims, full.headline.workers
    assert rows == [
        [aims.queryable.count, aims.queryable.total, close(aims.queryable.share)],
        [aims.on_map.count, aims.on_map.total, close(aims.on_map.share)],
        [close(workers * aims.covered), close(workers), close(aims.covered)],
    ]


def test_change_stands_beside_what_there_was(full: CoverageReport, zh: Opened) -> None:
    """Shares change by percentage points, numbers by numbers; names tell what came and went."""
    assert full.change is not None
    before, now = full.change.before, full.headline
    assert before is not None
    rows = {row["指标"]: list(row.values())[1:] for row in zh.table("change", "sheet.col.figure")}
    points = 100 * (now.effective - before.effective)
    assert rows["有效覆盖"] == [
        close(now.effective), "", close(before.effective), "", close(points), "",
    ]  # fmt: skip
    grown = now.stations.on_books - before.stations.on_books
    assert rows["在册驿站"] == [
        now.stations.on_books, "", before.stations.on_books, "", grown, "",
    ]  # fmt: skip
    names = [(row["驿站"], row["变化"]) for row in zh.table("change", "sheet.col.station")]
    assert ("=NEW()", "新增") in names
    assert ("=GONE()", "撤下") in names
    assert len(names) == full.change.added + full.change.removed


def test_districts_are_those_of_the_report(full: CoverageReport, zh: Opened) -> None:
    """A row a district, its code as text, and the sums below."""
    *rows, total = (list(row.values()) for row in zh.table("districts", "sheet.col.adcode"))
    assert rows == [
        [
            row.code,
            row.name.zh if row.name else "区外",
            close(row.workers),
            close(row.uncovered),
            close(row.nominal),
            close(row.effective),
            close(row.at_work.low),
            close(row.at_work.high),
            row.stations,
            row.all_day,
        ]
        for row in full.districts
    ]
    assert total[0] == "合计"
    assert total[2] == close(full.headline.workers)
    assert total[4:6] == [
        pytest.approx(full.headline.nominal, abs=1e-5),
        pytest.approx(full.headline.effective, abs=1e-5),
    ]
    assert total[8] == full.headline.stations.usable


def test_sites_are_those_of_the_report(full: CoverageReport, zh: Opened) -> None:
    """With what each costs for everybody it adds, and sums of people and money."""
    *rows, total = (list(row.values()) for row in zh.table("sites", "sheet.col.site"))
    assert [row[:8] + row[9:11] for row in rows] == [
        [
            row.name or "无名称",
            row.rank,
            row.id,
            row.district.zh if row.district else "区外",
            close(row.lon),
            close(row.lat),
            close(row.gain),
            close(row.cumulative),
            close(row.cost_cny),
            "是" if row.estimated else "否",
        ]
        for row in full.sites.rows
    ]
    assert any(row.estimated for row in full.sites.rows)
    assert rows[0][11] == close((full.sites.rows[0].cost_cny or 0) / full.sites.rows[0].gain)
    assert total[6] == close(math.fsum(row.gain for row in full.sites.rows))
    assert total[9] == close(full.sites.cost_cny)
    assert zh.facts("sites")["同样个数最多能覆盖（人）"] == close(full.sites.bound)


def test_gaps_are_those_of_the_report(full: CoverageReport, zh: Opened) -> None:
    """Places are in degrees, the area in square kilometres; no site is told in words."""
    *rows, _ = (list(row.values()) for row in zh.table("gaps", "sheet.col.rank"))
    assert [row[:7] for row in rows] == [
        [
            gap.rank,
            gap.name.zh,
            close(gap.workers),
            close(gap.area_m2 / 1e6),
            close(gap.nearest),
            close(gap.lon),
            close(gap.lat),
        ]
        for gap in full.gaps
    ]
    without = [row for row, gap in zip(rows, full.gaps, strict=True) if gap.best is None]
    assert all(row[7] == "没有合适的候选点" and set(row[8:]) == {""} for row in without)


def test_week_and_hours_are_those_of_the_report(full: CoverageReport, zh: Opened) -> None:
    """The picture and the list hold the same; an hour without workers is empty."""
    found = full.hours
    rows = [list(row.values()) for row in zh.table("hours", "sheet.col.day")]
    assert len(rows) == 192
    assert [row[:2] for row in (rows[0], rows[23], rows[191])] == [
        ["周一", 0],
        ["周一", 23],
        ["节假日", 23],
    ]
    for number, row in enumerate(rows):
        assert row[2:] == [
            close(found.active[number]),
            close(found.nominal[number]),
            close(found.effective[number]),
            close(found.open[number]),
            close(found.perhaps[number]),
        ]
    assert rows[3][3:] == [""] * 4
    week = [list(row.values()) for row in zh.table("week", "sheet.col.day")]
    assert [row[0] for row in week] == ["周一", "周二", "周三", "周四", "周五", "周六", "周日"]
    flat = [cell for row in week for cell in row[1:]]
    assert flat == [close(share) for share in found.open[:168]]


def test_other_tables_have_all_rows(full: CoverageReport, en: Opened) -> None:
    """Groups, subdistricts, parts of the week, needs, heat, findings, assumptions."""
    counts = {
        ("groups", "sheet.col.group"): len(full.groups) + 1,
        ("townships", "sheet.col.district"): len(full.townships) + 1,
        ("bands", "sheet.col.band"): len(full.bands),
        ("deserts", "sheet.col.band"): sum(len(one.zones) for one in full.deserts),
        ("needs", "sheet.col.need.kind"): len(full.needs),
        ("capacity", "sheet.col.station"): len(full.capacity.over),
        ("heat", "sheet.col.hour"): len(full.heat.hours) if full.heat else 0,
        ("heat", "sheet.col.station"): len(full.heat.stations) if full.heat else 0,
        ("norms", "sheet.col.norm"): len(full.norms),
        ("items", "sheet.col.norm"): sum(len(norm.items) for norm in full.norms),
        ("findings", "sheet.col.id"): len(full.findings.rows),
        ("sensitivity", "sheet.col.assumption"): len(full.sensitivity),
        ("basis", "sheet.col.file"): len(full.basis.inputs),
        ("basis", "sheet.col.parameter"): len(full.basis.parameters),
    }
    assert {one: len(en.table(*one)) for one in counts} == counts
    assert min(counts.values()) > 0
    assert len(en.rows("distances")) > len(full.distances.at)


def test_every_station_that_fails_has_a_row(full: CoverageReport, zh: Opened) -> None:
    """One for each norm, with the items in words."""
    rows = [list(row.values()) for row in zh.table("stations", "sheet.col.id")]
    expected = [
        [
            record.id,
            shown(record.name),
            norm.zh,
            "不合格" if record.failed else "待查",
            len(record.failed),
            "；".join(names[code] for code in record.failed),
            len(record.unknown),
            "；".join(names[code] for code in record.unknown),
        ]
        for norm in full.norms
        for names in [{item.code: item.zh for item in norm.items}]
        for record in norm.records
    ]
    assert rows == expected


def test_unknown_is_a_word_or_empty(full: CoverageReport, zh: Opened, en: Opened) -> None:
    """Never a zero, and never the word of a programmer."""
    assert any(row.township is None for row in full.townships)
    assert {row["街道乡镇"] for row in zh.table("townships", "sheet.col.district")} >= {"不详"}
    assert {row["登记的开放时间"] for row in zh.table("heat", "sheet.col.station")} >= {"不详"}
    for book in (zh, en):
        words = [cell for cell in book.cells() if isinstance(cell, str)]
        assert not [word for word in words if re.search(r"\bNone\b|\bnan\b|\binf\b|\{\w+\}", word)]


def test_every_limit_is_a_sentence(full: CoverageReport) -> None:
    """No code is left for the reader; a single one is told in the singular."""
    for lang in texts.LANGUAGES:
        for value in (1.0, 12345.0):
            limits = tuple((code, value) for code in CODES)
            book = Opened(msgspec.structs.replace(full, limits=limits), lang)
            words = [row[0] for row in book.rows("basis")]
            begins = words.index(book.say("sheet.basis.limits")) + 1
            sentences = words[begins : begins + len(CODES)]
            assert not set(sentences) & set(CODES)
            assert all(len(one) > 15 and one[-1] in "。." for one in sentences)
    assert "12,345 usable stations have no hours" in " ".join(sentences)


def test_english_has_no_chinese_of_its_own(full: CoverageReport, en: Opened) -> None:
    """Whatever is Chinese in it is a name or a word from the data."""
    data = json.dumps(full.to_dict(), ensure_ascii=False)
    ours = {
        run
        for cell in en.cells()
        if isinstance(cell, str)
        for run in re.findall(r"[\u4e00-\u9fff]+", cell)
        if run not in data
    }
    assert not ours


# -------------------------------------------------------------------------------- types and safety


def test_cells_have_the_formats_of_their_kind(zh: Opened) -> None:
    """Percent, thousands, money, degrees and dates are formats over real numbers."""
    sites, rows = zh.formats("sites"), zh.rows("sites")
    top = next(i for i, row in enumerate(rows) if row[0] == "地点") + 2
    assert [sites[f"{column}{top}"] for column in "ABCEGIJ"] == [
        "General", "#,##0", "@", "0.000000", "#,##0", '[=0]0.0%;[<0.0005]"<0.1%";0.0%', "#,##0.00",
    ]  # fmt: skip
    summary = zh.formats("summary")
    day = next(i for i, row in enumerate(zh.rows("summary"), 1) if row[0] == "报告日期")
    assert summary[f"B{day}"] == "yyyy-mm-dd"
    assert zh.facts("summary")["报告日期"] == dt.date(2026, 11, 20)
    assert zh.facts("summary")["登记册更新时间（北京）"] == dt.datetime(2026, 11, 5, 9)  # noqa: DTZ001
    assert zh.table("districts", "sheet.col.adcode")[0]["代码"] == "410105"


def test_data_never_becomes_a_formula(zh: Opened, en: Opened) -> None:
    """Formulas are ours alone, and what looks like one is text, even after it is edited."""
    for book in (zh, en):
        formulas = [
            str(found.text)
            for name, data in book.parts.items()
            if name.startswith("xl/worksheets/sheet")
            for found in ET.fromstring(data).iter(f"{MAIN}f")  # noqa: S314  our own
        ]
        assert len(formulas) > 40
        assert not [one for one in formulas if not OURS.fullmatch(one)]
        cells = set(filter(lambda cell: isinstance(cell, str), book.cells()))
        assert {shown(name) for name in POISONS} <= cells
        assert b"quotePrefix" in book.parts["xl/styles.xml"]


def test_nothing_leads_outside(zh: Opened) -> None:
    """No links but those to its own sheets, no macros, no connections."""
    outside = [
        name
        for name, data in zh.parts.items()
        if b"TargetMode" in data or "vba" in name.lower() or "external" in name.lower()
    ]
    assert not outside
    links = list(zh.xml("summary").iter(f"{MAIN}hyperlink"))
    targets = [str(link.get("location")).split("!")[0].strip("'") for link in links]
    assert targets == zh.book.sheet_names[1:]


def test_every_part_is_well_formed(zh: Opened, en: Opened, bare: CoverageReport) -> None:
    """Also where names hold markup and controls."""
    for book in (zh, en, Opened(bare, "zh")):
        for name, data in book.parts.items():
            if name.endswith((".xml", ".rels")):
                ET.fromstring(data)  # noqa: S314  our own


def test_footer_tells_area_and_revision(full: CoverageReport, zh: Opened) -> None:
    """A sign that would steer the footer is written twice; it says which page of how many."""
    footer = zh.xml("week").findtext(f"{MAIN}headerFooter/{MAIN}oddFooter") or ""
    assert "=试验&&区" in footer
    assert f"修订 {full.basis.revision}" in footer
    assert "&P / &N" in footer


# ------------------------------------------------------------------------------- charts and print


def titles(book: Opened) -> list[str]:
    """The titles of the charts and of their axes."""
    found = []
    for name, data in sorted(book.parts.items()):
        if name.startswith("xl/charts/chart"):
            root = ET.fromstring(data)  # noqa: S314  our own
            found += [
                "".join(one.itertext()).strip()
                for title in root.iter(f"{CHART}title")
                for one in title.iter(f"{TEXT}t")
            ]
    return found


def test_charts_are_excels_own_and_titled(zh: Opened, en: Opened) -> None:
    """Districts, groups, week, parts of the week, and the curves of distance."""
    for book in (zh, en):
        assert len([name for name in book.parts if name.startswith("xl/charts/chart")]) == 5
        found = titles(book)
        for key in ("districts", "groups", "bands", "distances"):
            assert book.say(f"sheet.chart.{key}") in found
        assert book.say("sheet.axis.share") in found
    assert "Coverage by district" in titles(en)
    assert "各区县的覆盖" in titles(zh)


def test_charts_cover_no_data(zh: Opened) -> None:
    """Below or beside the tables: no cell with a value is behind a chart."""
    for place, name in enumerate(zh.book.sheet_names, 1):
        relations = zh.parts.get(f"xl/worksheets/_rels/sheet{place}.xml.rels", b"")
        drawing = re.search(rb"drawings/(drawing\d+)\.xml", relations)
        if drawing is None:
            continue
        rows = zh.book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        root = ET.fromstring(zh.parts[f"xl/drawings/{drawing[1].decode()}.xml"])  # noqa: S314
        for anchor in root.iter(f"{DRAWING}twoCellAnchor"):
            left, top, right, bottom = (
                int(anchor.findtext(f"{DRAWING}{end}/{DRAWING}{axis}") or -1)
                for end in ("from", "to")
                for axis in ("col", "row")
            )
            behind = [cell for row in rows[top : bottom + 1] for cell in row[left : right + 1]]
            assert set(behind) <= {""}, name


def test_tables_can_be_worked_with_and_printed(zh: Opened) -> None:
    """Headers stay in view and are printed on each page, one page wide on A4 across."""
    for key in ("districts", "hours", "stations", "findings", "items"):
        root = zh.xml(key)
        pane = root.find(f"{MAIN}sheetViews/{MAIN}sheetView/{MAIN}pane")
        assert pane is not None
        assert pane.get("state") == "frozen"
        assert root.find(f"{MAIN}autoFilter") is not None
    for place in range(1, len(zh.book.sheet_names) + 1):
        root = ET.fromstring(zh.parts[f"xl/worksheets/sheet{place}.xml"])  # noqa: S314  our own
        setup = root.find(f"{MAIN}pageSetup")
        assert setup is not None
        assert (setup.get("paperSize"), setup.get("orientation")) == ("9", "landscape")
        assert root.find(f"{MAIN}sheetPr/{MAIN}pageSetUpPr[@fitToPage='1']") is not None
    book = zh.parts["xl/workbook.xml"].decode()
    assert book.count("_xlnm.Print_Titles") >= 15
    scales = list(zh.xml("week").iter(f"{MAIN}colorScale"))
    assert len(scales) == 5


def test_columns_fit_chinese() -> None:
    """A Chinese character is two digits wide, and may stand at the end of any line."""
    assert width_of("驿站 a1，") == 9
    assert lines_of("驿站" * 10, 20) == 2
    assert lines_of("one two three", 8) == 2
    assert lines_of("a\nb", 8) == 2
    assert lines_of("", 8) == 1


# ----------------------------------------------------------------------------------- the same bytes


def test_same_report_makes_the_same_bytes(full: CoverageReport, zh: Opened, tmp_path: Path) -> None:
    """In another process, with other hashes, and in another time zone."""
    assert report_xlsx(full, "zh") == zh.data
    path = tmp_path / "report.json"
    path.write_bytes(msgspec.json.encode(full))
    code = (
        "import sys, hashlib, msgspec\n"
        "from pathlib import Path\n"
        "from stations.report import CoverageReport\n"
        "from webmap.render.report_xlsx import report_xlsx\n"
        "data = Path(sys.argv[1]).read_bytes()\n"
        "report = msgspec.json.decode(data, type=CoverageReport)\n"
        "print(hashlib.sha256(report_xlsx(report, 'zh')).hexdigest())\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        env={**os.environ, "PYTHONHASHSEED": "7", "TZ": "America/New_York"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == hashlib.sha256(zh.data).hexdigest()


def test_no_clock_is_asked(zh: Opened) -> None:
    """A workbook is as old as the day that it tells of."""
    core = zh.parts["docProps/core.xml"].decode()
    assert core.count("2026-11-20T00:00:00Z") == 2
    assert "=试验&amp;区户外劳动者驿站覆盖报告" in core


# ------------------------------------------------------------------------------ what may be missing


def test_a_district_has_no_sheets_for_what_it_lacks(bare: CoverageReport) -> None:
    """No districts, change or heat; why there are no sites stands on their sheet."""
    book = Opened(bare, "zh")
    assert not {"区县", "变化", "高温"} & set(book.book.sheet_names)
    assert "这份报告没有要求推荐新驿站。" in [row[0] for row in book.rows("sites")]
    assert book.facts("summary")["行政区划代码"] == "410105"
    figures = book.table("summary", "sheet.col.figure")
    assert {row["变化（比例为百分点）"] for row in figures} == {""}


@pytest.mark.parametrize("lang", texts.LANGUAGES)
@pytest.mark.parametrize(
    "why", ["not_asked", "no_candidates", "all_covered", "no_workers", "something_new"]
)
def test_why_there_are_no_sites_is_told(full: CoverageReport, why: str, lang: Language) -> None:
    """In a sentence; a reason that is new as it is."""
    report = msgspec.structs.replace(full, sites=Sites((), why_none=why))
    words = [row[0] for row in Opened(report, lang).rows("sites")]
    told = texts.catalogue(lang).get(f"sheet.none.sites.{why}", why)
    assert told in words


def test_where_nobody_is_there_are_no_shares(full: CoverageReport) -> None:
    """A share of nobody is empty; the workbook is made all the same."""
    nobody = Range(0.0, 0.0)
    hours = msgspec.structs.replace(
        full.hours,
        active=(0.0,) * 192,
        **dict.fromkeys(("nominal", "effective", "open", "perhaps"), (None,) * 192),
    )
    report = msgspec.structs.replace(
        full,
        headline=msgspec.structs.replace(
            full.headline, workers=0.0, nominal=0.0, effective=0.0, at_work=nobody, twice=nobody
        ),
        aims=msgspec.structs.replace(full.aims, covered=0.0, uncovered=()),
        districts=tuple(msgspec.structs.replace(one, workers=0.0) for one in full.districts),
        groups=tuple(msgspec.structs.replace(one, workers=0.0) for one in full.groups),
        bands=tuple(msgspec.structs.replace(one, workers=0.0) for one in full.bands),
        hours=hours,
        deserts=(),
        gaps=(),
        gap_count=0,
        sites=Sites((), why_none="no_workers"),
        heat=None,
    )
    book = Opened(report, "zh")
    rows = {row["指标"]: row for row in book.table("summary", "sheet.col.figure")}
    assert rows["劳动者人数"]["数值（或至少）"] == 0
    for name in ("名义覆盖", "有效覆盖", "在岗时覆盖"):
        assert rows[name]["数值（或至少）"] == rows[name]["至多"] == ""
    assert {row["名义覆盖"] for row in book.table("districts", "sheet.col.adcode")} == {""}
    assert {row["够得着，至少"] for row in book.table("needs", "sheet.col.need.kind")} == {""}
    assert "这里没有劳动者的人数，算不出覆盖。" in [row[0] for row in book.rows("summary")]


@pytest.mark.parametrize("lang", texts.LANGUAGES)
def test_residents_of_unknown_hours_are_called_so(full: CoverageReport, lang: Language) -> None:
    """Nobody takes them for workers, nor all hours for theirs."""
    reference = msgspec.structs.replace(full.reference, residents=True, hours_known=False)
    book = Opened(msgspec.structs.replace(full, reference=reference), lang)
    words = [row[0] for row in book.rows("summary")]
    assert {"zh": "全时段覆盖", "en": "Round-the-clock coverage"}[lang] in words
    assert book.say("sheet.limit.residents") in words
    assert book.say("sheet.limit.hours_unknown") in words
    header = {"zh": "居民人数", "en": "Residents"}[lang]
    assert header in book.table("districts", "sheet.col.adcode")[0]


def test_ways_along_streets_are_told_in_minutes(full: CoverageReport) -> None:
    """Seconds of the report become minutes, in the tables and in the words."""
    report = msgspec.structs.replace(
        full,
        reference=msgspec.structs.replace(full.reference, method="walk", minutes=15.0),
        distances=msgspec.structs.replace(full.distances, unit="s"),
    )
    book = Opened(report, "en")
    rows = book.rows("distances")
    top = next(i for i, row in enumerate(rows) if row[0] == "Up to (minutes)")
    assert rows[top + 1 + 10][0] == close(full.distances.at[10] / 60)
    assert book.facts("summary")["Within reach means"] == "Within 15 minutes on foot"


def test_outside_all_districts_has_a_name(full: CoverageReport) -> None:
    """Its code stays empty."""
    row = msgspec.structs.replace(full.districts[0], code=None, name=None)
    book = Opened(msgspec.structs.replace(full, districts=(*full.districts, row)), "en")
    *_, last, _total = book.table("districts", "sheet.col.adcode")
    assert (last["Adcode"], last["District"]) == ("", "Outside all districts")


def test_empty_lists_are_told_in_words(full: CoverageReport) -> None:
    """No gaps, no norms, nothing doubtful, nobody too many: sentences, no bare headers."""
    report = msgspec.structs.replace(
        full,
        area=Named("区", "Area"),
        gaps=(),
        norms=(),
        deserts=(),
        findings=msgspec.structs.replace(full.findings, counts={}, rows=()),
        capacity=msgspec.structs.replace(full.capacity, known=0, over=()),
    )
    book = Opened(report, "zh")
    for sheet, sentence in (
        ("gaps", "没有缺口：1 公里直线距离内人人都有可用驿站。"),
        ("norms", "没有检查标准。"),
        ("deserts", "没有这样的地方。"),
        ("findings", "没有需要核对的疑点。"),
        ("capacity", "没有驿站登记了容纳人数，够不够坐无从知道。"),
    ):
        assert sentence in [row[0] for row in book.rows(sheet)]
    assert "标准条目" not in book.book.sheet_names
