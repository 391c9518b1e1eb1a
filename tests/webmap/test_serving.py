"""The real server: ready, current, gone without a trace."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from stations.errors import RegistryFileError, WorkspaceError
from stations.store import Change
from tests.stations.samples import station
from webmap import serving
from webmap.settings import ServerSettings, server_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stations.workspace import Workspace

READY_S = 120.0
NEAREST = "api/v1/nearest?lon=113.6&lat=34.8&k=1"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def ask(port: int, path: str) -> Any:
    """Ask the server and return its JSON."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=60) as answer:
        return json.load(answer)


def answers(port: int) -> bool:
    """Whether somebody does."""
    try:
        return bool(ask(port, "healthz"))
    except urllib.error.URLError:
        return False


def group(process: subprocess.Popen[str]) -> list[int]:
    """Processes of the server's group that are there."""
    found = subprocess.run(
        ["ps", "-e", "-o", "pid=,pgid=,stat="], capture_output=True, text=True, check=True
    )
    rows = (line.split() for line in found.stdout.splitlines())
    return [int(pid) for pid, pgid, state in rows if int(pgid) == process.pid and state[0] != "Z"]


@contextmanager
def served(folder: Path, workers: int) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """Start `yizhan serve` in a group of its own and wait until it is ready."""
    port = free_port()
    words = ["serve", str(folder), "--port", str(port), "--workers", str(workers)]
    process = subprocess.Popen(
        [sys.executable, "-m", "webmap", *words],
        env={**os.environ, "YIZHAN_LANG": "en"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + READY_S
        while not answers(port):
            assert time.monotonic() < deadline, "never ready"
            # A server that ends instead of getting ready is not waited for.
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.1)
                raise AssertionError(process.communicate())
        yield port, process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def greeting(port: int) -> str:
    """What the command says when it starts."""
    site = f"http://127.0.0.1:{port}/"
    return f"Stations: {site}  Planner's map: {site}map  (Ctrl-C stops)\n"


@pytest.mark.slow
def test_a_server_is_ready_follows_edits_and_stops(own_town: Workspace) -> None:
    """Two workers answer, both see an edit and a broken file; SIGTERM ends all without a word."""
    path = own_town.folder / "stations.geojson"
    with served(own_town.folder, workers=2) as (port, process):
        assert ask(port, NEAREST)["features"][0]["id"] == "office"
        assert len(group(process)) >= 3
        put = (station("office", name="改名的驿站", lon=113.6, lat=34.8),)
        own_town.store.apply(Change(put=put), who="t", what="t")
        # Each question may go to another worker; none may answer with the old name.
        for _ in range(12):
            found = ask(port, NEAREST)
            assert found["revision"] == 2
            assert found["features"][0]["properties"]["name"] == "改名的驿站"
        good = path.read_bytes()
        path.write_bytes(good[:500])
        for _ in range(6):
            assert ask(port, "healthz")["status"] == "degraded"
            assert ask(port, NEAREST)["features"][0]["id"] == "office"
        path.write_bytes(good)
        assert ask(port, "healthz")["status"] == "ok"
        with pytest.raises(urllib.error.HTTPError) as wrong:
            ask(port, "api/v1/nearest?lon=x&lat=y")
        assert wrong.value.code == 422
        with wrong.value as answer:
            assert answer.headers["Content-Type"] == "application/problem+json"
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=60)[0]
        assert process.returncode == 0
        assert said == greeting(port)
        assert group(process) == []


@pytest.mark.slow
def test_a_plan_is_made_beside_the_server(
    own_town: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The token reaches every worker, each tells of the plan, and nothing is left running."""
    monkeypatch.setenv("YIZHAN_PLANNER_TOKEN", "correct-horse-battery")
    with served(own_town.folder, workers=2) as (port, process):
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/api/v1/plans",
            json.dumps({"new": 2, "radius_m": 3000, "time_s": 5}).encode(),
            {
                "Authorization": "Bearer correct-horse-battery",
                "Content-Type": "application/json",
            },
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            path = answer.headers["Location"].lstrip("/")
        deadline = time.monotonic() + READY_S
        while (found := ask(port, path))["status"] in {"queued", "running"}:
            assert time.monotonic() < deadline, found
        assert found["status"] == "done", found
        assert len(found["plan"]["sites"]) == 2
        for _ in range(6):
            assert len(ask(port, f"{path}/features")["features"]) >= 2
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=60)[0]
        assert said == greeting(port)
        assert group(process) == []


@pytest.mark.slow
def test_ctrl_c_stops_the_server(town: Workspace) -> None:
    """A terminal sends SIGINT to the whole group: it ends in peace, and the port is free again.

    A worker that got SIGINT and then SIGTERM from the main process used to lock up, every other
    time.
    """
    with served(town.folder, workers=2) as (port, process):
        os.killpg(process.pid, signal.SIGINT)
        said = process.communicate(timeout=60)[0]
        assert process.returncode == 0
        assert said == greeting(port)
        assert group(process) == []
        serving.check(town, ServerSettings(port=port))


def test_a_port_in_use_is_told_before_anything_starts(town: Workspace) -> None:
    """The address, the reason and what to do."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(WorkspaceError, match=rf"127\.0\.0\.1:{port} \(.*in use.*--port"):
            serving.check(town, ServerSettings(port=port))
    serving.check(town, ServerSettings(port=port))


@pytest.mark.parametrize(
    "host", ["no.such.host.invalid", "192.0.2.1", "1.2.3.4.5", "x" * 300, "a..b"]
)
def test_an_address_that_is_not_ours_is_told(town: Workspace, host: str) -> None:
    """A name nobody knows, an address of another machine."""
    with pytest.raises(WorkspaceError, match="cannot listen on"):
        serving.check(town, ServerSettings(host=host, port=free_port()))


def test_ipv6_and_every_network_can_be_listened_on(town: Workspace) -> None:
    """The check knows both families."""
    serving.check(town, ServerSettings(host="0.0.0.0", port=free_port()))  # noqa: S104  a check only
    if socket.has_ipv6 and Path("/proc/net/if_inet6").exists():
        serving.check(town, ServerSettings(host="::1", port=free_port()))


def test_a_broken_registry_is_told_before_anything_starts(own_town: Workspace) -> None:
    """A server that could answer nothing does not start."""
    (own_town.folder / "stations.geojson").write_text("{")
    with pytest.raises(RegistryFileError, match=re.escape("stations.geojson")):
        serving.check(own_town, ServerSettings(port=free_port()))


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000/"),
        ("0.0.0.0", "http://127.0.0.1:8000/"),  # noqa: S104  an address to be shown
        ("::", "http://[::1]:8000/"),
        ("::1", "http://[::1]:8000/"),
        ("union.example", "http://union.example:8000/"),
    ],
)
def test_the_address_shown_can_be_clicked(host: str, address: str) -> None:
    """It is one that a browser on this machine opens."""
    assert serving.address(ServerSettings(host=host)) == address


def test_a_worker_leaves_ctrl_c_to_the_main_process() -> None:
    """SIGINT is blocked before anything is loaded, and SIGTERM ends a worker that still loads."""
    code = (
        "import signal; from webmap import serving; serving.application = lambda: None;"
        "serving.worker();"
        "print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []),"
        " signal.getsignal(signal.SIGTERM) is signal.SIG_DFL)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "True True\n"


def test_a_worker_builds_the_application_that_was_asked_for(
    town: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Folder and settings reach the worker processes, whatever their environment says."""
    settings = server_settings({"max_k": 3, "planner_token": "correct-horse-battery"}, {})
    monkeypatch.setenv(serving._FOLDER, str(town.folder))
    monkeypatch.setenv(serving._SETTINGS, settings.handed_on())
    monkeypatch.setenv("YIZHAN_MAX_K", "9")
    app = serving.application()
    assert app.extensions["server_settings"] == settings
    client = app.test_client()
    assert client.get(f"/{NEAREST}").status_code == 200
    assert client.get("/api/v1/nearest?lon=1&lat=1&k=4").status_code == 422
