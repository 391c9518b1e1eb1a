"""Reports and suggestions over HTTP: from anybody, and nothing of them harms anybody."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from stations.ledger import Ledger, new_report
from tests.webmap.test_api_errors import problem_of
from webmap import create_app
from webmap.settings import ServerSettings

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from stations.workspace import Workspace

REPORTS, SUGGESTIONS = "/api/v1/reports", "/api/v1/suggestions"
LOCKED = {"station": "office", "problem": "locked"}
HERE = {"lon": 113.6, "lat": 34.8}
ADDRESS = "198.51.100.77"


@pytest.fixture
def client(own_town: Workspace) -> FlaskClient:
    """A client of a town of this test's own."""
    return create_app(own_town).test_client()


@pytest.fixture
def ledger(own_town: Workspace) -> Ledger:
    """What the office reads."""
    return Ledger(own_town.folder)


def photo(kind: str = "JPEG", **options: Any) -> io.BytesIO:
    """A photo as a file."""
    buffer = io.BytesIO()
    Image.new("RGB", (200, 100), (200, 30, 40)).save(buffer, kind, **options)
    buffer.seek(0)
    return buffer


def form(client: FlaskClient, path: str = REPORTS, **fields: Any) -> Any:
    """Send a form as a browser does."""
    headers = fields.pop("headers", {})
    return client.post(path, data=fields, content_type="multipart/form-data", headers=headers)


def faults(answer: Any, status: int = 422) -> dict[str, str]:
    """What is wrong, by the field."""
    found = problem_of(answer, status)
    assert found["detail_zh"]
    return {one["parameter"]: one["message"] for one in found["errors"]}


# ------------------------------------------------------------------------------------ what is filed


def test_a_report_is_filed_and_found(client: FlaskClient, ledger: Ledger) -> None:
    """201 with the page of its own; what is there is what was said."""
    sent = {**LOCKED, "problem": "broken", "facility": "microwave, charging", "text": "不热"}
    answer = client.post(REPORTS, json=sent, environ_base={"REMOTE_ADDR": ADDRESS})
    assert answer.status_code == 201, answer.text
    found = answer.get_json()
    assert answer.headers["Location"] == found["link"] == f"/reports/{found['id']}"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert not found["already"]
    assert (found["problem"], found["state"], found["text"]) == ("broken", "new", "不热")
    assert found["station_name"] == "机关驿站"
    assert found["facilities"] == ["microwave", "charging"]
    assert found["position"] == [113.6, 34.8]
    again = client.get(f"{REPORTS}/{found['id']}")
    assert again.get_json() == {k: v for k, v in found.items() if k not in {"link", "already"}}
    assert again.headers["Cache-Control"] == "private, no-store"
    (entry,) = ledger.entries()
    assert entry.properties.source == ledger.pseudonym(ADDRESS)


def test_as_json_and_as_a_form_the_same(client: FlaskClient, ledger: Ledger) -> None:
    """Boxes that are ticked come one by one; what is left empty was not given."""
    client.post(REPORTS, json={**LOCKED, "facility": ["toilet", "wifi"], "text": None})
    form(
        client,
        station="bank-西",
        problem="locked",
        facility=["toilet", "wifi"],
        text="",
        website="",
    )
    one, two = (entry.properties for entry in ledger.entries())
    assert one.facilities == two.facilities == ("toilet", "wifi")
    assert one.text is two.text is None


def test_a_suggestion_is_filed_where_it_was_meant(client: FlaskClient, ledger: Ledger) -> None:
    """In WGS84, whatever the datum of the map that was tapped."""
    answer = client.post(
        SUGGESTIONS,
        json={"lon": "116.406636", "lat": 29.477729, "datum": "gcj02", "facility": "toilet"},
    )
    assert answer.status_code == 201, answer.text
    assert answer.get_json()["kind"] == "suggestion"
    (entry,) = ledger.entries()
    assert entry.position == pytest.approx((116.40146866, 29.48015564), abs=2e-7)
    assert form(client, SUGGESTIONS, lon="113.6", lat="34.8").status_code == 201


def test_sending_again_finds_what_was_filed(client: FlaskClient, ledger: Ledger) -> None:
    """200 and `already`: by the name of the sending, or the same words of the same address."""
    first = client.post(REPORTS, json={**LOCKED, "request": "f" * 16}).get_json()
    for sent in ({**LOCKED, "request": "f" * 16}, LOCKED, {**LOCKED, "request": "e" * 16}):
        answer = client.post(REPORTS, json=sent)
        assert answer.status_code == 200
        assert answer.headers["Location"] == first["link"]
        assert answer.get_json() == {**first, "already": True}
    assert len(ledger.entries()) == 1


def test_the_reporter_reads_the_answer(client: FlaskClient, ledger: Ledger) -> None:
    """And the new state; who answered is nobody's business."""
    link = client.post(REPORTS, json=LOCKED).get_json()["id"]
    ledger.answer(link, who="王科长", text="已派人", state="accepted")
    answer = client.get(f"{REPORTS}/{link}")
    found = answer.get_json()
    assert found["state"] == "accepted"
    assert [(a["state"], a["text"]) for a in found["answers"]] == [("accepted", "已派人")]
    assert "王科长" not in answer.text


# ------------------------------------------------------------------------------------------ photos


def test_a_photo_is_made_anew(client: FlaskClient, ledger: Ledger) -> None:
    """Its pixels, and nothing of the camera; for whoever has the link, and inert."""
    exif = Image.Exif()
    exif[0x0112], exif[0x8825] = 6, {1: "N", 2: (34.0, 48.0, 0.0), 29: "SECRET"}
    answer = form(client, **LOCKED, photo=(photo(exif=exif), "门.jpg"))
    assert answer.status_code == 201, answer.text
    assert answer.get_json()["photo"] is True
    shown = client.get(f"{REPORTS}/{answer.get_json()['id']}/photo")
    assert shown.mimetype == "image/jpeg"
    assert shown.headers["Cache-Control"] == "private, no-store"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert shown.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert b"SECRET" not in shown.data
    assert b"Exif" not in shown.data
    assert Image.open(io.BytesIO(shown.data)).size == (100, 200)
    (entry,) = ledger.entries()
    assert ledger.photo_path(entry.id).read_bytes() == shown.data


def test_a_photo_of_a_phone_s_size_is_taken(client: FlaskClient, ledger: Ledger) -> None:
    """Several megabytes, as phones make them."""
    large = io.BytesIO()
    Image.effect_noise((2400, 1800), 60).save(large, "JPEG", quality=95)
    assert large.tell() > 2_000_000
    # In one piece: the test client would keep it in a file that nobody closes.
    boundary, body = encode_multipart(
        {**LOCKED, "photo": FileStorage(io.BytesIO(large.getvalue()), "IMG_1.jpg")}
    )
    answer = client.post(
        REPORTS, data=body, content_type=f"multipart/form-data; boundary={boundary}"
    )
    assert answer.status_code == 201, answer.text
    (entry,) = ledger.entries()
    assert entry.properties.photo


def test_a_name_of_a_sending_is_good_for_what_was_sent(client: FlaskClient, ledger: Ledger) -> None:
    """A form that a browser kept has an old name in it: what it says now is filed all the same."""
    name = "kept-in-a-cache-000"
    first = client.post(REPORTS, json={**LOCKED, "request": name})
    again = client.post(REPORTS, json={**LOCKED, "request": name})
    other = client.post(REPORTS, json={**LOCKED, "request": name, "text": "漏电，危险"})
    assert [one.status_code for one in (first, again, other)] == [201, 200, 201]
    assert first.json["id"] == again.json["id"] != other.json["id"]
    assert len(ledger.entries()) == 2


def test_somebody_else_s_photo_is_not_handed_out(client: FlaskClient) -> None:
    """Behind one address, the same words do not lead to a report that has a photo."""
    with_photo = form(client, **LOCKED, photo=(photo(), "a.jpg"))
    without = client.post(REPORTS, json=LOCKED)
    assert with_photo.json["id"] != without.json["id"]
    assert client.post(REPORTS, json=LOCKED).json["id"] == without.json["id"]


def test_whoever_sends_many_files_that_are_no_photos_has_to_wait(
    client: FlaskClient, ledger: Ledger
) -> None:
    """Looking at a file costs time: after twenty, a source waits, and others do not."""

    def send(address: str) -> int:
        environ = {"REMOTE_ADDR": address}
        sent = {**LOCKED, "photo": (io.BytesIO(b"no photo"), "a.jpg")}
        return client.post(REPORTS, data=sent, environ_base=environ).status_code

    assert [send(ADDRESS) for _ in range(21)] == [422] * 20 + [429]
    assert send("198.51.100.78") == 422
    assert ledger.entries() == ()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 201),
        ({"Sec-Fetch-Site": "same-origin"}, 201),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "http://localhost"}, 201),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://proxy.example", "Sec-Fetch-Site": "same-origin"}, 201),
    ],
)
def test_a_page_of_another_site_files_nothing(
    client: FlaskClient, headers: dict[str, str], status: int
) -> None:
    """By what the browser says of the sender; a program says nothing."""
    assert client.post(REPORTS, json=LOCKED, headers=headers).status_code == status


def test_a_form_without_a_photo_has_an_empty_one(client: FlaskClient) -> None:
    """As browsers send it."""
    answer = form(client, **LOCKED, photo=(io.BytesIO(), ""))
    assert answer.status_code == 201
    assert answer.get_json()["photo"] is False
    problem_of(client.get(f"{REPORTS}/{answer.get_json()['id']}/photo"), 404)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.svg", b"<svg onload='alert(1)'></svg>", "SVG"),
        ("a.jpg", b"<html><script>alert(1)</script>", "web page"),
        ("a.jpg", photo().getvalue()[:400], "damaged"),
        ("a.png", photo().getvalue(), "ends in"),
        ("a.jpg", photo(comment=b"<script>alert(1)</script>").getvalue(), "besides"),
        ("a.jpg", b"", "empty"),
    ],
)
def test_a_bad_photo_is_refused_and_nothing_is_filed(
    client: FlaskClient, ledger: Ledger, name: str, data: bytes, words: str
) -> None:
    """By the name of its field; no entry, no file."""
    answer = form(client, **LOCKED, photo=(io.BytesIO(data), name))
    assert words in faults(answer)["photo"]
    assert ledger.entries() == ()
    assert not list(ledger.folder.glob("photos/reports/*"))


def test_only_photos_make_a_body_large(own_town: Workspace, ledger: Ledger) -> None:
    """413 above the photo's bound with a form, and above that of all others with JSON."""
    client = create_app(own_town, ServerSettings(max_photo=65_536)).test_client()
    fits = photo().getvalue() + bytes(65_536 - len(photo().getvalue()))
    assert form(client, **LOCKED, photo=(io.BytesIO(fits), "a.jpg")).status_code == 201
    more = form(client, **LOCKED, photo=(io.BytesIO(fits + b"\0"), "a.jpg"))
    assert "larger than 0.0625 MiB" in faults(more)["photo"]
    problem_of(form(client, **LOCKED, photo=(io.BytesIO(bytes(200_000)), "a.jpg")), 413)
    assert "70,000 characters" in faults(form(client, **LOCKED, text="x" * 70_000))["text"]
    problem_of(client.post(REPORTS, json={**LOCKED, "text": "x" * 70_000}), 413)
    problem_of(form(client, SUGGESTIONS, text="x" * 70_000), 413)
    problem_of(form(client, **{f"f{n}": "x" for n in range(100)}), 413)
    assert len(ledger.entries()) == 1


def test_full_of_reports_no_photo_is_decoded(
    own_town: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit is looked at first."""
    client = create_app(own_town, ServerSettings(reports_an_hour=1)).test_client()
    client.post(REPORTS, json=LOCKED)
    monkeypatch.setattr("stations.ledger.photos.sanitise", lambda *_, **__: pytest.fail("decoded"))
    problem_of(form(client, **LOCKED, photo=(photo(), "a.jpg")), 429)


# ----------------------------------------------------------------------------------------- refused


@pytest.mark.parametrize(
    ("path", "sent", "named"),
    [
        (REPORTS, {}, {"station", "problem"}),
        (REPORTS, {"station": "office"}, {"problem"}),
        (REPORTS, {**LOCKED, "problem": "haunted"}, {"problem"}),
        (REPORTS, {**LOCKED, "problem": ["locked"]}, {"problem"}),
        (REPORTS, {**LOCKED, "station": 7}, {"station"}),
        (REPORTS, {**LOCKED, "facility": "water"}, {"facility"}),
        (REPORTS, {**LOCKED, "facility": {"toilet": True}}, {"facility"}),
        (REPORTS, {**LOCKED, "facility": [["toilet"]]}, {"facility"}),
        (REPORTS, {**LOCKED, "facility": "toilet," * 500}, {"facility"}),
        (REPORTS, {**LOCKED, "text": "长" * 1001}, {"text"}),
        (REPORTS, {**LOCKED, "text": ["x"]}, {"text"}),
        (REPORTS, {**LOCKED, "request": "short"}, {"request"}),
        (REPORTS, {**LOCKED, "request": "x" * 65}, {"request"}),
        (REPORTS, {**LOCKED, "request": "../../../../etc/passwd"}, {"request"}),
        (REPORTS, {**LOCKED, "website": "https://spam.example"}, {"website"}),
        (REPORTS, {**LOCKED, "state": "done", "source": "x"}, {"state", "source"}),
        (REPORTS, {**LOCKED, "lon": 1, "photo": "x"}, {"lon", "photo"}),
        (REPORTS, {"problem": "x", "text": "y" * 1001}, {"station", "problem", "text"}),
        (SUGGESTIONS, {}, {"lon", "lat"}),
        (SUGGESTIONS, {**HERE, "lon": "x"}, {"lon"}),
        (SUGGESTIONS, {**HERE, "lon": True}, {"lon"}),
        (SUGGESTIONS, {**HERE, "lon": "nan"}, {"lon"}),
        (SUGGESTIONS, {**HERE, "lat": "1e400"}, {"lat"}),
        (SUGGESTIONS, {"lon": 34.8, "lat": 113.6}, {"lon"}),
        (SUGGESTIONS, {**HERE, "datum": "mars"}, {"datum"}),
        (SUGGESTIONS, {**HERE, "datum": "+init=epsg:4326"}, {"datum"}),
        (SUGGESTIONS, {**HERE, "station": "office"}, {"station"}),
        (SUGGESTIONS, {**HERE, "website": "x"}, {"website"}),
    ],
)
def test_every_field_that_does_not_fit_is_named(
    client: FlaskClient, ledger: Ledger, path: str, sent: dict[str, Any], named: set[str]
) -> None:
    """All at once, in both languages, and nothing is filed."""
    answer = client.post(path, json=sent)
    found = faults(answer)
    assert found.keys() == named
    assert all(found.values())
    assert len(answer.data) < 3000
    assert ledger.entries() == ()


def test_files_that_nobody_asked_for_are_named(client: FlaskClient) -> None:
    """Another name, a second photo, a photo of a suggestion."""
    assert "virus" in faults(form(client, **LOCKED, virus=(photo(), "a.jpg")))
    two = [(photo(), "a.jpg"), (photo(), "b.jpg")]
    assert "only one" in faults(form(client, **LOCKED, photo=two))["photo"]
    assert "photo" in faults(form(client, SUGGESTIONS, **HERE, photo=(photo(), "a.jpg")))
    assert "text" in faults(form(client, **LOCKED, text=["a", "b"]))


def test_many_faults_have_a_small_answer(client: FlaskClient) -> None:
    """At most twenty are told, names cut."""
    answer = client.post(REPORTS, json={f"{'x' * 100}{n}": 1 for n in range(300)})
    assert len(problem_of(answer, 422)["errors"]) <= 20
    assert len(answer.data) < 10_000


def test_an_unknown_station_is_404(client: FlaskClient) -> None:
    """By its name."""
    answer = client.post(REPORTS, json={**LOCKED, "station": "atlantis"})
    assert "atlantis" in problem_of(answer, 404)["detail"]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"null", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"station=office&problem=locked", "application/x-www-form-urlencoded", 415),
        (b"<x/>", "text/xml", 415),
        (b"", "", 415),
        (b"no boundary", "multipart/form-data", 422),
    ],
)
def test_other_bodies_are_refused(client: FlaskClient, body: bytes, kind: str, status: int) -> None:
    """No JSON, no object, no form."""
    problem_of(client.post(REPORTS, data=body, content_type=kind), status)


def test_pages_of_other_sites_send_nothing(client: FlaskClient, ledger: Ledger) -> None:
    """What a browser says of them is believed; programs say nothing and may."""
    for path, sent in ((REPORTS, LOCKED), (SUGGESTIONS, HERE)):
        answer = client.post(path, json=sent, headers={"Sec-Fetch-Site": "cross-site"})
        assert problem_of(answer, 403)["detail_zh"]
    assert ledger.entries() == ()
    for site in ("same-origin", "same-site", "none"):
        sent = {**LOCKED, "text": site}
        answer = client.post(REPORTS, json=sent, headers={"Sec-Fetch-Site": site})
        assert answer.status_code == 201
    preflight = client.options(REPORTS, headers={"Origin": "https://evil.example"})
    assert preflight.headers["Access-Control-Allow-Methods"] == "GET, OPTIONS"


@pytest.mark.parametrize(
    "entry_id", ["0" * 12, "x", "..%2f..%2fyizhan.toml", "0" * 5000, "%00", "é"]
)
def test_nobody_s_report_is_404(client: FlaskClient, entry_id: str) -> None:
    """Also where the id is no id."""
    problem_of(client.get(f"{REPORTS}/{entry_id}"), 404)
    problem_of(client.get(f"{REPORTS}/{entry_id}/photo"), 404)


# ------------------------------------------------------------------------------------ limits


def test_too_many_are_told_when_to_come_again(own_town: Workspace, ledger: Ledger) -> None:
    """429 with Retry-After, counted by address; in both languages."""
    client = create_app(own_town, ServerSettings(reports_an_hour=2)).test_client()

    def send(text: str, address: str = ADDRESS) -> Any:
        return client.post(
            REPORTS, json={**LOCKED, "text": text}, environ_base={"REMOTE_ADDR": address}
        )

    assert [send(text).status_code for text in "ab"] == [201, 201]
    answer = send("c")
    found = problem_of(answer, 429)
    assert 3590 <= int(answer.headers["Retry-After"]) <= 3600
    assert "分钟" in found["detail_zh"]
    assert send("a").status_code == 200  # nothing new
    assert send("c", "198.51.100.78").status_code == 201
    assert len(ledger.entries()) == 3


@pytest.mark.parametrize(("proxies", "sources"), [(0, 1), (1, 3), (2, 1)])
def test_behind_a_proxy_the_visitor_counts(
    own_town: Workspace, ledger: Ledger, proxies: int, sources: int
) -> None:
    """Only as many names as there are proxies are believed; what a visitor adds is not."""
    client = create_app(own_town, ServerSettings(proxies=proxies)).test_client()
    for n in range(3):
        answer = client.post(
            REPORTS,
            json={**LOCKED, "text": str(n)},
            headers={"X-Forwarded-For": f"203.0.113.9, 198.51.100.{n}", "X-Forwarded-Host": "evil"},
        )
        assert answer.status_code == 201
        assert "evil" not in f"{answer.text}{answer.headers}"
    assert len({entry.properties.source for entry in ledger.entries()}) == sources


# ------------------------------------------------------------------------------------ everybody


def warn(ledger: Ledger, workspace: Workspace, station: str = "office") -> None:
    """Have two people say that a microwave is broken."""
    for source in "ab":
        entry = new_report(workspace.registry.get(station), "broken", facilities=("microwave",))
        ledger.file(entry, source=source)


@pytest.mark.parametrize(
    "path",
    [
        "nearest?lon=113.6&lat=34.8&k=3",
        "nearest?lon=113.6&lat=34.8&k=3&datum=wgs84&lang=",
        "nearest?lon=113.6&lat=34.8&k=3&mode=walk",
        "stations?limit=200&status=",
        "stations/office",
    ],
)
def test_a_warning_is_seen_by_everybody(
    client: FlaskClient, own_town: Workspace, ledger: Ledger, path: str
) -> None:
    """On the station it is of, in every answer, at once, and gone when it is closed."""
    if path.endswith("lang="):
        path = path.removesuffix("&lang=")

    def reported() -> dict[str, Any]:
        answer = client.get(f"/api/v1/{path}").get_json(force=True)
        features = answer.get("features", [answer])
        return {
            one["id"]: one["properties"]["reported"]
            for one in features
            if "reported" in one["properties"]
        }

    assert reported() == {}
    before = client.get(f"/api/v1/{path}").headers["ETag"]
    warn(ledger, own_town)
    assert reported().keys() == {"office"}
    (one,) = reported()["office"]
    assert dt.datetime.fromisoformat(one.pop("last")).tzinfo is not None
    assert one == {"problem": "broken", "facilities": ["microwave"], "people": 2}
    assert client.get(f"/api/v1/{path}").headers["ETag"] != before
    for entry in ledger.entries():
        ledger.answer(entry.id, who="w", text=None, state="done")
    assert reported() == {}


def test_one_voice_is_no_warning(client: FlaskClient) -> None:
    """However often it speaks."""
    for text in "abc":
        client.post(REPORTS, json={**LOCKED, "text": text})
    assert (
        "reported" not in client.get("/api/v1/stations/office").get_json(force=True)["properties"]
    )


def test_a_broken_ledger_stops_nobody_on_the_way(
    client: FlaskClient, own_town: Workspace, ledger: Ledger
) -> None:
    """The last good warnings stay, reporting says 503 and the line, and so does /healthz."""
    warn(ledger, own_town)
    assert "reported" in client.get("/api/v1/stations/office").text
    broken = ledger.path.read_bytes().replace(b'"broken"', b'"haunted"', 1)
    ledger.path.write_bytes(broken)
    assert "reported" in client.get("/api/v1/stations/office").text
    found = problem_of(client.post(REPORTS, json=LOCKED), 503)
    assert "line 2" in found["detail"]
    assert str(own_town.folder) not in json.dumps(found)
    health = client.get("/healthz").get_json()
    assert health["status"] == "degraded"
    assert "ledger.geojson: line 2" in health["fault"]
    assert ledger.path.read_bytes() == broken
    fresh = create_app(own_town.folder).test_client()
    assert "reported" not in fresh.get("/api/v1/stations/office").text


INERT = (
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "{{7*7}} ${7*7} #{7*7} <%= 7*7 %>",
    "=cmd|' /C calc'!A0",
    "'; DROP TABLE stations; --",
    '"}],"state":"done',
    "😀👩‍👩‍👧 微波炉",
)


@pytest.mark.parametrize("text", INERT)
def test_text_comes_back_as_text(client: FlaskClient, ledger: Ledger, text: str) -> None:
    """To the letter, as JSON that no browser takes for a page."""
    answer = form(client, **LOCKED, text=f"\x00\u202e{text}\x1b")
    found = client.get(f"{REPORTS}/{answer.get_json()['id']}")
    assert found.get_json()["text"] == text
    assert found.get_json()["state"] == "new"
    assert found.mimetype == "application/json"
    assert found.headers["X-Content-Type-Options"] == "nosniff"
    (entry,) = ledger.entries()
    assert entry.properties.text == text


def test_nothing_private_is_in_any_answer(
    client: FlaskClient, own_town: Workspace, ledger: Ledger
) -> None:
    """No address, pseudonym, name of a sending or of the office, in no answer of any resource."""
    name = "secret-request-0123"
    sent = {**LOCKED, "problem": "broken", "request": name, "text": "只给工会看"}
    filed = client.post(REPORTS, json=sent, environ_base={"REMOTE_ADDR": ADDRESS})
    warn(ledger, own_town)
    entry_id = filed.get_json()["id"]
    ledger.answer(entry_id, who="王科长", text="好", state="accepted")
    source = ledger.get(entry_id).properties.source
    assert source
    paths = [
        "/api/v1/nearest?lon=113.6&lat=34.8&k=50",
        "/api/v1/stations?limit=200&status=",
        "/api/v1/stations/office",
        "/api/v1/stations/clusters?bbox=113,34,114,35&zoom=16",
        "/api/v1/plans",
        "/api/v1/schema",
        "/openapi.json",
        "/healthz",
        "/map",
    ]
    mine = [filed.text, client.get(f"{REPORTS}/{entry_id}").text]
    others = [client.get(path).text for path in paths]
    for text in (*mine, *others):
        assert not re.search(f"{source}|{name}|{ADDRESS}|王科长", text)
    for text in others:
        assert entry_id not in text
        assert "只给工会看" not in text
    stored = ledger.path.read_text("utf-8")
    assert ADDRESS not in stored
