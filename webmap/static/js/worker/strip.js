// The map beside the list, in a frame of its own: it is loaded when the list is there.
import { el } from "../dom.js";
import { t } from "../texts.js";
import { cards } from "./cards.js";

/** Make the map's place; `onPlace` is told where one has tapped on it, `onCloser` that one has to tap again. */
export function startStrip(element, { onPlace, onCloser = () => {} }) {
  let frame = null;
  let shown = null;

  const send = () => frame && shown && frame.contentWindow.postMessage(shown, location.origin);

  addEventListener("message", ({ source, origin, data }) => {
    if (!frame || source !== frame.contentWindow || origin !== location.origin) return;
    if (data.kind === "ready") send();
    if (data.kind === "tapped") onPlace(data);
    if (data.kind === "closer") onCloser();
    if (data.kind === "chosen") choose(data.id);
  });

  function load() {
    if (frame) return;
    element.hidden = false;
    frame = el("iframe", { title: element.dataset.title, src: element.dataset.map });
    element.replaceChildren(frame);
  }

  /** Whoever saves data is asked first: a base map can weigh more than all else. */
  function offer() {
    if (frame || !element.hidden) return;
    element.hidden = false;
    element.append(el("button", { type: "button", class: "quiet", text: t("live.show_map"), on: { click: load } }));
  }

  /** Show stations, and where one is: `{ place, mode, stations }`. */
  function showStations(what) {
    shown = { kind: "show", ...what };
    // The list is painted first.
    requestAnimationFrame(() => setTimeout(navigator.connection?.saveData ? offer : load));
    send();
  }

  return {
    open: load,
    showStations,
    /** Show a place and the stations of a list. */
    show: (place, list, { follow = true } = {}) =>
      showStations({ place, mode: list.dataset.mode, stations: cards(list), follow }),
  };
}

function choose(id) {
  for (const card of document.querySelectorAll(".card")) {
    const chosen = card.dataset.id === id;
    card.classList.toggle("chosen", chosen);
    if (chosen && !document.body.classList.contains("map-open")) card.scrollIntoView({ block: "nearest", behavior: "smooth" });
  }
}
