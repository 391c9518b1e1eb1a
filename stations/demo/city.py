"""The demo city: everything of it, generated from one seed."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.crs import LocalPlane
from geodata.districts import Districts
from stations.demo.drawing import draw_basemap, draw_streets
from stations.demo.landuse import use_land
from stations.demo.names import SUBDISTRICTS
from stations.demo.people import settle_people
from stations.demo.places import Ground, open_stations
from stations.demo.streets import build_streets, draw_wobbles
from stations.demo.terrain import shape_terrain
from stations.demo.venues import offer_venues
from stations.demo.wards import CODES, divide_wards

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geodata.demand import Demand
    from stations.model import Station

CENTRE = (104.62, 38.24)
"""In the middle of an empty desert, so that nobody takes the city for a real one."""
TODAY = dt.date(2026, 11, 1)


@dataclasses.dataclass(frozen=True, eq=False)
class DemoCity:
    """A made-up district; all positions are WGS84.

    Attributes
    ----------
    name, name_en
        What it is called; the names say that it is a demonstration.
    districts
        Eight subdistricts with made-up codes, which share their borders point by point.
    basemap
        GeoJSON features in drawing order; the property ``kind`` says what each is.
    streets
        GeoJSON lines from crossing to crossing with ``kind``, ``bridge`` and, where they have one,
        ``name`` and ``name_en``. Lines meet only at their ends; water is passed only on bridges.
    stations
        The registry, some records with faults for a check to find.
    demand
        Outdoor workers of four groups with their hours.
    candidates
        GeoJSON points of venues where a station could be, with ``kind`` (a host kind),
        ``capacity`` and ``cost_cny``.
    """

    name: str
    name_en: str
    districts: Districts
    basemap: list[dict[str, Any]]
    streets: list[dict[str, Any]]
    stations: tuple[Station, ...]
    demand: Demand
    candidates: list[dict[str, Any]]


def generate(seed: int = 20, *, today: dt.date = TODAY) -> DemoCity:
    """Return the demo city of a seed: the same bytes every time.

    Coordinates are rounded to the centimetre, which hides what processors differ in; another
    release of GEOS or NumPy may still draw another city.

    Parameters
    ----------
    today
        Dates of the stations are counted back from this day.
    """
    plane = LocalPlane(*CENTRE)
    # Each part draws from a stream of its own, so that a change to one leaves the others alone.
    draws = (np.random.Generator(np.random.PCG64([seed, part])) for part in range(6))
    layout = next(draws)
    terrain = shape_terrain(layout)
    wobbles = draw_wobbles(layout)
    streets = build_streets(terrain, wobbles, next(draws))
    wards = divide_wards(terrain, wobbles)
    land = use_land(terrain, streets, next(draws))
    ground = Ground(plane, terrain.frame, land.blocks, streets, wards)
    return DemoCity(
        name="演示区",
        name_en="Demo District",
        districts=_districts(plane, wards),
        basemap=draw_basemap(plane, terrain, streets, land),
        streets=draw_streets(plane, streets),
        stations=open_stations(ground, today, next(draws)),
        demand=settle_people(plane, terrain, streets, land, next(draws)),
        candidates=offer_venues(ground, next(draws)),
    )


def _districts(plane: LocalPlane, wards: Sequence[shapely.Polygon]) -> Districts:
    shapes = shapely.transform(plane.unproject(wards), lambda degrees: np.round(degrees, 7))
    return Districts(
        CODES,
        tuple(name.zh for name in SUBDISTRICTS),
        shapes,
        tuple(name.en.removesuffix(" Subdistrict") for name in SUBDISTRICTS),
    )
