"""What is wrong with an ask for a plan: every fault of it, before anybody works on it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from geodata.errors import SitingError
from stations.errors import NoNetworkError
from stations.siting import SitingAsk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stations.workspace import Workspace
    from webmap.settings import ServerSettings

_FIELDS = SitingAsk.__dataclass_fields__
# Asks of which one takes any field that is good in itself.
_BASES: tuple[dict[str, Any], ...] = (
    {"new": 1},
    {"problem": "lscp"},
    {"problem": "backup", "new": 1},
    {"mode": "walk", "new": 1},
)
# What stands for a field with a fault, where others would be missing it.
_STAND_INS = {"new": 1, "budget": 1}
# Fields that only go with some modes.
_REACHES = frozenset({"radius_m", "minutes"})


class Fault(NamedTuple):
    """What is wrong with a field, in English and in Chinese; no name if it is the whole ask."""

    name: str | None
    text: str
    chinese: str


def faults_of(given: object, settings: ServerSettings, workspace: Workspace) -> list[Fault]:
    """Return every fault of an ask that has been sent to a server; none if it may be worked on.

    Fields are looked at one by one, then together, then beside what the server allows and what the
    workspace has. A field is named once.
    """
    if not isinstance(given, dict):
        fault = _fault(given)
        return [fault] if fault else []
    fields = {name: value for name, value in given.items() if value is not None}
    alone = {name: _alone(name, value) for name, value in fields.items()}
    found = {name: fault for name, fault in alone.items() if fault}
    good = {name: value for name, value in fields.items() if name not in found}
    if "problem" not in found:
        stand_ins = {name: value for name, value in _STAND_INS.items() if name in found}
        # Of a mode that there is not, nobody knows what goes with it.
        beside = good.keys() - (_REACHES if "mode" in found else set())
        for fault in _together({name: good[name] for name in beside} | stand_ins):
            found.setdefault(fault.name or "", fault)
    for fault in (*_over_limits(good, settings), *_unknown(good, workspace)):
        found.setdefault(fault.name or "", fault)
    return [*found.values()]


def _fault(given: object) -> Fault | None:
    """The first fault of an ask; a message begins with the name of its field."""
    try:
        SitingAsk.from_dict(given)
    except SitingError as error:
        name = re.match(r"\w+", str(error))
        known = name is not None and name[0] in _FIELDS
        return Fault(name[0] if name and known else None, str(error), error.chinese)
    return None


def _alone(name: str, value: object) -> Fault | None:
    """What is wrong with a field, whatever the others are."""
    if name not in _FIELDS:
        fault = _fault({name: value})
        return fault and fault._replace(name=name[:80])
    faults = [_fault({**base, name: value}) for base in _BASES]
    return None if None in faults else faults[0]


def _together(fields: dict[str, Any]) -> Iterator[Fault]:
    """What does not go together, of fields that are good one by one."""
    while fault := _fault(fields):
        yield fault
        if fault.name not in fields:
            return
        del fields[fault.name]


def _over_limits(fields: dict[str, Any], settings: ServerSettings) -> Iterator[Fault]:
    """What would keep the server busy for longer than its settings allow."""
    most = {
        "new": settings.plan_sites,
        "closing": settings.plan_sites,
        "time_s": settings.plan_time_s,
    }
    for name, limit in most.items():
        value = fields.get(name, getattr(SitingAsk, name))
        if value is not None and value > limit:
            yield Fault(
                name,
                f"{name} is {value:g}: this server allows at most {limit:g}",
                f"{name} 是 {value:g}：本服务器最多允许 {limit:g}",
            )


def _unknown(fields: dict[str, Any], workspace: Workspace) -> Iterator[Fault]:
    """Networks, districts and groups that the workspace does not have."""
    if "mode" in fields:
        try:
            workspace.reach(fields["mode"])
        except NoNetworkError as error:
            yield Fault("mode", f"mode: {error}", f"mode：{error.chinese or error}")
    places = [("district", fields["district"])] if "district" in fields else []
    places += [("quotas", word) for word in fields.get("quotas", ())]
    for name, word in places:
        districts = workspace.districts
        if districts is None:
            yield Fault(
                name,
                f"{name}: this workspace has no districts",
                f"{name}：本工作区没有区划",
            )
        elif districts.find(word) is None:
            yield Fault(
                name,
                f"{name}: there is no district {word[:40]!r} here: see /api/v1/districts",
                f"{name}：这里没有区县 {word[:40]!r}：可用的见 /api/v1/districts",
            )
    groups = [(name, word) for name in ("groups", "worth") for word in fields.get(name, ())]
    # Without any demand there is more to say than that a group is missing: the planner does.
    demand = workspace.demand if groups else None
    for name, word in groups:
        if demand is not None and word not in demand.groups:
            known = demand.groups
            yield Fault(
                name,
                f"{name}: there is no worker group {word[:40]!r} here: use {', '.join(known)}",
                f"{name}：这里没有群体 {word[:40]!r}：可用 {'、'.join(known)}",
            )
