"""Who may go where, and how fast: on foot or by electric bicycle, from OpenStreetMap tags.

What a tag means is what the OpenStreetMap wiki says on the pages Key:access, Key:highway,
Key:barrier, Key:oneway, Key:conveying, Key:incline and OSM tags for routing/Access restrictions.
Of the keys that speak of access, the most specific one with a known value decides; where none
speaks, the kind of street does. Streets for ``customers``, ``destination`` and ``delivery`` are
open, since people who work outdoors go there; ``private``, ``permit`` and the like are closed.

Speeds on foot are fractions of that on a level, hard street:

* Steps: a half, the horizontal speeds of J. J. Fruin, Pedestrian Planning and Design (1971).
* Slopes: the hiking function of W. Tobler, Three Presentations on Geographical Analysis and
  Modeling (NCGIA 93-1, 1993), scaled to 1 on the level, so that up and down differ.
* Soft ground: one over the root of the terrain coefficient of R. G. Soule and R. F. Goldman
  (J. Appl. Physiol. 32 (1972), 706-708), which is the speed at the same effort: 1.1 for a dirt
  road, 1.2 for light brush, 1.8 for a bog, 2.1 for loose sand.

China's electric bicycles are no motor vehicles: the rules are those of bicycles. They are ridden
where one may ride, at the same speed on slopes, and pushed where one may only walk, except up
steps; ``bicycle=no`` forbids both. Nobody goes against a one-way street unless it is on foot.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from geodata.network.streets import Tags

KEYS: Final = frozenset({
    "access",
    "barrier",
    "bicycle",
    "bicycle:backward",
    "bicycle:forward",
    "conveying",
    "cycleway",
    "cycleway:both",
    "cycleway:left",
    "cycleway:right",
    "electric_bicycle",
    "foot",
    "foot:backward",
    "foot:forward",
    "highway",
    "incline",
    "junction",
    "locked",
    "man_made",
    "motorroad",
    "oneway",
    "oneway:bicycle",
    "oneway:foot",
    "railway",
    "surface",
    "vehicle",
})  # fmt: skip
"""Every key that a profile reads; a reader of streets need keep no other."""

_FOOT: Final = ("foot", "access")
_BICYCLE: Final = ("electric_bicycle", "bicycle", "vehicle", "access")
_YES: Final = frozenset({
    "yes", "designated", "official", "permissive", "public", "destination", "customers",
    "delivery", "discouraged",
})  # fmt: skip
_NO: Final = frozenset({
    "no", "private", "permit", "residents", "employees", "restricted", "use_sidepath", "military",
    "emergency", "agricultural", "forestry", "dismount",
})  # fmt: skip

# How fast an electric bicycle is ridden, as a fraction of its speed on a road.
_ROADS: Final = {
    **{
        f"{kind}{link}": 1.0
        for kind in ("trunk", "primary", "secondary", "tertiary")
        for link in ("", "_link")
    },
    "unclassified": 1.0,
    "residential": 1.0,
    "road": 1.0,
    "cycleway": 1.0,
    "living_street": 0.7,
    "service": 0.7,
    "track": 0.7,
    "path": 0.7,
}
# These are ridden only where a tag permits it.
_FOOTWAYS: Final = {
    **dict.fromkeys(("footway", "pedestrian", "bridleway", "crossing", "platform", "pier"), 0.6),
    "busway": 1.0,
}
_ON_FOOT: Final = {
    **dict.fromkeys((*_ROADS, *_FOOTWAYS, "corridor", "elevator"), 1.0),
    "steps": 0.5,
}
KINDS: Final = frozenset(_ON_FOOT)
"""Every value of ``highway`` that a profile may use; others are closed whatever else is said."""

_CLOSED_KINDS: Final = frozenset({"busway"})

_DIRT, _BRUSH, _BOG, _SAND = (1 / math.sqrt(terrain) for terrain in (1.1, 1.2, 1.8, 2.1))
_WALKED: Final = {
    **dict.fromkeys(("unpaved", "dirt", "earth", "ground", "fine_gravel", "woodchips"), _DIRT),
    **dict.fromkeys(("gravel", "pebblestone", "rock", "stone", "grass", "snow"), _BRUSH),
    "mud": _BOG,
    "sand": _SAND,
}
_RIDDEN: Final = {
    **dict.fromkeys(("compacted", "fine_gravel", "sett"), 0.9),
    **dict.fromkeys(("cobblestone", "unhewn_cobblestone", "unpaved", "dirt", "earth"), 0.7),
    **dict.fromkeys(("ground", "grass", "gravel", "pebblestone", "woodchips"), 0.7),
    **dict.fromkeys(("mud", "sand", "rock", "stone", "snow"), 0.4),
}

_WALLS: Final = frozenset({"wall", "fence", "hedge", "city_wall", "retaining_wall"})
_TOO_NARROW: Final = frozenset({
    "stile", "turnstile", "full-height_turnstile", "kissing_gate", "ladder",
})  # fmt: skip
_FORWARD: Final = frozenset({"yes", "true", "1"})
_BACKWARD: Final = frozenset({"-1", "reverse"})
_ROUND: Final = frozenset({"roundabout", "circular"})
_CYCLEWAYS: Final = ("cycleway", "cycleway:left", "cycleway:right", "cycleway:both")

_INCLINE: Final = re.compile(r"\s*([+-]?\d{1,3}(?:\.\d{1,9})?)\s*(%|°)?\s*")
# A tag that claims a steeper street than this one is read as this one.
_STEEPEST: Final = 0.5


@dataclass(frozen=True)
class Profile:
    """A way of moving; another speed is had with `dataclasses.replace`.

    Attributes
    ----------
    name
        The rules that it obeys.
    speed_m_s
        On a level, hard street, metres per second.
    link_m_s
        On foot from a point to the nearest street, and of who pushes a bicycle.
    """

    name: Literal["walk", "ebike"]
    speed_m_s: float
    link_m_s: float

    def speeds(self, tags: Tags) -> tuple[float, float]:
        """Metres per second forward and backward along a line; 0.0 where one may not go."""
        if self.name == "walk":
            return _on_foot(tags, self.speed_m_s)
        ridden = _ridden(tags, self.speed_m_s)
        return ridden if any(ridden) else _pushed(tags, self.link_m_s)

    def passes(self, gate_tags: Tags) -> bool:
        """Whether one gets through a vertex with these tags of a barrier."""
        barrier = gate_tags.get("barrier")
        usual = barrier not in _WALLS and gate_tags.get("locked") != "yes"
        on_foot = _permitted(gate_tags, _FOOT, usual=usual)
        if self.name == "walk":
            return on_foot
        ridden = _permitted(gate_tags, _BICYCLE, usual=usual and barrier not in _TOO_NARROW)
        return ridden or (on_foot and barrier not in _TOO_NARROW and _may_push(gate_tags))


WALK: Final = Profile("walk", 1.3, 1.3)
EBIKE: Final = Profile("ebike", 4.2, 1.3)
PROFILES: Final = {profile.name: profile for profile in (WALK, EBIKE)}


def _on_foot(tags: Tags, speed_m_s: float) -> tuple[float, float]:
    kind = _kind(tags)
    if kind not in _ON_FOOT or tags.get("motorroad") == "yes":
        return 0.0, 0.0
    if not _permitted(tags, _FOOT, usual=kind not in _CLOSED_KINDS):
        return 0.0, 0.0
    speed_m_s *= _ON_FOOT[kind] * _WALKED.get(tags.get("surface", ""), 1.0)
    slope = 0.0 if kind == "steps" else _slope(tags)
    forward, backward = _ways_on_foot(tags)
    return forward * speed_m_s * _tobler(slope), backward * speed_m_s * _tobler(-slope)


def _ridden(tags: Tags, speed_m_s: float) -> tuple[float, float]:
    kind = _kind(tags)
    if tags.get("motorroad") == "yes" or not _permitted(tags, _BICYCLE, usual=kind in _ROADS):
        return 0.0, 0.0
    if kind in _FOOTWAYS and not any(tags.get(key) in _YES for key in _BICYCLE[:2]):
        return 0.0, 0.0
    speed_m_s *= _ROADS.get(kind, 0.0) or _FOOTWAYS.get(kind, 0.0)
    speed_m_s *= _RIDDEN.get(tags.get("surface", ""), 1.0)
    forward, backward = _ways_ridden(tags)
    return forward * speed_m_s, backward * speed_m_s


def _pushed(tags: Tags, speed_m_s: float) -> tuple[float, float]:
    if _kind(tags) == "steps" or not _may_push(tags):
        return 0.0, 0.0
    return _on_foot(tags, speed_m_s)


def _may_push(tags: Tags) -> bool:
    said = next((tags[key] for key in _BICYCLE[:2] if key in tags), "")
    return said == "dismount" or said not in _NO


def _kind(tags: Tags) -> str:
    """What the street is; a platform or a pier need not be a highway."""
    if "highway" in tags:
        return tags["highway"]
    if tags.get("railway") == "platform":
        return "platform"
    return "pier" if tags.get("man_made") == "pier" else ""


def _permitted(tags: Tags, keys: tuple[str, ...], *, usual: bool) -> bool:
    """What the first of `keys` with a known value says; `usual` where none has one."""
    for key in keys:
        said = tags.get(key)
        if said in _YES:
            return True
        if said in _NO:
            return False
    return usual


def _ways_on_foot(tags: Tags) -> tuple[bool, bool]:
    """Forward and backward: an escalator, and what is one-way for walkers by its own tag."""
    conveying = tags.get("conveying", "no")
    oneway = tags.get("oneway:foot") or (tags.get("oneway", "") if conveying != "no" else "")
    forward = oneway not in _BACKWARD and conveying != "backward"
    backward = oneway not in _FORWARD and conveying != "forward"
    return forward and tags.get("foot:forward") != "no", (
        backward and tags.get("foot:backward") != "no"
    )


def _ways_ridden(tags: Tags) -> tuple[bool, bool]:
    oneway = tags.get("oneway", "yes" if tags.get("junction") in _ROUND else "no")
    if any(tags.get(key, "").startswith("opposite") for key in _CYCLEWAYS):
        oneway = "no"
    oneway = tags.get("oneway:bicycle", oneway)
    said = tags.get("bicycle:forward"), tags.get("bicycle:backward")
    forward = said[0] in _YES or (oneway not in _BACKWARD and said[0] not in _NO)
    backward = said[1] in _YES or (oneway not in _FORWARD and said[1] not in _NO)
    return forward, backward


def _slope(tags: Tags) -> float:
    """Rise over run, forward; 0 where `incline` is no number (a bare one is per cent)."""
    found = _INCLINE.fullmatch(tags.get("incline", ""))
    if not found:
        return 0.0
    number = float(found[1])
    if found[2] == "°":
        number = 100 * math.tan(math.radians(max(-45.0, min(number, 45.0))))
    return max(-_STEEPEST, min(number / 100, _STEEPEST))


def _tobler(slope: float) -> float:
    """Speed on a slope over that on the level."""
    return math.exp(-3.5 * (abs(slope + 0.05) - 0.05))
