// The reach of the stations in view, as one area: circles of the service radius around each. Reach
// along the streets is no circle, and nothing is drawn for it.
import { get } from "../api.js";
import { filterParameters, modeNow, onFilters, onMode } from "../state.js";
import { boxOf } from "./stations.js";
import { AskedCanvas } from "./canvas.js";

/** The zoom from which the server lists up to 2,000 stations one by one. */
const SINGLES_ZOOM = 16;
const METRES_A_DEGREE = 111_320;

const Coverage = AskedCanvas.extend({
  options: { pane: "coverage", className: "coverage-canvas", radius: 1000 },

  initialize(options) {
    AskedCanvas.prototype.initialize.call(this, options);
    this._places = [];
    onFilters(() => this.refresh());
    onMode(() => this.refresh());
  },

  onRemove(map) {
    AskedCanvas.prototype.onRemove.call(this, map);
    this.fire("painted", { tooMany: false });
  },

  ask(signal) {
    if (modeNow() !== "line") return { features: [] };
    // Only stations that can be used reach anybody.
    return get(
      "/api/v1/stations/clusters",
      { bbox: boxOf(this._reach()), zoom: SINGLES_ZOOM, ...filterParameters(), status: "open" },
      { signal },
    );
  },

  /** Show the reach at another radius, as of a plan that was made with one. */
  setRadius(metres) {
    if (metres === this.options.radius) return;
    this.options.radius = metres;
    this.refresh();
  },

  take({ features }) {
    const tooMany = features.some((feature) => feature.properties.count);
    this._places = tooMany ? [] : features.map((feature) => feature.geometry.coordinates);
    this.redraw();
    this.fire("painted", { tooMany });
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
