"""A network on which one kind of mover gets about: nodes, edges with their shapes, and times."""

from __future__ import annotations

import dataclasses
import functools
import math
import threading
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from geodata.network import _search
from geodata.network._grid import Grid, segment_grid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.network.profiles import Profile

TICK_S = 1e-4
"""Times are whole ticks of so many seconds."""
MAX_TICKS = 2_000_000_000
"""Longest time that is searched: 55 hours. What takes longer counts as out of reach."""
UNIT_DEG = 1e-7
"""Shapes are whole units of so many degrees, as in OpenStreetMap: a centimetre."""


class Graph(NamedTuple):
    """Arcs by the node they leave, as the kernels read them.

    Attributes
    ----------
    indptr
        (n + 1,) int32 where the arcs of each node begin.
    arcs
        (a, 2) int32 the node at the other end, and ticks.
    edge
        (a,) int32 the edge that an arc goes along.
    """

    indptr: NDArray[np.int32]
    arcs: NDArray[np.int32]
    edge: NDArray[np.int32]


class Room(NamedTuple):
    """Scratch memory of one search at a time.

    Attributes
    ----------
    queue
        Of the kernels; empty between two searches.
    ticks
        (n,) int32 FAR between two searches.
    touched
        (n,) nodes of which a search has to clean up.
    """

    queue: _search.Queue
    ticks: NDArray[np.int32]
    touched: NDArray[np.int32]


class Component(NamedTuple):
    """A part of a network that no edge joins to the rest."""

    nodes: int
    length_m: float
    lon: float
    lat: float


@dataclasses.dataclass(frozen=True, eq=False)
class Network:
    """Streets that one kind of mover may use. Immutable; made by `build` or `open_network`.

    Edges run from node to node; nodes are where streets meet or end. Parallel edges and loops are
    kept. An edge may be closed in one direction, never in both.

    Attributes
    ----------
    profile
        Name of the `Profile` it was built for.
    speed_m_s, link_m_s
        Of that profile: on a level street with nothing in the way, and beside the streets.
    edges
        (m, 2) int32 first and last node of each edge.
    length_m
        (m,) float32 geodesic length.
    ticks
        (m, 2) int32 time along each edge from its first node to its last, and back; -1 where that
        way is closed.
    indptr
        (m + 1,) int64 where the shape of each edge begins in `shape`.
    shape
        (c, 2) int32 longitude and latitude in units of 1e-7 degrees WGS84.
    component
        (n,) int32 the part of the network that each node lies in, 0 the largest.
    barriers
        (2 b, 2) int32 first and last point of segments that nobody crosses beside the streets.
    out, into
        Arcs by the node where they begin; and turned round, by the node where they end.
    grid, barrier_grid
        Where the segments of shapes and barriers lie.
    """

    profile: str
    speed_m_s: float
    link_m_s: float
    edges: NDArray[np.int32]
    length_m: NDArray[np.float32]
    ticks: NDArray[np.int32]
    indptr: NDArray[np.int64]
    shape: NDArray[np.int32]
    component: NDArray[np.int32]
    barriers: NDArray[np.int32]
    out: Graph
    into: Graph
    grid: Grid
    barrier_grid: Grid
    _local: threading.local = dataclasses.field(
        default_factory=threading.local, init=False, repr=False
    )

    def __len__(self) -> int:
        return len(self.component)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north, degrees WGS84."""
        west, south = (self.shape.min(axis=0) * UNIT_DEG).tolist()
        east, north = (self.shape.max(axis=0) * UNIT_DEG).tolist()
        return west, south, east, north

    @functools.cached_property
    def nodes(self) -> NDArray[np.float64]:
        """(n, 2) longitude and latitude of each node, degrees WGS84."""
        positions = np.empty((len(self), 2))
        positions[self.edges[:, 1]] = self.shape[self.indptr[1:] - 1] * UNIT_DEG
        positions[self.edges[:, 0]] = self.shape[self.indptr[:-1]] * UNIT_DEG
        return positions

    @functools.cached_property
    def edge_of(self) -> NDArray[np.int32]:
        """(c,) edge that each coordinate of the shapes belongs to."""
        counts = np.diff(self.indptr)
        return np.repeat(np.arange(len(self.edges), dtype=np.int32), counts)

    @functools.cached_property
    def shift(self) -> int:
        """Width of a bucket of the search queue as a power of two ticks: half an arc's."""
        arcs = self.out.arcs[:, 1]
        mean = float(arcs.mean()) if len(arcs) else 1.0
        return max(0, round(math.log2(max(mean, 1.0))) - 1)

    def components(self) -> list[Component]:
        """Parts that no edge joins to one another, the one with the most nodes first."""
        number = self.component[self.edges[:, 0]]
        count = int(self.component.max(initial=-1)) + 1
        nodes = np.bincount(self.component, minlength=count)
        length = np.bincount(number, self.length_m, minlength=count)
        first = np.full(count, len(self), np.int64)
        np.minimum.at(first, self.component, np.arange(len(self)))
        return [
            Component(int(nodes[i]), float(length[i]), *self.nodes[first[i]].tolist())
            for i in range(count)
        ]

    def line(self, edge: int) -> NDArray[np.float64]:
        """(c, 2) shape of an edge, degrees WGS84."""
        line: NDArray[np.float64] = (
            self.shape[self.indptr[edge] : self.indptr[edge + 1]].astype(np.float64) * UNIT_DEG
        )
        return line

    def room(self, farthest: int = 0) -> Room:
        """Return the scratch memory of this thread, for points up to `farthest` ticks off."""
        size = 1 << ((self._longest + farthest >> self.shift) + 2).bit_length()
        held: Room | None = getattr(self._local, "room", None)
        if held is None or len(held.queue[0]) < size:
            n = len(self)
            heads, out = np.full(size, -1, np.int32), np.full(n, _search.OUT, np.int32)
            held = Room(
                (heads, np.full(n, -1, np.int32), out),
                np.full(n, _search.FAR, np.int32),
                np.empty(n, np.int32),
            )
            self._local.room = held
        return held

    @functools.cached_property
    def _longest(self) -> int:
        return int(self.out.arcs[:, 1].max(initial=0))


def graph_of(
    n: int, edges: NDArray[np.int32], ticks: NDArray[np.int32], *, reverse: bool = False
) -> Graph:
    """Arcs of the edges, by the node where they begin, or by the one where they end."""
    first, last = edges[:, 0], edges[:, 1]
    start, end = np.concatenate([first, last]), np.concatenate([last, first])
    if reverse:
        start, end = end, start
    time = ticks.T.ravel()
    edge = np.tile(np.arange(len(edges), dtype=np.int32), 2)
    # A loop leads nowhere.
    passable = np.flatnonzero((time >= 0) & (start != end))
    order = passable[np.lexsort((end[passable], start[passable]))]
    indptr = np.zeros(n + 1, np.int32)
    np.cumsum(np.bincount(start[order], minlength=n), out=indptr[1:])
    return Graph(indptr, np.column_stack([end[order], time[order]]), edge[order])


def parts_of(n: int, edges: NDArray[np.int32]) -> NDArray[np.int32]:
    """(n,) component of each node, that with the most nodes first; ties by the first node."""
    links = sparse.coo_array((np.ones(len(edges), np.int8), edges.T), shape=(n, n))
    count, part = connected_components(links, directed=False)
    size = np.bincount(part, minlength=count)
    rank = np.empty(count, np.int32)
    rank[np.argsort(-size, kind="stable")] = np.arange(count)
    numbered: NDArray[np.int32] = rank[part]
    return numbered


def assemble(  # noqa: PLR0913  the arrays that a network is made of
    profile: Profile,
    *,
    edges: NDArray[np.int32],
    length_m: NDArray[np.float32],
    ticks: NDArray[np.int32],
    indptr: NDArray[np.int64],
    shape: NDArray[np.int32],
    barriers: NDArray[np.int32],
) -> Network:
    """Make a network of its edges, with everything that follows from them."""
    n = int(edges.max(initial=-1)) + 1
    out = graph_of(n, edges, ticks)
    symmetric = bool((ticks[:, 0] == ticks[:, 1]).all())
    last = np.zeros(len(shape), np.bool_)
    last[indptr[1:] - 1] = True
    return Network(
        profile=profile.name,
        speed_m_s=profile.speed_m_s,
        link_m_s=profile.link_m_s,
        edges=edges,
        length_m=length_m,
        ticks=ticks,
        indptr=indptr,
        shape=shape,
        component=parts_of(n, edges),
        barriers=barriers,
        out=out,
        into=out if symmetric else graph_of(n, edges, ticks, reverse=True),
        grid=segment_grid(shape, np.flatnonzero(~last).astype(np.int32)),
        barrier_grid=segment_grid(barriers, np.arange(0, len(barriers), 2, dtype=np.int32)),
    )
