"""p-median: the sites with the least weighted distance from everybody to the nearest open one.

Hakimi (1964). With rows i of weight w_i, columns j, and c_ij the cost of serving i from j:

    minimise    sum_i w_i sum_j c_ij x_ij
    subject to  sum_j x_ij = 1       every row i is served                           (1)
                x_ij <= y_j          by an open column
                sum_j y_j = p,       y_j and x_ij 0 or 1

Existing sites and `beyond` are folded into one number a row, its ceiling b_i: what it pays at most.
Entries that cost b_i or more never matter; rows that are equal in all else become one.

**Bound.** Relaxing (1) with multipliers u_i leaves, for each column, its saving
s_j(u) = sum_i max(0, u_i - w_i c_ij), and

    L(u) = sum_i u_i - (the p largest s_j(u))

is a lower bound for every u with u_i <= w_i b_i (Cornuejols, Fisher, Nemhauser 1977). A row's list
may be cut off at a radius: while u_i is no more than w_i times that radius, the entries left out
add nothing to any s_j, so the bound is that of the full table. Deflected subgradients
(Camerini, Fratta, Maffioli 1975) climb on L, from between what the nearest and the second nearest
site of a good plan cost; lists are lengthened where the multipliers press against their end.

**Plans.** Greedy, then the interchange of Teitz and Bart in the fast form of Resende and Werneck
(2007), over the near entries only, then iterated local search: open three neighbouring columns,
descend, and go back if that was worse. The p columns that save most are a plan, too.

**Proof.** With a plan of value z, column j is closed in every better plan if L(u) plus the smallest
chosen saving less s_j reaches z, and open if the same holds for leaving it out (Beasley 1993). What
remains is searched best bound first; each node is a p-median of its own, on the columns left, with
the ceilings that the open ones give.

Avella, Sassano, Vasil'ev (2007), "Computational study of large-scale p-median problems", show that
a near list a row is all one needs; Mladenovic, Brimberg, Hansen, Moreno-Perez (2007) survey plans.
"""

from __future__ import annotations

import dataclasses
import heapq
import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from geodata.errors import InfeasibleError, SitingError
from geodata.siting import _median, mip

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.siting.problem import SitingProblem
    from geodata.siting.search import Search

    Floats = NDArray[np.float64]
    Columns = NDArray[np.intp]
    Mask = NDArray[np.bool_]

# Entries that one call of a kernel looks at: about 0.05 s.
_CALL = 10_000_000
# How many times the sites that serve a dense row on average its first list is long.
_NEAR = 3.0
# A step is to close this share of the gap at first; the root is climbed, so many steps at a time,
# until the share is small, and every other node for some steps only.
_FIRST_STEP = 0.5
_CYCLE = 100
_SMALLEST_STEP = 0.02
_NODE_STEP = 0.3
_NODE_STEPS = 60
# For so many entries that climbing looks at, the search for plans looks at one.
_KICKS = 5
# Seconds that finding a first plan may take, whatever the time asked.
_LEAST_SECONDS = 10.0
# For a descent whose swaps nobody wants to undo.
_NO_NOTES = np.empty((0, 2), np.int64)


def search(problem: SitingProblem, search: Search, seed: int) -> None:
    """Offer plans and prove bounds until the search is done; see `geodata.siting.solver`."""
    question = _Question(problem)
    if question.begin(search):
        return
    rng = np.random.default_rng(seed)
    radius = question.first_radius(rng)
    part, merged = question.part(radius)
    local = _Local(question, part, rng)
    local.descend(search)
    if search.columns is None:
        local.restart(_reaching_all(question, search), search)
    climb = _Climb(part, local.multipliers, _FIRST_STEP)
    while not search.done and climb.step > _SMALLEST_STEP:
        work = climb.go_on(search, _CYCLE)
        _prove(climb.bound, search)
        pressed = climb.part is part and climb.pressed()[merged]
        if np.any(pressed):
            radius[pressed] = np.where(radius[pressed] > 0, 2.0 * radius[pressed], np.inf)
            part, merged = question.part(radius)
            local.relist(part)
            climb = _Climb(part, climb.ascent.best, climb.step)
            continue
        local.focus(climb.promising())
        local.kick(search, work // _KICKS)
        climb = climb.narrowed(search)
    if not search.done:
        _grow(climb, local, search)


class _Question:
    """The rows that count, the columns to choose from, and what each row pays at most."""

    def __init__(self, problem: SitingProblem) -> None:
        weights = problem.row_weights
        self.rows = rows = np.flatnonzero(weights > 0)
        cost: Any = problem.cost
        self.dense = not sparse.issparse(cost)
        self.weights = weights[rows]
        self.cost = cost if len(rows) == len(weights) else cost[rows]
        self.existing, self.candidates = problem.existing, problem.candidates
        self.p = problem.p or 0
        beyond = np.full(len(rows), np.inf) if problem.beyond is None else problem.beyond[rows]
        self.beyond = np.minimum(beyond, self._nearest(self.existing))

    def begin(self, search: Search) -> bool:
        """Offer the first plan there is and prove a first bound; whether that is all there is."""
        self.offer(search, self.candidates[: self.p])
        search.prove(float(self.weights @ np.minimum(self.beyond, self._nearest(slice(None)))))
        if 0 < self.p < len(self.candidates):
            return search.columns is not None and search.done
        if search.columns is None:
            i = int(self.rows[np.isinf(self.beyond)][0])
            raise InfeasibleError(
                f"demand point {i} is out of reach of the existing sites and no new one is to be "
                "opened: open some, or give the cost of what is out of reach as `beyond`",
                f"第 {i} 个需求点不在已有站点可达范围内，又不新建：请新建站点，"
                "或以 beyond 给出到不了时的成本",
            )
        search.prove(search.objective)
        return True

    def objective(self, columns: Columns) -> float:
        """What a plan of these new sites costs; inf where it is not allowed."""
        return float(self.weights @ np.minimum(self.beyond, self._nearest(columns)))

    def offer(self, search: Search, columns: Columns) -> None:
        """Offer a plan of new sites if it is allowed."""
        objective = self.objective(columns)
        if math.isfinite(objective):
            search.offer(objective, np.concatenate([self.existing, columns]))

    def _nearest(self, columns: Columns | slice) -> Floats:
        """(n,) cost of the nearest of some columns."""
        if self.dense:
            nearest: Floats = np.min(self.cost[:, columns], axis=1, initial=np.inf)
            return nearest
        opened = np.zeros(self.cost.shape[1], np.bool_)
        opened[columns] = True
        return _median.nearest_listed(self.cost.indptr, self.cost.indices, self.cost.data, opened)

    def first_radius(self, rng: np.random.Generator) -> Floats:
        """(n,) how far the first list of each row goes."""
        share = _NEAR / self.p
        if not self.dense or share > 0.5:
            return np.full(len(self.weights), np.inf)
        # The quantile of a sample will do: lists that turn out too short are lengthened.
        sample = rng.choice(self.candidates, min(256, len(self.candidates)), replace=False)
        last = math.ceil(share * (len(sample) - 1))
        radius: Floats = np.partition(self.cost[:, sample], last, axis=1)[:, last]
        return radius

    def part(self, radius: Floats) -> tuple[_Part, Columns]:
        """List the near columns of every row; the part, and which of its rows each row became."""
        (starts, columns, costs), beyond = self._near(radius)
        step = 1 + _CALL // 10 * len(beyond) // (len(costs) + 1)
        for first in range(0, len(beyond), step):
            _median.sort_rows(starts, columns, costs, first, min(first + step, len(beyond)))
        kept, merged = _distinct(starts, columns, costs, beyond, radius)
        weights: Floats = np.bincount(merged, self.weights).astype(np.float64)
        if len(kept) < len(beyond):
            shape = (len(beyond), len(self.candidates))
            rows = sparse.csr_array((costs, columns, starts), shape)[kept]
            starts, columns, costs = rows.indptr.astype(np.int64), rows.indices, rows.data
        costs *= np.repeat(weights, np.diff(starts))
        ceiling = weights * beyond[kept]
        endless = np.isinf(ceiling)
        if endless.any():
            # An allowed plan costs less than a single row left unserved.
            dearest = costs[starts[1:][endless] - 1].sum() + ceiling[~endless].sum()
            ceiling[endless] = 1.0 + 2.0 * dearest
        cap = np.minimum(ceiling, weights * radius[kept])
        part = _Part(
            _table(starts, columns, costs, len(self.candidates), ceiling, cap, weights),
            self.p,
            self.candidates,
            np.arange(len(kept)),
        )
        return part, merged

    def _near(self, radius: Floats) -> tuple[_median.Entries, Floats]:
        """List the entries below `beyond` and up to a radius, row by row; and `beyond`."""
        renamed = np.full(self.cost.shape[1], -1, np.int32)
        renamed[self.candidates] = np.arange(len(self.candidates))
        if self.dense:
            # A list that names all but the dearest columns is complete.
            beyond = np.minimum(self.beyond, self.cost.max(axis=1))
            step = max(1, _CALL // len(renamed))
            pieces = [
                _median.near_entries(
                    self.cost[k : k + step], radius[k : k + step], beyond[k : k + step], renamed
                )
                for k in range(0, len(beyond), step)
            ]
            lengths, columns, costs = (np.concatenate(parts) for parts in zip(*pieces, strict=True))
        else:
            beyond = self.beyond
            rows = np.repeat(np.arange(len(beyond)), np.diff(self.cost.indptr))
            below = self.cost.data < beyond[rows]
            lengths = np.bincount(rows[below], minlength=len(beyond))
            columns, costs = renamed[self.cost.indices[below]], self.cost.data[below]
        return (np.concatenate([[0], np.cumsum(lengths)]), columns, costs), beyond


@dataclasses.dataclass(frozen=True, eq=False)
class _Part:
    """A p-median over some of the columns, others being settled open or closed.

    Attributes
    ----------
    table
        Its rows and columns.
    p
        Columns yet to open.
    names
        (m,) the site that each column is.
    rows
        (n,) the row of the part it was made from.
    inside
        Sites that are settled open.
    settled
        What the rows pay, at least, that have nothing left to choose.
    """

    table: _median.Table
    p: int
    names: Columns
    rows: Columns
    inside: Columns = dataclasses.field(default_factory=lambda: np.empty(0, np.intp))
    settled: float = 0.0

    def narrowed(self, inside: Mask, free: Mask) -> _Part:
        """Settle all columns but the free ones: open those inside, close the others."""
        renamed = np.where(free, np.cumsum(free) - 1, -1)
        starts, columns, costs, ceiling = _median.reduced(
            *self.table[:3], self.table.ceiling, inside, renamed
        )
        cap = np.minimum(self.table.cap, ceiling)
        rows = np.flatnonzero(np.diff(starts))
        return _Part(
            _table(
                np.append(starts[rows], starts[-1]),
                columns,
                costs,
                int(free.sum()),
                ceiling[rows],
                cap[rows],
                self.table.metric[rows],
            ),
            self.p - int(inside.sum()),
            self.names[free],
            rows,
            np.concatenate([self.inside, self.names[inside]]),
            self.settled + float(np.delete(cap, rows).sum()),
        )


def _table(
    starts: NDArray[np.int64],
    columns: NDArray[np.int32],
    costs: Floats,
    m: int,
    *by_row: Floats,
) -> _median.Table:
    columns = columns.astype(np.int32, copy=False)
    return _median.Table(
        starts, columns, costs, *_median.by_column(starts, columns, costs, m), *by_row
    )


def _distinct(
    starts: NDArray[np.int64], columns: NDArray[np.int32], costs: Floats, *by_row: Floats
) -> tuple[Columns, Columns]:
    """Return the first row of each kind, and the kind of each row; lists and `by_row` tell."""
    lengths = np.diff(starts)
    # Two random sums tell rows apart whose entries differ.
    random = np.random.default_rng(0).random((2, int(columns.max(initial=0)) + 1))
    rows = np.repeat(np.arange(len(lengths)), lengths)
    marks = [np.bincount(rows, r[columns] * (1.0 + costs), len(lengths)) for r in random]
    table = np.column_stack([*by_row, lengths, *marks])
    _, first, kind = np.unique(table, axis=0, return_index=True, return_inverse=True)
    # In the order of the rows, so that neighbours stay neighbours.
    order = np.argsort(first)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return first[order], place[kind.ravel()]


class _Local:
    """The best plan and the search around it, over the columns that look promising."""

    def __init__(self, question: _Question, whole: _Part, rng: np.random.Generator) -> None:
        self.question, self._whole, self._rng = question, whole, rng
        self._over(whole, _median.greedy(whole.table, whole.p))

    def _over(self, part: _Part, plan: NDArray[np.int64]) -> None:
        """Go on from a plan, over a part of the columns."""
        m, n = len(part.names), len(part.rows)
        self._part = part
        self._listed = np.flatnonzero(np.diff(part.table.starts))
        self._state = _median.Exchange(
            plan,
            np.empty(m, np.int64),
            np.empty((n, 2), np.int32),
            np.empty((n, 2)),
            np.empty(part.p),
            np.zeros(m + 2, np.int64),
            np.zeros(m, np.bool_),
        )
        _median.settle(part.table, self._state)

    @property
    def sites(self) -> Columns:
        """The sites of the plan."""
        return self._part.names[self._state.plan]

    @property
    def multipliers(self) -> Floats:
        """(n,) what each row may give for being served: between what its nearest two sites cost."""
        table = self._part.table
        dearest = np.append(table.costs, 0.0)[table.starts[1:] - 1]
        first, second = self._state.paid.T
        multipliers: Floats = (first + np.minimum(second, np.maximum(first, dearest))) / 2
        return multipliers

    def relist(self, whole: _Part) -> None:
        """Go on with the same plan where lists have been lengthened."""
        self._whole = whole
        self._over(whole, np.searchsorted(whole.names, self.sites))

    def restart(self, sites: Columns, search: Search) -> None:
        """Descend from another plan."""
        self._over(self._part, np.searchsorted(self._part.names, sites))
        self.descend(search)

    def focus(self, sites: Columns) -> None:
        """Search among these sites and those of the plan."""
        names = self._whole.names
        free = np.isin(names, np.concatenate([sites, self.sites]))
        part = self._whole.narrowed(np.zeros(len(free), np.bool_), free)
        self._over(part, np.searchsorted(part.names, self.sites))

    def descend(self, search: Search) -> None:
        """Make every swap that betters the plan."""
        self.question.offer(search, self.sites)
        for j in self._rng.permutation(len(self._part.names)):
            _median.enqueue(self._state, j)
        while self._state.queue[-1] and not search.done:
            _median.descend(self._part.table, self._state, _NO_NOTES, self._tolerance, _CALL)
        self.question.offer(search, self.sites)

    def kick(self, search: Search, work: int) -> None:
        """Iterated local search by openings of three neighbouring columns.

        `work` is about how many entries may be looked at.
        """
        table = self._part.table
        lengths = np.diff(table.starts)
        near = 2 + 2 * len(self._part.names) // self._part.p
        while work > 0 and len(self._listed) and not search.done:
            now = min(work, _CALL)
            rows = self._rng.choice(self._listed, 1 + now // 2000)
            reach = np.minimum(lengths[rows], near)[:, None]
            offsets = (self._rng.random((len(rows), 3)) * reach).astype(np.int64)
            kicks = table.columns[table.starts[rows, None] + offsets].astype(np.int64)
            if _median.disturb(table, self._state, kicks, self._tolerance, now) > self._tolerance:
                self.question.offer(search, self.sites)
            work -= now

    @property
    def _tolerance(self) -> float:
        """A swap must save more than this: sums of floats in another order differ."""
        return 1e-12 * float(self._state.paid[:, 0].sum())


class _Climb:
    """The ascent on the Lagrangian bound of a part."""

    def __init__(self, part: _Part, multipliers: Floats, step: float) -> None:
        n, m = len(part.rows), len(part.names)
        start = np.minimum(multipliers, part.table.cap)
        self.part = part
        self.ascent = _median.Ascent(
            start, np.zeros(n), start.copy(), np.full(m, part.p / m), np.array([-np.inf, step, 0.0])
        )

    @property
    def bound(self) -> float:
        """The best so far."""
        return float(self.ascent.dial[0]) + self.part.settled

    @property
    def step(self) -> float:
        """The share of the gap that a step is to close."""
        return float(self.ascent.dial[1])

    def go_on(self, search: Search, steps: int) -> int:
        """Climb some steps; return about how many entries were looked at."""
        part, settled = self.part, self.part.settled
        a_step = len(part.table.columns) // 2 + 10 * len(part.rows) + 10 * len(part.names)
        left = steps
        while left > 0 and not search.done and self.bound < search.enough:
            now = min(left, max(1, _CALL // a_step))
            _median.ascend(
                part.table,
                self.ascent,
                part.p,
                search.objective - settled,
                search.enough - settled,
                now,
            )
            left -= now
        return a_step * (steps - left)

    def pressed(self) -> Mask:
        """Rows whose multiplier is held back by the end of their list."""
        cap = self.part.table.cap
        held: Mask = (self.ascent.best >= cap * (1 - 1e-6)) & (cap < self.part.table.ceiling)
        return held

    def savings(self) -> tuple[Floats, Columns]:
        """What each column saves at the best bound, and the p columns that save most."""
        savings = np.empty(len(self.part.names))
        _median.relaxed(*self.part.table[:3], self.ascent.best, savings)
        return savings, _median.largest(savings, self.part.p)

    def plan(self) -> Columns:
        """The sites that save most."""
        return np.concatenate([self.part.inside, self.part.names[self.savings()[1]]])

    def promising(self) -> Columns:
        """Sites that were often among the best of late, or save much."""
        core = self.ascent.share > 0.005
        core[_median.largest(self.savings()[0], min(2 * self.part.p, len(core)))] = True
        return np.concatenate([self.part.inside, self.part.names[core]])

    def undecided(self, enough: float) -> tuple[Mask, Mask]:
        """Columns that every plan below `enough` opens, and those that such plans differ in."""
        savings, chosen = self.savings()
        taken = np.zeros(len(savings), np.bool_)
        taken[chosen] = True
        inside = taken & (self.bound + savings - savings[~taken].max() >= enough)
        closed = ~taken & (self.bound + savings[taken].min() - savings >= enough)
        return inside, ~(inside | closed)

    def narrowed(self, search: Search) -> _Climb:
        """Go on with the columns that are not settled, if that is worth while."""
        inside, free = self.undecided(search.enough)
        to_open = self.part.p - int(inside.sum())
        if not 0 < to_open < free.sum() < 0.7 * len(free):
            return self
        part = self.part.narrowed(inside, free)
        climb = _Climb(part, self.ascent.best[part.rows], self.step)
        climb.ascent.share[:] = self.ascent.share[free]
        return climb


def _grow(start: _Climb, local: _Local, search: Search) -> None:
    """Branch and bound, best bound first, over the part that a climb has come to."""
    root = start.part
    nothing = np.zeros(len(root.names), np.bool_)
    # Of equal bounds, frequent where objectives are whole, the newest goes first: a dive.
    serial = itertools.count(0, -1)
    heap = [(search.bound, next(serial), nothing, ~nothing, start.ascent.best)]
    proved = math.inf
    while heap and not search.done:
        bound, _, inside, free, multipliers = heapq.heappop(heap)
        _prove(min(bound, proved), search)
        to_open = root.p - int(inside.sum())
        if bound >= search.enough:
            proved = min(proved, bound)
            continue
        if to_open in {0, int(free.sum())}:
            last = inside | free if to_open else inside
            local.question.offer(search, np.concatenate([root.inside, root.names[last]]))
            continue
        part = root.narrowed(inside, free)
        climb = _Climb(part, multipliers[part.rows], _NODE_STEP)
        local.kick(search, climb.go_on(search, _NODE_STEPS) // _KICKS)
        local.question.offer(search, climb.plan())
        bound = max(bound, search.rounded(climb.bound))
        settled, undecided = climb.undecided(search.enough)
        places = np.flatnonzero(free)
        inside = _with(inside, places[settled])
        free = _with(nothing, places[undecided])
        multipliers = multipliers.copy()
        multipliers[part.rows] = climb.ascent.best
        children = [(inside, free)]
        if 0 < root.p - int(inside.sum()) < free.sum():
            # Branch on the column that the ascent is least sure of; the likelier side goes first.
            share = climb.ascent.share[undecided]
            unsure = np.argmin(np.abs(share - 0.5))
            j = places[undecided][unsure]
            free[j] = False
            children.append((_with(inside, j), free))
            if share[unsure] < 0.5:
                children.reverse()
        for inside, free in children:
            heapq.heappush(heap, (bound, next(serial), inside, free, multipliers))
    if not heap:
        _prove(proved, search)


def _prove(bound: float, search: Search) -> None:
    """Prove a bound of the plans still looked for; those given up cost `enough` at the least."""
    if bound < search.enough or search.max_gap > 0:
        search.prove(min(bound, search.enough))
    else:
        search.prove(search.objective)


def _with(mask: Mask, places: Columns | np.intp) -> Mask:
    """Return a mask that is true at some places more."""
    mask = mask.copy()
    mask[places] = True
    return mask


def _reaching_all(question: _Question, search: Search) -> Columns:
    """Return a plan in which every row that has to be reached is; a set covering question.

    Raises
    ------
    InfeasibleError
        If there is none.
    SitingError
        If the time was too short to tell.
    """
    p, m = question.p, len(question.candidates)
    covers = question.cost[np.isinf(question.beyond)][:, question.candidates]
    covers.data[:] = 1.0
    state: dict[str, Any] = {"needed": 0, "open": None}

    def found(x: Floats, cost: float) -> None:
        if cost < p + 0.5:
            state["open"] = x

    def proved(bound: float) -> None:
        state["needed"] = math.ceil(bound - 1e-6)

    def decided() -> bool:
        # Without a plan there is nothing to return, so it is given some seconds in any case.
        late = search.seconds_left == 0.0 and search.seconds > _LEAST_SECONDS
        return state["open"] is not None or state["needed"] > p or late

    outcome = mip.minimise(
        mip.Model(
            cost=np.ones(m),
            lower=np.zeros(m),
            upper=np.ones(m),
            integer=np.ones(m, np.bool_),
            matrix=covers,
            row_lower=np.ones(covers.shape[0]),
            row_upper=np.full(covers.shape[0], np.inf),
        ),
        stop=decided,
        on_solution=found,
        on_bound=proved,
    )
    proved(outcome.bound)
    if outcome.x is not None:
        found(outcome.x, outcome.cost)
    if state["open"] is not None:
        # The others of the plan may be any.
        return np.sort(question.candidates[np.argsort(-state["open"], kind="stable")[:p]])
    if state["needed"] > p:
        raise InfeasibleError(
            f"{p} new sites cannot reach every demand point, {state['needed']} are needed at the "
            "least: ask for more, or give the cost of what is out of reach as `beyond`",
            f"新建 {p} 个站点无法到达全部需求点，至少需要 {state['needed']} 个：请增加数量，"
            "或以 beyond 给出到不了时的成本",
        )
    raise SitingError(
        f"no plan of {p} new sites that reaches every demand point was found in "
        f"{search.seconds:.0f} s: give it more time, ask for more sites, or give the cost of what "
        "is out of reach as `beyond`",
        f"{search.seconds:.0f} 秒内没有找到能到达全部需求点的 {p} 站方案：请增加时间或数量，"
        "或以 beyond 给出到不了时的成本",
    )
