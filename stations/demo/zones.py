"""Which use lies where: zones on the planning grid, parks, villages."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from stations.demo.names import Name

if TYPE_CHECKING:
    from stations.demo.terrain import Frame


class Zone(NamedTuple):
    """A box or an ellipse on the planning grid with one use."""

    use: str
    centre: tuple[float, float]
    radii: tuple[float, float]
    box: bool = False

    def holds(self, u: float, v: float) -> bool:
        """Whether a grid position lies in the zone."""
        a, b = abs(u - self.centre[0]) / self.radii[0], abs(v - self.centre[1]) / self.radii[1]
        return max(a, b) <= 1 if self.box else a * a + b * b <= 1


class Park(NamedTuple):
    """A park: a superellipse on the planning grid."""

    name: Name
    centre: tuple[float, float]
    radii: tuple[float, float]
    power: float = 4.0
    paved: bool = False


ZONES = (
    Zone("logistics", (3700, 3390), (1050, 470), box=True),
    Zone("market", (-1900, 2090), (400, 310), box=True),
    Zone("industrial", (-3600, -2150), (560, 1210), box=True),
    Zone("campus", (3580, 960), (590, 320), box=True),
    Zone("old", (-250, 320), (1250, 640)),
    Zone("core", (650, 1800), (1150, 520), box=True),
    Zone("newtown", (1450, -2250), (1650, 1150), box=True),
)
PARKS = (
    Park(Name("古埠公园", "Gubu Park"), (-1130, 1560), (210, 180)),
    Park(Name("人民广场", "Renmin Square"), (300, 1540), (150, 130), 7.0, paved=True),
    Park(Name("麦浪公园", "Mailang Park"), (1150, -2700), (230, 290)),
    Park(Name("砺石体育公园", "Lishi Sports Park"), (-3130, -1490), (190, 160), 5.0),
    Park(Name("红柳公园", "Hongliu Park"), (-3240, -110), (190, 250), 2.6),
    Park(Name("钟楼园", "Zhonglou Garden"), (-480, 560), (85, 70), 5.0),
    Park(Name("东苑公园", "Dongyuan Park"), (3130, -1470), (190, 160)),
    Park(Name("站北公园", "Zhanbei Park"), (250, 3170), (230, 120)),
    Park(Name("站前广场", "Station Square"), (20, 2604), (190, 86), 9.0, paved=True),
)
VILLAGES = (
    (-5280, 650), (-5230, -1500), (-4700, -2370), (-2900, -4270), (-300, -4270), (2500, -4230),
    (2900, -5000), (5560, -2500), (5580, 600), (5600, 3000), (-2800, 4230), (-4900, 2250),
)  # fmt: skip
LANE_CELL_M2 = {
    "old": 12_000.0,
    "core": 25_000.0,
    "urban": 35_000.0,
    "newtown": 54_000.0,
    "market": 34_000.0,
    "campus": 60_000.0,
    "industrial": 80_000.0,
    "logistics": 85_000.0,
    "fringe": 70_000.0,
}
"""Typical area of a block by zone; a zone that is not listed has no lanes."""

_INNER = Zone("urban", (30, 50), (3300, 2600))
_BUILT_RADII = (4230.0, 3460.0)
_RURAL_CORNERS = (
    Zone("rural", (-3900, 3200), (1700, 700), box=True),
    Zone("rural", (-3900, -3100), (200, 260), box=True),
    Zone("rural", (-2400, 3200), (900, 420), box=True),
)


def zone_of(frame: Frame, x: float, y: float) -> str:
    """Use of the land at a place in plane metres."""
    u, v = frame.uv(x, y).tolist()
    for zone in ZONES:
        if zone.holds(u, v):
            return zone.use
    if any(corner.holds(u, v) for corner in _RURAL_CORNERS):
        return "rural"
    if _INNER.holds(u, v):
        return "urban"
    out = (abs(u) / _BUILT_RADII[0]) ** 4.5 + (abs(v) / _BUILT_RADII[1]) ** 4.5
    return "fringe" if out <= 1 else "rural"


def park_shape(frame: Frame, park: Park) -> shapely.Polygon:
    """Return the park's ground in plane metres."""
    ring = frame.ring(park.centre, park.radii, park.power)
    return shapely.Polygon(np.round(ring, 1)).simplify(3)
