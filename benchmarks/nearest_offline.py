"""Nearest station of millions of positions, from longitude and latitude, beside other libraries.

    python -m benchmarks.nearest_offline [--points 10000000] [--stations 200000] [--quick]

Everybody gets degrees and gives the nearest station and its distance in metres. What is timed
contains each library's own conversion of the queries; building the indexes and compiling the
kernels (warm-up) is not. Peers take turns with us, the best of several rounds counts for each.
"""

from __future__ import annotations

import argparse
import math
import time
from typing import TYPE_CHECKING

import numpy as np
from pyproj import Geod

from benchmarks._report import Row, print_rows
from geodata.nearest import NearestIndex, warm_up

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Places = tuple[Floats, Floats]
    Query = Callable[[Floats, Floats], tuple[NDArray[np.intp], Floats]]

MEAN_RADIUS_M = 6_371_008.8
# Longitude, latitude, weight of the larger cities among which people and stations are shared out.
CITIES = (
    (116.40, 39.90, 22), (121.47, 31.23, 25), (113.26, 23.13, 19), (114.06, 22.54, 18),
    (104.07, 30.57, 21), (106.55, 29.56, 17), (120.16, 30.27, 12), (114.30, 30.59, 14),
    (108.94, 34.34, 13), (118.80, 32.06, 9), (117.20, 39.13, 14), (113.62, 34.75, 13),
    (123.43, 41.80, 9), (126.64, 45.76, 10), (102.83, 24.88, 8), (87.62, 43.83, 4),
)  # fmt: skip


def positions(n: int, *, seed: int) -> Places:
    """Three quarters in and around cities, thinning outwards; the rest anywhere in China's box."""
    rng = np.random.default_rng(seed)
    table = np.array(CITIES)
    urban = 3 * n // 4
    home = table[rng.choice(len(table), urban, p=table[:, 2] / table[:, 2].sum())]
    away = 0.25 * rng.standard_gamma(0.7, urban)
    turn = rng.uniform(0, 2 * math.pi, urban)
    lon = np.concatenate([home[:, 0] + away * np.cos(turn), rng.uniform(74, 134, n - urban)])
    lat = np.concatenate([home[:, 1] + 0.8 * away * np.sin(turn), rng.uniform(19, 52, n - urban)])
    order = rng.permutation(n)
    return lon[order], lat[order]


def unit_vectors(lon: Floats, lat: Floats) -> Floats:
    """What a KD-tree of a library needs: positions on the unit sphere."""
    x, y = np.radians(lon), np.radians(lat)
    return np.column_stack((np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)))


def ours(lon: Floats, lat: Floats) -> Query:
    """Our index, exact geodesics."""
    index = NearestIndex(lon, lat)

    def query(to_lon: Floats, to_lat: Floats) -> tuple[NDArray[np.intp], Floats]:
        found = index.query(to_lon, to_lat)
        return found.index[:, 0], found.distance_m[:, 0]

    return query


def ckdtree(lon: Floats, lat: Floats) -> Query:
    """scipy, on two processors, chords to metres on the sphere."""
    from scipy.spatial import cKDTree

    tree = cKDTree(unit_vectors(lon, lat))

    def query(to_lon: Floats, to_lat: Floats) -> tuple[NDArray[np.intp], Floats]:
        chord, index = tree.query(unit_vectors(to_lon, to_lat), workers=2)
        return index, 2 * MEAN_RADIUS_M * np.arcsin(chord / 2)

    return query


def pykdtree(lon: Floats, lat: Floats) -> Query:
    """pykdtree, on as many processors as OpenMP finds, the same way."""
    from pykdtree.kdtree import KDTree

    tree = KDTree(unit_vectors(lon, lat))

    def query(to_lon: Floats, to_lat: Floats) -> tuple[NDArray[np.intp], Floats]:
        chord, index = tree.query(unit_vectors(to_lon, to_lat))
        return index.astype(np.intp), 2 * MEAN_RADIUS_M * np.arcsin(chord / 2)

    return query


def sjoin(lon: Floats, lat: Floats) -> Query:
    """geopandas, planar in the Albers projection that is usual for China."""
    import geopandas

    albers = "+proj=aea +lat_1=25 +lat_2=47 +lat_0=0 +lon_0=105 +datum=WGS84 +units=m"

    def frame(x: Floats, y: Floats) -> geopandas.GeoDataFrame:
        points = geopandas.points_from_xy(x, y, crs="EPSG:4326")
        return geopandas.GeoDataFrame({"at": np.arange(len(x))}, geometry=points).to_crs(albers)

    stations = frame(lon, lat)
    stations.sindex  # noqa: B018  (builds the index)

    def query(to_lon: Floats, to_lat: Floats) -> tuple[NDArray[np.intp], Floats]:
        joined = frame(to_lon, to_lat).sjoin_nearest(stations, distance_col="metres")
        found = joined.drop_duplicates("at_left")
        return found["at_right"].to_numpy(np.intp), found["metres"].to_numpy()

    return query


def errors(query: Query, stations: Places, lon: Floats, lat: Floats) -> str:
    """Worst error of the distances given, and worst detour of the choice made, against PROJ.

    The true nearest is what PROJ finds among our ten nearest: `tests/geodata/test_nearest.py` holds
    those against all pairs.
    """
    geod = Geod(ellps="WGS84")
    at, metres = query(lon, lat)
    best = np.full(len(lon), math.inf)
    for column in NearestIndex(*stations).query(lon, lat, k=10).index.T:
        best = np.minimum(best, geod.inv(lon, lat, stations[0][column], stations[1][column])[2])
    chosen = geod.inv(lon, lat, stations[0][at], stations[1][at])[2]
    off, detour = np.abs(metres - best).max(), (chosen - best).max()
    return f"distance off by up to {off:.3g} m, choice by {detour:.3g} m"


def compare(n_points: int, n_stations: int, rounds: int) -> list[Row]:
    """Time everybody on one set of stations and points, in turns; the best round counts."""
    warm_up()
    stations, points = positions(n_stations, seed=1), positions(n_points, seed=2)
    # sjoin_nearest would take minutes over all of them; its rate does not depend on their number.
    shares = {"ours": 1, "cKDTree": 1, "pykdtree": 1, "sjoin_nearest": 40}
    queries: dict[str, Query] = {}
    for name, make in (
        ("ours", ours), ("cKDTree", ckdtree), ("pykdtree", pykdtree), ("sjoin_nearest", sjoin),
    ):  # fmt: skip
        try:
            queries[name] = make(*stations)
        except ImportError as missing:
            print(f"left out: {missing}")
    rate = dict.fromkeys(queries, 0.0)
    for _ in range(rounds):
        for name, query in queries.items():
            some = [a[: n_points // shares[name]] for a in points]
            start = time.perf_counter()
            query(some[0], some[1])
            rate[name] = max(rate[name], len(some[0]) / (time.perf_counter() - start))
    sample = [a[:20_000] for a in points]
    note = {name: errors(query, stations, *sample) for name, query in queries.items()}
    print(f"{n_points:,} points to {n_stations:,} stations; ours: {note['ours']}")
    goals = {"cKDTree": 2.5, "pykdtree": 2.0, "sjoin_nearest": 25.0}
    return [
        Row("nearest, offline", rate["ours"], name, rate[name], "points/s", goal, note[name])
        for name, goal in goals.items()
        if name in rate
    ]


def run(quick: bool) -> list[Row]:  # noqa: FBT001  (the signature that all benchmarks share)
    """Rows for the table of all benchmarks."""
    return compare(1_000_000 if quick else 10_000_000, 200_000, 3)


def main() -> None:
    """Print the table of this benchmark alone."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=10_000_000)
    parser.add_argument("--stations", type=int, default=200_000)
    parser.add_argument("--quick", action="store_true", help="a tenth of the points")
    asked = parser.parse_args()
    print_rows(compare(asked.points // (10 if asked.quick else 1), asked.stations, 3))


if __name__ == "__main__":
    main()
