"""Mixed-integer programmes by HiGHS, from arrays, interruptible at any moment.

HiGHS looks at its clock and at interrupts seldom while it works on the root of the search tree:
half a minute may pass. It therefore runs in a process of its own (`geodata.siting._highs`), which
is kept for the next programme and killed when it does not stop in time. That also keeps it apart
from OR-Tools, which cannot be imported beside it.
"""

from __future__ import annotations

import atexit
import dataclasses
import math
import subprocess
import sys
import threading
import time
from multiprocessing import Pipe
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray
    from scipy import sparse

# Seconds between two looks at whether to stop.
_LOOK = 0.05
_IDLE: list[_Worker] = []
_LOCK = threading.Lock()


@dataclasses.dataclass(frozen=True, eq=False)
class Model:
    """Minimise ``cost @ x`` with ``row_lower <= matrix @ x <= row_upper`` and bounds on x.

    Attributes
    ----------
    cost, lower, upper, integer
        (c,) of the columns; `integer` is a mask.
    matrix, row_lower, row_upper
        (r, c) CSR and (r,) bounds of the rows.
    """

    cost: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    integer: NDArray[np.bool_]
    matrix: sparse.csr_array
    row_lower: NDArray[np.float64]
    row_upper: NDArray[np.float64]


class Outcome(NamedTuple):
    """What HiGHS found.

    Attributes
    ----------
    status
        ``optimal``, ``infeasible`` (also: nothing below the cutoff), or
        ``stopped``.
    bound
        No x has a cost below this (below the cutoff, if one was given); -inf if nothing is proved.
    x
        (c,) the best x found; None where there is none.
    cost
        Its cost; inf where there is none.
    """

    status: Literal["optimal", "infeasible", "stopped"]
    bound: float
    x: NDArray[np.float64] | None
    cost: float


def minimise(  # noqa: PLR0913  all but the model are keywords
    model: Model,
    *,
    stop: Callable[[], bool] | None = None,
    time_s: float = math.inf,
    seed: int = 1,
    max_nodes: int | None = None,
    cutoff: float = math.inf,
    heuristics: bool = True,
    on_solution: Callable[[NDArray[np.float64], float], object] | None = None,
    on_bound: Callable[[float], object] | None = None,
) -> Outcome:
    """Solve a mixed-integer programme, or a linear one where no column is integer.

    Parameters
    ----------
    stop
        Asked every 50 ms; the best found so far is returned when it says true.
    max_nodes
        Nodes of the search tree after which to stop: the same at every run, as time is not.
    cutoff
        Only an x that costs less is of interest.
    heuristics
        Whether HiGHS is to look for good x by itself; without, it has more time for the bound.
    on_solution, on_bound
        Called with each better x and its cost, and with each better bound, while it runs.
    """
    options = {
        "random_seed": seed,
        "time_limit": min(max(0.0, time_s), 1e9),
    }
    if max_nodes is not None:
        options["mip_max_nodes"] = max_nodes
    if math.isfinite(cutoff):
        options["objective_bound"] = cutoff
    if not heuristics:
        options["mip_heuristic_effort"] = 0.0
    worker = _take()
    finished = False
    try:
        worker.send((dataclasses.asdict(model), options))
        heard = _Heard(cutoff, on_solution, on_bound)
        ends = time.perf_counter() + time_s + 2 * _LOOK
        while True:
            message = worker.receive(_LOOK)
            finished = heard.took(message)
            if finished:
                return heard.outcome
            # What has been told is heard to the end: that may be all, and the process is kept.
            stopped = time.perf_counter() > ends or (stop is not None and stop())
            if message is None and stopped:
                return heard.outcome
    finally:
        if finished:
            _give_back(worker)
        else:
            worker.kill()


class _Heard:
    """What a worker has told so far."""

    def __init__(
        self,
        cutoff: float,
        on_solution: Callable[[NDArray[np.float64], float], object] | None,
        on_bound: Callable[[float], object] | None,
    ) -> None:
        self._cutoff, self._on_solution, self._on_bound = cutoff, on_solution, on_bound
        self.outcome = Outcome("stopped", -math.inf, None, math.inf)

    def took(self, message: tuple[Any, ...] | None) -> bool:
        """Take a message; whether it was the last one."""
        kind, *values = message or ("silence",)
        if kind == "failed":
            raise RuntimeError(values[0])
        status, bound, x, cost = self.outcome
        if kind == "solution" and values[1] < cost:
            x, cost = values
            if self._on_solution is not None:
                self._on_solution(values[0], cost)
        elif kind == "bound":
            bound = min(max(bound, values[0]), self._cutoff)
            if self._on_bound is not None:
                self._on_bound(bound)
        elif kind == "done":
            status, last, last_x, last_cost = values
            bound = min(max(bound, last), self._cutoff)
            x, cost = (last_x, last_cost) if last_cost < cost else (x, cost)
        self.outcome = Outcome(status, bound, x, cost)
        return bool(kind == "done")


class _Worker:
    """A process that solves one programme after the other."""

    def __init__(self) -> None:
        self._pipe, theirs = Pipe()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  our own module
                [sys.executable, "-m", "geodata.siting._highs", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                # Ctrl-C goes to whoever decides what it means.
                start_new_session=True,
            )

    def send(self, message: object) -> None:
        self._pipe.send(message)

    def receive(self, wait_s: float) -> Any:  # noqa: ANN401  a tuple of the worker's
        """Return the next message; None where none comes in time."""
        if not self._pipe.poll(wait_s):
            return None
        try:
            return self._pipe.recv()
        except EOFError:
            code = self._process.wait()
            message = f"the HiGHS process ended with code {code}; is there enough memory?"
            raise RuntimeError(message) from None

    def alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        self._pipe.close()
        self._process.kill()
        self._process.wait()


def prepare() -> None:
    """Start a process for the next programme, which will not have to wait for it then."""
    _give_back(_take())


def _take() -> _Worker:
    with _LOCK:
        while _IDLE:
            worker = _IDLE.pop()
            if worker.alive():
                return worker
            worker.kill()
    return _Worker()


def _give_back(worker: _Worker) -> None:
    with _LOCK:
        if not _IDLE:
            _IDLE.append(worker)
            return
    worker.kill()


@atexit.register
def _end() -> None:
    while _IDLE:
        _IDLE.pop().kill()
