"""From a row to a record: what the row says, laid over what the registry holds."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import TYPE_CHECKING, Any, Final

import msgspec

from stations import hours, model
from stations.errors import RecordError
from stations.importing.access import is_osm
from stations.importing.messages import Problem, rejected, shown, warning
from stations.importing.positions import DECIMALS

if TYPE_CHECKING:
    from stations.importing.layout import Layout
    from stations.importing.mapping import Mapping
    from stations.importing.positions import Source
    from stations.importing.rows import Draft
    from stations.importing.table import Table
    from stations.model import Station

_HOURS: Final = frozenset({"opening_hours", "hours_text"})
_AT_FIELD: Final = re.compile(r"`\$\.properties\.(\w+)")


class RecordBuilder:
    """Lays what rows of one table say over what the registry holds."""

    def __init__(self, table: Table, layout: Layout, source: Source, mapping: Mapping) -> None:
        self._registry = table.registry
        self._recorded = source.recorded
        self._clear_empty = mapping.clear_empty
        self._fields = frozenset(column.field for column in layout.columns)
        osm, text = layout.of("opening_hours"), layout.of("hours_text")
        # Beside the hours as written, or under its own key, the column holds OSM syntax.
        self._hours_are_osm = osm is not None and (osm.plain or text is not None)
        self._both_hours = osm is not None and text is not None
        named = text or osm
        self._hours_column = named.name if named else "hours_text"

    def build(self, draft: Draft, station_id: str, before: Station | None) -> Station | Problem:
        """Return the record after the import; adds to the draft's warnings.

        Fields that the row does not state stay as they are in `before`.
        """
        if before is None and not draft.values.get("name"):
            return rejected("no_name", draft.number, "name")
        held: dict[str, Any] = msgspec.to_builtins(before.properties) if before else {}
        properties = dict(held)
        if before is not None:
            self._clear(properties, draft.cleared)
        values = dict(draft.values)
        if not self._registry:
            self._resolve_hours(draft, values, before)
        self._keep_access_text(values, held)
        replace = self._clear_empty
        for name in ("facilities", "facilities_verified"):
            if isinstance(values.get(name), dict) and not replace:
                values[name] = {**held.get(name, {}), **values[name]}
        properties.update(values)
        point = self._place(draft, before, properties)
        return _checked(draft, station_id, point, properties, held)

    def _clear(self, properties: dict[str, Any], cleared: set[str]) -> None:
        for name in cleared:
            head, _, code = name.partition(".")
            if head == "position":
                for part in ("source_datum", "source_position"):
                    properties.pop(part, None)
            elif code:
                facilities = dict(properties.get("facilities", {}))
                facilities.pop(code, None)
                properties["facilities"] = facilities
            elif head != "name":
                properties.pop(head, None)
        if cleared & _HOURS and not (_HOURS - cleared) & self._fields:
            for part in _HOURS:
                properties.pop(part, None)

    def _resolve_hours(self, draft: Draft, values: dict[str, Any], before: Station | None) -> None:
        """Turn hours as written into OSM syntax; what cannot be read stays as text."""
        stated = values.pop("opening_hours", None)
        text = values.get("hours_text")
        if stated is not None and self._hours_are_osm and is_osm(stated):
            values["opening_hours"] = stated
            return
        text = text or stated
        if text is None:
            return
        values["hours_text"] = text
        held = before.properties if before else None
        if held and held.hours_text == text and (held.opening_hours or self._both_hours):
            return  # read before, or corrected by hand since
        found = hours.to_osm(text) or (text if text.isascii() and is_osm(text) else None)
        values["opening_hours"] = found
        if found is None:
            draft.problems.append(
                warning(
                    "hours_unread",
                    draft.number,
                    "opening_hours",
                    column=shown(self._hours_column),
                    word=shown(text),
                )
            )

    def _keep_access_text(self, values: dict[str, Any], held: dict[str, Any]) -> None:
        text = values.pop("access_text", None)
        if text is None:
            return
        line = f"进入方式：{text}"
        notes = values.get("notes", held.get("notes"))
        if line not in (notes or "").split("\n"):
            values["notes"] = f"{notes}\n{line}" if notes else line

    def _place(
        self, draft: Draft, before: Station | None, properties: dict[str, Any]
    ) -> tuple[float, float] | None:
        """Return the position of the record and set where it came from."""
        held = before.position if before else None
        if draft.position is None:
            if held is None and before is None:
                draft.problems.append(warning("no_position", draft.number, "position"))
            return None if "position" in draft.cleared else held
        if held is not None and _same_place(held, draft.position):
            return held  # nothing new, so what it came from stays as well
        if self._registry and draft.fix is not None:
            return draft.fix.x, draft.fix.y
        if draft.fix is not None and not self._recorded:
            plain = draft.fix.datum == "wgs84"
            properties["source_datum"] = draft.fix.datum
            properties["source_position"] = None if plain else (draft.fix.x, draft.fix.y)
        return draft.position


def _same_place(a: tuple[float, float], b: tuple[float, float]) -> bool:
    return all(round(x, DECIMALS) == round(y, DECIMALS) for x, y in zip(a, b, strict=True))


def _checked(
    draft: Draft,
    station_id: str,
    point: tuple[float, float] | None,
    properties: dict[str, Any],
    held: dict[str, Any],
) -> Station | Problem:
    """Return the record if it keeps the schema, without optional values that break it."""
    geometry = None if point is None else {"type": "Point", "coordinates": point}
    feature = {"type": "Feature", "id": station_id, "geometry": geometry}
    while True:
        stated = {name: value for name, value in properties.items() if value is not None}
        try:
            return model.from_dict({**feature, "properties": stated})
        except RecordError as error:
            place = _AT_FIELD.search(str(error))
            name = place[1] if place else ""
            if name not in stated or name == "name" or stated[name] == held.get(name):
                return rejected("bad_record", draft.number, name or None, word=str(error))
            draft.problems.append(
                warning("out_of_range", draft.number, name, column=name, word=shown(stated[name]))
            )
            properties = {**properties, name: held.get(name)}


# -- which station a row is ----------------------------------------------------------------------


def identity(name: str, address: str, district: str, township: str) -> str:
    """What tells a station without a code from others: name and address, or else its district.

    Width, case and spaces do not count; a hyphen does (``3-1号`` is not ``31号``).
    """
    where = address or district + township
    parts = (unicodedata.normalize("NFKC", part).casefold() for part in (name, where))
    return "\n".join(re.sub(r"\s+", "", part) for part in parts)


def identity_of(station: Station) -> str:
    """Return the identity of a record; see `identity`."""
    p = station.properties
    return identity(p.name, p.address or "", p.district or "", p.township or "")


def made_up_id(key: str, prefix: str | None) -> str:
    """Return the code of a station that has none: the same for the same identity, always."""
    digest = hashlib.blake2b(key.encode(), digest_size=6).hexdigest()
    return f"{prefix or 's-'}{digest}"
