"""Quality: what is doubtful in the registry, record by record, each with its evidence."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from rapidfuzz import fuzz

from geodata import datum
from stations import hours
from stations.filters import StationFilter
from stations.hours import BEIJING, OpenState
from stations.vocabulary import STATUS_CODES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from geodata.districts import Districts
    from stations.model import Station
    from stations.registry import Registry

    Lons = NDArray[np.float64]

Severity = Literal["error", "warning", "info"]

BORDER_TOLERANCE_M = 100.0
"""Boundaries are drawn about this well: a point that little outside is not worth a word."""
FAR_OUTSIDE_M = 2000.0
TWIN_DISTANCE_M = 60.0
TWIN_LIKENESS = 75.0
_TWINS = 8
"""How many neighbours of a record are looked at, itself included."""
_NOT_CLOSED = StationFilter(statuses=frozenset(STATUS_CODES) - {"closed"}, expired=True)
DATUMS = ("wgs84", "gcj02", "bd09")
IN_SERVICE = ("open", "suspended")
_ROUND_THE_CLOCK = re.compile(r"(?<!\d)24\s*(小时|hours|hrs|h(?![a-z]))", re.IGNORECASE)


@dataclasses.dataclass(frozen=True)
class Finding:
    """One doubt about one record.

    Attributes
    ----------
    code
        What kind of doubt: ``outside_district``, ``no_such_district``, ``outside_all_districts``,
        ``wrong_datum``, ``duplicate``, ``expired``, ``contradiction``, ``stale``,
        ``never_verified``, ``hours_unknown``, ``hours_unread``, ``position_unknown``.
    severity
        ``error`` where a worker would be sent the wrong way, ``warning`` where somebody should
        look, ``info`` where something is merely not known.
    zh, en
        The finding in words.
    evidence
        The figures behind it.
    """

    station_id: str
    name: str
    code: str
    severity: Severity
    zh: str
    en: str
    evidence: dict[str, Any]


def check(
    registry: Registry,
    districts: Districts | None,
    *,
    today: dt.date | None = None,
    stale_days: int = 365,
) -> list[Finding]:
    """Everything doubtful in the registry: errors first, then warnings, then what is not known."""
    today = today or dt.datetime.now(BEIJING).date()
    findings = [
        *(_district_findings(registry, districts) if districts is not None else ()),
        *_twins(registry),
    ]
    for station in registry.stations:
        findings += _record_findings(station, today, stale_days)
    rank = {"error": 0, "warning": 1, "info": 2}
    findings.sort(key=lambda f: (rank[f.severity], f.code, f.station_id))
    return findings


@dataclasses.dataclass(frozen=True)
class _Placed:
    """A located record: the district it states and the one it lies in, as indices; -1 for none."""

    station: Station
    stated: int
    actual: int


def _district_findings(registry: Registry, districts: Districts) -> Iterator[Finding]:
    located = [s for s in registry.stations if s.position is not None]
    positions = np.array([s.position for s in located], np.float64).reshape(-1, 2)
    placed = [
        _Placed(station, _stated(station, districts), int(actual))
        for station, actual in zip(
            located, districts.locate(positions[:, 0], positions[:, 1]), strict=True
        )
    ]
    shifts = _suspected_shifts(placed, districts)
    for one in placed:
        stated = one.station.properties.district
        here = districts.names[one.actual] if one.actual >= 0 else None
        if one.stated >= 0:
            if one.stated != one.actual:
                yield from _outside(one, districts, here, shifts)
        elif stated:
            yield _finding(
                one.station,
                "no_such_district",
                "warning",
                f"写的区县“{stated}”不在本工作区的区划里（实际位于{here or '区外'}）",
                f"no such district: {stated!r} (the point lies in {here or 'none of them'})",
                stated=stated,
                actual=here,
            )
        elif here is None:
            yield _finding(
                one.station,
                "outside_all_districts",
                "warning",
                "位置不在任何区县之内",
                "the position lies in none of the districts",
            )


def _stated(station: Station, districts: Districts) -> int:
    words = (station.properties.district, station.properties.adcode)
    return next((i for w in words if w and (i := districts.find(w)) is not None), -1)


def _suspected_shifts(placed: list[_Placed], districts: Districts) -> dict[str | None, str]:
    """For each source datum, the datum in which its records would fit their districts far better.

    At least three records must lie outside as they are, and at most half as many once they are
    taken for that datum instead.
    """
    groups: dict[str | None, list[_Placed]] = {}
    for one in placed:
        if one.stated >= 0:
            groups.setdefault(one.station.properties.source_datum, []).append(one)
    suspected: dict[str | None, str] = {}
    for source, group in groups.items():
        stated = np.array([one.stated for one in group])
        outside = int((stated != np.array([one.actual for one in group])).sum())
        if outside < 3:
            continue
        lon, lat = np.array([one.station.position for one in group], np.float64).T
        after = {
            other: int((districts.locate(*_retaken(lon, lat, source, other)) != stated).sum())
            for other in DATUMS
            if other != (source or "wgs84")
        }
        best = min(after, key=after.__getitem__)
        if after[best] <= outside / 2:
            suspected[source] = best
    return suspected


def _retaken(lon: Lons, lat: Lons, source: str | None, other: str) -> tuple[Lons, Lons]:
    """WGS84 positions as they would be if their file were in `other`, not in `source`."""
    if source in DATUMS:
        lon, lat = datum.from_wgs84(lon, lat, source)
    return datum.to_wgs84(lon, lat, other)


def _outside(
    one: _Placed, districts: Districts, here: str | None, shifts: dict[str | None, str]
) -> Iterator[Finding]:
    station = one.station
    lon, lat = station.position or (np.nan, np.nan)
    away = districts.distance_m(one.stated, lon, lat)
    if away <= BORDER_TOLERANCE_M:
        return
    stated = districts.names[one.stated]
    evidence = {"stated": stated, "actual": here, "distance_m": round(away), "lon": lon, "lat": lat}
    source = station.properties.source_datum
    shift = shifts.get(source)
    position = np.array([lon]), np.array([lat])
    if shift and districts.locate(*_retaken(*position, source, shift))[0] == one.stated:
        yield _finding(
            station,
            "wrong_datum",
            "error",
            f"坐标系可能有误：按 {shift.upper()} 换算后才落在{stated}内"
            "（也可能是区划边界的坐标系有误）",
            f"wrong datum suspected: it lies in {stated} once taken as {shift.upper()} "
            "(or the district polygons are in a wrong one)",
            datum=shift,
            **evidence,
        )
        return
    yield _finding(
        station,
        "outside_district",
        "error" if away > FAR_OUTSIDE_M else "warning",
        f"位置在所写区县{stated}之外 {_km(away)} 公里，实际位于{here or '区外'}",
        f"{_km(away)} km outside its stated district {stated}, in {here or 'none of them'}",
        **evidence,
    )


def _twins(registry: Registry) -> Iterator[Finding]:
    """Records close together with like names, closed ones aside: the later id of each pair."""
    index, places = registry.located_index(_NOT_CLOSED)
    if not len(places):
        return
    near = index.query(*registry.positions(places), k=_TWINS, max_distance_m=TWIN_DISTANCE_M)
    # Each asks for its nearest; in a crowd, one of the two may have nearer ones than the other.
    pairs = {
        (min(a, int(b)), max(a, int(b))): float(distance)
        for a, row in enumerate(zip(near.index, near.distance_m, strict=True))
        for b, distance in zip(*row, strict=True)
        if b not in {a, -1}
    }
    for (a, b), distance in sorted(pairs.items()):
        first, second = registry.stations[int(places[a])], registry.stations[int(places[b])]
        likeness = fuzz.token_sort_ratio(first.name, second.name)
        if first.properties.kind != second.properties.kind or likeness < TWIN_LIKENESS:
            continue
        yield _finding(
            second,
            "duplicate",
            "warning",
            f"可能与 {first.id}（{first.name}）重复：相距 {distance:.0f} 米，名称相似",
            f"may be the same as {first.id} ({first.name}): {distance:.0f} m apart, names alike",
            other=first.id,
            distance_m=round(distance, 1),
            likeness=round(likeness),
        )


def _record_findings(station: Station, today: dt.date, stale_days: int) -> Iterator[Finding]:
    p = station.properties
    if station.geometry is None:
        yield _finding(
            station, "position_unknown", "warning", "没有位置，地图上看不到", "has no position"
        )
    if p.status == "open" and p.valid_to is not None and p.valid_to < today:
        yield _finding(
            station,
            "expired",
            "warning",
            f"状态为开放，但 {p.valid_to} 已停用",
            f"in service by its status, but valid only until {p.valid_to}",
            valid_to=p.valid_to.isoformat(),
        )
    yield from _contradictions(station, today)
    # What is planned, being built or gone has no door that anybody could check.
    if p.status not in IN_SERVICE:
        return
    if p.opening_hours is None and not any(band.hours for band in p.access):
        yield _hours_finding(station)
    if p.verified_on is None:
        yield _finding(station, "never_verified", "info", "从未核验", "never verified")
    elif (today - p.verified_on).days > stale_days:
        yield _finding(
            station,
            "stale",
            "warning",
            f"{p.verified_on} 之后未再核验（{(today - p.verified_on).days} 天）",
            f"not verified since {p.verified_on} ({(today - p.verified_on).days} days)",
            verified_on=p.verified_on.isoformat(),
        )


def _hours_finding(station: Station) -> Finding:
    text = station.properties.hours_text
    if text:
        return _finding(
            station,
            "hours_unread",
            "info",
            f"开放时间“{text}”读不准，按不详处理",
            f"the hours {text!r} cannot be read with certainty and count as unknown",
            hours_text=text,
        )
    return _finding(station, "hours_unknown", "info", "开放时间不详", "opening hours unknown")


def _contradictions(station: Station, today: dt.date) -> Iterator[Finding]:
    p = station.properties
    dates = {
        "verified_on": ("核验日期", p.verified_on),
        "status_since": ("状态起始日期", p.status_since),
    }
    for field, (zh, date) in dates.items():
        if date is not None and date > today:
            yield _finding(
                station,
                "contradiction",
                "warning",
                f"{zh} {date} 在将来",
                f"{field} {date} lies in the future",
                field=field,
                value=date.isoformat(),
            )
    if p.opened_on and p.verified_on and p.verified_on < p.opened_on:
        yield _finding(
            station,
            "contradiction",
            "warning",
            f"核验日期 {p.verified_on} 早于建成日期 {p.opened_on}",
            f"verified on {p.verified_on}, before it was opened on {p.opened_on}",
            verified_on=p.verified_on.isoformat(),
            opened_on=p.opened_on.isoformat(),
        )
    if _ROUND_THE_CLOCK.search(station.name) and _closes(p.opening_hours, today):
        yield _finding(
            station,
            "contradiction",
            "warning",
            f"名称写着 24 小时，开放时间却是 {p.opening_hours}",
            f"the name says 24 hours, the opening hours say {p.opening_hours}",
            opening_hours=p.opening_hours,
        )


def _closes(text: str | None, today: dt.date) -> bool:
    """Whether some hours of the coming week are known to be closed."""
    if text is None:
        return False
    start = dt.datetime.combine(today, dt.time(), BEIJING)
    week = hours.parse(text).intervals(start, start + dt.timedelta(days=7))
    return any(state is OpenState.CLOSED for _, _, state in week)


def _finding(
    station: Station, code: str, severity: Severity, zh: str, en: str, **evidence: object
) -> Finding:
    return Finding(station.id, station.name, code, severity, zh, en, evidence)


def _km(metres: float) -> str:
    return f"{metres / 1000:.1f}"
