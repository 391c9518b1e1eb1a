"""What is within reach, and coverage along the streets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from geodata.coverage import DISTANCE_BANDS_M, TIME_BANDS_S
from geodata.demand import Demand
from stations.coverage import METHODS
from stations.errors import NetworkFileError, NoNetworkError, WorkspaceError
from stations.reach import MODES, Reach
from stations.street_input import make_networks
from stations.workspace import network_name
from tests.stations.roads import at, make, write_lines
from tests.stations.samples import station

if TYPE_CHECKING:
    from pathlib import Path

    from stations.workspace import Workspace

STREET = [at(east) for east in range(0, 3001, 100)]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A station at the beginning of a street and one in a field; workers along it and off it."""
    lon, lat = at(0)
    moor = at(-3000, 3000)
    found = make(
        tmp_path / "ws",
        station("a", lon=lon, lat=lat),
        station("moor", lon=moor[0], lat=moor[1]),
        lines=[STREET],
    )
    places = [at(300), at(900), at(1500), at(0, 850), at(-3000, 3010)]
    found.set_demand(Demand.of_points(*zip(*places, strict=True), [1, 2, 4, 8, 16]), [])
    return found


def test_by_straight_line_it_is_metres(tmp_path: Path) -> None:
    """The radius of the workspace where none is given; no minutes."""
    workspace = make(tmp_path / "ws")
    reach = workspace.reach()
    assert reach == Reach("line", 1000.0)
    assert (reach.circle_m, reach.minutes, reach.bands) == (1000, None, DISTANCE_BANDS_M)
    assert workspace.reach(radius_m=500).limit == 500
    assert set(METHODS) == set(MODES)


def test_along_streets_it_is_minutes(workspace: Workspace) -> None:
    """Those of the workspace where none are given; the circle is as far as one gets straight on."""
    reach = workspace.reach("walk")
    assert (reach.limit, reach.minutes, reach.circle_m) == (900, 15, 900)
    assert reach.bands == TIME_BANDS_S
    assert workspace.reach("ebike", minutes=10).circle_m == 2400


def test_without_a_network_it_is_refused(tmp_path: Path) -> None:
    """With the command that makes one, in both languages; the straight line needs none."""
    workspace = make(tmp_path / "ws")
    for mode in ("walk", "ebike"):
        with pytest.raises(NoNetworkError, match=f"{mode} yet.*`yizhan network`") as caught:
            workspace.reach(mode)
        assert "`yizhan network`" in str(caught.value.chinese)
        assert workspace.network(mode) is None
    assert workspace.network("line") is None
    assert workspace.faults() == []


def test_a_limit_of_the_other_kind_is_refused(workspace: Workspace) -> None:
    """Metres for walking, minutes for the straight line: neither is guessed from the other."""
    with pytest.raises(WorkspaceError, match="leave one out") as caught:
        workspace.reach("walk", radius_m=1000)
    assert "请去掉一个" in str(caught.value.chinese)
    with pytest.raises(WorkspaceError, match="leave one out"):
        workspace.reach("line", minutes=15)


def test_coverage_counts_who_gets_there_in_time(workspace: Workspace) -> None:
    """Beside the circle, with whoever is near no street counted as not covered, and as such."""
    found = workspace.coverage(workspace.reach("walk"))
    assert (found.effective.total, found.effective.covered, found.sites) == (31, 3, 2)
    answer = found.to_dict()
    assert (answer["method"], answer["minutes"], answer["radius_m"]) == ("walk", 15, 900)
    assert answer["distances"] == []
    assert sum(band["workers"] for band in answer["times"]) == 31
    assert answer["times"][0] == {"up_to_s": 300.0, "workers": 1}
    assert answer["streets"] == {
        "circle_m": 900,
        # Those at 300 m, 900 m and, near no street, 850 m to the north and beside the moor.
        "in_circle": 27,
        "in_both": 3,
        "overstated": pytest.approx(24 / 27, abs=1e-6),
        "off_network": 24,
        "stations_off_network": 1,
    }
    line = workspace.coverage().to_dict()
    assert (line["streets"], line["times"], line["minutes"]) == (None, [], None)
    assert workspace.coverage(workspace.reach("ebike")).effective.covered == 7


def test_gaps_are_told_in_seconds(workspace: Workspace) -> None:
    """Null where no street leads to a station; metres belong to the straight line."""
    features = workspace.coverage(workspace.reach("walk")).gap_features()["features"]
    by_workers = {f["properties"]["workers"]: f["properties"] for f in features}
    assert by_workers[4]["nearest_s"] == pytest.approx(1500, abs=0.1)
    assert by_workers[16]["nearest_s"] is None
    assert {f["properties"]["distance_m"] for f in features} == {None}
    line = workspace.coverage().gap_features()["features"]
    assert {f["properties"]["nearest_s"] for f in line} == {None}


def test_nobody_in_the_circle_is_not_overstated(workspace: Workspace) -> None:
    """No division by nothing."""
    workspace.set_demand(Demand.of_points(*zip(at(2900), strict=True), [1]), [])
    streets = workspace.coverage(workspace.reach("walk")).streets
    assert streets is not None
    assert (streets.in_circle, streets.overstated) == (0, 0)


def test_each_reach_is_measured_once(workspace: Workspace) -> None:
    """And again when the network is another."""
    reach = workspace.reach("walk")
    first = workspace.coverage(reach)
    assert workspace.coverage(workspace.reach("walk")) is first
    assert workspace.coverage(workspace.reach("walk", minutes=14)) is not first
    assert workspace.coverage() is not first
    shorter = write_lines(workspace.folder / "shorter.geojson", [STREET[:6]])
    make_networks(workspace, shorter)
    again = workspace.coverage(workspace.reach("walk"))
    assert again is not first
    assert again.effective.covered == 3
    assert again.streets is not None
    assert again.streets.off_network == 28


def test_a_broken_network_file_is_told_and_the_last_good_one_serves_on(
    workspace: Workspace,
) -> None:
    """Whoever opens the workspace anew gets the error, in both languages."""
    before = workspace.coverage(workspace.reach("walk")).effective.covered
    path = workspace.folder / network_name("walk")
    path.unlink()
    path.write_bytes(b"yizhan network 1\n{}")
    assert workspace.coverage(workspace.reach("walk")).effective.covered == before
    (fault,) = workspace.faults()
    assert isinstance(fault, NetworkFileError)
    again = type(workspace)(workspace.folder)
    with pytest.raises(NetworkFileError, match=r"network\.walk") as caught:
        again.reach("walk")
    assert "路网" in str(caught.value.chinese)
    assert again.reach("ebike").network is not None
