"""Moments as people and programs write them; one reading for the API and the command line."""

from __future__ import annotations

import datetime as dt

from stations.hours import BEIJING

FIRST_YEAR, LAST_YEAR = 2000, 2100


def read_moment(text: str) -> dt.datetime:
    """Return the moment of ``now`` or an ISO 8601 text; Beijing time unless an offset is given.

    Raises
    ------
    ValueError
        If it is none, or lies outside the years that make sense.
    """
    text = text.strip()
    if text == "now":
        return dt.datetime.now(BEIJING)
    # In a query string a plus sign arrives as a space.
    head, space, offset = text.rpartition(" ")
    if space and ("T" in head.upper() or ":" in head):
        text = f"{head}+{offset}"
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        message = f"{text[:40]!r} is no moment: give `now` or ISO 8601, such as 2026-11-20T22:40"
        raise ValueError(message) from None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        message = f"the year {moment.year} lies outside {FIRST_YEAR}-{LAST_YEAR}"
        raise ValueError(message)
    return moment.replace(tzinfo=BEIJING) if moment.tzinfo is None else moment
