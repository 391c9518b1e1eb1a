from __future__ import annotations

import csv
import itertools
import math
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse import csgraph

from geodata.errors import InfeasibleError, SitingError
from geodata.siting import SitingProblem, pcenter, solve

if TYPE_CHECKING:
    from pathlib import Path

    from geodata.siting import Progress


def least(problem: SitingProblem) -> float:
    """The optimum by enumeration; inf where no plan reaches everybody."""
    if sparse.issparse(problem.cost):
        cost = np.full(problem.cost.shape, math.inf)
        listed = problem.cost.tocoo()
        cost[listed.row, listed.col] = listed.data
    else:
        cost = problem.cost
    cost = cost[problem.row_weights > 0]
    values = []
    for chosen in itertools.combinations(problem.candidates.tolist(), problem.p):
        opened = [*problem.existing.tolist(), *chosen]
        values.append(cost[:, opened].min(axis=1, initial=math.inf).max(initial=0))
    return min(values)


def random_problem(seed: int) -> SitingProblem | None:
    """A small question, dense or sparse; None where its numbers clash at once."""
    rng = np.random.default_rng(seed)
    n, m = rng.integers(1, 12), rng.integers(1, 9)
    cost = rng.integers(1, 20, (n, m)).astype(np.float64) if rng.random() < 0.5 else None
    cost = rng.random((n, m)) if cost is None else cost
    existing = np.flatnonzero(rng.random(m) < rng.choice([0, 0.3]))
    p = int(rng.integers(0, m - len(existing) + 1))
    if rng.random() < 0.5:
        rows, columns = np.nonzero(rng.random((n, m)) < 0.6)
        cost = sparse.csr_array((cost[rows, columns], (rows, columns)), (n, m))
    try:
        return SitingProblem.pcenter(cost, rng.integers(0, 3, n), p=p, existing=existing)
    except InfeasibleError:
        return None


def plane(n: int) -> np.ndarray:
    """Distances between n random points."""
    points = np.random.default_rng(n).random((n, 2))
    return np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))


@settings(deadline=None, max_examples=120)
@given(seed=st.integers(0, 100_000))
def test_optimum_is_the_enumerated_one(seed: int) -> None:
    """Dense or sparse, with any existing sites, the proved optimum is that of enumeration."""
    problem = random_problem(seed)
    if problem is None:
        return
    optimum = least(problem)
    if math.isinf(optimum):
        with pytest.raises(InfeasibleError, match="cannot reach everybody"):
            solve(problem, time_s=30)
        return
    plan = solve(problem, time_s=30)
    assert plan.status == "optimal"
    assert plan.objective == plan.bound == optimum
    assert len(plan.sites) == problem.p


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 100_000), calls=st.integers(1, 5))
def test_bound_is_true_whenever_it_stops(seed: int, calls: int) -> None:
    """After however many improvements, or at once, the optimum is between bound and plan."""
    problem = random_problem(seed)
    optimum = math.inf if problem is None else least(problem)
    if math.isinf(optimum):
        return
    stop, left = threading.Event(), [calls]

    def look(_: Progress) -> None:
        left[0] -= 1
        if not left[0]:
            stop.set()

    for options in ({"stop": stop, "progress": look}, {"time_s": 0.0}):
        try:
            plan = solve(problem, **options)
        except SitingError as error:
            assert sparse.issparse(problem.cost)
            assert "allow more time" in str(error)  # noqa: PT017  a plan is as good
            continue
        assert plan.bound <= optimum <= plan.objective
        assert len(plan.sites) == problem.p


def test_san_francisco(shared_data: Path) -> None:
    """Four stores leave no tract of San Francisco farther than 7,403.06 m."""
    path = shared_data / "benchmarks/sf_spopt"
    path /= "SF_network_distance_candidateStore_16_censusTract_205_new.csv"
    with path.open(newline="", encoding="utf-8") as file:
        pairs = list(csv.DictReader(file))
    tracts = {name: i for i, name in enumerate(dict.fromkeys(p["DestinationName"] for p in pairs))}
    stores = {name: j for j, name in enumerate(dict.fromkeys(p["name"] for p in pairs))}
    cost = np.empty((len(tracts), len(stores)))
    for pair in pairs:
        cost[tracts[pair["DestinationName"]], stores[pair["name"]]] = float(pair["distance"])
    plan = solve(SitingProblem.pcenter(cost, np.ones(len(tracts)), p=4))
    assert plan.status == "optimal"
    assert plan.objective == pytest.approx(7403.06, abs=0.005)


@pytest.mark.parametrize("number", [2, 4, 5, 10, 14, 15, 18, 19, 20])
def test_or_library(shared_data: Path, number: int) -> None:
    """The optima of the OR-Library are found and proved."""
    folder = shared_data / "benchmarks/orlib_pmed"
    optima = dict(line.split() for line in (folder / "kcenteropt.txt").read_text().splitlines())
    (n, _, p), *edges = [
        [int(word) for word in line.split()]
        for line in (folder / f"pmed{number}.txt").read_text().splitlines()
        if line.strip()
    ]
    graph = np.zeros((n, n))
    for i, j, length in edges:
        graph[i - 1, j - 1] = graph[j - 1, i - 1] = length
    cost = csgraph.shortest_path(graph, directed=False)
    plan = solve(SitingProblem.pcenter(cost, np.ones(n), p=p))
    assert plan.status == "optimal"
    assert plan.objective == plan.bound == float(optima[f"pmed{number}"])


def test_dense_and_sparse_agree() -> None:
    """A table that lists every pair gives the same optimum, dense or sparse."""
    cost = plane(60) + 1
    dense, listed = (
        solve(SitingProblem.pcenter(table, np.ones(60), p=6))
        for table in (cost, sparse.csr_array(cost))
    )
    assert dense.status == listed.status == "optimal"
    assert dense.objective == listed.objective


def test_a_table_in_many_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large tables are read block by block, some distances at a time, to the same optimum."""
    problem = SitingProblem.pcenter(plane(80), np.ones(80), p=7)
    whole = solve(problem)
    monkeypatch.setattr(pcenter, "_BLOCK", 100)
    monkeypatch.setattr(pcenter, "_CHOICE", 50)
    assert solve(problem).objective == whole.objective == whole.bound


def test_same_seed_gives_the_same_plan() -> None:
    """Two runs of a seed open the same sites."""
    problem = SitingProblem.pcenter(plane(120), np.ones(120), p=12)
    first, second = (solve(problem, seed=3) for _ in range(2))
    assert first.status == "optimal"
    assert first.sites.tolist() == second.sites.tolist()


def test_rows_without_workers_do_not_count() -> None:
    """A far row without workers leaves the optimum alone."""
    plan = solve(SitingProblem.pcenter([[1.0, 9], [9, 2], [99, 99]], [1, 1, 0], p=2))
    assert plan.objective == plan.bound == 2
