"""What a row says: its cells read by column, behind their gates, with its position and code."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import msgspec

from stations.importing.access import read_access
from stations.importing.coordinates import read_position
from stations.importing.headers import POSITION_FIELDS
from stations.importing.layout import Gatekeeper
from stations.importing.messages import Problem, file_error, rejected, shown, warning
from stations.importing.positions import Fix, read_fix
from stations.importing.readings import NOTHING, Complaint, Reading
from stations.importing.text import code_text, is_blank, text_of
from stations.importing.values import read_field
from stations.model import StationId
from stations.vocabulary import FACILITY_CODES, fold

if TYPE_CHECKING:
    from stations.importing.layout import Column, Layout
    from stations.importing.mapping import Mapping
    from stations.importing.positions import Source
    from stations.importing.table import Row, Table

_HOURS: Final = frozenset({"opening_hours", "hours_text"})
_UNCACHED: Final = frozenset(
    ("id", "name", "address", "phone", "manager", "manager_phone", "notes")
)
_CACHE_SIZE: Final = 50_000
_TOTALS: Final = frozenset(map(fold, ("合计", "总计", "小计", "共计", "总数", "total", "sum")))
_SIGNATURE: Final = re.compile(
    r"^(?:填表|制表|审核|填报|联系人|单位负责人|统计|备注|注|说明)[人单位日期时间]*\s*[:：]"
)
_MOBILE: Final = re.compile(r"(?<!\d)(?:\+?86)?1[3-9]\d{9}(?!\d)")
_AT_FIELD: Final = re.compile(r"`\$\.properties\.(\w+)")


@dataclass(slots=True)
class Draft:
    """What one row says, before it is compared with the registry.

    Attributes
    ----------
    number
        The row.
    station_id
        Code in the file, None where it has none.
    values
        Field -> value; `opening_hours` and `hours_text` are still as written.
    cleared
        Fields whose cells are empty and are to be cleared.
    fix
        The position as stated, None for unknown.
    position
        WGS84 position, once converted.
    problems
        Warnings.
    rejection
        Why the row stays out, if it does.
    """

    number: int
    station_id: str | None = None
    values: dict[str, Any] = field(default_factory=dict)
    cleared: set[str] = field(default_factory=set)
    fix: Fix | None = None
    position: tuple[float, float] | None = None
    problems: list[Problem] = field(default_factory=list)
    rejection: Problem | None = None


class RowReader:
    """Reads the rows of one table; remembers what it has read and counts what it turned away."""

    def __init__(
        self,
        table: Table,
        layout: Layout,
        source: Source,
        mapping: Mapping,
        *,
        id_prefix: str | None,
    ) -> None:
        self._table = table
        self._layout = layout
        self._source = source
        self._mapping = mapping
        self._prefix = id_prefix or ""
        self._gates = Gatekeeper(table)
        self._columns = [c for c in layout.columns if c.field not in POSITION_FIELDS]
        self._position_columns = source.columns
        self._cache: dict[tuple[int, type, object], Reading] = {}
        phone = layout.of("phone")
        self._phone_is_a_persons = (
            phone is not None
            and not (phone.mapped or phone.plain or table.registry)
            and layout.of("manager") is not None
            and layout.of("manager_phone") is None
        )
        self._private_phones = 0
        self._datums_differ = 0
        self._constants = _constants(mapping)

    def read(self, row: Row) -> Draft:
        """Return what a row says."""
        draft = Draft(row.number)
        for column in self._columns:
            cell = row.cells[column.index]
            if is_blank(cell):
                if self._mapping.clear_empty:
                    draft.cleared.add(column.field)
            elif not column.gates or self._gates.opens(column, row):
                self._take(draft, column, cell)
        for name, value in self._constants.items():
            draft.values.setdefault(name, value)
        self._settle_facilities(draft)
        self._settle_position(draft, row)
        self._settle_identity(draft, row)
        return draft

    def problems(self) -> list[Problem]:
        """Return the warnings that count over all rows read."""
        problems = self._gates.problems()
        phone = self._layout.of("phone")
        if self._private_phones and phone is not None:
            problems.append(
                warning(
                    "private_phone",
                    None,
                    "phone",
                    column=shown(phone.name),
                    count=self._private_phones,
                    word=f'"{phone.name}"',
                )
            )
        by_row = self._source.datum_column
        if self._datums_differ and by_row is not None:
            problems.append(
                warning(
                    "row_datums_differ",
                    None,
                    "source_datum",
                    count=self._datums_differ,
                    datum=self._source.datum,
                    column=shown(by_row.name),
                )
            )
        return problems

    def _take(self, draft: Draft, column: Column, cell: object) -> None:
        name = column.field
        if name in {"source_datum", "source_position"}:
            if self._source.recorded:
                self._take_source(draft, column, cell)
            return
        if self._table.registry and name != "id":
            # Our own file: what it holds is checked as a record, not read as a sheet.
            draft.values[name] = cell
            return
        reading = self._reading(column, cell)
        for complaint in reading.complaints:
            self._complain(draft, column, complaint)
        if reading.value is None:
            return
        if name == "phone" and self._phone_is_a_persons:
            if _MOBILE.search(re.sub(r"[\s-]", "", str(reading.value))):
                self._private_phones += 1
                name = "manager_phone"
            draft.values.setdefault(name, reading.value)
        elif isinstance(reading.value, dict) and name.startswith("facilities."):
            draft.values.setdefault("facilities_own", {}).update(reading.value)
        else:
            draft.values[name] = reading.value

    def _reading(self, column: Column, cell: object) -> Reading:
        if column.field in _UNCACHED or isinstance(cell, (list, dict)):
            return self._fresh_reading(column, cell)
        key = (column.index, type(cell), cell)
        reading = self._cache.get(key)
        if reading is None:
            reading = self._fresh_reading(column, cell)
            if len(self._cache) < _CACHE_SIZE:
                self._cache[key] = reading
        return reading

    def _fresh_reading(self, column: Column, cell: object) -> Reading:
        if column.field == "id":
            return Reading(code_text(cell) or None)
        if column.field == "access":
            return read_access(cell, self._mapping.words("access"))
        return read_field(
            column.field, cell, self._mapping.values, factor=column.factor, split=column.split
        )

    def _complain(self, draft: Draft, column: Column, complaint: Complaint) -> None:
        details = dict(complaint.details)
        if complaint.key == "access_unread":
            draft.values["access_text"] = details["word"]
        if "word" in details:
            details["word"] = shown(details["word"])
        head = column.field.partition(".")[0]
        if column.field == "name":
            draft.rejection = rejected(
                complaint.key, draft.number, "name", column=shown(column.name), **details
            )
            return
        draft.problems.append(
            warning(complaint.key, draft.number, head, column=shown(column.name), **details)
        )

    def _take_source(self, draft: Draft, column: Column, cell: object) -> None:
        if column.field == "source_datum":
            draft.values["source_datum"] = text_of(cell)
        elif (pair := read_position(cell)) is not None:
            draft.values["source_position"] = pair

    def _settle_facilities(self, draft: Draft) -> None:
        """Join the list of facilities with those that have columns of their own."""
        own = draft.values.pop("facilities_own", None)
        if own:
            listed = draft.values.get("facilities", {})
            contrary = {code for code in own if listed.get(code, own[code]) != own[code]}
            for code in sorted(contrary):
                draft.problems.append(
                    warning("contradiction", draft.number, "facilities", word=code)
                )
            joined = {**listed, **own}
            draft.values["facilities"] = {c: v for c, v in joined.items() if c not in contrary}
        verified = draft.values.get("facilities_verified")
        if self._table.registry:
            return
        if verified and len(verified) == len(FACILITY_CODES):
            # One date for the row: it holds for what the row states.
            stated = draft.values.get("facilities", {})
            draft.values["facilities_verified"] = {code: verified[code] for code in stated}

    def _settle_position(self, draft: Draft, row: Row) -> None:
        columns = self._position_columns
        if not all(self._gates.opens(c, row) for c in columns if c.gates):
            return
        fix = read_fix(row, self._source)
        if isinstance(fix, Problem):
            if fix.severity == "warning":
                draft.problems.append(fix)
            else:
                draft.rejection = draft.rejection or fix
        elif fix is not None:
            draft.fix = fix
            self._datums_differ += self._source.datum not in {None, fix.datum}
        elif self._mapping.clear_empty and self._source.kind != "none":
            draft.cleared.add("position")

    def _settle_identity(self, draft: Draft, row: Row) -> None:
        own = draft.values.pop("id", None)
        name = draft.values.get("name")
        # A total may stand in the column of the names: no station is called by a number alone.
        nameless = not name or fold(str(name)) in _TOTALS or str(name).strip().isdecimal()
        if own is None and nameless and _closes_table(row):
            draft.rejection = warning("total_line", row.number)
            return
        if own is None:
            if not name:
                draft.rejection = draft.rejection or rejected("no_name", row.number, "name")
            return
        own = str(own) if str(own).startswith(self._prefix) else self._prefix + str(own)
        try:
            draft.station_id = msgspec.convert(own, StationId)
        except msgspec.ValidationError:
            draft.rejection = rejected("bad_id", row.number, "id", word=shown(own))


def _constants(mapping: Mapping) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in mapping.constants.items():
        if name == "access":
            reading = read_access(value, mapping.words(name))
        else:
            reading = NOTHING if is_blank(value) else read_field(name, value, mapping.values)
        if reading.value is None or reading.complaints:
            raise file_error(
                "mapping_value",
                file=mapping.name,
                place=f"[constants] {name}",
                expected=f"a value of the field {name}",
                word=shown(value),
            )
        values[name] = reading.value
    return values


def _closes_table(row: Row) -> bool:
    """Whether a row without a station is the total or the signature below a table."""
    words = [text_of(cell) for cell in row.cells if not is_blank(cell)]
    return bool(words) and (
        any(fold(word) in _TOTALS for word in words[:2]) or bool(_SIGNATURE.match(words[0]))
    )
