"""Moments and hours as people write them."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stations.hours import BEIJING
from stations.hours.typical import HOURS_OF_WEEK, hour_of
from webmap.moments import read_hour, read_moment

TODAY = dt.date(2026, 11, 30)
"""A Monday of an ordinary week; the nearest holiday is National Day."""
MONDAY, HOLIDAY = dt.date(2026, 11, 30), dt.date(2026, 10, 7)


@pytest.mark.parametrize(
    ("text", "day", "hour", "minute"),
    [
        ("Tue 02:00", 1, 2, 0),
        ("tue 2:00", 1, 2, 0),
        ("TUESDAY 02:00", 1, 2, 0),
        ("Tues 02:30", 1, 2, 30),
        ("Mon 00:00", 0, 0, 0),
        ("Sun 23:59", 6, 23, 59),
        ("周二 02:00", 1, 2, 0),
        ("周二02:00", 1, 2, 0),
        ("星期日 23:59", 6, 23, 59),
        ("星期天 8:05", 6, 8, 5),
        ("周天 08:05", 6, 8, 5),
        ("礼拜六 7点", 5, 7, 0),
        ("周五 18时", 4, 18, 0),
        ("周五 18：30", 4, 18, 30),
        ("holiday 14:00", 7, 14, 0),
        ("Holiday 14:00", 7, 14, 0),
        ("节假日 14:00", 7, 14, 0),
        ("节假日14点", 7, 14, 0),
        ("  Tue   02:00  ", 1, 2, 0),
        # As a plus sign arrives in a query string, and as it is typed.
        ("Tue+02:00", 1, 2, 0),
    ],
)
def test_an_hour_is_a_day_and_a_time(text: str, day: int, hour: int, minute: int) -> None:
    """English days whole or short, Chinese ones in each of their ways, the holiday behind them."""
    found = read_hour(text, today=TODAY)
    assert found.number == 24 * day + hour
    date = HOLIDAY if day == 7 else MONDAY + dt.timedelta(days=day)
    assert found.moment == dt.datetime.combine(date, dt.time(hour, minute), BEIJING)
    assert found.is_holiday == (day == 7)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2026-11-20T22:40", 4 * 24 + 22),
        ("2026-11-20 22:40", 4 * 24 + 22),
        ("2026-11-20T14:40+00:00", 4 * 24 + 22),
        ("2026-10-01T10:00", HOURS_OF_WEEK + 10),
        # A Saturday on which one works for a holiday is as a Friday.
        ("2026-10-10T10:00", 4 * 24 + 10),
    ],
)
def test_an_hour_may_be_a_moment(text: str, number: int) -> None:
    """Which of the 192 hours it is, is asked of the calendar."""
    found = read_hour(text)
    assert found.number == number
    assert found == hour_of(read_moment(text))


def test_now_is_an_hour() -> None:
    """The one that it is."""
    before = dt.datetime.now(BEIJING).replace(second=0, microsecond=0)
    found = read_hour("now")
    assert before <= found.moment <= dt.datetime.now(BEIJING)
    assert found.number == hour_of(found.moment).number


def test_a_day_is_of_the_week_nearest_to_today() -> None:
    """Without a day given, of the week of today; a week with a holiday is passed over."""
    assert read_hour("Tue 02:00") == read_hour("Tue 02:00", today=dt.datetime.now(BEIJING).date())
    in_holidays = read_hour("Fri 10:00", today=dt.date(2026, 10, 2)).moment.date()
    assert in_holidays.weekday() == 4
    assert abs(in_holidays - dt.date(2026, 10, 2)) > dt.timedelta(days=3)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Tue",
        "02:00",
        "Blursday 02:00",
        "Tue 24:00",
        "Tue 02:60",
        "Tue 2",
        "Tue -2:00",
        "Tue 02:00 03:00",
        "周八 02:00",
        "周 02:00",
        "二 02:00",
        "周二周三 02:00",
        "holidays 02:00",
        "holiday",
        "yesterday",
        "2026-13-01T10:00",
        "1999-12-31T10:00",
        "Tue ０２:00 x",
    ],
)
def test_what_is_no_hour_is_refused(text: str) -> None:
    """What was written is named, and how it may be."""
    with pytest.raises(ValueError, match=r"is no hour") as caught:
        read_hour(text)
    assert repr(text[:40]) in str(caught.value)


@given(st.text(max_size=40))
def test_nothing_else_comes_of_any_text(text: str) -> None:
    """An hour, or an error in words: never another fault."""
    try:
        found = read_hour(text, today=TODAY)
    except ValueError as error:
        assert "is no hour" in str(error)  # noqa: PT017  most texts are none
    else:
        assert 0 <= found.number < HOURS_OF_WEEK + 24


@pytest.mark.parametrize("text", ["tomorrow", "1999-12-31", "2101-01-01", "", "10:00"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    """No guess is made at what is meant."""
    with pytest.raises(ValueError, match=r"is no moment|lies outside 2000-2100"):
        read_moment(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2026-11-20T22:40", "2026-11-20T22:40:00+08:00"),
        ("2026-11-20", "2026-11-20T00:00:00+08:00"),
        ("2026-11-20T22:40+00:00", "2026-11-20T22:40:00+00:00"),
        ("2026-11-20T22:40 00:00", "2026-11-20T22:40:00+00:00"),
        ("2026-11-20T22:40Z", "2026-11-20T22:40:00+00:00"),
    ],
)
def test_a_moment_is_beijing_time_unless_it_says(text: str, told: str) -> None:
    """A plus sign that a query string has made a space of is one again."""
    assert read_moment(text) == dt.datetime.fromisoformat(told)
