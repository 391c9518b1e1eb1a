from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from stations import clusters
from stations.clusters import MAX_SINGLES, STREET_ZOOM, view
from stations.entry import entry_of
from stations.filters import EVERYTHING, StationFilter
from stations.hours import BEIJING
from stations.registry import Registry
from stations.store import Snapshot
from tests.stations.samples import register, station

if TYPE_CHECKING:
    from stations.model import Station

NOW = dt.datetime(2026, 11, 20, 10, 0, tzinfo=BEIJING)
BOX = (113.45, 34.65, 113.8, 34.85)
RECORDS = register(900)
REGISTRY = Registry(Snapshot(1, None, RECORDS))


STATES = ("open", "closed", "unknown", "suspended")


def state_of(one: Station) -> str:
    """What a map says of a door: a suspended station is none of the others."""
    suspended = one.properties.status == "suspended"
    return "suspended" if suspended else entry_of(one).at(NOW).state.value


def in_box(where: StationFilter) -> list[str]:
    """Ids of the located records in the box that pass, one by one."""
    west, south, east, north = BOX
    return [
        s.id
        for s in RECORDS
        if s.position
        and west <= s.position[0] <= east
        and south <= s.position[1] <= north
        and (not where.statuses or s.properties.status in where.statuses)
    ]


@pytest.mark.parametrize("zoom", [0, 6, 10, 13, 15, 22])
def test_counts_and_states_add_up_to_the_stations_in_view(zoom: int) -> None:
    """Singles and clusters together are every station once, in each state of its door."""
    where = StationFilter(statuses=frozenset(), expired=True, bbox=BOX)
    found = view(REGISTRY, zoom=zoom, where=where, when=NOW)
    ids = in_box(where)
    assert found["numberMatched"] == len(ids) > MAX_SINGLES
    states: Counter[str] = Counter()
    total = 0
    for feature in found["features"]:
        properties = feature["properties"]
        lon, lat = feature["geometry"]["coordinates"]
        assert BOX[0] <= lon <= BOX[2]
        assert BOX[1] <= lat <= BOX[3]
        if "id" in feature:
            total += 1
            told = properties["status"] == "suspended"
            states["suspended" if told else properties["open_state"]] += 1
        else:
            assert properties["count"] > 1
            assert properties["count"] == sum(properties[s] for s in STATES)
            total += properties["count"]
            states.update({s: properties[s] for s in STATES})
    assert total == len(ids)
    by_id = {s.id: s for s in RECORDS}
    assert states == Counter(state_of(by_id[i]) for i in ids)


def test_few_stations_are_shown_one_by_one() -> None:
    """Up to the limit; one more makes clusters, and at street level many more are singles."""
    few = Registry(Snapshot(1, None, RECORDS[:MAX_SINGLES]))
    located = sum(s.position is not None for s in RECORDS[:MAX_SINGLES])
    found = view(few, zoom=3, where=EVERYTHING, when=NOW)
    assert [f["id"] for f in found["features"]] == [
        s.id for s in RECORDS[:MAX_SINGLES] if s.position
    ]
    assert found["numberMatched"] == located
    at_street = view(REGISTRY, zoom=STREET_ZOOM, where=EVERYTHING, when=NOW)
    assert all("id" in f for f in at_street["features"])
    assert any(
        "id" not in f for f in view(REGISTRY, zoom=3, where=EVERYTHING, when=NOW)["features"]
    )


def test_the_limit_itself_is_still_singles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two stations with a limit of two, and of one."""
    pair = Registry(Snapshot(1, None, [station("a"), station("b")]))
    monkeypatch.setattr(clusters, "MAX_SINGLES", 2)
    assert len(view(pair, zoom=1, where=EVERYTHING, when=NOW)["features"]) == 2
    monkeypatch.setattr(clusters, "MAX_SINGLES", 1)
    (cluster,) = view(pair, zoom=1, where=EVERYTHING, when=NOW)["features"]
    assert cluster["properties"] == {
        "count": 2,
        "open": 0,
        "closed": 0,
        "unknown": 2,
        "suspended": 0,
    }


def test_places_at_the_ends_of_the_map_do_not_break_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The poles and the antimeridian have cells, too."""
    monkeypatch.setattr(clusters, "MAX_SINGLES", 0)
    ends = [(180.0, 90.0), (-180.0, -90.0), (180.0, 0.0), (0.0, 0.0)]
    records = [station(f"e{i}", lon=lon, lat=lat) for i, (lon, lat) in enumerate(ends)]
    found = view(Registry(Snapshot(1, None, records)), zoom=20, where=EVERYTHING, when=NOW)
    assert sorted(f["id"] for f in found["features"]) == ["e0", "e1", "e2", "e3"]


def test_nothing_in_view_is_an_empty_collection() -> None:
    """An empty registry, or a box beside all stations."""
    empty = {"type": "FeatureCollection", "numberMatched": 0, "features": []}
    nowhere = StationFilter(bbox=(0.0, 0.0, 1.0, 1.0))
    assert view(Registry(Snapshot(0, None, [])), zoom=5, where=EVERYTHING, when=NOW) == empty
    assert view(REGISTRY, zoom=5, where=nowhere, when=NOW) == empty


def test_a_single_tells_its_door() -> None:
    """State, next change in Beijing time, kind and status; nothing private."""
    one = station("a", name="甲", opening_hours="09:00-17:00", manager="张三")
    (feature,) = view(Registry(Snapshot(1, None, [one])), zoom=5, where=EVERYTHING, when=NOW)[
        "features"
    ]
    assert feature == {
        "type": "Feature",
        "id": "a",
        "geometry": {"type": "Point", "coordinates": [113.6, 34.8]},
        "properties": {
            "name": "甲",
            "kind": "rest_station",
            "status": "open",
            "open_state": "open",
            "open_until": "2026-11-20T17:00:00+08:00",
        },
    }


def test_the_day_of_a_typical_hour_decides_no_dates() -> None:
    """A station that is valid from today on is shown at an hour of a holiday months ago."""
    one = station("new", valid_from=NOW.date(), opening_hours="08:00-20:00")
    registry = Registry(Snapshot(1, None, [one]))
    holiday = dt.datetime(2026, 10, 7, 14, 0, tzinfo=BEIJING)
    where = StationFilter()
    assert view(registry, zoom=10, where=where, when=holiday)["numberMatched"] == 0
    (feature,) = view(registry, zoom=10, where=where, when=holiday, today=NOW)["features"]
    assert feature["properties"]["open_state"] == "open"
