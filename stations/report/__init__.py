"""The coverage report: what a leader reads, as figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stations.report.ask import ReportAsk, ask_for, read_quarter
from stations.report.figures import CoverageReport

if TYPE_CHECKING:
    import threading

    from stations.workspace import Workspace

__all__ = ["CoverageReport", "ReportAsk", "ask_for", "make_report", "read_quarter"]


def make_report(
    workspace: Workspace, ask: ReportAsk, *, stop: threading.Event | None = None
) -> CoverageReport:
    """Return the coverage report that is asked for; see `stations.report.make.make_report`."""
    # Loaded late: siting and its libraries take seconds, and who asks may be refused before.
    from stations.report import make  # noqa: PLC0415

    return make.make_report(workspace, ask, stop=stop)
