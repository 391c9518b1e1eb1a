from __future__ import annotations

import math
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webmap import texts
from webmap.map_apps import links

NAME = "惠济区总工会驿站"
# GCJ-02 (116.406636, 29.477729): a published pair, not our own.
HERE = (116.40146866, 29.48015564)
GCJ = "29.477729,116.406636"
KATHMANDU, LONDON = (85.3240, 27.7172), (-0.1276, 51.5072)
APPS = ("amap", "baidu", "tencent", "apple", "google")


def pages(
    name: str = NAME, at: tuple[float, float] = HERE, **options: object
) -> dict[str, tuple[str, dict[str, str]]]:
    """The page and the parameters of each app's address, as the vendor parses it."""
    found = {}
    for app, url in links(name, *at, **options):  # type: ignore[arg-type]
        parts = urlsplit(url)
        pairs = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True)
        assert len(dict(pairs)) == len(pairs)
        assert not parts.fragment
        found[app] = (f"{parts.scheme}://{parts.netloc}{parts.path}", dict(pairs))
    return found


def bd09(lon: float, lat: float) -> tuple[float, float]:
    """BD-09 of a GCJ-02 position by the published formula (bd_encrypt), written out again."""
    x_pi = 3.14159265358979324 * 3000.0 / 180.0
    z = math.sqrt(lon * lon + lat * lat) + 0.00002 * math.sin(lat * x_pi)
    theta = math.atan2(lat, lon) + 0.000003 * math.cos(lon * x_pi)
    return z * math.cos(theta) + 0.0065, z * math.sin(theta) + 0.006


def test_every_app_once_and_in_order() -> None:
    """Those that people in China have come first; every one has a name in both languages."""
    assert tuple(link.app for link in links(NAME, *HERE)) == APPS
    for lang in texts.LANGUAGES:
        assert all(texts.text(lang, f"app.{app}") for app in APPS)


def test_amap_is_asked_for_the_way() -> None:
    """uri.amap.com/navigation: `to=lon,lat,name` in GCJ-02, and the app is called on a phone."""
    assert pages()["amap"] == (
        "https://uri.amap.com/navigation",
        {"to": f"116.406636,29.477729,{NAME}", "mode": "walk", "src": "yizhan", "callnative": "1"},
    )


def test_baidu_is_shown_the_place() -> None:
    """api.map.baidu.com/marker: `location=lat,lng` in BD-09, said so, with its six parameters."""
    page, asked = pages(address="人民路 1 号")["baidu"]
    lat, lon = map(float, asked.pop("location").split(","))
    assert (lon, lat) == pytest.approx(bd09(116.406636, 29.477729), abs=2e-6)
    assert page == "https://api.map.baidu.com/marker"
    assert asked == {
        "title": NAME,
        "content": "人民路 1 号",
        "coord_type": "bd09ll",
        "output": "html",
        "src": "webapp.yizhan.yizhan",
    }


def test_baidu_agrees_with_a_published_vector() -> None:
    """WGS84 (116.403988, 39.914266), which gcoord's documentation gives in BD-09."""
    _, asked = pages(at=(116.403988, 39.914266))["baidu"]
    lat, lon = map(float, asked["location"].split(","))
    assert (lon, lat) == pytest.approx((116.41661560068297, 39.92196580126834), abs=2e-6)


def test_baidu_without_an_address_says_the_name() -> None:
    """`content` is demanded, so it is never empty."""
    assert pages()["baidu"][1]["content"] == NAME


def test_tencent_is_asked_for_the_way() -> None:
    """apis.map.qq.com/uri/v1/routeplan: `tocoord=lat,lng` in its own coordinates, which are 2."""
    assert pages()["tencent"] == (
        "https://apis.map.qq.com/uri/v1/routeplan",
        {"type": "walk", "to": NAME, "tocoord": GCJ, "coord_type": "2", "referer": "yizhan"},
    )


def test_apple_is_asked_for_the_way() -> None:
    """maps.apple.com: `daddr=lat,lng`, on foot."""
    assert pages()["apple"] == ("https://maps.apple.com/", {"daddr": GCJ, "dirflg": "w"})


def test_google_is_asked_for_the_way() -> None:
    """google.com/maps/dir with api=1: `destination=lat,lng`, on foot."""
    assert pages()["google"] == (
        "https://www.google.com/maps/dir/",
        {"api": "1", "destination": GCJ, "travelmode": "walking"},
    )


def test_riders_are_led_as_riders_where_the_app_can() -> None:
    """Amap and Google know riding; the others show the way on foot, never the way by car."""
    asked = {app: parameters for app, (_, parameters) in pages(mode="ebike").items()}
    assert asked["amap"]["mode"] == "ride"
    assert asked["google"]["travelmode"] == "bicycling"
    assert asked["tencent"]["type"] == "walk"
    assert asked["apple"]["dirflg"] == "w"


@pytest.mark.parametrize("place", [LONDON, (-70.6, -33.4), (179.9, -16.5)])
def test_far_from_china_nothing_is_shifted(place: tuple[float, float]) -> None:
    """Outside the box of the shift everybody gets WGS84 as it is, and Baidu is told so."""
    asked = {app: parameters for app, (_, parameters) in pages(at=place).items()}
    position = f"{place[1]:.6f},{place[0]:.6f}"
    assert (asked["baidu"]["location"], asked["baidu"]["coord_type"]) == (position, "wgs84")
    assert asked["amap"]["to"] == f"{place[0]:.6f},{place[1]:.6f},{NAME}"
    assert {
        asked["tencent"]["tocoord"],
        asked["apple"]["daddr"],
        asked["google"]["destination"],
    } == {position}


def test_the_box_of_the_shift_decides() -> None:
    """One rule, that of geodata.datum, for all apps: Kathmandu is in the box, see ADR 13."""
    asked = {app: parameters for app, (_, parameters) in pages(at=KATHMANDU).items()}
    assert asked["google"]["destination"] == asked["tencent"]["tocoord"] != "27.717200,85.324000"


@pytest.mark.parametrize(
    "name",
    [
        "A&callnative=0&to=0,0",
        "x,1.0,2.0",
        "title:a;coord:1,2|title:b",
        "a#b?c=d%26e%2C1+1",
        "第一行\r\n第二行\u2028第三行",
        "\u202egnol\u202c\u200b驿站\ufeff",
        "<script>alert('1')</script>\"`\\",
        "👩‍🚒🧹驿站",
        "驿站\x00\ud800",
        "长" * 10_000,
        "\u202e\u200b\n",
    ],
)
def test_a_name_cannot_break_an_address(name: str) -> None:
    """Whatever a station is called, the addresses keep their parameters, and stay short."""
    plain = pages(address=NAME)
    for app, (page, asked) in pages(name, address=name).items():
        assert page == plain[app][0]
        assert asked.keys() == plain[app][1].keys()
        for key in asked.keys() - {"to", "title", "content"}:
            assert asked[key] == plain[app][1][key]
    for _, url in links(name, *HERE, address=name):
        assert url.isascii()
        assert len(url) < 1_500


@given(st.text(max_size=300))
def test_a_name_stays_one_word_of_its_vendor(name: str) -> None:
    """No separator is left for a vendor that takes the name apart, or decodes it once more."""
    asked = pages(name)
    position, _, shown = asked["amap"][1]["to"].partition(",29.477729,")
    assert position == "116.406636"
    assert shown == asked["tencent"][1]["to"] == asked["baidu"][1]["title"]
    assert 0 < len(shown) <= 60
    assert not set(shown) & set(",;:|&#%?=+\n\r\u2028\u202e\u200b")
    assert unquote(shown) == shown
