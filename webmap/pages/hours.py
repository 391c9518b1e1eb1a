"""Opening hours in words, as a passer-by reads them at a door."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stations.hours.week import WHOLE_DAY
from webmap import texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stations.hours.sign import Row, Sign
    from stations.hours.week import Span
    from webmap.texts import Language

_JOINTS = {"zh": ("至", "、"), "en": ("–", ", ")}
BETWEEN = "\u2002"
"""Between two spans of a day, in either language; a line may end there."""


def lines(lang: Language, sign: Sign) -> list[tuple[str, str]]:
    """Return what a sign says, line by line: which days, and which hours."""
    found = [(days(lang, row.days), times(lang, row)) for row in sign.rows]
    if sign.holidays is not None:
        found.append((texts.text(lang, "hours.holidays"), times(lang, sign.holidays)))
    return found


def days(lang: Language, numbers: Sequence[int]) -> str:
    """Return days of the week in words; Monday is 0."""
    if len(numbers) == 7:
        return texts.text(lang, "hours.every_day")
    to, other = _JOINTS[lang]
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    names = texts.WEEKDAYS[lang]
    words = [
        [f"{names[run[0]]}{to}{names[run[-1]]}"] if len(run) > 2 else [names[n] for n in run]
        for run in runs
    ]
    return other.join(word for run in words for word in run)


def times(lang: Language, row: Row) -> str:
    """Return the hours of some days in words."""
    if row.spans is None:
        return texts.text(lang, "hours.unknown")
    if not row.spans:
        return texts.text(lang, "hours.closed")
    if row.spans == (WHOLE_DAY,):
        return texts.text(lang, "hours.whole_day")
    words = BETWEEN.join(_span(lang, span) for span in row.spans)
    return texts.text(lang, "hours.partly", times=words) if row.partly else words


def _span(lang: Language, span: Span) -> str:
    start, end = span
    if end <= start:
        return texts.text(lang, "hours.over_night", start=start, end=end)
    return f"{start}–{end}"
