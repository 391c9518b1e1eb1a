"""Fewest columns that cover every row, or a share of the weight: the set covering engine.

With x_j = 1 where column j is chosen, a_ij = 1 where it covers row i, w_i the weight of a row and
W the weight needed:

    full        min sum_j x_j   s.t.  sum_j a_ij x_j >= 1  for every row i
    partial     min sum_j x_j   s.t.  z_i <= sum_j a_ij x_j,  sum_i w_i z_i >= W,  0 <= z_i <= 1

**Full.** A row whose columns hold all those of another is covered along with it, and a column whose
rows are all another's is not needed (dominance; Toregas and ReVelle 1973); what is left falls into
connected components, each solved by itself. Multipliers u >= 0 give the Lagrangian bound
``L(u) = sum_i u_i + sum_j min(0, 1 - sum_i a_ij u_i)`` (Caprara, Fischetti and Toth 1999), which
deflected subgradient steps raise to that of the linear relaxation. Covers come from a local search
with row weighting (Gao, Weise and Li 2015). A column whose reduced cost lifts the bound to the best
cover is fixed, and HiGHS decides the rest.

**Partial.** For multipliers 0 <= u <= w no p columns cover more than ``sum_i (w_i - u_i)`` and the
p largest ``sum_i a_ij u_i`` together (Galvao and ReVelle 1996): the least p for which that reaches
W is a bound, the same u serving all p at once. Covers come from a local search that exchanges
columns.

References
----------
Caprara, Fischetti, Toth (1999), A heuristic method for the set covering problem, Operations
Research 47(5). Galvao, ReVelle (1996), A Lagrangean heuristic for the maximal covering location
problem, EJOR 88(1). Gao, Weise, Li (2015), An efficient local search heuristic with row weighting
for the unicost set covering problem, EJOR 246(3). Toregas, ReVelle (1973), Binary logic solutions
to a class of location problem, Geographical Analysis 5(2).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from geodata.siting import _setcover as kernels
from geodata.siting.mip import Model, minimise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Columns = NDArray[np.intp]

# Work of one call of a kernel: some 50 ms.
_WORK = 20_000_000
# Work on dominance, as a multiple of the entries; it costs less than this in all but odd cases.
_DOMINANCE = 500
# Work on local search in each round, for each entry and at most: before the bound, after it, and
# before HiGHS is left to itself.
_ROUNDS = (200, _WORK), (5_000, 10 * _WORK), (50_000, 100 * _WORK)
# Entries from which HiGHS is not worth waiting for.
_TOO_LARGE = 300_000
# Rounding of a bound on a whole number; nothing this small matters to a share either.
_EPSILON = 1e-6


class Task(Protocol):
    """Who wants a cover: takes covers and bounds, and says when to end (`Search` is one)."""

    @property
    def target(self) -> float:
        """A cover must be smaller than this to be worth finding."""

    @property
    def done(self) -> bool:
        """Whether to end."""

    @property
    def seconds_left(self) -> float:
        """Seconds until the time is up."""

    def offer(self, objective: float, columns: Columns) -> bool:
        """Take a cover and its size."""

    def prove(self, bound: float) -> bool:
        """Take a bound: no cover is smaller."""


def cover(covers: sparse.csr_array, task: Task, seed: int, *, nodes: int | None = None) -> None:
    """Cover every row by the fewest columns; each row has one at least.

    It works until the task is done, or, with `nodes`, until HiGHS has had so many on each part.
    """
    if not covers.shape[0]:
        task.offer(0, np.empty(0, np.intp))
        task.prove(0)
        return
    task.offer(*_sized(kernels.simple_cover(sets_of(covers))))
    task.prove(1)
    whole = _Whole(covers, task, seed)
    whole.tell()
    for effort in _ROUNDS if nodes is None else _ROUNDS[:2]:
        for part in whole.open_parts():
            part.search_locally(*effort)
            part.ascend()
    if nodes != 0:
        for part in whole.open_parts():
            part.close(nodes)
    while nodes is None and not task.done:
        for part in whole.open_parts():
            part.search_locally(*_ROUNDS[0])


def cover_share(
    covers: sparse.csr_array, weight: Floats, need: float, task: Task, seed: int
) -> None:
    """Cover rows of weight `need` together by the fewest columns, until the task is done.

    Every weight is positive, every row has a column, and `need` is positive and at most all.
    """
    task.offer(*_sized(kernels.simple_cover(sets_of(covers))))
    task.prove(1)
    kept = _undominated_columns(covers, task)
    share = _Share(covers[:, kept], np.flatnonzero(kept), weight, need, task, seed)
    for effort in _ROUNDS:
        share.search_locally(*effort)
        share.descend()
    share.close()
    while not task.done:
        share.search_locally(*_ROUNDS[0])


def sets_of(covers: sparse.csr_array) -> kernels.Sets:
    """Return a covering matrix in the form of the kernels."""
    by_column = sparse.csc_array(covers)
    return kernels.Sets(
        covers.indptr.astype(np.int64),
        covers.indices.astype(np.int32),
        by_column.indptr.astype(np.int64),
        by_column.indices.astype(np.int32),
    )


def state_of(sets: kernels.Sets, weight: Floats, seed: int) -> kernels.State:
    """Return the state of a local search before anything is chosen."""
    n, m = len(sets.row_start) - 1, len(sets.column_start) - 1
    score = np.bincount(sets.columns, np.repeat(weight, np.diff(sets.row_start)), minlength=m)
    return kernels.State(
        covering=np.zeros(n, np.int32),
        owner=np.zeros(n, np.int64),
        weight=weight.copy(),
        score=score.astype(np.float64),
        chosen=np.zeros(m, np.int32),
        place=np.full(m, -1, np.int32),
        bare=np.arange(n, dtype=np.int32),
        gap=np.arange(n, dtype=np.int32),
        changed=np.zeros(n, np.int64),
        moved=np.full(m, -m - 64, np.int64),
        best=np.arange(m, dtype=np.int32),
        tally=np.array([0, n, m, 0, 0x9E3779B97F4A7C15 % 2**62 ^ (seed + 1)], np.int64),
    )


def undominated_rows(covers: sparse.csr_array, task: Task) -> NDArray[np.bool_]:
    """Mask of the rows that are not covered along with another one; bounded effort."""
    sets = sets_of(covers)
    return _undominated(sets.row_start, sets.columns, sets.column_start, sets.rows, task, rows=True)


def _undominated_columns(covers: sparse.csr_array, task: Task) -> NDArray[np.bool_]:
    """Mask of the columns whose rows are not all another one's; bounded effort."""
    sets = sets_of(covers)
    return _undominated(
        sets.column_start, sets.rows, sets.row_start, sets.columns, task, rows=False
    )


def _undominated(
    start: kernels.Longs,
    items: kernels.Ints,
    item_start: kernels.Longs,
    holders: kernels.Ints,
    task: Task,
    *,
    rows: bool,
) -> NDArray[np.bool_]:
    n = len(start) - 1
    alive, count = np.ones(n, np.bool_), np.zeros(n, np.int32)
    at, calls = 0, 0
    while at < n and not task.done and calls * _WORK <= _DOMINANCE * len(items):
        at = kernels.dominate(start, items, item_start, holders, alive, count, at, _WORK, rows)
        calls += 1
    return alive


class _Whole:
    """A covering problem as its components, after dominance."""

    def __init__(self, covers: sparse.csr_array, task: Task, seed: int) -> None:
        self.task = task
        columns = np.arange(covers.shape[1])
        size = -1
        while size != covers.nnz and not task.done:
            size = covers.nnz
            covers = covers[undominated_rows(covers, task)]
            kept = _undominated_columns(covers, task)
            covers, columns = covers[:, kept], columns[kept]
        n = covers.shape[0]
        _, labels = csgraph.connected_components(
            sparse.block_array([[None, covers], [covers.T, None]], format="csr"), directed=False
        )
        by_row = np.argsort(labels[:n], kind="stable")
        by_column = np.argsort(labels[n:], kind="stable")
        covers, columns = covers[by_row][:, by_column].tocsr(), columns[by_column]
        covers.sort_indices()
        row_label, column_label = labels[:n][by_row], labels[n:][by_column]
        # A column that covers nothing is a component without rows.
        found = np.unique(row_label)
        rows_from, rows_to = (np.searchsorted(row_label, found, s) for s in ("left", "right"))
        from_, to = (np.searchsorted(column_label, found, s) for s in ("left", "right"))
        single = to - from_ == 1
        self.fixed = columns[from_[single]]
        self.parts = []
        for k in np.flatnonzero(~single):
            a, b = covers.indptr[rows_from[k]], covers.indptr[rows_to[k]]
            block = sparse.csr_array(
                (
                    covers.data[a:b],
                    covers.indices[a:b] - from_[k],
                    covers.indptr[rows_from[k] : rows_to[k] + 1] - a,
                ),
                (rows_to[k] - rows_from[k], to[k] - from_[k]),
            )
            self.parts.append(_Part(self, block, columns[from_[k] : to[k]], seed))

    def tell(self) -> None:
        """Offer the covers of all parts together, and prove their bounds."""
        chosen = [part.columns[part.best] for part in self.parts]
        columns = np.concatenate([self.fixed, *chosen])
        if len(columns) < self.task.target:
            self.task.offer(len(columns), columns)
        self.task.prove(self.lower)

    @property
    def lower(self) -> float:
        """Bound of the parts together."""
        return len(self.fixed) + sum(part.lower for part in self.parts)

    def open_parts(self) -> Iterator[_Part]:
        """Parts that are not solved, as long as there is time."""
        for part in self.parts:
            if self.task.done:
                return
            if part.lower < part.upper:
                yield part


class _Part:
    """One component: its best cover, bound and multipliers."""

    def __init__(
        self, whole: _Whole, covers: sparse.csr_array, columns: Columns, seed: int
    ) -> None:
        self.covers, self.columns, self.seed = covers, columns, seed
        self.lower = 1
        self._whole = whole
        self._sets = sets_of(covers)
        n, m = covers.shape
        self._state = state_of(self._sets, np.ones(n), seed)
        price, work = np.ones(m), _WORK
        while not kernels.greedy(self._sets, self._state, price, 0.0, work) and not whole.task.done:
            pass
        if self._state.tally[kernels.BARE]:
            # No time: any cover does.
            kernels.clear(self._sets, self._state)
            start = np.flatnonzero(kernels.simple_cover(self._sets)).astype(np.int32)
            kernels.choose(self._sets, self._state, start)
        kernels.keep(self._state)
        size = np.diff(self._sets.column_start)[self._sets.columns]
        u = np.minimum.reduceat(1.0 / size, self._sets.row_start[:-1])
        self._u, self._best_u, self._direction = u, u.copy(), np.zeros(n)
        self._step = np.array([0.3, -math.inf, 0.0])

    @property
    def best(self) -> kernels.Ints:
        """The best cover."""
        found: kernels.Ints = self._state.best[: self._state.tally[kernels.BEST]]
        return found

    @property
    def upper(self) -> int:
        """A cover of the part must be smaller than this to be worth finding."""
        others = self._whole.lower - self.lower
        return int(min(len(self.best), self._whole.task.target - others))

    def search_locally(self, per_entry: int, most: int) -> None:
        """Look for a smaller cover, with so much work for each entry."""
        left = min(per_entry * self.covers.nnz, most)
        while left > 0 and self.lower < self.upper and not self._whole.task.done:
            size = len(self.best)
            kernels.weigh(self._sets, self._state, self.lower, min(left, _WORK))
            left -= _WORK
            if len(self.best) < size:
                self._whole.tell()

    def ascend(self) -> None:
        """Raise the bound to that of the linear relaxation."""
        ended = False
        while not (ended or self.lower >= self.upper or self._whole.task.done):
            ended = kernels.ascend(
                self._sets,
                self._u,
                self._best_u,
                self._direction,
                self._step,
                float(self.upper),
                _WORK,
            )
            self._prove(self._step[1])

    def close(self, nodes: int | None) -> None:
        """Fix what the bound decides, and let HiGHS decide the rest, unless that is too large."""
        task, upper = self._whole.task, self.upper
        cost = 1.0 - self.covers.T @ self._best_u
        slack = upper - 1 + _EPSILON - (self._best_u.sum() + np.minimum(cost, 0).sum())
        needed, free = cost < -slack, np.abs(cost) <= slack
        taken = int(needed.sum())
        rest = self.covers[self.covers @ needed == 0][:, free]
        if rest.nnz > _TOO_LARGE:
            return
        if not rest.shape[0]:
            self._take(np.flatnonzero(needed))
            self._prove(taken)
            return

        def found(x: Floats, _: float) -> None:
            chosen = needed.copy()
            chosen[free] = x > 0.5
            self._take(np.flatnonzero(chosen))

        outcome = minimise(
            covering_model(rest),
            stop=lambda: task.done,
            time_s=task.seconds_left,
            seed=self.seed,
            cutoff=upper - taken - 0.5,
            max_nodes=nodes,
            on_solution=found,
            on_bound=lambda bound: self._prove(taken + bound),
        )
        if outcome.x is not None:
            found(outcome.x, outcome.cost)
        self._prove(taken + outcome.bound)

    def _take(self, chosen: Columns) -> None:
        covered = (self.covers[:, chosen].sum(axis=1) > 0).all()
        if covered and len(chosen) < len(self.best):
            self._state.best[: len(chosen)] = chosen
            self._state.tally[kernels.BEST] = len(chosen)
            self._whole.tell()

    def _prove(self, bound: float) -> None:
        if bound > self.lower + _EPSILON:
            self.lower = min(self.upper, math.ceil(bound - _EPSILON))
            self._whole.tell()


class _Share:
    """A partial covering problem: its best cover, bound and multipliers."""

    def __init__(
        self,
        covers: sparse.csr_array,
        columns: Columns,
        weight: Floats,
        need: float,
        task: Task,
        seed: int,
    ) -> None:
        self.lower = 1
        self._covers, self._columns, self._seed, self._task = covers, columns, seed, task
        self._weight, self._need = weight, need
        self._slack = float(weight.sum()) - need
        self._sets = sets_of(covers)
        self._state = state_of(self._sets, weight, seed)
        price, slack = np.ones(len(columns)), self._slack
        while not kernels.greedy(self._sets, self._state, price, slack, _WORK) and not task.done:
            pass
        self._u, self._best_u = weight.copy(), weight.copy()
        self._direction, self._step = np.zeros(len(weight)), np.array([0.3, math.inf, 0.0])
        self._prove(self._least())

    @property
    def upper(self) -> int:
        """A cover must be smaller than this to be worth finding."""
        return int(min(len(self._columns), self._task.target))

    def search_locally(self, per_entry: int, most: int) -> None:
        """Look for a smaller cover, with so much work for each entry."""
        tally = self._state.tally
        left = min(per_entry * self._covers.nnz, most)
        while left > 0 and self.lower < self.upper and not self._task.done:
            kernels.trade(self._sets, self._state, self._slack, self.lower, min(left, _WORK))
            left -= _WORK
            if tally[kernels.BEST] < self.upper:
                self._take(self._state.best[: tally[kernels.BEST]].astype(np.intp))

    def descend(self) -> None:
        """Raise the bound to that of the linear relaxation."""
        # What is good for many columns is so for fewer, too: that saves most of the way up.
        p = self.upper - 1
        while self.lower < self.upper and not self._task.done:
            ended = kernels.descend(
                self._sets,
                self._weight,
                self._u,
                self._best_u,
                self._direction,
                self._step,
                p,
                self._need * (1 - _EPSILON),
                _WORK,
            )
            before = self.lower
            self._prove(self._least())
            if ended and p == before == self.lower:
                return
            if ended or p < self.lower:
                p = self.lower
                self._step[:] = 0.3, math.inf, 0.0

    def close(self) -> None:
        """Fix what the bound decides, and let HiGHS decide the rest, unless that is too large."""
        task, upper = self._task, self.upper
        needed, free = self._fixed(upper - 1)
        taken = int(needed.sum())
        open_rows = self._covers @ needed == 0
        rest = self._covers[open_rows][:, free]
        if rest.nnz > _TOO_LARGE or self.lower >= upper or task.done:
            return

        def found(x: Floats, _: float) -> None:
            chosen = needed.copy()
            chosen[free] = x[: rest.shape[1]] > 0.5
            self._take(np.flatnonzero(chosen))

        outcome = minimise(
            share_model(rest, self._weight[open_rows], self._need - self._weight[~open_rows].sum()),
            stop=lambda: task.done,
            time_s=task.seconds_left,
            seed=self._seed,
            cutoff=upper - taken - 0.5,
            on_solution=found,
            on_bound=lambda bound: self._prove(taken + bound),
        )
        if outcome.x is not None:
            found(outcome.x, outcome.cost)
        self._prove(taken + outcome.bound)

    def _fixed(self, p: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Columns that any cover of `p` columns has, and those that it may have."""
        profit = self._covers.T @ self._best_u
        by_profit = np.argsort(-profit, kind="stable")
        top, others = by_profit[:p], by_profit[p:]
        most = (self._weight - self._best_u).sum() + profit[top].sum()
        spare = most - self._need * (1 - _EPSILON)
        needed, free = np.zeros((2, len(profit)), np.bool_)
        needed[top] = profit[top] - profit[others].max(initial=0) > spare
        free[top] = ~needed[top]
        free[others] = profit[top].min(initial=math.inf) - profit[others] <= spare
        return needed, free

    def _least(self) -> int:
        """Return the least number of columns whose bound on the cover reaches the need."""
        profit = np.sort(self._covers.T @ self._best_u)[::-1]
        most = (self._weight - self._best_u).sum() + np.cumsum(profit)
        return 1 + int(np.searchsorted(most, self._need * (1 - _EPSILON)))

    def _take(self, chosen: Columns) -> None:
        covered = self._covers[:, chosen].sum(axis=1) > 0
        if self._weight[covered].sum() >= self._need:
            self._task.offer(len(chosen), self._columns[chosen])

    def _prove(self, bound: float) -> None:
        if bound > self.lower + _EPSILON:
            self.lower = min(self.upper, math.ceil(bound - _EPSILON))
            self._task.prove(self.lower)


def covering_model(covers: sparse.csr_array) -> Model:
    """Full covering as a programme."""
    n, m = covers.shape
    return Model(
        cost=np.ones(m),
        lower=np.zeros(m),
        upper=np.ones(m),
        integer=np.ones(m, np.bool_),
        matrix=sparse.csr_array(covers, dtype=np.float64),
        row_lower=np.ones(n),
        row_upper=np.full(n, math.inf),
    )


def share_model(covers: sparse.csr_array, weight: Floats, need: float) -> Model:
    """Partial covering as a programme: the columns first, then how much of each row is covered."""
    n, m = covers.shape
    unit = weight.max(initial=0) or 1.0
    matrix = sparse.block_array(
        [
            [sparse.csr_array(covers, dtype=np.float64), -sparse.eye_array(n)],
            [None, sparse.csr_array(weight[None, :] / unit)],
        ],
        format="csr",
    )
    return Model(
        cost=np.repeat([1.0, 0.0], [m, n]),
        lower=np.zeros(m + n),
        upper=np.ones(m + n),
        integer=np.repeat([True, False], [m, n]),
        matrix=matrix,
        row_lower=np.append(np.zeros(n), need / unit),
        row_upper=np.full(n + 1, math.inf),
    )


def _sized(mask: NDArray[np.bool_]) -> tuple[int, Columns]:
    columns = np.flatnonzero(mask)
    return len(columns), columns
