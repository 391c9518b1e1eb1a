"""Along the streets on the map page: the switch of the panel, a station's reach, the way there."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from stations.plans import PlanStore
from stations.street_input import make_networks

from .city import LAT, LON, STATIONS, make_workspace, station

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator, Page, Route

    from stations.workspace import Workspace

    from .city import Serve, Visit

pytestmark = pytest.mark.browser

TOKEN = "correct-horse-battery"
STREET = f"lon={LON + 0.02}&lat={LAT + 0.015}&zoom=15"
STEP = 0.0025
LAST_X, LAST_Y = 24, 20
RIVER_Y, BRIDGE_X = 8, 22
"""Of the grid of streets: its ends, and the one street that crosses the river."""


def write_streets(path: Path) -> None:
    """A grid of streets over the west of the city, with a river that one bridge crosses."""
    end_x, end_y, river = LON + LAST_X * STEP, LAT + LAST_Y * STEP, LAT + RIVER_Y * STEP
    lines = [
        [[LON, LAT + i * STEP], [end_x, LAT + i * STEP]] for i in range(LAST_Y + 1) if i != RIVER_Y
    ]
    for i in range(LAST_X + 1):
        x = LON + i * STEP
        banks = [[LAT, end_y]] if i == BRIDGE_X else [[LAT, river - STEP], [river + STEP, end_y]]
        lines += [[[x, south], [x, north]] for south, north in banks]
    features = [
        {
            "type": "Feature",
            "properties": {"kind": "residential"},
            "geometry": {"type": "LineString", "coordinates": line},
        }
        for line in lines
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")


@pytest.fixture
def city(tmp_path: Path) -> Workspace:
    """The small city with its streets, and a station where there are none."""
    records = (*STATIONS, station(6, 7.5, 1, name="没有路的驿站", opening_hours="24/7"))
    workspace = make_workspace(tmp_path / "city", records, server={"planner_token": TOKEN})
    write_streets(tmp_path / "streets.geojson")
    make_networks(workspace, tmp_path / "streets.geojson", join_crossings=True)
    return workspace


@pytest.fixture
def streets(serve: Serve, city: Workspace) -> str:
    """Address of a server of the city with streets."""
    return serve(city)


def ask(page: Page, path: str) -> Any:
    """Return what the API answers."""
    return page.evaluate("path => fetch(path).then((answer) => answer.json())", f"/api/v1/{path}")


def query_of(page: Page) -> dict[str, str]:
    """Return what the address bar holds."""
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def figures_of(text: str) -> list[int]:
    """Return the whole numbers of a text."""
    return [int(found.replace(",", "")) for found in re.findall(r"\d[\d,]*", text)]


def act(page: Page, title: str, which: int) -> None:
    """Open a station and press one of its two buttons."""
    page.wait_for_selector(f'[title="{title}"]', state="attached")
    page.locator(f'[title="{title}"]').dispatch_event("click")
    page.wait_for_selector(f".station-popup h2:has-text('{title}')")
    page.locator(".street-act").nth(which).click()


def choose(page: Page, mode: str) -> None:
    """Choose how reach is measured, and wait until all figures say so."""
    page.locator(f".measure input[value={mode}]").check(force=True)
    page.wait_for_selector(".panel-body:not([aria-busy])")


def place_on(page: Page, lon: float, lat: float) -> tuple[float, float]:
    """Return where a position lies in the window."""
    found = page.evaluate(
        """([lat, lon]) => {
            const place = yizhanMap.latLngToContainerPoint([lat, lon]);
            const map = yizhanMap.getContainer().getBoundingClientRect();
            return [map.x + place.x, map.y + place.y];
        }""",
        [lat, lon],
    )
    return found[0], found[1]


def test_reach_is_drawn_beside_the_circle(streets: str, visit: Visit) -> None:
    """Three times with their minutes, the circle, and how many people each holds."""
    page = visit(f"{streets}/map?{STREET}")
    act(page, "大河路驿站", 0)
    page.wait_for_selector(".reach-rows")
    found = ask(page, "stations/t-001/isochrone?minutes=5,10,15")
    workers = [round(feature["properties"]["workers"]) for feature in found["features"]]
    circle = round(found["circle_workers"])
    assert circle > workers[0] > workers[2]
    lead = page.locator(".street-lead").inner_text()
    assert figures_of(lead) == [15, workers[0], circle, circle - workers[0]]
    rows = page.locator(".reach-rows b").all_inner_texts()
    assert [figures_of(row)[0] for row in rows] == [*reversed(workers), circle]
    assert page.locator(".reach-line").count() == 3
    assert page.locator(".reach-circle").count() == 1
    tags = page.locator(".street-tag").all_inner_texts()
    assert tags == ["15 分钟", "10 分钟", "5 分钟", "直线 1,170 米"]
    # What would lie under it is out of the way, and back afterwards.
    seen = "pane => getComputedStyle(pane).visibility"
    assert page.locator(".leaflet-gaps-pane").evaluate(seen) == "hidden"
    assert query_of(page)["reach"] == "t-001"
    page.click(".street-close")
    page.wait_for_selector(".street-card", state="detached")
    assert page.locator(".reach-line, .reach-circle, .street-tag").count() == 0
    assert page.locator(".leaflet-gaps-pane").evaluate(seen) == "visible"
    assert "reach" not in query_of(page)


def test_reach_is_asked_for_and_left_by_keyboard(streets: str, visit: Visit) -> None:
    """Enter opens, Escape closes and gives the focus back; pressed again it goes."""
    page = visit(f"{streets}/map?{STREET}")
    mark = page.locator('[title="大河路驿站"]')
    mark.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".street-act")
    button = page.locator(".street-act").first
    assert button.get_attribute("aria-pressed") == "false"
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".reach-rows")
    assert page.evaluate("document.activeElement.className") == "street-card card"
    label = page.locator(".street-card").get_attribute("aria-label")
    assert label == "步行可达范围：大河路驿站"
    page.keyboard.press("Escape")
    page.wait_for_selector(".street-card", state="detached")
    assert page.evaluate("document.activeElement.title") == "大河路驿站"
    act(page, "大河路驿站", 0)
    page.wait_for_selector(".reach-rows")
    mark.dispatch_event("click")
    page.wait_for_selector('.street-act[aria-pressed="true"]')
    # A popup above the card is closed first.
    page.locator(".street-act").first.focus()
    page.keyboard.press("Escape")
    page.wait_for_selector(".station-popup", state="detached")
    assert page.locator(".street-card").count() == 1
    act(page, "大河路驿站", 0)
    page.wait_for_selector(".street-card", state="detached")
    assert page.locator(".street-act").first.get_attribute("aria-pressed") == "false"


def test_a_link_brings_back_reach_and_way_of_measuring(streets: str, visit: Visit) -> None:
    """By electric bicycle, in English; the card speaks of it."""
    page = visit(f"{streets}/map?lang=en&{STREET}&mode=ebike&reach=t-005")
    page.wait_for_selector(".reach-rows")
    assert page.locator(".street-card .card-kicker").inner_text() == "E-bike reach"
    assert "can ride here in 15 minutes" in page.locator(".street-lead").inner_text()
    assert "3,780 m straight" in page.locator(".reach-rows").inner_text()
    assert page.locator(".measure input:checked").get_attribute("value") == "ebike"
    assert page.evaluate("yizhanMap.getZoom()") == 15
    choose(page, "walk")
    page.wait_for_selector(".street-lead:has-text('can walk here')")
    assert {"mode": "walk", "reach": "t-005"}.items() <= query_of(page).items()
    page.click("[data-lang=zh]")
    page.wait_for_selector(".street-lead:has-text('步行 15 分钟可达')")


def test_reach_of_a_station_beside_no_street_says_so(streets: str, visit: Visit) -> None:
    """The server's words in the language of the page; nothing is drawn."""
    page = visit(f"{streets}/map?lon={LON + 0.07}&lat={LAT + 0.01}&zoom=15", expected="409")
    act(page, "没有路的驿站", 0)
    page.wait_for_selector(".street-fault:has-text('附近没有')")
    assert page.locator(".reach-line, .reach-circle").count() == 0


def test_a_way_is_drawn_from_where_one_taps(streets: str, visit: Visit) -> None:
    """Minutes, metres and the door on arrival as the API has them; another tap, another way."""
    page = visit(f"{streets}/map?{STREET}")
    act(page, "大河路驿站", 1)
    page.wait_for_selector(".route-ask:has-text('从哪里出发')")
    lon, lat = LON + 0.0265, LAT + 0.0111
    page.mouse.click(*place_on(page, lon, lat))
    page.wait_for_selector(".route-time strong")
    found = ask(page, f"stations/t-001/route?lon={lon}&lat={lat}&mode=walk")["properties"]
    minutes = figures_of(page.locator(".route-time strong").inner_text())[0]
    assert abs(minutes - found["duration_s"] / 60) < 1.1
    card = page.locator(".street-card").inner_text()
    assert "公里（直线 1.5 公里）" in card
    assert "到达时开放，24 小时" in card
    assert "扫码进" in card
    assert "估计" not in card
    assert page.locator(".route-line").count() == 1
    assert page.locator(".route-link").count() == 2
    start = page.evaluate("yizhanMap.getCenter()")
    page.mouse.click(*place_on(page, LON + 0.015, LAT + 0.0125))
    page.wait_for_function(
        """(before) => {
            const told = document.querySelector(".route-time strong");
            return told && parseInt(told.textContent, 10) < before;
        }""",
        arg=minutes,
    )
    assert page.evaluate("yizhanMap.getCenter()") != start
    # By keyboard the map is moved under its middle.
    page.click("text=地图中央")
    page.wait_for_selector(".route-time strong")
    page.keyboard.press("Escape")
    page.wait_for_selector(".street-card", state="detached")
    assert page.locator(".route-line, .route-link, .street-tag").count() == 0
    page.mouse.click(*place_on(page, LON + 0.015, LAT + 0.0125))
    assert page.locator(".route-line").count() == 0


def test_a_way_far_from_any_street_is_called_an_estimate(streets: str, visit: Visit) -> None:
    """A dotted line, and the word for it."""
    page = visit(f"{streets}/map?lang=en&lon={LON + 0.07}&lat={LAT + 0.01}&zoom=15")
    act(page, "没有路的驿站", 1)
    page.click("text=Middle of the map")
    page.wait_for_selector(".route-guess:has-text('estimate')")
    assert "taken from the straight line" in page.locator(".street-card").inner_text()
    assert page.locator(".route-line").count() == 0
    assert page.locator(".route-link").count() == 1


def test_a_way_begins_where_the_visitor_is(streets: str, visit: Visit) -> None:
    """With permission; without it the card says what to do, and a tap still works."""
    page = visit(f"{streets}/map?{STREET}")
    page.context.set_geolocation({"longitude": LON + 0.02, "latitude": LAT + 0.01})
    act(page, "大河路驿站", 1)
    page.click("text=我的位置")
    page.wait_for_selector(".street-fault:has-text('请在浏览器里允许定位')")
    page.context.grant_permissions(["geolocation"])
    page.click("text=我的位置")
    page.wait_for_selector(".route-time strong")
    found = ask(page, f"stations/t-001/route?lon={LON + 0.02}&lat={LAT + 0.01}&mode=walk")
    minutes = figures_of(page.locator(".route-time strong").inner_text())[0]
    assert abs(minutes - found["properties"]["duration_s"] / 60) < 1.1
    assert page.locator(".street-fault").count() == 0


DOORS = [
    ("open", "2026-11-20T12:20", "到达后还开 20 分钟", "Open for 20 min after arrival"),
    ("open", "2026-11-20T21:00", "到达时开放，至 21:00", "Open on arrival, until 21:00"),
    ("open", None, "到达时开放，24 小时", "Open on arrival, 24 hours"),
    (
        "closed",
        "2026-11-21T08:00",
        "到达时已关门 · 明天 08:00 开",
        "Closed on arrival · opens tomorrow 08:00",
    ),
    ("closed", None, "到达时已关门", "Closed on arrival"),
    ("unknown", None, "到达时是否开放不详", "Hours on arrival unknown"),
]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_door_on_arrival_is_told_in_words(streets: str, visit: Visit, lang: str) -> None:
    """Each state as one says it; a station out of service is that, whatever its hours."""
    page = visit(f"{streets}/map?lang={lang}&{STREET}")
    door: dict[str, str | None] = {}

    def answer(route: Route) -> None:
        response = route.fetch()
        found = response.json()
        found["properties"].update(door, arrive_at="2026-11-20T12:00:00+08:00")
        route.fulfill(response=response, json=found)

    page.route("**/route?*", answer)
    act(page, "大河路驿站", 1)
    for state, until, *words in DOORS:
        door.update(open_state=state, open_until=until and f"{until}:00+08:00")
        with page.expect_response("**/route?*"):
            page.locator(".route-acts button").nth(1).click()
        text = words[lang == "en"]
        page.wait_for_function(
            "text => document.querySelector('.street-card .card-state')?.textContent === text"
            " || document.querySelector('.street-card .card-state span')?.textContent === text",
            arg=text,
        )
    page.goto(f"{streets}/map?lang={lang}&{STREET}")
    act(page, "停用驿站", 1)
    page.locator(".route-acts button").nth(1).click()
    page.wait_for_selector(".street-card .look-suspended")


def shown(page: Page) -> dict[str, Any]:
    """Return what the panel says."""

    def texts(locator: Locator) -> list[str]:
        return locator.all_inner_texts()

    return {
        "shares": texts(page.locator(".figure strong"))[:2],
        "bars": texts(page.locator("#by-district .bar-value")),
        "gaps": texts(page.locator(".gap-row-n")),
    }


def expected(page: Page, mode: str) -> dict[str, Any]:
    """Return what the panel should say, from the API."""
    found = ask(page, f"coverage?mode={mode}")
    gaps = ask(page, f"gaps?mode={mode}&limit=5")["features"]

    def percent(share: float) -> str:
        return f"{100 * share:.0f}%" if share in {0, 1} else f"{100 * share:.1f}%"

    rows = sorted(found["by_district"], key=lambda row: (-row["share"], -row["total"]))
    return {
        "shares": [percent(found["nominal"]["share"]), percent(found["share"])],
        "bars": [percent(row["share"]) for row in rows],
        "gaps": [f"{gap['properties']['workers']:,.0f} 人" for gap in gaps],
    }


def test_the_switch_changes_every_figure(streets: str, visit: Visit) -> None:
    """Figures, bars, gaps and the sentence are those of the API, and the address remembers it."""
    page = visit(f"{streets}/map?{STREET}")
    page.wait_for_selector(".gap-row")
    assert "mode" not in query_of(page)
    seen = []
    for mode in ("line", "walk", "ebike", "line"):
        choose(page, mode)
        page.wait_for_selector(".gap-row")
        wanted = expected(page, mode)
        page.wait_for_function(
            "([n, first]) => { const all = document.querySelectorAll('.gap-row-n');"
            " return all.length === n && all[0].textContent === first; }",
            arg=[len(wanted["gaps"]), wanted["gaps"][0]],
        )
        assert shown(page) == wanted
        seen.append(wanted["shares"])
        assert query_of(page).get("mode", "line") == mode
    assert seen[0] == seen[3]
    assert len({tuple(shares) for shares in seen}) == 3


def test_walking_is_told_in_minutes(streets: str, visit: Visit) -> None:
    """The sentence, what circles overstate, definitions and gaps; and no circle is drawn."""
    page = visit(f"{streets}/map?{STREET}", expected="willReadFrequently")
    page.wait_for_selector(".gap-row")
    assert "1 公里内" in page.locator("#answer").inner_text()
    inked = """() => {
        const canvas = document.querySelector("canvas.coverage-canvas");
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return data.some((value) => value > 0);
    }"""
    page.wait_for_function(inked)
    page.locator(".measure input:checked").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_selector(".overstated")
    assert page.evaluate("document.activeElement.value") == "walk"
    assert "15 分钟步行路程内有能用的驿站" in page.locator("#answer").inner_text()
    told = ask(page, "coverage?mode=walk")["streets"]
    assert told["overstated"] > 0.1
    text = page.locator(".overstated").inner_text()
    assert f"圆圈多算了 {100 * told['overstated']:.1f}%" in text
    missed = round(told["in_circle"] - told["in_both"])
    assert [1170, round(told["in_circle"]), missed, 15] == figures_of(text.split("%", 1)[1])[:4]
    assert f"{told['off_network']:,.0f} 人附近没有道路" in text
    assert "1 个驿站附近没有道路" in text
    page.click(".figure .term >> nth=1")
    assert "沿道路 15 分钟步行路程内" in page.locator("#define-effective").inner_text()
    page.wait_for_function(f"() => !({inked})()")
    assert page.locator(".layer-note").is_visible()
    page.click(".gap-row >> nth=0")
    page.wait_for_selector(".gap-popup .card-lead")
    zone = ask(page, "gaps?mode=walk&limit=1")["features"][0]["properties"]
    text = page.locator(".gap-popup").inner_text()
    if zone["nearest_s"] is None:
        assert "沿道路到不了" in text
    else:
        assert f"要走 {-(-zone['nearest_s'] // 60):.0f} 分钟" in text


def test_districts_are_shaded_anew(streets: str, visit: Visit) -> None:
    """The layer of shares follows the switch."""
    page = visit(f"{streets}/map?{STREET}&layers=districts,stations")
    page.wait_for_selector(".district-tag b")
    before = page.locator(".district-tag b").all_inner_texts()
    choose(page, "walk")
    found = ask(page, "districts?mode=walk")["features"]
    page.wait_for_function(
        "before => [...document.querySelectorAll('.district-tag b')]"
        ".some((tag, i) => tag.textContent !== before[i])",
        arg=before,
    )
    shares = [f"{100 * feature['properties']['share']:.1f}%" for feature in found]
    assert page.locator(".district-tag b").all_inner_texts() == shares


def test_a_plan_is_made_by_walking(streets: str, visit: Visit, city: Workspace) -> None:
    """The form asks for minutes; the plan says minutes, draws no circles, and is listed so."""
    page = visit(f"{streets}/map?{STREET}&mode=walk")
    page.click("#plan .primary")
    page.fill("#plan-token", TOKEN)
    page.keyboard.press("Enter")
    page.wait_for_selector("#plan-mode")
    assert page.locator("#plan-mode").input_value() == "walk"
    page.click(".plan-more summary")
    assert page.locator("#plan-minutes").input_value() == "15"
    assert page.locator("#plan-radius_m").is_hidden()
    page.select_option("#plan-mode", "line")
    assert page.locator("#plan-minutes").is_hidden()
    assert page.locator("#plan-radius_m").is_visible()
    page.select_option("#plan-mode", "walk")
    page.fill("#plan-minutes", "12")
    page.fill("#plan-time_s", "5")
    page.fill("#plan-new", "2")
    page.click(".plan-form .primary")
    page.wait_for_selector(".plan-result", timeout=60_000)
    assert page.locator("#answer").inner_text().startswith("按 12 分钟步行路程算，")
    assert "按 12 分钟步行路程算；" in page.locator(".plan-result .plan-note").inner_text()
    assert page.locator(".proposed").count() == 2
    assert page.locator(".plan-reach").count() == 0
    (kept,) = PlanStore(city.folder).list()
    assert kept["method"] == "walk"
    page.click("text=关闭方案")
    assert "12 分钟步行路程" in page.locator(".plan-asked").inner_text()


@pytest.mark.parametrize(("width", "lang"), [(320, "en"), (320, "zh"), (390, "zh")])
def test_streets_fit_a_phone(streets: str, visit: Visit, width: int, lang: str) -> None:
    """No sideways scrolling, targets a finger can hit, the card inside the screen."""
    where = f"lon={LON + 0.011}&lat={LAT + 0.011}&zoom=15"
    page = visit(f"{streets}/map?lang={lang}&{where}", width=width, height=700, phone=True)
    page.wait_for_selector(".gap-row", state="attached")
    page.tap("#handle")
    page.wait_for_selector("#panel.open .measure")
    for target in page.locator(".measure span").all():
        assert target.bounding_box()["height"] >= 44
    choose(page, "walk")
    page.wait_for_selector(".overstated")
    assert page.locator("#panel-body").evaluate("body => body.scrollWidth <= body.clientWidth")
    page.tap("#handle")
    page.wait_for_selector("#panel:not(.open)")
    for which in (0, 1):
        act(page, "大河路驿站", which)
        page.wait_for_selector((".reach-rows", ".route-acts")[which])
        if which:
            page.locator(".route-acts button").nth(1).tap()
            page.wait_for_selector(".route-time strong")
        card = page.locator(".street-card")
        box = card.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["y"] > 300
        assert box["y"] + box["height"] <= 700
        assert card.evaluate("card => card.scrollWidth <= card.clientWidth")
        for target in card.locator("button").all():
            assert target.bounding_box()["height"] >= 44
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.locator(".street-close").tap()
        page.wait_for_selector("#handle")


def test_without_a_network_nothing_of_it_is_there(site: str, visit: Visit) -> None:
    """No switch, no buttons, no style sheet, and a link that asks for it is passed over."""
    page = visit("about:blank")
    asked: list[str] = []
    page.on("request", lambda one: asked.append(urlsplit(one.url).path))
    page.goto(f"{site}/map?{STREET}&mode=walk&reach=t-001&station=t-001")
    page.wait_for_selector(".station-popup article")
    page.wait_for_selector(".gap-row")
    assert page.locator(".measure, .street-act, .street-card, .layer-note").count() == 0
    assert "1 公里内" in page.locator("#answer").inner_text()
    assert not [path for path in asked if "streets" in path]
    assert {"mode", "reach"}.isdisjoint(query_of(page))
