// The figures of the panel: nominal beside effective, and why they differ.
import { el } from "./dom.js";
import { distance, number, percent, t } from "./texts.js";

/** One figure with its unit, its note, and its definition one tap away. */
export function figure(key, value, notes, values = {}, look = "") {
  const id = `define-${key}`;
  const name = t(`figure.${key}`);
  const definition = el("span", { class: "definition", id, role: "tooltip", text: t(`figure.${key}.definition`, values) });
  const button = el(
    "button",
    {
      type: "button",
      class: "term",
      "aria-expanded": "false",
      "aria-describedby": id,
      on: {
        click: () => open(button.getAttribute("aria-expanded") !== "true"),
        blur: () => open(false),
        keydown: (event) => event.key === "Escape" && open(false),
      },
    },
    name,
  );
  function open(now) {
    button.setAttribute("aria-expanded", String(now));
  }
  return el(
    "div",
    { class: `figure ${look}` },
    el("dt", {}, button, definition),
    el("dd", {}, el("strong", { text: value }), notes.map((note) => el("small", { text: note }))),
  );
}

/** The figures of coverage: shares, workers, stations. */
export function coverageFigures(found, counts) {
  const values = { radius: distance(found.radius_m) };
  return [
    figure("nominal", percent(found.nominal.share), [t("figure.nominal.note", values)], values),
    figure(
      "effective",
      percent(found.share),
      [t("figure.effective.note", values)],
      values,
      found.share < found.nominal.share ? "less" : "",
    ),
    peopleFigure(found, values),
    stationFigure(counts),
  ];
}

/** Whether the figures count residents, which stand in for workers where nobody knows these. */
export const countsResidents = (found) =>
  found.by_group.length > 0 && found.by_group.every(({ group }) => group === "resident");

function peopleFigure(found, values) {
  const uncovered = { uncovered: number(found.total - found.covered) };
  return countsResidents(found)
    ? figure("residents", number(found.total), [t("figure.residents.note", uncovered)], values)
    : figure("workers", number(found.total), [t("figure.workers.note", uncovered)], values);
}

export function stationFigure(counts) {
  if (!counts) return figure("stations", "—", []);
  const notes = [t("figure.stations.note", { open: number(counts.open) })];
  if (counts.unknown) notes.push(t("figure.stations.unknown", { unknown: number(counts.unknown) }));
  return figure("stations", number(counts.total), notes);
}

/** Why nominal and effective differ, in words. */
export function why({ stations: { left_out: leftOut } }) {
  const reasons = ["suspended", "expired", "position_unknown"].filter((reason) => leftOut[reason] > 0);
  if (!reasons.length) return el("p", { class: "why", text: t("why.same") });
  const KEYS = { suspended: "why.suspended", expired: "why.expired", position_unknown: "why.position_unknown" };
  return el(
    "div",
    { class: "why" },
    el("h2", { text: t("why.title") }),
    el("ul", {}, reasons.map((reason) => el("li", { class: `why-${reason}`, text: t(KEYS[reason], { n: number(leftOut[reason]) }) }))),
  );
}
