"""A covering problem as its kernels read it: what is decided is taken out, equal rows are one."""

from __future__ import annotations

import dataclasses
import itertools
import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from geodata.errors import InfeasibleError, SitingError
from geodata.siting import _cover
from geodata.siting.feasibility import selectable

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from geodata.siting._cover import Rules, Sets
    from geodata.siting.mip import Outcome
    from geodata.siting.problem import SitingProblem
    from geodata.siting.search import Search


@dataclasses.dataclass(frozen=True, eq=False)
class Covering:
    """Most value with some of m columns over n rows; columns and rows are those left to decide.

    Attributes
    ----------
    sites
        (m,) column of the problem that each column is.
    always
        Columns of the problem that are open whatever is decided.
    base
        Value of `always` alone.
    by_row
        (n, m) boolean CSR.
    first, second
        (n,) what the first and the second open column over a row are worth, first >= second.
    sets, rules
        The bundles of `geodata.siting._cover`.
    """

    sites: NDArray[np.intp]
    always: NDArray[np.intp]
    base: float
    by_row: sparse.csr_array
    first: NDArray[np.float64]
    second: NDArray[np.float64]
    sets: Sets
    rules: Rules

    @property
    def trivial_bound(self) -> float:
        """Value of all columns together."""
        twice = np.diff(self.by_row.indptr) > 1
        return self.base + float(self.first.sum() + self.second[twice].sum())

    @property
    def entries(self) -> int:
        """Number of pairs of a row and a column over it."""
        return int(self.by_row.nnz)

    @property
    def number(self) -> int:
        """How many columns may be open, at most."""
        return int(self.rules[6][0])

    @property
    def counts_only(self) -> bool:
        """Whether a number of columns is all that binds, and a second cover is worth nothing."""
        _, least, _, _, near, _, ends = self.rules
        simple = len(least) == 1 and len(near) == 0 and math.isinf(ends[1])
        return simple and len(self.sites) > 0 and not self.second.any()

    def columns_of(self, opened: NDArray[np.intp]) -> NDArray[np.intp]:
        """Columns of the problem that are open where these are."""
        return np.concatenate([self.always, self.sites[opened]])

    def restricted(self, columns: NDArray[np.intp]) -> tuple[Covering, NDArray[np.intp]]:
        """Return the covering with some of its columns only, and the row that each row became.

        Rows that no column is left for are dropped (-1).
        """
        by_row = self.by_row[:, columns]
        kept = np.flatnonzero(np.diff(by_row.indptr))
        by_row, label, worth = merged(by_row[kept], self.first[kept], self.second[kept])
        group, least, most, near_starts, near, cost, ends = self.rules
        conflicts = sparse.csr_array(
            (np.ones(len(near), np.bool_), near, near_starts), (len(self.sites),) * 2
        )[columns][:, columns]
        rules = (
            group[columns],
            least,
            most,
            conflicts.indptr.astype(np.int64),
            conflicts.indices.astype(np.int32),
            cost[columns],
            ends,
        )
        became = np.full(len(self.first), -1, np.intp)
        became[kept] = label
        return _covering(self.sites[columns], self.always, self.base, by_row, worth, rules), became


def covering_of(problem: SitingProblem) -> Covering:
    """Return what there is to decide in a covering problem.

    Existing sites that stay are taken out with the workers they cover, candidates that stand too
    near to one are left out, rows that no column is left for are dropped, and rows that the same
    columns cover become one.
    """
    assert problem.covers is not None  # noqa: S101  the problem is a covering problem
    always = np.empty(0, np.intp) if problem.closing else problem.existing
    free = selectable(problem)
    sites = np.sort(np.concatenate([free, problem.existing])) if problem.closing else free
    weights = problem.row_weights
    open_now = np.zeros(problem.n_sites)
    open_now[always] = 1
    count = problem.covers @ open_now
    base = float(weights[count > 0].sum() + problem.second * weights[count > 1].sum())
    worth = np.array([[1.0, problem.second], [problem.second, 0.0], [0.0, 0.0]])
    first, second = worth[np.minimum(count, 2).astype(np.intp)].T * weights
    by_row = problem.covers if len(sites) == problem.n_sites else problem.covers[:, sites]
    kept = np.flatnonzero((first > 0) & (np.diff(by_row.indptr) > 0))
    by_row, _, sums = merged(by_row[kept], first[kept], second[kept])
    return _covering(sites, always, base, by_row, sums, rules_of(problem, sites))


def _covering(
    sites: NDArray[np.intp],
    always: NDArray[np.intp],
    base: float,
    by_row: sparse.csr_array,
    worth: tuple[NDArray[np.float64], NDArray[np.float64]],
    rules: Rules,
) -> Covering:
    by_column = sparse.csc_array(by_row)
    sets = (
        by_column.indptr.astype(np.int64),
        by_column.indices.astype(np.int32),
        by_row.indptr.astype(np.int64),
        by_row.indices.astype(np.int32),
        *worth,
    )
    return Covering(sites, always, base, by_row, *worth, sets, rules)


def merged(
    by_row: sparse.csr_array, first: NDArray[np.float64], second: NDArray[np.float64]
) -> tuple[sparse.csr_array, NDArray[np.intp], tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Make one row of all that have the same columns; what they are worth adds up.

    Returns
    -------
    The rows, the row that each row became, and their first and second worth.
    """
    n, m = by_row.shape
    label = np.arange(n)
    if n == 0:
        return by_row, label, (first, second)
    # Equal rows have an equal sum of the random numbers of their columns.
    number = np.random.default_rng(0).integers(1, 2**63, m, np.uint64)
    key = np.add.reduceat(number[by_row.indices], by_row.indptr[:-1].astype(np.intp))
    groups = _cover.same_rows(np.argsort(key, kind="stable"), by_row.indptr, by_row.indices, label)
    if groups == n:
        return by_row, np.arange(n), (first, second)
    one = np.empty(groups, np.intp)
    one[label[::-1]] = np.arange(n)[::-1]
    # In the order in which they first stand, so that neighbours stay neighbours.
    order = np.argsort(one)
    rank = np.empty(groups, np.intp)
    rank[order] = np.arange(groups)
    label = rank[label]
    sums = (
        np.bincount(label, first, minlength=groups).astype(np.float64),
        np.bincount(label, second, minlength=groups).astype(np.float64),
    )
    return by_row[one[order]], label, sums


def rules_of(problem: SitingProblem, sites: NDArray[np.intp]) -> Rules:
    """Return what binds the choice among these columns of a problem, as kernels read it."""
    limits, m = problem.limits, len(sites)
    old = np.isin(sites, problem.existing)
    if limits.districts is None or limits.at_least is None or limits.at_most is None:
        group = np.zeros(m, np.int64)
        least, most = np.zeros(1, np.int64), np.full(1, m)
    else:
        group = limits.districts[sites].astype(np.int64)
        least, most = limits.at_least.astype(np.int64), limits.at_most.astype(np.int64)
    if old.any():
        # Those that are open already are a group of their own, of which most stay.
        group[old] = len(least)
        least = np.append(least, old.sum() - problem.closing)
        most = np.append(most, old.sum())
    number = m if problem.p is None else min(m, problem.p + int(old.sum()))
    cost, budget = np.zeros(m), np.inf
    if limits.costs is not None and limits.budget is not None:
        cost, budget = np.where(old, 0.0, limits.costs[sites]), limits.budget
    near_starts, near = np.zeros(m + 1, np.int64), np.empty(0, np.int32)
    if limits.conflicts is not None:
        pairs = sparse.coo_array(limits.conflicts[sites][:, sites])
        # Two sites that stand already do not exclude each other.
        kept = ~(old[pairs.row] & old[pairs.col])
        pairs = sparse.csr_array(
            (pairs.data[kept], (pairs.row[kept], pairs.col[kept])), shape=(m, m)
        )
        near_starts, near = pairs.indptr.astype(np.int64), pairs.indices.astype(np.int32)
    ends = np.array([number, budget], np.float64)
    return group, least, most, near_starts, near, cost, ends


def side_rows(
    rules: Rules,
) -> tuple[sparse.csr_array, NDArray[np.float64], NDArray[np.float64]]:
    """Return the rules as rows of a programme over the columns, with their bounds."""
    group, least, most, near_starts, near, cost, ends = rules
    m = len(group)
    quotas = sparse.csr_array((np.ones(m), (group, np.arange(m))), (len(least), m))
    cliques = _cliques(near_starts, near)
    sides = [quotas, sparse.csr_array(np.ones((1, m))), cliques]
    lower: list[ArrayLike] = [least, [0.0], np.zeros(cliques.shape[0])]
    upper: list[ArrayLike] = [most, [min(ends[0], m)], np.ones(cliques.shape[0])]
    if math.isfinite(ends[1]):
        sides.append(sparse.csr_array(cost[None]))
        lower.append([0.0])
        upper.append([ends[1]])
    return sparse.vstack(sides, format="csr"), np.concatenate(lower), np.concatenate(upper)


def _cliques(near_starts: NDArray[np.int64], near: NDArray[np.int32]) -> sparse.csr_array:
    """Rows of columns of which only one may be open, such that each excluding pair is in one."""
    m = len(near_starts) - 1
    neighbours = [set(near[near_starts[j] : near_starts[j + 1]].tolist()) for j in range(m)]
    covered: set[tuple[int, int]] = set()
    cliques = []
    for j in range(m):
        for k in sorted(neighbours[j]):
            if k > j and (j, k) not in covered:
                clique = [j, k]
                common = neighbours[j] & neighbours[k]
                while common:
                    third = min(common)
                    clique.append(third)
                    common &= neighbours[third]
                covered.update(itertools.combinations(sorted(clique), 2))
                cliques.append(clique)
    rows = np.repeat(np.arange(len(cliques)), [len(clique) for clique in cliques])
    columns = np.array([j for clique in cliques for j in clique], np.intp)
    return sparse.csr_array((np.ones(len(columns)), (rows, columns)), (len(cliques), m))


def columns_found(
    problem: SitingProblem, m: int, search: Search, found: Outcome
) -> NDArray[np.intp]:
    """Columns of a plan that HiGHS found to satisfy the rules.

    Raises
    ------
    InfeasibleError
        If it proved that there is none.
    SitingError
        If it found none in time.
    """
    if found.x is not None:
        return np.flatnonzero(found.x[:m] > 0.5)
    asked = _asked(problem)
    if found.status == "infeasible":
        raise InfeasibleError(
            f"no plan satisfies {asked[0]} together: loosen one of them",
            f"{asked[1]}无法同时满足：请放宽其中一项",
        )
    raise SitingError(
        f"no plan that satisfies {asked[0]} was found in {search.seconds:.0f} s: allow more time "
        "or loosen one of them",
        f"{search.seconds:.0f} 秒内没有找到满足{asked[1]}的方案：请增加时间或放宽其中一项",
    )


def _asked(problem: SitingProblem) -> tuple[str, str]:
    limits = problem.limits
    asked = [
        words
        for words, given in (
            (("the quotas of the districts", "各区名额"), limits.districts is not None),
            (("the spacing", "间距"), limits.conflicts is not None),
            (("the budget", "预算"), limits.budget is not None),
            (("the number of sites", "站点数量"), problem.p is not None),
        )
        if given
    ]
    return " and ".join(english for english, _ in asked), "、".join(zh for _, zh in asked)
