"""What is around a worker: counted near by, found, unsure, and far."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from stations.around import Around, look_around
from stations.arrival import Journey
from stations.filters import StationFilter
from stations.hours import BEIJING
from stations.model import AccessBand
from stations.store import Change
from stations.workspace import Workspace
from tests.stations.samples import station

if TYPE_CHECKING:
    from pathlib import Path

NOON = dt.datetime(2026, 11, 20, 12, 0, tzinfo=BEIJING)
LON, LAT = 113.6, 34.8
METRE = 1 / 91_400
"""Degrees of longitude here."""
QR, CARD = (AccessBand("qr"),), (AccessBand("membership"),)


def at(metres: float, name: str, **properties: Any) -> Any:
    """A station so far east of the worker."""
    return station(name, lon=LON + metres * METRE, lat=LAT, **properties)


STATIONS = (
    at(100, "a-shut", opening_hours="Mo-Su 14:00-18:00", access=QR),
    at(200, "b-open", opening_hours="24/7", access=QR),
    at(300, "c-card", opening_hours="24/7", access=CARD),
    at(400, "d-silent", access=QR),
    at(500, "e-no-way-in", opening_hours="Mo-Su 08:00-18:00"),
    # By the estimate 1,300 m take 22 minutes: not near, and not far.
    at(1300, "f-walk", opening_hours="24/7", access=QR),
    at(1400, "g-walk-silent"),
    at(5000, "h-far", opening_hours="24/7", access=QR),
    at(6000, "i-far-silent"),
    at(50, "j-suspended", opening_hours="24/7", status="suspended"),
)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Stations along a line, without a network."""
    found = Workspace.create(tmp_path_factory.mktemp("around") / "town")
    found.store.apply(Change(put=STATIONS), who="test", what="test")
    return found


def look(workspace: Workspace, *, mode: Any = "walk", k: int = 20, **where: Any) -> Around:
    """Look around at noon."""
    filters = StationFilter(**{"open_at": NOON, **where})
    journey = Journey(lon=LON, lat=LAT, mode=mode, at=NOON, where=filters)
    return look_around(workspace, journey, k)


def ids(workspace: Workspace, arrivals: Any) -> str:
    """First letters of the stations of a list."""
    return "".join(workspace.registry.stations[one.index].id[0] for one in arrivals)


def test_what_is_near_is_counted_by_its_door(workspace: Workspace) -> None:
    """Each is counted once: one gets in; or nobody knows how, or when; or it is shut."""
    found = look(workspace)
    counts = (found.enterable, found.open_only, found.unknown, found.closed)
    assert counts == (2, 1, 1, 1)
    assert found.near == 5
    assert found.minutes == 15
    assert found.estimated


def test_what_passes_is_found_and_what_may_pass_is_apart(workspace: Workspace) -> None:
    """The first reached first; unknown hours never among the open, and never lost."""
    found = look(workspace)
    assert ids(workspace, found.found) == "bcef"
    assert ids(workspace, found.unsure) == "dg"
    assert ids(workspace, found.far) == "h"


def test_ways_in_decide_who_gets_in(workspace: Workspace) -> None:
    """With a way in that is asked for, a card's door is open and of no use."""
    found = look(workspace, access=frozenset({"qr"}))
    assert (found.enterable, found.open_only) == (1, 2)
    assert ids(workspace, found.found) == "bf"
    assert ids(workspace, found.unsure) == "d"


def test_filters_on_the_door_do_not_change_what_is_near(workspace: Workspace) -> None:
    """What is there is there, whatever one asks of its door; facilities do change it."""
    assert look(workspace, all_day=True).near == look(workspace).near == 5
    assert look(workspace, facilities=frozenset({"shower"})).near == 0


def test_all_day_has_nothing_unsure(workspace: Workspace) -> None:
    """What may be open now may not be open all day."""
    found = look(workspace, all_day=True)
    assert ids(workspace, found.found) == "bcf"
    assert found.unsure == ()


def test_doors_that_do_not_matter_hide_nothing(workspace: Workspace) -> None:
    """Without a moment, shut and silent ones are found like all others."""
    found = look(workspace, open_at=None)
    assert ids(workspace, found.found) == "abcdefg"
    assert found.unsure == ()
    assert ids(workspace, found.far) == ""


def test_a_door_is_seen_on_arrival(workspace: Workspace) -> None:
    """What opens while one is on the way is open."""
    early = dataclasses.replace(
        Journey(lon=LON, lat=LAT, at=NOON.replace(hour=13, minute=59)),
        where=StationFilter(open_at=NOON.replace(hour=13, minute=59)),
    )
    assert ids(workspace, look_around(workspace, early, 20).found)[0] == "a"


def test_a_list_full_of_silent_ones_does_not_hide_the_open_one(tmp_path: Path) -> None:
    """However many of unknown hours stand nearer, what is open is found."""
    town = Workspace.create(tmp_path / "town")
    silent = [at(10 + n, f"s{n:03d}") for n in range(60)]
    change = Change(put=(*silent, at(900, "open", opening_hours="24/7")))
    town.store.apply(change, who="test", what="test")
    found = look(town, k=5)
    assert ids(town, found.found) == "o"
    assert len(found.unsure) == 5
    assert found.unknown == 60


def test_by_ebike_one_is_farther_in_the_same_time(workspace: Workspace) -> None:
    """The far one is near by electric bicycle."""
    assert "h" in ids(workspace, look(workspace, mode="ebike").found)
