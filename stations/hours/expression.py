"""An opening hours expression taken apart, so that its lists of days can be written anew.

The calendar of the ``opening_hours`` package has one holiday a year for China. So the public and
school holidays of an expression, and China's make-up workdays, are written into it as weekdays:
`Expression.render` gives the text that holds for a few days, on which it is known what they are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

import opening_hours as osm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_WEEKDAYS: Final = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_WD: Final = f"(?:{'|'.join(_WEEKDAYS)})"
_ITEM: Final = (
    rf"(?:(?i:{_WD})(?:-(?i:{_WD})|\[[^\]]*\](?: [+-]\d+ days?)?)?|(?:PH|SH)(?: [+-]\d+ days?)?)"
)
# Weekdays inside a date (`Oct 1-Fr`, `Mar Su[-1]-Oct Su[-1]`) are not day selectors.
_SELECTOR: Final = re.compile(rf"(?<![\w\]+-]){_ITEM}(?:[, ]{_ITEM})*(?![\w\[-])")
_SPACED_ITEMS: Final = re.compile(rf"(?<![\w\]+-])({_ITEM})\s*,\s+(?={_ITEM}(?![\w\[-]))")
_HOLIDAY_ITEM: Final = re.compile(r"(PH|SH)(?: ([+-]\d+) days?)?")
_QUOTED: Final = re.compile(r'("[^"]*")')
_SAYS_WHEN: Final = re.compile(
    r"\d:\d\d|24/7|sun(?:rise|set)|dawn|dusk|\b(?:open|closed|off|unknown)\b", re.IGNORECASE
)
_SPAN: Final = re.compile(r"(\d{1,2}):(\d\d)\s*-\s*(\d{1,2}):(\d\d)\+?")
_SUN: Final = re.compile(r"sun(?:rise|set)|dawn|dusk", re.IGNORECASE)
_OSM_RULE: Final = re.compile(
    r"\d\d?:\d\d-\d\d?:\d\d|\b24/7\b|\b(?:off|closed|unknown)\b|sun(?:rise|set)"
)
_OSM_WORD: Final = re.compile(
    r"\b(?:Mo|Tu|We|Th|Fr|Sa|Su|PH|SH|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|off|unknown"
    r"|closed|24/7|easter|week)\b|sun(?:rise|set)"
)
_LOOSE_OVERNIGHT: Final = re.compile(r"(?<!\d)(\d\d?):(\d\d)-(\d\d?):(\d\d)")
# Without a country the package knows no public holiday, so this matches on no day.
_NEVER: Final = "PH"


class DaySelector(NamedTuple):
    """One list of weekdays and holidays of an expression, such as ``Mo-Fr,PH``."""

    text: str
    weekdays: frozenset[int]
    fixed: tuple[str, ...]
    """Items left alone: weekdays with an index, such as ``Sa[2]``."""
    public: tuple[int, ...]
    """The day offset of each ``PH``: ``PH -1 day`` is -1."""
    school: bool

    def render(
        self, holidays: Mapping[int, frozenset[int]], make_up: frozenset[int], *, school: bool
    ) -> str:
        """Write the list for a few days; see `Expression.render`."""
        weekdays = set(self.weekdays)
        if make_up and weekdays:
            # A make-up workday is an ordinary workday: it follows what most workdays follow.
            ordinary = len(weekdays & {0, 1, 2, 3, 4}) >= 3
            weekdays = weekdays | make_up if ordinary else weekdays - make_up
        for offset in self.public:
            weekdays |= holidays.get(offset, frozenset())
        if self.school and school:
            weekdays = set(range(7))
        if weekdays == self.weekdays and not self.school:
            return self.text
        names = [_WEEKDAYS[day] for day in sorted(weekdays)]
        return ",".join([*names, *self.fixed]) or _NEVER


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression and the lists of days in it; equal and hashed by its text."""

    text: str
    parts: tuple[str | DaySelector, ...] = field(compare=False, repr=False)
    offsets: tuple[int, ...] = field(compare=False, repr=False)
    """The day offsets of its ``PH`` items; empty when it does not mention public holidays."""
    school: bool = field(compare=False, repr=False)
    """Whether it mentions school holidays."""

    def render(
        self,
        holidays: Mapping[int, frozenset[int]],
        make_up: frozenset[int],
        *,
        school: bool = False,
    ) -> str:
        """Write the expression for a few days of one week.

        Parameters
        ----------
        holidays
            For each of `offsets`, the weekdays (0 is Monday) which the ``PH`` items with that
            offset match.
        make_up
            Weekdays that are make-up workdays.
        school
            Whether ``SH`` matches every day, or none.
        """
        return "".join(
            part if isinstance(part, str) else part.render(holidays, make_up, school=school)
            for part in self.parts
        )


def take_apart(text: str) -> Expression:
    """Find the lists of days in an expression, which need not be valid.

    Two things the package reads otherwise than opening_hours.js does are put right on the way: a
    rule with a comment and no hours (``"by appointment"``) is unknown, not open, and a list of days
    may have spaces after its commas (``Mo, We 10:00-12:00`` is not open all Monday).
    """
    stripped = text.strip()
    tidy = _tidied(stripped)
    if osm.validate(stripped) and not osm.validate(tidy):
        tidy = stripped
    parts = tuple(_split(tidy))
    selectors = [part for part in parts if isinstance(part, DaySelector)]
    offsets = {offset for selector in selectors for offset in selector.public}
    school = any(selector.school for selector in selectors)
    return Expression(tidy, parts, tuple(sorted(offsets)), school)


@lru_cache(maxsize=4096)
def split_at_midnight(expression: Expression) -> tuple[Expression, Expression] | None:
    """Tell what an expression says of a day from what it says of the night after it.

    Returns
    -------
    tuple of Expression, or None
        One in which every span ends at midnight at the latest, and one that has what is left of
        the spans, moved back by a day: ``22:00-06:00`` becomes ``22:00-24:00`` and
        ``00:00-06:00``. None when no span passes midnight, or spans depend on the sun.
    """
    outside = "".join(_QUOTED.split(expression.text)[::2])
    if _SUN.search(outside) or not any(_is_night(match) for match in _SPAN.finditer(outside)):
        return None
    return _respanned(expression, _evening), _respanned(expression, _morning)


def _respanned(expression: Expression, span: Callable[[re.Match[str]], str]) -> Expression:
    parts = tuple(
        _SPAN.sub(span, part) if isinstance(part, str) and not part.startswith('"') else part
        for part in expression.parts
    )
    text = "".join(part if isinstance(part, str) else part.text for part in parts)
    return Expression(text, parts, expression.offsets, expression.school)


def _minutes(match: re.Match[str]) -> tuple[int, int]:
    hour, minute, last_hour, last_minute = (int(group) for group in match.groups())
    return hour * 60 + minute, last_hour * 60 + last_minute


def _is_night(match: re.Match[str]) -> bool:
    start, end = _minutes(match)
    return end <= start or end > 24 * 60


def _evening(match: re.Match[str]) -> str:
    return f"{match[1]}:{match[2]}-24:00" if _is_night(match) else match[0]


def _morning(match: re.Match[str]) -> str:
    if not _is_night(match):
        # The rule must go on replacing others, at a minute at which no night ends.
        return "23:59-24:00"
    _, end = _minutes(match)
    end %= 24 * 60
    return f"00:00-{end // 60:02d}:{end % 60:02d}" if end else "23:59-24:00"


def _tidied(text: str) -> str:
    pieces = _QUOTED.split(text)
    for index in range(0, len(pieces), 2):
        pieces[index] = _SPACED_ITEMS.sub(r"\1,", pieces[index])
    for index in range(1, len(pieces), 2):
        before = re.split(r";|\|\|", pieces[index - 1])[-1]
        names_a_season = pieces[index + 1].startswith(":")
        if not _SAYS_WHEN.search(before) and not names_a_season:
            pieces[index] = f"unknown {pieces[index]}"
    return "".join(pieces)


def _split(text: str) -> Iterator[str | DaySelector]:
    for index, piece in enumerate(_QUOTED.split(text)):
        if index % 2:
            yield piece
            continue
        done = 0
        for match in _SELECTOR.finditer(piece):
            yield piece[done : match.start()]
            yield _selector(match[0])
            done = match.end()
        yield piece[done:]


def _selector(text: str) -> DaySelector:
    weekdays: set[int] = set()
    fixed = []
    public = []
    school = False
    for item in re.findall(_ITEM, text):
        if holiday := _HOLIDAY_ITEM.fullmatch(item):
            if holiday[1] == "SH":
                school = True
            else:
                public.append(int(holiday[2] or 0))
        elif "[" in item:
            fixed.append(item)
        else:
            first, _, last = item.title().partition("-")
            begin = _WEEKDAYS.index(first)
            length = (_WEEKDAYS.index(last or first) - begin) % 7 + 1
            weekdays |= {(begin + step) % 7 for step in range(length)}
    return DaySelector(text, frozenset(weekdays), tuple(fixed), tuple(public), school)


def names_days(text: str) -> bool:
    """Whether a text has a word of OSM's syntax, beyond spans of time."""
    return _OSM_WORD.search(text) is not None


def spelled_as_osm(text: str) -> str | None:
    """Return a text that is OSM syntax in its usual spelling, or None.

    None also for what is valid, but says something else than people mean by it: ``2024`` and
    ``Mo-Fr`` (open all day), ``PH off`` (never open) and ``Mo-Fr 9:00-5:00`` (for twenty hours).
    """
    text = " ".join(text.split())
    pieces = _QUOTED.split(text)
    outside = "".join(pieces[::2])
    if not outside.isascii() or not names_days(outside) or not osm.validate(text):
        return None
    every_rule = [rule for rule in re.split(r";|\|\|", outside) if rule.strip()]
    # `Mo-Fr` alone is valid, and means all day; whoever writes it seldom does.
    if not all(_OSM_RULE.search(rule) for rule in every_rule):
        return None
    # `PH off` alone, or `closed`, says nothing of when it is open.
    if all(re.search(r"\b(?:off|closed)\b", rule) for rule in every_rule):
        return None
    if outside.strip() == "unknown":
        return None
    if any(_careless(match) for match in _LOOSE_OVERNIGHT.finditer(outside)):
        return None
    for index in range(0, len(pieces), 2):
        pieces[index] = _usual_spelling(pieces[index])
    spelled = "".join(pieces)
    return spelled if osm.validate(spelled) else None


def _careless(match: re.Match[str]) -> bool:
    """Find 9:00-5:00, which is valid, lasts twenty hours and is hardly meant so."""
    hour, minute, last_hour, last_minute = (int(group) for group in match.groups())
    backwards = (last_hour, last_minute) <= (hour, minute) and (last_hour, last_minute) != (0, 0)
    return backwards and (len(match[1]) == 1 or len(match[3]) == 1) and hour < 17


def _usual_spelling(piece: str) -> str:
    piece = re.sub(r"\bclosed\b", "off", piece)
    piece = re.sub(r"\s*;\s*", "; ", piece)
    piece = re.sub(r"(?<=:\d\d),\s+(?=\d)", ",", piece)
    return re.sub(r"(?<![\d:])(\d):(\d\d)", r"0\1:\2", piece)
