from __future__ import annotations

import csv
import os
import pickle
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from itertools import pairwise
from pathlib import Path
from time import perf_counter

import opening_hours as osm
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stations.hours import BEIJING, HoursError, OpenState, parse
from stations.hours.calendar_cn import DayKind, day_kind, published_years, special_days

PROJECT = Path(__file__).parents[2]
OFFICE = "Mo-Fr 09:00-17:00; PH off"


def beijing(text: str) -> datetime:
    """Read a Beijing clock time."""
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING)


def spans(text: str, start: str, end: str) -> list[str]:
    """Write the open spans between two days as `09-28 09:00-09-28 17:00`."""
    return [
        f"{begin:%m-%d %H:%M}-{finish:%m-%d %H:%M}"
        for begin, finish, state in parse(text).intervals(beijing(start), beijing(end))
        if state is OpenState.OPEN
    ]


@cache
def osm_strings() -> list[tuple[str, bool]]:
    """Load real values, and whether the package accepts each."""
    folder = Path(os.environ.get("YIZHAN_SHARED_DATA", PROJECT.parent / "shared" / "data"))
    table = folder / "opening_hours" / "osm_opening_hours_strings.csv"
    if not table.is_file():
        pytest.skip("needs osm_opening_hours_strings.csv; set YIZHAN_SHARED_DATA to its folder")
    with table.open(encoding="utf-8", newline="") as lines:
        return [
            (row["value"], row["parses_opening_hours_py_2_1_4"] == "1")
            for row in csv.DictReader(lines)
        ]


# ------------------------------------------------------------------------------------- calendar


@pytest.mark.parametrize(
    ("year", "breaks", "worked"),
    [
        # State Council notices of 2023-10-25, 2024-11-12 and 2025-11-04.
        (
            2024,
            "01-01 02-10..02-17 04-04..04-06 05-01..05-05 06-08..06-10 09-15..09-17 10-01..10-07",
            "02-04 02-18 04-07 04-28 05-11 09-14 09-29 10-12",
        ),
        (
            2025,
            "01-01 01-28..02-04 04-04..04-06 05-01..05-05 05-31..06-02 10-01..10-08",
            "01-26 02-08 04-27 09-28 10-11",
        ),
        (
            2026,
            (
                "01-01..01-03 02-15..02-23 04-04..04-06 05-01..05-05 06-19..06-21 "
                "09-25..09-27 10-01..10-07"
            ),
            "01-04 02-14 02-28 05-09 09-20 10-10",
        ),
    ],
)
def test_calendar_is_that_of_the_state_council(year: int, breaks: str, worked: str) -> None:
    """Every day of a published break is a holiday, every make-up workday is known."""
    expected = {}
    for stretch in breaks.split():
        first, last = (date.fromisoformat(f"{year}-{day}") for day in (stretch[:5], stretch[-5:]))
        for step in range((last - first).days + 1):
            expected[first + timedelta(days=step)] = DayKind.HOLIDAY
    for day in worked.split():
        expected[date.fromisoformat(f"{year}-{day}")] = DayKind.MAKE_UP
    assert special_days(year) == expected


def test_unpublished_years_have_the_days_fixed_by_law() -> None:
    """Without a notice: 13 statutory days, lunar ones included, and no make-up workdays."""
    year = published_years()[-1] + 20
    kinds = special_days(year)
    assert len(kinds) == 13
    assert set(kinds.values()) == {DayKind.HOLIDAY}
    assert day_kind(date(year, 10, 1)) is DayKind.HOLIDAY
    assert day_kind(date(year, 10, 4)) is DayKind.ORDINARY


def test_published_years_cover_2001_to_2026_at_least() -> None:
    """The years that the documentation names are the years the calendar has."""
    assert {2001, 2026} <= set(published_years())


@given(st.dates())
def test_every_date_has_a_kind(day: date) -> None:
    """No date is outside the calendar; far ones are ordinary."""
    assert day_kind(day) in DayKind


# ----------------------------------------------------------------------------------- evaluation


def test_office_follows_holidays_and_make_up_workdays() -> None:
    """National Day 2025 is closed for eight days; the Sunday and the Saturday are worked."""
    assert spans(OFFICE, "2025-09-26", "2025-10-13") == [
        "09-26 09:00-09-26 17:00",
        "09-28 09:00-09-28 17:00",
        "09-29 09:00-09-29 17:00",
        "09-30 09:00-09-30 17:00",
        "10-09 09:00-10-09 17:00",
        "10-10 09:00-10-10 17:00",
        "10-11 09:00-10-11 17:00",
    ]


def test_spring_festival_2026() -> None:
    """Closed from Sunday 15 to Monday 23 February; Saturdays 14 and 28 are worked."""
    hours = parse(OFFICE)
    assert hours.at(beijing("2026-02-14T10:00")).state is OpenState.OPEN
    assert hours.at(beijing("2026-02-14T18:00")) == (
        OpenState.CLOSED,
        beijing("2026-02-24T09:00"),
    )
    assert hours.at(beijing("2026-02-28T10:00")).state is OpenState.OPEN


def test_weekdays_are_literal_when_holidays_are_not_mentioned() -> None:
    """`Mo-Fr` without PH is open on a holiday Wednesday and closed on a make-up Sunday."""
    hours = parse("Mo-Fr 09:00-17:00")
    assert hours.at(beijing("2025-10-01T10:00")).state is OpenState.OPEN
    assert hours.at(beijing("2025-09-28T10:00")).state is OpenState.CLOSED


@pytest.mark.parametrize(
    ("text", "when", "state"),
    [
        # A make-up Sunday takes what most workdays have, and loses what the weekend has.
        ("Mo-Fr 09:00-17:00; Sa-Su 10:00-12:00; PH off", "2025-09-28T09:30", "open"),
        ("Sa-Su 10:00-16:00; PH off", "2025-09-28T11:00", "closed"),
        ("Mo-Th 09:00-17:00; Fr 09:00-16:00; PH off", "2025-09-28T16:30", "open"),
        ("Mo-Sa 09:00-17:00; PH off", "2025-09-28T11:00", "open"),
        ("Tu-Su 09:00-17:00; PH off", "2025-09-28T11:00", "open"),
        ("Mo-Su 09:00-17:00; Mo off; PH off", "2025-09-28T11:00", "open"),
        ("We 09:00-17:00; PH off", "2025-09-28T11:00", "closed"),
        # Weekend days inside a break are holidays.
        ("Mo-Su 09:00-17:00; PH off", "2025-10-04T11:00", "closed"),
        ("Mo-Su 09:00-17:00; PH 10:00-12:00", "2025-10-05T11:00", "open"),
        ("Mo-Su 09:00-17:00; PH 10:00-12:00", "2025-10-05T13:00", "closed"),
        # The ways of writing it.
        ("Mo-Fr,PH 09:00-17:00", "2025-10-04T11:00", "open"),
        ("PH,Su 10:00-12:00", "2025-10-01T11:00", "open"),
        ("PH,Su 10:00-12:00", "2025-10-12T11:00", "open"),
        ("PH,Su 10:00-12:00", "2025-10-11T11:00", "closed"),
        ("Mo-Sa 08:00-18:00; PH 09:00-12:00", "2025-10-01T08:30", "closed"),
        ("PH off; Mo-Su 08:00-18:00", "2025-10-01T08:30", "open"),
        ("Mo-Su, PH 08:00-18:00", "2025-10-01T03:00", "closed"),
        ("24/7; PH off", "2025-10-08T23:59", "closed"),
        ("24/7; PH off", "2025-10-09T00:00", "open"),
        ("Mo-Su 08:00-18:00; PH -1 day 08:00-12:00", "2025-09-30T13:00", "closed"),
        ("Mo-Su 08:00-18:00; PH +1 day off", "2025-10-09T13:00", "closed"),
        ('08:00-18:00 "PH and Sa as usual"', "2025-10-04T13:00", "open"),
        # Unknown is a value of its own.
        ('Mo-Fr unknown "工作日开放"; Sa-Su off; PH off', "2025-09-28T10:00", "unknown"),
        ('Mo-Fr unknown "工作日开放"; Sa-Su off; PH off', "2025-10-01T10:00", "closed"),
        ('"by appointment"', "2025-09-03T10:00", "unknown"),
        ('Mo-Fr 09:00-17:00; Sa "by appointment"', "2025-09-06T10:00", "unknown"),
        ("08:00-18:00; SH off", "2025-09-03T10:00", "unknown"),
        ("08:00-18:00; SH off", "2025-09-03T19:00", "closed"),
        ("08:00-18:00; SH 10:00-12:00; PH off", "2025-09-03T11:00", "open"),
    ],
)
def test_known_states(text: str, when: str, state: str) -> None:
    """Each way of naming days gives the state that a person would read from it."""
    assert parse(text).at(beijing(when)).state.value == state


def test_night_before_a_holiday_goes_on_and_the_holiday_has_none() -> None:
    """The night of 30 September ends at 6:00; there is none until that of 9 October."""
    assert spans("22:00-06:00; PH off", "2025-09-30", "2025-10-11") == [
        "09-30 00:00-09-30 06:00",
        "09-30 22:00-10-01 06:00",
        "10-09 22:00-10-10 06:00",
        "10-10 22:00-10-11 00:00",
    ]


def test_night_of_a_holiday_goes_on_into_the_workday() -> None:
    """Hours for holidays that pass midnight are not cut by the next day's rule."""
    assert spans("Mo-Fr 08:00-18:00; PH 20:00-04:00", "2025-10-08", "2025-10-10") == [
        "10-08 00:00-10-08 04:00",
        "10-08 20:00-10-09 04:00",
        "10-09 08:00-10-09 18:00",
    ]


def test_night_of_a_make_up_workday() -> None:
    """A make-up Saturday has the night of a workday, which ends on Sunday."""
    assert spans("Mo-Fr 22:00-06:00; PH off", "2025-10-11", "2025-10-13") == [
        "10-11 00:00-10-11 06:00",
        "10-11 22:00-10-12 06:00",
    ]


def test_change_is_the_next_change_of_state() -> None:
    """A change is found beyond holidays, and is none when the state lasts."""
    assert parse(OFFICE).at(beijing("2025-09-30T17:00")) == ("closed", beijing("2025-10-09T09:00"))
    assert parse("24/7").at(beijing("2025-09-30T17:00")) == ("open", None)
    assert parse("PH off; 24/7").at(beijing("2025-09-30T17:00")) == ("open", None)
    assert parse("08:00-12:00,12:00-18:00").at(beijing("2025-09-30T09:00")).until == beijing(
        "2025-09-30T18:00"
    )
    assert parse("2099 Mo 08:00-12:00").at(beijing("2025-09-30T09:00")) == ("closed", None)


def test_time_zones() -> None:
    """Aware times are converted to Beijing time; naive ones are Beijing time."""
    hours = parse("08:00-18:00")
    utc = datetime(2025, 9, 3, 0, 30, tzinfo=UTC)
    naive = datetime(2025, 9, 3, 8, 30)  # noqa: DTZ001 - that is what is tested
    assert hours.at(utc) == hours.at(naive) == ("open", beijing("2025-09-03T18:00"))
    until = hours.at(utc).until
    assert until is not None
    assert until.tzinfo is BEIJING


def test_moments_outside_the_calendar_are_unknown() -> None:
    """The first and the last datetime there is raise nothing."""
    hours = parse(OFFICE)
    for when in (datetime.min, datetime.max):  # noqa: DTZ901
        assert hours.at(when) == ("unknown", None)
        assert hours.at(when.replace(tzinfo=timezone(timedelta(hours=-12)))).until is None
    assert hours.intervals(beijing("2025-09-03"), beijing("2025-09-01")) == []
    assert len(hours.intervals(beijing("2095-01-01"), beijing("2105-01-01"))) > 4000


def test_intervals_beyond_the_horizon_are_not_lost() -> None:
    """A stretch of years without a change does not hide what comes after it."""
    assert spans("2030 Jan 1 08:00-12:00", "2025-01-01", "2031-01-01") == [
        "01-01 08:00-01-01 12:00"
    ]


def test_hours_are_equal_by_text_hashable_and_can_be_sent_to_another_process() -> None:
    """Two parses of one text are one value."""
    hours = parse(OFFICE)
    assert hours == parse(OFFICE)
    assert hours != parse("24/7")
    assert len({hours, parse(OFFICE)}) == 1
    assert pickle.loads(pickle.dumps(hours)) == hours  # noqa: S301 - our own bytes


@pytest.mark.parametrize(
    "text",
    ["", "  ", "whenever", "Mo-Fr 25:00-26:00", "8点", "Mo-Fr 9am-5pm", "x" * 5000,
     "Mo " * 400, "PH +9999999999 days off", "PH +400 days off", "Mo-Fr 08:00-17:00; ph off"],
)  # fmt: skip
def test_bad_text_is_refused_by_name(text: str) -> None:
    """The error is ours, names the text and says what is wrong."""
    with pytest.raises(HoursError) as caught:
        parse(text)
    message = str(caught.value)
    assert text[:20].strip() in message
    assert len(message) < 400


@pytest.mark.parametrize(
    "text",
    [
        "2020-9999/7919 Feb 29 Mo[5] 10:00-11:00",
        "Mo-Su 09:00-10:00; Mo-Su off; PH off; SH off",
        "Feb 29 Mo 10:00-11:00; PH off",
        ",".join(f"{n:02d}:{m:02d}-{n:02d}:{m + 1:02d}" for n in (0, 1) for m in range(0, 58, 2)),
        "; ".join(f"PH +{n} days off" for n in range(1, 31)),
    ],
)  # fmt: skip
def test_hostile_expressions_are_answered_in_bounded_time(text: str) -> None:
    """Nothing that is accepted takes longer than a fraction of a second."""
    hours = parse(text)
    began = perf_counter()
    hours.at(beijing("2025-09-30T17:00"))
    assert perf_counter() - began < 2


def test_threads_agree() -> None:
    """Many threads asking at once get what one thread gets."""
    moments = [beijing("2025-09-20") + timedelta(hours=hour) for hour in range(24 * 30)]
    hours = parse("Mo-Fr 22:00-06:00; Sa-Su 10:00-12:00; PH 09:00-10:00; SH off")
    alone = [hours.at(moment) for moment in moments]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(hours.at, moments)) == alone


# --------------------------------------------------------------------------------- real strings


def test_real_strings_are_read_or_refused() -> None:
    """What the package accepts is accepted, what it refuses is refused, and nothing else raises."""
    for text, parses in osm_strings():
        try:
            hours = parse(text)
        except HoursError:
            assert not parses or not text.strip(), text
            continue
        # Ours forgives spaces at the ends and after the commas of a list of days.
        assert parses or text != text.strip() or ", " in text, text
        for when in ("2024-02-29T12:00", "2025-09-30T23:59:59.999999", "2026-02-17T00:00"):
            hours.at(beijing(when))


def test_real_strings_without_holidays_are_what_the_package_says() -> None:
    """For expressions without PH and SH the intervals are the package's."""
    start, end = datetime(2025, 9, 20), datetime(2025, 11, 10)  # noqa: DTZ001
    compared = differing = 0
    for text, parses in osm_strings():
        if not parses or "PH" in text or "SH" in text:
            continue
        bare = osm.OpeningHours(text, auto_country=False, auto_timezone=False)
        theirs: list[tuple[datetime, datetime, str]] = []
        for begin, finish, state, _ in bare.intervals(start, end):
            if theirs and theirs[-1][2] == str(state):
                begin = theirs.pop()[0]  # noqa: PLW2901
            theirs.append((begin, finish, str(state)))
        ours = [
            (begin.replace(tzinfo=None), finish.replace(tzinfo=None), state.value)
            for begin, finish, state in parse(text).intervals(start, end)
        ]
        compared += 1
        if ours != theirs:
            differing += 1
            # On purpose: a comment in place of hours is unknown, a list of days may have spaces.
            assert '"' in text or ", " in text, text
    assert compared > 300
    assert differing < 15


@settings(max_examples=40, deadline=None)
@given(
    text=st.sampled_from(
        [OFFICE, "22:00-06:00; PH off", "Mo-Fr 22:00-02:00; Sa off; PH 10:00-26:00", "24/7; PH off",
         "Mo-Fr unknown; PH off", "08:00-18:00; SH off", "sunrise-sunset; PH off"]
    ),
    start=st.datetimes(datetime(2023, 1, 1), datetime(2028, 1, 1)),  # noqa: DTZ001
    minutes=st.integers(1, 60 * 24 * 20),
)  # fmt: skip
def test_intervals_and_moments_agree(text: str, start: datetime, minutes: int) -> None:
    """Intervals have no gap, neighbours differ, and each moment has the state of its interval."""
    hours = parse(text)
    end = start + timedelta(minutes=minutes)
    found = hours.intervals(start, end)
    assert found[0][0] == start.replace(tzinfo=BEIJING)
    assert found[-1][1] == end.replace(tzinfo=BEIJING)
    for left, right in pairwise(found):
        assert left[1] == right[0]
        assert left[2] is not right[2]
    for begin, finish, state in found:
        moment = hours.at(begin)
        assert moment.state is state
        if finish != end.replace(tzinfo=BEIJING):
            assert moment.until == finish
