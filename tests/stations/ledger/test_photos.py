"""Photos from hostile hands: what is kept shows the same, and nothing else is in it."""

from __future__ import annotations

import io
import struct
import threading
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from stations.errors import PhotoError
from stations.ledger import photos
from stations.ledger.photos import LONGEST_SIDE, sanitise

if TYPE_CHECKING:
    from collections.abc import Callable

RED, BLUE = (200, 30, 40), (30, 40, 200)
GPS = b"SECRET-PLACE"


def picture(width: int = 120, height: int = 80) -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    return image


def encoded(image: Image.Image | None = None, kind: str = "JPEG", **options: Any) -> bytes:
    """An image as a file."""
    buffer = io.BytesIO()
    (image or picture()).save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, *chunks: bytes) -> bytes:
    """A grey PNG of that size, whose pixels are a few bytes of nothing."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(bytes(100)))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + body + chunk(b"IEND", b"")


def jpeg_with(marker: int, data: bytes) -> bytes:
    """A JPEG with a segment behind its start."""
    whole = encoded()
    return whole[:2] + struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data + whole[2:]


def opened(data: bytes) -> Image.Image:
    """What was kept, decoded."""
    image = Image.open(io.BytesIO(data), formats=["JPEG"])
    image.load()
    return image


def colour(image: Image.Image, x: float, y: float) -> str:
    """Which of the two colours is there, at a share of the sides."""
    red, _, blue = image.getpixel((int(x * image.width), int(y * image.height)))  # type: ignore[misc]
    return "red" if red > blue else "blue"


def refused(data: bytes, words: str, name: str | None = None, **options: Any) -> None:
    """A photo that is not taken, in words of both languages."""
    with pytest.raises(PhotoError, match=words) as caught:
        sanitise(data, name, **options)
    assert caught.value.chinese
    assert caught.value.chinese != str(caught.value)


# ---------------------------------------------------------------------------------- what is taken


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("JPEG", ("a.jpg", "A.JPEG", "照片.jpe", None, "image:1234", "")),
        ("PNG", ("a.png", "A.PNG", "没有后缀")),
        ("WEBP", ("a.webp", "../../etc/passwd")),
    ],
)
def test_photos_become_plain_jpegs(kind: str, names: tuple[str | None, ...]) -> None:
    """JPEG, PNG and WebP, told by their content; a name without an ending says nothing."""
    for name in names:
        kept = opened(sanitise(encoded(kind=kind), name))
        assert (kept.format, kept.mode, kept.size) == ("JPEG", "RGB", (120, 80))
        assert [colour(kept, x, 0.5) for x in (0.2, 0.8)] == ["red", "blue"]


def test_big_photos_become_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The longest side is 1,600 pixels; a JPEG is not even decoded at its full size."""
    loaded = []
    whole = photos._encoded

    def look(image: Image.Image) -> bytes:
        loaded.append(image.size)
        return whole(image)

    monkeypatch.setattr(photos, "_encoded", look)
    data = encoded(picture(8000, 4000))
    assert opened(sanitise(data)).size == (LONGEST_SIDE, LONGEST_SIDE // 2)
    assert loaded == [(2000, 1000)]
    assert opened(sanitise(encoded(picture(1700, 100), "PNG"))).size == (1600, 94)


def test_nothing_of_the_camera_is_kept() -> None:
    """No EXIF, no position, no profile, no comment, no XMP: not one byte of them."""
    exif = Image.Exif()
    exif[0x010F] = "SECRET-CAMERA"
    exif[0x8825] = {0: b"\x02\x03\x00\x00", 1: "N", 2: (34.0, 48.0, 0.0), 29: GPS.decode()}
    sent = encoded(
        exif=exif, icc_profile=b"SECRET-PROFILE" * 20, comment=b"SECRET-WORDS", dpi=(300, 300)
    )
    assert GPS in sent
    for data in (
        sent,
        jpeg_with(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>SECRET</x:xmpmeta>"),
        encoded(kind="WEBP", exif=exif, xmp=b"SECRET"),
        encoded(kind="PNG", exif=exif, icc_profile=b"SECRET-PROFILE"),
        encoded() + b"SECRET behind the end",
    ):
        kept = sanitise(data)
        assert b"SECRET" not in kept
        assert b"Exif" not in kept
        markers = {kept[i + 1] for i in range(len(kept) - 1) if kept[i] == 0xFF}
        assert not markers & {0xE1, 0xE2, 0xED, 0xFE}
        assert opened(kept).info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


@pytest.mark.parametrize(
    ("orientation", "left_top"),
    [*((turn, "red") for turn in (1, 4, 5, 6)), *((turn, "blue") for turn in (2, 3, 7, 8))],
)
def test_photos_stand_upright(orientation: int, left_top: str) -> None:
    """As the camera was held; who was standing stays standing once EXIF has gone."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    kept = opened(sanitise(encoded(exif=exif)))
    assert kept.size == ((120, 80) if orientation < 5 else (80, 120))
    assert colour(kept, 0.1, 0.1) == left_top


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_broken_exif_is_no_reason_to_refuse() -> None:
    """The photo stays as it lies."""
    assert opened(sanitise(jpeg_with(0xE1, b"Exif\0\0II*\0\xff\xff\xff\xff"))).size == (120, 80)


def test_what_is_seen_through_becomes_white() -> None:
    """A screenshot with a transparent corner, with an alpha channel or a palette."""
    image = picture().convert("RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 60, 80))
    palette = image.quantize()
    for data in (
        encoded(image, "PNG"),
        encoded(image, "WEBP", lossless=True),
        encoded(palette, "PNG"),
    ):
        kept = opened(sanitise(data))
        assert min(kept.getpixel((10, 10))) > 245  # type: ignore[type-var, arg-type]
        assert colour(kept, 0.8, 0.5) == "blue"


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_pixels_of_every_kind(mode: str) -> None:
    """Bits, greys, palettes and sixteen bits show what they showed."""
    if mode == "I;16":
        image = Image.fromarray(np.full((80, 120), 40_000, np.uint16))
    else:
        image = Image.new("RGB", (120, 80), (156, 156, 156)).convert(mode)
    kept = np.asarray(opened(sanitise(encoded(image, "PNG"))))
    assert kept.mean(axis=(0, 1)) == pytest.approx([156] * 3, abs=6)


def test_print_colours_are_taken() -> None:
    """A JPEG in CMYK."""
    assert colour(opened(sanitise(encoded(picture().convert("CMYK")))), 0.2, 0.5) == "red"


def test_of_an_animation_the_first_image_is_kept() -> None:
    """Of WebP and of PNG."""
    frames = [Image.new("RGB", (64, 64), BLUE) for _ in range(3)]
    for kind in ("WEBP", "PNG"):
        data = encoded(Image.new("RGB", (64, 64), RED), kind, save_all=True, append_images=frames)
        assert colour(opened(sanitise(data)), 0.5, 0.5) == "red"


# -------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"GIF89a" + bytes(50), "a GIF"),
        (b"%PDF-1.7\n", "a PDF"),
        (b"PK\x03\x04" + bytes(50), "a ZIP"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><!-- x --><svg onload='alert(1)'/>", "an SVG"),
        (b"<!-- -->" * 300, "a web page"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"\0\0\0\x18ftypheic\0\0", "a HEIC.* most compatible"),
        (b"\0\0\0\x18ftypmif1\0\0", "a HEIC"),
        (b"\0\0\0\x18ftypavif\0\0", "an AVIF"),
        (b"\0\0\0\x18ftypisom\0\0", "a video"),
        (b"\x1aE\xdf\xa3matroska", "a video"),
        (b"RIFF\0\0\0\0AVI LIST", "a video"),
        (b"BM" + bytes(50), "a BMP"),
        (b"II*\0" + bytes(50), "a TIFF"),
        (b"#!/bin/sh", "no photo"),
        (b"\xff\xd8", "no photo"),
        (bytes(1000), "no photo"),
    ],
)
def test_other_files_are_called_what_they_are(data: bytes, words: str) -> None:
    """So that whoever has one knows what to do."""
    refused(data, words, "photo.jpg")


def test_the_bound_of_bytes_is_said() -> None:
    """Before anything else is done with them."""
    data = encoded()
    refused(data, r"larger than 0\.000954 MiB", max_bytes=1000)
    assert sanitise(data, max_bytes=len(data))


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("JPEG", "a.png"),
        ("PNG", "a.jpg"),
        ("WEBP", "a.jpg"),
        ("JPEG", "a.svg"),
        ("JPEG", "a.jpg.html"),
        ("JPEG", "a.php"),
        ("PNG", "a.png.exe"),
    ],
)
def test_a_name_that_says_something_else_is_refused(kind: str, name: str) -> None:
    """One of the two is a lie."""
    refused(encoded(kind=kind), "its name ends in", name)


def zipped() -> bytes:
    """An archive that another file stands before."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("x.class", b"x" * 100)
    return encoded() + buffer.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        zipped(),
        jpeg_with(0xFE, b"<script>alert(1)</script>"),
        jpeg_with(0xFE, b"<ScRiPt src=//evil.example>"),
        jpeg_with(0xFE, b"<html><body onload=alert(1)>"),
        jpeg_with(0xFE, b"<!DOCTYPE html>"),
        encoded() + b"<?php system($_GET['c']); ?>",
        encoded() + b"<svg onload=alert(1)>",
        encoded() + b"<svg></svg>",
        encoded() + b"%PDF-1.7 1 0 obj",
        png(64, 64, chunk(b"tEXt", b"Comment\0<script>alert(1)</script>")),
    ],
)
def test_what_is_something_else_besides_is_refused(data: bytes) -> None:
    """A page in a comment, a program behind the end, an archive, a document."""
    refused(data, "something else besides")


def test_noise_is_no_page() -> None:
    """Compressed data holds any four bytes by chance, but no text behind them."""
    noise = np.random.default_rng(1).integers(0, 256, 4_000_000, np.uint8).tobytes()
    assert b"<s" in noise
    assert photos._FOREIGN.search(noise) is None
    assert photos._FOREIGN.search(noise + b"<svg\x00\xff\x01") is None
    assert photos._FOREIGN.search(noise + b"<svg/onload=alert(1)>")


@pytest.mark.parametrize(
    ("width", "height", "words"),
    [
        (20_000, 10_000, "more than 50 million pixels"),  # Pillow's error
        (10_000, 10_000, "more than 50 million pixels"),  # Pillow's warning
        (8_000, 8_000, "more than 25 million pixels"),  # ours alone: a PNG is decoded whole
        (60_000, 1, "60000 x 1 pixels"),
        (15, 15, "15 x 15 pixels"),
        (20, 401, "20 x 401 pixels"),
        (2**31 - 1, 2**31 - 1, "pixels"),
        (0, 0, "damaged"),
    ],
)
def test_the_size_is_read_before_anything_is_decoded(width: int, height: int, words: str) -> None:
    """Two hundred million pixels in a hundred bytes do not cost their memory."""
    data = png(width, height)
    assert len(data) < 200
    refused(data, words)


def test_the_bound_of_pixels_can_be_set() -> None:
    """Said with its own number."""
    refused(encoded(), "more than 0.005 million", max_pixels=5000)


def test_bombs_in_what_is_not_the_image() -> None:
    """Text, profiles and animations that unpack to more than they may."""
    bomb = zlib.compress(bytes(30_000_000), 9)
    for name, data in (
        (b"zTXt", b"Comment\0\0" + bomb),
        (b"iTXt", b"Comment\0\1\0\0\0" + bomb),
        (b"iCCP", b"profile\0\0" + bomb),
    ):
        try:
            kept = sanitise(png(64, 64, chunk(name, data)))
        except PhotoError as error:
            assert "damaged" in str(error)  # noqa: PT017  either is right, and nothing else
        else:
            assert len(kept) < 5000


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_what_is_not_whole_is_refused(kind: str) -> None:
    """A connection that broke off; what is missing is not made up."""
    noise = np.random.default_rng(2).integers(0, 256, (200, 200, 3), np.uint8)
    data = encoded(Image.fromarray(noise), kind)
    for share in (0.02, 0.3, 0.6, 0.95):
        refused(data[: int(len(data) * share)], "damaged|no photo")


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damage_is_told_and_never_a_crash(data: st.DataObject) -> None:
    """Bytes that are turned at random: a clean JPEG, or a refusal in words."""
    kind = data.draw(st.sampled_from(["JPEG", "PNG", "WEBP"]))
    broken = bytearray(encoded(kind=kind))
    for _ in range(data.draw(st.integers(1, 8))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    try:
        kept = sanitise(bytes(broken))
    except PhotoError as error:
        assert error.chinese  # noqa: PT017  as above
    else:
        assert opened(kept).format == "JPEG"


def test_photos_are_decoded_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or as many big ones as there are threads would take all the memory at once."""
    at_once, most = [0], [0]
    whole = photos._encoded

    def look(image: Image.Image) -> bytes:
        at_once[0] += 1
        most[0] = max(most[0], at_once[0])
        try:
            return whole(image)
        finally:
            at_once[0] -= 1

    monkeypatch.setattr(photos, "_encoded", look)
    data = encoded(picture(1600, 1200))
    threads = [threading.Thread(target=sanitise, args=(data,)) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert most == [1]


def test_pillow_s_other_formats_are_never_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the reader of the type that the first bytes tell."""
    asked: list[Any] = []
    real: Callable[..., Any] = Image.open

    def look(*args: Any, **options: Any) -> Any:
        asked.append(options.get("formats"))
        return real(*args, **options)

    monkeypatch.setattr(photos.Image, "open", look)
    sanitise(encoded(kind="PNG"))
    assert asked == [["PNG"]]
    assert not PngImagePlugin.ImageFile.LOAD_TRUNCATED_IMAGES
