"""Which column of a planner's table holds the workers, and what it says."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import numpy as np

from geodata.errors import DemandError
from stations.errors import ImportFileError
from stations.vocabulary import code_of, fold

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

WEIGHTS = (
    "workers", "worker", "count", "weight", "demand", "population", "pop",
    "劳动者", "人数", "人口", "常住人口", "户外劳动者", "数量", "从业人员",
)  # fmt: skip
_WEIGHT_WORDS = frozenset(map(fold, WEIGHTS))
_RESIDENTS = re.compile("population|resident|人口|居民")
_PEOPLE = re.compile(r"[(（\[]人[)）\]]$")
# What GIS programs count and measure features with.
_COUNTERS = frozenset(
    {"fid", "objectid", "gid", "ogcfid", "index", "shapearea", "shapeleng", "shapelength"}
)
# A header that ends in one of these counts in ten thousands.
_TEN_THOUSANDS = re.compile(r"(_10k|[(（\[]?(万人?|10k|10 ?000)[)）\]]?)$", re.IGNORECASE)


def read_workers(
    values: Mapping[str, Sequence[object]],
    rows: Sequence[int],
    weight: str | None,
    *,
    lone: bool,
) -> tuple[str | None, float, NDArray[np.float64]]:
    """Return name, factor and values of the column of workers.

    Parameters
    ----------
    values
        Cells by column.
    rows
        What each row is called in an error.
    weight
        Name of the column, where somebody said it.
    lone
        Whether a row without such a column stands for one worker, as pings and orders do.

    Raises
    ------
    ImportFileError
        If the columns do not tell, or a cell holds no number.
    DemandError
        If a number is negative.
    """
    if weight is None and lone and not any(map(_is_weight, values)):
        return None, 1.0, np.ones(len(rows))
    column, factor = _weight_column(values, weight)
    numbers = []
    for row, cell in zip(rows, values[column], strict=True):
        number = read_number(cell)
        if number is None:
            message = f"row {row}: {str(cell)[:40]!r} in {column!r} is no number of workers"
            raise ImportFileError(message)
        if number < 0:
            message = f"row {row}: {number:g} workers in {column!r}: 0 or more are needed"
            raise DemandError(message)
        numbers.append(number)
    return column, factor, np.array(numbers, np.float64) * factor


def _weight_column(values: Mapping[str, Sequence[object]], weight: str | None) -> tuple[str, float]:
    if weight is not None:
        if weight not in values:
            message = f"there is no column {weight!r}; the columns are {', '.join(values)}"
            raise ImportFileError(message)
        return weight, _factor(weight)
    named = [name for name in values if _is_weight(name)]
    figures = [
        name for name, cells in values.items() if not _is_known(name) and _all_numbers(cells)
    ]
    chosen = named or figures
    if len(chosen) != 1:
        known = ", ".join(chosen or values)
        message = f"which column holds the workers? Name it with --weight: {known}"
        raise ImportFileError(message)
    return chosen[0], _factor(chosen[0])


def counts_residents(header: str) -> bool:
    """Whether a column says that it counts residents, who are not workers."""
    return _RESIDENTS.search(fold(header)) is not None


def _is_weight(header: str) -> bool:
    return fold(_bare(header)) in _WEIGHT_WORDS


def _is_known(header: str) -> bool:
    """Whether a column is known to hold something else than workers, be it in figures."""
    return code_of("field", header) is not None or fold(header) in _COUNTERS


def _bare(header: str) -> str:
    return _PEOPLE.sub("", _TEN_THOUSANDS.sub("", header))


def _factor(header: str) -> float:
    return 10_000.0 if _TEN_THOUSANDS.search(header) else 1.0


def _all_numbers(cells: Sequence[object]) -> bool:
    numbers = [read_number(cell) for cell in cells]
    return bool(numbers) and None not in numbers


def read_number(cell: object) -> float | None:
    """Number in a cell, 0 where it is blank, None where it holds something else."""
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return 0.0
    try:
        number = float(str(cell).replace(",", "").replace("，", ""))
    except ValueError:
        return None
    return number if math.isfinite(number) else None
