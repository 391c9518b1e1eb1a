"""The command `site`: what it prints and keeps, its exit codes, and Ctrl-C."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest
from typer.testing import CliRunner

from geodata.demand import Demand
from stations.plans import PlanStore
from tests.webmap.town import make_town
from webmap import cli

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from stations.workspace import Workspace

    Run = Callable[..., Result]

SHEET = (
    "编码,名称,经度,纬度,容纳人数,造价\na,甲铺,113.50,34.70,9,9000\nb,乙铺,113.85,34.65,9,5000\n"
)


@pytest.fixture
def town(tmp_path: Path) -> Workspace:
    """A town of this test's own, for its plans."""
    return make_town(tmp_path / "town")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, town: Workspace) -> Run:
    """Run `site` on the town, in English unless told otherwise."""
    monkeypatch.setenv("YIZHAN_LANG", "en")
    runner = CliRunner()
    return lambda *words, **options: runner.invoke(
        cli.app, ["site", str(town.folder), "--radius", "5000", *map(str, words)], **options
    )


@pytest.fixture
def venues(tmp_path: Path) -> Path:
    """A sheet of two candidates."""
    path = tmp_path / "venues.csv"
    path.write_text(SHEET, "utf-8")
    return path


def refused(result: Result, *words: str) -> None:
    """Exit code 2, one line on stderr, nothing on stdout."""
    assert result.exit_code == 2, (result.output, result.exception)
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1, result.stderr
    for word in words:
        assert word in result.stderr


def test_the_sentence_comes_first(run: Run, town: Workspace) -> None:
    """How far coverage rises and how good that is proved to be; then a row a station."""
    result = run("--new", 3, "--max-gap", 0)
    assert result.exit_code == 0, result.output
    first, _, header, *rows = result.stdout.splitlines()
    assert first.startswith("3 new stations raise coverage within 5.0 km from ")
    assert first.endswith("no plan is better (proved).")
    assert header.split()[:4] == ["#", "Site", "District", "Gain"]
    assert [row.split()[0] for row in rows] == ["1", "2", "3"]
    (plan,) = PlanStore(town.folder).list()
    assert plan["id"] in result.stderr
    assert (plan["new"], plan["sites"]) == (3, 3)


def test_the_curve_is_a_table_more(run: Run) -> None:
    """A row for each number of new stations."""
    lines = run("--new", 3, "--curve").stdout.splitlines()
    at = next(i for i, line in enumerate(lines) if "At most" in line)
    assert [line.split()[0] for line in lines[at + 1 :]] == ["0", "1", "2", "3"]


def test_in_chinese(run: Run) -> None:
    """Sentence, header and notes."""
    result = run("--new", 1, "--district", "东区", env={"YIZHAN_LANG": "zh"})
    assert result.stdout.startswith("东区：新建 1 个驿站，5.0 km 内的覆盖率从 ")
    assert "新增覆盖" in result.stdout
    assert "方案已存为" in result.stderr


def test_json_is_the_plan_that_is_kept(run: Run, town: Workspace) -> None:
    """Nothing else on stdout."""
    found = json.loads(run("--new", 2, "--json").stdout)
    assert {"problem", "status", "objective", "bound", "gap", "seconds", "sites"} <= found.keys()
    assert {"id", "lon", "lat", "name", "gain", "exclusive"} <= found["sites"][0].keys()
    assert PlanStore(town.folder).read(found["id"])["plan"] == found


def test_the_plan_as_a_layer(run: Run, tmp_path: Path) -> None:
    """GeoJSON with the stations and the areas."""
    assert run("--new", 2, "--out", tmp_path / "plan.geojson").exit_code == 0
    layer = json.loads((tmp_path / "plan.geojson").read_bytes())
    kinds = [feature["properties"]["kind"] for feature in layer["features"]]
    assert kinds.count("site") == 2
    assert "uncovered" in kinds


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--problem", "lscp", "--share", 0.5), "new station"),
        (("--problem", "backup", "--new", 2, "--second", 0.3), "the objective is"),
        (("--problem", "pmedian", "--new", 2), "the mean distance is"),
        (("--problem", "pcenter", "--new", 2), "nobody is farther than"),
        (("--problem", "redundancy", "--share", 0.9), "stations can close"),
        (("--new", 2, "--close", 1), "3 new stations raise"),
        (("--new", 2, "--worth", "rider=2", "--spacing", 3000), "new stations raise"),
        (("--new", 2, "--group", "rider", "--candidates", "squares"), "new stations raise"),
    ],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_problem_has_its_sentence(
    run: Run, words: tuple[object, ...], said: str, lang: str
) -> None:
    """In both languages."""
    result = run(*words, env={"YIZHAN_LANG": lang})
    assert result.exit_code == 0, (result.output, result.exception)
    assert (said in result.stdout) == (lang == "en")
    assert ("驿站" in result.stdout.splitlines()[0]) == (lang == "zh")


def test_candidates_and_quotas_from_files(run: Run, venues: Path, tmp_path: Path) -> None:
    """Names from the sheet; a budget by its costs; quotas by name."""
    options = ("--candidates", venues, "--datum", "wgs84")
    assert "乙铺" in run(*options, "--budget", 6000).stdout
    quotas = tmp_path / "quotas.csv"
    quotas.write_text("区县,至多\n西区,0\n", "utf-8")
    result = run(*options, "--new", 1, "--per-district", quotas)
    assert "甲铺" in result.stdout
    assert "乙铺" not in result.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), ("new: say how many",)),
        (("--new", 0), ("new is 0",)),
        (("--new", 3, "--problem", "best"), ("problem is 'best'",)),
        (("--new", 3, "--share", 0.5), ("share does not go with the problem mclp",)),
        (("--new", 3, "--worth", "rider"), ("--worth 'rider'",)),
        (("--new", 3, "--worth", "cook=2"), ("no worker group 'cook'",)),
        (("--new", 3, "--district", "999999"), ("no district '999999'",)),
        (("--new", 3, "--candidates", "none.csv"), ("no file of candidates none.csv",)),
        (("--new", 3, "--candidates", "streets"), ("no street network", "yizhan network")),
        (("--new", 3, "--exclude", "none.gpkg"), ("no file none.gpkg",)),
        (("--new", 3, "--per-district", "none.csv"), ("none.csv",)),
        (("--new", 3, "--budget", 5), ("cost of candidate",)),
        (("--new", 99_999), ("99999 new sites are asked for", "ask for fewer")),
    ],
)
def test_bad_use_is_told_in_a_line(
    run: Run, town: Workspace, words: tuple[object, ...], said: tuple[str, ...]
) -> None:
    """Exit code 2, and no plan is kept."""
    refused(run(*words), *said)
    assert PlanStore(town.folder).list() == []


def test_what_cannot_be_is_said_in_chinese(run: Run) -> None:
    """As all that a siting refuses."""
    refused(run("--new", 99_999, env={"YIZHAN_LANG": "zh"}), "要求新建 99999 个站点，但只有")


def test_ctrl_c_takes_the_best_plan_so_far(town: Workspace) -> None:
    """It is printed, kept and called interrupted; exit code 0. Progress is shown on stderr."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        pytest.skip("runs in the background, where interrupts are ignored")
    draw = np.random.default_rng(1)
    lon, lat = 113.4 + draw.random(3000) * 0.5, 34.6 + draw.random(3000) * 0.3
    town.set_demand(Demand.of_points(lon, lat, draw.integers(1, 1000, 3000)), [])
    near, far = pty.openpty()
    words = ["site", str(town.folder), "--new", "60", "--radius", "2500", "--max-gap", "0"]
    command = subprocess.Popen(
        [sys.executable, "-m", "webmap", *words, "--json"],
        stdout=subprocess.PIPE,
        stderr=far,
        env={**os.environ, "YIZHAN_LANG": "en", "TERM": "xterm"},
    )
    assert command.stdout is not None
    os.close(far)
    shown: list[bytes] = []
    proving = threading.Event()

    def watch() -> None:
        # To the end: a terminal that nobody reads from stops the command.
        with contextlib.suppress(OSError):
            while piece := os.read(near, 65536):
                shown.append(piece)
                if b"bound" in b"".join(shown):
                    proving.set()

    watcher = threading.Thread(target=watch)
    watcher.start()
    assert proving.wait(180), b"".join(shown)
    command.send_signal(signal.SIGINT)
    with command.stdout:
        plan = json.loads(command.stdout.read())
    assert command.wait() == 0
    watcher.join()
    os.close(near)
    assert plan["status"] == "interrupted"
    assert plan["bound"] > plan["objective"] > plan["covered_before"]
    assert PlanStore(town.folder).read(plan["id"])["plan"] == plan
