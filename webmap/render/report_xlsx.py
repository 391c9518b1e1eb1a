"""A coverage report as a workbook that a planner or a clerk works on in Excel or WPS.

Everything is in it that the report holds: a sheet a subject, real numbers and dates, charts that
Excel draws. The same report makes the same bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from webmap.render.sheets import areas, basis, heat, hours, places, records, summary
from webmap.render.sheets.book import Book
from webmap.render.sheets.cells import TEAL
from webmap.render.sheets.wording import Wording

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stations.report import CoverageReport
    from webmap.render.sheets.book import Sheet
    from webmap.texts import Language

_FONTS: Final[Mapping[Language, tuple[str, float]]] = {
    "zh": ("Microsoft YaHei", 10),
    "en": ("Calibri", 11),
}


class _Page(NamedTuple):
    """A sheet: the keys of its name and of what it holds, and who writes it."""

    name: str
    about: str
    write: Callable[[Sheet, Wording, CoverageReport], None]


_PAGES: Final = (
    _Page("sheet.name.change", "sheet.about.change", summary.change),
    _Page("sheet.name.districts", "sheet.about.districts", areas.districts),
    _Page("sheet.name.groups", "sheet.about.groups", areas.groups),
    _Page("sheet.name.townships", "sheet.about.townships", areas.townships),
    _Page("sheet.name.week", "sheet.about.week", hours.week),
    _Page("sheet.name.hours", "sheet.about.hours", hours.hours),
    _Page("sheet.name.bands", "sheet.about.bands", hours.bands),
    _Page("sheet.name.deserts", "sheet.about.deserts", hours.deserts),
    _Page("sheet.name.needs", "sheet.about.needs", hours.needs),
    _Page("sheet.name.distances", "sheet.about.distances", places.distances),
    _Page("sheet.name.gaps", "sheet.about.gaps", places.gaps),
    _Page("sheet.name.sites", "sheet.about.sites", places.sites),
    _Page("sheet.name.capacity", "sheet.about.capacity", heat.capacity),
    _Page("sheet.name.heat", "sheet.about.heat", heat.heat),
    _Page("sheet.name.norms", "sheet.about.norms", records.norms),
    _Page("sheet.name.items", "sheet.about.items", records.items),
    _Page("sheet.name.stations", "sheet.about.stations", records.stations),
    _Page("sheet.name.records", "sheet.about.records", records.records),
    _Page("sheet.name.findings", "sheet.about.findings", records.findings),
    _Page("sheet.name.sensitivity", "sheet.about.sensitivity", basis.sensitivity),
    _Page("sheet.name.basis", "sheet.about.basis", basis.basis),
)


def report_xlsx(report: CoverageReport, lang: Language) -> bytes:
    """Return a coverage report as a workbook.

    A sheet whose subject the report does not have is left out: districts where there is one only,
    what changed where nothing was compared, the heat where none was asked for.

    Parameters
    ----------
    report
        The figures; cells keep their full value, and formats round it.
    lang
        Language of everything that is not a name.
    """
    words = Wording(report, lang)
    say, area, time = words.say, words.named(report.area), summary.period(words, report)
    font, size = _FONTS[lang]
    revision = say("sheet.footer", area=area, time=time, revision=report.basis.revision)
    book = Book(font=font, font_size=size, footer=revision, total=say("sheet.value.total"))
    pages = [page for page in _PAGES if _wanted(page, report)]
    first = book.add(say("sheet.name.summary"))
    first.made.set_tab_color(TEAL)
    first.say(say("sheet.title", area=area), "title")
    summary.summary(first, words, report)
    summary.contents(first, words, [(say(page.name), say(page.about)) for page in pages])
    for page in pages:
        sheet = book.add(say(page.name))
        sheet.say(say("sheet.heading", area=area, name=say(page.name)), "title")
        sheet.say(say(page.about), "note")
        page.write(sheet, words, report)
    return book.to_bytes(
        created=report.day,
        title=say("sheet.title", area=area),
        subject=time,
        author=f"yizhan 驿站 {report.basis.version}",
        keywords=say("sheet.keywords"),
        comments=revision,
    )


def _wanted(page: _Page, report: CoverageReport) -> bool:
    there: Mapping[str, object] = {
        "sheet.name.change": report.change,
        "sheet.name.districts": report.districts,
        "sheet.name.townships": report.townships,
        "sheet.name.heat": report.heat,
        "sheet.name.items": report.norms,
        "sheet.name.stations": report.norms,
    }
    return bool(there.get(page.name, True))
