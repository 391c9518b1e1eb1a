// A base map from one GeoJSON file of the workspace, drawn on canvas tiles: it needs no network.
import { get } from "../api.js";
import { labels } from "./labels.js";
import { PATH_ZOOM, buildShapes, touches } from "./shapes.js";
import { FILLS, RAIL, STREETS, STREET_OF, widthAt } from "./style.js";

const CASING_PX = 1;

const GeoJsonGround = L.GridLayer.extend({
  options: { pane: "ground", tileSize: 256, updateWhenZooming: false, keepBuffer: 3 },

  initialize(options) {
    L.GridLayer.prototype.initialize.call(this, options);
    this._labels = labels();
  },

  onAdd(map) {
    L.GridLayer.prototype.onAdd.call(this, map);
    map.addLayer(this._labels);
    if (!this._shapes) this._load();
  },

  onRemove(map) {
    map.removeLayer(this._labels);
    L.GridLayer.prototype.onRemove.call(this, map);
  },

  async _load() {
    try {
      this._shapes = buildShapes(await get(this.options.url));
      this._labels.show(this._shapes);
      this.redraw();
      this.fire("loaded");
    } catch (error) {
      this.fire("failed", { error });
    }
  },

  createTile(coords) {
    const dense = window.devicePixelRatio || 1;
    const size = this.getTileSize();
    const tile = document.createElement("canvas");
    tile.width = size.x * dense;
    tile.height = size.y * dense;
    tile.setAttribute("aria-hidden", "true");
    if (this._shapes) this._draw(tile.getContext("2d"), coords, size, dense);
    return tile;
  },

  _draw(context, coords, size, dense) {
    const { origin, byKind } = this._shapes;
    const zoom = coords.z;
    const scale = 2 ** (zoom - PATH_ZOOM);
    const left = (coords.x * size.x) / scale - origin.x;
    const top = (coords.y * size.y) / scale - origin.y;
    context.setTransform(scale * dense, 0, 0, scale * dense, -left * scale * dense, -top * scale * dense);
    const margin = 24 / scale;
    const box = {
      x0: left - margin,
      y0: top - margin,
      x1: left + size.x / scale + margin,
      y1: top + size.y / scale + margin,
    };
    const seen = (kind) => (byKind.get(kind) ?? []).filter((shape) => touches(shape.box, box));
    for (const style of FILLS) {
      if (zoom < style.from) continue;
      context.fillStyle = style.fill;
      for (const shape of seen(style.kind)) {
        context.fill(shape.path, "evenodd");
        if (style.line) {
          context.strokeStyle = style.line;
          context.lineWidth = 0.7 / scale;
          context.stroke(shape.path);
        }
      }
    }
    drawStreets(context, seen, zoom, scale);
  },
});

function drawStreets(context, seen, zoom, scale) {
  context.lineJoin = "round";
  context.lineCap = "round";
  const line = (shapes, colour, width, dash = []) => {
    context.strokeStyle = colour;
    context.lineWidth = width / scale;
    context.setLineDash(dash.map((length) => length / scale));
    for (const shape of shapes) context.stroke(shape.path);
  };
  const drawn = STREETS.filter((street) => zoom >= street.from).map((street) => ({
    ...street,
    shapes: seen(street.kind),
    width: widthAt(street.widths, zoom),
  }));
  // All casings first, so that streets run into one another at crossings; the motorway lies above.
  const [below, above] = [drawn.filter((s) => s.kind !== "motorway"), drawn.filter((s) => s.kind === "motorway")];
  for (const level of [below, above]) {
    if (level === above) {
      drawBridges(context, seen("bridge"), zoom, scale);
      if (zoom >= RAIL.from) drawRail(context, line, seen("rail"), zoom);
    }
    for (const street of level) {
      if (street.casing && street.width > 1.4) line(street.shapes, street.casing, street.width + 2 * CASING_PX);
    }
    for (const street of level) line(street.shapes, street.fill, street.width, street.dash);
  }
  context.setLineDash([]);
}

function drawRail(context, line, shapes, zoom) {
  const width = widthAt(RAIL.widths, zoom);
  context.lineCap = "butt";
  line(shapes, RAIL.casing, width);
  if (zoom >= 13) line(shapes, RAIL.fill, Math.max(width - 1.4, 0.6), [7, 7]);
  context.lineCap = "round";
}

function drawBridges(context, shapes, zoom, scale) {
  for (const shape of shapes) {
    const street = STREET_OF.get(shape.properties.carries);
    if (!street || zoom < Math.max(street.from, 13)) continue;
    const width = widthAt(street.widths, zoom);
    context.setLineDash([]);
    context.lineCap = "butt";
    context.strokeStyle = "#a9ada6";
    context.lineWidth = (width + 3) / scale;
    context.stroke(shape.path);
    context.lineCap = "round";
    context.strokeStyle = street.fill;
    context.lineWidth = width / scale;
    context.stroke(shape.path);
  }
}

export const geojson = (options) =>
  new GeoJsonGround({ ...options, maxNativeZoom: 19, maxZoom: 22 });
