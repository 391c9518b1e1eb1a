from __future__ import annotations

import datetime as dt
import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import xlsxwriter

from stations.errors import ImportFileError
from stations.importing import Mapping, chinese_of, plan_import, untrusted
from stations.store import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable

    from stations.importing import ImportPlan

EMPTY = Snapshot(0, None, [])
TEXT = (
    "编码,站点名称,地址,经度,纬度\nz1,郑州甲站,一路1号,113.65,34.76\nz2,乙站,二路2号,113.66,34.77\n"
)


def read(path: Path, **options: object) -> ImportPlan:
    """Import a file in WGS84 into an empty registry."""
    options.setdefault("datum", "wgs84")
    return plan_import(path, against=EMPTY, **options)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_is_read_in_every_usual_encoding(tmp_path: Path, encoding: str) -> None:
    """UTF-8 with and without mark, GB18030 and Excel's Unicode text give the same stations."""
    path = tmp_path / "a.csv"
    path.write_text(TEXT, encoding=encoding)
    plan = read(path)
    assert [station.name for station in plan.new] == ["郑州甲站", "乙站"]
    assert plan.new[0].position == (113.65, 34.76)


def test_text_in_no_known_encoding_is_refused(tmp_path: Path) -> None:
    """Bytes that are neither UTF-8 nor GB18030 are an error that says so, in both languages."""
    path = tmp_path / "a.csv"
    path.write_bytes("编码,名称\n".encode() + b"z1,\xff\xff\xff\n")
    with pytest.raises(ImportFileError, match="neither UTF-8 nor GB18030") as caught:
        read(path)
    assert "GB18030 编码" in chinese_of(caught.value)


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_delimiter_is_found(tmp_path: Path, mark: str) -> None:
    """Comma, semicolon and tab are told apart, with the other marks inside the cells."""
    path = tmp_path / "a.csv"
    path.write_text(
        f'编码{mark}名称{mark}设施\nz1{mark}甲站{mark}"饮水,微波炉;空调"\n', encoding="utf-8"
    )
    facilities = read(path).new[0].properties.facilities
    assert facilities == {"drinking_water": True, "microwave": True, "air_conditioning": True}


def test_rows_are_numbered_as_a_sheet_shows_them(
    csv_plan: Callable[..., ImportPlan],
) -> None:
    """Title, blank rows and line breaks in cells count as Excel counts them."""
    plan = csv_plan('某市驿站统计表,,\n,,\n编码,名称,备注\nz1,甲站,"一\n二"\n,,\nz2,,x\n')
    assert [station.id for station in plan.new] == ["z1"]
    assert [(problem.row, problem.key) for problem in plan.rejected] == [(6, "no_name")]


def test_workbook_with_a_merged_title_and_typed_cells(tmp_path: Path) -> None:
    """Numbers, dates, booleans and results of formulas come out as what they mean."""
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy/m/d"}) as book:
        page = book.add_worksheet()
        page.merge_range(0, 0, 0, 7, "某市户外劳动者驿站统计表")
        page.write_row(
            2,
            0,
            [
                "站点编码",
                "站点名称",
                "地址",
                "电话",
                "建成日期",
                "投入资金（万元）",
                "微波炉",
                "容纳人数",
            ],
        )
        page.write_row(3, 0, [54, "甲站", "一路1号", 13800000000.0])
        page.write_datetime(3, 4, dt.datetime(2026, 1, 2))  # noqa: DTZ001  a date in a sheet
        page.write_formula(3, 5, "=1.2*1", None, 1.2)
        page.write_boolean(3, 6, True)
        page.write_formula(3, 7, "=2*10", None, 20)
    plan = read(path, datum=None)
    (station,) = plan.new
    assert station.id == "54"
    assert station.properties.phone == "13800000000"
    assert station.properties.opened_on == dt.date(2026, 1, 2)
    assert station.properties.invested_cny == 12_000
    assert station.properties.facilities == {"microwave": True}
    assert station.properties.capacity == 20
    assert "unit" in [problem.key for problem in plan.warnings]


def test_a_merged_cell_holds_for_all_its_rows(tmp_path: Path) -> None:
    """A district merged down over its stations is the district of each of them."""
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["区县", "编码", "名称"])
        page.merge_range(1, 0, 2, 0, "惠济区")
        page.write_row(1, 1, ["z1", "甲站"])
        page.write_row(2, 1, ["z2", "乙站"])
        page.write_row(3, 1, ["z3", "丙站"])
    assert [station.properties.district for station in read(path).new] == ["惠济区", "惠济区", None]


def test_a_header_of_two_rows_is_joined(tmp_path: Path) -> None:
    """Facilities named under a heading over several columns have columns of their own."""
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["编码", "名称"])
        page.merge_range(0, 2, 0, 4, "服务设施")
        page.write_row(1, 2, ["微波炉", "空调", "饮水"])
        page.write_row(2, 0, ["z1", "甲站", "有", "无", "√"])
    facilities = read(path).new[0].properties.facilities
    assert facilities == {"microwave": True, "air_conditioning": False, "drinking_water": True}


def test_the_first_sheet_with_a_table_is_read_and_others_are_named(tmp_path: Path) -> None:
    """A page of instructions is passed over; a second table is mentioned, not mixed in."""
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("填表说明").write(0, 0, "请按要求填写")
        book.add_worksheet("一区").write_column(0, 0, ["名称", "甲站"])
        page = book.add_worksheet("二区")
        page.write_row(0, 0, ["编码", "名称"])
        page.write_row(1, 0, ["z2", "乙站"])
        page = book.add_worksheet("三区")
        page.write_row(0, 0, ["编码", "名称"])
        page.write_row(1, 0, ["z3", "丙站"])
    plan = read(path)
    assert [station.id for station in plan.new] == ["z2"]
    assert "三区" in next(p.message for p in plan.warnings if p.key == "other_sheets")
    named = read(path, mapping=Mapping(sheet="三区"))
    assert [station.id for station in named.new] == ["z3"]
    with pytest.raises(ImportFileError, match="no sheet “四区”; it has 填表说明, 一区"):
        read(path, mapping=Mapping(sheet="四区"))


def test_totals_signatures_and_repeated_headers_are_no_stations(
    csv_plan: Callable[..., ImportPlan],
) -> None:
    """What stands under or between the stations is skipped and said."""
    plan = csv_plan(
        "序号,名称,备注\n1,甲站,\n序号,名称,备注\n2,乙站,\n合计,,2\n合计,2,\n填表人：张三,,\n"
    )
    assert [station.name for station in plan.new] == ["甲站", "乙站"]
    assert not plan.rejected
    assert [p.row for p in plan.warnings if p.key == "total_line"] == [5, 6, 7]


def test_a_table_without_known_headers_says_what_it_found(
    csv_plan: Callable[..., ImportPlan],
) -> None:
    """The error quotes the first row and points to the mapping file."""
    with pytest.raises(ImportFileError, match=r"no header row was recognised.*甲, 乙"):
        csv_plan("甲,乙\n1,2\n")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv", b"PK\x03\x04rest", "no text file but a zip archive"),
        ("a.csv", b"a\x00b,c\n", "binary data"),
        ("a.csv", b"\n\n\n", "holds no table"),
        ("a.csv", '编码,名称\nz1,"甲'.encode() + b"x" * 200_000, "quotation mark"),
        ("a.xlsx", b"PK\x03\x04 cut off", "no whole zip archive"),
        ("a.xlsx", b"<html><table>", "cannot be read as a workbook"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"0" * 600, "cannot be read as a workbook"),
        ("a.ods", b"not a book", "cannot be read as a workbook"),
        ("a.dwg", b"x", "files ending in .dwg are not read"),
        ("a", b"x", "files ending in nothing are not read"),
    ],
)
def test_a_file_that_is_no_sheet_is_refused_with_the_reason(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    """Each broken or mislabelled file gets its own message."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ImportFileError, match=message):
        read(path)


@pytest.mark.parametrize("path", ["/vsicurl/http://127.0.0.1:9/a.csv", "nowhere/a.shp", "x.gpkg"])
def test_only_files_that_are_there_are_opened(path: str) -> None:
    """A path in GDAL's own language is a file that does not exist."""
    with pytest.raises(ImportFileError, match="no such file"):
        read(Path(path))


def test_a_file_beyond_the_size_limit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message names the limit."""
    path = tmp_path / "a.csv"
    with path.open("wb") as file:
        file.truncate(untrusted.MAX_BYTES + 1)
    with pytest.raises(ImportFileError, match="has 201 MiB; the limit is 200 MiB"):
        read(path)
    monkeypatch.setattr(untrusted, "MAX_ROWS", 1)
    path.write_text(TEXT, encoding="utf-8")
    with pytest.raises(ImportFileError, match="has 2 rows; the limit is 1"):
        read(path)


def test_a_row_that_has_lost_its_quotation_marks_is_rejected(
    csv_plan: Callable[..., ImportPlan],
) -> None:
    """More cells than headers: nothing stands where it should, so nothing is taken."""
    plan = csv_plan("编码,名称,地址\nz1,甲站,一路1号,二楼\nz2,乙站\nz3,丙站,三路,,\n")
    assert [(p.row, p.key) for p in plan.rejected] == [(2, "too_many_cells")]
    assert [station.id for station in plan.new] == ["z2", "z3"]


def workbook_with_sheet(path: Path, sheet: bytes) -> None:
    """Write a workbook whose first sheet has `sheet` as its XML."""
    whole = io.BytesIO()
    with xlsxwriter.Workbook(whole, {"in_memory": True}) as book:
        book.add_worksheet().write(0, 0, "名称")
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.namelist():
            data = sheet if member == "xl/worksheets/sheet1.xml" else old.read(member)
            new.writestr(member, data)


def test_a_zip_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small workbook that unpacks to more than the limit is not unpacked."""
    monkeypatch.setattr(untrusted, "MAX_UNPACKED_BYTES", 5 << 20)
    path = tmp_path / "a.xlsx"
    workbook_with_sheet(path, b"<worksheet>" + b" " * (6 << 20) + b"</worksheet>")
    assert path.stat().st_size < 100_000
    with pytest.raises(ImportFileError, match="would unpack to more than 5 MiB"):
        read(path)


@pytest.mark.parametrize(
    "cells",
    [
        (
            b'<row r="1"><c r="A1"><v>1</v></c></row>'
            b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
        ),
        b"<row r='4000000000'><c r='AAA1'><v>1</v></c></row>",
    ],
)
def test_two_cells_in_far_corners_do_not_ask_for_all_memory(tmp_path: Path, cells: bytes) -> None:
    """The rectangle that a sheet spans is limited before it is laid out."""
    path = tmp_path / "a.xlsx"
    head = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    workbook_with_sheet(path, head + b"<sheetData>" + cells + b"</sheetData></worksheet>")
    with pytest.raises(ImportFileError, match=r"spans .* cells"):
        read(path)


def write_ods(path: Path, rows: str) -> None:
    """Write an OpenDocument sheet with these rows."""
    names = (
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {names}><office:body>'
        f'<office:spreadsheet><table:table table:name="表">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", kind)
        archive.writestr(
            "META-INF/manifest.xml",
            "<manifest:manifest "
            'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
            "</manifest:manifest>",
        )
        archive.writestr("content.xml", content)


def ods_row(*cells: str, repeated: str = "") -> str:
    """One row of text cells."""
    body = "".join(
        f'<table:table-cell office:value-type="string"{repeated}><text:p>{cell}</text:p>'
        "</table:table-cell>"
        for cell in cells
    )
    return f"<table:table-row>{body}</table:table-row>"


def test_opendocument_sheets_are_read(tmp_path: Path) -> None:
    """Empty rows repeated to the edge of the sheet, as every such file has, do no harm."""
    path = tmp_path / "a.ods"
    edge = (
        '<table:table-row table:number-rows-repeated="1048570">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    )
    write_ods(path, ods_row("编码", "名称") + ods_row("z1", "甲站") + edge)
    assert [station.name for station in read(path).new] == ["甲站"]


def test_an_opendocument_cell_repeated_without_end_is_refused(tmp_path: Path) -> None:
    """A value repeated over the whole sheet is refused before it is laid out."""
    path = tmp_path / "a.ods"
    many = ' table:number-columns-repeated="16384"'
    rows = ods_row("x", repeated=many).replace(
        "<table:table-row>", '<table:table-row table:number-rows-repeated="1048576">'
    )
    write_ods(path, ods_row("编码", "名称") + rows)
    with pytest.raises(ImportFileError, match=r"spans .* cells"):
        read(path)


def test_what_looks_like_a_formula_stays_text(csv_plan: Callable[..., ImportPlan]) -> None:
    """Nothing in a cell is run or followed."""
    plan = csv_plan('编码,名称,备注\nz1,甲站,"=HYPERLINK(""http://127.0.0.1:9"")"\n')
    assert plan.new[0].properties.notes == '=HYPERLINK("http://127.0.0.1:9")'


def test_invisible_characters_are_removed(csv_plan: Callable[..., ImportPlan]) -> None:
    """Controls, zero-width characters and turned writing direction do not reach the registry."""
    plan = csv_plan("\ufeff编\u200b码,名称\nz1,甲\u202e站\u200b\x07　二\n")
    assert (plan.new[0].id, plan.new[0].name) == ("z1", "甲站 二")
