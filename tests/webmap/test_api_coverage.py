"""Districts, coverage, gaps, demand and clusters: figures that add up, shapes that are GeoJSON."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import pytest
import shapely

from geodata.demand import Demand
from stations.clusters import MAX_SINGLES
from stations.config import Config
from stations.filters import USABLE
from stations.store import Change
from stations.workspace import Workspace
from tests.stations.samples import station
from tests.webmap.town import demand, districts, make_town
from webmap import create_app

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flask.testing import FlaskClient

    Get = Callable[..., Any]

GEOD = pyproj.Geod(ellps="WGS84")


def test_coverage_has_the_members_that_programs_read(get: Get) -> None:
    """The names are a contract; the plain ones are the effective figures."""
    found = get("coverage")
    assert {"radius_m", "total", "covered", "share", "by_district", "by_group"} <= found.keys()
    assert {"adcode", "name", "total", "covered", "share"} <= found["by_district"][0].keys()
    assert {"group", "name", "total", "covered", "share"} <= found["by_group"][0].keys()
    assert found["radius_m"] == 1000


@pytest.mark.parametrize("radius", [500, 1000, 5000])
def test_coverage_equals_brute_force(get: Get, town: Workspace, radius: int) -> None:
    """Workers within the radius of a usable station by the geodesic, point by point."""
    workers = demand()
    usable = [
        town.registry.position(int(i))
        for i in town.registry.select(USABLE)
        if town.registry.stations[int(i)].position is not None
    ]
    nearest = np.full(len(workers), np.inf)
    for lon, lat in usable:
        n = len(workers)
        away = GEOD.inv(workers.lon, workers.lat, np.full(n, lon), np.full(n, lat))[2]
        nearest = np.minimum(nearest, away)
    expected = float(workers.workers[nearest <= radius].sum())
    found = get("coverage", radius=radius)
    assert found["covered"] == pytest.approx(expected, abs=1e-2)
    assert found["total"] == pytest.approx(workers.total, abs=1e-2)
    assert found["share"] == pytest.approx(expected / workers.total, abs=1e-5)


def test_districts_and_groups_add_up(get: Get) -> None:
    """Every worker is in one district, or outside all, and in one group."""
    found = get("coverage", radius=3000)
    for rows in (found["by_district"], found["by_group"]):
        for name in ("total", "covered"):
            assert sum(row[name] for row in rows) == pytest.approx(found[name], abs=0.1)
    assert all(0 <= row["share"] <= row["nominal_share"] <= 1 for row in found["by_district"])
    assert sum(band["workers"] for band in found["distances"]) == pytest.approx(found["total"])


def test_coverage_grows_with_the_radius(get: Get) -> None:
    """A larger radius never covers fewer."""
    shares = [get("coverage", radius=r)["share"] for r in (1, 100, 1000, 10_000, 100_000)]
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_names_come_in_the_language_asked_for(get: Get) -> None:
    """Groups have their labels; codes stay."""
    names = {
        lang: [g["name"] for g in get("coverage", lang=lang)["by_group"]] for lang in ("zh", "en")
    }
    assert names == {"zh": ["快递员", "外卖骑手"], "en": ["Couriers", "Riders"]}
    assert get("coverage")["by_group"][0]["name"] == "快递员"


def test_districts_are_rfc_7946_with_their_figures(get: Get) -> None:
    """Polygons, outer rings counter-clockwise, each with the row of the coverage answer."""
    found = get("districts")
    rows = {row["adcode"]: row for row in get("coverage")["by_district"]}
    assert [f["id"] for f in found["features"]] == ["410105", "410108"]
    for one, shape in zip(found["features"], districts().geometries, strict=True):
        geometry = shapely.geometry.shape(one["geometry"])
        assert geometry.equals(shape)
        assert geometry.exterior.is_ccw
        assert one["properties"] == rows[one["id"]] | {"adcode": one["id"]}


def test_gaps_come_with_the_most_workers_first(get: Get) -> None:
    """Ranked zones of uncovered workers that add up to who is uncovered; the list can be cut."""
    found = get("gaps")
    properties = [f["properties"] for f in found["features"]]
    workers = [p["workers"] for p in properties]
    assert workers == sorted(workers, reverse=True)
    assert [p["rank"] for p in properties] == list(range(1, len(properties) + 1))
    coverage = get("coverage")
    uncovered = coverage["total"] - coverage["covered"]
    assert sum(workers) == pytest.approx(uncovered, rel=0.01)
    for one in found["features"]:
        shape = shapely.geometry.shape(one["geometry"])
        assert shape.is_valid
        parts = shapely.get_parts(shape)
        assert all(part.exterior.is_ccw for part in parts)
        assert one["properties"]["distance_m"] > 1000
    cut = get("gaps", limit=1)
    assert cut["features"] == found["features"][:1]
    assert cut["numberMatched"] == len(properties) == found["numberMatched"]


def test_gaps_are_named_in_both_languages(get: Get) -> None:
    """A gap is called after its district and the part of it."""
    names = [
        get("gaps", lang=lang, limit=1)["features"][0]["properties"]["name"]
        for lang in ("zh", "en")
    ]
    assert names[0] != names[1]
    assert names[1].isascii() or "区" in names[1]


def test_a_changed_station_changes_the_coverage(own_town: Workspace) -> None:
    """No figure outlives the registry that it was measured of."""
    client = create_app(own_town).test_client()
    shares = []
    for name in ("a", "b", "c"):
        shares.append(client.get("/api/v1/coverage?radius=3000").get_json(force=True)["share"])
        lon = 113.42 + 0.1 * len(shares)
        own_town.store.apply(Change(put=(station(name, lon=lon, lat=34.62),)), who="t", what="t")
    assert shares == sorted(shares)
    assert len(set(shares)) == 3


@pytest.mark.parametrize("box", ["113,34,114,35", "113.41,34.61,113.66,34.91", "170,-80,-170,80"])
@pytest.mark.parametrize("columns", [8, 64, 200])
def test_demand_cells_hold_the_workers_of_the_box(get: Get, box: str, columns: int) -> None:
    """Cells add up to the workers in the box, and a box over the antimeridian is one box."""
    west, south, east, north = map(float, box.split(","))
    workers = demand()
    inside = (workers.lon >= west) & (workers.lon <= east) if west <= east else workers.lon < -999
    inside &= (workers.lat >= south) & (workers.lat <= north)
    found = get("demand", bbox=box, columns=columns)
    assert sum(n for _, _, n in found["cells"]) == pytest.approx(
        workers.workers[inside].sum(), abs=2
    )
    assert all(size > 0 for size in found["size"])


def test_demand_beyond_the_antimeridian(tmp_path: Path) -> None:
    """Workers on both sides of 180 degrees are in a box that crosses it."""
    workspace = Workspace.create(tmp_path / "fiji", config=Config())
    workspace.set_demand(Demand.of_points([179.9, -179.9, 0.0], [-16, -16, -16], [1, 2, 4]), [])
    client = create_app(workspace).test_client()
    found = client.get("/api/v1/demand?bbox=179,-17,-179,-15").get_json(force=True)
    assert sorted(n for _, _, n in found["cells"]) == [1, 2]


def test_clusters_count_every_station_once(tmp_path: Path) -> None:
    """Few are shown one by one; many are clusters whose counts and states add up."""
    count = MAX_SINGLES + 50
    records = tuple(
        station(f"c-{i}", lon=113.4 + i % 20 / 100, lat=34.6 + i // 20 / 100, opening_hours=hours)
        for i, hours in zip(range(count), itertools.cycle(("24/7", "off", None)), strict=False)
    )
    client = create_app(make_town(tmp_path / "many", records=records)).test_client()
    for zoom in (0, 8, 12, 22):
        query = {"bbox": "113,34,114,36", "zoom": zoom}
        found = client.get("/api/v1/stations/clusters", query_string=query).get_json(force=True)
        assert found["numberMatched"] == count
        clusters = [f["properties"] for f in found["features"] if "count" in f["properties"]]
        singles = [f for f in found["features"] if "id" in f]
        assert len(singles) + sum(p["count"] for p in clusters) == count
        for p in clusters:
            assert p["open"] + p["closed"] + p["unknown"] == p["count"]
    few = {"bbox": "113,34,114,36", "zoom": 3, "open_at": "2026-11-20T10:00"}
    found = client.get("/api/v1/stations/clusters", query_string=few).get_json(force=True)
    assert {f["properties"]["open_state"] for f in found["features"]} == {"open"}


OFFICE_ALWAYS_NIGHT_SILENT = ("office", "always", "night", "silent")


@pytest.mark.parametrize(
    ("at", "states"),
    [
        ("Tue 02:00", ("closed", "open", "open", "unknown")),
        ("周二 10:00", ("open", "open", "closed", "unknown")),
        ("Sat 10:00", ("closed", "open", "closed", "unknown")),
        ("holiday 10:00", ("closed", "open", "closed", "unknown")),
        ("2026-11-20T10:00", ("open", "open", "closed", "unknown")),
    ],
)
def test_clusters_tell_the_states_of_an_hour(get: Get, at: str, states: tuple[str, ...]) -> None:
    """All stations are there, each as it is then; the answer says which moment that is."""
    query = {"bbox": "113,34,114,35", "zoom": 16}
    now, then = get("stations/clusters", **query), get("stations/clusters", **query, at=at)
    assert now["at"] is None
    assert then["at"] == get("coverage", at=at)["open"]["at"]
    assert then["numberMatched"] == now["numberMatched"]
    told = {f["id"]: f["properties"]["open_state"] for f in then["features"]}
    assert tuple(told[one] for one in OFFICE_ALWAYS_NIGHT_SILENT) == states
    # Asked for as a filter, the hour leaves out who is not known to be open.
    left = get("stations/clusters", **query, at=at, open_at=at)
    assert {f["id"] for f in left["features"]} == {i for i, s in told.items() if s == "open"}
    maybe = get("stations/clusters", **query, at=at, open_at=at, unknown_hours=True)
    assert {f["id"] for f in maybe["features"]} == {i for i, s in told.items() if s != "closed"}


@pytest.mark.parametrize("name", ["at", "open_at"])
@pytest.mark.parametrize("value", ["garbage", "Tue 24:00", "Tue-02", "holiday", ""])
def test_an_hour_that_is_none_is_refused(client: FlaskClient, name: str, value: str) -> None:
    """The parameter is named."""
    answer = client.get(f"/api/v1/stations/clusters?bbox=1,1,2,2&zoom=9&{name}={value}")
    assert answer.status_code == 422
    assert answer.get_json(force=True)["errors"][0]["parameter"] == name


def test_without_demand_coverage_says_what_to_do(tmp_path: Path) -> None:
    """No demand yet: figures are refused with the next step, shapes come without figures."""
    workspace = Workspace.create(tmp_path / "new", config=Config(), districts=districts())
    client = create_app(workspace).test_client()
    for path in ("coverage", "gaps"):
        answer = client.get(f"/api/v1/{path}")
        assert answer.status_code == 503
        assert "yizhan demand" in answer.get_json(force=True)["detail"]
    found = client.get("/api/v1/districts").get_json(force=True)
    assert found["features"][0]["properties"] == {"adcode": "410105", "name": "东区"}
    assert client.get("/api/v1/demand?bbox=1,1,2,2").get_json() == {"size": None, "cells": []}


def test_without_districts_nothing_is_lost(tmp_path: Path) -> None:
    """All workers count, in no district."""
    workspace = Workspace.create(tmp_path / "new", config=Config())
    workspace.set_demand(demand(), [])
    client = create_app(workspace).test_client()
    assert client.get("/api/v1/districts").get_json(force=True)["features"] == []
    found = client.get("/api/v1/coverage").get_json()
    assert found["total"] == pytest.approx(demand().total)
    assert found["covered"] == 0
    (gap,) = client.get("/api/v1/gaps?limit=1").get_json(force=True)["features"]
    assert gap["properties"]["distance_m"] is None


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "1e9", "x", ""])
@pytest.mark.parametrize("path", ["coverage", "gaps", "districts"])
def test_a_radius_that_is_none_is_refused(client: FlaskClient, path: str, value: str) -> None:
    """The parameter is named."""
    answer = client.get(f"/api/v1/{path}?radius={value}")
    assert answer.status_code == 422
    assert answer.get_json(force=True)["errors"][0]["parameter"] == "radius"
