"""Where a row's position comes from, in which datum, and what is wrong with it.

Nothing is repaired: a swapped or impossible position keeps its row out, with the reason.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import numpy as np
import pyproj

from geodata import datum as datums
from geodata.errors import DatumError, PositionError
from stations.importing.coordinates import read_angle, read_position
from stations.importing.headers import POSITION_FIELDS
from stations.importing.messages import Problem, file_error, listed, rejected, shown, warning
from stations.importing.text import is_blank, text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stations.importing.layout import Column, Layout
    from stations.importing.table import Row, Table

DECIMALS: Final = 8
"""Digits kept of a WGS84 degree: a millimetre."""

_GEOGRAPHIC: Final = frozenset({"wgs84", "gcj02", "bd09"})
# Anything in these two ranges at once is a place in China with its axes exchanged.
_LAT_OF_CHINA, _LON_OF_CHINA = (3.0, 54.0), (73.0, 136.0)


class Source(NamedTuple):
    """Where positions come from.

    Attributes
    ----------
    kind
        The geometry of the row, a pair of columns, one column, or nowhere.
    columns
        The columns of a pair (lon, lat) or the one column.
    datum
        Canonical datum of all rows; None where only each row says it.
    datum_column
        The column in which a row says its datum.
    recorded
        Whether the positions are WGS84 already and `source_datum` and `source_position` tell what
        they once came from, as in a file of ours.
    """

    kind: Literal["geometry", "pair", "single", "none"]
    columns: tuple[Column, ...] = ()
    datum: str | None = None
    datum_column: Column | None = None
    recorded: bool = False


@dataclass(slots=True)
class Fix:
    """A position as a row states it, before conversion."""

    x: float
    y: float
    datum: str


def find_source(table: Table, layout: Layout, datum: str | None) -> tuple[Source, list[Problem]]:
    """Decide where positions come from and in which datum; never by a guess.

    Parameters
    ----------
    table, layout
        The file and what its columns are.
    datum
        Canonical datum that was given for the file, None where none was.

    Raises
    ------
    ImportFileError
        If there are positions and their datum is not stated, or stated twice differently.
    """
    found = [column for column in layout.columns if column.field in POSITION_FIELDS]
    mapped = [column for column in found if column.mapped]
    recorded = table.registry or layout.of("source_position") is not None
    by_row = None if recorded else layout.of("source_datum")
    if table.has_places and not mapped:
        source = Source(
            "geometry", (), _layer_datum(table, datum, recorded=recorded, by_row=by_row), by_row
        )
        word = "the geometry of the layer"
    else:
        source = _columns_source(mapped or found, datum, recorded=recorded, by_row=by_row)
        word = " + ".join(shown(column.name) for column in source.columns)
    if recorded and datum not in {None, "wgs84"} and source.kind != "none":
        raise file_error("datum_conflict", datum=datum, known="wgs84 (source_position)")
    source = source._replace(recorded=recorded)
    used = {column.datum for column in source.columns}
    # That a file has its positions in another datum as well is no news.
    unused = [
        column
        for column in found
        if column not in source.columns and (column.datum is None or column.datum in used)
    ]
    key = "half_position" if source.kind == "none" else "other_position"
    if source.kind == "geometry":
        unused = []
    problems = [
        warning(key, None, "position", column=shown(column.name), word=word) for column in unused
    ]
    problems += [
        warning(
            "datum_label",
            None,
            "position",
            column=shown(column.name),
            word=column.datum,
            datum=source.datum,
        )
        for column in source.columns
        if column.datum and source.datum and column.datum != source.datum
    ]
    return source, problems


def _layer_datum(
    table: Table,
    datum: str | None,
    *,
    recorded: bool,
    by_row: Column | None,
) -> str | None:
    label = table.datum
    if label is not None and label not in _GEOGRAPHIC and pyproj.CRS(label).is_projected:
        if datum not in {None, label}:
            raise file_error("projected_conflict", known=label, datum=datum)
        return label
    if datum is not None or label is not None:
        return datum or label
    if recorded:
        return "wgs84"
    if by_row is None and any(row.place is not None for row in table.rows):
        raise file_error("no_datum", column="the geometries of the layer (it has no CRS)")
    return None


def _columns_source(
    columns: list[Column],
    datum: str | None,
    *,
    recorded: bool,
    by_row: Column | None,
) -> Source:
    """Return the pair or column to use of those found."""
    groups = _groups(columns)
    if not groups:
        return Source("none")
    labels = [label for label in groups if label is not None]
    if datum is not None:
        chosen = _group_for(datum, groups)
        return _source(groups[chosen], datum, by_row)
    if len(labels) > 1:
        raise file_error("several_datums", known=listed(labels))
    if labels:
        return _source(groups[labels[0]], labels[0], by_row)
    if recorded:
        return _source(groups[None], "wgs84", None)
    if by_row is None:
        names = ", ".join(shown(column.name) for column in groups[None])
        raise file_error("no_datum", column=names)
    return _source(groups[None], None, by_row)


def _groups(columns: list[Column]) -> dict[str | None, tuple[Column, ...]]:
    """Return the pairs or columns that make whole positions, by the datum their headers name."""
    groups: dict[str | None, tuple[Column, ...]] = {}
    for label in dict.fromkeys(column.datum for column in columns):
        group = _complete([column for column in columns if column.datum == label])
        if group:
            groups[label] = group
    if not groups and any(column.mapped for column in columns):
        # The mapping has put a pair together out of columns with different labels.
        group = _complete(columns)
        return {None: group} if group else {}
    return groups


def _group_for(datum: str, groups: dict[str | None, tuple[Column, ...]]) -> str | None:
    """Return the label of the group to read as `datum`."""
    if datum in groups:
        return datum
    if None in groups:
        return None
    labels = [label for label in groups if label is not None]
    if not all(column.mapped for label in labels for column in groups[label]):
        raise file_error("datum_conflict", datum=datum, known=listed(labels))
    return labels[0]


def _complete(columns: list[Column]) -> tuple[Column, ...]:
    by_field = {column.field: column for column in reversed(columns)}
    if "lon" in by_field and "lat" in by_field:
        return by_field["lon"], by_field["lat"]
    return (by_field["position"],) if "position" in by_field else ()


def _source(group: tuple[Column, ...], datum: str | None, by_row: Column | None) -> Source:
    return Source("pair" if len(group) == 2 else "single", group, datum, by_row)


# -- one row ------------------------------------------------------------------------------------


def read_fix(row: Row, source: Source) -> Fix | Problem | None:
    """Return the position of a row, a problem that keeps the row out, or None for unknown."""
    found = _stated(row, source)
    if found is None or isinstance(found, Problem):
        return found
    datum = source.datum
    if source.datum_column is not None:
        said = row.cells[source.datum_column.index]
        if not is_blank(said):
            own = _normalised(text_of(said))
            if own is None:
                return rejected("row_datum", row.number, "source_datum", word=shown(text_of(said)))
            datum = own
    if datum is None:
        return rejected("row_no_datum", row.number, "source_datum")
    fix = Fix(*found, datum)
    return _impossible(fix, row.number) or fix


def _stated(row: Row, source: Source) -> tuple[float, float] | Problem | None:
    if source.kind == "none":
        return None
    if source.kind == "geometry":
        if isinstance(row.place, str):
            return rejected("not_a_point", row.number, "position", word=row.place)
        return row.place
    if any(is_blank(row.cells[column.index]) for column in source.columns):
        return None
    if source.kind == "single":
        (column,) = source.columns
        return read_position(row.cells[column.index]) or _no_coordinate(row, column)
    return _pair(row, source.columns)


def _pair(row: Row, columns: tuple[Column, ...]) -> tuple[float, float] | Problem:
    numbers = []
    for column in columns:
        angle = read_angle(row.cells[column.index])
        if angle is None:
            return _no_coordinate(row, column)
        if angle.axis not in {None, column.field}:
            # It says plainly that it is the other one: a swap, not a typing error.
            both = ", ".join(text_of(row.cells[c.index]) for c in columns)
            return rejected("swapped", row.number, "position", word=both)
        numbers.append(angle.degrees)
    return numbers[0], numbers[1]


def _no_coordinate(row: Row, column: Column) -> Problem:
    return rejected(
        "bad_position",
        row.number,
        "position",
        column=shown(column.name),
        word=shown(text_of(row.cells[column.index])),
    )


@functools.lru_cache(maxsize=256)
def _normalised(word: str) -> str | None:
    try:
        return datums.normalise(word)
    except DatumError:
        return None


def _impossible(fix: Fix, row: int) -> Problem | None:
    """Return what is wrong with a geographic position, if anything."""
    if fix.datum not in _GEOGRAPHIC and pyproj.CRS(fix.datum).is_projected:
        return None
    word = f"{fix.x:g}, {fix.y:g}"
    if (fix.x, fix.y) == (0.0, 0.0):
        return warning("zero_position", row, "position")
    china = (
        _LAT_OF_CHINA[0] <= fix.x <= _LAT_OF_CHINA[1]
        and _LON_OF_CHINA[0] <= fix.y <= _LON_OF_CHINA[1]
    )
    if china or (abs(fix.y) > 90 and abs(fix.x) <= 90 and abs(fix.y) <= 180):
        return rejected("swapped", row, "position", word=word)
    if abs(fix.x) > 180 or abs(fix.y) > 90:
        return rejected("out_of_world", row, "position", word=word)
    return None


# -- many rows ----------------------------------------------------------------------------------


def convert(fixes: Sequence[tuple[int, Fix]]) -> list[tuple[float, float] | Problem]:
    """Return WGS84 positions of numbered rows, or what keeps the row out.

    Parameters
    ----------
    fixes
        Row number and position, of any datums.
    """
    results: list[tuple[float, float] | Problem] = [(math.nan, math.nan)] * len(fixes)
    groups: dict[str, list[int]] = {}
    for at, (_, fix) in enumerate(fixes):
        groups.setdefault(fix.datum, []).append(at)
    for datum, members in groups.items():
        x = np.array([fixes[at][1].x for at in members])
        y = np.array([fixes[at][1].y for at in members])
        lon, lat = _to_wgs84(x, y, datum)
        swapped = None
        for place, at in enumerate(members):
            position = (round(float(lon[place]), DECIMALS), round(float(lat[place]), DECIMALS))
            if datum in _GEOGRAPHIC or _inside(*position, datum):
                results[at] = position
                continue
            if swapped is None:
                swapped = _to_wgs84(y, x, datum)
            key = (
                "swapped_metres"
                if _inside(swapped[0][place], swapped[1][place], datum)
                else ("out_of_crs")
            )
            word = f"{x[place]:.10g}, {y[place]:.10g}"
            results[at] = rejected(key, fixes[at][0], "position", word=word, datum=datum)
    return results


def positions(table: Table, source: Source) -> list[tuple[float, float] | Problem | None]:
    """Return the WGS84 position of each row, what is wrong with it, or None where it has none."""
    stated = [read_fix(row, source) for row in table.rows]
    fixes = [
        (row.number, fix)
        for row, fix in zip(table.rows, stated, strict=True)
        if isinstance(fix, Fix)
    ]
    converted = iter(convert(fixes))
    return [next(converted) if isinstance(found, Fix) else found for found in stated]


def _to_wgs84(
    x: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    y: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    datum: str,
) -> tuple[
    np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    np.ndarray[tuple[int, ...], np.dtype[np.float64]],
]:
    """Convert all; where one cannot be, convert one by one and leave NaN for it."""
    try:
        return datums.to_wgs84(x, y, datum)
    except PositionError:
        lon, lat = np.full(len(x), np.nan), np.full(len(x), np.nan)
        for at in range(len(x)):
            try:
                lon[at], lat[at] = datums.to_wgs84(float(x[at]), float(y[at]), datum)
            except PositionError:
                continue
        return lon, lat


@functools.cache
def _area(datum: str) -> tuple[float, float, float, float]:
    area = pyproj.CRS(datum).area_of_use
    margin = 3.0  # a zone is used somewhat beyond its edges
    if area is None or area.west > area.east:
        return -180.0, -90.0, 180.0, 90.0
    return area.west - margin, area.south - margin, area.east + margin, area.north + margin


def _inside(lon: float, lat: float, datum: str) -> bool:
    west, south, east, north = _area(datum)
    return west <= lon <= east and south <= lat <= north
