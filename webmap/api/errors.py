"""Errors as RFC 9457 problem details: one table from exception to status, used once."""

from __future__ import annotations

import http
from typing import TYPE_CHECKING, Any

import orjson
from flask import Response, request
from werkzeug.exceptions import HTTPException

from geodata.errors import GeodataError
from stations.errors import (
    RegistryFileError,
    RevisionConflictError,
    StationsError,
    StoreBusyError,
    StoreWriteError,
    UnknownStationError,
    WorkspaceError,
)

if TYPE_CHECKING:
    from apiflask import APIFlask
    from apiflask.exceptions import HTTPError

PROBLEM = "application/problem+json"

STATUS: dict[type[Exception], int] = {
    UnknownStationError: 404,
    RevisionConflictError: 409,
    StoreBusyError: 503,
    StoreWriteError: 503,
    RegistryFileError: 503,
    WorkspaceError: 503,
    StationsError: 422,
    GeodataError: 422,
}


def init_app(app: APIFlask) -> None:
    """Answer every error of `app` with problem details."""
    app.error_processor(_from_api_flask)
    for kind in (StationsError, GeodataError):
        app.register_error_handler(kind, _from_domain)
    app.register_error_handler(HTTPException, _from_http)
    app.register_error_handler(500, _from_http)


def problem(status: int, detail: str, **members: Any) -> Response:
    """Return a problem answer."""
    body = {
        "type": "about:blank",
        "title": http.HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": request.path,
        **members,
    }
    return Response(orjson.dumps(body), status=status, mimetype=PROBLEM)


def _from_domain(error: Exception) -> Response:
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    return problem(status, str(error))


def _from_http(error: HTTPException) -> Response:
    # What went wrong inside is for the log, not for the caller.
    status = error.code or 500
    detail = "the server made a mistake; it is in its log" if status == 500 else error.description
    response = problem(status, detail or "")
    if status == 405 and (valid := getattr(error, "valid_methods", None)):
        response.headers["Allow"] = ", ".join(sorted(valid))
    return response


def _from_api_flask(error: HTTPError) -> tuple[Response, int]:
    faults = [
        {"parameter": field, "message": message}
        for fields in (error.detail or {}).values()
        if isinstance(fields, dict)
        for field, messages in fields.items()
        for message in messages
    ]
    detail = "; ".join(f"{f['parameter']}: {f['message']}" for f in faults)
    members = {"errors": faults} if faults else {}
    return problem(error.status_code, detail or error.message or "", **members), error.status_code
