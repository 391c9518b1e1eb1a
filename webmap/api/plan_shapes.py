"""What a plan is asked with and what it answers, as JSON Schema."""

from __future__ import annotations

from stations.coverage import METHODS
from stations.reach import MODES
from stations.siting.ask import KINDS, SOURCES
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
)

_POSITIVE: Schema = {"type": "number", "minimum": 1, "maximum": 100_000}
_SITES: Schema = {"type": "integer", "minimum": 0, "maximum": 100_000}
PLAN_ASK: Schema = {
    "type": "object",
    "description": "What is asked of a plan; a field that is left out has its default.",
    "additionalProperties": False,
    "properties": {
        "problem": described(
            {"enum": list(KINDS), "default": "mclp"},
            "mclp: most workers in reach; backup: twice in reach counts more; capacitated: within "
            "the room there is; lscp: fewest stations for a share; redundancy: which existing "
            "ones can go; pmedian: least mean distance; pcenter: least longest distance.",
        ),
        "new": described({**_SITES, "minimum": 1}, "New stations; or give a budget."),
        "mode": described(
            {"enum": list(MODES), "default": "line"},
            "By straight line, or along the streets: on foot (walk) or by electric bicycle "
            "(ebike); the workspace needs a network for it.",
        ),
        "radius_m": described(
            _POSITIVE, "Service radius, with the mode line; by default the workspace's."
        ),
        "minutes": described(
            {"type": "number", "minimum": 0.5, "maximum": 600},
            "Reach in minutes, with the modes walk and ebike; by default the workspace's.",
        ),
        "share": described(
            SHARE,
            "Share of all workers to cover (lscp; 1: all that can be reached at all), or of those "
            "covered today to keep (redundancy).",
        ),
        "budget": described(WORKERS, "What the new stations may cost together, in yuan."),
        "district": described(TEXT, "Adcode of the district to plan for; else everywhere."),
        "quotas": {
            "type": "object",
            "description": "New stations by adcode.",
            "additionalProperties": {
                "type": "object",
                "additionalProperties": False,
                "properties": {"at_least": _SITES, "at_most": _SITES},
            },
        },
        "spacing_m": described(_POSITIVE, "Least distance between two stations, one new."),
        "second": described(SHARE, "Worth of a second station in reach (backup)."),
        "closing": described(_SITES, "Existing ones that may close, each for one new more."),
        "candidates": described(
            {"enum": list(SOURCES)}, "Where stations may be: a file, cells, or crossings."
        ),
        "groups": described({"type": "array", "items": TEXT}, "Groups that count; else all."),
        "worth": {
            "type": "object",
            "description": "How much a worker of a group counts; 1 unless named.",
            "additionalProperties": {"type": "number", "minimum": 0, "maximum": 1_000_000},
        },
        "max_gap": described({**SHARE, "default": 0.001}, "Gap to the bound to stop at."),
        "time_s": described(
            {"type": "number", "minimum": 0.1, "default": 60}, "Seconds to stop after."
        ),
        "seed": described({"type": "integer", "minimum": 0, "default": 1}, "Of random numbers."),
        "curve": described(
            {"type": "boolean", "default": False},
            "Whether to find how coverage grows with the number of stations (mclp).",
        ),
    },
    "example": {"new": 15, "radius_m": 1000, "time_s": 30, "curve": True},
}
PLAN: Schema = fields(
    {
        "id": TEXT,
        "created": TEXT,
        "revision": COUNT,
        "ask": {"type": "object"},
        "problem": {"enum": list(KINDS)},
        "status": {"enum": ["optimal", "within_gap", "time_limit", "interrupted"]},
        "objective": or_null(NUMBER),
        "bound": described(or_null(NUMBER), "No plan can be better than this."),
        "gap": described(or_null(NUMBER), "How far the two are apart, as a share."),
        "seconds": NUMBER,
        "radius_m": described(NUMBER, "Along the streets, how far one gets straight on."),
        "method": {"enum": list(METHODS.values())},
        "minutes": described(or_null(NUMBER), "Null by straight line."),
        "total": WORKERS,
        "covered_before": WORKERS,
        "covered": WORKERS,
        "share_before": SHARE,
        "share": SHARE,
        "by_group": {"type": "array", "items": {"type": "object"}},
        "by_district": {"type": "array", "items": {"type": "object"}},
        "sites": {
            "type": "array",
            "description": "New stations, each the one that adds most to those before it.",
            "items": fields(
                {
                    "rank": {"type": "integer", "minimum": 1},
                    "lon": NUMBER,
                    "lat": NUMBER,
                    "name": or_null(TEXT),
                    "gain": described(or_null(NUMBER), "What it adds to those before it."),
                    "exclusive": described(or_null(NUMBER), "Workers that only it covers."),
                    "cumulative": WORKERS,
                    "cumulative_share": SHARE,
                    "cost": or_null(NUMBER),
                }
            ),
        },
        "closed": {"type": "array", "items": {"type": "object"}},
        "curve": {
            "type": "array",
            "description": "Coverage and its bound against the number of new stations.",
            "items": fields(
                {
                    "new": COUNT,
                    "objective": WORKERS,
                    "bound": or_null(NUMBER),
                    "share": SHARE,
                    "share_bound": or_null(NUMBER),
                }
            ),
        },
    }
)
STANDING: Schema = {
    "id": TEXT,
    "status": {"enum": ["queued", "running", "failed", "cancelled", "done"]},
    "created": or_null(TEXT),
    "ask": described(or_null({"type": "object"}), "What was asked; null where its file is broken."),
    "position": described(or_null(COUNT), "Place among those that wait, from 1."),
    "cancelling": described({"type": "boolean"}, "Called off, and about to end."),
    "progress": {
        **or_null(
            fields(
                {
                    "seconds": NUMBER,
                    "objective": or_null(NUMBER),
                    "bound": or_null(NUMBER),
                    "gap": or_null(NUMBER),
                }
            )
        ),
        "description": "How far it has come, null before the first plan.",
    },
    "error": described(or_null(fields({"en": TEXT, "zh": TEXT})), "Why there is no plan."),
}
