"""Stations as GeoJSON bytes: always JSON, never a private field, right for its moment."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stations.hours import BEIJING
from stations.model import AccessBand
from stations.registry import Registry
from stations.store import Snapshot
from tests.stations.samples import station
from tests.webmap.town import FRIDAY
from webmap.features import collection, day_of, feature

HOSTILE = (
    '"',
    "\\",
    '\\"},{"',
    "\x00\x1f\x7f\u2028",
    "😀👩‍👩‍👧",
    "\u202eevil\u202c",
    "</script><script>alert(1)</script>",
    "驿" * 200,
    '"properties":{',
    "]}",
)
words = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=200),
)


def properties(when: dt.datetime = FRIDAY, **fields: object) -> dict[str, Any]:
    """Properties of the feature of one station at a moment."""
    registry = Registry(Snapshot(1, None, [station("s", **fields)]))
    found: dict[str, Any] = json.loads(feature(registry, 0, when))["properties"]
    return found


@settings(max_examples=200, deadline=None)
@given(words, words, words, st.none() | st.floats(0, 2.1e7))
@example('"properties":{', '"properties":{', '"', 0.0)
def test_spliced_json_is_json_whatever_the_record_says(
    name: str, address: str, label: str, distance: float | None
) -> None:
    """Every text comes back as it is, beside what was spliced in, and nothing stands twice."""
    registry = Registry(
        Snapshot(7, None, [station("s", name=name, address=address, labels=(label,))])
    )
    one = feature(registry, 0, FRIDAY, distance)

    def no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len(dict(pairs)) == len(pairs)
        return dict(pairs)

    whole = json.loads(collection([one, one], revision=7), object_pairs_hook=no_duplicates)
    assert whole["type"] == "FeatureCollection"
    assert whole["revision"] == 7
    assert len(whole["features"]) == 2
    said = whole["features"][0]["properties"]
    assert (said["name"], said["address"], said["labels"]) == (name, address, [label])
    assert ("distance_m" in said) == (distance is not None)
    if distance is not None:
        assert said["distance_m"] == pytest.approx(distance, abs=6e-4)


def test_an_empty_collection_and_its_members() -> None:
    """No features is a list without members, and foreign members come first."""
    assert collection([]) == b'{"type":"FeatureCollection","features":[]}'
    assert json.loads(collection([], mode='a"b')) == {
        "type": "FeatureCollection",
        "mode": 'a"b',
        "features": [],
    }


def test_private_fields_are_not_there() -> None:
    """Neither their names nor their values."""
    text = json.dumps(properties(manager="李四", manager_phone="139"), ensure_ascii=False)
    assert "manager" not in text
    assert "李四" not in text


@pytest.mark.parametrize(
    ("hours", "when", "state", "until"),
    [
        (None, FRIDAY, "unknown", None),
        ("24/7", FRIDAY, "open", None),
        ("off", FRIDAY, "closed", None),
        ("Mo-Fr 09:00-17:00; PH off", FRIDAY, "open", "2026-11-20T17:00:00+08:00"),
        # On Friday evening the next change is on Monday.
        (
            "Mo-Fr 09:00-17:00; PH off",
            FRIDAY.replace(hour=18),
            "closed",
            "2026-11-23T09:00:00+08:00",
        ),
        # National Day 2026: 1 to 7 October; Saturday 10 October is worked.
        (
            "Mo-Fr 09:00-17:00; PH off",
            dt.datetime(2026, 9, 30, 18, tzinfo=BEIJING),
            "closed",
            "2026-10-08T09:00:00+08:00",
        ),
        (
            "Mo-Fr 09:00-17:00; PH off",
            dt.datetime(2026, 10, 10, 10, tzinfo=BEIJING),
            "open",
            "2026-10-10T17:00:00+08:00",
        ),
        ("22:00-06:00", FRIDAY.replace(hour=23), "open", "2026-11-21T06:00:00+08:00"),
        # The moment itself: what opens at ten is open at ten.
        ("10:00-12:00", FRIDAY, "open", "2026-11-20T12:00:00+08:00"),
        ("08:00-10:00", FRIDAY, "closed", "2026-11-21T08:00:00+08:00"),
    ],
)
def test_state_and_next_change(
    hours: str | None, when: dt.datetime, state: str, until: str | None
) -> None:
    """Open, closed or unknown with the next change, over weekends, holidays and midnight."""
    found = properties(when, opening_hours=hours)
    assert (found["open_state"], found["open_until"]) == (state, until)


def test_the_next_change_is_in_beijing_time_whatever_the_question() -> None:
    """A question with another offset is the same moment and has the same answer."""
    in_utc = FRIDAY.astimezone(dt.UTC)
    hours = "Mo-Fr 09:00-17:00"
    assert properties(in_utc, opening_hours=hours) == properties(opening_hours=hours)


def test_ways_in_are_those_of_the_moment() -> None:
    """Staffed by day, a code by night, none while closed, not known without a record."""
    bands = (AccessBand("staffed", "08:00-18:00"), AccessBand("qr", "18:00-22:00"))
    assert properties(access=bands)["entry"] == ["staffed"]
    assert properties(FRIDAY.replace(hour=19), access=bands)["entry"] == ["qr"]
    assert properties(FRIDAY.replace(hour=23), access=bands)["entry"] is None
    assert properties(opening_hours="24/7")["entry"] is None


@pytest.mark.parametrize(
    ("verified", "days"),
    [
        (None, None),
        (dt.date(2026, 11, 20), 0),
        (dt.date(2026, 11, 19), 1),
        (dt.date(2025, 11, 20), 365),
        (dt.date(2027, 1, 1), 0),
    ],
)
def test_age_of_the_record(verified: dt.date | None, days: int | None) -> None:
    """Days since it was verified, in Beijing; null where it never was, 0 for a date to come."""
    assert properties(verified_on=verified)["verified_days"] == days


def test_the_day_is_that_of_beijing() -> None:
    """At 20:00 UTC it is tomorrow there."""
    late = dt.datetime(2026, 11, 20, 20, tzinfo=dt.UTC)
    assert day_of(late) == dt.date(2026, 11, 21).toordinal()
    assert properties(late, verified_on=dt.date(2026, 11, 20))["verified_days"] == 1
