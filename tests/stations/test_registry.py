"""The registry against brute force, and what it says of a door."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
from typing import TYPE_CHECKING

import numpy as np
import pyproj
import pytest

from stations.entry import entry_of
from stations.errors import UnknownStationError
from stations.filters import EVERYTHING, USABLE, StationFilter
from stations.hours import BEIJING, OpenState
from stations.model import AccessBand
from stations.registry import Registry
from stations.store import Snapshot
from stations.vocabulary import ACCESS_CODES, FACILITY_CODES, KIND_CODES, SERVES_CODES
from tests.stations.samples import register, station

if TYPE_CHECKING:
    from stations.model import Station

GEOD = pyproj.Geod(ellps="WGS84")
TODAY = dt.datetime(2026, 11, 20, 10, 0, tzinfo=BEIJING)


def registry_of(*stations: Station) -> Registry:
    """A registry of these stations."""
    ordered = sorted(stations, key=lambda s: s.id)
    return Registry(Snapshot(1, None, ordered))


def passes(  # noqa: PLR0911  one return a filter reads best
    one: Station, where: StationFilter, at: dt.datetime
) -> bool:
    """The filter in plain words, one station at a time."""
    p = one.properties
    day = at.date()
    if where.statuses and p.status not in where.statuses:
        return False
    if not where.expired and not (
        (p.valid_from is None or p.valid_from <= day) and (p.valid_to is None or day <= p.valid_to)
    ):
        return False
    if where.kinds and not where.kinds & {p.kind, *p.services}:
        return False
    if not all(p.facilities.get(f) is True for f in where.facilities):
        return False
    if where.serves and not (where.serves | {"all"}) & set(p.serves):
        return False
    modes = {band.mode for band in p.access}
    if where.open_at is not None:
        now = entry_of(one).at(where.open_at)
        allowed = {OpenState.OPEN} | ({OpenState.UNKNOWN} if where.unknown_hours else set())
        if now.state not in allowed:
            return False
        modes = set(now.modes)
    return not where.access or bool(where.access & modes)


def random_filter(rng: random.Random) -> StationFilter:
    """Any mix of filters."""
    when = TODAY + dt.timedelta(minutes=30 * rng.randrange(0, 700))
    return StationFilter(
        kinds=frozenset(rng.sample(KIND_CODES, rng.choice((0, 0, 1, 3)))),
        facilities=frozenset(rng.sample(FACILITY_CODES, rng.choice((0, 0, 1, 2)))),
        access=frozenset(rng.sample(ACCESS_CODES, rng.choice((0, 0, 1, 3)))),
        serves=frozenset(rng.sample(SERVES_CODES, rng.choice((0, 0, 0, 1)))),
        statuses=frozenset({"open"}) if rng.random() < 0.7 else frozenset(),
        open_at=when if rng.random() < 0.5 else None,
        unknown_hours=rng.random() < 0.5,
        expired=rng.random() < 0.3,
    )


@pytest.mark.slow
def test_nearest_equals_brute_force_on_ten_thousand_queries_with_filters() -> None:
    """Filters act before the k nearest are chosen, and the distances are geodesic to 1 mm."""
    records = register(400)
    registry = registry_of(*records)
    rng = random.Random(11)
    lon = np.array([s.position[0] if s.position else np.nan for s in records])
    lat = np.array([s.position[1] if s.position else np.nan for s in records])
    asked = answered = 0
    for _ in range(500):
        where = random_filter(rng)
        at = where.open_at or TODAY
        allowed = np.array([passes(s, where, at) for s in records]) & ~np.isnan(lon)
        for _ in range(20):
            x, y = 113.2 + rng.random(), 34.4 + rng.random() * 0.7
            k = rng.choice((1, 3, 5, 20))
            limit = rng.choice((float("inf"), 5000.0, 20_000.0))
            away = GEOD.inv(np.full(len(lon), x), np.full(len(lon), y), lon, lat)[2]
            away[~allowed] = np.inf
            expected = np.sort(away[away <= limit])[:k]
            found = registry.nearest(x, y, k=k, max_distance_m=limit, where=where, at=at)
            assert len(found) == np.isfinite(expected).sum()
            assert [f.distance_m for f in found] == pytest.approx(
                expected[np.isfinite(expected)], abs=1e-3
            )
            for one in found:
                assert allowed[one.index]
                assert away[one.index] == pytest.approx(one.distance_m, abs=1e-3)
            asked += 1
            answered += bool(found)
    assert asked == 10_000
    assert answered > 3000


def test_select_keeps_the_order_of_ids_and_every_filter() -> None:
    """The same filters hold for lists, and EVERYTHING is every record."""
    records = register(300)
    registry = registry_of(*records)
    rng = random.Random(5)
    for _ in range(100):
        where = random_filter(rng)
        at = where.open_at or TODAY
        expected = [i for i, s in enumerate(records) if passes(s, where, at)]
        assert registry.select(where, at).tolist() == expected
    assert len(registry.select(EVERYTHING)) == 300


@pytest.mark.parametrize(
    ("adcode", "ids"),
    [("410108", ["a"]), ("410100", ["a", "b"]), ("410000", ["a", "b", "c"]), ("110101", [])],
)
def test_adcode_takes_county_city_or_province(adcode: str, ids: list[str]) -> None:
    """A code that ends in zeros stands for all counties below it."""
    registry = registry_of(
        station("a", adcode="410108"),
        station("b", adcode="410102"),
        station("c", adcode="411023"),
        station("d"),
    )
    found = registry.select(StationFilter(adcode=adcode))
    assert [registry.stations[i].id for i in found] == ids


def test_box_may_cross_the_antimeridian() -> None:
    """West east of east means the box across 180 degrees."""
    registry = registry_of(
        station("e", lon=179.5, lat=0.0), station("m", lon=0.0, lat=0.0), station("w", lon=-179.5)
    )
    found = registry.select(StationFilter(bbox=(179.0, -90.0, -179.0, 90.0)))
    assert [registry.stations[i].id for i in found] == ["e", "w"]


def test_text_is_looked_for_in_name_and_address() -> None:
    """A piece of either, in any case."""
    registry = registry_of(
        station("a", name="人民桥驿站"),
        station("b", address="人民路 1 号"),
        station("c", name="ABC"),
    )
    assert registry.select(StationFilter(text="人民")).tolist() == [0, 1]
    assert registry.select(StationFilter(text="abc")).tolist() == [2]


def test_unknown_hours_are_neither_open_nor_closed() -> None:
    """They pass `open_at` only when asked for."""
    registry = registry_of(station("a"), station("b", opening_hours="24/7"))
    where = StationFilter(open_at=TODAY)
    assert registry.select(where).tolist() == [1]
    assert registry.select(dataclasses.replace(where, unknown_hours=True)).tolist() == [0, 1]
    assert registry.entry_at(0, TODAY).state is OpenState.UNKNOWN


def test_all_day_is_day_and_night_without_end() -> None:
    """By its hours or by bands that follow each other; unknown hours and workdays only are not."""
    bands = (AccessBand("staffed", "08:00-22:00"), AccessBand("qr", "22:00-08:00"))
    registry = registry_of(
        station("a"),
        station("b", opening_hours="24/7"),
        station("c", opening_hours="Mo-Fr 00:00-24:00"),
        station("d", access=bands),
        station("e", opening_hours="Mo-Su 00:00-24:00", access=(AccessBand("membership"),)),
    )
    assert registry.select(StationFilter(all_day=True)).tolist() == [1, 3, 4]
    by_card = StationFilter(all_day=True, access=frozenset({"membership"}))
    assert registry.select(by_card).tolist() == [4]


def test_staffed_by_day_and_qr_by_night() -> None:
    """Bands that follow each other keep a station open; the way in changes."""
    bands = (AccessBand("staffed", "08:00-22:00"), AccessBand("qr", "22:00-08:00"))
    registry = registry_of(station("a", access=bands))
    day, night = TODAY, TODAY.replace(hour=23)
    assert registry.entry_at(0, day) == (OpenState.OPEN, None, ("staffed",))
    assert registry.entry_at(0, night) == (OpenState.OPEN, None, ("qr",))
    at_night = StationFilter(open_at=night, access=frozenset({"staffed"}))
    assert registry.select(at_night).tolist() == []


def test_next_change_is_the_end_of_the_last_band() -> None:
    """Two bands that meet are one opening."""
    bands = (AccessBand("staffed", "08:00-18:00"), AccessBand("qr", "18:00-22:00"))
    registry = registry_of(station("a", access=bands))
    state, until, modes = registry.entry_at(0, TODAY)
    assert (state, modes) == (OpenState.OPEN, ("staffed",))
    assert until == TODAY.replace(hour=22)
    closed = registry.entry_at(0, TODAY.replace(hour=23))
    assert closed.until == TODAY.replace(hour=8) + dt.timedelta(days=1)
    assert closed.modes == ()


def test_one_band_without_hours_leaves_the_hours_unknown() -> None:
    """A way in says nothing of when."""
    registry = registry_of(station("a", access=(AccessBand("qr"),)))
    assert registry.entry_at(0, TODAY) == (OpenState.UNKNOWN, None, ("qr",))


def test_public_parts_hold_no_private_field() -> None:
    """What is spliced into every answer has been stripped once."""
    registry = registry_of(station("a", manager="李四", manager_phone="13911112222"))
    line = b"".join(registry.public_parts(0)).decode()
    assert "李四" not in line
    assert "13911112222" not in line
    assert '"name":"a"' in line


def test_unknown_and_removed_stations_are_told_apart() -> None:
    """A caller with an old id learns that it is gone."""
    registry = Registry(Snapshot(3, None, [station("a")], frozenset({"old"})))
    assert registry.get("a").id == "a"
    with pytest.raises(UnknownStationError, match="removed"):
        registry.get("old")
    with pytest.raises(UnknownStationError, match="does not exist"):
        registry.get("x")


def test_an_empty_registry_answers() -> None:
    """No stations yet is a state like any other."""
    registry = registry_of()
    assert registry.nearest(113.0, 34.0) == []
    assert registry.select(USABLE).tolist() == []
    assert len(registry.sites(USABLE)) == 0
