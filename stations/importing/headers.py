"""What a header says: which field, in which unit, in which datum, or the origin of which column."""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import Final, NamedTuple

from geodata import datum as datums
from geodata.errors import DatumError
from stations.vocabulary import FIELDS, code_of, fold

MAX_HEADER: Final = 80
RUNNING_NUMBERS: Final = frozenset(map(fold, ("序号", "no", "no.", "#", "顺序号", "行号")))
"""Headers of a column that counts rows; what counts rows today counts others tomorrow."""
POSITION_FIELDS: Final = frozenset({"lon", "lat", "position"})

_UNITS: Final[dict[str, dict[str, float]]] = {
    "invested_cny": {
        "元": 1,
        "人民币": 1,
        "千元": 1e3,
        "万": 1e4,
        "万元": 1e4,
        "亿元": 1e8,
        "cny": 1,
        "rmb": 1,
    },
    "area_m2": {"m2": 1, "㎡": 1, "平方米": 1, "平米": 1, "平": 1, "sqm": 1, "亩": 2000 / 3},
}
_DATUM_WORDS: Final = (
    "2000国家大地坐标系",
    "国家大地2000",
    "国家2000",
    "cgcs2000",
    "火星坐标系",
    "火星坐标",
    "国测局坐标",
    "腾讯坐标",
    "高德坐标",
    "百度坐标",
    "天地图",
    "tianditu",
    "tencent",
    "bd09ll",
    "gcj02",
    "wgs84",
    "baidu",
    "bd09",
    "amap",
    "crs84",
    "国测局",
    "火星",
    "高德",
    "腾讯",
    "百度",
    "gps",
    "wgs",
    "gcj",
    "bd",
)
_OPEN, _CLOSE = "([{【〔<", ")]}】〕>"
_BRACKET: Final = re.compile(
    f"[{re.escape(_OPEN)}]([^{re.escape(_OPEN + _CLOSE)}]*)[{re.escape(_CLOSE)}]"
)
_ORIGIN: Final = re.compile(r"(.+?)(?:origin|数据来源|来源|出处)$")
_FACILITY_FRAME: Final = re.compile(
    r"^(?:有无|是否有|是否配备|是否提供|是否|配备|提供|has)?(.+?)(?:数量|台数|个数|设备|设施|情况|配备|有无)?$"
)
# Hours of the summer are not the hours of the year.
_PART_OF_TIME: Final = re.compile(
    "夏|冬|春|秋|周末|工作日|节假日|假期|summer|winter|weekend|holiday"
)


class Heading(NamedTuple):
    """What a header says.

    Attributes
    ----------
    field
        A field of the record, ``facilities.<code>``, or None where nothing was recognised.
    factor
        What its figures are multiplied by.
    datum
        Canonical datum that a header of a position names.
    origin_of
        Folded name of the column or field whose values' origin this column states.
    """

    field: str | None = None
    factor: float = 1
    datum: str | None = None
    origin_of: str | None = None


@functools.lru_cache(maxsize=4096)
def read_heading(header: str, *, cut: bool = False) -> Heading:
    """Recognise a header by the vocabulary, with units and datums in brackets or at either end.

    Parameters
    ----------
    header
        The text of the cell.
    cut
        Whether the end may be missing: a header that begins only one field counts as that field.
    """
    if not header or len(header) > MAX_HEADER:
        return Heading()
    text = unicodedata.normalize("NFKC", header)
    notes = [fold(note) for note in _BRACKET.findall(text)]
    bare = fold(_BRACKET.sub("", text)).strip(".。;；")
    field = code_of("field", text) or code_of("field", bare)
    if field is not None:
        return _with_notes(field, notes)
    origin = _ORIGIN.match(bare)
    if origin:
        return Heading(origin_of=origin[1])
    found = _with_datum(bare) or _facility(bare)
    if found is not None:
        return found
    return _cut_short(bare) if cut else Heading()


def _with_datum(bare: str) -> Heading | None:
    """Recognise a position with its datum at either end, such as ``lon_gcj02``."""
    for word in _DATUM_WORDS:
        if bare.startswith(word) or bare.endswith(word):
            rest = bare.removeprefix(word) if bare.startswith(word) else bare.removesuffix(word)
            field = code_of("field", rest)
            if field in POSITION_FIELDS:
                return Heading(field, datum=datums.normalise(word))
    return None


def _cut_short(bare: str) -> Heading:
    """Recognise a header that has lost its end, if only one field begins like it."""
    fields = {
        term.code
        for term in FIELDS
        for name in (term.code, term.zh, *term.synonyms)
        if len(bare) > 1 and fold(name).startswith(bare)
    }
    return Heading(fields.pop()) if len(fields) == 1 else Heading()


def field_of(word: str) -> str | None:
    """Return the field that a folded word means, without units or datums."""
    return code_of("field", word) or read_heading(word).field


def _with_notes(field: str, notes: list[str]) -> Heading:
    if field in {"opening_hours", "hours_text"} and any(map(_PART_OF_TIME.search, notes)):
        return Heading()
    if field in _UNITS:
        for note in notes:
            for unit in (note, note.removeprefix("单位")):
                if unit in _UNITS[field]:
                    return Heading(field, factor=_UNITS[field][unit])
    if field in POSITION_FIELDS:
        for note in notes:
            try:
                return Heading(field, datum=datums.normalise(note))
            except DatumError:
                continue
    return Heading(field)


def _facility(bare: str) -> Heading | None:
    found = code_of("facilities", bare)
    if found is None and (frame := _FACILITY_FRAME.match(bare)):
        found = code_of("facilities", frame[1])
    return Heading(f"facilities.{found}") if found else None
