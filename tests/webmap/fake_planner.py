"""A planner that solves nothing and does as it is told. Run as a script."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geodata.errors import InfeasibleError
from geodata.siting.search import Progress
from webmap import planner
from webmap.jobs import Jobs

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from webmap.jobs import Job

COMMAND = (sys.executable, str(Path(__file__).resolve()))
LOG_NAME, WHAT_NAME = "fake.log", "what"
DOCUMENT: dict[str, Any] = {
    "id": "20200101-000000-000000",
    "created": "2026-11-20T22:40:00+08:00",
    "revision": 1,
    "ask": {"new": 2},
    "problem": "mclp",
    "status": "optimal",
    "objective": 600.0,
    "bound": 600.0,
    "gap": 0.0,
    "seconds": 0.5,
    "seed": 1,
    "inputs": "0" * 64,
    "radius_m": 1000.0,
    "method": "straight_line",
    "minutes": None,
    "total": 1000.0,
    "covered_before": 100.0,
    "covered": 600.0,
    "share_before": 0.1,
    "share": 0.6,
    "by_group": [],
    "by_district": [],
    "sites": [
        {
            "rank": rank,
            "id": f"c-{rank}",
            "lon": 113.62 + rank / 100,
            "lat": 34.81,
            "name": name,
            "gain": gain,
            "exclusive": gain,
            "cumulative": cumulative,
            "cumulative_share": cumulative / 1000,
            "adcode": "410108",
            "district": "西区",
            "cost": 12_000.0,
        }
        for rank, name, gain, cumulative in ((1, "文化宫", 400.0, 500.0), (2, None, 100.0, 600.0))
    ],
    "closed": [],
    "unreachable": {"workers": 0.0, "points": 0},
    "overload": 0.0,
    "candidates": {"source": "hexagons", "considered": 10, "excluded": 0},
    "curve": [
        {"new": n, "objective": 1000 * share, "bound": 1000 * b, "share": share, "share_bound": b}
        for n, share, b in ((0, 0.1, 0.1), (1, 0.5, 0.55), (2, 0.6, 0.6))
    ],
}
FEATURES: dict[str, Any] = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [site["lon"], site["lat"]]},
            "properties": {"kind": "site", **site},
        }
        for site in DOCUMENT["sites"]
    ]
    + [
        {
            "type": "Feature",
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[x, 34.8], [x + 0.01, 34.8], [x + 0.01, 34.81], [x, 34.8]]],
            },
            "properties": {"kind": kind, "workers": 10.0},
        }
        for x, kind in ((113.62, "newly_covered"), (113.64, "uncovered"))
    ],
}
CLOSED: dict[str, Any] = {"id": "t-001", "name": "大河路驿站", "lon": 113.63, "lat": 34.81}
CLOSING: dict[str, Any] = {
    "problem": "redundancy",
    "objective": 1.0,
    "bound": 1.0,
    "covered": 100.0,
    "share": 0.1,
    "sites": [],
    "closed": [CLOSED],
    "curve": [],
}
"""Where a plan of what could close differs."""
FAULTS: dict[str, Exception] = {
    "fail": InfeasibleError("two quotas clash", "两个名额冲突"),
    "break": RuntimeError("the secret inside"),
    "large": MemoryError(),
}


class FakePlan:
    """Figures that nobody has computed."""

    def __init__(self, status: str, ask: dict[str, Any]) -> None:
        self.status = status
        self.ask = ask
        self.closes = ask.get("problem") == "redundancy"

    def to_dict(self) -> dict[str, Any]:
        """As a real plan would."""
        other = CLOSING if self.closes else {}
        return {**DOCUMENT, **other, "ask": self.ask, "status": self.status}

    def features(self) -> dict[str, Any]:
        """As a real plan would."""
        if not self.closes:
            return FEATURES
        place = {"type": "Point", "coordinates": [CLOSED["lon"], CLOSED["lat"]]}
        properties = {"kind": "closed", "id": CLOSED["id"], "name": CLOSED["name"]}
        closed = {"type": "Feature", "geometry": place, "properties": properties}
        return {"type": "FeatureCollection", "features": [closed]}


def propose(
    folder: Path, job: Job, stop: threading.Event, progress: Callable[[Progress], None]
) -> FakePlan:
    """Do what the group of the ask says, or the file for an ask that comes from a form."""
    default = folder / WHAT_NAME
    (what,) = job.ask.get("groups") or [default.read_text() if default.exists() else "plan"]
    with (folder / LOG_NAME).open("a") as log:
        log.write(f"begin {job.id} {os.getpid()}\n")
    progress(Progress(0.1, 500.0, float("inf"), float("inf")))
    if what == "hold":
        stop.wait()
    elif what == "open":
        while not stop.wait(0.02) and not (folder / "go").exists():
            pass
    elif what == "deaf":
        while True:
            stop.wait()
    elif what in FAULTS:
        raise FAULTS[what]
    elif what == "die":
        os._exit(9)
    elif what == "environment":
        (folder / "environment").write_text(json.dumps(dict(os.environ)))
    with (folder / LOG_NAME).open("a") as log:
        log.write(f"end {job.id} {os.getpid()}\n")
    return FakePlan("interrupted" if stop.is_set() else "optimal", job.ask)


if __name__ == "__main__":
    planner.GRACE_S = 0.3
    planner.work(Jobs(Path(sys.argv[1])), Path(sys.argv[1]), int(sys.argv[3]), propose)  # type: ignore[arg-type]
