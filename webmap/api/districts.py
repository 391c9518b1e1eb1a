"""``GET /api/v1/districts``: district polygons with their figures."""

from __future__ import annotations

import shapely
from apiflask import APIBlueprint
from flask import Response

from webmap import current
from webmap.api.params import CoverageQuery
from webmap.api.responses import geojson_answer

blueprint = APIBlueprint("districts", __name__, tag="Coverage")


@blueprint.get("/districts")
@blueprint.input(CoverageQuery, location="query")
def get_districts(query_data: CoverageQuery) -> Response:
    """Districts.

    District polygons as GeoJSON (WGS84), each with its workers, covered workers and shares where
    the workspace has demand.
    """
    workspace = current.workspace()
    reach = query_data.reach(workspace)
    districts = workspace.districts
    if districts is None:
        return geojson_answer({"type": "FeatureCollection", "features": []})
    figures = {}
    if workspace.demand is not None:
        found = workspace.coverage(reach).to_dict(query_data.lang)
        figures = {row["adcode"]: row for row in found["by_district"]}
    features = [
        {
            "type": "Feature",
            "id": adcode,
            "geometry": shapely.geometry.mapping(shapely.orient_polygons(geometry)),
            "properties": {
                "adcode": adcode,
                "name": districts.name(i, query_data.lang),
                **figures.get(adcode, {}),
            },
        }
        for i, (adcode, geometry) in enumerate(
            zip(districts.adcodes, districts.geometries, strict=True)
        )
    ]
    return geojson_answer({"type": "FeatureCollection", "features": features})
