"""The ledger as one RFC 7946 file: filed without an account, once, and not too often.

There are no accounts, so the ledger itself says what has been sent before and by whom: everything
is decided under its lock, from what it holds, and is exact over processes and restarts. Nobody's
address is in it, only a pseudonym that the workspace's own key makes of it.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import secrets
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import filelock

from geodata.crs import GEOD
from stations.errors import (
    LedgerFileError,
    StoreBusyError,
    StoreWriteError,
    UnknownTaskError,
)
from stations.files import write_durably
from stations.ledger.entries import Answer, Entry, clean
from stations.ledger.file import LEDGER_NAME, order, parse, pieces
from stations.ledger.sources import Limits, check_room, pseudonym

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stations.vocabulary import TaskState

KEY_NAME, PHOTOS_NAME = ".ledger.key", "photos/reports"
LOCK_WAIT_S = 30.0
SAME_PLACE_M = 50.0
REMEMBERED = dt.timedelta(days=31)
"""How long a pseudonym and the name of a sending are kept."""
_DAY = dt.timedelta(days=1)
_KEY_BYTES = 32
_SETTLED_NS = 100_000_000
"""A file that changed more recently could be changed again and look the same: clocks tick."""


class Filed(NamedTuple):
    """An entry, and whether it had been filed already."""

    entry: Entry
    already: bool


class _Held(NamedTuple):
    """What the file says for as long as it has this signature."""

    signature: object
    entries: tuple[Entry, ...]


class Ledger:
    """``ledger.geojson`` of a workspace with its photos.

    Parameters
    ----------
    folder
        Folder of the workspace.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        self.path = self.folder / LEDGER_NAME
        self._held: _Held | None = None
        self._key: bytes | None = None

    def signature(self) -> object:
        """What differs once the file does: inode, size and time; an errno without a file."""
        try:
            return _signature(self.path.stat())
        except OSError as error:
            return error.errno

    def entries(self) -> tuple[Entry, ...]:
        """Every entry, the oldest first; none without a file.

        Raises
        ------
        LedgerFileError
            If the file cannot be read, with the lines that are at fault.
        """
        held, now_ns = self._held, time.time_ns()
        try:
            with self.path.open("rb") as file:
                stat = os.fstat(file.fileno())
                if held is not None and held.signature == _signature(stat):
                    return held.entries
                data = file.read()
        except FileNotFoundError:
            return ()
        except OSError as error:
            message = f"{LEDGER_NAME} cannot be read: {error.strerror}"
            raise LedgerFileError(message, f"{LEDGER_NAME} 无法读取：{error.strerror}") from error
        entries = parse(data)
        settled = now_ns - stat.st_mtime_ns > _SETTLED_NS
        self._held = _Held(_signature(stat), entries) if settled else None
        return entries

    def get(self, entry_id: str) -> Entry:
        """Return the entry with this id.

        Raises
        ------
        UnknownTaskError
            If there is none.
        """
        for entry in self.entries():
            if entry.id == entry_id:
                return entry
        raise _unknown(entry_id)

    def find(self, start: str) -> Entry:
        """Return the one entry whose id begins so.

        Raises
        ------
        UnknownTaskError
            If there is none, or more than one.
        """
        found = [e for e in self.entries() if e.id.startswith(start.lower())] if start else []
        if len(found) > 1:
            raise UnknownTaskError(
                f"{len(found)} tasks begin with {start[:40]!r}: give more of the number",
                f"有 {len(found)} 条以 {start[:40]!r} 开头：请多写几位",
            )
        if not found:
            raise _unknown(start)
        return found[0]

    def photo_path(self, entry_id: str) -> Path:
        """File of an entry's photo; raises UnknownTaskError where there is none."""
        entry = self.get(entry_id)
        path = self.folder / PHOTOS_NAME / f"{entry.id}.jpg"
        if not entry.properties.photo or not path.is_file():
            raise UnknownTaskError(f"there is no photo of {entry.id}", f"{entry.id} 没有照片")
        return path

    def filed_before(self, request: str | None, entry: Entry) -> Entry | None:
        """Return what the sending of this name has filed already, if it says the same."""
        if request is None:
            return None
        of_name = (one for one in self.entries() if one.properties.request == request)
        return next((one for one in of_name if _says_same(one, entry)), None)

    def check_room(self, source: str, at: dt.datetime, limits: Limits = Limits()) -> None:  # noqa: B008  a tuple never changes
        """Check that one more of a source may be filed: before what is dear is done with it.

        Raises
        ------
        TooManyReportsError
            If not, with how long to wait.
        """
        check_room(self.entries(), source, at, limits)

    def file(
        self,
        entry: Entry,
        *,
        source: str,
        request: str | None = None,
        photo: bytes | None = None,
        limits: Limits = Limits(),  # noqa: B008  as above
    ) -> Filed:
        """File a new entry, durably; what was sent before is found instead.

        One that says the same, of the same station or within `SAME_PLACE_M`, is the same where its
        `request` is; or where its source is, it was filed within a day before, is still open, and
        neither has a photo: senders may share an address, and a photo is nobody else's.

        Parameters
        ----------
        entry
            As `new_report` and `new_suggestion` return it.
        source
            As `pseudonym` returns it.
        request
            What the form calls this sending of itself.
        photo
            As `photos.sanitise` returns it.

        Raises
        ------
        TooManyReportsError
            If the source, or all together, have filed as many as they may.
        LedgerFileError
            If the ledger cannot be read; it is left as it is.
        StoreBusyError, StoreWriteError
            If it cannot be written; nothing was changed.
        """
        entry = entry.with_properties(source=source, request=request, photo=photo is not None)
        with self._locked():
            entries = self.entries()
            before = self.filed_before(request, entry)
            if before is None and photo is None:
                before = next((one for one in reversed(entries) if _is_same(one, entry)), None)
            if before is not None:
                return Filed(before, already=True)
            check_room(entries, source, entry.properties.created_at, limits)
            with self._kept_photo(entry, photo):
                self._write([*entries, entry])
        return Filed(entry, already=False)

    def answer(self, entry_id: str, *, who: str, text: str | None, state: TaskState) -> Entry:
        """Add what the office says or does to an entry; returns the entry.

        Raises
        ------
        UnknownTaskError
            If there is no such entry.
        ReportError
            If the text is too long.
        LedgerFileError, StoreBusyError, StoreWriteError
            As for `file`.
        """
        now = dt.datetime.now(dt.UTC).replace(microsecond=0)
        said = Answer(now, (clean(who) or "?")[:200], state, clean(text))
        with self._locked():
            entry = self.get(entry_id)
            answers = (*entry.properties.answers, said)
            answered = entry.with_properties(answers=answers, state=state)
            self._write([answered if one.id == entry.id else one for one in self.entries()])
        return answered

    def pseudonym(self, address: str | None) -> str:
        """Return what stands for an address: the same for the same, and nothing without the key."""
        return pseudonym(address, self._secret())

    def _secret(self) -> bytes:
        if self._key is None:
            path = self.folder / KEY_NAME
            with self._locked():
                if not path.exists():
                    write_durably(path, secrets.token_bytes(_KEY_BYTES), mode=0o600)
                key = path.read_bytes()
            if len(key) < _KEY_BYTES:
                raise LedgerFileError(
                    f"{KEY_NAME} is damaged: put it back, or remove it and a new one is made",
                    f"{KEY_NAME} 已损坏：请恢复，或删除后自动重建",
                )
            self._key = key
        return self._key

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            with filelock.FileLock(self.folder / ".ledger.lock", timeout=LOCK_WAIT_S):
                yield
        except filelock.Timeout as error:
            raise StoreBusyError(
                f"another writer has held the ledger for {LOCK_WAIT_S:.0f} s: try again",
                f"台账被占用超过 {LOCK_WAIT_S:.0f} 秒：请稍后再试",
            ) from error
        except OSError as error:
            raise StoreWriteError(
                f"the ledger could not be written ({error.strerror or error}); nothing was changed",
                f"台账无法写入（{error.strerror or error}）；没有任何改动",
            ) from error

    @contextlib.contextmanager
    def _kept_photo(self, entry: Entry, photo: bytes | None) -> Iterator[None]:
        """Keep a photo for as long as what is done meanwhile succeeds."""
        if photo is None:
            yield
            return
        path = self.folder / PHOTOS_NAME / f"{entry.id}.jpg"
        path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        try:
            write_durably(path, photo, mode=0o640)
            yield
        except BaseException:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
            raise

    def _write(self, entries: Sequence[Entry]) -> None:
        now = dt.datetime.now(dt.UTC)
        kept = tuple(sorted((_forgotten(entry, now) for entry in entries), key=order))
        # What workers write is between them and the office: not for everybody on the machine.
        stat = write_durably(self.path, pieces(kept), mode=0o640)
        self._held = _Held(_signature(stat), kept)


def _forgotten(entry: Entry, now: dt.datetime) -> Entry:
    """The entry without what was only needed while it was fresh."""
    said = entry.properties
    fresh = now - said.created_at < REMEMBERED
    if fresh or (said.source is None and said.request is None):
        return entry
    return entry.with_properties(source=None, request=None)


def _is_same(before: Entry, entry: Entry) -> bool:
    old, new = before.properties, entry.properties
    return (
        before.is_open
        and not old.photo
        and old.source == new.source
        and new.created_at - old.created_at <= _DAY
        and _says_same(before, entry)
    )


def _says_same(before: Entry, entry: Entry) -> bool:
    old, new = before.properties, entry.properties
    if (old.kind, old.text, old.facilities) != (new.kind, new.text, new.facilities):
        return False
    if new.kind == "report":
        return (old.station, old.problem) == (new.station, new.problem)
    return distance_m(before, entry) <= SAME_PLACE_M


def distance_m(a: Entry, b: Entry) -> float:
    """Geodesic distance of two entries; infinite where one is nowhere."""
    if a.position is None or b.position is None:
        return float("inf")
    return float(GEOD.inv(*a.position, *b.position)[2])


def _signature(stat: os.stat_result) -> object:
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


def _unknown(entry_id: str) -> UnknownTaskError:
    return UnknownTaskError(
        f"there is no report or suggestion {entry_id[:40]!r}",
        f"没有编号为 {entry_id[:40]!r} 的反馈",
    )
