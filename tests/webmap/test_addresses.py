from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from stations.errors import WorkspaceError
from webmap import create_app
from webmap.addresses import public_url_of, short_path, station_path
from webmap.settings import ServerSettings, server_settings

if TYPE_CHECKING:
    from stations.workspace import Workspace


@pytest.mark.parametrize(
    ("setting", "root", "expected"),
    [
        (None, "http://127.0.0.1:8000/", "http://127.0.0.1:8000/s/a%2F%E8%A5%BF"),
        (None, "https://union.example/app/", "https://union.example/app/s/a%2F%E8%A5%BF"),
        ("https://u.example", "http://10.0.0.1/", "https://u.example/s/a%2F%E8%A5%BF"),
        ("https://u.example/", "http://10.0.0.1/app/", "https://u.example/s/a%2F%E8%A5%BF"),
        ("https://u.example/yz/", "http://10.0.0.1/", "https://u.example/yz/s/a%2F%E8%A5%BF"),
    ],
)
def test_public_addresses_begin_with_the_setting_or_the_request(
    town: Workspace, setting: str | None, root: str, expected: str
) -> None:
    """What is printed leads to where people are, not to where the server happens to listen."""
    app = create_app(town, ServerSettings(public_url=setting))
    with app.test_request_context("/map", base_url=root):
        assert public_url_of(short_path("a/西")) == expected
        assert public_url_of(station_path("a/西")) == expected.replace("/s/", "/stations/")


@pytest.mark.parametrize(
    "address",
    [
        "union.example",
        "//union.example",
        "ftp://union.example",
        "https://",
        "https:///stations",
        "https://user:password@union.example",
        "https://union.example?x=1",
        "https://union.example/#a",
        "https://union.example/\nSet-Cookie: x",
        "https://union.example/驿站",
        "https://union example",
        "javascript:alert(1)",
        "",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    """A mistyped setting is found when the server starts, not on a thousand posters."""
    with pytest.raises(WorkspaceError, match=r"public_url: .*https://union\.example"):
        server_settings({"public_url": address}, {})


def test_the_setting_is_read_from_the_environment() -> None:
    """YIZHAN_PUBLIC_URL goes before the file, and a last slash does not matter."""
    table: dict[str, Any] = {"public_url": "https://a.example"}
    found = server_settings(table, {"YIZHAN_PUBLIC_URL": "https://b.example:8443/yz/"})
    assert found.public_url == "https://b.example:8443/yz"
