"""``GET /api/v1/stations/clusters``: what a map view shows, light at any size of register."""

from __future__ import annotations

import datetime as dt

from apiflask import APIBlueprint
from flask import Response

from stations.clusters import view
from stations.hours import BEIJING
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
    States are those of now, of `open_at`, or of the hour `at`, whose moment the answer repeats.
    """
    registry = current.workspace().registry
    query = query_data
    found = view(
        registry,
        zoom=query.zoom,
        where=query.where(query.bbox),
        when=query.moment,
        today=None if query.at is None else dt.datetime.now(BEIJING),
    )
    at = query.at and query.at.moment.isoformat(timespec="minutes")
    return geojson_answer({"revision": registry.revision, "at": at, **found})
