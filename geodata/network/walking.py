"""What it costs a worker to reach a site along the streets, in seconds."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from geodata.cost import BYTES_PER_PAIR, DENSE_PAIRS, NEAREST_SITES, Costs, csr_of
from geodata.errors import GeodataError
from geodata.network.index import NetworkIndex
from geodata.network.snap import SNAP_M
from geodata.siting.memory import free_memory

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from scipy import sparse

    from geodata.network.index import WithinTime
    from geodata.network.network import Network


@dataclasses.dataclass(frozen=True)
class Walking:
    """Seconds on a network, from the worker to the site: a `CostModel`.

    On foot or by electric bicycle, as the network was built. Whoever is on no edge of it reaches
    nothing, and a site that is on none is reached by nobody; see `geodata.network.snap`.

    Attributes
    ----------
    snap_m
        How far from the streets workers and sites may be.
    memory_bytes
        How much memory pairs may take; what is free on this machine by default.
    """

    network: Network
    snap_m: float = SNAP_M
    memory_bytes: int | None = None

    def covers(
        self,
        demand_lon: ArrayLike,
        demand_lat: ArrayLike,
        site_lon: ArrayLike,
        site_lat: ArrayLike,
        limit: float,
    ) -> sparse.csr_array:
        """Which sites are within `limit` seconds of each demand point, one exactly there included.

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
            message = f"the limit is {limit} s: a positive number is needed"
            raise GeodataError(message)
        sites = self.index(site_lon, site_lat)
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
        """Seconds from each demand point to the sites; no pair is listed that has no way.

        Parameters
        ----------
        limits
            (n,) seconds up to which the sites of each demand point are listed. By default all pairs
            are laid out, or, where these are more than 20 million, the 64 nearest sites of each.

        Raises
        ------
        PositionError
            If a position is none on Earth.
        TooLargeError
            If there are more pairs than there is memory for.
        """
        sites = self.index(site_lon, site_lat)
        n, m = len(np.atleast_1d(demand_lon)), len(sites)
        if limits is None and n * m <= DENSE_PAIRS:
            found = self._within(sites, demand_lon, demand_lat, np.inf)
            if len(found.index) == n * m:
                return Costs(found.seconds.reshape(n, m), None)
            return Costs(csr_of(found.seconds, found, m), np.full(n, np.inf))
        if limits is None:
            limits = sites.query(demand_lon, demand_lat, k=NEAREST_SITES).seconds[:, -1]
        up_to = np.asarray(limits, np.float64)
        found = self._within(sites, demand_lon, demand_lat, float(up_to.max(initial=0.0)))
        row = np.repeat(np.arange(n), np.diff(found.indptr))
        kept = found.seconds <= up_to[row]
        indptr = np.concatenate([[0], np.cumsum(np.bincount(row[kept], minlength=n))])
        listed = found._replace(indptr=indptr, index=found.index[kept], seconds=found.seconds[kept])
        beyond = np.where(np.diff(indptr) == m, np.inf, up_to)
        return Costs(csr_of(listed.seconds, listed, m), beyond)

    def nearest(
        self,
        demand_lon: ArrayLike,
        demand_lat: ArrayLike,
        site_lon: ArrayLike,
        site_lat: ArrayLike,
    ) -> NDArray[np.float64]:
        """(n,) seconds from each demand point to the nearest site; inf where there is no way."""
        return self.index(site_lon, site_lat).query(demand_lon, demand_lat).seconds[:, 0]

    def index(self, lon: ArrayLike, lat: ArrayLike) -> NetworkIndex:
        """Return the index of some sites on this network."""
        return NetworkIndex(self.network, lon, lat, snap_m=self.snap_m)

    def _within(
        self, sites: NetworkIndex, lon: ArrayLike, lat: ArrayLike, limit: float
    ) -> WithinTime:
        memory = free_memory() if self.memory_bytes is None else self.memory_bytes
        return sites.within(lon, lat, limit, max_pairs=memory // BYTES_PER_PAIR)
