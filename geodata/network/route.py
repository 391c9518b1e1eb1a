"""The way from a point to a site: how long it takes, how long it is, and where it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geodata.network import _search
from geodata.network._snap import metres_per_degree
from geodata.network.network import MAX_TICKS, TICK_S
from geodata.network.snap import SNAP_M, Snapped, along, snap, ways

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.network.network import Network


class Route(NamedTuple):
    """A way along the streets.

    Attributes
    ----------
    seconds, length_m
        From the point to the site, the ways to and from the streets included.
    line
        (c, 2) longitude and latitude, degrees WGS84, from the point to the site.
    """

    seconds: float
    length_m: float
    line: NDArray[np.float64]


def route(
    network: Network,
    start: tuple[float, float],
    goal: tuple[float, float],
    *,
    snap_m: float = SNAP_M,
) -> Route | None:
    """Find the quickest way; None where there is none, or an end is near no street.

    Parameters
    ----------
    start, goal
        Longitude and latitude, degrees WGS84.

    Raises
    ------
    PositionError
        If a position is none on Earth.
    """
    ends = snap(network, *np.array([start, goal], np.float64).T, limit_m=snap_m)
    if not ends.found.all():
        return None
    here, there = ends.at(np.array([0])), ends.at(np.array([1]))
    ticks, pieces = _along_streets(network, here, there)
    if here.edge[0] == there.edge[0] and (direct := int(along(network, here, there)[0])) <= ticks:
        part = float(here.fraction[0]), float(there.fraction[0])
        ticks, pieces = direct, [(int(here.edge[0]), *part)]
    if ticks == _search.UNREACHED:
        return None
    lines = [_piece(network, *piece) for piece in pieces]
    length = sum(float(network.length_m[edge]) * abs(b - a) for edge, a, b in pieces)
    return Route(
        ticks * TICK_S,
        length + float(ends.link_m.sum()),
        _joined(np.vstack([np.array([start]), *lines, np.array([goal])])),
    )


def _along_streets(
    network: Network, here: Snapped, there: Snapped
) -> tuple[int, list[tuple[int, float, float]]]:
    """Ticks by way of nodes, and the edges with the parts of them that are gone."""
    leaving, arriving = (
        ways(network, here, leaving=True)[0], ways(network, there, leaving=False)[0]
    )  # fmt: skip
    first, last = network.edges[here.edge[0]], network.edges[there.edge[0]]
    seeds = np.column_stack([first, leaving, np.zeros(2, np.int64)])
    best = np.full(len(network), _search.UNREACHED)
    via = np.full(len(network), -1, np.int32)
    room = network.room(int(leaving[leaving != _search.UNREACHED].max(initial=0)))
    _search.spread(network.out[:2], seeds, MAX_TICKS, network.shift, room.queue, best, via)
    totals = [
        int(best[node] >> 32) + int(more)
        if best[node] != _search.UNREACHED and more != _search.UNREACHED
        else _search.UNREACHED
        for node, more in zip(last.tolist(), arriving.tolist(), strict=True)
    ]
    end = int(np.argmin(totals))
    if totals[end] == _search.UNREACHED:
        return _search.UNREACHED, []
    pieces = [(int(there.edge[0]), float(end), float(there.fraction[0]))]
    node = int(last[end])
    while via[node] >= 0:
        arc = int(via[node])
        edge = int(network.out.edge[arc])
        before = int(np.searchsorted(network.out.indptr, arc, side="right")) - 1
        forward = int(network.edges[edge, 0]) == before
        pieces.append((edge, 0.0, 1.0) if forward else (edge, 1.0, 0.0))
        node = before
    # The end of the first edge at which the way leaves it.
    left = next(
        column
        for column in (0, 1)
        if int(first[column]) == node and int(best[node] >> 32) == int(leaving[column])
    )
    pieces.append((int(here.edge[0]), float(here.fraction[0]), float(left)))
    return totals[end], pieces[::-1]


def _piece(network: Network, edge: int, begin: float, end: float) -> NDArray[np.float64]:
    """(c, 2) part of the shape of an edge between two fractions of its length."""
    line = network.line(edge)
    steps = np.hypot(*(np.diff(line, axis=0) * metres_per_degree(line[0, 1])).T)
    gone = np.concatenate([[0.0], np.cumsum(steps)])
    low, high = min(begin, end) * gone[-1], max(begin, end) * gone[-1]
    inside = line[(gone > low) & (gone < high)]
    ends = np.column_stack([np.interp([low, high], gone, axis) for axis in line.T])
    part = np.vstack([ends[:1], inside, ends[1:]])
    return part if begin <= end else part[::-1]


def _joined(line: NDArray[np.float64]) -> NDArray[np.float64]:
    """A line without points that repeat the one before; never fewer than two."""
    kept = np.concatenate([[True], (np.diff(line, axis=0) != 0).any(axis=1)])
    return line[kept] if kept.sum() > 1 else line[:2]
