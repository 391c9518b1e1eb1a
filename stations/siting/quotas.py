"""Quotas by district from a planner's table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stations.demand_column import read_number
from stations.errors import ImportFileError
from stations.importing.reading import read_any_table
from stations.importing.text import code_text, is_blank
from stations.siting.ask import Quota
from stations.siting.sites import within
from stations.vocabulary import code_of, fold

if TYPE_CHECKING:
    from pathlib import Path

    from geodata.districts import Districts
    from stations.importing.table import Table

_KEYS = ("adcode", "district", "township", "name")
_LEAST = frozenset(map(fold, ("at_least", "least", "min", "至少", "最少", "不少于", "下限")))
_MOST = frozenset(map(fold, ("at_most", "most", "max", "至多", "最多", "不超过", "上限")))


def read_quotas(path: Path, districts: Districts | None) -> dict[str, Quota]:
    """Read how many new stations each district must and may get.

    Parameters
    ----------
    path
        A table with a column of adcodes or names of districts, and one or both of ``at_least``
        (至少) and ``at_most`` (至多). A blank cell sets no limit.

    Returns
    -------
    dict
        By adcode.

    Raises
    ------
    ImportFileError
        If the file cannot be read, a column is missing, or a cell holds no whole number.
    WorkspaceError
        If there is no such district.
    """
    table = read_any_table(path)
    fields = [code_of("field", name) for name in table.columns]
    key = next((fields.index(field) for field in _KEYS if field in fields), None)
    least, most = _column(table, _LEAST), _column(table, _MOST)
    if key is None or (least is None and most is None):
        message = (
            f"{path.name} needs a column adcode or name and a column at_least or at_most; it has "
            f"{', '.join(table.columns)}"
        )
        raise ImportFileError(message)
    quotas: dict[str, Quota] = {}
    for row in table.rows:
        (adcode,) = within(districts, code_text(row.cells[key])).adcodes
        counts = [
            None if place is None else _count(path.name, row.number, row.cells[place])
            for place in (least, most)
        ]
        if adcode in quotas:
            message = f"{path.name}, row {row.number}: district {adcode} has a quota already"
            raise ImportFileError(message)
        quotas[adcode] = Quota(counts[0] or 0, counts[1])
    if not quotas:
        message = f"{path.name} has no rows: name at least one district"
        raise ImportFileError(message)
    return quotas


def _column(table: Table, words: frozenset[str]) -> int | None:
    return next((at for at, name in enumerate(table.columns) if fold(name) in words), None)


def _count(name: str, row: int, cell: object) -> int | None:
    if is_blank(cell):
        return None
    number = read_number(cell)
    if number is None or number < 0 or number != int(number):
        message = f"{name}, row {row}: {str(cell)[:40]!r} is no number of stations"
        raise ImportFileError(message)
    return int(number)
