"""Text from users and files is inert: on every page, in every answer, file and terminal.

Two workspaces are alike but for their texts: one is full of harmless ones, the other of hostile
ones. Every page of the second has to be the same tree of elements and attributes as that of the
first, with each text in its place.
"""

from __future__ import annotations

import csv
import html
import io
import json
import re
import zipfile
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs, quote, unquote, unquote_plus, urlsplit

import geopandas as gpd
import pypdfium2
import pytest
import tinyhtml5
import xlsxwriter
from pypdfium2 import raw as pdfium
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from stations.config import BaseMap, Config
from stations.errors import ImportFileError, LedgerFileError, RegistryFileError, WorkspaceError
from stations.export import COLUMNS, export, header
from stations.importing import plan_import
from stations.store import Snapshot
from stations.vocabulary import PRIVATE_FIELDS, label
from stations.workspace import Workspace
from tests.webmap.hostile import FREE_TEXT, PLACE, POISONS, as_read, make, plain
from tests.webmap.town import SECRETS
from webmap import cli, create_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from xml.etree.ElementTree import Element

    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from tests.webmap.hostile import Made

IDS = tuple(f"s-{number:02}" for number in range(len(POISONS)))
BROWSER = {"Accept": "text/html"}
AT = "at=2026-11-20T10:00"
PAGES = (
    "/",
    f"/?{PLACE}&{AT}",
    f"/?part=1&{PLACE}&{AT}",
    f"/?{PLACE}&{AT}&lang=en&text=large&contrast=more&sent=1",
    "/near/map",
    "/map",
    "/map?lang=en",
    "/docs",
    "/suggest",
    "/offline",
    f"/saved?ids={','.join(IDS)}",
    f"/saved?part=1&ids={','.join(IDS)}",
    "/stations/none",
    "/stations/none/poster",
)
REPORTS = ("/report", "/report?lang=en&heat=37", "/report?adcode=410105")
LITERAL = r'("(?:[^"\\\n]|\\.)*")'
STATION_PAGES = ("", "/report", "/poster", "/poster?lang=en", "?lang=en")
ADDRESSES = {"href", "src", "action", "formaction", "data", "poster", "srcset", "ping", "data-map"}
MAP_APPS = {
    "uri.amap.com",
    "api.map.baidu.com",
    "apis.map.qq.com",
    "maps.apple.com",
    "www.google.com",
}
OUTSIDE = MAP_APPS | {"photos.example"}


class Town(NamedTuple):
    """A workspace that is served."""

    made: Made
    client: FlaskClient


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """The town whose every text is hostile."""
    made = make(tmp_path_factory.mktemp("hostile") / "ws")
    return Town(made, create_app(made.workspace).test_client(use_cookies=False))


@pytest.fixture(scope="module")
def harmless(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """The same town with harmless texts of the same length."""
    made = make(tmp_path_factory.mktemp("harmless") / "ws", plain)
    return Town(made, create_app(made.workspace).test_client(use_cookies=False))


@pytest.fixture(scope="module")
def swap(harmless: Town, hostile: Town) -> dict[str, str]:
    """What each harmless text stands for."""
    pairs = dict(zip(harmless.made.texts, hostile.made.texts, strict=True))
    assert len(pairs) == len(hostile.made.texts)
    return dict(sorted(pairs.items(), key=lambda pair: -len(pair[0])))


def put(value: str, swap: dict[str, str], *, raw: bool = False) -> str:
    """Return a value of the harmless town as it has to be in the hostile one."""
    for kind, evil in swap.items():
        if kind in value:
            value = value.replace(kind, evil if raw else as_read(evil))
    return value


def nodes(page: TestResponse) -> Iterator[tuple[str, str, str]]:
    """Every element, attribute and text of a page, in order, with what belongs to it.

    A nonce is checked and left out, as are what is made anew for each answer and the time of day.
    """
    assert page.mimetype == "text/html"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    policy = page.headers["Content-Security-Policy"]
    (nonce,) = set(re.findall(r"'nonce-([^']+)'", policy))
    root = tinyhtml5.parse(page.text, namespace_html_elements=False)
    yield from _nodes(root, "", nonce)


def _nodes(element: Element, path: str, nonce: str) -> Iterator[tuple[str, str, str]]:
    if not isinstance(element.tag, str):
        yield path, "comment", element.text or ""
        return
    path = f"{path}/{element.tag.rpartition('}')[2]}"
    yield path, "", ""
    for name, value in sorted(element.items()):
        assert not name.startswith(("on", "style", "srcdoc", "formaction")), (path, name)
        if name in ADDRESSES:
            check_address(value)
        yield path, f"@{name}", _settled(element, name, value, nonce)
    if path.endswith("/script") and not element.get("src"):
        assert element.get("nonce") == nonce
    assert element.tag not in {"base", "object", "embed", "math", "template", "link-import"}
    yield path, "text", _clockless(element.text)
    for child in element:
        yield from _nodes(child, path, nonce)
        yield path, "tail", _clockless(child.tail)


def _settled(element: Element, name: str, value: str, nonce: str) -> str:
    if name == "nonce":
        assert value == nonce
        return ""
    made_anew = element.tag == "input" and element.get("name") == "request" and name == "value"
    return "" if made_anew else _clockless(value)


def _clockless(text: str | None) -> str:
    return re.sub(r"\d\d:\d\d(:\d\d)?", "00:00", text or "")


def check_address(address: str) -> None:
    """An address leads to a place of ours, a telephone, or one of the known sites."""
    parts = urlsplit(address)
    assert parts.scheme in {"", "https", "tel"}, address
    assert not address.startswith(("//", "/\\", "\\")), address
    if parts.scheme == "https":
        assert parts.netloc in OUTSIDE, address
    if parts.scheme == "tel":
        assert re.fullmatch(r"tel:\+?[0-9]+", address), address


def compare(path: str, hostile: Town, harmless: Town, swap: dict[str, str]) -> None:
    """Check that a page of both towns is the same but for its texts."""
    evil, kind = (town.client.get(path, headers=BROWSER) for town in (hostile, harmless))
    assert_same(evil, kind, swap)


def assert_same(evil: TestResponse, kind: TestResponse, swap: dict[str, str]) -> None:
    """Check that a page is another one with its texts swapped."""
    assert evil.status_code == kind.status_code
    found, wanted = list(nodes(evil)), list(nodes(kind))
    assert [node[:2] for node in found] == [node[:2] for node in wanted]
    for (path, what, value), (_, _, harmless_value) in zip(found, wanted, strict=True):
        if value == harmless_value:
            continue
        if path.endswith("/script") and what == "text":
            same_script(value, harmless_value, swap)
        elif what == "@href" and urlsplit(value).netloc in MAP_APPS:
            same_map_link(value, harmless_value)
        elif what == "@src":
            assert unquote(value) == put(unquote(harmless_value), swap, raw=True)
        elif what == "@href" and value.startswith("?"):
            assert unquote_plus(value) == put(unquote_plus(harmless_value), swap, raw=True)
        else:
            assert value == put(harmless_value, swap), (path, what)


def same_script(found: str, wanted: str, swap: dict[str, str]) -> None:
    """Data in a script is JSON with the texts in their places; code differs in one string."""
    if wanted.lstrip().startswith("{"):
        assert json.loads(found) == swapped(json.loads(wanted), swap)
        return
    ours, other = (re.split(LITERAL, re.sub(r"_[0-9a-f]{32}", "", c)) for c in (found, wanted))
    assert ours[::2] == other[::2]
    for literal, plain_literal in zip(ours[1::2], other[1::2], strict=True):
        # What Leaflet takes for HTML.
        markup, expected = json.loads(literal), json.loads(plain_literal)
        assert html.unescape(markup) == put(html.unescape(expected), swap, raw=True)
        assert markup == expected or not set("<>\"'") & set(markup)


def same_map_link(found: str, wanted: str) -> None:
    """A map app is told the same, but for words that no separator is left in."""
    ours, other = urlsplit(found), urlsplit(wanted)
    assert ours[:2] == other[:2]
    assert ours.fragment == ""
    assert re.fullmatch(r"[\w.~%=&,-]+", ours.query)
    told, kind = parse_qs(ours.query), parse_qs(other.query)
    assert told.keys() == kind.keys()
    for name, (value,) in told.items():
        words = value.rpartition(",")[2]
        assert value == kind[name][0] or not set(words) & set("<>\"'&#?=;:/\\`\0\n\r\x1b\u202e")


def swapped(value: Any, swap: dict[str, str]) -> Any:
    """Return JSON of the harmless town as it has to be in the hostile one, to the letter."""
    match value:
        case str():
            return put(value, swap, raw=True)
        case list():
            return [swapped(one, swap) for one in value]
        case dict():
            return {swapped(k, swap): swapped(v, swap) for k, v in value.items()}
        case _:
            return value


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_the_same_tree_whatever_the_texts(
    hostile: Town, harmless: Town, swap: dict[str, str], path: str
) -> None:
    """Hostile text is text where harmless text is: no element, attribute or script more or less."""
    compare(path, hostile, harmless, swap)


@pytest.mark.parametrize("path", REPORTS)
def test_a_coverage_report_has_no_element_that_a_text_brought(
    hostile: Town, harmless: Town, path: str
) -> None:
    """No element or attribute but those of harmless texts, and every name is there as text.

    Rows differ, for the checks find other likenesses among the names.
    """
    found, wanted = (
        list(nodes(town.client.get(path, headers=BROWSER))) for town in (hostile, harmless)
    )
    assert {node[:2] for node in found} <= {node[:2] for node in wanted}
    told = " ".join(value for _, what, value in found if what in {"text", "tail"})
    if "adcode" not in path:
        for number, poison in enumerate(POISONS.values()):
            assert f"{as_read(poison)}§name{number:02}§" in told


@pytest.mark.parametrize("poison", POISONS.values(), ids=list(POISONS))
def test_a_coverage_report_that_cannot_be_made_says_so_as_text(harmless: Town, poison: str) -> None:
    """No such district, no such quarter: the same page whatever was asked for, and no file."""
    for name, status in (("adcode", 404), ("quarter", 422)):
        told, kind = f"x{poison}", f"x{plain(poison)}"
        pages = [
            harmless.client.get("/report", query_string={name: one}, headers=BROWSER)
            for one in (told, kind)
        ]
        assert [page.status_code for page in pages] == [status, status]
        shapes = [[node[:2] for node in nodes(page)] for page in pages]
        assert shapes[0] == shapes[1]
        for form in ("pdf", "xlsx", "json"):
            answer = harmless.client.get(f"/report.{form}", query_string={name: told})
            assert (answer.status_code, answer.mimetype) == (status, "text/html")


@pytest.mark.parametrize("tail", STATION_PAGES)
@pytest.mark.parametrize("number", range(len(POISONS)), ids=list(POISONS))
def test_a_station_is_the_same_tree_whatever_it_says(
    hostile: Town, harmless: Town, swap: dict[str, str], number: int, tail: str
) -> None:
    """Its page, its form and its poster, for every kind of text in every field."""
    compare(f"/stations/{IDS[number]}{tail}", hostile, harmless, swap)


@pytest.mark.parametrize("number", range(2 * len(POISONS)))
def test_a_report_is_the_same_tree_whatever_it_says(
    hostile: Town, harmless: Town, swap: dict[str, str], number: int
) -> None:
    """What was reported or suggested, and what the office answered."""
    evil, kind = (town.made.entries[number] for town in (hostile, harmless))
    answers = [town.client.get(f"/reports/{entry.id}") for town, entry in
               ((hostile, evil), (harmless, kind))]  # fmt: skip
    assert_same(*answers, swap)
    assert not any(secret in answers[0].text for secret in (*SECRETS, "SECRET-"))


# ------------------------------------------------------------------------------------- addresses

PARAMETERS = ("q", "lang", "text", "contrast", "mode", "facility", "at", "ids", "lon", "lat", "x")
LONG = "长" * 5_000 + "x" * 5_000


@pytest.mark.parametrize("poison", POISONS.values(), ids=list(POISONS))
@pytest.mark.parametrize("path", ["/", "/saved", "/map"])
def test_what_an_address_says_is_text(client: FlaskClient, path: str, poison: str) -> None:
    """Every parameter of a page at once: text in its place, or as if it were not there."""
    told = {name: f"x{poison}§{name}§" for name in PARAMETERS}
    kind = {name: f"x{plain(poison)}§{name}§" for name in PARAMETERS}
    # Commas part one id from the next.
    told["ids"] = told["ids"].replace(",", "a")
    pages = [client.get(path, query_string=one) for one in (told, kind)]
    assert_same(*pages, dict(zip(kind.values(), told.values(), strict=True)))
    for cookie in pages[0].headers.getlist("Set-Cookie"):
        assert re.match(r"lang=(zh|en);", cookie)


@pytest.mark.parametrize("name", PARAMETERS)
@pytest.mark.parametrize("path", ["/", "/saved", "/map", "/suggest"])
def test_a_long_address_is_no_fault(harmless: Town, path: str, name: str) -> None:
    """Ten thousand characters in any parameter: a page, and its own links lead to nobody else."""
    response = harmless.client.get(path, query_string={name: LONG})
    assert response.status_code == 200
    assert list(nodes(response))


def test_a_place_that_is_too_long_is_refused_in_words(harmless: Town) -> None:
    """It is neither cut nor passed over."""
    page = harmless.client.get("/", query_string={"q": "路" * 201}).text
    assert "地点写得太长了，最多 200 个字" in page
    assert "没有找到" in harmless.client.get("/", query_string={"q": "路" * 200}).text


@pytest.mark.parametrize("poison", POISONS.values(), ids=list(POISONS))
@pytest.mark.parametrize(
    "path", ["/{}", "/stations/{}", "/stations/{}/report", "/reports/{}", "/stations/{}/poster"]
)
def test_a_fault_page_shows_an_address_as_text(harmless: Town, path: str, poison: str) -> None:
    """What is not there is told in a page that is the same whatever was asked for."""
    kind = plain(poison, frozenset("/\\."))
    pages = [
        harmless.client.get(path.format(quote(f"{one}§id§", safe="")), headers=BROWSER)
        for one in (poison, kind)
    ]
    assert [page.status_code for page in pages] == [404, 404]
    shapes = [[node[:2] for node in nodes(page)] for page in pages]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize(
    "path", ["//elsewhere.example/x", "/\\elsewhere.example/x", "/%5Celsewhere.example", "/" + LONG]
)
def test_a_fault_page_leads_nowhere_else(harmless: Town, path: str) -> None:
    """Its links stay here, though the address looks like one of another server."""
    response = harmless.client.get(path, headers=BROWSER)
    assert response.status_code == 404
    for _, what, value in nodes(response):
        assert not (what == "@href" and "elsewhere" in value)
    assert len(response.data) < 60_000


@pytest.mark.parametrize("poison", POISONS.values(), ids=list(POISONS))
def test_a_short_address_leads_to_a_page_of_ours(harmless: Town, poison: str) -> None:
    """Whatever stands in it, it cannot lead elsewhere nor add a header."""
    answer = harmless.client.get(f"/s/{quote(poison, safe='')}", headers=BROWSER)
    assert answer.status_code in {302, 404}
    if answer.status_code == 302:
        assert re.fullmatch(r"/stations/[\w.~%!*'()-]+", answer.headers["Location"], re.ASCII)


def test_a_host_that_is_made_up_stays_text(hostile: Town) -> None:
    """The address that is shared and printed holds what the request named, as text."""
    base = 'http://x"onmouseover=alert(1)'
    for path in ("/stations/s-00", "/stations/s-00/poster"):
        for _, what, _ in nodes(hostile.client.get(path, headers={"Host": base[7:]})):
            assert not what.startswith("@on")


# ----------------------------------------------------------------------------------------- forms


@pytest.mark.parametrize("poison", POISONS.values(), ids=list(POISONS))
@pytest.mark.parametrize("path", ["/suggest", "/stations/s-00/report"])
def test_a_form_that_is_refused_shows_what_was_written_as_text(
    harmless: Town, path: str, poison: str
) -> None:
    """In the fault, in the field and among the choices; nothing is filed."""
    before = len(harmless.made.workspace.ledger.entries())
    told, kind = f"x{poison}§text§", f"x{plain(poison)}§text§"
    swap = {kind: told}
    pages = [
        harmless.client.post(
            path, data={"text": one, "lon": one, "problem": one, "facility": one, "lat": "34"}
        )
        for one in (told, kind)
    ]
    assert [page.status_code for page in pages] == [422, 422]
    found, wanted = (list(nodes(page)) for page in pages)
    assert [node[:2] for node in found] == [node[:2] for node in wanted]
    (written,) = [
        value for path, what, value in found if path.endswith("/textarea") and what == "text"
    ]
    assert written == as_read(swap[kind])
    assert len(harmless.made.workspace.ledger.entries()) == before


@pytest.mark.parametrize("path", ["/suggest", "/stations/s-00/report"])
def test_a_text_that_is_too_long_is_refused_in_words(harmless: Town, path: str) -> None:
    """How long it is and how long it may be; what was written is still there to be shortened."""
    before = len(harmless.made.workspace.ledger.entries())
    form = {"lon": "113.6", "lat": "34.8", "text": "x" * 10_000, "problem": "other"}
    for name in ("lon", "lat") if "report" in path else ("problem",):
        del form[name]
    response = harmless.client.post(path, data=form)
    assert response.status_code == 422
    assert "共 10,000 个字；最多 1,000 个：请写短一些" in response.text
    assert "x" * 10_000 in response.text
    assert len(harmless.made.workspace.ledger.entries()) == before


# ------------------------------------------------------------------------- answers for programs

ANSWERS = (
    "/api/v1/stations?limit=100",
    "/api/v1/stations/s-00",
    "/api/v1/stations/s-19",
    f"/api/v1/nearest?{PLACE}&k=30&at=2026-11-20T10:00",
    "/api/v1/stations/clusters?bbox=113,34,114,35&zoom=18",
    "/api/v1/stations/clusters?bbox=113,34,114,35&zoom=5",
    "/api/v1/districts",
    "/api/v1/coverage",
    "/api/v1/gaps",
    "/api/v1/access",
    "/api/v1/demand?bbox=113,34,114,35",
    "/api/v1/changes",
    "/api/v1/places?q=pwned",
    "/api/v1/schema",
    "/api/v1/openapi.json",
    "/api/v1/plans",
    "/api/v1/network",
    "/manifest.webmanifest",
    "/manifest.webmanifest?lang=en",
    "/healthz",
)
JSON_TYPES = {
    "application/json",
    "application/geo+json",
    "application/problem+json",
    "application/schema+json",
    "application/manifest+json",
    "application/vnd.oai.openapi+json",
}


def json_of(response: TestResponse) -> Any:
    """Check what an answer says it is, and return its JSON."""
    assert response.mimetype in JSON_TYPES
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert not any(secret in response.text for secret in (*SECRETS, "SECRET-"))
    return json.loads(response.data)


@pytest.mark.parametrize("path", ANSWERS)
def test_answers_are_json_with_each_text_to_the_letter(
    hostile: Town, harmless: Town, swap: dict[str, str], path: str
) -> None:
    """The same as the harmless town's but for the texts, which programs get as they are."""
    found, wanted = (town.client.get(path) for town in (hostile, harmless))
    assert found.status_code == wanted.status_code
    told, kind = (json_of(one) for one in (found, wanted))
    if "places" not in path:
        assert settled(told) == settled(swapped(kind, swap))


def settled(value: Any) -> Any:
    """Return JSON without the moments at which it was made."""
    return json.loads(re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+", "", json.dumps(value)))


def test_a_report_is_json_to_the_letter(hostile: Town) -> None:
    """Its text and its answers, and nobody's name."""
    for entry in hostile.made.entries:
        found = json_of(hostile.client.get(f"/api/v1/reports/{entry.id}"))
        assert found == entry.public() or found["text"] == entry.properties.text


@pytest.mark.parametrize("poison", [*POISONS.values(), LONG], ids=[*POISONS, "long"])
def test_faults_of_the_api_are_json(hostile: Town, poison: str) -> None:
    """Whatever is asked for, with whatever parameters, also by a browser that prefers a page."""
    told = quote(poison, safe="")
    for path in (
        f"/api/v1/stations/{told}",
        f"/api/v1/reports/{told}",
        f"/api/v1/nearest?lon={told}&lat={told}&k={told}&mode={told}",
        f"/api/v1/stations?{told}={told}&kind={told}",
        f"/api/v1/places?q={told}",
        f"/api/v1/{told}",
    ):
        response = hostile.client.get(path, headers=BROWSER)
        assert response.status_code in {200, 404, 422}, path
        json_of(response)
    for path in ("/api/v1/reports", "/api/v1/suggestions"):
        for sent in ({"json": {"text": poison, poison[:50]: 1}}, {"data": {"text": poison}}):
            json_of(hostile.client.post(path, **sent))


def test_the_service_worker_holds_no_text(hostile: Town, harmless: Town) -> None:
    """It is the same script for every workspace."""
    found, wanted = (town.client.get("/sw.js") for town in (hostile, harmless))
    assert found.data == wanted.data
    assert found.mimetype == "text/javascript"
    assert found.headers["X-Content-Type-Options"] == "nosniff"


# --------------------------------------------------------------------------------------- posters


@pytest.mark.parametrize("kind", ["closer", "template", "controls", "override", "emoji", "lines"])
def test_a_pdf_is_one_page_of_text(hostile: Town, kind: str) -> None:
    """No script, no link, nothing that a reader runs; names and texts are to be found in it."""
    number = list(POISONS).index(kind)
    response = hostile.client.get(f"/stations/{IDS[number]}/poster.pdf")
    assert response.mimetype == "application/pdf"
    name = response.headers["Content-Disposition"].partition("''")[2]
    assert re.fullmatch(r"[\w.~%-]+", name, re.ASCII)
    document = pypdfium2.PdfDocument(response.data)
    assert len(document) == 1
    assert pdfium.FPDFDoc_GetJavaScriptActionCount(document) == 0
    assert pdfium.FPDFDoc_GetAttachmentCount(document) == 0
    assert not re.search(rb"/(JS|JavaScript|Launch|OpenAction|AA|SubmitForm)\b", response.data)
    text = document[0].get_textpage().get_text_range()
    assert f"name{number:02}" in text
    assert "\u202e" not in text
    assert not any(secret in text for secret in SECRETS)
    shown = re.sub(r"[^!-~]", "", as_read(POISONS[kind]))
    assert shown in re.sub(r"[^!-~]", "", text)
    clean = re.sub(r"[\r\n\ufffe\u00ad\x02]", "", text)
    assert not re.search(r"[\x00-\x1f\x7f-\x9f]", clean)


# ----------------------------------------------------------------------------------------- files

FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")


@pytest.mark.parametrize("ending", ["csv", "xlsx", "gpkg", "kml", "fgb", "geojson", "json"])
def test_an_export_opens_with_every_text_in_its_cell(
    hostile: Town, tmp_path: Path, ending: str
) -> None:
    """No cell is a formula or a link, none is cut, and controls are left out."""
    registry = hostile.made.workspace.registry
    path = tmp_path / f"out.{ending}"
    assert export(registry, path) == len(POISONS)
    rows = {row["id"]: row for row in rows_of(path)}
    assert list(map(len, rows.values())) == [len(COLUMNS)] * len(POISONS) or "json" in ending
    for station in registry.stations:
        for field in FREE_TEXT:
            told = getattr(station.properties, field)
            cell = rows[station.id][field]
            if ending == "csv":
                assert not cell.startswith(FORMULA_STARTS)
                cell = cell[1:] if told.startswith(FORMULA_STARTS) else cell
            wanted = told if "json" in ending else without_controls(told)
            found, wanted = one_line_end(cell), one_line_end(wanted)
            assert found == wanted or (ending == "kml" and found.strip() == wanted.strip())
        labels, photos = station.properties.labels, station.properties.photos
        if "json" not in ending:
            assert f"§label{station.id[2:]}§" in rows[station.id]["labels"]
            assert (len(labels), len(photos)) == (2, 3)
    data = unpacked(path)
    assert not any(secret.encode() in data for secret in SECRETS)
    if ending in {"xlsx", "kml"}:
        assert not any(mark in data for mark in (b"<f>", b"<hyperlink", b"<script"))


def without_controls(text: str) -> str:
    """Return text without controls but for line ends and tabs."""
    return re.sub("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", "", text)


def one_line_end(text: str) -> str:
    """Return text with line ends as every format has them."""
    return re.sub("\r\n?", "\n", text)


def unpacked(path: Path) -> bytes:
    """All bytes of a file, those inside a zip archive as well."""
    if not zipfile.is_zipfile(path):
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


def rows_of(path: Path) -> list[dict[str, Any]]:
    """The records of an export, by the names of `COLUMNS`."""
    if path.suffix in {".csv", ".xlsx"}:
        if path.suffix == ".csv":
            sheet = list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))
        else:
            sheet = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
        assert sheet[0] == header()
        return [dict(zip(COLUMNS, row, strict=True)) for row in sheet[1:]]
    if "json" in path.suffix:
        features = json.loads(path.read_bytes())["features"]
        return [{"id": one["id"], **one["properties"]} for one in features]
    frame = gpd.read_file(path)
    if path.suffix == ".kml":  # which has names of its own for some
        frame = frame.drop(columns=["id", "name"], errors="ignore").rename(columns={"Name": "name"})
    found = frame.rename(columns={"station_id": "id"}).drop(columns="geometry").to_dict("records")
    return [{name: row.get(name) for name in COLUMNS} for row in found]


# ------------------------------------------------------------------------------------ the import


def write_sheet(path: Path, rows: list[list[str]]) -> Path:
    """Write rows as a CSV or an XLSX file, every cell as it is."""
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows(rows)
        return path
    options = {"strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(path, options) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return path


SHEET = ("id", "name", "lon", "lat", *FREE_TEXT[1:])


def sheet_rows(texts: dict[str, str]) -> list[list[str]]:
    """A sheet with a row a text, which stands in every free column."""
    names = [label("field", column, "zh") for column in SHEET]
    rows = [
        [f"i-{n:02}", f"{text}驿{n}", "113.6", "34.8", *(f"{text}{c}{n}" for c in SHEET[4:])]
        for n, text in enumerate(texts.values())
    ]
    return [names, *rows]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_sheet_brings_in_text_that_steers_nothing(tmp_path: Path, ending: str) -> None:
    """Every row comes in; what cannot be seen or turns the writing stays out."""
    texts = {k: v for k, v in POISONS.items() if "\0" not in v}
    path = write_sheet(tmp_path / f"s.{ending}", sheet_rows(texts))
    plan = plan_import(path, against=Snapshot(0, None, []), datum="wgs84")
    assert [one.message for one in plan.rejected] == []
    assert len(plan.new) == len(texts)
    told = " ".join(str(one) for one in plan.new)
    assert not re.search(r"\\x[01789]|[\0-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", told)
    assert "<script>pwned=1</script>" in told


def test_a_sheet_with_a_nul_is_refused_in_words(tmp_path: Path) -> None:
    """A CSV with a NUL is no text."""
    path = write_sheet(tmp_path / "s.csv", sheet_rows({"controls": POISONS["controls"]}))
    with pytest.raises(ImportFileError, match=r"s\.csv"):
        plan_import(path, against=Snapshot(0, None, []), datum="wgs84")


def test_cells_that_are_too_long_are_told_and_not_cut(tmp_path: Path) -> None:
    """A name stops its row, another field stays out; how long it is is said."""
    rows = sheet_rows({"a": "好", "b": "好"})
    rows[1][1] = rows[2][SHEET.index("notes")] = rows[2][SHEET.index("address")] = "长" * 10_000
    path = write_sheet(tmp_path / "s.csv", rows)
    plan = plan_import(path, against=Snapshot(0, None, []), datum="wgs84")
    (kept,) = plan.new
    assert (kept.id, kept.properties.notes, kept.properties.address) == ("i-01", None, None)
    assert len(plan.rejected) == 1
    words = " ".join(one.message for one in (*plan.rejected, *plan.warnings))
    assert words.count("10000 characters") == 3


# -------------------------------------------------------------------------------------- terminal

STEERING = re.compile("[\0-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("flag", [[], ["--json"]])
def test_commands_steer_no_terminal(
    hostile: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lang: str, flag: list[str]
) -> None:
    """Whatever a record, a report, a header or a file name holds, it is only read."""
    monkeypatch.setenv("YIZHAN_LANG", lang)
    folder = str(hostile.made.workspace.folder)
    rows = sheet_rows({k: v for k, v in POISONS.items() if "\0" not in v})
    rows[0] += [f"{POISONS['terminal']}列", f"{POISONS['override']}列"]
    rows[1:] = [[*row, "x", "y"] for row in rows[1:]]
    sheet = write_sheet(tmp_path / "a\x1b[31m\u202eb.csv", rows)
    entry = hostile.made.entries[2 * list(POISONS).index("terminal")]
    for words in (
        ["nearest", folder, "113.6", "34.8", "--k", "30", *flag],
        ["check", folder, *flag],
        ["coverage", folder, *flag],
        ["gaps", folder, *flag],
        ["access", folder, *flag],
        ["ledger", "list", folder, "--limit", "100", *flag],
        ["ledger", "show", folder, entry.id, *flag],
        ["import", folder, str(sheet), "--datum", "wgs84", "--dry-run", *flag],
        ["import", folder, str(tmp_path / "no\x1b[2J.csv"), *flag],
        ["export", folder, str(tmp_path / "out\x1b[2J.csv")],
        ["export", folder, str(tmp_path / "out.\x1b[2Jdoc")],
        ["ledger", "show", folder, "\x1b[2J"],
    ):
        result = CliRunner().invoke(cli.app, words)
        assert not STEERING.search(result.stdout), words
        assert not STEERING.search(result.stderr), words
        assert result.exit_code in {0, 1, 2}, (words, result.exception)
        if flag and result.stdout:
            json.loads(result.stdout)


def test_an_answer_that_is_too_long_is_refused_in_words(hostile: Town) -> None:
    """The office reads how long it may be, and nothing is kept of it."""
    entry = hostile.made.entries[0]
    words = ["ledger", "answer", str(hostile.made.workspace.folder), entry.id, "x" * 10_000]
    result = CliRunner().invoke(cli.app, words, env={"YIZHAN_LANG": "en"})
    assert result.exit_code == 2
    assert "10,000 characters; at most 1,000 fit" in result.stderr
    assert hostile.made.workspace.ledger.get(entry.id) == entry


# ------------------------------------------------------------------------------- files of a host


def test_texts_that_are_too_long_for_their_file_are_named(tmp_path: Path) -> None:
    """A register, a ledger and settings that were edited by hand: how long it may be."""
    made = make(tmp_path / "ws", plain)
    folder = made.workspace.folder
    for name, known, error in (
        ("stations.geojson", "§name00§", RegistryFileError),
        ("ledger.geojson", "§report00§", LedgerFileError),
        ("yizhan.toml", "§title§", WorkspaceError),
    ):
        path = folder / name
        before = path.read_text("utf-8")
        path.write_text(before.replace(known, LONG, 1), "utf-8")
        with pytest.raises(error, match=r"length"):
            read_all(folder)
        path.write_text(before, "utf-8")
    read_all(folder)


def read_all(folder: Path) -> None:
    """Read every file of a workspace that holds text."""
    workspace = Workspace(folder)
    assert len(workspace.registry)
    assert workspace.ledger.entries()


@pytest.mark.parametrize(
    "url",
    [
        "https://tiles.example; script-src *; x/{z}/{x}/{y}.png",
        "https://tiles.example 'unsafe-inline'/{z}",
        "https://[/{z}",
        "javascript:alert(1)//{z}",
        "//tiles.example/{{7*7}}",
        "/{{7*7}}/{% raw %}",
    ],
)
def test_the_address_of_tiles_is_text(tmp_path: Path, url: str) -> None:
    """It adds no word to the policy, and no template of it is obeyed."""
    config = Config(basemap=BaseMap(kind="tiles", url=url))
    client = create_app(Workspace.create(tmp_path / "ws", config=config)).test_client()
    response = client.get("/map")
    policy = response.headers["Content-Security-Policy"]
    assert "img-src 'self' data: blob:;" in policy
    literals = [json.loads(one) for one in re.findall(LITERAL, response.text) if "u007b" in one]
    assert url in literals or "{{" not in url


def test_private_fields_are_on_no_page(hostile: Town) -> None:
    """Nobody's name or telephone, on any page of any station."""
    assert set(PRIVATE_FIELDS) == {"manager", "manager_phone"}
    pages = (*PAGES, *REPORTS)
    paths = [*pages, *(f"/stations/{one}{tail}" for one in IDS for tail in STATION_PAGES)]
    for path in paths:
        text = hostile.client.get(path).text
        assert not any(secret in text for secret in (*SECRETS, "SECRET-")), path
