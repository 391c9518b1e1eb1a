"""What several workers say of a station, for everybody who is on the way to it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from stations.vocabulary import FACILITY_CODES, PROBLEM_CODES, Facility, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stations.ledger.entries import Entry, Properties

WARNED_OF: frozenset[Problem] = frozenset({"locked", "moved", "gone", "broken", "supplies"})
"""Problems that spoil a visit; the others are for the office alone."""


class StationWarning(NamedTuple):
    """A problem that enough people have reported of late.

    Attributes
    ----------
    facilities
        Those that enough people name.
    people
        How many have reported it: addresses, not reports.
    last_at
        When the last of them did.
    """

    problem: Problem
    facilities: tuple[Facility, ...]
    people: int
    last_at: dt.datetime


def station_warnings(
    entries: Iterable[Entry], *, at: dt.datetime, fresh_hours: float, people: int
) -> Mapping[str, tuple[StationWarning, ...]]:
    """Return the warnings that hold at a moment, by station.

    Parameters
    ----------
    fresh_hours
        How long a report counts.
    people
        How many must say the same.
    """
    since = at - dt.timedelta(hours=fresh_hours)
    said: defaultdict[str, defaultdict[Problem, list[Properties]]]
    said = defaultdict(lambda: defaultdict(list))
    for entry in entries:
        one = entry.properties
        if (
            one.problem in WARNED_OF
            and one.station is not None
            and one.source is not None
            and entry.is_open
            and since < one.created_at <= at
        ):
            said[one.station][one.problem].append(one)
    found = {}
    for station, problems in said.items():
        warned = tuple(
            _warning(problem, problems[problem], people)
            for problem in PROBLEM_CODES
            if len({one.source for one in problems.get(problem, ())}) >= people
        )
        if warned:
            found[station] = warned
    return found


def _warning(problem: Problem, reports: list[Properties], people: int) -> StationWarning:
    named: defaultdict[Facility, set[str | None]] = defaultdict(set)
    for one in reports:
        for facility in one.facilities:
            named[facility].add(one.source)
    return StationWarning(
        problem,
        tuple(code for code in FACILITY_CODES if len(named[code]) >= people),
        len({one.source for one in reports}),
        max(one.created_at for one in reports),
    )
