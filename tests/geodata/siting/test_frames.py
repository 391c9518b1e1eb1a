from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest

from geodata.errors import InfeasibleError, SitingError
from geodata.siting.frames import propose_sites


def frame(n: int, seed: int, **columns: object) -> gpd.GeoDataFrame:
    """Points strewn over ten kilometres, labelled from 100."""
    rng = np.random.default_rng(seed)
    points = gpd.points_from_xy(113.6 + rng.random(n) * 0.1, 34.8 + rng.random(n) * 0.08)
    return gpd.GeoDataFrame(columns, geometry=points, crs=4326, index=np.arange(100, 100 + n))


WORKERS = frame(80, 1, workers=np.arange(80.0), riders=np.arange(80.0)[::-1])
VENUES = frame(
    15,
    2,
    name=[f"v{i}" for i in range(15)],
    cost=np.arange(15.0) + 1,
    room=np.full(15, 300.0),
    area=["east", "west", "north"] * 5,
)
STATIONS = frame(4, 3, room=np.full(4, 100.0))


def test_the_chosen_rows_come_back() -> None:
    """In order of gain, with what each gains, and with the columns they had."""
    sites, plan = propose_sites(WORKERS, VENUES, radius_m=1500, p=4, existing=STATIONS)
    assert sites["rank"].tolist() == [1, 2, 3, 4]
    assert sites["gain"].tolist() == plan.gain.tolist()
    assert (np.diff(sites["gain"]) <= 0).all()
    assert sites["name"].tolist() == VENUES["name"].iloc[plan.sites].tolist()
    assert sites.index.tolist() == VENUES.index[plan.sites].tolist()
    assert sites.crs == VENUES.crs
    assert "rank" not in VENUES.columns


def test_any_crs_gives_the_same_plan() -> None:
    """Distances are geodesic whatever the frames are in."""
    here = propose_sites(WORKERS, VENUES, radius_m=1500, p=4)
    there = propose_sites(WORKERS.to_crs(4547), VENUES.to_crs(3857), radius_m=1500, p=4)
    assert there.plan.sites.tolist() == here.plan.sites.tolist()
    assert there.sites.crs.to_epsg() == 3857


def test_candidates_of_its_own() -> None:
    """Hexagons over the workers, degrees WGS84."""
    sites, plan = propose_sites(WORKERS, radius_m=1500, p=2)
    assert sites.crs.to_epsg() == 4326
    assert plan.objective >= propose_sites(WORKERS, VENUES, radius_m=1500, p=2).plan.objective


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("mclp", {"budget": 12.0, "costs": "cost"}),
        ("mclp", {"p": 3, "districts": "area", "at_most": {"east": 1}}),
        ("mclp", {"p": 3, "spacing_m": 1000.0}),
        ("backup", {"p": 3, "second": 0.3}),
        ("capacitated", {"p": 3, "capacity": "room"}),
        ("lscp", {"share": 0.9}),
        ("redundancy", {"share": 0.9}),
        ("pmedian", {"p": 3}),
        ("pcenter", {"p": 3}),
    ],
)
def test_every_kind_of_problem(kind: str, options: dict[str, object]) -> None:
    """One function, the options of the kind."""
    venues = VENUES.iloc[:0] if kind == "redundancy" else VENUES
    sites, plan = propose_sites(
        WORKERS,
        venues,
        radius_m=1500,
        kind=kind,
        existing=STATIONS,
        **options,  # type: ignore[arg-type]
    )
    assert plan.problem == kind
    assert len(sites) == len(plan.sites)
    if "budget" in options:
        assert sites["cost"].sum() <= 12
    if "at_most" in options:
        assert (sites["area"] == "east").sum() <= 1


def test_groups_of_workers() -> None:
    """One column a group; the plan tells them apart."""
    plan = propose_sites(
        WORKERS, VENUES, radius_m=1500, p=2, weight=["workers", "riders"], worth=[1, 0]
    ).plan
    assert plan.total.tolist() == [WORKERS["workers"].sum(), WORKERS["riders"].sum()]
    assert plan.objective == plan.covered[0]


@pytest.mark.parametrize(
    ("frames", "options", "words"),
    [
        ((WORKERS, VENUES), {"weight": "people"}, "demand have no column 'people'"),
        ((WORKERS.set_crs(None, allow_override=True), VENUES), {}, "demand have no CRS"),
        ((WORKERS, VENUES.set_crs(None, allow_override=True)), {}, "candidates have no CRS"),
        (
            (WORKERS.set_geometry(WORKERS.envelope.to_crs(3857).buffer(5).to_crs(4326)), VENUES),
            {},
            "must be points",
        ),
        ((WORKERS, VENUES), {"budget": 3, "costs": "price"}, "no column 'price'"),
    ],
)
def test_what_is_wrong_with_a_frame_is_named(
    frames: tuple[gpd.GeoDataFrame, ...], options: dict[str, object], words: str
) -> None:
    """In English and in Chinese."""
    with pytest.raises(SitingError, match=words) as refused:
        propose_sites(*frames, radius_m=1500, p=1, **options)  # type: ignore[arg-type]
    assert refused.value.chinese


def test_what_no_plan_can_satisfy() -> None:
    """Said, not searched for."""
    with pytest.raises(InfeasibleError, match="only 15"):
        propose_sites(WORKERS, VENUES, radius_m=1500, p=16)
