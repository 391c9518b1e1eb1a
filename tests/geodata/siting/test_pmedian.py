from __future__ import annotations

import csv
import itertools
import math
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse.csgraph import shortest_path
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from geodata.errors import InfeasibleError
from geodata.siting import SitingProblem, _median, pmedian, solve
from geodata.siting.search import Search

if TYPE_CHECKING:
    from pathlib import Path

    from geodata.siting import Progress


def paid(problem: SitingProblem, columns: Any) -> float:
    """What a plan costs, computed plainly; inf where it is not allowed."""
    total = 0.0
    table = sparse.coo_array(problem.cost)
    listed = [{} for _ in range(problem.n_demand)]
    if sparse.issparse(problem.cost):
        for i, j, c in zip(table.row, table.col, table.data, strict=True):
            listed[i][j] = c
    else:
        listed = [dict(enumerate(row)) for row in problem.cost]
    for i, weight in enumerate(problem.row_weights):
        beyond = math.inf if problem.beyond is None else problem.beyond[i]
        if weight > 0:
            total += weight * min([beyond, *(listed[i][j] for j in columns if j in listed[i])])
    return total


def enumerated(problem: SitingProblem) -> float:
    """The least that any plan costs; inf where none is allowed."""
    return min(
        paid(problem, [*problem.existing, *new])
        for new in itertools.combinations(problem.candidates, problem.p or 0)
    )


@st.composite
def problems(draw: st.DrawFn) -> SitingProblem:
    """Small questions with every option."""
    n, m = draw(st.integers(1, 9)), draw(st.integers(2, 8))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    whole = draw(st.booleans())
    cost = random.integers(0, 9, (n, m)).astype(float) if whole else random.random((n, m))
    if draw(st.booleans()):
        # Rows and columns that are equal.
        cost = cost[random.integers(0, n, n)][:, random.integers(0, m, m)]
    existing = np.flatnonzero(random.random(m) < draw(st.sampled_from([0.0, 0.3])))
    weights = random.integers(0, 3, (n, 2)) * (1.0 if whole else random.random((n, 2)))
    options: dict[str, Any] = {
        "existing": existing,
        "worth": draw(st.sampled_from([[1, 1], [2, 0]])),
    }
    table: Any = cost
    if draw(st.booleans()):
        kept = random.random((n, m)) < draw(st.sampled_from([0.3, 0.7, 1.0]))
        i, j = np.nonzero(kept)
        table = sparse.csr_array((cost[i, j], (i, j)), (n, m))
        if draw(st.booleans()):
            options["beyond"] = cost.max() + random.integers(0, 5, n)
    p = draw(st.integers(0, m - len(existing)))
    assume(p + len(existing) > 0)
    try:
        problem = SitingProblem.pmedian(table, weights, p=p, **options)
    except InfeasibleError:
        assume(False)
        raise
    assume(math.isfinite(enumerated(problem)))
    return problem


@settings(max_examples=300, deadline=None)
@given(problems(), st.integers(0, 3))
def test_finds_and_proves_what_enumeration_finds(problem: SitingProblem, seed: int) -> None:
    """The plan is the best of all plans, and is proved to be."""
    plan = solve(problem, seed=seed)
    best = enumerated(problem)
    assert plan.status == "optimal"
    assert plan.gap <= 1e-9
    assert plan.objective == pytest.approx(best, rel=1e-9)
    assert paid(problem, plan.opened) == pytest.approx(best, rel=1e-9)
    assert len(plan.sites) == problem.p
    assert set(problem.existing) == set(plan.opened) - set(plan.sites)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32))
def test_says_when_no_plan_reaches_everybody(seed: int) -> None:
    """Where every plan leaves a row out of reach that may not be, an error says so."""
    random = np.random.default_rng(seed)
    covers = random.random((8, 7)) < 0.3
    covers[np.arange(7), np.arange(7)] = covers[7, 0] = True
    problem = SitingProblem.pmedian(sparse.csr_array(covers * 1.0), np.ones(8), p=2)
    assume(math.isinf(enumerated(problem)))
    with pytest.raises(InfeasibleError, match="reach"):
        solve(problem)


@settings(max_examples=300, deadline=None)
@given(problems(), st.integers(0, 6), st.sampled_from([0.0, 0.05, 0.4]))
def test_can_be_stopped_at_any_moment(problem: SitingProblem, moment: int, max_gap: float) -> None:
    """Whenever it is stopped, there is a plan, and the bound holds for all plans."""
    stop = threading.Event()
    told: list[Progress] = []

    def progress(now: Progress) -> None:
        told.append(now)
        if len(told) > moment:
            stop.set()

    if moment == 0:
        stop.set()
    plan = solve(
        problem,
        stop=stop,
        progress=progress,
        time_s=0.0 if moment == 1 else 60.0,
        max_gap=max_gap,
    )
    best = enumerated(problem)
    slack = 1e-9 * max(1.0, best)
    assert plan.bound <= best + slack
    assert best <= plan.objective + slack
    assert paid(problem, plan.opened) == pytest.approx(plan.objective, rel=1e-9)
    assert all(now.bound <= best + slack for now in told)


@settings(max_examples=200, deadline=None)
@given(problems(), st.data())
def test_bound_holds_for_any_multipliers_over_lists_of_any_length(
    problem: SitingProblem, data: st.DataObject
) -> None:
    """The Lagrangian bound is no more than the optimum, however short the lists are cut."""
    question = pmedian._Question(problem)
    assume(0 < question.p < len(question.candidates) and len(question.rows) > 0)
    random = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    longest = np.full(len(question.rows), np.inf)
    radius = random.random(len(question.rows)) * 9 if question.dense else longest
    part, _ = question.part(radius)
    multipliers = np.minimum(random.random(len(part.rows)) * 20, part.table.cap)
    savings = np.empty(len(part.names))
    total = _median.relaxed(*part.table[:3], multipliers, savings)
    bound = total - savings[_median.largest(savings, part.p)].sum()
    best = enumerated(problem)
    assert bound <= best + 1e-9 * max(1.0, best)
    inside = random.random(len(part.names)) < 0.2
    free = ~inside & (random.random(len(part.names)) < 0.9)
    left = part.p - inside.sum()
    assume(0 < left <= free.sum())
    # The same for what is left when some columns are settled.
    part = part.narrowed(inside, free)
    restricted = min(
        question.objective(np.concatenate([part.inside, new]).astype(int))
        for new in itertools.combinations(part.names, int(left))
    )
    multipliers = np.minimum(random.random(len(part.rows)) * 20, part.table.cap)
    savings = np.empty(len(part.names))
    total = part.settled + _median.relaxed(*part.table[:3], multipliers, savings)
    bound = total - savings[_median.largest(savings, part.p)].sum()
    unserved = part.settled + part.table.ceiling.sum()
    assert bound <= min(restricted, unserved) + 1e-9 * max(1.0, unserved)


def test_short_lists_are_lengthened_until_they_do_not_bind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The optimum is proved although the first lists are far too short."""
    random = np.random.default_rng(1)
    cost = cdist(random.random((100, 2)), random.random((120, 2)))
    problem = SitingProblem.pmedian(cost, random.random(100), p=12)
    whole = solve(problem)
    monkeypatch.setattr(pmedian, "_NEAR", 0.3)
    short = solve(problem)
    assert short.status == whole.status == "optimal"
    assert short.objective == pytest.approx(whole.objective)


def test_equal_rows_are_one() -> None:
    """Rows with equal costs are merged, and the plan is that of their sum."""
    random = np.random.default_rng(2)
    cost = cdist(random.random((30, 2)), random.random((25, 2)))
    weights = random.random(90)
    problem = SitingProblem.pmedian(np.tile(cost, (3, 1)), weights, p=4)
    part, merged = pmedian._Question(problem).part(np.full(90, np.inf))
    assert len(part.rows) == 30
    assert merged.tolist() == [*range(30)] * 3
    once = SitingProblem.pmedian(cost, weights.reshape(3, 30).sum(axis=0), p=4)
    assert solve(problem).objective == pytest.approx(solve(once).objective)


def test_a_plan_that_reaches_everybody_is_found_where_greed_finds_none() -> None:
    """Where the largest column is a trap, the two that reach everybody are found at once."""
    covers = np.zeros((12, 12))
    covers[:, 0] = [1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 0]
    covers[:6, 1] = covers[6:, 2] = 1
    problem = SitingProblem.pmedian(sparse.csr_array(covers), np.ones(12), p=2)
    plan = solve(problem, time_s=0.0)
    assert sorted(plan.sites) == [1, 2]
    assert plan.objective == 12


def test_a_first_plan_comes_from_set_covering() -> None:
    """Where swaps find no plan that reaches everybody, HiGHS does."""
    # Row and column of each cell of a square, and p cells that leave none of them out.
    size = 9
    cells = np.array([c for c in itertools.product(range(size), range(size)) if c != (0, 0)])
    covers = np.zeros((2 * size, len(cells)))
    covers[cells[:, 0], np.arange(len(cells))] = 1
    covers[size + cells[:, 1], np.arange(len(cells))] = 1
    problem = SitingProblem.pmedian(sparse.csr_array(covers), np.ones(2 * size), p=size)
    search = Search(-1)
    sites = pmedian._reaching_all(pmedian._Question(problem), search)
    assert len(set(sites)) == size
    assert math.isfinite(paid(problem, sites))


def test_the_error_tells_how_many_sites_reach_everybody() -> None:
    """With too few sites to reach everybody, the error names the number that would."""
    problem = SitingProblem.pmedian(sparse.csr_array(np.eye(5)), np.ones(5), p=3)
    with pytest.raises(InfeasibleError, match="5 are needed") as caught:
        solve(problem)
    assert "至少需要 5 个" in caught.value.chinese


def test_existing_sites_that_reach_not_everybody_need_new_ones() -> None:
    """Where nothing is opened and the existing sites leave somebody out, the error names whom."""
    problem = SitingProblem.pmedian(sparse.csr_array(np.eye(3)), [1, 0, 1], p=0, existing=[0])
    with pytest.raises(InfeasibleError, match="demand point 2 ") as caught:
        solve(problem)
    assert "第 2 个需求点" in caught.value.chinese


def test_nobody_to_serve_costs_nothing() -> None:
    """Where all weights are 0, any plan is optimal and costs nothing."""
    plan = solve(SitingProblem.pmedian(np.ones((3, 4)), np.zeros(3), p=2))
    assert (plan.status, plan.objective, len(plan.sites)) == ("optimal", 0.0, 2)


def test_the_same_seed_takes_the_same_steps() -> None:
    """Two runs with one seed tell the same plans and bounds in the same order."""
    random = np.random.default_rng(3)
    points = random.random((250, 2))
    problem = SitingProblem.pmedian(cdist(points, points), random.random(250), p=9)
    runs: list[list[Progress]] = [[], []]
    plans = [solve(problem, seed=7, progress=run.append) for run in runs]
    assert plans[0].sites.tolist() == plans[1].sites.tolist()
    steps = [list(dict.fromkeys((now.objective, now.bound) for now in run)) for run in runs]
    assert steps[0][1:] == steps[1][1:]


def test_a_thousand_points_within_the_gap_asked_for() -> None:
    """A gap that is asked for is reached and proved."""
    random = np.random.default_rng(4)
    points = random.random((1000, 2))
    problem = SitingProblem.pmedian(cdist(points, points), random.random(1000), p=20)
    plan = solve(problem, max_gap=0.002)
    assert plan.status == "within_gap"
    assert plan.gap <= 0.002


def test_near_lists_with_a_cost_beyond() -> None:
    """With the nearest columns listed only, the optimum of the near lists is found and proved."""
    random = np.random.default_rng(5)
    points = random.random((600, 2))
    distance, column = cKDTree(points).query(points, 100)
    table = sparse.csr_array(
        (distance.ravel(), column.ravel(), np.arange(0, 60_001, 100)), (600, 600)
    )
    weights = random.random(600)
    near = solve(SitingProblem.pmedian(table, weights, p=25, beyond=distance.max(axis=1)))
    whole = solve(SitingProblem.pmedian(cdist(points, points), weights, p=25))
    assert near.status == whole.status == "optimal"
    assert near.objective == pytest.approx(whole.objective)


def test_san_francisco(shared_data: Path) -> None:
    """The optimum of 16 stores and 205 tracts with p = 4, known by enumeration, is proved."""
    folder = shared_data / "benchmarks" / "sf_spopt"
    with (folder / "SF_network_distance_candidateStore_16_censusTract_205_new.csv").open() as file:
        rows = list(csv.DictReader(file))
    tracts = sorted({row["DestinationName"] for row in rows})
    stores = sorted({row["name"] for row in rows})
    cost, weights = np.empty((len(tracts), len(stores))), np.empty(len(tracts))
    for row in rows:
        i, j = tracts.index(row["DestinationName"]), stores.index(row["name"])
        cost[i, j], weights[i] = float(row["distance"]), float(row["demand"])
    plan = solve(SitingProblem.pmedian(cost, weights, p=4))
    assert plan.status == "optimal"
    assert plan.objective == pytest.approx(2_848_268_129.71, abs=0.01)


@pytest.mark.parametrize("number", range(1, 21))
def test_or_library(shared_data: Path, number: int) -> None:
    """Beasley's pmed instances: the published optimum is found and proved."""
    folder = shared_data / "benchmarks" / "orlib_pmed"
    (n, _, p), *edges = np.loadtxt(folder / f"pmed{number}.txt", dtype=int, ndmin=2)
    length = np.full((n, n), np.inf)
    for i, j, cost in edges:
        # The last cost of an edge that is given twice holds.
        length[i - 1, j - 1] = length[j - 1, i - 1] = cost
    optima = (folder / "pmedopt.txt").read_text().split()
    plan = solve(SitingProblem.pmedian(shortest_path(length, directed=False), np.ones(n), p=p))
    assert plan.status == "optimal"
    assert plan.objective == int(optima[optima.index(f"pmed{number}") + 1])
