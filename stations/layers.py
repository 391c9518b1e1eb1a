"""A layer with whatever columns it has, in WGS84: what is not a register of stations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pyogrio

from geodata import datum as datums
from stations.errors import ImportFileError
from stations.importing import untrusted

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

LAYERS = (".geojson", ".json", ".gpkg", ".shp", ".fgb")
"""The endings of the files that are read."""


def read_layer(path: Path) -> gpd.GeoDataFrame:
    """Read the only layer of a file, in its own coordinates.

    Raises
    ------
    ImportFileError
        If it cannot be read, has several layers, or no geometry.
    """
    if not path.is_file():
        message = f"there is no file {path}"
        raise ImportFileError(message)
    untrusted.check_size(path)
    try:
        layers = [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None]
        frame = gpd.read_file(path, layer=layers[0] if layers else None, engine="pyogrio")
    except (OSError, ValueError, RuntimeError) as error:
        message = f"{path.name} cannot be read as a layer: {error}"
        raise ImportFileError(message) from error
    if len(layers) > 1:
        message = f"{path.name} holds several layers ({', '.join(layers)}): give one alone"
        raise ImportFileError(message)
    if not isinstance(frame, gpd.GeoDataFrame) or frame.geometry.isna().all():
        message = f"{path.name} has no geometry: give points or polygons, or a table by district"
        raise ImportFileError(message)
    return frame


def in_wgs84(frame: gpd.GeoDataFrame, name: str, datum: str | None) -> gpd.GeoDataFrame:
    """Return a layer in degrees WGS84.

    Parameters
    ----------
    name
        Of its file, for messages.
    datum
        Canonical datum, where the layer does not say its own or says a wrong one.

    Raises
    ------
    ImportFileError
        If nothing says the datum, or `datum` contradicts a projected layer.
    """
    if datum is None:
        if frame.crs is None:
            message = f"{name} does not say its datum: give --datum (wgs84, gcj02, bd09, EPSG:n)"
            raise ImportFileError(message)
        return frame.to_crs(4326)
    if frame.crs is not None and frame.crs.is_projected:
        message = f"{name} is in {frame.crs.name}, so --datum {datum} cannot be right: leave it out"
        raise ImportFileError(message)

    def shift(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(datums.to_wgs84(xy[:, 0], xy[:, 1], datum))

    return frame.set_geometry(frame.geometry.transform(shift)).set_crs(4326, allow_override=True)
