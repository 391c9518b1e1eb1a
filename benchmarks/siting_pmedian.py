"""p-median: proofs and seconds, beside spopt and the published optima of OR-Library.

    python -m benchmarks.siting_pmedian [--quick]

spopt's seconds are its model's, from the matrix of distances, and CBC's; ours begin with the same
matrix. OR-Library's graphs are read from the shared data folder (`YIZHAN_SHARED_DATA`) and left out
where there is none; shortest paths are no part of the seconds. In the large rows nobody else builds
the model: there ours stands against a limit.
"""

from __future__ import annotations

from dataclasses import replace

from benchmarks._report import Row, main
from benchmarks._siting import SEED, Ask, answer, orlib, proof, timed


def small(n: int, p: int, spopt_s: float) -> list[Row]:
    """To the optimum."""
    job = f"p-median {n:,}, p={p}"
    ask = Ask("ours", "pmedian", n, n, p=p, rounds=3)
    ours = answer(ask)
    spopt = answer(replace(ask, by="spopt_pmedian", time_s=spopt_s, rounds=1))
    return [*proof(job, ours, 0.0), timed(f"{job}: optimum proved", ours, "spopt", spopt, 100)]


def dense(n: int, p: int, max_gap: float, time_s: float, seeds: tuple[int, ...]) -> list[Row]:
    """Every pair listed, of crowded cities and of places anywhere: instances differ much."""
    return [
        row
        for city in (True, False)
        for number, seed in enumerate(seeds, 1)
        for row in proof(
            f"p-median {n:,}, p={p}, {'city' if city else 'anywhere'} {number}",
            answer(
                Ask("ours", "pmedian", n, n, city, p, time_s=time_s, max_gap=max_gap, seed=seed)
            ),
            max_gap,
        )
    ]


def listed(n: int, p: int, near: int, max_gap: float, time_s: float) -> list[Row]:
    """Only the nearest sites listed; all others cost as much as the farthest of them."""
    ask = Ask("ours", "pmedian", n, n, p=p, near=near, time_s=time_s, max_gap=max_gap)
    return proof(f"p-median {n:,}, p={p}, {near} nearest", answer(ask), max_gap, memory=True)


def run(*, quick: bool) -> list[Row]:
    """Rows for `make bench`."""
    if quick:
        return [
            *small(100, 8, 30),
            *orlib("pmedian", tuple(range(1, 6)), 5),
            *dense(1000, 20, 0.0001, 8, (SEED,)),
            *listed(5000, 50, 200, 0.005, 8),
        ]
    return [
        *small(1000, 20, 150),
        *orlib("pmedian", tuple(range(1, 21)), 20),
        *dense(5000, 50, 0.0001, 60, (SEED, 1, 2, 3)),
        *listed(50_000, 500, 200, 0.005, 60),
    ]


if __name__ == "__main__":
    main(run)
