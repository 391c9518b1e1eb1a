"""Segments by the cells of a grid, so that those around a position are found at once."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geodata.network import _snap

if TYPE_CHECKING:
    from numpy.typing import NDArray

# At least; finer cells would only be empty.
_CELL_DEG = 2e-4
_MOST_CELLS = 1 << 24


class Grid(NamedTuple):
    """A grid as `geodata.network._snap` reads it."""

    origin: NDArray[np.float64]
    size: NDArray[np.int64]
    starts: NDArray[np.int64]
    items: NDArray[np.int32]


def segment_grid(shape: NDArray[np.int32], first: NDArray[np.int32]) -> Grid:
    """File segments, each from coordinate ``first[i]`` of `shape` to the one after it.

    There are about as many cells as segments, as nearly square on the ground as degrees allow.
    """
    if not len(first):
        return Grid(
            np.array([0.0, 0.0, 1.0, 1.0]),
            np.zeros(2, np.int64),
            np.zeros(1, np.int64),
            np.zeros(0, np.int32),
        )
    low, high = shape.min(axis=0) * _snap.UNIT, shape.max(axis=0) * _snap.UNIT
    squeeze = max(0.01, math.cos(math.radians((low[1] + high[1]) / 2)))
    width, height = (high[0] - low[0]) * squeeze, high[1] - low[1]
    cells = min(len(first), _MOST_CELLS)
    side = max(math.sqrt(max(width * height, 1e-12) / cells), max(width, height) / cells, _CELL_DEG)
    origin = np.array([low[0], low[1], side / squeeze, side])
    size = np.floor((high - low) / origin[2:]).astype(np.int64) + 1
    starts = np.zeros(int(size.prod()) + 2, np.int64)
    _snap.file_segments(shape, first, origin, size, starts, np.zeros(0, np.int32))
    np.cumsum(starts, out=starts)
    items = np.empty(int(starts[-1]), np.int32)
    if len(items):
        _snap.file_segments(shape, first, origin, size, starts, items)
    return Grid(origin, size, starts[:-1], items)
