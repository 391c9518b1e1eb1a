from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.coverage import DISTANCE_BANDS_M, TIME_BANDS_S, cover
from geodata.demand import Demand, combine
from geodata.density import spread_over_polygons
from geodata.errors import GeodataError
from geodata.nearest import NearestIndex
from tests.geodata.squares import LAT0, LON0, cover_by_line, demand_of, halves

if TYPE_CHECKING:
    from pathlib import Path

GEOD = pyproj.Geod(ellps="WGS84")
NOWHERE = NearestIndex([], [])


def east(metres: float) -> tuple[float, float]:
    """A place so many metres east of the border of the two districts."""
    lon, lat, _ = GEOD.fwd(LON0, LAT0, 90, metres)
    return lon, lat


def test_counted_by_hand() -> None:
    """One site on the border; workers at 300 m, 900 m, 1,100 m, 3 km and far outside."""
    demand = combine(
        [
            Demand.of_points(*zip(east(-300), east(900), strict=True), [10, 20], group="rider"),
            Demand.of_points(
                *zip(east(1100), east(3000), (LON0 + 1, LAT0), strict=True),
                [40, 80, 5],
                group="sanitation",
            ),
        ]
    )
    found = cover_by_line(demand, NearestIndex([LON0], [LAT0]), 1000, districts=halves())
    assert (found.total, found.covered, found.share) == (155, 30, pytest.approx(30 / 155))
    assert [tuple(share) for share in found.by_district] == [
        ("410108", "惠济区", 10, 10),
        ("410122", "中牟县", 140, 20),
        (None, None, 5, 0),
    ]
    assert [(s.key, s.total, s.covered) for s in found.by_group] == [
        ("rider", 30, 30),
        ("sanitation", 125, 0),
    ]
    assert found.bands == (
        (250, 0),
        (500, 10),
        (1000, 20),
        (2000, 40),
        (5000, 80),
        (np.inf, 5),
    )


def test_the_radius_itself_is_within() -> None:
    """A worker exactly on it is covered, one a hair beyond is not; bands hold their upper end."""
    lon, lat = east(500)
    metres = GEOD.inv(LON0, LAT0, lon, lat)[2]
    site, demand = NearestIndex([LON0], [LAT0]), demand_of((lon, lat, 7))
    measured = float(cover_by_line(demand, site, 1).cost[0])
    assert measured == pytest.approx(metres, abs=1e-5)
    assert cover_by_line(demand, site, measured).covered == 7
    assert cover_by_line(demand, site, np.nextafter(measured, 0)).covered == 0
    assert cover_by_line(demand_of((LON0, LAT0, 7)), site, 1e-9).covered == 7


def test_without_sites_nobody_is_covered() -> None:
    """Everybody is in the open band; there is no district table without districts."""
    found = cover_by_line(demand_of((LON0, LAT0, 7)), NOWHERE, 1000)
    assert (found.covered, found.share, found.by_district) == (0, 0, ())
    assert found.bands[-1] == (np.inf, 7)
    assert found.cost.tolist() == [np.inf]


def test_without_workers_the_share_is_zero() -> None:
    """No division by nothing, in all and by district; nobody outside makes no row."""
    found = cover_by_line(
        demand_of((LON0 - 0.1, LAT0, 0), (0, 0, 0)),
        NearestIndex([LON0], [LAT0]),
        1000,
        districts=halves(),
    )
    assert (found.total, found.share) == (0, 0)
    assert [(s.key, s.share) for s in found.by_district] == [("410108", 0), ("410122", 0)]


@pytest.mark.parametrize("radius", [0, -1, np.nan, np.inf])
def test_a_radius_is_a_positive_number(radius: float) -> None:
    """Anything else is refused by its value."""
    with pytest.raises(GeodataError, match="a positive number is needed"):
        cover_by_line(demand_of((LON0, LAT0, 7)), NOWHERE, radius)


def test_reach_may_be_counted_in_anything() -> None:
    """Seconds along streets, in bands of time; whoever has no way is in the open band."""
    demand = demand_of(*((LON0, LAT0, 2.0**i) for i in range(5)))
    seconds = np.array([0.0, 900.0, 900.1, 4000.0, np.inf])
    found = cover(demand, seconds, limit=900, bands=TIME_BANDS_S, districts=halves())
    assert (found.limit, found.total, found.covered) == (900, 31, 3)
    assert found.cost is seconds
    bands = dict(found.bands)
    assert (bands[300], bands[900], bands[1200], bands[3600], bands[np.inf]) == (1, 2, 4, 0, 24)


@pytest.mark.parametrize("cost", [np.zeros(0), np.zeros(2), np.zeros((1, 2))])
def test_a_cost_for_each_demand_point(cost: np.ndarray) -> None:
    """Costs of other points are refused with both numbers."""
    with pytest.raises(GeodataError, match="1 demand points: give one each"):
        cover(demand_of((LON0, LAT0, 7)), cost, limit=1)


PLACES = st.lists(
    st.tuples(st.floats(113.3, 113.9), st.floats(34.6, 35.0), st.integers(0, 10_000)),
    min_size=1,
    max_size=30,
)


@settings(deadline=None)
@given(PLACES, PLACES, st.floats(1, 50_000))
def test_every_table_adds_up(
    demand: list[tuple[float, float, int]], sites: list[tuple[float, float, int]], radius: float
) -> None:
    """Districts, groups and bands all hold the same workers; what is covered grows with reach."""
    at = NearestIndex(*np.array([s[:2] for s in sites]).T)
    found = cover_by_line(demand_of(*demand), at, radius, districts=halves())
    for table in (found.by_district, found.by_group):
        assert sum(s.total for s in table) == found.total
        assert sum(s.covered for s in table) == found.covered
    assert sum(n for _, n in found.bands) == found.total
    assert cover_by_line(demand_of(*demand), at, radius * 2).covered >= found.covered
    for edge in DISTANCE_BANDS_M[:-1]:
        within = sum(n for up_to, n in found.bands if up_to <= edge)
        assert cover_by_line(demand_of(*demand), at, edge).covered == within


def test_taxi_pickups_near_a_sample_of_sites_agree_with_brute_force(shared_data: Path) -> None:
    """455,666 pick-ups in Shenzhen, 60 sites, against every pair by pyproj."""
    grid = gpd.read_file(shared_data / "density/shenzhen_taxi_grid_500m.geojson")
    demand = spread_over_polygons(grid.geometry.to_numpy(), grid.pickups, cell_m=500)
    rng = np.random.default_rng(8)
    chosen = rng.choice(len(grid), 60, replace=False, p=grid.pickups / grid.pickups.sum())
    centres = grid.geometry.iloc[chosen].bounds
    lon = (centres.minx + centres.maxx).to_numpy() / 2
    lat = (centres.miny + centres.maxy).to_numpy() / 2
    away = np.full(len(demand), np.inf)
    for x, y in zip(lon, lat, strict=True):
        n = len(demand)
        pair = GEOD.inv(demand.lon, demand.lat, np.full(n, x), np.full(n, y))[2]
        away = np.minimum(away, pair)
    found = cover_by_line(demand, NearestIndex(lon, lat), 1000)
    assert np.abs(found.cost - away).max() < 1e-3
    assert found.total == pytest.approx(455_666)
    assert found.covered == pytest.approx(demand.workers[away <= 1000].sum())
    assert 0.1 < found.share < 0.9
