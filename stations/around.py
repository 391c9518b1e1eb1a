"""What a worker asks first: which stations are near, open when one gets there, and let one in."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from stations.arrival import Journey, first_reached
from stations.hours import OpenState
from stations.reach import SPEEDS_M_S

if TYPE_CHECKING:
    from stations.arrival import Arrival
    from stations.entry import EntryAt
    from stations.workspace import Workspace

_MOST_COUNTED = 300


@dataclasses.dataclass(frozen=True, kw_only=True)
class Around:
    """The stations around a position, as they are when one arrives.

    Attributes
    ----------
    minutes
        What counts as near: the reach of the workspace.
    enterable
        How many that are near are open, with a way in on record that one has.
    open_only
        Open too, but how to get in is not on record, or is none of the ways asked for.
    unknown
        Near, of unknown hours.
    closed
        Near and closed.
    found
        Those that pass every filter, the first reached first, however far.
    unsure
        Those among the first reached that would pass if their hours were known.
    estimated
        Whether all times are taken from the straight line, since no street network tells.
    speed_m_s
        How fast one was taken to go, so that a time says how long the way is.
    """

    minutes: float
    enterable: int
    open_only: int
    unknown: int
    closed: int
    found: tuple[Arrival, ...]
    unsure: tuple[Arrival, ...]
    estimated: bool
    speed_m_s: float

    @property
    def near(self) -> int:
        """How many stations there are near, whatever their doors."""
        return self.enterable + self.open_only + self.unknown + self.closed


def look_around(workspace: Workspace, journey: Journey, k: int) -> Around:
    """Return the stations around the start of a journey.

    Parameters
    ----------
    journey
        Its filter decides what is found; those on the door (``open_at``, ``access``, ``all_day``)
        do not decide what is counted as near.
    k
        How many are found at most.
    """
    streets = workspace.on_streets(journey.mode)
    registry = workspace.registry if streets is None else streets.registry
    where, minutes = journey.where, workspace.config.minutes

    def door(arrival: Arrival) -> EntryAt:
        return registry.entry_at(arrival.index, journey.arrival(arrival.seconds))

    found = first_reached(
        registry,
        streets,
        dataclasses.replace(journey, where=dataclasses.replace(where, unknown_hours=True)),
        k,
    )
    in_doubt = [
        where.open_at is not None and door(one).state is OpenState.UNKNOWN for one in found.found
    ]
    every_door = dataclasses.replace(where, open_at=None, access=frozenset(), all_day=False)
    near = first_reached(
        registry,
        streets,
        dataclasses.replace(journey, where=every_door, stay_s=0, max_s=60 * minutes),
        _MOST_COUNTED,
    )
    doors = [door(one) for one in near.found]
    states = [one.state for one in doors]
    enterable = sum(
        one.state is OpenState.OPEN
        and bool(where.access.intersection(one.modes) if where.access else one.modes)
        for one in doors
    )
    return Around(
        minutes=minutes,
        enterable=enterable,
        open_only=states.count(OpenState.OPEN) - enterable,
        unknown=states.count(OpenState.UNKNOWN),
        closed=states.count(OpenState.CLOSED),
        found=tuple(one for one, doubt in zip(found.found, in_doubt, strict=True) if not doubt),
        unsure=tuple(one for one, doubt in zip(found.found, in_doubt, strict=True) if doubt),
        estimated=found.estimated,
        speed_m_s=SPEEDS_M_S[journey.mode] if streets is None else streets.network.speed_m_s,
    )
