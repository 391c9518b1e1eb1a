"""The pictures of a report: every mark in its place, and each shade apart in black and white."""

from __future__ import annotations

import itertools
import re
from collections import Counter

import msgspec
import pytest

from tests.stations.report import worlds
from tests.webmap.report_reading import LANGUAGES, count, drawn, name_in, of_class, read, said
from tests.webmap.report_samples import SAMPLES, Reports, contrast, luminance, reports_in
from webmap.render import charts
from webmap.render.report_html import report_styles

SAMPLES_OF_THE_WEEK = ("quarter", "city", "unknown hours", "no stations", "nobody")

every = pytest.mark.parametrize("name", SAMPLES)
both = pytest.mark.parametrize("lang", LANGUAGES)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    """Reports of every kind, by name; each is made once."""
    return reports_in(tmp_path_factory.getbasetemp())


@pytest.mark.parametrize("name", SAMPLES_OF_THE_WEEK)
def test_every_hour_of_the_week_is_drawn(sample: Reports, name: str) -> None:
    """192 cells: the number, the shade, the corner of what may be, and nothing where nobody is."""
    report = sample(name)
    (week,) = of_class(read(report, "zh").root, "week")
    cells = [g for g in drawn(week, "g") if drawn(g, "title")]
    assert len(cells) == 192
    hours = report.hours
    for number, cell in enumerate(cells):
        low, high = hours.open[number], hours.perhaps[number]
        (box,) = drawn(cell, "rect")
        told, corners = drawn(cell, "text"), drawn(cell, "path")
        title = said(drawn(cell, "title")[0])
        assert f" {number % 24:02d}:00 · " in title
        assert count(hours.active[number]) in title
        if low is None or high is None:
            assert (told, corners) == ([], [])
            assert "%" not in title
            continue
        assert said(told[0]) == per_cent(low)
        assert box.get("fill") == charts._DEPTHS[step_of(low)]
        assert len(corners) == (per_cent(high) != per_cent(low))
        ends = per_cent(low) if not corners else f"{per_cent(low)}–{per_cent(high)}"
        assert title.endswith(f" {ends}%")
    places = [(float(c.get("x") or 0), float(c.get("y") or 0)) for c in drawn(week, "rect")]
    assert places[:192] == sorted(places[:192], key=lambda place: (place[1], place[0]))


def per_cent(share: float) -> str:
    """Whole per cent; neither nobody nor everybody unless it is so."""
    whole = round(100 * share)
    return str(whole if share in {0.0, 1.0} else min(max(whole, 1), 99))


def step_of(share: float) -> int:
    """The step of a share: nobody, or one of five fifths."""
    return next(n for n in range(6) if share <= n / 5 + 1e-9)


@pytest.mark.parametrize(
    ("share", "step"),
    [(None, None), (0.0, 0), (1e-6, 1), (0.2, 1), (0.2001, 2), (0.4, 2), (0.6, 3), (0.8, 4),
     (0.80001, 5), (1.0, 5)],
)  # fmt: skip
def test_shades_go_by_fifths(share: float | None, step: int | None) -> None:
    """Nobody has a shade of its own, and so has what is not known."""
    assert charts.shade(share) == step
    assert charts.depth(step) == (charts._UNKNOWN if step is None else charts._DEPTHS[step])
    assert charts.ground(step) == (charts._UNKNOWN if step is None else charts._GROUNDS[step])


@pytest.mark.parametrize("name", ["quarter", "city", "one district", "no districts", "on foot"])
def test_the_map_shows_what_the_report_has(sample: Reports, name: str) -> None:
    """Districts in the shade of their coverage, stations by their state, gaps and sites."""
    report = sample(name)
    (picture,) = of_class(read(report, "zh").root, "map")
    areas = [p for p in drawn(picture, "path") if p.get("fill-rule") == "evenodd"]
    gaps = [p for p in areas if (p.get("fill") or "").startswith("url(")]
    assert len(gaps) == len(report.gaps)
    shades = [p.get("fill") for p in areas if p not in gaps]
    assert shades == [
        ("#f6f8f7" if one.effective is None else charts._GROUNDS[step_of(one.effective)])
        if one.subject
        else "#eef1f0"
        for one in report.map.districts
    ]
    west, south, east, north = report.map.bbox
    inside = Counter(
        p.state
        for p in report.map.stations
        if west < p.lon < east and south < p.lat < north
    )  # fmt: skip
    dots = Counter(e.get("r") for e in drawn(picture, "circle"))
    crosses = [p for p in drawn(picture, "path") if "l5.2 5.2" in (p.get("d") or "")]
    assert dots["3.4"] >= inside["usable"]
    assert dots["4.6"] >= inside["all_day"]
    assert len(crosses) >= inside["unusable"]
    assert dots["3.4"] + dots["4.6"] + len(crosses) <= len(report.map.stations)
    diamonds = [p for p in drawn(picture, "path") if "l10 10l-10 10" in (p.get("d") or "")]
    assert len(diamonds) == len(report.sites.rows)


@every
def test_marks_stand_where_they_belong(sample: Reports, name: str) -> None:
    """East is right, north is up, metres are as long both ways, and all of it is inside."""
    report = sample(name)
    picture = charts.map_picture(report)
    for marks in (picture.stations, picture.sites, picture.gap_marks):
        for mark in marks:
            assert 0 <= mark.x <= picture.width
            assert 0 <= mark.y <= picture.height
    there = report.map.stations
    shown = picture.stations
    if len(there) == len(shown):
        for (one, seen), (other, also) in itertools.pairwise(zip(there, shown, strict=True)):
            assert (one.lon - other.lon) * (seen.x - also.x) >= -1e-9
            assert (one.lat - other.lat) * (seen.y - also.y) <= 1e-9
    assert picture.scale_width <= picture.width / 5 or picture.scale_m == 100
    assert len({mark.number for mark in picture.gap_marks}) == len(picture.gap_marks)


def test_the_scale_of_the_map_is_right(sample: Reports) -> None:
    """Two stations 10.4 km apart by the geodesic are so many lengths of the scale apart."""
    report = sample("day")
    picture = charts.map_picture(report)
    first, second = (
        next(p for p in report.map.stations if p.lon == round(worlds.place(east)["lon"], 6))
        for east in (-5400.0, 5000.0)
    )
    west, south, east, north = report.map.bbox
    inside = [p for p in report.map.stations if west < p.lon < east and south < p.lat < north]
    marks = dict(zip(inside, picture.stations, strict=True))
    apart = abs(marks[first].x - marks[second].x) / picture.scale_width * picture.scale_m
    assert apart == pytest.approx(10_400, rel=0.01)


@every
@both
def test_names_on_the_map_are_inside_and_free_of_marks(
    sample: Reports, name: str, lang: str
) -> None:
    """A plate is as wide as the name in its language, inside the picture, and off its numbers."""
    report = sample(name)
    (picture,) = of_class(read(report, lang).root, "map")
    width = charts.map_picture(report).width
    for label in charts.map_picture(report).labels:
        wide = charts.label_width(name_in(lang, label.name))
        assert label.x - wide / 2 >= 0
        assert label.x + wide / 2 <= width
    assert len(charts.map_picture(report).labels) <= len(drawn(picture, "text"))


@pytest.mark.parametrize("name", ["city", "on foot", "no stations", "everybody covered"])
def test_the_curves_are_the_reports(sample: Reports, name: str) -> None:
    """Each point stands as high as its share, from left to right; the limit is where it is."""
    report = sample(name)
    (picture,) = of_class(read(report, "zh").root, "curve")
    found = report.distances
    lines = [p.get("d") or "" for p in drawn(picture, "path")]
    for shares in (found.nominal, found.effective):
        line = "M" + "L".join(
            f"{round(60 + 640 * at / found.at[-1], 1):g} {260 - 240 * share:.1f}"
            for at, share in zip(found.at, shares, strict=True)
        )
        assert line in lines
    reference = report.reference
    limit = 60 * reference.minutes if reference.minutes else reference.radius_m
    (mark,) = [re.match(r"M([\d.]+) 20V260", line) for line in lines if line.endswith(" 20V260")]
    assert mark is not None
    assert float(mark[1]) == pytest.approx(60 + 640 * limit / found.at[-1], abs=0.06)


@pytest.mark.parametrize("end", [90.0, 150.0, 700.0, 1500.0, 3000.0, 4500.0, 30_000.0, 3e6])
@pytest.mark.parametrize("unit", ["m", "s"])
def test_the_axis_has_a_handful_of_round_ticks(sample: Reports, end: float, unit: str) -> None:
    """From two to eight, evenly apart, from zero on, in metres or in whole minutes."""
    found = msgspec.structs.replace(
        sample("day").distances, unit=unit, at=(0.0, end), nominal=(0.0, 1.0), effective=(0.0, 1.0)
    )
    ticks = charts.curve_picture(found, end / 3).ticks
    assert 2 <= len(ticks) <= 8
    assert ticks[0] == (0, 60.0)
    steps = {round(b - a, 6) for (a, _), (b, _) in itertools.pairwise(ticks)}
    assert len(steps) == 1
    assert steps.pop() % (60 if unit == "s" else 1) == 0
    assert all(60 <= x <= 700 for _, x in ticks)


def test_those_at_work_are_drawn_only_where_it_is_known(sample: Reports) -> None:
    """24 bars as high as their share of the largest; none where all are taken to be at work."""
    report = sample("city")
    picture = charts.week_picture(report.hours)
    means = [sum(report.hours.active[24 * d + h] for d in range(7)) / 7 for h in range(24)]
    assert picture.workers == tuple(round(mean / max(means), 4) for mean in means)
    bars = {name: len(drawn(of_class(read(sample(name), "zh").root, "week")[0], "rect")) - 192
            for name in ("city", "unknown hours", "residents")}  # fmt: skip
    assert bars == {"city": 24, "unknown hours": 0, "residents": 0}


# ---------------------------------------------------------------------------- in black and white


@pytest.mark.parametrize("shades", [charts._DEPTHS, charts._GROUNDS])
def test_shades_fall_in_luminance(shades: tuple[str, ...]) -> None:
    """Printed in grey, each step is darker than the one before, and can be told from it."""
    assert len(shades) == charts.SHADES
    found = list(map(luminance, shades))
    assert found == sorted(found, reverse=True)
    for lighter, darker in itertools.pairwise(shades):
        assert contrast(lighter, darker) >= 1.1, (lighter, darker)


@pytest.mark.parametrize("name", [*SAMPLES_OF_THE_WEEK, "everybody covered"])
def test_every_number_of_the_week_can_be_read(sample: Reports, name: str) -> None:
    """Number and corner stand out from their cell by 4.5 to 1."""
    (week,) = of_class(read(sample(name), "zh").root, "week")
    for cell in drawn(week, "g"):
        ground = drawn(cell, "rect")[0].get("fill") or ""
        for mark in (*drawn(cell, "text"), *drawn(cell, "path")):
            assert contrast(mark.get("fill") or "", ground) >= 4.5


def test_every_shade_of_the_week_can_be_read() -> None:
    """All six of them, with the ink that the template takes for each."""
    for step, ground in enumerate(charts._DEPTHS):
        assert contrast("#fff" if step > 3 else "#14211f", ground) >= 4.5


@pytest.mark.parametrize("ground", charts._GROUNDS)
def test_marks_and_names_stand_out_from_the_map(ground: str) -> None:
    """Names, stations and site numbers by 4.5 to 1; the edge of a gap and a district by 3 to 1."""
    looks = {name: re.findall(r'(fill|stroke)="(#\w+)"', str(look))
             for name, look in charts.LOOKS.items()}  # fmt: skip
    ink = dict(looks["words"])["fill"]
    assert contrast(ink, ground) >= 4.5
    assert contrast(dict(looks["usable"])["fill"], ground) >= 4.5
    assert contrast(dict(looks["unusable"])["stroke"], ground) >= 4.5
    assert contrast(dict(looks["gap"])["stroke"], "#fff7f1") >= 4.5
    assert contrast(dict(looks["gap_number"])["fill"], "#fff7f1") >= 4.5
    assert contrast(dict(looks["site_number"])["fill"], dict(looks["site"])["fill"]) >= 4.5


def test_texts_of_the_style_sheet_can_be_read() -> None:
    """Every colour of text on paper: 4.5 to 1 on white and on the ground of the page."""
    styles = report_styles()
    variables = dict(re.findall(r"--(\w+): (#\w+);", styles))
    colours = set(re.findall(r"[^-]color: (#\w+);", styles)) - {"#fff"}
    colours |= {variables[name] for name in re.findall(r"[^-]color: var\(--(\w+)\)", styles)}
    assert len(colours) >= 4
    for colour in colours:
        assert contrast(colour, "#ffffff") >= 4.5, colour
        assert contrast(colour, "#eef1f0") >= 4.5, colour
