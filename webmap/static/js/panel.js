// The panel: what the figures are, why they differ, where it is worst.
import { get } from "./api.js";
import { bars } from "./bars.js";
import { config } from "./config.js";
import { calm, el } from "./dom.js";
import { empty } from "./empty.js";
import { countsResidents, coverageFigures, overstated, stationFigure, why } from "./figures.js";
import { hourAnswer, hourFigures, hourWhy } from "./hours/figures.js";
import { districtShapes } from "./layers/districts.js";
import { gapZones, missing } from "./layers/gaps.js";
import { modeParameters } from "./measure.js";
import { ofHour } from "./question.js";
import { hourNow } from "./state.js";
import { clock, lang, number, percent, reachWords, sentence, t } from "./texts.js";

const part = (id) => document.getElementById(id);
const GAPS_FIRST = 5;
const GAPS_MORE = 25;
let coverage = null;
let told = null;
let sentenceNow = null;
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
  if (hourNow() !== null) {
    await fillHour(map, layers, own);
    return;
  }
  const figured = config.hasDemand ? get("/api/v1/coverage", { lang, ...modeParameters() }) : Promise.resolve(null);
  const asked = [stationCounts(), figured];
  const early = await Promise.race(asked.map((one, i) => one.then(() => i, () => -1)));
  if (early === 0 && config.hasDemand) {
    // Coverage of a large area takes a while; how many are open need not wait for it.
    const numbers = await asked[0];
    if (own !== turn) return;
    part("figures").lastElementChild.replaceWith(stationFigure(numbers));
    answer(() => nowSentence(numbers, coverage?.open ? null : coverage));
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
  answer(() => nowSentence(numbers, coverage));
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
  showBars(map);
}

function showBars(map) {
  bars(part("by-district"), t("bars.district"), ranked(coverage.by_district), (row) => flyToDistrict(map, row));
  bars(part("by-group"), t("bars.group"), coverage.by_group.length > 1 ? coverage.by_group : []);
}

/** The same for the hour that is chosen: one answer holds it all. */
async function fillHour(map, layers, own) {
  const hour = hourNow();
  let found;
  try {
    found = await ofHour("/api/v1/coverage");
  } catch (error) {
    if (own !== turn) return;
    part("panel-body").removeAttribute("aria-busy");
    // The figures of another hour would be taken for those of this one.
    for (const id of ["figures", "why"]) part(id).replaceChildren();
    for (const id of ["by-district", "by-group", "gaps"]) part(id).hidden = true;
    answer(() => [t("panel.failed", { detail: error.message })]);
    part("panel-empty").replaceChildren(failed(error, () => fillPanel(map, layers)));
    return;
  }
  if (own !== turn) return;
  part("panel-body").removeAttribute("aria-busy");
  coverage = found;
  part("figures").replaceChildren(...hourFigures(found));
  part("why").replaceChildren(...[overstated(found), hourWhy(found)].filter(Boolean));
  showBars(map);
  answer(() => hourAnswer(found, hour));
  if (layers.gaps) await fillGaps(map, layers.gaps, own);
}

/** Ask again what changes by the minute. */
export async function refreshCounts() {
  if (hourNow() !== null) return;
  const own = turn;
  try {
    const numbers = await stationCounts();
    if (own !== turn) return;
    const old = part("figures").lastElementChild;
    if (old && !old.querySelector('[aria-expanded="true"]')) old.replaceWith(stationFigure(numbers));
    answer(() => nowSentence(numbers, coverage));
  } catch {
    // The banner says so already.
  }
}

const shareOf = ({ share, open_share: open = share }) => open;
const ranked = (rows) => [...rows].sort((a, b) => shareOf(b) - shareOf(a) || b.share - a.share || b.total - a.total);

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
  answer();
}

/** The sentence that a reader came for. */
function answer(say = sentenceNow) {
  const target = part("answer");
  sentenceNow = say;
  if (!told && !say) return;
  target.classList.remove("skeleton-text");
  target.replaceChildren(...(told ?? say()));
}

/** Who is within reach at any time, and how many are open now. */
function nowSentence(counts, found) {
  if (!counts) return [t("answer.none")];
  if (counts.total === 0 && !found) return [t("answer.no_stations")];
  const strong = (text) => el("strong", { text });
  const parts = [];
  if (found && found.total > 0) {
    parts.push(
      ...sentence(countsResidents(found) ? "answer.coverage.residents" : "answer.coverage", {
        workers: number(found.total),
        share: strong(percent(found.share)),
        radius: reachWords(found),
      }),
    );
  }
  const now = { time: clock(new Date()), open: strong(number(counts.open)) };
  parts.push(...(parts.length ? sentence("answer.open", now) : sentence("answer.open_only", now)));
  if (counts.unknown) parts.push(...sentence("answer.unknown", { unknown: number(counts.unknown) }));
  parts.push(t("answer.end"));
  return parts;
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
  layer.again();
  const values = { radius: reachWords(coverage), station: missing() };
  const title = el("h2", { title: t("gaps.definition", values), text: t("gaps.title") });
  section.hidden = false;
  if (!found.features.length) {
    section.replaceChildren(title, el("p", { class: "fine", text: t("gaps.none", values) }));
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
