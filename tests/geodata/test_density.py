from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import rasterio
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata import density
from geodata.density import from_raster, spread_by_district, spread_over_polygons
from geodata.errors import DemandError
from tests.geodata.squares import LON0, districts, halves

if TYPE_CHECKING:
    from pathlib import Path

GEOD = pyproj.Geod(ellps="WGS84")
LIGHT = settings(max_examples=40, deadline=None)

SHAPES = {
    "square": shapely.box(113.6, 34.8, 113.61, 34.81),
    "concave": shapely.Polygon([(113.6, 34.8), (113.62, 34.8), (113.605, 34.805), (113.6, 34.82)]),
    "hole": shapely.Polygon(
        [(113.6, 34.8), (113.62, 34.8), (113.62, 34.82), (113.6, 34.82)],
        [[(113.605, 34.805), (113.615, 34.805), (113.615, 34.815), (113.605, 34.815)]],
    ),
    "multi": shapely.MultiPolygon(
        [shapely.box(113.6, 34.8, 113.601, 34.801), shapely.box(113.7, 34.9, 113.701, 34.901)]
    ),
    "tiny": shapely.box(113.6, 34.8, 113.6 + 1e-9, 34.8 + 1e-9),
    "smaller than arithmetic": shapely.box(113.6, 34.8, 113.6 + 1e-13, 34.8 + 1e-12),
    # A straight line in degrees is not quite one in metres.
    "sliver": shapely.segmentize(
        shapely.Polygon([(113.6, 34.8), (113.9, 34.95), (113.9, 34.95001)]), 0.001
    ),
    "bow-tie": shapely.Polygon([(113.6, 34.8), (113.62, 34.82), (113.62, 34.8), (113.6, 34.82)]),
    "spike": shapely.Polygon(
        [(113.6, 34.8), (113.61, 34.8), (113.61, 34.805), (113.64, 34.805), (113.61, 34.805),
         (113.61, 34.81), (113.6, 34.81)]
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_keeps_its_sum_inside_itself(name: str) -> None:
    """Concave, with a hole, in parts, tiny, a sliver, crossing itself: all workers, all inside."""
    shape = SHAPES[name]
    found = spread_over_polygons([shape], [123.4])
    assert found.total == pytest.approx(123.4, rel=1e-12)
    near = shapely.make_valid(shape).buffer(2e-7)
    assert shapely.intersects_xy(near, found.lon, found.lat).all()
    assert (found.weights > 0).all()


CORNER = st.tuples(st.floats(113.5, 113.7), st.floats(34.7, 34.9))
POLYGON = st.lists(CORNER, min_size=3, max_size=7).map(shapely.Polygon)


@LIGHT
@given(st.lists(st.tuples(POLYGON, st.floats(0, 1e7)), min_size=1, max_size=5))
def test_sums_are_kept_for_any_polygons(rows: list[tuple[shapely.Polygon, float]]) -> None:
    """Overlapping, crossing themselves, thin: the total stays, or the polygon is named."""
    shapes, workers = zip(*rows, strict=True)
    try:
        found = spread_over_polygons(shapes, workers, cell_m=2000.0)
    except DemandError as error:
        assert "no area" in str(error) or "no polygon has any workers" in str(error)  # noqa: PT017  either outcome is right
        return
    assert found.total == pytest.approx(sum(workers), rel=1e-9)


def test_density_is_even_by_area() -> None:
    """Half the square holds half its workers, to the share of one row of cells."""
    found = spread_over_polygons([SHAPES["square"]], [1000.0], cell_m=25.0)
    west = found.workers[found.lon < 113.605].sum()
    assert west == pytest.approx(500, abs=20)
    assert found.spacing_m == 25.0


def test_about_fifty_thousand_points_come_out_of_a_city() -> None:
    """Cells have a round side, chosen by the area."""
    found = spread_over_polygons(halves().geometries, [1, 1])
    assert found.spacing_m == 200.0
    assert 15_000 < len(found) < 60_000


@pytest.mark.parametrize(
    ("shapes", "workers", "message"),
    [
        ([SHAPES["square"], SHAPES["hole"]], [1, -1], "polygon 2 has -1.0 workers"),
        ([SHAPES["square"]], [np.nan], "polygon 1 has nan workers"),
        ([SHAPES["square"]], [0], "no polygon has any workers"),
        ([], [], "no polygon has any workers"),
        ([SHAPES["square"], None], [1, 1], "polygon 2 has workers but no area"),
        ([SHAPES["square"], shapely.Polygon()], [1, 1], "polygon 2 has workers but no area"),
        ([SHAPES["square"], shapely.Point(113, 34)], [1, 1], "polygon 2 has workers but no area"),
    ],
)
def test_unusable_polygons_are_named(
    shapes: list[shapely.Geometry], workers: list[float], message: str
) -> None:
    """Their number counts from 1, the ones without workers included."""
    with pytest.raises(DemandError, match=message):
        spread_over_polygons(shapes, workers)


def test_cells_too_small_for_the_area_are_refused() -> None:
    """Rather than filling the memory."""
    with pytest.raises(DemandError, match="use larger ones"):
        spread_over_polygons(halves().geometries, [1, 1], cell_m=1.0)


def test_scattered_and_slanted_shapes_stay_within_memory() -> None:
    """Two islets 1,000 km apart, and a strip of 5 m by 130 km, would fill a frame of 10^9 cells."""
    islets = shapely.MultiPolygon(
        [shapely.box(110, 30, 110.001, 30.001), shapely.box(118, 37, 118.001, 37.001)]
    )
    strip = shapely.LineString([(113.0, 34.0), (114.0, 34.9)]).buffer(0.00002)
    tracemalloc.start()
    for shape in (islets, strip):
        found = spread_over_polygons([shape], [77.0])
        assert found.total == pytest.approx(77.0)
        assert found.spacing_m is not None
        assert found.spacing_m <= 25.0
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100e6


def test_cutting_in_halves_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A large shape cut up first gives the cells that it gives whole."""

    def cells() -> list[tuple[float, ...]]:
        found = spread_over_polygons([SHAPES["concave"], SHAPES["hole"]], [5, 9], cell_m=50.0)
        rows = zip(found.lon.round(6), found.lat.round(6), found.workers.round(9), strict=True)
        return sorted(rows)

    whole = cells()
    monkeypatch.setattr(density, "MAX_BOXES", 40)
    assert np.array(cells()) == pytest.approx(np.array(whole), abs=2e-6)


def test_a_table_is_keyed_by_code_or_name() -> None:
    """Rows of one district add up; rows of none are named with their workers."""
    found = spread_by_district(
        halves(), ["410108", "惠济", "中牟县", "经开区", "合计"], [100, 20, 30, 7, 157]
    )
    shares = found.demand.workers
    west = shares[found.demand.lon < LON0].sum()
    assert west == pytest.approx(120)
    assert found.demand.total == pytest.approx(150)
    assert found.unplaced == (("经开区", 7.0), ("合计", 157.0))


@pytest.mark.parametrize(
    ("keys", "workers", "message"),
    [
        (["x"], [5], "no row names a district of this workspace"),
        (["410108"], [-5], "district '410108' has -5.0 workers"),
        (["410108"], [np.nan], "has nan workers"),
    ],
)
def test_unusable_tables_are_refused(keys: list[str], workers: list[float], message: str) -> None:
    """No district at all, or a number that is none."""
    with pytest.raises(DemandError, match=message):
        spread_by_district(halves(), keys, workers)


def test_the_real_taxi_grid_keeps_its_pickups(shared_data: Path) -> None:
    """9,005 cells of 500 m in Shenzhen: 455,666 pick-ups, each inside its own cell."""
    grid = gpd.read_file(shared_data / "density/shenzhen_taxi_grid_500m.geojson")
    found = spread_over_polygons(grid.geometry.to_numpy(), grid.pickups)
    assert found.total == pytest.approx(455_666, rel=1e-12)
    points = gpd.GeoDataFrame(
        {"n": found.workers}, geometry=gpd.points_from_xy(found.lon, found.lat), crs=4326
    )
    joined = gpd.sjoin(points, grid, predicate="within")
    back = joined.groupby("index_right").n.sum().reindex(range(len(grid)), fill_value=0.0)
    assert back.to_numpy() == pytest.approx(grid.pickups.to_numpy(), abs=1e-6)


# --------------------------------------------------------------------------------------- rasters


def raster(folder: Path, cells: np.ndarray, **profile: object) -> Path:
    """Write a GeoTIFF of 0.01 degree cells whose upper left corner is 113 E, 35 N."""
    path = folder / "workers.tif"
    mask = profile.pop("mask", None)
    options = {
        "driver": "GTiff",
        "height": cells.shape[-2],
        "width": cells.shape[-1],
        "count": 1,
        "dtype": cells.dtype,
        "crs": "EPSG:4326",
        "transform": Affine(0.01, 0, 113.0, 0, -0.01, 35.0),
        **profile,
    }
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "w", **options) as target:
        target.write(cells, 1)
        if mask is not None:
            target.write_mask(mask)
    return path


def test_the_real_population_raster_keeps_its_sum(shared_data: Path) -> None:
    """WorldPop, 300 x 857 cells, nodata -99999: 191,420 people, cells of some 92 m."""
    path = shared_data / "density/worldpop_ahrvalley.tif"
    found = from_raster(path)
    with rasterio.open(path) as source:
        cells = source.read(1).astype(np.float64)
    assert found.total == pytest.approx(cells[cells != -99999].sum(), rel=1e-9)
    assert found.total == pytest.approx(191_420, rel=1e-3)
    assert len(found) == ((cells != -99999) & (cells > 0)).sum()
    assert found.spacing_m == pytest.approx(92.5, abs=1)


def test_cells_lie_at_their_centres_and_empty_ones_are_left_out(tmp_path: Path) -> None:
    """Zero, NaN and the nodata value are no points."""
    cells = np.array([[1.5, 0.0, np.nan], [-9.0, 2.5, np.inf]], np.float32)
    found = from_raster(raster(tmp_path, cells, nodata=-9.0))
    assert list(zip(found.lon.round(6), found.lat.round(6), found.workers, strict=True)) == [
        (113.005, 34.995, 1.5),
        (113.015, 34.985, 2.5),
    ]


def test_a_mask_band_hides_cells(tmp_path: Path) -> None:
    """As the nodata value does."""
    cells = np.array([[1, 2], [3, 4]], np.uint16)
    mask = np.array([[True, False], [True, True]])
    assert from_raster(raster(tmp_path, cells, mask=mask)).total == 8


def test_a_projected_raster_lands_where_it_is(tmp_path: Path) -> None:
    """UTM metres, against a transformation of the cell centre; the spacing is in metres."""
    x, y = pyproj.Transformer.from_crs(4326, 32649, always_xy=True).transform(113.6, 34.8)
    path = raster(
        tmp_path,
        np.array([[5.0]], np.float32),
        crs="EPSG:32649",
        transform=Affine(200, 0, x - 100, 0, -200, y + 100),
    )
    found = from_raster(path)
    assert GEOD.inv(113.6, 34.8, found.lon[0], found.lat[0])[2] < 0.01
    assert found.spacing_m == pytest.approx(200, rel=2e-3)


@pytest.mark.parametrize(
    ("cells", "profile", "message"),
    [
        ([[1.0]], {"crs": None}, "no coordinate reference system"),
        ([[1.0, -99999.0]], {}, "-99999 workers in a cell .* set its nodata value"),
        ([[-9.0, -9.0]], {"nodata": -9.0}, "no workers"),
        ([[0.0]], {}, "no workers"),
    ],
)
def test_unusable_rasters_are_refused(
    tmp_path: Path, cells: list[list[float]], profile: dict[str, object], message: str
) -> None:
    """With what to do about it."""
    path = raster(tmp_path, np.array(cells, np.float32), **profile)
    with pytest.raises(DemandError, match=message):
        from_raster(path)


def test_only_cells_in_the_districts_count_when_asked(tmp_path: Path) -> None:
    """By the centre of the cell; a raster beside all districts is refused."""
    path = raster(tmp_path, np.ones((10, 10), np.float32))
    west = districts(("1", "西", shapely.box(113.0, 34.9, 113.05, 35.0)))
    assert from_raster(path, within=west).total == 50
    away = districts(("1", "远", shapely.box(10, 10, 11, 11)))
    with pytest.raises(DemandError, match="no raster cell with workers lies in the districts"):
        from_raster(path, within=away)


@pytest.mark.parametrize("points", [400, 60, 7, 1])
def test_a_raster_with_too_many_cells_is_summed_over_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, points: int
) -> None:
    """Few points, the same total and the same centre of gravity, read a few rows at a time."""
    cells = np.random.default_rng(2).integers(0, 9, (40, 50)).astype(np.uint8)
    path = raster(tmp_path, cells)
    fine = from_raster(path)
    monkeypatch.setattr(density, "MAX_POINTS", points)
    monkeypatch.setattr(density, "WINDOW_CELLS", 120)
    coarse = from_raster(path)
    assert len(coarse) <= points
    assert coarse.total == fine.total == cells.sum()
    for axis in ("lon", "lat"):
        mean = [getattr(d, axis) @ d.workers / d.total for d in (fine, coarse)]
        assert mean[0] == pytest.approx(mean[1], abs=1e-9)
    assert coarse.spacing_m is not None
    assert fine.spacing_m is not None
    assert coarse.spacing_m / fine.spacing_m == pytest.approx(
        2 ** round(np.log2(coarse.spacing_m / fine.spacing_m)), rel=1e-3
    )


def test_a_sparse_raster_keeps_its_cells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What counts is how many cells hold somebody, not how large the frame is."""
    cells = np.zeros((200, 200), np.uint8)
    cells[::50, ::50] = 3
    monkeypatch.setattr(density, "MAX_POINTS", 16)
    assert len(from_raster(raster(tmp_path, cells))) == 16


def test_a_large_raster_is_read_within_memory(tmp_path: Path) -> None:
    """36 million empty cells but for a few, compressed, never stand in memory at once."""
    path = tmp_path / "large.tif"
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=6000,
        width=6000,
        count=1,
        dtype="float32",
        crs="EPSG:4326",
        transform=Affine(0.001, 0, 110, 0, -0.001, 36),
        compress="deflate",
        tiled=True,
        sparse_ok=True,
    ) as target:
        target.write(np.full((1, 5), 4.0, np.float32), 1, window=((3000, 3001), (10, 15)))
    tracemalloc.start()
    found = from_raster(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (len(found), found.total) == (5, 20.0)
    assert peak < 150e6
