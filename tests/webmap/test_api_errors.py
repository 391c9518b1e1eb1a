"""Errors: one shape everywhere, the thing named, nothing of the inside told."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from tests.webmap.town import SECRETS
from webmap import create_app

if TYPE_CHECKING:
    from apiflask import APIFlask
    from flask.testing import FlaskClient

    from stations.workspace import Workspace

RESOURCES = ("nearest", "stations", "stations/clusters", "coverage", "gaps", "districts", "demand")
HERE = "lon=113.6&lat=34.8"


def problem_of(answer: Any, status: int) -> dict[str, Any]:
    """The problem details of an answer, checked against RFC 9457."""
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    found: dict[str, Any] = answer.get_json(force=True)
    assert found["status"] == status
    assert found["type"] == "about:blank"
    assert found["title"]
    assert found["detail"]
    assert found["instance"].startswith("/")
    return found


@pytest.mark.parametrize("path", RESOURCES)
def test_an_unknown_parameter_is_named(client: FlaskClient, path: str) -> None:
    """A typing mistake must not be taken for a question without the filter."""
    answer = client.get(f"/api/v1/{path}?{HERE}&bbox=1,1,2,2&zoom=1&facilty=toilet")
    errors = problem_of(answer, 422)["errors"]
    message = "there is no such parameter here"
    assert {"parameter": "facilty", "message": message} in errors


@pytest.mark.parametrize("path", ["stations/office", "schema"])
def test_a_resource_without_parameters_takes_none(client: FlaskClient, path: str) -> None:
    """Asking one station for another datum is refused, not answered in WGS84."""
    found = problem_of(client.get(f"/api/v1/{path}?datum=gcj02"), 422)
    assert found["errors"][0]["parameter"] == "datum"


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("lat=34.8", "lon"),
        ("lon=113.6", "lat"),
        ("lon=&lat=34.8", "lon"),
        ("lon=x&lat=34.8", "lon"),
        ("lon=nan&lat=34.8", "lon"),
        ("lon=113.6&lat=inf", "lat"),
        ("lon=1e400&lat=34.8", "lon"),
        ("lon=113,6&lat=34.8", "lon"),
        ("lon=113.6&lat=34.8%00", "lat"),
        (f"{HERE}&k=0", "k"),
        (f"{HERE}&k=1e400", "k"),
        (f"{HERE}&max_distance=-1", "max_distance"),
        (f"{HERE}&max_distance=nan", "max_distance"),
        (f"{HERE}&datum=mars", "datum"),
        (f"{HERE}&datum=", "datum"),
        (f"{HERE}&datum=%2Binit%3Depsg:4326", "datum"),
        (f"{HERE}&datum=%2Bproj%3Dlonglat", "datum"),
        (f"{HERE}&datum=EPSG:999999", "datum"),
        (f"{HERE}&datum=EPSG:5703", "datum"),  # heights
        (f"{HERE}&datum=EPSG:4978", "datum"),  # metres from the centre of the Earth
        (f"{HERE}&kind=hotel", "kind"),
        (f"{HERE}&kind=rest_station,hotel", "kind"),
        (f"{HERE}&facility=water", "facility"),
        (f"{HERE}&access=door", "access"),
        (f"{HERE}&serves=me", "serves"),
        (f"{HERE}&status=gone", "status"),
        (f"{HERE}&open_at=tomorrow", "open_at"),
        (f"{HERE}&open_at=", "open_at"),
        (f"{HERE}&open_at=0001-01-01T00:00", "open_at"),
        (f"{HERE}&open_at=9999-12-31T23:59-12:00", "open_at"),
        (f"{HERE}&open_at=2026-02-30", "open_at"),
        (f"{HERE}&unknown_hours=perhaps", "unknown_hours"),
        (f"{HERE}&adcode=4101", "adcode"),
        (f"{HERE}&adcode=410108%0A", "adcode"),
        (f"{HERE}&q={'x' * 101}", "q"),
        (f"{HERE}&k=3&k=4", "k"),
        (f"{HERE}&lon=114", "lon"),
        (f"{HERE}&kind=rest_station&kind=rider_home", "kind"),
    ],
)
def test_a_bad_value_is_named(client: FlaskClient, query: str, parameter: str) -> None:
    """Missing, empty, no number, not finite, unknown, out of range, given twice."""
    found = problem_of(client.get(f"/api/v1/nearest?{query}"), 422)
    assert {e["parameter"] for e in found["errors"]} == {parameter}
    assert parameter in found["detail"]
    assert all(e["message"] for e in found["errors"])


@pytest.mark.parametrize(
    ("lon", "lat", "datum", "hint"),
    [
        (34.8, 113.6, "wgs84", True),
        (34.8, 113.6, "gcj02", True),
        (200, 34.8, "wgs84", False),
        (113.6, -91, "bd09", False),
        (1e300, 1e300, "gcj02", False),
        (1e300, 1e300, "EPSG:4547", False),
    ],
)
def test_a_position_outside_the_world(
    client: FlaskClient, lon: float, lat: float, datum: str, *, hint: bool
) -> None:
    """It is refused in words, with a hint where the two look swapped."""
    query = {"lon": lon, "lat": lat, "datum": datum}
    found = problem_of(client.get("/api/v1/nearest", query_string=query), 422)
    assert ("swapped" in found["detail"]) == hint


@pytest.mark.parametrize("value", ["rest_station," * 5000, "," * 5000, "hotel," * 90, "x" * 50_000])
def test_a_huge_list_has_a_small_answer(client: FlaskClient, value: str) -> None:
    """A long question does not make a longer answer."""
    answer = client.get(f"/api/v1/stations?kind={value}")
    found = problem_of(answer, 422)
    assert {e["parameter"] for e in found["errors"]} == {"kind"}
    assert len(answer.data) < 20_000


def test_many_unknown_parameters_have_a_small_answer(client: FlaskClient) -> None:
    """At most twenty faults are told, names cut."""
    query = "&".join(f"{'x' * 500}{i}=1" for i in range(300))
    answer = client.get(f"/api/v1/stations?{query}")
    assert len(problem_of(answer, 422)["errors"]) == 20
    assert len(answer.data) < 10_000


@pytest.mark.parametrize("path", ["/api/v1/none", "/api/v2/nearest", "/api/", "/api/v1/nearest/"])
def test_an_unknown_route_of_the_api_is_a_problem(client: FlaskClient, path: str) -> None:
    """404 in the same shape as every other error."""
    assert problem_of(client.get(path), 404)["instance"] == path


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", [*RESOURCES, "stations/office", "schema"])
def test_the_api_only_reads(client: FlaskClient, method: str, path: str) -> None:
    """405 with the methods that are allowed, as RFC 9110 asks."""
    answer = client.open(f"/api/v1/{path}", method=method, data=b"{}")
    problem_of(answer, 405)
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


@pytest.mark.parametrize("path", ["nearest?lon=113.6&lat=34.8", "stations", "stations?limit=2"])
def test_a_mistake_of_ours_is_logged_and_not_told(
    app: APIFlask,
    client: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    path: str,
) -> None:
    """500 says no more than that; the traceback is in the log; private values are in neither."""

    def broken(*_: object) -> None:
        message = "the secret inside"
        raise RuntimeError(message)

    monkeypatch.setattr("stations.registry.Registry.entry_at", broken)
    with caplog.at_level(logging.ERROR):
        answer = client.get(f"/api/v1/{path}")
    found = problem_of(answer, 500)
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert "log" in found["detail"]
    assert "the secret inside" in caplog.text
    assert not any(secret in caplog.text for secret in SECRETS)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert app.debug is False


def test_a_registry_that_could_never_be_read_is_503(own_town: Workspace) -> None:
    """The line and the reason, and no path of the server's."""
    path = own_town.folder / "stations.geojson"
    lines = path.read_text().splitlines(keepends=True)
    lines[3] = lines[3].replace('"properties":{', '"properties":{"kind":"hotel",', 1)
    path.write_text("".join(lines))
    client = create_app(own_town).test_client()
    for resource in ("nearest?" + HERE, "stations", "coverage", "stations/office"):
        found = problem_of(client.get(f"/api/v1/{resource}"), 503)
        assert "line 4" in found["detail"]
        assert "kind" in found["detail"]
        assert str(own_town.folder) not in found["detail"]


def test_a_broken_demand_file_is_503(own_town: Workspace) -> None:
    """The file is named without its folder, and what does not need it is answered."""
    (own_town.folder / "demand.csv").write_text("lon,lat,courier\n113.6,34.8,many\n")
    client = create_app(own_town).test_client()
    detail = problem_of(client.get("/api/v1/coverage"), 503)["detail"]
    assert "demand.csv" in detail
    assert str(own_town.folder) not in detail
    assert client.get(f"/api/v1/nearest?{HERE}").status_code == 200
