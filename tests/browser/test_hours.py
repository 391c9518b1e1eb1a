"""The week along the lower edge of the map: one chooses an hour, and the page is of that hour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlsplit

import numpy as np
import pytest

from geodata.demand import Demand
from stations.demand_file import Source
from stations.street_input import make_networks

from .city import LAT, LON, demand, make_workspace, station
from .test_reporting import axe_faults
from .test_streets import write_streets

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Locator, Page, Request, Route

    from stations.workspace import Workspace

    from .city import Serve, Visit

pytestmark = pytest.mark.browser

STREET = f"lon={LON + 0.02}&lat={LAT + 0.015}&zoom=15"
AREA = f"lon={LON + 0.03}&lat={LAT + 0.02}&zoom=13.5"
SHADES_SHOWN = """() => [...document.querySelectorAll(".week-cells i")]
    .map((one) => one.style.backgroundColor).join()"""
NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "holiday")
TUESDAY_2, TUESDAY_10, SATURDAY_12, HOLIDAY_14 = 26, 34, 132, 182
STATIONS = (
    station(1, 1, 1, name="全天驿站", opening_hours="24/7", facilities={"microwave": True}),
    station(
        2,
        3,
        1,
        name="机关驿站",
        opening_hours="Mo-Fr 08:00-18:00; PH off",
        facilities={"wifi": True},
    ),
    station(3, 3, 3.6, name="时间不详的骑手之家", kind="rider_home"),
    station(4, 1, 3.6, name="停用驿站", status="suspended", opening_hours="24/7"),
)


def by_the_hour() -> Demand:
    """The workers of the small city: couriers by day, riders at all hours but Sunday's 04:00."""
    couriers, riders = np.zeros(168), np.full(168, 0.3)
    couriers.reshape(7, 24)[:, 7:20] = 0.8
    riders.reshape(7, 24)[:, 11:21] = 0.9
    couriers[148], riders[148] = 0, 0
    here = demand()
    return Demand(
        here.lon,
        here.lat,
        here.weights,
        here.groups,
        profile=np.stack([couriers, riders]),
        spacing_m=here.spacing_m,
        holiday=np.full((2, 24), 0.25),
    )


def make_city(folder: Path, workers: Demand) -> Workspace:
    """Make the small city with stations of different hours."""
    workspace = make_workspace(folder, STATIONS, with_demand=False)
    workspace.set_demand(workers, [Source("test", "courier", "points", 1.0)])
    return workspace


@pytest.fixture
def site(serve: Serve, tmp_path: Path) -> str:
    """Address of a server of the small city, whose workers have hours."""
    return serve(make_city(tmp_path / "city", by_the_hour()))


def ask(page: Page, path: str, **query: object) -> Any:
    """Return what the API answers."""
    tail = "&".join(f"{name}={quote(str(value))}" for name, value in query.items())
    return page.evaluate(
        "path => fetch(path).then((answer) => answer.json())", f"/api/v1/{path}?{tail}"
    )


def query_of(page: Page) -> dict[str, str]:
    """Return what the address bar holds."""
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def words(hour: int) -> str:
    """An hour as the API takes it."""
    return f"{NAMES[hour // 24]} {hour % 24:02d}:00"


def code(hour: int) -> str:
    """An hour as the address of the page has it."""
    return f"{NAMES[hour // 24]}-{hour % 24:02d}"


def cell(page: Page, hour: int) -> Locator:
    """The cell of an hour."""
    return page.locator(f".week-day:nth-child({hour // 24 + 1}) .week-cells i").nth(hour % 24)


def choose(page: Page, hour: int) -> None:
    """Press an hour, and wait until the page is of it."""
    box = cell(page, hour).bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    settled(page, hour)


def settled(page: Page, hour: int | None) -> None:
    """Wait until the page is of an hour, or of any time again."""
    wanted = None if hour is None else code(hour)
    page.wait_for_function(
        "at => new URLSearchParams(location.search).get('at') === at", arg=wanted
    )
    page.wait_for_selector("#panel-body:not([aria-busy]) .gap-row", state="attached")
    page.wait_for_selector(".week:not([aria-busy])")
    page.wait_for_load_state("networkidle")


def percent(share: float) -> str:
    """A share as the page says it."""
    return f"{100 * share:.0f}%" if share in {0, 1} else f"{min(max(100 * share, 0.1), 99.9):.1f}%"


def span(low: float, high: float) -> str:
    """A range as the page says it."""
    ends = [percent(low), percent(high)]
    return ends[0] if ends[0] == ends[1] else f"{ends[0][:-1]}–{ends[1]}"


def shown(page: Page) -> dict[str, Any]:
    """Return the figures of the panel."""

    def texts(selector: str) -> list[str]:
        return page.locator(selector).all_inner_texts()

    def rows(place: str) -> dict[str, str]:
        return dict(zip(texts(f"{place} .bar-name"), texts(f"{place} .bar-value"), strict=True))

    return {
        "figures": texts(".figure strong"),
        "districts": rows("#by-district"),
        "groups": rows("#by-group"),
        "gaps": texts(".gap-row-n"),
    }


def expected(page: Page, hour: int, **more: object) -> dict[str, Any]:
    """Return what the panel should say of an hour, from the API."""
    found = ask(page, "coverage", at=words(hour), **more)
    gaps = ask(page, "gaps", at=words(hour), limit=5, **more)["features"]
    door = found["open"]
    ends = sorted({door["stations"], door["perhaps_stations"]})

    def rows(by: str) -> dict[str, str]:
        return {
            row["name"]: span(row["open_share"], row["perhaps_share"]) if row["total"] else "—"
            for row in found[by]
        }

    return {
        "figures": [
            percent(found["nominal"]["share"]),
            span(door["share"], door["perhaps_share"]),
            f"{found['total']:,.0f}",
            "–".join(map(str, ends)),
        ],
        "districts": rows("by_district"),
        "groups": rows("by_group"),
        "gaps": [f"{gap['properties']['workers']:,.0f} 人" for gap in gaps],
    }


def looks(page: Page) -> dict[str, str]:
    """Return the look of each mark."""
    found: dict[str, str] = page.locator(".station").evaluate_all(
        "all => Object.fromEntries(all.map(m => [m.title, m.className.match(/station-(\\w+)/)[1]]))"
    )
    return found


def test_the_strip_shows_who_finds_a_station_open(site: str, visit: Visit) -> None:
    """A cell is the darker the more certainly do; where nobody is at work it is striped."""
    page = visit(f"{site}/map?{STREET}")
    page.wait_for_selector(".week:not([aria-busy])")
    assert page.locator(".week-cells i").count() == 192
    hours = ask(page, "coverage/week")["hours"]
    red = page.locator(".week-cells i").evaluate_all(
        "all => all.map(i => Number((i.style.backgroundColor.match(/\\d+/) ?? [NaN])[0]))"
    )
    shares = [o / a if a else None for o, a in zip(hours["open"], hours["active"], strict=True)]
    nobody = [i for i, share in enumerate(shares) if share is None]
    assert nobody == [148]
    assert page.locator(".week-cells i.nobody").count() == 1
    dark = sorted((share, -value) for share, value in zip(shares, red, strict=True) if share)
    assert [value for _, value in dark] == sorted(value for _, value in dark)
    assert len({value for _, value in dark}) > 2
    # Of the whole week, where no hour is chosen.
    mean = ask(page, "coverage/week")["mean"]
    said = page.locator(".week-figures").inner_text()
    assert f"{mean['workers']:,.0f} 人" in said
    assert span(mean["open"], mean["perhaps"]) in said


@pytest.mark.parametrize("hour", [TUESDAY_2, TUESDAY_10, SATURDAY_12, HOLIDAY_14])
def test_an_hour_drives_the_whole_page(site: str, visit: Visit, hour: int) -> None:
    """Figures, bars, gaps and sentences are those of the API; the address brings it all back."""
    page = visit(f"{site}/map?{STREET}")
    page.wait_for_selector(".gap-row")
    choose(page, hour)
    wanted = expected(page, hour)
    assert shown(page) == wanted
    day = "节假日" if hour >= 168 else f"周{'一二三四五六日'[hour // 24]}"
    time = f"{day} {hour % 24:02d}:00"
    sentence = page.locator("#answer").inner_text()
    assert sentence.startswith(f"{time}，在岗 {wanted['figures'][2]} 人，")
    assert wanted["figures"][1] in sentence
    assert page.locator(".week-time").inner_text() == time
    said = page.locator(".week-figures").inner_text()
    assert said == f"在岗 {wanted['figures'][2]} 人 · 有驿站开着 {wanted['figures'][1]}"
    again = visit(page.url)
    settled(again, hour)
    assert shown(again) == wanted
    assert again.locator(".week-thumb").count() == 1
    assert query_of(again) == query_of(page)


def test_the_keyboard_moves_the_hour(site: str, visit: Visit) -> None:
    """It is a slider: arrows an hour, page keys a day, Home and End the ends, Escape any time."""
    page = visit(f"{site}/map?{STREET}&at=Tue-02")
    settled(page, TUESDAY_2)
    slider = page.get_by_role("slider", name="看一周里的哪个钟点")
    slider.focus()
    for key, hour in (
        ("ArrowRight", 27),
        ("ArrowUp", 28),
        ("PageUp", 52),
        ("ArrowLeft", 51),
        ("ArrowDown", 50),
        ("PageDown", 26),
        ("End", 191),
        ("ArrowRight", 191),
        ("Home", 0),
        ("PageDown", 0),
    ):
        page.keyboard.press(key)
        assert slider.get_attribute("aria-valuenow") == str(hour), key
    settled(page, 0)
    assert (slider.get_attribute("aria-valuemin"), slider.get_attribute("aria-valuemax")) == (
        "0",
        "191",
    )
    door = ask(page, "coverage", at="Mon 00:00")["open"]
    said = slider.get_attribute("aria-valuetext")
    assert said is not None
    assert said.startswith("周一 00:00、在岗 ")
    assert said.endswith(f"有驿站开着 {span(door['share'], door['perhaps_share'])}")
    assert slider.evaluate("node => getComputedStyle(node).outlineStyle") == "solid"
    page.keyboard.press("Escape")
    settled(page, None)
    assert "任何时间" in (slider.get_attribute("aria-valuetext") or "")


def test_marks_are_as_they_are_then(site: str, visit: Visit) -> None:
    """Each has the state of the hour, in its look and its name; the popup says that and now."""
    page = visit(f"{site}/map?{AREA}")
    page.wait_for_selector(".gap-row")
    always = {"全天驿站": "open", "时间不详的骑手之家": "unknown", "停用驿站": "suspended"}
    office = '.station[title="机关驿站"]'
    for hour, look, text in (
        (TUESDAY_2, "closed", "已关门 · 08:00 开"),
        (TUESDAY_10, "open", "开放 · 至 18:00"),
        (113, "closing", "开放 · 还开 60 分钟"),
        (115, "closed", "已关门 · 周一 08:00 开"),
        (90, "closed", "已关门 · 次日 08:00 开"),
    ):
        choose(page, hour)
        assert looks(page) == always | {"机关驿站": look}
        label = page.locator(office).get_attribute("aria-label")
        assert label == f"机关驿站，暖心驿站，{text}" or (label or "").endswith(text)
    page.locator(office).dispatch_event("click")
    page.wait_for_selector(".card-now")
    assert page.locator(".card-state").first.inner_text() == "周四 18:00：已关门 · 次日 08:00 开"
    assert page.locator(".card-now").inner_text().startswith("现在：")
    # An open card follows.
    choose(page, TUESDAY_10)
    page.wait_for_selector(".card-state:has-text('周二 10:00：开放 · 至 18:00')")
    page.click(".week-any")
    page.wait_for_selector(".card-now", state="detached")
    assert page.locator(".card-state").count() == 1


def test_circles_are_of_the_stations_open_then(site: str, visit: Visit) -> None:
    """Those open reach somebody, and those whose hours are unknown perhaps; others do not."""
    page = visit(f"{site}/map?{AREA}", expected="willReadFrequently")
    page.wait_for_selector(".gap-row")
    inked = """([lon, lat]) => {
        const canvas = document.querySelector("canvas.coverage-canvas");
        const dense = devicePixelRatio;
        const at = yizhanMap.latLngToContainerPoint([lat, lon]);
        const box = canvas.getBoundingClientRect();
        const map = yizhanMap.getContainer().getBoundingClientRect();
        const x = (at.x + map.left - box.left) * dense;
        const y = (at.y + map.top - box.top) * dense;
        return canvas.getContext("2d").getImageData(x, y, 1, 1).data[3] > 0;
    }"""
    # North of the office and south of the others, where only its own circle is.
    place = [LON + 0.035, LAT + 0.003]
    page.wait_for_function(inked, arg=place)
    choose(page, TUESDAY_2)
    page.wait_for_function(f"place => !({inked})(place)", arg=place)
    choose(page, TUESDAY_10)
    page.wait_for_function(inked, arg=place)


def test_gaps_are_those_of_the_hour(site: str, visit: Visit) -> None:
    """Zones and their cards: who is at work then and has no station known to be open."""
    page = visit(f"{site}/map?{AREA}")
    page.wait_for_selector(".gap-zone")
    tags = "() => [...document.querySelectorAll('.gap-mark')].map(m => m.ariaLabel).join()"
    page.wait_for_function(f"() => ({tags})()")
    before = page.evaluate(tags)
    choose(page, TUESDAY_2)
    assert page.evaluate(tags) != before
    count = ask(page, "gaps", at=words(TUESDAY_2), limit=60)["features"]
    assert page.locator(".gap-zone").count() == len(count)
    page.click(".gap-row >> nth=0")
    page.wait_for_selector(".gap-popup .card-lead")
    text = page.locator(".gap-popup").inner_text()
    assert f"那时在岗 {count[0]['properties']['workers']:,.0f} 人，够不着开着的驿站" in text
    assert "确知那时开着的驿站" in text
    page.click(".week-any")
    settled(page, None)
    page.wait_for_function(f"before => ({tags})() === before", arg=before)


def test_districts_are_shaded_by_the_hour(site: str, visit: Visit) -> None:
    """Their layer says the range of each."""
    page = visit(f"{site}/map?{STREET}&layers=districts&at=Tue-02")
    settled(page, TUESDAY_2)
    rows = ask(page, "coverage", at=words(TUESDAY_2))["by_district"]
    wanted = [span(row["open_share"], row["perhaps_share"]) for row in rows if row["adcode"]]
    assert page.locator(".district-tag b").all_inner_texts() == wanted


def test_squares_are_the_workers_of_the_hour(site: str, visit: Visit) -> None:
    """The layer of demand asks for the hour."""
    page = visit("about:blank")
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    page.goto(f"{site}/map?{STREET}&layers=demand&at=holiday-14")
    settled(page, HOLIDAY_14)
    mine = [parse_qs(urlsplit(url).query).get("at") for url in asked if "/demand?" in url]
    assert mine
    assert all(at == ["holiday 14:00"] for at in mine)


def test_an_hour_is_measured_along_the_streets(serve: Serve, visit: Visit, tmp_path: Path) -> None:
    """The switch of the panel holds for the hour too, in figures, gaps and the strip."""
    city = make_city(tmp_path / "city", by_the_hour())
    write_streets(tmp_path / "streets.geojson")
    make_networks(city, tmp_path / "streets.geojson", join_crossings=True)
    page = visit(f"{serve(city)}/map?{AREA}&at=Tue-02")
    settled(page, TUESDAY_2)
    assert shown(page) == expected(page, TUESDAY_2)
    before = page.evaluate(SHADES_SHOWN)
    page.check(".measure input[value=walk]", force=True)
    page.wait_for_function("() => location.search.includes('mode=walk')")
    settled(page, TUESDAY_2)
    walking = expected(page, TUESDAY_2, mode="walk")
    assert shown(page) == walking
    assert walking != expected(page, TUESDAY_2)
    assert page.evaluate(SHADES_SHOWN) != before
    assert "15 分钟步行路程内有驿站开着" in page.locator("#answer").inner_text()
    page.click(".gap-row >> nth=0")
    page.wait_for_selector(".gap-popup .card-lead")
    assert "确知那时开着的驿站" in page.locator(".gap-popup").inner_text()


def test_any_time_is_the_page_as_it_was(site: str, visit: Visit) -> None:
    """One button takes the hour back, from the address too."""
    page = visit(f"{site}/map?{STREET}")
    page.wait_for_selector(".gap-row")
    before, marks, address = shown(page), looks(page), query_of(page) | {"lang": "zh"}
    assert page.locator(".week-any").get_attribute("aria-pressed") == "true"
    choose(page, SATURDAY_12)
    assert shown(page) != before
    assert query_of(page) == address | {"at": "Sat-12"}
    assert page.locator(".week-any").get_attribute("aria-pressed") == "false"
    page.click(".week-any")
    settled(page, None)
    assert shown(page) == before
    assert looks(page) == marks
    assert query_of(page) == address
    assert "现在" in page.locator("#answer").inner_text()


@pytest.mark.parametrize("by", ["button", "link"])
def test_now_is_the_hour_that_the_server_says(site: str, visit: Visit, by: str) -> None:
    """It knows the holidays: the page takes its word, and the address keeps the hour."""

    def holiday(route: Route) -> None:
        answer = route.fetch()
        found = answer.json()
        found["open"]["hour"] = HOLIDAY_14
        route.fulfill(response=answer, json=found)

    page = visit("about:blank")
    page.route("**/coverage?at=now", holiday)
    page.goto(f"{site}/map?{STREET}{'&at=now' if by == 'link' else ''}")
    if by == "button":
        page.wait_for_selector(".gap-row")
        page.click(".week-now")
    settled(page, HOLIDAY_14)
    assert shown(page) == expected(page, HOLIDAY_14)


def test_what_is_needed_narrows_who_finds_a_door_open(site: str, visit: Visit) -> None:
    """Facilities and ways in count in the figures of an hour, and in the strip; kinds do not."""
    page = visit(f"{site}/map?{AREA}&facility=microwave")
    page.wait_for_selector(".gap-row")
    before = page.evaluate(SHADES_SHOWN)
    assert page.locator('[data-chip="open"]').inner_text() == "现在开着"
    assert page.locator(".week-only").inner_text() == ""
    choose(page, TUESDAY_10)
    wanted = expected(page, TUESDAY_10, facility="microwave")
    assert shown(page) == wanted
    assert wanted != expected(page, TUESDAY_10)
    assert page.evaluate(SHADES_SHOWN) != before
    assert page.locator(".week-only").inner_text() == "只算：微波炉"
    assert page.locator('[data-chip="open"]').inner_text() == "那时开着"
    page.click('[data-chip="facility"]')
    assert "算说不准" in page.locator(".choices-hint").inner_text()
    page.click('[data-chip="facility:microwave"]')
    settled(page, TUESDAY_10)
    page.wait_for_function("() => document.querySelector('.week-only').textContent === ''")
    page.click('[data-chip="kind"]')
    page.click('[data-chip="kind:rider_home"]')
    page.wait_for_function("() => document.querySelectorAll('.station').length === 1")
    assert shown(page) == expected(page, TUESDAY_10)


def test_open_then_leaves_the_marks_that_are(site: str, visit: Visit) -> None:
    """The chip asks for the hour, not for now."""
    page = visit(f"{site}/map?{AREA}&open=1&at=Tue-02")
    settled(page, TUESDAY_2)
    assert looks(page) == {"全天驿站": "open"}
    choose(page, TUESDAY_10)
    assert looks(page) == {"全天驿站": "open", "机关驿站": "open"}


def of_api(page: Page) -> list[str]:
    """Collect the questions to the API from now on."""
    asked: list[str] = []

    def note(request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.path.startswith("/api/"):
            asked.append(f"{parts.path}?{parts.query}")

    page.on("request", note)
    return asked


def test_a_drag_asks_for_little(site: str, visit: Visit) -> None:
    """Over forty cells the strip moves with the finger, and only where it stops is asked for."""
    page = visit(f"{site}/map?{STREET}")
    settled(page, None)
    asked = of_api(page)
    begin, end = cell(page, 20).bounding_box(), cell(page, 61).bounding_box()
    assert begin is not None
    assert end is not None
    page.mouse.move(begin["x"] + 2, begin["y"] + 9)
    page.mouse.down()
    page.mouse.move(end["x"] + 2, end["y"] + 9, steps=40)
    assert page.locator(".week-time").inner_text() == "周三 13:00"
    page.mouse.up()
    settled(page, 61)
    coverage = [path for path in asked if path.startswith("/api/v1/coverage?")]
    assert coverage[-1] == "/api/v1/coverage?lang=zh&at=Wed+13%3A00"
    # Coverage, gaps, workers, marks and circles: once, or twice if the machine was slow.
    assert len(asked) <= 10
    asked.clear()
    choose(page, 20)
    choose(page, 61)
    assert not [path for path in asked if "Wed+13" in path]


def test_a_late_answer_is_not_shown(site: str, visit: Visit) -> None:
    """Whoever has gone on to another hour sees that one, however long the first takes."""
    page = visit("about:blank")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/v1/coverage?*Tue+02*", hold)
    page.route("**/api/v1/gaps?*Tue+02*", hold)
    page.goto(f"{site}/map?{STREET}&at=Tue-02")
    page.wait_for_function("() => document.querySelector('.week:not([aria-busy])')")
    choose(page, SATURDAY_12)
    wanted = expected(page, SATURDAY_12)
    for route in held:
        # It has been dropped, or comes too late.
        route.fulfill(json={"features": [], "total": 1})
    page.wait_for_load_state("networkidle")
    assert held
    assert shown(page) == wanted
    # What was dropped is asked again.
    page.unroute_all()
    choose(page, TUESDAY_2)
    assert shown(page) == expected(page, TUESDAY_2)


@pytest.mark.parametrize("at", ["garbage", "Tue-24", "holiday", "<script>", "", "Tue 02:00"])
def test_an_hour_that_is_none_is_passed_over(site: str, visit: Visit, at: str) -> None:
    """The page is that of any time."""
    page = visit(f"{site}/map?{STREET}&at={quote(at)}")
    page.wait_for_selector("#panel-body:not([aria-busy]) .gap-row")
    assert page.locator(".week-time").inner_text() == "任何时间"
    page.click('[data-chip="open"]')
    page.wait_for_function("() => location.search.includes('open=1')")
    assert "at" not in query_of(page)


def test_without_demand_there_is_no_strip(serve: Serve, visit: Visit, tmp_path: Path) -> None:
    """Nor does a link bring an hour."""
    site = serve(make_workspace(tmp_path / "city", STATIONS, with_demand=False))
    page = visit(f"{site}/map?{STREET}&at=Tue-02")
    page.wait_for_selector(".station")
    assert page.locator(".week").count() == 0
    page.click('[data-chip="open"]')
    page.wait_for_function("() => location.search.includes('open=1')")
    assert "at" not in query_of(page)


def test_workers_without_hours_are_all_counted(serve: Serve, visit: Visit, tmp_path: Path) -> None:
    """Where nobody knows when they are at work the strip still says who finds a station open."""
    site = serve(make_city(tmp_path / "city", demand()))
    page = visit(f"{site}/map?{STREET}")
    settled(page, None)
    choose(page, TUESDAY_2)
    door = ask(page, "coverage", at=words(TUESDAY_2))
    said = page.locator(".week-figures").inner_text()
    assert said.startswith(f"共 {door['total']:,.0f} 人（不知何时在岗）")
    night, day = (cell(page, hour).evaluate("i => i.style.backgroundColor") for hour in (26, 34))
    assert night != day


def test_where_nobody_is_at_work_nothing_is_claimed(site: str, visit: Visit) -> None:
    """No share of nobody, and a sentence that says so."""
    page = visit(f"{site}/map?{STREET}&at=Sun-04")
    page.wait_for_function("() => document.querySelector('#answer').textContent.includes('没有人')")
    page.wait_for_selector(".week:not([aria-busy])")
    assert page.locator("#answer").inner_text() == "周日 04:00，没有人在岗。"
    assert page.locator(".figure strong").all_inner_texts()[:3] == ["—", "—", "0"]
    assert set(page.locator(".bar-value").all_inner_texts()) == {"—"}
    assert page.locator(".week-people").inner_text() == "没有人在岗"


def test_a_week_that_does_not_come_can_be_asked_again(site: str, visit: Visit) -> None:
    """A quiet line says so; hours can be chosen all the same."""
    page = visit("about:blank", expected="500")
    page.route("**/coverage/week*", lambda route: route.fulfill(status=500, json={}))
    page.goto(f"{site}/map?{STREET}")
    page.wait_for_selector(".week-failed")
    page.wait_for_selector(".gap-row")
    choose(page, TUESDAY_10)
    assert shown(page) == expected(page, TUESDAY_10)
    page.unroute_all()
    page.click(".week-failed button")
    page.wait_for_selector(".week-failed", state="hidden")
    page.wait_for_selector(".week:not([aria-busy])")
    assert cell(page, TUESDAY_10).evaluate("i => i.style.backgroundColor")


def test_an_hour_that_does_not_come_shows_no_other(site: str, visit: Visit) -> None:
    """The figures of the hour before are gone; one may ask again."""
    page = visit(f"{site}/map?{STREET}&at=Tue-02", expected="500")
    settled(page, TUESDAY_2)
    page.route("**/coverage?*Tue+10*", lambda route: route.fulfill(status=500, json={}))
    box = cell(page, TUESDAY_10).bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 1, box["y"] + 5)
    page.wait_for_selector(".notice")
    assert page.locator(".figure, .gap-row:visible, .bars .bar:visible").count() == 0
    page.unroute_all()
    page.click(".notice button")
    settled(page, TUESDAY_10)
    assert shown(page) == expected(page, TUESDAY_10)


def test_a_day_plays_and_stops(site: str, visit: Visit) -> None:
    """Hour after hour, until one takes over; not for those who want things calm."""
    page = visit(f"{site}/map?{STREET}&at=Sun-22", reduced_motion="no-preference")
    settled(page, 166)
    page.click(".week-play")
    assert page.locator(".week-play").get_attribute("aria-label") == "停止播放"
    # The week begins anew behind Sunday.
    page.wait_for_function("() => location.search.includes('at=Mon-00')")
    page.locator(".week-track").focus()
    page.keyboard.press("End")
    assert page.locator(".week-play").get_attribute("aria-label") == "播放一天"
    settled(page, 191)
    calm = visit(f"{site}/map?{STREET}")
    calm.wait_for_selector(".week:not([aria-busy])")
    assert calm.locator(".week-play").is_hidden()


def test_what_the_range_means_is_one_tap_away(site: str, visit: Visit) -> None:
    """In the strip and in the panel."""
    page = visit(f"{site}/map?{STREET}&at=Tue-02")
    settled(page, TUESDAY_2)
    for place in (".week", ".figures"):
        term = page.locator(f"{place} .term").filter(has_text="有驿站开着")
        term.click()
        about = page.locator(f"#{term.get_attribute('aria-describedby')}")
        assert about.is_visible()
        assert "前一个数只算确知开着的" in about.inner_text()
        assert "没登记开放时间" in about.inner_text()
        box = about.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["y"] >= 0
        page.keyboard.press("Escape")


def test_english_says_the_same(site: str, visit: Visit) -> None:
    """Every word of it."""
    page = visit(f"{site}/map?lang=en&{STREET}&at=holiday-14")
    settled(page, HOLIDAY_14)
    found = ask(page, "coverage", at=words(HOLIDAY_14))
    share = span(found["open"]["share"], found["open"]["perhaps_share"])
    total = f"{found['total']:,.0f}"
    assert page.locator(".week-time").inner_text() == "Holiday 14:00"
    assert page.locator(".week-figures").inner_text() == f"{total} at work · open station {share}"
    sentence = page.locator("#answer").inner_text()
    assert sentence.startswith(f"Holiday 14:00: of {total} at work, {share} have an open station")
    assert page.locator(".week-day .week-name").all_inner_texts()[:2] == ["Mon", "Tue"]
    text = page.locator("body").inner_text()
    assert "在岗" not in text
    assert "hours." not in text


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(("width", "height"), [(320, 640), (390, 844), (430, 932)])
def test_a_phone_shows_a_day_at_a_time(
    site: str, visit: Visit, width: int, height: int, lang: str
) -> None:
    """Folded at first; days to tap above 24 hours to slide over; nothing lies over anything."""
    page = visit(f"{site}/map?lang={lang}", width=width, height=height, phone=True)
    page.wait_for_selector(".gap-row", state="attached")
    assert page.locator(".week-track").is_hidden()
    box = page.locator(".week-time").bounding_box()
    assert box is not None
    page.touchscreen.tap(box["x"] + 5, box["y"] + 5)
    page.wait_for_selector(".week-track")
    assert page.locator(".week-fold").get_attribute("aria-expanded") == "true"
    assert page.locator(".week-day:visible").count() == 1
    for target in page.locator(".week button:visible:not(.term), .week-track").all():
        box = target.bounding_box()
        assert box is not None
        assert box["height"] >= 44
    page.locator(".week-choose").nth(1).tap()
    box = page.locator(".week-day.current .week-cells").bounding_box()
    assert box is not None
    assert box["width"] >= width - 40
    page.touchscreen.tap(box["x"] + box["width"] * 2.5 / 24, box["y"] + 20)
    settled(page, TUESDAY_2)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    week, sheet = page.locator(".week-track").bounding_box(), page.locator("#panel").bounding_box()
    assert week is not None
    assert sheet is not None
    assert week["y"] + week["height"] <= sheet["y"] + 1
    stage = page.locator(".stage").bounding_box()
    locate = page.locator(".leaflet-control-locate").bounding_box()
    layers = page.locator(".leaflet-control-layers").bounding_box()
    assert stage is not None
    assert locate is not None
    assert layers is not None
    assert stage["y"] + stage["height"] <= page.locator(".week").bounding_box()["y"] + 1  # type: ignore[index]
    assert locate["y"] + locate["height"] <= stage["y"] + stage["height"]
    assert layers["y"] + layers["height"] <= locate["y"]
    page.locator(".week-choose").nth(7).tap()
    settled(page, 170)
    page.tap(".week-fold")
    assert page.locator(".week-track").is_hidden()
    page.tap("#handle")
    page.wait_for_selector("#panel.open")
    assert page.locator("#panel-body").evaluate("body => body.scrollWidth <= body.clientWidth")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("at", ["", "&at=Tue-02"])
def test_axe_finds_nothing_in_the_strip(site: str, visit: Visit, lang: str, at: str) -> None:
    """No fault that axe-core can find, with an hour and without, wide and on a phone."""
    faults: list[str] = []
    open_pages: list[Callable[[], Page]] = [
        lambda: visit(f"{site}/map?lang={lang}&{STREET}{at}"),
        lambda: visit(f"{site}/map?lang={lang}{at}", width=390, height=844, phone=True),
    ]
    for opened in open_pages:
        page = opened()
        settled(page, TUESDAY_2 if at else None)
        faults += axe_faults(page)
    assert not faults, "\n".join(faults)
