from __future__ import annotations

import dataclasses
import math
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod, Transformer

from geodata.errors import GeodataError, PositionError
from geodata.network.build import build
from geodata.network.network import TICK_S, UNIT_DEG, Network
from geodata.network.profiles import EBIKE, WALK
from geodata.network.snap import Snapped, snap, ways
from tests.geodata.network.worlds import ONE_WAY, STREET, degrees, grid, streets, tangle
from tests.geodata.squares import LAT0, LON0

GEOD = Geod(ellps="WGS84")


def drawn(network: Network) -> list[np.ndarray]:
    """The shape of each edge, degrees."""
    return [network.line(edge) for edge in range(len(network.edges))]


def plane(lon: float, lat: float, lines: list[np.ndarray]) -> list[np.ndarray]:
    """Metres around a position, true to scale there, by PROJ.

    Lines are straight in degrees, so not quite on the ground: they get vertices in between.
    """
    project = Transformer.from_crs(
        "EPSG:4326", f"+proj=aeqd +lon_0={lon} +lat_0={lat} +datum=WGS84 +units=m", always_xy=True
    )
    part = np.linspace(0, 1, 12)[:, None]
    dense = [np.concatenate([a + part * (b - a) for a, b in pairwise(line)]) for line in lines]
    x, y = project.transform(*np.concatenate(dense).T)
    return np.split(np.column_stack([x, y]), np.cumsum([len(line) for line in dense])[:-1])


def nearest_edge(lines: list[np.ndarray], lon: float, lat: float) -> tuple[int, float, np.ndarray]:
    """Edge, metres, and metres to all edges, by GEOS in a plane around the position."""
    laid = [shapely.LineString(line) for line in plane(lon, lat, lines)]
    metres = shapely.distance(laid, shapely.Point(0, 0))
    return int(np.argmin(metres)), float(metres.min()), metres


def foot(network: Network, found: Snapped, i: int) -> tuple[float, float]:
    """Position as far along the edge's shape as `fraction` says, by PROJ's lengths."""
    line = network.line(int(found.edge[i]))
    step = GEOD.line_lengths(*line.T)
    along = float(found.fraction[i]) * step.sum()
    at = int(np.searchsorted(np.cumsum(step), along))
    at = min(at, len(step) - 1)
    part = (along - step[:at].sum()) / step[at] if step[at] else 0.0
    position = line[at] + min(part, 1.0) * (line[at + 1] - line[at])
    return float(position[0]), float(position[1])


def scattered(seed: int, n: int, low: float, high: float) -> np.ndarray:
    """(n, 2) degrees of positions in a square of metres."""
    return degrees(np.random.default_rng(seed).uniform(low, high, (n, 2)))


@given(seed=st.integers(0, 2**32 - 1), limit_m=st.sampled_from([0.0, 5.0, 60.0, 500.0, 3000.0]))
@settings(deadline=None, max_examples=40)
def test_the_nearest_edge_is_that_of_brute_force(seed: int, limit_m: float) -> None:
    """Distance, choice and place along the edge agree with GEOS and PROJ over all segments."""
    network = build(tangle(seed, places=25, lines=12), WALK)
    at = scattered(seed, 20, -800, 2000)
    found = snap(network, *at.T, limit_m=limit_m)
    lines = drawn(network)
    for i, (lon, lat) in enumerate(at.tolist()):
        _, metres, all_metres = nearest_edge(lines, lon, lat)
        slack = 0.01 + 1e-4 * metres
        if not found.found[i]:
            assert metres > limit_m - slack
            assert (found.edge[i], found.link_m[i]) == (-1, math.inf)
            continue
        assert found.link_m[i] == pytest.approx(metres, abs=slack)
        assert found.link_m[i] <= limit_m
        assert all_metres[found.edge[i]] == pytest.approx(metres, abs=slack)
        assert 0 <= found.fraction[i] <= 1
        gone = GEOD.inv(lon, lat, *foot(network, found, i))[2]
        # Lengths along the shape are laid out at the point's latitude: that is another 0.01 %.
        assert gone == pytest.approx(metres, abs=3 * slack)


@given(seed=st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=30)
def test_positions_on_an_edge_are_found_there(seed: int) -> None:
    """A position on a shape is a centimetre from the network at most, and where it is on it."""
    network = build(tangle(seed, places=25, lines=12), WALK)
    rng = np.random.default_rng(seed)
    edge = rng.integers(0, len(network.edges), 20)
    put = Snapped(edge.astype(np.int32), rng.uniform(0, 1, 20), np.zeros(20))
    at = np.array([foot(network, put, i) for i in range(20)])
    found = snap(network, *at.T, limit_m=1.0)
    assert found.found.all()
    assert found.link_m.max() < 0.01
    again = np.array([foot(network, found, i) for i in range(20)])
    assert GEOD.inv(*at.T, *again.T)[2].max() < 0.05


def test_nodes_are_at_the_very_ends() -> None:
    """At a node the fraction is exactly 0 or 1, so that a one-way edge there is no obstacle."""
    network = build(grid(12, seed=4, tags=(STREET, ONE_WAY)), EBIKE)
    lon, lat = network.nodes.T
    found = snap(network, lon, lat)
    assert found.link_m.max() == 0
    assert set(found.fraction.tolist()) <= {0.0, 1.0}
    end = network.edges[found.edge, found.fraction.astype(int)]
    assert (end == np.arange(len(network))).all()


def test_a_millimetre_from_a_crossing_is_at_it() -> None:
    """Against a one-way street that ends there nobody is sent around the block."""
    world = streets(
        [(0, 0), (300, 0), (600, 0)],
        (ONE_WAY, [0, 1]),
        (STREET, [1, 2]),
    )
    network = build(world, EBIKE)
    crossing = degrees([(300, 0)])[0]
    found = snap(network, [crossing[0] - 1e-8], [crossing[1]])
    ticks = ways(network, found, leaving=False)
    at = network.edges[found.edge[0]]
    node = int(np.argmin(np.abs(network.nodes[at] - crossing).sum(axis=1)))
    assert ticks[0, node] * TICK_S < 0.01


def test_the_limit_is_inclusive() -> None:
    """A point exactly as far away as the limit is on the network, a little farther it is not."""
    network = build(streets([(0, 0), (100, 0)], (STREET, [0, 1])), WALK)
    at = degrees([(50, 80)])
    metres = float(snap(network, *at.T).link_m[0])
    assert snap(network, *at.T, limit_m=metres).found[0]
    assert not snap(network, *at.T, limit_m=math.nextafter(metres, 0)).found[0]
    on = degrees([(0, 0)])
    assert snap(network, *on.T, limit_m=0).found[0]


def test_of_edges_equally_near_the_first_is_taken() -> None:
    """Where four streets meet, and on two that lie upon one another."""
    world = streets(
        [(0, 0), (100, 0), (0, 100), (-100, 0), (0, -100)],
        *((STREET, [0, i]) for i in (1, 2, 3, 4)),
        (STREET, [1, 0]),
    )
    network = build(world, WALK)
    at = degrees([(0, 0), (60, 0)])
    found = snap(network, *at.T)
    lines = drawn(network)
    touching = [e for e, line in enumerate(lines) if (np.abs(line - at[0]) < 1e-9).all(1).any()]
    assert found.edge[0] == min(touching) == 0
    on = [e for e in range(5) if nearest_edge(lines, *at[1])[2][e] < 0.01]
    assert len(on) == 2
    assert found.edge[1] == min(on)


RIVER = (-500, 30, 500, 30)


@pytest.mark.parametrize("y", [25, 12])
def test_nobody_is_put_across_a_river(y: float) -> None:
    """Beside a river one is on one's own bank, however near the street across is."""
    # One street 40 m beyond the far bank's line at 30, one 200 m back on this side.
    world = streets(
        [(-400, 35), (400, 35), (-400, -200), (400, -200)],
        (STREET, [0, 1]),
        (STREET, [2, 3]),
        barriers=[RIVER],
    )
    network = build(world, WALK)
    lines = drawn(network)
    near = nearest_edge(lines, *degrees([(0, 35)])[0])[0]
    found = snap(network, *degrees([(0, y)]).T)
    # 10 m away is not known well enough to say which bank it is; 23 m away is.
    assert (found.edge[0] == near) == (y == 25)
    if y == 12:
        assert found.link_m[0] == pytest.approx(212, rel=1e-3)
        assert not snap(network, *degrees([(0, y)]).T, limit_m=200).found[0]


@pytest.mark.parametrize(("gap", "crosses"), [(19.9, True), (20.1, False)])
def test_twenty_metres_may_cross_anything(gap: float, crosses: bool) -> None:
    """A shorter way crosses, a longer one does not."""
    world = streets([(-100, 0), (100, 0)], (STREET, [0, 1]), barriers=[(-99, 5, 99, 5)])
    found = snap(build(world, WALK), *degrees([(0, gap)]).T)
    assert found.found[0] == crosses


def test_an_island_without_streets_is_nowhere() -> None:
    """Water all around: no edge, whatever lies within the limit beyond it."""
    bank = [(-60, -60), (60, -60), (60, 60), (-60, 60), (-60, -60)]
    ring = [(-90, -90), (90, -90), (90, 90), (-90, 90)]
    world = streets(
        ring,
        (STREET, [0, 1, 2, 3, 0]),
        barriers=[(*a, *b) for a, b in pairwise(bank)],
    )
    network = build(world, WALK)
    inside, outside = degrees([(10, 20)]), degrees([(65, 0)])
    assert not snap(network, *inside.T).found[0]
    assert snap(network, *outside.T).found[0]


@given(seed=st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=30)
def test_barriers_by_brute_force(seed: int) -> None:
    """The edge is the nearest of those to which GEOS sees no barrier between, or that are near."""
    rng = np.random.default_rng(seed)
    world = tangle(seed, places=20, lines=8)
    walls = rng.uniform(-100, 1300, (12, 4))
    walls[:, 2:] = walls[:, :2] + rng.uniform(-500, 500, (12, 2))
    ends = degrees(walls.reshape(-1, 2))
    network = build(dataclasses.replace(world, barriers=ends.reshape(-1, 4)), WALK)
    at = scattered(seed, 15, -200, 1400)
    found = snap(network, *at.T, limit_m=400)
    shapes = [line[i : i + 2] for line in drawn(network) for i in range(len(line) - 1)]
    for i, (lon, lat) in enumerate(at.tolist()):
        laid = plane(lon, lat, [*ends.reshape(-1, 2, 2), *shapes])
        wall = shapely.multilinestrings(laid[: len(walls)])
        tips = shapely.multipoints(np.concatenate([line[[0, -1]] for line in laid[: len(walls)]]))
        lines = shapely.linestrings(laid[len(walls) :])
        way = shapely.shortest_line(shapely.Point(0, 0), lines)
        metres = shapely.length(way)
        # What centimetres decide is left out: lengths at a limit, ways along a barrier's end.
        ends_at = shapely.get_point(way, -1)
        unsure = (
            (np.abs(metres - 20) < 0.05)
            | (np.abs(metres - 400) < 0.05)
            | (shapely.distance(wall, ends_at) < 0.05)
            | (shapely.distance(tips, way) < 0.05)
        )
        open_ = (metres <= 20) | ~shapely.intersects(way, wall)
        best = metres[open_].min(initial=math.inf)
        if (unsure & (metres <= best + 0.1)).any():
            continue
        if best > 400:
            assert not found.found[i]
        else:
            assert found.link_m[i] == pytest.approx(best, abs=0.01 + 1e-4 * best)


def test_far_from_all_streets() -> None:
    """Another continent, the poles and the other side of the world are just on no edge."""
    network = build(grid(5), WALK)
    lon = [LON0 - 50, LON0 + 66, 0.0, 180.0, -180.0, LON0, LON0, LON0 + 0.02]
    lat = [LAT0, LAT0, 0.0, 90.0, -90.0, 90.0, -90.0, LAT0]
    found = snap(network, lon, lat)
    assert found.edge.tolist() == [-1] * len(lon)
    assert (ways(network, found, leaving=True) == np.iinfo(np.int64).max).all()


def test_the_plain_along_a_meridian_and_in_a_point() -> None:
    """Networks without width, without height, or without either have a grid as well."""
    for places in ([(0, 0), (0, 900)], [(0, 0), (900, 0)], [(0, 0), (0, 0)]):
        network = build(streets(places, (STREET, [0, 1])), WALK)
        found = snap(network, *degrees([(0, 0), places[1], (3, 4)]).T)
        assert found.found.all()
        assert found.link_m[:2].max() < 0.01
        assert found.link_m[2] <= 5.01


def test_a_long_straight_street() -> None:
    """A motorway's worth of street in one segment lies in the grid from end to end."""
    network = build(
        streets([(0, 0), (40_000, 25_000), (0, 50)], (STREET, [0, 1]), (STREET, [0, 2])), WALK
    )
    line = network.line(int(np.argmax(network.length_m)))
    part = np.linspace(0, 1, 301)[:, None]
    at = line[0] + part * (line[1] - line[0])
    found = snap(network, *at.T, limit_m=5)
    assert found.found.all()
    assert found.link_m.max() < 0.01


def test_no_points() -> None:
    """Nothing in, nothing out."""
    found = snap(build(grid(3), WALK), [], [])
    assert [len(column) for column in found] == [0, 0, 0]
    assert (found.edge.dtype, found.fraction.dtype) == (np.int32, np.float64)


def test_many_points_on_many_threads() -> None:
    """In chunks as one by one."""
    network = build(grid(20, seed=1), WALK)
    at = scattered(1, 9000, -100, 2000)
    found = snap(network, *at.T)
    for i in range(0, 9000, 450):
        alone = snap(network, [at[i, 0]], [at[i, 1]])
        assert [column[0] for column in alone] == [column[i] for column in found]


@pytest.mark.parametrize(
    ("lon", "lat"),
    [([math.nan], [34.0]), ([113.0], [math.inf]), ([181.0], [34.0]), ([113.0], [-90.5])],
)
def test_positions_nowhere_on_earth(lon: list[float], lat: list[float]) -> None:
    """They are an error, not a point without streets."""
    with pytest.raises(PositionError):
        snap(build(grid(3), WALK), lon, lat)


@pytest.mark.parametrize("limit_m", [-1.0, math.nan, math.inf])
def test_limits_that_make_no_sense(limit_m: float) -> None:
    """Negative ones, and none."""
    with pytest.raises(GeodataError, match="limit"):
        snap(build(grid(3), WALK), [LON0], [LAT0], limit_m=limit_m)


def test_ways_to_both_ends() -> None:
    """A quarter along a street, 13 m beside it: 10 s to it, then a quarter and three quarters."""
    network = build(streets([(0, 0), (520, 0)], (STREET, [0, 1])), WALK)
    found = snap(network, *degrees([(130, 13)]).T)
    to_first, to_last = ways(network, found, leaving=True)[0] * TICK_S
    west = int(np.argmin(network.nodes[network.edges[0], 0]))
    near, far = (to_first, to_last) if west == 0 else (to_last, to_first)
    assert (near, far) == pytest.approx((110, 310), rel=1e-3)
    assert UNIT_DEG == 1e-7
