"""District polygons keyed by adcode: which district is a point in, and how far outside is it."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodata.crs import LocalPlane
from geodata.errors import DistrictError

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import ArrayLike, NDArray

    _Word = str | tuple[int, str]

_CODE_COLUMNS = ("adcode", "code", "区划代码", "行政区划代码", "ct_adcode", "dt_adcode", "id")
_NAME_COLUMNS = ("name", "名称", "district", "区县", "dt_name", "NAME")
# Endings that people leave out or exchange, since places are promoted. Those of the two levels are
# kept apart: 中牟镇 is a town in 中牟县, not another word for it.
_ENDINGS = (re.compile(r"(?<=..)(区|县|市)$"), re.compile(r"(?<=..)(街道|镇|乡)$"))


@dataclasses.dataclass(frozen=True, eq=False)
class Districts:
    """Polygons in WGS84 with their adcodes and names, in the order of the adcodes.

    Attributes
    ----------
    adcodes, names
        Tuples of n strings.
    geometries
        (n,) array of valid shapely polygons or multipolygons, degrees WGS84.
    names_en
        n English names, or none at all.
    """

    adcodes: tuple[str, ...]
    names: tuple[str, ...]
    geometries: NDArray[np.object_]
    names_en: tuple[str, ...] = ()

    @classmethod
    def from_frame(cls, frame: gpd.GeoDataFrame) -> Districts:
        """Districts from a GeoDataFrame with a code and a name column, in any CRS it states.

        Raises
        ------
        DistrictError
            If there is no district, one without a polygon, no code column, an invalid or repeated
            code.
        """
        code = next((c for c in _CODE_COLUMNS if c in frame.columns), None)
        name = next((c for c in _NAME_COLUMNS if c in frame.columns), None)
        if code is None or name is None:
            message = (
                f"districts need a code and a name column ({', '.join(_CODE_COLUMNS[:2])} and "
                f"{_NAME_COLUMNS[0]}); the file has {', '.join(map(str, frame.columns))}"
            )
            raise DistrictError(message)
        if frame.empty:
            message = "the file holds no districts"
            raise DistrictError(message)
        if frame.crs is not None and frame.crs.to_epsg() != 4326:
            frame = frame.to_crs(4326)
        geometries = shapely.make_valid(np.asarray(frame.geometry.values, dtype=object))
        polygonal = [polygonal_part(g) for g in geometries]
        codes = [_code(value) for value in frame[code]]
        for row, (value, geometry) in enumerate(zip(codes, polygonal, strict=True), 1):
            if geometry is None:
                message = f"district {value} (feature {row}) has no polygon"
                raise DistrictError(message)
        repeated = {value for value in codes if codes.count(value) > 1}
        if repeated:
            message = f"district codes must be unique; repeated: {', '.join(sorted(repeated))}"
            raise DistrictError(message)
        order = sorted(range(len(codes)), key=codes.__getitem__)
        names = [str(value) for value in frame[name]]
        english = frame["name_en"].fillna("") if "name_en" in frame.columns else ()
        names_en = [str(value) or name for value, name in zip(english, names, strict=False)]
        return cls(
            tuple(codes[i] for i in order),
            tuple(names[i] for i in order),
            np.array([polygonal[i] for i in order] + [None], dtype=object)[:-1],
            tuple(names_en[i] for i in order) if names_en else (),
        )

    def __len__(self) -> int:
        return len(self.adcodes)

    @functools.cached_property
    def _boxes(self) -> NDArray[np.float64]:
        shapely.prepare(self.geometries)
        return np.asarray(shapely.bounds(self.geometries), np.float64)

    @functools.cached_property
    def _by_word(self) -> dict[_Word, int]:
        """Index by adcode, then name, then short name; -1 where a word stands for several."""
        words: dict[_Word, int] = {}
        for kind in (
            [(adcode,) for adcode in self.adcodes],
            [(name,) for name in self.names],
            [_short(name) for name in self.names],
        ):
            count = Counter(word for own in kind for word in own)
            for i, own in enumerate(kind):
                for word in own:
                    words.setdefault(word, i if count[word] == 1 else -1)
        return words

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees."""
        west, south, east, north = shapely.total_bounds(self.geometries)
        return float(west), float(south), float(east), float(north)

    @functools.cached_property
    def plane(self) -> LocalPlane:
        """The metric plane of all districts."""
        west, south, east, north = self.bounds
        return LocalPlane.around([west, east], [south, north])

    def only(self, index: int) -> Districts:
        """The district `index` alone."""
        own = slice(index, index + 1)
        return Districts(
            self.adcodes[own], self.names[own], self.geometries[own], self.names_en[own]
        )

    def name(self, index: int, lang: str = "zh") -> str:
        """Name of a district for a reader of `lang`; the Chinese one where there is no other."""
        return (self.names_en if lang == "en" and self.names_en else self.names)[index]

    def name_of(self, adcode: str | None, lang: str = "zh") -> str | None:
        """Name of the district with a code; None for None, which is outside all districts."""
        return None if adcode is None else self.name(self.adcodes.index(adcode), lang)

    def without(self, areas: NDArray[np.object_]) -> Districts:
        """The same districts less some areas, such as water; one that lies in them whole stays."""
        left = shapely.difference(self.geometries, shapely.union_all(areas))
        kept = np.array([polygonal_part(shape) for shape in left] + [None], object)[:-1]
        gone = shapely.is_empty(kept) | shapely.is_missing(kept)
        return dataclasses.replace(self, geometries=np.where(gone, self.geometries, kept))

    def find(self, word: str) -> int | None:
        """Index of the district with this adcode, name, or name without its ending (惠济).

        None where there is none, and where a name stands for several districts.
        """
        word = word.strip()
        ways = (word, *(key for key in _short(word) if isinstance(key, tuple)))
        found = next((self._by_word[key] for key in ways if key in self._by_word), -1)
        return found if found >= 0 else None

    def locate(self, lon: ArrayLike, lat: ArrayLike) -> NDArray[np.intp]:
        """Index of the district that each position is in; -1 outside all, the first on a border.

        Parameters
        ----------
        lon, lat
            (m,) degrees WGS84.
        """
        x = np.atleast_1d(np.asarray(lon, np.float64))
        y = np.atleast_1d(np.asarray(lat, np.float64))
        found = np.full(len(x), -1, dtype=np.intp)
        # Polygon by polygon, from the last to the first, so that the first wins: a prepared
        # polygon answers for many points at once, ten times faster than a tree for each point.
        for index in range(len(self) - 1, -1, -1):
            west, south, east, north = self._boxes[index]
            near = np.flatnonzero((x >= west) & (x <= east) & (y >= south) & (y <= north))
            inside = shapely.intersects_xy(self.geometries[index], x[near], y[near])
            found[near[inside]] = index
        return found

    def distance_m(self, index: int, lon: float, lat: float) -> float:
        """Metres from a position to the district `index`; 0 inside it."""
        plane = LocalPlane(round(lon, 3), round(lat, 3))
        (polygon,) = plane.project([self.geometries[index]])
        return float(shapely.distance(polygon, shapely.Point(*plane.forward(lon, lat))))


def _short(name: str) -> tuple[_Word, ...]:
    """Return a name without its ending, and the same with the level that the ending is of."""
    for level, ending in enumerate(_ENDINGS):
        bare = ending.sub("", name)
        if bare != name:
            return bare, (level, bare)
    return tuple((level, name) for level in range(len(_ENDINGS)))


def _code(value: object) -> str:
    text = str(value).strip().removesuffix(".0")
    if not re.fullmatch(r"[0-9]{2,12}", text):
        message = f"district code {text[:40]!r} is no adcode: six digits are expected"
        raise DistrictError(message)
    return text


def polygonal_part(geometry: shapely.Geometry | None) -> shapely.Geometry | None:
    """The polygons of a geometry, without its lines and points; None where there are none."""
    if geometry is None or geometry.is_empty:
        return None
    parts = [g for g in shapely.get_parts(geometry) if g.geom_type in {"Polygon", "MultiPolygon"}]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else shapely.union_all(parts)
