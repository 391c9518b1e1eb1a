from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from geodata.errors import NetworkError
from geodata.network.build import build
from geodata.network.file import open_network, to_bytes
from geodata.network.index import NetworkIndex
from geodata.network.profiles import EBIKE, WALK
from tests.geodata.network.worlds import ONE_WAY, STREET, grid, tangle

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    from geodata.network.network import Network


@pytest.fixture(scope="module", params=["walk", "ebike", "tangle"])
def network(request: pytest.FixtureRequest) -> Network:
    """A symmetric network, one with one-way streets, and one with everything."""
    if request.param == "tangle":
        return build(tangle(3, places=40, lines=40), EBIKE)
    world = grid(8, tags=(STREET, ONE_WAY))
    return build(world, WALK if request.param == "walk" else EBIKE)


def arrays(network: Network) -> dict[str, np.ndarray]:
    """Every array of a network."""
    bundles = ("out", "into", "grid", "barrier_grid")
    plain = ("edges", "length_m", "ticks", "indptr", "shape", "component", "barriers")
    return {name: getattr(network, name) for name in plain} | {
        f"{name}.{field}": array
        for name in bundles
        for field, array in getattr(network, name)._asdict().items()
    }


def test_what_is_saved_is_what_is_opened(network: Network, tmp_path: Path) -> None:
    """Every array, of its type, where kernels may read it; and the answers are the same."""
    path = tmp_path / "network.walk"
    path.write_bytes(to_bytes(network))
    opened = open_network(path)
    mine, theirs = arrays(network), arrays(opened)
    for name, array in mine.items():
        assert array.dtype == theirs[name].dtype, name
        assert (array == theirs[name]).all(), name
        assert theirs[name].flags.aligned, name
        assert theirs[name].ctypes.data % 64 == 0 or not array.size, name
    assert (opened.into is opened.out) == (network.into is network.out)
    assert (opened.profile, opened.speed_m_s, opened.link_m_s, opened.bounds) == (
        network.profile, network.speed_m_s, network.link_m_s, network.bounds,
    )  # fmt: skip
    sites = network.nodes[:5].T
    assert (
        NetworkIndex(opened, *sites).query(*network.nodes.T).seconds
        == NetworkIndex(network, *sites).query(*network.nodes.T).seconds
    ).all()


def test_the_same_network_makes_the_same_bytes(network: Network) -> None:
    """So that a file can be compared."""
    assert to_bytes(network) == to_bytes(network)


def test_what_is_done_to_opened_arrays_stays_in_memory(network: Network, tmp_path: Path) -> None:
    """The file is mapped copy on write."""
    path = tmp_path / "n"
    path.write_bytes(to_bytes(network))
    open_network(path).ticks[:] = 7
    assert path.read_bytes() == to_bytes(network)


def test_a_file_that_is_replaced_goes_on_being_read(network: Network, tmp_path: Path) -> None:
    """By whoever has it open."""
    path = tmp_path / "n"
    path.write_bytes(to_bytes(network))
    opened = open_network(path)
    other = tmp_path / "other"
    other.write_bytes(b"something else")
    other.replace(path)
    assert (opened.edges == network.edges).all()


def test_files_that_are_cut_off_are_refused(network: Network, tmp_path: Path) -> None:
    """Wherever they end."""
    whole = to_bytes(network)
    path = tmp_path / "network.walk"
    for size in [0, 5, 17, 40, *range(100, len(whole) - 64, max(1, len(whole) // 40))]:
        path.write_bytes(whole[:size])
        with pytest.raises(NetworkError, match=r"network\.walk cannot be opened as a network"):
            open_network(path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("edges", 10_000), ("edges", -1), ("indptr", 99_999), ("indptr", -4), ("out.indptr", 7_777),
        ("out.arcs", 123_456), ("out.arcs", -2), ("grid.items", 1_000_000), ("grid.starts", -3),
    ],
)  # fmt: skip
def test_numbers_that_lead_out_of_the_arrays_are_refused(
    tmp_path: Path, name: str, value: int
) -> None:
    """A compiled search would follow them."""
    network = build(grid(8), WALK)
    array = arrays(network)[name]
    array.reshape(-1)[array.size // 2 // 2 * 2] = value
    path = tmp_path / "n"
    path.write_bytes(to_bytes(network))
    with pytest.raises(NetworkError, match="do not fit together") as refused:
        open_network(path)
    assert "请用道路数据重新生成" in refused.value.chinese


@pytest.mark.parametrize("change", ["dtype", "shape", "place", "missing", "kind"])
def test_tables_that_say_what_is_not_so_are_refused(tmp_path: Path, change: str) -> None:
    """Types that are none, arrays outside of the file, and parts that are left out."""
    whole = to_bytes(build(grid(4), WALK))
    start, end = whole.index(b"{"), whole.index(b"\n", 17)
    head = json.loads(whole[start:end])
    entry = head["arrays"]["edges"]
    if change == "dtype":
        entry[0] = "|O"
    elif change == "shape":
        entry[1] = [10**9, 2]
    elif change == "place":
        entry[2] = -64
    elif change == "kind":
        entry[0] = "no type"
    else:
        del head["arrays"]["edges"]
    path = tmp_path / "n"
    path.write_bytes(whole[:start] + json.dumps(head).encode().ljust(end - start) + whole[end:])
    with pytest.raises(NetworkError, match="cannot be opened"):
        open_network(path)


def test_no_such_file(tmp_path: Path) -> None:
    """Is named."""
    with pytest.raises(NetworkError, match="gone cannot be opened"):
        open_network(tmp_path / "gone")
