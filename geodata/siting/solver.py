"""`solve`: the one way from a siting problem to a plan."""

from __future__ import annotations

import functools
import threading
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np

from geodata.siting.memory import check_memory
from geodata.siting.plan import laid_out
from geodata.siting.problem import SitingProblem, listed
from geodata.siting.search import Search, interruptible

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from geodata.siting.plan import SitingPlan
    from geodata.siting.problem import Kind
    from geodata.siting.search import Progress

# The room of each kind: a module whose `search(problem, search, seed)` offers plans and bounds.
_METHODS: dict[Kind, str] = {
    "mclp": "mclp",
    "backup": "mclp",
    "capacitated": "capacitated",
    "lscp": "lscp",
    "redundancy": "lscp",
    "pmedian": "pmedian",
    "pcenter": "pcenter",
}
_MINIMISED = {"lscp", "redundancy", "pmedian", "pcenter"}


def solve(  # noqa: PLR0913  all but the problem are keywords
    problem: SitingProblem,
    *,
    max_gap: float = 0.0,
    time_s: float = 60.0,
    seed: int = 1,
    stop: threading.Event | None = None,
    progress: Callable[[Progress], None] | None = None,
    memory_bytes: int | None = None,
) -> SitingPlan:
    """Solve a siting problem: the best plan found, and a proved bound on all others.

    It ends at the gap asked for, when the time is up, when `stop` is set, or at Ctrl-C (in the
    main thread), and always returns the best plan so far with a true bound. The same problem and
    seed take the same steps; only where the clock cuts them off can a plan differ.

    Parameters
    ----------
    max_gap
        Gap to stop at, as a share of the objective; 0 asks for a proved optimum.
    time_s
        Seconds after which it stops.
    stop
        An event that another thread may set.
    progress
        Called with each improvement, from this thread.
    memory_bytes
        How much memory it may take; what is free on this machine by default.

    Raises
    ------
    InfeasibleError
        If no plan can satisfy what is asked.
    TooLargeError
        If the problem needs more memory than there is.
    """
    check_memory(problem, memory_bytes)
    method = import_module(f"geodata.siting.{_METHODS[problem.kind]}")
    _compile(problem.kind)
    stop = stop or threading.Event()
    search = Search(
        -1 if problem.kind in _MINIMISED else 1,
        whole=_whole(problem),
        max_gap=max_gap,
        time_s=time_s,
        stop=stop,
        progress=progress,
    )
    with interruptible(stop):
        method.search(problem, search, seed)
    return laid_out(problem, search, seed)


@functools.cache
def _compile(kind: Kind) -> None:
    """Solve a small problem of the kind once, so that compiling counts in nobody's time.

    That takes ten to twenty seconds on a machine that has never done so, and a tenth of one later.
    """
    random = np.random.default_rng(5)
    near, workers = random.random((60, 24)), random.integers(1, 9, 60).astype(float)
    small = {
        "mclp": lambda: SitingProblem.mclp(near < 0.1, workers, p=8),
        "backup": lambda: SitingProblem.mclp(near < 0.1, workers, p=8),
        "capacitated": lambda: SitingProblem.capacitated(
            near < 0.1, workers, np.full(24, 20.0), p=8
        ),
        "lscp": lambda: SitingProblem.lscp(near < 0.15, workers),
        "redundancy": lambda: SitingProblem.lscp(near < 0.15, workers),
        "pmedian": lambda: SitingProblem.pmedian(near, workers, p=5),
        "pcenter": lambda: SitingProblem.pcenter(near, workers, p=5),
    }[kind]()
    method = import_module(f"geodata.siting.{_METHODS[kind]}")
    minimised = small.kind in _MINIMISED
    method.search(small, Search(-1 if minimised else 1, whole=_whole(small), time_s=300.0), 1)


def _whole(problem: SitingProblem) -> bool:
    """Whether every objective is a whole number, so that bounds may be rounded to one."""
    if problem.kind in {"lscp", "redundancy"}:
        return True
    if problem.kind == "backup" and problem.second not in {0.0, 1.0}:
        return False
    if problem.kind == "capacitated" and not _integral(problem.capacity):
        return False
    if problem.kind in {"pmedian", "pcenter"} and not _integral(listed(problem.cost)):
        return False
    if problem.kind == "pmedian" and not _integral(problem.beyond):
        return False
    return problem.kind == "pcenter" or _integral(problem.row_weights)


def _integral(values: NDArray[np.float64] | None) -> bool:
    if values is None:
        return True
    finite = values[np.isfinite(values)]
    # Sums of larger numbers would not be exact.
    return bool((finite == np.floor(finite)).all() and finite.sum() < 2**52)
