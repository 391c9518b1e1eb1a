"""How a report's figures move with what they assume, and whether stations are large enough."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import sparse

from geodata.demand import HOURS_OF_WEEK
from geodata.week import cover_week
from stations.filters import USABLE
from stations.reach import DETOUR
from stations.report.figures import Capacity, OverloadRow, Range, SensitivityRow
from stations.report.subject import WEEK, people, share
from stations.week import costs_within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from stations.reach import Mode, Reach
    from stations.report.subject import Subject

_LIMITS: Final = (0.5, 0.75, 1.0, 1.5, 2.0)
"""Limits that are tried, as parts of the one that is asked."""
_SPEEDS_M_S: Final[dict[Mode, tuple[float, ...]]] = {
    "line": (1.2, 1.3, 1.4),
    "walk": (1.2, 1.3, 1.4),
    "ebike": (4.0, 4.5, 5.0),
}
"""From slow to brisk; by straight line they are of one who walks."""
NORM_MINUTES: Final = 15.0
"""On foot, by the national norm: what a speed says of a straight line."""
DEMAND_ERROR: Final = 0.2
"""By how much each district's number of workers may be wrong."""
_MOST_OVER: Final = 20


def sensitivity(subject: Subject) -> tuple[SensitivityRow, ...]:
    """Return coverage under other limits, speeds and numbers of workers."""
    limit = subject.reach.limit
    tried = [
        *(("limit", limit * part, limit * part) for part in _LIMITS),
        *(("speed", v, _limit_at(subject.reach, v)) for v in _SPEEDS_M_S[subject.reach.mode]),
    ]
    usable = subject.registry.located_index(USABLE, subject.ask.moment)[1]
    widest = subject.reach.widened(max(one for *_, one in tried))
    costs = costs_within(subject.demand, subject.registry, usable, widest)
    rows = [
        SensitivityRow(kind, round(value, 3), *_at_limit(subject, costs, one), one == limit)
        for kind, value, one in tried
    ]
    return (*rows, *_demand_rows(subject))


def _limit_at(reach: Reach, speed_m_s: float) -> float:
    """The limit that stands for moving at another speed.

    Along streets, where costs are seconds at the speed of the network, as much more time. By
    straight line, how far one gets on foot in the minutes of the norm, with the usual detour.
    """
    if reach.network is None:
        return speed_m_s * 60 * NORM_MINUTES / DETOUR
    # In this order, the speed of the network itself gives the limit itself.
    return reach.limit * (speed_m_s / reach.network.speed_m_s)


def _at_limit(subject: Subject, costs: sparse.csr_array, limit: float) -> tuple[Range, Range]:
    week, within = subject.week, costs.data <= limit
    starts = np.concatenate([[0], np.cumsum(within)])[costs.indptr]
    near = sparse.csr_array((costs.data[within], costs.indices[within], starts), shape=costs.shape)
    reached = week.demand.workers[np.diff(near.indptr) > 0].sum()
    effective = share(reached / (week.demand.total or 1.0))
    found = cover_week(week.demand, near, week.doors)
    active, low, high = (
        float(sums[..., :HOURS_OF_WEEK].sum())
        for sums in (found.active, found.certain, found.possible)
    )
    at_work = Range(share(low / (active or 1.0)), share(high / (active or 1.0)))
    return Range(effective, effective), at_work


def _demand_rows(subject: Subject) -> Iterator[SensitivityRow]:
    """Yield the range of shares if every district's number may be wrong; nothing for one district.

    The worst case has all districts that are covered better than the share counted too high, and
    the others too low, so the extremes are found by trying each place to divide them.
    """
    areas = [area for area, _ in subject.week.areas]
    if len(areas) < 2:
        return
    parts = subject.coverage.effective.by_district
    total, covered = (
        np.array([getattr(one, name) for one in parts]) for name in ("total", "covered")
    )
    hours = [subject.week.shares(area=area) for area in areas]
    active, low, high = (
        np.array([column[list(WEEK)].sum() for column in columns])
        for columns in zip(*((h.active, h.open, h.perhaps) for h in hours), strict=True)
    )
    yield SensitivityRow(
        "demand",
        DEMAND_ERROR,
        Range(_extreme(total, covered, -1), _extreme(total, covered, 1)),
        Range(_extreme(active, low, -1), _extreme(active, high, 1)),
        stated=False,
    )


def _extreme(total: NDArray[np.float64], covered: NDArray[np.float64], sign: int) -> float:
    """Return the least (-1) or greatest (1) share, each total being off by up to `DEMAND_ERROR`."""
    there = total > 0
    total, covered = total[there], covered[there]
    order = np.argsort(-sign * covered / total, kind="stable")
    shares = [0.0]
    for cut in range(len(order) + 1):
        factor = np.full(len(order), 1 - DEMAND_ERROR)
        factor[order[:cut]] = 1 + DEMAND_ERROR
        shares.append(
            float((factor * covered).sum() / (factor * total).sum()) if len(order) else 0.0
        )
    return share(max(shares) if sign > 0 else min(shares[1:]))


def capacity(subject: Subject) -> Capacity:
    """Return which stations of the area are too small for those nearest to them.

    Those are all workers of the workspace, not of the area alone, who have the station for their
    nearest open one in an hour.
    """
    resting = subject.workspace.config.report.resting
    week = subject.workspace.week(subject.reach, at=subject.ask.moment)
    own = {subject.registry.stations[i].id for i in subject.usable}
    over, known, places = [], 0, 0
    for station, load in zip(week.stations, week.load, strict=True):
        room = station.properties.capacity
        if station.id not in own or room is None:
            continue
        known, places = known + 1, places + room
        at_rest = load * resting
        # Half a person beyond is rounding, not a crowd.
        crowded = at_rest >= room + 0.5
        if crowded.any():
            peak = int(at_rest.argmax())
            over.append(
                OverloadRow(
                    station.id,
                    station.name,
                    room,
                    people(at_rest[peak]),
                    peak,
                    int(crowded[:HOURS_OF_WEEK].sum()),
                )
            )
    over.sort(key=lambda row: (row.capacity - row.at_rest, row.id))
    return Capacity(resting, known, len(own) - known, places, tuple(over[:_MOST_OVER]))
