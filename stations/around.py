"""What a worker asks first: which stations are near, open when one gets there, and let one in."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from stations.arrival import Journey, first_reached
from stations.hours import OpenState

if TYPE_CHECKING:
    from stations.arrival import Arrival
    from stations.registry import Registry
    from stations.workspace import Workspace

_MOST_COUNTED = 300
_MOST_FAR = 5
_FAR = 2
"""Times the reach of the workspace: what takes longer stands behind what may be open nearer by."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Around:
    """The stations around a position, as they are when one arrives.

    Attributes
    ----------
    registry
        What the places of the stations refer to.
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
        Those that pass every filter and are not far, the first reached first.
    unsure
        Those that are not far and would pass if their hours were known.
    far
        A few more that pass, however far.
    estimated
        Whether all times are taken from the straight line, since no street network tells.
    """

    registry: Registry
    minutes: float
    enterable: int
    open_only: int
    unknown: int
    closed: int
    found: tuple[Arrival, ...]
    unsure: tuple[Arrival, ...]
    far: tuple[Arrival, ...]
    estimated: bool

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
        How many are found at most, and how many are unsure.
    """
    streets = workspace.on_streets(journey.mode)
    registry = workspace.registry if streets is None else streets.registry
    where, minutes = journey.where, workspace.config.minutes
    near_s, far_s = 60 * minutes, 60 * minutes * _FAR
    found = first_reached(registry, streets, journey, k)
    every_door = dataclasses.replace(where, open_at=None, access=frozenset(), all_day=False)
    anyhow = dataclasses.replace(journey, where=every_door, stay_s=0, max_s=far_s)
    there = [
        (one, registry.entry_at(one.index, journey.arrival(one.seconds)))
        for one in first_reached(registry, streets, anyhow, _MOST_COUNTED).found
    ]
    doors = [door for one, door in there if one.seconds <= near_s]
    states = [door.state for door in doors]
    enterable = sum(
        door.state is OpenState.OPEN
        and bool(where.access.intersection(door.modes) if where.access else door.modes)
        for door in doors
    )
    # Where doors do not matter they are among those found; and of no hours at all, not all day.
    in_doubt = where.open_at is not None and not where.all_day
    patient = dataclasses.replace(where, unknown_hours=True)
    unsure = [
        one
        for one, door in there
        if in_doubt and door.state is OpenState.UNKNOWN and patient.admits(door)
    ]
    close = [one for one in found.found if one.seconds <= far_s]
    return Around(
        registry=registry,
        minutes=minutes,
        enterable=enterable,
        open_only=states.count(OpenState.OPEN) - enterable,
        unknown=states.count(OpenState.UNKNOWN),
        closed=states.count(OpenState.CLOSED),
        found=tuple(close),
        unsure=tuple(unsure[:k]),
        far=tuple(found.found[len(close) :][: max(_MOST_FAR - len(close), 0)]),
        estimated=found.estimated,
    )
