"""Commands that bring data in and out: import, demand, hours, export."""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stations.errors import StationsError
from stations.vocabulary import label
from webmap.cli.figures import PROBLEMS_FOUND
from webmap.cli.output import (
    AsJson,
    Bar,
    Folder,
    language,
    note,
    out,
    people,
    percent,
    print_json,
    say,
    table,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stations.demand_hours import GroupHours
    from stations.demand_input import DemandInput
    from stations.importing import ImportPlan, Problem

File = Annotated[Path, typer.Argument(metavar="FILE", help="文件 / The file.")]
Datum = Annotated[
    str | None,
    typer.Option(
        help="坐标系：wgs84、gcj02（高德）、bd09（百度）、EPSG:n / Datum of the positions."
    ),
]
_SHOWN = 30


def add_to(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    app.command("import")(import_)
    app.command("demand")(demand)
    app.command("hours")(hours)
    app.command("export")(export_)


def import_(
    folder: Folder,
    file: File,
    *,
    datum: Datum = None,
    mapping: Annotated[
        Path | None, typer.Option(help="列对应关系（TOML） / What the columns mean.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只看差异 / Only show.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="不再询问 / Do not ask.")] = False,
    json: AsJson = False,
) -> None:
    """导入表格或图层：先看差异，确认后写入；有拒收的行时退出码为 1 / Import a sheet or layer."""
    from stations.importing import plan_import, read_mapping
    from stations.workspace import Workspace

    workspace = Workspace(folder)
    with Bar("读取", "Reading") as progress:
        plan = plan_import(
            file,
            against=workspace.store.read(),
            datum=datum,
            mapping=read_mapping(mapping) if mapping else None,
            progress=progress,
        )
    if not json:
        _print_plan(plan)
    applied = False
    if not dry_run and (plan.new or plan.changed):
        applied = yes or _confirmed()
        if applied:
            after = workspace.store.apply(
                plan.change(),
                who=user(),
                what=f"import {file.name}",
                expected_revision=plan.revision,
            )
            note(f"已写入，修订 {after.revision}。", f"Applied as revision {after.revision}.")
        else:
            note("没有写入。", "Nothing was written.")
    if json:
        print_json(_plan_dict(plan, applied=applied))
    if plan.rejected:
        raise typer.Exit(PROBLEMS_FOUND)


def _confirmed() -> bool:
    if not sys.stdin.isatty():
        message = (
            "the difference is not applied without a yes, and there is no terminal to ask on: "
            "add --yes, or --dry-run to only look"
        )
        raise StationsError(message)
    try:
        return typer.confirm(say("写入以上差异？", "Apply this difference?"), err=True)
    except typer.Abort:
        # Typer takes Ctrl-C at a question for a failed command.
        raise KeyboardInterrupt from None


def user() -> str:
    """Name of whoever runs the command, for the history."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run under a number that has no name.
        return f"uid {os.getuid()}"


def _print_plan(plan: ImportPlan) -> None:
    columns = ", ".join(f"{c} → {label('field', f, language())}" for c, f in plan.columns.items())
    out().print(say("列：", "Columns: ") + columns)
    if plan.ignored_columns:
        out().print(say("未用的列：", "Columns left out: ") + ", ".join(plan.ignored_columns))
    out().print(say("坐标系：", "Datum: ") + (plan.datum or "–"))
    accepted = len(plan.new) + len(plan.changed) + len(plan.unchanged)
    out().print(
        say(
            f"新增 {len(plan.new)}，变更 {len(plan.changed)}，不变 {len(plan.unchanged)}，"
            f"拒收 {len(plan.rejected)}；"
            f"接受的 {accepted} 个中 {plan.unknown_hours} 个开放时间不详",
            f"{len(plan.new)} new, {len(plan.changed)} changed, {len(plan.unchanged)} unchanged, "
            f"{len(plan.rejected)} rejected; of {accepted} accepted, {plan.unknown_hours} have "
            "unknown hours",
        )
    )
    for title, rows in (
        (say("拒收", "Rejected"), _problem_rows(plan.rejected)),
        (say("提醒", "Warnings"), _problem_rows(plan.warnings)),
        (say("变更", "Changed"), _changed_rows(plan)),
    ):
        if rows:
            out().print()
            table(title, [say("行", "Row") + ">", say("内容", "What")], rows[:_SHOWN])
            if len(rows) > _SHOWN:
                note(f"…… 另有 {len(rows) - _SHOWN} 条", f"... and {len(rows) - _SHOWN} more")


def _problem_rows(problems: Sequence[Problem]) -> list[tuple[str, str]]:
    return [(str(p.row or "–"), say(p.message_zh, p.message)) for p in problems]


def _changed_rows(plan: ImportPlan) -> list[tuple[str, str]]:
    rows = []
    for diff in plan.changed:
        parts = (
            f"{label('field', name, language())}: {_short(old)} → {_short(new)}"
            for name, old, new in diff.shown()
        )
        rows.append((str(diff.row), f"{diff.after.id} {'; '.join(parts)}"))
    return rows


def _short(value: object) -> str:
    return "–" if value in (None, (), {}) else str(value)[:60]


def _plan_dict(plan: ImportPlan, *, applied: bool) -> dict[str, Any]:
    return {
        "applied": applied,
        "revision": plan.revision + applied,
        "datum": plan.datum,
        "columns": plan.columns,
        "ignored_columns": list(plan.ignored_columns),
        "new": [station.id for station in plan.new],
        "changed": [
            {"row": d.row, "id": d.after.id, "fields": list(d.fields)} for d in plan.changed
        ],
        "unchanged": list(plan.unchanged),
        "absent": list(plan.absent),
        "unknown_hours": plan.unknown_hours,
        "rejected": [_problem_dict(p) for p in plan.rejected],
        "warnings": [_problem_dict(p) for p in plan.warnings],
    }


def _problem_dict(problem: Problem) -> dict[str, Any]:
    return {
        "row": problem.row,
        "field": problem.field,
        "message": problem.message,
        "message_zh": problem.message_zh,
    }


def demand(
    folder: Folder,
    file: File,
    *,
    datum: Datum = None,
    weight: Annotated[str | None, typer.Option(help="人数所在列 / The column of workers.")] = None,
    group: Annotated[
        str | None, typer.Option(help="群体，如 rider；同名的被替换 / Worker group; replaces it.")
    ] = None,
    json: AsJson = False,
) -> None:
    """劳动者分布：区县表、面、点或栅格 / Where the workers are, from a table, layer or raster."""
    from stations.demand_input import read_demand
    from stations.excluded import excluded_areas
    from stations.workspace import Workspace

    workspace = Workspace(folder)
    districts = workspace.districts
    if districts is not None:
        districts = districts.without(excluded_areas(workspace))
    found = read_demand(file, districts=districts, datum=datum, weight=weight, group=group)
    workspace.add_demand(found.demand, file=file.name, method=found.method)
    (name,) = found.demand.groups
    if json:
        print_json(
            {
                "group": name,
                "method": found.method,
                "column": found.column,
                "factor": found.factor,
                "points": len(found.demand),
                "workers": found.demand.total,
                "unplaced": [{"row": key, "workers": n} for key, n in found.unplaced],
            }
        )
    else:
        _print_demand(found, name)


def _print_demand(found: DemandInput, group: str) -> None:
    column = (
        "" if found.column is None else say(f"，取自列 {found.column}", f", from {found.column}")
    )
    if found.factor != 1:
        column += say(
            f"（按表头 ×{found.factor:,.0f}）", f" (x{found.factor:,.0f}, as its header says)"
        )
    workers, points = people(found.demand.total), f"{len(found.demand):,}"
    out().print(
        say(
            f"{group}：{workers} 人，{points} 个点{column}",
            f"{group}: {workers} workers at {points} points{column}",
        )
    )
    if found.unplaced:
        lost = sum(n for _, n in found.unplaced)
        named = ", ".join(f"{key} ({people(n)})" for key, n in found.unplaced[:_SHOWN])
        note(
            f"注意：{len(found.unplaced)} 行没有位置，{people(lost)} 人未计入：{named}",
            f"Note: {len(found.unplaced)} rows have no place, {people(lost)} workers are left out: "
            f"{named}",
        )


def hours(folder: Folder, file: File, *, json: AsJson = False) -> None:
    """各群体的上岗时间：一周每小时的在岗比例 / When which share of each group is at work."""
    from stations.demand_hours import apply_hours, read_hours, summarise_hours
    from stations.workspace import Workspace

    workspace = Workspace(folder)
    demand = workspace.known_demand()
    found = read_hours(file)
    workspace.set_demand(apply_hours(demand, found), workspace.demand_sources)
    groups = summarise_hours(found, demand.groups)
    unchanged = [group for group in demand.groups if found.key_of(group) is None]
    if json:
        print_json(
            {
                "per_cent": found.per_cent,
                "groups": [one._asdict() for one in groups],
                "unchanged": unchanged,
            }
        )
        return
    for one in groups:
        out().print(_hours_words(one))
    if found.per_cent:
        note("表中数值按百分数读取。", "The figures of the sheet were read as per cent.")
    if unchanged:
        named = [label("serves", group, language()) for group in unchanged]
        note(f"表中没有，保持不变：{'、'.join(named)}", f"Not in it, unchanged: {', '.join(named)}")


def _hours_words(one: GroupHours) -> str:
    from stations.demand_hours import DAY_NAMES

    day, hour = divmod(one.peak_hour, 24)
    name, when = label("serves", one.group, language()), DAY_NAMES[language()][day]
    mean, most = percent(one.mean), percent(one.peak_share)
    return say(
        f"{name}：平均 {mean} 在岗，最多是{when} {hour} 时 {most}；"
        + ("节假日另给" if one.own_holiday else "节假日按周日"),
        f"{name}: {mean} at work on average, most on {when} at {hour}:00, {most}; "
        + ("holidays of their own" if one.own_holiday else "holidays as on Sundays"),
    )


def export_(
    folder: Folder,
    file: File,
    *,
    lang: Annotated[str | None, typer.Option(help="zh 或 en / Language of labels.")] = None,
) -> None:
    """导出登记（不含内部字段） / Export the register without its private fields."""
    from stations.export import export
    from stations.workspace import Workspace

    count = export(Workspace(folder).registry, file, lang=lang or language())
    note(f"已导出 {count} 个驿站到 {file}", f"Exported {count} stations to {file}")
