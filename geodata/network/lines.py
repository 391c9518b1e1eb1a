"""Streets from a layer of lines, such as a Shapefile of OpenStreetMap or of a city's survey.

Lines meet where they have a vertex at the same position (to a centimetre), and where one ends
within half a metre of another. Where they merely cross there may be a bridge, so they do not meet
unless it is asked for, and never where ``bridge``, ``tunnel`` and ``layer`` say that one is above
the other. A bridge that has a vertex where the street below has one does meet it: nothing in a
layer of lines tells it from a bridge that begins there. Layers made of OpenStreetMap have no such
vertex.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import shapely

from geodata.crs import LocalPlane
from geodata.errors import NetworkError
from geodata.network.profiles import KEYS, KINDS
from geodata.network.streets import Streets

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from geodata.network.streets import Tags

# Positions are told apart to this part of a degree, which is a centimetre.
_UNITS: Final = 1e7
_TOUCH_M: Final = 0.02
_NEAR_M: Final = 0.5

_COLUMNS: Final = {
    "highway": ("highway", "fclass", "kind", "道路等级", "道路类型", "道路类别", "等级", "类型"),
    "bridge": ("bridge", "桥梁", "是否桥梁"),
    "tunnel": ("tunnel", "隧道", "是否隧道"),
    "layer": ("layer", "层级"),
    "oneway": ("oneway", "单行", "单行道", "单向"),
    "access": ("access", "通行"),
    "foot": ("foot", "步行"),
    "bicycle": ("bicycle", "骑行", "自行车"),
}
_ALL_COLUMNS: Final = _COLUMNS | {key: (key,) for key in sorted(KEYS - _COLUMNS.keys())}

_CLOSED: Final = frozenset({
    "motorway", "motorway_link", "construction", "proposed", "planned", "abandoned", "disused",
    "razed", "raceway", "bus_guideway", "escape", "rest_area", "services",
})  # fmt: skip
_KINDS: Final = {
    **{f"track_grade{grade}": "track" for grade in range(1, 6)},
    "高速": "motorway",
    "高速公路": "motorway",
    "快速路": "motorway",
    "城市快速路": "motorway",
    "国道": "primary",
    "省道": "primary",
    "主干路": "primary",
    "主干道": "primary",
    "次干路": "secondary",
    "次干道": "secondary",
    "县道": "tertiary",
    "支路": "tertiary",
    "乡道": "unclassified",
    "村道": "unclassified",
    "内部道路": "service",
    "步行街": "pedestrian",
    "人行道": "footway",
    "步道": "footway",
    "人行天桥": "footway",
    "地下通道": "footway",
    "自行车道": "cycleway",
    "非机动车道": "cycleway",
    "小路": "path",
    "台阶": "steps",
    "楼梯": "steps",
}
_TRUTH: Final = {
    **dict.fromkeys(("yes", "true", "t", "y", "1", "是", "允许"), "yes"),
    **dict.fromkeys(("no", "false", "f", "n", "0", "否", "禁止"), "no"),
}
# Along the line, against it, and both ways, as Geofabrik writes it beside ``fclass``.
_LETTERS: Final = {"f": "yes", "t": "-1", "b": "no"}


class ReadLines(NamedTuple):
    """Streets, and what was not made of them.

    Attributes
    ----------
    streets
        With no barriers: a layer of streets draws no water.
    unjoined
        Places where two lines on the same level cross without meeting.
    """

    streets: Streets
    unjoined: int


def from_lines(frame: gpd.GeoDataFrame, *, join_crossings: bool = False) -> ReadLines:
    """Make streets of the lines of a layer.

    Parameters
    ----------
    frame
        LineStrings and MultiLineStrings in EPSG:4326; other shapes are left out. What a street is
        stands in a column ``highway``, ``fclass``, ``kind`` or 道路等级; one of an unknown kind
        counts as an ordinary street. Columns ``bridge``, ``tunnel``, ``layer``, ``oneway`` (also
        B, F and T as Geofabrik writes them), ``access``, ``foot`` and ``bicycle`` are read, and
        any other that is called like a key of OpenStreetMap which a profile reads.
    join_crossings
        Let lines on the same level meet where they cross.

    Raises
    ------
    NetworkError
        If there is no line, or one that is nowhere on Earth.
    """
    if frame.crs is not None and frame.crs.to_epsg() != 4326:
        frame = frame.to_crs(4326)
    parts, row = shapely.get_parts(np.asarray(frame.geometry.values, object), return_index=True)
    west, south, east, north = shapely.bounds(parts).T
    # A line no longer than a centimetre is none.
    is_line = np.maximum(east - west, north - south) > 1 / _UNITS
    is_line &= shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING
    parts, row = parts[is_line], row[is_line]
    if not len(parts):
        raise NetworkError(
            f"none of the {len(frame)} features is a line: give a layer with the streets as lines",
            f"{len(frame)} 个要素中没有线：请提供以线表示道路的图层",
        )
    known, numbers = _tags(frame)
    levels: dict[object, int] = {}
    level = np.array([levels.setdefault(_level(tags), len(levels)) for tags in known])
    lines = _Lines.of(shapely.get_coordinates(parts), shapely.get_num_coordinates(parts))
    lines = _join_ends(lines, level[numbers[row]])
    crossed = _crossings(lines, level[numbers[row]])
    if join_crossings:
        lines, crossed = _join_crossings(lines, crossed), crossed[:0]
    streets = Streets(
        lon=lines.lon,
        lat=lines.lat,
        indptr=np.concatenate([[0], np.cumsum(lines.counts)]),
        vertex=lines.vertex,
        tags=tuple(known[number] for number in numbers[row]),
        gates={},
        barriers=np.empty((0, 4)),
    )
    return ReadLines(streets, len(np.unique(np.round(crossed[:, 2:], 1), axis=0)))


class _Lines(NamedTuple):
    """Vertices, each at a position of its own, and lines along them."""

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    vertex: NDArray[np.int64]
    counts: NDArray[np.int64]

    @classmethod
    def of(cls, xy: NDArray[np.float64], counts: NDArray[np.int64]) -> _Lines:
        """Lines through the positions `xy`, so many in each; repeated ones are left out."""
        bad = np.flatnonzero(~(np.abs(xy) <= (180.0, 90.0)).all(axis=1))
        if len(bad):
            raise NetworkError(
                f"a line passes through longitude {xy[bad[0], 0]}, latitude {xy[bad[0], 1]}, which "
                "is nowhere on Earth: state the coordinate reference system of the layer",
                f"有一条线经过经度 {xy[bad[0], 0]}、纬度 {xy[bad[0], 1]}，地球上没有这个位置："
                "请注明图层的坐标系",
            )
        x, y = np.round((xy - (-180.0, -90.0)) * _UNITS).astype(np.int64).T
        # A position as one number is sorted ten times as fast as two are.
        units, vertex = np.unique(x << 31 | y, return_inverse=True)
        line = np.repeat(np.arange(len(counts)), counts)
        moves = (np.diff(vertex, prepend=-1) != 0) | (np.diff(line, prepend=-1) != 0)
        lon, lat = (units >> 31) / _UNITS - 180, (units & (1 << 31) - 1) / _UNITS - 90
        return cls(np.round(lon, 7), np.round(lat, 7), vertex[moves], np.bincount(line[moves]))

    @property
    def line(self) -> NDArray[np.int64]:
        """The line that each entry of `vertex` is of."""
        return np.repeat(np.arange(len(self.counts)), self.counts)

    def passes(self, vertex: NDArray[np.int64], line: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether each of these lines has this vertex."""
        n = len(self.counts)
        return np.isin(vertex * n + line, self.vertex * n + self.line)

    def with_vertices(
        self, at: NDArray[np.int64], along: NDArray[np.float64], xy: NDArray[np.float64]
    ) -> _Lines:
        """The same lines led through `xy`, each so far along the segment that begins `at`."""
        order = np.lexsort([along, at])
        at, xy = at[order], xy[order]
        path = np.column_stack([self.lon, self.lat])[self.vertex]
        counts = self.counts + np.bincount(self.line[at], minlength=len(self.counts))
        return _Lines.of(np.insert(path, at + 1, xy, axis=0), counts)


class _Segments(NamedTuple):
    """Straight pieces of lines, in metres on a plane, and where in `vertex` each begins."""

    plane: LocalPlane
    at: NDArray[np.int64]
    shape: NDArray[np.object_]

    @classmethod
    def of(cls, lines: _Lines) -> _Segments:
        plane = LocalPlane.around(lines.lon, lines.lat)
        at = np.flatnonzero(np.diff(lines.line) == 0)
        xy = np.column_stack(plane.forward(lines.lon, lines.lat))[lines.vertex]
        return cls(plane, at, shapely.linestrings(np.stack([xy[at], xy[at + 1]], axis=1)))


def _join_ends(lines: _Lines, level: NDArray[np.int64]) -> _Lines:
    """Lead each line through what ends beside it; what is above or below must end right on it."""
    segments = _Segments.of(lines)
    stops = np.cumsum(lines.counts)
    ends = lines.vertex[np.concatenate([stops - lines.counts, stops - 1])]
    ends, end_level = np.unique(np.column_stack([ends, np.tile(level, 2)]), axis=0).T
    points = shapely.points(*segments.plane.forward(lines.lon[ends], lines.lat[ends]))
    tree = shapely.STRtree(segments.shape)
    end, near = tree.query(points, predicate="dwithin", distance=_NEAR_M)
    line = lines.line[segments.at[near]]
    apart = shapely.distance(points[end], segments.shape[near])
    joins = (apart <= _TOUCH_M) | (level[line] == end_level[end])
    joins &= ~lines.passes(ends[end], line)
    # Of several segments of a line the nearest.
    order = np.lexsort([apart, line, ends[end]])
    order = order[joins[order]]
    _, first = np.unique(np.column_stack([ends[end], line])[order], axis=0, return_index=True)
    end, near = end[order[first]], near[order[first]]
    along = shapely.line_locate_point(segments.shape[near], points[end])
    xy = np.column_stack([lines.lon, lines.lat])[ends[end]]
    return lines.with_vertices(segments.at[near], along, xy)


def _crossings(lines: _Lines, level: NDArray[np.int64]) -> NDArray[np.float64]:
    """Where two lines on one level cross or touch without meeting.

    Returns
    -------
    NDArray
        (k, 4): where in `vertex` the two segments begin, and the x and y of the place, metres.
    """
    segments = _Segments.of(lines)
    tree = shapely.STRtree(segments.shape)
    pair = tree.query(segments.shape, predicate="dwithin", distance=_TOUCH_M)
    pair = pair[:, pair[0] < pair[1]]
    at = segments.at[pair]
    line = lines.line[at]
    first, second = lines.vertex[at], lines.vertex[at + 1]
    apart = (line[0] != line[1]) & (level[line[0]] == level[line[1]])
    apart &= (first[0] != first[1]) & (second[0] != second[1])
    apart &= (first[0] != second[1]) & (second[0] != first[1])
    at, line, pair = at[:, apart], line[:, apart], pair[:, apart]
    places = shapely.get_point(shapely.shortest_line(*segments.shape[pair]), 0)
    # Two lines that meet half a metre away meet here.
    meets = np.zeros(len(places), np.bool_)
    for own, other in ((0, 1), (1, 0)):
        for end in (0, 1):
            here = shapely.get_point(segments.shape[pair[own]], end)
            near = shapely.dwithin(here, places, _NEAR_M)
            meets |= near & lines.passes(lines.vertex[at[own] + end], line[other])
    return np.column_stack([*at, shapely.get_coordinates(places)])[~meets]


def _join_crossings(lines: _Lines, crossed: NDArray[np.float64]) -> _Lines:
    """Lead both lines of each crossing through its place."""
    plane = LocalPlane.around(lines.lon, lines.lat)
    at = crossed[:, :2].astype(np.int64).T.ravel()
    x, y = np.tile(crossed[:, 2:], (2, 1)).T
    xy = np.column_stack(plane.inverse(x, y))
    begin = lines.vertex[at]
    begin_x, begin_y = plane.forward(lines.lon[begin], lines.lat[begin])
    return lines.with_vertices(at, np.hypot(x - begin_x, y - begin_y), xy)


def _tags(frame: gpd.GeoDataFrame) -> tuple[list[Tags], NDArray[np.int64]]:
    """Different tags, and which of them each feature has."""
    names = {str(column).strip().casefold(): column for column in frame.columns}
    meanings = {**_TRUTH, **_LETTERS} if "fclass" in names else _TRUTH
    columns = {}
    for key, words in _ALL_COLUMNS.items():
        name = next((names[word] for word in words if word in names), None)
        if name is not None:
            texts = frame[name].astype(object).where(frame[name].notna(), "")
            columns[key] = [str(text).strip().casefold().removesuffix(".0") for text in texts]
    rows = zip(*columns.values(), strict=True) if columns else [()] * len(frame)
    found: dict[tuple[str, ...], int] = {}
    numbers = np.array([found.setdefault(row, len(found)) for row in rows])
    return [_read(dict(zip(columns, row, strict=True)), meanings) for row in found], numbers


def _read(texts: dict[str, str], oneways: dict[str, str]) -> Tags:
    """What the texts of one feature mean as tags."""
    kind = texts.pop("highway", "")
    kind = _KINDS.get(kind, kind)
    tags = {}
    for key, text in texts.items():
        meanings = oneways if key == "oneway" else _TRUTH if key in _COLUMNS else {}
        tags[key] = text if key == "layer" else meanings.get(text, text)
    nothing = {"bridge": "no", "tunnel": "no", "layer": "0"}
    return {
        "highway": kind if kind in KINDS | _CLOSED else "residential",
        **{key: text for key, text in tags.items() if text and text != nothing.get(key)},
    }


def _level(tags: Tags) -> tuple[bool, bool, str]:
    return "bridge" in tags, "tunnel" in tags, tags.get("layer", "0")
