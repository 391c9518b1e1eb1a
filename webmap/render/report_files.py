"""A coverage report as the files that people keep: HTML, PDF, a workbook, and its figures."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING, Final

import orjson

from stations.files import write_durably
from stations.report import ReportAsk, make_report
from stations.workspace import Workspace
from webmap.render.pdf import PdfUnavailableError, pdf_of
from webmap.render.report_html import report_html
from webmap.render.report_xlsx import report_xlsx

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from stations.report import CoverageReport
    from webmap.texts import Language

FORMATS: Final = ("html", "pdf", "xlsx", "json")
MIMETYPES: Final = {
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}


def render(report: CoverageReport, form: str, lang: Language) -> bytes:
    """Return a report in one of `FORMATS`; the same report gives the same bytes.

    Raises
    ------
    PdfUnavailableError
        If there can be no PDF here; every other form can.
    """
    if form == "json":
        return orjson.dumps(report.to_dict(), option=orjson.OPT_INDENT_2) + b"\n"
    if form == "xlsx":
        return report_xlsx(report, lang)
    html = report_html(report, lang)
    return pdf_of(html) if form == "pdf" else html.encode()


def file_name(report: CoverageReport, form: str, lang: Language) -> str:
    """Return what the file of a report is called: area, time and language."""
    area = "" if report.adcode is None else f"-{report.adcode}"
    when = report.quarter or report.day.isoformat()
    # Figures are the same in every language.
    language = "" if form == "json" else f".{lang}"
    return f"coverage{area}-{when}{language}.{form}"


@dataclasses.dataclass(frozen=True)
class Written:
    """Files of one report, and why there is no PDF among them, in English and Chinese."""

    paths: tuple[Path, ...]
    without_pdf: tuple[str, str] | None = None


@functools.lru_cache(maxsize=1)
def _opened(folder: Path) -> Workspace:
    """Open a workspace once in a process: what is measured for one report serves the next."""
    return Workspace(folder)


def write_report(
    folder: Path, ask: ReportAsk, *, forms: Sequence[str], langs: Sequence[Language], out: Path
) -> Written:
    """Make the report of a workspace and write its files into `out`.

    Takes what can be handed to another process, for several reports are made side by side.

    Raises
    ------
    StationsError, GeodataError
        As `make_report`.
    OSError
        If a file cannot be written.
    """
    report = make_report(_opened(folder), ask)
    out.mkdir(parents=True, exist_ok=True)
    paths = []
    without_pdf = None
    for form in forms:
        for lang in langs[:1] if form == "json" else langs:
            try:
                data = render(report, form, lang)
            except PdfUnavailableError as error:
                without_pdf = str(error), error.chinese or str(error)
                continue
            path = out / file_name(report, form, lang)
            write_durably(path, data)
            paths.append(path)
    return Written(tuple(paths), without_pdf)
