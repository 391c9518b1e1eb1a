"""Photos from hostile hands, made anew: what is kept is never what was sent.

A file is looked at from the outside first (its size, its first bytes, its name, what else it might
be), then its header is read, and only then it is decoded. What is kept is a new JPEG of its pixels:
no EXIF, no position, no colour profile, no comment, no second image and nothing behind its end.
"""

from __future__ import annotations

import io
import re
import threading
import zipfile
from pathlib import PurePath
from typing import TYPE_CHECKING

from PIL import Image

from stations.errors import PhotoError

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_BYTES = 8 << 20
MAX_PIXELS = 50_000_000
LONGEST_SIDE = 1600
"""Pixels of what is kept: enough to read a notice on a door."""
_QUALITY = 80
_SHORTEST_SIDE, _MOST_OBLONG = 16, 20
_DECODING = threading.Lock()
"""One at a time: the largest PNG there may be takes 400 MB for a second."""

_ENDINGS = {
    "JPEG": frozenset({".jpg", ".jpeg", ".jpe", ".jfif"}),
    "PNG": frozenset({".png"}),
    "WEBP": frozenset({".webp"}),
}
_OTHERS: tuple[tuple[str, str, str], ...] = (
    (r"GIF8", "a GIF", "GIF 图片"),
    (r"%PDF-", "a PDF", "PDF 文件"),
    (r"PK(\x03\x04|\x05\x06)", "a ZIP archive", "ZIP 压缩包"),
    (r"\s*<(.*<)?svg", "an SVG", "SVG 图片"),
    (r"\s*<[a-z!?]", "a web page", "网页"),
    (r".{4}ftyp(hei|hev|mif1|msf1)", "a HEIC", "HEIC 图片"),
    (r".{4}ftypavi", "an AVIF", "AVIF 图片"),
    (r".{4}ftyp|\x1aE\xdf\xa3|RIFF.{4}AVI |.{4}moov", "a video", "视频"),
    (r"BM", "a BMP", "BMP 图片"),
    (r"II\*\x00|MM\x00\*", "a TIFF", "TIFF 图片"),
)
"""How files of other types begin, and what they are called."""
_FOREIGN = re.compile(rb"<(?:script|html|svg|\?php|!doctype)[\t\n\r -~]{6}|%PDF-\d", re.IGNORECASE)
"""What makes a photo a page, a program or a document as well.

Compressed data is as good as random, and holds any four or five bytes by chance: ``<svg`` once in
130 photos of 4 MiB. Markup goes on in text; six readable bytes behind it make that once in 40,000,
and the others are rarer still. Whoever is caught by chance sends the photo in another size, and
what slips through is harmless all the same, since the bytes that were sent are never kept.
"""


def sanitise(
    data: bytes,
    name: str | None = None,
    *,
    max_bytes: int = MAX_BYTES,
    max_pixels: int = MAX_PIXELS,
) -> bytes:
    """Return a new JPEG of what a photo shows, upright and without anything else.

    Parameters
    ----------
    data
        A JPEG, PNG or WebP; told by its content. Of an animation, the first image.
    name
        What the sender calls it; its ending must fit the content. Nothing else is made of it.

    Raises
    ------
    PhotoError
        If it is no such photo, too large, damaged, or something else besides.
    """
    if not data:
        raise PhotoError("the photo is empty: choose it again", "照片是空的：请重新选择")
    if len(data) > max_bytes:
        most = f"{max_bytes / 2**20:.3g} MiB"
        raise PhotoError(
            f"the photo is larger than {most}: send it in a smaller size",
            f"照片超过 {most}：请发送较小的尺寸",
        )
    kind = _kind(data)
    ending = PurePath(name or "").suffix.lower()
    if ending and ending not in _ENDINGS[kind]:
        raise PhotoError(
            f"the photo is a {kind}, but its name ends in {ending[:20]!r}: is it the right file?",
            f"照片是 {kind}，文件名却以 {ending[:20]!r} 结尾：是否选错了文件？",
        )
    if _FOREIGN.search(data) or zipfile.is_zipfile(io.BytesIO(data)):
        raise PhotoError(
            "the file is a photo and something else besides (a page, a program, an archive): "
            "take the photo anew, or send a screenshot of it",
            "文件里除了照片还有别的内容（网页、程序或压缩包）：请重新拍照，或发送截图",
        )
    # A JPEG is decoded at a fraction of its size, the others whole.
    pixels = max_pixels if kind == "JPEG" else max_pixels // 2
    with _DECODING:
        return _decoded(data, kind, lambda width, height: _check_size(width, height, pixels))


def _kind(data: bytes) -> str:
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WEBP"
    start = data[:2000].decode("latin-1").removeprefix("\xef\xbb\xbf")
    for pattern, english, chinese in _OTHERS:
        if re.match(pattern, start, re.IGNORECASE | re.DOTALL):
            hint, hint_zh = "send a JPEG, PNG or WebP", "请发送 JPEG、PNG 或 WebP"
            if english == "a HEIC":
                hint = "set the camera to the most compatible format, or send a screenshot"
                hint_zh = "请在相机设置中选“兼容性最佳”，或发送截图"
            raise PhotoError(
                f"the file is {english}, not a photo that is taken here: {hint}",
                f"文件是 {chinese}，这里不收：{hint_zh}",
            )
    raise PhotoError(
        "the file is no photo: send a JPEG, PNG or WebP",
        "文件不是照片：请发送 JPEG、PNG 或 WebP",
    )


def _check_size(width: int, height: int, max_pixels: int) -> None:
    short, long = sorted((width, height))
    if width * height > max_pixels:
        raise _too_large(max_pixels)
    if short < _SHORTEST_SIDE or long > _MOST_OBLONG * short:
        raise PhotoError(
            f"the photo is {width} x {height} pixels: nothing can be seen on it",
            f"照片是 {width} × {height} 像素：看不清内容",
        )


def _too_large(max_pixels: int = MAX_PIXELS) -> PhotoError:
    most = f"{max_pixels / 1e6:g}"
    return PhotoError(
        f"the photo has more than {most} million pixels: send it in a smaller size",
        f"照片超过 {most} 百万像素：请发送较小的尺寸",
    )


def _decoded(data: bytes, kind: str, check_size: Callable[[int, int], None]) -> bytes:
    try:
        with Image.open(io.BytesIO(data), formats=[kind]) as image:
            check_size(*image.size)
            # A JPEG is decoded at a half, a quarter or an eighth, where that is still enough.
            scale = LONGEST_SIDE / max(image.size)
            image.draft("RGB", (int(image.width * scale), int(image.height * scale)))
            image.load()
            return _encoded(image)
    except PhotoError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large() from error
    except Exception as error:
        # A damaged file makes Pillow raise nearly anything: OSError, SyntaxError, ValueError ...
        raise PhotoError(
            "the photo is damaged or was not sent whole: choose it again",
            "照片已损坏或没有传完：请重新选择",
        ) from error


def _encoded(image: Image.Image) -> bytes:
    turn = _TURNS.get(_orientation(image))
    if image.mode in {"I;16", "I;16B", "I;16L", "I"}:
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    see_through = image.has_transparency_data
    mode = "RGBA" if see_through else "RGB"
    if image.mode != mode:
        image = image.convert(mode)
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), reducing_gap=2.0)
    if turn is not None:
        image = image.transpose(turn)
    # On a fresh image, since one that was read brings its comment and more along.
    fresh = Image.new("RGB", image.size, "white")
    fresh.paste(image, mask=image.getchannel("A") if see_through else None)
    buffer = io.BytesIO()
    fresh.save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()


_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""By EXIF orientation, how an image is brought upright."""


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(0x0112, 1))
    except Exception:  # noqa: BLE001  broken EXIF is no reason to refuse a photo
        return 1
