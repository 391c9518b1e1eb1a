"""Access: how many places there are for a worker, and how evenly they are spread."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from geodata.access import floating_catchment
from geodata.equity import equity
from stations.coverage import group_label
from stations.filters import USABLE

if TYPE_CHECKING:
    from geodata.access import Access, Decay
    from geodata.districts import Districts
    from geodata.equity import Equity, EquityReport, Part
    from stations.reach import Reach
    from stations.workspace import Workspace

_PER = 1000


@dataclasses.dataclass(frozen=True, eq=False)
class AccessReport:
    """Places for each worker by the two-step floating catchment area, and their equity.

    Attributes
    ----------
    reach
        Size of a catchment.
    decay
        How workers far from a station count; see `geodata.access`.
    access
        The scores by demand point and station.
    equity
        Of the scores over the workers.
    places
        Places of all stations counted.
    stations
        How many stations count.
    assumed
        What a station of unknown capacity was taken to have, and how many there are.
    """

    reach: Reach
    decay: Decay
    access: Access
    equity: EquityReport
    places: float
    stations: int
    assumed: tuple[float, int]
    districts: Districts | None

    def to_dict(self, lang: str = "zh") -> dict[str, Any]:
        """Return the figures as JSON types; means are places for 1,000 workers."""
        capacity, unknown = self.assumed
        split = self.equity.districts
        return {
            "mode": self.reach.mode,
            "radius_m": round(self.reach.circle_m, 3),
            "minutes": self.reach.minutes,
            "decay": self.decay,
            "places": _number(self.places),
            "stations": {
                "counted": self.stations,
                "capacity_unknown": unknown,
                "capacity_assumed": _number(capacity) if unknown else None,
                "unreached": int(np.isnan(self.access.ratio).sum()),
            },
            **_figures(self.equity.overall),
            "theil_between_districts": split and _number(split.between, 6),
            "theil_within_districts": split and _number(split.within, 6),
            "by_district": [
                {"adcode": part.key, "name": self._district(part, lang), **_figures(part.equity)}
                for part in self.equity.by_district
            ],
            "by_group": [
                {
                    "group": part.key,
                    "name": group_label(str(part.key), lang),
                    **_figures(part.equity),
                }
                for part in self.equity.by_group
            ],
        }

    def _district(self, part: Part, lang: str) -> str | None:
        return None if self.districts is None else self.districts.name_of(part.key, lang)


def measure_access(workspace: Workspace, reach: Reach, *, decay: Decay = "none") -> AccessReport:
    """Measure how many places there are for a worker within reach.

    Stations are those in service, within their dates, with a position. One whose capacity is not
    known is taken to have as many places as the middle one of the others, or one where none is.

    Raises
    ------
    WorkspaceError
        If the workspace has no demand yet.
    TooLargeError
        If there are more pairs of workers and stations than there is memory for.
    """
    demand, registry, districts = workspace.known_demand(), workspace.registry, workspace.districts
    places = registry.located_index(USABLE)[1]
    known = np.array(
        [math.nan if (c := registry.stations[i].properties.capacity) is None else c for i in places]
    ).astype(np.float64)
    unknown = np.isnan(known)
    middle = 1.0 if unknown.all() else float(np.median(known[~unknown]))
    capacity = np.where(unknown, middle, known)
    costs = reach.model.costs(
        demand.lon,
        demand.lat,
        *registry.positions(places),
        limits=np.full(len(demand.lon), reach.limit),
    )
    access = floating_catchment(
        costs.table, demand.weights, capacity, limit=reach.limit, decay=decay
    )
    return AccessReport(
        reach,
        decay,
        access,
        equity(demand, access.score, districts=districts),
        float(capacity.sum()),
        len(places),
        (middle, int(unknown.sum())),
        districts,
    )


def _figures(found: Equity) -> dict[str, float | None]:
    return {
        "workers": _number(found.workers),
        "places_per_1000": _number(found.mean * _PER),
        "gini": _number(found.gini, 6),
        "theil": _number(found.theil, 6),
        "palma": _number(found.palma, 6),
    }


def _number(value: float, digits: int = 3) -> float | None:
    """A figure for JSON, which knows no infinity and no NaN."""
    return round(value, digits) if math.isfinite(value) else None
