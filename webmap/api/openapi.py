"""The description of the API: OpenAPI 3.1, read with a Swagger UI that is served from here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response, render_template, url_for

from webmap import security

if TYPE_CHECKING:
    from apiflask import APIFlask

CONFIG = {
    "OPENAPI_VERSION": "3.1.0",
    "SPEC_FORMAT": "json",
    "AUTO_404_RESPONSE": False,
    "AUTO_VALIDATION_ERROR_RESPONSE": True,
    "VALIDATION_ERROR_STATUS_CODE": 422,
    "TAGS": [
        {"name": "Stations", "description": "Where one can get in 驿站"},
        {"name": "Coverage", "description": "Who is in reach and who is not 覆盖"},
        {"name": "Map", "description": "What the map asks for 地图"},
        {"name": "Server", "description": "The server itself 服务器"},
    ],
}
_PROBLEM_SCHEMA = {
    "type": "object",
    "description": "RFC 9457 problem details",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"parameter": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
_MEDIA_TYPES = {
    "/api/v1/nearest": "application/geo+json",
    "/api/v1/stations": "application/geo+json",
    "/api/v1/stations/{station_id}": "application/geo+json",
    "/api/v1/stations/clusters": "application/geo+json",
    "/api/v1/districts": "application/geo+json",
    "/api/v1/gaps": "application/geo+json",
    "/api/v1/schema": "application/schema+json",
}


def init_app(app: APIFlask) -> None:
    """Serve the Swagger UI at /docs and make the specification say what is really answered."""
    app.spec_processor(_true_to_the_answers)
    app.add_url_rule("/docs", "docs", _docs)


def _docs() -> str | Response:
    return render_template(
        "docs.html", spec_url=url_for("openapi.spec"), nonce=security.nonce()
    )


def _true_to_the_answers(spec: dict[str, Any]) -> dict[str, Any]:
    spec["paths"] = {p: v for p, v in spec["paths"].items() if p.startswith(("/api/", "/healthz"))}
    spec.setdefault("components", {}).setdefault("schemas", {})["Problem"] = _PROBLEM_SCHEMA
    for path, methods in spec["paths"].items():
        for operation in methods.values():
            for parameter in operation.get("parameters", ()):
                # Lists are comma-separated, not repeated.
                if parameter.get("schema", {}).get("type") == "array":
                    parameter |= {"style": "form", "explode": False}
            responses = operation["responses"]
            if "200" in responses:
                media = _MEDIA_TYPES.get(path, "application/json")
                responses["200"]["content"] = {media: {"schema": {"type": "object"}}}
                responses["304"] = {"description": "Not modified since the given ETag"}
            if "{station_id}" in path:
                responses["404"] = {"description": "No such station"}
            responses["503"] = {"description": "What is asked for cannot be served now"}
            for status, response in responses.items():
                if status >= "400":
                    response["content"] = {
                        "application/problem+json": {
                            "schema": {"$ref": "#/components/schemas/Problem"}
                        }
                    }
    return spec
