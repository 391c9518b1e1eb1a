"""Station records for the tests, made from a seed."""

from __future__ import annotations

import datetime as dt
import random

from stations.model import AccessBand, Point, Properties, Station
from stations.vocabulary import ACCESS_CODES, FACILITY_CODES, KIND_CODES

HOURS = (None, "24/7", "Mo-Fr 08:30-17:30; PH off", "22:00-06:00", "Mo-Su 08:00-20:00")


def station(station_id: str = "s-1", **fields: object) -> Station:
    """A small valid record; `lon` and `lat` place it, the rest are its properties."""
    lon, lat = fields.pop("lon", 113.6), fields.pop("lat", 34.8)
    geometry = None if lon is None else Point((lon, lat))
    return Station(
        id=station_id, geometry=geometry, properties=Properties(**{"name": station_id, **fields})
    )


def register(n: int, seed: int = 1) -> list[Station]:
    """`n` varied records around Zhengzhou, some suspended, expired or without a position."""
    rng = random.Random(seed)
    return [_random(rng, number) for number in range(n)]


def _random(rng: random.Random, number: int) -> Station:
    return station(
        f"r-{number:06d}",
        lon=None if rng.random() < 0.03 else 113.4 + rng.random() * 0.5,
        lat=34.6 + rng.random() * 0.3,
        name=f"第{number}号驿站",
        kind=rng.choice(KIND_CODES),
        status=rng.choice(("open", "open", "open", "open", "suspended", "closed", "planned")),
        valid_to=dt.date(2026, 1, 1) if rng.random() < 0.05 else None,
        opening_hours=rng.choice(HOURS),
        access=(AccessBand(rng.choice(ACCESS_CODES)),) if rng.random() < 0.7 else (),
        facilities={f: rng.random() < 0.7 for f in rng.sample(FACILITY_CODES, 5)},
        manager="张三" if rng.random() < 0.5 else None,
        manager_phone="13800000000" if rng.random() < 0.5 else None,
        verified_on=dt.date(2026, 3, 1),
    )
