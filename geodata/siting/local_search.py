"""Good plans of a covering problem: lazy greedy, swaps, then ruin and recreate.

Greedy opens the column with the most gain, which reaches 63 % of the best value at least
(Nemhauser, Wolsey and Fisher 1978); swaps open one column instead of another (Teitz and Bart
1968). Ruin and recreate (Schrimpf et al. 2000) closes a few neighbours and opens the best anew,
and keeps a worse plan now and then (simulated annealing) with a heat that falls in each cycle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geodata.siting import _cover

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.siting.covering import Covering

# Closed at most in one shake.
_CLOSING = 5
# Entries that one call may look at, about a tenth of a second.
_WORK = 20_000_000


class LocalSearch:
    """A plan of a covering problem, bettered call by call; each call is short."""

    def __init__(self, covering: Covering, seed: int) -> None:
        self._covering = covering
        n, m = covering.by_row.shape
        self._plan = _cover.empty_plan(n, m, covering.rules)
        _cover.gains(covering.sets, self._plan)
        self._best = (self._plan[3].copy(), self._plan[6].copy())
        self._extra, self._touched = np.zeros(m), np.empty(m, np.int64)
        self._scratch = (
            self._extra,
            self._touched,
            np.empty(m, np.int64),
            np.zeros(m, np.int64),
            np.zeros(1, np.int64),
            np.empty(16 * _CLOSING + 64, np.int64),
        )
        self._random = np.random.default_rng(seed).integers(1, 2**63, 1, np.uint64)
        self._cursor = np.zeros(2, np.int64)
        self._cycle, self._turn = 16, 0

    @property
    def feasible(self) -> bool:
        """Whether the best plan fills every quota."""
        return bool(self._best[1][_cover.MISSING] <= 0)

    @property
    def value(self) -> float:
        """Value of the best plan."""
        return self._covering.base + float(self._best[1][_cover.VALUE])

    @property
    def opened(self) -> NDArray[np.intp]:
        """Columns of the covering that are open in the best plan."""
        return self._best[0][: int(self._best[1][_cover.NUMBER])].astype(np.intp)

    def greedy(self, *, by_cost: bool = False) -> None:
        """Open columns one by one until no more may be; by gain, or by gain for the cost."""
        number = self._covering.number
        while self._plan[6][_cover.NUMBER] < number:
            # A few at a time, so that a stop is noticed in between.
            upto = min(
                number, self._plan[6][_cover.NUMBER] + 1 + _WORK // (1 + 4 * len(self._extra))
            )
            if not _cover.greedy(
                upto, 1.0 if by_cost else 0.0, self._covering.sets, self._covering.rules, self._plan
            ):
                break
        self._keep()

    def start_again(self) -> None:
        """Close everything; the best plan is kept."""
        for column in self._plan[3][: int(self._plan[6][_cover.NUMBER])].copy():
            _cover.turn(column, -1, self._covering.sets, self._covering.rules, self._plan)

    def take(self, columns: NDArray[np.intp]) -> None:
        """Go on from these open columns."""
        self.start_again()
        for column in columns:
            _cover.turn(column, 1, self._covering.sets, self._covering.rules, self._plan)
        self._cursor[:] = 0
        self._keep()

    def round_off(self, columns: NDArray[np.intp]) -> None:
        """Try the plan of as many of these columns as may be open, filled up and bettered."""
        self.start_again()
        for column in columns:
            if _cover.may_open(column, self._covering.rules, self._plan):
                _cover.turn(column, 1, self._covering.sets, self._covering.rules, self._plan)
        self.greedy()
        self._cursor[:] = 0
        self._descend(_WORK)
        self.take(self.opened)
        self._cursor[1] = len(self.opened)

    def fill_quotas(self) -> None:
        """Open the cheapest columns of each group that must have some."""
        group, least, _, _, _, cost, _ = self._covering.rules
        for column in np.argsort(cost, kind="stable"):
            short = self._plan[4][group[column]] < least[group[column]]
            if short and _cover.may_open(column, self._covering.rules, self._plan):
                _cover.turn(column, 1, self._covering.sets, self._covering.rules, self._plan)
        self._keep()

    def improve(self, work: int = _WORK) -> None:
        """Better the plan for about `work` entries: by swaps, then by ruin and recreate."""
        number = self._plan[6][_cover.NUMBER]
        if self._cursor[1] < number:
            self._descend(work)
        elif number:
            self._shake(work)

    def _descend(self, work: int) -> None:
        _cover.descend(
            work,
            self._cursor,
            self._covering.sets,
            self._covering.rules,
            self._plan,
            self._extra,
            self._touched,
        )
        self._keep()

    def _shake(self, work: int) -> None:
        m, n = len(self._extra), max(1, len(self._plan[0]))
        entries = self._covering.entries
        once = 30 * (1 + entries // max(m, 1)) * (1 + entries // n) + 100
        times = max(1, work // once)
        if self._turn == self._cycle:
            # A new cycle, twice as long, from the best plan so far.
            self._cycle, self._turn = 2 * self._cycle, 0
            self.take(self.opened)
        number = max(1.0, self._plan[6][_cover.NUMBER])
        heat = 0.04 * self._best[1][_cover.VALUE] / number * (1 - self._turn / self._cycle) ** 2
        self._turn += 1
        _cover.shake(
            times,
            _CLOSING,
            heat,
            self._random,
            self._covering.sets,
            self._covering.rules,
            self._plan,
            self._best,
            self._scratch,
        )

    def _keep(self) -> None:
        tally, best = self._plan[6], self._best[1]
        missing, fewest = tally[_cover.MISSING], best[_cover.MISSING]
        if missing < fewest or (missing == fewest and tally[_cover.VALUE] >= best[_cover.VALUE]):
            best[:] = tally
            self._best[0][:] = self._plan[3]
