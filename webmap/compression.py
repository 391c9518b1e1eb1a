"""Answers gzipped for whoever takes them so: a rider's phone pays for every kilobyte."""

from __future__ import annotations

import functools
import gzip
from typing import TYPE_CHECKING

from flask import request

if TYPE_CHECKING:
    from flask import Flask, Response

MIN_BYTES = 1200
"""Less fits into one packet anyway."""
_LEVEL = 5
_TYPES = frozenset({
    "text/html",
    "text/css",
    "text/javascript",
    "application/javascript",
    "application/json",
    "application/geo+json",
    "application/schema+json",
    "image/svg+xml",
})  # fmt: skip


def init_app(app: Flask) -> None:
    """Compress the answers of `app`, where that is worth it and asked for."""
    app.after_request(_compress)


def _compress(response: Response) -> Response:
    if response.mimetype not in _TYPES:
        return response
    response.vary.add("Accept-Encoding")
    if (
        request.method != "GET"
        or response.status_code != 200
        or "Content-Encoding" in response.headers
        or not request.accept_encodings.quality("gzip")
    ):
        return response
    response.direct_passthrough = False
    body = response.get_data()
    if len(body) < MIN_BYTES:
        return response
    static = request.endpoint == "static"
    response.set_data(_static(body) if static else gzip.compress(body, _LEVEL, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
    etag, _ = response.get_etag()
    if etag is not None:
        # The same content in other bytes: a weak tag says just that.
        response.set_etag(etag, weak=True)
    return response


@functools.lru_cache(maxsize=64)
def _static(body: bytes) -> bytes:
    """Return a file of ours compressed; there are few, and they do not change."""
    return gzip.compress(body, 9, mtime=0)
