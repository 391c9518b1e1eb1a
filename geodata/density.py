"""Build `Demand` from what a union really has: tables by district, polygons, points, rasters.

Every builder keeps the sum: the workers of the result are the workers of the input.
"""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

import numpy as np
import pyproj
import shapely

from geodata.crs import GEOD, LocalPlane
from geodata.demand import ALL, Demand
from geodata.errors import DemandError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import ArrayLike, NDArray

    from geodata.districts import Districts

    _Weighted = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]

TARGET_CELLS = 50_000
"""About how many demand points an area is spread over when no cell size is asked for."""
MAX_POINTS = 2_000_000
"""At most about as many demand points come out of one source."""
MAX_BOXES = 1 << 12
"""Squares of a grid that are laid over a polygon at a time."""
WINDOW_CELLS = 4_000_000
"""Raster cells that are read at a time."""
_NICE_M = (25, 50, 100, 200, 250, 400, 500, 1000, 2000, 4000, 5000, 10_000, 20_000, 50_000)


@dataclasses.dataclass(frozen=True, eq=False)
class PlacedDemand:
    """Demand, with what could not be placed named and counted."""

    demand: Demand
    unplaced: tuple[tuple[str, float], ...] = ()


def spread_by_district(
    districts: Districts,
    keys: Sequence[str],
    workers: ArrayLike,
    *,
    group: str = ALL,
    cell_m: float | None = None,
) -> PlacedDemand:
    """Spread the workers of each district evenly over its polygon.

    Parameters
    ----------
    keys
        An adcode or district name for each row; a district may come in several rows.
    workers
        (n,) workers of each row.
    cell_m
        Side of the square cells, metres; by default such that about 50,000 cells come out.

    Returns
    -------
    PlacedDemand
        Rows whose key is no district are in `unplaced`, not guessed.
    """
    weights = np.zeros(len(districts))
    unplaced: list[tuple[str, float]] = []
    for key, value in zip(keys, np.asarray(workers, np.float64), strict=True):
        if not math.isfinite(value) or value < 0:
            message = f"district {key!r} has {value} workers: a number of 0 or more is needed"
            raise DemandError(message)
        index = districts.find(key)
        if index is None:
            unplaced.append((key, float(value)))
        else:
            weights[index] += value
    if not weights.any():
        known = ", ".join(districts.names[:5])
        message = f"no row names a district of this workspace ({known} ...): check the key column"
        raise DemandError(message)
    demand = spread_over_polygons(districts.geometries, weights, group=group, cell_m=cell_m)
    return PlacedDemand(demand, tuple(unplaced))


def spread_over_polygons(
    polygons: ArrayLike, workers: ArrayLike, *, group: str = ALL, cell_m: float | None = None
) -> Demand:
    """Spread the workers of each polygon evenly over square cells inside it.

    Parameters
    ----------
    polygons
        (n,) shapely polygons in degrees WGS84.
    workers
        (n,) workers of each polygon.
    cell_m
        Side of the cells, metres; by default such that about 50,000 cells come out.

    Raises
    ------
    DemandError
        If a polygon with workers is empty, a number is negative or not finite, or the cells are
        too small for the area.
    """
    shapes = np.asarray(polygons, dtype=object)
    weights = np.asarray(workers, np.float64)
    if not (np.isfinite(weights) & (weights >= 0)).all():
        i = int(np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))[0])
        message = f"polygon {i + 1} has {weights[i]} workers: a number of 0 or more is needed"
        raise DemandError(message)
    used = weights > 0
    shapes, weights = shapes[used], weights[used]
    if not len(shapes):
        message = "no polygon has any workers: is this the right column?"
        raise DemandError(message)
    west, south, east, north = shapely.total_bounds(shapes)
    plane = LocalPlane.around([west, east], [south, north])
    flat = shapely.make_valid(plane.project(shapes))
    areas = shapely.area(flat)
    if not (areas > 0).all():
        i = int(np.flatnonzero(used)[np.flatnonzero(~(areas > 0))[0]])
        message = f"polygon {i + 1} has workers but no area"
        raise DemandError(message)
    side = cell_m or _nice_cell(float(areas.sum()))
    if areas.sum() > MAX_POINTS * side**2:
        message = f"cells of {side:g} m make more than {MAX_POINTS:,} points: use larger ones"
        raise DemandError(message)
    xs, ys, ws = [], [], []
    for shape, weight in zip(flat, weights, strict=True):
        x, y, area = _cells(shape, side)
        xs.append(x)
        ys.append(y)
        ws.append(area / area.sum() * weight)
    lon, lat = plane.inverse(np.concatenate(xs), np.concatenate(ys))
    return Demand(lon, lat, np.concatenate(ws)[:, None], (group,), spacing_m=float(side))


def from_raster(path: Path | str, *, group: str = ALL, within: Districts | None = None) -> Demand:
    """One point for each raster cell that holds workers, at the cell's centre.

    Cells without data (the file's nodata value, masked or NaN) and cells of 0 are left out. If
    more than two million remain, they are summed over square blocks, each block at the centre of
    its workers; the total stays. Only the first band is read. Needs the extra ``raster``.

    Parameters
    ----------
    within
        Only cells whose centre lies in one of these districts count.

    Raises
    ------
    DemandError
        If the raster has no CRS, a negative number of workers, or no workers at all.
    ModuleNotFoundError
        If rasterio is not installed.
    """
    import rasterio  # noqa: PLC0415  an optional extra

    with rasterio.open(path) as source:
        if source.crs is None:
            message = "the raster states no coordinate reference system: give it one"
            raise DemandError(message)
        block = 1
        while (found := _raster_points(source, block)) is None:
            block *= 2
        x, y, weights = found
        if not len(x):
            message = "the raster holds no workers: every cell is 0 or without data"
            raise DemandError(message)
        lon, lat = _to_lonlat(x, y, source.crs)
        spacing = _cell_side_m(source, block)
    if within is not None:
        inside = within.locate(lon, lat) >= 0
        lon, lat, weights = lon[inside], lat[inside], weights[inside]
        if not len(lon):
            message = "no raster cell with workers lies in the districts of this workspace"
            raise DemandError(message)
    return Demand(lon, lat, weights[:, None], (group,), spacing_m=spacing)


def _nice_cell(area_m2: float) -> float:
    wanted = math.sqrt(area_m2 / TARGET_CELLS)
    return next((side for side in _NICE_M if side >= wanted), wanted)


def _cells(shape: shapely.Geometry, side: float) -> _Weighted:
    """Return x, y and area of the parts that a grid of squares cuts a polygon into."""
    found = []
    pieces = [shape]
    while pieces:
        piece = pieces.pop()
        if shapely.area(piece) == 0:
            continue
        west, south, east, north = (float(v) / side for v in piece.bounds)
        columns = math.floor(west), math.ceil(east)
        rows = math.floor(south), math.ceil(north)
        if (columns[1] - columns[0]) * (rows[1] - rows[0]) <= MAX_BOXES:
            found.append(_cut(piece, np.arange(*columns), np.arange(*rows), side))
        else:
            # A long or scattered shape fills little of its frame: halve it until the frame fits.
            pieces += _halves(piece, columns, rows, side)
    if any(len(area) for _, _, area in found):
        x, y, area = (np.concatenate(column) for column in zip(*found, strict=True))
        return x, y, area
    # Smaller than what the arithmetic can cut.
    inner = shapely.point_on_surface(shape)
    return np.array([inner.x]), np.array([inner.y]), np.ones(1)


def _halves(
    piece: shapely.Geometry, columns: tuple[int, int], rows: tuple[int, int], side: float
) -> list[shapely.Geometry]:
    """Cut a polygon in two along a line of the grid."""
    (west, east), (south, north) = columns, rows
    if east - west >= north - south:
        middle = (west + east) // 2
        frames = (west, south, middle, north), (middle, south, east, north)
    else:
        middle = (south + north) // 2
        frames = (west, south, east, middle), (west, middle, east, north)
    return [shapely.intersection(piece, shapely.box(*(v * side for v in f))) for f in frames]


def _cut(
    shape: shapely.Geometry, columns: NDArray[np.intp], rows: NDArray[np.intp], side: float
) -> _Weighted:
    """Return x, y and area of a polygon's parts in the squares of these columns and rows."""
    left, bottom = (a.ravel() * side for a in np.meshgrid(columns, rows))
    boxes = shapely.box(left, bottom, left + side, bottom + side)
    shapely.prepare(shape)
    touching = shapely.intersects(shape, boxes)
    whole = shapely.contains_properly(shape, boxes) & touching
    x = np.where(whole, left + side / 2, np.nan)
    y = np.where(whole, bottom + side / 2, np.nan)
    area = np.where(whole, side * side, 0.0)
    cut = np.flatnonzero(touching & ~whole)
    parts = shapely.intersection(boxes[cut], shape)
    inner = shapely.point_on_surface(parts)
    x[cut], y[cut], area[cut] = shapely.get_x(inner), shapely.get_y(inner), shapely.area(parts)
    keep = area > 0
    return x[keep], y[keep], area[keep]


def _row_windows(height: int, width: int, block: int) -> list[tuple[int, int]]:
    """Row ranges of about `WINDOW_CELLS` cells, whole blocks each."""
    rows = max(block, (WINDOW_CELLS // max(width, 1)) // block * block)
    return [(start, min(start + rows, height)) for start in range(0, height, rows)]


def _raster_points(source: object, block: int) -> _Weighted | None:
    """Return x, y and workers of all blocks of cells; None where they are too many."""
    parts = []
    count = 0
    for rows in _row_windows(source.height, source.width, block):  # type: ignore[attr-defined]
        parts.append(_window_points(source, rows, block))
        count += len(parts[-1][0])
        if count > MAX_POINTS:
            return None
    x, y, weights = (np.concatenate(column) for column in zip(*parts, strict=True))
    return x, y, weights


def _window_points(source: object, rows: tuple[int, int], block: int) -> _Weighted:
    """Return x, y (raster CRS) and workers of the cells, or blocks of cells, in some rows."""
    from rasterio.windows import Window  # noqa: PLC0415  an optional extra

    top, bottom = rows
    window = Window(0, top, source.width, bottom - top)  # type: ignore[attr-defined]
    cells = source.read(1, window=window, masked=True)  # type: ignore[attr-defined]
    values = np.ma.filled(cells.astype(np.float64), np.nan)
    present = np.isfinite(values) & (values != 0)
    if (values[present] < 0).any():
        worst = float(values[present].min())
        message = (
            f"the raster holds {worst:g} workers in a cell and does not call that no data: "
            "set its nodata value"
        )
        raise DemandError(message)
    row, column = np.nonzero(present)
    weights = values[present]
    # By hand: the two majors of affine write the product differently.
    a, b, c, d, e, f = source.transform[:6]  # type: ignore[attr-defined]
    x = a * (column + 0.5) + b * (row + top + 0.5) + c
    y = d * (column + 0.5) + e * (row + top + 0.5) + f
    if block == 1:
        return x, y, weights
    key = (row // block) * (source.width // block + 1) + column // block  # type: ignore[attr-defined]
    _, member = np.unique(key, return_inverse=True)
    total = np.bincount(member, weights).astype(np.float64)
    return np.bincount(member, weights * x) / total, np.bincount(member, weights * y) / total, total


def _to_lonlat(
    x: NDArray[np.float64], y: NDArray[np.float64], crs: object
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    source = pyproj.CRS.from_user_input(crs)
    if source.is_geographic and source.to_epsg() in {4326, 4490}:
        return x, y
    lon, lat = pyproj.Transformer.from_crs(source, 4326, always_xy=True).transform(x, y)
    return np.asarray(lon), np.asarray(lat)


def _cell_side_m(source: object, block: int) -> float:
    """Side of a (block of) raster cells at the raster's centre, metres."""
    left, bottom, right, top = source.bounds  # type: ignore[attr-defined]
    x, y = (left + right) / 2, (bottom + top) / 2
    across, down = source.res[0] * block, source.res[1] * block  # type: ignore[attr-defined]
    lon, lat = _to_lonlat(
        np.array([x, x + across, x]),
        np.array([y, y, y + down]),
        source.crs,  # type: ignore[attr-defined]
    )
    east = GEOD.inv(lon[0], lat[0], lon[1], lat[1])[2]
    north = GEOD.inv(lon[0], lat[0], lon[2], lat[2])[2]
    return float(max(east, north))
