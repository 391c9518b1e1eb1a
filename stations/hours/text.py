"""Opening hours as people write them, in Chinese or English, to OSM opening_hours syntax.

What cannot be read with certainty is not read at all: a station that is shown as open at the wrong
hour is worse than one whose hours are unknown. So every character of the text must belong to a
known word, and the words must form a sentence of the grammar below.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

import opening_hours as osm

from stations.hours.expression import names_days, spelled_as_osm
from stations.hours.rules import Closing, Group, Sentence, Stretch, rules
from stations.hours.spans import DAY, Span, ascending, span, without
from stations.hours.words import (
    Clock,
    Days,
    Month,
    Token,
    UnreadError,
    Word,
    normalise,
    tokens,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_LENGTH: Final = 1000
"""Characters of an expression; longer ones are refused unread."""
MAX_FREE_TEXT: Final = 200
"""Characters of a free text; nobody writes opening hours that long."""


class _Item(NamedTuple):
    """A letter of the sentence and what it stands for."""

    letter: str
    value: Days | Span | Stretch | None = None


# D days, T span of time, M part of the year, W season by name, C closed, X outside, E except,
# N as usual, I including, O open, L lunch break, | a sign between clauses.
_PHRASES: Final = (
    ("season", re.compile(r"W\(?M\)?|M\(?W\)?|M")),
    ("break", re.compile(r"LT|T(?:C|L(?!T))")),
    ("except", re.compile(r"ED(?:C?X|(?=[)|]|$))")),
    ("closed", re.compile(r"DC")),
    ("outside", re.compile(r"DX")),
    ("as_usual", re.compile(r"ID|DN|N")),
    ("days_open", re.compile(r"DO(?![|(]?T)")),
    ("days", re.compile(r"D")),
    ("time", re.compile(r"T")),
    ("open", re.compile(r"O")),
    ("sign", re.compile(r"[|()]+")),
)
# Where hours come before their days, signs must tell which belong together.
_TIMES_THEN_DAYS: Final = re.compile(
    r"[|(]*T(?:\|?T)*\(?[DM]\)?(?:[|)x]+T(?:\|?T)*\(?[DM]\)?)+[|)x]*"
)
_WHOLE: Final = re.compile(r"T|(?:DT)+|(?:TD)+|(?:MT)+|(?:TM)+|(?:M(?:DT)+)+|D(?:MT)+")


def to_osm(text: str) -> str | None:
    """Read opening hours as people write them.

    Parameters
    ----------
    text
        For example ``周一至周五 8:30-17:30（法定节假日除外）``, ``早8点至晚10点``, ``24小时``,
        ``Mon-Fri 9am-5pm``, or OSM syntax, which comes back in its usual spelling.

    Returns
    -------
    str or None
        OSM opening_hours syntax that `stations.hours.parse` accepts, or None when any part of the
        text is unknown, vague, contradictory or has more than one meaning.
    """
    if not text.strip() or len(text) > MAX_LENGTH:
        return None
    written = spelled_as_osm(text)
    if written is not None:
        return written
    found = _read(text)
    if found is not None and not names_days(found) and _read(found) != found:
        # 04:00-11:00 without 凌晨 and 上午 would be doubtful when read again; so name the days.
        found = f"Mo-Su {found}"
    return found if found and osm.validate(found) else None


def _read(text: str) -> str | None:
    if len(text) > MAX_FREE_TEXT:
        return None
    try:
        return rules(_sentence(tokens(normalise(text))), comment=_comment(text))
    except UnreadError:
        return None


def _comment(text: str) -> str:
    return re.sub(r'["“”\s]+', " ", text).strip()


def _sentence(found: list[Token]) -> Sentence:
    items = _explained(list(_items(found)))
    letters = "".join(item.letter for item in items)
    sentence = Sentence()
    outline: list[_Item] = []
    place = 0
    while place < len(letters):
        name, match = _phrase(letters, place)
        _understand(name, items[place : match.end()], sentence, outline)
        place = match.end()
    return _grouped(sentence, outline)


def _explained(items: list[_Item]) -> list[_Item]:
    """Join 工作日（周一至周五）, where the bracket says the same days again."""
    letters = "".join(item.letter for item in items)
    joined: list[_Item] = []
    place = 0
    while place < len(items):
        if not letters.startswith("D(D)", place):
            joined.append(items[place])
            place += 1
            continue
        first, again = items[place].value, items[place + 2].value
        if not isinstance(first, Days) or not isinstance(again, Days):
            raise UnreadError
        if (first.weekdays, first.holidays) != (again.weekdays, again.holidays):
            raise UnreadError
        joined.append(_Item("D", first._replace(workdays=first.workdays or again.workdays)))
        place += len("D(D)")
    return joined


def _phrase(letters: str, place: int) -> tuple[str, re.Match[str]]:
    for name, pattern in _PHRASES:
        if match := pattern.match(letters, place):
            return name, match
    raise UnreadError


def _understand(name: str, items: list[_Item], sentence: Sentence, outline: list[_Item]) -> None:
    days = next((item.value for item in items if isinstance(item.value, Days)), None)
    match name:
        case "break":
            sentence.breaks += [item.value for item in items if isinstance(item.value, Span)]
        case "closed" | "outside" | "except" if days is not None:
            sentence.closings.append(Closing(days, exception=name != "closed"))
            outline.append(_Item("x"))
        case "as_usual":
            # 周末照常开放 9:00-16:00: are these the hours of the weekend, or of all days?
            known = "TD" if items[0].letter == "I" else "T"
            if days is not None and not any(item.letter in known for item in outline):
                raise UnreadError
            sentence.as_usual.append(days)
        case "days_open" if days is not None:
            sentence.days_open.append(days)
        case "season" | "days" | "time":
            outline.append(next(item for item in items if item.value is not None))
        case "sign":
            outline += items


def _grouped(sentence: Sentence, outline: list[_Item]) -> Sentence:
    blocks = list(_blocks(outline))
    shape = "".join(letter for letter, _ in blocks)
    if shape == "T" and len(sentence.days_open) == 1:
        # 8:00-20:00 每天开放
        blocks.append(("D", [_Item("D", sentence.days_open.pop())]))
        shape = "TD"
    if not shape:
        return sentence
    if not _WHOLE.fullmatch(shape) or sentence.days_open:
        raise UnreadError
    signs = "".join(item.letter for item in outline)
    if len(blocks) > 2 and shape[0] == "T" and not _TIMES_THEN_DAYS.fullmatch(signs):
        raise UnreadError
    stretch: Stretch | None = None
    days: Days | None = None
    steps = blocks if shape[0] != "T" else [*reversed(blocks)]
    for _, items in steps:
        first = items[0].value
        if isinstance(first, Days):
            days = first
        elif isinstance(first, Stretch):
            stretch = first
        else:
            times = [item.value for item in items if isinstance(item.value, Span)]
            sentence.groups.append(Group(stretch, days, _with_breaks(times, sentence)))
    if shape[0] == "T":
        sentence.groups.reverse()
    return sentence


def _blocks(outline: list[_Item]) -> Iterator[tuple[str, list[_Item]]]:
    """Join spans that follow each other; the signs around them have done their work."""
    block: list[_Item] = []
    interrupted = False
    for item in outline:
        if item.value is None:
            interrupted = interrupted or item.letter == "x"
            continue
        if block and item.letter == "T" == block[0].letter:
            # 8:00-12:00（周日除外），14:00-18:00: is Sunday afternoon excepted, too?
            if interrupted:
                raise UnreadError
            block.append(item)
            continue
        if block:
            yield block[0].letter, block
        block, interrupted = [item], False
    if block:
        yield block[0].letter, block


def _with_breaks(times: list[Span], sentence: Sentence) -> tuple[Span, ...]:
    whole_day = [item for item in times if item == (0, DAY)]
    if whole_day and (len(times) > len(whole_day) or sentence.breaks):
        raise UnreadError
    spans: list[Span] = whole_day[:1] or list(ascending(times))
    for pause in sentence.breaks:
        spans = without(spans, pause)
    return tuple(spans)


def _items(found: list[Token]) -> Iterator[_Item]:
    clock24 = any(
        isinstance(token.value, Clock) and token.value.hour > 12 and not token.value.part
        for token in found
    )
    place = 0
    while place < len(found):
        word = found[place].word
        after_lunch = place > 0 and found[place - 1].word is Word.LUNCH
        if word is Word.TIME:
            item, place = _read_span(found, place, clock24=clock24, lunch=after_lunch)
        elif word is Word.DATE:
            item, place = _read_stretch(found, place)
        elif word is Word.DAYS:
            item, place = _read_days(found, place)
        elif word is Word.ALL_DAY:
            item, place = _Item("T", Span(0, DAY)), place + 1
        elif word in {Word.AND, Word.COMMA, Word.BREAK}:
            item, place = _Item("|"), place + 1
        elif word is Word.TO:
            raise UnreadError
        else:
            item, place = _Item(word.value), place + 1
        yield item


def _read_span(found: list[Token], place: int, *, clock24: bool, lunch: bool) -> tuple[_Item, int]:
    start = found[place].value
    place += 1
    joined = place < len(found) and found[place].word is Word.TO
    while place < len(found) and found[place].word is Word.TO:
        place += 1
    if place >= len(found) or not isinstance(end := found[place].value, Clock):
        raise UnreadError
    if not isinstance(start, Clock) or not (joined or _early_to_late(start, end)):
        raise UnreadError
    bare = [clock.style == "bare" for clock in (start, end)]
    named = bool(start.part and end.part)
    if bare[1] and not (named or lunch):
        raise UnreadError
    return _Item("T", span(start, end, clock24=clock24 or lunch)), place + 1


def _early_to_late(start: Clock, end: Clock) -> bool:
    """早8晚10 needs no word for `to`."""
    return start.part.startswith("早") and end.part.startswith("晚")


def _read_stretch(found: list[Token], place: int) -> tuple[_Item, int]:
    values = [token.value for token in found[place : place + 3]]
    if len(values) < 3 or found[place + 1].word is not Word.TO:
        raise UnreadError
    start, end = values[0], values[2]
    if not isinstance(start, Month) or not isinstance(end, Month):
        raise UnreadError
    return _Item("M", Stretch(start, end)), place + 3


def _read_days(found: list[Token], place: int) -> tuple[_Item, int]:
    """Join days that are listed, and English ranges of days."""
    days = found[place].value
    if not isinstance(days, Days):
        raise UnreadError
    place += 1
    while place + 1 < len(found) and isinstance(other := found[place + 1].value, Days):
        joint = found[place].word
        both_single = days.single and other.single
        if joint is Word.AND or (joint is Word.COMMA and both_single):
            single = joint is Word.COMMA
            days = _union(days, other)._replace(single=single)
        elif joint is Word.TO and both_single:
            days = _range(days, other)
        else:
            break
        place += 2
    following = found[place].value if place < len(found) else None
    if isinstance(following, Days) and days.weekdays <= {5, 6} and following.holidays:
        # 周末节假日 needs no sign between the two.
        days, place = _union(days, following), place + 1
    return _Item("D", days), place


def _range(first: Days, last: Days) -> Days:
    if len(first.weekdays) != 1 or len(last.weekdays) != 1:
        raise UnreadError
    (begin,), (end,) = first.weekdays, last.weekdays
    return Days(frozenset((begin + step) % 7 for step in range((end - begin) % 7 + 1)))


def _union(left: Days, right: Days) -> Days:
    if left.weekdays & right.weekdays or (left.workdays and right.holidays):
        raise UnreadError
    return Days(
        left.weekdays | right.weekdays,
        holidays=left.holidays or right.holidays,
        workdays=left.workdays or right.workdays,
    )
