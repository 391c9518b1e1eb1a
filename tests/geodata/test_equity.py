from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from geodata.demand import Demand
from geodata.equity import decompose, equity, gini, lorenz, palma, theil
from geodata.errors import GeodataError
from tests.geodata.squares import LAT0, LON0, halves

Measure = Callable[[object, object], float]
MEASURES: tuple[Measure, ...] = (gini, theil, palma)

# (score, workers, label) of points: small numbers, so that zeros and ties are common.
POINTS = st.lists(
    st.tuples(
        st.one_of(st.integers(0, 5).map(float), st.floats(1e-3, 1e3)),
        st.integers(0, 6),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=25,
)


def persons(points: list[tuple[float, int, int]]) -> list[tuple[float, int]]:
    """Score and label of each single worker, the worst off first."""
    return sorted((score, label) for score, workers, label in points for _ in range(workers))


def theil_of(scores: list[float]) -> float:
    """Theil's T of persons, by its definition."""
    mean = sum(scores) / len(scores)
    return sum(x / mean * math.log(x / mean) for x in scores if x) / len(scores)


def test_counted_by_hand() -> None:
    """Ten workers with 0, 1, 2, ... 9: differences of 330 in all; 9 for the top, 6 for the rest."""
    values, ones = np.arange(10.0), np.ones(10)
    assert gini(values, ones) == pytest.approx(330 / (2 * 100 * 4.5))
    assert palma(values, ones) == pytest.approx(9 / 6)
    # Three workers have 1, one has 5; the mean is 2.
    assert theil([1, 5], [3, 1]) == pytest.approx(
        (3 * 0.5 * math.log(0.5) + 2.5 * math.log(2.5)) / 4
    )
    assert gini([1, 5], [3, 1]) == pytest.approx(6 * 4 / (2 * 16 * 2))
    # The top tenth are 0.4 of the one with 5, the bottom 40 % are 1.6 of those with 1.
    assert palma([1, 5], [3, 1]) == pytest.approx(2 / 1.6)


def test_one_has_all() -> None:
    """The largest that each measure can be among five workers."""
    values, ones = [0, 0, 7, 0, 0], np.ones(5)
    assert gini(values, ones) == pytest.approx(4 / 5)
    assert theil(values, ones) == pytest.approx(math.log(5))
    assert palma(values, ones) == math.inf


@pytest.mark.parametrize("weights", [[1, 1, 1], [0.1, 0.7, 2.3], [0, 5, 0]])
def test_all_have_the_same(weights: list[float]) -> None:
    """No inequality, and none below none for rounding."""
    values = [0.3, 0.3, 0.3]
    assert 0 <= gini(values, weights) < 1e-12
    assert 0 <= theil(values, weights) < 1e-12
    assert palma(values, weights) == pytest.approx(0.25)


def test_lorenz_curve() -> None:
    """From 0 to 1, the worst off first."""
    workers, score = lorenz([5, 1], [1, 3])
    assert workers == pytest.approx([0, 0.75, 1])
    assert score == pytest.approx([0, 0.375, 1])


@settings(deadline=None)
@given(POINTS)
def test_as_among_single_persons(points: list[tuple[float, int, int]]) -> None:
    """Weights are persons: every pair of them, their sum of x ln x, the persons in each tail."""
    scores = [score for score, _ in persons(points)]
    values, weights, _ = zip(*points, strict=True)
    assume(sum(scores) > 0)
    n, total = len(scores), sum(scores)
    apart = sum(abs(a - b) for a in scores for b in scores)
    assert gini(values, weights) == pytest.approx(apart / (2 * n * total), abs=1e-9)
    assert theil(values, weights) == pytest.approx(theil_of(scores), abs=1e-9)
    # Each person as ten, so that both tails are whole persons.
    tenfold = [score for score in scores for _ in range(10)]
    bottom, top = sum(tenfold[: 4 * n]), sum(tenfold[9 * n :])
    assert palma(values, weights) == pytest.approx(top / bottom if bottom else math.inf)


@pytest.mark.parametrize("measure", MEASURES)
@settings(deadline=None)
@given(POINTS, st.floats(1e-6, 1e6), st.floats(1e-3, 1e3))
def test_what_does_not_matter(
    measure: Measure, points: list[tuple[float, int, int]], unit: float, times: float
) -> None:
    """The unit of the score, how many times the same workers come, their order, empty points."""
    values, weights, _ = (np.array(v, float) for v in zip(*points, strict=True))
    expected = pytest.approx(measure(values, weights), rel=1e-6, abs=1e-9, nan_ok=True)
    assert measure(values * unit, weights * times) == expected
    assert measure(np.tile(values, 3), np.tile(weights, 3)) == expected
    assert measure(values[::-1], weights[::-1]) == expected
    assert measure(np.append(values, 1e9), np.append(weights, 0)) == expected


@pytest.mark.parametrize("measure", [gini, theil])
@settings(deadline=None)
@given(POINTS)
def test_a_transfer_to_the_worst_off_lessens_inequality(
    measure: Measure, points: list[tuple[float, int, int]]
) -> None:
    """The principle of Pigou and Dalton: whoever has most shares with whoever has least."""
    scores = np.array([score for score, _ in persons(points)])
    assume(len(scores) > 1)
    assume(scores[-1] > scores[0] + 1e-3 * scores.sum())
    given_away = scores.copy()
    given_away[[0, -1]] = (scores[0] + scores[-1]) / 2
    ones = np.ones(len(scores))
    assert measure(given_away, ones) < measure(scores, ones)


@settings(deadline=None)
@given(POINTS)
def test_theil_is_the_sum_of_its_parts(points: list[tuple[float, int, int]]) -> None:
    """Between is the T of the means of groups; within is theirs, weighted by their score."""
    values, weights, labels = zip(*points, strict=True)
    people = persons(points)
    total = sum(score for score, _ in people)
    assume(total > 0)
    found = decompose(values, weights, labels)
    assert sum(found) == pytest.approx(theil(values, weights), abs=1e-9)
    assert min(found) >= 0
    within = 0.0
    for label in range(4):
        own = [score for score, its in people if its == label]
        within += sum(own) / total * theil_of(own) if sum(own) else 0.0
    assert found.within == pytest.approx(within, abs=1e-9)


def test_decomposed_by_hand() -> None:
    """Two groups of equals are all between; two groups alike are all within."""
    values, weights = [1, 1, 3, 3], [1, 2, 1, 2]
    whole = theil(values, weights)
    assert decompose(values, weights, ["a", "a", "b", "b"]) == pytest.approx((whole, 0))
    assert decompose([1, 3, 1, 3], [1, 1, 2, 2], [7, 7, -1, -1]) == pytest.approx((0, whole))
    assert decompose(values, weights, [0, 0, 0, 0]) == pytest.approx((0, whole))
    # A group that has nothing, and one without workers.
    assert sum(decompose([0, 0, 4, 9], [1, 1, 2, 0], [0, 0, 1, 2])) == pytest.approx(math.log(2))


@pytest.mark.parametrize(
    ("values", "weights"), [([], []), ([0, 0], [1, 2]), ([3, 4], [0, 0]), ([0, 3], [5, 0])]
)
def test_nothing_to_share_out(values: list[float], weights: list[float]) -> None:
    """No points, no workers, or nothing for any worker: all are NaN."""
    assert all(math.isnan(measure(values, weights)) for measure in MEASURES)
    assert all(map(math.isnan, decompose(values, weights, [0] * len(values))))
    workers, score = lorenz(values, weights)
    assert workers.tolist() == [0, 1]
    assert np.isnan(score).all()


def test_a_single_point() -> None:
    """Its workers all have the same."""
    assert [measure([2.5], [4]) for measure in MEASURES] == pytest.approx([0, 0, 0.25])
    assert decompose([2.5], [4], [0]) == (0, 0)


def test_exactly_the_bottom_forty_percent_have_nothing() -> None:
    """Infinite in spite of shares that do not add up to 0.4 to the last bit."""
    weights = np.full(100, 0.1)
    weights[:40] *= 1 + 1e-15
    values = np.where(np.arange(100) < 40, 0.0, 1.0)
    assert palma(values, weights) == math.inf
    assert palma([0, 0, 0, 0, 1, 1, 1, 1, 1, 1], np.full(10, 0.3)) == math.inf
    assert palma([0, 0, 0, 1, 1, 1, 1, 1, 1, 1], np.ones(10)) == pytest.approx(1)


@pytest.mark.parametrize("measure", [*MEASURES, lorenz])
@pytest.mark.parametrize(
    ("values", "weights", "message"),
    [
        ([1, -2], [1, 1], r"value of point 1 is -2\.0"),
        ([np.nan, 2], [1, 1], "value of point 0 is nan"),
        ([1, np.inf], [1, 0], "value of point 1 is inf"),
        ([1, 2], [1, -1], r"weight of point 1 is -1\.0"),
        ([1, 2], [np.nan, 1], "weight of point 0 is nan"),
        ([1, 2], [1], r"shapes differ: values \(2,\), weights \(1,\)"),
        (1, 1, "shapes differ"),
        ([[1, 2]], [[1, 2]], "shapes differ"),
    ],
)
def test_what_is_refused(measure: Measure, values: object, weights: object, message: str) -> None:
    """Each message names the point and what is wrong with it."""
    with pytest.raises(GeodataError, match=message):
        measure(values, weights)


def test_labels_must_fit() -> None:
    """One a point."""
    with pytest.raises(GeodataError, match=r"shapes differ: values \(2,\), groups \(3,\)"):
        decompose([1, 2], [1, 1], [0, 0, 1])


def people(*points: tuple[float, float, float]) -> Demand:
    """Demand of (degrees east of the border, riders, sweepers)."""
    east, *workers = (np.array(v, float) for v in zip(*points, strict=True))
    return Demand(
        LON0 + east, np.full(len(east), LAT0), np.column_stack(workers), ("rider", "sanitation")
    )


def test_report_by_hand() -> None:
    """Everybody, each district, those outside, each group, and between and within districts."""
    demand = people((-0.1, 2, 1), (-0.05, 1, 0), (0.1, 0, 4), (0.15, 6, 0), (1, 1, 1))
    score, workers = np.array([1.0, 3, 2, 0, 4]), np.array([3.0, 1, 4, 6, 2])
    found = equity(demand, score, districts=halves())
    assert (found.overall.workers, found.overall.mean) == (16, pytest.approx(22 / 16))
    assert found.overall.gini == gini(score, workers)
    assert found.overall.theil == theil(score, workers)
    assert found.overall.palma == palma(score, workers)
    assert [(p.key, p.name, p.equity.workers) for p in found.by_district] == [
        ("410108", "惠济区", 4),
        ("410122", "中牟县", 10),
        (None, None, 2),
    ]
    west, east, outside = (part.equity for part in found.by_district)
    assert (west.mean, east.mean, outside.mean) == pytest.approx((1.5, 0.8, 4))
    # Three workers with 1 and one with 3; in the east, six of ten have nothing.
    assert west.gini == pytest.approx(3 * 2 / (16 * 1.5))
    assert west.palma == pytest.approx(1.2 / 1.6)
    assert (east.theil, east.palma) == (pytest.approx(math.log(2.5)), math.inf)
    assert (outside.gini, outside.theil) == (0, 0)
    assert [(p.key, p.name) for p in found.by_group] == [
        ("rider", "rider"),
        ("sanitation", "sanitation"),
    ]
    assert found.by_group[1].equity.mean == pytest.approx((1 + 8 + 4) / 6)
    assert found.by_group[0].equity.gini == gini(score, demand.weights[:, 0])
    assert found.districts is not None
    assert sum(found.districts) == pytest.approx(found.overall.theil)
    assert found.districts.within == pytest.approx(
        (6 * west.theil + 8 * east.theil) / 22, abs=1e-12
    )


def test_a_district_and_a_group_without_workers() -> None:
    """They are listed, with NaN; nobody outside, no line for them."""
    found = equity(people((-0.1, 2, 0), (-0.05, 1, 0), (1, 0, 0)), np.ones(3), districts=halves())
    assert [part.key for part in found.by_district] == ["410108", "410122"]
    for part in (found.by_district[1], found.by_group[1]):
        assert part.equity.workers == 0
        assert all(map(math.isnan, dataclasses.astuple(part.equity)[1:]))


def test_nobody_has_anything() -> None:
    """A mean of 0, and no inequality to speak of."""
    found = equity(people((-0.1, 2, 1), (0.1, 1, 3)), np.zeros(2), districts=halves())
    for each in (found.overall, *(part.equity for part in found.by_district)):
        assert each.mean == 0
        assert all(map(math.isnan, (each.gini, each.theil, each.palma)))


def test_without_districts() -> None:
    """No table of them; a home that the caller has is used as it is."""
    demand, score = people((-0.1, 2, 1), (0.1, 1, 3), (0.12, 2, 2)), np.array([1.0, 2, 5])
    found = equity(demand, score)
    assert (found.by_district, found.districts) == ((), None)
    home = np.array([1, -1, 0])
    keys = [p.key for p in equity(demand, score, districts=halves(), home=home).by_district]
    assert keys == ["410108", "410122", None]
    located = equity(demand, score, districts=halves())
    same = halves().locate(demand.lon, demand.lat)
    assert equity(demand, score, districts=halves(), home=same) == located


def test_a_score_must_fit_its_demand() -> None:
    """One a point, with districts or without."""
    for districts in (None, halves()):
        with pytest.raises(GeodataError, match="shapes differ"):
            equity(people((-0.1, 2, 1)), np.ones(2), districts=districts)
