// The box that finds a station by its name or address.
import { get, isAbort } from "./api.js";
import { debounced, el } from "./dom.js";
import { stateMark } from "./icons.js";
import { openStation } from "./popup.js";
import { kindOf, stateOf, t, word } from "./texts.js";

const MOST = 8;
const WAIT_MS = 220;

/** Make the search box work. */
export function startSearch(map) {
  const input = document.getElementById("search");
  const list = document.getElementById("search-results");
  let found = [];
  let active = -1;
  let request = null;

  const close = () => {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const choose = (station) => {
    close();
    input.blur();
    document.dispatchEvent(new CustomEvent("yizhan:show-map"));
    openStation(map, station.id, { move: true });
  };
  const show = (children) => {
    list.replaceChildren(...children);
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
  };
  const mark = (index) => {
    active = index;
    [...list.children].forEach((item, i) => item.setAttribute("aria-selected", String(i === index)));
    if (index >= 0) {
      input.setAttribute("aria-activedescendant", `result-${index}`);
      list.children[index].scrollIntoView({ block: "nearest" });
    }
  };
  const look = debounced(async () => {
    const q = input.value.trim();
    request?.abort();
    if (!q) {
      close();
      return;
    }
    request = new AbortController();
    try {
      const answer = await get("/api/v1/stations", { q: q.slice(0, 100), limit: MOST, status: "open,suspended" }, { signal: request.signal });
      found = answer.features;
      active = -1;
      if (!found.length) show([el("li", { class: "none", role: "presentation", text: t("search.none", { q }) })]);
      else show(found.map((station, i) => result(station, i, choose)));
    } catch (error) {
      if (!isAbort(error)) show([el("li", { class: "none", role: "presentation", text: t("panel.failed", { detail: error.message }) })]);
    }
  }, WAIT_MS);

  input.addEventListener("input", look);
  input.addEventListener("focus", () => input.value.trim() && look());
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    if (list.hidden || !found.length) return;
    if (event.key === "ArrowDown") mark((active + 1) % found.length);
    else if (event.key === "ArrowUp") mark((active - 1 + found.length) % found.length);
    else if (event.key === "Enter") choose(found[Math.max(active, 0)]);
    else return;
    event.preventDefault();
  });
  document.addEventListener("pointerdown", (event) => {
    if (!event.target.closest(".search")) close();
  });
}

function result(station, index, choose) {
  const { properties, geometry } = station;
  const state = stateOf(properties);
  const place = geometry ? properties.address ?? word("kind", kindOf(properties)) : t("search.nowhere");
  return el(
    "li",
    {
      id: `result-${index}`,
      role: "option",
      "aria-selected": "false",
      on: { click: () => choose(station) },
    },
    stateMark(state, kindOf(properties)),
    el("span", { class: "result-text" }, el("b", { text: properties.name }), el("small", { text: `${state.text} · ${place}` })),
  );
}
