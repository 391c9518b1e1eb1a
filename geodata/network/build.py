"""From drawn streets to a network: who may pass, where edges end, how long each takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geodata.crs import GEOD
from geodata.errors import NetworkError
from geodata.network.network import MAX_TICKS, TICK_S, UNIT_DEG, assemble

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.network.network import Network
    from geodata.network.profiles import Profile
    from geodata.network.streets import Streets


class _Segments(NamedTuple):
    """Straight pieces of the lines that may be used, in order, each from one vertex to another."""

    line: NDArray[np.int64]
    begin: NDArray[np.int64]
    end: NDArray[np.int64]


def build(streets: Streets, profile: Profile) -> Network:
    """Make the network of those streets that a profile may use.

    A line is cut at every vertex that it shares with another line or passes twice, and at every
    gate that is closed to the profile, where its two ends are no longer joined. Edges are measured
    along their geodesics. Nodes are numbered along a Morton curve, so that neighbours in the city
    are neighbours in memory.

    Raises
    ------
    NetworkError
        If the profile may use none of the streets, or a position is none on Earth.
    """
    valid = (np.abs(streets.lon) <= 180) & (np.abs(streets.lat) <= 90)
    if not valid.all():
        i = int(np.flatnonzero(~valid)[0])
        raise NetworkError(
            f"the streets pass through longitude {streets.lon[i]}, latitude {streets.lat[i]}, "
            "which is nowhere on Earth: give degrees WGS84",
            f"道路经过经度 {streets.lon[i]}、纬度 {streets.lat[i]}，地球上没有这个位置："
            "请提供 WGS84 经纬度",
        )
    speed = _speeds(streets, profile)
    segments = _segments(streets, speed.max(axis=1) > 0)
    if not len(segments.line):
        raise NetworkError(
            f"none of the {len(streets.tags)} lines is a street for {profile.name!r}: give a file "
            "with the streets of the area",
            f"{len(streets.tags)} 条线中没有一条可供 {profile.name!r} 通行：请提供该地区的道路数据",
        )
    segments, vertices = _parted(streets, profile, segments)
    lon, lat = streets.lon[vertices], streets.lat[vertices]
    starts = _cuts(segments, len(vertices))
    stops = np.append(starts[1:], len(segments.line))
    metres = GEOD.inv(
        lon[segments.begin], lat[segments.begin], lon[segments.end], lat[segments.end]
    )[2]
    length = np.add.reduceat(metres, starts)
    ends = np.column_stack([segments.begin[starts], segments.end[stops - 1]])
    nodes, member = np.unique(ends, return_inverse=True)
    rank = np.empty(len(nodes), np.int32)
    rank[np.argsort(_morton(lon[nodes], lat[nodes]), kind="stable")] = np.arange(len(nodes))
    edges = rank[member.reshape(-1, 2)]
    with np.errstate(divide="ignore", invalid="ignore"):
        seconds = length[:, None] / speed[segments.line[starts]]
    ticks = np.where(np.isfinite(seconds), np.minimum(seconds / TICK_S, MAX_TICKS), -1)
    # Edges in the order of their first node, so that what is near is near.
    order = np.lexsort((edges[:, 1], edges[:, 0]))
    counts = (stops - starts + 1)[order]
    indptr = np.concatenate([[0], np.cumsum(counts)])
    # The coordinates of an edge are the beginnings of its segments, and the end of the last.
    place = np.arange(indptr[-1]) - np.repeat(indptr[:-1] - starts[order], counts)
    last = np.zeros(len(place), np.bool_)
    last[indptr[1:] - 1] = True
    vertex = segments.begin[place - last]
    vertex[last] = segments.end[place[last] - 1]
    shape = np.rint(np.column_stack([lon[vertex], lat[vertex]]) / UNIT_DEG).astype(np.int32)
    barriers = np.rint(streets.barriers.reshape(-1, 2) / UNIT_DEG).astype(np.int32)
    return assemble(
        profile,
        edges=edges[order],
        length_m=length[order].astype(np.float32),
        ticks=np.rint(ticks[order]).astype(np.int32),
        indptr=indptr,
        shape=shape,
        barriers=barriers,
    )


def _speeds(streets: Streets, profile: Profile) -> NDArray[np.float64]:
    """(w, 2) metres per second along each line and back."""
    known: dict[int, tuple[float, float]] = {}
    for tags in streets.tags:
        if id(tags) not in known:
            known[id(tags)] = profile.speeds(tags)
    return np.array([known[id(tags)] for tags in streets.tags], np.float64).reshape(-1, 2)


def _segments(streets: Streets, usable: NDArray[np.bool_]) -> _Segments:
    """Segments of the usable lines, without those that go nowhere from a vertex."""
    line = np.repeat(np.arange(len(usable)), np.diff(streets.indptr))
    begin, end = streets.vertex[:-1], streets.vertex[1:]
    kept = np.flatnonzero((line[:-1] == line[1:]) & usable[line[:-1]] & (begin != end))
    return _Segments(line[kept], begin[kept], end[kept])


def _parted(
    streets: Streets, profile: Profile, segments: _Segments
) -> tuple[_Segments, NDArray[np.int64]]:
    """Give every segment an end of its own at a gate that is closed.

    Returns
    -------
    segments, vertices
        Ends are numbered anew; `vertices` says which vertex of the streets each of them was.
    """
    closed = np.array(
        [vertex for vertex, tags in streets.gates.items() if not profile.passes(tags)], np.int64
    )
    begin, end = segments.begin.copy(), segments.end.copy()
    own = len(streets.lon)
    vertices = [np.arange(own)]
    for ends in (begin, end):
        shut = np.flatnonzero(np.isin(ends, closed))
        vertices.append(ends[shut])
        ends[shut] = own + np.arange(len(shut))
        own += len(shut)
    return _Segments(segments.line, begin, end), np.concatenate(vertices)


def _cuts(segments: _Segments, vertices: int) -> NDArray[np.intp]:
    """Where edges begin: at segments that do not merely go on from the one before."""
    line, begin, end = segments
    goes_on = np.zeros(len(line), np.bool_)
    goes_on[1:] = (line[1:] == line[:-1]) & (begin[1:] == end[:-1])
    uses = np.bincount(begin, minlength=vertices) + np.bincount(end, minlength=vertices)
    # Two uses of a vertex are the segment before and this one; a third makes it a node.
    return np.flatnonzero(~(goes_on & (uses[begin] == 2)))


def _morton(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.uint64]:
    """Place of positions along a Z-order curve (G. M. Morton, IBM 1966)."""
    code = np.zeros(len(lon), np.uint64)
    for axis, values in enumerate((lon, lat)):
        span = max(float(np.ptp(values)), 1e-12)
        cell = ((values - values.min()) / span * ((1 << 20) - 1)).astype(np.uint64)
        for bit in range(20):
            place = np.uint64(bit)
            code |= ((cell >> place) & np.uint64(1)) << np.uint64(2 * bit + axis)
    return code
