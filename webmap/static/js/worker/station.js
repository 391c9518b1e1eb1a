// One station: how far it is from where one was last, keep it, share it, and its map.
import { get } from "../api.js";
import { ago, clock, distance, stateOf, t } from "../texts.js";
import { recall, savedStations, toggleSaved } from "./memory.js";
import { connected, lost, serviceWorker } from "./offline.js";
import { startStrip } from "./strip.js";

const main = document.getElementById("content");
const { station: id, lon, lat, made, inService } = main.dataset;
const PLACE_OLD_MS = 30 * 60_000;
/** From when on a page was not made for this visit, but kept by the service worker. */
const PAGE_OLD_MS = 5 * 60_000;

start();

function start() {
  tellAge();
  savable();
  sharable();
  if (!lon) return;
  const last = recall("place");
  const place = last && Date.now() - (last.at ?? 0) < PLACE_OLD_MS ? last : null;
  const mode = recall("choice")?.mode ?? "walk";
  const strip = startStrip(document.getElementById("strip"), { onPlace: () => {} });
  const { textContent: name } = document.querySelector("h1");
  const look = /look-(\w+)/.exec(document.querySelector(".answer").className)[1];
  const state = document.querySelector(".state").textContent;
  strip.showStations({
    place,
    mode,
    stations: [{ id, lon: Number(lon), lat: Number(lat), look, name, state, entry: "", minutes: "", href: location.pathname }],
  });
  if (place) tellWay(place, mode);
}

/** Say since when a kept page is, by the server's clock: a phone's may be wrong. */
async function tellAge() {
  try {
    const answer = await fetch(location.pathname, { method: "HEAD" });
    if (new Date(answer.headers.get("date")) - new Date(made) < PAGE_OLD_MS) return;
  } catch {
    connected(() => location.reload());
  }
  lost(t("live.offline_since", { time: ago(new Date(made), new Date()) }), { again: false });
}

/** From the last place: how long it takes, and the door then. */
async function tellWay(place, mode) {
  let way;
  try {
    way = await get(`/api/v1/stations/${encodeURIComponent(id)}/route`, { lon: place.lon, lat: place.lat, mode });
  } catch {
    return;
  }
  const { duration_s: seconds, length_m: metres, estimated, arrive_at: arrival, ...door } = way.properties;
  const state = inService === undefined ? "" : stateOf(door, new Date(arrival)).text;
  document.getElementById("way").textContent = t(`live.way.${mode}`, {
    n: Math.max(Math.ceil(seconds / 60), 1),
    distance: distance(metres),
    time: clock(new Date(arrival)),
    state: state && t("live.way.state", { state }),
    note: estimated ? t("live.estimated") : "",
  });
  document.getElementById("way").hidden = false;
}

function savable() {
  const button = document.getElementById("save");
  const draw = (saved) => {
    button.setAttribute("aria-pressed", String(saved));
    button.querySelector("span").textContent = t(saved ? "live.saved" : "live.save");
  };
  button.hidden = false;
  draw(savedStations().includes(id));
  button.addEventListener("click", async () => {
    const saved = toggleSaved(id);
    draw(saved);
    (await serviceWorker())?.postMessage({ kind: saved ? "keep" : "drop", addresses: [location.pathname] });
  });
}

function sharable() {
  const button = document.getElementById("share");
  const note = document.getElementById("shared");
  const { name: title } = button.dataset;
  const url = location.origin + location.pathname;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      if (navigator.share) await navigator.share({ title, url });
      else {
        await navigator.clipboard.writeText(url);
        note.textContent = t("live.copied");
      }
    } catch (error) {
      // Who changes their mind has not failed; where nothing can be copied, the address is shown.
      if (error.name !== "AbortError") note.textContent = url;
    }
  });
}
