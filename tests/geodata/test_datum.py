"""Datum shifts against the published vector, their own inverses and PROJ."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata import datum
from geodata.errors import DatumError, PositionError

GEOD = pyproj.Geod(ellps="WGS84")
IN_CHINA = st.tuples(st.floats(73.5, 134.9), st.floats(18.0, 53.5))


def test_gcj02_gives_the_published_position() -> None:
    """The vector every Chinese mapping team knows comes out to a centimetre."""
    lon, lat = datum.to_wgs84(116.406636, 29.477729, "gcj02")
    assert GEOD.inv(lon, lat, 116.40146866, 29.48015564)[2] < 0.01


@given(IN_CHINA, st.sampled_from(["gcj02", "bd09"]))
def test_inverse_is_exact_to_a_millimetre(position: tuple[float, float], name: str) -> None:
    """To WGS84 and back lands within 1 mm of the start, in both directions."""
    there = datum.to_wgs84(*position, name)
    back = datum.from_wgs84(*there, name)
    assert GEOD.inv(*position, *back)[2] < 0.001
    out = datum.from_wgs84(*position, name)
    home = datum.to_wgs84(*out, name)
    assert GEOD.inv(*position, *home)[2] < 0.001


@pytest.mark.parametrize("name", ["gcj02", "bd09"])
def test_shift_in_china_is_hundreds_of_metres(name: str) -> None:
    """A forgotten conversion is visible: the shift is between 50 m and 2 km."""
    lon, lat = datum.from_wgs84(113.65, 34.76, name)
    assert 50 < GEOD.inv(113.65, 34.76, lon, lat)[2] < 2000


def test_bd09_of_a_known_gcj02_position() -> None:
    """BD-09 is GCJ-02 plus the radial shift and a constant, by the scalar formula."""
    import math

    lon, lat = 116.404, 39.915
    z = math.hypot(lon, lat) + 0.00002 * math.sin(lat * math.pi * 3000 / 180)
    theta = math.atan2(lat, lon) + 0.000003 * math.cos(lon * math.pi * 3000 / 180)
    expected = (z * math.cos(theta) + 0.0065, z * math.sin(theta) + 0.006)
    wgs = datum.to_wgs84(lon, lat, "gcj02")
    assert datum.from_wgs84(*wgs, "bd09") == pytest.approx(expected, abs=1e-9)
    assert expected == pytest.approx((116.41036949, 39.92133699), abs=1e-6)


@given(st.sampled_from([(2.35, 48.85), (-74.0, 40.7), (151.2, -33.9), (0.0, 0.0)]))
def test_outside_china_gcj02_equals_wgs84(position: tuple[float, float]) -> None:
    """GCJ-02 is defined for China only."""
    assert datum.to_wgs84(*position, "gcj02") == position
    assert datum.from_wgs84(*position, "gcj02") == position


def test_epsg_codes_go_through_proj() -> None:
    """A projected CGCS2000 zone gives the position PROJ gives; 4490 is taken as WGS84."""
    x, y = datum.from_wgs84(113.65, 34.76, "EPSG:4547")
    expected = pyproj.Transformer.from_crs(4326, 4547, always_xy=True).transform(113.65, 34.76)
    assert (x, y) == pytest.approx(expected)
    assert datum.to_wgs84(x, y, "4547") == pytest.approx((113.65, 34.76), abs=1e-9)
    assert datum.to_wgs84(113.65, 34.76, "CGCS2000") == (113.65, 34.76)


@pytest.mark.parametrize(
    ("given_name", "canonical"),
    [
        ("GCJ-02", "gcj02"),
        ("火星坐标系", "gcj02"),
        ("高德", "gcj02"),
        ("BD09", "bd09"),
        ("百度坐标", "bd09"),
        ("epsg:4326", "wgs84"),
        ("EPSG::4490", "wgs84"),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "wgs84"),
        ("3857", "EPSG:3857"),
    ],
)
def test_names_are_normalised(given_name: str, canonical: str) -> None:
    """The names people write all lead to one."""
    assert datum.normalise(given_name) == canonical


@pytest.mark.parametrize("name", ["", "mars", "wgs85", "EPSG:99999999", "x" * 5000, "999999"])
def test_unknown_datum_is_named(name: str) -> None:
    """An unknown datum is an error that says what can be used."""
    with pytest.raises(DatumError, match="datum"):
        datum.to_wgs84(113.0, 34.0, name)


def test_arrays_broadcast_and_keep_nan_and_input() -> None:
    """Arrays give arrays, NaN stays NaN, the input is not touched."""
    lon = np.array([113.0, np.nan, 114.0])
    before = lon.copy()
    x, y = datum.to_wgs84(lon, 34.0, "bd09")
    assert x.shape == y.shape == (3,)
    assert np.isnan(x[1])
    np.testing.assert_array_equal(lon, before)


def test_position_that_the_code_cannot_hold_is_named() -> None:
    """A latitude beyond the pole has no place in a projection."""
    with pytest.raises(PositionError, match="datum"):
        datum.from_wgs84(113.0, 95.0, "EPSG:3857")
