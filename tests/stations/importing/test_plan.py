from __future__ import annotations

import io
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stations.importing import Mapping, plan_import
from stations.store import GeoJsonStore, Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stations.importing import ImportPlan
    from stations.model import Station

    Plan = Callable[..., ImportPlan]

EMPTY = Snapshot(0, None, [])
SHEET = (
    "编码,站点名称,地址,经度,纬度,开放时间,设施,联系人,手机\n"
    "z1,甲站,一路1号,113.65,34.76,08:00-20:00,饮水、微波炉,张三,13900000000\n"
    "z2,乙站,二路2号,113.66,34.77,看心情,空调,,\n"
    "z3,丙站,三路3号,,,,,,\n"
)


def test_importing_twice_changes_nothing_the_second_time(tmp_path: Path) -> None:
    """Applied to a real store, a repeated import is all unchanged and makes no revision."""
    path = tmp_path / "a.csv"
    path.write_text(SHEET, encoding="utf-8")
    store = GeoJsonStore(tmp_path)
    first = plan_import(path, against=store.read(), datum="gcj02")
    assert (len(first.new), first.revision) == (3, 0)
    after = store.apply(first.change(), who="t", what="import", expected_revision=first.revision)
    second = plan_import(path, against=store.read(), datum="gcj02")
    assert second.unchanged == ("z1", "z2", "z3")
    assert (second.new, second.changed, second.revision) == ((), (), 1)
    again = store.apply(second.change(), who="t", what="import", expected_revision=1)
    assert again.revision == after.revision == 1


ROWS = [
    {
        "编码": "a1",
        "名称": "甲站",
        "地址": "一路1号",
        "经度": "113.65",
        "纬度": "34.76",
        "设施": "饮水",
    },
    {
        "编码": "",
        "名称": "乙站",
        "地址": "二路2号",
        "经度": "113.66",
        "纬度": "34.77",
        "设施": "空调",
    },
    {"编码": "", "名称": "乙站", "地址": "二路3号", "经度": "", "纬度": "", "设施": "无空调"},
    {"编码": "a2", "名称": "丙站", "地址": "", "经度": "113.6", "纬度": "34.7", "设施": ""},
]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.permutations(ROWS), columns=st.permutations(list(ROWS[0])))
def test_order_of_rows_and_columns_means_nothing(
    csv_plan: Plan, rows: list[dict[str, str]], columns: list[str]
) -> None:
    """However a sheet is sorted, the same stations come out under the same codes."""
    plain = csv_plan(_text(ROWS, list(ROWS[0])))
    registry = Snapshot(1, None, sorted(plain.new, key=lambda station: station.id))
    plan = csv_plan(_text(rows, columns), against=registry)
    assert sorted(plan.unchanged) == [station.id for station in registry.stations]
    assert (plan.new, plan.changed, plan.rejected) == ((), (), ())


def _text(rows: list[dict[str, str]], columns: list[str]) -> str:
    lines = [columns, *([row[column] for column in columns] for row in rows)]
    return "\n".join(",".join(line) for line in lines) + "\n"


def imported(plan: Plan, sheet: str = SHEET) -> Snapshot:
    """A registry at revision 5 with the stations of a sheet."""
    return Snapshot(5, None, list(plan(sheet).new))


def test_only_what_a_sheet_says_is_changed(csv_plan: Plan) -> None:
    """Columns that are absent and cells that are empty keep what the registry holds."""
    registry = imported(csv_plan)
    plan = csv_plan(
        "编码,名称,电话,设施,地址\nz1,甲站新,0371-1,空调,\nz2,,,无空调,\n", against=registry
    )
    assert plan.revision == 5
    first, second = plan.changed
    assert first.fields == ("name", "phone", "facilities")
    after = first.after.properties
    assert after.address == "一路1号"
    assert after.manager == "张三"
    assert after.opening_hours == "08:00-20:00"
    assert after.facilities == {
        "drinking_water": True,
        "microwave": True,
        "air_conditioning": True,
    }
    assert first.after.position == first.before.position == (113.65, 34.76)
    assert second.fields == ("facilities",)
    assert second.after.properties.facilities == {"air_conditioning": False}
    assert plan.absent == ("z3",)


def test_empty_cells_clear_where_the_mapping_says_so(csv_plan: Plan) -> None:
    """Only columns of the sheet are cleared, and lists are taken as the whole."""
    plan = csv_plan(
        "编码,名称,地址,开放时间,经度,纬度,设施\nz1,,,,,,空调\n",
        against=imported(csv_plan),
        mapping=Mapping(clear_empty=True),
    )
    (diff,) = plan.changed
    after = diff.after.properties
    assert (after.name, after.address, after.opening_hours, after.hours_text) == (
        "甲站", None, None, None,
    )  # fmt: skip
    assert diff.after.geometry is None
    assert after.source_datum is None
    assert after.facilities == {"air_conditioning": True}
    assert after.manager == "张三"


def test_hours_corrected_by_hand_stay_while_the_sheet_says_the_same(csv_plan: Plan) -> None:
    """What a person has read into unreadable text is not undone by the next import."""
    registry = imported(csv_plan)
    stations = [_with(s, opening_hours="10:00-12:00") if s.id == "z2" else s
                for s in registry.stations]  # fmt: skip
    registry = Snapshot(6, None, stations)
    assert "z2" in csv_plan(SHEET, against=registry).unchanged
    (diff,) = csv_plan(SHEET.replace("看心情", "看天气"), against=registry).changed
    assert diff.after.properties.opening_hours is None
    assert diff.after.properties.hours_text == "看天气"


def _with(station: Station, **properties: object) -> Station:
    changed = msgspec.structs.replace(station.properties, **properties)
    return msgspec.structs.replace(station, properties=changed)


def test_a_sheet_without_codes_finds_its_stations_by_name_and_address(csv_plan: Plan) -> None:
    """Width and spaces do not count, hyphens do; the code of the registry is taken over."""
    registry = Snapshot(1, None, list(csv_plan("编码,名称,地址\nz9,甲 站,一路3-1号\n").new))
    plan = csv_plan("名称,地址,备注\n甲站,一路３-1号,x\n甲站,一路31号,y\n", against=registry)
    assert [diff.after.id for diff in plan.changed] == ["z9"]
    (new,) = plan.new
    assert new.id.startswith("s-")
    assert len(new.id) == 14


def test_a_place_that_the_registry_has_twice_asks_for_its_code(csv_plan: Plan) -> None:
    """No choice is made between two stations of one name and address."""
    registry = Snapshot(1, None, list(csv_plan("编码,名称,地址\na1,甲站,一路\na2,甲站,一路\n").new))
    plan = csv_plan("名称,地址\n甲站,一路\n", against=registry)
    assert [(p.row, p.key) for p in plan.rejected] == [(2, "several_matches")]
    assert "a1, a2" in plan.rejected[0].message


def test_a_new_code_for_a_known_place_is_pointed_out(csv_plan: Plan) -> None:
    """It is imported as the sheet says, with a warning of the double."""
    registry = Snapshot(1, None, list(csv_plan("编码,名称,地址\na1,甲站,一路\n").new))
    plan = csv_plan("编码,名称,地址\nb1,甲站,一路\n", against=registry)
    assert [s.id for s in plan.new] == ["b1"]
    assert [p.key for p in plan.warnings if p.field == "id"] == ["same_place"]


@pytest.mark.parametrize(
    ("rows", "key", "word"),
    [
        ("z1,甲站,一路\nz1,乙站,二路\n", "duplicate_id", "row 2"),
        (",甲站,一路\n,甲 站,一路\n", "duplicate_place", "row 2"),
        ("z1,甲站,一路\nz 2/3,乙站,二路\n", "bad_id", "z 2/3"),
        ("z1,甲站,一路\nold,乙站,二路\n", "retired_id", "old"),
        ("z1,甲站,一路\nz2,,二路\n", "no_name", "no name"),
        ("z1,甲站,一路\nz2," + "长" * 201 + ",二路\n", "too_long", "201 characters"),
    ],
)
def test_a_row_that_cannot_stand_is_rejected_with_its_reason(
    csv_plan: Plan, rows: str, key: str, word: str
) -> None:
    """The second row is named, the first is imported."""
    registry = Snapshot(1, None, [], frozenset({"old"}))
    plan = csv_plan("编码,名称,地址\n" + rows, against=registry)
    assert len(plan.new) == 1
    assert [(p.row, p.key, p.severity) for p in plan.rejected] == [(3, key, "rejected")]
    assert word in plan.rejected[0].message
    assert plan.rejected[0].text("zh").startswith("第 3 行：")


@pytest.mark.parametrize("text", ["54", "54.0", "５４"])
def test_a_number_is_a_code_without_its_decimals(csv_plan: Plan, text: str) -> None:
    """As spreadsheets and other programs write it."""
    assert csv_plan(f"编码,名称\n{text},甲站\n").new[0].id == "54"


def test_a_running_number_is_not_a_code(csv_plan: Plan) -> None:
    """序号 counts rows; it becomes the code only where the mapping says that it is one."""
    plan = csv_plan("序号,名称,地址\n1,甲站,一路\n")
    assert plan.new[0].id.startswith("s-")
    assert plan.ignored_columns == ("序号",)
    assert "running_number" in [p.key for p in plan.warnings]


def test_a_prefix_is_set_before_codes_once(csv_plan: Plan) -> None:
    """Codes of the file and made-up ones get it; one that has it keeps it."""
    plan = csv_plan("编码,名称\n54,甲站\nzz-55,乙站\n,丙站\n", id_prefix="zz-")
    assert [s.id for s in plan.new][:2] == ["zz-54", "zz-55"]
    assert plan.new[2].id.startswith("zz-")


def test_private_fields_are_taken_in_and_never_told(csv_plan: Plan) -> None:
    """Neither problems nor the difference as shown hold a name or a number of a person."""
    registry = imported(csv_plan)
    sheet = SHEET.replace("13900000000", "13911111111").replace("张三", "李" * 201)
    plan = csv_plan(sheet, against=registry)
    (diff,) = plan.changed
    assert diff.fields == ("manager_phone",)
    assert diff.after.properties.manager_phone == "13911111111"
    told = str(list(diff.shown())) + str(plan.warnings) + str(plan.rejected)
    assert "too_long" in [p.key for p in plan.warnings]
    assert "139" not in told
    assert "李" not in told


def test_a_contact_persons_mobile_number_stays_private(csv_plan: Plan) -> None:
    """联系电话 beside 联系人 is that person's; the mapping can publish it."""
    sheet = "编码,名称,联系人,联系电话\nz1,甲站,张三,13900000000\nz2,乙站,李四,0371-12345678\n"
    plan = csv_plan(sheet)
    first, second = (s.properties for s in plan.new)
    assert (first.phone, first.manager_phone) == (None, "13900000000")
    assert (second.phone, second.manager_phone) == ("0371-12345678", None)
    assert "private_phone" in [p.key for p in plan.warnings]
    public = csv_plan("编码,名称,联系电话\nz1,甲站,13900000000\n")
    assert public.new[0].properties.phone == "13900000000"


def test_of_two_columns_for_one_field_one_is_left_out(csv_plan: Plan) -> None:
    """The field's own key goes first, else the first column; the other is named."""
    plan = csv_plan("编码,名称,电话,phone,联系电话\nz1,甲站,1,2,3\n")
    assert plan.new[0].properties.phone == "2"
    assert plan.ignored_columns == ("电话", "联系电话")
    assert [p.key for p in plan.warnings].count("repeated_column") == 2


def test_what_was_understood_is_told(csv_plan: Plan) -> None:
    """Columns and their fields, and what nothing was taken from."""
    plan = csv_plan("编码,站点名称,幸运数字\nz1,甲站,7\n")
    assert plan.columns == {"编码": "id", "站点名称": "name"}
    assert plan.ignored_columns == ("幸运数字",)


def test_progress_is_reported(tmp_path: Path) -> None:
    """From the first rows to the last."""
    text = io.StringIO("编码,名称\n")
    text.seek(0, io.SEEK_END)
    text.writelines(f"z{n},第{n}站\n" for n in range(4500))
    path = tmp_path / "a.csv"
    path.write_text(text.getvalue(), encoding="utf-8")
    seen: list[tuple[int, int]] = []
    plan_import(path, against=EMPTY, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(2000, 4500), (4000, 4500), (4500, 4500)]
