"""Areas where nobody lives and nothing can be built: water, and polygons that are given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodata import datum as datums
from geodata.districts import polygonal_part
from stations.errors import ImportFileError
from stations.layers import in_wgs84, read_layer
from stations.workspace import EXCLUDED_NAME

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from stations.workspace import Workspace


def excluded_areas(
    workspace: Workspace, path: Path | None = None, datum: str | None = None
) -> NDArray[np.object_]:
    """Polygons of the workspace's ``excluded.geojson`` and the water of its base map, WGS84.

    Parameters
    ----------
    path, datum
        A file of polygons to take instead of ``excluded.geojson``, and its datum where its label
        is wrong.

    Raises
    ------
    ImportFileError
        If a file cannot be read, or the given one holds no polygons.
    """
    found = []
    given = path or workspace.folder / EXCLUDED_NAME
    if path is not None or given.exists():
        areas = in_wgs84(read_layer(given), given.name, datum and datums.normalise(datum))
        shapes = list(areas.geometry.dropna())
        if not any(polygonal_part(shapely.make_valid(shape)) for shape in shapes):
            message = f"{given.name} holds no polygons: excluded areas are polygons"
            raise ImportFileError(message)
        found += shapes
    base = workspace.config.basemap
    if base.kind == "geojson" and base.file and (workspace.folder / base.file).exists():
        drawn = in_wgs84(read_layer(workspace.folder / base.file), base.file, None)
        if "kind" in drawn:
            found += list(drawn.geometry[drawn["kind"] == "water"].dropna())
    polygons = [part for shape in found if (part := polygonal_part(shapely.make_valid(shape)))]
    return np.array([*polygons, None], object)[:-1]
