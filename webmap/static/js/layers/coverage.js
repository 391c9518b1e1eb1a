// The reach of the stations in view, as one area: circles of the service radius around each.
import { get, isAbort } from "../api.js";
import { debounced } from "../dom.js";
import { filterParameters, onFilters } from "../state.js";
import { boxOf } from "./stations.js";
import { ViewCanvas } from "./canvas.js";

const WAIT_MS = 150;
/** The zoom from which the server lists up to 2,000 stations one by one. */
const SINGLES_ZOOM = 16;
const METRES_A_DEGREE = 111_320;

const Coverage = ViewCanvas.extend({
  options: { pane: "coverage", className: "coverage-canvas", radius: 1000 },

  initialize(options) {
    ViewCanvas.prototype.initialize.call(this, options);
    this._places = [];
    this._soon = debounced(() => this._refresh(), WAIT_MS);
    onFilters(() => this._map && this._refresh());
  },

  onAdd(map) {
    map.on("moveend", this._soon);
    ViewCanvas.prototype.onAdd.call(this, map);
    this._refresh();
  },

  onRemove(map) {
    map.off("moveend", this._soon);
    this._request?.abort();
    ViewCanvas.prototype.onRemove.call(this, map);
    this.fire("painted", { tooMany: false });
  },

  async _refresh() {
    if (!this._map) return;
    this._request?.abort();
    this._request = new AbortController();
    const { signal } = this._request;
    try {
      // Only stations that can be used reach anybody.
      const found = await get(
        "/api/v1/stations/clusters",
        { bbox: boxOf(this._reach()), zoom: SINGLES_ZOOM, ...filterParameters(), status: "open" },
        { signal },
      );
      if (!this._map || signal.aborted) return;
      const tooMany = found.features.some((feature) => feature.properties.count);
      this._places = tooMany ? [] : found.features.map((feature) => feature.geometry.coordinates);
      this.redraw();
      this.fire("painted", { tooMany });
    } catch (error) {
      if (!isAbort(error)) this.fire("failed", { error });
    }
  },

  /** The box whose stations reach into the view. */
  _reach() {
    const shown = this.shownBounds();
    const lat = this.options.radius / METRES_A_DEGREE;
    const lon = lat / Math.cos((shown.getCenter().lat * Math.PI) / 180);
    return L.latLngBounds(
      [shown.getSouth() - lat, shown.getWest() - lon],
      [shown.getNorth() + lat, shown.getEast() + lon],
    );
  },

  draw(context, map) {
    if (!this._places.length) return;
    const circles = this._places.map(([lon, lat]) => {
      const centre = map.latLngToLayerPoint([lat, lon]);
      const edge = map.latLngToLayerPoint([lat + this.options.radius / METRES_A_DEGREE, lon]);
      return [centre.x, centre.y, Math.max(centre.y - edge.y, 1)];
    });
    const outline = new Path2D();
    for (const [x, y, r] of circles) {
      outline.moveTo(x + r, y);
      outline.arc(x, y, r, 0, 2 * Math.PI);
    }
    // Covered twice is still covered: overlaps neither darken nor show a line. The lines are drawn
    // first, what lies inside is wiped out, and one path is filled once.
    context.strokeStyle = "rgba(11, 93, 90, 0.5)";
    context.lineWidth = 2.4;
    context.stroke(outline);
    context.globalCompositeOperation = "destination-out";
    context.fillStyle = "#000";
    context.fill(outline, "nonzero");
    context.globalCompositeOperation = "source-over";
    // Near by the whole view may lie in reach: a breath of colour is enough then.
    context.fillStyle = map.getZoom() > 14 ? "rgba(11, 93, 90, 0.05)" : "rgba(11, 93, 90, 0.1)";
    context.fill(outline, "nonzero");
  },
});

export const coverage = (options) => new Coverage(options);
