from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from stations.importing import ImportPlan, plan_import
from stations.store import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stations.model import Properties

EMPTY = Snapshot(0, None, [])


@pytest.fixture
def csv_plan(tmp_path: Path) -> Callable[..., ImportPlan]:
    """Import CSV text, in WGS84 unless told otherwise."""

    def plan(text: str, *, against: Snapshot = EMPTY, **options: object) -> ImportPlan:
        path = tmp_path / "sheet.csv"
        path.write_text(text, encoding="utf-8")
        options.setdefault("datum", "wgs84")
        return plan_import(path, against=against, **options)

    return plan


@pytest.fixture
def one(csv_plan: Callable[..., ImportPlan]) -> Callable[..., Any]:
    """Return the properties of the one station in a sheet with a single extra column."""

    def read(header: str, cell: str) -> Properties:
        quoted = cell.replace('"', '""')
        plan = csv_plan(f'编码,站点名称,地址,"{header}"\nz1,甲站,一路1号,"{quoted}"\n')
        assert not plan.rejected
        return plan.new[0].properties

    return read
