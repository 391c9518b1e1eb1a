"""What stands in the cells of a workbook: kinds of values, how each is written, how wide it is."""

from __future__ import annotations

import datetime as dt
import functools
import re
import unicodedata
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Kind = Literal[
    "text", "code", "number", "count", "more", "share", "points", "money", "minutes", "area",
    "degrees", "hour", "date", "moment",
]  # fmt: skip
Role = Literal[
    "body", "left", "total", "header", "label", "value", "link", "title", "section", "note",
    "plain", "warning",
]  # fmt: skip
Value: TypeAlias = str | float | dt.date | dt.datetime | None

TEAL: Final = "#0b5d5a"
INK: Final = "#14211f"
_PALE_TEAL: Final = "#e8f1f0"
_GREY: Final = "#4b5563"
_LINE: Final = "#d5dedc"
NUMBERS: Final[Mapping[Kind, str]] = {
    "text": "General",
    # Stays text when somebody types over it.
    "code": "@",
    "number": "General",
    "count": "#,##0",
    "more": "+#,##0;-#,##0;0",
    # What is above nobody never reads as nobody.
    "share": '[=0]0.0%;[<0.0005]"<0.1%";0.0%',
    "points": "+0.0;-0.0;0.0",
    "money": "#,##0.00",
    "minutes": "0.0",
    "area": "#,##0.00",
    "degrees": "0.000000",
    "hour": '00":00"',
    "date": "yyyy-mm-dd",
    "moment": "yyyy-mm-dd hh:mm",
}
"""The number format of each kind: a cell keeps its real value, and this rounds it."""
_LINED: Final = {"valign": "vcenter", "bottom": 1, "bottom_color": _LINE}
ROLES: Final[Mapping[Role, dict[str, object]]] = {
    "body": _LINED,
    "left": _LINED | {"align": "left", "indent": 1},
    "total": {
        "bold": True, "bg_color": _PALE_TEAL, "top": 1, "top_color": TEAL, "bottom": 1,
        "bottom_color": TEAL, "valign": "vcenter",
    },
    "header": {
        "bold": True, "font_color": "#ffffff", "bg_color": TEAL, "text_wrap": True, "border": 1,
        "border_color": "#ffffff", "valign": "vcenter", "align": "center",
    },
    "label": {"bold": True, "valign": "top"},
    "value": {"align": "left", "valign": "top"},
    "link": {"font_color": TEAL, "underline": 1, "valign": "top"},
    "title": {"bold": True, "font_size": 16, "font_color": TEAL},
    "section": {"bold": True, "font_size": 12, "font_color": TEAL},
    "note": {"font_color": _GREY, "text_wrap": True, "valign": "top"},
    "plain": {"text_wrap": True, "valign": "top"},
    "warning": {
        "bold": True, "font_color": "#7a3b00", "bg_color": "#fdecd9", "border": 1,
        "border_color": "#e0a96d", "text_wrap": True, "valign": "vcenter",
    },
}  # fmt: skip
"""How a cell looks by the part it plays."""
WIDEST: Final = 54
_WIDTHS: Final[Mapping[Kind, int]] = {
    "share": 6, "points": 6, "minutes": 7, "degrees": 10, "hour": 5, "date": 10, "moment": 16,
}  # fmt: skip
"""How wide the values of a kind are, where that does not depend on the value."""
# A line may end after any Chinese character, and between words of others.
_BREAKS: Final = re.compile(r"[\u2e80-\uffef]|[^\s\u2e80-\uffef]+|\s+")


class Cell(NamedTuple):
    """A value of another kind than its column's."""

    value: Value
    kind: Kind


class Formula(NamedTuple):
    """A formula and what it comes to; ``{row}`` stands for the number of its row.

    The kind is that of its column, unless it is given. There is no formula where it comes to
    nothing.
    """

    text: str
    value: float | None
    kind: Kind | None = None


class Column(NamedTuple):
    """A column of a table.

    Attributes
    ----------
    total
        What stands below it: the sum, or the mean weighted by the column that a table weighs with.
    width
        At most so wide; longer text is broken.
    left
        Whether values of any kind stand to the left.
    """

    title: str
    kind: Kind = "text"
    total: Literal["sum", "mean"] | None = None
    width: int = WIDEST
    left: bool = False


Row: TypeAlias = "Sequence[Value | Cell | Formula]"


class Placed(NamedTuple):
    """Where a table came to stand, counted from 0: the header, and the rows from first to last."""

    sheet: str
    header: int
    first: int
    last: int

    def column(self, number: int) -> list[Any]:
        """Return the cells of a column, as a chart wants them."""
        return [self.sheet, self.first, number, self.last, number]

    def name(self, number: int) -> list[Any]:
        """Return the header of a column, as the name of a series."""
        return [self.sheet, self.header, number]


# The same names and words stand in many rows.
@functools.lru_cache(maxsize=8192)
def width_of(text: str) -> int:
    """Return how many digits wide a text is: a Chinese character is as wide as two."""
    return sum(1 + (unicodedata.east_asian_width(c) in "WFA") for c in text)


def shown_width(value: Value, kind: Kind) -> int:
    """Return how many digits wide a value is as it is shown."""
    if value is None:
        return 0
    if isinstance(value, str):
        # A little space stands before text in a table.
        return max((width_of(line) for line in value.splitlines()), default=0) + 1
    if kind in _WIDTHS or not isinstance(value, int | float):
        return _WIDTHS.get(kind, 10)
    return len(f"{value:,.2f}" if kind in {"money", "area"} else f"{value:,.0f}")


@functools.lru_cache(maxsize=8192)
def lines_of(text: str, room: float) -> int:
    """Return how many lines a text takes where so many digits fit into one."""
    lines = 0
    for part in text.splitlines() or [""]:
        lines, used = lines + 1, 0.0
        for piece in _BREAKS.findall(part):
            # Letters are narrower than digits.
            width = width_of(piece) * (0.9 if piece.isascii() else 1)
            if used and used + width > room:
                lines, used = lines + 1, 0.0
                if piece.isspace():
                    continue
            used += width
            while used > room:
                lines, used = lines + 1, used - room
    return lines


def number_of(value: Value | Cell | Formula) -> float:
    """Return what a cell adds to a sum: text and what is empty add nothing."""
    if isinstance(value, Cell | Formula):
        return number_of(value.value)
    return float(value) if isinstance(value, int | float) else 0.0
