"""Reports along the streets: seconds instead of metres, on a road of one metre a second."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from stations.demand_file import Source
from stations.report import ReportAsk, make_report
from tests.stations import roads
from tests.stations.report.worlds import MADE, clock, report, workers_at
from tests.stations.samples import station

if TYPE_CHECKING:
    from stations.reach import Mode
    from stations.report import CoverageReport
    from stations.workspace import Workspace

DAY = dt.date(2026, 11, 20)


@pytest.fixture(scope="module")
def road(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A straight road of three kilometres, a station at its west end, workers along it.

    One walks a metre a second: 10 workers are a minute away, 20 ten minutes, 30 twenty; 40 are
    near no street at all.
    """
    lon, lat = roads.at(0)
    with clock(MADE):
        workspace = roads.make(
            tmp_path_factory.mktemp("road") / "ws",
            station("a", lon=lon, lat=lat, opening_hours="24/7"),
            lines=[[roads.at(0), roads.at(1500), roads.at(3000)]],
        )
    demand = workers_at((60, 10), (600, 20), (1200, 30), (60_000, 40))
    workspace.set_demand(demand, [Source("counts.csv", "rider", "points", 100)])
    return workspace


def test_limits_are_seconds_and_minutes(road: Workspace) -> None:
    """Of the workspace, or as asked; the method and the unit say so."""
    found = report(road, mode="walk")
    assert (found.reference.method, found.reference.minutes) == ("walk", 15)
    assert found.reference.radius_m == 900  # straight on at a metre a second
    assert found.distances.unit == "s"
    assert found.distances.effective[found.distances.at.index(900)] == 0.3
    assert "straight_line" not in dict(found.limits)
    assert found.headline.effective == 0.3
    assert "network.walk" in {one.name for one in found.basis.inputs}
    longer = report(road, mode="walk", minutes=20.5)
    assert longer.headline.effective == 0.6
    assert 1230 in longer.distances.at
    assert longer.basis.parameters["minutes"] == 20.5


def test_who_has_no_way_is_beyond_every_distance(road: Workspace) -> None:
    """Half the workers are within ten minutes or twenty, a tenth is nowhere."""
    found = report(road, mode="walk").distances
    assert found.effective[-1] == 0.6
    distances = dict(found.quantiles)
    assert distances[0.5] == pytest.approx(1200, abs=3)
    assert (distances[0.8], distances[0.9]) == (None, None)


@pytest.mark.parametrize(
    ("mode", "speeds", "stated"),
    [("walk", (1.2, 1.3, 1.4), ()), ("ebike", (4.0, 4.5, 5.0), (4.0,))],
)
def test_a_speed_is_more_or_less_time(
    road: Workspace, mode: str, speeds: tuple[float, ...], stated: tuple[float, ...]
) -> None:
    """Each row is a report of its own; the network's own speed is what the report assumes."""
    minutes = 7.7  # of which the seconds are no whole number
    found = report(road, mode=mode, minutes=minutes)
    own = 1.0 if mode == "walk" else 4.0
    rows = [row for row in found.sensitivity if row.kind == "speed"]
    assert tuple(row.value for row in rows) == speeds
    assert tuple(row.value for row in rows if row.stated) == stated
    for row in rows:
        fresh = report(road, mode=mode, minutes=minutes * row.value / own).headline
        assert row.effective.low == fresh.effective
        assert row.at_work == fresh.at_work
    for row in found.sensitivity:
        if row.kind == "limit":
            fresh = report(road, mode=mode, minutes=row.value / 60).headline
            assert (row.effective.low, row.at_work) == (fresh.effective, fresh.at_work)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The demo city."""
    from stations.demo import workspace as demo_workspace

    with clock(MADE):
        return demo_workspace.make(tmp_path_factory.mktemp("demo") / "ws", seed=20)


@pytest.fixture(scope="module")
def by_line(demo: Workspace) -> CoverageReport:
    """Its report by straight line."""
    return make_report(demo, ReportAsk(day=DAY, sites=3))


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["walk", "ebike"])
def test_the_demo_city_along_its_streets(
    demo: Workspace, by_line: CoverageReport, mode: Mode
) -> None:
    """On foot fewer are within 15 minutes than within the circle; by bicycle more."""
    found = make_report(demo, ReportAsk(day=DAY, mode=mode, sites=3))
    assert found.demonstration
    assert found.distances.unit == "s"
    assert 900 in found.distances.at
    assert found.headline.workers == by_line.headline.workers == 24_000
    assert found.headline.stations == by_line.headline.stations
    circle = report(demo, radius_m=found.reference.radius_m).headline
    assert 0 < found.headline.effective <= circle.effective
    assert found.headline.at_work.low <= circle.at_work.low
    assert found.headline.at_work.high <= circle.at_work.high
    assert found.sites.rows
    assert found.sites.share is not None
    assert found.headline.effective < found.sites.share <= 1
    assert [row.stated for row in found.sensitivity if row.kind == "limit"].index(True) == 2
