"""Streets as a file draws them, before they are a network."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Tags = Mapping[str, str]
"""OpenStreetMap keys and values that decide who may go somewhere and how fast."""


@dataclasses.dataclass(frozen=True, eq=False)
class Streets:
    """Drawn lines that meet where they share a vertex, and nowhere else.

    Attributes
    ----------
    lon, lat
        (v,) position of each vertex, degrees WGS84. Two lines that pass over one another without
        meeting have no vertex in common, even where two vertices have the same position.
    indptr, vertex
        (w + 1,) and (c,): line i runs along the vertices ``vertex[indptr[i]:indptr[i + 1]]``.
    tags
        (w,) tags of each line; lines with the same tags may share one mapping.
    gates
        Tags of the vertices that carry a barrier, by vertex.
    barriers
        (b, 4) lon, lat, lon, lat of segments across which nobody walks but on a street: banks,
        rivers, railways.
    """

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    indptr: NDArray[np.int64]
    vertex: NDArray[np.int64]
    tags: tuple[Tags, ...]
    gates: Mapping[int, Tags]
    barriers: NDArray[np.float64]
