"""The applications under load: ours as it is served, and each peer behind the smallest Flask.

    python -m benchmarks._apps <name> <port>

What a peer needs comes in the environment. Peers get their features as ready bytes and splice the
distance in, as we do; none of them evaluates opening hours. Each worker has a connection a thread.
"""

from __future__ import annotations

import functools
import math
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask, Response, request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

K = 5
_GEOJSON = "application/geo+json"


def hello() -> Flask:
    """Flask doing nothing: the ceiling of everything that goes through Flask."""
    return _flask(lambda _lon, _lat: b"hello", "text/plain")


def postgis_planar() -> Flask:
    """PostGIS, nearest by degrees as if they were a plane, metres exact for the five found."""
    return _postgis("geom <-> ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326)")


def postgis_geodesic() -> Flask:
    """PostGIS, nearest on the globe."""
    return _postgis("geog <-> ST_MakePoint(%(lon)s, %(lat)s)::geography")


def _postgis(order: str) -> Flask:
    import psycopg

    metres = "ST_Distance(geog, ST_MakePoint(%(lon)s, %(lat)s)::geography)"
    sql = f"SELECT head, tail, {metres} FROM stations ORDER BY {order} LIMIT {K}"  # noqa: S608  none of it is a user's
    held = threading.local()

    def answer(lon: float, lat: float) -> bytes:
        if not hasattr(held, "connection"):
            held.connection = psycopg.connect(os.environ["BENCH_POSTGRES"], autocommit=True)
        rows = held.connection.execute(sql, {"lon": lon, "lat": lat}).fetchall()
        return _collection(rows)

    return _flask(answer)


def redis_geosearch() -> Flask:
    """Redis, by haversine, in circles that grow until there are enough; features in memory."""
    import redis

    client = redis.Redis(unix_socket_path=os.environ["BENCH_REDIS"])
    parts = _parts()

    def answer(lon: float, lat: float) -> bytes:
        found: list[tuple[bytes, float]] = []
        for radius_km in (3, 30, 300, 3000):
            found = client.geosearch(
                "stations",
                longitude=lon,
                latitude=lat,
                radius=radius_km,
                unit="km",
                sort="ASC",
                count=K,
                withdist=True,
            )
            if len(found) == K:
                break
        return _collection((*parts[int(member)], km * 1000) for member, km in found)

    return _flask(answer)


def geopandas_sindex() -> Flask:
    """geopandas: its spatial index finds a box that holds enough, PROJ measures, to_json writes."""
    import geopandas
    from pyproj import Geod
    from shapely import box

    frame = geopandas.read_file(os.environ["BENCH_GEOJSON"])
    frame = frame[["id", "name", "kind", "address", "opening_hours", "geometry"]]
    x, y = frame.geometry.x.to_numpy(), frame.geometry.y.to_numpy()
    geod = Geod(ellps="WGS84")

    def answer(lon: float, lat: float) -> bytes:
        half = 0.003
        while True:
            near = frame.sindex.query(box(lon - half, lat - half, lon + half, lat + half))
            metres = geod.inv([lon] * len(near), [lat] * len(near), x[near], y[near])[2]
            # Beyond the box's nearest side somebody else may be nearer than what a corner holds.
            inside = half * 110_000 * math.cos(math.radians(lat))
            if (metres <= inside).sum() >= K:
                break
            half *= 3
        found = frame.iloc[near].assign(distance_m=metres).nsmallest(K, "distance_m")
        return found.to_json(drop_id=True).encode()

    return _flask(answer)


def pygeoapi() -> Flask:
    """pygeoapi, any five features of a box around, from PostgreSQL."""
    import geoalchemy2  # noqa: F401  its provider needs both, and tells only its log
    import psycopg2  # noqa: F401
    from pygeoapi.flask_app import APP

    return APP


def pages() -> Flask:
    """A folder of pages."""
    return Flask(__name__, static_folder=os.environ["BENCH_PAGES"], static_url_path="")


def _flask(answer: Callable[[float, float], bytes], mimetype: str = _GEOJSON) -> Flask:
    app = Flask(__name__)

    @app.get("/nearest")
    def get_nearest() -> Response:
        lon, lat = float(request.args["lon"]), float(request.args["lat"])
        return Response(answer(lon, lat), mimetype=mimetype)

    @app.get("/hello")
    def get_hello() -> str:
        return "hello"

    return app


def _collection(found: Iterable[tuple[bytes | str, bytes | str, float]]) -> bytes:
    features = [
        b'%b"distance_m":%.3f,%b' % (_bytes(head), metres, _bytes(tail))
        for head, tail, metres in found
    ]
    return b'{"type":"FeatureCollection","features":[' + b",".join(features) + b"]}"


def _bytes(text: bytes | str) -> bytes:
    return text.encode() if isinstance(text, str) else text


@functools.cache
def _parts() -> list[tuple[bytes, bytes]]:
    from stations.registry import Registry
    from stations.store import GeoJsonStore

    registry = Registry(GeoJsonStore(Path(os.environ["BENCH_GEOJSON"]).parent).read())
    return [registry.public_parts(index) for index in range(len(registry))]


def main(name: str, port: int) -> None:
    """Serve the application called `name` until stopped."""
    from benchmarks._servers import WORKERS

    if name == "ours":
        from webmap import serving
        from webmap.settings import ServerSettings

        serving.run(Path(os.environ["BENCH_WORKSPACE"]), ServerSettings(port=port, workers=WORKERS))
        return
    from granian import Granian
    from granian.constants import Interfaces

    Granian(
        f"benchmarks._apps:{name}",
        factory=True,
        interface=Interfaces.WSGI,
        address="127.0.0.1",
        port=port,
        workers=WORKERS,
        backlog=1024,
        log_access=False,
    ).serve()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
