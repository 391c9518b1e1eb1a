"""Compiled kernels of `geodata.nearest`: geodesic length, tree, search.

Points are earth-centred coordinates on the WGS84 ellipsoid itself, in metres, permuted so that
every leaf of a balanced tree is one contiguous run. Node 1 is the root, the children of ``i`` are
``2 i`` and ``2 i + 1``; node ``j`` of level ``d`` owns the points from ``(j n) >> d`` up to
``((j + 1) n) >> d``, so the shape of the tree needs no storage.

The arrays that kernels hand to each other, few because each costs time at every call:

``points``
    (n, 4) x, y, z and the position in the input, in tree order.
``boxes``
    (nodes, 6) the box around the points below a node: low x, y, z, high x, y, z.
``passing``
    Which points may be answers: empty for all; or n bytes in input order; or these followed by one
    byte a node that says whether any point below it passes.
``heap``
    (k + 1, 2) from row 1 the best so far as (distance, position), the worst of them in row 1; row 0
    is the square of the longest chord of interest and a lower bound of what could not be computed.

Every kernel only reads what it shares and releases the GIL, so any number of threads may search.
numba's own threads are not used: its default threading layer aborts the process when two threads
of a server enter it at once. All kernels live in this one file because numba recompiles a cached
kernel when the kernel's file changes, but not when a file it calls into does.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeVar, cast

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Bytes = NDArray[np.uint8]

_Function = TypeVar("_Function", bound="Callable[..., object]")

# WGS84: semi-axes in metres, flattening, and squares of eccentricities.
_A = 6378137.0
_F = 1.0 / 298.257223563
_B = _A * (1.0 - _F)
_E2 = _F * (2.0 - _F)
_EP2 = _E2 / (1.0 - _E2)
_AXES_4 = 1.0 / (1.0 - _E2) ** 2

# Chords up to 200 km use the closed form of `geodesic`, whose error is 8 micrometres there.
_CLOSED_C2 = 200_000.0**2
# From here on the bound of `reach` that uses the arc is tighter than the chord itself.
_ARC_FROM = 1_900_000.0
# Rounding is a nanometre in a coordinate and 0.1 mm in Vincenty's formula; these err to the safe
# side of it.
_SLACK = 1.0 + 1e-9
_MILLIMETRE = 1e-3
# Most queries in a group, and most leaves a group may share before each is searched from the root.
_GROUP = 256
_MAX_LEAVES = 256
# Deeper than any tree that fits into memory.
_STACK = 64
UNRESOLVED = -2


def kernel(function: _Function) -> _Function:
    """Compile lazily, cached on disk where numba finds a folder it may write.

    numba looks at NUMBA_CACHE_DIR, then beside the file, then in the user's cache folder; with
    none of them writable it refuses to cache, and the kernel is compiled once per process instead.
    """
    try:
        compiled = njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:
        compiled = njit(nogil=True, error_model="numpy")(function)
    return cast("_Function", compiled)


def inlined(function: _Function) -> _Function:
    """Compile into the caller: handing over half a dozen arrays costs more than these bodies."""
    return cast("_Function", njit(forceinline=True, nogil=True, error_model="numpy")(function))


@inlined
def sincos_deg(angle: float) -> tuple[float, float]:
    """Sine and cosine of degrees in [-180, 180]; exact at multiples of 90, so 180 equals -180.

    Taylor series to the 17th power on [-45, 45] degrees: the remainder is below 1e-17, and unlike
    a library call a loop over it becomes vector instructions.
    """
    quarter = np.rint(angle / 90.0)
    x = (angle - 90.0 * quarter) * (math.pi / 180.0)
    t = x * x
    sine = 1.0 / 6227020800.0 - t * (1.0 / 1307674368000.0 - t / 355687428096000.0)
    sine = 1.0 / 362880.0 - t * (1.0 / 39916800.0 - t * sine)
    sine = x - x * t * (1.0 / 6.0 - t * (1.0 / 120.0 - t * (1.0 / 5040.0 - t * sine)))
    cosine = 1.0 / 479001600.0 - t * (1.0 / 87178291200.0 - t / 20922789888000.0)
    cosine = 1.0 / 40320.0 - t * (1.0 / 3628800.0 - t * cosine)
    cosine = 1.0 - t * (0.5 - t * (1.0 / 24.0 - t * (1.0 / 720.0 - t * cosine)))
    turned = abs(quarter) == 1.0
    half = abs(quarter) == 2.0
    s = quarter * cosine if turned else (-sine if half else sine)
    c = -quarter * sine if turned else (-cosine if half else cosine)
    return s, c


@inlined
def to_ecef(lon: float, lat: float) -> tuple[float, float, float]:
    """Earth-centred x, y, z in metres of a position on the WGS84 ellipsoid."""
    sin_lat, cos_lat = sincos_deg(lat)
    sin_lon, cos_lon = sincos_deg(lon)
    prime_vertical = _A / math.sqrt(1.0 - _E2 * sin_lat * sin_lat)
    across = prime_vertical * cos_lat
    return across * cos_lon, across * sin_lon, prime_vertical * (1.0 - _E2) * sin_lat


@inlined
def geodesic(px: float, py: float, pz: float, qx: float, qy: float, qz: float) -> float:
    """Length of the geodesic between two points of the ellipsoid; NaN if nearly antipodal.

    Up to 200 km the arc follows from the chord c alone, s = c (1 + u/24 + 3 u²/640 + 5 u³/7168)
    with u = (c/R)², the arc of a circle of radius R. R is the radius of the normal section along
    the chord at the foot of its midpoint m: with A = diag(1/a², 1/a², 1/b²) the chord d satisfies
    d·A m = 0 exactly, so d is a tangent there and Euler's theorem needs no angle:
    u = (d·A d)² (m·A m) / (d·d |A m|²), m·A m = 1 - d·A d/4. Expanding about the midpoint cancels
    the even powers, so the first neglected term is of order e² s⁵/a⁴; its largest factor over all
    latitudes and azimuths, measured against Karney's algorithm, is 0.0065: 0.3 um at 100 km, 8 um
    at 200 km. Beyond, T. Vincenty (1975), Survey Review 23(176), 88-93: 0.1 mm.
    """
    dx, dy, dz = qx - px, qy - py, qz - pz
    c2 = dx * dx + dy * dy + dz * dz
    if c2 == 0.0:
        return 0.0
    if c2 > _CLOSED_C2:
        return _vincenty(px, py, pz, qx, qy, qz)
    mx, my, mz = px + qx, py + qy, pz + qz
    along = c2 + _EP2 * dz * dz
    normal = 0.25 * (mx * mx + my * my + _AXES_4 * mz * mz)
    u = along * along * (1.0 - along * (0.25 / (_A * _A))) / (c2 * normal)
    return math.sqrt(c2) * (1.0 + u * (1.0 / 24.0 + u * (3.0 / 640.0 + u * (5.0 / 7168.0))))


@kernel
def _vincenty(px: float, py: float, pz: float, qx: float, qy: float, qz: float) -> float:
    """Vincenty's inverse formula from earth-centred coordinates; NaN where it does not settle."""
    sin1, sin2 = pz / _B, qz / _B
    cos1, cos2 = math.sqrt(px * px + py * py) / _A, math.sqrt(qx * qx + qy * qy) / _A
    turn = math.atan2(px * qy - py * qx, px * qx + py * qy)
    lam = turn
    for _ in range(40):
        sin_lam, cos_lam = math.sin(lam), math.cos(lam)
        cross = cos1 * sin2 - sin1 * cos2 * cos_lam
        sin_sigma = math.sqrt((cos2 * sin_lam) ** 2 + cross * cross)
        if sin_sigma < 1e-6:
            return math.nan
        cos_sigma = sin1 * sin2 + cos1 * cos2 * cos_lam
        sigma = math.atan2(sin_sigma, cos_sigma)
        sin_alpha = cos1 * cos2 * sin_lam / sin_sigma
        cos2_alpha = 1.0 - sin_alpha * sin_alpha
        mid = cos_sigma - 2.0 * sin1 * sin2 / cos2_alpha if cos2_alpha > 1e-15 else 0.0
        c = _F / 16.0 * cos2_alpha * (4.0 + _F * (4.0 - 3.0 * cos2_alpha))
        bend = sigma + c * sin_sigma * (mid + c * cos_sigma * (2.0 * mid * mid - 1.0))
        before = lam
        lam = turn + (1.0 - c) * _F * sin_alpha * bend
        if abs(lam) > math.pi:
            return math.nan
        if abs(lam - before) < 1e-13:
            u2 = cos2_alpha * _EP2
            big_a = 1.0 + u2 / 16384.0 * (4096.0 + u2 * (u2 * (320.0 - 175.0 * u2) - 768.0))
            big_b = u2 / 1024.0 * (256.0 + u2 * (u2 * (74.0 - 47.0 * u2) - 128.0))
            third = big_b / 6.0 * mid * (4.0 * sin_sigma**2 - 3.0) * (4.0 * mid * mid - 3.0)
            second = cos_sigma * (2.0 * mid * mid - 1.0) - third
            shift = big_b * sin_sigma * (mid + big_b / 4.0 * second)
            return _B * big_a * (sigma - shift)
    return math.nan


@inlined
def _arc_at_least(chord: float) -> float:
    """Lower bound of the geodesic from its chord; see `geodata.nearest`."""
    return max(chord, 2.0 * _B * math.asin(min(1.0, chord / (2.0 * _A))))


@inlined
def _arc_at_most(chord: float) -> float:
    """Upper bound of the geodesic from its chord; see `geodata.nearest`."""
    if chord < 1e6:
        return 1.005 * chord
    return 2.0 * _A * math.asin(min(1.0, chord / (2.0 * _B)))


@inlined
def reach(bound: float) -> float:
    """Square of the longest chord that a geodesic of at most `bound` metres can have."""
    if bound < _ARC_FROM:
        return bound * bound * _SLACK
    if bound < math.pi * _B:
        chord = 2.0 * _A * math.sin(bound / (2.0 * _B))
        return chord * chord * _SLACK
    return math.inf


@kernel
def convert(lon: Floats, lat: Floats, points: Floats) -> int:
    """Fill x, y, z of the rows of `points`; return how many rows are no positions on Earth."""
    bad = 0
    for i in range(len(lon)):
        points[i, 0], points[i, 1], points[i, 2] = to_ecef(lon[i], lat[i])
        bad += not (abs(lon[i]) <= 180.0 and abs(lat[i]) <= 90.0)
    return bad


@kernel
def _select(points: Floats, lo: int, hi: int, nth: int, axis: int) -> None:
    """Hoare's quickselect on rows lo..hi-1: afterwards row `nth` is where sorting would put it."""
    hi -= 1
    while lo < hi:
        a, b, c = points[lo, axis], points[(lo + hi) >> 1, axis], points[hi, axis]
        pivot = max(min(a, b), min(max(a, b), c))
        i, j = lo, hi
        while i <= j:
            while points[i, axis] < pivot:
                i += 1
            while points[j, axis] > pivot:
                j -= 1
            if i <= j:
                for d in range(4):
                    points[i, d], points[j, d] = points[j, d], points[i, d]
                i += 1
                j -= 1
        if nth <= j:
            hi = j
        elif nth >= i:
            lo = i
        else:
            return


@kernel
def build(points: Floats, boxes: Floats, axes: Bytes, cuts: Floats) -> None:
    """Permute `points` into tree order and fill the rest.

    A node is cut at the median of the axis along which its box is longest; a coordinate of at
    least the cut lies to the right.
    """
    n, level = len(points), 0
    for node in range(1, len(boxes)):
        level += node >= 2 << level
        j = node - (1 << level)
        lo, hi = (j * n) >> level, ((j + 1) * n) >> level
        axis = 0
        for d in range(3):
            boxes[node, d], boxes[node, 3 + d] = math.inf, -math.inf
            for i in range(lo, hi):
                boxes[node, d] = min(boxes[node, d], points[i, d])
                boxes[node, 3 + d] = max(boxes[node, 3 + d], points[i, d])
            if boxes[node, 3 + d] - boxes[node, d] > boxes[node, 3 + axis] - boxes[node, axis]:
                axis = d
        if node < len(cuts):
            middle = ((2 * j + 1) * n) >> (level + 1)
            _select(points, lo, hi, middle, axis)
            axes[node], cuts[node] = axis, points[middle, axis]


@inlined
def _depth(nodes: Floats | Bytes) -> int:
    """Level of the leaves of a tree, from an array with one row a node."""
    level = 0
    while 2 << level < len(nodes):
        level += 1
    return level


@kernel
def mark(points: Floats, passing: Bytes) -> None:
    """Set the bytes of the nodes under which a point passes the mask in the first n bytes."""
    n = len(points)
    alive = passing[n:]
    level = _depth(alive)
    for j in range(1 << level):
        for i in range((j * n) >> level, ((j + 1) * n) >> level):
            alive[(1 << level) + j] |= passing[int(points[i, 3])]
    for node in range((1 << level) - 1, 0, -1):
        alive[node] = alive[2 * node] | alive[2 * node + 1]


@inlined
def _gap2(boxes: Floats, node: int, x: float, y: float, z: float) -> float:
    """Squared distance from a point to the box of a node, 0 inside."""
    dx = max(boxes[node, 0] - x, 0.0, x - boxes[node, 3])
    dy = max(boxes[node, 1] - y, 0.0, y - boxes[node, 4])
    dz = max(boxes[node, 2] - z, 0.0, z - boxes[node, 5])
    gap2: float = dx * dx + dy * dy + dz * dz
    return gap2


@inlined
def _clear(heap: Floats, bound: float) -> None:
    """Empty a heap; infinity is both no distance and nobody's position, so it loses every tie."""
    for j in range(len(heap)):
        heap[j, 0], heap[j, 1] = math.inf, math.inf
    heap[0, 0] = reach(bound)


@inlined
def _sift(heap: Floats, last: int, s: float, i: float) -> None:
    """Replace the worst of the entries 1..last; order is by distance, then position."""
    hole, child = 1, 2
    while child <= last:
        other = child + 1
        if other <= last and (
            heap[other, 0] > heap[child, 0]
            or (heap[other, 0] == heap[child, 0] and heap[other, 1] > heap[child, 1])
        ):
            child = other
        if heap[child, 0] < s or (heap[child, 0] == s and heap[child, 1] <= i):
            break
        heap[hole, 0], heap[hole, 1] = heap[child, 0], heap[child, 1]
        hole, child = child, 2 * child
    heap[hole, 0], heap[hole, 1] = s, i


@inlined
def _scan(
    x: float,
    y: float,
    z: float,
    bound: float,
    lo: int,
    hi: int,
    points: Floats,
    passing: Bytes,
    heap: Floats,
) -> None:
    """Take those of the points lo..hi-1 that pass and are near enough into the heap."""
    longest = heap[0, 0]
    for j in range(lo, hi):
        dx, dy, dz = points[j, 0] - x, points[j, 1] - y, points[j, 2] - z
        c2 = dx * dx + dy * dy + dz * dz
        if c2 <= longest:
            i = points[j, 3]
            if len(passing) > 0 and passing[int(i)] == 0:
                continue
            s = geodesic(x, y, z, points[j, 0], points[j, 1], points[j, 2])
            if math.isnan(s):
                heap[0, 1] = min(heap[0, 1], _arc_at_least(math.sqrt(c2)))
            elif s <= bound and (s < heap[1, 0] or (s == heap[1, 0] and i < heap[1, 1])):
                _sift(heap, len(heap) - 1, s, i)
                longest = reach(min(bound, heap[1, 0]))
    heap[0, 0] = longest


@inlined
def _finish(heap: Floats, bound: float) -> int:
    """Heap to ascending order; return how many neighbours there are, or UNRESOLVED."""
    k = len(heap) - 1
    lost = heap[0, 1] <= min(bound, heap[1, 0])
    found = k
    for last in range(k, 0, -1):
        s, i = heap[last, 0], heap[last, 1]
        heap[last, 0], heap[last, 1] = heap[1, 0], heap[1, 1]
        if last > 1:
            _sift(heap, last - 1, s, i)
        found -= math.isinf(heap[last, 0])
    return UNRESOLVED if lost else found


@kernel
def _descend(
    x: float,
    y: float,
    z: float,
    bound: float,
    points: Floats,
    boxes: Floats,
    passing: Bytes,
    heap: Floats,
    stack: Floats,
) -> None:
    """Depth-first search from the root, nearer child first; the stack holds (node, gap²)."""
    n, level = len(points), _depth(boxes)
    sparse = len(passing) > n
    _clear(heap, bound)
    stack[0, 0], stack[0, 1] = 1.0, 0.0
    waiting = 1
    while waiting > 0:
        waiting -= 1
        node = int(stack[waiting, 0])
        if stack[waiting, 1] > heap[0, 0] or (sparse and passing[n + node] == 0):
            continue
        while 0 < node < 1 << level:
            near, far = 2 * node, 2 * node + 1
            near2, far2 = _gap2(boxes, near, x, y, z), _gap2(boxes, far, x, y, z)
            if far2 < near2:
                near, far, near2, far2 = far, near, far2, near2
            if far2 <= heap[0, 0] and not (sparse and passing[n + far] == 0):
                stack[waiting, 0], stack[waiting, 1] = far, far2
                waiting += 1
            node = near if near2 <= heap[0, 0] and not (sparse and passing[n + near] == 0) else 0
        if node > 0:
            j = node - (1 << level)
            lo, hi = (j * n) >> level, ((j + 1) * n) >> level
            _scan(x, y, z, bound, lo, hi, points, passing, heap)


@kernel
def search_one(
    lon: float,
    lat: float,
    bound: float,
    points: Floats,
    boxes: Floats,
    passing: Bytes,
    heap: Floats,
) -> int:
    """Fill `heap` in ascending order; return the number of neighbours, or UNRESOLVED."""
    x, y, z = to_ecef(lon, lat)
    _descend(x, y, z, bound, points, boxes, passing, heap, np.empty((_STACK, 2)))
    return _finish(heap, bound)


@kernel
def search_among(
    lon: float, lat: float, bound: float, points: Floats, rows: Ints, passing: Bytes, heap: Floats
) -> int:
    """Do what `search_one` does by looking at a few rows of `points` only."""
    x, y, z = to_ecef(lon, lat)
    _clear(heap, bound)
    for j in rows:
        _scan(x, y, z, bound, j, j + 1, points, passing, heap)
    return _finish(heap, bound)


@kernel
def _sort_by_leaf(
    lon: Floats, lat: Floats, axes: Bytes, cuts: Floats, queries: Floats, ends: Ints
) -> int:
    """Fill queries (x, y, z, row) in order of the leaves on whose side of every cut they lie.

    `ends` receives the end of every leaf's run. Returns how many rows are no positions on Earth.
    """
    m, leaves, block = len(lon), len(ends), 128
    points, node = np.empty((m, 3)), np.ones(m, np.int32)
    bad = convert(lon, lat, points)
    # Levels outside, queries inside: the steps of one query wait for each other, these do not.
    for lo in range(0, m, block):
        level = 1
        while level < leaves:
            for i in range(lo, min(m, lo + block)):
                at = node[i]
                node[i] = 2 * at + (points[i, axes[at]] >= cuts[at])
            level *= 2
    ends[:] = 0
    for i in range(m):
        ends[node[i] - leaves] += 1
    total = 0
    for j in range(leaves):
        total, ends[j] = total + ends[j], total
    for i in range(m):
        j = node[i] - leaves
        at = ends[j]
        ends[j] = at + 1
        for d in range(3):
            queries[at, d] = points[i, d]
        queries[at, 3] = i
    return bad


@kernel
def _bound_group(
    group: Floats,
    limit: float,
    points: Floats,
    boxes: Floats,
    passing: Bytes,
    heap: Floats,
    stack: Floats,
    frame: Floats,
    bounds: Floats,
) -> float:
    """Bound the k-th distance of every query of a group; return the largest of the bounds.

    One of them, the pilot, is searched from the root: by the triangle inequality its k-th distance
    plus the way to it bounds that of any other. `frame` receives the corners of the group's box.
    """
    frame[0], frame[1] = math.inf, -math.inf
    for g in range(len(group)):
        for d in range(3):
            frame[0, d] = min(frame[0, d], group[g, d])
            frame[1, d] = max(frame[1, d], group[g, d])
    pilot, least = 0, math.inf
    for g in range(len(group)):
        off = 0.0
        for d in range(3):
            off += abs(group[g, d] - 0.5 * (frame[0, d] + frame[1, d]))
        if off < least:
            pilot, least = g, off
    x, y, z = group[pilot, 0], group[pilot, 1], group[pilot, 2]
    _descend(x, y, z, math.inf, points, boxes, passing, heap, stack)
    widest = 0.0
    for g in range(len(group)):
        dx, dy, dz = group[g, 0] - x, group[g, 1] - y, group[g, 2] - z
        way = _arc_at_most(math.sqrt(dx * dx + dy * dy + dz * dz))
        bounds[g] = min(limit, heap[1, 0] + way + _MILLIMETRE)
        widest = max(widest, bounds[g])
    return widest


@kernel
def _leaves_near(
    frame: Floats,
    longest: float,
    n: int,
    boxes: Floats,
    passing: Bytes,
    stack: Floats,
    leaves: Floats,
) -> int:
    """List the leaves (node, gap²) within a chord of a frame, nearest first.

    Returns their number, or -1 if there are more than fit.
    """
    stack[0, 0] = 1.0
    waiting, count = 1, 0
    while waiting > 0:
        waiting -= 1
        node = int(stack[waiting, 0])
        gap2 = 0.0
        for d in range(3):
            gap = max(boxes[node, d] - frame[1, d], 0.0, frame[0, d] - boxes[node, 3 + d])
            gap2 += gap * gap
        if gap2 > longest or (len(passing) > n and passing[n + node] == 0):
            continue
        if node < len(boxes) >> 1:
            stack[waiting, 0], stack[waiting + 1, 0] = 2 * node, 2 * node + 1
            waiting += 2
            continue
        if count == len(leaves):
            return -1
        j = count
        while j > 0 and leaves[j - 1, 1] > gap2:
            leaves[j, 0], leaves[j, 1] = leaves[j - 1, 0], leaves[j - 1, 1]
            j -= 1
        leaves[j, 0], leaves[j, 1] = node, gap2
        count += 1
    return count


@inlined
def _store(heap: Floats, found: int, row: int, dist: Floats, index: Ints) -> None:
    """Write an ascending heap into a row of the answer."""
    for j in range(dist.shape[1]):
        s = heap[j + 1, 0]
        dist[row, j] = s
        index[row, j] = int(heap[j + 1, 1]) if s < math.inf else -1
    if found == UNRESOLVED:
        index[row, 0] = UNRESOLVED


@kernel
def search_many(
    lon: Floats,
    lat: Floats,
    limit: float,
    points: Floats,
    boxes: Floats,
    axes: Bytes,
    cuts: Floats,
    passing: Bytes,
    dist: Floats,
    index: Ints,
) -> int:
    """Fill `dist` and `index`, both (m, k), and return how many rows are UNRESOLVED.

    Queries are taken leaf by leaf, so that each group of them shares one short list of leaves to
    look at. Returns -1 if a row is no position on Earth.
    """
    n, m, k, level = len(points), len(lon), dist.shape[1], _depth(boxes)
    queries, ends = np.empty((m, 4)), np.empty(1 << level, np.int64)
    if _sort_by_leaf(lon, lat, axes, cuts, queries, ends) > 0:
        return -1
    heap, stack = np.empty((k + 1, 2)), np.empty((_STACK, 2))
    frame, bounds, leaves = np.empty((2, 3)), np.empty(_GROUP), np.empty((_MAX_LEAVES, 2))
    unresolved, begin, home = 0, 0, 0
    while begin < m:
        while ends[home] <= begin:
            home += 1
        end = min(ends[home], begin + _GROUP)
        group = queries[begin:end]
        widest = _bound_group(group, limit, points, boxes, passing, heap, stack, frame, bounds)
        count = _leaves_near(frame, reach(widest), n, boxes, passing, stack, leaves)
        for g in range(end - begin):
            x, y, z = group[g, 0], group[g, 1], group[g, 2]
            if count < 0:
                _descend(x, y, z, bounds[g], points, boxes, passing, heap, stack)
            else:
                _clear(heap, bounds[g])
            for leaf in range(count):
                if leaves[leaf, 1] > heap[0, 0]:
                    break
                node = int(leaves[leaf, 0])
                if _gap2(boxes, node, x, y, z) <= heap[0, 0]:
                    j = node - (1 << level)
                    lo, hi = (j * n) >> level, ((j + 1) * n) >> level
                    _scan(x, y, z, bounds[g], lo, hi, points, passing, heap)
            found = _finish(heap, bounds[g])
            _store(heap, found, int(group[g, 3]), dist, index)
            unresolved += found == UNRESOLVED
        begin = end
    return unresolved


@inlined
def _take_within(
    lon: float,
    lat: float,
    limit: float,
    points: Floats,
    boxes: Floats,
    stack: Ints,
    index: NDArray[np.int32],
    dist: Floats,
) -> int:
    """Put the points up to `limit` from a query into `index` and `dist`, as many as they hold.

    Returns how many there are, or UNRESOLVED if one is nearly antipodal.
    """
    x, y, z = to_ecef(lon, lat)
    n, level, longest = len(points), _depth(boxes), reach(limit)
    count, lost, waiting = 0, False, 1
    stack[0] = 1
    while waiting > 0:
        waiting -= 1
        node = stack[waiting]
        if _gap2(boxes, node, x, y, z) > longest:
            continue
        if node < 1 << level:
            stack[waiting], stack[waiting + 1] = 2 * node, 2 * node + 1
            waiting += 2
            continue
        j = node - (1 << level)
        for at in range((j * n) >> level, ((j + 1) * n) >> level):
            dx, dy, dz = points[at, 0] - x, points[at, 1] - y, points[at, 2] - z
            if dx * dx + dy * dy + dz * dz <= longest:
                s = geodesic(x, y, z, points[at, 0], points[at, 1], points[at, 2])
                lost = lost or math.isnan(s)
                if s <= limit:
                    if count < len(index):
                        index[count], dist[count] = int(points[at, 3]), s
                    count += 1
    return UNRESOLVED if lost else count


@kernel
def count_within(
    lon: Floats, lat: Floats, limits: Floats, points: Floats, boxes: Floats, counts: Ints
) -> None:
    """Count the points up to its limit from each query; UNRESOLVED if one is nearly antipodal."""
    stack, index, dist = np.empty(_STACK, np.int64), np.empty(0, np.int32), np.empty(0)
    for i in range(len(lon)):
        counts[i] = _take_within(lon[i], lat[i], limits[i], points, boxes, stack, index, dist)


@kernel
def list_within(
    lon: Floats,
    lat: Floats,
    limits: Floats,
    points: Floats,
    boxes: Floats,
    ends: Ints,
    index: NDArray[np.int32],
    dist: Floats,
) -> None:
    """List what `count_within` has counted, in order of position.

    `ends` (m,) says where the run of each query ends in `index` and `dist`.
    """
    stack, begin = np.empty(_STACK, np.int64), 0
    for i in range(len(lon)):
        own, metres = index[begin : ends[i]], dist[begin : ends[i]]
        begin = ends[i]
        if len(own) > 0:
            _take_within(lon[i], lat[i], limits[i], points, boxes, stack, own, metres)
            order = np.argsort(own)
            own[:], metres[:] = own[order], metres[order]
