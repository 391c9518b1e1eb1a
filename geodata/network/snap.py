"""Where points are on a network: the nearest edge, how far along it, and the way there."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geodata._chunks import in_chunks
from geodata.errors import GeodataError
from geodata.nearest import checked_positions
from geodata.network import _search, _snap
from geodata.network.network import TICK_S

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from geodata.network.network import Network

SNAP_M = 500.0
"""How far from the streets a point may lie, unless another limit is given."""
# Ways up to so many metres may cross water or rails: positions are not better known than that.
_FREE_M = 20.0


class Snapped(NamedTuple):
    """Points on a network.

    Attributes
    ----------
    edge
        (n,) int32 nearest edge; -1 where none lies within the limit without water or rails between.
    fraction
        (n,) how far along its shape the nearest point of the edge is, 0 to 1.
    link_m
        (n,) metres by straight line from the point to there; inf where there is no edge.
    """

    edge: NDArray[np.int32]
    fraction: NDArray[np.float64]
    link_m: NDArray[np.float64]

    @property
    def found(self) -> NDArray[np.bool_]:
        """(n,) Whether a point is on the network."""
        return self.edge >= 0

    def at(self, rows: NDArray[np.intp]) -> Snapped:
        """Return some of the points."""
        return Snapped(self.edge[rows], self.fraction[rows], self.link_m[rows])


def snap(network: Network, lon: ArrayLike, lat: ArrayLike, *, limit_m: float = SNAP_M) -> Snapped:
    """Find the nearest edge of each point; of edges equally near, the one that comes first.

    The straight way to the edge, which is walked, crosses no barrier of the network unless it is
    shorter than 20 m. A point is never put on a street that it cannot be at: farther off than
    `limit_m`, or with water between, it is on no edge.

    Parameters
    ----------
    lon, lat
        (n,) degrees WGS84.

    Raises
    ------
    PositionError
        If a position is none on Earth.
    GeodataError
        If the limit is negative or not finite.
    """
    lon, lat = checked_positions(lon, lat)
    if not (np.isfinite(limit_m) and limit_m >= 0):
        message = f"the snapping limit is {limit_m} m: a finite number of metres is needed"
        raise GeodataError(message)
    n = len(lon)
    found = Snapped(np.empty(n, np.int32), np.empty(n), np.empty(n))

    def work(rows: slice) -> None:
        _snap.snap(
            lon[rows],
            lat[rows],
            network.shape,
            network.indptr,
            network.edge_of,
            network.grid,
            network.barriers,
            network.barrier_grid,
            float(limit_m),
            _FREE_M,
            found.edge[rows],
            found.fraction[rows],
            found.link_m[rows],
        )

    in_chunks(n, work)
    return found


def ways(network: Network, points: Snapped, *, leaving: bool) -> NDArray[np.int64]:
    """(n, 2) ticks between each point and the first and the last node of its edge.

    Parameters
    ----------
    leaving
        From the point to the nodes; else from the nodes to the point.

    Returns
    -------
    ticks
        UNREACHED where a direction is closed, in both columns for a point that is on no edge, and
        in the other column for one that is at an end of its edge.
    """
    found = np.flatnonzero(points.found)
    forward, backward = (
        column.astype(np.float64) for column in network.ticks[points.edge[found]].T
    )
    part = points.fraction[found]
    link = points.link_m[found] / network.link_m_s / TICK_S
    # To the first node one goes backward, to the last one forward; from the nodes it is reversed.
    before, after = (backward, forward) if leaving else (forward, backward)
    ticks = np.full((len(points.edge), 2), _search.UNREACHED)
    for column, (whole, share) in enumerate(((before, part), (after, 1.0 - part))):
        # Whoever is at the very node need not go along the edge.
        open_ = (whole >= 0) | (share == 0)
        ticks[found[open_], column] = np.rint(link + np.maximum(whole, 0) * share)[open_]
    # From one end any way on leads through the search itself.
    for column, end in ((1, 0.0), (0, 1.0)):
        ticks[found[part == end], column] = _search.UNREACHED
    return ticks


def along(network: Network, first: Snapped, second: Snapped) -> NDArray[np.int64]:
    """(n,) ticks from each first point to each second one along the edge that both are on.

    UNREACHED where that direction is closed.
    """
    step = second.fraction - first.fraction
    ticks = network.ticks[first.edge].astype(np.float64)
    whole = np.where(step >= 0, ticks[:, 0], ticks[:, 1])
    link = (first.link_m + second.link_m) / network.link_m_s / TICK_S
    open_ = (whole >= 0) | (step == 0)
    direct = np.full(len(step), _search.UNREACHED)
    direct[open_] = np.rint(link + np.maximum(whole, 0) * np.abs(step))[open_]
    return direct
