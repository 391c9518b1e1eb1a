from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from geodata.demand import Demand, combine
from stations import demand_file
from stations.demand_file import Source
from stations.errors import WorkspaceError

if TYPE_CHECKING:
    from pathlib import Path


def sample() -> Demand:
    """Two groups, one with hours."""
    day = np.zeros((1, 168))
    day[0, 8:18] = 0.5
    riders = Demand(
        np.array([113.6, 113.61]), np.array([34.8, 34.81]), np.array([[1.25], [1e-9]]),
        ("rider",), day, 250.0,
    )  # fmt: skip
    cleaners = Demand.of_points([113.7], [34.9], [1 / 3], group="sanitation")
    return combine([riders, cleaners])


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    """Positions to a centimetre, workers to the last digit, hours, spacing and sources."""
    made, sources = sample(), (Source("a.csv", "rider", "points", 1.25),)
    demand_file.write(tmp_path, made, sources)
    found = demand_file.read(tmp_path)
    assert found is not None
    assert found[1] == sources
    back = found[0]
    assert np.abs(back.lon - made.lon).max() < 1e-7
    assert np.abs(back.lat - made.lat).max() < 1e-7
    assert (back.weights == made.weights).all()
    assert (back.groups, back.spacing_m) == (made.groups, made.spacing_m)
    assert made.profile is not None
    assert back.profile is not None
    assert np.abs(back.profile - made.profile).max() < 1e-4


def test_a_folder_without_demand_has_none(tmp_path: Path) -> None:
    """That is a state, not a fault."""
    assert demand_file.read(tmp_path) is None


def test_a_csv_of_ones_own_needs_nothing_beside_it(tmp_path: Path) -> None:
    """As a spreadsheet program saves it, with a byte order mark."""
    text = "\ufefflon,lat,courier,rider\r\n113.6,34.8,3,4\r\n113.7,34.9,0,5\r\n"
    (tmp_path / "demand.csv").write_bytes(text.encode())
    found = demand_file.read(tmp_path)
    assert found is not None
    assert found[0].by_group() == {"courier": 3, "rider": 9}
    assert (found[0].profile, found[0].spacing_m, found[1]) == (None, None, ())


@pytest.mark.parametrize(
    ("csv", "meta", "message"),
    [
        ("", None, ""),
        ("x,y,all\n1,2,3\n", None, "the header is x, y, all, not lon,lat"),
        ("lon,lat\n1,2\n", None, "the header is lon, lat, not"),
        ("lon,lat,all\n113,34,many\n", None, "many"),
        ("lon,lat,all\n113,34,\n", None, "point 0 has nan workers"),
        ("lon,lat,all\n113,34,-1\n", None, "point 0 has -1.0 workers"),
        ("lon,lat,all\n213,34,1\n", None, "no such position"),
        ("lon,lat,all\n113,34,1\n", "{", ""),
        ("lon,lat,all\n113,34,1\n", '{"profile":{"all":[1,2]}}', "not .1, 168."),
    ],
)
def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, csv: str, meta: str | None, message: str
) -> None:
    """With what is wrong in it."""
    (tmp_path / "demand.csv").write_text(csv, "utf-8")
    if meta is not None:
        (tmp_path / "demand.json").write_text(meta, "utf-8")
    with pytest.raises(WorkspaceError, match=rf"(?s)demand\.csv.*{message}"):
        demand_file.read(tmp_path)
