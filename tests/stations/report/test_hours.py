"""The hours of a report: the week, its parts, the deserts and what is needed, counted by hand."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import pytest

from geodata.demand import HOURS
from stations.entry import entry_of
from stations.hours import OpenState
from stations.hours.typical import typical_days
from stations.report.figures import DesertRow, DesertZone, Named, NeedRow, Range
from tests.stations.report.worlds import (
    CLUSTERS,
    COURIER_HOURS,
    DAY,
    RIDER_HOURS,
    city_records,
    make_town,
    metres,
    place,
    report,
    usable,
)

if TYPE_CHECKING:
    from pathlib import Path

    from stations.model import Station
    from stations.report import CoverageReport
    from stations.workspace import Workspace

WORKED = 9700
RIDERS = 125


def part(count: float, of: float = WORKED) -> float:
    """A share as a report rounds it."""
    return round(count / of, 6)


def zone(name: tuple[str, str], workers: float, surely: float, east: float) -> DesertZone:
    """A desert of one cluster."""
    lon, lat = (round(degrees, 6) for degrees in place(east).values())
    return DesertZone(Named(*name), workers, surely, lon, lat)


# --------------------------------------------------------------------------------------- 192 hours


def test_the_hours_are_a_week_and_a_holiday(town_report: CoverageReport) -> None:
    """192 values each; the week of the day, which is an ordinary one, and National Day's break."""
    hours = town_report.hours
    assert hours.monday == dt.date(2026, 11, 16)
    assert hours.holiday == typical_days(DAY).holiday == dt.date(2026, 10, 7)
    for column in (hours.active, hours.nominal, hours.effective, hours.open, hours.perhaps):
        assert len(column) == HOURS


def test_each_hour_has_those_at_work_in_it(town_report: CoverageReport) -> None:
    """Half of the couriers on workdays, the riders every evening, half of them on a holiday."""
    expected = [
        67.5 * (hour in COURIER_HOURS) + RIDERS * (hour in RIDER_HOURS) for hour in range(168)
    ] + [62.5 if hour >= 18 else 0 for hour in range(24)]
    assert town_report.hours.active == tuple(expected)


def test_hours_in_which_nobody_works_have_no_share(town_report: CoverageReport) -> None:
    """Not 0, which would read as a failure."""
    hours = town_report.hours
    for column in (hours.nominal, hours.effective, hours.open, hours.perhaps):
        assert [value is None for value in column] == [n == 0 for n in hours.active]


def test_each_hour_has_its_own_shares(town_report: CoverageReport) -> None:
    """By day 65 couriers of 135 certainly find a door open, 105 perhaps; by night 85 riders."""
    hours = town_report.hours
    monday_noon, monday_night, holiday_evening = 12, 23, 168 + 20
    for hour, shares in (
        (monday_noon, (125 / 135, 105 / 135, 65 / 135, 105 / 135)),
        (monday_night, (1, 85 / 125, 85 / 125, 85 / 125)),
        (holiday_evening, (1, 85 / 125, 85 / 125, 85 / 125)),
    ):
        found = [c[hour] for c in (hours.nominal, hours.effective, hours.open, hours.perhaps)]
        assert found == [round(share, 6) for share in shares]


def state_of(one: Station, moment: dt.datetime) -> OpenState:
    """Whether its door is open: asked of the record."""
    return entry_of(one).at(moment).state


def test_the_hours_of_a_city_are_what_a_loop_finds(
    city: Workspace, city_report: CoverageReport
) -> None:
    """Each point against each station by geodesic, each door asked by its record."""
    demand = city.known_demand()
    there = usable(city_records())
    near = np.array([metres(demand, *one.position) <= 1000 for one in there])  # type: ignore[misc]
    days = typical_days(DAY)
    at_work = demand.at_work
    serves = [one.properties.serves for one in there]
    lets_in = {
        group: np.array([not named or group in named or "all" in named for named in serves])
        for group in demand.groups
    }
    totals = np.zeros(3)
    for number in range(HOURS):
        states = [state_of(one, days.hour(number).moment) for one in there]
        sure = np.array([state is OpenState.OPEN for state in states])
        maybe = np.array([state is not OpenState.CLOSED for state in states])
        sums = np.zeros(3)
        for j, group in enumerate(demand.groups):
            workers = demand.weights[:, j] * at_work[j, number]
            ends = [near[doors & lets_in[group]].any(axis=0) for doors in (sure, maybe)]
            sums += workers.sum(), *(workers[end].sum() for end in ends)
        hours = city_report.hours
        assert hours.active[number] == pytest.approx(sums[0], abs=0.006)
        assert hours.open[number] == pytest.approx(sums[1] / sums[0], abs=1e-6)
        assert hours.perhaps[number] == pytest.approx(sums[2] / sums[0], abs=1e-6)
        totals += sums if number < 168 else 0
    headline = city_report.headline.at_work
    assert headline.low == pytest.approx(totals[1] / totals[0], abs=1e-6)
    assert headline.high == pytest.approx(totals[2] / totals[0], abs=1e-6)


# ------------------------------------------------------------------------------------------- bands


def test_bands_are_what_one_counts_by_hand(town_report: CoverageReport) -> None:
    """Means of the hours of a band; shares of the hours worked in it."""
    bands = {row.code: row for row in town_report.bands}
    assert list(bands) == ["night", "early", "workday", "evening", "weekend", "holiday"]
    night, workday = bands["night"], bands["workday"]
    # 22 to 5 is seven hours, of which riders work four.
    assert night.name == Named("夜间（22–5 时）", "Night (22:00-05:00)")
    assert night.workers == round(RIDERS * 4 / 7, 2)
    assert (night.nominal, night.effective) == (1, part(85, RIDERS))
    assert night.open == Range(part(85, RIDERS), part(85, RIDERS))
    assert night.twice == Range(0, 0)
    # 8 to 18 is ten hours, of which half of the couriers work eight.
    assert workday.workers == 0.5 * 135 * 8 / 10
    assert (workday.nominal, workday.effective) == (part(125, 135), part(105, 135))
    assert workday.open == Range(part(65, 135), part(105, 135))
    assert workday.twice == Range(part(60, 135), part(60, 135))
    assert bands["evening"].workers == RIDERS
    assert bands["holiday"].workers == round(RIDERS / 2 * 6 / 24, 2)
    for code in ("early", "weekend"):
        assert (bands[code].workers, bands[code].effective) == (0, 0)


def test_bands_but_the_holiday_make_up_the_week(city_report: CoverageReport) -> None:
    """Weighted by their hours and workers, they give the headline."""
    hours = {"night": 49, "early": 21, "workday": 50, "evening": 28, "weekend": 20}
    worked = {row.code: row.workers * hours[row.code] for row in city_report.bands[:-1]}
    for name in ("low", "high"):
        found = sum(getattr(r.open, name) * worked[r.code] for r in city_report.bands[:-1])
        expected = getattr(city_report.headline.at_work, name)
        assert found / sum(worked.values()) == pytest.approx(expected, abs=1e-5)


# ----------------------------------------------------------------------------------------- deserts


def test_deserts_are_named_with_how_many_find_nothing(town_report: CoverageReport) -> None:
    """Ten riders beside the suspended station and thirty beside the expired one, at night."""
    deserts = {row.code: row for row in town_report.deserts}
    assert list(deserts) == ["night", "early", "weekend", "holiday"]
    night = 4 / 7
    assert deserts["night"] == DesertRow(
        "night",
        Named("夜间（22–5 时）", "Night (22:00-05:00)"),
        round(RIDERS * night, 2),
        Range(round(40 * night, 2), round(40 * night, 2)),
        (
            zone(
                ("中牟县中部", "Zhongmu, centre"),
                round(30 * night, 2),
                round(30 * night, 2),
                13_000,
            ),
            zone(
                ("惠济区中部", "Huiji, centre"), round(10 * night, 2), round(10 * night, 2), -9000
            ),
        ),
    )
    assert deserts["holiday"].without == Range(5, 5)
    for code in ("early", "weekend"):
        assert (deserts[code].workers, deserts[code].zones) == (0, ())


def test_a_desert_is_a_range_where_hours_are_not_known(tmp_path: Path) -> None:
    """Thirty riders beside a station of unknown hours: perhaps all of them find it open."""
    workspace = make_town(tmp_path / "ws")
    demand = workspace.known_demand()
    weights = demand.weights.copy()
    weights[list(CLUSTERS).index(9000), 1] = 30
    workspace.set_demand(type(demand)(
        demand.lon, demand.lat, weights, demand.groups, demand.profile, None, demand.holiday
    ), [])  # fmt: skip
    night = report(workspace).deserts[0]
    assert night.without == Range(round(40 * 4 / 7, 2), round(70 * 4 / 7, 2))
    assert {(z.workers, z.surely) for z in night.zones} == {
        (round(30 * 4 / 7, 2), 0), (round(30 * 4 / 7, 2), round(30 * 4 / 7, 2)),
        (round(10 * 4 / 7, 2), round(10 * 4 / 7, 2)),
    }  # fmt: skip


# ------------------------------------------------------------------------------------------- needs

# Hours worked near each station of the town while it is, or may be, open.
DAYTIME, NIGHT, UNKNOWN, OUTSIDE = 20 * 60, 56 * 80, 20 * 40, 76 * 5
ALL = DAYTIME + NIGHT + UNKNOWN + OUTSIDE
NEEDS = {
    "drinking_water": (DAYTIME + NIGHT, ALL),
    "microwave": (NIGHT, ALL),  # w-day has none, of w-app it is not known
    "charging": (0, ALL - NIGHT),  # e-24 has none
    "toilet": (0, ALL),
    "air_conditioning": (DAYTIME + NIGHT, ALL),
    "heating": (0, ALL),
    "no_card": (DAYTIME + NIGHT, DAYTIME + NIGHT + OUTSIDE),  # e-unknown asks for membership
    "no_phone": (DAYTIME, DAYTIME + UNKNOWN + OUTSIDE),  # e-24 lets in by code only
}


@pytest.mark.parametrize("code", NEEDS)
def test_what_is_needed_is_a_range_from_known_to_possible(
    town_report: CoverageReport, code: str
) -> None:
    """Known to be there counts at both ends, not known at the upper, a known lack at neither."""
    kind = "access" if code.startswith("no_") else "facility"
    low, high = NEEDS[code]
    (row,) = (row for row in town_report.needs if row.code == code)
    assert row == NeedRow(kind, code, Range(part(low), part(high)))


def test_every_need_lies_within_what_is_open(city_report: CoverageReport) -> None:
    """Whoever finds an open station with water finds an open station."""
    assert [row.code for row in city_report.needs] == list(NEEDS)
    at_work = city_report.headline.at_work
    for row in city_report.needs:
        assert 0 <= row.at_work.low <= row.at_work.high <= 1
        assert row.at_work.low <= at_work.low
        assert row.at_work.high <= at_work.high
