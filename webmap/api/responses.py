"""Answers with an ETag on every one, and 304 where nothing has changed."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import orjson
from flask import Response, request

if TYPE_CHECKING:
    from collections.abc import Mapping

GEOJSON = "application/geo+json"
JSON = "application/json"


def tagged(body: bytes, mimetype: str = GEOJSON, headers: Mapping[str, str] | None = None) -> Response:
    """Return an answer with its ETag, or 304 if the caller holds the same bytes already."""
    etag = hashlib.blake2b(body, digest_size=12).hexdigest()
    known = request.headers.get("If-None-Match")
    if known is not None and (known.strip() == "*" or f'"{etag}"' in known):
        response = Response(status=304)
    else:
        response = Response(body, mimetype=mimetype)
    response.headers["ETag"] = f'"{etag}"'
    # What is open changes by the minute: hold it, but ask before using it again.
    response.headers["Cache-Control"] = "no-cache"
    for name, value in (headers or {}).items():
        response.headers[name] = value
    return response


def json_answer(value: object) -> Response:
    """Return any JSON value as an answer."""
    return tagged(orjson.dumps(value), JSON)


def geojson_answer(value: object) -> Response:
    """Return a GeoJSON object as an answer."""
    return tagged(orjson.dumps(value))
