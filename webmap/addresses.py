"""Addresses that leave the site: on paper, in a QR code, in a message."""

from __future__ import annotations

from urllib.parse import quote

from flask import request

from webmap import current


def public_url_of(path: str) -> str:
    """Return the address under which people reach a page.

    It begins with the setting ``public_url`` or, without one, as the request did.

    Parameters
    ----------
    path
        As `url_for` gives it.
    """
    base = current.settings().public_url or request.url_root.rstrip("/")
    return base + path.removeprefix(request.script_root)


def station_path(station_id: str) -> str:
    """Return the path of a station's page, as `url_for` gives paths."""
    return f"{request.script_root}/stations/{quote(station_id, safe='')}"


def short_path(station_id: str) -> str:
    """Return the short path that leads to a station's page: less for a QR code to hold."""
    return f"{request.script_root}/s/{quote(station_id, safe='')}"
