"""Ways to a station: how far one comes from in some minutes, and the way from where one is."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.crs import GEOD
from geodata.network.index import NetworkIndex
from geodata.network.isochrone import isochrones as outlines
from geodata.network.route import route as find_route
from geodata.network.snap import snap
from stations.errors import NoWayError
from stations.hours import BEIJING
from stations.reach import DETOUR, SPEEDS_M_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stations.reach import NetworkMode
    from stations.workspace import Workspace

# Of a coordinate in an answer: a decimetre.
_DIGITS = 6


def isochrones(
    workspace: Workspace, station_id: str, mode: NetworkMode, minutes: Sequence[float]
) -> dict[str, Any]:
    """Return where a station is reached from, as a GeoJSON FeatureCollection, WGS84.

    One feature a time, the longest first, with ``minutes``, ``area_m2`` and ``workers`` (those who
    reach it in time; None without demand). Beside them ``circle_m``, how far one would get straight
    on in the longest time, and ``circle_workers`` within that circle.

    Raises
    ------
    UnknownStationError
        If there is no such station.
    WorkspaceError
        If there is no network for the mode.
    NoWayError
        If the station's position is unknown or near no street.
    """
    lon, lat = _position(workspace, station_id)
    longest = max(minutes)
    reach = workspace.reach(mode, minutes=longest)
    network, demand = reach.network, workspace.demand
    assert network is not None  # noqa: S101  a reach along streets has one
    site = NetworkIndex(network, [lon], [lat])
    if not site.snapped.found[0]:
        raise _off_streets(station_id)
    times = sorted(set(minutes), reverse=True)
    shapes = outlines(network, lon, lat, [60 * time for time in times])
    seconds = workers = circle_workers = None
    if demand is not None:
        workers = demand.workers
        seconds = site.query(demand.lon, demand.lat, max_s=60 * longest).seconds[:, 0]
        metres = GEOD.inv(
            demand.lon, demand.lat, np.full_like(demand.lon, lon), np.full_like(demand.lat, lat)
        )[2]
        circle_workers = round(float(workers[metres <= reach.circle_m].sum()), 3)
    features = []
    for time, shape in zip(times, shapes, strict=True):
        reached = None if seconds is None else seconds <= 60 * time
        within = None if workers is None else round(float(workers[reached].sum()), 3)
        features.append(
            {
                "type": "Feature",
                "geometry": shapely.geometry.mapping(
                    shapely.orient_polygons(shapely.set_precision(shape, 10**-_DIGITS))
                ),
                "properties": {
                    "minutes": time,
                    "area_m2": round(abs(GEOD.geometry_area_perimeter(shape)[0])),
                    "workers": within,
                },
            }
        )
    return {
        "type": "FeatureCollection",
        "station": station_id,
        "mode": mode,
        "centre": [round(lon, 7), round(lat, 7)],
        "circle_m": round(reach.circle_m, 1),
        "circle_workers": circle_workers,
        "features": features,
    }


def route(
    workspace: Workspace,
    station_id: str,
    lon: float,
    lat: float,
    mode: NetworkMode,
    at: dt.datetime | None = None,
) -> dict[str, Any]:
    """Return the way from a position to a station as a GeoJSON Feature, WGS84.

    Its properties: ``duration_s``, ``length_m`` along the way, ``distance_m`` by straight line,
    ``arrive_at``, and the door on arrival. Without a network, or where either end is near no
    street, the way is a straight line and ``estimated`` is true.

    Parameters
    ----------
    lon, lat
        The position, degrees WGS84.
    at
        When one sets out; now by default.

    Raises
    ------
    UnknownStationError
        If there is no such station.
    NoWayError
        If the station's position is unknown, or no street leads there from the position.
    """
    goal = _position(workspace, station_id)
    network = workspace.network(mode)
    distance_m = float(GEOD.inv(lon, lat, *goal)[2])
    ends = [lon, goal[0]], [lat, goal[1]]
    estimated = network is None or not snap(network, *ends).found.all()
    if network is None or estimated:
        speed = SPEEDS_M_S[mode] if network is None else network.speed_m_s
        length_m = DETOUR * distance_m
        seconds, line = length_m / speed, [[lon, lat], [*goal]]
    else:
        found = find_route(network, (lon, lat), goal)
        if found is None:
            message = f"no street leads from lon {lon:.5f}, lat {lat:.5f} to station {station_id!r}"
            raise NoWayError(
                message, f"从经度 {lon:.5f}、纬度 {lat:.5f} 没有道路通往驿站 {station_id}"
            )
        seconds, length_m, line = found.seconds, found.length_m, found.line.tolist()
    arrival = (at or dt.datetime.now(BEIJING)) + dt.timedelta(seconds=seconds)
    registry = workspace.registry
    door = registry.entry_at(registry.index_of(station_id), arrival)
    return {
        "type": "Feature",
        "id": station_id,
        "geometry": {
            "type": "LineString",
            "coordinates": [[round(x, _DIGITS + 1), round(y, _DIGITS + 1)] for x, y in line],
        },
        "properties": {
            "mode": mode,
            "estimated": estimated,
            "duration_s": round(seconds, 1),
            "length_m": round(length_m, 1),
            "distance_m": round(distance_m, 1),
            "arrive_at": arrival.astimezone(BEIJING).isoformat(timespec="seconds"),
            "open_state": door.state.value,
            "open_until": door.until and door.until.isoformat(timespec="seconds"),
            "entry": list(door.modes) or None,
        },
    }


def _position(workspace: Workspace, station_id: str) -> tuple[float, float]:
    registry = workspace.registry
    lon, lat = registry.position(registry.index_of(station_id))
    if np.isnan(lon):
        message = f"the position of station {station_id!r} is unknown: nobody can be led there"
        raise NoWayError(message, f"驿站 {station_id} 的位置未知，无法导航")
    return lon, lat


def _off_streets(station_id: str) -> NoWayError:
    return NoWayError(
        f"station {station_id!r} is near no street of the network: check its position, or make the "
        "network of a file with the streets around it",
        f"驿站 {station_id} 附近没有路网道路：请核对位置，或换用包含周边道路的数据",
    )
