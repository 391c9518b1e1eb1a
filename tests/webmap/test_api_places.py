"""``GET /api/v1/places``: what was typed, as places."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from stations.places import LONGEST_TEXT
from tests.webmap.town import SECRETS

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

    Get = Callable[..., Any]


def test_a_name_becomes_places(get: Get) -> None:
    """Each with its name, what tells it apart, its kind and position, the likeliest first."""
    assert get("places", q="机关") == {
        "places": [
            {
                "name": "机关驿站",
                "detail": "人民路 1 号",
                "kind": "station",
                "lon": 113.6,
                "lat": 34.8,
            }
        ]
    }
    assert get("places", q="东区")["places"][0]["kind"] == "district"
    assert get("places", q="冇")["places"] == []


def test_figures_become_a_position(get: Get) -> None:
    """Also with a Chinese comma and latitude first."""
    (found,) = get("places", q="34.8，113.62")["places"]
    assert found == {
        "name": "113.62, 34.8",
        "detail": "东区",
        "kind": "position",
        "lon": 113.62,
        "lat": 34.8,
    }


def test_as_many_as_are_asked_for(get: Get) -> None:
    """Eight, unless another number is given."""
    assert len(get("places", q="驿站")["places"]) == 8
    assert len(get("places", q="驿站", limit=3)["places"]) == 3


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({}, "q"),
        ({"q": ""}, "q"),
        ({"q": " 　"}, "q"),
        ({"q": "驿" * (LONGEST_TEXT + 1)}, "q"),
        ({"q": "驿站", "limit": 0}, "limit"),
        ({"q": "驿站", "limit": 51}, "limit"),
        ({"q": "驿站", "lang": "fr"}, "lang"),
        ({"q": "驿站", "datum": "wgs84"}, "datum"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    client: FlaskClient, query: dict[str, Any], parameter: str
) -> None:
    """Nothing typed, too much typed, or a parameter that does not fit: it is named."""
    answer = client.get("/api/v1/places", query_string=query)
    assert answer.status_code == 422
    assert {fault["parameter"] for fault in answer.get_json(force=True)["errors"]} == {parameter}


def test_nobody_finds_a_manager(get: Get) -> None:
    """Private fields are not searched."""
    for secret in SECRETS:
        assert get("places", q=secret)["places"] == []


def test_the_same_answer_is_not_sent_twice(client: FlaskClient) -> None:
    """304 to whoever holds it."""
    first = client.get("/api/v1/places?q=驿站")
    again = client.get("/api/v1/places?q=驿站", headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code) == (200, 304)
