"""Dividing land: a face into cells along the grid, as surveyors and builders do it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stations.demo.terrain import Frame

    Floats = NDArray[np.float64]

_TRIES = 5
_NODE_GAP_M = 24.0


def divide(
    face: shapely.Polygon,
    frame: Frame,
    cell_m2: float,
    rng: np.random.Generator,
    *,
    wild: float = 0.1,
) -> tuple[list[shapely.Polygon], list[shapely.LineString]]:
    """Divide a face into cells of some `cell_m2`, cutting across its longer side each time.

    Parameters
    ----------
    wild
        0 cuts along the planning grid in the middle; 1 as it comes.

    Returns
    -------
    tuple
        The cells, and the lines that were cut, each after those that it ends at.
    """
    cells: list[shapely.Polygon] = []
    cuts: list[shapely.LineString] = []
    stack = [shapely.Polygon(face.exterior)]
    while stack:
        piece = stack.pop()
        if piece.area < cell_m2 * rng.uniform(1.1, 2.0):
            cells.append(piece)
            continue
        for attempt in range(_TRIES):
            line = _cut_line(piece, frame, rng, wild=wild, second=attempt > 2)
            parts = _halves(piece, line, cell_m2)
            if parts:
                cuts.append(shapely.intersection(line, piece))
                stack.extend(parts)
                break
        else:
            cells.append(piece)
    return cells, cuts


def _cut_line(
    piece: shapely.Polygon, frame: Frame, rng: np.random.Generator, *, wild: float, second: bool
) -> shapely.LineString:
    """Return a line across a piece, slightly bent; `second` tries the other direction."""
    ring = shapely.get_coordinates(piece.exterior)
    centre = ring[:-1].mean(axis=0)
    angle = frame.angle(float(centre[0]), float(centre[1])) + wild * rng.normal(0, 0.6)
    along = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-along[1], along[0]])
    a, b = ((ring - centre) * along).sum(axis=1), ((ring - centre) * across).sum(axis=1)
    if (np.ptp(b) > np.ptp(a)) != second:
        along, across, a, b = across, along, b, a
    where = a.min() + np.ptp(a) * (0.5 + rng.uniform(-1, 1) * (0.06 + 0.35 * wild))
    low, high = b.min() - 5, b.max() + 5
    bend = wild * 0.16 * np.ptp(b) * rng.uniform(-1, 1)
    shape = ((0, 0), (0.32, bend), (0.68, bend), (1, 0)) if abs(bend) > 4 else ((0, 0), (1, 0))
    points = [
        centre + along * (where + shift) + across * (low + share * (high - low))
        for share, shift in shape
    ]
    return shapely.LineString(np.round(points, 2))


def _halves(
    piece: shapely.Polygon, line: shapely.LineString, cell_m2: float
) -> list[shapely.Polygon] | None:
    """Return the two halves; None where one is too small or thin, or the cut ends near a corner."""
    cut = shapely.intersection(line, piece)
    if cut.is_empty or cut.geom_type != "LineString":
        return None
    halves = shapely.get_parts(shapely.polygonize([shapely.union(piece.exterior, line)]))
    if len(halves) != 2:
        return None
    for half in halves:
        if half.area < 0.3 * cell_m2 or half.area < 0.012 * half.length**2:
            return None
    corners = _corners(shapely.get_coordinates(piece.exterior))
    for end in (cut.coords[0], cut.coords[-1]):
        if np.hypot(*(corners - end).T).min(initial=np.inf) < min(_NODE_GAP_M, cell_m2**0.5 / 6):
            return None
    return sorted(halves, key=lambda h: tuple(np.round(h.centroid.coords[0], 1)))


def _corners(ring: Floats) -> Floats:
    """Vertices where a ring turns by more than 20 degrees: there, other streets begin."""
    ahead = np.roll(ring[:-1], -1, axis=0) - ring[:-1]
    behind = np.roll(ahead, 1, axis=0)
    cross = behind[:, 0] * ahead[:, 1] - behind[:, 1] * ahead[:, 0]
    turn = np.abs(np.arctan2(cross, (behind * ahead).sum(axis=1)))
    return np.asarray(ring[:-1][turn > 0.35])
