"""The report of one district is that of its workers, whom stations of the neighbours reach too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stations.report.figures import Range
from tests.geodata.squares import halves
from tests.stations.report.worlds import QUARTERS, make, place, report, workers_at
from tests.stations.samples import station

if TYPE_CHECKING:
    from pathlib import Path

    from stations.report import CoverageReport
    from stations.workspace import Workspace


@pytest.fixture(scope="module")
def own(city: Workspace) -> dict[str, CoverageReport]:
    """A report of each district."""
    return {adcode: report(city, district=adcode) for adcode in QUARTERS}


@pytest.mark.parametrize("adcode", QUARTERS)
def test_its_figures_are_its_row_in_the_report_of_all(
    city_report: CoverageReport, own: dict[str, CoverageReport], adcode: str
) -> None:
    """Each of them, to the digits that a report has."""
    (row,) = (row for row in city_report.districts if row.code == adcode)
    found = own[adcode]
    assert (found.adcode, found.area) == (row.code, row.name)
    headline = found.headline
    assert (headline.workers, headline.nominal, headline.effective, headline.at_work) == (
        row.workers, row.nominal, row.effective, row.at_work,
    )  # fmt: skip
    assert (headline.stations.usable, headline.stations.all_day) == (row.stations, row.all_day)
    left = row.uncovered
    assert [part.workers for part in found.aims.uncovered] == [left]
    named = sum(gap.workers for gap in found.gaps)
    assert named == pytest.approx(left) if found.gap_count == len(found.gaps) else named < left
    assert found.districts == ()


def test_together_they_are_the_whole_but_for_what_lies_outside(
    city_report: CoverageReport, own: dict[str, CoverageReport]
) -> None:
    """Workers, stations, capacity, freshness, findings: each is counted in one."""
    *_, outside = city_report.districts
    assert outside.code is None
    assert sum(one.headline.workers for one in own.values()) == pytest.approx(
        city_report.headline.workers - outside.workers
    )
    for count in ("on_books", "usable", "suspended", "planned", "hours_known", "all_day"):
        assert sum(getattr(one.headline.stations, count) for one in own.values()) == getattr(
            city_report.headline.stations, count
        )
    for name in ("known", "unknown", "places"):
        parts = (getattr(one.capacity, name) for one in own.values())
        assert sum(parts) == getattr(city_report.capacity, name)
    crowded = {row.id: row for one in own.values() for row in one.capacity.over}
    assert crowded == {row.id: row for row in city_report.capacity.over}
    for name in ("recent", "fresh", "stale", "never"):
        parts = (getattr(one.freshness, name) for one in own.values())
        assert sum(parts) == getattr(city_report.freshness, name)
    codes = city_report.findings.counts
    assert {
        code: sum(one.findings.counts.get(code, 0) for one in own.values()) for code in codes
    } == codes
    for at, norm in enumerate(city_report.norms):
        for name in ("stations", "passing", "failing", "open", "to_visit"):
            parts = (getattr(one.norms[at], name) for one in own.values())
            assert sum(parts) == getattr(norm, name)


def test_hours_of_the_parts_add_up_to_those_of_the_whole(
    city_report: CoverageReport, own: dict[str, CoverageReport]
) -> None:
    """Hour by hour, with the few who work outside."""
    for hour in range(0, 192, 7):
        active = sum(one.hours.active[hour] for one in own.values())
        whole = city_report.hours.active[hour]
        assert active < whole
        for column in ("open", "perhaps", "effective"):
            covered = sum(
                one.hours.active[hour] * getattr(one.hours, column)[hour] for one in own.values()
            )
            # Nobody outside has a station.
            assert covered == pytest.approx(
                whole * getattr(city_report.hours, column)[hour], abs=0.05
            )


def test_a_station_across_the_border_serves_here_and_is_counted_there(tmp_path: Path) -> None:
    """Its workers are covered; of stations, the district has none."""
    one = station("a", **place(100), opening_hours="24/7", capacity=2, invested_cny=8000.0)
    workspace = make(
        tmp_path / "ws", one, demand=workers_at((-100, 30), (-9000, 10)), areas=halves()
    )
    found = report(workspace, district="410108", sites=1)
    assert found.headline.effective == 0.75
    assert found.headline.at_work == Range(0.75, 0.75)
    assert found.headline.stations.usable == 0
    assert found.capacity.known == 0
    assert found.map.stations == ()
    assert found.freshness.never == 0
    assert {norm.stations for norm in found.norms} == {0}
    # New stations are sought here only, at what those of the register cost.
    (site,) = found.sites.rows
    assert (site.gain, site.cost_cny, site.estimated) == (10, 8000, True)
    assert site.district is not None
    assert site.district.zh == "惠济区"


def test_gaps_and_sites_of_a_district_lie_in_it(city: Workspace) -> None:
    """Candidates of the neighbours are left to them."""
    found = report(city, district=QUARTERS[3], sites=4)
    for row in found.sites.rows:
        assert row.district is not None
        assert row.district.zh == "金水区"
    assert {gap.name.zh[:3] for gap in found.gaps} == {"金水区"}
    ids = {row.id for row in found.sites.rows}
    assert ids <= {f"k{number}" for number in range(40)}
    assert 0 < found.sites.considered < 40
