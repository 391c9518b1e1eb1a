// The reach of the stations in view, as one area: circles of the service radius around each. Reach
// along the streets is no circle, and nothing is drawn for it. In an hour, those open then reach
// somebody; those whose hours are unknown may, and are dashed.
import { get, once } from "../api.js";
import { filterParameters, hourAsked, modeNow, onFilters, onHour, onMode } from "../state.js";
import { boxOf } from "./stations.js";
import { AskedCanvas } from "./canvas.js";

/** The zoom from which the server lists up to 2,000 stations one by one. */
const SINGLES_ZOOM = 16;
const METRES_A_DEGREE = 111_320;

const Coverage = AskedCanvas.extend({
  options: { pane: "coverage", className: "coverage-canvas", radius: 1000 },

  initialize(options) {
    AskedCanvas.prototype.initialize.call(this, options);
    this._places = this._perhaps = [];
    for (const on of [onFilters, onMode, onHour]) on(() => this.refresh());
  },

  onRemove(map) {
    AskedCanvas.prototype.onRemove.call(this, map);
    this.fire("painted", { tooMany: false });
  },

  ask(signal) {
    if (modeNow() !== "line") return { features: [] };
    // Only stations that can be used reach anybody.
    const asked = { bbox: boxOf(this._reach()), zoom: SINGLES_ZOOM, ...filterParameters(), status: "open" };
    const at = hourAsked();
    return at
      ? once("/api/v1/stations/clusters", { ...asked, open_at: at, unknown_hours: true }, { signal })
      : get("/api/v1/stations/clusters", asked, { signal });
  },

  /** Show the reach at another radius, as of a plan that was made with one. */
  setRadius(metres) {
    if (metres === this.options.radius) return;
    this.options.radius = metres;
    this.refresh();
  },

  take({ features, at }) {
    const tooMany = features.some((feature) => feature.properties.count);
    const maybe = ({ properties }) => Boolean(at) && properties.open_state === "unknown";
    const places = (which) => (tooMany ? [] : features.filter(which).map(({ geometry }) => geometry.coordinates));
    this._places = places((feature) => !maybe(feature));
    this._perhaps = places(maybe);
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
    // Near by the whole view may lie in reach: a breath of colour is enough then.
    const fill = map.getZoom() > 14 ? 0.05 : 0.1;
    this._area(context, map, this._perhaps, { line: [6, 5], fill: fill / 4 });
    this._area(context, map, this._places, { line: [], fill });
  },

  _area(context, map, places, { line, fill }) {
    if (!places.length) return;
    const circles = places.map(([lon, lat]) => {
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
    context.setLineDash(line);
    context.strokeStyle = "rgba(11, 93, 90, 0.5)";
    context.lineWidth = 2.4;
    context.stroke(outline);
    context.globalCompositeOperation = "destination-out";
    context.fillStyle = "#000";
    context.fill(outline, "nonzero");
    context.globalCompositeOperation = "source-over";
    context.fillStyle = `rgba(11, 93, 90, ${fill})`;
    context.fill(outline, "nonzero");
  },
});

export const coverage = (options) => new Coverage(options);
