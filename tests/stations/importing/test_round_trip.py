from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import pytest

from stations import model
from stations.export import export
from stations.importing import plan_import
from stations.registry import Registry
from stations.store import Snapshot
from stations.vocabulary import PRIVATE_FIELDS

if TYPE_CHECKING:
    from pathlib import Path


def station(number: int, **properties: object) -> model.Station:
    """A station of the registry."""
    geometry = {"type": "Point", "coordinates": [round(113.65 + number / 100, 6), 34.76]}
    return model.from_dict(
        {
            "type": "Feature",
            "id": f"z{number}",
            "geometry": geometry if number else None,
            "properties": {"name": f"第{number}站", "revision": 3, **properties},
        }
    )


STATIONS = [
    station(0, hours_text="随缘", notes="=1+1"),
    station(
        1, kind="rider_home", services=["nursing_room"], status="suspended", mobile=False,
        status_since="2026-01-02", valid_from="2025-01-01", address="一路1号", phone="+86 371",
        adcode="410108", district="惠济区", source_datum="gcj02",
        source_position=[113.6561, 34.7592],
        access=[{"mode": "staffed", "hours": "Mo-Fr 08:00-12:00,13:00-22:00"}, {"mode": "qr"}],
        opening_hours="Mo-Fr 08:00-12:00,13:00-22:00; PH off", hours_text="平日白天",
        facilities={"microwave": True, "wifi": False, "legal_advice": False},
        facilities_verified={"microwave": "2026-01-02", "wifi": "2026-01-03"},
        serves=["rider", "all"], area_m2=12.5, capacity=8, host="某银行", host_kind="bank",
        build_mode="joint", opened_on="2024-05-06", invested_cny=12000.0, star=4,
        verified_on="2026-03-04", verified_by="李四", labels=["最美驿站", "示范"],
        photos=["a b.jpg", "c.jpg"], notes="一\n二", source="市总工会", manager="张三",
        manager_phone="13900000000",
    ),
    station(2, source_datum="wgs84"),
]  # fmt: skip


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("ending", ["geojson", "csv", "xlsx", "gpkg", "kml", "fgb"])
def test_what_we_export_says_nothing_new_when_imported(
    tmp_path: Path, ending: str, lang: str
) -> None:
    """Every format, in either language, without naming a datum; private fields stay as they are."""
    # FlatGeobuf with its index holds no feature without a position.
    stations = [s for s in STATIONS if s.position or ending != "fgb"]
    snapshot = Snapshot(3, None, stations)
    path = tmp_path / f"out.{ending}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        export(Registry(snapshot), path, lang=lang)
    plan = plan_import(path, against=snapshot)
    assert [diff.fields for diff in plan.changed] == []
    assert sorted(plan.unchanged) == [s.id for s in stations]
    assert not plan.rejected
    fresh = plan_import(path, against=Snapshot(0, None, []))
    for new, old in zip(sorted(fresh.new, key=lambda s: s.id), stations, strict=True):
        differ = {
            name
            for name in model.CONTENT_FIELDS
            if getattr(new.properties, name) != getattr(old.properties, name)
        }
        assert differ <= set(PRIVATE_FIELDS)
        assert new.position == old.position
