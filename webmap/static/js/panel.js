// The panel: what the figures are, why they differ, where it is worst.
import { get } from "./api.js";
import { bars } from "./bars.js";
import { config } from "./config.js";
import { calm, el } from "./dom.js";
import { empty } from "./empty.js";
import { countsResidents, coverageFigures, overstated, stationFigure, why } from "./figures.js";
import { districtShapes } from "./layers/districts.js";
import { gapZones } from "./layers/gaps.js";
import { modeParameters } from "./measure.js";
import { clock, lang, number, percent, reachWords, sentence, t } from "./texts.js";

const part = (id) => document.getElementById(id);
const GAPS_FIRST = 5;
const GAPS_MORE = 25;
let coverage = null;
let told = null;
let last;
let turn = 0;

/** How many stations can be used, and how many of them are open and unknown now. */
async function stationCounts() {
  const count = async (parameters) => {
    const found = await get("/api/v1/stations", { limit: 1, ...parameters });
    return { n: found.numberMatched, revision: found.revision };
  };
  const [all, open, maybe] = await Promise.all([
    count({}),
    count({ open_at: "now" }),
    count({ open_at: "now", unknown_hours: true }),
  ]);
  return { total: all.n, open: open.n, unknown: maybe.n - open.n, revision: all.revision };
}

/** Fill the panel, and again whenever it is asked for. Each part is shown as soon as it is there. */
export async function fillPanel(map, layers) {
  turn += 1;
  const own = turn;
  skeleton();
  part("panel-empty").replaceChildren();
  part("panel-body").setAttribute("aria-busy", "true");
  const figured = config.hasDemand ? get("/api/v1/coverage", { lang, ...modeParameters() }) : Promise.resolve(null);
  const asked = [stationCounts(), figured];
  const early = await Promise.race(asked.map((one, i) => one.then(() => i, () => -1)));
  if (early === 0 && config.hasDemand) {
    // Coverage of a large area takes a while; how many are open need not wait for it.
    const numbers = await asked[0];
    if (own !== turn) return;
    part("figures").lastElementChild.replaceWith(stationFigure(numbers));
    answer(numbers);
  }
  const [counts, figures] = await Promise.allSettled(asked);
  // Somebody has chosen otherwise in the meantime.
  if (own !== turn) return;
  part("panel-body").removeAttribute("aria-busy");
  const numbers = counts.value ?? null;
  coverage = figures.value ?? null;
  part("why").replaceChildren();
  if (coverage) showCoverage(map, numbers);
  else part("figures").replaceChildren(...(numbers ? [stationFigure(numbers)] : []));
  answer(numbers);
  const nothing = numbers?.total === 0 && !coverage?.stations.left_out.suspended;
  const fault = figures.reason ?? counts.reason;
  part("panel-empty").replaceChildren(
    ...(nothing ? [empty("stations")] : []),
    ...(config.hasDemand ? [] : [empty("demand")]),
    ...(fault ? [failed(fault, () => fillPanel(map, layers))] : []),
  );
  if (coverage && layers.gaps) await fillGaps(map, layers.gaps, own);
}

function showCoverage(map, numbers) {
  part("figures").replaceChildren(...coverageFigures(coverage, numbers));
  part("why").replaceChildren(...[overstated(coverage), why(coverage)].filter(Boolean));
  bars(part("by-district"), t("bars.district"), ranked(coverage.by_district), (row) => flyToDistrict(map, row));
  bars(part("by-group"), t("bars.group"), coverage.by_group.length > 1 ? coverage.by_group : []);
}

/** Ask again what changes by the minute. */
export async function refreshCounts() {
  try {
    const numbers = await stationCounts();
    const old = part("figures").lastElementChild;
    if (old && !old.querySelector('[aria-expanded="true"]')) old.replaceWith(stationFigure(numbers));
    answer(numbers);
  } catch {
    // The banner says so already.
  }
}

const ranked = (rows) => [...rows].sort((a, b) => b.share - a.share || b.total - a.total);

function skeleton() {
  const block = () => el("div", { class: "figure skeleton", "aria-hidden": "true" }, el("strong", { text: "—" }), el("small", { text: "—" }));
  if (!part("figures").children.length) part("figures").replaceChildren(block(), block(), block(), block());
}

function failed(error, again) {
  return el(
    "div",
    { class: "notice", role: "alert" },
    el("p", { text: t("panel.failed", { detail: error.message }) }),
    el("button", { type: "button", class: "quiet", text: t("panel.retry"), on: { click: again } }),
  );
}

/** Say another sentence than that of coverage, as long as a plan is looked at; null for that again. */
export function tell(parts) {
  told = parts;
  answer(last);
}

/** The sentence that a reader came for. */
function answer(counts) {
  const target = part("answer");
  last = counts;
  if (told) {
    target.classList.remove("skeleton-text");
    target.replaceChildren(...told);
    return;
  }
  if (counts === undefined) return;
  target.classList.remove("skeleton-text");
  if (!counts) {
    target.textContent = t("answer.none");
    return;
  }
  if (counts.total === 0 && !coverage) {
    target.textContent = t("answer.no_stations");
    return;
  }
  const strong = (text) => el("strong", { text });
  const parts = [];
  if (coverage && coverage.total > 0) {
    parts.push(
      ...sentence(countsResidents(coverage) ? "answer.coverage.residents" : "answer.coverage", {
        workers: number(coverage.total),
        share: strong(percent(coverage.share)),
        radius: reachWords(coverage),
      }),
    );
  }
  const now = { time: clock(new Date()), open: strong(number(counts.open)) };
  parts.push(...(parts.length ? sentence("answer.open", now) : sentence("answer.open_only", now)));
  if (counts.unknown) parts.push(...sentence("answer.unknown", { unknown: number(counts.unknown) }));
  parts.push(t("answer.end"));
  target.replaceChildren(...parts);
}

async function fillGaps(map, layer, own) {
  const section = part("gaps");
  let found;
  try {
    found = await gapZones();
  } catch {
    if (own === turn) section.hidden = true;
    return;
  }
  if (own !== turn) return;
  const radius = reachWords(coverage);
  const title = el("h2", { title: t("gaps.definition", { radius }), text: t("gaps.title") });
  section.hidden = false;
  if (!found.features.length) {
    section.replaceChildren(title, el("p", { class: "fine", text: t("gaps.none", { radius }) }));
    return;
  }
  const list = el("ol", { class: "gap-list" });
  const draw = (count) => list.replaceChildren(...found.features.slice(0, count).map((feature) => gapRow(feature, map, layer)));
  draw(GAPS_FIRST);
  section.replaceChildren(title, list);
  if (found.features.length <= GAPS_FIRST) return;
  const button = el("button", {
    type: "button",
    class: "link",
    text: t("gaps.more", { n: number(found.numberMatched) }),
    on: {
      click: () => {
        draw(GAPS_MORE);
        button.remove();
      },
    },
  });
  section.append(button);
}

function gapRow(feature, map, layer) {
  const { rank, name, workers } = feature.properties;
  const n = number(workers);
  return el(
    "li",
    {},
    el(
      "button",
      {
        type: "button",
        class: "gap-row",
        "aria-label": t("gaps.label", { rank, name, n }),
        on: {
          click: () => {
            document.dispatchEvent(new CustomEvent("yizhan:show-map"));
            layer.flyTo(map, feature);
          },
        },
      },
      el("b", { class: "gap-rank", text: rank }),
      el("span", { class: "gap-row-name", text: name }),
      el("span", { class: "gap-row-n", text: t("gaps.people", { n }) }),
    ),
  );
}

async function flyToDistrict(map, { adcode }) {
  const shapes = await districtShapes().catch(() => null);
  const shape = shapes?.features.find((feature) => feature.id === adcode);
  if (!shape) return;
  document.dispatchEvent(new CustomEvent("yizhan:show-map"));
  const bounds = L.geoJSON(shape).getBounds();
  if (calm.matches) map.fitBounds(bounds, { animate: false });
  else map.flyToBounds(bounds, { duration: 0.7 });
}
