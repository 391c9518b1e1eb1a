"""``GET /api/v1/stations/clusters``: what a map view shows, light at any size of register."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response

from stations.clusters import view
from webmap import current
from webmap.api.params import ClustersQuery
from webmap.api.responses import geojson_answer

blueprint = APIBlueprint("clusters", __name__, tag="Map")


@blueprint.get("/stations/clusters")
@blueprint.input(ClustersQuery, location="query")
def get_clusters(query_data: ClustersQuery) -> Response:
    """Stations and clusters of a map view.

    Where the box holds few stations each is a feature of its own with its kind, status and state;
    where it holds many, those close together at this zoom become one feature with `count` and, of
    these, how many are `open`, `closed`, `unknown` and `suspended`. Details are asked for by id.
    """
    registry = current.workspace().registry
    query = query_data
    found = view(registry, zoom=query.zoom, where=query.where(query.bbox), when=query.moment)
    return geojson_answer({"revision": registry.revision, **found})
