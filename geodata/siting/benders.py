"""Maximal covering with few columns under very many rows, by Benders decomposition.

The rows are parted into groups. For open columns x, let g_k(x) be the value of group k that is not
reached; it is convex, and linear pieces bound it from below. At any x, whole or not, with c_i the
whole part of the cover of row i, f_i(c) its value and d_i(c) what one column more would add::

    g_k(x) >= sum_{i in k} [f_i(2) - f_i(c_i) + d_i(c_i) c_i]
              - sum_j x_j sum_{i in k under j} d_i(c_i)

(Cordeau, Furini and Ljubić 2019, extended to a second cover). The master programme holds the
columns, one variable for each group, and the pieces found so far: its size does not depend on the
number of rows. It is solved as a linear programme until the pieces fit, then as a whole one, each
time with the pieces at its own solution, until bound and plan meet. The prices of the Lagrangian
give the first pieces, which hold its bound.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from geodata.siting import _cover
from geodata.siting.covering import side_rows
from geodata.siting.mip import Model, minimise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.siting.covering import Covering
    from geodata.siting.mip import Outcome
    from geodata.siting.search import Search

_GROUPS = 32
# Rounds of the linear programme, at most, and the share by which each must raise the bound.
_ROUNDS, _RISE = 60, 1e-5


def decide(
    covering: Covering,
    prices: NDArray[np.float64],
    interesting: float,
    search: Search,
    seed: int,
) -> None:
    """Offer plans and prove bounds until nothing worth `interesting` is left, or time is up.

    Parameters
    ----------
    prices
        (n,) prices of the rows from a `Lagrangian`.
    """
    master = _Master(covering, seed)
    master.add_prices(prices)
    bound = -np.inf
    for _ in range(_ROUNDS):
        outcome = master.solve(search, interesting, whole=False)
        if search.done or outcome.x is None or outcome.cost < bound + _RISE * abs(outcome.cost):
            break
        bound = outcome.cost
        master.add_pieces(outcome.x)
    while not search.done:
        outcome = master.solve(search, interesting, whole=True)
        search.prove(master.total - outcome.bound)
        if outcome.x is None or not master.add_pieces(outcome.x):
            return


class _Master:
    """The master programme and the pieces that it holds."""

    def __init__(self, covering: Covering, seed: int) -> None:
        self._covering, self._seed = covering, seed
        n = len(covering.first)
        self._twice = np.diff(covering.by_row.indptr) > 1
        self.total = covering.trivial_bound
        # Rows that stand under the same column are near each other: one group.
        group = np.empty(n, np.int64)
        first_column = covering.by_row.indices[covering.by_row.indptr[:-1]]
        order = np.argsort(first_column, kind="stable")
        group[order] = np.arange(n) * _GROUPS // max(n, 1)
        self._group = group
        self._side, self._lower, self._upper = side_rows(covering.rules)
        self._coefficients: list[NDArray[np.float64]] = []
        self._constants: list[NDArray[np.float64]] = []

    def add_prices(self, prices: NDArray[np.float64]) -> None:
        """Add the pieces that the Lagrangian's prices stand for."""
        covering = self._covering
        reached = np.maximum(0.0, covering.first - prices)
        reached += np.where(self._twice, np.maximum(0.0, covering.second - prices), 0.0)
        self._add(self._value_of_all() - reached, prices)

    def add_pieces(self, x: NDArray[np.float64]) -> bool:
        """Add the pieces at a solution of the master; whether it fell short of the truth."""
        covering = self._covering
        m = len(covering.sites)
        first, second = covering.first, np.where(self._twice, covering.second, 0.0)
        count = np.floor(covering.by_row @ x[:m] + 1e-9)
        slope = np.where(count == 0, first, np.where(count == 1, second, 0.0))
        value = np.where(count > 0, first, 0.0) + np.where(count > 1, second, 0.0)
        missed = self._value_of_all() - value + slope * count
        self._add(missed, slope)
        at = self._constants[-1] - self._coefficients[-1] @ x[:m]
        return bool((at > x[m:] + 1e-7 * max(1.0, self.total)).any())

    def solve(self, search: Search, interesting: float, *, whole: bool) -> Outcome:
        """Solve the master as it stands, and offer the plans met."""
        covering = self._covering
        m = len(covering.sites)
        groups = sparse.eye_array(_GROUPS)
        rows = [sparse.hstack([sparse.csr_array(c), groups]) for c in self._coefficients]
        side = sparse.hstack(
            [self._side, sparse.csr_array((self._side.shape[0], _GROUPS))], format="csr"
        )
        matrix = sparse.csr_array(sparse.vstack([side, *rows], format="csr"))
        integer = np.zeros(m + _GROUPS, np.bool_)
        integer[:m] = whole
        pieces = np.concatenate(self._constants)

        def found(x: NDArray[np.float64], _: float) -> None:
            opened = np.flatnonzero(x[:m] > 0.5)
            count = covering.by_row[:, opened].sum(axis=1)
            value = covering.first[count > 0].sum() + covering.second[count > 1].sum()
            search.offer(covering.base + float(value), covering.columns_of(opened))

        outcome = minimise(
            Model(
                np.concatenate([np.zeros(m), np.ones(_GROUPS)]),
                np.zeros(m + _GROUPS),
                np.concatenate([np.ones(m), np.full(_GROUPS, np.inf)]),
                integer,
                matrix,
                np.concatenate([self._lower, pieces]),
                np.concatenate([self._upper, np.full(len(pieces), np.inf)]),
            ),
            stop=lambda: search.done,
            time_s=search.seconds_left,
            seed=self._seed,
            cutoff=self.total - interesting + (0.5 if search.whole else 0.0) if whole else np.inf,
            on_solution=found,
        )
        if whole and outcome.x is not None:
            found(outcome.x, outcome.cost)
        return outcome

    def _value_of_all(self) -> NDArray[np.float64]:
        return self._covering.first + np.where(self._twice, self._covering.second, 0.0)

    def _add(self, constant: NDArray[np.float64], slope: NDArray[np.float64]) -> None:
        """Add one piece for each group: row by row `constant` less `slope` for each column."""
        m = len(self._covering.sites)
        coefficients = np.zeros((_GROUPS, m))
        _cover.sum_by_group(self._covering.sets, self._group, slope, coefficients)
        self._coefficients.append(coefficients)
        constants = np.bincount(self._group, constant, minlength=_GROUPS)
        self._constants.append(constants.astype(np.float64))
