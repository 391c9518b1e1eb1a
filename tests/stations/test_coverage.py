from __future__ import annotations

import dataclasses
import datetime as dt
import json
import math

import pyproj
import pytest
import shapely

from geodata.demand import combine
from geodata.nearest import NearestIndex
from stations.coverage import StationCoverage, group_label, left_out, measure
from stations.hours import BEIJING
from stations.reach import Reach
from stations.registry import Registry
from stations.store import Snapshot
from tests.geodata.squares import LAT0, LON0, Demand, demand_of, halves
from tests.stations.samples import station

GEOD = pyproj.Geod(ellps="WGS84")
TODAY = dt.datetime(2026, 11, 20, 10, 0, tzinfo=BEIJING)
YESTERDAY, TOMORROW = dt.date(2026, 11, 19), dt.date(2026, 11, 21)


def place(metres: float) -> dict[str, float]:
    """So many metres east of the border of the two districts."""
    lon, lat, _ = GEOD.fwd(LON0, LAT0, 90, metres)
    return {"lon": lon, "lat": lat}


RECORDS = (
    station("a-open", **place(0)),
    station("b-suspended", status="suspended", **place(10_000)),
    station("c-expired", valid_to=YESTERDAY, **place(12_000)),
    station("d-not-yet", valid_from=TOMORROW, **place(14_000)),
    station("e-nowhere", lon=None),
    station("f-planned", status="planned", **place(-10_000)),
    station("g-building", status="building", **place(-12_000)),
    station("h-closed", status="closed", **place(-14_000)),
    station("i-suspended-nowhere", status="suspended", lon=None),
    station("j-suspended-expired", status="suspended", valid_to=YESTERDAY, **place(16_000)),
    station("k-hours-unknown", **place(-5000)),
)
REGISTRY = Registry(Snapshot(1, None, sorted(RECORDS, key=lambda s: s.id)))
# A hundred workers beside each station.
BESIDE = (0, 10_000, 12_000, 14_000, -10_000, -12_000, -14_000, 16_000, -5000)
DEMAND = demand_of(*((place(m)["lon"], place(m)["lat"], 100.0) for m in BESIDE))


def test_effective_and_nominal_coverage_differ_by_what_is_left_out() -> None:
    """Suspended, expired and not yet valid stations count on the books only; planned ones never."""
    found = measure(REGISTRY, DEMAND, halves(), reach=Reach("line", 1000), at=TODAY)
    assert found.effective.covered == 200  # a and k: unknown hours are no reason to leave out
    assert found.nominal.covered == 600  # and b, c, d, j
    assert found.sites == 2
    assert found.left_out == {"suspended": 3, "expired": 2, "position_unknown": 1}
    assert left_out(REGISTRY, TODAY) == found.left_out


def test_the_day_decides_who_is_within_dates() -> None:
    """Tomorrow one more station is valid."""
    later = TODAY + dt.timedelta(days=1)
    assert (
        measure(REGISTRY, DEMAND, None, reach=Reach("line", 1000), at=later).effective.covered
        == 300
    )


def test_the_answer_has_the_agreed_keys() -> None:
    """Plain JSON; the plain keys are the effective figures."""
    demand = combine([DEMAND, Demand.of_points([LON0 + 0.5], [LAT0], [50], group="rider")])
    answer = measure(REGISTRY, demand, halves(), reach=Reach("line", 1000), at=TODAY).to_dict()
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer
    assert set(answer) == {
        "radius_m", "method", "minutes", "total", "covered", "share", "nominal", "stations",
        "by_district", "by_group", "distances", "times", "streets", "open",
    }  # fmt: skip
    assert answer["radius_m"] == 1000
    assert (answer["total"], answer["covered"]) == (950, 200)
    assert answer["share"] == pytest.approx(200 / 950, abs=1e-6)
    assert answer["nominal"] == {"covered": 600, "share": pytest.approx(600 / 950, abs=1e-6)}
    # The workers on the very border belong to the first.
    assert answer["by_district"] == [
        {
            "adcode": "410108", "name": "惠济区", "total": 500, "covered": 200,
            "share": 0.4, "nominal_share": 0.4,
        },
        {
            "adcode": "410122", "name": "中牟县", "total": 400, "covered": 0,
            "share": 0, "nominal_share": 1,
        },
        {"adcode": None, "name": None, "total": 50, "covered": 0, "share": 0, "nominal_share": 0},
    ]  # fmt: skip
    assert [(g["group"], g["name"], g["total"], g["covered"]) for g in answer["by_group"]] == [
        ("all", "全部", 900, 200),
        ("rider", "外卖骑手", 50, 0),
    ]
    assert answer["distances"][-1]["up_to_m"] is None
    assert sum(band["workers"] for band in answer["distances"]) == 950
    assert (
        sum(b["workers"] for b in answer["distances"] if b["up_to_m"] and b["up_to_m"] <= 1000)
        == answer["covered"]
    )


def test_without_districts_there_is_no_district_table() -> None:
    """All other figures stand."""
    answer = measure(REGISTRY, DEMAND, None, reach=Reach("line", 1000), at=TODAY).to_dict()
    assert answer["by_district"] == []
    assert answer["covered"] == 200


def test_an_empty_registry_covers_nobody() -> None:
    """Everybody is a gap, infinitely far from a station, which JSON says as null."""
    found = measure(Registry(Snapshot(0, None, [])), DEMAND, halves(), reach=Reach("line", 1000))
    assert (found.effective.covered, found.sites) == (0, 0)
    assert found.left_out == {"suspended": 0, "expired": 0, "position_unknown": 0}
    assert sum(zone.workers for zone in found.gaps) == 900
    features = found.gap_features()["features"]
    assert {f["properties"]["distance_m"] for f in features} == {None}


def test_gaps_are_those_of_the_effective_coverage() -> None:
    """As GeoJSON that anybody can draw, in the order of their rank, with the figures."""
    found = measure(REGISTRY, DEMAND, halves(), reach=Reach("line", 1000), at=TODAY)
    collection = found.gap_features("en")
    assert json.loads(json.dumps(collection, allow_nan=False)) == json.loads(json.dumps(collection))
    assert [f["id"] for f in collection["features"]] == list(range(1, 8))
    sites = NearestIndex([RECORDS[0].position[0], RECORDS[-1].position[0]], [LAT0, LAT0])
    for f, zone in zip(collection["features"], found.gaps, strict=True):
        p = f["properties"]
        assert p["workers"] == 100
        assert p["district"] in {"惠济区", "中牟县"}
        assert p["name"].startswith(zone.district)
        shape = shapely.geometry.shape(f["geometry"])
        assert shape.is_valid
        assert shape.contains(shapely.Point(p["centroid"]))
        away = sites.query_one(*p["centroid"])[0][1]
        assert p["distance_m"] == pytest.approx(away, abs=1)


def test_gap_names_tell_the_district_and_the_part_of_it() -> None:
    """In both tongues; outside all districts as well."""
    found = measure(
        REGISTRY,
        demand_of((LON0 + 0.1, LAT0 + 0.09, 9), (LON0 + 1, LAT0, 8)),
        halves(),
        reach=Reach("line", 1000),
    )
    assert gap_names(found, "zh") == ["中牟县北部", "区外"]
    assert gap_names(found, "en") == ["中牟县, north", "Outside all districts"]


def test_districts_may_have_english_names() -> None:
    """They are used in English figures and gaps, and kept by a workspace's file."""
    english = dataclasses.replace(halves(), names_en=("Huiji", "Zhongmu"))
    found = measure(REGISTRY, DEMAND, english, reach=Reach("line", 1000), at=TODAY)
    assert {row["name"] for row in found.to_dict("en")["by_district"]} == {"Huiji", "Zhongmu"}
    assert {row["name"] for row in found.to_dict()["by_district"]} == {"惠济区", "中牟县"}
    assert all(name.startswith(("Huiji, ", "Zhongmu, ")) for name in gap_names(found, "en"))


def gap_names(found: StationCoverage, lang: str) -> list[str]:
    """Names of the gaps, the largest first."""
    return [f["properties"]["name"] for f in found.gap_features(lang)["features"]]


def test_groups_have_names() -> None:
    """Those of the vocabulary, the two of demand, and a foreign one as it is."""
    assert group_label("sanitation") == "环卫工"
    assert group_label("all", "en") == "All"
    assert group_label("夜班") == "夜班"


def test_a_wider_radius_never_covers_less() -> None:
    """From a metre to the whole region."""
    shares = [
        measure(REGISTRY, DEMAND, None, reach=Reach("line", r), at=TODAY).effective.covered
        for r in (1, 500, 3000, 6000, 20_000)
    ]
    assert shares == sorted(shares)
    assert shares[-1] == 900
    assert not math.isnan(shares[0])
