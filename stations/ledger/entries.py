"""An entry of the ledger: a worker's report or suggestion, and how the office answered it.

An `Entry` is a GeoJSON Feature as it stands in ``ledger.geojson``. A report's point is that of its
station, a suggestion's is where the worker wants one.
"""

from __future__ import annotations

import datetime as dt
import re
import secrets
import unicodedata
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta

from stations.errors import ReportError
from stations.model import Point, StationId
from stations.vocabulary import FACILITY_CODES, Facility, Problem, TaskState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stations.model import Station

Kind = Literal["report", "suggestion"]
MOST_TEXT = 1000
"""Characters of what one may write."""
OPEN_STATES: frozenset[TaskState] = frozenset({"new", "accepted"})
"""States in which something is still to be done."""

# Crockford's base 32: no i, l, o and u, which are misread.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_ID_LENGTH = 12
_BREAKS = re.compile("\r\n?|[\u2028\u2029]")
_JOINERS = frozenset("\u200c\u200d")
"""Format characters that some writing and many emoji are made with; they steer nothing."""

EntryId = Annotated[str, Meta(pattern=rf"^[{_ALPHABET}]{{{_ID_LENGTH}}}$(?!\n)")]
Text = Annotated[str, Meta(min_length=1, max_length=MOST_TEXT)]
Word = Annotated[str, Meta(min_length=1, max_length=200)]


class Answer(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What the office said or did; `who` did it is for the office alone."""

    time: dt.datetime
    who: Word
    state: TaskState
    text: Text | None = None


class Properties(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """What an entry says.

    Attributes
    ----------
    problem, station, station_name
        What is wrong, with which station, and what that was called then; of reports.
    facilities
        What is broken or has run out; or what a suggestion asks for.
    photo
        Whether a photo came with it.
    source
        Pseudonym of the address it came from. Private, and forgotten in time.
    request
        What the form called this sending of itself, so that sending it again files nothing new.
        Private, and forgotten in time.
    """

    kind: Kind
    created_at: dt.datetime
    state: TaskState = "new"
    problem: Problem | None = None
    station: StationId | None = None
    station_name: Word | None = None
    facilities: tuple[Facility, ...] = ()
    text: Text | None = None
    photo: bool = False
    answers: tuple[Answer, ...] = ()
    source: Word | None = None
    request: Word | None = None


class Entry(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="type",
    tag="Feature",
):
    """One report or suggestion.

    Its id is its number and the secret of the reporter's link in one: whoever has it may read what
    became of it.
    """

    id: EntryId
    geometry: Point | None
    properties: Properties

    @property
    def position(self) -> tuple[float, float] | None:
        """``(lon, lat)`` in WGS84 degrees; None for a station that nobody knows the place of."""
        return None if self.geometry is None else self.geometry.coordinates

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done about it."""
        return self.properties.state in OPEN_STATES

    def public(self) -> dict[str, Any]:
        """What the reporter may read, as JSON types: no source, and nobody's name."""
        said = self.properties
        return {
            "id": self.id,
            "kind": said.kind,
            "state": said.state,
            "created_at": said.created_at.isoformat(),
            "station": said.station,
            "station_name": said.station_name,
            "problem": said.problem,
            "facilities": list(said.facilities),
            "position": None if self.position is None else list(self.position),
            "text": said.text,
            "photo": said.photo,
            "answers": [
                {"time": one.time.isoformat(), "state": one.state, "text": one.text}
                for one in said.answers
            ],
        }

    def with_properties(self, **changed: object) -> Entry:
        """Return the entry with some of its properties replaced."""
        properties = msgspec.structs.replace(self.properties, **changed)
        return msgspec.structs.replace(self, properties=properties)


def new_report(
    station: Station,
    problem: Problem,
    *,
    facilities: Iterable[Facility] = (),
    text: str | None = None,
    at: dt.datetime | None = None,
) -> Entry:
    """Return a report of a problem of a station, not filed yet.

    Raises
    ------
    ReportError
        If the text is too long.
    """
    said = Properties(
        kind="report",
        created_at=_second(at),
        problem=problem,
        station=station.id,
        station_name=station.name,
        facilities=_in_order(facilities),
        text=clean(text),
    )
    return Entry(id=_new_id(), geometry=station.geometry, properties=said)


def new_suggestion(
    lon: float,
    lat: float,
    *,
    facilities: Iterable[Facility] = (),
    text: str | None = None,
    at: dt.datetime | None = None,
) -> Entry:
    """Return a suggestion of a place (degrees WGS84) for a new station, not filed yet.

    Raises
    ------
    ReportError
        If the text is too long.
    """
    said = Properties(
        kind="suggestion",
        created_at=_second(at),
        facilities=_in_order(facilities),
        text=clean(text),
    )
    # A centimetre is more than a finger on a map can mean.
    point = Point((round(lon, 7), round(lat, 7)))
    return Entry(id=_new_id(), geometry=point, properties=said)


def clean(text: str | None, field: str = "text") -> str | None:
    """Return text from outside as something that is only read; None where nothing is left.

    Controls go, except for line breaks, and so do marks that cannot be seen or turn the direction
    of writing. What is left is kept to the letter: making it harmless in a page, a terminal or a
    spreadsheet is the business of each of them.

    Raises
    ------
    ReportError
        If it is longer than `MOST_TEXT`; nothing is cut in silence.
    """
    if text is None:
        return None
    kept = "".join(filter(_is_read, _BREAKS.sub("\n", text).replace("\t", " ")))
    kept = re.sub(r"\n\s*\n", "\n\n", kept).strip()
    if len(kept) > MOST_TEXT:
        raise ReportError(
            field,
            f"{len(kept):,} characters; at most {MOST_TEXT:,} fit: say it in fewer words",
            f"共 {len(kept):,} 个字；最多 {MOST_TEXT:,} 个：请写短一些",
        )
    # Of nothing but joiners nobody reads anything.
    return kept if kept.strip("\u200c\u200d") else None


def check_consistent(entry: Entry) -> str | None:
    """Return what the types cannot say of an entry: that what its kind needs is there."""
    said = entry.properties
    if said.kind == "report" and (said.problem is None or said.station is None):
        return f"report {entry.id}: a problem and a station are needed"
    if said.kind == "suggestion" and entry.geometry is None:
        return f"suggestion {entry.id}: a position is needed"
    return None


def _is_read(character: str) -> bool:
    if character == "\n" or character in _JOINERS:
        return True
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs"}


def _in_order(facilities: Iterable[Facility]) -> tuple[Facility, ...]:
    return tuple(sorted(set(facilities), key=FACILITY_CODES.index))


def _new_id() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_ID_LENGTH))


def _second(at: dt.datetime | None) -> dt.datetime:
    return (at or dt.datetime.now(dt.UTC)).astimezone(dt.UTC).replace(microsecond=0)
