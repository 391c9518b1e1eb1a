from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from geodata.demand import HOURS, Demand
from geodata.errors import GeodataError
from geodata.week import Doors, count_hours, cover_week, loads, packed, unpacked

FLAGS = st.integers(0, 2**HOURS - 1)


def flags_of(number: int) -> np.ndarray:
    """(192,) the bits of a number, the lowest first."""
    return np.array([number >> h & 1 for h in range(HOURS)], np.bool_)


@given(st.lists(FLAGS, min_size=1, max_size=4))
def test_packing_loses_nothing(numbers: list[int]) -> None:
    """Hours come back from their bits, and are counted as Python counts the bits of a number."""
    hours = np.stack([flags_of(number) for number in numbers])
    bits = packed(hours)
    assert bits.shape == (len(numbers), 3)
    assert (unpacked(bits) == hours).all()
    assert count_hours(bits).tolist() == [number.bit_count() for number in numbers]


def test_a_week_without_its_holiday_is_refused() -> None:
    """168 hours are not the 192 of a week and a holiday."""
    with pytest.raises(GeodataError, match="168 hours: a week and a holiday have 192"):
        packed(np.zeros((2, 168)))


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Demand, sparse.csr_array, Doors, np.ndarray, int]:
    """A few demand points of a few groups, a few sites, who reaches which, and when they open."""
    n, m = draw(st.integers(1, 6)), draw(st.integers(0, 5))
    g, c = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    demand = Demand(
        rng.uniform(113, 114, n),
        rng.uniform(34, 35, n),
        rng.integers(0, 9, (n, g)).astype(float),
        tuple(f"g{j}" for j in range(g)),
        rng.choice([0.0, 0.25, 1.0], (g, 168)) if draw(st.booleans()) else None,
        holiday=rng.choice([0.0, 0.5], (g, 24)) if draw(st.booleans()) else None,
    )
    near = rng.random((n, m)) < 0.5
    cost = np.where(near, rng.integers(0, 4, (n, m)) * 100.0, np.nan)
    columns = np.nonzero(near)[1]
    costs = sparse.csr_array(
        (cost[near], columns, np.concatenate([[0], np.cumsum(near.sum(axis=1))])), shape=(n, m)
    )
    sure = rng.random((c, m, HOURS)) < 0.3
    maybe = sure | (rng.random((c, m, HOURS)) < 0.2)
    doors = Doors(packed(sure), packed(maybe), tuple(rng.integers(0, c, g).tolist()))
    areas = draw(st.integers(1, 3))
    return demand, costs, doors, rng.integers(0, areas, n), areas


def hour_by_hour(
    demand: Demand, costs: sparse.csr_array, bits: np.ndarray, of_group: tuple[int, ...],
    area: np.ndarray, areas: int, *, least: int,
) -> np.ndarray:  # fmt: skip
    """(a, g, 192) the naive way: every hour, point and group by itself, sites one by one."""
    hours = unpacked(bits)
    found = np.zeros((areas, len(demand.groups), HOURS))
    week = demand.profile if demand.profile is not None else np.ones((len(demand.groups), 168))
    holiday = demand.holiday if demand.holiday is not None else week[:, 144:]
    for h in range(HOURS):
        for i in range(len(demand)):
            sites = costs.indices[costs.indptr[i] : costs.indptr[i + 1]]
            for j, c in enumerate(of_group):
                if sum(bool(hours[c, s, h]) for s in sites) >= least:
                    share = week[j, h] if h < 168 else holiday[j, h - 168]
                    found[area[i], j, h] += demand.weights[i, j] * share
    return found


@settings(max_examples=25, deadline=None)
@given(worlds())
def test_the_week_is_what_a_loop_over_its_hours_finds(world: tuple) -> None:
    """Bits and carries give what counting the open sites of each point in each hour gives."""
    demand, costs, doors, area, areas = world
    week = cover_week(demand, costs, doors, area=area, areas=areas)
    for bits, once, twice in (
        (doors.certain, week.certain, week.certain_twice),
        (doors.possible, week.possible, week.possible_twice),
    ):
        args = demand, costs, bits, doors.of_group, area, areas
        np.testing.assert_allclose(once, hour_by_hour(*args, least=1), atol=1e-9)
        np.testing.assert_allclose(twice, hour_by_hour(*args, least=2), atol=1e-9)
    np.testing.assert_allclose(
        week.active,
        hour_by_hour(demand, costs, doors.certain, doors.of_group, area, areas, least=0),
    )
    assert (week.certain <= week.possible + 1e-9).all()
    assert (week.possible <= week.active + 1e-9).all()


@settings(max_examples=25, deadline=None)
@given(worlds())
def test_each_worker_goes_to_the_nearest_open_site(world: tuple) -> None:
    """Loads are what sending every worker, in every hour, to the nearest open site gives."""
    demand, costs, doors, _, _ = world
    hours, at_work = unpacked(doors.certain), demand.at_work
    expected = np.zeros((costs.shape[1], HOURS))
    for i in range(len(demand)):
        own = slice(costs.indptr[i], costs.indptr[i + 1])
        by_cost = sorted(zip(costs.data[own], costs.indices[own], strict=True))
        for j, c in enumerate(doors.of_group):
            for h in range(HOURS):
                site = next((s for _, s in by_cost if hours[c, s, h]), None)
                if site is not None:
                    expected[site, h] += demand.weights[i, j] * at_work[j, h]
    found = loads(demand, costs, doors)
    np.testing.assert_allclose(found, expected, atol=1e-9)
    covered = cover_week(demand, costs, doors).certain.sum(axis=(0, 1))
    np.testing.assert_allclose(found.sum(axis=0), covered, atol=1e-9)  # nobody lost, nobody twice


def test_what_does_not_fit_together_is_named() -> None:
    """Sites of the doors and sites of the pairs must be the same."""
    demand = Demand.of_points([113.0], [34.0], [1.0])
    doors = Doors(*(np.zeros((1, 2, 3), np.uint64),) * 2, (0,))
    with pytest.raises(GeodataError, match="1 x 3 pairs, 1 demand points and 2 sites"):
        cover_week(demand, sparse.csr_array((1, 3)), doors)


def test_on_a_holiday_sunday_stands_in() -> None:
    """Where nothing is known of holidays, those at work are those of a Sunday."""
    week = np.zeros((1, 168))
    week[0, 144:] = 0.5
    demand = Demand(np.array([113.0]), np.array([34.0]), np.array([[8.0]]), ("rider",), week)
    assert demand.in_hour(168 + 9).total == 4
    known = Demand(demand.lon, demand.lat, demand.weights, ("rider",), week,
                   holiday=np.full((1, 24), 0.25))  # fmt: skip
    assert known.in_hour(168 + 9).total == 2
    assert known.in_hour(9).total == 0
