"""``GET /map``: the planner's map, its figures and its filters."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from geodata.errors import GeodataError
from stations.errors import StationsError
from stations.reach import MODES
from webmap import current, maps, texts
from webmap.pages import basemap
from webmap.pages.cards import CORE_FACILITIES
from webmap.pages.visitor import brand, page, say, static, visitor

if TYPE_CHECKING:
    from collections.abc import Callable

    from stations.workspace import Workspace
    from webmap.texts import Language

blueprint = Blueprint("pages", __name__)

_LATITUDE_END = 85.05
_OF_STREETS = ("measure.", "overstated.", "reach.", "route.")


@blueprint.get("/map")
def show_map() -> Response:
    """Show the map."""
    workspace = current.workspace()
    config, settings = workspace.config, current.settings()
    lang = visitor().lang
    has_demand = basemap.is_there(lambda: workspace.demand)
    has_districts = basemap.is_there(lambda: workspace.districts)
    needs = {"districts": has_districts} | dict.fromkeys(("demand", "gaps", "plan"), has_demand)
    layers = [name for name in maps.LAYERS if needs.get(name, True)]
    modes = [
        m for m in MODES if m == "line" or basemap.is_there(functools.partial(workspace.network, m))
    ]
    plan = maps.Plan(
        view=_view(request.args.get),
        area=basemap.area(workspace),
        layers=layers,
        shown=_shown(request.args.get("layers")),
        basemap=config.basemap,
        basemap_url=basemap.address(config.basemap),
        radius_m=config.radius_m,
        by_streets=len(modes) > 1,
    )
    found = maps.station_map(plan, static=static, say=say)
    return page(
        "map.html",
        here="map",
        brand=brand(config, lang),
        by_streets=plan.by_streets,
        has_demand=has_demand,
        page_config={
            "lang": lang,
            "texts": _texts(lang, by_streets=plan.by_streets),
            "words": texts.words(lang),
            "coreFacilities": CORE_FACILITIES,
            "layers": {"all": layers, "shown": [n for n in layers if n in maps.SHOWN]},
            "radius": config.radius_m,
            "modes": modes,
            "minutes": config.minutes,
            "staleDays": config.stale_days,
            "hasDemand": has_demand,
            "hasDistricts": has_districts,
            "districts": districts_of(workspace, lang),
            "planning": {
                "enabled": settings.planner_token is not None,
                "maxSites": settings.plan_sites,
                "maxTime": settings.plan_time_s,
            },
        },
        map=basemap.parts(found, config.basemap),
    )


def _texts(lang: Language, *, by_streets: bool) -> dict[str, str]:
    """What the page may say; without a network nothing of streets, so that it stays light."""
    return {
        key: text
        for key, text in texts.catalogue(lang, ("common", "map")).items()
        if by_streets or not key.startswith(_OF_STREETS)
    }


def _view(ask: Callable[[str], str | None]) -> maps.View | None:
    """Where a link looks; None if it does not say, or says no place."""
    try:
        lon, lat, zoom = (float(ask(name) or "") for name in ("lon", "lat", "zoom"))
    except ValueError:
        return None
    if not all(map(math.isfinite, (lon, lat, zoom))):
        return None
    if abs(lon) > 180 or abs(lat) > _LATITUDE_END:
        return None
    return maps.View(lon, lat, min(max(zoom, 3), maps.MAX_ZOOM))


def _shown(asked: str | None) -> frozenset[str]:
    if asked is None:
        return maps.SHOWN
    return frozenset(asked.split(",")) & frozenset(maps.LAYERS)


def districts_of(workspace: Workspace, lang: Language) -> list[tuple[str, str]]:
    """Return adcodes and names of the districts, to choose one from."""
    try:
        districts = workspace.districts
    except (StationsError, GeodataError):
        return []
    if districts is None:
        return []
    return [(adcode, districts.name(i, lang)) for i, adcode in enumerate(districts.adcodes)]
