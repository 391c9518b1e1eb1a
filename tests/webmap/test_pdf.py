from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any
from urllib.request import OpenerDirector

import pypdfium2
import pytest
from pypdfium2 import raw

from webmap.render.pdf import STATIC, pdf_of

if TYPE_CHECKING:
    from pathlib import Path

PAGE = """<!doctype html><html lang="zh-Hans"><head><meta charset="utf-8">
<link rel="stylesheet" href="/static/css/poster.css"></head>
<body><h1>户外劳动者驿站 Rest station</h1>{}</body></html>"""
DOT = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'/%3E"


def text_of(pdf: bytes) -> str:
    """The text of the first page."""
    return str(pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_range())


def _links(page: pypdfium2.PdfPage) -> list[str]:
    """Where the links of a page lead."""
    document, found, place = page.pdf, [], ctypes.c_int(0)
    link = raw.FPDF_LINK()
    while raw.FPDFLink_Enumerate(page, place, link):
        action = raw.FPDFLink_GetAction(link)
        buffer = ctypes.create_string_buffer(500)
        raw.FPDFAction_GetURIPath(document, action, buffer, 500)
        found.append(buffer.value.decode())
    return found


def run(code: str, **environment: str) -> str:
    """Run Python in a process of its own, for what is loaded once; return what it prints."""
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_text_can_be_searched() -> None:
    """Chinese and English come out of the PDF as they went in."""
    assert "户外劳动者驿站 Rest station" in text_of(pdf_of(PAGE.format("")))


def test_our_style_sheets_are_used() -> None:
    """`@page` of poster.css makes it A4 without margins: 210 by 297 mm."""
    width, height = pypdfium2.PdfDocument(pdf_of(PAGE.format("")))[0].get_size()
    assert (width, height) == pytest.approx((210 / 25.4 * 72, 297 / 25.4 * 72), abs=0.1)


def test_static_files_may_stand_below_a_prefix() -> None:
    """Behind a proxy that adds a path, pages name our files with it."""
    page = PAGE.format("").replace("/static/", "/app/static/")
    base = "https://union.example/app/"
    sizes = [
        pypdfium2.PdfDocument(pdf_of(page, base_url=base, static=static))[0].get_textpage()
        for static in ("/app/static/", "/static/")
    ]
    assert sizes[0].get_charbox(0) != sizes[1].get_charbox(0)


def test_the_same_page_makes_the_same_bytes() -> None:
    """Nothing of the moment or of chance is in the file."""
    page = PAGE.format(f'<img src="{DOT}" alt="">')
    assert pdf_of(page) == pdf_of(page)


def test_nothing_is_asked_of_a_network_or_of_other_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a page names, only `data:` and our static files are opened."""
    opened = []
    secret = tmp_path / "secret.svg"
    secret.write_text("<svg xmlns='http://www.w3.org/2000/svg'><text>secret</text></svg>", "utf-8")
    really_open = OpenerDirector.open

    def watched(self: OpenerDirector, request: Any, *options: Any, **more: Any) -> Any:
        opened.append(request.full_url)
        return really_open(self, request, *options, **more)

    monkeypatch.setattr(OpenerDirector, "open", watched)
    named = [
        "http://127.0.0.1:9/a.png",
        "//union.example/a.png",
        "https://localhost/static/favicon.svg",
        "http://localhost/static/../texts.py",
        "/static/%2e%2e/texts.py",
        "/static/..%2f..%2fpyproject.toml",
        "/static/css",
        "/favicon.svg",
        "ftp://union.example/a.png",
        "gopher://union.example/a",
        secret.as_uri(),
        f"FILE://{secret}",
        str(secret),
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://[broken/a.png",
    ]
    images = "".join(f'<img src="{url}" alt="x">' for url in named)
    styles = "".join(f'<p style="background:url({url})">x</p>' for url in named)
    pdf = pdf_of(PAGE.format(images + styles + f'<img src="{DOT}" alt="">'))
    assert set(opened) == {(STATIC / "css/poster.css").as_uri(), DOT}
    assert "secret" not in text_of(pdf)


def test_links_become_absolute() -> None:
    """A link of a page leads from the PDF to the page's site."""
    pdf = pdf_of(PAGE.format('<a href="map">map</a>'), base_url="https://union.example/app/")
    page = pypdfium2.PdfDocument(pdf)[0]
    assert _links(page) == ["https://union.example/app/map"]


def test_without_pango_the_packages_are_named() -> None:
    """A system that lacks Pango is told what to install, in both languages."""
    found = run("""
import cffi
real = cffi.FFI.dlopen
def dlopen(self, name, flags=0):
    if "pango" in str(name):
        raise OSError(f"cannot load library {name!r}")
    return real(self, name, flags)
cffi.FFI.dlopen = dlopen
from webmap.render.pdf import PdfUnavailableError, pdf_of
for _ in range(2):
    try:
        pdf_of("<p>x")
    except PdfUnavailableError as error:
        print(error, error.chinese, sep="\\n")
""")
    packages = "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
    assert (
        found.count(
            f"PDF needs Pango, which this system does not have. On Debian and Ubuntu: {packages}"
        )
        == 2
    )
    assert found.count(f"生成 PDF 需要 Pango，本机没有安装。Debian、Ubuntu 请运行：{packages}") == 2


def test_without_a_chinese_font_the_package_is_named(tmp_path: Path) -> None:
    """Empty boxes are never taken for Chinese: no such font, no PDF."""
    (tmp_path / "fonts").mkdir()
    config = tmp_path / "fonts.conf"
    config.write_text(
        f"<fontconfig><dir>{tmp_path / 'fonts'}</dir><cachedir>{tmp_path}</cachedir></fontconfig>",
        "utf-8",
    )
    found = run(
        """
from webmap.render.pdf import PdfUnavailableError, pdf_of
try:
    pdf_of("<p>x")
except PdfUnavailableError as error:
    print(error, error.chinese, sep="\\n")
""",
        FONTCONFIG_FILE=str(config),
    )
    assert found.count("apt-get install fonts-noto-cjk") == 2
    assert "生成 PDF 需要简体中文字体" in found


def test_weasyprint_waits_for_the_first_pdf() -> None:
    """The command line and the server start without it."""
    code = "import sys, webmap.cli, webmap.application; print('weasyprint' in sys.modules)"
    assert run(code).strip() == "False"
