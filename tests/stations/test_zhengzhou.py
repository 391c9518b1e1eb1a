"""82 real stations of Zhengzhou and the official population by district, from sheet to gap zone."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import geopandas as gpd
import msgspec
import numpy as np
import pyproj
import pytest
import shapely

from stations import quality
from stations.boundaries import read_districts
from stations.coverage import measure
from stations.demand_input import DemandInput, read_demand
from stations.importing import plan_import
from stations.model import Point, Station
from stations.reach import Reach
from stations.registry import Registry
from stations.store import Snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from geodata.districts import Districts

GEOD = pyproj.Geod(ellps="WGS84")
TRAP = "boundaries/zhengzhou_districts_GCJ02_trap.geojson"
MISPLACED = {"77": 12.2, "79": 16.7}
SOMEWHAT_OUTSIDE = {"37": 0.6, "61": 1.1}


def registry_of(stations: list[Station] | tuple[Station, ...]) -> Registry:
    """A registry of these stations."""
    return Registry(Snapshot(1, None, sorted(stations, key=lambda s: s.id)))


@pytest.fixture(scope="module")
def sheet(shared_data: Path) -> Path:
    """The register as it was published."""
    return shared_data / "registers/zhengzhou_union_stations_real82.csv"


@pytest.fixture(scope="module")
def registry(sheet: Path) -> Registry:
    """The register, its GCJ-02 columns taken for what they are."""
    return registry_of(plan_import(sheet, against=Snapshot(0, None, []), datum="gcj02").new)


@pytest.fixture(scope="module")
def districts(shared_data: Path) -> Districts:
    """The twelve counties."""
    found = read_districts(shared_data / "boundaries/zhengzhou_districts_wgs84.geojson")
    assert found is not None
    return found


@pytest.fixture(scope="module")
def population(shared_data: Path, districts: Districts) -> DemandInput:
    """Residents by district, in ten thousands, with four zones that are no districts."""
    table = shared_data / "density/zhengzhou_population_2019_by_district.csv"
    return read_demand(table, districts=districts, group="resident")


def told(findings: list[quality.Finding], code: str) -> dict[str, quality.Finding]:
    """Findings of one kind by station."""
    return {f.station_id: f for f in findings if f.code == code}


def test_the_register_comes_in_whole(registry: Registry) -> None:
    """82 stations with positions, 60 of them with unknown hours."""
    assert len(registry) == 82
    assert all(s.position for s in registry.stations)
    assert sum(s.properties.opening_hours is None for s in registry.stations) == 60


def test_exactly_the_misplaced_records_are_named(registry: Registry, districts: Districts) -> None:
    """Two far outside their district are errors, two just outside warnings, zones no misplacing."""
    findings = quality.check(registry, districts)
    outside = told(findings, "outside_district")
    far = {i: f for i, f in outside.items() if f.severity == "error"}
    near = {i: f for i, f in outside.items() if f.severity == "warning"}
    for found, expected in ((far, MISPLACED), (near, SOMEWHAT_OUTSIDE)):
        assert {i: round(f.evidence["distance_m"] / 1000, 1) for i, f in found.items()} == expected
    assert far["77"].evidence["stated"] == "新郑市"
    assert far["79"].evidence["stated"] == "中牟县"
    assert {f.code for f in findings if f.severity == "error"} == {"outside_district"}
    zones = told(findings, "no_such_district")
    assert len(zones) == 12
    assert not zones.keys() & outside.keys()
    assert {f.evidence["stated"] for f in zones.values()} <= {
        "经开区", "高新区", "郑东新区", "航空港区", "郑州航空港区",
    }  # fmt: skip
    assert len(told(findings, "hours_unknown")) == 60
    assert not told(findings, "wrong_datum")


def test_distances_outside_agree_with_the_geodesic(
    registry: Registry, districts: Districts, shared_data: Path
) -> None:
    """Against the vertices and segments of the border, in the plane of the UTM zone."""
    real = gpd.read_file(shared_data / "boundaries/zhengzhou_districts_wgs84.geojson")
    metric = real.to_crs(32649).set_index("name").geometry
    for station_id, finding in told(quality.check(registry, districts), "outside_district").items():
        position = registry.get(station_id).position
        assert position is not None
        place = gpd.GeoSeries([shapely.Point(position)], crs=4326).to_crs(32649)
        away = metric[finding.evidence["stated"]].distance(place.iloc[0])
        assert finding.evidence["distance_m"] == pytest.approx(away, rel=2e-3)


def test_population_is_spread_and_what_has_no_place_is_named(
    population: DemandInput, districts: Districts
) -> None:
    """8.27 million in the twelve districts; the four zones stay out, with their numbers."""
    assert (population.method, population.column) == ("table", "resident_population_10k")
    assert population.factor == 10_000
    assert population.demand.total == pytest.approx(8_270_000)
    assert dict(population.unplaced) == {
        "经开区": 284_000, "高新区": 319_000, "郑东新区": 741_000, "航空港区": 738_000,
    }  # fmt: skip
    home = districts.locate(population.demand.lon, population.demand.lat)
    huiji = districts.adcodes.index("410108")
    assert population.demand.workers[home == huiji].sum() == pytest.approx(311_000)


def test_coverage_equals_every_pair_by_another_route(
    registry: Registry, districts: Districts, population: DemandInput, shared_data: Path
) -> None:
    """In all and by district, against pyproj over all pairs and a spatial join by geopandas."""
    demand = population.demand
    found = measure(registry, demand, districts, reach=Reach("line", 1000))
    nearest = np.full(len(demand), np.inf)
    for station in registry.stations:
        assert station.position is not None
        lon, lat = (np.full(len(demand), v) for v in station.position)
        nearest = np.minimum(nearest, GEOD.inv(demand.lon, demand.lat, lon, lat)[2])
    within = nearest <= 1000
    points = gpd.GeoDataFrame(
        {"workers": demand.workers, "covered": demand.workers * within},
        geometry=gpd.points_from_xy(demand.lon, demand.lat),
        crs=4326,
    )
    real = gpd.read_file(shared_data / "boundaries/zhengzhou_districts_wgs84.geojson")
    joined = gpd.sjoin(points, real.to_crs(4326), predicate="within")
    by_district = joined.groupby(joined.adcode.astype(str))[["workers", "covered"]].sum()
    answer = found.to_dict()
    assert answer["total"] == pytest.approx(8_270_000)
    assert answer["covered"] == pytest.approx(points.covered.sum(), abs=0.01)
    assert answer["share"] == pytest.approx(points.covered.sum() / 8_270_000, abs=1e-6)
    assert answer["nominal"]["covered"] == answer["covered"]
    assert answer["stations"]["counted"] == 82
    assert [row["adcode"] for row in answer["by_district"]] == list(by_district.index)
    for row in answer["by_district"]:
        true = by_district.loc[row["adcode"]]
        assert row["total"] == pytest.approx(true.workers, abs=0.01)
        assert row["covered"] == pytest.approx(true.covered, abs=0.01)
    assert 0.01 < answer["share"] < 0.2


def test_gap_zones_hold_all_the_others(
    registry: Registry, districts: Districts, population: DemandInput
) -> None:
    """They add up, district by district, and none is larger than its district."""
    found = measure(registry, population.demand, districts, reach=Reach("line", 1000))
    assert sum(z.workers for z in found.gaps) == pytest.approx(
        found.effective.total - found.effective.covered
    )
    area = districts.plane.project(districts.geometries)
    for share, shape in zip(found.effective.by_district, area, strict=True):
        own = [z for z in found.gaps if z.adcode == share.key]
        assert sum(z.workers for z in own) == pytest.approx(share.total - share.covered)
        assert sum(z.area_m2 for z in own) <= shape.area * 1.001


def unshifted(registry: Registry, sheet: Path) -> Registry:
    """The register with its GCJ-02 figures taken for WGS84, as if --datum had been wrong."""
    with sheet.open(encoding="utf-8-sig", newline="") as file:
        rows = {row["src_id"]: row for row in csv.DictReader(file)}
    moved = []
    for station in registry.stations:
        row = rows[station.id]
        place = float(row["lon_gcj02"]), float(row["lat_gcj02"])
        properties = msgspec.structs.replace(
            station.properties, source_datum="wgs84", source_position=place
        )
        moved.append(msgspec.structs.replace(station, geometry=Point(place), properties=properties))
    return registry_of(moved)


def test_a_register_taken_for_the_wrong_datum_is_suspected(
    registry: Registry, districts: Districts, sheet: Path
) -> None:
    """Without the shift four more records fall outside their district: told, with the remedy."""
    findings = quality.check(unshifted(registry, sheet), districts)
    suspected = told(findings, "wrong_datum")
    assert suspected.keys() == {"30", "32", "42", "53"}
    assert {f.evidence["datum"] for f in suspected.values()} == {"gcj02"}
    assert told(findings, "outside_district").keys() >= MISPLACED.keys()


def test_boundaries_in_gcj02_labelled_wgs84_move_the_figures_only_a_little(
    registry: Registry, sheet: Path, shared_data: Path
) -> None:
    """What such boundaries do to this register: nothing that tells it apart from a good one.

    The boundaries are wrong by half a kilometre, but only four of 82 stations lie near a border,
    on the same side either way: no wrong datum can be, and is, suspected; the distances outside
    grow. With the stations wrong in the same way the two errors cancel.
    """
    trap = read_districts(shared_data / TRAP)
    assert trap is not None
    findings = quality.check(registry, trap)
    outside = told(findings, "outside_district")
    assert {i: round(f.evidence["distance_m"] / 1000, 1) for i, f in outside.items()} == {
        "77": 12.5, "79": 17.3, "37": 1.2, "61": 1.4,
    }  # fmt: skip
    assert not told(findings, "wrong_datum")
    cancelled = told(quality.check(unshifted(registry, sheet), trap), "outside_district")
    assert {i: f.evidence["distance_m"] / 1000 for i, f in cancelled.items()} == pytest.approx(
        MISPLACED | SOMEWHAT_OUTSIDE, abs=0.1
    )
