"""Reach along the streets over HTTP: networks, coverage, gaps, access, isochrones and routes."""

from __future__ import annotations

import datetime as dt
import shutil
from typing import TYPE_CHECKING, Any

import pytest
import shapely

from stations import ways
from stations.access_report import measure_access
from stations.network_facts import network_facts
from stations.workspace import Workspace, network_name
from tests.webmap.town import FRIDAY, demand
from webmap import create_app

if TYPE_CHECKING:
    from pathlib import Path

    from flask.testing import FlaskClient

MEASURED = ["coverage", "gaps", "districts", "access"]
# The station `office` stands on a crossing, and the street to the west is 915 m to the degree/100.
HERE = {"lon": 113.59, "lat": 34.8}


def ask(client: FlaskClient, path: str, **query: object) -> Any:
    """The answer to a question that is answered."""
    response = client.get(f"/api/v1/{path}", query_string=query)
    assert response.status_code == 200, response.text
    return response.get_json(force=True)


def problem(client: FlaskClient, status: int, path: str, **query: object) -> Any:
    """The problem that a question meets."""
    response = client.get(f"/api/v1/{path}", query_string=query)
    assert response.status_code == status, response.text
    assert response.mimetype == "application/problem+json"
    return response.get_json(force=True)


def test_the_networks_are_described(streets: FlaskClient, street_town: Workspace) -> None:
    """As the function behind it says; both modes, and what is assumed where there is none."""
    found = ask(streets, "network")
    assert found == network_facts(street_town)
    assert found["walk"]["network"]
    assert found["walk"]["nodes"] == 25 * 17
    assert (found["walk"]["parts"], found["walk"]["largest"]) == (1, 1.0)
    assert found["walk"]["bounds"] == [113.35, 34.55, 113.95, 34.95]
    assert (found["walk"]["speed_m_s"], found["ebike"]["speed_m_s"]) == (1.3, 4.2)


def test_without_networks_they_are_described_too(client: FlaskClient) -> None:
    """There is none, and that is no error."""
    found = ask(client, "network")
    assert [found[mode]["network"] for mode in ("walk", "ebike")] == [False, False]


def test_coverage_in_minutes(streets: FlaskClient, street_town: Workspace) -> None:
    """What the workspace measures, by its own minutes or those asked for."""
    found = ask(streets, "coverage", mode="walk")
    assert found == street_town.coverage(street_town.reach("walk")).to_dict()
    assert (found["method"], found["minutes"]) == ("walk", 15)
    longer = ask(streets, "coverage", mode="walk", minutes=40)
    assert longer["minutes"] == 40
    assert found["covered"] < longer["covered"] <= longer["streets"]["in_circle"]
    riding = ask(streets, "coverage", mode="ebike", minutes=15)
    assert riding["method"] == "ebike"
    assert riding["covered"] > found["covered"]
    assert riding["total"] == pytest.approx(demand().total)


def test_gaps_and_districts_in_minutes(streets: FlaskClient) -> None:
    """The same figures in every answer."""
    coverage = ask(streets, "coverage", mode="walk", minutes=30)
    gaps = ask(streets, "gaps", mode="walk", minutes=30, limit=10_000)
    uncovered = coverage["total"] - coverage["covered"]
    assert sum(f["properties"]["workers"] for f in gaps["features"]) == pytest.approx(uncovered)
    for feature in gaps["features"]:
        assert feature["properties"]["distance_m"] is None
        assert feature["properties"]["nearest_s"] > 1800
    rows = {row["adcode"]: row for row in coverage["by_district"]}
    districts = ask(streets, "districts", mode="walk", minutes=30)
    for feature in districts["features"]:
        assert feature["properties"] == rows[feature["id"]]


def test_access(streets: FlaskClient, street_town: Workspace) -> None:
    """As the function behind it says, in both languages."""
    for lang in ("zh", "en"):
        found = ask(streets, "access", mode="ebike", minutes=20, lang=lang)
        reach = street_town.reach("ebike", minutes=20)
        assert found == measure_access(street_town, reach).to_dict(lang)
    assert (found["mode"], found["minutes"]) == ("ebike", 20)
    assert ask(streets, "access", radius=2000)["mode"] == "line"


@pytest.mark.parametrize("path", MEASURED)
def test_the_straight_line_is_what_it_was(
    client: FlaskClient, streets: FlaskClient, path: str
) -> None:
    """A network changes nothing for who does not ask for it."""
    plain = client.get(f"/api/v1/{path}?radius=2000").get_data()
    assert streets.get(f"/api/v1/{path}?radius=2000").get_data() == plain
    assert streets.get(f"/api/v1/{path}?radius=2000&mode=line").get_data() == plain


@pytest.mark.parametrize("path", MEASURED)
@pytest.mark.parametrize(
    ("query", "name"),
    [
        ({"mode": "walk", "radius": 1000}, "radius"),
        ({"mode": "line", "minutes": 15}, "minutes"),
        ({"minutes": 15}, "minutes"),
        ({"mode": "walk", "minutes": 0}, "minutes"),
        ({"mode": "walk", "minutes": 601}, "minutes"),
        ({"mode": "walk", "minutes": "nan"}, "minutes"),
        ({"mode": "car"}, "mode"),
        ({"mode": ""}, "mode"),
    ],
)
def test_what_does_not_go_together_is_named(
    streets: FlaskClient, path: str, query: dict[str, object], name: str
) -> None:
    """A radius is for the straight line, minutes are for the streets."""
    found = problem(streets, 422, path, **query)
    assert [fault["parameter"] for fault in found["errors"]] == [name]


@pytest.mark.parametrize(
    "path", [*MEASURED, "stations/office/isochrone"], ids=lambda path: path.rpartition("/")[2]
)
def test_without_a_network_a_command_is_named(client: FlaskClient, path: str) -> None:
    """409, the same everywhere, in both languages."""
    found = problem(client, 409, path, mode="walk")
    assert "no street network for walk" in found["detail"]
    assert "`yizhan network`" in found["detail"]
    assert "`yizhan network`" in found["detail_zh"]


def test_isochrones(streets: FlaskClient, street_town: Workspace) -> None:
    """As the function behind it says; by default for 5, 10 and 15 minutes on foot."""
    found = ask(streets, "stations/office/isochrone")
    expected = ways.isochrones(street_town, "office", "walk", (5, 10, 15))
    assert [f["properties"] for f in found["features"]] == [
        f["properties"] for f in expected["features"]
    ]
    assert [f["properties"]["minutes"] for f in found["features"]] == [15, 10, 5]
    assert (found["mode"], found["station"], found["centre"]) == ("walk", "office", [113.6, 34.8])
    shapes = [shapely.geometry.shape(f["geometry"]) for f in found["features"]]
    assert all(shape.is_valid for shape in shapes)
    assert shapes[0].contains(shapes[2].buffer(-1e-5))
    riding = ask(streets, "stations/office/isochrone", mode="ebike", minutes="7.5")
    assert [f["properties"]["minutes"] for f in riding["features"]] == [7.5]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ({"minutes": ""}, "minutes"),
        ({"minutes": "0"}, "minutes"),
        ({"minutes": "61"}, "minutes"),
        ({"minutes": "5,x"}, "minutes"),
        ({"minutes": "1,2,3,4,5,6,7"}, "minutes"),
        ({"mode": "line"}, "mode"),
        ({"radius": "5"}, "radius"),
    ],
)
def test_isochrones_that_are_none(streets: FlaskClient, query: dict[str, str], name: str) -> None:
    """The parameter is named."""
    found = problem(streets, 422, "stations/office/isochrone", **query)
    assert {fault["parameter"] for fault in found["errors"]} == {name}


def test_a_route(streets: FlaskClient) -> None:
    """Along the street, with the door on arrival."""
    noon = FRIDAY.replace(hour=16, minute=55)
    found = ask(streets, "stations/office/route", **HERE, open_at=noon.isoformat())
    said = found["properties"]
    assert (found["id"], said["mode"], said["estimated"]) == ("office", "walk", False)
    assert said["length_m"] == pytest.approx(915, abs=1)
    assert said["duration_s"] == pytest.approx(915 / 1.3, abs=1)
    arrival = noon + dt.timedelta(seconds=int(said["duration_s"]))
    assert said["arrive_at"] == arrival.isoformat()
    assert said["open_state"] == "closed"
    assert found["geometry"]["coordinates"][0] == [113.59, 34.8]
    assert found["geometry"]["coordinates"][-1] == [113.6, 34.8]
    riding = ask(streets, "stations/office/route", **HERE, open_at=noon.isoformat(), mode="ebike")
    assert riding["properties"]["open_state"] == "open"


def test_a_route_takes_a_datum_and_falls_back(client: FlaskClient, streets: FlaskClient) -> None:
    """Without a network it is a straight line that says so."""
    found = ask(client, "stations/office/route", **HERE)
    assert found["properties"]["estimated"]
    assert found["properties"]["duration_s"] == pytest.approx(915, abs=1)
    assert len(found["geometry"]["coordinates"]) == 2
    shifted = ask(streets, "stations/office/route", lon=113.596, lat=34.799, datum="gcj02")
    assert shifted["geometry"]["coordinates"][0] == pytest.approx([113.59, 34.8], abs=2e-3)


@pytest.mark.parametrize("what", ["isochrone", "route"])
@pytest.mark.parametrize(
    ("station", "status", "words"),
    [("nobody", 404, "does not exist"), ("nowhere", 409, "position of station")],
)
def test_stations_that_nobody_is_led_to(
    streets: FlaskClient, what: str, station: str, status: int, words: str
) -> None:
    """One that is not there, and one whose place is not known."""
    query = HERE if what == "route" else {}
    assert words in problem(streets, status, f"stations/{station}/{what}", **query)["detail"]


def test_a_station_off_the_network(streets: FlaskClient) -> None:
    """No isochrone, with a reason; an estimated route."""
    found = problem(streets, 409, "stations/fiji-east/isochrone")
    assert "near no street" in found["detail"]
    assert "路网" in found["detail_zh"]
    route = ask(streets, "stations/fiji-east/route", **HERE)
    assert route["properties"]["estimated"]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ({"lat": 34.8}, "lon"),
        ({**HERE, "datum": "x!"}, "datum"),
        ({**HERE, "mode": "line"}, "mode"),
    ],
)
def test_routes_that_are_none(streets: FlaskClient, query: dict[str, object], name: str) -> None:
    """The parameter is named."""
    found = problem(streets, 422, "stations/office/route", **query)
    assert [fault["parameter"] for fault in found["errors"]] == [name]


def test_a_broken_network_file_is_503(street_town: Workspace, tmp_path: Path) -> None:
    """With the file's name; health is degraded, and the straight line is not troubled."""
    shutil.copytree(street_town.folder, tmp_path / "own")
    path = tmp_path / "own" / network_name("walk")
    path.unlink()
    path.write_bytes(b"no network")
    client = create_app(Workspace(tmp_path / "own")).test_client()
    for address in ("network", "coverage?mode=walk", "nearest?lon=113.6&lat=34.8&mode=walk"):
        found = client.get(f"/api/v1/{address}")
        assert found.status_code == 503, address
        assert "network.walk" in found.get_json(force=True)["detail"]
        assert "路网" in found.get_json(force=True)["detail_zh"]
    assert client.get("/api/v1/coverage?mode=ebike").status_code == 200
    assert client.get("/api/v1/nearest?lon=113.6&lat=34.8").status_code == 200
    health = client.get("/healthz").get_json()
    assert health["status"] == "degraded"
    assert "network.walk" in health["fault"]
