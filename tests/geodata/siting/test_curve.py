"""Coverage against the number of new sites."""

from __future__ import annotations

import threading

import numpy as np

from geodata.siting import SitingProblem
from geodata.siting.curve import coverage_curve
from tests.geodata.siting.enumeration import choices, value


def test_every_point_of_the_curve_brackets_the_optimum() -> None:
    """For each number of sites the optimum lies between the plan and the bound."""
    random = np.random.default_rng(7)
    covers, weights = random.random((30, 9)) < 0.25, random.integers(1, 9, 30).astype(float)
    curve = coverage_curve(SitingProblem.mclp(covers, weights, p=8, existing=[2]), max_gap=0.0)
    assert curve.sites.tolist() == list(range(9))
    for k, objective, bound in zip(curve.sites, curve.objective, curve.bound, strict=True):
        best = max(value(covers, weights, c) for c in choices(9, p=int(k), existing=(2,)))
        assert objective == bound == best
    assert curve.total == weights.sum()


def test_numbers_in_between_are_bracketed() -> None:
    """A long curve is solved at thirty numbers; the others keep a true plan and a true bound."""
    random = np.random.default_rng(1)
    points = random.random((400, 2))
    covers = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1)) < 0.06
    problem = SitingProblem.mclp(covers, np.ones(400), p=70)
    curve = coverage_curve(problem, max_gap=0.01, time_s=20)
    assert len(curve.sites) == 71
    assert (np.diff(curve.objective) >= 0).all()
    assert (curve.bound >= curve.objective).all()
    fine = coverage_curve(SitingProblem.mclp(covers, np.ones(400), p=12), max_gap=0.0)
    assert (curve.objective[:13] <= fine.bound).all()
    assert (curve.bound[:13] >= fine.objective).all()


def test_how_many_are_needed() -> None:
    """Three sites of 5, 3 and 2 workers: 8 of 10 need two, 95 % need three, more is not there."""
    curve = coverage_curve(SitingProblem.mclp(np.eye(3), [5, 3, 2], p=3), max_gap=0.0)
    assert curve.needed(0.8) == (2, 2)
    assert curve.needed(0.95) == (3, 3)
    short = coverage_curve(SitingProblem.mclp(np.eye(3), [5, 3, 2], p=1), max_gap=0.0)
    assert short.needed(0.9) == (None, None)


def test_stopped_at_once() -> None:
    """A curve that is stopped still has its last point, with a true bound."""
    stop = threading.Event()
    stop.set()
    curve = coverage_curve(SitingProblem.mclp(np.eye(3), [5, 3, 2], p=2), stop=stop)
    assert curve.sites.tolist() == [2]
    assert curve.bound[0] >= 8


def test_quotas_begin_the_curve() -> None:
    """Where a district must have two sites, the curve begins at two."""
    problem = SitingProblem.mclp(
        np.eye(4), [4, 3, 2, 1], p=4, districts=list("aabb"), at_least={"b": 2}
    )
    curve = coverage_curve(problem, max_gap=0.0)
    assert curve.sites.tolist() == [2, 3, 4]
    assert curve.objective.tolist() == [3, 7, 10]
