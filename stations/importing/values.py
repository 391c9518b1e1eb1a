"""Which reader a field has, and how much text it holds."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
from msgspec import inspect as msgspec_inspect

from stations.importing.facilities import read_facilities, read_facility, read_facility_dates
from stations.importing.readings import (
    AREA_UNITS,
    MONEY_UNITS,
    Reading,
    complain,
    read_adcode,
    read_code,
    read_codes,
    read_count,
    read_date,
    read_district,
    read_flag,
    read_number,
    read_phone,
    read_photos,
    read_star,
    read_text,
    read_texts,
)
from stations.model import Properties

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@functools.cache
def longest(field: str) -> int:
    """Return how many characters the record's `field` holds."""
    type_ = next(f.type for f in _struct_fields(Properties) if f.encode_name == field)
    members = type_.types if isinstance(type_, msgspec_inspect.UnionType) else (type_,)
    lengths = [m.max_length for m in members if isinstance(m, msgspec_inspect.StrType)]
    return lengths[0] or 0


def _struct_fields(struct: type[msgspec.Struct]) -> tuple[msgspec_inspect.Field, ...]:
    info = msgspec_inspect.type_info(struct)
    return info.fields if isinstance(info, msgspec_inspect.StructType) else ()


class How(NamedTuple):
    """How a column is read: own words of its list, factor of its unit, separator of its items."""

    field: str
    words: Mapping[str, str]
    factor: float = 1
    split: str | None = None


_LIST_OF: Final = {"facilities_verified": "facilities"}
_OF_OBJECTS: Final = frozenset({"facilities", "facilities_verified"})
_DATES: Final = ("status_since", "valid_from", "valid_to", "opened_on", "verified_on")
_READERS: Final[dict[str, Callable[[object, How], Reading]]] = {
    "facilities": lambda value, how: read_facilities(value, how.words, how.split),
    "facilities_verified": lambda value, how: read_facility_dates(value, how.words),
    "services": lambda value, how: read_codes(value, how.field, how.words, how.split),
    "serves": lambda value, how: read_codes(value, how.field, how.words, how.split),
    "kind": lambda value, how: read_code(value, how.field, how.words),
    "status": lambda value, how: read_code(value, how.field, how.words),
    "host_kind": lambda value, how: read_code(value, how.field, how.words),
    "build_mode": lambda value, how: read_code(value, how.field, how.words),
    "labels": lambda value, how: read_texts(value, how.split),
    "photos": lambda value, how: read_photos(value, how.split),
    "area_m2": lambda value, how: read_number(value, AREA_UNITS, how.factor),
    "invested_cny": lambda value, how: read_number(value, MONEY_UNITS, how.factor),
    "capacity": lambda value, _: read_count(value),
    "star": lambda value, _: read_star(value),
    "mobile": lambda value, _: read_flag(value),
    "adcode": lambda value, _: read_adcode(value),
    "district": lambda value, how: read_district(value, limit=longest(how.field)),
    "phone": lambda value, how: read_phone(value, limit=longest(how.field)),
    "manager_phone": lambda value, how: read_phone(value, limit=longest(how.field)),
    "notes": lambda value, how: read_text(value, limit=longest(how.field), lines=True),
    **dict.fromkeys(_DATES, lambda value, _: read_date(value)),
}


def read_field(
    field: str,
    value: object,
    words: Mapping[str, Mapping[str, str]],
    *,
    factor: float = 1,
    split: str | None = None,
) -> Reading:
    """Read a cell of `field`, any but id, position, hours and access.

    Parameters
    ----------
    field
        A field of the record or ``facilities.<code>``.
    value
        The cell, not blank.
    words
        The mapping file's own words by list.
    factor
        What the header's unit multiplies figures by.
    split
        What separates the items of a list, None for the usual separators.
    """
    head, _, code = field.partition(".")
    if code:
        return read_facility(value, code)
    if isinstance(value, dict) and head not in _OF_OBJECTS:
        return Reading(None, (complain("unknown_word", word="{…}"),))
    reader = _READERS.get(field)
    if reader is None:
        return read_text(value, limit=longest(field))
    own = words.get(_LIST_OF.get(head, head), {})
    return reader(value, How(field, own, factor, split))
