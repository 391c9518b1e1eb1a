from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely

from geodata.crs import GEOD
from geodata.demand import Demand
from stations import ways
from stations.errors import NoWayError, UnknownStationError, WorkspaceError
from stations.hours import BEIJING
from stations.store import Change
from stations.street_input import make_networks
from stations.workspace import Workspace
from tests.stations.samples import station

if TYPE_CHECKING:
    from pathlib import Path

LON, LAT = 113.6, 34.8
# Roughly 91.5 m and 111 m.
EAST, NORTH = 0.001, 0.001
NOON = dt.datetime(2026, 11, 20, 12, 0, tzinfo=BEIJING)


def place(x: float, y: float) -> tuple[float, float]:
    """So many steps east and north."""
    return LON + x * EAST, LAT + y * NORTH


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A ladder of streets on each bank of a river, with a bridge ten steps to the east.

    Station `south` lies on the south bank, `north` on the north bank, `moor` near no street,
    `lost` nowhere.
    """
    folder: Path = tmp_path_factory.mktemp("town")
    lines = [[place(0, y), place(10, y)] for y in (0, 1, 4, 5)]
    lines += [[place(x, y), place(x, y + 1)] for x in range(11) for y in (0, 4)]
    lines.append([place(10, 1), place(10, 4)])
    river = [place(-5, 1.5), place(9.5, 1.5), place(9.5, 3.5), place(-5, 3.5), place(-5, 1.5)]
    for name, kind, parts in (
        ("streets", "LineString", lines),
        ("excluded", "Polygon", [[river]]),
    ):
        features = [
            {"type": "Feature", "properties": {}, "geometry": {"type": kind, "coordinates": part}}
            for part in parts
        ]
        text = json.dumps({"type": "FeatureCollection", "features": features})
        (folder / f"{name}.geojson").write_text(text)
    workspace = Workspace.create(folder / "ws")
    (folder / "excluded.geojson").rename(folder / "ws" / "excluded.geojson")
    positions = {"south": place(1, 1), "north": place(1, 4), "moor": place(0, -30)}
    records = [
        station(name, lon=lon, lat=lat, opening_hours="Mo-Su 12:10-20:00")
        for name, (lon, lat) in positions.items()
    ]
    change = Change(put=(*records, station("lost", lon=None)))
    workspace.store.apply(change, who="test", what="made")
    x, y = np.meshgrid(np.arange(11), [0, 1, 4, 5])
    lon, lat = (np.array(axis, float) for axis in place(x.ravel(), y.ravel()))
    workspace.set_demand(Demand.of_points(lon, lat, np.full(44, 10.0)), [])
    make_networks(workspace, folder / "streets.geojson")
    return Workspace(folder / "ws")


def test_isochrones_say_who_comes_in_time(town: Workspace) -> None:
    """Workers by time agree with the ways they would walk; the circle counts the far bank, too."""
    found = ways.isochrones(town, "south", "walk", (5, 10, 5))
    assert [f["properties"]["minutes"] for f in found["features"]] == [10, 5]
    assert found["circle_m"] == pytest.approx(600 * 1.3)
    demand = town.demand
    assert demand is not None
    # Along the ladder: steps east and steps north, nothing across the river within ten minutes.
    x, y = (demand.lon - LON) / EAST, (demand.lat - LAT) / NORTH
    step_x = GEOD.inv(*place(0, 1), *place(1, 1))[2]
    step_y = GEOD.inv(*place(0, 0), *place(0, 1))[2]
    metres = np.abs(x - 1) * step_x + np.abs(y - 1) * step_y
    for feature in found["features"]:
        reached = (y < 2) & (metres <= feature["properties"]["minutes"] * 60 * 1.3)
        assert feature["properties"]["workers"] == demand.workers[reached].sum()
        shape = shapely.geometry.shape(feature["geometry"])
        assert shape.is_valid
        assert feature["properties"]["area_m2"] == pytest.approx(
            abs(GEOD.geometry_area_perimeter(shape)[0]), rel=0.01
        )
        assert not shapely.contains_xy(shape, *place(1, 4))
    straight = GEOD.inv(
        demand.lon, demand.lat, np.full(44, place(1, 1)[0]), np.full(44, place(1, 1)[1])
    )[2]
    within = demand.workers[straight <= found["circle_m"]].sum()
    assert found["circle_workers"] == within
    assert within > found["features"][0]["properties"]["workers"]


def test_the_way_goes_over_the_bridge(town: Workspace) -> None:
    """And the door is what it is on arrival."""
    lon, lat = place(1, 1)
    found = ways.route(town, "north", lon, lat, "walk", NOON)
    p = found["properties"]
    metres = (
        2 * GEOD.inv(*place(1, 1), *place(10, 1))[2] + GEOD.inv(*place(10, 1), *place(10, 4))[2]
    )
    assert not p["estimated"]
    assert p["length_m"] == pytest.approx(metres, rel=1e-3)
    assert p["duration_s"] == pytest.approx(metres / 1.3, rel=1e-3)
    assert p["distance_m"] == pytest.approx(333, abs=1)
    line = shapely.geometry.shape(found["geometry"])
    assert line.distance(shapely.Point(place(10, 2))) < 1e-6
    # A quarter of an hour and more: the station that is closed at noon is open by then.
    assert dt.datetime.fromisoformat(p["arrive_at"]) > NOON + dt.timedelta(minutes=20)
    assert p["open_state"] == "open"
    assert ways.route(town, "south", lon, lat, "walk", NOON)["properties"]["open_state"] == "closed"


def test_by_electric_bicycle_it_is_sooner(town: Workspace) -> None:
    """On the same streets, at 4.2 m/s."""
    lon, lat = place(1, 1)
    walked, ridden = (ways.route(town, "north", lon, lat, mode) for mode in ("walk", "ebike"))
    ratio = walked["properties"]["duration_s"] / ridden["properties"]["duration_s"]
    assert ratio == pytest.approx(4.2 / 1.3, rel=0.01)


def test_what_is_near_no_street_is_estimated(town: Workspace) -> None:
    """A straight line, and it says so."""
    found = ways.route(town, "moor", *place(0, 0), "walk")
    p = found["properties"]
    assert p["estimated"]
    assert len(found["geometry"]["coordinates"]) == 2
    assert p["length_m"] == pytest.approx(1.3 * p["distance_m"], abs=0.2)
    assert p["duration_s"] == pytest.approx(p["distance_m"], abs=0.2)
    with pytest.raises(NoWayError, match="'moor' is near no street") as refused:
        ways.isochrones(town, "moor", "walk", (15,))
    assert "附近没有路网道路" in refused.value.chinese


def test_stations_without_a_position(town: Workspace) -> None:
    """Nobody is led to them, and unknown ones are named."""
    with pytest.raises(NoWayError, match="position of station 'lost' is unknown"):
        ways.route(town, "lost", LON, LAT, "walk")
    with pytest.raises(UnknownStationError, match="'ghost' does not exist"):
        ways.isochrones(town, "ghost", "walk", (15,))


def test_without_a_network(tmp_path: Path) -> None:
    """The way is an estimate; there is nothing to draw an isochrone of."""
    workspace = Workspace.create(tmp_path / "ws")
    workspace.store.apply(Change(put=(station("s"),)), who="test", what="made")
    p = ways.route(workspace, "s", 113.61, 34.8, "ebike")["properties"]
    assert p["estimated"]
    assert p["duration_s"] == pytest.approx(1.3 * p["distance_m"] / 4.2, abs=0.2)
    with pytest.raises(WorkspaceError, match="no street network for walk yet"):
        ways.isochrones(workspace, "s", "walk", (15,))


def test_a_part_that_no_street_joins(tmp_path: Path) -> None:
    """No way is no way: nobody is sent through the river."""
    workspace = Workspace.create(tmp_path / "ws")
    workspace.store.apply(Change(put=(station("s", lon=LON, lat=LAT),)), who="test", what="made")
    features = [
        {
            "type": "Feature",
            "properties": {},
            "geometry": {"type": "LineString", "coordinates": [place(0, y), place(3, y)]},
        }
        for y in (0, 5)
    ]
    path = tmp_path / "streets.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    made = make_networks(workspace, path)
    assert [report.parts for report in made.reports] == [2, 2]
    assert made.reports[0].largest == pytest.approx(0.5, abs=0.01)
    with pytest.raises(NoWayError, match="no street leads from") as refused:
        ways.route(Workspace(tmp_path / "ws"), "s", *place(1, 5), "walk")
    assert "没有道路通往" in refused.value.chinese
