// What a link holds: view, layers, filters, way of measuring, hour, station, plan and language. The
// address bar is the only memory. An hour is written `at=Tue-02`, one of a public holiday
// `at=holiday-14`; `at=now` is the hour in which the link is opened.
import { config } from "./config.js";

const LISTS = ["kind", "facility", "access"];
const CODES = { kind: "kind", facility: "facilities", access: "access" };

const query = new URLSearchParams(location.search);
const list = (name) => (query.get(name) ?? "").split(",").filter(Boolean);
const known = (name) => list(name).filter((code) => code in config.words[CODES[name]]);

export const filters = {
  open: query.get("open") === "1",
  kind: new Set(known("kind")),
  facility: new Set(known("facility")),
  access: new Set(known("access")),
};
const layers = new Set(query.has("layers") ? list("layers") : config.layers.shown);
const view = query.has("lon") && query.has("lat") && query.has("zoom")
  ? { lon: query.get("lon"), lat: query.get("lat"), zoom: query.get("zoom") }
  : null;
const state = { view, station: query.get("station"), plan: query.get("plan"), reach: query.get("reach") };
/** How reach is measured: by straight line, or along the streets on foot or by electric bicycle. */
let mode = config.modes.includes(query.get("mode")) ? query.get("mode") : "line";

export const HOURS_OF_WEEK = 168;
const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "holiday"];
/** The hour looked at: 0 is Monday 00:00, from 168 on those of a public holiday; null for any time. */
let hour = config.hasDemand ? hourIn(query.get("at") ?? "") : null;
export const firstIsNow = config.hasDemand && query.get("at") === "now";

function hourIn(text) {
  const [, name, clock] = /^([a-z]+)-(\d\d)$/i.exec(text) ?? [];
  const day = DAYS.findIndex((one) => one.toLowerCase() === name?.toLowerCase());
  return day >= 0 && Number(clock) < 24 ? 24 * day + Number(clock) : null;
}

const written = (between, end = "") => DAYS[Math.floor(hour / 24)] + between + String(hour % 24).padStart(2, "0") + end;

export const firstStation = state.station;
export const firstReach = state.reach;
export const firstPlan = state.plan;
/** Whether the link says which layers are shown, and which part of the map. */
export const choosesLayers = query.has("layers");
export const choosesView = view !== null;

export const isFiltered = () => filters.open || LISTS.some((name) => filters[name].size > 0);

/** The filters as the API wants them. Suspended stations are shown, marked, unless one asks for open ones. */
export function filterParameters() {
  const chosen = Object.fromEntries(LISTS.map((name) => [name, [...filters[name]]]));
  const at = hourAsked();
  return { ...chosen, status: filters.open ? "open" : "open,suspended", at, open_at: filters.open ? (at ?? "now") : "" };
}

export function setView(lon, lat, zoom) {
  state.view = { lon: lon.toFixed(5), lat: lat.toFixed(5), zoom: String(Math.round(zoom * 100) / 100) };
  write();
}

export function setLayer(name, shown) {
  if (shown) layers.add(name);
  else layers.delete(name);
  write();
}

export function setStation(id) {
  state.station = id;
  write();
}

export function setPlan(id) {
  state.plan = id;
  write();
}

/** The station whose reach along the streets is drawn. */
export const reachShown = () => state.reach;

export function setReach(id) {
  state.reach = id;
  write();
}

export const modeNow = () => mode;
/** The way along the streets that is chosen, else the first there is; null where there is no network. */
export const streetMode = () => (mode === "line" ? (config.modes[1] ?? null) : mode);

const modeListeners = new Set();
export const onMode = (call) => modeListeners.add(call);

export function setMode(chosen) {
  if (chosen === mode) return;
  mode = chosen;
  write();
  for (const call of modeListeners) call();
}

export const hourNow = () => hour;
/** The hour as the API wants it; null for any time. */
export const hourAsked = () => (hour === null ? null : written(" ", ":00"));

const hourListeners = new Set();
export const onHour = (call) => hourListeners.add(call);

export function setHour(chosen) {
  if (chosen === hour) return;
  hour = chosen;
  write();
  for (const call of hourListeners) call();
}

const listeners = new Set();
export const onFilters = (call) => listeners.add(call);

export function filtersChanged() {
  write();
  for (const call of listeners) call();
}

export function toggle(name, code) {
  if (!filters[name].delete(code)) filters[name].add(code);
  filtersChanged();
}

export function clearFilters() {
  filters.open = false;
  for (const name of LISTS) filters[name].clear();
  filtersChanged();
}

/** The address of what is seen now, in a language. */
export function address(lang = config.lang) {
  const parts = { lang };
  if (state.view) Object.assign(parts, state.view);
  if (!sameAsFirst() || choosesLayers) parts.layers = config.layers.all.filter((name) => layers.has(name)).join(",");
  if (filters.open) parts.open = "1";
  for (const name of LISTS) if (filters[name].size) parts[name] = [...filters[name]].join(",");
  if (mode !== "line") parts.mode = mode;
  if (hour !== null) parts.at = written("-");
  if (state.station) parts.station = state.station;
  if (state.reach) parts.reach = state.reach;
  if (state.plan) parts.plan = state.plan;
  const text = Object.entries(parts)
    .map(([name, value]) => `${name}=${encodeURIComponent(value).replaceAll("%2C", ",")}`)
    .join("&");
  return `${location.pathname}?${text}`;
}

function sameAsFirst() {
  const first = config.layers.shown;
  return layers.size === first.length && first.every((name) => layers.has(name));
}

function write() {
  history.replaceState(null, "", address());
}
