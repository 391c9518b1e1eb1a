"""Load a registry of 200,000 records, typed and validated, beside other readers of the same file.

    python -m benchmarks.registry_load [--quick]

What each one does differs, so it is said: ours gives typed records whose every field, opening
hours and order has been checked; with indexes, a registry that answers questions. `msgspec alone`
is the same types without the rest. The file is read from the operating system's cache by all.
"""

from __future__ import annotations

import gc
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import orjson

from benchmarks import _data
from benchmarks._report import Row, main
from benchmarks._timing import medians
from geodata.nearest import warm_up
from stations.model import Station
from stations.registry import Registry
from stations.store import GeoJsonStore
from stations.vocabulary import KIND_CODES, STATUS_CODES

if TYPE_CHECKING:
    from collections.abc import Callable


class _Collection(msgspec.Struct, tag_field="type", tag="FeatureCollection"):
    features: list[Station]


def _ours(folder: Path) -> Callable[[], object]:
    # A store keeps what it read, so each round has its own.
    return lambda: GeoJsonStore(folder).read()


def _ours_indexed(folder: Path) -> Callable[[], object]:
    return lambda: Registry(GeoJsonStore(folder).read())


def _msgspec(path: Path) -> Callable[[], object]:
    decoder = msgspec.json.Decoder(_Collection)
    return lambda: decoder.decode(path.read_bytes())


def _orjson(path: Path) -> Callable[[], object]:
    return lambda: orjson.loads(path.read_bytes())


def _orjson_uncollected(path: Path) -> Callable[[], object]:
    """With the garbage collector off meanwhile, which walks over all dicts again and again."""

    def load() -> object:
        gc.disable()
        try:
            return orjson.loads(path.read_bytes())
        finally:
            gc.enable()

    return load


def _orjson_checked(path: Path) -> Callable[[], object]:
    """Dicts, of which id, position, name, kind and status are checked: 5 of 40 fields."""

    def check(feature: dict[str, Any]) -> None:
        properties = feature["properties"]
        if feature["geometry"] is not None:
            lon, lat = feature["geometry"]["coordinates"]
            assert -180 <= lon <= 180
            assert -90 <= lat <= 90
        assert isinstance(feature["id"], str)
        assert isinstance(properties["name"], str)
        assert properties.get("kind", "rest_station") in KIND_CODES
        assert properties.get("status", "open") in STATUS_CODES

    def load() -> object:
        features = orjson.loads(path.read_bytes())["features"]
        for feature in features:
            check(feature)
        return features

    return load


def _geopandas(path: Path) -> Callable[[], object]:
    import geopandas

    return lambda: geopandas.read_file(path)


def _pydantic(path: Path) -> Callable[[], object]:
    """A pydantic model with the same fields and types, made from ours."""
    from benchmarks._pydantic import collection_model

    model = collection_model()
    return lambda: model.model_validate_json(path.read_bytes())


def compare(stations: int, rounds: int) -> list[Row]:
    """Time everybody on one file."""
    warm_up()
    with tempfile.TemporaryDirectory(prefix="yizhan-bench-") as name:
        folder = Path(name)
        path = _data.workspace(folder, _data.stations(stations)).folder / "stations.geojson"
        seconds = medians(
            {
                "ours": _ours(folder),
                "with indexes": _ours_indexed(folder),
                "msgspec": _msgspec(path),
                "orjson": _orjson(path),
                "orjson uncollected": _orjson_uncollected(path),
                "orjson checked": _orjson_checked(path),
                "geopandas": _geopandas(path),
                "pydantic": _pydantic(path),
            },
            rounds,
        )
        size = f"{stations:,} records, {path.stat().st_size / 1e6:.0f} MB"
    job, indexed = "registry: read, checked", "registry: with all indexes"

    def row(name: str, ours: str, peer: str, key: str, goal: float | None, note: str) -> Row:
        return Row(name, seconds[ours], peer, seconds[key], "s", goal, note)

    return [
        row(job, "ours", "msgspec alone", "msgspec", None, size),
        row(job, "ours", "orjson", "orjson", None, "dicts, nothing checked"),
        row(job, "ours", "orjson, gc off", "orjson uncollected", None, "dicts, nothing checked"),
        row(job, "ours", "orjson + checks", "orjson checked", 4, "dicts, 5 of 40 fields checked"),
        row(job, "ours", "geopandas", "geopandas", 7, "a frame, nothing checked"),
        row(job, "ours", "pydantic", "pydantic", None, "same fields, types and bounds"),
        row(indexed, "with indexes", "msgspec alone", "msgspec", 1 / 3, "at most three times"),
    ]


def run(*, quick: bool) -> list[Row]:
    """Rows for `make bench`."""
    return compare(10_000, 2) if quick else compare(200_000, 5)


if __name__ == "__main__":
    main(run)
