"""Capacitated maximal covering: no site serves more workers than it has room for."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from geodata.errors import InfeasibleError, SitingError
from geodata.siting import SitingProblem, solve
from tests.geodata.siting.enumeration import choices


@st.composite
def asks(draw: st.DrawFn) -> dict[str, Any]:
    """Small capacitated problems with two groups and any mixture of options."""
    n, m = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    existing = tuple(sorted(random.choice(m, draw(st.integers(0, m - 1)), replace=False).tolist()))
    limits: dict[str, Any] = {}
    p: int | None = draw(st.integers(0, m - len(existing)))
    if draw(st.booleans()):
        limits["costs"] = random.integers(1, 6, m).astype(float)
        limits["budget"] = float(draw(st.integers(5, 12)))
        p = draw(st.sampled_from([p, None]))
    if draw(st.booleans()):
        limits["districts"] = random.choice(["甲", "乙"], m).tolist()
        limits["at_least"] = {"甲": draw(st.integers(0, 2))}
        limits["at_most"] = {"乙": draw(st.integers(0, 2))}
    if draw(st.booleans()):
        limits["conflicts"] = np.triu(random.random((m, m)) < 0.25, 1)
        limits["conflicts"] |= limits["conflicts"].T
    whole = draw(st.booleans())
    weights = random.integers(0, 6, (n, 2)) + (0.0 if whole else random.random((n, 2)))
    return {
        "covers": random.random((n, m)) < draw(st.sampled_from([0.2, 0.5, 0.8])),
        "weights": weights,
        "capacity": random.integers(0, 9, m).astype(float),
        "worth": draw(st.sampled_from([(1.0, 1.0), (1.0, 2.5), (0.0, 1.0)])),
        "p": p,
        "existing": existing,
        "limits": limits,
    }


def served(ask: dict[str, Any], opened: list[int]) -> float:
    """What the workers served count, by linear programming."""
    n, m = ask["covers"].shape
    pairs = [(i, g, j) for i in range(n) for g in range(2) for j in opened if ask["covers"][i, j]]
    if not pairs:
        return 0.0
    rows = np.zeros((2 * n + m, len(pairs)))
    for k, (i, g, j) in enumerate(pairs):
        rows[2 * i + g, k] = rows[2 * n + j, k] = 1
    cost = [-ask["worth"][g] for _, g, _ in pairs]
    room = np.concatenate([ask["weights"].ravel(), ask["capacity"]])
    return float(-linprog(cost, A_ub=rows, b_ub=room).fun)


def problem_of(ask: dict[str, Any]) -> SitingProblem:
    """The problem as the library takes it."""
    return SitingProblem.capacitated(
        ask["covers"],
        ask["weights"],
        ask["capacity"],
        p=ask["p"],
        existing=ask["existing"],
        worth=ask["worth"],
        **ask["limits"],
    )


def allowed(ask: dict[str, Any]) -> list[list[int]]:
    """Every choice that the ask allows."""
    m = ask["covers"].shape[1]
    return list(choices(m, p=ask["p"], existing=ask["existing"], **ask["limits"]))


@given(asks())
@settings(max_examples=80, deadline=None)
def test_every_option_equals_enumeration(ask: dict[str, Any]) -> None:
    """The plan serves as many as the best choice does, by linear programmes over all choices."""
    plans = allowed(ask)
    if not plans:
        with pytest.raises(InfeasibleError):
            solve(problem_of(ask))
        return
    plan = solve(problem_of(ask))
    opened = sorted(plan.opened.tolist())
    assert opened in plans
    best = max(served(ask, choice) for choice in plans)
    assert plan.objective == pytest.approx(served(ask, opened), abs=1e-6)
    assert plan.objective == pytest.approx(best, rel=1e-6, abs=1e-6)
    assert plan.status == "optimal"
    assert plan.load is not None
    assert (plan.load <= ask["capacity"][plan.opened] + 1e-9).all()
    assert plan.covered @ np.array(ask["worth"]) == pytest.approx(plan.objective) or min(
        ask["worth"]
    ) != max(ask["worth"])


@given(asks())
@settings(max_examples=25, deadline=None)
def test_stopped_at_once_the_bound_is_true(ask: dict[str, Any]) -> None:
    """Stopped before it begins, the plan is allowed and no plan beats its bound."""
    plans = allowed(ask)
    if not plans:
        return
    stop = threading.Event()
    stop.set()
    try:
        plan = solve(problem_of(ask), stop=stop)
    except SitingError:
        # What is asked leaves so few plans that none was found in no time.
        return
    best = max(served(ask, choice) for choice in plans)
    assert sorted(plan.opened.tolist()) in plans
    assert plan.objective <= best + 1e-6
    assert plan.bound >= best - 1e-6


def test_overload_is_those_in_reach_without_room() -> None:
    """Ten workers at one site with room for six: six served, four without room, one unreached."""
    covers = np.array([[True, False], [False, False]])
    plan = solve(SitingProblem.capacitated(covers, [10.0, 1.0], [6.0, 9.0], p=1))
    assert plan.sites.tolist() == [0]
    assert (plan.objective, plan.overload) == (6.0, 4.0)
    assert plan.load is not None
    assert plan.load.tolist() == [6.0]
    assert plan.unreachable.tolist() == [1]


def test_a_city_with_room_for_some() -> None:
    """A hundred places under fifteen hundred workers: found and proved, no site over its room."""
    random = np.random.default_rng(3)
    points, sites = random.random((1500, 2)), random.random((80, 2))
    covers = np.hypot(*(points[:, None] - sites[None]).transpose(2, 0, 1)) < 0.15
    capacity = random.integers(30, 120, 80).astype(float)
    problem = SitingProblem.capacitated(covers, np.ones(1500), capacity, p=10)
    plan = solve(problem, max_gap=0.001, time_s=60)
    assert plan.gap <= 0.001
    assert plan.objective == plan.gain.sum()
