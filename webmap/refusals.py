"""How many files a sender may send that are no photos."""

from __future__ import annotations

import time
from collections import OrderedDict, deque

from stations.errors import TooManyReportsError


class Refusals:
    """Photos refused of late, by source: looking at one costs seconds, and nothing is filed."""

    def __init__(self, most: int = 20, of_s: float = 3600, sources: int = 10_000) -> None:
        self._most, self._of_s, self._sources = most, of_s, sources
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def check(self, source: str) -> None:
        """Let a source send one more photo; raises TooManyReportsError."""
        times = self._times.get(source)
        if times and len(times) == self._most and time.monotonic() - times[0] < self._of_s:
            raise TooManyReportsError(
                f"{self._most} files from here were no photos: try again in an hour",
                f"从这里发来的 {self._most} 个文件都不是照片：请一小时后再试",
                retry_after_s=int(self._of_s),
            )

    def note(self, source: str) -> None:
        """Remember that a source has sent what is no photo."""
        times = self._times.setdefault(source, deque(maxlen=self._most))
        times.append(time.monotonic())
        self._times.move_to_end(source)
        while len(self._times) > self._sources:
            self._times.popitem(last=False)
