// Districts: outlines for orientation, and shaded by the share of workers in reach; in an hour, of a
// station known to be open.
import { get } from "../api.js";
import { byLine, innerPoint } from "../districts.js";
import { el } from "../dom.js";
import { askedOnce, modeParameters } from "../measure.js";
import { onQuestion, ofHour, question } from "../question.js";
import { hourNow, modeNow } from "../state.js";
import { lang, percentRange } from "../texts.js";

const atAnyTime = askedOnce(() =>
  modeNow() === "line" ? byLine() : get("/api/v1/districts", { lang, ...modeParameters() }),
);

/** The districts with their figures, asked for once. */
export const districtShapes = () => (hourNow() === null ? atAnyTime() : inHour());

async function inHour() {
  const [shapes, found] = await Promise.all([byLine(), ofHour("/api/v1/coverage")]);
  const rows = new Map(found.by_district.map((row) => [row.adcode, row]));
  const features = shapes.features.map((feature) => {
    const { open_share: share, perhaps_share: most } = rows.get(feature.id) ?? {};
    return { ...feature, properties: { ...feature.properties, share, most } };
  });
  return { ...shapes, features };
}

const STEPS = [0.2, 0.4, 0.6, 0.8];
const SHADES = ["#f3e9df", "#dfe8e2", "#b5d2cb", "#7fb3aa", "#3f8a83"];

export const shadeOf = (share) => SHADES[STEPS.filter((step) => share >= step).length];

const Districts = L.LayerGroup.extend({
  initialize() {
    L.LayerGroup.prototype.initialize.call(this);
    onQuestion(() => {
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
    const asked = question();
    try {
      const found = await districtShapes();
      if (asked !== question()) return;
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
      if (asked !== question()) return;
      this._loading = false;
      this.fire("failed", { error });
    }
  },

  _label({ geometry, properties: { name, share, most = share } }) {
    const html = el("span", { class: "district-tag" }, el("span", { text: name }));
    if (share !== undefined) html.append(el("b", { text: percentRange(share, most) }));
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
