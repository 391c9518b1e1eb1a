"""Maximal covering: proofs, seconds and memory, beside spopt, HiGHS, CBC and CP-SAT.

    python -m benchmarks.siting_mclp [--quick]

Where a row is in seconds, everybody goes on to the same proof: the optimum for p=20, a gap of
0.05 % for the city. Where it is in workers covered, everybody has the same time. spopt's seconds
are its model's, from a matrix of distances, and CBC's; those of the others begin with the coverage
sets. In the large rows nobody else builds the model: there ours stands against a limit.
"""

from __future__ import annotations

import math
from dataclasses import replace

from benchmarks._report import Row, main
from benchmarks._siting import SEED, Ask, answer, compared, proof, radius_of, timed


def small(n: int, p: int, spopt_s: float, highs_s: float) -> list[Row]:
    """To the optimum; the sets are half as full of points again at any size."""
    job = f"MCLP {n:,}, p={p}"
    ask = Ask("ours", "mclp", n, n, p=p, radius=0.05 * math.sqrt(2000 / n), rounds=5)
    ours = answer(ask)
    spopt = answer(replace(ask, by="spopt_mclp", time_s=spopt_s, rounds=1))
    highs = answer(replace(ask, by="highs", time_s=highs_s, rounds=3))
    return [
        *proof(job, ours, 0.0),
        timed(f"{job}: optimum proved", ours, "spopt", spopt, 100),
        timed(f"{job}: optimum proved", ours, "HiGHS", highs, 15),
    ]


def saturated(n: int, p: int, time_s: float, number: int, seed: int) -> list[Row]:
    """Everybody has the same time; instances differ much."""
    job = f"MCLP {n:,}, p={p}, saturated {number}"
    ask = Ask("ours", "mclp", n, n, p=p, radius=0.05, time_s=time_s, seed=seed)
    ours = answer(ask)
    peers = {"HiGHS": "highs", "CBC": "cbc", "CP-SAT": "cpsat"}
    return [
        *proof(job, ours, 0.001),
        *(
            compared(
                f"{job}: {time_s:.0f} s each", ours, peer, answer(replace(ask, by=by)), "covered"
            )
            for peer, by in peers.items()
        ),
    ]


def medium(n: int, p: int, radius: float, highs_s: float, *, city: bool) -> list[Row]:
    """To 0.05 %: points anywhere, or a crowded city of which two thirds can be covered."""
    job = f"MCLP {n:,}, p={p}" + (", city" if city else "")
    ask = Ask("ours", "mclp", n, n, city=city, p=p, radius=radius, max_gap=0.0005)
    ours = answer(ask)
    highs = answer(replace(ask, by="highs", time_s=highs_s))
    return [
        *proof(job, ours, 0.0005),
        timed(f"{job}: 0.05 % proved", ours, "HiGHS", highs, 15),
    ]


def large(n: int, m: int, p: int, per_set: int, max_gap: float, time_s: float) -> list[Row]:
    """Beyond the peers: the gap reached, and the memory."""
    ask = Ask(
        "ours", "mclp", n, m, p=p, radius=radius_of(per_set, n), time_s=time_s, max_gap=max_gap
    )
    job = f"MCLP {n:,} x {m:,}, {per_set:,} per set, p={p:,}"
    return proof(job, answer(ask), max_gap, memory=True)


def run(*, quick: bool) -> list[Row]:
    """Rows for `make bench`."""
    if quick:
        return [
            *small(500, 10, 30, 10),
            *saturated(2000, 100, 8, 1, SEED),
            *medium(2000, 40, 0.03, 8, city=False),
            *large(20_000, 20_000, 50, 30, 0.002, 5),
        ]
    return [
        *small(2000, 20, 180, 60),
        *saturated(2000, 100, 45, 1, SEED),
        *saturated(2000, 100, 45, 2, 0),
        *medium(10_000, 100, 0.03, 120, city=False),
        *medium(10_000, 100, 0.029, 60, city=True),
        *large(200_000, 200_000, 100, 30, 0.0001, 60),
        *large(1_000_000, 100_000, 100, 30, 0.0001, 60),
        *large(200_000, 200_000, 2000, 30, 0.002, 40),
        *large(200_000, 20_000, 100, 300, 0.002, 40),
        *large(200_000, 20_000, 100, 1500, 0.01, 30),
    ]


if __name__ == "__main__":
    main(run)
