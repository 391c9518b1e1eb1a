from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from geodata.errors import NetworkError
from geodata.network.build import build
from geodata.network.network import MAX_TICKS, TICK_S, UNIT_DEG, Network
from geodata.network.profiles import EBIKE, WALK, Profile
from tests.geodata.network.worlds import (
    CLOSED_GATE,
    FOOTWAY,
    MOTORWAY,
    ONE_WAY,
    OPEN_GATE,
    STREET,
    grid,
    streets,
    tangle,
)

if TYPE_CHECKING:
    from geodata.network.streets import Streets

GEOD = Geod(ellps="WGS84")
SQUARE = [(0, 0), (100, 0), (100, 100), (0, 100)]


def places_of(network: Network, world: Streets) -> list[list[int]]:
    """The vertices of the streets that each edge runs along, by their positions."""
    units = np.rint(np.column_stack([world.lon, world.lat]) / UNIT_DEG).astype(np.int64)
    number = {tuple(at): i for i, at in enumerate(units.tolist())}
    return [
        [number[tuple(at)] for at in network.shape[begin:end].tolist()]
        for begin, end in zip(network.indptr[:-1], network.indptr[1:], strict=True)
    ]


def geodesic(world: Streets, path: list[int]) -> float:
    """Metres along vertices, by PROJ."""
    return float(GEOD.line_length(world.lon[path], world.lat[path]))


def forward(path: list[int]) -> tuple[int, ...]:
    """A path in the direction in which it reads lower."""
    return min(tuple(path), tuple(path[::-1]))


def test_lines_are_cut_where_they_share_a_vertex() -> None:
    """A cross of two lines of three vertices is four edges and five nodes, all in one part."""
    world = streets(
        [(0, 0), (50, 10), (100, 0), (50, -50), (50, 90)],
        (STREET, [0, 1, 2]),
        (STREET, [3, 1, 4]),
    )
    network = build(world, WALK)
    assert {forward(p) for p in places_of(network, world)} == {(0, 1), (1, 2), (1, 3), (1, 4)}
    assert len(network) == 5
    assert [part.nodes for part in network.components()] == [5]


def test_a_bend_is_no_node() -> None:
    """Vertices at which nothing else meets are shape; the length goes along all of them."""
    world = streets([(0, 0), (50, 80), (100, 0), (150, 40)], (STREET, [0, 1, 2, 3]))
    network = build(world, WALK)
    assert places_of(network, world) in ([[0, 1, 2, 3]], [[3, 2, 1, 0]])
    assert len(network) == 2
    assert network.length_m[0] == pytest.approx(geodesic(world, [0, 1, 2, 3]), rel=1e-6)
    assert network.ticks[0] * TICK_S == pytest.approx(geodesic(world, [0, 1, 2, 3]) / 1.3, abs=1e-4)


def test_a_bridge_does_not_meet_what_is_below() -> None:
    """Lines whose vertices lie at one position, but are not the same vertex, are two parts."""
    world = streets(
        [(0, 0), (50, 0), (100, 0), (50, -50), (50, 0), (50, 50)],
        (STREET, [0, 1, 2]),
        (STREET, [3, 4, 5]),
    )
    network = build(world, WALK)
    assert len(network.edges) == 2
    assert [part.nodes for part in network.components()] == [2, 2]


@pytest.mark.parametrize(("gate", "parts"), [(OPEN_GATE, [2]), (CLOSED_GATE, [2, 2])])
def test_a_gate_within_a_street(gate: dict[str, str], parts: list[int]) -> None:
    """A closed gate parts the street there; an open one is not even a node."""
    world = streets([(0, 0), (50, 0), (100, 0)], (STREET, [0, 1, 2]), gates={1: gate})
    network = build(world, WALK)
    assert [part.nodes for part in network.components()] == parts
    assert sum(len(path) - 1 for path in places_of(network, world)) == 2


@pytest.mark.parametrize(("gate", "parts"), [(OPEN_GATE, [4]), (CLOSED_GATE, [2, 2, 2])])
def test_a_gate_where_streets_meet(gate: dict[str, str], parts: list[int]) -> None:
    """Three streets end at a gate: joined where it is open, else each ends on its own."""
    world = streets(
        [(0, 0), (50, 0), (100, 0), (50, 50)],
        (STREET, [0, 1]),
        (STREET, [1, 2]),
        (STREET, [3, 1]),
        gates={1: gate},
    )
    network = build(world, WALK)
    assert [part.nodes for part in network.components()] == parts
    assert len(network.edges) == 3


def test_a_gate_that_no_bicycle_passes() -> None:
    """A kissing gate parts the street for one profile and not for the other."""
    world = streets(
        [(0, 0), (50, 0), (100, 0)], (STREET, [0, 1, 2]), gates={1: {"barrier": "kissing_gate"}}
    )
    assert len(build(world, WALK).components()) == 1
    assert len(build(world, EBIKE).components()) == 2


@pytest.mark.parametrize("profile", [WALK, EBIKE])
@pytest.mark.parametrize("tags", [STREET, ONE_WAY])
def test_an_edge_of_no_length_takes_no_time(profile: Profile, tags: dict[str, str]) -> None:
    """Two vertices at one position, as on two floors, are joined by an edge of 0 s."""
    world = streets(
        [(0, 0), (50, 0), (50, 0), (50, 70), (90, 0)],
        (STREET, [0, 1]),
        (tags, [1, 2]),
        (STREET, [2, 3]),
        (STREET, [2, 4]),
        (STREET, [1, 3]),
    )
    network = build(world, profile)
    assert [part.nodes for part in network.components()] == [5]
    nothing = np.flatnonzero(network.length_m == 0)
    assert len(nothing) == 1
    closed = profile is EBIKE and tags is ONE_WAY
    assert sorted(network.ticks[nothing[0]].tolist()) == ([-1, 0] if closed else [0, 0])


def test_a_vertex_named_twice_in_a_row_is_one() -> None:
    """It makes no edge of its own and cuts nothing."""
    world = streets([(0, 0), (50, 0), (100, 0)], (STREET, [0, 0, 1, 1, 1, 2, 2]))
    network = build(world, WALK)
    assert [forward(p) for p in places_of(network, world)] == [(0, 1, 2)]


def test_rings_and_parallel_streets_are_kept() -> None:
    """A ring from a crossing to itself, and two streets between the same two crossings."""
    world = streets(
        SQUARE,
        (STREET, [0, 1, 2, 3, 0]),
        (STREET, [0, 2]),
        (FOOTWAY, [0, 2]),
    )
    network = build(world, WALK)
    assert len(network) == 2
    paths = Counter(forward(p) for p in places_of(network, world))
    assert paths == {(0, 1, 2): 1, (0, 3, 2): 1, (0, 2): 2}
    ring = build(streets(SQUARE, (STREET, [0, 1, 2, 3, 0])), WALK)
    assert ring.edges.tolist() == [[0, 0]]
    assert ring.length_m[0] == pytest.approx(400, rel=1e-3)
    assert len(ring.out.arcs) == 0


def test_a_street_that_passes_a_vertex_twice_is_cut_there() -> None:
    """An eight drawn as one line: two rings that meet in one node."""
    world = streets(
        [(0, 0), (50, 50), (50, -50), (-50, 50), (-50, -50)], (STREET, [1, 0, 3, 4, 0, 2, 1])
    )
    network = build(world, WALK)
    assert sorted(len(p) for p in places_of(network, world)) == [2, 3, 4]
    assert len(network) == 2


def test_one_way_streets_hold_for_bicycles_only() -> None:
    """Against the street the edge is closed to them; walkers go both ways."""
    world = streets([(0, 0), (100, 0)], (ONE_WAY, [0, 1]))
    ridden, walked = build(world, EBIKE), build(world, WALK)
    first = places_of(ridden, world)[0][0]
    east, west = ridden.ticks[0] if first == 0 else ridden.ticks[0][::-1]
    assert west == -1
    assert east * TICK_S == pytest.approx(geodesic(world, [0, 1]) / EBIKE.speed_m_s, abs=1e-4)
    assert walked.ticks[0, 0] == walked.ticks[0, 1] > 0
    assert len(ridden.out.arcs) == len(ridden.into.arcs) == 1
    assert ridden.out.arcs[0, 0] != ridden.into.arcs[0, 0]


def test_closed_lines_are_not_there() -> None:
    """A motorway is no street, and does not cut one that it shares a vertex with."""
    world = streets([(0, 0), (50, 0), (100, 0), (50, 50)], (STREET, [0, 1, 2]), (MOTORWAY, [1, 3]))
    network = build(world, WALK)
    assert [forward(p) for p in places_of(network, world)] == [(0, 1, 2)]


def test_parts_are_counted_and_measured() -> None:
    """The part with the most nodes is first; each says its length and where it is."""
    world = streets(
        [(0, 0), (300, 0), (1000, 0), (1100, 0), (1100, 100)],
        (STREET, [0, 1]),
        (STREET, [2, 3]),
        (STREET, [3, 4]),
    )
    network = build(world, WALK)
    large, small = network.components()
    assert (large.nodes, small.nodes) == (3, 2)
    assert large.length_m == pytest.approx(geodesic(world, [2, 3, 4]), rel=1e-6)
    assert small.length_m == pytest.approx(geodesic(world, [0, 1]), rel=1e-6)
    ends = [(world.lon[i], world.lat[i]) for i in range(5)]
    assert any((large.lon, large.lat) == pytest.approx(end, abs=1e-9) for end in ends[2:])
    assert any((small.lon, small.lat) == pytest.approx(end, abs=1e-9) for end in ends[:2])


def test_bounds_and_nodes() -> None:
    """The box around the shapes, and where the nodes are."""
    world = streets([(0, 0), (50, 80), (100, 0)], (STREET, [0, 1, 2]))
    network = build(world, WALK)
    assert network.bounds == pytest.approx(
        (world.lon[0], world.lat[0], world.lon[2], world.lat[1]), abs=1e-9
    )
    ends = np.column_stack([world.lon, world.lat])[[0, 2]]
    assert np.abs(np.sort(network.nodes, axis=0) - ends).max() < 1e-9


def test_a_street_across_the_country_takes_the_longest_time() -> None:
    """What would take longer than is ever searched does not overflow."""
    world = streets([(0, 0), (3_000_000, 0)], (STREET, [0, 1]))
    network = build(world, WALK)
    assert network.ticks.tolist() == [[MAX_TICKS, MAX_TICKS]]


@pytest.mark.parametrize("world", [streets([(0, 0), (9, 9)], (MOTORWAY, [0, 1])), streets([])])
def test_no_street_at_all_is_an_error(world: Streets) -> None:
    """Said in both languages, with the number of lines and the profile."""
    with pytest.raises(NetworkError, match=rf"none of the {len(world.tags)} lines .* 'walk'") as e:
        build(world, WALK)
    assert f"{len(world.tags)} 条线中没有一条" in e.value.chinese
    assert "walk" in e.value.chinese


@pytest.mark.parametrize(
    ("lon", "lat"), [(181.0, 34.0), (113.0, -91.0), (math.nan, 34.0), (113.0, math.inf)]
)
def test_positions_nowhere_on_earth_are_an_error(lon: float, lat: float) -> None:
    """The message names the position, in both languages."""
    world = streets(SQUARE, (STREET, [0, 1, 2]))
    world.lon[1], world.lat[1] = lon, lat
    with pytest.raises(NetworkError, match=f"longitude {lon}, latitude {lat}") as e:
        build(world, WALK)
    assert f"经度 {lon}、纬度 {lat}" in e.value.chinese


def test_neighbours_in_the_city_are_neighbours_in_memory() -> None:
    """Along the Morton curve the two ends of a street are near one another, most of the time."""
    network = build(grid(64), WALK)
    apart = np.abs(np.diff(network.edges, axis=1))
    assert np.median(apart) <= 8
    assert (np.diff(network.edges[:, 0]) >= 0).all()


def expected(world: Streets, profile: Profile) -> dict[str, list[object]]:
    """Edges and arcs from plain dictionaries: ends are (vertex, use) where a gate is closed."""
    pieces: list[list[tuple[int, int]]] = []  # of each usable line
    speeds: list[tuple[float, float]] = []
    for i, tags in enumerate(world.tags):
        vertices = world.vertex[world.indptr[i] : world.indptr[i + 1]].tolist()
        pairs = [(a, b) for a, b in pairwise(vertices) if a != b]
        if any(profile.speeds(tags)) and pairs:
            pieces.append(pairs)
            speeds.append(profile.speeds(tags))
    shut = {v for v, tags in world.gates.items() if not profile.passes(tags)}
    uses = Counter(v for pairs in pieces for pair in pairs for v in pair)
    edges: list[tuple[tuple[int, ...], float, float, float]] = []
    for pairs, (there, back) in zip(pieces, speeds, strict=True):
        path = [pairs[0][0]]
        for at, (_, b) in enumerate(pairs):
            path.append(b)
            if at == len(pairs) - 1 or b in shut or uses[b] != 2:
                metres = geodesic(world, path)
                edges.append(
                    (
                        tuple(path),
                        metres,
                        metres / there if there else math.inf,
                        metres / back if back else math.inf,
                    )
                )
                path = [b]
    return {"edges": edges, "shut": sorted(shut)}


@given(
    seed=st.integers(0, 2**32 - 1),
    places=st.integers(2, 40),
    lines=st.integers(0, 30),
    profile=st.sampled_from([WALK, EBIKE]),
)
@settings(deadline=None, max_examples=150)
def test_edges_are_those_of_plain_dictionaries(
    seed: int, places: int, lines: int, profile: Profile
) -> None:
    """Whatever is drawn: the same edges, lengths, times and meeting points, and nothing else."""
    world = tangle(seed, places=places, lines=lines)
    network = build(world, profile)
    wanted = expected(world, profile)
    shut = set(wanted["shut"])
    paths = places_of(network, world)

    made = sorted(
        (tuple(p), round(float(m), 2), *(t * TICK_S if t >= 0 else math.inf for t in ticks))
        for p, m, ticks in zip(paths, network.length_m, network.ticks.tolist(), strict=True)
    )
    drawn = sorted((p, round(m, 2), there, back) for p, m, there, back in wanted["edges"])
    assert [edge[0] for edge in made] == [edge[0] for edge in drawn]
    assert [x for e in made for x in e[1:]] == pytest.approx(
        [x for e in drawn for x in e[1:]], abs=0.011
    )

    # Ends are one node exactly where they are one vertex without a closed gate.
    meeting: dict[object, set[int]] = {}
    ends = [end for path in paths for end in (path[0], path[-1])]
    for use, (node, vertex) in enumerate(zip(network.edges.ravel().tolist(), ends, strict=True)):
        meeting.setdefault((vertex, use) if vertex in shut else vertex, set()).add(node)
    assert all(len(nodes) == 1 for nodes in meeting.values())
    assert sorted(min(nodes) for nodes in meeting.values()) == list(range(len(network)))
    at = np.column_stack([world.lon, world.lat])
    assert np.abs(network.nodes[network.edges.ravel()] - at[ends]).max() < 1e-9

    # Arcs, forward and turned round, are the open ways of the edges but for loops.
    arcs = Counter(
        (*(way if ahead else way[::-1]), ticks)
        for way, both in zip(network.edges.tolist(), network.ticks.tolist(), strict=True)
        for ahead, ticks in ((True, both[0]), (False, both[1]))
        if ticks >= 0 and way[0] != way[1]
    )
    for graph, turned in ((network.out, False), (network.into, True)):
        tail = np.repeat(np.arange(len(network)), np.diff(graph.indptr)).tolist()
        stored = Counter(
            (head, node, ticks) if turned else (node, head, ticks)
            for node, (head, ticks) in zip(tail, graph.arcs.tolist(), strict=True)
        )
        assert stored == arcs
        by_edge = np.sort(network.edges[graph.edge], axis=1)
        assert (by_edge == np.sort(np.column_stack([tail, graph.arcs[:, 0]]), axis=1)).all()
