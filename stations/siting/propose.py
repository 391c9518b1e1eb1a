"""From a workspace and an ask to a plan."""

from __future__ import annotations

import dataclasses
import datetime as dt
import secrets
from typing import TYPE_CHECKING, Any

import numpy as np

from geodata.coverage import cover
from geodata.errors import InfeasibleError, SitingError
from geodata.siting import solve
from geodata.siting.curve import coverage_curve
from geodata.siting.placed import Places, Points, plan_sites
from stations.filters import USABLE
from stations.hours import BEIJING
from stations.siting.plan import StationPlan
from stations.siting.sites import Files, candidate_source, gather, within

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from numpy.typing import NDArray

    from geodata.coverage import Coverage
    from geodata.demand import Demand
    from geodata.districts import Districts
    from geodata.siting import Progress, SitingProblem
    from geodata.siting.curve import Curve
    from geodata.siting.placed import SolveOptions
    from stations.reach import Reach
    from stations.siting.ask import SitingAsk
    from stations.siting.sites import Sites
    from stations.workspace import Workspace

_BACKUP = 0.5


def propose(
    workspace: Workspace,
    ask: SitingAsk,
    *,
    files: Files | None = None,
    at: dt.datetime | None = None,
    stop: threading.Event | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> StationPlan:
    """Propose where new stations should go.

    Existing stations are those in service, within their dates, with a position.

    Parameters
    ----------
    files
        Files of candidates and excluded areas to take instead of those of the workspace.
    at
        The moment that decides which stations are within their dates; now by default.
    stop, progress
        As for `geodata.siting.solve`: the best plan so far is returned once `stop` is set.

    Raises
    ------
    WorkspaceError
        If the workspace has no demand, no such district, or lacks a file.
    ImportFileError
        If a file cannot be read.
    SitingError
        If what is asked does not fit the workspace; InfeasibleError if no plan can satisfy it,
        TooLargeError if it does not fit into memory.
    """
    files = files or Files()
    demand = _demand(workspace, ask)
    reach = workspace.reach(ask.mode, radius_m=ask.radius_m, minutes=ask.minutes)
    registry, districts = workspace.registry, workspace.districts
    there = Points(*registry.positions(registry.located_index(USABLE, at)[1]))
    before = _covered(demand, there, reach, districts)
    # Elsewhere a candidate may be needed though everybody there has a station already.
    useful = ask.problem in {"mclp", "lscp"} and not ask.quotas and not ask.closing
    wanted = demand.at(before.cost > reach.limit) if useful else demand
    sites = gather(workspace, ask, files, wanted, reach.circle_m, at=at)
    places = Places(
        Points(demand.lon, demand.lat),
        demand.weights,
        sites.at(np.arange(len(sites.ids))),
        sites.existing,
        reach.model,
    )
    stranded = np.empty(0, np.intp)
    if ask.problem in {"pmedian", "pcenter"}:
        places, stranded = _within_reach(places)
    solving: SolveOptions = {
        "max_gap": ask.max_gap,
        "time_s": ask.time_s,
        "seed": ask.seed,
        "stop": stop,
        "progress": progress,
    }
    options = _options(workspace, ask, demand, sites)
    curve: tuple[dict[str, Any], ...] = ()
    if ask.curve or ask.problem == "lscp":
        problem = places.problem(
            ask.problem, radius=reach.limit, spacing_m=ask.spacing_m, **options
        )
        if ask.problem == "lscp":
            problem = _of_all(problem, ask.share)
        answer = solve(problem, **solving)
        if ask.curve:
            curve = _points_of(
                coverage_curve(
                    problem,
                    answer,
                    max_gap=ask.max_gap,
                    # What the plan has left of the time, and a quarter of it in any case.
                    time_s=max(ask.time_s - answer.seconds, ask.time_s / 4),
                    seed=ask.seed,
                    stop=stop,
                )
            )
    else:
        answer = plan_sites(
            places,
            ask.problem,
            radius=reach.limit,
            spacing_m=ask.spacing_m,
            solving=solving,
            **options,
        )
    created = dt.datetime.now(BEIJING)
    stay = np.setdiff1d(sites.existing, answer.closed)
    opened = sites.at(np.concatenate([stay, answer.sites]))
    after = _covered(demand, opened, reach, districts)
    filled = dataclasses.replace(
        ask,
        radius_m=reach.limit if reach.network is None else None,
        minutes=reach.minutes,
        candidates=candidate_source(workspace, ask, files),
        district=ask.district and within(districts, ask.district).adcodes[0],
    )
    return StationPlan(
        id=f"{created:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}",
        created=created,
        revision=registry.revision,
        ask=filled,
        answer=answer,
        sites=sites,
        demand=demand,
        before=before,
        after=after,
        cumulative=_cumulative(demand, sites.at(stay), sites.at(answer.sites), reach),
        reach=reach,
        stranded=stranded,
        districts=districts,
        curve=curve,
    )


def _of_all(problem: SitingProblem, share: float | None) -> SitingProblem:
    """The problem with its share taken of all workers, not of those within reach only.

    All of them (a share of 1) means all who can be reached.

    Raises
    ------
    InfeasibleError
        If the candidates do not reach so many.
    """
    if share is None or share >= 1:
        return problem
    workers = problem.row_weights
    assert problem.covers is not None  # noqa: S101  the problem is a covering problem
    within = float(workers[np.diff(problem.covers.indptr) > 0].sum())
    most = within / float(workers.sum())
    if share > most * (1 + 1e-9):
        raise InfeasibleError(
            f"{100 * share:g} % of the workers cannot be reached: all candidates and stations "
            f"together reach {100 * most:.2f} %; ask for less, or for 1, which means all of those",
            f"覆盖不了 {100 * share:g} % 的劳动者：所有候选点和已有驿站合起来只能到 "
            f"{100 * most:.2f} %；请降低比例，或填 1，即能覆盖的全部",
        )
    return dataclasses.replace(problem, share=min(1.0, share / most))


def _points_of(curve: Curve) -> tuple[dict[str, Any], ...]:
    """A curve as JSON types."""
    return tuple(
        {
            "new": int(new),
            "objective": round(float(objective), 3),
            "bound": round(float(bound), 3),
            "share": round(float(objective) / curve.total, 6),
            "share_bound": round(float(bound) / curve.total, 6),
        }
        for new, objective, bound in zip(curve.sites, curve.objective, curve.bound, strict=True)
    )


def _demand(workspace: Workspace, ask: SitingAsk) -> Demand:
    """The workers that an ask is about."""
    demand = workspace.known_demand()
    for group in (*ask.groups, *ask.worth):
        if group not in demand.groups:
            raise SitingError(
                f"there is no worker group {group[:40]!r} here: use {', '.join(demand.groups)}",
                f"这里没有群体 {group[:40]!r}：可用 {'、'.join(demand.groups)}",
            )
    if ask.groups:
        found = demand.without([group for group in demand.groups if group not in ask.groups])
        assert found is not None  # noqa: S101  each of the groups is there
        demand = found
    if ask.district is not None:
        (adcode,) = within(workspace.districts, ask.district).adcodes
        assert workspace.districts is not None  # noqa: S101  else it would have been refused
        home = workspace.districts.locate(demand.lon, demand.lat)
        demand = demand.at(home == workspace.districts.adcodes.index(adcode))
    if not demand.total:
        raise SitingError(
            "there are no workers in what is asked: nobody to site stations for",
            "所选范围内没有劳动者：无从选址",
        )
    return demand


def _options(workspace: Workspace, ask: SitingAsk, demand: Demand, sites: Sites) -> dict[str, Any]:
    """What the classmethod of the problem's kind takes, of what is asked."""
    options: dict[str, Any] = {}
    if ask.problem not in {"lscp", "redundancy"}:
        options["p"] = ask.new
    if ask.problem != "pcenter":
        options["worth"] = [ask.worth.get(group, 1.0) for group in demand.groups]
    if ask.share is not None:
        options["share"] = ask.share
    if ask.problem == "backup":
        options["second"] = _BACKUP if ask.second is None else ask.second
    if ask.closing:
        options["closing"] = ask.closing
    if ask.problem == "capacitated":
        options["capacity"] = sites.capacity
    if ask.budget is not None:
        options |= {"budget": ask.budget, "costs": np.nan_to_num(sites.cost)}
    if ask.quotas:
        options |= _quotas(workspace.districts, ask, sites)
    return options


def _quotas(districts: Districts | None, ask: SitingAsk, sites: Sites) -> dict[str, Any]:
    """Quotas under what a message calls each district."""
    quotas = {}
    for word, quota in ask.quotas.items():
        only = within(districts, word)
        quotas[f"{only.names[0]} {only.adcodes[0]}"] = quota
    assert districts is not None  # noqa: S101  else the first quota has been refused
    names = [f"{n} {a}" for n, a in zip(districts.names, districts.adcodes, strict=True)]
    return {
        "districts": [*map((*names, None).__getitem__, sites.home.tolist())],
        "at_least": {name: quota.at_least for name, quota in quotas.items()},
        "at_most": {n: quota.at_most for n, quota in quotas.items() if quota.at_most is not None},
    }


def _covered(demand: Demand, sites: Points, reach: Reach, districts: Districts | None) -> Coverage:
    """Coverage of the demand by some sites."""
    cost = reach.model.nearest(demand.lon, demand.lat, *sites)
    return cover(demand, cost, limit=reach.limit, bands=reach.bands, districts=districts)


def _within_reach(places: Places) -> tuple[Places, NDArray[np.intp]]:
    """Leave out the demand points that have no way to any site; return which they are.

    Raises
    ------
    InfeasibleError
        If none is left.
    """
    reached = np.isfinite(places.model.nearest(*places.demand, *places.sites))
    if not reached.any():
        raise InfeasibleError(
            "no worker has a way to any candidate or station along the streets: is it the network "
            "of this area?",
            "没有一个劳动者能沿道路到达任何候选点或驿站：路网是否属于本地区？",
        )
    kept = dataclasses.replace(
        places,
        demand=Points(*(axis[reached] for axis in places.demand)),
        weights=places.weights[reached],
    )
    return kept, np.flatnonzero(~reached)


def _cumulative(demand: Demand, stay: Points, new: Points, reach: Reach) -> NDArray[np.float64]:
    """(s,) workers within reach once each of the new sites has been opened."""
    workers = demand.workers
    lonely = reach.model.nearest(demand.lon, demand.lat, *stay) > reach.limit
    # In ascending order of rank, so that the first of a run is the one that came first.
    near = reach.model.covers(demand.lon, demand.lat, *new, reach.limit)
    reached = np.flatnonzero(lonely & (np.diff(near.indptr) > 0))
    first = near.indices[near.indptr[reached]]
    gained = np.bincount(first, workers[reached], minlength=len(new.lon))
    cumulative: NDArray[np.float64] = workers[~lonely].sum() + np.cumsum(gained)
    return cumulative
