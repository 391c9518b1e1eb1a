from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.errors import SitingError
from stations.siting import Quota, SitingAsk
from stations.siting.ask import KINDS, SOURCES

FULL = SitingAsk(
    problem="mclp",
    new=15,
    radius_m=800.0,
    budget=200_000,
    district="410108",
    quotas={"410108": Quota(2, 5), "410122": Quota()},
    spacing_m=500,
    candidates="hexagons",
    groups=("rider",),
    worth={"rider": 1.5},
    max_gap=0.0,
    time_s=5,
    seed=7,
    curve=True,
)


def test_an_ask_comes_back_from_json() -> None:
    """Every field, through bytes."""
    assert SitingAsk.from_dict(orjson.loads(orjson.dumps(FULL.to_dict()))) == FULL
    small = SitingAsk(new=3)
    assert SitingAsk.from_dict(small.to_dict()) == small
    assert SitingAsk.from_dict({"new": 3}) == small


@pytest.mark.parametrize(
    ("given", "field", "chinese"),
    [
        ({"new": 0}, "new is 0: a whole number from 1", "新建数量"),
        ({"new": 2.0}, "new is 2.0", "整数"),
        ({"new": True}, "new is True", "新建数量"),
        ({"new": "15"}, "new is '15'", "新建数量"),
        ({"problem": "best"}, "problem is 'best': one of mclp", "问题类型"),
        ({"problem": ["mclp"]}, "problem is", "问题类型"),
        ({"radius_m": float("nan")}, "radius_m is nan", "服务半径"),
        ({"radius_m": -1}, "radius_m is -1", "服务半径"),
        ({"mode": "car"}, "mode is 'car': one of line, walk, ebike", "出行方式"),
        ({"mode": "walk", "minutes": 0}, "minutes is 0: a number from 0.5 to 600", "可达时间"),
        ({"mode": "walk", "radius_m": 500}, "radius_m does not go with the mode walk", "服务半径"),
        ({"minutes": 15}, "minutes does not go with the mode line", "可达时间"),
        ({"candidates": "circles"}, "candidates is 'circles'", "候选点来源"),
        ({"candidates": "../../etc/passwd"}, "candidates is", "候选点来源"),
        ({"problem": "lscp", "new": None, "share": 1.1}, "share is 1.1", "覆盖比例"),
        ({"problem": "lscp"}, "new does not go with the problem lscp", "新建数量"),
        ({"share": 0.9}, "share does not go with the problem mclp", "覆盖比例"),
        ({"second": 0.5}, "second does not go with", "二次覆盖系数"),
        ({"problem": "pmedian", "budget": 5}, "budget does not go with", "预算"),
        (
            {"problem": "pmedian", "curve": True},
            "curve goes with the problem mclp, a number",
            "数量曲线",
        ),
        ({"curve": True, "closing": 1}, "none to close", "数量曲线"),
        ({"problem": "pcenter", "closing": 1}, "closing does not go with", "可关闭数量"),
        ({"problem": "pmedian", "new": None}, "how many new stations", "新建数量"),
        ({"new": None}, "or give a budget", "预算"),
        ({"max_gap": -0.1}, "max_gap is -0.1", "允许差距"),
        ({"time_s": 0}, "time_s is 0", "时限"),
        ({"seed": -1}, "seed is -1", "随机种子"),
        ({"district": ""}, "district is ''", "区县"),
        ({"district": 410108}, "district is 410108", "区县"),
        ({"groups": "rider"}, "groups is 'rider': a list", "群体"),
        ({"groups": [1]}, "groups is 1", "群体"),
        ({"worth": [1]}, r"worth is \[1\]: an object", "群体系数"),
        ({"worth": {"rider": -1}}, "worth.rider is -1", "群体系数"),
        ({"quotas": []}, r"quotas is \[\]: an object", "区县名额"),
        ({"quotas": {"410108": 3}}, "quotas.410108 is 3", "区县名额"),
        ({"quotas": {"410108": {"at_least": -1}}}, "quotas.410108.at_least is -1", "区县名额"),
        ({"quotas": {"410108": {"at_most": 1.5}}}, "quotas.410108.at_most is 1.5", "区县名额"),
        ({"quotas": {"410108": {"least": 1}}}, "quotas.410108 is", "区县名额"),
        ({"curve": 1}, "curve is 1", "数量曲线"),
        ({"colour": "red"}, "no field 'colour'", "没有字段"),
    ],
)
def test_a_field_that_does_not_fit_is_named(
    given: dict[str, Any], field: str, chinese: str
) -> None:
    """In English by its key, in Chinese by its name."""
    with pytest.raises(SitingError, match=field) as refused:
        SitingAsk.from_dict({"new": 3, **given})
    assert chinese in refused.value.chinese


def test_minutes_go_with_streets() -> None:
    """And come back from JSON."""
    ask = SitingAsk(new=3, mode="ebike", minutes=12.5)
    assert SitingAsk.from_dict(orjson.loads(orjson.dumps(ask.to_dict()))) == ask
    assert SitingAsk(new=3, mode="walk").minutes is None


@pytest.mark.parametrize("given", [None, [], "mclp", 3])
def test_what_is_no_object(given: object) -> None:
    """Refused with what is expected."""
    with pytest.raises(SitingError, match="an object of fields"):
        SitingAsk.from_dict(given)


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(sorted(FULL.to_dict())), json))
def test_no_json_gets_past_the_check(given: dict[str, Any]) -> None:
    """An ask that fits, or an error that says why; nothing else."""
    try:
        ask = SitingAsk.from_dict(given)
    except SitingError as error:
        assert error.chinese  # noqa: PT017  either outcome is fine
    else:
        assert ask.problem in KINDS
        assert ask.candidates in {None, *SOURCES}
        assert SitingAsk.from_dict(orjson.loads(orjson.dumps(ask.to_dict()))) == ask
