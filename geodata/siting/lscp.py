"""Fewest sites: location set covering, in full or for a share, and redundancy.

With x_j = 1 where site j is open, a_ij = 1 where it reaches row i, w_i the workers of a row, s the
share and V the weight that counts:

    min sum_j x_j   s.t.  sum of w_i over the covered rows >= s V

**Location set covering** (kind ``lscp``; Toregas et al. 1971; for a share Daskin and Owen 1999):
j runs over the candidates, the existing sites being open, and V is what some site reaches.
**Redundancy** (kind ``redundancy``): j runs over the existing sites, and V is what they cover
together. With s = 1 every such row that has workers must be covered, which is set covering.

Both are solved by `geodata.siting.setcover`. Spacing, quotas and a budget bind which sites go
together, so HiGHS decides then; what the same question asks without them is a bound.

References
----------
Daskin, Owen (1999), Two new location covering problems: the partial p-center problem and the
partial set covering problem, Geographical Analysis 31(3). Toregas, Swain, ReVelle, Bergman (1971),
The location of emergency service facilities, Operations Research 19(6).
"""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from geodata.errors import InfeasibleError, SitingError
from geodata.siting.feasibility import selectable
from geodata.siting.mip import Model, minimise
from geodata.siting.search import ROUNDING
from geodata.siting.setcover import (
    cover,
    cover_share,
    covering_model,
    share_model,
    undominated_rows,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.siting.problem import SitingProblem
    from geodata.siting.search import Search

    Floats = NDArray[np.float64]
    Columns = NDArray[np.intp]

# Share of everything that is as good as nothing: it only decides between equals.
_EVEN = 1e-3


def search(problem: SitingProblem, search: Search, seed: int) -> None:
    """Offer plans and prove bounds until the search is done.

    Raises
    ------
    InfeasibleError
        If no plan keeps the limits and covers enough.
    SitingError
        If the time ended before a plan that keeps the limits was found.
    """
    question = _question(problem)
    if problem.limits:
        _limited(problem, question, search, seed)
    else:
        _free(question, _Mapped(search, question.columns, question.open), seed)


@dataclasses.dataclass(frozen=True, eq=False)
class _Question:
    """Fewest of some columns that cover enough of some rows.

    Attributes
    ----------
    covers, weight
        (r, c) and (r,) of the rows that have workers and are not covered yet.
    columns, open
        (c,) sites to choose from, and sites that are open anyway.
    need
        Weight of the rows that must be covered; inf for all of them.
    """

    covers: sparse.csr_array
    weight: Floats
    columns: Columns
    open: Columns
    need: float


def _question(problem: SitingProblem) -> _Question:
    assert problem.covers is not None  # noqa: S101  both kinds have them
    covers, weight = problem.covers, problem.row_weights
    if problem.kind == "redundancy":
        columns, opened = problem.existing, np.empty(0, np.intp)
        counted = np.diff(covers[:, columns].indptr) > 0
    else:
        columns, opened = selectable(problem), problem.existing
        counted = np.diff(covers.indptr) > 0
    counted &= weight > 0
    covered = np.diff(covers[:, opened].indptr) > 0
    rows = counted & ~covered
    need = math.inf
    if problem.share < 1:
        enough = problem.share * weight[counted].sum() * (1 - ROUNDING)
        need = max(0.0, float(enough - weight[counted & covered].sum()))
    return _Question(covers[rows][:, columns], weight[rows], columns, opened, need)


@dataclasses.dataclass(frozen=True)
class _Mapped:
    """A search that takes covers by the numbers of a question's columns."""

    search: Search
    columns: Columns
    open: Columns

    @property
    def target(self) -> float:
        return self.search.target

    @property
    def done(self) -> bool:
        return self.search.done

    @property
    def seconds_left(self) -> float:
        return self.search.seconds_left

    def offer(self, objective: float, columns: Columns) -> bool:
        return self.search.offer(objective, np.append(self.open, self.columns[columns]))

    def prove(self, bound: float) -> bool:
        return self.search.prove(bound)


def _free(question: _Question, task: _Mapped, seed: int) -> None:
    """Solve a question whose columns go together as they like."""
    if question.need <= 0 or not len(question.weight):
        task.offer(0, np.empty(0, np.intp))
        task.prove(0)
    elif math.isinf(question.need):
        cover(question.covers, task, seed)
    else:
        cover_share(question.covers, question.weight, question.need, task, seed)


def _limited(problem: SitingProblem, question: _Question, search: Search, seed: int) -> None:
    """Solve a question with limits: a greedy plan if it finds one, and HiGHS."""
    question = _reachable(question)
    rules = _Rules(problem, question)
    task = _Mapped(search, question.columns, question.open)
    rules.greedy(task)
    task.prove(rules.fewest)
    if task.done and search.columns is not None:
        return

    def found(x: Floats, _: float) -> None:
        chosen = x[: len(question.columns)] > 0.5
        if rules.kept(chosen):
            task.offer(chosen.sum(), np.flatnonzero(chosen))

    outcome = minimise(
        rules.model(task),
        stop=lambda: task.done,
        time_s=task.seconds_left,
        seed=seed,
        cutoff=task.target - 0.5,
        on_solution=found,
        on_bound=task.prove,
    )
    if outcome.x is not None:
        found(outcome.x, outcome.cost)
    if search.columns is not None:
        task.prove(outcome.bound)
        return
    limits, chinese = rules.names
    if outcome.status == "infeasible":
        raise InfeasibleError(
            f"no choice of sites covers what is asked and keeps {limits}: ask for a smaller share "
            "or loosen a limit",
            f"没有任何方案既达到覆盖要求又满足{chinese}：请降低比例或放宽限制",
        )
    raise SitingError(
        f"no plan that keeps {limits} was found in {search.seconds:.0f} s, and none was ruled "
        "out: allow more time",
        f"{search.seconds:.0f} 秒内没有找到满足{chinese}的方案，也未能证明不存在：请延长时间",
    )


def _reachable(question: _Question) -> _Question:
    """Leave out the rows that no column may cover, if enough is left without them."""
    reached = np.diff(question.covers.indptr) > 0
    covers, weight = question.covers[reached], question.weight[reached]
    if reached.all() or weight.sum() >= question.need:
        return dataclasses.replace(question, covers=covers, weight=weight)
    lost = float(question.weight[~reached].sum())
    raise InfeasibleError(
        f"{lost:g} workers are in reach only of candidates that stand too near to an existing "
        "site: without them the share asked cannot be covered",
        f"有 {lost:g} 名劳动者只有离已有站点过近的候选点可达：缺了他们就达不到要求的覆盖比例",
    )


class _Rules:
    """The limits of a problem, on the columns of a question."""

    def __init__(self, problem: SitingProblem, question: _Question) -> None:
        limits, columns = problem.limits, question.columns
        c = len(columns)
        self._question = question
        self._costs, self._budget = np.zeros(c), math.inf
        self._district = np.zeros(c, np.intp)
        self._least, self._most = np.zeros(1, np.intp), np.full(1, c, np.intp)
        self._conflicts = sparse.csr_array((c, c), dtype=np.bool_)
        names = []
        if limits.conflicts is not None:
            self._conflicts = limits.conflicts[columns][:, columns]
            names.append(("the spacing", "间距"))
        if limits.districts is not None:
            assert limits.at_least is not None  # noqa: S101  they come together
            assert limits.at_most is not None  # noqa: S101
            self._district = limits.districts[columns]
            self._least, self._most = limits.at_least, limits.at_most
            names.append(("the districts' quotas", "各区名额"))
        if limits.budget is not None:
            assert limits.costs is not None  # noqa: S101  they come together
            self._costs, self._budget = limits.costs[columns], limits.budget * (1 + ROUNDING)
            names.append((f"the budget of {limits.budget:g}", f"{limits.budget:g} 的预算"))
        self.names = " and ".join(n[0] for n in names), "、".join(n[1] for n in names)

    @property
    def fewest(self) -> float:
        """No plan has fewer sites."""
        wanting = self._question.need > 0 and len(self._question.weight) > 0
        return max(float(self._least.sum()), float(wanting))

    def kept(self, chosen: NDArray[np.bool_]) -> bool:
        """Whether a choice of columns keeps all limits and covers enough."""
        question = self._question
        covered = question.covers @ chosen > 0
        enough = covered.all() or question.weight[covered].sum() >= question.need
        opened = np.bincount(self._district[chosen], minlength=len(self._least))
        return bool(
            enough
            and (opened >= self._least).all()
            and (opened <= self._most).all()
            and self._costs[chosen].sum() <= self._budget
            and not self._conflicts[chosen][:, chosen].nnz
        )

    def greedy(self, task: _Mapped) -> None:
        """Open what covers most (per cost, with a budget) and is allowed; offer what will do."""
        weight, covers = self._question.weight.copy(), self._question.covers
        chosen = np.zeros(covers.shape[1], np.bool_)
        allowed = np.ones(covers.shape[1], np.bool_)
        left, room, owed = self._budget, self._most.copy(), self._least.copy()
        while not self.kept(chosen):
            allowed &= (self._costs <= left) & (room[self._district] > 0)
            gain = np.where(owed[self._district] > 0, _EVEN * (1 + weight.sum()), 0.0)
            gain += covers.T @ weight
            if math.isfinite(self._budget):
                gain /= self._costs + _EVEN * (1 + self._costs.max(initial=0))
            gain[~allowed] = 0
            if task.done or not gain.any():
                return
            best = int(gain.argmax())
            chosen[best] = True
            allowed[best] = False
            allowed[self._conflicts[[best]].indices] = False
            left -= self._costs[best]
            room[self._district[best]] -= 1
            owed[self._district[best]] -= 1
            weight[covers[:, [best]].nonzero()[0]] = 0
        task.offer(chosen.sum(), np.flatnonzero(chosen))

    def model(self, task: _Mapped) -> Model:
        """Return the programme: what must be covered, and the limits."""
        question, c = self._question, len(self._question.columns)
        if math.isinf(question.need):
            core = covering_model(question.covers[undominated_rows(question.covers, task)])
        else:
            core = share_model(question.covers, question.weight, max(0.0, question.need))
        pairs = sparse.coo_array(sparse.triu(self._conflicts))
        number = np.arange(pairs.nnz)
        apart = sparse.csr_array(
            (np.ones(2 * pairs.nnz), (np.tile(number, 2), np.append(pairs.row, pairs.col))),
            (pairs.nnz, c),
        )
        by_district = sparse.csr_array(
            (np.ones(c), (self._district, np.arange(c))), (len(self._least), c)
        )
        unit = self._costs.max(initial=0) or 1.0
        rows = sparse.vstack([apart, by_district, sparse.csr_array(self._costs[None, :] / unit)])
        rows.resize((rows.shape[0], core.matrix.shape[1]))
        return dataclasses.replace(
            core,
            matrix=sparse.vstack([core.matrix, rows], format="csr"),
            row_lower=np.concatenate(
                [core.row_lower, np.full(pairs.nnz, -math.inf), self._least, [-math.inf]]
            ),
            row_upper=np.concatenate(
                [core.row_upper, np.ones(pairs.nnz), self._most, [self._budget / unit]]
            ),
        )
