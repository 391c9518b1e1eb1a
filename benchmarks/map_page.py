"""The map with 100,000 stations: time to render the page, its weight, time until one sees stations.

    python -m benchmarks.map_page [--quick]

Ours is the page as it is served, with clusters, popups and filters, from the moment the browser
asks for it, the questions to the API included. Peers are Folium's own ways, without popups and
filters; their pages are rendered before, and served like ours with Leaflet beside them, nothing
from outside and neither jQuery nor Bootstrap, which Folium would load as well. Every visit begins
with an empty cache, in a browser that has been on a missing page of the same server before. `Seen`
means that a mark stands in the document, or for canvases that something was filled, and that the
browser has shown the frame after that.
"""

from __future__ import annotations

import contextlib
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from benchmarks import _data, _servers
from benchmarks._report import Row, main, skipped

if TYPE_CHECKING:
    from collections.abc import Callable

    import folium
    from playwright.sync_api import Browser

PAGE_LIMIT_BYTES = 300_000
# There are two worker processes, and either may get the first question.
_UNTIMED = 2
_MARKERCLUSTER = "leaflet.markercluster@1.5.3"
_VENDOR = Path(__file__).parent.parent / "webmap" / "static" / "vendor"
_WATCH = """
(() => {
  let drawn = false;
  if (%(canvas)s) {
    const fill = CanvasRenderingContext2D.prototype.fill;
    CanvasRenderingContext2D.prototype.fill = function (...args) {
      drawn = true;
      return fill.apply(this, args);
    };
  }
  const look = () => {
    if (!drawn && !document.querySelector('%(selector)s')) return requestAnimationFrame(look);
    requestAnimationFrame(() => requestAnimationFrame(() => {
      const loaded = performance.getEntriesByType('resource').concat(
        performance.getEntriesByType('navigation'));
      window.seen = {
        seconds: performance.now() / 1000,
        bytes: loaded.reduce((sum, entry) => sum + entry.encodedBodySize, 0),
      };
    }));
  };
  requestAnimationFrame(look);
})();
"""


class _Seen(NamedTuple):
    """One visit: seconds from the navigation until stations were shown, bytes loaded by then."""

    seconds: float
    bytes: float


class _Peer(NamedTuple):
    """A way to draw with Folium: how many stations, and how one tells that they are there."""

    name: str
    file: str
    draw: Callable[[folium.Map, list[list[float]]], None]
    selector: str
    canvas: bool = False
    share: int = 1


def _fast_marker_cluster(onto: folium.Map, positions: list[list[float]]) -> None:
    from folium.plugins import FastMarkerCluster

    # Its own callback wants one more library, for coloured icons.
    layer = FastMarkerCluster(positions, callback="(row) => L.marker(row)")
    folder = "leaflet.markercluster/dist/"
    layer.default_js = [("cluster", folder + "leaflet.markercluster.js")]
    layer.default_css = [
        ("cluster_css", folder + "MarkerCluster.css"),
        ("cluster_default_css", folder + "MarkerCluster.Default.css"),
    ]
    layer.add_to(onto)


def _geojson(onto: folium.Map, positions: list[list[float]]) -> None:
    import folium

    features = [
        {"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [x, y]}}
        for y, x in positions
    ]
    collection = {"type": "FeatureCollection", "features": features}
    folium.GeoJson(collection, marker=folium.CircleMarker(radius=4, fill=True)).add_to(onto)


def _markers(onto: folium.Map, positions: list[list[float]]) -> None:
    import folium

    for position in positions:
        folium.Marker(position).add_to(onto)


PEERS = (
    _Peer("FastMarkerCluster", "cluster.html", _fast_marker_cluster, ".leaflet-marker-icon"),
    _Peer("GeoJson on canvas", "geojson.html", _geojson, "#none", canvas=True),
    _Peer("Marker", "marker.html", _markers, ".leaflet-marker-icon", share=20),
)
OURS_SELECTOR = ".leaflet-marker-pane .cluster, .leaflet-marker-pane .station"


def _render(peer: _Peer, positions: list[list[float]], folder: Path) -> float:
    """Write the page of a peer; seconds that making and rendering it took."""
    import folium

    start = time.perf_counter()
    made = folium.Map(tiles=None, prefer_canvas=True)
    made.options["max_zoom"] = 18
    made.default_js = [("leaflet", "leaflet/leaflet.js")]
    made.default_css = [("leaflet_css", "leaflet/leaflet.css")]
    peer.draw(made, positions)
    lat, lon = zip(*positions, strict=True)
    made.fit_bounds([[min(lat), min(lon)], [max(lat), max(lon)]])
    page = made.get_root().render()
    took = time.perf_counter() - start
    (folder / peer.file).write_text(page, "utf-8")
    return took


def _fetch_markercluster(folder: Path) -> None:
    npm = _servers.program("npm", "npm")
    if not (_VENDOR / "leaflet").exists():
        raise _servers.NotInstalledError("make setup")
    shutil.copytree(_VENDOR / "leaflet", folder / "leaflet")
    command = [npm, "pack", "--silent", "--pack-destination", str(folder), _MARKERCLUSTER]
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    if done.returncode:
        raise _servers.NotInstalledError(f"npm pack {_MARKERCLUSTER}: {done.stderr.strip()[-200:]}")
    archive = folder / done.stdout.strip().splitlines()[-1]
    shutil.unpack_archive(archive, folder)
    (folder / "package").rename(folder / "leaflet.markercluster")
    archive.unlink()


def _visit(browser: Browser, address: str, selector: str, *, canvas: bool) -> _Seen:
    # Our policy forbids the evaluation of text, which is how Playwright asks whether it is time.
    context = browser.new_context(
        viewport={"width": 1280, "height": 800}, locale="zh-CN", bypass_csp=True
    )
    try:
        page = context.new_page()
        watch = _WATCH % {"selector": selector, "canvas": str(canvas).lower()}
        # Nothing is kept of this, but the browser has its processes and a connection by then.
        page.goto(f"{address.rsplit('/', 1)[0]}/nothing")
        page.add_init_script(watch)
        page.goto(address, wait_until="commit")
        found = page.wait_for_function("window.seen", timeout=120_000).json_value()
        return _Seen(found["seconds"], found["bytes"])
    finally:
        context.close()


def _response_seconds(address: str) -> float:
    import urllib.request

    start = time.perf_counter()
    with urllib.request.urlopen(address) as answer:
        answer.read()
    return time.perf_counter() - start


def compare(stations: int, rounds: int) -> list[Row]:
    """Serve everybody's page, visit them in turns, and stop."""
    from playwright.sync_api import sync_playwright

    chromium = _servers.program("chromium", "chromium")
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="yizhan-bench-")))
        pages = folder / "pages"
        pages.mkdir()
        _fetch_markercluster(pages)
        records = _data.stations(stations)
        positions = [[r.position[1], r.position[0]] for r in records if r.position]
        workspace = _data.workspace(folder / "workspace", records)
        rendered = {p.name: _render(p, positions[:: p.share], pages) for p in PEERS}
        ours = stack.enter_context(
            _servers.served("ours", "/healthz", BENCH_WORKSPACE=str(workspace.folder))
        )
        peers = stack.enter_context(
            _servers.served("pages", "/leaflet/leaflet.js", BENCH_PAGES=str(pages))
        )
        # A granian worker answers its first request late, and there are two.
        for _ in range(10):
            _response_seconds(ours + "/map")
        served = statistics.median(_response_seconds(ours + "/map") for _ in range(20))
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        stack.callback(browser.close)
        visits: dict[str, list[_Seen]] = {"ours": [], **{p.name: [] for p in PEERS}}
        for _ in range(_UNTIMED + rounds):
            visits["ours"].append(_visit(browser, ours + "/map", OURS_SELECTOR, canvas=False))
            for p in PEERS:
                address = f"{peers}/{p.file}"
                visits[p.name].append(_visit(browser, address, p.selector, canvas=p.canvas))
    return _rows(served, rendered, {n: _median(v[_UNTIMED:]) for n, v in visits.items()}, stations)


def _median(visits: list[_Seen]) -> _Seen:
    return _Seen(*(statistics.median(column) for column in zip(*visits, strict=True)))


def _rows(
    served: float, rendered: dict[str, float], seen: dict[str, _Seen], stations: int
) -> list[Row]:
    ours, rows = seen["ours"], []
    for p in PEERS:
        note = f"{stations // p.share:,} stations"
        goal = 5 if p.name == "FastMarkerCluster" else None
        rows += [
            Row("map: stations seen", ours.seconds, p.name, seen[p.name].seconds, "s", goal, note),
            Row("map: page rendered", served, p.name, rendered[p.name], "s", None, note),
            Row("map: loaded by then", ours.bytes / 1e3, p.name, seen[p.name].bytes / 1e3, "kB",
                None, note),
        ]  # fmt: skip
    limit = PAGE_LIMIT_BYTES / 1e3
    rows.append(Row("map: loaded by then", ours.bytes / 1e3, "the limit set", limit, "kB", 1.0))
    return rows


def run(*, quick: bool) -> list[Row]:
    """Rows for `make bench`."""
    try:
        return compare(5_000, 2) if quick else compare(100_000, 5)
    except (_servers.NotInstalledError, ModuleNotFoundError) as error:
        return [skipped("map: stations seen", float("nan"), "Folium", "s", str(error))]


if __name__ == "__main__":
    main(run)
