"""Processes that file reports at once or are killed while they do; run as a program."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

from stations.errors import TooManyReportsError
from stations.ledger import Ledger, Limits, new_report
from tests.stations.samples import station


def send(folder: Path, name: str, count: int) -> int:
    """File reports, each of its own text; return how many were taken."""
    ledger, taken = Ledger(folder), 0
    source = ledger.pseudonym(name)
    limits = Limits(an_hour=30, a_day=1000, all_an_hour=50)
    for number in range(count):
        entry = new_report(station("s"), "other", text=f"{name} {number}")
        try:
            ledger.file(entry, source=source, limits=limits)
        except TooManyReportsError:
            continue
        taken += 1
    return taken


def kill_senders(folder: Path, kills: int) -> int:
    """Kill senders at random moments; raise AssertionError on anything but a whole ledger."""
    ledger = Ledger(folder)
    rng = random.Random(7)
    seen: set[str] = set()
    for kill in range(kills):
        victim = os.fork()
        if victim == 0:
            number = 0
            while True:
                number += 1
                entry = new_report(station("s"), "other", text=f"{kill} {number} " + "x" * 300)
                photo = b"photo" * 1000 if number % 2 else None
                limits = Limits(10**9, 10**9, 10**9)
                Ledger(folder).file(entry, source=str(kill), photo=photo, limits=limits)
        time.sleep(rng.random() * 0.08)
        os.kill(victim, signal.SIGKILL)
        os.waitpid(victim, 0)
        entries = ledger.entries()
        found = {entry.id for entry in entries}
        assert seen <= found, kill
        for entry in entries:
            if entry.properties.photo:
                assert ledger.photo_path(entry.id).read_bytes() == b"photo" * 1000
        seen = found
    return len(seen)


if __name__ == "__main__":
    what, where, *rest = sys.argv[1:]
    if what == "send":
        sys.stdout.write(str(send(Path(where), rest[0], int(rest[1]))))
    else:
        sys.stdout.write(str(kill_senders(Path(where), int(rest[0]))))
