"""One made-up city for the benchmarks of coverage: workers by the hour, and stations with hours.

Workers crowd around a centre and thin out, in four groups that are at work at different hours.
Stations crowd likewise; their records, hours and doors are those of `benchmarks._data`. Nothing
here is a real place.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import shapely

from benchmarks._data import SEED
from benchmarks._data import stations as records
from geodata.crs import LocalPlane
from geodata.demand import Demand
from geodata.districts import Districts
from stations.hours import BEIJING
from stations.model import Point

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stations.model import Station

AT = dt.datetime(2026, 11, 20, 12, tzinfo=BEIJING)
GROUPS = ("courier", "rider", "sanitation", "driver")
_PLANE = LocalPlane.around([113.0, 114.0], [34.5, 35.0])
# When each group is at work, from hour to hour, on workdays, at weekends and on holidays.
_SHIFTS = {
    "courier": ((8, 20), 0.8, 0.6, 0.3),
    "rider": ((10, 26), 0.7, 0.8, 0.8),
    "sanitation": ((5, 17), 0.9, 0.9, 0.9),
    "driver": ((0, 24), 0.4, 0.4, 0.5),
}


def _crowded(n: int, spread_m: float, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Longitudes and latitudes around the centre, (n,) each."""
    rng = np.random.default_rng(seed)
    away, turn = rng.exponential(spread_m, n), rng.uniform(0, 2 * np.pi, n)
    lon, lat = _PLANE.inverse(away * np.cos(turn), away * np.sin(turn))
    return lon.round(7), lat.round(7)


def stations(n: int, spread_m: float = 9000.0) -> list[Station]:
    """`n` records in the city, in the order of their ids."""
    lon, lat = _crowded(n, spread_m, SEED)
    return [
        msgspec.structs.replace(one, geometry=Point((x, y)))
        for one, x, y in zip(records(n), lon.tolist(), lat.tolist(), strict=True)
    ]


def workers(n: int, spread_m: float = 9000.0) -> Demand:
    """About 200,000 workers at `n` points of their own."""
    lon, lat = _crowded(n, spread_m, SEED + 1)
    weights = np.random.default_rng(SEED).gamma(1.0, 50_000 / n, (n, len(GROUPS)))
    profile, holiday = _hours()
    return Demand(lon, lat, weights, GROUPS, profile, holiday=holiday)


def on_a_grid(columns: int, rows: int, side_m: float, spread_m: float = 12_000.0) -> Demand:
    """About 200,000 workers, spread over the cells of a grid as a table by district is."""
    x, y = np.meshgrid(np.arange(columns) - columns / 2, np.arange(rows) - rows / 2)
    x, y = x.ravel() * side_m, y.ravel() * side_m
    lon, lat = _PLANE.inverse(x, y)
    density = np.exp(-np.hypot(x, y) / spread_m) + 0.02
    shares = density / density.sum()
    weights = shares[:, None] * np.array([30_000.0, 60_000.0, 50_000.0, 60_000.0])
    profile, holiday = _hours()
    return Demand(lon.round(7), lat.round(7), weights, GROUPS, profile, side_m, holiday)


def _hours() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(g, 168) shares at work in the hours of the week, and (g, 24) on a holiday."""
    week, holiday = np.zeros((len(GROUPS), 7, 24)), np.zeros((len(GROUPS), 24))
    for row, group in enumerate(GROUPS):
        (begin, end), *shares = _SHIFTS[group]
        hours = np.arange(begin, end) % 24
        week[row][:5, hours], week[row][5:, hours], holiday[row][hours] = shares
    return week.reshape(len(GROUPS), -1), holiday


def districts(columns: int, rows: int, demand: Demand) -> Districts:
    """Districts side by side over all of a demand."""
    west, south, east, north = (
        demand.lon.min() - 0.01, demand.lat.min() - 0.01,
        demand.lon.max() + 0.01, demand.lat.max() + 0.01,
    )  # fmt: skip
    x, y = np.linspace(west, east, columns + 1), np.linspace(south, north, rows + 1)
    shapes = [
        shapely.box(x[i], y[j], x[i + 1], y[j + 1]) for j in range(rows) for i in range(columns)
    ]
    count = len(shapes)
    return Districts(
        tuple(f"9901{number:02d}" for number in range(1, count + 1)),
        tuple(f"第{number}区" for number in range(1, count + 1)),
        np.array(shapes, dtype=object),
    )
