"""Delivery: HTTP, pages and the command line. No arithmetic lives here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apiflask import APIFlask

from stations.workspace import Workspace
from webmap import api, pages, security
from webmap.api import openapi
from webmap.settings import ServerSettings, server_settings

if TYPE_CHECKING:
    from pathlib import Path

__version__ = "0.1.0"


def create_app(
    workspace: Workspace | Path | str, settings: ServerSettings | None = None
) -> APIFlask:
    """Return the application that serves one workspace.

    Raises
    ------
    WorkspaceError
        If the folder is no workspace, or a setting does not fit.
    """
    if not isinstance(workspace, Workspace):
        workspace = Workspace(workspace)
    app = APIFlask(__name__, title=workspace.config.title_en, version=__version__, docs_path=None)
    app.config.update(openapi.CONFIG)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["workspace"] = workspace
    app.extensions["server_settings"] = settings or server_settings(workspace.config.server)
    security.init_app(app)
    api.init_app(app)
    pages.init_app(app)
    return app
