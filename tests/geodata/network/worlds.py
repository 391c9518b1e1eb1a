"""Streets that are simple enough to work out by hand, random ones, and times by brute force."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from geodata.network.network import TICK_S, UNIT_DEG, Network, assemble
from geodata.network.profiles import WALK
from geodata.network.streets import Streets
from tests.geodata.squares import LAT0, LON0

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geodata.network.snap import Snapped
    from geodata.network.streets import Tags

STREET: Tags = {"highway": "residential"}
ONE_WAY: Tags = {"highway": "residential", "oneway": "yes"}
FOOTWAY: Tags = {"highway": "footway"}
STEPS: Tags = {"highway": "steps"}
MOTORWAY: Tags = {"highway": "motorway"}
OPEN_GATE: Tags = {"barrier": "gate"}
CLOSED_GATE: Tags = {"barrier": "gate", "access": "private"}

# Metres in a degree there, near enough to lay something out.
_LON_M, _LAT_M = 91_510.0, 110_940.0


def degrees(places: Sequence[tuple[float, float]] | np.ndarray) -> np.ndarray:
    """(n, 2) longitude and latitude, in whole units, of metres east and north of one place."""
    metres = np.asarray(places, np.float64).reshape(-1, 2)
    exact = metres / (_LON_M, _LAT_M) + (LON0, LAT0)
    return np.rint(exact / UNIT_DEG) * UNIT_DEG


def streets(
    places: Sequence[tuple[float, float]] | np.ndarray,
    *lines: tuple[Tags, Sequence[int]],
    gates: Mapping[int, Tags] | None = None,
    barriers: Sequence[tuple[float, float, float, float]] = (),
) -> Streets:
    """Streets of (tags, numbers of places); places and barriers in metres."""
    at = degrees(places)
    counts = [len(vertices) for _, vertices in lines]
    return Streets(
        at[:, 0],
        at[:, 1],
        np.cumsum([0, *counts], dtype=np.int64),
        np.array([v for _, vertices in lines for v in vertices], np.int64),
        tuple(tags for tags, _ in lines),
        gates or {},
        degrees(np.array(barriers, np.float64).reshape(-1, 2)).reshape(-1, 4),
    )


def grid(side: int, *, seed: int = 0, tags: Sequence[Tags] = (STREET,)) -> Streets:
    """A street from each of side x side crossings, 100 m apart give or take, to its neighbours."""
    rng = np.random.default_rng(seed)
    x, y = np.meshgrid(np.arange(side), np.arange(side))
    places = 100 * (np.column_stack([x.ravel(), y.ravel()]) + rng.uniform(-0.3, 0.3, (side**2, 2)))
    number = np.arange(side * side).reshape(side, side)
    ends = np.concatenate(
        [
            np.column_stack([number[:, :-1].ravel(), number[:, 1:].ravel()]),
            np.column_stack([number[:-1].ravel(), number[1:].ravel()]),
        ]
    )
    at = degrees(places)
    kinds = tuple(tags[i] for i in rng.integers(0, len(tags), len(ends)).tolist())
    starts = np.arange(len(ends) + 1, dtype=np.int64) * 2
    return Streets(at[:, 0], at[:, 1], starts, ends.ravel(), kinds, {}, np.zeros((0, 4)))


def tangle(seed: int, *, places: int, lines: int) -> Streets:
    """Random lines of all kinds over few places, so that they meet, repeat and close in rings."""
    rng = np.random.default_rng(seed)
    # On distinct cells of a lattice of 40 m: no two places are the same.
    cell = rng.choice(30 * 30, places, replace=False)
    at = 40.0 * np.column_stack([cell % 30, cell // 30]) + rng.uniform(-15, 15, (places, 2))
    kinds = (STREET, STREET, ONE_WAY, FOOTWAY, STEPS, MOTORWAY)
    drawn = [
        (kinds[rng.integers(len(kinds))], rng.integers(0, places, rng.integers(2, 7)).tolist())
        for _ in range(lines)
    ]
    barred = rng.choice(places, places // 5, replace=False).tolist()
    gates = {vertex: (OPEN_GATE, CLOSED_GATE)[i % 2] for i, vertex in enumerate(barred)}
    return streets(at, (STREET, [0, 1]), *drawn, gates=gates)


def network_of(places: Sequence[tuple[float, float]], *edges: tuple[int, int, int, int]) -> Network:
    """Straight edges of (first node, last node, ticks, ticks back); -1 for a closed way."""
    at = np.rint(degrees(places) / UNIT_DEG).astype(np.int32)
    table = np.array(edges, np.int32)
    return assemble(
        WALK,
        edges=np.ascontiguousarray(table[:, :2]),
        length_m=np.full(len(table), 100, np.float32),
        ticks=np.ascontiguousarray(table[:, 2:]),
        indptr=np.arange(len(table) + 1, dtype=np.int64) * 2,
        shape=at[table[:, :2].ravel()],
        barriers=np.empty((0, 2), np.int32),
    )


def arcs_of(network: Network) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Tail, head and ticks of every way that is open along an edge, taken from the edges alone."""
    tail = np.concatenate([network.edges[:, 0], network.edges[:, 1]])
    head = np.concatenate([network.edges[:, 1], network.edges[:, 0]])
    ticks = np.concatenate([network.ticks[:, 0], network.ticks[:, 1]]).astype(np.float64)
    return tail[ticks >= 0], head[ticks >= 0], ticks[ticks >= 0]


def matrix(n: int, tail: np.ndarray, head: np.ndarray, time: np.ndarray) -> sparse.csr_array:
    """Arcs as a matrix, of parallel ones the shortest: scipy would add them up."""
    order = np.lexsort((time, head, tail))
    tail, head, time = tail[order], head[order], time[order]
    first = np.ones(len(tail), np.bool_)
    first[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
    indptr = np.searchsorted(tail[first], np.arange(n + 1))
    return sparse.csr_array((time[first], head[first], indptr), shape=(n, n))


def times(network: Network, points: Snapped, sites: Snapped) -> np.ndarray:
    """(points, sites) seconds by scipy, with every point and site put into its edge as a node."""
    n, p, m = len(network), len(points.edge), len(sites.edge)
    stops: dict[int, list[tuple[float, int]]] = {}
    for snapped, begin in ((points, n), (sites, n + p)):
        for i in np.flatnonzero(snapped.found).tolist():
            stop = float(snapped.fraction[i]), begin + i
            stops.setdefault(int(snapped.edge[i]), []).append(stop)
    arcs: list[tuple[int, int, float]] = []
    for edge, ((first, last), (there, back)) in enumerate(
        zip(network.edges.tolist(), network.ticks.tolist(), strict=True)
    ):
        chain = [(0.0, first), *sorted(stops.get(edge, [])), (1.0, last)]
        for (begin, a), (end, b) in pairwise(chain):
            part = end - begin
            if there >= 0 or part == 0:
                arcs.append((a, b, max(there, 0) * part))
            if back >= 0 or part == 0:
                arcs.append((b, a, max(back, 0) * part))
    tail, head, time = (np.array(column) for column in zip(*arcs, strict=True))
    table = matrix(n + p + m, tail, head, time)
    found = dijkstra(table, indices=np.arange(n, n + p))[:, n + p :] if p else np.empty((0, m))
    links = points.link_m[:, None] + sites.link_m[None]
    whole: np.ndarray = found * TICK_S + links / network.link_m_s
    return whole
