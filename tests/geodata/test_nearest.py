from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyproj import Geod

from geodata import _kdtree
from geodata.errors import GeodataError, PositionError
from geodata.nearest import NearestIndex, warm_up

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Positions = list[tuple[float, float]]

GEOD = Geod(ellps="WGS84")
MILLIMETRE = 1e-3


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    """Compile before hypothesis starts to measure how long an example takes."""
    warm_up()


def all_distances(lon: Floats, lat: Floats, to_lon: Floats, to_lat: Floats) -> Floats:
    """Geodesics of every pair by PROJ, (queries, points)."""
    pairs = np.broadcast_arrays(lon[:, None], lat[:, None], to_lon, to_lat)
    x, y, to_x, to_y = (a.ravel() for a in pairs)
    return np.asarray(GEOD.inv(x, y, to_x, to_y)[2]).reshape(len(lon), len(to_lon))


def assert_exact(
    points: tuple[Floats, Floats],
    queries: tuple[Floats, Floats],
    k: int,
    limit: float = math.inf,
    mask: NDArray[np.bool_] | None = None,
) -> None:
    """Compare the batch, the single query and the prepared mask with all pairs."""
    index = NearestIndex(*points)
    got = index.query(*queries, k=k, max_distance_m=limit, mask=mask)
    truth = all_distances(*queries, *points)
    if mask is not None:
        truth[:, ~mask] = math.inf
    assert got.index.shape == got.distance_m.shape == (len(queries[0]), k)
    assert got.index.dtype == np.intp
    for row, (near, dist) in enumerate(zip(got.index, got.distance_m, strict=True)):
        expected = np.sort(truth[row][np.isfinite(truth[row])])[:k]
        count = int(np.count_nonzero(near >= 0))
        # A point within a millimetre of the limit may fall on either side of it.
        assert np.count_nonzero(expected <= limit - MILLIMETRE) <= count
        assert count <= np.count_nonzero(expected <= limit + MILLIMETRE)
        assert np.isinf(dist[count:]).all()
        assert (near[count:] == -1).all()
        assert len(set(near[:count].tolist())) == count
        np.testing.assert_allclose(dist[:count], expected[:count], rtol=0, atol=MILLIMETRE)
        np.testing.assert_allclose(dist[:count], truth[row, near[:count]], rtol=0, atol=MILLIMETRE)
        pairs = list(zip(dist[:count].tolist(), near[:count].tolist(), strict=True))
        assert pairs == sorted(pairs)
        for chosen in (mask,) if mask is None else (mask, index.subset(mask)):
            one = index.query_one(
                float(queries[0][row]),
                float(queries[1][row]),
                k=k,
                max_distance_m=limit,
                mask=chosen,
            )
            assert one == [(i, d) for d, i in pairs]


def split(positions: Positions) -> tuple[Floats, Floats]:
    """Longitudes and latitudes of a list of pairs."""
    table = np.array(positions, np.float64).reshape(-1, 2)
    return table[:, 0].copy(), table[:, 1].copy()


def world(rng: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    """Positions spread evenly over the Earth."""
    return rng.uniform(-180, 180, n), np.degrees(np.arcsin(rng.uniform(-1, 1, n)))


def city(
    rng: np.random.Generator, n: int, lon: float = 116.4, lat: float = 39.9
) -> tuple[Floats, Floats]:
    """Positions spread over a city, some 20 km wide."""
    return lon + rng.normal(0, 0.1, n), np.clip(lat + rng.normal(0, 0.08, n), -90, 90)


# Poles, antimeridian, equator and coincidences must come up more often than by chance.
LON = st.one_of(
    st.sampled_from([-180.0, -179.999999, -90.0, -0.0, 0.0, 90.0, 116.4, 179.999999, 180.0]),
    st.floats(-180, 180),
)
LAT = st.one_of(
    st.sampled_from([-90.0, -89.999999, -39.9, 0.0, 39.9, 89.999999, 90.0]), st.floats(-90, 90)
)
ANYWHERE = st.lists(st.tuples(LON, LAT), min_size=1, max_size=60)
NEARBY = st.lists(
    st.tuples(st.floats(116.0, 116.001), st.floats(39.9, 39.901)), min_size=1, max_size=60
)


@settings(max_examples=200, deadline=None)
@given(st.one_of(ANYWHERE, NEARBY), ANYWHERE, st.integers(1, 8), st.data())
@example([(0.0, 90.0), (180.0, -90.0)], [(77.0, 90.0), (0.0, -90.0), (5.0, 0.0)], 2, None)
@example([(180.0, 0.0), (0.0, 0.0)], [(0.0, 0.0), (-180.0, 0.0), (179.7, 0.3)], 2, None)
def test_equals_all_pairs_anywhere(
    points: Positions, queries: Positions, k: int, data: st.DataObject | None
) -> None:
    """Any points, any queries, any mask and limit: the answer is that of all pairs."""
    mask, limit = None, math.inf
    if data is not None:
        limit = data.draw(st.one_of(st.just(math.inf), st.floats(0, 2.1e7)))
        if data.draw(st.booleans()):
            n = len(points)
            mask = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    assert_exact(split(points), split(queries), k, limit, mask)


@pytest.mark.parametrize("k", [1, 5])
def test_equals_all_pairs_worldwide(k: int) -> None:
    """A thousand queries all over the Earth."""
    rng = np.random.default_rng(1)
    assert_exact(world(rng, 800), world(rng, 1000), k)


@pytest.mark.parametrize(("lon", "lat"), [(116.4, 39.9), (180.0, -16.5), (0.0, 90.0), (10.0, 0.0)])
def test_equals_all_pairs_in_a_city(lon: float, lat: float) -> None:
    """A thousand queries within a city, also one at a pole, the equator or the antimeridian."""
    rng = np.random.default_rng(2)
    points, queries = city(rng, 2000, lon, lat), city(rng, 1000, lon, lat)
    wrapped = [((p[0] + 180) % 360 - 180, p[1]) for p in (points, queries)]
    assert_exact(wrapped[0], wrapped[1], 3)


def test_equals_all_pairs_from_far_away() -> None:
    """Queries on the far side of the Earth from a city, where chords tell little apart."""
    rng = np.random.default_rng(3)
    lon, lat = city(rng, 300)
    far = [(lon - 180, -lat), (lon - 178, -lat), (lon - 150, -lat), (lon, lat - 60)]
    for queries in far:
        assert_exact((lon, lat), (queries[0][:60].copy(), queries[1][:60].copy()), 4)


@pytest.mark.parametrize("share", [0.0, 0.002, 0.1, 0.9])
def test_masks_act_before_the_nearest_are_chosen(share: float) -> None:
    """However few pass, the answer is that of an index of only these."""
    rng = np.random.default_rng(4)
    points, queries = city(rng, 3000), city(rng, 200)
    assert_exact(points, queries, 5, mask=rng.random(3000) < share)


def test_mask_that_passes_only_far_away() -> None:
    """Nothing near passes, a whole region far away does."""
    rng = np.random.default_rng(5)
    near, far = city(rng, 1500), city(rng, 1500, 87.6, 43.8)
    points = np.concatenate([near[0], far[0]]), np.concatenate([near[1], far[1]])
    assert_exact(points, city(rng, 50), 3, mask=np.arange(3000) >= 1500)


def test_large_batch_equals_single_queries() -> None:
    """Many queries a leaf, several chunks and threads: the same answers as one by one."""
    rng = np.random.default_rng(6)
    index = NearestIndex(*city(rng, 500))
    lon, lat = city(rng, 9000)
    for k in (1, 40):
        got = index.query(lon, lat, k=k, max_distance_m=9000)
        for row in range(0, 9000, 7):
            one = index.query_one(lon[row], lat[row], k=k, max_distance_m=9000)
            count = len(one)
            assert one == list(
                zip(got.index[row, :count], got.distance_m[row, :count], strict=True)
            )
            assert (got.index[row, count:] == -1).all()


def test_duplicates_come_in_the_order_of_their_positions() -> None:
    """Equal positions tie at distance 0, on either side of the antimeridian and at a pole too."""
    lon, lat = np.full(500, 116.4), np.full(500, 39.9)
    index = NearestIndex(lon, lat)
    assert index.query_one(116.4, 39.9, k=30) == [(i, 0.0) for i in range(30)]
    assert index.query(lon, lat, k=3).index.tolist() == [[0, 1, 2]] * 500
    assert NearestIndex([180, -180], [1, 1]).query_one(-180, 1, k=2) == [(0, 0.0), (1, 0.0)]
    assert NearestIndex([7, -99], [90, 90]).query_one(50, 90, k=2) == [(0, 0.0), (1, 0.0)]


def test_mirror_images_tie() -> None:
    """Points at equal distance north and south of the equator go by their position."""
    found = NearestIndex([10.0, 10.0], [-0.5, 0.5]).query_one(10.25, 0.0, k=2)
    assert [i for i, _ in found] == [0, 1]
    assert found[0][1] == found[1][1]


def test_more_neighbours_than_points() -> None:
    """Rows are padded with -1 and infinity; a single query is just shorter."""
    index = NearestIndex([116.4, 116.5], [39.9, 39.9])
    got = index.query([116.5], [39.9], k=4)
    assert got.index.tolist() == [[1, 0, -1, -1]]
    assert got.distance_m[0, 2:].tolist() == [math.inf, math.inf]
    assert len(index.query_one(116.5, 39.9, k=4)) == 2


def test_empty_index() -> None:
    """An index without points answers that there is nothing."""
    index = NearestIndex([], [])
    got = index.query([116.4, 0.0], [39.9, 90.0], k=2)
    assert len(index) == 0
    assert got.index.tolist() == [[-1, -1], [-1, -1]]
    assert np.isinf(got.distance_m).all()
    assert index.query_one(116.4, 39.9) == []
    assert index.subset(np.empty(0, np.bool_)).count == 0
    with pytest.raises(PositionError):
        index.query([0.0], [91.0])


def test_no_queries() -> None:
    """An empty batch has an answer of no rows."""
    assert NearestIndex([1.0], [2.0]).query([], [], k=3).index.shape == (0, 3)


def test_max_distance_is_inclusive() -> None:
    """A point at exactly the limit is an answer, a hair further it is not."""
    rng = np.random.default_rng(7)
    lon, lat = city(rng, 400)
    index = NearestIndex(lon, lat)
    for i, metres in index.query_one(116.4, 39.9, k=50):
        within = index.query_one(116.4, 39.9, k=400, max_distance_m=metres)
        assert within[-1] == (i, metres)
        below = index.query_one(116.4, 39.9, k=400, max_distance_m=math.nextafter(metres, 0))
        assert len(below) == len(within) - 1
        assert index.query([116.4], [39.9], k=400, max_distance_m=metres).index[0].max() >= i
    assert index.query_one(lon[3], lat[3], max_distance_m=0) == [(3, 0.0)]
    assert index.query([0.0], [0.0], max_distance_m=1e5).index.tolist() == [[-1]]


def test_known_geodesics() -> None:
    """Lengths that need no second program: a quarter meridian, and a degree of the equator."""
    index = NearestIndex([0.0], [0.0])
    assert index.query_one(0.0, 90.0)[0][1] == pytest.approx(10_001_965.729, abs=MILLIMETRE)
    assert index.query_one(1.0, 0.0)[0][1] == pytest.approx(111_319.491, abs=MILLIMETRE)
    assert index.query_one(180.0, 0.0)[0][1] == pytest.approx(20_003_931.459, abs=MILLIMETRE)


@pytest.mark.parametrize(
    ("length", "error"),
    [
        (1e1, 1e-8),
        (1e4, 1e-8),
        (1e5, 1e-6),
        (1.99e5, 1e-5),
        (2.01e5, 2e-4),
        (1e6, 2e-4),
        (1e7, 2e-4),
    ],
)
def test_lengths_agree_with_karney(length: float, error: float) -> None:
    """Either formula stays within the error that its docstring claims, in every direction."""
    rng = np.random.default_rng(8)
    lon, lat = world(rng, 20_000)
    to_lon, to_lat, _ = GEOD.fwd(lon, lat, rng.uniform(0, 360, 20_000), np.full(20_000, length))
    ends = np.empty((2, 20_000, 4))
    _kdtree.convert(lon, lat, ends[0])
    _kdtree.convert(to_lon, to_lat, ends[1])
    got = [_kdtree.geodesic(*p[:3], *q[:3]) for p, q in zip(*ends, strict=True)]
    assert np.abs(np.array(got) - length).max() < error


def test_input_is_neither_kept_nor_changed() -> None:
    """What is done to the arrays afterwards does not reach the index; read-only ones are fine."""
    lon, lat, mask = np.array([1.0, 2.0]), np.array([3.0, 4.0]), np.array([True, False])
    index = NearestIndex(lon, lat)
    subset = index.subset(mask)
    lon[:], lat[:], mask[:] = 0.0, 0.0, False
    assert index.query_one(2.0, 4.0, mask=subset)[0][0] == 0
    assert index.query_one(2.0, 4.0) == [(1, 0.0)]
    for array in (lon, lat, mask):
        array.flags.writeable = False
    assert index.query(lon, lat, mask=mask).index.tolist() == [[-1], [-1]]
    assert index.query(lon[::2], lat[::2]).index.tolist() == [[0]]
    assert index.query_one(0, 0, mask=mask.view(np.uint8)) == []


@pytest.mark.parametrize(
    ("lon", "lat", "names"),
    [
        (math.nan, 39.9, ["position 1", "nan"]),
        (116.4, math.inf, ["position 1", "inf"]),
        (116.4, 90.5, ["position 1", "90.5"]),
        (190.0, 39.9, ["position 1", "190.0"]),
        (-190.0, 39.9, ["position 1", "-190.0"]),
        (39.9, 116.4, ["position 1", "116.4", "swapped"]),
    ],
)
def test_invalid_positions_are_named(lon: float, lat: float, names: list[str]) -> None:
    """The error says which position and which value, and whether the two look swapped."""
    index = NearestIndex([116.4], [39.9])
    for attempt in (NearestIndex, index.query):
        with pytest.raises(PositionError) as caught:
            attempt([116.0, lon], [39.0, lat])
        assert all(name in str(caught.value) for name in names)
    with pytest.raises(PositionError):
        index.query_one(lon, lat)


def test_arrays_of_the_wrong_shape_are_refused() -> None:
    """Longitudes and latitudes are one-dimensional and of one length."""
    with pytest.raises(PositionError, match="equal length"):
        NearestIndex([1.0, 2.0], [1.0])
    with pytest.raises(PositionError, match="one-dimensional"):
        NearestIndex([[1.0]], [[1.0]])


def test_senseless_options_are_refused() -> None:
    """k, the limit and the mask are checked, with the value in the message."""
    index, other = NearestIndex([1.0], [2.0]), NearestIndex([1.0], [2.0])
    for query in (
        lambda **o: index.query([1.0], [2.0], **o),
        lambda **o: index.query_one(1, 2, **o),
    ):
        with pytest.raises(GeodataError, match="k is 0"):
            query(k=0)
        with pytest.raises(GeodataError, match="max_distance_m is nan"):
            query(max_distance_m=math.nan)
        with pytest.raises(GeodataError, match="max_distance_m is -1"):
            query(max_distance_m=-1)
        with pytest.raises(GeodataError, match="mask has type"):
            query(mask=np.array([True, False]))
        with pytest.raises(GeodataError, match="int64"):
            query(mask=np.array([1], np.int64))
        with pytest.raises(GeodataError, match="another index"):
            query(mask=other.subset(np.array([True])))


def test_many_threads_share_an_index() -> None:
    """Threads that query one index at once get what one thread gets."""
    rng = np.random.default_rng(9)
    index = NearestIndex(*city(rng, 5000))
    lon, lat = city(rng, 6000)
    alone = index.query(lon, lat, k=3)
    with ThreadPoolExecutor(8) as pool:
        for got in pool.map(lambda _: index.query(lon, lat, k=3), range(16)):
            assert (got.index == alone.index).all()
            assert (got.distance_m == alone.distance_m).all()


@pytest.mark.parametrize("radius_m", [0.0, 5e5, 3e6, 1.9999e7, np.inf])
def test_all_points_within_a_distance(radius_m: float) -> None:
    """All over the Earth, the nearly antipodal ones too; in order of position, as PROJ measures."""
    rng = np.random.default_rng(5)
    lon, lat = rng.uniform(-180, 180, 200), rng.uniform(-90, 90, 200)
    lon[100:], lat[100:] = (lon[:100] + 360) % 360 - 180, -lat[:100]
    found = NearestIndex(lon, lat).within(lon, lat, radius_m)
    n = len(lon)
    metres = np.reshape(
        GEOD.inv(np.repeat(lon, n), np.repeat(lat, n), np.tile(lon, n), np.tile(lat, n))[2],
        (n, n),
    )
    listed = np.zeros((n, n), np.bool_)
    rows = np.repeat(np.arange(n), np.diff(found.indptr))
    listed[rows, found.index] = True
    assert (listed == (metres <= radius_m)).all()
    assert np.abs(found.distance_m - metres[rows, found.index]).max() < 1e-3
    ascending = np.diff(found.index) > 0
    assert ascending[np.diff(rows) == 0].all()


def test_within_takes_a_distance_for_each_query() -> None:
    """As many limits as queries, none of them negative."""
    index = NearestIndex([0.0, 0.1, 0.2], [0.0, 0.0, 0.0])
    found = index.within([0.0, 0.0], [0.0, 0.0], [1.0, 12_000.0])
    assert found.index.tolist() == [0, 0, 1]
    assert found.indptr.tolist() == [0, 1, 3]
    with pytest.raises(GeodataError, match="at least 0"):
        index.within([0.0, 0.0], [0.0, 0.0], [1.0, -1.0])


def test_many_queries_within_are_the_same_as_few() -> None:
    """What threads share out is put together in order."""
    rng = np.random.default_rng(6)
    lon, lat = 113.6 + rng.random(6000) / 10, 34.8 + rng.random(6000) / 10
    index = NearestIndex(lon[:500], lat[:500])
    together = index.within(lon, lat, 700.0)
    apart = [
        index.within(lon[i : i + 1000], lat[i : i + 1000], 700.0) for i in range(0, 6000, 1000)
    ]
    assert together.index.tolist() == [i for part in apart for i in part.index.tolist()]
    assert np.diff(together.indptr).tolist() == [
        n for part in apart for n in np.diff(part.indptr).tolist()
    ]
