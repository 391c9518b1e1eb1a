"""Plans by minutes along the streets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pytest

from geodata.coverage import cover
from geodata.demand import Demand
from geodata.errors import InfeasibleError, SitingError
from geodata.network.walking import Walking
from stations.errors import NoNetworkError
from stations.filters import USABLE
from stations.siting import Files, SitingAsk, StationPlan, propose
from tests.stations.roads import at, make
from tests.stations.samples import station

if TYPE_CHECKING:
    from pathlib import Path

    from stations.workspace import Workspace

# Two streets side by side, joined at their western end only: neighbours across are far apart.
COMB = [at(3000), *(at(east) for east in range(2900, -1, -100)), at(0, 300)]
COMB += [at(east, 300) for east in range(100, 3001, 100)]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A station in the east of the southern street; workers on both, and some near no street."""
    lon, lat = at(2500)
    found = make(tmp_path / "ws", station("south", lon=lon, lat=lat), lines=[COMB])
    places = [*(at(100.0 * i) for i in range(31)), *(at(100.0 * i, 300) for i in range(31))]
    places += [at(1500, 5000)]
    workers = [*range(1, 63), 1000]
    found.set_demand(Demand.of_points(*zip(*places, strict=True), workers), [])
    return found


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """Four rooms on the streets, and one that no street leads to."""
    rooms = [at(500), at(2500, 300), at(1200, 300), at(1500, 5000)]
    rows = [f"r{i},{lon},{lat}" for i, (lon, lat) in enumerate(rooms)]
    path = tmp_path / "rooms.csv"
    path.write_text("\n".join(["编码,经度,纬度", *rows]), "utf-8")
    return Files(candidates=path, datum="wgs84")


def plan(workspace: Workspace, files: Files, **fields: Any) -> StationPlan:
    """The plan for an ask of these fields, ten minutes on foot."""
    given = {"mode": "walk", "minutes": 10, "new": 1, "max_gap": 0.0, **fields}
    return propose(workspace, SitingAsk.from_dict(given), files=files)


def test_the_figures_are_those_of_the_streets(workspace: Workspace, files: Files) -> None:
    """The other street counts as uncovered, though it is in the circle of the station."""
    found = plan(workspace, files)
    document = found.to_dict()
    assert [site["id"] for site in document["sites"]] == ["r1"]
    demand, network = workspace.demand, workspace.network("walk")
    assert demand is not None
    assert network is not None
    lon, lat = workspace.registry.positions(workspace.registry.located_index(USABLE)[1])
    sites = [*lon, document["sites"][0]["lon"]], [*lat, document["sites"][0]["lat"]]
    costs = Walking(network).nearest(demand.lon, demand.lat, *sites)
    assert document["covered"] == cover(demand, costs, limit=600).covered
    before = workspace.coverage(workspace.reach("walk", minutes=10)).effective.covered
    assert document["covered_before"] == before
    assert document["sites"][0]["gain"] == document["covered"] - before
    assert document["sites"][0]["cumulative"] == document["covered"]
    assert (document["method"], document["minutes"], document["radius_m"]) == ("walk", 10, 600)
    assert (document["ask"]["mode"], document["ask"]["minutes"]) == ("walk", 10)
    assert document["ask"]["radius_m"] is None
    assert document["status"] == "optimal"


def test_by_straight_line_another_room_is_best(workspace: Workspace, files: Files) -> None:
    """Where the room in the field counts as near as any, and the street across as covered."""
    found = plan(workspace, files, mode="line", minutes=None, radius_m=600).to_dict()
    assert [site["id"] for site in found["sites"]] == ["r3"]
    assert (found["method"], found["minutes"], found["ask"]["minutes"]) == (
        "straight_line",
        None,
        None,
    )


def test_the_workspace_has_minutes_of_its_own(workspace: Workspace, files: Files) -> None:
    """They are filled in, and the same is had by asking for what the document says."""
    found = plan(workspace, files, minutes=None, mode="ebike")
    document = orjson.loads(orjson.dumps(found.to_dict()))
    assert (document["ask"]["minutes"], document["radius_m"]) == (15, 3600)
    again = propose(workspace, SitingAsk.from_dict(document["ask"]), files=files).to_dict()
    assert again["covered"] == document["covered"]


@pytest.mark.parametrize("problem", ["pmedian", "pcenter"])
def test_whoever_has_no_way_is_left_out_of_a_mean(
    workspace: Workspace, files: Files, problem: str
) -> None:
    """And counted as unreachable: a thousand workers in a field, beside a room in that field."""
    found = plan(workspace, files, problem=problem)
    document = found.to_dict()
    assert document["unreachable"] == {"workers": 1000, "points": 1}
    assert found.workers_with_a_way == sum(range(1, 63))
    demand, network = workspace.demand, workspace.network("walk")
    assert demand is not None
    assert network is not None
    lon, lat = workspace.registry.positions(workspace.registry.located_index(USABLE)[1])
    best = np.inf
    for room in (at(500), at(2500, 300), at(1200, 300)):
        seconds = Walking(network).nearest(demand.lon, demand.lat, [*lon, room[0]], [*lat, room[1]])
        cost = seconds[:-1] @ demand.workers[:-1] if problem == "pmedian" else seconds[:-1].max()
        best = min(best, float(cost))
    assert document["objective"] == pytest.approx(best, rel=1e-6)


def test_candidates_may_be_the_crossings(workspace: Workspace) -> None:
    """Of the network itself, all of which lie on it."""
    found = plan(workspace, Files(), candidates="streets", new=1).to_dict()
    assert found["candidates"]["source"] == "streets"
    assert found["covered"] > found["covered_before"]


def test_what_cannot_be_asked(workspace: Workspace, files: Files, tmp_path: Path) -> None:
    """Minutes by line, a mode without a network, nobody with a way."""
    with pytest.raises(SitingError, match="minutes does not go with the mode line"):
        plan(workspace, files, mode="line")
    lonely = make(tmp_path / "lonely")
    lonely.set_demand(Demand.of_points(*zip(at(0), strict=True), [5]), [])
    with pytest.raises(NoNetworkError, match="`yizhan network`"):
        plan(lonely, files)
    workspace.set_demand(Demand.of_points(*zip(at(1500, 5000), strict=True), [5]), [])
    with pytest.raises(InfeasibleError, match="no worker has a way") as caught:
        plan(workspace, files, problem="pmedian")
    assert "没有一个劳动者" in caught.value.chinese
