"""``GET /api/v1/access``: how many places there are for a worker, and how evenly."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response

from stations.access_report import measure_access
from webmap import current
from webmap.api.params import CoverageQuery
from webmap.api.responses import json_answer

blueprint = APIBlueprint("access", __name__, tag="Coverage")


@blueprint.get("/access")
@blueprint.input(CoverageQuery, location="query")
def get_access(query_data: CoverageQuery) -> Response:
    """Access.

    Places at stations for 1,000 workers, by the two-step floating catchment area: each station
    shares its places among the workers within reach of it, and each worker has the sum of the
    shares within reach. In all, by district and by group, with how unequally they are spread
    (Gini, Theil, Palma).
    """
    workspace = current.workspace()
    found = measure_access(workspace, query_data.reach(workspace))
    return json_answer(found.to_dict(query_data.lang))
