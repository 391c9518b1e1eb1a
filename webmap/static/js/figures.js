// The figures of the panel: nominal beside effective, and why they differ.
import { el } from "./dom.js";
import { minuteCount, number, percent, reachWords, t } from "./texts.js";

/** A word and its definition, one tap away. */
export function term(id, name, text) {
  const definition = el("span", { class: "definition", id, role: "tooltip", text });
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
  return [button, definition];
}

/** One figure with its unit, its note, and its definition one tap away. */
export function figure(key, value, notes, values = {}, look = "") {
  const meaning = `figure.${key}.definition`;
  const text = t(values.streets ? `${meaning}.streets` : meaning, values);
  return el(
    "div",
    { class: `figure ${look}` },
    el("dt", {}, term(`define-${key}`, t(`figure.${key}`), text)),
    el("dd", {}, el("strong", { text: value }), notes.map((note) => el("small", { text: note }))),
  );
}

/** The figures of coverage: shares, workers, stations. */
export function coverageFigures(found, counts) {
  const values = { radius: reachWords(found), streets: Boolean(found.streets) };
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

const REASONS = { suspended: "why.suspended", expired: "why.expired", position_unknown: "why.position_unknown" };

/** Why nominal and effective differ, in words. */
export function why({ stations: { left_out: leftOut } }) {
  const reasons = Object.keys(REASONS).filter((reason) => leftOut[reason] > 0);
  if (!reasons.length) return el("p", { class: "why", text: t("why.same") });
  return whyBlock(reasons.map((reason) => [`why-${reason}`, t(REASONS[reason], { n: number(leftOut[reason]) })]));
}

export function whyBlock(rows, ...more) {
  const items = rows.map(([look, text]) => el("li", { class: look, text }));
  return el("div", { class: "why" }, el("h2", { text: t("why.title") }), el("ul", {}, items), ...more);
}

const CANNOT = { walk: "overstated.walk", ebike: "overstated.ebike" };

/** How much the circle says too much, where coverage is measured along the streets. */
export function overstated({ method, minutes, streets }) {
  if (!streets) return null;
  const { circle_m: metres, in_circle: circle, in_both: both, overstated: share } = streets;
  const values = { metres: number(metres), circle: number(circle), n: number(circle - both), minutes: minuteCount(minutes) };
  const off = streets.off_network >= 0.5 ? t("overstated.off", { n: number(streets.off_network) }) : null;
  const lost = streets.stations_off_network ? t("overstated.stations_off", { n: number(streets.stations_off_network) }) : null;
  return el(
    "div",
    { class: "why overstated" },
    el("h2", { text: circle - both >= 0.5 ? t("overstated.title", { share: percent(share) }) : t("overstated.none") }),
    [t(CANNOT[method], values), off, lost].filter(Boolean).map((text) => el("p", { text })),
  );
}
