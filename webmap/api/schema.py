"""``GET /api/v1/schema``: the JSON Schema of the station record."""

from __future__ import annotations

import orjson
from apiflask import APIBlueprint
from flask import Response

from stations.model import json_schema
from webmap.api.params import NoQuery
from webmap.api.responses import tagged

blueprint = APIBlueprint("schema", __name__, tag="Stations")


@blueprint.get("/schema")
@blueprint.input(NoQuery, location="query")
def get_schema(query_data: NoQuery) -> Response:  # noqa: ARG001  it has been checked
    """Schema of a station.

    The JSON Schema (2020-12) that every record of the registry keeps to. The fields for a
    station's manager are in the registry only, never in an answer.
    """
    return tagged(orjson.dumps(json_schema()), "application/schema+json")
