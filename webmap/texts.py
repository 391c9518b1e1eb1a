"""What the pages say: flat catalogues, a folder a part of the pages, a file a language."""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from markupsafe import Markup

from stations import vocabulary

if TYPE_CHECKING:
    from collections.abc import Mapping

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
HTML_CODES: dict[Language, str] = {"zh": "zh-Hans", "en": "en"}
"""What stands in the ``lang`` attribute of a page."""

WEEKDAYS: dict[Language, tuple[str, ...]] = {
    "zh": ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
"""Short names of the days, Monday first."""

_NAME = re.compile(r"\{(\w+)\}")
# Controls but for line ends, and marks that turn the direction of all that follows in a line.
_STEERING = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_FOLDER = Path(__file__).parent / "translations"
_LISTS = ("kind", "status", "access", "facilities", "serves", "host_kind", "problem")


PARTS = tuple(sorted(path.name for path in _FOLDER.iterdir() if path.is_dir()))
"""The parts of the catalogue; a script is given only those that its page needs."""


@functools.cache
def catalogue(lang: Language, parts: tuple[str, ...] = PARTS) -> Mapping[str, str]:
    """Return the texts of a language by their keys; no key stands in two parts."""
    texts: dict[str, str] = {}
    for part in parts:
        texts |= json.loads((_FOLDER / part / f"{lang}.json").read_text("utf-8"))
    return texts


def form(lang: Language, key: str, n: object) -> str:
    """Return the key of the text for a figure: its ``.one`` form for 1, where it has one."""
    return f"{key}.one" if n == 1 and f"{key}.one" in catalogue(lang) else key


def text(lang: Language, key: str, **values: object) -> str:
    """Return the text of `key` with `values` in place of its ``{names}``.

    A text with a ``.one`` form has it where ``n`` is 1.

    Raises
    ------
    KeyError
        If no text has this key.
    """
    key = form(lang, key, values.get("n"))
    # Not str.format: a text may hold braces of its own, and a value too.
    return _NAME.sub(lambda found: str(values.get(found[1], found[0])), catalogue(lang)[key])


@functools.cache
def words(lang: Language) -> Mapping[str, Mapping[str, str]]:
    """Return the labels of every coded value, by list and code."""
    return {
        name: {
            term.code: vocabulary.label(name, term.code, lang) for term in vocabulary.LISTS[name]
        }
        for name in _LISTS
    }


def language(asked: str | None, remembered: str | None, default: str) -> Language:
    """Return the language of an answer: asked for, else remembered, else the workspace's."""
    for code in (asked, remembered, default):
        chosen = _of(code)
        if chosen:
            return chosen
    return LANGUAGES[0]


def _of(code: str | None) -> Language | None:
    short = (code or "").lower()[:2]
    return next((one for one in LANGUAGES if one == short), None)


def readable(value: object) -> object:
    """Return what a template prints without what steers instead of being read.

    Markup is ours and stays as it is.
    """
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return _STEERING.sub("", value)
