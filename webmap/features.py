"""Stations as GeoJSON bytes: ready records with what holds at a moment spliced in."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import orjson

from stations.hours import BEIJING

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from stations.entry import EntryAt
    from stations.registry import Registry


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
) -> bytes:
    """Return a station's public Feature with what holds at `when` spliced into its properties.

    Added are ``distance_m``; ``open_state`` (open, closed, unknown), ``open_until`` (its next
    change, null where not known), ``entry`` (ways in at that moment, null where not known) and
    ``verified_days`` (age of the record's verification, null where it never was).

    Parameters
    ----------
    today
        `day_of(when)`, for whoever makes many features of one moment.
    """
    head, tail = registry.public_parts(index)
    return b'%b%b%b"verified_days":%b,%b' % (
        head,
        b"" if distance_m is None else b'"distance_m":%.3f,' % distance_m,
        _door(registry.entry_at(index, when)),
        _age(registry, index, today or day_of(when)),
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


def _age(registry: Registry, index: int, today: int) -> bytes:
    verified = registry.stations[index].properties.verified_on
    return b"null" if verified is None else b"%d" % max(today - verified.toordinal(), 0)
