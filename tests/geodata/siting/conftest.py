"""The San Francisco instance: 205 census tracts, 16 stores, distances along the streets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def san_francisco(shared_data: Path) -> Callable[[], tuple[np.ndarray, np.ndarray]]:
    """Distances (205, 16) in metres and people (205,), read when called."""
    folder = shared_data / "benchmarks" / "sf_spopt"

    def read() -> tuple[np.ndarray, np.ndarray]:
        pairs = pd.read_csv(
            folder / "SF_network_distance_candidateStore_16_censusTract_205_new.csv"
        )
        table = pairs.pivot_table(index="DestinationName", columns="name", values="distance")
        tracts = pd.read_csv(folder / "SF_demand_205_centroid_uniform_weight.csv")
        people = tracts.set_index("NAME")["POP2000"].loc[table.index]
        return table.to_numpy(np.float64), people.to_numpy(np.float64)

    return read
