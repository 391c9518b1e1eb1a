"""A hot day: its level, its file in all its forms, the cooled stations, and who reaches one."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
import xlsxwriter

from stations.errors import ImportFileError, ReportAskError
from stations.report.figures import CoolStation, HeatHour, Range
from stations.report.heat import TYPICAL_HOURS, HeatDay, heat_of, read_heat
from tests.stations.report.worlds import DAY, make, place, report, workers_at
from tests.stations.samples import station

if TYPE_CHECKING:
    from pathlib import Path

    from stations.model import Station
    from stations.report import CoverageReport
    from stations.report.figures import Heat
    from stations.workspace import Workspace

# ------------------------------------------------------------------------------------------- level


@pytest.mark.parametrize(
    ("max_c", "level"),
    [
        (34.9, "none"), (35, "shorter"), (36.9, "shorter"), (37, "six_hours"),
        (39.9, "six_hours"), (40, "stop"), (45, "stop"),
    ],
)  # fmt: skip
def test_the_rules_ask_for_more_from_35_37_and_40_degrees_on(max_c: float, level: str) -> None:
    """Article 8 of the 2012 rules: shorter shifts, at most six hours, none at all."""
    assert HeatDay(max_c, ()).level == level


def test_of_a_maximum_alone_the_hot_hours_are_assumed() -> None:
    """From 11 to 18, on the day of the report."""
    assert heat_of(38) == HeatDay(38, tuple(range(11, 18)), None, measured=False)


@pytest.mark.parametrize("max_c", [34.9, 60.1, -3, float("nan"), float("inf")])
def test_a_maximum_that_is_no_heat_is_refused(max_c: float) -> None:
    """With what is expected, in both languages."""
    with pytest.raises(ReportAskError, match="no heat: 35 to 60") as caught:
        heat_of(max_c)
    assert "不是高温" in str(caught.value.chinese)


# -------------------------------------------------------------------------------------------- file


def sheet(path: Path, text: str) -> Path:
    """A CSV file."""
    path.write_text(text, "utf-8")
    return path


def workbook(path: Path, *rows: tuple[Any, ...]) -> Path:
    """A workbook with these rows."""
    formats = {dt.datetime: "yyyy-mm-dd hh:mm", dt.date: "yyyy-mm-dd", dt.time: "hh:mm"}
    with xlsxwriter.Workbook(path) as book:
        styles = {kind: book.add_format({"num_format": text}) for kind, text in formats.items()}
        page = book.add_worksheet()
        for at, row in enumerate(rows):
            for column, cell in enumerate(row):
                page.write(at, column, cell, *filter(None, [styles.get(type(cell))]))
    return path


JULY = dt.date(2026, 7, 20)
ONE, TWO = (dt.datetime.combine(JULY, dt.time(hour)) for hour in (13, 14))
HOT = HeatDay(38.5, (13, 14), JULY, measured=True)
TEXTS = {
    "one column": "time,temp\n2026-07-20 12:00,34.9\n2026-07-20 13:00,35\n2026-07-20 14:00,38.5",
    "with a T and seconds": "time,temp\n2026-07-20T13:00:00,36\n2026-07-20T14:00:00+08:00,38.5",
    "single digits": "时间,气温\n2026/7/20 9:00,30\n2026/7/20 13:00,36\n2026/7/20 14:00,38.5",
    "in words": "时间,气温（℃）\n2026年7月20日13时,36\n2026年7月20日 14时,38.5",
    "date and hour": "日期,小时,温度\n2026-07-20,13,36\n2026-07-20,14,38.5",
    "date and clock": "date,time,temp_c\n2026.7.20,13:00,36\n2026.7.20,14:30,38.5",
    "date without marks": "date,hour,temp\n20260720,13,36\n20260720,14.0,38.5",
    "date that holds the time": "date,temperature\n2026-07-20 13:00,36\n2026-07-20 14:00,38.5",
    "minutes": "time,temperature\n2026-07-20 13:10,36\n2026-07-20 13:50,35\n2026-07-20 14:20,38.5",
    "points": "time,temperature\n2026-07-20 13点,36\n2026-07-20 14点30分,38.5",
}


@pytest.mark.parametrize("form", TEXTS)
def test_a_sheet_of_temperatures_is_read_however_it_writes_the_time(
    tmp_path: Path, form: str
) -> None:
    """Hot are the hours of 35 degrees or more."""
    assert read_heat(sheet(tmp_path / "heat.csv", TEXTS[form])) == HOT


@pytest.mark.parametrize(
    "rows",
    [
        [("time", "temperature"), (ONE, 36), (TWO, 38.5)],
        [("日期", "小时", "气温"), (JULY, 13, 36), (JULY, 14, 38.5)],
        [("日期", "时间", "气温"), (JULY, dt.time(13), 36), (JULY, dt.time(14), 38.5)],
        [("日期", "时间", "气温"), (20260720, "13:00", 36), (20260720, "14:00", "38.5")],
    ],
)  # fmt: skip
def test_a_workbook_is_read_too(tmp_path: Path, rows: list[tuple[Any, ...]]) -> None:
    """With dates and times as a spreadsheet holds them, or as text."""
    assert read_heat(workbook(tmp_path / "heat.xlsx", *rows)) == HOT


def test_hours_alone_are_those_of_the_day_of_the_report(tmp_path: Path) -> None:
    """No date is made up."""
    path = sheet(tmp_path / "heat.csv", "hour,temperature\n13,36\n14,38.5\n15,30")
    assert read_heat(path) == HeatDay(38.5, (13, 14), None, measured=True)


def test_of_several_days_the_hottest_is_taken(tmp_path: Path) -> None:
    """By its maximum; of two with the same, by how hot it is in all."""
    rows = ["2026-07-19 14:00,36", "2026-07-22 14:00,38.5", "2026-07-22 13:00,34"]
    rows += ["2026-07-20 13:00,36", "2026-07-20 14:00,38.5", "2026-07-21 14:00,38.4"]
    text = "\n".join(["time,temperature", *rows])
    assert read_heat(sheet(tmp_path / "heat.csv", text)) == HOT


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("time,temperature\n2026-07-20 13:00,warm", "row 2"),
        ("time,temperature\n2026-07-20 13:00,36\nnoon,36", "row 3"),
        ("time,temperature\n2026-07-20 13:00,36\n,36", "row 3"),
        ("time,temperature\n2026-07-20 13:00,", "row 2"),  # not measured is not 0 degrees
        ("time,temperature\n2026-07-20 13:00,99", "row 2"),
        ("time,temperature\n2026-07-20 24:00,36", "row 2"),
        ("time,temperature\n2026-02-30 13:00,36", "row 2"),
        ("time,temperature\n2026-07-20 2:00 PM,36", "row 2"),  # not two in the night
        ("time,temperature\n7/20/2026 14:00,36", "row 2"),  # hours of which day?
        ("time,temperature\n下午2时,36", "row 2"),
        ("time,temperature\n2026-07-20T06:00:00Z,36", "row 2"),  # not the hour in Beijing
        ("date,hour,temperature\n20 July,14,36", "row 2"),
        ("date,temperature\n2026-07-20,36", "row 2"),  # which hour?
        ("time,temperature\n2026-07-20 13:00,30", "no hour reaches 35 C"),
        ("time,humidity\n2026-07-20 13:00,30", "needs a column of times"),
        ("when,temperature\n2026-07-20 13:00,36", "it has when, temperature"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_row(tmp_path: Path, text: str, said: str) -> None:
    """A row half of which is understood would be worse than none."""
    with pytest.raises(ReportAskError, match=said) as caught:
        read_heat(sheet(tmp_path / "heat.csv", text))
    assert "heat.csv" in str(caught.value)
    assert "heat.csv" in str(caught.value.chinese)


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    """As an import refuses it."""
    with pytest.raises(ImportFileError, match=r"none\.csv"):
        read_heat(tmp_path / "none.csv")


# ----------------------------------------------------------------------------------------- figures


def cooled(
    name: str, east: float, hours: str | None, *, cool: bool | None = True, **more: Any
) -> Station:
    """A station with or without air conditioning, or of which nobody knows."""
    facilities = {} if cool is None else {"air_conditioning": cool}
    return station(name, **place(east), opening_hours=hours, facilities=facilities, **more)


def summer(tmp_path: Path, *records: Station, workers: Any = ((0, 10),)) -> Workspace:
    """A workspace of these stations and of riders who work at all hours."""
    return make(tmp_path / "ws", *records, demand=workers_at(*workers))


def heat_report(workspace: Workspace, **heat: Any) -> Heat:
    """The hot day of a report."""
    given = {"max_c": 38.0, "hours": (13, 14, 15, 16), **heat}
    found = report(workspace, heat=HeatDay(**given)).heat
    assert found is not None
    return found


def test_cooled_stations_are_open_in_all_some_or_none_of_the_hot_hours(tmp_path: Path) -> None:
    """Or it is not known; those that are not cooled, or not known to be, are not listed."""
    workspace = summer(
        tmp_path,
        cooled("a", 0, "Mo-Su 08:00-20:00"),
        cooled("b", 0, "Mo-Su 08:00-14:00"),
        cooled("c", 0, "Mo-Su 08:00-13:00"),
        cooled("d", 0, None),
        cooled("e", 0, "Mo-Su 13:00-14:00; Mo-Su 16:00-17:00 unknown"),
        cooled("f", 0, "Mo-Su 16:00-17:00 unknown"),
        cooled("g", 0, "24/7", cool=False),
        cooled("h", 0, "24/7", cool=None),
        cooled("i", 0, "24/7", status="suspended"),
    )
    found = heat_report(workspace)
    assert found.stations == (
        CoolStation("a", "a", "open", "Mo-Su 08:00-20:00"),
        CoolStation("b", "b", "partly", "Mo-Su 08:00-14:00"),
        CoolStation("c", "c", "closed", "Mo-Su 08:00-13:00"),
        CoolStation("d", "d", "unknown", None),
        # Later rules take the place of earlier ones.
        CoolStation("e", "e", "unknown", "Mo-Su 13:00-14:00; Mo-Su 16:00-17:00 unknown"),
        CoolStation("f", "f", "unknown", "Mo-Su 16:00-17:00 unknown"),
    )
    assert found.unknown_cooling == 1


def test_a_cooled_station_for_some_is_open_to_them(tmp_path: Path) -> None:
    """Its door is open, whomever it serves."""
    workspace = summer(tmp_path, cooled("a", 0, "24/7", serves=("courier",)))
    (found,) = heat_report(workspace).stations
    assert found.state == "open"


def test_hours_are_counted_one_by_one_with_who_is_cooled(tmp_path: Path) -> None:
    """Ten beside a door that shuts at 15, twenty beside one of unknown cooling, ten alone."""
    workspace = summer(
        tmp_path,
        cooled("a", 0, "Mo-Su 08:00-15:00"),
        cooled("b", 9000, "24/7", cool=None),
        workers=((0, 10), (9000, 20), (18_000, 10)),
    )
    found = heat_report(workspace)
    assert found.hours == (
        HeatHour(13, 40, Range(0.25, 0.75)),
        HeatHour(14, 40, Range(0.25, 0.75)),
        HeatHour(15, 40, Range(0, 0.5)),
        HeatHour(16, 40, Range(0, 0.5)),
    )
    assert (found.workers, found.cooled) == (40, Range(0.125, 0.625))
    # Half of the hours is not most of them.
    assert found.without == Range(10, 30)
    assert [(z.workers, z.surely) for z in found.zones] == [(20, 0), (10, 10)]
    assert (found.max_c, found.level, found.day, found.assumed_hours) == (
        38,
        "six_hours",
        DAY,
        True,
    )


DAYS = {
    "a Friday": (dt.date(2026, 7, 17), "open"),
    "a Saturday": (dt.date(2026, 7, 18), "closed"),
    "a holiday on a Friday": (dt.date(2026, 6, 19), "closed"),  # Dragon Boat Festival
    "a Saturday that is worked": (dt.date(2026, 10, 10), "open"),
}


@pytest.mark.parametrize("name", DAYS)
def test_hours_are_those_of_the_date(tmp_path: Path, name: str) -> None:
    """An office is cooled on workdays: those at the weekend and on holidays find it shut."""
    day, state = DAYS[name]
    workspace = summer(tmp_path, cooled("a", 0, "Mo-Fr 08:00-18:00; PH off"))
    found = heat_report(workspace, day=day)
    assert found.day == day
    assert [one.state for one in found.stations] == [state]
    share = float(state == "open")
    assert found.cooled == Range(share, share)


def test_the_hot_day_may_be_another_than_that_of_the_report(tmp_path: Path) -> None:
    """And is one of its parameters; measured hours are told from assumed ones."""
    workspace = summer(tmp_path, cooled("a", 0, "24/7"))
    found = report(workspace, heat=HeatDay(41.0, (12,), JULY, measured=True))
    assert found.heat is not None
    assert (found.heat.level, found.heat.day, found.heat.assumed_hours) == ("stop", JULY, False)
    assert found.basis.parameters["heat"] == {
        "max_c": 41.0, "hours": [12], "day": "2026-07-20", "measured": True,
    }  # fmt: skip


def test_without_heat_nothing_is_said_of_it(town_report: CoverageReport) -> None:
    """Neither among the parameters."""
    assert town_report.heat is None
    assert town_report.basis.parameters["heat"] is None


def test_heat_of_the_town_is_what_one_counts_by_hand(town: Workspace) -> None:
    """From 11 to 18 only couriers work; of 67.5, thirty are beside w-day, which is cooled."""
    found = report(town, heat=heat_of(36)).heat
    assert found is not None
    at_work = 67.5 * 6 / 7  # from 9 to 17
    assert found.workers == round(at_work, 2)
    # Perhaps beside e-unknown and outside, where nobody knows.
    assert found.cooled == Range(round(60 / 135, 6), round(105 / 135, 6))
    assert [(s.id, s.state) for s in found.stations] == [("e-24", "open"), ("w-day", "open")]
    assert found.unknown_cooling == 3
    assert [hour.hour for hour in found.hours] == list(TYPICAL_HOURS)
    assert [hour.workers for hour in found.hours] == [67.5] * 6 + [0]
