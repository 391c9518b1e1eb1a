"""Any file a clerk may have, as a `Table`; the ending of its name decides how it is read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from stations.errors import ImportFileError
from stations.importing.geojson import read_geojson
from stations.importing.kml import read_kml
from stations.importing.layers import read_flatgeobuf, read_geopackage, read_shapefile
from stations.importing.mapping import Mapping
from stations.importing.messages import file_error
from stations.importing.sheets import read_csv, read_workbook

if TYPE_CHECKING:
    from collections.abc import Callable

    from stations.importing.table import Table

_READERS: Final[dict[str, Callable[[Path, Mapping], Table]]] = {
    ".csv": read_csv,
    ".tsv": read_csv,
    ".txt": read_csv,
    ".xlsx": read_workbook,
    ".xlsm": read_workbook,
    ".xls": read_workbook,
    ".ods": read_workbook,
    ".geojson": lambda path, _: read_geojson(path),
    ".json": lambda path, _: read_geojson(path),
    ".gpkg": read_geopackage,
    ".fgb": lambda path, _: read_flatgeobuf(path),
    ".shp": read_shapefile,
    ".zip": read_shapefile,
    ".kml": lambda path, _: read_kml(path),
    ".kmz": lambda path, _: read_kml(path),
}
SUFFIXES: Final = tuple(_READERS)
"""The endings of the files that are read."""


def read_table(path: Path | str, mapping: Mapping) -> Table:
    """Read a file by the one reader that its ending allows.

    Raises
    ------
    ImportFileError
        If it is missing, of another kind, too large, or cannot be read as a whole.
    """
    path = Path(path)
    reader = _READERS.get(path.suffix.casefold())
    if reader is None:
        suffix, known = path.suffix or "nothing", ", ".join(SUFFIXES)
        raise file_error("format", file=path.name, suffix=suffix, known=known)
    if not path.is_file():
        raise file_error("no_file", file=path.name)
    return reader(path, mapping)


def read_any_table(path: Path) -> Table:
    """Read a table that need not have the headers of a register: then its first row is the header.

    Raises
    ------
    ImportFileError
        As `read_table`.
    """
    try:
        return read_table(path, Mapping())
    except ImportFileError:
        return read_table(path, Mapping(header_row=1))
