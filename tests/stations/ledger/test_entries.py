"""Entries: what of a stranger's text is kept, and what of an entry anybody else may read."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stations.errors import ReportError
from stations.ledger import Answer, new_report, new_suggestion
from stations.ledger.entries import MOST_TEXT, Entry, check_consistent, clean
from tests.stations.samples import station

if TYPE_CHECKING:
    from collections.abc import Callable

NOON = dt.datetime(2026, 11, 20, 4, 0, 0, 123_456, tzinfo=dt.UTC)


def test_a_report_is_a_feature_at_its_station() -> None:
    """With the station's name as it is now, and the second in UTC."""
    entry = new_report(
        station("s", lon=113.6, lat=34.8, name="银行驿站"),
        "broken",
        facilities=("microwave", "drinking_water", "microwave"),
        text=" 微波炉不热 ",
        at=NOON,
    )
    assert json.loads(msgspec.json.encode(entry)) == {
        "type": "Feature",
        "id": entry.id,
        "geometry": {"type": "Point", "coordinates": [113.6, 34.8]},
        "properties": {
            "kind": "report",
            "created_at": "2026-11-20T04:00:00Z",
            "problem": "broken",
            "station": "s",
            "station_name": "银行驿站",
            "facilities": ["drinking_water", "microwave"],
            "text": "微波炉不热",
        },
    }


def test_a_station_without_a_position_can_be_reported() -> None:
    """Nobody makes one up."""
    assert new_report(station("s", lon=None), "hours").position is None


def test_ids_are_numbers_and_secrets() -> None:
    """Sixty random bits in letters that are not misread."""
    ids = {new_suggestion(113.6, 34.8).id for _ in range(2000)}
    assert len(ids) == 2000
    assert all(re.fullmatch(r"[0-9a-hjkmnp-tv-z]{12}", one) for one in ids)
    assert {letter for one in ids for letter in one} == set("0123456789abcdefghjkmnpqrstvwxyz")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (None, None),
        ("", None),
        (" \n\t ", None),
        ("\u200b\u202e\x00", None),
        ("\u200d\u200c", None),
        ("热水\x00\x07没有\x1b[31m", "热水没有[31m"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("a\n\n \n\n\nb", "a\n\nb"),
        ("\u202e锁了\u202c\u2066\ufeff\u00ad", "锁了"),
        ("a\tb", "a b"),
        ("没电了😀👩‍👩‍👧", "没电了😀👩‍👩‍👧"),
        ("bad \ud800 half", "bad  half"),
        ("<script>alert(1)</script>{{7*7}}${7*7}", "<script>alert(1)</script>{{7*7}}${7*7}"),
        ("=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0"),
        ("'; DROP TABLE stations; --", "'; DROP TABLE stations; --"),
    ],
)
def test_text_is_only_read(sent: str | None, kept: str | None) -> None:
    """What steers or cannot be seen goes, line breaks and emoji stay, and letters are letters."""
    assert clean(sent) == kept


@given(st.text(max_size=MOST_TEXT))
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    """So a text is the same whether a form, the store or both have cleaned it, and can be kept."""
    once = clean(text)
    assert clean(once) == once
    if once is not None:
        assert once == once.strip()
        once.encode()


def test_too_long_is_refused_and_not_cut() -> None:
    """With the limit, in both languages; what only seems to be too long is not."""
    with pytest.raises(ReportError, match=r"10,000 characters; at most 1,000") as caught:
        clean("长" * 10_000)
    assert "1,000 个" in (caught.value.chinese or "")
    assert caught.value.field == "text"
    assert clean("长" * MOST_TEXT + "\u200b" * 500) == "长" * MOST_TEXT
    with pytest.raises(ReportError):
        new_suggestion(113.6, 34.8, text="x" * 1001)


def test_the_reporter_reads_everything_but_who() -> None:
    """No source, no name of a sending, and nobody of the office."""
    entry = new_report(station("s"), "locked", text="锁着").with_properties(
        source="SOURCE",
        request="REQUEST",
        state="accepted",
        answers=(Answer(NOON, "WHO", "accepted", "在修"),),
    )
    public = entry.public()
    assert public["answers"] == [
        {"time": "2026-11-20T04:00:00.123456+00:00", "state": "accepted", "text": "在修"}
    ]
    assert (public["state"], public["station"], public["text"]) == ("accepted", "s", "锁着")
    text = json.dumps(public)
    assert not re.search("SOURCE|REQUEST|WHO|source|request|who", text)


def without(name: str) -> Callable[[Entry], Entry]:
    """Take a property out."""
    return lambda entry: entry.with_properties(**{name: None})


@pytest.mark.parametrize(
    ("entry", "change", "words"),
    [
        (new_report(station("s"), "gone"), without("problem"), "a problem and a station"),
        (new_report(station("s"), "gone"), without("station"), "a problem and a station"),
        (
            new_suggestion(113.6, 34.8),
            lambda entry: msgspec.structs.replace(entry, geometry=None),
            "a position",
        ),
    ],
)
def test_an_entry_has_what_its_kind_needs(
    entry: Entry, change: Callable[[Entry], Entry], words: str
) -> None:
    """A report is of a station, a suggestion is somewhere."""
    assert check_consistent(entry) is None
    assert words in (check_consistent(change(entry)) or "")
