"""The command that plans: site."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from stations.errors import StationsError
from webmap.cli.data import Datum
from webmap.cli.output import (
    AsJson,
    Folder,
    Line,
    distance,
    language,
    note,
    out,
    people,
    percent,
    print_json,
    say,
    table,
)
from webmap.cli.reaches import By, Minutes, Radius, misfit, mode_of, within

if TYPE_CHECKING:
    from geodata.siting import Progress
    from stations.reach import Reach
    from stations.siting import SitingAsk, StationPlan

_GENERATED = ("file", "hexagons", "squares", "streets")


def add_to(app: typer.Typer) -> None:
    """Add this command to `app`."""
    app.command("site")(site)


def site(
    folder: Folder,
    *,
    new: Annotated[int | None, typer.Option(help="新建几个 / How many new stations.")] = None,
    by: By = "line",
    radius: Radius = None,
    minutes: Minutes = None,
    problem: Annotated[
        str,
        typer.Option(
            help="问题：mclp、lscp、backup、capacitated、pmedian、pcenter、redundancy / Kind."
        ),
    ] = "mclp",
    district: Annotated[
        str | None, typer.Option(help="只在此区县内 / Only in this district: adcode or name.")
    ] = None,
    share: Annotated[
        float | None, typer.Option(help="须覆盖的比例，0 到 1 / Share to be covered.")
    ] = None,
    budget: Annotated[
        float | None, typer.Option(help="预算（元） / What the new ones may cost.")
    ] = None,
    per_district: Annotated[
        Path | None,
        typer.Option(help="各区县至少、至多几个（表格） / A table of quotas by district."),
    ] = None,
    spacing: Annotated[
        float | None, typer.Option(help="站点最小间距（米） / Metres between stations at least.")
    ] = None,
    second: Annotated[
        float | None, typer.Option(help="二次覆盖的价值，0 到 1 / Worth of a second cover.")
    ] = None,
    close: Annotated[
        int, typer.Option(help="可关闭、迁址的已有站点数 / Existing ones that may move.")
    ] = 0,
    candidates: Annotated[
        str | None,
        typer.Option(
            help="候选点：文件，或 hexagons、squares、streets / A file, or how to make them."
        ),
    ] = None,
    exclude: Annotated[
        Path | None, typer.Option(help="禁建区（面） / Polygons in which none may be.")
    ] = None,
    datum: Datum = None,
    group: Annotated[
        list[str] | None, typer.Option(help="只计此群体，可重复 / Only these workers count.")
    ] = None,
    worth: Annotated[
        list[str] | None, typer.Option(help="群体系数，如 rider=2 / A group that counts more.")
    ] = None,
    max_gap: Annotated[
        float, typer.Option(help="差距小于此值即停 / Stop at this proved gap.")
    ] = 0.001,
    time: Annotated[float, typer.Option(help="最多几秒 / Seconds at most.")] = 60.0,
    seed: Annotated[int, typer.Option(help="随机种子 / Seed.")] = 1,
    curve: Annotated[
        bool, typer.Option("--curve", help="覆盖随数量的变化 / Coverage by number of stations.")
    ] = False,
    out_file: Annotated[
        Path | None, typer.Option("--out", help="写 GeoJSON 文件 / Write the plan as GeoJSON.")
    ] = None,
    json: AsJson = False,
) -> None:
    """选址：新驿站建在哪里，并证明方案有多好 / Where new stations should go, with proof."""
    from stations.files import write_durably
    from stations.plans import PlanStore
    from stations.siting import Files, SitingAsk, propose
    from stations.siting.quotas import read_quotas
    from stations.workspace import Workspace

    workspace = Workspace(folder)
    generated = candidates in _GENERATED
    mode = mode_of(by)
    if (minutes if mode == "line" else radius) is not None:
        raise misfit("--minutes" if mode == "line" else "--radius", by_line=mode != "line")
    ask = SitingAsk.from_dict(
        {
            "problem": problem,
            "new": new,
            "mode": mode,
            "radius_m": radius,
            "minutes": minutes,
            "share": share,
            "budget": budget,
            "district": district,
            "spacing_m": spacing,
            "second": second,
            "closing": close,
            "candidates": candidates if generated else None,
            "groups": list(group or ()),
            "worth": _factors(worth or []),
            "max_gap": max_gap,
            "time_s": time,
            "seed": seed,
            "curve": curve,
            "quotas": {
                adcode: quota._asdict()
                for adcode, quota in read_quotas(per_district, workspace.districts).items()
            }
            if per_district
            else {},
        }
    )
    files = Files(
        candidates=Path(candidates) if candidates and not generated else None,
        excluded=exclude,
        datum=datum,
    )
    with Line(
        "准备中（首次运行要编译，约 20 秒）", "Getting ready (the first time compiles for 20 s)"
    ) as show:
        found = propose(
            workspace, ask, files=files, progress=lambda step: show(*_progress(step, ask))
        )
    document, features = found.to_dict(), found.features()
    PlanStore(workspace.folder).save(document, features)
    if out_file is not None:
        if not out_file.parent.is_dir():
            message = f"there is no folder {out_file.parent}: make it first, or choose another"
            raise StationsError(message)
        write_durably(out_file, orjson.dumps(features, option=orjson.OPT_INDENT_2) + b"\n")
    if json:
        print_json(document)
    else:
        _print_plan(found, document)


def _factors(words: list[str]) -> dict[str, float]:
    factors = {}
    for word in words:
        group, _, factor = word.partition("=")
        try:
            factors[group] = float(factor)
        except ValueError:
            message = f"--worth {word[:40]!r}: a group and a number are needed, such as rider=2"
            raise StationsError(message) from None
    return factors


def _progress(step: Progress, ask: SitingAsk) -> tuple[str, str]:
    """What a person reads while the search goes on."""
    best = "–" if math.isnan(step.objective) else f"{step.objective:,.0f}"
    bound = "–" if math.isinf(step.bound) else f"{step.bound:,.0f}"
    gap = "–" if math.isinf(step.gap) else _gap(step.gap)
    seconds, target = f"{step.seconds:.0f}", _gap(ask.max_gap)
    zh = f"{seconds} 秒：目前 {best}，极限 {bound}，差距 {gap}（{target} 即停，Ctrl-C 取当前方案）"
    en = f"{seconds} s: {best}, bound {bound}, gap {gap} (ends at {target}; Ctrl-C takes the best)"
    return zh, en


def _print_plan(found: StationPlan, plan: dict[str, Any]) -> None:
    out().print(say(*_headline(found)))
    if plan["sites"]:
        out().print()
        _print_sites(plan)
    if plan["closed"]:
        out().print()
        table(
            say("关闭", "To close"),
            ["ID", say("驿站", "Station")],
            [(site["id"], site["name"]) for site in plan["closed"]],
        )
    if plan["curve"]:
        out().print()
        table(
            "",
            [say("新建", "New") + ">", say("覆盖", "Covered") + ">", say("极限", "At most") + ">"],
            [
                (str(point["new"]), percent(point["share"]), percent(point["share_bound"]))
                for point in plan["curve"]
            ],
        )
    _print_notes(plan)


def _headline(found: StationPlan) -> tuple[str, str]:
    """What the plan comes to, and how good it is proved to be: in Chinese and in English."""
    answer, after, reach = found.answer, found.after, found.reach
    count, metres = len(answer.sites), distance(reach.circle_m)
    within_zh, within_en = (
        (f"{metres} 内", f"within {metres}")
        if reach.minutes is None
        else within(reach.mode, reach.circle_m, reach.minutes)
    )
    change = f"{100 * found.before.share:.2f} %", f"{100 * after.share:.2f} %"
    zh = f"新建 {count} 个驿站，{within_zh}的覆盖率从 {change[0]} 提高到 {change[1]}"
    en = (
        f"{count} new station{'s' if count != 1 else ''} raise{'s' if count == 1 else ''} "
        f"coverage {within_en} from {change[0]} to {change[1]}"
    )
    best, bound = answer.objective, answer.bound
    if answer.problem == "capacitated":
        total, served = max(after.total, 1e-300), float(answer.covered.sum())
        share = f"{100 * served / total:.2f} %"
        zh = f"新建 {count} 个驿站，{within_zh}容纳得下 {share} 的劳动者"
        en = f"With {count} new stations, {share} of the workers find room {within_en}"
    if answer.problem == "redundancy":
        closed = len(answer.closed)
        zh = f"可关闭 {closed} 个驿站，{within_zh}的覆盖率从 {change[0]} 变为 {change[1]}"
        en = f"{closed} stations can close: coverage {within_en} goes from {change[0]} to "
        en += change[1]
        most = f"{closed + best - bound:.0f}"
        limit = f"最多可关 {most} 个", f"no more than {most} can"
    elif answer.problem == "lscp":
        limit = f"至少需要 {bound:.0f} 个", f"no fewer than {bound:.0f} will do"
    elif answer.problem == "pmedian":
        mean, least = (_cost(cost / found.workers_with_a_way, reach) for cost in (best, bound))
        what = ("平均距离", "distance") if reach.network is None else ("平均用时", "time")
        zh += f"，{what[0]} {mean[0]}"
        en += f", and the mean {what[1]} is {mean[1]}"
        limit = f"任何方案不低于 {least[0]}", f"no plan comes below {least[1]}"
    elif answer.problem == "pcenter":
        worst, least = _cost(best, reach), _cost(bound, reach)
        zh += f"，最远 {worst[0]}"
        en += f", and nobody is farther than {worst[1]}"
        limit = f"任何方案不低于 {least[0]}", f"no plan comes below {least[1]}"
    elif answer.problem in {"mclp", "capacitated"} and not found.ask.worth:
        most = _ceiling(bound / after.total)
        limit = f"任何方案不超过 {most}", f"no plan can reach more than {most}"
    else:
        zh += f"，目标值 {best:,.1f}"
        en += f", the objective is {best:,.1f}"
        limit = f"任何方案不超过 {bound:,.1f}", f"no plan's exceeds {bound:,.1f}"
    if found.ask.district is not None and found.districts is not None:
        place = found.districts.adcodes.index(found.ask.district)
        zh = f"{found.districts.name(place)}：{zh}"
        en = f"{found.districts.name(place, 'en')}: {en}"
    if answer.status == "optimal":
        return f"{zh}；已证明最优。", f"{en}; no plan is better (proved)."
    gap = _gap(answer.gap)
    return f"{zh}；{limit[0]}（差距 {gap}）。", f"{en}; {limit[1]} (gap {gap})."


def _cost(value: float, reach: Reach) -> tuple[str, str]:
    """A distance or a time of a plan, in Chinese and in English."""
    if reach.network is None:
        return f"{value:,.0f} 米", f"{value:,.0f} m"
    return f"{value / 60:,.1f} 分钟", f"{value / 60:,.1f} min"


# What a gain is called, and how many of its units make one that is shown: by line, by streets.
_GAINS = {
    "pmedian": (
        ("少走 人·公里", "Saved person-km", 1000),
        ("少走 人·小时", "Saved person-h", 3600),
    ),
    "pcenter": (("最远缩短 米", "Worst, m less", 1), ("最远缩短 分钟", "Worst, min less", 60)),
}
_COVERS = (("新增覆盖", "Gain", 1),) * 2


def _print_sites(plan: dict[str, Any]) -> None:
    english = {row["adcode"]: row["name_en"] for row in plan["by_district"]}
    zh, en, unit = _GAINS.get(plan["problem"], _COVERS)[plan["minutes"] is not None]
    table(
        "",
        [
            "#>",
            say("选址", "Site"),
            say("区县", "District"),
            say(zh, en) + ">",
            say("累计覆盖", "Cumulative") + ">",
            say("独有", "Only here") + ">",
            say("经纬度", "Lon, lat"),
        ],
        [
            (
                str(site["rank"]),
                site["name"] or say(f"新址 {site['rank']}", f"New site {site['rank']}"),
                (english.get(site["adcode"]) if language() == "en" else site["district"]) or "–",
                "–" if site["gain"] is None else people(site["gain"] / unit),
                percent(site["cumulative_share"]),
                people(site["exclusive"]),
                f"{site['lon']:.5f}, {site['lat']:.5f}",
            )
            for site in plan["sites"]
        ],
    )


def _print_candidates(source: dict[str, Any]) -> None:
    """Say what there was to choose from; nothing where there was nothing to choose."""
    if source["source"] is not None and source["source"] != "file" and not source["areas"]:
        note(
            "没有禁建区：选址可能落在水面或铁路上，请核对；excluded.geojson 或 --exclude 可排除。",
            "No excluded areas are known: a site may lie on water or rails, so look; "
            "excluded.geojson or --exclude leaves them out.",
        )
    if source["source"] is not None:
        note(
            f"候选点 {source['considered']:,} 个；"
            f"{source['excluded']:,} 个在禁建区或区外、{source['dropped']:,} 个可及人少，未列入。",
            f"{source['considered']:,} candidates; left out: {source['excluded']:,} in excluded "
            f"areas or outside, {source['dropped']:,} with fewer workers in reach.",
        )
    if suggested := source.get("suggested", 0):
        count = f"{suggested:,}"
        note(
            f"其中 {count} 个是劳动者建议的。",
            f"{count} of them {'was' if suggested == 1 else 'were'} suggested by workers.",
        )


def _print_notes(plan: dict[str, Any]) -> None:
    seconds, source = f"{plan['seconds']:.1f}", plan["candidates"]
    _print_candidates(source)
    note(
        f"用时 {seconds} 秒；方案已存为 {plan['id']}。",
        f"{seconds} s; saved as plan {plan['id']}.",
    )
    costs = [site["cost"] for site in plan["sites"]]
    if plan["ask"].get("budget") is not None and None not in costs:
        total = f"{sum(costs):,.0f}"
        note(f"合计造价 {total} 元。", f"They cost {total} together.")
    idle = sum(site["gain"] == 0 for site in plan["sites"])
    if idle and plan["problem"] in {"mclp", "backup", "capacitated"}:
        note(
            f"其中 {idle} 个不再增加覆盖：少建一些也一样。",
            f"{idle} of them add nothing: fewer would do.",
        )
    if plan["status"] == "interrupted":
        note("已中断：以上是目前最好的方案。", "Interrupted: this is the best plan so far.")
    elif plan["status"] == "time_limit":
        note(
            "时限已到：以上是目前最好的方案，--time 可延长。",
            "Time is up: this is the best plan so far; --time gives it longer.",
        )
    if plan["unreachable"]["points"] and source["source"] is not None:
        workers = people(plan["unreachable"]["workers"])
        note(f"{workers} 人够不着任何候选点。", f"{workers} workers are in reach of no candidate.")
    if plan["overload"]:
        workers = people(plan["overload"])
        note(f"{workers} 人在范围内但容纳不下。", f"{workers} in reach find no room.")
    if plan["assumed_capacity"] is not None:
        capacity = f"{plan['assumed_capacity']:g}"
        note(
            f"容纳人数不详的已有驿站按 {capacity} 人计（已知的中位数）。",
            f"Stations of unknown capacity were taken to hold {capacity}, the median of the known.",
        )


def _gap(gap: float) -> str:
    return _ceiling(gap)


def _ceiling(share: float) -> str:
    """A share that is not more than what it says: rounded up, for a bound."""
    return f"{math.ceil(1e4 * share - 1e-7) / 100:.2f} %"
