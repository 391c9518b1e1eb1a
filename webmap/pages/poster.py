"""``GET /stations/<id>/poster``: the sheet for a station's door, as a page and as a PDF."""

from __future__ import annotations

import datetime as dt
import functools
import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

import segno
from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from markupsafe import Markup

from stations import vocabulary
from stations.errors import UnknownStationError
from stations.hours import BEIJING
from stations.hours.sign import sign_of
from webmap import addresses, current, security, texts
from webmap.pages import hours
from webmap.render.pdf import STATIC, PdfUnavailableError, pdf_of

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as WerkzeugResponse

    from stations.hours.sign import Sign
    from stations.model import Properties, Station
    from webmap.texts import Language

blueprint = Blueprint("poster", __name__)

_ICONS = STATIC / "icons.svg"
# Quiet zone of ISO/IEC 18004, in modules.
_QUIET = 4
_MOST_FACILITIES, _FEWER_FACILITIES, _FEWEST_FACILITIES = 12, 8, 4
_MOST_WAYS_IN = 3
_MOST_ROWS = 5
# Names up to so many columns (a Chinese character takes two) are set in the size of that name.
_NAME_SIZES = ((22, "large"), (44, "medium"), (88, "small"))


class Both(NamedTuple):
    """The same in the language of the poster and, smaller, in the other one."""

    main: str
    other: str


class Facility(NamedTuple):
    """A facility that is on record as there."""

    label: Both
    icon: Markup


class Line(NamedTuple):
    """A line of a table on the poster."""

    what: Both
    value: Both


@blueprint.get("/s/<station_id>")
def follow_short(station_id: str) -> WerkzeugResponse:
    """Lead from the short address, which QR codes hold, to the station's page."""
    return redirect(addresses.station_path(station_id))


@blueprint.get("/stations/<station_id>/poster")
def show_poster(station_id: str) -> Response:
    """Show the poster, to print it or to take it as a PDF."""
    lang, station = _language(), _station(station_id)
    if isinstance(station, Response):
        return station
    response = make_response(_page(station, lang, on_screen=True))
    response.headers["Cache-Control"] = "no-cache"
    return response


@blueprint.get("/stations/<station_id>/poster.pdf")
def get_pdf(station_id: str) -> Response:
    """Return the poster as a PDF of one A4 page."""
    lang, station = _language(), _station(station_id)
    if isinstance(station, Response):
        return station
    page = _page(station, lang, on_screen=False)
    base = addresses.public_url_of(request.script_root + "/")
    try:
        pdf = _pdf(page, base, url_for("static", filename=""))
    except PdfUnavailableError as error:
        detail = error.chinese or "" if lang == "zh" else str(error)
        return _message(503, lang, detail=detail, station=station)
    response = Response(pdf, mimetype="application/pdf")
    response.headers["Cache-Control"] = "no-cache"
    name = quote(f"{station.name[:60]}-{station.id}.pdf", safe="")
    response.headers["Content-Disposition"] = f"inline; filename*=UTF-8''{name}"
    return response


@functools.lru_cache(maxsize=64)
def _pdf(page: str, base_url: str, static: str) -> bytes:
    return pdf_of(page, base_url=base_url, static=static)


def _language() -> Language:
    """Language that stands large: asked for, or that of the place, not of who looks at it."""
    return texts.language(request.args.get("lang"), None, current.workspace().config.language)


def _station(station_id: str) -> Station | Response:
    """Return the station, or the page that says why there is no poster of it."""
    lang = _language()
    try:
        station = current.workspace().registry.get(station_id).public()
    except UnknownStationError:
        return _message(404, lang, detail=station_id[:80])
    if station.properties.status == "closed":
        # Nobody is to hang up a sign that leads to a door that stays shut.
        return _message(410, lang, detail=station.name)
    return station


def _message(
    status: int, lang: Language, *, detail: str, station: Station | None = None
) -> Response:
    page = render_template(
        "poster_message.html",
        status=status,
        detail=detail,
        station=station,
        lang=lang,
        html_lang=texts.HTML_CODES[lang],
        brand=_title(lang),
        t=_sayer(lang),
    )
    return make_response(page, status)


def _page(station: Station, lang: Language, *, on_screen: bool) -> str:
    p = station.properties
    sign = _sign(p)
    other: Language = "en" if lang == "zh" else "zh"
    short = addresses.public_url_of(addresses.short_path(station.id))
    there = [code for code in vocabulary.FACILITY_CODES if p.facilities.get(code)]
    name_size = _name_size(station.name)
    hours_lines, ways_in = _hours(sign, lang), _ways_in(p, lang)
    layout = _layout(
        len(hours_lines) + len(ways_in),
        len(there),
        known=sign.known or bool(p.hours_text or ways_in),
    )
    shown = there[: _room(layout, name_size, len(there))]
    return render_template(
        "poster.html",
        lang=lang,
        other=other,
        codes=texts.HTML_CODES,
        on_screen=on_screen,
        station=station,
        p=p,
        name_size=name_size,
        kind=None if p.kind == "rest_station" else _label("kind", p.kind, lang),
        status=None if p.status == "open" else vocabulary.label("status", p.status, lang),
        qr=_qr(short),
        address=short.partition("://")[2],
        layout=layout,
        hours=hours_lines,
        hours_text=None if sign.known else p.hours_text,
        known=sign.known,
        varies=sign.varies,
        ways_in=ways_in,
        facilities=[
            Facility(_label("facilities", code, lang), _icons().get(code, Markup()))
            for code in shown
        ],
        more=len(there) - len(shown),
        serves=_joined([_label("serves", code, lang) for code in p.serves], lang),
        issuer=Both(_title(lang), _title(other)),
        demonstration=current.workspace().config.demonstration,
        t=_sayer(lang),
        u=_sayer(other),
        back=addresses.station_path(station.id),
        nonce=security.nonce(),
    )


def _layout(lines: int, facilities: int, *, known: bool) -> str:
    """Return how full the sheet is: what little there is stands large, and much of it fits."""
    if not known and not facilities:
        return "alone"
    if lines > 5:
        return "dense"
    return "full" if lines > 2 or facilities > 4 else "roomy"


def _room(layout: str, name_size: str, facilities: int) -> int:
    """Return how many facilities are shown; where there are more, one place says how many."""
    most = _MOST_FACILITIES
    if layout == "dense":
        most = _FEWEST_FACILITIES if name_size == "tiny" else _FEWER_FACILITIES
    return facilities if facilities <= most else most - 1


def _sayer(lang: Language) -> Any:  # noqa: ANN401  a function of a key and any values
    return lambda key, **values: texts.text(lang, key, **values)


def _title(lang: Language) -> str:
    config = current.workspace().config
    return config.title_en if lang == "en" else config.title


def _label(name: str, code: str, lang: Language) -> Both:
    words = vocabulary.label(name, code, "zh"), vocabulary.label(name, code, "en")
    return Both(*(words if lang == "zh" else words[::-1]))


def _joined(found: list[Both], lang: Language) -> Both | None:
    if not found:
        return None
    main, other = ("、", ", ") if lang == "zh" else (", ", "、")
    return Both(main.join(both.main for both in found), other.join(both.other for both in found))


def _today() -> dt.date:
    return dt.datetime.now(BEIJING).date()


def _sign(p: Properties) -> Sign:
    """Return the sign of the opening hours or, without any, of the bands of access together."""
    bands = [band.hours for band in p.access]
    every = tuple(band for band in bands if band)
    return sign_of(p.opening_hours or (every if len(every) == len(bands) else None), _today())


def _hours(sign: Sign, lang: Language) -> list[Line]:
    pairs = zip(hours.lines("zh", sign), hours.lines("en", sign), strict=True)
    lines = [Line(_both(zh[0], en[0], lang), _both(zh[1], en[1], lang)) for zh, en in pairs]
    return lines[:_MOST_ROWS]


def _ways_in(p: Properties, lang: Language) -> list[Line]:
    lines = []
    for band in p.access[:_MOST_WAYS_IN]:
        rows = sign_of(band.hours, _today()).rows if band.hours else ()
        when = {
            code: "; ".join(
                f"{hours.days(code, row.days)} {hours.times(code, row)}"
                if len(row.days) < 7
                else hours.times(code, row)
                for row in rows
                if row.spans != ()
            )
            for code in texts.LANGUAGES
        }
        lines.append(Line(_label("access", band.mode, lang), _both(when["zh"], when["en"], lang)))
    return lines


@functools.cache
def _icons() -> dict[str, Markup]:
    """Return what the icons of the pages are drawn with, by the code of the facility."""
    symbols = re.findall(
        r'<symbol id="(\w+)" viewBox="0 0 20 20">(.*?)</symbol>', _ICONS.read_text("utf-8")
    )
    return {code: Markup(drawn) for code, drawn in symbols}  # noqa: S704  our own file


def _both(zh: str, en: str, lang: Language) -> Both:
    return Both(zh, en) if lang == "zh" else Both(en, zh)


def _name_size(name: str) -> str:
    columns = sum(1 if char.isascii() else 2 for char in name)
    return next((size for most, size in _NAME_SIZES if columns <= most), "tiny")


def _qr(address: str) -> Markup:
    """Return a QR code as SVG: level M at least, more where it makes the code no finer."""
    code = segno.make_qr(address, error="m")
    svg = code.svg_inline(border=_QUIET, omitsize=True, svgclass="qr", lineclass=None, dark="#000")
    return Markup(svg)  # noqa: S704  modules of segno, and no text
