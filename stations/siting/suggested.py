"""Places that workers have suggested, as candidates of a plan."""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geodata.siting.candidates import allowed
from stations.ledger.store import distance_m

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from geodata.districts import Districts
    from stations.ledger import Entry
    from stations.workspace import Workspace

SAME_PLACE_M = 30.0
_ID_SHOWN = 6
_MOST_NAME = 60
_UNNAMED = "工人建议 / worker's suggestion"
_EARTH_M = 6_378_137.0


class Suggested(NamedTuple):
    """Places for a plan, and how many others lie where none may be."""

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    ids: tuple[str, ...]
    names: tuple[str, ...]
    excluded: int


def suggested_places(
    workspace: Workspace, *, districts: Districts | None, excluded: NDArray[np.object_]
) -> Suggested:
    """The open suggestions of a workspace, those within `SAME_PLACE_M` of each other as one.

    A plan may be read by everybody, and a suggestion's id is the secret of its worker: only the
    beginning of it is shown, which is enough for the office to find it. Words of a stranger stand
    on no page either before somebody has read them: the name is their first line once the
    suggestion has been accepted.

    Raises
    ------
    LedgerFileError
        If the ledger cannot be read.
    """
    entries = [
        entry
        for entry in workspace.ledger.entries()
        if entry.properties.kind == "suggestion" and entry.is_open and entry.position is not None
    ]
    lon, lat = np.array([e.position for e in entries], np.float64).reshape(-1, 2).T
    if not entries:
        return Suggested(lon, lat, (), (), 0)
    passes = allowed(lon, lat, districts=districts, excluded=excluded)
    kept = _apart(entry for entry, may in zip(entries, passes.tolist(), strict=True) if may)
    lon, lat = np.array([e.position for e in kept], np.float64).reshape(-1, 2).T
    return Suggested(
        lon.copy(),
        lat.copy(),
        tuple(f"suggestion:{entry.id[:_ID_SHOWN]}" for entry in kept),
        tuple(map(_name, kept)),
        int(np.count_nonzero(~passes)),
    )


def _apart(entries: Iterable[Entry]) -> list[Entry]:
    """The first of those that lie together, in the order of filing."""
    kept = []
    cells: defaultdict[tuple[int, ...], list[Entry]] = defaultdict(list)
    for entry in entries:
        cell = _cell(entry)
        around = itertools.product(*((x - 1, x, x + 1) for x in cell))
        if all(distance_m(one, entry) > SAME_PLACE_M for at in around for one in cells.get(at, ())):
            cells[cell].append(entry)
            kept.append(entry)
    return kept


def _cell(entry: Entry) -> tuple[int, ...]:
    """The cube of space an entry lies in: who is within `SAME_PLACE_M` lies in it or beside it.

    On a sphere, which is half a percent off at most; the cubes are larger by more than that.
    """
    assert entry.position is not None  # noqa: S101  those without one have been left out
    x, y = np.radians(entry.position)
    point = np.array([np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)])
    return tuple(np.floor(point * _EARTH_M / (1.1 * SAME_PLACE_M)).astype(int).tolist())


def _name(entry: Entry) -> str:
    said = entry.properties
    if said.state == "new" or said.text is None:
        return _UNNAMED
    first, *_ = said.text.splitlines()
    return first if len(first) <= _MOST_NAME else first[: _MOST_NAME - 1] + "…"
