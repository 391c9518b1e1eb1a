"""The worker's pages without a browser: what they say, and to whom."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from stations.hours import BEIJING
from stations.ledger import new_report
from stations.model import from_dict
from stations.store import Change
from tests.browser.city import LAT, LON, make_workspace, station
from webmap import create_app
from webmap.pages import near

if TYPE_CHECKING:
    from pathlib import Path

    from flask.testing import FlaskClient

    from stations.workspace import Workspace

HERE = f"lon={LON + 0.012}&lat={LAT + 0.012}"
HTML = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def city(tmp_path: Path) -> Workspace:
    """The small city of the browser tests."""
    return make_workspace(tmp_path / "city")


@pytest.fixture
def client(city: Workspace) -> FlaskClient:
    """A client of it."""
    return create_app(city).test_client()


def names(page: str) -> list[str]:
    """Names of the cards of a page, in their order."""
    return re.findall(r"<h[23]><a href=\"/stations/[^\"]+\">([^<]+)</a>", page)


def headline(page: str) -> str:
    """The sentence that the page opens with."""
    found = re.search(r"<h1>(.*?)</h1>", page, re.DOTALL)
    assert found is not None
    return re.sub(r"<[^>]+>", "", found[1]).replace("\xa0", " ")


def test_without_a_place_nothing_is_listed(client: FlaskClient) -> None:
    """The page asks where one is, and has a form for it."""
    page = client.get("/").text
    assert headline(page) == "附近哪个驿站开着、进得去？"
    assert names(page) == []
    assert '<form class="asking"' in page


def test_a_position_lists_and_part_leaves_the_rest_out(client: FlaskClient) -> None:
    """The same parts, alone or in their page."""
    asked = f"/?{HERE}&at=2099-01-01T12:00"
    page, part = client.get(asked).text, client.get(f"{asked}&part=1").text
    assert names(page) == names(part) == ["大河路驿站", "母婴室", "时间不详的骑手之家"]
    assert headline(page) == headline(part)
    assert "<html" not in part
    assert len(part) < len(page) / 2


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("sent=1", ["大河路驿站", "关着的驿站", "母婴室", "时间不详的骑手之家"]),
        ("sent=1&open=1&free=1", ["大河路驿站"]),
        ("sent=1&all_day=1", ["大河路驿站", "母婴室"]),
        ("sent=1&facility=toilet", ["关着的驿站"]),
        ("sent=1&facility=toilet&facility=wifi", []),
        ("sent=1&nursing_room=1", ["母婴室"]),
        ("facility=spaceship", ["大河路驿站", "母婴室", "时间不详的骑手之家"]),
        ("mode=ebike", ["大河路驿站", "母婴室", "时间不详的骑手之家"]),
    ],
)
def test_filters_combine(client: FlaskClient, asked: str, found: list[str]) -> None:
    """All that is asked must hold; what is no facility is as if it were not there."""
    assert names(client.get(f"/?{HERE}&{asked}").text) == found


@pytest.mark.parametrize(
    "wrong",
    [
        "lon=abc&lat=34.8",
        "lon=113.6",
        "lon=500&lat=34.8",
        "lon=nan&lat=1",
        "mode=rocket",
        "at=soon",
    ],
)
def test_an_address_that_makes_no_sense_is_a_page(client: FlaskClient, wrong: str) -> None:
    """Whatever does not fit is as if it were not there."""
    assert client.get(f"/?{wrong}").status_code == 200


def test_a_typed_place_wins_over_an_old_position(client: FlaskClient) -> None:
    """A form without scripts sends both: the words are what one has just said."""
    page = client.get(f"/?{HERE}&q=母婴室").text
    assert names(page)[0] == "母婴室"
    assert re.search(r'data-part="place"[^>]*>\s*母婴室', page)
    assert '<input type="hidden" name="lon"' not in page


def test_a_moment_is_said_and_decides(city: Workspace, client: FlaskClient) -> None:
    """A link may ask for tonight: doors are those of then, and the sentence says so."""
    record = station(9, 1.1, 1.1, name="夜里的驿站", opening_hours="Mo-Su 22:00-23:30")
    city.store.apply(Change(put=(from_dict(record),)), who="test", what="test")
    day = dt.datetime.now(BEIJING).date() + dt.timedelta(days=1)
    page = client.get(f"/?{HERE}&at={day}T22:40").text
    assert headline(page).startswith("明天 22:40 出发，步行 15 分钟内有")
    assert "夜里的驿站" in names(page)
    assert re.search(r"到达后还开 \d\d 分钟", page)
    assert "夜里的驿站" not in names(client.get(f"/?{HERE}&at={day}T12:00").text)


def test_one_registry_tells_one_page(city: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A station that is added while a page is made changes no name on it."""
    client = create_app(city).test_client()
    look = near.look_around

    def slow(*given: Any) -> Any:
        found = look(*given)
        first = from_dict(station(0, 0.1, 0.1, name="新来的", opening_hours="24/7"))
        city.store.apply(Change(put=(first,)), who="test", what="test")
        return found

    monkeypatch.setattr(near, "look_around", slow)
    assert names(client.get(f"/?{HERE}").text)[0] == "大河路驿站"


def test_estimates_are_called_estimates(client: FlaskClient) -> None:
    """Without streets the page says so, and so does each card."""
    page = client.get(f"/?{HERE}").text
    assert "是估计的" in page
    assert page.count("<small>估计</small>") == len(names(page))


def test_districts_that_cannot_be_read_do_not_stop_a_rider(city: Workspace) -> None:
    """A broken layer of the planners is no reason to find nothing."""
    (city.folder / "districts.geojson").write_text("{broken")
    client = create_app(city.folder).test_client()
    for asked in (HERE, "q=大河路", "q=113.63,34.81"):
        answer = client.get(f"/?{asked}")
        assert answer.status_code == 200
        assert names(answer.text), asked


def test_english_is_whole(client: FlaskClient) -> None:
    """No Chinese but what people wrote and the way back to it."""
    for path in ("/", "/saved", "/suggest", "/offline", "/stations/t-003/report", "/near/map"):
        page = client.get(f"{path}?lang=en").text
        text = re.sub(r"(?s)<(script|style).*?</\1>|<[^>]+>", " ", page)
        assert set(re.findall(r"[\u4e00-\u9fff]+", text)) <= {"中文", "时间不详的骑手之家"}, path


def test_one_station_is_one(client: FlaskClient) -> None:
    """The sentence has a singular, though its figure is set in bold."""
    page = client.get(f"/?{HERE}&lang=en").text
    assert re.search(r"<b>1</b> station within 15 minutes on foot is open", page)


def test_a_choice_in_the_address_is_remembered(client: FlaskClient) -> None:
    """Language, large text and contrast; nonsense is not."""
    client.get("/?lang=en&text=large&contrast=more")
    page = client.get("/saved").text
    assert '<html lang="en" class="text-large contrast-more">' in page
    client.get("/?lang=xx&text=huge&contrast=none")
    assert '<html lang="en" class="text-large contrast-more">' in client.get("/saved").text


def test_a_station_that_is_gone_says_so(city: Workspace, client: FlaskClient) -> None:
    """In the visitor's language, with a way on; a program gets problem details."""
    city.store.apply(Change(remove=("t-005",)), who="test", what="gone")
    answer = client.get("/stations/t-005", headers=HTML)
    assert answer.status_code == 404
    assert "驿站 t-005 已从登记册撤下" in answer.text
    english = client.get("/stations/t-005?lang=en", headers=HTML).text
    assert "was removed" in english
    assert "Find stations near you" in english
    assert client.get("/stations/t-005").mimetype == "application/problem+json"
    assert "不存在" in client.get("/stations/never?lang=zh", headers=HTML).text


def test_unknown_pages_are_pages_and_the_api_is_not(client: FlaskClient) -> None:
    """Who comes with a browser reads a page, but not from the API."""
    assert client.get("/nowhere", headers=HTML).mimetype == "text/html"
    assert client.get("/api/v1/stations/x", headers=HTML).mimetype == "application/problem+json"
    answer = client.post("/saved", headers=HTML)
    assert (answer.status_code, "GET" in answer.headers["Allow"]) == (405, True)


def test_private_fields_are_on_no_page(city: Workspace, client: FlaskClient) -> None:
    """A manager's name and phone are nobody's business."""
    record = station(9, 1.1, 1.1, manager="张三丰", manager_phone="13800001234", phone="0371-1")
    city.store.apply(Change(put=(from_dict(record),)), who="test", what="test")
    pages = ("", "/report", "/poster")
    text = "".join(client.get(f"/stations/t-009{page}").text for page in pages)
    text += client.get(f"/?{HERE}&sent=1").text + client.get("/saved?ids=t-009").text
    assert "0371-1" in text
    assert "张三丰" not in text
    assert "13800001234" not in text


def test_saved_tells_what_left_and_keeps_what_is_only_missing(
    city: Workspace, client: FlaskClient
) -> None:
    """Only what was removed is taken off a phone's list."""
    city.store.apply(Change(remove=("t-005",)), who="test", what="gone")
    page = client.get("/saved?part=1&ids=t-001,t-005,never,t-001").text
    assert names(page) == ["大河路驿站"]
    assert re.findall(r'data-gone="([^"]+)"', page) == ["t-005"]
    assert "never 现在查不到" in page


def test_a_report_s_page_is_for_its_holder_alone(city: Workspace, client: FlaskClient) -> None:
    """It is kept by nobody on the way, tells nobody where one comes from, and is not indexed."""
    entry = new_report(city.registry.get("t-001"), "locked", text="门口 <b>没人</b>")
    city.ledger.file(entry, source="s")
    answer = client.get(f"/reports/{entry.id}")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert 'name="robots" content="noindex"' in answer.text
    assert "门口 &lt;b&gt;没人&lt;/b&gt;" in answer.text
    assert client.get("/reports/aaaaaaaaaaaa").status_code == 404


def test_photos_are_photos_of_the_folder_and_nothing_else(
    city: Workspace, client: FlaskClient
) -> None:
    """By name and content; links out of the folder lead nowhere, and a known photo is not sent."""
    folder = city.folder / "photos"
    folder.mkdir()
    Image.new("RGB", (8, 8)).save(folder / "门口.jpg")
    (folder / "page.jpg").write_text("<script>alert(1)</script>")
    (folder / "sound.webp").write_bytes(b"RIFF\0\0\0\0WAVEfmt ")
    (folder / "out.jpg").symlink_to(city.folder / "yizhan.toml")
    found = client.get("/photos/门口.jpg")
    assert (found.status_code, found.mimetype) == (200, "image/jpeg")
    assert found.headers["X-Content-Type-Options"] == "nosniff"
    again = client.get("/photos/门口.jpg", headers={"If-None-Match": found.headers["ETag"]})
    assert again.status_code == 304
    for name in ("page.jpg", "sound.webp", "out.jpg", "none.jpg", "..%2fyizhan.toml", "a.svg"):
        assert client.get(f"/photos/{name}").status_code == 404, name


def test_photos_of_a_record_are_shown_and_other_addresses_only_linked(
    city: Workspace, client: FlaskClient
) -> None:
    """Nothing of a page is loaded from elsewhere."""
    photos = ["门口.jpg", "https://elsewhere.example/a.jpg", "javascript:alert(1)", "../x.jpg"]
    record = station(9, 1.1, 1.1, photos=photos)
    city.store.apply(Change(put=(from_dict(record),)), who="test", what="test")
    page = client.get("/stations/t-009").text
    assert page.count("<img") == 1
    assert 'href="https://elsewhere.example/a.jpg" rel="noopener noreferrer nofollow"' in page
    assert "javascript:" not in page


def test_the_service_worker_names_files_that_are_there(client: FlaskClient) -> None:
    """What it keeps at hand exists, and it is asked for anew each time."""
    answer = client.get("/sw.js")
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Cache-Control"] == "no-cache"
    addresses = re.findall(r'"(/static/[^"]+\.\w+)"', answer.text)
    assert len(addresses) > 20
    for address in addresses:
        with client.get(address) as file:
            assert file.status_code == 200, address


def test_every_module_a_worker_s_page_loads_is_kept(client: FlaskClient) -> None:
    """What a kept page imports is kept with it, or it would stand still without a connection."""
    kept = set(re.findall(r'"/static/(js/[^"]+)"', client.get("/sw.js").text))
    waiting = [name for name in kept if name.startswith("js/worker/")]
    while waiting:
        name = waiting.pop()
        with client.get(f"/static/{name}") as file:
            source = file.text
        for told in re.findall(r'^(?:import|export)\b[^;]*?from "(\.[^"]+)"', source, re.MULTILINE):
            parts = name.split("/")[:-1]
            for piece in told.split("/"):
                if piece == "..":
                    parts.pop()
                elif piece != ".":
                    parts.append(piece)
            needed = "/".join(parts)
            assert needed in kept, f"{name} imports {needed}"
