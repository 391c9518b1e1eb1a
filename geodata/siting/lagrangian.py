"""An upper bound on every plan of a covering problem, by Lagrangian relaxation.

With x_j = 1 where column j is open and u_i, v_i the first and second cover of row i, worth
f_i >= s_i, the problem is::

    max  sum_i f_i u_i + s_i v_i
    s.t. u_i + v_i <= sum_{j over i} x_j,   0 <= u_i, v_i <= 1,   x in X

where X holds the number, the quotas and the budget. A price t_i in [0, f_i] for each row's cover
gives, for any prices, the bound::

    L(t) = sum_i (f_i - t_i) + max(0, s_i - t_i) + max_{x in X} sum_j (sum_{i under j} t_i) x_j

(Galvão and ReVelle 1996 for the MCLP). The inner maximum over number and quotas is a sort; the
budget is relaxed with a toll of its own. Minimising L reaches the bound of the linear programme.
Steps are Polyak's (1969) along a deflected subgradient (Camerini, Fratta and Maffioli 1975), each
row scaled by its worth.

A column that is not among the chosen of L can be in a better plan only if swapping it for the
least of them leaves L above that plan: the others are fixed (reduced-cost fixing).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geodata.siting import _cover

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.siting._cover import Rules
    from geodata.siting.covering import Covering


class Lagrangian:
    """Prices of a covering's rows and the bound they prove, bettered step by step."""

    def __init__(self, covering: Covering, prices: NDArray[np.float64] | None = None) -> None:
        self._covering = covering
        n, m = covering.by_row.shape
        price = covering.first / 2 if prices is None else np.minimum(prices, covering.first)
        state = np.zeros(6)
        state[_cover.BOUND] = np.inf
        state[_cover.STEP] = 1.0 if prices is None else 0.4
        self._dual = (price, np.zeros(n), price.copy(), state)
        self._scratch = (np.empty(m), np.empty(m, np.int64), np.empty(n, np.int32))

    @property
    def bound(self) -> float:
        """No plan is worth more than this."""
        return self._covering.base + float(self._dual[3][_cover.BOUND])

    @property
    def converged(self) -> bool:
        """Whether the steps have become too short to matter."""
        return bool(self._dual[3][_cover.STEP] < 2e-3)

    def step(self, times: int, objective: float) -> None:
        """Take some steps towards the objective of the best plan known."""
        _cover.subgradient(
            times,
            objective - self._covering.base,
            self._covering.sets,
            self._covering.rules,
            self._dual,
            self._scratch,
        )

    @property
    def prices(self) -> NDArray[np.float64]:
        """(n,) the prices of the rows that prove the bound."""
        return self._dual[2]

    @property
    def sites(self) -> NDArray[np.intp]:
        """Columns of the problem that the best prices choose, the most profitable first."""
        profit, chosen = self._best_choice()
        return self._covering.sites[chosen[np.argsort(-profit[chosen], kind="stable")]]

    def in_question(self, interesting: float) -> NDArray[np.bool_]:
        """(m,) columns that a plan worth at least `interesting` may hold."""
        profit, chosen = self._best_choice()
        reach = reach_with(profit, chosen, self.bound, self._covering.rules)
        return reach >= interesting - 1e-9 * abs(interesting)

    def restricted(self, interesting: float) -> tuple[Covering, NDArray[np.float64]]:
        """Return the covering with the columns in question only, and the prices of its rows."""
        columns = np.flatnonzero(self.in_question(interesting))
        smaller, label = self._covering.restricted(columns)
        price = self._dual[2]
        kept = label >= 0
        prices = np.bincount(label[kept], price[kept], minlength=len(smaller.first))
        return smaller, prices.astype(np.float64)

    def _best_choice(self) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """(m,) profits at the best prices, and the columns chosen by them."""
        sets, rules = self._covering.sets, self._covering.rules
        profit, chosen, _ = self._scratch
        _cover.profits(self._dual[2], self._dual[3][_cover.BEST_TOLL], sets, rules, profit)
        return profit, chosen[: _cover.choose(profit, rules, chosen)].astype(np.intp)


def reach_with(
    profit: NDArray[np.float64],
    chosen: NDArray[np.intp],
    bound: float,
    rules: Rules,
) -> NDArray[np.float64]:
    """What any plan that holds a column can be worth at most, (m,).

    Parameters
    ----------
    profit
        (m,) what each column brings at the prices that prove `bound`.
    chosen
        The columns that number and quotas then choose.
    rules
        The bundle of `geodata.siting._cover`.
    """
    group, _, most, _, _, _, ends = rules
    # What goes for one column more: the least of its own group where that is full, else the least
    # of all where the number is reached. Less than what must go is safe, too.
    least_of_all = profit[chosen].min(initial=np.inf)
    own = np.full(len(most), np.inf)
    np.minimum.at(own, group[chosen], profit[chosen])
    full = np.bincount(group[chosen], minlength=len(most)) >= most
    goes = least_of_all if len(chosen) >= min(ends[0], len(profit)) else min(0.0, least_of_all)
    reach = bound + profit - np.where(full, own, goes)[group]
    reach[chosen] = bound
    return reach
