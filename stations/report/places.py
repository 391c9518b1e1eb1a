"""What a report says of places: distances, gaps and the site that would close most of each."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from geodata.errors import InfeasibleError
from stations.report.figures import (
    BestSite,
    Distances,
    DistrictShape,
    GapRow,
    MapPoint,
    ReportMap,
    SiteRow,
    Sites,
)
from stations.report.subject import IN_SERVICE, degrees, district_name, people, share
from stations.siting.ask import SitingAsk
from stations.siting.propose import propose
from stations.siting.sites import Files, gather

if TYPE_CHECKING:
    import threading

    from numpy.typing import NDArray
    from scipy import sparse

    from geodata.coverage import Coverage
    from geodata.gaps import GapZone
    from stations.report.subject import Subject
    from stations.siting.plan import StationPlan
    from stations.siting.sites import Sites as Candidates

MOST_GAPS: Final = 20
_STEPS: Final = 60
"""Steps of a curve of distances; each of the ends below divides them."""
_ENDS: Final = (3, 5, 10, 20, 30)
"""How many times the limit a curve may go: as far as most workers have to."""
_QUANTILES: Final = (0.5, 0.8, 0.9)
_MAX_GAP: Final = 0.005
"""How far from the proved best a plan of a report may be."""

Rings = tuple[tuple[tuple[float, float], ...], ...]


def distances(subject: Subject) -> Distances:
    """Return how far workers are from their nearest station."""
    found, limit = subject.coverage, subject.reach.limit
    workers = subject.demand.workers
    order = np.argsort(found.effective.cost, kind="stable")
    reached = np.cumsum(workers[order]) / (workers.sum() or 1.0)
    quantiles = []
    for part in _QUANTILES:
        place = int(np.searchsorted(reached, part - 1e-12))
        cost = found.effective.cost[order[place]] if place < len(order) else math.inf
        quantiles.append((part, round(float(cost), 1) if math.isfinite(cost) else None))
    farthest = quantiles[-1][1]
    if farthest is None:
        farthest = math.inf
    times = next((one for one in _ENDS if farthest <= one * limit), _ENDS[-1])
    at = np.linspace(0, times * limit, _STEPS + 1)
    # Exactly, or those who are just within reach might be missing there.
    at[_STEPS // times] = limit
    return Distances(
        "m" if subject.reach.network is None else "s",
        tuple(at.round(1).tolist()),
        _curve(found.nominal, workers, at),
        _curve(found.effective, workers, at),
        tuple(quantiles),
    )


def _curve(
    coverage: Coverage, workers: NDArray[np.float64], at: NDArray[np.float64]
) -> tuple[float, ...]:
    """Share of the workers within each of some distances, one exactly there included."""
    bins = np.searchsorted(at, coverage.cost, side="left")
    sums = np.bincount(bins, workers, minlength=len(at) + 1)[: len(at)]
    return tuple(map(share, np.cumsum(sums) / (workers.sum() or 1.0)))


def gap_rows(subject: Subject, sites: Candidates | None) -> tuple[GapRow, ...]:
    """Return the largest gap zones, each with the candidate that would close most of it."""
    zones = [zone for zone in subject.coverage.gaps if zone.workers >= 0.5][:MOST_GAPS]
    best = _best_sites(subject, zones, sites)
    return tuple(
        GapRow(
            rank=zone.rank,
            name=subject.zone_name(zone),
            workers=people(zone.workers),
            area_m2=round(zone.area_m2),
            nearest=round(zone.cost, 1) if math.isfinite(zone.cost) else None,
            lon=degrees(zone.lon),
            lat=degrees(zone.lat),
            best=site,
            rings=rings_of(zone.polygon),
        )
        for zone, site in zip(zones, best, strict=True)
    )


def _best_sites(
    subject: Subject, zones: list[GapZone], sites: Candidates | None
) -> list[BestSite | None]:
    if not zones or sites is None:
        return [None] * len(zones)
    demand, limit = subject.demand, subject.reach.limit
    open_ = np.flatnonzero(subject.coverage.effective.cost > limit)
    left = demand.at(open_)
    columns = np.arange(sites.candidates)
    covers = subject.reach.model.covers(left.lon, left.lat, *sites.at(columns), limit)
    gains = covers.T @ left.workers
    rows = np.full(len(demand), -1, np.intp)
    rows[open_] = np.arange(len(open_))
    found: list[BestSite | None] = []
    for zone in zones:
        own = rows[zone.points]
        found.append(_best(sites, covers[own], left.workers[own], gains))
    return found


def _best(
    sites: Candidates,
    covers: sparse.csr_array,
    workers: NDArray[np.float64],
    gains: NDArray[np.float64],
) -> BestSite | None:
    closes = covers.T @ workers
    if not closes.any():
        return None
    # Of those that close as much of the gap, the one that gains most around it too.
    best = int(np.lexsort((-gains.round(6), -closes.round(6)))[0])
    return BestSite(
        sites.ids[best],
        sites.names[best],
        degrees(sites.lon[best]),
        degrees(sites.lat[best]),
        people(closes[best]),
        people(gains[best]),
    )


def candidates(subject: Subject) -> Candidates | None:
    """Return the candidates, as for a plan.

    None where all lie in excluded areas, or nobody who is left out is near one.
    """
    ask = siting_ask(subject, 1)
    uncovered = subject.coverage.effective.cost > subject.reach.limit
    wanted = subject.demand.at(uncovered)
    try:
        found = gather(
            subject.workspace, ask, Files(), wanted, subject.reach.circle_m, at=subject.ask.moment
        )
    except InfeasibleError:
        return None
    return found if found.candidates else None


def siting_ask(subject: Subject, new: int) -> SitingAsk:
    """Return the ask for as many new stations in the area."""
    ask = subject.ask
    return SitingAsk(
        new=new,
        mode=ask.mode,
        radius_m=ask.radius_m,
        minutes=ask.minutes,
        district=ask.district,
        max_gap=_MAX_GAP,
        time_s=ask.time_s,
    )


def recommend(
    subject: Subject, sites: Candidates | None, stop: threading.Event | None = None
) -> Sites:
    """Return where new stations would cover most workers, with the proved bound on any plan."""
    if not subject.ask.sites:
        return Sites((), why_none="not_asked")
    if not subject.demand.total:
        return Sites((), why_none="no_workers")
    beyond = subject.coverage.effective.cost > subject.reach.limit
    if not subject.demand.workers[beyond].any():
        return Sites((), why_none="all_covered")
    if sites is None:
        return Sites((), why_none="no_candidates")
    # Where there are fewer candidates than are asked for, all of them.
    ask = siting_ask(subject, min(subject.ask.sites, sites.candidates))
    return _sites(subject, propose(subject.workspace, ask, at=subject.ask.moment, stop=stop))


def _sites(subject: Subject, plan: StationPlan) -> Sites:
    estimate = _estimated_cost(subject)
    rows = []
    for rank, column in enumerate(plan.answer.sites.tolist(), 1):
        cost, home = float(plan.sites.cost[column]), int(plan.sites.home[column])
        every = subject.workspace.districts
        rows.append(
            SiteRow(
                rank=rank,
                id=plan.sites.ids[column],
                name=plan.sites.names[column],
                district=None if every is None or home < 0 else district_name(every, home),
                lon=degrees(plan.sites.lon[column]),
                lat=degrees(plan.sites.lat[column]),
                gain=people(plan.answer.gain[rank - 1]),
                cumulative=people(plan.cumulative[rank - 1]),
                cost_cny=round(estimate if math.isnan(cost) else cost, 2),
                estimated=math.isnan(cost),
            )
        )
    rows = [row for row in rows if row.gain > 0]
    answer = plan.answer
    if not rows:
        return Sites((), why_none="no_candidates")
    return Sites(
        tuple(rows),
        status=answer.status,
        bound=people(answer.bound),
        gap=round(answer.gap, 6) if math.isfinite(answer.gap) else None,
        share=share(rows[-1].cumulative / plan.after.total),
        cost_cny=round(math.fsum(row.cost_cny or 0.0 for row in rows), 2),
        source=plan.sites.source,
        considered=plan.sites.candidates,
    )


def _estimated_cost(subject: Subject) -> float:
    """What a station of the register cost, the middle one of those on record; else the setting."""
    known = [
        invested
        for station in subject.registry.stations
        if (invested := station.properties.invested_cny)
    ]
    if known:
        return float(np.median(known))
    return subject.workspace.config.report.site_cost_cny


def report_map(subject: Subject) -> ReportMap:
    """Return what the map of a report shows."""
    shapes = _district_shapes(subject)
    usable = set(subject.usable.tolist())
    points = []
    for place, station in zip(subject.places.tolist(), subject.stations, strict=True):
        if station.position is None or station.properties.status not in IN_SERVICE:
            continue
        state = "usable" if place in usable else "unusable"
        if place in usable and subject.registry.entry(place).all_day:
            state = "all_day"
        lon, lat = map(degrees, station.position)
        points.append(MapPoint(lon, lat, state))
    return ReportMap(_bbox(subject), shapes, tuple(points))


def _district_shapes(subject: Subject) -> tuple[DistrictShape, ...]:
    every = subject.workspace.districts
    if every is None:
        return ()
    shares = {one.key: one for one in subject.coverage.effective.by_district if one.total}
    tolerance = max(every.bounds[2] - every.bounds[0], every.bounds[3] - every.bounds[1]) / 1500
    shapes = []
    for index, shape in enumerate(every.geometries):
        inside = shape.representative_point()
        own = subject.index is None or index == subject.index
        found = shares.get(every.adcodes[index]) if own else None
        shapes.append(
            DistrictShape(
                district_name(every, index),
                degrees(inside.x),
                degrees(inside.y),
                rings_of(shapely.simplify(shape, tolerance)),
                None if found is None else share(found.share),
                own,
            )
        )
    return tuple(shapes)


def _bbox(subject: Subject) -> tuple[float, float, float, float]:
    """West, south, east, north of what the report is of."""
    if subject.districts is not None:
        west, south, east, north = subject.districts.bounds
    else:
        lon, lat = subject.demand.lon, subject.demand.lat
        west, south, east, north = lon.min(), lat.min(), lon.max(), lat.max()
    return degrees(west), degrees(south), degrees(east), degrees(north)


def rings_of(shape: shapely.Geometry) -> Rings:
    """Rings of lon, lat of a polygon or several, outer and inner ones alike."""
    return tuple(
        tuple((degrees(x), degrees(y)) for x, y in ring.coords)
        for part in shapely.get_parts(shape)
        if part.geom_type == "Polygon"
        for ring in (part.exterior, *part.interiors)
    )
