"""The HTTP API, one resource a module."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webmap.api import (
    access,
    changes,
    clusters,
    coverage,
    demand,
    districts,
    errors,
    gaps,
    health,
    nearest,
    network,
    openapi,
    places,
    plans,
    report,
    reports,
    schema,
    shortcut,
    stations,
    ways,
)

if TYPE_CHECKING:
    from apiflask import APIFlask

PREFIX = "/api/v1"
_RESOURCES = (
    nearest,
    stations,
    ways,
    places,
    changes,
    clusters,
    districts,
    coverage,
    gaps,
    access,
    network,
    demand,
    report,
    plans,
    reports,
    schema,
)


def init_app(app: APIFlask) -> None:
    """Register every resource, the errors and the description of the API."""
    errors.init_app(app)
    for resource in _RESOURCES:
        app.register_blueprint(resource.blueprint, url_prefix=PREFIX)
    app.register_blueprint(health.blueprint)
    openapi.init_app(app)
    shortcut.install(app, f"{PREFIX}/nearest")
