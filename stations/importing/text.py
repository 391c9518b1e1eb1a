"""Cells as text: one spelling for every way a program writes the same thing."""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from typing import Final

MAX_CELL_CHARS: Final = 20_000
"""Longer text is cut before anything looks at it; no field holds a third of this."""

_BREAKS: Final = re.compile(r"[\r\n\u2028\u2029\x0b\x0c\x85]+")
_UNSEEN: Final = re.compile(
    # Controls, zero-width characters and what turns the direction of writing.
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff"
    r"\ufff9-\ufffb\ud800-\udfff]"
)
_SPACES: Final = re.compile(r"[ \t\u00a0\u2000-\u200a\u3000]+")
_WHOLE: Final = re.compile(r"^(\d+)\.0+$")
_BLANK_MARKS: Final = frozenset(
    (
        "",
        "-",
        "--",
        "---",
        "—",
        "——",
        "–",
        "/",
        "//",
        "\\",
        "n/a",
        "null",
        "none",
        "nan",
        "nat",
        "<na>",
        "(null)",
        "不详",
        "未知",
        "待定",
        "待补充",
        "暂无",
        "无数据",
        "暂缺",
        "#n/a",
        "#ref!",
        "#value!",
        "#div/0!",
        "#name?",
        "#null!",
        "#num!",
        "unknown",
    )
)

_MARK_STARTS: Final = frozenset(
    start for mark in _BLANK_MARKS if mark for start in (mark[0], mark[0].upper())
)


def clean(value: str, *, lines: bool = False) -> str:
    """Text in NFC without what cannot be seen, spaces single; line breaks stay if `lines`."""
    if len(value) <= MAX_CELL_CHARS and "  " not in value and value.isprintable():
        # Nearly every cell: no controls, no line breaks, no spaces but single ones.
        return value.strip() if value.isascii() else unicodedata.normalize("NFC", value.strip())
    text = _UNSEEN.sub("", _BREAKS.sub("\n", value[:MAX_CELL_CHARS]))
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if lines:
        rows = (_SPACES.sub(" ", row).strip() for row in text.split("\n"))
        return "\n".join(row for row in rows if row)
    return _SPACES.sub(" ", text.replace("\n", " ")).strip()


def text_of(value: object, *, lines: bool = False) -> str:
    """A cell as a person would write it: 54.0 is ``54``, 1.38e10 is ``13800000000``."""
    match value:
        case None:
            text = ""
        case bool():
            text = "是" if value else "否"
        case float() if not math.isfinite(value):
            text = ""
        case float():
            text = str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        case dt.datetime():
            text = value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ")
        case dt.time():
            text = value.strftime("%H:%M")
        case list() | tuple():
            text = "、".join(text_of(item) for item in value[:200])
        case _:
            text = str(value)
    return clean(text, lines=lines)


def code_text(value: object) -> str:
    """Text of a cell that holds a number as a name: ``54.0``, as some programs write it, is 54."""
    text = unicodedata.normalize("NFKC", text_of(value))
    return _WHOLE.sub(r"\1", text)


def is_blank(value: object) -> bool:
    """Whether a cell says nothing: empty, not a number, or one of the usual marks for it."""
    if value is None or value == "":
        return True
    if isinstance(value, str):
        if value[0] > " " and value[0] not in _MARK_STARTS and value[0].isprintable():
            return False  # nearly every cell
        return len(value) < 12 and clean(value).casefold() in _BLANK_MARKS
    if isinstance(value, float):
        return math.isnan(value)
    if isinstance(value, (list, tuple, dict)):
        return not value
    return False
