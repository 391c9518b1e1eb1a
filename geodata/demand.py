"""Demand: how many workers are where, by group, and at which hours."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

import numpy as np

from geodata.errors import DemandError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

HOURS_OF_WEEK = 168
HOURS_OF_DAY = 24
HOURS = HOURS_OF_WEEK + HOURS_OF_DAY
"""A week, Monday 00:00 first, and behind it a public holiday: what is told hour by hour."""
ALL = "all"
"""The group of demand that is not told apart."""
RESIDENT = "resident"
"""The group of demand that counts residents, for want of workers."""


@dataclasses.dataclass(frozen=True, eq=False)
class Demand:
    """Demand points with a weight for each worker group.

    Attributes
    ----------
    lon, lat
        (n,) degrees WGS84.
    weights
        (n, g) workers of each group at each point, finite and not negative.
    groups
        g names, such as ``("courier", "rider")``; ``("all",)`` where groups are not told apart.
    profile
        (g, 168) share of a group that is at work in each hour of the week, Monday 00:00 first,
        between 0 and 1; None where it is not known.
    spacing_m
        Typical distance between neighbouring points that belong to one area: the cell size where
        the points stand for cells, None for points of their own.
    holiday
        (g, 24) share of a group that is at work in each hour of a public holiday; None where it is
        not known, and Sunday stands in.
    """

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    weights: NDArray[np.float64]
    groups: tuple[str, ...] = (ALL,)
    profile: NDArray[np.float64] | None = None
    spacing_m: float | None = None
    holiday: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        n, g = len(self.lon), len(self.groups)
        if self.lat.shape != (n,) or self.weights.shape != (n, g):
            message = (
                f"demand shapes differ: lon {self.lon.shape}, lat {self.lat.shape}, "
                f"weights {self.weights.shape} for {g} groups"
            )
            raise DemandError(message)
        bad = ~(np.isfinite(self.lon) & np.isfinite(self.lat))
        bad |= (np.abs(self.lon) > 180) | (np.abs(self.lat) > 90)
        if bad.any():
            i = int(np.flatnonzero(bad)[0])
            message = f"demand point {i} lies at ({self.lon[i]}, {self.lat[i]}): no such position"
            raise DemandError(message)
        wrong = ~np.isfinite(self.weights) | (self.weights < 0)
        if wrong.any():
            i, j = (int(v[0]) for v in np.nonzero(wrong))
            message = (
                f"demand point {i} has {self.weights[i, j]} workers of group "
                f"{self.groups[j]!r}: a finite number of 0 or more is needed"
            )
            raise DemandError(message)
        for name, shares, hours in (
            ("hour profile", self.profile, HOURS_OF_WEEK),
            ("holiday profile", self.holiday, HOURS_OF_DAY),
        ):
            if shares is None:
                continue
            if shares.shape != (g, hours):
                message = f"the {name} has shape {shares.shape}, not ({g}, {hours})"
                raise DemandError(message)
            if not ((shares >= 0) & (shares <= 1)).all():
                message = f"the {name} holds shares that are not from 0 to 1"
                raise DemandError(message)

    @classmethod
    def of_points(
        cls, lon: ArrayLike, lat: ArrayLike, workers: ArrayLike, *, group: str = ALL
    ) -> Demand:
        """Demand of one group from positions and numbers of workers, (n,) each."""
        return cls(
            np.asarray(lon, np.float64),
            np.asarray(lat, np.float64),
            np.asarray(workers, np.float64).reshape(-1, 1),
            (group,),
        )

    def __len__(self) -> int:
        return len(self.lon)

    @property
    def workers(self) -> NDArray[np.float64]:
        """(n,) workers of all groups at each point."""
        workers: NDArray[np.float64] = self.weights.sum(axis=1)
        return workers

    @property
    def total(self) -> float:
        """All workers."""
        return float(self.weights.sum())

    @property
    def at_work(self) -> NDArray[np.float64]:
        """(g, 192) share of each group at work in each of `HOURS`.

        All of a group whose hours are not known; on a holiday as on a Sunday where nothing else is
        known of it.
        """
        shape = len(self.groups), HOURS_OF_WEEK
        week = np.ones(shape) if self.profile is None else self.profile
        holiday = week[:, -HOURS_OF_DAY:] if self.holiday is None else self.holiday
        return np.concatenate([week, holiday], axis=1)

    def in_hour(self, hour: int) -> Demand:
        """The workers who are at work in one of `HOURS`, at every point."""
        weights = self.weights * self.at_work[:, hour]
        return dataclasses.replace(self, weights=weights, profile=None, holiday=None)

    def without(self, groups: Collection[str]) -> Demand | None:
        """The demand of the other groups; None where there are none."""
        keep = [j for j, group in enumerate(self.groups) if group not in groups]
        if not keep:
            return None
        weights = self.weights[:, keep]
        return Demand(
            self.lon,
            self.lat,
            weights,
            tuple(self.groups[j] for j in keep),
            None if self.profile is None else self.profile[keep],
            self.spacing_m,
            None if self.holiday is None else self.holiday[keep],
        ).at(np.flatnonzero(weights.any(axis=1)))

    def at(self, points: NDArray[np.bool_] | NDArray[np.intp]) -> Demand:
        """The demand at some of the points: a mask, or positions."""
        return dataclasses.replace(
            self, lon=self.lon[points], lat=self.lat[points], weights=self.weights[points]
        )

    def binned(
        self, bbox: tuple[float, float, float, float], *, columns: int
    ) -> tuple[tuple[float, float], list[tuple[float, float, float]]]:
        """Workers summed over the cells of a box, for drawing.

        Parameters
        ----------
        bbox
            West, south, east, north in degrees WGS84; west > east crosses the antimeridian.
        columns
            Cells across; never narrower than the spacing of the demand.

        Returns
        -------
        size, cells
            Width and height of a cell in degrees, and ``(lon, lat, workers)`` of the centre of
            each cell that has any, on a grid that does not move with the box.
        """
        west, south, east, north = bbox
        # To the degree of latitude, so that cells stay put while the map is moved.
        stretch = math.cos(math.radians(min(round(abs(south + north) / 2), 85)))
        finest = (self.spacing_m or 0.0) / 111_320 / stretch
        span = east - west if west <= east else east - west + 360.0
        width = 2.0 ** math.ceil(math.log2(max(span / columns, finest, 1e-6)))
        height = width * stretch
        from_west, to_east = self.lon >= west, self.lon <= east
        chosen = from_west & to_east if west <= east else from_west | to_east
        chosen &= (self.lat >= south) & (self.lat <= north)
        lon, lat, workers = self.lon[chosen], self.lat[chosen], self.workers[chosen]
        ids = np.column_stack([np.floor(lon / width), np.floor(lat / height)]).astype(np.int64)
        found, member = np.unique(ids, axis=0, return_inverse=True)
        sums = np.bincount(member.ravel(), workers, minlength=len(found))
        return (width, height), [
            (round((x + 0.5) * width, 6), round((y + 0.5) * height, 6), round(float(n), 2))
            for (x, y), n in zip(found.tolist(), sums, strict=True)
        ]

    def by_group(self) -> dict[str, float]:
        """Workers of each group."""
        return dict(zip(self.groups, map(float, self.weights.sum(axis=0)), strict=True))


def combine(parts: Sequence[Demand]) -> Demand:
    """One demand of several: points one after the other, groups side by side.

    A group that comes in several parts adds up; its profile is taken from the first part that has
    one. Where some groups have a profile and others have none, those without are at work always;
    on a holiday as on their Sunday.
    """
    groups = tuple(dict.fromkeys(group for part in parts for group in part.groups))
    rows = []
    profiles: dict[str, NDArray[np.float64]] = {}
    holidays: dict[str, NDArray[np.float64]] = {}
    for part in parts:
        weights = np.zeros((len(part), len(groups)))
        for j, group in enumerate(part.groups):
            weights[:, groups.index(group)] = part.weights[:, j]
            if part.profile is not None and group not in profiles:
                profiles[group] = part.profile[j]
                if part.holiday is not None:
                    holidays[group] = part.holiday[j]
        rows.append(weights)
    profile, holiday = stacked_hours(profiles, holidays, groups)
    spacings = [part.spacing_m for part in parts if part.spacing_m is not None]
    return Demand(
        np.concatenate([part.lon for part in parts]),
        np.concatenate([part.lat for part in parts]),
        np.concatenate(rows),
        groups,
        profile,
        max(spacings) if spacings else None,
        holiday,
    )


def stacked_hours(
    week: Mapping[str, ArrayLike], holiday: Mapping[str, ArrayLike], groups: Sequence[str]
) -> tuple[NDArray[np.float64] | None, NDArray[np.float64] | None]:
    """Return the profile and the holiday of a demand from what is known group by group.

    A group of which nothing is known is always at work; one whose holidays are not known has its
    Sunday then. None where nothing is known of any group.
    """
    if not any(group in week for group in groups):
        return None, None
    always = np.ones(HOURS_OF_WEEK)
    rows = [np.asarray(week.get(group, always), np.float64) for group in groups]
    if not any(group in holiday for group in groups):
        return np.stack(rows), None
    days = [
        np.asarray(holiday.get(group, row[-HOURS_OF_DAY:]), np.float64)
        for group, row in zip(groups, rows, strict=True)
    ]
    return np.stack(rows), np.stack(days)
