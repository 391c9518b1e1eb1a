"""What a report is asked for: quarters, days, and what does not go together."""

from __future__ import annotations

import calendar
import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.errors import GeodataError
from stations.errors import (
    NoNetworkError,
    ReportAskError,
    UnknownRevisionError,
    WorkspaceError,
)
from stations.hours import BEIJING
from stations.report import ReportAsk, ask_for, read_quarter
from stations.report.ask import Quarter
from stations.report.figures import Named
from stations.workspace import Workspace
from tests.stations.report.worlds import DAY, make, report, workers_at

if TYPE_CHECKING:
    from pathlib import Path

TODAY = dt.date(2026, 11, 20)


@pytest.mark.parametrize(
    "text",
    [
        "2026Q3",
        "2026q3",
        "2026-Q3",
        "2026 Q3",
        " 2026Q3 ",
        "2026年第3季度",
        "2026年3季度",
    ],
)
def test_a_quarter_may_be_written_in_both_languages(text: str) -> None:
    """And is written one way."""
    assert read_quarter(text) == Quarter(2026, 3)
    assert str(read_quarter(text)) == "2026Q3"


@pytest.mark.parametrize(
    "text", ["", "2026", "2026Q0", "2026Q5", "Q3", "26Q3", "1926Q3", "2026Q33", "2026-07", "x" * 99]
)
def test_what_is_no_quarter_is_refused(text: str) -> None:
    """Saying how one is written, and repeating a piece of it."""
    with pytest.raises(ReportAskError, match="no quarter: write it as 2026Q3") as caught:
        read_quarter(text)
    assert "不是季度" in str(caught.value.chinese)
    assert len(str(caught.value)) < 100


@given(st.integers(2000, 2099), st.integers(1, 4))
def test_quarters_follow_each_other(year: int, number: int) -> None:
    """Three months each, from the first day of one to the last of another."""
    quarter = Quarter(year, number)
    assert read_quarter(str(quarter)) == quarter
    assert (quarter.first.day, quarter.first.month) == (1, 3 * number - 2)
    assert quarter.last.month == 3 * number
    assert quarter.last.day == calendar.monthrange(year, 3 * number)[1]
    following = Quarter(year + number // 4, number % 4 + 1)
    assert quarter.last + dt.timedelta(days=1) == following.first


@pytest.mark.parametrize(
    ("given", "day"),
    [
        ({"quarter": None, "day": None}, TODAY),
        ({"quarter": None, "day": dt.date(2026, 3, 1)}, dt.date(2026, 3, 1)),
        ({"quarter": None, "day": TODAY}, TODAY),
        ({"quarter": Quarter(2026, 3), "day": None}, dt.date(2026, 9, 30)),
        ({"quarter": Quarter(2026, 4), "day": None}, TODAY),
    ],
)
def test_a_quarter_is_told_of_its_last_day_or_of_today(given: dict[str, Any], day: dt.date) -> None:
    """A day of itself, and nothing of today."""
    found = ask_for(**given, today=TODAY, sites=3)
    assert (found.day, found.quarter, found.sites) == (day, given["quarter"], 3)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"quarter": Quarter(2026, 3), "day": TODAY}, "not both"),
        ({"quarter": Quarter(2027, 1), "day": None}, "2027Q1 lies in the future"),
        ({"quarter": None, "day": dt.date(2026, 11, 21)}, "2026-11-21 lies in the future"),
    ],
)
def test_what_has_not_been_is_refused(given: dict[str, Any], said: str) -> None:
    """And a day beside a quarter."""
    with pytest.raises(ReportAskError, match=said) as caught:
        ask_for(**given, today=TODAY)
    assert caught.value.chinese


def test_a_report_is_of_the_end_of_its_day_in_beijing() -> None:
    """So that what was changed on it counts."""
    assert ReportAsk(day=TODAY).moment == dt.datetime(2026, 11, 20, 23, 59, 59, tzinfo=BEIJING)


@pytest.mark.parametrize("sites", [-1, 101])
def test_so_many_sites_are_refused(sites: int) -> None:
    """From none to a hundred."""
    with pytest.raises(ReportAskError, match=f"sites is {sites}: from 0 to 100"):
        ReportAsk(day=TODAY, sites=sites)


def test_a_quarter_has_its_own_beginning() -> None:
    """A revision to compare with does not go with it."""
    with pytest.raises(ReportAskError, match="leave out the revision"):
        ReportAsk(day=TODAY, quarter=Quarter(2026, 4), since=3)


@pytest.mark.parametrize(
    ("ask", "error", "said"),
    [
        ({"district": "火星"}, WorkspaceError, "no district '火星' here: use one of 410108"),
        ({"mode": "walk"}, NoNetworkError, "no street network for walk"),
        ({"mode": "line", "minutes": 10.0}, WorkspaceError, "leave one out"),
        ({"radius_m": -5.0}, GeodataError, "-5"),
        ({"since": -1}, UnknownRevisionError, "no revision -1"),
        ({"since": 7}, UnknownRevisionError, "revision 7 is later than that of the report, 1"),
    ],
)
def test_what_the_workspace_cannot_tell_is_refused(
    town: Workspace, ask: dict[str, Any], error: type[Exception], said: str
) -> None:
    """Naming the thing, and what to do."""
    with pytest.raises(error, match=said):
        report(town, **ask)


def test_a_district_needs_districts_and_a_report_needs_workers(tmp_path: Path) -> None:
    """Neither is made up."""
    with pytest.raises(WorkspaceError, match="no demand yet"):
        report(Workspace.create(tmp_path / "empty"))
    with pytest.raises(WorkspaceError, match="no district polygons"):
        report(make(tmp_path / "ws", demand=workers_at((0, 1))), district="惠济区")


@pytest.mark.parametrize("word", ["410108", "惠济区", "惠济"])
def test_a_district_may_be_named_or_numbered(town: Workspace, word: str) -> None:
    """The report has its code and its name in both languages, and is the same either way."""
    found = report(town, district=word)
    assert (found.adcode, found.area) == ("410108", Named("惠济区", "Huiji"))
    assert found.basis.parameters["district"] == "410108"
    assert found == report(town, district="410108")


def test_parameters_say_what_was_chosen(town: Workspace) -> None:
    """Every one, with the settings of the workspace that figures depend on."""
    assert report(town, radius_m=700.0, sites=0).basis.parameters == {
        "day": DAY.isoformat(),
        "quarter": None,
        "since": None,
        "district": None,
        "method": "straight_line",
        "radius_m": 700,
        "minutes": None,
        "sites": 0,
        "heat": None,
        "stale_days": 365,
        "resting": 0.05,
        "site_cost_cny": 12_000,
        "known_stations": None,
    }
