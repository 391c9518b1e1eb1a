"""What a report is of: an area, its workers and its stations, at one revision of the registry."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from stations.coverage import measure, zone_name
from stations.filters import USABLE
from stations.report.figures import Headline, Named, Range, StationCounts
from stations.siting.sites import within
from stations.week import measure_week

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.demand import Demand
    from geodata.districts import Districts
    from geodata.gaps import GapZone
    from stations.coverage import StationCoverage
    from stations.model import Station
    from stations.reach import Reach
    from stations.registry import Registry
    from stations.report.ask import ReportAsk
    from stations.week import HourMeans, StationWeek
    from stations.workspace import Workspace

WEEK: Final = range(168)
IN_SERVICE: Final = frozenset({"open", "suspended"})
_PLANNED: Final = frozenset({"planned", "building"})


@dataclasses.dataclass(frozen=True, eq=False)
class Subject:
    """An area of a workspace as a report looks at it.

    Attributes
    ----------
    workspace
        With the registry as it was then.
    ask
        What is asked.
    reach
        What counts as within reach.
    index
        Number of the district; None for the whole area.
    demand
        The workers of the area. Stations of neighbours reach them too.
    places
        (k,) places in the registry of the stations of the area: those in it, and those without a
        position that name it.
    """

    workspace: Workspace
    ask: ReportAsk
    reach: Reach
    index: int | None
    demand: Demand
    places: NDArray[np.intp]

    @property
    def registry(self) -> Registry:
        """The registry as it was."""
        return self.workspace.registry

    @property
    def districts(self) -> Districts | None:
        """The districts that figures are told by: all of them, or the one."""
        found = self.workspace.districts
        return found if found is None or self.index is None else found.only(self.index)

    @property
    def name(self) -> Named:
        """The area in both languages."""
        if self.index is None or self.districts is None:
            return Named(self.workspace.config.title, self.workspace.config.title_en)
        return district_name(self.districts, 0)

    @functools.cached_property
    def stations(self) -> list[Station]:
        """The stations of the area, by id."""
        return [self.registry.stations[i] for i in self.places]

    @functools.cached_property
    def in_service(self) -> list[Station]:
        """Those of them that are in service by their records."""
        return [s for s in self.stations if s.properties.status in IN_SERVICE]

    @functools.cached_property
    def usable(self) -> NDArray[np.intp]:
        """Places of those of them that can be used."""
        passes = self.registry.mask(USABLE, self.ask.moment)[self.places]
        located = np.array([s.geometry is not None for s in self.stations], np.bool_)
        return self.places[passes & located]

    @functools.cached_property
    def coverage(self) -> StationCoverage:
        """Nominal and effective coverage of the workers."""
        return measure(
            self.registry, self.demand, self.districts, reach=self.reach, at=self.ask.moment
        )

    @functools.cached_property
    def week(self) -> StationWeek:
        """Coverage of the workers through the week."""
        if self.index is None:
            # Kept by the workspace, which is asked for it again.
            return self.workspace.week(self.reach, at=self.ask.moment)
        return measure_week(
            self.registry, self.demand, self.districts, reach=self.reach, at=self.ask.moment
        )

    def headline(self) -> Headline:
        """Return the key figures."""
        mean = self.week.shares().over(WEEK)
        return Headline(
            workers=people(self.demand.total),
            nominal=share(self.coverage.nominal.share),
            effective=share(self.coverage.effective.share),
            at_work=open_range(mean),
            twice=Range(share(mean.open_twice), share(mean.perhaps_twice)),
            stations=self._counts(),
        )

    def _counts(self) -> StationCounts:
        status = [s.properties.status for s in self.stations]
        passes = self.registry.mask(USABLE, self.ask.moment)[self.places]
        entries = [self.registry.entry(int(i)) for i in self.usable]
        return StationCounts(
            on_books=len(self.in_service),
            usable=len(entries),
            suspended=status.count("suspended"),
            expired=status.count("open") - int(passes.sum()),
            position_unknown=int(passes.sum()) - len(entries),
            all_day=sum(entry.all_day for entry in entries),
            hours_known=sum(entry.known for entry in entries),
            planned=sum(one in _PLANNED for one in status),
        )

    def zone_name(self, zone: GapZone) -> Named:
        """Return what a gap zone is called."""
        names = (
            zone_name(
                None if self.districts is None else self.districts.name_of(zone.adcode, lang),
                zone.sector,
                lang,
            )
            for lang in ("zh", "en")
        )
        return Named(*names)


def subject_of(workspace: Workspace, ask: ReportAsk) -> Subject:
    """Return what an ask is of.

    Raises
    ------
    WorkspaceError
        If there is no demand, no such district, or no network for the mode.
    """
    demand, districts = workspace.known_demand(), workspace.districts
    reach = workspace.reach(ask.mode, radius_m=ask.radius_m, minutes=ask.minutes)
    registry = workspace.registry
    every = np.arange(len(registry.stations))
    if ask.district is None:
        return Subject(workspace, ask, reach, None, demand, every)
    (adcode,) = within(districts, ask.district).adcodes
    assert districts is not None  # noqa: S101  else it would have been refused
    index = districts.adcodes.index(adcode)
    own = demand.at(districts.locate(demand.lon, demand.lat) == index)
    return Subject(workspace, ask, reach, index, own, every[home_of(registry, districts) == index])


def home_of(registry: Registry, districts: Districts) -> NDArray[np.intp]:
    """(m,) district of each station: where it lies, or, without a position, the one it names."""
    lon, lat = registry.positions(np.arange(len(registry.stations)))
    home = np.full(len(lon), -1, np.intp)
    located = ~np.isnan(lon)
    home[located] = districts.locate(lon[located], lat[located])
    for i in np.flatnonzero(~located).tolist():
        p = registry.stations[i].properties
        named = (districts.find(word) for word in (p.adcode, p.district) if word)
        home[i] = next((one for one in named if one is not None), -1)
    return home


def district_name(districts: Districts, index: int) -> Named:
    """Name of a district in both languages."""
    return Named(districts.name(index, "zh"), districts.name(index, "en"))


def open_range(mean: HourMeans) -> Range:
    """From the share that certainly finds an open station to the one that may."""
    return Range(share(mean.open), share(mean.perhaps))


def share(value: float) -> float:
    """A share as a report holds it, without the noise of the last digits."""
    return round(float(value), 6)


def people(value: Any) -> float:  # noqa: ANN401  numpy's numbers too
    """A number of workers as a report holds it."""
    return round(float(value), 2)


def degrees(value: float) -> float:
    """Degrees as a report holds them: to a decimetre."""
    return round(float(value), 6)
