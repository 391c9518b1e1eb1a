"""What each answer looks like, as JSON Schema for the description of the API."""

from __future__ import annotations

import copy
import functools

import msgspec

from stations.model import Station
from stations.vocabulary import ACCESS_CODES, PRIVATE_FIELDS
from webmap.api.plan_shapes import PLAN, PLAN_ASK, STANDING
from webmap.api.shapes import (
    COUNT,
    NUMBER,
    SHARE,
    TEXT,
    WORKERS,
    Schema,
    fields,
    or_null,
    ref,
)

GEOJSON = "application/geo+json"
MEDIA_TYPES = {
    "/api/v1/nearest": GEOJSON,
    "/api/v1/stations": GEOJSON,
    "/api/v1/stations/{station_id}": GEOJSON,
    "/api/v1/stations/clusters": GEOJSON,
    "/api/v1/districts": GEOJSON,
    "/api/v1/gaps": GEOJSON,
    "/api/v1/plans/{plan_id}/features": GEOJSON,
    "/api/v1/schema": "application/schema+json",
}
"""By path; everything else is plain JSON."""

_STATE: Schema = {"type": "string", "enum": ["open", "closed", "unknown"]}
_CHANGE: Schema = {
    "type": ["string", "null"],
    "format": "date-time",
    "description": "Next change of the state; null where it is not known or never.",
}
_POSITION: Schema = {
    "type": "array",
    "description": "Longitude and latitude, WGS84.",
    "items": NUMBER,
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
        "type": TEXT,
        "title": TEXT,
        "status": {"type": "integer"},
        "detail": TEXT,
        "detail_zh": {**TEXT, "description": "The detail in Chinese, where there is one."},
        "instance": TEXT,
        "errors": {
            "type": "array",
            "items": {"type": "object", "properties": {"parameter": TEXT, "message": TEXT}},
        },
    },
}


def _feature(properties: Schema, geometry: tuple[str, ...], **optional: Schema) -> Schema:
    shape = fields({"type": {"enum": list(geometry)}, "coordinates": {"type": "array"}})
    feature = fields({"type": {"const": "Feature"}, "geometry": shape, "properties": properties})
    return feature | {"properties": feature["properties"] | optional}


def _collection(feature: Schema, **members: Schema) -> Schema:
    kind = {"type": {"const": "FeatureCollection"}}
    return fields({**kind, **members, "features": {"type": "array", "items": feature}})


_AREA_FIGURES = {"total": WORKERS, "covered": WORKERS, "share": SHARE, "nominal_share": SHARE}
_ANSWERS: dict[str, Schema] = {
    "/api/v1/nearest": _collection(ref("NearStation"), revision=COUNT, mode={"const": "line"}),
    "/api/v1/stations": _collection(
        ref("PublicStation"),
        revision=COUNT,
        numberMatched=COUNT,
        numberReturned=COUNT,
        links={
            "type": "array",
            "items": fields({"rel": {"enum": ["self", "next"]}, "type": TEXT, "href": TEXT}),
        },
    ),
    "/api/v1/stations/{station_id}": ref("PublicStation"),
    "/api/v1/stations/clusters": _collection(
        _feature(
            {
                "oneOf": [
                    fields({"count": COUNT, "open": COUNT, "closed": COUNT, "unknown": COUNT}),
                    fields(
                        {
                            "name": TEXT,
                            "kind": TEXT,
                            "status": TEXT,
                            "open_state": _STATE,
                            "open_until": _CHANGE,
                        }
                    ),
                ]
            },
            ("Point",),
            id=TEXT,
        ),
        revision=COUNT,
        numberMatched=COUNT,
    ),
    "/api/v1/districts": _collection(
        _feature(
            {
                "type": "object",
                "required": ["adcode", "name"],
                "properties": {"adcode": TEXT, "name": TEXT, **_AREA_FIGURES},
            },
            ("Polygon", "MultiPolygon"),
            id=TEXT,
        )
    ),
    "/api/v1/coverage": fields(
        {
            "radius_m": NUMBER,
            "method": {"const": "straight_line"},
            "total": WORKERS,
            "covered": WORKERS,
            "share": SHARE,
            "nominal": fields({"covered": WORKERS, "share": SHARE}),
            "stations": fields(
                {
                    "counted": COUNT,
                    "left_out": {"type": "object", "additionalProperties": COUNT},
                }
            ),
            "by_district": {
                "type": "array",
                "items": fields({"adcode": or_null(TEXT), "name": or_null(TEXT), **_AREA_FIGURES}),
            },
            "by_group": {
                "type": "array",
                "items": fields({"group": TEXT, "name": TEXT, **_AREA_FIGURES}),
            },
            "distances": {
                "type": "array",
                "items": fields({"up_to_m": or_null(NUMBER), "workers": WORKERS}),
            },
        }
    ),
    "/api/v1/gaps": _collection(
        _feature(
            fields(
                {
                    "rank": {"type": "integer", "minimum": 1},
                    "name": TEXT,
                    "workers": WORKERS,
                    "by_group": {"type": "object", "additionalProperties": WORKERS},
                    "adcode": or_null(TEXT),
                    "district": or_null(TEXT),
                    "centroid": _POSITION,
                    "area_m2": NUMBER,
                    "distance_m": or_null(NUMBER),
                }
            ),
            ("Polygon", "MultiPolygon"),
            id={"type": "integer"},
        ),
        numberMatched=COUNT,
    ),
    "/api/v1/demand": fields(
        {
            "size": {"type": ["array", "null"], "items": NUMBER},
            "cells": {
                "type": "array",
                "items": {"type": "array", "items": NUMBER, "minItems": 3, "maxItems": 3},
            },
        }
    ),
    "/api/v1/plans": fields(
        {
            "plans": {
                "type": "array",
                "items": fields({**STANDING, "summary": {"type": ["object", "null"]}}),
            }
        }
    ),
    "/api/v1/plans/{plan_id}": ref("PlanStanding"),
    "/api/v1/plans/{plan_id}/features": _collection(
        _feature(
            fields(
                {"kind": {"enum": ["site", "closed", "newly_covered", "uncovered"]}},
            ),
            ("Point", "Polygon", "MultiPolygon"),
        )
    ),
    "/api/v1/schema": {"type": "object", "description": "A JSON Schema (2020-12)."},
    "/healthz": {
        "type": "object",
        "required": ["status", "fault"],
        "properties": {
            "status": {"enum": ["ok", "degraded", "failing"]},
            "revision": COUNT,
            "stations": COUNT,
            "fault": or_null(TEXT),
        },
    },
}


def answer(path: str) -> Schema:
    """Return what the answer of a path holds, by its media type."""
    return {MEDIA_TYPES.get(path, "application/json"): {"schema": _ANSWERS[path]}}


def body(path: str) -> Schema | None:
    """Return what a POST to a path sends, by its media type; None where nothing is sent."""
    if path != "/api/v1/plans":
        return None
    return {"application/json": {"schema": ref("PlanAsk")}}


@functools.cache
def components() -> dict[str, Schema]:
    """Return the schemas that the answers refer to; those of the record are made from its types."""
    _, found = msgspec.json.schema_components([Station], ref_template="#/components/schemas/{name}")
    public = found.pop("Station")
    record = found.pop("Properties")
    for name in PRIVATE_FIELDS:
        del record["properties"][name]
    schemas: dict[str, Schema] = {
        **found,
        "Problem": _PROBLEM,
        "Plan": PLAN,
        "PlanAsk": PLAN_ASK,
        "PlanStanding": fields(
            {**STANDING, "plan": {"oneOf": [ref("Plan"), {"type": "null"}]}},
        ),
    }
    for name, more in (("PublicStation", {}), ("NearStation", {"distance_m": WORKERS})):
        added = {**more, **_AT_A_MOMENT}
        properties = copy.deepcopy(record)
        properties["properties"] = {**added, **properties["properties"]}
        properties["required"] = [*added, *properties["required"]]
        feature = copy.deepcopy(public)
        feature["properties"]["properties"] = properties
        feature["title"] = name
        schemas[name] = feature
    return schemas
