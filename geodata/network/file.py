"""A network as one file that is mapped into memory, not read.

The first 16 bytes are ``yizhan network 1``. A line of JSON follows that names each array with its
type, shape and place, padded so that the arrays begin at a multiple of 64 bytes, as each of them
does. Everything is little-endian.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from geodata.errors import NetworkError
from geodata.network._grid import Grid
from geodata.network.network import Graph, Network

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_MAGIC = b"yizhan network 1"
_ALIGN = 64
_ONES = ("profile", "speed_m_s", "link_m_s")
_ARRAYS = ("edges", "length_m", "ticks", "indptr", "shape", "component", "barriers")
_BUNDLES: dict[str, type[Graph | Grid]] = {
    "out": Graph,
    "into": Graph,
    "grid": Grid,
    "barrier_grid": Grid,
}


def to_bytes(network: Network) -> bytes:
    """Return the content of the file that `open_network` opens."""
    arrays = {name: getattr(network, name) for name in _ARRAYS}
    for name in _BUNDLES:
        if name == "into" and network.into is network.out:
            continue
        bundle = getattr(network, name)
        arrays |= {f"{name}.{field}": getattr(bundle, field) for field in bundle._fields}
    table, at = {}, 0
    for name, array in arrays.items():
        table[name] = [array.dtype.str, array.shape, at]
        at += -(-array.nbytes // _ALIGN) * _ALIGN
    head = json.dumps({**{name: getattr(network, name) for name in _ONES}, "arrays": table})
    start = _MAGIC + b"\n" + head.encode()
    parts = [start.ljust(-(-(len(start) + 1) // _ALIGN) * _ALIGN - 1) + b"\n"]
    for array in arrays.values():
        data = np.ascontiguousarray(array).tobytes()
        parts.append(data.ljust(-(-len(data) // _ALIGN) * _ALIGN, b"\0"))
    return b"".join(parts)


def open_network(path: Path) -> Network:
    """Open the network of a file; its arrays are read from the disk when they are looked at.

    Raises
    ------
    NetworkError
        If there is no such file, or it holds no network.
    """
    try:
        # Copy on write: the kernels are compiled once, for arrays that could be written.
        content = np.memmap(path, np.uint8, mode="c")
    except (OSError, ValueError) as error:
        raise _broken(path, str(error)) from error
    try:
        begin = len(_MAGIC) + 1
        if bytes(content[:begin]) != _MAGIC + b"\n":
            raise _broken(path, "it does not begin as one")
        end = begin + bytes(content[begin : begin + 65_536]).index(b"\n")
        head = json.loads(bytes(content[begin:end]))
        arrays = {
            name: _array(content[end + 1 :], *place) for name, place in head["arrays"].items()
        }
        network = _network(head, arrays)
        _check(network)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise _broken(path, f"its table cannot be read ({error})") from error
    return network


def _array(content: NDArray[np.uint8], kind: str, shape: list[int], at: int) -> NDArray[Any]:
    dtype = np.dtype(kind)
    size = dtype.itemsize * math.prod(shape)
    if dtype.kind not in "if" or min([*shape, at]) < 0 or at + size > len(content):
        message = "an array is not inside the file"
        raise ValueError(message)
    found: NDArray[Any] = np.asarray(content[at : at + size]).view(dtype).reshape(shape)
    return found


def _network(head: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Network:
    bundles: dict[str, Any] = {
        name: kind(*(arrays[f"{name}.{field}"] for field in kind._fields))
        for name, kind in _BUNDLES.items()
        if name != "into" or "into.indptr" in arrays
    }
    bundles.setdefault("into", bundles["out"])
    parts: dict[str, Any] = {name: head[name] for name in _ONES}
    parts |= {name: arrays[name] for name in _ARRAYS}
    return Network(**parts, **bundles)


def _check(network: Network) -> None:
    """Refuse what would lead a compiled search out of its arrays."""
    n, coordinates = len(network.component), len(network.shape)
    runs = (
        (network.indptr, len(network.edges), coordinates),
        (network.grid.starts, int(network.grid.size.prod()), len(network.grid.items)),
        (
            network.barrier_grid.starts,
            int(network.barrier_grid.size.prod()),
            len(network.barrier_grid.items),
        ),
        (network.out.indptr, n, len(network.out.arcs)),
        (network.into.indptr, n, len(network.into.arcs)),
    )
    numbers = (
        (network.edges, n),
        (network.grid.items, coordinates - 1),
        (network.barrier_grid.items, len(network.barriers) - 1),
        (network.out.arcs[:, 0], n),
        (network.into.arcs[:, 0], n),
    )
    fits = (
        all(
            len(run) == count + 1 and run[0] == 0 and run[-1] == end and (np.diff(run) >= 0).all()
            for run, count, end in runs
        )
        and all(
            column.min(initial=0) >= 0 and column.max(initial=-1) < max(end, 0)
            for column, end in numbers
        )
        and all(len(a) == len(network.edges) for a in (network.length_m, network.ticks))
        and min(network.out.arcs.min(initial=0), network.into.arcs.min(initial=0)) >= 0
        and min(network.speed_m_s, network.link_m_s) > 0
    )
    if not fits:
        message = "its arrays do not fit together"
        raise ValueError(message)


def _broken(path: Path, reason: str) -> NetworkError:
    return NetworkError(
        f"{path.name} cannot be opened as a network: {reason}; make it again from its streets",
        f"{path.name} 不能作为路网打开：{reason}；请用道路数据重新生成",
    )
