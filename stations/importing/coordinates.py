"""Coordinates as people write them: decimal degrees, minutes and seconds, named axes, pairs."""

from __future__ import annotations

import math
import re
import unicodedata
from typing import TYPE_CHECKING, Final, NamedTuple

from stations.importing.text import text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_NUMBER = r"[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?"
_DECIMAL: Final = re.compile(rf"^({_NUMBER})\s*(?:°|度)?$", re.IGNORECASE)
_DMS: Final = re.compile(
    r"^(\d{1,3})\s*(?:°|º|度|d|:)\s*(\d{1,2}(?:\.\d+)?)\s*(?:'|′|’|分|m|:)?"
    r"(?:\s*(\d{1,2}(?:\.\d+)?)\s*(?:\"|″|”|''|′′|秒|s)?)?$",
    re.IGNORECASE,
)
_SIDES: Final = (
    ("东经", "lon", 1),
    ("西经", "lon", -1),
    ("北纬", "lat", 1),
    ("南纬", "lat", -1),
    ("E", "lon", 1),
    ("W", "lon", -1),
    ("N", "lat", 1),
    ("S", "lat", -1),
)
_WKT: Final = re.compile(r"^POINT\s*Z?\s*\((.*)\)$", re.IGNORECASE)
_AXES_OF_OBJECTS: Final = (("lon", "lng", "longitude"), ("lat", "latitude"))


class Angle(NamedTuple):
    """A coordinate, and the axis where its text names one (``E``, ``北纬``)."""

    degrees: float
    axis: str | None = None


def read_angle(value: object) -> Angle | None:
    """Read one coordinate: a number, decimal degrees or degrees, minutes and seconds."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return Angle(float(value)) if math.isfinite(value) else None
    text = unicodedata.normalize("NFKC", text_of(value)).strip()
    axis, sign = None, 1
    for mark, its_axis, its_sign in () if _DECIMAL.match(text) else _SIDES:
        if text.upper().startswith(mark) or text.upper().endswith(mark):
            front = text.upper().startswith(mark)
            text = (text[len(mark) :] if front else text[: -len(mark)]).strip(": ")
            axis, sign = its_axis, its_sign
            break
    if match := _DECIMAL.match(text):
        number = float(match[1])
        return Angle(sign * number, axis) if math.isfinite(number) else None
    if match := _DMS.match(text):
        minutes, seconds = float(match[2]), float(match[3] or 0)
        if minutes >= 60 or seconds >= 60:
            return None
        return Angle(sign * (int(match[1]) + minutes / 60 + seconds / 3600), axis)
    return None


def read_position(value: object) -> tuple[float, float] | None:
    """Read longitude and latitude, in this order unless the text names its axes."""
    if isinstance(value, (list, tuple)):
        parts: Sequence[object] = value
    elif isinstance(value, dict):
        parts = [next((value[k] for k in keys if k in value), "") for keys in _AXES_OF_OBJECTS]
    else:
        text = text_of(value)
        wkt = _WKT.match(text)
        text = (wkt[1] if wkt else text).strip("()[]（）")
        parts = [part for part in re.split(r"[,，;；、|/]", text) if part.strip()]
        if len(parts) == 1:
            parts = text.split()
    angles = [read_angle(part) for part in parts[:2]]
    if len(parts) not in {2, 3} or None in angles:
        return None
    first, second = (angle for angle in angles if angle is not None)
    if (first.axis, second.axis) == ("lat", "lon"):
        first, second = second, first
    elif (first.axis, second.axis) not in {(None, None), ("lon", "lat")}:
        return None
    return first.degrees, second.degrees
