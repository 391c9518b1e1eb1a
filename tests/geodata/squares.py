"""Districts and demand that are simple enough to count by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.coverage import Coverage, cover
from geodata.demand import Demand
from geodata.districts import Districts

if TYPE_CHECKING:
    from geodata.nearest import NearestIndex

LON0, LAT0 = 113.6, 34.8


def districts(*named: tuple[str, str, shapely.Geometry]) -> Districts:
    """Districts of (adcode, name, polygon)."""
    geometries = np.empty(len(named), dtype=object)
    geometries[:] = [geometry for _, _, geometry in named]
    return Districts(tuple(n[0] for n in named), tuple(n[1] for n in named), geometries)


def halves(lon: float = LON0) -> Districts:
    """Two districts of 0.2 degrees that meet on a meridian."""
    return districts(
        ("410108", "惠济区", shapely.box(lon - 0.2, LAT0 - 0.1, lon, LAT0 + 0.1)),
        ("410122", "中牟县", shapely.box(lon, LAT0 - 0.1, lon + 0.2, LAT0 + 0.1)),
    )


def demand_of(*points: tuple[float, float, float], spacing_m: float | None = None) -> Demand:
    """Demand of (lon, lat, workers)."""
    lon, lat, workers = (np.array(v, np.float64) for v in zip(*points, strict=True))
    return Demand(lon, lat, workers[:, None], spacing_m=spacing_m)


def cover_by_line(demand: Demand, sites: NearestIndex, radius_m: float, **options: Any) -> Coverage:
    """Coverage of a demand by straight line."""
    metres = sites.query(demand.lon, demand.lat).distance_m[:, 0]
    return cover(demand, metres, limit=radius_m, **options)
