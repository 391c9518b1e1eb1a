"""Charts of a workbook that Excel draws itself, so that they follow the cells.

Series differ in more than their colour: print in black and white keeps them apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from webmap.render.sheets.cells import INK, TEAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from webmap.render.sheets.book import Sheet
    from webmap.render.sheets.cells import Placed

_GREY: Final = "#6b7280"
_PALE: Final = "#dfe6e5"
NOMINAL: Final = "#a9c9c6"
EFFECTIVE: Final = TEAL
OPEN: Final = "#d9822b"
PERHAPS: Final = "#f3d3ae"
"""What bars are filled with, the same in every chart."""
_DASHED: Final = {"color": _GREY, "width": 2, "dash_type": "dash"}
_SOLID: Final = {"color": TEAL, "width": 2.75}
_LARGE: Final = 12
_HIGH: Final = 0.7


class Axis(NamedTuple):
    """An axis: what it counts, how its numbers are written, and where it ends and steps."""

    name: str
    format: str = "0%"
    most: float | None = None
    step: float | None = None


def share_axis(name: str, shares: Iterable[float | None]) -> Axis:
    """Return an axis for some shares: where they come near to all, it ends there."""
    most = max((share for share in shares if share is not None), default=0.0)
    return Axis(name, most=1.0 if most > _HIGH else None, step=0.2 if most > _HIGH else None)


def bars(
    sheet: Sheet, table: Placed, *, names: int, series: Mapping[int, str], title: str, axis: Axis
) -> None:
    """Draw the rows of a table as groups of bars, in its order from the top down.

    Parameters
    ----------
    names
        The column that names the rows.
    series
        Columns of shares, each with the colour of its bars.
    """
    chart = _chart(sheet, {"type": "bar"}, title)
    for number, fill in series.items():
        options = {"fill": {"color": fill}, "border": {"color": _GREY, "width": 0.25}, "gap": 50}
        chart.add_series(_series(table, names, number) | options)
    chart.set_x_axis(_axis(sheet, axis))
    # From the top down, and yet with the scale below.
    font = _font(sheet, 9)
    line = {"color": _GREY}
    chart.set_y_axis({"reverse": True, "crossing": "max", "num_font": font, "line": line})
    groups = table.last - table.first + 1
    sheet.chart(chart, rows=min(max(14, 8 + 3 * groups // 2), 150), description=title)


def curves(
    sheet: Sheet, table: Placed, *, at: int, series: Sequence[int], title: str, axes: Sequence[Axis]
) -> Any:  # noqa: ANN401  xlsxwriter's own
    """Return two columns of a table as curves over a third: the first dashed, the other solid."""
    chart = _chart(sheet, {"type": "scatter", "subtype": "straight"}, title)
    for number, line in zip(series, (_DASHED, _SOLID), strict=True):
        chart.add_series(_series(table, at, number) | {"line": line, "marker": {"type": "none"}})
    x, y = axes
    chart.set_x_axis(_axis(sheet, x))
    chart.set_y_axis(_axis(sheet, y))
    return chart


def day(
    sheet: Sheet, table: Placed, *, rows: Sequence[int], title: str, axes: Sequence[Axis]
) -> None:
    """Draw rows of a table that has a column an hour: one as columns, two as lines over them.

    Parameters
    ----------
    rows
        The columns, on the axis to the left; the lines, on that to the right: the dashed one and
        the solid one.
    axes
        Of the hours, to the left, and to the right.
    """
    people, *lines = rows
    x, left, right = axes

    def series(row: int) -> dict[str, Any]:
        return {
            "name": [table.sheet, row, 0],
            "categories": [table.sheet, table.header, 1, table.header, 24],
            "values": [table.sheet, row, 1, row, 24],
        }

    chart = _chart(sheet, {"type": "column"}, title)
    fill = {"fill": {"color": _PALE}, "border": {"color": "#b9c6c4", "width": 0.5}, "gap": 30}
    chart.add_series(series(people) | fill)
    over = sheet.book.book.add_chart({"type": "line"})
    for row, line in zip(lines, (_DASHED, _SOLID), strict=True):
        over.add_series(series(row) | {"line": line, "y2_axis": True})
    chart.combine(over)
    plain = {"major_gridlines": {"visible": False}}
    chart.set_x_axis(_axis(sheet, x) | plain)
    chart.set_y_axis(_axis(sheet, left) | plain)
    over.set_y2_axis(_axis(sheet, right))
    sheet.chart(chart, rows=20, description=title)


def _series(table: Placed, names: int, number: int) -> dict[str, Any]:
    return {
        "name": table.name(number),
        "categories": table.column(names),
        "values": table.column(number),
    }


def _chart(sheet: Sheet, options: dict[str, str], title: str) -> Any:  # noqa: ANN401
    chart = sheet.book.book.add_chart(options)
    chart.set_title({"name": title, "name_font": _font(sheet, _LARGE), "overlay": False})
    chart.set_legend({"position": "bottom", "font": _font(sheet, 9)})
    chart.set_chartarea({"border": {"color": _PALE}})
    return chart


def _axis(sheet: Sheet, axis: Axis) -> dict[str, Any]:
    font = _font(sheet, 9)
    found: dict[str, Any] = {
        "name": axis.name,
        "name_font": font,
        "num_font": font,
        "num_format": axis.format,
        "min": 0,
        "line": {"color": _GREY},
        "major_gridlines": {"visible": True, "line": {"color": _PALE, "width": 0.75}},
    }
    ends = {"max": axis.most, "major_unit": axis.step}
    return found | {key: end for key, end in ends.items() if end is not None}


def _font(sheet: Sheet, size: float) -> dict[str, object]:
    return {
        "name": sheet.book.font,
        "size": size,
        "color": INK,
        "bold": size == _LARGE,
    }
