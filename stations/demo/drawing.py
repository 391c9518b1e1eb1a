"""From plane metres to GeoJSON in WGS84: the base map and the street network."""

from __future__ import annotations

import collections
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.geometry import mapping
from shapely.ops import substring

from stations.demo import names
from stations.demo.landuse import station_building
from stations.demo.zones import PARKS, park_shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from geodata.crs import LocalPlane
    from stations.demo.landuse import Block, LandUse
    from stations.demo.names import Name
    from stations.demo.network import Street
    from stations.demo.terrain import Terrain

    Feature = dict[str, Any]
    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Drawn = tuple[str, shapely.Geometry, Mapping[str, object]]

_MAP_DECIMALS = 6
_EXACT_DECIMALS = 7
_TILE_M = 1_500.0
_ZONE_NAMES = {
    "industrial": names.INDUSTRY,
    "logistics": names.LOGISTICS,
    "market": names.MARKET,
    "campus": names.UNIVERSITY,
}


def draw_basemap(
    plane: LocalPlane, terrain: Terrain, streets: Sequence[Street], land: LandUse
) -> list[Feature]:
    """Features of the base map in drawing order, from the ground to the railway."""
    drawn = [
        *_ground(terrain, land),
        *_built(land.blocks),
        *_building_tiles(terrain, land.blocks),
        *_lines(terrain, streets),
    ]
    return [
        feature(plane, shape, _MAP_DECIMALS, kind=kind, **extra) for kind, shape, extra in drawn
    ]


def draw_streets(plane: LocalPlane, streets: Sequence[Street]) -> list[Feature]:
    """Every street from crossing to crossing with its kind, names and whether it is a bridge."""
    return [
        feature(
            plane,
            street.line,
            _EXACT_DECIMALS,
            kind=street.kind,
            **_named(street.name),
            bridge=street.bridge is not None,
        )
        for street in streets
    ]


def feature(
    plane: LocalPlane, shape: shapely.Geometry, decimals: int, **properties: object
) -> Feature:
    """Return a GeoJSON feature of a geometry in plane metres, its coordinates rounded."""
    (degrees,) = plane.unproject([shape])
    geometry = mapping(degrees)
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {
            "type": geometry["type"],
            "coordinates": _rounded(geometry["coordinates"], decimals),
        },
    }


def _rounded(coordinates: Any, decimals: int) -> Any:  # noqa: ANN401  nested to any depth
    if isinstance(coordinates[0], float):
        return [round(value, decimals) for value in coordinates]
    return [_rounded(part, decimals) for part in coordinates]


def _named(name: Name | None) -> dict[str, str]:
    return {} if name is None else {"name": name.zh, "name_en": name.en}


def _ground(terrain: Terrain, land: LandUse) -> Iterator[Drawn]:
    yield "land", terrain.land, {}
    for start in range(0, len(land.fields), 40):
        yield "farmland", shapely.multipolygons(land.fields[start : start + 40]), {}
    if land.woods:
        yield "park", shapely.multipolygons(land.woods), {}
    banks = terrain.river_valley.intersection(terrain.outline)
    yield "park", banks.difference(terrain.river).simplify(1.5), {}
    yield "park", terrain.canal_valley.difference(terrain.canal.buffer(4)).simplify(1), {}
    yield "park", terrain.lake_park, {}
    for park in PARKS:
        shape = park_shape(terrain.frame, park).buffer(-6)
        if park.paved:
            yield "block", shape, {"use": "square", **_named(park.name)}
        else:
            yield "park", shape, _named(park.name)
    yield "water", terrain.river.simplify(1), _named(names.RIVER)
    yield "water", terrain.canal.simplify(0.7), _named(names.CANAL)
    yield "water", terrain.lake, _named(names.LAKE)
    if land.ponds:
        yield "water", shapely.multipolygons(land.ponds), {}


def _built(
    blocks: Sequence[Block],
) -> Iterator[Drawn]:
    grouped: dict[tuple[str, int, int], list[shapely.Polygon]] = collections.defaultdict(list)
    for block in blocks:
        tile = (0, 0) if block.use in _ZONE_NAMES else _tile(block.shape)
        grouped[block.use, *tile].append(block.shape)
    for (use, _, _), shapes in sorted(grouped.items(), key=lambda item: item[0]):
        kind = "industrial" if use in {"industrial", "logistics"} else "block"
        yield kind, _collected(shapes), {"use": use, **_named(_ZONE_NAMES.get(use))}


def _building_tiles(terrain: Terrain, blocks: Sequence[Block]) -> Iterator[Drawn]:
    tiles: dict[tuple[int, int], list[shapely.Polygon]] = collections.defaultdict(list)
    for block in blocks:
        tiles[_tile(block.shape)].extend(block.buildings)
    for _, shapes in sorted(tiles.items(), key=lambda item: item[0]):
        if shapes:
            yield "building", _collected(shapes), {}
    yield "building", station_building(terrain), _named(names.STATION)


def _lines(terrain: Terrain, streets: Sequence[Street]) -> Iterator[Drawn]:
    """Streets merged over their crossings, from paths to avenues, then bridges, rail, motorway."""
    grouped: dict[tuple[str, Name | None], list[shapely.LineString]]
    for kind in ("footway", "residential", "secondary", "primary"):
        grouped = collections.defaultdict(list)
        for street in streets:
            if street.kind == kind:
                name = street.name if kind in {"primary", "secondary"} else None
                grouped[kind, name].append(street.line)
        for (_, name), lines in sorted(grouped.items(), key=lambda item: str(item[0])):
            merged = shapely.line_merge(shapely.multilinestrings(lines))
            yield kind, merged.simplify(0.5), _named(name)
    for street in streets:
        if street.bridge is not None:
            yield "bridge", street.line, {"carries": street.kind, **_named(street.bridge)}
    yield "rail", terrain.rail.simplify(0.5), _named(names.RAILWAY)
    yield "rail", shapely.multilinestrings(_sidings(terrain)), {}
    yield "motorway", terrain.motorway.simplify(0.5), _named(names.MOTORWAY)
    ramps = shapely.multilinestrings(list(_ramps(terrain, streets)))
    if not ramps.is_empty:
        yield "motorway", ramps, {"ramp": True}


def _sidings(terrain: Terrain) -> list[shapely.LineString]:
    """Tracks beside the main line at the station."""
    at = terrain.rail.project(station_building(terrain).centroid)
    tracks = []
    for side, half in ((9, 620), (18, 480), (-9, 560)):
        pieces = substring(terrain.rail, at - half, at + half)
        beside = shapely.get_coordinates(pieces.offset_curve(side).simplify(0.5))
        first, last = (terrain.rail.interpolate(at + way * (half + 130)) for way in (-1, 1))
        tracks.append(shapely.LineString([first.coords[0], *beside, last.coords[0]]))
    return tracks


def _ramps(terrain: Terrain, streets: Sequence[Street]) -> Iterator[shapely.LineString]:
    """Four ramps at every avenue that the motorway passes over."""
    avenues = shapely.union_all([s.line for s in streets if s.kind == "primary"])
    for crossing in shapely.get_parts(terrain.motorway.intersection(avenues)):
        at = terrain.motorway.project(crossing)
        middle = shapely.get_coordinates(crossing)[0]
        ends = shapely.get_coordinates(avenues.intersection(crossing.buffer(150).exterior))
        for way in (-1, 1):
            leave, hug = (
                shapely.get_coordinates(terrain.motorway.interpolate(at + way * d))[0]
                for d in (560, 170)
            )
            for end in ends:
                yield _curve(leave, hug + (end - middle) * 0.55, end)


def _curve(start: Floats, lead: Floats, end: Floats) -> shapely.LineString:
    """Return a smooth line between two points that leans towards a third."""
    t = np.linspace(0, 1, 11)[:, None]
    return shapely.LineString((1 - t) ** 2 * start + 2 * t * (1 - t) * lead + t**2 * end)


def _tile(shape: shapely.Polygon) -> tuple[int, int]:
    x, y = shape.centroid.coords[0]
    return int(x // _TILE_M), int(y // _TILE_M)


def _collected(shapes: Iterable[shapely.Polygon]) -> shapely.MultiPolygon:
    return shapely.multipolygons(list(shapes))
