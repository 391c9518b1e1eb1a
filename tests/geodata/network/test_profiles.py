from __future__ import annotations

import dataclasses
import math

import pytest

from geodata.network.profiles import EBIKE, KEYS, KINDS, PROFILES, WALK

BOTH = (1.3, 1.3)
SHUT = (0.0, 0.0)


def tags(text: str) -> dict[str, str]:
    """Tags written as `key=value key=value`."""
    return dict(tag.split("=", 1) for tag in text.split())


@pytest.mark.parametrize(
    "text",
    [
        "highway=footway",
        "highway=cycleway",
        "highway=trunk",
        "highway=corridor",
        "railway=platform",
        "man_made=pier",
        "highway=residential access=no foot=yes",
        "highway=service access=customers",
        "highway=service access=delivery",
        "highway=service access=destination",
        "highway=service vehicle=no",
        "highway=footway access=bus",
        "highway=footway foot=whatever",
        "highway=busway foot=yes",
        "highway=primary oneway=yes",
        "highway=footway oneway=yes",
    ],
)
def test_open_to_walkers(text: str) -> None:
    """Walkers go where the most specific tag lets them, both ways, at the usual speed."""
    assert WALK.speeds(tags(text)) == BOTH


@pytest.mark.parametrize(
    "text",
    [
        "highway=motorway",
        "highway=motorway_link foot=yes",
        "highway=trunk motorroad=yes",
        "highway=construction",
        "highway=proposed foot=yes",
        "highway=raceway",
        "highway=busway",
        "highway=cycleway foot=no",
        "highway=residential access=yes foot=private",
        "highway=primary foot=use_sidepath",
        "highway=service access=private",
        "highway=service access=permit",
        "highway=track access=military",
        "railway=rail",
        "name=无名",
    ],
)
def test_closed_to_walkers(text: str) -> None:
    """Nobody walks where the kind of street or a tag forbids it."""
    assert WALK.speeds(tags(text)) == SHUT


@pytest.mark.parametrize(
    ("text", "forward", "backward"),
    [
        ("highway=footway oneway:foot=yes", 1.3, 0.0),
        ("highway=footway oneway:foot=-1", 0.0, 1.3),
        ("highway=footway foot:backward=no", 1.3, 0.0),
        ("highway=footway foot:forward=no", 0.0, 1.3),
        ("highway=steps conveying=forward", 0.65, 0.0),
        ("highway=steps conveying=backward", 0.0, 0.65),
        ("highway=steps conveying=yes", 0.65, 0.65),
        ("highway=steps conveying=yes oneway=yes", 0.65, 0.0),
        ("highway=steps conveying=reversible", 0.65, 0.65),
    ],
)
def test_one_way_on_foot(text: str, forward: float, backward: float) -> None:
    """Escalators and what says so for walkers bind them; an ordinary one-way street does not."""
    assert WALK.speeds(tags(text)) == pytest.approx((forward, backward))


def test_steps_and_soft_ground_are_slower() -> None:
    """Steps halve the speed; soft ground slows down by the root of its terrain coefficient."""
    assert WALK.speeds(tags("highway=steps incline=up")) == (0.65, 0.65)
    assert WALK.speeds(tags("highway=steps incline=30%")) == (0.65, 0.65)
    assert WALK.speeds(tags("highway=path surface=sand"))[0] == pytest.approx(1.3 / math.sqrt(2.1))
    order = ["asphalt", "dirt", "gravel", "mud", "sand"]
    speeds = [WALK.speeds({"highway": "path", "surface": surface})[0] for surface in order]
    assert speeds == sorted(speeds, reverse=True)
    assert len(set(speeds)) == len(order)


def test_slopes_are_toblers() -> None:
    """A street is walked at 6 exp(-3.5 |s + 0.05|) km/h, scaled to 1 on the level."""

    def tobler(slope: float) -> float:
        return math.exp(-3.5 * abs(slope + 0.05)) / math.exp(-3.5 * 0.05)

    street = {"highway": "residential"}
    for text, slope in (
        ("10%", 0.1),
        ("-8 %", -0.08),
        ("+5%", 0.05),
        ("10", 0.1),
        ("6°", math.tan(math.radians(6))),
        ("-3.5°", -math.tan(math.radians(3.5))),
    ):
        assert WALK.speeds({**street, "incline": text}) == pytest.approx(
            (1.3 * tobler(slope), 1.3 * tobler(-slope))
        )
    assert WALK.speeds({**street, "incline": "-5%"})[0] > 1.3
    for text in ("up", "down", "steep", "", "1e9%", "10%;20%", "nan%"):
        assert WALK.speeds({**street, "incline": text}) == BOTH
    absurd = [WALK.speeds({**street, "incline": text})[0] for text in ("50%", "999%", "90°")]
    assert min(absurd) == pytest.approx(max(absurd))
    assert min(absurd) > 0


@pytest.mark.parametrize(
    ("text", "forward", "backward"),
    [
        ("highway=residential", 4.2, 4.2),
        ("highway=cycleway", 4.2, 4.2),
        ("highway=trunk", 4.2, 4.2),
        ("highway=residential incline=10%", 4.2, 4.2),
        ("highway=residential surface=gravel", 0.7 * 4.2, 0.7 * 4.2),
        ("highway=service", 0.7 * 4.2, 0.7 * 4.2),
        ("highway=footway bicycle=yes", 0.6 * 4.2, 0.6 * 4.2),
        ("highway=pedestrian bicycle=designated", 0.6 * 4.2, 0.6 * 4.2),
        ("highway=pedestrian electric_bicycle=yes", 0.6 * 4.2, 0.6 * 4.2),
        # Pushed.
        ("highway=footway", 1.3, 1.3),
        ("highway=pedestrian access=yes", 1.3, 1.3),
        ("highway=footway bicycle=dismount", 1.3, 1.3),
        ("highway=residential bicycle=dismount", 1.3, 1.3),
        ("highway=residential vehicle=no", 1.3, 1.3),
        ("highway=service access=no foot=yes", 1.3, 1.3),
        # Closed.
        ("highway=motorway bicycle=yes", 0, 0),
        ("highway=trunk motorroad=yes", 0, 0),
        ("highway=trunk bicycle=no", 0, 0),
        ("highway=steps", 0, 0),
        ("highway=steps bicycle=yes", 0, 0),
        ("highway=footway bicycle=no", 0, 0),
        ("highway=footway foot=private", 0, 0),
        ("highway=footway electric_bicycle=no bicycle=yes", 0, 0),
        ("highway=primary bicycle=use_sidepath", 0, 0),
        ("highway=service access=private", 0, 0),
        # The most specific tag decides.
        ("highway=service access=no bicycle=yes", 0.7 * 4.2, 0.7 * 4.2),
        ("highway=residential vehicle=no bicycle=yes", 4.2, 4.2),
        # One-way streets.
        ("highway=primary oneway=yes", 4.2, 0),
        ("highway=primary oneway=1", 4.2, 0),
        ("highway=primary oneway=-1", 0, 4.2),
        ("highway=primary oneway=reverse", 0, 4.2),
        ("highway=primary oneway=no", 4.2, 4.2),
        ("highway=primary oneway=reversible", 4.2, 4.2),
        ("highway=primary junction=roundabout", 4.2, 0),
        ("highway=primary junction=circular", 4.2, 0),
        ("highway=primary junction=roundabout oneway=no", 4.2, 4.2),
        ("highway=primary oneway=yes oneway:bicycle=no", 4.2, 4.2),
        ("highway=primary oneway=yes cycleway=opposite", 4.2, 4.2),
        ("highway=primary oneway=yes cycleway:left=opposite_lane", 4.2, 4.2),
        ("highway=primary oneway=yes bicycle:backward=yes", 4.2, 4.2),
        ("highway=primary bicycle:backward=no", 4.2, 0),
        ("highway=footway oneway=yes", 1.3, 1.3),
    ],
)
def test_electric_bicycles(text: str, forward: float, backward: float) -> None:
    """They are ridden by the rules of bicycles, pushed where one may only walk, one-way or not."""
    assert EBIKE.speeds(tags(text)) == pytest.approx((forward, backward))


@pytest.mark.parametrize(
    ("text", "walk", "ebike"),
    [
        ("barrier=gate", True, True),
        ("barrier=bollard", True, True),
        ("barrier=gate access=private", False, False),
        ("barrier=gate access=no foot=yes", True, True),
        ("barrier=gate foot=private", False, True),
        ("barrier=gate locked=yes", False, False),
        ("barrier=gate locked=yes access=yes", True, True),
        ("barrier=gate bicycle=no", True, False),
        ("barrier=gate bicycle=dismount", True, True),
        ("barrier=lift_gate vehicle=private", True, True),
        ("barrier=lift_gate access=customers", True, True),
        ("barrier=stile", True, False),
        ("barrier=full-height_turnstile", True, False),
        ("barrier=kissing_gate bicycle=yes", True, True),
        ("barrier=wall", False, False),
        ("barrier=fence foot=yes", True, True),
        ("highway=crossing", True, True),
    ],
)
def test_gates(text: str, walk: bool, ebike: bool) -> None:
    """A gate is open unless it is private or locked; a bicycle does not go over a stile."""
    assert (WALK.passes(tags(text)), EBIKE.passes(tags(text))) == (walk, ebike)


def test_speeds_are_replaceable() -> None:
    """Another speed changes everything in proportion, and what is pushed goes at walking speed."""
    slow = dataclasses.replace(WALK, speed_m_s=0.65)
    assert slow.speeds(tags("highway=steps")) == (0.325, 0.325)
    heavy = dataclasses.replace(EBIKE, speed_m_s=5.0, link_m_s=1.0)
    assert heavy.speeds(tags("highway=residential")) == (5.0, 5.0)
    assert heavy.speeds(tags("highway=footway")) == (1.0, 1.0)


def test_profiles_read_only_their_keys() -> None:
    """`KEYS` is all that decides, so that a reader may drop the rest; `KINDS` are what is used."""

    class Watched(dict[str, str]):
        asked: set[str]

        def get(self, key: str, default: object = None) -> object:
            self.asked.add(key)
            return super().get(key, default)

    Watched.asked = set()
    for profile in PROFILES.values():
        for kind in sorted(KINDS | {"motorway", "steps"}):
            found = profile.speeds(Watched(highway=kind))
            assert kind in KINDS or found == SHUT
        profile.speeds(Watched(railway="platform"))
        profile.passes(Watched(barrier="gate"))
    assert Watched.asked <= KEYS
    assert {name: profile.name for name, profile in PROFILES.items()} == {
        "walk": "walk",
        "ebike": "ebike",
    }
