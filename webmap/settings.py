"""What only a server needs: limits and addresses, from ``[server]`` and ``YIZHAN_*``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from stations.errors import WorkspaceError

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "YIZHAN_"


class ServerSettings(BaseModel):
    """Settings of the server.

    Each can stand in the ``[server]`` table of ``yizhan.toml`` or, stronger, in the environment
    under its name in capitals behind ``YIZHAN_``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=1, le=65535, description="Port to listen on.")
    workers: int = Field(2, ge=1, le=256, description="Server processes.")
    max_k: int = Field(100, ge=1, le=1000, description="Most stations of one nearest answer.")
    page_size: int = Field(1000, ge=1, le=100_000, description="Most stations of one page.")
    allow_origin: str = Field("*", description="Origin that may read the API from a browser.")


def server_settings(
    table: Mapping[str, Any], environment: Mapping[str, str] | None = None
) -> ServerSettings:
    """Return the settings of the ``[server]`` table with the environment over it.

    Raises
    ------
    WorkspaceError
        Naming the setting that does not exist or does not fit.
    """
    environment = os.environ if environment is None else environment
    values = dict(table)
    for name in ServerSettings.model_fields:
        if (PREFIX + name.upper()) in environment:
            values[name] = environment[PREFIX + name.upper()]
    try:
        return ServerSettings.model_validate(values)
    except ValidationError as error:
        faults = "; ".join(f"{e['loc'][0]}: {e['msg']}" for e in error.errors())
        message = f"server settings: {faults}"
        raise WorkspaceError(message) from error
