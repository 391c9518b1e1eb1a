"""Demand from a planner's own file: a table by district, polygons, points, or a raster."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geodata import datum as datums
from geodata import density
from geodata.demand import ALL, RESIDENT, Demand
from geodata.errors import DemandError, GeodataError
from stations.demand_column import counts_residents, read_workers
from stations.errors import ImportFileError, MissingExtraError
from stations.importing import untrusted
from stations.importing.layout import Layout, understand
from stations.importing.mapping import Mapping
from stations.importing.positions import find_source, positions
from stations.importing.reading import read_any_table
from stations.layers import LAYERS, in_wgs84, read_layer
from stations.vocabulary import code_of

if TYPE_CHECKING:
    from pathlib import Path

    from geodata.districts import Districts
    from stations.importing.positions import Source
    from stations.importing.table import Table

RASTERS = (".tif", ".tiff")
KEYS = ("adcode", "district", "township")


@dataclasses.dataclass(frozen=True, eq=False)
class DemandInput:
    """Demand read from a file, and how it was read.

    Attributes
    ----------
    method
        ``table``, ``polygons``, ``points`` or ``raster``.
    column
        The column that the workers came from; None for a raster.
    factor
        What its figures were multiplied by: 10,000 where the header says 万.
    unplaced
        Rows that have no place, with their workers: no such district, no position.
    """

    demand: Demand
    method: str
    column: str | None = None
    factor: float = 1.0
    unplaced: tuple[tuple[str, float], ...] = ()


def read_demand(
    path: Path,
    *,
    districts: Districts | None = None,
    datum: str | None = None,
    weight: str | None = None,
    group: str | None = None,
) -> DemandInput:
    """Read demand of one group from a file; its ending and its columns say how.

    Parameters
    ----------
    districts
        Needed for a table keyed by adcode or district name.
    datum
        Of point coordinates in a table, or of a layer whose label is wrong.
    weight
        The column of workers; by default the one that is called so, or the only one of figures.
        Points without one that is called so stand for one worker each. A blank cell is 0.
    group
        A word or code for a group of workers; by default ``all``, or ``resident`` where the column
        is called a population, so that residents are not taken for workers.

    Raises
    ------
    ImportFileError
        If the file cannot be read, the datum is not given, or the columns do not tell.
    DatumError
        If there is no such datum.
    DemandError
        If a number of workers is negative or no place is found at all.
    MissingExtraError
        If a raster is given without the extra ``raster``.
    """
    named = _group(group) if group is not None else None
    found = _read(path, districts, datums.normalise(datum) if datum else None, weight)
    if named is None:
        residents = found.column is not None and counts_residents(found.column)
        named = RESIDENT if residents else ALL
    return dataclasses.replace(found, demand=dataclasses.replace(found.demand, groups=(named,)))


def _group(word: str) -> str:
    """Code of a group of workers, or the word itself where the vocabulary has none."""
    group = code_of("serves", word) or word.strip()
    if not re.fullmatch(r"[\w-]{1,40}", group) or group in {"lon", "lat"}:
        message = f"{word[:40]!r} cannot name a group: use a word such as rider or courier"
        raise DemandError(message)
    return group


def _read(
    path: Path, districts: Districts | None, datum: str | None, weight: str | None
) -> DemandInput:
    ending = path.suffix.lower()
    if ending in RASTERS:
        return _from_raster(path)
    if ending in LAYERS:
        return _from_layer(path, datum, weight)
    table = read_any_table(path)
    layout = understand(table, Mapping())
    source, _ = find_source(table, layout, datum)
    if source.kind != "none":
        return _from_points(table, source, weight)
    return _from_table(table, layout, districts, weight)


def _from_raster(path: Path) -> DemandInput:
    untrusted.check_size(path)
    try:
        return DemandInput(density.from_raster(path), "raster")
    except ModuleNotFoundError as error:
        message = "a raster needs the extra `raster`: pip install 'yizhan[raster]'"
        raise MissingExtraError(message) from error
    except GeodataError:
        raise
    except Exception as error:
        # rasterio's own errors share no base below Exception with those of GDAL.
        message = f"{path.name} cannot be read as a raster: {error}"
        raise ImportFileError(message) from error


def _from_layer(path: Path, datum: str | None, weight: str | None) -> DemandInput:
    frame = read_layer(path)
    values = {
        str(name): [None if pd.isna(cell) else cell for cell in frame[name]]
        for name in frame.columns
        if name != frame.geometry.name
    }
    lone = set(frame.geometry.dropna().geom_type) == {"Point"}
    column, factor, workers = read_workers(values, range(1, len(frame) + 1), weight, lone=lone)
    frame = in_wgs84(frame, path.name, datum)
    kept = ~(frame.geometry.isna() | frame.geometry.is_empty).to_numpy()
    unplaced = tuple((f"row {i + 1}", float(workers[i])) for i in np.flatnonzero(~kept))
    shapes, workers = frame.geometry[kept], workers[kept]
    kinds = set(shapes.geom_type)
    if kinds == {"Point"}:
        demand = Demand.of_points(shapes.x, shapes.y, workers)
        return DemandInput(demand, "points", column, factor, unplaced)
    if kinds <= {"Polygon", "MultiPolygon"}:
        demand = density.spread_over_polygons(shapes.to_numpy(), workers)
        return DemandInput(demand, "polygons", column, factor, unplaced)
    message = f"{path.name} holds {', '.join(sorted(kinds))}: points or polygons are needed"
    raise ImportFileError(message)


def _from_points(table: Table, source: Source, weight: str | None) -> DemandInput:
    taken = {column.name for column in source.columns}
    column, factor, workers = read_workers(
        _values(table, taken), [row.number for row in table.rows], weight, lone=True
    )
    unplaced, points, rows = [], [], []
    for place, position in enumerate(positions(table, source)):
        if isinstance(position, tuple):
            points.append(position)
            rows.append(place)
        else:
            unplaced.append((f"row {table.rows[place].number}", float(workers[place])))
    if not points:
        message = "no row of the table has a position that can be used"
        raise DemandError(message)
    lon, lat = np.array(points, np.float64).T
    demand = Demand.of_points(lon, lat, workers[rows])
    return DemandInput(demand, "points", column, factor, tuple(unplaced))


def _from_table(
    table: Table, layout: Layout, districts: Districts | None, weight: str | None
) -> DemandInput:
    key = next((c for field in KEYS if (c := layout.of(field)) is not None), None)
    place = table.columns.index(key.name) if key is not None else _name_column(table, districts)
    if place is None:
        message = (
            "the table has neither positions nor a column of adcodes or district names; "
            f"its columns are {', '.join(table.columns)}"
        )
        raise ImportFileError(message)
    if districts is None:
        message = (
            "a table by district needs district polygons: make the workspace with "
            "`yizhan init --adcode N` or `--districts FILE`"
        )
        raise ImportFileError(message)
    column, factor, workers = read_workers(
        _values(table, {table.columns[place]}),
        [row.number for row in table.rows],
        weight,
        lone=False,
    )
    keys = [_key(row.cells[place]) for row in table.rows]
    placed = density.spread_by_district(districts, keys, workers)
    return DemandInput(placed.demand, "table", column, factor, placed.unplaced)


def _name_column(table: Table, districts: Districts | None) -> int | None:
    """The first column in which some cell is a district of the workspace."""
    if districts is None:
        return None
    for place in range(len(table.columns)):
        keys = (_key(row.cells[place]) for row in table.rows[:200])
        if any(districts.find(key) is not None for key in keys):
            return place
    return None


def _key(cell: object) -> str:
    """Return a district's name or code from a cell, where a code may have become a number."""
    return "" if cell is None else str(cell).strip().removesuffix(".0")


def _values(table: Table, leave: set[str]) -> dict[str, list[object]]:
    """Cells by column, without the columns to leave out."""
    return {
        name: [row.cells[place] for row in table.rows]
        for place, name in enumerate(table.columns)
        if name not in leave
    }
