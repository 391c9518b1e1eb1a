"""``/api/v1/reports`` and ``/suggestions``: what workers tell, without an account.

Whoever files gets the address of a page that says what became of it; its id is the only key to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
from apiflask import APIBlueprint
from flask import Response, request
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from stations.errors import PhotoError, ReportError
from webmap import current
from webmap.api.errors import problem
from webmap.api.params import NoQuery
from webmap.api.responses import JSON, tagged
from webmap.reporting import FormError, fields_of, most_bytes, receive

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.datastructures import FileStorage

    from webmap.reporting import Kind

blueprint = APIBlueprint("reports", __name__, tag="Reports")

FORM = "multipart/form-data"
_PRIVATE = {"Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer"}
"""On what only the holder of an id may see."""

PHOTO_HEADERS = {
    **_PRIVATE,
    "Content-Security-Policy": "default-src 'none'; sandbox",
}
"""On every answer that is a worker's photo; that it is nothing else, every answer says."""


@blueprint.post("/reports")
@blueprint.input(NoQuery, location="query")
def post_report(query_data: NoQuery) -> Response:  # noqa: ARG001  it has been checked
    """Report a problem.

    Files what is wrong with a station, as JSON or, with a photo, as a form. The answer is what was
    filed; the page at its `link` says what becomes of it, to whoever has the link. Sending the
    same again, with the same `request` or the same words within a day, finds what was filed
    before.
    """
    request.max_content_length = most_bytes()
    return _filed("report")


@blueprint.post("/suggestions")
@blueprint.input(NoQuery, location="query")
def post_suggestion(query_data: NoQuery) -> Response:  # noqa: ARG001  as above
    """Suggest a place.

    Files where a worker wants a station, as JSON or as a form; planners find it among their
    candidates. Answered like a report.
    """
    return _filed("suggestion")


@blueprint.get("/reports/<report_id>")
@blueprint.input(NoQuery, location="query")
def get_report(report_id: str, query_data: NoQuery) -> Response:  # noqa: ARG001  as above
    """One report or suggestion.

    What was filed, its `state`, and what the office answered.
    """
    entry = current.workspace().ledger.get(report_id)
    return tagged(orjson.dumps(entry.public()), JSON, _PRIVATE)


@blueprint.get("/reports/<report_id>/photo")
@blueprint.input(NoQuery, location="query")
def get_report_photo(report_id: str, query_data: NoQuery) -> Response:  # noqa: ARG001  as above
    """The photo of a report.

    As it is kept: made anew from what was sent, without what a camera writes into it.
    """
    path = current.workspace().ledger.photo_path(report_id)
    return Response(path.read_bytes(), mimetype="image/jpeg", headers=PHOTO_HEADERS)


@blueprint.errorhandler(FormError)
def refuse_form(error: FormError) -> Response:
    """Name every field that does not fit."""
    return _refused(error, {fault.field: str(fault) for fault in error.faults})


@blueprint.errorhandler(PhotoError)
def refuse_photo(error: PhotoError) -> Response:
    """Name the photo."""
    return _refused(error, {"photo": str(error)})


def _refused(error: FormError | PhotoError, faults: Mapping[str, str]) -> Response:
    named = [
        {"parameter": name, "message": text.removeprefix(f"{name}: ")}
        for name, text in faults.items()
    ]
    return problem(422, str(error), detail_zh=error.chinese, errors=named)


def _filed(kind: Kind) -> Response:
    form = _form()
    entry, already = receive(
        kind,
        form,
        photo=_photo(kind),
        address=request.remote_addr,
    )
    link = f"/reports/{entry.id}"
    body = {"id": entry.id, "link": link, "already": already, **entry.public()}
    headers = {"Location": link, **_PRIVATE}
    return Response(orjson.dumps(body), 200 if already else 201, headers, mimetype=JSON)


def _photo(kind: Kind) -> FileStorage | None:
    photos = request.files.getlist("photo")
    faults = [
        ReportError(name[:80], "there is no such file here", "没有这个文件字段")
        for name in request.files
        if kind != "report" or name != "photo"
    ]
    if not faults and len(photos) > 1:
        faults.append(ReportError("photo", "only one is taken", "只收一张照片"))
    if faults:
        raise FormError(faults)
    return photos[0] if photos else None


def _form() -> dict[str, object]:
    if request.mimetype == FORM:
        request.max_form_parts = 40
        return fields_of(request.form)
    if request.mimetype != JSON:
        message = f"send it as {JSON} or {FORM}"
        raise UnsupportedMediaType(message)
    # As JSON nothing comes with a photo, and nothing else is so long.
    request.max_content_length = current.settings().max_body
    try:
        given = orjson.loads(request.get_data())
    except orjson.JSONDecodeError as error:
        message = f"the body is no JSON: {error}"
        raise BadRequest(message) from error
    if not isinstance(given, dict):
        message = "an object of fields is needed"
        raise BadRequest(message)
    return given
