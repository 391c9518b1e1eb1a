"""Nearest stations over HTTP: requests a second and latency, beside other ways to answer them.

    python -m benchmarks.nearest_http [--quick]

200,000 stations, the five nearest, GeoJSON, granian with 2 workers, wrk with 32 connections and
the same positions in the same order for everybody. Ours is the whole application as it is served.
All servers run at once and take turns under load, so each is alone when it is measured; the median
of the rounds counts. Every server has been asked before, so nothing compiles while time is taken.
"""

from __future__ import annotations

import contextlib
import json
import math
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from benchmarks import _data, _servers
from benchmarks._report import Row, main, skipped
from stations.filters import EVERYTHING

if TYPE_CHECKING:
    from stations.registry import Registry
    from stations.workspace import Workspace

QUESTIONS = 5000
_BOX_DEG = 0.05
_POSITION = "lon={lon:.6f}&lat={lat:.6f}"
_OURS = "/api/v1/nearest?" + _POSITION + "&k=5"
_PEER = "/nearest?" + _POSITION


class _Case(NamedTuple):
    """Something under load: an application of `_apps` and the path that it is asked."""

    name: str
    app: str
    path: str


class _Peer(NamedTuple):
    """Somebody to compare with: what it is called, how many times faster we are out to be."""

    name: str
    app: str
    path: str
    goal: float
    note: str = ""


OURS = _Case("ours", "ours", _OURS)
FILTERED = (
    _Case("filter open_at", "ours", _OURS + "&open_at=now"),
    _Case("filter facility", "ours", _OURS + "&facility=drinking_water"),
    _Case("filter access", "ours", _OURS + "&access=open_door,qr"),
    _Case("filters, all three", "ours",
          _OURS + "&open_at=now&facility=drinking_water&access=open_door,qr"),
)  # fmt: skip
PEERS = (
    _Peer("Flask hello", "hello", "/hello", 0.75, "answers with five letters"),
    _Peer("PostGIS <-> planar", "postgis_planar", _PEER, 2.5, "nearest by degrees"),
    _Peer("PostGIS <-> geodesic", "postgis_geodesic", _PEER, 2.5, "chosen on the sphere"),
    _Peer("Redis GEOSEARCH", "redis_geosearch", _PEER, 2.5, "haversine, up to 0.5 % off"),
    _Peer("geopandas sindex", "geopandas_sindex", _PEER, 60),
    _Peer("pygeoapi bbox", "pygeoapi", "/collections/stations/items?f=json&limit=5&bbox={bbox}",
          80, "any five of a box, from the same PostGIS"),
)  # fmt: skip


def compare(stations: int, rounds: int, seconds: int) -> list[Row]:
    """Start every server, let them take turns under load, and stop them."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="yizhan-bench-")))
        workspace = _data.workspace(folder / "workspace", _data.stations(stations))
        environment, missing = _backends(stack, folder, workspace)
        places = _data.places(QUESTIONS, seed=_data.SEED + 7)
        addresses: dict[str, str] = {}
        cases = [OURS, *FILTERED, *(_Case(p.name, p.app, p.path) for p in PEERS)]
        for case in cases:
            if case.app not in addresses and case.app not in missing:
                try:
                    first = _path(case, float(places.lon[0]), float(places.lat[0]))
                    served = _servers.served(case.app, first, **environment)
                    addresses[case.app] = stack.enter_context(served)
                except (RuntimeError, ModuleNotFoundError) as error:
                    if case is OURS:
                        raise
                    missing[case.app] = str(error)
        scripts = {}
        for number, case in enumerate(cases):
            scripts[case.name] = folder / f"{number}.lua"
            asked = [_path(case, lon, lat) for lon, lat in zip(*map(_floats, places), strict=True)]
            _servers.write_lua(scripts[case.name], asked)
        _check_agreement(addresses, workspace.registry, places)
        there = [case for case in cases if case.app in addresses]
        for case in there:
            _servers.wrk(addresses[case.app], scripts[case.name], min(seconds, 2))
        loads: dict[str, list[_servers.Load]] = {case.name: [] for case in there}
        for _ in range(rounds):
            for case in there:
                load = _servers.wrk(addresses[case.app], scripts[case.name], seconds)
                loads[case.name].append(load)
        return _rows({k: _servers.median_load(v) for k, v in loads.items()}, missing)


def _backends(
    stack: contextlib.ExitStack, folder: Path, workspace: Workspace
) -> tuple[dict[str, str], dict[str, str]]:
    """Start and fill what the peers ask; returns their environment, and what is missing and why."""
    environment = {
        "BENCH_WORKSPACE": str(workspace.folder),
        "BENCH_GEOJSON": str(workspace.folder / "stations.geojson"),
        "PYGEOAPI_CONFIG": str(folder / "pygeoapi.json"),
        "PYGEOAPI_OPENAPI": str(folder / "openapi.json"),
    }
    missing: dict[str, str] = {}
    try:
        environment["BENCH_POSTGRES"] = stack.enter_context(_servers.postgres_server(folder))
        _fill_postgres(environment["BENCH_POSTGRES"], workspace.registry)
    except (_servers.NotInstalledError, ModuleNotFoundError) as error:
        missing |= dict.fromkeys(("postgis_planar", "postgis_geodesic"), str(error))
    try:
        environment["BENCH_REDIS"] = stack.enter_context(_servers.redis_server(folder))
        _fill_redis(environment["BENCH_REDIS"], workspace.registry)
    except (_servers.NotInstalledError, ModuleNotFoundError) as error:
        missing["redis_geosearch"] = str(error)
    if "BENCH_POSTGRES" in environment:
        _configure_pygeoapi(folder, environment["BENCH_POSTGRES"])
    else:
        missing["pygeoapi"] = missing["postgis_planar"]
    return environment, missing


def _fill_postgres(conninfo: str, registry: Registry) -> None:
    import psycopg

    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION postgis")
        connection.execute(
            "CREATE TABLE stations (id int PRIMARY KEY, lon float8, lat float8, head text,"
            " tail text, geom geometry(Point, 4326), geog geography(Point, 4326))"
        )
        copy = "COPY stations (id, lon, lat, head, tail) FROM STDIN"
        with connection.cursor() as cursor, cursor.copy(copy) as rows:
            for index in range(len(registry)):
                head, tail = registry.public_parts(index)
                rows.write_row((index, *registry.position(index), head.decode(), tail.decode()))
        connection.execute(
            "UPDATE stations SET geom = ST_SetSRID(ST_MakePoint(lon, lat), 4326),"
            " geog = ST_MakePoint(lon, lat)::geography"
        )
        connection.execute("CREATE INDEX ON stations USING gist (geom)")
        connection.execute("CREATE INDEX ON stations USING gist (geog)")
        connection.execute("VACUUM FULL ANALYZE stations")
        # pygeoapi tells of every column and wants one geometry.
        connection.execute(
            "CREATE TABLE sites AS SELECT id, tail::text AS properties, geom FROM stations"
        )
        connection.execute("ALTER TABLE sites ADD PRIMARY KEY (id)")
        connection.execute("CREATE INDEX ON sites USING gist (geom)")
        connection.execute("VACUUM ANALYZE sites")


def _fill_redis(socket: str, registry: Registry) -> None:
    import redis

    client = redis.Redis(unix_socket_path=socket)
    for start in range(0, len(registry), 10_000):
        batch: list[float | int] = []
        for index in range(start, min(start + 10_000, len(registry))):
            batch += [*registry.position(index), index]
        client.geoadd("stations", batch)
    client.close()


def _configure_pygeoapi(folder: Path, conninfo: str) -> None:
    port = int(dict(part.split("=") for part in conninfo.split())["port"])
    config = {
        "server": {
            "bind": {"host": "127.0.0.1", "port": 5000},
            "url": "http://127.0.0.1:5000",
            "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8",
            "languages": ["en"],
            "limits": {"default_items": 10, "max_items": 50},
            "map": {"url": "", "attribution": ""},
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": {
                "title": "benchmark",
                "description": "benchmark",
                "keywords": ["stations"],
                "terms_of_service": "",
                "url": "",
            },
            "license": {"name": "", "url": ""},
            "provider": {"name": "", "url": ""},
            "contact": {"name": ""},
        },
        "resources": {
            "stations": {
                "type": "collection",
                "title": "stations",
                "description": "stations",
                "keywords": ["stations"],
                "links": [],
                "extents": {"spatial": {"bbox": [-180, -90, 180, 90]}},
                "providers": [
                    {
                        "type": "feature",
                        "name": "PostgreSQL",
                        "data": {
                            "host": "127.0.0.1",
                            "port": port,
                            "dbname": "postgres",
                            "user": "postgres",
                            "password": "",
                            "search_path": ["public"],
                        },
                        "id_field": "id",
                        "table": "sites",
                        "geom_field": "geom",
                    }
                ],
            }
        },
    }
    # JSON is YAML.
    (folder / "pygeoapi.json").write_text(json.dumps(config))
    (folder / "openapi.json").write_text(json.dumps({"openapi": "3.0.2", "paths": {}}))


def _floats(column: object) -> list[float]:
    return column.tolist()  # type: ignore[attr-defined,no-any-return]


def _path(case: _Case, lon: float, lat: float) -> str:
    half = _BOX_DEG
    bbox = f"{lon - half:.6f},{lat - half:.6f},{lon + half:.6f},{lat + half:.6f}"
    return case.path.format(lon=lon, lat=lat, bbox=bbox)


def _check_agreement(addresses: dict[str, str], registry: Registry, places: _data.Places) -> None:
    """Ours is exact; whoever measures on the globe finds the same, on the sphere within 0.6 %."""
    for lon, lat in zip(_floats(places.lon[:20]), _floats(places.lat[:20]), strict=True):
        exact = [metres for _, metres in registry.nearest(lon, lat, k=5)]
        every = [metres for _, metres in registry.nearest(lon, lat, k=5, where=EVERYTHING)]
        for app, wanted, relative in (
            ("ours", exact, 0.0),
            ("postgis_geodesic", every, 6e-3),
            ("redis_geosearch", every, 6e-3),
            ("geopandas_sindex", every, 1e-6),
        ):
            if app in addresses:
                case = OURS if app == "ours" else _Case(app, app, _PEER)
                found = _servers.fetch(addresses[app] + _path(case, lon, lat))
                metres = sorted(f["properties"]["distance_m"] for f in found["features"])
                close = (math.isclose(a, b, rel_tol=relative, abs_tol=0.6)
                         for a, b in zip(metres, wanted, strict=True))  # fmt: skip
                assert all(close), (app, lon, lat, metres, wanted)


def _rows(loads: dict[str, _servers.Load], missing: dict[str, str]) -> list[Row]:
    job = "nearest over HTTP"
    ours = loads[OURS.name]
    rows = [
        Row(job, ours.requests_s, peer.name, loads[peer.name].requests_s, "req/s", peer.goal,
            peer.note)
        if peer.name in loads
        else skipped(job, ours.requests_s, peer.name, "req/s", missing[peer.app])
        for peer in PEERS
    ]  # fmt: skip
    rows.append(Row(f"{job}, p99", ours.p99_ms, "the limit set", 25.0, "ms", 1.0))
    rows += [
        Row(f"{job}, {case.name}", loads[case.name].requests_s, "ours, unfiltered",
            ours.requests_s, "req/s", 0.85)
        for case in FILTERED
    ]  # fmt: skip
    return rows


def run(*, quick: bool) -> list[Row]:
    """Rows for `make bench`."""
    return compare(20_000, 2, 2) if quick else compare(200_000, 5, 4)


if __name__ == "__main__":
    main(run)
