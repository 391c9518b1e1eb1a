"""Entity tags, origins and headers: what a browser is told beside the answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from stations.config import BaseMap, Config
from stations.workspace import Workspace
from webmap import create_app, security
from webmap.settings import ServerSettings

if TYPE_CHECKING:
    from pathlib import Path

    from apiflask import APIFlask
    from flask.testing import FlaskClient

PATHS = (
    "/api/v1/nearest?lon=113.6&lat=34.8",
    "/api/v1/stations",
    "/api/v1/stations/office",
    "/api/v1/stations/clusters?bbox=113,34,114,35&zoom=9",
    "/api/v1/districts",
    "/api/v1/coverage",
    "/api/v1/gaps",
    "/api/v1/demand?bbox=113,34,114,35",
    "/api/v1/plans",
    "/api/v1/schema",
)


@pytest.mark.parametrize("path", PATHS)
def test_an_answer_that_is_held_is_not_sent_again(client: FlaskClient, path: str) -> None:
    """ETag and 304 by RFC 9110: strong or weak, alone or in a list, or any at all."""
    first = client.get(path)
    etag = first.headers["ETag"]
    assert re.fullmatch(r'"[0-9a-f]{24}"', etag)
    assert first.headers["Cache-Control"] == "no-cache"
    for held in (etag, f"W/{etag}", f'"other", {etag}', f'"a",W/{etag},"b"', "*"):
        again = client.get(path, headers={"If-None-Match": held})
        # A minute may have passed, and what is open may have changed with it.
        if again.headers["ETag"] == etag:
            assert again.status_code == 304, held
            assert again.data == b""
            assert again.headers["Access-Control-Allow-Origin"] == "*"
    for other in ('"other"', etag.strip('"'), 'W/"x"', "", '"' + etag.strip('"')[:10] + '"'):
        again = client.get(path, headers={"If-None-Match": other})
        assert again.status_code == 200, other
        assert again.data


def test_the_tag_follows_the_content(client: FlaskClient) -> None:
    """Two questions with different answers have different tags."""
    tags = {client.get(f"/api/v1/stations?limit={n}").headers["ETag"] for n in range(1, 6)}
    assert len(tags) == 5


@pytest.mark.parametrize("path", PATHS)
def test_head_is_get_without_the_body(client: FlaskClient, path: str) -> None:
    """The same status and headers, length included."""
    head, get = client.head(path), client.get(path)
    assert head.status_code == 200
    assert head.data == b""
    for name in ("Content-Type", "Content-Length", "Cache-Control"):
        assert head.headers[name] == get.headers[name]


@pytest.mark.parametrize(
    "path", [*PATHS, "/api/v1/none", "/api/v1/stations/none", "/api/v1/nearest"]
)
def test_any_page_may_read_the_api(client: FlaskClient, path: str) -> None:
    """Every answer, errors too, allows the origin, and shows the headers a program needs."""
    answer = client.get(path, headers={"Origin": "https://union.example"})
    assert answer.headers.getlist("Access-Control-Allow-Origin") == ["*"]
    exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
    assert {"ETag", "Link"} <= set(exposed)
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert answer.headers.getlist("X-Content-Type-Options") == ["nosniff"]
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", PATHS)
def test_preflight(client: FlaskClient, path: str) -> None:
    """A browser that asks before sending If-None-Match is told that it may."""
    answer = client.options(
        path.partition("?")[0],
        headers={
            "Origin": "https://union.example",
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "if-none-match",
        },
    )
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "GET" in answer.headers["Access-Control-Allow-Methods"]
    assert "if-none-match" in answer.headers["Access-Control-Allow-Headers"].lower()
    assert int(answer.headers["Access-Control-Max-Age"]) > 0


def test_the_origin_can_be_limited(town: Workspace) -> None:
    """A setting names the one origin that may read, on both ways through the application."""
    app = create_app(town, ServerSettings(allow_origin="https://union.example"))
    for path in PATHS:
        answer = app.test_client().get(path, headers={"Origin": "https://evil.example"})
        assert answer.headers.getlist("Access-Control-Allow-Origin") == ["https://union.example"]


@pytest.mark.parametrize("path", ["/map", "/docs"])
def test_pages_load_and_run_only_what_is_ours(client: FlaskClient, path: str) -> None:
    """The policy lets nothing in from outside and runs no inline script without the nonce."""
    page = client.get(path)
    policy = dict(
        part.strip().split(" ", 1) for part in page.headers["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'self'"
    assert policy["object-src"] == "'none'"
    assert policy["base-uri"] == "'none'"
    assert policy["frame-ancestors"] == "'self'"
    assert policy["connect-src"] == "'self'"
    assert "unsafe" not in page.headers["Content-Security-Policy"].replace("'unsafe-hashes'", "")
    (nonce,) = set(re.findall(r"'nonce-([^']+)'", policy["script-src"]))
    for attributes, body in re.findall(r"<script([^>]*)>(.*?)</script>", page.text, re.DOTALL):
        if body.strip():
            assert f'nonce="{nonce}"' in attributes
        else:
            assert 'src="/' in attributes
    assert not re.search(
        r"\son[a-z]+=", re.sub(r"<script.*?</script>", "", page.text, flags=re.DOTALL)
    )
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert page.headers["Referrer-Policy"]


def test_every_page_has_a_nonce_of_its_own(client: FlaskClient) -> None:
    """A nonce that was seen once is good for nothing."""
    policies = {client.get("/map").headers["Content-Security-Policy"] for _ in range(3)}
    assert len(policies) == 3


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://tiles.example/{z}/{x}/{y}.png", "https://tiles.example"),
        ("https://{s}.tiles.example:8443/{z}/{x}/{y}.png", "https://*.tiles.example:8443"),
        ("/tiles/{z}/{x}/{y}.png", None),
    ],
)
def test_tiles_are_the_one_outside_address(tmp_path: Path, url: str, allowed: str | None) -> None:
    """Pictures may come from where the settings have the base map, and nothing else may."""
    config = Config(basemap=BaseMap(kind="tiles", url=url))
    app = create_app(Workspace.create(tmp_path / "w", config=config))
    policy = app.test_client().get("/map").headers["Content-Security-Policy"]
    (images,) = re.findall(r"img-src ([^;]*)", policy)
    assert images.split() == ["'self'", "data:", "blob:", *([allowed] if allowed else [])]
    assert policy.count("://") == (1 if allowed else 0)


@pytest.mark.parametrize("path", ["/none", "/static/none.js", "/static/../settings.py", "/basemap"])
def test_a_wrong_page_is_404_with_the_headers(client: FlaskClient, path: str) -> None:
    """Nothing outside the static folder is served, and errors carry the headers too."""
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_nonces_go_to_scripts_and_styles_of_trusted_html(app: APIFlask) -> None:
    """Every opening tag of the two gets it, and no other tag."""
    with app.test_request_context("/map"):
        html = "<script>1</script><style>2</style><scripty><script src='a'></script>"
        found = security.with_nonce(html)
        nonce = security.nonce()
    assert found.count(f'nonce="{nonce}"') == 3
    assert "<scripty>" in found
