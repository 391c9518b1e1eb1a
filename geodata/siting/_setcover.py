"""Compiled kernels of `geodata.siting.setcover`: dominance, covers, local search, Lagrangian.

Every kernel does a bounded amount of work and returns, so that its caller can look at the clock.
What a local search carries from call to call stands in a `State`:

``covering``, ``owner``
    (n,) how many chosen columns cover each row, and the sum of their numbers: where there is one,
    that is the column itself.
``weight``, ``score``
    (n,) of the rows; (m,) weight of the uncovered rows that a column would cover, or, of a chosen
    one, of the rows that it alone covers.
``chosen``, ``place``
    (m,) the chosen columns, and each column's position among them, -1 where it is not.
``bare``, ``gap``
    (n,) the uncovered rows, and each row's position among them.
``changed``, ``moved``
    (n,) when the cover of a row changed last, and (m,) when a column was added or removed last.
``best``
    (m,) the best cover so far.
``tally``
    Numbers chosen, uncovered, in the best cover, steps so far, and the state of the random
    numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geodata._kdtree import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int32]
    Longs = NDArray[np.int64]
    Mask = NDArray[np.bool_]

# Positions in `tally`.
CHOSEN, BARE, BEST, STEPS, RANDOM = range(5)
# Most steps that a column stays, and uncovered rows that are looked at for one that comes.
_STAY, _LOOKS = 8, 10
# Subgradient steps without progress before they get shorter, and the shortest that matter.
_PATIENCE, _SHORTEST = 30.0, 1e-4


class Sets(NamedTuple):
    """A covering matrix both ways: the columns of each row and the rows of each column."""

    row_start: Longs
    columns: Ints
    column_start: Longs
    rows: Ints


class State(NamedTuple):
    """What a local search carries; see the module."""

    covering: Ints
    owner: Longs
    weight: Floats
    score: Floats
    chosen: Ints
    place: Ints
    bare: Ints
    gap: Ints
    changed: Longs
    moved: Longs
    best: Ints
    tally: Longs


@kernel
def dominate(  # noqa: C901  a loop in a loop, as compiled code is
    start: Longs,
    items: Ints,
    item_start: Longs,
    holders: Ints,
    alive: Mask,
    count: Ints,
    first: int,
    work: int,
    drop_larger: bool,  # noqa: FBT001
) -> int:
    """Compare sets from number `first` on with those that hold them; clear `alive` of the needless.

    Set i is ``items[start[i]:start[i + 1]]``, item k is in the sets
    ``holders[item_start[k]:item_start[k + 1]]``. A set that holds another is needless if
    `drop_larger` (rows: covered along with the other), else the one held is (columns). Of equal
    sets one stays. `count` is n zeros, before and after. Returns the next number when the `work`
    is used up, n at the end.
    """
    n = len(start) - 1
    touched = np.empty(n, np.int32)
    for i in range(first, n):
        if not alive[i]:
            continue
        if work <= 0:
            return i
        n_touched = 0
        # Sets that hold the first `common` items of set i have that count.
        for common, item in enumerate(items[start[i] : start[i + 1]]):
            holding = 0
            work -= item_start[item + 1] - item_start[item]
            for q in range(item_start[item], item_start[item + 1]):
                other = holders[q]
                if alive[other] and count[other] == common:
                    if common == 0:
                        touched[n_touched] = other
                        n_touched += 1
                    count[other] = common + 1
                    holding += 1
            if holding == 1:
                break
        size = start[i + 1] - start[i]
        for k in range(n_touched):
            other = touched[k]
            if count[other] == size and other != i:
                if drop_larger:
                    alive[other] = False
                else:
                    alive[i] = False
            count[other] = 0
    return n


@kernel
def simple_cover(sets: Sets) -> Mask:
    """Cover the rows one after the other, each uncovered one by its largest column."""
    n, m = len(sets.row_start) - 1, len(sets.column_start) - 1
    covered, chosen = np.zeros(n, np.bool_), np.zeros(m, np.bool_)
    for i in range(n):
        if covered[i]:
            continue
        best, largest = -1, -1
        for q in range(sets.row_start[i], sets.row_start[i + 1]):
            j = sets.columns[q]
            size = sets.column_start[j + 1] - sets.column_start[j]
            if size > largest:
                best, largest = j, size
        chosen[best] = True
        for k in range(sets.column_start[best], sets.column_start[best + 1]):
            covered[sets.rows[k]] = True
    return chosen


@kernel
def _random(tally: Longs, n: int) -> int:
    """A number from 0 to n - 1 (xorshift: Marsaglia 2003)."""
    x = tally[RANDOM]
    x ^= x << 13
    x ^= (x >> 7) & 0x1FFFFFFFFFFFFFF
    x ^= x << 17
    tally[RANDOM] = x
    return int((x & 0x7FFFFFFFFFFFFFFF) % n)


@kernel
def _add(sets: Sets, state: State, j: int) -> int:
    """Choose column j; returns the work it took."""
    tally, score, count, owner = state.tally, state.score, state.covering, state.owner
    state.place[j] = tally[CHOSEN]
    state.chosen[tally[CHOSEN]] = j
    tally[CHOSEN] += 1
    alone, work = 0.0, sets.column_start[j + 1] - sets.column_start[j]
    for k in range(sets.column_start[j], sets.column_start[j + 1]):
        i = sets.rows[k]
        weight = state.weight[i]
        if count[i] == 0:
            work += sets.row_start[i + 1] - sets.row_start[i]
            for q in range(sets.row_start[i], sets.row_start[i + 1]):
                score[sets.columns[q]] -= weight
            alone += weight
            tally[BARE] -= 1
            last = state.bare[tally[BARE]]
            state.bare[state.gap[i]] = last
            state.gap[last] = state.gap[i]
        elif count[i] == 1:
            score[owner[i]] -= weight
        count[i] += 1
        owner[i] += j
        state.changed[i] = tally[STEPS]
    score[j] = alone
    state.moved[j] = tally[STEPS]
    return int(work)


@kernel
def _remove(sets: Sets, state: State, j: int) -> int:
    """Give up column j; returns the work it took."""
    tally, score, count, owner = state.tally, state.score, state.covering, state.owner
    tally[CHOSEN] -= 1
    last = state.chosen[tally[CHOSEN]]
    state.chosen[state.place[j]] = last
    state.place[last] = state.place[j]
    state.place[j] = -1
    gain, work = 0.0, sets.column_start[j + 1] - sets.column_start[j]
    for k in range(sets.column_start[j], sets.column_start[j + 1]):
        i = sets.rows[k]
        weight = state.weight[i]
        count[i] -= 1
        owner[i] -= j
        if count[i] == 0:
            work += sets.row_start[i + 1] - sets.row_start[i]
            for q in range(sets.row_start[i], sets.row_start[i + 1]):
                score[sets.columns[q]] += weight
            gain += weight
            state.bare[tally[BARE]] = i
            state.gap[i] = tally[BARE]
            tally[BARE] += 1
        elif count[i] == 1:
            score[owner[i]] += weight
        state.changed[i] = tally[STEPS]
    score[j] = gain
    state.moved[j] = tally[STEPS]
    return int(work)


@kernel
def choose(sets: Sets, state: State, columns: Ints) -> None:
    """Add columns to the chosen ones."""
    for j in columns:
        _add(sets, state, j)


@kernel
def clear(sets: Sets, state: State) -> None:
    """Remove all that is chosen."""
    while state.tally[CHOSEN]:
        _remove(sets, state, state.chosen[state.tally[CHOSEN] - 1])


@kernel
def greedy(sets: Sets, state: State, price: Floats, slack: float, work: int) -> bool:
    """Add columns of most score per price while more weight than `slack` is uncovered.

    Returns False when the `work` is used up before.
    """
    m = len(price)
    short = _short(state)
    while short > slack and state.tally[BARE] > 0:
        if work <= 0:
            return False
        work -= m
        best, most = -1, 0.0
        for j in range(m):
            if state.place[j] < 0 and state.score[j] > most * price[j]:
                best, most = j, state.score[j] / price[j]
        if best < 0:
            break
        short -= state.score[best]
        _add(sets, state, best)
    return True


@kernel
def _cheapest(state: State, banned: int, newest: int) -> int:
    """The chosen column with the least score, the oldest of several; -1 if all are too new."""
    best = -1
    for k in range(state.tally[CHOSEN]):
        j = state.chosen[k]
        if j == banned or state.moved[j] > newest:
            continue
        if (
            best < 0
            or state.score[j] < state.score[best]
            or (state.score[j] == state.score[best] and state.moved[j] < state.moved[best])
        ):
            best = j
    return best


@kernel
def _comer(sets: Sets, state: State, i: int, best: int) -> int:
    """The column over row i with the most score, the oldest of several, if it beats `best`.

    Only those that have come into another situation since they moved (configuration checking).
    """
    for q in range(sets.row_start[i], sets.row_start[i + 1]):
        j = sets.columns[q]
        if best >= 0 and (
            state.score[j] < state.score[best]
            or (state.score[j] == state.score[best] and state.moved[j] >= state.moved[best])
        ):
            continue
        for k in range(sets.column_start[j], sets.column_start[j + 1]):
            if state.changed[sets.rows[k]] > state.moved[j]:
                best = j
                break
    return best


@kernel
def _short(state: State) -> float:
    """Weight that is uncovered."""
    short = 0.0
    for k in range(state.tally[BARE]):
        short += state.weight[state.bare[k]]
    return short


@kernel
def keep(state: State) -> None:
    """Note what is chosen as the best cover."""
    state.tally[BEST] = state.tally[CHOSEN]
    state.best[: state.tally[BEST]] = state.chosen[: state.tally[BEST]]


@kernel
def weigh(sets: Sets, state: State, aim: int, work: int) -> None:
    """Local search with row weighting (Gao, Weise and Li 2015), until the `work` is used up.

    It removes a column whenever everything is covered, and else exchanges: the column that costs
    least goes, one that covers an uncovered row comes, and rows that stay uncovered gain weight.
    A column that went comes back only after the cover of one of its rows has changed. Ends when
    the best cover has `aim` columns or fewer.
    """
    tally = state.tally
    tabu = -1
    while work > 0:
        while tally[BARE] == 0:
            keep(state)
            if tally[BEST] <= aim:
                return
            tally[STEPS] += 1
            _remove(sets, state, _cheapest(state, -1, tally[STEPS]))
        tally[STEPS] += 1
        work -= 100 + tally[CHOSEN]
        if tally[CHOSEN] > 0:
            j = _cheapest(state, tabu, tally[STEPS])
            if j < 0:
                j = tabu
            work -= _remove(sets, state, j)
        i = state.bare[_random(tally, tally[BARE])]
        best = _comer(sets, state, i, -1)
        if best < 0:
            best = sets.columns[sets.row_start[i]]
        tally[STEPS] += 1
        work -= _add(sets, state, best)
        tabu = best
        for k in range(tally[BARE]):
            i = state.bare[k]
            state.weight[i] += 1.0
            for q in range(sets.row_start[i], sets.row_start[i + 1]):
                state.score[sets.columns[q]] += 1.0
            work -= sets.row_start[i + 1] - sets.row_start[i]


@kernel
def trade(sets: Sets, state: State, slack: float, aim: int, work: int) -> None:
    """Local search for a cover that leaves no more than the weight `slack` uncovered.

    As `weigh`, but the rows keep their weight, and the column that comes is the best over a few
    random uncovered rows (best from multiple selections: Cai 2015).
    """
    tally = state.tally
    short = _short(state)
    tabu = -1
    while work > 0:
        if short <= slack:
            # Summed anew: what was added up on the way is rounded.
            short = _short(state)
        if short <= slack:
            keep(state)
            if tally[BEST] <= aim:
                return
            tally[STEPS] += 1
            j = _cheapest(state, -1, tally[STEPS])
            short += state.score[j]
            _remove(sets, state, j)
            continue
        tally[STEPS] += 1
        work -= 100 + tally[CHOSEN]
        if tally[CHOSEN] > 0:
            j = _cheapest(state, tabu, tally[STEPS] - 1 - _random(tally, _STAY))
            if j < 0:
                j = state.chosen[_random(tally, tally[CHOSEN])]
            short += state.score[j]
            work -= _remove(sets, state, j)
        best = -1
        for _ in range(_LOOKS):
            i = state.bare[_random(tally, tally[BARE])]
            best = _comer(sets, state, i, best)
        if best < 0:
            best = sets.columns[sets.row_start[state.bare[_random(tally, tally[BARE])]]]
        tally[STEPS] += 1
        short -= state.score[best]
        work -= _add(sets, state, best)
        tabu = best


@kernel
def ascend(  # noqa: C901, PLR0912  the terms of one formula, row by row
    sets: Sets, u: Floats, best: Floats, direction: Floats, step: Floats, upper: float, work: int
) -> bool:
    """Raise the Lagrangian bound by deflected subgradient steps (Camerini, Fratta, Maffioli 1975).

    ``L(u) = sum(u) + sum(min(0, 1 - sum of u over the rows of j))`` for u >= 0. Starts at `u`,
    leaves the best one in `best`; `direction` is kept from call to call, as is `step`: the length
    factor, the best bound, the steps without progress. Returns True where no cover smaller than
    `upper` is possible or the steps are too short to matter, False when the `work` is used up.
    """
    n, m = len(u), len(sets.column_start) - 1
    slope = np.empty(n)
    while step[0] > _SHORTEST and step[1] <= upper - 1.0 + 1e-6:
        if work <= 0:
            return False
        work -= len(sets.rows) + 4 * n
        slope[:] = 1.0
        bound = 0.0
        for i in range(n):
            bound += u[i]
        for j in range(m):
            cost = 1.0
            for k in range(sets.column_start[j], sets.column_start[j + 1]):
                cost -= u[sets.rows[k]]
            if cost < 0.0:
                bound += cost
                for k in range(sets.column_start[j], sets.column_start[j + 1]):
                    slope[sets.rows[k]] -= 1.0
        if step[1] == -np.inf:
            direction[:] = slope
        step[2] = 0.0 if bound > step[1] + 2e-5 * upper else step[2] + 1.0
        if bound > step[1]:
            step[1] = bound
            best[:] = u
        if step[2] >= _PATIENCE:
            step[0], step[2] = 0.7 * step[0], 0.0
            u[:] = best
        norm = 0.0
        for i in range(n):
            direction[i] = 0.95 * direction[i] + 0.05 * slope[i]
            if u[i] > 0.0 or direction[i] > 0.0:
                norm += direction[i] * direction[i]
        if norm < 1e-12:
            step[0] = 0.0
            break
        length = step[0] * (upper - step[1]) / norm
        for i in range(n):
            u[i] = max(0.0, u[i] + length * direction[i])
    return True


@kernel
def descend(  # noqa: C901, PLR0912  the terms of one formula, row by row
    sets: Sets,
    weight: Floats,
    u: Floats,
    best: Floats,
    direction: Floats,
    step: Floats,
    p: int,
    need: float,
    work: int,
) -> bool:
    """Lower the Lagrangian bound on the weight that `p` columns cover, until it is below `need`.

    ``U(u) = sum(weight - u) + sum of the p largest sums of u over the rows of a column`` for
    0 <= u <= weight. The other parameters and what comes back are as for `ascend`, which goes the
    other way.
    """
    n, m = len(u), len(sets.column_start) - 1
    slope, profit = np.empty(n), np.empty(m)
    while step[0] > _SHORTEST and step[1] >= need:
        if work <= 0:
            return False
        work -= len(sets.rows) + 4 * n + 8 * m
        slope[:] = -1.0
        for j in range(m):
            profit[j] = 0.0
            for k in range(sets.column_start[j], sets.column_start[j + 1]):
                profit[j] += u[sets.rows[k]]
        least = np.partition(profit, m - p)[m - p]
        bound = 0.0
        for i in range(n):
            bound += weight[i] - u[i]
        # Of those equal to the least, as many as there is room for.
        room = p - np.sum(profit > least)
        for j in range(m):
            if profit[j] < least or (profit[j] == least and room <= 0):
                continue
            if profit[j] == least:
                room -= 1
            bound += profit[j]
            for k in range(sets.column_start[j], sets.column_start[j + 1]):
                slope[sets.rows[k]] += 1.0
        if step[1] == np.inf:
            direction[:] = slope
        step[2] = 0.0 if bound < step[1] - 1e-5 * need else step[2] + 1.0
        if bound < step[1]:
            step[1] = bound
            best[:] = u
        if step[2] >= _PATIENCE:
            step[0], step[2] = 0.7 * step[0], 0.0
            u[:] = best
        norm = 0.0
        for i in range(n):
            direction[i] = 0.95 * direction[i] + 0.05 * slope[i]
            free = u[i] > 0.0 if direction[i] > 0.0 else u[i] < weight[i]
            if free:
                norm += direction[i] * direction[i]
        if norm < 1e-12:
            step[0] = 0.0
            break
        length = step[0] * (step[1] - 0.999 * need) / norm
        for i in range(n):
            u[i] = min(weight[i], max(0.0, u[i] - length * direction[i]))
    return True
