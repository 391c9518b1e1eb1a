"""``GET /saved``: the stations that a worker's phone has kept, as they are now."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from flask import Blueprint, request

from stations.errors import UnknownStationError
from stations.hours import BEIJING
from webmap import current
from webmap.pages.cards import Teller
from webmap.pages.visitor import page, visitor
from webmap.pages.worker import worker_config

if TYPE_CHECKING:
    from flask import Response

    from webmap.pages.cards import Card

blueprint = Blueprint("saved", __name__)

_MOST = 50


@blueprint.get("/saved")
def show_saved() -> Response:
    """Show the stations of ``ids``; only their list with ``part``."""
    workspace = current.workspace()
    registry, now = workspace.registry, dt.datetime.now(BEIJING)
    teller = Teller(workspace, registry, visitor().lang, now)
    asked = request.args.get("ids")
    cards: list[Card] = []
    gone: list[str] = []
    missing: list[str] = []
    for station_id in dict.fromkeys(filter(None, (asked or "").split(",")[:_MOST])):
        try:
            cards.append(teller.now(registry.index_of(station_id)))
        except UnknownStationError:
            # What was removed never comes back; what is not there may be, once the file is mended.
            (gone if station_id in registry.retired_ids else missing).append(station_id[:80])
    return page(
        "_saved_list.html" if "part" in request.args else "saved.html",
        here="saved",
        asked=asked is not None,
        cards=cards,
        gone=gone,
        missing=missing,
        page_config=worker_config(),
    )
