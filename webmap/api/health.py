"""``GET /healthz``: whether the server is well, and what it serves current."""

from __future__ import annotations

import orjson
from apiflask import APIBlueprint
from flask import Response

from stations.errors import StationsError
from webmap import current
from webmap.api.responses import JSON

blueprint = APIBlueprint("health", __name__, tag="Server")


@blueprint.get("/healthz")
def get_health() -> Response:
    """Health.

    `ok` while everything is served from the files as they are; `degraded` while one of them is
    broken and its last good state, if there was one, goes on being served, with the fault in
    words; `failing` (503) where there never was a good registry.
    """
    workspace = current.workspace()
    faults = "; ".join(map(str, workspace.faults())) or None
    try:
        registry = workspace.registry
    except StationsError:
        return _answer({"status": "failing", "fault": faults}, 503)
    return _answer(
        {
            "status": "degraded" if faults else "ok",
            "revision": registry.revision,
            "stations": len(registry),
            "fault": faults,
        }
    )


def _answer(state: dict[str, object], status: int = 200) -> Response:
    # Whoever asks wants to know how things are now.
    headers = {"Cache-Control": "no-store"}
    return Response(orjson.dumps(state), status, mimetype=JSON, headers=headers)
