"""Commands that make and serve a workspace: init, demo, serve."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stations.errors import WorkspaceError
from webmap.cli.coverage import print_coverage
from webmap.cli.output import AsJson, Folder, language, note, print_json

if TYPE_CHECKING:
    from stations.workspace import Workspace

Host = Annotated[str | None, typer.Option(help="监听地址 / Address to listen on.")]
Port = Annotated[int | None, typer.Option(min=1, max=65535, help="端口 / Port.")]
Workers = Annotated[int | None, typer.Option(min=1, max=256, help="进程数 / Processes.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    app.command("init")(init)
    app.command("demo")(demo)
    app.command("serve")(serve)


def init(
    folder: Folder,
    *,
    adcode: Annotated[
        str | None, typer.Option(help="行政区划代码，县、市或省 / GB/T 2260 code, e.g. 410108.")
    ] = None,
    districts: Annotated[
        Path | None, typer.Option(help="区划边界文件 / A file of district polygons.")
    ] = None,
    title: Annotated[str | None, typer.Option(help="名称 / What pages call the area.")] = None,
) -> None:
    """新建工作区 / Make a new workspace."""
    from stations.boundaries import districts_of_china, read_districts
    from stations.config import Config
    from stations.workspace import DISTRICTS_NAME, Workspace

    if adcode and districts:
        message = "give --adcode or --districts, not both"
        raise WorkspaceError(message)
    shapes = None
    if districts is not None:
        shapes = read_districts(districts)
        if shapes is None:
            message = f"there is no file {districts}"
            raise WorkspaceError(message)
    elif adcode is not None:
        shapes = districts_of_china(adcode)
    if shapes is not None and (folder / DISTRICTS_NAME).exists():
        message = f"{folder / DISTRICTS_NAME} is there already; nothing was changed: move it away"
        raise WorkspaceError(message)
    if title is None and shapes is not None and len(shapes) == 1:
        title = shapes.names[0]
    config = Config(title=title, title_en=title) if title else Config()
    Workspace.create(folder, config=config, districts=shapes)
    count = 0 if shapes is None else len(shapes)
    note(
        f"已建工作区 {folder}，区县 {count} 个。"
        f"下一步：yizhan import {folder} 表格.xlsx --datum gcj02",
        f"Made {folder} with {count} districts. "
        f"Next: yizhan import {folder} sheet.xlsx --datum gcj02",
    )


def demo(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]")] = Path("yizhan-demo"),
    *,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="启动服务 / Serve it.")] = True,
    seed: Annotated[int, typer.Option(min=0, help="随机种子 / Seed of the made-up city.")] = 20,
    host: Host = None,
    port: Port = None,
    workers: Workers = None,
    json: AsJson = False,
) -> None:
    """演示：一个虚构的城区 / A made-up district, with its coverage table and map."""
    from stations.demo import workspace as demo_workspace

    made = demo_workspace.make(folder, seed=seed)
    note(
        f"演示工作区（数据全部虚构）：{folder}",
        f"Demonstration workspace (everything in it is made up): {folder}",
    )
    figures = made.coverage().to_dict(language())
    if json:
        print_json(figures)
    else:
        print_coverage(figures)
    if serve:
        _serve(made, host, port, workers)


def serve(folder: Folder, *, host: Host = None, port: Port = None, workers: Workers = None) -> None:
    """启动地图与接口 / Serve the map and the API until stopped."""
    from stations.workspace import Workspace

    _serve(Workspace(folder), host, port, workers)


def _serve(workspace: Workspace, host: str | None, port: int | None, workers: int | None) -> None:
    from webmap import serving
    from webmap.settings import server_settings

    given = {"host": host, "port": port, "workers": workers}
    settings = server_settings(workspace.config.server).model_copy(
        update={name: value for name, value in given.items() if value is not None}
    )
    serving.check(workspace, settings)
    address = serving.address(settings)
    if settings.proxies and settings.public_url is None:
        note(
            "没有设置 public_url：海报上的二维码会是代理背后的地址",
            "public_url is not set: posters will show the address behind the proxy",
        )
    note(
        f"驿站：{address}  规划地图：{address}map  （Ctrl-C 停止）",
        f"Stations: {address}  Planner's map: {address}map  (Ctrl-C stops)",
    )
    serving.run(workspace.folder, settings)
