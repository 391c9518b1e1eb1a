"""The small invented city that the browser tests look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.demand import Demand
from geodata.districts import Districts
from stations.config import Config
from stations.demand_file import Source
from stations.model import from_dict
from stations.store import Change
from stations.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from playwright.sync_api import Page

    Visit = Callable[..., Page]
    Serve = Callable[..., str]

LON, LAT = 113.62, 34.80
"""South-west corner of the small city that the tests invent."""


def station(number: int, dx: float, dy: float, **properties: object) -> dict[str, Any]:
    """Return a station record `dx`, `dy` hundredths of a degree from the corner."""
    return {
        "type": "Feature",
        "id": f"t-{number:03d}",
        "geometry": {"type": "Point", "coordinates": [LON + dx / 100, LAT + dy / 100]},
        "properties": {"name": f"驿站{number}", "adcode": "410108", **properties},
    }


STATIONS = (
    station(
        1,
        1,
        1,
        name="大河路驿站",
        opening_hours="24/7",
        address="大河路 1 号",
        phone="0371-0000 0001",
        access=[{"mode": "qr"}],
        facilities={"drinking_water": True, "microwave": False, "wifi": True},
        host="大河社区",
    ),
    station(2, 2, 1, name="关着的驿站", opening_hours="off", facilities={"toilet": True}),
    station(3, 3, 1, name="时间不详的骑手之家", kind="rider_home"),
    station(4, 1, 2, name="停用驿站", status="suspended", opening_hours="24/7"),
    station(5, 2, 2, name="母婴室", kind="nursing_room", opening_hours="24/7"),
)


def districts() -> Districts:
    """Two districts side by side."""
    return Districts(
        ("410105", "410108"),
        ("东区", "西区"),
        np.array(
            [
                shapely.box(LON + 0.04, LAT, LON + 0.08, LAT + 0.05),
                shapely.box(LON, LAT, LON + 0.04, LAT + 0.05),
            ],
            dtype=object,
        ),
    )


def demand() -> Demand:
    """Workers on a grid over both districts, in two groups."""
    x, y = np.meshgrid(np.linspace(0.002, 0.078, 20), np.linspace(0.002, 0.048, 12))
    weights = np.column_stack([np.full(x.size, 3.0), np.linspace(0, 5, x.size)])
    return Demand(
        LON + x.ravel(),
        LAT + y.ravel(),
        weights,
        ("courier", "rider"),
        spacing_m=400.0,
    )


def make_workspace(
    folder: Path,
    records: Sequence[Mapping[str, Any]] = STATIONS,
    *,
    with_demand: bool = True,
    **settings: object,
) -> Workspace:
    """Make a workspace with these records in the invented city."""
    config = Config(**{"title": "试验区", "title_en": "Test District", **settings})
    workspace = Workspace.create(folder, config=config, districts=districts())
    if records:
        change = Change(put=tuple(from_dict(dict(record)) for record in records))
        workspace.store.apply(change, who="test", what="test")
    if with_demand:
        workspace.set_demand(demand(), [Source("test", "courier", "points", 1.0)])
    return workspace
