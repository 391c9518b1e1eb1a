"""Coverage of the workers by the registry: what the books say beside what can be used.

Asked for an hour, or for what somebody needs, there is a third count: who reaches a station that is
open then, lets them in and has it. That is a range, for not everything is known of every station.
"""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any, Final, Literal, TypedDict

import numpy as np
import shapely

from geodata.cost import StraightLine
from geodata.coverage import Coverage, Share, cover
from geodata.gaps import GapZone, find_gaps
from geodata.network.snap import snap
from stations.doors import ANYTHING, Need, doors_at
from stations.filters import USABLE, StationFilter
from stations.vocabulary import label

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from geodata.cost import CostModel
    from geodata.demand import Demand
    from geodata.districts import Districts
    from stations.reach import Mode, Reach
    from stations.registry import Registry

NOMINAL = StationFilter(statuses=frozenset({"open", "suspended"}), expired=True)
"""Every record that the books count as a station in service."""
METHODS: Final[dict[Mode, str]] = {"line": "straight_line", "walk": "walk", "ebike": "ebike"}
"""What a figure calls the way it was measured."""
GROUP_LABELS = {"all": ("全部", "All"), "resident": ("居民", "Residents")}


class CoverOptions(TypedDict):
    """What both counts have in common; see `geodata.coverage.cover`."""

    limit: float
    bands: tuple[float, ...]
    districts: Districts | None
    home: NDArray[np.intp] | None


@dataclasses.dataclass(frozen=True)
class StreetReach:
    """What the nominal circle says beside what the streets allow.

    Attributes
    ----------
    circle_m
        How far one gets straight on within the limit.
    in_circle
        Workers within that circle of a station that can be used.
    in_both
        Those of them who get there along the streets in time.
    off_network
        Workers who are near no street of the network; they count as not covered.
    stations_off_network
        Stations that are near no street of it; nobody is covered by them.
    """

    circle_m: float
    in_circle: float
    in_both: float
    off_network: float
    stations_off_network: int

    @property
    def overstated(self) -> float:
        """Workers whom the circle counts and the streets do not, as a share of those in it."""
        return 1.0 - self.in_both / self.in_circle if self.in_circle else 0.0

    def to_dict(self) -> dict[str, float]:
        """Return the figures as JSON types."""
        return {
            "circle_m": round(self.circle_m, 3),
            "in_circle": _number(self.in_circle),
            "in_both": _number(self.in_both),
            "overstated": round(self.overstated, 6),
            "off_network": _number(self.off_network),
            "stations_off_network": self.stations_off_network,
        }


@dataclasses.dataclass(frozen=True, eq=False)
class OpenCoverage:
    """Who gets in: by the stations that certainly are open and have it, and by those that may.

    Attributes
    ----------
    need
        When, and what for.
    certain, possible
        The two ends of the range.
    stations
        How many stations stand behind each.
    """

    need: Need
    certain: Coverage
    possible: Coverage
    stations: tuple[int, int]

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as JSON types."""
        hour = self.need.hour
        return {
            "at": hour and hour.moment.isoformat(timespec="minutes"),
            "hour": hour and hour.number,
            "holiday": hour and hour.is_holiday,
            "facility": sorted(self.need.facilities),
            "access": sorted(self.need.access),
            "covered": _number(self.certain.covered),
            "share": round(self.certain.share, 6),
            "perhaps_covered": _number(self.possible.covered),
            "perhaps_share": round(self.possible.share, 6),
            "stations": self.stations[0],
            "perhaps_stations": self.stations[1],
        }


@dataclasses.dataclass(frozen=True, eq=False)
class StationCoverage:
    """Coverage counted twice, and why the two differ.

    Attributes
    ----------
    nominal
        By every record in service on the books that has a position: what is usually quoted.
    effective
        By the stations a worker can use: in service, within their dates, position known.
    left_out
        How many nominal records the effective figure leaves out, by reason: ``suspended``,
        ``expired``, ``position_unknown``.
    gaps
        Gap zones of the effective coverage, most workers first; of `open` where it was asked, where
        no station is known to be open.
    sites
        How many stations count.
    reach
        What counts as within reach.
    streets
        How the streets differ from the circle; None where coverage is by straight line.
    open
        Who gets in, for the need that was asked; None where none was. With an hour, all figures are
        of the workers who are at work then.
    """

    nominal: Coverage
    effective: Coverage
    left_out: dict[str, int]
    gaps: tuple[GapZone, ...]
    sites: int
    reach: Reach
    streets: StreetReach | None = None
    districts: Districts | None = None
    open: OpenCoverage | None = None

    def district_name(self, adcode: str | None, lang: str) -> str | None:
        """Name of a district in the language of a reader; None outside all districts."""
        return None if self.districts is None else self.districts.name_of(adcode, lang)

    def to_dict(self, lang: str = "zh") -> dict[str, Any]:
        """Return the figures as JSON types; the plain keys are the effective ones."""
        return {
            "radius_m": round(self.reach.circle_m, 3),
            "method": METHODS[self.reach.mode],
            "minutes": self.reach.minutes,
            "total": _number(self.effective.total),
            "covered": _number(self.effective.covered),
            "share": round(self.effective.share, 6),
            "nominal": {
                "covered": _number(self.nominal.covered),
                "share": round(self.nominal.share, 6),
            },
            "stations": {"counted": self.sites, "left_out": self.left_out},
            "by_district": [
                {
                    "adcode": share.key,
                    "name": self.district_name(share.key, lang),
                    **figures,
                }
                for share, figures in self._rows("by_district")
            ],
            "by_group": [
                {
                    "group": share.key,
                    "name": group_label(str(share.key), lang),
                    **figures,
                }
                for share, figures in self._rows("by_group")
            ],
            "distances": [] if self.streets else self._bands("up_to_m"),
            "times": self._bands("up_to_s") if self.streets else [],
            "streets": self.streets and self.streets.to_dict(),
            "open": self.open and self.open.to_dict(),
        }

    def _rows(
        self, by: Literal["by_district", "by_group"]
    ) -> Iterator[tuple[Share, dict[str, float]]]:
        """Shares of the effective coverage, each with its figures beside those of the others."""
        beside = {"nominal_share": self.nominal}
        if self.open is not None:
            beside |= {"open_share": self.open.certain, "perhaps_share": self.open.possible}
        others = {name: {s.key: s for s in getattr(one, by)} for name, one in beside.items()}
        for share in getattr(self.effective, by):
            shares = {name: round(one[share.key].share, 6) for name, one in others.items()}
            yield share, {**_share(share), **shares}

    def _bands(self, end: str) -> list[dict[str, float | None]]:
        """Workers by the cost of their nearest station; the last band is open."""
        return [
            {end: None if math.isinf(up_to) else up_to, "workers": _number(workers)}
            for up_to, workers in self.effective.bands
        ]

    def gap_features(self, lang: str = "zh", limit: int | None = None) -> dict[str, Any]:
        """Return the largest gap zones as a GeoJSON FeatureCollection, WGS84."""
        return {
            "type": "FeatureCollection",
            "numberMatched": len(self.gaps),
            "features": [self._gap_feature(zone, lang) for zone in self.gaps[:limit]],
        }

    def _gap_feature(self, zone: GapZone, lang: str) -> dict[str, Any]:
        outline = shapely.set_precision(zone.polygon, 1e-6, mode="valid_output")
        district = self.district_name(zone.adcode, lang)
        return {
            "type": "Feature",
            "id": zone.rank,
            "geometry": shapely.geometry.mapping(shapely.orient_polygons(outline)),
            "properties": {
                "rank": zone.rank,
                "name": zone_name(district, zone.sector, lang),
                "workers": _number(zone.workers),
                "by_group": {group: _number(n) for group, n in zone.by_group.items()},
                "adcode": zone.adcode,
                "district": district,
                "centroid": [round(zone.lon, 6), round(zone.lat, 6)],
                "area_m2": round(zone.area_m2),
                # Metres or seconds, whichever coverage is measured in.
                "distance_m": None if self.streets else _finite(zone.cost),
                "nearest_s": _finite(zone.cost) if self.streets else None,
            },
        }


def measure(
    registry: Registry,
    demand: Demand,
    districts: Districts | None,
    *,
    reach: Reach,
    at: dt.datetime | None = None,
    need: Need = ANYTHING,
) -> StationCoverage:
    """Measure coverage within reach, nominally and effectively.

    Parameters
    ----------
    at
        The moment that decides which stations are within their dates; now by default.
    need
        When, and what for: adds the count of those who get in, and leaves out who is not at work.
    """
    if need.hour is not None:
        demand = demand.in_hour(need.hour.number)
    home = None if districts is None else districts.locate(demand.lon, demand.lat)
    options: CoverOptions = {
        "limit": reach.limit,
        "bands": reach.bands,
        "districts": districts,
        "home": home,
    }
    usable = _positions(registry, USABLE, at)
    effective = cover(demand, reach.model.nearest(demand.lon, demand.lat, *usable), **options)
    on_books = _positions(registry, NOMINAL, at)
    nominal = cover(demand, reach.model.nearest(demand.lon, demand.lat, *on_books), **options)
    open_ = None
    if need:
        places = registry.located_index(USABLE, at)[1]
        open_ = _open(registry, places, demand, reach.model, options, need)
    left_open = effective if open_ is None else open_.certain
    gaps = find_gaps(demand, left_open, radius_m=reach.circle_m, districts=districts, home=home)
    return StationCoverage(
        nominal,
        effective,
        left_out(registry, at),
        tuple(gaps),
        len(usable[0]),
        reach,
        _streets(demand, effective, reach, usable),
        districts,
        open_,
    )


def _open(
    registry: Registry,
    places: NDArray[np.intp],
    demand: Demand,
    model: CostModel,
    options: CoverOptions,
    need: Need,
) -> OpenCoverage:
    stations = [registry.stations[i] for i in places]
    *doors, of_group = doors_at(stations, demand.groups, need)
    ends = []
    for admits in doors:
        by_class = [
            model.nearest(demand.lon, demand.lat, *registry.positions(places[one]))
            for one in admits
        ]
        cost = np.stack([by_class[c] for c in of_group], axis=1)
        ends.append((cover(demand, cost, **options), int(admits.any(axis=0).sum())))
    (certain, sure), (possible, maybe) = ends
    return OpenCoverage(need, certain, possible, (sure, maybe))


def _positions(
    registry: Registry, where: StationFilter, at: dt.datetime | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Positions of the located stations that pass."""
    return registry.positions(registry.located_index(where, at)[1])


def _streets(
    demand: Demand,
    effective: Coverage,
    reach: Reach,
    usable: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> StreetReach | None:
    if reach.network is None:
        return None
    workers = demand.workers
    straight = StraightLine().nearest(demand.lon, demand.lat, *usable)
    near = straight <= reach.circle_m
    found = snap(reach.network, demand.lon, demand.lat).found
    return StreetReach(
        reach.circle_m,
        float(workers[near].sum()),
        float(workers[near & (effective.cost <= reach.limit)].sum()),
        float(workers[~found].sum()),
        int((~snap(reach.network, *usable).found).sum()),
    )


def left_out(registry: Registry, at: dt.datetime | None = None) -> dict[str, int]:
    """Count the nominal records that cannot be used, each under its first reason."""
    suspended = registry.mask(StationFilter(statuses=frozenset({"suspended"}), expired=True), at)
    nominal = registry.mask(NOMINAL, at)
    usable = registry.mask(USABLE, at)
    located = np.array([s.geometry is not None for s in registry.stations], dtype=bool)
    expired = nominal & ~suspended & ~usable
    return {
        "suspended": int(suspended.sum()),
        "expired": int(expired.sum()),
        "position_unknown": int((usable & ~located).sum()),
    }


_SECTOR_NAMES = {
    "C": ("中部", "centre"),
    "E": ("东部", "east"),
    "NE": ("东北部", "north-east"),
    "N": ("北部", "north"),
    "NW": ("西北部", "north-west"),
    "W": ("西部", "west"),
    "SW": ("西南部", "south-west"),
    "S": ("南部", "south"),
    "SE": ("东南部", "south-east"),
}


def zone_name(district: str | None, sector: str | None, lang: str) -> str:
    """Return the name of a gap zone: after its district and the part of it."""
    zh, en = _SECTOR_NAMES.get(sector or "", ("", ""))
    if lang == "en":
        return (district or "Outside all districts") + (en and f", {en}")
    return (district or "区外") + zh


def group_label(group: str, lang: str = "zh") -> str:
    """Return what a person reads for a worker group."""
    if group in GROUP_LABELS:
        return GROUP_LABELS[group][lang == "en"]
    return label("serves", group, lang)


def _share(share: Share) -> dict[str, float]:
    return {
        "total": _number(share.total),
        "covered": _number(share.covered),
        "share": round(share.share, 6),
    }


def _number(workers: float) -> float:
    return round(workers, 3)


def _finite(cost: float) -> float | None:
    return None if math.isinf(cost) else round(cost, 1)
