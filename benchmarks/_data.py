"""Made-up registries and questions for the benchmarks, always the same for a seed.

Stations crowd around 300 invented city centres between 23° and 45° north, thickly in the middle and
thinly outside, as real registries do. Fields are filled as often as unions' sheets fill them: a
record takes about 430 bytes as GeoJSON, 200,000 of them about 86 MB. Nothing here is a real place.
"""

from __future__ import annotations

import datetime as dt
import random
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from stations.config import Config
from stations.model import AccessBand, Point, Properties, Station
from stations.store import Change
from stations.vocabulary import FACILITY_CODES, HOST_KINDS
from stations.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SEED = 20261120
CITIES = 300
_SPREAD_DEG = 0.12
_UPDATED = dt.datetime(2026, 11, 1, 8, tzinfo=dt.UTC)
_KINDS = ("rest_station", "rider_home", "driver_home", "reading_room", "worksite_station")
_STATUSES = ("open", "suspended", "closed", "planned")
_ACCESS = (
    (),
    (AccessBand("staffed"),),
    (AccessBand("open_door"),),
    (AccessBand("qr"),),
    (AccessBand("staffed", "Mo-Fr 08:30-17:30"), AccessBand("qr")),
    (AccessBand("membership"),),
    (AccessBand("face"),),
)
_SERVES = (("all",), (), ("courier", "rider"), ("sanitation",), ("driver",))
_HOURS = (
    [None] * 30
    + ["24/7"] * 20
    + [
        f"{days}{opens:02d}:{minute:02d}-{closes:02d}:{minute:02d}{holidays}"
        for days in ("", "Mo-Fr ", "Mo-Sa ")
        for holidays in ("", "; PH off")
        for opens in (7, 8, 9)
        for minute in (0, 30)
        for closes in (17, 18, 20)
    ]
)
_ROADS = ("建设", "人民", "中山", "解放", "文化", "工人", "和平", "长江", "黄河", "东风")
_HOSTS = ("总工会", "邮政支局", "银行营业部", "社区党群服务中心", "加油站", "便民超市")


class Places(NamedTuple):
    """Positions in WGS84 degrees, (n,) each."""

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]


def places(n: int, *, seed: int = SEED) -> Places:
    """`n` positions around the cities; another seed gives other positions in the same cities."""
    centres = np.random.default_rng(SEED)
    city_lon, city_lat = centres.uniform(102, 122, CITIES), centres.uniform(23, 45, CITIES)
    weight = centres.pareto(1.2, CITIES) + 0.2
    rng = np.random.default_rng(seed + 1)
    city = rng.choice(CITIES, n, p=weight / weight.sum())
    # Exponential distances pile up in the middle of a city and thin out towards its villages.
    radius, angle = rng.exponential(_SPREAD_DEG, n), rng.uniform(0, 2 * np.pi, n)
    lon = city_lon[city] + radius * np.cos(angle)
    lat = city_lat[city] + radius * np.sin(angle) * 0.8
    return Places(lon.round(6), lat.round(6))


def stations(n: int, *, seed: int = SEED) -> list[Station]:
    """`n` valid records in the order of their ids."""
    rng = random.Random(seed)
    where = places(n, seed=seed)
    return [
        Station(
            id=f"z-{number:07d}",
            geometry=Point((lon, lat)),
            properties=_properties(rng, number),
        )
        for number, (lon, lat) in enumerate(zip(*(a.tolist() for a in where), strict=True))
    ]


def workspace(folder: Path, records: list[Station]) -> Workspace:
    """Make a workspace in `folder` that holds `records`."""
    made = Workspace.create(folder, config=Config())
    made.store.apply(Change(put=tuple(records)), who="benchmark", what="made up")
    return made


def _properties(rng: random.Random, number: int) -> Properties:
    road, host = rng.choice(_ROADS), rng.choice(_HOSTS)
    often, sometimes = rng.random() < 0.4, rng.random() < 0.2
    return Properties(
        name=f"{road}路{host}驿站{number}",
        kind=rng.choice(_KINDS) if sometimes else "rest_station",
        status="open" if rng.random() < 0.92 else rng.choice(_STATUSES),
        valid_to=dt.date(2026, 1, 1) if rng.random() < 0.01 else None,
        address=f"{road}路{rng.randint(1, 999)}号" if often else None,
        phone=f"0371-6{rng.randint(0, 9999999):07d}" if sometimes else None,
        adcode=f"4101{rng.randint(2, 8):02d}",
        access=rng.choice(_ACCESS),
        opening_hours=rng.choice(_HOURS),
        facilities={f: rng.random() < 0.9 for f in rng.sample(FACILITY_CODES[:12], 4)},
        serves=rng.choice(_SERVES),
        area_m2=float(rng.randint(10, 120)) if often else None,
        host=f"{road}路{host}" if sometimes else None,
        host_kind=rng.choice(HOST_KINDS).code if often else None,
        opened_on=dt.date(2018, 1, 1) + dt.timedelta(rng.randint(0, 3000)) if often else None,
        verified_on=dt.date(2026, 1, 1) + dt.timedelta(rng.randint(0, 300)),
        manager="张三" if sometimes else None,
        manager_phone=f"138{rng.randint(0, 99999999):08d}" if sometimes else None,
        revision=1,
        updated_at=_UPDATED,
    )
