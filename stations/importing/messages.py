"""What an import says to a clerk, in English and Chinese, and never a private value.

A problem of a row is a `Problem`; a file that cannot be imported at all is an `ImportFileError`
whose message is English and whose exception note is Chinese (`chinese_of`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from stations.errors import ImportFileError
from stations.importing.wording import EXPECTED_ZH, OF_FILES, OF_ROWS
from stations.vocabulary import PRIVATE_FIELDS

_SHOWN: Final = 60
_LISTED: Final = 400


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing a clerk should know of.

    Attributes
    ----------
    row
        The row as it is numbered in the sheet, header included, from 1; for a layer the number of
        the feature; None for the file as a whole.
    field
        The field of the record it is about, None for the record as a whole.
    message, message_zh
        What is the matter and what to do.
    severity
        ``rejected``: the row is not imported. ``warning``: it is, without the value named.
    key
        The kind of problem, the same in every language.
    """

    row: int | None
    field: str | None
    message: str
    message_zh: str
    severity: Literal["rejected", "warning"]
    key: str

    def text(self, lang: str = "en") -> str:
        """Return the message with its place in front, for a terminal."""
        if lang.startswith("zh"):
            place = "" if self.row is None else f"第 {self.row} 行："
            return place + self.message_zh
        return ("" if self.row is None else f"row {self.row}: ") + self.message


def shown(value: object, limit: int = _SHOWN) -> str:
    """`value` in quotation marks, cut to what a line of a list can hold."""
    text = " ".join(str(value).split())
    return f"“{text[:limit]}…”" if len(text) > limit else f"“{text}”"


def listed(words: object) -> str:
    """Join names for a message, cut where there are too many."""
    text = ", ".join(map(str, words)) if isinstance(words, (list, tuple, set)) else str(words)
    return text if len(text) <= _LISTED else text[:_LISTED] + " …"


def rejected(key: str, row: int | None, field: str | None = None, **values: object) -> Problem:
    """Return the problem `key` that keeps a row out."""
    return _problem("rejected", key, row, field, values)


def warning(key: str, row: int | None, field: str | None = None, **values: object) -> Problem:
    """Return the problem `key` that a row is imported with."""
    return _problem("warning", key, row, field, values)


def _problem(
    severity: Literal["rejected", "warning"],
    key: str,
    row: int | None,
    field: str | None,
    values: dict[str, object],
) -> Problem:
    if field in PRIVATE_FIELDS and "word" in values and row is not None:
        values = {**values, "word": "…"}
    if "expected" in values:
        values["expected_zh"] = EXPECTED_ZH.get(str(values["expected"]), values["expected"])
    en, zh = OF_ROWS[key]
    return Problem(row, field, en.format_map(values), zh.format_map(values), severity, key)


def file_error(key: str, **values: object) -> ImportFileError:
    """Return the error `key`, English in its message and Chinese in its note."""
    en, zh = OF_FILES[key]
    error = ImportFileError(en.format_map(values))
    error.add_note(zh.format_map(values))
    return error


def chinese_of(error: BaseException) -> str:
    """Return the Chinese text of an error, or its English where it has none."""
    notes: list[str] = getattr(error, "__notes__", [])
    return notes[0] if notes else str(error)
