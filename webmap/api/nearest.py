"""``GET /api/v1/nearest``: the nearest stations that one can use."""

from __future__ import annotations

import functools
import math
import re
import time
from typing import TYPE_CHECKING, NamedTuple, cast
from urllib.parse import parse_qsl

from apiflask import APIBlueprint, HTTPError
from flask import Response

from geodata import datum
from webmap import current, security
from webmap.api.params import NearestQuery
from webmap.api.responses import GEOJSON, etag_of, tagged
from webmap.features import collection, day_of, feature

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

    from flask import Flask
    from flask.blueprints import BlueprintSetupState

    from stations.filters import StationFilter
    from stations.workspace import Workspace
    from webmap.settings import ServerSettings

blueprint = APIBlueprint("nearest", __name__, tag="Stations")

_PLAIN_DEGREES = re.compile(r"-?\d{1,3}(\.\d{1,15})?")


@blueprint.get("/nearest")
@blueprint.input(NearestQuery, location="query")
def get_nearest(query_data: NearestQuery) -> Response:
    """Nearest stations.

    The k nearest stations in service that pass every filter, by geodesic distance, nearest first:
    a GeoJSON FeatureCollection (WGS84). Each feature says `distance_m`, `open_state` with its next
    change, the ways in, and how old its verification is.
    """
    question = _Question(query_data, query_data.where())
    position = query_data.lon, query_data.lat
    return tagged(_answer(current.workspace(), current.settings(), question, position))


class _Question(NamedTuple):
    """What is asked, whatever the position, with its filter as the registry takes it."""

    query: NearestQuery
    where: StationFilter


def _answer(
    workspace: Workspace,
    settings: ServerSettings,
    question: _Question,
    position: tuple[float, float],
) -> bytes:
    query, (lon, lat) = question.query, position
    if query.datum != "wgs84" or not (-180 <= lon <= 180 and -90 <= lat <= 90):
        lon, lat = datum.position_on_earth(lon, lat, query.datum)
    if query.k > settings.max_k:
        message = f"at most {settings.max_k} stations are answered at once here"
        raise HTTPError(422, detail={"query": {"k": [message]}})
    registry = workspace.registry
    when = query.moment
    found = registry.nearest(
        lon,
        lat,
        k=query.k,
        max_distance_m=query.max_distance or math.inf,
        where=question.where,
        at=when,
    )
    today = day_of(when)
    return collection(
        [feature(registry, index, when, distance, today) for index, distance in found],
        revision=registry.revision,
        mode="line",
    )


class _Shortcut:
    """Answers plain questions of this one resource before Flask sees them.

    It is what a city asks all at once at noon, and taking a request through Flask costs twice what
    answering does. The answer is the same to the byte; whatever is not plain or goes wrong, Flask
    is asked as if nothing had been here.
    """

    def __init__(self, app: Flask, path: str) -> None:
        self._app = app
        self._flask = app.wsgi_app
        self._path = path

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if (
            environ.get("PATH_INFO") != self._path
            or environ["REQUEST_METHOD"] != "GET"
            or "HTTP_IF_NONE_MATCH" in environ
        ):
            return self._flask(environ, start_response)
        settings: ServerSettings = self._app.extensions["server_settings"]
        try:
            question, position = _plain(environ.get("QUERY_STRING", ""))
            body = _answer(self._app.extensions["workspace"], settings, question, position)
        except Exception:  # noqa: BLE001  Flask meets it again, answers it and has it logged
            return self._flask(environ, start_response)
        headers = {
            "Content-Type": GEOJSON,
            "Content-Length": str(len(body)),
            "ETag": etag_of(body),
            "Cache-Control": "no-cache",
            **security.API_HEADERS,
            "Access-Control-Allow-Origin": settings.allow_origin,
        }
        start_response("200 OK", list(headers.items()))
        return [body]


def _plain(text: str) -> tuple[_Question, tuple[float, float]]:
    """Read a query string in which `lon` and `lat` are plain decimals; raises ValueError."""
    values: dict[str, str] = {}
    rest = []
    for part in text.split("&"):
        name, _, value = part.partition("=")
        if name in {"lon", "lat"} and name not in values and _PLAIN_DEGREES.fullmatch(value):
            values[name] = value
        else:
            rest.append(part)
    if len(values) < 2 or not text.isascii():
        raise ValueError(text)
    # `open_at=now` is good for its minute, as every state in the answer is.
    question = _question("&".join(rest), int(time.time() // 60))
    return question, (float(values["lon"]), float(values["lat"]))


@functools.lru_cache(maxsize=1024)
def _question(text: str, minute: int) -> _Question:  # noqa: ARG001  the minute is part of the key
    """Read everything but the position, which is what one worker's request has of its own."""
    pairs = parse_qsl(text, keep_blank_values=True, errors="strict")
    values = dict(pairs)
    if len(values) < len(pairs) or values.keys() & {"lon", "lat"}:
        raise ValueError(text)
    query = NearestQuery.model_validate({**values, "lon": 0, "lat": 0})
    return _Question(query, query.where())


def _install(state: BlueprintSetupState) -> None:
    app = cast("Flask", state.app)
    app.wsgi_app = _Shortcut(app, f"{state.url_prefix}/nearest")  # type: ignore[method-assign]


blueprint.record_once(_install)
