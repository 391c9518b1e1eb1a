"""What a worker sends without an account, from the form to the ledger; for the API and the pages.

Nothing that is sent is believed: fields are read one by one, the photo is decoded and made anew,
and how often one address may send is counted before that is done.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Literal, get_args
from urllib.parse import urlsplit

from flask import request
from werkzeug.datastructures import Headers

from geodata import datum as datums
from geodata.errors import GeodataError
from stations.errors import PhotoError, ReportError, StationsError
from stations.ledger import Filed, Limits, new_report, new_suggestion
from stations.ledger.entries import clean
from stations.vocabulary import FACILITY_CODES, PROBLEM_CODES, Facility, Problem
from webmap import current

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from werkzeug.datastructures import FileStorage, MultiDict


Kind = Literal["report", "suggestion"]
KINDS: tuple[Kind, ...] = get_args(Kind)
TRAP = "website"
"""A field that no person sees; a program that fills in every field gives itself away."""
FIELDS: dict[Kind, tuple[str, ...]] = {
    "report": ("station", "problem", "facility", "text", "request", TRAP),
    "suggestion": ("lon", "lat", "datum", "facility", "text", "request", TRAP),
}
_REQUEST = re.compile(r"[0-9A-Za-z_-]{16,64}")
_MOST_FAULTS = 20


class FormError(StationsError):
    """A form that is not taken; `faults` names each field and what is wrong with it."""

    def __init__(self, faults: list[ReportError]) -> None:
        super().__init__(
            "; ".join(map(str, faults)), "；".join(fault.chinese or "" for fault in faults)
        )
        self.faults = tuple(faults)


class CrossSiteError(StationsError):
    """A page of another site made a visitor's browser send this."""


def receive(
    kind: Kind,
    form: Mapping[str, object],
    *,
    photo: FileStorage | None = None,
    address: str | None = None,
) -> Filed:
    """File what a worker has sent to this application; what was sent before is found instead.

    Parameters
    ----------
    form
        The fields, as `fields_of` or JSON gives them; an empty one is one that is left out.
    photo
        The file that came with a report; one without a name and content is none.
    address
        Where it came from, ``request.remote_addr``. It becomes a pseudonym at once.

    Raises
    ------
    CrossSiteError
        If a page of another site sent it.
    FormError
        With every field that does not fit.
    UnknownStationError
        If there is no such station.
    PhotoError
        If the photo is not taken.
    TooManyReportsError
        If no more are taken for now.
    LedgerFileError, StoreBusyError, StoreWriteError
        If it cannot be filed now.
    """
    if _is_foreign(request.headers):
        raise CrossSiteError(
            "this was sent by a page of another site: open the form here and send it again",
            "该请求来自其他网站的页面：请在本站打开表单后重新发送",
        )
    workspace, settings = current.workspace(), current.settings()
    read = _read(kind, form)
    given = {"facilities": read.get("facility", ()), "text": read.get("text")}
    if kind == "report":
        station = workspace.registry.get(read["station"])
        entry = new_report(station, read["problem"], **given)
    else:
        entry = new_suggestion(*read["position"], **given)
    ledger, name = workspace.ledger, read.get("request")
    before = ledger.filed_before(name, entry)
    if before is not None:
        return Filed(before, already=True)
    source = ledger.pseudonym(address)
    limits = Limits(settings.reports_an_hour, settings.reports_a_day, settings.all_reports_an_hour)
    ready = None
    if photo is not None and (photo.filename or photo.stream.read(1)):
        from stations.ledger.photos import sanitise  # noqa: PLC0415  few reports have a photo

        ledger.check_room(source, entry.properties.created_at, limits)
        refusals = current.refusals()
        refusals.check(source)
        photo.stream.seek(0)
        sent = photo.stream.read(settings.max_photo + 1)
        try:
            ready = sanitise(sent, photo.filename, max_bytes=settings.max_photo)
        except PhotoError:
            refusals.note(source)
            raise
    return ledger.file(entry, source=source, request=name, photo=ready, limits=limits)


def _is_foreign(headers: Headers) -> bool:
    """Whether a page of another site made a browser send this; a program says nothing of it."""
    site = headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "cross-site"
    origin = headers.get("Origin")
    own = {request.host, *filter(None, (urlsplit(current.settings().public_url or "").netloc,))}
    return origin is not None and urlsplit(origin).netloc not in own


def most_bytes() -> int:
    """Return how long the body of a report may be: its photo, and its fields beside it."""
    return current.settings().max_photo + 65_536


def fields_of(form: MultiDict[str, str]) -> dict[str, object]:
    """Return the fields of a form that a browser sent; boxes that are ticked become a list.

    Raises
    ------
    FormError
        If another field is given twice.
    """
    fields: dict[str, object] = {}
    faults = []
    for name, values in form.lists():
        if len(values) > 1 and name != "facility":
            faults.append(ReportError(name[:80], "given more than once", "重复给出"))
        fields[name] = values if len(values) > 1 else values[0]
    if faults:
        raise FormError(faults[:_MOST_FAULTS])
    return fields


def _read(kind: Kind, form: Mapping[str, object]) -> dict[str, Any]:
    """Read every field; all faults are told at once."""
    faults = [
        ReportError(str(name)[:80], "there is no such field here", "没有这个字段")
        for name in form
        if name not in FIELDS[kind]
    ]
    given = {n: v for n, v in form.items() if n in FIELDS[kind] and v is not None and v != ""}
    read: dict[str, Any] = {}
    for name, value in given.items():
        try:
            read[name] = _READERS[name](name, value)
        except ReportError as error:
            faults.append(error)
    faults += _missing(kind, given)
    if kind == "suggestion" and {"lon", "lat"} <= read.keys() and not faults:
        try:
            read["position"] = datums.position_on_earth(
                read["lon"], read["lat"], read.get("datum", "wgs84")
            )
        except GeodataError as error:
            faults.append(ReportError("lon", str(error), "这不是地球上的位置"))
    if faults:
        raise FormError(faults[:_MOST_FAULTS])
    return read


def _missing(kind: Kind, given: Mapping[str, object]) -> Iterator[ReportError]:
    for name in ("station", "problem") if kind == "report" else ("lon", "lat"):
        if name not in given:
            yield ReportError(name, "is missing", "未填写")


def _word(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise ReportError(name, "text is needed", "应为文字")
    return value


def _text(name: str, value: object) -> str | None:
    return clean(_word(name, value), name)


def _problem(name: str, value: object) -> Problem:
    for code in PROBLEM_CODES:
        if code == value:
            return code
    raise ReportError(
        name,
        f"{str(value)[:40]!r} is none of {', '.join(PROBLEM_CODES)}",
        f"{str(value)[:40]!r} 不是 {'、'.join(PROBLEM_CODES)} 之一",
    )


def _facilities(name: str, value: object) -> tuple[Facility, ...]:
    words = value.split(",") if isinstance(value, str) else value
    if not isinstance(words, list) or len(words) > len(FACILITY_CODES):
        raise ReportError(name, "a list of codes is needed", "应为代码的列表")
    codes: dict[str, Facility] = {code: code for code in FACILITY_CODES}
    found = []
    for word in words:
        code = codes.get(word.strip()) if isinstance(word, str) else None
        if code is not None:
            found.append(code)
        elif word != "":
            shown = str(word)[:40]
            raise ReportError(
                name,
                f"{shown!r} is no facility: see /api/v1/schema",
                f"{shown!r} 不是设施代码：见 /api/v1/schema",
            )
    return tuple(found)


def _degrees(name: str, value: object) -> float:
    try:
        number = math.nan if isinstance(value, bool) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise ReportError(name, f"{str(value)[:40]!r} is no number", f"{str(value)[:40]!r} 不是数")
    return number


def _datum(name: str, value: object) -> str:
    # PROJ takes whole definitions of a system; a caller only ever has to name one.
    if not re.fullmatch(r"[\w:.\-() ]{1,40}", _word(name, value)):
        raise ReportError(name, "wgs84, gcj02 or bd09 is needed", "应为 wgs84、gcj02 或 bd09")
    try:
        return datums.normalise(_word(name, value))
    except GeodataError as error:
        raise ReportError(name, str(error), "应为 wgs84、gcj02、bd09 或 EPSG 代码") from error


def _request(name: str, value: object) -> str:
    if not _REQUEST.fullmatch(_word(name, value)):
        raise ReportError(
            name,
            "16 to 64 letters, digits, - and _ are needed, made anew for each sending",
            "应为 16 到 64 个字母、数字、- 或 _，每次发送重新生成",
        )
    return _word(name, value)


def _trap(name: str, value: object) -> None:
    del value
    raise ReportError(
        name,
        "leave this field empty: it is there for programs that fill in every field",
        "请留空：此栏用来识别自动填表程序",
    )


_READERS: dict[str, Callable[[str, object], Any]] = {
    "station": _word,
    "problem": _problem,
    "facility": _facilities,
    "text": _text,
    "request": _request,
    TRAP: _trap,
    "lon": _degrees,
    "lat": _degrees,
    "datum": _datum,
}
