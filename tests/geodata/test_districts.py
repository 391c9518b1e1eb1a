from __future__ import annotations

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely

from geodata.districts import Districts
from geodata.errors import DistrictError
from tests.geodata.squares import LAT0, LON0, districts, halves

GEOD = pyproj.Geod(ellps="WGS84")
SQUARE = shapely.box(113, 34, 114, 35)


def frame(crs: object = 4326, **columns: object) -> gpd.GeoDataFrame:
    """A frame of squares side by side, one a value of the columns."""
    count = len(next(iter(columns.values())))
    squares = [shapely.box(113 + i, 34, 114 + i, 35) for i in range(count)]
    return gpd.GeoDataFrame(columns, geometry=squares, crs=crs)


def test_codes_of_every_type_are_six_digits_in_order() -> None:
    """Whole numbers, decimals and text; the result is sorted by code."""
    for codes in ([410108, 410102], [410108.0, 410102.0], [" 410108", "410102.0"]):
        found = Districts.from_frame(frame(adcode=codes, name=["惠济区", "中原区"]))
        assert found.adcodes == ("410102", "410108")
        assert found.names == ("中原区", "惠济区")
        assert found.locate(113.5, 34.5).tolist() == [1]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"name": ["a"]}, "a code and a name column"),
        ({"adcode": [1], "name": ["a"]}, "no adcode"),
        ({"adcode": [None], "name": ["a"]}, "no adcode"),
        ({"adcode": ["100000_JD"], "name": ["a"]}, "no adcode"),
        ({"adcode": [410108, 410108], "name": ["a", "b"]}, "repeated: 410108"),
        ({"adcode": [], "name": []}, "no districts"),
    ],
)
def test_unusable_districts_are_named(columns: dict[str, list[object]], message: str) -> None:
    """What is missing or wrong stands in the message."""
    with pytest.raises(DistrictError, match=message):
        Districts.from_frame(frame(**columns))


@pytest.mark.parametrize("geometry", [None, shapely.Point(1, 1), shapely.Polygon()])
def test_a_district_without_a_polygon_is_named(geometry: shapely.Geometry | None) -> None:
    """A missing, empty or other geometry."""
    rows = gpd.GeoDataFrame({"adcode": [410108], "name": ["a"]}, geometry=[geometry], crs=4326)
    with pytest.raises(DistrictError, match=r"410108 .*no polygon"):
        Districts.from_frame(rows)


def test_any_stated_crs_is_taken_to_wgs84_and_none_is_wgs84() -> None:
    """Metres, CGCS2000, longitude first by name, and no CRS at all give the same polygons."""
    plain = frame(adcode=[410108], name=["惠济区"])
    for other in (plain.to_crs(32649), plain.to_crs(4490), plain.to_crs("OGC:CRS84")):
        found = Districts.from_frame(other)
        assert shapely.equals_exact(found.geometries[0], SQUARE, 1e-6, normalize=True)
    assert Districts.from_frame(frame(None, adcode=[410108], name=["惠济区"])).bounds == (
        113,
        34,
        114,
        35,
    )


def test_invalid_polygons_are_repaired_and_lines_dropped() -> None:
    """A bow-tie keeps both its triangles; a spike and a stray line are no area."""
    bow = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    spiked = shapely.Polygon([(2, 0), (3, 0), (3, 0.5), (4, 0.5), (3, 0.5), (3, 1), (2, 1)])
    mixed = shapely.GeometryCollection(
        [shapely.box(5, 0, 6, 1), shapely.LineString([(6, 0), (9, 0)]), shapely.box(7, 0, 8, 1)]
    )
    found = Districts.from_frame(
        gpd.GeoDataFrame(
            {"adcode": ["01", "02", "03"], "name": ["a", "b", "c"]},
            geometry=[bow, spiked, mixed],
            crs=4326,
        )
    )
    assert all(shapely.is_valid(found.geometries))
    assert shapely.area(found.geometries).tolist() == pytest.approx([0.5, 1.0, 2.0])
    assert found.locate([0.9, 0.5, 3.5, 7.5, 8.5], [0.5, 0.9, 0.5, 0.5, 0.0]).tolist() == [
        0,
        -1,
        -1,
        2,
        -1,
    ]


def test_points_on_a_shared_border_go_to_the_first_code() -> None:
    """Inside, outside, on the border and not a number, in one call and one by one."""
    found = halves()
    lon = [LON0 - 0.1, LON0 + 0.1, LON0, LON0 + 0.3, np.nan]
    assert found.locate(lon, [LAT0] * 5).tolist() == [0, 1, 0, -1, -1]
    assert [int(found.locate(x, LAT0)[0]) for x in lon[:4]] == [0, 1, 0, -1]
    assert found.locate([], []).tolist() == []


def test_locate_agrees_with_a_spatial_join(shared_data: object) -> None:
    """20,000 random points over the real districts of Zhengzhou, against geopandas."""
    real = gpd.read_file(shared_data / "boundaries/zhengzhou_districts_wgs84.geojson")
    found = Districts.from_frame(real)
    rng = np.random.default_rng(3)
    west, south, east, north = found.bounds
    lon, lat = rng.uniform(west, east, 20_000), rng.uniform(south, north, 20_000)
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(lon, lat), crs=4326)
    joined = gpd.sjoin(points, real.to_crs(4326), how="left", predicate="within")
    expected = joined[~joined.index.duplicated()].adcode.map(
        {int(code): i for i, code in enumerate(found.adcodes)}
    )
    assert found.locate(lon, lat).tolist() == expected.fillna(-1).astype(int).tolist()


def test_distance_is_that_to_the_border_by_geodesic() -> None:
    """0 inside; outside, the geodesic to the nearest point of the border."""
    found = halves()
    assert found.distance_m(0, LON0 - 0.05, LAT0) == 0
    away = found.distance_m(0, LON0 + 0.05, LAT0)
    # The meridian of the border: its nearest point lies a little north of the parallel.
    border = np.linspace(LAT0 - 0.01, LAT0 + 0.01, 2001)
    expected = GEOD.inv(
        np.full(2001, LON0 + 0.05), np.full(2001, LAT0), np.full(2001, LON0), border
    )[2].min()
    assert away == pytest.approx(expected, rel=1e-3)


NAMED = districts(
    ("410102", "中原区", SQUARE),
    ("410108", "惠济区", SQUARE),
    ("410122", "中牟县", SQUARE),
    ("410182", "荥阳市", SQUARE),
    ("410203", "鼓楼区", SQUARE),
    ("410204", "鼓楼区", SQUARE),
    ("410205", "城关区", SQUARE),
    ("410206", "城关镇", SQUARE),
    ("410207", "新城", SQUARE),
    ("410208", "郊区", SQUARE),
)


@pytest.mark.parametrize(
    ("word", "adcode"),
    [
        ("410108", "410108"),
        (" 惠济区 ", "410108"),
        ("惠济", "410108"),
        ("荥阳县", "410182"),  # a county that has become a city
        ("新城区", "410207"),
        ("郊区", "410208"),
        ("城关镇", "410206"),
        ("城关乡", "410206"),
        ("城关县", "410205"),
    ],
)
def test_a_district_is_found_by_code_and_by_name_with_or_without_its_ending(
    word: str, adcode: str
) -> None:
    """People leave endings out, and counties become districts and cities."""
    index = NAMED.find(word)
    assert index is not None
    assert NAMED.adcodes[index] == adcode


@pytest.mark.parametrize(
    "word", ["", "经开区", "410199", "鼓楼区", "鼓楼", "城关", "中牟镇", "惠济街道", "郊", "合计"]
)
def test_what_names_no_district_or_several_finds_none(word: str) -> None:
    """Two districts of one name are not told apart, and a town is not the county of its name."""
    assert NAMED.find(word) is None


def test_areas_are_taken_out_of_districts() -> None:
    """A river is taken out of the district it crosses; one that lies in a lake whole stays."""
    shapes = [shapely.box(0, 0, 2, 1), shapely.box(2, 0, 3, 1)]
    both = Districts(("1", "2"), ("甲", "乙"), np.array(shapes, object))
    left = both.without(np.array([shapely.box(1.5, -1, 4, 2)], object))
    assert shapely.area(left.geometries).tolist() == [1.5, 1.0]
    assert left.adcodes == both.adcodes
    untouched = both.without(np.array([], object)).geometries
    assert shapely.equals(untouched, both.geometries).all()
