"""Walking times on a street network: nearest of many, all within 15 minutes, live, from a file.

    python -m benchmarks.walking [--quick]

The streets are a grid of 500 x 500 crossings about 100 m apart, each moved by up to 30 m: 250,000
nodes and 998,000 arcs. Everybody gets the same times, geodesic lengths at 1.3 m/s as floats;
stations and candidates stand at nodes. Indexes and graphs are built, and kernels compiled, before
the clock starts; nobody has to find the nodes of what is asked. Ours also says which station is the
nearest; scipy, networkit and igraph do not.

pandana prepares a network by contraction hierarchies, which takes minutes for that grid: it is
compared on a tenth of it, with a tenth of the stations and candidates.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from benchmarks._report import Row, main, skipped
from benchmarks._timing import medians
from geodata.crs import GEOD
from geodata.network.build import build
from geodata.network.file import open_network, to_bytes
from geodata.network.index import NetworkIndex
from geodata.network.network import TICK_S, Network, assemble
from geodata.network.profiles import WALK
from geodata.network.snap import snap
from geodata.network.streets import Streets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Job = Callable[[], Floats]
    Maker = Callable[["City", Ints], Job]

LIMIT_S = 900.0
GOALS = {"scipy": 4.0, "networkit": 7.0}
WITHIN_GOALS = {"scipy": 100.0, "pandana": 25.0}
_INSTALL = "install it with `make bench`"


class City(NamedTuple):
    """A grid of streets as our network, and as the arrays that peers take.

    Attributes
    ----------
    network
        All edges are straight and go both ways.
    seconds
        (m,) time along each of its edges, not rounded.
    """

    network: Network
    seconds: Floats

    @property
    def matrix(self) -> sparse.csr_array:
        """(n, n) seconds, both ways."""
        tail, head = self.network.edges.T
        ends = np.concatenate([tail, head]), np.concatenate([head, tail])
        n = len(self.network)
        return sparse.coo_array((np.tile(self.seconds, 2), ends), shape=(n, n)).tocsr()

    def beyond(self, stations: Ints) -> tuple[Floats, Ints, Ints]:
        """Seconds, tail and head of all arcs, and of one to each station from a node more."""
        tail, head = self.network.edges.astype(np.int64).T
        n, m = len(self.network), len(stations)
        return (
            np.concatenate([self.seconds, self.seconds, np.zeros(m)]),
            np.concatenate([tail, head, np.full(m, n)]),
            np.concatenate([head, tail, stations]),
        )


def city(side: int) -> City:
    """Make the grid."""
    rng = np.random.default_rng(11)
    number = np.arange(side * side).reshape(side, side)
    row, column = np.divmod(number.ravel(), side)
    # In whole units of 1e-7 degrees, as OpenStreetMap has them, so that nobody rounds them.
    lon = np.rint(1_135_000_000 + (column + rng.uniform(-0.3, 0.3, side * side)) * 10_900) / 1e7
    lat = np.rint(345_000_000 + (row + rng.uniform(-0.3, 0.3, side * side)) * 9_000) / 1e7
    ends = np.concatenate(
        [
            np.column_stack([number[:, :-1].ravel(), number[:, 1:].ravel()]),
            np.column_stack([number[:-1].ravel(), number[1:].ravel()]),
        ]
    )
    streets = Streets(
        lon,
        lat,
        np.arange(len(ends) + 1, dtype=np.int64) * 2,
        ends.ravel().astype(np.int64),
        ({"highway": "residential"},) * len(ends),
        {},
        np.empty((0, 4)),
    )
    network = build(streets, WALK)
    begin, end = network.nodes[network.edges[:, 0]], network.nodes[network.edges[:, 1]]
    return City(network, GEOD.inv(*begin.T, *end.T)[2] / WALK.speed_m_s)


def by_scipy(town: City, stations: Ints) -> Job:
    """Dijkstra from all stations at once."""
    table = town.matrix
    return lambda: dijkstra(table, indices=stations, min_only=True)


def by_networkit(town: City, stations: Ints) -> Job:
    """Dijkstra from a node that leads to all stations in no time."""
    import networkit

    data, tail, head = town.beyond(stations)
    n = len(town.network)
    graph = networkit.GraphFromCoo(
        (data, (tail.astype(np.uint64), head.astype(np.uint64))),
        n=n + 1,
        weighted=True,
        directed=True,
    )

    def job() -> Floats:
        search = networkit.distance.Dijkstra(graph, n, storePaths=False)
        search.run()
        return np.array(search.getDistances())[:n]

    return job


def by_igraph(town: City, stations: Ints) -> Job:
    """Dijkstra from such a node."""
    import igraph

    data, tail, head = town.beyond(stations)
    n = len(town.network)
    graph = igraph.Graph(
        n=n + 1, edges=np.column_stack([tail, head]), directed=True, edge_attrs={"s": data}
    )
    return lambda: np.array(graph.distances(n, weights="s", algorithm="dijkstra")[0][:n])


class ByPandana:
    """Contraction hierarchies, and what is asked of them.

    Attributes
    ----------
    built_s
        How long it took to build them.
    """

    def __init__(self, town: City) -> None:
        import pandana
        import pandas as pd

        start = time.perf_counter()
        tail, head = (pd.Series(end) for end in town.network.edges.T)
        lon, lat = (pd.Series(axis) for axis in town.network.nodes.T)
        seconds = pd.DataFrame({"s": town.seconds})
        self._network = pandana.Network(lon, lat, tail, head, seconds, twoway=True)
        self.built_s = time.perf_counter() - start

    def nearest(self, town: City, stations: Ints) -> Job:
        """Nearest of the stations as points of interest, no farther than any is."""
        import pandas as pd

        far_s = float(by_scipy(town, stations)().max()) + 1
        lon, lat = (pd.Series(axis) for axis in town.network.nodes[stations].T)
        self._network.set_pois("stations", far_s, 1, lon, lat)
        ask = self._network.nearest_pois
        return lambda: ask(far_s, "stations", num_pois=1)[1].to_numpy(np.float64)

    def within(self, town: City, candidates: Ints) -> Job:
        """All nodes in range of all candidates."""
        assert len(town.network) == len(self._network.node_ids)

        def job() -> Floats:
            found = self._network.nodes_in_range(candidates.tolist(), LIMIT_S)
            return found["source"].value_counts().reindex(candidates).to_numpy(np.float64)

        return job


def nearest(town: City, stations: Ints, makers: Mapping[str, Maker], rounds: int) -> list[Row]:
    """All nodes to the nearest station."""
    index = NetworkIndex(town.network, *town.network.nodes[stations].T)
    jobs: dict[str, Job] = {}
    missing = []
    for name, make in makers.items():
        try:
            jobs[name] = make(town, stations)
        except ImportError:
            missing.append(name)
    truth = by_scipy(town, stations)()
    off = {name: float(np.abs(job() - truth).max()) for name, job in jobs.items()}
    error = float(np.abs((index.reach() >> 32) * TICK_S - truth).max())
    timed = medians({"ours": index.reach, **jobs}, rounds)
    took = {name: 1000 * seconds for name, seconds in timed.items()}
    job = f"{len(town.network):,} nodes to {len(stations):,} stations"
    rows = [
        Row(job, took["ours"], name, took[name], "ms", GOALS.get(name), f"off by {off[name]:.2g} s")
        for name in makers
        if name in took
    ]
    rows += [skipped(job, took["ours"], name, "ms", _INSTALL) for name in missing]
    note = "the farthest from scipy's time, of all nodes"
    return [*rows, Row(f"{job}: error", error, "the limit set", 0.05, "s", 1.0, note)]


def reachable(town: City, candidates: Ints, makers: Mapping[str, Maker], rounds: int) -> list[Row]:
    """Nodes within 15 minutes of each candidate, counted; all pairs and times are listed first."""
    network, n = town.network, len(candidates)
    index = NetworkIndex(network, *network.nodes[candidates].T)
    nodes = snap(network, *network.nodes.T)

    def ours() -> Floats:
        found = index.within_snapped(nodes, LIMIT_S)
        return np.bincount(found.index, minlength=n).astype(np.float64)

    jobs: dict[str, Job] = {"ours": ours}
    missing = []
    for name, make in makers.items():
        try:
            jobs[name] = make(town, candidates)
        except ImportError:
            missing.append(name)
    counts = {name: job() for name, job in jobs.items()}
    # A node that is 900 s away to a thousandth may be within for one and not for the other.
    for name, count in counts.items():
        differ = np.abs(counts["ours"][: len(count)] - count)
        assert differ.max() <= 2, name
        assert differ.sum() <= 1e-4 * count.sum(), name
    rate = {name: len(counts[name]) / took for name, took in medians(jobs, rounds).items()}
    job = f"nodes within 15 min of {n:,} candidates"
    note = f"{counts['ours'].mean():.0f} nodes each, the same for both"
    rows = [
        Row(job, rate["ours"], name, rate[name], "cand/s", WITHIN_GOALS[name], note)
        for name in makers
        if name in rate
    ]
    return [*rows, *(skipped(job, rate["ours"], name, "cand/s", _INSTALL) for name in missing)]


def within_by_scipy(town: City, candidates: Ints) -> Job:
    """Dijkstra from one after another of a hundredth of them: all would take minutes."""
    table = town.matrix
    sample = candidates[: max(1, len(candidates) // 100)]

    def job() -> Floats:
        found = [np.isfinite(dijkstra(table, indices=at, limit=LIMIT_S)).sum() for at in sample]
        return np.array(found, np.float64)

    return job


def live(town: City, stations: Ints, queries: int) -> list[Row]:
    """One point after another, the five nearest stations of those that a filter passes."""
    rng = np.random.default_rng(13)
    network = town.network
    west, south, east, north = network.bounds
    points = rng.uniform((west, south), (east, north), (queries, 2)).tolist()
    index = NetworkIndex(network, *network.nodes[stations].T)
    rows = []
    for share in (1.0, 0.1, 0.01):
        mask = rng.random(len(stations)) < share if share < 1 else None
        took = np.empty(queries)
        for i, (lon, lat) in enumerate([*points[:50], *points]):
            start = time.perf_counter()
            index.query_one(lon, lat, k=5, mask=mask)
            took[max(i - 50, 0)] = 1000 * (time.perf_counter() - start)
        median, slow = np.percentile(took, [50, 99]).tolist()
        job = f"5 nearest of {len(stations):,}, live, {share:.0%} pass, p99"
        rows.append(Row(job, slow, "the limit set", 5.0, "ms", 1.0, f"p50 {median:.3g} ms"))
    return rows


def from_file(town: City, rounds: int) -> list[Row]:
    """Open a saved network and find the edge of one point."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "town.network"
        content = to_bytes(town.network)
        path.write_bytes(content)
        lon, lat = town.network.nodes[0].tolist()

        def first() -> list[tuple[int, float]]:
            return NetworkIndex(open_network(path), [lon], [lat]).query_one(lon, lat)

        assert first() == [(0, 0.0)]
        took = medians({"open": lambda: open_network(path), "use": first}, rounds)
    opened, used = 1000 * took["open"], 1000 * took["use"]
    note = f"{len(content) / 1e6:.0f} MB; {used:.3g} ms with an index and its first answer"
    return [Row("opening a saved network", opened, "the limit set", 100.0, "ms", 1.0, note)]


def assembling(town: City) -> float:
    """Seconds to make a network of its edges and their shapes."""
    net = town.network

    def ours() -> Network:
        return assemble(
            WALK,
            edges=net.edges,
            length_m=net.length_m,
            ticks=net.ticks,
            indptr=net.indptr,
            shape=net.shape,
            barriers=net.barriers,
        )

    return medians({"ours": ours}, 3)["ours"]


def run(*, quick: bool) -> list[Row]:
    """All comparisons, in small for a quick run."""
    rng = np.random.default_rng(12)

    def places(town: City) -> tuple[Ints, Ints]:
        n = len(town.network)
        return rng.choice(n, n // 50, replace=False), rng.choice(n, n * 2 // 25, replace=False)

    town, rounds = city(100 if quick else 500), 3 if quick else 9
    stations, candidates = places(town)
    makers = {"scipy": by_scipy, "networkit": by_networkit, "igraph": by_igraph}
    rows = nearest(town, stations, makers, rounds)
    rows += reachable(town, candidates, {"scipy": within_by_scipy}, 3)
    rows += live(town, stations, 500 if quick else 5000)
    rows += from_file(town, 5)
    part = city(50 if quick else 158)
    try:
        peer = ByPandana(part)
    except ImportError:
        return [*rows, skipped("walking", 0.0, "pandana", "s", _INSTALL)]
    stations, candidates = places(part)
    rows.append(Row("a network of its arcs", assembling(part), "pandana", peer.built_s, "s", None))
    rows += nearest(part, stations, {"pandana": peer.nearest}, rounds)
    return [*rows, *reachable(part, candidates, {"pandana": peer.within}, 3)]


if __name__ == "__main__":
    main(run)
