"""Forms for what a worker reports or suggests, and the page that says what became of it."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import TYPE_CHECKING

from flask import Blueprint, Response, redirect, request, url_for

from geodata.errors import GeodataError
from stations.errors import StationsError, TooManyReportsError
from stations.hours import BEIJING
from stations.vocabulary import FACILITY_CODES, PROBLEM_CODES
from webmap import current
from webmap.api.errors import status_of
from webmap.pages import wording
from webmap.pages.visitor import page, visitor
from webmap.pages.worker import worker_config
from webmap.reporting import TRAP, fields_of, most_bytes, receive

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as WerkzeugResponse

    from stations.model import Station
    from webmap.reporting import Kind

blueprint = Blueprint("reporting", __name__)

_WANTED = (
    "drinking_water",
    "microwave",
    "charging",
    "toilet",
    "air_conditioning",
    "heating",
    "ebike_charging",
    "battery_swap",
)
"""What a suggestion is asked for."""


@blueprint.get("/stations/<station_id>/report")
def show_report(station_id: str) -> Response:
    """Show the form for a problem of a station."""
    return _report_form(current.workspace().registry.get(station_id))


@blueprint.post("/stations/<station_id>/report")
def take_report(station_id: str) -> WerkzeugResponse:
    """File a problem and lead to the page that says what becomes of it."""
    station = current.workspace().registry.get(station_id)
    request.max_content_length = most_bytes()
    try:
        return _filed("report", {"station": station_id})
    except (StationsError, GeodataError) as error:
        return _report_form(station, error)


@blueprint.get("/suggest")
def show_suggest() -> Response:
    """Show the form for a place that needs a station."""
    return _suggest_form()


@blueprint.post("/suggest")
def take_suggestion() -> WerkzeugResponse:
    """File a suggestion and lead to the page that says what becomes of it."""
    try:
        return _filed("suggestion", {})
    except (StationsError, GeodataError) as error:
        return _suggest_form(error)


@blueprint.get("/reports/<report_id>")
def show_task(report_id: str) -> Response:
    """Show what was reported and what the office did about it, to whoever has the address."""
    entry = current.workspace().ledger.get(report_id)
    said, lang, now = entry.properties, visitor().lang, dt.datetime.now(BEIJING)
    response = page(
        "task.html",
        here="task",
        entry=entry,
        said=said,
        filed=wording.ago(lang, said.created_at, now),
        answers=[(wording.ago(lang, one.time, now), one) for one in said.answers],
        fresh="new" in request.args,
        page_config=worker_config(),
    )
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _filed(kind: Kind, given: dict[str, object]) -> WerkzeugResponse:
    request.max_form_parts = 60
    entry, already = receive(
        kind,
        fields_of(request.form) | given,
        photo=request.files.get("photo") if kind == "report" else None,
        address=request.remote_addr,
    )
    new = None if already else "1"
    return redirect(url_for("reporting.show_task", report_id=entry.id, new=new), 303)


def _report_form(station: Station, error: StationsError | GeodataError | None = None) -> Response:
    broken = [code for code, there in station.properties.facilities.items() if there]
    return _form(
        "report.html",
        error,
        here="report",
        station=station,
        problems=PROBLEM_CODES,
        facilities=[code for code in FACILITY_CODES if code in broken],
    )


def _suggest_form(error: StationsError | GeodataError | None = None) -> Response:
    return _form("suggest.html", error, here="suggest", facilities=_WANTED)


def _form(template: str, error: StationsError | GeodataError | None, **values: object) -> Response:
    fault, status = None, 200
    if error is not None:
        chinese = getattr(error, "chinese", None)
        fault = chinese if chinese and visitor().lang == "zh" else str(error)
        status = status_of(error)
    response = page(
        template,
        status=status,
        fault=fault,
        form=request.form,
        trap=TRAP,
        # The same form sent twice is the same report; one that was refused may be mended.
        request_name=request.form.get("request") or secrets.token_urlsafe(16),
        page_config=worker_config(),
        **values,
    )
    if isinstance(error, TooManyReportsError):
        response.headers["Retry-After"] = str(error.retry_after_s)
    return response
