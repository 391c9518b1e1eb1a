"""From a file of streets to the networks of a workspace, with a report of what does not fit."""

from __future__ import annotations

import dataclasses
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import numpy as np
import shapely

from geodata import datum as datums
from geodata.errors import NetworkError
from geodata.network.build import build
from geodata.network.file import to_bytes
from geodata.network.graphml import read_graphml
from geodata.network.lines import from_lines
from geodata.network.osm import read_pbf
from geodata.network.profiles import PROFILES
from geodata.network.snap import SNAP_M, snap
from stations.errors import ImportFileError, WorkspaceError
from stations.excluded import excluded_areas
from stations.files import write_durably
from stations.filters import EVERYTHING
from stations.layers import LAYERS, in_wgs84, read_layer
from stations.workspace import network_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from geodata.network.network import Component, Network
    from geodata.network.streets import Streets
    from stations.reach import NetworkMode
    from stations.workspace import Workspace

OSM: Final = (".pbf", ".osm", ".osm.bz2", ".osm.gz")
"""The endings of OpenStreetMap files."""
GRAPHML: Final = (".graphml",)
_SLOWEST_M_S, _FASTEST_M_S = 0.1, 20.0
# Parts of a network with fewer nodes are counted, not listed.
_LISTED_NODES = 20
_LISTED = 20

Step = Literal["reading", "building", "placing", "writing"]


class Off(NamedTuple):
    """A station that cannot be reached along the streets."""

    id: str
    name: str
    lon: float
    lat: float


@dataclasses.dataclass(frozen=True)
class NetworkReport:
    """What became of the streets for one mode.

    Attributes
    ----------
    nodes, edges, length_m
        Of the network.
    parts
        Into how many parts it falls that no street joins.
    largest
        Share of the length that lies in the largest part, 0 to 1.
    apart
        The other parts of some size.
    stations, workers
        How many stations have a position, and how many workers there are.
    off_streets
        Stations that lie near no street.
    cut_off
        Stations that lie on another part than the largest.
    workers_off
        Workers who are near no street.
    """

    mode: NetworkMode
    nodes: int
    edges: int
    length_m: float
    parts: int
    largest: float
    apart: tuple[Component, ...]
    stations: int
    off_streets: tuple[Off, ...]
    cut_off: tuple[Off, ...]
    workers: float
    workers_off: float

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON types."""
        return {
            **dataclasses.asdict(self),
            "length_m": round(self.length_m),
            "largest": round(self.largest, 6),
            "apart": [{**part._asdict(), "length_m": round(part.length_m)} for part in self.apart],
            "off_streets": [one._asdict() for one in self.off_streets],
            "cut_off": [one._asdict() for one in self.cut_off],
            "workers": round(self.workers, 3),
            "workers_off": round(self.workers_off, 3),
        }


class MadeNetworks(NamedTuple):
    """Both networks' reports, and the crossings of a layer that were not joined."""

    reports: tuple[NetworkReport, ...]
    unjoined: int

    def to_dict(self) -> dict[str, Any]:
        """Return the reports as JSON types."""
        return {
            "networks": [report.to_dict() for report in self.reports],
            "unjoined": self.unjoined,
        }


def make_networks(
    workspace: Workspace,
    path: Path,
    *,
    datum: str | None = None,
    join_crossings: bool = False,
    speeds_m_s: Mapping[NetworkMode, float] | None = None,
    progress: Callable[[Step], None] = lambda _: None,
) -> MadeNetworks:
    """Make the street networks of a workspace, for walkers and for electric bicycles.

    The banks of excluded areas (``excluded.geojson``, water of the base map) are barriers, beside
    the waters and railways of the file itself: a station is never put on a street beyond them.

    Parameters
    ----------
    path
        An OpenStreetMap extract, GraphML as OSMnx writes it, or a layer of lines.
    datum
        Where the file does not say its own or says a wrong one.
    join_crossings
        Join lines of a layer where they cross without a common vertex.
    speeds_m_s
        Speeds on a level street instead of 1.3 m/s on foot and 4.2 m/s by electric bicycle.

    Raises
    ------
    ImportFileError
        If the file cannot be read or is of no known kind.
    NetworkError
        If a speed is none, there is no street in the file, or it lies elsewhere than the workspace.
    WorkspaceError
        If the networks cannot be written.
    """
    for mode, speed in (speeds_m_s or {}).items():
        if not _SLOWEST_M_S <= speed <= _FASTEST_M_S:
            raise NetworkError(
                f"the speed for {mode} is {speed:g} m/s: a number from {_SLOWEST_M_S:g} to "
                f"{_FASTEST_M_S:g} is needed",
                f"{mode} 的速度是 {speed:g} 米/秒：应为 {_SLOWEST_M_S:g} 到 "
                f"{_FASTEST_M_S:g} 之间的数",
            )
    progress("reading")
    streets, unjoined = _read(path, datum, join_crossings=join_crossings)
    banks = _outlines(excluded_areas(workspace))
    streets = dataclasses.replace(streets, barriers=np.concatenate([streets.barriers, banks]))
    progress("building")
    networks: dict[NetworkMode, Network] = {}
    for mode, profile in PROFILES.items():
        speed = (speeds_m_s or {}).get(mode, profile.speed_m_s)
        networks[mode] = build(streets, dataclasses.replace(profile, speed_m_s=speed))
    progress("placing")
    _refuse_elsewhere(workspace, networks["walk"], path)
    reports = tuple(_report(workspace, mode, network) for mode, network in networks.items())
    progress("writing")
    try:
        for mode, network in networks.items():
            write_durably(workspace.folder / network_name(mode), to_bytes(network))
    except OSError as error:
        reason = error.strerror or error
        raise WorkspaceError(
            f"the street network cannot be written: {reason}", f"路网无法写入：{reason}"
        ) from error
    return MadeNetworks(reports, unjoined)


def _read(path: Path, datum: str | None, *, join_crossings: bool) -> tuple[Streets, int]:
    """Streets of a file of any known kind, and the crossings that were not joined."""
    if not path.is_file():
        raise ImportFileError(f"there is no file {path}", f"没有文件 {path}")
    name = path.name.casefold()
    if name.endswith(LAYERS):
        wgs84 = in_wgs84(read_layer(path), path.name, datum and datums.normalise(datum))
        found = from_lines(wgs84, join_crossings=join_crossings)
        return found.streets, found.unjoined
    if name.endswith(OSM):
        streets = _read_apart(path)
    elif name.endswith(GRAPHML):
        streets = read_graphml(path)
    else:
        endings = ", ".join([*OSM, *GRAPHML, *LAYERS])
        raise ImportFileError(
            f"{path.name} is no file of streets: give one of {endings}",
            f"{path.name} 不是道路文件：可用 {endings}",
        )
    if datum is not None:
        lon, lat = datums.to_wgs84(streets.lon, streets.lat, datums.normalise(datum))
        streets = dataclasses.replace(streets, lon=lon, lat=lat)
    return streets, 0


def _read_apart(path: Path) -> Streets:
    """Read an OpenStreetMap file in a process of its own: a damaged one can crash the library."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        try:
            return pool.submit(read_pbf, path).result()
        except BrokenProcessPool as error:
            raise NetworkError(
                f"{path.name} is damaged so badly that reading it failed: fetch it again",
                f"{path.name} 已严重损坏，无法读取：请重新下载",
            ) from error


def _outlines(areas: NDArray[np.object_]) -> NDArray[np.float64]:
    """(b, 4) the segments of the borders of polygons."""
    xy, ring = shapely.get_coordinates(
        shapely.get_parts(shapely.boundary(areas)), return_index=True
    )
    pairs = np.hstack([xy[:-1], xy[1:]])
    same: NDArray[np.float64] = pairs[ring[:-1] == ring[1:]]
    return same


def _refuse_elsewhere(workspace: Workspace, network: Network, path: Path) -> None:
    """Refuse streets of another area than the stations, or else the workers or the districts."""
    places = workspace.registry.located_index(EVERYTHING)[1]
    demand, districts = workspace.demand, workspace.districts
    if len(places):
        what, chinese = "stations", "驿站"
        lon, lat = workspace.registry.positions(places)
    elif demand is not None:
        what, chinese = "workers", "劳动者"
        lon, lat = demand.lon, demand.lat
    elif districts is not None:
        what, chinese = "districts", "区县"
        lon, lat = shapely.get_coordinates(districts.geometries).T
    else:
        return
    if snap(network, lon, lat, limit_m=10 * SNAP_M).found.any():
        return
    there = "lon {:.3f} to {:.3f}, lat {:.3f} to {:.3f}"
    west, south, east, north = network.bounds
    streets = there.format(west, east, south, north)
    ours = there.format(lon.min(), lon.max(), lat.min(), lat.max())
    raise NetworkError(
        f"the streets of {path.name} ({streets}) are nowhere near the {what} ({ours}): take the "
        "extract of this area, or give the datum of the file with --datum",
        f"{path.name} 的道路（{streets}）不在{chinese}（{ours}）附近：请换本地区的数据，"
        "或用 --datum 指明其坐标系",
    )


def _report(workspace: Workspace, mode: NetworkMode, network: Network) -> NetworkReport:
    registry, demand = workspace.registry, workspace.demand
    places = registry.located_index(EVERYTHING)[1]
    lon, lat = registry.positions(places)
    found = snap(network, lon, lat)
    part = np.where(found.found, network.component[network.edges[found.edge, 0]], -1)
    parts = network.components()
    total = sum(one.length_m for one in parts)
    workers = off = 0.0
    if demand is not None:
        workers = demand.total
        off = float(demand.workers[~snap(network, demand.lon, demand.lat).found].sum())

    def stations(those: NDArray[np.bool_]) -> tuple[Off, ...]:
        return tuple(
            Off(station.id, station.name, x, y)
            for station, x, y in zip(
                [registry.stations[i] for i in places[those]],
                lon[those].tolist(),
                lat[those].tolist(),
                strict=True,
            )
        )

    return NetworkReport(
        mode=mode,
        nodes=len(network),
        edges=len(network.edges),
        length_m=total,
        parts=len(parts),
        largest=parts[0].length_m / total if total else 1.0,
        apart=tuple(one for one in parts[1 : 1 + _LISTED] if one.nodes >= _LISTED_NODES),
        stations=len(places),
        off_streets=stations(part < 0),
        cut_off=stations(part > 0),
        workers=workers,
        workers_off=off,
    )
