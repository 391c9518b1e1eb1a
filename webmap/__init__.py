"""Delivery: HTTP, pages and the command line. No arithmetic lives here."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from apiflask import APIFlask

    from stations.workspace import Workspace
    from webmap.settings import ServerSettings

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
    # The command line lives in this package too, and a word of help must not wait for a web
    # framework and a map library.
    from webmap import application  # noqa: PLC0415

    return application.build(workspace, settings)
