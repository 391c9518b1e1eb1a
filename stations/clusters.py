"""What a map view shows: single stations where they are few, clusters where they are many."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from stations.filters import StationFilter
from stations.hours import OpenState

if TYPE_CHECKING:
    import datetime as dt

    from numpy.typing import NDArray

    from stations.registry import Registry

MAX_SINGLES = 300
"""Up to this many stations in view, each is shown by itself."""
CELL_PX = 64
"""Width of a cluster's cell on the screen, CSS pixels of a 256-pixel Web Mercator tile."""
STREET_ZOOM = 16
"""From this zoom on people look for a door, so nothing is clustered that a cap of 2,000 allows."""
_MAX_AT_STREET_ZOOM = 2000
_STATES = (OpenState.OPEN, OpenState.CLOSED, OpenState.UNKNOWN)
_COUNTED = (*(state.value for state in _STATES), "suspended")
_SUSPENDED = StationFilter(statuses=frozenset({"suspended"}), expired=True)


def view(
    registry: Registry,
    *,
    zoom: int,
    where: StationFilter,
    when: dt.datetime,
    today: dt.datetime | None = None,
) -> dict[str, Any]:
    """Return the stations that pass `where` as a GeoJSON FeatureCollection for a map at `zoom`.

    A station is a Point feature with its id and ``kind``, ``status``, ``open_state``,
    ``open_until``; a cluster is one without id, with ``count`` and the numbers ``open``,
    ``closed``, ``unknown`` and ``suspended``, at the mean position of its stations. A suspended
    station is none of the other three, whatever its hours say.

    Parameters
    ----------
    when
        The moment of the states.
    today
        The day that decides which stations are within their dates; that of `when` by default. An
        hour of a typical week stands for a day that it is not.
    """
    places = registry.select(where, today or when)
    lon, lat = registry.positions(places)
    located = ~np.isnan(lon)
    places, lon, lat = places[located], lon[located], lat[located]
    limit = _MAX_AT_STREET_ZOOM if zoom >= STREET_ZOOM else MAX_SINGLES
    if len(places) <= limit:
        features = [_single(registry, int(i), when) for i in places]
    else:
        features = _clustered(registry, places, lon, lat, zoom, when)
    return {
        "type": "FeatureCollection",
        "numberMatched": len(places),
        "features": features,
    }


def _clustered(
    registry: Registry,
    places: NDArray[np.intp],
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    zoom: int,
    when: dt.datetime,
) -> list[dict[str, Any]]:
    cells = 256 * 2**zoom / CELL_PX
    column = np.floor((lon / 360 + 0.5) * cells).astype(np.int64)
    # Web Mercator has no poles.
    phi = np.radians(np.clip(lat, -85.05, 85.05))
    row = np.floor((0.5 - np.arcsinh(np.tan(phi)) / (2 * math.pi)) * cells).astype(np.int64)
    _, first, member, count = np.unique(
        column * (1 << 32) + row, return_index=True, return_inverse=True, return_counts=True
    )
    centre_lon = np.bincount(member, lon) / count
    centre_lat = np.bincount(member, lat) / count
    states = registry.states(when)[places]
    suspended = registry.mask(_SUSPENDED, when)[places]
    by_state = [
        np.bincount(member, (states == code) & ~suspended, minlength=len(count))
        for code in range(len(_STATES))
    ]
    by_state.append(np.bincount(member, suspended, minlength=len(count)))
    return [
        _single(registry, int(places[first[c]]), when)
        if n == 1
        else {
            "type": "Feature",
            "geometry": {
                "type": "Point",
                "coordinates": [round(float(centre_lon[c]), 6), round(float(centre_lat[c]), 6)],
            },
            "properties": {
                "count": int(n),
                **{name: int(by_state[code][c]) for code, name in enumerate(_COUNTED)},
            },
        }
        for c, n in enumerate(count)
    ]


def _single(registry: Registry, index: int, when: dt.datetime) -> dict[str, Any]:
    station = registry.stations[index]
    door = registry.entry_at(index, when)
    return {
        "type": "Feature",
        "id": station.id,
        "geometry": {"type": "Point", "coordinates": list(station.position or ())},
        "properties": {
            "name": station.name,
            "kind": station.properties.kind,
            "status": station.properties.status,
            "open_state": door.state.value,
            "open_until": door.until.isoformat(timespec="seconds") if door.until else None,
        },
    }
