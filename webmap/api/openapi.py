"""The description of the API: OpenAPI 3.1, read with a Swagger UI that is served from here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import render_template, url_for

from webmap import current, security
from webmap.api import answers
from webmap.api.errors import PROBLEM

if TYPE_CHECKING:
    from apiflask import APIFlask

CONFIG = {
    "OPENAPI_VERSION": "3.1.0",
    "SPEC_FORMAT": "json",
    "AUTO_404_RESPONSE": False,
    # Where the server is found is the caller's knowledge: taken from the first request, as
    # APIFlask does by itself, it would be whatever that request's Host said.
    "AUTO_SERVERS": False,
    "SERVERS": [{"url": "/"}],
    "VALIDATION_ERROR_STATUS_CODE": 422,
    "AUTO_OPERATION_ID": True,
    "DESCRIPTION": "Rest stations for outdoor workers 户外劳动者驿站: the nearest ones, the "
    "register, who is in reach. Positions are WGS84, longitude first; distances are metres; "
    "unknown is said to be unknown.",
}
_TAGS = [
    {"name": "Stations", "description": "Where one can get in 驿站"},
    {"name": "Coverage", "description": "Who is in reach and who is not 覆盖"},
    {"name": "Siting", "description": "Where new ones should go 选址"},
    {"name": "Reports", "description": "What workers tell 反馈"},
    {"name": "Map", "description": "What the map asks for 地图"},
    {"name": "Server", "description": "The server itself 服务器"},
]
_SECURITY = {
    "planner": {
        "type": "http",
        "scheme": "bearer",
        "description": "The planner's token, `planner_token` of the server's settings.",
    }
}
_UNKNOWN = {
    "station_id": "No such station",
    "plan_id": "No such plan",
    "report_id": "No such report or suggestion, or no photo of it",
}
_REFUSED = {
    "401": "The planner's token is missing",
    "403": "The token is wrong, or this server does not plan",
    "422": "A field or parameter that does not fit, by name",
    "503": "What is needed cannot be read or written now",
}
_CHANGES = {
    "post": {
        "400": "The body is no JSON",
        "413": "The body is too large",
        "415": "The body is not said to be JSON",
        "429": "As many wait already as may",
    },
    "delete": {"404": "No such plan"},
}
_REPORTING = {
    "400": _CHANGES["post"]["400"],
    "403": "A page of another site sent it",
    "404": "No such station",
    "413": _CHANGES["post"]["413"],
    "415": "The body is not said to be JSON or a form",
    "422": "A field or the photo does not fit, by name",
    "429": "As many have come as are taken for now; `Retry-After` says how long to wait",
    "503": _REFUSED["503"],
}


def init_app(app: APIFlask) -> None:
    """Serve the Swagger UI at /docs and make the specification say what is really answered."""
    app.spec_processor(_true_to_the_answers)
    app.add_url_rule("/docs", "docs", _docs)


def _docs() -> str:
    return render_template("docs.html", spec_url=url_for("openapi.spec"), nonce=security.nonce())


def _true_to_the_answers(spec: dict[Any, Any] | str) -> dict[Any, Any] | str:
    if isinstance(spec, str):  # as YAML, which is not served
        return spec
    spec["paths"] = {p: v for p, v in spec["paths"].items() if p.startswith(("/api/", "/healthz"))}
    # Given in the settings, APIFlask would leave the operations without any.
    spec["tags"] = _TAGS
    spec["components"] = {"schemas": answers.components(), "securitySchemes": _SECURITY}
    for path, methods in spec["paths"].items():
        for method, operation in methods.items():
            if "parameters" in operation:
                found = map(_parameter, operation["parameters"])
                # What has to be given stands first.
                operation["parameters"] = sorted(found, key=lambda one: not one["required"])
            if method == "get":
                operation["responses"] = _responses(path, operation)
            else:
                operation.update(_changing(path, method))
    return spec


def _parameter(found: dict[str, Any]) -> dict[str, Any]:
    """Return a parameter as an address has it: nothing is null, and lists have commas."""
    schema = {name: value for name, value in found["schema"].items() if name != "title"}
    for choice in schema.pop("anyOf", ()):
        if choice != {"type": "null"}:
            schema = {**choice, **schema}
    if found["name"] == "k":
        schema["maximum"] = current.settings().max_k
    if schema.get("default", 0) is None:
        del schema["default"]
    # The form of the Swagger UI is filled in with it; what may be left out stays empty.
    filled = (
        {"example": schema["examples"][0]} if found["required"] and "examples" in schema else {}
    )
    listed = {"style": "form", "explode": False} if schema.get("type") == "array" else {}
    words = {"description": schema.pop("description")} if "description" in schema else {}
    return {**found, **words, "schema": schema, **listed, **filled}


def _responses(path: str, operation: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"200": {"description": "Done", "content": answers.answer(path)}}
    if path == "/healthz":
        return found | {"503": {"description": "Nothing to serve", "content": answers.answer(path)}}
    found["304"] = {"description": "Not modified since the given ETag"}
    problems = {"503": "What is asked for cannot be served now"}
    if operation.get("parameters"):
        problems["422"] = "A parameter that does not fit, by name"
    modes = any(parameter["name"] == "mode" for parameter in operation.get("parameters", ()))
    # The nearest stations are estimated instead.
    if modes and path != "/api/v1/nearest":
        problems["409"] = "No street network for that mode, or no street leads there"
    if path == "/api/v1/report":
        problems["404"] = "No such district"
    if path == "/api/v1/changes":
        problems["409"] = "The registry has not come so far: start again with since=0"
    for name, words in _UNKNOWN.items():
        if f"{{{name}}}" in path:
            problems["404"] = words
    if "/plans" in path:
        problems["403"] = _REFUSED["403"]
    return found | _problems(problems)


def _changing(path: str, method: str) -> dict[str, Any]:
    """What is said of an operation that changes something: planning, and what workers tell."""
    body = answers.body(path)
    if "/plans" not in path:
        filed = answers.answer(path)
        done = {
            "200": {"description": "It had been filed before", "content": filed},
            "201": {"description": "Filed", "content": filed},
        }
        problems = _REPORTING if "report" in path else _REPORTING.keys() - {"404"}
        return {
            "responses": done | _problems({status: _REPORTING[status] for status in problems}),
            "requestBody": {"required": True, "content": body},
        }
    job = answers.answer("/api/v1/plans/{plan_id}")
    found: dict[str, Any] = {"202": {"description": "The job, as it stands", "content": job}}
    if method == "delete":
        found["204"] = {"description": "Removed"}
    return {
        "security": [{"planner": []}],
        "responses": found | _problems(_REFUSED | _CHANGES[method]),
        **({"requestBody": {"required": True, "content": body}} if body else {}),
    }


def _problems(problems: dict[str, str]) -> dict[str, Any]:
    content = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": words, "content": content}
        for status, words in sorted(problems.items())
    }
