// The stations around: position, choice and list; the map comes after the list.
import { ago, distance, t } from "../texts.js";
import { keep, recall } from "./memory.js";
import { connected, lost } from "./offline.js";
import { permission, whereAmI } from "./position.js";
import { startStrip } from "./strip.js";

const COARSE_M = 200;
const AGAIN_MS = 60_000;
const REASONS = { denied: "live.denied", unavailable: "live.no_position", timeout: "live.timeout" };
const FLAGS = ["open", "free", "all_day", "nursing_room"];

const form = document.getElementById("asking");
const note = document.getElementById("where-note");
const box = document.getElementById("where");
const usePosition = document.getElementById("use-position");
const useMap = document.getElementById("use-map");
const useLast = document.getElementById("use-last");
const content = document.getElementById("content");
const strip = startStrip(document.getElementById("strip"), { onPlace: placeOnMap });

/** The place that the list is of: `{ lon, lat, label? }`, or a text that only the server can place. */
let place = null;
let asking = null;
let listedAt = 0;
/** Whether the map was opened to tap where one is. */
let choosing = false;

start();

function start() {
  const list = part("list");
  if (list.dataset.lon) {
    // The server has answered already: the link said where.
    place = { lon: Number(list.dataset.lon), lat: Number(list.dataset.lat), label: words("place") };
    listed();
  } else restoreChoice();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = form.elements.q.value.trim();
    if (text) go({ text });
  });
  form.addEventListener("change", (event) => {
    if (event.target.name === "q") return;
    keep("choice", choice());
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
  connected(() => place && ask());
  turn();
  if (!place) begin();
  // Where there is room beside the list, the map is there from the start.
  if (matchMedia("(min-width: 900px)").matches) strip.open();
}

/** Without a place: the phone's position where that is allowed, else the last place, else a question. */
async function begin() {
  const last = recall("place");
  if ((await permission()) === "granted") {
    if (last) go(last, { quiet: true });
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
  try {
    const { lon, lat, accuracy } = await whereAmI();
    tell(accuracy > COARSE_M ? t("live.coarse", { distance: distance(accuracy) }) : "");
    await go({ lon, lat });
  } catch (error) {
    if (!(error.reason in REASONS)) throw error;
    box.open = true;
    tell(t(REASONS[error.reason]));
  } finally {
    usePosition.disabled = false;
  }
}

function placeOnMap({ lon, lat }) {
  tell("");
  if (choosing) turnTo("list");
  go({ lon, lat, label: t("live.map_place") });
}

async function go(to, { quiet = false } = {}) {
  place = to;
  await ask({ quiet });
}

function choice() {
  const { elements } = form;
  const facility = [...form.querySelectorAll('[name="facility"]:checked')].map(({ value }) => value);
  const flags = Object.fromEntries(FLAGS.map((name) => [name, elements[name].checked]));
  return { mode: elements.mode.value, facility, ...flags };
}

function restoreChoice() {
  const kept = recall("choice");
  if (!kept) return;
  for (const radio of form.querySelectorAll('[name="mode"]')) radio.checked = radio.value === (kept.mode ?? "walk");
  for (const name of FLAGS) form.elements[name].checked = Boolean(kept[name]);
  for (const one of form.querySelectorAll('[name="facility"]')) one.checked = (kept.facility ?? []).includes(one.value);
}

function query() {
  const { facility, mode, ...flags } = choice();
  const parameters = new URLSearchParams({ part: "1", sent: "1", mode });
  if ("text" in place) parameters.set("q", place.text);
  else {
    // Metres are enough, and all that the server is told.
    parameters.set("lon", place.lon.toFixed(5));
    parameters.set("lat", place.lat.toFixed(5));
    if (place.label) parameters.set("q", place.label);
  }
  for (const code of facility) parameters.append("facility", code);
  for (const [name, chosen] of Object.entries(flags)) if (chosen) parameters.set(name, "1");
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
    if (!answer.ok) throw new Error(String(answer.status));
    show(await answer.text());
    listed();
    keep("list", { html: parts(), at: Date.now() });
    lost(null);
  } catch (error) {
    if (error.name === "AbortError") return;
    showKept();
  } finally {
    if (asking === own) content.classList.remove("loading");
  }
}

/** Put the parts of an answer of ours in their places; nothing in them is run. */
function show(html) {
  const found = new DOMParser().parseFromString(html, "text/html");
  for (const fresh of found.querySelectorAll("[data-part]")) part(fresh.dataset.part)?.replaceWith(document.adoptNode(fresh));
}

function listed() {
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
  place = { lon: Number(lon), lat: Number(lat), label };
  keep("place", { ...place, at: Date.now() });
  box.open = false;
  strip.show(place, part("list"));
}

/** Without a connection: the last list, and since when it is. */
function showKept() {
  const kept = recall("list");
  if (kept && !part("list").dataset.lon) {
    show(kept.html);
    listed();
  }
  if (part("list").dataset.lon) lost(t("live.offline_since", { time: ago(new Date(kept?.at ?? listedAt), new Date()) }));
  else {
    part("list").replaceChildren();
    lost(t("live.offline_nothing"));
  }
}

function refresh() {
  if (!document.hidden && place && Date.now() - listedAt >= AGAIN_MS) ask({ quiet: true });
}

function turnTo(tab) {
  history.replaceState(null, "", tab === "map" ? "#map" : location.pathname);
  turn();
}

/** Show the list or, where the address says so, the map alone. */
function turn() {
  const open = location.hash === "#map";
  if (!open) choosing = false;
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
