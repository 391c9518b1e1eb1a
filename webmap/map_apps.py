"""Links that open a station in a map app, each with the position in the datum which that app reads.

The addresses are the vendors' own web forms: they open the app where it is installed and a page
where it is not, on a phone and on a desktop, and need no key. Who reads which datum, and from where
that is known, stands in docs/adr/0013-map-apps-and-their-datums.md.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final, Literal, NamedTuple
from urllib.parse import quote, urlencode

from geodata.datum import from_wgs84

if TYPE_CHECKING:
    from stations.reach import NetworkMode

App = Literal["amap", "baidu", "tencent", "apple", "google"]

# What one takes for a separator after decoding, once or twice; the full-width form reads the same.
_SIGNS: Final = ",;:|&#%?=+/\\<>\"'`"
_FULL_WIDTH: Final = str.maketrans({sign: chr(ord(sign) + 0xFEE0) for sign in _SIGNS})
_LONGEST: Final = 60
_NAMELESS: Final = "驿站"
_SOURCE: Final = "yizhan"

# No web form but Amap's and Google's knows riding. Where it is missing the way on foot is shown:
# the way by car may lead along roads on which electric bicycles are forbidden.
_AMAP_MODES: Final = {"walk": "walk", "ebike": "ride"}
_GOOGLE_MODES: Final = {"walk": "walking", "ebike": "bicycling"}


class MapLink(NamedTuple):
    """An app and the address that opens a station in it; ``app.<code>`` is its name in words."""

    app: App
    url: str


def links(
    name: str, lon: float, lat: float, *, address: str | None = None, mode: NetworkMode = "walk"
) -> tuple[MapLink, ...]:
    """Return the links to a station in Amap, Baidu, Tencent, Apple and Google Maps.

    Parameters
    ----------
    name, address
        As people wrote them: cut, and rid of every sign that an address could be broken with.
    lon, lat
        Degrees WGS84.
    mode
        How one goes there. Baidu shows the place, from where one asks for the way.
    """
    shown = _plain(name) or _NAMELESS
    x, y = _degrees(lon, lat, "gcj02")
    # BD-09 goes on where GCJ-02 ends; there Baidu is told what it is given, and converts itself.
    shifted = (x, y) != _degrees(lon, lat, "wgs84")
    bd_x, bd_y = _degrees(lon, lat, "bd09" if shifted else "wgs84")
    return (
        _link(
            "amap",
            "https://uri.amap.com/navigation",
            to=f"{x},{y},{shown}",
            mode=_AMAP_MODES[mode],
            src=_SOURCE,
            callnative="1",
        ),
        _link(
            "baidu",
            "https://api.map.baidu.com/marker",
            location=f"{bd_y},{bd_x}",
            title=shown,
            content=_plain(address or "") or shown,
            coord_type="bd09ll" if shifted else "wgs84",
            output="html",
            src=f"webapp.{_SOURCE}.{_SOURCE}",
        ),
        _link(
            "tencent",
            "https://apis.map.qq.com/uri/v1/routeplan",
            type="walk",
            to=shown,
            tocoord=f"{y},{x}",
            coord_type="2",
            referer=_SOURCE,
        ),
        _link("apple", "https://maps.apple.com/", daddr=f"{y},{x}", dirflg="w"),
        _link(
            "google",
            "https://www.google.com/maps/dir/",
            api="1",
            destination=f"{y},{x}",
            travelmode=_GOOGLE_MODES[mode],
        ),
    )


def _degrees(lon: float, lat: float, datum: str) -> tuple[str, str]:
    """Longitude and latitude with the six decimals that the vendors allow."""
    x, y = from_wgs84(lon, lat, datum)
    return f"{x:.6f}", f"{y:.6f}"


def _link(app: App, page: str, **parameters: str) -> MapLink:
    # The commas that the vendors' forms have are left as they document them.
    return MapLink(app, f"{page}?{urlencode(parameters, quote_via=quote, safe=',')}")


def _plain(text: str) -> str:
    """Words without line ends, invisible signs and separators, cut to what an app can show."""
    seen = " ".join(text[: 4 * _LONGEST].split())
    visible = "".join(char for char in seen if not unicodedata.category(char).startswith("C"))
    return visible.translate(_FULL_WIDTH)[:_LONGEST].strip()
