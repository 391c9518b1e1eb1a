"""Which column of a table fills which field, and under which condition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from stations.importing.headers import POSITION_FIELDS, RUNNING_NUMBERS, field_of, read_heading
from stations.importing.mapping import BOOKKEEPING
from stations.importing.messages import Problem, file_error, listed, shown, warning
from stations.importing.text import text_of
from stations.vocabulary import fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stations.importing.headers import Heading
    from stations.importing.mapping import ColumnRule, Mapping
    from stations.importing.table import Row, Table

_FAMILIES: Final = {
    "hours_text": "opening_hours",
    "lon": "position",
    "lat": "position",
    "facilities_verified": "facilities_verified",
}
_TAKEN: Final = (
    "listed",
    "posted",
    "official",
    "verified",
    "confirmed",
    "surveyed",
    "measured",
    "registered",
    "published",
    "stated",
    "onsite",
    "fieldsurvey",
    "公示",
    "公布",
    "公开",
    "官方",
    "登记",
    "上报",
    "申报",
    "核实",
    "核验",
    "已核",
    "现场",
    "实地",
    "实测",
    "电话核",
)
"""How a folded word begins that says a value was seen or stated, not made up."""
_GUESSED: Final = (
    "infer",
    "guess",
    "assum",
    "estimat",
    "default",
    "impute",
    "predict",
    "synthe",
    "推断",
    "推测",
    "推算",
    "估计",
    "估算",
    "默认",
    "猜测",
    "假定",
    "假设",
    "预估",
    "补全",
    "模拟",
)


class Gate(NamedTuple):
    """Take a cell only where the cell at `place` holds one of `words`.

    `words` of None means: where it says that the value is no guess.
    """

    place: int
    words: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """One column as it is understood.

    Attributes
    ----------
    index, name
        Its place in the row and its header.
    field
        A field of the record, ``facilities.<code>``, ``lon``, ``lat`` or ``position``.
    factor
        What the unit in the header multiplies figures by.
    datum
        What the header of a position says.
    split
        What separates items, None for the usual separators.
    gates
        All must be open for a cell to be taken.
    mapped
        Whether a mapping file named it.
    plain
        Whether the header is the field's own key, as in a file of ours.
    """

    index: int
    name: str
    field: str
    factor: float = 1
    datum: str | None = None
    split: str | None = None
    gates: tuple[Gate, ...] = ()
    mapped: bool = False
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table is read: its columns, those left out, and what there is to say of it."""

    columns: tuple[Column, ...]
    ignored: tuple[str, ...]
    problems: tuple[Problem, ...]

    def of(self, field: str) -> Column | None:
        """Return the column of a field, if there is one."""
        return next((column for column in self.columns if column.field == field), None)


def understand(table: Table, mapping: Mapping) -> Layout:
    """Find out what the columns of `table` are; a mapping goes before the vocabulary.

    Raises
    ------
    ImportFileError
        If the mapping names a column that is not there.
    """
    headings = [read_heading(name, cut=table.cut_headers) for name in table.columns]
    left_out = {_find(table, name, mapping, "ignore") for name in mapping.ignore}
    columns = [
        _mapped_column(table, field, rule, headings, mapping)
        for field, rule in mapping.columns.items()
    ]
    taken = {column.field for column in columns}
    used = {column.index for column in columns} | left_out
    problems = []
    for index, heading in enumerate(headings):
        name = table.columns[index]
        if heading.field is None or heading.field in BOOKKEEPING or index in used:
            continue
        if heading.field == "id" and fold(name) in RUNNING_NUMBERS:
            problems.append(
                warning("running_number", None, "id", column=shown(name), word=f'"{name}"')
            )
            continue
        if heading.field in taken and heading.field not in POSITION_FIELDS:
            first = next(column for column in columns if column.field == heading.field)
            if first.mapped or not _better(name, first.name, heading.field):
                problems.append(_repeated(name, first.name, heading.field))
                continue
            columns.remove(first)
            problems.append(_repeated(first.name, name, heading.field))
        taken.add(heading.field)
        columns.append(
            Column(
                index,
                name,
                heading.field,
                heading.factor,
                heading.datum,
                plain=fold(name) == fold(heading.field),
            )
        )
    gated = _with_origins(columns, headings)
    read = {column.index for column in gated}
    read |= {gate.place for column in gated for gate in column.gates}
    ignored = tuple(name for at, name in enumerate(table.columns) if at not in read)
    return Layout(tuple(gated), ignored, tuple(problems))


def _repeated(name: str, taken: str, field: str) -> Problem:
    return warning("repeated_column", None, field, column=shown(name), word=shown(taken))


def _better(name: str, other: str, field: str) -> bool:
    """Whether `name` is the key of the field itself and `other` only another word for it."""
    return fold(name) == fold(field) != fold(other)


def _mapped_column(
    table: Table, field: str, rule: ColumnRule, headings: list[Heading], mapping: Mapping
) -> Column:
    index = _find(table, rule.column, mapping, f"[columns] {field}")
    heading = headings[index]
    gates = None
    if rule.only_where is not None:
        gates = tuple(
            Gate(_find(table, name, mapping, f"[columns] {field} only_where"), words)
            for name, words in rule.only_where.items()
        )
    return Column(
        index,
        table.columns[index],
        field,
        heading.factor if heading.field == field else 1,
        heading.datum if field in POSITION_FIELDS else None,
        rule.split,
        # An empty gate is told from none by the marker that `_with_origins` takes away.
        (Gate(-1),) if gates == () else gates or (),
        mapped=True,
    )


def _find(table: Table, name: str, mapping: Mapping, place: str) -> int:
    if name in table.columns:
        return table.columns.index(name)
    for index, column in enumerate(table.columns):
        if fold(column) == fold(name):
            return index
    raise file_error(
        "mapping_column",
        file=mapping.name,
        place=place,
        word=shown(name),
        known=listed([column for column in table.columns if column]),
    )


def _with_origins(columns: list[Column], headings: list[Heading]) -> list[Column]:
    """Return the columns, those with a column of origin beside them gated by it."""
    origins = {
        heading.origin_of: index
        for index, heading in enumerate(headings)
        if heading.origin_of is not None
    }
    result = []
    for column in columns:
        gates = tuple(gate for gate in column.gates if gate.place >= 0)
        if not column.gates:
            gates = tuple(
                Gate(index)
                for base, index in origins.items()
                if fold(column.name) == base or _family(field_of(base)) == _family(column.field)
            )
        result.append(
            Column(
                column.index,
                column.name,
                column.field,
                column.factor,
                column.datum,
                column.split,
                gates,
                column.mapped,
                column.plain,
            )
        )
    return result


def _family(field: str | None) -> str:
    if field is None:
        return ""
    return _FAMILIES.get(field, field.partition(".")[0])


class Gatekeeper:
    """Decides cell by cell whether a column's gates are open, and counts what it turns away."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._refused: dict[tuple[Column, int, str], dict[str, int]] = {}
        self._words: dict[str, bool | None] = {}

    def opens(self, column: Column, row: Row) -> bool:
        """Whether the cell of `column` in `row`, which is not blank, may be taken."""
        for gate in column.gates:
            said = text_of(row.cells[gate.place])
            if gate.words is not None:
                if fold(said) not in gate.words:
                    self._refuse(column, gate, "not_listed", said)
                    return False
                continue
            verdict = self._verdict(said)
            if verdict is False:
                self._refuse(column, gate, "not_listed", said)
                return False
            # A position's "source" is as often the name of a map as how it came about.
            if verdict is None and column.field not in POSITION_FIELDS:
                self._refuse(column, gate, "origin_unknown", said)
                return False
        return True

    def _verdict(self, said: str) -> bool | None:
        if said not in self._words:
            word = fold(said)
            if any(mark in word for mark in _GUESSED):
                self._words[said] = False
            else:
                self._words[said] = True if word.startswith(_TAKEN) else None
        return self._words[said]

    def _refuse(self, column: Column, gate: Gate, key: str, said: str) -> None:
        counts = self._refused.setdefault((column, gate.place, key), {})
        counts[said] = counts.get(said, 0) + 1

    def problems(self) -> list[Problem]:
        """Return one warning for each column, origin and reason, with the number of values."""
        return [
            warning(
                key,
                None,
                column.field,
                column=shown(column.name),
                count=sum(counts.values()),
                origin=shown(self._table.columns[index]),
                word=_most(counts),
            )
            for (column, index, key), counts in self._refused.items()
        ]


def _most(counts: dict[str, int], limit: int = 5) -> str:
    often: Sequence[str] = sorted(counts, key=lambda word: -counts[word])
    words = [f"{shown(word, 40)} ({counts[word]})" for word in often[:limit]]
    return ", ".join(words) + (" …" if len(often) > limit else "")
