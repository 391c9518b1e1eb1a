"""Kernels of capacitated covering: who is served by whom, and the Lagrangian's knapsacks.

Entries are the pairs of a row and a column over it, row by row (``row_starts, columns``);
``starts, rows, entry`` lists them column by column, `entry` being the place of each in the other
order. ``flow`` (entries,) is how many workers of the row the column serves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]
    Ints: TypeAlias = NDArray[np.int64]
    Bools: TypeAlias = NDArray[np.bool_]
    Table: TypeAlias = tuple[Ints, Ints, Ints, Ints, Ints]

_NONE = -1


@njit(cache=True, nogil=True)
def serve(  # noqa: C901, PLR0912, PLR0915  one search, step by step
    order: Ints,
    table: Table,
    is_open: Bools,
    spare: Floats,
    left: Floats,
    flow: Floats,
    dead: Bools,
) -> None:
    """Serve as many workers as there is room for; those of the first rows in `order` come first.

    Augmenting paths: a row goes to a column with room, or to a full one from which workers of
    another row can move on. Whoever is served stays served, so with rows in descending order of
    worth the result is worth most (the rows that can be served together are a polymatroid).

    Parameters
    ----------
    spare, left
        (m,) room and (n,) workers that are not served yet; both change.
    dead
        (m,) columns from which no path leads to room; true ones are not tried, new ones are marked.
    """
    row_starts, columns, starts, rows, entry = table
    n, m = len(row_starts) - 1, len(starts) - 1
    from_row = np.empty(m, np.int64)
    via = np.empty(m, np.int64)
    seen_column = np.zeros(m, np.int64)
    seen_row = np.zeros(n, np.int64)
    back = np.empty(n, np.int64)
    queue = np.empty(n, np.int64)
    stamp = 0
    for r in order:
        while left[r] > 0.0:
            stamp += 1
            queue[0] = r
            seen_row[r] = stamp
            back[r] = _NONE
            head, tail, found = 0, 1, _NONE
            while head < tail and found == _NONE:
                i = queue[head]
                head += 1
                for k in range(row_starts[i], row_starts[i + 1]):
                    j = columns[k]
                    if not is_open[j] or dead[j] or seen_column[j] == stamp:
                        continue
                    seen_column[j] = stamp
                    from_row[j], via[j] = i, k
                    if spare[j] > 0.0:
                        found = j
                        break
                    for q in range(starts[j], starts[j + 1]):
                        h = rows[q]
                        if flow[entry[q]] > 0.0 and seen_row[h] != stamp:
                            seen_row[h] = stamp
                            back[h] = q
                            queue[tail] = h
                            tail += 1
            if found == _NONE:
                for j in range(m):
                    if seen_column[j] == stamp:
                        dead[j] = True
                break
            # The least room along the path, then the move itself.
            amount = min(left[r], spare[found])
            i = from_row[found]
            while i != r:
                amount = min(amount, flow[entry[back[i]]])
                i = from_row[columns[entry[back[i]]]]
            spare[found] -= amount
            left[r] -= amount
            j = found
            while True:
                flow[via[j]] += amount
                i = from_row[j]
                if i == r:
                    break
                j = columns[entry[back[i]]]
                flow[entry[back[i]]] -= amount


@njit(cache=True, nogil=True)
def fill(
    worth: Floats, amount: Floats, capacity: Floats, table: Table, value: Floats, taken: Floats
) -> None:
    """Fill `value` (m,) with the most that each column alone can serve of what is there.

    `worth` (n,) is that of one worker, `amount` (n,) the workers; `taken` (entries,) gets how many
    each column takes of each row, in column order.
    """
    _, _, starts, rows, _ = table
    for j in range(len(starts) - 1):
        begin, end = starts[j], starts[j + 1]
        room, total = capacity[j], 0.0
        here = np.empty(end - begin)
        for q in range(begin, end):
            here[q - begin] = -worth[rows[q]]
            taken[q] = 0.0
        for q in np.argsort(here):
            i = rows[begin + q]
            if room <= 0.0 or worth[i] <= 0.0:
                break
            some = min(room, amount[i])
            room -= some
            total += some * worth[i]
            taken[begin + q] = some
        value[j] = total
