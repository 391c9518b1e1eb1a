"""What each answer looks like, as JSON Schema for the description of the API."""

from __future__ import annotations

import copy
import functools
from typing import Any

import msgspec

from stations.model import Station
from stations.vocabulary import ACCESS_CODES, PRIVATE_FIELDS

Schema = dict[str, Any]

GEOJSON = "application/geo+json"
MEDIA_TYPES = {
    "/api/v1/nearest": GEOJSON,
    "/api/v1/stations": GEOJSON,
    "/api/v1/stations/{station_id}": GEOJSON,
    "/api/v1/stations/clusters": GEOJSON,
    "/api/v1/districts": GEOJSON,
    "/api/v1/gaps": GEOJSON,
    "/api/v1/schema": "application/schema+json",
}
"""By path; everything else is plain JSON."""

_NUMBER: Schema = {"type": "number"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_WORKERS: Schema = {"type": "number", "minimum": 0}
_SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
_TEXT: Schema = {"type": "string"}
_STATE: Schema = {"type": "string", "enum": ["open", "closed", "unknown"]}
_CHANGE: Schema = {
    "type": ["string", "null"],
    "format": "date-time",
    "description": "Next change of the state; null where it is not known or never.",
}
_POSITION: Schema = {
    "type": "array",
    "description": "Longitude and latitude, WGS84.",
    "items": _NUMBER,
    "minItems": 2,
    "maxItems": 2,
}
_AT_A_MOMENT: Schema = {
    "open_state": _STATE,
    "open_until": _CHANGE,
    "entry": {
        "type": ["array", "null"],
        "items": {"type": "string", "enum": list(ACCESS_CODES)},
        "description": "Ways in at that moment; null where they are not known.",
    },
    "verified_days": {
        "type": ["integer", "null"],
        "minimum": 0,
        "description": "Days since the record was verified; null where it never was.",
    },
}
_PROBLEM: Schema = {
    "type": "object",
    "description": "RFC 9457 problem details",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": _TEXT,
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT,
        "instance": _TEXT,
        "errors": {
            "type": "array",
            "items": {"type": "object", "properties": {"parameter": _TEXT, "message": _TEXT}},
        },
    },
}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(properties: Schema) -> Schema:
    return {"type": "object", "required": list(properties), "properties": properties}


def _or_null(schema: Schema) -> Schema:
    return {**schema, "type": [schema["type"], "null"]}


def _feature(properties: Schema, geometry: tuple[str, ...], **optional: Schema) -> Schema:
    shape = _object({"type": {"enum": list(geometry)}, "coordinates": {"type": "array"}})
    feature = _object({"type": {"const": "Feature"}, "geometry": shape, "properties": properties})
    return feature | {"properties": feature["properties"] | optional}


def _collection(feature: Schema, **members: Schema) -> Schema:
    kind = {"type": {"const": "FeatureCollection"}}
    return _object({**kind, **members, "features": {"type": "array", "items": feature}})


_AREA_FIGURES = {"total": _WORKERS, "covered": _WORKERS, "share": _SHARE, "nominal_share": _SHARE}
_ANSWERS: dict[str, Schema] = {
    "/api/v1/nearest": _collection(_ref("NearStation"), revision=_COUNT, mode={"const": "line"}),
    "/api/v1/stations": _collection(
        _ref("PublicStation"),
        revision=_COUNT,
        numberMatched=_COUNT,
        numberReturned=_COUNT,
        links={
            "type": "array",
            "items": _object({"rel": {"enum": ["self", "next"]}, "type": _TEXT, "href": _TEXT}),
        },
    ),
    "/api/v1/stations/{station_id}": _ref("PublicStation"),
    "/api/v1/stations/clusters": _collection(
        _feature(
            {
                "oneOf": [
                    _object({"count": _COUNT, "open": _COUNT, "closed": _COUNT, "unknown": _COUNT}),
                    _object(
                        {
                            "name": _TEXT,
                            "kind": _TEXT,
                            "status": _TEXT,
                            "open_state": _STATE,
                            "open_until": _CHANGE,
                        }
                    ),
                ]
            },
            ("Point",),
            id=_TEXT,
        ),
        revision=_COUNT,
        numberMatched=_COUNT,
    ),
    "/api/v1/districts": _collection(
        _feature(
            {
                "type": "object",
                "required": ["adcode", "name"],
                "properties": {"adcode": _TEXT, "name": _TEXT, **_AREA_FIGURES},
            },
            ("Polygon", "MultiPolygon"),
            id=_TEXT,
        )
    ),
    "/api/v1/coverage": _object(
        {
            "radius_m": _NUMBER,
            "method": {"const": "straight_line"},
            "total": _WORKERS,
            "covered": _WORKERS,
            "share": _SHARE,
            "nominal": _object({"covered": _WORKERS, "share": _SHARE}),
            "stations": _object(
                {
                    "counted": _COUNT,
                    "left_out": {"type": "object", "additionalProperties": _COUNT},
                }
            ),
            "by_district": {
                "type": "array",
                "items": _object(
                    {"adcode": _or_null(_TEXT), "name": _or_null(_TEXT), **_AREA_FIGURES}
                ),
            },
            "by_group": {
                "type": "array",
                "items": _object({"group": _TEXT, "name": _TEXT, **_AREA_FIGURES}),
            },
            "distances": {
                "type": "array",
                "items": _object({"up_to_m": _or_null(_NUMBER), "workers": _WORKERS}),
            },
        }
    ),
    "/api/v1/gaps": _collection(
        _feature(
            _object(
                {
                    "rank": {"type": "integer", "minimum": 1},
                    "name": _TEXT,
                    "workers": _WORKERS,
                    "by_group": {"type": "object", "additionalProperties": _WORKERS},
                    "adcode": _or_null(_TEXT),
                    "district": _or_null(_TEXT),
                    "centroid": _POSITION,
                    "area_m2": _NUMBER,
                    "distance_m": _or_null(_NUMBER),
                }
            ),
            ("Polygon", "MultiPolygon"),
            id={"type": "integer"},
        ),
        numberMatched=_COUNT,
    ),
    "/api/v1/demand": _object(
        {
            "size": {"type": ["array", "null"], "items": _NUMBER},
            "cells": {
                "type": "array",
                "items": {"type": "array", "items": _NUMBER, "minItems": 3, "maxItems": 3},
            },
        }
    ),
    "/api/v1/schema": {"type": "object", "description": "A JSON Schema (2020-12)."},
    "/healthz": {
        "type": "object",
        "required": ["status", "fault"],
        "properties": {
            "status": {"enum": ["ok", "degraded", "failing"]},
            "revision": _COUNT,
            "stations": _COUNT,
            "fault": _or_null(_TEXT),
        },
    },
}


def answer(path: str) -> Schema:
    """Return what the answer of a path holds, by its media type."""
    return {MEDIA_TYPES.get(path, "application/json"): {"schema": _ANSWERS[path]}}


@functools.cache
def components() -> dict[str, Schema]:
    """Return the schemas that the answers refer to; those of the record are made from its types."""
    _, found = msgspec.json.schema_components([Station], ref_template="#/components/schemas/{name}")
    public = found.pop("Station")
    record = found.pop("Properties")
    for name in PRIVATE_FIELDS:
        del record["properties"][name]
    schemas: dict[str, Schema] = {**found, "Problem": _PROBLEM}
    for name, more in (("PublicStation", {}), ("NearStation", {"distance_m": _WORKERS})):
        added = {**more, **_AT_A_MOMENT}
        properties = copy.deepcopy(record)
        properties["properties"] = {**added, **properties["properties"]}
        properties["required"] = [*added, *properties["required"]]
        feature = copy.deepcopy(public)
        feature["properties"]["properties"] = properties
        feature["title"] = name
        schemas[name] = feature
    return schemas
