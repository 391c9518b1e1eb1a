// The map itself: its panes, where it looks, and what stands along its lower edge.
import { narrow } from "./dom.js";

/** Panes from the ground up; names lie above the areas and below the stations. */
const PANES = {
  ground: 150,
  districts: 290,
  demand: 300,
  coverage: 310,
  gaps: 400,
  plan: 405,
  streets: 410,
  groundLabels: 420,
  districtTags: 430,
  gapTags: 590,
  streetTags: 610,
};
const UNTOUCHED = ["ground", "districts", "demand", "coverage", "plan", "streets", "groundLabels", "districtTags", "streetTags"];

export function createMap(id, options) {
  const map = L.map(id, { ...options, attributionControl: false });
  for (const [name, level] of Object.entries(PANES)) {
    const pane = map.createPane(name);
    pane.style.zIndex = level;
    if (UNTOUCHED.includes(name)) pane.style.pointerEvents = "none";
  }
  return map;
}

/** Show the whole of an area below what floats over the map. */
export function fit(map, bounds) {
  const top = narrow.matches ? 112 : 64;
  map.fitBounds(bounds, { paddingTopLeft: [14, top], paddingBottomRight: [14, narrow.matches ? 14 : 48] });
}

/** The scale and where the base map comes from, along the lower edge. */
export function margin(map, { attribution }) {
  const line = L.control.attribution({ position: "bottomright", prefix: "Leaflet" }).addTo(map);
  if (attribution) line.addAttribution(attribution);
  L.control.scale({ position: "bottomright", imperial: false, maxWidth: 90 }).addTo(map);
}
