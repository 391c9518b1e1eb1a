"""The command that writes coverage reports: report."""

from __future__ import annotations

import concurrent.futures
import concurrent.futures.process
import contextlib
import datetime as dt
import multiprocessing
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stations.errors import StationsError
from webmap.cli.figures import PROBLEMS_FOUND
from webmap.cli.output import Bar, Folder, note, out
from webmap.cli.reaches import By, Minutes, Radius, reach_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stations.report import ReportAsk
    from stations.report.heat import HeatDay
    from stations.workspace import Workspace
    from webmap.render.report_files import Written
    from webmap.texts import Language


def add_to(app: typer.Typer) -> None:
    """Add this command to `app`."""
    app.command("report")(report)


def report(
    folder: Folder,
    *,
    adcode: Annotated[
        str | None, typer.Option(help="只写一个区县：代码或名称 / One district, by code or name.")
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="全区和每个区县各一份 / The whole area and each district.")
    ] = False,
    quarter: Annotated[
        str | None, typer.Option(help="季度，如 2026Q3，并与季初比较 / A quarter, and its changes.")
    ] = None,
    date: Annotated[
        str | None, typer.Option(help="某一天，如 2026-11-30；默认今天 / A day; today by default.")
    ] = None,
    since: Annotated[
        int | None, typer.Option(min=0, help="与此修订比较 / Changes since this revision.")
    ] = None,
    form: Annotated[
        str, typer.Option("--format", help="格式：html,pdf,xlsx,json / Forms, any of them.")
    ] = "html,pdf,xlsx",
    lang: Annotated[
        str | None, typer.Option(help="zh,en；默认按工作区 / Languages; the workspace's.")
    ] = None,
    folder_out: Annotated[
        Path | None, typer.Option("--out", help="写到哪个文件夹；默认 DIR/reports / Where to.")
    ] = None,
    by: By = "line",
    radius: Radius = None,
    minutes: Minutes = None,
    sites: Annotated[
        int, typer.Option(min=0, max=100, help="建议新建几个 / New stations to recommend.")
    ] = 5,
    heat: Annotated[
        str | None,
        typer.Option(help="高温日：最高气温，或逐时气温表 / A hot day: its maximum, or a sheet."),
    ] = None,
) -> None:
    """覆盖报告：HTML、PDF、表格 / Coverage reports as HTML, PDF and workbooks."""
    from stations.hours import BEIJING
    from stations.report import ask_for, read_quarter
    from stations.workspace import Workspace

    workspace = Workspace(folder)
    if every and adcode is not None:
        raise StationsError("give --adcode or --all, not both", "--adcode 与 --all 只能给一个")
    forms, langs = _forms(form), _languages(lang, workspace)
    ask = ask_for(
        quarter=None if quarter is None else read_quarter(quarter),
        day=None if date is None else _day(date),
        today=dt.datetime.now(BEIJING).date(),
        district=adcode,
        since=since,
        mode=reach_of(workspace, by, radius, minutes).mode,
        radius_m=radius,
        minutes=minutes,
        sites=sites,
        heat=None if heat is None else _heat(heat),
    )
    target = folder_out or folder / "reports"
    options = {"forms": forms, "langs": langs, "out": target}
    asks = _of_every_district(workspace, ask) if every else [ask]
    written = []
    with Bar("写报告", "Writing reports") as progress:
        progress(0, len(asks))
        for done in _written(folder, asks, options):
            written.append(done)
            progress(len(written), len(asks))
    _tell(written)


def _tell(written: Sequence[Written]) -> None:
    for path in sorted(path for done in written for path in done.paths):
        out().print(str(path))
    missing = next((done.without_pdf for done in written if done.without_pdf), None)
    if missing is not None:
        english, chinese = missing
        note(f"没有写 PDF：{chinese}", f"No PDF was written: {english}")
        raise typer.Exit(PROBLEMS_FOUND)


def _written(folder: Path, asks: Sequence[ReportAsk], options: dict[str, Any]) -> Iterator[Written]:
    """Yield what is written of each report, as it is done: several are made side by side."""
    from webmap.render.report_files import write_report

    if len(asks) == 1:
        with _ended_by_an_interrupt():
            yield write_report(folder, asks[0], **options)
        return
    # Started afresh: a copy of this process would have the locks of its threads, but not these.
    context = multiprocessing.get_context("spawn")
    workers = min(len(asks), os.cpu_count() or 1)
    # Ctrl-C reaches every process: those of the pool end without a word, for this one says it.
    ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    pool = concurrent.futures.ProcessPoolExecutor(
        workers,
        mp_context=context,
        initializer=signal.signal,
        initargs=(signal.SIGINT, signal.SIG_IGN if ignored else signal.SIG_DFL),
    )
    try:
        jobs = [pool.submit(write_report, folder, ask, **options) for ask in asks]
        for job in concurrent.futures.as_completed(jobs):
            yield job.result()
    except concurrent.futures.process.BrokenProcessPool as error:
        raise StationsError(
            "a process that wrote reports was ended from outside, as for want of memory: write "
            "fewer at a time, with --adcode",
            "写报告的进程被系统终止（可能内存不足）：请用 --adcode 一份一份地写",
        ) from error
    except KeyboardInterrupt:
        for process in multiprocessing.active_children():
            process.terminate()
        raise
    finally:
        # After a fault what has not begun is left.
        pool.shutdown(cancel_futures=True)


@contextlib.contextmanager
def _ended_by_an_interrupt() -> Iterator[None]:
    """Let Ctrl-C end a report, also while it looks for new stations.

    The search itself would take it for the wish to go on with the best sites so far.
    """
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler:
        yield
        return

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _of_every_district(workspace: Workspace, ask: ReportAsk) -> list[ReportAsk]:
    """The whole area first, for it takes longest; then each district."""
    import dataclasses

    districts = workspace.districts
    if districts is None:
        raise StationsError(
            "--all needs districts, and the workspace has none: give it some with `yizhan init "
            "--districts FILE`",
            "--all 需要区划边界，而工作区没有：请用 `yizhan init --districts 文件` 建立",
        )
    return [ask, *(dataclasses.replace(ask, district=adcode) for adcode in districts.adcodes)]


def _forms(text: str) -> tuple[str, ...]:
    from webmap.render.report_files import FORMATS

    return _chosen("--format", text, FORMATS)


def _languages(text: str | None, workspace: Workspace) -> tuple[Language, ...]:
    from webmap.texts import LANGUAGES

    if text is None:
        return (workspace.config.language,)
    return _chosen("--lang", text, LANGUAGES)  # type: ignore[return-value]  # each is one of them


def _chosen(option: str, text: str, known: tuple[str, ...]) -> tuple[str, ...]:
    words = tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
    wrong = [word for word in words if word not in known]
    if wrong or not words:
        shown = (wrong or [text])[0][:40]
        raise StationsError(
            f"{option} {shown!r}: use {', '.join(known)}",
            f"{option} {shown!r}：可用 {'、'.join(known)}",
        )
    return words


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise StationsError(
            f"--date {text[:40]!r} is no day: write it as 2026-11-30",
            f"--date {text[:40]!r} 不是日期：请写成 2026-11-30",
        ) from None


def _heat(text: str) -> HeatDay:
    from stations.report.heat import heat_of, read_heat

    try:
        maximum = float(text)
    except ValueError:
        return read_heat(Path(text))
    return heat_of(maximum)
