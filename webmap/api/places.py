"""``GET /api/v1/places``: where the words mean that somebody types whose phone has no position."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response

from stations.places import find_places
from webmap import current
from webmap.api.params import PlacesQuery
from webmap.api.responses import json_answer

blueprint = APIBlueprint("places", __name__, tag="Stations")


@blueprint.get("/places")
@blueprint.input(PlacesQuery, location="query")
def get_places(query_data: PlacesQuery) -> Response:
    """Places by their name.

    The places that a text may mean, the likeliest first: a position as figures, a district or
    township, a street or another feature of the workspace's maps, a station by its name, address or
    host. `detail` tells it from others of its name. No other server is asked.
    """
    query = query_data
    found = find_places(current.workspace(), query.q, limit=query.limit, lang=query.lang)
    return json_answer({"places": [place._asdict() for place in found]})
