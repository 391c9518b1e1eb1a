"""Commands of the office: ledger list, show, answer, close."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stations.errors import StationsError
from stations.vocabulary import PROBLEM_CODES, TASK_STATE_CODES, label
from webmap.cli.data import user
from webmap.cli.output import AsJson, Folder, harmless, language, note, out, print_json, say, table

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from stations.ledger import Entry
    from stations.vocabulary import TaskState

Id = Annotated[
    str, typer.Argument(metavar="ID", help="编号，可只写开头几位 / Its number, or how it begins.")
]
Who = Annotated[
    str | None, typer.Option(help="经办人，默认为当前用户 / Who answers; you by default.")
]
_STATES = (*TASK_STATE_CODES, "open", "all")
_KINDS = ("report", "suggestion")
_SHOWN = 40


def add_to(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    ledger = typer.Typer(
        name="ledger",
        help="台账：劳动者的反馈和建议 / What workers report and suggest.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    ledger.command("list")(list_)
    ledger.command("show")(show)
    ledger.command("answer")(answer)
    ledger.command("close")(close)
    app.add_typer(ledger)


def list_(
    folder: Folder,
    *,
    state: Annotated[
        str, typer.Option(help="状态：open、new、accepted、done、rejected、all / State.")
    ] = "open",
    kind: Annotated[str | None, typer.Option(help="report 或 suggestion / Kind.")] = None,
    station: Annotated[str | None, typer.Option(help="驿站编码 / Id of the station.")] = None,
    problem: Annotated[
        str | None,
        typer.Option(help="问题：locked、moved、gone、broken、supplies、hours、other / Problem."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="最多列出几条 / Most that are listed.")] = 50,
    json: AsJson = False,
) -> None:
    """列出反馈和建议，最新的在前 / What is to be done, the newest first."""
    from stations.workspace import Workspace

    _one_of("--state", state, _STATES)
    for option, value, known in (
        ("--kind", kind, _KINDS),
        ("--problem", problem, PROBLEM_CODES),
    ):
        if value is not None:
            _one_of(option, value, known)
    entries = Workspace(folder).ledger.entries()
    found = [
        entry
        for entry in reversed(entries)
        if state in {"all", entry.properties.state} or (state == "open" and entry.is_open)
        if kind in {None, entry.properties.kind}
        if station in {None, entry.properties.station}
        if problem in {None, entry.properties.problem}
    ]
    people = _people(entries)
    shown = found[:limit]
    if json:
        rows = [{**_public(e), "people": people.get(_told(e), 1)} for e in shown]
        print_json({"matched": len(found), "entries": rows})
        return
    if not found:
        out().print(say("没有。", "There are none."))
        return
    table(
        "",
        [
            say("编号", "Number"),
            say("时间", "When"),
            say("状态", "State"),
            say("驿站或位置", "Station or place"),
            say("内容", "What"),
            say("人数", "People") + ">",
        ],
        [
            (
                entry.id,
                _when(entry.properties.created_at),
                label("task_state", entry.properties.state, language()),
                _where(entry),
                _what(entry),
                str(people.get(_told(entry), 1)),
            )
            for entry in shown
        ],
    )
    if len(found) > limit:
        note(f"…… 另有 {len(found) - limit} 条", f"... and {len(found) - limit} more")


def show(folder: Folder, entry_id: Id, *, json: AsJson = False) -> None:
    """查看一条 / One of them, with all that was said."""
    from stations.workspace import Workspace

    ledger = Workspace(folder).ledger
    entry = ledger.find(entry_id)
    if json:
        print_json(_public(entry))
        return
    said = entry.properties
    photo = str(ledger.photo_path(entry.id)) if said.photo else "–"
    for name, value in (
        (say("编号", "Number"), entry.id),
        (say("时间", "When"), _when(said.created_at)),
        (say("状态", "State"), label("task_state", said.state, language())),
        (say("驿站或位置", "Station or place"), _where(entry)),
        (say("内容", "What"), _what(entry, whole=True)),
        (say("照片", "Photo"), photo),
        (say("反馈人看到的页面", "The reporter's page"), f"/reports/{entry.id}"),
    ):
        out().print(f"{name}{say('：', ': ')}{harmless(value)}")
    for one in said.answers:
        state = label("task_state", one.state, language())
        words = harmless(f"{one.who} [{state}] {one.text or ''}").rstrip()
        out().print(f"{_when(one.time)}  {words}")


def answer(
    folder: Folder,
    entry_id: Id,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="答复 / What the reporter reads.")],
    *,
    state: Annotated[
        str, typer.Option(help="之后的状态：accepted、done、rejected / State from then on.")
    ] = "accepted",
    who: Who = None,
) -> None:
    """答复，反馈人凭链接可见 / Answer; whoever reported it reads that by the link."""
    _answer(folder, entry_id, text, _one_of("--state", state, _AFTERWARDS), who)


def close(
    folder: Folder,
    entry_id: Id,
    text: Annotated[
        str | None, typer.Argument(metavar="[TEXT]", help="答复 / What the reporter reads.")
    ] = None,
    *,
    as_: Annotated[
        str, typer.Option("--as", help="done（已解决）或 rejected（未采纳） / How it ended.")
    ] = "done",
    who: Who = None,
) -> None:
    """办结 / Close it."""
    _answer(folder, entry_id, text, _one_of("--as", as_, _AFTERWARDS[1:]), who)


_AFTERWARDS: tuple[TaskState, ...] = ("accepted", "done", "rejected")


def _answer(
    folder: Folder, entry_id: str, text: str | None, state: TaskState, who: str | None
) -> None:
    from stations.workspace import Workspace

    ledger = Workspace(folder).ledger
    entry = ledger.find(entry_id)
    after = ledger.answer(entry.id, who=who or user(), text=text, state=state)
    words = label("task_state", state, "zh"), label("task_state", state, "en")
    note(f"{after.id}：{words[0]}。", f"{after.id}: {words[1].lower()}.")


def _one_of(option: str, value: str, known: Sequence[Any]) -> Any:  # noqa: ANN401  one of `known`
    if value not in known:
        shown, words = value[:40], "、".join(known)
        raise StationsError(
            f"{option} {shown!r}: use {', '.join(known)}", f"{option} {shown!r}：可用 {words}"
        )
    return value


def _told(entry: Entry) -> object:
    """What is the same for everybody who reports the same."""
    said = entry.properties
    return (said.station, said.problem) if said.kind == "report" else entry.id


def _people(entries: Iterable[Entry]) -> dict[object, int]:
    """How many have reported what, of what is open."""
    sources = defaultdict(set)
    for entry in entries:
        if entry.is_open:
            # A source that has been forgotten was somebody all the same.
            sources[_told(entry)].add(entry.properties.source or entry.id)
    return {told: len(found) for told, found in sources.items()}


def _public(entry: Entry) -> dict[str, Any]:
    return {**entry.public(), "link": f"/reports/{entry.id}"}


def _when(moment: dt.datetime) -> str:
    from stations.hours import BEIJING

    return f"{moment.astimezone(BEIJING):%Y-%m-%d %H:%M}"


def _where(entry: Entry) -> str:
    said = entry.properties
    if said.kind == "report":
        return f"{said.station_name} {said.station}"
    lon, lat = entry.position or (float("nan"), float("nan"))
    return f"{lon:.5f}, {lat:.5f}"


def _what(entry: Entry, *, whole: bool = False) -> str:
    """What is said, in a line; its beginning, or the whole of it."""
    said = entry.properties
    words = [
        label("problem", said.problem, language())
        if said.problem
        else say("建议新站", "Suggestion"),
        say("、", ", ").join(label("facilities", f, language()) for f in said.facilities),
        said.text or "",
        say("有照片", "photo") if said.photo and not whole else "",
    ]
    if not whole and len(words[2]) > _SHOWN:
        words[2] = words[2][:_SHOWN] + "…"
    return say("；", "; ").join(filter(None, words))
