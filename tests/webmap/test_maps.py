from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
import shapely

from geodata.demand import Demand
from geodata.districts import Districts
from stations.config import BaseMap, Config
from stations.model import from_dict
from stations.store import Change
from stations.workspace import Workspace
from webmap import create_app, maps

if TYPE_CHECKING:
    from pathlib import Path

    from flask.testing import FlaskClient

OUTSIDE = re.compile(r"""(?:src|href)=["'](?:https?:)?//""")


def static(path: str) -> str:
    """Address of a file as an application would give it."""
    return f"/static/{path}"


def plan(**changes: object) -> maps.Plan:
    """Return the plan of a small map."""
    settings = {
        "view": maps.View(113.62, 34.8, 15),
        "area": (113.0, 34.0, 114.0, 35.0),
        "layers": maps.LAYERS,
        "shown": maps.SHOWN,
        "basemap": BaseMap(),
        "basemap_url": "/basemap",
        "radius_m": 1000.0,
        **changes,
    }
    return maps.Plan(**settings)  # type: ignore[arg-type]


def rendered(**changes: object) -> maps.MapParts:
    """Render a map with its texts standing for themselves."""
    return maps.render(maps.station_map(plan(**changes), static=static, say=lambda key: key))


def test_latitude_comes_first_only_in_what_leaflet_reads() -> None:
    """Leaflet gets latitude and longitude, in this order."""
    assert "setView([34.8, 113.62], 15)" in rendered().script


def test_area_is_shown_where_no_view_is_given() -> None:
    """South-west and north-east corner of the area, latitude first."""
    assert "[[34.0, 113.0], [35.0, 114.0]]" in rendered(view=None).script


@pytest.mark.parametrize("kind", ["none", "tiles", "geojson", "pmtiles"])
def test_every_script_and_style_is_ours(kind: str) -> None:
    """No part of the map names an outside address for a script or a style."""
    base = BaseMap(kind=kind, url="https://tiles.example/{z}/{x}/{y}.png", file="b")  # type: ignore[arg-type]
    parts = rendered(basemap=base)
    assert not OUTSIDE.search(parts.header + parts.html)
    assert "cdn" not in parts.header
    assert parts.header.count("/static/vendor/leaflet/leaflet.js") == 1


def test_layers_are_shown_as_asked() -> None:
    """Only the layers that are switched on are put on the map; all can be switched."""
    script = rendered(shown={"stations"}).script
    added = set(re.findall(r"(\w+)_\1\.addTo", script))
    assert added == {"outlines", "stations"}
    for name in maps.LAYERS:
        assert f"layer.{name}" in script


def test_layers_without_data_are_left_out() -> None:
    """A workspace without demand has no switch for it."""
    script = rendered(layers=("coverage", "stations")).script
    assert "layer.gaps" not in script
    assert "layer.demand" not in script


def test_attribution_is_text() -> None:
    """Leaflet takes an attribution for HTML, so a setting is escaped."""
    script = rendered(basemap=BaseMap(attribution='<img src=x onerror="1">')).script
    assert "<img" not in script
    assert "\\u0026lt;img" in script


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    """Client of an application whose title is hostile and whose base map is a file."""
    base = BaseMap(kind="geojson", file="base.geojson")
    config = Config(title="</script><b>驿站", title_en="E", basemap=base)
    workspace = Workspace.create(tmp_path / "w", config=config)
    (tmp_path / "w" / "base.geojson").write_bytes(b'{"type":"FeatureCollection","features":[]}')
    (tmp_path / "secret.txt").write_text("secret")
    return create_app(workspace).test_client()


def test_page_escapes_titles(client: FlaskClient) -> None:
    """A title ends no element."""
    text = client.get("/map").text
    assert "</script><b>" not in text
    assert "&lt;/script&gt;&lt;b&gt;驿站" in text


def test_page_carries_its_settings_as_json(client: FlaskClient) -> None:
    """The scripts of the page read one JSON element; the order of the codes is kept."""
    text = client.get("/map?lang=en").text
    found = re.search(r'id="yizhan-config"[^>]*>(.*?)</script>', text)
    assert found
    settings = json.loads(found[1])
    assert settings["lang"] == "en"
    assert next(iter(settings["words"]["facilities"])) == "drinking_water"
    assert settings["hasDemand"] is False


def test_every_inline_script_and_style_has_the_nonce(client: FlaskClient) -> None:
    """What the policy would forbid is not there."""
    response = client.get("/map")
    nonce = re.search(r"'nonce-([^']+)'", response.headers["Content-Security-Policy"])
    assert nonce
    inline = re.findall(r"<(?:script|style)(?![^>]*\bsrc=)[^>]*>", response.text)
    assert inline
    assert all(f'nonce="{nonce[1]}"' in tag for tag in inline)
    assert not re.search(r"<[^>]+\s(?:style|on\w+)=", response.text)


def test_language_is_remembered(client: FlaskClient) -> None:
    """`?lang=en` sets a cookie that the next visit follows."""
    assert 'lang="zh-Hans"' in client.get("/map").text
    client.get("/map?lang=en")
    assert '<html lang="en">' in client.get("/map").text


@pytest.mark.parametrize(
    "query",
    [
        "lon=x&lat=1&zoom=2",
        "lon=nan&lat=nan&zoom=nan",
        "lon=1&lat=95&zoom=3",
        "lon=inf&lat=0&zoom=1",
        "layers=nothing,<script>",
        "zoom=3",
        "kind=%00&open=yes&station=%3Cscript%3E",
        "at=garbage",
        "at=%3Cscript%3E-02",
    ],
)
def test_address_that_makes_no_sense_shows_the_whole(client: FlaskClient, query: str) -> None:
    """A broken link is no error."""
    response = client.get(f"/map?{query}")
    assert response.status_code == 200
    assert "yizhan.fit(" in response.text


def test_base_map_is_served_whole_in_ranges_and_not_twice(client: FlaskClient) -> None:
    """Ranges are answered with 206, a known ETag with 304."""
    with client.get("/basemap") as whole:
        assert whole.status_code == 200
        assert whole.mimetype == "application/geo+json"
        etag = whole.headers["ETag"]
    with client.get("/basemap", headers={"Range": "bytes=1-6"}) as part:
        assert (part.status_code, part.data) == (206, b'"type"')
    with client.get("/basemap", headers={"If-None-Match": etag}) as again:
        assert again.status_code == 304


@pytest.mark.parametrize("name", ["../secret.txt", "link.txt", "missing.geojson", "."])
def test_base_map_lies_inside_the_workspace(tmp_path: Path, name: str) -> None:
    """No setting and no link leads out of the folder."""
    (tmp_path / "secret.txt").write_text("secret")
    base = BaseMap(kind="geojson", file=name)
    workspace = Workspace.create(tmp_path / "w", config=Config(basemap=base))
    (tmp_path / "w" / "link.txt").symlink_to(tmp_path / "secret.txt")
    response = create_app(workspace).test_client().get("/basemap")
    assert response.status_code == 404
    assert b"secret" not in response.data


def test_absolute_path_is_no_base_map(tmp_path: Path) -> None:
    """A path from the root is outside, too."""
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    base = BaseMap(kind="pmtiles", file=str(secret))
    workspace = Workspace.create(tmp_path / "w", config=Config(basemap=base))
    assert create_app(workspace).test_client().get("/basemap").status_code == 404


def test_area_is_the_districts_or_the_stations(tmp_path: Path) -> None:
    """The map first shows the districts, else where the stations are, else China."""
    empty = Workspace.create(tmp_path / "empty")
    assert f"[[{maps.CHINA[1]}, {maps.CHINA[0]}]" in _page(empty)
    record = {
        "type": "Feature",
        "id": "a",
        "geometry": {"type": "Point", "coordinates": [113.5, 34.5]},
        "properties": {"name": "驿站"},
    }
    empty.store.apply(Change(put=(from_dict(record),)), who="t", what="t")
    assert "[[34.5, 113.5], [34.5, 113.5]]" in _page(empty)
    districts = Districts(("410108",), ("区",), shapely.box([113.0], [34.0], [114.0], [35.0]))
    with_districts = Workspace.create(tmp_path / "districts", districts=districts)
    assert "[[34.0, 113.0], [35.0, 114.0]]" in _page(with_districts)


def test_the_week_is_there_where_workers_are_known(tmp_path: Path) -> None:
    """Without demand neither the strip nor its style comes with the page."""
    workspace = Workspace.create(tmp_path / "w")
    assert "week" not in re.sub(r"<script.*?</script>", "", _page(workspace), flags=re.DOTALL)
    workspace.set_demand(Demand.of_points([113.6], [34.8], [5.0]), [])
    page = _page(workspace)
    assert '<section class="week" id="week"' in page
    assert "css/week.css" in page


def _page(workspace: Workspace) -> str:
    return create_app(workspace).test_client().get("/map").text
