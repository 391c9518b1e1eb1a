// The stations around: position, choice and list; the map comes after the list.
import { ago, distance, t } from "../texts.js";
import { keepChoice, parametersOf, restoreChoice } from "./choice.js";
import { keep, recall } from "./memory.js";
import { connected, lost } from "./offline.js";
import { permission, whereAmI } from "./position.js";
import { startStrip } from "./strip.js";

const COARSE_M = 200;
const AGAIN_MS = 60_000;
/** A little less, since a timer may come early. */
const FRESH_MS = AGAIN_MS - 5_000;
const LAST_MS = 30 * 60_000;
const REASONS = { denied: "live.denied", unavailable: "live.no_position", timeout: "live.timeout" };

const form = document.getElementById("asking");
const note = document.getElementById("where-note");
const box = document.getElementById("where");
const usePosition = document.getElementById("use-position");
const useMap = document.getElementById("use-map");
const useLast = document.getElementById("use-last");
const content = document.getElementById("content");
const strip = startStrip(document.getElementById("strip"), { onPlace: placeOnMap, onCloser: tapAgain });
/** The moment that a link asks for; such a list is not made anew as time goes by. */
const at = new URLSearchParams(location.search).get("at");

/** What the list is of: `{ lon, lat, at, label?, gps? }`, or `{ text, at }` that only the server can place. */
let place = null;
let asking = null;
let listedAt = 0;
/** Whether the map was opened to tap where one is, and whether that made an entry in the history. */
let choosing = false;
let turned = false;

start();

function start() {
  const { lon, lat } = part("list").dataset;
  if (lon) {
    // The server has answered already: the link said where.
    place = { lon: Number(lon), lat: Number(lat), label: words("place"), at: Date.now() };
    listed();
  } else restoreChoice(form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = form.elements.q.value.trim();
    if (text) go({ text });
  });
  form.addEventListener("change", ({ target }) => {
    if (target.name === "q") return;
    keepChoice(form);
    if (place) ask();
  });
  box.addEventListener("toggle", () => document.body.classList.toggle("where-open", box.open));
  document.body.classList.toggle("where-open", box.open);
  usePosition.hidden = false;
  usePosition.addEventListener("click", locate);
  useMap.hidden = false;
  useMap.addEventListener("click", () => {
    choosing = true;
    turnTo("map");
  });
  for (const tab of document.querySelectorAll("[data-tab]")) {
    tab.addEventListener("click", (event) => {
      event.preventDefault();
      turnTo(tab.dataset.tab);
    });
  }
  addEventListener("hashchange", turn);
  document.addEventListener("visibilitychange", refresh);
  setInterval(refresh, AGAIN_MS);
  connected(() => place && ask({ quiet: true }));
  turn();
  if (!place) begin();
  // Where there is room beside the list, the map is there from the start.
  if (matchMedia("(min-width: 900px)").matches) strip.open();
}

/** Without a place: the phone's position where that is allowed, else the last place, else a question. */
async function begin() {
  const last = recall("place");
  const allowed = (await permission()) === "granted";
  if (place) return;
  if (last && (allowed || Date.now() - last.at < LAST_MS)) go(last, { at: last.at });
  if (allowed) {
    locate();
    return;
  }
  if (!last) return;
  useLast.hidden = false;
  useLast.lastElementChild.textContent = t("live.last_place", { name: last.label || t("live.my_position") });
  useLast.addEventListener("click", () => go(last));
}

async function locate() {
  usePosition.disabled = true;
  tell(t("live.locating"));
  const before = place;
  try {
    const { lon, lat, accuracy } = await whereAmI();
    // Somebody who has said meanwhile where they are is not overruled.
    if (place !== before && !sameSpot(place, before)) return tell("");
    tell(accuracy > COARSE_M ? t("live.coarse", { distance: distance(accuracy) }) : "");
    await go({ lon, lat, gps: true });
  } catch (error) {
    if (!(error.reason in REASONS)) throw error;
    box.open = !place;
    tell(t(REASONS[error.reason]));
  } finally {
    usePosition.disabled = false;
  }
}

const sameSpot = (one, other) => one?.lon === other?.lon && one?.lat === other?.lat && one?.text === other?.text;

function tapAgain() {
  document.querySelector(".choosing-note").textContent = t("live.tap_again");
}

function placeOnMap({ lon, lat }) {
  tell("");
  if (choosing) turnTo("list");
  go({ lon, lat, label: t("live.map_place") });
}

function go(to, { quiet = false, at: when = Date.now() } = {}) {
  place = { ...to, at: when };
  return ask({ quiet });
}

function query() {
  const parameters = parametersOf(form);
  parameters.set("part", "1");
  if (at) parameters.set("at", at);
  if ("text" in place) parameters.set("q", place.text);
  else {
    // Metres are enough, and all that the server is told.
    parameters.set("lon", place.lon.toFixed(5));
    parameters.set("lat", place.lat.toFixed(5));
    if (place.label) parameters.set("place", place.label);
  }
  return parameters;
}

/** Ask for the list and show it; the last one stays until the next is there. */
async function ask({ quiet = false } = {}) {
  asking?.abort();
  const own = new AbortController();
  asking = own;
  if (!quiet) content.classList.add("loading");
  if (!part("list").children.length) skeletons();
  try {
    const answer = await fetch(`/?${query()}`, { signal: own.signal });
    if (!answer.ok) throw Object.assign(new Error(answer.statusText), { status: answer.status });
    show(await answer.text());
    listed({ quiet });
    if (part("list").dataset.lon) keep("list", { html: parts(), at: Date.now() });
    lost(null);
  } catch (error) {
    if (error.name !== "AbortError") showKept(error);
  } finally {
    if (asking === own) content.classList.remove("loading");
  }
}

/** Put the parts of an answer of ours in their places, and the focus where it was; nothing in them is run. */
function show(html) {
  const focused = document.activeElement?.closest?.(".card")?.dataset.id;
  const found = new DOMParser().parseFromString(html, "text/html");
  for (const fresh of found.querySelectorAll("[data-part]")) part(fresh.dataset.part)?.replaceWith(document.adoptNode(fresh));
  if (focused) document.querySelector(`.card[data-id="${CSS.escape(focused)}"] a`)?.focus({ preventScroll: true });
}

/** What follows a list: where it is of is remembered, and the map shows it. */
function listed({ quiet = false } = {}) {
  const { lon, lat } = part("list").dataset;
  listedAt = Date.now();
  if (!lon) {
    // The text was of no place: it can be corrected.
    place = null;
    box.open = true;
    form.elements.q.focus();
    return;
  }
  const label = place && "text" in place ? words("place") : place?.label;
  place = { lon: Number(lon), lat: Number(lat), label, gps: place?.gps, at: place?.at ?? listedAt };
  keep("place", place);
  if (!quiet) box.open = false;
  strip.show(place, part("list"), { follow: !quiet });
}

/** Without an answer: the last list, and since when it is. */
function showKept({ status }) {
  const kept = recall("list");
  if (kept && !part("list").dataset.lon) {
    show(kept.html);
    listed();
  }
  if (!part("list").dataset.lon) {
    part("list").replaceChildren();
    lost(status ? t("live.busy", { status }) : t("live.offline_nothing"));
  } else if (status) lost(t("live.busy", { status }));
  else lost(t("live.offline_since", { time: ago(new Date(kept?.at ?? listedAt), new Date()) }));
}

/** As time goes by: the list anew, from where one is by now; nothing that one is doing is disturbed. */
async function refresh() {
  const busy = box.open || document.hidden || !place || at;
  if (busy || Date.now() - listedAt < FRESH_MS) return;
  const before = place;
  if (place.gps) {
    const here = await whereAmI().catch(() => null);
    if (place !== before) return;
    if (here) {
      go({ lon: here.lon, lat: here.lat, gps: true }, { quiet: true });
      return;
    }
  }
  ask({ quiet: true });
}

/** Turn to the map alone, or back to the list: the way back of the phone does the same. */
function turnTo(tab) {
  if (tab === "map") {
    turned ||= location.hash !== "#map";
    location.hash = "map";
  } else if (turned) history.back();
  else history.replaceState(null, "", location.pathname);
  turn(tab === "map");
}

function turn(event) {
  const open = typeof event === "boolean" ? event : location.hash === "#map";
  if (!open) [choosing, turned] = [false, false];
  document.body.classList.toggle("choosing", choosing);
  document.body.classList.toggle("map-open", open);
  for (const tab of document.querySelectorAll("[data-tab]")) {
    if ((tab.dataset.tab === "map") === open) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  if (open) strip.open();
}

function skeletons() {
  part("list").replaceChildren(
    ...[1, 2, 3].map(() => Object.assign(document.createElement("div"), { className: "skeleton" })),
  );
}

function tell(text) {
  note.textContent = text;
}

function part(name) {
  return document.querySelector(`[data-part="${name}"]`);
}

function words(name) {
  return part(name).textContent.trim();
}

function parts() {
  return [...document.querySelectorAll("[data-part]")].map((one) => one.outerHTML).join("");
}
