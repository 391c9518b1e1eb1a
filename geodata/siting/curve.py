"""Coverage against the number of new sites, each point with its bound: how many are needed."""

from __future__ import annotations

import dataclasses
import threading
from typing import TYPE_CHECKING

import numpy as np

from geodata.errors import InfeasibleError
from geodata.siting.search import interruptible
from geodata.siting.solver import solve

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from geodata.siting.plan import SitingPlan
    from geodata.siting.problem import SitingProblem

# Numbers of sites that are solved for; those in between are bracketed.
_SOLVED = 30


@dataclasses.dataclass(frozen=True, eq=False)
class Curve:
    """What 0, 1, 2 ... new sites can reach.

    Attributes
    ----------
    sites
        (k,) numbers of new sites, ascending, from 0 (or the fewest that the quotas allow).
    objective
        (k,) what a known plan with that many reaches: the true optimum is at least this.
    bound
        (k,) what no plan with that many can be better than.
    total
        What there is to reach: the objective if every worker were covered.
    """

    sites: NDArray[np.intp]
    objective: NDArray[np.float64]
    bound: NDArray[np.float64]
    total: float

    def needed(self, share: float) -> tuple[int | None, int | None]:
        """How many new sites reach a share of the total: at least so many, and enough.

        Either is None where the curve ends before.
        """
        goal = share * self.total * (1 - 1e-9)
        possible, reached = self.bound >= goal, self.objective >= goal
        return (
            int(self.sites[possible.argmax()]) if possible.any() else None,
            int(self.sites[reached.argmax()]) if reached.any() else None,
        )


def coverage_curve(  # noqa: PLR0913  all but the problem and its plan are keywords
    problem: SitingProblem,
    plan: SitingPlan | None = None,
    *,
    max_gap: float = 0.001,
    time_s: float = 60.0,
    seed: int = 1,
    stop: threading.Event | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Curve:
    """Solve a covering problem for 0 up to its p new sites.

    Up to thirty numbers are solved, each to `max_gap` or its part of the time. Those in between
    have the plan of the next larger one without its last sites, and a bound that follows from both
    neighbours: more sites never cover less, and by submodularity k of them cover at most k / j of
    what the best j of them add.

    Parameters
    ----------
    problem
        An mclp or backup problem with a p and no closing.
    plan
        The plan for p itself, where there is one.
    progress
        Called with how many of how many numbers are solved.

    Raises
    ------
    InfeasibleError
        If the problem has no plan for any number.
    """
    assert problem.p is not None  # noqa: S101  asked for above
    most = problem.p if plan is None else len(plan.sites)
    numbers = np.unique(np.linspace(0, most, min(most, _SOLVED) + 1).round().astype(int))[::-1]
    stop = stop or threading.Event()
    plans: dict[int, SitingPlan] = {} if plan is None else {most: plan}
    with interruptible(stop):
        for done, k in enumerate(int(k) for k in numbers):
            if progress is not None:
                progress(done, len(numbers))
            if k in plans or (stop.is_set() and plans):
                continue
            try:
                asked = dataclasses.replace(problem, p=k)
                plans[k] = solve(
                    asked, max_gap=max_gap, time_s=time_s / len(numbers), seed=seed, stop=stop
                )
            except InfeasibleError:
                # Fewer than the quotas ask for.
                break
    if not plans:
        raise InfeasibleError(
            "no number of new sites fills the quotas", "任何新建数量都不能满足各区名额"
        )
    return _curve(plans, problem)


def _curve(plans: dict[int, SitingPlan], problem: SitingProblem) -> Curve:
    solved = sorted(plans)
    sites = np.arange(solved[0], solved[-1] + 1)
    objective, bound = np.empty(len(sites)), np.empty(len(sites))
    base = plans[solved[-1]].objective - float(plans[solved[-1]].gain.sum())
    for at, k in enumerate(sites):
        upper = next(s for s in solved if s >= k)
        lower = max(s for s in solved if s <= k)
        known = plans[upper]
        objective[at] = base + float(known.gain[:k].sum())
        bound[at] = known.bound
        if lower and lower < k:
            bound[at] = min(bound[at], base + (plans[lower].bound - base) * k / lower)
    objective = np.maximum.accumulate(objective)
    # What fewer sites reach, more do; what more cannot, fewer cannot.
    bound = np.maximum(np.minimum.accumulate(bound[::-1])[::-1], objective)
    total = float(problem.row_weights.sum()) * (1 + problem.second)
    return Curve(sites, objective, bound, total)
