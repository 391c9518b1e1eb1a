"""A place from the words of somebody whose phone has no position."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.districts import Districts
from stations.boundaries import read_districts
from stations.config import BaseMap, Config
from stations.importing import plan_import
from stations.places import LONGEST_TEXT, Place, find_places
from stations.store import Change
from stations.workspace import STREETS_NAME, Workspace
from tests.stations.samples import station

if TYPE_CHECKING:
    from pathlib import Path

EAST, WEST = shapely.box(113.65, 34.6, 113.9, 34.9), shapely.box(113.4, 34.6, 113.65, 34.9)
# A crescent, whose middle is not in it.
BEND = shapely.box(112.0, 34.0, 113.0, 35.0) - shapely.box(112.1, 34.0, 112.9, 34.9)
DISTRICTS = Districts(
    ("410105", "410108", "410109001"),
    ("金水区", "惠济区", "弯月街道"),
    shapely.from_wkt([EAST.wkt, WEST.wkt, BEND.wkt]),
    ("Jinshui", "Huiji", "Crescent"),
)
STREETS = (
    ("人民路", "Renmin Road", "LINESTRING (113.5 34.8, 113.52 34.8)"),
    ("人民路", None, "LINESTRING (113.52 34.8, 113.56 34.8)"),
    ("人民路", "Renmin Road", "LINESTRING (113.7 34.7, 113.72 34.7)"),
    ("人民东巷", None, "LINESTRING (113.7 34.71, 113.72 34.71)"),
    (None, None, "LINESTRING (113 34, 114 34)"),
)
BASEMAP = (
    ("人民公园", "park", "POLYGON ((113.5 34.7, 113.6 34.7, 113.6 34.75, 113.5 34.7))"),
    ("人民路", "primary", "LINESTRING (113.7 34.7, 113.72 34.7)"),
    ("环城路", "secondary", "LINESTRING (113.5 34.65, 113.6 34.65)"),
    ("人民桥", "bridge", "LINESTRING (113.52 34.8, 113.53 34.8)"),
    ("黄河", "water", "MULTIPOLYGON EMPTY"),
    ("  ", "park", "POINT (113.5 34.7)"),
)
STATIONS = (
    station(
        "a", lon=113.51, name="人民路邮政驿站", address="人民路12号", district="惠济区", host="邮政"
    ),
    station("b", lon=113.71, lat=34.7, name="花园里驿站", district="金水区", township="花园街道"),
    station("c", lon=113.72, lat=34.7, name="ＫＦＣ Rider Home", host="肯德基"),
    station("gone", name="撤销的驿站", status="closed"),
    station("coming", name="规划的驿站", status="planned"),
    station("nowhere", lon=None, name="没有坐标的驿站"),
    station("private", name="私密驿站", manager="保密的站长", manager_phone="13812345678"),
)


def layer(path: Path, features: list[tuple[dict[str, Any], str]]) -> None:
    """Write a layer as GeoJSON."""
    written = [
        {"type": "Feature", "properties": properties, "geometry": shape(wkt)}
        for properties, wkt in features
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": written}), "utf-8")


def shape(wkt: str) -> Any:
    """A geometry as GeoJSON."""
    return json.loads(shapely.to_geojson(shapely.from_wkt(wkt)))


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Districts, named streets, a base map and stations."""
    folder = tmp_path_factory.mktemp("places") / "ws"
    config = Config(basemap=BaseMap(kind="geojson", file="base.geojson"))
    made = Workspace.create(folder, config=config, districts=DISTRICTS)
    layer(folder / STREETS_NAME, [({"name": n, "name_en": e}, wkt) for n, e, wkt in STREETS])
    layer(folder / "base.geojson", [({"name": n, "kind": k}, wkt) for n, k, wkt in BASEMAP])
    made.store.apply(Change(put=STATIONS), who="t", what="t")
    return made


def names(workspace: Workspace, text: str, **options: Any) -> list[str]:
    """What is found, by name."""
    return [place.name for place in find_places(workspace, text, **options)]


# ---------------------------------------------------------------------------------------- figures
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("113.62,34.8", (113.62, 34.8)),
        ("113.62， 34.80", (113.62, 34.8)),
        ("１１３．６２，３４．８", (113.62, 34.8)),
        ("（113.62、34.8）", (113.62, 34.8)),
        ("  113.62 34.8 ", (113.62, 34.8)),
        ("113.62°；34.8°", (113.62, 34.8)),
        ("34.8, 113.62", (113.62, 34.8)),
        ("34.8,80.5", (80.5, 34.8)),
        ("-0.12, 51.5", (-0.12, 51.5)),
        ("51.5, -0.12", (51.5, -0.12)),
        ("180,90", (180.0, 90.0)),
    ],
)
def test_a_position_is_typed_as_figures(
    workspace: Workspace, text: str, expected: tuple[float, float]
) -> None:
    """Any comma, full width too; latitude first is understood where only that lies in China."""
    (found,) = find_places(workspace, text)
    assert (found.kind, found.lon, found.lat) == ("position", *expected)


def test_a_position_is_told_by_its_district(workspace: Workspace) -> None:
    """So that a reader sees at once whether two figures were exchanged."""
    (found,) = find_places(workspace, "113.612345,34.8")
    assert found == Place("113.612345, 34.8", "惠济区", "position", 113.612345, 34.8)
    assert find_places(workspace, "113.62,34.8", lang="en")[0].detail == "Huiji"
    assert find_places(workspace, "0,0")[0].detail == ""


@pytest.mark.parametrize("text", ["200,34", "113,95", "113.6,", "1,2,3", "1e2,3", "nan,1", "113"])
def test_what_is_no_position_is_none(workspace: Workspace, text: str) -> None:
    """Beyond the degrees there are, or not two figures."""
    assert "position" not in {place.kind for place in find_places(workspace, text)}


# ------------------------------------------------------------------------------------------ names
def test_the_name_itself_comes_first(workspace: Workspace) -> None:
    """Then what begins with it, then what holds it or lies there; streets before stations."""
    assert names(workspace, "人民路") == ["人民路", "人民路", "人民路邮政驿站"]
    assert names(workspace, "人民") == [
        "人民桥", "人民公园", "人民路", "人民路", "人民东巷", "人民路邮政驿站",
    ]  # fmt: skip


def test_a_street_is_one_place_in_each_district(workspace: Workspace) -> None:
    """Its middle, on the street; the pieces of both layers are one street, and so are its names."""
    west, east = sorted(find_places(workspace, "人民路", limit=2), key=lambda place: place.lon)
    assert west == Place("人民路", "惠济区", "street", 113.53, 34.8)
    assert east == Place("人民路", "金水区", "street", 113.71, 34.7)


def test_features_of_the_base_map_are_places(workspace: Workspace) -> None:
    """A park and a bridge are places, a road is a street; what has no name or shape is nothing."""
    (park,) = find_places(workspace, "人民公园")
    assert (park.kind, park.detail) == ("place", "惠济区")
    assert shapely.from_wkt(BASEMAP[0][2]).contains(shapely.Point(park.lon, park.lat))
    assert find_places(workspace, "环城路")[0].kind == "street"
    assert names(workspace, "黄河") == []


def test_districts_are_found_by_a_point_inside(workspace: Workspace) -> None:
    """However crooked they are; what is called a township is one."""
    (township,) = find_places(workspace, "弯月")
    assert township.kind == "township"
    assert BEND.contains(shapely.Point(township.lon, township.lat))
    assert find_places(workspace, "惠济")[0][:3] == ("惠济区", "", "district")


def test_either_language_finds_and_one_is_answered(workspace: Workspace) -> None:
    """English names are found by Chinese readers and the other way about; capitals do not count."""
    assert find_places(workspace, "renmin ROAD", lang="zh")[0].name == "人民路"
    assert find_places(workspace, "人民路", lang="en")[0][:2] == ("Renmin Road", "Huiji")
    assert names(workspace, "人民东巷", lang="en") == ["人民东巷"]
    assert names(workspace, "ｊｉｎ　ｓｈｕｉ", lang="en")[:1] == ["Jinshui"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("邮政", "人民路邮政驿站"),
        ("人民路 12 号", "人民路邮政驿站"),
        ("花园街道", "花园里驿站"),
        ("kfc", "ＫＦＣ Rider Home"),
        ("肯德基", "ＫＦＣ Rider Home"),
    ],
)
def test_stations_are_found(workspace: Workspace, text: str, expected: str) -> None:
    """By name, address, township and host."""
    found = find_places(workspace, text)[0]
    assert (found.name, found.kind) == (expected, "station")


def test_the_detail_of_a_station_says_where(workspace: Workspace) -> None:
    """Its address; without one its district and township, or its host."""
    details = {place.name: place.detail for place in find_places(workspace, "驿站")}
    assert details["人民路邮政驿站"] == "人民路12号"
    assert details["花园里驿站"] == "金水区花园街道"
    assert find_places(workspace, "kfc")[0].detail == "肯德基"


@pytest.mark.parametrize("text", ["撤销的", "规划的", "没有坐标", "保密的站长", "13812345678"])
def test_what_is_not_there_is_not_found(workspace: Workspace, text: str) -> None:
    """Stations closed, planned or without a position; and nobody finds a manager."""
    assert names(workspace, text) == []


# --------------------------------------------------------------------------- less than a name
def test_a_house_nobody_knows_is_on_its_street(workspace: Workspace) -> None:
    """The street in the district that is mentioned comes first, then what else is."""
    found = find_places(workspace, "金水区人民路 300 号院")
    assert found[0] == Place("人民路", "金水区", "street", 113.71, 34.7)
    assert [place.name for place in found[1:]] == ["人民路", "金水区"]
    assert names(workspace, "人民路99号3楼")[0] == "人民路"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("人民公圆", "人民公园"), ("花圆里驿站", "花园里驿站"), ("人民路邮证驿站", "人民路邮政驿站")],
)
def test_what_is_mistyped_is_found_where_nothing_else_is(
    workspace: Workspace, text: str, expected: str
) -> None:
    """One wrong character does not leave a rider without an answer."""
    assert names(workspace, text)[0] == expected


@pytest.mark.parametrize("text", ["", "  　\n", "-", "\0", "驿" * (LONGEST_TEXT + 1), "zzzz", "冇"])
def test_nothing_is_found(workspace: Workspace, text: str) -> None:
    """Nothing typed, too much typed, or a name that nobody knows: an empty list."""
    assert find_places(workspace, text) == []


def test_no_more_than_asked_for(workspace: Workspace) -> None:
    """The likeliest of all, each once."""
    every = find_places(workspace, "人", limit=50)
    assert len(set(every)) == len(every) > 3
    assert find_places(workspace, "人", limit=3) == every[:3]


@settings(deadline=None)
@given(text=st.text(max_size=LONGEST_TEXT))
def test_any_text_is_taken(workspace: Workspace, text: str) -> None:
    """Whatever is typed, what is found has a name and lies on the earth."""
    for place in find_places(workspace, text):
        assert place.name
        assert -180 <= place.lon <= 180
        assert -90 <= place.lat <= 90


@settings(deadline=None)
@given(which=st.sampled_from(STATIONS[:3]), cut=st.data())
def test_any_piece_of_a_name_finds_it(workspace: Workspace, which: Any, cut: st.DataObject) -> None:
    """Wherever the piece is cut from the name."""
    start = cut.draw(st.integers(0, len(which.name) - 1))
    end = cut.draw(st.integers(start + 1, len(which.name)))
    found = names(workspace, which.name[start:end], limit=50)
    assert which.name in found or not which.name[start:end].strip()


# ------------------------------------------------------------------------------ what changes
def test_it_keeps_up_with_the_files(tmp_path: Path) -> None:
    """A station that comes, a layer that comes, one that breaks: the next answer knows."""
    workspace = Workspace.create(tmp_path / "ws")
    assert names(workspace, "人民路") == []
    workspace.store.apply(Change(put=STATIONS), who="t", what="t")
    assert names(workspace, "人民路") == ["人民路邮政驿站"]
    path = workspace.folder / STREETS_NAME
    layer(path, [({"name": n}, wkt) for n, _, wkt in STREETS])
    assert names(workspace, "人民路") == ["人民路", "人民路邮政驿站"]
    path.write_text("{", "utf-8")
    assert names(workspace, "人民路") == ["人民路邮政驿站"]
    layer(path, [({"ref": "G30"}, STREETS[0][2])])
    assert names(workspace, "人民路") == ["人民路邮政驿站"]


def test_names_with_control_characters_do_not_shift_the_others(tmp_path: Path) -> None:
    """A separator inside a name is part of it, and the next station is still found as itself."""
    workspace = Workspace.create(tmp_path / "ws")
    records = (station("a", name="甲\0乙"), station("b", name="丙\1丁"), station("c", name="戊己"))
    workspace.store.apply(Change(put=records), who="t", what="t")
    assert names(workspace, "乙") == ["甲\0乙"]
    assert names(workspace, "丁") == ["丙\1丁"]
    assert names(workspace, "戊己") == ["戊己"]


def test_real_stations_and_districts_of_zhengzhou(tmp_path: Path, shared_data: Path) -> None:
    """Names and streets as people there type them."""
    districts = read_districts(shared_data / "boundaries/zhengzhou_districts_wgs84.geojson")
    workspace = Workspace.create(tmp_path / "ws", districts=districts)
    sheet = shared_data / "registers/zhengzhou_union_stations_real82.csv"
    plan = plan_import(sheet, against=workspace.store.read(), datum="gcj02")
    workspace.store.apply(Change(put=tuple(plan.new)), who="t", what="t")
    assert find_places(workspace, "惠济")[0][:3] == ("惠济区", "", "district")
    assert "中心路" in names(workspace, "上街区中心路99号")[0]
