"""Stations as GeoJSON bytes: ready records with what holds at a moment spliced in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from stations.hours import BEIJING

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from stations.registry import Registry


def collection(features: Iterable[bytes], **members: Any) -> bytes:
    """Return a FeatureCollection of ready features with foreign members."""
    head = orjson.dumps({"type": "FeatureCollection", **members})
    return head[:-1] + b',"features":[' + b",".join(features) + b"]}"


def feature(
    registry: Registry,
    index: int,
    when: dt.datetime,
    distance_m: float | None = None,
    today: int | None = None,
) -> bytes:
    """Return a station's public Feature with what holds at `when` spliced into its properties.

    Added are ``distance_m``; ``open_state`` (open, closed, unknown), ``open_until`` (its next
    change, null where not known), ``entry`` (ways in at that moment, null where not known) and
    ``verified_days`` (age of the record's verification, null where it never was).
    """
    head, tail = registry.public_parts(index)
    state, until, modes = registry.entry_at(index, when)
    distance = b"" if distance_m is None else b'"distance_m":%.3f,' % distance_m
    return b'%b%b"open_state":"%b","open_until":%b,"entry":%b,"verified_days":%b,%b' % (
        head,
        distance,
        state.encode(),
        b'"%b"' % until.isoformat(timespec="minutes").encode() if until else b"null",
        orjson.dumps(modes) if modes else b"null",
        _age(registry, index, today or _day(when)),
        tail,
    )


def _age(registry: Registry, index: int, today: int) -> bytes:
    verified = registry.stations[index].properties.verified_on
    return b"null" if verified is None else b"%d" % max(today - verified.toordinal(), 0)


def _day(when: dt.datetime) -> int:
    return when.astimezone(BEIJING).toordinal()
