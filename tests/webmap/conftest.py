from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from stations.street_input import make_networks
from stations.workspace import Workspace
from tests.webmap.town import make_town, write_streets
from webmap import create_app

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from apiflask import APIFlask
    from flask.testing import FlaskClient


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The town; shared, so never changed."""
    return make_town(tmp_path_factory.mktemp("town") / "ws")


@pytest.fixture(scope="session")
def app(town: Workspace) -> APIFlask:
    """The application that serves the town."""
    return create_app(town)


@pytest.fixture(scope="session")
def street_town(town: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The town with street networks; shared, so never changed."""
    folder = tmp_path_factory.mktemp("street-town") / "ws"
    shutil.copytree(town.folder, folder)
    workspace = Workspace(folder)
    make_networks(workspace, write_streets(folder / "lines.geojson"))
    return workspace


@pytest.fixture
def streets(street_town: Workspace) -> FlaskClient:
    """A client of the town with street networks."""
    return create_app(street_town).test_client()


@pytest.fixture
def client(app: APIFlask) -> FlaskClient:
    """A client of the town."""
    return app.test_client()


@pytest.fixture
def get(client: FlaskClient) -> Callable[..., Any]:
    """Ask for a path of the API; assert success and return the JSON."""

    def ask(path: str, **query: object) -> Any:
        response = client.get(f"/api/v1/{path}", query_string=query)
        assert response.status_code == 200, response.text
        return response.get_json(force=True)

    return ask


@pytest.fixture
def own_town(town: Workspace, tmp_path: Path) -> Workspace:
    """A copy of the town that a test may change."""
    shutil.copytree(town.folder, tmp_path / "own")
    return Workspace(tmp_path / "own")
