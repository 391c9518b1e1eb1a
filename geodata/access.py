"""Access: how many places at sites there are for each worker, once all who want them have shared.

The two-step floating catchment area. Step 1 shares the places of a site among the workers in its
catchment; step 2 adds up, for a worker, the shares at all sites that are within reach. No place is
lost and none is counted twice: workers times score adds up to the places of all sites that somebody
reaches.

References
----------
Luo, Wang (2003), Measures of spatial accessibility to health care in a GIS environment: synthesis
and a case study in the Chicago region, Environment and Planning B 30(6), 865-884. Decay within the
catchment: Luo, Qi (2009), An enhanced two-step floating catchment area (E2SFCA) method for
measuring spatial accessibility to primary care physicians, Health & Place 15(4), 1100-1107; as a
Gaussian: Dai (2010), Black residential segregation, disparities in spatial access to health care
facilities, and late-stage breast cancer diagnosis in metropolitan Detroit, Health & Place 16(5),
1038-1052.
"""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from scipy import sparse

from geodata.errors import GeodataError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Decay = Literal["none", "gaussian"]


@dataclasses.dataclass(frozen=True, eq=False)
class Access:
    """Places for each worker, at n demand points and m sites.

    Attributes
    ----------
    score
        (n,) places for each worker at a demand point; 0 where no site is within reach.
    reached
        (n,) how many sites are within reach of each demand point.
    ratio
        (m,) places for each worker at a site; NaN at a site that nobody reaches.
    crowd
        (m,) workers who share a site, each counted by the decay of the way there.
    """

    score: NDArray[np.float64]
    reached: NDArray[np.intp]
    ratio: NDArray[np.float64]
    crowd: NDArray[np.float64]


def floating_catchment(
    costs: sparse.csr_array,
    weights: ArrayLike,
    capacity: ArrayLike,
    *,
    limit: float,
    decay: Decay = "none",
) -> Access:
    """Places for each worker by the two-step floating catchment area.

    Time and memory are linear in the number of pairs.

    Parameters
    ----------
    costs
        (n, m) CSR of travel costs from demand points to sites, metres or seconds, as the table of
        `CostModel.costs` with `limits`. A pair that is not stored is out of reach; a stored 0 is a
        cost of zero.
    weights
        (n,) workers, or (n, g) workers of each group; all groups share the same places.
    capacity
        (m,) places at each site.
    limit
        Size of the catchment, in the unit of the costs; a pair that costs exactly this is within.
    decay
        ``"none"``: all workers in the catchment count in full. ``"gaussian"``: from 1 at the site
        down to 0 at the limit.

    Raises
    ------
    GeodataError
        If shapes differ, the limit is not a positive finite number, the decay has no such name,
        a cost, a number of workers or of places is negative, or one of the latter two not finite.
    """
    if not (math.isfinite(limit) and limit > 0):
        message = f"the catchment is {limit}: a positive number of metres or seconds is needed"
        raise GeodataError(message)
    if decay not in get_args(Decay):
        message = f"there is no decay {decay!r}: use one of {', '.join(get_args(Decay))}"
        raise GeodataError(message)
    workers = np.asarray(weights, np.float64)
    workers = workers.sum(axis=1) if workers.ndim == 2 else workers
    places = np.asarray(capacity, np.float64)
    _check(costs, workers, places)
    cost = costs.data.astype(np.float64, copy=False)
    within = cost <= limit
    pull = sparse.csr_array(
        (np.where(within, _pull(cost, limit, decay), 0.0), costs.indices, costs.indptr),
        shape=costs.shape,
    )
    crowd = pull.T @ workers
    shared = crowd > 0
    ratio = np.divide(places, crowd, out=np.zeros(len(places)), where=shared)
    return Access(
        score=pull @ ratio,
        reached=np.diff(np.concatenate([[0], np.cumsum(within)])[costs.indptr]),
        ratio=np.where(shared, ratio, np.nan),
        crowd=crowd,
    )


def _pull(cost: NDArray[np.float64], limit: float, decay: Decay) -> NDArray[np.float64]:
    """How much of a worker counts at each cost up to the limit, 0 to 1."""
    if decay == "none":
        return np.ones(len(cost))
    # Dai's (exp(-x^2 / 2) - exp(-1 / 2)) / (1 - exp(-1 / 2)), such that it is exactly 0 at x = 1.
    x = np.minimum(cost / limit, 1.0)
    pull: NDArray[np.float64] = np.expm1((1 - x) * (1 + x) / 2) / math.expm1(0.5)
    return pull


def _check(
    costs: sparse.csr_array, workers: NDArray[np.float64], places: NDArray[np.float64]
) -> None:
    if costs.shape != (*workers.shape, *places.shape):
        message = (
            f"shapes differ: costs {costs.shape}, workers {workers.shape}, places {places.shape}"
        )
        raise GeodataError(message)
    for what, values in (
        ("the workers at demand point", workers),
        ("the capacity of site", places),
    ):
        wrong = np.flatnonzero(~(np.isfinite(values) & (values >= 0)))
        if len(wrong):
            message = (
                f"{what} {wrong[0]} is {values[wrong[0]]}: a finite number of 0 or more is needed"
            )
            raise GeodataError(message)
    wrong = np.flatnonzero(~(costs.data >= 0))
    if len(wrong):
        at = wrong[0]
        row = int(np.searchsorted(costs.indptr, at, side="right")) - 1
        message = (
            f"the cost from demand point {row} to site {costs.indices[at]} is {costs.data[at]}: "
            "a number of 0 or more is needed"
        )
        raise GeodataError(message)
