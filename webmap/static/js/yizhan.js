// What the map's page calls: the map, its layers, its controls, and the start of it all.
import { get } from "./api.js";
import { say, startBanners } from "./banners.js";
import { config } from "./config.js";
import { debounced, narrow } from "./dom.js";
import { startFilters } from "./filters.js";
import { startWeek } from "./hours/week.js";
import { startLegend } from "./legend.js";
import { startMeasure } from "./measure.js";
import { fillPanel, refreshCounts } from "./panel.js";
import { startPlans } from "./plan/block.js";
import { openStation } from "./popup.js";
import { onQuestion } from "./question.js";
import { startSearch } from "./search.js";
import { startSheet } from "./sheet.js";
import { address, firstReach, firstStation, isFiltered, setLayer, setReach, setView, streetMode } from "./state.js";
import { clock, fullDate, number, t } from "./texts.js";

export { createMap, fit, margin } from "./leaflet.js";
export { coverage } from "./layers/coverage.js";
export { demand } from "./layers/demand.js";
export { districts } from "./layers/districts.js";
export { gaps } from "./layers/gaps.js";
export { plan } from "./layers/plan.js";
export { stations } from "./layers/stations.js";

const AGAIN_MS = 60_000;
const FAR_ZOOM = 12.3;
const NEAR_ZOOM = 14;

export const isNarrow = () => narrow.matches;

/** Bring the page to life. */
export function start(map, layers) {
  window.yizhanMap = map;
  startFilters();
  startSearch(map);
  startLegend();
  startSheet();
  remember(map, layers);
  fromFar(map);
  languages();
  nameLayers(map);
  tellShown(layers);
  // Leaflet hears Escape only when the map itself has the focus, not a mark or a popup in it.
  map.getContainer().addEventListener("keydown", (event) => event.key === "Escape" && map.closePopup());
  // On a phone the chips make room for what one reads.
  const stage = document.querySelector(".stage");
  map.on("popupopen popupclose", ({ type }) => stage.classList.toggle("reading", type === "popupopen"));
  map.on("locationerror", () => say(t("map.locate_denied")));
  if (firstStation) {
    // A link that says where to look shows just that.
    const stay = new URLSearchParams(location.search).has("zoom");
    openStation(map, firstStation, { move: !stay, stay });
  }
  if (firstReach) reachOf(map, firstReach);
  startMeasure();
  onQuestion(() => fillPanel(map, layers));
  const week = config.hasDemand ? startWeek() : () => {};
  startBanners(() => {
    week();
    fillPanel(map, layers);
    layers.stations.refresh();
  });
  fillPanel(map, layers);
  if (layers.plan) startPlans(map, layers);
  setInterval(() => document.hidden || refreshCounts(), AGAIN_MS);
  // The room for the map changes with banners, phones turned and sheets.
  new ResizeObserver(debounced(() => map.invalidateSize({ animate: false }), 60)).observe(map.getContainer());
}

/** Draw the reach that a link shows. */
async function reachOf(map, id) {
  setReach(null);
  if (!streetMode()) return;
  try {
    const { properties } = await get(`/api/v1/stations/${encodeURIComponent(id)}`);
    const { showReach } = await import("./streets/reach.js");
    showReach(map, { id, name: properties.name, stay: new URLSearchParams(location.search).has("zoom") });
  } catch (error) {
    say(t("station.failed", { detail: error.message }));
  }
}

/** Seen from far, marks are small and say less. */
function fromFar(map) {
  const tell = () => {
    map.getContainer().classList.toggle("far", map.getZoom() < FAR_ZOOM);
    map.getContainer().classList.toggle("near", map.getZoom() >= NEAR_ZOOM);
  };
  map.on("zoomend", tell);
  tell();
}

/** Keep the address at what is seen. */
function remember(map, layers) {
  const nameOf = new Map(Object.entries(layers).map(([name, layer]) => [layer, name]));
  map.on("overlayadd overlayremove", ({ type, layer }) => setLayer(nameOf.get(layer), type === "overlayadd"));
  map.on("moveend", () => {
    const { lng, lat } = map.getCenter();
    setView(lng, lat, map.getZoom());
  });
}

function nameLayers(map) {
  const toggle = map.getContainer().querySelector(".leaflet-control-layers-toggle");
  toggle?.setAttribute("aria-label", t("map.layers"));
  toggle?.setAttribute("title", t("map.layers"));
}

function languages() {
  for (const link of document.querySelectorAll("[data-lang]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      location.href = address(link.dataset.lang);
    });
  }
}

/** Say how many stations are in view, and as of when and which revision. */
function tellShown(layers) {
  const shown = document.getElementById("shown");
  let tooMany = false;
  let last = null;
  const write = () => {
    if (!last || last.off) {
      shown.textContent = "";
      return;
    }
    const n = last.inView;
    const counted = { n: number(n) };
    const none = isFiltered() ? t("shown.none_filtered") : t("shown.none");
    const some = isFiltered() ? t("shown.filtered", counted) : t("shown.count", counted);
    shown.textContent = [n ? some : none, tooMany ? t("shown.zoom") : null].filter(Boolean).join(" · ");
  };
  layers.stations.on("painted", (event) => {
    last = event;
    document.getElementById("legend").classList.toggle("clusters", event.features.some((f) => f.properties.count));
    if (event.revision !== undefined) tellRevision(event.revision);
    write();
  });
  layers.coverage.on("painted", (event) => {
    tooMany = event.tooMany;
    write();
  });
}

function tellRevision(revision) {
  const now = new Date();
  const text = t("asof.revision", { n: number(revision) });
  document.getElementById("asof").textContent = `${text} · ${fullDate(now)} ${clock(now)}`;
  document.getElementById("foot-revision").textContent = text;
}
