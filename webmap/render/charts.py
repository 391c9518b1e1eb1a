"""The pictures of a report as plain numbers for an SVG: map, week and curve.

They are drawn by templates, so that their words are text that can be searched, copied and read
aloud, and so that one drawing serves screen, paper and black and white.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stations.report.figures import (
        CoverageReport,
        Distances,
        HourFigures,
        Named,
        ReportMap,
    )

SHADES: Final = 6
"""Steps of the scale of shares, from nobody to all."""
_WIDTH: Final = 720.0
_TALLEST: Final = 560.0
_FLATTEST: Final = 300.0
_MARGIN: Final = 14.0
_APART: Final = 15.0
_MOST_NAMES: Final = 40
_SCALES_M: Final = (100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000)
_METRES_A_DEGREE: Final = 111_320.0

Rings = tuple[tuple[tuple[float, float], ...], ...]


def shade(share: float | None) -> int | None:
    """Return the step of a share: 0 for nobody, 1 to 5 for fifths of all; None where unknown."""
    if share is None:
        return None
    return 0 if share <= 0 else min(math.ceil(share * (SHADES - 1) - 1e-9), SHADES - 1)


def _looks(**looks: str) -> dict[str, Markup]:
    """Attributes of the parts of a picture, each from what stands in a style sheet for it."""
    found = {}
    for name, look in looks.items():
        pairs = (pair.split(": ") for pair in look.split("; "))
        found[name] = Markup("").join(Markup(' {}="{}"').format(*pair) for pair in pairs)
    return found


LOOKS: Final = _looks(
    words="font-family: Noto Sans CJK SC, Source Han Sans SC, Noto Sans SC, PingFang SC, "
    "Microsoft YaHei, WenQuanYi Micro Hei, sans-serif; fill: #14211f",
    ground="fill: #e9eeec",
    beside="fill: #a3cbc5",
    value="fill: #0b5d5a",
    sea="fill: #f6f8f7",
    district="stroke: #5f6d69; stroke-width: 1; stroke-linejoin: round",
    other="stroke: #b5bfbc; stroke-width: 1; stroke-linejoin: round",
    gap="stroke: #c2410c; stroke-width: 1.4",
    gap_ground="fill: #fff7f1",
    gap_stripe="fill: none; stroke: #c2410c; stroke-width: 1.1",
    gap_number="fill: #8a2d06; font-size: 12; font-weight: 700; text-anchor: middle",
    usable="fill: #14211f; stroke: #fff; stroke-width: 1.2",
    all_day="fill: #fff; stroke: #14211f; stroke-width: 2",
    heart="fill: #14211f",
    unusable="fill: none; stroke: #14211f; stroke-width: 1.6",
    plate="fill: #fff; fill-opacity: 0.82",
    district_name="font-size: 12; text-anchor: middle",
    site="fill: #c8102e; stroke: #fff; stroke-width: 1",
    site_number="fill: #fff; font-size: 10; font-weight: 700; text-anchor: middle",
    scale="fill: none; stroke: #14211f; stroke-width: 1.4",
    tick_middle="fill: #4b5855; font-size: 12; text-anchor: middle",
    tick_end="fill: #4b5855; font-size: 12; text-anchor: end",
    cell="stroke: #c3cfcc; stroke-width: 0.5",
    in_cell="font-size: 11; text-anchor: middle",
    active="fill: #8b9794",
    grid="fill: none; stroke: #d5dedb; stroke-width: 1",
    limit="fill: none; stroke: #14211f; stroke-width: 1; stroke-dasharray: 2 3",
    nominal="fill: none; stroke: #5a9b94; stroke-width: 2.4; stroke-dasharray: 7 4",
    effective="fill: none; stroke: #0b5d5a; stroke-width: 2.8",
)
"""What the parts of the pictures look like. As attributes, for a style sheet reaches no picture on
paper, and the pages allow no styles inside an element."""
_DEPTHS: Final = ("#ffffff", "#e3efec", "#b9d6d1", "#84b6b0", "#3a807b", "#0b5451")
_GROUNDS: Final = ("#ffffff", "#edf4f2", "#d7e8e4", "#bedad5", "#a3cbc5", "#86bab3")
_UNKNOWN: Final = "#f6f8f7"
_NAME_PX: Final = 12


def depth(step: int | None) -> str:
    """Return the colour of a step where it stands alone; each is lighter than the next in grey."""
    return _UNKNOWN if step is None else _DEPTHS[step]


def ground(step: int | None) -> str:
    """Return the colour of a step under marks and names, which have to stand out from it."""
    return _UNKNOWN if step is None else _GROUNDS[step]


def label_width(name: str) -> float:
    """Return about how wide a name on the map is, with a little room around it."""
    return sum(_NAME_PX if ord(sign) > 0x2E80 else 0.56 * _NAME_PX for sign in name) + 8


class Shape(NamedTuple):
    """An area: its path and the step of its share."""

    path: str
    shade: int | None = None
    subject: bool = True


class Label(NamedTuple):
    """The name of a district, with the middle of its line."""

    name: Named
    x: float
    y: float


class Mark(NamedTuple):
    """A point with what it is, and its number where it has one."""

    x: float
    y: float
    state: str
    number: int | None = None


class MapPicture(NamedTuple):
    """The map: everything in units of its view box; the scale bar is so long."""

    width: float
    height: float
    districts: tuple[Shape, ...]
    labels: tuple[Label, ...]
    gaps: tuple[Shape, ...]
    stations: tuple[Mark, ...]
    sites: tuple[Mark, ...]
    gap_marks: tuple[Mark, ...]
    scale_m: int
    scale_width: float


class _View:
    """From degrees to the units of a picture; longitudes are as short as in its middle."""

    def __init__(self, box: tuple[float, float, float, float]) -> None:
        west, south, east, north = box
        self._west, self._north = west, north
        self._stretch = math.cos(math.radians((south + north) / 2))
        across = max((east - west) * self._stretch, 1e-6)
        down = max(north - south, 1e-6)
        inner = _WIDTH - 2 * _MARGIN
        self._unit = min(inner / across, (_TALLEST - 2 * _MARGIN) / down)
        self.height = max(down * self._unit + 2 * _MARGIN, _FLATTEST)
        self._left = (_WIDTH - across * self._unit) / 2
        self._top = (self.height - down * self._unit) / 2
        self.metre = self._unit / _METRES_A_DEGREE

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        """Return a position, to a tenth of a unit."""
        return (
            round(self._left + (lon - self._west) * self._stretch * self._unit, 1),
            round(self._top + (self._north - lat) * self._unit, 1),
        )

    def path(self, rings: Rings) -> str:
        """Return rings as a path; corners that fall on the one before are left out."""
        parts = []
        for ring in rings:
            points = [self.at(*corner) for corner in ring]
            kept = [p for i, p in enumerate(points) if i == 0 or p != points[i - 1]]
            if len(kept) > 2:
                parts.append("M" + "L".join(f"{x:g} {y:g}" for x, y in kept[:-1]) + "Z")
        return "".join(parts)

    def holds(self, x: float, y: float) -> bool:
        """Whether a place is inside the picture."""
        return 0 <= x <= _WIDTH and 0 <= y <= self.height


def map_picture(report: CoverageReport) -> MapPicture:
    """Return the map: districts by their effective coverage, stations, gaps and new sites."""
    found = report.map
    view = _View(found.bbox)
    longest = next((m for m in reversed(_SCALES_M) if m * view.metre <= _WIDTH / 5), _SCALES_M[0])
    sites = tuple(_marks(view, ((s.lon, s.lat, "site", s.rank) for s in report.sites.rows)))
    gap_marks = _apart(sites, _marks(view, ((g.lon, g.lat, "gap", g.rank) for g in report.gaps)))
    return MapPicture(
        _WIDTH,
        round(view.height, 1),
        tuple(
            Shape(view.path(one.rings), shade(one.effective), one.subject)
            for one in found.districts
        ),
        tuple(_labels(found, view, (*sites, *gap_marks))),
        tuple(Shape(view.path(gap.rings)) for gap in report.gaps),
        tuple(_marks(view, ((p.lon, p.lat, p.state, None) for p in found.stations))),
        sites,
        gap_marks,
        longest,
        round(longest * view.metre, 1),
    )


def _labels(found: ReportMap, view: _View, marks: Sequence[Mark]) -> Iterable[Label]:
    """Names of districts, a little off their place where a mark stands there."""
    if len(found.districts) > _MOST_NAMES:
        return
    for one in found.districts:
        x, y = view.at(one.lon, one.lat)
        half = max(map(label_width, (one.name.zh, one.name.en))) / 2 + 8
        free = [
            y + off
            for off in (0, 20, -20, 34, -34)
            if not any(abs(m.x - x) < half and abs(m.y - y - off + 4) < 16 for m in marks)
        ]
        # A neighbour's name is written where all of it can be.
        inside = half <= x <= _WIDTH - half and 16 <= y <= view.height - 16
        if inside and view.holds(x, y):
            yield Label(one.name, x, round(free[0] if free else y, 1))


def _marks(view: _View, points: Iterable[tuple[float, float, str, int | None]]) -> Iterable[Mark]:
    for lon, lat, state, number in points:
        x, y = view.at(lon, lat)
        if view.holds(x, y):
            yield Mark(x, y, state, number)


def _apart(taken: Sequence[Mark], marks: Iterable[Mark]) -> tuple[Mark, ...]:
    """Return the marks that none before them covers: a number that cannot be read is left out."""
    kept: list[Mark] = []
    for mark in marks:
        if all(math.hypot(mark.x - m.x, mark.y - m.y) >= _APART for m in (*taken, *kept)):
            kept.append(mark)
    return tuple(kept)


class Cell(NamedTuple):
    """An hour: per cent of those at work who find an open station, from and to; None: nobody."""

    hour: int
    shade: int | None
    low: int | None
    high: int | None
    workers: float


class WeekRow(NamedTuple):
    """A day: 0 Monday to 6 Sunday, 7 the holiday."""

    day: int
    cells: tuple[Cell, ...]


class WeekPicture(NamedTuple):
    """The heat picture of the week; `workers` is how high a bar stands for each hour of the day."""

    rows: tuple[WeekRow, ...]
    workers: tuple[float, ...]
    most: float


def week_picture(hours: HourFigures) -> WeekPicture:
    """Return the heat picture: a row a day, a cell an hour."""
    rows = []
    for day in range(8):
        cells = []
        for hour in range(24):
            number = 24 * day + hour
            low, high = hours.open[number], hours.perhaps[number]
            cells.append(
                Cell(
                    hour,
                    shade(low),
                    None if low is None else _per_cent(low),
                    None if high is None else _per_cent(high),
                    hours.active[number],
                )
            )
        rows.append(WeekRow(day, tuple(cells)))
    by_hour = [sum(hours.active[24 * day + hour] for day in range(7)) / 7 for hour in range(24)]
    most = max(by_hour) or 1.0
    return WeekPicture(tuple(rows), tuple(round(n / most, 4) for n in by_hour), most)


def _per_cent(share: float) -> int:
    """Whole per cent; neither nobody nor everybody unless it is so."""
    if share in {0.0, 1.0}:
        return round(100 * share)
    return min(max(round(100 * share), 1), 99)


class CurvePicture(NamedTuple):
    """Two curves from (60, 260) to (700, 20), where the limit stands, and the ticks of the axis."""

    nominal: str
    effective: str
    limit: float
    ticks: tuple[tuple[float, float], ...]


def curve_picture(found: Distances, limit: float) -> CurvePicture:
    """Return the distribution of distances; `limit` and ticks are in its own unit."""
    end = found.at[-1] or 1.0
    unit = 60.0 if found.unit == "s" else 1.0
    step = next(s * unit for s in _steps() if end / (s * unit) <= 7)
    return CurvePicture(
        _line(found.at, found.nominal, end),
        _line(found.at, found.effective, end),
        _across(limit / end),
        tuple((n * step, _across(n * step / end)) for n in range(int(end / step + 1e-9) + 1)),
    )


def _steps() -> Iterable[float]:
    for power in range(7):
        for step in (1, 2, 3, 5):
            yield step * 10.0**power


def _across(part: float) -> float:
    return round(60 + 640 * part, 1)


def _line(at: Sequence[float], shares: Sequence[float], end: float) -> str:
    points = (f"{_across(x / end):g} {260 - 240 * y:.1f}" for x, y in zip(at, shares, strict=True))
    return "M" + "L".join(points)
