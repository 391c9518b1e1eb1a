"""p-center: the least distance r such that p new sites leave nobody farther than r from a site.

With d_ij the distance from row i to column j and P a set of p candidates (Hakimi 1964):

    min over P   max over rows i   min over j in P and the existing sites   d_ij

The optimum is one of the distances, and a distance r is reached just when p candidates cover every
row within r that no existing site covers: a set covering question (Minieka 1970), put to
`geodata.siting.setcover`. A cover of p columns is a plan, a bound above p refutes r. The largest
distance refuted and the best plan close in on each other. Distances are asked by halves, first with
quick methods only, which leave a band that they can neither reach nor refute; then HiGHS has a
share of effort for each, more in every round (Contardo, Iori and Kramer 2019 relax the rows
instead; dominance finds the few that matter here).

The first plan opens, again and again, the site nearest to the row that is farthest from all
(Gonzalez 1985).

References
----------
Contardo, Iori, Kramer (2019), A scalable exact algorithm for the vertex p-center problem, Computers
& Operations Research 103. Gonzalez (1985), Clustering to minimize the maximum intercluster
distance, Theoretical Computer Science 38. Hakimi (1964), Optimum locations of switching centers and
the absolute centers and medians of a graph, Operations Research 12(3). Minieka (1970), The m-center
problem, SIAM Review 12(1).
"""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Protocol

import numpy as np
from scipy import sparse

from geodata.errors import InfeasibleError, SitingError
from geodata.siting.setcover import cover

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from geodata.siting.problem import SitingProblem
    from geodata.siting.search import Search

    Floats = NDArray[np.float64]
    Columns = NDArray[np.intp]

# Nodes of HiGHS that a distance may take in each round; at last as many as it needs.
_ROUNDS = (0, 100, 2_000, None)
# Entries of the table that are looked at together, and distances to choose from.
_BLOCK = 4_000_000
_CHOICE = 200_000


def search(problem: SitingProblem, search: Search, seed: int) -> None:
    """Offer plans and prove bounds until the search is done.

    Raises
    ------
    InfeasibleError
        If no plan reaches everybody.
    SitingError
        If the time ended before a plan that reaches everybody was found.
    """
    centers = _Centers(problem, search, seed)
    centers.offer(np.empty(0, np.intp))
    least = centers.table.least()
    search.prove(least)
    if search.columns is None:
        centers.reach_all()
    centers.close_in(np.nextafter(least, -math.inf))


class _Centers:
    """The distances that are refuted and reached so far."""

    def __init__(self, problem: SitingProblem, search: Search, seed: int) -> None:
        self.table: _Table
        rows = np.flatnonzero(problem.row_weights > 0)
        cost = problem.cost
        assert cost is not None  # noqa: S101  the kind has one
        if sparse.issparse(cost):
            self.table = _Listed(cost[rows])
        else:
            self.table = _Dense(cost if len(rows) == len(cost) else cost[rows])
        self._existing, self._candidates = problem.existing, problem.candidates
        self._near = self.table.nearest(problem.existing)
        self._p = problem.p or 0
        self._search, self._seed = search, seed

    def farthest_first(self, chosen: Columns) -> Columns:
        """Open more sites, up to p, each the nearest to the row that is farthest by then."""
        distance = np.minimum(self._near, self.table.nearest(chosen))
        opened = chosen.tolist()
        free = np.zeros(self.table.shape[1], np.bool_)
        free[self._candidates] = True
        free[chosen] = False
        while len(opened) < self._p and distance.max(initial=0) > 0:
            farthest = int(distance.argmax())
            row = self.table.row(farthest)
            row[~free] = math.inf
            j = int(row.argmin())
            if row[j] < distance[farthest]:
                opened.append(j)
                free[j] = False
                distance = np.minimum(distance, self.table.nearest(np.array([j])))
            else:
                # Nothing brings this row nearer.
                distance[farthest] = -math.inf
        return np.array(opened, np.intp)

    def offer(self, chosen: Columns) -> None:
        """Offer p sites: those chosen, and others that help those who are farthest then."""
        chosen = self.farthest_first(chosen)
        others = np.setdiff1d(self._candidates, chosen)[: self._p - len(chosen)]
        plan = np.concatenate([self._existing, chosen, others])
        objective = float(self.table.nearest(plan).max(initial=0))
        if math.isfinite(objective):
            self._search.offer(objective, plan)

    def reach_all(self) -> None:
        """Find a first plan where farthest-first has left somebody without a site in reach."""
        reached = self._ask(sys.float_info.max, None)
        if reached is None:
            raise SitingError(
                f"no plan in which everybody has a listed site was found in "
                f"{self._search.seconds:.0f} s, and none was ruled out: allow more time",
                f"{self._search.seconds:.0f} 秒内没有找到人人可达的方案，也未能证明不存在："
                "请延长时间",
            )
        if not reached:
            raise InfeasibleError(
                f"{self._p} new sites cannot reach everybody: ask for more, or list pairs that "
                "are farther apart",
                f"新建 {self._p} 个站点无法让人人可达：请增加数量，或列出更远的点对",
            )

    def close_in(self, refuted: float) -> None:
        """Reach or refute distances until none is left between; `refuted` is refuted already."""
        search = self._search
        for nodes in _ROUNDS:
            # Distances that could be neither reached nor refuted in this round lie between these.
            doubt, doubted = math.inf, -math.inf
            while not search.done:
                values = self.table.between(refuted, search.objective)
                if not len(values):
                    search.prove(search.objective)
                    return
                low, high = values[values < doubt], values[values > doubted]
                ask = low if len(low) else high
                if not len(ask):
                    break
                value = float(ask[len(ask) // 2])
                reached = self._ask(value, nodes)
                if reached is None:
                    doubt, doubted = min(doubt, value), max(doubted, value)
                elif not reached:
                    refuted = value
                    search.prove(self.table.above(value))

    def _ask(self, value: float, nodes: int | None) -> bool | None:
        """Whether p candidates reach all rows within a distance; None if that stays open."""
        wanting = self._near > value
        covers = self.table.within(value, wanting)[:, self._candidates]
        if (np.diff(covers.indptr) == 0).any():
            return False
        question = _Question(self, self._search, self._candidates, self._p)
        cover(covers, question, self._seed, nodes=nodes)
        return question.answer


class _Question:
    """Whether p columns are enough: what the set covering engine works for."""

    def __init__(self, centers: _Centers, search: Search, columns: Columns, p: int) -> None:
        self.answer: bool | None = None
        self.target = p + 1.0
        self._centers, self._search, self._columns = centers, search, columns

    @property
    def done(self) -> bool:
        return self.answer is not None or self._search.done

    @property
    def seconds_left(self) -> float:
        return self._search.seconds_left

    def offer(self, objective: float, columns: Columns) -> bool:
        if objective >= self.target:
            return False
        self.answer = True
        self._centers.offer(self._columns[columns])
        return True

    def prove(self, bound: float) -> bool:
        if bound >= self.target:
            self.answer = False
        return bound >= self.target


class _Table(Protocol):
    """Distances from the rows that count to all columns; inf where a pair is not listed."""

    shape: tuple[int, int]

    def row(self, i: int) -> Floats:
        """(m,) distances of one row."""

    def nearest(self, columns: Columns) -> Floats:
        """(n,) distance of each row to the nearest of some columns."""

    def least(self) -> float:
        """Largest distance of a row to its nearest column: nobody does better."""

    def between(self, low: float, high: float) -> Floats:
        """Distances greater than `low` and less than `high`, ascending; of many only some."""

    def above(self, low: float) -> float:
        """Least distance greater than `low`."""

    def within(self, value: float, rows: NDArray[np.bool_]) -> sparse.csr_array:
        """Which columns are within a distance of some rows."""


class _Dense:
    """Every pair has a distance."""

    def __init__(self, cost: Floats) -> None:
        self._cost, self.shape = cost, cost.shape

    def row(self, i: int) -> Floats:
        found: Floats = self._cost[i].copy()
        return found

    def nearest(self, columns: Columns) -> Floats:
        found: Floats = self._cost[:, columns].min(axis=1, initial=math.inf)
        return found

    def least(self) -> float:
        return float(self._cost.min(axis=1, initial=math.inf).max(initial=0))

    def between(self, low: float, high: float) -> Floats:
        found, count = [np.empty(0)], 0
        for block in self._blocks():
            found.append(np.unique(block[(block > low) & (block < high)]))
            count += len(found[-1])
            if count > _CHOICE:
                break
        return np.unique(np.concatenate(found))

    def above(self, low: float) -> float:
        least = (block.min(initial=math.inf, where=block > low) for block in self._blocks())
        return float(min(least))

    def within(self, value: float, rows: NDArray[np.bool_]) -> sparse.csr_array:
        found = [sparse.csr_array(block <= value) for block in self._blocks(np.flatnonzero(rows))]
        return sparse.vstack(found, format="csr") if found else sparse.csr_array((0, self.shape[1]))

    def _blocks(self, rows: Columns | None = None) -> Iterator[Floats]:
        step = 1 + _BLOCK // max(1, self.shape[1])
        for at in range(0, self.shape[0] if rows is None else len(rows), step):
            piece = slice(at, at + step)
            yield self._cost[piece if rows is None else rows[piece]]


class _Listed:
    """Some pairs have a distance, the others are out of reach."""

    def __init__(self, cost: sparse.csr_array) -> None:
        self._cost, self.shape = cost, cost.shape
        self._by_column = sparse.csc_array(cost)

    def row(self, i: int) -> Floats:
        found = np.full(self.shape[1], math.inf)
        a, b = self._cost.indptr[i : i + 2]
        found[self._cost.indices[a:b]] = self._cost.data[a:b]
        return found

    def nearest(self, columns: Columns) -> Floats:
        found = np.full(self.shape[0], math.inf)
        chosen = self._by_column[:, columns]
        np.minimum.at(found, chosen.indices, chosen.data)
        return found

    def least(self) -> float:
        return float(self.nearest(np.arange(self.shape[1])).max(initial=0))

    def between(self, low: float, high: float) -> Floats:
        data = self._cost.data
        found: Floats = np.unique(data[(data > low) & (data < high)])
        return found

    def above(self, low: float) -> float:
        data = self._cost.data
        return float(data.min(initial=math.inf, where=data > low))

    def within(self, value: float, rows: NDArray[np.bool_]) -> sparse.csr_array:
        part = self._cost[rows]
        inside = part.data <= value
        ends = np.append(0, np.cumsum(inside))[part.indptr]
        return sparse.csr_array((inside[inside], part.indices[inside], ends), part.shape)
