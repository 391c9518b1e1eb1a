"""The answer to a siting problem: sites in order of gain, what each does, and the proof."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from geodata.siting.search import ROUNDING, relative_gap
from geodata.siting.state import in_order, state_of

if TYPE_CHECKING:
    from typing import Any, Literal

    from numpy.typing import NDArray

    from geodata.siting.problem import Kind, SitingProblem
    from geodata.siting.search import Search, Status


@dataclasses.dataclass(frozen=True, eq=False)
class SitingPlan:
    """A plan and how good it is proved to be. Complete when returned.

    Attributes
    ----------
    problem
        Kind of the problem.
    status
        ``optimal``: no plan is better. ``within_gap``: the gap asked for is proved.
        ``time_limit``, ``interrupted``: stopped before; the gap holds all the same.
    sites
        Columns to open, in order of gain: each is the one that adds most to those before it.
    closed
        Existing columns to close (relocation, redundancy), ascending.
    gain
        What each of `sites` adds to those before it: workers (covering), or weighted distance
        saved (p-median) or distance saved (p-center), NaN where nothing was open before.
    exclusive
        Workers that only this site covers (covering); those whose nearest open site it is
        (p-median, p-center); those that it serves (capacitated).
    objective, bound, gap
        What the plan reaches; what no plan can be better than; how far apart they are as a share
        of the objective.
    covered, total
        (g,) workers of each group that the plan covers (serves, capacitated), and all of them;
        for p-median and p-center the workers that have an open site listed.
    unreachable
        Rows with workers that no column reaches, ascending.
    load, overload
        (sites + existing) workers that each open column serves, in the order of `opened`, and
        workers in reach of the plan whom no open site has room for; capacitated only.
    seconds, seed, inputs
        How long it took, the seed, and the problem's fingerprint.
    """

    problem: Kind
    status: Status
    sites: NDArray[np.intp]
    closed: NDArray[np.intp]
    gain: NDArray[np.float64]
    exclusive: NDArray[np.float64]
    objective: float
    bound: float
    gap: float
    covered: NDArray[np.float64]
    total: NDArray[np.float64]
    unreachable: NDArray[np.intp]
    seconds: float
    seed: int
    inputs: str
    opened: NDArray[np.intp]
    load: NDArray[np.float64] | None = None
    overload: float = 0.0


def laid_out(problem: SitingProblem, search: Search, seed: int) -> SitingPlan:
    """Make the plan of what a search has found, its figures computed anew from the problem."""
    assert search.columns is not None  # noqa: S101  a search offers a plan before all else
    opened = search.columns
    stays = np.isin(problem.existing, opened)
    state = state_of(problem)
    if problem.kind != "redundancy":
        for column in problem.existing[stays]:
            state.open(int(column))
    order, gain = in_order(state, np.setdiff1d(opened, problem.existing))
    if problem.kind == "redundancy":
        for column in opened:
            state.open(int(column))
    objective = state.objective
    if problem.kind in {"lscp", "redundancy"}:
        objective = float(len(order) if problem.kind == "lscp" else len(opened))
    # The sums of another order differ in the last digits; a bound never lies below a plan.
    sense: Literal[1, -1] = search.sense
    bound = sense * max(sense * search.bound, sense * objective)
    if relative_gap(objective, bound, sense) <= ROUNDING:
        bound = objective
    return SitingPlan(
        problem=problem.kind,
        status=search.status,
        sites=order,
        closed=problem.existing[~stays],
        gain=gain,
        exclusive=state.exclusive(order),
        objective=objective,
        bound=bound,
        gap=relative_gap(objective, bound, sense),
        covered=state.covered,
        total=problem.weights.sum(axis=0),
        unreachable=unreachable(problem),
        seconds=search.seconds,
        seed=seed,
        inputs=problem.fingerprint(),
        opened=opened,
        load=state.load(opened),
        overload=state.overload,
    )


def unreachable(problem: SitingProblem) -> NDArray[np.intp]:
    """Rows with workers that no column reaches, ascending."""
    table: Any = problem.covers if problem.covers is not None else problem.cost
    if not sparse.issparse(table):
        return np.empty(0, np.intp)
    return np.flatnonzero((np.diff(table.indptr) == 0) & problem.weights.any(axis=1))
