"""The key figures, the three aims, the rows by district and group, all counted by hand."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest

from geodata.demand import Demand
from stations.config import Config, Report
from stations.report.figures import (
    AreaRow,
    MapPoint,
    Named,
    Part,
    Range,
    StationCounts,
    TownshipRow,
    UncoveredDistrict,
)
from tests.geodata.squares import LON0
from tests.stations.report.worlds import (
    CLUSTERS,
    DAY,
    make,
    make_town,
    place,
    report,
    town_demand,
    workers_at,
)
from tests.stations.samples import station

if TYPE_CHECKING:
    from pathlib import Path

    from stations.report import CoverageReport
    from stations.workspace import Workspace

# Hours worked in a week: 20 by a courier, 56 by a rider.
COURIERS, RIDERS = (sum(column) for column in zip(*CLUSTERS.values(), strict=True))
WORKED = 20 * COURIERS + 56 * RIDERS
HUIJI, ZHONGMU = Named("惠济区", "Huiji"), Named("中牟县", "Zhongmu")


def part(count: float, of: float) -> float:
    """A share as a report rounds it."""
    return round(count / of, 6)


def test_the_headline_is_what_one_counts_by_hand(town_report: CoverageReport) -> None:
    """260 workers, 9700 hours worked; 60 couriers have two stations while they work."""
    found = town_report.headline
    assert found.workers == COURIERS + RIDERS == 260
    assert WORKED == 9700
    # All but the ten beside nothing; without the suspended and the expired station 60 fewer.
    assert found.nominal == part(250, 260)
    assert found.effective == part(190, 260)
    open_ = 20 * 60 + 56 * 80 + (20 + 56) * 5
    unknown = 20 * 40
    assert found.at_work == Range(part(open_, WORKED), part(open_ + unknown, WORKED))
    assert found.twice == Range(part(20 * 60, WORKED), part(20 * 60, WORKED))


def test_stations_are_counted_once_each_by_why_they_cannot_be_used(
    town_report: CoverageReport,
) -> None:
    """Nine on the books: five usable, one suspended, one expired, two nobody knows where."""
    assert town_report.headline.stations == StationCounts(
        on_books=9,
        usable=5,
        suspended=1,
        expired=1,
        position_unknown=2,
        all_day=3,
        hours_known=4,
        planned=2,
    )


def test_the_area_and_the_day_are_those_that_were_asked(town_report: CoverageReport) -> None:
    """The whole workspace has a title in both languages and no code."""
    assert town_report.area == Named("郑州北部", "North Zhengzhou")
    assert (town_report.adcode, town_report.day) == (None, DAY)
    assert (town_report.quarter, town_report.complete) == (None, True)
    assert not town_report.demonstration
    assert town_report.heat is None
    assert town_report.change is None


def test_a_made_up_workspace_is_said_to_be_one(tmp_path: Path) -> None:
    """As its setting says."""
    assert report(make_town(tmp_path / "ws", demonstration=True)).demonstration


# --------------------------------------------------------------------------------- the three aims


def test_three_aims_are_kept_apart(town_report: CoverageReport) -> None:
    """Seven records have a position and one an address; two positions are doubted."""
    aims = town_report.aims
    assert aims.queryable == Part(8, 9)
    # Without e-unknown, in another district than it says, and outside, in none.
    assert aims.on_map == Part(5, 9)
    assert not aims.known_stations
    assert aims.covered == town_report.headline.effective
    assert aims.queryable.share == pytest.approx(8 / 9)
    assert Part(0, 0).share == 0


def test_districts_without_a_station_come_with_the_most_workers_first(
    town_report: CoverageReport,
) -> None:
    """40 in the west, 30 in the east, and nobody outside, where all are covered."""
    assert town_report.aims.uncovered == (
        UncoveredDistrict("410108", HUIJI, 40),
        UncoveredDistrict("410122", ZHONGMU, 30),
    )


@pytest.mark.parametrize(
    ("known", "total", "said"), [(None, 9, False), (20, 20, True), (9, 9, True), (5, 9, False)]
)
def test_the_union_s_own_count_is_the_whole_of_two_aims(
    tmp_path: Path, known: int | None, total: int, said: bool
) -> None:
    """Where it is more than the register has; of one district nobody has counted them."""
    workspace = make_town(tmp_path / "ws", report=Report(known_stations=known))
    aims = report(workspace).aims
    assert (aims.queryable, aims.on_map) == (Part(8, total), Part(5, total))
    assert aims.known_stations is said
    own = report(workspace, district="410108").aims
    assert (own.queryable, own.known_stations) == (Part(4, 4), False)


# -------------------------------------------------------------------------- districts and groups


def test_districts_are_what_one_counts_by_hand(town_report: CoverageReport) -> None:
    """With what lies outside them last."""
    west, east = 20 * 90 + 56 * 10, 20 * 40 + 56 * 110
    assert town_report.districts == (
        AreaRow(
            code="410108",
            name=HUIJI,
            workers=100,
            nominal=0.9,
            effective=0.6,
            at_work=Range(part(20 * 60, west), part(20 * 60, west)),
            uncovered=40,
            stations=2,
            all_day=1,
        ),
        AreaRow(
            code="410122",
            name=ZHONGMU,
            workers=150,
            nominal=1,
            effective=0.8,
            at_work=Range(part(56 * 80, east), part(56 * 80 + 20 * 40, east)),
            uncovered=30,
            stations=2,
            all_day=1,
        ),
        AreaRow(
            code=None,
            name=None,
            workers=10,
            nominal=1,
            effective=1,
            at_work=Range(1, 1),
            uncovered=0,
            stations=1,
            all_day=1,
        ),
    )


def test_groups_are_what_one_counts_by_hand(town_report: CoverageReport) -> None:
    """Each by its own hours."""
    riders = part(85, 125)
    assert town_report.groups == (
        AreaRow(
            code="courier",
            name=Named("快递员", "Couriers"),
            workers=135,
            nominal=part(125, 135),
            effective=part(105, 135),
            at_work=Range(part(65, 135), part(105, 135)),
            uncovered=30,
        ),
        AreaRow(
            code="rider",
            name=Named("外卖骑手", "Riders"),
            workers=125,
            nominal=1,
            effective=riders,
            at_work=Range(riders, riders),
            uncovered=40,
        ),
    )


def test_districts_and_groups_add_up_to_the_whole(city_report: CoverageReport) -> None:
    """Workers, those left out, and stations."""
    whole = city_report.headline
    for rows in (city_report.districts, city_report.groups):
        assert sum(row.workers for row in rows) == pytest.approx(whole.workers, abs=0.05)
        covered = sum(row.workers * row.effective for row in rows)
        assert covered == pytest.approx(whole.workers * whole.effective, rel=1e-5)
        assert sum(row.uncovered for row in rows) == pytest.approx(
            whole.workers * (1 - whole.effective), rel=1e-5
        )
    assert sum(row.stations or 0 for row in city_report.districts) == whole.stations.usable
    assert sum(row.all_day or 0 for row in city_report.districts) == whole.stations.all_day


def test_without_districts_there_are_no_district_rows(tmp_path: Path) -> None:
    """All other figures stand, and nothing is doubted for want of a district."""
    workspace = make(
        tmp_path / "ws",
        station("a", **place(0), opening_hours="24/7"),
        demand=workers_at((0, 10), (5000, 30)),
    )
    found = report(workspace, sites=1)
    assert (found.districts, found.map.districts) == ((), ())
    assert found.headline.effective == 0.25
    assert found.aims.uncovered == ()
    assert found.gaps[0].name == Named("区外", "Outside all districts")
    assert found.sites.rows[0].district is None
    west, east = place(0), place(5000)
    assert found.map.bbox == pytest.approx((west["lon"], east["lat"], east["lon"], west["lat"]))


def test_nobody_and_nothing_make_a_report_too(tmp_path: Path) -> None:
    """No station, no worker in a district: figures of nothing, and no error."""
    demand = dataclasses.replace(workers_at((5000, 30)), profile=np.ones((1, 168)))
    workspace = make_town(tmp_path / "ws")
    workspace.set_demand(demand, [])
    found = report(workspace, district="惠济区", sites=3)
    assert found.headline.workers == 0
    assert (found.headline.nominal, found.headline.effective) == (0, 0)
    assert found.headline.at_work == Range(0, 0)
    assert found.sites.why_none == "no_workers"
    assert set(found.distances.effective) == {0}
    assert {distance for _, distance in found.distances.quantiles} == {None}
    assert set(found.hours.open) == {None}
    assert found.gaps == ()
    empty = make(tmp_path / "empty", demand=workers_at((5000, 30)))
    nothing = report(empty, sites=1)
    assert nothing.headline.stations.on_books == 0
    assert nothing.aims.queryable.share == 0
    assert nothing.headline.effective == 0
    assert nothing.capacity.over == ()


# ---------------------------------------------------------------------------- subdistricts, map


def test_subdistricts_are_as_the_records_name_them(town_report: CoverageReport) -> None:
    """In service, usable and open day and night; those that name none come last."""
    assert town_report.townships == (
        TownshipRow("中牟县", None, 2, 1, 1),
        TownshipRow("惠济区", "老鸦陈街道", 1, 0, 0),
        TownshipRow("惠济区", "花园口镇", 2, 2, 1),
        TownshipRow("惠济区", None, 1, 1, 0),
        TownshipRow(None, None, 3, 1, 1),
    )


def test_no_subdistricts_are_told_where_no_record_names_one(city_report: CoverageReport) -> None:
    """A table of nothing but unknowns would say nothing."""
    assert city_report.townships == ()


def test_the_map_shows_stations_in_service_by_whether_they_can_be_used(
    town_report: CoverageReport,
) -> None:
    """By the order of their ids; planned, closed and unplaced ones are not on it."""
    states = [
        ("e-24", 5000, "all_day"),
        ("e-expired", 13_000, "unusable"),
        ("e-unknown", 9000, "usable"),
        ("outside", 25_000, "all_day"),
        ("w-app", -5400, "all_day"),
        ("w-day", -5000, "usable"),
        ("w-suspended", -9000, "unusable"),
    ]
    assert town_report.map.stations == tuple(
        MapPoint(round(place(east)["lon"], 6), round(place(east)["lat"], 6), state)
        for _, east, state in states
    )


def test_the_map_has_the_districts_with_their_names_and_shares(
    town_report: CoverageReport,
) -> None:
    """Rings as they are in the file, a place for the name inside, and the box of all."""
    west, east = town_report.map.districts
    assert (west.name, west.effective, west.subject) == (HUIJI, 0.6, True)
    assert (east.name, east.effective, east.subject) == (ZHONGMU, 0.8, True)
    assert LON0 - 0.2 < west.lon < LON0 < east.lon < LON0 + 0.2
    (ring,) = east.rings
    assert set(ring) == {
        (113.6, 34.7), (113.8, 34.7), (113.8, 34.9), (113.6, 34.9),
    }  # fmt: skip
    assert ring[0] == ring[-1]
    assert town_report.map.bbox == pytest.approx((113.4, 34.7, 113.8, 34.9))


def test_the_map_of_one_district_shows_its_neighbours_without_figures(town: Workspace) -> None:
    """So that a reader sees where it lies."""
    found = report(town, district="410122")
    west, east = found.map.districts
    assert (west.subject, west.effective) == (False, None)
    assert (east.subject, east.effective) == (True, 0.8)
    assert found.map.bbox == pytest.approx((113.6, 34.7, 113.8, 34.9))
    assert [point.state for point in found.map.stations] == ["all_day", "unusable", "usable"]


# ----------------------------------------------------------------------- whom the figures are of


def test_the_reference_says_whom_the_figures_are_of(town_report: CoverageReport) -> None:
    """Groups, hours, sources and what counts as within reach."""
    found = town_report.reference
    assert (found.method, found.radius_m, found.minutes) == ("straight_line", 1000, None)
    assert (found.groups, found.workers, found.residents) == (("courier", "rider"), 260, False)
    assert (found.hours_known, found.holidays_known) == (True, True)
    assert found.sources == ("counts.csv",)
    assert dict(town_report.limits) == {
        "straight_line": 1,
        "station_hours": 1,  # e-unknown
        "stale": 4,  # one long ago, three never
        "position_unknown": 2,
    }


@pytest.mark.parametrize(
    ("group", "profile", "spacing", "codes"),
    [
        ("resident", None, 250.0, {"residents": 1, "hours_unknown": 1, "spread": 250}),
        ("all", None, None, {"one_group": 1, "hours_unknown": 1}),
        ("rider", np.full((1, 168), 0.5), None, {"hours_unknown": 1}),
        ("rider", np.tile([0.0, 1.0], (1, 84)), None, {"holidays_unknown": 1}),
    ],
)
def test_what_the_figures_do_not_say_is_said(
    tmp_path: Path, group: str, profile: np.ndarray, spacing: float | None, codes: dict[str, float]
) -> None:
    """Residents, groups not told apart, hours that are not known or all alike, areas spread."""
    spot = place(0)
    demand = Demand(
        np.array([spot["lon"]]), np.array([spot["lat"]]), np.array([[10.0]]), (group,), profile,
        spacing,
    )  # fmt: skip
    one = station("a", **spot, opening_hours="24/7", verified_on=DAY)
    found = report(make(tmp_path / "ws", one, demand=demand))
    assert dict(found.limits) == {"straight_line": 1, **codes}
    assert found.reference.residents is (group == "resident")
    assert found.reference.hours_known is ("hours_unknown" not in codes)


def test_demand_of_now_is_said_of_a_report_that_compares(town: Workspace) -> None:
    """The workers are those of today, whatever the day."""
    assert ("demand_now", 1.0) in report(town, since=0).limits


@pytest.mark.parametrize("radius", [399.0, 401.0])
def test_another_radius_may_be_asked(town: Workspace, radius: float) -> None:
    """Instead of that of the workspace: w-app is 400 metres from the couriers beside w-day."""
    found = report(town, radius_m=radius)
    assert found.reference.radius_m == radius
    assert found.headline.effective == part(190, 260)
    assert found.headline.twice.low == (part(1200, WORKED) if radius > 400 else 0)


def test_the_settings_of_the_workspace_are_the_default(tmp_path: Path) -> None:
    """Radius and days until a record is stale."""
    workspace = make_town(tmp_path / "ws", radius_m=300.0, stale_days=100)
    found = report(workspace)
    assert (found.reference.radius_m, found.freshness.stale_days) == (300, 100)
    assert found.basis.parameters["radius_m"] == 300


def test_titles_default_to_the_name_of_the_product(tmp_path: Path) -> None:
    """In both languages."""
    workspace = make(tmp_path / "ws", demand=town_demand(), config=Config())
    assert report(workspace).area == Named("户外劳动者驿站", "Outdoor-worker stations")
