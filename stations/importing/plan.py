"""An import as a difference: what a file would change in the registry, before anything changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from geodata import datum as datums
from geodata.errors import DatumError
from stations import model
from stations.importing.layout import understand
from stations.importing.mapping import Mapping
from stations.importing.messages import Problem, file_error, listed, rejected, shown, warning
from stations.importing.positions import convert, find_source
from stations.importing.reading import read_table
from stations.importing.records import RecordBuilder, identity, identity_of, made_up_id
from stations.importing.rows import RowReader
from stations.store.protocol import Change
from stations.vocabulary import PRIVATE_FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from stations.importing.layout import Layout
    from stations.importing.positions import Source
    from stations.importing.rows import Draft
    from stations.importing.table import Table
    from stations.model import Station
    from stations.store.protocol import Snapshot

_CHUNK: Final = 2_000


@dataclass(frozen=True, slots=True)
class RecordDiff:
    """A record that the file changes.

    Attributes
    ----------
    row
        Row of the file.
    before, after
        The record in the registry and after the import.
    fields
        Names of the fields that differ, ``geometry`` for the position.
    """

    row: int
    before: Station
    after: Station
    fields: tuple[str, ...]

    def shown(self) -> Iterator[tuple[str, Any, Any]]:
        """Iterate over field, old and new value; private values are not told."""
        for name in self.fields:
            if name == "geometry":
                yield name, self.before.position, self.after.position
            elif name in PRIVATE_FIELDS:
                yield name, "…", "…"
            else:
                old, new = self.before.properties, self.after.properties
                yield name, getattr(old, name), getattr(new, name)


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import would do; nothing has been done.

    Attributes
    ----------
    new
        Stations that the registry does not have.
    changed
        Stations that differ, with their fields.
    unchanged
        Ids of stations of which the file says nothing new.
    absent
        Ids of stations in the registry that the file does not mention; they stay.
    rejected, warnings
        Rows that stay out, and what else a clerk should know; in the order of the rows.
    ignored_columns
        Columns that nothing was taken from.
    columns
        Column -> field, as understood.
    datum
        Canonical datum of the positions; ``by row`` where only the rows say it; empty without
        positions.
    unknown_hours
        How many of the file's accepted stations have no known opening hours afterwards.
    revision
        The revision of the registry that the file was compared with.
    """

    new: tuple[Station, ...]
    changed: tuple[RecordDiff, ...]
    unchanged: tuple[str, ...]
    absent: tuple[str, ...]
    rejected: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    ignored_columns: tuple[str, ...]
    columns: dict[str, str]
    datum: str
    unknown_hours: int
    revision: int

    def change(self) -> Change:
        """Return what to apply: ``store.apply(plan.change(), expected_revision=plan.revision)``."""
        return Change(put=(*self.new, *(diff.after for diff in self.changed)))


def plan_import(
    path: Path | str,
    *,
    against: Snapshot,
    datum: str | None = None,
    mapping: Mapping | None = None,
    id_prefix: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> ImportPlan:
    """Compare a file with the registry.

    Parameters
    ----------
    path
        CSV, Excel, OpenDocument, GeoJSON, GeoPackage, shapefile (also zipped) or KML; its ending
        says which.
    against
        The registry as it is.
    datum
        What the file's positions are in, as `geodata.datum.normalise` takes it. It goes before
        the mapping's and before what a layer with geographic coordinates says of itself.
    mapping
        What the columns mean where the vocabulary does not know them.
    id_prefix
        Set before every code of the file that does not begin with it; goes before the mapping's.
    progress
        Called with the number of rows done and of all rows.

    Raises
    ------
    ImportFileError
        If the file cannot be imported as a whole, or nobody says which datum its positions are in.
    """
    mapping = mapping or Mapping()
    stated = _normalised(datum) if datum else mapping.datum
    prefix = id_prefix or mapping.id_prefix
    table = read_table(path, mapping)
    layout = understand(table, mapping)
    source, problems = find_source(table, layout, stated)
    reader = RowReader(table, layout, source, mapping, id_prefix=prefix)
    builder = RecordBuilder(table, layout, source, mapping)
    comparison = _Comparison(against, builder, prefix)
    done = 0
    for start in range(0, len(table.rows), _CHUNK):
        chunk = [reader.read(row) for row in table.rows[start : start + _CHUNK]]
        _convert(chunk)
        for draft in chunk:
            comparison.add(draft)
        done += len(chunk)
        if progress is not None:
            progress(done, len(table.rows))
    general = [*table.problems, *layout.problems, *_units(layout), *problems, *reader.problems()]
    return comparison.plan(general, _columns(table, layout, source), source)


def _normalised(datum: str) -> str:
    try:
        return datums.normalise(datum)
    except DatumError as error:
        raise file_error("datum", reason=error) from error


def _convert(drafts: list[Draft]) -> None:
    """Give every draft that states a position its WGS84 position, or its rejection."""
    placed = [draft for draft in drafts if draft.fix is not None and draft.rejection is None]
    fixes = [(draft.number, draft.fix) for draft in placed if draft.fix is not None]
    for draft, position in zip(placed, convert(fixes), strict=True):
        if isinstance(position, Problem):
            draft.rejection = position
        else:
            draft.position = position


def _units(layout: Layout) -> list[Problem]:
    return [
        warning(
            "unit",
            None,
            column.field,
            column=shown(column.name),
            factor=f"{column.factor:g}",
            word=column.field,
        )
        for column in layout.columns
        if column.factor != 1
    ]


def _columns(
    table: Table, layout: Layout, source: Source
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the columns as understood and those left out."""
    unused = {
        column.name
        for column in layout.columns
        if column.field in {"lon", "lat", "position"} and column not in source.columns
    }
    understood = {
        column.name: column.field for column in layout.columns if column.name not in unused
    }
    ignored = unused | set(layout.ignored)
    return understood, tuple(name for name in table.columns if name in ignored)


class _Comparison:
    """Collects the difference row by row."""

    def __init__(self, against: Snapshot, builder: RecordBuilder, prefix: str | None) -> None:
        self._against = against
        self._builder = builder
        self._prefix = prefix
        self._held = {station.id: station for station in against.stations}
        self._by_identity: dict[str, list[str]] = {}
        for station in against.stations:
            self._by_identity.setdefault(identity_of(station), []).append(station.id)
        self._first_row: dict[str, int] = {}
        self._new: list[Station] = []
        self._changed: list[RecordDiff] = []
        self._unchanged: list[str] = []
        self._rejected: list[Problem] = []
        self._warnings: list[Problem] = []
        self._unknown_hours = 0

    def add(self, draft: Draft) -> None:
        """Compare one row with the registry."""
        problem = draft.rejection or self._place(draft)
        if problem is not None:
            if draft.station_id is not None:
                self._first_row.setdefault(draft.station_id, draft.number)
            keeps_out = problem.severity == "rejected"
            (self._rejected if keeps_out else self._warnings).append(problem)
            return
        self._warnings.extend(draft.problems)

    def _place(self, draft: Draft) -> Problem | None:
        """Put a row where it belongs; return why it belongs nowhere."""
        found = self._station_id(draft)
        if isinstance(found, Problem):
            return found
        first = self._first_row.setdefault(found, draft.number)
        if first != draft.number:
            key = "duplicate_place" if draft.station_id is None else "duplicate_id"
            return rejected(key, draft.number, "id", word=shown(found), first=first)
        if found in self._against.retired_ids:
            return rejected("retired_id", draft.number, "id", word=shown(found))
        before = self._held.get(found)
        after = self._builder.build(draft, found, before)
        if isinstance(after, Problem):
            return after
        self._unknown_hours += after.properties.opening_hours is None
        if before is None:
            self._new.append(after)
        elif model.same_content(before, after):
            self._unchanged.append(found)
        else:
            self._changed.append(RecordDiff(draft.number, before, after, _differing(before, after)))
        return None

    def _station_id(self, draft: Draft) -> str | Problem:
        """Return the code of a row: its own, that of the same place, or a made-up one."""
        values = draft.values
        where = (values.get(part) for part in ("address", "district", "township"))
        key = identity(str(values.get("name", "")), *(str(part or "") for part in where))
        known = self._by_identity.get(key, []) if values.get("name") else []
        if draft.station_id is not None:
            if draft.station_id not in self._held and known:
                draft.problems.append(warning("same_place", draft.number, "id", word=listed(known)))
            return draft.station_id
        if len(known) > 1:
            return rejected("several_matches", draft.number, "id", word=listed(known))
        return known[0] if known else made_up_id(key, self._prefix)

    def plan(
        self,
        general: list[Problem],
        columns: tuple[dict[str, str], tuple[str, ...]],
        source: Source,
    ) -> ImportPlan:
        """Return the whole difference."""
        understood, ignored = columns
        kept_out = [problem for problem in general if problem.severity == "rejected"]
        kept_out = sorted([*kept_out, *self._rejected], key=lambda problem: problem.row or 0)
        general = [problem for problem in general if problem.severity == "warning"]
        nowhere = "" if source.kind == "none" else "by row"
        return ImportPlan(
            new=tuple(self._new),
            changed=tuple(self._changed),
            unchanged=tuple(self._unchanged),
            absent=tuple(name for name in self._held if name not in self._first_row),
            rejected=tuple(kept_out),
            warnings=(*general, *self._warnings),
            ignored_columns=ignored,
            columns=understood,
            datum=source.datum or nowhere,
            unknown_hours=self._unknown_hours,
            revision=self._against.revision,
        )


def _differing(before: Station, after: Station) -> tuple[str, ...]:
    moved = ("geometry",) if before.geometry != after.geometry else ()
    return moved + tuple(
        name
        for name in model.CONTENT_FIELDS
        if getattr(before.properties, name) != getattr(after.properties, name)
    )
