"""Headers that keep a page to itself: nothing from outside, nothing inline without the nonce."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

from flask import g, request

from webmap import current

if TYPE_CHECKING:
    from flask import Flask, Response

_PLAIN = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Frame-Options": "SAMEORIGIN",
    "Cross-Origin-Opener-Policy": "same-origin",
}
API_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Access-Control-Expose-Headers": "ETag, Link",
}
"""On every answer of the API, with the origin that the settings allow."""
_PREFLIGHT_HEADERS = {
    "Access-Control-Allow-Methods": "GET, OPTIONS",
    "Access-Control-Allow-Headers": "If-None-Match, Content-Type",
    "Access-Control-Max-Age": "86400",
}


def init_app(app: Flask) -> None:
    """Add the headers to every answer of `app`."""
    app.after_request(_add_headers)


def nonce() -> str:
    """Return the nonce that inline scripts and styles of this answer carry."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    return str(g.nonce)


def with_nonce(html: str) -> str:
    """Give the nonce to the inline scripts and styles of HTML that is Folium's, never a user's."""
    return re.sub(r"<(script|style)(?=[\s>])", rf'<\1 nonce="{nonce()}"', html)


def _add_headers(response: Response) -> Response:
    if request.path.startswith("/api/"):
        response.headers.extend(API_HEADERS)
        response.headers.add("Access-Control-Allow-Origin", current.settings().allow_origin)
        if request.method == "OPTIONS":
            response.headers.extend(_PREFLIGHT_HEADERS)
        return response
    for name, value in _PLAIN.items():
        # A page that says less of where one comes from says so itself.
        response.headers.setdefault(name, value)
    if response.mimetype == "text/html":
        response.headers["Content-Security-Policy"] = _policy()
    return response


def _policy() -> str:
    tiles = _tile_origin()
    own = f"'nonce-{nonce()}'"
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' {own}",
            f"style-src 'self' {own}",
            f"img-src 'self' data: blob:{tiles}",
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        )
    )


def _tile_origin() -> str:
    """Origin of the base map's tiles, the one outside address that a setting may allow."""
    url = (current.workspace().config.basemap.url or "").replace("{s}", "*")
    # Nothing that a policy would take for its own next word.
    host = r"([\w.*-]+|\[[\da-f:]+\])(:\d+)?"
    origin = re.match(rf"https?://{host}(?=[/?#]|$)", url, re.ASCII | re.IGNORECASE)
    return f" {origin[0]}" if origin else ""
