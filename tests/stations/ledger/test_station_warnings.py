"""Warnings: what several people say of late, and nothing less."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from stations.ledger import StationWarning, new_report, new_suggestion, station_warnings
from tests.stations.samples import station

if TYPE_CHECKING:
    from stations.ledger import Entry

NOW = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)


def report(
    source: str | None, problem: Any = "locked", *, hours: float = 1, of: str = "s", **said: Any
) -> Entry:
    """A report of some hours ago."""
    facilities = said.pop("facilities", ())
    at = NOW - dt.timedelta(hours=hours)
    entry = new_report(station(of), problem, facilities=facilities, at=at)
    return entry.with_properties(source=source, **said)


def warned(*entries: Entry, people: int = 2) -> Any:
    """What is warned of."""
    return station_warnings(entries, at=NOW, fresh_hours=72, people=people)


def test_two_people_make_a_warning() -> None:
    """With how many, and when the last of them was there."""
    found = warned(report("a", hours=5), report("b", hours=2), report("c", of="other"))
    assert found == {"s": (StationWarning("locked", (), 2, NOW - dt.timedelta(hours=2)),)}


@pytest.mark.parametrize(
    "second",
    [
        report("a", hours=3),  # the same person
        report("b", "moved"),  # another problem
        report("b", of="other"),  # another station
        report("b", hours=72),  # too old
        report("b", hours=-1),  # not yet
        report("b", state="done"),
        report("b", state="rejected"),
        report(None),  # forgotten who
    ],
)
def test_less_than_two_fresh_people_make_none(second: Entry) -> None:
    """Of the same station and problem, still open."""
    assert warned(report("a"), second) == {}


@pytest.mark.parametrize("problem", ["hours", "other"])
def test_what_spoils_no_visit_is_for_the_office(problem: str) -> None:
    """However many say it."""
    assert warned(report("a", problem), report("b", problem)) == {}


def test_accepted_reports_still_warn() -> None:
    """That the office knows of it does not open the door."""
    assert "s" in warned(report("a", state="accepted"), report("b"))


def test_facilities_are_those_that_enough_people_name() -> None:
    """Two say that something is broken; only of the microwave do both."""
    (one,) = warned(
        report("a", "broken", facilities=("microwave",)),
        report("b", "broken", facilities=("charging", "microwave")),
        report("b", "broken", facilities=("charging",), hours=2),
    )["s"]
    assert (one.facilities, one.people) == (("microwave",), 2)
    (one,) = warned(report("a", "supplies", facilities=("first_aid",)), report("b", "supplies"))[
        "s"
    ]
    assert (one.facilities, one.people) == ((), 2)


def test_problems_come_in_the_order_of_the_list() -> None:
    """Locked first, whatever was reported last."""
    said = [report(who, what) for what in ("supplies", "broken", "locked") for who in "ab"]
    assert [one.problem for one in warned(*said)["s"]] == ["locked", "broken", "supplies"]


def test_a_suggestion_warns_of_nothing() -> None:
    """It is of no station."""
    assert warned(*(new_suggestion(1, 1, at=NOW).with_properties(source=s) for s in "ab")) == {}


def test_one_person_is_enough_where_the_workspace_says_so() -> None:
    """A small town."""
    assert "s" in warned(report("a"), people=1)
