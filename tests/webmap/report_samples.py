"""Coverage reports of every kind of workspace and question, by name."""

from __future__ import annotations

import datetime as dt
import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from geodata.demand import RESIDENT, Demand
from stations.config import Config
from stations.demand_file import Source
from stations.report import ask_for, make_report, read_quarter
from stations.report.heat import HeatDay, heat_of
from stations.street_input import make_networks
from stations.workspace import Workspace
from tests.stations.report import worlds
from tests.stations.samples import station
from tests.webmap import hostile, town

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stations.report import CoverageReport

DAY = worlds.DAY
EDITED = dt.date(2026, 10, 9)
"""In the last quarter of the year, of which `DAY` is a part."""


def report(workspace: Workspace, **ask: Any) -> CoverageReport:
    """The report of `DAY`, or as asked; without new stations unless asked for."""
    day = None if "quarter" in ask else DAY
    quarter = read_quarter(ask.pop("quarter")) if "quarter" in ask else None
    asked = ask_for(**{"today": DAY, "day": day, "quarter": quarter, "sites": 0, **ask})
    return make_report(workspace, asked)


def edited_town(folder: Path, **config: Any) -> Workspace:
    """The town with a station that came in October and one that went."""
    made = worlds.make_town(folder, **config)
    new = station("w-new", **worlds.place(-13_000), name="新来的驿站", opening_hours="24/7")
    worlds.edit(made, new, remove=("e-24",), when=EDITED)
    return made


def residents(folder: Path) -> Workspace:
    """The city of which only the residents are known, and where it ends."""
    demand = worlds.city_demand()
    lived = Demand(demand.lon, demand.lat, demand.weights[:, :1], (RESIDENT,))
    return worlds.make(
        folder,
        *worlds.city_records(),
        demand=lived,
        areas=worlds.quarters(),
        config=Config(title="居民城", title_en="Resident City"),
    )


def always(folder: Path) -> Workspace:
    """The town of the other tests, where nobody knows when people are at work."""
    with worlds.clock(worlds.MADE):
        return town.make_town(folder)


def on_streets(folder: Path) -> Workspace:
    """The same with street networks."""
    made = always(folder)
    make_networks(made, town.write_streets(folder / "lines.geojson"))
    return made


def without_districts(folder: Path) -> Workspace:
    """The town without a border."""
    return worlds.make(folder, *worlds.TOWN, demand=worlds.town_demand())


def without_stations(folder: Path) -> Workspace:
    """Workers and districts, and no station yet."""
    made = Workspace.create(folder, config=Config(), districts=worlds.english())
    made.set_demand(worlds.town_demand(), [])
    return made


def all_covered(folder: Path) -> Workspace:
    """Workers who all stand beside a station that is always open."""
    here = station("here", **worlds.place(-5000), name="就在这里", opening_hours="24/7")
    demand = worlds.workers_at((-5000.0, 40.0))
    return worlds.make(folder, here, demand=demand, areas=worlds.english())


def empty_east(folder: Path) -> Workspace:
    """Workers in the western district only."""
    return worlds.make(
        folder, *worlds.TOWN, demand=worlds.workers_at((-5000.0, 40.0)), areas=worlds.english()
    )


def hostile_town(folder: Path) -> Workspace:
    """The town whose every text is hostile, with its demand from a file with a hostile name."""
    with worlds.clock(worlds.MADE):
        made = hostile.make(folder).workspace
    demand = made.demand
    assert demand is not None
    sources = [
        Source(f"{poison}§file{n:02}§.csv", "courier", "points", 1.0)
        for n, poison in enumerate(hostile.POISONS.values())
    ]
    made.set_demand(demand, sources)
    return made


SAMPLES: dict[str, Callable[[Path], CoverageReport]] = {
    "day": lambda folder: report(worlds.make_town(folder, demonstration=True)),
    "quarter": lambda folder: report(edited_town(folder), quarter="2026Q4"),
    "quarter that is over": lambda folder: report(edited_town(folder), quarter="2026Q2"),
    "before the first record": lambda folder: report(edited_town(folder), quarter="2026Q1"),
    "since a revision": lambda folder: report(edited_town(folder), since=1),
    "city": lambda folder: report(worlds.make_city(folder), sites=5, heat=heat_of(37)),
    "one district": lambda folder: report(
        worlds.make_city(folder), district="金水区", sites=2, heat=heat_of(40)
    ),
    "measured heat": lambda folder: report(
        worlds.make_town(folder),
        heat=HeatDay(38.5, (3, 13, 14, 15, 19), dt.date(2026, 7, 20), measured=True),
    ),
    "residents": lambda folder: report(residents(folder), sites=2, heat=heat_of(35)),
    "unknown hours": lambda folder: report(always(folder), sites=2, heat=heat_of(35)),
    "on foot": lambda folder: report(on_streets(folder), mode="walk", minutes=20, sites=2),
    "by bicycle": lambda folder: report(on_streets(folder), mode="ebike"),
    "no districts": lambda folder: report(without_districts(folder), sites=1),
    "no stations": lambda folder: report(without_stations(folder), sites=1, heat=heat_of(37)),
    "everybody covered": lambda folder: report(all_covered(folder), sites=5),
    "nobody": lambda folder: report(empty_east(folder), district="中牟县", sites=5, since=1),
    "hostile": lambda folder: report(hostile_town(folder), sites=1, since=0, heat=heat_of(37)),
}


class Reports:
    """Reports by name, each made once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[str, CoverageReport] = {}

    def __call__(self, name: str) -> CoverageReport:
        """Return the report of a sample."""
        if name not in self._made:
            self._made[name] = SAMPLES[name](self._folder / name.replace(" ", "-"))
        return self._made[name]


@functools.cache
def reports_in(folder: Path) -> Reports:
    """Return the reports that the tests of a run share."""
    (folder / "reports").mkdir()
    return Reports(folder / "reports")


def luminance(colour: str) -> float:
    """Relative luminance of ``#rgb`` or ``#rrggbb``, by WCAG 2."""
    digits = colour.removeprefix("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    parts = np.array([int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ np.array([0.2126, 0.7152, 0.0722]))


def contrast(one: str, other: str) -> float:
    """Contrast of two colours, by WCAG 2."""
    dark, light = sorted(map(luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)
