"""``GET /api/v1/stations``: pages without loss, boxes, one station by its id."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from stations.model import json_schema
from tests.stations.samples import register, station
from tests.webmap.town import KNOWN, SECRETS, make_town
from webmap import create_app
from webmap.settings import ServerSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flask.testing import FlaskClient

    from stations.workspace import Workspace

    Get = Callable[..., Any]

ALL = sorted([*KNOWN, *register(60, seed=3)], key=lambda one: one.id)
EVERYTHING = {"status": "", "expired": True}


def pages(client: FlaskClient, path: str) -> Iterator[dict[str, Any]]:
    """Follow the links from page to page."""
    while path:
        response = client.get(path)
        assert response.status_code == 200, response.text
        page = response.get_json(force=True)
        yield page
        following = [link["href"] for link in page["links"] if link["rel"] == "next"]
        header = re.findall(r'<([^>]*)>; rel="next"', response.headers.get("Link", ""))
        assert header == following
        path = following[0] if following else ""


@pytest.mark.parametrize("limit", [1, 7, 70, 1000])
def test_pages_enumerate_everything_once(client: FlaskClient, limit: int) -> None:
    """Following `next` gives every station once, in the order of the ids."""
    found = list(pages(client, f"/api/v1/stations?status=&expired=1&limit={limit}"))
    assert [f["id"] for page in found for f in page["features"]] == [one.id for one in ALL]
    assert {page["numberMatched"] for page in found} == {len(ALL)}
    assert all(page["numberReturned"] == len(page["features"]) <= limit for page in found)


def test_links_keep_the_question(client: FlaskClient) -> None:
    """Filters with Chinese text, offsets and lists stand in the next link as they were asked."""
    query = "q=%E5%8F%B7&kind=rest_station%2Crider_home&status=open,suspended&limit=2"
    found = list(pages(client, f"/api/v1/stations?{query}&open_at=2026-11-20T10:00%2B08:00"))
    assert len(found) > 1
    assert sum(len(page["features"]) for page in found) == found[0]["numberMatched"]
    kinds = {f["properties"].get("kind", "rest_station") for p in found for f in p["features"]}
    assert kinds <= {"rest_station", "rider_home"}


def test_a_page_is_no_larger_than_the_server_allows(town: Workspace) -> None:
    """A larger limit gets the server's page with a link to the next: nothing is lost."""
    client = create_app(town, ServerSettings(page_size=10)).test_client()
    found = list(pages(client, "/api/v1/stations?limit=5000&status=&expired=1"))
    assert [len(page["features"]) for page in found] == [10] * 7
    assert len({f["id"] for page in found for f in page["features"]}) == len(ALL)


def test_a_page_behind_the_end_is_empty(get: Get) -> None:
    """It says how many there are, and has no next."""
    page = get("stations", offset=10_000)
    assert page["features"] == []
    assert page["numberMatched"] > 0
    assert [link["rel"] for link in page["links"]] == ["self"]


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ("113.595,34.79,113.605,34.81", {"office", "paused", "expired"}),
        ("113.6,34.8,113.6,34.8", {"office"}),
        ("179,-20,-179,-10", {"fiji-east", "fiji-west"}),
        ("179,-20,180,-10", {"fiji-east"}),
        ("-180,-20,-179,-10", {"fiji-west"}),
        ("0,0,1,1", set()),
    ],
)
def test_boxes(get: Get, box: str, expected: set[str]) -> None:
    """A box holds its border; west of east it crosses the antimeridian."""
    page = get("stations", bbox=box, **EVERYTHING)
    assert {f["id"] for f in page["features"]} - {
        one.id for one in register(60, seed=3)
    } == expected


@pytest.mark.parametrize(
    "box",
    ["", "1,2,3", "1,2,3,4,5", "1,2,3,x", "200,0,201,1", "0,10,1,5", "nan,0,1,1", "34,113,35,114"],
)
def test_a_box_that_is_none_is_refused(client: FlaskClient, box: str) -> None:
    """Too few numbers, out of range, upside down or swapped: the parameter is named."""
    response = client.get("/api/v1/stations", query_string={"bbox": box})
    assert response.status_code == 422
    errors = response.get_json(force=True)["errors"]
    assert {e["parameter"] for e in errors} == {"bbox"}


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.id)
def test_one_station_by_its_id(client: FlaskClient, one: Any) -> None:
    """Every station has its address, Chinese ids too, whatever its status or position."""
    answer = client.get(f"/api/v1/stations/{quote(one.id, safe='')}")
    assert answer.status_code == 200
    assert answer.mimetype == "application/geo+json"
    found = answer.get_json(force=True)
    assert (found["type"], found["id"]) == ("Feature", one.id)
    assert found["properties"]["name"] == one.name
    position = found["geometry"] and found["geometry"]["coordinates"]
    assert position == (list(one.position) if one.position else None)
    assert "distance_m" not in found["properties"]


@pytest.mark.parametrize(
    "text", ["none", "a%2Fb", "%00", "%FF", "..%2F..%2Fyizhan.toml", "驿", "x" * 300]
)
def test_no_such_station(client: FlaskClient, text: str) -> None:
    """An id that is nobody's is 404 with a problem, never a file and never a 500."""
    answer = client.get(f"/api/v1/stations/{text}")
    assert answer.status_code == 404
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json(force=True)["status"] == 404


def test_a_removed_station_is_said_to_be_removed(own_town: Workspace) -> None:
    """A caller with an old id learns that it is gone."""
    from stations.store import Change

    own_town.store.apply(Change(remove=("office",)), who="t", what="t")
    answer = create_app(own_town).test_client().get("/api/v1/stations/office")
    assert answer.status_code == 404
    assert "was removed" in answer.get_json(force=True)["detail"]


def test_what_is_spliced_in_beside_the_record_keeps_to_its_schema(get: Get) -> None:
    """Without the moment's members and the bookkeeping, each feature is a record of the schema."""
    import jsonschema

    schema = get("schema")
    assert schema["$id"] == json_schema()["$id"]
    check = jsonschema.Draft202012Validator(schema)
    for one in get("stations", limit=1000, **EVERYTHING)["features"]:
        for name in ("open_state", "open_until", "entry", "verified_days"):
            del one["properties"][name]
        check.validate(one)


def test_no_answer_holds_a_private_value(client: FlaskClient) -> None:
    """Managers and their phones are in the registry, and in no answer of any resource."""
    paths = [
        "/api/v1/stations?limit=1000&status=&expired=1",
        "/api/v1/nearest?lon=113.6&lat=34.8&k=100&status=&expired=1",
        "/api/v1/stations/clusters?bbox=-180,-90,180,90&zoom=20&status=&expired=1",
        "/api/v1/districts",
        "/api/v1/coverage",
        "/api/v1/gaps",
        "/api/v1/demand?bbox=-180,-90,180,90",
        "/openapi.json",
        "/healthz",
        "/map",
        *(f"/api/v1/stations/{quote(one.id)}" for one in ALL),
    ]
    for path in paths:
        answer = client.get(path)
        assert answer.status_code == 200, path
        text = answer.get_data(as_text=True)
        # Escaped or not.
        for secret in SECRETS:
            assert secret not in text, path
            assert json.dumps(secret)[1:-1] not in text, path


def test_nobody_can_search_for_a_manager(get: Get) -> None:
    """The text filter reads names and addresses only."""
    assert get("stations", q=SECRETS[0], **EVERYTHING)["numberMatched"] == 0
    assert get("stations", q=SECRETS[1], **EVERYTHING)["numberMatched"] == 0


def test_an_empty_registry_has_an_empty_page(tmp_path: Path) -> None:
    """A new installation answers everything before its first import."""
    client = create_app(make_town(tmp_path / "new", records=())).test_client()
    assert client.get("/api/v1/stations").get_json(force=True)["numberMatched"] == 0
    assert client.get("/api/v1/nearest?lon=1&lat=1").get_json(force=True)["features"] == []
    assert client.get("/healthz").get_json()["status"] == "ok"


def test_hostile_names_arrive_whole(tmp_path: Path) -> None:
    """What a record says is data, whatever it looks like."""
    names = ['a"b\\c', "</script>", "行\u2028末", "😀", "\x00\x1b[31m", "\u202e倒"]
    records = tuple(station(f"h-{i}", name=name) for i, name in enumerate(names))
    client = create_app(make_town(tmp_path / "h", records=records)).test_client()
    found = client.get("/api/v1/stations").get_json(force=True)
    assert [f["properties"]["name"] for f in found["features"]] == names
