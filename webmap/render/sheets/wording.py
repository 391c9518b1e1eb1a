"""What the workbook of a report says: its texts, with whom, when and how near filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stations import vocabulary
from webmap import texts
from webmap.render.sheets.cells import Cell
from webmap.texts import WEEKDAYS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stations.report import CoverageReport
    from stations.report.figures import Named, Range
    from webmap.texts import Language

_WITHIN: Final[Mapping[str, str]] = {
    "straight_line": "sheet.within.line",
    "walk": "sheet.within.walk",
    "ebike": "sheet.within.ebike",
}
_HOLIDAY: Final = 7


class Wording:
    """How a report is told in a language.

    Every text may name ``{who}`` the figures are of, ``{when}`` they are counted, what those are
    called who count in an hour (``{present}``) and the coverage of all hours (``{coverage}``), and
    ``{within}`` what a station is in reach.
    """

    def __init__(self, report: CoverageReport, lang: Language) -> None:
        self.lang: Language = lang
        self.report = report
        reference = report.reference
        self._always = {
            "who": self.text("sheet.who.residents" if reference.residents else "sheet.who.workers"),
            "when": self.text(
                "sheet.when.at_work" if reference.hours_known else "sheet.when.always"
            ),
            "coverage": self.text(
                "sheet.coverage.at_work" if reference.hours_known else "sheet.coverage.always"
            ),
            "present": self.text(
                "sheet.present.at_work" if reference.hours_known else "sheet.present.always"
            ),
            "within": self._within(),
        }

    def text(self, key: str, **values: object) -> str:
        """Return the text of a key as it stands."""
        return texts.text(self.lang, key, **values)

    def _within(self) -> str:
        reference = self.report.reference
        key = _WITHIN[reference.method]
        if reference.minutes is not None:
            return self.text(key, n=f"{reference.minutes:g}")
        return self.text(key, n=self.metres(reference.radius_m))

    def say(self, key: str, **values: object) -> str:
        """Return the text of a key; an English one begins with a capital."""
        found = self.text(key, **(self._always | values))
        return found[:1].upper() + found[1:] if self.lang == "en" else found

    def coded(self, keys: Mapping[str, str], code: str) -> str:
        """Return the text for a code; the code itself where it is a new one."""
        return self.say(keys[code]) if code in keys else code

    def named(self, name: Named | None) -> str:
        """Return a name; what lies outside all districts has none."""
        if name is None:
            return self.say("sheet.value.outside")
        return name.en if self.lang == "en" else name.zh

    def label(self, field: str, code: str) -> str:
        """Return the label of a coded value."""
        return vocabulary.label(field, code, self.lang)

    def known(self, text: str | None) -> str:
        """Return a word from a record, or that it is not known."""
        return text or self.say("sheet.value.unknown")

    def yes(self, value: bool) -> str:  # noqa: FBT001  it is what is asked
        """Return yes or no."""
        return self.say("sheet.value.yes" if value else "sheet.value.no")

    def metres(self, metres: float) -> str:
        """Return a distance."""
        if metres < 1000:
            return self.text("sheet.value.metres", n=f"{metres:.0f}")
        return self.text("sheet.value.kilometres", n=f"{metres / 1000:.2f}".rstrip("0").rstrip("."))

    def join(self, words: list[str], *, wide: bool = False) -> str:
        """Return words as a list; with a `wide` pause where they may hold a comma of their own."""
        return self.text("sheet.value.semicolon" if wide else "sheet.value.comma").join(words)

    def day(self, number: int) -> str:
        """Return a day: 0 Monday to 6 Sunday, 7 a public holiday."""
        if number == _HOLIDAY:
            return self.say("sheet.value.holiday")
        return WEEKDAYS[self.lang][number]

    def hour(self, number: int) -> str:
        """Return one of the 192 hours."""
        day, hour = divmod(number, 24)
        return f"{self.day(day)} {hour:02d}:00"

    @staticmethod
    def percent(share: float) -> str:
        """Return a share for a sentence; neither nobody nor everybody unless it is so."""
        if share in {0.0, 1.0}:
            return f"{100 * share:.0f}%"
        return f"{min(max(100 * share, 0.1), 99.9):.1f}%"

    def span(self, found: Range) -> str:
        """Return a range for a sentence, one number where both ends are equal."""
        low, high = self.percent(found.low), self.percent(found.high)
        return low if low == high else f"{low}–{high}"

    def reached(self, value: float) -> Cell:
        """Return metres, or seconds as minutes, whichever the report counts in."""
        if self.report.distances.unit == "s":
            return Cell(value / 60, "minutes")
        return Cell(value, "count")

    @property
    def unit(self) -> str:
        """The unit of `reached`."""
        in_minutes = self.report.distances.unit == "s"
        return self.text("sheet.unit.minutes" if in_minutes else "sheet.unit.metres")


def of_people(people: float, share: float) -> float | None:
    """Return a share of people; None where there are none of whom it could be one."""
    return share if people else None


def span_of(people: float, found: Range) -> tuple[float | None, float | None]:
    """Return both ends of a range, for two columns; None where there is nobody."""
    return of_people(people, found.low), of_people(people, found.high)
