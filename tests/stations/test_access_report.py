from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from geodata.demand import Demand
from stations.access_report import measure_access
from stations.errors import WorkspaceError
from stations.store import Change
from stations.workspace import Workspace
from tests.geodata.squares import LAT0, LON0, halves
from tests.stations.samples import station

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Two stations 500 m from 100 workers in the west, one of them of unknown capacity.

    In the east 300 workers share a station with 30 places; 100 have none.
    """
    made = Workspace.create(tmp_path / "ws", districts=halves())
    west, east = LON0 - 0.1, LON0 + 0.1
    lon = np.array([west, east, east + 0.08])
    made.set_demand(Demand.of_points(lon, np.full(3, LAT0), np.array([100.0, 300.0, 100.0])), [])
    records = (
        station("w1", lon=west, lat=LAT0 + 0.004, capacity=10),
        station("w2", lon=west, lat=LAT0 - 0.004),
        station("e1", lon=east, lat=LAT0 + 0.004, capacity=30),
        station("shut", lon=east, lat=LAT0, capacity=500, status="closed"),
    )
    made.store.apply(Change(put=records), who="test", what="made")
    return Workspace(tmp_path / "ws")


def test_places_are_shared_by_who_can_reach_them(workspace: Workspace) -> None:
    """Worked out by hand: 10 and a middling 20 places for 100, 30 for 300, none for 100."""
    report = measure_access(workspace, workspace.reach("line", radius_m=1000)).to_dict("en")
    assert report["places"] == 60
    assert report["stations"] == {
        "counted": 3, "capacity_unknown": 1, "capacity_assumed": 20, "unreached": 0,
    }  # fmt: skip
    west, east = report["by_district"]
    assert west["places_per_1000"] == pytest.approx(300)
    assert east["places_per_1000"] == pytest.approx(30_000 / 400)
    assert west["gini"] == pytest.approx(0, abs=1e-9)
    # Of those in the east a quarter has nothing.
    assert east["gini"] == pytest.approx(0.25)
    assert report["places_per_1000"] == pytest.approx(60_000 / 500)
    assert report["theil"] == pytest.approx(
        report["theil_between_districts"] + report["theil_within_districts"], abs=2e-6
    )
    (everybody,) = report["by_group"]
    assert everybody["workers"] == 500
    assert (report["mode"], report["minutes"], report["radius_m"]) == ("line", None, 1000)


def test_nobody_reaches_anything(workspace: Workspace) -> None:
    """No figure is made up: what cannot be said is null, not zero and not infinity."""
    report = measure_access(workspace, workspace.reach("line", radius_m=1)).to_dict()
    assert report["places_per_1000"] == 0
    assert report["gini"] is None
    assert report["palma"] is None
    assert report["stations"]["unreached"] == 3


def test_no_capacity_is_known(tmp_path: Path) -> None:
    """Then each station counts as one place, and the report says for how many that is so."""
    workspace = Workspace.create(tmp_path / "ws")
    workspace.set_demand(Demand.of_points([LON0], [LAT0], [10.0]), [])
    records = tuple(station(name, lon=LON0, lat=LAT0) for name in "ab")
    workspace.store.apply(Change(put=records), who="test", what="made")
    report = measure_access(Workspace(tmp_path / "ws"), workspace.reach()).to_dict()
    assert report["stations"]["capacity_unknown"] == 2
    assert report["places_per_1000"] == 200
    assert report["theil_between_districts"] is None


def test_without_demand(tmp_path: Path) -> None:
    """There is nothing to share among nobody."""
    workspace = Workspace.create(tmp_path / "ws")
    with pytest.raises(WorkspaceError, match="no demand yet"):
        measure_access(workspace, workspace.reach())
