"""The figures of a coverage report, of a city and of each of its districts.

    python -m benchmarks.coverage_report [--quick]

A made-up city of the size of Zhengzhou: 50,000 points 400 metres apart with workers of four
groups, 12 districts, 82 stations; five new stations are recommended in each report, among cells
over the ground. A workspace is opened anew for each round, so nothing is kept from one to the next,
and reading its files counts; kernels are compiled before the clock starts. Nobody else makes such a
report: it stands against a limit.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks._city import districts, on_a_grid, stations
from benchmarks._report import Row, main
from benchmarks._timing import medians
from stations.hours import BEIJING
from stations.report import ReportAsk, make_report
from stations.store import Change
from stations.workspace import Workspace

if TYPE_CHECKING:
    from stations.report import CoverageReport

WHOLE_S, DISTRICTS_S = 10.0, 10.0


def make(folder: Path, columns: int, rows: int) -> None:
    """Make the workspace."""
    demand = on_a_grid(columns, rows, 400.0)
    workspace = Workspace.create(folder, districts=districts(4, 3, demand))
    change = Change(put=tuple(stations(82, 15_000.0)))
    workspace.store.apply(change, who="benchmark", what="made up")
    workspace.set_demand(demand, [])


def report(workspace: Workspace, district: str | None = None) -> CoverageReport:
    """The report of the city, or of a district, on the day that its registry was written."""
    made = workspace.registry.updated_at
    assert made is not None
    ask = ReportAsk(day=made.astimezone(BEIJING).date(), district=district)
    return make_report(workspace, ask)


def by_district(workspace: Workspace) -> list[CoverageReport]:
    """A report of each district."""
    assert workspace.districts is not None
    return [report(workspace, adcode) for adcode in workspace.districts.adcodes]


def run(*, quick: bool) -> list[Row]:
    """Rows for the table of all benchmarks."""
    columns, rows = (40, 32) if quick else (250, 200)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "city"
        make(path, columns, rows)
        took = medians(
            {
                "whole": lambda: report(Workspace(path)),
                "districts": lambda: by_district(Workspace(path)),
            },
            1 if quick else 3,
        )
        city, parts = report(Workspace(path)), by_district(Workspace(path))
    assert city.headline.stations.usable
    # A district by itself is its row in the report of all.
    for row, part in zip(city.districts, parts, strict=True):
        assert (row.effective, row.at_work) == (part.headline.effective, part.headline.at_work)
    job = f"report, {columns * rows:,} points, 82 stations"
    considered = f"{city.sites.considered:,} candidates, {city.gap_count:,} gaps"
    return [
        Row(f"{job}: the city", took["whole"], "the limit set", WHOLE_S, "s", 1.0, considered),
        Row(f"{job}: 12 districts", took["districts"], "the limit set", DISTRICTS_S, "s", 1.0),
    ]


if __name__ == "__main__":
    main(run)
