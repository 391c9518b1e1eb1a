"""What makes the worker's pages an app: its manifest, its service worker, what it keeps at hand."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

import orjson
from flask import Blueprint, Response, current_app, render_template, url_for

from webmap import current, texts
from webmap.api.responses import tagged
from webmap.pages.visitor import brand, page, say, static, visitor
from webmap.pages.worker import worker_config

blueprint = Blueprint("pwa", __name__)

_ICONS = (192, 512)
_WORKBOX = ("core", "routing", "strategies", "expiration")
_AT_HAND = (
    "css/base.css",
    "css/worker.css",
    "css/worker-map.css",
    "icons.svg",
    "favicon.svg",
    "js/api.js",
    "js/config.js",
    "js/districts.js",
    "js/dom.js",
    "js/leaflet.js",
    "js/texts.js",
    "js/worker/*.js",
    "js/basemap/*.js",
    "js/layers/canvas.js",
    "vendor/leaflet/leaflet.js",
    "vendor/leaflet/leaflet.css",
)
"""Files that the worker's pages stand on; the planner's come when they are asked for."""


@blueprint.get("/manifest.webmanifest")
def manifest() -> Response:
    """Say what the app is called and how it starts."""
    who, config = visitor(), current.workspace().config
    found = {
        "id": url_for("near.show_near"),
        "name": brand(config, who.lang, "worker.brand"),
        "short_name": say("worker.short_name"),
        "description": say("worker.description"),
        "lang": texts.HTML_CODES[who.lang],
        "start_url": url_for("near.show_near"),
        "scope": url_for("near.show_near"),
        "display": "standalone",
        "background_color": "#f4f6f5",
        "theme_color": "#0b5d5a",
        "icons": [
            *(
                {
                    "src": static(f"icons/{size}.png"),
                    "sizes": f"{size}x{size}",
                    "type": "image/png",
                    "purpose": purpose,
                }
                for size in _ICONS
                for purpose in ("any", "maskable")
            ),
            {"src": static("favicon.svg"), "sizes": "any", "type": "image/svg+xml"},
        ],
        "shortcuts": [
            {"name": say("tab.saved"), "url": url_for("saved.show_saved")},
            {"name": say("tab.suggest"), "url": url_for("reporting.show_suggest")},
        ],
    }
    return tagged(orjson.dumps(found), "application/manifest+json")


@blueprint.get("/sw.js")
def service_worker() -> Response:
    """Give the service worker, with the files that this version of the pages stands on."""
    files, version = _files(Path(current_app.static_folder or ""))
    script = render_template(
        "sw.js",
        workbox=[static(f"vendor/workbox-{part}/workbox-{part}.prod.js") for part in _WORKBOX],
        version=version,
        files=[static(path) for path in files],
        shells=[url_for("near.show_near"), url_for("near.show_map"), url_for("saved.show_saved")],
        offline=url_for("pwa.show_offline"),
        static=static(""),
    )
    return tagged(script.encode(), "text/javascript; charset=utf-8")


@blueprint.get("/offline")
def show_offline() -> Response:
    """Show that there is no connection, and what works without."""
    return page("offline.html", here="offline", page_config=worker_config())


@functools.cache
def _files(folder: Path) -> tuple[tuple[str, ...], str]:
    """Return the files to keep at hand, and what names this version of all that is static."""
    kept = tuple(
        path.relative_to(folder).as_posix()
        for pattern in _AT_HAND
        for path in sorted(folder.glob(pattern))
    )
    version = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            version.update(path.relative_to(folder).as_posix().encode())
            version.update(path.read_bytes())
    return kept, version.hexdigest()[:16]
