"""The registry as it was: earlier revisions, taken back from the history step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stations.errors import UnknownRevisionError
from stations.store.protocol import Snapshot

if TYPE_CHECKING:
    import datetime as dt

    from stations.model import Station
    from stations.store.protocol import Store


def snapshot_at(store: Store, revision: int) -> Snapshot:
    """Return the registry at an earlier revision; 0 is before its first record.

    Raises
    ------
    UnknownRevisionError
        If the registry has not come so far, or its history does not reach back so far.
    """
    now = store.read()
    if not 0 <= revision <= now.revision:
        raise UnknownRevisionError(
            f"there is no revision {revision}: the registry is at revision {now.revision}",
            f"没有修订 {revision}：登记册现为修订 {now.revision}",
        )
    before: dict[str, Station | None] = {}
    removed: set[str] = set()
    expected, updated_at = revision + 1, now.updated_at if revision == now.revision else None
    # The entry of the revision itself says when it came to be.
    for entry in store.history(since=max(revision - 1, 0)):
        if entry.revision == revision:
            updated_at = entry.time
            continue
        if entry.revision != expected:
            break
        expected += 1
        for change in entry.changes:
            before.setdefault(change.id, change.before)
            if change.after is None:
                removed.add(change.id)
    if expected != now.revision + 1:
        raise UnknownRevisionError(
            f"the history lacks revision {expected}, so what the registry was at revision "
            f"{revision} is not known",
            f"历史记录缺少修订 {expected}，无法还原修订 {revision} 时的登记册",
        )
    stations = {station.id: station for station in now.stations if station.id not in before}
    stations |= {key: station for key, station in before.items() if station is not None}
    return Snapshot(
        revision,
        updated_at,
        [stations[key] for key in sorted(stations)],
        now.retired_ids - removed,
    )


def revision_at(store: Store, moment: dt.datetime) -> int:
    """Return the revision that the registry was at in a moment; 0 before its first."""
    revision = 0
    for entry in store.history():
        if entry.time > moment:
            break
        revision = entry.revision
    return revision
