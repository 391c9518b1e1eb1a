"""What answers on coverage by the hour, and the coverage report, look like."""

from __future__ import annotations

import functools
from typing import Final

import msgspec

from stations.report import CoverageReport
from stations.week import BANDS, DESERTS, HourMeans, HourShares
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

_CODES: Final[Schema] = {"type": "array", "items": TEXT}
_DATE: Final[Schema] = {"type": "string", "format": "date"}
OPEN: Final = described(
    or_null(
        fields(
            {
                "at": described(or_null(TEXT), "The moment that the doors are told of."),
                "hour": described(
                    or_null(COUNT), "Of the week, Monday 00:00 first; from 168 on of a holiday."
                ),
                "holiday": or_null({"type": "boolean"}),
                "facility": _CODES,
                "access": _CODES,
                "covered": WORKERS,
                "share": SHARE,
                "perhaps_covered": WORKERS,
                "perhaps_share": SHARE,
                "stations": COUNT,
                "perhaps_stations": COUNT,
            }
        )
    ),
    "Who gets in: from the stations that certainly are open and have it, to those that may; null "
    "where neither an hour nor a need was asked.",
)
OPEN_SHARES: Final[Schema] = {"open_share": SHARE, "perhaps_share": SHARE}
"""Of a row, only where `open` was asked."""
_MEAN: Final = fields({name: WORKERS if name == "workers" else SHARE for name in HourMeans._fields})
_HOURS: Final = fields(
    {
        name: {"type": "array", "items": WORKERS, "minItems": 192, "maxItems": 192}
        for name in HourShares._fields
    }
)
_ZONE: Final = fields(
    {
        "name": TEXT,
        "workers": WORKERS,
        "surely": WORKERS,
        "centroid": {"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 2},
    }
)
_BAND: Final[Schema] = {"band": {"enum": [band.code for band in BANDS]}, "name": TEXT}
WEEK: Final = fields(
    {
        "monday": described(_DATE, "First day of the typical week."),
        "holiday": described(or_null(_DATE), "The day that stands for holidays."),
        "facility": _CODES,
        "access": _CODES,
        "mean": _MEAN,
        "hours": _HOURS,
        "bands": {
            "type": "array",
            "items": fields({**_BAND, **_MEAN["properties"]}),
        },
        "by_group": {
            "type": "array",
            "items": fields({"group": TEXT, "name": TEXT, "mean": _MEAN, "hours": _HOURS}),
        },
        "by_district": {
            "type": "array",
            "items": fields({"adcode": or_null(TEXT), "name": or_null(TEXT), "mean": _MEAN}),
        },
        "deserts": {
            "type": "array",
            "items": fields(
                {
                    "band": {"enum": list(DESERTS)},
                    "name": TEXT,
                    "workers": WORKERS,
                    "without": WORKERS,
                    "surely_without": WORKERS,
                    "zones": {"type": "array", "items": _ZONE},
                }
            ),
        },
    }
)


@functools.cache
def report_components() -> dict[str, Schema]:
    """Return the schemas of a coverage report and its parts, made from their types."""
    _, found = msgspec.json.schema_components(
        [CoverageReport], ref_template="#/components/schemas/{name}"
    )
    return found
