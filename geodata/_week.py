"""Compiled kernels of `geodata.week`: hours as bits, sites added up at each demand point.

``bits`` are (k, 3) words of 64 bits, hour h of `geodata.demand.HOURS` in bit ``h % 64`` of word
``h // 64``. Pairs of points and sites are rows of a CSR matrix, ``sites[starts[i]:starts[i + 1]]``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geodata._kdtree import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata._kdtree import Floats, Ints

    Words = NDArray[np.uint64]
    Indices = NDArray[np.int32] | NDArray[np.int64]

_ONE = np.uint64(1)
_NONE = np.uint64(0)


@kernel
def reached(starts: Indices, sites: Indices, bits: Words) -> tuple[Words, Words]:
    """Return the hours in which each point reaches one site or more, and two or more."""
    n = len(starts) - 1
    once, twice = np.zeros((n, 3), np.uint64), np.zeros((n, 3), np.uint64)
    for i in range(n):
        for k in range(starts[i], starts[i + 1]):
            for w in range(3):
                word = bits[sites[k], w]
                twice[i, w] |= once[i, w] & word
                once[i, w] |= word
    return once, twice


@kernel
def summed(bits: Words, weights: Floats, area: Ints, areas: int) -> Floats:
    """(areas, 192, g) weights of the points of each area in the hours that their bits name."""
    sums = np.zeros((areas, 192, weights.shape[1]))
    for i in range(len(bits)):
        own = sums[area[i]]
        for w in range(3):
            word = bits[i, w]
            if word == _NONE:
                continue
            for b in range(64):
                if (word >> np.uint64(b)) & _ONE:
                    for j in range(weights.shape[1]):
                        own[64 * w + b, j] += weights[i, j]
    return sums


@kernel
def shared_out(
    starts: Indices, sites: Indices, bits: Words, weights: Floats, at_work: Floats
) -> Floats:
    """(m, 192) workers who go to each site: in every hour to the first of their row that is open.

    Sites stand in each row from the nearest to the farthest; ``at_work`` is (g, 192).
    """
    load = np.zeros((len(bits), 192))
    for i in range(len(starts) - 1):
        for w in range(3):
            served = _NONE
            for k in range(starts[i], starts[i + 1]):
                word = bits[sites[k], w] & ~served
                if word == _NONE:
                    continue
                served |= word
                for b in range(64):
                    if (word >> np.uint64(b)) & _ONE:
                        h = 64 * w + b
                        for j in range(weights.shape[1]):
                            load[sites[k], h] += weights[i, j] * at_work[j, h]
    return load
