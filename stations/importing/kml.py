"""KML as a table: placemarks with their extended data, read as XML and nothing followed.

GDAL's KML reader turns every Chinese name of a column into underscores, so KML is read here.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Final
from xml.parsers import expat

from stations.errors import ImportFileError
from stations.importing import untrusted
from stations.importing.messages import file_error, warning
from stations.importing.table import Row, Table
from stations.importing.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stations.importing.table import Place

_GEOMETRIES: Final = {
    "Point",
    "LineString",
    "LinearRing",
    "Polygon",
    "MultiGeometry",
    "Model",
    "Track",
    "MultiTrack",
}
# Elements of a placemark itself, under the words the vocabulary knows.
_OWN: Final = {
    "name": "name",
    "address": "address",
    "phoneNumber": "phone",
    "description": "description",
}
_MAX_DEPTH: Final = 200


def read_kml(path: Path) -> Table:
    """Read a ``.kml``, or the first ``.kml`` inside a ``.kmz``."""
    data = untrusted.read_bytes(path)
    if path.suffix.casefold() == ".kmz" or data.startswith(b"PK\x03\x04"):
        archive = untrusted.open_archive(data, path.name)
        members = [m for m in archive.infolist() if m.filename.casefold().endswith(".kml")]
        if not members:
            raise file_error("not_what_it_says", file=path.name, what="KMZ")
        untrusted.check_bytes(members[0].file_size, path.name)
        data = untrusted.member_bytes(archive, members[0], path.name)
    root = _parse(data, path.name)
    if _tag(root) not in {"kml", "Document", "Folder", "Placemark"}:
        raise file_error("not_what_it_says", file=path.name, what="KML")
    columns: dict[str, None] = {}
    found: list[tuple[dict[str, str], Place]] = []
    for placemark in root.iter():
        if _tag(placemark) == "Placemark":
            cells = dict(_cells(placemark))
            columns.update(dict.fromkeys(cells))
            found.append((cells, _place(placemark)))
    untrusted.check_rows(len(found), path.name)
    rows = [
        Row(number, [cells.get(column) for column in columns], place)
        for number, (cells, place) in enumerate(found, 1)
    ]
    links = sum(_tag(element) == "NetworkLink" for element in root.iter())
    problems = [warning("network_link", None, count=links)] if links else []
    return Table(tuple(columns), rows, has_places=True, datum="wgs84", problems=problems)


class _Builder(ET.TreeBuilder):
    """A tree that refuses a DOCTYPE, where entities are declared, and bottomless nesting."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._depth = 0

    def doctype(self, *_: str | None) -> None:
        """Refuse the file."""
        raise file_error("doctype", file=self._name)

    def start(self, tag: str, attrs: dict[str, str], /) -> ET.Element:
        """Open an element, unless it lies too deep."""
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise file_error("xml", file=self._name, reason="elements are nested too deeply")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> ET.Element:
        """Close an element."""
        self._depth -= 1
        return super().end(tag)


def _parse(data: bytes, name: str) -> ET.Element:
    parser = ET.XMLParser(target=_Builder(name))  # noqa: S314  refuses a DOCTYPE
    try:
        parser.feed(data)
        root: ET.Element = parser.close()
    except ImportFileError:
        raise
    except (ET.ParseError, expat.ExpatError, ValueError, LookupError) as error:
        raise file_error("xml", file=name, reason=error) from error
    return root


def _tag(element: ET.Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _cells(placemark: ET.Element) -> Iterator[tuple[str, str]]:
    for child in placemark:
        tag = _tag(child)
        if tag in _OWN:
            yield _OWN[tag], child.text or ""
        elif tag == "ExtendedData":
            for element in child.iter():
                name = clean(element.get("name") or "")
                if _tag(element) == "Data" and name:
                    values = [part.text or "" for part in element if _tag(part) == "value"]
                    yield name, values[0] if values else ""
                elif _tag(element) == "SimpleData" and name:
                    yield name, element.text or ""


def _place(placemark: ET.Element) -> Place:
    shapes = [child for child in placemark if _tag(child) in _GEOMETRIES]
    while len(shapes) == 1 and _tag(shapes[0]) == "MultiGeometry":
        shapes = [child for child in shapes[0] if _tag(child) in _GEOMETRIES]
    if not shapes:
        return None
    if len(shapes) > 1:
        return "MultiGeometry"
    if _tag(shapes[0]) != "Point":
        return _tag(shapes[0])
    text = next((child.text or "" for child in shapes[0] if _tag(child) == "coordinates"), "")
    try:
        lon, lat = (float(part) for part in text.split(",")[:2])
    except ValueError:
        return f"Point ({clean(text)[:40]})"
    return lon, lat
