// Districts: outlines for orientation, and shaded by the share of workers in reach.
import { get } from "../api.js";
import { el } from "../dom.js";
import { askedOnce, modeParameters } from "../measure.js";
import { modeNow, onMode } from "../state.js";
import { lang, percent } from "../texts.js";

/** The districts with their figures, asked for once. */
export const districtShapes = askedOnce(() => get("/api/v1/districts", { lang, ...modeParameters() }));

const STEPS = [0.2, 0.4, 0.6, 0.8];
const SHADES = ["#f3e9df", "#dfe8e2", "#b5d2cb", "#7fb3aa", "#3f8a83"];

export const shadeOf = (share) => SHADES[STEPS.filter((step) => share >= step).length];

const Districts = L.LayerGroup.extend({
  initialize() {
    L.LayerGroup.prototype.initialize.call(this);
    onMode(() => {
      this._loading = false;
      if (this._map) this._load();
    });
  },

  onAdd(map) {
    L.LayerGroup.prototype.onAdd.call(this, map);
    if (!this._loading) this._load();
  },

  async _load() {
    this._loading = true;
    const mode = modeNow();
    try {
      const found = await districtShapes();
      if (mode !== modeNow()) return;
      this.clearLayers();
      const shapes = L.geoJSON(found, {
        pane: "districts",
        renderer: L.svg({ pane: "districts" }),
        interactive: false,
        style: ({ properties: { share } }) => ({
          color: "#ffffff",
          weight: 1.5,
          fillColor: share === undefined ? "#dfe5e3" : shadeOf(share),
          fillOpacity: 0.62,
        }),
      });
      this.addLayer(shapes);
      for (const feature of found.features) this._label(feature);
    } catch (error) {
      if (mode === modeNow()) this._loading = false;
      this.fire("failed", { error });
    }
  },

  _label({ geometry, properties: { name, share } }) {
    const html = el("span", { class: "district-tag" }, el("span", { text: name }));
    if (share !== undefined) html.append(el("b", { text: percent(share) }));
    this.addLayer(
      L.marker(innerPoint(geometry), {
        icon: L.divIcon({ className: "district-mark", iconSize: null, html }),
        pane: "districtTags",
        interactive: false,
        keyboard: false,
      }),
    );
  },
});

/** The middle of the largest ring: good enough for a name. */
export function innerPoint({ type, coordinates }) {
  const rings = type === "Polygon" ? [coordinates[0]] : coordinates.map((polygon) => polygon[0]);
  let best = null;
  for (const ring of rings) {
    let [size, x, y] = [0, 0, 0];
    const [lon0, lat0] = ring[0];
    for (let i = 0; i + 1 < ring.length; i += 1) {
      const [x1, y1] = [ring[i][0] - lon0, ring[i][1] - lat0];
      const [x2, y2] = [ring[i + 1][0] - lon0, ring[i + 1][1] - lat0];
      const cross = x1 * y2 - x2 * y1;
      size += cross;
      x += (x1 + x2) * cross;
      y += (y1 + y2) * cross;
    }
    if (!best || Math.abs(size) > best.size) {
      best = { size: Math.abs(size), place: size ? [lat0 + y / (3 * size), lon0 + x / (3 * size)] : [lat0, lon0] };
    }
  }
  return best.place;
}

export const districts = () => new Districts();
