"""Kernels of the covering problems: greedy, swaps, and the Lagrangian bound.

Rows are demand points, columns are sites. ``first[i]`` and ``second[i]`` are what the first and
the second open column over row i are worth (``first >= second``), further ones nothing.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, inline="always")
def _worth(first, second, i, count):
    """What one open column more is worth on row i, where `count` cover it."""
    if count == 0:
        return first[i]
    if count == 1:
        return second[i]
    return 0.0


@njit(cache=True, nogil=True)
def gains(starts, rows, first, second, count, gain):
    """Fill `gain` (m,) with what opening each column would add."""
    for j in range(len(starts) - 1):
        total = 0.0
        for k in range(starts[j], starts[j + 1]):
            total += _worth(first, second, rows[k], count[rows[k]])
        gain[j] = total


@njit(cache=True, nogil=True)
def turn(j, by, starts, rows, row_starts, columns, first, second, count, gain):
    """Open (`by` = 1) or close (-1) column j: move the counts, and all gains that depend on them."""
    for k in range(starts[j], starts[j + 1]):
        i = rows[k]
        before = _worth(first, second, i, count[i])
        count[i] += by
        change = _worth(first, second, i, count[i]) - before
        if change != 0.0:
            for q in range(row_starts[i], row_starts[i + 1]):
                gain[columns[q]] += change


@njit(cache=True, nogil=True)
def bound_step(starts, rows, price, profit):
    """Fill `profit` (m,) with the price of the rows that each column covers."""
    for j in range(len(starts) - 1):
        total = 0.0
        for k in range(starts[j], starts[j + 1]):
            total += price[rows[k]]
        profit[j] = total
