"""``GET /api/v1/report``: the figures of the coverage report."""

from __future__ import annotations

import datetime as dt

from apiflask import APIBlueprint
from flask import Response

from stations.hours import BEIJING
from stations.report import kept_report
from webmap import current
from webmap.api.params import ReportQuery
from webmap.api.responses import json_answer

blueprint = APIBlueprint("report_figures", __name__, tag="Coverage")


@blueprint.get("/report")
@blueprint.input(ReportQuery, location="query")
def get_report(query_data: ReportQuery) -> Response:
    """Coverage report.

    Every figure of the report for the area or one district, of today or of a quarter: nominal,
    effective and at work; the three aims; districts, groups, hours, deserts, needs, distances,
    gaps with the best site of each, recommended sites, capacity, norms, findings, sensitivity;
    and what they can be traced to. The page `/report` says the same in words.
    """
    ask = query_data.ask(dt.datetime.now(BEIJING).date())
    return json_answer(kept_report(current.workspace(), ask).to_dict())
