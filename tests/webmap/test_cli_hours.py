"""The command `hours`: what it keeps and prints, and that a bad sheet changes nothing."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from stations.config import Config
from stations.workspace import Workspace
from webmap import cli

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Run = Callable[..., Result]

HEADER = f"群体,日,{','.join(f'{hour}时' for hour in range(24))}\n"
NOON = ",".join("85%" if hour == 12 else "5%" for hour in range(24))
SHEET = f"{HEADER}外卖骑手,每天{',10%' * 24}\n外卖骑手,周五,{NOON}\n"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in this process, in English unless told otherwise."""
    monkeypatch.setenv("YIZHAN_LANG", "en")
    runner = CliRunner()
    return lambda *words, **options: runner.invoke(cli.app, list(map(str, words)), **options)


@pytest.fixture
def folder(town: Workspace, tmp_path: Path) -> Path:
    """A town of one's own, with couriers and riders."""
    return shutil.copytree(town.folder, tmp_path / "own")


@pytest.fixture
def sheet(tmp_path: Path) -> Callable[[str], Path]:
    """Write a sheet."""

    def write(text: str) -> Path:
        path = tmp_path / "hours.csv"
        path.write_text(text, "utf-8")
        return path

    return write


def test_hours_are_kept_and_told(run: Run, folder: Path, sheet: Callable[[str], Path]) -> None:
    """A line for each group that the sheet names; the others are said to be unchanged."""
    result = run("hours", folder, sheet(SHEET))
    assert result.exit_code == 0, result.output
    assert result.stdout == (
        "Riders: 9.8 % at work on average, most on Fri at 12:00, 85.0 %; holidays as on Sundays\n"
    )
    assert "read as per cent" in result.stderr
    assert "Not in it, unchanged: Couriers" in result.stderr
    workspace = Workspace(folder)
    demand = workspace.known_demand()
    assert demand.profile is not None
    assert demand.profile[:, 4 * 24 + 12].tolist() == [1, 0.85]
    assert demand.holiday is None
    assert [source.group for source in workspace.demand_sources] == ["courier", "rider"]


def test_hours_in_chinese(run: Run, folder: Path, sheet: Callable[[str], Path]) -> None:
    """With holidays of their own; a sheet of shares for everybody needs no notes."""
    text = HEADER + "全部,每天" + ",0.5" * 24 + "\n全部,节假日" + ",0.1" * 24 + "\n"
    result = run("hours", folder, sheet(text), env={"YIZHAN_LANG": "zh"})
    assert result.stdout == (
        "快递员：平均 50.0 % 在岗，最多是周一 0 时 50.0 %；节假日另给\n"
        "外卖骑手：平均 50.0 % 在岗，最多是周一 0 时 50.0 %；节假日另给\n"
    )
    assert result.stderr == ""
    holiday = Workspace(folder).known_demand().holiday
    assert holiday is not None
    assert (holiday == 0.1).all()


def test_hours_in_json(run: Run, folder: Path, sheet: Callable[[str], Path]) -> None:
    """The same figures; the peak is an hour of the week from Monday 00:00."""
    result = run("hours", folder, sheet(SHEET), "--json")
    assert json.loads(result.stdout) == {
        "per_cent": True,
        "groups": [
            {
                "group": "rider",
                "mean": pytest.approx((144 * 0.1 + 23 * 0.05 + 0.85) / 168),
                "peak_hour": 108,
                "peak_share": 0.85,
                "own_holiday": False,
            }
        ],
        "unchanged": ["courier"],
    }
    assert result.stderr == ""


@pytest.mark.parametrize(
    ("text", "word", "chinese"),
    [
        (SHEET.replace("外卖骑手", "环卫工"), "no group sanitation", "快递员、外卖骑手"),
        (SHEET.replace("每天", "周末"), "Mon, Tue, Wed, Thu:", "周一、周二、周三、周四"),
        (SHEET.replace("85%", "185%"), "row 3: 185 % in '12时'", "第 3 行“12时”列"),
    ],
)
def test_a_bad_sheet_changes_nothing(
    run: Run, folder: Path, sheet: Callable[[str], Path], text: str, word: str, chinese: str
) -> None:
    """Exit code 2 and one line, in the language of the terminal."""
    before = {path.name: path.read_bytes() for path in folder.glob("demand.*")}
    path = sheet(text)
    result = run("hours", folder, path)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert word in result.stderr
    assert chinese in run("hours", folder, path, env={"YIZHAN_LANG": "zh"}).stderr
    assert {path.name: path.read_bytes() for path in folder.glob("demand.*")} == before


def test_hours_need_demand(run: Run, tmp_path: Path, sheet: Callable[[str], Path]) -> None:
    """Whose hours would they be? The command that gives it is named."""
    new = Workspace.create(tmp_path / "new", config=Config()).folder
    result = run("hours", new, sheet(SHEET))
    assert result.exit_code == 2
    assert "`yizhan demand`" in result.stderr
