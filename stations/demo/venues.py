"""Venues where a station could be set up: candidate sites with room and cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from stations.demo.places import Ground

COUNT = 200
_SPACING_M = 170.0
# Kind of host: name on the sign, share of the venues, cost of fitting out (CNY), room.
_KINDS = (
    ("community", "社区服务站", 0.24, 9_000, 22),
    ("bank", "云渡银行营业所", 0.14, 7_500, 10),
    ("public_toilet", "公厕管理房", 0.15, 11_000, 8),
    ("post_office", "邮政所", 0.10, 8_000, 12),
    ("petrol_station", "加油站", 0.07, 13_000, 14),
    ("telecom", "通信营业厅", 0.06, 7_000, 10),
    ("shop", "便利店", 0.10, 8_500, 8),
    ("company", "物业用房", 0.08, 15_000, 30),
    ("hospital", "卫生服务站", 0.03, 10_000, 12),
    ("park", "公园游客间", 0.03, 12_000, 16),
)
# Blocks of these uses come up more or less often than their area says.
_WEIGHT = {
    "old": 2.2, "core": 2.4, "urban": 1.3, "newtown": 1.1, "market": 1.6, "campus": 0.8,
    "industrial": 0.7, "logistics": 0.9, "fringe": 0.7, "village": 0.6,
}  # fmt: skip
_NEEDS_ROOM = {"industrial": "company", "logistics": "company", "village": "community"}


def offer_venues(ground: Ground, rng: np.random.Generator) -> list[dict[str, Any]]:
    """200 candidate sites as GeoJSON points, spread over the blocks, none beside another."""
    area = np.array([b.shape.area * _WEIGHT[b.use] for b in ground.blocks])
    outline = shapely.union_all(list(ground.wards)).buffer(-60)
    order = rng.choice(len(area), size=len(area), replace=False, p=area / area.sum())
    places: list[tuple[float, float, str]] = []
    for i in order.tolist():
        block = ground.blocks[i]
        corner = block.shape.exterior.interpolate(rng.random(), normalized=True)
        inside = block.shape.buffer(-8)
        if inside.is_empty or not outline.contains(inside):
            continue
        x, y = shapely.get_coordinates(shapely.shortest_line(inside, corner))[0].tolist()
        if all(np.hypot(x - a, y - b) > _SPACING_M for a, b, _ in places):
            places.append((round(x, 2), round(y, 2), block.use))
        if len(places) == COUNT:
            break
    places.sort(key=lambda place: (place[1], place[0]))
    taken: dict[str, int] = {}
    return [_venue(ground, number, place, taken, rng) for number, place in enumerate(places, 1)]


def _venue(
    ground: Ground,
    number: int,
    place: tuple[float, float, str],
    taken: dict[str, int],
    rng: np.random.Generator,
) -> dict[str, Any]:
    x, y, use = place
    shares = np.array([kind[2] for kind in _KINDS])
    kind, sign, _, cost, room = _KINDS[int(rng.choice(len(_KINDS), p=shares / shares.sum()))]
    if use in _NEEDS_ROOM and rng.random() < 0.6:
        kind, sign, _, cost, room = next(k for k in _KINDS if k[0] == _NEEDS_ROOM[use])
    street, _ = ground.address((x, y))
    name = f"{street}{sign}"
    taken[name] = taken.get(name, 0) + 1
    if taken[name] > 1:
        name = f"{street}第{taken[name]}{sign}"
    return {
        "type": "Feature",
        "id": f"venue-{number:03d}",
        "geometry": {"type": "Point", "coordinates": ground.degrees((x, y))},
        "properties": {
            "id": f"venue-{number:03d}",
            "name": name,
            "kind": kind,
            "capacity": int(room * rng.uniform(0.6, 1.5)) + 1,
            "cost_cny": int(round(cost * rng.uniform(0.7, 1.8), -2)),
        },
    }
