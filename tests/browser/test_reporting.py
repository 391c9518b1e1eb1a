"""From a problem seen to an answer read, in a real browser."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from typer.testing import CliRunner

from stations.ledger import new_report
from webmap.cli import app as commands

from .city import LAT, LON, make_workspace

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from stations.workspace import Workspace

    from .city import Serve, Visit

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844, "phone": True}
OFFLINE = "ERR_INTERNET_DISCONNECTED|Failed to fetch"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """The small city."""
    return make_workspace(tmp_path / "city")


@pytest.fixture
def site(serve: Serve, workspace: Workspace) -> str:
    """Address of a server of it."""
    return serve(workspace)


def photo(**options: object) -> bytes:
    """A phone's photo: large, and telling where and by what it was taken."""
    image = Image.effect_noise((2400, 1800), 60).convert("RGB")
    exif = Image.Exif()
    exif[0x010F] = "Telltale Phone"
    exif.get_ifd(0x8825)[1] = "N"
    data = io.BytesIO()
    image.save(data, "JPEG", exif=exif, quality=92, **options)
    return data.getvalue()


def test_three_taps_report_a_locked_door(site: str, visit: Visit, workspace: Workspace) -> None:
    """Report, locked, send: it is in the ledger, and the page says what becomes of it."""
    page = visit(f"{site}/stations/t-001", **PHONE)
    page.get_by_role("link", name="反映问题").click()
    page.get_by_text("该开的时候锁着门").click()
    page.get_by_role("button", name="发送").click()
    page.get_by_role("heading", name="待处理").wait_for()
    assert "已收到" in page.locator(".thanks").inner_text()
    (entry,) = workspace.ledger.entries()
    assert (entry.properties.problem, entry.properties.station) == ("locked", "t-001")
    assert page.url.endswith(f"/reports/{entry.id}?new=1")


def test_report_with_photo_to_ledger_to_answer(
    site: str, visit: Visit, workspace: Workspace
) -> None:
    """A photo is made small on the phone, kept without what it tells of its owner, and answered."""
    page = visit(f"{site}/stations/t-001/report", **PHONE)
    page.get_by_text("设备坏了").click()
    page.locator("#which").get_by_text("饮水").click()
    page.get_by_label("想补充的").fill("不出热水\n<b>急</b>")
    sent = photo()
    page.get_by_label("照片").set_input_files(
        {"name": "IMG_0001.JPG", "mimeType": "image/jpeg", "buffer": sent}
    )
    page.locator("#preview").wait_for()
    size = page.evaluate("document.getElementById('photo').files[0].size")
    assert size < len(sent) / 2
    page.get_by_role("button", name="发送").click()
    page.get_by_role("heading", name="待处理").wait_for()
    (entry,) = workspace.ledger.entries()
    assert entry.properties.facilities == ("drinking_water",)
    with Image.open(workspace.ledger.photo_path(entry.id)) as kept:
        assert max(kept.size) <= 1600
        assert not kept.getexif()
    assert b"Telltale" not in workspace.ledger.photo_path(entry.id).read_bytes()
    shown = page.locator(".photos img")
    shown.scroll_into_view_if_needed()
    page.wait_for_function("() => document.querySelector('.photos img').naturalWidth > 0")
    assert page.locator(".written").inner_text() == "不出热水\n<b>急</b>"
    done = CliRunner().invoke(
        commands,
        ["ledger", "close", str(workspace.folder), entry.id, "已换新的饮水机", "--who", "老王"],
    )
    assert done.exit_code == 0, done.output
    page.goto(f"{site}/saved")
    page.locator("#mine").get_by_role("link", name="大河路驿站").click()
    page.get_by_role("heading", name="已解决").wait_for()
    text = page.locator("main").inner_text()
    assert "已换新的饮水机" in text
    assert "老王" not in text


def test_a_form_that_is_refused_keeps_what_was_written(
    site: str, visit: Visit, workspace: Workspace
) -> None:
    """What is no photo is refused in words; text and choice stay, and nothing is filed."""
    page = visit(f"{site}/stations/t-001/report", **PHONE, expected="422")
    page.get_by_text("其他").click()
    page.get_by_label("想补充的").fill("门口台阶很滑")
    page.get_by_label("照片").set_input_files(
        {"name": "a.svg", "mimeType": "image/svg+xml", "buffer": b"<svg xmlns='x'/>"}
    )
    page.get_by_role("button", name="发送").click()
    fault = page.locator(".fault")
    fault.wait_for()
    assert "SVG" in fault.inner_text()
    assert page.get_by_label("想补充的").input_value() == "门口台阶很滑"
    assert workspace.ledger.entries() == ()


def test_without_a_connection_nothing_written_is_lost(
    site: str, visit: Visit, workspace: Workspace
) -> None:
    """It is said that nothing was sent; sent again later, it is one report."""
    page = visit(f"{site}/stations/t-001/report", **PHONE, expected=OFFLINE)
    page.get_by_text("搬走了").click()
    page.context.set_offline(True)
    page.get_by_role("button", name="发送").click()
    page.get_by_text("没有发出去").wait_for()
    page.context.set_offline(False)
    page.get_by_role("button", name="发送").click()
    page.get_by_role("heading", name="待处理").wait_for()
    assert len(workspace.ledger.entries()) == 1


def test_report_needs_no_javascript(site: str, visit: Visit, workspace: Workspace) -> None:
    """The form is a form."""
    page = visit(f"{site}/stations/t-001/report", **PHONE, java_script_enabled=False)
    page.get_by_text("东西用完了").click()
    page.get_by_role("button", name="发送").click()
    assert page.get_by_role("heading", name="待处理").is_visible()
    assert len(workspace.ledger.entries()) == 1


def test_a_place_is_suggested_by_a_tap(site: str, visit: Visit, workspace: Workspace) -> None:
    """Tap, choose, send: the suggestion stands where one has tapped."""
    page = visit(f"{site}/suggest", **PHONE)
    page.get_by_role("button", name="发送").click()
    assert workspace.ledger.entries() == ()
    frame = page.frame_locator(".strip iframe")
    frame.locator(".leaflet-control-attribution").wait_for()
    frame.locator(".folium-map").click(position={"x": 150, "y": 90})
    page.get_by_text("请再点一下准确的地方").wait_for()
    frame.locator(".folium-map").click(position={"x": 150, "y": 90})
    page.get_by_text("地点选好了").wait_for()
    page.get_by_text("厕所", exact=True).click()
    page.get_by_role("button", name="发送").click()
    page.get_by_role("heading", name="待处理").wait_for()
    (entry,) = workspace.ledger.entries()
    assert entry.properties.facilities == ("toilet",)
    lon, lat = entry.position or (0, 0)
    assert abs(lon - LON) < 0.2
    assert abs(lat - LAT) < 0.2


def test_several_reports_warn_everybody(site: str, visit: Visit, workspace: Workspace) -> None:
    """Two people find the door locked: list, station and map say so; one alone does not."""
    here = f"{site}/?lon={LON + 0.012}&lat={LAT + 0.012}"
    locked = workspace.registry.get("t-001")
    ledger = workspace.ledger
    ledger.file(new_report(locked, "locked"), source=ledger.pseudonym("192.0.2.1"))
    page = visit(here, **PHONE)
    assert not page.locator(".alert").count()
    ledger.file(new_report(locked, "locked"), source=ledger.pseudonym("192.0.2.2"))
    page.goto(here)
    words = "2 人反映：该开的时候锁着门"
    assert words in page.locator(".card", has_text="大河路驿站").inner_text()
    page.goto(f"{site}/stations/t-001")
    assert words in page.locator(".alert").inner_text()
    page.goto(f"{site}/map?station=t-001")
    page.locator(".card-alert").wait_for()
    assert words in page.locator(".card-alert").inner_text()


def test_a_shared_address_is_copied(site: str, visit: Visit) -> None:
    """Where a phone cannot share, the address of the station is copied."""
    page = visit(
        f"{site}/stations/t-001",
        **PHONE,
        permissions=["clipboard-read", "clipboard-write"],
        prepare=without_share,
    )
    page.get_by_role("button", name="分享").click()
    page.get_by_text("网址已复制").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == f"{site}/stations/t-001"


def without_share(page: Page) -> None:
    """Take the phone's own sharing away."""
    page.add_init_script("delete Navigator.prototype.share")


def test_station_page_says_all_that_is_known(site: str, visit: Visit) -> None:
    """Every field of the record, what is not there, and what nobody knows."""
    page = visit(f"{site}/stations/t-001", **PHONE)
    text = page.locator("body").inner_text()
    for words in (
        "大河路驿站",
        "24 小时开放",
        "扫码进",
        "饮水",
        "没有：微波炉",
        "厕所 ?",
        "大河路 1 号",
        "0371-0000 0001",
        "大河社区",
        "从未核验",
        "t-001",
        "门口海报",
    ):
        assert words in text
    hrefs = [link.get_attribute("href") for link in page.locator(".map-apps a").all()]
    assert [href.split("/")[2] for href in hrefs if href] == [
        "uri.amap.com",
        "api.map.baidu.com",
        "apis.map.qq.com",
        "maps.apple.com",
        "www.google.com",
    ]


def test_station_tells_the_way_from_the_last_place(site: str, visit: Visit) -> None:
    """Who has looked for stations before reads how far this one is from there."""
    page = visit(f"{site}/?lon={LON + 0.012}&lat={LAT + 0.012}", **PHONE)
    page.get_by_role("link", name="大河路驿站").click()
    page.locator("#way").wait_for()
    assert "步行 5 分钟" in page.locator("#way").inner_text()


def axe_faults(page: Page) -> list[str]:
    """What axe-core finds against WCAG 2.2 A and AA, and its best practices, on a page."""
    from axe_playwright_python.sync_playwright import Axe

    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": tags}})
    return [
        f"{page.url} {fault['id']} ({fault['impact']}): {node['html'][:120]}"
        for fault in found.response["violations"]
        for node in fault["nodes"]
    ]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("look", ["", "&text=large&contrast=more"])
def test_axe_finds_nothing(
    site: str, visit: Visit, workspace: Workspace, lang: str, look: str
) -> None:
    """No page has a fault that axe-core can find, in either language, plain and enlarged."""
    ledger = workspace.ledger
    station = workspace.registry.get("t-001")
    entries = [
        ledger.file(new_report(station, "broken", text=t), source=ledger.pseudonym(a)).entry
        for t, a in (("一", "192.0.2.1"), ("二", "192.0.2.2"))
    ]
    here = f"lon={LON + 0.012}&lat={LAT + 0.012}"
    page = visit(f"{site}/?lang={lang}{look}", **PHONE, expected="404")
    paths = [
        "",
        f"?{here}",
        f"?sent=1&{here}",
        "near/map",
        "stations/t-001",
        "stations/t-002",
        "stations/t-004",
        "stations/t-001/report",
        "stations/t-001/poster",
        "stations/none",
        "suggest",
        "saved",
        f"reports/{entries[0].id}",
        "offline",
    ]
    faults = []
    for path in paths:
        page.goto(f"{site}/{path}")
        page.wait_for_load_state("networkidle")
        faults += axe_faults(page)
    assert not faults, "\n".join(faults)


def keys(page: Page, count: int) -> list[str]:
    """What the focus says on its way through a page by Tab."""
    said = []
    for _ in range(count):
        page.keyboard.press("Tab")
        said.append(
            page.evaluate("document.activeElement.innerText || document.activeElement.name || ''")
        )
    return said


def test_everything_is_reached_by_keyboard(site: str, visit: Visit) -> None:
    """Skip link, place, filters, cards: in the order in which one reads, and the focus is seen."""
    page = visit(f"{site}/?lon={LON + 0.012}&lat={LAT + 0.012}", width=390)
    said = keys(page, 30)
    order = ["跳到内容", "中文" if "中文" in said else "EN", "mode", "open", "free", "大河路驿站"]
    places = [said.index(word) for word in order]
    assert places == sorted(places)
    page.get_by_role("link", name="大河路驿站").focus()
    outline = page.locator(".card").first.evaluate("(one) => getComputedStyle(one).outlineStyle")
    assert outline != "none"
    page.keyboard.press("Enter")
    page.wait_for_url("**/stations/t-001")


def test_choices_by_keyboard(site: str, visit: Visit, workspace: Workspace) -> None:
    """A report can be made without touching anything but keys."""
    page = visit(f"{site}/stations/t-001/report", width=390)
    page.locator("input[name=problem]").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.get_by_role("button", name="发送").focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="待处理").wait_for()
    (entry,) = workspace.ledger.entries()
    assert entry.properties.problem == "gone"
