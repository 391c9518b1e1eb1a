"""``GET /api/v1/stations/{id}/isochrone`` and ``/route``: the ways to one station."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response

from geodata import datum
from stations import ways
from webmap import current
from webmap.api.params import IsochroneQuery, WayQuery
from webmap.api.responses import geojson_answer

blueprint = APIBlueprint("ways", __name__, tag="Stations")


@blueprint.get("/stations/<station_id>/isochrone")
@blueprint.input(IsochroneQuery, location="query")
def get_isochrone(station_id: str, query_data: IsochroneQuery) -> Response:
    """Where a station is reached from.

    One outline a time (GeoJSON, WGS84), the longest first, with its area and the workers who reach
    the station in that time; beside them the circle of the longest time, straight on, and the
    workers in it.
    """
    query = query_data
    found = ways.isochrones(current.workspace(), station_id, query.mode, query.minutes)
    return geojson_answer(found)


@blueprint.get("/stations/<station_id>/route")
@blueprint.input(WayQuery, location="query")
def get_route(station_id: str, query_data: WayQuery) -> Response:
    """The way to a station.

    The quickest way from a position as a GeoJSON LineString (WGS84) with its length, its time, when
    one arrives, and the door then. Without a network, or where either end is near no street, it is
    a straight line and `estimated` is true.
    """
    query = query_data
    lon, lat = datum.position_on_earth(query.lon, query.lat, query.datum)
    found = ways.route(current.workspace(), station_id, lon, lat, query.mode, query.open_at)
    return geojson_answer(found)
