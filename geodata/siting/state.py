# ruff: noqa: D102  the docstrings of `State` hold for what it declares
"""What holds while the sites of a plan are opened one after the other: gains, cover, loads."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.siting.problem import SitingProblem


class State(Protocol):
    """What holds while sites are opened one after the other."""

    @property
    def objective(self) -> float:
        """Of the sites open now."""

    @property
    def covered(self) -> NDArray[np.float64]:
        """(g,) workers of each group that are covered, or served."""

    @property
    def overload(self) -> float:
        """Workers within reach whom no open site has room for."""

    @property
    def nothing_open(self) -> bool:
        """Whether a gain has nothing to be measured against yet."""

    def gain(self, column: int) -> float:
        """By how much opening a column would better the objective."""

    def priority(self, column: int) -> float:
        """What a column is opened for before others: its gain, unless gains may grow."""
        return self.gain(column)

    def open(self, column: int) -> None:
        """Open a column."""

    def exclusive(self, columns: NDArray[np.intp]) -> NDArray[np.float64]:
        """Workers of each open column alone."""

    def load(self, columns: NDArray[np.intp]) -> NDArray[np.float64] | None:
        """Workers that each open column serves, where that is asked."""


def in_order(
    state: State, columns: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Open columns one after the other, the one with the most gain first; order and gains.

    Priorities shrink as others open, so a column whose priority of now is still the largest of
    what the others had before is the next (lazy greedy: Minoux 1978).
    """
    order, gains = [], []
    waiting = [(-np.inf, int(column)) for column in columns]
    while waiting:
        _, column = waiting[0]
        priority = state.priority(column)
        heapq.heapreplace(waiting, (-priority, column))
        if waiting[0] == (-priority, column):
            heapq.heappop(waiting)
            gains.append(np.nan if state.nothing_open else state.gain(column))
            order.append(column)
            state.open(column)
    return np.array(order, np.intp), np.array(gains)


def state_of(problem: SitingProblem) -> State:
    """Return the state of a problem before anything is open."""
    if problem.cost is not None:
        return NearestState(problem)
    if problem.kind == "capacitated":
        from geodata.siting.capacitated import ServedState  # noqa: PLC0415  loads a solver

        return ServedState(problem)
    return CoverState(problem)


class CoverState(State):
    """How many open columns cover each row."""

    overload = 0.0
    nothing_open = False

    def __init__(self, problem: SitingProblem) -> None:
        assert problem.covers is not None  # noqa: S101
        self._columns = sparse.csc_array(problem.covers)
        self._weights = problem.row_weights
        self._groups = problem.weights
        self._workers = problem.weights.sum(axis=1)
        self._second = problem.second
        self._count = np.zeros(problem.n_demand, np.int32)

    @property
    def objective(self) -> float:
        once, twice = self._count > 0, self._count > 1
        return float(self._weights[once].sum() + self._second * self._weights[twice].sum())

    @property
    def covered(self) -> NDArray[np.float64]:
        return self._groups.T @ (self._count > 0)

    def gain(self, column: int) -> float:
        rows = self._rows(column)
        count, weights = self._count[rows], self._weights[rows]
        return float(weights[count == 0].sum() + self._second * weights[count == 1].sum())

    def open(self, column: int) -> None:
        self._count[self._rows(column)] += 1

    def exclusive(self, columns: NDArray[np.intp]) -> NDArray[np.float64]:
        alone = np.where(self._count == 1, self._workers, 0.0)
        return np.array([alone[self._rows(column)].sum() for column in columns])

    def load(self, columns: NDArray[np.intp]) -> None:
        del columns

    def _rows(self, column: int) -> NDArray[np.int32]:
        start, end = self._columns.indptr[column : column + 2]
        rows: NDArray[np.int32] = self._columns.indices[start:end]
        return rows


class NearestState(State):
    """Which open column is nearest to each row, and how near."""

    overload = 0.0

    def __init__(self, problem: SitingProblem) -> None:
        cost = problem.cost
        self._cost: Any = sparse.csc_array(cost) if sparse.issparse(cost) else np.asarray(cost)
        self._center = problem.kind == "pcenter"
        self._weights = problem.row_weights
        self._groups = problem.weights
        self._workers = problem.weights.sum(axis=1)
        beyond = np.full(problem.n_demand, np.inf) if problem.beyond is None else problem.beyond
        self._distance = beyond.astype(np.float64)
        self._nearest = np.full(problem.n_demand, -1, np.intp)

    @property
    def objective(self) -> float:
        if self._center:
            return self._worst(self._distance)
        counted = self._weights > 0
        return float(self._weights[counted] @ self._distance[counted])

    @property
    def nothing_open(self) -> bool:
        return not np.isfinite(self.objective)

    @property
    def covered(self) -> NDArray[np.float64]:
        return self._groups.T @ (self._nearest >= 0)

    def gain(self, column: int) -> float:
        if not self._center:
            return self.priority(column)
        rows, there = self._listed(column)
        after = self._distance.copy()
        after[rows] = np.minimum(after[rows], there)
        return self.objective - self._worst(after)

    def priority(self, column: int) -> float:
        """Distance that its workers save; for p-center, too, as one site alone may gain nothing."""
        rows, there = self._listed(column)
        with np.errstate(invalid="ignore"):
            saved = float(self._weights[rows] @ np.maximum(0.0, self._distance[rows] - there))
        if np.isfinite(saved):
            return saved
        # Nothing to compare with: the more rows it reaches and the nearer, the better.
        counted = self._weights[rows] > 0
        return 1e12 * int(counted.sum()) - float(self._weights[rows][counted] @ there[counted])

    def open(self, column: int) -> None:
        rows, there = self._listed(column)
        nearer = (there < self._distance[rows]) | (self._nearest[rows] < 0)
        self._nearest[rows[nearer]] = column
        self._distance[rows[nearer]] = there[nearer]

    def exclusive(self, columns: NDArray[np.intp]) -> NDArray[np.float64]:
        found = self._nearest >= 0
        workers = np.bincount(
            self._nearest[found], self._workers[found], minlength=self._cost.shape[1]
        )
        return np.asarray(workers[columns], np.float64)

    def load(self, columns: NDArray[np.intp]) -> None:
        del columns

    def _listed(self, column: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Rows that a column is listed for, and how near it is."""
        if not sparse.issparse(self._cost):
            return np.arange(len(self._distance)), self._cost[:, column]
        start, end = self._cost.indptr[column : column + 2]
        return self._cost.indices[start:end], self._cost.data[start:end]

    def _worst(self, distance: NDArray[np.float64]) -> float:
        return float(distance[self._weights > 0].max(initial=0.0))
