"""The coverage report in a real browser: read on a phone and at a desk, chosen, taken along."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pypdfium2
import pytest

from stations.config import Config
from stations.hours import BEIJING
from stations.model import from_dict
from stations.report.heat import heat_of
from stations.store import Change
from tests.stations.report import worlds
from tests.webmap import report_samples
from tests.webmap.hostile import make as make_hostile
from tests.webmap.report_samples import DAY
from webmap.render.report_html import report_html

from .city import make_workspace, station
from .test_reporting import axe_faults

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from stations.workspace import Workspace

    from .city import Serve, Visit

pytestmark = pytest.mark.browser

SIZES: dict[str, dict[str, Any]] = {
    "phone": {"width": 390, "height": 844, "phone": True},
    "desktop": {"width": 1280, "height": 800},
}
ALL_OF_IT = "quarter={}&heat=37"
A4 = (210 / 25.4 * 72, 297 / 25.4 * 72)

every_size = pytest.mark.parametrize("size", SIZES)
both = pytest.mark.parametrize("lang", ["zh", "en"])


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Four districts, forty stations, three groups at work; what is made for one test is kept."""
    made = worlds.make(
        tmp_path_factory.mktemp("report") / "city",
        *worlds.city_records(),
        demand=worlds.city_demand(),
        areas=worlds.quarters(),
        config=Config(title="试验城", title_en="Test City"),
        when=dt.datetime.now(BEIJING),
    )
    worlds.write_candidates(made, *worlds.city_candidates())
    return made


@pytest.fixture
def site(serve: Serve, workspace: Workspace) -> str:
    """Address of a server of it."""
    return serve(workspace)


def quarter() -> str:
    """The quarter of today."""
    today = dt.datetime.now(BEIJING).date()
    return f"{today.year}Q{(today.month + 2) // 3}"


def all_of_it(lang: str) -> str:
    """The longest report that there is: changes, new stations, heat."""
    return f"report?{ALL_OF_IT.format(quarter())}&lang={lang}"


def fits(page: Page) -> None:
    """The page itself does not scroll sideways."""
    wide = page.evaluate("innerWidth")
    for name in ("documentElement", "body"):
        assert page.evaluate(f"document.{name}.scrollWidth") <= wide, (page.url, name)


def heading(page: Page) -> str:
    """What the report is of."""
    return page.locator(".report h1").inner_text()


# ----------------------------------------------------------------------------------- as it is read


@every_size
@both
def test_the_report_fits_the_screen(site: str, visit: Visit, size: str, lang: str) -> None:
    """Answer first: title, date and tiles on the first screen; every section is as wide as it."""
    page = visit(f"{site}/{all_of_it(lang)}", **SIZES[size])
    fits(page)
    for part in (".report h1", ".dated", ".report .lead"):
        assert page.locator(part).is_visible()
    tiles = page.locator(".tiles div")
    assert tiles.count() == 4
    assert tiles.first.bounding_box()["y"] < SIZES[size]["height"]  # type: ignore[index]
    wide = page.evaluate("innerWidth")
    for box in page.locator(".report section").all():
        place = box.bounding_box()
        assert place is not None
        assert place["x"] >= 0
        assert place["x"] + place["width"] <= wide
    # No number is broken in two, and none is cut off by its tile.
    for tile in page.locator(".tiles dd").all():
        assert tile.evaluate("(one) => one.scrollWidth <= one.clientWidth + 1")


@both
def test_what_is_wide_scrolls_by_itself_on_a_phone(site: str, visit: Visit, lang: str) -> None:
    """Map, week and wide tables; all of them are reached, and by the keyboard too."""
    page = visit(f"{site}/{all_of_it(lang)}", **SIZES["phone"])
    for name in ("report-map", "report-week", "report-gaps", "report-sites"):
        section = page.locator(f"section[aria-labelledby={name}]")
        hidden = section.evaluate("(one) => one.scrollWidth - one.clientWidth")
        assert hidden > 20, name
        section.focus()
        assert section.evaluate("(one) => getComputedStyle(one).outlineStyle") != "none"
        page.keyboard.press("ArrowRight")
        page.wait_for_function(
            "(name) => document.querySelector(`section[aria-labelledby=${name}]`).scrollLeft > 0",
            arg=name,
        )
    fits(page)


def test_no_column_of_words_is_a_letter_wide(site: str, visit: Visit) -> None:
    """On a phone a name of three signs stands in one line, whatever stands beside it."""
    page = visit(f"{site}/{all_of_it('zh')}", **SIZES["phone"])
    cells = page.locator("section[aria-labelledby=report-sites] tbody td:not([class])").all()
    assert cells
    for cell in cells:
        box = cell.bounding_box()
        assert box is not None
        assert box["width"] > 60


@every_size
@both
@pytest.mark.parametrize("query", ["all", "adcode=none", "adcode=410105"])
def test_axe_finds_nothing(
    serve: Serve, workspace: Workspace, visit: Visit, size: str, lang: str, query: str
) -> None:
    """No fault that axe-core can find, in the longest report, in that of a district, in none."""
    path = all_of_it(lang) if query == "all" else f"report?{query}&lang={lang}"
    page = visit(f"{serve(workspace)}/{path}", **SIZES[size], expected="404")
    faults = axe_faults(page)
    assert not faults, "\n".join(faults)


def test_a_file_is_the_same_without_a_server(visit: Visit, tmp_path: Path) -> None:
    """Opened from a folder it looks as on the page, asks nobody for anything, and fits a phone."""
    report = report_samples.report(
        worlds.make_city(tmp_path / "city"), sites=2, heat=heat_of(37), day=DAY
    )
    path = tmp_path / "report.html"
    path.write_text(report_html(report, "zh"), "utf-8")
    page = visit(path.as_uri(), **SIZES["phone"], expected=r"outside request: .*/report\.html$")
    assert heading(page).startswith("试验城驿站覆盖报告")
    fits(page)
    faults = axe_faults(page)
    assert not faults, "\n".join(faults)


# ---------------------------------------------------------------------------------- as it is chosen


@every_size
def test_a_district_and_a_quarter_are_chosen(site: str, visit: Visit, size: str) -> None:
    """The report is of them, they stay chosen, and the address says so."""
    page = visit(f"{site}/report", **SIZES[size])
    assert heading(page).startswith("试验城")
    page.get_by_label("范围").select_option(label="金水区")
    page.get_by_label("时间").select_option(quarter())
    page.get_by_label("高温日").select_option("37")
    page.get_by_role("button", name="生成").click()
    page.wait_for_url("**adcode=410105**")
    year, number = quarter().split("Q")
    assert heading(page) == f"金水区驿站覆盖报告（{year} 年第 {number} 季度）"
    assert page.get_by_label("范围").input_value() == "410105"
    assert page.get_by_label("时间").input_value() == quarter()
    assert page.get_by_role("heading", name="高温日").is_visible()
    page.get_by_role("link", name="EN").click()
    page.wait_for_url("**lang=en**")
    assert heading(page) == f"Station coverage in 金水区, quarter {number} of {year}"


def test_choosing_needs_no_javascript(site: str, visit: Visit) -> None:
    """The form is a form."""
    page = visit(f"{site}/report", **SIZES["phone"], java_script_enabled=False)
    page.get_by_label("范围").select_option(label="二七区")
    page.get_by_role("button", name="生成").click()
    page.wait_for_url("**adcode=410103**")
    assert heading(page).startswith("二七区")


def test_the_form_is_used_by_keyboard(site: str, visit: Visit) -> None:
    """Past the bar by its skip link, or through it to the choices, the button and the files."""
    page = visit(f"{site}/report?lang=zh", **SIZES["desktop"])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == "跳到内容"
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.activeElement.id === 'report'")
    page.reload()
    said = []
    for _ in range(20):
        page.keyboard.press("Tab")
        said.append(
            page.evaluate("document.activeElement.name || document.activeElement.innerText || ''")
        )
    order = ["跳到内容", "报告", "adcode", "quarter", "heat", "生成", "PDF", "表格", "数据"]
    places = [said.index(word) for word in order]
    assert places == sorted(places)
    page.get_by_label("范围").focus()
    page.keyboard.press("ArrowDown")
    page.get_by_role("button", name="生成").focus()
    outline = "(one) => getComputedStyle(one).outlineStyle"
    assert page.get_by_role("button", name="生成").evaluate(outline) != "none"
    page.keyboard.press("Enter")
    page.wait_for_url("**adcode=410102**")
    assert heading(page).startswith("中原区")


def test_everything_to_tap_is_large_enough(site: str, visit: Visit) -> None:
    """44 pixels high, on a phone."""
    page = visit(f"{site}/report", **SIZES["phone"])
    for one in page.locator(".report-tools :is(select, button, a)").all():
        box = one.bounding_box()
        assert box is not None
        assert box["height"] >= 44


# ---------------------------------------------------------------------------------- as it is taken


@pytest.mark.slow
def test_files_are_taken_along(site: str, visit: Visit) -> None:
    """Workbook and figures are saved under their names; the PDF opens."""
    page = visit(f"{site}/report?adcode=410105&lang=zh", **SIZES["desktop"])
    for name, ending in (("表格", "zh.xlsx"), ("数据", "json")):
        with page.expect_download() as waited:
            page.get_by_role("link", name=name).click()
        file = waited.value
        assert file.suggested_filename.startswith("coverage-410105-")
        assert file.suggested_filename.endswith(f".{ending}")
        data = file.path().read_bytes()
        if ending == "json":
            assert json.loads(data)["adcode"] == "410105"
        else:
            assert data.startswith(b"PK")
    link = page.get_by_role("link", name="PDF")
    answer = page.request.get(f"{site}/{link.get_attribute('href')}")
    if answer.status == 503:
        pytest.skip("no PDF can be made here")
    assert answer.body().startswith(b"%PDF-")


@both
def test_the_page_prints_as_the_report_alone(site: str, visit: Visit, lang: str) -> None:
    """Bar and form stay away; A4 pages, with nothing cut off at the side."""
    page = visit(f"{site}/{all_of_it(lang)}", **SIZES["desktop"])
    page.emulate_media(media="print")
    for part in (".bar", ".report-tools"):
        assert not page.locator(part).is_visible()
    assert page.locator(".report h1").is_visible()
    title = heading(page)
    document = pypdfium2.PdfDocument(page.pdf(prefer_css_page_size=True, print_background=True))
    assert 3 < len(document) < 20
    for sheet in document:
        assert sheet.get_size() == pytest.approx(A4, abs=1)
    first = document[0].get_textpage().get_text_range()
    assert title.replace(" ", "") in "".join(first.split())
    assert ("生成" if lang == "zh" else "Show") not in first
    assert page.locator(".report section").evaluate_all(
        "(all) => all.every((one) => getComputedStyle(one).overflowX === 'visible')"
    )


# ------------------------------------------------------------------------------- hostile and long


def test_names_run_nothing(serve: Serve, visit: Visit, tmp_path: Path) -> None:
    """Hostile names are read, in every section, and the page keeps its width."""
    site = serve(make_hostile(tmp_path / "hostile").workspace)
    page = visit(
        f"{site}/report?heat=37",
        **SIZES["phone"],
        prepare=lambda page: page.on("dialog", lambda _: pytest.fail("a text was run")),
    )
    assert page.evaluate("window.pwned") is None
    assert page.locator("[onerror], [onload], [onmouseover], img, .report script").count() == 0
    fits(page)


def test_long_names_stay_inside(serve: Serve, visit: Visit, tmp_path: Path) -> None:
    """Words without an end, as long as a field takes them."""
    long = "W" * 200
    workspace = make_workspace(tmp_path / "city", title=long[:80], title_en=long[:80])
    record = station(9, 1, 1, name=long, opening_hours="24/7", district=long[:60], capacity=1,
                     township=long[:60], facilities={"air_conditioning": True})  # fmt: skip
    workspace.store.apply(Change(put=(from_dict(record),)), who="t", what="t")
    page = visit(f"{serve(workspace)}/report?heat=37&lang=en", **SIZES["phone"])
    assert "W" * 200 in page.locator(".report").inner_text()
    fits(page)
    page.set_viewport_size({"width": 320, "height": 640})
    fits(page)
