"""``GET /api/v1/coverage``: the share of workers with a usable station in reach."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response

from webmap import current
from webmap.api.params import CoverageQuery
from webmap.api.responses import json_answer

blueprint = APIBlueprint("coverage", __name__, tag="Coverage")


@blueprint.get("/coverage")
@blueprint.input(CoverageQuery, location="query")
def get_coverage(query_data: CoverageQuery) -> Response:
    """Coverage.

    Workers within the radius of a usable station by straight line: total, by district, by group,
    by distance; beside it the nominal figure that counts every record in service.
    """
    query = query_data
    return json_answer(current.workspace().coverage(radius_m=query.radius).to_dict(query.lang))
