"""Reports on 82 real stations of Zhengzhou and the official population by district."""

from __future__ import annotations

import csv
import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import pyproj
import pytest

from stations.boundaries import read_districts
from stations.demand_input import read_demand
from stations.importing import plan_import
from stations.report.figures import Part
from stations.workspace import Workspace
from tests.stations.report.worlds import MADE, clock, report

if TYPE_CHECKING:
    from pathlib import Path

    from stations.report import CoverageReport

GEOD = pyproj.Geod(ellps="WGS84")
TABLE = "density/zhengzhou_population_2019_by_district.csv"
MISPLACED = {"77", "79", "37", "61"}


@pytest.fixture(scope="module")
def zhengzhou(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The register, twelve counties and the residents of 2019."""
    districts = read_districts(shared_data / "boundaries/zhengzhou_districts_wgs84.geojson")
    workspace = Workspace.create(tmp_path_factory.mktemp("zz") / "ws", districts=districts)
    sheet = shared_data / "registers/zhengzhou_union_stations_real82.csv"
    plan = plan_import(sheet, against=workspace.store.read(), datum="gcj02")
    with clock(MADE):
        workspace.store.apply(plan.change(), who="test", what="import")
    table = shared_data / TABLE
    demand = read_demand(table, districts=districts, group="resident").demand
    workspace.add_demand(demand, file=table.name, method="table")
    return workspace


@pytest.fixture(scope="module")
def whole(zhengzhou: Workspace) -> CoverageReport:
    """Of the whole city, with five new stations."""
    return report(zhengzhou, sites=5)


@pytest.fixture(scope="module")
def residents(shared_data: Path, zhengzhou: Workspace) -> dict[str, float]:
    """By district, as the table has them, in people."""
    with (shared_data / TABLE).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    names = dict(zip(zhengzhou.districts.names, zhengzhou.districts.adcodes, strict=True))  # type: ignore[union-attr]
    name = next(key for key, value in rows[0].items() if value in names)
    return {
        names[row[name]]: float(row["resident_population_10k"]) * 10_000
        for row in rows
        if row[name] in names
    }


def test_the_whole_is_the_residents_of_the_table(
    whole: CoverageReport, residents: dict[str, float]
) -> None:
    """Twelve districts, 8.27 million, who stand in for workers, as the report says."""
    assert whole.headline.workers == pytest.approx(8_270_000, abs=1)
    assert {row.code: row.workers for row in whole.districts} == pytest.approx(residents, abs=1)
    limits = dict(whole.limits)
    assert limits.keys() == {
        "residents", "hours_unknown", "spread", "straight_line", "station_hours", "stale",
    }  # fmt: skip
    assert limits["station_hours"] == 60
    assert limits["stale"] == 82
    assert whole.reference.sources == ("zhengzhou_population_2019_by_district.csv",)


def test_four_misplaced_stations_are_doubted(whole: CoverageReport) -> None:
    """All 82 are usable and can be searched for; 78 are where they say."""
    outside = [row for row in whole.findings.rows if row.code == "outside_district"]
    assert {row.station_id for row in outside} == MISPLACED
    assert sorted(row.severity for row in outside) == ["error", "error", "warning", "warning"]
    assert whole.aims.queryable == Part(82, 82)
    assert whole.aims.on_map == Part(78, 82)
    assert (whole.headline.stations.on_books, whole.headline.stations.usable) == (82, 82)
    assert sum(row.stations or 0 for row in whole.districts) == 82


def test_sixty_unknown_hours_make_the_range(zhengzhou: Workspace, whole: CoverageReport) -> None:
    """From the 22 stations whose hours are known to be open, to all of them."""
    headline = whole.headline
    assert headline.stations.hours_known == 22
    assert headline.nominal == headline.effective
    assert 0 < headline.at_work.low < headline.at_work.high <= headline.effective
    # All are taken to be there at all hours: by night only who is near one that is open then.
    demand = zhengzhou.known_demand()
    near = np.zeros(len(demand), np.bool_)
    for one in zhengzhou.registry.stations:
        if one.properties.opening_hours is None:
            lon, lat = (np.full(len(demand), v) for v in one.position or ())
            near |= GEOD.inv(demand.lon, demand.lat, lon, lat)[2] <= 1000
    unknown = demand.workers[near].sum() / demand.total
    for low, high in zip(whole.hours.open, whole.hours.perhaps, strict=True):
        assert low is not None
        assert high is not None
        assert max(unknown, low) - 1e-6 <= high <= low + unknown + 1e-6
    assert headline.at_work.high >= unknown - 1e-6


def test_gaps_and_sites_are_somewhere_else_than_stations(
    zhengzhou: Workspace, whole: CoverageReport
) -> None:
    """A new station beyond a kilometre of every other, and never better than its bound."""
    registry = zhengzhou.registry
    for row in whole.sites.rows:
        away = [
            GEOD.inv(row.lon, row.lat, *one.position)[2]
            for one in registry.stations
            if one.position is not None
        ]
        assert min(away) > 1000
        assert row.estimated
        assert row.cost_cny == 12_000
    assert whole.sites.source == "hexagons"
    assert whole.sites.bound is not None
    assert whole.sites.rows[-1].cumulative <= whole.sites.bound + 0.01
    assert whole.sites.gap is not None
    assert whole.sites.gap <= 0.005
    assert whole.gap_count > 20
    for gap in whole.gaps:
        assert gap.best is not None
        assert 0 < gap.best.closes <= min(gap.workers, gap.best.gains) + 0.01


def test_one_district_is_its_row(zhengzhou: Workspace, whole: CoverageReport) -> None:
    """Huiji: 311,000 residents."""
    found = report(zhengzhou, district="410108", sites=3)
    (row,) = (row for row in whole.districts if row.code == "410108")
    assert found.headline.workers == row.workers == pytest.approx(311_000, abs=1)
    assert (found.headline.effective, found.headline.at_work) == (row.effective, row.at_work)
    assert found.headline.stations.usable == row.stations
    assert found.headline.workers * found.headline.effective == pytest.approx(13_864, abs=1)
    assert {one.district and one.district.zh for one in found.sites.rows} == {"惠济区"}
    assert sum(one.subject for one in found.map.districts) == 1
    assert len(found.map.districts) == 12


def test_a_report_of_before_the_register_came_is_of_nothing(zhengzhou: Workspace) -> None:
    """And since then all of its stations have come."""
    found = report(zhengzhou, day=dt.date(2026, 1, 4), district="410108")
    assert (found.basis.revision, found.headline.stations.on_books) == (0, 0)
    assert found.headline.effective == 0
    since = report(zhengzhou, since=0, district="410108")
    assert since.change is not None
    assert since.change.before is None
    assert since.change.added == since.headline.stations.on_books > 0
