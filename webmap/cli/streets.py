"""Commands on streets: network, access."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from webmap.cli.data import Datum, File
from webmap.cli.output import (
    AsJson,
    Folder,
    Line,
    language,
    note,
    out,
    people,
    percent,
    print_json,
    say,
    table,
    tables_by_area_and_group,
)
from webmap.cli.reaches import By, Minutes, Radius, reach_of, within

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stations.reach import NetworkMode
    from stations.street_input import MadeNetworks, NetworkReport, Off, Step

_STEPS: dict[Step, tuple[str, str]] = {
    "reading": ("读取道路", "Reading the streets"),
    "building": ("生成路网", "Building the networks"),
    "placing": ("把驿站放到路网上", "Placing the stations"),
    "writing": ("写入", "Writing"),
}
_MODES = {"walk": ("步行", "On foot"), "ebike": ("电动车", "Electric bicycle")}
_SHOWN = 30


def add_to(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    app.command("network")(network)
    app.command("access")(access)


def network(
    folder: Folder,
    file: File,
    *,
    datum: Datum = None,
    join_crossings: Annotated[
        bool,
        typer.Option("--join-crossings", help="相交即连通（图层） / Lines meet where they cross."),
    ] = False,
    walk_speed: Annotated[
        float | None, typer.Option(help="步行速度（米/秒），默认 1.3 / On foot, m/s.")
    ] = None,
    ebike_speed: Annotated[
        float | None, typer.Option(help="电动车速度（米/秒），默认 4.2 / Riding, m/s.")
    ] = None,
    json: AsJson = False,
) -> None:
    """路网：由 OpenStreetMap、GraphML 或道路图层生成 / Make the street networks of a file."""
    from stations.street_input import make_networks
    from stations.workspace import Workspace

    speeds: dict[NetworkMode, float | None] = {"walk": walk_speed, "ebike": ebike_speed}
    with Line(*_STEPS["reading"]) as show:
        made = make_networks(
            Workspace(folder),
            file,
            datum=datum,
            join_crossings=join_crossings,
            speeds_m_s={mode: speed for mode, speed in speeds.items() if speed is not None},
            progress=lambda step: show(*_STEPS[step]),
        )
    if json:
        print_json(made.to_dict())
    else:
        _print_networks(made)


def _print_networks(made: MadeNetworks) -> None:
    rows: list[tuple[tuple[str, str], Any]] = [
        (("路口和路端", "Crossings and ends"), lambda one: f"{one.nodes:,}"),
        (("路段", "Stretches"), lambda one: f"{one.edges:,}"),
        (("道路 km", "Streets, km"), lambda one: f"{one.length_m / 1000:,.1f}"),
        (("互不连通的部分", "Separate parts"), lambda one: f"{one.parts:,}"),
        (("最大部分占", "In the largest"), lambda one: percent(one.largest)),
        (("驿站", "Stations"), lambda one: f"{one.stations:,}"),
        (("附近没有道路的驿站", "Stations near no street"), lambda one: str(len(one.off_streets))),
        (("不在最大部分的驿站", "Stations cut off"), lambda one: str(len(one.cut_off))),
        (("附近没有道路的劳动者", "Workers near no street"), lambda one: people(one.workers_off)),
    ]
    table(
        "",
        [say("路网", "Network"), *(say(*_MODES[one.mode]) + ">" for one in made.reports)],
        [(say(*words), *(figure(one) for one in made.reports)) for words, figure in rows],
    )
    for zh, en, which in (
        ("附近没有道路的驿站", "Stations near no street", "off_streets"),
        ("不在最大部分的驿站", "Stations cut off from the largest part", "cut_off"),
    ):
        _print_stations(say(zh, en), made.reports, which)
    if made.unjoined:
        note(
            f"有 {made.unjoined:,} 处道路相交而没有共同的点，按立交处理，不连通；"
            "如果其实是路口，请加 --join-crossings 重新生成。",
            f"{made.unjoined:,} crossings have no point in common and were taken for bridges; if "
            "they are crossings, make the network again with --join-crossings.",
        )


def _print_stations(title: str, reports: Sequence[NetworkReport], which: str) -> None:
    """List stations with the modes for which they are out of reach."""
    found: dict[Off, list[str]] = {}
    for report in reports:
        for station in getattr(report, which):
            found.setdefault(station, []).append(say(*_MODES[report.mode]))
    if not found:
        return
    out().print()
    table(
        title,
        ["ID", say("驿站", "Station"), say("经纬度", "Lon, lat"), say("方式", "Way")],
        [
            (one.id, one.name, f"{one.lon:.5f}, {one.lat:.5f}", " · ".join(modes))
            for one, modes in [*found.items()][:_SHOWN]
        ],
    )
    if len(found) > _SHOWN:
        note(f"…… 另有 {len(found) - _SHOWN} 个", f"... and {len(found) - _SHOWN} more")


def access(
    folder: Folder,
    *,
    by: By = "line",
    radius: Radius = None,
    minutes: Minutes = None,
    json: AsJson = False,
) -> None:
    """位子够不够：每千名劳动者可及的位子及其公平性 / Places within reach for 1,000 workers."""
    from stations.access_report import measure_access
    from stations.workspace import Workspace

    workspace = Workspace(folder)
    reach = reach_of(workspace, by, radius, minutes)
    found = measure_access(workspace, reach).to_dict(language())
    if json:
        print_json(found)
    else:
        _print_access(found)


def _print_access(found: dict[str, Any]) -> None:
    zh, en = within(found["mode"], found["radius_m"], found["minutes"])
    mean, gini = _figure(found["places_per_1000"], 1), _figure(found["gini"], 2)
    out().print(
        say(
            f"{zh}，每千名劳动者有 {mean} 个位子；基尼系数 {gini}（0 为人人一样，1 为全归一人）",
            f"{mean} places for 1,000 workers {en}; the Gini coefficient is {gini} "
            "(0: all alike, 1: all for one)",
        )
    )
    columns = [
        say("劳动者", "Workers") + ">",
        say("每千人位子", "Places per 1,000") + ">",
        say("基尼", "Gini") + ">",
        say("泰尔", "Theil") + ">",
        say("帕尔马", "Palma") + ">",
    ]
    tables_by_area_and_group(
        found,
        columns,
        lambda row: (
            people(row["workers"]),
            _figure(row["places_per_1000"], 1),
            _figure(row["gini"], 2),
            _figure(row["theil"], 2),
            _figure(row["palma"], 2),
        ),
    )
    stations = found["stations"]
    if stations["capacity_unknown"]:
        places = _figure(stations["capacity_assumed"], 0)
        note(
            f"{stations['capacity_unknown']} 个驿站容纳人数不详，按 {places} 计。",
            f"{stations['capacity_unknown']} stations of unknown capacity were taken to hold "
            f"{places}.",
        )
    if stations["unreached"]:
        note(
            f"{stations['unreached']} 个驿站没有劳动者到得了。",
            f"{stations['unreached']} stations are reached by no worker.",
        )


def _figure(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"
