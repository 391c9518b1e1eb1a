"""What the commands print: tables and words for people, JSON for programs."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="工作区文件夹 / The workspace.")]
AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON / Print JSON.")]

# What would steer the terminal instead of being read: controls, and marks that turn the writing.
_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
_STEERING_IN_JSON = re.compile("[\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def language() -> str:
    """``zh``, unless ``YIZHAN_LANG`` or the locale says English."""
    wanted = os.environ.get("YIZHAN_LANG") or os.environ.get("LC_ALL") or os.environ.get("LANG", "")
    return "en" if wanted.startswith("en") else "zh"


def say(zh: str, en: str) -> str:
    """Return the words in the language of the terminal."""
    return en if language() == "en" else zh


class _Lines(Console):
    """A console on which text, whatever file it is from, is a line and no more."""

    def print(self, *objects: Any, **options: Any) -> None:  # noqa: ANN401  as Rich's own
        lines = (harmless(one) if isinstance(one, str) else one for one in objects)
        super().print(*lines, **options)


def out() -> Console:
    """Return the console for results."""
    # Markup off: station text is never markup. Piped output is not folded, whatever its length.
    wide = None if sys.stdout.isatty() else 20_000
    return _Lines(highlight=False, markup=False, emoji=False, width=wide)


def harmless(text: str) -> str:
    """Return text from data as one line that a terminal only shows."""
    return _STEERING.sub(" ", text)


def note(zh: str, en: str) -> None:
    """Tell the person something beside the result, one line on stderr."""
    Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True).print(
        harmless(say(zh, en))
    )


def error_words(error: Exception) -> tuple[str, str]:
    """Return an error in Chinese and in English; some know only English."""
    english = str(error)
    chinese = getattr(error, "chinese", None) or english
    if getattr(error, "__notes__", None):
        from stations.importing.messages import chinese_of

        chinese = chinese_of(error)
    return f"错误：{chinese}", f"Error: {english}"


def print_json(value: object) -> None:
    """Print a JSON value, readable, as UTF-8."""
    text = value if isinstance(value, bytes) else orjson.dumps(value, option=orjson.OPT_INDENT_2)
    # The controls that JSON lets stand in a string mean the same as escapes, and steer nothing.
    shown = _STEERING_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text.decode())
    sys.stdout.buffer.write(shown.encode() + b"\n")
    sys.stdout.buffer.flush()


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table; columns whose header ends in ``>`` are figures, set to the right."""
    grid = Table(title=title or None, title_justify="left", header_style="bold", box=None)
    for column in columns:
        right = column.endswith(">")
        grid.add_column(column.removesuffix(">"), justify="right" if right else "left")
    for row in rows:
        grid.add_row(*map(harmless, row))
    out().print(grid)


def tables_by_area_and_group(
    found: Mapping[str, Any],
    columns: Sequence[str],
    cells: Callable[[Mapping[str, Any]], Sequence[str]],
) -> None:
    """Print the figures by district, then those by group, each as a table if there are any.

    Parameters
    ----------
    columns, cells
        Titles of the figures, and the figures of a row in words.
    """
    for title, rows in (
        (say("区县", "District"), found["by_district"]),
        (say("群体", "Group"), found["by_group"]),
    ):
        if rows:
            out().print()
            named = [(row["name"] or say("区外", "Outside"), *cells(row)) for row in rows]
            table("", [title, *columns], named)


class Bar:
    """A progress bar on stderr, shown only to a person."""

    def __init__(self, zh: str, en: str) -> None:
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
            disable=not sys.stderr.isatty(),
        )
        self._task = self._bar.add_task(say(zh, en), total=None)

    def __enter__(self) -> Callable[[int, int], None]:
        self._bar.start()
        return self._update

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def _update(self, done: int, total: int) -> None:
        self._bar.update(self._task, completed=done, total=total)


class Line:
    """One line of words on stderr that changes, shown only to a person."""

    def __init__(self, zh: str, en: str) -> None:
        shown = sys.stderr.isatty()
        self._status = Console(stderr=True, markup=False).status(say(zh, en)) if shown else None

    def __enter__(self) -> Callable[[str, str], None]:
        if self._status:
            self._status.start()
        return self._update

    def __exit__(self, *_: object) -> None:
        if self._status:
            self._status.stop()

    def _update(self, zh: str, en: str) -> None:
        if self._status:
            self._status.update(say(zh, en))


def percent(share: float) -> str:
    """A share as people read it."""
    return f"{100 * share:.1f} %"


def span(low: float, high: float) -> str:
    """A range of shares as people read it; one number where its ends are equal."""
    ends = percent(low), percent(high)
    return ends[0] if ends[0] == ends[1] else f"{ends[0].removesuffix(' %')}–{ends[1]}"


def counted(low: float, high: float) -> str:
    """A range of people or things as people read it."""
    ends = people(low), people(high)
    return ends[0] if ends[0] == ends[1] else "–".join(ends)


def people(workers: float) -> str:
    """A number of workers as people read it."""
    return f"{workers:,.0f}"


def distance(metres: float | None) -> str:
    """A distance as people read it."""
    if metres is None or metres == float("inf"):
        return "–"
    if metres < 1000:
        return f"{metres:.0f} m"
    return f"{metres / 1000:.1f} km"
