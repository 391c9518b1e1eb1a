// Stations of the view as the server counts them: single ones and clusters, a few hundred marks at most.
import { get, isAbort, once } from "../api.js";
import { calm, debounced } from "../dom.js";
import { setStates } from "../hours/states.js";
import { clusterMark, stateMark } from "../icons.js";
import { openStation } from "../popup.js";
import { filterParameters, hourNow, HOURS_OF_WEEK, onFilters, onHour } from "../state.js";
import { number, stateOf, t, word } from "../texts.js";

const WAIT_MS = 120;
const AGAIN_MS = 60_000;
/** Share of the view that is asked for beyond its edges, so that a small move shows no holes. */
const MARGIN = 0.12;

/** West, south, east, north of a view, as the API wants it. */
export function boxOf(bounds) {
  const clip = (value, end) => Math.min(Math.max(value, -end), end).toFixed(5);
  return [
    clip(bounds.getWest(), 180),
    clip(bounds.getSouth(), 85),
    clip(bounds.getEast(), 180),
    clip(bounds.getNorth(), 85),
  ].join(",");
}

const Stations = L.Layer.extend({
  initialize() {
    this._marks = new Map();
    this._soon = debounced(() => this.refresh(), WAIT_MS);
    onFilters(() => this._map && this.refresh());
    onHour(() => this._map && this.refresh());
  },

  onAdd(map) {
    this._group = L.layerGroup().addTo(map);
    map.on("moveend", this._soon);
    // What is open now changes by the minute.
    this._timer = setInterval(() => document.hidden || hourNow() !== null || this.refresh(), AGAIN_MS);
    this.refresh();
  },

  onRemove(map) {
    map.off("moveend", this._soon);
    clearInterval(this._timer);
    this._request?.abort();
    this._group.remove();
    this._marks.clear();
    setStates([]);
    this.fire("painted", { features: [], total: 0, off: true });
  },

  async refresh() {
    const map = this._map;
    if (!map) return;
    this._request?.abort();
    this._request = new AbortController();
    const { signal } = this._request;
    const bounds = map.getBounds();
    const zoom = Math.min(Math.max(Math.round(map.getZoom()), 0), 22);
    try {
      const found = await (hourNow() === null ? get : once)(
        "/api/v1/stations/clusters",
        { bbox: boxOf(bounds.pad(MARGIN)), zoom, ...filterParameters() },
        { signal },
      );
      if (this._map && !signal.aborted) this._paint(found, bounds);
    } catch (error) {
      if (!isAbort(error)) this.fire("failed", { error });
    }
  },

  _paint(found, bounds) {
    const then = found.at ? { holiday: hourNow() >= HOURS_OF_WEEK } : null;
    const now = found.at ? new Date(found.at) : new Date();
    const fresh = new Map();
    const states = new Map();
    for (const feature of found.features) {
      const { id, properties } = feature;
      const state = properties.count ? null : stateOf(properties, now, then);
      if (then && state) states.set(id, { ...state, hour: hourNow() });
      const key = keyOf(feature, state);
      fresh.set(key, this._marks.get(key) ?? this._mark(feature, state));
      this._marks.delete(key);
    }
    setStates(states);
    for (const mark of this._marks.values()) this._group.removeLayer(mark);
    for (const mark of fresh.values()) if (!this._group.hasLayer(mark)) this._group.addLayer(mark);
    this._marks = fresh;
    let inView = 0;
    for (const { geometry, properties } of found.features) {
      const [lon, lat] = geometry.coordinates;
      if (bounds.contains([lat, lon])) inView += properties.count ?? 1;
    }
    this.fire("painted", { features: found.features, revision: found.revision, inView });
  },

  _mark(feature, state) {
    const [lon, lat] = feature.geometry.coordinates;
    return state ? this._single(feature, [lat, lon], state) : this._cluster(feature.properties, [lat, lon]);
  },

  _single({ id, properties }, place, state) {
    const label = t("station.marker", {
      name: properties.name,
      kind: word("kind", properties.kind),
      state: state.text,
    });
    const icon = L.divIcon({
      className: `station station-${state.look}`,
      iconSize: [28, 28],
      html: stateMark(state, properties.kind),
    });
    const rise = { open: 300, closing: 300, unknown: 200, suspended: 100 }[state.look] ?? 0;
    const mark = L.marker(place, { icon, title: properties.name, zIndexOffset: rise, riseOnHover: true });
    return reached(mark, label, () => openStation(this._map, id, { place, mark }));
  },

  _cluster(counts, place) {
    const size = Math.round(32 + 7 * Math.log10(counts.count) ** 1.5);
    const label = t("station.cluster", {
      n: number(counts.count),
      open: number(counts.open),
      closed: number(counts.closed),
      unknown: number(counts.unknown),
      suspended: number(counts.suspended),
    });
    const icon = L.divIcon({ className: "cluster", iconSize: [size, size], html: clusterMark(counts, size) });
    const mark = L.marker(place, { icon, zIndexOffset: 400 });
    return reached(mark, label, () => {
      const map = this._map;
      map.setView(place, Math.min(map.getZoom() + 2, map.getMaxZoom()), { animate: !calm.matches });
    });
  },
});

/** A mark that can be reached by mouse, finger and keyboard, with a name for those who do not see it. */
function reached(mark, label, act) {
  mark.on("click", act);
  mark.on("keypress", (event) => {
    if (event.originalEvent.key === "Enter" || event.originalEvent.key === " ") act();
  });
  mark.on("add", () => mark.getElement().setAttribute("aria-label", label));
  return mark;
}

function keyOf({ id, geometry, properties }, state) {
  if (properties.count) {
    const { count, open, closed, unknown, suspended } = properties;
    return [geometry.coordinates, count, open, closed, unknown, suspended].join("|");
  }
  return [id, geometry.coordinates, properties.name, properties.kind, state.look, state.text].join("|");
}

export const stations = () => new Stations();
