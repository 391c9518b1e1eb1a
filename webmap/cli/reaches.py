"""How far is within reach, as options of the command line and in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

import typer

from stations.errors import StationsError
from webmap.cli.output import distance, say

if TYPE_CHECKING:
    from stations.reach import Mode, Reach
    from stations.workspace import Workspace

By = Annotated[
    str,
    typer.Option(
        "--by",
        help="怎么去：line 直线、walk 步行、ebike 电动车 / By straight line or along streets.",
    ),
]
Radius = Annotated[
    float | None,
    typer.Option("--radius", min=1, max=100_000, help="服务半径（米），直线 / Metres, by line."),
]
Minutes = Annotated[
    float | None,
    typer.Option(
        "--minutes", min=0.5, max=600, help="可达时间（分钟），沿道路 / Minutes, along streets."
    ),
]
_ON_STREETS = {"walk": ("步行", "on foot"), "ebike": ("骑电动车", "by electric bicycle")}


def mode_of(by: str) -> Mode:
    """Return the mode that a word names.

    Raises
    ------
    StationsError
        If it names none.
    """
    from stations.reach import MODES

    for mode in MODES:
        if by == mode:
            return mode
    known = ", ".join(MODES)
    raise StationsError(f"--by {by[:40]!r}: use one of {known}", f"--by {by[:40]!r}：可用 {known}")


def misfit(option: str, *, by_line: bool) -> StationsError:
    """Return the error for an option that goes with the straight line only, or with streets."""
    fitting = "line" if by_line else "walk, ebike"
    return StationsError(f"{option} goes with --by {fitting}", f"{option} 只用于 --by {fitting}")


def reach_of(workspace: Workspace, by: str, radius: float | None, minutes: float | None) -> Reach:
    """Return what counts as within reach.

    Raises
    ------
    StationsError
        If the options do not go together.
    NoNetworkError
        If there is no network for the mode.
    """
    mode = mode_of(by)
    if mode == "line" and minutes is not None:
        raise misfit("--minutes", by_line=False)
    if mode != "line" and radius is not None:
        raise misfit("--radius", by_line=True)
    return workspace.reach(mode, radius_m=radius, minutes=minutes)


def within(mode: str, metres: float, minutes: float | None) -> tuple[str, str]:
    """What counts as within reach, in Chinese and in English."""
    if minutes is None:
        return f"{distance(metres)} 直线距离内", f"within {distance(metres)} by straight line"
    zh, en = _ON_STREETS[mode]
    return f"{zh} {minutes:g} 分钟内", f"within {minutes:g} minutes {en}"


def duration(seconds: float | None) -> str:
    """A time as people read it: in minutes, never too short."""
    if seconds is None or math.isinf(seconds):
        return "–"
    minutes = math.ceil(round(seconds / 60, 6))
    return say(f"{minutes} 分钟", f"{minutes} min")
