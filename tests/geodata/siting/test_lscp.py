from __future__ import annotations

import csv
import itertools
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.errors import InfeasibleError, SitingError
from geodata.siting import SitingProblem, solve

if TYPE_CHECKING:
    from pathlib import Path

    from geodata.siting import Progress


def fewest(problem: SitingProblem) -> int | None:
    """The optimum by enumeration; None where no plan will do."""
    table, weight = problem.covers.toarray(), problem.row_weights
    pool = problem.existing if problem.kind == "redundancy" else problem.candidates
    base = [] if problem.kind == "redundancy" else problem.existing.tolist()
    reached = table[:, [*base, *pool]].any(axis=1)
    need = problem.share * weight[reached].sum() * (1 - 1e-9)
    for size in range(len(pool) + 1):
        for chosen in itertools.combinations(pool.tolist(), size):
            covered = table[:, [*base, *chosen]].any(axis=1)
            if problem.share == 1 and (reached & ~covered & (weight > 0)).any():
                continue
            if weight[covered].sum() >= need and keeps(problem, list(chosen)):
                return size
    return None


def keeps(problem: SitingProblem, chosen: list[int]) -> bool:
    """Whether new sites keep the limits of a problem."""
    limits = problem.limits
    if limits.budget is not None and limits.costs[chosen].sum() > limits.budget * (1 + 1e-9):
        return False
    if limits.districts is not None:
        opened = np.bincount(limits.districts[chosen], minlength=len(limits.at_least))
        if (opened < limits.at_least).any() or (opened > limits.at_most).any():
            return False
    if limits.conflicts is None:
        return True
    together = [*problem.existing.tolist(), *chosen]
    return not limits.conflicts.toarray()[np.ix_(chosen, together)].any()


def random_problem(seed: int, kind: str) -> SitingProblem | None:
    """A small question with whatever options; None where its numbers clash at once."""
    rng = np.random.default_rng(seed)
    n, m = rng.integers(1, 12), rng.integers(1, 9)
    covers = rng.random((n, m)) < rng.choice([0.1, 0.25, 0.5])
    weights = rng.integers(0, 5, n) * rng.choice([1, 0.37])
    share = rng.choice([1.0, 1.0, rng.random(), 0.0, 0.5])
    existing = rng.random(m) < rng.choice([0.0, 0.3])
    if kind == "redundancy":
        some = None if rng.random() < 0.5 else rng.random(m) < 0.7
        return SitingProblem.redundancy(covers, weights, share=share, existing=some)
    limits = {}
    if kind == "limited":
        if rng.random() < 0.5:
            limits |= {"conflicts": rng.random((m, m)) < 0.1}
        if rng.random() < 0.5:
            limits |= {"costs": rng.integers(1, 5, m), "budget": rng.integers(1, 12)}
        if rng.random() < 0.5:
            least = {0: 1} if rng.random() < 0.5 else {}
            limits |= {"districts": rng.integers(0, 3, m), "at_least": least}
            limits |= {"at_most": {1: int(rng.integers(0, 3)), 2: 1}}
    try:
        return SitingProblem.lscp(covers, weights, share=share, existing=existing, **limits)
    except InfeasibleError:
        return None


def grid(n: int, radius: float) -> np.ndarray:
    """Which of n random points are within a radius of which."""
    points = np.random.default_rng(n).random((n, 2))
    return np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1)) <= radius


@pytest.mark.parametrize("kind", ["lscp", "limited", "redundancy"])
@settings(deadline=None, max_examples=80)
@given(seed=st.integers(0, 100_000))
def test_optimum_is_the_enumerated_one(kind: str, seed: int) -> None:
    """With any options the proved optimum is that of enumeration, and its plan keeps them."""
    problem = random_problem(seed, kind)
    if problem is None:
        return
    optimum = fewest(problem)
    if optimum is None:
        with pytest.raises(InfeasibleError):
            solve(problem, time_s=30)
        return
    plan = solve(problem, time_s=30)
    assert plan.status == "optimal"
    assert plan.objective == plan.bound == optimum
    assert keeps(problem, plan.sites.tolist())


@pytest.mark.parametrize("kind", ["lscp", "limited", "redundancy"])
@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 100_000), calls=st.integers(1, 5))
def test_bound_is_true_whenever_it_stops(kind: str, seed: int, calls: int) -> None:
    """After however many improvements, or at once, the optimum is between bound and plan."""
    problem = random_problem(seed, kind)
    optimum = None if problem is None else fewest(problem)
    if optimum is None:
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
            assert problem.limits  # without them there always is a plan
            assert "allow more time" in str(error)  # noqa: PT017  a plan is as good
            continue
        assert plan.bound <= optimum <= plan.objective
        assert keeps(problem, plan.sites.tolist())


def test_san_francisco(shared_data: Path) -> None:
    """The 205 tracts of San Francisco need 8 stores within 5,000 m."""
    path = shared_data / "benchmarks/sf_spopt"
    path /= "SF_network_distance_candidateStore_16_censusTract_205_new.csv"
    with path.open(newline="", encoding="utf-8") as file:
        pairs = list(csv.DictReader(file))
    tracts = {name: i for i, name in enumerate(dict.fromkeys(p["DestinationName"] for p in pairs))}
    stores = {name: j for j, name in enumerate(dict.fromkeys(p["name"] for p in pairs))}
    covers, weights = np.zeros((len(tracts), len(stores)), np.bool_), np.zeros(len(tracts))
    for pair in pairs:
        i = tracts[pair["DestinationName"]]
        covers[i, stores[pair["name"]]] = float(pair["distance"]) <= 5000
        weights[i] = float(pair["demand"])
    plan = solve(SitingProblem.lscp(covers, weights))
    assert plan.status == "optimal"
    assert plan.objective == 8


def test_what_existing_sites_cover_needs_no_new_one() -> None:
    """Where the existing sites cover all that counts, no site is added."""
    plan = solve(SitingProblem.lscp([[1, 0], [1, 1], [0, 0]], [1, 1, 1], existing=[0]))
    assert plan.objective == 0
    assert plan.unreachable.tolist() == [2]


def test_redundant_sites_close() -> None:
    """A site whose workers others reach closes, and with a share the least needed ones, too."""
    covers = [[1, 1, 0], [0, 1, 0], [0, 0, 1]]
    assert solve(SitingProblem.redundancy(covers, [5, 5, 1])).closed.tolist() == [0]
    plan = solve(SitingProblem.redundancy(covers, [5, 5, 1], share=0.9))
    assert plan.closed.tolist() == [0, 2]


def test_candidates_too_near_to_an_existing_site() -> None:
    """Workers in reach only of a candidate that an existing site excludes cannot be covered."""
    problem = SitingProblem.lscp([[1, 0], [0, 1]], [1, 7], existing=[0], conflicts=[[0, 1], [1, 0]])
    with pytest.raises(InfeasibleError, match=r"7 workers .* too near to an existing site"):
        solve(problem)


def test_limits_that_leave_no_plan_are_named() -> None:
    """An infeasible question says which limits bind."""
    problem = SitingProblem.lscp(
        np.eye(3), [1, 1, 1], costs=[1, 1, 1], budget=2, conflicts=np.eye(3, k=1)
    )
    with pytest.raises(InfeasibleError, match=r"the spacing and the budget of 2") as caught:
        solve(problem)
    assert "间距" in caught.value.chinese


@pytest.mark.parametrize("share", [0.7, 1.0])
def test_same_seed_gives_the_same_plan(share: float) -> None:
    """Two runs of a seed open the same sites."""
    problem = SitingProblem.lscp(grid(150, 0.18), np.ones(150), share=share)
    first, second = (solve(problem, seed=3) for _ in range(2))
    assert first.status == "optimal"
    assert first.sites.tolist() == second.sites.tolist()


def test_a_gap_asked_for_ends_the_search() -> None:
    """With a gap allowed the search ends when it is proved, not before."""
    plan = solve(SitingProblem.lscp(grid(400, 0.1), np.ones(400)), max_gap=0.2, time_s=60)
    assert plan.status in {"optimal", "within_gap"}
    assert plan.gap <= 0.2
