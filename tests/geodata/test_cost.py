from __future__ import annotations

import time

import numpy as np
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from geodata.cost import StraightLine
from geodata.coverage import cover
from geodata.demand import Demand
from geodata.errors import GeodataError, PositionError, TooLargeError
from geodata.nearest import NearestIndex

GEOD = pyproj.Geod(ellps="WGS84")
LINE = StraightLine()
# Where a straight line is easily got wrong: both sides of the antimeridian, and around a pole.
PLACES = {"zhengzhou": (113.6, 34.8), "antimeridian": (180.0, -16.5), "pole": (0.0, 90.0)}


def around(lon: float, lat: float, n: int, reach_m: float, seed: int) -> tuple[np.ndarray, ...]:
    """`n` places within `reach_m` of a position, longitudes in [-180, 180]."""
    rng = np.random.default_rng(seed)
    away = GEOD.fwd(
        np.full(n, lon), np.full(n, lat), rng.uniform(0, 360, n), reach_m * rng.random(n) ** 0.5
    )
    return np.clip(away[0], -180, 180), away[1]


def by_proj(demand: tuple[np.ndarray, ...], sites: tuple[np.ndarray, ...]) -> np.ndarray:
    """(n, m) geodesic distances by PROJ."""
    n, m = len(demand[0]), len(sites[0])
    pairs = [np.repeat(axis, m) for axis in demand] + [np.tile(axis, n) for axis in sites]
    return np.asarray(GEOD.inv(*pairs)[2]).reshape(n, m)


@pytest.mark.parametrize("place", PLACES)
def test_who_is_covered_agrees_with_proj(place: str) -> None:
    """Every pair, by an implementation of its own."""
    demand, sites = (around(*PLACES[place], n, 5000, n) for n in (300, 200))
    found = LINE.covers(*demand, *sites, 1500.0)
    assert found.dtype == np.bool_
    assert found.has_sorted_indices
    assert 0 < found.nnz < found.shape[0] * found.shape[1]
    assert (found.toarray() == (by_proj(demand, sites) <= 1500.0)).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(10, 20_000), st.sampled_from(sorted(PLACES)))
def test_covers_and_coverage_are_the_same(seed: int, radius: float, place: str) -> None:
    """Whoever has a listed site counts as covered, and nobody else."""
    demand, sites = (around(*PLACES[place], 60, 10_000, seed + i) for i in (0, 1))
    people = Demand.of_points(*demand, np.ones(60))
    counted = cover(people, LINE.nearest(*demand, *sites), limit=radius).covered
    assert (np.diff(LINE.covers(*demand, *sites, radius).indptr) > 0).sum() == counted


def test_a_worker_exactly_on_the_radius_is_covered() -> None:
    """The radius belongs to what is within reach, and not a nanometre more."""
    demand, sites = ([113.6], [34.8]), ([113.61], [34.8])
    metres = NearestIndex(*sites).query(*demand).distance_m[0, 0]
    assert LINE.covers(*demand, *sites, metres).nnz == 1
    assert LINE.covers(*demand, *sites, np.nextafter(metres, 0)).nnz == 0


def test_nothing_to_reach() -> None:
    """No site, no demand, or both."""
    assert LINE.covers([113.6], [34.8], [], [], 1000).shape == (1, 0)
    assert LINE.covers([], [], [113.6], [34.8], 1000).shape == (0, 1)
    table, beyond = LINE.costs([], [], [], [])
    assert (table.shape, beyond) == ((0, 0), None)


@pytest.mark.parametrize("place", PLACES)
def test_dense_costs_agree_with_proj(place: str) -> None:
    """Geodesic metres to a tenth of a millimetre."""
    demand, sites = (around(*PLACES[place], n, 50_000, n) for n in (40, 30))
    table, beyond = LINE.costs(*demand, *sites)
    assert beyond is None
    assert np.abs(table - by_proj(demand, sites)).max() < 1e-4


def test_truncated_costs_list_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to the k-th distance, which nothing that is left out comes below."""
    demand, sites = (around(113.6, 34.8, n, 5000, n) for n in (200, 300))
    monkeypatch.setattr("geodata.cost.DENSE_PAIRS", 1000)
    table, beyond = LINE.costs(*demand, *sites)
    assert isinstance(table, sparse.csr_array)
    assert beyond is not None
    assert (np.diff(table.indptr) == 64).all()
    assert table.has_sorted_indices
    full = by_proj(demand, sites)
    listed = table.toarray() > 0
    assert np.abs(table.toarray() - full)[listed].max() < 1e-4
    assert (np.where(listed, np.inf, full).min(axis=1) >= beyond - 1e-4).all()
    assert (np.where(listed, full, 0.0).max(axis=1) <= beyond + 1e-4).all()


def test_costs_up_to_limits_of_their_own() -> None:
    """Each row up to its own limit; a row that lists every site leaves nothing beyond."""
    demand, sites = (around(113.6, 34.8, n, 5000, n) for n in (50, 20))
    limits = np.linspace(0, 12_000, 50)
    table, beyond = LINE.costs(*demand, *sites, limits=limits)
    assert isinstance(table, sparse.csr_array)
    assert beyond is not None
    assert (table.toarray() > 0).tolist() == (by_proj(demand, sites) <= limits[:, None]).tolist()
    complete = np.diff(table.indptr) == 20
    assert complete[-1]
    assert np.isinf(beyond[complete]).all()
    assert (beyond[~complete] == limits[~complete]).all()


@pytest.mark.parametrize("limit", [0.0, -1.0, np.nan, np.inf])
def test_a_radius_that_is_none(limit: float) -> None:
    """Refused, as coverage refuses it."""
    with pytest.raises(GeodataError, match="a positive number is needed"):
        LINE.covers([113.6], [34.8], [113.6], [34.8], limit)


def test_positions_that_are_none() -> None:
    """Named, on either side."""
    with pytest.raises(PositionError, match="longitude 200"):
        LINE.covers([200.0], [34.8], [113.6], [34.8], 1000)
    with pytest.raises(PositionError, match="latitude 95"):
        LINE.covers([113.6], [34.8], [113.6], [95.0], 1000)


def test_what_does_not_fit_is_refused_before_it_is_taken() -> None:
    """The pairs are counted first; the error says how many, in both languages."""
    demand = around(113.6, 34.8, 1000, 100, 1)
    with pytest.raises(TooLargeError, match="1,000,000 pairs") as refused:
        StraightLine(memory_bytes=1_000_000).covers(*demand, *demand, 1000)
    assert "1,000,000" in refused.value.chinese
    assert "内存" in refused.value.chinese


@pytest.mark.slow
def test_a_city_takes_seconds() -> None:
    """200,000 demand points, 200,000 sites, 30 in each set."""
    n = 200_000
    side = np.sqrt(n * np.pi * 1000**2 / 30) / 111_000
    rng = np.random.default_rng(1)
    demand, sites = (
        (113.0 + rng.uniform(0, side / 0.82, n), 34.0 + rng.uniform(0, side, n)) for _ in range(2)
    )
    LINE.covers([113.6], [34.8], [113.6], [34.8], 1000)
    began = time.perf_counter()
    found = LINE.covers(*demand, *sites, 1000.0)
    assert time.perf_counter() - began < 15
    assert 28 < found.nnz / n < 32
