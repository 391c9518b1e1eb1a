"""The words of Chinese and English opening hours: free text to tokens, or nothing at all."""

from __future__ import annotations

import re
import unicodedata
from enum import Enum
from typing import Final, NamedTuple

# What 中午 or 晚 may stand before: hours kept as they are, and hours to which twelve are added.
_PARTS_OF_DAY: Final[dict[str, tuple[range, range]]] = {
    "凌晨": (range(7), range(0)),
    "清晨": (range(4, 10), range(0)),
    "清早": (range(4, 10), range(0)),
    "早晨": (range(4, 12), range(0)),
    "早上": (range(4, 12), range(0)),
    "早": (range(4, 12), range(0)),
    "上午": (range(5, 13), range(0)),
    "中午": (range(11, 15), range(1, 3)),
    "正午": (range(11, 15), range(1, 3)),
    "午后": (range(12, 24), range(1, 12)),
    "下午": (range(12, 24), range(1, 12)),
    "傍晚": (range(17, 21), range(5, 9)),
    "晚上": (range(17, 25), range(5, 13)),
    "晚间": (range(17, 25), range(5, 13)),
    "晚": (range(17, 25), range(5, 13)),
    "夜间": (range(19, 25), range(7, 13)),
    "夜晚": (range(19, 25), range(7, 13)),
    "夜里": (range(21, 25), range(9, 13)),
    "深夜": (range(21, 25), range(9, 13)),
    "am": (range(5, 13), range(0)),
    "pm": (range(12, 24), range(1, 12)),
}
_SUFFIXES: Final = {"a": "a.m.", "p": "p.m."}
MORNING: Final = frozenset({"凌晨", "清晨", "清早", "早晨", "早上", "早", "上午", "am", "a.m."})

_WEEKDAYS: Final = {
    **{char: index for index, char in enumerate("一二三四五六日")},
    **{char: index for index, char in enumerate("1234567")},
    "天": 6,
}
_ENGLISH_DAYS: Final = ("mo", "tu", "we", "th", "fr", "sa", "su")
_DIGITS: Final = {char: value for value, char in enumerate("零一二三四五六七八九")} | {
    "〇": 0,
    "两": 2,
}
# Only the characters that occur in opening hours.
_SIMPLIFIED: Final = str.maketrans(
    "週點時開節間營業務禮雙國後對無關閉館門為處後晝這與並並連號鐘從應運個壹貳叄兩歇認線餘網內",
    "周点时开节间营业务礼双国后对无关闭馆门为处后昼这与并并连号钟从应运个一二三两歇认线余网内",
)
_PUNCTUATION: Final = str.maketrans(
    {
        **dict.fromkeys("‐‑‒–—―−─━﹣~〜∼˜", "-"),
        **dict.fromkeys("∶︰˸﹕ː", ":"),
        **dict.fromkeys("【[〔{「『《<", "("),
        **dict.fromkeys("】]〕}」』》>", ")"),
        **dict.fromkeys("。；;|\r\n\t", ";"),
        **dict.fromkeys("，,", ","),
        **dict.fromkeys("、&+/", "、"),
        "×": "x",
        "*": "x",
        "•": " ",
    }
)


class Word(Enum):
    """Kinds of tokens; the values are the letters in which the grammar is written."""

    DAYS = "D"
    TIME = "h"
    ALL_DAY = "A"
    DATE = "d"
    SEASON = "W"
    TO = "-"
    AND = "&"
    COMMA = ","
    BREAK = ";"
    LEFT = "("
    RIGHT = ")"
    CLOSED = "C"
    EXCEPT = "E"
    OUTSIDE = "X"
    AS_USUAL = "N"
    INCLUDING = "I"
    OPEN = "O"
    LUNCH = "L"
    FILLER = ""


class Days(NamedTuple):
    """A set of days; `workdays` when it leaves out public holidays by its meaning."""

    weekdays: frozenset[int]
    holidays: bool = False
    workdays: bool = False
    single: bool = False
    every: bool = False
    """Every day in so many words (每天), from which some may be excepted."""


class Clock(NamedTuple):
    """A time as it was written."""

    hour: int
    minute: int
    style: str
    """``colon``, ``dot``, ``unit`` (点), ``english`` (9am) or ``bare``."""
    part: str
    """The part of the day before it, such as 下午, or am or pm after it."""
    next_day: bool
    padded: bool


class Month(NamedTuple):
    """A month and, where given, a day of it."""

    month: int
    day: int | None


class Token(NamedTuple):
    """One word and what it means."""

    word: Word
    value: Days | Clock | Month | None = None


class UnreadError(Exception):
    """Something in the text cannot be read with certainty."""


_NUMBER: Final = r"(?:[0-9]{1,2}|[零〇一二两三四五六七八九十]{1,3})"
_JOIN: Final = r"\s*(?:、|和|及|与|-+|至|到)\s*"
_WEEK: Final = r"(?:周|星期|礼拜)"
# A bare weekday after 周一、 must not be the beginning of a time.
_DAY_CHAR: Final = r"[一二三四五六日天](?![一二三四五六七八九十零半点时月号刻分])"
_DAY_DIGIT: Final = r"[1-7](?![0-9:.点时])"
_PART: Final = "|".join(sorted(_PARTS_OF_DAY, key=len, reverse=True))
_WORKDAYS: Final = Days(frozenset(range(5)), workdays=True)
_WEEKEND: Final = Days(frozenset({5, 6}))
_EVERY_DAY: Final = Days(frozenset(range(7)), every=True)
_HOLIDAYS: Final = Days(frozenset(), holidays=True)

_TIME: Final = rf"""(?:当[日天])?(?P<next>次日|翌日|第二天|隔天|隔日)?的?\s*
    (?:(?P<part>{_PART})\s*:?\s*)?
    (?:(?P<h>[0-9]{{1,2}})\s*:\s*(?P<m>[0-9]{{2}})(?::00)?(?![0-9:.])\s*[点时分]?
      |(?P<dh>[0-9]{{1,2}})\.(?P<dm>[0-9]{{2}})(?![0-9.:])
      |(?P<uh>{_NUMBER})\s*(?:点钟?整?|时整?)
        (?:(?P<half>半)|(?P<quarter>[一三])刻
          |(?P<um>{_NUMBER})(?:分|(?![0-9:点时半分小月日号])))?
      |(?P<eh>[0-9]{{1,2}})(?=\s*[ap]\.?m\b)
      |(?P<bh>(?(part){_NUMBER}|[0-9]{{1,2}}))(?![0-9:.点时小hx天月日号]|\s+[点时]))
    (?:\s*(?P<suffix>[ap])\.?m\b\.?)?"""

# In order: a word that contains another comes first.
_WORDS: Final[tuple[tuple[str, Word, Days | None], ...]] = (
    (r"(?:全天候)?(?:全天)?(?:24|二十四)\s*(?:个?小时|h(?:ou)?rs?|h)(?![a-z0-9])",
     Word.ALL_DAY, None),
    (r"[7七]\s*天?\s*x?\s*24\s*(?:个?小时|h)", Word.ALL_DAY, None),
    (r"(?:7x24|24x7|24、7|7、24)(?![0-9])(?:\s*(?:个?小时|h))?", Word.ALL_DAY, None),
    (r"0\s*-+\s*24\s*(?:个?小时|h(?![a-z]))", Word.ALL_DAY, None),
    (r"全天(?!候)(?:(?:24|二十四)个?小时)?|全日(?!制)|all day", Word.ALL_DAY, None),
    ((r"(?:[中午]间|中午|午休(?:时间)?)(?:不休息?|无休|不闭馆|不关门|不打烊|不间断"
      r"|照常(?:开放|营业)?)"), Word.FILLER, None),
    (r"午休(?:时间)?|(?:午间|中午)休息(?:时间)?", Word.LUNCH, None),
    (r"(?:全年|常年|终年|年中)?(?:无休|不休息?|不打烊|不歇业|不闭馆|不关门)", Word.AS_USUAL, None),
    (r"(?:均|也|都)?(?:照常|正常)(?:对外)?(?:开放|营业|服务|开门)|照常", Word.AS_USUAL, None),
    (r"非工作日|休息日", Word.DAYS, Days(frozenset({5, 6}), holidays=True)),
    ((r"不(?:对外)?开放|不营业|不开门|不上班|[闭休]馆|关闭|关门|闭店|歇业|停业|公休"
      r"|休息(?![时日室区间])|休(?![闲整息])|closed|off"), Word.CLOSED, None),
    (r"除外|以外|之外|外(?![面卖地围])", Word.OUTSIDE, None),
    (r"除了?|不含|不包括|except(?:\s+for)?|excluding", Word.EXCEPT, None),
    (r"包括|包含|含|including", Word.INCLUDING, None),
    ((r"(?:对外)?(?:开放|营业|服务|工作|办公|运营|开门)(?:时间|时段)|时间|时段"
      r"|(?:opening|business|service)?\s*hours"), Word.FILLER, None),
    (r"(?:对外)?(?:开放|营业|开门|运营|服务)|open", Word.OPEN, None),
    (r"每?个?工作日", Word.DAYS, _WORKDAYS),
    (r"每?个?(?:周末|双休日?)|weekends?", Word.DAYS, _WEEKEND),
    (r"weekdays?", Word.DAYS, Days(frozenset(range(5)))),
    ((r"(?:国家)?(?:法定|国定)(?:节、?假日|假日|节日|假期)|节、?假日|公[共众]假[日期]"
      r"|public holidays?|ph"), Word.DAYS, _HOLIDAYS),
    (r"每[天日]|天天|日日|[每一]周[七7]天|[七7]天(?!内)|(?:全年)?365天|daily|every\s*day",
     Word.DAYS, _EVERY_DAY),
    (r"夏令时|冬令时|[春夏秋冬]{1,2}季(?:节)?|[夏冬]天", Word.SEASON, None),
    (r"-+>?|至|到|to\b|till\b|until\b", Word.TO, None),
    (r"、|和|及|与|以及|and\b", Word.AND, None),
    (r",", Word.COMMA, None),
    (r";|\.(?![0-9])", Word.BREAK, None),
    (r"\(", Word.LEFT, None),
    (r"\)", Word.RIGHT, None),
    (r"全年|每年|每周(?=周|星期|礼拜)|本站|驿站|站点|[为是的从自由均都:'\"“”]", Word.FILLER, None),
)  # fmt: skip

_DAY_LIST: Final = re.compile(
    rf"[每逢]*{_WEEK}(?:[一二三四五六日天](?:[一二三四五六日天](?![十点时]))*|{_DAY_DIGIT})"
    rf"(?:[每逢]*{_WEEK}[一二三四五六日天](?!末)"
    rf"|{_JOIN}(?:[每逢]*{_WEEK}(?:[一二三四五六日天]|{_DAY_DIGIT})|{_DAY_CHAR}"
    rf"|(?<=[0-9][-至到]){_DAY_DIGIT})(?!末))*"
)
_ENGLISH_DAY: Final = re.compile(
    r"(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:days?)?\b\.?"
    r"|(?:mo|tu|we|th|fr|sa|su)\b"
)
_DATE: Final = re.compile(
    rf"(?:每年|当年|次年|翌年|来年|第二年)?({_NUMBER})月份?(?:({_NUMBER})[日号])?"
)
_MONTH_BEFORE: Final = re.compile(
    rf"([0-9]{{1,2}})(?=\s*(?:-+|至|到)\s*(?:次年|翌年|来年)?{_NUMBER}月)"
)
_UNFINISHED: Final = [[Word.AND], [Word.TO], [Word.EXCEPT], [Word.INCLUDING]]
_CLOCK: Final = re.compile(_TIME, re.VERBOSE)
_VOCABULARY: Final = tuple((re.compile(pattern), word, days) for pattern, word, days in _WORDS)
# 24小时 and 中午休息 begin as times do.
_UNTIL: Final = next(place for place, entry in enumerate(_WORDS) if entry[1] is Word.LUNCH) + 1
_BEFORE_TIMES: Final = _VOCABULARY[:_UNTIL]
_AFTER_TIMES: Final = _VOCABULARY[_UNTIL:]


def normalise(text: str) -> str:
    """Unify widths, dashes, brackets and characters; refuse numbers that are no plain digits."""
    for char in text:
        folded = unicodedata.normalize("NFKC", char)
        if folded != char and re.search(r"[0-9]", folded) and not "０" <= char <= "９":
            raise UnreadError
    folded = unicodedata.normalize("NFKC", text).lower()
    return folded.translate(_SIMPLIFIED).translate(_PUNCTUATION).strip()


def tokens(text: str) -> list[Token]:
    """Cut normalised text into tokens.

    Raises
    ------
    UnreadError
        At the first character that belongs to no known word.
    """
    found: list[Token] = []
    place = 0
    while place < len(text):
        if text[place].isspace():
            place += 1
            continue
        token, place = _next_token(text, place)
        if token.word is not Word.FILLER:
            found.append(token)
    words = [token.word for token in found]
    # A text that was cut off may have said more.
    if words.count(Word.LEFT) != words.count(Word.RIGHT) or words[-1:] in _UNFINISHED:
        raise UnreadError
    return found


def _next_token(text: str, place: int) -> tuple[Token, int]:
    if match := _DAY_LIST.match(text, place):
        return Token(Word.DAYS, _chinese_days(match[0])), match.end()
    if match := _ENGLISH_DAY.match(text, place):
        day = _ENGLISH_DAYS.index(match[0][:2])
        return Token(Word.DAYS, Days(frozenset({day}), single=True)), match.end()
    for pattern, word, days in _BEFORE_TIMES:
        if match := pattern.match(text, place):
            return Token(word, days), match.end()
    if match := _DATE.match(text, place) or _MONTH_BEFORE.match(text, place):
        day_text = match[2] if match.re is _DATE else None
        day_of_month = None if day_text is None else _number(day_text)
        return Token(Word.DATE, Month(_number(match[1]), day_of_month)), match.end()
    if match := _CLOCK.match(text, place):
        return Token(Word.TIME, _clock(match)), match.end()
    for pattern, word, days in _AFTER_TIMES:
        if match := pattern.match(text, place):
            return Token(word, days), match.end()
    raise UnreadError


def _chinese_days(text: str) -> Days:
    chars = re.findall(r"[一二三四五六日天1-7]|、|和|及|与|-+|至|到", re.sub(_WEEK, "", text))
    days: set[int] = set()
    last = -1
    ranged = False
    count = 0
    for char in chars:
        if char in _WEEKDAYS:
            day = _WEEKDAYS[char]
            if ranged:
                days |= {(last + step) % 7 for step in range((day - last) % 7 + 1)}
            days.add(day)
            last, ranged = day, False
            count += 1
        else:
            ranged = char not in "、和及与"
    return Days(frozenset(days), single=count == 1)


def _clock(match: re.Match[str]) -> Clock:
    hour = next(match[name] for name in ("h", "dh", "uh", "eh", "bh") if match[name])
    minute = match["m"] or match["dm"] or match["um"]
    if match["half"]:
        minutes = 30
    elif match["quarter"]:
        minutes = 15 * _number(match["quarter"])
    else:
        minutes = _number(minute) if minute else 0
    styles = {"h": "colon", "dh": "dot", "uh": "unit", "eh": "english", "bh": "bare"}
    style = next(styles[name] for name in styles if match[name])
    suffix = _SUFFIXES[match["suffix"]] if match["suffix"] else ""
    if minutes > 59 or (suffix and match["part"]):
        raise UnreadError
    padded = style == "colon" and len(hour) == 2
    return Clock(
        _number(hour), minutes, style, match["part"] or suffix, bool(match["next"]), padded
    )


def _number(text: str) -> int:
    if text.isdecimal():
        return int(text)
    match = re.fullmatch(r"([一二两三四五六七八九]?)(十)?([零〇一二两三四五六七八九]?)", text)
    if match is None or (match[1] and match[3] and not match[2]):
        raise UnreadError
    tens = _DIGITS[match[1]] if match[1] and match[2] else int(bool(match[2]))
    ones = match[3] or (match[1] if not match[2] else "")
    return tens * 10 + (_DIGITS[ones] if ones else 0)


def hour_of(clock: Clock, part: str) -> int:
    """Return the hour of the day, 0 to 24, that is meant after a part of the day.

    Raises
    ------
    UnreadError
        If the hour is not one that people call by that part of the day.
    """
    if part in _SUFFIXES.values():
        return _english_hour(clock.hour, part)
    kept, raised = _PARTS_OF_DAY[part]
    if clock.hour in kept:
        return clock.hour
    if clock.hour in raised:
        return clock.hour + 12
    raise UnreadError


def _english_hour(hour: int, part: str) -> int:
    if part == "a.m." and hour <= 12:
        return hour % 12
    if part == "p.m." and 1 <= hour <= 23:
        return hour if hour >= 12 else hour + 12
    raise UnreadError
