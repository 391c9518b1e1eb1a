"""The command ``yizhan``: every command opens the same workspace as the server does."""

from __future__ import annotations

import sys

import typer
from rich.console import Console

from geodata.errors import GeodataError
from stations.errors import StationsError
from webmap.cli import data, figures, workspaces
from webmap.cli.output import say

PROBLEMS_FOUND, BAD_USE = 1, 2

app = typer.Typer(
    name="yizhan",
    help="驿站：户外劳动者驿站的登记、就近查询与覆盖分析\n\n"
    "Stations for outdoor workers: the register, the nearest one, who is covered.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (workspaces, data, figures):
    module.add_to(app)


def main() -> None:
    """Run the command; errors of the domain are a line on stderr and exit code 2."""
    try:
        app()
    except (StationsError, GeodataError) as error:
        Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(
            say("错误：", "Error: ") + str(error)
        )
        sys.exit(BAD_USE)
    except BrokenPipeError:
        # The reader of our output has gone (`yizhan check | head`); nothing is wrong.
        sys.stderr.close()
        sys.exit(0)
