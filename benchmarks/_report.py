"""One row of a comparison, and the table that all comparisons print."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Row(NamedTuple):
    """Ours beside a peer, measured in one run.

    A `unit` that ends with "/s" is a rate, of which more is better; any other is a cost such as
    seconds or bytes, of which less is better.
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
        if self.unit.endswith("/s"):
            return self.ours / self.peer_value
        return self.peer_value / self.ours


def print_rows(rows: Iterable[Row]) -> None:
    """Print ours, peer, ratio and goal; a ratio below its goal is marked."""
    print(f"{'job':44} {'ours':>12} {'peer':>12} {'unit':10} {'ratio':>8} {'goal':>6}  against")
    for row in rows:
        goal = "" if row.goal is None else f"{row.goal:g}"
        missed = " MISSED" if row.goal is not None and row.ratio < row.goal else ""
        note = f" ({row.note})" if row.note else ""
        print(
            f"{row.name:44} {row.ours:12.4g} {row.peer_value:12.4g} {row.unit:10} "
            f"{row.ratio:8.2f} {goal:>6}  {row.peer}{note}{missed}"
        )
