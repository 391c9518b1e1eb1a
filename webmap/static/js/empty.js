// What is not there yet, and how to bring it.
import { el } from "./dom.js";
import { t } from "./texts.js";

const COMMANDS = {
  stations: "yizhan import . stations.xlsx",
  demand: "yizhan demand . workers.csv",
};

/** A card that says what is missing and which command brings it. */
export function empty(what) {
  const parts =
    what === "stations"
      ? [el("h2", { text: t("empty.stations.title") }), el("p", { text: t("empty.stations.text") })]
      : [el("h2", { text: t("empty.demand.title") }), el("p", { text: t("empty.demand.text") }), sources()];
  return el("section", { class: "empty" }, parts, el("code", { text: COMMANDS[what] }));
}

function sources() {
  const texts = [
    t("empty.demand.table"),
    t("empty.demand.polygons"),
    t("empty.demand.raster"),
    t("empty.demand.points"),
  ];
  return el("ul", {}, texts.map((text) => el("li", { text })));
}
