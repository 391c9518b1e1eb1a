"""Capacity against loads, and how the figures move with what they assume."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import pytest

from stations.config import Report
from stations.entry import entry_of
from stations.hours import OpenState
from stations.hours.typical import typical_days
from stations.report.figures import Capacity, OverloadRow, Range, SensitivityRow
from tests.geodata.squares import halves
from tests.stations.report.worlds import (
    DAY,
    city_records,
    make,
    make_city,
    make_town,
    metres,
    place,
    report,
    usable,
    workers_at,
)
from tests.stations.samples import station

if TYPE_CHECKING:
    from pathlib import Path

    from geodata.demand import Demand
    from stations.model import Station
    from stations.report import CoverageReport
    from stations.workspace import Workspace

# ---------------------------------------------------------------------------------------- capacity


def test_a_station_is_too_small_for_those_who_have_it_for_their_nearest(
    town_report: CoverageReport,
) -> None:
    """80 riders, of whom a twentieth rests, against three places, in all of their 56 hours."""
    assert town_report.capacity == Capacity(
        resting=0.05,
        known=2,
        unknown=3,
        places=5,
        over=(OverloadRow("e-24", "通宵驿站", 3, at_rest=4, hour=0, hours=56),),
    )


@pytest.mark.parametrize(
    ("riders", "over"), [(69, None), (70, 3.5), (71, 3.55), (30, None), (1000, 50)]
)
def test_half_a_person_more_than_there_are_places_is_a_crowd(
    tmp_path: Path, riders: float, over: float | None
) -> None:
    """Three places: 3.45 at rest is rounding, 3.5 is not."""
    one = station("a", **place(0), capacity=3, opening_hours="24/7")
    workspace = make(tmp_path / "ws", one, demand=workers_at((0, riders)))
    found = report(workspace).capacity.over
    assert [row.at_rest for row in found] == ([] if over is None else [over])
    assert [row.hours for row in found] == ([] if over is None else [168])


def test_a_crowd_on_holidays_only_has_its_hour_and_no_hour_of_the_week(tmp_path: Path) -> None:
    """The first of the 192 hours with the most people is the peak."""
    one = station("a", **place(0), capacity=1, opening_hours="Mo-Su off; PH 10:00-15:00")
    workspace = make(tmp_path / "ws", one, demand=workers_at((0, 100)))
    (row,) = report(workspace).capacity.over
    assert (row.at_rest, row.hour, row.hours) == (5, 168 + 10, 0)


def test_workers_of_the_neighbours_count_too(tmp_path: Path) -> None:
    """A station 100 metres from the border serves both sides, whichever district is asked."""
    one = station("a", **place(-100), capacity=3, opening_hours="24/7", district="惠济区")
    workspace = make(tmp_path / "ws", one, demand=workers_at((-200, 40), (200, 60)), areas=halves())
    for district in (None, "410108"):
        (row,) = report(workspace, district=district).capacity.over
        assert row.at_rest == 5
    other = report(workspace, district="410122").capacity
    assert (other.known, other.unknown, other.over) == (0, 0, ())


def brute_loads(demand: Demand, there: list[Station]) -> np.ndarray:
    """(m, 192) workers at work by the nearest station that is known to be open to them."""
    away = np.array([metres(demand, *one.position) for one in there])  # type: ignore[misc]
    days = typical_days(DAY)
    load = np.zeros((len(there), 192))
    for hour in range(192):
        moment = days.hour(hour).moment
        open_ = np.array([entry_of(s).at(moment).state is OpenState.OPEN for s in there])
        for j, group in enumerate(demand.groups):
            serves = [s.properties.serves for s in there]
            lets = np.array([not names or group in names or "all" in names for names in serves])
            cost = np.where((open_ & lets)[:, None] & (away <= 1000), away, np.inf)
            best = cost.argmin(axis=0)
            found = np.isfinite(cost.min(axis=0))
            workers = demand.weights[:, j] * demand.at_work[j, hour]
            load[:, hour] += np.bincount(best[found], workers[found], minlength=len(there))
    return load


def test_loads_of_a_city_are_what_a_loop_finds(tmp_path: Path) -> None:
    """Hour by hour, group by group, everybody to the nearest open door."""
    workspace = make_city(tmp_path / "ws", report=Report(resting=0.1))
    there = usable(city_records())
    rest = brute_loads(workspace.known_demand(), there) * 0.1
    expected = []
    for one, row in zip(there, rest, strict=True):
        room = one.properties.capacity
        if room is not None and (row >= room + 0.5).any():
            hours = int((row[:168] >= room + 0.5).sum())
            expected.append((one.id, room, round(float(row.max()), 2), int(row.argmax()), hours))
    expected.sort(key=lambda row: (row[1] - row[2], row[0]))
    capacity = report(workspace).capacity
    known = [s.properties.capacity for s in there if s.properties.capacity is not None]
    assert (capacity.known, capacity.places) == (len(known), sum(known))
    assert capacity.known + capacity.unknown == len(there)
    assert len(expected) > 3
    assert [(r.id, r.capacity, r.at_rest, r.hour, r.hours) for r in capacity.over] == expected[:20]


def test_who_rests_at_the_same_time_is_a_setting(tmp_path: Path) -> None:
    """All of them rest: both stations are too small."""
    found = report(make_town(tmp_path / "ws", report=Report(resting=1.0))).capacity
    assert found.resting == 1
    # The most crowded first.
    assert [(row.id, row.at_rest) for row in found.over] == [("e-24", 80), ("w-day", 30)]


# ------------------------------------------------------------------------------------- sensitivity


def rows(found: CoverageReport, kind: str) -> list[SensitivityRow]:
    """The rows of one assumption."""
    return [row for row in found.sensitivity if row.kind == kind]


@pytest.mark.parametrize("district", [None, "410102"])
@pytest.mark.parametrize("kind", ["limit", "speed"])
def test_each_row_is_a_report_of_its_own(city: Workspace, kind: str, district: str | None) -> None:
    """With that radius, or with the one that a walker of that speed gets in 15 minutes."""
    for row in rows(report(city, district=district), kind):
        radius = row.value if kind == "limit" else row.value * 60 * 15 / 1.3
        fresh = report(city, district=district, radius_m=radius).headline
        assert row.effective == Range(fresh.effective, fresh.effective)
        assert row.at_work == fresh.at_work


def test_what_is_tried_surrounds_what_is_asked(city_report: CoverageReport) -> None:
    """Half the radius to twice, slow to brisk; the row of the report itself is marked."""
    assert [(r.value, r.stated) for r in rows(city_report, "limit")] == [
        (500, False), (750, False), (1000, True), (1500, False), (2000, False),
    ]  # fmt: skip
    assert [(r.value, r.stated) for r in rows(city_report, "speed")] == [
        (1.2, False), (1.3, False), (1.4, False),
    ]  # fmt: skip
    (own,) = (row for row in city_report.sensitivity if row.stated)
    assert own.effective.low == city_report.headline.effective
    assert own.at_work == city_report.headline.at_work
    shares = [row.effective.low for row in rows(city_report, "limit")]
    assert shares == sorted(shares)


def test_the_norm_on_foot_is_marked_where_its_radius_is_asked(city: Workspace) -> None:
    """1.3 m/s for 15 minutes with the usual detour are 900 metres."""
    assert [row.stated for row in rows(report(city, radius_m=900), "speed")] == [False, True, False]


def district_sums(found: CoverageReport) -> np.ndarray:
    """(4, areas) workers, covered, hours worked and their shares, read off the district rows."""
    return np.array(
        [
            (row.workers, row.workers * row.effective, row.at_work.low, row.at_work.high)
            for row in found.districts
        ]
    ).T


def hours_worked(city: Workspace, districts: int) -> np.ndarray:
    """Hours worked in a week in each area."""
    demand = city.known_demand()
    assert city.districts is not None
    home = city.districts.locate(demand.lon, demand.lat) % districts
    worked = demand.weights @ demand.at_work[:, :168].sum(axis=1)
    return np.bincount(home, worked, minlength=districts)


def test_no_errors_of_a_fifth_in_districts_leave_the_range(
    city: Workspace, city_report: CoverageReport
) -> None:
    """Random factors for every district stay inside; some of the extreme ones attain the ends."""
    (row,) = rows(city_report, "demand")
    assert (row.value, row.stated) == (0.2, False)
    workers, covered, low, high = district_sums(city_report)
    areas = len(workers)
    assert areas == 5
    worked = hours_worked(city, areas)
    rng = np.random.default_rng(1)
    inside = rng.uniform(0.8, 1.2, (2000, areas))
    corners = np.array(list(itertools.product((0.8, 1.2), repeat=areas)))
    for found, parts, total in (
        (row.effective, (covered, covered), workers),
        (row.at_work, (low * worked, high * worked), worked),
    ):
        least, most = ((inside @ part) / (inside @ total) for part in parts)
        assert found.low <= least.min()
        assert most.max() <= found.high
        least, most = ((corners @ part) / (corners @ total) for part in parts)
        assert found.low == pytest.approx(least.min(), abs=2e-6)
        assert found.high == pytest.approx(most.max(), abs=2e-6)


def test_errors_of_districts_say_nothing_of_one_district(city: Workspace, tmp_path: Path) -> None:
    """A share of one number does not move with it."""
    assert rows(report(city, district="410102"), "demand") == []
    alone = make(tmp_path / "ws", demand=workers_at((0, 10)))
    assert rows(report(alone), "demand") == []


def test_districts_that_are_covered_alike_leave_no_range(tmp_path: Path) -> None:
    """Half in each: whatever the numbers, half."""
    stations_ = [
        station("a", **place(-5000), opening_hours="24/7"),
        station("b", **place(5000), opening_hours="24/7"),
    ]
    demand = workers_at((-5000, 10), (-9000, 10), (5000, 70), (9000, 70))
    workspace = make(tmp_path / "ws", *stations_, demand=demand, areas=halves())
    (row,) = rows(report(workspace), "demand")
    assert (row.effective, row.at_work) == (Range(0.5, 0.5), Range(0.5, 0.5))


def test_a_district_without_workers_moves_nothing(tmp_path: Path) -> None:
    """Nor does it divide by nothing."""
    one = station("a", **place(-5000), opening_hours="24/7")
    workspace = make(
        tmp_path / "ws", one, demand=workers_at((-5000, 10), (-9000, 30)), areas=halves()
    )
    (row,) = rows(report(workspace), "demand")
    assert (row.effective, row.at_work) == (Range(0.25, 0.25), Range(0.25, 0.25))
