"""The command ``yizhan``: every command opens the same workspace as the server does.

Modules here import what a command needs inside the command: what reads maps and tables takes
seconds to load, and `yizhan --help` or a mistyped option must not wait for it.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from geodata.errors import GeodataError
from stations.errors import StationsError
from webmap.cli import coverage, data, figures, ledger, report, siting, streets, workspaces
from webmap.cli.output import error_words, note

BAD_USE, INTERRUPTED = 2, 130


class _Commands(TyperGroup):
    """The commands, with every expected failure told in one line."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401  Typer does not name its types in public
        try:
            answer = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            # The reader of our output has gone (`yizhan check | head`); nothing is wrong.
            _silence_stdout()
            raise typer.Exit(0) from None
        except (StationsError, GeodataError) as error:
            note(*error_words(error))
            raise typer.Exit(BAD_USE) from None
        except OSError as error:
            note(*error_words(error))
            _silence_stdout()
            raise typer.Exit(BAD_USE) from None
        except KeyboardInterrupt:
            note("已中断。", "Interrupted.")
            raise typer.Exit(INTERRUPTED) from None
        return answer


app = typer.Typer(
    name="yizhan",
    cls=_Commands,
    help="驿站：户外劳动者驿站的登记、就近查询与覆盖分析\n\n"
    "Stations for outdoor workers: the register, the nearest one, who is covered.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (workspaces, data, streets, figures, coverage, siting, report, ledger):
    module.add_to(app)


def main() -> None:
    """Run the command: exit code 0 done, 1 problems found, 2 bad use, 130 interrupted."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal of another encoding shows a question mark for what it does not have.
        sys.stdout.reconfigure(errors="replace")
    app(prog_name="yizhan")


def _silence_stdout() -> None:
    """Let what is still unwritten go nowhere, or the interpreter complains of it at its end."""
    # A stdout that is no file, as under a test, has nothing to complain of.
    with contextlib.suppress(ValueError), Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
