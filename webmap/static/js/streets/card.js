// The card over the map that says what is drawn along the streets; one at a time.
import { calm, el, narrow } from "../dom.js";
import { t } from "../texts.js";

const EDGE_PX = 16;
/** What floats over the map: above it where it is wide, nothing but the card on a phone. */
const TOOLBAR_PX = 64;
let current = null;

/**
 * Put a card on the map in place of any other. `mark` is the station's, which gets the focus back;
 * `gone` is called when the card goes: by its button, by Escape, or for the next one.
 */
export function openCard(map, { kicker, name, mark, gone }) {
  current?.close();
  map.closePopup();
  const stage = map.getContainer().closest(".stage");
  const body = el("div", { class: "street-body" });
  const head = el("p", { class: "card-kicker" });
  const node = el(
    "section",
    { class: "street-card card", tabindex: -1 },
    head,
    el("h2", { text: name }),
    body,
    el("button", { type: "button", class: "street-close", "aria-label": t("map.close"), text: "×", on: { click: () => card.close() } }),
  );
  const card = { node, body, title, close, fit, isOpen: () => node.isConnected };

  /** Say what the card tells of the station. */
  function title(text) {
    head.textContent = text;
    node.setAttribute("aria-label", t("reach.card", { what: text, name }));
  }

  // Before anybody else: what lies above the card is closed first.
  function onKey(event) {
    if (event.key !== "Escape" || stage.classList.contains("reading")) return;
    if (["choices", "search-results"].some((id) => !document.getElementById(id).hidden)) return;
    close();
  }

  function close() {
    if (current !== card) return;
    const inside = node.contains(document.activeElement);
    current = null;
    document.removeEventListener("keydown", onKey, true);
    node.remove();
    stage.classList.remove("tracing");
    gone();
    if (inside) (mark?.getElement() ?? map.getContainer()).focus({ preventScroll: true });
  }

  /** Show an area of the map beside the card. */
  function fit(bounds, maxZoom) {
    const wide = !narrow.matches;
    // On a phone the card takes the place of the panel, and the map has grown.
    map.invalidateSize({ animate: false });
    map.fitBounds(bounds, {
      paddingTopLeft: wide ? [node.offsetWidth + 3 * EDGE_PX, TOOLBAR_PX] : [EDGE_PX, 3 * EDGE_PX],
      paddingBottomRight: [EDGE_PX, wide ? TOOLBAR_PX : node.offsetHeight + 2 * EDGE_PX],
      maxZoom,
      animate: !calm.matches,
    });
  }

  title(kicker);
  document.addEventListener("keydown", onKey, true);
  stage.classList.add("tracing");
  stage.append(node);
  node.focus({ preventScroll: true });
  current = card;
  return card;
}

/** Something that went wrong, with what to do about it. */
export const fault = (text) => el("p", { class: "street-fault", role: "alert", text });

/** A tag on the map that says a word; the card says the same to who does not see it. */
export function tag(place, text, look) {
  const html = el("span", { class: `street-tag ${look}`, "aria-hidden": "true", text });
  const icon = L.divIcon({ className: "street-mark", iconSize: null, html });
  return L.marker(place, { icon, pane: "streetTags", interactive: false, keyboard: false });
}

let renderer = null;

/** How shapes along the streets are drawn: above the areas, below the stations, and never in the way. */
export const drawn = (style) => ({ pane: "streets", renderer: (renderer ??= L.svg({ pane: "streets" })), interactive: false, ...style });

const RING = { className: "street-ring", radius: 15, color: "#0a3f7a", weight: 3, fillColor: "#ffffff", fillOpacity: 0.75 };

/** A ring around the station that it is all about. */
export const ring = ([lon, lat]) => L.circleMarker([lat, lon], drawn(RING));
