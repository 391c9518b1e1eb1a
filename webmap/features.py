"""Stations as GeoJSON bytes: ready records with what holds at a moment spliced in."""

from __future__ import annotations

import functools
from types import MappingProxyType
from typing import TYPE_CHECKING

import orjson

from stations.hours import BEIJING

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

    from stations.arrival import Arrival, Arrivals, Journey
    from stations.entry import EntryAt
    from stations.ledger import StationWarning
    from stations.registry import Registry

    Warnings = Mapping[str, tuple[StationWarning, ...]]

_NONE: Warnings = MappingProxyType({})


def collection(features: Iterable[bytes], **members: object) -> bytes:
    """Return a FeatureCollection of ready features with foreign members."""
    head = orjson.dumps({"type": "FeatureCollection", **members})
    return head[:-1] + b',"features":[' + b",".join(features) + b"]}"


def feature(
    registry: Registry,
    index: int,
    when: dt.datetime,
    distance_m: float | None = None,
    today: int | None = None,
    *,
    warnings: Warnings = _NONE,
) -> bytes:
    """Return a station's public Feature with what holds at `when` spliced into its properties.

    Added are ``distance_m``; ``open_state`` (open, closed, unknown), ``open_until`` (its next
    change, null where not known), ``entry`` (ways in at that moment, null where not known) and
    ``verified_days`` (age of the record's verification, null where it never was); and, only where
    there are any, ``reported``: what several workers have reported of late.

    Parameters
    ----------
    today
        `day_of(when)`, for whoever makes many features of one moment.
    warnings
        As `Workspace.warnings` returns them.
    """
    added = b"" if distance_m is None else b'"distance_m":%.3f,' % distance_m
    return _spliced(registry, index, when, added, today or day_of(when), warnings)


def arriving(
    registry: Registry, journey: Journey, arrivals: Arrivals, *, warnings: Warnings = _NONE
) -> bytes:
    """Return the stations that are reached first as a FeatureCollection.

    Its ``mode`` is the one that was used: ``line`` where all times are estimates. Each station says
    ``distance_m`` by straight line, ``duration_s``, ``arrive_at``, whether these are ``estimated``,
    and its door as on arrival.
    """
    today = day_of(journey.at)
    return collection(
        [_arriving(registry, journey, arrival, today, warnings) for arrival in arrivals.found],
        revision=registry.revision,
        mode="line" if arrivals.estimated else journey.mode,
        estimated=arrivals.estimated,
    )


def _arriving(
    registry: Registry, journey: Journey, arrival: Arrival, today: int, warnings: Warnings
) -> bytes:
    when = journey.arrival(arrival.seconds)
    added = b'"distance_m":%.3f,"duration_s":%.1f,"arrive_at":"%b","estimated":%b,' % (
        arrival.distance_m,
        arrival.seconds,
        when.astimezone(BEIJING).isoformat(timespec="seconds").encode(),
        b"true" if arrival.estimated else b"false",
    )
    return _spliced(registry, arrival.index, when, added, today, warnings)


def _spliced(
    registry: Registry,
    index: int,
    when: dt.datetime,
    added: bytes,
    today: int,
    warnings: Warnings,
) -> bytes:
    head, tail = registry.public_parts(index)
    if warnings:
        added += _reported(warnings.get(registry.stations[index].id))
    return b'%b%b%b"verified_days":%b,%b' % (
        head,
        added,
        _door(registry.entry_at(index, when)),
        _age(registry, index, today),
        tail,
    )


def day_of(when: dt.datetime) -> int:
    """Return the day in Beijing as a proleptic Gregorian ordinal."""
    return when.astimezone(BEIJING).toordinal()


@functools.lru_cache(maxsize=8192)
def _door(entry: EntryAt) -> bytes:
    """Members on the door; stations share their hours, so the same few come again and again."""
    state, until, modes = entry
    return b'"open_state":"%b","open_until":%b,"entry":%b,' % (
        state.encode(),
        b'"%b"' % until.isoformat(timespec="seconds").encode() if until else b"null",
        orjson.dumps(modes) if modes else b"null",
    )


@functools.lru_cache(maxsize=8192)
def _reported(warned: tuple[StationWarning, ...] | None) -> bytes:
    if warned is None:
        return b""
    told = [
        {
            "problem": one.problem,
            "facilities": one.facilities,
            "people": one.people,
            "last": one.last_at.isoformat(),
        }
        for one in warned
    ]
    return b'"reported":%b,' % orjson.dumps(told)


def _age(registry: Registry, index: int, today: int) -> bytes:
    verified = registry.stations[index].properties.verified_on
    return b"null" if verified is None else b"%d" % max(today - verified.toordinal(), 0)
