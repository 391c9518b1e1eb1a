"""Commands that answer: nearest, check."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from stations.errors import StationsError
from stations.vocabulary import ACCESS_CODES, FACILITY_CODES, KIND_CODES, code_of, label
from webmap.cli.output import (
    AsJson,
    Folder,
    distance,
    language,
    note,
    out,
    print_json,
    say,
    table,
)
from webmap.cli.reaches import By, duration, misfit, mode_of

if TYPE_CHECKING:
    from stations.arrival import Journey
    from stations.quality import Finding
    from stations.workspace import Workspace

PROBLEMS_FOUND = 1


def add_to(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    # A longitude may be negative, which looks like an option.
    app.command("nearest", context_settings={"ignore_unknown_options": True})(nearest)
    app.command("check")(check)


def nearest(
    folder: Folder,
    lon: Annotated[float, typer.Argument(help="经度 / Longitude.")],
    lat: Annotated[float, typer.Argument(help="纬度 / Latitude.")],
    *,
    k: Annotated[int, typer.Option("-k", min=1, max=100_000, help="几个 / How many.")] = 5,
    datum: Annotated[str, typer.Option(help="坐标系 / wgs84, gcj02, bd09, EPSG:n.")] = "wgs84",
    open_at: Annotated[
        str | None, typer.Option(help="此时开放：now 或 2026-11-20T22:40 / Open then.")
    ] = None,
    facility: Annotated[
        list[str] | None, typer.Option(help="须有的设施，可重复 / Must have; repeatable.")
    ] = None,
    kind: Annotated[list[str] | None, typer.Option(help="类型，可重复 / Kind.")] = None,
    access: Annotated[list[str] | None, typer.Option(help="进入方式 / Way in.")] = None,
    max_distance: Annotated[
        float | None, typer.Option(min=0, help="最远（米） / Metres at most.")
    ] = None,
    by: By = "line",
    stay: Annotated[
        float | None,
        typer.Option(min=0, max=1440, help="到达后还要开放几分钟 / Open so long after arrival."),
    ] = None,
    max_minutes: Annotated[
        float | None, typer.Option(min=0, max=600, help="最久（分钟） / Minutes at most.")
    ] = None,
    json: AsJson = False,
) -> None:
    """最近的可用驿站 / The nearest stations that one can use."""
    from geodata.datum import position_on_earth
    from stations.arrival import Journey
    from stations.filters import StationFilter
    from stations.hours import BEIJING
    from stations.workspace import Workspace
    from webmap.features import collection, feature

    when = _moment(open_at)
    mode = mode_of(by)
    if mode == "line" and (stay is not None or max_minutes is not None):
        raise misfit("--stay" if stay is not None else "--max-minutes", by_line=False)
    if stay is not None and when is None:
        message = "--stay goes with --open-at"
        raise StationsError(message, "--stay 须与 --open-at 同用")
    x, y = position_on_earth(lon, lat, datum)
    workspace = Workspace(folder)
    registry = workspace.registry
    where = StationFilter(
        facilities=codes_of("facilities", facility, FACILITY_CODES),
        kinds=codes_of("kind", kind, KIND_CODES),
        access=codes_of("access", access, ACCESS_CODES),
        open_at=when,
    )
    at = when or dt.datetime.now(BEIJING)
    reach = math.inf if max_distance is None else max_distance
    if mode != "line":
        journey = Journey(
            lon=x,
            lat=y,
            mode=mode,
            at=at,
            where=where,
            stay_s=60 * (stay or 0),
            max_s=math.inf if max_minutes is None else 60 * max_minutes,
            max_distance_m=reach,
        )
        _print_arrivals(workspace, journey, k, json=json)
        return
    found = registry.nearest(x, y, k=k, max_distance_m=reach, where=where, at=at)
    warnings = workspace.warnings()
    features = [feature(registry, i, at, metres, warnings=warnings) for i, metres in found]
    if json:
        print_json(collection(features, revision=registry.revision, mode="line"))
        return
    if not found:
        out().print(say("没有符合条件的驿站。", "No station passes."))
        return
    table(
        "",
        [say("距离", "Distance") + ">", say("驿站", "Station"), say("状态", "State"), "ID"],
        [
            (
                distance(metres),
                registry.stations[i].name,
                _state(orjson.loads(text)),
                registry.stations[i].id,
            )
            for (i, metres), text in zip(found, features, strict=True)
        ],
    )


def _print_arrivals(workspace: Workspace, journey: Journey, k: int, *, json: bool) -> None:
    """Print the stations that are reached first, as they are on arrival."""
    from stations.arrival import first_reached
    from webmap.features import arriving

    registry = workspace.registry
    found = first_reached(registry, workspace.on_streets(journey.mode), journey, k)
    text = arriving(registry, journey, found, warnings=workspace.warnings())
    if json:
        print_json(text)
        return
    if found.estimated:
        note(
            "没有路网，或起点附近没有道路：时间由直线距离估计。",
            "There is no network, or no street near the start: times are estimates.",
        )
    if not found.found:
        out().print(say("没有符合条件的驿站。", "No station passes."))
        return
    table(
        "",
        [
            say("用时", "Time") + ">",
            say("直线距离", "Straight on") + ">",
            say("驿站", "Station"),
            say("到达时", "On arrival"),
            "ID",
        ],
        [
            (
                (say("约 ", "about ") if one.estimated else "") + duration(one.seconds),
                distance(one.distance_m),
                registry.stations[one.index].name,
                _state(feature),
                registry.stations[one.index].id,
            )
            for one, feature in zip(found.found, orjson.loads(text)["features"], strict=True)
        ],
    )


def check(folder: Folder, *, json: AsJson = False) -> None:
    """检查登记质量，有问题时退出码为 1 / Quality problems by record; exit code 1 if any."""
    from stations import quality
    from stations.workspace import Workspace

    workspace = Workspace(folder)
    findings = quality.check(
        workspace.registry, workspace.districts, stale_days=workspace.config.stale_days
    )
    problems = [f for f in findings if f.severity != "info"]
    if json:
        print_json(findings)
    else:
        _print_findings(findings)
    if problems:
        raise typer.Exit(PROBLEMS_FOUND)


def _print_findings(findings: list[Finding]) -> None:
    levels = {
        "error": say("错误", "error"),
        "warning": say("待查", "warning"),
        "info": say("不详", "unknown"),
    }
    told = [f for f in findings if f.severity != "info"]
    if told:
        table(
            "",
            [say("级别", "Level"), "ID", say("驿站", "Station"), say("问题", "Finding")],
            [(levels[f.severity], f.station_id, f.name, say(f.zh, f.en)) for f in told],
        )
    counts: dict[str, int] = {}
    for finding in findings:
        counts[finding.code] = counts.get(finding.code, 0) + 1
    words = ", ".join(f"{code} {n}" for code, n in sorted(counts.items()))
    out().print(say("合计：", "In all: ") + (words or say("没有问题", "no problem found")))


def _state(found: dict[str, Any]) -> str:
    p = found["properties"]
    state = {
        "open": say("开放", "open"),
        "closed": say("关门", "closed"),
        "unknown": say("开放时间不详", "hours unknown"),
    }[p["open_state"]]
    if p["open_until"] and p["open_state"] != "unknown":
        until = dt.datetime.fromisoformat(p["open_until"]).strftime("%m-%d %H:%M")
        state += say(f"，至 {until}", f", until {until}")
    if p["entry"]:
        state += " · " + "/".join(label("access", mode, language()) for mode in p["entry"])
    return state


def _moment(text: str | None) -> dt.datetime | None:
    from webmap.moments import read_moment

    try:
        return None if text is None else read_moment(text)
    except ValueError as error:
        message = f"--open-at: {error}"
        raise StationsError(message) from error


def codes_of(name: str, words: list[str] | None, known: tuple[str, ...]) -> frozenset[Any]:
    """Return the codes of words, which may be given one by one or with commas between them.

    Raises
    ------
    StationsError
        If the vocabulary does not have one.
    """
    codes = set()
    for word in (part for text in words or () for part in text.split(",")):
        code = code_of(name, word)
        if code is None:
            raise StationsError(
                f"{word!r} is no {name} of the vocabulary: use {', '.join(known)}",
                f"词表里没有“{word}”：可用 {'、'.join(known)}",
            )
        codes.add(code)
    return frozenset(codes)
