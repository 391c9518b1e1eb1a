// Coverage against the number of new stations, with what no plan can exceed; drawn, told and as data.
import { el, svg } from "../dom.js";
import { ceiling, number, percent, t } from "../texts.js";

const [WIDTH, HEIGHT] = [304, 178];
const [LEFT, RIGHT, TOP, BOTTOM] = [40, 10, 10, 34];
const STEPS = [1, 2, 5];
const FIRST_GOAL = 90;

/** The points of a plan's curve; where none was asked for, what its stations add one by one. */
export function pointsOf({ curve, sites, share_before: before }) {
  const found = curve.length
    ? curve.map(({ new: n, share, share_bound: bound }) => ({ n, share, bound }))
    : sites.map(({ rank, cumulative_share: share }) => ({ n: rank, share, bound: null }));
  return found[0]?.n === 0 ? found : [{ n: 0, share: before, bound: before }, ...found];
}

/** The chart with a slider to read it by, and the answer to how many stations a share takes. */
export function curveOf(points, { least }) {
  const last = points.at(-1);
  const { node, mark } = chart(points);
  const output = el("output", { for: "plan-many" });
  const slider = el("input", {
    id: "plan-many",
    type: "range",
    min: 0,
    max: points.length - 1,
    value: points.length - 1,
    "aria-label": t("plan.curve.slider"),
    on: { input: () => read() },
  });
  const read = () => {
    const point = points[slider.valueAsNumber];
    mark(point);
    output.textContent = reading(point);
    slider.setAttribute("aria-valuetext", output.textContent);
  };
  read();
  return el(
    "figure",
    { class: "plan-curve" },
    el("figcaption", { text: t("plan.curve.title") }),
    node,
    el("p", { class: "curve-read" }, slider, output),
    goal(points, last, least),
  );
}

function reading({ n, share, bound }) {
  const values = { n: number(n), share: percent(share), bound: bound === null ? "" : ceiling(bound) };
  if (n === 0) return t("plan.curve.now", values);
  return bound === null || bound <= share + 1e-9 ? t("plan.curve.point", values) : t("plan.curve.point_bound", values);
}

/** How many stations a share of the workers takes. */
function goal(points, last, least) {
  const answer = el("span", { role: "status" });
  const act = el("button", { type: "button", class: "link", on: { click: () => least(input.valueAsNumber) } });
  const input = el("input", { id: "plan-goal", type: "number", min: 1, max: 100, step: "any", value: FIRST_GOAL, on: { input: () => tell() } });
  function tell() {
    const share = input.valueAsNumber / 100;
    const [text, enough] = Number.isFinite(share) ? howMany(points, last, share) : ["", true];
    answer.textContent = text;
    act.hidden = enough || !least;
    act.textContent = t("plan.goal.ask", { share: `${input.value}%` });
  }
  tell();
  const [before, after] = t("plan.goal").split("{share}");
  return el("p", { class: "curve-goal" }, el("label", {}, before, input, after), " ", answer, " ", act);
}

/** The number of stations that reach a share, as words, and whether the curve goes that far. */
export function howMany(points, last, share) {
  const reached = points.find((point) => point.share >= share - 1e-9);
  const possible = points.find((point) => (point.bound ?? point.share) >= share - 1e-9);
  if (reached && reached.n === 0) return [t("plan.goal.now"), true];
  if (reached && (!possible || possible.n >= reached.n)) return [t("plan.goal.exact", { n: number(reached.n) }), true];
  if (reached) return [t("plan.goal.between", { least: number(possible.n), most: number(reached.n) }), true];
  return [t("plan.goal.beyond", { n: number(last.n), share: percent(last.share) }), false];
}

function chart(points) {
  const last = points.at(-1);
  const top = niceTop(Math.max(...points.map(({ share, bound }) => Math.max(share, bound ?? 0)), 0.01));
  const x = (n) => LEFT + ((WIDTH - LEFT - RIGHT) * n) / Math.max(last.n, 1);
  const y = (share) => HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * share) / top;
  const at = (n, share) => `${x(n).toFixed(1)} ${y(share).toFixed(1)}`;
  const line = points.map(({ n, share }) => at(n, share)).join("L");
  const bounded = points.filter(({ bound }) => bound !== null);
  const band = [...bounded.map(({ n, bound }) => at(n, bound)), ...bounded.map(({ n, share }) => at(n, share)).reverse()].join("L");
  const dot = svg("circle", { r: 4.5, class: "curve-dot" });
  const guide = svg("path", { class: "curve-guide" });
  const label = t("plan.curve.label", { n: number(last.n), before: percent(points[0].share), after: percent(last.share) });
  const node = svg(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label },
    ticks(top, 5).map((share) => [
      svg("path", { class: "curve-grid", d: `M${LEFT} ${y(share).toFixed(1)}H${WIDTH - RIGHT}` }),
      svg("text", { class: "curve-tick", x: LEFT - 6, y: y(share) + 3.5, "text-anchor": "end", text: `${Math.round(share * 1000) / 10}%` }),
    ]),
    ticks(last.n, 5)
      .filter(Number.isInteger)
      .map((n) => svg("text", { class: "curve-tick", x: x(n), y: HEIGHT - BOTTOM + 14, "text-anchor": "middle", text: n })),
    svg("text", { class: "curve-axis", x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 3, "text-anchor": "middle", text: t("plan.curve.x") }),
    bounded.length > 1 ? svg("path", { class: "curve-band", d: `M${band}Z` }) : null,
    bounded.length > 1 ? svg("path", { class: "curve-bound", d: `M${bounded.map(({ n, bound }) => at(n, bound)).join("L")}` }) : null,
    guide,
    svg("path", { class: "curve-line", d: `M${line}` }),
    dot,
  );
  function mark({ n, share }) {
    dot.setAttribute("cx", x(n).toFixed(1));
    dot.setAttribute("cy", y(share).toFixed(1));
    guide.setAttribute("d", `M${LEFT} ${y(share).toFixed(1)}H${x(n).toFixed(1)}V${HEIGHT - BOTTOM}`);
  }
  return { node, mark };
}

/** A share that an axis can end at: the next step of 1, 2 or 5 above, at most the whole. */
function niceTop(share) {
  const step = stepOf(share, 5);
  return Math.min(Math.ceil(share / step - 1e-9) * step, 1);
}

function stepOf(span, count) {
  const unit = 10 ** Math.floor(Math.log10(span / count));
  return STEPS.map((step) => step * unit).find((step) => span / step <= count) ?? 10 * unit;
}

function ticks(end, count) {
  const step = stepOf(Math.max(end, 1e-9), count);
  return Array.from({ length: Math.floor(end / step + 1e-9) + 1 }, (_, i) => i * step);
}
