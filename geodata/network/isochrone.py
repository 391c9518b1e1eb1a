"""Isochrones: the ground from which a site is reached within some minutes."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import contourpy
import numpy as np
import shapely

from geodata.crs import LocalPlane
from geodata.errors import GeodataError
from geodata.network import _search
from geodata.network.index import NetworkIndex
from geodata.network.network import MAX_TICKS, TICK_S, UNIT_DEG
from geodata.network.snap import SNAP_M

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geodata.network.network import Network

# Cells across the way that can be gone straight on in the longest time.
_CELLS = 50
_FINEST_M, _COARSEST_M = 15.0, 250.0
_MOST_CELLS = 1_000_000
# Parts and holes smaller than this are not drawn: what is between a few centres is not known.
_FEWEST_CELLS = 9


def isochrones(
    network: Network,
    lon: float,
    lat: float,
    limits_s: Sequence[float],
    *,
    snap_m: float = SNAP_M,
    cell_m: float | None = None,
) -> list[shapely.MultiPolygon]:
    """Outline the ground from which a site is reached within each of some times.

    A point belongs to an isochrone if its own way to the site, the way to its nearest street
    included, takes no longer: what `NetworkIndex.query` says of it. That is asked at the centres of
    square cells, and lines are drawn between them, as a contour map is. So a block whose streets
    lead nowhere, the far bank of a river, and what lies behind a railway are not inside, however
    near they are; things smaller than some cells may be missed.

    Parameters
    ----------
    lon, lat
        The site, degrees WGS84.
    limits_s
        Seconds, in any order.
    cell_m
        Side of a cell; by default a fiftieth of the longest way, between 15 and 250 m.

    Returns
    -------
    list of MultiPolygon
        One a limit, degrees WGS84; empty where the site is near no street.

    Raises
    ------
    GeodataError
        If a limit is not a positive finite number.
    PositionError
        If the position is none on Earth.
    """
    limits = np.asarray(limits_s, np.float64)
    if limits.ndim != 1 or not len(limits) or not (np.isfinite(limits) & (limits > 0)).all():
        message = f"the limits are {limits_s}: positive numbers of seconds are needed"
        raise GeodataError(message)
    longest = float(limits.max())
    index = NetworkIndex(network, [lon], [lat], snap_m=snap_m)
    reached = index.reach(min(int(longest / TICK_S), MAX_TICKS)) != _search.UNREACHED
    if not index.snapped.found[0]:
        return [shapely.MultiPolygon()] * len(limits)
    plane = LocalPlane(lon, lat)
    x, y = plane.forward(*_ground(network, reached, int(index.snapped.edge[0])))
    side = cell_m or min(max(longest * network.speed_m_s / _CELLS, _FINEST_M), _COARSEST_M)
    # A cell of margin closes the lines.
    margin = snap_m + side
    columns, rows = _axis(x, margin, side), _axis(y, margin, side)
    if len(columns) * len(rows) > _MOST_CELLS:
        side *= (len(columns) * len(rows) / _MOST_CELLS) ** 0.5
        columns, rows = _axis(x, margin, side), _axis(y, margin, side)
    at = plane.inverse(*(axis.ravel() for axis in np.meshgrid(columns, rows)))
    seconds = index.query(*at, max_s=longest).seconds[:, 0].reshape(len(rows), len(columns))
    # Where there is no way the line runs close to the last cell that has one.
    field = np.where(np.isfinite(seconds), seconds, 1e3 * longest)
    lines = contourpy.contour_generator(
        columns, rows, field, fill_type=contourpy.FillType.OuterOffset
    )
    return [_outline(lines, limit, plane, side) for limit in limits.tolist()]


def _ground(
    network: Network, reached: NDArray[np.bool_], own: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coordinates of the edges that lead to a node that is reached, degrees WGS84."""
    edges = reached[network.edges[:, 0]] | reached[network.edges[:, 1]]
    edges[own] = True
    lon, lat = network.shape[edges[network.edge_of]].T * UNIT_DEG
    return lon, lat


def _axis(values: NDArray[np.float64], margin: float, side: float) -> NDArray[np.float64]:
    """Centres of cells over the extent of some values."""
    low = np.floor((values.min() - margin) / side)
    high = np.ceil((values.max() + margin) / side)
    axis: NDArray[np.float64] = np.arange(low, high + 1) * side
    return axis


def _outline(
    lines: contourpy.ContourGenerator, limit: float, plane: LocalPlane, side: float
) -> shapely.MultiPolygon:
    """Ground below a limit, degrees WGS84, without parts and holes of a few cells."""
    least = _FEWEST_CELLS * side**2
    shapes = []
    for points, offsets in zip(*lines.filled(-1.0, limit), strict=True):
        rings = [shapely.Polygon(points[a:b]) for a, b in itertools.pairwise(offsets)]
        outer, *holes = rings
        # The ground around the site itself may be no larger.
        if outer.area >= least or shapely.intersects_xy(outer, 0.0, 0.0):
            shapes.append(
                shapely.Polygon(
                    outer.exterior, [hole.exterior for hole in holes if hole.area >= least]
                )
            )
    # Smooth to half a cell: the steps between cells are nothing on the ground.
    outline = shapely.make_valid(shapely.simplify(shapely.union_all(shapes), side / 2))
    parts = [part for part in shapely.get_parts(outline) if part.geom_type == "Polygon"]
    return shapely.MultiPolygon(list(plane.unproject(parts)))
