"""``GET /api/v1/nearest``: the nearest stations that one can use, and those reached first."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from apiflask import APIBlueprint, HTTPError
from flask import Response

from geodata import datum
from stations.arrival import Journey, first_reached
from webmap import current
from webmap.api.params import NearestQuery
from webmap.api.responses import tagged
from webmap.features import arriving, collection, day_of, feature

if TYPE_CHECKING:
    from stations.filters import StationFilter
    from stations.workspace import Workspace
    from webmap.settings import ServerSettings

blueprint = APIBlueprint("nearest", __name__, tag="Stations")


@blueprint.get("/nearest")
@blueprint.input(NearestQuery, location="query")
def get_nearest(query_data: NearestQuery) -> Response:
    """Nearest stations.

    The k nearest stations in service that pass every filter, by geodesic distance, nearest first:
    a GeoJSON FeatureCollection (WGS84). Each feature says `distance_m`, `open_state` with its next
    change, the ways in, and how old its verification is.

    With `mode` walk or ebike, the k that are reached first along the streets. Each feature then
    says `duration_s` and `arrive_at` too, and its door and the filters on it are as on arrival.
    Where there is no network, or the start is near no street, times are estimated from the
    straight line: the answer says `estimated`, and its `mode` is line.
    """
    question = Question(query_data, query_data.where())
    position = query_data.lon, query_data.lat
    return tagged(answer(current.workspace(), current.settings(), question, position))


class Question(NamedTuple):
    """What is asked, whatever the position, with its filter as the registry takes it."""

    query: NearestQuery
    where: StationFilter


def answer(
    workspace: Workspace,
    settings: ServerSettings,
    question: Question,
    position: tuple[float, float],
) -> bytes:
    """Return the answer to a question asked at a position ``(lon, lat)`` in its datum."""
    query, (lon, lat) = question.query, position
    if query.datum != "wgs84" or not (-180 <= lon <= 180 and -90 <= lat <= 90):
        lon, lat = datum.position_on_earth(lon, lat, query.datum)
    if query.k > settings.max_k:
        message = f"at most {settings.max_k} stations are answered at once here"
        raise HTTPError(422, detail={"query": {"k": [message]}})
    if query.mode != "line":
        return _by_streets(workspace, question, lon, lat)
    registry = workspace.registry
    when = query.moment
    found = registry.nearest(
        lon,
        lat,
        k=query.k,
        max_distance_m=query.max_distance or math.inf,
        where=question.where,
        at=when,
    )
    today = day_of(when)
    warnings = workspace.warnings()
    return collection(
        [
            feature(registry, index, when, distance, today, warnings=warnings)
            for index, distance in found
        ],
        revision=registry.revision,
        mode="line",
    )


def _by_streets(workspace: Workspace, question: Question, lon: float, lat: float) -> bytes:
    query = question.query
    streets = workspace.on_streets(query.mode)
    journey = Journey(
        lon=lon,
        lat=lat,
        mode=query.mode,
        at=query.moment,
        where=question.where,
        stay_s=60 * (query.stay or 0),
        max_s=60 * (query.max_minutes or math.inf),
        max_distance_m=query.max_distance or math.inf,
    )
    registry = workspace.registry if streets is None else streets.registry
    arrivals = first_reached(registry, streets, journey, query.k)
    return arriving(registry, journey, arrivals, warnings=workspace.warnings())
