// Districts: outlines for orientation, and shaded by the share of workers in reach.
import { get } from "../api.js";
import { byLine, innerPoint } from "../districts.js";
import { el } from "../dom.js";
import { askedOnce, modeParameters } from "../measure.js";
import { modeNow, onMode } from "../state.js";
import { lang, percent } from "../texts.js";

/** The districts with their figures, asked for once. */
export const districtShapes = askedOnce(() =>
  modeNow() === "line" ? byLine() : get("/api/v1/districts", { lang, ...modeParameters() }),
);

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

export const districts = () => new Districts();
