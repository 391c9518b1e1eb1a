"""The lie of the land: the frame the city is drawn in, its river, canal, lake, railway, borders.

Everything here is in metres on a local plane, x east and y north. The city is planned on a straight
grid ``(u, v)`` that `Frame` turns and bends, so that no street of it is quite straight.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely
from scipy.interpolate import CubicSpline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

HALF_WIDTH_M, HALF_HEIGHT_M = 6000.0, 4500.0
"""Half the extent of the eight subdistricts together."""

_RIVER = (
    (-9800, 1500), (-7400, 1080), (-5300, 1700), (-3750, 1560), (-2550, 700), (-1500, -250),
    (-400, -640), (700, -470), (1700, 260), (2800, 500), (3900, -60), (5200, -560), (7200, -380),
    (9800, -850),
)  # fmt: skip
_CANAL = (
    (-2540, 680), (-2100, 900), (-1300, 1000), (-350, 930), (560, 990), (1250, 960), (1900, 1400),
    (2650, 1700), (3500, 1850),
)  # fmt: skip
_RAIL = (
    (-9800, 4300), (-5200, 3050), (-2600, 2760), (-500, 2720), (1500, 2725), (3200, 2760),
    (5200, 2900), (9800, 2500),
)  # fmt: skip
_MOTORWAY = (
    (4300, -9000), (4780, -3600), (5150, -600), (5080, 1900), (4960, 3300), (5500, 9000),
)  # fmt: skip
_LAKE = (3520.0, 1850.0, 400.0, 235.0)
_EYOT = (2270.0, 430.0)
STATION_UV = (60.0, 2725.0)
"""The middle of the railway station on the planning grid."""


class Frame(NamedTuple):
    """Turns and bends the straight planning grid ``(u, v)`` into plane metres ``(x, y)``."""

    turn: float
    phases: tuple[float, ...]

    def xy(self, u: ArrayLike, v: ArrayLike) -> Floats:
        """(..., 2) plane metres of grid positions, to the millimetre.

        Rounding here and wherever a line is drawn hides the last bits, in which processors and
        libraries differ, before a decision can hang on them.
        """
        u, v = np.asarray(u, np.float64), np.asarray(v, np.float64)
        a, b, c, d = self.phases
        x = u + 130 * np.sin(v / 2300 + a) + 55 * np.sin((u + v) / 1500 + b)
        y = v + 150 * np.sin(u / 2600 + c) + 50 * np.sin((u - v) / 1300 + d)
        cos, sin = np.cos(self.turn), np.sin(self.turn)
        return np.asarray(np.round(np.stack([cos * x - sin * y, sin * x + cos * y], axis=-1), 3))

    def uv(self, x: ArrayLike, y: ArrayLike) -> Floats:
        """(..., 2) grid positions of plane metres, by fixed-point iteration."""
        wanted = np.stack([np.asarray(x, np.float64), np.asarray(y, np.float64)], axis=-1)
        cos, sin = np.cos(self.turn), np.sin(self.turn)
        found, miss = np.zeros_like(wanted), wanted
        for _ in range(8):
            east, north = miss[..., 0], miss[..., 1]
            found += np.stack([cos * east + sin * north, cos * north - sin * east], axis=-1)
            miss = wanted - self.xy(found[..., 0], found[..., 1])
        return found

    def angle(self, x: float, y: float) -> float:
        """Direction of the grid's u axis near a place, radians from the east."""
        # The grid bends so gently that the place without its bends is near enough.
        cos, sin = np.cos(self.turn), np.sin(self.turn)
        u, v = cos * x + sin * y, cos * y - sin * x
        ahead = self.xy(np.array([u - 50, u + 50]), np.array([v, v]))
        east, north = (ahead[1] - ahead[0]).tolist()
        return float(np.arctan2(north, east))

    def ring(self, centre: tuple[float, float], radii: tuple[float, float], power: float) -> Floats:
        """(n, 2) closed superellipse on the grid, in plane metres."""
        t = np.linspace(0, 2 * np.pi, 121)
        cos, sin = np.cos(t), np.sin(t)
        u = centre[0] + radii[0] * np.sign(cos) * np.abs(cos) ** (2 / power)
        v = centre[1] + radii[1] * np.sign(sin) * np.abs(sin) ** (2 / power)
        closed = self.xy(u, v)
        closed[-1] = closed[0]
        return closed


@dataclasses.dataclass(frozen=True, eq=False)
class Terrain:
    """What lies there before a street is built; shapely geometries in plane metres.

    Attributes
    ----------
    river, canal, lake
        The water; `eyot` is the island that is left out of the river.
    river_line
        The middle of the river, which subdistricts meet at.
    banks, canal_banks
        The two lines along the river and along the canal where streets end.
    river_valley, canal_valley, rail_bed, motorway_bed
        What lies between those lines, or beside the tracks and lanes.
    lake_park
        The park around the lake.
    outline, land
        The extent of the subdistricts and of the drawn map.
    """

    frame: Frame
    river: shapely.Polygon
    river_line: shapely.LineString
    banks: tuple[shapely.LineString, shapely.LineString]
    river_valley: shapely.Polygon
    eyot: shapely.Polygon
    canal: shapely.Polygon
    canal_banks: tuple[shapely.LineString, shapely.LineString]
    canal_valley: shapely.Polygon
    lake: shapely.Polygon
    lake_park: shapely.Polygon
    rail: shapely.LineString
    rail_bed: shapely.Polygon
    motorway: shapely.LineString
    motorway_bed: shapely.Polygon
    outline: shapely.Polygon
    land: shapely.Polygon

    @property
    def water(self) -> shapely.Geometry:
        """River, canal and lake together."""
        return shapely.union_all([self.river, self.canal, self.lake])


def shape_terrain(rng: np.random.Generator) -> Terrain:
    """Lay river, canal, lake, railway and borders; `rng` moves them a little."""
    frame = Frame(np.deg2rad(rng.uniform(5.5, 8.5)), tuple(rng.uniform(-0.8, 0.8, 4).tolist()))
    middle = _spline(frame, _RIVER, 45, rng, 60)
    along = _lengths(middle)
    eyot_at = along[np.hypot(*(middle - frame.xy(*_EYOT)).T).argmin()]
    half = 60 + 13 * np.sin(along / 830 + rng.uniform(0, 6)) + 7 * np.sin(along / 310)
    half = half + 62 * np.exp(-(((along - eyot_at) / 430) ** 2))
    t = (along - eyot_at - 15) / 300
    eyot = _ribbon(middle[np.abs(t) < 1], 46 * (1 - t[np.abs(t) < 1] ** 2) ** 0.8 + 0.5)
    whole = _ribbon(middle, half)
    north, south = _offset(middle, half + 46), _offset(middle, -half - 46)
    canal_line = _spline(frame, _CANAL, 30, rng, 25)
    lake = _blob(frame, _LAKE, rng)
    land = shapely.box(-8300, -6300, 8300, 6300)
    river, valley = (_clean(g.intersection(land)) for g in (whole, _ribbon(middle, half + 46)))
    lake_park = _clean(lake.buffer(115).simplify(4))
    canal = shapely.LineString(canal_line)
    canal_valley = canal.buffer(29, cap_style="flat").difference(lake_park)
    sides = [shapely.LineString(_offset(canal_line, side)) for side in (29.0, -29.0)]
    rail = shapely.LineString(_spline(frame, _RAIL, 120, rng, 30)).intersection(land)
    motorway = shapely.LineString(_spline(frame, _MOTORWAY, 120, rng, 40)).intersection(land)
    return Terrain(
        frame=frame,
        river=_clean(river.difference(eyot)),
        river_line=shapely.LineString(middle),
        banks=(shapely.LineString(north), shapely.LineString(south)),
        river_valley=valley,
        eyot=eyot,
        canal=_clean(canal.buffer(8, cap_style="flat").difference(whole).difference(lake)),
        canal_banks=(sides[0], sides[1]),
        canal_valley=_clean(canal_valley.difference(valley)),
        lake=lake,
        lake_park=lake_park,
        rail=rail,
        rail_bed=rail.buffer(34, cap_style="flat"),
        motorway=motorway,
        motorway_bed=motorway.buffer(42, cap_style="flat"),
        outline=_outline(rng),
        land=land,
    )


def _spline(
    frame: Frame,
    points: Sequence[tuple[float, float]],
    step_m: float,
    rng: np.random.Generator,
    jitter_m: float,
) -> Floats:
    """(n, 2) plane metres of a smooth line through grid points, a point every `step_m`."""
    grid = np.array(points, np.float64) + rng.uniform(-jitter_m, jitter_m, (len(points), 2))
    plane = frame.xy(grid[:, 0], grid[:, 1])
    along = _lengths(plane)
    samples = np.linspace(0, along[-1], round(along[-1] / step_m) + 1)
    return np.asarray(np.round(CubicSpline(along, plane)(samples), 2))


def _lengths(line: Floats) -> Floats:
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])


def _offset(line: Floats, by: ArrayLike) -> Floats:
    """(n, 2) line shifted to its left by metres, one number or one a point."""
    ahead = np.gradient(line, axis=0)
    ahead /= np.hypot(*ahead.T)[:, None]
    left = np.column_stack([-ahead[:, 1], ahead[:, 0]])
    shifted = line + left * np.broadcast_to(np.asarray(by), len(line))[:, None]
    return np.asarray(np.round(shifted, 2))


def _ribbon(line: Floats, half: Floats) -> shapely.Polygon:
    return _clean(shapely.Polygon(np.vstack([_offset(line, half), _offset(line, -half)[::-1]])))


def _blob(
    frame: Frame, ellipse: tuple[float, float, float, float], rng: np.random.Generator
) -> shapely.Polygon:
    """Return an ellipse on the grid with an uneven shore."""
    u, v, wide, high = ellipse
    t = np.linspace(0, 2 * np.pi, 73)[:-1]
    waves = rng.uniform(0, 2 * np.pi, 3)
    r = 1 + 0.16 * np.sin(2 * t + waves[0]) + 0.10 * np.sin(3 * t + waves[1])
    r = r + 0.05 * np.sin(5 * t + waves[2])
    shore = frame.xy(u + wide * r * np.cos(t), v + high * r * np.sin(t))
    return shapely.Polygon(np.round(shore, 2))


def _outline(rng: np.random.Generator) -> shapely.Polygon:
    """Return the border of the whole: a rounded rectangle that wanders as borders do."""
    t = np.linspace(0, 2 * np.pi, 91)[:-1]
    cos, sin = np.cos(t), np.sin(t)
    r = (np.abs(cos) ** 4.5 + np.abs(sin) ** 4.5) ** (-1 / 4.5)
    waves = rng.uniform(0, 2 * np.pi, 3)
    r = r * (0.975 + 0.018 * np.sin(5 * t + waves[0]) + 0.013 * np.sin(9 * t + waves[1]))
    r = r + 0.008 * np.sin(17 * t + waves[2])
    return shapely.Polygon(
        np.round(np.column_stack([HALF_WIDTH_M * r * cos, HALF_HEIGHT_M * r * sin + 140]), 1)
    )


def _clean(geometry: shapely.Geometry) -> shapely.Polygon:
    """Return the largest valid polygon of a geometry."""
    parts = [g for g in shapely.get_parts(geometry.buffer(0)) if g.geom_type == "Polygon"]
    return max(parts, key=lambda g: float(g.area))
