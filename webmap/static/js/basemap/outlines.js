// No base map: a calm ground with the outlines of the districts.
import { config } from "../config.js";
import { byLine, innerPoint } from "../districts.js";
import { el } from "../dom.js";

const Outlines = L.LayerGroup.extend({
  onAdd(map) {
    L.LayerGroup.prototype.onAdd.call(this, map);
    if (!this._asked && config.hasDistricts) this._load();
  },

  async _load() {
    this._asked = true;
    try {
      const found = await byLine();
      this.addLayer(
        L.geoJSON(found, {
          pane: "ground",
          renderer: L.svg({ pane: "ground" }),
          interactive: false,
          style: { color: "#b9c4c1", weight: 1.4, fillColor: "#fafbfa", fillOpacity: 1 },
        }),
      );
      for (const { geometry, properties } of found.features) {
        const html = el("span", { class: "outline-name", text: properties.name });
        const icon = L.divIcon({ className: "district-mark", iconSize: null, html });
        this.addLayer(
          L.marker(innerPoint(geometry), { icon, pane: "groundLabels", interactive: false, keyboard: false }),
        );
      }
    } catch (error) {
      this._asked = false;
      this.fire("failed", { error });
    }
  },
});

export const outlines = () => new Outlines();
