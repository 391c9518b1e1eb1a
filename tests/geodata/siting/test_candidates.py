from __future__ import annotations

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.demand import Demand
from geodata.errors import SitingError
from geodata.nearest import NearestIndex
from geodata.network.build import build
from geodata.network.lines import from_lines
from geodata.network.profiles import WALK
from geodata.siting.candidates import allowed, cells, crossings
from tests.geodata.squares import LAT0, LON0, demand_of, halves

GEOD = pyproj.Geod(ellps="WGS84")
ONE = demand_of((LON0, LAT0, 10.0))
KM = 1 / 91.3  # degrees of longitude at this latitude


def town(n: int = 300, seed: int = 1) -> Demand:
    """Workers strewn over four by four kilometres."""
    rng = np.random.default_rng(seed)
    return Demand.of_points(
        LON0 + rng.uniform(-2, 2, n) * KM, LAT0 + rng.uniform(-2, 2, n) / 111, rng.uniform(1, 9, n)
    )


def away(lon: np.ndarray, lat: np.ndarray, place: tuple[float, float]) -> np.ndarray:
    """Geodesic metres of positions from a place."""
    n = len(lon)
    return np.asarray(GEOD.inv(lon, lat, np.full(n, place[0]), np.full(n, place[1]))[2])


@pytest.mark.parametrize(("shape", "share"), [("squares", 1.0), ("hexagons", 2 / 3**0.5)])
def test_cells_fill_the_circle_around_a_worker(shape: str, share: float) -> None:
    """As many as its area holds, none beyond reach, neighbours a spacing apart."""
    found = cells(ONE, radius_m=1000, shape=shape, spacing_m=50)  # type: ignore[arg-type]
    assert away(found.lon, found.lat, (LON0, LAT0)).max() <= 1000
    assert len(found.lon) == pytest.approx(np.pi * (1000 / 50) ** 2 * share, rel=0.02)
    apart = NearestIndex(found.lon, found.lat).query(found.lon, found.lat, k=2).distance_m[:, 1]
    assert apart == pytest.approx(50, rel=1e-3)
    assert found.excluded == 0


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 999), st.sampled_from(["squares", "hexagons"]), st.floats(50, 900))
def test_no_cell_within_reach_is_missed(seed: int, shape: str, spacing: float) -> None:
    """Against a larger grid of the same cells, cut to what reaches somebody."""
    demand = town(20, seed)
    found = cells(demand, radius_m=400, shape=shape, spacing_m=spacing)  # type: ignore[arg-type]
    more = cells(demand, radius_m=2000, shape=shape, spacing_m=spacing)  # type: ignore[arg-type]
    reach = NearestIndex(demand.lon, demand.lat).query(more.lon, more.lat).distance_m[:, 0]
    expected = {(x, y) for x, y, s in zip(more.lon, more.lat, reach, strict=True) if s <= 400}
    assert set(zip(found.lon.tolist(), found.lat.tolist(), strict=True)) == expected


def test_places_without_workers_bring_no_cells() -> None:
    """A weight of 0 is nobody."""
    nobody = demand_of((LON0, LAT0, 0.0))
    assert len(cells(nobody, radius_m=1000).lon) == 0
    both = demand_of((LON0, LAT0, 3.0), (LON0 + 1, LAT0, 0.0))
    assert away(*cells(both, radius_m=1000)[:2], (LON0, LAT0)).max() <= 1000


def test_no_cell_lies_in_water_or_outside_the_districts() -> None:
    """And those left out are counted."""
    lake = shapely.box(LON0 - 0.002, LAT0 - 1, LON0 + 0.002, LAT0 + 1)
    west = halves().only(0)
    everywhere = cells(ONE, radius_m=1000, spacing_m=50)
    found = cells(ONE, radius_m=1000, spacing_m=50, districts=west, excluded=[lake])
    assert (found.lon < LON0 - 0.002).all()
    kept = (everywhere.lon < LON0 - 0.002).sum()
    assert (len(found.lon), found.excluded) == (kept, len(everywhere.lon) - kept)


def test_the_best_cells_are_kept() -> None:
    """Those with the most workers in reach; the others reach fewer."""
    demand = town()
    everything = cells(demand, radius_m=500, spacing_m=100)
    found = cells(demand, radius_m=500, spacing_m=100, most=50)
    assert len(found.lon) == 50
    assert found.dropped == len(everything.lon) - 50

    def reach(lon: np.ndarray, lat: np.ndarray) -> list[float]:
        near = NearestIndex(demand.lon, demand.lat).within(lon, lat, 500)
        rows = np.repeat(np.arange(len(lon)), np.diff(near.indptr))
        return sorted(np.bincount(rows, demand.workers[near.index]).tolist())

    assert reach(found.lon, found.lat) == pytest.approx(reach(everything.lon, everything.lat)[-50:])


def test_even_cells_grow_instead() -> None:
    """No more than asked, and still somebody's everywhere."""
    demand = town()
    found = cells(demand, radius_m=1000, spacing_m=50, most=200, even=True)
    assert 100 < len(found.lon) <= 200
    nearest = NearestIndex(found.lon, found.lat).query(demand.lon, demand.lat).distance_m
    assert nearest.max() < 1000


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"radius_m": 0}, "radius"),
        ({"radius_m": np.nan}, "radius"),
        ({"radius_m": 1000, "spacing_m": -1}, "spacing"),
        ({"radius_m": 1000, "most": 0}, "most"),
    ],
)
def test_numbers_that_make_no_sense(options: dict[str, float], word: str) -> None:
    """Named, in both languages."""
    with pytest.raises(SitingError, match=word) as refused:
        cells(ONE, **options)  # type: ignore[arg-type]
    assert "应为正数" in refused.value.chinese


def test_crossings_are_ends_and_meeting_points() -> None:
    """A cross, a bend that is none, and a street too far from anybody."""
    lines = [
        shapely.LineString([(LON0 - 0.002, LAT0), (LON0, LAT0), (LON0 + 0.002, LAT0)]),
        shapely.MultiLineString([[(LON0, LAT0 - 0.002), (LON0, LAT0), (LON0, LAT0 + 0.002)]]),
        shapely.LineString([(LON0 + 0.5, LAT0), (LON0 + 0.6, LAT0)]),
        shapely.LineString(
            [(LON0 - 0.002, LAT0), (LON0 - 0.003, LAT0 + 0.001), (LON0 - 0.002, LAT0 + 0.002)]
        ),
    ]
    network = build(from_lines(gpd.GeoDataFrame(geometry=lines, crs=4326)).streets, WALK)
    found = crossings(network, ONE, radius_m=1000)
    assert {(round(x - LON0, 6), round(y - LAT0, 6)) for x, y in zip(*found[:2], strict=True)} == {
        (-0.002, 0), (0, 0), (0.002, 0), (0, -0.002), (0, 0.002), (-0.002, 0.002),
    }  # fmt: skip
    pond = shapely.Point(LON0, LAT0).buffer(0.0001)
    assert len(crossings(network, ONE, radius_m=1000, excluded=[pond]).lon) == 5
    assert len(crossings(network, ONE, radius_m=1000, most=2).lon) == 2


def test_allowed_without_limits() -> None:
    """Everywhere."""
    assert allowed(np.array([1.0, 2.0]), np.array([3.0, 4.0])).all()
