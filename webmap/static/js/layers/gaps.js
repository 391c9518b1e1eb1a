// Gap zones: where workers have no usable station in reach, ranked and named; in an hour, where those
// at work have none that is known to be open.
import { get } from "../api.js";
import { calm, el } from "../dom.js";
import { askedOnce, modeParameters } from "../measure.js";
import { ofHour, onQuestion, question } from "../question.js";
import { hourNow, modeNow } from "../state.js";
import { area, distance, lang, minuteCount, number, t, word } from "../texts.js";

const LIMIT = 60;
const NUMBERED = 20;
/** Zones that are numbered even from afar. */
const MAJOR = 8;
/** A zone at least this wide on the screen has room for its name. */
const NAME_WIDTH_PX = 120;

const atAnyTime = askedOnce(() => get("/api/v1/gaps", { lang, limit: LIMIT, ...modeParameters() }));

/** The gap zones, asked for once. */
export const gapZones = () => (hourNow() === null ? atAnyTime() : ofHour("/api/v1/gaps", { limit: LIMIT }));

/** What is missing in a gap. */
export const missing = () => t(hourNow() === null ? "gaps.usable" : "gaps.open_then");

const Gaps = L.LayerGroup.extend({
  initialize() {
    L.LayerGroup.prototype.initialize.call(this);
    // Zones of another way of measuring, and of another hour, are other zones.
    onQuestion(() => {
      this._popup?.remove();
      this._zones = null;
      this._dim(true);
      if (this._map) this._load();
      else this.clearLayers();
    });
  },

  onAdd(map) {
    L.LayerGroup.prototype.onAdd.call(this, map);
    map.on("zoomend", this._name, this);
    this._dim(false);
    if (!this._zones) this._load();
    else this._name();
  },

  onRemove(map) {
    map.off("zoomend", this._name, this);
    L.LayerGroup.prototype.onRemove.call(this, map);
  },

  async _load() {
    this._zones = [];
    const asked = question();
    try {
      const found = await gapZones();
      if (asked !== question()) return;
      this.clearLayers();
      this._dim(false);
      for (const feature of found.features) this._add(feature);
      this._name();
    } catch (error) {
      if (asked !== question()) return;
      this._zones = null;
      this.clearLayers();
      this.fire("failed", { error });
    }
  },

  /** Draw what could not be drawn before. */
  again() {
    if (this._map && !this._zones) this._load();
  },

  /** Zones of before stay until those asked for are there, so that nothing flickers; but pale. */
  _dim(stale) {
    for (const name of ["gaps", "gapTags"]) this._map?.getPane(name).classList.toggle("stale", stale);
  },

  _add(feature) {
    const { rank, name, workers, centroid } = feature.properties;
    const shape = L.geoJSON(feature, {
      pane: "gaps",
      renderer: (this._renderer ??= L.svg({ pane: "gaps" })),
      style: { className: "gap-zone", weight: rank <= NUMBERED ? 1.6 : 1, opacity: 0.85, fillOpacity: 0.18, color: "#c2410c" },
    });
    shape.on("click", (event) => this.open(feature, event.latlng));
    this.addLayer(shape);
    if (rank > NUMBERED) return;
    const [lon, lat] = centroid;
    const label = el("span", { class: "gap-tag" }, el("b", { text: rank }), el("span", { class: "gap-name", text: name }));
    const tag = L.marker([lat, lon], {
      icon: L.divIcon({ className: rank <= MAJOR ? "gap-mark" : "gap-mark gap-minor", iconSize: null, html: label }),
      pane: "gapTags",
      zIndexOffset: -rank,
    });
    tag.on("click", () => this.open(feature));
    tag.on("keypress", (event) => event.originalEvent.key === "Enter" && this.open(feature));
    tag.on("add", () => tag.getElement().setAttribute("aria-label", t("gaps.label", { rank, name, n: number(workers) })));
    this.addLayer(tag);
    this._zones.push({ shape, tag });
  },

  /** Write the names of the zones that have room for them. */
  _name() {
    const map = this._map;
    if (!map) return;
    for (const { shape, tag } of this._zones ?? []) {
      const bounds = shape.getBounds();
      const width = map.latLngToLayerPoint(bounds.getNorthEast()).x - map.latLngToLayerPoint(bounds.getSouthWest()).x;
      tag.getElement()?.classList.toggle("named", width >= NAME_WIDTH_PX);
    }
  },

  open(feature, place) {
    const [lon, lat] = feature.properties.centroid;
    this._popup = L.popup({ className: "gap-popup", maxWidth: 280, autoPanPadding: [24, 72] })
      .setLatLng(place ?? [lat, lon])
      .setContent(describe(feature.properties))
      .openOn(this._map);
  },

  /** Show a zone in the middle of the map and say what it is. */
  flyTo(map, feature) {
    const bounds = L.geoJSON(feature).getBounds();
    if (!map.hasLayer(this)) this.addTo(map);
    map.once("moveend", () => this.open(feature));
    if (calm.matches) map.fitBounds(bounds.pad(0.25), { maxZoom: 16, animate: false });
    else map.flyToBounds(bounds.pad(0.25), { maxZoom: 16, duration: 0.7 });
  },
});

const MINUTES = { walk: "gaps.minutes.walk", ebike: "gaps.minutes.ebike" };

/** How far, or how long, it is to the nearest station that can be used. */
function nearest({ distance_m: far, nearest_s: seconds }) {
  const mode = modeNow();
  const station = missing();
  if (mode in MINUTES) {
    const n = minuteCount(Math.ceil(seconds / 60));
    return Number.isFinite(seconds) ? t(MINUTES[mode], { n, station }) : t("gaps.no_way", { station });
  }
  return far === null ? t("gaps.no_station", { station }) : t("gaps.distance", { station, distance: distance(far) });
}

function describe(properties) {
  const { rank, name, workers, by_group: groups, area_m2: size } = properties;
  const shares = Object.entries(groups).filter(([group, n]) => n >= 0.5 && group !== "all" && group !== "resident");
  return el(
    "article",
    { class: "card" },
    el("p", { class: "card-kicker", text: t("gaps.rank", { rank }) }),
    el("h2", { text: name }),
    el("p", { class: "card-lead", text: t(hourNow() === null ? "gaps.workers" : "gaps.workers_then", { n: number(workers) }) }),
    el("p", { text: nearest(properties) }),
    el("p", { text: t("gaps.area", { area: area(size) }) }),
    shares.length
      ? el(
          "ul",
          { class: "card-groups" },
          shares
            .sort((a, b) => b[1] - a[1])
            .map(([group, n]) => el("li", {}, el("span", { text: word("serves", group) }), " ", el("b", { text: number(n) }))),
        )
      : null,
  );
}

export const gaps = () => new Gaps();
