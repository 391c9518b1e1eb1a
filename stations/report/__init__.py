"""The coverage report: what a leader reads, as figures."""

from stations.report.ask import ReportAsk, ask_for, read_quarter
from stations.report.figures import CoverageReport
from stations.report.make import make_report

__all__ = ["CoverageReport", "ReportAsk", "ask_for", "make_report", "read_quarter"]
