"""The command `report`: which files it writes, what it refuses, and that Ctrl-C ends it."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from geodata.siting.search import interruptible
from stations.config import Config
from stations.files import write_durably
from stations.hours import BEIJING
from stations.workspace import Workspace
from tests.stations.report import worlds
from tests.webmap import report_samples
from tests.webmap.report_samples import DAY
from tests.webmap.town import write_streets
from webmap import cli
from webmap.render import pdf, report_files

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    Run = Callable[..., Result]

ON = ("--date", DAY.isoformat())
BRIEF = (*ON, "--sites", "0")
STAMP = DAY.isoformat()


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in this process, in English unless told otherwise."""
    monkeypatch.setenv("YIZHAN_LANG", "en")
    runner = CliRunner()
    return lambda *words, **options: runner.invoke(cli.app, list(map(str, words)), **options)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The town with a station that came in October and one that went; never written into."""
    return report_samples.edited_town(tmp_path_factory.mktemp("town") / "ws")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder that is not there yet."""
    return tmp_path / "written" / "here"


def done(result: Result) -> list[str]:
    """Names of the files that a command has written, as it prints them."""
    assert result.exit_code == 0, (result.output, result.exception)
    assert result.stderr == ""
    paths = [Path(line) for line in result.stdout.splitlines()]
    assert all(path.is_file() for path in paths)
    return [path.name for path in paths]


def refused(result: Result, *words: str) -> None:
    """Exit code 2, one line on stderr that names the thing, nothing on stdout."""
    assert result.exit_code == 2, (result.output, result.exception)
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1, result.stderr
    for word in words:
        assert word in result.stderr


def figures(folder: Path) -> dict[str, Any]:
    """The figures of the one report that is in a folder as JSON."""
    (path,) = folder.glob("*.json")
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found


# ------------------------------------------------------------------------------------- the files


@pytest.mark.slow
def test_it_writes_html_pdf_and_workbook(run: Run, town: Workspace, out: Path) -> None:
    """One of each, in the language of the workspace, named after the day; each what it says."""
    result = run("report", town.folder, *BRIEF, "--out", out)
    if result.exit_code == 1:
        pytest.skip(result.stderr)
    assert done(result) == [f"coverage-{STAMP}.zh.{form}" for form in ("html", "pdf", "xlsx")]
    starts = {path.suffix: path.read_bytes()[:8] for path in out.iterdir()}
    assert starts[".html"].startswith(b"<!doctyp")
    assert starts[".pdf"].startswith(b"%PDF-1.")
    assert starts[".xlsx"].startswith(b"PK\x03\x04")


def test_figures_are_those_of_the_report(run: Run, town: Workspace, out: Path) -> None:
    """JSON holds every figure, and its name no language."""
    assert done(run("report", town.folder, *BRIEF, "--format", "json", "--out", out)) == [
        f"coverage-{STAMP}.json"
    ]
    expected = report_samples.report(town).to_dict()
    assert figures(out) == json.loads(json.dumps(expected, default=str))


def test_reports_go_into_the_workspace_by_default(run: Run, tmp_path: Path) -> None:
    """Into its folder `reports`, which is made; what was there with the same name is replaced."""
    folder = worlds.make_town(tmp_path / "ws").folder
    for _ in range(2):
        done(run("report", folder, *BRIEF, "--format", "json"))
    assert [path.name for path in (folder / "reports").iterdir()] == [f"coverage-{STAMP}.json"]


@pytest.mark.parametrize("name", ["410108", "惠济区"])
def test_a_district_is_found_by_code_and_by_name(
    run: Run, town: Workspace, out: Path, name: str
) -> None:
    """The file is named after its code."""
    found = done(
        run("report", town.folder, *BRIEF, "--adcode", name, "--format", "json", "--out", out)
    )
    assert found == [f"coverage-410108-{STAMP}.json"]
    assert figures(out)["area"] == {"zh": "惠济区", "en": "Huiji"}


@pytest.mark.parametrize("text", ["2026Q2", "2026年第2季度", "2026q2"])
def test_a_quarter_is_compared_with_its_beginning(
    run: Run, town: Workspace, out: Path, text: str
) -> None:
    """However it is written; the figures are of its last day."""
    done(
        run("report", town.folder, "--quarter", text, "--sites", "0", "--format", "json",
            "--out", out)
    )  # fmt: skip
    found = figures(out)
    assert (found["quarter"], found["day"], found["complete"]) == ("2026Q2", "2026-06-30", True)
    assert found["change"]["day"] == "2026-04-01"
    assert (out / "coverage-2026Q2.json").is_file()


def test_changes_since_a_revision(run: Run, town: Workspace, out: Path) -> None:
    """What came and what went; none are told of unless they are asked for."""
    words = ("report", town.folder, *BRIEF, "--format", "json", "--out", out)
    done(run(*words))
    assert figures(out)["change"] is None
    done(run(*words, "--since", "1"))
    change = figures(out)["change"]
    assert (change["added_names"], change["removed_names"]) == (["新来的驿站"], ["通宵驿站"])
    done(run(*words, "--since", "0"))
    assert figures(out)["change"]["before"] is None


def test_today_is_the_day_of_a_report(run: Run, town: Workspace, out: Path) -> None:
    """Where none is given, in China."""
    before = dt.datetime.now(BEIJING).date()
    done(run("report", town.folder, "--sites", "0", "--format", "json", "--out", out))
    after = dt.datetime.now(BEIJING).date()
    assert dt.date.fromisoformat(figures(out)["day"]) in {before, after}


def test_as_many_sites_as_are_asked_for(run: Run, tmp_path: Path, out: Path) -> None:
    """Five unless told otherwise; none, and no section of them, for 0."""
    folder = worlds.make_city(tmp_path / "ws").folder
    words = ("report", folder, *ON, "--format", "json,html", "--lang", "en", "--out", out)
    for asked, count in (((), 5), (("--sites", "2"), 2), (("--sites", "0"), 0)):
        done(run(*words, *asked))
        assert len(figures(out)["sites"]["rows"]) == count
        page = (out / f"coverage-{STAMP}.en.html").read_text("utf-8")
        assert ("Recommended new stations" in page) == bool(count)


def test_a_hot_day_by_its_maximum_or_by_the_hour(
    run: Run, town: Workspace, tmp_path: Path, out: Path
) -> None:
    """37 stands for the usual hot hours; a sheet says which they were."""
    words = ("report", town.folder, *BRIEF, "--format", "json", "--out", out)
    done(run(*words))
    assert figures(out)["heat"] is None
    done(run(*words, "--heat", "37"))
    heat = figures(out)["heat"]
    assert (heat["max_c"], heat["assumed_hours"]) == (37.0, True)
    assert [row["hour"] for row in heat["hours"]] == list(range(11, 18))
    sheet = tmp_path / "hot.csv"
    rows = "".join(f"2026-07-20 {hour}:00,{30 + hour % 12}\n" for hour in range(24))
    sheet.write_text(f"时间,气温\n{rows}", "utf-8")
    done(run(*words, "--heat", sheet))
    heat = figures(out)["heat"]
    assert (heat["max_c"], heat["assumed_hours"], heat["day"]) == (41.0, False, "2026-07-20")
    assert [row["hour"] for row in heat["hours"]] == [*range(5, 12), *range(17, 24)]


def test_reach_is_as_for_coverage(run: Run, town: Workspace, out: Path, tmp_path: Path) -> None:
    """Metres by straight line; minutes along streets."""
    words = ("--sites", "0", "--format", "json", "--out", out)
    done(run("report", town.folder, *ON, *words, "--radius", "5000"))
    assert figures(out)["reference"]["radius_m"] == 5000
    made = report_samples.always(tmp_path / "ws")
    report_samples.make_networks(made, write_streets(tmp_path / "lines.geojson"))
    done(run("report", made.folder, *ON, *words, "--by", "walk", "--minutes", "20"))
    reference = figures(out)["reference"]
    assert (reference["method"], reference["minutes"]) == ("walk", 20)


@pytest.mark.parametrize(
    ("lang", "form", "names"),
    [
        ("zh,en", "html,json", ["json", "en.html", "zh.html"]),
        ("en", "html", ["en.html"]),
        (" en , zh ", " json , html ", ["json", "en.html", "zh.html"]),
        ("zh,zh", "html,html", ["zh.html"]),
        ("zh,en", "xlsx", ["en.xlsx", "zh.xlsx"]),
    ],
)
def test_languages_and_formats_are_lists(
    run: Run, town: Workspace, out: Path, lang: str, form: str, names: list[str]
) -> None:
    """Each format in each language, once; figures are the same in all of them."""
    words = ("--lang", lang, "--format", form, "--out", out)
    assert done(run("report", town.folder, *BRIEF, *words)) == sorted(
        f"coverage-{STAMP}.{name}" for name in names
    )
    for path in out.glob("*.html"):
        code = "en" if path.name.endswith(".en.html") else "zh-Hans"
        assert f'<html lang="{code}">' in path.read_text("utf-8")


def test_the_language_is_the_workspaces_unless_told(run: Run, tmp_path: Path, out: Path) -> None:
    """Not that of the terminal: a report is for others."""
    folder = worlds.make_town(tmp_path / "ws", language="en").folder
    words = ("report", folder, *BRIEF, "--format", "html", "--out", out)
    assert done(run(*words, env={"YIZHAN_LANG": "zh"})) == [f"coverage-{STAMP}.en.html"]


@pytest.mark.slow
def test_all_makes_one_for_each_district_and_the_whole(
    run: Run, town: Workspace, tmp_path: Path
) -> None:
    """Made side by side in processes of their own; the bytes are those of each made alone."""
    words = ("report", town.folder, *ON, "--sites", "1", "--format", "html,json,xlsx", "--out")
    together, alone = tmp_path / "together", tmp_path / "alone"
    names = done(run(*words, together, "--all"))
    areas = ("", "-410108", "-410122")
    forms = ("json", "zh.html", "zh.xlsx")
    assert names == sorted(f"coverage{a}-{STAMP}.{form}" for a in areas for form in forms)
    for area in (None, "410108", "410122"):
        done(run(*words, alone, *(() if area is None else ("--adcode", area))))
    for name in names:
        assert (together / name).read_bytes() == (alone / name).read_bytes(), name


# ------------------------------------------------------------------------------------ the errors


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--adcode", "999999"), ("999999", "410108 惠济区")),
        (("--adcode", "火星区"), ("火星区", "410122")),
        (("--adcode", "410108", "--all"), ("--adcode", "--all", "not both")),
        (("--quarter", "2026Q5"), ("2026Q5", "2026Q3")),
        (("--quarter", "third"), ("third", "2026Q3")),
        (("--quarter", "2099Q1"), ("2099Q1", "future")),
        (("--date", "2099-01-01"), ("2099-01-01", "future")),
        (("--date", "tomorrow"), ("--date", "tomorrow", "2026-11-30")),
        (("--date", "2026-02-30"), ("--date", "2026-02-30")),
        (("--quarter", "2026Q2", "--date", "2026-05-01"), ("day", "quarter", "not both")),
        (("--quarter", "2026Q2", "--since", "1"), ("quarter", "revision")),
        ((*ON, "--since", "99"), ("99", "2")),
        (("--format", "docx"), ("--format", "docx", "html, pdf, xlsx, json")),
        (("--format", "html,odt"), ("--format", "odt")),
        (("--format", ","), ("--format", "html")),
        (("--lang", "fr"), ("--lang", "fr", "zh, en")),
        (("--lang", ""), ("--lang", "zh, en")),
        (("--heat", "20"), ("20", "35")),
        (("--heat", "nan"), ("nan", "35")),
        (("--heat", "61"), ("61", "60")),
        (("--heat", "none.csv"), ("none.csv",)),
        (("--by", "car"), ("--by", "car", "walk")),
        (("--by", "walk"), ("walk", "yizhan network")),
        (("--by", "walk", "--radius", "500"), ("--radius", "line")),
        (("--minutes", "5"), ("--minutes", "walk")),
    ],
)
def test_what_does_not_fit_is_named(
    run: Run, town: Workspace, out: Path, words: tuple[str, ...], said: tuple[str, ...]
) -> None:
    """One line with the value and what would do, in either language; nothing is written."""
    result = run("report", town.folder, "--sites", "0", *words, "--out", out)
    refused(result, *said)
    assert result.stderr.startswith("Error: ")
    chinese = run("report", town.folder, *words, "--out", out, env={"YIZHAN_LANG": "zh"})
    refused(chinese, "错误：")
    assert re.search(r"[\u4e00-\u9fff]", chinese.stderr.removeprefix("错误："))
    assert not out.exists()


@pytest.mark.parametrize(
    "words", [("--sites", "101"), ("--sites", "-1"), ("--since", "-1"), ("--radius", "0")]
)
def test_numbers_have_bounds(run: Run, town: Workspace, words: tuple[str, ...]) -> None:
    """The option is named."""
    result = run("report", town.folder, *words)
    assert result.exit_code == 2
    assert words[0] in result.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hour,temperature\n10,30\n", "no hour reaches 35"),
        ("hour,temperature\n2:00 PM,36\n", "row 2"),
        ("hour,temperature\n25,36\n", "row 2"),
        ("a,b\n1,2\n", "time"),
        ("", "hot.csv"),
    ],
)
def test_a_sheet_of_temperatures_that_cannot_be_used(
    run: Run, town: Workspace, tmp_path: Path, text: str, said: str
) -> None:
    """The file, the row and what is expected."""
    sheet = tmp_path / "hot.csv"
    sheet.write_text(text, "utf-8")
    refused(run("report", town.folder, *BRIEF, "--heat", sheet), "hot.csv", said)


def test_what_a_report_needs_is_asked_for(run: Run, tmp_path: Path) -> None:
    """A workspace, workers, and districts for --all."""
    refused(run("report", tmp_path / "none"), "is no workspace", "yizhan init")
    new = Workspace.create(tmp_path / "new", config=Config()).folder
    refused(run("report", new), "no demand", "yizhan demand")
    made = report_samples.without_districts(tmp_path / "ws").folder
    refused(run("report", made, *BRIEF, "--all"), "--all", "districts", "yizhan init")
    refused(run("report", made, *BRIEF, "--adcode", "410108"), "district")


@pytest.mark.slow
def test_a_fault_in_one_of_many_is_told_as_of_one(run: Run, town: Workspace, out: Path) -> None:
    """An error comes back from the process it happened in, with its words in Chinese too."""
    words = ("report", town.folder, *BRIEF, "--since", "99", "--all", "--out", out)
    refused(run(*words, env={"YIZHAN_LANG": "zh"}), "修订 99 晚于")
    assert not out.exists()


def test_a_folder_that_takes_no_file(run: Run, town: Workspace, tmp_path: Path) -> None:
    """It is named."""
    file = tmp_path / "file"
    file.write_text("mine", "utf-8")
    words = ("report", town.folder, *BRIEF, "--format", "json", "--out")
    refused(run(*words, file), "file")
    refused(run(*words, file / "below"), "file")
    assert file.read_text("utf-8") == "mine"


def test_a_disk_that_is_full(
    run: Run, town: Workspace, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line; no half of a file is left."""

    def failing(_: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("stations.files.os.fsync", failing)
    words = ("report", town.folder, *BRIEF, "--format", "json", "--out", out)
    refused(run(*words), "No space left")
    assert list(out.iterdir()) == []


@pytest.mark.parametrize(
    ("lack", "package"), [("pango", "libpango-1.0-0"), ("font", "fonts-noto-cjk")]
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_without_pango_or_a_font_the_others_are_written(
    run: Run,
    town: Workspace,
    out: Path,
    monkeypatch: pytest.MonkeyPatch,
    lack: str,
    package: str,
    lang: str,
) -> None:
    """HTML and workbook are there, a note names the package, and the exit code is 1."""
    if lack == "pango":

        def missing() -> Any:
            raise pdf.PdfUnavailableError(*_error_of_pango())

        monkeypatch.setattr(pdf, "_weasyprint", missing)
    else:
        monkeypatch.setattr(pdf, "_chinese_fonts", lambda: 0)
    result = run("report", town.folder, *BRIEF, "--out", out, env={"YIZHAN_LANG": lang})
    assert result.exit_code == 1, result.output
    assert [Path(line).name for line in result.stdout.splitlines()] == [
        f"coverage-{STAMP}.zh.html",
        f"coverage-{STAMP}.zh.xlsx",
    ]
    assert sorted(path.suffix for path in out.iterdir()) == [".html", ".xlsx"]
    start = "No PDF was written: " if lang == "en" else "没有写 PDF："
    assert result.stderr.startswith(start)
    assert result.stderr.count("\n") == 1
    assert f"apt-get install {package}" in result.stderr


def _error_of_pango() -> tuple[str, str]:
    packages = f"apt-get install {pdf._PANGO_PACKAGES}"
    return f"PDF needs Pango: {packages}", f"生成 PDF 需要 Pango：{packages}"


# --------------------------------------------------------------------------------- interruptions


def test_an_interrupt_ends_it(
    run: Run, town: Workspace, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A word, exit code 130, and no file."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(report_files, "make_report", interrupted)
    result = run("report", town.folder, *BRIEF, "--out", out)
    assert (result.exit_code, result.stderr) == (130, "Interrupted.\n")
    assert not out.exists()


def test_an_interrupt_ends_the_search_for_sites_too(
    run: Run, town: Workspace, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The solver would go on with its best sites so far, as for `yizhan site`; a report ends."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        pytest.skip("runs in the background, where interrupts are ignored")
    before = signal.getsignal(signal.SIGINT)

    def searched(*_: object, **__: object) -> None:
        with interruptible(threading.Event()):
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("stations.report.places.propose", searched)
    result = run("report", town.folder, *ON, "--sites", "3", "--format", "json", "--out", out)
    assert (result.exit_code, result.stderr) == (130, "Interrupted.\n")
    assert not out.exists()
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.slow
@pytest.mark.parametrize("to_all", [True, False])
def test_an_interrupt_ends_all_of_many(town: Workspace, tmp_path: Path, *, to_all: bool) -> None:
    """Of a terminal, which every process hears, or of a program, which one does: a word, 130."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        pytest.skip("runs in the background, where interrupts are ignored")
    folder = Path(shutil.copytree(town.folder, tmp_path / "ws"))
    history = folder / "history.jsonl"
    history.unlink()
    # Its readers, the processes that make the reports, wait here for what will never come.
    os.mkfifo(history)
    words = ["report", folder, *BRIEF, "--since", "1", "--all", "--format", "json"]
    started = subprocess.Popen(
        [sys.executable, "-m", "webmap", *map(str, words)],
        env={**os.environ, "YIZHAN_LANG": "en"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    writer = None
    while writer is None:
        try:
            writer = os.open(history, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            assert started.poll() is None, started.communicate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                started.wait(0.02)
    if to_all:
        os.killpg(started.pid, signal.SIGINT)
    else:
        started.send_signal(signal.SIGINT)
    said = started.communicate(timeout=60)
    os.close(writer)
    assert (started.returncode, said) == (130, ("", "Interrupted.\n"))
    assert not (folder / "reports").exists()


def test_a_report_is_written_as_a_whole(
    town: Workspace, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As every file of ours: never half of one under its name."""
    written = []

    def noted(path: Path, data: bytes) -> None:
        written.append(path)
        write_durably(path, data)

    monkeypatch.setattr(report_files, "write_durably", noted)
    done_ = report_files.write_report(
        town.folder,
        report_files.ReportAsk(day=DAY, sites=0),
        forms=("html", "json"),
        langs=("zh", "en"),
        out=out,
    )
    assert done_.paths == tuple(written)
    assert done_.without_pdf is None
    assert [path.name for path in written] == [
        f"coverage-{STAMP}.zh.html",
        f"coverage-{STAMP}.en.html",
        f"coverage-{STAMP}.json",
    ]
