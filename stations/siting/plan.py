"""The answer to a planner: new stations in order, what they change, and the proof."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import shapely

from stations.coverage import METHODS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from geodata.coverage import Coverage
    from geodata.demand import Demand
    from geodata.districts import Districts
    from geodata.siting import SitingPlan
    from stations.reach import Reach
    from stations.siting.ask import SitingAsk
    from stations.siting.sites import Sites

_MOST_COLUMNS = 256
_MOST_BYTES = 180_000


@dataclasses.dataclass(frozen=True, eq=False)
class StationPlan:
    """A plan for one workspace at one revision, complete.

    Attributes
    ----------
    id, created
        Unique, sorting by time; and when it was made.
    revision
        Of the registry that the existing stations come from.
    ask
        What was asked, with radius, source of the candidates and adcode filled in.
    answer
        The solver's plan; its columns are positions in `sites`.
    sites
        Candidates, then existing stations.
    demand
        The workers that were asked about.
    before, after
        Coverage of `demand` by the existing stations, and with the plan carried out.
    cumulative
        (s,) workers within reach after each of ``answer.sites`` has been opened.
    reach
        What counts as within reach.
    stranded
        Demand points that have no way to any site and were left out of the problem.
    curve
        What each number of new stations can reach (see `geodata.siting.curve`), as JSON types;
        empty where it was not asked.
    """

    id: str
    created: dt.datetime
    revision: int
    ask: SitingAsk
    answer: SitingPlan
    sites: Sites
    demand: Demand
    before: Coverage
    after: Coverage
    cumulative: NDArray[np.float64]
    reach: Reach
    stranded: NDArray[np.intp]
    districts: Districts | None = None
    curve: tuple[dict[str, Any], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as JSON types; names are as the files hold them, in every language."""
        answer = self.answer
        return {
            "id": self.id,
            "created": self.created.isoformat(timespec="seconds"),
            "revision": self.revision,
            "ask": self.ask.to_dict(),
            "problem": answer.problem,
            "status": answer.status,
            "objective": _number(answer.objective),
            "bound": _number(answer.bound),
            "gap": _number(answer.gap, 8),
            "seconds": round(answer.seconds, 3),
            "seed": answer.seed,
            "inputs": answer.inputs,
            "radius_m": round(self.reach.circle_m, 3),
            "method": METHODS[self.reach.mode],
            "minutes": self.reach.minutes,
            "total": _number(self.after.total),
            "covered_before": _number(self.before.covered),
            "covered": _number(self.after.covered),
            "share_before": round(self.before.share, 6),
            "share": round(self.after.share, 6),
            "by_group": [
                {
                    "group": after.key,
                    "total": _number(after.total),
                    "before": _number(before.covered),
                    "covered": _number(after.covered),
                }
                for before, after in zip(self.before.by_group, self.after.by_group, strict=True)
            ],
            "by_district": self._by_district(),
            "sites": [self._site(rank) for rank in self._ranks()],
            "closed": self._closed(),
            "unreachable": {
                "workers": _number(float(self.demand.workers[self._unreachable].sum())),
                "points": len(self._unreachable),
            },
            "overload": _number(answer.overload),
            "candidates": {
                "source": self.sites.source,
                "considered": self.sites.candidates,
                "excluded": self.sites.excluded,
                "dropped": self.sites.dropped,
                "areas": self.sites.areas,
                **({"suggested": self.sites.suggested} if self.sites.suggested else {}),
            },
            "assumed_capacity": self.sites.assumed_capacity,
            "curve": list(self.curve),
        }

    def features(self) -> dict[str, Any]:
        """Return the plan as a GeoJSON FeatureCollection, WGS84, for a map.

        The property ``kind`` tells ``site`` (new, with its rank), ``closed`` (existing, to close),
        and areas of demand points: ``newly_covered`` and ``uncovered``, each connected area with
        its ``workers``.
        """
        points = [
            *(self._point("site", self._site(rank)) for rank in self._ranks()),
            *(self._point("closed", site) for site in self._closed()),
        ]
        limit = self.after.limit
        covered = self.after.cost <= limit
        areas = {
            "newly_covered": covered & (self.before.cost > limit),
            "uncovered": ~covered,
        }
        columns = _MOST_COLUMNS
        while True:
            features = [
                *points,
                *(
                    feature
                    for kind, rows in areas.items()
                    for feature in _areas(kind, self.demand.at(rows), self._bbox(), columns)
                ),
            ]
            if columns <= 8 or len(orjson.dumps(features)) <= _MOST_BYTES:
                return {"type": "FeatureCollection", "features": features}
            columns //= 2

    @property
    def workers_with_a_way(self) -> float:
        """Workers who have a way to some site; means of a plan are over them."""
        return self.after.total - float(self.demand.workers[self._unreachable].sum())

    @property
    def _unreachable(self) -> NDArray[np.intp]:
        """Demand points that no site of the problem reaches."""
        return np.concatenate([self.stranded, self.answer.unreachable])

    def _ranks(self) -> range:
        return range(1, len(self.answer.sites) + 1)

    def _site(self, rank: int) -> dict[str, Any]:
        answer, sites = self.answer, self.sites
        column = int(answer.sites[rank - 1])
        cumulative = float(self.cumulative[rank - 1])
        home = int(sites.home[column])
        site = {
            "rank": rank,
            "id": sites.ids[column],
            "lon": round(float(sites.lon[column]), 7),
            "lat": round(float(sites.lat[column]), 7),
            "name": sites.names[column],
            "gain": _number(float(answer.gain[rank - 1])),
            "exclusive": _number(float(answer.exclusive[rank - 1])),
            "cumulative": _number(cumulative),
            "cumulative_share": round(cumulative / self.after.total, 6)
            if self.after.total
            else 0.0,
            "adcode": self.districts.adcodes[home] if self.districts and home >= 0 else None,
            "district": self.districts.names[home] if self.districts and home >= 0 else None,
            "cost": _number(float(sites.cost[column])),
            "capacity": _number(float(sites.capacity[column])),
        }
        if answer.load is not None:
            at = int(np.searchsorted(answer.opened, column))
            site["load"] = _number(float(answer.load[at]))
        return site

    def _closed(self) -> list[dict[str, Any]]:
        sites = self.sites
        return [
            {
                "id": sites.ids[column],
                "name": sites.names[column],
                "lon": round(float(sites.lon[column]), 7),
                "lat": round(float(sites.lat[column]), 7),
            }
            for column in self.answer.closed.tolist()
        ]

    def _by_district(self) -> list[dict[str, Any]]:
        """Districts that have workers here, or get a station."""
        if self.districts is None:
            return []
        opened = np.bincount(
            self.sites.home[self.answer.sites] % (len(self.districts) + 1),
            minlength=len(self.districts) + 1,
        )
        english = (*(self.districts.names_en or self.districts.names), None)
        return [
            {
                "adcode": after.key,
                "name": after.name,
                "name_en": english[i],
                "total": _number(after.total),
                "before": _number(before.covered),
                "covered": _number(after.covered),
                "sites": int(opened[i]),
            }
            for i, (before, after) in enumerate(
                zip(self.before.by_district, self.after.by_district, strict=True)
            )
            if after.total or opened[i]
        ]

    def _bbox(self) -> tuple[float, float, float, float]:
        lon, lat = self.demand.lon, self.demand.lat
        return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())

    @staticmethod
    def _point(kind: str, site: dict[str, Any]) -> dict[str, Any]:
        properties = {name: value for name, value in site.items() if name not in {"lon", "lat"}}
        return {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [site["lon"], site["lat"]]},
            "properties": {"kind": kind, **properties},
        }


def _areas(
    kind: str, demand: Demand, bbox: tuple[float, float, float, float], columns: int
) -> Iterator[dict[str, Any]]:
    """Cells of demand that touch, each connected area as one feature."""
    (width, height), cells = demand.binned(bbox, columns=columns)
    if not cells:
        return
    lon, lat, workers = np.array(cells).T
    # Edges from whole numbers, so that neighbours have the same.
    x, y = np.round(lon / width - 0.5), np.round(lat / height - 0.5)
    boxes = shapely.box(x * width, y * height, (x + 1) * width, (y + 1) * height)
    joined = shapely.simplify(shapely.coverage_union_all(boxes), 0)
    parts = shapely.get_parts(shapely.set_precision(joined, 1e-6))
    tree = shapely.STRtree(parts)
    centre, part = tree.query(shapely.points(lon, lat), predicate="intersects")
    sums = np.bincount(part, workers[centre], minlength=len(parts))
    shapes: Sequence[shapely.Geometry] = shapely.orient_polygons(parts)
    for shape, total in zip(shapes, sums.tolist(), strict=True):
        yield {
            "type": "Feature",
            "geometry": shapely.geometry.mapping(shape),
            "properties": {"kind": kind, "workers": _number(total)},
        }


def _number(value: float, digits: int = 3) -> float | None:
    """A figure for JSON, which knows no infinity and no NaN."""
    return round(value, digits) if math.isfinite(value) else None
