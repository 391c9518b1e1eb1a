"""``yizhan.toml``: what an installation is called, what it measures and what its map stands on."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta

from stations.errors import WorkspaceError
from stations.files import write_durably

if TYPE_CHECKING:
    from pathlib import Path


class BaseMap(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """What lies under the stations on the map.

    `none`; `tiles` with a `url` template and the `datum` its tiles are drawn in; `geojson` or
    `pmtiles` with a `file` of the workspace.
    """

    kind: Literal["none", "tiles", "geojson", "pmtiles"] = "none"
    url: str | None = None
    datum: Literal["wgs84", "gcj02", "bd09"] = "wgs84"
    file: str | None = None
    attribution: str = ""
    max_zoom: Annotated[int, Meta(ge=1, le=22)] = 18


class Reports(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """When reports of workers become a warning: as many people as this, within as many hours."""

    fresh_hours: Annotated[float, Meta(gt=0, le=720)] = 72.0
    people: Annotated[int, Meta(ge=1, le=1000)] = 2


class Report(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """What a coverage report takes for granted, and says so.

    Attributes
    ----------
    known_stations
        Stations that there are by the union's own count, in the register or not; None: those in it.
    resting
        Share of those at work who rest at the same time.
    site_cost_cny
        Cost of a new station where neither a candidate nor the register says one: what Henan paid
        on average from 2018 to 2023.
    """

    known_stations: Annotated[int, Meta(ge=1, le=10_000_000)] | None = None
    resting: Annotated[float, Meta(gt=0, le=1)] = 0.05
    site_cost_cny: Annotated[float, Meta(ge=0, le=1_000_000_000)] = 12_000.0


class Config(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """The settings of a workspace.

    Attributes
    ----------
    title, title_en
        What the pages call the area.
    demonstration
        Whether everything here is made up; said on every page.
    language
        Of a visitor who has not chosen.
    radius_m
        Service radius of the norm.
    minutes
        Reach of the norm along the streets, on foot or by electric bicycle.
    stale_days
        After how many days without verification a record counts as stale.
    reports
        When reports of workers become a warning for everybody.
    report
        What a coverage report takes for granted.
    server
        Settings that only a server needs; `webmap.settings` reads them.
    """

    title: Annotated[str, Meta(min_length=1, max_length=80)] = "户外劳动者驿站"
    title_en: Annotated[str, Meta(min_length=1, max_length=80)] = "Outdoor-worker stations"
    demonstration: bool = False
    language: Literal["zh", "en"] = "zh"
    radius_m: Annotated[float, Meta(gt=0, le=100_000)] = 1000.0
    minutes: Annotated[float, Meta(ge=0.5, le=600)] = 15.0
    stale_days: Annotated[int, Meta(ge=1, le=10_000)] = 365
    basemap: BaseMap = BaseMap()
    reports: Reports = Reports()
    report: Report = Report()
    server: dict[str, Any] = {}


def read(path: Path) -> Config:
    """Read the settings of a workspace.

    Raises
    ------
    WorkspaceError
        If the file is missing, no TOML, or has a setting that does not exist or does not fit.
    """
    try:
        text = path.read_text("utf-8-sig")  # a mark of Windows editors is no fault
    except FileNotFoundError as error:
        message = f"{path.parent} is no workspace (no {path.name}): make one with `yizhan init`"
        raise WorkspaceError(message) from error
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path}: cannot be read as UTF-8 text: {error}"
        raise WorkspaceError(message) from error
    try:
        config = msgspec.convert(tomllib.loads(text), Config)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        message = f"{path}: {error}"
        raise WorkspaceError(message) from error
    base = config.basemap
    if base.kind == "tiles" and not base.url:
        message = f"{path}: a basemap of kind tiles needs its url template"
        raise WorkspaceError(message)
    if base.kind in {"geojson", "pmtiles"} and not base.file:
        message = f"{path}: a basemap of kind {base.kind} needs its file"
        raise WorkspaceError(message)
    return config


def write(path: Path, config: Config) -> None:
    """Write the settings, with words on each for the person who edits them."""
    write_durably(path, to_toml(config).encode())


def check(config: Config) -> None:
    """Check settings made by a program, which the types do not.

    Raises
    ------
    WorkspaceError
        Naming the setting that does not fit.
    """
    try:
        msgspec.convert(msgspec.to_builtins(config), Config)
    except msgspec.ValidationError as error:
        message = f"the settings do not fit: {error}"
        raise WorkspaceError(message) from error


def to_toml(config: Config) -> str:
    """Return the settings as commented TOML."""
    lines = [
        "# yizhan 驿站: the settings of this workspace 工作区设置",
        f"title = {_quoted(config.title)}",
        f"title_en = {_quoted(config.title_en)}",
        f"demonstration = {str(config.demonstration).lower()}",
        f'language = "{config.language}"  # zh, en',
        f"radius_m = {repr(config.radius_m).removesuffix('.0')}  # 服务半径（米）",
        f"minutes = {repr(config.minutes).removesuffix('.0')}  # 步行或骑行可达（分钟）",
        f"stale_days = {config.stale_days}  # 超过多少天未核验算过期",
        "",
        "[basemap]  # 底图: none, tiles (url, datum), geojson (file), pmtiles (file)",
    ]
    base = msgspec.to_builtins(config.basemap) or {"kind": "none"}
    lines += [f"{k} = {_quoted(v) if isinstance(v, str) else v}" for k, v in base.items()]
    reports = config.reports
    lines += [
        "",
        "[reports]  # 几小时内有几人反馈，就提醒大家",
        f"fresh_hours = {repr(reports.fresh_hours).removesuffix('.0')}",
        f"people = {reports.people}",
    ]
    report = config.report
    lines += [
        "",
        "[report]  # 覆盖报告的假定",
        *([] if report.known_stations is None else [f"known_stations = {report.known_stations}"]),
        f"resting = {report.resting!r}  # 在岗者中同时歇脚的比例",
        f"site_cost_cny = {repr(report.site_cost_cny).removesuffix('.0')}  # 新建一站的估价（元）",
    ]
    if config.server:
        lines += ["", "[server]"]
        lines += [f"{_quoted(k)} = {_toml_value(v)}" for k, v in config.server.items()]
    return "\n".join(lines) + "\n"


def _toml_value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_quoted(k)} = {_toml_value(v)}' for k, v in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml_value, value))}]"
    return _quoted(value) if isinstance(value, str) else str(value)


def _quoted(text: str) -> str:
    # A JSON string is a TOML basic string, but for the one control character JSON leaves alone.
    return msgspec.json.encode(text).decode().replace("\x7f", "\\u007f")
