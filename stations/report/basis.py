"""What every figure of a report can be traced to, and what the figures do not say."""

from __future__ import annotations

import hashlib
from importlib import metadata
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geodata.demand import ALL, RESIDENT
from stations import demand_file
from stations.coverage import METHODS
from stations.ledger.file import LEDGER_NAME
from stations.norms import NORMS_NAME
from stations.report.figures import Basis, Input, Reference
from stations.report.subject import people
from stations.store.geojson import pieces
from stations.store.protocol import Snapshot
from stations.workspace import (
    CANDIDATES_NAME,
    DISTRICTS_NAME,
    EXCLUDED_NAME,
    network_name,
)

if TYPE_CHECKING:
    from pathlib import Path

    from stations.quality import Finding
    from stations.report.figures import Headline
    from stations.report.subject import Subject

_CHUNK: Final = 1 << 20


def basis(subject: Subject) -> Basis:
    """Return version, revision, inputs and parameters."""
    registry = subject.registry
    return Basis(
        version=metadata.version("yizhan"),
        revision=registry.revision,
        updated_at=registry.updated_at,
        inputs=tuple(_inputs(subject)),
        parameters=_parameters(subject),
    )


def _inputs(subject: Subject) -> list[Input]:
    """The registry as it was, and every file that figures come from."""
    registry, folder = subject.registry, subject.workspace.folder
    whole = Snapshot(
        registry.revision, registry.updated_at, list(registry.stations), registry.retired_ids
    )
    found = [Input("stations.geojson", _sha256(pieces(whole)))]
    names = (
        demand_file.CSV_NAME,
        demand_file.META_NAME,
        DISTRICTS_NAME,
        network_name(subject.reach.mode),
        CANDIDATES_NAME,
        EXCLUDED_NAME,
        # Places that workers have suggested are candidates too.
        LEDGER_NAME,
        NORMS_NAME,
    )
    found += [
        Input(name, _sha256(_read(folder / name))) for name in names if (folder / name).is_file()
    ]
    return found


def _read(path: Path) -> Any:  # noqa: ANN401  an iterator of bytes
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            yield piece


def _sha256(data: Any) -> str:  # noqa: ANN401  as above
    found = hashlib.sha256()
    for piece in data:
        found.update(piece)
    return found.hexdigest()


def _parameters(subject: Subject) -> dict[str, Any]:
    ask, config = subject.ask, subject.workspace.config
    heat = ask.heat
    return {
        "day": ask.day.isoformat(),
        "quarter": None if ask.quarter is None else str(ask.quarter),
        "since": ask.since,
        "district": None
        if subject.index is None or subject.districts is None
        else subject.districts.adcodes[0],
        "method": METHODS[subject.reach.mode],
        "radius_m": round(subject.reach.circle_m, 3),
        "minutes": subject.reach.minutes,
        "sites": ask.sites,
        "heat": None
        if heat is None
        else {
            "max_c": heat.max_c,
            "hours": list(heat.hours),
            "day": (heat.day or ask.day).isoformat(),
            "measured": heat.measured,
        },
        "stale_days": config.stale_days,
        "resting": config.report.resting,
        "site_cost_cny": config.report.site_cost_cny,
        "known_stations": config.report.known_stations,
    }


def reference(subject: Subject) -> Reference:
    """Return whom the figures are of, and what counts as within reach."""
    demand, reach = subject.demand, subject.reach
    sources = dict.fromkeys(source.file for source in subject.workspace.demand_sources)
    return Reference(
        method=METHODS[reach.mode],
        radius_m=round(reach.circle_m, 3),
        minutes=reach.minutes,
        residents=demand.groups == (RESIDENT,),
        groups=demand.groups,
        workers=people(demand.total),
        hours_known=hours_known(subject),
        holidays_known=demand.holiday is not None,
        sources=tuple(sources),
    )


def hours_known(subject: Subject) -> bool:
    """Whether it is known of any group when it is at work: shares differ from hour to hour."""
    profile = subject.demand.profile
    return profile is not None and bool(np.ptp(profile, axis=1).any())


def limits(
    subject: Subject, headline: Headline, findings: list[Finding]
) -> tuple[tuple[str, float], ...]:
    """Return what the figures do not say: codes, each with the number that belongs to it."""
    demand, counts = subject.demand, headline.stations
    unknown_hours = counts.usable - counts.hours_known
    stale = sum(one.code in {"stale", "never_verified"} for one in findings)
    found = {
        "residents": float(demand.groups == (RESIDENT,)),
        "one_group": float(demand.groups == (ALL,)),
        "hours_unknown": float(not hours_known(subject)),
        "holidays_unknown": float(hours_known(subject) and demand.holiday is None),
        "spread": float(demand.spacing_m or 0),
        "straight_line": float(subject.reach.network is None),
        "station_hours": float(unknown_hours),
        "stale": float(stale),
        "position_unknown": float(counts.position_unknown),
        "demand_now": float(subject.ask.quarter is not None or subject.ask.since is not None),
    }
    return tuple((code, value) for code, value in found.items() if value)
