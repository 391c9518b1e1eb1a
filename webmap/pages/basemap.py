"""``GET /basemap``: the one base-map file that the settings of the workspace name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, abort, send_file

from webmap import current

if TYPE_CHECKING:
    from pathlib import Path

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
