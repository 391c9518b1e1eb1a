"""A coverage report on paper: A4, all of it text, its pictures painted, no row cut in two."""

from __future__ import annotations

import ctypes
import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pypdfium2
import pytest
from pypdfium2 import raw

from tests.webmap.report_reading import count, lang_of, name_in, percent, span
from tests.webmap.report_samples import Reports, reports_in
from webmap import texts
from webmap.render import charts
from webmap.render.pdf import PdfUnavailableError, pdf_of
from webmap.render.report_files import render
from webmap.render.report_html import Words, period, report_styles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from stations.report import CoverageReport

A4 = (210 / 25.4 * 72, 297 / 25.4 * 72)


class Paper(NamedTuple):
    """A report, the language it is printed in, and its pages."""

    report: CoverageReport
    lang: str
    data: bytes
    document: pypdfium2.PdfDocument
    pages: list[str]

    def t(self, key: str, **values: object) -> str:
        """A text as it is found in a PDF."""
        return squeezed(texts.text(lang_of(self.lang), key, **values))

    def page_of(self, text: str) -> int:
        """Number of the first page with a text."""
        return next(n for n, page in enumerate(self.pages) if squeezed(text) in page)


def squeezed(text: str) -> str:
    """A text without spaces and line ends, which a PDF has where a line is full."""
    return re.sub(r"[\s\x02\ufffe]+", "", text)


def printed(report: CoverageReport, lang: str) -> Paper:
    """Print a report; skip where no PDF can be made."""
    try:
        data = render(report, "pdf", lang_of(lang))
    except PdfUnavailableError as error:
        pytest.skip(str(error))
    document = pypdfium2.PdfDocument(data)
    pages = [squeezed(page.get_textpage().get_text_range()) for page in document]
    return Paper(report, lang, data, document, pages)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    """Reports of every kind, by name; each is made once."""
    return reports_in(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="module")
def city(sample: Reports) -> Paper:
    """The city on a hot day with five new stations, in Chinese."""
    return printed(sample("city"), "zh")


@pytest.fixture(scope="module")
def town(sample: Reports) -> Paper:
    """A quarter of the town, in English."""
    return printed(sample("quarter"), "en")


@pytest.fixture(scope="module", params=["city", "town"])
def paper(request: pytest.FixtureRequest) -> Paper:
    """Either of them."""
    found: Paper = request.getfixturevalue(request.param)
    return found


def test_a_report_is_some_pages_of_a4(paper: Paper) -> None:
    """Upright, one like the other, each with its number and the title at its foot."""
    count_ = len(paper.document)
    assert 3 < count_ < 20
    title = squeezed(period(paper.report, lang_of(paper.lang)).title)
    for number, page in enumerate(paper.document, 1):
        assert page.get_size() == pytest.approx(A4, abs=0.1)
        assert paper.pages[number - 1].count(f"{number}/{count_}") == 1
        assert title in paper.pages[number - 1]


def test_all_of_it_can_be_searched(paper: Paper) -> None:
    """Title, names of districts and stations, the figures of the headline and of every table."""
    report, whole = paper.report, "".join(paper.pages)
    head = report.headline
    first = paper.pages[0]
    for text in (
        period(report, lang_of(paper.lang)).asof,
        percent(head.nominal),
        percent(head.effective),
        span(head.at_work),
    ):
        assert squeezed(text) in first
    for row in (*report.districts, *report.groups):
        assert squeezed(name_in(paper.lang, row.name)) in whole
        assert span(row.at_work) in whole
        assert count(row.workers) in whole
    for row in report.bands:
        assert squeezed(name_in(paper.lang, row.name)) in whole
    for row in report.findings.rows:
        assert squeezed(row.station) in whole
        assert squeezed(row.station_id) in whole
    for gap in report.gaps:
        assert squeezed(name_in(paper.lang, gap.name)) in whole
    for one in report.basis.inputs:
        assert one.sha256 in whole
    chart = paper.pages[paper.page_of(paper.t("report.map.unusable"))]
    for label in charts.map_picture(report).labels:
        assert squeezed(name_in(paper.lang, label.name)) in chart


def test_words_of_the_pictures_can_be_searched(city: Paper) -> None:
    """Days, hours and numbers of the week; distances of the curve and of the scale."""
    words = Words("zh")
    week = city.pages[city.page_of(city.t("report.week"))]
    for text in (*map(words.day, range(8)), "00", "22"):
        assert text in week
    low = city.report.hours.open[0]
    assert low is not None
    assert str(round(100 * low)) in week
    curve = city.pages[city.page_of(city.t("report.distances"))]
    assert "1公里直线距离内" in curve
    assert "100%" in curve


def test_every_sign_has_a_shape(paper: Paper) -> None:
    """No sign is a box, none is lost on its way through copy and paste."""
    for page in paper.document:
        text = page.get_textpage()
        found = text.get_text_range()
        assert "\ufffd" not in found
        assert "\0" not in found
        for number in range(text.count_chars()):
            assert not raw.FPDFText_HasUnicodeMapError(text, number), found[number : number + 20]


def test_every_font_is_in_the_file(paper: Paper) -> None:
    """A printer that has no Chinese prints it all the same."""
    seen = 0
    for page in paper.document:
        for piece in page.get_objects(filter=(raw.FPDF_PAGEOBJ_TEXT,), max_depth=8):
            assert raw.FPDFFont_GetIsEmbedded(raw.FPDFTextObj_GetFont(piece)) == 1
            seen += 1
    assert seen > 500


def test_the_map_is_painted(city: Paper) -> None:
    """Shades of the districts, the red of new sites, the orange of gaps, the ink of stations."""
    page = city.page_of(city.t("report.map.gap"))
    image = pixels(city.document[page])
    shades = {
        charts.ground(charts.shade(one.effective)) for one in city.report.map.districts
    }  # fmt: skip
    for colour in shades:
        assert painted(image, str(colour)) > 10_000, colour
    assert painted(image, "#c8102e") > 200
    assert painted(image, "#c2410c", near=30) > 50
    assert painted(image, "#14211f", near=30) > 300


def test_the_week_and_the_bars_are_painted(city: Paper) -> None:
    """The shades of the cells, the grey of those at work, the teal of the bars of the parts."""
    image = pixels(city.document[city.page_of(city.t("report.week"))])
    steps = [charts.shade(share) for share in city.report.hours.open]
    for step in set(steps):
        # At this size a cell is some two hundred dots, a third of them under its number.
        assert painted(image, charts.depth(step)) > 80 * steps.count(step), step
    assert painted(image, "#8b9794") > 2000
    assert painted(image, "#0b5d5a") > 300
    assert painted(image, "#a3cbc5") > 100


def test_the_curves_are_painted(city: Paper) -> None:
    """One dark and whole, one light and broken."""
    image = pixels(city.document[city.page_of(city.t("report.distances"))])
    assert painted(image, "#0b5d5a", near=20) > 700
    assert painted(image, "#5a9b94", near=20) > 300


def pixels(page: pypdfium2.PdfPage) -> NDArray[np.int64]:
    """A page as colours, about 100 dots to the inch."""
    return np.asarray(page.render(scale=1.4).to_numpy()[..., :3], np.int64)[..., ::-1]


def painted(image: NDArray[np.int64], colour: str, near: int = 6) -> int:
    """How many dots have a colour, or nearly so."""
    wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    return int((np.abs(image - wanted).max(axis=2) <= near).sum())


def tables_of(paper: Paper) -> Iterator[tuple[str, str, list[str]]]:
    """Heading of a section, the last of the table's own headings, and each row from end to end."""
    report, words = paper.report, Words(lang_of(paper.lang))
    yield (
        paper.t("report.gaps.lead", count=report.gap_count, shown=len(report.gaps),
                who=paper.t("report.workers")),
        paper.t("report.gap.gains"),
        [f"{gap.rank}{name_in(paper.lang, gap.name)}{count(gap.workers)}"
         f"{words.distance(gap.nearest)}" for gap in report.gaps],
    )  # fmt: skip
    for norm in report.norms:
        if norm.stations:
            yield (
                name_in(paper.lang, norm),  # type: ignore[arg-type]  # has both names, too
                paper.t("report.item.what"),
                [f"{name_in(paper.lang, item)}{item.met}{item.failed}{item.unknown}"  # type: ignore[arg-type]
                 f"{item.note_zh if paper.lang == 'zh' else item.note_en}" for item in norm.items],
            )  # fmt: skip
    yield (
        paper.t("report.needs"),
        paper.t("report.need"),
        [f"{words.label('facilities', row.code)}{span(row.at_work)}"
         for row in report.needs if row.kind == "facility"],
    )  # fmt: skip


def test_a_table_that_has_room_on_a_page_is_whole(paper: Paper) -> None:
    """Every row stands on a page with the headings of its columns, and no row is cut in two."""
    for heading, last, rows in tables_of(paper):
        on = paper.page_of(heading)
        for row in rows:
            while squeezed(row) not in paper.pages[on]:
                on += 1
                assert on < len(paper.pages), f"{row} is on no page as a whole"
            assert last in paper.pages[on], row


def test_a_table_longer_than_a_page_has_its_heading_again() -> None:
    """Wherever it is cut, the headings stand above what follows."""
    rows = "".join(f"<tr><th scope='row'>第 {n} 行</th><td>{n}</td></tr>" for n in range(150))
    table = f"<thead><tr><th>表头</th><th>数</th></tr></thead><tbody>{rows}</tbody>"
    html = (
        f"<!doctype html><style>{report_styles()}</style><article class='report'>"
        f"<table class='figures'>{table}</table></article>"
    )
    try:
        document = pypdfium2.PdfDocument(pdf_of(html))
    except PdfUnavailableError as error:
        pytest.skip(str(error))
    pages = [page.get_textpage().get_text_bounded() for page in document]
    assert len(pages) > 2
    assert all("表头" in page for page in pages)
    assert sum(page.count("行") for page in pages) == 150


def test_a_heading_stands_with_what_it_is_of(paper: Paper) -> None:
    """The last line of a page is no heading, and no sentence that leads to a table."""
    headings = {squeezed(texts.text(lang_of(paper.lang), key)) for key in (
        "report.gaps", "report.sites", "report.bands", "report.needs", "report.by_group",
        "report.norms", "report.records", "report.sensitivity", "report.capacity", "report.aims",
        "report.norms.note", "report.sensitivity.note",
    )}  # fmt: skip
    title = squeezed(period(paper.report, lang_of(paper.lang)).title)
    for number, page in enumerate(paper.pages, 1):
        body = page.replace(f"{number}/{len(paper.pages)}", "").removesuffix(title)
        assert not any(body.endswith(heading) for heading in headings), body[-80:]


def test_the_same_report_prints_the_same_bytes(city: Paper) -> None:
    """Nothing of the moment or of chance is in the file."""
    again = render(city.report, "pdf", "zh")
    assert again == city.data
    assert city.document.get_metadata_dict().get("CreationDate", "") == ""


def test_nothing_of_a_report_runs(sample: Reports) -> None:
    """Hostile names are printed, not obeyed: no script, no link, no attachment."""
    paper = printed(sample("hostile"), "zh")
    assert raw.FPDFDoc_GetJavaScriptActionCount(paper.document) == 0
    assert raw.FPDFDoc_GetAttachmentCount(paper.document) == 0
    assert not re.search(rb"/(JS|JavaScript|Launch|OpenAction|AA|SubmitForm|URI)\b", paper.data)
    whole = "".join(paper.pages)
    assert "<script>pwned=1</script>" in whole
    assert "{{7*7}}" in whole
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", whole)


def test_the_file_says_what_it_is(paper: Paper) -> None:
    """Title in the window of a reader, and the language for one that reads aloud."""
    assert (
        paper.document.get_metadata_dict()["Title"]
        == period(paper.report, lang_of(paper.lang)).title
    )
    size = raw.FPDFCatalog_GetLanguage(paper.document, None, 0)
    told = (ctypes.c_ushort * (size // 2))()
    raw.FPDFCatalog_GetLanguage(paper.document, told, size)
    assert bytes(told).decode("utf-16-le").strip("\0") == texts.HTML_CODES[lang_of(paper.lang)]
