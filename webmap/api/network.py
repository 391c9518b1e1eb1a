"""``GET /api/v1/network``: the street networks that times are measured on."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response

from stations.network_facts import network_facts
from webmap import current
from webmap.api.params import NoQuery
from webmap.api.responses import json_answer

blueprint = APIBlueprint("network", __name__, tag="Coverage")


@blueprint.get("/network")
@blueprint.input(NoQuery, location="query")
def get_network(query_data: NoQuery) -> Response:  # noqa: ARG001  it has been checked
    """Street networks.

    For walking and for electric bicycles: whether there is a network, how large it is, into how
    many parts it falls that no street joins, and the speed and the minutes of the norm.
    """
    return json_answer(network_facts(current.workspace()))
