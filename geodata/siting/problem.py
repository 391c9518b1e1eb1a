"""What is asked of a siting: demand, columns to choose from, and the limits of the choice."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import TYPE_CHECKING, Any, Literal, TypedDict

import numpy as np
from scipy import sparse

from geodata.errors import SitingError
from geodata.siting.feasibility import demand_feasible

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping, Sequence
    from typing import TypeAlias, Unpack

    from numpy.typing import ArrayLike, NDArray

    Covers: TypeAlias = ArrayLike | sparse.sparray | sparse.spmatrix
    Costs: TypeAlias = ArrayLike | sparse.sparray | sparse.spmatrix

Kind = Literal["mclp", "backup", "capacitated", "lscp", "redundancy", "pmedian", "pcenter"]


class LimitOptions(TypedDict, total=False):
    """What a caller may ask besides the number of sites.

    costs
        (m,) cost of each column; needed with `budget`.
    budget
        How much the new sites may cost together.
    districts
        (m,) label of each column's district: a name, an adcode, any hashable.
    at_least, at_most
        New sites that a district must and may get, by its label; others are free.
    conflicts
        (m, m) matrix, true for two columns that may not both be open; see `Limits.conflicts`.
    """

    costs: ArrayLike
    budget: float
    districts: Sequence[Hashable] | NDArray[Any]
    at_least: Mapping[Any, int]
    at_most: Mapping[Any, int]
    conflicts: Covers


@dataclasses.dataclass(frozen=True, eq=False)
class Limits:
    """What binds the choice of new sites besides their number.

    Attributes
    ----------
    costs, budget
        (m,) cost of each column, and how much the new sites may cost together.
    districts, at_least, at_most
        (m,) index of each column's district, and (d,) how many new sites each district must and
        may get; `district_names` for messages.
    conflicts
        (m, m) symmetric CSR: pairs of columns that are nearer to each other than the spacing
        allows. An existing site excludes the columns it conflicts with; two existing sites do not
        exclude each other.
    """

    costs: NDArray[np.float64] | None = None
    budget: float | None = None
    districts: NDArray[np.intp] | None = None
    at_least: NDArray[np.intp] | None = None
    at_most: NDArray[np.intp] | None = None
    district_names: tuple[str, ...] = ()
    conflicts: sparse.csr_array | None = None

    def __bool__(self) -> bool:
        return not (self.budget is None and self.districts is None and self.conflicts is None)


@dataclasses.dataclass(frozen=True, eq=False)
class SitingProblem:
    """One siting question, complete and checked. Built by the classmethod of its kind.

    Rows are demand points, columns are sites: candidates and existing ones together.

    Attributes
    ----------
    kind
        Which problem it is.
    weights
        (n, g) workers of each group at each demand point.
    worth
        (g,) factor by which each group counts in the objective; 1 unless given.
    covers
        (n, m) boolean CSR: row i lists, in ascending order, the columns within reach of it. For
        the covering problems.
    cost
        (n, m) distance or time from each row to each column, metres or seconds: dense, or CSR
        that lists the pairs below `beyond`. For p-median and p-center.
    beyond
        (n,) what a row costs that no open column is listed for; inf where that may not be. Only
        with a CSR `cost`.
    p
        How many new sites to open; None where a budget or a share decides.
    existing
        Columns that are open already, ascending.
    closing
        How many of the existing sites may close, each for one new site more (relocation).
    share
        Share of the reachable workers that must be covered (lscp), or of those covered now that
        must stay covered (redundancy), 0 to 1.
    second
        Worth of a second cover, as a share of the first (backup), 0 to 1.
    capacity
        (m,) workers that each column has room for (capacitated).
    limits
        What else binds the choice.
    """

    kind: Kind
    weights: NDArray[np.float64]
    worth: NDArray[np.float64]
    covers: sparse.csr_array | None = None
    cost: NDArray[np.float64] | sparse.csr_array | None = None
    beyond: NDArray[np.float64] | None = None
    p: int | None = None
    existing: NDArray[np.intp] = dataclasses.field(default_factory=lambda: np.empty(0, np.intp))
    closing: int = 0
    share: float = 1.0
    second: float = 0.0
    capacity: NDArray[np.float64] | None = None
    limits: Limits = dataclasses.field(default_factory=Limits)

    @property
    def n_demand(self) -> int:
        """Number of demand points (rows)."""
        return len(self.weights)

    @property
    def n_sites(self) -> int:
        """Number of sites (columns), existing ones included."""
        table = self.covers if self.covers is not None else self.cost
        assert table is not None  # noqa: S101  every classmethod gives one of them
        return int(table.shape[1])

    @property
    def row_weights(self) -> NDArray[np.float64]:
        """(n,) what each demand point counts in the objective: workers times their worth."""
        rows: NDArray[np.float64] = self.weights @ self.worth
        return rows

    @property
    def candidates(self) -> NDArray[np.intp]:
        """Columns that are not open yet, ascending."""
        return np.setdiff1d(np.arange(self.n_sites), self.existing)

    @classmethod
    def mclp(
        cls,
        covers: Covers,
        weights: ArrayLike,
        *,
        p: int | None = None,
        existing: ArrayLike = (),
        closing: int = 0,
        worth: ArrayLike | None = None,
        **limits: Unpack[LimitOptions],
    ) -> SitingProblem:
        """Maximal covering: most workers in reach of an open site (Church and ReVelle 1974).

        Parameters
        ----------
        covers
            (n, m) matrix, sparse or dense, true where the column is within reach of the row.
        weights
            (n,) workers at each row, or (n, g) by group.
        p
            New sites to open; may be left out where a budget is given.
        existing
            Columns open already: positions, or a mask of length m.
        closing
            Existing sites that may close, each for one new site more: relocation.
        worth
            (g,) how much a worker of each group counts; 1 by default.
        limits
            See `LimitOptions`.

        Raises
        ------
        SitingError
            If a shape or value is wrong.
        InfeasibleError
            If no plan can satisfy what is asked.
        """
        return _built(
            cls(
                "mclp", *_weighed(weights, worth), covers=_cover_sets(covers), p=p, closing=closing
            ),
            existing,
            limits,
        )

    @classmethod
    def backup(  # noqa: PLR0913  all but the data are keywords
        cls,
        covers: Covers,
        weights: ArrayLike,
        *,
        second: float = 0.5,
        p: int | None = None,
        existing: ArrayLike = (),
        closing: int = 0,
        worth: ArrayLike | None = None,
        **limits: Unpack[LimitOptions],
    ) -> SitingProblem:
        """Maximal covering that counts a second cover, too (Hogan and ReVelle 1986).

        A worker in reach of two open sites or more counts ``1 + second``. Parameters and errors
        are those of `mclp`; `second` is at least 0 and at most 1.
        """
        return _built(
            cls(
                "backup",
                *_weighed(weights, worth),
                covers=_cover_sets(covers),
                p=p,
                closing=closing,
                second=float(second),
            ),
            existing,
            limits,
        )

    @classmethod
    def capacitated(
        cls,
        covers: Covers,
        weights: ArrayLike,
        capacity: ArrayLike,
        *,
        p: int | None = None,
        existing: ArrayLike = (),
        worth: ArrayLike | None = None,
        **limits: Unpack[LimitOptions],
    ) -> SitingProblem:
        """Maximal covering where a site serves no more than its capacity (Current, Storbeck 1988).

        The workers of one demand point may be served by several sites. `capacity` is (m,) workers;
        the other parameters and errors are those of `mclp`.
        """
        return _built(
            cls(
                "capacitated",
                *_weighed(weights, worth),
                covers=_cover_sets(covers),
                p=p,
                capacity=np.asarray(capacity, np.float64),
            ),
            existing,
            limits,
        )

    @classmethod
    def lscp(
        cls,
        covers: Covers,
        weights: ArrayLike,
        *,
        share: float = 1.0,
        existing: ArrayLike = (),
        worth: ArrayLike | None = None,
        **limits: Unpack[LimitOptions],
    ) -> SitingProblem:
        """Location set covering: fewest new sites to reach a share (Toregas et al. 1971).

        `share` is of the workers that some column covers; with 1, every reachable row that has
        workers must be covered. The other parameters and errors are those of `mclp`.
        """
        return _built(
            cls("lscp", *_weighed(weights, worth), covers=_cover_sets(covers), share=float(share)),
            existing,
            limits,
        )

    @classmethod
    def redundancy(
        cls,
        covers: Covers,
        weights: ArrayLike,
        *,
        existing: ArrayLike | None = None,
        share: float = 1.0,
        worth: ArrayLike | None = None,
    ) -> SitingProblem:
        """Most existing sites that can close while a share of today's cover stays.

        With a `share` of 1 no worker covered now loses cover. `existing` is all columns by
        default. Other parameters and errors are those of `mclp`.
        """
        sets = _cover_sets(covers)
        return _built(
            cls("redundancy", *_weighed(weights, worth), covers=sets, share=float(share)),
            np.arange(sets.shape[1]) if existing is None else existing,
            {},
        )

    @classmethod
    def pmedian(
        cls,
        cost: Costs,
        weights: ArrayLike,
        *,
        p: int,
        existing: ArrayLike = (),
        beyond: ArrayLike | None = None,
        worth: ArrayLike | None = None,
    ) -> SitingProblem:
        """p-median: least weighted distance to the nearest open site (Hakimi 1964).

        Parameters
        ----------
        cost
            (n, m) distances or times: dense, or sparse with the listed pairs only.
        weights
            (n,) or (n, g) workers.
        p
            New sites to open.
        existing
            Columns open already.
        beyond
            (n,) or one number, for a sparse `cost`: what a row costs where none of its listed
            columns is open, at least its dearest listed one. Left out, such a plan is not allowed.

        Raises
        ------
        SitingError
            If a shape or value is wrong.
        InfeasibleError
            If no plan can satisfy what is asked.
        """
        table = _cost_table(cost)
        return _built(
            cls(
                "pmedian",
                *_weighed(weights, worth),
                cost=table,
                beyond=_beyond(table, beyond),
                p=p,
            ),
            existing,
            {},
        )

    @classmethod
    def pcenter(
        cls, cost: Costs, weights: ArrayLike, *, p: int, existing: ArrayLike = ()
    ) -> SitingProblem:
        """p-center: least worst distance to the nearest open site (Hakimi 1964).

        Rows with weight 0 do not count; other weights do not change a distance. Parameters and
        errors are those of `pmedian`; a pair that a sparse `cost` does not list is out of reach.
        """
        table = _cost_table(cost)
        return _built(
            cls(
                "pcenter",
                *_weighed(weights, None),
                cost=table,
                beyond=_beyond(table, None),
                p=p,
            ),
            existing,
            {},
        )

    def fingerprint(self) -> str:
        """SHA-256 of everything that is asked, as 64 hexadecimal digits."""
        digest = hashlib.sha256()
        for name, value in _parts(self):
            digest.update(name.encode() + b"\0")
            if isinstance(value, np.ndarray):
                digest.update(f"{value.dtype.str}{value.shape}".encode())
                digest.update(np.ascontiguousarray(value).data)
            else:
                digest.update(repr(value).encode())
        return digest.hexdigest()


def listed(cost: NDArray[np.float64] | sparse.csr_array | None) -> NDArray[np.float64]:
    """Every cost that a dense or sparse table lists, flat."""
    if cost is None:
        return np.empty(0)
    table: Any = cost
    found: NDArray[np.float64] = table.data if sparse.issparse(table) else np.ravel(table)
    return found


def _parts(value: object, name: str = "") -> Iterator[tuple[str, object]]:
    """Every leaf of a problem with its name: numbers, words and arrays."""
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from _parts(getattr(value, field.name), f"{name}.{field.name}")
    elif isinstance(value, sparse.csr_array):
        yield f"{name}.indptr", value.indptr.astype(np.int64)
        yield f"{name}.indices", value.indices.astype(np.int64)
        yield f"{name}.data", value.data
    else:
        yield name, value


def _weighed(
    weights: ArrayLike, worth: ArrayLike | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    table = np.asarray(weights, np.float64)
    table = table.reshape(-1, 1) if table.ndim == 1 else table
    if table.ndim != 2:
        raise SitingError(
            f"the weights have shape {table.shape}: (n,) or (n, groups) is needed",
            f"权重的形状是 {table.shape}：应为 (n,) 或 (n, 群体数)",
        )
    bad = ~np.isfinite(table) | (table < 0)
    if bad.any():
        i, j = (int(v[0]) for v in np.nonzero(bad))
        raise SitingError(
            f"demand point {i} has weight {table[i, j]}: a finite number of 0 or more is needed",
            f"第 {i} 个需求点的权重是 {table[i, j]}：应为不小于 0 的有限数",
        )
    factors = np.ones(table.shape[1]) if worth is None else np.asarray(worth, np.float64)
    if factors.shape != (table.shape[1],) or not (np.isfinite(factors) & (factors >= 0)).all():
        raise SitingError(
            f"worth {factors.tolist()} does not fit {table.shape[1]} groups: one finite number of "
            "0 or more for each",
            f"群体系数 {factors.tolist()} 与 {table.shape[1]} 个群体不符："
            "每个群体一个不小于 0 的数",
        )
    return table, factors


def _cover_sets(covers: Covers) -> sparse.csr_array:
    """Canonical boolean CSR: no explicit false, no repetition, columns ascending."""
    found = sparse.csr_array(covers)
    if found.ndim != 2:
        raise SitingError("the coverage sets are no (n, m) matrix", "覆盖集不是 (n, m) 矩阵")
    if found.data.dtype != np.bool_ or not found.has_canonical_format or not found.data.all():
        found = sparse.csr_array(
            (found.data != 0, found.indices, found.indptr), found.shape, copy=True
        )
        found.sum_duplicates()
        found.eliminate_zeros()
    return found


def _cost_table(cost: Costs) -> NDArray[np.float64] | sparse.csr_array:
    table: Any
    if sparse.issparse(cost):
        table = sparse.csr_array(cost, dtype=np.float64)
        if not table.has_canonical_format:
            table = table.copy()
            table.sum_duplicates()
        values = table.data
    else:
        table = values = np.asarray(cost, np.float64)
    if table.ndim != 2:
        raise SitingError("the costs are no (n, m) matrix", "成本不是 (n, m) 矩阵")
    if not (np.isfinite(values) & (values >= 0)).all():
        raise SitingError(
            "a cost is negative or not finite: leave a pair that is out of reach out of a sparse "
            "matrix",
            "有成本为负或不是有限数：到不了的点对请不要写进稀疏矩阵",
        )
    found: NDArray[np.float64] | sparse.csr_array = table
    return found


def _beyond(
    table: Any,  # noqa: ANN401  a `_cost_table`
    beyond: ArrayLike | None,
) -> NDArray[np.float64] | None:
    if not sparse.issparse(table):
        if beyond is not None:
            raise SitingError(
                "`beyond` goes with a sparse cost: a dense one lists every pair",
                "beyond 只用于稀疏成本：稠密矩阵已列出所有点对",
            )
        return None
    n = table.shape[0]
    if beyond is None:
        return np.full(n, np.inf)
    values = np.broadcast_to(np.asarray(beyond, np.float64), (n,)).copy()
    dearest = np.zeros(n)
    rows = np.repeat(np.arange(n), np.diff(table.indptr))
    np.maximum.at(dearest, rows, table.data)
    if not (values >= dearest).all():
        i = int(np.flatnonzero(~(values >= dearest))[0])
        raise SitingError(
            f"`beyond` of row {i} is {values[i]}, less than a listed cost of {dearest[i]}",
            f"第 {i} 行的 beyond 是 {values[i]}，小于已列出的成本 {dearest[i]}",
        )
    return values


def _built(problem: SitingProblem, existing: ArrayLike, options: LimitOptions) -> SitingProblem:
    """Check the parts against each other and complete the problem."""
    table = problem.covers if problem.covers is not None else problem.cost
    assert table is not None  # noqa: S101  every classmethod gives one of them
    n, m = table.shape
    if len(problem.weights) != n:
        raise SitingError(
            f"{len(problem.weights)} weights for {n} demand points: one for each row is needed",
            f"有 {n} 个需求点却有 {len(problem.weights)} 个权重：每行应有一个",
        )
    problem = dataclasses.replace(
        problem, existing=_columns(existing, m), limits=_limits(options, m)
    )
    demand_feasible(problem)
    return problem


def _columns(existing: ArrayLike, m: int) -> NDArray[np.intp]:
    found = np.asarray(existing)
    if found.dtype == np.bool_:
        if found.shape != (m,):
            raise SitingError(
                f"the mask of existing sites has shape {found.shape}, not ({m},)",
                f"已有站点的掩码形状是 {found.shape}，应为 ({m},)",
            )
        return np.flatnonzero(found)
    if found.size == 0:
        return np.empty(0, np.intp)
    if not np.issubdtype(found.dtype, np.integer):
        raise SitingError(
            "existing sites are given as column positions or as a mask",
            "已有站点应以列号或布尔掩码给出",
        )
    columns: NDArray[np.intp] = np.unique(found.astype(np.intp))
    if columns[0] < 0 or columns[-1] >= m:
        wrong = columns[0] if columns[0] < 0 else columns[-1]
        raise SitingError(
            f"existing site {wrong} is no column: there are {m}, counted from 0",
            f"已有站点 {wrong} 不存在：共有 {m} 列，从 0 起数",
        )
    return columns


def _limits(options: LimitOptions, m: int) -> Limits:
    costs = options.get("costs")
    if costs is not None:
        costs = np.asarray(costs, np.float64)
        if costs.shape != (m,) or not (np.isfinite(costs) & (costs >= 0)).all():
            raise SitingError(
                f"{m} finite costs of 0 or more are needed, one for each column",
                f"需要 {m} 个不小于 0 的造价，每列一个",
            )
    budget = options.get("budget")
    if budget is not None and costs is None:
        raise SitingError("a budget needs the cost of each site", "有预算就需要每个候选点的造价")
    if budget is not None and not (np.isfinite(budget) and budget >= 0):
        raise SitingError(
            f"the budget is {budget}: 0 or more is needed", f"预算是 {budget}：应不小于 0"
        )
    conflicts = options.get("conflicts")
    return Limits(
        costs=None if budget is None else costs,
        budget=None if budget is None else float(budget),
        conflicts=None if conflicts is None else _conflicts(conflicts, m),
        **_quotas(options, m),
    )


def _conflicts(given: Covers, m: int) -> sparse.csr_array:
    found = _cover_sets(given)
    if found.shape != (m, m):
        raise SitingError(
            f"the conflicts have shape {found.shape}, not ({m}, {m})",
            f"冲突矩阵的形状是 {found.shape}，应为 ({m}, {m})",
        )
    # A pair counts in whichever direction it is given; no site excludes itself.
    both = sparse.coo_array(found + found.T)
    apart = both.row != both.col
    return _cover_sets(
        sparse.coo_array((both.data[apart], (both.row[apart], both.col[apart])), (m, m))
    )


def _quotas(options: LimitOptions, m: int) -> dict[str, Any]:
    labels = options.get("districts")
    at_least, at_most = options.get("at_least", {}), options.get("at_most", {})
    if labels is None:
        if at_least or at_most:
            raise SitingError(
                "a quota needs the district of each site", "有分区名额就需要每个候选点所在的区"
            )
        return {}
    labels = labels.tolist() if isinstance(labels, np.ndarray) else list(labels)
    if len(labels) != m:
        raise SitingError(
            f"{len(labels)} districts for {m} sites: one for each column is needed",
            f"{m} 个站点却有 {len(labels)} 个区：每列应有一个",
        )
    names = list(dict.fromkeys([*labels, *at_least, *at_most]))
    if not at_least and not at_most:
        return {}
    for quota in (at_least, at_most):
        for name, number in quota.items():
            if number != int(number) or number < 0:
                raise SitingError(
                    f"the quota of {name} is {number}: a whole number of 0 or more is needed",
                    f"{name} 的名额是 {number}：应为不小于 0 的整数",
                )
    position = {name: i for i, name in enumerate(names)}
    return {
        "districts": np.array([position[label] for label in labels], np.intp),
        "at_least": np.array([at_least.get(name, 0) for name in names], np.intp),
        "at_most": np.array([at_most.get(name, m) for name in names], np.intp),
        "district_names": tuple(map(str, names)),
    }
