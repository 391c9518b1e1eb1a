// One station in words: can I get in, until when, how, and what is there.
import { get, isAbort } from "./api.js";
import { say } from "./banners.js";
import { config } from "./config.js";
import { el } from "./dom.js";
import { hourName } from "./hours/names.js";
import { onStates, stateThen } from "./hours/states.js";
import { stateMark } from "./icons.js";
import { hourNow, reachShown, setStation, streetMode } from "./state.js";
import { ago, kindOf, number, stateOf, t, word } from "./texts.js";

let request = null;

/**
 * Ask for a station and show it where it stands, or at `place` until that is known. The map moves
 * there with `move`, just enough for the popup by default, and not at all with `stay`.
 */
export async function openStation(map, id, { place = null, mark = null, move = false, stay = false } = {}) {
  request?.abort();
  const own = new AbortController();
  request = own;
  const popup = L.popup({
    className: "station-popup",
    minWidth: 248,
    maxWidth: 320,
    offset: [0, -6],
    autoPan: !stay,
    autoPanPaddingTopLeft: [12, 68],
    autoPanPaddingBottomRight: [12, 16],
    maxHeight: Math.max(map.getSize().y - 120, 220),
  });
  popup.setContent(el("p", { class: "card card-loading", text: t("station.loading") }));
  if (place) popup.setLatLng(place).openOn(map);
  setStation(id);
  popup.on("remove", () => {
    own.abort();
    setStation(null);
    // Who came by keyboard goes back to where they were.
    if (mark?.getElement()?.isConnected && popup.getElement()?.contains(document.activeElement)) {
      mark.getElement().focus({ preventScroll: true });
    }
  });
  try {
    const station = await get(`/api/v1/stations/${encodeURIComponent(id)}`, {}, { signal: own.signal });
    const position = station.geometry?.coordinates;
    if (position) {
      const [lon, lat] = position;
      if (move) map.setView([lat, lon], Math.max(map.getZoom(), 16), { animate: false });
      popup.setLatLng([lat, lon]);
    } else if (!place) popup.setLatLng(map.getCenter());
    const states = el("div");
    const tell = () => states.replaceChildren(...statesOf(station));
    tell();
    onStates(tell, own.signal);
    popup.setContent(describe(station, states, position && streetMode() && actions(map, station, mark)));
    if (!popup.isOpen()) {
      popup.openOn(map);
      setStation(id);
    }
    popup.update();
    name(popup, station.properties.name);
    // Who came by keyboard reads on in the popup.
    if (mark?.getElement() === document.activeElement) popup.getElement().focus({ preventScroll: true });
  } catch (error) {
    if (isAbort(error)) return;
    const text = t("station.failed", { detail: error.message });
    popup.setContent(el("p", { class: "card card-failed", role: "alert", text }));
    if (!popup.isOpen()) popup.setLatLng(place ?? map.getCenter()).openOn(map);
  }
}

function name(popup, text) {
  const element = popup.getElement();
  element?.setAttribute("role", "dialog");
  element?.setAttribute("tabindex", "-1");
  element?.setAttribute("aria-label", text);
  element?.querySelector(".leaflet-popup-close-button")?.setAttribute("aria-label", t("map.close"));
}

const REACH = { walk: "reach.title.walk", ebike: "reach.title.ebike" };
const ROUTE = { walk: "route.title.walk", ebike: "route.title.ebike" };

/** What can be seen of the streets around a station; loaded when it is asked for. */
function actions(map, { id, properties }, mark) {
  const mode = streetMode();
  const station = { id, name: properties.name, mark, station: properties };
  const button = (text, act, pressed) =>
    el("button", {
      type: "button",
      class: "street-act",
      "aria-pressed": pressed,
      text,
      on: { click: ({ currentTarget }) => act(currentTarget).catch((error) => say(t("panel.failed", { detail: error.message }))) },
    });
  const reach = async (target) => {
    const { toggleReach } = await import("./streets/reach.js");
    target.setAttribute("aria-pressed", String(toggleReach(map, station)));
  };
  const route = async () => (await import("./streets/route.js")).showRoute(map, station);
  return el(
    "p",
    { class: "street-acts" },
    button(t(REACH[mode]), reach, String(reachShown() === id)),
    button(t(ROUTE[mode]), route),
  );
}

const stateLine = (state, text, look = "card-state") =>
  el("p", { class: `${look} look-${state.look}` }, stateMark(state), el("span", { text }));

/** How a station is now; where an hour is chosen, how it is then, and below it now, said so. */
function statesOf({ id, properties }) {
  const now = stateOf(properties);
  if (hourNow() === null) return [stateLine(now, now.text)];
  const then = stateThen(id);
  return [
    then && stateLine(then, t("hours.state", { time: hourName(then.hour), state: then.text })),
    stateLine(now, t("hours.state_now", { state: now.text }), "card-state card-now"),
  ].filter(Boolean);
}

function describe({ id, properties: p }, states, acts = null) {
  const kinds = [...new Set([kindOf(p), ...(p.services ?? [])])];
  const tags = [
    ...kinds.map((kind) => word("kind", kind)),
    p.star ? t("station.star", { n: p.star }) : null,
    p.mobile ? t("station.mobile") : null,
    ...(p.labels ?? []),
  ].filter(Boolean);
  return el(
    "article",
    { class: "card" },
    el("h2", {}, el("a", { href: `/stations/${encodeURIComponent(id)}`, text: p.name })),
    el("p", { class: "card-kinds", text: tags.join(" · ") }),
    states,
    ...(p.reported ?? []).map((one) => el("p", { class: "card-alert", text: reported(one) })),
    acts || null,
    chips(p),
    facts(p),
    verified(p),
  );
}

/** What several people report, as a sentence. */
function reported({ problem, facilities, people, last }) {
  const named = facilities.map((code) => word("facilities", code)).join(t("list.comma"));
  const what = named ? t("alert.what", { problem: word("problem", problem), named }) : word("problem", problem);
  return t("alert.people", { n: people, what, when: ago(new Date(last), new Date()) });
}

function facts(p) {
  const size = [
    p.area_m2 ? t("station.area", { n: number(p.area_m2) }) : null,
    p.capacity ? t("station.capacity", { n: number(p.capacity) }) : null,
  ].filter(Boolean);
  const rows = [
    ["station.access", ways(p)],
    // As people wrote it, not as machines read it.
    ["station.hours", p.hours_text ?? plainHours(p.opening_hours)],
    ["station.address", p.address],
    ["station.phone", p.phone && phone(p.phone)],
    ["station.host", p.host],
    ["station.serves", serves(p)],
    ["station.size", size.join(" · ")],
  ].filter(([, value]) => value);
  return rows.length
    ? el("dl", { class: "card-facts" }, rows.map(([key, value]) => [el("dt", { text: t(key) }), el("dd", {}, value)]))
    : null;
}

/** A number to tap; whatever else stands there is read: `*` and `#` would be commands to a phone. */
function phone(text) {
  const digits = text.replace(/\D/g, "");
  return digits ? el("a", { href: `tel:${text.startsWith("+") ? "+" : ""}${digits}`, text }) : text;
}

const plainHours = (hours) => (hours === "24/7" ? t("state.open_always") : hours);

/** Ways in: those that hold now first, then all on record with their hours. */
function ways({ access = [], entry }) {
  if (!access.length) return null;
  const now = new Set(entry ?? []);
  return el(
    "ul",
    { class: "ways" },
    access.map(({ mode, hours }) =>
      el(
        "li",
        now.has(mode) ? { class: "way-now" } : {},
        el("span", { text: word("access", mode) }),
        hours && access.length > 1 ? el("small", { text: ` ${plainHours(hours)}` }) : null,
      ),
    ),
  );
}

function serves({ serves: groups = [] }) {
  return groups.map((group) => word("serves", group)).join(" · ");
}

function chips({ facilities = {} }) {
  const there = Object.keys(config.words.facilities).filter((code) => facilities[code] === true);
  const asked = config.coreFacilities.filter((code) => !(code in facilities));
  if (!there.length && !asked.length) return null;
  const items = [
    ...there.map((code) => el("li", { class: "fact-chip", text: word("facilities", code) })),
    ...asked.map((code) => {
      const name = word("facilities", code);
      const label = t("station.facility_unknown", { name });
      return el("li", { class: "fact-chip unknown", title: label, "aria-label": label, text: `${name} ?` });
    }),
  ];
  return el("ul", { class: "fact-chips", "aria-label": t("station.facilities") }, items);
}

function verified({ verified_days: days }) {
  let text = t("station.never_verified");
  let stale = true;
  if (days !== null && days !== undefined) {
    stale = days > config.staleDays;
    if (days === 0) text = t("station.verified_today");
    else text = t(stale ? "station.verified_stale" : "station.verified", { n: days });
  }
  return el("p", { class: stale ? "card-age stale" : "card-age", text });
}
