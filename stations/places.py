"""A place from the words a person types, out of what the workspace itself knows: no geocoder.

Every name is folded and joined with the others to one long text, which is searched as a whole: that
takes a few milliseconds for 200,000 stations, and an index of some tenths of a second to be made.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import re
import unicodedata
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, get_args
from weakref import WeakKeyDictionary

import numpy as np
import shapely
from rapidfuzz import fuzz, process

from stations.errors import ImportFileError, StationsError
from stations.filters import StationFilter
from stations.vocabulary import fold
from stations.workspace import STREETS_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from geodata.districts import Districts
    from stations.registry import Registry
    from stations.workspace import Workspace

Kind = Literal["position", "district", "township", "place", "street", "station"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""What a place can be, the widest first."""
LONGEST_TEXT = 200
"""Characters; nobody types more to say where he is."""
_NUMBER = r"([+-]?\d{1,3}(?:\.\d{1,15})?)\s*°?"
_POSITION = re.compile(rf"[(\[]?\s*{_NUMBER}\s*[,、;\s]\s*{_NUMBER}\s*[)\]]?", re.ASCII)
_CHINA = ((73.0, 136.0), (3.0, 54.0))
"""Its longitudes and its latitudes: no figure is both."""
_TOWNSHIP = re.compile(r"..(街道|镇|乡|苏木)$")
_ROADS = frozenset({
    "motorway", "trunk", "primary", "secondary", "tertiary", "unclassified", "residential",
    "living_street", "service", "pedestrian", "footway", "cycleway", "path", "street", "road",
})  # fmt: skip
"""How the features of a base map that are streets may be called."""
_HOUSE = re.compile(r"\d+(号|弄|院|栋|楼).*")
_THERE = StationFilter(statuses=frozenset({"open", "suspended"}), expired=True)
_END = "\0"
_LONGEST_NAME = 40
"""Characters of what is compared with every name there is."""
_MOST_ROWS = 200
"""How many are looked at in each of the ways in which a name can fit."""
_RESEMBLES, _RESEMBLES_CLOSELY = 60.0, 80.0
"""From which share of equal characters on, in percent, a name counts as mistyped."""


class Place(NamedTuple):
    """Somewhere with a name, in degrees WGS84; ``detail`` tells it from others of the name."""

    name: str
    detail: str
    kind: Kind
    lon: float
    lat: float


_Ranked = tuple[tuple[float, ...], Place]


def find_places(
    workspace: Workspace, text: str, *, limit: int = 8, lang: str = "zh"
) -> list[Place]:
    """Return the places that a text may mean, the likeliest first; none where nothing fits.

    A text is a position, which is longitude and latitude in degrees WGS84, or the other way about
    where only that lies in China; or a piece of the name of a district, street or place of the
    workspace's layers or of a station, or of a station's address, district or host. A name that is
    the text comes before those that begin with it, then those that hold it, then the addresses,
    then what the text mentions. What only resembles the text comes where nothing holds it.

    Parameters
    ----------
    text
        At most `LONGEST_TEXT` characters; a longer one means no place.
    lang
        Of the names of districts and streets: ``zh``, or ``en`` where they have one.
    """
    if len(text) > LONGEST_TEXT:
        return []
    position = _position(text)
    if position is not None:
        return [_at(*position, _districts(workspace), lang)]
    wanted = fold(text).replace(_END, "")
    if not wanted:
        return []
    drawn = _drawn(_layers(workspace), _districts(workspace))
    stations = _stations(workspace.registry)
    # Of a house that nobody knows, at least the street.
    for piece in filter(None, dict.fromkeys((wanted, _HOUSE.sub("", wanted)))):
        found = [*_holding(drawn, piece, lang), *_holding(stations, piece, lang)]
        if found:
            break
    mentioned = list(_mentioned(drawn, wanted, lang))
    if not found:
        least = _RESEMBLES_CLOSELY if mentioned else _RESEMBLES
        for source in (drawn, stations):
            found += _resembling(source, wanted, least, limit, lang)
    ranked = sorted([*found, *mentioned], key=lambda one: one[0])
    return list(itertools.islice(dict.fromkeys(place for _, place in ranked), limit))


def _districts(workspace: Workspace) -> Districts | None:
    """The districts; where they cannot be read, they name nothing, and the rest goes on."""
    try:
        return workspace.districts
    except StationsError:
        return None


def _position(text: str) -> tuple[float, float] | None:
    """Longitude and latitude of a text that is two figures; None for any other."""
    match = _POSITION.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if match is None:
        return None
    x, y = float(match[1]), float(match[2])
    if not _in_china(x, y) and _in_china(y, x):
        x, y = y, x
    return (x, y) if abs(x) <= 180 and abs(y) <= 90 else None


def _in_china(lon: float, lat: float) -> bool:
    (west, east), (south, north) = _CHINA
    return west <= lon <= east and south <= lat <= north


def _at(lon: float, lat: float, districts: Districts | None, lang: str) -> Place:
    index = -1 if districts is None else int(districts.locate(lon, lat)[0])
    detail = "" if districts is None or index < 0 else districts.name(index, lang)
    return Place(f"{round(lon, 6)}, {round(lat, 6)}", detail, "position", lon, lat)


class _Texts:
    """One text a row, folded and joined, so that a search reads them all as one."""

    def __init__(self, texts: Iterable[str]) -> None:
        rows = [text.replace(_END, " ") for text in texts]
        self._joined = fold(_END.join(["", *rows, ""]))
        characters = np.frombuffer(self._joined.encode("utf-32-le", "surrogatepass"), np.uint32)
        self._ends = np.flatnonzero(characters == 0)

    @functools.cached_property
    def rows(self) -> list[str]:
        """The texts, folded."""
        return self._joined[1:-1].split(_END)

    def holding(self, piece: str) -> Iterator[tuple[int, int]]:
        """Yield row and length of the first texts that hold a piece, each once."""
        at = self._joined.find(piece)
        for _ in range(_MOST_ROWS):
            if at < 0:
                return
            row = int(self._ends.searchsorted(at, "right")) - 1
            start, end = self._ends[row : row + 2].tolist()
            yield row, end - start
            at = self._joined.find(piece, end)


class _Source(Protocol):
    """Places with their names and what else is said of them."""

    names: _Texts
    words: _Texts

    def place(self, row: int, lang: str) -> Place:
        """Return the place that a row speaks of."""


def _holding(source: _Source, wanted: str, lang: str) -> Iterator[_Ranked]:
    """Yield what holds the text, by how it does, by kind, the shortest first."""
    ways = (
        (source.names, _END + wanted + _END),
        (source.names, _END + wanted),
        (source.names, wanted),
        (source.words, wanted),
    )
    for way, (texts, piece) in enumerate(ways):
        for row, length in texts.holding(piece):
            place = source.place(row, lang)
            yield (way, KINDS.index(place.kind), length), place


def _mentioned(source: _Source, wanted: str, lang: str) -> Iterator[_Ranked]:
    """Yield what the text names among other things: 金水区人民路12号, the closest first."""
    for row, name in enumerate(source.names.rows):
        if len(name) > 1 and name in wanted:
            place = source.place(row, lang)
            there = place.detail != "" and fold(place.detail) in wanted
            yield (9, not there, -KINDS.index(place.kind), -len(name)), place


def _resembling(
    source: _Source, wanted: str, least: float, limit: int, lang: str
) -> Iterator[_Ranked]:
    """Yield the names from which the text differs by a few characters."""
    if len(wanted) > _LONGEST_NAME:
        return
    names = source.names.rows
    best = process.extract(wanted, names, scorer=fuzz.ratio, score_cutoff=least, limit=limit)
    for _, score, row in best:
        yield (0, -score), source.place(row, lang)


class _Stations:
    """The stations that are there and have a position."""

    def __init__(self, registry: Registry) -> None:
        chosen = (registry.stations[i] for i in registry.select(_THERE).tolist())
        self._stations = [station for station in chosen if station.geometry is not None]
        self.names = _Texts(station.name for station in self._stations)
        self.words = _Texts(
            f"{p.district or ''}{p.township or ''}\1{p.address or ''}\1{p.host or ''}"
            for p in (station.properties for station in self._stations)
        )

    def place(self, row: int, lang: str) -> Place:  # noqa: ARG002  a station has one name
        """Return the place of a station."""
        station = self._stations[row]
        p = station.properties
        detail = p.address or f"{p.district or ''}{p.township or ''}" or p.host or ""
        return Place(station.name, detail, "station", *(station.position or ()))


_BY_REGISTRY: WeakKeyDictionary[Registry, _Stations] = WeakKeyDictionary()


def _stations(registry: Registry) -> _Stations:
    found = _BY_REGISTRY.get(registry)
    if found is None:
        found = _BY_REGISTRY[registry] = _Stations(registry)
    return found


class _Named(NamedTuple):
    """A place of the maps: its kind, both its names, both its details, its position."""

    kind: Kind
    name: tuple[str, str]
    detail: tuple[str, str]
    lon: float
    lat: float


class _Drawn:
    """What the maps of the workspace name: districts, and features of its layers."""

    def __init__(self, layers: tuple[_Layer, ...], districts: Districts | None) -> None:
        self._places = [*_named_districts(districts), *_named_features(layers, districts)]
        # Both names of each: a reader of one language may know the name in the other.
        self.names = _Texts(one.name[english] for english in (0, 1) for one in self._places)
        self.words = _Texts(())

    def place(self, row: int, lang: str) -> Place:
        """Return the place of a name in either language."""
        one, english = self._places[row % len(self._places)], lang == "en"
        return Place(one.name[english], one.detail[english], one.kind, one.lon, one.lat)


def _named_districts(districts: Districts | None) -> Iterator[_Named]:
    if districts is None:
        return
    inside = shapely.get_coordinates(shapely.point_on_surface(districts.geometries)).tolist()
    for index, (lon, lat) in enumerate(inside):
        name, english = districts.name(index), districts.name(index, "en")
        kind: Kind = "township" if _TOWNSHIP.search(name) else "district"
        yield _Named(kind, (name, english), ("", ""), round(lon, 6), round(lat, 6))


class _Layer(NamedTuple):
    """A file of the workspace, as it was when it was looked at."""

    path: Path
    is_streets: bool
    signature: tuple[int, int, int]


def _layers(workspace: Workspace) -> tuple[_Layer, ...]:
    base = workspace.config.basemap
    files = [(STREETS_NAME, True)]
    if base.kind == "geojson" and base.file:
        files.append((base.file, False))
    found = []
    for name, is_streets in files:
        path = workspace.folder / name
        with contextlib.suppress(OSError):
            stat = path.stat()
            signature = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
            found.append(_Layer(path, is_streets, signature))
    return tuple(found)


_drawn = functools.lru_cache(maxsize=2)(_Drawn)


def _named_features(layers: tuple[_Layer, ...], districts: Districts | None) -> Iterator[_Named]:
    """Yield one place for all features of a name in a district, where most of them are.

    A long street is several places, and the 人民路 of one county is not that of the next.
    """
    features = [feature for layer in layers for feature in _read(layer)]
    if not features:
        return
    shapes = np.array([feature.shape for feature in features] + [None], object)[:-1]
    centres = shapely.get_coordinates(shapely.centroid(shapes))
    where = np.full(len(shapes), -1) if districts is None else districts.locate(*centres.T)
    groups: dict[tuple[Kind, str, int], list[int]] = {}
    for i, (feature, index) in enumerate(zip(features, where.tolist(), strict=True)):
        groups.setdefault((feature.kind, feature.name, index), []).append(i)
    numbers = np.repeat(np.arange(len(groups)), [len(own) for own in groups.values()])
    members = shapes[np.concatenate([*groups.values()])]
    together = shapely.geometrycollections(members, indices=numbers)
    # The point of the street, or of the park, that is nearest to its middle.
    nearest = shapely.get_point(shapely.shortest_line(together, shapely.centroid(together)), 0)
    for ((kind, name, index), own), (lon, lat) in zip(
        groups.items(), shapely.get_coordinates(nearest).tolist(), strict=True
    ):
        english = next((features[i].name_en for i in own if features[i].name_en), name)
        detail = ("", "")
        if districts is not None and index >= 0:
            detail = (districts.name(index), districts.name(index, "en"))
        yield _Named(kind, (name, english), detail, round(lon, 6), round(lat, 6))


class _Feature(NamedTuple):
    """A named feature of a layer."""

    kind: Kind
    name: str
    name_en: str
    shape: shapely.Geometry


def _read(layer: _Layer) -> list[_Feature]:
    """Return the named features of a layer; none of one that cannot be read."""
    from stations.layers import in_wgs84, read_layer  # noqa: PLC0415  slow to load

    try:
        frame = in_wgs84(read_layer(layer.path), layer.path.name, None)
    except ImportFileError:
        return []
    blank = [""] * len(frame)
    names, english, kinds = (
        [value if isinstance(value, str) else "" for value in frame.get(column, blank)]
        for column in ("name", "name_en", "highway" if "highway" in frame else "kind")
    )
    return [
        _Feature("street" if layer.is_streets or kind in _ROADS else "place", name, name_en, shape)
        for name, name_en, kind, shape in zip(names, english, kinds, frame.geometry, strict=True)
        if name.strip() and shape is not None and not shape.is_empty
    ]
