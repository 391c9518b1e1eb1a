from __future__ import annotations

import datetime as dt
import html
import re
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

import pypdfium2
import pytest
import zxingcpp

from stations.hours.sign import sign_of
from stations.model import AccessBand
from stations.vocabulary import FACILITY_CODES, SERVES_CODES
from tests.stations.samples import station
from tests.webmap.town import KNOWN, SECRETS, make_town
from webmap import create_app
from webmap.pages import hours, poster
from webmap.render.pdf import PdfUnavailableError
from webmap.settings import ServerSettings

if TYPE_CHECKING:
    from pathlib import Path

    from flask.testing import FlaskClient

SITE = "https://union.example"
LONG = "郑州市惠济区总工会长兴路街道办事处户外劳动者" * 9 + "驿站"
POSTERS = (
    station(
        "full",
        name="新城街道驿站",
        address="开元路 18 号",
        phone="0371-6363 0000",
        opening_hours="Mo-Fr 08:00-22:00; Sa-Su 09:00-18:00; PH 10:00-16:00",
        access=(AccessBand("staffed", "08:00-18:00"), AccessBand("qr", "18:00-22:00")),
        facilities={"drinking_water": True, "microwave": True, "toilet": False},
        serves=("courier", "rider"),
        manager=SECRETS[0],
        manager_phone=SECRETS[1],
        notes="只给内部看的备注",
    ),
    station(
        "long",
        name=LONG[:200],
        address="很长的地址" * 90,
        hours_text="很长的时间" * 90,
        opening_hours="Mo 08:00-09:00; Tu 09:00-10:00; We 10:00-11:00; Th 11:00-12:00; PH off",
        access=tuple(AccessBand(way, "Mo-Fr 09:00-12:00") for way in ("qr", "key", "app", "face")),
        facilities=dict.fromkeys(FACILITY_CODES, True),
        serves=SERVES_CODES,
    ),
    station("markup", name='<b onload=alert(1)>驿站</b> & "Co" \u202e', phone="<i>110</i>"),
    station("written", name="邮政驿站", hours_text="上班时间开放"),
    station("gone", name="撤掉的驿站", status="closed"),
    station("soon", name="在建的驿站", status="building"),
)  # fmt: skip


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """A client of a town with stations that are hard to print."""
    town = make_town(tmp_path_factory.mktemp("posters") / "ws", (*KNOWN, *POSTERS))
    return create_app(town, ServerSettings(public_url=SITE)).test_client()


def page(client: FlaskClient, station_id: str, query: str = "") -> str:
    """The poster as a page."""
    response = client.get(f"/stations/{quote(station_id)}/poster{query}")
    assert response.status_code == 200
    return response.text


def words(markup: str) -> str:
    """What people read on a page."""
    body = re.sub(r"<(script|nav|style)\b.*?</\1>", " ", markup, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def pdf(client: FlaskClient, station_id: str, query: str = "") -> pypdfium2.PdfDocument:
    """The poster as a PDF."""
    response = client.get(f"/stations/{quote(station_id)}/poster.pdf{query}")
    assert (response.status_code, response.mimetype) == (200, "application/pdf")
    return pypdfium2.PdfDocument(response.data)


def scanned(document: pypdfium2.PdfDocument) -> list[str]:
    """What a phone reads off the sheet, printed in black and white."""
    image = document[0].render(scale=1.5).to_pil().convert("L")
    return [code.text for code in zxingcpp.read_barcodes(image)]


@pytest.mark.parametrize("query", ["", "?lang=en"])
@pytest.mark.parametrize("station_id", ["full", "long", "markup", "written", "silent", "bank-西"])
def test_every_poster_is_one_page_that_a_phone_can_scan(
    client: FlaskClient, station_id: str, query: str
) -> None:
    """One A4 page, whatever the record holds, and its code leads to the station."""
    document = pdf(client, station_id, query)
    assert len(document) == 1
    assert document[0].get_size() == pytest.approx((595.28, 841.89), abs=0.1)
    (address,) = scanned(document)
    assert address == f"{SITE}/s/{quote(station_id)}"
    led = client.get(address.removeprefix(SITE))
    assert (led.status_code, led.location) == (302, f"/stations/{quote(station_id)}")


def test_the_pdf_says_what_the_page_says(client: FlaskClient) -> None:
    """Its text can be searched: name, both languages, hours, ways in, facilities, phone."""
    text = " ".join(pdf(client, "full")[0].get_textpage().get_text_range().split())
    for part in (
        "户外劳动者驿站", "Rest Station for Outdoor Workers", "新城街道驿站", "开元路 18 号",
        "0371-6363 0000", "周一至周五", "Mon–Fri", "08:00–22:00", "09:00–18:00", "法定节假日",
        "10:00–16:00", "有人值守", "Staffed", "扫码进", "饮水", "Drinking water", "微波炉",
        "快递员、外卖骑手", "Couriers, Riders", "试验区", "Test Town", "union.example/s/full",
    ):  # fmt: skip
        assert part in text
        assert part in words(page(client, "full"))


def test_only_what_is_there_is_promised(client: FlaskClient) -> None:
    """A facility that is missing or unknown is not on the poster."""
    found = words(page(client, "full"))
    assert "厕所" not in found
    assert "手机充电" not in found


def test_nothing_private_is_printed(client: FlaskClient) -> None:
    """No manager, no private phone, no notes, in neither form."""
    for text in (page(client, "full"), pdf(client, "full")[0].get_textpage().get_text_range()):
        assert not any(secret in text for secret in (*SECRETS, "内部"))


def test_the_language_of_the_address_stands_large(client: FlaskClient) -> None:
    """Chinese first, as the workspace is; `?lang=en` swaps; who looks at it does not matter."""
    client.set_cookie("lang", "en")
    chinese, english = page(client, "full"), page(client, "full", "?lang=en")
    client.delete_cookie("lang")
    sign, other = "户外劳动者驿站", "Rest Station for Outdoor Workers"
    assert f'<strong>{sign}</strong><span lang="en">{other}</span>' in chinese
    assert f'<strong>{other}</strong><span lang="zh-Hans">{sign}</span>' in english
    assert "Mon–Fri 周一至周五" in words(english)


def test_unknown_hours_are_never_closed(client: FlaskClient) -> None:
    """Hours that nobody can read are printed as written; without any, the code stands alone."""
    assert "上班时间开放" in words(page(client, "written"))
    alone = words(page(client, "silent"))
    assert "休息" not in alone
    assert "开放时间 Opening hours" not in alone
    assert "扫码看现在开不开" in alone


def test_hours_of_the_bands_stand_in_for_opening_hours(client: FlaskClient) -> None:
    """Staffed by day, QR code by night: a door that is open around the clock."""
    found = words(page(client, "bank-西"))
    assert "每天 Every day 24 小时 24 hours" in found
    assert "扫码进 Scan a QR code 22:00–次日 08:00" in found


def test_a_name_is_text(client: FlaskClient) -> None:
    """Markup in a name or a phone is printed, not obeyed."""
    found = page(client, "markup")
    assert "&lt;b onload=alert(1)&gt;" in found
    assert "<b onload" not in found
    assert "<i>110" not in found


def test_many_facilities_are_counted(client: FlaskClient) -> None:
    """A sheet that is full of hours shows a row of facilities and says how many more there are."""
    found = words(page(client, "long"))
    assert f"还有 {len(FACILITY_CODES) - 3} 项" in found


@pytest.mark.parametrize("form", ["poster", "poster.pdf"])
def test_a_station_that_does_not_exist_is_told_in_words(client: FlaskClient, form: str) -> None:
    """A page for people, in their language, not an error of the API."""
    response = client.get(f"/stations/<nobody>/{form}?lang=en")
    assert (response.status_code, response.mimetype) == (404, "text/html")
    assert "There is no such station" in response.text
    assert "<nobody>" not in response.text


@pytest.mark.parametrize("form", ["poster", "poster.pdf"])
def test_a_station_that_is_closed_for_good_has_no_poster(client: FlaskClient, form: str) -> None:
    """Nobody is led to a door that stays shut."""
    response = client.get(f"/stations/gone/{form}")
    assert response.status_code == 410
    assert "已经撤销" in response.text


@pytest.mark.parametrize(("station_id", "status"), [("soon", "“建设中”"), ("paused", "“暂停”")])
def test_a_station_that_is_not_open_yet_can_be_printed(
    client: FlaskClient, station_id: str, status: str
) -> None:
    """The page says so beside the sheet, where it is not printed."""
    found = page(client, station_id)
    assert status in found
    assert status not in words(found)
    assert scanned(pdf(client, station_id)) == [f"{SITE}/s/{station_id}"]


def test_the_page_needs_nothing_from_outside(client: FlaskClient) -> None:
    """Buttons work under the page's own policy; the PDF carries no script."""
    response = client.get("/stations/full/poster")
    (nonce,) = re.findall(r'<script nonce="([^"]+)">', response.text)
    assert f"'nonce-{nonce}'" in response.headers["Content-Security-Policy"]
    assert not re.findall(r'\b(?:style|onclick)="|(?:src|href)="(?:https?:)?//', response.text)


def test_the_file_is_named_after_the_station(client: FlaskClient) -> None:
    """A folder of posters can be told apart; the header holds whatever the name holds."""
    header = client.get("/stations/full/poster.pdf").headers["Content-Disposition"]
    assert unquote(header) == "inline; filename*=UTF-8''新城街道驿站-full.pdf"
    hostile = client.get("/stations/markup/poster.pdf").headers["Content-Disposition"]
    assert hostile.isascii()
    assert not set(hostile.partition("''")[2]) & set('"<>;&\r\n ')


def test_the_same_station_makes_the_same_file(client: FlaskClient) -> None:
    """Printed twice, the same sheet."""
    first, second = (client.get("/stations/full/poster.pdf").data for _ in range(2))
    assert first == second


@pytest.mark.parametrize("query", ["", "?lang=en"])
def test_where_no_pdf_can_be_made_the_page_is_offered(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    """What is missing is said in the reader's language, with the way out."""

    def fail(*_: object, **__: object) -> bytes:
        raise PdfUnavailableError("install pango", "请安装 pango")

    monkeypatch.setattr(poster, "_pdf", fail)
    response = client.get(f"/stations/full/poster.pdf{query}")
    assert (response.status_code, response.mimetype) == (503, "text/html")
    assert ("install pango" if query else "请安装 pango") in response.text
    assert 'href="/stations/full/poster?lang=' in response.text


def test_made_up_stations_say_so(tmp_path: Path) -> None:
    """A poster of a demonstration is never taken for a real one."""
    folder = make_town(tmp_path / "ws", KNOWN).folder
    settings = folder / "yizhan.toml"
    text = settings.read_text("utf-8").replace("demonstration = false", "demonstration = true")
    settings.write_text(text, "utf-8")
    found = create_app(folder).test_client().get("/stations/office/poster").text
    assert "演示数据" in words(found)


def test_the_code_holds_the_address_of_the_request_without_a_setting(tmp_path: Path) -> None:
    """A try-out on a laptop prints codes that lead to the laptop."""
    client = create_app(make_town(tmp_path / "ws", KNOWN)).test_client()
    found = client.get("/stations/office/poster.pdf", base_url="http://192.0.2.7:8000/app/")
    assert scanned(pypdfium2.PdfDocument(found.data)) == ["http://192.0.2.7:8000/app/s/office"]


@pytest.mark.parametrize(
    ("numbers", "chinese", "english"),
    [
        ((0, 1, 2, 3, 4), "周一至周五", "Mon–Fri"),
        ((5, 6), "周六、周日", "Sat, Sun"),
        ((0, 2, 3, 4, 6), "周一、周三至周五、周日", "Mon, Wed–Fri, Sun"),
        ((3,), "周四", "Thu"),
        (tuple(range(7)), "每天", "Every day"),
    ],
)
def test_days_are_told_as_people_tell_them(
    numbers: tuple[int, ...], chinese: str, english: str
) -> None:
    """Three days in a row are a range."""
    assert (hours.days("zh", numbers), hours.days("en", numbers)) == (chinese, english)


def test_hours_that_are_half_known_say_so() -> None:
    """Hours beside which the door may be open, too."""
    sign = sign_of('12:00-18:00 unknown "x", 09:00-12:00 open', dt.date(2026, 11, 20))
    assert hours.lines("zh", sign) == [("每天", "09:00–12:00，其余时间不详")]
