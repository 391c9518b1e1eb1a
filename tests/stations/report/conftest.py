from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.stations.report import worlds

if TYPE_CHECKING:
    from stations.report import CoverageReport
    from stations.workspace import Workspace


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The town; never changed."""
    return worlds.make_town(tmp_path_factory.mktemp("town") / "ws")


@pytest.fixture(scope="session")
def town_report(town: Workspace) -> CoverageReport:
    """The report of the whole town."""
    return worlds.report(town)


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The city; never changed."""
    return worlds.make_city(tmp_path_factory.mktemp("city") / "ws")


@pytest.fixture(scope="session")
def city_report(city: Workspace) -> CoverageReport:
    """The report of the whole city, with five new stations."""
    return worlds.report(city, sites=5)
