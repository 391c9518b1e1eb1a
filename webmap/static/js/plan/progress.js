// A plan on its way: its place among those that wait, or how near it is to the best there can be.
import { el } from "../dom.js";
import { number, t } from "../texts.js";

/** The gap at which the bar is full: nobody plans finer than a thousandth. */
const FULL_GAP = 0.001;
const LEAST = 0.02;

/** The picture of a plan on its way; `update` shows how it stands, `cancel` calls it off where one may. */
export function progressView(cancel) {
  const state = el("p", { class: "plan-state" });
  const fill = el("span", {});
  const bar = el("div", { class: "plan-bar", role: "progressbar", "aria-label": t("plan.progress"), "aria-valuemin": 0, "aria-valuemax": 100 }, fill);
  const note = el("p", { class: "plan-note" });
  const stop = cancel && el("button", { type: "button", class: "quiet", text: t("plan.cancel"), on: { click: cancel } });
  const node = el("div", { class: "plan-progress" }, state, bar, note, stop);

  // Changed in its place: who has reached the button by keyboard stays there.
  function update(standing) {
    const near = standing.status === "running" ? nearness(standing.progress?.gap) : 0;
    state.textContent = words(standing);
    fill.style.width = `${100 * near}%`;
    bar.setAttribute("aria-valuenow", Math.round(100 * near));
    bar.setAttribute("aria-valuetext", state.textContent);
    note.textContent = t("plan.progress.note", { time: number(standing.ask.time_s) });
    if (stop) {
      stop.setAttribute("aria-disabled", standing.cancelling);
      stop.textContent = standing.cancelling ? t("plan.cancelling") : t("plan.cancel");
    }
  }
  return { node, update };
}

/** Gaps close by powers of ten: from the whole to a thousandth, as a share of the bar. */
function nearness(gap) {
  if (gap === null || gap === undefined) return LEAST;
  return Math.min(Math.max(Math.log(Math.max(gap, 1e-9)) / Math.log(FULL_GAP), LEAST), 1);
}

function words({ status, position, progress, cancelling }) {
  if (status === "queued") return t("plan.position", { place: number(position), n: number(position - 1) });
  if (cancelling) return t("plan.cancelling");
  if (progress?.gap === null || progress?.gap === undefined) return t("plan.preparing");
  return t("plan.so_far", { seconds: number(progress.seconds), gap: gapText(progress.gap) });
}

/** A gap as a share, rounded up: "at most" must hold. */
export function gapText(gap) {
  const digits = gap < 0.01 ? 2 : 1;
  return `${(Math.ceil(gap * 100 * 10 ** digits - 1e-6) / 10 ** digits).toFixed(digits)}%`;
}
