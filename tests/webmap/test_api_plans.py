"""Planning over HTTP: who may, what fits, and how a plan is found from its job to its end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from stations.plans import PlanStore
from stations.siting import SitingAsk
from tests.webmap import fake_planner
from tests.webmap.test_api_errors import problem_of
from tests.webmap.test_jobs import until
from webmap import create_app
from webmap.api.plan_shapes import PLAN_ASK
from webmap.jobs import Jobs
from webmap.settings import ServerSettings

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from stations.workspace import Workspace

TOKEN = "correct-horse-battery"
PLANNER = {"Authorization": f"Bearer {TOKEN}"}
PLANS = "/api/v1/plans"


@pytest.fixture
def planner(own_town: Workspace) -> FlaskClient:
    """A client that sends the planner's token; the fake planner works."""
    settings = ServerSettings(
        planner_token=TOKEN,  # type: ignore[arg-type]  pydantic makes a secret of it
        plan_queue=2,
        plan_time_s=60,
        plan_sites=50,
        max_body=2000,
    )
    app = create_app(own_town, settings)
    app.extensions["jobs"] = Jobs(own_town.folder, command=fake_planner.COMMAND)
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = PLANNER["Authorization"]
    return client


def standing(client: FlaskClient, plan_id: str) -> dict[str, Any]:
    """How a plan stands."""
    answer = client.get(f"{PLANS}/{plan_id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json(force=True)
    return found


def tell(workspace: Workspace, what: str) -> None:
    """Tell the fake planner what to do with the next plan that it takes."""
    (workspace.folder / fake_planner.WHAT_NAME).write_text(what)


def start(client: FlaskClient, ask: dict[str, Any]) -> str:
    """Start a plan; returns its id."""
    answer = client.post(PLANS, json=ask)
    assert answer.status_code == 202, answer.text
    return str(answer.get_json()["id"])


def test_a_plan_from_its_start_to_its_removal(planner: FlaskClient) -> None:
    """202 with the address, then done with the figures, then a layer, then gone."""
    answer = planner.post(PLANS, json={"new": 2})
    assert answer.status_code == 202
    job = answer.get_json()
    assert answer.headers["Location"] == f"{PLANS}/{job['id']}"
    assert (job["status"], job["ask"]["new"], job["plan"]) == ("queued", 2, None)
    until(lambda: standing(planner, job["id"])["status"] == "done")
    found = standing(planner, job["id"])
    assert found["plan"]["share"] == 0.6
    assert [site["rank"] for site in found["plan"]["sites"]] == [1, 2]
    (listed,) = planner.get(PLANS).get_json()["plans"]
    assert (listed["id"], listed["status"], listed["summary"]["sites"]) == (job["id"], "done", 2)
    assert listed["ask"] == job["ask"]
    layer = planner.get(f"{PLANS}/{job['id']}/features")
    assert layer.mimetype == "application/geo+json"
    assert layer.get_json(force=True) == fake_planner.FEATURES
    assert planner.delete(f"{PLANS}/{job['id']}").status_code == 204
    problem_of(planner.get(f"{PLANS}/{job['id']}"), 404)
    problem_of(planner.get(f"{PLANS}/{job['id']}/features"), 404)
    problem_of(planner.delete(f"{PLANS}/{job['id']}"), 404)


def test_a_queue_is_told_and_called_off(planner: FlaskClient, own_town: Workspace) -> None:
    """Place in the queue, progress, and both ways of calling off: 202 with the job as it stands."""
    tell(own_town, "hold")
    first, second = start(planner, {"new": 2}), start(planner, {"new": 1})
    until(lambda: standing(planner, first)["progress"])
    tell(own_town, "plan")
    third = start(planner, {"new": 1})
    assert [standing(planner, one)["position"] for one in (first, second, third)] == [None, 1, 2]
    full = planner.post(PLANS, json={"new": 1})
    assert "2 个方案" in problem_of(full, 429)["detail_zh"]
    problem_of(planner.get(f"{PLANS}/{first}/features"), 404)
    off = planner.delete(f"{PLANS}/{second}")
    assert (off.status_code, off.get_json()["status"]) == (202, "cancelled")
    assert standing(planner, third)["position"] == 1
    off = planner.delete(f"{PLANS}/{first}")
    assert (off.status_code, off.get_json()["cancelling"]) == (202, True)
    until(lambda: standing(planner, third)["status"] == "done")
    assert standing(planner, first)["plan"]["status"] == "interrupted"
    assert planner.delete(f"{PLANS}/{second}").status_code == 204


def test_a_failure_is_told_in_both_languages(planner: FlaskClient, own_town: Workspace) -> None:
    """What clashes is for whoever asked to read, in the list too."""
    tell(own_town, "fail")
    plan_id = start(planner, {"new": 1})
    until(lambda: standing(planner, plan_id)["status"] == "failed")
    assert standing(planner, plan_id)["error"] == {"en": "two quotas clash", "zh": "两个名额冲突"}
    (listed,) = planner.get(PLANS).get_json()["plans"]
    assert (listed["status"], listed["summary"]) == ("failed", None)


def test_without_a_token_set_nobody_plans(client: FlaskClient) -> None:
    """The default: 403, and how to change that, in both languages."""
    for answer in (
        client.post(PLANS, json={"new": 1}),
        client.post(PLANS, json={"new": 1}, headers=PLANNER),
        client.delete(f"{PLANS}/20261120-224000-abcdef"),
    ):
        found = problem_of(answer, 403)
        assert "YIZHAN_PLANNER_TOKEN" in found["detail"]
        assert "YIZHAN_PLANNER_TOKEN" in found["detail_zh"]
    assert client.get(PLANS).get_json() == {"plans": []}


def test_reading_is_open_and_starting_is_not(planner: FlaskClient) -> None:
    """A missing token is 401 with the challenge; the figures are public."""
    anybody = planner.application.test_client()
    for answer in (
        anybody.post(PLANS, json={"new": 1}),
        anybody.delete(f"{PLANS}/20261120-224000-abcdef"),
    ):
        problem_of(answer, 401)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert anybody.get(PLANS).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "Bearer wrong",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN}x",
        "Bearer ",
        "Bearer",
        f"Basic {TOKEN}",
        TOKEN,
        "",
        "Bearer \xff\xfe",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_wrong_token_is_refused(planner: FlaskClient, header: str, method: str) -> None:
    """403, whatever is done with it, and it is not repeated."""
    answer = planner.application.test_client().open(
        PLANS if method != "DELETE" else f"{PLANS}/20261120-224000-abcdef",
        method=method,
        json={"new": 1},
        headers={"Authorization": header},
    )
    assert TOKEN not in str(problem_of(answer, 403))


@pytest.mark.parametrize(
    ("ask", "field"),
    [
        ({}, "new"),
        ({"new": 0}, "new"),
        ({"new": 1.5}, "new"),
        ({"new": "15"}, "new"),
        ({"new": 51}, "new"),
        ({"new": 1, "closing": 51}, "closing"),
        ({"new": 1, "time_s": 61}, "time_s"),
        ({"new": 1, "time_s": 0}, "time_s"),
        ({"new": 1, "radius_m": -1}, "radius_m"),
        ({"new": 1, "problem": "best"}, "problem"),
        ({"new": 1, "share": 0.9}, "share"),
        ({"problem": "lscp", "share": 2}, "share"),
        ({"problem": "lscp", "curve": True}, "curve"),
        ({"new": 1, "candidates": "/etc/passwd"}, "candidates"),
        ({"new": 1, "groups": "courier"}, "groups"),
        ({"new": 1, "quotas": {"410108": 3}}, "quotas"),
        ({"new": 1, "quotas": {"999999": {"at_least": 1}}}, "quotas"),
        ({"new": 1, "district": "999999"}, "district"),
        ({"new": 1, "district": "北区"}, "district"),
        ({"new": 1, "groups": ["courier", "nobody"]}, "groups"),
        ({"new": 1, "worth": {"nobody": 2}}, "worth"),
        ({"new": 1, "foo": 1}, "foo"),
        ({"budget": -1}, "budget"),
        ({"problem": "best", "share": 0.9, "second": 0.5, "budget": 1}, "problem"),
        ({"problem": "lscp", "new": 3}, "new"),
        ({"new": 1, "mode": "car"}, "mode"),
        ({"new": 1, "mode": "car", "minutes": 5, "radius_m": 5}, "mode"),
        # The town of these tests has no network.
        ({"new": 1, "mode": "walk"}, "mode"),
        ({"new": 1, "minutes": 15}, "minutes"),
        ({"new": 1, "mode": "line", "minutes": 15}, "minutes"),
    ],
)
def test_what_does_not_fit_is_named(planner: FlaskClient, ask: dict[str, Any], field: str) -> None:
    """The field, in English and in Chinese; nothing is queued."""
    found = problem_of(planner.post(PLANS, json=ask), 422)
    assert [fault["parameter"] for fault in found["errors"]] == [field]
    assert field in found["detail_zh"]
    assert planner.get(PLANS).get_json() == {"plans": []}


@pytest.mark.parametrize(
    ("ask", "fields"),
    [
        ({"new": -3, "foo": 1}, ["foo", "new"]),
        ({"new": -3, "share": 2, "district": "999999"}, ["district", "new", "share"]),
        ({"new": 0, "problem": "best", "groups": ["nobody"]}, ["groups", "new", "problem"]),
        ({"problem": "pmedian", "budget": 5}, ["budget", "new"]),
        ({"new": 51, "time_s": 61, "share": 0.5}, ["new", "share", "time_s"]),
        ({"new": 1, "foo": 1, "bar": 2}, ["bar", "foo"]),
        ({"new": 0, "mode": "ebike", "radius_m": 500}, ["mode", "new", "radius_m"]),
        ({"new": 1, "mode": "walk", "minutes": -1}, ["minutes", "mode"]),
    ],
)
def test_every_fault_is_named_at_once(
    planner: FlaskClient, ask: dict[str, Any], fields: list[str]
) -> None:
    """Of every kind: who mends what is named needs not come back."""
    found = problem_of(planner.post(PLANS, json=ask), 422)
    assert sorted(fault["parameter"] for fault in found["errors"]) == fields
    for fault in found["errors"]:
        assert fault["parameter"] in found["detail_zh"]
        assert fault["message"] in found["detail"]


@pytest.mark.parametrize(
    "ask",
    [
        {"new": 1, "district": "西区", "groups": ["rider"], "worth": {"courier": 2}},
        {"new": 1, "district": "410108", "quotas": {"410105": {"at_most": 1}, "西区": {}}},
        {"problem": "lscp", "share": 0.5, "budget": 10},
        {"problem": "backup", "new": 2, "second": 0.3, "closing": 1},
        {"problem": "redundancy", "share": 0.9, "curve": None},
        {"problem": "capacitated", "budget": 9},
        {"problem": "pcenter", "new": 3, "candidates": "streets"},
    ],
)
def test_what_fits_is_taken(planner: FlaskClient, ask: dict[str, Any]) -> None:
    """By adcode and by name, of every kind of problem."""
    start(planner, ask)


@pytest.mark.parametrize(
    ("body", "mimetype", "status"),
    [
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b'{"new": NaN}', "application/json", 400),
        (b"[" * 1900, "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[]", "application/json", 422),
        (b"null", "application/json", 422),
        (b'{"newer": 1}', "application/json", 422),
        (b'{"new": 1}', "text/plain", 415),
        (b"new=1", "application/x-www-form-urlencoded", 415),
        (b'{"new": 1' + b" " * 2000 + b"}", "application/json", 413),
    ],
)
def test_a_body_that_is_no_ask_is_refused(
    planner: FlaskClient, body: bytes, mimetype: str, status: int
) -> None:
    """No JSON, another type, another shape, too large: said as what it is."""
    problem_of(planner.post(PLANS, data=body, content_type=mimetype), status)


@pytest.mark.parametrize("plan_id", ["none", "..%2F..%2Fyizhan", "20261120-224000-abcdef", "%00"])
def test_an_unknown_plan_is_404(planner: FlaskClient, plan_id: str) -> None:
    """Whatever is asked for never becomes a path."""
    problem_of(planner.get(f"{PLANS}/{plan_id}"), 404)
    problem_of(planner.delete(f"{PLANS}/{plan_id}"), 404)


def test_a_plan_file_that_cannot_be_read_says_so(planner: FlaskClient, own_town: Workspace) -> None:
    """The others are listed all the same."""
    plan_id = PlanStore(own_town.folder).save(fake_planner.DOCUMENT, fake_planner.FEATURES)
    broken = own_town.folder / "plans" / "20261120-224000-abcdef.json"
    broken.write_text("{")
    first, second = planner.get(PLANS).get_json()["plans"]
    assert (first["summary"], first["ask"]) == (None, None)
    assert "20261120-224000-abcdef.json" in first["error"]["en"]
    assert second["id"] == plan_id
    detail = problem_of(planner.get(f"{PLANS}/{broken.stem}"), 503)["detail"]
    assert str(own_town.folder) not in detail


def test_pages_of_other_origins_cannot_plan(planner: FlaskClient) -> None:
    """A browser that asks first is told that neither the method nor the header is allowed."""
    answer = planner.options(
        PLANS,
        headers={
            "Origin": "https://evil.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization",
        },
    )
    assert "POST" not in answer.headers["Access-Control-Allow-Methods"]
    assert "authorization" not in answer.headers["Access-Control-Allow-Headers"].lower()


def test_the_description_names_every_field_of_an_ask() -> None:
    """And no other; its example is a good ask."""
    assert set(PLAN_ASK["properties"]) == set(SitingAsk(new=1).to_dict())
    assert SitingAsk.from_dict(PLAN_ASK["example"]).new == 15


def test_no_token_is_told_or_logged(
    planner: FlaskClient,
    own_town: Workspace,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Not on a page, not in an answer, not in the log."""
    tell(own_town, "break")
    plan_id = start(planner, {"new": 1})
    until(lambda: standing(planner, plan_id)["status"] == "failed")
    texts = [planner.get(path).text for path in ("/map", "/openapi.json", PLANS)]
    said = "".join((*texts, caplog.text, *capfd.readouterr()))
    assert "the secret inside" in said  # the log of the planner
    assert TOKEN not in said


def test_the_page_knows_whether_one_can_plan(planner: FlaskClient, client: FlaskClient) -> None:
    """The form is offered where there is a token, with the limits of the server."""
    config = [
        orjson.loads(re.findall(r'id="yizhan-config"[^>]*>(.*?)</script>', one.get("/map").text)[0])
        for one in (planner, client)
    ]
    assert config[0]["planning"] == {"enabled": True, "maxSites": 50, "maxTime": 60}
    assert config[1]["planning"]["enabled"] is False
    assert config[0]["districts"] == [["410105", "东区"], ["410108", "西区"]]
