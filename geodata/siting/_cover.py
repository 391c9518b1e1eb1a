"""Kernels of the covering problems: plans kept up to date, greedy, swaps, ruin and recreate.

Rows are demand points, columns are sites. The arrays travel in three bundles:

sets
    ``starts, rows`` list the rows of each column, ``row_starts, columns`` the columns of each row;
    ``first[i] >= second[i]`` is what the first and the second open column over row i are worth.
rules
    ``group`` of each column, ``least`` and ``most`` of each group, ``near_starts, near`` the
    columns that each one excludes, ``cost`` of each column, and ``ends``: the most columns that
    may be open, and the most that they may cost.
plan
    ``count`` of open columns over each row, ``gain`` that each column has (what its rows would be
    worth once more), ``place`` of each column among the open ones or -1, ``opened`` itself,
    ``used`` columns of each group, ``blocked``: how many open columns exclude each one, and
    ``tally``: number open, cost, value, quota places not filled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]
    Ints: TypeAlias = NDArray[np.int64]
    Shorts: TypeAlias = NDArray[np.int32]
    Seeds: TypeAlias = NDArray[np.uint64]
    Sets: TypeAlias = tuple[Ints, Shorts, Ints, Shorts, Floats, Floats]
    Rules: TypeAlias = tuple[Ints, Ints, Ints, Ints, Shorts, Floats, Floats]
    Plan: TypeAlias = tuple[Shorts, Floats, Shorts, Shorts, Ints, Shorts, Floats]
    Best: TypeAlias = tuple[Shorts, Floats]
    Scratch: TypeAlias = tuple[Floats, Ints, Ints, Ints, Ints, Ints]
    Dual: TypeAlias = tuple[Floats, Floats, Floats, Floats]

NUMBER, COST, VALUE, MISSING = 0, 1, 2, 3
BOUND, STEP, CALM, TOLL, TOLL_DIRECTION, BEST_TOLL = 0, 1, 2, 3, 4, 5
_NONE = -1
# Values nearer than this share are the same: sums of floats in another order.
_ROUNDING = 1e-10


def empty_plan(n: int, m: int, rules: Rules) -> Plan:
    """Return the bundle of a plan of which no column is open yet."""
    tally = np.zeros(4)
    tally[MISSING] = rules[1].sum()
    return (
        np.zeros(n, np.int32),
        np.zeros(m),
        np.full(m, _NONE, np.int32),
        np.empty(m, np.int32),
        np.zeros(len(rules[1]), np.int64),
        np.zeros(m, np.int32),
        tally,
    )


def no_sets(m: int) -> Sets:
    """Return the bundle of sets where nothing is covered and only the rules matter."""
    nothing = np.zeros(0)
    indices = np.zeros(0, np.int32)
    return np.zeros(m + 1, np.int64), indices, np.zeros(1, np.int64), indices, nothing, nothing


@njit(cache=True, nogil=True, inline="always")
def _worth(first: Floats, second: Floats, i: int, count: int) -> float:
    """What one open column more is worth on row i, where `count` cover it."""
    if count > 1:
        return 0.0
    return float(first[i] if count == 0 else second[i])


@njit(cache=True, nogil=True)
def gains(sets: Sets, plan: Plan) -> None:
    """Fill the gains of a plan from its counts."""
    starts, rows, _, _, first, second = sets
    count, gain = plan[0], plan[1]
    for j in range(len(starts) - 1):
        total = 0.0
        for k in range(starts[j], starts[j + 1]):
            total += _worth(first, second, rows[k], count[rows[k]])
        gain[j] = total


@njit(cache=True, nogil=True)
def turn(j: int, by: int, sets: Sets, rules: Rules, plan: Plan) -> None:
    """Open (`by` = 1) or close (`by` = -1) column j and move all that depends on it."""
    starts, rows, row_starts, columns, first, second = sets
    group, least, _, near_starts, near, cost, _ = rules
    count, gain, place, opened, used, blocked, tally = plan
    for k in range(starts[j], starts[j + 1]):
        i = rows[k]
        c = count[i]
        count[i] = c + by
        change = _worth(first, second, i, c + by) - _worth(first, second, i, c)
        tally[VALUE] += by * _worth(first, second, i, min(c, c + by))
        if change != 0.0:
            for q in range(row_starts[i], row_starts[i + 1]):
                gain[columns[q]] += change
    for q in range(near_starts[j], near_starts[j + 1]):
        blocked[near[q]] += by
    g = group[j]
    if by == 1:
        if used[g] < least[g]:
            tally[MISSING] -= 1
        place[j] = int(tally[NUMBER])
        opened[place[j]] = j
    else:
        if used[g] <= least[g]:
            tally[MISSING] += 1
        last = opened[int(tally[NUMBER]) - 1]
        opened[place[j]] = last
        place[last] = place[j]
        place[j] = _NONE
    used[g] += by
    tally[NUMBER] += by
    tally[COST] += by * cost[j]


@njit(cache=True, nogil=True)
def may_open(j: int, rules: Rules, plan: Plan) -> bool:
    """Whether column j may be opened beside those that are."""
    group, least, most, _, _, cost, ends = rules
    _, _, place, _, used, blocked, tally = plan
    g = group[j]
    if place[j] != _NONE or blocked[j] > 0 or used[g] >= most[g]:
        return False
    if tally[COST] + cost[j] > ends[1]:
        return False
    missing = tally[MISSING] - (1 if used[g] < least[g] else 0)
    return bool(tally[NUMBER] + 1 + missing <= ends[0])


@njit(cache=True, nogil=True)
def may_swap(r: int, b: int, rules: Rules, plan: Plan) -> bool:
    """Whether column b may be opened instead of the open column r."""
    group, least, most, near_starts, near, cost, ends = rules
    _, _, place, _, used, blocked, tally = plan
    if place[b] != _NONE or tally[COST] - cost[r] + cost[b] > ends[1]:
        return False
    if group[b] != group[r] and (
        used[group[b]] >= most[group[b]] or used[group[r]] <= least[group[r]]
    ):
        return False
    others = blocked[b]
    if others > 0:
        for q in range(near_starts[r], near_starts[r + 1]):
            if near[q] == b:
                others -= 1
                break
    return bool(others == 0)


@njit(cache=True, nogil=True)
def greedy(upto: int, dearness: float, sets: Sets, rules: Rules, plan: Plan) -> bool:
    """Open the column with the most gain (for ``cost ** dearness``), up to `upto` columns.

    Returns
    -------
    Whether it ended because there are `upto`, not because nothing more may be opened.
    """
    cost, gain = rules[5], plan[1]
    tally = plan[6]
    m = len(gain)
    while tally[NUMBER] < upto:
        best, best_rate = _NONE, -1.0
        for j in range(m):
            rate = gain[j]
            if dearness != 0.0:
                rate /= max(cost[j], 1e-300) ** dearness
            if rate > best_rate and may_open(j, rules, plan):
                best, best_rate = j, rate
        if best == _NONE:
            return False
        turn(best, 1, sets, rules, plan)
    return True


@njit(cache=True, nogil=True)
def _best_swap(
    r: int, elsewhere: int, sets: Sets, rules: Rules, plan: Plan, extra: Floats, touched: Ints
) -> tuple[int, float]:
    """The column whose opening instead of r is worth most, and by how much the value rises.

    `extra` (m,) zeros and `touched` (m,) are scratch; `elsewhere` is the column with the largest
    gain among all that may take the place of any, or -1.
    """
    starts, rows, row_starts, columns, first, second = sets
    count, gain, place = plan[0], plan[1], plan[2]
    n = 0
    lost = 0.0
    for k in range(starts[r], starts[r + 1]):
        i = rows[k]
        c = count[i]
        here = _worth(first, second, i, c - 1)
        lost += here
        more = here - _worth(first, second, i, c)
        if more > 0.0:
            for q in range(row_starts[i], row_starts[i + 1]):
                b = columns[q]
                if extra[b] == 0.0:
                    touched[n] = b
                    n += 1
                extra[b] += more
    best, best_value = _NONE, 0.0
    if elsewhere != _NONE and gain[elsewhere] > 0.0 and may_swap(r, elsewhere, rules, plan):
        best, best_value = elsewhere, gain[elsewhere] + extra[elsewhere]
    for t in range(n):
        b = touched[t]
        value = gain[b] + extra[b]
        extra[b] = 0.0
        if value > best_value and place[b] == _NONE and may_swap(r, b, rules, plan):
            best, best_value = b, value
    return best, best_value - lost


@njit(cache=True, nogil=True)
def _elsewhere(plan: Plan) -> int:
    """The unopened column with the largest gain, of those that no open one excludes."""
    gain, place, blocked = plan[1], plan[2], plan[5]
    best, best_gain = _NONE, 0.0
    for j in range(len(gain)):
        if gain[j] > best_gain and place[j] == _NONE and blocked[j] == 0:
            best, best_gain = j, gain[j]
    return best


@njit(cache=True, nogil=True)
def descend(
    work: int, cursor: Ints, sets: Sets, rules: Rules, plan: Plan, extra: Floats, touched: Ints
) -> None:
    """Swap one open column after the other for a better one.

    Stops when a whole round has brought nothing, or after about `work` entries looked at.

    Parameters
    ----------
    cursor
        (2,) the place to go on at, and how many places in a row have brought nothing.
    """
    starts, row_starts = sets[0], sets[2]
    opened, tally = plan[3], plan[6]
    n = int(tally[NUMBER])
    columns_of_a_row = 1 + row_starts[-1] // len(row_starts)
    elsewhere = _elsewhere(plan)
    while cursor[1] < n and work > 0:
        r = opened[cursor[0] % n]
        best, better = _best_swap(r, elsewhere, sets, rules, plan, extra, touched)
        work -= (starts[r + 1] - starts[r]) * columns_of_a_row + 1
        cursor[1] += 1
        if best != _NONE and better > _ROUNDING * tally[VALUE]:
            turn(r, -1, sets, rules, plan)
            turn(best, 1, sets, rules, plan)
            elsewhere = _elsewhere(plan)
            work -= len(starts)
            cursor[1] = 0
        cursor[0] += 1


@njit(cache=True, nogil=True, inline="always")
def _random(state: Seeds, below: int) -> int:
    """A whole number from 0 to below - 1 (xorshift64*, Vigna 2016)."""
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    return int((x * np.uint64(2685821657736338717)) >> np.uint64(33)) % below


@njit(cache=True, nogil=True)
def _around(j: int, sets: Sets, mark: Ints, stamp: int, found: Ints, n_found: int) -> int:
    """Add to `found` the columns that share a row with column j and have no such `mark` yet."""
    starts, rows, row_starts, columns, _, _ = sets
    for k in range(starts[j], starts[j + 1]):
        for q in range(row_starts[rows[k]], row_starts[rows[k] + 1]):
            b = columns[q]
            if mark[b] != stamp:
                mark[b] = stamp
                found[n_found] = b
                n_found += 1
    return n_found


@njit(cache=True, nogil=True)
def _close_nearby(
    seed: int,
    closing: int,
    random: Seeds,
    sets: Sets,
    rules: Rules,
    plan: Plan,
    mark: Ints,
    stamp: int,
    around: Ints,
    log: Ints,
) -> tuple[int, int]:
    """Close the open column `seed` and some at most two steps away; sizes of `around` and log."""
    starts, rows, row_starts, columns, _, _ = sets
    place = plan[2]
    mark[seed] = stamp
    around[0] = seed
    n_around = _around(seed, sets, mark, stamp, around, 1)
    turn(seed, -1, sets, rules, plan)
    log[0] = -seed - 1
    n_log = 1
    for _ in range(4 * closing):
        if n_log == closing:
            break
        b = around[_random(random, n_around)]
        if starts[b + 1] == starts[b]:
            continue
        i = rows[starts[b] + _random(random, starts[b + 1] - starts[b])]
        for q in range(row_starts[i], row_starts[i + 1]):
            r = columns[q]
            if place[r] != _NONE:
                turn(r, -1, sets, rules, plan)
                log[n_log] = -r - 1
                n_log += 1
                n_around = _around(r, sets, mark, stamp, around, n_around)
                break
    return n_around, n_log


@njit(cache=True, nogil=True)
def _open_anew(
    n: int,
    random: Seeds,
    around: Ints,
    n_around: int,
    sets: Sets,
    rules: Rules,
    plan: Plan,
    log: Ints,
    n_log: int,
) -> int:
    """Open columns of `around` until n are open: the best, now and then the second best."""
    gain, tally = plan[1], plan[6]
    while tally[NUMBER] < n:
        best, best_gain, next_, next_gain = _NONE, -1.0, _NONE, -1.0
        for t in range(n_around):
            b = around[t]
            if gain[b] > next_gain and may_open(b, rules, plan):
                if gain[b] > best_gain:
                    next_, next_gain = best, best_gain
                    best, best_gain = b, gain[b]
                else:
                    next_, next_gain = b, gain[b]
        if best == _NONE:
            break
        if next_ != _NONE and _random(random, 3) == 0:
            best = next_
        turn(best, 1, sets, rules, plan)
        log[n_log] = best + 1
        n_log += 1
    return n_log


@njit(cache=True, nogil=True)
def shake(  # noqa: C901  one loop, run a hundred thousand times a second
    times: int,
    closing: int,
    heat: float,
    random: Seeds,
    sets: Sets,
    rules: Rules,
    plan: Plan,
    best: Best,
    scratch: Scratch,
) -> None:
    """Ruin and recreate, `times` over: close a few neighbours, open the best anew, swap around.

    A worse plan is kept with the probability ``exp(loss / heat)``, otherwise undone; the best one
    met is copied to `best`, an ``(opened, tally)``.

    Parameters
    ----------
    closing
        How many columns are closed at most.
    random
        (1,) uint64, the state of the generator, not 0.
    scratch
        ``extra`` (m,) float64 zeros, ``touched`` and ``around`` (m,) int64, ``mark`` (m,) int64
        and ``stamp`` (1,), ``log`` (at least 4 times `closing` long).
    """
    opened, tally = plan[3], plan[6]
    best_opened, best_tally = best
    extra, touched, around, mark, stamp, log = scratch
    for _ in range(times):
        stamp[0] += 1
        n = int(tally[NUMBER])
        if n == 0:
            return
        value, spent, missing = tally[VALUE], tally[COST], tally[MISSING]
        some = 1 + _random(random, min(closing, n))
        n_around, n_log = _close_nearby(
            opened[_random(random, n)], some, random, sets, rules, plan, mark, stamp[0], around, log
        )
        n_log = _open_anew(n, random, around, n_around, sets, rules, plan, log, n_log)
        calm = False
        while not calm:
            calm = True
            for at in range(int(tally[NUMBER])):
                r = opened[at]
                if mark[r] != stamp[0] or n_log + 2 > len(log):
                    continue
                b, better = _best_swap(r, _NONE, sets, rules, plan, extra, touched)
                if b != _NONE and better > _ROUNDING * value:
                    turn(r, -1, sets, rules, plan)
                    turn(b, 1, sets, rules, plan)
                    log[n_log], log[n_log + 1] = -r - 1, b + 1
                    n_log += 2
                    mark[b] = stamp[0]
                    calm = False
        if tally[MISSING] <= 0 and tally[VALUE] > best_tally[VALUE] * (1 + _ROUNDING):
            _copy(tally, best_tally)
            _copy(opened, best_opened)
        luck = -np.log((_random(random, 1 << 30) + 1) / (1 << 30)) * heat
        if tally[MISSING] > missing or tally[VALUE] < value * (1 - _ROUNDING) - luck:
            for q in range(n_log - 1, -1, -1):
                if log[q] > 0:
                    turn(log[q] - 1, -1, sets, rules, plan)
                else:
                    turn(-log[q] - 1, 1, sets, rules, plan)
            # The sums as they were, without what has been added and taken away again.
            tally[VALUE], tally[COST] = value, spent


@njit(cache=True, nogil=True, inline="always")
def _copy(source: NDArray[np.generic], target: NDArray[np.generic]) -> None:
    """Copy an array; the same by slices takes a second to compile wherever it stands."""
    for at in range(len(source)):
        target[at] = source[at]


@njit(cache=True, nogil=True)
def _largest_first(value: Floats, k: int, order: Ints) -> None:
    """Number the places in `order` so that the k largest values come first (Hoare 1961).

    numpy's own selection and sorting would take as long to compile as all that stands here.
    """
    for at in range(len(value)):
        order[at] = at
    low, high = 0, len(value) - 1
    while low < high:
        pivot = value[order[(low + high) // 2]]
        i, j = low, high
        while i <= j:
            while value[order[i]] > pivot:
                i += 1
            while value[order[j]] < pivot:
                j -= 1
            if i <= j:
                order[i], order[j] = order[j], order[i]
                i += 1
                j -= 1
        if k - 1 <= j:
            high = j
        elif k - 1 >= i:
            low = i
        else:
            return


@njit(cache=True, nogil=True)
def _descending(value: Floats, order: Ints) -> None:
    """Number the places in `order` in descending order of value (heapsort, Williams 1964)."""
    n = len(value)
    for at in range(n):
        order[at] = at
    for step in range(n // 2 + n - 1):
        # First every parent sinks, then the smallest goes to the end, again and again.
        end = n if step < n // 2 else n - 1 - (step - n // 2)
        at = max(0, n // 2 - 1 - step)
        if step >= n // 2:
            order[0], order[end] = order[end], order[0]
            at = 0
        while 2 * at + 1 < end:
            child = 2 * at + 1
            if child + 1 < end and value[order[child + 1]] < value[order[child]]:
                child += 1
            if value[order[at]] <= value[order[child]]:
                break
            order[at], order[child] = order[child], order[at]
            at = child


@njit(cache=True, nogil=True)
def choose(profit: Floats, rules: Rules, chosen: Ints) -> int:
    """The columns with the most profit together that groups and their number allow.

    Exact, for groups nested in a total are a laminar family: each group gets its best `least`,
    and the best of the others, up to `most` a group, fill the rest while they bring a profit.
    Neither the cost nor the excluded neighbours are looked at.

    Returns
    -------
    How many columns were written to `chosen`.
    """
    group, least, most, _, _, _, ends = rules
    upto = min(int(ends[0]), len(profit))
    n = 0
    if len(least) == 1 and least[0] == 0:
        upto = min(upto, most[0])
        if upto <= 0:
            return 0
        _largest_first(profit, upto, chosen)
        for q in range(upto):
            if profit[chosen[q]] > 0:
                chosen[n] = chosen[q]
                n += 1
        return n
    order = np.empty(len(profit), np.int64)
    _descending(profit, order)
    used = np.zeros(len(least), np.int64)
    taken = np.zeros(len(profit), np.bool_)
    for required in (True, False):
        for j in order:
            g = group[j]
            if taken[j] or n == upto or (not required and profit[j] <= 0):
                continue
            if used[g] < (least[g] if required else most[g]):
                taken[j] = True
                used[g] += 1
                chosen[n] = j
                n += 1
    return n


@njit(cache=True, nogil=True)
def profits(price: Floats, toll: float, sets: Sets, rules: Rules, profit: Floats) -> None:
    """Fill `profit` (m,) with the price of each column's rows less the toll on its cost."""
    starts, rows = sets[0], sets[1]
    cost = rules[5]
    for j in range(len(starts) - 1):
        total = -toll * cost[j]
        for k in range(starts[j], starts[j + 1]):
            total += price[rows[k]]
        profit[j] = total


@njit(cache=True, nogil=True)
def subgradient(  # noqa: C901, PLR0912, PLR0915  one loop, run thousands of times
    times: int,
    target: float,
    sets: Sets,
    rules: Rules,
    dual: Dual,
    scratch: tuple[Floats, Ints, Shorts],
) -> None:
    """Steps of the deflected subgradient method on the Lagrangian; see `lagrangian`.

    Parameters
    ----------
    target
        Value of a plan: the step aims at it.
    dual
        ``price`` (n,), ``direction`` (n,), ``best_price`` (n,), and ``state``: bound, step length,
        steps without success, toll on the cost, its direction, the best toll.
    scratch
        ``profit`` (m,), ``chosen`` (m,) int64, ``over`` (n,) int32.
    """
    starts, rows, _, _, first, second = sets
    cost, ends = rules[5], rules[6]
    price, direction, best_price, state = dual
    profit, chosen, over = scratch
    n = len(first)
    for _ in range(times):
        if state[STEP] < 2e-3:
            return
        bound = 0.0
        for i in range(n):
            bound += first[i] - price[i]
            over[i] = -1
            if price[i] < second[i]:
                bound += second[i] - price[i]
                over[i] = -2
        profits(price, state[TOLL], sets, rules, profit)
        spent = 0.0
        for q in range(choose(profit, rules, chosen)):
            j = chosen[q]
            bound += profit[j]
            spent += cost[j]
            for k in range(starts[j], starts[j + 1]):
                over[rows[k]] += 1
        left = 0.0
        if ends[1] < np.inf:
            bound += state[TOLL] * ends[1]
            left = ends[1] - spent
        if bound < state[BOUND]:
            state[CALM] = 0 if bound < state[BOUND] - 1e-5 * abs(state[BOUND]) else state[CALM] + 1
            state[BOUND], state[BEST_TOLL] = bound, state[TOLL]
            _copy(price, best_price)
        else:
            state[CALM] += 1
        if state[CALM] >= 20:
            state[STEP] *= 0.66
            state[CALM] = 0
            _copy(best_price, price)
            state[TOLL] = state[BEST_TOLL]
            for i in range(n):
                direction[i] = 0.0
            state[TOLL_DIRECTION] = 0
            continue
        # Rows are scaled by what they are worth, the toll by what the money buys.
        norm = 0.0
        for i in range(n):
            g = over[i] + 0.9 * direction[i]
            if (g > 0 and price[i] <= 0) or (g < 0 and price[i] >= first[i]):
                g = 0.0
            direction[i] = g
            norm += first[i] * g * g
        toll_scale = 0.0
        if ends[1] < np.inf:
            toll_scale = target / max(ends[1], 1e-300) ** 2 / 10
            g = left + 0.9 * state[TOLL_DIRECTION]
            if g > 0 and state[TOLL] <= 0:
                g = 0.0
            state[TOLL_DIRECTION] = g
            norm += toll_scale * g * g
        if norm <= 0:
            state[STEP] = 0.0
            return
        length = state[STEP] * (bound - min(target, bound * (1 - 1e-6))) / norm
        for i in range(n):
            if direction[i] != 0:
                price[i] = min(first[i], max(0.0, price[i] - length * first[i] * direction[i]))
        if toll_scale > 0:
            state[TOLL] = max(0.0, state[TOLL] - length * toll_scale * state[TOLL_DIRECTION])


@njit(cache=True, nogil=True)
def same_rows(order: Ints, row_starts: Ints, columns: Shorts, label: Ints) -> int:
    """Number the rows so that equal ones get one number; `order` brings equal ones together.

    Rows that stand apart in `order` though they are equal get two numbers, which does no harm.
    """
    n = 0
    for at in range(len(order)):
        i = order[at]
        if at > 0:
            h = order[at - 1]
            size = row_starts[i + 1] - row_starts[i]
            same = size == row_starts[h + 1] - row_starts[h]
            k = 0
            while same and k < size:
                same = columns[row_starts[i] + k] == columns[row_starts[h] + k]
                k += 1
            if not same:
                n += 1
        label[i] = n
    return n + 1 if len(order) else 0


@njit(cache=True, nogil=True)
def sum_by_group(sets: Sets, group: Ints, value: Floats, sums: Floats) -> None:
    """Add to `sums` (groups, m) the value of each column's rows, group by group."""
    starts, rows = sets[0], sets[1]
    for j in range(len(starts) - 1):
        for k in range(starts[j], starts[j + 1]):
            sums[group[rows[k]], j] += value[rows[k]]
