"""What a sheet says of facilities: lists with negations, counts, columns of their own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from stations.importing.readings import (
    STRONG,
    YES,
    Complaint,
    Reading,
    code_for,
    complain,
    items_of,
    known_parts,
    read_date,
    unreadable,
    yes_or_no,
)
from stations.importing.text import is_blank, text_of
from stations.vocabulary import FACILITY_CODES, code_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_COUNTED: Final = re.compile(r"^(.+?)[×xX*]?\s*(\d+)\s*[台个张把套部组件只盒间处]?$")
_STATED: Final = re.compile(
    r"^(.+?)\s*[:：(（]?\s*(有|无|是|否|√|×|✓|✗|yes|no|true|false)\s*[)）]?$", re.IGNORECASE
)
_NOT: Final = re.compile(
    r"^(?:没有|未配备|未配|未设|不提供|不含|没|无|缺|no |without |× ?|✗ ?)(.+)$", re.IGNORECASE
)


def read_facilities(value: object, words: Mapping[str, str], split: str | None = None) -> Reading:
    """Read a list of facilities with negations, or an object of yes and no: code -> bool."""
    if isinstance(value, dict):
        return _facility_object(value, words)
    found: dict[str, bool] = {}
    complaints = []
    contrary = set()
    for item in items_of(value, split, STRONG):
        meanings = known_parts(item, lambda part: _facility(part, words), split)
        if meanings is None:
            complaints.append(complain("unknown_word", word=item))
        for code, there in meanings or ():
            if found.setdefault(code, there) != there:
                contrary.add(code)
    complaints += [complain("contradiction", word=code) for code in sorted(contrary)]
    kept = {code: there for code, there in found.items() if code not in contrary}
    return Reading(kept or None, tuple(complaints))


def _facility_object(value: dict[Any, Any], words: Mapping[str, str]) -> Reading:
    found = {}
    complaints = []
    for key, stated in value.items():
        code = code_for("facilities", str(key), words)
        there = yes_or_no(stated)
        if code is None:
            complaints.append(complain("unknown_word", word=str(key)))
        elif there is not None:
            found[code] = there
        elif not is_blank(stated):
            complaints.append(complain("unknown_word", word=f"{key}: {text_of(stated)}"))
    return Reading(found or None, tuple(complaints))


def _facility(item: str, words: Mapping[str, str]) -> tuple[str, bool] | None:
    code = code_for("facilities", item, words)
    if code:
        return code, True
    if (match := _NOT.match(item)) and (code := code_for("facilities", match[1], words)):
        return code, False
    if (match := _STATED.match(item)) and (code := code_for("facilities", match[1], words)):
        return code, match[2].casefold() in YES
    if (match := _COUNTED.match(item)) and (code := code_for("facilities", match[1], words)):
        return code, int(match[2]) > 0
    bare = re.sub(r"[(（][^)）]*[)）]$", "", item)
    if bare != item and (code := code_for("facilities", bare, words)):
        return code, True
    return None


def read_facility(value: object, code: str) -> Reading:
    """Read the cell of a facility's own column: yes, no, or how many there are."""
    there = yes_or_no(value)
    if there is None:
        match = re.fullmatch(r"(\d+)(?:\.0+)?\s*[台个张把套部组件只盒间处]?", text_of(value))
        if match:
            there = int(match[1]) > 0
        elif code_of("facilities", text_of(value)) == code:
            there = True
    return unreadable(value, "yes or no") if there is None else Reading({code: there})


def read_facility_dates(value: object, words: Mapping[str, str]) -> Reading:
    """Read when facilities were verified: facility and date in pairs, or one date for the row."""
    if isinstance(value, dict):
        pairs = [(str(word), day) for word, day in value.items()]
    else:
        whole = read_date(value)
        if whole.value is not None:
            return Reading(dict.fromkeys(FACILITY_CODES, whole.value))
        pairs = [(item, item) for item in items_of(value, None, STRONG)]
        pairs = [(word.rpartition(" ")[0], day.rpartition(" ")[2]) for word, day in pairs]
    dates = {}
    complaints: list[Complaint] = []
    for word, day in pairs:
        code, reading = code_for("facilities", word, words), read_date(day)
        if code is None or reading.value is None:
            complaints += reading.complaints or [complain("unknown_word", word=word)]
        else:
            dates[code] = reading.value
    return Reading(dates or None, tuple(complaints))
