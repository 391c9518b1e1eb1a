"""The mapping file: what the columns of a foreign sheet mean, said once in TOML."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from geodata import datum as datums
from geodata.errors import DatumError
from stations.importing.messages import file_error, listed, shown
from stations.vocabulary import FACILITY_CODES, FIELDS, LISTS, fold

if TYPE_CHECKING:
    from collections.abc import Mapping as AnyMapping

BOOKKEEPING: Final = frozenset({"revision", "updated_at"})
TARGETS: Final = tuple(term.code for term in FIELDS if term.code not in BOOKKEEPING)
"""Every field a column may be mapped to, beside ``facilities.<code>``."""
_LISTS_WITH_WORDS: Final = tuple(name for name in LISTS if name != "field")
_CONSTANT_FIELDS: Final = tuple(
    name
    for name in TARGETS
    if name not in {"id", "name", "lon", "lat", "position", "source_datum", "source_position"}
)
_TOP: Final = (
    "datum",
    "id_prefix",
    "sheet",
    "header_row",
    "layer",
    "empty",
    "ignore",
    "columns",
    "values",
    "constants",
)
_RULE: Final = ("column", "split", "only_where")
_MAX_BYTES: Final = 1 << 20
_NOTHING: Final[AnyMapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ColumnRule:
    """Where a field comes from.

    Attributes
    ----------
    column
        Header of the column.
    split
        What separates the items of a list; None for the usual separators.
    only_where
        Take the value only in rows where these columns hold one of these words. None leaves it to
        the ``..._origin`` column beside it, if there is one; an empty table takes every value.
    """

    column: str
    split: str | None = None
    only_where: AnyMapping[str, frozenset[str]] | None = None


@dataclass(frozen=True, slots=True)
class Mapping:
    """What a mapping file says; see `read_mapping`.

    Attributes
    ----------
    name
        The file, for messages.
    datum
        Canonical datum of the positions, None where it is not stated.
    id_prefix
        Set before every id that does not begin with it.
    sheet, layer
        Which sheet or layer to read.
    header_row
        Number of the header row, where it is not found by itself.
    clear_empty
        Whether an empty cell clears the field in the registry instead of leaving it.
    ignore
        Columns to leave out.
    columns
        Field -> rule. A facility with a column of its own is ``facilities.<code>``.
    values
        List name -> folded word -> code.
    constants
        Field -> value for rows that do not state it.
    """

    name: str = "mapping"
    datum: str | None = None
    id_prefix: str | None = None
    sheet: str | None = None
    layer: str | None = None
    header_row: int | None = None
    clear_empty: bool = False
    ignore: tuple[str, ...] = ()
    columns: AnyMapping[str, ColumnRule] = field(default_factory=dict)
    values: AnyMapping[str, AnyMapping[str, str]] = field(default_factory=dict)
    constants: AnyMapping[str, object] = field(default_factory=dict)

    def words(self, name: str) -> AnyMapping[str, str]:
        """Return the file's own words for the list `name`: folded word -> code."""
        return self.values.get(name, _NOTHING)


def read_mapping(path: Path | str) -> Mapping:
    """Read a mapping file.

    Raises
    ------
    ImportFileError
        If it is missing, not TOML, or says something unknown; names the key.
    """
    path = Path(path)
    if not path.is_file():
        raise file_error("no_file", file=path.name)
    if path.stat().st_size > _MAX_BYTES:
        raise file_error("too_large", file=path.name, size=path.stat().st_size >> 20, limit=1)
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise file_error("mapping_toml", file=path.name, reason=error) from error
    return mapping_from_dict(data, path.name)


def mapping_from_dict(data: AnyMapping[str, object], name: str = "mapping") -> Mapping:
    """Check a mapping that is at hand as plain objects; as `read_mapping`."""
    _check_keys(data, _TOP, name, "the mapping")
    stated = _text(data, "datum", name)
    if stated is not None:
        try:
            stated = datums.normalise(stated)
        except DatumError as error:
            raise file_error("datum", reason=error) from error
    header_row = data.get("header_row")
    if header_row is not None and (type(header_row) is not int or header_row < 1):
        raise _wrong(name, "header_row", "a row number", header_row)
    empty = data.get("empty", "keep")
    if empty not in {"keep", "clear"}:
        raise _wrong(name, "empty", '"keep" or "clear"', empty)
    return Mapping(
        name=name,
        datum=stated,
        id_prefix=_text(data, "id_prefix", name),
        sheet=_text(data, "sheet", name),
        layer=_text(data, "layer", name),
        header_row=header_row,
        clear_empty=empty == "clear",
        ignore=_words(data.get("ignore", []), name, "ignore"),
        columns=_columns(data, name),
        values=_values(data, name),
        constants=_constants(data, name),
    )


def _columns(data: AnyMapping[str, object], name: str) -> dict[str, ColumnRule]:
    rules: dict[str, ColumnRule] = {}
    known = (*TARGETS, "facilities.<code>")
    for key, value in _table(data, "columns", name).items():
        nested = isinstance(value, dict) and key == "facilities" and "column" not in value
        items = (
            {f"facilities.{code}": rule for code, rule in value.items()}
            if nested and isinstance(value, dict)
            else {key: value}
        )
        for target, rule in items.items():
            head, _, code = target.partition(".")
            if target not in TARGETS and not (head == "facilities" and code in FACILITY_CODES):
                raise file_error(
                    "mapping_key",
                    file=name,
                    place="[columns]",
                    word=shown(target),
                    known=listed(FACILITY_CODES if head == "facilities" else known),
                )
            rules[target] = _rule(rule, name, f"[columns] {target}")
    return rules


def _rule(value: object, name: str, place: str) -> ColumnRule:
    if isinstance(value, str) and value:
        return ColumnRule(value)
    if not isinstance(value, dict) or not isinstance(value.get("column"), str):
        raise _wrong(name, place, 'a column or a table with column = "..."', value)
    _check_keys(value, _RULE, name, place)
    split = value.get("split")
    if split is not None and (not isinstance(split, str) or not split):
        raise _wrong(name, f"{place} split", "a text", split)
    only_where = value.get("only_where")
    if only_where is None:
        return ColumnRule(value["column"], split)
    if not isinstance(only_where, dict):
        raise _wrong(name, f"{place} only_where", "a table of columns and words", only_where)
    return ColumnRule(
        value["column"],
        split,
        {
            column: frozenset(fold(word) for word in _words(words, name, f"{place} only_where"))
            for column, words in only_where.items()
        },
    )


def _values(data: AnyMapping[str, object], name: str) -> dict[str, dict[str, str]]:
    tables = _table(data, "values", name)
    _check_keys(tables, _LISTS_WITH_WORDS, name, "[values]")
    result: dict[str, dict[str, str]] = {}
    for list_name, words in tables.items():
        if not isinstance(words, dict):
            raise _wrong(name, f"[values.{list_name}]", "a table of words and codes", words)
        codes = [term.code for term in LISTS[list_name]]
        for word, code in words.items():
            if code not in codes:
                raise _wrong(name, f"[values.{list_name}] {word}", listed(codes), code)
        result[list_name] = {fold(word): str(code) for word, code in words.items()}
    return result


def _constants(data: AnyMapping[str, object], name: str) -> AnyMapping[str, object]:
    constants = _table(data, "constants", name)
    _check_keys(constants, _CONSTANT_FIELDS, name, "[constants]")
    return constants


def _table(data: AnyMapping[str, object], key: str, name: str) -> AnyMapping[str, object]:
    table = data.get(key, {})
    if not isinstance(table, dict):
        raise _wrong(name, f"[{key}]", "a table", table)
    return table


def _text(data: AnyMapping[str, object], key: str, name: str) -> str | None:
    value = data.get(key)
    if value is not None and (not isinstance(value, str) or not value.strip()):
        raise _wrong(name, key, "a text", value)
    return value


def _words(value: object, name: str, place: str) -> tuple[str, ...]:
    words = value if isinstance(value, list) else [value]
    if not all(isinstance(word, (str, int, float)) for word in words):
        raise _wrong(name, place, "a word or a list of words", value)
    return tuple(map(str, words))


def _check_keys(
    data: AnyMapping[str, object], known: tuple[str, ...], name: str, place: str
) -> None:
    for key in data:
        if key not in known:
            raise file_error(
                "mapping_key", file=name, place=place, word=shown(key), known=listed(known)
            )


def _wrong(name: str, place: str, expected: str, value: object) -> Exception:
    return file_error("mapping_value", file=name, place=place, expected=expected, word=shown(value))
