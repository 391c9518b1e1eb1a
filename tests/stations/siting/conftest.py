from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from geodata.demand import Demand
from stations.config import BaseMap, Config
from stations.demand_file import Source
from stations.store import Change
from stations.workspace import Workspace
from tests.geodata.squares import LAT0, LON0, halves
from tests.stations.samples import station

if TYPE_CHECKING:
    from pathlib import Path

STATIONS = (
    station("west", lon=LON0 - 0.05, lat=LAT0, name="西站", capacity=30, manager="保密"),
    station("east", lon=LON0 + 0.05, lat=LAT0, name="东站"),
    station("twin", lon=LON0 + 0.051, lat=LAT0, name="东站旁"),
    station("shut", lon=LON0 + 0.1, lat=LAT0, name="停用站", status="suspended"),
    station("lost", lon=None, name="无坐标站"),
)
WATER = """{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"kind":"water"},"geometry":{"type":"Polygon","coordinates":
[[[113.4,34.84],[113.8,34.84],[113.8,34.9],[113.4,34.9],[113.4,34.84]]]}},
{"type":"Feature","properties":{"kind":"park"},"geometry":{"type":"Polygon","coordinates":
[[[113.4,34.7],[113.5,34.7],[113.5,34.9],[113.4,34.9],[113.4,34.7]]]}}]}"""
CSV = """编码,名称,经度,纬度,容纳人数,造价
a,甲铺,113.56,34.81,40,9000
b,乙铺,113.58,34.79,60,12000
c,丙铺,113.62,34.81,80,8000
d,丁铺,113.68,34.78,20,20000
e,水上,113.62,34.85,50,1000
"""


def grid() -> Demand:
    """Couriers everywhere in both districts, and riders in the east."""
    x, y = np.meshgrid(np.linspace(113.41, 113.79, 39), np.linspace(34.71, 34.89, 19))
    riders = np.where(x > LON0, 3.0, 0.0)
    weights = np.column_stack([np.full(x.size, 2.0), riders.ravel()])
    return Demand(x.ravel(), y.ravel(), weights, ("courier", "rider"), spacing_m=1000.0)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Two districts with workers, five stations of which three can be used, and a river."""
    made = Workspace.create(
        tmp_path / "town",
        config=Config(basemap=BaseMap(kind="geojson", file="map.geojson")),
        districts=halves(),
    )
    made.store.apply(Change(put=STATIONS), who="test", what="made")
    demand = grid()
    made.set_demand(
        demand, [Source("grid.csv", g, "points", n) for g, n in demand.by_group().items()]
    )
    (made.folder / "map.geojson").write_text(WATER)
    return made


@pytest.fixture
def venues(tmp_path: Path) -> Path:
    """A sheet of five candidates, one of them in the river."""
    path = tmp_path / "venues.csv"
    path.write_text(CSV, "utf-8")
    return path
