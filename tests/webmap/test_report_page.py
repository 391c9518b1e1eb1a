"""The coverage report as a page and as files that are served: choices, faults and what is kept."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

import stations.report
from stations import norm_file
from stations.config import Config
from stations.hours import BEIJING
from stations.report import make_report
from stations.report.ask import Quarter
from stations.store import Change
from stations.workspace import Workspace
from tests.stations.samples import station
from tests.webmap.report_reading import Document, name_of, of_class, said
from tests.webmap.town import SECRETS, demand, districts
from webmap import create_app, texts
from webmap.pages import report as report_page
from webmap.render.pdf import PdfUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from stations.report import CoverageReport, ReportAsk

FORMS = ("pdf", "xlsx", "json")
TYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}


def today() -> dt.date:
    """The day in China."""
    return dt.datetime.now(BEIJING).date()


def quarter_of(day: dt.date, back: int = 0) -> Quarter:
    """The quarter of a day, or one that lies so many back."""
    count = 4 * day.year + (day.month - 1) // 3 - back
    return Quarter(count // 4, count % 4 + 1)


def page(client: FlaskClient, query: str = "", status: int = 200) -> Document:
    """The page, read."""
    response = client.get(f"/report{query}")
    assert (response.status_code, response.mimetype) == (status, "text/html")
    found = Document(response.text)
    assert found.errors == []
    return found


def choices(found: Document, name: str) -> dict[str, str]:
    """Values and words of a choice of the form."""
    (select,) = [e for e in found.elements if name_of(e) == "select" and e.get("name") == name]
    return {option.get("value") or "": said(option) for option in select}


def chosen(found: Document) -> dict[str, str]:
    """What the form has for chosen, by the name of the choice."""
    return {
        select.get("name") or "": next(
            (o.get("value") or "" for o in select if o.get("selected") is not None), ""
        )
        for select in found.elements
        if name_of(select) == "select"
    }


def title(found: Document) -> str:
    """The heading of the report."""
    return said(next(e for e in of_class(found.root, "report")[0].iter() if name_of(e) == "h1"))


def alert(found: Document) -> str:
    """What is said instead of a report."""
    (words,) = [said(e) for e in found.elements if e.get("role") == "alert"]
    return words


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[ReportAsk]]:
    """What has been made so far."""
    made: list[ReportAsk] = []

    def counted(workspace: Workspace, ask: ReportAsk, **options: Any) -> CoverageReport:
        made.append(ask)
        return make_report(workspace, ask, **options)

    monkeypatch.setattr(stations.report, "make_report", counted)
    return made


# --------------------------------------------------------------------------------------- the page


def test_the_page_is_the_report_of_today(client: FlaskClient) -> None:
    """Of the whole area, with the choices that there are and the files beside it."""
    found = page(client)
    day = today()
    assert title(found) == f"试验区驿站覆盖报告（{day.year} 年 {day.month} 月 {day.day} 日）"
    assert choices(found, "adcode") == {"": "全部", "410105": "东区", "410108": "西区"}
    assert choices(found, "heat") == {"": "不看", "35": "35 ℃", "37": "37 ℃", "40": "40 ℃"}
    quarters = list(choices(found, "quarter").items())
    assert quarters == [
        ("", "今天"),
        *(
            (str(q), f"{q.year} 年第 {q.number} 季度")
            for q in (quarter_of(day, back) for back in range(5))
        ),
    ]
    files = [(e.get("href"), said(e)) for e in of_class(found.root, "files")[0]]
    assert files == [
        ("report.pdf?lang=zh", "PDF"), ("report.xlsx?lang=zh", "表格"),
        ("report.json?lang=zh", "数据"),
    ]  # fmt: skip
    assert chosen(found) == {"adcode": "", "quarter": "", "heat": ""}


def test_the_page_speaks_both_languages(client: FlaskClient) -> None:
    """The one asked for is remembered; every choice and heading is in it."""
    found = page(client, "?lang=en")
    assert found.root.get("lang") == "en"
    assert title(found).startswith("Station coverage in Test Town, ")
    assert choices(found, "heat")[""] == "None"
    buttons = [said(e) for e in found.elements if name_of(e) == "button"]
    assert buttons == ["Show"]
    assert title(page(client)).startswith("Station coverage in Test Town")
    assert title(page(client, "?lang=zh")).startswith("试验区")


def test_choices_make_another_report(client: FlaskClient, asked: list[ReportAsk]) -> None:
    """District, quarter and heat are of the report, stay chosen, and go along to the files."""
    last = quarter_of(today(), 1)
    found = page(client, f"?adcode=410108&quarter={last}&heat=37&lang=zh")
    assert title(found) == f"西区驿站覆盖报告（{last.year} 年第 {last.number} 季度）"
    assert said(found.section("heat")).startswith("高温日（最高 37 ℃）")
    assert chosen(found) == {"adcode": "410108", "quarter": str(last), "heat": "37"}
    for link in of_class(found.root, "files")[0]:
        query = parse_qs(urlsplit(link.get("href") or "").query)
        assert query == {
            "adcode": ["410108"], "quarter": [str(last)], "heat": ["37"], "lang": ["zh"],
        }  # fmt: skip
    (ask,) = asked
    assert (ask.district, ask.quarter, ask.day) == ("410108", last, last.last)
    assert (ask.mode, ask.sites) == ("line", 5)


def test_another_language_is_of_the_same_report(client: FlaskClient) -> None:
    """Whoever changes it keeps district, quarter and heat."""
    found = page(client, f"?adcode=410108&quarter={quarter_of(today())}&lang=zh")
    (link,) = [e for e in found.elements if e.get("data-lang") == "en"]
    other = page(client, link.get("href") or "")
    assert title(other).startswith("Station coverage in 西区, quarter ")
    assert chosen(other) == chosen(found)


def test_a_choice_that_is_left_empty_is_none(client: FlaskClient) -> None:
    """As a form sends what nobody has chosen."""
    empty = page(client, "?lang=zh&adcode=&quarter=&heat=")
    assert title(empty) == title(page(client, "?lang=zh"))


def test_the_quarter_of_today_is_not_over(client: FlaskClient) -> None:
    """It says so, unless today is its last day."""
    now = quarter_of(today())
    found = page(client, f"?quarter={now}")
    (dated,) = of_class(found.root, "dated")
    assert said(dated).startswith("本季度尚未结束" if today() < now.last else "数据截至")


def test_a_district_may_be_named(client: FlaskClient) -> None:
    """By whoever writes an address; adcodes are what the form sends."""
    assert title(page(client, "?adcode=东区")).startswith("东区")


def test_modes_are_offered_where_there_is_a_network(
    client: FlaskClient, streets: FlaskClient
) -> None:
    """Without one there is nothing to choose, and asking for it is answered in words."""
    assert "mode" not in chosen(page(client))
    refused = page(client, "?mode=walk", 409)
    assert "yizhan network" in alert(refused)
    assert not of_class(refused.root, "files")
    found = page(streets, "?mode=walk")
    assert choices(found, "mode") == {"line": "直线", "walk": "步行", "ebike": "电动车"}
    assert chosen(found)["mode"] == "walk"
    assert "步行 15 分钟内" in said(of_class(found.root, "lead")[0])


# --------------------------------------------------------------------------------------- faults


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    ("query", "status", "zh", "en"),
    [
        ("adcode=999999", 404, "999999", "999999"),
        ("adcode=火星区", 404, "火星区", "火星区"),
        ("quarter=2026Q5", 422, "不是季度", "no quarter"),
        ("quarter=x", 422, "请写成 2026Q3", "2026Q3"),
        ("quarter=2099Q1", 422, "还没到", "future"),
        ("mode=walk", 409, "路网", "street network"),
    ],
)
def test_what_cannot_be_made_is_said_in_words(
    client: FlaskClient, query: str, status: int, zh: str, en: str, lang: str
) -> None:
    """On the page, with the form to choose anew; as page for the files too, and in the language."""
    found = page(client, f"?{query}&lang={lang}", status)
    words = zh if lang == "zh" else en
    assert words in alert(found)
    assert choices(found, "adcode")
    for form in FORMS:
        response = client.get(f"/report.{form}?{query}&lang={lang}")
        assert (response.status_code, response.mimetype) == (status, "text/html")
        assert words in alert(Document(response.text))
        assert "Content-Disposition" not in response.headers


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_without_workers_the_page_says_what_to_do(tmp_path: Path, lang: str) -> None:
    """No figures are made up, and no traceback is shown."""
    workspace = Workspace.create(tmp_path / "new", config=Config(), districts=districts())
    client = create_app(workspace).test_client()
    found = page(client, f"?lang={lang}", 503)
    assert "yizhan demand" in alert(found)
    assert not of_class(found.root, "files")
    for form in FORMS:
        assert client.get(f"/report.{form}").status_code == 503


def test_without_stations_or_districts_there_is_a_report(tmp_path: Path) -> None:
    """Nobody is covered, and there is no district to choose."""
    workspace = Workspace.create(tmp_path / "new", config=Config())
    workspace.set_demand(demand(), [])
    found = page(create_app(workspace).test_client())
    assert "adcode" not in chosen(found)
    assert [said(tile[1]) for tile in of_class(found.root, "tiles")[0]][:2] == ["0%", "0%"]


def test_there_is_no_other_file(client: FlaskClient) -> None:
    """A form that nobody makes is no page."""
    for path in ("/report.docx", "/report.html", "/report.", "/report/"):
        assert client.get(path, headers={"Accept": "text/html"}).status_code == 404


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_where_no_pdf_can_be_made_the_others_are_offered(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    """What is missing is said in the reader's language."""

    def fail(*_: object, **__: object) -> bytes:
        raise PdfUnavailableError("install pango", "请安装 pango")

    monkeypatch.setattr(report_page, "_pdf", fail)
    response = client.get(f"/report.pdf?lang={lang}")
    assert (response.status_code, response.mimetype) == (503, "text/html")
    assert alert(Document(response.text)) == ("install pango" if lang == "en" else "请安装 pango")
    assert client.get("/report.xlsx").status_code == 200


# --------------------------------------------------------------------------------------- the files


def test_files_are_of_the_report_on_the_page(client: FlaskClient) -> None:
    """Each with its type and a name that says area, time and language."""
    query = "adcode=410105&lang=en"
    day = today().isoformat()
    for form, name in (
        ("xlsx", f"coverage-410105-{day}.en.xlsx"),
        ("json", f"coverage-410105-{day}.json"),
    ):
        response = client.get(f"/report.{form}?{query}")
        assert (response.status_code, response.mimetype) == (200, TYPES[form])
        assert disposition(response) == f"attachment; filename*=UTF-8''{name}"
    figures = response.get_json(force=True)
    assert figures["adcode"] == "410105"
    assert not any(secret in response.text for secret in SECRETS)


def disposition(response: TestResponse) -> str:
    """How a file is to be taken, and its name."""
    return unquote(response.headers["Content-Disposition"])


@pytest.mark.slow
def test_the_pdf_opens_in_the_browser(client: FlaskClient) -> None:
    """It is shown, not saved; asked for again it is the same, and was laid out once."""
    first = client.get("/report.pdf")
    if first.status_code == 503:
        pytest.skip(alert(Document(first.text)))
    assert (first.status_code, first.mimetype) == (200, TYPES["pdf"])
    name = f"coverage-{today().isoformat()}.zh.pdf"
    assert disposition(first) == f"inline; filename*=UTF-8''{name}"
    before = report_page._pdf.cache_info().hits
    assert client.get("/report.pdf").data == first.data
    assert report_page._pdf.cache_info().hits == before + 1


@pytest.mark.parametrize("form", ["xlsx", "json"])
def test_a_file_that_one_has_is_not_sent_again(client: FlaskClient, form: str) -> None:
    """It is asked about each time, and answered with its tag; the language may be a cookie's."""
    first = client.get(f"/report.{form}")
    assert first.headers["Cache-Control"] == "no-cache"
    assert "Cookie" in first.headers["Vary"]
    again = client.get(f"/report.{form}", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_the_page_is_asked_for_each_time(client: FlaskClient) -> None:
    """For the register may have changed, and who looks may have chosen another language."""
    response = client.get("/report")
    assert response.headers["Cache-Control"] == "no-cache"
    assert "Cookie" in response.headers["Vary"]


# -------------------------------------------------------------------------------- what is kept


def test_a_report_is_made_once(client: FlaskClient, asked: list[ReportAsk]) -> None:
    """For page and files, in both languages, until something of it changes."""
    query = "heat=35&adcode=410108"
    for path in (f"/report?{query}", f"/report?{query}&lang=en", *(
        f"/report.{form}?{query}&lang={lang}" for form in ("xlsx", "json") for lang in ("zh", "en")
    )):  # fmt: skip
        assert client.get(path).status_code == 200
    assert len(asked) == 1
    page(client, "?heat=40&adcode=410108")
    assert len(asked) == 2


def test_a_changed_station_changes_the_report(own_town: Workspace, asked: list[ReportAsk]) -> None:
    """The next one who looks sees it: figures, revision and count."""
    client = create_app(own_town).test_client()
    first = client.get("/report.json").get_json(force=True)
    new = station("new", lon=113.5, lat=34.7, name="新站", opening_hours="24/7")
    own_town.store.apply(Change(put=(new,)), who="t", what="t")
    second = client.get("/report.json").get_json(force=True)
    assert len(asked) == 2
    assert second["basis"]["revision"] == first["basis"]["revision"] + 1
    usable = [one["headline"]["stations"]["usable"] for one in (first, second)]
    assert usable[1] == usable[0] + 1
    assert f"修订 {second['basis']['revision']}" in said(page(client).root)


def test_other_files_of_the_workspace_change_it_too(
    own_town: Workspace, asked: list[ReportAsk]
) -> None:
    """Norms of the workspace, and another demand."""
    client = create_app(own_town).test_client()
    page(client)
    norms = Path(norm_file.__file__).with_name("norms.toml")
    shutil.copy(norms, own_town.folder / "norms.toml")
    page(client)
    assert len(asked) == 2
    own_town.set_demand(demand(), [])
    page(client)
    assert len(asked) == 3


# ------------------------------------------------------------------------------------- security


@pytest.mark.parametrize("query", ["", "?lang=en&heat=40", "?adcode=none"])
def test_nothing_on_the_page_breaks_its_policy(client: FlaskClient, query: str) -> None:
    """No style inside an element, no script without the nonce, nothing from elsewhere."""
    response = client.get(f"/report{query}")
    policy = response.headers["Content-Security-Policy"]
    assert "style-src 'self' 'nonce-" in policy
    assert "unsafe" not in policy
    found = Document(response.text)
    nonce = re.search(r"'nonce-([^']+)'", policy)
    assert nonce is not None
    for element in found.elements:
        assert not any(name.startswith(("on", "style")) for name in element.attrib)
        if name_of(element) in {"style", "script"} and not element.get("src"):
            assert element.get("nonce") == nonce[1]
        for name in ("src", "href", "action"):
            assert not re.match(r"(?:https?:)?//|javascript:|data:", element.get(name) or "")
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_files_are_what_they_say(client: FlaskClient) -> None:
    """A browser takes none of them for a page."""
    for form in ("xlsx", "json"):
        response = client.get(f"/report.{form}")
        assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/map", "/report"])
def test_the_bar_leads_to_the_report(client: FlaskClient, path: str) -> None:
    """From every page of the planner; on it, it is the current one."""
    found = Document(client.get(path).text)
    (nav,) = [e for e in found.elements if name_of(e) == "nav"]
    links = {e.get("href"): e for e in nav}
    assert said(links["/report"]) == texts.text("zh", "nav.report")
    assert (links["/report"].get("aria-current") == "page") == (path == "/report")
