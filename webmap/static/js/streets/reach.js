// Where a station is reached from along the streets, beside the circle that is drawn in its place.
import { get, isAbort } from "../api.js";
import { config } from "../config.js";
import { el } from "../dom.js";
import { onMode, reachShown, setReach, streetMode } from "../state.js";
import { area, lang, minuteCount, number, percent, t } from "../texts.js";
import { drawn, fault, openCard, ring, tag } from "./card.js";

const TITLES = { walk: "reach.title.walk", ebike: "reach.title.ebike" };
const PEOPLE = { walk: "reach.people.walk", ebike: "reach.people.ebike" };
const AREAS = { walk: "reach.area.walk", ebike: "reach.area.ebike" };
/** The longest time that the server draws. */
const MOST_MINUTES = 60;
/** From the longest time to the shortest; fills add up to three shades. */
const LOOKS = [
  { className: "reach-line", color: "#0a3f7a", weight: 2.4, fillColor: "#1763b8", fillOpacity: 0.2 },
  { className: "reach-line", color: "#0a3f7a", weight: 1.6, fillColor: "#1259ab", fillOpacity: 0.24 },
  { className: "reach-line", color: "#0a3f7a", weight: 1.6, dashArray: "1 4", fillColor: "#0a3f7a", fillOpacity: 0.34 },
];
const CIRCLE = { className: "reach-circle", fill: false, color: "#14211f", weight: 2.2, dashArray: "7 6" };
const HALO = { className: "reach-halo", fill: false, color: "#ffffff", weight: 5, opacity: 0.75 };
/** Where on their outlines the times stand, from the longest, and the circle's radius: degrees from the east. */
const TIMES_AT = [25, 160, 90];
const CIRCLE_AT = -90;

let shown = null;
onMode(() => shown?.draw());

/** Thirds of the minutes of the norm, the last one whole. */
function minutesAsked() {
  const most = Math.min(config.minutes, MOST_MINUTES);
  return [...new Set([1 / 3, 2 / 3, 1].map((part) => Math.max(part === 1 ? most : Math.round(most * part), 1)))];
}

/** Show the reach of a station, or take it away where it is shown; returns whether it is. */
export function toggleReach(map, { id, name, mark }) {
  if (reachShown() === id && shown) {
    shown.card.close();
    return false;
  }
  showReach(map, { id, name, mark });
  return true;
}

/** Show the reach of a station in place of any other; `stay` leaves the map where it looks. */
export function showReach(map, { id, name, mark, stay = false }) {
  const group = L.layerGroup().addTo(map);
  let request = null;
  const gone = () => {
    request?.abort();
    group.remove();
    shown = null;
    setReach(null);
  };
  const card = openCard(map, { kicker: t(TITLES[streetMode()]), name, mark, gone });
  setReach(id);

  async function draw() {
    const mode = streetMode();
    request?.abort();
    request = new AbortController();
    card.title(t(TITLES[mode]));
    card.body.replaceChildren(el("p", { class: "street-wait", role: "status", text: t("reach.waiting") }));
    try {
      const path = `/api/v1/stations/${encodeURIComponent(id)}/isochrone`;
      const found = await get(path, { mode, minutes: minutesAsked() }, { signal: request.signal });
      if (!card.isOpen()) return;
      paint(group, found);
      card.body.replaceChildren(...told(found));
      if (!stay) card.fit(circleOf(found).getBounds());
    } catch (error) {
      if (isAbort(error) || !card.isOpen()) return;
      group.clearLayers();
      card.body.replaceChildren(fault(error.message));
    }
  }

  shown = { card, draw };
  return draw();
}

/** The circle as a layer that knows its bounds without a map. */
function circleOf({ centre: [lon, lat], circle_m: metres }) {
  return L.polygon(
    Array.from({ length: 96 }, (_, i) => pointAt([lat, lon], metres, (2 * Math.PI * i) / 96)),
    drawn(CIRCLE),
  );
}

const METRES_A_DEGREE = 111_320;
const radians = (degrees) => (degrees * Math.PI) / 180;

/** The place so many metres away, at an angle from the east. */
function pointAt([lat, lon], metres, angle) {
  const north = (metres * Math.sin(angle)) / METRES_A_DEGREE;
  const east = (metres * Math.cos(angle)) / (METRES_A_DEGREE * Math.cos(radians(lat)));
  return [lat + north, lon + east];
}

function paint(group, found) {
  const { centre, circle_m: metres, features } = found;
  const place = [centre[1], centre[0]];
  group.clearLayers();
  features.forEach((feature, i) => group.addLayer(L.geoJSON(feature, drawn({ style: lookOf(i, features.length) }))));
  group.addLayer(circleOf(found).setStyle(HALO));
  group.addLayer(circleOf(found)).addLayer(ring(centre));
  for (const [i, { geometry, properties }] of features.entries()) {
    const far = farthest(geometry, centre, radians(TIMES_AT[i]));
    if (far) group.addLayer(tag(far, t("reach.minutes", { n: minuteCount(properties.minutes) }), "street-tag-time"));
  }
  group.addLayer(tag(pointAt(place, metres, radians(CIRCLE_AT)), t("reach.circle", { n: number(metres) }), "street-tag-circle"));
}

const lookOf = (i, count) => ({ ...LOOKS[Math.min(i + LOOKS.length - count, LOOKS.length - 1)] });

/** The vertex of a shape that lies farthest in a direction. */
function farthest({ type, coordinates }, [lon0, lat0], angle) {
  const rings = type === "Polygon" ? [coordinates[0]] : coordinates.map((polygon) => polygon[0]);
  const shrink = Math.cos(radians(lat0));
  let best = null;
  for (const [lon, lat] of rings.flatMap((ring) => ring ?? [])) {
    const far = (lon - lon0) * shrink * Math.cos(angle) + (lat - lat0) * Math.sin(angle);
    if (!best || far > best.far) best = { far, place: [lat, lon] };
  }
  return best?.place;
}

/** What the shapes say, in words and figures. */
function told({ mode, circle_m: metres, circle_workers: inCircle, features }) {
  const [{ properties: longest }] = features;
  const counted = longest.workers !== null && inCircle !== null;
  const circleArea = Math.PI * metres ** 2;
  const values = {
    minutes: minuteCount(longest.minutes),
    n: number(counted ? longest.workers : 0),
    area: area(longest.area_m2),
    share: percent(Math.min(longest.area_m2 / circleArea, 1)),
  };
  const size = (workers, squareMetres) => (counted ? t("reach.count", { n: number(workers) }) : area(squareMetres));
  const rows = features.toReversed().map(({ properties }, i) => [
    el("span", { class: `reach-key reach-key-${lookNumber(i, features.length)}`, "aria-hidden": "true" }),
    t("reach.minutes", { n: minuteCount(properties.minutes) }),
    size(properties.workers, properties.area_m2),
  ]);
  rows.push([
    el("span", { class: "reach-key reach-key-circle", "aria-hidden": "true" }),
    t("reach.circle", { n: number(metres) }),
    size(inCircle, circleArea),
  ]);
  return [
    el("p", { class: "street-lead", role: "status" }, t(counted ? PEOPLE[mode] : AREAS[mode], values), lang === "zh" ? "" : " ", el("small", { text: beside(counted, longest.workers, inCircle, values) })),
    el("ul", { class: "reach-rows" }, rows.map(([key, label, value]) => el("li", {}, el("span", {}, key, label), el("b", { text: value })))),
  ];
}

/** 1 is the shortest of three times. */
const lookNumber = (i, count) => i + 1 + LOOKS.length - count;

/** What the circle would have said. */
function beside(counted, reached, inCircle, { share }) {
  if (!counted) return t("reach.share", { share });
  const extra = Math.round(inCircle) - Math.round(reached);
  const values = { circle: number(inCircle), n: number(extra) };
  return extra > 0 ? t("reach.over", values) : t("reach.same", values);
}
