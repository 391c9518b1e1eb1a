"""The station record: typed, frozen, validated, and its one JSON Schema.

A `Station` is a GeoJSON Feature (RFC 7946) as it stands in the registry file, so what is read is
what is held: no second form, no conversion. Geometry is a WGS84 point or null (position unknown).
A field that is absent is unknown; unknown is never "no", "closed" or "24 h".
"""

from __future__ import annotations

import datetime as dt
import functools
import math
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from stations import hours
from stations.errors import RecordError
from stations.vocabulary import (
    FACILITY_CODES,
    PRIVATE_FIELDS,
    AccessMode,
    BuildMode,
    Facility,
    HostKind,
    Kind,
    Serves,
    Status,
)

Text = Annotated[str, Meta(min_length=1, max_length=500)]
LongText = Annotated[str, Meta(min_length=1, max_length=5000)]
Lon = Annotated[float, Meta(ge=-180, le=180)]
Lat = Annotated[float, Meta(ge=-90, le=90)]
# `$` alone lets a newline at the very end pass.
StationId = Annotated[
    str,
    Meta(max_length=80, pattern=r"^[0-9A-Za-z\u4e00-\u9fff][0-9A-Za-z\u4e00-\u9fff._:-]*$(?!\n)"),
]


class Point(msgspec.Struct, frozen=True, gc=False, tag_field="type", tag="Point"):
    """A GeoJSON Point: ``[lon, lat]`` in WGS84 degrees."""

    coordinates: tuple[Lon, Lat]


class AccessBand(
    msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, gc=False
):
    """How one gets in during some hours; without hours, during all opening hours."""

    mode: AccessMode
    hours: Text | None = None


class Properties(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    gc=False,
):
    """What is known of a station beside its id and position; absent means unknown."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    # A factory, so that these two are written even where they are the default: readers of the
    # file look for them.
    kind: Kind = msgspec.field(default_factory=lambda: "rest_station")
    services: tuple[Kind, ...] = ()
    status: Status = msgspec.field(default_factory=lambda: "open")
    status_since: dt.date | None = None
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    mobile: bool | None = None
    address: Text | None = None
    phone: Annotated[str, Meta(min_length=1, max_length=60)] | None = None
    adcode: Annotated[str, Meta(pattern=r"^[0-9]{6}$(?!\n)")] | None = None
    district: Annotated[str, Meta(min_length=1, max_length=60)] | None = None
    township: Annotated[str, Meta(min_length=1, max_length=60)] | None = None
    source_datum: Annotated[str, Meta(min_length=1, max_length=20)] | None = None
    source_position: tuple[float, float] | None = None
    access: tuple[AccessBand, ...] = ()
    opening_hours: Text | None = None
    hours_text: Text | None = None
    facilities: dict[Facility, bool] = {}
    facilities_verified: dict[Facility, dt.date] = {}
    serves: tuple[Serves, ...] = ()
    area_m2: Annotated[float, Meta(ge=0, le=1_000_000)] | None = None
    capacity: Annotated[int, Meta(ge=0, le=1_000_000)] | None = None
    host: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    host_kind: HostKind | None = None
    build_mode: BuildMode | None = None
    opened_on: dt.date | None = None
    invested_cny: Annotated[float, Meta(ge=0, le=1_000_000_000_000)] | None = None
    verified_on: dt.date | None = None
    verified_by: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    star: Annotated[int, Meta(ge=1, le=5)] | None = None
    labels: tuple[Text, ...] = ()
    photos: tuple[Text, ...] = ()
    notes: LongText | None = None
    source: Text | None = None
    manager: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    manager_phone: Annotated[str, Meta(min_length=1, max_length=60)] | None = None
    revision: Annotated[int, Meta(ge=0)] = 0
    updated_at: dt.datetime | None = None


class Station(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    gc=False,
    tag_field="type",
    tag="Feature",
):
    """One station: a GeoJSON Feature with its id at feature level."""

    id: StationId
    geometry: Point | None
    properties: Properties

    @property
    def name(self) -> str:
        """The station's name."""
        return self.properties.name

    @property
    def position(self) -> tuple[float, float] | None:
        """``(lon, lat)`` in WGS84 degrees, or None where it is unknown."""
        return None if self.geometry is None else self.geometry.coordinates

    def public(self) -> Station:
        """The record without its private fields."""
        blank = {name: None for name in PRIVATE_FIELDS if getattr(self.properties, name)}
        if not blank:
            return self
        return msgspec.structs.replace(
            self, properties=msgspec.structs.replace(self.properties, **blank)
        )


CONTENT_FIELDS = tuple(
    name for name in Properties.__struct_fields__ if name not in {"revision", "updated_at"}
)
"""The fields of `Properties` that say something of the station, without the bookkeeping."""


def same_content(a: Station, b: Station) -> bool:
    """Whether two records say the same, whatever their revision and time of update."""
    return a == stamp(b, revision=a.properties.revision, updated_at=a.properties.updated_at)


def stamp(station: Station, *, revision: int, updated_at: dt.datetime | None) -> Station:
    """The record with its bookkeeping set."""
    properties = msgspec.structs.replace(
        station.properties, revision=revision, updated_at=updated_at
    )
    return msgspec.structs.replace(station, properties=properties)


def check_consistent(station: Station) -> None:
    """Check what the types cannot say: hours can be read, times are in order.

    Raises
    ------
    RecordError
        Naming the station, the field, the value and what is wrong.
    """
    p = station.properties
    if p.opening_hours is not None:
        _check_hours(station.id, "opening_hours", p.opening_hours)
    for band in p.access:
        if band.hours is not None:
            _check_hours(station.id, "access.hours", band.hours)
    if p.valid_from and p.valid_to and p.valid_from > p.valid_to:
        message = (
            f"station {station.id}: valid_from {p.valid_from} lies after valid_to {p.valid_to}"
        )
        raise RecordError(message)
    if p.source_position and not all(map(math.isfinite, p.source_position)):
        message = f"station {station.id}: source_position {p.source_position} is not finite"
        raise RecordError(message)


def _check_hours(station_id: str, field: str, text: str) -> None:
    try:
        hours.parse(text)
    except hours.HoursError as error:
        message = f"station {station_id}: {field}: {error}"
        raise RecordError(message) from error


_DECODER = msgspec.json.Decoder(Station)


def decode(line: bytes | str) -> Station:
    """One record from its JSON text, checked.

    Raises
    ------
    RecordError
        Naming the field and what is wrong with it.
    """
    try:
        station = _DECODER.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RecordError(str(error)) from error
    check_consistent(station)
    return station


def from_dict(feature: dict[str, Any]) -> Station:
    """One record from a GeoJSON Feature as Python objects, checked; as `decode`."""
    try:
        station = msgspec.convert(feature, Station)
    except msgspec.ValidationError as error:
        raise RecordError(str(error)) from error
    check_consistent(station)
    return station


def validate(station: Station) -> None:
    """Check a record that was built in Python, where nothing holds it to its types.

    Raises
    ------
    RecordError
        Naming the station, the field and what is wrong with it.
    """
    try:
        decode(encode(station))
    except (RecordError, TypeError) as error:
        text = str(error)
        prefix = "" if text.startswith("station ") else f"station {station.id}: "
        raise RecordError(prefix + text) from error


def encode(station: Station) -> bytes:
    """The record as one line of JSON, keys in the order of the model, absent fields left out."""
    return msgspec.json.encode(station)


@functools.cache
def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of one record, made from the types above."""
    (schema,), components = msgspec.json.schema_components([Station], ref_template="#/$defs/{name}")
    properties = components["Properties"]["properties"]
    for name in ("facilities", "facilities_verified"):
        # A schema made from types leaves out what the keys of a mapping may be.
        properties[name]["propertyNames"] = {"enum": list(FACILITY_CODES)}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://yizhan.invalid/schemas/station.json",
        "title": "Outdoor-worker station 户外劳动者驿站",
        **schema,
        "$defs": components,
    }
