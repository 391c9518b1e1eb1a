"""What a reader of streets has made of a file, in terms a test can state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from geodata.network.streets import Streets

Place = tuple[float, float]


def paths(streets: Streets) -> list[list[Place]]:
    """Positions along each line."""
    places = list(zip(streets.lon.tolist(), streets.lat.tolist(), strict=True))
    return [[places[v] for v in run] for run in np.split(streets.vertex, streets.indptr[1:-1])]


def parts(streets: Streets) -> list[set[Place]]:
    """Positions that hang together, the largest part first."""
    inside = np.ones(len(streets.vertex) - 1, bool)
    inside[streets.indptr[1:-1] - 1] = False
    pairs = streets.vertex[:-1][inside], streets.vertex[1:][inside]
    n = len(streets.lon)
    joined = sparse.coo_array((np.ones(len(pairs[0])), pairs), (n, n))
    count, label = connected_components(joined, directed=False)
    found = [
        set(zip(streets.lon[label == i].tolist(), streets.lat[label == i].tolist(), strict=True))
        for i in range(count)
    ]
    return sorted(found, key=len, reverse=True)


def consistent(streets: Streets) -> bool:
    """Whether the arrays keep the contract of `Streets`."""
    runs = np.diff(streets.indptr)
    return bool(
        streets.indptr[0] == 0
        and streets.indptr[-1] == len(streets.vertex)
        and len(streets.tags) == len(runs)
        and (runs >= 2).all()
        and np.array_equal(np.unique(streets.vertex), np.arange(len(streets.lon)))
        and (np.abs(streets.lon) <= 180).all()
        and (np.abs(streets.lat) <= 90).all()
        and streets.barriers.shape[1] == 4
        and streets.lon.dtype == streets.lat.dtype == streets.barriers.dtype == np.float64
        and streets.indptr.dtype == streets.vertex.dtype == np.int64
        and all(0 <= gate < len(streets.lon) for gate in streets.gates)
    )
