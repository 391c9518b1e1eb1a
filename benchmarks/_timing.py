"""Timing in turns: ours and each peer round after round, so that a noisy minute hits everybody."""

from __future__ import annotations

import gc
import statistics
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def medians(jobs: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median seconds of each job over the rounds; each has run once before its time is taken.

    Garbage of earlier jobs is collected before the clock starts; the collector stays on, as in
    anybody's program.
    """
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    for number in range(rounds + 1):
        for name, job in jobs.items():
            gc.collect()
            start = time.perf_counter()
            outcome = job()
            took = time.perf_counter() - start
            del outcome
            if number:
                seconds[name].append(took)
    return {name: statistics.median(values) for name, values in seconds.items()}
