"""The k nearest sites by time on a network, for one point or for very many."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geodata._chunks import in_chunks
from geodata.errors import GeodataError, TooLargeError
from geodata.network import _search
from geodata.network.network import MAX_TICKS, TICK_S, assemble
from geodata.network.profiles import WALK
from geodata.network.snap import SNAP_M, Snapped, along, snap, ways

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from geodata.network.network import Network

_EVERYWHERE = np.empty(0, np.uint8)
# Points or sites that a second thread is worth.
_ALONE = 64
# A search over the whole network does best with buckets of two arcs: four times as wide.
_WIDER = 2
# Pairs for which a thread has room at a time.
_PAIRS = 1 << 20


class NearestByTime(NamedTuple):
    """The nearest sites of each point, ascending by time, then by position in the input.

    Attributes
    ----------
    index
        (n, k) positions in the arrays that the index was built from, -1 where there is none.
    seconds
        (n, k) time from the point to the site, inf where there is none.
    """

    index: NDArray[np.int64]  # type: ignore[assignment]
    seconds: NDArray[np.float64]


class WithinTime(NamedTuple):
    """The sites up to a time from each point, as the rows of a CSR matrix.

    Attributes
    ----------
    indptr
        (n + 1,) where the run of each point begins.
    index
        (pairs,) int32 positions of the sites, ascending in a run.
    seconds
        (pairs,) time from the point to the site.
    """

    indptr: NDArray[np.int64]
    index: NDArray[np.int32]  # type: ignore[assignment]
    seconds: NDArray[np.float64]


class _Runs(NamedTuple):
    """The points within reach of site after site: where each run ends, points and ticks."""

    ends: NDArray[np.int64]
    index: NDArray[np.int32]  # type: ignore[assignment]
    ticks: NDArray[np.int32]


class NetworkIndex:
    """Sites on a network, found by the time that it takes to get to them.

    A way begins at a point, goes straight to the nearest edge, along edges, and straight from an
    edge to the site; all of it counts. Times are exact sums of the edges' ticks. Points and sites
    that are on no edge (see `snap`) reach nothing and are reached by nobody. Immutable, and safe to
    query from many threads.

    Parameters
    ----------
    lon, lat
        (m,) degrees WGS84; m may be 0.
    snap_m
        How far from the streets a site or a point may lie.

    Raises
    ------
    PositionError
        If a position is none on Earth.
    """

    def __init__(
        self, network: Network, lon: ArrayLike, lat: ArrayLike, *, snap_m: float = SNAP_M
    ) -> None:
        self.network = network
        self.snap_m = snap_m
        self.snapped = snap(network, lon, lat, limit_m=snap_m)
        self._arriving = ways(network, self.snapped, leaving=False)
        self._attached = _attached(network, self.snapped, self._arriving)
        self._farthest = int(snap_m / network.link_m_s / TICK_S) + 1
        # Sites by their edge.
        self._by_edge = np.argsort(self.snapped.edge, kind="stable")
        self._edges = self.snapped.edge[self._by_edge]

    def __len__(self) -> int:
        return len(self.snapped.edge)

    def query_one(
        self,
        lon: float,
        lat: float,
        *,
        k: int = 1,
        max_s: float = math.inf,
        mask: NDArray[np.bool_] | None = None,
    ) -> list[tuple[int, float]]:
        """Find the k nearest sites of one point.

        Parameters
        ----------
        max_s
            Sites up to this time, inclusive, are answers.
        mask
            (m,) only sites that pass can be answers.

        Returns
        -------
        list of (position, seconds)
            Ascending; empty where the point is on no edge.

        Raises
        ------
        PositionError
            If the position is none on Earth.
        GeodataError
            If `k`, `max_s` or `mask` makes no sense.
        """
        return self.query_snapped(
            snap(self.network, [lon], [lat], limit_m=self.snap_m), k=k, max_s=max_s, mask=mask
        )

    def query_snapped(
        self,
        point: Snapped,
        *,
        k: int = 1,
        max_s: float = math.inf,
        mask: NDArray[np.bool_] | None = None,
    ) -> list[tuple[int, float]]:
        """`query_one` for a point that has been snapped already."""
        limit = _limit(k, max_s)
        k = min(k, len(self))
        if not k or not point.found[0]:
            return []
        passing = _EVERYWHERE
        if mask is not None:
            if mask.dtype != np.bool_ or mask.shape != (len(self),):
                message = f"mask has type {mask.dtype} and shape {mask.shape}: pass ({len(self)},)"
                raise GeodataError(message)
            passing = np.ascontiguousarray(mask).view(np.uint8)
        seeds, _, direct = self._starts(point)
        network = self.network
        room = network.room(self._farthest)
        nearest = np.empty((k, 2), np.int64)
        size = _search.search_one(
            network.out[:2],
            seeds[0],
            self._attached,
            direct,
            passing,
            limit,
            network.shift,
            *room,
            nearest,
        )
        return [(site, ticks * TICK_S) for ticks, site in nearest[:size].tolist()]

    def query(
        self, lon: ArrayLike, lat: ArrayLike, *, k: int = 1, max_s: float = math.inf
    ) -> NearestByTime:
        """Find the k nearest sites of each point.

        For k of 1 all points share one search, which starts at all sites.

        Parameters
        ----------
        lon, lat
            (n,) degrees WGS84.
        """
        limit = _limit(k, max_s)
        points = snap(self.network, lon, lat, limit_m=self.snap_m)
        if k == 1:
            return self._nearest(points, limit)
        network = self.network
        n, m = len(points.edge), min(k, len(self))
        seeds, at_point, direct = self._starts(points)
        nearest = np.full((n, k, 2), -1, np.int64)

        def work(rows: slice) -> None:
            if m:
                _search.search_many(
                    network.out[:2],
                    seeds[rows],
                    self._attached,
                    at_point[rows.start : rows.stop + 1],
                    direct,
                    limit,
                    network.shift,
                    *network.room(self._farthest),
                    nearest[rows, :m],
                )

        in_chunks(n, work, alone=_ALONE)
        ticks, index = nearest[..., 0], nearest[..., 1]
        return NearestByTime(index.copy(), np.where(index >= 0, ticks * TICK_S, np.inf))

    def within(
        self,
        lon: ArrayLike,
        lat: ArrayLike,
        max_s: float,
        *,
        max_pairs: int | None = None,
    ) -> WithinTime:
        """List the sites up to a time from each point. One search a site, on all processors.

        Raises
        ------
        TooLargeError
            If there are more than `max_pairs`.
        """
        points = snap(self.network, lon, lat, limit_m=self.snap_m)
        return self.within_snapped(points, max_s, max_pairs=max_pairs)

    def within_snapped(
        self, points: Snapped, max_s: float, *, max_pairs: int | None = None
    ) -> WithinTime:
        """`within` for points that have been snapped already."""
        limit = _limit(1, max_s)
        network = self.network
        n, m = len(points.edge), len(self)
        leaving = ways(network, points, leaving=True)
        attached = _attached(network, points, leaving)
        at_site, nearby = self._same_edge(points, by_site=True)
        # Neighbours after one another, so that what is needed next is at hand.
        seeds = np.empty((m, 4), np.int64)
        seeds[:, ::2] = network.edges[np.maximum(self._edges, 0)]
        seeds[:, 1::2] = self._arriving[self._by_edge]
        most = np.iinfo(np.int64).max if max_pairs is None else max_pairs
        listed: list[int] = []

        def work(rows: slice) -> _Runs:
            room = network.room(self._farthest)
            cost = np.full(n, _search.FAR, np.int32)
            buffers = np.empty(max(_PAIRS, n), np.int32), np.empty(max(_PAIRS, n), np.int32)
            ends = np.zeros(rows.stop - rows.start, np.int64)
            parts: list[tuple[NDArray[np.int32], NDArray[np.int32]]] = []
            at = done = 0
            while at < len(ends):
                stop = _search.within(
                    network.into[:2],
                    seeds[rows],
                    attached,
                    (at_site[rows.start : rows.stop + 1], nearby),
                    limit,
                    network.shift,
                    *room,
                    cost,
                    at,
                    ends,
                    *buffers,
                )
                size = int(ends[stop - 1]) if stop > at else 0
                parts.append((buffers[0][:size].copy(), buffers[1][:size].copy()))
                ends[at:stop] += done
                done += size
                # Another thread may add to it meanwhile, but nothing is lost.
                listed.append(size)
                if sum(listed) > most:
                    raise _too_many(most, max_s)
                at = stop
            index, ticks = (np.concatenate(part) for part in zip(*parts, strict=True))
            return _Runs(ends, index, ticks)

        chunks = in_chunks(m, work, alone=_ALONE)
        return _by_point(n, self._by_edge, chunks)

    def _nearest(self, points: Snapped, limit: int) -> NearestByTime:
        """The nearest site of each point, by one search from all sites."""
        network = self.network
        n = len(points.edge)
        # Ticks << 32 | site, so that of two sites as near the lower one is the smaller number.
        nearest = np.full(n, _search.UNREACHED)
        found = np.flatnonzero(points.found)
        leaving = ways(network, points, leaving=True)[found]
        at_ends = self.reach(limit)[network.edges[points.edge[found]]]
        # Neither may be too large to be added to the other.
        reached = (leaving <= limit) & (at_ends != _search.UNREACHED)
        total = np.where(reached, leaving, 0) + (at_ends >> 32)
        by_ends = np.where(
            reached & (total <= limit), total << 32 | at_ends & 0xFFFFFFFF, _search.UNREACHED
        )
        nearest[found] = by_ends.min(axis=1)
        at_point, direct = self._same_edge(points, by_site=False)
        owner = np.repeat(np.arange(n), np.diff(at_point))
        open_ = direct[:, 1] <= limit
        other, straight = direct[open_].astype(np.int64).T
        np.minimum.at(nearest, owner[open_], straight << 32 | other)
        near = nearest >> 32 <= limit
        return NearestByTime(
            np.where(near, nearest & 0xFFFFFFFF, -1)[:, None],
            np.where(near, (nearest >> 32) * TICK_S, np.inf)[:, None],
        )

    def reach(self, limit: int = MAX_TICKS) -> NDArray[np.int64]:
        """(n,) ticks << 32 | site: the site that is nearest from each node; UNREACHED for none."""
        found = np.flatnonzero(self.snapped.found)
        ends = self.network.edges[self.snapped.edge[found]].ravel().astype(np.int64)
        seeds = np.column_stack([ends, self._arriving[found].ravel(), np.repeat(found, 2)])
        # Neighbours after one another, so that what is needed next is at hand.
        seeds = seeds[np.argsort(ends)]
        network = self.network
        best = np.full(len(network), _search.UNREACHED)
        _search.spread(
            network.into[:2],
            seeds,
            limit,
            network.shift + _WIDER,
            network.room(self._farthest).queue,
            best,
            np.empty(0, np.int32),
        )
        return best

    def _starts(
        self, points: Snapped
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]:
        """Seeds (n, 2, 2) of points, and the sites on the edge of each: runs, and (d, 2)."""
        leaving = ways(self.network, points, leaving=True)
        nodes = self.network.edges[np.maximum(points.edge, 0)].astype(np.int64)
        return np.stack([nodes, leaving], axis=2), *self._same_edge(points, by_site=False)

    def _same_edge(self, points: Snapped, *, by_site: bool) -> _search.Attached:
        """Pairs of points and sites on the same edge, and the ticks straight along it.

        Returns
        -------
        indptr, items
            For each point, or each site in the order of their edges: where its run begins, and
            (pairs, 2) the other one of each pair with the ticks.
        """
        first = np.searchsorted(self._edges, points.edge, side="left")
        counts = np.searchsorted(self._edges, points.edge, side="right") - first
        counts[~points.found] = 0
        point = np.repeat(np.arange(len(counts)), counts)
        place = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts - first, counts)
        site = self._by_edge[place]
        ticks = along(
            self.network,
            points.at(point),
            self.snapped.at(site),
        )
        owner, other, size = (place, point, len(self)) if by_site else (point, site, len(counts))
        order = np.argsort(owner, kind="stable")
        indptr = np.zeros(size + 1, np.int64)
        np.cumsum(np.bincount(owner, minlength=size), out=indptr[1:])
        ticks = np.minimum(ticks[order], _search.FAR)
        return indptr, np.column_stack([other[order], ticks]).astype(np.int32)


def warm_up() -> None:
    """Compile the kernels that answer for one point, or load them from numba's cache."""
    ends = np.array([[0, 1]], np.int32)
    network = assemble(
        WALK,
        edges=ends,
        length_m=np.ones(1, np.float32),
        ticks=np.ones((1, 2), np.int32),
        indptr=np.array([0, 2]),
        shape=np.array([[0, 0], [1000, 0]], np.int32),
        barriers=np.empty((0, 2), np.int32),
    )
    NetworkIndex(network, [0.0], [0.0]).query_one(0.0, 0.0, mask=np.ones(1, np.bool_))


def _attached(network: Network, points: Snapped, ticks: NDArray[np.int64]) -> _search.Attached:
    """Points by the nodes of their edges, as the kernels read them."""
    row, column = np.nonzero(ticks <= MAX_TICKS)
    node = network.edges[points.edge[row], column]
    order = np.argsort(node, kind="stable")
    indptr = np.zeros(len(network) + 1, np.int64)
    np.cumsum(np.bincount(node, minlength=len(network)), out=indptr[1:])
    return indptr, np.column_stack([row, ticks[row, column]])[order].astype(np.int32)


def _by_point(n: int, order: NDArray[np.intp], chunks: list[_Runs]) -> WithinTime:
    """Turn runs of points by site, the sites in some order, into runs of sites by point."""
    if not chunks:
        return WithinTime(np.zeros(n + 1, np.int64), np.empty(0, np.int32), np.empty(0))
    before = np.cumsum([0, *(len(chunk.index) for chunk in chunks[:-1])])
    runs = np.empty((len(order), 2), np.int64)
    runs[order, 1] = np.concatenate(
        [chunk.ends + at for chunk, at in zip(chunks, before, strict=True)]
    )
    runs[order[1:], 0], runs[order[0], 0] = runs[order[:-1], 1], 0
    index, ticks = (np.concatenate([chunk[i] for chunk in chunks]) for i in (1, 2))
    indptr = np.concatenate([[0], np.cumsum(np.bincount(index, minlength=n))])
    free, site = indptr[:-1].copy(), np.empty(len(index), np.int32)
    turned = np.empty(len(index), np.int32)

    def work(points: slice) -> None:
        _search.turn(runs, index, ticks, points.start, points.stop, free, site, turned)

    in_chunks(n, work, chunk=max(n, 1))
    return WithinTime(indptr, site, turned.astype(np.float64) * TICK_S)


def _too_many(max_pairs: int, max_s: float) -> TooLargeError:
    minutes = max_s / 60
    return TooLargeError(
        f"more than {max_pairs:,} pairs of points and sites lie within {minutes:g} minutes of each "
        "other, and there is no memory for more: take fewer points or fewer minutes",
        f"相距 {minutes:g} 分钟以内的点对超过 {max_pairs:,} 个，内存不够：请减少点数或缩短时间",
    )


def _limit(k: int, max_s: float) -> int:
    """Ticks of a limit in seconds."""
    if k < 1:
        message = f"k is {k}: ask for at least one site"
        raise GeodataError(message)
    if not max_s >= 0.0:
        message = f"max_s is {max_s}: give seconds, at least 0"
        raise GeodataError(message)
    return int(min(max_s / TICK_S + 0.5, MAX_TICKS))
