"""The stations that one reaches first, and what their doors are like on arrival."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geodata.crs import GEOD
from geodata.network.index import NetworkIndex
from geodata.network.snap import snap
from stations.filters import EVERYTHING, USABLE
from stations.hours import BEIJING, OpenState
from stations.reach import DETOUR, SPEEDS_M_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from geodata.network.network import Network
    from geodata.network.snap import Snapped
    from stations.filters import StationFilter
    from stations.reach import Mode
    from stations.registry import Registry

# How many more are looked at when too few of the nearest pass on arrival.
_MORE = 4


class Arrival(NamedTuple):
    """A station in an answer.

    Attributes
    ----------
    index
        Its place in the registry.
    seconds
        The time it takes to get there.
    distance_m
        By straight line.
    estimated
        Whether the time is taken from the straight line, since no street of the network is near.
    """

    index: int  # type: ignore[assignment]
    seconds: float
    distance_m: float
    estimated: bool


class Arrivals(NamedTuple):
    """Stations by arrival, the first first, and whether a network told: else all are estimates."""

    found: list[Arrival]
    estimated: bool


class StationsOnStreets:
    """The located stations of a registry on the street network of a mode.

    Attributes
    ----------
    index
        All located stations, in the order of `places`.
    places
        Where each is in the registry.
    off
        Those that are near no street.
    """

    def __init__(self, registry: Registry, network: Network) -> None:
        self.registry = registry
        self.network = network
        self.places = registry.located_index(EVERYTHING)[1]
        self.index = NetworkIndex(network, *registry.positions(self.places))
        self.off = self.places[~self.index.snapped.found]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Journey:
    """A question for the stations that one reaches first.

    Attributes
    ----------
    lon, lat
        Where one is, degrees WGS84.
    mode
        ``walk`` or ``ebike``.
    at
        When one sets out.
    where
        Filters; where ``open_at`` is set, doors and ways in are those on arrival.
    stay_s
        With ``open_at``: how long a station must go on being open from then.
    max_s, max_distance_m
        What takes longer, or is farther by straight line, is left out.
    """

    lon: float
    lat: float
    mode: Mode = "walk"
    at: dt.datetime = dataclasses.field(default_factory=lambda: dt.datetime.now(BEIJING))
    where: StationFilter = USABLE
    stay_s: float = 0.0
    max_s: float = math.inf
    max_distance_m: float = math.inf

    @property
    def lasting(self) -> StationFilter:
        """What the filters say that does not depend on the time of arrival."""
        if self.where.open_at is None:
            return self.where
        return dataclasses.replace(self.where, open_at=None, access=frozenset())

    def arrival(self, seconds: float) -> dt.datetime:
        """When one arrives after so many seconds."""
        return self.at + dt.timedelta(seconds=seconds)

    def admits(self, registry: Registry, index: int, seconds: float) -> bool:
        """Whether one gets into a station after so many seconds, for as long as one stays."""
        if self.where.open_at is None:
            return True
        arrival = self.arrival(seconds)
        door = registry.entry_at(index, arrival)
        leaves = arrival + dt.timedelta(seconds=self.stay_s)
        shuts = door.until if door.state is OpenState.OPEN else None
        return self.where.admits(door) and (shuts is None or shuts >= leaves)


def first_reached(
    registry: Registry, streets: StationsOnStreets | None, journey: Journey, k: int
) -> Arrivals:
    """Return the k stations that are reached first, of those that pass on arrival.

    Without a network, or where the streets near the start, if any, lead to no station at all, times
    are estimates: the straight line, lengthened by `DETOUR`. Stations near no street are estimated
    alone; stations to which no street leads, while one leads to others, are left out.

    Parameters
    ----------
    streets
        The stations on the network of the mode; None where there is none.
    """
    if streets is None:
        return Arrivals(_estimated(registry, journey, k, SPEEDS_M_S[journey.mode]), estimated=True)
    start = snap(streets.network, [journey.lon], [journey.lat])
    speed = streets.network.speed_m_s
    # Not on the network, or on a piece of it that leads to no station: then it does not tell.
    if not streets.index.query_snapped(start):
        return Arrivals(_estimated(registry, journey, k, speed), estimated=True)
    passing = registry.mask(journey.lasting, journey.at)
    off = streets.off[passing[streets.off]]
    far = _away(registry, journey, off)
    beside = [
        Arrival(i, metres * DETOUR / speed, metres, estimated=True)
        for i, metres in zip(off.tolist(), far, strict=True)
    ]
    reached = _reached(streets, start, journey, k, passing[streets.places])
    admitted = sorted(
        [*_admitted(registry, journey, beside), *reached], key=lambda a: (a.seconds, a.index)
    )
    return Arrivals(admitted[:k], estimated=False)


def _reached(
    streets: StationsOnStreets,
    start: Snapped,
    journey: Journey,
    k: int,
    mask: NDArray[np.bool_],
) -> list[Arrival]:
    """Stations along the streets; as many more are looked at as it takes to have k that pass."""

    def nearest(count: int) -> list[Arrival]:
        found = streets.index.query_snapped(start, k=count, max_s=journey.max_s, mask=mask)
        places = streets.places[[i for i, _ in found]]
        return [
            Arrival(place, seconds, metres, estimated=False)
            for place, (_, seconds), metres in zip(
                places.tolist(), found, _away(streets.registry, journey, places), strict=True
            )
        ]

    return _enough(streets.registry, journey, k, nearest)


def _estimated(registry: Registry, journey: Journey, k: int, speed_m_s: float) -> list[Arrival]:
    """Stations by straight line, as if there were streets everywhere."""
    pace = DETOUR / speed_m_s
    reach = min(journey.max_distance_m, journey.max_s / pace)

    def nearest(count: int) -> list[Arrival]:
        found = registry.nearest(
            journey.lon,
            journey.lat,
            k=count,
            max_distance_m=reach,
            where=journey.lasting,
            at=journey.at,
        )
        return [Arrival(i, metres * pace, metres, estimated=True) for i, metres in found]

    return _enough(registry, journey, k, nearest)


def _enough(
    registry: Registry, journey: Journey, k: int, nearest: Callable[[int], list[Arrival]]
) -> list[Arrival]:
    """Ask for more and more of the nearest until k of them pass on arrival."""
    count = k
    while True:
        found = nearest(count)
        admitted = _admitted(registry, journey, found)
        if len(admitted) >= k or len(found) < count:
            return admitted[:k]
        count *= _MORE


def _admitted(registry: Registry, journey: Journey, found: Iterable[Arrival]) -> list[Arrival]:
    return [
        one
        for one in found
        if one.distance_m <= journey.max_distance_m
        and one.seconds <= journey.max_s
        and journey.admits(registry, one.index, one.seconds)
    ]


def _away(registry: Registry, journey: Journey, places: NDArray[np.intp]) -> list[float]:
    """Geodesic metres from the start to stations."""
    lon, lat = registry.positions(places)
    here = np.full(len(places), journey.lon), np.full(len(places), journey.lat)
    metres: list[float] = GEOD.inv(*here, lon, lat)[2].tolist()
    return metres
