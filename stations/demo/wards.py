"""The eight subdistricts: borders along the river, the railway, avenues and the outline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from stations.demo.streets import PLAN, avenue_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from stations.demo.terrain import Terrain

CODES = tuple(f"9901{number:02d}" for number in range(1, 9))
"""Made-up codes: no province of China has a code that begins with 99."""

# Where each subdistrict has its middle on the planning grid, and how far it reaches out.
_MIDDLES = (
    (-300, 350, 0.9), (420, 1800, 1.0), (-2900, 1750, 1.7), (-900, 3300, 1.25),
    (1500, -2000, 1.9), (-3000, -1900, 1.9), (3300, 950, 1.5), (3500, 3450, 1.6),
)  # fmt: skip


def divide_wards(terrain: Terrain, wobbles: Sequence[NDArray[np.float64]]) -> list[shapely.Polygon]:
    """Subdistricts in plane metres that share their borders point by point, in code order."""
    long = [
        shapely.LineString(avenue_line(terrain, avenue._replace(start=-9000, end=9000), wobble))
        for avenue, wobble in zip(PLAN, wobbles, strict=True)
        if avenue.kind == "primary"
    ]
    edge = terrain.outline.exterior
    faces = _faces([*long, terrain.river_line, terrain.rail, edge], terrain.outline)
    sides = _faces([terrain.river_line, terrain.rail, edge], terrain.outline)
    middles = terrain.frame.xy(*np.array(_MIDDLES)[:, :2].T)
    side_of_middle = _holder(sides, shapely.points(middles))
    inner = shapely.point_on_surface(faces)
    side_of_face = _holder(sides, inner)
    gaps = shapely.get_coordinates(inner)[:, None] - middles
    cost = np.hypot(gaps[..., 0], gaps[..., 1]) / np.array(_MIDDLES)[:, 2]
    cost[side_of_face[:, None] != side_of_middle[None, :]] += 1e6
    owner = _connected(faces, cost.argmin(axis=1), len(_MIDDLES))
    return [shapely.coverage_union_all(faces[owner == ward]) for ward in range(len(_MIDDLES))]


def _faces(lines: Sequence[shapely.Geometry], outline: shapely.Polygon) -> NDArray[np.object_]:
    """Faces between lines inside the outline, from the south-west to the north-east."""
    noded = shapely.union_all(np.array(lines, dtype=object), grid_size=0.1)
    faces = shapely.get_parts(shapely.polygonize([noded]))
    faces = faces[shapely.contains(outline.buffer(1), shapely.point_on_surface(faces))]
    order = np.lexsort(np.round(shapely.get_coordinates(shapely.centroid(faces)), 0).T)
    return np.asarray(faces[order], dtype=object)


def _holder(polygons: NDArray[np.object_], points: NDArray[np.object_]) -> NDArray[np.intp]:
    """Index of the polygon that holds each point."""
    pairs = shapely.STRtree(polygons).query(points, predicate="intersects")
    found = np.full(len(points), -1, dtype=np.intp)
    found[pairs[0]] = pairs[1]
    return found


def _connected(faces: NDArray[np.object_], owner: NDArray[np.intp], count: int) -> NDArray[np.intp]:
    """Owners of faces, after giving away parts that lie apart from the rest of their ward."""
    owner = owner.copy()
    for _ in range(4):
        for ward in range(count):
            parts = shapely.get_parts(shapely.coverage_union_all(faces[owner == ward]))
            for part in sorted(parts, key=lambda g: -float(g.area))[1:]:
                touching = shapely.intersection(faces, part.boundary)
                border = np.where(owner == ward, 0.0, shapely.length(touching))
                inside = shapely.contains(part.buffer(0.2), faces)
                owner[inside] = owner[int(border.argmax())]
    return owner
