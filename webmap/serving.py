"""Run the application under granian, in several processes."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

from stations.errors import WorkspaceError

if TYPE_CHECKING:
    from pathlib import Path

    from apiflask import APIFlask

    from stations.workspace import Workspace
    from webmap.settings import ServerSettings

_FOLDER, _SETTINGS = "_YIZHAN_SERVE_FOLDER", "_YIZHAN_SERVE_SETTINGS"


def check(workspace: Workspace, settings: ServerSettings) -> None:
    """Raise what would stop a server from starting: an unreadable registry, a port in use.

    Raises
    ------
    WorkspaceError
        If the address cannot be listened on.
    RegistryFileError
        If the registry cannot be read.
    """
    len(workspace.registry)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            message = (
                f"cannot listen on {settings.host}:{settings.port} ({error.strerror}): "
                "choose another with --port"
            )
            raise WorkspaceError(message) from error


def run(folder: Path, settings: ServerSettings) -> None:
    """Serve the workspace in `folder` until stopped."""
    from granian import Granian
    from granian.constants import Interfaces

    # The worker processes build their own application: a handle does not cross to them.
    os.environ[_FOLDER] = str(folder.resolve())
    os.environ[_SETTINGS] = settings.model_dump_json()
    Granian(
        "webmap.serving:application",
        factory=True,
        interface=Interfaces.WSGI,
        address=settings.host,
        port=settings.port,
        workers=settings.workers,
        backlog=1024,
        log_access=False,
    ).serve()


def application() -> APIFlask:
    """Return the application of a worker process, warm."""
    from geodata import nearest
    from webmap import create_app
    from webmap.settings import ServerSettings

    app = create_app(
        os.environ[_FOLDER], ServerSettings.model_validate_json(os.environ[_SETTINGS])
    )
    nearest.warm_up()
    len(app.extensions["workspace"].registry)
    return app
