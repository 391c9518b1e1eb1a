"""The pages that people see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webmap.pages import basemap, faults, near, poster, pwa, report, reporting, saved, station
from webmap.pages import map as map_page
from webmap.texts import readable

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Register every page."""
    # Whatever template prints it, text from users and files steers nothing.
    app.jinja_env.finalize = readable
    for found in (near, station, poster, saved, reporting, pwa, map_page, report, basemap):
        app.register_blueprint(found.blueprint)
    faults.init_app(app)
