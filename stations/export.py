"""The register for other programs: GeoJSON, CSV, XLSX and every vector format of GDAL.

Private fields never leave. Cells that a spreadsheet would take for a formula are written as text.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import shapely
import xlsxwriter

from stations.errors import StationsError
from stations.files import write_durably
from stations.model import CONTENT_FIELDS, Station
from stations.store import Snapshot
from stations.store.geojson import serialise
from stations.vocabulary import LISTS, PRIVATE_FIELDS, label

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from stations.model import AccessBand
    from stations.registry import Registry

DRIVERS = {".gpkg": "GPKG", ".kml": "KML", ".fgb": "FlatGeobuf"}
COLUMNS = ("id", "lon", "lat", *(f for f in CONTENT_FIELDS if f not in PRIVATE_FIELDS))
# The full-width signs begin a formula in a Chinese or Japanese Excel.
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
# A layer's text would end at a NUL, and KML and CSV with controls are read by few programs.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def export(registry: Registry, path: Path, *, lang: str = "zh") -> int:
    """Write every record to `path`, in the format of its ending; return how many.

    ``.geojson`` and ``.json`` keep every field and can be imported again without loss; ``.csv``
    and ``.xlsx`` have a column a field under its label; ``.gpkg``, ``.kml`` and ``.fgb`` have the
    same columns as a point layer.

    Raises
    ------
    StationsError
        If the ending is unknown or the file cannot be written.
    """
    stations = [station.public() for station in registry.stations]
    ending = path.suffix.lower()
    try:
        if ending in {".geojson", ".json"}:
            snapshot = Snapshot(
                registry.revision, registry.updated_at, stations, registry.retired_ids
            )
            write_durably(path, serialise(snapshot))
        elif ending == ".csv":
            write_durably(path, _csv(stations, lang))
        elif ending == ".xlsx":
            write_durably(path, _xlsx(stations, lang))
        elif ending in DRIVERS:
            write_durably(path, _layer(stations, lang, DRIVERS[ending]))
        else:
            known = ", ".join([".geojson", ".csv", ".xlsx", *DRIVERS])
            message = f"no export to {ending or path.name!r}: use {known}"
            raise StationsError(message)
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror or error}"
        raise StationsError(message) from error
    return len(stations)


def header(lang: str = "zh") -> list[str]:
    """Return the labels of `COLUMNS`."""
    return [label("field", column, lang) for column in COLUMNS]


def row(station: Station, lang: str = "zh") -> list[object]:
    """Return one record as cells in the order of `COLUMNS`; None where not known."""
    lon, lat = station.position or (None, None)
    cells: dict[str, object] = {"id": station.id, "lon": lon, "lat": lat}
    for column in COLUMNS[len(cells) :]:
        cell = _cell(column, getattr(station.properties, column), lang)
        cells[column] = _CONTROLS.sub("", cell) if isinstance(cell, str) else cell
    return [cells[column] for column in COLUMNS]


def _cell(field: str, value: object, lang: str) -> object:
    if value is None or value in ((), {}):
        return None
    if field in _COMPOUND:
        return _COMPOUND[field](value, lang)
    if isinstance(value, tuple):
        return _join(lang).join(label(field, v, lang) if field in LISTS else v for v in value)
    if isinstance(value, bool):
        return {("zh", True): "是", ("zh", False): "否"}.get((lang, value), str(value).lower())
    if isinstance(value, dt.date):
        return value.isoformat()
    return label(field, str(value), lang) if field in LISTS else value


def _join(lang: str) -> str:
    return ", " if lang == "en" else "、"


def _facilities(facilities: dict[str, bool], lang: str) -> str:
    no = "no " if lang == "en" else "无"
    return _join(lang).join(
        ("" if has else no) + label("facilities", code, lang) for code, has in facilities.items()
    )


def _verified(days: dict[str, dt.date], lang: str) -> str:
    return _join(lang).join(f"{label('facilities', c, lang)} {day}" for c, day in days.items())


def _access(bands: tuple[AccessBand, ...], lang: str) -> str:
    return "；".join(
        label("access", band.mode, lang) + (f" {band.hours}" if band.hours else "")
        for band in bands
    )


_COMPOUND: dict[str, Callable[[Any, str], str]] = {
    "facilities": _facilities,
    "facilities_verified": _verified,
    "access": _access,
    "source_position": lambda position, _: f"{position[0]},{position[1]}",
}
"""How the values that are no single word are written into a cell."""


def _csv(stations: Sequence[Station], lang: str) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header(lang))
    for station in stations:
        writer.writerow([_inert(cell) for cell in row(station, lang)])
    # With a byte order mark, or Excel takes the Chinese for something else.
    return text.getvalue().encode("utf-8-sig")


def _inert(cell: object) -> object:
    return "'" + cell if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS) else cell


def _xlsx(stations: Sequence[Station], lang: str) -> bytes:
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        sheet = book.add_worksheet("stations" if lang == "en" else "驿站")
        bold = book.add_format({"bold": True})
        sheet.write_row(0, 0, header(lang), bold)
        for number, station in enumerate(stations, 1):
            sheet.write_row(number, 0, row(station, lang))
        sheet.freeze_panes(1, 2)
        sheet.autofilter(0, 0, max(len(stations), 1), len(COLUMNS) - 1)
        sheet.set_column(1, 1, 28)
    return buffer.getvalue()


def _layer(stations: Sequence[Station], lang: str, driver: str) -> bytes:
    geometry = [shapely.Point(s.position) if s.position else None for s in stations]
    columns = list(zip(*(row(s, lang) for s in stations), strict=True)) or [()] * len(COLUMNS)
    # Field names stay ASCII: not every program behind these formats reads others. `id` would
    # collide with the feature id of some drivers.
    names = ["station_id", *COLUMNS[1:]]
    frame = gpd.GeoDataFrame(dict(zip(names, columns, strict=True)), geometry=geometry, crs=4326)
    # FlatGeobuf cannot index a feature that is nowhere.
    unindexed = driver == "FlatGeobuf" and None in geometry
    options = {"SPATIAL_INDEX": "NO"} if unindexed else {}
    buffer = io.BytesIO()
    frame.to_file(buffer, driver=driver, engine="pyogrio", **options)
    return buffer.getvalue()
