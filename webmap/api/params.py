"""Query parameters: parsed once, named in every error."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
)

from geodata import datum as datums
from stations.changes import Cursor
from stations.doors import Need
from stations.filters import StationFilter
from stations.hours import BEIJING
from stations.hours.typical import Hour
from stations.places import LONGEST_TEXT
from stations.reach import Mode, NetworkMode
from stations.report.ask import ReportAsk, ask_for, read_quarter
from stations.report.heat import heat_of
from stations.vocabulary import AccessMode, Facility, Kind, Serves, Status
from webmap.moments import read_hour, read_moment

if TYPE_CHECKING:
    from stations.reach import Reach
    from stations.workspace import Workspace

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


def _by_line_only(value: float | None, info: ValidationInfo) -> float | None:
    if value is not None and info.data.get("mode", "line") != "line":
        message = "a radius goes with mode=line; along the streets, give minutes"
        raise ValueError(message)
    return value


def _by_streets_only(value: float | None, info: ValidationInfo) -> float | None:
    if value is not None and info.data.get("mode") == "line":
        message = "minutes go with mode=walk and mode=ebike; by straight line, give metres"
        raise ValueError(message)
    return value


def _with_open_at(value: float | None, info: ValidationInfo) -> float | None:
    if value is not None and "open_at" in info.data and info.data["open_at"] is None:
        message = "goes with open_at: how long a station must stay open from one's arrival on"
        raise ValueError(message)
    return value


def _hour(value: object) -> object:
    return read_hour(value) if isinstance(value, str) else value


def _moment_of_hour(value: object) -> object:
    return read_hour(value).moment if isinstance(value, str) else value


At = Annotated[
    Hour,
    BeforeValidator(_hour),
    WithJsonSchema({"type": "string", "examples": ["Tue 02:00", "holiday 14:00", "now"]}),
]
Moment = Annotated[
    dt.datetime,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "examples": ["now", "2026-11-20T22:40"]}),
]
MomentOrHour = Annotated[
    dt.datetime,
    BeforeValidator(_moment_of_hour),
    WithJsonSchema({"type": "string", "examples": ["now", "Tue 02:00", "2026-11-20T22:40"]}),
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
Minutes = Annotated[float, Field(ge=0.5, le=600, allow_inf_nan=False)]
ByStreets = Annotated[
    NetworkMode, Field(description="On foot, or by electric bicycle.", examples=["walk"])
]


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
    all_day: bool = Field(
        default=False, description="Only stations known to be open day and night, every day."
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
            all_day=self.all_day,
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
    mode: Mode = Field(
        "line",
        description="By straight line, or the first reached along the streets: on foot (walk) or "
        "by electric bicycle (ebike), each as it is on arrival.",
    )
    stay: Annotated[
        Annotated[float, Field(gt=0, le=1440, allow_inf_nan=False)] | None,
        AfterValidator(_by_streets_only),
        AfterValidator(_with_open_at),
    ] = Field(
        None,
        description="Minutes that a station must stay open from one's arrival on; with `open_at`, "
        "along the streets.",
    )
    max_minutes: Annotated[
        Annotated[float, Field(gt=0, le=600, allow_inf_nan=False)] | None,
        AfterValidator(_by_streets_only),
    ] = Field(None, description="Longest way in minutes; along the streets.")


class WayQuery(BaseModel):
    """A question for the way to a station."""

    model_config = ConfigDict(extra="forbid")

    lon: Annotated[
        float,
        Field(allow_inf_nan=False, description="Longitude in `datum`.", examples=[113.62]),
    ]
    lat: Annotated[
        float, Field(allow_inf_nan=False, description="Latitude in `datum`.", examples=[34.8])
    ]
    datum: Annotated[str, AfterValidator(_datum)] = Field(
        "wgs84", description="Datum of `lon` and `lat`: wgs84, gcj02, bd09 or an EPSG code."
    )
    mode: ByStreets = "walk"
    open_at: Moment | None = Field(
        None,
        description="When one sets out: `now` (default), or ISO 8601 (Beijing time unless an "
        "offset is given).",
    )


class IsochroneQuery(BaseModel):
    """A question for where a station is reached from."""

    model_config = ConfigDict(extra="forbid")

    mode: ByStreets = "walk"
    minutes: Annotated[
        tuple[Annotated[float, Field(ge=1, le=60, allow_inf_nan=False)], ...],
        BeforeValidator(_split),
        Field(min_length=1, max_length=6),
    ] = Field(
        (5.0, 10.0, 15.0),
        description="One outline for each of up to six times, each from 1 to 60 minutes.",
    )


class StationsQuery(FilterQuery):
    """A page of stations."""

    bbox: Box | None = None
    limit: int = Field(
        100, ge=1, le=100_000, description="Stations a page; the server may give smaller pages."
    )
    offset: int = Field(0, ge=0, le=100_000_000, description="Stations to skip.")


class ChangesQuery(BaseModel):
    """A page of changes."""

    model_config = ConfigDict(extra="forbid")

    since: int = Field(
        ge=0,
        le=2**53 - 1,
        description="Revision of the copy; 0 for the whole registry.",
        examples=[0],
    )
    limit: int = Field(
        1000, ge=1, le=100_000, description="Changes a page; the server may give smaller pages."
    )
    after: Annotated[str, Field(pattern=r"^[0-9]{1,15}:", max_length=100)] | None = Field(
        None, description="Where the page before ended; the link `next` has it."
    )

    @property
    def cursor(self) -> Cursor | None:
        """Where the page begins; None for the first one."""
        if self.after is None:
            return None
        revision, _, station_id = self.after.partition(":")
        return Cursor(int(revision), station_id)


class PlacesQuery(BaseModel):
    """A place that somebody types."""

    model_config = ConfigDict(extra="forbid")

    q: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TEXT),
        Field(
            description="A piece of a name or address, or `lon,lat` in degrees WGS84.",
            examples=["人民路"],
        ),
    ]
    limit: int = Field(8, ge=1, le=50, description="Most places listed.")
    lang: Language = "zh"


class ClustersQuery(FilterQuery):
    """Stations and clusters for a map view."""

    bbox: Box
    zoom: int = Field(ge=0, le=22, description="Zoom of the map, 0 the whole world.", examples=[12])
    at: At | None = Field(
        None,
        description="The hour whose states are told, as for coverage; leaves out none. By default "
        "that of `open_at`, or now.",
    )
    open_at: MomentOrHour | None = Field(
        None, description="Only stations known to be open then: a moment, or an hour as in `at`."
    )

    @property
    def moment(self) -> dt.datetime:
        """The moment that the answer speaks of."""
        return super().moment if self.at is None else self.at.moment


class NoQuery(BaseModel):
    """No parameters: one that means nothing here is refused, not passed over."""

    model_config = ConfigDict(extra="forbid")


class CoverageQuery(BaseModel):
    """How coverage is measured."""

    model_config = ConfigDict(extra="forbid")

    mode: Mode = Field(
        "line",
        description="By straight line, or along the streets: on foot (walk) or by electric "
        "bicycle (ebike).",
    )
    radius: Annotated[
        Annotated[float, Field(gt=0, le=100_000, allow_inf_nan=False)] | None,
        AfterValidator(_by_line_only),
    ] = Field(
        None,
        description="Service radius in metres, with mode=line; by default the workspace's.",
    )
    minutes: Annotated[Minutes | None, AfterValidator(_by_streets_only)] = Field(
        None,
        description="Reach in minutes, with mode=walk and mode=ebike; by default the workspace's.",
    )
    lang: Language = "zh"

    def reach(self, workspace: Workspace) -> Reach:
        """Return what counts as within reach.

        Raises
        ------
        NoNetworkError
            If the workspace has no network for the mode.
        """
        return workspace.reach(self.mode, radius_m=self.radius, minutes=self.minutes)


class WeekQuery(CoverageQuery):
    """What a worker needs, in every hour."""

    facility: Annotated[tuple[Facility, ...], BeforeValidator(_split)] = Field(
        (), description="Needed, all of them; what is not on record widens the range."
    )
    access: Annotated[tuple[AccessMode, ...], BeforeValidator(_split)] = Field(
        (), description="Ways in that will do, any of them."
    )

    @property
    def need(self) -> Need:
        """What is needed of a station."""
        return Need(facilities=frozenset(self.facility), access=frozenset(self.access))


class OpenQuery(WeekQuery):
    """What a worker needs, and when."""

    at: At | None = Field(
        None,
        description="An hour: a day and a time such as `Tue 02:00`, `周二 02:00`, `holiday 14:00`; "
        "`now`; or ISO 8601. Figures are then of the workers at work, and `open` says who of them "
        "reaches a station that is open.",
    )

    @property
    def need(self) -> Need:
        """What is needed of a station."""
        return dataclasses.replace(super().need, hour=self.at)


class GapsQuery(OpenQuery):
    """Which gap zones are listed."""

    limit: int = Field(100, ge=1, le=10_000, description="Most gap zones listed.")


class ReportQuery(BaseModel):
    """Which coverage report."""

    model_config = ConfigDict(extra="forbid")

    adcode: Annotated[str, Field(pattern=r"^\d{2,12}$")] | None = Field(
        None, description="A district of the workspace; by default all of it."
    )
    quarter: Annotated[str, Field(pattern=r"^20\d\dQ[1-4]$", examples=["2026Q3"])] | None = Field(
        None,
        description="A quarter that has begun: the registry as it was at its end, and what changed "
        "in it. By default today.",
    )
    mode: Mode = Field("line", description="How reach is measured; as for coverage.")
    heat: int | None = Field(
        None, ge=35, le=45, description="A hot day: its maximum in whole degrees Celsius."
    )

    def ask(self, today: dt.date) -> ReportAsk:
        """Return what the report is asked for.

        Raises
        ------
        ReportAskError
            If the quarter has not begun.
        """
        return ask_for(
            quarter=None if self.quarter is None else read_quarter(self.quarter),
            day=None,
            today=today,
            district=self.adcode,
            mode=self.mode,
            heat=None if self.heat is None else heat_of(self.heat),
        )


class DemandQuery(BaseModel):
    """A map view of the demand."""

    model_config = ConfigDict(extra="forbid")

    bbox: Box
    columns: int = Field(64, ge=8, le=200, description="Cells across the box.")
    at: At | None = Field(None, description="Only who is at work in this hour; as for coverage.")
