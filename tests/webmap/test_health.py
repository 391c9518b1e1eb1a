"""``GET /healthz``: well, degraded, recovered; the last good revision goes on being served."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from stations.config import Config
from stations.store import Change
from stations.workspace import Workspace
from tests.stations.samples import station
from webmap import create_app

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flask.testing import FlaskClient

    Answer = Callable[..., Any]

NEAREST = "/api/v1/nearest?lon=113.6&lat=34.8&k=1&open_at=2026-11-20T10:00"


@pytest.fixture
def own(own_town: Workspace) -> FlaskClient:
    """A client of a town that the test may break."""
    return create_app(own_town).test_client()


def health(client: FlaskClient, status: int = 200) -> dict[str, Any]:
    """What the server says of itself."""
    answer = client.get("/healthz")
    assert answer.status_code == status
    assert answer.mimetype == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    found: dict[str, Any] = answer.get_json()
    return found


def test_all_is_well(own: FlaskClient) -> None:
    """Revision and number of stations, and no fault."""
    assert health(own) == {"status": "ok", "revision": 1, "stations": 70, "fault": None}


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda text: text[: len(text) // 2], ""),
        (lambda text: text.replace('"properties":{', '"properties":{"kind":"hotel",', 1), "line 2"),
        (lambda text: text.replace("113.", "513.", 1), "line 2"),
        (lambda text: text.replace("[113.", '["113.', 1), ""),
        (lambda text: text.replace('"coordinates":[', '"coordinates":[NaN,', 1), ""),
        (lambda text: text.replace('"type":"Point"', '"type":"Polygon"', 1), "line 2"),
        (lambda text: text.replace('"id":"bank-西"', '"id":"always"', 1), "'always'"),
        (lambda text: text.replace("Mo-Fr 09:00-17:00; PH off", "Mo-Xx 9-5", 1), "Mo-Xx"),
        (lambda _: "hello", ""),
        (lambda _: "", ""),
        (lambda text: text.encode("gb18030"), ""),
        (lambda text: text.encode("utf-16"), ""),
    ],
    ids=[
        "truncated", "unknown-kind", "outside-the-world", "text-for-number", "nan", "polygon",
        "duplicate-id", "hours", "no-json", "empty", "gb18030", "utf-16",
    ],
)  # fmt: skip
def test_a_registry_broken_by_hand_degrades_and_recovers(
    own: FlaskClient, own_town: Workspace, damage: Callable[[str], str | bytes], words: str
) -> None:
    """The fault is told with its line, answers go on from the last good state, a repair is seen."""
    path = own_town.folder / "stations.geojson"
    good = path.read_bytes()
    before = own.get(NEAREST).get_json(force=True)
    broken = damage(good.decode())
    path.write_bytes(broken if isinstance(broken, bytes) else broken.encode())
    found = health(own)
    assert found["status"] == "degraded"
    assert (found["revision"], found["stations"]) == (1, 70)
    assert "stations.geojson" in found["fault"]
    assert words in found["fault"]
    assert str(own_town.folder) not in found["fault"]
    assert len(found["fault"]) < 5000
    assert own.get(NEAREST).get_json(force=True) == before
    path.write_bytes(good)
    assert health(own) == {"status": "ok", "revision": 1, "stations": 70, "fault": None}


def test_a_registry_that_has_gone_is_a_fault_not_an_empty_one(
    own: FlaskClient, own_town: Workspace
) -> None:
    """A file that is being replaced, or was moved away, does not take all stations off the map."""
    path = own_town.folder / "stations.geojson"
    before = own.get(NEAREST).get_json(force=True)
    path.rename(path.with_suffix(".away"))
    found = health(own)
    assert found["status"] == "degraded"
    assert "gone" in found["fault"]
    assert own.get(NEAREST).get_json(force=True) == before
    path.with_suffix(".away").rename(path)
    assert health(own)["status"] == "ok"


def test_a_folder_that_has_gone_is_told(own: FlaskClient, own_town: Workspace) -> None:
    """An unmounted disk is no 500: the last good state is served and the fault told."""
    before = own.get(NEAREST).get_json(force=True)
    away = own_town.folder.with_name("away")
    own_town.folder.rename(away)
    own_town.folder.write_text("a file where the folder was")
    assert health(own)["status"] == "degraded"
    assert own.get(NEAREST).get_json(force=True) == before
    own_town.folder.unlink()
    away.rename(own_town.folder)
    assert health(own)["status"] == "ok"


def test_a_server_that_never_had_a_registry_fails_and_recovers(own_town: Workspace) -> None:
    """503 with the reason until the file can be read; no restart is needed."""
    path = own_town.folder / "stations.geojson"
    good = path.read_bytes()
    path.write_bytes(good[:1000])
    client = create_app(own_town.folder).test_client()
    for _ in range(3):
        found = health(client, 503)
        assert found["status"] == "failing"
        assert "stations.geojson" in found["fault"]
    held = client.get("/healthz", headers={"If-None-Match": "*"})
    assert held.status_code == 503
    assert held.get_json()["status"] == "failing"
    path.write_bytes(good)
    assert health(client)["status"] == "ok"


@pytest.mark.parametrize("name", ["demand.csv", "districts.geojson"])
def test_other_broken_files_are_told_too(own: FlaskClient, own_town: Workspace, name: str) -> None:
    """Figures go on from the last good demand and districts, and health says so."""
    path = own_town.folder / name
    good = path.read_bytes()
    before = own.get("/api/v1/coverage").get_json(force=True)
    path.write_bytes(good[: len(good) // 2] + b"\xff\x00{")
    found = health(own)
    assert found["status"] == "degraded"
    assert name in found["fault"]
    assert own.get("/api/v1/coverage").get_json(force=True) == before
    path.write_bytes(good)
    assert health(own)["status"] == "ok"


def test_a_new_revision_is_seen(own: FlaskClient, own_town: Workspace) -> None:
    """After an edit the next answer has the next revision."""
    own_town.store.apply(Change(put=(station("new"),)), who="t", what="t")
    assert (health(own)["revision"], health(own)["stations"]) == (2, 71)


def test_a_new_workspace_is_well(tmp_path: Path) -> None:
    """No stations, demand or districts yet is no fault."""
    Workspace.create(tmp_path / "new", config=Config())
    client = create_app(tmp_path / "new").test_client()
    assert health(client) == {"status": "ok", "revision": 0, "stations": 0, "fault": None}
