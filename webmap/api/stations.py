"""``GET /api/v1/stations``: the register, filtered and in pages, and one station by its id."""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlencode

from apiflask import APIBlueprint
from flask import Response, request

from stations.hours import BEIJING
from webmap import current
from webmap.api.params import NoQuery, StationsQuery
from webmap.api.responses import GEOJSON, tagged
from webmap.features import collection, day_of, feature

blueprint = APIBlueprint("stations", __name__, tag="Stations")


@blueprint.get("/stations")
@blueprint.input(StationsQuery, location="query")
def get_stations(query_data: StationsQuery) -> Response:
    """Stations.

    A page of the stations that pass every filter, in the order of their ids, as a GeoJSON
    FeatureCollection (WGS84) with `numberMatched`, `numberReturned` and links.
    """
    query = query_data
    workspace = current.workspace()
    registry = workspace.registry
    when = query.moment
    matched = registry.select(query.where(query.bbox), when)
    limit = min(query.limit, current.settings().page_size)
    page = matched[query.offset : query.offset + limit]
    links = [{"rel": "self", "type": GEOJSON, "href": request.full_path.rstrip("?")}]
    headers = {}
    if query.offset + limit < len(matched):
        following = {**request.args.to_dict(), "limit": limit, "offset": query.offset + limit}
        href = f"{request.path}?{urlencode(following)}"
        links.append({"rel": "next", "type": GEOJSON, "href": href})
        headers["Link"] = f'<{href}>; rel="next"'
    today = day_of(when)
    warnings = workspace.warnings()
    body = collection(
        [feature(registry, index, when, today=today, warnings=warnings) for index in page.tolist()],
        revision=registry.revision,
        numberMatched=len(matched),
        numberReturned=len(page),
        links=links,
    )
    return tagged(body, headers=headers)


@blueprint.get("/stations/<station_id>")
@blueprint.input(NoQuery, location="query")
def get_station(station_id: str, query_data: NoQuery) -> Response:  # noqa: ARG001  it has been checked
    """One station.

    The public record as a GeoJSON Feature, whatever its status, with its state now.
    """
    workspace = current.workspace()
    registry, now = workspace.registry, dt.datetime.now(BEIJING)
    index = registry.index_of(station_id)
    return tagged(feature(registry, index, now, warnings=workspace.warnings(now)))
