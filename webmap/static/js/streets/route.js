// The way to a station from where one is: how long, how far, and whether it is open on arrival.
import { get, isAbort } from "../api.js";
import { el } from "../dom.js";
import { stateMark } from "../icons.js";
import { onMode, streetMode } from "../state.js";
import { CLOSING_MINUTES, clock, distance, isExpired, lang, moment, number, stateOf, t, word } from "../texts.js";
import { drawn, fault, openCard, ring, tag } from "./card.js";

const TITLES = { walk: "route.title.walk", ebike: "route.title.ebike" };
const LINE = { className: "route-line", color: "#0a3f7a", weight: 5.5, lineJoin: "round" };
const CASING = { className: "route-casing", color: "#ffffff", weight: 9, opacity: 0.9 };
const DOTTED = { className: "route-link", color: "#0a3f7a", weight: 4, dashArray: "0.1 8", lineCap: "round" };
const LOCATING = { enableHighAccuracy: true, timeout: 15_000, maximumAge: 30_000 };
const NEAREST_ZOOM = 17;

let shown = null;
onMode(() => shown?.again());

/** Ask where the way to a station begins, and show it; another start makes another way. */
export function showRoute(map, { id, name, mark, station }) {
  const group = L.layerGroup().addTo(map);
  let start = null;
  let request = null;
  const card = openCard(map, { kicker: t(TITLES[streetMode()]), name, mark, gone });
  const said = el("div", { class: "route-said" });
  const hint = el("small", { class: "street-hint", text: t("route.tap") });
  const ask = el("p", { class: "route-ask", text: t("route.ask") });
  const act = (text, call) => el("button", { type: "button", class: "quiet", text, on: { click: call } });
  const acts = el("p", { class: "route-acts" }, act(t("route.here"), locate), act(t("route.centre"), () => from(map.getCenter())));
  const container = map.getContainer();
  card.body.replaceChildren(ask, said, acts, hint);
  container.classList.add("picking");
  map.on("click", picked);
  shown = { again: () => start && from(start) };

  function gone() {
    request?.abort();
    group.remove();
    map.off("click", picked);
    container.classList.remove("picking");
    shown = null;
  }

  function picked({ latlng }) {
    from(latlng);
  }

  function locate() {
    say(el("p", { class: "street-wait", role: "status", text: t("route.locating") }));
    const denied = () => card.isOpen() && say(fault(t("route.denied")));
    if (!navigator.geolocation) return denied();
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => card.isOpen() && from(L.latLng(coords.latitude, coords.longitude)),
      denied,
      LOCATING,
    );
  }

  function say(...parts) {
    ask.hidden = true;
    said.replaceChildren(...parts);
  }

  async function from(latlng) {
    start = latlng.wrap();
    const mode = streetMode();
    request?.abort();
    request = new AbortController();
    group.clearLayers();
    const dot = () => tag(start, t("route.start"), "street-tag-start");
    group.addLayer(dot());
    card.title(t(TITLES[mode]));
    say(el("p", { class: "street-wait", role: "status", text: t("route.waiting") }));
    try {
      const path = `/api/v1/stations/${encodeURIComponent(id)}/route`;
      const where = { lon: start.lng.toFixed(6), lat: start.lat.toFixed(6), mode };
      const found = await get(path, where, { signal: request.signal });
      if (!card.isOpen()) return;
      const bounds = paint(group, found);
      group.addLayer(dot());
      say(...told(found.properties, station));
      hint.textContent = t("route.again");
      card.fit(bounds, NEAREST_ZOOM);
    } catch (error) {
      if (isAbort(error) || !card.isOpen()) return;
      say(fault(error.message));
    }
  }
}

/** Draw the way: solid along the streets, dotted to and from them; returns what it covers. */
function paint(group, { geometry, properties: { estimated } }) {
  group.clearLayers();
  const line = geometry.coordinates.map(([lon, lat]) => L.latLng(lat, lon));
  // It begins and ends beside the streets.
  const linked = line.length > 3;
  const streets = linked ? line.slice(1, -1) : line;
  const dotted = linked ? [line.slice(0, 2), line.slice(-2)] : [];
  if (estimated) dotted.push(line);
  else group.addLayer(L.polyline(streets, drawn(CASING))).addLayer(L.polyline(streets, drawn(LINE)));
  group.addLayer(ring(geometry.coordinates.at(-1)));
  for (const link of dotted) group.addLayer(L.polyline(link, drawn(DOTTED)));
  return L.latLngBounds(line);
}

/** The way in words: minutes first, then the door on arrival. */
function told(way, station) {
  const minutes = number(Math.max(Math.ceil(way.duration_s / 60), 1));
  const arrival = new Date(way.arrive_at);
  const door = doorOf(way, arrival, station);
  const entry = (way.entry ?? []).map((mode) => word("access", mode)).join(lang === "zh" ? "、" : ", ");
  return [
    el(
      "p",
      { class: "route-time", role: "status" },
      el("strong", { text: t("reach.minutes", { n: minutes }) }),
      way.estimated ? el("span", { class: "route-guess", text: t("route.estimated") }) : null,
      el("span", { text: t("route.far", { way: distance(way.length_m), straight: distance(way.distance_m) }) }),
    ),
    el("p", { class: `card-state look-${door.look}` }, stateMark(door), el("span", { text: door.text })),
    way.estimated ? el("p", { class: "street-hint", text: t("route.estimated.note") }) : null,
    el("p", { class: "street-hint", text: [t("route.arrive", { time: clock(arrival) }), entry].filter(Boolean).join(" · ") }),
  ].filter(Boolean);
}

/** The door when one arrives; a station out of service is that, whatever its hours. */
function doorOf({ open_state: state, open_until: change }, arrival, station) {
  if ((station.status ?? "open") !== "open" || isExpired(station, arrival)) return stateOf(station, arrival);
  if (state === "unknown") return { look: "unknown", text: t("route.unknown") };
  const until = change ? new Date(change) : null;
  if (state === "closed") {
    return { look: "closed", text: until ? t("route.closed_until", { time: moment(until, arrival, { sayToday: true }) }) : t("route.closed") };
  }
  if (!until) return { look: "open", text: t("route.open_always") };
  const minutes = Math.max(Math.floor((until - arrival) / 60_000), 0);
  if (minutes <= CLOSING_MINUTES) return { look: "closing", text: t("route.closing", { n: minutes }), minutes };
  return { look: "open", text: t("route.open_until", { time: moment(until, arrival) }) };
}
