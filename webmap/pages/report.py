"""``GET /report``: the coverage report as a page, and the same as PDF, workbook and figures."""

from __future__ import annotations

import datetime as dt
import functools
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, request

from geodata.errors import GeodataError
from stations.errors import ReportAskError, StationsError
from stations.hours import BEIJING
from stations.reach import MODES
from stations.report import ReportAsk, ask_for, kept_report, read_quarter
from stations.report.ask import Quarter
from stations.report.heat import heat_of
from webmap import current, texts
from webmap.api.errors import status_of
from webmap.pages import basemap
from webmap.pages.map import districts_of
from webmap.pages.visitor import brand, page, visitor
from webmap.render.pdf import PdfUnavailableError, pdf_of
from webmap.render.report_files import MIMETYPES, file_name, render
from webmap.render.report_html import period, report_body, report_html

if TYPE_CHECKING:
    from markupsafe import Markup

    from stations.report import CoverageReport

blueprint = Blueprint("report", __name__)

_HEATS: Final = ("35", "37", "40")
_QUARTERS: Final = 5
_CHOICES: Final = ("adcode", "quarter", "mode", "heat")


@blueprint.get("/report")
def show_report() -> Response:
    """Show the report of an area, for today or for a quarter."""
    try:
        report = _report()
    except (StationsError, GeodataError) as error:
        return _page(status=status_of(error), fault=_in_words(error))
    who = visitor()
    return _page(body=report_body(report, who.lang), title=period(report, who.lang).title)


@blueprint.get("/report.<any(pdf, xlsx, json):form>")
def get_file(form: str) -> Response:
    """Return the same report as a file."""
    lang = visitor().lang
    try:
        report = _report()
        data = _pdf(report_html(report, lang)) if form == "pdf" else render(report, form, lang)
    except PdfUnavailableError as error:
        return _page(status=503, fault=_in_words(error))
    except (StationsError, GeodataError) as error:
        return _page(status=status_of(error), fault=_in_words(error))
    response = Response(data, content_type=MIMETYPES[form])
    response.headers["Cache-Control"] = "no-cache"
    name = quote(file_name(report, form, lang), safe="")
    how = "inline" if form == "pdf" else "attachment"
    response.headers["Content-Disposition"] = f"{how}; filename*=UTF-8''{name}"
    # The language may be the one that is remembered.
    response.vary.add("Cookie")
    response.add_etag()
    response.make_conditional(request)
    return response


@functools.lru_cache(maxsize=8)
def _pdf(html: str) -> bytes:
    return pdf_of(html)


def _report() -> CoverageReport:
    return kept_report(current.workspace(), _ask())


def _ask() -> ReportAsk:
    """What the address asks for; an empty choice is none."""
    asked = {name: request.args[name] for name in _CHOICES if request.args.get(name)}
    quarter, heat = asked.get("quarter"), asked.get("heat")
    mode = asked.get("mode", MODES[0])
    if mode not in MODES or (heat is not None and heat not in _HEATS):
        wrong, known = (mode, MODES) if mode not in MODES else (heat, _HEATS)
        raise ReportAskError(
            f"there is no choice {str(wrong)[:40]!r}: use one of {', '.join(known)}",
            f"没有“{str(wrong)[:40]}”这个选项：可用 {'、'.join(known)}",
        )
    return ask_for(
        quarter=None if quarter is None else read_quarter(quarter),
        day=None,
        today=dt.datetime.now(BEIJING).date(),
        district=asked.get("adcode"),
        mode=mode,
        heat=None if heat is None else heat_of(float(heat)),
    )


def _in_words(error: Exception) -> str:
    chinese = getattr(error, "chinese", None)
    return chinese if chinese and visitor().lang == "zh" else str(error)


def _page(
    *,
    status: int = 200,
    body: Markup | None = None,
    title: str | None = None,
    fault: str | None = None,
) -> Response:
    workspace, lang = current.workspace(), visitor().lang
    chosen = {name: request.args.get(name, "") for name in _CHOICES}
    query = urlencode({name: value for name, value in chosen.items() if value} | {"lang": lang})
    modes = [
        mode
        for mode in MODES
        if mode == "line" or basemap.is_there(functools.partial(workspace.network, mode))
    ]
    return page(
        "coverage_report_page.html",
        status=status,
        brand=brand(workspace.config, lang),
        districts=districts_of(workspace, lang),
        quarters=_quarters(dt.datetime.now(BEIJING).date()),
        modes=[(mode, texts.text(lang, f"report.mode.{mode}")) for mode in modes],
        heats=_HEATS,
        chosen=chosen,
        files=[(form, f"report.{form}?{query}") for form in ("pdf", "xlsx", "json")],
        body=body,
        title=title,
        fault=fault,
    )


def _quarters(today: dt.date) -> list[Quarter]:
    """Return the quarter of today and those before it, the newest first."""
    count = 4 * today.year + (today.month - 1) // 3
    return [Quarter(n // 4, n % 4 + 1) for n in range(count, count - _QUARTERS, -1)]
