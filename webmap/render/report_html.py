"""A coverage report as HTML: on a page of ours, and as a file that stands alone.

Both have the same body. A file carries its styles, and nothing in it comes from elsewhere.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from stations import vocabulary
from stations.reach import DETOUR
from stations.report.assumptions import NORM_MINUTES
from stations.report.records import RECENT_DAYS
from webmap import texts
from webmap.render import charts
from webmap.render.pdf import STATIC
from webmap.texts import WEEKDAYS, readable

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from stations.norms import NormResult, StationResult
    from stations.report import CoverageReport
    from stations.report.figures import HeatHour, Range, SensitivityRow
    from webmap.texts import Language

_TEMPLATES: Final = STATIC.parent / "templates"
_MOST_RECORDS: Final = 60
"""Records of a norm, and findings, that are listed on paper; the workbook has all of them."""
_FEWER_RECORDS: Final = 12
"""Records of which something is merely not known."""


class Words:
    """How figures are written in a language."""

    def __init__(self, lang: Language) -> None:
        self.lang: Language = lang

    def t(self, key: str, **values: object) -> str:
        """Return the text of a key."""
        return texts.text(self.lang, key, **values)

    def named(self, name: Any) -> str:  # noqa: ANN401  whatever has a name in both languages
        """Return a name in the language; what lies outside all districts where there is none."""
        if name is None:
            return self.t("report.outside")
        return str(name.en if self.lang == "en" else name.zh)

    def label(self, field: str, code: str) -> str:
        """Return the label of a coded value."""
        return vocabulary.label(field, code, self.lang)

    @staticmethod
    def number(value: float) -> str:
        """Return a number of people or things."""
        return f"{value:,.0f}"

    @staticmethod
    def percent(share: float | None, of: float = 1.0) -> str:
        """Return a share `of` so many; neither nobody nor everybody unless it is so."""
        if share is None or not of:
            return "–"
        if share in {0.0, 1.0}:
            return f"{100 * share:.0f}%"
        return f"{min(max(100 * share, 0.1), 99.9):.1f}%"

    def span(self, found: Range, of: float = 1.0) -> str:
        """Return a range of shares `of` so many, one number where both ends are equal."""
        low, high = self.percent(found.low, of), self.percent(found.high, of)
        return low if low == high else f"{low[:-1]}–{high}"

    def people(self, found: Range) -> str:
        """Return a range of people."""
        low, high = self.number(found.low), self.number(found.high)
        return low if low == high else f"{low}–{high}"

    def points(self, now: float, before: float) -> str:
        """Return how many percentage points more or less a share is."""
        change = round(100 * (now - before), 1)
        sign = "+" if change > 0 else "−" if change < 0 else "±"
        return self.t("report.points", n=f"{sign}{abs(change):.1f}")

    def more(self, now: float, before: float) -> str:
        """Return how many more or fewer there are."""
        change = round(now - before)
        return f"{'+' if change > 0 else '−' if change < 0 else '±'}{abs(change):,}"

    def distance(self, metres: float | None, unit: str = "m") -> str:
        """Return a distance, or a time along the streets."""
        if metres is None:
            return self.t("report.beyond")
        if unit == "s":
            return self.t("report.minutes", n=f"{metres / 60:.1f}".removesuffix(".0"))
        if metres < 1000:
            return self.t("report.metres", n=f"{metres:.0f}")
        return self.t("report.kilometres", n=f"{metres / 1000:.2f}".rstrip("0").rstrip("."))

    def money(self, yuan: float | None) -> str:
        """Return a sum of money."""
        return "–" if yuan is None else self.t("report.yuan", n=f"{yuan:,.0f}")

    def date(self, day: dt.date) -> str:
        """Return a day."""
        if self.lang == "en":
            return f"{day.day} {day:%B} {day.year}"
        return f"{day.year} 年 {day.month} 月 {day.day} 日"

    def hour(self, number: int) -> str:
        """Return one of the 192 hours."""
        day, hour = divmod(number, 24)
        return f"{self.day(day)} {hour:02d}:00"

    def day(self, number: int) -> str:
        """Return a day of the week, or the holiday behind it."""
        return self.t("report.holiday") if number == 7 else WEEKDAYS[self.lang][number]


class Period(NamedTuple):
    """What a report is of, in words."""

    title: str
    asof: str


@functools.cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # Whatever prints it, text from users and files steers nothing.
        finalize=readable,
    )


def report_body(report: CoverageReport, lang: Language) -> Markup:
    """Return the body of a report, for a page that has `report_styles`."""
    html = _environment().get_template("coverage_report.html").render(**_values(report, lang))
    return Markup(html)  # noqa: S704  made by a template that escapes whatever is printed in it


def report_html(report: CoverageReport, lang: Language) -> str:
    """Return a report as an HTML file that needs nothing beside it."""
    return (
        _environment()
        .get_template("coverage_report_file.html")
        .render(
            body=report_body(report, lang),
            styles=Markup(report_styles()),  # noqa: S704  a file of ours
            title=period(report, lang).title,
            html_lang=texts.HTML_CODES[lang],
        )
    )


@functools.cache
def report_styles() -> str:
    """Return the style sheet of a report."""
    return (STATIC / "css" / "report.css").read_text("utf-8")


def period(report: CoverageReport, lang: Language) -> Period:
    """Return title and date of a report in words."""
    words = Words(lang)
    area = words.named(report.area)
    # A workspace may be called by what it is of, and does not say so twice.
    named = ".named" if "驿站" in area or "station" in area.lower() else ""
    if report.quarter is None:
        title = words.t(f"report.title.day{named}", area=area, day=words.date(report.day))
    else:
        year, quarter = report.quarter.split("Q")
        title = words.t(f"report.title.quarter{named}", area=area, year=year, quarter=quarter)
    key = "report.asof" if report.complete else "report.asof_so_far"
    asof = words.t(key, day=words.date(report.day), revision=report.basis.revision)
    return Period(title, asof)


def _values(report: CoverageReport, lang: Language) -> dict[str, Any]:
    """What the template prints, beside the figures themselves."""
    words = Words(lang)
    reference = report.reference
    by_time = report.distances.unit == "s"
    limit = 60 * (reference.minutes or 0) if by_time else reference.radius_m
    people = "residents" if reference.residents else "workers"
    heat = report.heat
    return {
        "r": report,
        "w": words,
        "t": words.t,
        "n": words.number,
        "pct": words.percent,
        "span": words.span,
        "lang": lang,
        "period": period(report, lang),
        "within": _within(report, words),
        # What stands between two sentences.
        "between": _between(lang),
        "who": words.t(f"report.{people}"),
        "column": words.t(f"report.column.{people}"),
        # Where nobody knows when people are at work, nothing is said of their work.
        "always": "" if reference.hours_known else ".always",
        "open_key": "report.at_work" if reference.hours_known else "report.always",
        "points": _points(report, words),
        "since": _since(report, words),
        "look": charts.LOOKS,
        "ground": charts.ground,
        "depth": charts.depth,
        "label_width": charts.label_width,
        "map": charts.map_picture(report),
        "week": charts.week_picture(report.hours),
        "curve": charts.curve_picture(report.distances, limit),
        "quantiles": [one for one in report.distances.quantiles if one[1] is not None],
        "norms": [norm for norm in report.norms if norm.stations],
        "deserts_named": [desert for desert in report.deserts if desert.zones],
        "sites_lead": _sites_lead(report, words),
        "heat_max": "" if heat is None else f"{heat.max_c:g}",
        "heat_hours": "" if heat is None else _hours(heat.hours),
        "failed_words": functools.partial(_items, words),
        "open_records": _open_records,
        "sensitivity": [(row, _assumption(row, report, words)) for row in report.sensitivity],
        "reference_words": _reference(report, words),
        "limits": [
            words.t(f"report.limit.{code}", n=words.number(value)) for code, value in report.limits
        ],
        "parameters": orjson.dumps(report.basis.parameters, option=orjson.OPT_SORT_KEYS).decode(),
        "most": _MOST_RECORDS,
        "fewer": _FEWER_RECORDS,
        "recent_days": min(RECENT_DAYS, report.freshness.stale_days),
    }


def _between(lang: Language) -> str:
    return " " if lang == "en" else ""


def _within(report: CoverageReport, words: Words) -> str:
    reference = report.reference
    if reference.minutes is None:
        return words.t("report.within.line", far=words.distance(reference.radius_m))
    return words.t(f"report.within.{reference.method}", n=f"{reference.minutes:g}")


def _since(report: CoverageReport, words: Words) -> str:
    change = report.change
    if change is None:
        return ""
    if change.day is not None:
        return words.date(change.day)
    return words.t("report.since.revision", revision=change.revision)


def _points(report: CoverageReport, words: Words) -> list[str]:
    """Say why the shares differ, when and where it is worst, and what would help."""
    head, change = report.headline, report.change
    found = []
    if change is not None and change.before is not None and change.before != head:
        found.append(
            words.t(
                "report.point.change",
                since=_since(report, words),
                points=words.points(head.effective, change.before.effective),
                stations=words.more(head.stations.usable, change.before.stations.usable),
            )
        )
    if head.nominal - head.effective >= 0.0005:
        counts = head.stations
        reasons = [
            words.t(f"report.point.{name}", n=n)
            for name in ("suspended", "expired")
            if (n := getattr(counts, name))
        ] or [words.t("report.point.elsewhere")]
        points = words.points(head.nominal, head.effective).replace("+", "")
        joined = words.t("report.comma").join(reasons)
        found.append(words.t("report.point.records", points=points.strip(), reasons=joined))
    if head.workers:
        found += _hour_points(report, words)
    if report.gaps:
        zones = words.t("report.comma").join(
            words.named(gap.name) + words.t("report.paren", text=words.number(gap.workers))
            for gap in report.gaps[:3]
        )
        found.append(words.t("report.point.gaps", zones=zones))
    if report.sites.rows and report.sites.share is not None:
        found.append(
            words.t(
                "report.point.sites",
                n=len(report.sites.rows),
                before=words.percent(head.effective),
                after=words.percent(report.sites.share),
                cost=words.money(report.sites.cost_cny),
            )
        )
    return found


def _hour_points(report: CoverageReport, words: Words) -> list[str]:
    at_work = [band for band in report.bands if band.workers]
    if not at_work:
        return []
    band = min(at_work, key=lambda one: one.open.low)
    if band.open.low == 1:
        return []
    named, open_ = words.named(band.name), words.span(band.open)
    if not report.reference.hours_known:
        return [words.t("report.point.hours.always", band=named, open=open_)]
    without = [
        active * (1 - (share or 0.0))
        for active, share in zip(report.hours.active[:168], report.hours.open[:168], strict=True)
    ]
    worst = max(range(168), key=without.__getitem__)
    if not without[worst]:
        return []
    return [
        words.t("report.point.hours", band=named, open=open_),
        words.t(
            "report.point.worst",
            hour=words.hour(worst),
            workers=words.number(report.hours.active[worst]),
            without=words.number(without[worst]),
        ),
    ]


def _sites_lead(report: CoverageReport, words: Words) -> str:
    sites = report.sites
    if not sites.rows:
        return ""
    lead = words.t(
        "report.sites.lead",
        considered=words.number(sites.considered),
        n=len(sites.rows),
        before=words.percent(report.headline.effective),
        after=words.percent(sites.share),
        bound=words.number(sites.bound or 0),
        reached=words.number(sites.rows[-1].cumulative),
        gap=words.percent(sites.gap),
    )
    if sites.status != "time_limit":
        return lead
    return f"{lead}{_between(words.lang)}{words.t('report.sites.time_limit')}"


def _hours(hours: Sequence[HeatHour]) -> str:
    """Hours of a day, those that follow each other joined: ``11:00-18:00``."""
    runs: list[list[int]] = []
    for one in hours:
        if runs and one.hour == runs[-1][1]:
            runs[-1][1] += 1
        else:
            runs.append([one.hour, one.hour + 1])
    return ", ".join(f"{first:02d}:00–{last:02d}:00" for first, last in runs)


def _items(words: Words, norm: NormResult, codes: Sequence[str]) -> str:
    """Items of a norm in words."""
    named = {item.code: words.named(item) for item in norm.items}
    return words.t("report.comma").join(named[code] for code in codes)


def _open_records(norm: NormResult) -> list[StationResult]:
    """Stations that fail nothing, with the unknown items that a register can know."""
    on_site = {item.code for item in norm.items if item.on_site}
    left = (
        msgspec.structs.replace(one, unknown=tuple(c for c in one.unknown if c not in on_site))
        for one in norm.records
        if not one.failed
    )
    return [one for one in left if one.unknown]


def _assumption(row: SensitivityRow, report: CoverageReport, words: Words) -> str:
    unit = report.distances.unit
    if row.kind == "demand":
        return words.t("report.assume.demand", share=f"{100 * row.value:g}%")
    if row.kind == "limit":
        key = "report.assume.time" if unit == "s" else "report.assume.radius"
        return words.t(key, far=words.distance(row.value, unit))
    if unit == "s":
        return words.t("report.assume.speed", n=f"{row.value:g}")
    far = words.distance(row.value * 60 * NORM_MINUTES / DETOUR)
    return words.t("report.assume.speed_line", n=f"{row.value:g}", far=far)


def _reference(report: CoverageReport, words: Words) -> str:
    reference = report.reference
    number = words.number(reference.workers)
    if reference.residents:
        text = words.t("report.basis.who.residents", n=number)
    else:
        groups = words.t("report.comma").join(words.named(row.name) for row in report.groups)
        text = words.t("report.basis.who.workers", groups=groups, n=number)
    files = words.t("report.comma").join(reference.sources)
    if not files:
        return text
    return f"{text}{_between(words.lang)}{words.t('report.basis.who.sources', files=files)}"
