from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from geodata.crs import LocalPlane
from geodata.errors import GeodataError, PositionError
from geodata.network.build import build
from geodata.network.index import NetworkIndex
from geodata.network.isochrone import isochrones
from geodata.network.profiles import WALK
from tests.geodata.network.worlds import STEPS, STREET, degrees, grid, streets

CELL_M = 20.0
# North and south of a river 100 m wide, with one bridge far to the east.
BANKS = [(0, 0), (2000, 0), (0, 160), (2000, 160)]
RIVER = [(-500.0, 30.0, 1950.0, 30.0), (-500.0, 130.0, 1950.0, 130.0)]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**16), st.floats(120, 900))
@example(241, 727.0)  # the tip of a street that is narrower than a cell: 30.1 m
def test_nodes_are_inside_if_they_reach_the_site_in_time(seed: int, limit: float) -> None:
    """Every crossing that is two cells from the line is on the side that its own time says."""
    network = build(grid(12, seed=seed, tags=(STREET, STEPS)), WALK)
    lon, lat = network.nodes[len(network) // 2]
    (shape,) = isochrones(network, lon, lat, [limit], cell_m=CELL_M)
    seconds = NetworkIndex(network, [lon], [lat]).query(*network.nodes.T).seconds[:, 0]
    plane = LocalPlane(lon, lat)
    (ground,) = plane.project([shape])
    points = shapely.points(*plane.forward(*network.nodes.T))
    # A diagonal of a cell, and the half that the line is smoothed by.
    clear = shapely.distance(ground.boundary, points) > 2 * CELL_M
    inside = shapely.contains(ground, points)
    assert (inside == (seconds <= limit))[clear].all()
    assert inside.any()
    assert clear.mean() > 0.3


def test_longer_times_hold_shorter_ones() -> None:
    """In the order that was asked for, and each inside the next."""
    network = build(grid(15), WALK)
    lon, lat = network.nodes[100]
    ten, five, fifteen = isochrones(network, lon, lat, [600, 300, 900])
    assert five.area < ten.area < fifteen.area
    assert shapely.difference(five, ten).area < 1e-12
    assert shapely.difference(ten, fifteen).area < 1e-12
    # Streets are longer than the straight line, so that no way leads out of the circle.
    metres = math.sqrt(fifteen.area * 91_510 * 110_940 / math.pi)
    assert metres < 900 * WALK.speed_m_s


def test_the_far_bank_is_not_inside() -> None:
    """Though it is 160 m away: the bridge is half an hour's walk."""
    world = streets(BANKS, (STREET, [0, 1]), (STREET, [2, 3]), (STREET, [1, 3]), barriers=RIVER)
    network = build(world, WALK)
    at, across = degrees([(200, 0), (200, 160)])
    (shape,) = isochrones(network, *at, [900])
    assert shapely.contains_xy(shape, *at)
    assert not shapely.contains_xy(shape, *across)
    assert shapely.contains_xy(shape, *degrees([(900, 0)])[0])
    (longer,) = isochrones(network, *at, [5000])
    assert shapely.contains_xy(longer, *across)


def test_a_block_that_no_street_leads_into_is_a_hole() -> None:
    """Streets around it are reached, its own are not."""
    around = [(0, 0), (600, 0), (600, 600), (0, 600)]
    within = [(200, 200), (400, 200), (400, 400), (200, 400)]
    world = streets([*around, *within], (STREET, [0, 1, 2, 3, 0]), (STREET, [4, 5, 6, 7, 4]))
    network = build(world, WALK)
    (shape,) = isochrones(network, *degrees([(0, 0)])[0], [3000], cell_m=CELL_M)
    corners, middle = degrees([*around, (600, 300)]), degrees([*within, (300, 200), (200, 300)])
    assert shapely.contains_xy(shape, *corners.T).all()
    assert not shapely.contains_xy(shape, *middle.T).any()


def test_a_site_near_no_street_has_no_ground() -> None:
    """And none is invented for it."""
    network = build(grid(4), WALK)
    (shape,) = isochrones(network, *degrees([(5000, 5000)])[0], [900])
    assert shape.is_empty


def test_ground_along_one_edge() -> None:
    """Where no node is reached in time, the part of the edge that is counts."""
    network = build(streets([(0, 0), (4000, 0)], (STREET, [0, 1])), WALK)
    (shape,) = isochrones(network, *degrees([(2000, 0)])[0], [300], cell_m=CELL_M)
    reach = 300 * WALK.speed_m_s
    xs = np.arange(1000, 3000, 50)
    inside = shapely.contains_xy(shape, *degrees([(x, 0) for x in xs]).T)
    sure = np.abs(np.abs(xs - 2000) - reach) > CELL_M
    assert (inside == (np.abs(xs - 2000) < reach))[sure].all()


@pytest.mark.parametrize("limits", [[], [0.0], [-5.0], [math.inf], [math.nan]])
def test_limits_that_make_no_sense(limits: list[float]) -> None:
    """Are named."""
    network = build(grid(3), WALK)
    with pytest.raises(GeodataError, match="positive numbers of seconds"):
        isochrones(network, *network.nodes[0], limits)


def test_a_position_nowhere_on_earth() -> None:
    """Is refused."""
    with pytest.raises(PositionError):
        isochrones(build(grid(3), WALK), 34.8, 113.6, [900])
