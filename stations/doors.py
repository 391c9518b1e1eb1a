"""When stations let workers in who need something: certainly, or perhaps.

What is not on record is not known: a station without hours may be open, one without a word on its
microwave may have one, one without a word on how to get in may let everybody in. Such doors are
possible, not certain. A station that names the groups it serves is for those; one that names none
is for all outdoor workers, as these stations are.
"""

from __future__ import annotations

import bisect
import dataclasses
from typing import TYPE_CHECKING, Final

import numpy as np

from geodata.demand import HOURS
from geodata.week import Doors, packed
from stations import hours
from stations.entry import Entry
from stations.hours import OpenState
from stations.hours.typical import HOURS_OF_WEEK
from stations.hours.week import states_of
from stations.vocabulary import SERVES_CODES

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from stations.hours.typical import Hour, TypicalDays
    from stations.model import AccessBand, Station
    from stations.vocabulary import AccessMode, Facility

    Flags = NDArray[np.bool_]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Need:
    """What a worker needs of a station; nothing by default.

    Attributes
    ----------
    hour
        That it is open then; None: its hours do not matter, or are asked for one by one.
    facilities
        All of these.
    access
        To get in by one of these ways.
    """

    hour: Hour | None = None
    facilities: frozenset[Facility] = frozenset()
    access: frozenset[AccessMode] = frozenset()

    def __bool__(self) -> bool:
        return self.hour is not None or bool(self.facilities or self.access)


ANYTHING = Need()
_NAMED: Final = frozenset(SERVES_CODES) - {"all"}
"""Groups that a station can be for to the exclusion of others."""


def doors_through_week(
    stations: Sequence[Station], groups: Sequence[str], days: TypicalDays, need: Need = ANYTHING
) -> Doors:
    """Return the doors of some stations in each hour of a week and of a public holiday.

    Parameters
    ----------
    groups
        Of the demand; each gets the class of those who are let in at the same stations.
    """
    numbers = range(HOURS)
    week = [days.hour(number).moment for number in numbers[:HOURS_OF_WEEK]]
    holiday = [days.hour(number).moment for number in numbers[HOURS_OF_WEEK:]]
    certain, possible = _doors(stations, need, [week, holiday])
    admits, of_group = _classes(stations, groups)
    lets_in = admits[:, :, None]
    return Doors(packed(certain & lets_in), packed(possible & lets_in), of_group)


def doors_at(
    stations: Sequence[Station], groups: Sequence[str], need: Need
) -> tuple[Flags, Flags, tuple[int, ...]]:
    """Return which of m stations let each of c classes in, in the hour of the need.

    Returns
    -------
    certain, possible, of_group
        (c, m) flags, and the class of each group, as in `geodata.week.Doors`.
    """
    certain, possible = _doors(stations, need, [[need.hour.moment]] if need.hour else [])
    admits, of_group = _classes(stations, groups)
    return certain[:, 0] & admits, possible[:, 0] & admits, of_group


def _doors(
    stations: Sequence[Station], need: Need, spans: Sequence[Sequence[dt.datetime]]
) -> tuple[Flags, Flags]:
    """(m, h) whether each door is certainly, and perhaps, open at each of some moments.

    Without moments there is one column, in which hours do not matter.
    """
    found: dict[Entry, tuple[Flags, Flags]] = {}
    rows = []
    for station in stations:
        entry = Entry(station.properties.opening_hours, station.properties.access)
        if entry not in found:
            found[entry] = _entry(entry, need, spans)
        rows.append(found[entry])
    width = sum(map(len, spans)) or 1
    certain = np.array([sure for sure, _ in rows], np.bool_).reshape(-1, width)
    possible = np.array([maybe for _, maybe in rows], np.bool_).reshape(-1, width)
    if need.facilities:
        has, may_have = _facilities(stations, need.facilities)
        certain, possible = certain & has[:, None], possible & may_have[:, None]
    return certain, possible


def _entry(entry: Entry, need: Need, spans: Sequence[Sequence[dt.datetime]]) -> tuple[Flags, Flags]:
    if not spans:
        ways = {band.mode for band in entry.access}
        sure = not need.access or not need.access.isdisjoint(ways)
        return np.array([sure]), np.array([sure or not ways])
    parts = [_entry_span(entry, need, moments) for moments in spans]
    return np.concatenate([sure for sure, _ in parts]), np.concatenate(
        [maybe for _, maybe in parts]
    )


def _entry_span(entry: Entry, need: Need, moments: Sequence[dt.datetime]) -> tuple[Flags, Flags]:
    open_, maybe = _states(entry.deciding, moments)
    if need.access and entry.access:
        way, perhaps = _ways(entry.access, need.access, moments)
        return open_ & way, maybe & perhaps
    if need.access:
        return np.zeros_like(open_), maybe
    return open_, maybe


def _ways(
    bands: Sequence[AccessBand], wanted: frozenset[AccessMode], moments: Sequence[dt.datetime]
) -> tuple[Flags, Flags]:
    """At which moments one of the wanted ways in certainly, and perhaps, holds."""
    certain, possible = np.zeros((2, len(moments)), np.bool_)
    for band in bands:
        if band.mode not in wanted:
            continue
        if band.hours is None:
            return np.ones_like(certain), np.ones_like(possible)
        sure, maybe = _states((hours.parse(band.hours),), moments)
        certain, possible = certain | sure, possible | maybe
    return certain, possible


def _states(
    parts: Sequence[hours.OpeningHours], moments: Sequence[dt.datetime]
) -> tuple[Flags, Flags]:
    """At which of some moments, in order, it is open, and open or unknown."""
    if not parts:
        return np.zeros(len(moments), np.bool_), np.ones(len(moments), np.bool_)
    last = moments[-1].replace(second=59, microsecond=999_999)
    runs = list(states_of(parts, moments[0], last))
    starts = [start for start, _, _ in runs]
    states = [runs[bisect.bisect_right(starts, moment) - 1][2] for moment in moments]
    open_ = np.array([state is OpenState.OPEN for state in states])
    return open_, open_ | np.array([state is OpenState.UNKNOWN for state in states])


def _facilities(stations: Sequence[Station], wanted: frozenset[Facility]) -> tuple[Flags, Flags]:
    """Which stations have all of these on record, and which may have them."""
    known = [[s.properties.facilities.get(code) for code in wanted] for s in stations]
    has = np.array([all(row) for row in known], np.bool_)
    return has, np.array([False not in row for row in known], np.bool_)


def _classes(stations: Sequence[Station], groups: Sequence[str]) -> tuple[Flags, tuple[int, ...]]:
    """(c, m) which stations let each class in, and the class of each group."""
    serves = [frozenset(station.properties.serves) for station in stations]
    distinct = set(serves)
    classes: dict[bytes, int] = {}
    admits: list[Flags] = []
    of_group = []
    for group in groups:
        # A group that no station can name, such as all workers together, is nowhere left out.
        lets_in = {
            one: not one or "all" in one or group in one or group not in _NAMED for one in distinct
        }
        row = np.array([lets_in[one] for one in serves], np.bool_)
        key = row.tobytes()
        if key not in classes:
            classes[key] = len(admits)
            admits.append(row)
        of_group.append(classes[key])
    return np.array(admits).reshape(len(admits), len(stations)), tuple(of_group)
