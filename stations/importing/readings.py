"""What the cells of each field mean: text to typed values, with complaints instead of guesses.

Each reader takes a cell and the words of the mapping file and returns a `Reading`. Nothing is
read that has two meanings; a value that is not certain is left out and complained of.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from stations.importing.text import clean, code_text, is_blank, text_of
from stations.vocabulary import code_of, fold

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


class Complaint(NamedTuple):
    """What is wrong with a cell: the key of a message and what fills it."""

    key: str
    details: tuple[tuple[str, object], ...]


class Reading(NamedTuple):
    """What a cell says (None: nothing that could be taken) and what is wrong with it."""

    value: Any = None
    complaints: tuple[Complaint, ...] = ()


NOTHING: Final = Reading()
_EXCEL_EPOCH: Final = dt.date(1899, 12, 30)
STRONG: Final = re.compile(r"[、,，;；|/\n\t]+")
_WEAK: Final = re.compile(r"\s+|[和与及]|以及")
YES: Final = frozenset(
    ("是", "有", "√", "✓", "✔", "☑", "1", "true", "yes", "y", "已有", "具备", "配备", "提供", "●")
)
_NO: Final = frozenset(
    (
        "否",
        "无",
        "×",
        "✗",
        "✘",
        "✕",
        "x",
        "0",
        "false",
        "no",
        "n",
        "没有",
        "不具备",
        "未配备",
        "不提供",
        "☒",
        "未有",
    )
)
_NUMBER: Final = re.compile(r"^([+-]?\d{1,3}(?:[,，]\d{3})+|[+-]?\d+)(\.\d+)?$")
_DATE: Final = re.compile(
    r"^(\d{4})(?:[-/.]|年\s*)(\d{1,2})(?:[-/.]|月\s*)(\d{1,2})日?(?:[ T]\d{1,2}:\d{2}.*)?$"
)
_BETWEEN_PHOTOS: Final = re.compile(r"[;；|、\n]+|,\s+|\s+(?=https?://)")
_MONTH: Final = re.compile(r"^(?:\d{4}(?:[-/.]|年\s*)\d{1,2}月?|\d{4}年?|\d{6})$")
_DIGITS_ZH: Final = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5}


def complain(key: str, **details: object) -> Complaint:
    """Return a complaint with what fills its message."""
    return Complaint(key, tuple(details.items()))


def unreadable(value: object, expected: str) -> Reading:
    """Return a reading that took nothing, because the cell is not what was expected."""
    return Reading(None, (complain("bad_value", word=text_of(value), expected=expected),))


# -- text ---------------------------------------------------------------------------------------


def read_text(value: object, *, limit: int, lines: bool = False) -> Reading:
    """Read text of at most `limit` characters; ``无`` says that there is none."""
    text = text_of(value, lines=lines)
    if text in {"无", "没有"}:
        return NOTHING
    if len(text) > limit:
        return Reading(None, (complain("too_long", length=len(text), limit=limit),))
    return Reading(text or None)


def read_phone(value: object, *, limit: int) -> Reading:
    """Read telephone numbers as text; a number that a sheet has rounded is not taken."""
    text = code_text(value)
    if re.fullmatch(r"\d(\.\d+)?[eE]\+?\d+", text):
        return unreadable(value, "a telephone number")
    return read_text(text, limit=limit)


def read_texts(value: object, split: str | None = None) -> Reading:
    """Read a list of free texts, such as honours."""
    items = items_of(value, split, re.compile(r"[、,，;；|\n]+"))
    return Reading(tuple(dict.fromkeys(items)) or None)


def read_photos(value: object, split: str | None = None) -> Reading:
    """Read a list of file names or addresses, which may hold commas and spaces."""
    return Reading(tuple(dict.fromkeys(items_of(value, split, _BETWEEN_PHOTOS))) or None)


def items_of(value: object, split: str | None, separators: re.Pattern[str]) -> list[str]:
    """Return the items of a list, the words for nothing left out."""
    if isinstance(value, (list, tuple)):
        parts: Sequence[object] = value
    else:
        text = text_of(value, lines=True)
        parts = text.split(split) if split else separators.split(text)
    items = (clean(text_of(part)) for part in parts)
    return [item for item in items if item and not is_blank(item)]


# -- numbers and dates --------------------------------------------------------------------------


def read_number(value: object, units: Mapping[str, float], factor: float = 1) -> Reading:
    """Read a figure with thousands separators and a unit.

    Parameters
    ----------
    value
        The cell.
    units
        Unit -> what it multiplies by. A unit in the cell goes before the one in the header.
    factor
        What the header's unit multiplies by.
    """
    if isinstance(value, bool):
        return unreadable(value, "a number")
    # Not folded as words are: that would take the hyphen out of 10-15.
    text = unicodedata.normalize("NFKC", text_of(value)).casefold()
    text = re.sub(r"[\s￥¥]", "", text)
    for unit in sorted(units, key=len, reverse=True):
        if text.endswith(unit) and text != unit:
            text, factor = text.removesuffix(unit), units[unit]
            break
    match = _NUMBER.match(text)
    if not match and not isinstance(value, float):
        return unreadable(value, "a number")
    figure = Decimal(re.sub("[,，]", "", text)) if match else Decimal(repr(value))
    return Reading(float(figure * Decimal(repr(factor))))


AREA_UNITS: Final = {
    "m2": 1.0,
    "平方米": 1.0,
    "平米": 1.0,
    "平方": 1.0,
    "平": 1.0,
    "m²": 1.0,
    "sqm": 1.0,
    "亩": 2000 / 3,
}
MONEY_UNITS: Final = {
    "元": 1.0,
    "cny": 1.0,
    "rmb": 1.0,
    "千元": 1e3,
    "万": 1e4,
    "万元": 1e4,
    "亿": 1e8,
    "亿元": 1e8,
}
_PERSON_UNITS: Final = {"人": 1.0, "位": 1.0, "名": 1.0, "个": 1.0, "座": 1.0, "人次": 1.0}


def read_count(value: object) -> Reading:
    """Read a whole number of persons."""
    reading = read_number(value, _PERSON_UNITS)
    if reading.value is None or not float(reading.value).is_integer():
        return unreadable(value, "a whole number")
    return Reading(int(reading.value))


def read_date(value: object) -> Reading:
    """Read a date with its day; a month alone is not one."""
    if isinstance(value, dt.datetime):
        return Reading(value.date())
    if isinstance(value, dt.date):
        return Reading(value)
    text = unicodedata.normalize("NFKC", text_of(value)).strip()
    match = _DATE.match(text) or re.match(r"^((?:19|20)\d{2})(\d{2})(\d{2})$", text)
    if match:
        try:
            return Reading(dt.date(int(match[1]), int(match[2]), int(match[3])))
        except ValueError:
            return unreadable(value, "a date")
    # What Excel shows as a date and stores as days since 1900: 1954 to 2119.
    serial = re.fullmatch(r"([2-7]\d{4})(\.\d+)?", text)
    if serial and 20_000 <= int(serial[1]) <= 80_000:
        return Reading(_EXCEL_EPOCH + dt.timedelta(days=int(serial[1])))
    whole = "a whole date with its day" if _MONTH.match(text) else "a date"
    return unreadable(value, whole)


def read_star(value: object) -> Reading:
    """Read a star level: ``三星级``, ``★★★☆☆``, ``3``."""
    text = text_of(value)
    count = text.count("★") or text.count("⭐")
    if count and not re.sub(r"[★☆⭐\ufe0f ]", "", text):
        return Reading(count) if count <= 5 else unreadable(value, "one to five stars")
    match = re.fullmatch(r"([1-5一二两三四五])(?:\.0+)?\s*(?:颗?星级?|级|stars?)?", text.casefold())
    if not match:
        return unreadable(value, "one to five stars")
    return Reading(_DIGITS_ZH.get(match[1]) or int(match[1]))


def read_flag(value: object) -> Reading:
    """Read yes or no."""
    found = yes_or_no(value)
    return unreadable(value, "yes or no") if found is None else Reading(found)


def yes_or_no(value: object) -> bool | None:
    """Return what a cell answers; None where it is neither yes nor no."""
    if isinstance(value, bool):
        return value
    text = unicodedata.normalize("NFKC", text_of(value)).casefold()
    text = re.sub(r"\s*\(.*\)$", "", text)
    if text in YES:
        return True
    return False if text in _NO else None


# -- codes --------------------------------------------------------------------------------------


def read_adcode(value: object) -> Reading:
    """Read a GB/T 2260 code; of a longer statistical code the six digits of the district."""
    text = code_text(value)
    match = re.fullmatch(r"(\d{6})(?:\d{3}|\d{6})?", text)
    return Reading(match[1]) if match else unreadable(value, "a district code of six digits")


def read_district(value: object, *, limit: int) -> Reading:
    """Read the name of a district; figures are a code in the wrong column."""
    if re.fullmatch(r"\d+", text_of(value)):
        return unreadable(value, "a district name")
    return read_text(value, limit=limit)


def read_code(value: object, name: str, words: Mapping[str, str]) -> Reading:
    """Read one coded value of the list `name`."""
    text = text_of(value)
    code = code_for(name, text, words)
    return Reading(code) if code else Reading(None, (complain("unknown_word", word=text),))


def read_codes(
    value: object, name: str, words: Mapping[str, str], split: str | None = None
) -> Reading:
    """Read a list of coded values of the list `name`."""
    codes: dict[str, None] = {}
    complaints = []
    for item in items_of(value, split, STRONG):
        found = known_parts(item, lambda part: code_for(name, part, words), split)
        if found is None:
            complaints.append(complain("unknown_word", word=item))
        else:
            codes.update(dict.fromkeys(found))
    return Reading(tuple(codes) or None, tuple(complaints))


def code_for(name: str, word: str, words: Mapping[str, str]) -> str | None:
    """Return the code of a word by the file's own words, or else the vocabulary's."""
    return words.get(fold(word)) or code_of(name, word)


def known_parts(
    item: str, meaning: Callable[[str], Any | None], split: str | None
) -> list[Any] | None:
    """Return what an item means, or its parts where each of them is known; else None."""
    item = item.removesuffix("等").strip(" .。")
    whole = meaning(item)
    if whole is not None:
        return [whole]
    parts = [] if split else [part for part in _WEAK.split(item) if part]
    meanings = [meaning(part) for part in parts]
    return meanings if len(parts) > 1 and None not in meanings else None
