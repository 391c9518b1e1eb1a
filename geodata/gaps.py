"""Gap zones: connected areas whose workers have no site within reach, the largest first."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from geodata.crs import LocalPlane
from geodata.districts import polygonal_part

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.demand import Demand
    from geodata.districts import Districts

_SECTORS = ("E", "NE", "N", "NW", "W", "SW", "S", "SE")


@dataclasses.dataclass(frozen=True, eq=False)
class GapZone:
    """One connected area of uncovered workers inside one district.

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
    distance_m
        From the centre to the nearest site; inf where there is no site at all.
    polygon
        Its outline, degrees WGS84.
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
    distance_m: float
    polygon: shapely.Geometry


def find_gaps(
    demand: Demand,
    distance_m: NDArray[np.float64],
    *,
    radius_m: float,
    districts: Districts | None = None,
    home: NDArray[np.intp] | None = None,
    min_workers: float = 0.0,
) -> list[GapZone]:
    """Find the gap zones of `demand`, those with the most workers first.

    Uncovered demand points are laid on a grid as wide as their spacing (a quarter of the radius
    for points of their own); cells that touch, corners included, and lie in the same district make
    a zone. Every uncovered worker is in exactly one zone, so with `min_workers` of 0 the zones add
    up to the uncovered total.

    Parameters
    ----------
    distance_m
        (n,) distance of each demand point to its nearest site, as in `Coverage.distance_m`.
    home
        (n,) district of each demand point as `Districts.locate` gives it, for a caller that has it.
    """
    workers = demand.workers
    open_ = np.flatnonzero((distance_m > radius_m) & (workers > 0))
    if not len(open_):
        return []
    lon, lat = demand.lon[open_], demand.lat[open_]
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
    zone_of_cell = _touching(cells)
    zone_of_point = zone_of_cell[member.ravel()]
    order = np.argsort(zone_of_point, kind="stable")
    starts = np.flatnonzero(np.diff(zone_of_point[order], prepend=-1))
    cell_order = np.argsort(zone_of_cell, kind="stable")
    cell_groups = np.split(cell_order, np.flatnonzero(np.diff(zone_of_cell[cell_order])) + 1)
    survey = _Survey(demand, distance_m, side, plane, districts)
    zones = [
        survey.zone(open_[points], cells[own])
        for points, own in zip(np.split(order, starts[1:]), cell_groups, strict=True)
    ]
    zones = [zone for zone in zones if zone.workers >= min_workers]
    zones.sort(key=lambda zone: (-zone.workers, zone.lon, zone.lat))
    return [dataclasses.replace(zone, rank=rank) for rank, zone in enumerate(zones, 1)]


def _touching(cells: NDArray[np.int64]) -> NDArray[np.intp]:
    """Number of the zone of each cell ``(column, row, district)``, from 0."""
    # Districts two apart on the third axis: cells of different ones are never within 1.5.
    pairs = cKDTree(cells * np.array([1, 1, 2])).query_pairs(1.5, output_type="ndarray")
    links = sparse.coo_array(
        (np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), shape=(len(cells),) * 2
    )
    return np.asarray(connected_components(links, directed=False)[1], dtype=np.intp)


@dataclasses.dataclass(frozen=True, eq=False)
class _Survey:
    """What every zone is drawn from: the demand, its grid in a plane, and the districts in it."""

    demand: Demand
    distance_m: NDArray[np.float64]
    side: float
    plane: LocalPlane
    districts: Districts | None
    shapes: dict[int, shapely.Geometry] = dataclasses.field(default_factory=dict)

    def zone(self, points: NDArray[np.intp], cells: NDArray[np.int64]) -> GapZone:
        """Return the zone of some demand points and the cells that they lie in."""
        demand, plane = self.demand, self.plane
        weights = demand.weights[points]
        workers = weights.sum(axis=1)
        total = float(workers.sum())
        # A zone around a station has its mean beside the station; its centre is where people are.
        x, y = plane.forward(demand.lon[points], demand.lat[points])
        at = int(np.argmin(np.hypot(x - workers @ x / total, y - workers @ y / total)))
        centre = points[at]
        home = int(cells[0, 2])
        outline = self._outline(cells, home)
        known = self.districts if home >= 0 else None
        return GapZone(
            rank=0,
            workers=total,
            by_group=dict(zip(demand.groups, map(float, weights.sum(axis=0)), strict=True)),
            adcode=known and known.adcodes[home],
            district=known and known.names[home],
            sector=_sector(self._shape(known, home), x[at], y[at]) if known else None,
            lon=float(demand.lon[centre]),
            lat=float(demand.lat[centre]),
            area_m2=float(outline.area),
            distance_m=float(self.distance_m[centre]),
            polygon=plane.unproject([outline])[0],
        )

    def _outline(self, cells: NDArray[np.int64], home: int) -> shapely.Geometry:
        """Return the cells as one shape, cut off at the border of their district."""
        side = self.side
        left, bottom = cells[:, 0] * side, cells[:, 1] * side
        outline = shapely.union_all(shapely.box(left, bottom, left + side, bottom + side))
        # Round the stairs of the cells off, for the eye.
        outline = outline.buffer(side / 2, quad_segs=4).buffer(-side / 2, quad_segs=4)
        if self.districts is None or home < 0:
            return outline
        shape = self._shape(self.districts, home)
        if shapely.contains_properly(shape, outline):
            return outline
        return polygonal_part(shapely.intersection(outline, shape)) or outline

    def _shape(self, districts: Districts, home: int) -> shapely.Geometry:
        """Return the polygon of a district in the plane, prepared."""
        if home not in self.shapes:
            (shape,) = shapely.make_valid(self.plane.project([districts.geometries[home]]))
            shapely.prepare(shape)
            self.shapes[home] = shape
        return self.shapes[home]


def _sector(shape: shapely.Geometry, x: float, y: float) -> str:
    """Compass point of a position seen from the middle of its district."""
    middle = shape.centroid
    dx, dy = float(x) - middle.x, float(y) - middle.y
    if math.hypot(dx, dy) < 0.2 * math.sqrt(shape.area):
        return "C"
    return _SECTORS[round(math.atan2(dy, dx) / (math.pi / 4)) % 8]
