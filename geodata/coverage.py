"""Coverage: which workers are within reach of a site, by district, by group and by cost."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geodata.errors import GeodataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.demand import Demand
    from geodata.districts import Districts

DISTANCE_BANDS_M = (250.0, 500.0, 1000.0, 2000.0, 5000.0, np.inf)
TIME_BANDS_S = (300.0, 600.0, 900.0, 1200.0, 1800.0, 3600.0, np.inf)


class Share(NamedTuple):
    """Workers of one district or group, and those of them that are covered."""

    key: str | None
    name: str | None
    total: float
    covered: float

    @property
    def share(self) -> float:
        """Covered share, 0 to 1; 0 where there are no workers."""
        return self.covered / self.total if self.total else 0.0


@dataclasses.dataclass(frozen=True, eq=False)
class Coverage:
    """Workers who have a site within `limit`: metres or seconds, whatever costs are counted in.

    Attributes
    ----------
    total, covered
        Workers in all, and within reach.
    by_district
        One share a district, in the order of the adcodes; workers outside all districts come last
        under the key None, and only where there are any.
    by_group
        One share a worker group.
    bands
        ``(up_to, workers)``: how many workers have their nearest site within that cost and beyond
        the band before; the last band is open (inf).
    cost
        (n,) cost from each demand point to its nearest site, or (n, g) for each group; inf where it
        reaches none.
    """

    limit: float
    total: float
    covered: float
    by_district: tuple[Share, ...]
    by_group: tuple[Share, ...]
    bands: tuple[tuple[float, float], ...]
    cost: NDArray[np.float64]

    @property
    def share(self) -> float:
        """Covered share of all workers, 0 to 1; 0 where there are none."""
        return self.covered / self.total if self.total else 0.0

    def uncovered(self, demand: Demand) -> NDArray[np.float64]:
        """(n, g) workers of that demand who have no site within the limit."""
        return demand.weights * (_by_group(self.cost) > self.limit)


def cover(
    demand: Demand,
    cost: NDArray[np.float64],
    *,
    limit: float,
    bands: tuple[float, ...] = DISTANCE_BANDS_M,
    districts: Districts | None = None,
    home: NDArray[np.intp] | None = None,
) -> Coverage:
    """Coverage of `demand` by sites that cost so much to reach.

    Parameters
    ----------
    cost
        (n,) from each demand point to its nearest site, as `CostModel.nearest` gives it: metres by
        straight line or seconds along the streets; inf where there is none. Or (n, g), where not
        every group is let in everywhere.
    limit
        What counts as within reach; a worker exactly there is covered.
    bands
        Upper ends of the bands, ascending; the last is inf.
    home
        (n,) district of each demand point as `Districts.locate` gives it, for a caller that has it.

    Raises
    ------
    GeodataError
        If the limit is not a positive finite number, or there is not one cost a demand point.
    """
    if not (np.isfinite(limit) and limit > 0):
        message = f"the limit of coverage is {limit}: a positive number is needed"
        raise GeodataError(message)
    if cost.shape not in {demand.lon.shape, demand.weights.shape}:
        message = f"there are {cost.shape} costs for {len(demand.lon)} demand points: give one each"
        raise GeodataError(message)
    covered = demand.weights * (_by_group(cost) <= limit)
    by_point = covered.sum(axis=1)
    return Coverage(
        limit=float(limit),
        total=demand.total,
        covered=float(by_point.sum()),
        by_district=_by_district(demand, by_point, districts, home),
        by_group=tuple(
            Share(group, group, float(total), float(reached))
            for group, total, reached in zip(
                demand.groups, demand.weights.sum(axis=0), covered.sum(axis=0), strict=True
            )
        ),
        bands=_bands(_by_group(cost), demand.weights, bands),
        cost=cost,
    )


def _by_group(cost: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 1) or (n, g) costs, to stand beside the weights."""
    return cost if cost.ndim == 2 else cost[:, None]


def _by_district(
    demand: Demand,
    covered_at: NDArray[np.float64],
    districts: Districts | None,
    home: NDArray[np.intp] | None,
) -> tuple[Share, ...]:
    if districts is None:
        return ()
    if home is None:
        home = districts.locate(demand.lon, demand.lat)
    n = len(districts)
    # Index -1 (outside all) becomes slot n.
    slot = home % (n + 1)
    total = np.bincount(slot, demand.workers, minlength=n + 1)
    covered = np.bincount(slot, covered_at, minlength=n + 1)
    shares = [
        Share(adcode, name, float(total[i]), float(covered[i]))
        for i, (adcode, name) in enumerate(zip(districts.adcodes, districts.names, strict=True))
    ]
    if total[n] > 0:
        shares.append(Share(None, None, float(total[n]), float(covered[n])))
    return tuple(shares)


def _bands(
    cost: NDArray[np.float64], weights: NDArray[np.float64], ends: tuple[float, ...]
) -> tuple[tuple[float, float], ...]:
    band = np.broadcast_to(np.searchsorted(ends, cost, side="left"), weights.shape)
    workers = np.bincount(band.ravel(), weights.ravel(), minlength=len(ends))
    return tuple(zip(ends, map(float, workers), strict=True))
