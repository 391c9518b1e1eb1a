"""Registry: an immutable snapshot of all stations with its indexes; filters first, then nearest."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import functools
from collections import OrderedDict
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geodata.nearest import NearestIndex
from stations import model
from stations.entry import Entry, EntryAt
from stations.errors import UnknownStationError
from stations.filters import USABLE, StationFilter
from stations.hours import BEIJING, OpenState
from stations.vocabulary import (
    FACILITY_CODES,
    KIND_CODES,
    SERVES_CODES,
    STATUS_CODES,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from geodata.nearest import Subset
    from stations.model import Station
    from stations.store import Snapshot

_FILTERS_KEPT = 64
_LASTING = attrgetter(
    *(field.name for field in dataclasses.fields(StationFilter) if field.name != "open_at")
)
"""What a filter says beside its moment."""
_STATE_CODES = {OpenState.OPEN: 0, OpenState.CLOSED: 1, OpenState.UNKNOWN: 2}
_NEVER = dt.date.max.toordinal()


class Found(NamedTuple):
    """A station in an answer: its place in the registry and its distance in metres."""

    # The name hides a tuple's method, which nobody misses here.
    index: int  # type: ignore[assignment]
    distance_m: float


class _Filtered(NamedTuple):
    """Which stations pass a filter: a mask over all, and the same for the index of the located."""

    mask: NDArray[np.bool_]
    subset: Subset


class _Columns(NamedTuple):
    """One array a field, a row a station; sets are bits in the order of their vocabulary."""

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    kinds: NDArray[np.uint32]
    facilities: NDArray[np.uint64]
    serves: NDArray[np.uint16]
    status: NDArray[np.uint8]
    valid_from: NDArray[np.int32]
    valid_to: NDArray[np.int32]
    entry: NDArray[np.int32]


class Registry:
    """All stations of one revision, in the order of their ids, ready to be asked."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.revision = snapshot.revision
        self.updated_at = snapshot.updated_at
        self.retired_ids = snapshot.retired_ids
        self.stations: Sequence[Station] = snapshot.stations
        self._entries, entry_codes = _interned(
            (s.properties.opening_hours, s.properties.access) for s in self.stations
        )
        self._columns = _columns(self.stations, entry_codes)
        self._located = np.flatnonzero(~np.isnan(self._columns.lon))
        self._index = NearestIndex(
            self._columns.lon[self._located], self._columns.lat[self._located]
        )
        self._all_located = len(self._located) == len(self.stations)
        self._kept: OrderedDict[object, _Filtered] = OrderedDict()
        self._lines: list[tuple[bytes, bytes] | None] = [None] * len(self.stations)
        self._states: tuple[dt.datetime, NDArray[np.uint8]] | None = None
        self._entry_memo: dict[int, tuple[dt.datetime, dt.datetime, EntryAt]] = {}

    def __len__(self) -> int:
        return len(self.stations)

    @functools.cached_property
    def _by_id(self) -> dict[str, int]:
        return {station.id: i for i, station in enumerate(self.stations)}

    def index_of(self, station_id: str) -> int:
        """Place of the station with this id.

        Raises
        ------
        UnknownStationError
            If there is none.
        """
        try:
            return self._by_id[station_id]
        except KeyError:
            removed = station_id in self.retired_ids
            raise UnknownStationError(
                f"station {station_id[:80]!r} {'was removed' if removed else 'does not exist'}",
                f"驿站 {station_id[:80]} {'已从登记册撤下' if removed else '不存在'}",
            ) from None

    def get(self, station_id: str) -> Station:
        """Return the station with this id; raises UnknownStationError."""
        return self.stations[self.index_of(station_id)]

    def position(self, index: int) -> tuple[float, float]:
        """``(lon, lat)`` of a station; NaN where it is unknown."""
        return float(self._columns.lon[index]), float(self._columns.lat[index])

    def positions(
        self, places: NDArray[np.intp]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Longitudes and latitudes of stations, (n,) each; NaN where unknown."""
        return self._columns.lon[places], self._columns.lat[places]

    def states(self, when: dt.datetime) -> NDArray[np.uint8]:
        """(n,) state of every station at `when`: 0 open, 1 closed, 2 unknown."""
        minute = _minute(when)
        if self._states is None or self._states[0] != minute:
            of_entry = np.array(
                [_STATE_CODES[entry.at(minute).state] for entry in self._entries], np.uint8
            )
            self._states = (minute, of_entry[self._columns.entry])
        return self._states[1]

    def nearest(
        self,
        lon: float,
        lat: float,
        *,
        k: int = 5,
        max_distance_m: float = float("inf"),
        where: StationFilter = USABLE,
        at: dt.datetime | None = None,
    ) -> list[Found]:
        """Return the k nearest stations that pass `where`, by geodesic distance, nearest first.

        Parameters
        ----------
        lon, lat
            Degrees WGS84.
        max_distance_m
            Stations farther away are left out.
        at
            The moment of the question (now by default); decides which stations are within dates.
        """
        subset = self._filtered(where, at).subset
        found = self._index.query_one(lon, lat, k=k, max_distance_m=max_distance_m, mask=subset)
        if self._all_located:
            return [Found(i, d) for i, d in found]
        return [Found(int(self._located[i]), d) for i, d in found]

    def select(self, where: StationFilter, at: dt.datetime | None = None) -> NDArray[np.intp]:
        """Places of all stations that pass `where`, in the order of their ids."""
        return np.flatnonzero(self.mask(where, at))

    def sites(self, where: StationFilter, at: dt.datetime | None = None) -> NearestIndex:
        """Index of the located stations that pass `where`."""
        return self.located_index(where, at)[0]

    def located_index(
        self, where: StationFilter, at: dt.datetime | None = None
    ) -> tuple[NearestIndex, NDArray[np.intp]]:
        """As `sites`, with the place in the registry of each of them."""
        places = self.select(where, at)
        places = places[~np.isnan(self._columns.lon[places])]
        return NearestIndex(self._columns.lon[places], self._columns.lat[places]), places

    def entry(self, index: int) -> Entry:
        """Return the door of a station, at whatever moment."""
        return self._entries[int(self._columns.entry[index])]

    def entry_at(self, index: int, when: dt.datetime) -> EntryAt:
        """Whether the station's door is open at `when`, until when, and how to get in."""
        code = int(self._columns.entry[index])
        memo = self._entry_memo.get(code)
        if memo is not None and memo[0] <= when < memo[1]:
            return memo[2]
        answer = self._entries[code].at(when)
        # Bands may end inside an unchanged state, so an answer is kept for its minute only.
        start = _minute(when)
        self._entry_memo[code] = (start, start + dt.timedelta(minutes=1), answer)
        return answer

    def public_parts(self, index: int) -> tuple[bytes, bytes]:
        """Return the public Feature as JSON, cut behind the ``{`` of its properties.

        The place where an answer splices in what it adds, so that no record is encoded twice.
        """
        parts = self._lines[index]
        if parts is None:
            line = model.encode(self.stations[index].public())
            cut = line.index(b'"properties":{') + len(b'"properties":{')
            parts = self._lines[index] = (line[:cut], line[cut:])
        return parts

    def mask(self, where: StationFilter, at: dt.datetime | None = None) -> NDArray[np.bool_]:
        """(n,) which stations pass `where`; the array is shared and must not be changed."""
        return self._filtered(where, at).mask

    def _filtered(self, where: StationFilter, at: dt.datetime | None) -> _Filtered:
        """The outcome of a filter, kept for as long as it is asked for: it holds for its minute."""
        moment = at or where.open_at or dt.datetime.now(BEIJING)
        minute = where.open_at and _minute(where.open_at)
        key = (_LASTING(where), minute, moment.astimezone(BEIJING).toordinal())
        found = self._kept.get(key)
        if found is None:
            where = dataclasses.replace(where, open_at=minute)
            mask = self._compute_mask(where, dt.date.fromordinal(key[2]))
            mask.setflags(write=False)
            located = mask if self._all_located else mask[self._located]
            found = self._kept[key] = _Filtered(mask, self._index.subset(located))
            while len(self._kept) > _FILTERS_KEPT:
                # Another thread may have taken the oldest one out.
                with contextlib.suppress(KeyError):
                    self._kept.popitem(last=False)
        return found

    def _compute_mask(self, where: StationFilter, day: dt.date) -> NDArray[np.bool_]:
        c = self._columns
        mask = np.ones(len(self), dtype=bool)
        if where.statuses:
            mask &= np.isin(c.status, [STATUS_CODES.index(s) for s in where.statuses])
        if not where.expired:
            mask &= (c.valid_from <= day.toordinal()) & (day.toordinal() <= c.valid_to)
        if where.kinds:
            mask &= (c.kinds & _bits(where.kinds, KIND_CODES)) != 0
        if where.facilities:
            wanted = _bits(where.facilities, FACILITY_CODES)
            mask &= (c.facilities & np.uint64(wanted)) == wanted
        if where.serves:
            wanted = _bits({*where.serves, "all"}, SERVES_CODES)
            mask &= (c.serves & wanted) != 0
        if where.open_at is not None or where.access or where.all_day:
            mask &= self._door_passes(where)[c.entry]
        if where.bbox is not None:
            mask &= _in_box(c.lon, c.lat, where.bbox)
        if where.adcode:
            prefix = where.adcode.rstrip("0") if where.adcode.endswith("00") else where.adcode
            prefix += "0" * (len(prefix) % 2)
            mask &= self._python_mask(
                mask, lambda s: (s.properties.adcode or "").startswith(prefix)
            )
        if where.text:
            needle = where.text.casefold()
            mask &= self._python_mask(
                mask,
                lambda s: (
                    needle in s.name.casefold() or needle in (s.properties.address or "").casefold()
                ),
            )
        return mask

    def _python_mask(
        self, mask: NDArray[np.bool_], passes: Callable[[Station], bool]
    ) -> NDArray[np.bool_]:
        kept = np.zeros_like(mask)
        for i in np.flatnonzero(mask).tolist():
            kept[i] = passes(self.stations[i])
        return kept

    def _door_passes(self, where: StationFilter) -> NDArray[np.bool_]:
        """For each distinct entry, whether it passes `open_at`, `access` and `all_day`."""
        passes = np.zeros(len(self._entries), dtype=bool)
        for code, entry in enumerate(self._entries):
            if where.all_day and not entry.all_day:
                continue
            if where.open_at is None:
                ways = {band.mode for band in entry.access}
                passes[code] = not where.access or not where.access.isdisjoint(ways)
                continue
            passes[code] = where.admits(entry.at(where.open_at))
        return passes


def _minute(when: dt.datetime) -> dt.datetime:
    return when.replace(second=0, microsecond=0)


def _interned(
    keys: Iterable[tuple[str | None, tuple[model.AccessBand, ...]]],
) -> tuple[list[Entry], NDArray[np.int32]]:
    """Return the distinct entries and, for each station, the number of its own."""
    codes: dict[object, int] = {}
    numbers = [codes.setdefault(key, len(codes)) for key in keys]
    entries = [Entry(*key) for key in codes]  # type: ignore[misc]
    return entries, np.array(numbers, dtype=np.int32)


def _columns(stations: Sequence[Station], entry: NDArray[np.int32]) -> _Columns:
    properties = [s.properties for s in stations]
    nowhere = (float("nan"), float("nan"))
    positions = np.array(
        [nowhere if s.geometry is None else s.geometry.coordinates for s in stations],
        dtype=np.float64,
    ).reshape(-1, 2)
    facility_bit = {code: 1 << i for i, code in enumerate(FACILITY_CODES)}
    status_code = {code: i for i, code in enumerate(STATUS_CODES)}
    return _Columns(
        lon=positions[:, 0].copy(),
        lat=positions[:, 1].copy(),
        kinds=np.array(
            _memo_bits([(p.kind, *p.services) for p in properties], KIND_CODES), np.uint32
        ),
        facilities=np.array(
            [sum([facility_bit[f] for f, has in p.facilities.items() if has]) for p in properties],
            np.uint64,
        ),
        serves=np.array(_memo_bits([p.serves for p in properties], SERVES_CODES), np.uint16),
        status=np.array([status_code[p.status] for p in properties], np.uint8),
        valid_from=np.array(
            [p.valid_from.toordinal() if p.valid_from else 0 for p in properties], np.int32
        ),
        valid_to=np.array(
            [p.valid_to.toordinal() if p.valid_to else _NEVER for p in properties], np.int32
        ),
        entry=entry,
    )


def _memo_bits(sets: list[tuple[str, ...]], codes: Sequence[str]) -> list[int]:
    """Bits of each set; the sets repeat, so each distinct one is worked out once."""
    known = {one: _bits(one, codes) for one in set(sets)}
    return [known[one] for one in sets]


def _bits(values: Iterable[str], codes: Sequence[str]) -> int:
    return sum({1 << codes.index(value) for value in values})


def _in_box(
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    box: tuple[float, float, float, float],
) -> NDArray[np.bool_]:
    west, south, east, north = box
    across = (lon >= west) & (lon <= east) if west <= east else (lon >= west) | (lon <= east)
    return across & (lat >= south) & (lat <= north)
