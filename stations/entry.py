"""Can one get in at a moment? Opening hours and access bands read together."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
from typing import TYPE_CHECKING, NamedTuple

from stations import hours
from stations.hours import OpenState

if TYPE_CHECKING:
    from stations.model import AccessBand, Station
    from stations.vocabulary import AccessMode

_MAX_STEPS = 40
_SOME_MOMENT = dt.datetime(2024, 1, 1, tzinfo=hours.BEIJING)


class EntryAt(NamedTuple):
    """A station's door at a moment.

    `until` is when `state` next changes, None where that is never or not known. `modes` are the
    ways in that hold at the moment; empty where they are not known or the station is closed.
    """

    state: OpenState
    until: dt.datetime | None
    modes: tuple[AccessMode, ...]


@dataclasses.dataclass(frozen=True)
class Entry:
    """Opening hours (OSM syntax, None unknown) with the access bands of a station.

    The opening hours decide the state. Without them the bands do, if every band has hours: open
    while one of them is, closed while none is. Otherwise the state is unknown.
    """

    opening_hours: str | None
    access: tuple[AccessBand, ...]

    @property
    def known(self) -> bool:
        """Whether any hours are on record."""
        return bool(self.deciding)

    @functools.cached_property
    def all_day(self) -> bool:
        """Whether it is open day and night, every day: open by its hours, and no change ever."""
        door = self.at(_SOME_MOMENT)
        return door.state is OpenState.OPEN and door.until is None

    @functools.cached_property
    def deciding(self) -> tuple[hours.OpeningHours, ...]:
        """The expressions that decide the state, open while one of them is; none: unknown."""
        if self.opening_hours is not None:
            return (hours.parse(self.opening_hours),)
        texts = [band.hours for band in self.access]
        return tuple(hours.parse(text) for text in texts if text) if all(texts) else ()

    def at(self, when: dt.datetime) -> EntryAt:
        """State, its next change and the ways in at `when`."""
        if not self.deciding:
            return EntryAt(OpenState.UNKNOWN, None, self._modes(when, OpenState.UNKNOWN))
        state, until = self._state(when)
        # With several bands the one that ends may be followed at once by the next.
        for _ in range(_MAX_STEPS if len(self.deciding) > 1 else 0):
            if until is None:
                break
            following, later = self._state(until)
            if following != state:
                break
            until = later
        else:
            if len(self.deciding) > 1:
                until = None
        return EntryAt(state, until, self._modes(when, state))

    def _state(self, when: dt.datetime) -> tuple[OpenState, dt.datetime | None]:
        found = [part.at(when) for part in self.deciding]
        ends = [part.until for part in found if part.until is not None]
        states = {part.state for part in found}
        state = next(
            (s for s in (OpenState.OPEN, OpenState.UNKNOWN) if s in states), OpenState.CLOSED
        )
        return state, min(ends, default=None)

    def _modes(self, when: dt.datetime, state: OpenState) -> tuple[AccessMode, ...]:
        if state is OpenState.CLOSED:
            return ()
        return tuple(
            dict.fromkeys(
                band.mode
                for band in self.access
                if band.hours is None or hours.parse(band.hours).at(when).state is OpenState.OPEN
            )
        )


def entry_of(station: Station) -> Entry:
    """Return the entry of a station's record."""
    return Entry(station.properties.opening_hours, station.properties.access)
