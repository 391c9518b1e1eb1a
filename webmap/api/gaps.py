"""``GET /api/v1/gaps``: where workers have no usable station in reach."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response

from webmap import current
from webmap.api.params import GapsQuery
from webmap.api.responses import geojson_answer

blueprint = APIBlueprint("gaps", __name__, tag="Coverage")


@blueprint.get("/gaps")
@blueprint.input(GapsQuery, location="query")
def get_gaps(query_data: GapsQuery) -> Response:
    """Gap zones.

    Connected areas of uncovered workers as GeoJSON polygons (WGS84), those with the most workers
    first, each with its district, centroid, area and distance, or time, to the nearest usable
    station. With `at`, `facility` or `access`, of those who reach none that is known to be open and
    to have it.
    """
    query, workspace = query_data, current.workspace()
    found = workspace.coverage(query.reach(workspace), need=query.need)
    return geojson_answer(found.gap_features(query.lang, query.limit))
