"""Equity: how unequally a score, such as the places for each worker, is spread over the workers.

Every measure is of workers, not of points: a point with five workers counts like five points with
one, and one with none does not count. Gini, Theil and Palma do not depend on the unit of the score;
where there is nobody, or nobody has anything of it, nothing is shared out, and they are NaN.

References
----------
Gini (1912), Variabilità e mutabilità. Theil (1967), Economics and Information Theory,
North-Holland. Palma (2011), Homogeneous middles vs. heterogeneous tails, and the end of the
"inverted-U": it's all about the share of the rich, Development and Change 42(1), 87-153. For all of
them, and the decomposition: Cowell (2011), Measuring Inequality, 3rd edition, Oxford University
Press.
"""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import rel_entr

from geodata.errors import GeodataError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from geodata.demand import Demand
    from geodata.districts import Districts

# A share of the whole that is nothing but rounding.
_NOTHING = 1e-12


class Decomposition(NamedTuple):
    """Theil's T in two parts, not negative, that add up to it.

    Attributes
    ----------
    between
        What is left of it when everybody has the mean of their group.
    within
        Mean of the T of the groups, each weighted by its share of the score.
    """

    between: float
    within: float


@dataclasses.dataclass(frozen=True)
class Equity:
    """How a score is spread over some workers.

    Attributes
    ----------
    workers
        How many there are.
    mean
        Score of a worker on average; NaN where there are none.
    gini
        `gini`, 0 to 1.
    theil
        `theil`, 0 or more.
    palma
        `palma`, 0.25 or more, up to inf.
    """

    workers: float
    mean: float
    gini: float
    theil: float
    palma: float


class Part(NamedTuple):
    """Equity among the workers of one district or group."""

    key: str | None
    name: str | None
    equity: Equity


@dataclasses.dataclass(frozen=True)
class EquityReport:
    """How a score is spread over all workers, and over those of each district and group.

    Attributes
    ----------
    overall
        Over all workers.
    by_district
        One part a district, in the order of the adcodes; workers outside all districts come last
        under the key None, and only where there are any.
    by_group
        One part a worker group.
    districts
        Theil's T of all workers between and within the districts, those outside all of them being
        one more; None without districts.
    """

    overall: Equity
    by_district: tuple[Part, ...]
    by_group: tuple[Part, ...]
    districts: Decomposition | None


def lorenz(
    values: ArrayLike, weights: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lorenz curve: what share of a score those workers have who have the least of it.

    Parameters
    ----------
    values
        (n,) score of each worker at a point, 0 or more, in any unit.
    weights
        (n,) workers at each point.

    Returns
    -------
    workers, score
        (n + 1,) each, from 0 to 1: the share of the workers, the worst off first, and their share
        of the score. All of `score` is NaN where the measures are.

    Raises
    ------
    GeodataError
        If shapes differ, or a value or weight is negative or not finite.
    """
    shares = _shares(values, weights)
    if shares is None:
        return np.array([0.0, 1.0]), np.array([np.nan, np.nan])
    order = np.argsort(values)
    people, score = (np.concatenate([[0.0], np.cumsum(share[order])]) for share in shares)
    return people / people[-1], score / score[-1]


def gini(values: ArrayLike, weights: ArrayLike) -> float:
    """Gini coefficient: half the mean difference between two workers, over the mean score.

    0 where all have the same, towards 1 where one has all. Twice the area between the `lorenz`
    curve and the diagonal; takes and raises the same.
    """
    people, score = lorenz(values, weights)
    area = float(np.trapezoid(score, people))
    return math.nan if math.isnan(area) else max(0.0, 1.0 - 2.0 * area)


def palma(values: ArrayLike, weights: ArrayLike) -> float:
    """Palma ratio: what the best off 10 % have, over what the worst off 40 % have.

    0.25 where all have the same, inf where the worst off 40 % have nothing. A point on one of the
    two cuts is divided in proportion. Takes and raises the same as `lorenz`.
    """
    bottom, rest = np.interp([0.4, 0.9], *lorenz(values, weights)).tolist()
    return math.inf if bottom <= _NOTHING else (1.0 - rest) / bottom


def theil(values: ArrayLike, weights: ArrayLike) -> float:
    """Theil's T: the mean of x ln x, x being the score of a worker over the mean score.

    0 where all have the same, ln N where one of N workers has all; x ln x is 0 for those who have
    nothing. Takes and raises the same as `lorenz`.
    """
    shares = _shares(values, weights)
    return math.nan if shares is None else _divergence(*shares)


def decompose(values: ArrayLike, weights: ArrayLike, group: ArrayLike) -> Decomposition:
    """Theil's T between groups and within them.

    Parameters
    ----------
    values, weights
        As for `lorenz`.
    group
        (n,) label of the group of each point, of any kind that sorts.

    Raises
    ------
    GeodataError
        As `lorenz`, and if there is not one label a point.
    """
    shares = _shares(values, weights)
    label = np.asarray(group)
    if label.shape != np.shape(values):
        message = f"shapes differ: values {np.shape(values)}, groups {label.shape}"
        raise GeodataError(message)
    if shares is None:
        return Decomposition(math.nan, math.nan)
    people, score = shares
    slot = np.unique(label, return_inverse=True)[1]
    people_of, score_of = (np.bincount(slot, share).astype(np.float64) for share in shares)
    # Mean score of each group over that of all; 0 for a group without workers.
    relative = np.divide(score_of, people_of, out=np.zeros(len(people_of)), where=people_of > 0)
    return Decomposition(
        between=_divergence(people_of, score_of),
        within=_divergence(people * relative[slot], score),
    )


def equity(
    demand: Demand,
    score: NDArray[np.float64],
    *,
    districts: Districts | None = None,
    home: NDArray[np.intp] | None = None,
) -> EquityReport:
    """How a score is spread over the workers of `demand`.

    Parameters
    ----------
    score
        (n,) of each worker at a demand point, 0 or more, such as `Access.score`.
    home
        (n,) district of each demand point as `Districts.locate` gives it, for a caller that has it.

    Raises
    ------
    GeodataError
        If there is not one score a demand point, or one is negative or not finite.
    """
    workers = demand.workers
    overall = _measured(score, workers)
    parts: tuple[Part, ...] = ()
    split = None
    if districts is not None:
        home = districts.locate(demand.lon, demand.lat) if home is None else home
        parts = _parts(score, workers, districts, home)
        split = decompose(score, workers, home)
    return EquityReport(
        overall=overall,
        by_district=parts,
        by_group=tuple(
            Part(group, group, _measured(score, column))
            for group, column in zip(demand.groups, demand.weights.T, strict=True)
        ),
        districts=split,
    )


def _parts(
    score: NDArray[np.float64],
    workers: NDArray[np.float64],
    districts: Districts,
    home: NDArray[np.intp],
) -> tuple[Part, ...]:
    n = len(districts)
    # Index -1 (outside all) becomes slot n.
    slot = home % (n + 1)
    order = np.argsort(slot, kind="stable")
    members = np.split(order, np.searchsorted(slot[order], np.arange(1, n + 1)))
    keys, names = (*districts.adcodes, None), (*districts.names, None)
    parts = [
        Part(key, name, _measured(score[own], workers[own]))
        for key, name, own in zip(keys, names, members, strict=True)
    ]
    return tuple(part for part in parts if part.key is not None or part.equity.workers > 0)


def _measured(score: NDArray[np.float64], workers: NDArray[np.float64]) -> Equity:
    index = gini(score, workers), theil(score, workers), palma(score, workers)
    total = float(workers.sum())
    return Equity(total, float(score @ workers) / total if total else math.nan, *index)


def _shares(
    values: ArrayLike, weights: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """(n,) share of each point in the workers and in the score; None where one of them is 0."""
    value, weight = np.asarray(values, np.float64), np.asarray(weights, np.float64)
    if value.ndim != 1 or value.shape != weight.shape:
        message = f"shapes differ: values {value.shape}, weights {weight.shape}, not (n,) both"
        raise GeodataError(message)
    for what, numbers in (("value", value), ("weight", weight)):
        wrong = np.flatnonzero(~(np.isfinite(numbers) & (numbers >= 0)))
        if len(wrong):
            message = (
                f"the {what} of point {wrong[0]} is {numbers[wrong[0]]}: "
                "a finite number of 0 or more is needed"
            )
            raise GeodataError(message)
    all_workers = weight.sum()
    if not all_workers:
        return None
    people = weight / all_workers
    score = people * value
    whole = score.sum()
    return (people, score / whole) if whole else None


def _divergence(people: NDArray[np.float64], score: NDArray[np.float64]) -> float:
    """Theil's T of shares: the sum of s ln(s / p), 0 where s is 0."""
    return max(0.0, float(rel_entr(score, people).sum()))
