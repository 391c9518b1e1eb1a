"""Who works outdoors in the demo city, where, and at which hours."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from geodata.demand import Demand

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geodata.crs import LocalPlane
    from stations.demo.landuse import Block, LandUse
    from stations.demo.network import Street
    from stations.demo.terrain import Frame, Terrain

    Floats = NDArray[np.float64]

SPACING_M = 120.0
TOTALS = {"courier": 5200, "rider": 8300, "sanitation": 5400, "driver": 5100}
"""Workers of each group."""

_FEWEST = 1.0
# Workers by use of the block, in proportion.
_BY_USE = {
    "courier": {"core": 1.5, "old": 0.9, "urban": 1.0, "newtown": 1.2, "campus": 1.1,
                "market": 2.0, "industrial": 0.9, "logistics": 5.0, "fringe": 0.6, "village": 0.2},
    "rider": {"core": 3.4, "old": 2.2, "urban": 1.1, "newtown": 1.4, "campus": 1.7, "market": 1.0,
              "industrial": 0.4, "logistics": 0.3, "fringe": 0.35, "village": 0.04},
    "sanitation": {"core": 0.5, "old": 0.5, "urban": 0.2, "market": 1.0, "campus": 0.1},
    "driver": {"core": 0.9, "old": 0.3, "urban": 0.3, "newtown": 0.4, "campus": 0.3, "market": 2.4,
               "industrial": 1.0, "logistics": 3.6, "fringe": 0.2, "village": 0.1},
}  # fmt: skip
_BY_STREET = {"primary": 1.0, "secondary": 0.7, "residential": 0.12, "footway": 0.05}


class HotSpot(NamedTuple):
    """A place that draws workers: grid position, reach in metres, weight in the middle."""

    u: float
    v: float
    reach_m: float
    weight: float


_HOT_SPOTS = {
    "courier": (
        HotSpot(3550, 3500, 420, 16), HotSpot(-2700, -700, 220, 9), HotSpot(2450, -2050, 240, 11),
        HotSpot(-1100, -2500, 230, 9), HotSpot(-3250, 420, 220, 8), HotSpot(2550, -150, 200, 8),
        HotSpot(1300, 3050, 210, 8),
    ),
    "rider": (
        HotSpot(1350, 1520, 260, 22), HotSpot(220, 1730, 260, 18), HotSpot(-300, 130, 240, 14),
        HotSpot(1750, -1900, 260, 17), HotSpot(3300, 820, 230, 12), HotSpot(-1850, -1450, 220, 9),
        HotSpot(60, 2480, 200, 9), HotSpot(-3450, -900, 210, 8), HotSpot(2950, -2400, 200, 9),
    ),
    "sanitation": (
        HotSpot(-1900, 2080, 320, 5), HotSpot(60, 2560, 220, 5), HotSpot(-250, 300, 500, 3),
    ),
    "driver": (
        HotSpot(20, 2560, 230, 26), HotSpot(-1900, 2100, 300, 15), HotSpot(3550, 3480, 460, 20),
        HotSpot(4750, 1270, 260, 12), HotSpot(-3700, -2000, 360, 9), HotSpot(1500, -1180, 180, 7),
        HotSpot(4700, -1180, 230, 8),
    ),
}  # fmt: skip

# Shifts: hour of the day in the middle, width in hours, share at work, on workdays and weekends.
_SHIFTS = {
    "courier": ((8.5, 1.6, 0.85, 0.75), (12.0, 3.0, 0.45, 0.40), (15.5, 2.2, 0.65, 0.55),
                (19.0, 1.6, 0.35, 0.30), (2.0, 2.2, 0.12, 0.12)),
    "rider": ((11.9, 1.3, 0.80, 0.88), (18.4, 1.6, 0.85, 0.90), (21.8, 2.0, 0.45, 0.60),
              (7.8, 1.0, 0.28, 0.20), (15.0, 2.2, 0.30, 0.36), (0.6, 1.6, 0.16, 0.24)),
    "sanitation": ((5.8, 1.4, 0.92, 0.84), (9.0, 1.5, 0.40, 0.35), (15.2, 1.7, 0.70, 0.62),
                   (19.5, 1.4, 0.22, 0.20)),
    "driver": ((7.8, 1.8, 0.62, 0.45), (12.0, 3.0, 0.42, 0.42), (17.8, 2.0, 0.66, 0.62),
               (22.5, 2.2, 0.48, 0.56), (3.0, 2.4, 0.26, 0.30)),
}  # fmt: skip


def settle_people(
    plane: LocalPlane,
    terrain: Terrain,
    streets: Sequence[Street],
    land: LandUse,
    rng: np.random.Generator,
) -> Demand:
    """Workers on a regular grid, in proportion to blocks, streets and hot spots around each."""
    x, y = _grid(terrain, land)
    points = shapely.points(x, y)
    used = _use_at(points, land.blocks)
    along = _street_metres(points, streets)
    columns = []
    for group, total in TOTALS.items():
        shares = _BY_USE[group]
        weight = np.array([shares.get(use, 0.0) for use in used])
        if group == "sanitation":
            weight += along / 55
        for spot in _HOT_SPOTS[group]:
            weight += np.where(used == "", 0.25, 1.0) * _pull(terrain.frame, spot, x, y)
        weight *= rng.lognormal(0.0, 0.45, len(weight))
        columns.append(weight * total / weight.sum())
    weights = np.column_stack(columns)
    kept = weights.sum(axis=1) >= _FEWEST
    weights = weights[kept] * (weights.sum(axis=0) / weights[kept].sum(axis=0))
    lon, lat = plane.inverse(x[kept], y[kept])
    return Demand(
        np.round(lon, 7),
        np.round(lat, 7),
        np.round(weights, 4),
        tuple(TOTALS),
        np.stack([_profile(group) for group in TOTALS]),
        SPACING_M,
    )


def _grid(terrain: Terrain, land: LandUse) -> tuple[Floats, Floats]:
    """Positions every `SPACING_M` inside the outline and out of the water, rows from the south."""
    west, south, east, north = terrain.outline.bounds
    columns = np.arange(np.ceil(west / SPACING_M), np.floor(east / SPACING_M) + 1) * SPACING_M
    rows = np.arange(np.ceil(south / SPACING_M), np.floor(north / SPACING_M) + 1) * SPACING_M
    x, y = (a.ravel() for a in np.meshgrid(columns, rows))
    dry = shapely.difference(
        terrain.outline, shapely.union_all([terrain.water.buffer(4), terrain.eyot, *land.ponds])
    )
    shapely.prepare(dry)
    kept = shapely.contains_xy(dry, x, y)
    return x[kept], y[kept]


def _use_at(points: NDArray[np.object_], blocks: Sequence[Block]) -> NDArray[np.str_]:
    """Use of the block within 40 m of each point; an empty string in the open."""
    uses = np.array([block.use for block in blocks])
    tree = shapely.STRtree([block.shape for block in blocks])
    point, block = tree.query_nearest(points, max_distance=40, all_matches=False)
    found = np.full(len(points), "", dtype=uses.dtype)
    found[point] = uses[block]
    return found


def _street_metres(points: NDArray[np.object_], streets: Sequence[Street]) -> Floats:
    """Metres of street to sweep in the cell around each point, main streets counting more."""
    cells = shapely.buffer(points, SPACING_M / 2, cap_style="square")
    lines = np.array([street.line for street in streets], dtype=object)
    share = np.array([_BY_STREET[street.kind] for street in streets])
    cell, line = shapely.STRtree(lines).query(cells, predicate="intersects")
    inside = shapely.length(shapely.intersection(lines[line], cells[cell]))
    metres = np.bincount(cell, inside * share[line], minlength=len(points))
    return np.asarray(metres, np.float64)


def _pull(frame: Frame, spot: HotSpot, x: Floats, y: Floats) -> Floats:
    centre_x, centre_y = frame.xy(spot.u, spot.v)
    squared = ((x - centre_x) ** 2 + (y - centre_y) ** 2) / (2 * spot.reach_m**2)
    near = squared < 4.5
    pull = np.where(near, spot.weight * np.exp(-np.where(near, squared, 0)), 0.0)
    return np.asarray(pull)


def _profile(group: str) -> Floats:
    """(168,) share of a group at work in each hour of the week, Monday 00:00 first."""
    hours = np.arange(24) + 0.5
    week = np.zeros((7, 24))
    for middle, width, workday, weekend in _SHIFTS[group]:
        apart = np.abs(hours - middle)
        bump = np.exp(-((np.minimum(apart, 24 - apart) / width) ** 2))
        week[:5] = np.maximum(week[:5], workday * bump)
        week[5:] = np.maximum(week[5:], weekend * bump)
    week[4, 17:] = np.minimum(week[4, 17:] * 1.08, 0.97)
    return np.asarray(np.round(np.clip(week, 0.01, 1.0), 4), np.float64).ravel()
