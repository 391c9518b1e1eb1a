"""Reports of days gone by, and what has changed since a quarter began or since a revision."""

from __future__ import annotations

import datetime as dt
import shutil
from typing import TYPE_CHECKING

import msgspec
import pytest

from stations.errors import UnknownRevisionError
from stations.hours import BEIJING
from stations.report import ReportAsk, ask_for, make_report
from stations.report.ask import Quarter
from stations.workspace import Workspace
from tests.geodata.squares import halves
from tests.stations.report.worlds import edit, make, place, report, workers_at, write_candidates
from tests.stations.samples import station

if TYPE_CHECKING:
    from pathlib import Path

    from stations.model import Station
    from stations.report import CoverageReport

SECOND, THIRD = Quarter(2026, 2), Quarter(2026, 3)
WEST, EAST, FAR = place(-5000), place(5000), place(-9000)


def beijing(text: str) -> dt.datetime:
    """A moment of 2026."""
    return dt.datetime.fromisoformat(f"2026-{text}").replace(tzinfo=BEIJING)


def a_station(name: str, spot: dict[str, float], **fields: object) -> Station:
    """Open day and night unless something else is said."""
    return station(name, **{"name": f"{name}站", "opening_hours": "24/7", **spot, **fields})


@pytest.fixture(scope="module")
def years(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Two districts with 10, 20 and 30 riders, and six revisions of their stations."""
    workspace = make(
        tmp_path_factory.mktemp("years") / "ws",
        a_station("a", WEST),
        a_station("b", EAST),
        demand=workers_at((-9000, 10), (-5000, 20), (5000, 30)),
        areas=halves(),
        when=beijing("01-05 09:00"),
    )
    edit(workspace, a_station("c", FAR), when=beijing("03-31 23:59:59"))  # 2
    edit(workspace, a_station("b", EAST, capacity=3), when=beijing("04-01 00:00:00"))  # 3
    edit(workspace, remove=("a",), when=beijing("05-10 09:00"))  # 4
    edit(workspace, a_station("d", WEST, status="planned"), when=beijing("06-30 23:59:59"))  # 5
    edit(workspace, a_station("d", WEST), a_station("b", EAST), when=beijing("07-01 00:00:00"))  # 6
    return workspace


@pytest.mark.parametrize(
    ("day", "revision", "effective"),
    [
        ((1, 4), 0, 0),
        ((1, 5), 1, 50 / 60),
        ((3, 30), 1, 50 / 60),
        ((3, 31), 2, 1),
        ((4, 1), 3, 1),
        ((5, 9), 3, 1),
        ((5, 10), 4, 40 / 60),
        ((6, 30), 5, 40 / 60),
        ((7, 1), 6, 1),
        ((12, 31), 6, 1),
    ],
)
def test_a_report_of_a_day_uses_the_registry_of_then(
    years: Workspace, day: tuple[int, int], revision: int, effective: float
) -> None:
    """As it was at the end of that day in Beijing."""
    found = report(years, day=dt.date(2026, *day))
    assert found.basis.revision == revision
    assert found.headline.effective == round(effective, 6)
    assert found.change is None


def quarter_report(workspace: Workspace, quarter: Quarter, today: dt.date) -> CoverageReport:
    """The report of a quarter, asked on some day."""
    return make_report(workspace, ask_for(quarter=quarter, day=None, today=today, sites=0))


def test_a_quarter_tells_what_has_changed_since_its_first_day(years: Workspace) -> None:
    """What was done on the first day is part of it, what was done on the eve is not."""
    found = quarter_report(years, SECOND, dt.date(2026, 11, 20))
    assert (found.quarter, found.day, found.complete) == ("2026Q2", dt.date(2026, 6, 30), True)
    assert found.basis.revision == 5
    change = found.change
    assert change is not None
    assert (change.revision, change.day) == (2, dt.date(2026, 4, 1))
    assert (change.added, change.added_names) == (1, ("d站",))
    assert (change.removed, change.removed_names) == (1, ("a站",))
    assert change.changed == 1  # b has a capacity
    assert change.before == report(years, day=dt.date(2026, 3, 31)).headline
    assert change.before.effective == 1
    assert found.headline.effective == round(40 / 60, 6)
    assert ("demand_now", 1.0) in found.limits


def test_a_quarter_that_lasts_is_told_until_today(years: Workspace) -> None:
    """And says that it is not over."""
    found = quarter_report(years, SECOND, dt.date(2026, 5, 9))
    assert (found.day, found.complete, found.basis.revision) == (dt.date(2026, 5, 9), False, 3)
    assert found.change is not None
    assert (found.change.added, found.change.removed, found.change.changed) == (0, 0, 1)


def test_a_quarter_in_which_nothing_was_done_has_no_changes(years: Workspace) -> None:
    """Its figures are those of before."""
    found = quarter_report(years, Quarter(2026, 4), dt.date(2026, 12, 31))
    change = found.change
    assert change is not None
    assert (change.revision, change.added, change.removed, change.changed) == (6, 0, 0, 0)
    assert change.before == found.headline


def test_the_first_quarter_of_a_registry_has_nothing_to_compare_with(years: Workspace) -> None:
    """All records have come in it."""
    found = quarter_report(years, Quarter(2026, 1), dt.date(2026, 11, 20))
    change = found.change
    assert change is not None
    assert (change.revision, change.before) == (0, None)
    assert change.added_names == ("a站", "b站", "c站")


def test_a_revision_may_be_asked_instead(years: Workspace) -> None:
    """What was changed and changed back is not told; nor what came and went."""
    change = report(years, since=2).change
    assert change is not None
    assert (change.revision, change.day) == (2, None)
    assert (change.added_names, change.removed_names, change.changed) == (("d站",), ("a站",), 0)
    assert change.before == report(years, day=dt.date(2026, 3, 31)).headline
    now = report(years, since=6).change
    assert now is not None
    assert (now.added, now.removed, now.changed) == (0, 0, 0)
    first = report(years, since=0).change
    assert first is not None
    assert (first.before, first.added) == (None, 3)


def test_a_past_report_is_not_compared_with_what_came_later(years: Workspace) -> None:
    """A revision after that of the day is refused."""
    found = report(years, day=dt.date(2026, 4, 30), since=3)
    assert found.change is not None
    assert found.change.revision == 3
    with pytest.raises(
        UnknownRevisionError, match="revision 4 is later than that of the report, 3"
    ):
        report(years, day=dt.date(2026, 4, 30), since=4)


def test_changes_of_one_district_are_those_of_its_stations(years: Workspace) -> None:
    """Of the area, then or now; and its figures before."""
    west = report(years, since=2, district="410108").change
    assert west is not None
    assert (west.added_names, west.removed_names, west.changed) == (("d站",), ("a站",), 0)
    assert west.before == report(years, day=dt.date(2026, 3, 31), district="410108").headline
    east = quarter_report_of(years, "410122").change
    assert east is not None
    assert (east.added, east.removed, east.changed) == (0, 0, 1)


def quarter_report_of(workspace: Workspace, district: str) -> CoverageReport:
    """The second quarter of one district."""
    ask = ReportAsk(day=SECOND.last, quarter=SECOND, district=district, sites=0)
    return make_report(workspace, ask)


def test_a_station_that_is_moved_over_the_border_goes_and_comes(tmp_path: Path) -> None:
    """Of the whole it has changed."""
    demand = workers_at((-5000, 20), (5000, 30))
    workspace = make(tmp_path / "ws", a_station("a", WEST), demand=demand, areas=halves())
    edit(workspace, a_station("a", EAST))
    counts = {}
    for district in (None, "410108", "410122"):
        change = report(workspace, since=1, district=district).change
        assert change is not None
        counts[district] = change.added, change.removed, change.changed
    assert counts == {None: (0, 0, 1), "410108": (0, 1, 0), "410122": (1, 0, 0)}


def test_a_report_of_then_is_the_same_when_it_is_made_later(
    years: Workspace, tmp_path: Path
) -> None:
    """Byte for byte, whatever has been done since: the workspace as it was lies beside it."""
    records = (a_station("a", WEST), a_station("b", EAST))
    then = make(
        tmp_path / "then",
        *records,
        demand=workers_at((-9000, 10), (-5000, 20), (5000, 30)),
        areas=halves(),
        when=beijing("01-05 09:00"),
    )
    edit(then, a_station("c", FAR), when=beijing("03-31 23:59:59"))
    for ask in (
        ReportAsk(day=dt.date(2026, 3, 31), sites=1),
        ReportAsk(day=dt.date(2026, 3, 31), sites=0, quarter=Quarter(2026, 1)),
        ReportAsk(day=dt.date(2026, 3, 31), sites=0, since=1, district="410108"),
    ):
        before, later = make_report(then, ask), make_report(years, ask)
        assert msgspec.json.encode(later) == msgspec.json.encode(before)


def test_what_has_run_out_since_counted_then(tmp_path: Path) -> None:
    """A container of the winter is usable before, and expired now, though no record changed."""
    workspace = make(
        tmp_path / "ws",
        a_station("a", WEST, valid_to=dt.date(2026, 4, 15)),
        a_station("b", EAST, valid_from=dt.date(2026, 5, 1)),
        demand=workers_at((-5000, 20), (5000, 30)),
        when=beijing("01-05 09:00"),
    )
    found = quarter_report(workspace, SECOND, dt.date(2026, 11, 20))
    change = found.change
    assert change is not None
    assert change.before == report(workspace, day=dt.date(2026, 3, 31)).headline
    assert (change.before.effective, found.headline.effective) == (0.4, 0.6)
    assert (change.added, change.removed, change.changed) == (0, 0, 0)
    since = report(workspace, day=dt.date(2026, 6, 30), since=1).change
    assert since is not None
    # The day that the revision came to be.
    assert since.before == report(workspace, day=dt.date(2026, 1, 5)).headline


def test_new_stations_are_for_those_left_out_on_that_day(tmp_path: Path) -> None:
    """A station that was within its dates then needs no other beside it, expired though it is."""
    workspace = make(
        tmp_path / "ws",
        a_station("a", WEST, valid_to=dt.date(2020, 12, 31)),
        demand=workers_at((-5000, 50), (5000, 30)),
        when=dt.datetime(2020, 1, 5, tzinfo=BEIJING),
    )
    write_candidates(workspace, {"id": "west", **WEST}, {"id": "east", **EAST})
    found = report(workspace, day=dt.date(2020, 6, 1), sites=1)
    assert found.headline.effective == 50 / 80
    assert [row.id for row in found.sites.rows] == ["east"]
    assert found.sites.share == 1


# ---------------------------------------------------------------------------- a history that is cut


@pytest.fixture
def cut(years: Workspace, tmp_path: Path) -> Workspace:
    """A copy of the workspace."""
    return Workspace(shutil.copytree(years.folder, tmp_path / "copy"))


def test_a_report_of_today_needs_no_history(cut: Workspace, years: Workspace) -> None:
    """As where the registry alone was copied from another machine."""
    (cut.folder / "history.jsonl").unlink()
    today = dt.date(2026, 11, 20)
    assert report(cut, day=today) == report(years, day=today)
    with pytest.raises(UnknownRevisionError, match="history lacks revision"):
        report(cut, day=dt.date(2026, 6, 30))
    with pytest.raises(UnknownRevisionError, match="history lacks revision"):
        report(cut, day=today, since=2)


def test_a_history_that_was_cut_reaches_back_as_far_as_it_goes(cut: Workspace) -> None:
    """The second quarter's beginning is lost; that of the third is there."""
    path = cut.folder / "history.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[4:]))
    found = quarter_report(cut, THIRD, dt.date(2026, 11, 20))
    assert found.change is not None
    assert found.change.revision == 5
    with pytest.raises(UnknownRevisionError, match="history lacks revision"):
        quarter_report(cut, SECOND, dt.date(2026, 11, 20))
