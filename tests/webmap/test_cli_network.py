"""The command `network`, and the others along its streets: what they print, and bad use."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from stations.access_report import measure_access
from stations.workspace import network_name
from tests.stations.roads import at, make, write_lines
from tests.stations.samples import station
from tests.webmap.town import FRIDAY, write_streets
from webmap import cli, create_app

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from stations.workspace import Workspace

    Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in this process, in English unless told otherwise."""
    monkeypatch.setenv("YIZHAN_LANG", "en")
    runner = CliRunner()
    return lambda *words, **options: runner.invoke(cli.app, list(map(str, words)), **options)


@pytest.fixture
def zh(run: Run) -> Run:
    """The same in Chinese."""
    return lambda *words: run(*words, env={"YIZHAN_LANG": "zh"})


def refused(result: Result, *words: str) -> None:
    """Exit code 2, one line on stderr, nothing on stdout."""
    assert result.exit_code == 2, (result.output, result.exception)
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1, result.stderr
    for word in words:
        assert word in result.stderr


def done(result: Result) -> str:
    """What a command that has done its work has printed."""
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


# --------------------------------------------------------------------------------------- network


def test_a_network_is_made_and_described(run: Run, zh: Run, own_town: Workspace) -> None:
    """Two columns, one for each mode; stations near no street by name."""
    lines = write_streets(own_town.folder / "lines.geojson")
    shown = done(run("network", own_town.folder, lines))
    assert re.search(r"Network +On foot +Electric bicycle", shown)
    assert re.search(r"Crossings and ends +425 +425", shown)
    assert re.search(r"Separate parts +1 +1", shown)
    assert re.search(r"In the largest +100\.0 % +100\.0 %", shown)
    assert re.search(r"fiji-east +斐济东 +179\.90000, -16\.50000 +On foot · Electric", shown)
    assert (own_town.folder / network_name("walk")).is_file()
    shown = done(zh("network", own_town.folder, lines))
    assert re.search(r"路网 +步行 +电动车", shown)
    assert "附近没有道路的驿站" in shown
    assert "步行 · 电动车" in shown


def test_a_network_in_json(run: Run, own_town: Workspace) -> None:
    """Both reports and nothing else on stdout; speeds are taken over."""
    lines = write_streets(own_town.folder / "lines.geojson")
    words = ("--walk-speed", 1.1, "--ebike-speed", 5, "--json")
    found = json.loads(done(run("network", own_town.folder, lines, *words)))
    assert [one["mode"] for one in found["networks"]] == ["walk", "ebike"]
    assert found["unjoined"] == 0
    assert {"id": "fiji-east", "name": "斐济东", "lon": 179.9, "lat": -16.5} in found["networks"][
        0
    ]["off_streets"]
    walk, ebike = own_town.network("walk"), own_town.network("ebike")
    assert walk is not None
    assert ebike is not None
    assert (walk.speed_m_s, ebike.speed_m_s) == (1.1, 5)


def test_what_is_cut_off_and_what_is_not_joined_is_told(run: Run, tmp_path: Path) -> None:
    """Stations on another part, and crossings without a common point with the option for them."""
    lon, lat = at(500, 200)
    workspace = make(
        tmp_path / "ws",
        station("a", lon=at(0)[0], lat=at(0)[1]),
        station("b", lon=lon, lat=lat, name="孤岛驿站"),
    )
    long = [at(east) for east in range(0, 1001, 100)]
    lines = write_lines(
        tmp_path / "s.geojson", [long, [at(0), at(0, -90)], [at(550, -200), at(550, 250)]]
    )
    result = run("network", workspace.folder, lines)
    assert re.search(r"Stations cut off +1 +1", done(result))
    assert "孤岛驿站" in result.stdout
    assert "1 crossings have no point in common" in result.stderr
    assert "--join-crossings" in result.stderr
    result = run("network", workspace.folder, lines, "--join-crossings")
    assert re.search(r"Stations cut off +0 +0", done(result))
    assert result.stderr == ""


def test_a_long_list_is_cut(run: Run, tmp_path: Path) -> None:
    """Thirty by name, the others counted."""
    far = [station(f"s{i:02}", lon=at(0, 3000)[0], lat=at(0, 3000)[1]) for i in range(40)]
    workspace = make(tmp_path / "ws", station("a", lon=at(0)[0], lat=at(0)[1]), *far)
    lines = write_lines(tmp_path / "s.geojson", [[at(0), at(500)]])
    result = run("network", workspace.folder, lines)
    assert "s29" in done(result)
    assert "s30" not in result.stdout
    assert "10 more" in result.stderr


def test_bad_files_are_told_in_both_languages(run: Run, zh: Run, tmp_path: Path) -> None:
    """One line, and nothing is written."""
    workspace = make(tmp_path / "ws", station("a", lon=at(0)[0], lat=at(0)[1]))
    far = write_lines(tmp_path / "far.geojson", [[(116.4, 39.9), (116.5, 39.9)]])
    near = write_lines(tmp_path / "near.geojson", [[at(0), at(500)]])
    (tmp_path / "empty.osm.pbf").write_bytes(b"")
    (tmp_path / "x.txt").write_text("x")
    for words, english, chinese in (
        ((tmp_path / "no.pbf",), "there is no file", "没有文件"),
        ((tmp_path / "x.txt",), "x.txt is no file of streets", "x.txt 不是道路文件"),
        ((tmp_path / "empty.osm.pbf",), "empty.osm.pbf", "empty.osm.pbf"),
        ((far,), "nowhere near the stations", "不在驿站"),
        ((near, "--walk-speed", "nan"), "the speed for walk is nan", "walk 的速度是 nan"),
        ((near, "--ebike-speed", "0"), "the speed for ebike is 0", "ebike 的速度是 0"),
    ):
        refused(run("network", workspace.folder, *words), "Error: ", english)
        refused(zh("network", workspace.folder, *words), "错误：", chinese)
    assert workspace.network("walk") is None
    refused(run("network", tmp_path, near), "no workspace")


# --------------------------------------------------------------------------------------- nearest


def test_the_first_reached_in_json_is_what_the_api_answers(
    run: Run, street_town: Workspace
) -> None:
    """One function behind both."""
    query: dict[str, Any] = {"lon": 113.59, "lat": 34.8, "k": 4, "mode": "walk", "stay": 5}
    query |= {"open_at": FRIDAY.isoformat(), "max_minutes": 300}
    words = ["--by", "walk", "--open-at", query["open_at"], "--stay", 5, "--max-minutes", 300]
    mine = run("nearest", street_town.folder, 113.59, 34.8, "-k", 4, *words, "--json")
    client = create_app(street_town).test_client()
    theirs = client.get("/api/v1/nearest", query_string=query).get_json(force=True)
    assert json.loads(done(mine)) == theirs
    assert len(theirs["features"]) == 4


def test_the_first_reached_as_a_table(run: Run, zh: Run, street_town: Workspace) -> None:
    """Minutes, metres, the state on arrival; estimates are marked, and only they."""
    words = ("nearest", street_town.folder, 113.59, 34.8, "--open-at", FRIDAY.isoformat())
    shown = done(run(*words, "--by", "walk", "-k", 100))
    assert re.search(r"Time +Straight on +Station +On arrival +ID", shown)
    assert re.search(
        r"^ +12 min +915 m +机关驿站 +open, until 11-20 17:00 +office", shown, re.MULTILINE
    )
    assert re.search(r"about [\d]+ min .*斐济东", shown)
    shown = done(zh(*words, "--by", "ebike", "-k", 1))
    assert re.search(r"用时 +直线距离 +驿站 +到达时 +ID", shown)
    assert re.search(r"4 分钟 +915 m +机关驿站 +开放，至 11-20 17:00", shown)
    assert "约" not in shown
    none = run("nearest", street_town.folder, 113.59, 34.8, "--by", "walk", "--max-minutes", 0)
    assert "No station passes" in done(none)


def test_without_a_network_times_are_marked(run: Run, zh: Run, town: Workspace) -> None:
    """In the table, and in a note."""
    words = ("nearest", town.folder, 113.59, 34.8, "--by", "walk", "-k", 1)
    result = run(*words)
    assert re.search(r"about 16 min +915 m +机关驿站", done(result))
    assert "times are estimates" in result.stderr
    result = zh(*words)
    assert re.search(r"约 16 分钟 +915 m +机关驿站", done(result))
    assert "估计" in result.stderr


@pytest.mark.parametrize(
    ("words", "english", "chinese"),
    [
        (("--by", "car"), "--by 'car': use one of line, walk, ebike", "--by 'car'：可用 line"),
        (("--stay", 5), "--stay goes with --by walk, ebike", "--stay 只用于 --by walk"),
        (("--max-minutes", 5), "--max-minutes goes with --by", "--max-minutes 只用于 --by walk"),
        (("--by", "walk", "--stay", 5), "--stay goes with --open-at", "--stay 须与 --open-at 同用"),
    ],
)
def test_nearest_mistakes(
    run: Run, zh: Run, town: Workspace, words: tuple[object, ...], english: str, chinese: str
) -> None:
    """In both languages."""
    refused(run("nearest", town.folder, 113.6, 34.8, *words), english)
    refused(zh("nearest", town.folder, 113.6, 34.8, *words), chinese)


# ------------------------------------------------------------------- coverage, gaps, access, site


def test_coverage_says_how_it_was_measured(run: Run, zh: Run, street_town: Workspace) -> None:
    """The minutes, by how much the circle overstates, and who is near no street."""
    words = ("coverage", street_town.folder, "--by", "walk", "--minutes", 30)
    found = json.loads(done(run(*words, "--json")))
    assert (found["method"], found["minutes"]) == ("walk", 30)
    shown = done(run(*words))
    assert "Workers with a usable station within 30 minutes on foot: " in shown
    over = f"{100 * found['streets']['overstated']:.1f} %"
    assert f"The circle overstates by {over}" in shown
    stations = found["streets"]["stations_off_network"]
    assert f"0 workers, {stations} stations" in shown
    shown = done(zh(*words))
    assert "步行 30 分钟内有可用驿站的劳动者" in shown
    assert f"圆圈高估了 {over}" in shown
    assert f"驿站 {stations} 个" in shown
    assert "骑电动车 15 分钟内" in done(zh("coverage", street_town.folder, "--by", "ebike"))
    assert "overstates" not in done(run("coverage", street_town.folder))


def test_gaps_are_so_many_minutes_away(run: Run, street_town: Workspace) -> None:
    """As a table and as GeoJSON."""
    words = ("gaps", street_town.folder, "--by", "walk", "--minutes", 30, "--limit", 1)
    (feature,) = json.loads(done(run(*words, "--json")))["features"]
    shown = done(run(*words))
    assert feature["properties"]["name"] in shown
    assert re.search(r" \d+ min +113", shown)


def test_access_as_a_table_and_in_json(run: Run, zh: Run, street_town: Workspace) -> None:
    """The figures of the function behind it, and what was assumed."""
    words = ("access", street_town.folder, "--by", "ebike", "--minutes", 20)
    found = json.loads(done(run(*words, "--json")))
    reach = street_town.reach("ebike", minutes=20)
    assert found == measure_access(street_town, reach).to_dict("en")
    result = run(*words)
    assert f"{found['places_per_1000']:,.1f} places for 1,000 workers within 20 min" in done(result)
    assert re.search(r"Couriers +850 ", result.stdout)
    assert f"{found['stations']['capacity_unknown']} stations of unknown capacity" in result.stderr
    assert "are reached by no worker" in result.stderr
    result = zh(*words)
    assert "骑电动车 20 分钟内，每千名劳动者有" in done(result)
    assert "容纳人数不详" in result.stderr
    line = done(run("access", street_town.folder, "--radius", 3000))
    assert "within 3.0 km by straight line" in line


def test_access_knows_capacities(run: Run, tmp_path: Path) -> None:
    """With all of them on record nothing is assumed, and nothing said of it."""
    lon, lat = at(0)
    workspace = make(tmp_path / "ws", station("a", lon=lon, lat=lat, capacity=20))
    refused(run("access", workspace.folder), "yizhan demand")
    from geodata.demand import Demand

    workspace.set_demand(Demand.of_points([lon, lon + 1], [lat, lat], [100, 100]), [])
    result = run("access", workspace.folder)
    assert "100.0 places for 1,000 workers" in done(result)
    assert result.stderr == ""


@pytest.mark.parametrize("command", ["coverage", "gaps", "access", "site"])
def test_options_that_do_not_go_together(run: Run, zh: Run, town: Workspace, command: str) -> None:
    """In both languages; and without a network, the command that makes one."""
    words = (command, town.folder, *(("--new", 1) if command == "site" else ()))
    refused(run(*words, "--by", "bus"), "--by 'bus': use one of line, walk, ebike")
    refused(run(*words, "--minutes", 5), "--minutes goes with --by walk, ebike")
    refused(zh(*words, "--minutes", 5), "--minutes 只用于 --by walk, ebike")
    refused(run(*words, "--by", "walk", "--radius", 500), "--radius goes with --by line")
    refused(run(*words, "--by", "walk"), "no street network for walk", "`yizhan network`")
    refused(zh(*words, "--by", "ebike"), "还没有 ebike 的路网", "`yizhan network`")


@pytest.mark.parametrize(
    ("words", "english", "chinese"),
    [
        (("--new", 2), "raise coverage within 20 minutes on foot", "步行 20 分钟内的覆盖率从"),
        (
            ("--new", 2, "--problem", "pmedian"),
            r"the mean time is [\d.]+ min",
            r"平均用时 [\d.]+ 分钟",
        ),
        (("--new", 2, "--problem", "pcenter"), r"farther than [\d.,]+ min", r"最远 [\d.,]+ 分钟"),
        (("--problem", "redundancy"), "coverage within 20 minutes on foot goes", "步行 20 分钟内"),
    ],
)
def test_a_plan_in_minutes(
    run: Run,
    zh: Run,
    street_town: Workspace,
    tmp_path: Path,
    words: tuple[object, ...],
    english: str,
    chinese: str,
) -> None:
    """The sentence counts minutes; the plan says how it was measured."""
    shutil.copytree(street_town.folder, tmp_path / "own")
    ask = ("site", tmp_path / "own", "--by", "walk", "--minutes", 20, *words)
    plan = json.loads(done(run(*ask, "--json")))
    assert (plan["method"], plan["minutes"], plan["ask"]["mode"]) == ("walk", 20, "walk")
    assert (plan["ask"]["minutes"], plan["ask"]["radius_m"]) == (20, None)
    assert plan["radius_m"] == pytest.approx(20 * 60 * 1.3)
    assert re.search(english, done(run(*ask)))
    assert re.search(chinese, done(zh(*ask)))


def test_the_moment_of_a_stay_is_that_of_setting_out(run: Run, street_town: Workspace) -> None:
    """Twelve minutes to the office, which shuts at five."""
    moment = FRIDAY.replace(hour=16, minute=45).isoformat()
    words = ("nearest", street_town.folder, 113.59, 34.8, "--by", "walk", "--open-at", moment)
    first = json.loads(done(run(*words, "-k", 1, "--json")))["features"][0]
    assert first["id"] == "office"
    arrival = dt.datetime.fromisoformat(first["properties"]["arrive_at"])
    assert arrival.strftime("%H:%M") == "16:56"
    first = json.loads(done(run(*words, "-k", 1, "--stay", 5, "--json")))["features"][0]
    assert first["id"] != "office"
