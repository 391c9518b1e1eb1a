"""``GET /healthz``: is the server well, and is what it serves current?"""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response

from stations.errors import StationsError
from webmap import current
from webmap.api.responses import json_answer

blueprint = APIBlueprint("health", __name__, tag="Server")


@blueprint.get("/healthz")
def get_health() -> Response:
    """Health.

    `ok` while everything is served from the files as they are; `degraded` while the registry file
    is broken and the last good revision goes on being served, with the fault in words (503 where
    there never was a good one).
    """
    workspace = current.workspace()
    try:
        registry = workspace.registry
    except StationsError as error:
        response = json_answer({"status": "failing", "fault": str(error)})
        response.status_code = 503
        return response
    fault = workspace.registry_fault
    return json_answer(
        {
            "status": "degraded" if fault else "ok",
            "revision": registry.revision,
            "stations": len(registry),
            "fault": str(fault) if fault else None,
        }
    )
