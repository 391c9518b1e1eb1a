"""``GET /api/v1/demand``: where the workers are, as cells of a map view."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response

from webmap import current
from webmap.api.params import DemandQuery
from webmap.api.responses import json_answer

blueprint = APIBlueprint("demand", __name__, tag="Coverage")


@blueprint.get("/demand")
@blueprint.input(DemandQuery, location="query")
def get_demand(query_data: DemandQuery) -> Response:
    """Demand of a map view.

    Workers summed over cells: `cells` holds `[lon, lat, workers]` of each cell's centre, `size`
    the width and height of a cell in degrees. With `at`, only those who are at work then.
    """
    demand = current.workspace().demand
    if demand is None:
        return json_answer({"size": None, "cells": []})
    if query_data.at is not None:
        demand = demand.in_hour(query_data.at.number)
    size, cells = demand.binned(query_data.bbox, columns=query_data.columns)
    return json_answer({"size": size, "cells": cells})
