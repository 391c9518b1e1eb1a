from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.demand import Demand, combine
from geodata.errors import DemandError

POINTS = st.lists(
    st.tuples(st.floats(113.0, 114.0), st.floats(34.0, 35.0), st.floats(0, 1e6)),
    min_size=1,
    max_size=40,
)


def demand(points: list[tuple[float, float, float]], **fields: object) -> Demand:
    """Demand of (lon, lat, workers)."""
    lon, lat, workers = (np.array(v) for v in zip(*points, strict=True))
    return dataclasses.replace(Demand.of_points(lon, lat, workers), **fields)


@pytest.mark.parametrize(
    ("lon", "lat", "workers", "message"),
    [
        ([113.0, 181.0], [34.0, 34.0], [1, 1], "point 1 lies at .181.0, 34.0"),
        ([113.0], [np.nan], [1], "point 0 lies at"),
        ([113.0, 113.0], [34.0, 34.0], [1, -2], "point 1 has -2.0 workers of group 'all'"),
        ([113.0], [34.0], [np.inf], "point 0 has inf workers"),
        ([113.0, 114.0], [34.0], [1, 1], "shapes differ"),
    ],
)
def test_impossible_demand_is_named(
    lon: list[float], lat: list[float], workers: list[float], message: str
) -> None:
    """The first wrong point, with its value, stands in the message."""
    with pytest.raises(DemandError, match=message):
        Demand.of_points(lon, lat, workers)


def test_a_profile_has_a_row_a_group_and_168_hours() -> None:
    """Any other shape is refused."""
    with pytest.raises(DemandError, match=r"\(1, 24\), not \(1, 168\)"):
        demand([(113, 34, 1)], profile=np.ones((1, 24)))


def test_combining_keeps_points_sums_and_profiles() -> None:
    """A group in two parts adds up; a group without a profile is at work always."""
    day = np.zeros((1, 168))
    day[0, 8:18] = 1
    riders = demand([(113, 34, 10), (113, 35, 5)], groups=("rider",), profile=day, spacing_m=250.0)
    more = demand([(114, 34, 3)], groups=("rider",), spacing_m=500.0)
    cleaners = demand([(113, 34, 7)], groups=("sanitation",))
    both = combine([riders, more, cleaners])
    assert both.by_group() == {"rider": 18, "sanitation": 7}
    assert len(both) == 4
    assert both.total == 25
    assert both.spacing_m == 500.0
    assert both.profile is not None
    assert both.profile.sum(axis=1).tolist() == [10, 168]
    assert both.workers.tolist() == [10, 5, 3, 7]


def test_a_group_taken_out_takes_its_points_along() -> None:
    """The others keep theirs; without any other there is no demand left."""
    both = combine([demand([(113, 34, 10)], groups=("a",)), demand([(114, 35, 2)], groups=("b",))])
    rest = both.without({"a"})
    assert rest is not None
    assert (rest.lon.tolist(), rest.by_group()) == ([114.0], {"b": 2.0})
    assert both.without({"a", "b"}) is None


@given(POINTS, st.integers(1, 60))
def test_drawing_cells_add_up_to_the_workers_in_view(
    points: list[tuple[float, float, float]], columns: int
) -> None:
    """Whatever the number of cells; every point lies in the cell it is counted in."""
    some = demand(points)
    size, cells = some.binned((112.9, 33.9, 114.1, 35.1), columns=columns)
    assert sum(n for _, _, n in cells) == pytest.approx(some.total, abs=0.006 * len(points))
    for lon, lat, workers in points:
        near = [
            (x, y)
            for x, y, _ in cells
            if abs(x - lon) <= size[0] / 2 + 1e-6 and abs(y - lat) <= size[1] / 2 + 1e-6
        ]
        assert near or workers == 0


def test_drawing_cells_stay_put_while_the_map_moves() -> None:
    """The same view elsewhere uses the same grid, never finer than the demand is known."""
    rng = np.random.default_rng(1)
    some = demand(
        list(
            zip(rng.uniform(113, 114, 500), rng.uniform(34.1, 34.4, 500), np.ones(500), strict=True)
        ),
        spacing_m=1000.0,
    )
    one = some.binned((113.0, 34.1, 113.6, 34.4), columns=50)
    moved = some.binned((113.2, 34.1, 113.8, 34.4), columns=50)
    assert one[0] == moved[0]
    inside = {(x, y): n for x, y, n in one[1] if 113.25 < x < 113.55}
    assert inside
    assert inside.items() <= {(x, y): n for x, y, n in moved[1]}.items()
    finest = some.binned((113.0, 34.1, 113.001, 34.4), columns=50)[0][0]
    assert finest * 111_320 * np.cos(np.radians(34)) >= 1000.0
