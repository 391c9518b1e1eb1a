"""The state of a running search: the best plan and bound so far, and when to stop."""

from __future__ import annotations

import math
import signal
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import ArrayLike, NDArray

Status = Literal["optimal", "within_gap", "time_limit", "interrupted"]
# Two objectives nearer than this share are the same: sums of floats in another order.
ROUNDING = 1e-9


class Progress(NamedTuple):
    """How far a search has come.

    Attributes
    ----------
    seconds
        Since it began.
    objective
        Of the best plan so far; NaN while there is none.
    bound
        No plan is better than this; infinite while nothing is proved.
    gap
        Share of the objective that the two are apart.
    """

    seconds: float
    objective: float
    bound: float
    gap: float


class Search:
    """The best plan and the best bound so far, shared by the steps of one method.

    A method offers every plan and every bound that it finds, and ends when `done` is true. At any
    moment the best plan is complete and the bound is true.

    Parameters
    ----------
    sense
        1 where the objective is maximised, -1 where it is minimised.
    whole
        The objective takes whole values only, so a bound may be rounded.
    max_gap
        Stop at this gap.
    time_s
        Stop after this many seconds.
    stop
        Stop when this is set, by whoever holds it.
    progress
        Called with each improvement, and at least every second or so while `done` is asked.
    """

    def __init__(
        self,
        sense: Literal[1, -1],
        *,
        whole: bool = False,
        max_gap: float = 0.0,
        time_s: float = math.inf,
        stop: threading.Event | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> None:
        self.sense = sense
        self.max_gap = max_gap
        self.columns: NDArray[np.intp] | None = None
        self.objective = math.nan
        self.bound = sense * math.inf
        self.whole = whole
        self._began = time.perf_counter()
        self._time_s = time_s
        self._stop = stop or threading.Event()
        self._progress = progress
        self._told = -math.inf

    def offer(self, objective: float, columns: ArrayLike) -> bool:
        """Keep a plan if it is better than the best so far; `columns` are its open columns."""
        if self.columns is not None and self.sense * (objective - self.objective) <= 0:
            return False
        self.objective, self.columns = float(objective), np.sort(np.asarray(columns, np.intp))
        self._tell()
        return True

    def prove(self, bound: float) -> bool:
        """Keep a bound if it is tighter than the best so far."""
        bound = self.rounded(bound)
        if self.sense * (self.bound - bound) <= 0:
            return False
        self.bound = float(bound)
        self._tell()
        return True

    def rounded(self, bound: float) -> float:
        """The bound of the next whole objective, where objectives are whole."""
        if not self.whole or not math.isfinite(bound):
            return bound
        slack = ROUNDING * max(1.0, abs(bound)) * 1e3
        # Where the slack is more than a whole step, rounding must not loosen the bound.
        return self.sense * min(self.sense * bound, math.floor(self.sense * bound + slack))

    @property
    def gap(self) -> float:
        """Share of the objective by which the bound may be better; 0 where the plan is optimal."""
        return relative_gap(self.objective, self.bound, self.sense)

    @property
    def enough(self) -> float:
        """A bound this tight ends the search: what promises no more need not be looked into."""
        if self.columns is None:
            return -self.sense * math.inf
        apart = max(self.max_gap * (1 - 1e-6), ROUNDING / 2) * abs(self.objective)
        if self.whole:
            apart = max(apart, 1 - 2e3 * ROUNDING * max(1.0, abs(self.objective)))
        return self.objective + self.sense * apart

    @property
    def target(self) -> float:
        """A plan must be better than this to be worth finding: the best objective so far."""
        return -self.sense * math.inf if self.columns is None else self.objective

    @property
    def seconds(self) -> float:
        """Seconds since the search began."""
        return time.perf_counter() - self._began

    @property
    def seconds_left(self) -> float:
        """Seconds until the time is up; 0 when it is, or when somebody has asked to stop."""
        if self._stop.is_set():
            return 0.0
        return max(0.0, self._time_s - self.seconds)

    @property
    def proved(self) -> bool:
        """Whether the gap asked for is reached."""
        return self.columns is not None and self.gap <= max(self.max_gap, ROUNDING)

    @property
    def done(self) -> bool:
        """Whether to end: the gap is reached, the time is up, or somebody asked to stop."""
        if self.seconds - self._told > 1.0:
            self._tell()
        return self.proved or self.seconds_left == 0.0

    @property
    def status(self) -> Status:
        """How the search stands."""
        if self.columns is not None and self.gap <= ROUNDING:
            return "optimal"
        if self.proved:
            return "within_gap"
        return "interrupted" if self._stop.is_set() else "time_limit"

    def _tell(self) -> None:
        self._told = self.seconds
        if self._progress is not None:
            self._progress(Progress(self.seconds, self.objective, self.bound, self.gap))


def relative_gap(objective: float, bound: float, sense: Literal[1, -1]) -> float:
    """Share of the objective by which the bound may be better than it, at least 0.

    NaN objectives (no plan yet) and infinite bounds give inf.
    """
    apart = sense * (bound - objective)
    if math.isnan(apart) or math.isinf(apart):
        return math.inf
    if apart <= 0:
        return 0.0
    return apart / abs(objective) if objective else math.inf


@contextmanager
def interruptible(stop: threading.Event) -> Iterator[None]:
    """Let Ctrl-C set `stop` while the block runs, in the main thread; a second one interrupts.

    Where the program has a handler of its own for Ctrl-C, that stays.
    """
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return

    def ask(*_: object) -> None:
        stop.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    signal.signal(signal.SIGINT, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
