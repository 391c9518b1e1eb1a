"""``GET /``: the stations around a worker, the first reached first; ``/near/map``, their map."""

from __future__ import annotations

import datetime as dt
import functools
from typing import TYPE_CHECKING, Annotated, NamedTuple

from flask import Blueprint, request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from geodata.errors import GeodataError
from stations.around import look_around
from stations.arrival import Journey
from stations.errors import StationsError
from stations.filters import StationFilter
from stations.hours import BEIJING
from stations.places import LONGEST_TEXT, find_places
from stations.reach import NetworkMode
from stations.vocabulary import FACILITY_CODES, AccessMode, Facility, Kind
from webmap import current, maps
from webmap.api.params import Lat, Lon, Moment
from webmap.pages import basemap, wording
from webmap.pages.cards import Card, Teller
from webmap.pages.visitor import page, say, static, visitor
from webmap.pages.worker import worker_config

if TYPE_CHECKING:
    from flask import Response

    from stations.around import Around
    from stations.places import Place
    from stations.workspace import Workspace

blueprint = Blueprint("near", __name__)

_MOST = 20
_PLACES = 5
NO_CARD: frozenset[AccessMode] = frozenset({"staffed", "open_door", "qr", "key"})
"""Ways in for which one needs no card, no app and no face on record."""
NURSING_ROOM: Kind = "nursing_room"
_FIRST: tuple[Facility, ...] = (
    "drinking_water",
    "microwave",
    "charging",
    "battery_swap",
    "toilet",
    "air_conditioning",
    "heating",
    "first_aid",
)
"""Facilities that one filters by at once; the others are a tap away."""


def _known(codes: str) -> str:
    # An old link may name what there is no longer: what is left of it still holds.
    return ",".join(code for code in codes.split(",") if code in FACILITY_CODES)


class NearQuery(BaseModel):
    """What the address of the page says; whatever does not fit is as if it were not there."""

    model_config = ConfigDict(extra="ignore")

    lon: Lon | None = None
    lat: Lat | None = None
    place: Annotated[str, Field(max_length=LONGEST_TEXT)] = ""
    q: Annotated[str, Field(max_length=LONGEST_TEXT)] = ""
    mode: NetworkMode = "walk"
    at: Moment | None = None
    sent: bool = False
    open: bool = False
    free: bool = False
    all_day: bool = False
    nursing_room: bool = False
    facility: Annotated[str, AfterValidator(_known)] = ""

    @property
    def facilities(self) -> tuple[Facility, ...]:
        """The facilities that are asked for."""
        return tuple(code for code in FACILITY_CODES if code in self.facility.split(","))

    @property
    def open_only(self) -> bool:
        """Whether only what is open on arrival is asked for, as it is by who has chosen nothing."""
        return self.open or not self.sent


class Asked(NamedTuple):
    """A question from a position: where that is, in words too, and what else it could have been."""

    query: NearQuery
    position: tuple[float, float] | None
    place: str | None
    others: tuple[Place, ...] = ()
    too_long: bool = False

    @property
    def unknown(self) -> bool:
        """Whether there is a name of a place, but none that is known."""
        return self.position is None and self.place is not None


class Found(NamedTuple):
    """The answer to a question: what passes and is not far, what may pass, and what is farther."""

    around: Around
    when: dt.datetime
    cards: tuple[Card, ...]
    unsure: tuple[Card, ...]
    far: tuple[Card, ...]


@blueprint.get("/")
def show_near() -> Response:
    """Show the stations around a position; only what depends on it with ``part``."""
    workspace = current.workspace()
    asked = _asked(workspace)
    found = _found(workspace, asked)
    return page(
        "_near_parts.html" if "part" in request.args else "near.html",
        here="near",
        asked=asked,
        query=asked.query,
        found=found,
        headline=found and _headline(asked, found),
        rest=found and _rest(found),
        first_facilities=_FIRST,
        more_facilities=tuple(code for code in FACILITY_CODES if code not in _FIRST),
        page_config=worker_config(),
    )


@blueprint.get("/near/map")
def show_map() -> Response:
    """Show the map that stands beside a worker's list."""
    workspace = current.workspace()
    base = workspace.config.basemap
    plan = maps.Plan(
        view=None,
        area=basemap.area(workspace),
        basemap=base,
        basemap_url=basemap.address(base),
    )
    found = maps.worker_map(plan, static=static, say=say)
    told = worker_config() | {"hasDistricts": basemap.is_there(lambda: workspace.districts)}
    return page("near_map.html", page_config=told, map=basemap.parts(found, base))


def _asked(workspace: Workspace) -> Asked:
    lists = {"facility": ",".join(request.args.getlist("facility"))}
    given = {name: value for name, value in {**request.args, **lists}.items() if value}
    query = _forgiving(given)
    text, lang = query.q.strip(), visitor().lang
    if not text and query.lon is not None and query.lat is not None:
        position = query.lon, query.lat
        return Asked(query, position, query.place or _around_here(workspace, *position))
    places = find_places(workspace, text, limit=_PLACES, lang=lang) if text else []
    if not places:
        return Asked(query, None, text or None, too_long=len(given.get("q", "")) > LONGEST_TEXT)
    best, *others = places
    return Asked(query, (best.lon, best.lat), best.name, tuple(others))


def _forgiving(given: dict[str, str]) -> NearQuery:
    try:
        return NearQuery.model_validate(given)
    except ValidationError as error:
        wrong = {str(fault["loc"][0]) for fault in error.errors()}
        return NearQuery.model_validate({k: v for k, v in given.items() if k not in wrong})


def _around_here(workspace: Workspace, lon: float, lat: float) -> str | None:
    """Name of the district of a position; None where there is none."""
    try:
        districts = workspace.districts
    except (StationsError, GeodataError):
        return None
    if districts is None:
        return None
    place = int(districts.locate([lon], [lat])[0])
    if place < 0:
        return None
    return say("near.around", name=districts.name(place, visitor().lang))


def _found(workspace: Workspace, asked: Asked) -> Found | None:
    if asked.position is None:
        return None
    query = asked.query
    now = dt.datetime.now(BEIJING)
    when = query.at or now
    where = StationFilter(
        facilities=frozenset(query.facilities),
        kinds=frozenset({NURSING_ROOM}) if query.nursing_room else frozenset(),
        access=NO_CARD if query.free else frozenset(),
        all_day=query.all_day,
        open_at=when if query.open_only else None,
    )
    lon, lat = asked.position
    journey = Journey(lon=lon, lat=lat, mode=query.mode, at=when, where=where)
    around = look_around(workspace, journey, _MOST)
    teller = Teller(workspace, around.registry, visitor().lang, when)
    tell = functools.partial(teller.reached, journey)
    cards, unsure, far = (
        tuple(map(tell, part)) for part in (around.found, around.unsure, around.far)
    )
    return Found(around, when, cards, unsure, far)


def _headline(asked: Asked, found: Found) -> tuple[str, dict[str, object]]:
    """Return the key and the values of the sentence that the page opens with."""
    around = found.around
    values: dict[str, object] = {
        "when": _when(asked.query, found.when),
        "way": say(f"near.way.{asked.query.mode}"),
        "minutes": f"{around.minutes:g}",
        "n": around.enterable,
    }
    if around.enterable:
        return "near.answer", values
    return ("near.answer.none" if around.near else "near.answer.nothing"), values


def _when(query: NearQuery, when: dt.datetime) -> str:
    if query.at is None:
        return say("near.when.now", time=wording.clock(when))
    now = dt.datetime.now(BEIJING)
    return say("near.when.at", time=wording.moment(visitor().lang, when, now, say_today=True))


def _rest(found: Found) -> str:
    """What else there is near: doors of which something is not known, and closed ones."""
    around = found.around
    counts = {
        "near.rest.open_only": around.open_only,
        "near.rest.unknown": around.unknown,
        "near.rest.closed": around.closed,
    }
    parts = [say(key, n=count) for key, count in counts.items() if count]
    return say("near.rest", parts=say("near.rest.comma").join(parts)) if parts else ""
