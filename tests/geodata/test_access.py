from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from geodata.access import floating_catchment
from geodata.cost import StraightLine
from geodata.coverage import cover
from geodata.demand import Demand
from geodata.errors import GeodataError
from tests.geodata.squares import LAT0, LON0

if TYPE_CHECKING:
    from geodata.access import Decay

DECAYS = ("none", "gaussian")


def table(*pairs: tuple[int, int, float], shape: tuple[int, int]) -> sparse.csr_array:
    """Costs of (demand point, site, cost), the zeros among them stored."""
    row, column, cost = (np.array(v) for v in zip(*pairs, strict=True)) if pairs else ([], [], [])
    return sparse.coo_array((cost, (row, column)), shape=shape, dtype=np.float64).tocsr()


def drawn(seed: int, n: int, m: int) -> tuple[sparse.csr_array, np.ndarray, np.ndarray]:
    """Costs of 0 to 1,000, some exactly either, for a third of all pairs; workers; places."""
    rng = np.random.default_rng(seed)
    cost = np.clip(rng.uniform(-100, 1100, (n, m)).round(), 0, 1000)
    row, column = np.nonzero(rng.random((n, m)) < 0.35)
    costs = table(*zip(row, column, cost[row, column], strict=True), shape=(n, m))
    return costs, rng.integers(0, 50, n).astype(float), rng.integers(0, 30, m).astype(float)


def textbook(
    costs: sparse.csr_array,
    workers: np.ndarray,
    capacity: np.ndarray,
    limit: float,
    decay: Decay,
) -> tuple[list[float], list[float]]:
    """Both steps, a pair at a time: scores, and ratios with 0 for sites that nobody reaches."""
    pairs = [
        (i, int(costs.indices[k]), float(costs.data[k]))
        for i in range(costs.shape[0])
        for k in range(costs.indptr[i], costs.indptr[i + 1])
    ]

    def pull(cost: float) -> float:
        if cost >= limit and (cost > limit or decay == "gaussian"):
            return 0.0
        edge = math.exp(-0.5)
        whole = (math.exp(-0.5 * (cost / limit) ** 2) - edge) / (1 - edge)
        return 1.0 if decay == "none" else whole

    ratio = []
    for j in range(costs.shape[1]):
        crowd = sum(workers[i] * pull(cost) for i, site, cost in pairs if site == j)
        ratio.append(capacity[j] / crowd if crowd else 0.0)
    score = [
        sum(ratio[j] * pull(cost) for point, j, cost in pairs if point == i)
        for i in range(costs.shape[0])
    ]
    return score, ratio


def test_counted_by_hand() -> None:
    """Two sites of 10 and 6 places: one shared by 20 workers, one by 30; one point in both."""
    costs = table((0, 0, 100), (1, 0, 500), (1, 1, 0), (2, 1, 300), (3, 1, 501), shape=(4, 3))
    found = floating_catchment(costs, [5, 15, 15, 99], [10, 6, 4], limit=500)
    assert found.crowd.tolist() == [20, 30, 0]
    assert found.ratio[:2].tolist() == [0.5, 0.2]
    assert np.isnan(found.ratio[2])
    assert found.score.tolist() == [0.5, 0.7, 0.2, 0]
    assert found.reached.tolist() == [1, 2, 1, 0]


def test_gaussian_by_hand() -> None:
    """In full at the site, (e^(-1/8) - e^(-1/2)) / (1 - e^(-1/2)) half way, nothing at the end."""
    costs = table((0, 0, 0), (1, 0, 250), (2, 0, 500), shape=(3, 1))
    found = floating_catchment(costs, [1, 2, 4], [8], limit=500, decay="gaussian")
    half = (math.exp(-0.125) - math.exp(-0.5)) / (1 - math.exp(-0.5))
    assert found.crowd == pytest.approx([1 + 2 * half])
    assert found.score == pytest.approx(np.array([1, half, 0]) * 8 / (1 + 2 * half))
    assert found.score[2] == 0
    assert found.reached.tolist() == [1, 1, 1]


@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(0, 12),
    st.integers(0, 6),
    st.sampled_from([1.0, 300.0, 1000.0]),
    st.sampled_from(DECAYS),
)
def test_as_the_textbook_loop(seed: int, n: int, m: int, limit: float, decay: Decay) -> None:
    """The same scores and ratios as both steps written out, also where there is nobody or no site.

    Places are conserved, too: workers times score are the places of the sites that are shared.
    """
    costs, workers, capacity = drawn(seed, n, m)
    found = floating_catchment(costs, workers, capacity, limit=limit, decay=decay)
    score, ratio = textbook(costs, workers, capacity, limit, decay)
    assert found.score == pytest.approx(score)
    assert np.nan_to_num(found.ratio) == pytest.approx(ratio)
    assert (np.isnan(found.ratio) == (found.crowd == 0)).all()
    assert workers @ found.score == pytest.approx(capacity[found.crowd > 0].sum())
    within = costs.copy()
    within.data = (costs.data <= limit).astype(float)
    assert (found.reached == within.sum(axis=1)).all()


@pytest.mark.parametrize("decay", DECAYS)
def test_the_unit_does_not_matter(decay: Decay) -> None:
    """Seconds or minutes, and ten times the workers with ten times the places: the same score."""
    costs, workers, capacity = drawn(3, 40, 9)
    found = floating_catchment(costs, workers, capacity, limit=600, decay=decay)
    minutes = floating_catchment(costs / 60, workers, capacity, limit=10, decay=decay)
    larger = floating_catchment(costs, workers * 10, capacity * 10, limit=600, decay=decay)
    assert minutes.score == pytest.approx(found.score)
    assert larger.score == pytest.approx(found.score)
    assert larger.crowd == pytest.approx(found.crowd * 10)


def test_all_groups_share_the_same_places() -> None:
    """Workers of two groups are so many workers."""
    costs, workers, capacity = drawn(4, 30, 5)
    groups = np.column_stack([workers * 0.25, workers * 0.75])
    found = floating_catchment(costs, groups, capacity, limit=800)
    assert found.score == pytest.approx(
        floating_catchment(costs, workers, capacity, limit=800).score
    )


def test_points_without_workers_are_scored() -> None:
    """They take no place, and get the share that others have; their own site is not shared."""
    costs = table((0, 0, 10), (1, 0, 10), (1, 1, 10), shape=(2, 2))
    found = floating_catchment(costs, [4, 0], [8, 3], limit=100)
    assert found.score.tolist() == [2, 2]
    assert np.isnan(found.ratio[1])


def test_who_is_within_reach_is_who_is_covered() -> None:
    """With straight-line costs, reached is coverage by the same radius."""
    rng = np.random.default_rng(6)
    demand, sites = (
        (LON0 + rng.normal(0, 0.05, k), LAT0 + rng.normal(0, 0.05, k)) for k in (400, 9)
    )
    people = Demand.of_points(*demand, rng.integers(0, 9, 400))
    costs = StraightLine().costs(*demand, *sites, limits=np.full(400, 2000.0)).table
    assert sparse.issparse(costs)
    found = floating_catchment(costs, people.weights, np.full(9, 20.0), limit=2000)
    covered = cover(people, StraightLine().nearest(*demand, *sites), limit=2000).covered
    assert 0 < people.workers[found.reached > 0].sum() == covered < people.total


@pytest.mark.parametrize("shape", [(0, 0), (3, 0), (0, 2), (3, 2)])
@pytest.mark.parametrize("decay", DECAYS)
def test_nobody_and_no_site(shape: tuple[int, int], decay: Decay) -> None:
    """Without pairs all scores are 0 and no site has a ratio."""
    found = floating_catchment(
        table(shape=shape), np.ones(shape[0]), np.ones(shape[1]), limit=1, decay=decay
    )
    assert found.score.tolist() == found.reached.tolist() == [0] * shape[0]
    assert found.crowd.tolist() == [0] * shape[1]
    assert np.isnan(found.ratio).tolist() == [True] * shape[1]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"capacity": [5, np.nan]}, "capacity of site 1 is nan"),
        ({"capacity": [-1, 5]}, r"capacity of site 0 is -1\.0"),
        ({"capacity": [5]}, r"shapes differ: costs \(3, 2\)"),
        ({"weights": [1, np.inf, 1]}, "workers at demand point 1 is inf"),
        ({"weights": [[1, 1], [1, 1], [1, -3]]}, r"demand point 2 is -2\.0"),
        ({"weights": [1, 1]}, "shapes differ"),
        ({"weights": 1}, "shapes differ"),
        ({"limit": 0}, "the catchment is 0"),
        ({"limit": math.inf}, "the catchment is inf"),
        ({"limit": math.nan}, "the catchment is nan"),
        ({"decay": "linear"}, "no decay 'linear': use one of none, gaussian"),
        (
            {"costs": table((0, 0, 1), (2, 1, -4), shape=(3, 2))},
            r"from demand point 2 to site 1 is -4\.0",
        ),
        ({"costs": table((1, 0, np.nan), shape=(3, 2))}, "from demand point 1 to site 0 is nan"),
    ],
)
def test_what_is_refused(changed: dict[str, object], message: str) -> None:
    """Each message names the thing, and which one it is."""
    given_ = {
        "costs": table((0, 0, 1), shape=(3, 2)),
        "weights": [1, 1, 1],
        "capacity": [5, 5],
        "limit": 10,
    }
    with pytest.raises(GeodataError, match=message):
        floating_catchment(**{**given_, **changed})


def test_a_pair_that_costs_infinitely_much_is_out_of_reach() -> None:
    """Stored or not, under either decay."""
    costs = table((0, 0, np.inf), (1, 0, 5), shape=(2, 1))
    for decay in DECAYS:
        found = floating_catchment(costs, [3, 2], [4], limit=10, decay=decay)
        assert found.score == pytest.approx([0, 2])
        assert found.reached.tolist() == [0, 1]


def test_ten_million_pairs_take_seconds() -> None:
    """A city by street blocks, and what was given is left as it was."""
    n, m, each = 200_000, 2000, 50
    rng = np.random.default_rng(1)
    data, index = rng.uniform(0, 1200, n * each), rng.integers(0, m, n * each, dtype=np.int32)
    costs = sparse.csr_array((data.copy(), index, np.arange(0, n * each + 1, each)), shape=(n, m))
    start = time.perf_counter()
    found = floating_catchment(costs, np.ones(n), np.ones(m), limit=1000, decay="gaussian")
    assert time.perf_counter() - start < 10
    assert found.score.sum() == pytest.approx(m)
    assert (costs.data == data).all()
