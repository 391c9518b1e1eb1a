from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from geodata.siting.search import Search
from geodata.siting.setcover import cover, cover_share, undominated_rows


def random_covers(seed: int, n: int, m: int, share: float) -> sparse.csr_array:
    """A random covering matrix in which each row has a column."""
    rng = np.random.default_rng(seed)
    table = rng.random((n, m)) < share
    table[np.arange(n), rng.integers(0, m, n)] = True
    return sparse.csr_array(table)


def points_in_reach(seed: int, n: int, radius: float) -> sparse.csr_array:
    """Which of n random points of the unit square are within a radius of which."""
    points = np.random.default_rng(seed).random((n, 2))
    apart = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    return sparse.csr_array(apart <= radius)


def fewest(covers: sparse.csr_array, weight: np.ndarray, need: float) -> int:
    """The optimum by enumeration."""
    table = covers.toarray()
    for size in range(table.shape[1] + 1):
        for chosen in itertools.combinations(range(table.shape[1]), size):
            if weight[table[:, chosen].any(axis=1)].sum() >= need:
                return size
    raise AssertionError


small = st.builds(
    random_covers,
    st.integers(0, 10_000),
    st.integers(1, 14),
    st.integers(1, 9),
    st.sampled_from([0.05, 0.2, 0.4]),
)


@settings(deadline=None, max_examples=60)
@given(small)
def test_full_cover_is_the_enumerated_one(covers: sparse.csr_array) -> None:
    """Every row is covered, by as few columns as enumeration needs, and that is proved."""
    search = Search(-1, whole=True, time_s=30)
    cover(covers, search, 1)
    assert covers.toarray()[:, search.columns].any(axis=1).all()
    optimum = fewest(covers, np.ones(covers.shape[0]), covers.shape[0])
    assert search.objective == search.bound == len(search.columns) == optimum


@settings(deadline=None, max_examples=60)
@given(small, st.floats(0.01, 1.0), st.integers(0, 1000))
def test_partial_cover_is_the_enumerated_one(
    covers: sparse.csr_array, share: float, seed: int
) -> None:
    """The weight asked is covered, by as few columns as enumeration needs, and that is proved."""
    weight = np.random.default_rng(seed).integers(1, 6, covers.shape[0]).astype(np.float64)
    need = math.ceil(share * weight.sum())
    search = Search(-1, whole=True, time_s=30)
    cover_share(covers, weight, need, search, 1)
    assert weight[covers.toarray()[:, search.columns].any(axis=1)].sum() >= need
    assert search.objective == search.bound == fewest(covers, weight, need)


@settings(deadline=None, max_examples=30)
@given(small)
def test_dominated_rows_are_covered_along(covers: sparse.csr_array) -> None:
    """Each row left out holds all columns of one that is kept."""
    table = covers.toarray()
    kept = undominated_rows(covers, Search(-1, time_s=30))
    for row in table[~kept]:
        assert any((row >= other).all() for other in table[kept])


def test_no_row_needs_no_column() -> None:
    """Nothing to cover is covered by nothing."""
    search = Search(-1, whole=True)
    cover(sparse.csr_array((0, 3), dtype=np.bool_), search, 1)
    assert search.status == "optimal"
    assert search.objective == 0


def test_components_add_up() -> None:
    """Blocks that share no column are solved one by one, and their optima add up."""
    blocks = [points_in_reach(seed, 60, 0.25) for seed in range(5)]
    alone = []
    for block in blocks:
        search = Search(-1, whole=True, time_s=30)
        cover(block, search, 1)
        alone.append(search.objective)
    search = Search(-1, whole=True, time_s=30)
    cover(sparse.block_diag(blocks, format="csr"), search, 1)
    assert search.status == "optimal"
    assert search.objective == sum(alone)


def test_quick_methods_alone_leave_a_true_bound() -> None:
    """Without HiGHS the bound is below the optimum, and not far, and the cover above it."""
    covers = points_in_reach(3, 300, 0.15)
    quick, exact = Search(-1, whole=True, time_s=30), Search(-1, whole=True, time_s=30)
    cover(covers, quick, 1, nodes=0)
    cover(covers, exact, 1)
    assert exact.status == "optimal"
    assert exact.objective - 3 <= quick.bound <= exact.objective <= quick.objective


@pytest.mark.parametrize("share", [0.8, 1.0])
def test_same_seed_gives_the_same_columns(share: float) -> None:
    """Two runs of a seed that are not cut off take the same steps."""
    covers = points_in_reach(5, 80, 0.2)
    found = []
    for _ in range(2):
        search = Search(-1, whole=True, time_s=60)
        if share < 1:
            cover_share(covers, np.ones(80), share * 80, search, 7)
        else:
            cover(covers, search, 7)
        assert search.status == "optimal"
        found.append(search.columns.tolist())
    assert found[0] == found[1]
