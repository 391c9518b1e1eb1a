"""One station in a list: what a worker reads before setting out."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from stations import vocabulary
from webmap.pages import wording

if TYPE_CHECKING:
    import datetime as dt

    from stations.arrival import Arrival, Journey
    from stations.model import Properties
    from stations.registry import Registry
    from stations.vocabulary import Facility
    from stations.workspace import Workspace
    from webmap.pages.wording import Look
    from webmap.texts import Language

CORE_FACILITIES: tuple[Facility, ...] = (
    "drinking_water",
    "microwave",
    "seating",
    "charging",
    "toilet",
)
"""What people need to know even where it is unknown."""

_MOST_CHIPS = 6


class Chip(NamedTuple):
    """A facility on a card: there, or not known."""

    code: str
    label: str
    known: bool


class Card(NamedTuple):
    """A station in a list.

    `minutes` and `distance` are None where nobody knows from where one comes; `alerts` says what
    others report of it.
    """

    id: str
    name: str
    kind: str | None
    lon: float
    lat: float
    look: Look
    state: str
    entry: str | None
    minutes: int | None
    distance: str | None
    estimated: bool
    chips: tuple[Chip, ...]
    more_chips: int
    age: str
    stale: bool
    verified_by: str | None
    alerts: tuple[str, ...]


class Teller:
    """Tells the stations of a registry in a language, as they are seen at a moment.

    The registry is handed over, since the workspace may have another one by now.
    """

    def __init__(
        self, workspace: Workspace, registry: Registry, lang: Language, now: dt.datetime
    ) -> None:
        self._registry = registry
        self._stale_days = workspace.config.stale_days
        self._lang = lang
        self._now = now
        self._warnings = workspace.warnings(now)

    def reached(self, journey: Journey, arrival: Arrival) -> Card:
        """Return the card of a station as it is on arrival."""
        when = journey.arrival(arrival.seconds)
        return self._card(arrival.index, when)._replace(
            minutes=max(math.ceil(arrival.seconds / 60), 1),
            distance=wording.distance(self._lang, arrival.distance_m),
            estimated=arrival.estimated,
        )

    def now(self, index: int) -> Card:
        """Return the card of a station as it is now."""
        return self._card(index, self._now)

    def _card(self, index: int, when: dt.datetime) -> Card:
        station = self._registry.stations[index]
        properties, lang = station.properties, self._lang
        door = self._registry.entry_at(index, when)
        look, state = wording.state_of(lang, properties, door, when, self._now)
        kind = vocabulary.label("kind", properties.kind, lang)
        says_kind = properties.kind == "rest_station" or kind in station.name
        facilities = chips(lang, properties)
        lon, lat = self._registry.position(index)
        age, stale = wording.age(lang, station, self._now, self._stale_days)
        return Card(
            id=station.id,
            name=station.name,
            kind=None if says_kind else kind,
            lon=lon,
            lat=lat,
            look=look,
            state=state,
            entry=wording.entry_words(lang, door),
            minutes=None,
            distance=None,
            estimated=False,
            chips=facilities[:_MOST_CHIPS],
            more_chips=max(len(facilities) - _MOST_CHIPS, 0),
            age=age,
            stale=stale,
            verified_by=properties.verified_by,
            alerts=tuple(
                wording.alert(lang, one, self._now) for one in self._warnings.get(station.id, ())
            ),
        )


def chips(lang: Language, properties: Properties) -> tuple[Chip, ...]:
    """Return the facilities that are there, and those core ones that nobody knows of."""
    known = properties.facilities
    others = (code for code in vocabulary.FACILITY_CODES if code not in CORE_FACILITIES)
    return tuple(
        Chip(code, vocabulary.label("facilities", code, lang), code in known)
        for code in (*CORE_FACILITIES, *others)
        if known.get(code) or (code in CORE_FACILITIES and code not in known)
    )
