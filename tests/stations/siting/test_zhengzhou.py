"""Fifteen stations for Huiji District among 82 real ones, and fifteen for Shenzhen drivers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geodata.nearest import NearestIndex
from stations.boundaries import read_districts
from stations.demand_input import read_demand
from stations.importing import plan_import
from stations.siting import SitingAsk, propose
from stations.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def zhengzhou(shared_data: Path, tmp_path: Path) -> Workspace:
    """The register, twelve counties and the residents of 2019."""
    districts = read_districts(shared_data / "boundaries/zhengzhou_districts_wgs84.geojson")
    workspace = Workspace.create(tmp_path / "zz", districts=districts)
    sheet = shared_data / "registers/zhengzhou_union_stations_real82.csv"
    plan = plan_import(sheet, against=workspace.store.read(), datum="gcj02")
    workspace.store.apply(plan.change(), who="test", what="import")
    table = shared_data / "density/zhengzhou_population_2019_by_district.csv"
    demand = read_demand(table, districts=districts, group="resident").demand
    workspace.add_demand(demand, file=table.name, method="table")
    return workspace


def test_fifteen_for_huiji(zhengzhou: Workspace) -> None:
    """Proved within a thousandth; a circle of two kilometres takes a fixed share."""
    ask = SitingAsk(new=15, district="410108", candidates="hexagons")
    found = propose(zhengzhou, ask)
    document = found.to_dict()
    assert document["gap"] <= 0.001
    (huiji,) = document["by_district"]
    assert (huiji["name"], huiji["sites"]) == ("惠济区", 15)
    assert document["covered_before"] == pytest.approx(13_864, abs=1)
    # Residents are spread evenly, on a grid that puts some more into a circle than its area says.
    assert zhengzhou.districts is not None
    at = zhengzhou.districts.adcodes.index("410108")
    (shape,) = zhengzhou.districts.plane.project([zhengzhou.districts.geometries[at]])
    circle = huiji["total"] * np.pi * 1000**2 / shape.area
    gained = document["covered"] - document["covered_before"]
    assert 14.5 * circle < gained < 17 * circle
    sites = found.sites.at(found.answer.sites)
    assert (NearestIndex(*sites).query(*sites, k=2).distance_m[:, 1] > 1800).all()


def test_none_in_the_river(zhengzhou: Workspace) -> None:
    """The Yellow River runs along the north of Huiji: drawn as excluded, it gets no station."""
    river = shapely.LineString(
        [(113.40, 34.955), (113.52, 34.945), (113.60, 34.925), (113.70, 34.915), (113.85, 34.900)]
    ).buffer(0.02)
    gpd.GeoSeries([river], crs=4326).to_file(zhengzhou.folder / "excluded.geojson")
    ask = SitingAsk(new=15, district="惠济区", candidates="hexagons")
    found = propose(zhengzhou, ask)
    assert found.sites.excluded > 500
    own = found.sites.at(np.arange(found.sites.candidates))
    assert not shapely.intersects_xy(river, *own).any()
    assert found.answer.gap <= 0.001


def test_fifteen_for_shenzhen(shared_data: Path, tmp_path: Path) -> None:
    """Real pick-ups, no districts, no station yet: two fifths of them within a kilometre."""
    workspace = Workspace.create(tmp_path / "sz")
    layer = shared_data / "density/shenzhen_taxi_grid_500m.geojson"
    demand = read_demand(layer, weight="pickups", group="driver").demand
    workspace.add_demand(demand, file=layer.name, method="polygons")
    document = propose(workspace, SitingAsk(new=15, max_gap=0.002)).to_dict()
    assert document["gap"] <= 0.002
    assert document["share_before"] == 0
    assert 0.42 < document["share"] < 0.44
    assert document["by_district"] == []
