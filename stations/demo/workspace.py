"""The demo city written as a workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import orjson

from stations.config import BaseMap, Config
from stations.demand_file import Source
from stations.demo import DemoCity, generate
from stations.demo.reports import file_reports
from stations.errors import WorkspaceError
from stations.files import write_durably
from stations.store import Change
from stations.street_input import make_networks
from stations.workspace import CANDIDATES_NAME, CONFIG_NAME, STREETS_NAME, Workspace

if TYPE_CHECKING:
    from pathlib import Path

BASEMAP_NAME = "basemap.geojson"


def make(folder: Path, *, seed: int) -> Workspace:
    """Make the demo workspace in `folder`, or open the one that is there already.

    Raises
    ------
    WorkspaceError
        If the folder holds a workspace that is no demonstration; it is left as it is.
    """
    if (folder / CONFIG_NAME).exists():
        found = Workspace(folder)
        if not found.config.demonstration:
            message = f"{folder} is a workspace with data of its own: name another folder"
            raise WorkspaceError(message)
        return found
    city = generate(seed)
    config = Config(
        title=city.name,
        title_en=city.name_en,
        demonstration=True,
        basemap=BaseMap(kind="geojson", file=BASEMAP_NAME),
    )
    # The settings come last: a folder without them is no workspace, so a broken start is repeated.
    folder.mkdir(parents=True, exist_ok=True)
    _write_layers(folder, city)
    workspace = Workspace.create(folder, config=config, districts=city.districts)
    if workspace.registry.revision == 0:
        change = Change(put=city.stations)
        workspace.store.apply(change, who="demo", what=f"demo city, seed {seed}")
    sources = [
        Source("demo", group, "made up", workers)
        for group, workers in city.demand.by_group().items()
    ]
    workspace.set_demand(city.demand, sources)
    make_networks(workspace, folder / STREETS_NAME)
    file_reports(workspace)
    return workspace


def _write_layers(folder: Path, city: DemoCity) -> None:
    layers = {
        BASEMAP_NAME: city.basemap,
        STREETS_NAME: city.streets,
        CANDIDATES_NAME: city.candidates,
    }
    for name, features in layers.items():
        body = b",\n".join(orjson.dumps(msgspec.to_builtins(f)) for f in features)
        text = b'{"type":"FeatureCollection","features":[\n' + body + b"\n]}\n"
        write_durably(folder / name, text)
