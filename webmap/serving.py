"""Run the application under granian, in several processes."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import signal
import socket
from typing import TYPE_CHECKING

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from geodata import nearest
from geodata.network import index as network_index
from stations.errors import StationsError, WorkspaceError
from stations.hours import BEIJING
from stations.reach import NETWORK_MODES
from webmap import create_app
from webmap.settings import ServerSettings

if TYPE_CHECKING:
    from pathlib import Path

    from apiflask import APIFlask

    from stations.workspace import Workspace

_STOP_S = 10
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
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        message = (
            f"cannot listen on {settings.host}:{settings.port} ({reason}): "
            "choose another address with --host or --port"
        )
        raise WorkspaceError(message) from error


def address(settings: ServerSettings) -> str:
    """Return the address at which a browser on this machine finds the server."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104  not listened on here
    host = f"[{host}]" if ":" in host else host
    return f"http://{host}:{settings.port}/"


def run(folder: Path, settings: ServerSettings) -> None:
    """Serve the workspace in `folder` until stopped."""
    # The worker processes build their own application: a handle does not cross to them.
    os.environ[_FOLDER] = str(folder.resolve())
    os.environ[_SETTINGS] = settings.handed_on()
    Granian(
        "webmap.serving:worker",
        factory=True,
        interface=Interfaces.WSGI,
        address=settings.host,
        port=settings.port,
        workers=settings.workers,
        backlog=1024,
        # What granian itself advises; threads beyond it only wait for each other.
        blocking_threads=2 * (os.cpu_count() or 1) + 1,
        websockets=False,
        log_level=LogLevels.error,
        log_access=False,
        workers_kill_timeout=_STOP_S,
    ).serve()


def worker() -> APIFlask:
    """Make this process fit to be a worker and return its application.

    A terminal sends Ctrl-C to every process of the group, and granian stops its workers besides;
    two signals at once can lock a worker up, so SIGINT is for the main process alone. And until it
    serves, a worker has the handlers of the main process, which would only make a note of SIGTERM.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    return application()


def application() -> APIFlask:
    """Return the application of a worker process, warm."""
    app = create_app(os.environ[_FOLDER], ServerSettings.model_validate_json(os.environ[_SETTINGS]))
    nearest.warm_up()
    # The first look at every station's hours takes half a second at 200,000 stations.
    workspace = app.extensions["workspace"]
    workspace.registry.states(dt.datetime.now(BEIJING))
    with contextlib.suppress(StationsError):  # a broken network is told by /healthz
        networks = [workspace.on_streets(mode) for mode in NETWORK_MODES]
        if any(networks):
            network_index.warm_up()
    return app
