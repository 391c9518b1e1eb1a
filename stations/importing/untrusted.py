"""A stranger's file as bytes and text: how large it may be, how it is encoded, what it unpacks to.

Nothing here interprets content; nothing here opens anything but the file named.
"""

from __future__ import annotations

import io
import lzma
import re
import zipfile
import zlib
from typing import TYPE_CHECKING, Final

from stations.importing.messages import file_error

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_BYTES: Final = 200 * (1 << 20)
MAX_UNPACKED_BYTES: Final = 1 << 30
MAX_MEMBERS: Final = 10_000
MAX_ROWS: Final = 1_000_000
MAX_CELLS: Final = 30_000_000

_READING_ERRORS: Final = (RuntimeError, NotImplementedError, EOFError, OSError, ValueError)
_CHUNK: Final = 1 << 22
_MAGIC: Final = (
    (b"PK\x03\x04", "a zip archive or an Excel workbook"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook"),
    (b"SQLite format 3\x00", "a database"),
    (b"%PDF", "a PDF"),
)
# Where a cell or a row says that it stands; also with one quotation mark.
_CELL_REF: Final = re.compile(rb"\br=[\"']([A-Za-z]{1,4})([0-9]{1,10})[\"']")
_ROW_REF: Final = re.compile(rb"\br=[\"']([0-9]{1,10})[\"']")
_ODS_TAG: Final = re.compile(rb"<table:(table-row|(?:covered-)?table-cell)\b([^>]*)>")
_ODS_REPEATED: Final = re.compile(rb"number-(?:rows|columns)-repeated=[\"']([0-9]{1,18})[\"']")


def check_size(path: Path) -> None:
    """Check that `path` is a file with something in it, within the limit."""
    if not path.is_file():
        raise file_error("no_file", file=path.name)
    check_bytes(path.stat().st_size, path.name)


def read_bytes(path: Path) -> bytes:
    """Return the content of a file, checked as by `check_size`."""
    check_size(path)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise file_error("unreadable", file=path.name, reason=error.strerror) from error
    check_bytes(len(data), path.name)
    return data


def check_bytes(size: int, name: str) -> None:
    """Check that so many bytes are something, and within the limit."""
    if size == 0:
        raise file_error("empty_file", file=name)
    if size > MAX_BYTES:
        raise file_error("too_large", file=name, size=-(-size >> 20), limit=MAX_BYTES >> 20)


def check_rows(count: int, name: str) -> None:
    """Check that a table has no more rows than an import takes."""
    if count > MAX_ROWS:
        raise file_error("too_many_rows", file=name, count=count, limit=MAX_ROWS)


def check_cells(count: int, name: str) -> None:
    """Check that the rectangle a sheet spans fits into memory."""
    if count > MAX_CELLS:
        raise file_error("too_many_cells", file=name, count=count, limit=MAX_CELLS)


def decode(data: bytes, name: str) -> str:
    """Return text that is UTF-8, UTF-16 with its mark, or GB18030, each strictly."""
    for magic, what in _MAGIC:
        if data.startswith(magic):
            raise file_error("not_text", file=name, what=what)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        if b"\x00" in data:
            raise file_error("not_text", file=name, what="binary data")
        encodings = ["utf-8-sig", "gb18030"]
    furthest = 0
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as error:
            furthest = max(furthest, error.start)
    raise file_error("encoding", file=name, at=furthest)


def open_archive(data: bytes, name: str) -> zipfile.ZipFile:
    """Return a zip archive whose members, unpacked for counting, stay within the limit."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise file_error("archive", file=name, reason=error) from error
    members = archive.infolist()
    declared = sum(member.file_size for member in members)
    if len(members) > MAX_MEMBERS or declared > MAX_UNPACKED_BYTES:
        raise file_error("unpacked_too_large", file=name, limit=MAX_UNPACKED_BYTES >> 20)
    return archive


def chunks(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> Iterator[bytes]:
    """Iterate over the content of a member; never more than it declares.

    Raises
    ------
    ImportFileError
        If the member is damaged, encrypted, or larger than declared.
    """
    try:
        with archive.open(member) as file:
            while chunk := file.read(_CHUNK):
                yield chunk
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, *_READING_ERRORS) as error:
        raise file_error("archive", file=name, reason=error) from error


def member_bytes(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> bytes:
    """Return the content of a member."""
    return b"".join(chunks(archive, member, name))


def check_workbook(data: bytes, name: str) -> None:
    """Check what a zipped workbook unpacks to, and how far its sheets reach.

    A reader of sheets lays out the whole rectangle that its cells span, so two cells in opposite
    corners are enough to ask for all the memory there is.
    """
    archive = open_archive(data, name)
    for member in archive.infolist():
        is_sheet = member.filename.casefold().endswith(".xml") and "sheet" in member.filename
        last_row, last_column, ods_cells = 0, 0, _OdsCells()
        tail = b""
        for chunk in chunks(archive, member, name):
            block = tail + chunk
            if is_sheet:
                for column, row in _CELL_REF.findall(block):
                    last_column = max(last_column, _column_number(column))
                    last_row = max(last_row, int(row))
                last_row = max([last_row, *map(int, _ROW_REF.findall(block))])
                check_cells(last_row * last_column, name)
                tail = block[-64:]
            elif member.filename == "content.xml":
                # A tag that is cut by the end of the block is read with the next one.
                whole = block.rfind(b">") + 1
                check_cells(ods_cells.count(block[:whole]), name)
                tail = block[whole:]


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


class _OdsCells:
    """How many cells an OpenDocument sheet spells out, counted tag by tag.

    Empty cells and rows at the end are repeated up to the edge of the sheet in every honest file,
    so a run only counts once a cell with a value follows it.
    """

    def __init__(self) -> None:
        self._total = self._row_factor = 0
        self._in_row = self._waiting = 0
        self._waiting_rows = 0
        self._filled = False

    def count(self, block: bytes) -> int:
        for tag, attributes in _ODS_TAG.findall(block):
            repeated = _ODS_REPEATED.search(attributes)
            times = int(repeated[1]) if repeated else 1
            if tag == b"table-row":
                self._close_row()
                self._row_factor = times
            elif b"value-type" in attributes or not attributes.rstrip().endswith(b"/"):
                self._in_row += self._waiting + times
                self._waiting, self._filled = 0, True
            else:
                self._waiting += times
        return self._total + self._in_row * max(self._row_factor, 1)

    def _close_row(self) -> None:
        if self._filled:
            self._total += self._in_row * self._row_factor + self._waiting_rows
            self._waiting_rows = 0
        else:
            self._waiting_rows += self._row_factor
        self._in_row = self._waiting = 0
        self._filled = False
