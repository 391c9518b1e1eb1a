"""A problem as a page: whoever came with a browser reads it there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
from flask import request

from webmap.pages.visitor import page, say, visitor

if TYPE_CHECKING:
    from flask import Flask, Response

_PROBLEM = "application/problem+json"
_KNOWN = {404, 413, 429, 503}


def init_app(app: Flask) -> None:
    """Answer problems outside the API with a page, to whoever prefers one."""
    app.after_request(_as_page)


def _as_page(response: Response) -> Response:
    if response.mimetype != _PROBLEM or request.path.startswith("/api/"):
        return response
    if request.accept_mimetypes.best_match([_PROBLEM, "text/html"]) != "text/html":
        return response
    told = orjson.loads(response.get_data())
    status = response.status_code
    detail = told.get("detail_zh") if visitor().lang == "zh" else told.get("detail")
    shown = page(
        "fault.html",
        status=status,
        here="fault",
        title=say(f"fault.{status}" if status in _KNOWN else "fault.other"),
        detail=detail,
    )
    for name in ("Retry-After", "Allow"):
        if name in response.headers:
            shown.headers[name] = response.headers[name]
    return shown
