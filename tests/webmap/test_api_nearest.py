"""``GET /api/v1/nearest`` against brute force, its filters, and what it says of each station."""

from __future__ import annotations

import datetime as dt
import itertools
import random
from typing import TYPE_CHECKING, Any

import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata import datum as datums
from stations.hours import BEIJING
from stations.store import Change
from tests.stations.samples import register, station
from tests.stations.test_registry import passes, random_filter
from tests.webmap.town import FRIDAY, KNOWN
from webmap import create_app
from webmap.api.shortcut import Shortcut

if TYPE_CHECKING:
    from collections.abc import Callable

    from apiflask import APIFlask
    from flask.testing import FlaskClient

    from stations.filters import StationFilter
    from stations.model import Station
    from stations.workspace import Workspace

    Get = Callable[..., Any]

GEOD = pyproj.Geod(ellps="WGS84")
ALL: list[Station] = sorted([*KNOWN, *register(60, seed=3)], key=lambda one: one.id)
LOCATED = [one for one in ALL if one.position is not None]
HERE = {"lon": 113.6, "lat": 34.8}


def ids(answer: dict[str, Any]) -> list[str]:
    """Ids of an answer in its order."""
    return [one["id"] for one in answer["features"]]


def of(answer: dict[str, Any], station_id: str) -> dict[str, Any]:
    """Properties of one station of an answer."""
    return next(f["properties"] for f in answer["features"] if f["id"] == station_id)


def query_of(where: StationFilter) -> dict[str, object]:
    """The filter as query parameters."""
    query: dict[str, object] = {
        "kind": ",".join(where.kinds),
        "facility": ",".join(where.facilities),
        "access": ",".join(where.access),
        "serves": ",".join(where.serves),
        "status": ",".join(where.statuses),
        "unknown_hours": where.unknown_hours,
        "expired": where.expired,
    }
    if where.open_at is not None:
        query["open_at"] = where.open_at.isoformat()
    return query


def test_nearest_equals_brute_force_with_every_filter(get: Get) -> None:
    """Filters act before the k nearest are chosen; distances are geodesic to a millimetre."""
    rng = random.Random(17)
    for _ in range(150):
        where = random_filter(rng)
        at = where.open_at or dt.datetime.now(BEIJING)
        lon, lat = 113.3 + rng.random() * 0.7, 34.5 + rng.random() * 0.5
        k, limit = rng.choice((1, 3, 10, 100)), rng.choice((None, 5000.0, 20_000.0))
        far = {
            one.id: GEOD.inv(lon, lat, *one.position)[2]
            for one in LOCATED
            if passes(one, where, at)
        }
        expected = sorted(d for d in far.values() if limit is None or d <= limit)[:k]
        reach = {} if limit is None else {"max_distance": limit}
        answer = get("nearest", lon=lon, lat=lat, k=k, **reach, **query_of(where))
        found = [f["properties"]["distance_m"] for f in answer["features"]]
        assert found == pytest.approx(expected, abs=2e-3)
        assert [far[i] for i in ids(answer)] == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize("datum", ["gcj02", "bd09", "EPSG:4547", "cgcs2000", "GCJ-02", "高德"])
def test_position_is_taken_in_its_datum(get: Get, datum: str) -> None:
    """A phone's Amap or Baidu position finds what its WGS84 position finds; answers stay WGS84."""
    plain = get("nearest", lon=113.6123, lat=34.7911)
    lon, lat = datums.from_wgs84(113.6123, 34.7911, datum)
    shifted = get("nearest", lon=repr(lon), lat=repr(lat), datum=datum)
    assert ids(shifted) == ids(plain)
    for one, other in zip(plain["features"], shifted["features"], strict=True):
        assert one["geometry"] == other["geometry"]
        assert one["properties"]["distance_m"] == pytest.approx(
            other["properties"]["distance_m"], abs=0.01
        )


def test_published_vector_of_gcj02(get: Get) -> None:
    """GCJ-02 (116.406636, 29.477729) is WGS84 (116.40146866, 29.48015564)."""
    shifted = get("nearest", lon=116.406636, lat=29.477729, datum="gcj02", k=1)
    plain = get("nearest", lon=116.40146866, lat=29.48015564, k=1)
    metres = [answer["features"][0]["properties"]["distance_m"] for answer in (shifted, plain)]
    assert metres[0] == pytest.approx(metres[1], abs=0.05)


def test_stations_out_of_service_expired_or_without_position_are_left_out(get: Get) -> None:
    """Nobody is sent to a door that is not there; each can be asked for."""
    found = ids(get("nearest", **HERE, k=100))
    assert {"paused", "expired", "nowhere"}.isdisjoint(found)
    assert "office" in found
    assert "paused" in ids(get("nearest", **HERE, k=100, status="suspended"))
    assert "expired" in ids(get("nearest", **HERE, k=100, expired=True))
    everything = get("nearest", **HERE, k=100, status="", expired=True)
    assert set(ids(everything)) == {one.id for one in LOCATED}


@pytest.mark.parametrize(
    ("query", "there", "gone"),
    [
        ({"facility": "drinking_water,microwave"}, {"bank-西"}, {"office", "silent"}),
        ({"facility": "toilet"}, set(), {"office"}),
        ({"kind": "rider_home"}, {"night"}, {"office", "bank-西"}),
        ({"access": "qr"}, {"bank-西"}, {"night", "office"}),
        ({"serves": "rider"}, {"bank-西", "night"}, {"office"}),
        ({"adcode": "410108"}, {"office", "bank-西"}, {"night", "always"}),
        ({"adcode": "410100"}, {"office", "night"}, {"always"}),
        ({"q": "银行"}, {"bank-西"}, {"office"}),
        ({"q": "人民路"}, {"office"}, {"bank-西"}),
    ],
)
def test_each_filter(get: Get, query: dict[str, str], there: set[str], gone: set[str]) -> None:
    """A filter keeps what it says and drops the rest; an unknown facility is not there."""
    found = set(ids(get("nearest", **HERE, k=100, **query)))
    assert there <= found
    assert not gone & found


@pytest.mark.parametrize(
    ("moment", "opened", "closed"),
    [
        ("2026-11-20T10:00", {"office", "bank-西", "always"}, {"night"}),
        ("2026-11-20T23:00", {"night", "bank-西", "always"}, {"office"}),
        ("2026-11-21T10:00", {"bank-西", "always"}, {"office", "night"}),
        # The Spring Festival of 2026 is 15 to 23 February, and 28 February is worked for it.
        ("2026-02-17T10:00", {"bank-西", "always"}, {"office", "night"}),
        ("2026-10-01T10:00", {"bank-西", "always"}, {"office", "night"}),
    ],
)
def test_open_at_keeps_what_is_known_to_be_open(
    get: Get, moment: str, opened: set[str], closed: set[str]
) -> None:
    """By day, by night, at the weekend and on a public holiday; unknown hours do not pass."""
    found = set(ids(get("nearest", **HERE, k=100, open_at=moment)))
    assert opened <= found
    assert not (closed | {"silent"}) & found
    assert "silent" in ids(get("nearest", **HERE, k=100, open_at=moment, unknown_hours=True))


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-20T10:00",
        "2026-11-20 10:00",
        "2026-11-20T10:00:00.5",
        "2026-11-20T10:00%2B08:00",
        "2026-11-20T10:00+08:00",
        "2026-11-20%2010:00+08:00",
        "2026-11-20T02:00Z",
        "2026-11-20T02:00%2B00:00",
        "2026-11-19T18:00-08:00",
    ],
)
def test_a_moment_may_be_written_in_any_of_these_ways(client: FlaskClient, text: str) -> None:
    """ISO 8601 with or without an offset, the plus sign escaped or not, is the same moment."""
    answer = client.get(f"/api/v1/nearest?lon=113.6&lat=34.8&k=100&open_at={text}").get_json(
        force=True
    )
    assert {"office", "bank-西"} <= set(ids(answer))
    assert of(answer, "office")["open_until"] == "2026-11-20T17:00:00+08:00"


def test_open_at_now_is_this_minute(get: Get) -> None:
    """`now` keeps the stations whose state without the filter is open."""
    for _ in range(2):  # A minute may end between the two questions, but not twice.
        before = get("nearest", **HERE, k=100)
        found = get("nearest", **HERE, k=100, open_at="now")
        opened = [f for f in before["features"] if f["properties"]["open_state"] == "open"]
        if found["features"] == opened:
            break
    assert found["features"] == opened


def test_each_feature_says_state_next_change_way_in_and_age(get: Get) -> None:
    """Known answers on Friday 20 November 2026, ten in the morning."""
    answer = get("nearest", **HERE, k=100, open_at=FRIDAY.isoformat(), unknown_hours=True)
    dynamic = ("open_state", "open_until", "entry", "verified_days")
    assert {
        i: tuple(of(answer, i)[key] for key in dynamic)
        for i in ("office", "bank-西", "silent", "always")
    } == {
        "office": ("open", "2026-11-20T17:00:00+08:00", None, 10),
        "bank-西": ("open", None, ["staffed"], None),
        "silent": ("unknown", None, None, None),
        "always": ("open", None, None, None),
    }
    night = get("nearest", **HERE, k=100, open_at="2026-11-20T23:00")
    assert of(night, "bank-西")["entry"] == ["qr"]
    assert of(night, "night")["open_until"] == "2026-11-21T06:00:00+08:00"
    assert of(night, "night")["entry"] == ["app"]


def test_distance_is_in_metres_and_ascends(get: Get) -> None:
    """The first is where one stands, the next about 914 m east of it."""
    answer = get("nearest", **HERE, k=100)
    metres = [f["properties"]["distance_m"] for f in answer["features"]]
    assert metres == sorted(metres)
    assert ids(answer)[0] == "office"
    assert metres[0] == 0
    expected = GEOD.inv(113.60, 34.80, 113.61, 34.80)[2]
    assert of(answer, "bank-西")["distance_m"] == pytest.approx(expected, abs=1e-3)


def test_across_the_antimeridian_the_way_is_short(get: Get) -> None:
    """179.9 E and 179.9 W are 21 km apart."""
    answer = get("nearest", lon=180, lat=-16.5, k=2)
    assert set(ids(answer)) == {"fiji-east", "fiji-west"}
    assert all(f["properties"]["distance_m"] < 11_000 for f in answer["features"])


def test_k_is_bounded_and_said(get: Get, client: FlaskClient) -> None:
    """From 1 to the most that the server answers; more is refused, not cut in silence."""
    assert len(ids(get("nearest", **HERE, k=1))) == 1
    assert len(ids(get("nearest", **HERE))) == 5
    for k in (0, -1, 101, 1001, 10**30, "1.5", "", "five"):
        response = client.get("/api/v1/nearest", query_string={**HERE, "k": k})
        assert response.status_code == 422, k
        assert [e["parameter"] for e in response.get_json(force=True)["errors"]] == ["k"]


def test_nothing_in_reach_is_an_empty_collection(get: Get) -> None:
    """No station within a metre of the sea is an answer, not an error."""
    answer = get("nearest", lon=0, lat=0, max_distance=1)
    assert answer == {
        "type": "FeatureCollection",
        "revision": answer["revision"],
        "mode": "line",
        "features": [],
    }


PLAIN_VALUES = {
    "lon": [
        "113.6",
        "-113.61",
        "0",
        "113.60000000001",
        "200",
        "nan",
        "1e2",
        " 113.6",
        "１１３",
        "",
    ],
    "lat": ["34.8", "-34.8", "89", "113.6", "inf", "34,8", "+34.8"],
    "k": ["1", "7", "0", "1000", "x", ""],
    "max_distance": ["1000", "0", "-1", "1e3", "inf", ""],
    "datum": ["wgs84", "gcj02", "mars", "EPSG:4547", "%00", "+init=epsg:4326", ""],
    "open_at": ["2026-11-20T10:00", "2026-11-20T10:00+08:00", "0001-01-01", "9999-12-31", "x", ""],
    "kind": ["rest_station", "rider_home,gig_inn", "rest_station,,", "hotel", ""],
    "facility": ["toilet", "toilet,drinking_water", "water"],
    "unknown_hours": ["1", "true", "0", "perhaps"],
    "all_day": ["1", "0", "always"],
    "status": ["", "open", "open,suspended"],
    "lo%6E": ["1"],
    "nonsense": ["1"],
}


@settings(max_examples=120, deadline=None)
@given(
    st.lists(
        st.sampled_from(sorted(PLAIN_VALUES)).flatmap(
            lambda name: st.tuples(st.just(name), st.sampled_from(PLAIN_VALUES[name]))
        ),
        max_size=4,
    ),
    st.sampled_from(["lon=113.6&lat=34.8", "lat=34.8&lon=113.6", "lon=113.6", ""]),
)
def test_the_short_way_past_flask_answers_the_same(
    app: APIFlask, pairs: list[tuple[str, str]], position: str
) -> None:
    """Whatever is asked, status, headers and body are the same with and without the shortcut."""
    text = "&".join([position, *(f"{name}={value}" for name, value in pairs)])
    shortcut = app.wsgi_app
    assert isinstance(shortcut, Shortcut)
    answers = []
    for attempt in range(2):
        try:
            # A minute may end in between; the question without a moment is about now.
            app.wsgi_app = shortcut if attempt == 0 else shortcut._flask
            answers.append(app.test_client().get(f"/api/v1/nearest?{text}"))
        finally:
            app.wsgi_app = shortcut
    mine, flask = answers
    assert mine.status_code == flask.status_code
    assert sorted(mine.headers) == sorted(flask.headers) or _minute_passed(mine, flask)
    assert mine.data == flask.data or _minute_passed(mine, flask)


def _minute_passed(one: Any, other: Any) -> bool:
    """Whether two answers about now differ in nothing but what a minute changes."""

    def lasting(answer: Any) -> list[tuple[str, float]]:
        found = answer.get_json(force=True)["features"]
        return [(f["id"], f["properties"]["distance_m"]) for f in found]

    return lasting(one) == lasting(other)


def test_plain_questions_do_take_the_short_way(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shortcut is there to be taken: Flask is not asked, unless the caller holds an answer."""
    asked = []
    monkeypatch.setattr(
        "flask.Flask.full_dispatch_request",
        lambda self: asked.append(self) or self.make_response(""),
    )
    plain = [
        f"/api/v1/nearest?lon=113.6&lat=34.8{tail}" for tail in ("", "&k=3", "&kind=rider_home")
    ]
    for path in plain:
        assert client.get(path).mimetype == "application/geo+json"
    assert not asked
    client.get(plain[0], headers={"If-None-Match": '"x"'})
    client.head(plain[0])
    assert len(asked) == 2


def test_a_changed_registry_is_in_the_next_answer(own_town: Workspace) -> None:
    """Edits are picked up without a restart, by the short way too."""
    client = create_app(own_town).test_client()
    for number, name in enumerate(("甲", "乙"), 2):
        put = (station("office", name=name, lon=113.6, lat=34.8),)
        own_town.store.apply(Change(put=put), who="t", what="t")
        answer = client.get("/api/v1/nearest?lon=113.6&lat=34.8&k=1").get_json(force=True)
        assert answer["revision"] == number
        assert of(answer, "office")["name"] == name


def test_the_same_question_has_the_same_answer(get: Get) -> None:
    """Whoever answers it: ties have an order too."""
    answers = [ids(get("nearest", **HERE, k=50)) for _ in range(3)]
    assert all(a == b for a, b in itertools.pairwise(answers))


# ------------------------------------------------------------------------------ along the streets


def by_streets(client: FlaskClient, **query: object) -> Any:
    """The stations that are reached first."""
    answer = client.get("/api/v1/nearest", query_string={**HERE, "mode": "walk", **query})
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "application/geo+json"
    return answer.get_json(force=True)


def test_a_network_changes_nothing_for_who_does_not_ask(
    client: FlaskClient, streets: FlaskClient
) -> None:
    """By straight line the answer is the same to the byte, said or not, in the short way or not."""
    query = f"lon=113.61&lat=34.8&k=7&open_at={FRIDAY:%Y-%m-%dT%H:%M}"
    plain = client.get(f"/api/v1/nearest?{query}").get_data()
    for asked in (query, f"{query}&mode=line", f"mode=line&{query}"):
        for one in (client, streets):
            assert one.get(f"/api/v1/nearest?{asked}").get_data() == plain


def test_the_first_reached_and_when(streets: FlaskClient, street_town: Workspace) -> None:
    """Seconds on foot along the street, the moment of arrival, metres by straight line."""
    start = FRIDAY.replace(hour=16, minute=30)
    answer = by_streets(streets, k=3, open_at=start.isoformat(), lon=113.59)
    assert (answer["mode"], answer["estimated"]) == ("walk", False)
    assert answer["revision"] == street_town.registry.revision
    said = of(answer, "office")
    assert said["distance_m"] == pytest.approx(915.3, abs=0.5)
    assert said["duration_s"] == pytest.approx(915.3 / 1.3, abs=0.5)
    assert said["duration_s"] == round(said["duration_s"], 1)
    assert said["estimated"] is False
    arrival = start + dt.timedelta(seconds=said["duration_s"])
    assert said["arrive_at"] == arrival.isoformat(timespec="seconds")
    assert said["arrive_at"].endswith("+08:00")
    riding = by_streets(streets, k=3, open_at=start.isoformat(), lon=113.59, mode="ebike")
    assert riding["mode"] == "ebike"
    assert of(riding, "office")["duration_s"] == pytest.approx(915.3 / 4.2, abs=0.5)


def test_doors_are_those_on_arrival(streets: FlaskClient) -> None:
    """The office shuts at five, the night station opens at ten: each as one finds it."""
    late = FRIDAY.replace(hour=16, minute=50)
    assert "office" in ids(
        by_streets(streets, lon=113.59, k=100, open_at=late.isoformat(), mode="ebike")
    )
    assert "office" not in ids(by_streets(streets, lon=113.59, k=100, open_at=late.isoformat()))
    evening = FRIDAY.replace(hour=21, minute=50)
    query = {"lon": 113.63, "k": 100, "open_at": evening.isoformat()}
    assert "night" in ids(by_streets(streets, **query))
    assert "night" not in ids(by_streets(streets, **query, mode="ebike"))
    said = of(by_streets(streets, **query), "night")
    assert (said["open_state"], said["entry"]) == ("open", ["app"])
    assert said["open_until"] == "2026-11-21T06:00:00+08:00"


def test_a_station_stays_open_for_as_long_as_one_does(streets: FlaskClient) -> None:
    """Twelve minutes to go, and eighteen until the office shuts."""
    query = {"lon": 113.59, "k": 100, "open_at": FRIDAY.replace(hour=16, minute=30).isoformat()}
    assert "office" in ids(by_streets(streets, **query, stay=17))
    assert "office" not in ids(by_streets(streets, **query, stay=19))


def test_limits_in_minutes_and_in_metres(streets: FlaskClient) -> None:
    """Both hold."""
    durations = [f["properties"]["duration_s"] for f in by_streets(streets, k=100)["features"]]
    assert durations == sorted(durations)
    near = by_streets(streets, k=100, max_minutes=15)
    assert [f["properties"]["duration_s"] for f in near["features"]] == [
        d for d in durations if d <= 900
    ]
    assert ids(by_streets(streets, k=100, max_distance=1)) == ["office"]


def test_a_station_near_no_street_has_an_estimate(streets: FlaskClient) -> None:
    """Its own, among measured ones."""
    answer = by_streets(streets, k=100)
    assert answer["estimated"] is False
    fiji = of(answer, "fiji-east")
    assert fiji["estimated"] is True
    assert fiji["duration_s"] == pytest.approx(fiji["distance_m"] * 1.3 / 1.3, abs=0.1)
    assert sum(not f["properties"]["estimated"] for f in answer["features"]) > 10


@pytest.mark.parametrize("mode", ["walk", "ebike"])
def test_without_a_network_it_is_estimated(client: FlaskClient, mode: str) -> None:
    """Never an error: the answer says that it goes by the straight line."""
    answer = by_streets(client, k=100, mode=mode)
    assert (answer["mode"], answer["estimated"]) == ("line", True)
    assert all(f["properties"]["estimated"] for f in answer["features"])
    assert ids(answer) == ids(by_streets(client, k=100, mode="line"))


def test_a_start_near_no_street_is_estimated(streets: FlaskClient) -> None:
    """In the middle of the sea."""
    answer = by_streets(streets, lon=179.95, lat=-16.5, k=2)
    assert (answer["mode"], answer["estimated"]) == ("line", True)
    assert ids(answer) == ["fiji-east", "fiji-west"]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ({"mode": "car"}, "mode"),
        ({"mode": "walk", "stay": 10}, "stay"),
        ({"mode": "line", "stay": 10, "open_at": "now"}, "stay"),
        ({"stay": 10, "open_at": "now"}, "stay"),
        ({"mode": "walk", "open_at": "now", "stay": 0}, "stay"),
        ({"mode": "walk", "open_at": "now", "stay": 1441}, "stay"),
        ({"max_minutes": 10}, "max_minutes"),
        ({"mode": "ebike", "max_minutes": "inf"}, "max_minutes"),
        ({"mode": "ebike", "max_minutes": 0}, "max_minutes"),
    ],
)
def test_what_goes_with_streets_only_is_named(
    streets: FlaskClient, query: dict[str, object], name: str
) -> None:
    """And a stay only with a moment to set out."""
    answer = streets.get("/api/v1/nearest", query_string={**HERE, **query})
    assert answer.status_code == 422
    found = answer.get_json(force=True)
    assert [fault["parameter"] for fault in found["errors"]] == [name]


def test_the_short_way_answers_the_same_along_streets(street_town: Workspace) -> None:
    """To the byte, with every parameter, and anew each second for `now`."""
    app = create_app(street_town)
    plain = create_app(street_town)
    plain.wsgi_app = plain.wsgi_app._flask  # type: ignore[attr-defined, method-assign]
    moment = f"{FRIDAY:%Y-%m-%dT%H:%M}"
    for query in (
        f"lon=113.6&lat=34.8&mode=walk&open_at={moment}",
        f"lon=113.6&lat=34.8&mode=ebike&open_at={moment}&stay=20&max_minutes=30&k=9",
        f"lon=113.6&lat=34.8&datum=gcj02&mode=walk&open_at={moment}&unknown_hours=1",
    ):
        short, long = (one.test_client().get(f"/api/v1/nearest?{query}") for one in (app, plain))
        assert short.status_code == 200
        assert short.get_data() == long.get_data()
    answer = app.test_client().get("/api/v1/nearest?lon=113.59&lat=34.8&mode=walk&open_at=now&k=1")
    (feature,) = answer.get_json(force=True)["features"]
    said = feature["properties"]
    arrival = dt.datetime.fromisoformat(said["arrive_at"])
    left = arrival - dt.timedelta(seconds=said["duration_s"])
    assert abs((dt.datetime.now(BEIJING) - left).total_seconds()) < 30
