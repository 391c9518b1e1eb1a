"""Made-up streets that are laid out in metres, and the workspaces that stand on them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from geodata.crs import GEOD
from stations.store import Change
from stations.street_input import make_networks
from stations.workspace import Workspace
from tests.geodata.squares import LAT0, LON0

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from stations.model import Station

    Place = tuple[float, float]


def at(east_m: float, north_m: float = 0.0) -> Place:
    """So many metres east and north of one place: longitude and latitude."""
    lon, lat, _ = GEOD.fwd(LON0, LAT0, 0, north_m)
    lon, lat, _ = GEOD.fwd(lon, lat, 90, east_m)
    return round(lon, 7), round(lat, 7)


def write_lines(path: Path, lines: Iterable[Sequence[Place]], **tags: str) -> Path:
    """A layer of streets through places."""
    features = [
        {
            "type": "Feature",
            "properties": {"highway": "residential", **tags},
            "geometry": {"type": "LineString", "coordinates": [list(place) for place in line]},
        }
        for line in lines
    ]
    text = json.dumps({"type": "FeatureCollection", "features": features})
    path.write_text(text, "utf-8")
    return path


def make(folder: Path, *records: Station, lines: Iterable[Sequence[Place]] = ()) -> Workspace:
    """A workspace of stations, with networks of streets on which one walks a metre a second."""
    workspace = Workspace.create(folder)
    workspace.store.apply(Change(put=records), who="test", what="made")
    if lines:
        path = write_lines(folder / "lines.geojson", lines)
        make_networks(workspace, path, speeds_m_s={"walk": 1.0, "ebike": 4.0})
    return workspace
