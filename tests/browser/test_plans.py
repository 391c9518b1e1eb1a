"""Planning on the map page: token, form, progress, result, and what a link shows of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from stations.plans import PlanStore
from tests.webmap import fake_planner
from webmap.jobs import Jobs

from .city import make_workspace

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from playwright.sync_api import Page

    from stations.workspace import Workspace

    from .city import Serve, Visit

pytestmark = pytest.mark.browser

TOKEN = "correct-horse-battery"


@pytest.fixture
def city(tmp_path: Path) -> Workspace:
    """The small city, with a token for its planner."""
    return make_workspace(tmp_path / "city", server={"planner_token": TOKEN})


@pytest.fixture
def faked(serve: Serve, city: Workspace) -> Callable[[str], str]:
    """Return a function that serves the city with a planner that does as it is told."""

    def start(what: str) -> str:
        (city.folder / fake_planner.WHAT_NAME).write_text(what)

        def prepare(app: Flask) -> None:
            app.extensions["jobs"] = Jobs(city.folder, command=fake_planner.COMMAND)

        return serve(city, prepare)

    return start


def enter(page: Page, token: str = TOKEN) -> None:
    """Enter the token, as a planner would."""
    page.click("#plan .primary")
    page.fill("#plan-token", token)
    page.keyboard.press("Enter")


def plan(page: Page, sites: int) -> None:
    """Start a plan by the form."""
    page.fill("#plan-new", str(sites))
    page.click(".plan-form .primary")


def test_a_planner_finds_where_new_stations_go(serve: Serve, visit: Visit, city: Workspace) -> None:
    """From the token to the diamonds, with the real planner; the link shows it to everybody."""
    page = visit(f"{serve(city)}/map", expected="403")
    page.wait_for_selector("#plan .primary")
    enter(page, "not-the-right-token")
    page.wait_for_selector(".field-fault:has-text('规划口令不对')")
    page.fill("#plan-token", TOKEN)
    page.keyboard.press("Enter")
    page.wait_for_selector("#plan-problem")
    assert page.evaluate("Object.keys(localStorage).length") == 0
    page.click(".plan-more summary")
    page.fill("#plan-radius_m", "700")
    page.fill("#plan-time_s", "20")
    plan(page, 3)
    page.wait_for_selector(".plan-result", timeout=60_000)
    answer = page.locator("#answer").inner_text()
    assert answer.startswith("按 700 米算，新建 3 个驿站，覆盖率从")
    ranks = page.locator(".proposed .mark-text").all_text_contents()
    assert sorted(ranks) == ["1", "2", "3"]
    assert page.locator(".plan-newly").count() > 0
    assert page.locator(".plan-sites").first.locator("tbody tr").count() == 3
    # The gaps of before would hide what is left.
    assert page.locator(".gap-zone").count() == 0
    assert "layers=" not in page.url
    page.click(".site-link >> nth=0")
    page.wait_for_selector(".plan-popup .card-lead:has-text('新增覆盖')")
    other = visit(page.url)
    other.wait_for_selector(".plan-result")
    assert other.locator("#answer").inner_text() == answer
    assert other.locator(".danger").count() == 0
    other.click("text=关闭方案")
    other.wait_for_selector(".gap-zone")
    assert other.locator(".proposed").count() == 0
    assert "plan=" not in other.url
    assert "+3 个" in other.locator(".plan-row").inner_text()


def test_a_plan_goes_on_while_the_page_is_loaded_again(
    faked: Callable[[str], str], visit: Visit, city: Workspace
) -> None:
    """The address knows the plan, and the tab the token: progress before and after, and the end."""
    page = visit(f"{faked('open')}/map")
    enter(page)
    plan(page, 2)
    page.wait_for_selector(".plan-bar")
    page.wait_for_selector(".plan-state:has-text('正在准备')")
    page.reload()
    page.wait_for_selector(".plan-progress button:has-text('停下')")
    assert page.locator(".plan-bar").get_attribute("aria-valuetext")
    (city.folder / "go").touch()
    page.wait_for_selector(".plan-result")
    assert "10.0% 升到 60.0%；已证明没有更好的方案" in page.locator("#answer").inner_text()
    labels = page.locator(".proposed").evaluate_all("all => all.map(m => m.ariaLabel)")
    assert labels == [
        "拟建驿站第 1 位，文化宫，新增覆盖 400 人",
        "拟建驿站第 2 位，西区新址 2，新增覆盖 100 人",
    ]
    page.locator(".leaflet-control-layers-selector").last.uncheck()
    page.wait_for_selector(".proposed", state="detached")


def test_a_running_plan_is_called_off(faked: Callable[[str], str], visit: Visit) -> None:
    """What was found until then is shown, and said to be that."""
    page = visit(f"{faked('hold')}/map")
    enter(page)
    plan(page, 2)
    page.wait_for_selector(".plan-state:has-text('正在准备')")
    page.click(".plan-progress button")
    page.wait_for_selector(".plan-result .plan-state:has-text('停下时最好的方案')")


def test_a_plan_that_fails_says_why(faked: Callable[[str], str], visit: Visit) -> None:
    """In the language of the page; then one can start another."""
    page = visit(f"{faked('fail')}/map?lang=en")
    enter(page)
    plan(page, 2)
    page.wait_for_selector(".notice:has-text('two quotas clash')")
    page.click("[data-lang=zh]")
    page.wait_for_selector(".notice:has-text('两个名额冲突')")
    page.click(".notice button")
    page.wait_for_selector(".notice", state="detached")
    assert "plan=" not in page.url
    page.wait_for_selector("#plan .primary")


def test_the_chart_answers_how_many(faked: Callable[[str], str], visit: Visit) -> None:
    """By slider, by a share that is asked for, and as a file; by keyboard alone."""
    page = visit(f"{faked('plan')}/map")
    enter(page)
    plan(page, 2)
    page.wait_for_selector(".plan-curve")
    assert page.evaluate("document.activeElement.id") == "plan"
    assert page.locator(".curve-band").count() == 1
    page.locator("#plan-many").focus()
    page.keyboard.press("ArrowLeft")
    assert page.locator(".curve-read output").inner_text() == "建 1 个：50.0%（不会超过 55.00%）"
    for share, words in (("5", "现在就够了"), ("60", "要 2 个"), ("52", "要 1 到 2 个")):
        page.fill("#plan-goal", share)
        assert words in page.locator(".curve-goal").inner_text()
    page.fill("#plan-goal", "90")
    assert "还不够" in page.locator(".curve-goal").inner_text()
    with page.expect_download() as found:
        page.click("text=曲线表")
    text = Path(found.value.path()).read_bytes().decode("utf-8-sig")
    assert text.splitlines() == ["new,share,share_bound", "0,0.1,0.1", "1,0.5,0.55", "2,0.6,0.6"]
    page.click(".curve-goal button")
    assert page.locator("#plan-problem").input_value() == "lscp"
    assert page.locator("#plan-share").input_value() == "90"


def test_a_plan_is_asked_for_one_district(
    faked: Callable[[str], str], visit: Visit, city: Workspace
) -> None:
    """By name, with a budget; the list says what was asked and when, the plan what it costs."""
    page = visit(f"{faked('plan')}/map")
    enter(page)
    page.wait_for_selector("#plan-problem")
    names = page.locator("#plan-district option").all_text_contents()
    assert names == ["全部", "东区", "西区"]
    page.select_option("#plan-district", label="西区")
    page.click(".plan-more summary")
    page.fill("#plan-budget", "300000")
    page.fill("#plan-spacing_m", "500")
    plan(page, 2)
    page.wait_for_selector(".plan-result")
    (kept,) = PlanStore(city.folder).list()
    assert (kept["district"], kept["new"]) == ("410108", 2)
    assert "造价共 24,000 元，预算 300,000 元。" in page.locator(".plan-result").inner_text()
    page.click(".curve-goal button")
    assert page.locator("#plan-district").input_value() == "410108"
    page.click("text=关闭方案")
    row = page.locator(".plan-row").inner_text()
    assert "西区 · 新建 2 个 · 预算 300,000 元 · 间距 500 米 · 1 公里" in row
    assert "22:40" in row


def test_a_plan_of_what_could_close_names_it(faked: Callable[[str], str], visit: Visit) -> None:
    """Each with a link to it on the map; the legend tells the cross, and no chart is offered."""
    page = visit(f"{faked('plan')}/map")
    enter(page)
    page.wait_for_selector("#plan-problem")
    label = page.locator("label[for=plan-share]")
    page.select_option("#plan-problem", "lscp")
    assert label.inner_text() == "覆盖比例（占全部劳动者）"
    assert page.locator("#plan-share-note").is_visible()
    page.select_option("#plan-problem", "redundancy")
    assert label.inner_text() == "保住现有覆盖的 %"
    assert page.locator("#plan-share-note").is_hidden()
    page.click(".plan-form .primary")
    page.wait_for_selector(".plan-result")
    marks = page.locator(".proposed").evaluate_all("all => all.map(m => m.ariaLabel)")
    assert marks == ["建议撤掉：大河路驿站"]
    legend = page.locator("#legend-list .legend-plan:visible").all_inner_texts()
    assert legend == ["可以撤掉", "仍够不着"]
    assert page.locator(".plan-downloads .download").all_inner_texts() == ["撤站表", "GeoJSON"]
    page.click(".plan-closing .site-link:has-text('大河路驿站')")
    page.wait_for_selector(".plan-popup:has-text('建议撤掉的驿站')")
    page.click("text=关闭方案")
    assert "保住现有的 100%" in page.locator(".plan-row").inner_text()


def test_removing_a_plan_takes_two_clicks(faked: Callable[[str], str], visit: Visit) -> None:
    """It is gone for everybody, and a link to it says so."""
    page = visit(f"{faked('plan')}/map", expected="404")
    enter(page)
    plan(page, 2)
    page.wait_for_selector(".plan-result")
    link = page.url
    page.click(".danger")
    page.click(".danger:has-text('确定删除')")
    page.wait_for_selector(".plan-result", state="detached")
    page.goto(link)
    page.wait_for_selector(".notice:has-text('这个方案不在了')")


def test_a_server_that_does_not_plan_says_how_it_could(site: str, visit: Visit) -> None:
    """No form that would only be refused."""
    page = visit(f"{site}/map")
    page.click(".plan-how summary")
    assert "YIZHAN_PLANNER_TOKEN" in page.locator(".plan-how").inner_text()
    assert page.locator("#plan .primary").count() == 0


@pytest.mark.parametrize(("width", "lang"), [(320, "en"), (390, "zh")])
def test_planning_fits_a_phone(
    faked: Callable[[str], str], visit: Visit, width: int, lang: str
) -> None:
    """No sideways scrolling, targets a finger can hit; the sentence stands above the map."""
    page = visit(f"{faked('plan')}/map?lang={lang}", width=width, height=700, phone=True)
    page.wait_for_selector("#plan .primary", state="attached")
    page.tap("#handle")
    enter(page)
    page.wait_for_selector("#plan-problem")
    page.tap(".plan-more summary")
    for target in page.locator(".plan-form :is(input, select, button):visible").all():
        assert target.bounding_box()["height"] >= 44
    page.tap(".plan-form .primary")
    page.wait_for_selector(".plan-result")
    assert "60.0%" in page.locator("#answer").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    panel = page.locator("#panel-body")
    assert panel.evaluate("body => body.scrollWidth <= body.clientWidth")
    page.tap(".site-link >> nth=0")
    page.wait_for_selector(".plan-popup")
    assert page.locator("#panel.open").count() == 0
