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


def tagged(
    body: bytes, mimetype: str = GEOJSON, headers: Mapping[str, str] | None = None
) -> Response:
    """Return an answer with its ETag, or 304 if the caller holds the same bytes already."""
    etag = etag_of(body)
    # What is open changes by the minute: hold it, but ask before using it again.
    members = {"ETag": etag, "Cache-Control": "no-cache", **(headers or {})}
    known = request.headers.get("If-None-Match")
    if known is not None and (known.strip() == "*" or etag in known):
        return Response(status=304, headers=members)
    return Response(body, content_type=mimetype, headers=members)


def etag_of(body: bytes) -> str:
    """Return the entity tag of an answer, quoted."""
    return f'"{hashlib.sha256(body).hexdigest()[:24]}"'


def json_answer(value: object) -> Response:
    """Return any JSON value as an answer."""
    return tagged(orjson.dumps(value), JSON)


def geojson_answer(value: object) -> Response:
    """Return a GeoJSON object as an answer."""
    return tagged(orjson.dumps(value))
