"""What a report says of the records: the three aims, norms, freshness, findings, subdistricts."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import numpy as np

from stations import norms, quality
from stations.report.figures import (
    FindingRow,
    Findings,
    Freshness,
    Named,
    Part,
    ThreeShares,
    TownshipRow,
    UncoveredDistrict,
)
from stations.report.subject import IN_SERVICE, district_name, people, share

if TYPE_CHECKING:
    from stations.norms import NormResult
    from stations.quality import Finding
    from stations.report.subject import Subject

RECENT_DAYS: Final = 90
_MISPLACED: Final = frozenset({"outside_district", "outside_all_districts", "wrong_datum"})


def findings_of(subject: Subject) -> list[Finding]:
    """What the quality checks find in the stations of the area."""
    own = {station.id for station in subject.stations}
    found = quality.check(
        subject.registry,
        subject.workspace.districts,
        today=subject.ask.day,
        stale_days=subject.workspace.config.stale_days,
    )
    return [finding for finding in found if finding.station_id in own]


def misplaced(findings: list[Finding]) -> frozenset[str]:
    """Ids of the stations whose position is doubted."""
    return frozenset(f.station_id for f in findings if f.code in _MISPLACED)


def finding_rows(findings: list[Finding]) -> Findings:
    """Count the findings, and list those that are more than merely unknown."""
    return Findings(
        dict(sorted(Counter(finding.code for finding in findings).items())),
        tuple(
            FindingRow(f.station_id, f.name, f.code, f.severity, Named(f.zh, f.en))
            for f in findings
            if f.severity != "info"
        ),
    )


def three_shares(subject: Subject, doubted: frozenset[str]) -> ThreeShares:
    """Return the three aims, each by its own measure."""
    there = subject.in_service
    known = subject.workspace.config.report.known_stations if subject.index is None else None
    total = max(known or 0, len(there))
    findable = sum(s.geometry is not None or s.properties.address is not None for s in there)
    trusted = sum(s.geometry is not None and s.id not in doubted for s in there)
    return ThreeShares(
        queryable=Part(findable, total),
        known_stations=known is not None and known >= len(there),
        on_map=Part(trusted, total),
        covered=share(subject.coverage.effective.share),
        uncovered=_uncovered(subject),
    )


def _uncovered(subject: Subject) -> tuple[UncoveredDistrict, ...]:
    rows = [
        UncoveredDistrict(
            one.key,
            district_name(subject.districts, subject.districts.adcodes.index(one.key))
            if one.key is not None and subject.districts is not None
            else None,
            people(one.total - one.covered),
        )
        for one in subject.coverage.effective.by_district
    ]
    rows.sort(key=lambda row: (-row.workers, row.adcode or ""))
    return tuple(row for row in rows if row.workers >= 0.5)


def norm_results(subject: Subject, doubted: frozenset[str]) -> tuple[NormResult, ...]:
    """How the stations in service do by the norms of the workspace."""
    lists = norms.read_norms(subject.workspace.folder / norms.NORMS_NAME)
    facts = norms.facts_of(subject.registry.stations, untrusted=doubted, today=subject.ask.day)
    own = {station.id for station in subject.in_service}
    return norms.assess(lists, [one for one in facts if one.station.id in own])


def freshness(subject: Subject) -> Freshness:
    """When the stations in service were last verified."""
    stale = subject.workspace.config.stale_days
    days = np.array(
        [
            -1 if (on := s.properties.verified_on) is None else max((subject.ask.day - on).days, 0)
            for s in subject.in_service
        ],
        np.int64,
    )
    recent = min(RECENT_DAYS, stale)
    return Freshness(
        stale_days=stale,
        recent=int(((days >= 0) & (days <= recent)).sum()),
        fresh=int(((days > recent) & (days <= stale)).sum()),
        stale=int((days > stale).sum()),
        never=int((days < 0).sum()),
    )


def townships(subject: Subject) -> tuple[TownshipRow, ...]:
    """Stations by subdistrict, as their records name it; nothing where none does."""
    if not any(station.properties.township for station in subject.in_service):
        return ()
    usable = set(subject.usable.tolist())
    counts: dict[tuple[str | None, str | None], list[int]] = {}
    for place, station in zip(subject.places.tolist(), subject.stations, strict=True):
        p = station.properties
        if p.status not in IN_SERVICE:
            continue
        row = counts.setdefault((p.district, p.township), [0, 0, 0])
        row[0] += 1
        row[1] += place in usable
        row[2] += place in usable and subject.registry.entry(place).all_day
    return tuple(
        TownshipRow(district, township, *row)
        for (district, township), row in sorted(
            counts.items(), key=lambda item: (item[0][0] or "\uffff", item[0][1] or "\uffff")
        )
    )
