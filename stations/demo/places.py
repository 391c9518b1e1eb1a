"""The stations of the demo city: each entry of the roster placed on a block and filled in."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from stations.demo.names import SUBDISTRICTS
from stations.demo.roster import HOURS, ROSTER, SPECIAL, Entry
from stations.demo.wards import CODES
from stations.model import from_dict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geodata.crs import LocalPlane
    from stations.demo.landuse import Block
    from stations.demo.network import Street
    from stations.demo.terrain import Frame
    from stations.model import Station

    Place = tuple[float, float]

_ALWAYS_THERE = ("drinking_water", "seating", "charging")
_OFTEN_THERE = {
    "microwave": 0.8, "air_conditioning": 0.75, "first_aid": 0.7, "wifi": 0.6, "heating": 0.6,
    "umbrella": 0.5, "reading": 0.45, "toilet": 0.4, "fridge": 0.25, "ebike_charging": 0.2,
}  # fmt: skip
_BY_KIND: dict[str, dict[str, bool]] = {
    "rider_home": {"ebike_charging": True, "battery_swap": True, "lockers": True},
    "driver_home": {"parking": True, "shower": True, "toilet": True, "beds": True},
    "nursing_room": {"nursing": True, "microwave": False},
    "reading_room": {"reading": True, "ebike_charging": False},
    "gig_market": {"legal_advice": True, "breakfast": True},
}
_BY_HOST: dict[str, dict[str, bool]] = {
    "public_toilet": {"toilet": True},
    "petrol_station": {"toilet": True, "parking": True},
    "bank": {"toilet": False, "shower": False},
    "union": {"legal_advice": True, "counselling": True, "first_aid": True},
}
_SERVES = {
    "rider_home": ["rider", "courier"], "driver_home": ["driver"], "gig_market": ["gig"],
    "worksite_station": ["construction"],
}  # fmt: skip
_HOSTS = {
    "union": "演示区总工会", "community": "社区居民委员会", "bank": "云渡银行",
    "post_office": "演示邮政", "telecom": "演示通信营业厅", "petrol_station": "沙棘石油",
    "public_toilet": "演示环卫所", "shop": "锦帆商业公司", "company": "驼铃服务公司",
    "hospital": "云渡医院", "school": "沙洲学院", "park": "演示园林所",
    "transport": "云北客运公司", "government": "演示区党群服务中心",
}  # fmt: skip


@dataclasses.dataclass(frozen=True, eq=False)
class Ground:
    """Where a building can stand, what street it is on and which subdistrict it is in."""

    plane: LocalPlane
    frame: Frame
    blocks: Sequence[Block]
    streets: Sequence[Street]
    wards: Sequence[shapely.Polygon]

    @functools.cached_property
    def _named(self) -> list[tuple[str, shapely.LineString]]:
        return [(s.name.zh, s.line) for s in self.streets if s.name is not None]

    @functools.cached_property
    def _street_tree(self) -> shapely.STRtree:
        return shapely.STRtree([line for _, line in self._named])

    @functools.cached_property
    def _block_tree(self) -> shapely.STRtree:
        return shapely.STRtree([block.shape for block in self.blocks])

    def nearest(self, u: float, v: float) -> Place:
        """Plane metres of the place on a block nearest to a grid position, off the street."""
        target = shapely.Point(self.frame.xy(u, v))
        block = self.blocks[int(self._block_tree.nearest(target))].shape
        inside = block.buffer(-9)
        if inside.is_empty:
            inside = block.representative_point()
        found = shapely.get_coordinates(shapely.shortest_line(inside, target))[0]
        x, y = np.round(found, 2).tolist()
        return x, y

    def ward(self, place: Place) -> int:
        """Index of the subdistrict that a place is in, the nearest one outside all."""
        return int(np.argmin(shapely.distance(list(self.wards), shapely.Point(place))))

    def address(self, place: Place) -> tuple[str, str]:
        """Name of the nearest street that has one, and an address on it."""
        name, _ = self._named[int(self._street_tree.nearest(shapely.Point(place)))]
        number = 1 + int(abs(place[0]) * 0.11 + abs(place[1]) * 0.07) % 288
        return name, f"{name}{number}号"

    def degrees(self, place: Place) -> list[float]:
        """Longitude and latitude of a place."""
        lon, lat = self.plane.inverse(*place)
        return [round(float(lon), 7), round(float(lat), 7)]


def open_stations(ground: Ground, today: dt.date, rng: np.random.Generator) -> tuple[Station, ...]:
    """Every station of the roster; dates are counted back from `today`."""
    placed: dict[str, Place] = {}
    stations = []
    for number, entry in enumerate(ROSTER, 1):
        special = SPECIAL.get(entry.name, {})
        twin = special.get("beside")
        place = ground.nearest(entry.u, entry.v)
        if twin is not None:
            place = (placed[twin][0] + 4.0, placed[twin][1] - 2.5)
        placed[entry.name] = place
        properties = {
            "name": entry.name,
            "kind": entry.kind,
            **_state(entry, special, today, rng),
            **_where(ground, place, special),
            **HOURS[entry.hours],
            **_room(entry, today, rng),
            "manager": "演示",
            "manager_phone": "000-0000",
            "source": "演示数据，全部虚构",
        }
        geometry = {"type": "Point", "coordinates": ground.degrees(place)}
        stations.append(
            from_dict({
                "type": "Feature",
                "id": f"demo-{number:03d}",
                "geometry": geometry if special.get("placed", True) else None,
                "properties": properties,
            })
        )  # fmt: skip
    return tuple(stations)


def _where(ground: Ground, place: Place, special: dict[str, Any]) -> dict[str, Any]:
    """Stated subdistrict and address."""
    stated = special.get("stated")
    ward = ground.ward(place)
    if stated is not None:
        ward = [name.zh for name in SUBDISTRICTS].index(stated)
    return {
        "address": ground.address(place)[1],
        "adcode": CODES[ward],
        "district": SUBDISTRICTS[ward].zh,
    }


def _state(
    entry: Entry, special: dict[str, Any], today: dt.date, rng: np.random.Generator
) -> dict[str, Any]:
    """Status and dates: opened, verified, valid."""

    def before(days: float) -> str:
        return (today - dt.timedelta(days=int(days))).isoformat()

    opened, verified = int(rng.integers(420, 2600)), rng.gamma(2.0, 45.0) + 2
    verified = special.get("verified_days", min(verified, 340))
    status = special.get("status", "open")
    found: dict[str, Any] = {"status": status}
    if status != "planned":
        # A record is always younger than its station, but for the fault that is put in on purpose.
        found["opened_on"] = before(max(opened, (verified or 0) + 60))
    if "since_days" in special:
        found["status_since"] = before(special["since_days"])
    if "from_days" in special:
        found["valid_from"] = before(special["from_days"])
        found["valid_to"] = before(special["to_days"])
        found["opened_on"] = found["valid_from"]
        verified = min(verified, special["from_days"] - 10)
    if verified is not None:
        found["verified_on"] = before(verified)
        found["verified_by"] = "演示区总工会" if rng.random() < 0.7 else "街道工会"
    for key in ("mobile", "notes"):
        if key in special:
            found[key] = special[key]
    if entry.name.endswith("爱心驿站") and status == "open" and "beside" not in special:
        found["labels"], found["star"] = ["最美驿站"], 5
    elif rng.random() < 0.5:
        found["star"] = int(rng.integers(2, 6))
    return found


def _room(entry: Entry, today: dt.date, rng: np.random.Generator) -> dict[str, Any]:
    """Facilities that are there, are not, or nobody knows of; size, cost and host."""
    facilities = dict.fromkeys(_ALWAYS_THERE, True)
    for code, share in _OFTEN_THERE.items():
        draw = rng.random()
        if draw < 0.72:
            facilities[code] = bool(draw < 0.72 * share)
    facilities |= _BY_KIND.get(entry.kind, {}) | _BY_HOST.get(entry.host_kind, {})
    checked = today - dt.timedelta(days=int(rng.integers(5, 200)))
    area = round(float(rng.gamma(6.0, 4.5)) + 6, 1)
    return {
        "facilities": dict(sorted(facilities.items())),
        "facilities_verified": {
            code: checked.isoformat() for code in sorted(facilities) if rng.random() < 0.4
        },
        "serves": _SERVES.get(entry.kind, ["all"]),
        "area_m2": area,
        "capacity": max(4, int(area / 2.4)),
        "host": _HOSTS[entry.host_kind],
        "host_kind": entry.host_kind,
        "build_mode": "self_built" if entry.host_kind == "union" else "joint",
        "invested_cny": float(rng.integers(10, 56) * 500),
    }
