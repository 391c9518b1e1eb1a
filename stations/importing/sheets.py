"""Sheets: CSV text and Excel or OpenDocument workbooks, and the header row in them."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any, Final

import python_calamine as calamine

from stations.importing import untrusted
from stations.importing.headers import read_heading
from stations.importing.messages import file_error, listed, rejected, shown, warning
from stations.importing.table import Row, Table, unique_names
from stations.importing.text import clean, text_of
from stations.vocabulary import fold

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from stations.importing.mapping import Mapping
    from stations.importing.table import Cell

    Rows = Sequence[Sequence[Cell]]

_DELIMITERS: Final = (",", ";", "\t")
_HEADER_WITHIN: Final = 40
_PROBE_LINES: Final = 60
_MAX_COLUMNS: Final = 2_000
_SURE: Final = 2
"""So many recognised headers make a row the header row of a sheet beyond doubt."""


def read_csv(path: Path, mapping: Mapping) -> Table:
    """Read delimited text; the delimiter is the one under which most headers are recognised."""
    text = untrusted.decode(untrusted.read_bytes(path), path.name)
    probe = text[:200_000].splitlines(keepends=True)[:_PROBE_LINES]
    score = {mark: _score_of_best(_split(probe, mark), mapping) for mark in _DELIMITERS}
    mark = max(_DELIMITERS, key=lambda mark: score[mark])
    rows: list[list[str]] = []
    cells = 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    try:
        for row in reader:
            rows.append([_plain(cell) for cell in row] if "'" in "".join(row) else row)
            cells += len(row)
            if cells > untrusted.MAX_CELLS:
                untrusted.check_cells(cells, path.name)
            if len(rows) > untrusted.MAX_ROWS + _HEADER_WITHIN:
                untrusted.check_rows(len(rows), path.name)
    except csv.Error as error:
        raise file_error("csv", file=path.name, line=reader.line_num, reason=error) from error
    return _table(rows, mapping, path.name, ragged=True)


def _plain(cell: str) -> str:
    """Take away the apostrophe with which an export keeps a cell from being a formula."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in set("=+-@\t\r\n＝＋－＠") else cell


def _split(lines: Sequence[str], mark: str) -> list[list[str]]:
    try:
        return list(csv.reader(lines, delimiter=mark))
    except csv.Error:
        return []


def read_workbook(path: Path, mapping: Mapping) -> Table:
    """Read a sheet of a workbook: results of formulas only, merged cells filled downwards."""
    data = untrusted.read_bytes(path)
    if data.startswith(b"PK"):
        untrusted.check_workbook(data, path.name)
    try:
        with calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            return _chosen_sheet(book, mapping, path.name)
    except calamine.PasswordError as error:
        raise file_error("password", file=path.name) from error
    except calamine.CalamineError as error:
        raise file_error("workbook", file=path.name, reason=error) from error


def _chosen_sheet(book: calamine.CalamineWorkbook, mapping: Mapping, name: str) -> Table:
    """Return the sheet named; else the first with a sure header row; else the first filled one."""
    if mapping.sheet is not None:
        if mapping.sheet not in book.sheet_names:
            raise file_error(
                "no_sheet", file=name, word=shown(mapping.sheet), known=listed(book.sheet_names)
            )
        return _table(_sheet_rows(book, mapping.sheet, name), mapping, name)
    visible = [
        sheet.name
        for sheet in book.sheets_metadata
        if sheet.visible == calamine.SheetVisibleEnum.Visible
        and sheet.typ == calamine.SheetTypeEnum.WorkSheet
    ]
    sheets = {title: rows for title in visible if (rows := _sheet_rows(book, title, name))}
    if not sheets:
        raise file_error("no_data", file=name)
    sure = [title for title, rows in sheets.items() if _score_of_best(rows, mapping)[0] >= _SURE]
    chosen = (sure or list(sheets))[0]
    table = _table(sheets[chosen], mapping, name)
    if len(sure) > 1:
        others = listed([shown(title) for title in sure if title != chosen])
        table.problems.append(warning("other_sheets", None, word=shown(chosen), others=others))
    return table


def _sheet_rows(book: calamine.CalamineWorkbook, title: str, name: str) -> list[list[Any]]:
    sheet = book.get_sheet_by_name(title)
    if sheet.end is None:
        return []
    last_row, last_column = sheet.end
    untrusted.check_cells((last_row + 1) * (last_column + 1), name)
    rows: list[list[Any]] = sheet.to_python(skip_empty_area=False)
    for (top, left), (bottom, _) in sheet.merged_cell_ranges or ():
        # What a merged cell says holds for every row that it covers.
        if bottom > top and top < len(rows) and left < len(rows[top]):
            for row in rows[top + 1 : bottom + 1]:
                row[left] = rows[top][left]
    return rows


def _table(rows: Rows, mapping: Mapping, name: str, *, ragged: bool = False) -> Table:
    """Return the table below the header row, without blank rows and repeated headers.

    In text (`ragged`) a row with more cells than headers has lost a quotation mark somewhere, so
    that nothing stands where it should; in a workbook it has a remark beside the table.
    """
    at = _header_row(rows, mapping, name)
    header = [clean(text_of(cell)) for cell in rows[at]][:_MAX_COLUMNS]
    while header and not header[-1]:
        header.pop()
    below = at + 1
    if below < len(rows) and (finer := _second_header(header, rows[below])):
        header, below = finer, below + 1
    width = len(header)
    if not any(header):
        raise file_error("no_header", file=name, word=shown(""))
    repeated = [text_of(cell) for cell in rows[at][:width]]
    table = Table(unique_names(header), [])
    for number, row in enumerate(rows[below:], below + 1):
        cells = list(row[:width])
        if not any(cell is not None and str(cell).strip() for cell in row):
            continue
        if cells[0] == rows[at][0] and [text_of(cell) for cell in cells] == repeated:
            continue
        if ragged and any(text_of(cell) for cell in row[width:]):
            table.problems.append(rejected("too_many_cells", number, count=len(row), width=width))
            continue
        table.rows.append(Row(number, cells + [None] * (width - len(cells))))
    untrusted.check_rows(len(table.rows), name)
    return table


def _header_row(rows: Rows, mapping: Mapping, name: str) -> int:
    if mapping.header_row is not None:
        if mapping.header_row > len(rows):
            raise file_error("no_data", file=name)
        return mapping.header_row - 1
    score, at = _best(rows, mapping)
    if score[0] == 0:
        filled = next((row for row in rows if any(text_of(cell) for cell in row)), None)
        if filled is None:
            raise file_error("no_data", file=name)
        words = listed([text_of(cell)[:40] for cell in filled[:20]])
        raise file_error("no_header", file=name, word=shown(words, 200))
    return at


def _score_of_best(rows: Rows, mapping: Mapping) -> tuple[int, int]:
    return _best(rows, mapping)[0]


def _best(rows: Rows, mapping: Mapping) -> tuple[tuple[int, int], int]:
    """Return score and place of the likeliest header row; the first of equals."""
    mapped = {fold(rule.column) for rule in mapping.columns.values()}
    best, place = (0, 0), 0
    for at, row in enumerate(rows[:_HEADER_WITHIN]):
        score = _score(row, mapped)
        if score > best:
            best, place = score, at
    return best, place


def _score(row: Sequence[Cell], mapped: set[str]) -> tuple[int, int]:
    """How many different fields a row names, and how many facilities."""
    fields, facilities = set(), 0
    for cell in row[:_MAX_COLUMNS]:
        if not isinstance(cell, str) or not cell:
            continue
        field = read_heading(clean(cell)).field
        if fold(cell) in mapped:
            fields.add(cell)
        elif field is not None and "." in field:
            facilities += 1
        elif field is not None:
            fields.add(field)
    return len(fields), facilities


def _second_header(header: list[str], row: Sequence[Cell]) -> list[str] | None:
    """Return the header with the finer one below it laid over it, if `row` is one.

    ``设施`` over ``微波炉 | 空调 | 饮水``: the row names nothing but known headers, and nothing
    stands below the header of the name.
    """
    below = [clean(text_of(cell)) for cell in row[: len(header)]]
    below += [""] * (len(header) - len(below))
    width = len(row)
    more = [clean(text_of(cell)) for cell in row[len(header) : width]]
    filled = [word for word in (*below, *more) if word]
    names = [read_heading(word).field for word in header]
    if len(filled) < _SURE or "name" not in names:
        return None
    # A cell that is merged down through both rows repeats its own header.
    fresh = [word for word, above in zip(below, header, strict=True) if word and word != above]
    if not fresh and not any(more):
        return None
    if not all(read_heading(word).field for word in (*fresh, *filter(None, more))):
        return None
    if below[names.index("name")] not in {"", header[names.index("name")]}:
        return None
    return [word or above for word, above in zip(below, header, strict=True)] + more
