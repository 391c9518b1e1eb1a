from __future__ import annotations

import os
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
SHARED_DATA = Path(os.environ.get("YIZHAN_SHARED_DATA", PROJECT.parent / "shared" / "data"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data that is no part of the project; skips where it is not there."""
    if not SHARED_DATA.is_dir():
        pytest.skip("needs the shared test data beside the project; set YIZHAN_SHARED_DATA to it")
    return SHARED_DATA
