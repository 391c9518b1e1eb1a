from __future__ import annotations

import math
import time
from itertools import pairwise

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.coverage import cover
from geodata.demand import Demand
from geodata.density import spread_over_polygons
from geodata.gaps import GapZone, find_gaps
from geodata.nearest import NearestIndex
from tests.geodata.squares import LAT0, LON0, cover_by_line, demand_of, districts, halves

GEOD = pyproj.Geod(ellps="WGS84")
SITE = NearestIndex([LON0 - 0.15], [LAT0 - 0.08])


def gaps_of(
    demand: Demand, *, sites: NearestIndex = SITE, radius_m: float = 1000.0, **options: object
) -> list[GapZone]:
    """Gap zones of a demand."""
    coverage = cover_by_line(demand, sites, radius_m)
    return find_gaps(demand, coverage, radius_m=radius_m, **options)


def cluster(lon: float, lat: float, count: int, workers: float) -> list[tuple[float, float, float]]:
    """Points within some 300 m of a place."""
    rng = np.random.default_rng(count)
    return [
        (lon + dx, lat + dy, workers / count) for dx, dy in rng.uniform(-0.003, 0.003, (count, 2))
    ]


def test_two_clusters_are_two_zones_the_larger_first() -> None:
    """Each with its workers, district, part of it, centre, area and distance; one is covered."""
    site = (LON0 - 0.15, LAT0 - 0.08)
    points = (
        cluster(LON0 + 0.1, LAT0, 40, 300)
        + cluster(LON0 - 0.1, LAT0 + 0.08, 60, 500)
        + cluster(*site, 30, 900)
    )
    first, second = gaps_of(demand_of(*points), districts=halves())
    assert (first.rank, first.adcode, first.district, first.sector) == (1, "410108", "惠济区", "N")
    assert (second.rank, second.adcode, second.district, second.sector) == (
        2,
        "410122",
        "中牟县",
        "C",
    )
    assert first.workers == pytest.approx(500)
    assert second.by_group == pytest.approx({"all": 300})
    for zone, lon, lat in ((first, LON0 - 0.1, LAT0 + 0.08), (second, LON0 + 0.1, LAT0)):
        assert GEOD.inv(zone.lon, zone.lat, lon, lat)[2] < 120
        assert shapely.contains_xy(zone.polygon, zone.lon, zone.lat)
        assert zone.cost == pytest.approx(GEOD.inv(zone.lon, zone.lat, *site)[2], abs=1e-3)
        # 0.006 degrees across, some 550 m by 665 m, in cells of 250 m.
        assert 0.2e6 < zone.area_m2 < 0.9e6
        true_area = abs(GEOD.geometry_area_perimeter(zone.polygon)[0])
        assert zone.area_m2 == pytest.approx(true_area, rel=1e-3)


def test_the_centre_is_where_people_are() -> None:
    """A zone all around a station has its mean beside the station, where nobody is left out."""
    angles = np.radians(np.arange(0, 360, 5))
    ring = [(LON0 + 0.02 * math.cos(a), LAT0 + 0.0165 * math.sin(a), 1.0) for a in angles]
    (zone,) = gaps_of(demand_of(*ring), sites=NearestIndex([LON0], [LAT0]))
    assert zone.cost > 1000
    assert any((zone.lon, zone.lat) == point[:2] for point in ring)


def test_a_district_border_divides_a_zone_and_bounds_it() -> None:
    """One cluster on the border is two zones, none of which reaches across."""
    points = cluster(LON0, LAT0, 400, 100)
    zones = gaps_of(demand_of(*points), districts=halves())
    assert {zone.adcode for zone in zones} == {"410108", "410122"}
    west = shapely.union_all([z.polygon for z in zones if z.adcode == "410108"])
    east = shapely.union_all([z.polygon for z in zones if z.adcode == "410122"])
    assert west.bounds[2] <= LON0 + 1e-6
    assert east.bounds[0] >= LON0 - 1e-6
    (whole,) = gaps_of(demand_of(*points))
    assert (whole.adcode, whole.district, whole.sector) == (None, None, None)


def test_outside_all_districts_is_a_zone_of_its_own() -> None:
    """It has no district, and neighbours inside do not join it."""
    border = LON0 + 0.2
    zones = gaps_of(demand_of(*cluster(border, LAT0, 200, 100)), districts=halves())
    assert {zone.adcode for zone in zones} == {None, "410122"}
    assert sum(zone.workers for zone in zones) == pytest.approx(100)


def test_everybody_within_reach_leaves_no_zone() -> None:
    """And so does demand without workers; a worker exactly on the radius is covered."""
    near = demand_of((LON0, LAT0, 5))
    away = float(cover_by_line(near, SITE, 1).cost[0])
    assert gaps_of(near, radius_m=away) == []
    assert gaps_of(demand_of((LON0, LAT0, 0))) == []


def test_without_any_site_all_is_gap() -> None:
    """Infinitely far from a station, whatever the radius."""
    (zone,) = gaps_of(demand_of((LON0, LAT0, 5)), sites=NearestIndex([], []))
    assert (zone.workers, zone.cost) == (5, math.inf)


def test_reach_may_be_counted_in_anything() -> None:
    """Minutes along streets decide who is left out, metres only how a zone is drawn."""
    here, there = cluster(LON0 - 0.1, LAT0, 20, 100), cluster(LON0 + 0.1, LAT0, 20, 300)
    demand = demand_of(*here, *there)
    seconds = np.concatenate([np.full(20, 900.0), np.linspace(901, 2000, 20)])
    seconds[-1] = math.inf
    coverage = cover(demand, seconds, limit=900)
    (zone,) = find_gaps(demand, coverage, radius_m=1170, districts=halves())
    assert (zone.adcode, zone.workers) == ("410122", pytest.approx(300))
    (centre,) = np.flatnonzero((demand.lon == zone.lon) & (demand.lat == zone.lat))
    assert zone.cost == seconds[centre]
    nobody = cover(demand, np.full(40, math.inf), limit=900)
    assert {z.cost for z in find_gaps(demand, nobody, radius_m=1170)} == {math.inf}
    everybody = cover(demand, np.full(40, 900.0), limit=900)
    assert find_gaps(demand, everybody, radius_m=1170) == []


@pytest.mark.parametrize("most", [0, 1, 3, 9])
def test_the_largest_zones_are_those_of_all(most: int) -> None:
    """Fewer zones are asked for, and each is what it is among all of them."""
    points = [(LON0 + i / 50, LAT0, 10.0 * (i % 4 + 1)) for i in range(1, 6)]
    every = gaps_of(demand_of(*points))
    found = gaps_of(demand_of(*points), most=most)
    assert [z.workers for z in every] == [40, 30, 20, 20, 10]
    assert [(z.rank, z.workers, z.lon) for z in found] == [
        (z.rank, z.workers, z.lon) for z in every[:most]
    ]
    for mine, its in zip(found, every, strict=False):
        assert mine.polygon.equals(its.polygon)
        assert mine.points.tolist() == its.points.tolist()


POINTS = st.lists(
    st.tuples(st.floats(113.3, 113.9), st.floats(34.6, 35.0), st.integers(0, 10_000)),
    min_size=1,
    max_size=60,
)


@settings(deadline=None, max_examples=60)
@given(POINTS, st.floats(100, 20_000), st.sampled_from([None, 50.0, 500.0, 5000.0]))
def test_zones_add_up_to_everybody_out_of_reach(
    points: list[tuple[float, float, int]], radius: float, spacing: float | None
) -> None:
    """Each worker is in exactly one zone, each zone holds its centre, ranks follow the workers."""
    demand = demand_of(*points, spacing_m=spacing)
    found = cover_by_line(demand, SITE, radius)
    zones = gaps_of(demand, radius_m=radius, districts=halves())
    assert sum(z.workers for z in zones) == pytest.approx(found.total - found.covered)
    assert [z.rank for z in zones] == list(range(1, len(zones) + 1))
    assert all(a.workers >= b.workers for a, b in pairwise(zones))
    for zone in zones:
        assert zone.cost > radius
        assert shapely.is_valid(zone.polygon)
        assert zone.polygon.buffer(1e-6).contains(shapely.Point(zone.lon, zone.lat))


def test_the_order_of_the_points_does_not_matter() -> None:
    """The same zones come out of the same demand shuffled, and twice out of the same."""
    rng = np.random.default_rng(4)
    points = np.column_stack([rng.uniform(113.4, 113.8, 400), rng.uniform(34.7, 34.9, 400)])
    workers = rng.integers(1, 50, 400).astype(float)
    turned = rng.permutation(400)

    def told(order: np.ndarray) -> list[tuple[object, ...]]:
        demand = Demand.of_points(points[order, 0], points[order, 1], workers[order])
        return [
            (z.rank, z.workers, z.adcode, z.lon, z.lat, round(z.area_m2, 3))
            for z in gaps_of(demand, districts=halves())
        ]

    assert told(np.arange(400)) == told(np.arange(400)) == told(turned)


@pytest.mark.parametrize("turn", [0, 13, 30, 45, 77])
def test_a_grid_of_demand_turned_against_ours_leaves_no_holes(turn: int) -> None:
    """Cells of a tile scheme stand askew in the plane; a full square of them is one full zone."""
    steps = np.arange(-20, 20) * 250.0
    x, y = (a.ravel() for a in np.meshgrid(steps, steps))
    c, s = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    lon = LON0 + (c * x - s * y) / (111_320 * math.cos(math.radians(LAT0)))
    lat = LAT0 + (s * x + c * y) / 110_940
    demand = Demand(lon, lat, np.ones((1600, 1)), spacing_m=250.0)
    (zone,) = gaps_of(demand, sites=NearestIndex([], []), radius_m=2000)
    assert zone.workers == 1600
    assert zone.polygon.geom_type == "Polygon"
    assert not zone.polygon.interiors
    # 1,600 cells of 250 m are 100 km²; whole cells at the rim add a little.
    assert 100e6 < zone.area_m2 < 118e6


def test_the_area_of_an_even_gap_is_the_ground_out_of_reach() -> None:
    """Two districts less the circles of reach, within a tenth, and never beyond a border."""
    both = halves()
    demand = spread_over_polygons(both.geometries, [1000, 1000])
    sites = NearestIndex([LON0 - 0.1, LON0 + 0.1, LON0 + 0.12], [LAT0] * 3)
    zones = gaps_of(demand, sites=sites, districts=both, radius_m=3000)
    area = [
        abs(GEOD.geometry_area_perimeter(shapely.segmentize(g, 0.01))[0]) for g in both.geometries
    ]
    overlap = 2 * 3000**2 * math.acos(1830 / 6000) - 915 * math.sqrt(4 * 3000**2 - 1830**2)
    expected = [area[0] - math.pi * 3000**2, area[1] - 2 * math.pi * 3000**2 + overlap]
    for adcode, true in zip(both.adcodes, expected, strict=True):
        found = sum(z.area_m2 for z in zones if z.adcode == adcode)
        assert true < found < 1.1 * true


def test_a_hundred_thousand_points_take_seconds() -> None:
    """Scattered ones, which make many zones, in districts with long borders."""
    rng = np.random.default_rng(6)
    lon, lat = rng.uniform(112.9, 114.1, 100_000), rng.uniform(34.2, 35.3, 100_000)
    demand = Demand.of_points(lon, lat, np.ones(100_000))
    rough = shapely.Point(113.5, 34.75).buffer(0.5, quad_segs=1000)
    around = districts(
        ("410100", "郑州市", rough), ("410200", "开封市", shapely.box(116, 33, 117, 34))
    )
    started = time.perf_counter()
    zones = gaps_of(demand, districts=around)
    assert time.perf_counter() - started < 20
    assert len(zones) > 1000
    assert sum(z.workers for z in zones) > 99_900


def field(n: int = 4000, seed: int = 1, spacing_m: float | None = 250.0) -> Demand:
    """Workers all over both districts, more of them in a town: zones that must be divided."""
    rng = np.random.default_rng(seed)
    lon, lat = rng.uniform(LON0 - 0.2, LON0 + 0.2, n), rng.uniform(LAT0 - 0.1, LAT0 + 0.1, n)
    town = np.hypot(lon - LON0 - 0.1, lat - LAT0) < 0.03
    return Demand(
        lon, lat, np.where(town, 50.0, rng.uniform(1, 3, n))[:, None], spacing_m=spacing_m
    )


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 999), st.sampled_from([500.0, 1000.0, 2500.0]))
def test_a_large_zone_is_divided(seed: int, radius_m: float) -> None:
    """No part is larger than what lies within two radii of a place, and nobody is lost."""
    demand = field(seed=seed)
    zones = gaps_of(demand, districts=halves(), radius_m=radius_m)
    left = cover_by_line(demand, SITE, radius_m).cost > radius_m
    assert sum(z.workers for z in zones) == pytest.approx(demand.workers[left].sum(), rel=1e-12)
    # A cell of 375 m on each side of the circle; or what is not yet divided, its holes closed.
    most = math.pi * max((2 * radius_m + 2 * 375) ** 2, 15 * radius_m**2)
    assert max(z.area_m2 for z in zones) < most
    assert len(zones) > 10


def test_parts_lie_beside_each_other_in_one_district() -> None:
    """Each within its district, in one piece, and no ground in two of them."""
    both = halves()
    zones = gaps_of(field(), districts=both)
    assert {z.adcode for z in zones} == set(both.adcodes)
    for zone in zones:
        border = both.geometries[both.adcodes.index(str(zone.adcode))]
        assert zone.polygon.difference(border.buffer(2e-4)).is_empty
        assert zone.polygon.buffer(1e-6).geom_type == "Polygon"
    everything = shapely.union_all([z.polygon for z in zones])
    assert sum(z.polygon.area for z in zones) == pytest.approx(everything.area, rel=1e-6)


def test_parts_are_the_same_every_time() -> None:
    """Nothing is drawn by lot."""
    assert [(z.rank, z.lon, z.lat, z.workers) for z in gaps_of(field())] == [
        (z.rank, z.lon, z.lat, z.workers) for z in gaps_of(field())
    ]


def test_the_first_centres_are_good_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stations at the first ten gain more than where a zone may be a whole district."""
    demand = field()
    before = cover_by_line(demand, SITE, 1000).covered

    def gain() -> float:
        zones = gaps_of(demand, districts=halves())[:10]
        index = NearestIndex(
            [SITE._lon[0], *(z.lon for z in zones)], [SITE._lat[0], *(z.lat for z in zones)]
        )
        return cover_by_line(demand, index, 1000).covered - before

    divided = gain()
    monkeypatch.setattr("geodata.gaps._LARGE", math.inf)
    assert divided > 2 * gain()


def test_a_zone_that_a_few_sites_serve_stays_whole() -> None:
    """Below ten service circles nothing is divided; cells larger than a circle are not split."""
    rng = np.random.default_rng(3)
    lon, lat = LON0 + rng.uniform(0.01, 0.05, 3000), LAT0 + rng.uniform(-0.02, 0.02, 3000)
    assert len(gaps_of(Demand(lon, lat, np.ones((3000, 1)), spacing_m=100.0))) == 1
    steps = np.arange(5) * 0.03
    x, y = (a.ravel() for a in np.meshgrid(LON0 + steps, LAT0 + steps))
    assert len(gaps_of(Demand(x, y, np.ones((25, 1)), spacing_m=3000.0))) == 1


@pytest.mark.slow
def test_a_million_points_take_seconds() -> None:
    """One zone of ten thousand square kilometres, divided among some thousand places."""
    rng = np.random.default_rng(7)
    n = 1_000_000
    lon, lat = rng.uniform(113, 114.1, n), rng.uniform(34.2, 35.1, n)
    demand = Demand(lon, lat, np.ones((n, 1)), spacing_m=100.0)
    started = time.perf_counter()
    zones = find_gaps(demand, cover(demand, np.full(n, np.inf), limit=1000), radius_m=1000)
    assert time.perf_counter() - started < 60
    assert len(zones) > 500
    assert sum(z.workers for z in zones) == n
