// A base map from one PMTiles file of the workspace, in the Protomaps schema.
import { lang } from "../texts.js";

export const pmtiles = ({ url, maxZoom }) =>
  window.protomapsL.leafletLayer({
    url: new URL(url, location.href).href,
    flavor: "light",
    lang: lang === "zh" ? "zh-Hans" : "en",
    maxDataZoom: Math.min(maxZoom, 15),
    pane: "ground",
    noWrap: true,
  });
