"""What every store of the registry offers, whatever it is kept in."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, NamedTuple, Protocol

import msgspec

from stations.model import Station

if TYPE_CHECKING:
    from collections.abc import Iterator


class Snapshot(NamedTuple):
    """The whole registry at one revision: stations sorted by id."""

    revision: int
    updated_at: dt.datetime | None
    stations: list[Station]
    retired_ids: frozenset[str] = frozenset()


class Change(NamedTuple):
    """What is asked of a store: records to add or replace, and ids to remove."""

    put: tuple[Station, ...] = ()
    remove: tuple[str, ...] = ()


class RecordChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """One record before and after a revision; None where it did not exist."""

    id: str
    before: Station | None = None
    after: Station | None = None


class HistoryEntry(msgspec.Struct, frozen=True):
    """One revision in the history: when, who, what for, and every record it touched."""

    revision: int
    time: dt.datetime
    who: str
    what: str
    changes: tuple[RecordChange, ...]


class Store(Protocol):
    """A registry to be read whole, changed under optimistic concurrency, and looked back on."""

    def signature(self) -> object:
        """Return something cheap that differs whenever the registry has changed."""

    def read(self) -> Snapshot:
        """Return the last whole revision; never blocks on a writer.

        Raises
        ------
        RegistryFileError
            If what is kept cannot be read; names the place and the reason.
        """

    def apply(
        self, change: Change, *, who: str, what: str, expected_revision: int | None = None
    ) -> Snapshot:
        """Apply `change` as one revision, durably, and return the registry after it.

        A change that alters nothing makes no revision. The store stamps `revision` and
        `updated_at` of every record that it writes.

        Raises
        ------
        RevisionConflictError
            If `expected_revision` is given and the registry is at another one.
        UnknownStationError
            If an id to remove does not exist.
        RecordError
            If an id was retired by an earlier removal, or comes twice.
        StoreBusyError, StoreWriteError
            If the lock or the disk does not let us; nothing was changed.
        """

    def history(self, since: int = 0) -> Iterator[HistoryEntry]:
        """Iterate over the revisions after `since`, oldest first."""
