"""Norms: how stations do by the lists that unions inspect them against.

The lists are data that a province edits (`stations.norm_file`). Each item asks one check
(`stations.norm_checks`), and each answer is met, failed or unknown.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, cast

import msgspec
import numpy as np

from geodata.nearest import NearestIndex
from stations.norm_checks import Check, Facts, Rule, Verdict, on_site, rule_of
from stations.norm_file import NORMS_NAME, Item, Norm, read_norms

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Sequence

    from stations.model import Station

__all__ = [
    "NORMS_NAME",
    "Check",
    "Facts",
    "Item",
    "ItemResult",
    "Norm",
    "NormResult",
    "StationResult",
    "Verdict",
    "applies",
    "assess",
    "facts_of",
    "judge",
    "read_norms",
]


class ItemResult(msgspec.Struct, frozen=True):
    """How many stations meet, fail or leave open an item.

    `on_site` is whether some of it can only be looked at on the spot.
    """

    code: str
    zh: str
    en: str
    note_zh: str
    note_en: str
    on_site: bool
    met: int
    failed: int
    unknown: int


class StationResult(msgspec.Struct, frozen=True, gc=False):
    """A station that does not pass: the codes of the items it fails, and of those left open."""

    id: str
    name: str
    failed: tuple[str, ...]
    unknown: tuple[str, ...]


class NormResult(msgspec.Struct, frozen=True):
    """How stations do by a norm; holds nothing private.

    Attributes
    ----------
    code, zh, en, source_zh, source_en
        Of the norm.
    stations
        To how many it applies: `passing`, `failing` and `open` together.
    passing
        All items met.
    failing
        At least one item failed.
    open
        None failed, at least one unknown.
    to_visit
        Of `open`, those that pass if all that is looked at on the spot is found right: whatever the
        register can know of them is known.
    items
        In the order of the norm.
    records
        Every station that does not pass, by id.
    """

    code: str
    zh: str
    en: str
    source_zh: str
    source_en: str
    stations: int
    passing: int
    failing: int
    open: int
    to_visit: int
    items: tuple[ItemResult, ...]
    records: tuple[StationResult, ...]


# -------------------------------------------------------------------------------------- judging


def applies(norm: Norm, station: Station) -> bool:
    """Whether a norm is meant for a station: by its kind, or a service that it carries."""
    p = station.properties
    return not norm.kinds or p.kind in norm.kinds or any(s in norm.kinds for s in p.services)


def judge(norm: Norm, facts: Facts) -> tuple[Verdict, ...]:
    """Verdict of each item of a norm on one station, whether the norm applies to it or not."""
    return tuple([rule(facts) for rule in _rules(norm)])


def assess(norms: Sequence[Norm], facts: Sequence[Facts]) -> tuple[NormResult, ...]:
    """How stations do by each norm; which of them are to be inspected is for the caller to say."""
    ordered = sorted(facts, key=lambda one: one.station.id)
    return tuple(_assess(norm, ordered) for norm in norms)


def facts_of(
    stations: Sequence[Station], *, untrusted: Collection[str], today: dt.date
) -> list[Facts]:
    """Gather what stations are judged by.

    Parameters
    ----------
    stations
        All records. The nearest other station is sought among those of them that are in service
        (open, and within their dates), of whatever kind; whoever inspects only some chooses among
        the facts afterwards.
    untrusted
        Ids of records whose position is wrong. How near others are to them is not known.
    today
        The day of the inspection.
    """
    wrong = frozenset(untrusted)
    trusted = [s.geometry is not None and s.id not in wrong for s in stations]
    return [
        Facts(station, right, metres if right else None, today)
        for station, right, metres in zip(
            stations, trusted, _nearest_m(stations, today), strict=True
        )
    ]


def _nearest_m(stations: Sequence[Station], today: dt.date) -> list[float]:
    """Metres to the nearest other station in service; NaN without a position."""
    nowhere = (np.nan, np.nan)
    lon, lat = np.array([s.position or nowhere for s in stations]).reshape(-1, 2).T
    located = ~np.isnan(lon)
    answers = np.flatnonzero(located & np.array([_in_service(s, today) for s in stations], bool))
    # The nearest of a station in service is mostly itself; then the next one counts.
    own = np.full(len(stations), -1)
    own[answers] = np.arange(len(answers))
    near = NearestIndex(lon[answers], lat[answers]).query(lon[located], lat[located], k=2)
    itself = near.index[:, 0] == own[located]
    metres = np.full(len(stations), np.nan)
    metres[located] = np.where(itself, near.distance_m[:, 1], near.distance_m[:, 0])
    return cast("list[float]", metres.tolist())


def _in_service(station: Station, today: dt.date) -> bool:
    p = station.properties
    return (
        p.status == "open"
        and (p.valid_from is None or p.valid_from <= today)
        and (p.valid_to is None or today <= p.valid_to)
    )


@functools.lru_cache(maxsize=256)
def _rules(norm: Norm) -> tuple[Rule, ...]:
    return tuple(rule_of(item.check) for item in norm.items)


class _Alike:
    """Stations with the same verdicts, of which there are many: worked out once, and counted."""

    def __init__(self, norm: Norm, verdicts: tuple[Verdict, ...]) -> None:
        self.stations = self.to_visit = 0
        self.verdicts = verdicts
        failed, unknown = (
            tuple(item for item, own in zip(norm.items, verdicts, strict=True) if own == verdict)
            for verdict in ("failed", "unknown")
        )
        self.failed = tuple(item.code for item in failed)
        self.unknown = tuple(item.code for item in unknown)
        # Whoever goes there settles what is seen on the spot, and nothing else.
        waiting = unknown and not failed and all(on_site(item.check) for item in unknown)
        self.after_visit = (
            tuple(rule_of(item.check, visited=True) for item in unknown) if waiting else ()
        )

    def add(self, facts: Facts) -> None:
        """Count one more station."""
        self.stations += 1
        if self.after_visit and all(rule(facts) == "met" for rule in self.after_visit):
            self.to_visit += 1


def _assess(norm: Norm, ordered: Sequence[Facts]) -> NormResult:
    rules = _rules(norm)
    groups: dict[tuple[Verdict, ...], _Alike] = {}
    records = []
    for facts in ordered:
        station = facts.station
        if norm.kinds and not applies(norm, station):
            continue
        verdicts = tuple([rule(facts) for rule in rules])
        group = groups.get(verdicts)
        if group is None:
            group = groups[verdicts] = _Alike(norm, verdicts)
        group.add(facts)
        if group.failed or group.unknown:
            records.append(
                StationResult(station.id, station.properties.name, group.failed, group.unknown)
            )
    every = list(groups.values())
    return NormResult(
        norm.code,
        norm.zh,
        norm.en,
        norm.source_zh,
        norm.source_en,
        stations=sum(g.stations for g in every),
        passing=sum(g.stations for g in every if not g.failed and not g.unknown),
        failing=sum(g.stations for g in every if g.failed),
        open=sum(g.stations for g in every if g.unknown and not g.failed),
        to_visit=sum(g.to_visit for g in every),
        items=tuple(_item_result(item, i, every) for i, item in enumerate(norm.items)),
        records=tuple(records),
    )


def _item_result(item: Item, place: int, groups: Sequence[_Alike]) -> ItemResult:
    counts: dict[Verdict, int] = {"met": 0, "failed": 0, "unknown": 0}
    for group in groups:
        counts[group.verdicts[place]] += group.stations
    return ItemResult(
        item.code,
        item.zh,
        item.en,
        item.note_zh,
        item.note_en,
        on_site(item.check),
        **counts,
    )
