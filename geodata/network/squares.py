"""Ways across open squares: from each street that reaches one to each that it can be seen from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# A square that more streets reach is walked around; the ways across grow with the square of this.
_MOST_CORNERS: Final = 40


def crossings(
    xy: NDArray[np.float64],
    rings: Sequence[NDArray[np.int64]],
    meets: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """Pairs of vertices of a square's outline between which one walks straight across it.

    Parameters
    ----------
    xy
        (v, 2) positions of all vertices, degrees WGS84.
    rings
        Runs of vertices that together draw the outline and its holes.
    meets
        (v,) whether another street reaches a vertex.

    Returns
    -------
    NDArray
        (k, 2); none where the outline encloses nothing.
    """
    corners = np.unique(np.concatenate(rings))
    corners = corners[meets[corners]]
    area = shapely.build_area(
        shapely.multilinestrings([shapely.linestrings(xy[ring]) for ring in rings])
    )
    if not 2 <= len(corners) <= _MOST_CORNERS or area.is_empty or not area.is_valid:
        return np.empty((0, 2), np.int64)
    shapely.prepare(area)
    pairs = corners[np.column_stack(np.triu_indices(len(corners), 1))]
    seen: NDArray[np.bool_] = shapely.covers(area, shapely.linestrings(xy[pairs]))
    return pairs[seen]
