"""Compiled kernels of `geodata.siting.pmedian`: lists, Lagrangian ascent, interchange.

Every kernel releases the GIL and works for no more than about 0.1 s: long work is cut up by a
number of rows, of steps, or of entries looked at, so that the caller can stop in between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Shorts = NDArray[np.int32]
    Bools = NDArray[np.bool_]
    Entries = tuple[Ints, Shorts, Floats]


class Table(NamedTuple):
    """Who may serve whom, at what cost.

    Attributes
    ----------
    starts, columns, costs
        The entries row by row, in ascending order of cost: row i owns ``starts[i]`` up to
        ``starts[i + 1]``.
    tops, rows, prices
        The same entries column by column.
    ceiling
        (n,) what a row pays that no open column is listed for.
    cap
        (n,) at most `ceiling`, and no more than any column costs that the row does not list.
    metric
        (n,) how readily the multiplier of each row moves.
    """

    starts: Ints
    columns: Shorts
    costs: Floats
    tops: Ints
    rows: Shorts
    prices: Floats
    ceiling: Floats
    cap: Floats
    metric: Floats


class Ascent(NamedTuple):
    """How far the Lagrangian has come.

    Attributes
    ----------
    multipliers, direction
        (n,) where it stands, and the mean of its subgradients of late.
    best
        (n,) multipliers of the best bound.
    share
        (m,) how often of late each column was among the p that save most.
    dial
        Best bound, factor of the step, steps without much progress.
    """

    multipliers: Floats
    direction: Floats
    best: Floats
    share: Floats
    dial: Floats


class Exchange(NamedTuple):
    """A plan and what swapping its columns would change.

    Attributes
    ----------
    plan, slot
        (p,) the open columns, and (m,) the place of each column in `plan`, -1 where it is closed.
    near, paid
        (n, 2) places in `plan` of the nearest and second nearest listed open column, -1 for none,
        and what these cost, the ceiling for none.
    loss
        (p,) what closing an open column would cost if nothing were opened for it.
    queue, queued
        (m + 2,) columns whose swap is to be tried: a ring, then where it begins and how many it
        holds; (m,) which columns are in it.
    """

    plan: Ints
    slot: Ints
    near: Shorts
    paid: Floats
    loss: Floats
    queue: Ints
    queued: Bools


@njit(cache=True, nogil=True)
def near_entries(cost: Floats, radius: Floats, ceiling: Floats, renamed: Shorts) -> Entries:
    """List the entries of some dense rows up to a radius and below a ceiling.

    Returns the length of each list, the new names of the columns, and the costs.
    """
    n, m = cost.shape
    lengths = np.zeros(n, np.int64)
    for i in range(n):
        for j in range(m):
            lengths[i] += cost[i, j] <= radius[i] and cost[i, j] < ceiling[i]
    columns = np.empty(lengths.sum(), np.int32)
    costs = np.empty(len(columns))
    at = 0
    for i in range(n):
        for j in range(m):
            if cost[i, j] <= radius[i] and cost[i, j] < ceiling[i]:
                columns[at] = renamed[j]
                costs[at] = cost[i, j]
                at += 1
    return lengths, columns, costs


@njit(cache=True, nogil=True)
def nearest_listed(starts: Shorts, columns: Shorts, costs: Floats, opened: Bools) -> Floats:
    """Cost of the nearest open column that each row lists; inf for none."""
    nearest = np.full(len(starts) - 1, np.inf)
    for i in range(len(nearest)):
        for k in range(starts[i], starts[i + 1]):
            if opened[columns[k]]:
                nearest[i] = min(nearest[i], costs[k])
    return nearest


@njit(cache=True, nogil=True)
def sort_rows(starts: Ints, columns: Shorts, costs: Floats, first: int, last: int) -> None:
    """Bring the entries of rows ``first`` up to ``last`` into ascending order of cost."""
    for i in range(first, last):
        a, b = starts[i], starts[i + 1]
        order = np.argsort(costs[a:b])
        columns[a:b] = columns[a:b][order]
        costs[a:b] = costs[a:b][order]


@njit(cache=True, nogil=True)
def by_column(starts: Ints, columns: Shorts, costs: Floats, m: int) -> Entries:
    """Turn the entries from row by row into column by column."""
    tops = np.zeros(m + 1, np.int64)
    for j in columns:
        tops[j + 1] += 1
    for j in range(m):
        tops[j + 1] += tops[j]
    at = tops[:-1].copy()
    rows = np.empty(len(columns), np.int32)
    prices = np.empty(len(columns))
    for i in range(len(starts) - 1):
        for k in range(starts[i], starts[i + 1]):
            j = columns[k]
            rows[at[j]] = i
            prices[at[j]] = costs[k]
            at[j] += 1
    return tops, rows, prices


@njit(cache=True, nogil=True)
def reduced(
    starts: Ints, columns: Shorts, costs: Floats, ceiling: Floats, inside: Bools, renamed: Ints
) -> tuple[Ints, Shorts, Floats, Floats]:
    """Keep the entries of renamed columns that are below what the fixed open ones leave to pay.

    `renamed` gives each column its new number, -1 to drop it. Returns the entries and the ceiling.
    """
    n = len(ceiling)
    kept = np.zeros(n + 1, np.int64)
    left = ceiling.copy()
    for i in range(n):
        found = 0
        for k in range(starts[i], starts[i + 1]):
            if inside[columns[k]]:
                left[i] = costs[k]
                break
            found += renamed[columns[k]] >= 0
        kept[i + 1] = kept[i] + found
    columns_kept = np.empty(kept[n], np.int32)
    costs_kept = np.empty(kept[n])
    for i in range(n):
        at = kept[i]
        for k in range(starts[i], starts[i + 1]):
            j = columns[k]
            if inside[j]:
                break
            if renamed[j] >= 0:
                columns_kept[at] = renamed[j]
                costs_kept[at] = costs[k]
                at += 1
    return kept, columns_kept, costs_kept, left


@njit(cache=True, nogil=True)
def relaxed(
    starts: Ints, columns: Shorts, costs: Floats, multipliers: Floats, saving: Floats
) -> float:
    """Sum the multipliers; `saving` becomes what opening each column takes off that sum."""
    saving[:] = 0.0
    total = 0.0
    for i in range(len(multipliers)):
        multiplier = multipliers[i]
        total += multiplier
        for k in range(starts[i], starts[i + 1]):
            if costs[k] >= multiplier:
                break
            saving[columns[k]] += multiplier - costs[k]
    return total


@njit(cache=True, nogil=True)
def largest(saving: Floats, p: int) -> Ints:
    """Return the p columns that save most; of equal ones the first."""
    chosen = np.empty(p, np.int64)
    if p == 0:
        return chosen
    edge = np.partition(saving, len(saving) - p)[len(saving) - p]
    found = 0
    for j in range(len(saving)):
        if saving[j] > edge:
            chosen[found] = j
            found += 1
    for j in range(len(saving)):
        if found == p:
            break
        if saving[j] == edge:
            chosen[found] = j
            found += 1
    return chosen


@njit(cache=True, nogil=True)
def steer(table: Table, multipliers: Floats, direction: Floats, chosen: Ints) -> float:
    """Turn the direction half way to the subgradient; return its square norm in the metric.

    The subgradient is one less the number of chosen columns that each row is served by.
    """
    direction *= 0.5
    direction += 0.5
    for j in chosen:
        for k in range(table.tops[j], table.tops[j + 1]):
            i = table.rows[k]
            if table.prices[k] < multipliers[i]:
                direction[i] -= 0.5
    norm = 0.0
    for i in range(len(direction)):
        norm += direction[i] * direction[i] * table.metric[i]
    return norm


@njit(cache=True, nogil=True)
def ascend(table: Table, ascent: Ascent, p: int, upper: float, enough: float, steps: int) -> int:
    """Climb on the Lagrangian bound by deflected subgradients; return the steps done.

    It ends early at a bound of `enough`.
    """
    multipliers, direction, best, share, dial = ascent
    saving = np.empty(len(share))
    for step in range(steps):
        bound = relaxed(table.starts, table.columns, table.costs, multipliers, saving)
        chosen = largest(saving, p)
        for j in chosen:
            bound -= saving[j]
        if bound > dial[0] + 1e-4 * (upper - dial[0]):
            dial[2] = 0.0
        else:
            dial[2] += 1.0
        if bound > dial[0]:
            dial[0] = bound
            best[:] = multipliers
        if bound >= enough:
            return step + 1
        if dial[2] >= 20.0:
            dial[1] *= 0.7
            dial[2] = 0.0
        share *= 0.95
        for j in chosen:
            share[j] += 0.05
        norm = steer(table, multipliers, direction, chosen)
        if norm == 0.0:
            return step + 1
        length = dial[1] * (upper - bound) / norm
        for i in range(len(direction)):
            moved = multipliers[i] + length * table.metric[i] * direction[i]
            multipliers[i] = min(max(moved, 0.0), table.cap[i])
    return steps


@njit(cache=True, nogil=True)
def greedy(table: Table, p: int) -> Ints:
    """Open p columns, each the one that saves most at its turn."""
    paid = table.ceiling.copy()
    gain = np.zeros(len(table.tops) - 1)
    relaxed(table.starts, table.columns, table.costs, paid, gain)
    plan = np.empty(p, np.int64)
    for turn in range(p):
        j = np.argmax(gain)
        plan[turn] = j
        for e in range(table.tops[j], table.tops[j + 1]):
            i, price = table.rows[e], table.prices[e]
            if price >= paid[i]:
                continue
            for k in range(table.starts[i], table.starts[i + 1]):
                if table.costs[k] >= paid[i]:
                    break
                gain[table.columns[k]] -= paid[i] - max(price, table.costs[k])
            paid[i] = price
        gain[j] = -np.inf
    return plan


@njit(cache=True, nogil=True)
def settle(table: Table, state: Exchange) -> None:
    """Work out everything that follows from the open columns in ``state.plan``."""
    state.slot[:] = -1
    for r in range(len(state.plan)):
        state.slot[state.plan[r]] = r
    state.loss[:] = 0.0
    for i in range(len(table.ceiling)):
        look_up(table, state, i)
        if state.near[i, 0] >= 0:
            state.loss[state.near[i, 0]] += state.paid[i, 1] - state.paid[i, 0]


@njit(cache=True, nogil=True)
def look_up(table: Table, state: Exchange, i: int) -> None:
    """Find the two nearest open columns of a row."""
    found = 0
    state.near[i] = -1
    state.paid[i] = table.ceiling[i]
    for k in range(table.starts[i], table.starts[i + 1]):
        r = state.slot[table.columns[k]]
        if r >= 0:
            state.near[i, found] = r
            state.paid[i, found] = table.costs[k]
            found += 1
            if found == 2:
                break


@njit(cache=True, nogil=True)
def enqueue(state: Exchange, j: int) -> None:
    """Have the swap of a column tried, at the end of the queue."""
    m = len(state.slot)
    if not state.queued[j] and state.slot[j] < 0:
        state.queued[j] = True
        state.queue[(state.queue[m] + state.queue[m + 1]) % m] = j
        state.queue[m + 1] += 1


@njit(cache=True, nogil=True)
def dequeue(state: Exchange) -> int:
    """Take the first column of the queue."""
    m = len(state.slot)
    j = int(state.queue[state.queue[m]])
    state.queue[m] = (state.queue[m] + 1) % m
    state.queue[m + 1] -= 1
    state.queued[j] = False
    return j


@njit(cache=True, nogil=True)
def swap(table: Table, state: Exchange, j: int, r: int) -> int:
    """Open column j in place r of the plan, and queue the columns whose gain that changes.

    Returns how many entries were looked at.
    """
    near, paid, loss = state.near, state.paid, state.loss
    out = state.plan[r]
    state.plan[r] = j
    state.slot[out] = -1
    state.slot[j] = r
    looked = 0
    for changed in (out, j):
        looked += table.tops[changed + 1] - table.tops[changed]
        for e in range(table.tops[changed], table.tops[changed + 1]):
            i = table.rows[e]
            reach = paid[i, 1]
            if table.prices[e] > reach:
                continue
            if near[i, 0] >= 0:
                loss[near[i, 0]] -= reach - paid[i, 0]
            look_up(table, state, i)
            if near[i, 0] >= 0:
                loss[near[i, 0]] += paid[i, 1] - paid[i, 0]
            reach = max(reach, paid[i, 1])
            for k in range(table.starts[i], table.starts[i + 1]):
                looked += 1
                if table.costs[k] >= reach:
                    break
                enqueue(state, table.columns[k])
    return looked


@njit(cache=True, nogil=True)
def best_exchange(table: Table, state: Exchange, spared: Floats, j: int) -> tuple[float, int]:
    """What opening column j saves if the best place is given up for it; and which place that is.

    Resende and Werneck (2007): the gain of opening j, less the loss of closing a column, plus what
    opening j spares of that loss. `spared` is (p,) zeros, and is left so.
    """
    near, paid, loss = state.near, state.paid, state.loss
    gain = 0.0
    for k in range(table.tops[j], table.tops[j + 1]):
        i, price = table.rows[k], table.prices[k]
        if price < paid[i, 1] and near[i, 0] >= 0:
            spared[near[i, 0]] += paid[i, 1] - max(paid[i, 0], price)
        gain += max(0.0, paid[i, 0] - price)
    place = int(np.argmin(loss))
    cost = loss[place] - spared[place]
    for k in range(table.tops[j], table.tops[j + 1]):
        r = near[table.rows[k], 0]
        if r >= 0 and loss[r] - spared[r] < cost:
            place, cost = int(r), loss[r] - spared[r]
    for k in range(table.tops[j], table.tops[j + 1]):
        if near[table.rows[k], 0] >= 0:
            spared[near[table.rows[k], 0]] = 0.0
    return gain - cost, place


@njit(cache=True, nogil=True)
def descend(
    table: Table, state: Exchange, swaps: Ints, tolerance: float, budget: int
) -> tuple[float, int, int]:
    """Make every swap of a queued column that betters the plan, until none is left.

    Returns what was saved, the entries looked at (it ends when these exceed `budget`), and the
    number of swaps, of which as many as fit are noted in `swaps`: (k, 2) column in, column out.
    """
    m = len(state.slot)
    spared = np.zeros(len(state.plan))
    saved, looked, done = 0.0, 0, 0
    while state.queue[m + 1] > 0 and looked < budget:
        j = dequeue(state)
        if state.slot[j] >= 0:
            continue
        gain, r = best_exchange(table, state, spared, j)
        looked += 3 * (table.tops[j + 1] - table.tops[j]) + len(spared)
        if gain > tolerance:
            if done < len(swaps):
                swaps[done, 0] = j
                swaps[done, 1] = state.plan[r]
            done += 1
            saved += gain
            looked += swap(table, state, j, r)
    return saved, looked, done


@njit(cache=True, nogil=True)
def disturb(table: Table, state: Exchange, kicks: Ints, tolerance: float, budget: int) -> float:
    """Iterated local search: open the columns of each kick, descend, keep what is no worse.

    `kicks` is (k, q). Returns what was saved. It ends when the entries looked at exceed `budget`.
    """
    swaps = np.empty((4 * len(state.plan) + 64, 2), np.int64)
    spared = np.zeros(len(state.plan))
    total, looked = 0.0, 0
    for kick in range(len(kicks)):
        if looked > budget:
            break
        saved, noted = 0.0, 0
        for j in kicks[kick]:
            if state.slot[j] < 0:
                gain, r = best_exchange(table, state, spared, j)
                swaps[noted, 0] = j
                swaps[noted, 1] = state.plan[r]
                noted += 1
                saved += gain
                looked += swap(table, state, j, r)
        gain, work, done = descend(table, state, swaps[noted:], tolerance, budget)
        looked += work
        saved += gain
        noted += done
        if saved >= -tolerance or noted > len(swaps):
            total += saved
            continue
        for s in range(noted - 1, -1, -1):
            looked += swap(table, state, swaps[s, 1], state.slot[swaps[s, 0]])
        # The plan is as it was, and so are the gains of all columns.
        while state.queue[len(state.slot) + 1] > 0:
            dequeue(state)
    return total
