"""Rewrite a registry of 200,000 records durably, beside other ways to write the same records.

    python -m benchmarks.registry_write [--quick]

Ours is a temporary file, flushed, fsynced, renamed, and the folder fsynced: after a crash there is
the old file or the new one. `write + fsync` is the same bytes into an open file, the least that
any durable writer does. json and geopandas write into the operating system's cache and return.
"""

from __future__ import annotations

import itertools
import json
import os
import tempfile
from pathlib import Path

import msgspec
import orjson

from benchmarks import _data
from benchmarks._report import Row, main
from benchmarks._timing import medians
from stations.files import write_durably
from stations.store import Change, GeoJsonStore
from stations.store.geojson import pieces


def write_and_sync(path: Path, data: bytes) -> None:
    """The bare minimum: write the bytes, fsync."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def compare(stations: int, rounds: int) -> list[Row]:
    """Time everybody on the same records."""
    import geopandas

    with tempfile.TemporaryDirectory(prefix="yizhan-bench-") as name:
        folder = Path(name)
        _data.workspace(folder, _data.stations(stations))
        store = GeoJsonStore(folder)
        snapshot = store.read()
        data = store.path.read_bytes()
        document, frame = orjson.loads(data), geopandas.read_file(store.path)
        station = snapshot.stations[stations // 2]
        number = itertools.count()

        def edit() -> None:
            """One record gets another note: history, lock, and the whole file again."""
            properties = msgspec.structs.replace(station.properties, notes=f"{next(number)}")
            changed = msgspec.structs.replace(station, properties=properties)
            store.apply(Change(put=(changed,)), who="benchmark", what="note")

        def dump() -> None:
            with (folder / "json.geojson").open("w", encoding="utf-8") as file:
                json.dump(document, file, ensure_ascii=False)

        seconds = medians(
            {
                "bare": lambda: write_and_sync(folder / "bare.geojson", data),
                "whole": lambda: write_durably(folder / "whole.geojson", pieces(snapshot)),
                "edit": edit,
                "json": dump,
                "geopandas": lambda: frame.to_file(folder / "frame.geojson", driver="GeoJSON"),
            },
            rounds,
        )
    size = f"{stations:,} records, {len(data) / 1e6:.0f} MB"
    whole, one = "registry: encode and write all", "registry: one edit"
    return [
        Row(whole, seconds["whole"], "write + fsync", seconds["bare"], "s", 1 / 3, size),
        Row(whole, seconds["whole"], "json.dump", seconds["json"], "s", None, "not durable"),
        Row(whole, seconds["whole"], "geopandas to_file", seconds["geopandas"], "s", None,
            "not durable"),
        Row(one, seconds["edit"], "write + fsync", seconds["bare"], "s", 1 / 3,
            "with history, of a store that has read the file before"),
    ]  # fmt: skip


def run(*, quick: bool) -> list[Row]:
    """Rows for `make bench`."""
    return compare(10_000, 3) if quick else compare(200_000, 5)


if __name__ == "__main__":
    main(run)
