"""GeoPackage, FlatGeobuf and shapefile through GDAL, by their own drivers, nothing followed."""

from __future__ import annotations

import contextlib
import math
import shutil
import struct
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyogrio
import pyproj
import shapely
from shapely.errors import ShapelyError

from geodata import datum as datums
from geodata.errors import DatumError
from stations.errors import ImportFileError
from stations.importing import untrusted
from stations.importing.messages import file_error, listed, shown
from stations.importing.table import Row, Table, unique_names

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Iterator
    from collections.abc import Mapping as AnyMapping

    import numpy as np
    from numpy.typing import NDArray

    from stations.importing.mapping import Mapping
    from stations.importing.table import Place

    Array = NDArray[np.object_]

_GEOPACKAGE_MARKS: Final = (b"GPKG", b"GP10", b"GP11")
_FLATGEOBUF_MAGIC: Final = b"fgb\x03fgb"
_SHP_MAGIC: Final = struct.pack(">i", 9994)
_PARTS: Final = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_NEEDED: Final = (".shx", ".dbf")
_GBK_MARK: Final = 0x4D
_PROBE: Final = 1 << 20


def read_geopackage(path: Path, mapping: Mapping) -> Table:
    """Read a layer of a GeoPackage: the one named, or the only one with geometry."""
    untrusted.check_size(path)
    with path.open("rb") as file:
        head = file.read(100)
    # GDAL goes by content, not by name: what has not this mark, other drivers would try to open.
    if not head.startswith(b"SQLite format 3\x00") or head[68:72] not in _GEOPACKAGE_MARKS:
        raise file_error("not_what_it_says", file=path.name, what="a GeoPackage")
    with _reported(path.name):
        layers = {str(name): kind for name, kind in pyogrio.list_layers(path)}
        spatial = [name for name, kind in layers.items() if kind is not None] or list(layers)
        layer = _chosen(spatial, list(layers), mapping, path.name)
        meta, geometries, columns = _read(path, path.name, layer=layer)
        return _table(meta, geometries, columns, [str(f) for f in meta["fields"]], path.name)


def read_flatgeobuf(path: Path) -> Table:
    """Read a FlatGeobuf file, which has one layer."""
    untrusted.check_size(path)
    with path.open("rb") as file:
        if not file.read(8).startswith(_FLATGEOBUF_MAGIC):
            raise file_error("not_what_it_says", file=path.name, what="FlatGeobuf")
    with _reported(path.name):
        meta, geometries, columns = _read(path, path.name)
        return _table(meta, geometries, columns, [str(f) for f in meta["fields"]], path.name)


@contextlib.contextmanager
def _reported(name: str) -> Iterator[None]:
    """Turn whatever GDAL and its wrappers make of a damaged file into one message."""
    try:
        yield
    except ImportFileError:
        raise
    except (RuntimeError, ValueError, LookupError, struct.error, ShapelyError) as error:
        raise file_error("layer", file=name, reason=_first_line(error)) from error


def _chosen(likely: list[str], layers: list[str], mapping: Mapping, name: str) -> str:
    if mapping.layer is not None:
        if mapping.layer not in layers:
            raise file_error("no_layer", file=name, word=shown(mapping.layer), known=listed(layers))
        return mapping.layer
    if not likely:
        raise file_error("no_data", file=name)
    if len(likely) > 1:
        raise file_error("several_layers", file=name, known=listed(likely))
    return likely[0]


def read_shapefile(path: Path, mapping: Mapping) -> Table:
    """Read a shapefile from its parts in a folder, or zipped together."""
    with tempfile.TemporaryDirectory(prefix="yizhan-import-") as folder:
        target = Path(folder) / "layer.shp"
        if path.suffix.casefold() == ".zip":
            _unpack(path, target, mapping)
        else:
            _copy(path, target)
        return _read_parts(target, path.name)


def _copy(path: Path, target: Path) -> None:
    untrusted.check_size(path)
    parts = {
        other.suffix.casefold(): other
        for other in path.parent.iterdir()
        if other.stem == path.stem and other.suffix.casefold() in _PARTS and other.is_file()
    }
    parts[".shp"] = path
    total = sum(part.stat().st_size for part in parts.values())
    if total > untrusted.MAX_BYTES:
        limit = untrusted.MAX_BYTES >> 20
        raise file_error("too_large", file=path.name, size=total >> 20, limit=limit)
    for suffix, part in parts.items():
        shutil.copyfile(part, target.with_suffix(suffix))


def _unpack(path: Path, target: Path, mapping: Mapping) -> None:
    archive = untrusted.open_archive(untrusted.read_bytes(path), path.name)
    members = {_real_name(member): member for member in archive.infolist()}
    stems = {name[:-4]: Path(name[:-4]).name for name in members if _suffix(name) == ".shp"}
    stems = {stem: title for stem, title in stems.items() if not title.startswith("._")}
    if not stems:
        raise file_error("no_shapefile", file=path.name)
    titles = list(stems.values())
    title = _chosen(titles, titles, mapping, path.name)
    stem = next(stem for stem in stems if stems[stem] == title)
    for name, member in members.items():
        if name[:-4] == stem and _suffix(name) in _PARTS:
            part = target.with_suffix(_suffix(name))
            with part.open("wb") as file:
                for chunk in untrusted.chunks(archive, member, path.name):
                    file.write(chunk)


def _suffix(name: str) -> str:
    return name[-4:].casefold()


def _real_name(member: zipfile.ZipInfo) -> str:
    """Return a member's name; without the UTF-8 flag Chinese programs mean GBK."""
    if member.flag_bits & 0x800:
        return member.filename
    try:
        return member.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return member.filename


def _read_parts(target: Path, name: str) -> Table:
    for suffix in _NEEDED:
        if not target.with_suffix(suffix).exists():
            raise file_error("sidecar", file=name, suffix=suffix)
    with target.open("rb") as file:
        if file.read(4) != _SHP_MAGIC:
            raise file_error("not_what_it_says", file=name, what="a shapefile")
    attributes = target.with_suffix(".dbf")
    with _reported(name):
        encoding = _encoding(attributes, target.with_suffix(".cpg"))
        headers = _rename_fields(attributes, encoding)
        # Latin-1 hands every byte through, so a text cut inside a character does no harm here.
        meta, geometries, columns = _read(target, name, encoding="ISO-8859-1")
        decoded = [
            [
                cell.encode("latin-1").decode(encoding, "ignore") if isinstance(cell, str) else cell
                for cell in column.tolist()
            ]
            for column in columns
        ]
        return _table(meta, geometries, decoded, headers, name, cut_headers=True)


def _encoding(attributes: Path, code_page: Path) -> str:
    """Return the encoding of a .dbf: as its .cpg or mark says, else the one that fits better."""
    said = ""
    if code_page.exists():
        said = code_page.read_bytes()[:40].decode("ascii", "ignore").strip()
    said = {"936": "gb18030", "65001": "utf-8", "gbk": "gb18030", "gb2312": "gb18030"}.get(
        said.casefold(), said
    )
    with attributes.open("rb") as file:
        sample = file.read(_PROBE)
    try:
        "".encode(said)
    except LookupError:
        said = ""
    if said and not said.casefold().startswith(("iso", "latin", "ansi")):
        return said
    if sample[29:30] == bytes([_GBK_MARK]):
        return "gb18030"
    return min(
        ("utf-8", "gb18030"), key=lambda name: sample[32:].decode(name, "replace").count("\ufffd")
    )


def _rename_fields(attributes: Path, encoding: str) -> list[str]:
    """Give the fields of our copy ASCII names and return the real ones.

    A name has ten bytes; one cut inside a Chinese character is no text that GDAL can hand over.
    """
    names = []
    with attributes.open("rb+") as file:
        head = file.read(32)
        (length,) = struct.unpack("<H", head[8:10])
        for number in range((length - 33) // 32):
            at = 32 + 32 * number
            file.seek(at)
            field = file.read(32)
            if len(field) < 32 or field[:1] == b"\r":
                break
            names.append(field[:11].split(b"\x00")[0].decode(encoding, "ignore").strip())
            file.seek(at)
            file.write(f"f{number}".encode().ljust(11, b"\x00"))
    return names


def _read(path: Path, name: str, **options: object) -> tuple[dict[str, Any], Any, list[Any]]:
    info = pyogrio.read_info(path, force_feature_count=True, **options)
    untrusted.check_rows(info["features"], name)
    untrusted.check_cells(info["features"] * max(len(info["fields"]), 1), name)
    meta, _, geometries, columns = pyogrio.raw.read(
        path, force_2d=True, datetime_as_string=True, **options
    )
    return meta, geometries, columns


def _table(
    meta: AnyMapping[str, Any],
    geometries: Array | None,
    columns: list[Any],
    headers: list[str],
    name: str,
    *,
    cut_headers: bool = False,
) -> Table:
    if len(headers) != len(columns):
        raise file_error("layer", file=name, reason="its list of fields is damaged")
    count = len(columns[0]) if columns else 0 if geometries is None else len(geometries)
    places = [None] * count if geometries is None else _places(shapely.from_wkb(geometries))
    cells = [column.tolist() if hasattr(column, "tolist") else column for column in columns]
    rows = [
        Row(number, values, place)
        for number, (place, *values) in enumerate(zip(places, *cells, strict=True), 1)
    ]
    return Table(
        unique_names(headers),
        rows,
        has_places=geometries is not None and meta.get("geometry_type") is not None,
        datum=datum_of_crs(meta.get("crs"), name),
        cut_headers=cut_headers,
    )


def _places(geometries: Array) -> list[Place]:
    return [_place(geometry) for geometry in geometries]


def _place(geometry: shapely.Geometry | None) -> Place:
    if geometry is None or geometry.is_empty:
        return None
    if geometry.geom_type == "MultiPoint" and len(geometry.geoms) == 1:
        return _place(geometry.geoms[0])
    if geometry.geom_type != "Point":
        return str(geometry.geom_type)
    return None if math.isnan(geometry.x) else (geometry.x, geometry.y)


def datum_of_crs(crs: str | None, name: str) -> str | None:
    """Return the canonical datum of a layer's CRS; None where it has none.

    Raises
    ------
    ImportFileError
        If it is a CRS without an EPSG code.
    """
    if not crs:
        return None
    try:
        code = pyproj.CRS.from_user_input(crs).to_epsg(min_confidence=60)
        return datums.normalise(crs if code is None else f"EPSG:{code}")
    except (DatumError, pyproj.exceptions.CRSError) as error:
        raise file_error("layer", file=name, reason=_first_line(error)) from error


def _first_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:300].replace("layer.shp", "the shapefile")
