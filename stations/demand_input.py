"""Demand from a planner's own file: a table by district, polygons, points, or a raster."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geodata import datum as datums
from geodata import density
from geodata.demand import ALL, Demand
from geodata.errors import DemandError, GeodataError
from stations.errors import ImportFileError, MissingExtraError
from stations.importing import untrusted
from stations.importing.layout import Layout, understand
from stations.importing.mapping import Mapping
from stations.importing.positions import Fix, convert, find_source, read_fix
from stations.importing.reading import read_table
from stations.vocabulary import fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geodata.districts import Districts
    from stations.importing.table import Table

RASTERS = (".tif", ".tiff")
LAYERS = (".geojson", ".json", ".gpkg", ".shp", ".fgb")
KEYS = ("adcode", "district", "township")
WEIGHTS = (
    "workers", "worker", "count", "weight", "demand", "population", "pop",
    "劳动者", "人数", "人口", "常住人口", "户外劳动者", "数量", "从业人员",
)  # fmt: skip
# A header that ends in one of these counts in ten thousands.
_TEN_THOUSANDS = re.compile(r"(_10k|[(（\[]?(万人?|10k|10 ?000)[)）\]]?)$", re.IGNORECASE)


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
    group: str = ALL,
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

    Raises
    ------
    ImportFileError
        If the file cannot be read, the datum is not given, or the columns do not tell.
    DemandError
        If a number of workers is negative or no place is found at all.
    MissingExtraError
        If a raster is given without the extra ``raster``.
    """
    ending = path.suffix.lower()
    if ending in RASTERS:
        return _from_raster(path, group)
    if ending in LAYERS:
        return _from_layer(path, datum, weight, group)
    table = read_table(path, Mapping())
    layout = understand(table, Mapping())
    positions = {c.field for c in layout.columns} & {"lon", "lat", "position"}
    if positions:
        return _from_points(table, layout, datum, weight, group)
    return _from_table(table, layout, districts, weight, group)


def _from_raster(path: Path, group: str) -> DemandInput:
    untrusted.check_size(path)
    try:
        return DemandInput(density.from_raster(path, group=group), "raster")
    except ModuleNotFoundError as error:
        message = "a raster needs the extra `raster`: pip install 'yizhan[raster]'"
        raise MissingExtraError(message) from error
    except GeodataError:
        raise
    except Exception as error:
        # rasterio's own errors share no base below Exception with those of GDAL.
        message = f"{path.name} cannot be read as a raster: {error}"
        raise ImportFileError(message) from error


def _from_layer(path: Path, datum: str | None, weight: str | None, group: str) -> DemandInput:
    untrusted.check_size(path)
    try:
        frame = gpd.read_file(path, engine="pyogrio")
    except (OSError, ValueError, RuntimeError) as error:
        message = f"{path.name} cannot be read as a layer: {error}"
        raise ImportFileError(message) from error
    if not isinstance(frame, gpd.GeoDataFrame) or frame.geometry.isna().all():
        message = f"{path.name} has no geometry: give points or polygons, or a table by district"
        raise ImportFileError(message)
    column, factor = _weight_column(list(map(str, frame.columns)), _figures_of(frame), weight)
    workers = pd.to_numeric(frame[column], errors="coerce").fillna(0).to_numpy(np.float64) * factor
    frame = _in_wgs84(frame, path.name, datum)
    kept = ~(frame.geometry.isna() | frame.geometry.is_empty).to_numpy()
    unplaced = tuple((f"row {i + 1}", float(workers[i])) for i in np.flatnonzero(~kept))
    shapes, workers = frame.geometry[kept], workers[kept]
    kinds = set(shapes.geom_type)
    if kinds == {"Point"}:
        demand = Demand.of_points(shapes.x, shapes.y, workers, group=group)
        return DemandInput(demand, "points", column, factor, unplaced)
    if kinds <= {"Polygon", "MultiPolygon"}:
        demand = density.spread_over_polygons(shapes.to_numpy(), workers, group=group)
        return DemandInput(demand, "polygons", column, factor, unplaced)
    message = f"{path.name} holds {', '.join(sorted(kinds))}: points or polygons are needed"
    raise ImportFileError(message)


def _in_wgs84(frame: gpd.GeoDataFrame, name: str, datum: str | None) -> gpd.GeoDataFrame:
    if datum is None:
        if frame.crs is None:
            message = f"{name} does not say its datum: give --datum (wgs84, gcj02, bd09, EPSG:n)"
            raise ImportFileError(message)
        return frame.to_crs(4326)
    if frame.crs is not None and frame.crs.is_projected:
        message = f"{name} is in {frame.crs.name}, so --datum {datum} cannot be right: leave it out"
        raise ImportFileError(message)

    def shift(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(datums.to_wgs84(xy[:, 0], xy[:, 1], datum))

    return frame.set_geometry(frame.geometry.transform(shift)).set_crs(4326, allow_override=True)


def _from_points(
    table: Table, layout: Layout, datum: str | None, weight: str | None, group: str
) -> DemandInput:
    source, _ = find_source(table, layout, datums.normalise(datum) if datum else None)
    taken = {column.name for column in source.columns}
    column, factor, workers = _workers(table, weight, leave=taken, lone=True)
    fixes: list[tuple[int, Fix]] = []
    unplaced = []
    for place, row in enumerate(table.rows):
        fix = read_fix(row, source)
        if isinstance(fix, Fix):
            fixes.append((place, fix))
        else:
            unplaced.append((f"row {row.number}", float(workers[place])))
    points, rows = [], []
    found = convert([(table.rows[place].number, fix) for place, fix in fixes])
    for (place, _), position in zip(fixes, found, strict=True):
        if isinstance(position, tuple):
            points.append(position)
            rows.append(place)
        else:
            unplaced.append((f"row {table.rows[place].number}", float(workers[place])))
    if not points:
        message = "no row of the table has a position that can be used"
        raise DemandError(message)
    lon, lat = np.array(points, np.float64).T
    demand = Demand.of_points(lon, lat, workers[rows], group=group)
    return DemandInput(demand, "points", column, factor, tuple(unplaced))


def _from_table(
    table: Table, layout: Layout, districts: Districts | None, weight: str | None, group: str
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
    column, factor, workers = _workers(table, weight, leave={table.columns[place]}, lone=False)
    keys = [str(row.cells[place] or "").strip().removesuffix(".0") for row in table.rows]
    placed = density.spread_by_district(districts, keys, workers, group=group)
    return DemandInput(placed.demand, "table", column, factor, placed.unplaced)


def _name_column(table: Table, districts: Districts | None) -> int | None:
    """The first column in which some cell is a district of the workspace."""
    if districts is None:
        return None
    for place in range(len(table.columns)):
        cells = (row.cells[place] for row in table.rows[:200])
        if any(isinstance(cell, str) and districts.find(cell) is not None for cell in cells):
            return place
    return None


def _workers(
    table: Table, weight: str | None, *, leave: set[str], lone: bool
) -> tuple[str | None, float, NDArray[np.float64]]:
    """Name, factor and values of the column of workers; one worker a row where `lone` allows it."""
    columns = [name for name in table.columns if name not in leave]
    values = {
        name: [row.cells[place] for row in table.rows]
        for place, name in enumerate(table.columns)
        if name in columns
    }
    figures = [name for name, cells in values.items() if _all_numbers(cells)]
    if weight is None and lone and not [n for n in figures if fold(_bare(n)) in _WEIGHT_WORDS]:
        # Pings and order points stand for one each.
        return None, 1.0, np.ones(len(table.rows))
    column, factor = _weight_column(columns, figures, weight)
    numbers = [_number(cell) for cell in values[column]]
    for row, number, cell in zip(table.rows, numbers, values[column], strict=True):
        if number is None:
            message = f"row {row.number}: {str(cell)[:40]!r} in {column!r} is no number of workers"
            raise ImportFileError(message)
    return column, factor, np.array(numbers, np.float64) * factor


_WEIGHT_WORDS = frozenset(map(fold, WEIGHTS))


def _weight_column(
    columns: Sequence[str], figures: Sequence[str], weight: str | None
) -> tuple[str, float]:
    if weight is not None:
        if weight not in columns:
            message = f"there is no column {weight!r}; the columns are {', '.join(columns)}"
            raise ImportFileError(message)
        return weight, _factor(weight)
    named = [name for name in figures if fold(_bare(name)) in _WEIGHT_WORDS]
    chosen = named if named else list(figures)
    if len(chosen) != 1:
        message = (
            f"which column holds the workers? Name it with --weight: {', '.join(chosen or columns)}"
        )
        raise ImportFileError(message)
    return chosen[0], _factor(chosen[0])


def _bare(header: str) -> str:
    return _TEN_THOUSANDS.sub("", header)


def _factor(header: str) -> float:
    return 10_000.0 if _TEN_THOUSANDS.search(header) else 1.0


def _figures_of(frame: gpd.GeoDataFrame) -> list[str]:
    numeric = frame.drop(columns=frame.geometry.name).select_dtypes("number").columns
    return [str(name) for name in numeric]


def _all_numbers(cells: Sequence[Any]) -> bool:
    numbers = [_number(cell) for cell in cells]
    return bool(numbers) and None not in numbers


def _number(cell: Any) -> float | None:
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return 0.0
    try:
        return float(str(cell).replace(",", "").replace("，", ""))
    except ValueError:
        return None
