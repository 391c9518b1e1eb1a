"""Compiled kernel of `geodata.gaps`: places that divide a large area among them."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import numpy as np

from geodata._kdtree import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata._kdtree import Floats, Ints


@kernel
def choose_seeds(starts: Ints, near: NDArray[np.int32], load: Floats) -> Ints:
    """Return places so that each is near to one of them, by the workers near to it first.

    Row i of the neighbours, ``near[starts[i]:starts[i + 1]]``, holds i itself. Again and again
    the place is chosen that has most workers near to it who are near to none before; what a place
    would add only shrinks, so that the one whose sum is still the largest is the next.
    """
    n = len(load)
    claimed, seeds = np.zeros(n, np.bool_), np.empty(n, np.int64)
    queue = [(-load[near[starts[i] : starts[i + 1]]].sum(), i) for i in range(n)]
    heapq.heapify(queue)
    count = 0
    while len(queue) > 0:
        told, i = heapq.heappop(queue)
        own = near[starts[i] : starts[i + 1]]
        adds = load[own[~claimed[own]]].sum()
        if adds == -told:
            seeds[count] = i
            count += 1
            claimed[own] = True
        elif adds > 0:
            heapq.heappush(queue, (-adds, i))
    return seeds[:count]
