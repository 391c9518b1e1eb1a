from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
from python_calamine import CalamineWorkbook

from stations.errors import StationsError
from stations.export import COLUMNS, export, header
from stations.importing import plan_import
from stations.model import AccessBand
from stations.registry import Registry
from stations.store import Snapshot
from stations.vocabulary import PRIVATE_FIELDS, label
from tests.stations.samples import register, station

if TYPE_CHECKING:
    from pathlib import Path

FORMATS = ("geojson", "json", "csv", "xlsx", "gpkg", "kml", "fgb")
EMPTY = Snapshot(0, None, [])
HOSTILE = ("=1+1", "@SUM(A1)", "+8613800000000", "-2+3", "\tx", '=HYPERLINK("http://x")', "{=1}")
RICH = station(
    "r",
    name="人民路驿站",
    kind="rider_home",
    services=("nursing_room", "reading_room"),
    mobile=True,
    access=(AccessBand("staffed", "08:00-22:00"), AccessBand("qr")),
    opening_hours="Mo-Su 08:00-22:00",
    facilities={"microwave": True, "wifi": False},
    facilities_verified={"microwave": dt.date(2026, 1, 2)},
    serves=("rider",),
    area_m2=12.5,
    capacity=8,
    source_datum="gcj02",
    source_position=(113.606, 34.799),
    verified_on=dt.date(2026, 3, 4),
    manager="绝密经理",
    manager_phone="13912345678",
)


def registry_of(*stations: object) -> Registry:
    """A registry of these records, at revision 3."""
    return Registry(Snapshot(3, None, sorted(stations, key=lambda s: s.id), frozenset({"old"})))


def unpacked(path: Path) -> bytes:
    """All bytes of a file, those inside a zip archive as well."""
    data = path.read_bytes()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            data += b"".join(archive.read(name) for name in archive.namelist())
    return data


def cells_of(path: Path) -> list[list[object]]:
    """Rows of a CSV or an XLSX file."""
    if path.suffix == ".csv":
        return list(csv.reader(io.StringIO(path.read_text("utf-8-sig"))))
    return CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()


@pytest.mark.parametrize("ending", FORMATS)
def test_private_fields_are_in_no_format(tmp_path: Path, ending: str) -> None:
    """Neither their values nor a column for them."""
    path = tmp_path / f"out.{ending}"
    assert export(registry_of(RICH, *register(50)), path) == 51
    data = unpacked(path)
    for word in ("绝密经理", "13912345678", "张三", "13800000000", "manager"):
        assert word.encode() not in data
        assert word.encode("utf-16-le") not in data
    assert not set(PRIVATE_FIELDS) & set(COLUMNS)


def test_geojson_loses_nothing(tmp_path: Path) -> None:
    """Imported again nothing is new or changed; the retired codes stay retired."""
    records = [record.public() for record in (RICH, *register(80))]
    registry = registry_of(*records)
    path = tmp_path / "out.geojson"
    export(registry, path)
    held = Snapshot(3, None, list(registry.stations))
    plan = plan_import(path, against=held)
    assert (len(plan.new), len(plan.changed), len(plan.rejected)) == (0, 0, 0)
    assert len(plan.unchanged) == 81
    fresh = plan_import(path, against=EMPTY)
    # Revision and time of update are the registry's own, not the station's.
    assert {s.id: s.properties.revision for s in fresh.new}["r"] == 0
    assert b'"retired_ids":["old"]' in path.read_bytes()


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_sheets_have_a_column_a_field_under_its_label(
    tmp_path: Path, ending: str, lang: str
) -> None:
    """Words for codes, numbers as numbers in a workbook, blank for unknown."""
    path = tmp_path / f"out.{ending}"
    export(registry_of(RICH, station("a", lon=None)), path, lang=lang)
    head, empty, rich = cells_of(path)
    assert head == header(lang)
    assert head[:4] == [label("field", c, lang) for c in ("id", "lon", "lat", "name")]
    cells = dict(zip(COLUMNS, rich, strict=True))
    assert cells["kind"] == {"zh": "骑手之家", "en": "Rider home"}[lang]
    assert cells["facilities"] == {"zh": "微波炉、无无线网", "en": "Microwave, no Wi-Fi"}[lang]
    assert cells["mobile"] == {"zh": "是", "en": "true"}[lang]
    assert cells["verified_on"] == "2026-03-04"
    assert float(cells["area_m2"]) == 12.5
    assert ending == "csv" or (cells["lon"], cells["capacity"]) == (113.6, 8)
    assert [c for c, cell in zip(COLUMNS, empty, strict=True) if cell not in {"", None}] == [
        "id",
        "name",
        "kind",
        "status",
    ]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_no_cell_is_a_formula(tmp_path: Path, ending: str) -> None:
    """CSV marks them as text, a workbook stores them as text; an import takes the mark off."""
    records = [
        station(f"s{i}", name=word.strip(), notes=word, address=word.strip())
        for i, word in enumerate(HOSTILE)
    ]
    path = tmp_path / f"out.{ending}"
    export(registry_of(*records), path)
    rows = cells_of(path)[1:]
    for record, row in zip(records, rows, strict=True):
        for field in ("name", "address", "notes"):
            cell = str(row[COLUMNS.index(field)])
            value = getattr(record.properties, field)
            if ending == "csv":
                assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
            assert cell in {value, f"'{value}"}
    if ending == "xlsx":
        assert b"<f>" not in unpacked(path)
        assert b"<hyperlink" not in unpacked(path)
    back = {s.id: s.properties.name for s in plan_import(path, against=EMPTY).new}
    assert back == {r.id: r.properties.name for r in records}


def test_negative_coordinates_stay_numbers(tmp_path: Path) -> None:
    """A minus sign makes no formula of a number."""
    path = tmp_path / "out.csv"
    export(registry_of(station("a", lon=-1.5, lat=-2.5)), path)
    assert cells_of(path)[1][1:3] == ["-1.5", "-2.5"]


@pytest.mark.parametrize("ending", ["gpkg", "fgb", "kml"])
def test_layers_open_as_points(tmp_path: Path, ending: str) -> None:
    """In WGS84 with the same columns; a record without a position is a row without geometry."""
    path = tmp_path / f"out.{ending}"
    assert export(registry_of(RICH, station("a", lon=None)), path) == 2
    frame = gpd.read_file(path)
    assert len(frame) == 2
    assert frame.crs.to_epsg() == 4326
    assert (frame.geometry.isna() | frame.geometry.is_empty).sum() == 1
    (point,) = frame.geometry.dropna()
    assert (point.x, point.y) == pytest.approx((113.6, 34.8))
    if ending != "kml":  # which has names of its own for some
        assert ["station_id", *COLUMNS[1:]] == list(frame.columns.drop("geometry"))


@pytest.mark.parametrize("ending", FORMATS)
def test_an_empty_registry_makes_an_empty_file(tmp_path: Path, ending: str) -> None:
    """Which opens; and a file that is there is replaced whole."""
    path = tmp_path / f"out.{ending}"
    export(registry_of(*register(30)), path)
    assert export(Registry(EMPTY), path) == 0
    if ending in {"csv", "xlsx"}:
        assert cells_of(path) == [header()]
    else:
        assert len(gpd.read_file(path)) == 0
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("name", ["out.shp", "out", "out.xls", ".csv"])
def test_unknown_formats_are_told(tmp_path: Path, name: str) -> None:
    """With those that are known; nothing is written."""
    with pytest.raises(StationsError, match=r"use \.geojson, \.csv, \.xlsx, \.gpkg"):
        export(registry_of(RICH), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ending", FORMATS)
def test_a_place_that_cannot_be_written_is_told(tmp_path: Path, ending: str) -> None:
    """In every format alike: no folder, or a folder in the place of the file."""
    with pytest.raises(StationsError, match=r"cannot be written"):
        export(registry_of(RICH), tmp_path / "missing" / f"out.{ending}")
    (tmp_path / f"taken.{ending}").mkdir()
    with pytest.raises(StationsError, match=r"cannot be written"):
        export(registry_of(RICH), tmp_path / f"taken.{ending}")
    assert [p.name for p in tmp_path.iterdir()] == [f"taken.{ending}"]
