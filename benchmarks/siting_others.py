"""Fewest sites that cover everybody, beside HiGHS in equal time; p-center on OR-Library.

    python -m benchmarks.siting_others [--quick]

Location set covering is told by two figures: how many sites the plan has, and how many any plan
must have. HiGHS gets the sets by arrays and one thread. p-center has no peer that proves anything:
the published optima of OR-Library stand for one, where the shared data folder is there.
"""

from __future__ import annotations

from dataclasses import replace

from benchmarks._report import Row, main
from benchmarks._siting import Ask, answer, bounds, compared, orlib


def lscp(n: int, radius: float, time_s: float) -> list[Row]:
    """Both have the same time."""
    job = f"LSCP {n:,}: {time_s:.0f} s each"
    ask = Ask("ours", "lscp", n, n, radius=radius, time_s=time_s)
    ours, highs = answer(ask), answer(replace(ask, by="highs"))
    return [
        compared(f"{job}, plan", ours, "HiGHS", highs, "sites"),
        bounds(f"{job}, bound", ours, "HiGHS", highs, "sites proved"),
    ]


def run(*, quick: bool) -> list[Row]:
    """Rows for `make bench`."""
    time_s = 8 if quick else 45
    return [
        *lscp(2000, 0.0625, time_s),
        *lscp(20_000, 0.018, time_s),
        *orlib("pcenter", tuple(range(1, 6 if quick else 21)), 5 if quick else 20),
    ]


if __name__ == "__main__":
    main(run)
