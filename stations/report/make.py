"""From a workspace and an ask to a coverage report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stations.report import assumptions, basis, hours, places, records
from stations.report.change import change_since, revision_of
from stations.report.figures import CoverageReport
from stations.report.subject import subject_of

if TYPE_CHECKING:
    import threading

    from stations.report.ask import ReportAsk
    from stations.workspace import Workspace


def make_report(
    workspace: Workspace, ask: ReportAsk, *, stop: threading.Event | None = None
) -> CoverageReport:
    """Return the coverage report that is asked for.

    Parameters
    ----------
    stop
        Once it is set, the search for new stations ends with the best so far.

    Raises
    ------
    WorkspaceError
        If the workspace has no demand, no such district, no network for the mode, or norms or
        other files that cannot be read.
    UnknownRevisionError
        If the history does not reach back so far.
    TooLargeError
        If there are more pairs of workers and stations than there is memory for.
    """
    subject = subject_of(workspace.as_of(revision_of(workspace, ask)), ask)
    headline = subject.headline()
    findings = records.findings_of(subject)
    doubted = records.misplaced(findings)
    candidates = places.candidates(subject)
    quarter = ask.quarter
    return CoverageReport(
        area=subject.name,
        adcode=None
        if subject.districts is None or subject.index is None
        else subject.districts.adcodes[0],
        day=ask.day,
        quarter=None if quarter is None else str(quarter),
        complete=quarter is None or ask.day >= quarter.last,
        demonstration=workspace.config.demonstration,
        basis=basis.basis(subject),
        reference=basis.reference(subject),
        headline=headline,
        change=change_since(workspace, subject),
        aims=records.three_shares(subject, doubted),
        map=places.report_map(subject),
        districts=hours.district_rows(subject),
        townships=records.townships(subject),
        groups=hours.group_rows(subject),
        hours=hours.hour_figures(subject.week),
        bands=hours.band_rows(subject.week),
        deserts=hours.desert_rows(subject),
        needs=hours.need_rows(subject),
        distances=places.distances(subject),
        gaps=places.gap_rows(subject, candidates),
        gap_count=len(subject.coverage.gaps),
        sites=places.recommend(subject, candidates, stop),
        capacity=assumptions.capacity(subject),
        sensitivity=assumptions.sensitivity(subject),
        heat=None if ask.heat is None else hours.heat_figures(subject, ask.heat),
        norms=records.norm_results(subject, doubted),
        freshness=records.freshness(subject),
        findings=records.finding_rows(findings),
        limits=basis.limits(subject, headline, findings),
    )
