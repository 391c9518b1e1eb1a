"""Compression: smaller for whoever asks, the same for everybody."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

GZIP = {"Accept-Encoding": "gzip, deflate"}


def ask(client: FlaskClient, path: str, headers: dict[str, str]) -> TestResponse:
    """The whole answer, its file closed."""
    with client.get(path, headers=headers) as response:
        response.get_data()
        return response


@pytest.mark.parametrize("path", ["/map", "/static/vendor/leaflet/leaflet.js", "/api/v1/stations"])
def test_what_is_compressed_is_the_same_content(client: FlaskClient, path: str) -> None:
    """Pages, scripts and answers come smaller to whoever takes gzip."""
    plain, packed = ask(client, path, {"Accept-Encoding": "identity"}), ask(client, path, GZIP)
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.data) < 0.6 * len(plain.data)
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert int(packed.headers["Content-Length"]) == len(packed.data)
    if path != "/map":  # which has a nonce of its own every time
        assert gzip.decompress(packed.data) == plain.data


@pytest.mark.parametrize("path", ["/static/vendor/leaflet/leaflet.js", "/api/v1/stations"])
def test_a_compressed_answer_is_known_again(client: FlaskClient, path: str) -> None:
    """Its tag is weak, and asking with it gives 304."""
    tag = ask(client, path, GZIP).headers["ETag"]
    assert tag.startswith('W/"')
    again = ask(client, path, {**GZIP, "If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")


def test_what_is_short_or_of_another_kind_is_left_alone(client: FlaskClient) -> None:
    """A short answer, an image and an error stay as they are."""
    for path in ("/healthz", "/static/vendor/leaflet/images/marker-icon.png", "/api/v1/nothing"):
        assert "Content-Encoding" not in ask(client, path, GZIP).headers
