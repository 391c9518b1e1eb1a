"""Freshness, findings and norms of a report, and that nothing private is in it."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from geodata.demand import Demand
from stations.norms import NORMS_NAME, assess, facts_of, read_norms
from stations.report.figures import FindingRow, Freshness, Named
from stations.report.heat import heat_of
from tests.geodata.squares import halves
from tests.stations.report.worlds import (
    DAY,
    MANAGER,
    MANAGER_PHONE,
    TOWN,
    before,
    edit,
    make,
    make_town,
    place,
    report,
    workers_at,
)
from tests.stations.samples import register, station

if TYPE_CHECKING:
    from pathlib import Path

    from stations.report import CoverageReport
    from stations.workspace import Workspace

# --------------------------------------------------------------------------------------- freshness


def test_freshness_is_of_the_stations_in_service(town_report: CoverageReport) -> None:
    """Nine of them; one verified in the future is recent, and planned ones do not count."""
    assert town_report.freshness == Freshness(stale_days=365, recent=3, fresh=2, stale=1, never=3)


@pytest.mark.parametrize(
    ("days", "bucket"),
    [
        (-1, "recent"), (0, "recent"), (89, "recent"), (90, "recent"), (91, "fresh"),
        (364, "fresh"), (365, "fresh"), (366, "stale"), (5000, "stale"), (None, "never"),
    ],
)  # fmt: skip
def test_each_bucket_ends_with_its_last_day(tmp_path: Path, days: int | None, bucket: str) -> None:
    """90 days is recent, 365 fresh; and a finding says stale from the same day on."""
    verified = None if days is None else before(days)
    one = station("a", **place(0), opening_hours="24/7", verified_on=verified)
    found = report(make(tmp_path / "ws", one, demand=workers_at((0, 1))))
    buckets = {
        name: getattr(found.freshness, name) for name in ("recent", "fresh", "stale", "never")
    }
    assert buckets == {**dict.fromkeys(buckets, 0), bucket: 1}
    assert ("stale" in found.findings.counts) is (bucket == "stale")
    assert ("never_verified" in found.findings.counts) is (bucket == "never")
    assert dict(found.limits).get("stale", 0) == (bucket in {"stale", "never"})


@pytest.mark.parametrize(("days", "bucket"), [(29, "recent"), (30, "recent"), (31, "stale")])
def test_where_records_are_stale_within_a_quarter_nothing_is_merely_fresh(
    tmp_path: Path, days: int, bucket: str
) -> None:
    """A month until a record is stale: recent or stale."""
    workspace = make_town(tmp_path / "ws", stale_days=30)
    for one in TOWN:
        edit(workspace, station(one.id, lon=113.5, name=one.name, verified_on=before(days)))
    found = report(workspace).freshness
    assert getattr(found, bucket) == len(TOWN)
    assert found.fresh == 0


def test_freshness_is_of_the_day_of_the_report(town: Workspace) -> None:
    """A day later two records have aged."""
    later = report(town, day=DAY + dt.timedelta(days=1)).freshness
    assert later == Freshness(stale_days=365, recent=2, fresh=2, stale=2, never=3)


# ---------------------------------------------------------------------------------------- findings


def test_findings_are_counted_by_what_they_say(town_report: CoverageReport) -> None:
    """All of them; those that are more than merely unknown stand one by one, errors first."""
    assert town_report.findings.counts == {
        "contradiction": 1,  # verified in the future
        "expired": 1,
        "hours_unknown": 2,
        "never_verified": 3,
        "outside_all_districts": 1,
        "outside_district": 1,
        "position_unknown": 2,
        "stale": 1,
    }
    rows = town_report.findings.rows
    assert [(row.severity, row.code, row.station_id) for row in rows] == [
        ("error", "outside_district", "e-unknown"),
        ("warning", "contradiction", "w-suspended"),
        ("warning", "expired", "e-expired"),
        ("warning", "outside_all_districts", "outside"),
        ("warning", "position_unknown", "nowhere"),
        ("warning", "position_unknown", "w-lost"),
        ("warning", "stale", "e-unknown"),
    ]
    assert rows[4] == FindingRow(
        "nowhere",
        "不知何处",
        "position_unknown",
        "warning",
        Named("没有位置，地图上看不到", "has no position"),
    )


def test_findings_of_one_district_are_those_of_its_stations(town: Workspace) -> None:
    """One without a position is of the district that it names; e-unknown is where it lies."""
    own = {row.station_id for row in report(town, district="410108").findings.rows}
    assert own == {"w-suspended", "w-lost"}
    other = {row.station_id for row in report(town, district="410122").findings.rows}
    assert other == {"e-unknown", "e-expired"}


def test_a_twin_across_the_border_is_found_in_the_report_of_one_side(tmp_path: Path) -> None:
    """Doubts are found among all records and told of those of the area."""
    twins = [
        station("a", **place(-20), name="人民路驿站"),
        station("b", **place(20), name="人民路驿站"),
    ]
    workspace = make(tmp_path / "ws", *twins, demand=workers_at((0, 1)), areas=halves())
    assert "duplicate" in report(workspace, district="410122").findings.counts
    assert "duplicate" not in report(workspace, district="410108").findings.counts


# ------------------------------------------------------------------------------------------- norms


def test_norms_judge_the_stations_in_service(town_report: CoverageReport) -> None:
    """As they do on their own, with the doubted positions left out of who is on the map."""
    in_service = {s.id for s in TOWN if s.properties.status in {"open", "suspended"}}
    records = sorted(TOWN, key=lambda s: s.id)
    facts = facts_of(records, untrusted={"e-unknown", "outside"}, today=DAY)
    assert town_report.norms == assess(
        read_norms(None), [one for one in facts if one.station.id in in_service]
    )
    assert {norm.stations for norm in town_report.norms} == {9, 0}
    six = next(norm for norm in town_report.norms if norm.code == "six")
    on_map = next(item for item in six.items if item.code == "map")
    # Two have no position, two a wrong one.
    assert (on_map.met, on_map.failed, on_map.unknown) == (5, 4, 0)


def test_norms_of_one_district_are_those_of_its_stations(town: Workspace) -> None:
    """A neighbour across the border is near all the same."""
    records = {
        norm.code: {one.id for one in norm.records}
        for norm in report(town, district="410108").norms
    }
    assert records["six"] == {"w-app", "w-day", "w-lost", "w-suspended"}


def test_norms_of_the_workspace_take_the_place_of_ours(tmp_path: Path) -> None:
    """And their file is an input of the report."""
    workspace = make_town(tmp_path / "ws")
    (workspace.folder / NORMS_NAME).write_text(
        '[[norm]]\ncode = "own"\nzh = "本省"\nen = "Own"\n'
        '[[norm.items]]\ncode = "water"\nzh = "饮水"\nen = "Water"\n'
        'check = { facility = "drinking_water" }\n',
        "utf-8",
    )
    found = report(workspace)
    (norm,) = found.norms
    assert (norm.code, norm.stations, norm.passing, norm.open) == ("own", 9, 3, 6)
    assert NORMS_NAME in {one.name for one in found.basis.inputs}


# ----------------------------------------------------------------------------------------- privacy


@pytest.mark.parametrize("district", [None, "410108"])
def test_no_manager_is_named_anywhere(town: Workspace, district: str | None) -> None:
    """Neither name nor telephone, in any section, with everything asked that can be."""
    found = report(town, district=district, sites=3, since=0, heat=heat_of(38))
    assert found.heat is not None
    assert found.change is not None
    text = json.dumps(found.to_dict(), ensure_ascii=False, default=str)
    assert "日间驿站" in text
    for secret in (MANAGER, MANAGER_PHONE):
        assert secret not in text


def test_no_manager_of_many_varied_records_is_named(tmp_path: Path) -> None:
    """Whatever else their records hold."""
    records = register(120, seed=4)
    lon, lat = zip(*(s.position for s in records if s.position), strict=True)
    demand = Demand.of_points(lon, lat, np.full(len(lon), 5.0), group="rider")
    found = report(make(tmp_path / "ws", *records, demand=demand), heat=heat_of(40), since=0)
    text = json.dumps(found.to_dict(), ensure_ascii=False, default=str)
    assert "张三" not in text
    assert "13800000000" not in text


def test_a_report_is_json(city_report: CoverageReport) -> None:
    """As the types that JSON has, without NaN and infinity."""
    document = city_report.to_dict()
    assert json.loads(json.dumps(document, allow_nan=False, default=str))
    assert set(document) == set(city_report.__struct_fields__)
