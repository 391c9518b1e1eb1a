from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stations.errors import ImportFileError
from stations.importing import mapping_from_dict, read_mapping

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stations.importing import ImportPlan, Mapping

    Plan = Callable[..., ImportPlan]

FOREIGN = (
    "nr,bez,wo,o,b,amen,amen_how,hrs,hrs_how,mw\n"
    "1,甲站,一路,113.65,34.76,drink|heat,seen,08:00-20:00,seen,ja\n"
    "2,乙站,二路,113.66,34.77,drink,made up,08:00-20:00,made up,nein\n"
)
WHOLE = """
datum = "gcj02"
id_prefix = "zz-"
ignore = ["wo"]
[columns]
id = "nr"
name = "bez"
lon = "o"
lat = "b"
facilities = { column = "amen", split = "|", only_where = { amen_how = "seen" } }
hours_text = { column = "hrs", only_where = { hrs_how = ["seen", "posted"] } }
[values.facilities]
drink = "drinking_water"
heat = "heating"
[constants]
source = "某市总工会"
kind = "骑手之家"
serves = ["rider"]
"""


@pytest.fixture
def toml(tmp_path: Path) -> Callable[[str], Mapping]:
    """Read a mapping from text."""

    def read(text: str) -> Mapping:
        path = tmp_path / "mapping.toml"
        path.write_text(text, encoding="utf-8")
        return read_mapping(path)

    return read


def test_a_foreign_sheet_is_read_by_its_mapping(
    csv_plan: Plan, toml: Callable[[str], Mapping]
) -> None:
    """Columns, words, conditions, constants, prefix and datum are all used."""
    plan = csv_plan(FOREIGN, datum=None, mapping=toml(WHOLE))
    first, second = plan.new
    assert [s.id for s in plan.new] == ["zz-1", "zz-2"]
    assert plan.datum == first.properties.source_datum == "gcj02"
    assert first.properties.source_position == (113.65, 34.76)
    assert first.properties.facilities == {"drinking_water": True, "heating": True}
    assert second.properties.facilities == {}
    assert [s.properties.opening_hours for s in plan.new] == ["08:00-20:00", None]
    assert (first.properties.source, first.properties.kind) == ("某市总工会", "rider_home")
    assert first.properties.serves == ("rider",)
    assert first.properties.address is None
    assert "wo" in plan.ignored_columns
    counts = [p.message for p in plan.warnings if p.key == "not_listed"]
    assert any(
        "1 values were not taken, because “amen_how” says “made up” (1)" in m for m in counts
    )


def test_a_datum_that_is_given_goes_before_the_mappings(
    csv_plan: Plan, toml: Callable[[str], Mapping]
) -> None:
    """The command is the clerk's last word."""
    assert csv_plan(FOREIGN, datum="wgs84", mapping=toml(WHOLE)).datum == "wgs84"


def test_a_facility_can_be_mapped_to_its_own_column(
    csv_plan: Plan, toml: Callable[[str], Mapping]
) -> None:
    """Under ``facilities.<code>``, written either way; unknown answers are told."""
    for text in ('"facilities.microwave" = "名"', 'facilities.microwave = "名"'):
        plan = csv_plan(
            "编码,站点名称,名\n1,甲站,有\n2,乙站,ja\n", mapping=toml(f"[columns]\n{text}\n")
        )
        assert [s.properties.facilities for s in plan.new] == [{"microwave": True}, {}]
        assert [p.row for p in plan.warnings if p.key == "bad_value"] == [3]


def test_a_column_of_origin_holds_for_mapped_columns_unless_overruled(
    csv_plan: Plan, toml: Callable[[str], Mapping]
) -> None:
    """Naming a column does not make guesses true; an empty condition takes them knowingly."""
    sheet = "编码,站点名称,hours_text,hours_origin\n1,甲站,08:00-20:00,inferred\n"
    plain = toml('[columns]\nhours_text = "hours_text"\n')
    assert csv_plan(sheet, mapping=plain).unknown_hours == 1
    knowing = toml('[columns]\nhours_text = { column = "hours_text", only_where = {} }\n')
    assert csv_plan(sheet, mapping=knowing).unknown_hours == 0


@pytest.mark.parametrize(
    ("origin", "taken"),
    [
        ("listed", True), ("posted", True), ("Official website", True), ("现场核实", True),
        ("公示", True), ("inferred_by_author", False), ("guess", False), ("估计", False),
        ("系统默认", False), ("listed or inferred", False), ("unverified", False), ("", False),
        ("某人说的", False),
    ],
)  # fmt: skip
def test_only_what_was_seen_or_stated_is_taken(csv_plan: Plan, origin: str, taken: bool) -> None:
    """Guesses and origins that say nothing clear leave the value unknown, with a count."""
    plan = csv_plan(f"编码,名称,开放时间,开放时间来源\n1,甲站,08:00-20:00,{origin}\n")
    assert plan.unknown_hours == (0 if taken else 1)
    keys = [p.key for p in plan.warnings if p.field == "opening_hours"]
    assert bool(keys) is not taken
    assert all("1 values" in p.message for p in plan.warnings if p.field == "opening_hours")


def test_running_numbers_are_codes_if_the_mapping_says_so(
    csv_plan: Plan, toml: Callable[[str], Mapping]
) -> None:
    """A county that keeps its numbers can use them."""
    assert (
        csv_plan("序号,名称\n7,甲站\n", mapping=toml('[columns]\nid = "序号"\n')).new[0].id == "7"
    )


def test_a_sheet_and_a_header_row_can_be_named(
    csv_plan: Plan, toml: Callable[[str], Mapping]
) -> None:
    """Where they are not found by themselves."""
    plan = csv_plan(
        "名称,地址,电话\na,b\nz1,甲站\n",
        mapping=toml('header_row = 2\n[columns]\nid = "a"\nname = "b"\n'),
    )
    assert [(s.id, s.name) for s in plan.new] == [("z1", "甲站")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("datum = ", "mapping.toml is not TOML"),
        ('datun = "gcj02"', "the mapping has no key “datun”; it may have datum, id_prefix"),
        ('datum = "mars"', "unknown datum 'mars'"),
        ("datum = 4", "datum must be a text, not “4”"),
        ('empty = "never"', 'empty must be "keep" or "clear"'),
        ("header_row = 0", "header_row must be a row number"),
        ("[columns]\nnaem = 'b'", r"\[columns\] has no key “naem”; it may have id, name"),
        ("[columns]\nfacilities.sauna = 'b'", "has no key “facilities.sauna”"),
        ("[columns]\nname = 5", "name must be a column or a table"),
        ("[columns]\nname = { column = 'a', only_when = {} }", "has no key “only_when”"),
        ("[columns]\nname = { column = 'a', only_where = 'b' }", "must be a table of columns"),
        ("[values.colour]\nred = 'r'", r"\[values\] has no key “colour”"),
        ("[values.facilities]\ndrink = 'beer'", r"\[values.facilities\] drink must be"),
        ("[constants]\nid = '1'", r"\[constants\] has no key “id”"),
        ("columns = 3", r"\[columns\] must be a table"),
    ],
)
def test_a_mapping_that_says_something_unknown_is_refused(
    toml: Callable[[str], Mapping], text: str, message: str
) -> None:
    """The key, the value and what would be right are named."""
    with pytest.raises(ImportFileError, match=message):
        toml(text)


@pytest.mark.parametrize(
    "data",
    [
        {"columns": {"name": "bezeichnung"}},
        {"columns": {"facilities": {"column": "amen", "only_where": {"bezeichnung": "x"}}}},
        {"ignore": ["bezeichnung"]},
    ],
)
def test_a_column_that_is_not_there_is_named_with_those_that_are(
    csv_plan: Plan, data: dict[str, object]
) -> None:
    """Also where a condition or the list of ignored columns names it."""
    data = {"header_row": 1, **data}
    with pytest.raises(
        ImportFileError, match="“bezeichnung”, which is not there; there are nr, bez"
    ):
        csv_plan(FOREIGN, mapping=mapping_from_dict(data))


def test_a_constant_that_cannot_be_read_is_refused(csv_plan: Plan) -> None:
    """It would be wrong in every row."""
    mapping = mapping_from_dict({"constants": {"opened_on": "2026年1月"}})
    with pytest.raises(ImportFileError, match=r"\[constants\] opened_on must be a value"):
        csv_plan("编码,名称\n1,甲站\n", mapping=mapping)


def test_a_missing_mapping_is_an_error(tmp_path: Path) -> None:
    """As a missing sheet is."""
    with pytest.raises(ImportFileError, match="there is no such file"):
        read_mapping(tmp_path / "none.toml")
