"""The small invented town that the tests of webmap ask about."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodata.demand import Demand
from geodata.districts import Districts
from stations.config import Config
from stations.demand_file import Source
from stations.hours import BEIJING
from stations.model import AccessBand
from stations.store import Change
from stations.workspace import Workspace
from tests.stations.samples import register, station

if TYPE_CHECKING:
    from pathlib import Path

    from stations.model import Station

FRIDAY = dt.datetime(2026, 11, 20, 10, 0, tzinfo=BEIJING)
"""An ordinary working day, in the morning."""
MANAGER, MANAGER_PHONE = "保密的站长", "13812345678"
SECRETS = (MANAGER, MANAGER_PHONE, "张三", "13800000000")
"""Every private value in the town: those below and those of the random records."""

KNOWN = (
    station(
        "office",
        lon=113.60,
        lat=34.80,
        name="机关驿站",
        address="人民路 1 号",
        adcode="410108",
        opening_hours="Mo-Fr 09:00-17:00; PH off",
        facilities={"drinking_water": True, "toilet": False},
        verified_on=dt.date(2026, 11, 10),
        manager=MANAGER,
        manager_phone=MANAGER_PHONE,
    ),
    station(
        "bank-西",
        lon=113.61,
        lat=34.80,
        name="银行驿站",
        adcode="410108",
        access=(AccessBand("staffed", "08:00-22:00"), AccessBand("qr", "22:00-08:00")),
        facilities={"drinking_water": True, "microwave": True},
        serves=("courier", "rider"),
        manager=MANAGER,
    ),
    station(
        "night",
        lon=113.62,
        lat=34.80,
        name="夜班驿站",
        kind="rider_home",
        adcode="410105",
        opening_hours="22:00-06:00",
        access=(AccessBand("app"),),
        serves=("all",),
    ),
    station("silent", lon=113.63, lat=34.80, name="时间不详的驿站", adcode="410105"),
    station(
        "always", lon=113.64, lat=34.80, name="全天驿站", adcode="110101", opening_hours="24/7"
    ),
    station("paused", lon=113.601, lat=34.80, name="暂停的驿站", status="suspended"),
    station("expired", lon=113.602, lat=34.80, name="到期的驿站", valid_to=dt.date(2020, 1, 1)),
    station("nowhere", lon=None, name="没有坐标的驿站", opening_hours="24/7"),
    station("fiji-east", lon=179.9, lat=-16.5, name="斐济东", opening_hours="24/7"),
    station("fiji-west", lon=-179.9, lat=-16.5, name="斐济西", opening_hours="24/7"),
)


def districts() -> Districts:
    """Two districts side by side around Zhengzhou."""
    shapes = [shapely.box(113.4, 34.6, 113.65, 34.9), shapely.box(113.65, 34.6, 113.9, 34.9)]
    return Districts(("410105", "410108"), ("东区", "西区"), np.array(shapes, dtype=object))


def demand() -> Demand:
    """Couriers and riders on a grid over both districts and beyond."""
    x, y = np.meshgrid(np.linspace(113.35, 113.95, 25), np.linspace(34.55, 34.95, 17))
    weights = np.column_stack([np.full(x.size, 2.0), np.linspace(0.0, 4.0, x.size)])
    return Demand(x.ravel(), y.ravel(), weights, ("courier", "rider"), spacing_m=2500.0)


def make_town(folder: Path, records: tuple[Station, ...] | None = None) -> Workspace:
    """Make the workspace: the known stations among random ones, demand and districts."""
    if records is None:
        records = (*KNOWN, *register(60, seed=3))
    workspace = Workspace.create(
        folder, config=Config(title="试验区", title_en="Test Town"), districts=districts()
    )
    workspace.store.apply(Change(put=tuple(records)), who="test", what="made")
    workers = demand()
    sources = [Source("grid.csv", g, "points", n) for g, n in workers.by_group().items()]
    workspace.set_demand(workers, sources)
    return workspace


def write_streets(path: Path) -> Path:
    """Streets through every point of the demand, west to east and south to north: a layer of lines.

    `KNOWN` stations of the town lie on the one of 34.8 degrees north.
    """
    x, y = np.linspace(113.35, 113.95, 25).round(6), np.linspace(34.55, 34.95, 17).round(6)
    lines = [*([[lon, lat] for lon in x] for lat in y), *([[lon, lat] for lat in y] for lon in x)]
    features = [
        {
            "type": "Feature",
            "properties": {"highway": "residential"},
            "geometry": {"type": "LineString", "coordinates": line},
        }
        for line in lines
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    return path
