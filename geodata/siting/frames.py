"""Siting on GeoDataFrames, in any coordinate reference system."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np

from geodata.demand import Demand
from geodata.errors import SitingError
from geodata.siting.candidates import cells
from geodata.siting.placed import Places, Points, plan_sites

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geodata.siting.placed import SolveOptions
    from geodata.siting.plan import SitingPlan
    from geodata.siting.problem import Kind

# What is said of each site in a column, by the option of `SitingProblem` that takes it.
_COLUMNS = ("costs", "capacity", "districts")


class Proposal(NamedTuple):
    """New sites on the map, and the plan that they are from.

    Attributes
    ----------
    sites
        The chosen rows of the candidates in order of gain, in the CRS of the candidates, with
        ``rank``, ``gain`` and ``exclusive`` (see `SitingPlan`) in front.
    plan
        Its columns are rows of the candidates, then of the existing sites.
    """

    sites: gpd.GeoDataFrame
    plan: SitingPlan


def propose_sites(  # noqa: PLR0913  every option has a default
    demand: gpd.GeoDataFrame,
    candidates: gpd.GeoDataFrame | None = None,
    *,
    radius_m: float,
    kind: Kind = "mclp",
    weight: str | Sequence[str] = "workers",
    existing: gpd.GeoDataFrame | None = None,
    solving: SolveOptions | None = None,
    **options: Any,  # noqa: ANN401  what the classmethod of the kind takes
) -> Proposal:
    """Propose where new sites should go.

    Parameters
    ----------
    demand
        Points with the workers at each, in any CRS.
    candidates
        Points where a site may be; by default the centres of hexagons over the demand.
    radius_m
        Service radius by geodesic; for p-median and p-center it only spaces those hexagons.
    kind
        As the classmethods of `SitingProblem` are called.
    weight
        The column of `demand` with its workers, or one for each group.
    existing
        Points of the sites that are open already.
    solving
        When to stop; see `geodata.siting.solve`.
    options
        What the classmethod of `kind` takes: ``p``, ``share``, ``budget``, ``closing`` ...; with
        ``spacing_m``, the least distance between two sites of which one is new. ``costs``,
        ``capacity`` and ``districts`` name a column of `candidates`; `existing` needs a
        ``capacity``, too.

    Raises
    ------
    SitingError
        If a frame has no CRS, is not of points, or lacks a column; or if the problem cannot be
        stated as asked.

    Examples
    --------
    >>> found = propose_sites(workers, venues, radius_m=1000, p=15, existing=stations)
    >>> found.sites[["rank", "gain"]], found.plan.gap
    """
    columns = [weight] if isinstance(weight, str) else list(weight)
    weights = np.column_stack([_column(demand, column, "demand") for column in columns])
    weights = weights.astype(np.float64)
    where = _points(demand, "demand")
    if candidates is None:
        grid = Demand.of_points(*where, weights.sum(axis=1))
        made = cells(grid, radius_m=radius_m)
        candidates = gpd.GeoDataFrame(geometry=gpd.points_from_xy(made.lon, made.lat), crs=4326)
    frames = [candidates] if existing is None else [candidates, existing]
    parts = [
        _points(frame, name)
        for frame, name in zip(frames, ("candidates", "existing"), strict=False)
    ]
    sites = Points(*(np.concatenate(axis) for axis in zip(*parts, strict=True)))
    count = len(candidates)
    for name in _COLUMNS:
        if name in options:
            options[name] = _of_sites(candidates, existing, name, options[name])
    places = Places(where, weights, sites, np.arange(count, len(sites.lon)))
    plan = plan_sites(
        places,
        kind,
        radius=radius_m,
        spacing_m=options.pop("spacing_m", None),
        solving=solving or {},
        **options,
    )
    chosen = candidates.iloc[plan.sites].copy()
    for place, (name, values) in enumerate(
        {
            "rank": np.arange(1, len(chosen) + 1),
            "gain": plan.gain,
            "exclusive": plan.exclusive,
        }.items()
    ):
        chosen = chosen.drop(columns=name, errors="ignore")
        chosen.insert(place, name, values)
    return Proposal(chosen, plan)


def _points(frame: gpd.GeoDataFrame, name: str) -> Points:
    """Positions of a frame of points, degrees WGS84."""
    if frame.crs is None:
        raise SitingError(
            f"the {name} have no CRS: say it with set_crs", f"{name} 没有坐标系：请用 set_crs 指明"
        )
    if not (frame.geom_type == "Point").all():
        raise SitingError(
            f"the {name} must be points: take centroids or representative points of areas",
            f"{name} 应为点：面请先取质心或代表点",
        )
    degrees = frame.geometry.to_crs(4326)
    return Points(degrees.x.to_numpy(np.float64), degrees.y.to_numpy(np.float64))


def _column(frame: gpd.GeoDataFrame, column: str, name: str) -> NDArray[Any]:
    if column not in frame.columns:
        raise SitingError(
            f"the {name} have no column {column!r}; they have {', '.join(frame.columns)}",
            f"{name} 没有列 {column!r}；现有 {', '.join(frame.columns)}",
        )
    values: NDArray[Any] = frame[column].to_numpy()
    return values


def _of_sites(
    candidates: gpd.GeoDataFrame, existing: gpd.GeoDataFrame | None, option: str, column: str
) -> NDArray[Any]:
    """Values of a column for candidates and existing sites, which need no cost and no quota."""
    own = _column(candidates, column, "candidates")
    if existing is None:
        return own
    if option == "capacity":
        return np.concatenate([own, _column(existing, column, "existing sites")])
    return np.concatenate([own, np.full(len(existing), 0.0 if option == "costs" else None)])
