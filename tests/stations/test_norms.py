from __future__ import annotations

import datetime as dt
import random
import re
from typing import TYPE_CHECKING, Any

import msgspec
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stations.model import AccessBand
from stations.norm_checks import check_of, on_site, rule_of
from stations.norms import Facts, Item, Norm, applies, assess, facts_of, judge, read_norms
from stations.vocabulary import FACILITY_CODES, KIND_CODES
from tests.stations.norm_samples import TODAY, WITH, WITHOUT, facilities, facts
from tests.stations.samples import register, station

if TYPE_CHECKING:
    from stations.model import Station

GEOD = pyproj.Geod(ellps="WGS84")
DEFAULTS = {norm.code: norm for norm in read_norms(None)}
ITEMS = [(norm, item) for norm in DEFAULTS.values() for item in norm.items]


# ----------------------------------------------------------------------------- the default norms

FOUR = ("drinking_water", "seating", "microwave", "first_aid")
SIX = (*FOUR, "charging", "fan")
NO_CLIMATE = facilities(air_conditioning=False, heating=False, fan=False)
QR = {"access": (AccessBand("qr"),), "opening_hours": "24/7"}
APP = {"access": (AccessBand("app"), AccessBand("membership")), "opening_hours": "24/7"}
RECENT = {"verified_on": dt.date(2026, 1, 1)}
ON_PAPER: dict[str, object] = {"manager": "张三"}

# What meets an item and what fails it, by hand from the wording of the field; None where the
# register alone can never say so.
BY_HAND: dict[tuple[str, str], tuple[dict[str, Any] | None, dict[str, Any] | None]] = {
    ("six", "sign"): (None, None),
    ("six", "place"): ({"area_m2": 5.0}, None),
    ("six", "facilities"): (facilities(*FOUR), facilities(*FOUR[1:], drinking_water=False)),
    ("six", "functions"): (facilities(*SIX), {**NO_CLIMATE}),
    ("six", "charge"): (ON_PAPER, None),
    ("six", "map"): ({"trusted": True}, {"trusted": False}),
    ("seven", "room"): ({"area_m2": 5.0}, {"area_m2": 4.9}),
    ("seven", "furniture"): (WITH["seating"], WITHOUT["seating"]),
    ("seven", "microwave"): (WITH["microwave"], WITHOUT["microwave"]),
    ("seven", "water"): (WITH["drinking_water"], WITHOUT["drinking_water"]),
    ("seven", "climate"): (WITH["heating"], NO_CLIMATE),
    ("seven", "medicine"): (WITH["first_aid"], WITHOUT["first_aid"]),
    ("seven", "fridge_or_toilet"): (
        facilities("toilet", fridge=False),
        facilities(fridge=False, toilet=False),
    ),
    ("eight", "sign"): (None, None),
    ("eight", "seats"): (WITH["seating"], WITHOUT["seating"]),
    ("eight", "water"): (WITH["drinking_water"], WITHOUT["drinking_water"]),
    ("eight", "meals"): (WITH["microwave"], WITHOUT["microwave"]),
    ("eight", "charging"): (
        WITH["ebike_charging"],
        facilities(charging=False, ebike_charging=False),
    ),
    ("eight", "climate"): (WITH["air_conditioning"], NO_CLIMATE),
    ("eight", "medicine"): (WITH["first_aid"], WITHOUT["first_aid"]),
    ("eight", "charge"): (ON_PAPER, None),
    ("double15", "radius"): ({"nearest_m": 2000.0}, {"nearest_m": 2000.1}),
    ("double15", "seen"): (None, None),
    ("double15", "found"): ({"trusted": True, "address": "江山路"}, {"trusted": False}),
    ("double15", "entered"): (QR, APP),
    ("double15", "used"): (
        facilities("drinking_water", "seating") | RECENT,
        {"verified_on": dt.date(2025, 11, 19)},
    ),
    ("shandong", "spacing"): ({"nearest_m": 1000.0}, {"nearest_m": 1000.1}),
    ("shandong", "street_level"): (None, None),
    ("shandong", "area"): ({"area_m2": 12.0}, {"area_m2": 11.9}),
    ("shandong", "tables"): (WITH["seating"], WITHOUT["seating"]),
    ("shandong", "water"): (WITH["drinking_water"], WITHOUT["drinking_water"]),
    ("shandong", "microwave"): (WITH["microwave"], WITHOUT["microwave"]),
    ("shandong", "medicine"): (WITH["first_aid"], WITHOUT["first_aid"]),
    ("shandong", "climate"): (WITH["fan"], facilities(fan=False, air_conditioning=False)),
    ("nursing", "area"): ({"area_m2": 10.0, "kind": "nursing_room"}, {"area_m2": 9.9}),
    ("nursing", "nursing"): (WITH["nursing"], WITHOUT["nursing"]),
    ("nursing", "seats"): (WITH["seating"], WITHOUT["seating"]),
    ("nursing", "water"): (WITH["drinking_water"], WITHOUT["drinking_water"]),
    ("nursing", "map"): ({"trusted": True}, {"trusted": False}),
}


def test_every_default_item_has_an_answer_by_hand() -> None:
    """And no answer is of an item that has gone."""
    assert set(BY_HAND) == {(norm.code, item.code) for norm, item in ITEMS}


@pytest.mark.parametrize(("norm", "item"), ITEMS, ids=lambda part: part.code)
def test_the_default_items_judge_as_the_field_does(norm: Norm, item: Item) -> None:
    """Both ways; and of a record that says nothing, unknown."""
    met, failed = BY_HAND[norm.code, item.code]
    rule = rule_of(item.check)
    if met is not None:
        assert rule(facts(**met)) == "met"
    if failed is not None:
        assert rule(facts(**failed)) == "failed"
    assert rule(facts()) == "unknown"


def test_heat_and_cold_count_as_failed_only_if_nothing_helps() -> None:
    """One of three is not there: the others may be."""
    assert judge(DEFAULTS["seven"], facts(**WITHOUT["fan"]))[4] == "unknown"
    assert judge(DEFAULTS["shandong"], facts(**WITH["heating"]))[7] == "unknown"


def test_a_nursing_room_within_a_station_has_to_be_measured() -> None:
    """The area on record is the whole station's: too small for both, or large enough for one."""
    nursing = DEFAULTS["nursing"]
    part = {"services": ("nursing_room",)}
    assert applies(nursing, station(kind="nursing_room"))
    assert applies(nursing, station(**part))
    assert not applies(nursing, station())
    assert judge(nursing, facts(area_m2=30.0, **part))[0] == "unknown"
    assert judge(nursing, facts(area_m2=9.0, **part))[0] == "failed"


def test_default_norms_are_worded_in_both_languages() -> None:
    """With where they come from; what is to be looked at on the spot says what to look for."""
    assert list(DEFAULTS) == ["six", "seven", "eight", "double15", "shandong", "nursing"]
    assert [len(norm.items) for norm in DEFAULTS.values()][:3] == [6, 7, 8]
    for norm in DEFAULTS.values():
        assert norm.source_zh
        assert norm.source_en
        for part in (norm, *norm.items):
            assert re.search(r"[\u4e00-\u9fff]", part.zh)
            assert part.en.isascii()
    for _, item in ITEMS:
        if on_site(item.check):
            assert item.note_zh
            assert item.note_en.isascii()


KNOWLEDGE = {
    **dict.fromkeys(("area_m2", "capacity", "manager", "host", "address", "opening_hours")),
    "access": (),
    "services": (),
    "verified_on": None,
    "star": None,
}


@given(st.integers(0, 400), st.sampled_from([*KNOWLEDGE, *FACILITY_CODES]), st.booleans())
def test_to_forget_something_decides_nothing(number: int, what: str, placed: bool) -> None:
    """Less knowledge can make an item unknown; it never fails or meets what it did not before."""
    before = rich()[number % len(rich())]
    p = before.station.properties
    if what in KNOWLEDGE:
        less = msgspec.structs.replace(p, **{what: KNOWLEDGE[what]})
    else:
        left = {code: there for code, there in p.facilities.items() if code != what}
        less = msgspec.structs.replace(p, facilities=left)
    after = before._replace(station=msgspec.structs.replace(before.station, properties=less))
    if not placed:
        after = after._replace(position_trusted=None, nearest_m=None)
    for norm in DEFAULTS.values():
        for old, new in zip(judge(norm, before), judge(norm, after), strict=True):
            assert new in {old, "unknown"}


def rich(n: int = 80) -> list[Facts]:
    """Facts of records of which much is known."""
    rng = random.Random(3)
    return [
        Facts(
            station(
                f"k-{i}",
                kind=rng.choice(KIND_CODES),
                services=(rng.choice(KIND_CODES),),
                area_m2=rng.uniform(2, 20),
                capacity=rng.randint(1, 9),
                star=rng.randint(1, 5),
                manager="张三",
                host="邮局",
                address="江山路",
                opening_hours="24/7",
                access=(AccessBand(rng.choice(("qr", "app"))),),
                verified_on=TODAY - dt.timedelta(days=rng.randint(0, 700)),
                facilities={code: rng.random() < 0.8 for code in FACILITY_CODES},
            ),
            rng.random() < 0.8,
            rng.uniform(0, 3000),
            TODAY,
        )
        for i in range(n)
    ]


# ------------------------------------------------------------------------------- what is counted


def norm_of(*checks: dict[str, Any], **options: Any) -> Norm:
    """A norm of some checks; its items are a, b, c ..."""
    items = [Item(x, x, x, check_of(c)) for x, c in zip("abcdefghij", checks, strict=False)]
    return Norm("n", "标准", "Norm", tuple(items), **options)


def test_an_inspection_by_hand() -> None:
    """Two of three stations are meant; one lacks water, one waits for a look at its sign."""
    norm = norm_of(
        {"facility": "drinking_water"},
        {"on_site": True},
        kinds=("rider_home",),
        source_zh="来源",
        source_en="Source",
    )
    records = [
        station("c", name="丙", kind="rider_home", **WITH["drinking_water"]),
        station("b", name="乙", services=("rider_home",), **WITHOUT["drinking_water"]),
        station("d", name="丁", kind="rider_home"),
        station("a", name="甲"),
    ]
    (found,) = assess([norm], facts_of(records, untrusted=(), today=TODAY))
    assert (found.code, found.zh, found.en) == ("n", "标准", "Norm")
    assert (found.source_zh, found.source_en) == ("来源", "Source")
    assert (found.stations, found.passing, found.failing, found.open) == (3, 0, 1, 2)
    assert found.to_visit == 1
    assert [(i.code, i.met, i.failed, i.unknown, i.on_site) for i in found.items] == [
        ("a", 1, 1, 1, False),
        ("b", 0, 0, 3, True),
    ]
    assert [(r.id, r.name, r.failed, r.unknown) for r in found.records] == [
        ("b", "乙", ("a",), ("b",)),
        ("c", "丙", (), ("b",)),
        ("d", "丁", (), ("a", "b")),
    ]


def test_a_visit_settles_only_what_is_looked_at_on_the_spot() -> None:
    """Not an area that nobody has written down, though a visit is part of that item."""
    item = {"all": [{"min_area_m2": 10}, {"on_site": True}]}
    records = [station("a", area_m2=12.0), station("b"), station("c", area_m2=3.0)]
    (found,) = assess([norm_of(item)], facts_of(records, untrusted=(), today=TODAY))
    assert (found.failing, found.open, found.to_visit) == (1, 2, 1)


def test_figures_agree_with_judging_one_by_one() -> None:
    """On a varied register, in whatever order it comes."""
    records = register(400)
    gathered = facts_of(records, untrusted={"r-000003"}, today=TODAY)
    results = assess(list(DEFAULTS.values()), gathered)
    assert results == assess(list(DEFAULTS.values()), gathered[::-1])
    for norm, found in zip(DEFAULTS.values(), results, strict=True):
        meant = [one for one in gathered if applies(norm, one.station)]
        judged = {one.station.id: judge(norm, one) for one in meant}
        failing = [i for i, v in judged.items() if "failed" in v]
        passing = [i for i, v in judged.items() if set(v) == {"met"}]
        assert found.stations == len(meant) == found.passing + found.failing + found.open
        assert (found.failing, found.passing) == (len(failing), len(passing))
        assert [r.id for r in found.records] == sorted(set(judged) - set(passing))
        for place, item in enumerate(found.items):
            column = [v[place] for v in judged.values()]
            assert (item.met, item.failed, item.unknown) == tuple(
                column.count(word) for word in ("met", "failed", "unknown")
            )
        for record in found.records:
            own = dict(zip((i.code for i in norm.items), judged[record.id], strict=True))
            assert record.failed == tuple(code for code, v in own.items() if v == "failed")
            assert record.unknown == tuple(code for code, v in own.items() if v == "unknown")


def test_nothing_private_leaves() -> None:
    """Of a manager no more is told than that one is on record."""
    norm = norm_of({"known": "manager"}, {"known": "manager_phone"}, {"on_site": True})
    gathered = facts_of(register(60), untrusted=(), today=TODAY)
    results = assess([norm, *DEFAULTS.values()], gathered)
    assert results[0].items[0].met > 0
    text = msgspec.json.encode(results).decode()
    assert "张三" not in text
    assert "13800000000" not in text


def test_no_stations_and_no_norms() -> None:
    """Are nothing to inspect."""
    assert facts_of([], untrusted=(), today=TODAY) == []
    assert assess([], facts_of(register(3), untrusted=(), today=TODAY)) == ()
    assert {found.stations for found in assess(list(DEFAULTS.values()), [])} == {0}


# --------------------------------------------------------------------------- how near, how sure


def nearest(*records: Station, untrusted: tuple[str, ...] = ()) -> list[float | None]:
    """Metres from each to the nearest other in service."""
    return [one.nearest_m for one in facts_of(records, untrusted=untrusted, today=TODAY)]


def test_the_nearest_other_station_in_service() -> None:
    """Brute force with PROJ: neither itself, nor one that is shut, expired or not yet there."""
    records = [*register(120, seed=5), station("soon", valid_from=dt.date(2026, 11, 21))]
    expected: list[float | None] = []
    for one in records:
        others = [
            GEOD.inv(*one.position, *other.position)[2]
            for other in records
            if one.position
            and other is not one
            and other.position
            and other.properties.status == "open"
            and (other.properties.valid_to or TODAY) >= TODAY
            and (other.properties.valid_from or TODAY) <= TODAY
        ]
        expected.append(min(others) if one.position else None)
    assert nearest(*records) == pytest.approx(expected, abs=1e-3)


def test_stations_at_one_place_are_near_each_other() -> None:
    """However many there are, and whether they are in service themselves."""
    assert nearest(*(station(f"s{i}") for i in range(5))) == [0.0] * 5
    assert nearest(station("a"), station("b", status="closed")) == [float("inf"), 0.0]


def test_how_near_others_are_is_not_known_without_a_good_position() -> None:
    """Missing and wrong positions are not trusted."""
    records = (station("a"), station("b", lon=None), station("c"))
    gathered = facts_of(records, untrusted=["c", "gone"], today=TODAY)
    assert [one.position_trusted for one in gathered] == [True, False, False]
    assert [one.nearest_m for one in gathered] == [0.0, None, None]
    assert nearest(station("b", lon=None)) == [None]
