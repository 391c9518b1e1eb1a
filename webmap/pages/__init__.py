"""The pages that people see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webmap.pages import basemap
from webmap.pages import map as map_page

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Register every page."""
    app.register_blueprint(map_page.blueprint)
    app.register_blueprint(basemap.blueprint)
