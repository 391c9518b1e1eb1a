"""A real register whose publisher guessed most hours and all facilities, and says so."""

from __future__ import annotations

import csv
from pathlib import Path

import pyproj
import pytest

from stations.errors import ImportFileError
from stations.importing import ImportPlan, mapping_from_dict, plan_import
from stations.store import Snapshot

REGISTER = Path(__file__).parents[4] / "shared/data/registers/zhengzhou_union_stations_real82.csv"
EMPTY = Snapshot(0, None, [])
pytestmark = pytest.mark.skipif(
    not REGISTER.exists(), reason="the register of Zhengzhou is not part of the project"
)

MAPPING = {
    "datum": "gcj02",
    "columns": {
        "id": "src_id",
        "lon": "lon_gcj02",
        "lat": "lat_gcj02",
        "facilities": {
            "column": "facilities",
            "split": "|",
            "only_where": {"facilities_origin": "listed"},
        },
        "hours_text": {"column": "hours_text", "only_where": {"hours_origin": "listed"}},
    },
}


def plans() -> list[ImportPlan]:
    """The register with its datum alone, and with a mapping alone."""
    return [
        plan_import(REGISTER, against=EMPTY, datum="gcj02"),
        plan_import(REGISTER, against=EMPTY, mapping=mapping_from_dict(MAPPING)),
    ]


def test_guesses_are_unknown_with_or_without_a_mapping() -> None:
    """82 stations, 22 with posted hours, none with a facility; the guesses are counted."""
    for plan in plans():
        assert (len(plan.new), len(plan.rejected), plan.unknown_hours) == (82, 0, 60)
        assert plan.datum == "gcj02"
        assert not any(station.properties.facilities for station in plan.new)
        counted = {p.field: p.message for p in plan.warnings if p.key == "not_listed"}
        assert "60 values" in counted["hours_text"]
        assert "82 values" in counted["facilities"]


def test_workdays_without_times_are_known_to_be_workdays() -> None:
    """The two that are open 工作日 have hours, with the times of the day unknown."""
    plan = plans()[0]
    workdays = [s for s in plan.new if s.properties.hours_text == "工作日开放"]
    assert len(workdays) == 2
    assert all("unknown" in (s.properties.opening_hours or "") for s in workdays)


def test_positions_agree_with_the_publishers_own_conversion() -> None:
    """Two conversions of the same GCJ-02 positions differ by less than 10 cm."""
    with REGISTER.open(encoding="utf-8-sig", newline="") as file:
        rows = {row["src_id"]: row for row in csv.DictReader(file)}
    geod = pyproj.Geod(ellps="WGS84")
    for station in plans()[0].new:
        assert station.position is not None
        row = rows[station.id]
        theirs = float(row["lon_wgs84"]), float(row["lat_wgs84"])
        assert geod.inv(*station.position, *theirs)[2] < 0.1


def test_a_second_import_finds_nothing_new() -> None:
    """With the mapping and without it comes out the same."""
    first, other = plans()
    registry = Snapshot(1, None, sorted(first.new, key=lambda station: station.id))
    again = plan_import(REGISTER, against=registry, datum="gcj02")
    assert len(again.unchanged) == 82
    assert first.new == other.new


def test_two_datums_in_one_file_ask_for_a_choice() -> None:
    """Nothing is chosen silently; WGS84 is as good an answer."""
    with pytest.raises(ImportFileError, match="gcj02, wgs84"):
        plan_import(REGISTER, against=EMPTY)
    assert (
        plan_import(REGISTER, against=EMPTY, datum="wgs84").new[0].properties.source_datum
        == "wgs84"
    )
