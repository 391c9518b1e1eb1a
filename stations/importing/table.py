"""The one form every file is read into: named columns, numbered rows, positions and their datum."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stations.importing.messages import Problem

Cell = object
"""What a cell holds: text, number, bool, date, time, None, or for GeoJSON a list or an object."""

Place = tuple[float, float] | str | None
"""A point as it stands in the file, the name of a geometry that is no point, or nothing."""


class Row(NamedTuple):
    """A row with the number the clerk sees, its cells, and where a layer puts it."""

    number: int
    cells: Sequence[Cell]
    place: Place = None


@dataclass(frozen=True, slots=True)
class Table:
    """A file as it was read, nothing interpreted yet.

    Attributes
    ----------
    columns
        Headers, each once.
    rows
        Every row that holds anything, in the order of the file.
    has_places
        Whether the positions are the geometries of the rows rather than columns.
    datum
        What a layer says of its coordinate system, canonical; None where it says nothing.
    registry
        Whether this is a registry of ours: WGS84 whatever `source_datum` says, nothing derived.
    cut_headers
        Whether headers may have lost their end, as in a shapefile.
    problems
        What was met while reading.
    """

    columns: tuple[str, ...]
    rows: list[Row]
    has_places: bool = False
    datum: str | None = None
    registry: bool = False
    cut_headers: bool = False
    problems: list[Problem] = field(default_factory=list)


def unique_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return `names`, each once: a number behind those that came before, ``column n`` for none."""
    seen: set[str] = set()
    result = []
    for place, name in enumerate(names, 1):
        base = name or f"column {place}"
        unique, count = base, 1
        while unique in seen:
            count += 1
            unique = f"{base} ({count})"
        seen.add(unique)
        result.append(unique)
    return tuple(result)
