"""What an item of a norm may ask of a station: a closed vocabulary of three-valued checks.

A check answers ``met``, ``failed`` or ``unknown``. What the register does not say is unknown, never
failed. ``all`` and ``any`` join answers as Kleene's strong logic of three values does (S. C.
Kleene, Introduction to Metamathematics, 1952, section 64): ``all`` is failed once one is failed,
``any`` is met once one is met, and otherwise one unknown leaves the whole unknown.
"""

from __future__ import annotations

import difflib
import math
import reprlib
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import msgspec

from stations.errors import WorkspaceError
from stations.model import CONTENT_FIELDS
from stations.vocabulary import ACCESS_CODES, FACILITY_CODES, KIND_CODES, code_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

    from stations.model import Station

Verdict = Literal["met", "failed", "unknown"]
MAX_DEPTH = 6
"""How deep checks may be nested; nobody reads a rule that is deeper."""
ALWAYS_KNOWN = ("name", "kind", "status")
CODES: dict[str, tuple[str, ...]] = {
    "facility": FACILITY_CODES,
    "kind": KIND_CODES,
    "service": KIND_CODES,
    "access": ACCESS_CODES,
    "known": tuple(field for field in CONTENT_FIELDS if field not in ALWAYS_KNOWN),
    "position": ("trusted",),
}
"""Checks that take a code, and the codes they take."""
WHOLE: dict[str, tuple[int, int]] = {
    "min_capacity": (1, 1_000_000),
    "min_star": (1, 5),
    "facilities_at_least": (1, len(FACILITY_CODES)),
    "verified_within_days": (1, 10_000),
}
"""Checks that take a whole number, with its least and its greatest."""
MEASURES: dict[str, tuple[float, float]] = {
    "min_area_m2": (0.1, 1_000_000),
    "nearest_within_m": (1, 100_000),
}
"""Checks that take a number, with its least and its greatest."""
CHECKS = (*CODES, *WHOLE, *MEASURES, "on_site", "all", "any")
"""The whole vocabulary."""

_LISTS = {"facility": "facilities", "kind": "kind", "service": "kind", "access": "access"}
_VERDICTS: dict[bool | None, Verdict] = {True: "met", False: "failed", None: "unknown"}
_ABSENT: tuple[object, ...] = (None, (), {})


class Facts(NamedTuple):
    """What a station is judged by.

    Attributes
    ----------
    station
        The record.
    position_trusted
        Whether it is where its position says; None where nobody has looked.
    nearest_m
        Metres to the nearest other station in service, infinite where there is none; None where
        that is not known.
    today
        The day that the age of a verification is counted to.
    """

    station: Station
    position_trusted: bool | None
    nearest_m: float | None
    today: dt.date


Rule: TypeAlias = "Callable[[Facts], Verdict]"


class Check(msgspec.Struct, frozen=True):
    """One check, as `check_of` makes it.

    Attributes
    ----------
    asks
        One of `CHECKS`.
    value
        The code or number that it takes; None for ``all`` and ``any``.
    parts
        What ``all`` and ``any`` join; otherwise empty.
    """

    asks: str
    value: bool | int | float | str | None = None
    parts: tuple[Check, ...] = ()


def check_of(table: object) -> Check:
    """Return the check that a table such as ``{"facility": "toilet"}`` describes.

    Raises
    ------
    WorkspaceError
        If there is no such check, or its code or number does not fit; says what would.
    """
    return _check(table, 1)


def rule_of(check: Check, *, visited: bool = False) -> Rule:
    """Return what judges by a check: made once, to be asked of many stations.

    With `visited`, as if somebody had been there and found right all that is looked at on the spot.
    """
    if check.parts:
        return _JOINS[check.asks]([rule_of(part, visited=visited) for part in check.parts])
    if check.asks == "on_site":
        return lambda _: _VERDICTS[visited or None]
    return _RULES[check.asks](check.value)


def on_site(check: Check) -> bool:
    """Whether some part of a check can only be looked at on the spot."""
    return check.asks == "on_site" or any(map(on_site, check.parts))


def shown(value: object) -> str:
    """Return a value from a file, shortened, for an error."""
    return reprlib.repr(value)


def likely(word: str, words: Sequence[str]) -> tuple[str, str]:
    """Say in English and Chinese which word was probably meant, or which there are."""
    close = difflib.get_close_matches(word[:80], words, 1)
    if close:
        return f"did you mean {close[0]!r}?", f"是不是 {close[0]}？"
    return f"there are: {', '.join(words)}", f"可用的有：{'、'.join(words)}"


# --------------------------------------------------------------------------------- from the file


def _check(table: object, depth: int) -> Check:
    if depth > MAX_DEPTH:
        raise WorkspaceError(
            f"checks are nested more than {MAX_DEPTH} deep: make it several items",
            f"检查嵌套超过 {MAX_DEPTH} 层：请拆成几个条目",
        )
    if not isinstance(table, dict) or len(table) != 1:
        raise WorkspaceError(
            f"{shown(table)} is no check: write one key and its value, as "
            '{facility = "toilet"}, and join several with all = [...] or any = [...]',
            f"{shown(table)} 不是一项检查：只写一个键和它的值，例如 "
            '{facility = "toilet"}；几项用 all = [...] 或 any = [...] 合起来',
        )
    ((asks, value),) = table.items()
    if asks in {"all", "any"}:
        if not isinstance(value, list) or not value:
            raise _misfit(asks, value, "a list of at least one check", "至少一项检查的列表")
        return Check(asks, parts=tuple(_check(part, depth + 1) for part in value))
    if asks in CODES:
        return Check(asks, _code(asks, value))
    if asks in WHOLE or asks in MEASURES:
        return Check(asks, _number(asks, value))
    if asks == "on_site":
        if value is not True:
            raise _misfit(asks, value, "true: leave the item out otherwise", "true，不需要就删去")
        return Check(asks, value)
    hint, chinese = likely(asks, CHECKS)
    raise WorkspaceError(
        f"there is no check {shown(asks)}; {hint}", f"没有 {shown(asks)} 这种检查；{chinese}"
    )


def _code(asks: str, value: object) -> str:
    if not isinstance(value, str):
        raise _misfit(asks, value, "a code in quotes", "带引号的代码")
    codes = CODES[asks]
    if value in codes:
        return value
    # Whoever writes the word of the sign at the door is told its code.
    code = code_of(_LISTS[asks], value[:80]) if asks in _LISTS else None
    hint, chinese = (f"write {code!r}", f"请写 {code}") if code else likely(value, codes)
    raise WorkspaceError(
        f"{asks} = {shown(value)} is not known; {hint}", f"{asks} = {shown(value)} 没有；{chinese}"
    )


def _number(asks: str, value: object) -> float:
    whole = asks in WHOLE
    low, high = WHOLE[asks] if whole else MEASURES[asks]
    fits = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
    # NaN is neither below nor above.
    if not fits or not low <= value <= high:  # type: ignore[operator]
        raise _misfit(
            asks,
            value,
            f"a {'whole ' if whole else ''}number from {low:,} to {high:,}",
            f"{low:,} 到 {high:,} 的{'整' if whole else ''}数",
        )
    return value  # type: ignore[return-value]


def _misfit(asks: str, value: object, english: str, chinese: str) -> WorkspaceError:
    return WorkspaceError(
        f"{asks} = {shown(value)} does not fit: it takes {english}",
        f"{asks} = {shown(value)} 不合要求：应为{chinese}",
    )


# ------------------------------------------------------------------------------------- the rules


def _joined(decisive: Verdict, otherwise: Verdict) -> Callable[[Sequence[Rule]], Rule]:
    """What joins rules: one verdict decides; else one unknown leaves it so; else the other."""

    def made(rules: Sequence[Rule]) -> Rule:
        def rule(facts: Facts) -> Verdict:
            found = otherwise
            for part in rules:
                verdict = part(facts)
                if verdict == decisive:
                    return verdict
                if verdict == "unknown":
                    found = verdict
            return found

        return rule

    return made


def _facility(code: Any) -> Rule:  # noqa: ANN401  `check_of` has seen to the type
    return lambda facts: _VERDICTS[facts.station.properties.facilities.get(code)]


def _facilities_at_least(least: Any) -> Rule:  # noqa: ANN401
    def rule(facts: Facts) -> Verdict:
        known = facts.station.properties.facilities
        there = sum(known.values())
        if there >= least:
            return "met"
        # Those of which nothing is said may all be there.
        possible = there + len(FACILITY_CODES) - len(known)
        return "failed" if possible < least else "unknown"

    return rule


def _kind(code: Any) -> Rule:  # noqa: ANN401
    return lambda facts: _VERDICTS[facts.station.properties.kind == code]


def _service(code: Any) -> Rule:  # noqa: ANN401
    def rule(facts: Facts) -> Verdict:
        p = facts.station.properties
        if p.kind == code or code in p.services:
            return "met"
        return "failed" if p.services else "unknown"

    return rule


def _access(mode: Any) -> Rule:  # noqa: ANN401
    def rule(facts: Facts) -> Verdict:
        bands = facts.station.properties.access
        if not bands:
            return "unknown"
        return _VERDICTS[any(band.mode == mode for band in bands)]

    return rule


def _known(field: Any) -> Rule:  # noqa: ANN401
    if field == "opening_hours":
        return _hours_known
    return lambda facts: "unknown" if getattr(facts.station.properties, field) in _ABSENT else "met"


def _hours_known(facts: Facts) -> Verdict:
    """As at the door (`stations.entry`): without opening hours, each way in must have its own."""
    p = facts.station.properties
    if p.opening_hours is not None:
        return "unknown" if p.opening_hours.strip().casefold() == "unknown" else "met"
    return "met" if p.access and all(band.hours for band in p.access) else "unknown"


def _position(_trusted: Any) -> Rule:  # noqa: ANN401
    return lambda facts: _VERDICTS[facts.position_trusted]


def _at_least(field: str) -> Callable[[Any], Rule]:
    def made(least: Any) -> Rule:  # noqa: ANN401
        def rule(facts: Facts) -> Verdict:
            value = getattr(facts.station.properties, field)
            return "unknown" if value is None else _VERDICTS[value >= least]

        return rule

    return made


def _nearest_within_m(limit: Any) -> Rule:  # noqa: ANN401
    def rule(facts: Facts) -> Verdict:
        metres = facts.nearest_m
        return "unknown" if metres is None or math.isnan(metres) else _VERDICTS[metres <= limit]

    return rule


def _verified_within_days(limit: Any) -> Rule:  # noqa: ANN401
    def rule(facts: Facts) -> Verdict:
        date = facts.station.properties.verified_on
        # A date that has not come yet is a slip of the pen: it says nothing.
        if date is None or date > facts.today:
            return "unknown"
        return _VERDICTS[(facts.today - date).days <= limit]

    return rule


_JOINS: dict[str, Callable[[Sequence[Rule]], Rule]] = {
    "all": _joined("failed", "met"),
    "any": _joined("met", "failed"),
}
_RULES: dict[str, Callable[[Any], Rule]] = {
    "facility": _facility,
    "facilities_at_least": _facilities_at_least,
    "kind": _kind,
    "service": _service,
    "access": _access,
    "known": _known,
    "position": _position,
    "min_area_m2": _at_least("area_m2"),
    "min_capacity": _at_least("capacity"),
    "min_star": _at_least("star"),
    "nearest_within_m": _nearest_within_m,
    "verified_within_days": _verified_within_days,
}
