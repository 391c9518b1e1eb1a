from __future__ import annotations

import json
import shutil
import sqlite3
import warnings
import zipfile
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest
import shapely

from geodata import datum
from stations import model
from stations.errors import ImportFileError
from stations.importing import Mapping, plan_import
from stations.store import Snapshot
from stations.store.geojson import serialise

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stations.importing import ImportPlan

EMPTY = Snapshot(0, None, [])
HERE = (113.65, 34.76)


def read(path: Path, **options: object) -> ImportPlan:
    """Import a file into an empty registry."""
    return plan_import(path, against=EMPTY, **options)


def frame(*geometries: shapely.Geometry | None, crs: str = "EPSG:4326") -> gpd.GeoDataFrame:
    """Stations z0, z1, ... at these geometries."""
    count = len(geometries)
    return gpd.GeoDataFrame(
        {
            "编码": [f"z{at}" for at in range(count)],
            "站点名称": [f"郑州第{at}驿站" for at in range(count)],
            "面积": [12.5] * count,
        },
        geometry=list(geometries),
        crs=crs,
    )


def write_shapefile(path: Path, layer: gpd.GeoDataFrame, encoding: str) -> None:
    """Write a shapefile, without GDAL's warnings about names that it cuts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        layer.to_file(path, encoding=encoding)


# -- GeoPackage and shapefile --------------------------------------------------------------------


def test_geopackage_points_are_read(tmp_path: Path) -> None:
    """Attributes and positions arrive; the label EPSG:4326 counts as WGS84."""
    frame(shapely.Point(*HERE, 88), None).to_file(tmp_path / "a.gpkg")
    plan = read(tmp_path / "a.gpkg")
    assert [station.id for station in plan.new] == ["z0", "z1"]
    assert [station.position for station in plan.new] == [HERE, None]
    assert plan.new[0].properties.area_m2 == 12.5
    assert plan.datum == plan.new[0].properties.source_datum == "wgs84"
    assert [problem.key for problem in plan.warnings] == ["no_position"]


def test_a_datum_that_is_given_goes_before_a_geographic_label(tmp_path: Path) -> None:
    """Amap exports that are labelled EPSG:4326 are read as what they are."""
    frame(shapely.Point(*HERE)).to_file(tmp_path / "a.gpkg")
    plan = read(tmp_path / "a.gpkg", datum="gcj02")
    lon, lat = datum.to_wgs84(*HERE, "gcj02")
    assert plan.new[0].position == (round(lon, 8), round(lat, 8))
    assert plan.new[0].properties.source_position == HERE


def test_a_projected_layer_is_converted_and_admits_no_other_datum(tmp_path: Path) -> None:
    """CGCS2000 metres come back within a millimetre; with another datum it is an error."""
    path = tmp_path / "a.gpkg"
    frame(shapely.Point(*HERE)).to_crs("EPSG:4547").to_file(path)
    plan = read(path)
    assert plan.new[0].position == pytest.approx(HERE, abs=1e-8)
    assert plan.new[0].properties.source_datum == "EPSG:4547"
    with pytest.raises(ImportFileError, match="is in EPSG:4547, a projected system"):
        read(path, datum="gcj02")


def test_a_polygon_is_rejected_with_what_to_do(tmp_path: Path) -> None:
    """Its row is named, the points beside it are imported."""
    square = shapely.box(113, 34, 114, 35)
    frame(shapely.Point(*HERE), square, shapely.MultiPoint([HERE])).to_file(tmp_path / "a.gpkg")
    plan = read(tmp_path / "a.gpkg")
    assert [station.id for station in plan.new] == ["z0", "z2"]
    (problem,) = plan.rejected
    assert (problem.row, problem.key) == (2, "not_a_point")
    assert "Polygon" in problem.message
    assert "Centroids" in problem.message


def test_one_of_several_layers_must_be_named(tmp_path: Path) -> None:
    """The error lists them; the mapping chooses."""
    path = tmp_path / "a.gpkg"
    frame(shapely.Point(*HERE)).to_file(path, layer="一区")
    frame(shapely.Point(*HERE), None).to_file(path, layer="二区")
    with pytest.raises(ImportFileError, match="several layers: 一区, 二区"):
        read(path)
    assert len(read(path, mapping=Mapping(layer="二区")).new) == 2
    with pytest.raises(ImportFileError, match="no layer “三区”"):
        read(path, mapping=Mapping(layer="三区"))


@pytest.mark.parametrize("encoding", ["UTF-8", "GB18030"])
@pytest.mark.parametrize("with_code_page", [True, False])
def test_chinese_shapefiles_are_read(tmp_path: Path, encoding: str, with_code_page: bool) -> None:
    """With or without .cpg, with names cut after ten bytes, zipped or not."""
    layer = frame(shapely.Point(*HERE), shapely.Point(113.7, 34.8))
    layer = layer.rename(columns={"面积": "行政区划代码"})
    layer["行政区划代码"] = "410108"
    write_shapefile(tmp_path / "站点.shp", layer, encoding)
    if not with_code_page:
        (tmp_path / "站点.cpg").unlink()
    with zipfile.ZipFile(tmp_path / "站点.zip", "w") as archive:
        for part in tmp_path.glob("站点.*"):
            if part.suffix != ".zip":
                archive.write(part, f"数据/{part.name}")
    for name in ("站点.shp", "站点.zip"):
        plan = read(tmp_path / name)
        assert [station.name for station in plan.new] == ["郑州第0驿站", "郑州第1驿站"]
        assert plan.new[1].position == (113.7, 34.8)
    if encoding == "GB18030":  # in UTF-8 the ten bytes hold no more than 行政区
        assert plan.new[0].properties.adcode == "410108"
    else:
        assert plan.new[0].properties.district is None


def test_a_shapefile_without_crs_needs_a_datum(tmp_path: Path) -> None:
    """No .prj and nothing given is an error, not WGS84."""
    write_shapefile(tmp_path / "a.shp", frame(shapely.Point(*HERE)), "UTF-8")
    (tmp_path / "a.prj").unlink()
    with pytest.raises(ImportFileError, match="the datum must be given"):
        read(tmp_path / "a.shp")
    assert read(tmp_path / "a.shp", datum="bd09").datum == "bd09"


def test_a_shapefile_with_a_part_missing_is_refused(tmp_path: Path) -> None:
    """The message names the part; so does that of a zip without a shapefile."""
    write_shapefile(tmp_path / "a.shp", frame(shapely.Point(*HERE)), "UTF-8")
    (tmp_path / "a.dbf").unlink()
    with pytest.raises(ImportFileError, match=r"lacks its \.dbf"):
        read(tmp_path / "a.shp")
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("readme.txt", "x")
    with pytest.raises(ImportFileError, match="holds no shapefile"):
        read(tmp_path / "b.zip")


def test_a_member_that_points_out_of_the_archive_writes_nothing_there(tmp_path: Path) -> None:
    """Names in a zip only say which part a member is."""
    write_shapefile(tmp_path / "a.shp", frame(shapely.Point(*HERE)), "UTF-8")
    path = tmp_path / "deep" / "b.zip"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        for suffix in (".shp", ".shx", ".dbf", ".prj"):
            archive.write(tmp_path / f"a{suffix}", f"../../escaped{suffix}")
    assert len(read(path).new) == 1
    assert not list(tmp_path.parent.glob("escaped*"))
    assert not list(tmp_path.glob("escaped*"))


VRT = (
    b"<OGRVRTDataSource><OGRVRTLayer name='x'><SrcDataSource>/vsicurl/http://127.0.0.1:9/a"
    b"</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
)


@pytest.mark.parametrize("name", ["a.gpkg", "a.shp", "a.kml", "a.geojson", "a.csv"])
def test_a_virtual_file_under_any_name_is_not_followed(tmp_path: Path, name: str) -> None:
    """GDAL's own format for other files, local or far, is not what any ending stands for."""
    path = tmp_path / name
    path.write_bytes(VRT)
    if path.suffix == ".shp":
        for suffix in (".shx", ".dbf"):
            path.with_suffix(suffix).write_bytes(VRT)
    with pytest.raises(ImportFileError):
        read(path)


def test_a_database_that_is_no_geopackage_is_refused(tmp_path: Path) -> None:
    """SQLite alone is not enough."""
    with sqlite3.connect(tmp_path / "a.gpkg") as database:
        database.execute("create table t (a)")
    database.close()
    with pytest.raises(ImportFileError, match="is not a GeoPackage inside"):
        read(tmp_path / "a.gpkg")


# -- KML -----------------------------------------------------------------------------------------

KML = """<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document>
<NetworkLink><Link><href>http://127.0.0.1:9/x.kml</href></Link></NetworkLink>
<Folder><Placemark><name>甲站</name><address>一路1号</address>
<ExtendedData><Data name="开放时间"><value>08:00-20:00</value></Data>
<SchemaData><SimpleData name="微波炉">有</SimpleData></SchemaData></ExtendedData>
<Point><coordinates>113.65,34.76,0</coordinates></Point></Placemark></Folder>
<Placemark><name>乙站</name><LineString><coordinates>1,2 3,4</coordinates></LineString></Placemark>
<Placemark><name>丙站</name><MultiGeometry><Point><coordinates> 113.7,34.8 </coordinates></Point>
</MultiGeometry></Placemark></Document></kml>"""


@pytest.mark.parametrize("suffix", [".kml", ".kmz"])
def test_kml_keeps_chinese_columns_and_follows_no_link(tmp_path: Path, suffix: str) -> None:
    """Placemarks of all folders are read; a line is rejected; a network link is only mentioned."""
    path = tmp_path / f"a{suffix}"
    if suffix == ".kmz":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("doc.kml", KML)
    else:
        path.write_text(KML, encoding="utf-8")
    plan = read(path)
    assert [(s.name, s.position) for s in plan.new] == [("甲站", HERE), ("丙站", (113.7, 34.8))]
    assert plan.new[0].properties.opening_hours == "08:00-20:00"
    assert plan.new[0].properties.facilities == {"microwave": True}
    assert [(p.row, p.key) for p in plan.rejected] == [(2, "not_a_point")]
    assert "network_link" in [p.key for p in plan.warnings]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<kml><Document>", "not readable KML"),
        ("<gpx/>", "is not KML inside"),
        ('<!DOCTYPE k [<!ENTITY a "b">]><kml><name>&a;</name></kml>', "declares a DOCTYPE"),
        ('<!DOCTYPE k SYSTEM "http://127.0.0.1:9/x"><kml/>', "declares a DOCTYPE"),
        ("<kml>" + "<Folder>" * 5000 + "</Folder>" * 5000 + "</kml>", "nested too deeply"),
        ('<?xml version="1.0" encoding="klingon"?><kml/>', "not readable KML"),
    ],
)
def test_kml_that_is_broken_or_meant_to_break_is_refused(
    tmp_path: Path, content: str, message: str
) -> None:
    """Entities are never expanded, nothing is fetched, depth is bounded."""
    (tmp_path / "a.kml").write_text(content, encoding="utf-8")
    with pytest.raises(ImportFileError, match=message):
        read(tmp_path / "a.kml")


# -- GeoJSON -------------------------------------------------------------------------------------


def feature(geometry: object, **properties: object) -> dict[str, Any]:
    """A feature with an id."""
    return {
        "type": "Feature",
        "id": "z1",
        "geometry": geometry,
        "properties": {"name": "甲站", **properties},
    }


def collection(*features: object, **more: object) -> dict[str, Any]:
    """A collection of features."""
    return {"type": "FeatureCollection", **more, "features": list(features)}


POINT = {"type": "Point", "coordinates": list(HERE)}


@pytest.fixture
def geojson_plan(tmp_path: Path) -> Callable[..., ImportPlan]:
    """Import GeoJSON from objects or text."""

    def plan(data: object, **options: object) -> ImportPlan:
        path = tmp_path / "a.geojson"
        path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
        return read(path, **options)

    return plan


def test_geojson_is_wgs84_and_keeps_its_ids(geojson_plan: Callable[..., ImportPlan]) -> None:
    """The id of the feature is the code; no datum needs to be given."""
    plan = geojson_plan(collection(feature(POINT, 微波炉="有")))
    assert (plan.new[0].id, plan.new[0].position, plan.datum) == ("z1", HERE, "wgs84")
    assert plan.new[0].properties.facilities == {"microwave": True}


@pytest.mark.parametrize("name", ["urn:ogc:def:crs:EPSG::4547", "EPSG:4547"])
def test_the_older_crs_member_is_honoured(
    geojson_plan: Callable[..., ImportPlan], name: str
) -> None:
    """Projected coordinates with a crs that says so are converted."""
    x, y = datum.from_wgs84(*HERE, "EPSG:4547")
    crs = {"type": "name", "properties": {"name": name}}
    plan = geojson_plan(collection(feature({"type": "Point", "coordinates": [x, y]}), crs=crs))
    assert plan.new[0].position == pytest.approx(HERE, abs=1e-8)


@pytest.mark.parametrize(
    ("crs", "message"),
    [
        ({"type": "link", "properties": {"href": "http://127.0.0.1:9"}}, "a link"),
        ({"type": "name", "properties": {"name": "mars"}}, "unknown datum"),
    ],
)
def test_a_crs_that_is_not_known_is_an_error(
    geojson_plan: Callable[..., ImportPlan], crs: object, message: str
) -> None:
    """It is neither followed nor ignored."""
    with pytest.raises(ImportFileError, match=message):
        geojson_plan(collection(feature(POINT), crs=crs))


WHOLE = json.dumps(collection(feature(POINT), feature(POINT)), indent=1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("hello", "not JSON: line 1, column 1"),
        (WHOLE.replace('"name": "\\u7532\\u7ad9"', "name: 1", 1), r"not JSON: line \d+, column"),
        (WHOLE[:-30], "is cut off: the JSON ends at line"),
        (WHOLE[: WHOLE.index("\\u7532") + 3], "is cut off|not JSON"),
        ("[" * 200_000, "nested too deeply|cut off"),
        ("[1]", "no GeoJSON FeatureCollection: it is a list"),
        ('{"type": "Feature"}', "its type is “Feature”; wrap"),
        ('{"type": "Topology"}', "its type is “Topology”"),
        ('{"type": "FeatureCollection"}', 'no list "features"'),
        ("{}", 'it has no "type"'),
    ],
)
def test_json_that_is_no_collection_is_refused_with_the_place(
    geojson_plan: Callable[..., ImportPlan], text: str, message: str
) -> None:
    """Broken, cut off and other JSON are told apart."""
    with pytest.raises(ImportFileError, match=message):
        geojson_plan(text)


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]},
        {"type": "Point", "coordinates": ["113", "34"]},
        {"type": "Point", "coordinates": [113]},
        {"type": "Point"},
        {"coordinates": [113, 34]},
        7,
    ],
)
def test_a_geometry_that_is_no_point_is_rejected_by_row(
    geojson_plan: Callable[..., ImportPlan], geometry: object
) -> None:
    """The other features are imported."""
    plan = geojson_plan(collection({**feature(POINT), "id": "z0"}, feature(geometry), 5))
    assert [station.id for station in plan.new] == ["z0"]
    assert [(p.row, p.key) for p in plan.rejected] == [(2, "not_a_point"), (3, "not_a_point")]


def test_row_numbers_that_a_program_wrote_as_ids_are_not_codes(
    geojson_plan: Callable[..., ImportPlan],
) -> None:
    """0, 1, 2 ... are the index of a frame; a name and an address last longer."""
    features = [{**feature(POINT, address=f"{n}号"), "id": str(n)} for n in range(3)]
    plan = geojson_plan(collection(*features))
    assert all(station.id.startswith("s-") for station in plan.new)
    assert "running_number" in [problem.key for problem in plan.warnings]


def full_station() -> model.Station:
    """A record with every field set, and hours that nobody could read."""
    properties = {
        "name": "甲站", "kind": "rider_home", "services": ["nursing_room"], "status": "suspended",
        "status_since": "2026-01-02", "valid_from": "2025-01-01", "valid_to": "2027-01-01",
        "mobile": False, "address": "一路1号", "phone": "13800000000", "adcode": "410108",
        "district": "惠济区", "township": "某街道", "source_datum": "gcj02",
        "source_position": [113.6561, 34.7592],
        "access": [{"mode": "staffed", "hours": "08:00-22:00"}, {"mode": "qr"}],
        "opening_hours": "Mo-Fr 08:00-20:00", "hours_text": "周一至周五 8点到20点",
        "facilities": {"microwave": True, "wifi": False},
        "facilities_verified": {"microwave": "2026-01-02"}, "serves": ["rider"],
        "area_m2": 12.5, "capacity": 8, "host": "某银行", "host_kind": "bank",
        "build_mode": "joint", "opened_on": "2024-05-06", "invested_cny": 12000.0,
        "verified_on": "2026-03-04", "verified_by": "李四", "star": 4, "labels": ["最美驿站, 一等"],
        "photos": ["a b.jpg"], "notes": "一\n二", "source": "市总工会", "manager": "张三",
        "manager_phone": "13900000000", "revision": 3, "updated_at": "2026-05-06T07:08:09Z",
    }  # fmt: skip
    geometry = {"type": "Point", "coordinates": [113.650000001234, 34.760000004321]}
    return model.from_dict(
        {"type": "Feature", "id": "z1", "geometry": geometry, "properties": properties}
    )


def test_a_registry_of_our_own_comes_back_without_loss(tmp_path: Path) -> None:
    """Every field, nested ones too, with no datum asked and nothing derived or rounded."""
    bare = model.from_dict(
        {
            "type": "Feature",
            "id": "z2",
            "geometry": None,
            "properties": {"name": "乙站", "hours_text": "08:00-20:00", "revision": 2},
        }
    )
    stations = [full_station(), bare]
    assert not set(model.CONTENT_FIELDS) - set(
        model.json_schema()["$defs"]["Properties"]["properties"]
    )
    path = tmp_path / "stations.geojson"
    path.write_bytes(serialise(Snapshot(3, None, stations)))
    plan = read(path)
    assert not plan.rejected
    assert all(map(model.same_content, plan.new, stations))
    again = plan_import(path, against=Snapshot(3, None, stations))
    assert again.unchanged == ("z1", "z2")
    assert not again.change().put


def test_features_of_ours_come_back_from_a_plain_collection(
    geojson_plan: Callable[..., ImportPlan],
) -> None:
    """Without the registry's own header the nested fields are read all the same."""
    station = full_station()
    plan = geojson_plan(collection(json.loads(model.encode(station))))
    (back,) = plan.new
    assert back.position == pytest.approx(station.position, abs=1e-8)
    fields = [
        name
        for name in model.CONTENT_FIELDS
        if getattr(back.properties, name) != getattr(station.properties, name)
    ]
    assert fields == []


def test_a_datum_cannot_be_given_for_positions_that_say_what_they_came_from(
    geojson_plan: Callable[..., ImportPlan],
) -> None:
    """A file with source_position holds WGS84; another datum would convert twice."""
    with pytest.raises(ImportFileError, match="gcj02 was asked for, but the file says"):
        geojson_plan(collection(json.loads(model.encode(full_station()))), datum="gcj02")


def test_reading_a_layer_writes_nothing_beside_it(tmp_path: Path) -> None:
    """No index and no journal is left in the clerk's folder."""
    folder = tmp_path / "in"
    folder.mkdir()
    frame(shapely.Point(*HERE)).to_file(folder / "a.gpkg")
    write_shapefile(folder / "b.shp", frame(shapely.Point(*HERE)), "UTF-8")
    before = sorted(path.name for path in folder.iterdir())
    read(folder / "a.gpkg")
    read(folder / "b.shp")
    assert sorted(path.name for path in folder.iterdir()) == before
    shutil.rmtree(folder)
