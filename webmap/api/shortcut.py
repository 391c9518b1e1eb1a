"""The short way to `nearest`: plain questions are answered before Flask sees them.

See docs/adr/0008-a-short-way-to-the-nearest.md.
"""

from __future__ import annotations

import functools
import re
import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from webmap import security
from webmap.api.nearest import Question, answer
from webmap.api.params import NearestQuery
from webmap.api.responses import GEOJSON, etag_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

    from flask import Flask

    from webmap.settings import ServerSettings

_PLAIN_DEGREES = re.compile(r"-?\d{1,3}(\.\d{1,15})?")


def install(app: Flask, path: str) -> None:
    """Lay the short way to the resource at `path` before `app`."""
    app.wsgi_app = Shortcut(app, path)  # type: ignore[method-assign]


class Shortcut:
    """Answers plain questions of this one resource before Flask sees them.

    It is what a city asks all at once at noon, and taking a request through Flask costs twice what
    answering does. The answer is the same to the byte; whatever is not plain or goes wrong, Flask
    is asked as if nothing had been here.
    """

    def __init__(self, app: Flask, path: str) -> None:
        self._app = app
        self._flask = app.wsgi_app
        self._path = path

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer, or have Flask answer; a WSGI application."""
        if (
            environ.get("PATH_INFO") != self._path
            or environ["REQUEST_METHOD"] != "GET"
            or "HTTP_IF_NONE_MATCH" in environ
        ):
            return self._flask(environ, start_response)
        settings: ServerSettings = self._app.extensions["server_settings"]
        try:
            question, position = _plain(environ.get("QUERY_STRING", ""))
            body = answer(self._app.extensions["workspace"], settings, question, position)
        except Exception:  # noqa: BLE001  Flask meets it again, answers it and has it logged
            return self._flask(environ, start_response)
        headers = {
            "Content-Type": GEOJSON,
            "Content-Length": str(len(body)),
            "ETag": etag_of(body),
            "Cache-Control": "no-cache",
            **security.API_HEADERS,
            "Access-Control-Allow-Origin": settings.allow_origin,
        }
        start_response("200 OK", list(headers.items()))
        return [body]


def _plain(text: str) -> tuple[Question, tuple[float, float]]:
    """Read a query string in which `lon` and `lat` are plain decimals; raises ValueError."""
    values: dict[str, str] = {}
    rest = []
    for part in text.split("&"):
        name, _, value = part.partition("=")
        if name in {"lon", "lat"} and name not in values and _PLAIN_DEGREES.fullmatch(value):
            values[name] = value
        else:
            rest.append(part)
    if len(values) < 2 or not text.isascii():
        raise ValueError(text)
    # `open_at=now` is good for its minute, as every state in the answer is; or for its second,
    # where the answer may say when one arrives.
    now_s = int(time.time())
    question = _question("&".join(rest), now_s if "mode=" in text else now_s // 60)
    return question, (float(values["lon"]), float(values["lat"]))


@functools.lru_cache(maxsize=1024)
def _question(text: str, now: int) -> Question:  # noqa: ARG001  the time is part of the key
    """Read everything but the position, which is what one worker's request has of its own."""
    pairs = parse_qsl(text, keep_blank_values=True, errors="strict")
    values = dict(pairs)
    if len(values) < len(pairs) or values.keys() & {"lon", "lat"}:
        raise ValueError(text)
    query = NearestQuery.model_validate({**values, "lon": 0, "lat": 0})
    return Question(query, query.where())
