"""Streets from GraphML files as OSMnx saves them.

Lines meet at the nodes of the graph; what an edge draws between its two nodes is its own. OSMnx
writes a two-way street as an edge each way, of which the one drawn as in OpenStreetMap stays, and a
one-way street as one edge with ``oneway`` True. A network that was downloaded for walking says
False everywhere, so that one-way streets are not known there, except on roundabouts.

Where OSMnx has merged ways of several kinds into one edge, a value is a list such as ``['path',
'steps']``: the one counts with which one gets on most slowly, or not at all. An edge that does not
say what it is counts as an ordinary street.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple
from xml.parsers import expat

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from geodata.errors import NetworkError
from geodata.network.profiles import KEYS, PROFILES
from geodata.network.streets import Streets

if TYPE_CHECKING:
    from typing import BinaryIO

    from numpy.typing import NDArray

    from geodata.network.streets import Tags

_MOST_BYTES: Final = 1 << 30
_KEPT: Final = KEYS | {"bridge", "tunnel", "layer"}
_WANTED: Final = {
    "graph": frozenset({"crs"}),
    "node": frozenset({"x", "y", "lon", "lat", *KEYS}),
    "edge": frozenset({"geometry", "grade", "reversed", *_KEPT}),
}
_WORDS: Final = re.compile(r"[^\[\],'\"\s]+")
_TRUE: Final = frozenset({"true", "yes", "1"})


def read_graphml(path: str | Path) -> Streets:
    """Read the streets of an OSMnx graph; edges that no profile may use are left out.

    Parameters
    ----------
    path
        A file in any coordinate reference system that its ``crs`` states; WGS84 if it states none.

    Raises
    ------
    NetworkError
        If the file is not GraphML, declares a document type, is too large, has a node without a
        position or an edge without its nodes, or holds no street.
    """
    path = Path(path)
    graph = _Graph(path.name)
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise NetworkError(
                f"{path.name} is larger than {_MOST_BYTES >> 20} MB: make a graph of the city only",
                f"{path.name} 超过 {_MOST_BYTES >> 20} MB：请只导出所需城市的路网",
            )
        with path.open("rb") as file:
            graph.parse(file)
    except (OSError, expat.ExpatError, UnicodeError, LookupError) as error:
        raise _unreadable(path.name, error) from error
    return _streets(graph)


class _Edge(NamedTuple):
    source: str
    target: str
    data: dict[str, str]


class _Graph:
    """What a file says of its nodes and edges, as far as it is of use."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.crs = ""
        self.nodes: dict[str, int] = {}
        self.xy: list[tuple[float, float]] = []
        self.gates: dict[int, Tags] = {}
        self.edges: list[_Edge] = []
        self._names: dict[str, str] = {}
        self._open: list[tuple[str, dict[str, str], dict[str, str]]] = []
        self._key = ""
        self._text: list[str] = []

    def parse(self, file: BinaryIO) -> None:
        """Read the file piece by piece, and follow nothing."""
        parser = expat.ParserCreate(namespace_separator="}")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text.append
        parser.ParseFile(file)

    def _refuse(self, *_: object) -> None:
        raise NetworkError(
            f"{self.name} declares a document type (DOCTYPE), which may draw in other files: "
            "remove that line",
            f"{self.name} 含有文档类型声明（DOCTYPE），可能引入其他文件：请删除该行",
        )

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition("}")[2]
        if tag == "key":
            self._names[attributes.get("id", "")] = attributes.get("attr.name", "")
        elif tag in _WANTED:
            self._open.append((tag, attributes, {}))
        elif tag == "data":
            self._key = self._names.get(attributes.get("key", ""), "")
        self._text.clear()

    def _end(self, tag: str) -> None:
        tag = tag.rpartition("}")[2]
        if tag == "data" and self._open:
            owner, _, data = self._open[-1]
            if self._key in _WANTED[owner]:
                data[self._key] = "".join(self._text).strip()
        elif tag in _WANTED:
            _, attributes, data = self._open.pop()
            if tag == "node":
                self._add_node(attributes.get("id", ""), data)
            elif tag == "edge":
                ends = attributes.get("source", ""), attributes.get("target", "")
                self.edges.append(_Edge(*ends, data))
            else:
                self.crs = data.get("crs", "")
        self._text.clear()

    def _add_node(self, node: str, data: dict[str, str]) -> None:
        try:
            x, y = float(data.get("x") or data["lon"]), float(data.get("y") or data["lat"])
        except (KeyError, ValueError) as error:
            raise NetworkError(
                f"node {node[:40]!r} of {self.name} has no position: numbers x and y are needed, "
                "as OSMnx writes them",
                f"{self.name} 中的节点 {node[:40]!r} 没有位置：需要 OSMnx 写出的数值 x 和 y",
            ) from error
        if "barrier" in data:
            self.gates[len(self.xy)] = {key: data[key] for key in data if key in KEYS}
        self.nodes[node] = len(self.xy)
        self.xy.append((x, y))


def _streets(graph: _Graph) -> Streets:
    """Lay the edges that somebody may use, those of a two-way street once."""
    all_tags = _Tags()
    edges = [(edge, tags) for edge in graph.edges if (tags := all_tags.of(edge.data))]
    if not edges:
        raise NetworkError(
            f"{graph.name} holds no street on which one may walk or ride ({len(graph.xy)} nodes, "
            f"{len(graph.edges)} edges): save the graph with osmnx.save_graphml",
            f"{graph.name} 中没有可步行或骑行的道路（节点 {len(graph.xy)} 个，边 "
            f"{len(graph.edges)} 条）：请用 osmnx.save_graphml 导出路网",
        )
    xy = np.array(graph.xy)
    ends = np.array([_ends(graph, edge) for edge, _ in edges])
    inner = _inner(graph.name, [edge.data.get("geometry") for edge, _ in edges], xy[ends])
    chosen = _one_of_twins(edges, ends, inner)
    inner = [inner[i] for i in chosen]
    counts = np.array([len(own) for own in inner])
    starts = len(xy) + np.cumsum(counts) - counts
    paths = [
        np.concatenate([ends[i, :1], np.arange(start, start + count), ends[i, 1:]])
        for i, start, count in zip(chosen, starts, counts, strict=True)
    ]
    used, vertex = np.unique(np.concatenate(paths), return_inverse=True)
    lon, lat = _degrees(graph, np.concatenate([xy, *inner])[used])
    gates = ((row, graph.gates.get(node)) for row, node in enumerate(used.tolist()))
    return Streets(
        lon=lon,
        lat=lat,
        indptr=np.concatenate([[0], np.cumsum(counts + 2)]),
        vertex=vertex,
        tags=tuple(edges[i][1] for i in chosen),
        gates={row: tags for row, tags in gates if tags},
        barriers=np.empty((0, 4)),
    )


class _Tags:
    """Tags of edges, equal ones as one mapping."""

    def __init__(self) -> None:
        self._known: dict[tuple[tuple[str, str], ...], Tags] = {}

    def of(self, data: dict[str, str]) -> Tags:
        """The tags of an edge; none where nobody may use it."""
        tags = {key: value for key, value in data.items() if key in _KEPT and key != "oneway"}
        if not {"highway", "railway", "man_made"} & tags.keys():
            tags["highway"] = "residential"
        if data.get("oneway", "").casefold() in _TRUE:
            tags["oneway"] = "yes"
        if grade := _number(data.get("grade", "")):
            tags["incline"] = f"{100 * grade:.1f}%"
        own = tuple(sorted(tags.items()))
        if own not in self._known:
            tags = _slowest(tags)
            self._known[own] = tags if _ease(tags) else {}
        return self._known[own]


def _slowest(tags: dict[str, str]) -> dict[str, str]:
    """Of each list of values the one with which one gets on most slowly."""
    for key in sorted(tags, key=lambda key: key != "highway"):
        if tags[key].startswith("["):
            values = _WORDS.findall(tags[key]) or [""]
            tags = min(({**tags, key: value} for value in values), key=_ease)
    return tags


def _ease(tags: Tags) -> float:
    return sum(sum(profile.speeds(tags)) for profile in PROFILES.values())


def _number(text: str) -> float:
    """A number as it is written, 0 where it is none."""
    try:
        number = float(text)
    except ValueError:
        return 0.0
    return number if math.isfinite(number) else 0.0


def _ends(graph: _Graph, edge: _Edge) -> tuple[int, int]:
    for node in (edge.source, edge.target):
        if node not in graph.nodes:
            raise NetworkError(
                f"an edge of {graph.name} runs from {edge.source[:40]!r} to {edge.target[:40]!r}, "
                f"and there is no node {node[:40]!r}: save the graph again",
                f"{graph.name} 中有一条边从 {edge.source[:40]!r} 到 {edge.target[:40]!r}，"
                f"但没有节点 {node[:40]!r}：请重新导出路网",
            )
    return graph.nodes[edge.source], graph.nodes[edge.target]


def _inner(
    name: str, drawn: list[str | None], ends: NDArray[np.float64]
) -> list[NDArray[np.float64]]:
    """(k, 2) positions between the two ends of each edge, from its first to its second."""
    try:
        lines = shapely.from_wkt(np.array([*drawn, None], object)[:-1])
    except shapely.GEOSException as error:
        raise _unreadable(name, error) from error
    is_line = shapely.get_type_id(lines) == shapely.GeometryType.LINESTRING
    if not (is_line | shapely.is_missing(lines)).all():
        raise _unreadable(name, "an edge is drawn as something else than a line")
    xy = shapely.get_coordinates(lines)
    stops = np.cumsum(shapely.get_num_coordinates(lines))
    parts = np.split(xy, stops[:-1])
    found = []
    for part, (begin, end) in zip(parts, ends, strict=True):
        if len(part) > 2 and _apart(part, begin, end) > _apart(part[::-1], begin, end):
            found.append(part[-2:0:-1])
        else:
            found.append(part[1:-1])
    return found


def _apart(
    path: NDArray[np.float64], begin: NDArray[np.float64], end: NDArray[np.float64]
) -> float:
    return float(np.abs(path[0] - begin).sum() + np.abs(path[-1] - end).sum())


def _one_of_twins(
    edges: list[tuple[_Edge, Tags]], ends: NDArray[np.int64], inner: list[NDArray[np.float64]]
) -> list[int]:
    """Edges but for one of each two that are the two directions of a street."""
    chosen: dict[tuple[int, int, bytes], int] = {}
    for i, (edge, tags) in enumerate(edges):
        begin, end = ends[i].tolist()
        own, twin = (begin, end, inner[i].tobytes()), (end, begin, inner[i][::-1].tobytes())
        if "oneway" in tags or twin not in chosen:
            chosen[own] = i
        elif edge.data.get("reversed", "").casefold() not in _TRUE:
            chosen[twin] = i
    return list(chosen.values())


def _degrees(
    graph: _Graph, xy: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Longitudes and latitudes WGS84."""
    try:
        points = gpd.points_from_xy(*xy.T, crs=graph.crs or 4326).to_crs(4326)
    except pyproj.exceptions.ProjError as error:
        raise NetworkError(
            f"the coordinates of {graph.name} are in {graph.crs[:80]!r} ({error}): save the graph "
            "in WGS84 (osmnx.project_graph with to_latlong)",
            f"{graph.name} 的坐标系为 {graph.crs[:80]!r}（{error}）：请导出 WGS84 经纬度的路网",
        ) from error
    lon, lat = np.array(points.x), np.array(points.y)
    if not ((np.abs(lon) <= 180) & (np.abs(lat) <= 90)).all():
        raise NetworkError(
            f"{graph.name} has nodes that are nowhere on Earth: state the coordinate reference "
            "system of the graph as its crs",
            f"{graph.name} 中有节点不在地球上：请在路网的 crs 中注明坐标系",
        )
    return lon, lat


def _unreadable(name: str, reason: object) -> NetworkError:
    return NetworkError(
        f"{name} cannot be read as GraphML ({reason}): save the graph with osmnx.save_graphml",
        f"无法将 {name} 读作 GraphML（{reason}）：请用 osmnx.save_graphml 导出路网",
    )
