// A plan: where new stations should go, numbered by gain, what they reach anew and what is left.
import { calm, el } from "../dom.js";
import { closedMark, proposedMark } from "../icons.js";
import { districtOf, siteName } from "../plan/names.js";
import { number, percent, t } from "../texts.js";

const AREAS = {
  newly_covered: { className: "plan-newly", weight: 0, fillColor: "#0b5d5a", fillOpacity: 0.26 },
  uncovered: { className: "plan-left", weight: 0, fillColor: "#c2410c", fillOpacity: 0.16 },
};
const REACH = { className: "plan-reach", interactive: false, fill: false, color: "#0b5d5a", weight: 1.5, dashArray: "4 4" };
const BY_DISTANCE = ["pmedian", "pcenter"];

const Plan = L.LayerGroup.extend({
  onAdd(map) {
    L.LayerGroup.prototype.onAdd.call(this, map);
    this._tell();
  },

  /** Show the features of a plan in place of any other. */
  show({ features }, plan) {
    this.clear();
    const renderer = (this._renderer ??= L.svg({ pane: "plan" }));
    const areas = features.filter(({ properties: { kind } }) => kind in AREAS);
    const style = ({ properties: { kind } }) => AREAS[kind];
    this.addLayer(L.geoJSON({ type: "FeatureCollection", features: areas }, { pane: "plan", renderer, interactive: false, style }));
    for (const { geometry, properties } of features) {
      const [lon, lat] = geometry.coordinates;
      if (properties.kind === "site") this._site(properties, [lat, lon], plan);
      if (properties.kind === "closed") this._closed(properties, [lat, lon]);
    }
    this._tell();
  },

  clear() {
    this.clearLayers();
    // By rank, and by id where they close.
    this._sites = new Map();
    this._closing = new Map();
    this._tell();
  },

  _tell() {
    const { classList } = document.querySelector(".stage");
    classList.toggle("planned", this.getLayers().length > 0);
    // The legend tells what there is.
    classList.toggle("planned-new", this._sites?.size > 0);
    classList.toggle("planned-close", this._closing?.size > 0);
  },

  _site(site, place, plan) {
    const name = siteName(plan, site);
    const icon = L.divIcon({ className: "proposed", iconSize: [30, 30], html: proposedMark(site.rank) });
    const mark = L.marker(place, { icon, title: name, zIndexOffset: 900 - site.rank, riseOnHover: true });
    const label = countsWorkers(plan, site)
      ? t("plan.site.marker", { rank: site.rank, name, n: number(site.gain) })
      : t("plan.site.marker_plain", { rank: site.rank, name });
    const open = () => this._open(place, describe(plan, site));
    // Reach along the streets is no circle.
    if (!BY_DISTANCE.includes(plan.problem) && (plan.method ?? "straight_line") === "straight_line") {
      this.addLayer(L.circle(place, { ...REACH, pane: "plan", renderer: this._renderer, radius: plan.radius_m }));
    }
    this._add(mark, label, open);
    this._sites.set(site.rank, { place, open });
  },

  _closed({ name, id }, place) {
    const icon = L.divIcon({ className: "proposed", iconSize: [30, 30], html: closedMark() });
    const mark = L.marker(place, { icon, title: name, zIndexOffset: 800 });
    const card = () => el("article", { class: "card" }, el("p", { class: "card-kicker", text: t("plan.site.close") }), el("h2", { text: name || id }));
    const open = () => this._open(place, card());
    this._add(mark, t("plan.site.close_marker", { name: name || id }), open);
    this._closing.set(id, { place, open });
  },

  _add(mark, label, act) {
    mark.on("click", act);
    mark.on("keypress", ({ originalEvent: { key } }) => (key === "Enter" || key === " ") && act());
    mark.on("add", () => mark.getElement().setAttribute("aria-label", label));
    this.addLayer(mark);
  },

  _open(place, content) {
    L.popup({ className: "plan-popup", maxWidth: 280, offset: [0, -8], autoPanPadding: [24, 72] })
      .setLatLng(place)
      .setContent(content)
      .openOn(this._map);
  },

  /** Bring all stations of the plan into view. */
  fit(map) {
    const places = [this._sites, this._closing].flatMap((all) => [...(all?.values() ?? [])]).map(({ place }) => place);
    if (places.length) map.fitBounds(places, { padding: [72, 72], maxZoom: 14, animate: !calm.matches });
  },

  /** Show a proposed station, or one that closes, in the middle of the map and say what it is. */
  flyTo(map, { rank, id }) {
    const site = rank ? this._sites?.get(rank) : this._closing?.get(id);
    if (!site) return;
    if (!map.hasLayer(this)) this.addTo(map);
    const zoom = Math.max(map.getZoom(), 14);
    map.once("moveend", site.open);
    if (calm.matches) map.setView(site.place, zoom, { animate: false });
    else map.flyTo(site.place, zoom, { duration: 0.7 });
  },
});

const countsWorkers = (plan, site) => site.gain !== null && !BY_DISTANCE.includes(plan.problem);

function describe(plan, site) {
  const rows = [
    ["plan.site.exclusive", site.exclusive === null ? null : t("plan.people", { n: number(site.exclusive) })],
    ["plan.site.after", percent(site.cumulative_share)],
    ["plan.site.cost", site.cost ? t("plan.yuan", { n: number(site.cost) }) : null],
    ["plan.site.district", districtOf(plan, site)],
  ].filter(([, value]) => value);
  const gain = countsWorkers(plan, site) ? t("plan.site.adds", { n: number(site.gain) }) : null;
  return el(
    "article",
    { class: "card" },
    el("p", { class: "card-kicker", text: t("plan.site.kicker", { rank: site.rank }) }),
    el("h2", { text: siteName(plan, site) }),
    gain && el("p", { class: "card-lead proposed-lead", text: gain }),
    el("dl", { class: "card-facts" }, rows.map(([key, value]) => [el("dt", { text: t(key) }), el("dd", { text: value })])),
  );
}

export const plan = () => new Plan();
