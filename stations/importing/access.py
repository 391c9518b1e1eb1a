"""How one gets in: ``扫码``, or ``08:00-22:00有人值守，其余时间扫码``, as access bands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from stations import hours
from stations.importing.readings import Complaint, Reading
from stations.importing.text import text_of
from stations.vocabulary import code_of, fold

if TYPE_CHECKING:
    from collections.abc import Mapping

_PARTS: Final = re.compile(r"[，,;；。、|\n]+")
_REST: Final = re.compile(r"^(?:其余|其他|其它|剩余)(?:时间|时段|时候)?(?:为|可|需|均|则)?")
_LINK: Final = re.compile(r"^[:：为可需由是]+|[:：为可需由是]+$")
_RANGE: Final = re.compile(r"^(\d{2}:\d{2})-(\d{2}:\d{2})$")
_SIMPLE_HOURS: Final = re.compile(
    r"^[\d:：.\-–—~～至到点时分半早上午下晚中夜间凌晨次日每天周一二三四五六七日末 ]+"
)


class _Band(NamedTuple):
    mode: str
    hours: str | None


def read_access(value: object, words: Mapping[str, str]) -> Reading:
    """Read a statement of access; taken only if every part of it is certain.

    Returns
    -------
    Reading
        Its value is a list of objects as the record's ``access`` holds them.
    """
    if isinstance(value, dict):
        value = [value]
    if isinstance(value, (list, tuple)) and all(isinstance(item, dict) for item in value):
        return Reading([dict(item) for item in value])
    text = text_of(value)
    written = _as_exported(text, words)
    if written is not None:
        return Reading([_as_object(band) for band in written])
    bands: list[_Band] = []
    for part in _PARTS.split(text):
        if not part.strip():
            continue
        band = _band(part.strip(), bands, words)
        if band is None:
            return Reading(None, (Complaint("access_unread", (("word", text),)),))
        if band not in bands:
            bands.append(band)
    return Reading([_as_object(band) for band in bands] or None)


def _as_exported(text: str, words: Mapping[str, str]) -> list[_Band] | None:
    """Return the bands of ``mode hours；mode hours`` with hours in OSM syntax, as we export it."""
    bands = []
    for part in text.split("；"):
        tokens = part.split()
        ends = range(len(tokens), 0, -1)
        found = next(
            (
                _Band(mode, " ".join(tokens[end:]) or None)
                for end in ends
                if (mode := _mode(" ".join(tokens[:end]), words))
                and (end == len(tokens) or is_osm(" ".join(tokens[end:])))
            ),
            None,
        )
        if found is None:
            return None
        bands.append(found)
    return bands


def is_osm(text: str) -> bool:
    """Whether a text is opening hours in OSM syntax."""
    try:
        hours.parse(text)
    except hours.HoursError:
        return False
    return True


def _band(part: str, before: list[_Band], words: Mapping[str, str]) -> _Band | None:
    mode = _mode(part, words)
    if mode:
        return _Band(mode, None)
    if rest := _REST.match(part):
        mode = _mode(part[rest.end() :], words)
        free = _complement(before)
        return _Band(mode, free) if mode and free else None
    if when := _SIMPLE_HOURS.match(part):
        mode = _mode(part[when.end() :], words)
        times = hours.to_osm(when[0].strip(" :："))
        return _Band(mode, times) if mode and times else None
    return None


def _mode(word: str, words: Mapping[str, str]) -> str | None:
    word = _LINK.sub("", word.strip(" ()（）"))
    return words.get(fold(word)) or code_of("access", word)


def _complement(bands: list[_Band]) -> str | None:
    """Return the rest of the day beside one plain daily range; None where it is not that simple."""
    if len(bands) != 1 or not (match := _RANGE.match(bands[0].hours or "")):
        return None
    start, end = match.groups()
    end = "00:00" if end == "24:00" else end
    return f"{end}-{start}" if start != end else None


def _as_object(band: _Band) -> dict[str, Any]:
    return {"mode": band.mode} if band.hours is None else {"mode": band.mode, "hours": band.hours}
