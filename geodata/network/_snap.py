"""Compiled kernels that find the nearest edge of a position, by a grid over segments.

Coordinates are pairs of int32 in units of 1e-7 degrees (a centimetre), as OpenStreetMap has them.
Around a position they are laid into a plane by the radii of curvature of WGS84 there: over the half
kilometre that matters lengths are off by less than 0.01 %.

A grid is ``origin`` (4,): west and south, width and height of a cell in degrees; ``shape`` (2,):
columns and rows; ``starts`` (cells + 1,) and ``items``: the segments that touch each cell, by the
place of their first coordinate. A segment goes on to the coordinate after it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]
    Ints: TypeAlias = NDArray[np.int64]
    Shorts: TypeAlias = NDArray[np.int32]
    Grid: TypeAlias = tuple[Floats, Ints, Ints, Shorts]

_A = 6378137.0
_E2 = 0.0066943799901413165
_DEGREE = math.pi / 180.0
UNIT = 1e-7
NOWHERE = -1
# So near to an end, in units, one is at it: a shape is no more exact.
_AT_END = 1.0
# Segments looked up at a time where the nearest lies beyond a barrier.
_BATCH = 64


@njit(cache=True, nogil=True, inline="always")
def metres_per_degree(lat: float) -> tuple[float, float]:
    """Length of a degree of longitude and of latitude."""
    sine = math.sin(lat * _DEGREE)
    w = 1.0 - _E2 * sine * sine
    normal = _A / math.sqrt(w)
    return normal * math.cos(lat * _DEGREE) * _DEGREE, normal * (1.0 - _E2) / w * _DEGREE


@njit(cache=True, nogil=True, inline="always")
def _clip(
    x: float, dx: float, low: float, high: float, span: tuple[float, float]
) -> tuple[float, float]:
    """Part of ``x + t dx`` that lies between two lines; empty where it ends before it begins."""
    begin, end = span
    if dx == 0.0:
        return (begin, end) if low <= x <= high else (1.0, 0.0)
    first, last = (low - x) / dx, (high - x) / dx
    if first > last:
        first, last = last, first
    return max(begin, first), min(end, last)


@njit(cache=True, nogil=True)
def file_segments(
    shape: Shorts, first: Shorts, origin: Floats, size: Ints, starts: Ints, items: Shorts
) -> None:
    """Fill a grid with the segments that begin at the coordinates `first`.

    Called twice: with no `items` it counts into ``starts[cell + 2]``; then, with the sums of these,
    it fills `items` and leaves in ``starts[cell + 1]`` where each cell ends.
    """
    for segment in first:
        x0 = (shape[segment, 0] * UNIT - origin[0]) / origin[2]
        y0 = (shape[segment, 1] * UNIT - origin[1]) / origin[3]
        x1 = (shape[segment + 1, 0] * UNIT - origin[0]) / origin[2]
        y1 = (shape[segment + 1, 1] * UNIT - origin[1]) / origin[3]
        west, east = math.floor(min(x0, x1)), math.floor(max(x0, x1))
        south, north = math.floor(min(y0, y1)), math.floor(max(y0, y1))
        for row in range(max(south, 0), min(north, size[1] - 1) + 1):
            for column in range(max(west, 0), min(east, size[0] - 1) + 1):
                if west != east and south != north:
                    # A little wider than the cell, so that rounding loses nothing.
                    span = _clip(x0, x1 - x0, column - 1e-6, column + 1.000001, (0.0, 1.0))
                    span = _clip(y0, y1 - y0, row - 1e-6, row + 1.000001, span)
                    if span[0] > span[1]:
                        continue
                cell = row * size[0] + column
                if len(items):
                    items[starts[cell + 1]] = segment
                    starts[cell + 1] += 1
                else:
                    starts[cell + 2] += 1


@njit(cache=True, nogil=True)
def _next_segments(
    lon: float,
    lat: float,
    shape: Shorts,
    grid: Grid,
    limit_m: float,
    past_m: float,
    past: int,
    nearest: Floats,
) -> int:
    """Fill `nearest` (k, 3) with the nearest segments beyond (`past_m`, `past`); return how many.

    Each row is a distance, a segment, and where along it the foot is; ascending, of equal distances
    the lower segment first. Looks at the cells around the position ring by ring, until the next
    ring is farther than the last of them.
    """
    origin, size, starts, items = grid
    kx, ky = metres_per_degree(lat)
    width, height = origin[2] * kx, origin[3] * ky
    u, v = (lon - origin[0]) / origin[2], (lat - origin[1]) / origin[3]
    column, row = math.floor(u), math.floor(v)
    # From the position to the nearest side of its own cell.
    margin = min(
        min(u - column, column + 1 - u) * width,
        min(v - row, row + 1 - v) * height,
    )
    side = min(width, height)
    found = 0
    # The ring in which the grid begins, and the last one.
    ring = max(0, -column, column - size[0] + 1, -row, row - size[1] + 1)
    last = max(column, size[0] - 1 - column, row, size[1] - 1 - row)
    while ring <= last and (ring == 0 or margin + (ring - 1) * side <= limit_m):
        for j in range(max(row - ring, 0), min(row + ring, size[1] - 1) + 1):
            step = 1 if j in (row - ring, row + ring) else max(2 * ring, 1)
            for i in range(column - ring, column + ring + 1, step):
                if i < 0 or i >= size[0]:
                    continue
                cell = j * size[0] + i
                for at in range(starts[cell], starts[cell + 1]):
                    segment = items[at]
                    x0 = (shape[segment, 0] * UNIT - lon) * kx
                    y0 = (shape[segment, 1] * UNIT - lat) * ky
                    dx = (shape[segment + 1, 0] * UNIT - lon) * kx - x0
                    dy = (shape[segment + 1, 1] * UNIT - lat) * ky - y0
                    squared = dx * dx + dy * dy
                    t = 0.0
                    if squared > 0.0:
                        t = min(1.0, max(0.0, -(x0 * dx + y0 * dy) / squared))
                    metres = math.hypot(x0 + t * dx, y0 + t * dy)
                    if metres > limit_m or (metres, segment) <= (past_m, past):
                        continue
                    found = _keep(nearest, found, metres, segment, t)
                    if found == len(nearest):
                        limit_m = nearest[found - 1, 0]
        ring += 1
    return found


@njit(cache=True, nogil=True, inline="always")
def _keep(nearest: Floats, found: int, metres: float, segment: int, t: float) -> int:
    """Put a segment among the nearest, unless it is there or they are nearer; return how many."""
    at = found
    while at > 0 and (metres, segment) < (nearest[at - 1, 0], nearest[at - 1, 1]):
        at -= 1
    # A segment lies in every cell that it touches.
    if at == len(nearest) or (at > 0 and nearest[at - 1, 1] == segment):
        return found
    found = min(found + 1, len(nearest))
    for i in range(found - 1, at, -1):
        nearest[i] = nearest[i - 1]
    nearest[at, 0], nearest[at, 1], nearest[at, 2] = metres, segment, t
    return found


@njit(cache=True, nogil=True)
def _blocked(lon: float, lat: float, x: float, y: float, shape: Shorts, grid: Grid) -> bool:
    """Whether the way from a position to the point (x, y) metres from it crosses a segment."""
    origin, size, starts, items = grid
    kx, ky = metres_per_degree(lat)
    u0, v0 = (lon - origin[0]) / origin[2], (lat - origin[1]) / origin[3]
    u1, v1 = u0 + x / kx / origin[2], v0 + y / ky / origin[3]
    for row in range(
        max(math.floor(min(v0, v1)), 0), min(math.floor(max(v0, v1)), size[1] - 1) + 1
    ):
        for column in range(
            max(math.floor(min(u0, u1)), 0),
            min(math.floor(max(u0, u1)), size[0] - 1) + 1,
        ):
            cell = row * size[0] + column
            for at in range(starts[cell], starts[cell + 1]):
                segment = items[at]
                x0 = (shape[segment, 0] * UNIT - lon) * kx
                y0 = (shape[segment, 1] * UNIT - lat) * ky
                x1 = (shape[segment + 1, 0] * UNIT - lon) * kx
                y1 = (shape[segment + 1, 1] * UNIT - lat) * ky
                # Strictly on both sides of one another; the way begins at (0, 0).
                if (x * y0 - y * x0) * (x * y1 - y * x1) < 0.0:
                    dx, dy = x1 - x0, y1 - y0
                    if (dx * (-y0) - dy * (-x0)) * (dx * (y - y0) - dy * (x - x0)) < 0.0:
                        return True
    return False


@njit(cache=True, nogil=True)
def snap(
    lon: Floats,
    lat: Floats,
    shape: Shorts,
    indptr: Ints,
    edge_of: Shorts,
    grid: Grid,
    barrier_shape: Shorts,
    barrier_grid: Grid,
    limit_m: float,
    free_m: float,
    edge: Shorts,
    fraction: Floats,
    link_m: Floats,
) -> None:
    """Nearest edge of each position to which the straight way crosses no barrier.

    A way up to `free_m` long may cross one: positions are not better known than that. `edge` is
    NOWHERE where none lies within `limit_m`.
    """
    nearest = np.empty((_BATCH, 3))
    for i in range(len(lon)):
        edge[i] = NOWHERE
        fraction[i] = 0.0
        link_m[i] = math.inf
        kx, ky = metres_per_degree(lat[i])
        past_m, past = -1.0, -1
        # One is enough, unless it lies beyond a barrier.
        found = wanted = 1
        while edge[i] == NOWHERE and found == wanted:
            wanted = 1 if past == -1 else _BATCH
            found = _next_segments(
                lon[i], lat[i], shape, grid, limit_m, past_m, past, nearest[:wanted]
            )
            for j in range(found):
                past_m, past = nearest[j, 0], int(nearest[j, 1])
                t = nearest[j, 2]
                x0 = (shape[past, 0] * UNIT - lon[i]) * kx
                y0 = (shape[past, 1] * UNIT - lat[i]) * ky
                x1 = (shape[past + 1, 0] * UNIT - lon[i]) * kx
                y1 = (shape[past + 1, 1] * UNIT - lat[i]) * ky
                x, y = x0 + t * (x1 - x0), y0 + t * (y1 - y0)
                if past_m > free_m and _blocked(lon[i], lat[i], x, y, barrier_shape, barrier_grid):
                    continue
                own = edge_of[past]
                edge[i] = own
                fraction[i] = _along(shape, indptr[own], indptr[own + 1], past, t, kx, ky)
                link_m[i] = past_m
                break


@njit(cache=True, nogil=True)
def _along(
    shape: Shorts, begin: int, end: int, segment: int, t: float, kx: float, ky: float
) -> float:
    """How far along a shape a place on one of its segments is; 0 or 1 within a unit of its ends."""
    before = whole = 0.0
    for c in range(begin, end - 1):
        length = math.hypot(
            (shape[c + 1, 0] - shape[c, 0]) * kx, (shape[c + 1, 1] - shape[c, 1]) * ky
        )
        whole += length
        if c < segment:
            before += length
        elif c == segment:
            before += t * length
    if before <= _AT_END * ky:
        return 0.0
    return 1.0 if whole - before <= _AT_END * ky else before / whole
