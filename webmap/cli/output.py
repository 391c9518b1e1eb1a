"""What the commands print: tables and words for people, JSON for programs."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON / Print JSON.")]


def language() -> str:
    """``zh``, unless ``YIZHAN_LANG`` or the locale says English."""
    wanted = os.environ.get("YIZHAN_LANG") or os.environ.get("LC_ALL") or os.environ.get("LANG", "")
    return "en" if wanted.startswith("en") else "zh"


def say(zh: str, en: str) -> str:
    """Return the words in the language of the terminal."""
    return en if language() == "en" else zh


def out() -> Console:
    """Return the console for results."""
    # Markup off: station text is never markup. Piped output is not folded.
    wide = None if sys.stdout.isatty() else 200
    return Console(highlight=False, markup=False, emoji=False, width=wide)


def note(zh: str, en: str) -> None:
    """Tell the person something beside the result, on stderr."""
    Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True).print(
        say(zh, en)
    )


def print_json(value: Any) -> None:
    """Print a JSON value, readable, as UTF-8."""
    text = value if isinstance(value, bytes) else orjson.dumps(value, option=orjson.OPT_INDENT_2)
    sys.stdout.buffer.write(text + b"\n")
    sys.stdout.buffer.flush()


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table; columns whose header ends in ``>`` are figures, set to the right."""
    grid = Table(title=title or None, title_justify="left", header_style="bold", box=None)
    for column in columns:
        right = column.endswith(">")
        grid.add_column(column.removesuffix(">"), justify="right" if right else "left")
    for row in rows:
        grid.add_row(*(text.replace("\n", " ") for text in row))
    out().print(grid)


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


def percent(share: float) -> str:
    """A share as people read it."""
    return f"{100 * share:.1f} %"


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
