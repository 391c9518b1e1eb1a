"""Servers for the benchmarks: started on 127.0.0.1, asked for by wrk, ended by their process id.

Everybody is served by granian with the options of `webmap.serving.run`. Nothing outlives the
context manager that started it, and nothing is written outside the temporary folder it is given.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

WORKERS = 2
CONNECTIONS = 32
_START_S = 180.0
_STOP_S = 20.0
_ROOT = Path(__file__).parent.parent
_UNITS_S = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}


class NotInstalledError(Exception):
    """A peer is missing; says how it is installed."""

    def __str__(self) -> str:
        return f"not installed ({self.args[0]})"


class Load(NamedTuple):
    """What wrk saw in one round."""

    requests_s: float
    p99_ms: float


def program(name: str, package: str, *folders: str) -> str:
    """Path of a program; raises NotInstalledError naming the Debian package."""
    path = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *folders]))
    if path is None:
        raise NotInstalledError(f"apt-get install {package}")
    return path


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def running(
    command: list[str], ready: Callable[[], bool], environment: Mapping[str, str] | None = None
) -> Iterator[None]:
    """Run a server until the block ends; waits until it is ready."""
    with tempfile.TemporaryFile() as log:
        # A session of its own: its id ends the workers, too, should the server leave them behind.
        process = subprocess.Popen(
            command,
            cwd=_ROOT,
            env={**os.environ, **(environment or {})},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            deadline = time.monotonic() + _START_S
            while not ready():
                if process.poll() is not None or time.monotonic() > deadline:
                    log.seek(0)
                    words = log.read().decode(errors="replace").strip().splitlines()
                    raise RuntimeError(f"did not start: {' '.join(words[-3:])}")
                time.sleep(0.1)
            yield
        finally:
            process.terminate()
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


@contextlib.contextmanager
def served(app: str, path: str, **environment: str) -> Iterator[str]:
    """Serve an application of `benchmarks._apps` and yield its address; ready when `path` is."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"

    def ready() -> bool:
        try:
            with urllib.request.urlopen(address + path, timeout=30) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    command = [sys.executable, "-m", "benchmarks._apps", app, str(port)]
    with running(command, ready, environment):
        yield address


def fetch(address: str) -> dict[str, object]:
    """The JSON answer of a GET."""
    with urllib.request.urlopen(address, timeout=30) as answer:
        return json.load(answer)


@contextlib.contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """Run a Redis in memory only, on a socket in `folder`; yields the path of the socket."""
    server = program("redis-server", "redis-server")
    path = str(folder / "redis.sock")
    command = [server, "--port", "0", "--unixsocket", path, "--save", "", "--dir", str(folder)]
    with running(command, lambda: Path(path).exists()):
        yield path


@contextlib.contextmanager
def postgres_server(folder: Path) -> Iterator[str]:
    """Run a PostgreSQL of its own, on a socket in `folder` and a port; yields how to connect."""
    places = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)
    package = "postgresql postgresql-15-postgis-3"
    initdb, postgres = program("initdb", package, *places), program("postgres", package, *places)
    data = folder / "postgres"
    data.mkdir()
    # PostgreSQL refuses to run as root.
    as_user: list[str] = []
    if os.geteuid() == 0:
        folder.chmod(0o711)
        shutil.chown(data, "postgres", "postgres")
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]
    subprocess.run(
        [*as_user, initdb, "-D", str(data / "db"), "-U", "postgres", "-A", "trust", "-N"],
        cwd=data,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    port = free_port()
    options = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": str(data),
        "shared_buffers": "512MB",
        "max_connections": "600",
        "jit": "off",
    }
    flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    conninfo = f"host={data} port={port} user=postgres dbname=postgres"

    def ready() -> bool:
        import psycopg

        try:
            psycopg.connect(conninfo).close()
        except psycopg.OperationalError:
            return False
        return True

    with running([*as_user, postgres, "-D", str(data / "db"), *flags], ready):
        yield conninfo


def write_lua(path: Path, asked: list[str]) -> None:
    """Write a script for wrk that asks for one path after the other, round and round."""
    path.write_text(
        "local paths = {\n" + "\n".join(f'"{one}",' for one in asked) + "\n}\n"
        "local i = 0\n"
        "request = function()\n"
        "  i = i % #paths + 1\n"
        '  return wrk.format("GET", paths[i])\n'
        "end\n"
    )


def wrk(address: str, script: Path, seconds: int) -> Load:
    """Load `address` for `seconds` over `CONNECTIONS` connections; a failed answer is an error."""
    command = [program("wrk", "wrk"), "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency"]
    # Slow peers answer late under this load, and that is their figure, not an error.
    command += ["--timeout", "30s", "-s", str(script), address]
    told = subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=seconds + 60
    ).stdout
    if "Non-2xx" in told or "Socket errors" in told:
        raise RuntimeError(f"{address}: {told}")
    rate = re.search(r"Requests/sec:\s+([\d.]+)", told)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s|m)", told)
    assert rate is not None, told
    assert p99 is not None, told
    return Load(float(rate[1]), float(p99[1]) * _UNITS_S[p99[2]] * 1000)


def median_load(rounds: list[Load]) -> Load:
    """Median of each figure over the rounds."""
    return Load(*(statistics.median(column) for column in zip(*rounds, strict=True)))
