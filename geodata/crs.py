"""Metric coordinates for an extent; nobody else in the house reprojects."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyproj
import shapely

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

GEOD = pyproj.Geod(ellps="WGS84")


class LocalPlane(NamedTuple):
    """Lambert azimuthal equal-area metres around a centre.

    Areas are exact; lengths are within 0.1 % up to some 500 km from the centre.
    """

    lon0: float
    lat0: float

    @classmethod
    def around(cls, lon: ArrayLike, lat: ArrayLike) -> LocalPlane:
        """Return the plane centred on the extent of positions (degrees WGS84)."""
        lon, lat = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
        return cls(
            round(float((lon.min() + lon.max()) / 2), 3),
            round(float((lat.min() + lat.max()) / 2), 3),
        )

    def forward(
        self, lon: ArrayLike, lat: ArrayLike
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Degrees WGS84 to metres."""
        x, y = _projection(self)(np.asarray(lon, np.float64), np.asarray(lat, np.float64))
        return np.asarray(x), np.asarray(y)

    def inverse(
        self, x: ArrayLike, y: ArrayLike
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Metres to degrees WGS84."""
        lon, lat = _projection(self)(
            np.asarray(x, np.float64), np.asarray(y, np.float64), inverse=True
        )
        return np.asarray(lon), np.asarray(lat)

    def project(self, geometries: ArrayLike) -> NDArray[np.object_]:
        """Shapely geometries in degrees WGS84 as the same in metres."""
        return _transformed(geometries, self.forward)

    def unproject(self, geometries: ArrayLike) -> NDArray[np.object_]:
        """Shapely geometries in metres as the same in degrees WGS84."""
        return _transformed(geometries, self.inverse)


@functools.lru_cache(maxsize=64)
def _projection(plane: LocalPlane) -> pyproj.Proj:
    return pyproj.Proj(proj="laea", lon_0=plane.lon0, lat_0=plane.lat0, ellps="WGS84")


def _transformed(geometries: ArrayLike, shift: object) -> NDArray[np.object_]:
    def move(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(shift(xy[:, 0], xy[:, 1]))  # type: ignore[operator]

    moved: NDArray[np.object_] = shapely.transform(np.asarray(geometries, dtype=object), move)
    return moved
