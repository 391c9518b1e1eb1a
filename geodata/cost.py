"""What it costs a worker to reach a site: a protocol, and the straight line.

`geodata.network.walking` has the other model, minutes on a street network.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from scipy import sparse

from geodata.errors import GeodataError
from geodata.nearest import NearestIndex
from geodata.siting.memory import free_memory

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from geodata.nearest import Within
    from geodata.network.index import WithinTime

DENSE_PAIRS = 20_000_000
"""Pairs that are laid out in full rather than listed by row: 160 MB of costs."""
BYTES_PER_PAIR = 40
"""What one listed pair takes here and while its problem is set up and solved."""
NEAREST_SITES = 64
"""Sites listed for each row where not all pairs fit."""


class Costs(NamedTuple):
    """Costs from each demand point to sites, as `SitingProblem.pmedian` takes them.

    Attributes
    ----------
    table
        (n, m) every cost, or CSR of the cheapest of each row, in ascending order of column.
    beyond
        (n,) where the table is CSR: no site that a row leaves out costs less than this; inf where
        it leaves none out. None where the table is dense.
    """

    table: NDArray[np.float64] | sparse.csr_array
    beyond: NDArray[np.float64] | None


class CostModel(Protocol):
    """How far sites are from workers, in metres or seconds. Positions are degrees WGS84."""

    def covers(
        self,
        demand_lon: ArrayLike,
        demand_lat: ArrayLike,
        site_lon: ArrayLike,
        site_lat: ArrayLike,
        limit: float,
    ) -> sparse.csr_array:
        """(n, m) boolean CSR: which of m sites each of n demand points reaches for `limit`."""

    def costs(
        self,
        demand_lon: ArrayLike,
        demand_lat: ArrayLike,
        site_lon: ArrayLike,
        site_lat: ArrayLike,
        *,
        limits: ArrayLike | None = None,
    ) -> Costs:
        """Costs from n demand points to m sites: those up to `limits` (n,), or all that fit."""

    def nearest(
        self,
        demand_lon: ArrayLike,
        demand_lat: ArrayLike,
        site_lon: ArrayLike,
        site_lat: ArrayLike,
    ) -> NDArray[np.float64]:
        """(n,) cost from each of n demand points to the cheapest of m sites; inf for none."""


@dataclasses.dataclass(frozen=True)
class StraightLine:
    """Metres by geodesic, as `geodata.coverage` measures them.

    Attributes
    ----------
    memory_bytes
        How much memory pairs may take; what is free on this machine by default.
    """

    memory_bytes: int | None = None

    def covers(
        self,
        demand_lon: ArrayLike,
        demand_lat: ArrayLike,
        site_lon: ArrayLike,
        site_lat: ArrayLike,
        limit: float,
    ) -> sparse.csr_array:
        """Which sites are within `limit` metres of each demand point, one exactly there included.

        Returns
        -------
        (n, m) boolean CSR
            Columns ascending in each row.

        Raises
        ------
        GeodataError
            If the limit is not a positive finite number.
        PositionError
            If a position is none on Earth.
        TooLargeError
            If there are more pairs than there is memory for.
        """
        if not (np.isfinite(limit) and limit > 0):
            message = f"the radius is {limit} m: a positive number is needed"
            raise GeodataError(message)
        sites = NearestIndex(site_lon, site_lat)
        found = self._within(sites, demand_lon, demand_lat, limit)
        return csr_of(np.ones(len(found.index), np.bool_), found, len(sites))

    def costs(
        self,
        demand_lon: ArrayLike,
        demand_lat: ArrayLike,
        site_lon: ArrayLike,
        site_lat: ArrayLike,
        *,
        limits: ArrayLike | None = None,
    ) -> Costs:
        """Metres from each demand point to the sites.

        Parameters
        ----------
        limits
            (n,) metres up to which the sites of each demand point are listed. By default all pairs
            are laid out, or, where these are more than 20 million, the 64 nearest sites of each.

        Raises
        ------
        PositionError
            If a position is none on Earth.
        TooLargeError
            If there are more pairs than there is memory for.
        """
        sites = NearestIndex(site_lon, site_lat)
        n, m = len(np.atleast_1d(demand_lon)), len(sites)
        if limits is None and n * m <= DENSE_PAIRS:
            found = self._within(sites, demand_lon, demand_lat, np.inf)
            return Costs(found.distance_m.reshape(n, m), None)
        if limits is None:
            nearest = sites.query(demand_lon, demand_lat, k=NEAREST_SITES)
            # Where there are fewer sites than that, the last distance is inf and all are listed.
            limits = nearest.distance_m[:, -1]
        found = self._within(sites, demand_lon, demand_lat, limits)
        beyond = np.where(np.diff(found.indptr) == m, np.inf, np.asarray(limits, np.float64))
        return Costs(csr_of(found.distance_m, found, m), beyond)

    def nearest(
        self,
        demand_lon: ArrayLike,
        demand_lat: ArrayLike,
        site_lon: ArrayLike,
        site_lat: ArrayLike,
    ) -> NDArray[np.float64]:
        """(n,) metres from each demand point to the nearest site; inf where there is no site."""
        sites = NearestIndex(site_lon, site_lat)
        return sites.query(demand_lon, demand_lat).distance_m[:, 0]

    def _within(
        self, sites: NearestIndex, lon: ArrayLike, lat: ArrayLike, limit: ArrayLike
    ) -> Within:
        memory = free_memory() if self.memory_bytes is None else self.memory_bytes
        return sites.within(lon, lat, limit, max_pairs=memory // BYTES_PER_PAIR)


def csr_of(
    data: NDArray[np.bool_] | NDArray[np.float64], pairs: Within | WithinTime, m: int
) -> sparse.csr_array:
    """Pairs of points and m sites as a matrix, known to be in order."""
    kind = np.int32 if len(data) <= np.iinfo(np.int32).max else np.int64
    index, indptr = pairs.index.astype(kind, copy=False), pairs.indptr.astype(kind)
    matrix = sparse.csr_array((data, index, indptr), shape=(len(indptr) - 1, m))
    matrix.has_canonical_format = True
    return matrix
