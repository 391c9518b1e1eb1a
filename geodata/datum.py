"""Datum shifts: WGS84 <-> GCJ-02 <-> BD-09, CGCS2000, and any EPSG code.

GCJ-02 ("Mars coordinates") moves positions inside China by an undocumented periodic function of
some hundred metres; BD-09 is a second shift on top of it. PROJ knows neither. The forward
functions follow the public reverse-engineered form; the inverses here are fixed-point iterations
run to well under a millimetre instead of the usual one-pass approximation (about 4 m off).

CGCS2000 (EPSG:4490) is taken as WGS84: the two differ by centimetres.
"""

from __future__ import annotations

import functools
import math
import re
from typing import TYPE_CHECKING, overload

import numpy as np
import pyproj

from geodata.errors import DatumError, PositionError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    FloatArray = NDArray[np.float64]

_SYNONYMS: dict[str, str] = {
    "wgs84": "wgs84",
    "wgs": "wgs84",
    "gps": "wgs84",
    "cgcs2000": "wgs84",
    "tianditu": "wgs84",
    "天地图": "wgs84",
    "国家2000": "wgs84",
    "国家大地2000": "wgs84",
    "2000国家大地坐标系": "wgs84",
    "crs84": "wgs84",
    "ogc:crs84": "wgs84",
    "urn:ogc:def:crs:ogc:1.3:crs84": "wgs84",
    "epsg:4326": "wgs84",
    "epsg:4490": "wgs84",
    "gcj02": "gcj02",
    "gcj": "gcj02",
    "amap": "gcj02",
    "高德": "gcj02",
    "高德坐标": "gcj02",
    "tencent": "gcj02",
    "腾讯": "gcj02",
    "腾讯坐标": "gcj02",
    "火星坐标": "gcj02",
    "火星坐标系": "gcj02",
    "国测局": "gcj02",
    "国测局坐标": "gcj02",
    "bd09": "bd09",
    "bd09ll": "bd09",
    "bd": "bd09",
    "baidu": "bd09",
    "百度": "bd09",
    "百度坐标": "bd09",
}

# Krasovsky 1940, on which the GCJ-02 shift is defined.
_A = 6378245.0
_EE = 0.00669342162296594323
# The box outside which GCJ-02 equals WGS84.
_WEST, _EAST, _SOUTH, _NORTH = 72.004, 137.8347, 0.8293, 55.8271
_BD_PI = math.pi * 3000.0 / 180.0


def normalise(datum: str) -> str:
    """Canonical name of a datum: ``wgs84``, ``gcj02``, ``bd09`` or ``EPSG:n``.

    Accepts the usual Chinese and English names, any case, with or without hyphens and spaces, a
    bare EPSG number, and whatever else PROJ can read as a CRS that has an EPSG code.

    Raises
    ------
    DatumError
        If the name is none of these.
    """
    key = re.sub(r"[\s_\-]", "", datum.strip().lower())
    if key in _SYNONYMS:
        return _SYNONYMS[key]
    crs = _crs(datum, key)
    if crs is None:
        message = (
            f"unknown datum {datum[:40]!r}: use wgs84, gcj02 (Amap, Tencent), bd09 (Baidu), "
            "cgcs2000 or an EPSG code such as EPSG:4547"
        )
        raise DatumError(message)
    if not (crs.is_geographic or crs.is_projected):
        message = f"{datum[:40]!r} is {crs.name}, which has no longitudes or eastings"
        raise DatumError(message)
    code = crs.to_epsg()
    if code is None:
        message = f"datum {datum[:40]!r} has no EPSG code: name it by its code, e.g. EPSG:4547"
        raise DatumError(message)
    return _SYNONYMS.get(f"epsg:{code}", f"EPSG:{code}")


def _in_world(lon: float, lat: float) -> bool:
    return -180.0 <= lon <= 180.0 and -90.0 <= lat <= 90.0


def _crs(datum: str, key: str) -> pyproj.CRS | None:
    """Coordinate reference system of a code or a name; None where there is none."""
    code = re.fullmatch(r"(?:epsg:{1,2}|urn:ogc:def:crs:epsg:[\d.]*:)?(\d{4,6})", key)
    # A name only: what has a plus or an equals sign could have PROJ read a file.
    if code is None and not re.fullmatch(r"[\w :./()-]{2,40}", datum):
        return None
    try:
        return pyproj.CRS.from_user_input(int(code[1]) if code else datum)
    except pyproj.exceptions.CRSError:
        return None


def _in_shift_area(lon: FloatArray, lat: FloatArray) -> NDArray[np.bool_]:
    return (lon >= _WEST) & (lon <= _EAST) & (lat >= _SOUTH) & (lat <= _NORTH)


def _gcj02_offset(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Shift in degrees that GCJ-02 adds to a WGS84 position, taken as if inside China."""
    x, y = lon - 105.0, lat - 35.0
    root = 0.1 * np.sqrt(np.abs(x))
    wave = 20.0 * np.sin(6.0 * np.pi * x) + 20.0 * np.sin(2.0 * np.pi * x)
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + root
    east += (
        wave
        + 20.0 * np.sin(np.pi * x)
        + 40.0 * np.sin(np.pi / 3.0 * x)
        + 150.0 * np.sin(np.pi / 12.0 * x)
        + 300.0 * np.sin(np.pi / 30.0 * x)
    ) * (2.0 / 3.0)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 2.0 * root
    north += (
        wave
        + 20.0 * np.sin(np.pi * y)
        + 40.0 * np.sin(np.pi / 3.0 * y)
        + 160.0 * np.sin(np.pi / 12.0 * y)
        + 320.0 * np.sin(np.pi / 30.0 * y)
    ) * (2.0 / 3.0)
    phi = np.radians(lat)
    w = 1.0 - _EE * np.sin(phi) ** 2
    metres_per_radian_north = _A * (1.0 - _EE) / (w * np.sqrt(w))
    metres_per_radian_east = _A / np.sqrt(w) * np.cos(phi)
    return (
        np.degrees(east / metres_per_radian_east),
        np.degrees(north / metres_per_radian_north),
    )


def _wgs84_to_gcj02(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    east, north = _gcj02_offset(lon, lat)
    inside = _in_shift_area(lon, lat)
    return np.where(inside, lon + east, lon), np.where(inside, lat + north, lat)


def _gcj02_to_wgs84(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    # The shift changes by under 1 % of a step, so each round gains two digits or more.
    x, y = lon, lat
    for _ in range(8):
        east, north = _gcj02_offset(x, y)
        x, y = lon - east, lat - north
    inside = _in_shift_area(x, y)
    return np.where(inside, x, lon), np.where(inside, y, lat)


def _gcj02_to_bd09(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_PI)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_PI)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def _bd09_to_gcj02(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    x, y = lon - 0.0065, lat - 0.006
    for _ in range(12):
        east, north = _gcj02_to_bd09(x, y)
        x, y = x - (east - lon), y - (north - lat)
    return x, y


@functools.lru_cache(maxsize=32)
def _transformer(source: str, target: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(source, target, always_xy=True)


def _project(
    lon: FloatArray, lat: FloatArray, source: str, target: str
) -> tuple[FloatArray, FloatArray]:
    x, y = _transformer(source, target).transform(lon, lat)
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    lost = np.isfinite(lon) & np.isfinite(lat) & ~(np.isfinite(x) & np.isfinite(y))
    if np.any(lost):
        first = int(np.flatnonzero(np.atleast_1d(lost))[0])
        at = (float(np.atleast_1d(lon)[first]), float(np.atleast_1d(lat)[first]))
        message = f"position {at} cannot be taken from {source} to {target}: is the datum right?"
        raise PositionError(message)
    return x, y


def _shifted(
    lon: ArrayLike, lat: ArrayLike, datum: str, *, to_wgs84: bool
) -> tuple[float, float] | tuple[FloatArray, FloatArray]:
    """Positions from `datum` to WGS84 or the other way; floats for two scalars."""
    name = normalise(datum)
    x, y = np.broadcast_arrays(np.asarray(lon, np.float64), np.asarray(lat, np.float64))
    if name == "wgs84":
        x, y = x.copy(), y.copy()
    elif name == "gcj02":
        x, y = (_gcj02_to_wgs84 if to_wgs84 else _wgs84_to_gcj02)(x, y)
    elif name == "bd09" and to_wgs84:
        x, y = _gcj02_to_wgs84(*_bd09_to_gcj02(x, y))
    elif name == "bd09":
        x, y = _gcj02_to_bd09(*_wgs84_to_gcj02(x, y))
    else:
        x, y = _project(x, y, *((name, "EPSG:4326") if to_wgs84 else ("EPSG:4326", name)))
    return (float(x), float(y)) if np.ndim(x) == 0 else (x, y)


@overload
def to_wgs84(lon: float, lat: float, datum: str) -> tuple[float, float]: ...
@overload
def to_wgs84(lon: ArrayLike, lat: ArrayLike, datum: str) -> tuple[FloatArray, FloatArray]: ...
def to_wgs84(
    lon: ArrayLike, lat: ArrayLike, datum: str
) -> tuple[float, float] | tuple[FloatArray, FloatArray]:
    """Positions in `datum` as WGS84.

    Parameters
    ----------
    lon, lat
        Degrees (or eastings and northings in metres for a projected EPSG code), scalars or arrays
        that broadcast together. NaN stays NaN.
    datum
        Any name that `normalise` accepts.

    Returns
    -------
    lon, lat
        Degrees; floats for two scalars, else float64 arrays. The inverse of `from_wgs84` within
        1 mm.

    Raises
    ------
    DatumError
        If the datum is unknown.
    PositionError
        If a position lies outside what the EPSG code can hold.
    """
    return _shifted(lon, lat, datum, to_wgs84=True)


def position_on_earth(lon: float, lat: float, datum: str) -> tuple[float, float]:
    """One position in `datum` as WGS84, refused where it is none on Earth.

    Raises
    ------
    DatumError
        If the datum is unknown.
    PositionError
        If it is not finite or out of range; asks whether the two were swapped where that fits.
    """
    name = normalise(datum)
    # Metres of a projected system are told from degrees by the projection alone.
    if name.startswith("EPSG") or _in_world(lon, lat):
        x, y = to_wgs84(lon, lat, name)
        if _in_world(x, y):
            return x, y
    swapped = abs(lon) <= 90.0 < abs(lat) <= 180.0
    hint = ": are longitude and latitude swapped?" if swapped else ""
    message = f"lon {lon}, lat {lat} is no position on Earth{hint}"
    raise PositionError(message)


@overload
def from_wgs84(lon: float, lat: float, datum: str) -> tuple[float, float]: ...
@overload
def from_wgs84(lon: ArrayLike, lat: ArrayLike, datum: str) -> tuple[FloatArray, FloatArray]: ...
def from_wgs84(
    lon: ArrayLike, lat: ArrayLike, datum: str
) -> tuple[float, float] | tuple[FloatArray, FloatArray]:
    """WGS84 positions (degrees, scalars or arrays) in `datum`; the inverse of `to_wgs84`.

    Raises
    ------
    DatumError
        If the datum is unknown.
    PositionError
        If a position lies outside what the EPSG code can hold.
    """
    return _shifted(lon, lat, datum, to_wgs84=False)
