"""``GET /map``: the map, its figures and its filters; ``GET /`` leads there."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

import numpy as np
import orjson
from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from geodata.errors import GeodataError
from stations.errors import StationsError
from stations.reach import MODES
from webmap import current, maps, security
from webmap.pages import texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.wrappers import Response as WerkzeugResponse

    from stations.config import BaseMap, Config
    from stations.workspace import Workspace
    from webmap.pages.texts import Language

blueprint = Blueprint("pages", __name__)

_YEAR_S = 365 * 86_400
_LATITUDE_END = 85.05
_OF_STREETS = ("measure.", "overstated.", "reach.", "route.")
CORE_FACILITIES = ("drinking_water", "microwave", "seating", "charging", "toilet")
"""What people need to know even where it is unknown."""


@blueprint.get("/")
def show_start() -> WerkzeugResponse:
    """Lead to the map, keeping what was asked."""
    query = request.query_string.decode("ascii", "ignore")
    return redirect(url_for("pages.show_map") + (f"?{query}" if query else ""))


@blueprint.get("/map")
def show_map() -> Response:
    """Show the map."""
    workspace = current.workspace()
    config, settings = workspace.config, current.settings()
    asked = request.args.get("lang")
    lang = texts.language(asked, request.cookies.get("lang"), config.language)

    def say(key: str, **values: object) -> str:
        return texts.text(lang, key, **values)

    has_demand = _there(lambda: workspace.demand)
    has_districts = _there(lambda: workspace.districts)
    needs = {"districts": has_districts} | dict.fromkeys(("demand", "gaps", "plan"), has_demand)
    layers = [name for name in maps.LAYERS if needs.get(name, True)]
    modes = [m for m in MODES if m == "line" or _there(functools.partial(workspace.network, m))]
    plan = maps.Plan(
        view=_view(request.args.get),
        area=_area(workspace),
        layers=layers,
        shown=_shown(request.args.get("layers")),
        basemap=config.basemap,
        basemap_url=_basemap_url(config.basemap),
        radius_m=config.radius_m,
        by_streets=len(modes) > 1,
    )
    found = maps.station_map(plan, static=_static, say=say)
    parts = maps.render(found)
    page = render_template(
        "map.html",
        lang=lang,
        html_lang=texts.HTML_CODES[lang],
        languages=texts.LANGUAGES,
        t=say,
        brand=_brand(config, lang),
        config=config,
        by_streets=plan.by_streets,
        page_config=_as_script(
            {
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
                "districts": _districts(workspace, lang),
                "planning": {
                    "enabled": settings.planner_token is not None,
                    "maxSites": settings.plan_sites,
                    "maxTime": settings.plan_time_s,
                },
            }
        ),
        map_header=Markup(security.with_nonce(parts.header)),  # noqa: S704  Folium's, not a user's
        map_html=Markup(parts.html),  # noqa: S704  as above
        map_script=Markup(parts.script),  # noqa: S704  as above
        ground_script=_static(maps.ground_script(config.basemap)),
        nonce=security.nonce(),
    )
    response = make_response(page)
    response.headers["Cache-Control"] = "no-cache"
    response.vary.add("Cookie")
    if asked:
        response.set_cookie("lang", lang, max_age=_YEAR_S, samesite="Lax", httponly=True)
    return response


def _texts(lang: Language, *, by_streets: bool) -> dict[str, str]:
    """What the page may say; without a network nothing of streets, so that it stays light."""
    return {
        key: text
        for key, text in texts.catalogue(lang, ("common", "map")).items()
        if by_streets or not key.startswith(_OF_STREETS)
    }


def _brand(config: Config, lang: Language) -> str:
    """What the bar says: what this is and where, unless the title says both."""
    title = config.title_en if lang == "en" else config.title
    says_both = "station" in title.lower() or "驿站" in title
    return title if says_both else texts.text(lang, "brand", title=title)


def _static(path: str) -> str:
    return url_for("static", filename=path)


def _basemap_url(base: BaseMap) -> str:
    # Its script tells a PMTiles file from single tiles by the end of the address.
    return url_for("basemap.get_pmtiles" if base.kind == "pmtiles" else "basemap.get_basemap")


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


def _area(workspace: Workspace) -> maps.Box:
    """What the map shows at first: the districts, else the stations, else China."""
    try:
        districts = workspace.districts
        if districts is not None and len(districts):
            return districts.bounds
        registry = workspace.registry
        lon, lat = registry.positions(np.arange(len(registry)))
    except (StationsError, GeodataError):
        return maps.CHINA
    if not len(lon) or np.isnan(lon).all():
        return maps.CHINA
    return (
        float(np.nanmin(lon)),
        float(np.nanmin(lat)),
        float(np.nanmax(lon)),
        float(np.nanmax(lat)),
    )


def _districts(workspace: Workspace, lang: Language) -> list[tuple[str, str]]:
    """Adcodes and names of the districts, to choose one from."""
    try:
        districts = workspace.districts
    except (StationsError, GeodataError):
        return []
    if districts is None:
        return []
    return [(adcode, districts.name(i, lang)) for i, adcode in enumerate(districts.adcodes)]


def _as_script(value: object) -> Markup:
    """Return JSON that can stand in a ``<script>``: no text in it can end the element."""
    return htmlsafe_json_dumps(value, dumps=lambda found: orjson.dumps(found).decode())


def _there(read: Callable[[], object]) -> bool:
    try:
        return read() is not None
    except (StationsError, GeodataError):
        # The API says what is wrong with it.
        return True
