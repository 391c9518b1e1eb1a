"""What a request handler asks for: the workspace and the settings of its application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app

if TYPE_CHECKING:
    from stations.workspace import Workspace
    from webmap.settings import ServerSettings


def workspace() -> Workspace:
    """Return the workspace that this application serves."""
    found: Workspace = current_app.extensions["workspace"]
    return found


def settings() -> ServerSettings:
    """Return the settings of this server."""
    found: ServerSettings = current_app.extensions["server_settings"]
    return found
