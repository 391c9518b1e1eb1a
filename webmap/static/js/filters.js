// Filters as chips; what is chosen goes into the address and drives the layers.
import { config } from "./config.js";
import { el } from "./dom.js";
import { kindIcon } from "./icons.js";
import { clearFilters, filters, filtersChanged, hourNow, isFiltered, onFilters, onHour, toggle } from "./state.js";
import { t, word } from "./texts.js";

const GROUPS = [
  { name: "kind", list: "kind", title: t("filter.kind"), hint: t("filter.hint.kind"), then: t("filter.then.kind") },
  { name: "facility", list: "facilities", title: t("filter.facility"), hint: t("filter.hint.facility"), then: t("filter.then.facility") },
  { name: "access", list: "access", title: t("filter.access"), hint: t("filter.hint.access"), then: t("filter.then.access") },
];
let opened = null;

/** Put the chips in their place. */
export function startFilters() {
  draw();
  onFilters(draw);
  onHour(draw);
  document.addEventListener("pointerdown", (event) => {
    if (opened && !event.target.closest("#toolbar")) close();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !opened) return;
    const name = opened;
    close();
    document.querySelector(`[data-group="${name}"]`)?.focus();
  });
}

function draw() {
  const row = document.getElementById("filters");
  const focused = document.activeElement?.dataset?.chip;
  const open = chip("open", t(hourNow() === null ? "filter.open" : "filter.open_then"), filters.open, () => {
    filters.open = !filters.open;
    filtersChanged();
  });
  const groups = GROUPS.map(({ name, title }) => {
    const chosen = filters[name].size;
    return el(
      "button",
      {
        type: "button",
        class: chosen ? "chip chosen" : "chip",
        "data-chip": name,
        "data-group": name,
        "aria-haspopup": "true",
        "aria-expanded": String(opened === name),
        "aria-controls": "choices",
        "aria-label": chosen ? t("filter.chosen", { name: title, n: chosen }) : title,
        on: { click: () => (opened === name ? close() : openGroup(name)) },
      },
      title,
      chosen ? el("b", { text: chosen }) : null,
      el("span", { class: "caret", "aria-hidden": "true" }),
    );
  });
  const clear = isFiltered()
    ? el("button", { type: "button", class: "chip clear", "data-chip": "clear", text: t("filter.clear"), on: { click: clearFilters } })
    : null;
  row.replaceChildren(...[open, ...groups, clear].filter(Boolean));
  if (focused) row.querySelector(`[data-chip="${focused}"]`)?.focus();
  if (opened) drawChoices();
}

function chip(key, text, pressed, act, icon = null) {
  return el(
    "button",
    {
      type: "button",
      class: pressed ? "chip chosen" : "chip",
      "data-chip": key,
      "aria-pressed": String(pressed),
      on: { click: act },
    },
    icon,
    text,
  );
}

function openGroup(name) {
  opened = name;
  draw();
}

function close() {
  opened = null;
  document.getElementById("choices").hidden = true;
  draw();
}

function drawChoices() {
  const { name, list, title, hint, then } = GROUPS.find((group) => group.name === opened);
  const box = document.getElementById("choices");
  const focused = document.activeElement?.dataset?.chip;
  const codes = Object.keys(config.words[list]);
  const chips = codes.map((code) =>
    chip(`${name}:${code}`, word(list, code), filters[name].has(code), () => toggle(name, code), name === "kind" ? kindIcon(code) : null),
  );
  box.replaceChildren(
    el("p", { class: "choices-hint" }, el("b", { text: title }), " ", hourNow() === null ? hint : then),
    el("div", { class: "choices-list", role: "group", "aria-label": title }, chips),
    el("button", { type: "button", class: "done", text: t("filter.done"), on: { click: close } }),
  );
  box.hidden = false;
  if (focused) box.querySelector(`[data-chip="${CSS.escape(focused)}"]`)?.focus();
}
