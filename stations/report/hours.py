"""What a report says of the hours: the week, its parts, the deserts, what is needed, the heat."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

import numpy as np

from geodata.week import unpacked
from stations.coverage import group_label
from stations.doors import Need, doors_through_week
from stations.hours import BEIJING
from stations.hours.typical import hour_of
from stations.report.figures import (
    AreaRow,
    BandRow,
    CoolStation,
    DesertRow,
    DesertZone,
    Heat,
    HeatHour,
    HourFigures,
    Named,
    NeedRow,
    Range,
)
from stations.report.subject import (
    WEEK,
    degrees,
    district_name,
    home_of,
    open_range,
    people,
    share,
)
from stations.week import BANDS, Band

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stations.report.heat import HeatDay
    from stations.report.subject import Subject
    from stations.vocabulary import AccessMode, Facility
    from stations.week import Desert, StationWeek

FACILITIES: Final[tuple[Facility, ...]] = (
    "drinking_water", "microwave", "charging", "toilet", "air_conditioning", "heating",
)  # fmt: skip
"""What workers ask for most, of which a report says how much is in reach and open."""
WAYS_IN: Final[tuple[tuple[str, frozenset[AccessMode]], ...]] = (
    ("no_card", frozenset({"staffed", "open_door", "qr", "key"})),
    ("no_phone", frozenset({"staffed", "open_door", "membership", "key"})),
)
"""Getting in without a union card or an app, and without a phone."""
_COOL: Final = "air_conditioning"


def hour_figures(week: StationWeek) -> HourFigures:
    """Return the shares of each of the 192 hours."""
    shares = week.shares()
    active = shares.active

    def column(values: NDArray[np.float64]) -> tuple[float | None, ...]:
        with np.errstate(invalid="ignore", divide="ignore"):
            found = (values / active).round(6)
        return tuple(None if np.isnan(v) else float(v) for v in found)

    return HourFigures(
        week.days.monday,
        week.days.holiday,
        tuple(active.round(2).tolist()),
        *map(column, (shares.nominal, shares.effective, shares.open, shares.perhaps)),
    )


def band_rows(week: StationWeek) -> tuple[BandRow, ...]:
    """Return the parts of the week."""
    shares = week.shares()
    means = [(band, shares.over(band.hours)) for band in BANDS]
    return tuple(
        BandRow(
            band.code,
            Named(band.zh, band.en),
            people(mean.workers),
            share(mean.nominal),
            share(mean.effective),
            open_range(mean),
            Range(share(mean.open_twice), share(mean.perhaps_twice)),
        )
        for band, mean in means
    )


def desert_rows(subject: Subject) -> tuple[DesertRow, ...]:
    """Return where those who work at odd hours find nothing open."""
    return tuple(
        DesertRow(
            found.band.code,
            Named(found.band.zh, found.band.en),
            people(found.workers),
            _without(found),
            _zones(subject, found),
        )
        for found in subject.week.deserts
    )


def _without(found: Desert) -> Range:
    return Range(people(found.surely_without), people(found.without))


def _zones(subject: Subject, found: Desert) -> tuple[DesertZone, ...]:
    return tuple(
        DesertZone(
            subject.zone_name(zone),
            people(zone.workers),
            people(surely),
            degrees(zone.lon),
            degrees(zone.lat),
        )
        for zone, surely in zip(found.zones, found.surely, strict=True)
        if zone.workers >= 0.5
    )


def need_rows(subject: Subject) -> tuple[NeedRow, ...]:
    """How much of what workers need is within reach and open when they are at work."""
    asked = [
        *(("facility", code, Need(facilities=frozenset({code}))) for code in FACILITIES),
        *(("access", code, Need(access=ways)) for code, ways in WAYS_IN),
    ]
    return tuple(
        NeedRow(kind, code, open_range(subject.week.needing(need).shares().over(WEEK)))
        for kind, code, need in asked
    )


def district_rows(subject: Subject) -> tuple[AreaRow, ...]:
    """Return the districts, and what lies outside all of them; nothing where there is only one."""
    districts, week, coverage = subject.districts, subject.week, subject.coverage
    if districts is None or len(week.areas) < 2:
        return ()
    home = home_of(subject.registry, districts)[subject.usable]
    entries = [subject.registry.entry(int(i)) for i in subject.usable]
    all_day = np.array([entry.all_day for entry in entries], np.bool_)
    nominal = {one.key: one for one in coverage.nominal.by_district}
    effective = {one.key: one for one in coverage.effective.by_district}
    rows = []
    for area, adcode in week.areas:
        own = home == (area if adcode is not None else -1)
        rows.append(
            AreaRow(
                adcode,
                None if adcode is None else district_name(districts, area),
                people(effective[adcode].total),
                share(nominal[adcode].share),
                share(effective[adcode].share),
                open_range(week.shares(area=area).over(WEEK)),
                people(effective[adcode].total - effective[adcode].covered),
                int(own.sum()),
                int((own & all_day).sum()),
            )
        )
    return tuple(rows)


def group_rows(subject: Subject) -> tuple[AreaRow, ...]:
    """Return the groups of workers."""
    coverage = subject.coverage
    rows = zip(coverage.nominal.by_group, coverage.effective.by_group, strict=True)
    return tuple(
        AreaRow(
            one.key,
            Named(*(group_label(str(one.key), lang) for lang in ("zh", "en"))),
            people(one.total),
            share(nominal.share),
            share(one.share),
            open_range(subject.week.shares(group=j).over(WEEK)),
            people(one.total - one.covered),
        )
        for j, (nominal, one) in enumerate(rows)
    )


def heat_figures(subject: Subject, heat: HeatDay) -> Heat:
    """Return which cooled stations are open in the hot hours of a day, and who has none."""
    day = heat.day or subject.ask.day
    moments = [dt.datetime.combine(day, dt.time(hour), BEIJING) for hour in heat.hours]
    numbers = [hour_of(moment).number for moment in moments]
    cool = subject.week.needing(Need(facilities=frozenset({_COOL})))
    shares = cool.shares()
    desert = cool.desert(Band("heat", "高温时段", "Hot hours", frozenset(numbers)))
    mean = shares.over(numbers)
    return Heat(
        max_c=heat.max_c,
        level=heat.level,
        day=day,
        assumed_hours=not heat.measured,
        hours=tuple(
            HeatHour(hour, people(one.workers), open_range(one))
            for hour, one in (
                (h, shares.over([n])) for h, n in zip(heat.hours, numbers, strict=True)
            )
        ),
        workers=people(mean.workers),
        cooled=open_range(mean),
        unknown_cooling=sum(
            _COOL not in subject.registry.stations[i].properties.facilities for i in subject.usable
        ),
        stations=_cool_stations(subject, cool, numbers),
        without=_without(desert),
        zones=_zones(subject, desert),
    )


def _cool_stations(
    subject: Subject, cool: StationWeek, numbers: list[int]
) -> tuple[CoolStation, ...]:
    found = [subject.registry.stations[i] for i in subject.usable]
    found = [s for s in found if s.properties.facilities.get(_COOL)]
    doors = doors_through_week(found, ("all",), cool.days)
    open_, maybe = (unpacked(bits[0])[:, numbers] for bits in (doors.certain, doors.possible))
    states = np.select(
        [open_.all(axis=1), open_.any(axis=1), maybe.any(axis=1)],
        ["open", "partly", "unknown"],
        "closed",
    )
    return tuple(
        CoolStation(s.id, s.name, str(state), s.properties.opening_hours)
        for s, state in zip(found, states, strict=True)
    )
