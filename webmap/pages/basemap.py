"""What the maps of the pages lie on; ``GET /basemap`` serves the file that the settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from flask import Blueprint, Response, abort, send_file, url_for
from markupsafe import Markup

from geodata.errors import GeodataError
from stations.errors import StationsError
from webmap import current, maps, security
from webmap.pages.visitor import static

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stations.config import BaseMap
    from stations.workspace import Workspace

blueprint = Blueprint("basemap", __name__)

_TYPES = {"geojson": "application/geo+json", "pmtiles": "application/vnd.pmtiles"}


@blueprint.get("/basemap")
@blueprint.get("/basemap.pmtiles", endpoint="get_pmtiles")
def get_basemap() -> Response:
    """Serve the base map's file, whole or in the ranges that are asked for."""
    base = current.workspace().config.basemap
    path = _inside(current.workspace().folder, base.file) if base.kind in _TYPES else None
    if path is None:
        abort(404, "there is no base map file: `basemap.file` names none inside the workspace")
    response = send_file(path, mimetype=_TYPES[base.kind], conditional=True, max_age=0)
    response.headers["Accept-Ranges"] = "bytes"
    return response


def _inside(folder: Path, name: str | None) -> Path | None:
    """Return the file if it exists and lies in `folder`, links followed."""
    if not name:
        return None
    folder = folder.resolve()
    path = (folder / name).resolve()
    return path if path.is_relative_to(folder) and path.is_file() else None


def address(base: BaseMap) -> str:
    """Return where the base map's file is served."""
    # Its script tells a PMTiles file from single tiles by the end of the address.
    return url_for("basemap.get_pmtiles" if base.kind == "pmtiles" else "basemap.get_basemap")


def area(workspace: Workspace) -> maps.Box:
    """Return what a map shows at first: the districts, else the stations, else China."""
    try:
        districts = workspace.districts
        if districts is not None and len(districts):
            return districts.bounds
        registry = workspace.registry
        lon, lat = registry.positions(np.arange(len(registry)))
    except (StationsError, GeodataError):
        return maps.CHINA
    if not len(lon) or np.isnan(lon).all():
        return maps.CHINA
    return (
        float(np.nanmin(lon)),
        float(np.nanmin(lat)),
        float(np.nanmax(lon)),
        float(np.nanmax(lat)),
    )


def is_there(read: Callable[[], object]) -> bool:
    """Whether a part of the workspace is there; if it cannot be read, the API says why."""
    try:
        return read() is not None
    except (StationsError, GeodataError):
        return True


def parts(found: maps.StationMap, base: BaseMap) -> dict[str, str]:
    """Return a rendered map as its page's template takes it."""
    rendered = maps.render(found)
    return {
        "header": Markup(security.with_nonce(rendered.header)),  # noqa: S704  Folium's, not a user's
        "html": Markup(rendered.html),  # noqa: S704  as above
        "script": Markup(rendered.script),  # noqa: S704  as above
        "ground": static(maps.ground_script(base)),
    }
