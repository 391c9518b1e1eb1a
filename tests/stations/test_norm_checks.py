from __future__ import annotations

import datetime as dt
import itertools
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stations import norm_checks
from stations.errors import WorkspaceError
from stations.model import CONTENT_FIELDS, AccessBand
from stations.norm_checks import CHECKS, check_of, rule_of
from stations.vocabulary import FACILITY_CODES, FIELDS, PRIVATE_FIELDS
from tests.stations.norm_samples import TODAY, facilities, facts

if TYPE_CHECKING:
    from stations.norm_checks import Facts


def verdict(check: dict[str, Any], one: Facts) -> str:
    """What a check, as the file writes it, says of a station."""
    return rule_of(check_of(check))(one)


@pytest.mark.parametrize(
    ("check", "one", "expected"),
    [
        ({"facilities_at_least": 2}, facts(**facilities("fan", "beds")), "met"),
        ({"facilities_at_least": 2}, facts(**facilities("fan", beds=False)), "unknown"),
        ({"facilities_at_least": 26}, facts(**facilities(beds=False)), "failed"),
        ({"facilities_at_least": 25}, facts(**facilities(beds=False)), "unknown"),
        ({"kind": "rest_station"}, facts(), "met"),
        ({"kind": "rider_home"}, facts(services=("rider_home",)), "failed"),
        ({"service": "rest_station"}, facts(), "met"),
        ({"service": "rider_home"}, facts(services=("rider_home",)), "met"),
        ({"service": "rider_home"}, facts(services=("gig_inn",)), "failed"),
        ({"service": "rider_home"}, facts(), "unknown"),
        ({"access": "qr"}, facts(access=(AccessBand("key"), AccessBand("qr"))), "met"),
        ({"access": "qr"}, facts(access=(AccessBand("key"),)), "failed"),
        ({"access": "qr"}, facts(), "unknown"),
        ({"known": "opening_hours"}, facts(opening_hours="24/7"), "met"),
        ({"known": "opening_hours"}, facts(opening_hours="unknown"), "unknown"),
        ({"known": "opening_hours"}, facts(hours_text="看情况"), "unknown"),
        ({"known": "opening_hours"}, facts(access=(AccessBand("qr", "24/7"),)), "met"),
        (
            {"known": "opening_hours"},
            facts(access=(AccessBand("qr", "08:00-20:00"), AccessBand("key"))),
            "unknown",
        ),
        ({"known": "mobile"}, facts(mobile=False), "met"),
        ({"known": "capacity"}, facts(capacity=0), "met"),
        ({"known": "photos"}, facts(photos=()), "unknown"),
        ({"min_capacity": 4}, facts(capacity=4), "met"),
        ({"min_capacity": 4}, facts(capacity=3), "failed"),
        ({"min_star": 3}, facts(star=3), "met"),
        ({"min_star": 3}, facts(star=2), "failed"),
        ({"nearest_within_m": 1000}, facts(nearest_m=float("inf")), "failed"),
        ({"nearest_within_m": 1000}, facts(nearest_m=float("nan")), "unknown"),
        ({"verified_within_days": 365}, facts(verified_on=dt.date(2025, 11, 20)), "met"),
        ({"verified_within_days": 364}, facts(verified_on=dt.date(2025, 11, 20)), "failed"),
        ({"verified_within_days": 1}, facts(verified_on=TODAY), "met"),
        ({"verified_within_days": 365}, facts(verified_on=dt.date(2026, 11, 21)), "unknown"),
    ],
)
def test_known_answers_of_single_checks(check: dict[str, Any], one: Facts, expected: str) -> None:
    """By hand, at both sides of each limit."""
    assert verdict(check, one) == expected


SAMPLES: dict[str, Any] = {
    "facility": "toilet",
    "facilities_at_least": 1,
    "service": "gig_inn",
    "access": "qr",
    "known": "manager",
    "position": "trusted",
    "min_area_m2": 5,
    "min_capacity": 1,
    "min_star": 1,
    "nearest_within_m": 1000,
    "verified_within_days": 365,
    "on_site": True,
    "all": [{"facility": "toilet"}],
    "any": [{"facility": "toilet"}],
}


def test_what_the_register_does_not_say_is_never_failed() -> None:
    """Nor met: each check of the vocabulary, but for the kind, which every record has."""
    assert set(SAMPLES) | {"kind"} == set(CHECKS)
    for asks, value in SAMPLES.items():
        assert verdict({asks: value}, facts()) == "unknown", asks
    for field in norm_checks.CODES["known"]:
        assert verdict({"known": field}, facts()) == "unknown", field


def test_any_field_of_the_record_may_be_known() -> None:
    """But those that every record has; private ones are among them, by name only."""
    known = set(norm_checks.CODES["known"])
    assert known | set(norm_checks.ALWAYS_KNOWN) == set(CONTENT_FIELDS)
    assert set(PRIVATE_FIELDS) <= known
    assert known <= {field.code for field in FIELDS}


# ---------------------------------------------------------------------------------- Kleene's laws

LEAVES = FACILITY_CODES[:4]
CHECK_TREES = st.recursive(
    st.sampled_from([{"facility": code} for code in LEAVES])
    | st.integers(1, 4).map(lambda least: {"facilities_at_least": least}),
    lambda inner: st.builds(
        lambda join, parts: {join: parts},
        st.sampled_from(["all", "any"]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=6,
).filter(lambda tree: depth(tree) <= norm_checks.MAX_DEPTH)
SAID = st.fixed_dictionaries({code: st.sampled_from([True, False, None]) for code in LEAVES})
RANK = ["failed", "unknown", "met"]


def depth(tree: dict[str, Any]) -> int:
    """How deep a check is nested."""
    ((_, value),) = tree.items()
    return 1 + max(map(depth, value)) if isinstance(value, list) else 1


def holds(tree: dict[str, Any], there: dict[str, bool]) -> bool:
    """The check in two-valued logic, where everything is known."""
    ((asks, value),) = tree.items()
    if asks == "facility":
        return there[value]
    if asks == "facilities_at_least":
        return sum(there.values()) >= value
    parts = [holds(part, there) for part in value]
    return all(parts) if asks == "all" else any(parts)


@given(CHECK_TREES, SAID)
def test_a_verdict_is_what_every_way_the_world_may_be_agrees_on(
    tree: dict[str, Any], said: dict[str, bool | None]
) -> None:
    """Brute force over all worlds. A check has no "not", so Kleene's logic finds each agreement."""
    rest = dict.fromkeys(FACILITY_CODES[4:], False)
    unsaid = [code for code, there in said.items() if there is None]
    record = {code: there for code, there in said.items() if there is not None}
    worlds = {
        holds(tree, {**rest, **record, **dict(zip(unsaid, chosen, strict=True))})
        for chosen in itertools.product([True, False], repeat=len(unsaid))
    }
    expected = "unknown" if len(worlds) == 2 else {True: "met", False: "failed"}[worlds.pop()]
    assert verdict(tree, facts(facilities={**rest, **record})) == expected


@given(st.lists(CHECK_TREES.filter(lambda t: depth(t) < 5), min_size=1, max_size=4), SAID)
def test_all_is_the_least_and_any_the_greatest(
    trees: list[dict[str, Any]], said: dict[str, bool | None]
) -> None:
    """With failed < unknown < met, whatever the order; each absorbs the other."""
    one = facts(facilities={code: there for code, there in said.items() if there is not None})
    ranks = [RANK.index(verdict(tree, one)) for tree in trees]
    for parts in (trees, trees[::-1]):
        assert verdict({"all": parts}, one) == RANK[min(ranks)]
        assert verdict({"any": parts}, one) == RANK[max(ranks)]
    absorbed = {"all": [trees[0], {"any": trees}]}
    if depth(absorbed) <= norm_checks.MAX_DEPTH:
        assert verdict(absorbed, one) == RANK[ranks[0]]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(CHECKS) | st.text(max_size=5), inner, max_size=2)
        ),
        max_leaves=12,
    )
)
def test_any_value_is_a_check_or_an_error(table: object) -> None:
    """And what is a check judges."""
    try:
        check = check_of(table)
    except WorkspaceError:
        return
    assert rule_of(check)(facts()) in RANK
