"""Errors as RFC 9457 problem details: one table from exception to status, used once."""

from __future__ import annotations

import http
from typing import TYPE_CHECKING

import orjson
from flask import Response, request
from werkzeug.exceptions import HTTPException

from geodata.errors import GeodataError
from stations.errors import (
    CopyAheadError,
    LedgerFileError,
    NetworkFileError,
    NoNetworkError,
    NoWayError,
    PhotoError,
    RegistryFileError,
    RevisionConflictError,
    StationsError,
    StoreBusyError,
    StoreWriteError,
    TooManyReportsError,
    UnknownDistrictError,
    UnknownPlanError,
    UnknownRevisionError,
    UnknownStationError,
    UnknownTaskError,
    WorkspaceError,
)
from webmap.jobs import QueueFullError
from webmap.reporting import CrossSiteError

if TYPE_CHECKING:
    from apiflask import APIFlask
    from apiflask.exceptions import HTTPError

PROBLEM = "application/problem+json"
_MOST_FAULTS = 20
_WORDS = {
    "Extra inputs are not permitted": "there is no such parameter here",
    "Field required": "is missing",
}

STATUS: dict[type[Exception], int] = {
    UnknownStationError: 404,
    UnknownDistrictError: 404,
    UnknownPlanError: 404,
    UnknownRevisionError: 404,
    UnknownTaskError: 404,
    CrossSiteError: 403,
    PhotoError: 422,
    TooManyReportsError: 429,
    QueueFullError: 429,
    NoNetworkError: 409,
    NoWayError: 409,
    RevisionConflictError: 409,
    CopyAheadError: 409,
    StoreBusyError: 503,
    StoreWriteError: 503,
    NetworkFileError: 503,
    RegistryFileError: 503,
    LedgerFileError: 503,
    WorkspaceError: 503,
    StationsError: 422,
    GeodataError: 422,
}


def init_app(app: APIFlask) -> None:
    """Answer every error of `app` with problem details."""
    app.before_request(refuse_repeated)
    app.error_processor(_from_api_flask)
    for kind in (StationsError, GeodataError):
        app.register_error_handler(kind, _from_domain)
    app.register_error_handler(HTTPException, _from_http)
    app.register_error_handler(500, _from_http)


def refuse_repeated() -> Response | None:
    """Refuse a parameter that is given twice: taking one of the values would be a guess."""
    repeated = [name for name, values in request.args.lists() if len(values) > 1]
    if not repeated or not request.path.startswith("/api/"):
        return None
    message = "given more than once; values of a list are separated by commas"
    faults = [{"parameter": name[:80], "message": message} for name in repeated[:_MOST_FAULTS]]
    return problem(422, _in_words(faults), errors=faults)


def problem(status: int, detail: str, **members: object) -> Response:
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


def status_of(error: Exception) -> int:
    """Return the status that stands for an error of the domain."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def _from_domain(error: Exception) -> Response:
    chinese = getattr(error, "chinese", None)
    response = problem(status_of(error), str(error), **({"detail_zh": chinese} if chinese else {}))
    if isinstance(error, TooManyReportsError):
        response.headers["Retry-After"] = str(error.retry_after_s)
    return response


def _from_http(error: HTTPException) -> Response:
    # What went wrong inside is for the log, not for the caller.
    status = error.code or 500
    detail = "the server made a mistake; it is in its log" if status == 500 else error.description
    response = problem(status, detail or "")
    # Allow of a 405, Content-Range of a 416: all but what describes Werkzeug's own page.
    for name, value in error.get_headers():
        if name != "Content-Type":
            response.headers[name] = value
    return response


def _from_api_flask(error: HTTPError) -> tuple[Response, int]:
    # A fault inside a list comes as `kind.0`; to the caller it is the parameter's.
    faults = [
        {
            "parameter": field.partition(".")[0][:80],
            "message": _WORDS.get(message, message.removeprefix("Value error, ")),
        }
        for fields in (error.detail or {}).values()
        if isinstance(fields, dict)
        for field, messages in fields.items()
        for message in messages
    ][:_MOST_FAULTS]
    members = {"errors": faults} if faults else {}
    detail = _in_words(faults) or error.message or ""
    return problem(error.status_code, detail, **members), error.status_code


def _in_words(faults: list[dict[str, str]]) -> str:
    return "; ".join(f"{fault['parameter']}: {fault['message']}" for fault in faults)
