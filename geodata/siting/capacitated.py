# ruff: noqa: D102  the docstrings of `State` hold for what it declares
"""Capacitated maximal covering: a site serves no more workers than it has room for.

With s_rj workers of row r served by column j of capacity C_j, v_r what one worker counts, W_r the
workers of the row and x_j = 1 where column j is open::

    max  sum_r v_r sum_j s_rj
    s.t. sum_j s_rj <= W_r,   sum_r s_rj <= C_j x_j,   0 <= s_rj <= min(W_r, C_j) x_j,   x in X

(Current and Storbeck 1988; Pirkul and Schilling 1991). The workers of a row may go to several
columns. For open columns the rest is a transportation problem, solved by augmenting paths
(`_flow.serve`). The bound relaxes the rows with a price t_r in [0, v_r] for each worker::

    L(t) = sum_r W_r t_r + max_{x in X} sum_j K_j(t) x_j

where K_j is a fractional knapsack: room C_j filled with the rows that v_r - t_r makes dearest.
HiGHS decides what reduced costs leave open.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from geodata.siting import _cover, _flow
from geodata.siting.covering import columns_found, rules_of, side_rows
from geodata.siting.feasibility import selectable
from geodata.siting.lagrangian import reach_with
from geodata.siting.mip import Model, minimise, prepare
from geodata.siting.search import ROUNDING
from geodata.siting.state import State

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.siting._cover import Rules
    from geodata.siting._flow import Table
    from geodata.siting.problem import SitingProblem
    from geodata.siting.search import Search

# Entries up to which each has a row of its own in HiGHS's programme, which tightens it.
_TIGHT = 100_000
# Steps of the subgradient method, and without success until they shorten.
_STEPS, _PATIENCE = 600, 15
# Columns tried in the place of an open one.
_TRIED = 20


@dataclasses.dataclass(frozen=True, eq=False)
class Serving:
    """Rows of workers that count the same, and the columns that can serve them.

    Attributes
    ----------
    sites
        (m,) column of the problem that each column is: existing ones and candidates.
    group
        (n,) worker group of each row; a row of the problem has one here for each of its groups.
    worth, workers
        (n,) what one worker counts, and how many there are.
    capacity
        (m,) workers.
    old
        (m,) whether a column is open already.
    table, rules
        The bundles of `geodata.siting._flow` and `geodata.siting._cover`.
    """

    sites: NDArray[np.intp]
    group: NDArray[np.intp]
    worth: NDArray[np.float64]
    workers: NDArray[np.float64]
    capacity: NDArray[np.float64]
    table: Table
    rules: Rules
    old: NDArray[np.bool_]


def search(problem: SitingProblem, search: Search, seed: int) -> None:
    """Offer plans and bounds until the search is done.

    Raises
    ------
    InfeasibleError
        If quotas, spacing and budget leave no plan.
    """
    serving = serving_of(problem)
    search.prove(float(serving.worth @ serving.workers))
    prepare()
    opened = _greedy(serving)
    if opened is None:
        opened = _any_plan(problem, serving, search, seed)
    _offer(serving, opened, search)
    reach = _approach(serving, search)
    _swapped(serving, reach, search)
    if not search.done:
        _decide(serving, reach, search, seed)


def serving_of(problem: SitingProblem) -> Serving:
    """Return a capacitated problem as its kernels read it."""
    assert problem.covers is not None  # noqa: S101  the problem is a covering problem
    assert problem.capacity is not None  # noqa: S101
    sites = np.sort(np.concatenate([selectable(problem), problem.existing]))
    covers = problem.covers[:, sites]
    reached = np.diff(covers.indptr) > 0
    row, group = np.nonzero(problem.weights * problem.worth * reached[:, None])
    by_row = sparse.csr_array(covers[row])
    by_row.sort_indices()
    places = np.arange(by_row.nnz, dtype=np.int64)
    by_column = sparse.csr_array((places, by_row.indices, by_row.indptr), by_row.shape).tocsc()
    table = (
        by_row.indptr.astype(np.int64),
        by_row.indices.astype(np.int64),
        by_column.indptr.astype(np.int64),
        by_column.indices.astype(np.int64),
        by_column.data,
    )
    return Serving(
        sites,
        group,
        problem.worth[group],
        problem.weights[row, group],
        problem.capacity[sites],
        table,
        rules_of(problem, sites),
        np.isin(sites, problem.existing),
    )


class Flow:
    """Who is served by whom while columns are opened one after the other."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self.is_open = np.zeros(len(serving.sites), np.bool_)
        self.spare = serving.capacity.copy()
        self.left = serving.workers.copy()
        self.flow = np.zeros(len(serving.table[1]))
        self._order = np.argsort(-serving.worth, kind="stable")

    @property
    def value(self) -> float:
        """What the workers served count."""
        return float(self._serving.worth @ (self._serving.workers - self.left))

    def open(self, column: int) -> None:
        """Open a column and serve whom that makes room for."""
        self.is_open[column] = True
        dead = np.zeros(len(self.is_open), np.bool_)
        _flow.serve(
            self._order,
            self._serving.table,
            self.is_open,
            self.spare,
            self.left,
            self.flow,
            dead,
        )

    def copy(self) -> Flow:
        """Return a flow that goes its own way from here."""
        twin = Flow(self._serving)
        for name in ("is_open", "spare", "left", "flow"):
            setattr(twin, name, getattr(self, name).copy())
        return twin


def _greedy(serving: Serving) -> NDArray[np.intp] | None:
    """Open the column that can serve most of those who are left; None if quotas stay unfilled."""
    m = len(serving.sites)
    flow, plan = Flow(serving), _cover.empty_plan(0, m, serving.rules)
    sets = _cover.no_sets(m)
    for column in np.flatnonzero(serving.old).tolist():
        _cover.turn(column, 1, sets, serving.rules, plan)
        flow.open(column)
    value, taken = np.empty(m), np.empty(len(serving.table[1]))
    while True:
        allowed = [j for j in range(m) if _cover.may_open(j, serving.rules, plan)]
        if not allowed:
            break
        _flow.fill(serving.worth, flow.left, serving.capacity, serving.table, value, taken)
        best = allowed[int(np.argmax(value[allowed]))]
        _cover.turn(best, 1, sets, serving.rules, plan)
        flow.open(best)
    return np.flatnonzero(flow.is_open) if plan[6][_cover.MISSING] <= 0 else None


def _offer(serving: Serving, opened: NDArray[np.intp], search: Search) -> None:
    flow = Flow(serving)
    for column in opened:
        flow.open(int(column))
    search.offer(flow.value, serving.sites[opened])


def _approach(serving: Serving, search: Search) -> NDArray[np.float64]:
    """Prove a bound with better and better prices, by the method of `lagrangian`.

    Returns what any plan that holds a column can be worth at most, (m,).
    """
    reach = np.full(len(serving.sites), np.inf)
    m = len(serving.sites)
    price = serving.worth / 2
    best, best_bound, direction = price.copy(), np.inf, np.zeros(len(price))
    value, taken = np.empty(m), np.empty(len(serving.table[1]))
    chosen = np.empty(m, np.int64)
    rows = serving.table[3]
    step, calm = 1.0, 0
    for _ in range(_STEPS):
        if search.done or step < 1e-3:
            break
        bound, served, among = _priced(serving, price, value, taken, chosen, rows)
        np.minimum(reach, reach_with(value, among, bound, serving.rules), out=reach)
        search.prove(bound)
        calm = 0 if bound < best_bound * (1 - 1e-5) else calm + 1
        if bound < best_bound:
            best_bound, best = bound, price.copy()
        if calm == _PATIENCE:
            step, calm, price = step * 0.66, 0, best.copy()
            direction[:] = 0
            continue
        # A worker served in the relaxation and wanted elsewhere makes the price fall.
        direction = serving.workers - served + 0.7 * direction
        stuck = ((direction > 0) & (price <= 0)) | ((direction < 0) & (price >= serving.worth))
        direction[stuck] = 0
        scale = serving.worth / serving.workers
        norm = float(scale @ direction**2)
        if norm <= 0:
            break
        length = step * max(bound - search.objective, 1e-6 * bound) / norm
        price = np.clip(price - length * scale * direction, 0, serving.worth)
    return reach


def _priced(
    serving: Serving,
    price: NDArray[np.float64],
    value: NDArray[np.float64],
    taken: NDArray[np.float64],
    chosen: NDArray[np.int64],
    rows: NDArray[np.int64],
) -> tuple[float, NDArray[np.float64], NDArray[np.intp]]:
    """Bound that the prices prove, workers of each row served by it, and the columns it opens."""
    _flow.fill(
        serving.worth - price, serving.workers, serving.capacity, serving.table, value, taken
    )
    among = chosen[: _cover.choose(value, serving.rules, chosen)].astype(np.intp)
    is_chosen = np.zeros(len(value), np.bool_)
    is_chosen[among] = True
    inside = np.repeat(is_chosen, np.diff(serving.table[2]))
    served = np.bincount(rows[inside], taken[inside], minlength=len(price)).astype(np.float64)
    return float(price @ serving.workers + value[among].sum()), served, among


def _swapped(serving: Serving, reach: NDArray[np.float64], search: Search) -> None:
    """Swap one open column for another while that serves more; the most promising are tried."""
    rules, m = serving.rules, len(serving.sites)
    sets = _cover.no_sets(m)
    assert search.columns is not None  # noqa: S101  a plan was offered before
    opened = np.flatnonzero(np.isin(serving.sites, search.columns))
    better = True
    while better and not search.done:
        better = False
        plan = _cover.empty_plan(0, m, rules)
        for column in opened.tolist():
            _cover.turn(column, 1, sets, rules, plan)
        for out in opened[~serving.old[opened]].tolist():
            rest = Flow(serving)
            for column in opened[opened != out]:
                rest.open(int(column))
            others = [
                j
                for j in np.argsort(-reach, kind="stable").tolist()
                if reach[j] > search.objective and _cover.may_swap(out, j, rules, plan)
            ]
            for other in others[:_TRIED]:
                trial = rest.copy()
                trial.open(int(other))
                columns = np.append(opened[opened != out], other)
                if search.offer(trial.value, serving.sites[columns]):
                    opened, better = columns, True
                    break
            if better or search.done:
                break


def _decide(serving: Serving, reach: NDArray[np.float64], search: Search, seed: int) -> None:
    """Let HiGHS decide, with the columns that can be in a better plan."""
    m = len(serving.sites)
    wanted = search.objective * (1 + max(0.999 * search.max_gap, 0.5 * ROUNDING))
    wanted = max(wanted, search.objective + 0.5) if search.whole else wanted
    model = _model(serving)
    model.upper[:m] = (reach >= wanted - 1e-9 * abs(wanted)) | serving.old

    def found(x: NDArray[np.float64], cost: float) -> None:
        del cost
        _offer(serving, np.flatnonzero(x[:m] > 0.5), search)

    outcome = minimise(
        model,
        stop=lambda: search.done,
        time_s=search.seconds_left,
        seed=seed,
        cutoff=-wanted,
        on_solution=found,
        on_bound=lambda cost: search.prove(-cost),
    )
    search.prove(-outcome.bound)


def _any_plan(
    problem: SitingProblem, serving: Serving, search: Search, seed: int
) -> NDArray[np.intp]:
    """Columns of a plan that quotas, spacing and budget allow."""
    side, lower, upper = side_rows(serving.rules)
    m = len(serving.sites)
    zeros, ones = np.zeros(m), np.ones(m)
    model = Model(zeros, zeros, ones, ones.astype(np.bool_), side, lower, upper)
    return columns_found(
        problem,
        m,
        search,
        minimise(model, stop=lambda: search.done, time_s=search.seconds_left, seed=seed),
    )


def _model(serving: Serving) -> Model:
    """Return the programme over the columns and what each entry serves; its cost is minus that."""
    row_starts, columns = serving.table[:2]
    n, m, entries = len(serving.workers), len(serving.sites), len(columns)
    row = np.repeat(np.arange(n), np.diff(row_starts))
    place = np.arange(entries)
    most = np.minimum(serving.workers[row], serving.capacity[columns])
    side, lower, upper = side_rows(serving.rules)
    by_row = sparse.csr_array((np.ones(entries), (row, place)), (n, entries))
    by_column = sparse.csr_array((np.ones(entries), (columns, place)), (m, entries))
    parts = [
        [side, None],
        [None, by_row],
        [sparse.diags_array(-serving.capacity), by_column],
    ]
    row_upper = [upper, serving.workers, np.zeros(m)]
    if entries <= _TIGHT:
        tie = sparse.csr_array((-most, (place, columns)), (entries, m))
        parts.append([tie, sparse.eye_array(entries)])
        row_upper.append(np.zeros(entries))
    matrix = sparse.csr_array(sparse.block_array(parts, format="csr"))
    below = np.full(matrix.shape[0] - len(lower), -np.inf)
    integer = np.zeros(m + entries, np.bool_)
    integer[:m] = True
    return Model(
        cost=np.concatenate([np.zeros(m), -serving.worth[row]]),
        lower=np.zeros(m + entries),
        upper=np.concatenate([np.ones(m), most]),
        integer=integer,
        matrix=matrix,
        row_lower=np.concatenate([lower, below]),
        row_upper=np.concatenate(row_upper),
    )


class ServedState(State):
    """Who is served while the columns of a plan are opened; see `geodata.siting.state.State`."""

    nothing_open = False

    def __init__(self, problem: SitingProblem) -> None:
        self._groups = problem.weights.shape[1]
        self._serving = serving_of(problem)
        self._flow = Flow(self._serving)

    @property
    def objective(self) -> float:
        return self._flow.value

    @property
    def covered(self) -> NDArray[np.float64]:
        served = self._serving.workers - self._flow.left
        by_group = np.bincount(self._serving.group, served, minlength=self._groups)
        return by_group.astype(np.float64)

    @property
    def overload(self) -> float:
        starts, columns = self._serving.table[:2]
        reach = np.add.reduceat(np.append(self._flow.is_open[columns], 0), starts[:-1]) > 0
        return float(self._flow.left[reach & (np.diff(starts) > 0)].sum())

    def gain(self, column: int) -> float:
        trial = self._flow.copy()
        trial.open(self._place(column))
        return trial.value - self._flow.value

    def open(self, column: int) -> None:
        self._flow.open(self._place(column))

    def exclusive(self, columns: NDArray[np.intp]) -> NDArray[np.float64]:
        return self.load(columns)

    def load(self, columns: NDArray[np.intp]) -> NDArray[np.float64]:
        places = np.searchsorted(self._serving.sites, columns)
        load: NDArray[np.float64] = self._serving.capacity[places] - self._flow.spare[places]
        return load

    def _place(self, column: int) -> int:
        return int(np.searchsorted(self._serving.sites, column))
