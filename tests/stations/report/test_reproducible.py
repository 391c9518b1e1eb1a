"""The same inputs give the same report, and one changed record moves only what depends on it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np
import pytest

from stations import config as settings
from stations.config import Report
from stations.model import AccessBand, Point, Properties
from stations.norms import NORMS_NAME
from stations.report import CoverageReport, ReportAsk, kept_report, make_report, records
from stations.report.heat import heat_of
from stations.workspace import CONFIG_NAME, EXCLUDED_NAME, Workspace
from tests.stations.report.worlds import (
    DAY,
    QUARTERS,
    before,
    city_candidates,
    city_records,
    edit,
    make_city,
    metres,
    place,
    usable,
    write_candidates,
)
from tests.stations.samples import station

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stations.report.subject import Subject

ASK = ReportAsk(day=DAY, sites=5, since=1, heat=heat_of(37))
SECTIONS = frozenset(CoverageReport.__struct_fields__)
TARGET = "t-target"
FAR = "t-far"
INSIDE = {"microwave": True, "air_conditioning": False, "heating": True}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The city, with a station in the midst of workers that knows all of itself, and one far off.

    Never changed: `changed` works on copies.
    """
    made = make_city(tmp_path_factory.mktemp("base") / "ws")
    demand = made.known_demand()
    there = [metres(demand, *one.position) for one in usable(city_records()) if one.position]
    # Where many would have nothing else: what happens to it is felt.
    at = int((demand.workers * (np.min(there, axis=0) > 1500)).argmax())
    lon, lat = float(demand.lon[at]), float(demand.lat[at])
    target = station(
        TARGET,
        lon=lon,
        lat=lat,
        name="目标驿站",
        opening_hours="Mo-Su 07:00-21:00",
        facilities=INSIDE,
        access=(AccessBand("staffed"),),
        capacity=1,
        invested_cny=4000.0,
        verified_on=before(30),
        manager="甲",
    )
    edit(made, target, station(FAR, **place(11_000, 11_000), name="远处驿站", opening_hours="24/7"))
    # As if all had come at once.
    (made.folder / "history.jsonl").unlink()
    document = json.loads((made.folder / "stations.geojson").read_text("utf-8"))
    document["revision"] = 1
    (made.folder / "stations.geojson").write_text(json.dumps(document), "utf-8")
    return Workspace(made.folder)


@pytest.fixture(scope="module")
def base_report(base: Workspace) -> CoverageReport:
    """Its report, with all that can be asked."""
    return make_report(base, ASK)


@pytest.fixture
def copy(base: Workspace, tmp_path: Path) -> Workspace:
    """A copy of the city that may be changed."""
    return Workspace(shutil.copytree(base.folder, tmp_path / "copy"))


def differing(a: CoverageReport, b: CoverageReport) -> frozenset[str]:
    """The sections in which two reports differ."""
    return frozenset(name for name in SECTIONS if getattr(a, name) != getattr(b, name))


# -------------------------------------------------------------------------------- the same inputs


def test_the_same_workspace_gives_the_same_report(
    base: Workspace, base_report: CoverageReport
) -> None:
    """Made again, and by a workspace opened anew: equal, and byte for byte."""
    for workspace in (base, Workspace(base.folder)):
        again = make_report(workspace, ASK)
        assert again == base_report
        assert msgspec.json.encode(again) == msgspec.json.encode(base_report)


def test_a_copy_elsewhere_gives_the_same_report(
    copy: Workspace, base_report: CoverageReport
) -> None:
    """Neither the folder nor the times of its files are part of it."""
    for path in copy.folder.iterdir():
        os.utime(path, (1, 1))
    assert msgspec.json.encode(make_report(copy, ASK)) == msgspec.json.encode(base_report)
    assert str(copy.folder) not in msgspec.json.encode(base_report).decode()


def test_a_workspace_keeps_a_report_until_something_changes(
    copy: Workspace, base_report: CoverageReport
) -> None:
    """A record, a candidate, or another ask."""
    first = kept_report(copy, ASK)
    assert first == base_report
    assert kept_report(copy, ASK) is first
    one_candidate_more(copy)
    second = kept_report(copy, ASK)
    assert differing(second, first) == {"basis", "gaps", "sites"}
    edit(copy, station("a-new", **place(0), name="新站"))
    assert kept_report(copy, ASK).basis.revision == 2
    assert kept_report(copy, ReportAsk(day=DAY, sites=0)).sites.why_none == "not_asked"


def test_another_process_gives_the_same_report(
    base: Workspace, base_report: CoverageReport
) -> None:
    """Whatever its hashes begin with."""
    program = (
        "import datetime as dt, sys\n"
        "import msgspec\n"
        "from stations.report import ReportAsk, make_report\n"
        "from stations.report.heat import heat_of\n"
        "from stations.workspace import Workspace\n"
        "day = dt.date.fromisoformat(sys.argv[2])\n"
        "ask = ReportAsk(day=day, sites=5, since=1, heat=heat_of(37))\n"
        "sys.stdout.buffer.write(msgspec.json.encode(make_report(Workspace(sys.argv[1]), ask)))\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", program, str(base.folder), DAY.isoformat()],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "12345"},
    )
    assert found.stdout == msgspec.json.encode(base_report)


def test_a_report_is_written_and_read_back(base_report: CoverageReport) -> None:
    """What was written for the archive is what there was."""
    written = msgspec.json.encode(base_report)
    assert msgspec.json.decode(written, type=CoverageReport) == base_report


def test_inputs_are_told_by_their_content(base: Workspace, base_report: CoverageReport) -> None:
    """Each by its SHA-256, with the revision and version that the figures are of."""
    import hashlib
    from importlib import metadata

    found = base_report.basis
    assert (found.version, found.revision) == (metadata.version("yizhan"), 1)
    assert found.updated_at == base.registry.updated_at
    names = [one.name for one in found.inputs]
    assert names == [
        "stations.geojson", "demand.csv", "demand.json", "districts.geojson", "candidates.geojson",
    ]  # fmt: skip
    for one in found.inputs[1:]:
        content = (base.folder / one.name).read_bytes()
        assert one.sha256 == hashlib.sha256(content).hexdigest()


def test_the_registry_is_told_by_what_it_holds(copy: Workspace) -> None:
    """As the store writes it, whoever wrote the file."""
    import hashlib

    edit(copy, station("new", **place(0), name="新站"))
    found = make_report(copy, ASK).basis.inputs[0]
    content = (copy.folder / "stations.geojson").read_bytes()
    assert found.sha256 == hashlib.sha256(content).hexdigest()


def test_what_is_written_meanwhile_does_not_come_into_a_report(
    copy: Workspace, base_report: CoverageReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A report is of one revision from its first figure to its last."""
    check = records.findings_of

    def interrupted(subject: Subject) -> Any:
        edit(copy, station("a-new", **place(0), name="新站"))
        return check(subject)

    monkeypatch.setattr(records, "findings_of", interrupted)
    assert differing(make_report(copy, ASK), base_report) == frozenset()


# ----------------------------------------------------------------------- one change, what it moves


class Edit(NamedTuple):
    """A change, the sections that it must change, and those that it may change besides."""

    what: Any
    must: frozenset[str]
    may: frozenset[str] = frozenset()


def record(fields: dict[str, Any], must: str = "", may: str = "norms") -> Edit:
    """New values of some fields of the target; every edit of it is told, and is another basis."""
    return Edit(fields, frozenset(f"basis change {must}".split()), frozenset(may.split()))


BY_HOUR = "headline hours bands deserts needs districts groups sensitivity capacity"
EDITS = {
    # Nothing but who keeps it, or how it is spoken of.
    "verified long ago": record({"verified_on": before(700)}, "freshness findings limits"),
    "never verified": record({"verified_on": None}, "freshness findings limits"),
    "verified yesterday": record({"verified_on": before(1)}),
    "another name": record({"name": "改名驿站"}, "capacity", "findings norms"),
    "another manager": record({"manager": "乙", "manager_phone": "13900000000"}),
    "a telephone": record({"phone": "0371-60000000"}),
    "an address": record({"address": "人民路 9 号"}),
    "notes, labels and stars": record({"notes": "x", "labels": ("最美驿站",), "star": 5}),
    "a subdistrict": record({"township": "花园路街道"}, "townships"),
    "a district it does not lie in": record({"district": "中原区"}, "findings aims"),
    # What is in it.
    "room for more": record({"capacity": 500}, "capacity"),
    "room unknown": record({"capacity": None}, "capacity"),
    "what it cost": record({"invested_cny": 500_000.0}, "sites"),
    "area": record({"area_m2": 30.0}),
    "no microwave": record({"facilities": {"microwave": False}}, "needs heat"),
    "a toilet": record({"facilities": {**INSIDE, "toilet": True}}, "needs"),
    "cooled": record({"facilities": {**INSIDE, "air_conditioning": True}}, "needs heat"
    ),
    "by membership": record({"access": (AccessBand("membership"),)}, "needs"),
    # When it is open, and to whom.
    "lunch hours": record({"opening_hours": "Mo-Fr 12:00-13:00"}, BY_HOUR),
    "day and night": record({"opening_hours": "24/7"}, f"{BY_HOUR} map"),
    "hours unknown": record({"opening_hours": None}, f"{BY_HOUR} findings limits"),
    "for drivers only": record({"serves": ("driver",)}, BY_HOUR),
    # Whether it can be used.
    "suspended": record(
        {"status": "suspended"}, f"{BY_HOUR} map aims distances gaps", "sites gap_count norms heat"
    ),
    "run out": record(
        {"valid_to": before(1)},
        f"{BY_HOUR} map aims distances gaps findings",
        "sites gap_count norms heat",
    ),
}  # fmt: skip


def changed(workspace: Workspace, fields: dict[str, Any]) -> CoverageReport:
    """The report with some fields of the target changed."""
    one = workspace.registry.get(TARGET)
    properties = msgspec.structs.replace(one.properties, **fields)
    edit(workspace, msgspec.structs.replace(one, properties=properties))
    return make_report(workspace, ASK)


@pytest.mark.parametrize("name", EDITS)
def test_one_changed_record_moves_only_what_depends_on_it(
    copy: Workspace, base_report: CoverageReport, name: str
) -> None:
    """All other sections are equal to those of before, to the last digit."""
    fields, must, may = EDITS[name]
    found = changed(copy, fields)
    moved = differing(found, base_report)
    assert must <= moved
    assert moved <= must | may
    # Of the basis, only the registry is another.
    basis, was = found.basis, base_report.basis
    assert (basis.version, basis.parameters, basis.revision) == (was.version, was.parameters, 2)
    assert [a.name for a, b in zip(basis.inputs, was.inputs, strict=True) if a != b] == [
        "stations.geojson"
    ]


def test_every_field_of_a_record_is_in_the_table() -> None:
    """Whoever adds a field to a station says here what of a report depends on it."""
    named = {field for fields, _, _ in EDITS.values() for field in fields}
    dated = {
        "status_since",
        "valid_from",
        "opened_on",
        "facilities_verified",
        "revision",
        "updated_at",
    }
    others = {
        "kind", "services", "mobile", "adcode", "source_datum", "source_position", "hours_text",
        "host", "host_kind", "build_mode", "verified_by", "photos", "source",
    }  # fmt: skip
    assert named | dated | others == set(Properties.__struct_fields__)
    assert not named & others


@pytest.mark.parametrize("name", ["lunch hours", "day and night", "hours unknown"])
def test_hours_move_no_figure_of_where_stations_are(
    copy: Workspace, base_report: CoverageReport, name: str
) -> None:
    """Within a section that moves, nominal and effective shares and all places stay."""
    found, was = changed(copy, EDITS[name].what), base_report

    def places(one: CoverageReport) -> list[tuple[float, float, float]]:
        rows: list[Any] = [one.headline, *one.districts, *one.groups, *one.bands]
        return [(row.workers, row.nominal, row.effective) for row in rows]

    assert places(found) == places(was)
    for column in ("active", "nominal", "effective"):
        assert getattr(found.hours, column) == getattr(was.hours, column)
    for one, other in zip(found.sensitivity, was.sensitivity, strict=True):
        assert (one.kind, one.value, one.effective) == (other.kind, other.value, other.effective)
    assert (found.map.bbox, found.map.districts) == (was.map.bbox, was.map.districts)
    assert [(p.lon, p.lat) for p in found.map.stations] == [
        (p.lon, p.lat) for p in was.map.stations
    ]
    moved = {
        name
        for name in found.headline.stations.__struct_fields__
        if getattr(found.headline.stations, name) != getattr(was.headline.stations, name)
    }
    assert moved <= {"all_day", "hours_known"}


def test_another_name_moves_no_number(copy: Workspace, base_report: CoverageReport) -> None:
    """But for the name itself the report is, byte for byte, that of before."""
    found = changed(copy, {"name": "改名驿站"})
    found = msgspec.structs.replace(found, basis=base_report.basis, change=base_report.change)
    text = msgspec.json.encode(found).decode()
    assert "改名驿站" in text
    assert text.replace("改名驿站", "目标驿站") == msgspec.json.encode(base_report).decode()


def test_what_is_done_far_away_in_another_district_changes_the_basis_only(
    copy: Workspace, base_report: CoverageReport
) -> None:
    """Of the report of this district; that of the whole tells it."""
    ask = ReportAsk(day=DAY, sites=5, since=1, heat=heat_of(37), district=QUARTERS[0])
    was = make_report(copy, ask)
    one = copy.registry.get(FAR)
    there = place(11_000, 9000)
    new = Point((there["lon"], there["lat"]))
    for lon, lat in (one.position or (0, 0), new.coordinates):
        assert metres(copy.known_demand(), lon, lat).min() > 2000
    edit(copy, msgspec.structs.replace(one, geometry=new))
    assert differing(make_report(copy, ask), was) == {"basis"}
    assert {"basis", "change", "map"} <= differing(make_report(copy, ASK), base_report)


# ------------------------------------------------------------------------- settings and other files


def set_config(**fields: Any) -> Callable[[Workspace], None]:
    """Other settings of the workspace."""

    def change(workspace: Workspace) -> None:
        found = msgspec.structs.replace(workspace.config, **fields)
        settings.write(workspace.folder / CONFIG_NAME, found)

    return change


def set_norms(workspace: Workspace) -> None:
    """A norm of its own."""
    (workspace.folder / NORMS_NAME).write_text(
        '[[norm]]\ncode = "own"\nzh = "本省"\nen = "Own"\n'
        '[[norm.items]]\ncode = "water"\nzh = "饮水"\nen = "Water"\n'
        'check = { facility = "drinking_water" }\n',
        "utf-8",
    )


def set_excluded(workspace: Workspace) -> None:
    """An area far off in which no station may be."""
    ring = [[110.0, 30.0], [110.1, 30.0], [110.1, 30.1], [110.0, 30.0]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    feature = {"type": "Feature", "properties": {}, "geometry": shape}
    (workspace.folder / EXCLUDED_NAME).write_text(
        json.dumps({"type": "FeatureCollection", "features": [feature]}), "utf-8"
    )


def one_candidate_more(workspace: Workspace) -> None:
    """In the midst of the largest gap, so that it is the best of it."""
    gap = make_report(workspace, ASK).gaps[0]
    more = {"id": "more", "lon": gap.lon, "lat": gap.lat}
    write_candidates(workspace, *city_candidates(), more)


def files(what: Callable[[Workspace], None], must: str, may: str = "") -> Edit:
    """A change of settings or of a file."""
    return Edit(what, frozenset(must.split()), frozenset(may.split()))


FILES = {
    "title": files(set_config(title="别处", title_en="Elsewhere"), "area"),
    "made up": files(set_config(demonstration=True), "demonstration"),
    "language": files(set_config(language="en"), ""),
    "minutes": files(set_config(minutes=20.0), ""),  # of streets; here it is the straight line
    "days until stale": files(set_config(stale_days=100), "basis freshness findings limits"),
    "resting": files(set_config(report=Report(resting=0.2)), "basis capacity"),
    "cost": files(set_config(report=Report(site_cost_cny=1.0)), "basis"),  # the register knows
    "their own count": files(set_config(report=Report(known_stations=900)), "basis aims"),
    "norms": files(set_norms, "basis norms"),
    "excluded far off": files(set_excluded, "basis"),
    "a candidate": files(one_candidate_more, "basis gaps sites"),
    "radius": files(
        set_config(radius_m=900.0),
        "basis reference headline aims map districts groups hours bands deserts needs distances "
        "gaps sites capacity sensitivity heat",
        "change gap_count",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_a_setting_or_a_file_moves_only_what_depends_on_it(
    copy: Workspace, base_report: CoverageReport, name: str
) -> None:
    """And whatever moves a figure is told in the basis."""
    what, must, may = FILES[name]
    what(copy)
    moved = differing(make_report(Workspace(copy.folder), ASK), base_report)
    assert must <= moved
    assert moved <= must | may
    assert "basis" in moved or moved <= {"area", "demonstration"}
