"""``GET /api/v1/changes``: what has changed since a revision, for whoever keeps a copy."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from apiflask import APIBlueprint
from flask import Response, request

from stations.changes import changes
from webmap import current
from webmap.api.params import ChangesQuery
from webmap.api.responses import GEOJSON, tagged
from webmap.features import collection

if TYPE_CHECKING:
    from stations.registry import Registry

blueprint = APIBlueprint("changes", __name__, tag="Stations")


@blueprint.get("/changes")
@blueprint.input(ChangesQuery, location="query")
def get_changes(query_data: ChangesQuery) -> Response:
    """Changes.

    The stations that were changed since a revision, whatever their status and dates, as a GeoJSON
    FeatureCollection (WGS84), and the ids of those that were `removed`; since 0, all there are.
    A copy follows the `next` links and asks with the last page's `revision` the next time; it then
    has as many `stations` as the registry, and the exclusive or of their checksums is `checksum`.
    """
    query = query_data
    limit = min(query.limit, current.settings().page_size)
    found = changes(current.workspace(), query.since, limit=limit, after=query.cursor)
    links = [{"rel": "self", "type": GEOJSON, "href": request.full_path.rstrip("?")}]
    headers = {}
    if found.following is not None:
        after = f"{found.following.revision}:{found.following.id}"
        following = {**request.args.to_dict(), "limit": limit, "after": after}
        href = f"{request.path}?{urlencode(following)}"
        links.append({"rel": "next", "type": GEOJSON, "href": href})
        headers["Link"] = f'<{href}>; rel="next"'
    there = [(one.index, one.checksum) for one in found.page if one.index is not None]
    body = collection(
        [_feature(found.registry, index, checksum) for index, checksum in there],
        since=query.since,
        revision=found.registry.revision,
        stations=len(found.registry),
        checksum=found.checksum,
        numberMatched=found.matched,
        numberReturned=len(found.page),
        links=links,
        removed=[
            {"id": one.id, "revision": one.revision} for one in found.page if one.index is None
        ],
    )
    return tagged(body, headers=headers)


def _feature(registry: Registry, index: int, checksum: int) -> bytes:
    head, tail = registry.public_parts(index)
    return b'%b%b,"checksum":%d}' % (head, tail[:-1], checksum)
