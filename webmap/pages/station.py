"""``GET /stations/<id>``: all that is known of a station, for whoever has its address."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, request

from stations import vocabulary
from stations.hours import BEIJING
from stations.hours.calendar_cn import DayKind, day_kind
from stations.hours.sign import told_week
from webmap import current, map_apps
from webmap.pages import hours as hours_in_words
from webmap.pages import wording
from webmap.pages.cards import Teller, chips
from webmap.pages.visitor import page, say, visitor
from webmap.pages.worker import worker_config

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stations.model import Properties

blueprint = Blueprint("station", __name__)

_DAY = dt.timedelta(days=1)
_PHOTO_NAME = re.compile(r"[^/\\\x00-\x1f]{1,120}\.(?:jpe?g|png|webp)", re.IGNORECASE)
_PHOTO_STARTS = {
    re.compile(rb"\xff\xd8\xff"): "image/jpeg",
    re.compile(rb"\x89PNG\r\n\x1a\n"): "image/png",
    re.compile(rb"RIFF....WEBP", re.DOTALL): "image/webp",
}
_NO_HTML = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'"}


class WeekDay(NamedTuple):
    """A day of the table of hours."""

    name: str
    date: str
    today: bool
    holiday: bool
    hours: str


@blueprint.get("/stations/<station_id>")
def show_station(station_id: str) -> Response:
    """Show a station, whatever its status."""
    workspace, lang = current.workspace(), visitor().lang
    registry = workspace.registry
    index = registry.index_of(station_id)
    station = registry.stations[index]
    properties = station.properties
    now = dt.datetime.now(BEIJING)
    links: tuple[map_apps.MapLink, ...] = ()
    if station.position is not None:
        lon, lat = station.position
        links = map_apps.links(station.name, lon, lat, address=properties.address)
    door = registry.entry_at(index, now)
    return page(
        "station.html",
        here="station",
        in_service=properties.status == "open" and wording.is_within_dates(properties, now),
        made=now.isoformat(timespec="seconds"),
        station=station,
        card=Teller(workspace, registry, lang, now).now(index),
        chips=chips(lang, properties),
        entry_now=set(door.modes),
        facts=tuple(_facts(properties)),
        missing=[code for code, there in properties.facilities.items() if not there],
        week=_week(properties, now),
        map_links=links,
        photos=[name for name in properties.photos if _PHOTO_NAME.fullmatch(name)],
        photo_links=[text for text in properties.photos if _is_https(text)],
        dialled=_dialled(properties.phone or ""),
        page_config=worker_config(),
    )


@blueprint.get("/photos/<name>")
def show_photo(name: str) -> Response:
    """Show a photo of the workspace's folder ``photos``, if it is one."""
    if not _PHOTO_NAME.fullmatch(name):
        abort(404)
    folder = (current.workspace().folder / "photos").resolve()
    path = (folder / name).resolve()
    if path.parent != folder or not path.is_file():
        abort(404)
    data = path.read_bytes()
    mimetype = next((t for start, t in _PHOTO_STARTS.items() if start.match(data)), None)
    if mimetype is None:
        abort(404)
    response = Response(data, mimetype=mimetype, headers=_NO_HTML)
    response.add_etag()
    response.make_conditional(request)
    return response


def _dialled(phone: str) -> str:
    """What a telephone is told: `*` and `#` would be commands to it."""
    digits = re.sub(r"[^0-9]", "", phone)
    return f"+{digits}" if digits and phone.startswith("+") else digits


def _is_https(text: str) -> bool:
    try:
        return urlsplit(text).scheme == "https"
    except ValueError:
        # An address that only looks like one: `https://[`.
        return False


def _facts(properties: Properties) -> Iterator[tuple[str, str]]:
    """Label and words of every field that no other part of the page shows."""
    lang, p = visitor().lang, properties
    separator = ", " if lang == "en" else "、"

    def labels(name: str, codes: tuple[str, ...]) -> str:
        return separator.join(vocabulary.label(name, code, lang) for code in codes)

    size = [
        *([say("station.area", n=f"{p.area_m2:g}")] if p.area_m2 is not None else []),
        *([say("station.capacity", n=p.capacity)] if p.capacity is not None else []),
    ]
    dates = (("valid_from", p.valid_from), ("valid_to", p.valid_to), ("opened_on", p.opened_on))
    found = {
        "address": p.address,
        "district": separator.join(filter(None, (p.district, p.township))),
        "kind": labels("kind", (p.kind,)),
        "services": labels("services", p.services),
        "serves": labels("serves", p.serves),
        "area_m2": " · ".join(size),
        "host": p.host,
        "host_kind": labels("host_kind", (p.host_kind,)) if p.host_kind else None,
        "build_mode": labels("build_mode", (p.build_mode,)) if p.build_mode else None,
        "mobile": say("station.mobile") if p.mobile else None,
        **{name: wording.day(lang, date) if date else None for name, date in dates},
        "star": say("station.star", n=p.star) if p.star else None,
        "labels": separator.join(p.labels),
        "notes": p.notes,
        "source": p.source,
    }
    for name, words in found.items():
        if words:
            yield vocabulary.label("field", name, lang), words


def _week(properties: Properties, now: dt.datetime) -> tuple[WeekDay, ...]:
    """The hours of this week; nothing where no day's are known."""
    hours: str | tuple[str, ...] | None = properties.opening_hours
    bands = tuple(band.hours for band in properties.access)
    if hours is None and bands and all(bands):
        hours = tuple(filter(None, bands))
    lang, today = visitor().lang, now.date()
    rows = told_week(hours, today)
    if all(row.spans is None for row in rows):
        return ()
    monday = today - today.weekday() * _DAY
    return tuple(
        WeekDay(
            wording.weekday(lang, date),
            f"{date.month}/{date.day}",
            date == today,
            day_kind(date) is DayKind.HOLIDAY,
            hours_in_words.times(lang, row),
        )
        for date, row in ((monday + n * _DAY, row) for n, row in enumerate(rows))
    )
