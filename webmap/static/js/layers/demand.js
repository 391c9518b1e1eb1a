// Where the workers are: light squares under everything else; in an hour, those at work then.
import { get, once } from "../api.js";
import { busiest } from "../question.js";
import { hourAsked, onHour } from "../state.js";
import { boxOf } from "./stations.js";
import { AskedCanvas } from "./canvas.js";

const CELL_PX = 15;

const Demand = AskedCanvas.extend({
  options: { pane: "demand", className: "demand-canvas" },

  initialize(options) {
    AskedCanvas.prototype.initialize.call(this, options);
    onHour(() => this.refresh());
  },

  ask(signal) {
    const columns = Math.min(Math.max(Math.round(this._bounds.getSize().x / CELL_PX), 8), 200);
    const at = hourAsked();
    return (at ? once : get)("/api/v1/demand", { bbox: boxOf(this.shownBounds()), columns, at }, { signal });
  },

  async take(found) {
    const at = hourAsked();
    // At night few are at work, and it must look so.
    const most = at ? await busiest() : 1;
    if (at !== hourAsked()) return;
    this._most = most;
    this._found = found;
    this.redraw();
  },

  draw(context, map) {
    const found = this._found;
    if (!found?.cells.length) return;
    const [width, height] = found.size;
    const numbers = found.cells.map((cell) => cell[2]).sort((a, b) => a - b);
    // One crowded cell must not make all others vanish.
    const most = this._most * numbers[Math.floor(0.96 * (numbers.length - 1))] || 1;
    // Near by a cell is a large square: it must not hide the streets.
    const deepest = map.getZoom() > 13.5 ? 0.08 : 0.25;
    for (const [lon, lat, workers] of found.cells) {
      const a = map.latLngToLayerPoint([lat + height / 2, lon - width / 2]);
      const b = map.latLngToLayerPoint([lat - height / 2, lon + width / 2]);
      const strength = Math.min(workers / most, 1) ** 0.7;
      context.fillStyle = `rgba(74, 66, 140, ${(0.015 + deepest * strength).toFixed(3)})`;
      // A hair of ground between cells shows that they are cells.
      context.fillRect(a.x + 0.5, a.y + 0.5, b.x - a.x - 1, b.y - a.y - 1);
    }
  },
});

export const demand = () => new Demand();
