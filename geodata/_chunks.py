"""Work on many rows, shared out among the processors."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

# Rows that a thread takes at a time; the scratch memory of a search is some 60 bytes for each.
_CHUNK = 1 << 19
# So few rows are not worth a second thread.
_ALONE = 4096


def in_chunks(
    n: int, work: Callable[[slice], T], *, alone: int = _ALONE, chunk: int = _CHUNK
) -> list[T]:
    """Do work that releases the GIL on n rows, chunk by chunk; on all processors from `alone` on.

    A chunk has at most `chunk` rows. The answers come in the order of the rows.
    """
    workers = 1 if n < alone else os.cpu_count() or 1
    size = min(chunk, max(1, -(-n // workers)))
    chunks = [slice(at, min(at + size, n)) for at in range(0, n, size)]
    if workers > 1 and len(chunks) > 1:
        with ThreadPoolExecutor(workers) as pool:
            return list(pool.map(work, chunks))
    return [work(rows) for rows in chunks]
