"""The k nearest points by WGS84 geodesic: exact anywhere on Earth, and fast.

Points lie as earth-centred coordinates on the ellipsoid itself (semi-axes a > b) in a KD-tree. Two
bounds tie the length s of a geodesic to its chord c, so that the tree may be pruned by chords:

* ``s >= c``, since nothing is shorter than the straight line. And ``s >= 2 b asin(c / 2a)``:
  stretching the polar axis by a/b maps the ellipsoid to the sphere of radius a and lengthens no
  curve by more than a/b, and no chord becomes shorter; on the sphere the arc over a chord of at
  least c is at least 2 a asin(c / 2a). From 1,900 km on, the second bound is the tighter one.
* ``s <= 2 a asin(c / 2b)``. For central angle t, c² = (r₁ - r₂)² + 4 r₁ r₂ sin²(t/2) and r >= b,
  so t <= 2 asin(c / 2b); and the geodesic is no longer than the central section between the two
  points, an arc of an ellipse whose length grows by at most a for each radian of t.

A search therefore keeps the k smallest geodesics it has met and leaves out exactly those points and
boxes whose chord proves them longer than the k-th (first bound). A batch bounds each k-th distance
beforehand by that of a neighbouring query plus the way there (second bound, triangle inequality).
Nothing is approximated in either. Lengths agree with C. F. F. Karney's algorithm (J. Geodesy 87
(2013), 43-55, in PROJ) within 0.01 mm up to 200 km and 0.2 mm beyond; the few nearly antipodal ones
are left to PROJ itself. `geodata._kdtree.geodesic` has the formulas.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from pyproj import Geod

from geodata import _kdtree
from geodata._chunks import in_chunks
from geodata.errors import GeodataError, PositionError, TooLargeError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Mask = NDArray[np.bool_] | NDArray[np.uint8]

_GEOD = Geod(ellps="WGS84")
_ALL = np.empty(0, np.uint8)
# Points in a leaf of the tree, at most.
_LEAF = 16
# A mask that passes less than one point in this many is searched point by point.
_FEW = 64


class Neighbours(NamedTuple):
    """The nearest points of each query, ascending by distance, then by position.

    Attributes
    ----------
    index
        (n, k) positions in the arrays that the index was built from, -1 where there is none.
    distance_m
        (n, k) geodesic distances in metres, ``inf`` where there is none.
    """

    # A field called `index` hides a tuple's method of that name, which nobody misses here.
    index: NDArray[np.intp]  # type: ignore[assignment]
    distance_m: NDArray[np.float64]


class Within(NamedTuple):
    """The points up to a distance from each query, as the rows of a CSR matrix.

    Attributes
    ----------
    indptr
        (n + 1,) where the run of each query begins; the last is the number of pairs.
    index
        (pairs,) int32 positions in the arrays that the index was built from, ascending in a run.
    distance_m
        (pairs,) geodesic distances in metres.
    """

    indptr: NDArray[np.int64]
    index: NDArray[np.int32]  # type: ignore[assignment]
    distance_m: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Subset:
    """A mask prepared for one index by `NearestIndex.subset`, for use in many queries.

    Attributes
    ----------
    count
        How many points pass.
    index
        The index it belongs to.
    passing
        What the kernels read: a byte for each point, then one for each node of the tree.
    """

    count: int
    index: NearestIndex = field(repr=False)
    passing: NDArray[np.uint8] = field(repr=False)


class NearestIndex:
    """Exact k-nearest by WGS84 geodesic. Immutable, and safe to query from many threads.

    Parameters
    ----------
    lon, lat
        (n,) WGS84 degrees, longitudes in [-180, 180]. They are copied; n may be 0.

    Raises
    ------
    PositionError
        If a longitude or latitude is not finite or out of range; names the first such position.
    """

    __slots__ = ("_axes", "_boxes", "_cuts", "_lat", "_lon", "_points", "_rows")

    def __init__(self, lon: ArrayLike, lat: ArrayLike) -> None:
        self._lon, self._lat = _positions(lon, lat)
        n = len(self._lon)
        self._points = np.empty((n, 4))
        if _kdtree.convert(self._lon, self._lat, self._points) > 0:
            raise _first_bad(self._lon, self._lat)
        self._points[:, 3] = np.arange(n)
        leaves = 1
        while leaves * _LEAF < n:
            leaves *= 2
        self._boxes = np.empty((2 * leaves, 6))
        self._axes = np.zeros(leaves, np.uint8)
        self._cuts = np.zeros(leaves)
        if n:
            _kdtree.build(self._points, self._boxes, self._axes, self._cuts)
        self._rows = np.empty(n, np.int64)
        self._rows[self._points[:, 3].astype(np.int64)] = np.arange(n)

    def __len__(self) -> int:
        return len(self._lon)

    def subset(self, mask: Mask) -> Subset:
        """Prepare a mask that is used for more than a query or two.

        Costs about a microsecond for each thousand points. A search then skips whole regions in
        which nothing passes; with a bare mask `query_one` may have to look at every point there.

        Parameters
        ----------
        mask
            (n,) bool or uint8: points where it is not zero can be answers. It is copied.

        Raises
        ------
        GeodataError
            If the mask has another length or type.
        """
        n = len(self)
        passing = np.zeros(n + len(self._boxes), np.uint8)
        passing[:n] = self._checked(mask)
        if n:
            _kdtree.mark(self._points, passing)
        return Subset(int(np.count_nonzero(passing[:n])), self, passing)

    def query(
        self,
        lon: ArrayLike,
        lat: ArrayLike,
        *,
        k: int = 1,
        max_distance_m: float = math.inf,
        mask: Mask | Subset | None = None,
    ) -> Neighbours:
        """Find the k nearest points of each position.

        Parameters
        ----------
        lon, lat
            (n,) WGS84 degrees, longitudes in [-180, 180].
        k
            How many neighbours; where there are fewer, the answer is padded.
        max_distance_m
            Points up to this distance, inclusive, are answers.
        mask
            Only points that pass can be answers; it acts before the k nearest are chosen.

        Returns
        -------
        Neighbours
            Ties go to the lower position.

        Raises
        ------
        PositionError
            If a longitude or latitude is not finite or out of range; names the first such position.
        GeodataError
            If `k`, `max_distance_m` or `mask` makes no sense.
        """
        lon, lat = _positions(lon, lat)
        limit = _limit(k, max_distance_m)
        found = min(k, len(self))
        dist, index = np.empty((len(lon), found)), np.empty((len(lon), found), np.intp)
        if found == 0:
            if not _valid(lon, lat).all():
                raise _first_bad(lon, lat)
        else:
            subset = self.subset(mask) if isinstance(mask, np.ndarray) else mask
            passing = _ALL if subset is None else self._own(subset)
            self._fill(lon, lat, limit, passing, dist, index)
        if found < k:
            padding = ((0, 0), (0, k - found))
            dist = np.pad(dist, padding, constant_values=math.inf)
            index = np.pad(index, padding, constant_values=-1)
        return Neighbours(index, dist)

    def query_one(
        self,
        lon: float,
        lat: float,
        *,
        k: int = 1,
        max_distance_m: float = math.inf,
        mask: Mask | Subset | None = None,
    ) -> list[tuple[int, float]]:
        """Find the k nearest points of one position, in a few microseconds.

        Takes the options of `query`, raises what `query` raises.

        Returns
        -------
        list of (position, metres)
            Ascending, at most k long; ties go to the lower position.
        """
        if not (-180.0 <= lon <= 180.0 and -90.0 <= lat <= 90.0):
            raise _first_bad(np.array([lon], np.float64), np.array([lat], np.float64))
        limit = _limit(k, max_distance_m)
        n = len(self._lon)
        if n == 0:
            return []
        lon, lat = float(lon), float(lat)
        heap = np.empty((min(k, n) + 1, 2))
        passing, rows = _ALL, None
        if isinstance(mask, Subset):
            passing = self._own(mask)
        elif mask is not None:
            chosen = self._checked(mask)
            passing = chosen.view(np.uint8)
            if np.count_nonzero(chosen) * _FEW <= n:
                rows = self._rows[np.flatnonzero(chosen)]
        if rows is None:
            found = _kdtree.search_one(lon, lat, limit, self._points, self._boxes, passing, heap)
        else:
            found = _kdtree.search_among(lon, lat, limit, self._points, rows, passing, heap)
        if found == _kdtree.UNRESOLVED:
            index, dist = self._by_proj(lon, lat, limit, passing)
            return list(zip(index[:k].tolist(), dist[:k].tolist(), strict=True))
        return [(int(index), metres) for metres, index in heap[1 : found + 1].tolist()]

    def within(
        self,
        lon: ArrayLike,
        lat: ArrayLike,
        radius_m: ArrayLike,
        *,
        max_pairs: int | None = None,
    ) -> Within:
        """Find every point up to a distance from each position.

        Parameters
        ----------
        lon, lat
            (n,) WGS84 degrees, longitudes in [-180, 180].
        radius_m
            Points up to this distance, inclusive, are answers: one number, or (n,) of them.
        max_pairs
            Refuse to list more pairs than this. They are counted before memory is taken for them.

        Raises
        ------
        PositionError
            If a longitude or latitude is not finite or out of range; names the first such position.
        GeodataError
            If `radius_m` makes no sense.
        TooLargeError
            If there are more than `max_pairs`.
        """
        lon, lat = checked_positions(lon, lat)
        limits = np.broadcast_to(np.asarray(radius_m, np.float64), lon.shape).copy()
        if len(limits):
            _limit(1, float(limits.min()))
        indptr = np.zeros(len(lon) + 1, np.int64)
        if not len(self):
            return Within(indptr, np.empty(0, np.int32), np.empty(0))
        counts = np.empty(len(lon), np.int64)

        def count(rows: slice) -> None:
            _kdtree.count_within(
                lon[rows], lat[rows], limits[rows], self._points, self._boxes, counts[rows]
            )

        in_chunks(len(lon), count)
        lost = {
            row: self._by_proj(float(lon[row]), float(lat[row]), float(limits[row]), _ALL)
            for row in np.flatnonzero(counts == _kdtree.UNRESOLVED).tolist()
        }
        for row, (index, _) in lost.items():
            counts[row] = len(index)
        np.cumsum(counts, out=indptr[1:])
        pairs = int(indptr[-1])
        if max_pairs is not None and pairs > max_pairs:
            raise TooLargeError(
                f"{pairs:,} pairs of points lie within {limits.max():,.0f} m of each other, and "
                f"there is memory for {max_pairs:,}: take fewer points or a smaller radius",
                f"相距 {limits.max():,.0f} 米以内的点对有 {pairs:,} 个，内存只够 {max_pairs:,} 个："
                "请减少点数或缩小半径",
            )
        found = Within(indptr, np.empty(pairs, np.int32), np.empty(pairs))

        def fill(rows: slice) -> None:
            ends = indptr[rows.start + 1 : rows.stop + 1]
            own = slice(indptr[rows.start], ends[-1])
            _kdtree.list_within(
                lon[rows],
                lat[rows],
                limits[rows],
                self._points,
                self._boxes,
                ends - own.start,
                found.index[own],
                found.distance_m[own],
            )

        in_chunks(len(lon), fill)
        for row, (index, metres) in lost.items():
            order = np.argsort(index)
            own = slice(indptr[row], indptr[row + 1])
            found.index[own], found.distance_m[own] = index[order], metres[order]
        return found

    def _checked(self, mask: Mask) -> NDArray[np.bool_]:
        """Refuse what is no mask of this index."""
        if mask.dtype not in (np.bool_, np.uint8) or mask.shape != (len(self),):
            raise GeodataError(
                f"mask has type {mask.dtype} and shape {mask.shape}: pass bool or uint8 of shape "
                f"({len(self)},), one for each point of the index"
            )
        # Bytes other than 0 and 1 must not be looked at as truth values.
        passing = mask if mask.dtype == np.bool_ else mask != 0
        return np.require(passing, np.bool_, requirements=["C", "W"])

    def _own(self, subset: Subset) -> NDArray[np.uint8]:
        """Refuse the subset of another index."""
        if subset.index is not self:
            raise GeodataError("mask is a subset of another index: make it with this one's subset")
        return subset.passing

    def _fill(
        self,
        lon: NDArray[np.float64],
        lat: NDArray[np.float64],
        limit: float,
        passing: NDArray[np.uint8],
        dist: NDArray[np.float64],
        index: NDArray[np.intp],
    ) -> None:
        """Answer a batch chunk by chunk, on all processors if it is large."""

        def search(rows: slice) -> int:
            return _kdtree.search_many(
                lon[rows],
                lat[rows],
                limit,
                self._points,
                self._boxes,
                self._axes,
                self._cuts,
                passing,
                dist[rows],
                index[rows],
            )

        unresolved = in_chunks(len(lon), search)
        if min(unresolved, default=0) < 0:
            raise _first_bad(lon, lat)
        if sum(unresolved):
            for row in np.flatnonzero(index[:, 0] == _kdtree.UNRESOLVED):
                nearest, metres = self._by_proj(float(lon[row]), float(lat[row]), limit, passing)
                count = min(index.shape[1], len(nearest))
                index[row], dist[row] = -1, math.inf
                index[row, :count], dist[row, :count] = nearest[:count], metres[:count]

    def _by_proj(
        self, lon: float, lat: float, limit: float, passing: NDArray[np.uint8]
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Every point within the limit, nearest first, by PROJ: for nearly antipodal answers."""
        n = len(self)
        index = np.flatnonzero(passing[:n]) if len(passing) else np.arange(n)
        here = np.full(len(index), lon), np.full(len(index), lat)
        dist = _GEOD.inv(*here, self._lon[index], self._lat[index])[2]
        index, dist = index[dist <= limit], dist[dist <= limit]
        order = np.argsort(dist, kind="stable")
        return index[order], dist[order]


def warm_up() -> None:
    """Compile all kernels, or load them from numba's cache, so that the first request is fast.

    Compiling takes about ten seconds once for each installation. numba keeps the result beside the
    installed files or, if they cannot be written, in the user's cache folder; NUMBA_CACHE_DIR
    names another place.
    """
    index = NearestIndex([116.4, 121.5], [39.9, 31.2])
    mask = np.zeros(2, np.bool_)
    index.query([116.0], [40.0])
    index.query_one(116.0, 40.0, mask=mask)
    index.query_one(116.0, 40.0, mask=index.subset(mask))


def _positions(lon: ArrayLike, lat: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two float arrays of one length, in the memory layout that the kernels are compiled for."""
    lon, lat = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    if lon.ndim != 1 or lon.shape != lat.shape:
        raise PositionError(
            f"longitudes have shape {lon.shape} and latitudes {lat.shape}: pass two "
            "one-dimensional arrays of equal length"
        )
    return np.require(lon, requirements=["C", "A", "W"]), np.require(
        lat, requirements=["C", "A", "W"]
    )


def checked_positions(
    lon: ArrayLike, lat: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two float arrays of one length that hold positions on Earth.

    Raises
    ------
    PositionError
        If their shapes differ or a position is none; names the first such position.
    """
    lon, lat = _positions(lon, lat)
    if not _valid(lon, lat).all():
        raise _first_bad(lon, lat)
    return lon, lat


def _valid(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.bool_]:
    return (np.abs(lon) <= 180.0) & (np.abs(lat) <= 90.0)


def _first_bad(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> PositionError:
    """Name the first position that is none."""
    i = int(np.flatnonzero(~_valid(lon, lat))[0])
    hint = "; longitude and latitude look swapped" if _valid(lat[[i]], lon[[i]]).all() else ""
    return PositionError(
        f"position {i} has longitude {float(lon[i])} and latitude {float(lat[i])}: longitudes "
        f"must lie in [-180, 180] and latitudes in [-90, 90] degrees{hint}"
    )


def _limit(k: int, max_distance_m: float) -> float:
    """Check the options that every query shares."""
    if k < 1:
        raise GeodataError(f"k is {k}: ask for at least one neighbour")
    if not max_distance_m >= 0.0:
        raise GeodataError(f"max_distance_m is {max_distance_m}: give metres, at least 0")
    return float(max_distance_m)
