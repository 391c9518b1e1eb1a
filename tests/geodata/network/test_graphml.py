from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pyproj
import pytest

from geodata.crs import GEOD
from geodata.errors import NetworkError
from geodata.network.graphml import read_graphml
from geodata.network.profiles import EBIKE, WALK
from tests.geodata.network.readers import consistent, parts, paths

if TYPE_CHECKING:
    from pathlib import Path

    from geodata.network.streets import Streets

NODES = {"a": (114.0, 22.5), "b": (114.001, 22.5), "c": (114.001, 22.501)}
OF_NODES = ("x", "y", "lon", "lat", "barrier", "access")


def graphml(
    edges: list[tuple[str, str, dict[str, object]]],
    nodes: dict[str, tuple[float, float]] | None = None,
    crs: str = "epsg:4326",
    more: dict[str, dict[str, object]] | None = None,
) -> str:
    """The text of a graph as OSMnx writes one."""
    nodes, more = NODES if nodes is None else nodes, more or {}
    names = sorted({key for _, _, data in edges for key in data})
    keys = [
        *(f'<key id="n{name}" for="node" attr.name="{name}"/>' for name in OF_NODES),
        *(f'<key id="e{name}" for="edge" attr.name="{name}"/>' for name in names),
        '<key id="g" for="graph" attr.name="crs" attr.type="string"/>',
    ]

    def data(letter: str, values: dict[str, object]) -> str:
        return "".join(f'<data key="{letter}{k}">{v}</data>\n' for k, v in values.items())

    return "\n".join([
        '<?xml version="1.0" encoding="utf-8"?>',
        '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">',
        *keys,
        f'<graph edgedefault="directed"><data key="g">{crs}</data>',
        *(
            f'<node id="{node}">{data("n", {"x": x, "y": y} | more.get(node, {}))}</node>'
            for node, (x, y) in nodes.items()
        ),
        *(f'<edge source="{u}" target="{v}" id="0">{data("e", d)}</edge>' for u, v, d in edges),
        "</graph></graphml>",
    ])  # fmt: skip


def read(tmp_path: Path, text: str) -> Streets:
    """The streets of a graph."""
    path = tmp_path / "路网.graphml"
    path.write_text(text, encoding="utf-8")
    streets = read_graphml(path)
    assert consistent(streets)
    return streets


def test_two_way_street_is_one_line(tmp_path: Path) -> None:
    """Of the two edges of a street, the one drawn as in OpenStreetMap stays, whichever is first."""
    bent = "LINESTRING (114 22.5, 114.0005 22.4995, 114.001 22.5)"
    back = "LINESTRING (114.001 22.5, 114.0005 22.4995, 114 22.5)"
    there = ("a", "b", {"highway": "residential", "reversed": False, "geometry": bent})
    again = ("b", "a", {"highway": "residential", "reversed": True, "geometry": back})
    for edges in ([there, again], [again, there]):
        (line,) = paths(read(tmp_path, graphml(edges)))
        assert line == [(114.0, 22.5), (114.0005, 22.4995), (114.001, 22.5)]


def test_parallel_edges_stay(tmp_path: Path) -> None:
    """Two streets between the same nodes are two lines, unless they are drawn alike."""
    bent = "LINESTRING (114 22.5, 114.0005 22.4995, 114.001 22.5)"
    edges = [
        ("a", "b", {"highway": "residential"}),
        ("a", "b", {"highway": "footway", "geometry": bent}),
        ("b", "a", {"highway": "residential"}),
    ]
    assert [len(line) for line in paths(read(tmp_path, graphml(edges)))] == [2, 3]


def test_one_way_streets(tmp_path: Path) -> None:
    """A one-way edge binds who rides, along the edge; two of them the other way round are two."""
    edges = [
        ("a", "b", {"highway": "primary", "oneway": True}),
        ("b", "a", {"highway": "primary", "oneway": True}),
        ("b", "c", {"highway": "primary", "oneway": False}),
    ]
    streets = read(tmp_path, graphml(edges))
    assert [EBIKE.speeds(tags) for tags in streets.tags] == [(4.2, 0), (4.2, 0), (4.2, 4.2)]
    assert [WALK.speeds(tags) for tags in streets.tags] == [(1.3, 1.3)] * 3
    assert streets.tags[0] is streets.tags[1]


def test_lines_meet_at_nodes_only(tmp_path: Path) -> None:
    """Interior vertices at one position are not shared, and need no node's number."""
    nodes = {"a": (114.0, 22.5), "b": (114.002, 22.5), "c": (114.001, 22.499)}
    nodes["d"] = (114.001, 22.501)
    below = {"geometry": "LINESTRING (114 22.5, 114.001 22.5, 114.002 22.5)"}
    above = {"geometry": "LINESTRING (114.001 22.499, 114.001 22.5, 114.001 22.501)"}
    edges = [
        ("a", "b", {"highway": "primary", **below}),
        ("c", "d", {"highway": "primary", "bridge": "yes", **above}),
    ]
    streets = read(tmp_path, graphml(edges, nodes))
    assert [len(part) for part in parts(streets)] == [3, 3]
    assert streets.tags[1]["bridge"] == "yes"


def test_geometry_drawn_backwards(tmp_path: Path) -> None:
    """An edge that is drawn from its target to its source is turned round."""
    drawn = "LINESTRING (114.001 22.5, 114.0007 22.4995, 114.0002 22.4995, 114 22.5)"
    streets = read(tmp_path, graphml([("a", "b", {"highway": "path", "geometry": drawn})]))
    assert [lon for lon, _ in paths(streets)[0]] == [114.0, 114.0002, 114.0007, 114.001]


@pytest.mark.parametrize(
    ("highway", "walk", "ebike"),
    [
        ("['footway', 'steps']", 0.65, 0),
        ("['service', 'footway']", 1.3, 1.3),
        ("['primary', 'trunk']", 1.3, 4.2),
        ('["path", "residential"]', 1.3, 0.7 * 4.2),
    ],
)
def test_merged_kinds(tmp_path: Path, highway: str, walk: float, ebike: float) -> None:
    """Of several kinds the slowest counts."""
    (tags,) = read(tmp_path, graphml([("a", "b", {"highway": highway})])).tags
    assert WALK.speeds(tags)[0] == pytest.approx(walk)
    assert EBIKE.speeds(tags)[0] == pytest.approx(ebike)


def test_unusable_edges_are_left_out(tmp_path: Path) -> None:
    """Motorways, private ways and merged edges that are so in part; nodes nobody needs, too."""
    edges = [
        ("a", "b", {"highway": "footway"}),
        ("b", "c", {"highway": "['motorway', 'primary']"}),
        ("b", "c", {"highway": "service", "access": "['yes', 'private']"}),
        ("b", "c", {"highway": "[]"}),
    ]
    streets = read(tmp_path, graphml(edges))
    assert paths(streets) == [[(114.0, 22.5), (114.001, 22.5)]]


def test_grade_and_unknown_kind(tmp_path: Path) -> None:
    """A grade is the slope along the edge; an edge that says nothing is an ordinary street."""
    streets = read(tmp_path, graphml([("a", "b", {"grade": -0.05}), ("b", "c", {"grade": "nan"})]))
    assert streets.tags[0] == {"highway": "residential", "incline": "-5.0%"}
    assert streets.tags[1] == {"highway": "residential"}


def test_gates(tmp_path: Path) -> None:
    """A node with a barrier is a gate."""
    edges = [("a", "b", {"highway": "service"}), ("b", "c", {"highway": "service"})]
    text = graphml(edges, more={"b": {"barrier": "gate", "access": "private"}})
    streets = read(tmp_path, text)
    ((vertex, tags),) = streets.gates.items()
    assert (streets.lon[vertex], streets.lat[vertex]) == NODES["b"]
    assert not WALK.passes(tags)


@pytest.mark.parametrize(
    "stated", ["epsg:32650", pyproj.CRS(32650).to_wkt().replace('"', "&quot;")]
)
def test_projected_graph(tmp_path: Path, stated: str) -> None:
    """Coordinates in metres come out in degrees, between the nodes, too."""
    to_metres = pyproj.Transformer.from_crs(4326, 32650, always_xy=True).transform
    nodes = {node: to_metres(*place) for node, place in NODES.items()}
    bend = to_metres(114.0005, 22.4995)
    (ax, ay), (bx, by) = nodes["a"], nodes["b"]
    drawn = f"LINESTRING ({ax} {ay}, {bend[0]} {bend[1]}, {bx} {by})"
    text = graphml([("a", "b", {"highway": "path", "geometry": drawn})], nodes, crs=stated)
    (line,) = paths(read(tmp_path, text))
    expected = [NODES["a"], (114.0005, 22.4995), NODES["b"]]
    np.testing.assert_allclose(line, expected, rtol=0, atol=1e-8)


def test_lon_and_lat(tmp_path: Path) -> None:
    """Nodes may call their position lon and lat."""
    text = graphml([("a", "b", {"highway": "path"})])
    text = text.replace('key="nx"', 'key="nlon"').replace('key="ny"', 'key="nlat"')
    assert paths(read(tmp_path, text)) == [[NODES["a"], NODES["b"]]]


STREET = [("a", "b", {"highway": "path"})]


@pytest.mark.parametrize(
    ("text", "says", "chinese"),
    [
        ("", "cannot be read as GraphML", "无法将"),
        ("<graphml><graph>", "cannot be read as GraphML", "无法将"),
        ("<kml></kml>", "holds no street .*0 nodes, 0 edges", "没有可步行"),
        (graphml([]), "holds no street .*3 nodes, 0 edges", "节点 3 个"),
        (graphml([("a", "b", {"highway": "motorway"})]), "1 edges", "边 1 条"),
        (
            '<!DOCTYPE g [<!ENTITY a "a"><!ENTITY b "&a;&a;">]>'
            + graphml(STREET).split("\n", 1)[1],
            "DOCTYPE",
            "DOCTYPE",
        ),
        (graphml([("a", "z", {"highway": "path"})]), "no node 'z'", "没有节点 'z'"),
        (graphml(STREET).replace('key="nx"', 'key="q"'), "node 'a' .* no position", "没有位置"),
        (graphml(STREET, {"a": (300, 1), "b": (1, 1)}), "nowhere on Earth", "不在地球上"),
        (graphml(STREET, {"a": (float("nan"), 1), "b": (1, 1)}), "nowhere on", "不在地球上"),
        (graphml(STREET, crs="mars:1"), "'mars:1'", "'mars:1'"),
        (graphml([("a", "b", {"geometry": "LINESTRING(0"})]), "cannot be read", "无法将"),
        (graphml([("a", "b", {"geometry": "POINT(0 0)"})]), "something else", "无法将"),
        ("<?xml version='1.0' encoding='klingon'?><graphml/>", "cannot be read", "无法将"),
    ],
)
def test_refused(tmp_path: Path, text: str, says: str, chinese: str) -> None:
    """What is wrong is named in two languages, with the file and without its folder."""
    with pytest.raises(NetworkError, match=says) as caught:
        read(tmp_path, text)
    assert chinese in caught.value.chinese
    for message in (str(caught.value), caught.value.chinese):
        assert "路网.graphml" in message
        assert str(tmp_path) not in message


def test_missing_and_too_large_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is not there, and one larger than any city."""
    with pytest.raises(NetworkError, match=r"none\.graphml"):
        read_graphml(tmp_path / "none.graphml")
    monkeypatch.setattr("geodata.network.graphml._MOST_BYTES", 100)
    with pytest.raises(NetworkError, match="larger than"):
        read(tmp_path, graphml(STREET))


def test_shenzhen(shared_data: Path) -> None:
    """Lengths and numbers of a real graph are those that the file itself states."""
    path = shared_data / "street_network/shenzhen_nanshan_futian_osmnx.graphml"
    text = path.read_text(encoding="utf-8")
    keys = dict(re.findall(r'<key id="(\w+)" for="edge" attr.name="(\w+)"', text))
    edges = [
        (*ends, {keys[k]: v for k, v in re.findall(r'<data key="(\w+)">(.*?)</data>', body)})
        for *ends, body in re.findall(
            r'<edge source="(\d+)" target="(\d+)" id="\d+">(.*?)</edge>', text, re.DOTALL
        )
    ]
    assert len(edges) == 4009
    closed = {"motorway", "motorway_link"}
    usable = [
        (tuple(edge), data)
        for *edge, data in edges
        if data["highway"] not in closed and data.get("access") not in {"private", "no"}
    ]
    oneway = [float(data["length"]) for _, data in usable if data["oneway"] == "True"]
    twoway = [float(data["length"]) for _, data in usable if data["oneway"] == "False"]
    # Each as an edge each way; two of them are in the file twice over.
    drawn_twice = Counter(edge for edge, data in usable if "geometry" not in data)
    assert sum(count - 1 for count in drawn_twice.values()) == 4
    streets = read_graphml(path)
    assert consistent(streets)
    found = Counter(tags.get("oneway") for tags in streets.tags)
    assert found == {"yes": len(oneway), None: (len(twoway) - 4) / 2}
    drawn = sum(GEOD.line_length(*np.transpose(line)) for line in paths(streets))
    # OSMnx measures on a sphere.
    assert drawn == pytest.approx(sum(oneway) + sum(twoway) / 2, rel=0.004)
    assert len(parts(streets)[0]) > 0.9 * len(streets.lon)
    assert any(tags.get("bridge") == "yes" for tags in streets.tags)
