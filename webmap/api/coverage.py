"""``GET /api/v1/coverage``: the share of workers with a usable station in reach, by hour too."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response

from webmap import current
from webmap.api.params import OpenQuery, WeekQuery
from webmap.api.responses import json_answer

blueprint = APIBlueprint("coverage", __name__, tag="Coverage")


@blueprint.get("/coverage")
@blueprint.input(OpenQuery, location="query")
def get_coverage(query_data: OpenQuery) -> Response:
    """Coverage.

    Workers who have a usable station within the radius, or within some minutes along the streets:
    total, by district, by group, by distance or time; beside it the nominal figure that counts
    every record in service, and what the circle says beside what the streets allow. With `at`,
    `facility` or `access`, `open` is the range of those who get in: `share` by the stations that
    certainly are open and have it, `perhaps_share` by those that may.
    """
    workspace = current.workspace()
    found = workspace.coverage(query_data.reach(workspace), need=query_data.need)
    return json_answer(found.to_dict(query_data.lang))


@blueprint.get("/coverage/week")
@blueprint.input(WeekQuery, location="query")
def get_week(query_data: WeekQuery) -> Response:
    """Coverage through the week.

    Workers at work, and those of them within reach of a station on the books (`nominal`), one that
    can be used (`effective`), one known to be open (`open`) and one that may be (`perhaps`), in
    each of 192 hours: those of a typical week, Monday 00:00 first, then those of a public holiday.
    Means are of the hours worked: one worker at work for one hour counts once. `deserts` are where
    those who work at night, early, at weekends or on holidays find nothing open.
    """
    workspace = current.workspace()
    found = workspace.week(query_data.reach(workspace), need=query_data.need)
    return json_answer(found.to_dict(query_data.lang))
