"""Demand as a workspace keeps it: ``demand.csv`` for people, ``demand.json`` for what it means.

The CSV has a row a point: ``lon,lat`` (degrees WGS84) and a column of workers for each group. The
JSON beside it holds the hour profiles, the spacing, and where the figures came from.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from geodata.demand import Demand, stacked_hours
from stations.errors import WorkspaceError
from stations.files import write_durably

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

CSV_NAME, META_NAME = "demand.csv", "demand.json"


class Source(msgspec.Struct, frozen=True):
    """Where a group's figures came from."""

    file: str
    group: str
    method: str
    workers: float


class Meta(msgspec.Struct, frozen=True):
    """What the columns of the CSV cannot say."""

    spacing_m: float | None = None
    profile: dict[str, list[float]] = {}
    holiday_profile: dict[str, list[float]] = {}
    sources: tuple[Source, ...] = ()


def read(folder: Path) -> tuple[Demand, tuple[Source, ...]] | None:
    """Read the demand of a workspace; None where it has none.

    Raises
    ------
    WorkspaceError
        If a file is there and cannot be read.
    """
    path = folder / CSV_NAME
    if not path.exists():
        return None
    import pandas as pd  # noqa: PLC0415  slow to load, and most commands do without

    try:
        table = pd.read_csv(path, dtype=np.float64)
        meta_path = folder / META_NAME
        meta = (
            msgspec.json.decode(meta_path.read_bytes(), type=Meta) if meta_path.exists() else Meta()
        )
        groups = tuple(map(str, table.columns[2:]))
        if list(table.columns[:2]) != ["lon", "lat"] or not groups:
            message = f"the header is {', '.join(table.columns)}, not lon,lat,<group>..."
            raise ValueError(message)  # noqa: TRY301  told apart from nothing else here
        profile, holiday = stacked_hours(meta.profile, meta.holiday_profile, groups)
        return Demand(
            table["lon"].to_numpy(),
            table["lat"].to_numpy(),
            table.iloc[:, 2:].to_numpy(),
            groups,
            profile,
            meta.spacing_m,
            holiday,
        ), meta.sources
    except (OSError, ValueError, msgspec.DecodeError) as error:
        message = f"{path.name}: {error}"
        raise WorkspaceError(message) from error


def write(folder: Path, demand: Demand, sources: tuple[Source, ...]) -> None:
    """Write the demand of a workspace."""
    import pandas as pd  # noqa: PLC0415  as above

    table = pd.DataFrame(demand.weights, columns=list(demand.groups))
    table.insert(0, "lat", demand.lat.round(7))
    table.insert(0, "lon", demand.lon.round(7))
    buffer = io.StringIO()
    table.to_csv(buffer, index=False, lineterminator="\n")
    hours = _by_group(demand.groups, demand.profile), _by_group(demand.groups, demand.holiday)
    meta = Meta(demand.spacing_m, *hours, sources)
    write_durably(folder / META_NAME, msgspec.json.encode(meta) + b"\n")
    write_durably(folder / CSV_NAME, buffer.getvalue().encode())


def _by_group(
    groups: tuple[str, ...], shares: NDArray[np.float64] | None
) -> dict[str, list[float]]:
    if shares is None:
        return {}
    return {g: [round(float(v), 4) for v in row] for g, row in zip(groups, shares, strict=True)}
