"""What has changed since a revision, for programs that keep a copy of the registry.

Whoever applies page after page, and begins the next time at the `revision` of the last one, holds
what the registry holds in public. A change makes a new revision, so it moves a station to the end
of the line: those who are still reading come to it, whatever is written meanwhile.

Only a registry file that was edited by hand can change a record and not its revision. Therefore
every station has a checksum, and all of them together have one, which a copy can work out too.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import operator
import threading
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

import msgspec

from stations import model
from stations.errors import CopyAheadError, StationsError

if TYPE_CHECKING:
    from stations.registry import Registry
    from stations.store import Store
    from stations.workspace import Workspace


class Cursor(NamedTuple):
    """Behind which change a page begins: its revision and the id of its station."""

    revision: int
    id: str


class Changed(NamedTuple):
    """A station that a revision wrote, or removed: then it has no place in the registry."""

    revision: int
    id: str
    # The name hides a tuple's method, which nobody misses here.
    index: int | None  # type: ignore[assignment]
    checksum: int


@dataclasses.dataclass(frozen=True)
class Changes:
    """A page of changes, in the order of revisions and ids.

    Attributes
    ----------
    registry
        What it was read from.
    page
        Each station at most once, as it is now.
    matched
        How many changes there are since the revision asked for, on all pages.
    following
        Where the next page begins; None if this is the last one.
    checksum
        Of all stations of the registry: the exclusive or of theirs.
    """

    registry: Registry
    page: tuple[Changed, ...]
    matched: int
    following: Cursor | None
    checksum: int


def changes(
    workspace: Workspace, since: int, *, limit: int = 1000, after: Cursor | None = None
) -> Changes:
    """Return the stations that were changed or removed since a revision; since 0, all there are.

    Of an id that was retired before the history began, or that the history does not tell of, the
    revision of its removal is taken to be the last one: it is told again with every revision.

    Parameters
    ----------
    after
        Where the page before ended.

    Raises
    ------
    CopyAheadError
        If the registry has not come so far: an older state was put back.
    """
    registry = workspace.registry
    latest = since if after is None else max(since, after.revision)
    if latest > registry.revision:
        raise CopyAheadError(
            f"the registry is at revision {registry.revision}, not yet at {latest}: an older state "
            "was put back; empty the copy and start again with since=0",
            f"登记库现为第 {registry.revision} 版，还没有第 {latest} 版：登记库恢复过旧备份；"
            "请清空副本，从 since=0 重新开始",
        )
    line = _line(workspace.store, registry)
    # A file that no store has written yet is at revision 0, and so are its records.
    first = bisect_right(line.changes, since, key=_REVISION) if since else 0
    start = first if after is None else max(first, bisect_right(line.changes, after, key=_CURSOR))
    page = tuple(line.changes[start : start + limit])
    more = start + limit < len(line.changes)
    return Changes(
        registry,
        page,
        matched=len(line.changes) - first,
        following=Cursor(*_CURSOR(page[-1])) if more else None,
        checksum=line.checksum,
    )


_REVISION = operator.attrgetter("revision")
_CURSOR = operator.itemgetter(0, 1)
_LINES: WeakKeyDictionary[Registry, _Line] = WeakKeyDictionary()
_REMOVALS: WeakKeyDictionary[Store, _Removals] = WeakKeyDictionary()
_MAKING = threading.Lock()


class _Line(NamedTuple):
    """All stations and removals of a registry by revision and id."""

    changes: list[Changed]
    checksum: int


def _line(store: Store, registry: Registry) -> _Line:
    # Whoever asks at the same time waits for it, rather than make one too.
    with _MAKING:
        found = _LINES.get(registry)
        if found is None:
            removals = _REMOVALS.setdefault(store, _Removals())
            found = _LINES[registry] = _made(registry, removals.of(registry, store))
    return found


def _made(registry: Registry, removed: dict[str, int]) -> _Line:
    last = registry.revision
    there = [
        Changed(min(station.properties.revision, last), station.id, index, _checksum(station))
        for index, station in enumerate(registry.stations)
    ]
    gone = [Changed(min(revision, last), one, None, 0) for one, revision in removed.items()]
    checksum = functools.reduce(operator.xor, (one.checksum for one in there), 0)
    return _Line(sorted([*there, *gone], key=_CURSOR), checksum)


def _checksum(station: model.Station) -> int:
    # 32 bits: what a script in a browser can take the exclusive or of.
    public = model.encode(station.public())
    return int.from_bytes(hashlib.blake2b(public, digest_size=4).digest())


class _Removals:
    """In which revision ids were retired, as far as the history has been read and tells."""

    def __init__(self) -> None:
        self._read_to = 0
        self._known: dict[str, int] = {}

    def of(self, registry: Registry, store: Store) -> dict[str, int]:
        """Return the removed ids of a registry with the revision; the last one if unknown."""
        gone = registry.retired_ids
        if gone:
            gone -= {station.id for station in registry.stations}
        if registry.revision < self._read_to:
            self._read_to, self._known = 0, {}
        if registry.revision > self._read_to and not gone <= self._known.keys():
            self._read(store)
            self._read_to = max(self._read_to, registry.revision)
        # An id that is there again was put back by hand, and may be removed another time.
        self._known = {one: at for one, at in self._known.items() if one in gone}
        return {one: self._known.get(one, registry.revision) for one in gone}

    def _read(self, store: Store) -> None:
        try:
            for entry in store.history(self._read_to):
                removed = [change.id for change in entry.changes if change.after is None]
                self._known.update(dict.fromkeys(removed, entry.revision))
                self._read_to = entry.revision
        except (StationsError, msgspec.MsgspecError, OSError):
            # Lost or edited by hand from here on: it does not tell, and that is provided for.
            return
