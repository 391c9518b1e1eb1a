"""Files that are old or new after any crash, never half."""

from __future__ import annotations

import os
import re
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_FEATURE = re.compile(rb'\{\s*"type"\s*:\s*"Feature"')


def write_durably(
    path: Path, data: bytes | Iterable[bytes], *, mode: int = 0o644
) -> os.stat_result:
    """Replace `path` by `data`: temporary file in the same folder, fsync, rename, fsync.

    A file that exists keeps its permissions; a new one gets `mode`.

    Returns
    -------
    os.stat_result
        Of the new file. Its time of modification is exact to the nanosecond, not to the tick of
        the file system's clock, so that any later change of the file shows.

    Raises
    ------
    OSError
        If the folder cannot be written or the disk is full; `path` is as it was.
    """
    if path.exists():
        mode = path.stat().st_mode & 0o777
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.writelines((data,) if isinstance(data, bytes) else data)
            file.flush()
            os.fchmod(descriptor, mode)
            now_ns = time.time_ns()
            os.utime(descriptor, ns=(now_ns, now_ns))
            os.fsync(descriptor)
            written = os.fstat(descriptor)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
    return written


def append_durably(path: Path, line: bytes) -> None:
    """Append `line` and a newline to `path` and fsync it."""
    with path.open("ab") as file:
        file.write(line + b"\n")
        file.flush()
        os.fsync(file.fileno())


def feature_lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield number and JSON of each line that is a feature, in a file with one feature a line."""
    for number, raw in enumerate(data.split(b"\n"), 1):
        line = raw.strip().rstrip(b",")
        if _FEATURE.match(line):
            yield number, line


def sync_folder(folder: Path) -> None:
    """Make renames and new files in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
