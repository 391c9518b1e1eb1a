from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stations.hours import BEIJING, HoursError, OpenState, parse
from stations.hours.calendar_cn import DayKind
from stations.hours.week import WHOLE_DAY, Day, Span, week_of

FRIDAY = date(2026, 11, 20)
TEXTS = (
    "24/7",
    "Mo-Fr 08:30-17:30; PH off",
    "22:00-06:00",
    "Mo-Sa 20:00-08:00; Su off",
    "Mo-Fr 09:00-12:00,14:00-18:00; Sa 09:00-12:00; PH off",
    'Mo-Fr unknown "工作日开放"; Sa-Su off; PH off',
    "May-Sep 07:00-22:00; Oct-Apr 08:00-20:00",
    "Mo-Fr 08:00-24:00; PH 10:00-16:00",
    "Mo 08:00-30:00",
    "SH off; 09:00-17:00",
    "06:15-23:45",
)


def minutes(text: str) -> int:
    """Minutes from midnight of a clock time."""
    hour, minute = text.split(":")
    return 60 * int(hour) + int(minute)


def state(day: Day, minute: int) -> OpenState:
    """What a day of the table says of a minute of it."""
    for name, spans in ((OpenState.OPEN, day.spans or ()), (OpenState.UNKNOWN, day.unsure)):
        if any(minutes(span.start) <= minute < minutes(span.end) for span in spans):
            return name
    return OpenState.CLOSED


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(TEXTS),
    st.dates(date(2024, 1, 1), date(2027, 12, 31)),
    st.integers(0, 29),
)
def test_the_table_says_what_evaluation_says(text: str, day: date, offset: int) -> None:
    """At every half hour of the week, in any year, the table and the evaluation agree."""
    hours = parse(text)
    for found in week_of(text, day):
        midnight = datetime.combine(found.date, time(), BEIJING)
        for minute in range(offset, 1440, 30):
            assert state(found, minute) is hours.at(midnight + timedelta(minutes=minute)).state


@given(st.sampled_from(TEXTS), st.dates(date(2024, 1, 1), date(2027, 12, 31)))
def test_days_are_whole_and_in_order(text: str, day: date) -> None:
    """Seven days from the Monday; spans ascend, never touch, and unknown is never closed."""
    found = week_of(text, day)
    monday = day - timedelta(days=day.weekday())
    assert [one.date for one in found] == [monday + timedelta(days=n) for n in range(7)]
    for one in found:
        edges = [minutes(edge) for span in one.spans or () for edge in span]
        assert edges == sorted(set(edges))
        assert (one.spans is None) == (bool(one.unsure) and not one.spans)


def test_an_office_week() -> None:
    """Five days of nine to five, and a weekend that is closed."""
    found = week_of("Mo-Fr 09:00-17:00; PH off", FRIDAY)
    assert [day.spans for day in found] == [(Span("09:00", "17:00"),)] * 5 + [()] * 2


def test_a_night_is_cut_at_midnight() -> None:
    """What is open through the night has a span at either end of the day."""
    expected = (Span("00:00", "06:00"), Span("22:00", "24:00"))
    assert {day.spans for day in week_of("22:00-06:00", FRIDAY)} == {expected}


def test_around_the_clock_is_one_span() -> None:
    """24/7 is from midnight to midnight on every day."""
    assert {day.spans for day in week_of("24/7", FRIDAY)} == {(WHOLE_DAY,)}


@pytest.mark.parametrize("nothing", [None, "", ()])
def test_no_hours_are_unknown(nothing: str | None) -> None:
    """Hours that nobody wrote down are not closed."""
    found = week_of(nothing, FRIDAY)
    assert {(day.spans, day.unsure) for day in found} == {(None, (WHOLE_DAY,))}


def test_unknown_beside_open_is_told() -> None:
    """A day of which a part is unknown keeps the hours that are known."""
    monday = week_of('12:00-18:00 unknown "轮班", 09:00-12:00 open', FRIDAY)[0]
    assert monday.spans == (Span("09:00", "12:00"),)
    assert monday.unsure == (Span("12:00", "18:00"),)


def test_holidays_and_make_up_workdays() -> None:
    """The week before National Day 2025: a worked Sunday; the week of it: closed until Thursday."""
    text = "Mo-Fr 09:00-17:00; PH off"
    before = week_of(text, date(2025, 9, 24))
    assert before[6].kind is DayKind.MAKE_UP
    assert before[6].spans == (Span("09:00", "17:00"),)
    during = week_of(text, date(2025, 10, 8))
    assert [day.kind for day in during[:3]] == [DayKind.HOLIDAY] * 3
    assert [bool(day.spans) for day in during] == [False, False, False, True, True, True, False]


def test_several_bands_are_open_while_one_is() -> None:
    """Staffed by day and by QR code at night makes a station that is open around the clock."""
    found = week_of(["08:00-22:00", "22:00-08:00"], FRIDAY)
    assert {day.spans for day in found} == {(WHOLE_DAY,)}
    half = week_of(["Mo-Fr 08:00-12:00", "Mo-Sa 10:00-14:00"], FRIDAY)
    assert half[0].spans == (Span("08:00", "14:00"),)
    assert half[5].spans == (Span("10:00", "14:00"),)
    assert half[6].spans == ()


def test_what_cannot_be_read_is_an_error() -> None:
    """A typing error is never shown as closed."""
    with pytest.raises(HoursError):
        week_of("Mo-Fr 9-5 or so", FRIDAY)
