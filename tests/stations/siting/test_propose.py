from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import orjson
import pytest
import shapely

from geodata.errors import InfeasibleError, SitingError
from geodata.nearest import NearestIndex
from stations.errors import ImportFileError, WorkspaceError
from stations.filters import USABLE
from stations.siting import Files, SitingAsk, StationPlan, propose
from stations.street_input import make_networks
from tests.geodata.squares import LON0, cover_by_line

if TYPE_CHECKING:
    from pathlib import Path

    from geodata.siting import Progress
    from stations.workspace import Workspace

RADIUS = 2500.0


def plan(workspace: Workspace, files: Files | None = None, **fields: Any) -> StationPlan:
    """The plan for an ask of these fields, four kilometres apart at most."""
    given = {"radius_m": RADIUS, "time_s": 20.0, **fields}
    if not {"new", "problem"} & given.keys():
        given["new"] = 2
    return propose(workspace, SitingAsk.from_dict(given), files=files)


def test_the_figures_are_those_of_coverage(workspace: Workspace) -> None:
    """Before, after, by group and by district, counted anew from the document alone."""
    found = plan(workspace, new=4).to_dict()
    demand, districts = workspace.demand, workspace.districts
    assert demand is not None
    before = workspace.coverage(workspace.reach(radius_m=RADIUS)).effective
    lon, lat = workspace.registry.positions(workspace.registry.located_index(USABLE)[1])
    sites = [(s["lon"], s["lat"]) for s in found["sites"]]
    index = NearestIndex([*lon, *(s[0] for s in sites)], [*lat, *(s[1] for s in sites)])
    after = cover_by_line(demand, index, RADIUS, districts=districts)
    assert found["covered_before"] == pytest.approx(before.covered)
    assert found["covered"] == pytest.approx(after.covered) == pytest.approx(found["objective"])
    assert found["share"] == pytest.approx(after.share, abs=1e-6)
    assert [(g["group"], g["before"], g["covered"]) for g in found["by_group"]] == [
        (b.key, b.covered, a.covered) for b, a in zip(before.by_group, after.by_group, strict=True)
    ]
    assert [(d["adcode"], d["total"], d["covered"]) for d in found["by_district"]] == [
        (s.key, s.total, s.covered) for s in after.by_district
    ]
    assert sum(d["sites"] for d in found["by_district"]) == 4


def test_stations_come_in_order_of_gain(workspace: Workspace) -> None:
    """Each adds most to those before; the last is where all are."""
    found = plan(workspace, new=4).to_dict()
    sites = found["sites"]
    assert [s["rank"] for s in sites] == [1, 2, 3, 4]
    gains = [s["gain"] for s in sites]
    assert gains == sorted(gains, reverse=True)
    reached = np.cumsum([found["covered_before"], *gains])[1:]
    assert [s["cumulative"] for s in sites] == pytest.approx(reached.tolist())
    assert sites[-1]["cumulative"] == found["covered"]
    assert sites[-1]["cumulative_share"] == found["share"]


def test_the_document_is_json_and_states_what_was_asked(workspace: Workspace) -> None:
    """Nothing left open, and enough to ask the same again."""
    found = plan(workspace, district="惠济区")
    document = orjson.loads(orjson.dumps(found.to_dict()))
    assert document["ask"]["radius_m"] == RADIUS
    assert document["ask"]["candidates"] == "hexagons"
    assert document["ask"]["district"] == "410108"
    assert document["revision"] == workspace.registry.revision
    again = propose(workspace, SitingAsk.from_dict(document["ask"])).to_dict()
    changing = {"id", "created", "seconds"}
    assert {k: v for k, v in again.items() if k not in changing} == {
        k: v for k, v in document.items() if k not in changing
    }


def test_no_private_value_gets_out(workspace: Workspace) -> None:
    """Neither in the document nor on the map."""
    found = plan(workspace, problem="redundancy")
    assert "保密" not in orjson.dumps([found.to_dict(), found.features()]).decode()


def test_the_map_shows_what_is_newly_covered(workspace: Workspace) -> None:
    """Stations as points; areas whose workers add up to the document's figures."""
    found = plan(workspace, new=4)
    document, features = found.to_dict(), found.features()
    assert len(orjson.dumps(features)) < 200_000
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for feature in features["features"]:
        by_kind.setdefault(feature["properties"]["kind"], []).append(feature)
        assert shapely.from_geojson(orjson.dumps(feature["geometry"])).is_valid
    assert by_kind.keys() == {"site", "newly_covered", "uncovered"}
    assert [f["properties"]["rank"] for f in by_kind["site"]] == [1, 2, 3, 4]
    for kind, total in (
        ("newly_covered", document["covered"] - document["covered_before"]),
        ("uncovered", document["total"] - document["covered"]),
    ):
        assert sum(f["properties"]["workers"] for f in by_kind[kind]) == pytest.approx(total)
    demand = found.demand
    open_ = shapely.union_all(
        [shapely.from_geojson(orjson.dumps(f["geometry"])) for f in by_kind["uncovered"]]
    )
    left = found.after.cost > RADIUS
    assert shapely.intersects_xy(open_, demand.lon[left], demand.lat[left]).all()


@pytest.mark.parametrize("source", ["hexagons", "squares"])
def test_nothing_stands_in_water_or_outside(workspace: Workspace, source: str) -> None:
    """The base map's river is north of 34.84; a park is no obstacle."""
    found = plan(workspace, new=5, candidates=source)
    own = found.sites.at(np.arange(found.sites.candidates))
    assert own.lat.max() < 34.84
    assert own.lon.min() < 113.5
    assert workspace.districts is not None
    assert (workspace.districts.locate(own.lon, own.lat) >= 0).all()
    assert found.to_dict()["candidates"]["excluded"] > 0


def test_excluded_areas_of_the_workspace_and_of_a_file(
    workspace: Workspace, tmp_path: Path
) -> None:
    """``excluded.geojson`` is taken by itself, a file instead of it, in whatever CRS it is."""
    west = gpd.GeoSeries([shapely.box(113.0, 34.0, LON0, 36.0)], crs=4326)
    west.to_file(workspace.folder / "excluded.geojson")
    assert all(s["lon"] > LON0 for s in plan(workspace).to_dict()["sites"])
    east = gpd.GeoSeries([shapely.box(LON0, 34.0, 114.0, 36.0)], crs=4326).to_crs(4547)
    east.to_file(tmp_path / "east.gpkg")
    found = plan(workspace, Files(excluded=tmp_path / "east.gpkg")).to_dict()
    assert all(s["lon"] < LON0 for s in found["sites"])
    with pytest.raises(ImportFileError, match=r"no file .*none.geojson"):
        plan(workspace, Files(excluded=tmp_path / "none.geojson"))
    west.to_file(workspace.folder / "excluded.geojson")
    with pytest.raises(InfeasibleError, match="no candidate is left") as refused:
        plan(workspace, district="410108")
    assert "没有可用的候选点" in refused.value.chinese


def test_one_district_only(workspace: Workspace) -> None:
    """Its workers and its candidates, by adcode or name; stations beyond the border still count."""
    found = plan(workspace, district="410122", new=3)
    assert found.demand.lon.min() >= LON0
    document = found.to_dict()
    assert {s["adcode"] for s in document["sites"]} == {"410122"}
    assert [d["adcode"] for d in document["by_district"]] == ["410122"]
    assert "west" in found.sites.ids
    with pytest.raises(WorkspaceError, match="no district '999999'"):
        plan(workspace, district="999999")


def test_candidates_from_a_sheet(workspace: Workspace, venues: Path) -> None:
    """Codes, names, costs and capacities; the one in the river is left out."""
    found = plan(workspace, Files(candidates=venues, datum="wgs84"), new=2).to_dict()
    assert found["candidates"] == {
        "source": "file", "considered": 4, "excluded": 1, "dropped": 0, "areas": 1,
    }  # fmt: skip
    assert {s["id"] for s in found["sites"]} <= set("abcd")
    first = found["sites"][0]
    assert first["name"] in {"甲铺", "乙铺", "丙铺", "丁铺"}
    assert first["cost"] in {9000, 12000, 8000, 20000}
    with pytest.raises(ImportFileError, match="datum must be given"):
        plan(workspace, Files(candidates=venues))
    layer = gpd.GeoDataFrame(
        {"id": ["x"], "name": ["某店"]}, geometry=[shapely.Point(113.5, 34.8)], crs=4326
    )
    layer.to_file(workspace.folder / "candidates.geojson")
    own = plan(workspace, new=1).to_dict()
    assert (own["ask"]["candidates"], own["sites"][0]["id"]) == ("file", "x")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("编码,经度,纬度\na,113.6,34.8\nb,,\n", "row 3: no position"),
        ("编码,经度,纬度\na,34.8,113.6\n", "row 2"),
        ("编码,名称\na,甲\n", "no positions"),
        ("编码,经度,纬度,造价\na,113.6,34.8,很贵\n", "row 2: the cost is '很贵'"),
        ("编码,经度,纬度,容纳人数\na,113.6,34.8,-3\n", "row 2: the capacity is '-3'"),
    ],
)
def test_a_sheet_of_candidates_with_a_mistake(
    workspace: Workspace, tmp_path: Path, text: str, words: str
) -> None:
    """Row and reason."""
    path = tmp_path / "bad.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(ImportFileError, match=words):
        plan(workspace, Files(candidates=path, datum="wgs84"))


def test_streets(workspace: Workspace) -> None:
    """Crossings of the workspace's network; without one it says what to do."""
    with pytest.raises(WorkspaceError, match="no street network: make one"):
        plan(workspace, candidates="streets")
    lines = [
        shapely.LineString([(113.5, 34.8), (113.55, 34.8)]),
        shapely.LineString([(113.55, 34.8), (113.55, 34.82)]),
    ]
    path = workspace.folder / "streets.geojson"
    gpd.GeoSeries(lines, crs=4326).to_file(path)
    make_networks(workspace, path)
    found = plan(workspace, candidates="streets", new=1).to_dict()
    assert found["candidates"]["considered"] == 2  # the third end reaches only who is covered
    assert found["sites"][0]["lon"] == 113.5


def test_a_budget_and_quotas(workspace: Workspace, venues: Path) -> None:
    """Costs from the sheet; districts by adcode or name."""
    files = Files(candidates=venues, datum="wgs84")
    found = plan(workspace, files, problem="mclp", budget=21_500).to_dict()
    assert sum(s["cost"] for s in found["sites"]) <= 21_500
    found = plan(
        workspace, files, quotas={"惠济区": {"at_most": 0}, "410122": {"at_least": 2}}
    ).to_dict()
    assert {s["id"] for s in found["sites"]} == {"c", "d"}
    with pytest.raises(InfeasibleError, match="惠济区 410108") as refused:
        plan(workspace, files, quotas={"410108": {"at_least": 3}})
    assert "惠济区" in refused.value.chinese
    with pytest.raises(SitingError, match="cost of candidate hexagons-1 is not known"):
        plan(workspace, problem="mclp", budget=9000)
    with pytest.raises(WorkspaceError, match="no district '东区'"):
        plan(workspace, quotas={"东区": {"at_least": 1}})


def test_capacities(workspace: Workspace, venues: Path) -> None:
    """Unknown ones of stations are taken as the median of the known, and said to be."""
    files = Files(candidates=venues, datum="wgs84")
    found = plan(workspace, files, problem="capacitated", new=2).to_dict()
    assert found["assumed_capacity"] == 40
    assert all(s["load"] <= s["capacity"] for s in found["sites"])
    assert found["overload"] == pytest.approx(found["covered"] - found["objective"])
    with pytest.raises(SitingError, match="capacity of candidate hexagons-1 is not known"):
        plan(workspace, problem="capacitated", new=2)


def test_groups_and_what_they_are_worth(workspace: Workspace) -> None:
    """Only some count, or some more; a group that is not there is named."""
    only = plan(workspace, groups=["rider"]).to_dict()
    assert [g["group"] for g in only["by_group"]] == ["rider"]
    assert all(s["adcode"] == "410122" for s in only["sites"])
    west = plan(workspace, worth={"rider": 0.0}).to_dict()
    assert [g["group"] for g in west["by_group"]] == ["courier", "rider"]
    for field in ({"groups": ["cook"]}, {"worth": {"cook": 2.0}}):
        with pytest.raises(SitingError, match="no worker group 'cook'"):
            plan(workspace, **field)


def test_relocation_and_redundancy(workspace: Workspace) -> None:
    """One of two neighbours moves, or closes at no loss."""
    found = plan(workspace, new=1, closing=1)
    document = found.to_dict()
    assert len(document["sites"]) == 2
    assert [s["id"] for s in document["closed"]] in (["east"], ["twin"])
    kinds = [f["properties"]["kind"] for f in found.features()["features"]]
    assert kinds.count("closed") == 1
    loss = plan(workspace, problem="redundancy", share=0.9).to_dict()
    assert loss["sites"] == []
    assert [s["id"] for s in loss["closed"]] in (["east"], ["twin"])
    assert loss["covered"] >= 0.9 * loss["covered_before"]


def test_the_curve_ends_at_the_plan(workspace: Workspace) -> None:
    """From nothing new to all that is asked; each point with a bound on it."""
    found = plan(workspace, new=4, curve=True).to_dict()
    points = found["curve"]
    assert [point["new"] for point in points] == [0, 1, 2, 3, 4]
    assert points[0]["objective"] == found["covered_before"]
    assert points[-1]["share"] == found["share"]
    assert all(point["objective"] <= point["bound"] for point in points)
    assert plan(workspace, new=4).to_dict()["curve"] == []


@pytest.mark.parametrize("problem", ["lscp", "backup", "pmedian", "pcenter"])
def test_the_other_problems(workspace: Workspace, problem: str) -> None:
    """Each gives a whole document and a map."""
    fields = {"share": 0.5} if problem == "lscp" else {"new": 2}
    found = plan(workspace, problem=problem, **fields)
    document = found.to_dict()
    assert document["problem"] == problem
    assert document["share"] > document["share_before"]
    assert document["gap"] is not None
    assert found.features()["features"]
    orjson.dumps(document)


def test_a_stop_gives_the_best_so_far(workspace: Workspace) -> None:
    """With a true bound; progress is told meanwhile."""
    stop, steps = threading.Event(), []

    def look(step: Progress) -> None:
        steps.append(step)
        stop.set()

    ask = SitingAsk(problem="lscp", radius_m=1200.0, max_gap=0.0)
    found = propose(workspace, ask, stop=stop, progress=look)
    assert steps
    assert found.answer.status in {"interrupted", "optimal"}
    assert found.answer.bound <= found.answer.objective


def test_without_demand(workspace: Workspace) -> None:
    """What to do is said; so it is where nobody is left of it."""
    with pytest.raises(SitingError, match="no workers in what is asked"):
        plan(workspace, district="410108", groups=["rider"])
    (workspace.folder / "demand.csv").unlink()
    with pytest.raises(WorkspaceError, match="yizhan demand"):
        plan(workspace)
