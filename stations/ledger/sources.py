"""Who sends, without an account: a pseudonym for an address, and how much room one has.

An address is never stored. What stands for it is made with a key that only the workspace has, so
it tells senders apart and nothing else; without the key not even trying every address helps.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import ipaddress
import math
from typing import TYPE_CHECKING, NamedTuple

from stations.errors import TooManyReportsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stations.ledger.entries import Entry

_HOUR, _DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


class Limits(NamedTuple):
    """How many entries are taken: of one address by the hour and day, of all by the hour."""

    an_hour: int = 12
    a_day: int = 40
    all_an_hour: int = 600


def pseudonym(address: str | None, key: bytes) -> str:
    """Return what stands for an address.

    Of IPv6 the network (/64) counts, which is what one connection is given.
    """
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        known = (address or "").encode("utf-8", "replace")
    else:
        if isinstance(found, ipaddress.IPv6Address):
            known = found.ipv4_mapped.packed if found.ipv4_mapped else found.packed[:8]
        else:
            known = found.packed
    return hmac.digest(key, known, hashlib.sha256).hex()[:20]


def check_room(entries: Sequence[Entry], source: str, at: dt.datetime, limits: Limits) -> None:
    """Check that one more of a source may be filed, counted from what has been.

    Raises
    ------
    TooManyReportsError
        If not, with how long to wait.
    """
    times = [entry.properties.created_at for entry in entries]
    own = [e.properties.created_at for e in entries if e.properties.source == source]
    for filed, most, span, words in (
        (own, limits.an_hour, _HOUR, ("from here within the hour", "您这里一小时内")),
        (own, limits.a_day, _DAY, ("from here within the day", "您这里一天内")),
        (times, limits.all_an_hour, _HOUR, ("in all within the hour", "本站一小时内")),
    ):
        recent = sorted(time for time in filed if time > at - span)
        if len(recent) < most:
            continue
        # Room is made once so many have passed that one less than the most is left.
        free = recent[len(recent) - most] + span if most else at + span
        wait_s = max(1, math.ceil((free - at).total_seconds()))
        minutes = -(-wait_s // 60)
        raise TooManyReportsError(
            f"{len(recent)} reports have come {words[0]}, and no more are taken: try again in "
            f"{minutes} min",
            f"{words[1]}已收到 {len(recent)} 条，暂不再接收：请 {minutes} 分钟后再试",
            retry_after_s=wait_s,
        )
