"""``/api/v1/plans``: where new stations should go: asked for, worked on, kept.

Everybody may read a plan: its figures are as public as those of the coverage. Planning takes the
server's time, and is for whoever has the planner's token.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import msgspec
import orjson
from apiflask import APIBlueprint
from flask import Response, request, url_for

from stations.errors import UnknownPlanError
from stations.plans import PlanStore
from stations.siting import SitingAsk
from webmap import current
from webmap.api.errors import problem
from webmap.api.params import NoQuery
from webmap.api.plan_faults import faults_of
from webmap.api.responses import JSON, geojson_answer, json_answer
from webmap.jobs import ACTIVE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from webmap.api.plan_faults import Fault
    from webmap.jobs import Job

blueprint = APIBlueprint("plans", __name__, tag="Siting")


_MOST_FAULTS = 20
_REALM = 'Bearer realm="planner"'
_DONE = {
    "status": "done",
    "ask": None,
    "progress": None,
    "error": None,
    "position": None,
    "cancelling": False,
}


@blueprint.before_request
def check_token() -> Response | None:
    """Let only the planner change something; a wrong token is refused wherever it is given."""
    given = request.headers.get("Authorization")
    if given is None and request.method in {"GET", "HEAD", "OPTIONS"}:
        return None
    token = current.settings().planner_token
    if token is None:
        return problem(
            403,
            "this server does not plan: set YIZHAN_PLANNER_TOKEN, or planner_token in the [server] "
            "table of yizhan.toml, and start it again",
            detail_zh="本服务器没有开放选址求解：请设置 YIZHAN_PLANNER_TOKEN，"
            "或 yizhan.toml 中 [server] 的 planner_token，然后重启服务",
        )
    if given is None:
        response = problem(
            401,
            "planning needs the planner's token: send it as `Authorization: Bearer ...`",
            detail_zh="选址求解需要规划口令：请以 Authorization: Bearer ... 发送",
        )
        response.headers["WWW-Authenticate"] = _REALM
        return response
    kind, _, sent = given.partition(" ")
    expected = token.get_secret_value().encode()
    same = secrets.compare_digest(sent.strip().encode("utf-8", "surrogateescape"), expected)
    if kind.lower() != "bearer" or not same:
        return problem(403, "this is not the planner's token", detail_zh="规划口令不对")
    return None


@blueprint.post("/plans")
@blueprint.input(NoQuery, location="query")
def post_plan(query_data: NoQuery) -> Response:  # noqa: ARG001  it has been checked
    """Start a plan.

    Asks for a plan of new stations; the server works on it beside its other business, one plan
    after the other. The answer is the job, at the address in `Location`: ask there how it stands.
    """
    if request.mimetype != JSON:
        return problem(415, f"send the ask as {JSON}", detail_zh=f"请以 {JSON} 发送")
    try:
        given = orjson.loads(request.get_data())
    except orjson.JSONDecodeError as error:
        return problem(400, f"the body is no JSON: {error}", detail_zh=f"请求体不是 JSON：{error}")
    faults = faults_of(given, current.settings(), current.workspace())
    if faults:
        return _misfit(faults)
    ask = SitingAsk.from_dict(given)
    job = current.jobs().add(ask.to_dict(), most=current.settings().plan_queue)
    return _accepted(job, {"Location": url_for("plans.get_plan", plan_id=job.id)})


@blueprint.get("/plans")
@blueprint.input(NoQuery, location="query")
def get_plans(query_data: NoQuery) -> Response:  # noqa: ARG001  as above
    """Plans.

    Plans that wait, are worked on or have failed, in their order; behind them those that are kept,
    the newest first, each with what was asked in `ask` and its figures in `summary`.
    """
    jobs = current.jobs().all()
    kept = _store().list()
    ids = {one["id"] for one in kept}
    found = [{**_standing(job, jobs), "summary": None} for job in jobs if job.id not in ids]
    return json_answer({"plans": [*found, *map(_listed, kept)]})


@blueprint.get("/plans/<plan_id>")
@blueprint.input(NoQuery, location="query")
def get_plan(plan_id: str, query_data: NoQuery) -> Response:  # noqa: ARG001  as above
    """One plan.

    How it stands (`status`: queued, running, failed, cancelled, done), its `position` among those
    that wait, its `progress`, and with `done` the whole `plan`: new stations in order of gain,
    what each adds, the proved bound, and the curve of coverage against their number.
    """
    try:
        plan = _store().read(plan_id)["plan"]
    except UnknownPlanError:
        jobs = current.jobs().all()
        for job in jobs:
            if job.id == plan_id:
                return json_answer({**_standing(job, jobs), "plan": None})
        # It may have been kept between the two looks.
        plan = _store().read(plan_id)["plan"]
    done = {**_DONE, "id": plan_id, "created": plan["created"], "ask": plan["ask"]}
    return json_answer({**done, "plan": plan})


@blueprint.get("/plans/<plan_id>/features")
@blueprint.input(NoQuery, location="query")
def get_plan_features(plan_id: str, query_data: NoQuery) -> Response:  # noqa: ARG001  as above
    """A plan as a layer.

    A GeoJSON FeatureCollection (WGS84) for a map or a GIS: `kind` tells a new station (`site`,
    with its `rank` by gain), an existing one to close (`closed`), and areas of workers that the
    plan covers anew (`newly_covered`) or leaves out (`uncovered`).
    """
    return geojson_answer(_store().read(plan_id)["features"])


@blueprint.delete("/plans/<plan_id>")
@blueprint.input(NoQuery, location="query")
def delete_plan(plan_id: str, query_data: NoQuery) -> Response:  # noqa: ARG001  as above
    """Call off or remove a plan.

    One that waits or is worked on is called off (202, with the job): it ends soon, and what was
    found until then is kept as a plan with the status `interrupted`. One that has ended is removed
    (204).
    """
    jobs = current.jobs()
    try:
        _store().delete(plan_id)
    except UnknownPlanError:
        if jobs.read(plan_id).status in ACTIVE:
            return _accepted(jobs.cancel(plan_id))
        jobs.remove(plan_id)
    return Response(status=204)


def _store() -> PlanStore:
    return PlanStore(current.workspace().folder)


def _misfit(faults: Sequence[Fault]) -> Response:
    """All that does not fit, each under the name of its field where it is a field's."""
    shown = faults[:_MOST_FAULTS]
    named = [{"parameter": one.name, "message": one.text} for one in shown if one.name]
    members = {"errors": named} if named else {}
    chinese = "；".join(one.chinese for one in shown)
    return problem(422, "; ".join(one.text for one in shown), detail_zh=chinese, **members)


def _accepted(job: Job, headers: Mapping[str, str] | None = None) -> Response:
    body = {**_standing(job, current.jobs().all()), "plan": None}
    return Response(orjson.dumps(body), 202, headers, mimetype=JSON)


def _standing(job: Job, jobs: Sequence[Job]) -> dict[str, Any]:
    """How a job stands, as JSON types."""
    waiting = [one.id for one in jobs if one.status == "queued"]
    return {
        **msgspec.to_builtins(job),
        "position": waiting.index(job.id) + 1 if job.id in waiting else None,
        "cancelling": job.status == "running" and current.jobs().is_cancelled(job),
    }


def _listed(kept: dict[str, Any]) -> dict[str, Any]:
    """A plan that is kept, in a list; one whose file cannot be read says so."""
    fault, asked = kept.get("fault"), kept.pop("ask", None)
    return {
        **_DONE,
        "id": kept["id"],
        "created": kept.get("created"),
        "ask": asked,
        "error": {"en": fault, "zh": fault} if fault else None,
        "summary": None if fault else kept,
    }
