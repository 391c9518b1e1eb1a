"""What workers send and are answered, as JSON Schema."""

from __future__ import annotations

from stations.ledger.entries import MOST_TEXT
from stations.ledger.station_warnings import WARNED_OF
from stations.vocabulary import FACILITY_CODES, PROBLEM_CODES, TASK_STATE_CODES
from webmap.api.shapes import COUNT, NUMBER, TEXT, Schema, described, fields, or_null

_PROBLEM: Schema = {"enum": list(PROBLEM_CODES)}
_FACILITIES: Schema = {
    "type": "array",
    "items": {"type": "string", "enum": list(FACILITY_CODES)},
}
_WHEN: Schema = {"type": "string", "format": "date-time"}
_STATE: Schema = {"enum": list(TASK_STATE_CODES)}

REPORTED: Schema = {
    "type": "array",
    "description": "Problems that several workers have reported of late; only where there are any.",
    "minItems": 1,
    "items": fields(
        {
            "problem": {"enum": [code for code in PROBLEM_CODES if code in WARNED_OF]},
            "facilities": described(_FACILITIES, "Those that several of them name."),
            "people": described(COUNT, "How many have reported it."),
            "last": described(_WHEN, "When the last of them did."),
        }
    ),
}
ENTRY: Schema = fields(
    {
        "id": TEXT,
        "kind": {"enum": ["report", "suggestion"]},
        "state": _STATE,
        "created_at": _WHEN,
        "station": or_null(TEXT),
        "station_name": described(or_null(TEXT), "As it was then."),
        "problem": {"enum": [*PROBLEM_CODES, None]},
        "facilities": _FACILITIES,
        "position": {
            "type": ["array", "null"],
            "description": "Longitude and latitude, WGS84.",
            "items": NUMBER,
        },
        "text": or_null(TEXT),
        "photo": {"type": "boolean"},
        "answers": {
            "type": "array",
            "description": "What the office said and did, the first first.",
            "items": fields({"time": _WHEN, "state": _STATE, "text": or_null(TEXT)}),
        },
    }
)
FILED: Schema = {
    **ENTRY,
    "required": [*ENTRY["required"], "link", "already"],
    "properties": {
        **ENTRY["properties"],
        "link": described(TEXT, "The page that says what becomes of it."),
        "already": described({"type": "boolean"}, "Whether it had been filed before."),
    },
}

_COMMON: Schema = {
    "facility": described(
        TEXT, "Codes of facilities, comma-separated: what is broken or used up, or is wanted."
    ),
    "text": {**TEXT, "maxLength": MOST_TEXT},
    "request": {
        "type": "string",
        "pattern": "^[0-9A-Za-z_-]{16,64}$",
        "description": "Made anew for each sending; the same again files nothing new.",
    },
    "website": {
        "type": "string",
        "maxLength": 0,
        "description": "Left empty: for programs that fill in every field.",
    },
}
REPORT_FORM: Schema = {
    "type": "object",
    "additionalProperties": False,
    "required": ["station", "problem"],
    "properties": {
        "station": described(TEXT, "Id of the station."),
        "problem": _PROBLEM,
        **_COMMON,
    },
    "example": {"station": "410108-0001", "problem": "broken", "facility": "microwave"},
}
REPORT_FORM_WITH_PHOTO: Schema = {
    **REPORT_FORM,
    "properties": {
        **REPORT_FORM["properties"],
        "photo": {"description": "JPEG, PNG or WebP.", "contentMediaType": "image/jpeg"},
    },
}
SUGGESTION_FORM: Schema = {
    "type": "object",
    "additionalProperties": False,
    "required": ["lon", "lat"],
    "properties": {
        "lon": described(NUMBER, "Longitude in `datum`."),
        "lat": described(NUMBER, "Latitude in `datum`."),
        "datum": described({**TEXT, "default": "wgs84"}, "wgs84, gcj02, bd09 or an EPSG code."),
        **_COMMON,
    },
    "example": {"lon": 113.62, "lat": 34.8, "datum": "gcj02", "facility": "drinking_water,seating"},
}
BODIES: dict[str, Schema] = {
    "/api/v1/reports": {
        "application/json": {"schema": REPORT_FORM},
        "multipart/form-data": {"schema": REPORT_FORM_WITH_PHOTO},
    },
    "/api/v1/suggestions": {
        "application/json": {"schema": SUGGESTION_FORM},
        "multipart/form-data": {"schema": SUGGESTION_FORM},
    },
}
"""What is sent to each path, by media type."""
