"""How much memory a siting problem will need, said before it is taken."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scipy import sparse

from geodata.errors import TooLargeError

if TYPE_CHECKING:
    from geodata.siting.problem import SitingProblem


def memory_needed(problem: SitingProblem) -> int:
    """Bytes that solving takes at most, beside the problem itself: an estimate from above."""
    n, m = problem.n_demand, problem.n_sites
    cost: Any = problem.cost
    if problem.covers is not None:
        # The sets by row and by column, and a copy while equal rows are merged.
        return 24 * int(problem.covers.nnz) + 120 * (n + m)
    if sparse.issparse(cost):
        return 56 * int(cost.nnz) + 120 * (n + m)
    # A dense table, and its columns in order of cost for each row.
    return 40 * n * m + 120 * (n + m)


def check_memory(problem: SitingProblem, limit_bytes: int | None = None) -> None:
    """Refuse a problem that needs more memory than it may take.

    Raises
    ------
    TooLargeError
        If it needs more than `limit_bytes` (what is free on this machine by default).
    """
    needed = memory_needed(problem)
    limit = free_memory() if limit_bytes is None else limit_bytes
    if needed > limit:
        size = f"{problem.n_demand:,} x {problem.n_sites:,}"
        raise TooLargeError(
            f"{size} needs about {needed / 1e9:.1f} GB of memory and {limit / 1e9:.1f} GB may be "
            "used: take fewer candidates, a coarser demand grid or a smaller radius",
            f"{size} 约需 {needed / 1e9:.1f} GB 内存，可用 {limit / 1e9:.1f} GB："
            "请减少候选点、加粗需求网格或缩小半径",
        )


def free_memory() -> int:
    """Bytes of memory that are free on this machine, the page cache included."""
    try:
        for line in Path("/proc/meminfo").read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")
