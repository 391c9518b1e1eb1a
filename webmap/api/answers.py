"""What each answer looks like, as JSON Schema for the description of the API."""

from __future__ import annotations

import copy
import functools
from typing import get_args

import msgspec

from geodata.access import Decay
from stations.coverage import METHODS
from stations.model import Station
from stations.places import KINDS
from stations.reach import MODES, NETWORK_MODES
from stations.vocabulary import ACCESS_CODES, PRIVATE_FIELDS
from webmap.api.coverage_shapes import OPEN, OPEN_SHARES, WEEK, report_components
from webmap.api.plan_shapes import PLAN, PLAN_ASK, STANDING
from webmap.api.report_shapes import BODIES, ENTRY, FILED, REPORTED
from webmap.api.shapes import (
    COUNT,
    NUMBER,
    SHARE,
    TEXT,
    WORKERS,
    Schema,
    described,
    fields,
    or_null,
    ref,
)

GEOJSON = "application/geo+json"
MEDIA_TYPES = {
    "/api/v1/nearest": GEOJSON,
    "/api/v1/stations": GEOJSON,
    "/api/v1/stations/{station_id}": GEOJSON,
    "/api/v1/stations/{station_id}/isochrone": GEOJSON,
    "/api/v1/stations/{station_id}/route": GEOJSON,
    "/api/v1/stations/clusters": GEOJSON,
    "/api/v1/changes": GEOJSON,
    "/api/v1/districts": GEOJSON,
    "/api/v1/gaps": GEOJSON,
    "/api/v1/plans/{plan_id}/features": GEOJSON,
    "/api/v1/reports/{report_id}/photo": "image/jpeg",
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
_DOOR: Schema = {
    "open_state": _STATE,
    "open_until": _CHANGE,
    "entry": {
        "type": ["array", "null"],
        "items": {"type": "string", "enum": list(ACCESS_CODES)},
        "description": "Ways in at that moment; null where they are not known.",
    },
}
_AT_A_MOMENT: Schema = {
    **_DOOR,
    "verified_days": {
        "type": ["integer", "null"],
        "minimum": 0,
        "description": "Days since the record was verified; null where it never was.",
    },
}
_ARRIVAL: Schema = {
    "duration_s": described(WORKERS, "Seconds that it takes to get there."),
    "arrive_at": {
        "type": "string",
        "format": "date-time",
        "description": "When one arrives; the door is told as it is then.",
    },
    "estimated": described({"type": "boolean"}, "From the straight line: no street is near."),
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


def _row(members: Schema) -> Schema:
    """Figures of a district or group, with those of who gets in where that was asked."""
    row = fields(members)
    return row | {"properties": row["properties"] | OPEN_SHARES}


_MODE: Schema = {"enum": list(MODES)}
_STREET_MODE: Schema = {"enum": list(NETWORK_MODES)}
_MINUTES = described(or_null(NUMBER), "Reach along the streets; null by straight line.")
_EQUITY: dict[str, Schema] = {
    "workers": WORKERS,
    "places_per_1000": or_null(WORKERS),
    "gini": or_null(SHARE),
    "theil": or_null(WORKERS),
    "palma": or_null(WORKERS),
}
_LINKS: Schema = {
    "type": "array",
    "items": fields({"rel": {"enum": ["self", "next"]}, "type": TEXT, "href": TEXT}),
}
_AREA_FIGURES = {"total": WORKERS, "covered": WORKERS, "share": SHARE, "nominal_share": SHARE}
_ANSWERS: dict[str, Schema] = {
    "/api/v1/nearest": {
        "oneOf": [
            {
                **_collection(ref("NearStation"), revision=COUNT, mode={"const": "line"}),
                "not": {"required": ["estimated"]},
            },
            _collection(
                ref("ReachedStation"),
                revision=COUNT,
                mode=described(_MODE, "What was used: line where all times are estimates."),
                estimated={"type": "boolean"},
            ),
        ]
    },
    "/api/v1/stations": _collection(
        ref("PublicStation"),
        revision=COUNT,
        numberMatched=COUNT,
        numberReturned=COUNT,
        links=_LINKS,
    ),
    "/api/v1/stations/{station_id}": ref("PublicStation"),
    "/api/v1/stations/{station_id}/isochrone": _collection(
        _feature(
            fields({"minutes": NUMBER, "area_m2": NUMBER, "workers": or_null(WORKERS)}),
            ("Polygon", "MultiPolygon"),
        ),
        station=TEXT,
        mode=_STREET_MODE,
        centre=_POSITION,
        circle_m=described(NUMBER, "How far one gets straight on in the longest time."),
        circle_workers=or_null(WORKERS),
    ),
    "/api/v1/stations/{station_id}/route": _feature(
        fields(
            {
                "mode": _STREET_MODE,
                **_ARRIVAL,
                "length_m": described(WORKERS, "Metres along the way."),
                "distance_m": described(WORKERS, "Metres by straight line."),
                **_DOOR,
            }
        ),
        ("LineString",),
        id=TEXT,
    ),
    "/api/v1/changes": _collection(
        ref("KeptStation"),
        since=COUNT,
        revision=described(COUNT, "What to ask with the next time, after the last page."),
        stations=described(COUNT, "How many the registry has."),
        checksum=described(COUNT, "The exclusive or of the checksums of all stations."),
        numberMatched=COUNT,
        numberReturned=COUNT,
        links=_LINKS,
        removed={"type": "array", "items": fields({"id": TEXT, "revision": COUNT})},
    ),
    "/api/v1/places": fields(
        {
            "places": {
                "type": "array",
                "items": fields(
                    {
                        "name": TEXT,
                        "detail": described(TEXT, "What tells it from others of its name."),
                        "kind": {"enum": list(KINDS)},
                        "lon": NUMBER,
                        "lat": NUMBER,
                    }
                ),
            }
        }
    ),
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
        at=described(or_null(TEXT), "The moment of the hour `at`; null where none was given."),
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
            "method": {"enum": list(METHODS.values())},
            "minutes": _MINUTES,
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
                "items": _row({"adcode": or_null(TEXT), "name": or_null(TEXT), **_AREA_FIGURES}),
            },
            "by_group": {
                "type": "array",
                "items": _row({"group": TEXT, "name": TEXT, **_AREA_FIGURES}),
            },
            "distances": {
                "type": "array",
                "items": fields({"up_to_m": or_null(NUMBER), "workers": WORKERS}),
            },
            "times": {
                "type": "array",
                "items": fields({"up_to_s": or_null(NUMBER), "workers": WORKERS}),
            },
            "streets": described(
                or_null(
                    fields(
                        {
                            "circle_m": NUMBER,
                            "in_circle": WORKERS,
                            "in_both": WORKERS,
                            "overstated": SHARE,
                            "off_network": WORKERS,
                            "stations_off_network": COUNT,
                        }
                    )
                ),
                "The circle beside what the streets allow; null by straight line.",
            ),
            "open": OPEN,
        }
    ),
    "/api/v1/coverage/week": WEEK,
    "/api/v1/report": ref("CoverageReport"),
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
                    "nearest_s": or_null(NUMBER),
                }
            ),
            ("Polygon", "MultiPolygon"),
            id={"type": "integer"},
        ),
        numberMatched=COUNT,
    ),
    "/api/v1/access": fields(
        {
            "mode": _MODE,
            "radius_m": NUMBER,
            "minutes": _MINUTES,
            "decay": {"enum": list(get_args(Decay))},
            "places": WORKERS,
            "stations": fields(
                {
                    "counted": COUNT,
                    "capacity_unknown": COUNT,
                    "capacity_assumed": or_null(NUMBER),
                    "unreached": described(COUNT, "Stations that no worker reaches."),
                }
            ),
            **_EQUITY,
            "theil_between_districts": or_null(WORKERS),
            "theil_within_districts": or_null(WORKERS),
            "by_district": {
                "type": "array",
                "items": fields({"adcode": or_null(TEXT), "name": or_null(TEXT), **_EQUITY}),
            },
            "by_group": {
                "type": "array",
                "items": fields({"group": TEXT, "name": TEXT, **_EQUITY}),
            },
        }
    ),
    "/api/v1/network": fields(
        {
            mode: fields(
                {
                    "network": described({"type": "boolean"}, "Whether there is one."),
                    "nodes": or_null(COUNT),
                    "edges": or_null(COUNT),
                    "km": or_null(WORKERS),
                    "parts": or_null(COUNT),
                    "largest": described(or_null(SHARE), "Of the length, in the largest part."),
                    "bounds": {
                        "type": ["array", "null"],
                        "description": "West, south, east, north, WGS84.",
                        "items": NUMBER,
                        "minItems": 4,
                        "maxItems": 4,
                    },
                    "speed_m_s": described(NUMBER, "On a level street."),
                    "minutes": described(NUMBER, "Of the norm."),
                }
            )
            for mode in NETWORK_MODES
        }
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
    "/api/v1/reports": FILED,
    "/api/v1/suggestions": FILED,
    "/api/v1/reports/{report_id}": ENTRY,
    "/api/v1/reports/{report_id}/photo": described({}, "The photo."),
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
    if path == "/api/v1/plans":
        return {"application/json": {"schema": ref("PlanAsk")}}
    return BODIES.get(path)


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
        **report_components(),
        "Problem": _PROBLEM,
        "Plan": PLAN,
        "PlanAsk": PLAN_ASK,
        "PlanStanding": fields(
            {**STANDING, "plan": {"oneOf": [ref("Plan"), {"type": "null"}]}},
        ),
    }
    near = {"distance_m": WORKERS}
    for name, more in (
        ("PublicStation", {}),
        ("NearStation", near),
        ("ReachedStation", near | _ARRIVAL),
    ):
        added = {**more, **_AT_A_MOMENT}
        properties = copy.deepcopy(record)
        properties["properties"] = {**added, "reported": REPORTED, **properties["properties"]}
        properties["required"] = [*added, *properties["required"]]
        feature = copy.deepcopy(public)
        feature["properties"]["properties"] = properties
        feature["title"] = name
        schemas[name] = feature
    kept = copy.deepcopy(public) | {"title": "KeptStation"}
    kept["properties"] |= {"properties": record, "checksum": COUNT}
    kept["required"].append("checksum")
    return schemas | {"KeptStation": kept}
