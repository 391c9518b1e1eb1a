"""What only a server needs: limits and addresses, from ``[server]`` and ``YIZHAN_*``."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError

from stations.errors import WorkspaceError

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "YIZHAN_"


def _sendable(token: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[!-~]{12,200}", token.get_secret_value()):
        message = "12 to 200 letters, digits and signs of ASCII are needed, without blanks"
        raise ValueError(message)
    return token


def _public(address: str) -> str:
    parts = urlsplit(address)
    plain = re.fullmatch(r"https?://[!-~]{1,200}", address) and not re.search(r"[?#@\\]", address)
    if not plain or not parts.hostname:
        message = "an address such as https://union.example or https://union.example/stations"
        raise ValueError(message)
    return address.rstrip("/")


class ServerSettings(BaseModel):
    """Settings of the server.

    Each can stand in the ``[server]`` table of ``yizhan.toml`` or, stronger, in the environment
    under its name in capitals behind ``YIZHAN_``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

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
    public_url: Annotated[str, AfterValidator(_public)] | None = Field(
        None, description="Address under which people reach the pages."
    )
    planner_token: Annotated[SecretStr, AfterValidator(_sendable)] | None = Field(
        None, description="Who sends it may plan sites; without one nobody may."
    )
    plan_queue: int = Field(8, ge=1, le=1000, description="Most plans that wait.")
    plan_time_s: float = Field(600, ge=1, le=86_400, description="Most seconds of one plan.")
    plan_sites: int = Field(200, ge=1, le=100_000, description="Most new stations of one plan.")
    plan_memory_mb: int = Field(4096, ge=512, description="Most memory of one plan.")
    max_body: int = Field(65_536, ge=1024, description="Most bytes of a request's body.")
    max_photo: int = Field(
        8_388_608, ge=65_536, le=67_108_864, description="Most bytes of a worker's photo."
    )
    reports_an_hour: int = Field(12, ge=0, description="Most reports of one address by the hour.")
    reports_a_day: int = Field(40, ge=0, description="Most reports of one address by the day.")
    all_reports_an_hour: int = Field(600, ge=0, description="Most reports of all by the hour.")
    proxies: int = Field(
        0, ge=0, le=10, description="Reverse proxies in front, each of which names its visitor."
    )

    def handed_on(self) -> str:
        """Return all settings as JSON, the token in clear: for a process of this server only."""
        token = self.planner_token and self.planner_token.get_secret_value()
        return json.dumps({**self.model_dump(), "planner_token": token})


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
        # A secret is not repeated, however wrong it is.
        shown = "" if name == "planner_token" else f"={given[name][:40]!r}"
        return f"{PREFIX}{name.upper()}{shown}: {message}"
    if name not in ServerSettings.model_fields:
        known = ", ".join(ServerSettings.model_fields)
        return f"[server] {name[:40]}: no such setting; there are {known}"
    return f"[server] {name}: {message}"
