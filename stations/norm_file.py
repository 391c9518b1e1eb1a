"""``norms.toml``: the lists that unions inspect stations against, as a province words them.

A workspace's own file replaces the norms of this package as a whole, so that what is inspected is
what one file says. A fault is told with the norm and the item it is in.
"""

from __future__ import annotations

import contextlib
import functools
import re
import stat
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import msgspec

from stations.errors import WorkspaceError
from stations.norm_checks import Check, check_of, likely, on_site, shown
from stations.vocabulary import KIND_CODES, Kind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    Table = dict[str, Any]

NORMS_NAME = "norms.toml"
"""Name of the file in a workspace, and of the norms of this package."""
MAX_BYTES = 128 * 1024
MAX_LINE = 2000
"""Bytes of a line: a key of many dots takes tomllib the square of their number."""
MAX_NORMS = MAX_ITEMS = 50
LABEL, NOTE = 100, 300
"""How long, in characters, a label and a note may be."""
_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_IDEOGRAPHIC_SPACE = "\u3000"


class Item(msgspec.Struct, frozen=True):
    """One thing that a norm asks: a code within the norm, labels, a check, a note or ``""``."""

    code: str
    zh: str
    en: str
    check: Check
    note_zh: str = ""
    note_en: str = ""


class Norm(msgspec.Struct, frozen=True):
    """A list that stations are inspected against.

    Attributes
    ----------
    code, zh, en
        What it is called.
    items
        What it asks, at least one thing.
    source_zh, source_en
        Where it comes from, in a few words; may be empty.
    kinds
        It applies to stations that are, or carry the service of, one of these; empty: to all.
    """

    code: str
    zh: str
    en: str
    items: tuple[Item, ...]
    source_zh: str = ""
    source_en: str = ""
    kinds: tuple[Kind, ...] = ()


def read_norms(path: Path | None) -> tuple[Norm, ...]:
    """Read the norms of a workspace, or those of this package.

    The latter are returned where `path` is None or there is no such file.

    Raises
    ------
    WorkspaceError
        Naming the file, the norm, the item and what is wrong with it.
    """
    if path is None:
        return _defaults()
    with _named(str(path), str(path)):
        try:
            data = _bytes(path)
        except FileNotFoundError:
            return _defaults()
        except OSError as error:
            reason = error.strerror or str(error)
            raise WorkspaceError(f"cannot be read: {reason}", f"读不了：{reason}") from error
        return _norms(data)


@functools.cache
def _defaults() -> tuple[Norm, ...]:
    return _norms(Path(__file__).with_name(NORMS_NAME).read_bytes())


def _bytes(path: Path) -> bytes:
    if not stat.S_ISREG(path.stat().st_mode):
        raise WorkspaceError("is no file: put one there, or nothing", "不是文件：请换成文件或移走")
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise WorkspaceError(
            f"is larger than {MAX_BYTES // 1024} KiB: these cannot be norms",
            f"超过 {MAX_BYTES // 1024} KiB：这不会是标准",
        )
    return data


def _norms(data: bytes) -> tuple[Norm, ...]:
    for number, line in enumerate(data.split(b"\n"), 1):
        if len(line) > MAX_LINE:
            raise WorkspaceError(
                f"line {number} is longer than {MAX_LINE:,} bytes: break it up",
                f"第 {number} 行超过 {MAX_LINE:,} 字节：请分成几行",
            )
    try:
        # A mark of Windows editors is no fault.
        document = tomllib.loads(data.decode("utf-8-sig"))
    except RecursionError as error:
        raise WorkspaceError("is nested too deep", "嵌套太深") from error
    except ValueError as error:  # no TOML, no UTF-8, a number of a thousand digits
        raise WorkspaceError(f"is no TOML: {error}", f"不是正确的 TOML：{error}") from error
    _check_keys(document, needed={"norm"})
    tables = _tables(document, "norm", MAX_NORMS)
    norms = []
    for number, table in enumerate(tables, 1):
        name = _name(table, number)
        with _named(f"norm {name}", f"标准 {name}"):
            norms.append(_norm(table))
            _check_new(norms)
    return tuple(norms)


def _norm(table: Table) -> Norm:
    _check_keys(
        table, needed={"code", "zh", "items"}, optional={"en", "source_zh", "source_en", "kinds"}
    )
    code, (zh, en) = _code(table), _labels(table)
    items: list[Item] = []
    for number, part in enumerate(_tables(table, "items", MAX_ITEMS), 1):
        name = _name(part, number)
        with _named(f"item {name}", f"条目 {name}"):
            items.append(_item(part))
            _check_new(items)
    source = _both(table, "source", LABEL)
    return Norm(code, zh, en, tuple(items), *source, kinds=_kinds(table))


def _item(table: Table) -> Item:
    _check_keys(table, needed={"code", "zh", "check"}, optional={"en", "note_zh", "note_en"})
    code, (zh, en) = _code(table), _labels(table)
    check, note = check_of(table["check"]), _both(table, "note", NOTE)
    if on_site(check) and not all(note):
        raise WorkspaceError(
            "what is looked at on the spot needs a note_zh or note_en that says what to look for",
            "要到现场看的条目须有 note_zh 或 note_en，写明看什么",
        )
    return Item(code, zh, en, check, *note)


def _kinds(table: Table) -> tuple[Kind, ...]:
    kinds = table.get("kinds", [])
    if not isinstance(kinds, list) or ("kinds" in table and not kinds):
        raise WorkspaceError(
            "kinds is a list of kinds of station; leave it out for all of them",
            "kinds 是站点类型的列表；适用于所有类型时不要写",
        )
    for kind in kinds:
        if kind not in KIND_CODES:
            hint, chinese = likely(str(shown(kind)), KIND_CODES)
            raise WorkspaceError(
                f"kinds: there is no kind {shown(kind)}; {hint}",
                f"kinds：没有 {shown(kind)} 这种类型；{chinese}",
            )
    return cast("tuple[Kind, ...]", tuple(kinds))


# ------------------------------------------------------------------------------- parts of a table


@contextlib.contextmanager
def _named(english: str, chinese: str) -> Iterator[None]:
    """Put the name of what is being read before any error."""
    try:
        yield
    except WorkspaceError as error:
        raise WorkspaceError(f"{english}: {error}", f"{chinese}：{error.chinese}") from error


def _name(table: Table, number: int) -> str:
    """Return the code of a norm or item or, while it has none to go by, its number."""
    code = table.get("code")
    return code if isinstance(code, str) and _CODE.fullmatch(code) else str(number)


def _check_keys(table: Table, *, needed: Collection[str], optional: Collection[str] = ()) -> None:
    allowed = sorted({*needed, *optional})
    for key in table:
        if key not in allowed:
            hint, chinese = likely(key, allowed)
            raise WorkspaceError(
                f"{shown(key)} says nothing here; {hint}", f"这里不认 {shown(key)}；{chinese}"
            )
    missing = sorted(set(needed) - set(table))
    if missing:
        raise WorkspaceError(f"has no {missing[0]}", f"缺少 {missing[0]}")


def _check_new(found: list[Norm] | list[Item]) -> None:
    if any(found[-1].code == before.code for before in found[:-1]):
        raise WorkspaceError("this code is used twice", "代码重复")


def _tables(table: Table, key: str, most: int) -> list[Table]:
    tables = table[key]
    if (
        not isinstance(tables, list)
        or not 1 <= len(tables) <= most
        or not all(isinstance(one, dict) for one in tables)
    ):
        raise WorkspaceError(
            f"{key} is {shown(tables)}: it takes 1 to {most} tables",
            f"{key} 是 {shown(tables)}：应为 1 到 {most} 个表",
        )
    return tables


def _code(table: Table) -> str:
    code = table["code"]
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        raise WorkspaceError(
            f"code = {shown(code)} does not fit: lower-case letters, digits and _, at most 40",
            f"code = {shown(code)} 不合要求：只用小写字母、数字和 _，最多 40 个",
        )
    return code


def _labels(table: Table) -> tuple[str, str]:
    zh = _text(table, "zh", LABEL)
    return zh, _text(table, "en", LABEL) if "en" in table else zh


def _both(table: Table, key: str, longest: int) -> tuple[str, str]:
    """Chinese and English of what may be absent; where one is, the other stands for it."""
    zh, en = (
        _text(table, name, longest) if (name := f"{key}_{lang}") in table else ""
        for lang in ("zh", "en")
    )
    return zh or en, en or zh


def _text(table: Table, key: str, longest: int) -> str:
    text = table[key]
    if (
        not isinstance(text, str)
        or not text.strip()
        or len(text) > longest
        # Nothing that steers a terminal or the direction of writing.
        or not text.replace(_IDEOGRAPHIC_SPACE, " ").isprintable()
    ):
        raise WorkspaceError(
            f"{key} = {shown(text)} does not fit: one line of at most {longest} characters",
            f"{key} = {shown(text)} 不合要求：一行文字，最多 {longest} 字",
        )
    return text.strip()
