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

    Workers who have a usable station within the radius, or within some minutes along the streets:
    total, by district, by group, by distance or time; beside it the nominal figure that counts
    every record in service, and what the circle says beside what the streets allow.
    """
    workspace = current.workspace()
    found = workspace.coverage(query_data.reach(workspace))
    return json_answer(found.to_dict(query_data.lang))
