"""The command `coverage` by the hour and by what is needed: what it prints, and bad use."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from stations.demand_hours import DAY_NAMES
from stations.doors import Need
from tests.stations.report import worlds
from webmap import cli, create_app
from webmap.moments import read_hour

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    from stations.workspace import Workspace

    Run = Callable[..., Result]

NEEDED = ("--facility", "drinking_water", "--access", "qr", "--access", "staffed")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in this process, in English unless told otherwise."""
    monkeypatch.setenv("YIZHAN_LANG", "en")
    runner = CliRunner()
    return lambda *words, **options: runner.invoke(cli.app, list(map(str, words)), **options)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A town of which it is known when who is at work: couriers by day, riders in the evening."""
    return worlds.make_town(tmp_path_factory.mktemp("town") / "ws")


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
    assert result.stderr == ""
    return result.stdout


def percent(share: float) -> str:
    """A share as it has to be printed."""
    return f"{100 * share:.1f} %"


def span(low: float, high: float) -> str:
    """A range as it has to be printed."""
    ends = percent(low), percent(high)
    return ends[0] if ends[0] == ends[1] else f"{ends[0][:-2]}–{ends[1]}"


def row_of(shown: str, name: str) -> list[str]:
    """Cells of the row of a table that begins with a name."""
    (line,) = [line for line in shown.splitlines() if line.strip().startswith(f"{name} ")]
    return re.split(r"\s{2,}", line.strip())


# --------------------------------------------------------------------------------------- figures


@pytest.mark.parametrize(
    ("words", "query"),
    [
        ((), {}),
        (("--at", "Tue 19:00"), {"at": "Tue 19:00"}),
        (("--at", "周三 10:00"), {"at": "周三 10:00"}),
        (("--at", "holiday 20:00"), {"at": "holiday 20:00"}),
        (("--at", "2026-11-20T22:40"), {"at": "2026-11-20T22:40"}),
        (("--facility", "drinking_water"), {"facility": "drinking_water"}),
        (("--facility", "饮水", "--facility", "微波炉"), {"facility": "drinking_water,microwave"}),
        (("--access", "qr,staffed"), {"access": "qr,staffed"}),
        (
            ("--at", "Fri 10:00", *NEEDED, "--radius", "3000"),
            {"at": "Fri 10:00", "facility": "drinking_water", "access": "qr,staffed",
             "radius": 3000},
        ),
    ],
)  # fmt: skip
def test_json_is_what_the_api_answers(
    run: Run, town: Workspace, words: tuple[str, ...], query: dict[str, Any]
) -> None:
    """One function behind both; names in the language of the terminal."""
    client = create_app(town).test_client()
    for lang in ("zh", "en"):
        mine = run("coverage", town.folder, *words, "--json", env={"YIZHAN_LANG": lang})
        theirs = client.get("/api/v1/coverage", query_string={**query, "lang": lang})
        assert json.loads(done(mine)) == theirs.get_json(force=True)


@pytest.mark.parametrize(
    ("words", "query"),
    [
        ((), {}),
        (NEEDED, {"facility": "drinking_water", "access": "qr,staffed"}),
        (("--radius", "5000"), {"radius": 5000}),
    ],
)
def test_the_week_in_json_is_what_the_api_answers(
    run: Run, town: Workspace, words: tuple[str, ...], query: dict[str, Any]
) -> None:
    """Every hour, part of the week and desert."""
    client = create_app(town).test_client()
    mine = json.loads(done(run("coverage", town.folder, "--week", *words, "--json")))
    theirs = client.get("/api/v1/coverage/week", query_string={**query, "lang": "en"})
    assert mine == theirs.get_json(force=True)


def test_figures_are_those_of_the_functions(run: Run, town: Workspace) -> None:
    """What is printed for an hour and a need is what the workspace measures for them."""
    need = Need(
        hour=read_hour("Tue 10:00"),
        facilities=frozenset({"drinking_water"}),
        access=frozenset({"staffed"}),
    )
    found = town.coverage(need=need).to_dict("en")
    asked = found["open"]
    shown = done(
        run("coverage", town.folder, "--at", "Tue 10:00", "--facility", "drinking_water",
            "--access", "staffed")
    )  # fmt: skip
    first, second = shown.splitlines()[:2]
    assert percent(found["share"]) in first
    assert f"({found['covered']:,.0f} of {found['total']:,.0f})" in first
    assert span(asked["share"], asked["perhaps_share"]) in second
    assert "needed: Drinking water, Staffed" in second
    for row in found["by_group"]:
        if row["total"]:
            assert row_of(shown, row["name"])[3] == span(row["open_share"], row["perhaps_share"])
    for row in found["by_district"]:
        cells = row_of(shown, row["name"] or "Outside")
        assert cells[1:3] == [f"{row['total']:,.0f}", f"{row['covered']:,.0f}"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_an_hour_is_named_in_the_language(run: Run, town: Workspace, lang: str) -> None:
    """The day and the time that were asked for, whatever they were written as."""
    for asked, day in (("Tue 19:00", 1), ("周日 19:00", 6), ("holiday 19:00", 7)):
        shown = done(run("coverage", town.folder, "--at", asked, env={"YIZHAN_LANG": lang}))
        assert f"{DAY_NAMES['en' if lang == 'en' else 'zh'][day]} 19:00" in shown


def test_an_hour_with_minutes_is_told_with_them(run: Run, town: Workspace) -> None:
    """A door that opens at half past is asked of at half past."""
    assert "Tue 19:45" in done(run("coverage", town.folder, "--at", "Tue 19:45"))


def test_only_those_at_work_are_counted(run: Run, town: Workspace) -> None:
    """On Tuesday at 10 half of the couriers; at 19 every rider."""
    by_day = done(run("coverage", town.folder, "--at", "Tue 10:00"))
    evening = done(run("coverage", town.folder, "--at", "Tue 19:00"))
    assert row_of(by_day, "Couriers")[1] == "68"
    assert row_of(by_day, "Riders")[1] == "0"
    assert row_of(evening, "Couriers")[1] == "0"
    assert row_of(evening, "Riders")[1] == "125"


def test_of_nobody_there_is_no_share(run: Run, town: Workspace) -> None:
    """At 4 nobody works: a dash, not a nought that looks like a failure."""
    shown = done(run("coverage", town.folder, "--at", "Tue 04:00"))
    assert "– (0 of 0); nominally –" in shown
    assert row_of(shown, "Riders") == ["Riders", "0", "0", "–", "–", "–"]
    week = done(run("coverage", town.folder, "--week"))
    assert row_of(week, "Early morning (05:00-08:00)")[1:] == ["0", "–", "–", "–", "–"]


def test_without_a_question_of_the_hour_nothing_is_said_of_it(run: Run, town: Workspace) -> None:
    """The plain figures are as they were."""
    shown = done(run("coverage", town.folder))
    assert "Get in" not in shown
    assert "lets them in" not in shown
    for row in town.coverage().to_dict("en")["by_district"]:
        shares = [percent(row["share"]), percent(row["nominal_share"])]
        assert row_of(shown, row["name"] or "Outside")[3:] == shares


# -------------------------------------------------------------------------------------- the week


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_week_is_printed_part_by_part_and_hour_by_hour(
    run: Run, town: Workspace, lang: str
) -> None:
    """Means, parts of the week, eight rows of 24 hours, and where nothing is open."""
    found = json.loads(
        done(run("coverage", town.folder, "--week", "--json", env={"YIZHAN_LANG": lang}))
    )
    shown = done(run("coverage", town.folder, "--week", env={"YIZHAN_LANG": lang}))
    mean = found["mean"]
    assert span(mean["open"], mean["perhaps"]) in shown.splitlines()[0]
    for band in found["bands"]:
        cells = row_of(shown, band["name"])
        assert cells[1] == f"{band['workers']:,.0f}"
        if band["workers"]:
            assert cells[2:] == [
                span(band["open"], band["perhaps"]),
                span(band["open_twice"], band["perhaps_twice"]),
                percent(band["effective"]),
                percent(band["nominal"]),
            ]
    hours = found["hours"]
    for day, name in enumerate(DAY_NAMES["en" if lang == "en" else "zh"]):
        number = slice(24 * day, 24 * day + 24)
        assert row_of(shown, name)[1:] == [
            f"{100 * open_ / active:.0f}" if active else "–"
            for active, open_ in zip(hours["active"][number], hours["open"][number], strict=True)
        ]


def test_deserts_are_told_where_somebody_is(run: Run, town: Workspace) -> None:
    """How many of how many, and where; nothing of parts of the week in which nobody works."""
    found = json.loads(done(run("coverage", town.folder, "--week", "--json")))["deserts"]
    lines = [one for one in done(run("coverage", town.folder, "--week")).splitlines()
             if "have none open" in one]  # fmt: skip
    held = [desert for desert in found if desert["zones"]]
    assert held
    assert len(held) < len(found)
    for line, desert in zip(lines, held, strict=True):
        assert line.startswith(f"{desert['name']}: of {desert['workers']:,.0f} at work, ")
        for zone in desert["zones"]:
            assert f"{zone['name']} {zone['workers']:,.0f}" in line


def test_lists_are_joined_as_the_language_does(run: Run, town: Workspace) -> None:
    """A Chinese list has no foreign commas."""
    chinese = {"YIZHAN_LANG": "zh"}
    week = done(run("coverage", town.folder, "--week", env=chinese))
    needed = done(run("coverage", town.folder, *NEEDED, env=chinese))
    assert "、" in week
    assert "需要 饮水、" in needed
    assert not re.search(r"[\u4e00-\u9fff\d], ?[\u4e00-\u9fff]", week + needed)


# --------------------------------------------------------------------------------------- bad use


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--at", "Tue 10:00", "--week"), ("--at", "--week", "not both")),
        (("--at", "Blursday 10:00"), ("--at", "Blursday 10:00", "周一", "holiday")),
        (("--at", "Tue 25:00"), ("--at", "Tue 25:00")),
        (("--at", "tomorrow"), ("--at", "tomorrow", "2026-11-20T22:40")),
        (("--at", ""), ("--at", "''")),
        (("--at", "1999-01-01T10:00"), ("--at", "1999-01-01T10:00")),
        (("--facility", "滑梯"), ("滑梯", "drinking_water")),
        (("--facility", "toilet,slide"), ("slide", "toilet")),
        (("--access", "window"), ("window", "staffed")),
        (("--by", "car"), ("--by", "car", "walk")),
        (("--minutes", "5"), ("--minutes", "walk")),
        (("--by", "walk", "--radius", "500"), ("--radius", "line")),
        (("--by", "walk"), ("walk", "yizhan network")),
    ],
)
def test_what_does_not_fit_is_named(
    run: Run, town: Workspace, words: tuple[str, ...], said: tuple[str, ...]
) -> None:
    """The option, the value and what would do; the same whether as a table or as JSON."""
    refused(run("coverage", town.folder, *words), *said)
    refused(run("coverage", town.folder, *words, "--json"), *said)
    refused(run("coverage", town.folder, *words, env={"YIZHAN_LANG": "zh"}), "错误：")


@pytest.mark.parametrize(
    "words", [("--at", "tomorrow"), ("--at", "now", "--week"), ("--by", "walk"), ("--by", "car")]
)
def test_what_does_not_fit_is_said_in_chinese(
    run: Run, town: Workspace, words: tuple[str, ...]
) -> None:
    """Not in English with a Chinese word before it."""
    result = run("coverage", town.folder, *words, env={"YIZHAN_LANG": "zh"})
    assert re.search(r"[\u4e00-\u9fff]", result.stderr.removeprefix("错误："))


def test_a_long_value_is_cut(run: Run, town: Workspace) -> None:
    """A line stays a line, in either language."""
    for lang in ("zh", "en"):
        result = run("coverage", town.folder, "--at", "x" * 5000, env={"YIZHAN_LANG": lang})
        refused(result, "--at")
        assert len(result.stderr) < 300
