"""One row of a comparison, and the table that all comparisons print."""

from __future__ import annotations

import argparse
import math
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable


# Units of which more is better.
_MORE = ("/s", "covered", "proved")


class Row(NamedTuple):
    """Ours beside a peer, measured in one run.

    A `unit` that ends with "/s" is a rate, of which more is better, as of what is "covered" or
    "proved"; any other is a cost such as seconds or bytes, of which less is better. The value of a
    peer that is not installed is NaN.
    """

    name: str
    ours: float
    peer: str
    peer_value: float
    unit: str
    goal: float | None
    note: str = ""

    @property
    def ratio(self) -> float:
        """How many times better than the peer: above 1 is better in either kind of unit."""
        if self.unit.endswith(_MORE):
            return self.ours / self.peer_value if self.peer_value else math.inf
        # A gap of nothing, that is a proved optimum, is better than any.
        return self.peer_value / self.ours if self.ours else math.inf

    @property
    def reached(self) -> bool | None:
        """Whether the ratio is at least the goal; None without a goal or without the peer."""
        if self.goal is None or math.isnan(self.peer_value):
            return None
        return self.ratio >= self.goal


class Benchmark(Protocol):
    """The function ``run`` of every benchmark module."""

    def __call__(self, *, quick: bool) -> list[Row]:
        """Measure; `quick` takes sizes that show only that everything works."""


def skipped(name: str, ours: float, peer: str, unit: str, how: str) -> Row:
    """Row of a peer that could not be asked, and why or how it is installed."""
    return Row(name, ours, peer, math.nan, unit, None, f"left out: {how}")


def main(run: Benchmark) -> None:
    """Run one benchmark from the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="small sizes: does it work?")
    print_rows(run(quick=parser.parse_args().quick))


def print_rows(rows: Iterable[Row]) -> None:
    """Print ours, peer, ratio and goal; a ratio below its goal is marked."""
    print(f"{'job':44} {'ours':>12} {'peer':>12} {'unit':10} {'ratio':>8} {'goal':>6}  against")
    for row in rows:
        goal = "" if row.goal is None else f"{row.goal:.3g}"
        missed = " MISSED" if row.reached is False else ""
        note = f" ({row.note})" if row.note else ""
        print(
            f"{row.name:44} {row.ours:12.4g} {row.peer_value:12.4g} {row.unit:10} "
            f"{row.ratio:8.2f} {goal:>6}  {row.peer}{note}{missed}"
        )
