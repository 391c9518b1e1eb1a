from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stations.hours import BEIJING, OpenState, parse
from stations.hours.calendar_cn import DayKind, day_kind
from stations.hours.sign import Row, sign_of
from stations.hours.week import WHOLE_DAY, Span

TODAY = date(2026, 11, 20)
WEEK = tuple(range(7))


def rows(text: str | None, today: date = TODAY) -> dict[tuple[int, ...], list[str] | None]:
    """The rows of a sign, spans written `08:00-22:00`."""
    return {
        row.days: None if row.spans is None else [f"{start}-{end}" for start, end in row.spans]
        for row in sign_of(text, today).rows
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("24/7", {WEEK: ["00:00-24:00"]}),
        ("Mo-Fr 08:30-17:30", {(0, 1, 2, 3, 4): ["08:30-17:30"], (5, 6): []}),
        ("22:00-06:00", {WEEK: ["22:00-06:00"]}),
        ("Mo,We,Fr 09:00-12:00,14:00-18:00; Su 10:00-16:00", {
            (0, 2, 4): ["09:00-12:00", "14:00-18:00"], (1, 3, 5): [], (6,): ["10:00-16:00"],
        }),
        ("Fr-Sa 20:00-02:00", {(0, 1, 2, 3, 6): [], (4, 5): ["20:00-02:00"]}),
        ('Mo-Fr unknown "工作日开放"; Sa-Su off', {(0, 1, 2, 3, 4): None, (5, 6): []}),
        (None, {WEEK: None}),
    ],
)  # fmt: skip
def test_days_that_share_hours_share_a_row(
    text: str | None, expected: dict[tuple[int, ...], list[str] | None]
) -> None:
    """A night stands with the evening it begins in; unknown is never closed."""
    assert rows(text) == expected


def test_a_long_weekend_is_not_taken_for_a_night() -> None:
    """What is open from Friday to Sunday is told day by day."""
    found = rows("Fr 20:00-24:00; Sa 00:00-24:00; Su 00:00-18:00")
    assert found[4,] == ["20:00-24:00"]
    assert found[5,] == ["00:00-24:00"]
    assert found[6,] == ["00:00-18:00"]


def test_bands_together_are_one_door() -> None:
    """Staffed by day and by QR code at night: open around the clock."""
    (row,) = sign_of(["08:00-22:00", "22:00-08:00"], TODAY).rows
    assert row == Row(WEEK, (WHOLE_DAY,))


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("Mo-Fr 08:30-17:30; PH off", ()),
        ("Mo-Fr 22:00-06:00; PH off", ()),
        ("Mo-Su 08:00-22:00; PH 10:00-16:00", (Span("10:00", "16:00"),)),
        ("Mo-Fr 08:00-20:00; Sa-Su,PH 10:00-16:00", (Span("10:00", "16:00"),)),
        ('08:00-20:00; PH unknown "看通知"', None),
    ],
)
def test_holidays_that_differ_have_a_row(text: str, spans: tuple[Span, ...] | None) -> None:
    """Whoever comes on a holiday reads when it is open then, at any time of the year."""
    for month in range(1, 13):
        found = sign_of(text, date(2026, month, 15))
        assert found.holidays == Row((), spans), month
        assert not found.varies


@pytest.mark.parametrize("text", ["24/7", "Mo-Fr 09:00-17:00", "22:00-06:00", None])
def test_holidays_as_usual_are_not_mentioned(text: str | None) -> None:
    """A sign says no more than it must."""
    found = sign_of(text, TODAY)
    assert found.holidays is None
    assert not found.varies


def test_seasons_are_owned_up_to() -> None:
    """The hours are those of today's season, and the sign says that there are others."""
    text = "May-Sep 07:00-22:00; Oct-Apr 08:00-20:00"
    assert rows(text, date(2026, 11, 20)) == {WEEK: ["08:00-20:00"]}
    assert rows(text, date(2026, 7, 1)) == {WEEK: ["07:00-22:00"]}
    for month in range(1, 13):
        found = sign_of(text, date(2026, month, 15))
        assert found.varies
        assert found.holidays is None


def test_a_week_of_holidays_is_no_ordinary_week() -> None:
    """A poster that is printed in the week of National Day says what holds in others."""
    assert rows("Mo-Fr 09:00-17:00; PH off", date(2026, 10, 3)) == {
        (0, 1, 2, 3, 4): ["09:00-17:00"],
        (5, 6): [],
    }


def test_what_is_partly_known_says_so() -> None:
    """Hours beside which others may be open, too."""
    (row,) = sign_of('12:00-18:00 unknown "轮班", 09:00-12:00 open', TODAY).rows
    assert row == Row(WEEK, (Span("09:00", "12:00"),), partly=True)


def test_known_is_any_day_that_is() -> None:
    """A sign of unknown days only says nothing."""
    assert not sign_of(None, TODAY).known
    assert sign_of("Sa-Su off; Mo-Fr unknown", TODAY).known
    assert sign_of("24/7", TODAY).known


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(
        (
            "24/7",
            "Mo-Fr 08:30-17:30; PH off",
            "22:00-06:00",
            "Mo-Sa 20:00-08:00",
            "Fr-Su 18:00-26:00",
        )
    ),
    st.integers(20, 300),
)
def test_on_ordinary_days_the_sign_is_right(text: str, ahead: int) -> None:
    """At every half hour of an ordinary day the evaluation says what the sign says."""
    day = TODAY + timedelta(days=ahead)
    if any(day_kind(day + timedelta(days=n)) is not DayKind.ORDINARY for n in (-1, 0, 1)):
        return
    hours, sign = parse(text), sign_of(text, TODAY)
    by_day = {number: row for row in sign.rows for number in row.days}
    for half in range(48):
        clock = (datetime.combine(day, time()) + timedelta(minutes=30 * half)).strftime("%H:%M")
        told = any(
            start <= clock < ("24:00" if end <= start else end)
            for start, end in by_day[day.weekday()].spans or ()
        ) or any(
            end <= start and clock < end
            for start, end in by_day[(day.weekday() - 1) % 7].spans or ()
        )
        when = datetime.combine(day, time(), BEIJING) + timedelta(minutes=30 * half)
        assert told == (hours.at(when).state is OpenState.OPEN), (day, clock)
