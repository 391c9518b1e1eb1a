"""Hostile texts in a real browser: nothing runs, nothing is asked of others, nothing sticks out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.webmap.hostile import FREE_TEXT, PLACE, POISONS, make

from .city import LAT, LON, make_workspace, station

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from .city import Serve, Visit

pytestmark = pytest.mark.browser

IDS = tuple(f"s-{number:02}" for number in range(len(POISONS)))
PHONE = {"width": 320, "height": 640, "phone": True}
MISSING = "404"
"""A photo that is not there, and pages that are not."""
LONG = "W" * 200
LIMITS = {
    "phone": 60,
    "district": 60,
    "township": 60,
    "address": 500,
    "hours_text": 500,
    "notes": 5000,
}


def watch(page: Page) -> None:
    """Fail as soon as a text opens a dialog."""
    page.on("dialog", lambda _: pytest.fail("a text was run"))


def go(page: Page, address: str) -> None:
    """Open a page of the site, and see that nothing has run when it is there."""
    page.goto(address)
    inert(page)


def inert(page: Page) -> None:
    """Nothing has run in the page or in a frame of it, and no element came from a text."""
    for frame in page.frames:
        assert frame.evaluate("window.pwned") is None
        assert frame.locator("[onerror], [onload], [onmouseover], img[src=x]").count() == 0


def fits(page: Page) -> None:
    """Nothing sticks out sideways."""
    for name in ("documentElement", "body"):
        assert page.evaluate(f"document.{name}.scrollWidth") <= PHONE["width"], (page.url, name)


@pytest.fixture
def site(serve: Serve, tmp_path: Path) -> str:
    """Address of a server of the town whose every text is hostile."""
    return serve(make(tmp_path / "hostile").workspace)


def test_worker_pages_run_no_text(serve: Serve, visit: Visit, tmp_path: Path) -> None:
    """List, map and cards, saved stations, station, form and task; at 320 px nothing sticks out."""
    made = make(tmp_path / "hostile")
    site = serve(made.workspace)
    page = visit(f"{site}/?{PLACE}", **PHONE, expected=MISSING, prepare=watch)
    page.wait_for_load_state("networkidle")
    inert(page)
    fits(page)
    assert page.locator(".card").count() > 10
    frame = page.frame_locator(".strip iframe")
    for mark in frame.locator(".worker-mark[role=button]").all()[:20]:
        mark.dispatch_event("click")
        frame.locator(".small-card a").last.wait_for()
        assert frame.locator(".small-card :is(img, script, b, svg)").count() == 0
    inert(page)
    page.evaluate(
        "ids => localStorage.setItem('yizhan.saved', JSON.stringify(ids))", ["<b>x", *IDS]
    )
    reports = [{"id": "<i>", "kind": "report", "name": text, "at": 0} for text in POISONS.values()]
    page.evaluate("all => localStorage.setItem('yizhan.reports', JSON.stringify(all))", reports)
    paths = [
        "saved",
        "suggest",
        "offline",
        "near/map",
        *(
            f"?q={text.replace('&', '%26').replace('#', '%23')}"
            for text in list(POISONS.values())[:9]
        ),
        *(f"stations/{one}" for one in IDS),
        *(f"stations/{one}/report" for one in IDS[:6]),
        *(f"reports/{entry.id}" for entry in made.entries[::3]),
        "stations/%3Cimg src=x onerror=pwned=1%3E",
    ]
    for path in paths:
        go(page, f"{site}/{path}")
        fits(page)


def test_posters_run_no_text(site: str, visit: Visit) -> None:
    """The sheet as a page, for every kind of text."""
    page = visit(f"{site}/stations/s-00/poster", prepare=watch)
    for one in IDS:
        go(page, f"{site}/stations/{one}/poster")


def test_the_map_runs_no_text(site: str, visit: Visit) -> None:
    """Marks, popups, search and panel of the planner's map."""
    page = visit(f"{site}/map?{PLACE}&zoom=19", prepare=watch, expected=MISSING)
    page.wait_for_selector(".station")
    page.wait_for_load_state("networkidle")
    for mark in page.locator(".station").all():
        mark.dispatch_event("click")
        page.wait_for_selector(".station-popup article h2")
        assert page.locator(".station-popup article :is(img, script, b, i)").count() == 0
        text = page.locator(".station-popup article").inner_text()
        assert not set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\x9b\x1b\0") & set(
            text
        )
        page.evaluate("yizhanMap.closePopup()")
        page.wait_for_selector(".station-popup", state="detached")
    for text in POISONS.values():
        page.fill("#search", text.strip() or "x")
        page.wait_for_selector("#search-results li")
    page.wait_for_load_state("networkidle")
    inert(page)
    assert "onerror=pwned=1>{{7*7}}" in page.locator(".leaflet-control-attribution").inner_text()


def test_long_texts_stay_inside_a_narrow_phone(serve: Serve, visit: Visit, tmp_path: Path) -> None:
    """Words without an end, as long as a field takes them: no page, popup or card grows wider."""
    records = [
        station(
            1,
            1,
            1,
            **{field: (LONG * 25)[: LIMITS.get(field, 200)] for field in FREE_TEXT},
            labels=[LONG * 2, LONG],
            photos=["W" * 110 + ".jpg"],
            facilities={"drinking_water": True},
            access=[{"mode": "qr"}],
        )
    ]
    made = make_workspace(tmp_path / "city", records, title=LONG[:80], title_en=LONG[:80])
    site, here = serve(made), f"lon={LON + 0.01}&lat={LAT + 0.01}"
    page = visit(f"{site}/?{here}", **PHONE, expected=MISSING, prepare=watch)
    for path in (
        f"?{here}",
        f"?{here}&text=large",
        f"?q={LONG[:100]}",
        f"?q={LONG}{LONG}",
        "stations/t-001",
        "stations/t-001/report",
        "saved?ids=t-001",
        f"saved?ids={LONG}",
        f"stations/{LONG}",
        "suggest",
        f"map?station=t-001&{here}&zoom=16",
    ):
        go(page, f"{site}/{path}")
        fits(page)
    popup = page.locator(".station-popup .leaflet-popup-content")
    popup.wait_for()
    assert popup.evaluate("(one) => one.scrollWidth <= one.clientWidth")
    page.fill("#search", LONG[:90] + "q")
    found = page.locator("#search-results")
    found.locator("li").wait_for()
    assert found.evaluate("(one) => one.scrollWidth <= one.clientWidth")
    fits(page)
    go(page, f"{site}/?{here}")
    frame = page.frame_locator(".strip iframe")
    frame.locator(".worker-mark[role=button]").first.dispatch_event("click")
    card = frame.locator(".small-card .leaflet-popup-content")
    card.wait_for()
    assert card.evaluate("(one) => one.scrollWidth <= one.clientWidth")


def test_a_text_that_is_too_long_is_refused_and_kept(site: str, visit: Visit) -> None:
    """Ten thousand characters: said in words, and still there to be shortened."""
    page = visit(f"{site}/stations/s-00/report", **PHONE, expected="422", prepare=watch)
    page.get_by_text("其他").click()
    page.locator("#text").fill("W" * 10_000)
    page.get_by_role("button", name="发送").click()
    page.get_by_text("共 10,000 个字").wait_for()
    assert page.locator("#text").input_value() == "W" * 10_000
    fits(page)
