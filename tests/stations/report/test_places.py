"""Distances, gaps with their best site, and recommended sites: against brute force."""

from __future__ import annotations

import itertools
import json
import math
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely

from geodata.errors import TooLargeError
from stations.config import Config, Report
from stations.ledger import new_suggestion
from stations.reach import Reach
from stations.report import ReportAsk, make_report
from stations.report import places as report_places
from stations.workspace import EXCLUDED_NAME
from tests.geodata.squares import halves
from tests.stations.report.worlds import (
    DAY,
    GEOD,
    city_candidates,
    city_records,
    make,
    make_city,
    make_town,
    metres,
    place,
    quarters,
    report,
    usable,
    workers_at,
    write_candidates,
)
from tests.stations.samples import station

if TYPE_CHECKING:
    from pathlib import Path

    from geodata.demand import Demand
    from stations.model import Station
    from stations.report import CoverageReport
    from stations.report.figures import GapRow
    from stations.workspace import Workspace


def nearest(demand: Demand, there: list[Station]) -> np.ndarray:
    """Metres from each point to the nearest of some stations."""
    found: np.ndarray = np.min([metres(demand, *one.position) for one in there], axis=0)  # type: ignore[misc]
    return found


# --------------------------------------------------------------------------------------- distances


def test_the_curve_is_who_is_within_each_distance(
    city: Workspace, city_report: CoverageReport
) -> None:
    """60 steps up to so many radii; nominally with those that are suspended."""
    demand, records = city.known_demand(), city_records()
    found = city_report.distances
    assert found.unit == "m"
    assert found.at == tuple(found.at[-1] / 60 * step for step in range(61))
    on_books = [s for s in records if s.properties.status in {"open", "suspended"}]
    for there, curve in ((usable(records), found.effective), (on_books, found.nominal)):
        away = nearest(demand, there)
        shares = [demand.workers[away <= at].sum() / demand.total for at in found.at]
        assert curve == pytest.approx(shares, abs=1e-6)
    own = found.at.index(1000)
    assert found.effective[own] == city_report.headline.effective
    assert found.nominal[own] == city_report.headline.nominal


@pytest.mark.parametrize(
    ("east", "times"),
    [(0, 3), (2999, 3), (3001, 5), (9000, 10), (19_000, 20), (29_000, 30), (60_000, 30)],
)
def test_the_curve_goes_as_far_as_most_workers_have_to(
    tmp_path: Path, east: float, times: int
) -> None:
    """Nine of ten are there or nearer; the limit itself is one of its steps, whatever it is."""
    workspace = make(
        tmp_path / "ws", station("a", **place(0)), demand=workers_at((east, 90), (80_000, 10))
    )
    found = report(workspace).distances
    assert (len(found.at), found.at[0], found.at[-1]) == (61, 0, times * 1000)
    assert 1000 in found.at


def test_quantiles_are_the_least_distance_that_so_many_have(
    city: Workspace, city_report: CoverageReport
) -> None:
    """Half, four fifths and nine tenths of the workers, not of the points."""
    demand = city.known_demand()
    away = nearest(demand, usable(city_records()))
    for part, distance in city_report.distances.quantiles:
        within = [d for d in sorted(away) if demand.workers[away <= d].sum() >= part * demand.total]
        assert distance == pytest.approx(within[0], abs=0.06)
    assert [part for part, _ in city_report.distances.quantiles] == [0.5, 0.8, 0.9]


def test_one_exactly_at_the_limit_is_within_it(tmp_path: Path) -> None:
    """Whatever number the limit is: here the very distance between the two, of many."""
    spot = place(0)
    workspace = make(tmp_path / "ws", station("a", **spot), demand=workers_at((0, 1)))
    for east in range(100, 1500, 50):
        demand = workers_at((east, 10))
        workspace.set_demand(demand, [])
        model = Reach("line", 1.0).model
        (exact,) = model.nearest(demand.lon, demand.lat, [spot["lon"]], [spot["lat"]]).tolist()
        assert exact == pytest.approx(metres(demand, *spot.values())[0], abs=1e-6)
        found = report(workspace, radius_m=exact)
        own = found.distances.at.index(round(exact, 1))
        assert found.headline.effective == found.distances.effective[own] == 1
        assert {row.effective.low for row in found.sensitivity if row.stated} == {1}
        assert report(workspace, radius_m=math.nextafter(exact, 0)).headline.effective == 0


def test_distances_of_those_who_reach_nothing_are_not_told(tmp_path: Path) -> None:
    """Without a usable station the curve is flat and no quantile is known."""
    suspended = station("a", **place(0), status="suspended")
    workspace = make(tmp_path / "ws", suspended, demand=workers_at((0, 10)))
    found = report(workspace).distances
    assert set(found.effective) == {0}
    assert set(found.nominal) == {1}
    assert found.quantiles == ((0.5, None), (0.8, None), (0.9, None))
    assert report(workspace).gaps[0].nearest is None


# -------------------------------------------------------------------------------------------- gaps


def inside(demand: Demand, gap: GapRow) -> np.ndarray:
    """Which demand points lie in the outline of a gap."""
    shape = shapely.union_all([shapely.Polygon(ring) for ring in gap.rings])
    found: np.ndarray = shapely.contains_xy(shape, demand.lon, demand.lat)
    return found


def test_gaps_hold_those_who_are_left_out(city: Workspace, city_report: CoverageReport) -> None:
    """Each as many as stand in its outline without a station; the largest first."""
    demand = city.known_demand()
    away = nearest(demand, usable(city_records()))
    assert city_report.gap_count > len(city_report.gaps) == 20
    assert [gap.rank for gap in city_report.gaps] == list(range(1, 21))
    counts = [gap.workers for gap in city_report.gaps]
    assert counts == sorted(counts, reverse=True)
    for gap in city_report.gaps:
        own = inside(demand, gap) & (away > 1000)
        assert gap.workers == pytest.approx(demand.workers[own].sum())
        at = np.hypot(demand.lon - gap.lon, demand.lat - gap.lat).argmin()
        assert own[at]
        assert gap.nearest == pytest.approx(away[at], abs=0.06)


def test_the_best_site_closes_most_of_its_gap(city: Workspace, city_report: CoverageReport) -> None:
    """Of all candidates, and of those that close as much the one that gains most around it."""
    demand = city.known_demand()
    left = nearest(demand, usable(city_records())) > 1000
    candidates = city_candidates()
    reach = np.array([metres(demand, row["lon"], row["lat"]) <= 1000 for row in candidates])
    gains = reach @ (demand.workers * left)
    without = 0
    for gap in city_report.gaps:
        closes = reach @ (demand.workers * (left & inside(demand, gap)))
        if gap.best is None:
            assert not closes.any()
            without += 1
            continue
        order = sorted(range(len(candidates)), key=lambda i: (-closes[i], -gains[i], i))
        best = candidates[order[0]]
        assert (gap.best.id, gap.best.name) == (best["id"], best.get("name"))
        assert (gap.best.lon, gap.best.lat) == pytest.approx((best["lon"], best["lat"]), abs=1e-6)
        assert gap.best.closes == pytest.approx(closes[order[0]])
        assert gap.best.gains == pytest.approx(gains[order[0]])
    assert 0 < without < len(city_report.gaps)


def test_of_two_that_close_a_gap_the_one_that_gains_more_is_named(tmp_path: Path) -> None:
    """The gap of thirty lies within reach of both, that of twenty of the second only."""
    workspace = make(
        tmp_path / "ws",
        demand=workers_at((-300, 30), (900, 20)),
        areas=halves(),
        config=Config(radius_m=700),
    )
    write_candidates(
        workspace, {"id": "first", **place(-400)}, {"id": "second", **place(300), "name": "路口"}
    )
    large, small = report(workspace).gaps
    for gap, closes in ((large, 30), (small, 20)):
        assert gap.best is not None
        assert (gap.best.id, gap.best.name) == ("second", "路口")
        assert (gap.best.closes, gap.best.gains) == (closes, 50)


def test_a_gap_of_less_than_half_a_person_is_not_worth_a_row(tmp_path: Path) -> None:
    """It is counted all the same."""
    workspace = make(tmp_path / "ws", demand=workers_at((0, 0.5), (9000, 0.4)))
    found = report(workspace)
    assert ([gap.workers for gap in found.gaps], found.gap_count) == ([0.5], 2)


def test_where_no_site_may_be_gaps_have_none(tmp_path: Path) -> None:
    """All candidates lie in an excluded area: the gaps are told without a best site."""
    workspace = make(tmp_path / "ws", demand=workers_at((0, 30)))
    write_candidates(workspace, {"id": "a", **place(0)})
    exclude(workspace, place(0), 500)
    (gap,) = report(workspace).gaps
    assert gap.best is None
    assert report(workspace, sites=2).sites.why_none == "no_candidates"


def exclude(workspace: Workspace, spot: dict[str, float], half_m: float) -> None:
    """Make a square around a place an excluded area."""
    west, south, _ = GEOD.fwd(spot["lon"], spot["lat"], 225, half_m * 2**0.5)
    east, north, _ = GEOD.fwd(spot["lon"], spot["lat"], 45, half_m * 2**0.5)
    shape = shapely.geometry.mapping(shapely.box(west, south, east, north))
    feature = {"type": "Feature", "properties": {}, "geometry": shape}
    text = json.dumps({"type": "FeatureCollection", "features": [feature]})
    (workspace.folder / EXCLUDED_NAME).write_text(text, "utf-8")


# ------------------------------------------------------------------------------- recommended sites


def test_recommended_sites_are_the_best_of_all_pairs(tmp_path: Path) -> None:
    """Of the 66 pairs of twelve candidates none covers more, and the bound says so."""
    workspace = make_city(tmp_path / "ws", candidates=12)
    demand = workspace.known_demand()
    covered = nearest(demand, usable(city_records())) <= 1000
    reach = [metres(demand, r["lon"], r["lat"]) <= 1000 for r in city_candidates(n=12)]
    by_pair = {
        pair: demand.workers[covered | reach[pair[0]] | reach[pair[1]]].sum()
        for pair in itertools.combinations(range(12), 2)
    }
    best = max(by_pair, key=lambda pair: by_pair[pair])
    found = report(workspace, sites=2).sites
    assert (found.source, found.considered, found.why_none) == ("file", 12, None)
    assert {row.id for row in found.rows} == {f"k{i}" for i in best}
    assert found.status == "optimal"
    assert found.gap == 0
    assert found.bound == pytest.approx(by_pair[best])
    assert found.rows[-1].cumulative == pytest.approx(by_pair[best])


def test_gains_add_up_to_the_share_that_they_reach(
    city: Workspace, city_report: CoverageReport
) -> None:
    """From the effective share, site by site, and no plan covers more than the bound."""
    found, whole = city_report.sites, city_report.headline
    assert [row.rank for row in found.rows] == [1, 2, 3, 4, 5]
    gains = [row.gain for row in found.rows]
    assert gains == sorted(gains, reverse=True)
    reached = whole.workers * whole.effective + np.cumsum(gains)
    assert [row.cumulative for row in found.rows] == pytest.approx(reached.tolist(), abs=0.02)
    assert found.share == pytest.approx(found.rows[-1].cumulative / whole.workers, abs=1e-6)
    assert found.bound is not None
    assert found.rows[-1].cumulative <= found.bound + 0.01
    assert found.gap is not None
    assert found.bound == pytest.approx(found.rows[-1].cumulative * (1 + found.gap), rel=1e-4)
    demand = city.known_demand()
    away = nearest(demand, usable(city_records()))
    for row in found.rows:
        away = np.minimum(away, metres(demand, row.lon, row.lat))
        assert row.cumulative == pytest.approx(demand.workers[away <= 1000].sum(), abs=0.01)


def test_each_site_says_in_which_district_it_would_be(city_report: CoverageReport) -> None:
    """In both languages; Chinese where there is no English name."""
    shapes = quarters()
    for row in city_report.sites.rows:
        at = int(shapes.locate([row.lon], [row.lat])[0])
        assert row.district is not None
        assert (row.district.zh, row.district.en) == (shapes.names[at], shapes.names[at])


def lone(tmp_path: Path, *records: Station, **config: Any) -> Workspace:
    """Workers at two places without a station, and a candidate beside each: one has a cost."""
    workspace = make(
        tmp_path / "ws",
        *records,
        demand=workers_at((0, 30), (9000, 20)),
        config=Config(**config),
    )
    write_candidates(
        workspace,
        {"id": "costed", **place(0), "cost_cny": 20_000},
        {"id": "other", **place(9000)},
    )
    return workspace


def test_a_cost_is_the_candidate_s_own_where_it_has_one(tmp_path: Path) -> None:
    """Else what the middle one of the register's stations cost; an estimate is marked."""
    records = [
        station(f"far-{i}", **place(50_000), name=name, invested_cny=cost)
        for i, (name, cost) in enumerate([("甲", 5000.0), ("乙", 9000.0), ("丙", 100_000.0)])
    ]
    found = report(lone(tmp_path, *records), sites=2).sites
    assert [(row.id, row.cost_cny, row.estimated) for row in found.rows] == [
        ("costed", 20_000, False),
        ("other", 9000, True),
    ]
    assert found.cost_cny == 29_000


def test_a_cost_is_the_setting_where_nothing_is_known(tmp_path: Path) -> None:
    """What Henan paid, unless somebody says better; nothing is no cost of a station."""
    free = station("far", **place(50_000), invested_cny=0.0)
    found = report(lone(tmp_path, free), sites=2).sites
    assert [row.cost_cny for row in found.rows] == [20_000, 12_000]
    setting = Report(site_cost_cny=7000.0)
    other = report(lone(tmp_path / "other", free, report=setting), sites=2).sites
    assert (other.rows[1].cost_cny, other.cost_cny) == (7000, 27_000)


def test_without_candidates_of_its_own_the_ground_is_searched(tmp_path: Path) -> None:
    """Cells around those who have no station; one site covers all whom a circle can hold."""
    workspace = make_town(tmp_path / "ws")
    found = report(workspace, sites=5).sites
    assert found.source == "hexagons"
    assert found.considered > 3
    # Three clusters have no station: two more sites would gain nothing.
    assert [row.gain for row in found.rows] == [30, 30, 10]
    assert found.share == 1
    assert {row.id.partition("-")[0] for row in found.rows} == {"hexagons"}
    assert [row.estimated for row in found.rows] == [True] * 3
    assert found.cost_cny == 36_000


def test_no_sites_are_recommended_where_none_are_asked(town_report: CoverageReport) -> None:
    """And the report says that, rather than that none are needed."""
    found = town_report.sites
    assert (found.rows, found.why_none, found.bound, found.considered) == ((), "not_asked", None, 0)


def test_no_sites_are_recommended_where_all_are_covered(tmp_path: Path) -> None:
    """Points without workers need none."""
    workspace = make(
        tmp_path / "ws", station("a", **place(0)), demand=workers_at((0, 30), (9000, 0))
    )
    found = report(workspace, sites=2)
    assert (found.sites.rows, found.sites.why_none) == ((), "all_covered")
    assert (found.gaps, found.headline.effective) == ((), 1)


def test_no_sites_are_recommended_far_from_everybody(tmp_path: Path) -> None:
    """The only candidate reaches nobody who has none."""
    workspace = make(tmp_path / "ws", demand=workers_at((0, 30)))
    write_candidates(workspace, {"id": "far", **place(9000)})
    found = report(workspace, sites=2)
    assert (found.sites.rows, found.sites.why_none) == ((), "no_candidates")
    assert found.gaps[0].best is None


def test_more_sites_than_candidates_are_all_of_them(tmp_path: Path) -> None:
    """Whoever asks for twenty of two gets two."""
    found = report(lone(tmp_path), sites=20).sites
    assert [row.id for row in found.rows] == ["costed", "other"]
    assert found.share == 1


def test_a_place_that_a_worker_has_suggested_is_a_candidate(tmp_path: Path) -> None:
    """And what the workers have filed is an input of the report."""
    workspace = make(tmp_path / "ws", demand=workers_at((0, 30)))
    write_candidates(workspace, {"id": "far", **place(9000)})
    assert "ledger.geojson" not in {one.name for one in report(workspace).basis.inputs}
    entry = new_suggestion(*place(100).values(), text="桥头")
    workspace.ledger.file(entry, source="somebody")
    found = report(workspace, sites=1)
    (row,), best = found.sites.rows, found.gaps[0].best
    assert best is not None
    assert row.id == best.id == f"suggestion:{entry.id[:6]}"
    assert entry.id not in json.dumps(found.to_dict(), default=str)
    assert "ledger.geojson" in {one.name for one in found.basis.inputs}


def test_what_does_not_fit_into_memory_is_said(
    city: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not told as if there were no candidates."""

    def too_large(*_: object, **__: object) -> None:
        message = "too many pairs"
        raise TooLargeError(message, "太多")

    monkeypatch.setattr(report_places, "propose", too_large)
    with pytest.raises(TooLargeError):
        report(city, sites=1)


def test_a_report_that_is_stopped_has_the_best_so_far(city: Workspace) -> None:
    """With whatever bound holds by then, which is a number or none."""
    stop = threading.Event()
    stop.set()
    found = make_report(city, ReportAsk(day=DAY, sites=5), stop=stop)
    assert found.sites.why_none is None
    json.dumps(found.to_dict(), default=str, allow_nan=False)
