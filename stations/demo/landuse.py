"""What fills the faces between streets: blocks, their buildings, fields, woods."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from stations.demo.parcels import divide
from stations.demo.terrain import STATION_UV
from stations.demo.zones import LANE_CELL_M2, PARKS, park_shape, zone_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from stations.demo.network import Street
    from stations.demo.terrain import Frame, Terrain

    Floats = NDArray[np.float64]


class Block(NamedTuple):
    """A block: ground between streets with one use, and the buildings drawn on it."""

    shape: shapely.Polygon
    use: str
    buildings: tuple[shapely.Polygon, ...]


class LandUse(NamedTuple):
    """All ground that is not street or water; plane metres."""

    blocks: list[Block]
    fields: list[shapely.Polygon]
    woods: list[shapely.Polygon]
    ponds: list[shapely.Polygon]


class Style(NamedTuple):
    """How buildings stand on a block: sizes and gaps in metres, share of places built on."""

    wide: float
    deep: float
    gap_x: float
    gap_y: float
    built: float
    drawn: float = 1.0


_STYLES = {
    "old": Style(27, 15, 9, 10, 0.82),
    "core": Style(46, 30, 20, 22, 0.85),
    "urban": Style(68, 14, 22, 32, 0.88, 0.58),
    "fringe": Style(72, 15, 26, 42, 0.75, 0.44),
    "newtown": Style(36, 20, 34, 40, 0.85, 0.6),
    "market": Style(110, 26, 16, 18, 0.95),
    "campus": Style(70, 20, 36, 42, 0.75),
    "industrial": Style(105, 50, 24, 28, 0.75),
    "logistics": Style(150, 58, 30, 34, 0.85),
    "village": Style(27, 14, 16, 20, 0.65),
}
_SETBACK_M = {"primary": 17.0, "secondary": 12.0}
_LANE_SETBACK_M = 7.0
_SMALLEST_BLOCK_M2 = 700.0
_FIELD_M2 = 300_000.0
_VILLAGE_FACE_M2 = 60_000.0


def use_land(terrain: Terrain, streets: Sequence[Street], rng: np.random.Generator) -> LandUse:
    """Polygonise the streets and fill every face according to its zone."""
    parks = [park_shape(terrain.frame, park) for park in PARKS]
    beds = [
        terrain.river_valley, terrain.canal_valley, terrain.rail_bed, terrain.motorway_bed,
        terrain.lake_park, *parks,
    ]  # fmt: skip
    kept_free = shapely.union_all(beds)
    shapely.prepare(kept_free)
    lines = [s.line for s in streets if s.kind != "footway"]
    lines += [bed.boundary for bed in beds[:4]] + [terrain.land.boundary]
    faces = shapely.get_parts(shapely.polygonize([shapely.union_all(lines, grid_size=0.1)]))
    main = [s.line.buffer(_SETBACK_M[s.kind]) for s in streets if s.kind in _SETBACK_M]
    setbacks, roads = shapely.STRtree(main), shapely.STRtree([s.line for s in streets])
    land = LandUse([], [], [], [])
    for face in sorted(faces, key=lambda f: tuple(np.round(f.centroid.coords[0], 1))):
        inner = face.representative_point()
        if kept_free.intersects(inner):
            continue
        use = zone_of(terrain.frame, inner.x, inner.y)
        if use not in LANE_CELL_M2 or face.area > 1_000_000:
            use = "village" if face.area < _VILLAGE_FACE_M2 else "rural"
        if use == "rural":
            _farm(land, face, terrain.frame, roads, rng)
            continue
        near = [main[i] for i in setbacks.query(face)]
        ground = face.buffer(-_LANE_SETBACK_M, join_style="mitre").difference(
            shapely.union_all([*near, *([kept_free] if face.area > 150_000 else [])])
        )
        for part in shapely.get_parts(shapely.simplify(ground, 2.2)):
            if part.geom_type == "Polygon" and part.area > _SMALLEST_BLOCK_M2:
                shape = shapely.Polygon(part.exterior)
                houses = _buildings(shape, use, terrain.frame, rng)
                land.blocks.append(Block(shape, use, houses))
    return land


def station_building(terrain: Terrain) -> shapely.Polygon:
    """Return the hall of the railway station, on the south side of the tracks."""
    centre = terrain.frame.xy(STATION_UV[0] - 40, STATION_UV[1])
    at = terrain.rail.project(shapely.Point(centre))
    a, b = (shapely.get_coordinates(terrain.rail.interpolate(at + d))[0] for d in (-120, 120))
    along = (b - a) / np.hypot(*(b - a))
    across = np.array([-along[1], along[0]])
    middle = (a + b) / 2 - across * 62
    corners = [(-118, -20), (-40, -20), (-40, -28), (40, -28), (40, -20), (118, -20), (118, 19),
               (-118, 19)]  # fmt: skip
    return shapely.Polygon([middle + along * x + across * y for x, y in corners])


def _farm(
    land: LandUse,
    face: shapely.Polygon,
    frame: Frame,
    roads: shapely.STRtree,
    rng: np.random.Generator,
) -> None:
    """Divide open country into fields and woods, with some of it left as it is."""
    cells, _ = divide(face, frame, _FIELD_M2, rng, wild=0.22)
    for cell in cells:
        draw = rng.random()
        ground = cell.buffer(-9, join_style="mitre").simplify(6)
        if face.interiors:
            ground = ground.intersection(face.buffer(-9))
        for part in shapely.get_parts(ground):
            if part.geom_type != "Polygon" or part.area < 4_000 or draw > 0.8:
                continue
            (land.woods if draw < 0.07 else land.fields).append(part)
            pond = part.buffer(-185).buffer(95).simplify(2)
            if draw < 0.765 or pond.geom_type != "Polygon" or pond.is_empty:
                continue
            if not len(roads.query(pond, predicate="dwithin", distance=25)):
                land.ponds.append(pond)


def _buildings(
    block: shapely.Polygon, use: str, frame: Frame, rng: np.random.Generator
) -> tuple[shapely.Polygon, ...]:
    """Rows of buildings along the grid, those that lie wholly on the block."""
    style = _STYLES[use]
    if rng.random() > style.drawn:
        return ()
    centre = shapely.get_coordinates(block.centroid)[0]
    angle = frame.angle(*centre.tolist()) + rng.normal(0, 0.03)
    if use == "old":
        angle = _longest_side(block)
    ring = _turned(shapely.get_coordinates(block.exterior) - centre, -angle)
    (west, south), (east, north) = ring.min(axis=0), ring.max(axis=0)
    scale = rng.uniform(0.85, 1.2)
    wide, deep = style.wide * scale, style.deep * rng.uniform(0.92, 1.12)
    columns = max(1, int((east - west - 4 + style.gap_x) // (wide + style.gap_x)))
    rows = max(1, int((north - south - 4 + style.gap_y) // (deep + style.gap_y)))
    x = west + (np.arange(columns) + 0.5) * (east - west) / columns
    y = south + (np.arange(rows) + 0.5) * (north - south) / rows
    x, y = (a.ravel() for a in np.meshgrid(x, y))
    n = len(x)
    half_x = wide / 2 * rng.uniform(0.72, 1.1, n)
    half_y = deep / 2 * rng.uniform(0.9, 1.08, n)
    x = x + rng.uniform(-0.2, 0.2, n) * style.gap_x
    y = y + rng.uniform(-0.15, 0.15, n) * style.gap_y
    corners = np.stack([
        np.stack([x + a * half_x, y + b * half_y], axis=-1)
        for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    ], axis=1)  # fmt: skip
    houses = shapely.polygons(np.round(_turned(corners, angle) + centre, 2))
    kept = shapely.contains(block.buffer(-1.5), houses) & (rng.random(n) < style.built)
    return tuple(houses[kept])


def _turned(points: Floats, angle: float) -> Floats:
    """(..., 2) points turned about the origin, in radians to the left."""
    cos, sin = np.cos(angle), np.sin(angle)
    x, y = points[..., 0], points[..., 1]
    return np.stack([cos * x - sin * y, sin * x + cos * y], axis=-1)


def _longest_side(block: shapely.Polygon) -> float:
    ring = shapely.get_coordinates(block.exterior)
    sides = np.diff(ring, axis=0)
    x, y = sides[np.hypot(*sides.T).argmax()].tolist()
    return float(np.arctan2(y, x))
