"""The description of the API says what is answered, all of it and nothing else."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import openapi_spec_validator
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi import checks

from stations.errors import UnknownPlanError
from stations.ledger import Ledger, new_report
from stations.plans import PlanStore
from stations.workspace import Workspace
from tests.webmap import fake_planner
from tests.webmap.town import SECRETS
from webmap import create_app
from webmap.api import params
from webmap.jobs import Job
from webmap.settings import ServerSettings, server_settings

if TYPE_CHECKING:
    from apiflask import APIFlask
    from flask.testing import FlaskClient

TOKEN = "correct-horse-battery"
QUERIES = {
    "/api/v1/nearest": params.NearestQuery,
    "/api/v1/stations": params.StationsQuery,
    "/api/v1/stations/clusters": params.ClustersQuery,
    "/api/v1/changes": params.ChangesQuery,
    "/api/v1/places": params.PlacesQuery,
    "/api/v1/districts": params.CoverageQuery,
    "/api/v1/coverage": params.OpenQuery,
    "/api/v1/coverage/week": params.WeekQuery,
    "/api/v1/report": params.ReportQuery,
    "/api/v1/gaps": params.GapsQuery,
    "/api/v1/access": params.CoverageQuery,
    "/api/v1/stations/{station_id}/isochrone": params.IsochroneQuery,
    "/api/v1/stations/{station_id}/route": params.WayQuery,
    "/api/v1/demand": params.DemandQuery,
}
EXAMPLES = {
    "/api/v1/nearest": "?lon=113.6&lat=34.8",
    "/api/v1/changes": "?since=0",
    "/api/v1/places": "?q=驿站",
    "/api/v1/stations/clusters": "?bbox=113,34,114,35&zoom=10",
    "/api/v1/demand": "?bbox=113,34,114,35",
    "/api/v1/stations/{station_id}": "",
    "/api/v1/stations/{station_id}/route": "?lon=113.6&lat=34.81",
}
# What the same path answers for ways along streets.
BY_STREETS = {
    "/api/v1/nearest": "?lon=113.6&lat=34.8&mode=walk&k=100",
    "/api/v1/districts": "?mode=walk",
    "/api/v1/coverage": "?mode=ebike&minutes=10",
    "/api/v1/gaps": "?mode=walk",
    "/api/v1/access": "?mode=walk",
    "/api/v1/stations/{station_id}/isochrone": "?mode=ebike&minutes=20,5",
    "/api/v1/stations/{station_id}/route": "?lon=113.6&lat=34.81&mode=ebike",
}


FORMS = {
    "/api/v1/reports": {"station": "office", "problem": "hours"},
    "/api/v1/suggestions": {"lon": 113.6, "lat": 34.8},
}


def reported(folder: Path) -> str:
    """Have two people report that the office is locked, one with a photo; the id of that."""
    ledger, office = Ledger(folder), Workspace(folder).registry.get("office")
    ledger.file(new_report(office, "locked"), source="a")
    photo = b"\xff\xd8\xff of something"
    return ledger.file(new_report(office, "locked"), source="b", photo=photo).entry.id


class NoJobs:
    """Jobs that are taken and never worked on."""

    def add(self, ask: dict[str, Any], *, most: int) -> Job:
        """Take a job and forget it."""
        assert most > 0
        return Job(id="20261120-224000-abcdef", created="2026-11-20T22:40:00+08:00", ask=ask)

    def all(self) -> list[Job]:
        """None is there."""
        return []

    def read(self, job_id: str) -> Job:
        """None is there."""
        raise UnknownPlanError(job_id)


@pytest.fixture
def spec(client: FlaskClient) -> dict[str, Any]:
    """The description as it is served."""
    found: dict[str, Any] = client.get("/openapi.json").get_json()
    return found


def operations(spec: dict[str, Any]) -> dict[tuple[str, str], Any]:
    """Every operation by its path and method."""
    return {(path, m): one for path, methods in spec["paths"].items() for m, one in methods.items()}


def readable(spec: dict[str, Any]) -> dict[str, Any]:
    """The paths that one may ask."""
    return {path: methods for path, methods in spec["paths"].items() if "get" in methods}


def test_it_is_openapi_3_1(spec: dict[str, Any]) -> None:
    """Valid by the validator of the OpenAPI initiative's schemas."""
    assert spec["openapi"].startswith("3.1")
    openapi_spec_validator.validate(spec)


def test_every_route_is_described_and_every_description_is_a_route(
    app: APIFlask, spec: dict[str, Any]
) -> None:
    """A resource that is added without words, or words without a resource, fails here."""
    routes = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith(("/api/", "/healthz"))
    }
    assert routes == set(operations(spec))
    for key, operation in operations(spec).items():
        assert operation["summary"], key
        assert operation["description"], key
        assert operation["tags"], key
        assert all(r["description"] for r in operation["responses"].values()), key


def test_planning_takes_a_token_and_reporting_none(spec: dict[str, Any]) -> None:
    """Whatever else is no GET is under /plans, has the security scheme, and tells of 401 and 403.

    Reports and suggestions come from anybody, and tell of the limit instead.
    """
    for (path, method), operation in operations(spec).items():
        if method == "get":
            assert "security" not in operation, path
            continue
        if path in {"/api/v1/reports", "/api/v1/suggestions"}:
            assert "security" not in operation
            assert {"200", "201", "413", "415", "422", "429"} <= set(operation["responses"])
            assert set(operation["requestBody"]["content"]) == {
                "application/json",
                "multipart/form-data",
            }
            continue
        assert path.startswith("/api/v1/plans")
        assert operation["security"] == [{"planner": []}]
        assert {"401", "403"} <= set(operation["responses"])
    assert spec["components"]["securitySchemes"]["planner"]["scheme"] == "bearer"


def test_every_parameter_is_described_and_real(spec: dict[str, Any]) -> None:
    """The names are those of the model that reads them, each with words and a type."""
    for path, methods in readable(spec).items():
        described = {p["name"] for p in methods["get"]["parameters"] if p["in"] == "query"}
        model = QUERIES.get(path)
        assert described == (set(model.model_fields) if model else set()), path
        for parameter in methods["get"]["parameters"]:
            assert parameter["schema"].get("type"), (path, parameter)
            if parameter["in"] == "query":
                assert parameter["description"], (path, parameter)
                assert "null" not in json.dumps(parameter["schema"]), (path, parameter)


def test_the_form_of_the_description_can_be_sent_at_once(
    client: FlaskClient, spec: dict[str, Any]
) -> None:
    """What has to be given stands first and has an example that is answered."""
    for path, methods in readable(spec).items():
        required = [p["required"] for p in methods["get"]["parameters"]]
        assert required == sorted(required, reverse=True)
        query = {
            p["name"]: ",".join(map(str, p["example"]))
            if p.get("explode") is False
            else p["example"]
            for p in methods["get"]["parameters"]
            if p["required"] and p["in"] == "query"
        }
        if "{" not in path:
            assert client.get(path, query_string=query).status_code == 200, path


def test_the_most_stations_of_this_server_are_said(town: Workspace) -> None:
    """`k` is described with the limit of the settings."""
    app = create_app(town, ServerSettings(max_k=7))
    spec = app.test_client().get("/openapi.json").get_json()
    parameters = {p["name"]: p for p in spec["paths"]["/api/v1/nearest"]["get"]["parameters"]}
    assert parameters["k"]["schema"]["maximum"] == 7


def test_it_names_no_server_and_keeps_to_nobody_s_host(town: Workspace) -> None:
    """Whoever asks first with a false Host does not send everybody else there."""
    client = create_app(town).test_client()
    client.get("/openapi.json", headers={"Host": "evil.example"})
    answer = client.get("/openapi.json")
    assert "evil.example" not in answer.text
    assert answer.get_json()["servers"] == [{"url": "/"}]


def test_it_holds_no_private_value_or_field_of_an_answer(spec: dict[str, Any]) -> None:
    """Answers are described without the fields that they never have."""
    text = json.dumps(spec, ensure_ascii=False)
    assert not any(secret in text for secret in SECRETS)
    assert "manager_phone" not in text


def fits(client: FlaskClient, spec: dict[str, Any], path: str, query: str = "", **ids: str) -> None:
    """Whether an answer has the media type and the shape that are described."""
    answer = client.get(path.format(station_id="office", **ids) + query)
    assert answer.status_code == 200, (path, answer.text)
    ((media, content),) = spec["paths"][path]["get"]["responses"]["200"]["content"].items()
    assert answer.mimetype == media
    if media == "image/jpeg":
        assert answer.data.startswith(b"\xff\xd8\xff")
        return
    schema = {**content["schema"], "components": spec["components"]}
    jsonschema.Draft202012Validator(schema).validate(answer.get_json(force=True))


def test_answers_fit_their_description(
    street_town: Workspace, tmp_path: Path, spec: dict[str, Any]
) -> None:
    """Each answer has the media type that is described, and fits its schema to the letter."""
    shutil.copytree(street_town.folder, tmp_path / "own")
    client = create_app(tmp_path / "own").test_client()
    ids = {
        "plan_id": PlanStore(tmp_path / "own").save(fake_planner.DOCUMENT, fake_planner.FEATURES),
        "report_id": reported(tmp_path / "own"),
    }
    for path in readable(spec):
        fits(client, spec, path, EXAMPLES.get(path, ""), **ids)
    for path, query in BY_STREETS.items():
        fits(client, spec, path, query)
    for path, form in FORMS.items():
        answer = client.post(path, json=form)
        assert answer.status_code == 201
        ((_, content),) = spec["paths"][path]["post"]["responses"]["201"]["content"].items()
        schema = {**content["schema"], "components": spec["components"]}
        jsonschema.Draft202012Validator(schema).validate(answer.get_json())


def test_estimates_fit_their_description(client: FlaskClient, spec: dict[str, Any]) -> None:
    """Without a network, what is answered instead."""
    for path in ("/api/v1/nearest", "/api/v1/stations/{station_id}/route"):
        fits(client, spec, path, BY_STREETS[path])
    fits(client, spec, "/api/v1/network")


def test_geojson_has_its_media_type(spec: dict[str, Any]) -> None:
    """RFC 7946 registers application/geo+json; figures are plain JSON."""
    media = {
        path: next(iter(methods["get"]["responses"]["200"]["content"]))
        for path, methods in readable(spec).items()
    }
    geojson = {path for path, kind in media.items() if kind == "application/geo+json"}
    assert geojson == {
        "/api/v1/nearest",
        "/api/v1/stations",
        "/api/v1/stations/{station_id}",
        "/api/v1/stations/{station_id}/isochrone",
        "/api/v1/stations/{station_id}/route",
        "/api/v1/stations/clusters",
        "/api/v1/changes",
        "/api/v1/districts",
        "/api/v1/gaps",
        "/api/v1/plans/{plan_id}/features",
    }


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("GET", path) for path in QUERIES),
        ("GET", "/api/v1/stations/{station_id}"),
        ("GET", "/api/v1/network"),
        ("GET", "/api/v1/schema"),
        ("GET", "/api/v1/plans"),
        ("GET", "/api/v1/plans/{plan_id}"),
        ("GET", "/api/v1/plans/{plan_id}/features"),
        ("POST", "/api/v1/plans"),
        ("DELETE", "/api/v1/plans/{plan_id}"),
        ("GET", "/api/v1/reports/{report_id}"),
        ("GET", "/api/v1/reports/{report_id}/photo"),
    ],
)
def test_nothing_that_is_asked_breaks_it(street_town: Workspace, method: str, path: str) -> None:
    """Made-up questions: never a 500, and only answers, media types and shapes as described."""
    try_everything(street_town, method, path)


@pytest.mark.parametrize("path", ["/api/v1/reports", "/api/v1/suggestions"])
def test_nothing_that_is_reported_breaks_it(own_town: Workspace, path: str) -> None:
    """Made-up reports: as above, in a town of their own."""
    try_everything(own_town, "POST", path)


@pytest.mark.parametrize("path", BY_STREETS)
def test_nothing_breaks_without_a_network(town: Workspace, path: str) -> None:
    """Estimates where they do, and else a problem as described."""
    try_everything(town, "GET", path)


def try_everything(town: Workspace, method: str, path: str) -> None:
    """Ask made-up questions, good and bad."""
    app = create_app(town, server_settings({"planner_token": TOKEN}, {}))
    app.extensions["jobs"] = NoJobs()
    api = schemathesis.openapi.from_wsgi("/openapi.json", app)

    @settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=HealthCheck)
    @given(api[path][method].as_strategy())
    def ask(case: schemathesis.Case) -> None:
        case.call_and_validate(
            # The transport of these tests would not unpack an answer.
            headers={"Accept-Encoding": "identity", "Authorization": f"Bearer {TOKEN}"},
            checks=[
                schemathesis.checks.not_a_server_error,
                checks.status_code_conformance,
                checks.content_type_conformance,
                checks.response_schema_conformance,
            ],
        )

    ask()


def test_swagger_ui_comes_from_here(client: FlaskClient) -> None:
    """The page and the files it names are this server's; nothing is fetched from elsewhere."""
    page = client.get("/docs")
    assert page.status_code == 200
    assert not re.search(r"https?://", page.text)
    named = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert any("swagger-ui" in address for address in named)
    static = Path(__file__).parents[2] / "webmap" / "static" / "vendor"
    for address in named:
        assert address.startswith("/"), address
        if static.is_dir() or "vendor" not in address:
            with client.get(address) as answer:
                assert answer.status_code in {200, 302}, address
    assert "/openapi.json" in page.text
    assert "validatorUrl: null" in page.text
