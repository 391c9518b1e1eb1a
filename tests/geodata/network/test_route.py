from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.crs import GEOD
from geodata.errors import PositionError
from geodata.network.build import build
from geodata.network.index import NetworkIndex
from geodata.network.profiles import EBIKE, WALK, Profile
from geodata.network.route import route
from tests.geodata.network.worlds import ONE_WAY, STEPS, STREET, degrees, grid, streets, tangle


def metres(line: np.ndarray) -> float:
    """Geodesic length of a line."""
    return float(GEOD.line_length(*line.T))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**16), st.sampled_from([WALK, EBIKE]))
def test_routes_take_as_long_as_the_index_says(seed: int, profile: Profile) -> None:
    """To the tick, from the point to the site, and no shorter than what is drawn."""
    network = build(tangle(seed, places=40, lines=40), profile)
    rng = np.random.default_rng(seed)
    start, goal = degrees(rng.uniform(-50, 1250, (2, 2)))
    found = route(network, tuple(start), tuple(goal), snap_m=200)
    expected = NetworkIndex(network, [goal[0]], [goal[1]], snap_m=200).query_one(*start)
    assert (found is None) == (not expected)
    if found is None:
        return
    assert found.seconds == pytest.approx(expected[0][1], abs=1e-9)
    assert found.length_m == pytest.approx(metres(found.line), rel=1e-3, abs=0.1)
    assert found.seconds >= found.length_m / profile.speed_m_s * (1 - 1e-3) - 0.1
    assert found.line[0] == pytest.approx(start, abs=1e-9)
    assert found.line[-1] == pytest.approx(goal, abs=1e-9)


def test_the_line_follows_the_streets() -> None:
    """Around the corner, from the foot of one link to that of the other."""
    network = build(streets([(0, 0), (300, 0), (300, 400)], (STREET, [0, 1, 2])), WALK)
    start, goal = degrees([(100, 10), (320, 200)])
    found = route(network, tuple(start), tuple(goal))
    assert found is not None
    expected = degrees([(100, 10), (100, 0), (300, 0), (300, 200), (320, 200)])
    assert found.line == pytest.approx(expected, abs=5e-6)
    assert found.seconds == pytest.approx((10 + 200 + 200 + 20) / 1.3, rel=1e-3)
    assert found.length_m == pytest.approx(430, rel=1e-3)


def test_steps_take_longer_than_their_length() -> None:
    """Time is not length over speed."""
    network = build(streets([(0, 0), (100, 0)], (STEPS, [0, 1])), WALK)
    found = route(network, tuple(degrees([(0, 0)])[0]), tuple(degrees([(100, 0)])[0]))
    assert found is not None
    assert found.length_m == pytest.approx(100, rel=1e-3)
    assert found.seconds == pytest.approx(100 / 0.65, rel=1e-2)


def test_against_a_one_way_street_one_goes_round() -> None:
    """By electric bicycle; a walker goes straight back."""
    world = streets(
        [(0, 0), (200, 0), (200, 200), (0, 200)], (ONE_WAY, [0, 1]), (STREET, [1, 2, 3, 0])
    )
    start, goal = (tuple(place) for place in degrees([(150, 0), (50, 0)]))
    walked, ridden = (route(build(world, profile), start, goal) for profile in (WALK, EBIKE))
    assert walked is not None
    assert ridden is not None
    assert walked.length_m == pytest.approx(100, rel=1e-3)
    assert ridden.length_m == pytest.approx(50 + 600 + 50, rel=1e-3)


def test_from_a_place_to_itself() -> None:
    """There and back to the street, for who is beside it; two points all the same."""
    network = build(grid(3), WALK)
    here = tuple(network.nodes[0] + 1e-5)
    found = route(network, here, here)
    assert found is not None
    assert len(found.line) >= 2
    assert found.length_m < 10


def test_no_way() -> None:
    """Between parts that no street joins, and for who is near none."""
    world = streets([(0, 0), (100, 0), (0, 300), (100, 300)], (STREET, [0, 1]), (STREET, [2, 3]))
    network = build(world, WALK)
    south, north, away = (tuple(p) for p in degrees([(50, 0), (50, 300), (9000, 0)]))
    assert route(network, south, north) is None
    assert route(network, south, away) is None
    assert route(network, away, south) is None
    with pytest.raises(PositionError):
        route(network, (0, 95), south)
