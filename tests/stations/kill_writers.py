"""Kill writers of a registry at random moments and check what they leave; run as a program.

A program of its own, because forking a writer from a loaded interpreter takes milliseconds, while
starting one takes a second.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from stations.store import Change, GeoJsonStore
from tests.stations.samples import station

RECORDS = 100


def write_on(store: GeoJsonStore) -> None:
    """Write revision after revision, every record saying which."""
    number = store.read().revision
    while True:
        number += 1
        records = (station(f"k-{i:03d}", notes=f"{number} " + "x" * 400) for i in range(RECORDS))
        store.apply(Change(put=tuple(records)), who="victim", what=str(number))


def main(folder: Path, kills: int) -> dict[str, int]:
    """Kill `kills` writers one by one; raise AssertionError on anything but whole files."""
    store = GeoJsonStore(folder)
    rng = random.Random(7)
    in_writing = last = 0
    for kill in range(1, kills + 1):
        victim = os.fork()
        if victim == 0:
            write_on(store)
        time.sleep(rng.random() * 0.06)
        os.kill(victim, signal.SIGKILL)
        os.waitpid(victim, 0)
        found = store.read()
        notes = {s.properties.notes.split()[0] for s in found.stations}
        assert len(found.stations) in {0, RECORDS}, kill
        assert notes in (set(), {str(found.revision)}), kill
        assert found.revision >= last, kill
        last = found.revision
        in_writing += any(folder.glob(".stations.geojson.*.tmp"))
        for left in folder.glob(".*.tmp"):
            left.unlink()
        # The whole history is long by now, so it is read now and then.
        if kill % 50 == 0:
            assert [entry.revision for entry in store.history()] == list(range(1, last + 1)), kill
    return {"kills": kills, "in_writing": in_writing, "revision": last}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]))))
