"""Coverage in each hour of a week and a holiday, beside a loop over the hours.

    python -m benchmarks.coverage_week [--quick]

A made-up city: 100,000 points with workers of four groups, 1,000 stations with the hours and doors
that records have, a radius of one kilometre. What is asked is who of each group, of those at work
in each of the 192 hours, reaches a station that is known to be open and lets them in, and one that
may be.

"Whole" begins with the registry and the demand, and has everything that a `StationWeek` has: two
stations in reach, and what is on the books. The loop asks the registry for the stations that are
open in an hour, as its own filter finds them, takes for each group those that serve it, and looks
for the nearest of them to every point with our own index. That tells whom each station has for
their nearest ("loads"), but nothing of a second station.

"Kernels" begins with the pairs within reach and the doors as bits; scipy gets the same pairs and
the doors as numbers, and counts the open stations in reach of each point by one sparse product for
all hours.

All sums and loads are compared. Kernels are compiled and hours parsed before the clock starts; the
loop runs once, after two of its hours.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from benchmarks._city import AT, stations, workers
from benchmarks._report import Row, main
from benchmarks._timing import medians
from geodata.demand import HOURS
from geodata.nearest import NearestIndex
from geodata.week import cover_week, unpacked
from stations.filters import StationFilter
from stations.hours.typical import typical_days
from stations.reach import Reach
from stations.registry import Registry
from stations.store import Snapshot
from stations.week import measure_week

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray
    from scipy import sparse

    from geodata.demand import Demand
    from geodata.week import Doors
    from stations.week import StationWeek

    Floats = NDArray[np.float64]

RADIUS_M = 1000.0
GOAL_S = 2.0
_REACH = Reach("line", RADIUS_M)


class ByHour(NamedTuple):
    """What a loop over the hours finds.

    Attributes
    ----------
    sums
        (2, g, 192) workers who reach a station that is known to be open, and one that may be.
    load
        (m, 192) workers by the nearest station of the registry that is known to be open to them.
    """

    sums: Floats
    load: Floats


def loop(registry: Registry, demand: Demand, numbers: Iterable[int]) -> ByHour:
    """Count hour by hour; those that are not among `numbers` are left at 0."""
    days, at_work = typical_days(AT.date()), demand.at_work
    serves = [frozenset(station.properties.serves) for station in registry.stations]
    lets_in = np.array(
        [[not one or "all" in one or group in one for one in serves] for group in demand.groups]
    )
    sums = np.zeros((2, len(demand.groups), HOURS))
    load = np.zeros((len(registry), HOURS))
    for number in numbers:
        moment = days.hour(number).moment
        for end, unknown in enumerate((False, True)):
            where = StationFilter(open_at=moment, unknown_hours=unknown)
            places = registry.located_index(where, AT)[1]
            for j in range(len(demand.groups)):
                there = places[lets_in[j, places]]
                found = NearestIndex(*registry.positions(there)).query(demand.lon, demand.lat)
                within = found.distance_m[:, 0] <= RADIUS_M
                active = demand.weights[within, j] * at_work[j, number]
                sums[end, j, number] = active.sum()
                if not unknown:
                    nearest = there[found.index[within, 0]]
                    load[:, number] += np.bincount(nearest, active, minlength=len(registry))
    return ByHour(sums, load)


def by_scipy(demand: Demand, near: sparse.csr_array, doors: Doors) -> Callable[[], Floats]:
    """(4, g, 192) the same by sparse products: one and two stations known to be open, and maybe."""
    pairs = near.astype(np.float32)
    pairs.data[:] = 1
    flags = [
        [np.ascontiguousarray(unpacked(one).astype(np.float32)) for one in bits]
        for bits in (doors.certain, doors.possible)
    ]
    at_work = demand.at_work

    def job() -> Floats:
        sums = np.zeros((4, len(demand.groups), HOURS))
        for end, by_class in enumerate(flags):
            for c, open_ in enumerate(by_class):
                columns = [j for j, one in enumerate(doors.of_group) if one == c]
                counts = pairs @ open_
                for k in (1, 2):
                    found = demand.weights[:, columns].T @ (counts >= k)
                    sums[2 * end + k - 1, columns] = found * at_work[columns]
        return sums

    return job


def ours_of(week: StationWeek) -> Floats:
    """The four sums of a week, as `by_scipy` has them."""
    found = week.week
    return np.stack(
        [
            column.sum(axis=0)
            for column in (
                found.certain,
                found.certain_twice,
                found.possible,
                found.possible_twice,
            )
        ]
    )


def run(*, quick: bool) -> list[Row]:
    """Rows for the table of all benchmarks."""
    n, m = (5_000, 100) if quick else (100_000, 1_000)
    demand, registry = workers(n), Registry(Snapshot(1, None, stations(m)))

    def whole() -> StationWeek:
        return measure_week(registry, demand, None, reach=_REACH, at=AT)

    week = whole()
    near, doors = week.near, week.doors
    scipy = by_scipy(demand, near, doors)
    took = medians(
        {
            "whole": whole,
            "kernels": lambda: cover_week(demand, near, doors),
            "scipy": scipy,
            "loads": lambda: whole().load,
        },
        5,
    )
    loop(registry, demand, range(2))
    start = time.perf_counter()
    by_hour = loop(registry, demand, range(HOURS))
    loop_s = time.perf_counter() - start
    sums = ours_of(week)
    np.testing.assert_allclose(sums, scipy(), rtol=1e-6)
    np.testing.assert_allclose(sums[[0, 2]], by_hour.sums, rtol=1e-6)
    usable = [registry.index_of(station.id) for station in week.stations]
    np.testing.assert_allclose(week.load, by_hour.load[usable], rtol=1e-6, atol=1e-6)
    job = f"week of {n:,} points, {m:,} stations"
    pairs = f"{near.nnz / n:.1f} stations in reach of a point, {len(doors.certain)} classes"
    return [
        Row(f"{job}: whole", took["whole"], "the limit set", GOAL_S, "s", 1.0, pairs),
        Row(f"{job}: whole", took["whole"], "loop over hours", loop_s, "s", None, "same sums"),
        Row(f"{job}: loads too", took["loads"], "loop over hours", loop_s, "s", None, "same loads"),
        Row(f"{job}: kernels", took["kernels"], "scipy sparse", took["scipy"], "s", None, "same"),
    ]


if __name__ == "__main__":
    main(run)
