"""Whatever stands in a file, an import ends in a plan or in an ImportFileError."""

from __future__ import annotations

import contextlib
import json
import warnings
from typing import TYPE_CHECKING

import geopandas as gpd
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stations import model
from stations.errors import ImportFileError
from stations.importing import plan_import
from stations.store import Snapshot
from stations.store.geojson import _changed
from stations.vocabulary import FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stations.importing import ImportPlan

FUZZ = settings(
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
WORDS = st.sampled_from(
    ["z1", "甲站", "有", "无", "113.65", "34.76", "34.76,113.65", "08:00-20:00", "饮水、无空调", "",
     "2026年1月", "1.5万", "★★★", "扫码", "其余时间扫码", "合计", "-1", "1e999", "NaN", "'=1"]
)  # fmt: skip
CELLS = st.one_of(WORDS, st.text(max_size=12), st.integers().map(str))
HEADERS = st.lists(
    st.sampled_from(
        [*(term.zh for term in FIELDS), "微波炉", "开放时间来源", "lon_gcj02", "lat_gcj02"]
    ),
    min_size=1,
    max_size=8,
    unique=True,
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), CELLS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


def check(plan: ImportPlan) -> None:
    """Everything a plan puts can be stored, and is found again unchanged."""
    before = Snapshot(0, None, [])
    _changed(before, plan.change(), who="t", what="t")
    for station in plan.new:
        assert model.decode(model.encode(station)) == station
    for problem in (*plan.rejected, *plan.warnings):
        assert problem.message
        assert problem.message_zh


@FUZZ
@given(headers=HEADERS, rows=st.lists(st.lists(CELLS, max_size=9), max_size=6))
def test_any_sheet_ends_well(
    csv_plan: Callable[..., ImportPlan], headers: list[str], rows: list[list[str]]
) -> None:
    """Cells of any content under headers of any order, also too few and too many."""
    quoted = [
        ",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in [headers, *rows]
    ]
    text = "\n".join(quoted).encode("utf-8", "ignore").decode()
    with contextlib.suppress(ImportFileError):
        plan = csv_plan(text)
        check(plan)
        stations = sorted(plan.new, key=lambda station: station.id)
        again = csv_plan(text, against=Snapshot(1, None, stations))
        assert not again.new
        assert not again.changed


@FUZZ
@given(
    features=st.lists(
        st.one_of(
            JSON,
            st.fixed_dictionaries(
                {
                    "type": st.just("Feature"),
                    "id": st.one_of(CELLS, JSON),
                    "geometry": st.one_of(
                        JSON,
                        st.fixed_dictionaries({"type": st.just("Point"), "coordinates": JSON}),
                    ),
                    "properties": st.one_of(
                        JSON,
                        st.dictionaries(
                            st.sampled_from([term.code for term in FIELDS]), JSON, max_size=6
                        ),
                    ),
                }
            ),
        ),
        max_size=4,
    ),
    head=st.sampled_from([{}, {"revision": 3}, {"crs": None}, {"crs": {"type": "name"}}]),
)
def test_any_collection_ends_well(
    tmp_path: Path, features: list[object], head: dict[str, object]
) -> None:
    """Also one that says that it is our own registry."""
    path = tmp_path / "a.geojson"
    text = json.dumps({"type": "FeatureCollection", **head, "features": features})
    path.write_text(text, encoding="utf-8", errors="replace")
    with contextlib.suppress(ImportFileError):
        check(plan_import(path, against=Snapshot(0, None, [])))


@FUZZ
@given(
    data=st.binary(max_size=400), name=st.sampled_from(["a.csv", "a.geojson", "a.kml", "a.xlsx"])
)
def test_any_bytes_end_well(tmp_path: Path, data: bytes, name: str) -> None:
    """Under any ending."""
    path = tmp_path / name
    path.write_bytes(data)
    with contextlib.suppress(ImportFileError):
        plan_import(path, against=Snapshot(0, None, []), datum="wgs84")


@FUZZ
@given(
    at=st.integers(0, 100_000),
    junk=st.binary(min_size=1, max_size=40),
    cut=st.booleans(),
    name=st.sampled_from(["a.gpkg", "a.fgb", "a.shp"]),
)
def test_a_damaged_layer_ends_well(
    tmp_path: Path, at: int, junk: bytes, cut: bool, name: str
) -> None:
    """Bytes overwritten or the end cut off, anywhere in the file."""
    for old in tmp_path.iterdir():
        old.unlink()
    path = tmp_path / name
    layer = gpd.GeoDataFrame({"name": ["a", "b"]}, geometry=[shapely.Point(1, 2)] * 2, crs=4326)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        layer.to_file(path)
        damaged = path.with_suffix(".dbf") if path.suffix == ".shp" and at % 2 else path
        data = damaged.read_bytes()
        at %= len(data)
        damaged.write_bytes(data[:at] + (b"" if cut else junk + data[at + len(junk) :]))
        with contextlib.suppress(ImportFileError):
            plan_import(path, against=Snapshot(0, None, []))
