"""The folder of an installation: its settings, registry, demand and districts, always current."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import datetime as dt
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from geodata.demand import ALL, RESIDENT, combine
from geodata.errors import NetworkError
from geodata.network.file import open_network
from stations import config as settings
from stations import demand_file
from stations.arrival import StationsOnStreets
from stations.boundaries import read_districts, write_districts
from stations.doors import ANYTHING, Need
from stations.errors import (
    NetworkFileError,
    NoNetworkError,
    RegistryFileError,
    StationsError,
    WorkspaceError,
)
from stations.hours import BEIJING
from stations.ledger import Ledger, station_warnings
from stations.reach import NETWORK_MODES, Reach
from stations.registry import Registry
from stations.store import GeoJsonStore, Store
from stations.store.past import snapshot_at

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from geodata.demand import Demand
    from geodata.districts import Districts
    from geodata.network.network import Network
    from stations import coverage, week
    from stations.config import Config
    from stations.ledger import Entry, StationWarning
    from stations.reach import Mode

    _MadeOf = tuple[Registry, Demand, Districts | None, Network | None]

CONFIG_NAME, DISTRICTS_NAME = "yizhan.toml", "districts.geojson"
CANDIDATES_NAME, STREETS_NAME = "candidates.geojson", "streets.geojson"
EXCLUDED_NAME = "excluded.geojson"
_MEASURES_KEPT = 16
"""Coverages of which the answer is kept."""

T = TypeVar("T")


def network_name(mode: Mode) -> str:
    """Name of the file that holds the street network of a mode."""
    return f"network.{mode}"


class _Watched(Generic[T]):
    """A value made from files, made again when they change; the last good one if that fails."""

    def __init__(self, signature: Callable[[], object], load: Callable[[], T]) -> None:
        self._signature = signature
        self._load = load
        self._lock = threading.Lock()
        self._seen: object = self  # differs from every signature
        self._value: T | None = None
        self.fault: StationsError | None = None

    def get(self) -> T:
        """Return the current value, or the last good one; raises where there never was one."""
        if self._signature() != self._seen:
            # One thread reloads; the others go on with the old value, if there is one.
            with_wait = self._value is None
            if self._lock.acquire(blocking=with_wait):
                try:
                    self._reload()
                finally:
                    self._lock.release()
        if self._value is None:
            fault = self.fault or WorkspaceError("the workspace could not be opened")
            # The same error is raised again and again: without the frames of the last time.
            raise fault.with_traceback(None)
        return self._value

    def _reload(self) -> None:
        signature = self._signature()
        if signature == self._seen:
            return
        try:
            self._value, self.fault = self._load(), None
        except StationsError as error:
            self.fault = error
        self._seen = signature


def _still(value: T) -> _Watched[T]:
    """Return what is watched no more."""
    return _Watched(lambda: None, lambda: value)


@dataclasses.dataclass(frozen=True)
class _DemandParts:
    demand: Demand | None
    sources: tuple[demand_file.Source, ...]


class _Measured(NamedTuple):
    """A result, kept with what it was measured from: an identity alone would be used again."""

    made_of: _MadeOf
    value: Any

    def of(self, made_of: _MadeOf) -> bool:
        return all(mine is theirs for mine, theirs in zip(self.made_of, made_of, strict=True))


class _Warned(NamedTuple):
    """Warnings, kept with what they were made from and for their minute."""

    entries: tuple[Entry, ...]
    minute: int
    warnings: Mapping[str, tuple[StationWarning, ...]]


class Workspace:
    """An opened installation folder.

    Every property returns what the files hold now. If the registry file has been broken since it
    was last read, the last good revision goes on being served and `registry_fault` says why.

    Raises
    ------
    WorkspaceError
        If the folder has no ``yizhan.toml`` or one that cannot be read.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        self.config: Config = settings.read(self.folder / CONFIG_NAME)
        self.store: Store = GeoJsonStore(self.folder)
        self._revision = 0
        self._registry = _Watched(self.store.signature, self._read_registry)
        self._demand = _Watched(
            lambda: _signature(
                self.folder / demand_file.CSV_NAME, self.folder / demand_file.META_NAME
            ),
            self._read_demand,
        )
        self._districts = _Watched(
            lambda: _signature(self.folder / DISTRICTS_NAME),
            lambda: (read_districts(self.folder / DISTRICTS_NAME),),
        )
        self.ledger = Ledger(self.folder)
        self._entries = _Watched(self.ledger.signature, self.ledger.entries)
        self._warned: _Warned | None = None
        self._networks = {mode: self._watch_network(mode) for mode in NETWORK_MODES}
        self._on_streets: dict[Mode, StationsOnStreets] = {}
        self._kept: dict[object, _Measured] = {}
        self._measuring, self._placing = threading.Lock(), threading.Lock()
        self._keeping = threading.Lock()

    @classmethod
    def create(
        cls,
        folder: Path | str,
        *,
        config: Config | None = None,
        districts: Districts | None = None,
    ) -> Workspace:
        """Make a new workspace in an empty or missing folder.

        Raises
        ------
        WorkspaceError
            If the folder is a workspace already or cannot be written, or a setting does not fit.
        """
        folder = Path(folder)
        path = folder / CONFIG_NAME
        config = config or settings.Config()
        settings.check(config)
        if path.exists():
            message = f"{folder} is a workspace already; nothing was changed"
            raise WorkspaceError(message)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if districts is not None:
                write_districts(folder / DISTRICTS_NAME, districts)
            settings.write(path, config)
        except OSError as error:
            message = f"{folder} cannot be written: {error.strerror or error}"
            raise WorkspaceError(message) from error
        return cls(folder)

    def as_of(self, revision: int) -> Workspace:
        """Return the workspace as it is now, with its registry as it was at a revision.

        It stays so while the files change: whatever is asked of it is of one state.

        Raises
        ------
        UnknownRevisionError
            If the registry never was at it, or its history does not reach back so far.
        """
        registry = self.registry
        if revision != registry.revision:
            registry = Registry(snapshot_at(self.store, revision))
        still = copy.copy(self)
        # What has been measured is kept for both: each result knows what it was made of.
        still._registry = _still(registry)  # noqa: SLF001  a copy of this very object
        still._demand = _still(self._demand.get())  # noqa: SLF001
        still._districts = _still(self._districts.get())  # noqa: SLF001
        still._networks = {  # noqa: SLF001
            mode: watched if watched.fault else _still(watched.get())
            for mode, watched in self._networks.items()
        }
        still._on_streets = {}  # noqa: SLF001
        return still

    @property
    def registry(self) -> Registry:
        """The registry as it stands; raises RegistryFileError if it could never be read."""
        return self._registry.get()

    @property
    def registry_fault(self) -> StationsError | None:
        """Why the registry file as it is now cannot be served; None where it is."""
        self._registry.get()
        return self._registry.fault

    @property
    def demand(self) -> Demand | None:
        """The demand; None where none has been given yet."""
        return self._demand.get().demand

    def known_demand(self) -> Demand:
        """The demand, for what cannot do without.

        Raises
        ------
        WorkspaceError
            If the workspace has no demand yet.
        """
        demand = self.demand
        if demand is None:
            raise WorkspaceError(
                "there is no demand yet: add a table by district, polygons, points or a raster "
                "with `yizhan demand`",
                "还没有劳动者分布：请用 `yizhan demand` 加入分区县的人数表、面、点或栅格",
            )
        return demand

    @property
    def demand_sources(self) -> tuple[demand_file.Source, ...]:
        """Where the demand came from."""
        return self._demand.get().sources

    @property
    def districts(self) -> Districts | None:
        """The district polygons; None where none have been given."""
        return self._districts.get()[0]

    def add_demand(self, demand: Demand, *, file: str, method: str) -> None:
        """Put the demand of one group beside that of the others; the same group is replaced.

        Figures that do not tell groups apart (``all``, ``resident``) stand alone: they and named
        groups would count people twice.

        Raises
        ------
        WorkspaceError
            If it cannot be written.
        """
        (group,) = demand.groups
        before = self.demand
        alone = {ALL, RESIDENT}
        kept = None if before is None or group in alone else before.without({group, *alone})
        merged = demand if kept is None else combine([kept, demand])
        sources = [s for s in self.demand_sources if s.group in merged.groups and s.group != group]
        source = demand_file.Source(file, group, method, demand.total)
        self.set_demand(merged, [*sources, source])

    def set_demand(self, demand: Demand, sources: Sequence[demand_file.Source]) -> None:
        """Replace the demand.

        Raises
        ------
        WorkspaceError
            If it cannot be written.
        """
        try:
            demand_file.write(self.folder, demand, tuple(sources))
        except OSError as error:
            message = f"the demand cannot be written: {error.strerror or error}"
            raise WorkspaceError(message) from error

    def network(self, mode: Mode) -> Network | None:
        """The street network of a mode; None where none has been made, and for the straight line.

        Raises
        ------
        NetworkFileError
            If there is one that could never be opened.
        """
        return self._networks[mode].get()[0] if mode in self._networks else None

    def on_streets(self, mode: Mode) -> StationsOnStreets | None:
        """The stations on the network of a mode; None where there is no network."""
        registry, network = self.registry, self.network(mode)
        if network is None:
            return None
        found = self._on_streets.get(mode)
        if found is None or found.registry is not registry or found.network is not network:
            with self._placing:
                found = self._on_streets[mode] = StationsOnStreets(registry, network)
        return found

    def reach(
        self,
        mode: Mode = "line",
        *,
        radius_m: float | None = None,
        minutes: float | None = None,
    ) -> Reach:
        """What counts as within reach; limits that are not given are the workspace's.

        Raises
        ------
        NoNetworkError
            If the mode needs a network that has not been made.
        WorkspaceError
            If the limit is not one of the mode.
        """
        if (radius_m if mode != "line" else minutes) is not None:
            raise WorkspaceError(
                "a radius goes with the straight line (line), minutes go with walk and ebike: "
                "leave one out",
                "半径只用于直线（line），分钟只用于步行和骑行（walk、ebike）：请去掉一个",
            )
        if mode == "line":
            return Reach(mode, self.config.radius_m if radius_m is None else radius_m)
        network = self.network(mode)
        if network is None:
            raise NoNetworkError(
                f"there is no street network for {mode} yet: make it of an OpenStreetMap extract, "
                "a GraphML file or a layer of streets with `yizhan network`",
                f"还没有 {mode} 的路网：请用 `yizhan network` 由 OpenStreetMap、GraphML "
                "或道路图层生成",
            )
        minutes = self.config.minutes if minutes is None else minutes
        return Reach(mode, minutes * 60, network)

    def warnings(self, at: dt.datetime | None = None) -> Mapping[str, tuple[StationWarning, ...]]:
        """What several workers have reported of stations of late, by station; as of now by default.

        While the ledger cannot be read, what it said last; nothing if it never could.
        """
        at = at or dt.datetime.now(dt.UTC)
        try:
            entries = self._entries.get()
        except StationsError:
            return {}
        minute = int(at.timestamp() // 60)
        held = self._warned
        if held is None or held.entries is not entries or held.minute != minute:
            norm = self.config.reports
            found = station_warnings(
                entries, at=at, fresh_hours=norm.fresh_hours, people=norm.people
            )
            held = self._warned = _Warned(entries, minute, found)
        return held.warnings

    def coverage(
        self,
        reach: Reach | None = None,
        *,
        at: dt.datetime | None = None,
        need: Need = ANYTHING,
    ) -> coverage.StationCoverage:
        """Coverage of the demand within reach (by default, the radius of the workspace).

        Parameters
        ----------
        at, need
            As for `stations.coverage.measure`.

        Raises
        ------
        WorkspaceError
            If the workspace has no demand yet.
        """
        demand = self.known_demand()
        from stations import coverage  # noqa: PLC0415  slow to load, and most commands do without

        reach = self.reach() if reach is None else reach
        made_of = (self.registry, demand, self.districts, reach.network)
        # The day decides who is within dates, so a figure is good for its day.
        return self.measured(
            ("coverage", reach.mode, reach.limit, _day(at), need),
            made_of,
            lambda: coverage.measure(*made_of[:3], reach=reach, at=at, need=need),
        )

    def week(
        self,
        reach: Reach | None = None,
        *,
        at: dt.datetime | None = None,
        need: Need = ANYTHING,
    ) -> week.StationWeek:
        """Coverage in each hour of the week, as `stations.week.measure_week` has it.

        Raises
        ------
        WorkspaceError
            If the workspace has no demand yet.
        TooLargeError
            If there are more pairs of workers and stations than there is memory for.
        """
        demand = self.known_demand()
        from stations import week  # noqa: PLC0415  as above

        reach = self.reach() if reach is None else reach
        moment = at or dt.datetime.now(BEIJING)
        made_of = (self.registry, demand, self.districts, reach.network)
        return self.measured(
            ("week", reach.mode, reach.limit, _day(moment), need),
            made_of,
            lambda: week.measure_week(*made_of[:3], reach=reach, at=moment, need=need),
        )

    def signature(self, *names: str) -> object:
        """Return something cheap that differs whenever one of some files of the folder does."""
        return _signature(*(self.folder / name for name in names))

    def measured(
        self,
        key: object,
        made_of: _MadeOf,
        measure: Callable[[], T],
        *,
        lock: threading.Lock | None = None,
    ) -> T:
        """Return what has been measured of the same, or measure it.

        Parameters
        ----------
        key
            What is asked.
        made_of
            What of the workspace the answer was made of; it is good for as long as these are the
            very same.
        lock
            Held while measuring; one that all share by default. What measures other things on its
            way needs its own.
        """
        found = self._kept.get(key)
        if found is None or not found.of(made_of):
            # Whoever asks for the same at the same time waits for it, rather than measure too.
            with lock or self._measuring:
                found = self._kept.get(key)
                if found is None or not found.of(made_of):
                    found = _Measured(made_of, measure())
                    self._keep(key, found)
        value: T = found.value
        return value

    def _keep(self, key: object, found: _Measured) -> None:
        with self._keeping:
            while len(self._kept) >= _MEASURES_KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[key] = found

    def faults(self) -> list[StationsError]:
        """Return why the registry or another file cannot be served as it is now."""
        found = []
        every: list[_Watched[Any]] = [self._registry, self._demand, self._districts, self._entries]
        for watched in [*every, *self._networks.values()]:
            with contextlib.suppress(StationsError):
                watched.get()
            if watched.fault is not None:
                found.append(watched.fault)
        return found

    def _read_registry(self) -> Registry:
        snapshot = self.store.read()
        if snapshot.revision == 0 and not snapshot.stations and self._revision:
            message = f"the registry has gone; it was at revision {self._revision}: put it back"
            raise RegistryFileError(message)
        registry = Registry(snapshot)
        self._revision = snapshot.revision
        return registry

    def _watch_network(self, mode: Mode) -> _Watched[tuple[Network | None]]:
        path = self.folder / network_name(mode)
        return _Watched(lambda: _signature(path), lambda: (_read_network(path),))

    def _read_demand(self) -> _DemandParts:
        found = demand_file.read(self.folder)
        return _DemandParts(*found) if found else _DemandParts(None, ())


def _read_network(path: Path) -> Network | None:
    if not path.exists():
        return None
    try:
        return open_network(path)
    except NetworkError as error:
        raise NetworkFileError(str(error), error.chinese) from error


def _signature(*paths: Path) -> object:
    found: list[tuple[int, int, int] | int | None] = []
    for path in paths:
        try:
            stat = path.stat()
        except OSError as error:
            # Whoever reads the file says what is the matter with it.
            found.append(error.errno)
        else:
            found.append((stat.st_ino, stat.st_size, stat.st_mtime_ns))
    return tuple(found)


def _day(at: dt.datetime | None) -> dt.date:
    return (at or dt.datetime.now(BEIJING)).astimezone(BEIJING).date()
