"""The street network: avenues laid out by a plan, lanes that divide what lies between them.

Streets meet only at shared nodes and pass water only on bridges. The method: draw the main streets,
cut them at the valleys of river and canal and at the large parks, polygonise, divide every face
into blocks of the size its zone has, then node everything once on a grid of a decimetre.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from stations.demo import names
from stations.demo.names import Name
from stations.demo.network import Street, node_streets
from stations.demo.parcels import divide
from stations.demo.zones import LANE_CELL_M2, PARKS, VILLAGES, park_shape, zone_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from stations.demo.terrain import Terrain

    Floats = NDArray[np.float64]


class Avenue(NamedTuple):
    """A line of the plan: along `axis` at `at`, from `start` to `end`, on the planning grid."""

    kind: str
    axis: str
    at: float
    start: float
    end: float
    name: Name | None
    bridge: Name | None = None


PLAN = (
    Avenue("primary", "v", -4100, -2760, 1700, Name("砺石路", "Lishi Road")),
    Avenue("primary", "v", -1500, -9000, 9000, Name("望桥路", "Wangqiao Road"),
           Name("望桥", "Wangqiao Bridge")),
    Avenue("primary", "v", 0, -3350, 2560, Name("云渡大道", "Yundu Avenue"),
           Name("人民桥", "Renmin Bridge")),
    Avenue("primary", "v", 1550, -9000, 9000, Name("锦帆路", "Jinfan Road")),
    Avenue("primary", "v", 4150, -2760, 3400, Name("青塘路", "Qingtang Road"),
           Name("青塘大桥", "Qingtang Bridge")),
    Avenue("primary", "u", -3350, -3520, 3540, Name("新禾路", "Xinhe Road")),
    Avenue("primary", "u", -1180, -9500, 9500, Name("南岸大道", "Nan'an Avenue")),
    Avenue("primary", "u", 1260, -2780, 9500, Name("古埠大街", "Gubu Street")),
    Avenue("primary", "u", 3400, -1500, 4600, Name("驼铃大道", "Tuoling Avenue")),
    Avenue("secondary", "v", -3520, -3350, 1500, Name("铁砧路", "Tiezhen Road")),
    Avenue("secondary", "v", -2260, -3350, 300, Name("磨坊路", "Mofang Road")),
    Avenue("secondary", "v", -2300, 900, 2960, Name("柳湾路", "Liuwan Road")),
    Avenue("secondary", "v", -780, -3350, 2350, Name("文灯街", "Wendeng Street")),
    Avenue("secondary", "v", 780, -3350, 2350, Name("渡头街", "Dutou Street")),
    Avenue("secondary", "v", 760, 2800, 3400, Name("站北路", "Zhanbei Road")),
    Avenue("secondary", "v", 2230, -3350, 2960, Name("鹭洲路", "Luzhou Road")),
    Avenue("secondary", "v", 2700, 1790, 3400, Name("货场路", "Huochang Road")),
    Avenue("secondary", "v", 3540, -3350, 3400, Name("杏坛路", "Xingtan Road")),
    Avenue("secondary", "u", -2760, -4100, 4150, Name("麦浪路", "Mailang Road")),
    Avenue("secondary", "u", -1760, -4100, 4150, Name("晨光路", "Chenguang Road")),
    Avenue("secondary", "u", -540, -4100, -1500, Name("西苑路", "Xiyuan Road")),
    Avenue("secondary", "u", -700, 780, 4150, Name("东苑路", "Dongyuan Road")),
    Avenue("secondary", "u", 330, -4100, -2300, Name("石桥路", "Shiqiao Road")),
    Avenue("secondary", "u", 320, -1500, 1550, Name("钟楼街", "Zhonglou Street")),
    Avenue("secondary", "u", 780, 1550, 4150, Name("学府路", "Xuefu Road")),
    Avenue("secondary", "u", 1790, -2300, 4150, Name("帆影路", "Fanying Road")),
    Avenue("secondary", "u", 2960, -2300, 4600, Name("站后街", "Zhanhou Street")),
    Avenue("rural", "v", -5250, -4600, 1500, None),
    Avenue("rural", "v", -3500, 1900, 4250, None),
    Avenue("rural", "v", -400, -4250, -3350, None),
    Avenue("rural", "v", 2900, -6800, -3350, None),
    Avenue("rural", "v", 5600, -4200, 4250, None),
    Avenue("rural", "u", -4250, -5250, 5600, None),
    Avenue("rural", "u", -2350, -9000, -4100, None),
    Avenue("rural", "u", 250, -9000, -4100, None),
    Avenue("rural", "u", 2250, -9000, -2300, None),
    Avenue("rural", "u", 4250, -5600, 5600, None),
    Avenue("rural", "u", -2600, 4150, 9000, None),
)  # fmt: skip
RING = Name("环城路", "Ring Road")
_RING_BRIDGES = (Name("西环大桥", "West Ring Bridge"), Name("沙洲大桥", "Shazhou Bridge"))
_BANK_ROADS = (Name("云水北路", "Yunshui North Road"), Name("云水南路", "Yunshui South Road"))
_CANAL_LANES = (Name("渠北街", "Qubei Street"), Name("渠南街", "Qunan Street"))
_LAKE_ROAD = Name("环塘路", "Huantang Road")
_FREIGHT_ROAD = Name("货运环路", "Huoyun Loop")
_LARGEST_FACE_M2 = 1_600_000.0
_WOBBLE_M = {"primary": 14.0, "secondary": 26.0, "rural": 95.0}


def build_streets(
    terrain: Terrain, wobbles: Sequence[Floats], rng: np.random.Generator
) -> list[Street]:
    """Every street from crossing to crossing, connected, sorted by place."""
    parks = [park_shape(terrain.frame, park) for park in PARKS]
    main = list(_main_streets(terrain, parks, wobbles))
    barriers = [terrain.rail_bed.boundary, terrain.motorway_bed.boundary, terrain.land.boundary]
    lanes = list(_lanes(terrain, main, barriers, parks, rng))
    paths = list(_park_paths(terrain, parks, rng))
    noded = node_streets([*main, *lanes, *paths], terrain.land)
    water = terrain.water
    # Where another street meets the ramp of a bridge, the ramp is a street of its own: on land.
    return [s if water.intersects(s.line) else s._replace(bridge=None) for s in noded]


def draw_wobbles(rng: np.random.Generator) -> list[Floats]:
    """How each line of the plan strays from straight: size, wave length and two phases."""
    return [
        np.array([_WOBBLE_M[a.kind], rng.uniform(700, 1300), *rng.uniform(0, 2 * np.pi, 2)])
        for a in PLAN
    ]


def avenue_line(terrain: Terrain, avenue: Avenue, wobble: Floats) -> Floats:
    """(n, 2) plane metres of a line of the plan, with 40 m to spare at both ends."""
    start, end = avenue.start - 40, avenue.end + 40
    t = np.array([start, *np.arange(np.ceil(start / 90 + 0.1), end / 90 - 0.1) * 90, end])
    size, wave, phase, second = wobble
    across = avenue.at + size * np.sin(t / wave + phase) + size / 2 * np.sin(t / 390 + second)
    return terrain.frame.xy(*((across, t) if avenue.axis == "v" else (t, across)))


def _main_streets(
    terrain: Terrain, parks: Sequence[shapely.Polygon], wobbles: Sequence[Floats]
) -> Iterator[Street]:
    """Avenues, ring, roads along the water: cut where they may not go, with their bridges."""
    closed = shapely.union_all([terrain.lake_park, *parks])
    for avenue, wobble in zip(PLAN, wobbles, strict=True):
        line = shapely.LineString(avenue_line(terrain, avenue, wobble))
        kind = "residential" if avenue.kind == "rural" else avenue.kind
        yield from _cut(terrain, Street(line, kind, avenue.name, avenue.bridge), closed)
    ring = terrain.frame.ring((30, 30), (2960, 2360), 2.9)
    half = len(ring) // 2
    turned = np.roll(ring[:-1], -(half // 2), axis=0)
    sides = turned[: half + 1], np.vstack([turned[half:], turned[:1]])
    for points, bridge in zip(sides, _RING_BRIDGES, strict=True):
        street = Street(shapely.LineString(points), "primary", RING, bridge)
        yield from _cut(terrain, street, closed)
    built = shapely.Polygon(terrain.frame.ring((0, 0), (4250, 3500), 5))
    for bank, name in zip(terrain.banks, _BANK_ROADS, strict=True):
        near = bank.intersection(terrain.outline.buffer(150))
        street = Street(near.intersection(built), "secondary", name)
        yield from _over_canal(terrain, street, narrow=True)
        yield from _pieces(Street(near.difference(built), "residential", None))
    for bank, name in zip(terrain.canal_banks, _CANAL_LANES, strict=True):
        kept = bank.difference(shapely.union_all([terrain.river_valley, closed]))
        yield from _pieces(Street(kept, "residential", name))
    u, v = [2650, 2650, 3500, 4580, 4580], [3340, 3890, 3910, 3890, 2900]
    yield Street(shapely.LineString(terrain.frame.xy(u, v)), "residential", _FREIGHT_ROAD)
    yield from _over_canal(
        terrain, Street(terrain.lake_park.exterior, "residential", _LAKE_ROAD), narrow=True
    )
    for park in parks:
        yield Street(park.exterior, "residential", None)


def _cut(terrain: Terrain, street: Street, closed: shapely.Geometry) -> Iterator[Street]:
    """Pieces of a street on land, then its bridges over the river and over the canal."""
    line = street.line.difference(closed)
    dry = line.difference(terrain.river_valley)
    if street.bridge is not None:
        for part in shapely.get_parts(line.intersection(terrain.river_valley)):
            if _crosses(part, terrain.river):
                yield Street(part, street.kind, street.name, street.bridge)
    yield from _over_canal(terrain, street._replace(line=dry, bridge=None))


def _over_canal(terrain: Terrain, street: Street, *, narrow: bool = False) -> Iterator[Street]:
    """Pieces of a street, with a bridge wherever it crosses the canal.

    `narrow` is for what passes the canal where no lanes run beside it.
    """
    valley = terrain.canal.buffer(14) if narrow else terrain.canal_valley
    for part in shapely.get_parts(street.line.intersection(valley)):
        if _crosses(part, terrain.canal):
            yield street._replace(line=part, bridge=names.CANAL_BRIDGE)
    yield from _pieces(street._replace(line=street.line.difference(valley)))


def _crosses(part: shapely.Geometry, water: shapely.Polygon) -> bool:
    """Whether a part of a street leads straight from bank to bank."""
    if part.is_empty or part.geom_type != "LineString":
        return False
    ends = shapely.Point(part.coords[0]), shapely.Point(part.coords[-1])
    dry_ends = not any(water.buffer(5).intersects(end) for end in ends)
    return dry_ends and part.intersects(water) and part.length < 420


def _pieces(street: Street) -> Iterator[Street]:
    for part in shapely.get_parts(street.line):
        if part.geom_type == "LineString" and part.length > 1:
            yield street._replace(line=part)


def _lanes(
    terrain: Terrain,
    main: Sequence[Street],
    barriers: Sequence[shapely.Geometry],
    parks: Sequence[shapely.Polygon],
    rng: np.random.Generator,
) -> Iterator[Street]:
    """Lanes that divide the faces between main streets and barriers."""
    lines = [street.line for street in main] + list(barriers)
    faces = shapely.get_parts(shapely.polygonize([shapely.union_all(lines, grid_size=0.1)]))
    taken = shapely.union_all([
        terrain.river_valley, terrain.canal_valley, terrain.rail_bed, terrain.motorway_bed,
        terrain.lake_park, *parks,
    ])  # fmt: skip
    lane_names = names.LaneNames(rng)
    shapely.prepare(taken)
    closed = shapely.union_all([terrain.lake_park, *parks])
    for face in sorted(faces, key=lambda f: tuple(np.round(f.centroid.coords[0], 1))):
        inner = face.representative_point()
        if taken.intersects(inner):
            continue
        zone = zone_of(terrain.frame, inner.x, inner.y)
        if zone not in LANE_CELL_M2 or face.area > _LARGEST_FACE_M2:
            continue
        wild = {"old": 0.30, "core": 0.06}.get(zone, 0.09)
        _, cuts = divide(face, terrain.frame, LANE_CELL_M2[zone], rng, wild=wild)
        for cut in cuts:
            name = lane_names.lane(length_m=cut.length, old_town=zone == "old")
            if rng.random() > 0.05 or name is not None:
                yield from _pieces(Street(cut.difference(closed), "residential", name))
    yield from _village_lanes(terrain, taken, lines, rng)


def _village_lanes(
    terrain: Terrain,
    taken: shapely.Geometry,
    lines: Sequence[shapely.LineString],
    rng: np.random.Generator,
) -> Iterator[Street]:
    """A knot of lanes for every village, on the rural road that is nearest."""
    roads = shapely.union_all(lines[:-3])
    for u, v in VILLAGES:
        anchor = shapely.Point(terrain.frame.xy(u, v))
        _, nearest = shapely.get_coordinates(shapely.shortest_line(anchor, roads)).tolist()
        t = np.linspace(0, 2 * np.pi, 15)[:-1]
        r = rng.uniform(0.75, 1.15, 14)
        x, y = nearest[0] + 230 * r * np.cos(t), nearest[1] + 165 * r * np.sin(t)
        hull = shapely.Polygon(np.column_stack([x, y])).convex_hull
        for side in shapely.get_parts(shapely.polygonize([
            shapely.union_all([hull.exterior, roads.intersection(hull)], grid_size=0.1)
        ])):  # fmt: skip
            if taken.intersects(side):
                continue
            _, cuts = divide(side, terrain.frame, 9_000, rng, wild=0.3)
            yield Street(side.exterior, "residential", None)
            for cut in cuts:
                yield Street(cut, "residential", None)


def _park_paths(
    terrain: Terrain, parks: Sequence[shapely.Polygon], rng: np.random.Generator
) -> Iterator[Street]:
    """Footpaths: a loop in every park with links to the street around it."""
    green = [shape for park, shape in zip(PARKS, parks, strict=True) if not park.paved]
    for park in (terrain.lake_park, *green):
        water = terrain.lake.buffer(28) if park is terrain.lake_park else None
        loop = water if water is not None else park.buffer(-min(70.0, park.area**0.5 / 5))
        if loop.is_empty or loop.geom_type != "Polygon":
            continue
        loop = loop.simplify(6)
        yield from _over_canal(terrain, Street(loop.exterior, "footway", None), narrow=True)
        first = rng.random()
        for share in (0.0, 0.21, 0.44, 0.63, 0.82):
            start = loop.exterior.interpolate((first + share) % 1, normalized=True)
            link = shapely.shortest_line(start, park.exterior)
            if link.distance(terrain.canal) > 15:
                yield Street(link, "footway", None)
        if water is None:
            start, end = (
                loop.exterior.interpolate((first + share) % 1, normalized=True)
                for share in (0.1, 0.55)
            )
            across = shapely.LineString([start, loop.centroid, end])
            yield Street(across, "footway", None)
