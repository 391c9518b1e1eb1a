"""Who is reached first, and whether one gets in on arrival."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from geodata.crs import GEOD
from stations.arrival import Journey, first_reached
from stations.filters import EVERYTHING, StationFilter
from stations.hours import BEIJING, OpenState
from stations.model import AccessBand
from stations.reach import DETOUR
from tests.geodata.squares import LAT0, LON0
from tests.stations.roads import at, make
from tests.stations.samples import station

if TYPE_CHECKING:
    from pathlib import Path

    from stations.arrival import Arrivals
    from stations.model import Station
    from stations.workspace import Workspace

NOON = dt.datetime(2026, 11, 20, 12, 0, tzinfo=BEIJING)
AT_NOON = StationFilter(open_at=NOON)
# One street of two kilometres to the east, a metre a second, with a vertex every hundred metres.
STREET = [at(east) for east in range(0, 2001, 100)]


def on_street(name: str, east_m: float, **fields: Any) -> Station:
    """A station so many metres down the street."""
    lon, lat = at(east_m)
    return station(name, lon=lon, lat=lat, **fields)


def ask(workspace: Workspace, k: int = 5, **fields: Any) -> Arrivals:
    """The stations that one reaches first from the beginning of the street, setting out at noon."""
    journey = Journey(**{"lon": LON0, "lat": LAT0, "at": NOON, **fields})
    return first_reached(workspace.registry, workspace.on_streets(journey.mode), journey, k)


def names(workspace: Workspace, found: Arrivals) -> list[str]:
    """Ids of the stations that were found."""
    return [workspace.registry.stations[one.index].id for one in found.found]


def test_times_are_those_of_the_streets(tmp_path: Path) -> None:
    """A metre a second on foot, four by electric bicycle; metres are by straight line."""
    records = (on_street("b", 600), on_street("a", 1500), on_street("c", 300))
    workspace = make(tmp_path / "ws", *records, lines=[STREET])
    found = ask(workspace)
    assert not found.estimated
    assert names(workspace, found) == ["c", "b", "a"]
    assert [one.seconds for one in found.found] == pytest.approx([300, 600, 1500], abs=0.1)
    assert [one.distance_m for one in found.found] == pytest.approx([300, 600, 1500], abs=0.1)
    assert not any(one.estimated for one in found.found)
    riding = ask(workspace, mode="ebike")
    assert [one.seconds for one in riding.found] == pytest.approx([75, 150, 375], abs=0.1)
    assert names(workspace, ask(workspace, k=1)) == ["c"]


def test_the_first_reached_is_not_always_the_nearest(tmp_path: Path) -> None:
    """A station across the block is farther by the way around it."""
    around = [at(0), at(1000), at(1000, 400), at(0, 400)]
    lon, lat = at(0, 400)
    across = station("across", lon=lon, lat=lat)
    workspace = make(tmp_path / "ws", across, on_street("along", 900), lines=[around])
    first, second = ask(workspace).found
    assert workspace.registry.stations[first.index].id == "along"
    assert first.distance_m > second.distance_m
    assert second.seconds == pytest.approx(2400, abs=1)


def test_a_station_that_closes_before_one_gets_there_is_left_out(tmp_path: Path) -> None:
    """It is open when one sets out and for five minutes more; the way takes ten."""
    workspace = make(
        tmp_path / "ws",
        on_street("closing", 600, opening_hours="08:00-12:05"),
        on_street("later", 900, opening_hours="08:00-12:20"),
        lines=[STREET],
    )
    assert names(workspace, ask(workspace, where=AT_NOON)) == ["later"]
    assert names(workspace, ask(workspace)) == ["closing", "later"]
    by_bicycle = ask(workspace, where=AT_NOON, mode="ebike")
    assert names(workspace, by_bicycle) == ["closing", "later"]


def test_a_station_that_opens_before_one_arrives_is_in(tmp_path: Path) -> None:
    """It is closed when one sets out; by bicycle one would be there too soon."""
    workspace = make(
        tmp_path / "ws", on_street("opening", 600, opening_hours="12:05-20:00"), lines=[STREET]
    )
    assert names(workspace, ask(workspace, where=AT_NOON)) == ["opening"]
    assert ask(workspace, where=AT_NOON, mode="ebike").found == []


def test_arrival_may_be_on_another_day(tmp_path: Path) -> None:
    """Ten minutes before midnight on a Friday, a quarter of an hour away."""
    workspace = make(
        tmp_path / "ws",
        on_street("workdays", 900, opening_hours="Mo-Fr 00:00-24:00"),
        on_street("weekend", 910, opening_hours="Sa,Su 00:00-24:00"),
        lines=[STREET],
    )
    late = NOON.replace(hour=23, minute=50)
    found = ask(workspace, at=late, where=StationFilter(open_at=late))
    assert names(workspace, found) == ["weekend"]


@pytest.mark.parametrize(("minutes", "there"), [(0, True), (19, True), (21, False)])
def test_a_station_must_be_open_for_as_long_as_one_stays(
    tmp_path: Path, minutes: float, there: bool
) -> None:
    """Ten minutes to go, thirty until it closes; one that never closes is in whatever one stays."""
    workspace = make(
        tmp_path / "ws",
        on_street("half", 600, opening_hours="08:00-12:30"),
        on_street("always", 700, opening_hours="24/7"),
        lines=[STREET],
    )
    found = names(workspace, ask(workspace, where=AT_NOON, stay_s=60 * minutes))
    assert found == (["half"] if there else []) + ["always"]


def test_unknown_hours_pass_only_if_they_may(tmp_path: Path) -> None:
    """As everywhere; nobody knows how long such a station stays open."""
    workspace = make(tmp_path / "ws", on_street("silent", 600), lines=[STREET])
    assert ask(workspace, where=AT_NOON).found == []
    patient = dataclasses.replace(AT_NOON, unknown_hours=True)
    assert names(workspace, ask(workspace, where=patient, stay_s=3600)) == ["silent"]


def test_ways_in_are_those_on_arrival(tmp_path: Path) -> None:
    """The guard goes home while one is on the way; then the door takes a code."""
    bands = (AccessBand("staffed", "08:00-12:05"), AccessBand("qr", "12:05-22:00"))
    workspace = make(tmp_path / "ws", on_street("bank", 600, access=bands), lines=[STREET])

    def by(way_in: str, **fields: Any) -> list[str]:
        where = dataclasses.replace(AT_NOON, access=frozenset({way_in}))
        return names(workspace, ask(workspace, where=where, **fields))

    assert (by("qr"), by("staffed")) == (["bank"], [])
    assert (by("qr", mode="ebike"), by("staffed", mode="ebike")) == ([], ["bank"])


def test_filters_without_a_moment_do_not_look_at_the_clock(tmp_path: Path) -> None:
    """A way in that is on record passes, whether it holds then or not; so do closed doors."""
    bands = (AccessBand("staffed", "03:00-04:00"),)
    workspace = make(
        tmp_path / "ws",
        on_street("night", 600, access=bands, facilities={"toilet": True}),
        on_street("bare", 300),
        lines=[STREET],
    )
    where = StationFilter(access=frozenset({"staffed"}), facilities=frozenset({"toilet"}))
    assert names(workspace, ask(workspace, where=where)) == ["night"]


def test_without_a_network_times_are_estimates(tmp_path: Path) -> None:
    """The straight line, lengthened, at the usual speed; doors are still those on arrival."""
    workspace = make(
        tmp_path / "ws",
        on_street("near", 400, opening_hours="08:00-12:05"),
        on_street("far", 1000, opening_hours="24/7"),
    )
    assert workspace.on_streets("walk") is None
    found = ask(workspace)
    assert found.estimated
    assert all(one.estimated for one in found.found)
    assert [one.seconds for one in found.found] == pytest.approx(
        [400 * DETOUR / 1.3, 1000 * DETOUR / 1.3], rel=1e-4
    )
    assert names(workspace, ask(workspace, where=AT_NOON)) == ["far"]
    assert names(workspace, ask(workspace, where=AT_NOON, mode="ebike")) == ["near", "far"]
    assert names(workspace, ask(workspace, max_s=500)) == ["near"]
    assert names(workspace, ask(workspace, max_distance_m=500)) == ["near"]


def test_a_start_near_no_street_gets_estimates(tmp_path: Path) -> None:
    """At the speed of the network that there is."""
    workspace = make(tmp_path / "ws", on_street("a", 0), lines=[STREET])
    lon, lat = at(0, 3000)
    found = ask(workspace, lon=lon, lat=lat)
    assert found.estimated
    assert found.found[0].seconds == pytest.approx(3000 * DETOUR, rel=1e-3)


def test_a_station_near_no_street_has_an_estimate_of_its_own(tmp_path: Path) -> None:
    """In its place among the measured ones, and filtered on arrival as they are."""
    lon, lat = at(500, 700)
    off = station("off", lon=lon, lat=lat, opening_hours="24/7")
    workspace = make(
        tmp_path / "ws",
        off,
        on_street("a", 500, opening_hours="24/7"),
        on_street("z", 1900, opening_hours="24/7"),
        lines=[STREET],
    )
    found = ask(workspace, where=AT_NOON)
    assert not found.estimated
    assert names(workspace, found) == ["a", "off", "z"]
    assert [one.estimated for one in found.found] == [False, True, False]
    metres = GEOD.inv(LON0, LAT0, lon, lat)[2]
    assert found.found[1].seconds == pytest.approx(metres * DETOUR)
    assert found.found[1].distance_m == pytest.approx(metres)
    assert names(workspace, ask(workspace, k=1, where=AT_NOON)) == ["a"]
    assert "off" not in names(workspace, ask(workspace, max_s=600))
    assert "off" not in names(workspace, ask(workspace, max_distance_m=800))


def test_a_station_that_no_street_leads_to_is_left_out(tmp_path: Path) -> None:
    """Nobody is sent to an island; the next one is found instead."""
    island = [at(0, 450), at(100, 450)]
    lon, lat = at(0, 450)
    workspace = make(
        tmp_path / "ws",
        station("island", lon=lon, lat=lat),
        on_street("far", 2000),
        lines=[STREET, island],
    )
    assert names(workspace, ask(workspace, k=1)) == ["far"]


def test_a_start_on_a_street_that_leads_to_no_station_is_estimated(tmp_path: Path) -> None:
    """A piece of footway that the map does not join to anything says nothing of the way."""
    island = [at(0, 450), at(100, 450)]
    workspace = make(
        tmp_path / "ws", on_street("a", 300), on_street("b", 900), lines=[STREET, island]
    )
    lon, lat = at(50, 450)
    found = ask(workspace, lon=lon, lat=lat)
    assert found.estimated
    assert names(workspace, found) == ["a", "b"]
    assert all(one.estimated for one in found.found)


def test_limits_leave_out_what_is_beyond(tmp_path: Path) -> None:
    """Seconds along the streets, metres by straight line; both ends belong."""
    workspace = make(
        tmp_path / "ws", *(on_street(f"s{i}", 100.0 * i) for i in range(1, 10)), lines=[STREET]
    )
    assert len(ask(workspace, k=100, max_s=450).found) == 4
    assert len(ask(workspace, k=100, max_distance_m=650).found) == 6
    assert len(ask(workspace, k=100, max_s=450, max_distance_m=250).found) == 2
    assert len(ask(workspace, k=100).found) == 9


@pytest.mark.parametrize("lines", [[STREET], []])
def test_as_many_more_are_looked_at_as_it_takes(tmp_path: Path, lines: list[Any]) -> None:
    """Sixty nearer ones are closed on arrival; with a network and without."""
    shut = [on_street(f"shut-{i:02}", 10.0 * i, opening_hours="08:00-09:00") for i in range(60)]
    open_ = [on_street(f"open-{i}", 1000.0 + 10 * i, opening_hours="24/7") for i in range(3)]
    workspace = make(tmp_path / "ws", *shut, *open_, lines=lines)
    assert names(workspace, ask(workspace, k=1, where=AT_NOON)) == ["open-0"]
    assert names(workspace, ask(workspace, k=2, where=AT_NOON)) == ["open-0", "open-1"]
    assert len(ask(workspace, k=9, where=AT_NOON).found) == 3
    assert ask(workspace, k=9, where=StationFilter(statuses=frozenset({"planned"}))).found == []


def test_everybody_by_hand(tmp_path: Path) -> None:
    """A hundred random stations, asked one by one whether one gets in after the time it takes."""
    rng = np.random.default_rng(4)
    hours = [None, "24/7", "08:00-12:10", "12:15-20:00", "08:00-12:40", "Sa 08:00-20:00"]
    records = [
        on_street(f"s{i:03}", float(east), opening_hours=hours[rng.integers(len(hours))])
        for i, east in enumerate(rng.uniform(0, 2000, 100))
    ]
    workspace = make(tmp_path / "ws", *records, lines=[STREET])
    registry = workspace.registry
    every = ask(workspace, k=1000, where=EVERYTHING).found
    assert len(every) == 100
    for stay_s in (0.0, 600.0):
        expected = []
        for one in every:
            when = NOON + dt.timedelta(seconds=one.seconds)
            door = registry.entry_at(one.index, when)
            until = math.inf if door.until is None else (door.until - when).total_seconds()
            if door.state is OpenState.OPEN and until >= stay_s:
                expected.append(one)
        for k in (1, 7, 1000):
            found = ask(workspace, k=k, where=AT_NOON, stay_s=stay_s)
            assert found.found == expected[:k]


def test_a_registry_without_stations(tmp_path: Path) -> None:
    """Nobody is found, with a network and without."""
    assert ask(make(tmp_path / "a", lines=[STREET])).found == []
    assert ask(make(tmp_path / "b")).found == []
