"""Siting by positions: who reaches what, which sites stand too near to each other, and the plan."""

from __future__ import annotations

import dataclasses
import math
import time
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict

import numpy as np

from geodata.cost import StraightLine
from geodata.errors import SitingError
from geodata.nearest import NearestIndex
from geodata.siting.problem import SitingProblem
from geodata.siting.search import relative_gap
from geodata.siting.solver import solve

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from numpy.typing import NDArray
    from scipy import sparse

    from geodata.cost import CostModel
    from geodata.siting.plan import SitingPlan
    from geodata.siting.problem import Kind
    from geodata.siting.search import Progress


_STRAIGHT = StraightLine()


class Points(NamedTuple):
    """Positions, (n,) each, degrees WGS84."""

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]


class SolveOptions(TypedDict, total=False):
    """When to stop; see `geodata.siting.solve`."""

    max_gap: float
    time_s: float
    seed: int
    stop: threading.Event | None
    progress: Callable[[Progress], None] | None


@dataclasses.dataclass(frozen=True, eq=False)
class Places:
    """Where the workers are, and where sites are or may be.

    Attributes
    ----------
    demand, weights
        n demand points, and (n,) or (n, g) workers at each.
    sites
        m sites, candidates and existing ones.
    existing
        Columns of `sites` that are open already.
    model
        What it costs to reach a site.
    """

    demand: Points
    weights: NDArray[np.float64]
    sites: Points
    existing: NDArray[np.intp]
    model: CostModel = _STRAIGHT

    def problem(
        self,
        kind: Kind,
        *,
        radius: float,
        spacing_m: float | None = None,
        **options: Any,  # noqa: ANN401
    ) -> SitingProblem:
        """Return a covering problem.

        Parameters
        ----------
        radius
            A site within this cost is in reach: metres, or what `model` counts in.
        spacing_m
            Least distance by straight line between two sites, of which one is new.
        options
            What the classmethod of `kind` takes besides.
        """
        if spacing_m is not None:
            options["conflicts"] = self._too_near(spacing_m)
        covers = self.model.covers(*self.demand, *self.sites, radius)
        build = getattr(SitingProblem, kind)
        problem: SitingProblem = build(covers, self.weights, existing=self.existing, **options)
        return problem

    def _too_near(self, spacing_m: float) -> sparse.csr_array:
        """Pairs of sites nearer than the spacing."""
        if not (math.isfinite(spacing_m) and spacing_m > 0):
            raise SitingError(
                f"the spacing is {spacing_m} m: a positive number is needed",
                f"间距是 {spacing_m} 米：应为正数",
            )
        return _STRAIGHT.covers(*self.sites, *self.sites, math.nextafter(spacing_m, 0.0))


def plan_sites(
    places: Places,
    kind: Kind,
    *,
    radius: float | None = None,
    spacing_m: float | None = None,
    solving: SolveOptions,
    **options: Any,  # noqa: ANN401  what the classmethod of the kind takes
) -> SitingPlan:
    """Solve a siting problem of any kind.

    Parameters
    ----------
    radius
        As in `Places.problem`; for the covering kinds only.
    spacing_m
        As there.
    solving
        When to stop.
    options
        What the classmethod of `kind` in `SitingProblem` takes besides.
    """
    if kind == "pmedian":
        return _median(places, solving, **options)
    if kind == "pcenter":
        table = _center_costs(places, options.get("p") or 0)
        problem = SitingProblem.pcenter(table, places.weights, existing=places.existing, **options)
        return solve(problem, **solving)
    if radius is None:
        raise SitingError("a covering problem needs a radius", "覆盖问题需要服务半径")
    return solve(places.problem(kind, radius=radius, spacing_m=spacing_m, **options), **solving)


def _median(places: Places, solving: SolveOptions, **options: Any) -> SitingPlan:  # noqa: ANN401
    """p-median, exact where only the nearest sites of each row are listed.

    What a row leaves out costs no less than the dearest that it lists, so the bound is true from
    the start; rows that turn out to be served by a site they do not list get longer lists.
    """
    end = time.perf_counter() + solving.get("time_s", 60.0)
    costs = places.model.costs(*places.demand, *places.sites)
    if costs.beyond is not None and len(places.existing):
        # Nobody goes farther than to what is open already.
        opened = _cheapest(places, places.existing)
        costs = places.model.costs(
            *places.demand, *places.sites, limits=np.minimum(costs.beyond, opened)
        )
    while True:
        problem = SitingProblem.pmedian(
            costs.table,
            places.weights,
            existing=places.existing,
            beyond=costs.beyond,
            **options,
        )
        solving = {**solving, "time_s": max(0.1, end - time.perf_counter())}
        found = solve(problem, **solving)
        if costs.beyond is None:
            return found
        paid = _cheapest(places, found.opened)
        longer = (paid > costs.beyond) & (problem.row_weights > 0)
        if not longer.any():
            return found
        objective = float(problem.row_weights @ paid)
        gap = relative_gap(objective, found.bound, -1)
        enough = gap <= solving.get("max_gap", 0.0)
        stopped = found.status in {"time_limit", "interrupted"}
        if enough or stopped or time.perf_counter() >= end:
            status = "within_gap" if enough else found.status if stopped else "time_limit"
            return dataclasses.replace(found, objective=objective, gap=gap, status=status)
        limits = np.where(longer, paid, costs.beyond)
        costs = places.model.costs(*places.demand, *places.sites, limits=limits)


def _center_costs(places: Places, p: int) -> NDArray[np.float64] | sparse.csr_array:
    """Costs for a p-center: all of them, or where they do not fit those that may matter.

    No pair dearer than the worst of any plan is part of a better one. The plan is that of T. F.
    Gonzalez (1985): again and again the site that is nearest to the row that is served worst.
    """
    costs = places.model.costs(*places.demand, *places.sites)
    if costs.beyond is None or np.isinf(costs.beyond).all():
        return costs.table
    demand = Points(
        *(
            axis[places.weights.reshape(len(places.weights), -1).any(axis=1)]
            for axis in places.demand
        )
    )
    served = np.full(len(demand.lon), np.inf)
    if len(places.existing):
        served = _cheapest(places, places.existing, demand)
    index = NearestIndex(*places.sites)
    for _ in range(p):
        worst = int(np.argmax(served))
        ((column, _),) = index.query_one(demand.lon[worst], demand.lat[worst])
        served = np.minimum(served, _cheapest(places, np.array([column]), demand))
    limits = np.full(len(places.demand.lon), float(served.max(initial=0.0)))
    return places.model.costs(*places.demand, *places.sites, limits=limits).table


def _cheapest(
    places: Places, columns: NDArray[np.intp], demand: Points | None = None
) -> NDArray[np.float64]:
    """(n,) cost from each demand point to the cheapest of some sites."""
    chosen = places.sites.lon[columns], places.sites.lat[columns]
    return places.model.nearest(*(demand or places.demand), *chosen)
