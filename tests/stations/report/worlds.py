"""Small worlds of which every figure of a report can be counted by hand, made at a chosen time."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import json
import types
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import pytest
import shapely

from geodata.demand import Demand
from stations.config import Config
from stations.demand_file import Source
from stations.hours import BEIJING
from stations.model import AccessBand
from stations.report import ReportAsk, make_report
from stations.store import Change, geojson
from stations.workspace import CANDIDATES_NAME, Workspace
from tests.geodata.squares import LAT0, LON0, districts, halves
from tests.stations.samples import station

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from geodata.districts import Districts
    from stations.model import Station
    from stations.report import CoverageReport

GEOD = pyproj.Geod(ellps="WGS84")
DAY = dt.date(2026, 11, 20)
"""A Friday in an ordinary week."""
MADE = dt.datetime(2026, 1, 5, 9, 0, tzinfo=BEIJING)
MANAGER, MANAGER_PHONE = "保密的站长", "13812345678"


def place(east_m: float, north_m: float = 0.0) -> dict[str, float]:
    """So many metres east and north of the border of the two districts."""
    lon, lat, _ = GEOD.fwd(LON0, LAT0, 0, north_m)
    lon, lat, _ = GEOD.fwd(lon, lat, 90, east_m)
    return {"lon": round(lon, 7), "lat": round(lat, 7)}


def before(days: int) -> dt.date:
    """So many days before the day of the reports."""
    return DAY - dt.timedelta(days)


@contextlib.contextmanager
def clock(moment: dt.datetime) -> Iterator[None]:
    """Let the store take this for now."""

    class Clock(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> Any:
            return moment.astimezone(tz)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(geojson, "dt", types.SimpleNamespace(datetime=Clock, UTC=dt.UTC))
        yield


def edit(
    workspace: Workspace,
    *put: Station,
    remove: tuple[str, ...] = (),
    when: dt.datetime | dt.date = MADE,
) -> int:
    """Put and remove records, at noon of a day or in a moment; return the revision."""
    if not isinstance(when, dt.datetime):
        when = dt.datetime.combine(when, dt.time(12), BEIJING)
    with clock(when):
        change = Change(put=put, remove=remove)
        return workspace.store.apply(change, who="test", what="edited").revision


def make(
    folder: Path,
    *records: Station,
    demand: Demand,
    areas: Districts | None = None,
    config: Config | None = None,
    when: dt.datetime = MADE,
) -> Workspace:
    """A workspace with these stations and workers."""
    workspace = Workspace.create(folder, config=config or Config(), districts=areas)
    edit(workspace, *records, when=when)
    sources = [Source("counts.csv", g, "points", n) for g, n in demand.by_group().items()]
    workspace.set_demand(demand, sources)
    return workspace


def write_candidates(workspace: Workspace, *rows: dict[str, Any]) -> None:
    """Candidates of the workspace: a `lon`, a `lat`, and what else is known of each."""
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [row["lon"], row["lat"]]},
            "properties": {k: v for k, v in row.items() if k not in {"lon", "lat"}},
        }
        for row in rows
    ]
    text = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)
    (workspace.folder / CANDIDATES_NAME).write_text(text, "utf-8")


def report(workspace: Workspace, **ask: Any) -> CoverageReport:
    """The report of `DAY`, or as asked; without new stations, which take the longest to find."""
    return make_report(workspace, ReportAsk(**{"day": DAY, "sites": 0, **ask}))


def workers_at(*places: tuple[float, float], group: str = "rider") -> Demand:
    """Workers of one group, so many at so many metres east."""
    points = [place(east) for east, _ in places]
    lon, lat = [p["lon"] for p in points], [p["lat"] for p in points]
    return Demand.of_points(lon, lat, [n for _, n in places], group=group)


# ------------------------------------------------------------------------------------- the town

_SECRET = {"manager": MANAGER, "manager_phone": MANAGER_PHONE}
TOWN = (
    station(
        "w-day",
        **place(-5000),
        name="日间驿站",
        district="惠济区",
        township="花园口镇",
        opening_hours="Mo-Su 08:00-20:00",
        access=(AccessBand("staffed"),),
        facilities={"drinking_water": True, "microwave": False, "air_conditioning": True},
        capacity=2,
        verified_on=before(90),
        **_SECRET,
    ),
    station(
        "w-app",
        **place(-5400),
        name="扫码驿站",
        district="惠济区",
        township="花园口镇",
        opening_hours="24/7",
        access=(AccessBand("app"),),
        facilities={"drinking_water": True},
        verified_on=before(91),
    ),
    station(
        "w-suspended",
        **place(-9000),
        name="暂停驿站",
        district="惠济区",
        township="老鸦陈街道",
        status="suspended",
        opening_hours="24/7",
        verified_on=before(-10),
    ),
    station(
        "w-lost",
        lon=None,
        name="无坐标驿站",
        adcode="410108",
        address="江山路 1 号",
        opening_hours="24/7",
        **_SECRET,
    ),
    station(
        "e-24",
        **place(5000),
        name="通宵驿站",
        district="中牟县",
        opening_hours="24/7",
        access=(AccessBand("qr"),),
        facilities={
            "drinking_water": True, "microwave": True, "charging": False, "air_conditioning": True,
        },
        capacity=3,
        verified_on=before(365),
        **_SECRET,
    ),
    station(
        "e-unknown",
        **place(9000),
        name="时间不详驿站",
        district="惠济区",  # which it does not lie in
        access=(AccessBand("membership"),),
        verified_on=before(366),
    ),
    station(
        "e-expired",
        **place(13_000),
        name="到期驿站",
        district="中牟县",
        valid_to=before(1),
        opening_hours="24/7",
        verified_on=DAY,
    ),
    station("e-planned", **place(15_000), name="拟建驿站", status="planned"),
    station("e-building", **place(15_500), name="在建驿站", status="building"),
    station("e-closed", **place(16_000), name="关闭驿站", status="closed"),
    station("outside", **place(25_000), name="区外驿站", opening_hours="24/7"),
    station("nowhere", lon=None, name="不知何处"),
)  # fmt: skip
CLUSTERS = {
    # Metres east: couriers, riders.
    -13_000: (10, 0),  # nobody there
    -9000: (20, 10),  # w-suspended
    -5000: (60, 0),  # w-day, w-app
    5000: (0, 80),  # e-24
    9000: (40, 0),  # e-unknown
    13_000: (0, 30),  # e-expired
    25_000: (5, 5),  # outside
}
COURIER_HOURS = frozenset(24 * day + hour for day in range(5) for hour in range(9, 17))
"""Couriers: half of them at work on workdays from 9 to 17, which makes 20 hours a week each."""
RIDER_HOURS = frozenset(24 * day + hour for day in range(7) for hour in (0, 1, *range(18, 24)))
"""Riders: all at work from 18 to 2, every day: 56 hours a week; half of them on a holiday evening,
no courier."""


def english() -> Districts:
    """The two districts, with English names."""
    return dataclasses.replace(halves(), names_en=("Huiji", "Zhongmu"))


def town_demand() -> Demand:
    """The workers of the town."""
    points = [place(east) for east in CLUSTERS]
    profile = [
        [0.5 if hour in COURIER_HOURS else 0.0 for hour in range(168)],
        [1.0 if hour in RIDER_HOURS else 0.0 for hour in range(168)],
    ]
    holiday = [[0.0] * 24, [0.5 if hour >= 18 else 0.0 for hour in range(24)]]
    return Demand(
        np.array([p["lon"] for p in points]),
        np.array([p["lat"] for p in points]),
        np.array(list(CLUSTERS.values()), np.float64),
        ("courier", "rider"),
        np.array(profile),
        holiday=np.array(holiday),
    )


def make_town(folder: Path, **config: Any) -> Workspace:
    """Make the town: two districts along a road, each cluster of workers beside one station."""
    return make(
        folder,
        *TOWN,
        demand=town_demand(),
        areas=english(),
        config=Config(**{"title": "郑州北部", "title_en": "North Zhengzhou", **config}),
    )


# ------------------------------------------------------------------------------------- the city

QUARTERS = ("410102", "410103", "410104", "410105")
_HOURS = (
    None, "24/7", "22:00-06:00", "Mo-Fr 08:30-17:30; PH off", "Mo-Su 07:00-21:00",
    "Mo-Fr 08:00-12:00; Sa unknown",
)  # fmt: skip
_SIDE_M = 6000.0


def quarters() -> Districts:
    """Four districts that meet in the middle of the city."""
    west, east = place(-2 * _SIDE_M)["lon"], place(2 * _SIDE_M)["lon"]
    south, north = place(0, -2 * _SIDE_M)["lat"], place(0, 2 * _SIDE_M)["lat"]
    return districts(
        (QUARTERS[0], "中原区", shapely.box(west, south, LON0, LAT0)),
        (QUARTERS[1], "二七区", shapely.box(LON0, south, east, LAT0)),
        (QUARTERS[2], "管城回族区", shapely.box(west, LAT0, LON0, north)),
        (QUARTERS[3], "金水区", shapely.box(LON0, LAT0, east, north)),
    )


def city_records(seed: int = 5) -> list[Station]:
    """Stations of all kinds around the middle, where districts meet, and some far out."""
    rng = np.random.default_rng(seed)
    records = []
    for number in range(40):
        east, north = rng.uniform(-_SIDE_M, _SIDE_M, 2)
        known = rng.random(6) < 0.6
        records.append(
            station(
                f"c-{number:02d}",
                **place(east, north),
                name=f"第{number}号驿站",
                status=str(rng.choice(["open", "open", "open", "open", "suspended", "planned"])),
                opening_hours=_HOURS[rng.integers(len(_HOURS))],
                serves=((), ("rider",), ("all",), ("courier", "sanitation"))[rng.integers(4)],
                access=((), (AccessBand("staffed"),), (AccessBand("app"),))[rng.integers(3)],
                capacity=int(rng.integers(1, 12)) if known[0] else None,
                invested_cny=float(rng.integers(5000, 30_000)) if known[1] else None,
                facilities={
                    code: bool(rng.random() < 0.7)
                    for code, said in zip(
                        ("drinking_water", "microwave", "air_conditioning"), known[2:5], strict=True
                    )
                    if said
                },
                verified_on=before(int(rng.integers(0, 500))) if known[5] else None,
                **_SECRET,
            )
        )
    return records


def city_demand(seed: int = 6, n: int = 150) -> Demand:
    """Workers of three groups around the middle, a few of them outside all districts."""
    rng = np.random.default_rng(seed)
    spots = [place(*rng.uniform(-_SIDE_M, _SIDE_M, 2)) for _ in range(n - 3)]
    spots += [place(13_500 + number * 400, 300) for number in range(3)]
    return Demand(
        np.array([p["lon"] for p in spots]),
        np.array([p["lat"] for p in spots]),
        rng.integers(0, 40, (n, 3)).astype(np.float64),
        ("courier", "rider", "sanitation"),
        rng.random((3, 168)).round(2),
        holiday=rng.random((3, 24)).round(2),
    )


def city_candidates(seed: int = 7, n: int = 40) -> list[dict[str, Any]]:
    """Places for new stations, some with a name and a cost."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(n):
        row: dict[str, Any] = {"id": f"k{number}", **place(*rng.uniform(-_SIDE_M, _SIDE_M, 2))}
        if number % 2:
            row["name"] = f"候选{number}"
        if number % 3:
            row["cost_cny"] = 1000.0 * number
        rows.append(row)
    return rows


def make_city(folder: Path, *, candidates: int = 40, **config: Any) -> Workspace:
    """Make the city: four districts, forty stations, points of workers, candidates."""
    workspace = make(
        folder,
        *city_records(),
        demand=city_demand(),
        areas=quarters(),
        config=Config(**{"title": "试验城", "title_en": "Test City", **config}),
    )
    if candidates:
        write_candidates(workspace, *city_candidates(n=candidates))
    return workspace


def metres(demand: Demand, lon: float, lat: float) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Geodesic from each demand point to a place, by PROJ."""
    n = len(demand)
    away: np.ndarray[Any, np.dtype[np.float64]] = GEOD.inv(
        demand.lon, demand.lat, np.full(n, lon), np.full(n, lat)
    )[2]
    return away


def usable(records: Iterable[Station], day: dt.date = DAY) -> list[Station]:
    """Stations that can be used, asked of each record in words."""
    found = []
    for one in records:
        p = one.properties
        begun = p.valid_from is None or p.valid_from <= day
        ended = p.valid_to is not None and p.valid_to < day
        if p.status == "open" and one.position is not None and begun and not ended:
            found.append(one)
    return found
