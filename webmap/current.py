"""What a request handler asks for: workspace, settings and jobs of its application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app

if TYPE_CHECKING:
    from stations.workspace import Workspace
    from webmap.jobs import Jobs
    from webmap.refusals import Refusals
    from webmap.settings import ServerSettings


def workspace() -> Workspace:
    """Return the workspace that this application serves."""
    found: Workspace = current_app.extensions["workspace"]
    return found


def settings() -> ServerSettings:
    """Return the settings of this server."""
    found: ServerSettings = current_app.extensions["server_settings"]
    return found


def jobs() -> Jobs:
    """Return the plans that this workspace has been asked for."""
    found: Jobs = current_app.extensions["jobs"]
    return found


def refusals() -> Refusals:
    """Return what has been refused of late."""
    found: Refusals = current_app.extensions["refusals"]
    return found
