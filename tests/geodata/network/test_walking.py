from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.errors import GeodataError, TooLargeError
from geodata.network import walking
from geodata.network.build import build
from geodata.network.profiles import EBIKE, WALK
from geodata.network.snap import snap
from geodata.network.walking import Walking
from geodata.siting.placed import Places, Points, plan_sites
from tests.geodata.network.worlds import ONE_WAY, STREET, degrees, grid, streets, tangle, times

if TYPE_CHECKING:
    from geodata.network.network import Network


def world(seed: int) -> tuple[Network, tuple[np.ndarray, ...], tuple[np.ndarray, ...], np.ndarray]:
    """A network with one-way streets, workers, sites, and all times by scipy."""
    network = build(tangle(seed, places=40, lines=50), EBIKE)
    rng = np.random.default_rng(seed)
    demand, sites = (tuple(degrees(rng.uniform(-100, 1300, (n, 2))).T) for n in (40, 15))
    return network, demand, sites, times(network, snap(network, *demand), snap(network, *sites))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**16), st.floats(30, 600))
def test_every_cost_is_the_time_by_scipy(seed: int, limit: float) -> None:
    """Covers, costs up to a limit, all costs, and the nearest: by an implementation of its own."""
    network, demand, sites, truth = world(seed)
    model = Walking(network)
    near = np.abs(truth - limit) > 1e-3
    covers = model.covers(*demand, *sites, limit)
    assert (covers.toarray() == (truth <= limit))[near].all()
    table, beyond = model.costs(*demand, *sites)
    listed = table if beyond is None else np.where(table.toarray() > 0, table.toarray(), np.inf)
    both = np.isfinite(truth)
    assert (np.isfinite(listed) == both).all() or (truth[both != np.isfinite(listed)] == 0).all()
    assert listed[both] == pytest.approx(truth[both], abs=0.002)
    if beyond is not None:
        assert np.isinf(beyond).all()
    some = model.costs(*demand, *sites, limits=np.full(len(demand[0]), limit)).table
    assert (some.toarray() <= limit).all()
    assert some.nnz == covers.nnz
    assert model.nearest(*demand, *sites) == pytest.approx(truth.min(axis=1), abs=0.002)


def test_what_a_row_leaves_out_costs_no_less(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where not all pairs fit, the nearest sites of each row are listed."""
    monkeypatch.setattr(walking, "DENSE_PAIRS", 10)
    monkeypatch.setattr(walking, "NEAREST_SITES", 4)
    network, demand, sites, truth = world(5)
    table, beyond = Walking(network).costs(*demand, *sites)
    assert beyond is not None
    rows = np.repeat(np.arange(len(beyond)), np.diff(table.indptr))
    assert table.data == pytest.approx(truth[rows, table.indices], abs=0.002)
    left_out = truth.copy()
    left_out[rows, table.indices] = np.inf
    assert (left_out.min(axis=1) >= beyond - 0.002)[np.isfinite(beyond)].all()
    assert np.isinf(left_out[np.isinf(beyond)]).all()


def test_more_pairs_than_memory() -> None:
    """Are refused before the memory is gone."""
    network = build(grid(10), WALK)
    lon, lat = network.nodes.T
    with pytest.raises(TooLargeError, match="minutes of each other") as refused:
        Walking(network, memory_bytes=4000).covers(lon, lat, lon, lat, 900)
    assert "分钟" in refused.value.chinese


@pytest.mark.parametrize("limit", [0.0, -1.0, np.inf, np.nan])
def test_limits_that_make_no_sense(limit: float) -> None:
    """Are named."""
    with pytest.raises(GeodataError, match="a positive number"):
        Walking(build(grid(3), WALK)).covers([113.6], [34.8], [113.6], [34.8], limit)


@pytest.mark.parametrize("kind", ["pmedian", "pcenter", "mclp"])
def test_siting_by_walking_time_finds_the_optimum(kind: str) -> None:
    """Against every choice of three sites; streets are one-way, so there and back differ."""
    network = build(grid(7, seed=4, tags=(STREET, ONE_WAY)), EBIKE)
    rng = np.random.default_rng(8)
    demand, sites = (degrees(rng.uniform(0, 600, (n, 2))).T for n in (60, 12))
    weights = rng.integers(1, 9, 60).astype(float)
    cost = times(network, snap(network, *demand), snap(network, *sites))
    reaching = np.isfinite(cost).any(axis=1)
    assert reaching.sum() > 40
    demand, weights, cost = demand[:, reaching], weights[reaching], cost[reaching]
    places = Places(
        Points(*demand), weights, Points(*sites), np.empty(0, np.intp), Walking(network)
    )
    limit = 70.0
    plan = plan_sites(places, kind, radius=limit, p=3, solving={"time_s": 20.0})
    values = []
    for chosen in itertools.combinations(range(12), 3):
        nearest = cost[:, chosen].min(axis=1)
        values.append(
            {
                "pmedian": float(weights @ nearest),
                "pcenter": float(nearest.max()),
                "mclp": -float(weights[nearest <= limit].sum()),
            }[kind]
        )
    assert plan.status == "optimal"
    assert abs(plan.objective) == pytest.approx(abs(min(values)), rel=1e-4)


def test_a_median_where_not_everybody_reaches_everything() -> None:
    """Two parts of a city need a site each."""
    world = streets([(0, 0), (1000, 0), (0, 300), (1000, 300)], (STREET, [0, 1]), (STREET, [2, 3]))
    network = build(world, WALK)
    demand = Points(*degrees([(x, y) for y in (0, 300) for x in range(0, 1001, 100)]).T)
    sites = Points(*degrees([(200, 0), (500, 0), (300, 300), (900, 300)]).T)
    places = Places(demand, np.ones(22), sites, np.empty(0, np.intp), Walking(network))
    for kind in ("pmedian", "pcenter"):
        plan = plan_sites(places, kind, p=2, solving={"time_s": 20.0})
        assert sorted(plan.sites.tolist()) == [1, 2], kind
        assert plan.status == "optimal"
