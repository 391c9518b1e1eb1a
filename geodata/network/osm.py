"""Streets from OpenStreetMap files: ``.osm.pbf``, ``.osm`` and ``.osm.bz2``.

Lines meet where they share a node, so a bridge does not meet what runs below it. An area of streets
(``area=yes``, or a multipolygon) is a square: one walks along its outline, and straight across it
between the places where other streets reach it. A closed way without ``area=yes`` is a street that
ends where it begins, whatever its kind.

Nobody crosses water (``natural=water``, ``natural=coastline``, rivers, canals, docks, reservoirs)
or railways on the ground but on a street; of both, tunnels and bridges are left out, and of water
what is there only at times.
"""

from __future__ import annotations

import dataclasses
from array import array
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from geodata.errors import NetworkError
from geodata.network import squares
from geodata.network.profiles import KEYS, KINDS, PROFILES
from geodata.network.streets import Streets

if TYPE_CHECKING:
    from collections.abc import Iterator

    import osmium
    from numpy.typing import NDArray

    from geodata.network.streets import Tags

_STREETS: Final = (
    *(("highway", kind) for kind in sorted(KINDS)),
    ("railway", "platform"),
    ("man_made", "pier"),
)
_WATER: Final = (
    ("natural", "water"),
    ("natural", "coastline"),
    ("waterway", "river"),
    ("waterway", "canal"),
    ("waterway", "riverbank"),
    ("waterway", "dock"),
    ("landuse", "reservoir"),
)
_RAILS: Final = tuple(
    ("railway", kind) for kind in ("rail", "light_rail", "subway", "narrow_gauge")
)
_STREET_KEYS: Final = KEYS | {"area", "bridge", "tunnel", "layer"}
_KEYS: Final = _STREET_KEYS | {"natural", "waterway", "landuse", "intermittent"}

# In place of the number of a street's tags.
_BARRIER: Final = -1
_UNUSED: Final = -2

# A province has a fifth of these; a larger file would not fit into the memory of a small machine.
_MOST_BYTES: Final = 1 << 30
_MOST_NODES: Final = 50_000_000
# Four times the number of ways there are; the filter takes 1/8 byte for each number below it.
_MOST_WAYS: Final = 1 << 32


def read_pbf(path: str | Path) -> Streets:
    """Read the streets, squares, gates, water and railways of an OpenStreetMap file.

    Streets that no profile may use are left out. Of a street that is cut by the edge of an extract
    the parts stay whose nodes are in the file.

    Parameters
    ----------
    path
        Its ending says what it is.

    Raises
    ------
    NetworkError
        If osmium is not installed, the file is not what it says, too large, cut off, drawn in an
        editor and never uploaded, or holds no street.
    """
    path = Path(path).absolute()
    try:
        import osmium  # noqa: F401, PLC0415  an optional extra
    except ImportError as error:
        raise NetworkError(
            "reading OpenStreetMap files needs osmium: pip install 'yizhan[network]'",
            "读取 OpenStreetMap 文件需要 osmium：pip install 'yizhan[network]'",
        ) from error
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise _too_large(path)
        return _read(path)
    except (OSError, RuntimeError, UnicodeError) as error:
        reason = str(error).replace(str(path), path.name)
        raise NetworkError(
            f"{path.name} cannot be read as OpenStreetMap data ({reason}): download it again, and "
            "keep its ending .osm.pbf, .osm or .osm.bz2",
            f"无法将 {path.name} 读作 OpenStreetMap 数据（{reason}）：请重新下载，"
            "并保留扩展名 .osm.pbf、.osm 或 .osm.bz2",
        ) from error


@dataclasses.dataclass
class _Lines:
    """What is drawn, as numbers of nodes: streets, and barriers.

    Line i has ``counts[i]`` nodes, the tags of number ``kinds[i]``, and is part of the outline of
    the square ``areas[i]``, or of none (-1).
    """

    nodes: array[int] = dataclasses.field(default_factory=lambda: array("q"))
    counts: array[int] = dataclasses.field(default_factory=lambda: array("q"))
    kinds: array[int] = dataclasses.field(default_factory=lambda: array("q"))
    areas: array[int] = dataclasses.field(default_factory=lambda: array("q"))
    squares: int = 0

    def add(self, nodes: list[int], kind: int, area: int) -> None:
        self.nodes.extend(nodes)
        self.counts.append(len(nodes))
        self.kinds.append(kind)
        self.areas.append(area)

    def new_square(self) -> int:
        self.squares += 1
        return self.squares - 1


class _Kinds:
    """Tags that streets share, by number."""

    def __init__(self) -> None:
        self.tags: list[Tags] = []
        self._numbers: dict[tuple[tuple[str, str], ...], int] = {}

    def number(self, tags: osmium.osm.TagList) -> int:
        """Return the number of what a street, a square or a barrier is."""
        own = tuple(sorted((key, value) for key, value in tags if key in _KEYS))
        number = self._numbers.get(own)
        if number is None:
            number = self._numbers[own] = self._new(dict(own))
        return number

    def _new(self, tags: Tags) -> int:
        if not any(profile.speeds(tags) != (0.0, 0.0) for profile in PROFILES.values()):
            return _BARRIER if _bars(tags) else _UNUSED
        self.tags.append({key: value for key, value in tags.items() if key in _STREET_KEYS})
        return len(self.tags) - 1


def _read(path: Path) -> Streets:
    kinds, lines = _Kinds(), _Lines()
    gates, members = _gates_and_members(path, kinds, lines)
    _add_ways(path, kinds, lines)
    _add_members(path, members, lines)
    number, vertex = np.unique(np.array(lines.nodes, np.int64), return_inverse=True)
    if len(number) and number[0] < 1:
        raise NetworkError(
            f"{path.name} has objects with negative numbers, which an editor has not uploaded yet: "
            "give them positive ones with osmium renumber",
            f"{path.name} 含编号为负的对象（编辑器尚未上传）：请先用 osmium renumber 重新编号",
        )
    streets = _streets(_positions(path, number), vertex, lines, kinds.tags, number, gates)
    if not streets.tags:
        raise NetworkError(
            f"{path.name} holds no street on which one may walk or ride (of {len(gates)} gates, "
            f"{len(lines.counts)} streets, banks and railways): take an extract with its highways "
            "and their nodes",
            f"{path.name} 中没有可步行或骑行的道路（共有障碍点 {len(gates)} 个，道路、水岸和铁路线 "
            f"{len(lines.counts)} 条）：请使用包含道路（highway）及其节点的数据",
        )
    return streets


def _gates_and_members(
    path: Path, kinds: _Kinds, lines: _Lines
) -> tuple[dict[int, Tags], dict[int, list[tuple[int, int]]]]:
    """Tags of the nodes with a barrier; kind and square of each way of a multipolygon."""
    import osmium  # noqa: PLC0415  an optional extra

    gates: dict[int, Tags] = {}
    members: dict[int, list[tuple[int, int]]] = {}
    is_gate = osmium.filter.KeyFilter("barrier")
    is_gate.enable_for(osmium.osm.NODE)
    is_area = osmium.filter.TagFilter(*_STREETS, *_WATER)
    is_area.enable_for(osmium.osm.RELATION)
    found = osmium.FileProcessor(path, osmium.osm.NODE | osmium.osm.RELATION)
    for each in found.with_filter(is_gate).with_filter(is_area):
        if isinstance(each, osmium.osm.Node):
            gates[each.id] = {tag.k: tag.v for tag in each.tags if tag.k in KEYS}
        elif isinstance(each, osmium.osm.Relation) and each.tags.get("type") == "multipolygon":
            kind = kinds.number(each.tags)
            area = lines.new_square() if kind >= 0 else -1
            for member in each.members if kind != _UNUSED else ():
                if member.type == "w":
                    members.setdefault(member.ref, []).append((kind, area))
    return gates, members


def _add_ways(path: Path, kinds: _Kinds, lines: _Lines) -> None:
    """Add every street that a profile may use, and every barrier."""
    import osmium  # noqa: PLC0415  an optional extra

    wanted = osmium.filter.TagFilter(*_STREETS, *_WATER, *_RAILS)
    for way in _ways(path, wanted):
        kind = kinds.number(way.tags)
        if kind != _UNUSED:
            nodes = [node.ref for node in way.nodes]
            is_area = kind >= 0 and kinds.tags[kind].get("area") == "yes"
            is_square = is_area and len(nodes) > 3 and nodes[0] == nodes[-1]
            lines.add(nodes, kind, lines.new_square() if is_square else -1)
            _check_size(path, lines)


def _add_members(path: Path, members: dict[int, list[tuple[int, int]]], lines: _Lines) -> None:
    """Add the outlines of the multipolygons."""
    import osmium  # noqa: PLC0415  an optional extra

    ids = [way for way in members if 0 < way < _MOST_WAYS]
    if not ids:
        return
    for way in _ways(path, osmium.filter.IdFilter(ids)):
        nodes = [node.ref for node in way.nodes]
        for kind, area in members[way.id]:
            lines.add(nodes, kind, area)
        _check_size(path, lines)


def _ways(path: Path, wanted: osmium.BaseFilter) -> Iterator[osmium.osm.Way]:
    import osmium  # noqa: PLC0415  an optional extra

    for way in osmium.FileProcessor(path, osmium.osm.WAY).with_filter(wanted):
        if isinstance(way, osmium.osm.Way):
            yield way


def _positions(path: Path, number: NDArray[np.int64]) -> NDArray[np.float64]:
    """(n, 2) degrees of the nodes of these numbers; nan where the file has none."""
    import osmium  # noqa: PLC0415  an optional extra

    table = osmium.index.create_map("sparse_mem_array")
    with osmium.io.Reader(path, osmium.osm.NODE) as reader:
        osmium.apply(reader, osmium.NodeLocationsForWays(table))
    known, xy = [], []
    for row, node in enumerate(number.tolist()):
        try:
            place = table.get(node)
        except KeyError:
            continue
        known.append(row)
        xy.append((place.x, place.y))
    found = np.full((len(number), 2), np.nan)
    found[known] = np.array(xy, np.float64).reshape(-1, 2) / 1e7
    found[(np.abs(found) > (180.0, 90.0)).any(axis=1)] = np.nan
    return found


def _streets(
    xy: NDArray[np.float64],
    vertex: NDArray[np.int64],
    lines: _Lines,
    tags: list[Tags],
    number: NDArray[np.int64],
    gates: dict[int, Tags],
) -> Streets:
    """Cut lines where a position is missing, and lay the ways across squares."""
    line, counts, vertex = _runs(np.array(lines.counts, np.int64), vertex, ~np.isnan(xy[:, 0]))
    kind = np.array(lines.kinds, np.int64)[line]
    area = np.array(lines.areas, np.int64)[line]
    bars = np.repeat(kind == _BARRIER, counts)
    segments = (np.diff(np.repeat(np.arange(len(line)), counts)) == 0) & bars[:-1]
    barriers = np.hstack([xy[vertex[:-1][segments]], xy[vertex[1:][segments]]])
    streets = kind != _BARRIER
    kind, area, counts, vertex = kind[streets], area[streets], counts[streets], vertex[~bars]
    across, across_kind = _across(xy, vertex, counts, kind, area)
    vertex = np.concatenate([vertex, across.ravel()])
    counts = np.concatenate([counts, np.full(len(across), 2)])
    used, vertex = np.unique(vertex, return_inverse=True)
    return Streets(
        lon=xy[used, 0],
        lat=xy[used, 1],
        indptr=np.concatenate([[0], np.cumsum(counts)]),
        vertex=vertex,
        tags=tuple(tags[i] for i in (*kind.tolist(), *across_kind)),
        gates={row: gates[node] for row, node in enumerate(number[used].tolist()) if node in gates},
        barriers=barriers,
    )


def _runs(
    counts: NDArray[np.int64], vertex: NDArray[np.int64], known: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Line, number of vertices, and vertices of each run of two or more known vertices."""
    line = np.repeat(np.arange(len(counts)), counts)
    is_known = known[vertex]
    begins = np.diff(line, prepend=-1) != 0
    begins[1:] |= ~is_known[:-1]
    run = np.cumsum(begins)[is_known]
    line, vertex = line[is_known], vertex[is_known]
    _, first, member, counts = np.unique(
        run, return_index=True, return_inverse=True, return_counts=True
    )
    long = counts > 1
    return line[first[long]], counts[long], vertex[long[member]]


def _across(
    xy: NDArray[np.float64],
    vertex: NDArray[np.int64],
    counts: NDArray[np.int64],
    kind: NDArray[np.int64],
    area: NDArray[np.int64],
) -> tuple[NDArray[np.int64], list[int]]:
    """Ways across squares: (k, 2) vertices, and the kind of each."""
    meets = _meets(len(xy), vertex, counts, area)
    rings: dict[int, list[NDArray[np.int64]]] = {}
    kinds: dict[int, int] = {}
    ends = np.cumsum(counts)
    for i in np.flatnonzero(area >= 0).tolist():
        rings.setdefault(int(area[i]), []).append(vertex[ends[i] - counts[i] : ends[i]])
        kinds[int(area[i])] = int(kind[i])
    found = [squares.crossings(xy, own, meets) for own in rings.values()]
    across = np.concatenate([np.empty((0, 2), np.int64), *found])
    lengths = (len(pairs) for pairs in found)
    return across, [k for k, n in zip(kinds.values(), lengths, strict=True) for _ in range(n)]


def _meets(
    n: int, vertex: NDArray[np.int64], counts: NDArray[np.int64], area: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """(n,) whether a vertex on the outline of a square is on another line, too."""
    outline = np.zeros(n, np.bool_)
    outline[vertex[np.repeat(area >= 0, counts)]] = True
    # What a vertex is part of: its square, or else its own line.
    owners = int(area.max(initial=-1)) + 1 + len(area)
    owner = np.repeat(np.where(area >= 0, area, owners - 1 - np.arange(len(area))), counts)
    here = outline[vertex]
    parts = np.unique(vertex[here] * owners + owner[here])
    return np.bincount(parts // max(owners, 1), minlength=n) > 1


def _bars(tags: Tags) -> bool:
    """Whether nobody crosses it: water that is always there, rails on the ground."""
    if any(tags.get(key, "no") != "no" for key in ("bridge", "tunnel", "intermittent")):
        return False
    # The layer of a river is often that of its bed.
    return any(tags.get(key) == value for key, value in _WATER) or (
        any(tags.get(key) == value for key, value in _RAILS) and tags.get("layer", "0") == "0"
    )


def _check_size(path: Path, lines: _Lines) -> None:
    """Stop before a hostile file has filled the memory."""
    if len(lines.nodes) > _MOST_NODES:
        raise _too_large(path)


def _too_large(path: Path) -> NetworkError:
    return NetworkError(
        f"{path.name} is too large to be the streets of a city: cut the city out of it with "
        "osmium extract",
        f"{path.name} 过大，不像一个城市的道路：请先用 osmium extract 截取所需城市",
    )
