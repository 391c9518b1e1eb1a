"""Candidate sites where nobody has given any: cells over the demand, or crossings of streets."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import shapely

from geodata.crs import LocalPlane
from geodata.errors import SitingError
from geodata.nearest import NearestIndex

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from geodata.demand import Demand
    from geodata.districts import Districts
    from geodata.network.network import Network

_ROW_OF_HEXAGONS = math.sqrt(3) / 2
# More cells than this are never laid out; they are made larger instead.
_MOST_CELLS = 2_000_000
# A row of cells is numbered this far apart from the next: a metre each around the Earth.
_COLUMNS = 1 << 27
_AT_A_TIME = 50_000


class Candidates(NamedTuple):
    """Places where a site may be.

    Attributes
    ----------
    lon, lat
        (m,) degrees WGS84.
    excluded
        How many more there would be within reach of workers, were they not in an excluded area or
        outside all districts.
    dropped
        How many more there would be, were not only the best of them asked for.
    """

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    excluded: int = 0
    dropped: int = 0


def cells(  # noqa: PLR0913  every option has a default
    demand: Demand,
    *,
    radius_m: float,
    shape: Literal["hexagons", "squares"] = "hexagons",
    spacing_m: float | None = None,
    most: int = 20_000,
    even: bool = False,
    districts: Districts | None = None,
    excluded: ArrayLike = (),
) -> Candidates:
    """Centres of the cells of a regular grid that have workers within reach.

    Parameters
    ----------
    demand
        The workers to be reached.
    radius_m
        Service radius.
    shape
        Centres of hexagons stand in a triangular lattice, those of squares in a square one.
    spacing_m
        Distance of neighbouring centres; a quarter of the radius by default.
    most
        No more than these are returned: those with the most workers within reach.
    even
        With more than `most`, make the cells larger instead, so that no area is left out.
    districts
        Only inside one of these.
    excluded
        Polygons, degrees WGS84, in which no site may be: water, railways, closed grounds.

    Raises
    ------
    SitingError
        If a number makes no sense.
    """
    spacing_m = radius_m / 4 if spacing_m is None else spacing_m
    for name, chinese, number in (
        ("radius", "半径", radius_m), ("spacing", "格距", spacing_m), ("most", "上限", most),
    ):  # fmt: skip
        if not (math.isfinite(number) and number > 0):
            raise SitingError(
                f"the {name} is {number}: a positive number is needed",
                f"{chinese}是 {number}：应为正数",
            )
    demand = demand.at(demand.workers > 0)
    if not len(demand):
        return Candidates(np.empty(0), np.empty(0))
    plane = LocalPlane.around(demand.lon, demand.lat)
    x, y = plane.forward(demand.lon, demand.lat)
    while True:
        rows, columns = _near_demand(x, y, spacing_m, radius_m, shape)
        count, limit = len(rows), _MOST_CELLS
        if count <= limit:
            lon, lat = plane.inverse(*_centres(rows, columns, spacing_m, shape))
            found = _usable(lon, lat, demand, radius_m, districts, excluded)
            count, limit = len(found.lon), most
            if count <= most or not even:
                return _best(found, demand, radius_m, most)
        spacing_m *= max(1.05, math.sqrt(count / limit))


def crossings(
    network: Network,
    demand: Demand,
    *,
    radius_m: float,
    most: int = 20_000,
    districts: Districts | None = None,
    excluded: ArrayLike = (),
) -> Candidates:
    """Where streets of a network meet or end, with workers within reach.

    Parameters and errors besides are those of `cells`.
    """
    lon, lat = network.nodes.T
    demand = demand.at(demand.workers > 0)
    return _best(_usable(lon, lat, demand, radius_m, districts, excluded), demand, radius_m, most)


def allowed(
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    *,
    districts: Districts | None = None,
    excluded: ArrayLike = (),
) -> NDArray[np.bool_]:
    """(n,) which positions lie in a district, if any are given, and in no excluded polygon."""
    passes = np.ones(len(lon), np.bool_) if districts is None else districts.locate(lon, lat) >= 0
    polygons = np.asarray(excluded, dtype=object)
    shapely.prepare(polygons)
    # A prepared polygon answers for many points at once; see `Districts.locate`.
    for polygon, (west, south, east, north) in zip(polygons, shapely.bounds(polygons), strict=True):
        near = np.flatnonzero((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north))
        passes[near[shapely.intersects_xy(polygon, lon[near], lat[near])]] = False
    return passes


def _near_demand(
    x: NDArray[np.float64], y: NDArray[np.float64], side: float, radius: float, shape: str
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns of the cells whose centre may be within the radius of a point."""
    height = side * _ROW_OF_HEXAGONS if shape == "hexagons" else side
    keys = np.floor(y / height).astype(np.int64) * _COLUMNS + np.floor(x / side).astype(np.int64)
    # A cell more on each side for the place inside the own cell, and one for shifted rows.
    for step, way in ((height, _COLUMNS), (side, 1)):
        ring = np.arange(-math.ceil(radius / step) - 2, math.ceil(radius / step) + 3) * way
        keys = np.unique(np.unique(keys)[:, None] + ring)
    rows = (keys + _COLUMNS // 2) // _COLUMNS
    return rows, keys - rows * _COLUMNS


def _centres(
    rows: NDArray[np.int64], columns: NDArray[np.int64], side: float, shape: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Plane coordinates of the centres of cells."""
    if shape == "squares":
        shift, height = np.full(len(rows), 0.5), side
        up = shift
    else:
        shift, height = np.where(rows % 2, 0.5, 0.0), side * _ROW_OF_HEXAGONS
        up = np.zeros(len(rows))
    return side * (columns + shift), height * (rows + up)


def _usable(
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    demand: Demand,
    radius_m: float,
    districts: Districts | None,
    excluded: ArrayLike,
) -> Candidates:
    """Positions that have workers within reach and may be used."""
    nearest = NearestIndex(demand.lon, demand.lat).query(lon, lat, max_distance_m=radius_m)
    near = nearest.index[:, 0] >= 0
    lon, lat = lon[near], lat[near]
    passes = allowed(lon, lat, districts=districts, excluded=excluded)
    return Candidates(lon[passes], lat[passes], int((~passes).sum()))


def _best(found: Candidates, demand: Demand, radius_m: float, most: int) -> Candidates:
    """The candidates with the most workers within reach, in their order."""
    if len(found.lon) <= most:
        return found
    index, workers = NearestIndex(demand.lon, demand.lat), demand.workers
    reach = np.empty(len(found.lon))
    for at in range(0, len(reach), _AT_A_TIME):
        own = slice(at, at + _AT_A_TIME)
        near = index.within(found.lon[own], found.lat[own], radius_m)
        reach[own] = np.add.reduceat(workers[near.index], near.indptr[:-1])
    kept = np.sort(np.argsort(-reach, kind="stable")[:most])
    dropped = len(reach) - len(kept)
    return Candidates(found.lon[kept], found.lat[kept], found.excluded, dropped)
