"""Maximal covering, backup cover and relocation."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.spatial import cKDTree

from geodata.errors import InfeasibleError, SitingError
from geodata.siting import SitingProblem, _cover, mclp, solve
from geodata.siting.covering import covering_of
from geodata.siting.neighbourhood import reopened
from tests.geodata.siting.enumeration import choices, value

if TYPE_CHECKING:
    from collections.abc import Callable

    from geodata.siting import Progress


@st.composite
def asks(draw: st.DrawFn) -> dict[str, Any]:
    """Small covering problems with any mixture of options."""
    n, m = draw(st.integers(1, 10)), draw(st.integers(1, 8))
    seed = draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    covers = random.random((n, m)) < draw(st.sampled_from([0.1, 0.3, 0.6]))
    weights = random.integers(0, 6, n).astype(float)
    if draw(st.booleans()):
        weights += random.random(n)
    existing = tuple(sorted(random.choice(m, draw(st.integers(0, m - 1)), replace=False).tolist()))
    closing = draw(st.integers(0, min(2, len(existing)))) if draw(st.booleans()) else 0
    limits: dict[str, Any] = {}
    p: int | None = draw(st.integers(0, m - len(existing) - min(closing, m - len(existing))))
    if p + closing > m - len(existing):
        closing = 0
    if draw(st.booleans()):
        limits["costs"] = random.integers(1, 6, m).astype(float)
        limits["budget"] = float(draw(st.integers(5, 12)))
        p = draw(st.sampled_from([p, None]))
    if draw(st.booleans()):
        limits["districts"] = random.choice(["甲", "乙", "丙"], m).tolist()
        limits["at_least"] = {"甲": draw(st.integers(0, 2))}
        limits["at_most"] = {"乙": draw(st.integers(0, 2)), "丙": draw(st.integers(0, 1))}
    if draw(st.booleans()):
        limits["conflicts"] = np.triu(random.random((m, m)) < 0.25, 1)
        limits["conflicts"] |= limits["conflicts"].T
    second = draw(st.sampled_from([0.0, 0.3, 1.0]))
    return {
        "covers": covers,
        "weights": weights,
        "p": p,
        "existing": existing,
        "closing": closing,
        "second": second,
        "limits": limits,
        "seed": seed,
    }


def problem_of(ask: dict[str, Any]) -> SitingProblem:
    """The problem as the library takes it."""
    covers = sparse.csr_array(ask["covers"])
    common = {"p": ask["p"], "existing": ask["existing"], "closing": ask["closing"]}
    if ask["second"]:
        return SitingProblem.backup(
            covers, ask["weights"], second=ask["second"], **common, **ask["limits"]
        )
    return SitingProblem.mclp(covers, ask["weights"], **common, **ask["limits"])


def allowed(ask: dict[str, Any]) -> list[list[int]]:
    """Every choice that the ask allows."""
    return list(
        choices(
            ask["covers"].shape[1],
            p=ask["p"],
            existing=ask["existing"],
            closing=ask["closing"],
            **ask["limits"],
        )
    )


def best_value(ask: dict[str, Any]) -> float:
    """The optimum by enumeration."""
    return max(value(ask["covers"], ask["weights"], c, ask["second"]) for c in allowed(ask))


@given(asks())
@settings(max_examples=150, deadline=None)
def test_every_option_equals_enumeration(ask: dict[str, Any]) -> None:
    """Whatever is asked, the plan is allowed, is worth what it says, and is the best there is."""
    plans = allowed(ask)
    if not plans:
        with pytest.raises(InfeasibleError):
            solve(problem_of(ask))
        return
    plan = solve(problem_of(ask))
    opened = sorted(plan.opened.tolist())
    assert opened in plans
    assert plan.objective == pytest.approx(
        value(ask["covers"], ask["weights"], opened, ask["second"])
    )
    assert plan.objective == pytest.approx(best_value(ask), rel=1e-6)
    assert plan.status == "optimal"
    assert plan.bound == pytest.approx(plan.objective, rel=1e-6)
    kept = [j for j in ask["existing"] if j in opened]
    assert plan.gain.sum() == pytest.approx(
        plan.objective - value(ask["covers"], ask["weights"], kept, ask["second"])
    )
    assert sorted([*plan.sites, *kept]) == opened
    assert sorted(plan.closed) == [j for j in ask["existing"] if j not in opened]


@given(asks(), st.integers(0, 6))
@settings(max_examples=60, deadline=None)
def test_stopped_at_any_moment_the_bound_is_true(ask: dict[str, Any], after: int) -> None:
    """Stopped after any number of steps, the plan is allowed and no plan beats its bound."""
    plans = allowed(ask)
    if not plans:
        return
    stop = threading.Event()
    seen: list[Progress] = []

    def progress(now: Progress) -> None:
        seen.append(now)
        if len(seen) > after:
            stop.set()

    if after == 0:
        stop.set()
    try:
        plan = solve(problem_of(ask), stop=stop, progress=progress)
    except SitingError:
        # What is asked leaves so few plans that none was found in no time.
        return
    best = best_value(ask)
    assert sorted(plan.opened.tolist()) in plans
    assert plan.objective <= best * (1 + 1e-9)
    assert plan.bound >= best * (1 - 1e-9)


def city(n: int, radius: float, seed: int = 0) -> tuple[sparse.csr_array, np.ndarray]:
    """Points in a unit square with whole weights, each of them a candidate, too."""
    random = np.random.default_rng(seed)
    points = random.random((n, 2))
    rows = cKDTree(points).query_ball_point(points, radius, return_sorted=True)
    starts = np.cumsum([0, *map(len, rows)])
    columns = np.concatenate(rows)
    covers = sparse.csr_array((np.ones(len(columns), bool), columns, starts), (n, n))
    return covers, random.integers(1, 36, n).astype(float)


def test_the_same_seed_gives_the_same_plan() -> None:
    """Two runs that reach the gap asked for end with the same plan and bound."""
    covers, weights = city(400, 0.08)
    problem = SitingProblem.mclp(covers, weights, p=12)
    first, second = (solve(problem, max_gap=0.002, seed=5) for _ in range(2))
    assert first.sites.tolist() == second.sites.tolist()
    assert (first.objective, first.inputs) == (second.objective, second.inputs)
    assert first.gap <= 0.002


def test_existing_sites_in_a_city() -> None:
    """With sites fixed, the plan is as good as that over the workers they leave, to the worker."""
    covers, weights = city(300, 0.08)
    existing = np.arange(0, 300, 40)
    plan = solve(SitingProblem.mclp(covers, weights, p=6, existing=existing))
    taken = covers[:, existing].sum(axis=1) > 0
    rest = solve(SitingProblem.mclp(covers, np.where(taken, 0.0, weights), p=6))
    assert plan.status == rest.status == "optimal"
    assert plan.objective == weights[taken].sum() + rest.objective
    assert not set(plan.sites) & set(existing)
    assert (np.diff(plan.gain) <= 0).all()


def test_san_francisco(san_francisco: Callable[[], Any]) -> None:
    """Four of sixteen stores within 5 km reach 875,247 of 955,113 people: enumerated elsewhere."""
    cost, people = san_francisco()
    plan = solve(SitingProblem.mclp(cost <= 5000, people, p=4))
    assert (plan.objective, plan.status) == (875_247, "optimal")
    assert plan.total.sum() == 955_113


def without_programmes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing be small enough to be decided as one programme."""
    monkeypatch.setattr(mclp, "_MIP_ENTRIES", -1)
    monkeypatch.setattr(mclp, "_MIP_AT_ONCE", -1)


@given(ask=asks())
@settings(max_examples=60, deadline=None)
def test_benders_equals_enumeration(ask: dict[str, Any]) -> None:
    """Decided by Benders decomposition, every option still gives the optimum."""
    plans = allowed(ask)
    if not plans:
        return
    with pytest.MonkeyPatch.context() as patch:
        without_programmes(patch)
        plan = solve(problem_of(ask))
    assert plan.objective == pytest.approx(best_value(ask), rel=1e-6)
    assert plan.status == "optimal"


def test_benders_in_a_city() -> None:
    """Forty candidates under many more workers: both ways to decide agree, and prove it."""
    random = np.random.default_rng(4)
    points, sites = random.random((3000, 2)), random.random((40, 2))
    covers = np.hypot(*(points[:, None] - sites[None]).transpose(2, 0, 1)) < 0.17
    problem = SitingProblem.backup(covers, random.integers(1, 9, 3000), second=0.5, p=9)
    at_once = solve(problem)
    with pytest.MonkeyPatch.context() as patch:
        without_programmes(patch)
        decomposed = solve(problem)
    assert at_once.status == decomposed.status == "optimal"
    assert at_once.objective == pytest.approx(decomposed.objective)


def test_a_neighbourhood_decided_anew_is_never_worse() -> None:
    """From a poor plan, neighbourhood after neighbourhood gives better plans of as many sites."""
    covers, weights = city(400, 0.06)
    covering = covering_of(SitingProblem.mclp(covers, weights, p=25))
    opened, random = np.arange(25), np.random.default_rng(2)
    worth = [value(covers.toarray(), weights, opened.tolist())]
    for _ in range(12):
        better = reopened(covering, opened, random, lambda: False)
        if better is not None:
            opened = better
            worth.append(value(covers.toarray(), weights, opened.tolist()))
    assert len(opened) == 25
    assert worth == sorted(set(worth))
    assert worth[-1] > 1.1 * worth[0]


@given(st.lists(st.integers(-3, 9), max_size=40), st.integers(1, 40))
def test_selection_and_order(values: list[int], k: int) -> None:
    """The kernels' own selection and sorting agree with Python's."""
    value_, order = np.array(values, np.float64), np.empty(len(values), np.int64)
    _cover._descending(value_, order)
    assert value_[order].tolist() == sorted(values, reverse=True)
    k = min(k, len(values))
    if k:
        _cover._largest_first(value_, k, order)
        assert sorted(order.tolist()) == list(range(len(values)))
        assert sorted(value_[order[:k]], reverse=True) == sorted(values, reverse=True)[:k]
