"""The application: one workspace, its API and its pages, put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apiflask import APIFlask
from werkzeug.middleware.proxy_fix import ProxyFix

from stations.workspace import Workspace
from webmap import __version__, api, compression, pages, security
from webmap.api import openapi
from webmap.jobs import Jobs
from webmap.refusals import Refusals
from webmap.settings import ServerSettings, server_settings

if TYPE_CHECKING:
    from pathlib import Path


def build(workspace: Workspace | Path | str, settings: ServerSettings | None = None) -> APIFlask:
    """Return the application that serves one workspace; see `webmap.create_app`."""
    if not isinstance(workspace, Workspace):
        workspace = Workspace(workspace)
    # The import name says where templates and static files lie: beside this module.
    app = APIFlask("webmap", title=workspace.config.title_en, version=__version__, docs_path=None)
    app.config.update(openapi.CONFIG)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    settings = settings or server_settings(workspace.config.server)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body
    app.extensions["workspace"] = workspace
    app.extensions["server_settings"] = settings
    app.extensions["refusals"] = Refusals()
    app.extensions["jobs"] = Jobs(workspace.folder, memory_mb=settings.plan_memory_mb)
    security.init_app(app)
    compression.init_app(app)
    api.init_app(app)
    pages.init_app(app)
    if settings.proxies:
        # Whose request it is, and nothing else: hosts and schemes are not taken from a header.
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.proxies, x_proto=0, x_host=0
        )
    return app
