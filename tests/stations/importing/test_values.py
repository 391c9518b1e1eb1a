from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from stations.importing import ImportPlan


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-02", "2026/1/2", "2026.1.2", "2026年1月2日", "20260102", "46024", "46024.0",
        "2026-01-02 08:30:00", "２０２６年１月２日",
    ],
)  # fmt: skip
def test_dates_in_every_usual_form_are_the_same_day(one: Callable[..., Any], text: str) -> None:
    """Also what Excel stores as a number of days."""
    assert one("建成日期", text).opened_on == dt.date(2026, 1, 2)


@pytest.mark.parametrize("text", ["2026年1月", "2026-01", "2026", "2026-02-30", "去年", "长期"])
def test_a_date_without_its_day_is_not_made_up(
    csv_plan: Callable[..., ImportPlan], text: str
) -> None:
    """The value stays unknown and the clerk is told the row, the column and the word."""
    plan = csv_plan(f"编码,名称,地址,建成日期\nz1,甲站,一路,{text}\n")
    assert plan.new[0].properties.opened_on is None
    (problem,) = (p for p in plan.warnings if p.key == "bad_value")
    assert (problem.row, problem.field) == (2, "opened_on")
    assert "建成日期" in problem.message
    assert text in problem.message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "饮水、微波炉,空调，充电；wifi|药箱/雨伞",
            "drinking_water microwave air_conditioning charging wifi first_aid umbrella",
        ),
        ("饮水 微波炉 座椅等", "drinking_water microwave seating"),
        ("微波炉和空调", "microwave air_conditioning"),
        ("hot water; Wi-Fi; AC", "drinking_water wifi air_conditioning"),
        ("饮水,无微波炉,没有空调", "drinking_water -microwave -air_conditioning"),
        ("微波炉：有、空调:无、饮水（有）", "microwave -air_conditioning drinking_water"),
        ("无线网、无线网络", "wifi"),
        ("微波炉2台，空调0台", "microwave -air_conditioning"),
        ("no microwave, wifi", "-microwave wifi"),
        ("饮水（冷热）", "drinking_water"),
    ],
)
def test_lists_of_facilities_with_negations(
    one: Callable[..., Any], text: str, expected: str
) -> None:
    """Yes, no and unknown stay three things."""
    wanted = {word.lstrip("-"): not word.startswith("-") for word in expected.split()}
    assert one("服务设施", text).facilities == wanted


def test_an_unknown_word_is_told_and_the_rest_is_taken(
    csv_plan: Callable[..., ImportPlan],
) -> None:
    """Row, column and word are in the message, in both languages; the record is imported."""
    plan = csv_plan("编码,名称,地址,设施,状态\nz1,甲站,一路,饮水、按摩椅,半开\n")
    properties = plan.new[0].properties
    assert (properties.facilities, properties.status) == ({"drinking_water": True}, "open")
    problems = [p for p in plan.warnings if p.key == "unknown_word"]
    assert [(p.row, p.field) for p in problems] == [(2, "facilities"), (2, "status")]
    assert "“设施”: “按摩椅” is not a known word" in problems[0].message
    assert "不认识 “按摩椅”" in problems[0].message_zh


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("有", True), ("无", False), ("是", True), ("否", False), ("√", True), ("×", False),
        ("1", True), ("0", False), ("2台", True), ("Y", True), ("有（2台）", True), ("", None),
        ("/", None), ("不详", None), ("坏了", None),
    ],
)  # fmt: skip
def test_a_facility_with_a_column_of_its_own(
    one: Callable[..., Any], cell: str, expected: bool | None
) -> None:
    """Yes, no, how many, or unknown."""
    assert one("是否有微波炉", cell).facilities.get("microwave") is expected


def test_contradictions_are_not_decided(csv_plan: Callable[..., ImportPlan]) -> None:
    """What a list and a column say differently is left unknown."""
    plan = csv_plan(
        "编码,名称,地址,设施,微波炉\nz1,甲站,一路,饮水、微波炉,无\nz2,乙站,二路,空调、无空调,\n"
    )
    assert [s.properties.facilities for s in plan.new] == [{"drinking_water": True}, {}]
    assert [p.row for p in plan.warnings if p.key == "contradiction"] == [2, 3]


@pytest.mark.parametrize(
    ("header", "cell", "field", "expected"),
    [
        ("面积（㎡）", "12", "area_m2", 12.0),
        ("面积", "12.5㎡", "area_m2", 12.5),
        ("面积", "1,200 平方米", "area_m2", 1200.0),
        ("面积", "约12", "area_m2", None),
        ("面积", "10-15", "area_m2", None),
        ("面积", "99999999", "area_m2", None),
        ("投入资金（万元）", "1.2", "invested_cny", 12_000.0),
        ("投入资金（万元）", "12000元", "invested_cny", 12_000.0),
        ("投入资金", "1.5万", "invested_cny", 15_000.0),
        ("容纳人数", "20人", "capacity", 20),
        ("容纳人数", "20.0", "capacity", 20),
        ("容纳人数", "20.5", "capacity", None),
        ("星级", "三星级", "star", 3),
        ("星级", "★★★☆☆", "star", 3),
        ("星级", "3.0", "star", 3),
        ("星级", "六星", "star", None),
        ("行政区划代码", "410108.0", "adcode", "410108"),
        ("行政区划代码", "410108001000", "adcode", "410108"),
        ("行政区划代码", "4101", "adcode", None),
        ("区县", "410108", "district", None),
        ("流动站", "是", "mobile", True),
        ("类型", "司机之家", "kind", "driver_home"),
        ("附设服务", "母婴室、职工书屋", "services", ("nursing_room", "reading_room")),
        ("服务对象", "快递员,环卫工人", "serves", ("courier", "sanitation")),
        ("建设方式", "自建", "build_mode", "self_built"),
        ("依托单位类型", "银行", "host_kind", "bank"),
        ("称号", "最美驿站、示范站", "labels", ("最美驿站", "示范站")),
        ("联系电话", "1.38E+10", "phone", None),
        ("联系电话", "0371-12345678", "phone", "0371-12345678"),
        ("备注", "无", "notes", None),
        ("备注", "一\n二", "notes", "一\n二"),
        ("地址", "x" * 501, "address", None),
    ],
)
def test_a_cell_is_read_for_what_it_says_and_no_more(
    csv_plan: Callable[..., ImportPlan], header: str, cell: str, field: str, expected: object
) -> None:
    """Units, codes and lists are read; what has two meanings or none stays unknown."""
    plan = csv_plan(f'编码,站点名称,"{header}"\nz1,甲站,"{cell}"\n')
    assert getattr(plan.new[0].properties, field) == expected
    assert expected is not None or cell == "无" or plan.warnings


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("扫码", [("qr", None)]),
        ("有人值守、刷脸", [("staffed", None), ("face", None)]),
        ("08:00-22:00有人值守，其余时间扫码", [("staffed", "08:00-22:00"), ("qr", "22:00-08:00")]),
        ("8点至20点专人值守", [("staffed", "08:00-20:00")]),
    ],
)
def test_access_is_read_where_every_part_is_certain(
    one: Callable[..., Any], text: str, expected: list[tuple[str, str | None]]
) -> None:
    """Modes, modes with times, and the rest of a plain day."""
    assert [(band.mode, band.hours) for band in one("进入方式", text).access] == expected


@pytest.mark.parametrize(
    "text", ["打电话", "扫码，夜间看情况", "其余时间扫码", "工作日有人值守，其余时间扫码"]
)
def test_access_that_is_not_certain_goes_to_the_notes(
    csv_plan: Callable[..., ImportPlan], text: str
) -> None:
    """Nothing is taken, nothing is lost, and a second import adds nothing."""
    sheet = f'编码,名称,地址,进入方式\nz1,甲站,一路,"{text}"\n'
    plan = csv_plan(sheet)
    (station,) = plan.new
    assert (station.properties.access, station.properties.notes) == ((), f"进入方式：{text}")
    assert "access_unread" in [p.key for p in plan.warnings]


def test_hours_are_kept_as_written_beside_what_was_read(one: Callable[..., Any]) -> None:
    """Chinese text becomes OSM syntax; the text stays."""
    read = one("开放时间", "周一至周五 09:00-17:00")
    assert (read.opening_hours, read.hours_text) == (
        "Mo-Fr 09:00-17:00",
        "周一至周五 09:00-17:00",
    )


def test_hours_that_cannot_be_read_are_unknown(csv_plan: Callable[..., ImportPlan]) -> None:
    """They are counted and warned of, and the text is not lost."""
    plan = csv_plan("编码,名称,地址,开放时间\nz1,甲站,一路,看心情\nz2,乙站,二路,\n")
    assert [s.properties.opening_hours for s in plan.new] == [None, None]
    assert plan.new[0].properties.hours_text == "看心情"
    assert plan.unknown_hours == 2
    assert [(p.row, p.field) for p in plan.warnings if p.key == "hours_unread"] == [
        (2, "opening_hours")
    ]


def test_a_column_of_osm_syntax_is_taken_as_it_is(one: Callable[..., Any]) -> None:
    """Under the field's own key there is no text to keep."""
    read = one("opening_hours", "Mo-Fr 08:00-20:00; PH off")
    assert (read.opening_hours, read.hours_text) == ("Mo-Fr 08:00-20:00; PH off", None)


def test_hours_of_one_season_are_not_the_hours(one: Callable[..., Any]) -> None:
    """A column for the summer only is left out."""
    assert one("开放时间（夏季）", "08:00-22:00").opening_hours is None
