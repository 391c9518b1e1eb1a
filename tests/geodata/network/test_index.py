from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import dijkstra

from geodata.errors import GeodataError, PositionError, TooLargeError
from geodata.network import _search
from geodata.network.build import build
from geodata.network.index import NearestByTime, NetworkIndex, WithinTime
from geodata.network.network import MAX_TICKS, TICK_S, Network, Room
from geodata.network.profiles import EBIKE, WALK
from geodata.network.snap import snap
from geodata.network.streets import Streets
from tests.geodata.network.worlds import (
    FOOTWAY,
    ONE_WAY,
    STEPS,
    STREET,
    arcs_of,
    degrees,
    grid,
    matrix,
    network_of,
    streets,
    tangle,
    times,
)

# Ways to and along edges are rounded to whole ticks, at most four times a pair.
ROUNDING_S = 2.5 * TICK_S
WORLDS = ("grid on foot", "grid by bicycle", "tangle on foot", "tangle by bicycle", "islands")


def world_of(kind: str, seed: int) -> Network:
    """Networks with ties, one-way streets, gates and parts that nothing joins."""
    profile = EBIKE if "bicycle" in kind else WALK
    if kind == "islands":
        parts = [grid(4, seed=seed + i) for i in range(3)]
        lon = np.concatenate([p.lon + 0.006 * i for i, p in enumerate(parts)])
        lat = np.concatenate([p.lat for p in parts])
        vertex = np.concatenate([p.vertex + 16 * i for i, p in enumerate(parts)])
        indptr = np.arange(len(vertex) // 2 + 1, dtype=np.int64) * 2
        tags = parts[0].tags * 3
        return build(Streets(lon, lat, indptr, vertex, tags, {}, np.zeros((0, 4))), profile)
    if kind.startswith("grid"):
        return build(grid(9, seed=seed, tags=(STREET, ONE_WAY, FOOTWAY, STEPS)), profile)
    return build(tangle(seed, places=30, lines=18), profile)


def positions(network: Network, n: int, rng: np.random.Generator) -> np.ndarray:
    """(n, 2) anywhere around the network, at nodes, on one edge, and twice at the same place."""
    west, south, east, north = network.bounds
    anywhere = rng.uniform((west - 0.002, south - 0.002), (east + 0.002, north + 0.002), (n, 2))
    line = network.line(int(rng.integers(0, len(network.edges))))
    part = rng.uniform(0, 1, (n, 1))
    kind = rng.integers(0, 4, n)[:, None]
    at = np.where(kind == 0, line[0] + part * (line[1] - line[0]), anywhere)
    at = np.where(kind == 1, network.nodes[rng.integers(0, len(network), n)], at)
    return at[rng.integers(0, n, n)] if n and rng.random() < 0.3 else at


def same(found: list[tuple[int, float]], row: np.ndarray, k: int, max_s: float) -> None:
    """Check what was found against the times to all sites that could be answers."""
    ordered = np.sort(row[np.isfinite(row)])
    surely = int((ordered[:k] <= max_s - ROUNDING_S).sum())
    assert surely <= len(found) <= int((ordered[:k] <= max_s + ROUNDING_S).sum())
    sites = [site for site, _ in found]
    seconds = np.array([s for _, s in found])
    assert len(set(sites)) == len(sites)
    assert np.abs(seconds - ordered[: len(found)]).max(initial=0) < ROUNDING_S
    assert np.abs(seconds - row[sites]).max(initial=0) < ROUNDING_S
    assert [(s, site) for site, s in found] == sorted((s, site) for site, s in found)


def listed(found: NearestByTime, i: int) -> list[tuple[int, float]]:
    """A row of the table, without the places that nobody fills."""
    index, seconds = found.index[i], found.seconds[i]
    assert ((index < 0) == np.isinf(seconds)).all()
    assert (np.diff((index >= 0).astype(int)) <= 0).all()
    return list(zip(index[index >= 0].tolist(), seconds[index >= 0].tolist(), strict=True))


def dense(found: WithinTime, m: int) -> np.ndarray:
    """(n, m) seconds, inf where a site is not listed."""
    n = len(found.indptr) - 1
    table = np.full((n, m), np.inf)
    for i in range(n):
        own = slice(found.indptr[i], found.indptr[i + 1])
        assert (np.diff(found.index[own]) > 0).all()
        table[i, found.index[own]] = found.seconds[own]
    return table


@given(
    kind=st.sampled_from(WORLDS),
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(0, 12),
    m=st.integers(0, 12),
    k=st.integers(1, 15),
    max_s=st.sampled_from([0.0, 40.0, 200.0, 600.0, math.inf]),
    snap_m=st.sampled_from([30.0, 500.0]),
)
@settings(deadline=None, max_examples=250)
def test_times_are_those_of_brute_force(
    kind: str, seed: int, n: int, m: int, k: int, max_s: float, snap_m: float
) -> None:
    """One by one, in a batch, masked, the nearest one alone and all within: as scipy has it."""
    rng = np.random.default_rng(seed)
    network = world_of(kind, seed % 1000)
    at, to = positions(network, n, rng), positions(network, m, rng)
    index = NetworkIndex(network, *to.T, snap_m=snap_m)
    points = snap(network, *at.T, limit_m=snap_m)
    wanted = times(network, points, index.snapped)
    assert (len(index), index.network) == (m, network)

    mask = rng.random(m) < 0.4
    batch = index.query(*at.T, k=k, max_s=max_s)
    nearest = index.query(*at.T, max_s=max_s)
    assert batch.index.shape == batch.seconds.shape == (n, k)
    for i in range(n):
        alone = index.query_one(*at[i].tolist(), k=k, max_s=max_s)
        same(alone, wanted[i], k, max_s)
        assert listed(batch, i) == alone
        assert listed(nearest, i) == alone[:1]
        some = index.query_one(*at[i].tolist(), k=k, max_s=max_s, mask=mask)
        same(some, np.where(mask, wanted[i], np.inf), k, max_s)
        assert all(mask[site] for site, _ in some)

    table = dense(index.within(*at.T, max_s), m)
    inside, outside = wanted <= max_s - ROUNDING_S, wanted > max_s + ROUNDING_S
    assert np.isfinite(table[inside & np.isfinite(wanted)]).all()
    assert np.isinf(table[outside | np.isinf(wanted)]).all()
    known = np.isfinite(table)
    assert np.abs(table[known] - wanted[known]).max(initial=0) < ROUNDING_S


# Four nodes in a row, 100 s from one to the next, and an edge of 300 s back to the first.
ROW = [(0, 0), (130, 0), (260, 0), (390, 0)]


def row() -> Network:
    """Make the row."""
    return network_of(ROW, *((i, i + 1, 1_000_000, 1_000_000) for i in range(3)))


def at_row(*metres: float) -> np.ndarray:
    """(2, n) positions along the row, degrees."""
    line = degrees(ROW)
    return (line[0] + (np.array(metres) / 390)[:, None] * (line[3] - line[0])).T


@pytest.mark.parametrize("order", [(0, 390), (390, 0)])
def test_of_two_sites_as_far_away_the_lower_comes_first(order: tuple[float, float]) -> None:
    """In the middle of the row both ends are 150 s away: whichever was given first is first."""
    index = NetworkIndex(row(), *at_row(*order))
    lon, lat = at_row(195)
    assert index.query_one(lon[0], lat[0], k=2) == [(0, 150.0), (1, 150.0)]
    assert index.query_one(lon[0], lat[0]) == [(0, 150.0)]
    assert index.query(lon, lat, k=2).index.tolist() == [[0, 1]]
    assert index.query(lon, lat).index.tolist() == [[0]]


def test_a_tie_between_the_two_ends_of_an_edge() -> None:
    """In the middle of an edge of 200 s, with a site at either end and one farther off."""
    network = network_of(
        ROW,
        (0, 1, 1_000_000, 1_000_000),
        (1, 2, 2_000_000, 2_000_000),
        (2, 3, 1_000_000, 1_000_000),
    )
    lon, lat = at_row(195)
    for order in ((130, 260, 0), (260, 130, 0), (0, 130, 260), (0, 260, 130)):
        index = NetworkIndex(network, *at_row(*order))
        table = index.query(lon, lat, k=3)
        assert table.seconds.tolist() == [[100.0, 100.0, 200.0]]
        ends = sorted((order.index(130), order.index(260)))
        assert table.index.tolist() == [[*ends, order.index(0)]]
        assert index.query(lon, lat).index.tolist() == table.index[:, :1].tolist()


def test_ties_between_the_own_edge_and_a_way_around() -> None:
    """100 s along the edge to one site, 100 s around to another: again the lower one."""
    places = [(0, 0), (200, 0), (100, 80)]
    network = network_of(
        places, (0, 1, 2_000_000, 2_000_000), (0, 2, 500_000, 500_000), (1, 2, 9_000_000, 9_000_000)
    )
    line = degrees(places)
    quarter = line[0] + 0.25 * (line[1] - line[0])
    three = line[0] + 0.75 * (line[1] - line[0])
    for first, second in ((three, line[2]), (line[2], three)):
        index = NetworkIndex(network, *np.array([first, second]).T)
        assert index.query_one(*quarter.tolist(), k=2) == [(0, 100.0), (1, 100.0)]
        assert index.query(*quarter[:, None]).index.tolist() == [[0]]
        assert index.query(*quarter[:, None]).seconds.tolist() == [[100.0]]


def test_sites_at_one_place() -> None:
    """They come in the order in which they were given, and k cuts among them."""
    index = NetworkIndex(row(), *at_row(260, 0, 260, 260, 260))
    lon, lat = at_row(130)
    assert [i for i, _ in index.query_one(lon[0], lat[0], k=4)] == [0, 1, 2, 3]
    assert index.query(lon, lat, k=3).index.tolist() == [[0, 1, 2]]
    assert index.query(lon, lat).index.tolist() == [[0]]
    mask = np.array([False, True, False, True, True])
    assert [i for i, _ in index.query_one(lon[0], lat[0], k=2, mask=mask)] == [1, 3]


def test_the_limit_in_time_is_inclusive() -> None:
    """A site exactly as far away as the limit is an answer; a tick less, and it is none."""
    index = NetworkIndex(row(), *at_row(390))
    lon, lat = at_row(0)
    assert index.query_one(lon[0], lat[0], max_s=300.0) == [(0, 300.0)]
    assert index.query_one(lon[0], lat[0], max_s=299.9999) == []
    for ticks, reached in ((3_000_000, True), (2_999_999, False)):
        assert (index.reach(ticks)[0] != _search.UNREACHED) == reached
    for limit, count in ((300.0, 1), (299.9999, 0)):
        assert len(index.within(lon, lat, limit).index) == count
        assert (index.query(lon, lat, max_s=limit).index >= 0).sum() == count
        assert (index.query(lon, lat, k=2, max_s=limit).index >= 0).sum() == count


def test_one_way_only() -> None:
    """Down the street it takes its time, up it only the way around, without one none."""
    there = network_of(ROW, (0, 1, 1_000_000, -1), (1, 2, 1_000_000, 1_000_000))
    ring = network_of(
        [*ROW, (130, 90)],
        (0, 1, 1_000_000, -1),
        (1, 2, 1_000_000, 1_000_000),
        (2, 4, 2_000_000, -1),
        (4, 0, 3_000_000, -1),
    )
    lon, lat = at_row(32.5, 97.5)
    for network, back in ((there, math.inf), (ring, 25.0 + 100.0 + 500.0 + 25.0)):
        index = NetworkIndex(network, lon, lat)
        assert index.query_one(lon[0], lat[0], k=2) == [(0, 0.0), (1, 50.0)]
        found = [(1, 0.0), (0, back)][: 2 if math.isfinite(back) else 1]
        assert index.query_one(lon[1], lat[1], k=2) == found
        assert dense(index.within(lon, lat, math.inf), 2).tolist() == [[0.0, 50.0], [back, 0.0]]


def test_a_ring_on_which_one_goes_either_way() -> None:
    """From a point on a ring to a site on it, the shorter way round, also through its node."""
    square = [(0, 0), (100, 0), (100, 100), (0, 100)]
    ring = streets(square, (STREET, [0, 1, 2, 3, 0]))
    halved = streets(square, (STREET, [0, 1, 2, 3, 0]), (STREET, [0, 2]))
    at = degrees([(20, 0), (0, 20)])
    for each in (ring, halved):
        index = NetworkIndex(build(each, WALK), *at[1:].T)
        assert index.query_one(*at[0].tolist()) == [(0, pytest.approx(40 / 1.3, rel=1e-3))]


def test_nothing_to_find() -> None:
    """Without sites, without points, and where neither is near a street."""
    network = row()
    lon, lat = at_row(0, 100)
    empty = NetworkIndex(network, [], [])
    assert len(empty) == 0
    assert empty.query_one(lon[0], lat[0], k=3) == []
    assert empty.query(lon, lat, k=3).index.tolist() == [[-1] * 3] * 2
    assert empty.query(lon, lat).seconds.tolist() == [[math.inf]] * 2
    assert empty.within(lon, lat, 900).indptr.tolist() == [0, 0, 0]
    index = NetworkIndex(network, lon, lat)
    for k in (1, 3):
        assert index.query([], [], k=k).index.shape == (0, k)
    assert index.within([], [], 900).indptr.tolist() == [0]
    assert index.query_one(0.0, 0.0) == []
    assert index.query([0.0], [0.0]).index.tolist() == [[-1]]
    away = NetworkIndex(network, [0.0, lon[0]], [0.0, lat[0]])
    assert away.query_one(lon[1], lat[1], k=2) == [(1, pytest.approx(100 / 1.3, rel=1e-3))]
    assert away.within(lon, lat, 900).index.tolist() == [1, 1]


def test_more_pairs_than_allowed() -> None:
    """Said in both languages; as many as allowed are fine."""
    network = build(grid(10), WALK)
    lon, lat = network.nodes.T
    index = NetworkIndex(network, lon, lat)
    pairs = len(index.within(lon, lat, 300).index)
    assert len(index.within(lon, lat, 300, max_pairs=pairs).index) == pairs
    with pytest.raises(TooLargeError, match="within 5 minutes") as e:
        index.within(lon, lat, 300, max_pairs=pairs - 1)
    assert "5 分钟" in e.value.chinese


@pytest.mark.parametrize("k", [0, -1])
def test_k_that_makes_no_sense(k: int) -> None:
    """One site at least is asked for."""
    index = NetworkIndex(row(), *at_row(0))
    with pytest.raises(GeodataError, match="k is"):
        index.query(*at_row(1), k=k)
    with pytest.raises(GeodataError, match="k is"):
        index.query_one(*at_row(1)[:, 0].tolist(), k=k)


@pytest.mark.parametrize("max_s", [-1.0, math.nan])
def test_limits_that_make_no_sense(max_s: float) -> None:
    """Seconds from 0 on."""
    index = NetworkIndex(row(), *at_row(0))
    with pytest.raises(GeodataError, match="max_s"):
        index.query(*at_row(1), max_s=max_s)
    with pytest.raises(GeodataError, match="max_s"):
        index.within(*at_row(1), max_s)


@pytest.mark.parametrize("mask", [np.ones(2, np.bool_), np.ones(1, np.int64)])
def test_masks_that_make_no_sense(mask: np.ndarray) -> None:
    """One truth value a site."""
    with pytest.raises(GeodataError, match="mask"):
        NetworkIndex(row(), *at_row(0)).query_one(*at_row(1)[:, 0].tolist(), mask=mask)


def test_positions_nowhere_on_earth() -> None:
    """Sites and points alike."""
    with pytest.raises(PositionError):
        NetworkIndex(row(), [200.0], [34.0])
    index = NetworkIndex(row(), *at_row(0))
    for bad in (math.nan, 200.0):
        with pytest.raises(PositionError):
            index.query_one(bad, 34.0)
        with pytest.raises(PositionError):
            index.within([bad], [34.0], 900)


def test_many_threads_at_once() -> None:
    """Each has its own scratch memory: the answers are those of one after another."""
    network = build(grid(30, seed=3, tags=(STREET, ONE_WAY)), EBIKE)
    rng = np.random.default_rng(3)
    to, at = positions(network, 200, rng), positions(network, 1500, rng)
    index = NetworkIndex(network, *to.T)
    masks = [None, rng.random(200) < 0.1, rng.random(200) < 0.01]

    def ask(i: int) -> list[tuple[int, float]]:
        if i % 100 == 0:
            index.within(*at[i : i + 70].T, 300)
        return index.query_one(*at[i].tolist(), k=1 + i % 7, mask=masks[i % 3])

    one_by_one = [ask(i) for i in range(len(at))]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(len(at)))) == one_by_one


def test_no_search_leaves_traces() -> None:
    """After limited, masked and failed searches of any kind the same question has one answer."""
    network = build(grid(15, seed=8, tags=(STREET, ONE_WAY)), EBIKE)
    rng = np.random.default_rng(8)
    to, at = positions(network, 40, rng), positions(network, 90, rng)
    index = NetworkIndex(network, *to.T)
    first = [index.query_one(*p.tolist(), k=5) for p in at]
    batch, table = index.query(*at.T, k=5), index.within(*at.T, 400)
    for i, p in enumerate(at.tolist()):
        index.query_one(*p, k=1 + i % 40, max_s=float(7 * i))
        index.query_one(*p, k=3, mask=np.zeros(40, np.bool_))
        with pytest.raises(TooLargeError):
            index.within(*at.T, 400, max_pairs=1)
        assert index.query_one(*p, k=5) == first[i]
    again, table_again = index.query(*at.T, k=5), index.within(*at.T, 400)
    for old, new in ((batch, again), (table, table_again)):
        assert all((a == b).all() for a, b in zip(old, new, strict=True))


@pytest.mark.parametrize("side", [2, 7, 25])
def test_all_nodes_at_once(side: int) -> None:
    """`reach` says for each node the nearest site and its ticks, ties to the lower site."""
    network = build(grid(side, seed=side, tags=(STREET, ONE_WAY)), EBIKE)
    rng = np.random.default_rng(side)
    at = rng.integers(0, len(network), 9)
    index = NetworkIndex(network, *network.nodes[at].T)
    best = index.reach()
    n = len(network)
    tail, head, ticks = arcs_of(network)
    apart = dijkstra(matrix(n, head, tail, ticks), indices=at)
    reached = best != _search.UNREACHED
    assert (reached == np.isfinite(apart.min(axis=0))).all()
    assert ((best >> 32) == apart.min(axis=0))[reached].all()
    assert ((best & 0xFFFFFFFF) == apart.argmin(axis=0))[reached].all()
    near = index.reach(2_000_000)
    assert ((near != _search.UNREACHED) == (apart.min(axis=0) <= 2_000_000)).all()


def test_a_country_wide_walk_ends_where_times_end() -> None:
    """55 hours are the farthest that is searched; nothing beyond is reached, or overflows."""
    far = 400_000_000
    places = [(1000.0 * i, 0.0) for i in range(9)]
    network = network_of(places, *((i, i + 1, far, far) for i in range(8)))
    index = NetworkIndex(network, *degrees(places[:1]).T)
    found = index.query(*degrees(places).T)
    reached = np.arange(9) * far <= MAX_TICKS
    assert (found.index[:, 0] == np.where(reached, 0, -1)).all()
    assert found.seconds[reached, 0].tolist() == [i * far * TICK_S for i in range(reached.sum())]
    assert (index.within(*degrees(places).T, math.inf).indptr[-1]) == reached.sum()
    assert [len(index.query_one(*p.tolist())) for p in degrees(places)] == reached.tolist()


def star(legs: int, leaves: int, *, upward: bool) -> tuple[Network, int, int]:
    """Ever better ways to a hub, each found after the one before, and long arcs from the hub.

    All short ways lie in one bucket. Returns the network, a place before all that, and the hub.
    """
    places = [(0, 0), (5000, 0), *((2000, 3 * i) for i in range(legs))]
    places += [*((9000, 3 * i) for i in range(leaves)), (0, 500)]
    second = [2 + i if upward else 1 + legs - i for i in range(legs)]
    edges = [(0, 2 + i, 1, 1) for i in range(legs)]
    edges += [(2 + i, 1, ticks, ticks) for i, ticks in enumerate(second)]
    edges += [(1, 2 + legs + i, 3_000_000 + i, 3_000_000 + i) for i in range(leaves)]
    source = len(places) - 1
    return network_of(places, *edges, (source, 0, 1, 1)), source, 1


@pytest.mark.parametrize("upward", [True, False])
def test_the_queue_never_outgrows_its_memory(upward: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hub that turns out nearer again and again pushes all its arcs anew: that must fit."""
    network, source, hub = star(60, 60, upward=upward)
    make, guard = Network.room, 20_000
    watched: list[np.ndarray] = []

    def room(self: Network, *given: int) -> Room:
        real = make(self, *given)
        queue = [np.concatenate([q, np.full(guard, -77, q.dtype)]) for q in real.queue]
        watched.extend(queue)
        return real._replace(queue=tuple(q[:-guard] for q in queue))

    monkeypatch.setattr(Network, "room", room)
    index = NetworkIndex(network, *network.nodes[[source]].T)
    nodes = NetworkIndex(network, *network.nodes.T)
    tail, head, ticks = arcs_of(network)
    apart = dijkstra(matrix(len(network), head, tail, ticks), indices=source) * TICK_S
    assert index.query(*network.nodes.T).seconds[:, 0].tolist() == apart.tolist()
    assert index.within(*network.nodes.T, math.inf).seconds.tolist() == apart.tolist()
    found = nodes.query_one(*network.nodes[source].tolist(), k=len(network))
    assert dict(found) == dict(enumerate(apart.tolist()))
    assert apart[hub] == pytest.approx(4 * TICK_S)
    assert all((q[-guard:] == -77).all() for q in watched)
