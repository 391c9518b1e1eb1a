// The legend, drawn with the very marks of the map.
import { el, narrow } from "./dom.js";
import { closedMark, clusterMark, kindIcon, proposedMark, stateMark } from "./icons.js";
import { t } from "./texts.js";

/** Fill the legend; it begins folded where there is little room. */
export function startLegend() {
  const row = (mark, text, look) => el("li", { class: look }, el("span", { class: "legend-mark" }, mark), el("span", { text }));
  document.getElementById("legend-list").replaceChildren(
    row(stateMark({ look: "open" }), t("legend.open")),
    row(stateMark({ look: "closing", minutes: 25 }), t("legend.closing")),
    row(stateMark({ look: "closed" }), t("legend.closed")),
    row(stateMark({ look: "unknown" }), t("legend.unknown")),
    row(stateMark({ look: "suspended" }), t("legend.suspended")),
    row(el("span", { class: "legend-badge" }, kindIcon("rider_home", 12)), t("legend.kind")),
    row(clusterMark({ count: 12, open: 6, closed: 4, unknown: 2 }, 28), t("legend.cluster"), "legend-cluster"),
    row(proposedMark("1"), t("legend.proposed"), "legend-plan legend-new"),
    row(closedMark(), t("legend.close"), "legend-plan legend-close"),
    row(el("span", { class: "legend-area plan-newly" }), t("legend.newly"), "legend-plan legend-new"),
    row(el("span", { class: "legend-area plan-left" }), t("legend.left"), "legend-plan"),
  );
  document.getElementById("legend").open = !narrow.matches;
}
