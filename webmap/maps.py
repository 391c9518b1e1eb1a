"""The map: a Folium map whose scripts are ours and whose data comes from the API.

The only place in Python where longitude and latitude change their order: Leaflet wants latitude
first. No station is ever written into the page; each layer asks the API for what is in view.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import folium
from branca.element import MacroElement
from folium.map import Layer
from folium.plugins import LocateControl
from folium.template import Environment, Template, tojavascript
from folium.utilities import JsCode
from markupsafe import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from branca.element import Figure

    from stations.config import BaseMap

Box = tuple[float, float, float, float]
CHINA: Box = (73.5, 18.0, 135.1, 53.6)
"""West, south, east, north: what is shown while nothing is known of the area."""
MIN_ZOOM, MAX_ZOOM = 3, 19
LAYERS = ("districts", "demand", "coverage", "gaps", "stations", "plan")
"""Layers that can be switched, from the lowest to the highest."""
SHOWN = frozenset({"demand", "coverage", "gaps", "stations", "plan"})
"""Those that are shown where a link does not say otherwise."""


class View(NamedTuple):
    """Where the map looks: degrees WGS84 and a zoom level."""

    lon: float
    lat: float
    zoom: float


class MapParts(NamedTuple):
    """The three parts of a rendered map, for a page of ours; trusted HTML without a nonce."""

    header: str
    html: str
    script: str


class Plan(NamedTuple):
    """What the map is to show.

    Attributes
    ----------
    view, area
        As in `StationMap`.
    basemap, basemap_url
        What lies under all, and where its file is served.
    layers, shown
        Names of the `LAYERS` that there are, and of those that are switched on.
    radius_m
        Service radius.
    by_streets
        Whether reach can be measured along the streets too, where it is no circle.
    """

    view: View | None
    area: Box
    basemap: BaseMap
    basemap_url: str
    layers: Collection[str] = ()
    shown: Collection[str] = ()
    radius_m: float = 0.0
    by_streets: bool = False


def _inert_javascript(value: Any) -> str:  # noqa: ANN401  whatever Folium's own filter takes
    # Branca takes what a template has made for a template again: in a setting's text, `{{` and
    # `{%` would be obeyed. Outside of a string no brace is followed by these.
    return re.sub(r"\{(?=[{%#])", r"\\u007b", tojavascript(value))


class _Environment(Environment):
    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401  as Jinja's
        super().__init__(*arguments, **options)  # type: ignore[no-untyped-call]  # as below
        self.filters["tojavascript"] = _inert_javascript


class _Template(Template):
    environment_class = _Environment


class StationMap(folium.Map):
    """A Folium map that takes its scripts from `static` and fills its place in our page.

    Parameters
    ----------
    view
        Where the map looks at first; None to show the whole of `area`.
    area
        West, south, east, north in degrees.
    static
        Gives the address of a file of ours.
    label
        What a screen reader calls the map.
    zoom_snap
        The step of zoom levels.
    """

    _template = _Template(
        """
        {% macro html(this, kwargs) %}
            <div class="folium-map" id={{ this.get_name()|tojson }} role="region"
                 aria-label="{{ this.label|e }}"></div>
        {% endmacro %}
        {% macro script(this, kwargs) %}
            const {{ this.get_name() }} = yizhan.createMap(
                {{ this.get_name()|tojson }}, {{ this.options|tojavascript }}
            );
            {%- if this.bounds %}
            yizhan.fit({{ this.get_name() }}, {{ this.bounds|tojson }});
            {%- else %}
            {{ this.get_name() }}.setView({{ this.location|tojson }}, {{ this.zoom|tojson }});
            {%- endif %}
        {% endmacro %}
        """
    )

    def __init__(
        self,
        view: View | None,
        area: Box,
        *,
        static: Callable[[str], str],
        label: str,
        zoom_snap: float = 1.0,
    ) -> None:
        west, south, east, north = area
        centre = [view.lat, view.lon] if view else [(south + north) / 2, (west + east) / 2]
        super().__init__(
            location=centre,
            tiles=None,
            prefer_canvas=True,
            zoom_control=False,
            attribution_control=False,
            world_copy_jump=True,
        )
        # Folium keeps these two for tiles, and there are none.
        self.options |= {"min_zoom": MIN_ZOOM, "max_zoom": MAX_ZOOM, "zoom_snap": zoom_snap}
        self._id = "main"
        self.label = label
        self.zoom = view.zoom if view else None
        self.bounds = None if view else [[south, west], [north, east]]
        self.default_js = [("leaflet", static("vendor/leaflet/leaflet.js"))]
        self.default_css = [("leaflet_css", static("vendor/leaflet/leaflet.css"))]


class ApiLayer(Layer):
    """A layer drawn by our own script from what the API answers for the box in view.

    Parameters
    ----------
    factory, module
        The function that makes it, and which of the page's two script modules has it: ``yizhan``
        or ``ground``, the one of the base map.
    options
        What that function is told.
    """

    _template = _Template(
        """
        {% macro script(this, kwargs) %}
            const {{ this.get_name() }} = {{ this.module }}.{{ this.factory }}(
                {{ this.options|tojavascript }}
            );
        {% endmacro %}
        """
    )

    def __init__(
        self,
        factory: str,
        options: Mapping[str, Any],
        *,
        module: str = "yizhan",
        name: str | None = None,
        show: bool = True,
    ) -> None:
        super().__init__(name=name, overlay=True, control=name is not None, show=show)
        self._name = self._id = factory
        self.factory = factory
        self.module = module
        self.options = dict(options)


class Margin(MacroElement):
    """The scale and where the base map comes from."""

    _template = _Template(
        """
        {% macro script(this, kwargs) %}
            yizhan.margin({{ this._parent.get_name() }}, {{ this.options|tojavascript }});
        {% endmacro %}
        """
    )

    def __init__(self, **options: object) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # branca has no annotations
        self.options = options


class ZoomButtons(MacroElement):
    """The zoom buttons, in the language of the page."""

    _template = _Template(
        """
        {% macro script(this, kwargs) %}
            L.control.zoom({{ this.options|tojavascript }}).addTo({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(self, **options: object) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # branca has no annotations
        self.options = options


class LocalLocate(LocateControl):
    """The button that finds the visitor, from local files."""

    def __init__(self, static: Callable[[str], str], **options: object) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]  # as above
        folder = "vendor/leaflet.locatecontrol/L.Control.Locate.min"
        self.default_js = [("locate", static(f"{folder}.js"))]
        self.default_css = [("locate_css", static(f"{folder}.css"))]


class Start(MacroElement):
    """The call that brings the page to life once map and layers are there."""

    _template = _Template(
        """
        {% macro script(this, kwargs) %}
            yizhan.start({{ this._parent.get_name() }}, {
                {%- for layer in this.layers %}
                {{ layer.factory }}: {{ layer.get_name() }},
                {%- endfor %}
            });
        {% endmacro %}
        """
    )

    def __init__(self, layers: Collection[ApiLayer]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # branca has no annotations
        self.layers = tuple(layers)


def station_map(
    plan: Plan, *, static: Callable[[str], str], say: Callable[[str], str]
) -> StationMap:
    """Return the map of the stations with all its layers and controls.

    Parameters
    ----------
    static
        Gives the address of a file of ours.
    say
        Gives the text of a key in the language of the page.
    """
    found = _on_ground(plan, static, say("map.label"))
    options: dict[str, dict[str, Any]] = {"coverage": {"radius": plan.radius_m}}
    labels = {name: f"{escape(say(f'layer.{name}'))}" for name in LAYERS}
    if plan.by_streets:
        labels["coverage"] += f'<small class="layer-note">{escape(say("layer.no_circles"))}</small>'
    made = [
        ApiLayer(
            name,
            options.get(name, {}),
            name=f'<span class="swatch swatch-{name}"></span>{labels[name]}',
            show=name in plan.shown,
        )
        for name in LAYERS
        if name in plan.layers
    ]
    for layer in made:
        layer.add_to(found)
    folium.LayerControl(
        position="topright",
        collapsed=JsCode("yizhan.isNarrow()"),  # type: ignore[arg-type]  # decided in the browser
        autoZIndex=False,
    ).add_to(found)
    # From the bottom up.
    # Leaflet takes an attribution for HTML; a setting is text.
    Margin(attribution=str(escape(plan.basemap.attribution))).add_to(found)
    LocalLocate(
        static,
        position="bottomright",
        showPopup=False,
        showCompass=False,
        initialZoomLevel=16,
        strings={"title": say("map.locate")},
    ).add_to(found)
    ZoomButtons(
        position="bottomright",
        zoom_in_title=say("map.zoom_in"),
        zoom_out_title=say("map.zoom_out"),
    ).add_to(found)
    Start(made).add_to(found)
    return found


def worker_map(
    plan: Plan, *, static: Callable[[str], str], say: Callable[[str], str]
) -> StationMap:
    """Return the map beside a worker's list: what is on it, its script is told by the list."""
    found = _on_ground(plan, static, say("near.map"))
    Margin(attribution=str(escape(plan.basemap.attribution))).add_to(found)
    ZoomButtons(
        position="bottomright",
        zoom_in_title=say("live.zoom_in"),
        zoom_out_title=say("live.zoom_out"),
    ).add_to(found)
    Start(()).add_to(found)
    return found


def _on_ground(plan: Plan, static: Callable[[str], str], label: str) -> StationMap:
    """Return a map with nothing on it but its base map."""
    # Drawn maps stay crisp between whole levels and so fit their area better; pictures do not.
    snap = 1.0 if plan.basemap.kind == "tiles" else 0.5
    found = StationMap(plan.view, plan.area, static=static, label=label, zoom_snap=snap)
    ground = _ground(plan.basemap, plan.basemap_url)
    for name, path in _GROUND_SCRIPTS.get(ground.factory, ()):
        found.default_js.append((name, static(path)))
    ground.add_to(found)
    return found


def render(found: StationMap) -> MapParts:
    """Render a map into the parts that a page of ours puts in their places."""
    figure = cast("Figure", found.get_root())
    figure.render()
    return MapParts(figure.header.render(), figure.html.render(), figure.script.render())


_GROUND_SCRIPTS = {
    "tiles": (("gcoord", "vendor/gcoord/gcoord.global.prod.js"),),
    "pmtiles": (("protomaps", "vendor/protomaps-leaflet/protomaps-leaflet.js"),),
}


def _ground(basemap: BaseMap, url: str) -> ApiLayer:
    options: dict[str, object] = {}
    if basemap.kind == "tiles":
        options = {"url": basemap.url, "datum": basemap.datum, "max_zoom": basemap.max_zoom}
    elif basemap.kind != "none":
        options = {"url": url, "max_zoom": basemap.max_zoom}
    return ApiLayer(_ground_factory(basemap), options, module="ground")


def _ground_factory(basemap: BaseMap) -> str:
    return "outlines" if basemap.kind == "none" else basemap.kind


def ground_script(basemap: BaseMap) -> str:
    """Return the path of the script module ``ground``: only the base map in use is loaded."""
    return f"js/basemap/{_ground_factory(basemap)}.js"
