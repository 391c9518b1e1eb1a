"""Coverage: which workers are within reach of a site, by district, by group and by distance."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geodata.errors import GeodataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.demand import Demand
    from geodata.districts import Districts
    from geodata.nearest import NearestIndex

DISTANCE_BANDS_M = (250.0, 500.0, 1000.0, 2000.0, 5000.0, np.inf)


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
    """Workers within `radius_m` of a site.

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
        ``(up_to_m, workers)``: how many workers have their nearest site within that distance and
        beyond the band before; the last band is open (inf).
    distance_m
        (n,) distance from each demand point to its nearest site; inf where there is no site.
    """

    radius_m: float
    total: float
    covered: float
    by_district: tuple[Share, ...]
    by_group: tuple[Share, ...]
    bands: tuple[tuple[float, float], ...]
    distance_m: NDArray[np.float64]

    @property
    def share(self) -> float:
        """Covered share of all workers, 0 to 1; 0 where there are none."""
        return self.covered / self.total if self.total else 0.0


def cover(
    demand: Demand,
    sites: NearestIndex,
    *,
    radius_m: float,
    districts: Districts | None = None,
    home: NDArray[np.intp] | None = None,
) -> Coverage:
    """Coverage of `demand` by `sites`, by straight (geodesic) line.

    Parameters
    ----------
    sites
        Index of the sites; an empty one is allowed and covers nobody.
    radius_m
        Service radius; a worker exactly on it is covered.
    home
        (n,) district of each demand point as `Districts.locate` gives it, for a caller that has it.

    Raises
    ------
    GeodataError
        If the radius is not a positive finite number.
    """
    if not (np.isfinite(radius_m) and radius_m > 0):
        message = f"the radius is {radius_m} m: a positive number is needed"
        raise GeodataError(message)
    distance_m = sites.query(demand.lon, demand.lat, k=1).distance_m[:, 0]
    within = distance_m <= radius_m
    by_point = demand.workers
    return Coverage(
        radius_m=float(radius_m),
        total=demand.total,
        covered=float(by_point[within].sum()),
        by_district=_by_district(demand, by_point, within, districts, home),
        by_group=tuple(
            Share(group, group, float(column.sum()), float(column[within].sum()))
            for group, column in zip(demand.groups, demand.weights.T, strict=True)
        ),
        bands=_bands(distance_m, by_point),
        distance_m=distance_m,
    )


def _by_district(
    demand: Demand,
    by_point: NDArray[np.float64],
    within: NDArray[np.bool_],
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
    total = np.bincount(slot, by_point, minlength=n + 1)
    covered = np.bincount(slot, by_point * within, minlength=n + 1)
    shares = [
        Share(adcode, name, float(total[i]), float(covered[i]))
        for i, (adcode, name) in enumerate(zip(districts.adcodes, districts.names, strict=True))
    ]
    if total[n] > 0:
        shares.append(Share(None, None, float(total[n]), float(covered[n])))
    return tuple(shares)


def _bands(
    distance_m: NDArray[np.float64], by_point: NDArray[np.float64]
) -> tuple[tuple[float, float], ...]:
    band = np.searchsorted(DISTANCE_BANDS_M, distance_m, side="left")
    workers = np.bincount(band, by_point, minlength=len(DISTANCE_BANDS_M))
    return tuple(zip(DISTANCE_BANDS_M, map(float, workers), strict=True))
