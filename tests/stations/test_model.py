from __future__ import annotations

import datetime as dt
import json
import math
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from stations import model
from stations.errors import RecordError
from stations.model import AccessBand, Point, Properties, Station
from tests.stations.samples import register, station

SCHEMA_FILE = Path(__file__).parents[2] / "docs" / "station.schema.json"
FULL = station(
    "驿-1.a:b_C",
    name="人民路驿站",
    services=("nursing_room",),
    status="suspended",
    status_since=dt.date(2026, 1, 2),
    valid_from=dt.date(2025, 1, 1),
    valid_to=dt.date(2027, 1, 1),
    mobile=False,
    address="人民路1号",
    phone="0371-1234567",
    adcode="410108",
    district="惠济区",
    township="刘寨街道",
    source_datum="gcj02",
    source_position=(113.606, 34.799),
    access=(AccessBand("staffed", "08:00-22:00"), AccessBand("qr")),
    opening_hours="Mo-Su 08:00-22:00",
    hours_text="早八晚十",
    facilities={"microwave": True, "wifi": False},
    facilities_verified={"microwave": dt.date(2026, 1, 2)},
    serves=("rider", "all"),
    area_m2=12.5,
    capacity=8,
    host="某银行",
    host_kind="bank",
    build_mode="joint",
    opened_on=dt.date(2024, 5, 6),
    invested_cny=12_000.0,
    verified_on=dt.date(2026, 3, 4),
    verified_by="李四",
    star=5,
    labels=("最美驿站",),
    photos=("a.jpg",),
    notes="一\n二",
    source="市总工会",
    manager="张三",
    manager_phone="13900000000",
    revision=7,
    updated_at=dt.datetime(2026, 3, 4, tzinfo=dt.UTC),
)
RECORDS = [FULL, station("a", lon=None), *register(60)]
VALIDATOR = jsonschema.Draft202012Validator(
    model.json_schema(), format_checker=jsonschema.FormatChecker()
)


def feature(**changes: object) -> dict[str, Any]:
    """A valid feature with properties changed; `id` and `geometry` are its own members."""
    found: dict[str, Any] = {
        "type": "Feature",
        "id": changes.pop("id", "a"),
        "geometry": changes.pop("geometry", {"type": "Point", "coordinates": [113.6, 34.8]}),
        "properties": {"name": "甲", **changes},
    }
    return {key: value for key, value in found.items() if value != "left out"}


def test_the_full_record_has_every_field() -> None:
    """So that what holds for it holds for all fields."""
    blank = msgspec.structs.asdict(Properties(name="x"))
    given = msgspec.structs.asdict(FULL.properties)
    assert [name for name in given if given[name] == blank[name]] == ["kind"]


@pytest.mark.parametrize("one", RECORDS, ids=lambda s: s.id)
def test_records_fit_the_schema_and_come_back_the_same(one: Station) -> None:
    """Encoding loses nothing, and what is written validates as JSON Schema."""
    line = model.encode(one)
    assert b"\n" not in line
    assert model.decode(line) == one
    assert model.from_dict(json.loads(line)) == one
    VALIDATOR.validate(json.loads(line))


BAD = {
    "no name": (feature(name=""), "name"),
    "name of another type": (feature(name=5), "name"),
    "no geometry member": (feature(geometry="left out"), "geometry"),
    "no id": (feature(id="left out"), "id"),
    "id with a space": (feature(id="a b"), "id"),
    "id ending in a newline": (feature(id="a\n"), "id"),
    "id of 81": (feature(id="a" * 81), "id"),
    "off the globe": (feature(geometry={"type": "Point", "coordinates": [181, 0]}), "coordinates"),
    "three coordinates": (
        feature(geometry={"type": "Point", "coordinates": [113, 34, 9]}),
        "coordinates",
    ),
    "a polygon": (feature(geometry={"type": "Polygon", "coordinates": []}), "geometry"),
    "unknown field": (feature(color="red"), "color"),
    "unknown kind": (feature(kind="spaceport"), "kind"),
    "unknown status": (feature(status="OPEN"), "status"),
    "unknown facility": (feature(facilities={"sauna": True}), "facilities"),
    "facility in words": (feature(facilities={"wifi": "yes"}), "facilities"),
    "unknown way in": (feature(access=[{"mode": "magic"}]), "access"),
    "adcode of five": (feature(adcode="41010"), "adcode"),
    "adcode as a number": (feature(adcode=410108), "adcode"),
    "adcode ending in a newline": (feature(adcode="410108\n"), "adcode"),
    "six stars": (feature(star=6), "star"),
    "half a person": (feature(capacity=1.5), "capacity"),
    "less than nothing": (feature(area_m2=-1), "area_m2"),
    "no date": (feature(verified_on="2026-02-30"), "verified_on"),
    "text too long": (feature(address="路" * 501), "address"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_records_are_refused_and_the_field_is_named(case: str) -> None:
    """By the types when read, and by the JSON Schema that others check with."""
    record, field = BAD[case]
    with pytest.raises(RecordError, match=field):
        model.from_dict(record)
    with pytest.raises(RecordError, match=field):
        model.decode(json.dumps(record))
    assert not VALIDATOR.is_valid(record)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"opening_hours": "from 8 to late"}, "station a: opening_hours"),
        ({"access": [{"mode": "qr", "hours": "25:99"}]}, r"station a: access\.hours"),
        (
            {"valid_from": "2026-02-02", "valid_to": "2026-02-01"},
            "valid_from 2026-02-02 lies after valid_to 2026-02-01",
        ),
    ],
)
def test_fields_that_do_not_fit_together_are_told(changes: dict[str, Any], message: str) -> None:
    """Hours that cannot be read and dates out of order, with the station."""
    with pytest.raises(RecordError, match=message):
        model.from_dict(feature(**changes))
    assert model.from_dict(feature(valid_from="2026-02-02", valid_to="2026-02-02"))


@pytest.mark.parametrize("line", [b"", b"{", b"[]", b"null", b'{"type":"Feature"}', b"\xff\xfe"])
def test_lines_that_are_no_record_are_refused(line: bytes) -> None:
    """Whatever they are instead."""
    with pytest.raises(RecordError):
        model.decode(line)


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_numbers_that_json_cannot_hold_are_refused(number: float) -> None:
    """Or the registry file could not be read again."""
    for changes in (
        {"geometry": {"type": "Point", "coordinates": [113.6, number]}},
        {"source_position": [number, 34.0]},
        {"area_m2": number},
        {"invested_cny": number},
    ):
        with pytest.raises(RecordError):
            model.from_dict(feature(**changes))


def test_public_strips_what_is_private_and_nothing_else() -> None:
    """The manager and the manager's phone; the record itself keeps them."""
    public = FULL.public()
    assert (public.properties.manager, public.properties.manager_phone) == (None, None)
    assert b"13900000000" not in model.encode(public)
    assert FULL.properties.manager == "张三"
    back = msgspec.structs.replace(public.properties, manager="张三", manager_phone="13900000000")
    assert back == FULL.properties
    plain = station("a")
    assert plain.public() is plain


def test_the_same_content_in_another_revision_is_the_same() -> None:
    """Bookkeeping is no content; a moved point is."""
    later = model.stamp(FULL, revision=9, updated_at=None)
    assert model.same_content(FULL, later)
    assert later != FULL
    assert not model.same_content(FULL, msgspec.structs.replace(FULL, geometry=Point((1.0, 2.0))))


def test_the_published_schema_is_current() -> None:
    """docs/station.schema.json is what the types say, in the layout of `json.dumps(indent=2)`."""
    published = SCHEMA_FILE.read_text("utf-8")
    expected = json.dumps(model.json_schema(), indent=2, ensure_ascii=False) + "\n"
    assert published == expected, "write it anew from stations.model.json_schema()"


def test_the_schema_is_a_schema() -> None:
    """Of draft 2020-12, with every field of the record."""
    schema = model.json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert set(schema["$defs"]["Properties"]["properties"]) == set(Properties.__struct_fields__)
