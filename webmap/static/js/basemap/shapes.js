// GeoJSON as paths that a canvas draws at any zoom: built once, scaled when drawn.

/** Paths are built in pixels of this zoom, from a corner near by, so that floats stay exact. */
export const PATH_ZOOM = 16;

/**
 * The features of a base map by kind, each with its `path`, its `box` in path pixels and its parts.
 * `origin` is the corner from which the paths count, in pixels of PATH_ZOOM.
 */
export function buildShapes(collection) {
  const crs = L.CRS.EPSG3857;
  const project = ([lon, lat]) => crs.latLngToPoint(L.latLng(lat, lon), PATH_ZOOM);
  const first = firstPosition(collection.features);
  if (!first) return { origin: L.point(0, 0), byKind: new Map() };
  const origin = project(first).floor();
  const byKind = new Map();
  for (const { geometry, properties } of collection.features) {
    if (!geometry || !properties?.kind) continue;
    const closed = geometry.type.endsWith("Polygon");
    const parts = ringsOf(geometry).map((ring) => ring.map((position) => {
      const point = project(position);
      return [point.x - origin.x, point.y - origin.y];
    }));
    if (!parts.length) continue;
    const shape = { properties, parts, closed, path: pathOf(parts, closed), box: boxOf(parts) };
    if (!byKind.has(properties.kind)) byKind.set(properties.kind, []);
    byKind.get(properties.kind).push(shape);
  }
  return { origin, byKind };
}

function firstPosition(features) {
  for (const { geometry } of features) {
    const ring = geometry && ringsOf(geometry)[0];
    if (ring?.length) return ring[0];
  }
  return null;
}

function ringsOf({ type, coordinates }) {
  if (type === "LineString") return [coordinates];
  if (type === "MultiLineString" || type === "Polygon") return coordinates;
  if (type === "MultiPolygon") return coordinates.flat();
  return [];
}

function pathOf(parts, closed) {
  const path = new Path2D();
  for (const part of parts) {
    part.forEach(([x, y], i) => (i ? path.lineTo(x, y) : path.moveTo(x, y)));
    if (closed) path.closePath();
  }
  return path;
}

function boxOf(parts) {
  const box = { x0: Infinity, y0: Infinity, x1: -Infinity, y1: -Infinity };
  for (const part of parts) {
    for (const [x, y] of part) {
      box.x0 = Math.min(box.x0, x);
      box.y0 = Math.min(box.y0, y);
      box.x1 = Math.max(box.x1, x);
      box.y1 = Math.max(box.y1, y);
    }
  }
  return box;
}

export const touches = (a, b) => a.x0 <= b.x1 && b.x0 <= a.x1 && a.y0 <= b.y1 && b.y0 <= a.y1;
