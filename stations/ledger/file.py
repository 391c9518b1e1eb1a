"""``ledger.geojson`` as text: an RFC 7946 file, one feature a line, the oldest first."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import msgspec

from stations.errors import LedgerFileError
from stations.files import feature_lines
from stations.ledger.entries import Entry, check_consistent

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

LEDGER_NAME = "ledger.geojson"


class _Collection(msgspec.Struct, frozen=True, tag_field="type", tag="FeatureCollection"):
    features: list[Entry]


_DECODER = msgspec.json.Decoder(_Collection)
_ENTRY_DECODER = msgspec.json.Decoder(Entry)
_ENCODER = msgspec.json.Encoder()


def parse(data: bytes) -> tuple[Entry, ...]:
    """Parse and check a ledger, one feature a line.

    Raises
    ------
    LedgerFileError
        With the line and the reason of every fault found, up to ten.
    """
    try:
        entries = _DECODER.decode(data.removeprefix(b"\xef\xbb\xbf")).features
        faults = [fault for entry in entries if (fault := check_consistent(entry))]
        ids = [entry.id for entry in entries]
        if len(set(ids)) < len(ids):
            faults.append("an id comes twice")
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        entries, faults = [], [str(error)]
    if faults:
        words = "; ".join((_faults_by_line(data) or faults)[:10])
        raise LedgerFileError(
            f"{LEDGER_NAME}: {words}; it is left as it is: mend it or put it back",
            f"{LEDGER_NAME}：{words}；文件未被改动：请修正或恢复",
        )
    return tuple(sorted(entries, key=order))


def _faults_by_line(data: bytes) -> list[str]:
    faults = []
    lines_of: dict[str, int] = {}
    for number, line in feature_lines(data):
        try:
            entry = _ENTRY_DECODER.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            faults.append(f"line {number}: {error}")
            continue
        first = lines_of.setdefault(entry.id, number)
        fault = check_consistent(entry)
        if first != number:
            fault = f"the id {entry.id} stands on line {first} too"
        if fault:
            faults.append(f"line {number}: {fault}")
    return faults


def pieces(entries: Sequence[Entry]) -> Iterator[bytes]:
    """Yield the file of entries, which are in order, bit by bit."""
    yield b'{"type":"FeatureCollection","name":"ledger","features":[\n'
    for entry, following in itertools.zip_longest(entries, entries[1:]):
        yield _ENCODER.encode(entry) + (b",\n" if following else b"\n")
    yield b"]}\n"


def order(entry: Entry) -> tuple[dt.datetime, str]:
    """What entries are sorted by: when they were filed, then their ids."""
    return entry.properties.created_at, entry.id
