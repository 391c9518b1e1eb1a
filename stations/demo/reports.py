"""What made-up workers have reported and suggested, so that the ledger has something to show."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, NamedTuple

from stations.hours import BEIJING
from stations.ledger import new_report, new_suggestion

if TYPE_CHECKING:
    from stations.ledger import Entry
    from stations.vocabulary import Facility, Problem
    from stations.workspace import Workspace


class Told(NamedTuple):
    """A report: of which station, from which of some invented addresses, how long ago."""

    station: str
    problem: Problem
    hours_ago: float
    address: str
    text: str | None = None
    facilities: tuple[Facility, ...] = ()


class Wanted(NamedTuple):
    """A suggestion, as hundredths of a degree from the station it is near."""

    near: str
    east: float
    south: float
    text: str
    facilities: tuple[Facility, ...]


TOLD = (
    Told("渡头街骑手之家", "broken", 3, "192.0.2.1", "饮水机不出热水", ("drinking_water",)),
    Told("渡头街骑手之家", "broken", 5, "192.0.2.2", None, ("drinking_water",)),
    Told("渡头街骑手之家", "broken", 20, "192.0.2.3", "热水还是没有", ("drinking_water",)),
    Told("云渡大道24小时驿站", "locked", 7, "192.0.2.4", "刷卡没反应，门也没人开"),
    Told("云渡大道24小时驿站", "locked", 9, "192.0.2.5"),
    Told("人民广场爱心驿站", "supplies", 30, "192.0.2.6", "药箱空了", ("first_aid",)),
    Told("柳湾邮政驿站", "hours", 60, "192.0.2.7", "中午其实不开"),
)
WANTED = (
    Wanted("新禾社区驿站", 1.2, 0.9, "等单都在这个路口，没地方坐", ("seating", "drinking_water")),
    Wanted("驼铃物流园司机之家", 0.5, 0.3, "园区门口要排队两小时", ("toilet", "parking")),
)
_ANSWERED = "人民广场爱心驿站"


def file_reports(workspace: Workspace) -> None:
    """File them; one has been answered.

    Raises
    ------
    LedgerFileError, StoreBusyError, StoreWriteError
        If the ledger cannot be written.
    """
    ledger, now = workspace.ledger, dt.datetime.now(BEIJING)
    stations = {station.name: station for station in workspace.registry.stations}

    def file(entry: Entry, address: str) -> Entry:
        return ledger.file(entry, source=ledger.pseudonym(address)).entry

    for one in TOLD:
        entry = new_report(
            stations[one.station],
            one.problem,
            facilities=one.facilities,
            text=one.text,
            at=now - dt.timedelta(hours=one.hours_ago),
        )
        filed = file(entry, one.address)
        if one.station == _ANSWERED:
            ledger.answer(filed.id, who="demo", text="今天已补齐。", state="done")
    for number, place in enumerate(WANTED):
        position = stations[place.near].position
        if position is not None:
            lon, lat = position[0] + place.east / 100, position[1] - place.south / 100
            entry = new_suggestion(lon, lat, facilities=place.facilities, text=place.text)
            file(entry, f"192.0.2.{100 + number}")
