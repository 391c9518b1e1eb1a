"""What a planner asks of a siting, as a form or a command line states it."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from geodata.errors import SitingError
from geodata.siting.problem import Kind
from stations.reach import MODES, Mode

if TYPE_CHECKING:
    from collections.abc import Mapping

CandidateSource = Literal["file", "hexagons", "squares", "streets"]
KINDS: tuple[Kind, ...] = get_args(Kind)
SOURCES: tuple[CandidateSource, ...] = get_args(CandidateSource)

_COVERING = frozenset({"mclp", "backup", "capacitated", "lscp"})
# What is for some kinds of problem only.
_GOES_WITH: dict[str, frozenset[str]] = {
    "new": frozenset(KINDS) - {"lscp", "redundancy"},
    "share": frozenset({"lscp", "redundancy"}),
    "second": frozenset({"backup"}),
    "closing": frozenset({"mclp", "backup"}),
    "budget": _COVERING,
    "quotas": _COVERING,
    "spacing_m": _COVERING,
    "candidates": frozenset(KINDS) - {"redundancy"},
}
# What a field is called in a Chinese message.
_CHINESE = {
    "problem": "问题类型",
    "new": "新建数量",
    "mode": "出行方式",
    "radius_m": "服务半径（米）",
    "minutes": "可达时间（分钟）",
    "share": "覆盖比例",
    "budget": "预算",
    "district": "区县",
    "quotas": "区县名额",
    "spacing_m": "最小间距（米）",
    "second": "二次覆盖系数",
    "closing": "可关闭数量",
    "candidates": "候选点来源",
    "groups": "群体",
    "worth": "群体系数",
    "max_gap": "允许差距",
    "time_s": "时限（秒）",
    "seed": "随机种子",
    "curve": "数量曲线",
}
# Fields that are numbers: whole or not, at least, at most.
_RANGES: dict[str, tuple[bool, float, float]] = {
    "new": (True, 1, 100_000),
    "radius_m": (False, 1, 100_000),
    "minutes": (False, 0.5, 600),
    "share": (False, 0, 1),
    "budget": (False, 0, 1e15),
    "spacing_m": (False, 1, 100_000),
    "second": (False, 0, 1),
    "closing": (True, 0, 100_000),
    "max_gap": (False, 0, 1),
    "time_s": (False, 0.1, 86_400),
    "seed": (True, 0, 2**32 - 1),
}
_MOST_WORDS = 200


class Quota(NamedTuple):
    """How many new stations a district must and may get; None for as many as you like."""

    at_least: int = 0
    at_most: int | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class SitingAsk:
    """One question of where new stations should go. Checked when it is made.

    Attributes
    ----------
    problem
        Kind of the problem, as `geodata.siting.SitingProblem` names it.
    new
        New stations; left out where a budget or a share decides.
    mode
        By straight line, or along the streets on foot or by electric bicycle.
    radius_m
        Service radius by straight line; None for that of the workspace.
    minutes
        Reach along the streets; None for that of the workspace.
    share
        Share of all workers to cover (lscp), 1 for all who can be reached; or of those covered now
        that must stay so (redundancy). None for all.
    budget
        What the new stations may cost together, in the currency of the candidates' ``cost_cny``.
    district
        Adcode of the district that demand and candidates are taken from; None for everywhere.
    quotas
        New stations by adcode, at least and at most.
    spacing_m
        Least distance between two stations, of which one is new.
    second
        Worth of a second station in reach, as a share of the first (backup); None for a half.
    closing
        Existing stations that may close, each for one new station more.
    candidates
        Where stations may be: the workspace's file, cells over the demand, or crossings of its
        streets. None takes the file where there is one, else hexagons.
    groups
        Worker groups that count; all where empty.
    worth
        How much a worker of a group counts; 1 for a group that is not named.
    max_gap, time_s, seed
        When to stop, and with which random numbers; see `geodata.siting.solve`.
    curve
        Whether to find out what each number of new stations up to `new` can reach; takes up to
        `time_s` once more.

    Raises
    ------
    SitingError
        Naming the field that does not fit.
    """

    problem: Kind = "mclp"
    new: int | None = None
    mode: Mode = "line"
    radius_m: float | None = None
    minutes: float | None = None
    share: float | None = None
    budget: float | None = None
    district: str | None = None
    quotas: Mapping[str, Quota] = dataclasses.field(default_factory=dict)
    spacing_m: float | None = None
    second: float | None = None
    closing: int = 0
    candidates: CandidateSource | None = None
    groups: tuple[str, ...] = ()
    worth: Mapping[str, float] = dataclasses.field(default_factory=dict)
    max_gap: float = 0.001
    time_s: float = 60.0
    seed: int = 1
    curve: bool = False

    def __post_init__(self) -> None:
        _one_of("problem", self.problem, KINDS)
        _one_of("mode", self.mode, MODES)
        if self.candidates is not None:
            _one_of("candidates", self.candidates, SOURCES)
        for name, (whole, least, most) in _RANGES.items():
            value = getattr(self, name)
            if value is None and _DEFAULTS[name] is None:
                continue
            _number(name, value, whole=whole, least=least, most=most)
        if self.district is not None:
            _word("district", self.district)
        for group in self.groups:
            _word("groups", group)
        for group, factor in self.worth.items():
            _number(f"worth.{_word('worth', group)}", factor, whole=False, least=0, most=1e6)
        for adcode, quota in self.quotas.items():
            name = f"quotas.{_word('quotas', adcode)}"
            _number(f"{name}.at_least", quota.at_least, whole=True, least=0, most=100_000)
            if quota.at_most is not None:
                _number(f"{name}.at_most", quota.at_most, whole=True, least=0, most=100_000)
        if not isinstance(self.curve, bool):
            raise _misfit("curve", self.curve, "true or false", "true 或 false")
        self._fits_together()

    def _fits_together(self) -> None:
        foreign = "minutes" if self.mode == "line" else "radius_m"
        if getattr(self, foreign) is not None:
            raise SitingError(
                f"{foreign} does not go with the mode {self.mode}: a radius is for line, minutes "
                "are for walk and ebike",
                f"{_CHINESE[foreign]}（{foreign}）不适用于 {self.mode}："
                "直线用半径，步行和骑行用分钟",
            )
        for name, kinds in _GOES_WITH.items():
            if getattr(self, name) != _DEFAULTS[name] and self.problem not in kinds:
                fitting = ", ".join(kind for kind in KINDS if kind in kinds)
                raise SitingError(
                    f"{name} does not go with the problem {self.problem}: leave it out, or take "
                    f"one of {fitting}",
                    f"{_CHINESE[name]}（{name}）不适用于问题类型 {self.problem}：请去掉，"
                    f"或改用 {fitting}",
                )
        if self.curve and (self.problem != "mclp" or self.new is None or self.closing):
            raise SitingError(
                "curve goes with the problem mclp, a number of new stations, and none to close",
                "数量曲线（curve）只适用于 mclp，须给出新建数量，且不关闭已有站点",
            )
        if self.new is None and self.problem in _GOES_WITH["new"] and self.budget is None:
            raise SitingError(
                "new: say how many new stations are wanted"
                + (", or give a budget" if self.problem in _COVERING else ""),
                "新建数量（new）：请给出新建多少个"
                + ("，或给出预算" if self.problem in _COVERING else ""),
            )

    @classmethod
    def from_dict(cls, given: object) -> SitingAsk:
        """Read what `to_dict` writes; a field that is left out or null has its default.

        Raises
        ------
        SitingError
            Naming the field that is unknown or does not fit.
        """
        if not isinstance(given, dict):
            raise SitingError(
                "an object of fields such as problem and new is needed",
                "应为由 problem、new 等字段组成的对象",
            )
        unknown = [str(name)[:40] for name in given if name not in _DEFAULTS]
        if unknown:
            raise SitingError(
                f"there is no field {unknown[0]!r}: use {', '.join(_DEFAULTS)}",
                f"没有字段 {unknown[0]!r}：可用 {', '.join(_DEFAULTS)}",
            )
        fields = {name: value for name, value in given.items() if value is not None}
        if "groups" in fields:
            if not isinstance(fields["groups"], list):
                raise _misfit("groups", fields["groups"], "a list of words", "词的列表")
            fields["groups"] = tuple(fields["groups"])
        for name in ("worth", "quotas"):
            if not isinstance(fields.get(name, {}), dict):
                raise _misfit(name, fields[name], "an object", "对象")
        if "quotas" in fields:
            fields["quotas"] = {
                adcode: _quota(adcode, quota) for adcode, quota in fields["quotas"].items()
            }
        return cls(**fields)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON types."""
        fields = {name: getattr(self, name) for name in _DEFAULTS}
        fields["groups"] = list(self.groups)
        fields["worth"] = dict(self.worth)
        fields["quotas"] = {adcode: quota._asdict() for adcode, quota in self.quotas.items()}
        return fields


_DEFAULTS: dict[str, Any] = {
    field.name: field.default
    if field.default_factory is dataclasses.MISSING
    else field.default_factory()
    for field in dataclasses.fields(SitingAsk)
}


def _quota(adcode: str, given: object) -> Quota:
    name = f"quotas.{str(adcode)[:40]}"
    if not isinstance(given, dict) or not given.keys() <= {"at_least", "at_most"}:
        raise _misfit(
            name, given, "an object of at_least and at_most", "含 at_least、at_most 的对象"
        )
    return Quota(given.get("at_least") or 0, given.get("at_most"))


def _one_of(name: str, value: object, known: tuple[str, ...]) -> None:
    if value not in known:
        raise _misfit(name, value, f"one of {', '.join(known)}", f"{'、'.join(known)} 之一")


def _word(name: str, value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _MOST_WORDS:
        raise _misfit(name, value, "a word", "非空文字")
    return value


def _number(name: str, value: object, *, whole: bool, least: float, most: float) -> None:
    kinds = (int,) if whole else (int, float)
    if (
        isinstance(value, bool)
        or not isinstance(value, kinds)
        or not math.isfinite(value)
        or not least <= value <= most
    ):
        kind, chinese = ("a whole number", "整数") if whole else ("a number", "数")
        raise _misfit(
            name,
            value,
            f"{kind} from {least:g} to {most:,g}",
            f"{least:g} 到 {most:,g} 之间的{chinese}",
        )


def _misfit(name: str, value: object, needed: str, needed_zh: str) -> SitingError:
    shown = repr(value)[:60]
    return SitingError(
        f"{name} is {shown}: {needed} is needed",
        f"{_CHINESE[name.partition('.')[0]]}（{name}）是 {shown}：应为{needed_zh}",
    )
