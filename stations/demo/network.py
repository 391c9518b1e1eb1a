"""Noding: from drawn lines to a clean network of streets that share their crossings."""

from __future__ import annotations

import collections
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stations.demo.names import Name

    Node = tuple[float, float]

GRID_M = 0.1
_RANK = ("primary", "secondary", "residential", "footway")
_STUB_M = 85.0


class Street(NamedTuple):
    """A street or a part of one, in plane metres."""

    line: shapely.LineString
    kind: str
    name: Name | None
    bridge: Name | None = None


def node_streets(drawn: Sequence[Street], land: shapely.Polygon) -> list[Street]:
    """Streets from crossing to crossing: noded on a decimetre grid, without stubs, connected.

    Where lines lie on one another the one of the higher rank is kept, a bridge before all.
    """
    lines = np.array([street.line for street in drawn], dtype=object)
    whole = shapely.intersection(shapely.union_all(lines, grid_size=GRID_M), land)
    edges = shapely.get_parts(shapely.union_all(whole, grid_size=GRID_M))
    edges = edges[shapely.length(edges) > GRID_M / 2]
    owners = _owners(edges, lines, drawn)
    streets = [drawn[i]._replace(line=edge) for edge, i in zip(edges, owners, strict=True)]
    for _ in range(3):
        streets = _without_stubs(streets)
    streets = _joined(_largest_part(streets))
    return sorted(streets, key=lambda s: tuple(map(tuple, np.round(s.line.coords, 1).tolist())))


def _owners(
    edges: np.ndarray[tuple[int], np.dtype[np.object_]],
    lines: np.ndarray[tuple[int], np.dtype[np.object_]],
    drawn: Sequence[Street],
) -> list[int]:
    """Index of the drawn street that each edge is part of."""
    middles = shapely.line_interpolate_point(edges, 0.5, normalized=True)
    tree = shapely.STRtree(lines)
    found, owner = tree.query(middles, predicate="dwithin", distance=0.6)
    best: dict[int, tuple[bool, int, int]] = {}
    for edge, i in zip(found.tolist(), owner.tolist(), strict=True):
        street = drawn[i]
        rank = (street.bridge is None, _RANK.index(street.kind), i)
        best[edge] = min(best.get(edge, rank), rank)
    return [best[edge][2] for edge in range(len(edges))]


def _ends(street: Street) -> tuple[Node, Node]:
    coords = street.line.coords
    first, last = coords[0], coords[-1]
    return (round(first[0], 1), round(first[1], 1)), (round(last[0], 1), round(last[1], 1))


def _degrees(streets: Sequence[Street]) -> collections.Counter[Node]:
    return collections.Counter(end for street in streets for end in _ends(street))


def _without_stubs(streets: Sequence[Street]) -> list[Street]:
    """Streets without short dead ends, which are what is left over from drawing."""
    degrees = _degrees(streets)
    return [
        street
        for street in streets
        if street.line.length > _STUB_M or min(degrees[end] for end in _ends(street)) > 1
    ]


def _largest_part(streets: Sequence[Street]) -> list[Street]:
    """Streets of the largest connected part."""
    numbers = {node: i for i, node in enumerate(_degrees(streets))}
    ends = np.array([[numbers[end] for end in _ends(street)] for street in streets])
    ones = np.ones(len(ends))
    graph = coo_array((ones, (ends[:, 0], ends[:, 1])), shape=(len(numbers), len(numbers)))
    _, part = connected_components(graph, directed=False)
    main = np.bincount(part[ends[:, 0]]).argmax()
    return [s for s, p in zip(streets, part[ends[:, 0]], strict=True) if p == main]


def _joined(streets: Sequence[Street]) -> list[Street]:
    """Streets with those of one name and kind joined where no other street meets them."""
    at: dict[Node, list[int]] = collections.defaultdict(list)
    for i, street in enumerate(streets):
        for end in _ends(street):
            at[end].append(i)
    leader = list(range(len(streets)))

    def root(i: int) -> int:
        while leader[i] != i:
            leader[i] = leader[leader[i]]
            i = leader[i]
        return i

    for meeting in at.values():
        if len(meeting) == 2 and streets[meeting[0]][1:] == streets[meeting[1]][1:]:
            leader[root(meeting[0])] = root(meeting[1])
    chains: dict[int, list[int]] = collections.defaultdict(list)
    for i in range(len(streets)):
        chains[root(i)].append(i)
    joined = []
    for chain in chains.values():
        line = shapely.line_merge(shapely.multilinestrings([streets[i].line for i in chain]))
        joined += [streets[chain[0]]._replace(line=part) for part in shapely.get_parts(line)]
    return [street._replace(line=_forward(street.line)) for street in joined]


def _forward(line: shapely.LineString) -> shapely.LineString:
    """Return a line that begins at its south-west end."""
    return line if line.coords[0] <= line.coords[-1] else line.reverse()
