"""GeoJSON as a table, with the line where it breaks; a registry of ours is told by its revision."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final

import msgspec

from geodata import datum as datums
from geodata.errors import DatumError
from stations.importing import untrusted
from stations.importing.messages import file_error, shown, warning
from stations.importing.table import Row, Table

if TYPE_CHECKING:
    from pathlib import Path

    from stations.importing.table import Place

_LIKE_GEOJSON: Final = {"Feature", "GeometryCollection", "Point", "Topology"}


def read_geojson(path: Path) -> Table:
    """Read a FeatureCollection; ids of features become the column ``id``.

    Raises
    ------
    ImportFileError
        If it is not JSON (with the line), cut off, no FeatureCollection, or its ``crs`` is none
        that we know.
    """
    text = untrusted.decode(untrusted.read_bytes(path), path.name)
    data, features = _collection(_parse(text, path.name), path.name)
    untrusted.check_rows(len(features), path.name)
    columns: dict[str, None] = {}
    for feature in features:
        if isinstance(feature, dict) and isinstance(feature.get("properties"), dict):
            columns.update(dict.fromkeys(feature["properties"]))
    problems = []
    ids = [feature.get("id") if isinstance(feature, dict) else None for feature in features]
    with_ids = any(value is not None for value in ids)
    if _only_counts(ids):
        with_ids = False
        problems.append(warning("running_number", None, "id", column="id", word='"id"'))
    if with_ids:
        columns = {"id": None, **columns}
    rows = []
    for number, (feature, own_id) in enumerate(zip(features, ids, strict=True), 1):
        properties = feature.get("properties") if isinstance(feature, dict) else None
        stated = properties if isinstance(properties, dict) else {}
        cells = [stated.get(column) for column in columns]
        if with_ids and own_id is not None:
            cells[0] = own_id
        rows.append(Row(number, cells, _place(feature)))
    registry = isinstance(data.get("revision"), int) and with_ids
    return Table(
        tuple(columns),
        rows,
        has_places=True,
        datum="wgs84" if registry else _datum(data, path.name),
        registry=registry,
        problems=problems,
    )


def _parse(text: str, name: str) -> object:
    try:
        return msgspec.json.decode(text.encode("utf-8", "surrogatepass"))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        pass
    # The slower reader knows the line; it also takes the NaN that some programs write.
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        if not text[error.pos :].strip() or error.msg.startswith("Unterminated"):
            at = len(text.encode("utf-8", "surrogatepass"))
            last = text.rstrip().count("\n") + 1
            raise file_error("json_cut", file=name, line=last, at=at) from error
        raise file_error(
            "json", file=name, line=error.lineno, column=error.colno, reason=error.msg
        ) from error
    except RecursionError as error:
        raise file_error(
            "json", file=name, line=1, column=1, reason="it is nested too deeply"
        ) from error


def _collection(data: object, name: str) -> tuple[dict[str, Any], list[Any]]:
    if not isinstance(data, dict):
        reason = f"it is a {type(data).__name__}"
    elif data.get("type") != "FeatureCollection":
        kind = data.get("type")
        reason = f"its type is {shown(kind)}" if kind else 'it has no "type"'
        if kind in _LIKE_GEOJSON:
            reason += "; wrap its parts as a FeatureCollection"
    elif not isinstance(data.get("features"), list):
        reason = 'it has no list "features"'
    else:
        features: list[Any] = data["features"]
        return data, features
    raise file_error("not_collection", file=name, reason=reason)


def _only_counts(ids: list[Any]) -> bool:
    """Whether ids are the row numbers 0, 1, 2, ... that a program has put there."""
    return len(ids) > 1 and all(str(value) == str(at) for at, value in enumerate(ids))


def _place(feature: object) -> Place:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        return "thing that is no Feature"
    geometry = feature.get("geometry")
    if geometry is None:
        return None
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    position = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if kind == "MultiPoint" and isinstance(position, list) and len(position) == 1:
        kind, position = "Point", position[0]
    if kind != "Point":
        return str(kind)[:40] if kind else "geometry without a type"
    if position == []:
        return None
    if (
        not isinstance(position, list)
        or len(position) < 2
        or not all(type(value) in {int, float} for value in position[:2])
    ):
        return f"Point {shown(position, 40)}"
    lon, lat = float(position[0]), float(position[1])
    return None if math.isnan(lon) or math.isnan(lat) else (lon, lat)


def _datum(data: dict[str, Any], name: str) -> str:
    """Return WGS84, as RFC 7946 says, unless the older ``crs`` member names another."""
    crs = data.get("crs")
    if not isinstance(crs, dict):
        return "wgs84"
    properties = crs.get("properties")
    label = properties.get("name") if isinstance(properties, dict) else None
    if crs.get("type") == "link" or not isinstance(label, str):
        raise file_error("crs_link", file=name)
    try:
        return datums.normalise(label)
    except DatumError as error:
        raise file_error("datum", reason=error) from error
