"""From a file of streets to the networks of a workspace: good files, broken ones, the report."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import osmium
import pytest
from osmium.osm import mutable

from geodata import datum as datums
from geodata.demand import Demand
from geodata.errors import NetworkError
from stations.errors import ImportFileError, WorkspaceError
from stations.network_facts import network_facts
from stations.street_input import make_networks
from stations.workspace import EXCLUDED_NAME, Workspace, network_name
from tests.geodata.squares import LAT0, LON0, halves
from tests.stations.roads import at, make, write_lines
from tests.stations.samples import station

if TYPE_CHECKING:
    from pathlib import Path

    from stations.model import Station
    from stations.street_input import NetworkReport

STREET = [at(east) for east in range(0, 2001, 100)]


def placed(name: str, east_m: float, north_m: float = 0.0) -> Station:
    """A station so many metres east and north."""
    lon, lat = at(east_m, north_m)
    return station(name, lon=lon, lat=lat, name=f"{name} 驿站")


def walking(workspace: Workspace, path: Path, **options: Any) -> NetworkReport:
    """What became of a file for walkers."""
    report = make_networks(workspace, path, **options).reports[0]
    assert report.mode == "walk"
    return report


def write_pbf(path: Path, lon: float, lat: float) -> Path:
    """An extract with one street of ten nodes to the east."""
    with osmium.SimpleWriter(path) as writer:
        for i in range(10):
            writer.add_node(mutable.Node(id=i + 1, location=(lon + i / 1000, lat)))
        nodes = [*range(1, 11)]
        writer.add_way(mutable.Way(id=1, nodes=nodes, tags={"highway": "residential"}))
    return path


def refused(workspace: Workspace, path: Path, english: str, chinese: str, **options: Any) -> None:
    """Whether a file is refused with these words, and the workspace has no network then."""
    with pytest.raises((NetworkError, ImportFileError), match=english) as caught:
        make_networks(workspace, path, **options)
    assert chinese in str(caught.value.chinese)
    assert not (workspace.folder / network_name("walk")).exists()
    assert not (workspace.folder / network_name("ebike")).exists()


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """One station at the beginning of where the street would be."""
    return make(tmp_path / "ws", placed("a", 0))


@pytest.fixture
def street(tmp_path: Path) -> Path:
    """A layer of one street."""
    return write_lines(tmp_path / "street.geojson", [STREET])


def test_two_networks_are_made_and_served_at_once(workspace: Workspace, street: Path) -> None:
    """One for each mode, taken up by whoever has the workspace open; the report adds up."""
    assert workspace.on_streets("walk") is None
    steps: list[str] = []
    made = make_networks(workspace, street, progress=steps.append)
    assert steps == ["reading", "building", "placing", "writing"]
    assert [report.mode for report in made.reports] == ["walk", "ebike"]
    report = made.reports[0]
    assert (report.nodes, report.edges, report.parts, report.largest) == (2, 1, 1, 1)
    assert report.length_m == pytest.approx(2000, abs=1)
    assert (report.stations, report.off_streets, report.cut_off) == (1, (), ())
    network = workspace.network("walk")
    assert network is not None
    assert network.speed_m_s == 1.3
    riding = workspace.network("ebike")
    assert riding is not None
    assert riding.speed_m_s == 4.2
    on_streets = workspace.on_streets("walk")
    assert on_streets is not None
    assert on_streets is workspace.on_streets("walk")
    found = json.loads(json.dumps(made.to_dict(), allow_nan=False))
    assert [one["mode"] for one in found["networks"]] == ["walk", "ebike"]
    assert found["unjoined"] == 0


def test_facts_of_the_networks(workspace: Workspace, street: Path) -> None:
    """Without one all figures are None, but for what estimates assume."""
    none = network_facts(workspace)["ebike"]
    assert (none["network"], none["nodes"], none["bounds"]) == (False, None, None)
    assert (none["speed_m_s"], none["minutes"]) == (4.2, 15)
    make_networks(workspace, street, speeds_m_s={"ebike": 5})
    found = network_facts(workspace)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["walk"] | {"bounds": None} == {
        "network": True,
        "nodes": 2,
        "edges": 1,
        "km": pytest.approx(2, abs=1e-3),
        "parts": 1,
        "largest": 1.0,
        "bounds": None,
        "speed_m_s": 1.3,
        "minutes": 15.0,
    }
    west, south, east, north = found["walk"]["bounds"]
    assert (west, south, north) == pytest.approx((LON0, LAT0, LAT0), abs=1e-5)
    assert east == pytest.approx(at(2000)[0], abs=1e-5)
    assert found["ebike"]["speed_m_s"] == 5


def test_an_extract_of_openstreetmap(workspace: Workspace, tmp_path: Path) -> None:
    """A PBF file is read as any other."""
    report = walking(workspace, write_pbf(tmp_path / "map.osm.pbf", LON0, LAT0))
    assert (report.nodes, report.edges, report.off_streets) == (2, 1, ())


def test_a_file_that_is_not_there(workspace: Workspace, tmp_path: Path) -> None:
    """Named, in both languages."""
    refused(workspace, tmp_path / "none.osm.pbf", "there is no file", "没有文件")


def test_a_file_of_another_kind(workspace: Workspace, tmp_path: Path) -> None:
    """With the kinds that are read."""
    path = tmp_path / "streets.docx"
    path.write_bytes(b"x")
    refused(workspace, path, r"no file of streets: give one of \.pbf", "不是道路文件：可用 .pbf")


@pytest.mark.parametrize("content", [b"", b"\0\0\0\x0d garbage", b"<osm"])
def test_a_broken_extract(workspace: Workspace, tmp_path: Path, content: bytes) -> None:
    """Empty or cut off: the file is named, in both languages."""
    path = tmp_path / "map.osm.pbf"
    path.write_bytes(content)
    refused(workspace, path, r"map\.osm\.pbf", "map.osm.pbf")


def test_an_extract_without_streets(workspace: Workspace, tmp_path: Path) -> None:
    """Said to hold none."""
    path = tmp_path / "map.osm.pbf"
    with osmium.SimpleWriter(path) as writer:
        writer.add_node(mutable.Node(id=1, location=(LON0, LAT0)))
    refused(workspace, path, "holds no street", "没有可步行或骑行的道路")


def test_an_extract_of_another_city(workspace: Workspace, tmp_path: Path) -> None:
    """Both places are told; networks that were there before stay as they are."""
    elsewhere = write_pbf(tmp_path / "beijing.osm.pbf", 116.4, 39.9)
    refused(workspace, elsewhere, "nowhere near the stations", "不在驿站")
    with pytest.raises(NetworkError, match=r"116\.400 to 116\.409.*113\.600 to 113\.600"):
        make_networks(workspace, elsewhere)
    make_networks(workspace, write_pbf(tmp_path / "here.osm.pbf", LON0, LAT0))
    before = workspace.network("walk")
    with pytest.raises(NetworkError):
        make_networks(workspace, elsewhere)
    assert workspace.network("walk") is before


def test_without_stations_workers_or_districts_tell_where_one_is(
    tmp_path: Path, street: Path
) -> None:
    """And an empty workspace takes any streets."""
    far = write_lines(tmp_path / "far.geojson", [[(116.4, 39.9), (116.5, 39.9)]])
    empty = Workspace.create(tmp_path / "empty")
    assert walking(empty, far).stations == 0
    manned = Workspace.create(tmp_path / "manned")
    manned.set_demand(Demand.of_points([LON0], [LAT0], [7]), [])
    refused(manned, far, "nowhere near the workers", "不在劳动者")
    assert walking(manned, street).workers == 7
    ruled = Workspace.create(tmp_path / "ruled", districts=halves())
    refused(ruled, far, "nowhere near the districts", "不在区县")


def test_a_station_three_kilometres_from_any_street_is_named(tmp_path: Path, street: Path) -> None:
    """By its name and place; the others are not troubled, and it covers nobody."""
    workspace = make(tmp_path / "ws", placed("a", 0), placed("moor", 0, 3000))
    workspace.set_demand(
        Demand.of_points(*zip(at(100), at(0, 3000), at(0, 3010), strict=True), [1, 2, 4]), []
    )
    report = walking(workspace, street)
    (off,) = report.off_streets
    lon, lat = at(0, 3000)
    assert (off.id, off.name, off.lon, off.lat) == ("moor", "moor 驿站", lon, lat)
    assert (report.stations, report.workers, report.workers_off) == (2, 7, 6)
    assert workspace.coverage(workspace.reach("walk")).effective.covered == 1


def test_islands_are_told(tmp_path: Path) -> None:
    """How many parts, how much lies in the largest, and who is on another."""
    island = [at(0, 1000 + 10 * i) for i in range(31)]
    comb = [[at(0, 1010 + 10 * i), at(50, 1010 + 10 * i)] for i in range(29)]
    path = write_lines(tmp_path / "s.geojson", [*_ladder(40), island, *comb])
    workspace = make(tmp_path / "ws", placed("a", 0), placed("b", 0, 1100))
    report = walking(workspace, path)
    assert report.parts == 2
    assert [one.id for one in report.cut_off] == ["b"]
    assert report.off_streets == ()
    (part,) = report.apart
    assert part.nodes == 60
    assert part.length_m == pytest.approx(300 + 29 * 50, abs=1)
    assert report.largest == pytest.approx(1 - part.length_m / report.length_m)
    found = report.to_dict()
    assert found["cut_off"][0]["name"] == "b 驿站"
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_small_islands_are_counted_only(tmp_path: Path) -> None:
    """A list of every footbridge would hide what matters."""
    path = write_lines(tmp_path / "s.geojson", [STREET, [at(0, 900), at(9, 900)]])
    report = walking(make(tmp_path / "ws", placed("a", 0)), path)
    assert (report.parts, report.apart) == (2, ())


def _ladder(rungs: int) -> list[list[tuple[float, float]]]:
    """Two streets side by side, joined again and again."""
    sides = [[at(50 * i, north) for i in range(rungs)] for north in (0, 100)]
    return [*sides, *([at(50 * i, 0), at(50 * i, 100)] for i in range(rungs))]


def test_edges_without_length(tmp_path: Path, workspace: Workspace) -> None:
    """A line that stays where it is, and one with a point twice, lead nowhere and do no harm."""
    twice = [*STREET[:5], STREET[4], *STREET[5:]]
    path = write_lines(tmp_path / "s.geojson", [twice, [at(500), at(500)], [at(0), at(0), at(0)]])
    report = walking(workspace, path)
    assert (report.nodes, report.edges, report.parts) == (2, 1, 1)
    assert report.length_m == pytest.approx(2000, abs=1)
    only = write_lines(tmp_path / "only.geojson", [[at(500), at(500)]])
    fresh = make(tmp_path / "fresh", placed("a", 0))
    refused(fresh, only, "none of the 1 features is a line", "没有线")


def test_a_layer_without_lines(tmp_path: Path, workspace: Workspace) -> None:
    """Said so, in both languages."""
    path = tmp_path / "points.geojson"
    point = {"type": "Point", "coordinates": [LON0, LAT0]}
    feature = {"type": "Feature", "properties": {}, "geometry": point}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    refused(workspace, path, "none of the 1 features is a line", "没有线")


def test_crossings_without_a_common_point(tmp_path: Path, workspace: Workspace) -> None:
    """Counted and taken for bridges, or joined when that is asked for."""
    path = write_lines(tmp_path / "s.geojson", [[at(0), at(999)], [at(500, -200), at(500, 200)]])
    made = make_networks(workspace, path)
    assert (made.unjoined, made.reports[0].parts) == (1, 2)
    made = make_networks(workspace, path, join_crossings=True)
    assert (made.unjoined, made.reports[0].parts, made.reports[0].nodes) == (0, 1, 5)


def test_a_shifted_file_is_put_right_by_its_datum(tmp_path: Path, workspace: Workspace) -> None:
    """Streets as a phone's map draws them lie half a kilometre off until the datum is said."""
    lon, lat = zip(*STREET, strict=True)
    shifted = [*zip(*datums.from_wgs84(lon, lat, "gcj02"), strict=True)]
    path = write_lines(tmp_path / "s.geojson", [[(float(x), float(y)) for x, y in shifted]])
    assert [one.id for one in walking(workspace, path).off_streets] == ["a"]
    assert walking(workspace, path, datum="gcj02").off_streets == ()
    network = workspace.network("walk")
    assert network is not None
    assert network.bounds[:2] == pytest.approx((LON0, LAT0), abs=1e-5)


def test_nobody_walks_through_water(tmp_path: Path, street: Path) -> None:
    """A station behind a river of the workspace is near no street, though one is in sight."""
    workspace = make(tmp_path / "ws", placed("a", 0), placed("behind", 1000, 120))
    assert walking(workspace, street).off_streets == ()
    river = [at(-500, 40), at(2500, 40), at(2500, 80), at(-500, 80), at(-500, 40)]
    feature = {
        "type": "Feature",
        "properties": {},
        "geometry": {"type": "Polygon", "coordinates": [[list(place) for place in river]]},
    }
    text = json.dumps({"type": "FeatureCollection", "features": [feature]})
    (workspace.folder / EXCLUDED_NAME).write_text(text)
    assert [one.id for one in walking(workspace, street).off_streets] == ["behind"]


@pytest.mark.parametrize("speed", [0.0, -1.0, math.nan, math.inf, 100.0])
def test_a_speed_that_is_none(workspace: Workspace, street: Path, speed: float) -> None:
    """Refused before anything is read, in both languages."""
    refused(workspace, street, "the speed for ebike is", "的速度是", speeds_m_s={"ebike": speed})


def test_a_network_that_cannot_be_written(workspace: Workspace, street: Path) -> None:
    """Told, in both languages."""
    (workspace.folder / network_name("walk")).mkdir()
    with pytest.raises(WorkspaceError, match="cannot be written") as caught:
        make_networks(workspace, street)
    assert "无法写入" in str(caught.value.chinese)
