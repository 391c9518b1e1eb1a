"""What a coverage report holds: figures only, in the order in which they are read.

Shares are from 0 to 1, workers are people, money is yuan; names stand in both languages, words are
for whoever renders them. A range is a pair: what is certain, and what may be.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec

from stations.norms import NormResult


class Range(msgspec.Struct, frozen=True):
    """From what is known to be so to what may be."""

    low: float
    high: float


class Named(msgspec.Struct, frozen=True):
    """A thing in both languages."""

    zh: str
    en: str


class Input(msgspec.Struct, frozen=True):
    """A file that figures come from, and its content as SHA-256."""

    name: str
    sha256: str


class Basis(msgspec.Struct, frozen=True):
    """What every figure can be traced to.

    Attributes
    ----------
    version
        Of yizhan.
    revision, updated_at
        Of the registry, and when it came to be.
    inputs
        Whatever was read.
    parameters
        Whatever was chosen.
    """

    version: str
    revision: int
    updated_at: dt.datetime | None
    inputs: tuple[Input, ...]
    parameters: dict[str, Any]


class Reference(msgspec.Struct, frozen=True):
    """Whom the figures are of, and what counts.

    Attributes
    ----------
    method, radius_m, minutes
        How reach is measured.
    residents
        Whether residents stand in for workers, for want of better.
    groups, workers
        The groups of the demand, and all of them together.
    hours_known
        Whether it is known when any of them are at work; if not, all are taken to be, always.
    holidays_known
        The same of public holidays; if not, Sunday stands in.
    sources
        Where the numbers come from.
    """

    method: str
    radius_m: float
    minutes: float | None
    residents: bool
    groups: tuple[str, ...]
    workers: float
    hours_known: bool
    holidays_known: bool
    sources: tuple[str, ...]


class StationCounts(msgspec.Struct, frozen=True):
    """Stations of the area.

    Attributes
    ----------
    on_books
        In service by the records: open or suspended.
    usable
        Open, within their dates, and with a position.
    suspended, expired, position_unknown
        Why the others are not.
    all_day, hours_known
        Of the usable ones, those known to be open day and night, and those whose hours are known.
    planned
        Planned or being built.
    """

    on_books: int
    usable: int
    suspended: int
    expired: int
    position_unknown: int
    all_day: int
    hours_known: int
    planned: int


class Headline(msgspec.Struct, frozen=True):
    """The key figures, at one revision.

    Attributes
    ----------
    nominal, effective
        Shares of the workers within reach of a station on the books, and of one that can be used.
    at_work
        Share of the hours worked in a week within reach of a station that is open then.
    twice
        The same, of two such stations.
    """

    workers: float
    nominal: float
    effective: float
    at_work: Range
    twice: Range
    stations: StationCounts


class Change(msgspec.Struct, frozen=True):
    """What has changed since an earlier revision.

    Attributes
    ----------
    revision, day
        That revision, and the day it was the registry's; None where a revision was asked for.
    before
        The key figures then, by the workers of now; None where there was no registry yet.
    added, removed, changed
        Records that came, went and were edited: of the area, then or now.
    added_names, removed_names
        Their names, by id.
    """

    revision: int
    day: dt.date | None
    before: Headline | None
    added: int
    removed: int
    changed: int
    added_names: tuple[str, ...]
    removed_names: tuple[str, ...]


class Part(msgspec.Struct, frozen=True):
    """A count of a whole."""

    count: int
    total: int

    @property
    def share(self) -> float:
        """The count as a share of the whole; 0 of nothing."""
        return self.count / self.total if self.total else 0.0


class ThreeShares(msgspec.Struct, frozen=True):
    """Three aims kept apart: searchable online, visible on the map, everywhere covered.

    Attributes
    ----------
    queryable
        网上可查: stations in service that a search finds, with a place to go to.
    known_stations
        Whether their total is what the union itself counts, not what the register has.
    on_map
        地图可见: stations in service with a position that nothing speaks against.
    covered
        全域覆盖: workers within reach of a usable station, as a share.
    uncovered
        Districts with workers who are not, most first.
    """

    queryable: Part
    known_stations: bool
    on_map: Part
    covered: float
    uncovered: tuple[UncoveredDistrict, ...]


class UncoveredDistrict(msgspec.Struct, frozen=True):
    """A district and its workers without a usable station."""

    adcode: str | None
    name: Named | None
    workers: float


class AreaRow(msgspec.Struct, frozen=True):
    """A district, or a group; `code` None and no name outside all districts."""

    code: str | None
    name: Named | None
    workers: float
    nominal: float
    effective: float
    at_work: Range
    uncovered: float
    stations: int | None = None
    all_day: int | None = None


class TownshipRow(msgspec.Struct, frozen=True):
    """Stations of a subdistrict, as their records name it; None where they do not."""

    district: str | None
    township: str | None
    on_books: int
    usable: int
    all_day: int


class HourFigures(msgspec.Struct, frozen=True):
    """192 values each: a typical week, Monday 00:00 first, then a public holiday.

    `active` workers at work; shares of them covered nominally, effectively, by a station known to
    be open, and by one that may be; None in an hour in which nobody works.
    """

    monday: dt.date
    holiday: dt.date | None
    active: tuple[float, ...]
    nominal: tuple[float | None, ...]
    effective: tuple[float | None, ...]
    open: tuple[float | None, ...]
    perhaps: tuple[float | None, ...]


class BandRow(msgspec.Struct, frozen=True):
    """A part of the week: the mean number at work, and the shares of their hours covered."""

    code: str
    name: Named
    workers: float
    nominal: float
    effective: float
    open: Range
    twice: Range


class DesertZone(msgspec.Struct, frozen=True):
    """Where a desert is: workers without a station known to be open, and without one that may."""

    name: Named
    workers: float
    surely: float
    lon: float
    lat: float


class DesertRow(msgspec.Struct, frozen=True):
    """Workers of a band who for most of it find nothing open; see `stations.week.Desert`."""

    code: str
    name: Named
    workers: float
    without: Range
    zones: tuple[DesertZone, ...]


class NeedRow(msgspec.Struct, frozen=True):
    """Hours worked within reach of an open station that has something, or lets in some way."""

    kind: str
    code: str
    at_work: Range


class Distances(msgspec.Struct, frozen=True):
    """Share of workers whose nearest station is at most so far: metres, or seconds along streets.

    Attributes
    ----------
    unit
        ``m`` or ``s``.
    at
        Where the curves are told.
    nominal, effective
        The curves: of stations on the books, and of usable ones.
    quantiles
        ``(share, distance)`` of the effective curve; None beyond all that is reached.
    """

    unit: str
    at: tuple[float, ...]
    nominal: tuple[float, ...]
    effective: tuple[float, ...]
    quantiles: tuple[tuple[float, float | None], ...]


class BestSite(msgspec.Struct, frozen=True):
    """The one candidate that would close most of a gap: workers of the gap, and in all."""

    id: str
    name: str | None
    lon: float
    lat: float
    closes: float
    gains: float


class GapRow(msgspec.Struct, frozen=True):
    """A gap zone, in order of its workers, with its outline as rings of lon, lat."""

    rank: int
    name: Named
    workers: float
    area_m2: float
    nearest: float | None
    lon: float
    lat: float
    best: BestSite | None
    rings: tuple[tuple[tuple[float, float], ...], ...]


class SiteRow(msgspec.Struct, frozen=True):
    """A recommended new station; `estimated` where its cost is one."""

    rank: int
    id: str
    name: str | None
    district: Named | None
    lon: float
    lat: float
    gain: float
    cumulative: float
    cost_cny: float | None
    estimated: bool


class Sites(msgspec.Struct, frozen=True):
    """Recommended new stations, and how good the plan is.

    Attributes
    ----------
    status, bound, gap
        Of the solver: no plan of as many sites covers more than `bound` workers.
    share
        Effective coverage once all are there.
    cost_cny
        Of all together; None where one is not known.
    source, considered
        Where the candidates come from, and how many there were.
    why_none
        Why there are none: ``not_asked``, ``no_candidates``, ``all_covered`` or ``no_workers``.
    """

    rows: tuple[SiteRow, ...]
    status: str | None = None
    bound: float | None = None
    gap: float | None = None
    share: float | None = None
    cost_cny: float | None = None
    source: str | None = None
    considered: int = 0
    why_none: str | None = None


class OverloadRow(msgspec.Struct, frozen=True):
    """A station for whose size too many have it for their nearest open one.

    Attributes
    ----------
    at_rest, hour
        People resting at the peak, and in which of the 192 hours that is.
    hours
        In how many hours of the week it is over.
    """

    id: str
    name: str
    capacity: int
    at_rest: float
    hour: int
    hours: int


class Capacity(msgspec.Struct, frozen=True):
    """Places of the usable stations against those at work nearest to them.

    Attributes
    ----------
    resting
        Share of those at work who are taken to rest at the same time: an assumption.
    known, unknown
        Stations whose capacity is, and is not, on record.
    places
        Of the known ones together.
    over
        Those that are ever over capacity, the most crowded first.
    """

    resting: float
    known: int
    unknown: int
    places: int
    over: tuple[OverloadRow, ...]


class SensitivityRow(msgspec.Struct, frozen=True):
    """Coverage under another assumption.

    Attributes
    ----------
    kind
        ``limit`` (metres or seconds), ``speed`` (m/s on foot, the limit being 15 minutes or what
        is asked) or ``demand`` (every district's number may be wrong by this share).
    value
        Of the assumption.
    effective, at_work
        As in `Headline`; a range where an assumption is one.
    stated
        Whether it is what the report itself assumes.
    """

    kind: str
    value: float
    effective: Range
    at_work: Range
    stated: bool


class Freshness(msgspec.Struct, frozen=True):
    """When the stations in service were last verified.

    `recent` within 90 days, `fresh` within the workspace's `stale_days`, `stale` before, `never`.
    """

    stale_days: int
    recent: int
    fresh: int
    stale: int
    never: int


class FindingRow(msgspec.Struct, frozen=True):
    """A doubt about a record."""

    station_id: str
    station: str
    code: str
    severity: str
    text: Named


class Findings(msgspec.Struct, frozen=True):
    """What the quality checks find: how many by code, and each that is more than merely unknown."""

    counts: dict[str, int]
    rows: tuple[FindingRow, ...]


class CoolStation(msgspec.Struct, frozen=True):
    """A station with air conditioning, in the hot hours: open in all, some or none, or unknown."""

    id: str
    name: str
    state: str
    hours: str | None


class HeatHour(msgspec.Struct, frozen=True):
    """A hot hour: who is at work, and who of them reaches a cooled station that is open."""

    hour: int
    workers: float
    cooled: Range


class Heat(msgspec.Struct, frozen=True):
    """A hot day.

    Attributes
    ----------
    level
        What the rules ask for: ``shorter``, ``six_hours`` or ``stop``.
    assumed_hours
        Whether its hot hours are assumed.
    cooled
        Share of the hot hours worked within reach of a cooled, open station.
    unknown_cooling
        Usable stations of which nobody has said whether they are cooled.
    stations
        Those that are.
    without, zones
        Who has none for most of the hot hours, and where they are.
    """

    max_c: float
    level: str
    day: dt.date
    assumed_hours: bool
    hours: tuple[HeatHour, ...]
    workers: float
    cooled: Range
    unknown_cooling: int
    stations: tuple[CoolStation, ...]
    without: Range
    zones: tuple[DesertZone, ...]


class MapPoint(msgspec.Struct, frozen=True):
    """A station on the map: ``usable``, ``all_day`` or ``unusable``."""

    lon: float
    lat: float
    state: str


class ReportMap(msgspec.Struct, frozen=True):
    """What the map shows: outlines of districts as rings of lon, lat, and stations."""

    bbox: tuple[float, float, float, float]
    districts: tuple[DistrictShape, ...]
    stations: tuple[MapPoint, ...]


class DistrictShape(msgspec.Struct, frozen=True):
    """A district: its name, where that is written, its rings, and its effective coverage."""

    name: Named
    lon: float
    lat: float
    rings: tuple[tuple[tuple[float, float], ...], ...]
    effective: float | None
    subject: bool


class CoverageReport(msgspec.Struct, frozen=True):
    """A coverage report: the same inputs give the same figures.

    Attributes
    ----------
    area, adcode
        What it is of; no code for the whole workspace.
    day, quarter
        Of when; `complete` is whether the quarter is over.
    demonstration
        Whether all of it is made up.
    limits
        What the figures do not say: codes, each with its values.
    """

    area: Named
    adcode: str | None
    day: dt.date
    quarter: str | None
    complete: bool
    demonstration: bool
    basis: Basis
    reference: Reference
    headline: Headline
    change: Change | None
    aims: ThreeShares
    map: ReportMap
    districts: tuple[AreaRow, ...]
    townships: tuple[TownshipRow, ...]
    groups: tuple[AreaRow, ...]
    hours: HourFigures
    bands: tuple[BandRow, ...]
    deserts: tuple[DesertRow, ...]
    needs: tuple[NeedRow, ...]
    distances: Distances
    gaps: tuple[GapRow, ...]
    gap_count: int
    sites: Sites
    capacity: Capacity
    sensitivity: tuple[SensitivityRow, ...]
    heat: Heat | None
    norms: tuple[NormResult, ...]
    freshness: Freshness
    findings: Findings
    limits: tuple[tuple[str, float], ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON types."""
        report: dict[str, Any] = msgspec.to_builtins(self)
        return report
