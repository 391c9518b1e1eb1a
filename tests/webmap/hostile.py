"""Text that would like to be more than text, and workspaces that are full of it."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from geodata.districts import Districts
from stations.config import BaseMap, Config
from stations.demand_file import Source
from stations.ledger import new_report, new_suggestion
from stations.model import AccessBand
from stations.store import Change
from stations.workspace import Workspace
from tests.stations.samples import station
from tests.webmap.town import MANAGER, MANAGER_PHONE, demand

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stations.ledger import Entry
    from stations.model import Station

POISONS = {
    "script": "<script>pwned=1</script>",
    "closer": "</title></script><img src=x onerror=pwned=1>",
    "textarea": "</textarea></style><svg onload=pwned=1>",
    "attribute": "\"' onmouseover=pwned=1 x='\"`><b>",
    "template": "{{7*7}}{% for x in y %}${1}#{1}<%=1%>",
    "placeholder": "{name}{n}{text}{detail}%s%(n)s",
    "javascript": "javascript:pwned=1//",
    "data": "data:text/html,<script>pwned=1</script>",
    "entities": "&lt;b&gt;&amp;quot;&#60;i&#62; \\u003cb\\u003e",
    "json": '"}];pwned=1;//<!--<script>]]>',
    "formula": "=cmd|' /C calc'!A0",
    "plus": "+1",
    "minus": "-1",
    "at": "@SUM(1+1)",
    "tab": "\t=1+1",
    "return": "\r=1+1",
    "feed": "\n=1+1",
    "wide": "＝1+1",
    "terminal": "\x1b[31m\x1b]0;pwned\x07\x9b2J\x90q",
    "controls": "a\x00b\x01\x08\x0b\x0c\x1f\x7f\x85c",
    "lines": "a\nb\r\nc\u2028d\u2029e",
    "override": "a\u202egpj\u202d\u2066\u2067z",
    "marks": "\u200eא\u200fب\u061c",
    "unseen": "a\u200bb\u2060c\ufeffd\u00ade",
    "emoji": "👩\u200d👩\u200d👧🏳️\u200d🌈👍🏽",
}
"""What is put into every field that takes text, one kind a station."""
LIMITS = {"phone": 60, "district": 60, "township": 60}
FREE_TEXT = (
    "name",
    "address",
    "phone",
    "district",
    "township",
    "host",
    "verified_by",
    "hours_text",
    "notes",
    "source",
)
PLACE = "lon=113.6&lat=34.8"
_FIRST_DAY = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
_KEPT = frozenset("0123456789+")
_KEPT_IN_FILES = frozenset("/\\\0\1\b\t\n\v\f\r\x1b\x1f\x07")


class Made(NamedTuple):
    """A workspace, what stands in it, and what has been reported there."""

    workspace: Workspace
    texts: tuple[str, ...]
    entries: tuple[Entry, ...]


def plain(text: str, kept: frozenset[str] = _KEPT) -> str:
    """Return harmless text that is as long and as wide, with as many digits to dial."""
    return "".join(c if c in kept else "a" if c.isascii() else "字" for c in text)


def make(folder: Path, disguise: Callable[[str], str] = str) -> Made:
    """Make a workspace with every poison in every field, each text there only once.

    Parameters
    ----------
    disguise
        What is put in place of each poison; the poison itself by default.
    """
    texts: list[str] = []

    def text(poison: str, place: str) -> str:
        texts.append(f"{disguise(poison)}§{place}§")
        return texts[-1]

    def file_name(poison: str, place: str) -> str:
        hidden = poison if disguise is str else plain(poison, _KEPT | _KEPT_IN_FILES)
        texts.append(f"{hidden}§{place}§.jpg")
        return texts[-1]

    def record(number: int, poison: str) -> Station:
        return station(
            f"s-{number:02}",
            lon=113.6 + number / 10_000,
            lat=34.8,
            opening_hours=None if number % 2 else "24/7",
            access=(AccessBand("qr"),),
            facilities={"drinking_water": True, "toilet": False},
            labels=(text(poison, f"label{number:02}"), text(poison, f"other{number:02}")),
            photos=(
                file_name(poison, f"photo{number:02}"),
                "https://photos.example/a.jpg",
                "https://[",
            ),
            source_datum="gcj02",
            manager=MANAGER,
            manager_phone=MANAGER_PHONE,
            **{field: text(poison, f"{field}{number:02}") for field in FREE_TEXT},
        )

    records = tuple(record(n, poison) for n, poison in enumerate(POISONS.values()))
    all_at_once = POISONS["closer"] + POISONS["template"][:7] + POISONS["override"] + "\"'&lt;"
    title, title_en = text(all_at_once, "title"), text(all_at_once, "title-en")
    base = BaseMap(attribution=text(all_at_once, "attribution"))
    names = text(all_at_once, "east"), text(POISONS["attribute"], "west")
    boxes = [shapely.box(113.4, 34.6, 113.65, 34.9), shapely.box(113.65, 34.6, 113.9, 34.9)]
    workspace = Workspace.create(
        folder,
        config=Config(title=title, title_en=title_en, basemap=base),
        districts=Districts(("410105", "410108"), names, np.array(boxes, dtype=object)),
    )
    workspace.store.apply(Change(put=records), who="test", what="made")
    workspace.set_demand(demand(), [Source("grid.csv", "courier", "points", 1.0)])
    entries = []
    for number, (one, poison) in enumerate(zip(records, POISONS.values(), strict=True)):
        words = f"{disguise(poison)}§report{number:02}§"
        at = _FIRST_DAY + dt.timedelta(minutes=number)
        filed = [
            new_report(one, "locked", text=words, at=at),
            new_suggestion(113.6, 34.8, text=words.replace("report", "wish"), at=at),
        ]
        for entry in filed:
            source = workspace.ledger.pseudonym(f"192.0.2.{number}")
            workspace.ledger.file(entry, source=source, request=f"SECRET-{entry.id}")
            answer = words.replace("report", f"answer-{entry.properties.kind}-")
            entries.append(
                workspace.ledger.answer(entry.id, who=MANAGER, text=answer, state="accepted")
            )
    said = [text for entry in entries for text in words_of(entry)]
    return Made(workspace, (*texts, *said), tuple(entries))


def words_of(entry: Entry) -> tuple[str, ...]:
    """Return what an entry says that is in no other: its number and what was written."""
    said = entry.properties
    return (entry.id, said.text or "", *(answer.text or "" for answer in said.answers))


def as_read(text: str) -> str:
    """Return text as a page shows it: without what steers, lines ended as a browser ends them."""
    seen = re.sub("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", "", text)
    return re.sub("\r\n?", "\n", seen)
