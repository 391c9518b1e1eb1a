"""Sheets of a workbook as a clerk expects them: typed cells, frozen headers, filters, print set-up.

Knows how tables are laid out and nothing of what is in them. Text that comes from data is written
as text whatever it begins with, and the same cells make the same bytes.
"""

from __future__ import annotations

import datetime as dt
import functools
import io
import math
from typing import TYPE_CHECKING, Any, Final

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from stations.hours import BEIJING
from webmap.render.sheets.cells import (
    INK,
    NUMBERS,
    ROLES,
    Cell,
    Formula,
    Placed,
    lines_of,
    number_of,
    shown_width,
    width_of,
)
from webmap.texts import readable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from webmap.render.sheets.cells import Column, Kind, Role, Row, Value

# The full-width signs begin a formula in a Chinese or Japanese Excel.
_FORMULA_STARTS: Final = tuple("=+-@\t\r\n＝＋－＠")
_MOST_ROWS: Final = 1_000_000
"""Excel has 48,576 more, for what stands above and below a table."""
_NARROWEST, _WIDEST_HEADER, _WIDEST_LABEL = 6, 13, 40
_BETWEEN: Final = 1.5
"""What a column is wider than its widest value."""
_LINE_HEIGHT: Final = 1.6
"""Of the size of the font: what a Chinese line needs."""
_HIGHEST: Final = 409
"""Points that a row of Excel can have."""
_READABLE: Final = 100
"""A sentence has at least so many characters to a line, however narrow the table below it."""


class Book:
    """A workbook in the making.

    Parameters
    ----------
    font, font_size
        Of every cell and chart.
    footer
        Stands on the left of each printed page.
    total
        What a row of totals is called.
    """

    def __init__(self, *, font: str, font_size: float, footer: str, total: str) -> None:
        self._bytes = io.BytesIO()
        options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self.book: Any = xlsxwriter.Workbook(self._bytes, options)
        self.font, self.font_size, self.total = font, font_size, total
        # A sign that steers a footer is written twice; 255 characters are all that Excel takes.
        self._footer = str(readable(footer))[:110].replace("&", "&&")
        self._sheets: list[Sheet] = []
        self.format = functools.cache(self._format)

    def add(self, name: str) -> Sheet:
        """Add a sheet, set up for print."""
        made = self.book.add_worksheet(name)
        made.set_landscape()
        made.set_paper(9)
        made.fit_to_pages(1, 0)
        made.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
        # The space parts the size of the font from a name that begins with a digit.
        made.set_footer(f"&L&9 {self._footer}&R&9&A   &P / &N")
        made.hide_gridlines(2)
        made.set_default_row(_LINE_HEIGHT * self.font_size)
        self._sheets.append(Sheet(self, name, made))
        return self._sheets[-1]

    def _format(self, role: Role, kind: Kind = "text", *, quoted: bool = False) -> Any:  # noqa: ANN401
        font = {"font_name": self.font, "font_size": self.font_size, "font_color": INK}
        found = font | {"num_format": NUMBERS[kind]} | ROLES[role]
        if role in {"body", "left"} and kind in {"text", "code"}:
            found |= {"text_wrap": True, "indent": 1}
        # So that it stays text when somebody edits the cell and presses Enter.
        return self.book.add_format(found | ({"quote_prefix": True} if quoted else {}))

    def to_bytes(self, *, created: dt.date, **properties: str) -> bytes:
        """Finish the workbook and return it; no clock is asked for when it was made."""
        self.book.set_properties(
            {key: str(readable(value))[:250] for key, value in properties.items()}
            | {"created": dt.datetime.combine(created, dt.time())}
        )
        for sheet in self._sheets:
            sheet.finish()
        self.book.close()
        return self._bytes.getvalue()


class Sheet:
    """A sheet that is written from its top to its bottom; `row` is the next free one."""

    def __init__(self, book: Book, name: str, made: Any) -> None:  # noqa: ANN401  xlsxwriter's own
        self.book, self.name, self.made = book, name, made
        self.row = 0
        self._widths: dict[int, float] = {}
        self._sentences: list[tuple[int, str, Role]] = []
        self._broken: list[tuple[int, int, str]] = []
        """Text that may take several lines: row, column, text."""

    def keep_together(self) -> None:
        """Print all of it on one page."""
        self.made.fit_to_pages(1, 1)

    def say(self, text: str, role: Role = "plain") -> None:
        """Write a line across the sheet; a long one is broken."""
        if role == "section":
            self.row += 1
        # How wide the sheet is will be known when its tables are there.
        self._sentences.append((self.row, text, role))
        self.row += 1

    def facts(self, rows: Iterable[tuple[str, Value | Cell]]) -> None:
        """Write names and their values, below each other."""
        for name, value in rows:
            cell = value if isinstance(value, Cell) else Cell(value, "text")
            self._write(self.row, 0, name, "text", "label")
            self._write(self.row, 1, cell.value, cell.kind, "value")
            self._fit(0, width_of(name), _WIDEST_LABEL)
            # Text runs on over the empty cells beside it; a number would not.
            if not isinstance(cell.value, str):
                self._fit(1, shown_width(cell.value, cell.kind), _WIDEST_LABEL)
            self.row += 1

    def table(
        self,
        columns: Sequence[Column],
        rows: Sequence[Row],
        *,
        main: bool = False,
        filtered: bool = True,
        weigh: int | None = None,
        fixed: int = 1,
    ) -> Placed:
        """Write a table, with totals where its columns have them.

        Parameters
        ----------
        main
            Whether it is what the sheet is for: its header stays in view with so many `fixed`
            columns, is printed on every page, and has a filter unless it is not to be `filtered`.
        weigh
            The column that means are weighted with.
        """
        header, first, rows = self.row, self.row + 1, rows[:_MOST_ROWS]
        last = header + max(len(rows), 1)
        for number, column in enumerate(columns):
            self._header(number, column, arrow=main and filtered)
        for place, row in enumerate(rows, first):
            for number, (column, value) in enumerate(zip(columns, row, strict=True)):
                self._cell(place, number, value, column)
        self.row = last + 1
        if rows and any(column.total for column in columns):
            self._totals(columns, rows, (first, last), weigh)
        if main:
            self.made.freeze_panes(first, fixed)
            self.made.repeat_rows(header)
            if filtered:
                self.made.autofilter(header, 0, last, len(columns) - 1)
        return Placed(self.name, header, first, last)

    def _header(self, number: int, column: Column, *, arrow: bool) -> None:
        self._write(self.row, number, column.title, "text", "header")
        self._broken.append((self.row, number, column.title))
        # A word is never broken, and the arrow of a filter covers none.
        words = max(map(width_of, column.title.split()), default=0)
        longest = words if column.title.isascii() else 0
        wanted = max(min(width_of(column.title), _WIDEST_HEADER), longest)
        self._fit(number, wanted + 0.5 + 2 * arrow, column.width)

    def _cell(self, row: int, number: int, value: Value | Cell | Formula, column: Column) -> None:
        kind = column.kind
        role: Role = "left" if column.left else "body"
        if isinstance(value, Formula):
            kind = value.kind or kind
            self._formula(row, number, value, kind, role)
            value = value.value
        else:
            if isinstance(value, Cell):
                value, kind = value
            self._write(row, number, value, kind, role)
        width = shown_width(value, kind)
        self._fit(number, width, column.width)
        if width > column.width:
            self._broken.append((row, number, str(value)))

    def _totals(
        self,
        columns: Sequence[Column],
        rows: Sequence[Row],
        span: tuple[int, int],
        weigh: int | None,
    ) -> None:
        weights = [0.0] if weigh is None else [number_of(row[weigh]) for row in rows]
        every = math.fsum(weights)
        for number, column in enumerate(columns):
            values, cells = [number_of(row[number]) for row in rows], _range(number, span)
            if column.total == "sum":
                found = Formula(f"=SUM({cells})", math.fsum(values))
                self._formula(self.row, number, found, column.kind, "total")
            elif column.total == "mean" and weigh is not None and every:
                by = _range(weigh, span)
                products = [w * v for w, v in zip(weights, values, strict=True)]
                text = f"=SUMPRODUCT({by},{cells})/SUM({by})"
                found = Formula(text, math.fsum(products) / every)
                self._formula(self.row, number, found, column.kind, "total")
            else:
                word = self.book.total if number == 0 else None
                self._write(self.row, number, word, "text", "total")
        self.row += 1

    def chart(self, chart: Any, *, rows: int, description: str) -> None:  # noqa: ANN401
        """Place a chart of so many rows below what has been written, where it covers nothing."""
        self.row += 1
        chart.set_size({"width": 920, "height": 20 * rows - 8})
        self.place(chart, self.row, 0, description=description)
        self.row += rows

    def place(self, chart: Any, row: int, column: int, *, description: str) -> None:  # noqa: ANN401
        """Place a chart with its upper left corner in a cell; it keeps its size."""
        options = {"object_position": 2, "description": description, "x_offset": 4, "y_offset": 4}
        self.made.insert_chart(row, column, chart, options)

    def link(self, to: str, about: str) -> None:
        """Write the name of another sheet, as a way to it, and what is there."""
        self.made.write_url(self.row, 0, f"internal:'{to}'!A1", self.book.format("link"), to)
        self._write(self.row, 1, about, "text", "value")
        self.row += 1

    def finish(self) -> None:
        """Set widths and heights, and write the sentences across the sheet."""
        for number, width in self._widths.items():
            self.made.set_column(number, number, width + _BETWEEN)
        heights: dict[int, int] = {}
        for row, number, text in self._broken:
            lines = lines_of(text, self._widths[number])
            heights[row] = max(lines, heights.get(row, 1))
        for row, lines in heights.items():
            if lines > 1:
                self._height(row, lines)
        last, room = self._across()
        for row, text, role in self._sentences:
            if role in {"title", "section"}:
                self._write(row, 0, text, "text", role)
                self.made.set_row(row, 26 if role == "title" else 20)
                continue
            self.made.merge_range(row, 0, row, last, "", self.book.format(role))
            self._write(row, 0, text, "text", role)
            # Merged cells are the only ones that no program fits to their text.
            self._height(row, lines_of(text, room), 6 if role == "warning" else 0)

    def _height(self, row: int, lines: int, more: float = 0) -> None:
        height = _LINE_HEIGHT * self.book.font_size * lines + more
        self.made.set_row(row, min(height, _HIGHEST))

    def _across(self) -> tuple[int, float]:
        """The last column that sentences go across, and how many digits fit into a line."""
        last, room = -1, 0.0
        while last < max(self._widths, default=1) or room < _READABLE:
            last += 1
            room += self._widths.get(last, 7) + _BETWEEN
        return last, room

    def _fit(self, number: int, width: float, most: int) -> None:
        self._widths[number] = max(self._widths.get(number, _NARROWEST), min(width, most))

    def _write(self, row: int, number: int, value: Value, kind: Kind, role: Role) -> None:
        made, book = self.made, self.book
        if isinstance(value, str):
            value = str(readable(value))
            kind = "code" if kind == "code" else "text"
            style = book.format(role, kind, quoted=value.startswith(_FORMULA_STARTS))
            made.write_string(row, number, value, style)
        elif value is None or (isinstance(value, float) and not math.isfinite(value)):
            made.write_blank(row, number, None, book.format(role, kind))
        elif isinstance(value, dt.date):
            if isinstance(value, dt.datetime) and value.tzinfo is not None:
                value = value.astimezone(BEIJING).replace(tzinfo=None)
            made.write_datetime(row, number, value, book.format(role, kind))
        else:
            made.write_number(row, number, value, book.format(role, kind))

    def _formula(self, row: int, number: int, found: Formula, kind: Kind, role: Role) -> None:
        if found.value is None:
            self._write(row, number, None, kind, role)
            return
        text = found.text.replace("{row}", str(row + 1))
        self.made.write_formula(row, number, text, self.book.format(role, kind), found.value)


def _range(number: int, span: tuple[int, int]) -> str:
    letter = xl_col_to_name(number)
    return f"{letter}{span[0] + 1}:{letter}{span[1] + 1}"
