"""A coverage report read as a browser reads it, and its figures as they have to be written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tinyhtml5.parser import HTMLParser

from webmap import texts
from webmap.render.report_html import report_html

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from stations.report import CoverageReport
    from stations.report.figures import Named, Range
    from webmap.texts import Language

LANGUAGES = ("zh", "en")


class Document:
    """A report that has been read as a browser reads it."""

    def __init__(self, html: str) -> None:
        parser = HTMLParser(namespace_html_elements=False)
        self.root: Element = parser.parse(html)
        self.errors = parser.errors
        self.elements = [one for one in self.root.iter() if isinstance(one.tag, str)]

    def section(self, name: str) -> Element:
        """The section of a heading."""
        (found,) = [e for e in self.elements if e.get("aria-labelledby") == f"report-{name}"]
        return found

    def has(self, name: str) -> bool:
        """Whether there is such a section."""
        return any(e.get("aria-labelledby") == f"report-{name}" for e in self.elements)

    def table(self, name: str, number: int = 0) -> list[list[str]]:
        """Rows of a table of a section, without its heading, its bars and its sum."""
        table = tables(self.section(name))[number]
        return [
            [said(cell) for cell in row if "line" not in (cell.get("class") or "").split()]
            for body in table
            if name_of(body) == "tbody"
            for row in body
        ]

    def paragraphs(self, name: str) -> list[str]:
        """Sentences of a section."""
        return [said(e) for e in self.section(name).iter() if name_of(e) == "p"]


def name_of(element: Element) -> str:
    """Name of an element, whatever it belongs to."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else "comment"


def said(element: Element) -> str:
    """Text of an element, in one line."""
    return " ".join("".join(element.itertext()).split())


def tables(element: Element) -> list[Element]:
    """Tables of an element."""
    return [one for one in element.iter() if name_of(one) == "table"]


def of_class(element: Element, name: str) -> list[Element]:
    """Elements of a class."""
    return [one for one in element.iter() if name in (one.get("class") or "").split()]


def drawn(element: Element, name: str) -> list[Element]:
    """Parts of a picture by their name."""
    return [one for one in element.iter() if name_of(one) == name]


_READ: dict[tuple[int, str], tuple[CoverageReport, Document]] = {}
"""Documents that have been read, with the reports that they are of, for reading takes a while."""


def read(report: CoverageReport, lang: str) -> Document:
    """A report as a file, read."""
    key = id(report), lang
    if key not in _READ:
        _READ[key] = report, Document(report_html(report, lang_of(lang)))
    return _READ[key][1]


def lang_of(lang: str) -> Language:
    """One of the languages."""
    return "en" if lang == "en" else "zh"


def percent(share: float, of: float = 1.0) -> str:
    """A share as it has to be written."""
    if not of:
        return "–"
    if share in {0.0, 1.0}:
        return f"{share:.0%}"
    return f"{min(max(100 * share, 0.1), 99.9):.1f}%"


def span(found: Range, of: float = 1.0) -> str:
    """A range as it has to be written."""
    low, high = percent(found.low, of), percent(found.high, of)
    return low if low == high else f"{low.removesuffix('%')}–{high}"


def count(number: float) -> str:
    """A number of people as it has to be written."""
    return f"{number:,.0f}"


def name_in(lang: str, named: Named | None) -> str:
    """A name in a language."""
    if named is None:
        return texts.text(lang_of(lang), "report.outside")
    return named.en if lang == "en" else named.zh
