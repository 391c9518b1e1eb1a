from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geodata.crs import LocalPlane
from geodata.errors import NetworkError
from geodata.network.lines import ReadLines, from_lines
from geodata.network.profiles import EBIKE, WALK
from tests.geodata.network.readers import consistent, parts, paths

PLANE = LocalPlane(104.5, 38.2)


def layer(
    *lines: list[tuple[float, float]], crs: int | None = 4326, **columns: list[object]
) -> gpd.GeoDataFrame:
    """A layer of lines given in metres east and north of a place."""
    shapes = PLANE.unproject(np.array([*(shapely.LineString(line) for line in lines), None])[:-1])
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=crs)


def read(frame: gpd.GeoDataFrame, *, join_crossings: bool = False) -> ReadLines:
    """The streets of a layer."""
    found = from_lines(frame, join_crossings=join_crossings)
    assert consistent(found.streets)
    return found


def sizes(found: ReadLines) -> list[int]:
    """How many positions hang together in each part."""
    return [len(part) for part in parts(found.streets)]


EAST = [(-100.0, 0.0), (100.0, 0.0)]
NORTH = [(0.0, -100.0), (0.0, 100.0)]


def test_common_vertex_joins() -> None:
    """Lines meet where both have a vertex, to the centimetre, even in the middle of both."""
    met = layer([(-100, 0), (0, 0), (100, 0)], [(0, -100), (0.003, 0.003), (0, 100)])
    assert sizes(read(met)) == [5]
    assert read(met).unjoined == 0
    assert sizes(read(layer([(-100, 0), (0, 0)], [(0.1, 0.6), (100, 0)]))) == [2, 2]


def test_crossing_lines_do_not_meet_unless_asked() -> None:
    """A mere crossing is counted; asked for, both lines get a vertex there."""
    found = read(layer(EAST, NORTH))
    assert (sizes(found), found.unjoined) == ([2, 2], 1)
    found = read(layer(EAST, NORTH), join_crossings=True)
    assert (sizes(found), found.unjoined) == ([5], 0)
    for line in paths(found.streets):
        np.testing.assert_allclose(PLANE.forward(*line[1]), (0, 0), atol=0.01)


def test_several_crossings_of_one_segment_are_in_order() -> None:
    """A segment that is crossed three times is led through the places one after the other."""
    across = [[(x, -50.0), (x, 50.0)] for x in (60.0, -60.0, 0.0)]
    found = read(layer(EAST, *across), join_crossings=True)
    x, _ = PLANE.forward(*np.transpose(paths(found.streets)[0]))
    np.testing.assert_allclose(x, [-100, -60, 0, 60, 100], atol=0.01)


@pytest.mark.parametrize("column", ["bridge", "tunnel", "layer"])
def test_bridges_are_not_joined(column: str) -> None:
    """Crossings of what is above or below stay apart even when asked for, and are no mistake."""
    frame = layer(EAST, NORTH, **{column: [1, 0]})
    assert sizes(read(frame, join_crossings=True)) == [2, 2]
    assert read(frame).unjoined == 0


@pytest.mark.parametrize("off", [0.0, 0.3, -0.3, 0.6])
def test_ends_beside_a_line_are_joined(off: float) -> None:
    """A line that ends within half a metre of another meets it there, short of it or beyond."""
    found = read(layer(EAST, [(20.0, off), (20.0, 80.0)]))
    assert sizes(found) == ([4] if abs(off) < 0.5 else [2, 2])
    assert found.unjoined == 0


def test_ends_are_joined_to_each_other() -> None:
    """Two ends half a metre apart, and a third street between others, hang together."""
    assert len(sizes(read(layer([(-100, 0), (0, 0)], [(0.4, 0), (100, 0)])))) == 1
    meeting = layer([(-50, 0.0), (0, 0)], [(0, 0), (0, 70)], [(-40, -0.2), (0.1, -0.2), (60, -0.2)])
    assert len(sizes(read(meeting))) == 1


def test_a_junction_drawn_twice_is_no_crossing() -> None:
    """Where two streets end a span from where two others do, they meet once and cross nowhere."""
    one = [[(-70.0, -15.0), (0, 0)], [(0, 0), (10, -100.0)]]
    other = [[(-3.0, -42.0), (0.05, 0.1)], [(0.05, 0.1), (80, 17.0)]]
    found = read(layer(*one, *other))
    assert (len(sizes(found)), found.unjoined) == (1, 0)


def test_ends_under_a_bridge() -> None:
    """A street that ends beneath a bridge stays below; a bridge that ends on a street does not."""
    frame = layer(EAST, [(20.0, 0.3), (20.0, 80.0)], bridge=["yes", "no"])
    assert sizes(read(frame)) == [2, 2]
    frame = layer(EAST, [(20.0, 0.0), (20.0, 80.0)], bridge=["no", "yes"])
    assert sizes(read(frame)) == [4]


def test_geofabrik_columns() -> None:
    """Class, letters for one-way streets, T and F for bridges, layer numbers."""
    frame = layer(
        *([(0.0, 9.0 * i), (50.0, 9.0 * i)] for i in range(6)),
        fclass=["primary", "track_grade3", "steps", "motorway", "unknown", "footway"],
        oneway=["F", "T", "B", "F", "F", None],
        bridge=["T", "F", "F", "F", "F", "F"],
        tunnel=["F", "F", "F", "F", "F", "T"],
        layer=[1, 0, 0, 0, 0, -1],
        maxspeed=[60, 0, 0, 0, 0, 0],
    )
    assert read(frame).streets.tags == (
        {"highway": "primary", "oneway": "yes", "bridge": "yes", "layer": "1"},
        {"highway": "track", "oneway": "-1"},
        {"highway": "steps", "oneway": "no"},
        {"highway": "motorway", "oneway": "yes"},
        {"highway": "residential", "oneway": "yes"},
        {"highway": "footway", "tunnel": "yes", "layer": "-1"},
    )


def test_chinese_columns() -> None:
    """Chinese names of columns and kinds; a kind nobody knows is an ordinary street."""
    frame = layer(
        *([(0.0, 9.0 * i), (50.0, 9.0 * i)] for i in range(4)),
        道路等级=["主干路", "快速路", "人行天桥", "规划路"],
        桥梁=["否", "是", "是", None],
        单行=["是", "否", "否", None],
        步行=[None, None, "允许", "禁止"],
    )
    tags = read(frame).streets.tags
    assert tags[0] == {"highway": "primary", "oneway": "yes"}
    assert tags[2] == {"highway": "footway", "bridge": "yes", "oneway": "no", "foot": "yes"}
    assert [WALK.speeds(each)[0] for each in tags] == [1.3, 0.0, 1.3, 0.0]
    assert EBIKE.speeds(tags[0]) == (4.2, 0.0)


def test_openstreetmap_columns_and_missing_values() -> None:
    """Keys of OpenStreetMap are read as they are; empty cells of every sort say nothing."""
    frame = layer(
        EAST,
        [(0, 9), (9, 9)],
        NORTH,
        Highway=["path", pd.NA, None],
        surface=["sand", "", float("nan")],
        incline=["1", None, None],
        layer=[0.0, float("nan"), 2.0],
    )
    assert read(frame).streets.tags == (
        {"highway": "path", "surface": "sand", "incline": "1"},
        {"highway": "residential"},
        {"highway": "residential", "layer": "2"},
    )


def test_shapes_that_are_no_lines() -> None:
    """Parts of a line are lines of their own; points, areas and nothing are left out."""
    frame = layer(EAST, NORTH)
    both = shapely.MultiLineString(list(frame.geometry))
    shapes = [both, shapely.Point(104.5, 38.2), None, frame.geometry[0].buffer(0.001)]
    mixed = gpd.GeoDataFrame({"kind": ["path"] * 4}, geometry=shapes, crs=4326)
    found = read(mixed)
    assert len(found.streets.tags) == 2
    assert found.streets.tags[0] is found.streets.tags[1]
    repeated = shapely.LineString([(104, 38), (104, 38), (104.1, 38), (104.1, 38)])
    speck = shapely.LineString([(104, 38), (104.00000001, 38)])
    (line,) = paths(read(gpd.GeoDataFrame(geometry=[repeated, speck], crs=4326)).streets)
    assert line == [(104, 38), (104.1, 38)]


def test_height_and_other_reference_systems() -> None:
    """Heights are of no account; metres are made degrees where the layer says what they are."""
    frame = layer(EAST, NORTH)
    for other in (frame.to_crs(4490), frame.to_crs(32648)):
        np.testing.assert_allclose(
            paths(read(other).streets), paths(read(frame).streets), atol=2e-7
        )
    frame["geometry"] = shapely.force_3d(frame.geometry.values, 7.0)
    assert sizes(read(frame)) == [2, 2]


@pytest.mark.parametrize(
    ("frame", "says", "chinese"),
    [
        (layer(), "none of the 0 features is a line", "没有线"),
        (gpd.GeoDataFrame(geometry=[shapely.Point(1, 1)], crs=4326), "none of the 1", "1 个要素"),
        (
            gpd.GeoDataFrame(geometry=[shapely.LineString([(500000, 4e6), (500100, 4e6)])]),
            "longitude 500000.0, latitude 4000000.0, which is nowhere on Earth",
            "请注明图层的坐标系",
        ),
    ],
)
def test_refused(frame: gpd.GeoDataFrame, says: str, chinese: str) -> None:
    """A layer without lines, and one that is not in degrees, say so in two languages."""
    with pytest.raises(NetworkError, match=says) as caught:
        from_lines(frame)
    assert chinese in caught.value.chinese


@given(
    st.lists(
        st.lists(
            st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=2, max_size=4, unique=True
        ),
        min_size=1,
        max_size=7,
    )
)
def test_joining_joins_all(drawn: list[list[tuple[int, int]]]) -> None:
    """Lines that touch anywhere hang together, and no line has moved by half a metre."""
    lines = [[(10.0 * x, 10.0 * y) for x, y in line] for line in drawn]
    shapes = [shapely.LineString(line) for line in lines]
    streets = read(layer(*lines), join_crossings=True).streets
    together = parts(streets)
    part = [
        next(i for i, places in enumerate(together) if path[0] in places) for path in paths(streets)
    ]
    for (i, one), (j, other) in itertools.combinations(enumerate(shapes), 2):
        assert part[i] == part[j] or not one.intersects(other)
    for shape, path in zip(shapes, paths(streets), strict=True):
        moved = shapely.LineString(np.column_stack(PLANE.forward(*np.transpose(path))))
        assert shapely.hausdorff_distance(moved, shape) < 0.5
