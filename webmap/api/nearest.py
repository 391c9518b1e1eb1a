"""``GET /api/v1/nearest``: the nearest stations that one can use."""

from __future__ import annotations

import math

from apiflask import APIBlueprint
from flask import Response

from geodata import datum
from geodata.errors import PositionError
from webmap import current
from webmap.api.params import NearestQuery
from webmap.api.responses import tagged
from webmap.features import collection, feature

blueprint = APIBlueprint("nearest", __name__, tag="Stations")


@blueprint.get("/nearest")
@blueprint.input(NearestQuery, location="query")
def get_nearest(query_data: NearestQuery) -> Response:
    """Nearest stations.

    The k nearest stations in service that pass every filter, by geodesic distance, nearest first:
    a GeoJSON FeatureCollection (WGS84). Each feature says `distance_m`, `open_state` with its next
    change, the ways in, and how old its verification is.
    """
    query = query_data
    lon, lat = query.lon, query.lat
    if query.datum != "wgs84":
        lon, lat = datum.to_wgs84(lon, lat, query.datum)
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        swapped = ": are longitude and latitude swapped?" if abs(lat) > 90 else ""
        message = f"lon {query.lon}, lat {query.lat} is no position on Earth{swapped}"
        raise PositionError(message)
    registry = current.workspace().registry
    when = query.moment
    found = registry.nearest(
        lon,
        lat,
        k=min(query.k, current.settings().max_k),
        max_distance_m=query.max_distance or math.inf,
        where=query.where(),
        at=when,
    )
    body = collection(
        [feature(registry, index, when, distance) for index, distance in found],
        revision=registry.revision,
        mode="line",
    )
    return tagged(body)
