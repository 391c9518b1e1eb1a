// What the Folium map of a worker's list calls. It shows what the page around it tells, and tells
// that page where one has tapped.
import { get, isAbort } from "../api.js";
import { el, svg } from "../dom.js";
import { t } from "../texts.js";

export { createMap, margin } from "../leaflet.js";

const HERE_ZOOM = 16;
/** From how far a finger still means one place: below, a tap goes nearer first. */
const TAP_ZOOM = 15;
const MARK = 34;

export const fit = (map, bounds) => map.fitBounds(bounds);

export function start(map) {
  window.yizhanMap = map;
  const marks = L.layerGroup().addTo(map);
  const way = L.layerGroup().addTo(map);
  const page = { tell: (message) => parent.postMessage(message, location.origin) };
  addEventListener("message", ({ source, origin, data }) => {
    if (source === parent && origin === location.origin && data.kind === "show") show(map, { marks, way, page }, data);
  });
  // A tap that closes a card is no place; the card is still open just before.
  let reading = false;
  map.on("preclick", () => {
    reading = map.getContainer().querySelector(".leaflet-popup") !== null;
  });
  map.on("click", ({ latlng }) => {
    if (reading) return;
    if (map.getZoom() < TAP_ZOOM) {
      map.setView(latlng, HERE_ZOOM, { animate: false });
      page.tell({ kind: "closer" });
    } else page.tell({ kind: "tapped", lon: latlng.lng, lat: latlng.lat });
  });
  new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(map.getContainer());
  if (parent !== window) page.tell({ kind: "ready" });
}

let asking = null;

function show(map, on, { place, mode, stations, centre = null, follow = true }) {
  on.marks.clearLayers();
  on.way.clearLayers();
  asking?.abort();
  if (place) L.marker([place.lat, place.lon], { icon: icon(hereMark(), 26), interactive: false, keyboard: false }).addTo(on.marks);
  // Those that one reaches first lie on top.
  for (const [rank, station] of stations.entries()) {
    const mark = L.marker([station.lat, station.lon], {
      icon: icon(stationMark(station), MARK),
      zIndexOffset: -100 * rank,
    }).addTo(on.marks);
    mark.getElement().setAttribute("aria-label", [station.name, ...told(station)].join(t("list.comma")));
    mark.bindPopup(() => card(station), { className: "small-card", maxWidth: 240, closeButton: false, offset: [0, -8] });
    mark.on("click", () => {
      on.page.tell({ kind: "chosen", id: station.id });
      if (place) lead(on.way, place, station, mode);
    });
  }
  const near = stations.filter(({ far }) => !far).slice(0, place ? 4 : 1);
  const seen = [...(place ? [place] : []), ...(near.length ? near : stations.slice(0, 1))];
  const [first] = stations;
  const look = seen.length ? seen : [centre].filter(Boolean);
  if (follow && look.length > 1) map.fitBounds(look.map(({ lon, lat }) => [lat, lon]), { padding: [34, 34], maxZoom: HERE_ZOOM, animate: false });
  else if (follow && look.length) map.setView([look[0].lat, look[0].lon], HERE_ZOOM, { animate: false });
  if (place && first) lead(on.way, place, first, mode);
}

/** Draw the way to a station; where there is none, nothing is drawn. */
async function lead(layer, place, station, mode) {
  asking?.abort();
  const own = new AbortController();
  asking = own;
  try {
    const way = await get(
      `/api/v1/stations/${encodeURIComponent(station.id)}/route`,
      { lon: place.lon, lat: place.lat, mode },
      { signal: own.signal },
    );
    layer.clearLayers();
    const line = way.geometry.coordinates.map(([lon, lat]) => [lat, lon]);
    L.polyline(line, { color: "#fff", opacity: 0.9, weight: 9, interactive: false }).addTo(layer);
    L.polyline(line, { color: "#0b5d5a", weight: 5, dashArray: "1 9", lineCap: "round", interactive: false }).addTo(layer);
  } catch (error) {
    if (!isAbort(error)) layer.clearLayers();
  }
}

const icon = (mark, size) => L.divIcon({ html: mark, className: "worker-mark", iconSize: [size, size], popupAnchor: [0, -size / 4] });

function stationMark({ look, minutes }) {
  const parts = [];
  if (look === "closed") parts.push(svg("circle", { cx: 17, cy: 17, r: 9, class: "disc" }));
  else parts.push(svg("circle", { cx: 17, cy: 17, r: 14, class: "disc" }));
  let text = minutes;
  if (look === "unknown") text = "?";
  if (look === "closed") text = "";
  if (look === "suspended") text = "‖";
  if (text && String(text).length < 3) parts.push(svg("text", { x: 17, y: 22, text }));
  return svg("svg", { viewBox: "0 0 34 34", width: MARK, height: MARK, class: `look-${look}`, "aria-hidden": "true" }, parts);
}

const hereMark = () => svg(
  "svg",
  { viewBox: "0 0 26 26", width: 26, height: 26, class: "here", "aria-hidden": "true" },
  svg("circle", { cx: 13, cy: 13, r: 12, class: "halo" }),
  svg("circle", { cx: 13, cy: 13, r: 7, class: "dot" }),
);

const told = ({ minutes, state }) => [minutes && t("live.minutes", { n: minutes }), state].filter(Boolean);

function card(station) {
  const { name, entry, href } = station;
  return el(
    "div",
    {},
    // The link leads the page around this frame.
    el("a", { href, target: "_top", text: name }),
    el("p", { text: told(station).join(" · ") }),
    entry ? el("p", { text: entry }) : null,
  );
}
