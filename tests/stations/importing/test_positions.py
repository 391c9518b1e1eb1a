from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from geodata import datum
from stations.errors import ImportFileError

if TYPE_CHECKING:
    from collections.abc import Callable

    from stations.importing import ImportPlan

    Plan = Callable[..., ImportPlan]

HERE = (113.65, 34.76)
HEAD = "编码,名称,地址,"


def test_plain_coordinates_need_a_datum(csv_plan: Plan) -> None:
    """No guess: the error names the columns and the choices."""
    with pytest.raises(ImportFileError, match=r"datum must be given.*“经度”, “纬度”.*gcj02"):
        csv_plan(HEAD + "经度,纬度\nz1,甲站,一路,113.65,34.76\n", datum=None)


def test_no_positions_need_no_datum(csv_plan: Plan) -> None:
    """A list of names and addresses is imported as it is."""
    plan = csv_plan(HEAD + "备注\nz1,甲站,一路,x\n", datum=None)
    assert (plan.datum, plan.new[0].position) == ("", None)


@pytest.mark.parametrize("name", ["gcj02", "bd09", "高德", "EPSG:4547"])
def test_positions_are_converted_and_what_came_in_is_kept(csv_plan: Plan, name: str) -> None:
    """WGS84 to eight decimals; the source beside it."""
    x, y = datum.from_wgs84(*HERE, name)
    plan = csv_plan(HEAD + f"经度,纬度\nz1,甲站,一路,{x!r},{y!r}\n", datum=name)
    (station,) = plan.new
    assert station.position == pytest.approx(HERE, abs=2e-8)
    assert station.position == tuple(round(c, 8) for c in station.position or ())
    assert station.properties.source_datum == datum.normalise(name)
    assert station.properties.source_position == (x, y)


def test_wgs84_is_its_own_source(csv_plan: Plan) -> None:
    """Nothing is kept twice."""
    properties = csv_plan(HEAD + "lon,lat\nz1,甲站,一路,113.65,34.76\n").new[0].properties
    assert (properties.source_datum, properties.source_position) == ("wgs84", None)


def test_a_datum_in_the_headers_is_a_datum_given(csv_plan: Plan) -> None:
    """One labelled pair needs nothing else; of two, the datum given chooses."""
    one_pair = HEAD + "经度（高德）,纬度（高德）\nz1,甲站,一路,113.65,34.76\n"
    assert csv_plan(one_pair, datum=None).datum == "gcj02"
    with pytest.raises(ImportFileError, match=r"wgs84 was asked for, but the file says.*gcj02"):
        csv_plan(one_pair, datum="wgs84")
    two = HEAD + "lon_bd09,lat_bd09,lon_wgs84,lat_wgs84\nz1,甲站,一路,113.66,34.77,113.65,34.76\n"
    with pytest.raises(ImportFileError, match=r"several coordinate systems .bd09, wgs84"):
        csv_plan(two, datum=None)
    assert csv_plan(two, datum="wgs84").new[0].position == HERE
    assert csv_plan(two, datum="bd09").new[0].properties.source_position == (113.66, 34.77)


def test_a_column_can_say_the_datum_row_by_row(csv_plan: Plan) -> None:
    """A row that does not say it takes that of the file; without one it is rejected."""
    sheet = (
        HEAD
        + "经度,纬度,坐标系\n"
        + "".join(
            f"z{n},第{n}站,{n}路,113.65,34.76,{name}\n"
            for n, name in enumerate(["高德", "WGS84", "火星上的", ""])
        )
    )
    plan = csv_plan(sheet, datum=None)
    assert [s.properties.source_datum for s in plan.new] == ["gcj02", "wgs84"]
    assert [(p.row, p.key) for p in plan.rejected] == [(4, "row_datum"), (5, "row_no_datum")]
    assert plan.datum == "by row"
    plan = csv_plan(sheet, datum="bd09")
    assert [s.properties.source_datum for s in plan.new] == ["gcj02", "wgs84", "bd09"]
    assert "row_datums_differ" in [p.key for p in plan.warnings]


@pytest.mark.parametrize(
    ("lon", "lat", "key"),
    [
        ("34.76", "113.65", "swapped"),
        ("50", "100", "swapped"),
        ("N34.76", "E113.65", "swapped"),
        ("200", "34", "out_of_world"),
        ("113", "91", "out_of_world"),
        ("abc", "34", "bad_position"),
        ("113.65.1", "34", "bad_position"),
        ("113°70'", "34", "bad_position"),
        ("inf", "34", "bad_position"),
    ],
)
def test_an_impossible_position_keeps_its_row_out(
    csv_plan: Plan, lon: str, lat: str, key: str
) -> None:
    """Nothing is repaired; the others are imported."""
    plan = csv_plan(HEAD + f"经度,纬度\nz1,甲站,一路,{lon},{lat}\nz2,乙站,二路,113.65,34.76\n")
    assert [(p.row, p.field, p.key) for p in plan.rejected] == [(2, "position", key)]
    assert [station.id for station in plan.new] == ["z2"]


def test_swapped_eastings_and_northings_are_told_from_a_wrong_system(csv_plan: Plan) -> None:
    """Surveyors' X points north: with a projected code the area of the code decides."""
    x, y = datum.from_wgs84(*HERE, "EPSG:4547")
    sheet = (
        HEAD + f"x,y\nz1,甲站,一路,{y},{x}\nz2,乙站,二路,9000000,9000000\nz3,丙站,三路,{x},{y}\n"
    )
    plan = csv_plan(sheet, datum="EPSG:4547")
    assert [(p.row, p.key) for p in plan.rejected] == [(2, "swapped_metres"), (3, "out_of_crs")]
    assert [station.id for station in plan.new] == ["z3"]


@pytest.mark.parametrize(("lon", "lat"), [("", ""), ("113.65", ""), ("nan", "nan"), ("0", "0")])
def test_an_unknown_position_is_allowed(csv_plan: Plan, lon: str, lat: str) -> None:
    """The station has no place on the map, and the clerk knows."""
    plan = csv_plan(HEAD + f"经度,纬度\nz1,甲站,一路,{lon},{lat}\n")
    assert plan.new[0].geometry is None
    assert "no_position" in [p.key for p in plan.warnings]


@pytest.mark.parametrize(
    "text",
    [
        "113.65,34.76", "113.65，34.76", "113.65 34.76", "(113.65, 34.76)", "POINT(113.65 34.76)",
        "东经113.65 北纬34.76", "北纬34.76，东经113.65", "113°39'E,34°45'36\"N",
        "113度39分0秒,34度45分36秒", "34.76N, 113.65E", "[113.65, 34.76, 80]",
    ],
)  # fmt: skip
def test_a_position_in_one_cell(csv_plan: Plan, text: str) -> None:
    """Longitude first unless the axes are named; degrees, minutes and seconds too."""
    quoted = text.replace('"', '""')
    plan = csv_plan(HEAD + f'坐标\nz1,甲站,一路,"{quoted}"\n')
    assert plan.new[0].position == pytest.approx(HERE, abs=1e-8)


@pytest.mark.parametrize(
    ("text", "key"),
    [("34.76,113.65", "swapped"), ("一路1号", "bad_position"), ("1", "bad_position")],
)
def test_a_position_in_one_cell_that_is_none(csv_plan: Plan, text: str, key: str) -> None:
    """Swapped or no position at all."""
    plan = csv_plan(HEAD + f'坐标\nz1,甲站,一路,"{text}"\n')
    assert [p.key for p in plan.rejected] == [key]


def test_half_a_position_is_none(csv_plan: Plan) -> None:
    """A longitude without a latitude is left out, with a word."""
    plan = csv_plan(HEAD + "经度\nz1,甲站,一路,113.65\n", datum=None)
    assert plan.new[0].position is None
    assert "half_position" in [p.key for p in plan.warnings]
    assert plan.ignored_columns == ("经度",)


def test_an_unknown_datum_is_an_error(csv_plan: Plan) -> None:
    """It names the choices."""
    with pytest.raises(ImportFileError, match="unknown datum 'mars'"):
        csv_plan(HEAD + "经度,纬度\nz1,甲站,一路,113.65,34.76\n", datum="mars")


def test_guessed_positions_are_not_taken(csv_plan: Plan) -> None:
    """An origin that says so keeps them off the map; the name of a map as origin does not."""
    plan = csv_plan(
        HEAD
        + "经度,纬度,坐标来源\nz1,甲站,一路,113.65,34.76,推测\nz2,乙站,二路,113.65,34.76,高德地图\n"
    )
    assert [station.position for station in plan.new] == [None, HERE]
