"""What a question leaves out: filters that act before the nearest are chosen."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from stations.hours import OpenState

if TYPE_CHECKING:
    import datetime as dt

    from stations.entry import EntryAt
    from stations.vocabulary import AccessMode, Facility, Kind, Serves, Status


@dataclasses.dataclass(frozen=True, kw_only=True)
class StationFilter:
    """Which stations count; an empty field lets everything pass.

    Attributes
    ----------
    kinds
        The station is, or carries the service of, one of these.
    facilities
        All of these are on record as there; "unknown" does not pass.
    access
        One of these ways in is on record; together with `open_at`, holds at that moment.
    serves
        Serves one of these groups, or all workers.
    statuses
        By default only stations in service.
    open_at
        Open at this moment by its known hours; unknown hours pass only with `unknown_hours`.
    unknown_hours
        Whether stations with unknown hours pass `open_at`.
    all_day
        Open day and night, every day, by its known hours.
    adcode
        Six digits; a code ending in zeros takes the whole city (4101) or province (41).
    bbox
        West, south, east, north in degrees WGS84; west > east crosses the antimeridian.
    expired
        Whether stations outside their valid_from .. valid_to pass.
    text
        A piece of the name or address.
    """

    kinds: frozenset[Kind] = frozenset()
    facilities: frozenset[Facility] = frozenset()
    access: frozenset[AccessMode] = frozenset()
    serves: frozenset[Serves] = frozenset()
    statuses: frozenset[Status] = frozenset({"open"})
    open_at: dt.datetime | None = None
    unknown_hours: bool = False
    all_day: bool = False
    adcode: str | None = None
    bbox: tuple[float, float, float, float] | None = None
    expired: bool = False
    text: str | None = None

    def admits(self, door: EntryAt) -> bool:
        """Whether a door lets one in, by its state and the ways in that hold."""
        state_passes = door.state is OpenState.OPEN or (
            self.unknown_hours and door.state is OpenState.UNKNOWN
        )
        return state_passes and (not self.access or not self.access.isdisjoint(door.modes))


USABLE = StationFilter()
"""Stations in service and within their dates."""
EVERYTHING = StationFilter(statuses=frozenset(), expired=True)
"""Every record."""
