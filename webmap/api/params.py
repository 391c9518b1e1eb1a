"""Query parameters: parsed once, named in every error."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from geodata import datum as datums
from stations.filters import StationFilter
from stations.hours import BEIJING
from stations.vocabulary import AccessMode, Facility, Kind, Serves, Status
from webmap.moments import read_moment

_LONGEST_LIST = 100


def _split(value: object) -> object:
    if not isinstance(value, str):
        return value
    # Looked at before each part is: no list here has as many values to choose from.
    if value.count(",") > _LONGEST_LIST:
        message = f"a list holds at most {_LONGEST_LIST} values"
        raise ValueError(message)
    return [part.strip() for part in value.split(",") if part.strip()]


def _moment(value: object) -> object:
    return read_moment(value) if isinstance(value, str) else value


def _datum(value: str) -> str:
    # PROJ takes whole definitions of a system; a caller only ever has to name one.
    if not re.fullmatch(r"[\w:.\-() ]{1,40}", value):
        message = f"{value[:40]!r} is no name of a datum: wgs84, gcj02, bd09 or an EPSG code"
        raise ValueError(message)
    return datums.normalise(value)


def _box_in_order(value: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    if value[1] > value[3]:
        message = "south lies north of north: give west,south,east,north"
        raise ValueError(message)
    return value


Moment = Annotated[
    dt.datetime,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "examples": ["now", "2026-11-20T22:40"]}),
]
Lon = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Lat = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Box = Annotated[
    tuple[Lon, Lat, Lon, Lat],
    BeforeValidator(_split),
    AfterValidator(_box_in_order),
    Field(
        description="west,south,east,north in degrees WGS84.",
        examples=[[113.4, 34.6, 113.9, 34.9]],
    ),
]
Language = Annotated[Literal["zh", "en"], Field(description="Of the names.")]


class FilterQuery(BaseModel):
    """Filters on stations; lists are comma-separated."""

    model_config = ConfigDict(extra="forbid")

    # Tuples, since pydantic copies a default that could be changed for every request.
    kind: Annotated[tuple[Kind, ...], BeforeValidator(_split)] = Field(
        (), description="Kinds or services, any of them."
    )
    facility: Annotated[tuple[Facility, ...], BeforeValidator(_split)] = Field(
        (), description="Facilities on record as there, all of them."
    )
    access: Annotated[tuple[AccessMode, ...], BeforeValidator(_split)] = Field(
        (), description="Ways in, any of them; with `open_at`, at that moment."
    )
    serves: Annotated[tuple[Serves, ...], BeforeValidator(_split)] = Field(
        (), description="Groups of workers, any of them."
    )
    status: Annotated[tuple[Status, ...], BeforeValidator(_split)] = Field(
        ("open",), description="Statuses, any of them; empty for all."
    )
    open_at: Moment | None = Field(
        None,
        description="Only stations known to be open then: `now`, or ISO 8601 (Beijing time unless "
        "an offset is given).",
    )
    unknown_hours: bool = Field(
        default=False, description="With `open_at`: let stations with unknown hours pass too."
    )
    expired: bool = Field(default=False, description="Let stations outside their dates pass.")
    adcode: Annotated[str, Field(pattern=r"^\d{6}$")] | None = Field(
        None, description="District, city (ends in 00) or province (ends in 0000)."
    )
    q: Annotated[str, Field(max_length=100)] | None = Field(
        None, description="A piece of the name or address."
    )

    def where(self, bbox: tuple[float, float, float, float] | None = None) -> StationFilter:
        """Return the filter that the registry takes."""
        return StationFilter(
            kinds=frozenset(self.kind),
            facilities=frozenset(self.facility),
            access=frozenset(self.access),
            serves=frozenset(self.serves),
            statuses=frozenset(self.status),
            open_at=self.open_at,
            unknown_hours=self.unknown_hours,
            expired=self.expired,
            adcode=self.adcode,
            bbox=bbox,
            text=self.q or None,
        )

    @property
    def moment(self) -> dt.datetime:
        """The moment that the answer speaks of."""
        return self.open_at or dt.datetime.now(BEIJING)


class NearestQuery(FilterQuery):
    """A question for the nearest stations."""

    lon: Annotated[
        float,
        Field(allow_inf_nan=False, description="Longitude in `datum`.", examples=[113.62]),
    ]
    lat: Annotated[
        float, Field(allow_inf_nan=False, description="Latitude in `datum`.", examples=[34.8])
    ]
    k: int = Field(5, ge=1, le=1000, description="How many stations.")
    max_distance: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = Field(
        None, description="Metres; farther stations are left out."
    )
    datum: Annotated[str, AfterValidator(_datum)] = Field(
        "wgs84", description="Datum of `lon` and `lat`: wgs84, gcj02, bd09 or an EPSG code."
    )


class StationsQuery(FilterQuery):
    """A page of stations."""

    bbox: Box | None = None
    limit: int = Field(
        100, ge=1, le=100_000, description="Stations a page; the server may give smaller pages."
    )
    offset: int = Field(0, ge=0, le=100_000_000, description="Stations to skip.")


class ClustersQuery(FilterQuery):
    """Stations and clusters for a map view."""

    bbox: Box
    zoom: int = Field(ge=0, le=22, description="Zoom of the map, 0 the whole world.", examples=[12])


class NoQuery(BaseModel):
    """No parameters: one that means nothing here is refused, not passed over."""

    model_config = ConfigDict(extra="forbid")


class CoverageQuery(BaseModel):
    """How coverage is measured."""

    model_config = ConfigDict(extra="forbid")

    radius: Annotated[float, Field(gt=0, le=100_000, allow_inf_nan=False)] | None = Field(
        None, description="Service radius in metres; by default the workspace's."
    )
    lang: Language = "zh"


class GapsQuery(CoverageQuery):
    """Which gap zones are listed."""

    limit: int = Field(100, ge=1, le=10_000, description="Most gap zones listed.")


class DemandQuery(BaseModel):
    """A map view of the demand."""

    model_config = ConfigDict(extra="forbid")

    bbox: Box
    columns: int = Field(64, ge=8, le=200, description="Cells across the box.")
