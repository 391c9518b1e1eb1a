"""The sites of a siting: candidates from a file or generated, and the stations that are there."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from geodata import datum as datums
from geodata.errors import InfeasibleError, SitingError
from geodata.siting.candidates import allowed, cells, crossings
from geodata.siting.placed import Points
from stations.demand_column import read_number
from stations.errors import ImportFileError, UnknownDistrictError, WorkspaceError
from stations.excluded import excluded_areas
from stations.filters import USABLE
from stations.importing.layout import understand
from stations.importing.mapping import Mapping
from stations.importing.positions import find_source, positions
from stations.importing.reading import read_any_table
from stations.importing.text import code_text, is_blank, text_of
from stations.siting.suggested import suggested_places
from stations.vocabulary import code_of, fold
from stations.workspace import CANDIDATES_NAME

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from geodata.demand import Demand
    from geodata.districts import Districts
    from geodata.siting.candidates import Candidates
    from stations.siting.ask import CandidateSource, SitingAsk
    from stations.siting.suggested import Suggested
    from stations.workspace import Workspace

_COSTS = frozenset(map(fold, ("cost_cny", "cost", "造价", "费用", "成本", "建设费用", "预算")))
# Kinds that a plan can only be worse for if an area has no candidate at all.
_EVERYWHERE = frozenset({"lscp", "pmedian", "pcenter"})
_MOST = {"pmedian": 4_000, "pcenter": 4_000}
_MOST_OTHERWISE = 20_000


@dataclasses.dataclass(frozen=True, eq=False)
class Sites:
    """Candidates, then existing stations: the columns of a siting problem.

    Attributes
    ----------
    lon, lat
        (m,) degrees WGS84.
    ids, names
        m of each; no name where nobody has given one.
    home
        (m,) district of each as `Districts.locate` gives it; -1 without districts.
    cost, capacity
        (m,) as the file or the register says; NaN where unknown.
    candidates
        How many of them are candidates.
    source, excluded, dropped
        Where the candidates come from; how many were left out because they lie in an excluded area
        or outside the district, and how many because they are not among the best.
    areas
        How many excluded areas are known.
    suggested
        How many of the candidates workers have suggested.
    assumed_capacity
        What an existing station of unknown capacity was taken to have; None where none was.
    """

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    ids: tuple[str, ...]
    names: tuple[str | None, ...]
    home: NDArray[np.intp]
    cost: NDArray[np.float64]
    capacity: NDArray[np.float64]
    candidates: int
    source: CandidateSource | None
    excluded: int = 0
    dropped: int = 0
    areas: int = 0
    suggested: int = 0
    assumed_capacity: float | None = None

    @property
    def existing(self) -> NDArray[np.intp]:
        """Columns of the existing stations."""
        return np.arange(self.candidates, len(self.ids))

    def at(self, columns: NDArray[np.intp]) -> Points:
        """Where some of them are."""
        return Points(self.lon[columns], self.lat[columns])


@dataclasses.dataclass(frozen=True)
class Files:
    """Files to take instead of those of the workspace.

    Attributes
    ----------
    candidates
        Points: any sheet or layer that can be imported, with ``id``, ``name``, ``capacity`` and
        ``cost_cny`` where they are known.
    excluded
        Polygons in which no new station may be.
    datum
        Of the positions in them, where they do not say.
    """

    candidates: Path | None = None
    excluded: Path | None = None
    datum: str | None = None


def gather(
    workspace: Workspace,
    ask: SitingAsk,
    files: Files,
    wanted: Demand,
    radius_m: float,
    *,
    at: dt.datetime | None = None,
) -> Sites:
    """Candidates for an ask, and the usable stations of the workspace.

    Parameters
    ----------
    wanted
        The workers whom a generated candidate must have in reach.
    at
        The moment that decides which stations are within their dates; now by default.

    Raises
    ------
    WorkspaceError, ImportFileError
        If a file is missing or cannot be read.
    SitingError
        If a cost or capacity that is needed is not known.
    """
    districts = workspace.districts
    only = None if ask.district is None else within(districts, ask.district)
    places = workspace.registry.located_index(USABLE, at)[1]
    stations = [workspace.registry.stations[i] for i in places]
    lon, lat = workspace.registry.positions(places)
    there = Sites(
        lon,
        lat,
        tuple(s.id for s in stations),
        tuple(s.name for s in stations),
        np.empty(0, np.intp),
        np.zeros(len(stations)),
        np.array([_known(s.properties.capacity) for s in stations], np.float64),
        0,
        None,
    )
    sites = there
    if ask.problem != "redundancy":
        source = candidate_source(workspace, ask, files)
        excluded = excluded_areas(workspace, files.excluded, files.datum)
        if source == "file":
            offered = _from_file(
                files.candidates or workspace.folder / CANDIDATES_NAME, files.datum
            )
            passes = allowed(
                offered.lon, offered.lat, districts=only or districts, excluded=excluded
            )
            offered = _at(offered, passes)
        else:
            found = _generated(
                workspace,
                source,
                wanted,
                radius_m=radius_m,
                most=_MOST.get(ask.problem, _MOST_OTHERWISE),
                even=ask.problem in _EVERYWHERE,
                districts=only or districts,
                excluded=excluded,
            )
            count = len(found.lon)
            offered = Sites(
                found.lon,
                found.lat,
                tuple(f"{source}-{number}" for number in range(1, count + 1)),
                (None,) * count,
                np.empty(0, np.intp),
                np.full(count, np.nan),
                np.full(count, np.nan),
                count,
                source,
                found.excluded,
                found.dropped,
            )
        if ask.budget is None and ask.problem != "capacitated":
            # Of a suggestion nobody knows what it costs or holds.
            offered = _with_suggestions(
                offered,
                suggested_places(workspace, districts=only or districts, excluded=excluded),
            )
        sites = dataclasses.replace(_joined(offered, there), areas=len(excluded))
    if districts is None:
        home = np.full(len(sites.ids), -1, np.intp)
    else:
        home = districts.locate(sites.lon, sites.lat)
    return dataclasses.replace(_complete(sites, ask), home=home)


def within(districts: Districts | None, word: str) -> Districts:
    """Return the district of this adcode or name alone.

    Raises
    ------
    WorkspaceError
        If there are no districts, or none like that.
    """
    if districts is None:
        message = (
            "a district is named, but the workspace has no district polygons: make it with "
            "`yizhan init --adcode N` or `--districts FILE`"
        )
        raise WorkspaceError(message)
    index = districts.find(word)
    if index is None:
        known = ", ".join(
            f"{adcode} {name}"
            for adcode, name in zip(districts.adcodes, districts.names, strict=True)
        )
        raise UnknownDistrictError(
            f"there is no district {word[:40]!r} here: use one of {known[:400]}",
            f"这里没有区县“{word[:40]}”：可用 {known[:400]}",
        )
    return districts.only(index)


def candidate_source(workspace: Workspace, ask: SitingAsk, files: Files) -> CandidateSource | None:
    """Where the candidates of an ask come from."""
    if ask.problem == "redundancy":
        return None
    if files.candidates is not None:
        return "file"
    if ask.candidates is not None:
        return ask.candidates
    return "file" if (workspace.folder / CANDIDATES_NAME).exists() else "hexagons"


def _generated(
    workspace: Workspace,
    source: CandidateSource | None,
    wanted: Demand,
    *,
    even: bool,
    **area: Any,  # noqa: ANN401  what both generators take
) -> Candidates:
    if source in {"hexagons", "squares"}:
        return cells(wanted, shape=source, even=even, **area)
    network = workspace.network("walk")
    if network is None:
        message = (
            "the workspace has no street network: make one with `yizhan network`, or take "
            "hexagons, squares or a file of candidates"
        )
        raise WorkspaceError(message)
    return crossings(network, wanted, **area)


def _from_file(path: Path, datum: str | None) -> Sites:
    if not path.exists():
        message = (
            f"there is no file of candidates {path}: give one with --candidates FILE, or let them "
            "be generated (hexagons, squares, streets)"
        )
        raise WorkspaceError(message)
    table = read_any_table(path)
    source, _ = find_source(
        table, understand(table, Mapping()), datums.normalise(datum) if datum else None
    )
    if source.kind == "none":
        message = f"{path.name} has no positions: candidates need a longitude and a latitude"
        raise ImportFileError(message)
    points = []
    for row, position in zip(table.rows, positions(table, source), strict=True):
        if not isinstance(position, tuple):
            why = "no position" if position is None else position.message
            message = f"{path.name}, row {row.number}: {why}: give it one or take the row out"
            raise ImportFileError(message)
        points.append(position)
    by_field = {
        "cost" if fold(name) in _COSTS else code_of("field", name): place
        for place, name in reversed(list(enumerate(table.columns)))
    }

    def column(field: str) -> list[object]:
        place = by_field.get(field)
        return [None if place is None else row.cells[place] for row in table.rows]

    lon, lat = np.array(points, np.float64).reshape(-1, 2).T
    numbers = [row.number for row in table.rows]
    ids = tuple(
        f"row-{number}" if is_blank(cell) else code_text(cell)
        for number, cell in zip(numbers, column("id"), strict=True)
    )
    (often, times), *_ = Counter(ids).most_common(1) or [("", 0)]
    if times > 1:
        message = f"{path.name}: the id {often!r} comes {times} times: each candidate needs its own"
        raise ImportFileError(message)
    return Sites(
        lon.copy(),
        lat.copy(),
        ids,
        tuple(None if is_blank(cell) else text_of(cell) for cell in column("name")),
        np.empty(0, np.intp),
        _figures(path.name, "cost", numbers, column("cost")),
        _figures(path.name, "capacity", numbers, column("capacity")),
        len(points),
        "file",
    )


def _figures(
    name: str, field: str, numbers: list[int], column: Sequence[object]
) -> NDArray[np.float64]:
    """Numbers of a column, NaN where a cell is blank."""
    found = []
    for row, cell in zip(numbers, column, strict=True):
        number = None if is_blank(cell) else read_number(cell)
        if not is_blank(cell) and (number is None or number < 0):
            message = f"{name}, row {row}: the {field} is {str(cell)[:40]!r}, not a number from 0"
            raise ImportFileError(message)
        found.append(_known(number))
    return np.array(found, np.float64)


def _at(sites: Sites, passes: NDArray[np.bool_]) -> Sites:
    kept = np.flatnonzero(passes).tolist()
    return dataclasses.replace(
        sites,
        lon=sites.lon[kept],
        lat=sites.lat[kept],
        ids=tuple(sites.ids[i] for i in kept),
        names=tuple(sites.names[i] for i in kept),
        cost=sites.cost[kept],
        capacity=sites.capacity[kept],
        candidates=len(kept),
        excluded=len(passes) - len(kept),
    )


def _with_suggestions(offered: Sites, found: Suggested) -> Sites:
    count = len(found.ids)
    unknown = np.full(count, np.nan)
    more = dataclasses.replace(
        offered,
        lon=found.lon,
        lat=found.lat,
        ids=found.ids,
        names=found.names,
        cost=unknown,
        capacity=unknown,
    )
    return dataclasses.replace(
        _joined(offered, more),
        candidates=offered.candidates + count,
        excluded=offered.excluded + found.excluded,
        suggested=count,
    )


def _joined(offered: Sites, there: Sites) -> Sites:
    return dataclasses.replace(
        offered,
        lon=np.concatenate([offered.lon, there.lon]),
        lat=np.concatenate([offered.lat, there.lat]),
        ids=offered.ids + there.ids,
        names=offered.names + there.names,
        cost=np.concatenate([offered.cost, there.cost]),
        capacity=np.concatenate([offered.capacity, there.capacity]),
    )


def _complete(sites: Sites, ask: SitingAsk) -> Sites:
    """Refuse what is not known and needed; take a middling capacity for stations without one."""
    if sites.source is not None and not sites.candidates:
        raise InfeasibleError(
            f"no candidate is left: {sites.excluded} lie in excluded areas or outside the "
            "district, and others would reach no worker who has no station yet",
            f"没有可用的候选点：{sites.excluded} 个落在禁建区或区外，"
            "其余的服务不到尚未覆盖的劳动者",
        )
    own = np.arange(len(sites.ids)) < sites.candidates
    for asked, field, chinese, column, values in (
        (ask.budget is not None, "cost", "造价", "cost_cny", sites.cost),
        (ask.problem == "capacitated", "capacity", "容纳人数", "capacity", sites.capacity),
    ):
        missing = np.flatnonzero(np.isnan(values) & own)
        if asked and len(missing):
            name = sites.ids[int(missing[0])]
            raise SitingError(
                f"the {field} of candidate {name} is not known: give a file of candidates with a "
                f"column {column}",
                f"候选点 {name} 的{chinese}未知：请提供含 {column} 列的候选点文件",
            )
    unknown = np.isnan(sites.capacity) & ~own
    if ask.problem != "capacitated" or not unknown.any():
        return sites
    middle = float(np.median(sites.capacity[~np.isnan(sites.capacity)]))
    return dataclasses.replace(
        sites, capacity=np.where(unknown, middle, sites.capacity), assumed_capacity=middle
    )


def _known(number: float | None) -> float:
    return np.nan if number is None else float(number)
