"""Coverage through the week: in each hour, the workers at work who reach a site that is open.

An hour is told by the state of the doors at its beginning. The hours of a site are the bits of
three words, `geodata.demand.HOURS` of them: 168 of a week, and 24 of a public holiday. The or of
the sites within reach of a demand point gives all its hours in one pass; a carry beside it, where
it reaches two or more.

What is not known of a site, its hours or whether it lets somebody in, makes a figure a range: from
the sites that are certainly open to those that may be.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from geodata._week import reached, shared_out, summed
from geodata.demand import HOURS
from geodata.errors import GeodataError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from scipy import sparse

    from geodata.demand import Demand


@dataclasses.dataclass(frozen=True, eq=False)
class Doors:
    """When m sites let workers in, for c classes of workers who are not let in everywhere alike.

    Attributes
    ----------
    certain, possible
        (c, m, 3) hours in which a site is known to be open to a class, and in which it may be, as
        `packed` makes them; certain hours are possible too.
    of_group
        g classes: that of each worker group.
    """

    certain: NDArray[np.uint64]
    possible: NDArray[np.uint64]
    of_group: tuple[int, ...]


@dataclasses.dataclass(frozen=True, eq=False)
class WeekCoverage:
    """Workers at work, and those who reach an open site, hour by hour.

    Attributes
    ----------
    active
        (a, g, 192) workers at work in each area, by group and hour.
    certain, certain_twice
        The same of those within reach of one site, or two or more, that are known to be open.
    possible, possible_twice
        The same, of sites that may be open.
    certain_hours, possible_hours
        (c, n, 3) bits: the hours in which each demand point reaches such a site, by class.
    of_group
        g classes, as in `Doors`.
    """

    active: NDArray[np.float64]
    certain: NDArray[np.float64]
    certain_twice: NDArray[np.float64]
    possible: NDArray[np.float64]
    possible_twice: NDArray[np.float64]
    certain_hours: NDArray[np.uint64]
    possible_hours: NDArray[np.uint64]
    of_group: tuple[int, ...]


def packed(hours: ArrayLike) -> NDArray[np.uint64]:
    """Hours as bits: from (..., 192) booleans to (..., 3) words.

    Raises
    ------
    GeodataError
        If there are not as many hours.
    """
    flags = np.asarray(hours, np.bool_)
    if flags.shape[-1] != HOURS:
        message = f"there are {flags.shape[-1]} hours: a week and a holiday have {HOURS}"
        raise GeodataError(message)
    return np.ascontiguousarray(np.packbits(flags, axis=-1, bitorder="little")).view("<u8")


def unpacked(bits: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Bits as hours: from (..., 3) words to (..., 192) booleans."""
    octets = np.ascontiguousarray(bits.astype("<u8", copy=False)).view(np.uint8)
    return np.unpackbits(octets, axis=-1, bitorder="little").astype(np.bool_)


def count_hours(bits: NDArray[np.uint64]) -> NDArray[np.int64]:
    """How many hours some words (..., 3) name."""
    counts: NDArray[np.int64] = np.bitwise_count(bits).sum(axis=-1, dtype=np.int64)
    return counts


def cover_week(
    demand: Demand,
    near: sparse.csr_array,
    doors: Doors,
    *,
    area: NDArray[np.intp] | None = None,
    areas: int = 1,
) -> WeekCoverage:
    """Coverage of a demand in each hour of a week and of a public holiday.

    Parameters
    ----------
    near
        (n, m) which sites each demand point reaches; all that is stored counts, whatever its value,
        so that costs up to a limit will do.
    doors
        Of the m sites.
    area
        (n,) number of the area that each point is counted in, from 0; one for all by default.
    areas
        How many there are.

    Raises
    ------
    GeodataError
        If the shapes do not fit together.
    """
    n, m = near.shape
    if n != len(demand) or m != doors.certain.shape[1] or len(doors.of_group) != len(demand.groups):
        message = (
            f"{n} x {m} pairs, {len(demand)} demand points and {doors.certain.shape[1]} sites with "
            f"{len(doors.of_group)} of {len(demand.groups)} groups do not fit together"
        )
        raise GeodataError(message)
    where = np.zeros(n, np.int64) if area is None else np.asarray(area, np.int64)
    shape = areas, len(demand.groups), HOURS
    sums = {name: np.zeros(shape) for name in ("certain", "certain2", "possible", "possible2")}
    hours: list[tuple[NDArray[np.uint64], NDArray[np.uint64]]] = []
    for c, (sure, maybe) in enumerate(zip(doors.certain, doors.possible, strict=True)):
        columns = [j for j, one in enumerate(doors.of_group) if one == c]
        weights = np.ascontiguousarray(demand.weights[:, columns])
        once, twice = reached(near.indptr, near.indices, sure)
        once_maybe, twice_maybe = reached(near.indptr, near.indices, maybe)
        hours.append((once, once_maybe))
        found = summed(once, weights, where, areas), summed(twice, weights, where, areas)
        # Most doors are certain: only the hours beyond are added up once more.
        more = (
            found[0] + summed(once_maybe & ~once, weights, where, areas),
            found[1] + summed(twice_maybe & ~twice, weights, where, areas),
        )
        for name, values in zip(sums, (*found, *more), strict=True):
            sums[name][:, columns] = values.transpose(0, 2, 1)
    at_work = demand.at_work
    in_area = np.stack(
        [np.bincount(where, column, minlength=areas) for column in demand.weights.T], axis=1
    )
    return WeekCoverage(
        in_area[:, :, None] * at_work,
        sums["certain"] * at_work,
        sums["certain2"] * at_work,
        sums["possible"] * at_work,
        sums["possible2"] * at_work,
        np.stack([once for once, _ in hours]),
        np.stack([maybe for _, maybe in hours]),
        doors.of_group,
    )


def loads(demand: Demand, costs: sparse.csr_array, doors: Doors) -> NDArray[np.float64]:
    """(m, 192) workers at work for whom each site is the nearest that is known to be open.

    Parameters
    ----------
    costs
        (n, m) what each demand point needs to the sites within its reach.
    """
    rows = np.repeat(np.arange(costs.shape[0]), np.diff(costs.indptr))
    order = np.lexsort((costs.indices, costs.data, rows))
    sites, at_work = costs.indices[order], demand.at_work
    total = np.zeros((costs.shape[1], HOURS))
    for c, sure in enumerate(doors.certain):
        columns = [j for j, one in enumerate(doors.of_group) if one == c]
        weights = np.ascontiguousarray(demand.weights[:, columns])
        total += shared_out(
            costs.indptr, sites, sure, weights, np.ascontiguousarray(at_work[columns])
        )
    return total
