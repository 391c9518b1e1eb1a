"""Maximal covering, with backup cover and relocation: most workers in reach of an open site.

With y_i = 1 where row i of weight w_i is covered and x_j = 1 where column j is open::

    max  sum_i w_i y_i
    s.t. y_i <= sum_{j over i} x_j      for every row i
         sum_j x_j <= p,   x_j in {0, 1},   0 <= y_i <= 1

(Church and ReVelle 1974). Existing sites have x_j = 1. Quotas bound the sum over a district, a
budget that of the costs, and of two columns nearer than the spacing only one may be open. Backup
cover adds ``s w_i v_i`` with ``y_i + v_i <= sum_j x_j`` (Hogan and ReVelle 1986). Relocation lets q
existing sites close: the sum over existing columns is at least their number less q, and as many
new ones more may open.

The way to a plan and its proof: rows with the same columns are merged; greedy and swaps give a
first plan, a Lagrangian (`lagrangian`) the bound, ruin and recreate (`local_search`) better plans,
each in a thread of its own; reduced costs fix columns; HiGHS decides the rest, at once or, under
very many rows, by Benders decomposition (`benders`).
"""

from __future__ import annotations

import dataclasses
import math
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from geodata.siting import benders
from geodata.siting.covering import Covering, columns_found, covering_of, side_rows
from geodata.siting.lagrangian import Lagrangian
from geodata.siting.local_search import LocalSearch
from geodata.siting.mip import Model, minimise, prepare
from geodata.siting.neighbourhood import reopened
from geodata.siting.search import ROUNDING

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.siting.problem import SitingProblem
    from geodata.siting.search import Search

# Entries of what is left that HiGHS is given.
_MIP_ENTRIES = 3_000_000
# Columns that a Benders decomposition can decide on, under however many rows.
_FEW_COLUMNS = 3_000
# Entries that it is given without looking for better plans first.
_MIP_AT_ONCE = 20_000
# Entries from which on the first prices are found with fewer columns.
_COARSE_ENTRIES = 4_000_000
# Entries that one round of bound and plan looks at, each: in the first round, and at most.
_FIRST_ROUND, _ROUND = 200_000, 20_000_000

# Rounds after which the columns that the bound chooses are made a plan: that takes a while.
_ROUNDED_OFF = {2**k for k in range(3, 20)}


def search(problem: SitingProblem, search: Search, seed: int) -> None:
    """Offer plans and bounds until the search is done.

    Raises
    ------
    InfeasibleError
        If quotas, spacing and budget leave no plan.
    SitingError
        If they leave so few that none was found in time.
    """
    covering = covering_of(problem)
    search.prove(covering.trivial_bound)
    prepare()
    plans = _first_plan(problem, covering, search, seed)
    with ThreadPoolExecutor(1) as thread:
        left = covering
        bound = Lagrangian(left, _coarse_prices(covering, search, seed))
        _approach(left, bound, covering, plans, search, thread)
        while not search.done:
            smaller, prices = bound.restricted(_interesting(search))
            if smaller.entries <= _MIP_ENTRIES:
                _decide(smaller, covering, plans, search, seed, thread)
            elif smaller.entries < 0.7 * left.entries:
                left, bound = smaller, Lagrangian(smaller, prices)
                _approach(left, bound, covering, plans, search, thread)
            elif len(smaller.sites) <= _FEW_COLUMNS:
                benders.decide(smaller, prices, _interesting(search), search, seed)
            else:
                before = search.objective
                while search.objective == before and not search.done:
                    plans.improve()
                    _offer(covering, plans, search)


def _first_plan(
    problem: SitingProblem, covering: Covering, search: Search, seed: int
) -> LocalSearch:
    """Offer a first plan, and return it to be bettered."""
    plans = LocalSearch(covering, seed)
    plans.greedy()
    if math.isfinite(covering.rules[6][1]):
        plans.start_again()
        plans.greedy(by_cost=True)
    if not plans.feasible:
        plans.start_again()
        plans.fill_quotas()
        plans.greedy()
    if not plans.feasible:
        plans.take(_any_plan(problem, covering, search, seed))
    _offer(covering, plans, search)
    return plans


def _any_plan(
    problem: SitingProblem, covering: Covering, search: Search, seed: int
) -> NDArray[np.intp]:
    """Columns of a plan that quotas, spacing and budget allow."""
    model, _ = model_of(covering)
    model = dataclasses.replace(model, cost=np.zeros_like(model.cost))
    found = minimise(model, stop=lambda: search.done, time_s=search.seconds_left, seed=seed)
    return columns_found(problem, len(covering.sites), search, found)


def _offer(covering: Covering, plans: LocalSearch, search: Search) -> None:
    search.offer(plans.value, covering.columns_of(plans.opened))


def _interesting(search: Search) -> float:
    """Value from which on a plan is of interest: better than the best, by more than the gap."""
    wanted = search.objective * (1 + max(0.999 * search.max_gap, 0.5 * ROUNDING))
    return max(wanted, search.objective + 1) if search.whole else wanted


def _approach(
    left: Covering,
    bound: Lagrangian,
    covering: Covering,
    plans: LocalSearch,
    search: Search,
    thread: ThreadPoolExecutor,
) -> None:
    """Better bound and plan side by side until the bound converges and the plan stays."""
    work, rounds, since = _FIRST_ROUND, 0, 0
    # What the columns taken out can reach at most.
    others = -math.inf if left is covering else _interesting(search)
    while not search.done:
        shaken = thread.submit(plans.improve, work)
        moving = not bound.converged
        if moving:
            bound.step(1 + work // (2 * left.entries + len(left.first) + 1), search.objective)
            search.prove(max(bound.bound, others))
        shaken.result()
        rounds, since = rounds + 1, since + 1
        if moving and (bound.converged or rounds in _ROUNDED_OFF):
            plans.round_off(np.searchsorted(covering.sites, bound.sites))
        if plans.value > search.objective:
            since = 0
        _offer(covering, plans, search)
        if bound.converged and (since > max(10, rounds // 3) or _few(left, bound, search)):
            return
        work = min(_ROUND, work * 3 // 2)


def _coarse_prices(covering: Covering, search: Search, seed: int) -> NDArray[np.float64] | None:
    """Prices to begin with, found with every eighth column only, and theirs so, too.

    None where the covering is small, or so sparse that these columns would miss many rows.
    """
    if covering.entries < max(_COARSE_ENTRIES, 64 * len(covering.first)):
        return None
    coarse, became = covering.restricted(np.arange(0, len(covering.sites), 8))
    plans = LocalSearch(coarse, seed)
    plans.greedy()
    bound = Lagrangian(coarse, _coarse_prices(coarse, search, seed))
    while not (search.done or bound.converged):
        bound.step(1 + _ROUND // (2 * coarse.entries), plans.value)
    share = np.append(bound.prices / coarse.first, 0.5)
    return share[became] * covering.first


def _few(left: Covering, bound: Lagrangian, search: Search) -> bool:
    """Whether so little is in question that HiGHS decides it at once."""
    columns = bound.in_question(_interesting(search))
    return int(np.diff(left.sets[0])[columns].sum()) <= _MIP_AT_ONCE


def _decide(
    left: Covering,
    covering: Covering,
    plans: LocalSearch,
    search: Search,
    seed: int,
    thread: ThreadPoolExecutor,
) -> None:
    """Let HiGHS decide what is left, while plans go on being shaken.

    What is found meanwhile counts when the time is up only: were it offered in between, the clock
    would have a say in which plan is returned.
    """
    model, total = model_of(left)
    interesting = _interesting(search)
    ended = threading.Event()

    plain = covering.counts_only
    random = np.random.default_rng(seed)

    def shake() -> None:
        while not ended.is_set():
            plans.improve()
            better = reopened(covering, plans.opened, random, ended.is_set) if plain else None
            if better is not None:
                plans.take(better)

    def found(x: NDArray[np.float64], cost: float) -> None:
        opened = np.flatnonzero(x[: len(left.sites)] > 0.5)
        search.offer(total - cost, left.columns_of(opened))

    shaking = thread.submit(shake)
    try:
        outcome = minimise(
            model,
            stop=lambda: search.done,
            time_s=search.seconds_left,
            seed=seed,
            cutoff=total - interesting + (0.5 if search.whole else 0.0),
            # Good plans are found here already.
            heuristics=False,
            on_solution=found,
            on_bound=lambda cost: search.prove(total - cost),
        )
        search.prove(total - outcome.bound)
    finally:
        ended.set()
        shaking.result()
    _offer(covering, plans, search)


def model_of(covering: Covering) -> tuple[Model, float]:
    """Return the mixed-integer programme of a covering, and the value of everything covered.

    Its columns are those of the covering, then the uncovered first and second cover of each row;
    its cost is the value not reached.
    """
    n, m = covering.by_row.shape
    twice = np.flatnonzero(covering.second > 0)
    slack = len(twice)
    uncovered = sparse.hstack(
        [
            sparse.eye_array(n),
            sparse.csr_array((np.ones(slack), (twice, np.arange(slack))), (n, slack)),
        ]
    )
    side, lower, upper = side_rows(covering.rules)
    matrix = sparse.vstack(
        [
            sparse.hstack([covering.by_row.astype(np.float64), uncovered]),
            sparse.hstack([side, sparse.csr_array((side.shape[0], n + slack))]),
        ],
        format="csr",
    )
    columns = m + n + slack
    integer = np.zeros(columns, np.bool_)
    integer[:m] = True
    model = Model(
        cost=np.concatenate([np.zeros(m), covering.first, covering.second[twice]]),
        lower=np.zeros(columns),
        upper=np.ones(columns),
        integer=integer,
        matrix=sparse.csr_array(matrix),
        row_lower=np.concatenate([1.0 + (covering.second > 0), lower]),
        row_upper=np.concatenate([np.full(n, np.inf), upper]),
    )
    return model, covering.base + float(covering.first.sum() + covering.second.sum())
