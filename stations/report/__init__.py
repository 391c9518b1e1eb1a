"""The coverage report: what a leader reads, as figures."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from stations.ledger.file import LEDGER_NAME
from stations.norms import NORMS_NAME
from stations.report.ask import ReportAsk, ask_for, read_quarter
from stations.report.figures import CoverageReport
from stations.workspace import CANDIDATES_NAME, EXCLUDED_NAME

if TYPE_CHECKING:
    from stations.workspace import Workspace

__all__ = [
    "CoverageReport",
    "ReportAsk",
    "ask_for",
    "kept_report",
    "make_report",
    "read_quarter",
]
_READ: Final = (CANDIDATES_NAME, EXCLUDED_NAME, NORMS_NAME, LEDGER_NAME, "history.jsonl")
"""Files that a report reads beside what a workspace watches."""
_MAKING: Final = threading.Lock()


def make_report(
    workspace: Workspace, ask: ReportAsk, *, stop: threading.Event | None = None
) -> CoverageReport:
    """Return the coverage report that is asked for; see `stations.report.make.make_report`."""
    # Loaded late: siting and its libraries take seconds, and who asks may be refused before.
    from stations.report import make  # noqa: PLC0415

    return make.make_report(workspace, ask, stop=stop)


def kept_report(workspace: Workspace, ask: ReportAsk) -> CoverageReport:
    """Return the report as `make_report` makes it, or the one that was made of the same.

    One is made at a time: whoever asks meanwhile waits.
    """
    made_of = (
        workspace.registry,
        workspace.known_demand(),
        workspace.districts,
        workspace.network(ask.mode),
    )
    key = "report", ask, workspace.signature(*_READ)
    return workspace.measured(key, made_of, lambda: make_report(workspace, ask), lock=_MAKING)
