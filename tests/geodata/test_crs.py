from __future__ import annotations

import numpy as np
import pyproj
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geodata.crs import LocalPlane

GEOD = pyproj.Geod(ellps="WGS84")
CITY = (st.floats(112.7, 114.2), st.floats(34.2, 35.0))


@given(*CITY, *CITY)
def test_lengths_agree_with_the_geodesic(x0: float, y0: float, x1: float, y1: float) -> None:
    """Within 0.1 % between any two places of a city, against Karney's geodesic."""
    plane = LocalPlane.around([112.7, 114.2], [34.2, 35.0])
    x, y = plane.forward([x0, x1], [y0, y1])
    planar = float(np.hypot(x[1] - x[0], y[1] - y[0]))
    assert abs(planar - GEOD.inv(x0, y0, x1, y1)[2]) <= 0.001 * planar + 1e-6


def test_lengths_hold_five_hundred_kilometres_out() -> None:
    """A short line at the rim of a province is still within 0.1 %, in any direction."""
    plane = LocalPlane(113.6, 34.8)
    for bearing in range(0, 360, 30):
        lon, lat, _ = GEOD.fwd(113.6, 34.8, bearing, 500_000)
        for turn in (0, 45, 90):
            lon1, lat1, _ = GEOD.fwd(lon, lat, bearing + turn, 1000)
            x, y = plane.forward([lon, lon1], [lat, lat1])
            assert abs(np.hypot(x[1] - x[0], y[1] - y[0]) - 1000) < 1.0


def test_areas_are_exact_wherever_the_centre_is() -> None:
    """Against the geodesic polygon area, for a county at the rim of a province."""
    ring = shapely.segmentize(shapely.box(116.0, 36.0, 116.3, 36.2), 0.01)
    true = abs(GEOD.geometry_area_perimeter(ring)[0])
    for centre in ((116.1, 36.1), (113.6, 34.8)):
        (flat,) = LocalPlane(*centre).project([ring])
        assert abs(flat.area / true - 1) < 1e-6


@given(*CITY)
def test_there_and_back_is_the_same_place(lon: float, lat: float) -> None:
    """The inverse undoes the projection to 3 mm."""
    plane = LocalPlane(113.6, 34.8)
    x, y = plane.inverse(*plane.forward([lon], [lat]))
    assert abs(x[0] - lon) < 3e-8
    assert abs(y[0] - lat) < 3e-8


def test_geometries_come_back_and_lose_only_their_height() -> None:
    """Multipolygons with holes, a missing one, one with heights; the input is not changed."""
    hole = shapely.Polygon(
        [(113, 34), (114, 34), (114, 35), (113, 35)],
        [[(113.4, 34.4), (113.6, 34.4), (113.5, 34.6)]],
    )
    given_ = np.array(
        [shapely.MultiPolygon([hole]), None, shapely.Point(113.5, 34.5, 99.0)], dtype=object
    )
    before = shapely.to_wkb(given_)
    plane = LocalPlane(113.5, 34.5)
    back = plane.unproject(plane.project(given_))
    assert shapely.equals_exact(back[0], given_[0], 3e-8)
    assert back[1] is None
    assert not back[2].has_z
    assert shapely.to_wkb(given_).tolist() == before.tolist()


def test_no_positions_are_projected_to_none() -> None:
    """Nothing in, nothing out."""
    plane = LocalPlane(113.5, 34.5)
    assert [len(v) for v in plane.forward([], [])] == [0, 0]
    assert len(plane.project([])) == 0
