"""Gap zones: areas whose workers have no site within reach, the largest first."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from geodata._gaps import choose_seeds
from geodata.crs import LocalPlane
from geodata.districts import polygonal_part
from geodata.nearest import NearestIndex

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.coverage import Coverage
    from geodata.demand import Demand
    from geodata.districts import Districts

# Zones of so many service circles are divided.
_LARGE = 10
_SECTORS = ("E", "NE", "N", "NW", "W", "SW", "S", "SE")


@dataclasses.dataclass(frozen=True, eq=False)
class GapZone:
    """A connected area of uncovered workers inside one district, which a few sites can serve.

    Attributes
    ----------
    rank
        1 for the zone with the most workers.
    workers, by_group
        Uncovered workers in the zone, in all and by group.
    adcode, district
        Of the district it lies in; None outside all districts.
    sector
        Where in its district the zone lies: a compass point, ``"C"`` for the middle, None without
        districts.
    lon, lat
        Centre: the demand point nearest to the mean position of its workers, degrees WGS84.
    area_m2
        Area of `polygon`: somewhat more than the ground its people stand on, for it is made of
        whole cells, but never beyond its district.
    cost
        From the centre to the nearest site, in metres or seconds; inf where it reaches none.
    polygon
        Its outline, degrees WGS84.
    points
        Positions in the demand of its points, ascending.
    """

    rank: int
    workers: float
    by_group: dict[str, float]
    adcode: str | None
    district: str | None
    sector: str | None
    lon: float
    lat: float
    area_m2: float
    cost: float
    polygon: shapely.Geometry
    points: NDArray[np.intp]


def find_gaps(
    demand: Demand,
    coverage: Coverage,
    *,
    radius_m: float,
    districts: Districts | None = None,
    home: NDArray[np.intp] | None = None,
    most: int | None = None,
) -> list[GapZone]:
    """Find the gap zones of `demand`, those with the most workers first.

    Uncovered demand points are laid on a grid as wide as their spacing (a quarter of the radius
    for points of their own); cells that touch, corners included, and lie in the same district make
    a zone. One as large as ten service circles is divided: places are chosen so that all of it lies
    within two radii of one, those with the most workers around them first, and each cell goes to
    the nearest; what then touches is a zone. Every uncovered worker is in exactly one zone, so all
    zones add up to the uncovered total.

    Parameters
    ----------
    coverage
        Of that demand: what each point's nearest site costs, and what counts as within reach.
    radius_m
        How far a site reaches: the service radius, or what can be walked within `limit`.
    home
        (n,) district of each demand point as `Districts.locate` gives it, for a caller that has it.
    most
        Only so many zones, the largest: drawing their outlines is what takes the time.
    """
    weights = coverage.uncovered(demand)
    open_ = np.flatnonzero(weights.any(axis=1))
    if not len(open_):
        return []
    lon, lat, weights = demand.lon[open_], demand.lat[open_], weights[open_]
    workers = weights.sum(axis=1)
    plane = LocalPlane.around(lon, lat)
    x, y = plane.forward(lon, lat)
    # Half as wide again as the spacing, so that a grid turned against ours leaves no holes.
    side = max(1.5 * demand.spacing_m, 1.0) if demand.spacing_m else radius_m / 4
    if home is not None:
        home = home[open_]
    elif districts is not None:
        home = districts.locate(lon, lat)
    else:
        home = np.full(len(lon), -1, np.intp)
    cells, member = np.unique(
        np.column_stack([np.floor(x / side), np.floor(y / side), home]).astype(np.int64),
        axis=0,
        return_inverse=True,
    )
    member = member.ravel()
    zone_of_cell, in_parts = _divided(cells, np.bincount(member, workers), side, radius_m, plane)
    zone = zone_of_cell[member]
    total = np.bincount(zone, workers)
    groups = np.stack([np.bincount(zone, column) for column in weights.T], axis=1)
    centre = _centres(np.column_stack([x, y]), workers, zone)
    members = np.split(open_[np.argsort(zone, kind="stable")], np.cumsum(np.bincount(zone))[:-1])
    order = np.lexsort((lat[centre], lon[centre], -total))
    # By their numbers again, so that the cells of each can be told.
    chosen = np.sort(order[:most])
    number = np.full(len(total), -1, np.intp)
    number[chosen] = np.arange(len(chosen))
    total, groups, centre = total[chosen], groups[chosen], centre[chosen]
    home = home[centre]
    kept = number[zone_of_cell] >= 0
    outlines = _outlines(cells[kept], number[zone_of_cell[kept]], side, in_parts[kept])
    sectors: list[str | None] = [None] * len(total)
    if districts is not None:
        for index in np.unique(home[home >= 0]).tolist():
            own = np.flatnonzero(home == index)
            (shape,) = shapely.make_valid(plane.project([districts.geometries[index]]))
            outlines[own] = _clipped(outlines[own], shape)
            middle, size = shape.centroid, math.sqrt(shape.area)
            for i in own.tolist():
                at = centre[i]
                sectors[i] = _sector(x[at] - middle.x, y[at] - middle.y, size)
    areas, polygons = shapely.area(outlines), plane.unproject(outlines)
    adcodes = (*districts.adcodes, None) if districts is not None else (None,)
    names = (*districts.names, None) if districts is not None else (None,)
    ranking = np.lexsort((lat[centre], lon[centre], -total))
    cost = coverage.cost[open_[centre]]
    if cost.ndim == 2:
        # Of those who are left out at the centre, the one with the shortest way.
        cost = np.where(weights[centre] > 0, cost, np.inf).min(axis=1)
    return [
        GapZone(
            rank=rank,
            workers=float(total[i]),
            by_group=dict(zip(demand.groups, groups[i].tolist(), strict=True)),
            adcode=adcodes[home[i]],
            district=names[home[i]],
            sector=sectors[i],
            lon=float(lon[centre[i]]),
            lat=float(lat[centre[i]]),
            area_m2=float(areas[i]),
            cost=float(cost[i]),
            polygon=polygons[i],
            points=members[chosen[i]],
        )
        for rank, i in enumerate(ranking, 1)
    ]


def _centres(
    xy: NDArray[np.float64], workers: NDArray[np.float64], zone: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Return the point of each zone that is nearest to the mean position of its workers.

    The mean itself may lie beside the station that a zone surrounds; nobody is left out there.
    """
    total = np.bincount(zone, workers)
    mean = np.column_stack([np.bincount(zone, workers * axis) / total for axis in xy.T])
    away = np.hypot(*(xy - mean[zone]).T)
    # To the millimetre, so that of two points as near it is always the same one.
    by_zone = np.lexsort((*xy.T, away.round(3), zone))
    return by_zone[np.flatnonzero(np.diff(zone[by_zone], prepend=-1))]


def _divided(
    cells: NDArray[np.int64],
    workers: NDArray[Any],
    side: float,
    radius_m: float,
    plane: LocalPlane,
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Zone of each cell: those that touch, large ones in parts; and whether it is in a part."""
    zone = _touching(cells)
    # Where cells are larger than a service circle, a circle would be less than a cell.
    reach_m = max(radius_m, side)
    size = np.bincount(zone)
    large = size * side**2 >= _LARGE * math.pi * reach_m**2
    in_parts: NDArray[np.bool_] = large[zone]
    if not large.any():
        return zone, in_parts
    part, count = zone.copy(), len(size)
    order = np.argsort(zone, kind="stable")
    ends = np.cumsum(size)
    for which in np.flatnonzero(large).tolist():
        own = order[ends[which] - size[which] : ends[which]]
        xy = (cells[own, :2] + np.float64(0.5)) * side
        seeds = _seeds(xy, workers[own], reach_m, plane)
        part[own] = count + cKDTree(seeds).query(xy)[1]
        count += len(seeds)
    return _touching(np.column_stack([cells[:, :2], part])), in_parts


def _seeds(
    xy: NDArray[Any], workers: NDArray[Any], reach_m: float, plane: LocalPlane
) -> NDArray[np.float64]:
    """Places so that each of `xy` is within about two radii of one; see `find_gaps`."""
    # Blocks of half a radius, each where its workers are: their number follows the area alone.
    blocks, member = np.unique(np.floor(xy / (reach_m / 2)), axis=0, return_inverse=True)
    load = np.asarray(np.bincount(member.ravel(), workers, minlength=len(blocks)), np.float64)
    middle = [np.bincount(member.ravel(), workers * axis) / load for axis in xy.T]
    lon, lat = plane.inverse(*middle)
    near = NearestIndex(lon, lat).within(lon, lat, 2 * reach_m)
    return np.column_stack(middle)[choose_seeds(near.indptr, near.index, load)]


def _touching(cells: NDArray[np.int64]) -> NDArray[np.intp]:
    """Number of the zone of each cell ``(column, row, district)``, from 0."""
    # Districts two apart on the third axis: cells of different ones are never within 1.5.
    pairs = cKDTree(cells * np.array([1, 1, 2])).query_pairs(1.5, output_type="ndarray")
    links = sparse.coo_array(
        (np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), shape=(len(cells),) * 2
    )
    return np.asarray(connected_components(links, directed=False)[1], dtype=np.intp)


def _outlines(
    cells: NDArray[np.int64],
    zone_of_cell: NDArray[np.intp],
    side: float,
    in_parts: NDArray[np.bool_],
) -> NDArray[np.object_]:
    """Return the cells of each zone as one shape."""
    left, bottom = cells[:, 0] * side, cells[:, 1] * side
    boxes = shapely.box(left, bottom, left + side, bottom + side)
    order = np.argsort(zone_of_cell, kind="stable")
    starts = np.flatnonzero(np.diff(zone_of_cell[order], prepend=-1))
    outlines: NDArray[np.object_] = boxes[order[starts]]
    several = np.flatnonzero(np.diff(starts, append=len(order)) > 1)
    groups = np.split(boxes[order], starts[1:])
    stairs = np.array([shapely.union_all(groups[i]) for i in several] + [None], object)[:-1]
    # Round their inner corners off, for the eye; the arcs are rough, so the cells are added again.
    closed = shapely.buffer(shapely.buffer(stairs, side / 2, quad_segs=4), -side / 2, quad_segs=4)
    # Parts of one zone would overlap.
    alone = ~in_parts[order[starts[several]]]
    outlines[several] = np.where(alone, shapely.union(closed, stairs), stairs)
    return outlines


def _clipped(outlines: NDArray[np.object_], shape: shapely.Geometry) -> NDArray[np.object_]:
    """Cut shapes off at the border of a district."""
    shapely.prepare(shape)
    clipped = outlines.copy()
    for i in np.flatnonzero(~shapely.contains_properly(shape, outlines)):
        clipped[i] = polygonal_part(shapely.intersection(outlines[i], shape)) or outlines[i]
    return clipped


def _sector(dx: float, dy: float, size: float) -> str:
    """Compass point of a place so far from the middle of a district `size` across."""
    if math.hypot(dx, dy) < 0.2 * size:
        return "C"
    return _SECTORS[round(math.atan2(dy, dx) / (math.pi / 4)) % 8]
