from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geodata.demand import Demand
from stations.demand_hours import (
    DAY_NAMES,
    GroupHours,
    HoursInput,
    apply_hours,
    read_hours,
    summarise_hours,
)
from stations.errors import ImportFileError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Read = Callable[[str], HoursInput]

HOURS = ",".join(map(str, range(24)))
WIDE = f"群体,日,{HOURS}\n"
LONG = "group,day,hour,share\n"
SHARES = arrays(np.float64, (2, 8, 24), elements=st.floats(0, 1, width=32))


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read CSV text."""

    def from_text(text: str) -> HoursInput:
        path = tmp_path / "hours.csv"
        path.write_text(text, "utf-8")
        return read_hours(path)

    return from_text


def wide(group: str, day: str, figures: object) -> str:
    """A row of a wide sheet: one figure for all hours, or a text for each."""
    cells = [str(figures)] * 24 if isinstance(figures, (int, float, str)) else map(str, figures)
    return ",".join([group, f'"{day}"', *cells]) + "\n"


def days(week: NDArray[np.float64]) -> list[float]:
    """The share of each day, the same in all of its hours."""
    rows = week.reshape(-1, 24)
    assert (rows == rows[:, :1]).all()
    return rows[:, 0].tolist()


def two_groups(**fields: object) -> Demand:
    """Couriers and riders at two points."""
    place = np.array([113.6, 113.7]), np.array([34.8, 34.9])
    return Demand(*place, np.ones((2, 2)), ("courier", "rider"), **fields)


# ----------------------------------------------------------------------------------------- forms


def test_a_wide_sheet(read: Read) -> None:
    """A row for a group and day, hours in their columns, Monday 00:00 first."""
    shares = [round(0.01 * hour, 2) for hour in range(24)]
    found = read(WIDE + wide("外卖骑手", "周一至周五", shares) + wide("外卖骑手", "周末", 0.5))
    assert list(found.week) == ["rider"]
    week = found.week["rider"]
    assert week.shape == (168,)
    assert week[:24].tolist() == week[96:120].tolist() == shares
    assert (week[120:] == 0.5).all()
    assert (found.holiday, found.per_cent) == ({}, False)


def test_a_long_sheet_says_the_same(read: Read) -> None:
    """A row for an hour; days and hours in any words, in any order of rows and columns."""
    rows = [f"{0.01 * hour:.2f},{hour}:00,weekday,Riders\n" for hour in reversed(range(24))]
    rows += [f"0.5,{hour}:00-{hour + 1}:00,Sat-Sun,rider\n" for hour in range(24)]
    long = read("share,hour,day,group\n" + "".join(rows))
    shares = [f"{0.01 * hour:.2f}" for hour in range(24)]
    same = read(WIDE + wide("rider", "工作日", shares) + wide("rider", "周末", 0.5))
    assert (long.week["rider"] == same.week["rider"]).all()


@pytest.mark.parametrize(
    ("day", "which"),
    [
        ("周一", [0]),
        ("星期天", [6]),
        ("周一至周五", range(5)),
        ("周一-周五", range(5)),
        ("工作日", range(5)),
        ("周末", [5, 6]),
        ("周六、周日", [5, 6]),
        ("周五至周一", [0, 4, 5, 6]),
        ("节假日", [7]),
        ("周日和节假日", [6, 7]),
        ("休息日", [5, 6, 7]),
        ("Mon", [0]),
        ("Tuesday", [1]),
        ("Mon-Fr", range(5)),
        ("Fri to Sun", [4, 5, 6]),
        ("Sat–Mon", [0, 5, 6]),
        ("Mo, We, Fr", [0, 2, 4]),
        ("weekday", range(5)),
        ("Weekends", [5, 6]),
        ("holiday", [7]),
        ("Sunday and public holidays", [6, 7]),
        ("PH", [7]),
    ],
)
def test_days_in_words(read: Read, day: str, which: Sequence[int]) -> None:
    """One, several, a range, or a kind, as people write them, over what every day has."""
    found = read(WIDE + wide("all", "每天", 0) + wide("all", "holiday", 0) + wide("all", day, 1))
    marked = [*days(found.week["all"]), *days(found.holiday["all"])]
    assert [i for i, share in enumerate(marked) if share] == list(which)


@pytest.mark.parametrize(
    "headers",
    [
        [f"{h}时" for h in range(24)],
        [f"{h}点" for h in range(24)],
        [f"{h:02}" for h in range(24)],
        [f"{h:02}:00" for h in range(24)],
        [f"{h}-{h + 1}" for h in range(24)],
        [f"{h}时至{(h + 1) % 24}时" for h in range(24)],
        [f"{h:02}:00~{h:02}:59" for h in range(24)],
        [f"{(h + 11) % 12 + 1}{'am' if h < 12 else 'pm'}" for h in range(24)],
        [f"{h}时（％）" for h in range(24)],
        # What Excel makes of 1-2 in a text file, in Chinese.
        [f"{h}月{h + 1}日" if 1 <= h <= 12 else f"{h}-{h + 1}" for h in range(24)],
    ],
)  # fmt: skip
def test_headers_of_hours(read: Read, headers: list[str]) -> None:
    """As numbers, with units, as clock times, as spans; other columns are left alone."""
    shares = [round(0.04 * hour, 2) for hour in range(24)]
    row = ",".join(map(str, shares))
    found = read(f"工种,星期,{','.join(headers)},备注,合计\n全部,每天,{row},无,9\n")
    assert found.week["all"].reshape(7, 24).tolist() == [shares] * 7


def test_a_workbook(tmp_path: Path) -> None:
    """With a title, groups in merged cells, and headers that Excel took for times and dates."""
    path = tmp_path / "hours.xlsx"
    shares = [round(0.04 * hour, 2) for hour in range(24)]
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        as_date = book.add_format({"num_format": "m-d"})
        as_time = book.add_format({"num_format": "hh:mm"})
        page.write(0, 0, "上岗时间表")
        page.write_row(2, 0, ["群体", "日"])
        page.write_datetime(2, 2, dt.time(0), as_time)
        for hour in range(1, 13):
            page.write_datetime(2, 2 + hour, dt.date(2026, hour, hour + 1), as_date)
        page.write_row(2, 15, list(range(13, 24)))
        page.merge_range(3, 0, 4, 0, "环卫工人")
        page.write_row(3, 1, ["每天", *shares], book.add_format({"num_format": "0%"}))
        page.write_row(4, 1, ["节假日", *[0.25] * 24])
    found = read_hours(path)
    assert found.week["sanitation"].reshape(7, 24).tolist() == [shares] * 7
    assert days(found.holiday["sanitation"]) == [0.25]
    assert not found.per_cent


def test_text_of_other_encodings_and_signs(tmp_path: Path) -> None:
    """GB18030 from Excel, and semicolons; the header below a title."""
    path = tmp_path / "hours.csv"
    text = "某区上岗时间\n" + WIDE + wide("快递员", "每天", 0.5)
    path.write_bytes(text.replace(",", ";").encode("gb18030"))
    assert days(read_hours(path).week["courier"]) == [0.5] * 7


@settings(max_examples=50, deadline=None)
@given(SHARES)
def test_what_is_written_is_read_back(shares: NDArray[np.float64]) -> None:
    """A random profile as a wide sheet, day by day, to the last digit."""
    rows = [
        wide(group, name, block)
        for group, table in zip(("外卖骑手", "送货员"), shares, strict=True)
        for name, block in zip(DAY_NAMES["zh"], table.tolist(), strict=True)
    ]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "hours.csv"
        path.write_text(WIDE + "".join(rows), "utf-8")
        found = read_hours(path)
    for group, table in zip(("rider", "送货员"), shares, strict=True):
        assert (found.week[group] == table[:7].ravel()).all()
        assert (found.holiday[group] == table[7]).all()
    assert not found.per_cent


# --------------------------------------------------------------------------------------- figures


@pytest.mark.parametrize(
    ("most", "least", "shares", "per_cent"),
    [
        ("85%", "0.5%", [0.85, 0.005], True),
        ("85 ％", "1", [0.85, 1], True),
        ("85", "1", [0.85, 0.01], True),
        ("85", "0.5%", [0.85, 0.005], True),
        ("0.85", "0.5%", [0.85, 0.005], True),
        ("0.85", "1", [0.85, 1], False),
    ],
)
def test_shares_and_per_cent(
    read: Read, most: str, least: str, shares: list[float], per_cent: bool
) -> None:
    """Per cent by its sign; without one, where some figure without one is above 1."""
    found = read(WIDE + wide("骑手", "每天", [most, least, *["0"] * 22]))
    assert found.week["rider"][:3].tolist() == pytest.approx([*shares, 0])
    assert found.per_cent == per_cent


def test_a_header_says_per_cent_of_small_figures(read: Read) -> None:
    """Where 85 and 0.5 stand side by side, somebody has to."""
    rows = "".join(f"骑手,每天,{hour},{85 if hour else 0.5}\n" for hour in range(24))
    assert read("群体,日,时,在岗比例（%）\n" + rows).week["rider"][:2].tolist() == [0.005, 0.85]
    assert read("群体,日,时,百分比\n" + rows).week["rider"][:2].tolist() == [0.005, 0.85]
    with pytest.raises(ImportFileError, match=r"row 3: 85 .* 0.5 in row 2") as caught:
        read("群体,日,时,在岗比例\n" + rows)
    assert "全部加上 %" in str(caught.value.chinese)


def test_blank_is_nobody_in_a_row_with_figures(read: Read) -> None:
    """As people leave out the night."""
    found = read(WIDE + wide("骑手", "每天", [""] * 12 + ["0.5"] + [""] * 11))
    assert np.flatnonzero(found.week["rider"]).tolist() == [12 + 24 * day for day in range(7)]


def test_later_rows_override_earlier_ones(read: Read) -> None:
    """Every day first, then the weekend; everybody first, then one group; in the file's order."""
    found = read(
        WIDE
        + wide("全部", "每天", 0.1)
        + wide("骑手", "每天", 0.2)
        + wide("骑手", "周末", 0.3)
        + wide("全部", "周三", 0.4)
        + wide("快递员", "周日", 0.5)
        + wide("全部", "节假日", 0.6)
        + wide("骑手", "节假日", 0.7)
    )
    assert days(found.week["all"]) == [0.1, 0.1, 0.4, 0.1, 0.1, 0.1, 0.1]
    assert days(found.week["rider"]) == [0.2, 0.2, 0.4, 0.2, 0.2, 0.3, 0.3]
    assert days(found.week["courier"]) == [0.1, 0.1, 0.4, 0.1, 0.1, 0.1, 0.5]
    assert {g: days(h) for g, h in found.holiday.items()} == {
        "all": [0.6], "rider": [0.7], "courier": [0.6],
    }  # fmt: skip


# ---------------------------------------------------------------------------------------- errors


DAILY = WIDE + wide("骑手", "每天", 0.5)


@pytest.mark.parametrize(
    ("text", "english", "chinese"),
    [
        ("日,0,1\n每天,0,1\n", "need a column group .*; the columns are 日, 0, 1", "“群体”列"),
        ("群体,0,1\n骑手,0,1\n", "need a column day .*群体, 0, 1", "“日”列"),
        ("群体,日,在岗\n骑手,每天,1\n", "no column for the hours 0, 1, .*, 23", "缺少这些钟点"),
        (DAILY.replace(",7,", ",x,"), "no column for the hours 7:", "缺少这些钟点的列：7。"),
        (DAILY.replace(",7,", ",24,"), "column '24' is no hour of the day", "列“24”不是"),
        (DAILY.replace(",7,", ",7:30,"), "column '7:30' is no hour", "列“7:30”"),
        (DAILY.replace(",7,", ",6-9,"), "column '6-9' is no hour", "列“6-9”"),
        (DAILY.replace(",7,", ",3月8日,"), "column '3月8日' is no hour", "列“3月8日”"),
        (DAILY.replace(",7,", ",6时,"), "hour 6 has the column '6' already", "6 时已有列“6”"),
        (DAILY.replace(",7,", ",6,"), "hour 6 has the column '6' already", "6 时已有列“6”"),
        (WIDE, "no rows below its header", "没有数据"),
        (DAILY + wide("", "周末", 1), "row 3 names no group", "第 3 行没有群体"),
        (DAILY + wide("骑手", "", 1), "row 3: '' in '日' is no day", "第 3 行“日”列"),
        (DAILY + wide("骑手", "旺季", 1), "row 3: '旺季' in '日' is no day: write", "“旺季”不是"),
        (DAILY + wide("骑手", "节假日除外", 1), "row 3: '节假日除外'", "第 3 行"),
        (DAILY + wide("骑手", "weekday-Sun", 1), "row 3: 'weekday-Sun'", "第 3 行"),
        (DAILY + wide("骑手", "周末", ""), "row 3 has no figure", "第 3 行没有数值"),
        (DAILY + wide("骑手", "周末", ["多"] * 24), "row 3: '多' in '0' is no share", "“多”不是"),
        (DAILY + wide("骑手", "周末", "%"), "row 3: '%' in '0' is no share", "第 3 行“0”列"),
        (DAILY + wide("骑手", "周末", '"0,5"'), "row 3: '0,5' in '0' is no share", "第 3 行"),
        (DAILY + wide("骑手", "周末", "nan"), "row 3: 'nan' in '0'", "第 3 行"),
        (DAILY + wide("骑手", "周末", -0.1), "row 3: -0.1 in '0' is not from 0 to 1", "第 3 行"),
        (DAILY + wide("骑手", "周末", "101%"), "row 3: 101 % in '0' .* 0 to 100 %", "第 3 行"),
        (WIDE + wide("骑手", "每天", 101), "row 2: 101 % in '0' is not from 0 to 100", "第 2 行"),
        (DAILY + wide("骑手", "周末", 1.2), "row 3: 1.2 in '0' is above 1", "第 3 行"),
        (
            WIDE + wide("骑手", "周一至周四", 1),
            "group rider has no figures for Fri, Sat, Sun: give every hour",
            "群体“外卖骑手”缺少周五、周六、周日的数值",
        ),
        (
            DAILY + wide("快递员", "周末", 1) + wide("快递员", "节假日", 1),
            "group courier has no figures for Mon, Tue, Wed, Thu, Fri:",
            "“快递员”缺少周一、周二、周三、周四、周五的",
        ),
        (DAILY + "骑手,周末" + ",1" * 25 + "\n", "row 3: .* 27 cells", "第 3 行：本行有 27"),
        (LONG + "rider,daily,24,1\n", "row 2: '24' in 'hour' is no hour", "第 2 行“hour”列"),
        (LONG + "rider,daily,noonish,1\n", "row 2: 'noonish' in 'hour'", "第 2 行"),
        (LONG + "rider,daily,7,\n", "row 2 has no figure", "第 2 行没有数值"),
        (
            LONG + "".join(f"rider,daily,{h},1\n" for h in range(24) if h not in {3, 4})
            + "rider,Sun,3,1\nrider,holiday,5,1\n",
            "no figures for Mon 3:00 4:00, .*, Sun 4:00, holiday 0:00 1:00",
            "缺少周一 3 时 4 时、",
        ),
    ],
)  # fmt: skip
def test_a_sheet_that_cannot_be_read_is_told(
    read: Read, text: str, english: str, chinese: str
) -> None:
    """Which row, column, group or day it is, and what to do, in both languages."""
    with pytest.raises(ImportFileError, match=english) as caught:
        read(text)
    assert chinese in str(caught.value.chinese)


def test_files_that_are_no_sheet_or_two_are_told(tmp_path: Path) -> None:
    """No such file, another kind, nothing in it, and a second sheet that would be passed over."""
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    (tmp_path / "b.csv").write_text("", "utf-8")
    for name in ("none.csv", "a.pdf", "b.csv"):
        with pytest.raises(ImportFileError, match=re.escape(name)):
            read_hours(tmp_path / name)
    with xlsxwriter.Workbook(tmp_path / "c.xlsx") as book:
        for group in ("骑手", "快递员"):
            page = book.add_worksheet(group)
            page.write_row(0, 0, ["群体", "日", *range(24)])
            page.write_row(1, 0, [group, "每天", *[0.5] * 24])
    with pytest.raises(ImportFileError, match=r"c\.xlsx has several sheets"):
        read_hours(tmp_path / "c.xlsx")


# -------------------------------------------------------------------------------------- applying


def test_hours_go_to_the_groups_named(read: Read) -> None:
    """The others keep theirs; those without any are always at work, on Sundays as on holidays."""
    found = read(WIDE + wide("骑手", "每天", 0.2) + wide("骑手", "节假日", 0.1))
    before = two_groups()
    demand = apply_hours(before, found)
    assert demand.profile is not None
    assert demand.holiday is not None
    assert demand.profile[:, 0].tolist() == [1, 0.2]
    assert demand.holiday[:, 0].tolist() == [1, 0.1]
    assert before.profile is None
    couriers = read(WIDE + wide("快递员", "每天", 0.4) + wide("快递员", "周日", 0.3))
    both = apply_hours(demand, couriers)
    assert both.profile is not None
    assert both.holiday is not None
    assert both.profile[:, 0].tolist() == [0.4, 0.2]
    assert both.holiday[:, 0].tolist() == [0.3, 0.1]


def test_a_group_named_without_holidays_has_its_new_sunday(read: Read) -> None:
    """What an earlier sheet said of its holidays has gone with its week."""
    demand = two_groups(profile=np.ones((2, 168)), holiday=np.full((2, 24), 0.5))
    rider = apply_hours(demand, read(DAILY.replace("0.5", "0.2")))
    assert rider.holiday is not None
    assert rider.holiday[:, 0].tolist() == [0.5, 0.2]
    everybody = apply_hours(demand, read(WIDE + wide("全部", "每天", 0.2)))
    assert everybody.holiday is None
    assert (everybody.at_work == 0.2).all()


def test_all_is_every_group_that_is_not_named(read: Read) -> None:
    """Also of a demand that does not tell groups apart."""
    found = read(WIDE + wide("全部", "每天", 0.3) + wide("骑手", "周末", 0.6))
    demand = apply_hours(two_groups(), found)
    assert demand.profile is not None
    assert days(demand.profile[0]) == [0.3] * 7
    assert days(demand.profile[1]) == [0.3] * 5 + [0.6] * 2
    whole = Demand.of_points([113.6], [34.8], [5])
    assert (apply_hours(whole, read(WIDE + wide("all", "daily", 0.3))).at_work == 0.3).all()


def test_a_group_that_is_not_there_is_told(read: Read) -> None:
    """With those that are, by code and by word."""
    found = read(DAILY + wide("环卫", "每天", 1) + wide("挑山工", "每天", 1))
    message = "no group sanitation, 挑山工: name one that it has, courier, rider, or all"
    with pytest.raises(ImportFileError, match=message) as caught:
        apply_hours(two_groups(), found)
    assert "快递员、外卖骑手" in str(caught.value.chinese)


def test_hours_in_short(read: Read) -> None:
    """Mean over the week, the first of the fullest hours, and whether holidays are given."""
    figures = [0] * 12 + [1, 0.5] + [0] * 10
    found = read(
        WIDE
        + wide("骑手", "每天", 0)
        + wide("骑手", "周五至周六", figures)
        + wide("骑手", "节假日", 0)
    )
    (rider,) = summarise_hours(found, ("courier", "rider"))
    assert rider == GroupHours("rider", pytest.approx(3 / 168), 4 * 24 + 12, 1.0, own_holiday=True)
    everybody = read(WIDE + wide("all", "daily", 0.5))
    assert summarise_hours(everybody, ("courier", "rider")) == (
        GroupHours("courier", 0.5, 0, 0.5, own_holiday=False),
        GroupHours("rider", 0.5, 0, 0.5, own_holiday=False),
    )
