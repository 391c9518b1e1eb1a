"""The worker's page in a real browser, as a phone shows it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from stations.store import Change

from .city import LAT, LON, STATIONS, make_workspace

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator, Page, Request

    from .city import Serve, Visit
    from .conftest import Servers

pytestmark = pytest.mark.browser

HERE = {"longitude": LON + 0.012, "latitude": LAT + 0.012}
PHONE = {"width": 390, "height": 844, "phone": True}
GIVEN: dict[str, Any] = {**PHONE, "geolocation": HERE, "permissions": ["geolocation"]}
OFFLINE = "net::ERR_|Failed to fetch"


def names(page: Page) -> list[str]:
    """Names of the stations in the list, in its order."""
    return page.locator(".card h2, .card h3").all_inner_texts()


def listed(page: Page) -> Page:
    """Wait until there is a list."""
    page.locator(".card").first.wait_for()
    return page


def until(page: Page, promise: str) -> None:
    """Wait until a promise comes true; `wait_for_function` takes a promise itself for true."""
    for _ in range(150):
        if page.evaluate(promise):
            return
        page.wait_for_timeout(100)
    pytest.fail(f"never came true: {promise}")


def ground(page: Page) -> Locator:
    """The map beside the list, once it hears taps."""
    frame = page.frame_locator(".strip iframe")
    frame.locator(".leaflet-control-attribution").wait_for()
    return frame.locator(".folium-map")


def ready(page: Page) -> None:
    """Wait until the service worker has what it keeps at hand and serves the page."""
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")


def test_position_given_lists_what_is_reached_first(site: str, visit: Visit) -> None:
    """Name, minutes, state on arrival, way in and facilities; unknown hours stand apart."""
    page = listed(visit(site, **GIVEN))
    assert names(page) == ["大河路驿站", "母婴室", "时间不详的骑手之家"]
    first = page.locator(".card").first.inner_text()
    for words in ("24 小时开放", "扫码进", "饮水", "分钟", "米", "从未核验"):
        assert words in first
    # Known to be missing is left out; unknown is asked.
    assert "微波炉" not in first
    assert "厕所 ?" in first
    unsure = page.locator(".list-title + .list-note + .cards").inner_text()
    assert "时间不详的骑手之家" in unsure
    assert "开放时间不详" in unsure
    headline = page.locator(".answer h1").inner_text()
    assert re.fullmatch(r"现在 \d\d:\d\d，步行 15 分钟内有\s*1\s*个驿站开着、进得去", headline)
    assert page.locator(".answer p").first.inner_text() == "另有 1 个到时已关门"


def test_position_is_asked_for_by_a_tap(site: str, visit: Visit) -> None:
    """Nothing asks for the position before one taps; then it lists."""
    page = visit(site, **PHONE, geolocation=HERE)
    page.get_by_role("button", name="用我的位置").wait_for()
    assert not page.locator(".card").count()
    page.context.grant_permissions(["geolocation"])
    page.get_by_role("button", name="用我的位置").click()
    assert names(listed(page))[0] == "大河路驿站"


def test_position_denied_says_what_else_one_can_do(site: str, visit: Visit) -> None:
    """No position: a place can be typed, and the list comes."""
    page = visit(site, **PHONE)
    page.get_by_role("button", name="用我的位置").click()
    page.get_by_text("没有得到定位许可").wait_for()
    page.get_by_label("或者输入地点").fill("大河路")
    page.get_by_role("button", name="查找").click()
    assert names(listed(page))[0] == "大河路驿站"
    assert page.locator("#place").inner_text() == "大河路驿站"


def test_position_that_does_not_come_is_given_up(site: str, visit: Visit) -> None:
    """A phone that does not find itself says so; the page stays usable."""
    never = "navigator.geolocation.getCurrentPosition = (_, fail) => fail({ code: 3 });"
    page = visit(site, **GIVEN, prepare=lambda page: page.add_init_script(never))
    page.get_by_text("定位太久没有结果").wait_for()
    assert page.get_by_label("或者输入地点").is_visible()


def test_a_late_position_does_not_overrule_what_was_said(site: str, visit: Visit) -> None:
    """Who typed a place while the phone was looking for itself keeps that place."""
    slow = """
      const answer = navigator.geolocation.getCurrentPosition.bind(navigator.geolocation);
      navigator.geolocation.getCurrentPosition = (...call) => {
        window.answerNow = () => answer(...call);
      };
    """
    page = visit(site, **GIVEN, prepare=lambda page: page.add_init_script(slow))
    page.wait_for_function("() => window.answerNow")
    page.get_by_label("或者输入地点").fill("母婴室")
    page.get_by_role("button", name="查找").click()
    assert names(listed(page))[0] == "母婴室"
    page.evaluate("answerNow()")
    page.wait_for_function("() => !document.getElementById('use-position').disabled")
    assert page.locator("#place").inner_text() == "母婴室"
    assert names(page)[0] == "母婴室"


def test_as_time_goes_by_the_list_follows_and_disturbs_nothing(site: str, visit: Visit) -> None:
    """A minute later the list is of where the phone is by then, and the focus is where it was."""
    page = visit(site, **GIVEN, prepare=lambda page: page.clock.install())
    page.clock.run_for(3_000)
    listed(page)
    page.get_by_role("link", name="母婴室").focus()
    page.context.set_geolocation({"longitude": LON + 0.02, "latitude": LAT + 0.021})
    page.clock.run_for(62_000)
    page.wait_for_function("() => document.querySelector('.card h2').innerText === '母婴室'")
    assert page.evaluate("document.activeElement.innerText") == "母婴室"


def test_a_tap_that_closes_a_card_is_no_place(site: str, visit: Visit) -> None:
    """Beside an open card one taps to close it; the next tap is a place again."""
    page = listed(visit(site, **GIVEN))
    frame = page.frame_locator(".strip iframe")
    frame.get_by_role("button", name=re.compile("^大河路驿站、")).click()
    frame.locator(".small-card").wait_for()
    ground(page).click(position={"x": 20, "y": 180})
    frame.locator(".small-card").wait_for(state="detached")
    assert page.locator("#place").inner_text() == "西区附近"
    ground(page).click(position={"x": 20, "y": 180})
    ground(page).click(position={"x": 20, "y": 180})
    page.wait_for_function("() => document.getElementById('place').innerText === '地图上的位置'")


def test_back_from_the_map_is_the_list(site: str, visit: Visit) -> None:
    """The phone's own way back leads from the map to the list, not away."""
    page = listed(visit(site, **GIVEN))
    page.get_by_role("link", name="地图").click()
    page.locator(".card").first.wait_for(state="hidden")
    page.go_back()
    page.locator(".card").first.wait_for()
    page.get_by_role("link", name="地图").click()
    page.get_by_role("link", name="附近").click()
    page.locator(".card").first.wait_for()


def test_a_server_in_trouble_is_not_called_a_missing_network(site: str, visit: Visit) -> None:
    """An answer of 503 says so, and the list that was there stays."""
    page = listed(visit(site, **GIVEN, expected="503"))
    page.route("**/?*part=1*", lambda route: route.fulfill(status=503, body="busy"))
    page.get_by_text("免卡", exact=True).click()
    page.get_by_text("服务器暂时没有答复（503）").wait_for()
    assert names(page)


def test_a_place_that_nobody_knows_is_said(site: str, visit: Visit) -> None:
    """An unknown place is named, with what to try."""
    page = visit(site, **PHONE)
    page.get_by_label("或者输入地点").fill("月球背面<b>")
    page.get_by_role("button", name="查找").click()
    page.get_by_text("没有找到“月球背面<b>”").wait_for()


def test_a_tap_on_the_map_is_a_place(site: str, visit: Visit) -> None:
    """Where one taps is where one is."""
    page = visit(site, **PHONE)
    page.get_by_role("button", name="在地图上点").click()
    # From afar a tap goes nearer first.
    ground(page).click(position={"x": 180, "y": 300})
    page.get_by_text("请再点一下准确的地方").wait_for()
    assert not page.locator(".card").count()
    ground(page).click(position={"x": 180, "y": 300})
    listed(page)
    assert page.locator("#place").inner_text() == "地图上的位置"


def test_filters_combine_and_the_phone_remembers_them(
    serve: Serve, visit: Visit, tmp_path: Path
) -> None:
    """All that is chosen must hold; the choice is there again, without being in the address."""
    page = listed(visit(serve(make_workspace(tmp_path / "city")), **GIVEN))
    page.get_by_text("免卡", exact=True).click()
    page.wait_for_function("() => document.querySelectorAll('.card').length === 1")
    assert names(page) == ["大河路驿站"]
    page.get_by_text("免卡", exact=True).click()
    page.get_by_text("24 小时", exact=True).click()
    page.wait_for_function("() => document.querySelectorAll('.card').length === 2")
    assert names(page) == ["大河路驿站", "母婴室"]
    page.locator(".pick", has_text="饮水").click()
    page.wait_for_function("() => document.querySelectorAll('.card').length === 1")
    page.locator(".pick", has_text="微波炉").click()
    page.get_by_text("没有符合的驿站").wait_for()
    assert "facility" not in page.url
    page.reload()
    page.get_by_text("没有符合的驿站").wait_for()
    assert page.locator("input[value=microwave]").is_checked()
    page.locator(".pick", has_text="微波炉").click()
    assert names(listed(page)) == ["大河路驿站"]


def test_everything_is_listed_when_doors_do_not_matter(site: str, visit: Visit) -> None:
    """Without "open on arrival" closed ones are there too, marked; suspended ones never."""
    page = listed(visit(site, **GIVEN))
    page.get_by_text("到达时开放").click()
    page.get_by_text("关着的驿站").wait_for()
    assert sorted(names(page)) == ["关着的驿站", "大河路驿站", "时间不详的骑手之家", "母婴室"]
    closed = page.locator(".card", has_text="关着的驿站")
    assert "已关门" in closed.inner_text()


def test_map_shows_the_list_and_comes_after_it(site: str, visit: Visit) -> None:
    """The list stands before the map is asked for; the map has a mark a station and the way."""
    asked: list[str] = []

    def prepare(page: Page) -> None:
        def note(request: Request) -> None:
            if "/near/map" in request.url:
                asked.append("map" if page.locator(".card").count() else "map before the list")

        page.on("request", note)

    page = listed(visit(site, **GIVEN, prepare=prepare))
    frame = page.frame_locator(".strip iframe")
    frame.locator(".look-open").first.wait_for()
    assert asked == ["map"]
    assert frame.locator(".worker-mark .look-open").count() == 2
    assert frame.locator(".worker-mark .look-unknown text").text_content() == "?"
    mark = frame.get_by_role("button", name=re.compile("^大河路驿站、"))
    mark.click()
    frame.get_by_role("link", name="大河路驿站").click()
    page.wait_for_url("**/stations/t-001")


def test_language_switch_keeps_everything_in_one_language(site: str, visit: Visit) -> None:
    """English is whole, but for what people wrote; the choice is remembered."""
    page = listed(visit(site, **GIVEN))
    page.get_by_role("link", name="EN").click()
    listed(page)
    assert page.locator("html").get_attribute("lang") == "en"
    page.goto(site)
    listed(page)
    text = page.locator("body").inner_text()
    for name in [one["properties"]["name"] for one in STATIONS]:
        text = text.replace(name, "")
    # The invented districts have no English name, and the switch names the other language.
    assert set(re.findall(r"[\u4e00-\u9fff]+", text)) == {"西区", "中文"}


def test_large_text_and_high_contrast_are_remembered(site: str, visit: Visit) -> None:
    """Both are a tap away on every page and stay."""
    page = visit(site, **PHONE)
    size = page.evaluate("getComputedStyle(document.body).fontSize")
    page.locator(".look summary").click()
    page.get_by_role("link", name="大字").click()
    page.locator(".look summary").click()
    page.get_by_role("link", name="高对比度").click()
    page.goto(f"{site}/saved")
    assert page.evaluate("getComputedStyle(document.body).fontSize") != size
    assert page.locator("html").get_attribute("class") == "text-large contrast-more scripted"


def test_offline_the_last_list_and_its_map_are_there(
    serve: Servers, visit: Visit, tmp_path: Path
) -> None:
    """Without a connection the page opens, shows the last list and says since when it is."""
    site = serve(make_workspace(tmp_path / "city"))
    page = listed(visit(site, **GIVEN, expected=OFFLINE))
    page.frame_locator(".strip iframe").locator(".look-open").first.wait_for()
    ready(page)
    page.reload()
    listed(page)
    page.frame_locator(".strip iframe").locator(".look-open").first.wait_for()
    banner = page.locator("#stale")
    with serve.outage(site):
        page.reload()
        assert names(listed(page))[0] == "大河路驿站"
        banner.wait_for()
        assert re.search(r"没有网络。这是今天 \d\d:\d\d 的结果", banner.inner_text())
        page.frame_locator(".strip iframe").locator(".worker-mark").first.wait_for()
    page.evaluate("dispatchEvent(new Event('online'))")
    banner.wait_for(state="hidden")


def test_offline_saved_stations_open(serve: Servers, visit: Visit, tmp_path: Path) -> None:
    """A station that was saved can be read without a connection; others say why they cannot."""
    site = serve(make_workspace(tmp_path / "city"))
    page = visit(f"{site}/stations/t-005", **PHONE, expected=OFFLINE)
    ready(page)
    page.get_by_role("button", name="收藏").click()
    page.get_by_role("button", name="已收藏").wait_for()
    until(page, "caches.match('/stations/t-005').then(Boolean)")
    page.goto(f"{site}/saved")
    assert names(listed(page)) == ["母婴室"]
    with serve.outage(site):
        page.goto(f"{site}/saved")
        assert names(listed(page)) == ["母婴室"]
        page.locator("#stale").wait_for()
        page.get_by_role("link", name="母婴室").click()
        page.get_by_role("heading", name="母婴室").wait_for()
        banner = page.locator("#stale")
        banner.wait_for()
        assert re.search(r"没有网络。这是今天 \d\d:\d\d 的结果", banner.inner_text())
        for path in ("stations/t-002", "suggest", f"?lon={LON}&lat={LAT}", "map"):
            page.goto(f"{site}/{path}")
            page.get_by_role("heading", name="没有网络").wait_for()


def test_offline_in_the_language_chosen_last(serve: Servers, visit: Visit, tmp_path: Path) -> None:
    """What is kept is kept again when one chooses another language."""
    site = serve(make_workspace(tmp_path / "city"))
    page = visit(site, **PHONE, expected=OFFLINE)
    ready(page)
    page.goto(f"{site}/?lang=en")
    kept = "caches.match('/offline').then((one) => one.text())"
    until(page, f"{kept}.then((text) => text.includes('<html lang=\"en\"'))")
    with serve.outage(site):
        page.goto(f"{site}/suggest")
        page.get_by_role("heading", name="No connection").wait_for()


def test_a_station_deleted_meanwhile(serve: Serve, visit: Visit, tmp_path: Path) -> None:
    """Its page says that it has gone, and what was saved is told once and let go."""
    workspace = make_workspace(tmp_path / "city")
    site = serve(workspace)
    page = visit(f"{site}/stations/t-005", **PHONE, expected="404")
    page.get_by_role("button", name="收藏").click()
    page.goto(f"{site}/?lon={LON + 0.012}&lat={LAT + 0.012}")
    listed(page)
    workspace.store.apply(Change(remove=("t-005",)), who="test", what="gone")
    page.get_by_role("link", name="母婴室").click()
    page.get_by_role("heading", name="没有找到").wait_for()
    assert "t-005 已从登记册撤下" in page.locator("main").inner_text()
    page.goto(f"{site}/saved")
    page.get_by_text("t-005 已从登记册撤下").wait_for()
    page.goto(f"{site}/saved")
    page.get_by_text("还没有收藏").wait_for()


def test_first_load_is_light_and_the_list_does_not_wait_on_slow_3g(site: str, visit: Visit) -> None:
    """On 400 kbit/s with 400 ms a round trip: the list is there before the map, in 200 kB."""
    received = []
    seen: list[bool] = []

    def prepare(page: Page) -> None:
        wire = page.context.new_cdp_session(page)
        wire.send("Network.enable")
        slow = {"latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
        wire.send("Network.emulateNetworkConditions", {"offline": False, **slow})
        wire.on("Network.loadingFinished", lambda end: received.append(end["encodedDataLength"]))
        page.on(
            "request",
            lambda one: (
                seen.append(page.locator(".card").count() > 0) if "leaflet.js" in one.url else None
            ),
        )

    page = listed(visit(site, **GIVEN, prepare=prepare))
    page.frame_locator(".strip iframe").locator(".look-open").first.wait_for(timeout=60_000)
    assert seen
    assert all(seen)
    assert sum(received) < 200_000


def test_whoever_saves_data_is_asked_before_the_map(site: str, visit: Visit) -> None:
    """With the phone's data saver on, the list is all that comes by itself."""
    saver = "Object.defineProperty(navigator, 'connection', { value: { saveData: true } });"
    page = listed(visit(site, **GIVEN, prepare=lambda page: page.add_init_script(saver)))
    page.get_by_role("button", name="看地图").wait_for()
    assert not page.locator("iframe").count()
    page.get_by_role("button", name="看地图").click()
    page.frame_locator(".strip iframe").locator(".look-open").first.wait_for()


def test_works_without_javascript(site: str, visit: Visit) -> None:
    """Typing a place, filters and a station's page need no script."""
    page = visit(site, **PHONE, java_script_enabled=False)
    page.get_by_label("或者输入地点").fill("大河路")
    page.get_by_role("button", name="查找").click()
    assert names(page)[0] == "大河路驿站"
    page.get_by_role("button", name="按所选的找").click()
    assert names(page)[0] == "大河路驿站"
    # Another place typed over the first is another place.
    page.get_by_label("或者输入地点").fill("母婴室")
    page.get_by_role("button", name="查找").click()
    assert (page.locator("#place").inner_text(), names(page)[0]) == ("母婴室", "母婴室")
    page.goto(f"{site}/stations/t-001")
    text = page.locator("main").inner_text()
    for words in ("大河路 1 号", "扫码进", "饮水", "高德地图"):
        assert words in text


def test_can_be_installed(site: str, visit: Visit) -> None:
    """The manifest is whole and in the visitor's language, and its icons are there."""
    page = visit(f"{site}/?lang=en", **PHONE)
    manifest = page.evaluate(
        "fetch(document.querySelector('[rel=manifest]').href).then((one) => one.json())"
    )
    assert manifest["lang"] == "en"
    assert manifest["display"] == "standalone"
    sizes = {}
    for icon in manifest["icons"]:
        got = page.request.get(f"{site}{icon['src']}")
        assert got.ok
        sizes[icon["sizes"]] = got.headers["content-type"]
    assert {"192x192", "512x512"} <= sizes.keys()


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(("width", "text"), [(320, "normal"), (320, "large"), (390, "normal")])
def test_nothing_is_wider_than_the_phone(
    site: str, visit: Visit, width: int, text: str, lang: str
) -> None:
    """No page scrolls sideways, however narrow the phone and large the text."""
    page = visit(
        f"{site}/?lang={lang}&text={text}&lon={LON + 0.012}&lat={LAT + 0.012}",
        width=width,
        height=700,
        phone=True,
    )
    for path in ("", "stations/t-001", "stations/t-001/report", "suggest", "saved"):
        if path:
            page.goto(f"{site}/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_several_tabs_do_not_disturb_each_other(site: str, visit: Visit) -> None:
    """Two phones ask at once, each for its own place."""
    there = {"longitude": LON + 0.02, "latitude": LAT + 0.021}
    one = listed(visit(site, **GIVEN))
    two = listed(visit(site, **{**GIVEN, "geolocation": there}))
    assert names(one)[0] == "大河路驿站"
    assert names(two)[0] == "母婴室"
