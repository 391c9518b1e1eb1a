"""HTML to PDF with WeasyPrint: nothing fetched from outside, the same bytes for the same page.

WeasyPrint takes seconds to load and Pango from the system to work, so it is loaded by the first PDF
and by nothing else. A page in Chinese without a Chinese font would be a page of empty boxes: then
there is no PDF but an error that names the package.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import io
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

from stations.errors import StationsError

if TYPE_CHECKING:
    from collections.abc import Mapping

STATIC: Final = Path(__file__).parent.parent / "static"
_FONTCONFIG: Final = ("libfontconfig.so.1", "libfontconfig.1.dylib", "libfontconfig-1.dll")
_PANGO_PACKAGES: Final = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
_FONT_PACKAGE: Final = "fonts-noto-cjk"
# Layout needs a core and some hundred megabytes for as long as it takes: one at a time.
_WORKING: Final = threading.Lock()
_WAIT_S: Final = 20.0


class PdfUnavailableError(StationsError):
    """No PDF can be made here or now; the message names what the system lacks, if anything."""


def pdf_of(html: str, *, base_url: str = "http://localhost/", static: str = "/static/") -> bytes:
    """Return a page as PDF, laid out for print.

    Parameters
    ----------
    html
        The whole page. It may use ``data:`` addresses and our own static files; whatever else it
        names is left out, and nothing is asked of a network.
    base_url
        Where the page stands: links in it are made absolute with it.
    static
        Path below which `html` names our static files.

    Raises
    ------
    PdfUnavailableError
        If Pango or a font for Simplified Chinese is missing, or too many wait already.
    """
    if not _WORKING.acquire(timeout=_WAIT_S):
        raise PdfUnavailableError(
            "too many PDFs are being made at once: try again in a minute",
            "同时生成的 PDF 太多：请一分钟后再试",
        )
    try:
        weasyprint = _weasyprint()
        _check_fonts()
        fetcher = _fetcher_class()(base_url, static)
        page = weasyprint.HTML(string=html, base_url=base_url, url_fetcher=fetcher)
        target = io.BytesIO()
        page.write_pdf(target)
        return target.getvalue()
    finally:
        _WORKING.release()


def _weasyprint() -> Any:  # noqa: ANN401  a module without annotations
    try:
        import weasyprint  # noqa: PLC0415  seconds to load, and it cannot be everywhere
    except OSError as error:
        raise PdfUnavailableError(
            "PDF needs Pango, which this system does not have. On Debian and Ubuntu: "
            f"apt-get install {_PANGO_PACKAGES}",
            "生成 PDF 需要 Pango，本机没有安装。Debian、Ubuntu 请运行："
            f"apt-get install {_PANGO_PACKAGES}",
        ) from error
    return weasyprint


def _check_fonts() -> None:
    if not _chinese_fonts():
        raise PdfUnavailableError(
            "PDF needs a font for Simplified Chinese, and this system has none. On Debian and "
            f"Ubuntu: apt-get install {_FONT_PACKAGE}",
            "生成 PDF 需要简体中文字体，本机没有。Debian、Ubuntu 请运行："
            f"apt-get install {_FONT_PACKAGE}",
        )


class _FontSet(ctypes.Structure):
    """FcFontSet of fontconfig."""

    _fields_ = (
        ("nfont", ctypes.c_int),
        ("sfont", ctypes.c_int),
        ("fonts", ctypes.c_void_p),
    )


def _chinese_fonts() -> int:
    """Return how many fonts for Simplified Chinese there are, for Pango as for `fc-list`.

    fontconfig itself is asked: it is what Pango chooses with, and needs no command installed.
    """
    library = _fontconfig()
    config = library.FcInitLoadConfigAndFonts()
    pattern = library.FcNameParse(b":lang=zh-cn")
    wanted = library.FcObjectSetCreate()
    found = library.FcFontList(config, pattern, wanted)
    count = found.contents.nfont if found else 0
    if found:
        library.FcFontSetDestroy(found)
    library.FcObjectSetDestroy(wanted)
    library.FcPatternDestroy(pattern)
    library.FcConfigDestroy(config)
    return int(count)


@functools.cache
def _fontconfig() -> ctypes.CDLL:
    for name in _FONTCONFIG:
        with contextlib.suppress(OSError):
            library = ctypes.CDLL(name)
            break
    else:
        # Pango, which has just been loaded, cannot be without it.
        message = f"none of {', '.join(_FONTCONFIG)} could be loaded"
        raise PdfUnavailableError(message, f"无法加载 {'、'.join(_FONTCONFIG)}")
    for name in ("FcInitLoadConfigAndFonts", "FcNameParse", "FcObjectSetCreate"):
        getattr(library, name).restype = ctypes.c_void_p
    library.FcNameParse.argtypes = [ctypes.c_char_p]
    library.FcFontList.argtypes = [ctypes.c_void_p] * 3
    library.FcFontList.restype = ctypes.POINTER(_FontSet)
    library.FcFontSetDestroy.argtypes = [ctypes.POINTER(_FontSet)]
    for name in ("FcObjectSetDestroy", "FcPatternDestroy", "FcConfigDestroy"):
        getattr(library, name).argtypes = [ctypes.c_void_p]
    return library


@functools.cache
def _fetcher_class() -> type[Any]:
    """Return our fetcher; its base class is known once WeasyPrint is loaded."""
    from weasyprint.urls import URLFetcher  # noqa: PLC0415  as above

    class Fetcher(URLFetcher):  # type: ignore[misc]
        """Serves ``data:`` addresses and our static files, and refuses everything else."""

        def __init__(self, base_url: str, static: str) -> None:
            super().__init__(allowed_protocols={"data", "file"}, allow_redirects=False)
            self._origin = urlsplit(base_url)[:2]
            self._static = static

        def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> Any:  # noqa: ANN401
            if not url.lower().startswith("data:"):
                url = self._file(url).as_uri()
            return super().fetch(url, headers)

        def _file(self, url: str) -> Path:
            parts = urlsplit(url)
            path = unquote(parts.path)
            if parts[:2] == self._origin and path.startswith(self._static):
                file = (STATIC / path.removeprefix(self._static)).resolve()
                if file.is_relative_to(STATIC.resolve()) and file.is_file():
                    return file
            message = f"{url[:200]!r} is not one of our static files and is not fetched"
            raise ValueError(message)

    return Fetcher
