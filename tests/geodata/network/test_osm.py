from __future__ import annotations

import builtins
import dataclasses
import itertools
import re
import time
from typing import TYPE_CHECKING

import numpy as np
import osmium
import pytest
from osmium.osm import mutable

from geodata.crs import GEOD
from geodata.errors import NetworkError
from geodata.network.osm import read_pbf
from geodata.network.profiles import EBIKE, KINDS, WALK
from tests.geodata.network.readers import consistent, parts, paths

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from typing import Any

    from geodata.network.streets import Streets

Tags = dict[str, str]
STREET = {"highway": "residential"}


@dataclasses.dataclass
class World:
    """Nodes on a grid of 0.001 degrees, ways and multipolygons, written to a file."""

    nodes: dict[int, tuple[int, int]]
    ways: list[tuple[list[int], Tags]]
    relations: list[tuple[list[int], Tags]] = dataclasses.field(default_factory=list)
    gates: dict[int, Tags] = dataclasses.field(default_factory=dict)

    def write(self, path: Path) -> Path:
        """Write a file; way i has the number i + 1."""
        with osmium.SimpleWriter(path) as writer:
            for node, (x, y) in sorted(self.nodes.items()):
                tags = self.gates.get(node, {})
                writer.add_node(mutable.Node(id=node, location=at(x, y), tags=tags))
            for i, (nodes, tags) in enumerate(self.ways, 1):
                writer.add_way(mutable.Way(id=i, nodes=nodes, tags=tags))
            for i, (outline, tags) in enumerate(self.relations, 1):
                members = [("w", way, "outer") for way in outline]
                area = {"type": "multipolygon", **tags}
                writer.add_relation(mutable.Relation(id=i, members=members, tags=area))
        return path

    def read(self, folder: Path, name: str = "city.osm.pbf") -> Streets:
        """The streets of the file."""
        streets = read_pbf(self.write(folder / name))
        assert consistent(streets)
        return streets


def at(x: int, y: int) -> tuple[float, float]:
    """Position of a place on the grid."""
    return round(114 + x / 1000, 7), round(22 + y / 1000, 7)


def ways(streets: Streets) -> set[tuple[tuple[float, float], tuple[float, float]]]:
    """Straight pieces on which one walks, as pairs of positions in order."""
    return {tuple(sorted(pair)) for path in paths(streets) for pair in itertools.pairwise(path)}


CROSS = {1: (0, 0), 2: (2, 0), 3: (1, -1), 4: (1, 1), 5: (1, 0), 6: (1, 0)}


@pytest.mark.parametrize("name", ["city.osm.pbf", "city.osm", "city.osm.bz2"])
def test_lines_meet_at_shared_nodes_only(tmp_path: Path, name: str) -> None:
    """A bridge over a street has no node in common with it, even at the same position."""
    bridge = {**STREET, "bridge": "yes", "layer": "1", "name": "大桥"}
    over = World(CROSS, [([1, 5, 2], STREET), ([3, 6, 4], bridge)]).read(tmp_path, name)
    assert [len(part) for part in parts(over)] == [3, 3]
    assert over.tags[1] == {"highway": "residential", "bridge": "yes", "layer": "1"}
    crossing = World(CROSS, [([1, 5, 2], STREET), ([3, 5, 4], STREET)])
    (met,) = parts(crossing.read(tmp_path, "met-" + name))
    assert met == {at(*CROSS[node]) for node in (1, 2, 3, 4, 5)}


def test_what_nobody_may_use_is_left_out(tmp_path: Path) -> None:
    """Motorways, building sites and private ways are gone, and so are their nodes and gates."""
    closed = [
        {"highway": "motorway"},
        {"highway": "construction"},
        {"highway": "service", "access": "private"},
        {"building": "yes"},
        {"waterway": "stream"},
    ]
    world = World(CROSS, [([1, 2], STREET), *(([3, 4], tags) for tags in closed)])
    world.gates[3] = {"barrier": "gate"}
    streets = world.read(tmp_path)
    assert paths(streets) == [[at(0, 0), at(2, 0)]]
    assert not streets.gates
    assert not len(streets.barriers)


def test_platforms_and_piers_are_streets(tmp_path: Path) -> None:
    """A platform or a pier need not be a highway."""
    kinds = [{"railway": "platform"}, {"man_made": "pier"}, {"highway": "platform"}]
    streets = World(CROSS, [([1, 2], tags) for tags in kinds]).read(tmp_path)
    assert list(streets.tags) == kinds


def test_equal_tags_are_one_mapping(tmp_path: Path) -> None:
    """Names do not tell streets apart; odd characters in a value come through."""
    named = [{**STREET, "name": name, "incline": "10%"} for name in ("解放路", "a, b=c @%")]
    odd = {**STREET, "surface": "混凝土, a=b @ 5%"}
    streets = World(CROSS, [([1, 2], named[0]), ([3, 4], named[1]), ([1, 3], odd)]).read(tmp_path)
    assert streets.tags[0] is streets.tags[1]
    assert streets.tags[0] == {"highway": "residential", "incline": "10%"}
    assert streets.tags[2] == odd


def test_gates(tmp_path: Path) -> None:
    """A barrier on a street is a gate with its own tags; other nodes are none."""
    world = World(CROSS, [([1, 5, 2], STREET)])
    world.gates = {
        5: {"barrier": "gate", "access": "private", "name": "北门"},
        2: {"highway": "crossing"},
        4: {"barrier": "bollard"},
    }
    streets = world.read(tmp_path)
    ((vertex, tags),) = streets.gates.items()
    assert (streets.lon[vertex], streets.lat[vertex]) == at(1, 0)
    assert tags == {"barrier": "gate", "access": "private"}


def test_nodes_beyond_the_extract(tmp_path: Path) -> None:
    """What is left of a street that leaves the extract are the runs whose nodes are there."""
    nodes = {i: (i, 0) for i in range(1, 9) if i not in {3, 6}}
    streets = World(nodes, [([1, 2, 3, 4, 5, 6, 7], STREET), ([3, 8], STREET)]).read(tmp_path)
    assert paths(streets) == [[at(1, 0), at(2, 0)], [at(4, 0), at(5, 0)]]
    assert streets.tags == (STREET, STREET)


# A square of three by three, with a street to two opposite corners and one to a side.
SQUARE = {1: (0, 0), 2: (3, 0), 3: (3, 3), 4: (0, 3), 5: (0, 1)}
AROUND = {11: (-1, -1), 12: (4, 4), 13: (-1, 1)}
REACHED = [([11, 1], STREET), ([3, 12], STREET), ([13, 5], STREET)]
PLAZA = {"highway": "pedestrian"}


@pytest.mark.parametrize("relation", [False, True])
def test_squares_are_crossed(tmp_path: Path, relation: bool) -> None:
    """Along the outline, and straight between the places where streets reach it."""
    nodes = SQUARE | AROUND
    if relation:
        outline = [([1, 2, 3], {}), ([3, 4, 5, 1], {"name": "广场"})]
        world = World(nodes, [*outline, *REACHED], [([1, 2, 99], PLAZA)])
    else:
        world = World(nodes, [([1, 2, 3, 4, 5, 1], {**PLAZA, "area": "yes"}), *REACHED])
    streets = world.read(tmp_path)
    found = ways(streets)
    assert {((114.0, 22.0), at(3, 3)), (at(0, 1), at(3, 3))} <= found
    assert tuple(sorted([at(0, 0), at(3, 0)])) in found
    assert tuple(sorted([at(3, 0), at(0, 3)])) not in found
    assert len(parts(streets)) == 1
    assert all(WALK.speeds(tags) == (1.3, 1.3) for tags in streets.tags)


def test_closed_streets_are_walked_around(tmp_path: Path) -> None:
    """Without area=yes a closed pedestrian way is a street."""
    streets = World(SQUARE | AROUND, [([1, 2, 3, 4, 5, 1], PLAZA), *REACHED]).read(tmp_path)
    assert (at(0, 0), at(3, 3)) not in ways(streets)
    assert len(ways(streets)) == 5 + 3


def test_squares_are_crossed_where_one_can_see(tmp_path: Path) -> None:
    """Not across a building in the middle, and not outside the outline."""
    nodes = SQUARE | AROUND | {21: (1, 1), 22: (2, 1), 23: (2, 2), 24: (1, 2)}
    outline = [([1, 2, 3, 4, 5, 1], {}), ([21, 22, 23, 24, 21], {"building": "yes"})]
    streets = World(nodes, [*outline, *REACHED], [([1, 2], PLAZA)]).read(tmp_path)
    assert (at(0, 0), at(3, 3)) not in ways(streets)
    assert len(ways(streets)) == 5 + 4 + 3
    bent = {1: (0, 0), 2: (3, 0), 3: (3, 3), 4: (2, 3), 5: (2, 1), 6: (0, 1)} | AROUND
    reached = [([11, 6], STREET), ([12, 4], STREET), ([13, 1], STREET), ([13, 2], STREET)]
    ring = ([1, 2, 3, 4, 5, 6, 1], {**PLAZA, "area": "yes"})
    found = ways(World(bent, [ring, *reached]).read(tmp_path, "bent.osm.pbf"))
    assert tuple(sorted([at(0, 1), at(2, 3)])) not in found
    assert tuple(sorted([at(0, 1), at(3, 0)])) in found


def test_two_squares_side_by_side(tmp_path: Path) -> None:
    """Squares that share a side are reached from one another there."""
    nodes = {1: (0, 0), 2: (1, 0), 3: (1, 1), 4: (0, 1), 5: (2, 0), 6: (2, 1)}
    area = {**PLAZA, "area": "yes"}
    world = World(nodes, [([1, 2, 3, 4, 1], area), ([2, 5, 6, 3, 2], area), ([1, 4], STREET)])
    found = ways(world.read(tmp_path))
    assert (at(0, 0), at(1, 1)) in found
    assert (at(1, 0), at(2, 1)) not in found


def test_busy_and_broken_squares(tmp_path: Path) -> None:
    """A square that very many streets reach, or whose outline is open, is walked around."""
    n = 50
    angle = np.linspace(0, 2 * np.pi, n, endpoint=False)
    ring = np.column_stack([np.cos(angle), np.sin(angle)]).round(3) * 100
    nodes = {i + 1: (float(x), float(y)) for i, (x, y) in enumerate(ring)}
    nodes |= {i + n: (2 * x, 2 * y) for i, (x, y) in list(nodes.items())}
    outline = [*range(1, n + 1), 1]
    spokes = [([i, i + n], STREET) for i in range(1, n + 1)]
    world = World(nodes, [(outline, {**PLAZA, "area": "yes"}), *spokes])
    assert len(ways(world.read(tmp_path))) == 2 * n
    world = World(nodes, [(outline[:-1], {}), *spokes[:5]], [([1], PLAZA)])
    assert len(ways(world.read(tmp_path, "open.osm.pbf"))) == n - 1 + 5


@pytest.mark.parametrize(
    ("tags", "bars"),
    [
        ({"waterway": "river"}, True),
        ({"waterway": "river", "layer": "-1"}, True),
        ({"waterway": "canal", "tunnel": "culvert"}, False),
        ({"waterway": "river", "intermittent": "yes"}, False),
        ({"waterway": "stream"}, False),
        ({"natural": "coastline"}, True),
        ({"natural": "water"}, True),
        ({"landuse": "reservoir"}, True),
        ({"landuse": "grass"}, False),
        ({"railway": "rail"}, True),
        ({"railway": "rail", "bridge": "no"}, True),
        ({"railway": "rail", "bridge": "viaduct"}, False),
        ({"railway": "subway", "tunnel": "yes"}, False),
        ({"railway": "subway", "layer": "-2"}, False),
        ({"railway": "abandoned"}, False),
        ({"railway": "tram"}, False),
    ],
)
def test_barriers(tmp_path: Path, tags: Tags, bars: bool) -> None:
    """Water and railways on the ground bar the way; what is above or below does not."""
    streets = World(CROSS, [([1, 2], STREET), ([3, 5, 4], tags)]).read(tmp_path)
    expected = [[*at(1, -1), *at(1, 0)], [*at(1, 0), *at(1, 1)]] if bars else np.empty((0, 4))
    np.testing.assert_array_equal(streets.barriers, expected)
    assert len(streets.tags) == 1


def test_banks_of_multipolygons_bar(tmp_path: Path) -> None:
    """Of a lake both its shore and that of its island; nodes beyond the extract are no bank."""
    nodes = SQUARE | {21: (1, 1), 22: (2, 1), 23: (2, 2), 31: (9, 9), 32: (8, 9)}
    outline = [([1, 2, 77, 3, 4, 5, 1], {}), ([21, 22, 23, 21], {"place": "islet"})]
    world = World(nodes, [*outline, ([31, 32], STREET)], [([1, 2], {"natural": "water"})])
    assert len(world.read(tmp_path).barriers) == 4 + 3
    tagged = World(nodes, [*outline, ([31, 32], STREET)], [([1, 2], {"natural": "wood"})])
    assert len(tagged.read(tmp_path, "wood.osm.pbf").barriers) == 0


def test_relations_with_absurd_numbers(tmp_path: Path) -> None:
    """A member that cannot be is not looked for, and takes no memory."""
    world = World(CROSS, [([1, 2], STREET)], [([2**61, -4], {"natural": "water"})])
    assert len(world.read(tmp_path).tags) == 1


def said(path: Path) -> str:
    """What reading a file complains of, in English; it names the file in both languages."""
    with pytest.raises(NetworkError) as caught:
        read_pbf(path)
    for message in (str(caught.value), caught.value.chinese):
        assert path.name in message
        assert str(path.parent) not in message
    assert re.search("[一-鿿]{4}", caught.value.chinese)
    return str(caught.value)


def test_files_that_are_no_map(tmp_path: Path) -> None:
    """Other things under the name of a map, parts of one, nothing, and files that are not there."""
    whole = World(CROSS, [([1, 2], STREET)]).write(tmp_path / "whole.osm.pbf").read_bytes()
    declared = '<!DOCTYPE osm [<!ENTITY a "a">]><osm version="0.6"><node id="1"/></osm>'
    for name, data in {
        "zip.osm.pbf": b"PK\x03\x04 and so on",
        "cut.osm.pbf": whole[: len(whole) * 3 // 5],
        "nothing.osm.pbf": b"",
        "地图.txt": whole,
        "page.osm": b"<html><body/></html>",
        "entities.osm": declared.encode(),
    }.items():
        (tmp_path / name).write_bytes(data)
        assert "cannot be read as OpenStreetMap data" in said(tmp_path / name)
    assert "No such file" in said(tmp_path / "absent.osm.pbf")


def test_maps_without_streets(tmp_path: Path) -> None:
    """A map of something else, and one whose streets have lost their nodes."""
    river = World(CROSS, [([1, 2], {"waterway": "river"})], gates={4: {"barrier": "gate"}})
    assert "holds no street" in said(river.write(tmp_path / "river.osm.pbf"))
    assert "holds no street" in said(World({}, []).write(tmp_path / "empty.osm.pbf"))
    lost = World({1: (0, 0)}, [([1, 2], STREET)])
    assert "and their nodes" in said(lost.write(tmp_path / "lost.osm.pbf"))


def test_maps_from_an_editor(tmp_path: Path) -> None:
    """Nodes that were never uploaded have negative numbers, which osmium cannot look up."""
    world = World({-1: (0, 0), -2: (1, 0)}, [([-1, -2], STREET)])
    assert "osmium renumber" in said(world.write(tmp_path / "drawn.osm"))


def test_too_large_maps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A country is refused by its size on disk, and a hostile file by what is in it."""
    path = World(CROSS, [([1, 5, 2], STREET)]).write(tmp_path / "country.osm.pbf")
    monkeypatch.setattr("geodata.network.osm._MOST_NODES", 2)
    assert "too large" in said(path)
    monkeypatch.setattr("geodata.network.osm._MOST_BYTES", 100)
    assert "osmium extract" in said(path)


def test_without_osmium(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the extra is not installed, the message says how to install it."""
    imported = builtins.__import__

    def refuse(name: str, *more: Any) -> Any:
        if name == "osmium":
            raise ImportError(name)
        return imported(name, *more)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(NetworkError, match=r"pip install 'yizhan\[network\]'") as caught:
        read_pbf(tmp_path / "city.osm.pbf")
    assert "yizhan[network]" in caught.value.chinese


def test_hsinchu(shared_data: Path) -> None:
    """Numbers and lengths of a real extract are those of a plain walk through the file."""
    path = shared_data / "street_network/hsinchu_nctu_taiwan.osm.pbf"
    known: dict[int, tuple[float, float]] = {}
    barred: dict[int, str] = {}
    used: list[list[int]] = []
    for each in osmium.FileProcessor(path):
        if each.is_node():
            known[each.id] = each.lon, each.lat
            if "barrier" in each.tags:
                barred[each.id] = each.tags["barrier"]
        elif each.is_way():
            tags = dict(each.tags)
            is_street = tags.get("highway") in KINDS or tags.get("railway") == "platform"
            if is_street and (any(WALK.speeds(tags)) or any(EBIKE.speeds(tags))):
                used.append([node.ref for node in each.nodes if node.ref in known])
    streets = read_pbf(path)
    assert consistent(streets)
    lines = [run for run in used if len(run) > 1]
    assert len(lines) > 1000
    nodes = {node for run in lines for node in run}
    assert len(streets.lon) == len(nodes)
    assert sorted(tags["barrier"] for tags in streets.gates.values()) == sorted(
        kind for node, kind in barred.items() if node in nodes
    )
    expected = sorted(tuple(known[node] for node in run) for run in lines)
    assert set(expected) <= {tuple(path) for path in paths(streets)}
    length = sum(GEOD.line_length(*np.transpose(run)) for run in expected)
    drawn = sum(GEOD.line_length(*np.transpose(path)) for path in paths(streets))
    assert length <= drawn < 1.05 * length
    assert len(parts(streets)[0]) > 0.8 * len(streets.lon)


def test_reading_is_fast(tmp_path: Path) -> None:
    """Some 20,000 streets are read in far less than the time that a person notices."""
    side = 150
    nodes = {1 + x + side * y: (x, y) for x in range(side) for y in range(side)}
    streets: Iterable[tuple[list[int], Tags]] = (
        ([n, n + 1], {**STREET, "name": f"{n}"}) for n in nodes if n % side
    )
    path = World(nodes, list(streets)).write(tmp_path / "city.osm.pbf")
    began = time.perf_counter()
    assert len(read_pbf(path).tags) == side * (side - 1)
    assert time.perf_counter() - began < 5
