from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import shapely
import xlsxwriter

from geodata import datum
from geodata.errors import DatumError, DemandError
from stations.demand_input import DemandInput, read_demand
from stations.errors import ImportFileError, MissingExtraError
from tests.geodata.squares import LAT0, LON0, halves

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


WGS84 = {"datum": "wgs84"}


@pytest.fixture
def sheet(tmp_path: Path) -> Callable[..., DemandInput]:
    """Read CSV text, with the two districts unless told otherwise."""

    def read(text: str, **options: object) -> DemandInput:
        path = tmp_path / "workers.csv"
        path.write_text(text, "utf-8")
        options.setdefault("districts", halves())
        return read_demand(path, **options)

    return read


def layer(path: Path, crs: object = 4326, **columns: object) -> Path:
    """Write a layer whose geometry is among the columns."""
    frame = gpd.GeoDataFrame(columns, crs=crs)
    frame.to_file(path, engine="pyogrio")
    return path


# ---------------------------------------------------------------------------------------- points


def test_points_in_gcj02_are_shifted_once(sheet: Callable[..., DemandInput]) -> None:
    """The known pair of positions, with a Chinese header that counts in ten thousands."""
    found = sheet("经度,纬度,户外劳动者（万人）\n116.406636,29.477729,0.12\n", datum="gcj02")
    assert found.demand.lon[0] == pytest.approx(116.40146866, abs=1e-7)
    assert found.demand.lat[0] == pytest.approx(29.48015564, abs=1e-7)
    assert (found.method, found.column, found.factor) == ("points", "户外劳动者（万人）", 10_000)
    assert found.demand.total == pytest.approx(1200)


def test_pings_stand_for_one_worker_each(sheet: Callable[..., DemandInput]) -> None:
    """Without a column called so; figures of other meaning are not taken for workers."""
    text = "订单号,lng,lat,金额\n1001,113.6,34.8,25\n1002,113.7,34.9,30\n"
    found = sheet(text, datum="wgs84", group="rider")
    assert (found.column, found.demand.by_group()) == (None, {"rider": 2})
    assert sheet(text, datum="wgs84", weight="金额").demand.total == 55


def test_rows_without_a_position_are_named_with_their_workers(
    sheet: Callable[..., DemandInput],
) -> None:
    """Blank, swapped and impossible ones; blank numbers are none."""
    found = sheet(
        "lon,lat,人数\n113.6,34.8,5\n,,7\n34.8,113.6,11\n999,34,13\n113.7,34.9,\n", datum="wgs84"
    )
    assert found.demand.total == 5
    assert [(name, n) for name, n in found.unplaced] == [
        ("row 3", 7), ("row 4", 11), ("row 5", 13),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "options", "error", "message"),
    [
        ("lon,lat\n113.6,34.8\n", {}, ImportFileError, r"datum"),
        ("lon,lat\n113.6,34.8\n", {"datum": "mars"}, DatumError, r"mars"),
        ("lon,lat,人数\n113.6,34.8,五\n", WGS84, ImportFileError, r"row 2: '五' in '人数'"),
        ("lon,lat,人数\n1,1,3\n1,1,-3\n", WGS84, DemandError, r"row 3: -3 workers in"),
        ("lon,lat,人数\n1,1,nan\n", WGS84, ImportFileError, r"row 2: 'nan'"),
        ("lon,lat,人数\n1,1,1e999\n", WGS84, ImportFileError, r"row 2: '1e999'"),
        ("lon,lat,人数,count\n1,1,3,4\n", WGS84, ImportFileError, r"--weight: 人数, count"),
        (
            "lon,lat,人数\n1,1,3\n",
            {"datum": "wgs84", "weight": "workers"},
            ImportFileError,
            r"no column 'workers'; the columns are 人数",
        ),
        ("lon,lat,人数\n,,3\n", WGS84, DemandError, r"no row .* position"),
    ],
)  # fmt: skip
def test_unusable_points_are_told(
    sheet: Callable[..., DemandInput],
    text: str,
    options: dict[str, object],
    error: type[Exception],
    message: str,
) -> None:
    """By row, column and value, with what to do."""
    with pytest.raises(error, match=message):
        sheet(text, **options)


# ---------------------------------------------------------------------------------------- tables


def test_a_workbook_by_district_name_is_spread(tmp_path: Path) -> None:
    """With thousands separators, names without endings, a running number and a sum row."""
    path = tmp_path / "workers.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        for i, row in enumerate(
            [["序号", "地方", "骑手"], [1, "惠济", "1,200"], [2, "中牟县", 34], [3, "经开区", 5]]
        ):
            page.write_row(i, 0, row)
    found = read_demand(path, districts=halves(), group="rider")
    assert (found.method, found.column) == ("table", "骑手")
    assert found.demand.by_group() == pytest.approx({"rider": 1234})
    assert found.unplaced == (("经开区", 5.0),)


@pytest.mark.parametrize("key", ["区划代码", "某代码"])
def test_a_workbook_by_code_is_spread_whatever_excel_made_of_the_code(
    tmp_path: Path, key: str
) -> None:
    """Numbers and text, under a known header and under an unknown one."""
    path = tmp_path / "workers.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        for i, row in enumerate([[key, "人数"], [410108, 10], ["410122", 20]]):
            page.write_row(i, 0, row)
    found = read_demand(path, districts=halves())
    west = found.demand.workers[found.demand.lon < LON0].sum()
    assert (west, found.demand.total) == (pytest.approx(10), pytest.approx(30))


def test_positions_go_before_districts(sheet: Callable[..., DemandInput]) -> None:
    """But half a position is none."""
    both = "区县,lon,lat,人数\n惠济区,113.7,34.8,5\n"
    assert sheet(both, datum="wgs84").method == "points"
    assert sheet("区县,x,人数\n惠济区,113.7,5\n").method == "table"


@pytest.mark.parametrize(
    ("text", "options", "error", "message"),
    [
        ("区县,人数\n惠济区,5\n", {"districts": None}, ImportFileError, r"yizhan init --adcode"),
        ("a,b\n1,2\n", {}, ImportFileError, r"neither positions nor a column .* a, b"),
        ("a,b\n1,2\n", {"districts": None}, ImportFileError, r"neither positions nor"),
        ("区县,人数\n惠济区,多\n", {}, ImportFileError, r"row 2: '多' in '人数'"),
        ("区县,骑手,环卫工\n惠济区,5,6\n", {}, ImportFileError, r"--weight: 骑手, 环卫工"),
        ("区县,备注\n惠济区,无\n", {}, ImportFileError, r"--weight: 备注"),
        ("区县,人数\n经开区,5\n", {}, DemandError, r"no row names a district"),
        ("区县,人数\n惠济区,-5\n", {}, DemandError, r"row 2: -5 workers"),
    ],
)
def test_unusable_tables_are_told(
    sheet: Callable[..., DemandInput],
    text: str,
    options: dict[str, object],
    error: type[Exception],
    message: str,
) -> None:
    """Which columns there are, which row is wrong, and what to do."""
    with pytest.raises(error, match=message):
        sheet(text, **options)


# ---------------------------------------------------------------------------------------- layers


WEST = shapely.box(LON0 - 0.1, LAT0, LON0, LAT0 + 0.1)
EAST = shapely.box(LON0, LAT0, LON0 + 0.1, LAT0 + 0.1)


@pytest.mark.parametrize("ending", ["geojson", "gpkg", "shp", "fgb"])
@pytest.mark.parametrize("crs", [4326, 32649, 4490])
def test_polygons_of_any_format_and_crs_keep_their_sum(
    tmp_path: Path, ending: str, crs: int
) -> None:
    """Metres and degrees; the workers land where the polygons are."""
    frame = gpd.GeoDataFrame({"workers": [30, 70]}, geometry=[WEST, EAST], crs=4326).to_crs(crs)
    if ending == "geojson":
        frame = frame.to_crs(4326)
    path = tmp_path / f"cells.{ending}"
    frame.to_file(path, engine="pyogrio")
    found = read_demand(path)
    assert (found.method, found.column) == ("polygons", "workers")
    assert found.demand.total == pytest.approx(100)
    assert found.demand.workers[found.demand.lon < LON0].sum() == pytest.approx(30, abs=0.2)


def test_a_layer_with_a_wrong_label_is_shifted_when_told(tmp_path: Path) -> None:
    """GCJ-02 labelled WGS84, as most Chinese downloads are."""
    path = layer(tmp_path / "p.geojson", count=[5], geometry=[shapely.Point(116.406636, 29.477729)])
    assert read_demand(path).demand.lon[0] == pytest.approx(116.406636)
    shifted = read_demand(path, datum="gcj02").demand
    assert (shifted.lon[0], shifted.lat[0]) == pytest.approx(
        datum.to_wgs84(116.406636, 29.477729, "gcj02"), abs=1e-9
    )


def test_point_layers_count_as_point_tables_do(tmp_path: Path) -> None:
    """One each unless a column is called so; codes are no workers; missing places are named."""
    points = [shapely.Point(113.6, 34.8), shapely.Point(113.7, 34.9), None]
    plain = layer(tmp_path / "a.gpkg", objectid=[7, 8, 9], geometry=points)
    found = read_demand(plain)
    assert (found.column, found.demand.total) == (None, 2)
    assert found.unplaced == (("row 3", 1.0),)
    named = layer(tmp_path / "b.gpkg", 人数=[7, 8, 9], geometry=points)
    found = read_demand(named)
    assert (found.column, found.demand.total, found.unplaced) == ("人数", 15, (("row 3", 9.0),))


def test_codes_of_districts_are_not_taken_for_workers(tmp_path: Path) -> None:
    """A boundary file has figures, but none of workers."""
    path = layer(
        tmp_path / "d.geojson", adcode=[410108], OBJECTID=[3], name=["惠济区"], geometry=[WEST]
    )
    with pytest.raises(ImportFileError, match=r"--weight: adcode, OBJECTID, name"):
        read_demand(path)


def test_a_google_earth_file_of_places_is_points(tmp_path: Path) -> None:
    """What has geometry is read as points, whatever its ending."""
    path = tmp_path / "pings.kml"
    path.write_text(
        '<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark>'
        "<name>a</name><Point><coordinates>113.6,34.8</coordinates></Point></Placemark>"
        "</Document></kml>",
        "utf-8",
    )
    found = read_demand(path, districts=halves())
    assert (found.method, found.demand.total) == ("points", 1)


def test_unusable_layers_are_told(tmp_path: Path) -> None:
    """Text for a number, a negative one, lines, no geometry, a datum that cannot be, no file."""
    point = shapely.Point(113.6, 34.8)
    cases = [
        (layer(tmp_path / "a.geojson", 人数=["5", "多"], geometry=[point] * 2), {}, r"row 2: '多'"),
        (layer(tmp_path / "b.geojson", 人数=[-5], geometry=[point]), {}, r"row 1: -5 workers"),
        (
            layer(tmp_path / "c.gpkg", 人数=[5], geometry=[shapely.LineString([(1, 1), (2, 2)])]),
            {},
            r"LineString: points or polygons are needed",
        ),
        (
            layer(tmp_path / "d.gpkg", crs=32649, 人数=[5], geometry=[shapely.Point(5e5, 4e6)]),
            {"datum": "gcj02"},
            r"--datum gcj02 cannot be right",
        ),
        (layer(tmp_path / "e.geojson", 人数=[5], geometry=[point]), {"datum": "mars"}, r"mars"),
        (
            layer(tmp_path / "f.geojson", 人数=[5], geometry=[point]),
            {"weight": "geometry"},
            r"no column 'geometry'",
        ),
        (tmp_path / "missing.gpkg", {}, r"missing\.gpkg"),
    ]  # fmt: skip
    (tmp_path / "g.geojson").write_text("{}", "utf-8")
    cases.append((tmp_path / "g.geojson", {}, r"g\.geojson"))
    for path, options, message in cases:
        with pytest.raises((ImportFileError, DemandError, DatumError), match=message):
            read_demand(path, **options)


def test_a_file_of_several_layers_is_not_guessed_at(tmp_path: Path) -> None:
    """They are named instead."""
    path = tmp_path / "two.gpkg"
    frame = gpd.GeoDataFrame({"count": [1]}, geometry=[WEST], crs=4326)
    frame.to_file(path, layer="day", engine="pyogrio")
    frame.to_file(path, layer="night", engine="pyogrio", mode="a")
    with pytest.raises(ImportFileError, match=r"several layers \(day, night\)"):
        read_demand(path)


# --------------------------------------------------------------------------------------- rasters


def test_a_raster_is_read_or_told(tmp_path: Path, shared_data: Path) -> None:
    """The real one; one that is none; a missing one."""
    found = read_demand(shared_data / "density/worldpop_ahrvalley.tif", group="resident")
    assert (found.method, found.column) == ("raster", None)
    assert found.demand.by_group() == {"resident": pytest.approx(191_420, rel=1e-3)}
    bad = tmp_path / "bad.tif"
    bad.write_bytes(b"not a raster")
    with pytest.raises(ImportFileError, match=r"bad\.tif cannot be read as a raster"):
        read_demand(bad)
    with pytest.raises(ImportFileError, match=r"missing\.tif"):
        read_demand(tmp_path / "missing.tif")


def test_a_raster_without_its_extra_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And how to install it."""
    monkeypatch.setitem(sys.modules, "rasterio", None)
    path = tmp_path / "a.tif"
    path.write_bytes(b"II*\0")
    with pytest.raises(MissingExtraError, match=r"yizhan\[raster\]"):
        read_demand(path)


def test_the_taxi_grid_by_its_pickups(shared_data: Path) -> None:
    """Four columns of figures ask for a choice; the chosen one keeps its sum."""
    path = shared_data / "density/shenzhen_taxi_grid_500m.geojson"
    with pytest.raises(ImportFileError, match=r"--weight: loncol, latcol, pickups, dropoffs"):
        read_demand(path)
    found = read_demand(path, weight="pickups", group="driver")
    assert found.demand.by_group() == {"driver": pytest.approx(455_666)}
    assert np.isin(found.demand.spacing_m, [200, 250])


def test_a_population_is_said_to_be_residents(tmp_path: Path) -> None:
    """Residents stand in for workers, and are not called so."""
    path = tmp_path / "p.csv"
    path.write_text("经度,纬度,常住人口\n113.6,34.8,5\n", encoding="utf-8")
    assert read_demand(path, datum="wgs84").demand.groups == ("resident",)
    assert read_demand(path, datum="wgs84", group="骑手").demand.groups == ("rider",)


@pytest.mark.parametrize("group", ["lon", "a,b", "", "x" * 50])
def test_a_group_needs_a_name_that_a_column_can_have(tmp_path: Path, group: str) -> None:
    """A group is a column of the workspace's demand."""
    with pytest.raises(DemandError, match="name a group"):
        read_demand(tmp_path / "p.csv", group=group)
