"""A real server and a real Chromium; a page that asks the outside for anything fails its test."""

from __future__ import annotations

import contextlib
import re
import shutil
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from werkzeug.serving import make_server

from webmap import create_app

from .city import make_workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from flask import Flask
    from playwright.sync_api import Browser, ConsoleMessage, Page, Request
    from werkzeug.serving import BaseWSGIServer

    from stations.workspace import Workspace

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def _in_one_piece(app: WSGIApplication) -> WSGIApplication:
    """Return `app` with every answer read and closed before it is sent.

    The development server does not close an answer whose reader hangs up, as a browser does when
    it leaves a page: the file behind it would stay open, and a warning is an error here.
    """

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        pieces = app(environ, start_response)
        try:
            return [b"".join(pieces)]
        finally:
            if hasattr(pieces, "close"):
                pieces.close()

    return answer


class Servers:
    """Servers of workspaces, each on a free port; they can go away for a while."""

    def __init__(self) -> None:
        self._running: dict[str, tuple[BaseWSGIServer, threading.Thread]] = {}

    def __call__(self, workspace: Workspace, prepare: Callable[[Flask], None] | None = None) -> str:
        """Serve a workspace and return its address."""
        app = create_app(workspace)
        if prepare is not None:
            prepare(app)
        return self._start(_in_one_piece(app), 0)

    @contextlib.contextmanager
    def outage(self, site: str) -> Iterator[None]:
        """Stop the server of an address, as a lost connection does; start it again at the end.

        The browser's own way of being offline does not always reach a service worker.
        """
        app, port = self._running[site][0].app, self._running[site][0].server_port
        self._stop(site)
        yield
        self._start(app, port)

    def close(self) -> None:
        """Stop them all."""
        for site in list(self._running):
            self._stop(site)

    def _start(self, app: WSGIApplication, port: int) -> str:
        server = make_server("127.0.0.1", port, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        site = f"http://127.0.0.1:{server.server_port}"
        self._running[site] = server, thread
        return site

    def _stop(self, site: str) -> None:
        server, thread = self._running.pop(site)
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def serve() -> Iterator[Servers]:
    """Return what serves a workspace and gives its address."""
    servers = Servers()
    yield servers
    servers.close()


@pytest.fixture
def site(serve: Callable[[Workspace], str], tmp_path: Path) -> str:
    """Address of a server of the small city."""
    return serve(make_workspace(tmp_path / "city"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Return a headless Chromium of the system."""
    from playwright.sync_api import sync_playwright

    found = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if found is None:
        pytest.fail("no Chromium found: install it, or leave these tests out with BROWSER=0")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


class Watched:
    """A page and everything that went wrong on it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.faults: list[str] = []
        self.expected: re.Pattern[str] | None = None
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("request", self._on_request)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.faults.append(f"{message.type}: {message.text} {message.location}")

    def _on_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob"} and parts.hostname != "127.0.0.1":
            self.faults.append(f"outside request: {request.url}")

    def check(self) -> None:
        """Fail on what went wrong and was not expected."""
        left = [f for f in self.faults if not (self.expected and self.expected.search(f))]
        assert not left, "\n".join(left)


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Return a function that opens an address; what goes wrong on the page fails the test."""
    visits: list[Watched] = []
    contexts = []

    def open_page(
        address: str,
        *,
        width: int = 1280,
        height: int = 800,
        phone: bool = False,
        expected: str | None = None,
        prepare: Callable[[Page], None] | None = None,
        **options: Any,
    ) -> Page:
        settings = {
            "viewport": {"width": width, "height": height},
            "has_touch": phone,
            "is_mobile": phone,
            "reduced_motion": "reduce",
            "locale": "zh-CN",
        }
        context = chromium.new_context(**{**settings, **options})
        context.set_default_timeout(15_000)
        contexts.append(context)
        one = Watched(context.new_page())
        one.expected = re.compile(expected) if expected else None
        visits.append(one)
        if prepare is not None:
            prepare(one.page)
        one.page.goto(address)
        return one.page

    yield open_page
    for one in visits:
        one.check()
    for context in contexts:
        context.close()
