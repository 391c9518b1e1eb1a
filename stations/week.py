"""Coverage through the week: workers at work against stations open, hour by hour.

The share of workers near a record is what everybody quotes. What counts is who, of those at work in
an hour, reaches a station that is open then, lets them in and has what they need.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from geodata.coverage import cover
from geodata.demand import HOURS, HOURS_OF_WEEK
from geodata.gaps import find_gaps
from geodata.week import count_hours, cover_week, loads, packed
from stations.coverage import NOMINAL, group_label, zone_name
from stations.doors import ANYTHING, doors_through_week
from stations.filters import USABLE
from stations.hours import BEIJING
from stations.hours.typical import typical_days

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy import sparse

    from geodata.demand import Demand
    from geodata.districts import Districts
    from geodata.gaps import GapZone
    from geodata.week import Doors, WeekCoverage
    from stations.doors import Need
    from stations.hours.typical import TypicalDays
    from stations.model import Station
    from stations.reach import Reach
    from stations.registry import Registry


class Band(NamedTuple):
    """A part of the week that is spoken of as one."""

    code: str
    zh: str
    en: str
    hours: frozenset[int]

    def name(self, lang: str) -> str:
        """What a reader of a language calls it."""
        return self.en if lang == "en" else self.zh


def _band(code: str, zh: str, en: str, days: Sequence[int], hours: Sequence[int]) -> Band:
    return Band(code, zh, en, frozenset(24 * day + hour for day in days for hour in hours))


_WEEK, _HOLIDAY = range(7), 7
BANDS: Final = (
    _band("night", "夜间（22–5 时）", "Night (22:00-05:00)", _WEEK, (22, 23, *range(5))),
    _band("early", "清晨（5–8 时）", "Early morning (05:00-08:00)", _WEEK, range(5, 8)),
    _band("workday", "工作日白天（8–18 时）", "Workdays (08:00-18:00)", range(5), range(8, 18)),
    _band("evening", "傍晚（18–22 时）", "Evening (18:00-22:00)", _WEEK, range(18, 22)),
    _band("weekend", "周末白天（8–18 时）", "Weekends (08:00-18:00)", (5, 6), range(8, 18)),
    _band("holiday", "节假日（全天）", "Public holidays", (_HOLIDAY,), range(24)),
)
"""Parts of the week; all but the holiday divide its 168 hours between them."""
DESERTS: Final = ("night", "early", "weekend", "holiday")
"""The bands in which those are named who find nothing open."""
_MOST_ZONES: Final = 8
"""Zones of a desert that are named."""


class HourShares(NamedTuple):
    """Workers at work in each hour, and those of them who are covered; (192,) each.

    `nominal` by what is on the books, `effective` by what can be used; `open` by what is known to
    be open and to be what is needed, `perhaps` by what may be; ``_twice`` by two such stations.
    """

    active: NDArray[np.float64]
    nominal: NDArray[np.float64]
    effective: NDArray[np.float64]
    open: NDArray[np.float64]
    perhaps: NDArray[np.float64]
    open_twice: NDArray[np.float64]
    perhaps_twice: NDArray[np.float64]

    def over(self, hours: Sequence[int] | frozenset[int]) -> HourMeans:
        """Return the shares over some hours together: of the hours that are worked."""
        chosen = sorted(hours)
        active, *rest = (float(column[chosen].sum()) for column in self)
        return HourMeans(active / len(chosen), *((n / active if active else 0.0) for n in rest))

    def to_dict(self) -> dict[str, list[float]]:
        """Return the figures as JSON types, by their names."""
        return {name: column.round(2).tolist() for name, column in self._asdict().items()}


class HourMeans(NamedTuple):
    """Mean number of workers at work, and the shares of the hours worked that are covered."""

    workers: float
    nominal: float
    effective: float
    open: float
    perhaps: float
    open_twice: float
    perhaps_twice: float

    def to_dict(self) -> dict[str, float]:
        """Return the figures as JSON types."""
        return {name: round(value, 6) for name, value in self._asdict().items()}


@dataclasses.dataclass(frozen=True, eq=False)
class StationWeek:
    """Who is at work and who finds a station open, in each hour.

    Attributes
    ----------
    days
        The days that stand for the week and for a holiday.
    need
        What for; its hour says nothing here.
    reach
        What counts as within reach.
    demand, week
        The workers; by area (districts, then what lies outside), group and hour those who get in.
    nominal, effective
        (a, g) workers within reach of a station on the books, and of one that can be used.
    stations
        The m usable stations.
    near
        (n, m) costs of those within reach of each demand point.
    home
        (n,) district of each demand point, -1 outside all; None without districts.
    """

    days: TypicalDays
    need: Need
    reach: Reach
    demand: Demand
    week: WeekCoverage
    nominal: NDArray[np.float64]
    effective: NDArray[np.float64]
    stations: tuple[Station, ...]
    near: sparse.csr_array
    districts: Districts | None = None
    home: NDArray[np.intp] | None = None

    @property
    def areas(self) -> list[tuple[int, str | None]]:
        """Number and adcode of each district, and of what lies outside, if anybody works there."""
        if self.districts is None:
            return []
        areas: list[tuple[int, str | None]] = list(enumerate(self.districts.adcodes))
        outside = len(areas)
        return [*areas, (outside, None)] if self.week.active[outside].any() else areas

    def shares(self, *, area: int | None = None, group: int | None = None) -> HourShares:
        """Return the figures by hour: of one area, one group, or all."""
        where = slice(None) if area is None else [area]
        which = slice(None) if group is None else [group]
        week, at_work = self.week, self.demand.at_work

        def summed(values: NDArray[np.float64]) -> NDArray[np.float64]:
            total: NDArray[np.float64] = values[where][:, which].sum(axis=(0, 1))
            return total

        return HourShares(
            summed(week.active),
            summed(self.nominal[:, :, None] * at_work),
            summed(self.effective[:, :, None] * at_work),
            summed(week.certain),
            summed(week.possible),
            summed(week.certain_twice),
            summed(week.possible_twice),
        )

    def needing(self, need: Need) -> StationWeek:
        """The week of the same workers and stations for another need."""
        doors = doors_through_week(self.stations, self.demand.groups, self.days, need)
        area, areas = _areas(self.demand, self.home, self.districts)
        week = cover_week(self.demand, self.near, doors, area=area, areas=areas)
        return dataclasses.replace(self, need=need, week=week)

    @functools.cached_property
    def doors(self) -> Doors:
        """When the stations let each group in that needs this."""
        return doors_through_week(self.stations, self.demand.groups, self.days, self.need)

    @functools.cached_property
    def load(self) -> NDArray[np.float64]:
        """(m, 192) workers at work for whom each station is the nearest known to be open."""
        return loads(self.demand, self.near, self.doors)

    @functools.cached_property
    def deserts(self) -> tuple[Desert, ...]:
        """Where those who are at work in each of `DESERTS` find nothing open."""
        return tuple(self.desert(band) for band in BANDS if band.code in DESERTS)

    def desert(self, band: Band) -> Desert:
        """Return where those who are at work in a band find nothing open.

        A demand point is a desert for a group if, in more than half of the hours of the band, no
        station within its reach is known to be open to it. Workers are the mean of those hours.
        """
        hours = sorted(band.hours)
        flags = np.zeros(HOURS, np.bool_)
        flags[hours] = True
        mask = packed(flags)
        workers = self.demand.weights * self.demand.at_work[:, hours].mean(axis=1)
        rest = dataclasses.replace(self.demand, weights=workers, profile=None, holiday=None)
        ends = []
        for bits in (self.week.certain_hours, self.week.possible_hours):
            seldom = 2 * count_hours(bits & mask) < len(hours)
            by_group = seldom[list(self.week.of_group)].T
            cost = np.where(by_group, np.inf, 0.0)
            ends.append(cover(rest, cost, limit=self.reach.limit))
        without, surely_without = ends
        zones = find_gaps(
            rest,
            without,
            radius_m=self.reach.circle_m,
            districts=self.districts,
            home=self.home,
            most=_MOST_ZONES,
        )
        sure = surely_without.uncovered(rest).sum(axis=1)
        return Desert(
            band,
            without.total,
            without.total - without.covered,
            surely_without.total - surely_without.covered,
            tuple(zones),
            tuple(float(sure[zone.points].sum()) for zone in zones),
        )

    def to_dict(self, lang: str = "zh") -> dict[str, Any]:
        """Return the figures as JSON types: lists have a value for each of the 192 hours."""
        everyone = self.shares()
        week = range(HOURS_OF_WEEK)
        return {
            "monday": self.days.monday.isoformat(),
            "holiday": self.days.holiday and self.days.holiday.isoformat(),
            "facility": sorted(self.need.facilities),
            "access": sorted(self.need.access),
            "mean": everyone.over(week).to_dict(),
            "hours": everyone.to_dict(),
            "bands": [
                {"band": band.code, "name": band.name(lang)} | everyone.over(band.hours).to_dict()
                for band in BANDS
            ],
            "by_group": [
                {
                    "group": group,
                    "name": group_label(group, lang),
                    "mean": self.shares(group=j).over(week).to_dict(),
                    "hours": self.shares(group=j).to_dict(),
                }
                for j, group in enumerate(self.demand.groups)
            ],
            "by_district": [
                {
                    "adcode": adcode,
                    "name": self.district_name(adcode, lang),
                    "mean": self.shares(area=area).over(week).to_dict(),
                }
                for area, adcode in self.areas
            ],
            "deserts": [self._desert_dict(desert, lang) for desert in self.deserts],
        }

    def district_name(self, adcode: str | None, lang: str) -> str | None:
        """Name of a district in the language of a reader; None outside all districts."""
        return None if self.districts is None else self.districts.name_of(adcode, lang)

    def _desert_dict(self, desert: Desert, lang: str) -> dict[str, Any]:
        return {
            "band": desert.band.code,
            "name": desert.band.name(lang),
            "workers": round(desert.workers, 3),
            "without": round(desert.without, 3),
            "surely_without": round(desert.surely_without, 3),
            "zones": [
                {
                    "name": zone_name(self.district_name(zone.adcode, lang), zone.sector, lang),
                    "workers": round(zone.workers, 3),
                    "surely": round(surely, 3),
                    "centroid": [round(zone.lon, 6), round(zone.lat, 6)],
                }
                for zone, surely in zip(desert.zones, desert.surely, strict=True)
            ],
        }


@dataclasses.dataclass(frozen=True, eq=False)
class Desert:
    """Workers who, for most of a band, have no station within reach that is known to be open.

    Attributes
    ----------
    workers
        At work in the band, the mean of its hours.
    without, surely_without
        Those of them without a station that is known to be open, and without one that may be.
    zones, surely
        Where most of them are, at most eight; and how many in each have none that may be.
    """

    band: Band
    workers: float
    without: float
    surely_without: float
    zones: tuple[GapZone, ...]
    surely: tuple[float, ...]


def measure_week(
    registry: Registry,
    demand: Demand,
    districts: Districts | None,
    *,
    reach: Reach,
    at: dt.datetime,
    need: Need = ANYTHING,
) -> StationWeek:
    """Measure coverage in each hour of the week and of a public holiday.

    Parameters
    ----------
    at
        Which stations are within their dates, and near which day the typical week is taken.

    Raises
    ------
    TooLargeError
        If there are more pairs of workers and stations than there is memory for.
    """
    days = typical_days(at.astimezone(BEIJING).date())
    usable = registry.located_index(USABLE, at)[1]
    stations = tuple(registry.stations[i] for i in usable)
    near = costs_within(demand, registry, usable, reach)
    home = None if districts is None else districts.locate(demand.lon, demand.lat)
    area, areas = _areas(demand, home, districts)
    on_books = registry.located_index(NOMINAL, at)[1]
    cost = reach.model.nearest(demand.lon, demand.lat, *registry.positions(on_books))

    def by_area(covered: NDArray[np.bool_]) -> NDArray[np.float64]:
        columns = [np.bincount(area, w * covered, minlength=areas) for w in demand.weights.T]
        return np.stack(columns, axis=1)

    doors = doors_through_week(stations, demand.groups, days, need)
    return StationWeek(
        days,
        need,
        reach,
        demand,
        cover_week(demand, near, doors, area=area, areas=areas),
        by_area(cost <= reach.limit),
        by_area(np.diff(near.indptr) > 0),
        stations,
        near,
        districts,
        home,
    )


def _areas(
    demand: Demand, home: NDArray[np.intp] | None, districts: Districts | None
) -> tuple[NDArray[np.intp], int]:
    """(n,) number of the area of each demand point, and how many there are; the last is outside."""
    if home is None or districts is None:
        return np.zeros(len(demand), np.intp), 1
    areas = len(districts) + 1
    return home % areas, areas


def costs_within(
    demand: Demand, registry: Registry, places: NDArray[np.intp], reach: Reach
) -> sparse.csr_array:
    """(n, m) costs of the stations at some places of the registry, up to the limit of a reach."""
    limits = np.full(len(demand), reach.limit)
    return reach.model.costs(
        demand.lon, demand.lat, *registry.positions(places), limits=limits
    ).table
