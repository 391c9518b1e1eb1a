"""The registry as one RFC 7946 file, one feature a line, with an append-only history beside it.

Writing: under a lock, the history line first, then the new file under a temporary name in the same
folder, flushed and fsynced, renamed over the old one, and the folder fsynced. A reader never locks
and sees the old or the new file, whole. A writer killed between the two leaves a history line for
a revision that never came; the next writer appends a line that takes it back.

What was read or written last is kept for as long as the file looks the same, so an edit costs
encoding and writing the file, not reading it again.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import os
import time
from bisect import bisect_left
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import filelock
import msgspec

from stations import model
from stations.errors import (
    RecordError,
    RegistryFileError,
    RevisionConflictError,
    StoreBusyError,
    StoreWriteError,
    UnknownStationError,
)
from stations.files import append_durably, feature_lines, write_durably
from stations.model import Station
from stations.store.protocol import Change, HistoryEntry, RecordChange, Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_FILE_BYTES = 1 << 30
LOCK_WAIT_S = 30.0
_CHUNK = 2000
"""Records encoded at a time: few enough to stay in the processor's cache."""
_SETTLED_NS = 100_000_000
"""A file that changed more recently could be changed again and look the same: clocks tick."""


class _Collection(msgspec.Struct, frozen=True, tag_field="type", tag="FeatureCollection"):
    """The registry file: a FeatureCollection with its revision as foreign members."""

    features: list[Station]
    revision: int = 0
    updated_at: dt.datetime | None = None
    retired_ids: frozenset[str] = frozenset()


class _Mark(msgspec.Struct, frozen=True, omit_defaults=True):
    """What orders the history: an entry's revision, or from which revision on it was taken back."""

    revision: int
    taken_back: bool = False


class _Signature(NamedTuple):
    inode: int
    size: int
    modified_ns: int

    @classmethod
    def of(cls, stat: os.stat_result) -> _Signature:
        return cls(stat.st_ino, stat.st_size, stat.st_mtime_ns)


class _Held(NamedTuple):
    """What the file says for as long as it has this signature."""

    signature: _Signature
    snapshot: Snapshot


_DECODER = msgspec.json.Decoder(_Collection)
_ID = attrgetter("id")
_MARK_DECODER = msgspec.json.Decoder(_Mark)
_ENTRY_DECODER = msgspec.json.Decoder(HistoryEntry)
_ENCODER = msgspec.json.Encoder()


class GeoJsonStore:
    """The default store: ``stations.geojson`` and ``history.jsonl`` in one folder."""

    def __init__(self, folder: Path | str) -> None:
        self.path = Path(folder) / "stations.geojson"
        self.history_path = Path(folder) / "history.jsonl"
        self._lock_path = Path(folder) / ".stations.lock"
        self._held: _Held | None = None

    def signature(self) -> _Signature | int | None:
        """Inode, size and time of the file: a rename always changes it. An errno without one."""
        try:
            return _Signature.of(self.path.stat())
        except OSError as error:
            # Whoever reads the file says what is the matter with it.
            return error.errno

    def read(self) -> Snapshot:
        """Return the last whole revision; see `Store.read`. A missing file is an empty registry.

        The snapshot is shared with whoever reads the same revision and must not be changed.
        """
        held, now_ns = self._held, time.time_ns()
        try:
            with self.path.open("rb") as file:
                signature = _Signature.of(os.fstat(file.fileno()))
                if held is not None and held.signature == signature:
                    return held.snapshot
                data = file.read()
        except FileNotFoundError:
            return Snapshot(0, None, [])
        except OSError as error:
            message = f"{self.path.name} cannot be read: {error.strerror}"
            raise RegistryFileError(message) from error
        snapshot = parse(data, self.path.name)
        settled = now_ns - signature.modified_ns > _SETTLED_NS
        self._held = _Held(signature, snapshot) if settled else None
        return snapshot

    def apply(
        self, change: Change, *, who: str, what: str, expected_revision: int | None = None
    ) -> Snapshot:
        """Apply `change` as one revision, durably; see `Store.apply`."""
        with self._locked():
            before = self.read()
            if expected_revision is not None and expected_revision != before.revision:
                message = (
                    f"the registry is at revision {before.revision}, not {expected_revision}: "
                    "read it again and repeat the change"
                )
                raise RevisionConflictError(message)
            after, entry = _changed(before, change, who=who, what=what)
            if entry is None:
                return before
            self._write(after, entry, before.revision)
            return after

    def history(self, since: int = 0) -> Iterator[HistoryEntry]:
        """Iterate over the revisions after `since` that took effect, oldest first."""
        effective = self._effective_lines(self.read().revision)
        if not effective:
            return
        with self.history_path.open("rb") as file:
            for number, line in enumerate(file):
                if effective.get(number, 0) > since:
                    yield _ENTRY_DECODER.decode(line)

    def _effective_lines(self, current: int) -> dict[int, int]:
        """Line number -> revision of the history lines that came true and were not taken back."""
        lines: dict[int, int] = {}
        try:
            file = self.history_path.open("rb")
        except FileNotFoundError:
            return lines
        with file:
            for number, line in enumerate(file):
                if not line.endswith(b"\n"):
                    break
                mark = _mark(line, number + 1, self.history_path.name)
                if mark.taken_back:
                    lines = {n: rev for n, rev in lines.items() if rev < mark.revision}
                elif mark.revision <= current:
                    lines[number] = mark.revision
        return lines

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            with filelock.FileLock(self._lock_path, timeout=LOCK_WAIT_S):
                yield
        except filelock.Timeout as error:
            message = f"another writer has held the registry for {LOCK_WAIT_S:.0f} s: try again"
            raise StoreBusyError(message) from error
        except OSError as error:
            message = (
                f"the registry in {self.path.parent} could not be written "
                f"({error.strerror or error}); nothing was changed"
            )
            raise StoreWriteError(message) from error

    def _write(self, after: Snapshot, entry: HistoryEntry, revision_before: int) -> None:
        end = self._take_back_unfinished(revision_before)
        try:
            append_durably(self.history_path, _ENCODER.encode(entry))
            # It may hold managers' phone numbers: not for everybody on the machine.
            stat = write_durably(self.path, pieces(after), mode=0o640)
        except OSError:
            # The announcement did not come true; with the disk full, shrinking still works.
            with contextlib.suppress(OSError):
                os.truncate(self.history_path, end)
            raise
        self._held = _Held(_Signature.of(stat), after)

    def _take_back_unfinished(self, revision: int) -> int:
        """Take back what the history announced beyond `revision`; return its length.

        A killed writer leaves an unfinished line, which is cut, or a line for a revision that
        never came, which is answered by a line that takes it back. The same answers a registry
        file that somebody put back to an older state.
        """
        try:
            file = self.history_path.open("rb+")
        except FileNotFoundError:
            return 0
        with file:
            size = file.seek(0, os.SEEK_END)
            whole = _last_line_start(file, size) if not _ends_with_newline(file, size) else size
            if whole < size:
                file.truncate(whole)
            if whole == 0:
                return 0
            file.seek(_last_line_start(file, whole - 1))
            mark = _mark(file.readline(), None, self.history_path.name)
        # A line that takes back from a revision on leaves those before it.
        if mark.revision - mark.taken_back > revision:
            append_durably(self.history_path, _ENCODER.encode(_Mark(revision + 1, taken_back=True)))
        return self.history_path.stat().st_size


def parse(data: bytes, name: str = "stations.geojson") -> Snapshot:
    """Parse and check a registry file.

    Raises
    ------
    RegistryFileError
        With the line and the reason of every fault found, up to ten.
    """
    if len(data) > MAX_FILE_BYTES:
        message = f"{name} is {len(data) >> 20} MiB; the limit is {MAX_FILE_BYTES >> 20} MiB"
        raise RegistryFileError(message)
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    try:
        collection = _DECODER.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        faults = _faults_by_line(data) or [str(error)]
        raise RegistryFileError(f"{name}: " + "; ".join(faults)) from error
    faults = _faults_of_records(collection.features)
    if faults:
        faults = _faults_by_line(data) or faults
        raise RegistryFileError(f"{name}: " + "; ".join(faults))
    stations = collection.features
    ids = [station.id for station in stations]
    if any(a >= b for a, b in itertools.pairwise(ids)):
        stations = sorted(stations, key=lambda station: station.id)
    return Snapshot(collection.revision, collection.updated_at, stations, collection.retired_ids)


def serialise(snapshot: Snapshot) -> bytes:
    """Return the registry file of `snapshot`: a header line, one feature a line, a closing line."""
    return b"".join(pieces(snapshot))


def pieces(snapshot: Snapshot) -> Iterator[bytes]:
    """Yield what `serialise` returns bit by bit, so that it never lies in memory as a whole."""
    header = {
        "type": "FeatureCollection",
        "name": "stations",
        "revision": snapshot.revision,
        "updated_at": snapshot.updated_at,
        "retired_ids": sorted(snapshot.retired_ids),
    }
    yield _ENCODER.encode(header)[:-1] + b',"features":[\n'
    stations = snapshot.stations
    for start in range(0, len(stations), _CHUNK):
        # A newline inside a JSON string is always escaped, so every one here ends a feature.
        lines = _ENCODER.encode_lines(stations[start : start + _CHUNK]).replace(b"\n", b",\n")
        yield lines if start + _CHUNK < len(stations) else lines[:-2]
    yield b"\n]}\n"


def _changed(
    before: Snapshot, change: Change, *, who: str, what: str
) -> tuple[Snapshot, HistoryEntry | None]:
    """Return the snapshot after `change` and its history entry; no entry if nothing differs."""
    places = _places(before.stations, {*change.remove, *(new.id for new in change.put)})
    stations = {station_id: before.stations[place] for station_id, place in places.items()}
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    revision = before.revision + 1
    touched: list[RecordChange] = []
    seen: set[str] = set()
    for station_id in change.remove:
        old = stations.pop(station_id, None)
        if old is None:
            message = f"no station has the id {station_id!r}, so it cannot be removed"
            raise UnknownStationError(message)
        seen.add(station_id)
        touched.append(RecordChange(station_id, before=old))
    for new in change.put:
        if new.id in seen:
            message = f"station {new.id} comes twice in one change"
            raise RecordError(message)
        if new.id in before.retired_ids:
            message = f"the id {new.id!r} was retired and is never used again: give a new one"
            raise RecordError(message)
        seen.add(new.id)
        model.validate(new)
        old = stations.get(new.id)
        if old is not None and model.same_content(old, new):
            continue
        stamped = model.stamp(new, revision=revision, updated_at=now)
        stations[new.id] = stamped
        touched.append(RecordChange(new.id, before=old, after=stamped))
    if not touched:
        return before, None
    removed = frozenset(change.remove)
    after = Snapshot(
        revision,
        now,
        _merged(before.stations, places, stations, removed),
        before.retired_ids | removed,
    )
    return after, HistoryEntry(revision, now, who, what, tuple(touched))


def _places(stations: list[Station], ids: Iterable[str]) -> dict[str, int]:
    """Return where those of the ids that there are stand in `stations`, sorted by id."""
    places = {}
    for station_id in ids:
        place = bisect_left(stations, station_id, key=_ID)
        if place < len(stations) and stations[place].id == station_id:
            places[station_id] = place
    return places


def _merged(
    stations: list[Station],
    places: dict[str, int],
    fresh: dict[str, Station],
    removed: frozenset[str],
) -> list[Station]:
    """Return `stations` with the fresh ones, at their places or new, and without the removed."""
    merged = stations.copy()
    for station_id, place in places.items():
        merged[place] = fresh.get(station_id, merged[place])
    if removed:
        merged = [station for station in merged if station.id not in removed]
    added = [station for station_id, station in fresh.items() if station_id not in places]
    return sorted([*merged, *added], key=_ID) if added else merged


def _faults_of_records(stations: list[Station]) -> list[str]:
    """Return what `model.check_consistent` finds and which ids come twice, at most ten."""
    faults = []
    seen: set[str] = set()
    for station in stations:
        try:
            model.check_consistent(station)
        except RecordError as error:
            faults.append(str(error))
        if station.id in seen:
            faults.append(f"the id {station.id!r} comes twice")
        seen.add(station.id)
        if len(faults) == 10:
            break
    return faults


def _faults_by_line(data: bytes) -> list[str]:
    """Return line and reason of every faulty record in a one-feature-a-line file, at most ten."""
    faults = []
    lines_of: dict[str, int] = {}
    for number, line in feature_lines(data):
        try:
            station = model.decode(line)
        except RecordError as error:
            faults.append(f"line {number}: {error}")
        else:
            first = lines_of.setdefault(station.id, number)
            if first != number:
                faults.append(f"line {number}: the id {station.id!r} stands on line {first} too")
        if len(faults) == 10:
            break
    return faults


def _mark(line: bytes, number: int | None, name: str) -> _Mark:
    try:
        return _MARK_DECODER.decode(line)
    except msgspec.DecodeError as error:
        where = "the last line" if number is None else f"line {number}"
        message = f"{name}, {where}: {error}; it was edited by hand, restore it"
        raise RegistryFileError(message) from error


def _ends_with_newline(file: BinaryIO, size: int) -> bool:
    file.seek(max(size - 1, 0))
    return file.read(1) in {b"", b"\n"}


def _last_line_start(file: BinaryIO, end: int) -> int:
    """Offset after the last newline before `end`; 0 where there is none."""
    block = 1 << 16
    while end > 0:
        start = max(end - block, 0)
        file.seek(start)
        found = file.read(end - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0
