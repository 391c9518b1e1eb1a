from __future__ import annotations

import datetime as dt
import functools
from typing import TYPE_CHECKING

import numpy as np
import pyproj
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geodata.demand import HOURS, Demand
from stations.coverage import measure
from stations.doors import Need, doors_at, doors_through_week
from stations.entry import entry_of
from stations.filters import StationFilter
from stations.hours import BEIJING, OpenState
from stations.hours.typical import Hour, hour_of, typical_days
from stations.model import AccessBand, Station
from stations.reach import Reach
from stations.registry import Registry
from stations.store import Snapshot
from stations.week import BANDS, DESERTS, StationWeek, measure_week
from tests.geodata.squares import LAT0, LON0, halves
from tests.stations.samples import station

if TYPE_CHECKING:
    from stations.workspace import Workspace

GEOD = pyproj.Geod(ellps="WGS84")
AT = dt.datetime(2026, 11, 20, 10, 0, tzinfo=BEIJING)
HOURS_TEXTS = (
    None,
    "24/7",
    "22:00-06:00",
    "Mo-Fr 08:30-17:30; PH off",
    "Mo-Fr 08:00-18:00; Sa,Su 09:00-12:00",
    "Fr 20:00-26:00; PH 10:00-15:00",
    "Sa 22:00-04:00; PH off",
    "PH 00:00-24:00; Mo-Su 06:00-22:00",
    "Mo-Fr 08:00-12:00; Sa unknown",
)
BANDS_OF_ACCESS = (
    (),
    (AccessBand("staffed"),),
    (AccessBand("staffed", "08:00-22:00"), AccessBand("qr", "22:00-08:00")),
    (AccessBand("qr", "Mo-Fr 06:00-20:00; PH off"), AccessBand("app")),
)


@st.composite
def towns(draw: st.DrawFn) -> tuple[Registry, Demand, Need]:
    """Stations with all kinds of hours, workers of three groups, and something that is needed."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    records = [
        station(
            f"s-{number}",
            lon=LON0 + float(rng.uniform(-0.03, 0.03)),
            lat=LAT0 + float(rng.uniform(-0.03, 0.03)),
            status=str(rng.choice(["open", "open", "open", "suspended"])),
            opening_hours=HOURS_TEXTS[rng.integers(len(HOURS_TEXTS))],
            access=BANDS_OF_ACCESS[rng.integers(len(BANDS_OF_ACCESS))],
            serves=((), ("rider",), ("all",), ("courier", "sanitation"))[rng.integers(4)],
            facilities=({}, {"microwave": True}, {"microwave": False})[rng.integers(3)],
        )
        for number in range(draw(st.integers(0, 7)))
    ]
    n = draw(st.integers(1, 8))
    demand = Demand(
        LON0 + rng.uniform(-0.03, 0.03, n),
        LAT0 + rng.uniform(-0.03, 0.03, n),
        rng.integers(0, 20, (n, 3)).astype(float),
        ("courier", "rider", "resident"),
        rng.random((3, 168)).round(2),
        holiday=rng.random((3, 24)).round(2),
    )
    need = Need(
        facilities=frozenset({"microwave"}) if draw(st.booleans()) else frozenset(),
        access=frozenset(draw(st.sets(st.sampled_from(["qr", "staffed", "app"]), max_size=2))),
    )
    return Registry(Snapshot(1, None, records)), demand, need


def lets_in(one: Station, group: str, moment: dt.datetime, need: Need) -> tuple[bool, bool]:
    """Whether one station certainly, and perhaps, lets a group in: asked of its record in words."""
    p = one.properties
    if p.serves and "all" not in p.serves and group not in p.serves and group != "resident":
        return False, False
    door = entry_of(one).at(moment)
    sure, maybe = door.state is OpenState.OPEN, door.state is not OpenState.CLOSED
    for facility in need.facilities:
        sure &= p.facilities.get(facility) is True
        maybe &= p.facilities.get(facility) is not False
    if need.access:
        ways = [band for band in p.access if band.mode in need.access]
        holds = [band.hours is None or _open(band.hours, moment) for band in ways]
        sure &= any(holds)
        maybe &= any(holds) or not p.access
    return sure, maybe


@functools.cache
def _open(text: str, moment: dt.datetime) -> bool:
    return entry_of(station("x", opening_hours=text)).at(moment).state is OpenState.OPEN


def brute_force(
    registry: Registry, demand: Demand, need: Need, hour: Hour, radius_m: float
) -> tuple[float, float, float, float]:
    """Those at work in one hour, and who of them reaches one and two open stations, and one maybe.

    Each point against each station, by geodesic: the plain way.
    """
    active = one = two = maybe = 0.0
    for i in range(len(demand)):
        around = [
            s for s in registry.stations
            if s.properties.status == "open"
            and GEOD.inv(demand.lon[i], demand.lat[i], *s.position)[2] <= radius_m
        ]  # fmt: skip
        for j, group in enumerate(demand.groups):
            share = (
                demand.holiday[j, hour.number - 168]
                if hour.number >= 168
                else demand.profile[j, hour.number]
            )
            workers = demand.weights[i, j] * share
            doors = [lets_in(s, group, hour.moment, need) for s in around]
            active += workers
            one += workers * any(sure for sure, _ in doors)
            two += workers * (sum(sure for sure, _ in doors) >= 2)
            maybe += workers * any(perhaps for _, perhaps in doors)
    return active, one, two, maybe


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(towns())
def test_every_hour_is_what_brute_force_finds(town: tuple[Registry, Demand, Need]) -> None:
    """All 192 hours, nights over midnight and the holiday too, one and two stations, both ends."""
    registry, demand, need = town
    found = measure_week(registry, demand, halves(), reach=Reach("line", 1500), at=AT, need=need)
    shares = found.shares()
    for number in range(HOURS):
        expected = brute_force(registry, demand, need, found.days.hour(number), 1500)
        got = [c[number] for c in (shares.active, shares.open, shares.open_twice, shares.perhaps)]
        np.testing.assert_allclose(got, expected, atol=1e-6, err_msg=f"hour {number}")


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(towns(), st.integers(0, HOURS - 1))
def test_one_hour_is_that_hour_of_the_week(
    town: tuple[Registry, Demand, Need], number: int
) -> None:
    """Coverage asked for an hour, by nearest stations and not by bits, is that of the week."""
    registry, demand, need = town
    week = measure_week(registry, demand, halves(), reach=Reach("line", 1500), at=AT, need=need)
    hour = week.days.hour(number)
    at_hour = Need(hour=hour, facilities=need.facilities, access=need.access)
    found = measure(registry, demand, halves(), reach=Reach("line", 1500), at=AT, need=at_hour)
    assert found.open is not None
    shares = week.shares()
    np.testing.assert_allclose(
        [found.effective.total, found.nominal.covered, found.effective.covered,
         found.open.certain.covered, found.open.possible.covered],
        [c[number] for c in (shares.active, shares.nominal, shares.effective,
                             shares.open, shares.perhaps)],
        atol=1e-6,
    )  # fmt: skip
    for j, share in enumerate(found.open.certain.by_group):
        assert share.covered == pytest.approx(week.shares(group=j).open[number], abs=1e-6)
    for (area, _), share in zip(week.areas, found.open.certain.by_district, strict=True):
        assert share.covered == pytest.approx(week.shares(area=area).open[number], abs=1e-6)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The demo city."""
    from stations.demo import workspace as demo_workspace

    return demo_workspace.make(tmp_path_factory.mktemp("demo") / "ws", seed=20)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["line", "walk"])
def test_the_demo_city_is_what_a_loop_over_its_hours_finds(demo: Workspace, mode: str) -> None:
    """By the registry's own filter of open stations, hour by hour, for each group by itself."""
    registry, demand = demo.registry, demo.demand
    reach = demo.reach(mode)
    week = measure_week(registry, demand, demo.districts, reach=reach, at=AT)
    shares = [week.shares(group=j) for j in range(len(demand.groups))]
    for number in (*range(0, HOURS, 5), 167, 168, 191):
        hour = week.days.hour(number)
        active = demand.in_hour(number)
        for j in range(len(demand.groups)):
            for unknown, column in ((False, shares[j].open), (True, shares[j].perhaps)):
                where = StationFilter(open_at=hour.moment, unknown_hours=unknown)
                places = registry.located_index(where, AT)[1]
                serves = [registry.stations[i].properties.serves for i in places]
                ours = [not s or not {"all", demand.groups[j]}.isdisjoint(s) for s in serves]
                places = places[np.array(ours, bool)]
                cost = reach.model.nearest(demand.lon, demand.lat, *registry.positions(places))
                expected = active.weights[cost <= reach.limit, j].sum()
                assert column[number] == pytest.approx(expected, abs=1e-6)


def week_of(*records: Station, **options: object) -> StationWeek:
    """The week of ten riders who work at all hours beside some stations."""
    demand = Demand.of_points([LON0], [LAT0], [10.0], group="rider")
    registry = Registry(Snapshot(1, None, list(records)))
    return measure_week(registry, demand, halves(), reach=Reach("line", 500), at=AT, **options)


def test_unknown_hours_are_a_band_of_their_own() -> None:
    """A record without hours makes every hour a range, from nobody to all."""
    shares = week_of(station("a", lon=LON0, lat=LAT0)).shares()
    assert not shares.open.any()
    assert (shares.perhaps == 10).all()
    assert (shares.effective == 10).all()


def test_a_band_over_midnight_ends_in_the_morning() -> None:
    """22:00-06:00 is open at 05:00 and shut at 06:00, on the holiday too."""
    shares = week_of(station("a", lon=LON0, lat=LAT0, opening_hours="22:00-06:00")).shares()
    day = [h in {22, 23, *range(6)} for h in range(24)]
    assert (shares.open > 0).tolist() == day * 8


def test_a_holiday_is_apart_from_the_week() -> None:
    """`PH off` shuts the holiday and no hour of the week, which has none."""
    found = week_of(station("a", lon=LON0, lat=LAT0, opening_hours="Mo-Su 08:00-20:00; PH off"))
    assert found.shares().open[:168].sum() == 7 * 12 * 10
    assert not found.shares().open[168:].any()
    assert found.days.holiday == dt.date(2026, 10, 7)


def test_the_need_may_be_known_unknown_or_lacking() -> None:
    """A microwave on record counts; no word on it may count; a known lack never does."""
    need = Need(facilities=frozenset({"microwave"}))
    for facilities, ends in (
        ({"microwave": True}, (10, 10)),
        ({}, (0, 10)),
        ({"microwave": False}, (0, 0)),
    ):
        one = station("a", lon=LON0, lat=LAT0, opening_hours="24/7", facilities=facilities)
        shares = week_of(one, need=need).shares()
        assert (shares.open[9], shares.perhaps[9]) == ends


def test_a_station_for_others_covers_nobody_here() -> None:
    """Riders are not let in where couriers only are served; where nobody is named, all are."""
    one = station("a", lon=LON0, lat=LAT0, opening_hours="24/7", serves=("courier",))
    assert not week_of(one).shares().perhaps.any()
    anybody = station("a", lon=LON0, lat=LAT0, opening_hours="24/7")
    assert (week_of(anybody).shares().open == 10).all()


def test_deserts_are_named_where_nothing_is_open_for_most_of_a_band() -> None:
    """Open until one, a station leaves four of seven hours of the night; open until two, three."""
    for until, without in (("01:00", 10), ("02:00", 0)):
        one = station("a", lon=LON0, lat=LAT0, opening_hours=f"08:00-{until}")
        deserts = {d.band.code: d for d in week_of(one).deserts}
        assert set(deserts) == set(DESERTS)
        night = deserts["night"]
        assert (night.workers, night.without, night.surely_without) == (10, without, without)
        assert [zone.workers for zone in night.zones] == ([10] if without else [])
        assert deserts["weekend"].without == 0
        assert deserts["early"].without == 10  # from five to eight


def test_a_desert_is_a_range_where_hours_are_unknown() -> None:
    """Nobody knows of an open door, and perhaps there is one."""
    night = week_of(station("a", lon=LON0, lat=LAT0)).deserts[0]
    assert (night.without, night.surely_without, night.surely) == (10, 0, (0.0,))


def test_bands_divide_the_week() -> None:
    """Each of the 168 hours is in one band, and the holiday in the last."""
    hours = sorted(h for band in BANDS for h in band.hours)
    assert hours == list(range(HOURS))


def test_loads_follow_the_open_doors() -> None:
    """All ten go to the nearer one while it is open, then to the other."""
    near = station("a", lon=LON0, lat=LAT0, opening_hours="08:00-20:00")
    far = station("b", lon=LON0 + 0.003, lat=LAT0, opening_hours="24/7")
    load = week_of(near, far).load
    assert load[:, 9].tolist() == [10, 0]
    assert load[:, 21].tolist() == [0, 10]


@pytest.mark.parametrize(
    ("day", "monday"),
    [
        ("2026-11-30", "2026-11-30"),
        ("2026-10-01", "2026-10-12"),  # National Day; before it Mid-Autumn, and a make-up Sunday
        ("2026-02-17", "2026-02-02"),  # Spring Festival
    ],
)
def test_the_typical_week_has_no_holiday(day: str, monday: str) -> None:
    """The nearest week without holiday or make-up workday, its eve included."""
    assert typical_days(dt.date.fromisoformat(day)).monday.isoformat() == monday


def test_the_typical_holiday_is_a_weekday_within_a_break() -> None:
    """So that its eve is a holiday too, and an office would be open but for it."""
    for month in range(1, 13):
        holiday = typical_days(dt.date(2026, month, 10)).holiday
        assert holiday is not None
        assert holiday.weekday() < 5


@pytest.mark.parametrize(
    ("moment", "number"),
    [
        ("2026-11-30T00:00", 0),
        ("2026-12-06T23:59", 167),
        ("2026-10-01T08:30", 176),  # National Day
        ("2026-10-10T08:00", 104),  # a Saturday that is worked for a swapped day: a Friday
    ],
)
def test_a_moment_is_an_hour_of_those_at_work(moment: str, number: int) -> None:
    """Holidays are apart, and a make-up workday is worked like a Friday."""
    when = dt.datetime.fromisoformat(moment).replace(tzinfo=BEIJING)
    assert hour_of(when).number == number
    assert hour_of(when.astimezone(dt.UTC)).number == number


def test_doors_at_a_moment_are_those_of_the_week() -> None:
    """One moment, asked alone, is the bit of its hour."""
    records = [
        station(f"s-{i}", opening_hours=text, access=bands)
        for i, (text, bands) in enumerate((t, b) for t in HOURS_TEXTS for b in BANDS_OF_ACCESS)
    ]
    days = typical_days(AT.date())
    need = Need(access=frozenset({"qr"}))
    doors = doors_through_week(records, ("rider",), days, need)
    for number in range(HOURS):
        at_hour = Need(hour=days.hour(number), access=need.access)
        certain, possible, _ = doors_at(records, ("rider",), at_hour)
        word, bit = divmod(number, 64)
        assert (certain[0] == (doors.certain[0, :, word] >> np.uint64(bit) & np.uint64(1))).all()
        assert (possible[0] == (doors.possible[0, :, word] >> np.uint64(bit) & np.uint64(1))).all()
