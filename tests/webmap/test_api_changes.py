"""``GET /api/v1/changes``: a mirror that follows the links holds the public registry."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError

import jsonschema
import pytest

from stations.model import encode
from stations.store import Change
from tests.stations.samples import station
from tests.webmap.town import SECRETS
from webmap import create_app
from webmap.settings import ServerSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

    from stations.workspace import Workspace

    Get = Callable[..., Any]

PAGE = Path(__file__).parents[2] / "docs" / "api.md"


def public(workspace: Workspace) -> dict[str, Any]:
    """Every record without its private fields, as JSON, by id."""
    return {one.id: json.loads(encode(one.public())) for one in workspace.registry.stations}


def without_checksum(feature: dict[str, Any]) -> dict[str, Any]:
    """A feature as it is in the registry."""
    return {name: value for name, value in feature.items() if name != "checksum"}


def test_since_0_is_the_whole_public_registry(get: Get, town: Workspace) -> None:
    """Also what is closed, expired or without a position; nothing is said of the moment."""
    page = get("changes", since=0)
    assert {f["id"]: without_checksum(f) for f in page["features"]} == public(town)
    assert (page["since"], page["revision"]) == (0, town.registry.revision)
    assert page["numberMatched"] == page["numberReturned"] == page["stations"] == len(town.registry)
    assert page["removed"] == []
    assert [link["rel"] for link in page["links"]] == ["self"]


def test_each_feature_keeps_to_the_schema_of_the_record(get: Get) -> None:
    """Beside its checksum it is a record and nothing else."""
    check = jsonschema.Draft202012Validator(get("schema"))
    for feature in get("changes", since=0)["features"]:
        check.validate(without_checksum(feature))


def test_only_what_came_later(own_town: Workspace) -> None:
    """Changed stations as they are now, removed ones by id and revision."""
    client = create_app(own_town).test_client()
    since = own_town.registry.revision
    own_town.store.apply(Change((station("office", name="新名"),), ("night",)), who="t", what="t")
    page = client.get(f"/api/v1/changes?since={since}").get_json(force=True)
    assert [(f["id"], f["properties"]["name"]) for f in page["features"]] == [("office", "新名")]
    assert page["removed"] == [{"id": "night", "revision": since + 1}]
    assert (page["numberMatched"], page["numberReturned"]) == (2, 2)
    rest = client.get(f"/api/v1/changes?since={page['revision']}").get_json(force=True)
    assert (rest["features"], rest["removed"], rest["numberMatched"]) == ([], [], 0)


@pytest.mark.parametrize("limit", [1, 7, 1000])
def test_the_links_lead_through_everything_once(
    town: Workspace, client: FlaskClient, limit: int
) -> None:
    """Also in the header; ids in Chinese too."""
    path, ids = f"/api/v1/changes?since=0&limit={limit}", []
    while path:
        answer = client.get(path)
        page = answer.get_json(force=True)
        ids += [feature["id"] for feature in page["features"]]
        following = [link["href"] for link in page["links"] if link["rel"] == "next"]
        header = re.findall(r'<([^>]*)>; rel="next"', answer.headers.get("Link", ""))
        assert header == following
        path = following[0] if following else ""
    assert ids == list(public(town))


def test_a_page_is_no_larger_than_the_server_allows(town: Workspace) -> None:
    """A larger limit gets the server's page with a link to the next."""
    client = create_app(town, ServerSettings(page_size=10)).test_client()
    page = client.get("/api/v1/changes?since=0").get_json(force=True)
    assert (page["numberReturned"], len(page["links"])) == (10, 2)


def test_no_private_value_is_told(client: FlaskClient) -> None:
    """Neither a manager nor a phone."""
    text = client.get("/api/v1/changes?since=0").get_data(as_text=True)
    assert not any(secret in text or json.dumps(secret)[1:-1] in text for secret in SECRETS)


def test_nothing_is_sent_again_while_nothing_changes(own_town: Workspace) -> None:
    """The tag is strong and does not hang on the moment; with a change it is another."""
    client = create_app(own_town).test_client()
    first = client.get("/api/v1/changes?since=0")
    tag = first.headers["ETag"]
    assert not tag.startswith("W/")
    again = client.get("/api/v1/changes?since=0", headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    own_town.store.apply(Change(remove=("night",)), who="t", what="t")
    later = client.get("/api/v1/changes?since=0", headers={"If-None-Match": tag})
    assert later.status_code == 200


def test_who_is_ahead_is_told_to_start_again(client: FlaskClient, town: Workspace) -> None:
    """409, in both languages: an older state of the registry was put back."""
    ahead = town.registry.revision + 1
    for query in (f"since={ahead}", f"since=0&after={ahead}:office"):
        answer = client.get(f"/api/v1/changes?{query}")
        assert (answer.status_code, answer.mimetype) == (409, "application/problem+json")
        problem = answer.get_json(force=True)
        assert "since=0" in problem["detail"]
        assert "since=0" in problem["detail_zh"]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("", "since"),
        ("since=-1", "since"),
        ("since=x", "since"),
        (f"since={2**53}", "since"),
        ("since=0&limit=0", "limit"),
        ("since=0&after=office", "after"),
        ("since=0&after=%EF%BC%91:office", "after"),
        (f"since=0&after=1:{'x' * 99}", "after"),
        ("since=0&status=open", "status"),
    ],
)
def test_what_does_not_fit_is_refused(client: FlaskClient, query: str, parameter: str) -> None:
    """By name; a mirror has no filters."""
    answer = client.get(f"/api/v1/changes?{query}")
    assert answer.status_code == 422
    assert {fault["parameter"] for fault in answer.get_json(force=True)["errors"]} == {parameter}


def test_the_example_of_the_documentation_keeps_a_copy(own_town: Workspace) -> None:
    """It runs as it stands there: pages, removals, a file edited by hand, a backup put back."""
    (code,) = re.findall(
        r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    client = create_app(own_town, ServerSettings(page_size=9)).test_client()
    asked: list[str] = []

    def urlopen(address: str) -> Any:
        asked.append(address)
        answer = client.get(address)
        if answer.status_code != 200:
            raise HTTPError(address, answer.status_code, "", answer.headers, None)
        return io.BytesIO(answer.data)

    example: dict[str, Any] = {}
    exec(code, example)  # noqa: S102  the page is ours
    example["urlopen"] = urlopen
    copy: dict[str, Any] = {}

    def keep_up(since: int) -> int:
        asked.clear()
        revision: int = example["follow"](copy, since)
        assert {key: without_checksum(value) for key, value in copy.items()} == public(own_town)
        return revision

    first = keep_up(0)
    assert len(asked) == 8
    backup = own_town.store.path.read_bytes()
    own_town.store.apply(Change((station("neu"),), ("night", "office")), who="t", what="t")
    second = keep_up(first)
    assert len(asked) == 1
    edited = own_town.store.path.read_text("utf-8").replace("全天驿站", "半天驿站")
    own_town.store.path.write_text(edited, "utf-8")
    second = keep_up(second)
    assert len(asked) > 8
    own_town.store.path.write_bytes(backup)
    assert keep_up(second) == first
