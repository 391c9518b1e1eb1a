from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

import numpy as np
import pyproj
import pytest
import shapely

from geodata import datum
from stations import quality
from stations.model import AccessBand, Station
from stations.registry import Registry
from stations.store import Snapshot
from tests.geodata.squares import LAT0, LON0, districts, halves
from tests.stations.samples import register, station

if TYPE_CHECKING:
    from geodata.districts import Districts
    from stations.quality import Finding

GEOD = pyproj.Geod(ellps="WGS84")
TODAY = dt.date(2026, 11, 20)


def check(*stations: Station, areas: Districts | None = None, **options: object) -> list[Finding]:
    """Findings on some records."""
    ordered = sorted(stations, key=lambda s: s.id)
    return quality.check(Registry(Snapshot(1, None, ordered)), areas, today=TODAY, **options)


def codes(*stations: Station, areas: Districts | None = None) -> list[tuple[str, str]]:
    """(code, severity) of what is found on some records, but for what is merely unknown."""
    found = check(*stations, areas=areas)
    return [(f.code, f.severity) for f in found if f.severity != "info"]


def east(metres: float) -> dict[str, float]:
    """A place so many metres east of the border of the two districts."""
    lon, lat, _ = GEOD.fwd(LON0, LAT0, 90, metres)
    return {"lon": lon, "lat": lat}


# ------------------------------------------------------------------------------------- districts


@pytest.mark.parametrize(
    ("metres", "expected"),
    [
        (-500, []),
        (90, []),
        (110, [("outside_district", "warning")]),
        (1900, [("outside_district", "warning")]),
        (2100, [("outside_district", "error")]),
    ],
)
def test_how_far_outside_its_district_decides(
    metres: float, expected: list[tuple[str, str]]
) -> None:
    """Borders are drawn to some 100 m; beyond 2 km a worker is sent the wrong way."""
    record = station("a", district="惠济区", **east(metres))
    assert codes(record, areas=halves()) == expected
    by_code = station("a", adcode="410108", **east(metres))
    assert codes(by_code, areas=halves()) == expected


def test_the_evidence_of_a_misplaced_record() -> None:
    """Where it should lie, where it lies, how far off, in both tongues."""
    (finding,) = (
        f
        for f in check(station("a", name="甲", district="惠济", **east(3000)), areas=halves())
        if f.code == "outside_district"
    )
    assert (finding.station_id, finding.name) == ("a", "甲")
    assert finding.evidence["stated"] == "惠济区"
    assert finding.evidence["actual"] == "中牟县"
    assert finding.evidence["distance_m"] == pytest.approx(3000, abs=5)
    assert "3.0 公里" in finding.zh
    assert "3.0 km" in finding.en
    assert "中牟县" in finding.zh


def test_districts_that_there_are_not_and_places_outside_all() -> None:
    """A development zone is no misplacing; neither is a record that states no district."""
    assert codes(station("a", district="经开区"), areas=halves()) == [
        ("no_such_district", "warning")
    ]
    assert codes(station("a", lon=0.0, lat=0.0), areas=halves()) == [
        ("outside_all_districts", "warning")
    ]
    assert codes(station("a"), areas=halves()) == []
    assert codes(station("a", district="经开区", lon=0.0, lat=0.0)) == []
    assert codes(station("a", district="经开区", adcode="410108", **east(-9)), areas=halves()) == []


def test_a_name_that_two_districts_share_is_settled_by_the_code() -> None:
    """And is said to be no district where there is no code."""
    squares = [shapely.box(113 + i, 34, 114 + i, 35) for i in range(2)]
    twins = districts(("410204", "鼓楼区", squares[0]), ("410302", "鼓楼区", squares[1]))
    record = {"district": "鼓楼区", "lon": 114.5, "lat": 34.5}
    assert codes(station("a", adcode="410302", **record), areas=twins) == []
    assert codes(station("a", **record), areas=twins) == [("no_such_district", "warning")]


# ---------------------------------------------------------------------------------- wrong datums


def border_register(source: str | None, stored: str, true: str, n: int = 40) -> list[Station]:
    """Records along both sides of a border, their figures in `true` taken for `stored`."""
    records = []
    for i in range(n):
        side = 1 if i % 2 else -1
        lon, lat, _ = GEOD.fwd(LON0, LAT0 - 0.09 + 0.0045 * i, 90, side * 200)
        x, y = datum.from_wgs84(lon, lat, true)
        x, y = datum.to_wgs84(x, y, stored)
        district = "中牟县" if side > 0 else "惠济区"
        records.append(station(f"s{i:02d}", lon=x, lat=y, district=district, source_datum=source))
    return records


@pytest.mark.parametrize("true", ["gcj02", "bd09"])
def test_figures_taken_for_wgs84_are_suspected(true: str) -> None:
    """Half of the records fall across the border, and back once they are shifted: all are told."""
    records = border_register("wgs84", "wgs84", true)
    suspected = [f for f in check(*records, areas=halves()) if f.code == "wrong_datum"]
    assert len(suspected) == 20
    assert {f.evidence["datum"] for f in suspected} == {true}
    assert {f.severity for f in suspected} == {"error"}
    unstated = border_register(None, "wgs84", true)
    assert sum(f.code == "wrong_datum" for f in check(*unstated, areas=halves())) == 20


@pytest.mark.parametrize(("stored", "true"), [("gcj02", "wgs84"), ("bd09", "gcj02")])
def test_figures_shifted_that_should_not_be_are_suspected(stored: str, true: str) -> None:
    """The other way about: what was taken for Amap's or Baidu's was something else."""
    records = border_register(stored, stored, true)
    suspected = [f for f in check(*records, areas=halves()) if f.code == "wrong_datum"]
    assert len(suspected) > 10
    assert {f.evidence["datum"] for f in suspected} == {true}


@pytest.mark.parametrize("source", [None, "wgs84", "gcj02", "bd09", "EPSG:4547"])
def test_a_register_in_its_right_datum_is_not_suspected(source: str | None) -> None:
    """Whatever it came in."""
    assert codes(*border_register(source, "wgs84", "wgs84"), areas=halves()) == []


def test_a_few_misplaced_records_are_no_wrong_datum() -> None:
    """They do not fit after a shift either; and two are too few to tell."""
    far = [station(f"f{i}", district="惠济区", **east(5000 + i)) for i in range(5)]
    assert {f for f, _ in codes(*far, areas=halves())} == {"outside_district"}
    two = border_register("wgs84", "wgs84", "gcj02")[0:4]
    found = codes(*two, areas=halves())
    assert ("wrong_datum", "error") not in found
    assert len(found) == 2


def test_boundaries_in_gcj02_taken_for_wgs84_raise_the_same_suspicion() -> None:
    """From positions alone the two cannot be told apart, so the words name both."""
    shifted = districts(
        *(
            (code, name, shapely.transform(shape, lambda xy: np.column_stack(
                datum.from_wgs84(xy[:, 0], xy[:, 1], "gcj02"))))
            for code, name, shape in zip(
                halves().adcodes, halves().names,
                shapely.segmentize(halves().geometries, 0.01), strict=True,
            )
        )
    )  # fmt: skip
    found = check(*border_register("gcj02", "gcj02", "gcj02"), areas=shifted)
    suspected = [f for f in found if f.code == "wrong_datum"]
    assert suspected
    assert {f.evidence["datum"] for f in suspected} == {"wgs84"}
    assert all("区划边界" in f.zh and "district polygons" in f.en for f in suspected)


# ------------------------------------------------------------------------------------ duplicates


def twins(*stations: Station) -> list[tuple[str, str]]:
    """(second, first) of each suspected pair."""
    return [(f.station_id, f.evidence["other"]) for f in check(*stations) if f.code == "duplicate"]


def test_like_names_close_together_may_be_one_station() -> None:
    """60 m and three quarters of the name; another kind or a closed one is no twin."""
    here = {"name": "人民路户外劳动者驿站"}
    assert twins(station("a", **here, **east(0)), station("b", **here, **east(50))) == [("b", "a")]
    assert twins(station("a", **here, **east(0)), station("b", **here, **east(70))) == []
    other = {"name": "碧沙岗公园司机之家"}
    assert twins(station("a", **here, **east(0)), station("b", **other, **east(5))) == []
    nursing = station("b", **here, kind="nursing_room", **east(5))
    assert twins(station("a", **here, **east(0)), nursing) == []
    closed = station("a", **here, status="closed", **east(0))
    assert twins(closed, station("b", **here, **east(5))) == []
    assert twins(station("a", **here, lon=None), station("b", **here, lon=None)) == []


def test_of_many_at_one_place_none_is_passed_over() -> None:
    """A sheet imported six times over."""
    same = [station(f"s{i}", name="驿站", **east(0)) for i in range(6)]
    assert {second for second, _ in twins(*same)} == {"s1", "s2", "s3", "s4", "s5"}


# --------------------------------------------------------------------------------- single records


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, []),
        ({"lon": None}, [("position_unknown", "warning")]),
        ({"valid_to": TODAY}, []),
        ({"valid_to": dt.date(2026, 11, 19)}, [("expired", "warning")]),
        ({"valid_to": dt.date(2026, 11, 19), "status": "closed"}, []),
        ({"verified_on": dt.date(2025, 11, 20)}, []),
        ({"verified_on": dt.date(2025, 11, 19)}, [("stale", "warning")]),
        ({"verified_on": dt.date(2020, 1, 1), "status": "closed"}, []),
        ({"verified_on": dt.date(2026, 11, 21)}, [("contradiction", "warning")]),
        ({"status_since": dt.date(2026, 11, 21)}, [("contradiction", "warning")]),
        (
            {"opened_on": dt.date(2026, 5, 2), "verified_on": dt.date(2026, 5, 1)},
            [("contradiction", "warning")],
        ),
    ],
)
def test_dates_that_make_a_record_doubtful(
    fields: dict[str, object], expected: list[tuple[str, str]]
) -> None:
    """The last good day is still good; what is closed needs no verifying."""
    assert codes(station("a", **fields)) == expected


@pytest.mark.parametrize(
    ("name", "opening_hours", "doubtful"),
    [
        ("建设路24小时驿站", "Mo-Su 08:00-20:00", True),
        ("建设路24H驿站", "Mo-Fr 00:00-24:00", True),
        ("建设路 24 小时驿站", "24/7", False),
        ("建设路24小时驿站", "Mo-Su 00:00-24:00", False),
        ("建设路24小时驿站", "unknown", False),
        ("建设路24小时驿站", None, False),
        ("建设路24号院驿站", "Mo-Su 08:00-20:00", False),
        ("324路公交总站驿站", "Mo-Su 08:00-20:00", False),
        ("2024年度最美驿站", "Mo-Su 08:00-20:00", False),
    ],
)
def test_a_name_of_24_hours_and_hours_that_are_not(
    name: str, opening_hours: str | None, *, doubtful: bool
) -> None:
    """The number alone says nothing: it may be a house or a bus."""
    found = codes(station("a", name=name, opening_hours=opening_hours))
    assert found == ([("contradiction", "warning")] if doubtful else [])


def test_what_is_unknown_is_told_as_unknown() -> None:
    """Never as wrong; hours in the access bands are hours, and unread text is kept in sight."""

    def unknown(**fields: object) -> set[str]:
        return {f.code for f in check(station("a", **fields)) if f.severity == "info"}

    assert unknown() == {"hours_unknown", "never_verified"}
    assert unknown(hours_text="看情况") == {"hours_unread", "never_verified"}
    assert unknown(opening_hours="24/7", verified_on=TODAY) == set()
    assert unknown(access=(AccessBand("qr", "08:00-20:00"),)) == {"never_verified"}
    assert unknown(access=(AccessBand("qr"),)) == {"hours_unknown", "never_verified"}
    assert unknown(status="planned") == set()


def test_how_long_a_verification_holds_is_a_setting() -> None:
    """In days."""
    record = station("a", verified_on=dt.date(2026, 11, 1))
    assert not [f for f in check(record, stale_days=19) if f.code == "stale"]
    assert [f for f in check(record, stale_days=18) if f.code == "stale"]


def test_findings_are_plain_ordered_and_without_private_words() -> None:
    """Errors first, then by kind and id; figures are JSON; a manager is not named."""
    records = register(300)
    found = check(*records, areas=halves())
    rank = ["error", "warning", "info"]
    keys = [(rank.index(f.severity), f.code, f.station_id) for f in found]
    assert keys == sorted(keys)
    text = json.dumps(
        [[f.zh, f.en, f.evidence] for f in found], ensure_ascii=False, allow_nan=False
    )
    assert "张三" not in text
    assert "13800000000" not in text


def test_an_empty_registry_has_no_doubts() -> None:
    """With districts and without."""
    assert check() == []
    assert check(areas=halves()) == []
    assert check(station("a", lon=None), areas=halves())[0].code == "position_unknown"
