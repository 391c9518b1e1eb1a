"""Coverage of the workers by the registry: what the books say beside what can be used."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.coverage import Coverage, Share, cover
from geodata.gaps import GapZone, find_gaps
from stations.filters import USABLE, StationFilter
from stations.vocabulary import label

if TYPE_CHECKING:
    import datetime as dt

    from geodata.demand import Demand
    from geodata.districts import Districts
    from stations.registry import Registry

NOMINAL = StationFilter(statuses=frozenset({"open", "suspended"}), expired=True)
"""Every record that the books count as a station in service."""
GROUP_LABELS = {"all": ("全部", "All"), "resident": ("居民", "Residents")}


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
        Gap zones of the effective coverage, most workers first.
    """

    nominal: Coverage
    effective: Coverage
    left_out: dict[str, int]
    gaps: tuple[GapZone, ...]
    sites: int
    districts: Districts | None = None

    def district_name(self, adcode: str | None, lang: str) -> str | None:
        """Name of a district in the language of a reader; None outside all districts."""
        if adcode is None or self.districts is None:
            return None
        return self.districts.name(self.districts.adcodes.index(adcode), lang)

    def to_dict(self, lang: str = "zh") -> dict[str, Any]:
        """Return the figures as JSON types; the plain keys are the effective ones."""
        nominal = {share.key: share for share in self.nominal.by_district}
        nominal_groups = {share.key: share for share in self.nominal.by_group}
        return {
            "radius_m": self.effective.radius_m,
            "method": "straight_line",
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
                    **_share(share),
                    "nominal_share": round(nominal[share.key].share, 6),
                }
                for share in self.effective.by_district
            ],
            "by_group": [
                {
                    "group": share.key,
                    "name": group_label(str(share.key), lang),
                    **_share(share),
                    "nominal_share": round(nominal_groups[share.key].share, 6),
                }
                for share in self.effective.by_group
            ],
            "distances": [
                {"up_to_m": None if math.isinf(up_to) else up_to, "workers": _number(workers)}
                for up_to, workers in self.effective.bands
            ],
        }

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
                "name": _gap_name(district, zone.sector, lang),
                "workers": _number(zone.workers),
                "by_group": {group: _number(n) for group, n in zone.by_group.items()},
                "adcode": zone.adcode,
                "district": district,
                "centroid": [round(zone.lon, 6), round(zone.lat, 6)],
                "area_m2": round(zone.area_m2),
                "distance_m": None if math.isinf(zone.distance_m) else round(zone.distance_m, 1),
            },
        }


def measure(
    registry: Registry,
    demand: Demand,
    districts: Districts | None,
    *,
    radius_m: float,
    at: dt.datetime | None = None,
) -> StationCoverage:
    """Measure coverage within `radius_m` by straight line, nominally and effectively.

    Parameters
    ----------
    at
        The moment that decides which stations are within their dates; now by default.
    """
    usable = registry.sites(USABLE, at)
    home = None if districts is None else districts.locate(demand.lon, demand.lat)
    effective = cover(demand, usable, radius_m=radius_m, districts=districts, home=home)
    nominal = cover(
        demand, registry.sites(NOMINAL, at), radius_m=radius_m, districts=districts, home=home
    )
    gaps = find_gaps(
        demand, effective.distance_m, radius_m=radius_m, districts=districts, home=home
    )
    return StationCoverage(
        nominal, effective, left_out(registry, at), tuple(gaps), len(usable), districts
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


def _gap_name(district: str | None, sector: str | None, lang: str) -> str:
    """Name a gap zone after its district and the part of it."""
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
