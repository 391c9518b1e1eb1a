"""Base maps in a real browser: tiles that line up, a file that needs no network."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import geopandas as gpd
import pyogrio
import pytest
import shapely
from flask import Response

from geodata import datum
from stations.config import BaseMap

from .city import LAT, LON, make_workspace

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask

    from .city import Serve, Visit

pytestmark = pytest.mark.browser

ZOOM = 16
TILE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="256" height="256">'
    '<rect width="256" height="256" fill="#dde"/></svg>'
)


def add_tiles(app: Flask) -> None:
    """Serve a tile for every place."""
    app.add_url_rule(
        "/test-tiles/<int:z>/<int:x>/<int:y>",
        "tiles",
        lambda z, x, y: Response(
            TILE, mimetype="image/svg+xml", headers={"X-Tile": f"{z}/{x}/{y}"}
        ),
    )


def world_pixel(lon: float, lat: float) -> tuple[float, float]:
    """Return the Web Mercator pixel of a position at `ZOOM`."""
    size = 256 * 2**ZOOM
    y = math.asinh(math.tan(math.radians(lat)))
    return (lon / 360 + 0.5) * size, (0.5 - y / (2 * math.pi)) * size


@pytest.mark.parametrize("name", ["wgs84", "gcj02", "bd09"])
def test_tiles_of_every_datum_line_up(
    serve: Serve, visit: Visit, tmp_path: Path, name: str
) -> None:
    """What a tile shows of a place lies where the map has that place, before and after a move."""
    tiles = BaseMap(
        kind="tiles", url="/test-tiles/{z}/{x}/{y}", datum=name, attribution="<b>测绘</b>"
    )
    workspace = make_workspace(tmp_path / "city", basemap=tiles)
    site = serve(workspace, add_tiles)
    page = visit(f"{site}/map?lon={LON + 0.02}&lat={LAT + 0.02}&zoom={ZOOM}")
    for lon, lat in ((LON + 0.02, LAT + 0.02), (LON + 0.22, LAT - 0.15)):
        page.evaluate(
            "([lat, lon, zoom]) => yizhanMap.panTo([lat, lon], {animate: false})", [lat, lon, ZOOM]
        )
        page.wait_for_selector(".leaflet-ground-pane img.leaflet-tile-loaded")
        drawn_lon, drawn_lat = (lon, lat) if name == "wgs84" else datum.from_wgs84(lon, lat, name)
        x, y = world_pixel(float(drawn_lon), float(drawn_lat))
        seen = page.evaluate(
            """([lat, lon, tileX, tileY]) => {
                const map = yizhanMap.getContainer().getBoundingClientRect();
                const tiles = [...document.querySelectorAll(".leaflet-ground-pane img")];
                const tile = tiles.find((image) => image.src.endsWith(`/${tileX}/${tileY}`));
                if (!tile) return null;
                const box = tile.getBoundingClientRect();
                const place = yizhanMap.latLngToContainerPoint([lat, lon]);
                return {x: place.x - (box.x - map.x), y: place.y - (box.y - map.y)};
            }""",
            [lat, lon, int(x // 256), int(y // 256)],
        )
        assert seen is not None, "the tile under the middle of the map was not fetched"
        assert seen["x"] == pytest.approx(x % 256, abs=1.5)
        assert seen["y"] == pytest.approx(y % 256, abs=1.5)
    credit = page.locator(".leaflet-control-attribution")
    assert "<b>测绘</b>" in credit.inner_text()


def test_offline_base_map_is_drawn(serve: Serve, visit: Visit, tmp_path: Path) -> None:
    """Water of a GeoJSON base map is painted where it lies."""
    box = [[LON, LAT], [LON + 0.02, LAT], [LON + 0.02, LAT + 0.04], [LON, LAT + 0.04], [LON, LAT]]
    road = [[LON + 0.03, LAT], [LON + 0.03, LAT + 0.04]]
    features = [
        {"type": "Feature", "properties": {"kind": "water", "name": "试验湖"},
         "geometry": {"type": "Polygon", "coordinates": [box]}},
        {"type": "Feature", "properties": {"kind": "primary", "name": "试验路"},
         "geometry": {"type": "LineString", "coordinates": road}},
    ]  # fmt: skip
    workspace = make_workspace(
        tmp_path / "city",
        (),
        with_demand=False,
        basemap=BaseMap(kind="geojson", file="base.geojson"),
    )
    path = tmp_path / "city" / "base.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    page = visit(
        f"{serve(workspace)}/map?lon={LON + 0.02}&lat={LAT + 0.02}&zoom=14&layers=stations",
        expected="willReadFrequently",
    )
    read = """([lat, lon]) => {
        const place = yizhanMap.latLngToContainerPoint([lat, lon]);
        const map = yizhanMap.getContainer().getBoundingClientRect();
        for (const tile of document.querySelectorAll(".leaflet-ground-pane canvas")) {
            const box = tile.getBoundingClientRect();
            const [x, y] = [place.x + map.x - box.x, place.y + map.y - box.y];
            if (x >= 0 && y >= 0 && x < box.width && y < box.height) {
                return [...tile.getContext("2d").getImageData(x, y, 1, 1).data];
            }
        }
        return null;
    }"""
    page.wait_for_function(
        f"() => {{ const p = ({read})([{LAT + 0.02}, {LON + 0.01}]); return p && p[3] === 255; }}"
    )
    assert page.evaluate(read, [LAT + 0.02, LON + 0.01])[:3] == [195, 220, 236]
    assert page.evaluate(read, [LAT + 0.02, LON + 0.03])[:3] == [255, 246, 220]
    assert page.evaluate(read, [LAT + 0.02, LON + 0.036])[3] == 0


def test_pmtiles_base_map_is_drawn(serve: Serve, visit: Visit, tmp_path: Path) -> None:
    """Water of a PMTiles file in the Protomaps schema is painted, from ranges of our own file."""
    if "PMTiles" not in pyogrio.list_drivers(write=True):
        pytest.skip("this GDAL writes no PMTiles")
    base = BaseMap(kind="pmtiles", file="base.pmtiles", max_zoom=14)
    workspace = make_workspace(tmp_path / "city", (), with_demand=False, basemap=base)
    water = shapely.box(LON - 0.1, LAT - 0.1, LON + 0.1, LAT + 0.1)
    frame = gpd.GeoDataFrame({"kind": ["lake"]}, geometry=[water], crs=4326)
    path = tmp_path / "city" / "base.pmtiles"
    options = {"driver": "PMTiles", "layer": "water", "MINZOOM": 8, "MAXZOOM": 14}
    pyogrio.write_dataframe(frame, path, **options)
    page = visit(
        f"{serve(workspace)}/map?lon={LON}&lat={LAT}&zoom=13", expected="willReadFrequently"
    )
    page.wait_for_function(
        """() => {
            const tile = document.querySelector(".leaflet-ground-pane canvas.leaflet-tile-loaded");
            if (!tile || !tile.width) return false;
            const [r, g, b, a] = tile.getContext("2d").getImageData(9, 9, 1, 1).data;
            return a === 255 && b > r;
        }"""
    )


def test_base_map_file_that_is_missing_does_no_harm(
    serve: Serve, visit: Visit, tmp_path: Path
) -> None:
    """Stations are shown all the same."""
    workspace = make_workspace(
        tmp_path / "city", basemap=BaseMap(kind="geojson", file="not-there.geojson")
    )
    page = visit(f"{serve(workspace)}/map", expected="404")
    page.wait_for_selector(".station-open")
