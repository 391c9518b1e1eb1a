"""The office's commands: what is to be done, one of them, answering, closing."""

from __future__ import annotations

import datetime as dt
import getpass
import json
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from stations.ledger import Ledger, new_report, new_suggestion
from webmap import cli

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    from stations.ledger import Entry
    from stations.workspace import Workspace

    Run = Callable[..., Result]

NOW = dt.datetime.now(dt.UTC)
HOSTILE = "\u202e<b>[red]锁着[/red]</b>\nsecond line =1+1"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, own_town: Workspace) -> Run:
    """Run a command of the ledger on the town, in English unless told otherwise."""
    monkeypatch.setenv("YIZHAN_LANG", "en")
    runner = CliRunner()
    return lambda word, *words, **options: runner.invoke(
        cli.app, ["ledger", word, str(own_town.folder), *map(str, words)], **options
    )


@pytest.fixture
def ledger(own_town: Workspace) -> Ledger:
    """The ledger of the town."""
    return Ledger(own_town.folder)


@pytest.fixture
def entries(own_town: Workspace, ledger: Ledger) -> list[Entry]:
    """Two people at the office, one at the bank long ago, and a suggestion; one is closed."""
    office, bank = map(own_town.registry.get, ("office", "bank-西"))

    def ago(hours: float) -> dt.datetime:
        return NOW - dt.timedelta(hours=hours)

    made = [
        new_report(bank, "broken", facilities=("microwave", "wifi"), at=ago(1000)),
        new_report(office, "locked", text=HOSTILE, at=ago(4)),
        new_report(office, "locked", at=ago(3)),
        new_report(office, "hours", text="x" * 500, at=ago(2)),
        new_suggestion(113.6, 34.8, text="这里", at=ago(1)),
    ]
    for number, entry in enumerate(made):
        photo = b"jpeg" if number == 1 else None
        ledger.file(entry, source=f"SOURCE-{number}", request=f"REQUEST-{number}", photo=photo)
    ledger.answer(made[3].id, who="WHO", text="查过了", state="rejected")
    return made


def refused(result: Result, *words: str) -> None:
    """Exit code 2, one line on stderr, nothing on stdout."""
    assert result.exit_code == 2, (result.output, result.exception)
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1, result.stderr
    for word in words:
        assert word in result.stderr


def listed(run: Run, *words: object) -> list[str]:
    """Ids that are listed, in their order."""
    found: dict[str, Any] = json.loads(run("list", *words, "--json").stdout)
    return [entry["id"] for entry in found["entries"]]


def test_what_is_open_is_listed_the_newest_first(run: Run, entries: list[Entry]) -> None:
    """A row each, with how many people say the same."""
    result = run("list")
    assert result.exit_code == 0, result.output
    header, *rows = result.stdout.splitlines()
    assert header.split()[:3] == ["Number", "When", "State"]
    assert [row.split()[0] for row in rows] == [entries[i].id for i in (4, 2, 1, 0)]
    assert [row.split()[-1] for row in rows] == ["1", "2", "2", "1"]
    assert "Equipment broken; Microwave, Wi-Fi" in rows[3]
    assert "113.60000, 34.80000" in rows[0]


def test_what_is_listed_can_be_chosen(run: Run, entries: list[Entry]) -> None:
    """By state, kind, station and problem, and how many."""
    ids = [entry.id for entry in entries]
    assert listed(run) == [ids[4], ids[2], ids[1], ids[0]]
    assert listed(run, "--state", "all") == ids[::-1]
    assert listed(run, "--state", "rejected") == [ids[3]]
    assert listed(run, "--kind", "suggestion") == [ids[4]]
    assert listed(run, "--station", "bank-西") == [ids[0]]
    assert listed(run, "--problem", "locked", "--limit", 1) == [ids[2]]
    assert listed(run, "--station", "atlantis") == []
    assert "3 more" in run("list", "--limit", 1).stderr
    assert run("list", "--station", "atlantis").stdout == "There are none.\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--state", "lost"], "--state 'lost'"),
        (["--kind", "rumour"], "--kind 'rumour'"),
        (["--problem", "haunted"], "--problem 'haunted'"),
    ],
)
def test_words_that_nothing_has_are_named(run: Run, words: list[str], said: str) -> None:
    """With those there are, in both languages."""
    refused(run("list", *words), said, "use ")
    refused(run("list", *words, env={"YIZHAN_LANG": "zh"}), said, "可用")


def test_json_holds_nothing_private(run: Run, entries: list[Entry]) -> None:
    """No source, no name of a sending, and not who answered; the link is there."""
    for result in (
        run("list", "--state", "all", "--json"),
        run("show", entries[3].id, "--json"),
        run("list", "--state", "all"),
        run("show", entries[1].id),
    ):
        assert result.exit_code == 0
        assert not any(word in result.output for word in ("SOURCE", "REQUEST", "WHO"))
    found = json.loads(run("show", entries[1].id[:5], "--json").stdout)
    assert found["link"] == f"/reports/{entries[1].id}"
    assert found["text"] == HOSTILE.removeprefix("\u202e")


def test_one_of_them_whole(run: Run, entries: list[Entry], ledger: Ledger) -> None:
    """Everything that was said, where its photo lies, and the page that its reporter sees."""
    lines = run("show", entries[1].id).stdout.splitlines()
    assert len(lines) == 7
    text = "\n".join(lines)
    assert entries[1].id in lines[0]
    assert "机关驿站 office" in text
    assert "<b>[red]锁着[/red]</b> second line =1+1" in text
    assert str(ledger.photo_path(entries[1].id)) in text
    assert f"The reporter's page: /reports/{entries[1].id}" in text
    *_, answer = run("show", entries[3].id).stdout.splitlines()
    assert answer.endswith("WHO [Not taken up] 查过了")


def test_what_steers_a_terminal_is_only_shown(
    run: Run, entries: list[Entry], ledger: Ledger
) -> None:
    """Also where somebody has put it into the file by hand."""
    text = ledger.path.read_text("utf-8").replace("锁着", "\\u001b[31m\\u202e锁着\\u0007")
    ledger.path.write_text(text, "utf-8")
    for result in (run("list"), run("show", entries[1].id)):
        assert "锁着" in result.stdout
        assert not any(sign in result.stdout for sign in "\x1b\u202e\x07")


def test_answering_is_seen_by_the_reporter(run: Run, entries: list[Entry], ledger: Ledger) -> None:
    """The state is accepted unless said otherwise, and who is whoever runs the command."""
    result = run("answer", entries[2].id[:6], "已派人")
    assert result.exit_code == 0, result.output
    assert entries[2].id in result.stderr
    run("answer", entries[2].id, "修好了", "--state", "done", "--who", "王科")
    found = ledger.get(entries[2].id).properties
    assert [(a.who, a.text, a.state) for a in found.answers] == [
        (getpass.getuser(), "已派人", "accepted"),
        ("王科", "修好了", "done"),
    ]


def test_closing_with_and_without_words(run: Run, entries: list[Entry], ledger: Ledger) -> None:
    """Done, or not taken up."""
    assert run("close", entries[1].id).exit_code == 0
    assert run("close", entries[4].id, "太远", "--as", "rejected").exit_code == 0
    first, second = (ledger.get(entries[i].id).properties for i in (1, 4))
    assert (first.state, first.answers[0].text) == ("done", None)
    assert (second.state, second.answers[0].text) == ("rejected", "太远")
    refused(run("close", entries[1].id, "--as", "accepted"), "--as 'accepted'")
    refused(run("answer", entries[1].id, "x", "--state", "new"), "--state 'new'")


def test_numbers_that_lead_nowhere(run: Run, entries: list[Entry]) -> None:
    """None, and more than one, in words."""
    refused(run("show", "zzzzzzzzzzzz"), "no report or suggestion 'zzzzzzzzzzzz'")
    refused(run("close", "zzzz"), "no report or suggestion")
    refused(run("answer", entries[0].id, "x" * 1001), "text: 1,001 characters")


def test_in_chinese(run: Run, entries: list[Entry]) -> None:
    """Header, states, problems, notes."""
    env = {"YIZHAN_LANG": "zh"}
    text = run("list", env=env).stdout
    assert "待处理" in text
    assert "该开的时候锁着门" in text
    assert "设备坏了；微波炉、无线网络" in text or "设备坏了；微波炉、" in text
    assert "已解决" in run("close", entries[0].id, env=env).stderr
    refused(run("show", "zz", env=env), "没有编号为")


def test_a_broken_ledger_is_named(run: Run, entries: list[Entry], ledger: Ledger) -> None:
    """And left as it is."""
    assert entries
    ledger.path.write_text(ledger.path.read_text("utf-8").replace("locked", "haunted"), "utf-8")
    before = ledger.path.read_bytes()
    for words in (("list",), ("show", "0"), ("close", "0")):
        refused(run(*words), "line 3", "haunted")
    assert ledger.path.read_bytes() == before


def test_without_a_ledger_there_is_nothing_to_do(run: Run, ledger: Ledger) -> None:
    """And looking makes no file."""
    assert run("list").stdout == "There are none.\n"
    assert json.loads(run("list", "--json").stdout) == {"matched": 0, "entries": []}
    assert not ledger.path.exists()
