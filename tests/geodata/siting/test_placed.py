from __future__ import annotations

import itertools

import numpy as np
import pyproj
import pytest

from geodata.errors import SitingError
from geodata.siting.placed import Places, Points, plan_sites

GEOD = pyproj.Geod(ellps="WGS84")


def places(n: int = 60, m: int = 12, existing: int = 0, seed: int = 1) -> Places:
    """Workers and sites strewn over ten kilometres; the last sites are open already."""
    rng = np.random.default_rng(seed)
    demand, sites = (
        Points(113.6 + rng.random(k) * 0.1, 34.8 + rng.random(k) * 0.08) for k in (n, m)
    )
    weights = rng.integers(0, 9, n).astype(np.float64)
    return Places(demand, weights, sites, np.arange(m - existing, m))


def metres(where: Places) -> np.ndarray:
    """(n, m) geodesic distances by PROJ."""
    n, m = len(where.demand.lon), len(where.sites.lon)
    pairs = [np.repeat(axis, m) for axis in where.demand] + [
        np.tile(axis, n) for axis in where.sites
    ]
    return np.asarray(GEOD.inv(*pairs)[2]).reshape(n, m)


def choices(where: Places, p: int) -> list[list[int]]:
    """Every plan: the existing sites and p candidates."""
    free = [j for j in range(len(where.sites.lon)) if j not in where.existing]
    return [[*where.existing, *c] for c in itertools.combinations(free, p)]


@pytest.mark.parametrize("existing", [0, 3])
def test_covering_by_enumeration(existing: int) -> None:
    """The most workers within the radius that any plan reaches."""
    where = places(existing=existing)
    near = metres(where) <= 1500
    best = max(where.weights[near[:, c].any(axis=1)].sum() for c in choices(where, 3))
    found = plan_sites(where, "mclp", radius=1500, p=3, solving={"max_gap": 0.0})
    assert (found.status, found.objective) == ("optimal", best)


@pytest.mark.parametrize("existing", [0, 3])
@pytest.mark.parametrize("dense", [True, False])
def test_p_median_by_enumeration(
    existing: int, dense: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The least weighted distance; the same where only a few sites of each row are listed."""
    where = places(existing=existing)
    if not dense:
        monkeypatch.setattr("geodata.cost.DENSE_PAIRS", 0)
        monkeypatch.setattr("geodata.cost.NEAREST_SITES", 2)
    table = metres(where)
    best = min(where.weights @ table[:, c].min(axis=1) for c in choices(where, 3))
    found = plan_sites(where, "pmedian", p=3, solving={"max_gap": 0.0})
    assert found.objective == pytest.approx(best)
    assert found.bound == pytest.approx(best)


@pytest.mark.parametrize("existing", [0, 3])
@pytest.mark.parametrize("dense", [True, False])
def test_p_center_by_enumeration(
    existing: int, dense: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The least worst distance of any worker; the same where only what matters is listed."""
    where = places(existing=existing)
    if not dense:
        monkeypatch.setattr("geodata.cost.DENSE_PAIRS", 60 * existing)
        monkeypatch.setattr("geodata.cost.NEAREST_SITES", 2)
    table = metres(where)[where.weights > 0]
    best = min(table[:, c].min(axis=1).max() for c in choices(where, 3))
    found = plan_sites(where, "pcenter", p=3, solving={"max_gap": 0.0})
    assert found.objective == pytest.approx(best)


def test_new_sites_keep_their_distance() -> None:
    """From each other and from those that are there; exactly the spacing is far enough."""
    where = places(existing=3)
    table = metres(Places(where.sites, where.weights[:12], where.sites, where.existing))
    found = plan_sites(where, "mclp", radius=1500, p=3, spacing_m=2000.0, solving={})
    open_ = [*where.existing, *found.sites]
    for a, b in itertools.combinations(open_, 2):
        assert table[a, b] >= 2000 or {a, b} <= set(where.existing)
    exact = float(table[0, 1])
    rows = where.problem("mclp", radius=1500, p=1, spacing_m=round(exact, 3)).limits.conflicts
    assert rows is not None
    assert rows.diagonal().sum() == 0


@pytest.mark.parametrize("spacing", [0.0, -5.0, np.nan, np.inf])
def test_a_spacing_that_is_none(spacing: float) -> None:
    """Refused, in both languages."""
    with pytest.raises(SitingError, match="spacing") as refused:
        plan_sites(places(), "mclp", radius=1500, p=1, spacing_m=spacing, solving={})
    assert "间距" in refused.value.chinese


def test_a_covering_problem_needs_a_radius() -> None:
    """Whereas a distance problem does without."""
    with pytest.raises(SitingError, match="radius"):
        plan_sites(places(), "mclp", p=1, solving={})
