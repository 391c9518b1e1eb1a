"""Commands that say who is covered: coverage, gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from stations.errors import StationsError
from stations.vocabulary import ACCESS_CODES, FACILITY_CODES, label
from webmap.cli.figures import codes_of
from webmap.cli.output import (
    AsJson,
    Folder,
    counted,
    distance,
    language,
    note,
    out,
    people,
    percent,
    print_json,
    say,
    span,
    table,
    tables_by_area_and_group,
)
from webmap.cli.reaches import By, Minutes, Radius, duration, reach_of, within

if TYPE_CHECKING:
    from stations.doors import Need


def add_to(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    app.command("coverage")(coverage)
    app.command("gaps")(gaps)


At = Annotated[
    str | None,
    typer.Option(
        "--at",
        help="某个钟点：now、'Tue 02:00'、'周二 02:00'、'holiday 14:00' / In an hour.",
    ),
]
Facilities = Annotated[
    list[str] | None, typer.Option("--facility", help="须有的设施，可重复 / Must have; repeatable.")
]
Access = Annotated[
    list[str] | None, typer.Option("--access", help="进入方式，可重复 / Ways in that will do.")
]


def coverage(
    folder: Folder,
    *,
    by: By = "line",
    radius: Radius = None,
    minutes: Minutes = None,
    at: At = None,
    week: Annotated[
        bool, typer.Option("--week", help="一周每小时，节假日另列 / Each hour of the week.")
    ] = False,
    facility: Facilities = None,
    access: Access = None,
    json: AsJson = False,
) -> None:
    """覆盖了多少劳动者 / What share of the workers has a usable station in reach."""
    from stations.workspace import Workspace

    workspace = Workspace(folder)
    reach, need = reach_of(workspace, by, radius, minutes), _need(at, facility, access)
    if week:
        if at is not None:
            raise StationsError("give --at or --week, not both", "--at 与 --week 只能给一个")
        found = workspace.week(reach, need=need).to_dict(language())
        printed = print_week
    else:
        found = workspace.coverage(reach, need=need).to_dict(language())
        printed = print_coverage
    if json:
        print_json(found)
    else:
        printed(found)


def _need(at: str | None, facility: list[str] | None, access: list[str] | None) -> Need:
    from stations.doors import Need
    from webmap.moments import read_hour

    try:
        hour = None if at is None else read_hour(at)
    except ValueError as error:
        raise StationsError(
            f"--at: {error}",
            f"--at {(at or '')[:40]!r} 不是钟点：请写 '周二 02:00'、'节假日 14:00'、now，"
            "或 2026-11-20T22:40",
        ) from error
    return Need(
        hour=hour,
        facilities=codes_of("facilities", facility, FACILITY_CODES),
        access=codes_of("access", access, ACCESS_CODES),
    )


def print_coverage(found: dict[str, Any]) -> None:
    """Print coverage figures as tables."""
    zh, en = within(found["method"], found["radius_m"], found["minutes"])
    total = found["total"]
    effective, nominal = _share(total, found["share"]), _share(total, found["nominal"]["share"])
    out().print(
        say(
            f"{zh}有可用驿站的劳动者：{effective}"
            f"（{people(found['covered'])} / {people(total)}）；名义覆盖 {nominal}",
            f"Workers with a usable station {en}: {effective} "
            f"({people(found['covered'])} of {people(total)}); nominally {nominal}",
        )
    )
    asked = found["open"]
    if asked:
        _print_open(asked, total)
    if found["streets"]:
        _print_streets(found["streets"])
    columns = [
        say("劳动者", "Workers") + ">",
        say("已覆盖", "Covered") + ">",
        *([say("进得去", "Get in") + ">"] if asked else []),
        say("有效", "Effective") + ">",
        say("名义", "Nominal") + ">",
    ]
    tables_by_area_and_group(
        found,
        columns,
        lambda row: (
            people(row["total"]),
            people(row["covered"]),
            *([_share(row["total"], row["open_share"], row["perhaps_share"])] if asked else []),
            _share(row["total"], row["share"]),
            _share(row["total"], row["nominal_share"]),
        ),
    )


def _share(of: float, low: float, high: float | None = None) -> str:
    """Return a share of so many, or a range from what is certain to what may be; – of nobody."""
    return span(low, low if high is None else high) if of else "–"


def _print_open(asked: dict[str, Any], total: float) -> None:
    """Print who gets in at the hour, and for the need, that was asked."""
    words = [label("facilities", code, language()) for code in asked["facility"]]
    ways = "/".join(label("access", code, language()) for code in asked["access"])
    needed = say("、", ", ").join([*words, ways] if ways else words)
    shares = _share(total, asked["share"], asked["perhaps_share"])
    stations = counted(asked["stations"], asked["perhaps_stations"])
    zh, en = f"（驿站 {stations} 个", f" ({stations} stations"
    if needed:
        zh, en = f"{zh}；需要 {needed}", f"{en}; needed: {needed}"
    when = ""
    if asked["at"]:
        when = f"{_day_name(asked['hour'] // 24)} {asked['at'][11:16]}"
    out().print(
        say(
            f"{when and when + ' 在岗的，'}够得着开着、进得去的驿站的：{shares}{zh}）",
            f"Of those{when and ' at work ' + when}, who reach a station that lets them in: "
            f"{shares}{en})",
        )
    )


def print_week(found: dict[str, Any]) -> None:
    """Print coverage through the week: its parts, every hour, and where nothing is open."""
    mean = found["mean"]
    out().print(
        say(
            f"在岗的每个小时里，够得着开着、进得去的驿站的：{span(mean['open'], mean['perhaps'])}"
            f"（有效 {percent(mean['effective'])}，名义 {percent(mean['nominal'])}）",
            "Of the hours worked, with a station in reach that is open and lets one in: "
            f"{span(mean['open'], mean['perhaps'])} (effective {percent(mean['effective'])}, "
            f"nominal {percent(mean['nominal'])})",
        )
    )
    out().print()
    table(
        "",
        [
            say("时段", "Part of the week"),
            say("平均在岗", "At work") + ">",
            say("有站开着", "A station open") + ">",
            say("有两个", "Two") + ">",
            say("有效", "Effective") + ">",
            say("名义", "Nominal") + ">",
        ],
        [
            (
                row["name"],
                people(row["workers"]),
                _share(row["workers"], row["open"], row["perhaps"]),
                _share(row["workers"], row["open_twice"], row["perhaps_twice"]),
                _share(row["workers"], row["effective"]),
                _share(row["workers"], row["nominal"]),
            )
            for row in found["bands"]
        ],
    )
    out().print()
    _print_hours(found["hours"])
    for desert in found["deserts"]:
        if desert["zones"]:
            _print_desert(desert)


def _print_hours(hours: dict[str, list[float]]) -> None:
    """Print the share of each hour in per cent: a row a day, a column an hour."""

    def cell(number: int) -> str:
        active = hours["active"][number]
        return f"{100 * hours['open'][number] / active:.0f}" if active else "–"

    table(
        say("每小时，已知开着的（%）", "Each hour, known to be open (%)"),
        ["", *(f"{hour:02d}>" for hour in range(24))],
        [
            (_day_name(day), *(cell(24 * day + hour) for hour in range(24)))
            for day in range(len(hours["active"]) // 24)
        ],
    )


def _print_desert(desert: dict[str, Any]) -> None:
    without = counted(desert["surely_without"], desert["without"])
    zones = say("、", ", ").join(
        f"{zone['name']} {people(zone['workers'])}" for zone in desert["zones"]
    )
    out().print(
        say(
            f"{desert['name']}：在岗 {people(desert['workers'])} 人，"
            f"多数时间没有站开着的 {without} 人。"
            f"{zones}",
            f"{desert['name']}: of {people(desert['workers'])} at work, {without} have none open "
            f"for most of it. {zones}",
        )
    )


def _day_name(day: int) -> str:
    from stations.demand_hours import DAY_NAMES

    return DAY_NAMES[language()][day]


def _print_streets(found: dict[str, Any]) -> None:
    """Print what the circle says beside what the streets allow."""
    circle, inside = distance(found["circle_m"]), people(found["in_circle"])
    both, over = people(found["in_both"]), percent(found["overstated"])
    out().print(
        say(
            f"圆圈高估了 {over}：半径 {circle} 的圈内有 {inside} 人，沿道路及时到得了的 {both} 人",
            f"The circle overstates by {over}: of {inside} workers within {circle} straight on, "
            f"{both} get there in time along the streets",
        )
    )
    if found["off_network"] or found["stations_off_network"]:
        off, stations = people(found["off_network"]), found["stations_off_network"]
        out().print(
            say(
                f"附近没有路网道路、按未覆盖计：劳动者 {off} 人，驿站 {stations} 个",
                f"Near no street of the network, and counted as not covered: {off} workers, "
                f"{stations} stations",
            )
        )


def gaps(
    folder: Folder,
    *,
    by: By = "line",
    radius: Radius = None,
    minutes: Minutes = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="列几个，表格默认 20 / How many are listed; 20 in a table."),
    ] = None,
    json: AsJson = False,
) -> None:
    """缺口：哪里的劳动者够不着驿站 / Where workers have no usable station in reach."""
    from stations.workspace import Workspace

    workspace = Workspace(folder)
    found = workspace.coverage(reach_of(workspace, by, radius, minutes))
    if json:
        print_json(found.gap_features(language(), limit))
        return
    limit = limit or 20
    features = found.gap_features(language(), limit)
    table(
        "",
        [
            "#>",
            say("缺口", "Gap"),
            say("劳动者", "Workers") + ">",
            say("面积 km²", "Area km²") + ">",
            say("离最近驿站", "To the nearest") + ">",
            say("中心", "Centre"),
        ],
        [
            (
                str(p["rank"]),
                p["name"],
                people(p["workers"]),
                f"{p['area_m2'] / 1e6:.2f}",
                distance(p["distance_m"]) if found.streets is None else duration(p["nearest_s"]),
                "{:.5f}, {:.5f}".format(*p["centroid"]),
            )
            for p in (f["properties"] for f in features["features"])
        ],
    )
    if (count := len(found.gaps)) > limit:
        note(f"共 {count} 个，--limit 可多列。", f"{count} in all; --limit lists more.")
