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
    allow_origin: str = Field(
        "*",
        pattern=r"^(\*|https?://[^\s/]+)$",
        description="Origin that may read the API from a browser; `*` is every one.",
    )


def server_settings(
    table: Mapping[str, Any], environment: Mapping[str, str] | None = None
) -> ServerSettings:
    """Return the settings of the ``[server]`` table with the environment over it.

    Raises
    ------
    WorkspaceError
        Naming the setting that does not exist or does not fit, and where it stands.
    """
    environment = os.environ if environment is None else environment
    given = {
        name: environment[PREFIX + name.upper()]
        for name in ServerSettings.model_fields
        if PREFIX + name.upper() in environment
    }
    try:
        return ServerSettings.model_validate({**table, **given})
    except ValidationError as error:
        faults = "; ".join(_in_words(str(e["loc"][0]), e["msg"], given) for e in error.errors())
        message = f"server settings: {faults}"
        raise WorkspaceError(message) from error


def _in_words(name: str, message: str, given: Mapping[str, str]) -> str:
    if name in given:
        return f"{PREFIX}{name.upper()}={given[name][:40]!r}: {message}"
    if name not in ServerSettings.model_fields:
        known = ", ".join(ServerSettings.model_fields)
        return f"[server] {name[:40]}: no such setting; there are {known}"
    return f"[server] {name}: {message}"
