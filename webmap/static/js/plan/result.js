// A plan that is there: the sentence, the chart, the stations in order of gain, and the data.
import { config } from "../config.js";
import { el } from "../dom.js";
import { modeNow } from "../state.js";
import { ceiling, fullDate, lang, number, percent, reachWords, sentence, t } from "../texts.js";
import { curveOf, pointsOf } from "./curve.js";
import { csvLink } from "./download.js";
import { districtOf, siteName } from "./names.js";
import { gapText } from "./progress.js";

const FIRST = 8;
/** Problems whose gains are distances, not workers. */
const BY_DISTANCE = ["pmedian", "pcenter"];
const STATUS = {
  optimal: "plan.status.optimal",
  within_gap: "plan.status.within_gap",
  time_limit: "plan.status.time_limit",
  interrupted: "plan.status.interrupted",
};

/** The sentence that a plan comes to. */
export function answerOf(plan) {
  const strong = (text) => el("strong", { text });
  const values = { before: percent(plan.share_before), after: strong(percent(plan.share)) };
  const closes = plan.problem === "redundancy";
  const head = closes
    ? sentence("plan.answer.close", { ...values, n: number(plan.closed.length) })
    : sentence("plan.answer", { ...values, n: number(plan.sites.length) });
  const row = plan.by_district.find(({ adcode }) => adcode === plan.ask.district);
  const only = row && ((lang === "en" && row.name_en) || row.name);
  // The figures of the page are by its own reach.
  const by = measuredAsPage(plan) ? "" : t("plan.answer.radius", { radius: reachWords(plan) });
  return [only ? t("plan.answer.district", { district: only }) : "", by, ...head, proof(plan)];
}

/** Whether a plan counts as within reach what the figures of the page do. */
function measuredAsPage({ method, radius_m: radius, minutes }) {
  return modeNow() === "line" ? isStraight(method) && radius === config.radius : method === modeNow() && minutes === config.minutes;
}

/** Plans of before there were streets do not say. */
const isStraight = (method) => (method ?? "straight_line") === "straight_line";

/** How good it is proved to be. */
function proof({ status, problem, objective, bound, gap, covered, total }) {
  if (status === "optimal") return t("plan.proof.optimal");
  if (gap === null) return t("answer.end");
  if (problem === "lscp") return t("plan.proof.least", { n: number(Math.ceil(bound - 1e-6)) });
  // Only where the objective is the workers in reach is the bound a share of them.
  if (total > 0 && Math.abs(objective - covered) <= 1e-6 * total) return t("plan.proof.bound", { bound: ceiling(bound / total) });
  return t("plan.proof.gap", { gap: gapText(gap) });
}

/** Two points are a line that says nothing. */
const hasCurve = (points) => points.length > 2;

/** All there is to see of the plan at `path`. `fly` shows a station on the map, `least` asks for the fewest for a share. */
export function resultOf(path, plan, { fly, close, remove, least }) {
  const points = pointsOf(plan);
  return el(
    "div",
    { class: "plan-result" },
    el("p", { class: "plan-state", text: t(STATUS[plan.status], { gap: gapText(plan.gap ?? Infinity) }) }),
    facts(plan),
    hasCurve(points) ? curveOf(points, { least }) : null,
    plan.sites.length ? sites(plan, fly) : null,
    plan.closed.length ? closing(plan.closed, fly) : null,
    districts(plan),
    downloads(path, plan, points),
    el(
      "p",
      { class: "plan-actions" },
      el("button", { type: "button", class: "quiet", text: t("plan.close"), on: { click: close } }),
      remove && removeButton(remove),
    ),
  );
}

/** A plan is gone for everybody: that takes a second click. */
function removeButton(remove) {
  const ask = (now) => {
    button.dataset.asked = String(now);
    button.textContent = t(now ? "plan.remove.sure" : "plan.remove");
  };
  const button = el("button", {
    type: "button",
    class: "quiet danger",
    on: { click: () => (button.dataset.asked === "true" ? remove() : ask(true)), blur: () => ask(false) },
  });
  ask(false);
  return button;
}

function facts(plan) {
  const made = fullDate(new Date(plan.created));
  const lines = [
    t(isStraight(plan.method) ? "plan.facts" : "plan.facts.streets", { radius: reachWords(plan), seconds: number(Math.max(plan.seconds, 1)), date: made, revision: number(plan.revision) }),
    plan.problem !== "redundancy" && plan.unreachable.workers >= 0.5 ? t("plan.unreachable", { n: number(plan.unreachable.workers) }) : null,
    plan.overload >= 0.5 ? t("plan.overload", { n: number(plan.overload) }) : null,
    cost(plan),
    plan.closed.length && plan.problem !== "redundancy" ? t("plan.closed", { n: number(plan.closed.length) }) : null,
  ];
  return el("p", { class: "plan-note" }, lines.filter(Boolean).join(" "));
}

/** What the new stations cost together, as far as that is known. */
function cost({ sites, ask: { budget } }) {
  const known = sites.map((site) => site.cost).filter(Number.isFinite);
  if (!known.length) return null;
  const values = { cost: number(known.reduce((sum, one) => sum + one, 0)), budget: budget && number(budget) };
  const unknown = sites.length - known.length;
  return [
    budget ? t("plan.cost.budget", values) : t("plan.cost", values),
    unknown ? t("plan.cost.unknown", { n: number(unknown) }) : null,
  ]
    .filter(Boolean)
    .join(" ");
}

/** The stations, those that add most first. */
function sites(plan, fly) {
  const { problem, sites: all } = plan;
  const far = BY_DISTANCE.includes(problem);
  const { body, more } = bodyOf(all, (site) => siteRow(plan, site, far, fly));
  const table = el(
    "table",
    { class: "plan-sites" },
    el("caption", { text: t("plan.sites") }),
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        el("th", { scope: "col", text: t("plan.site.rank") }),
        el("th", { scope: "col", text: t("plan.site.name") }),
        el("th", { scope: "col", class: "figure-cell", text: far ? t("plan.site.nearest") : t("plan.site.gain") }),
        el("th", { scope: "col", class: "figure-cell", text: t("plan.site.cumulative") }),
      ),
    ),
    body,
  );
  return el("div", {}, table, more);
}

/** The existing stations that close. */
function closing(all, fly) {
  const { body, more } = bodyOf(all, (station) => {
    const name = station.name || station.id;
    return el("tr", {}, el("td", {}, el("button", { type: "button", class: "link site-link", text: name, title: name, on: { click: () => fly(station) } })));
  });
  return el("div", {}, el("table", { class: "plan-sites plan-closing" }, el("caption", { text: t("plan.closing") }), body), more);
}

/** A table's body with its first rows, and the button that adds the others where there are some. */
function bodyOf(all, row) {
  const body = el("tbody");
  const draw = (count) => body.replaceChildren(...all.slice(0, count).map(row));
  const rest = () => {
    draw(all.length);
    more.remove();
  };
  const more = all.length > FIRST ? el("button", { type: "button", class: "link", text: t("plan.site.more", { n: number(all.length) }), on: { click: rest } }) : null;
  draw(FIRST);
  return { body, more };
}

function siteRow(plan, site, far, fly) {
  const name = siteName(plan, site);
  const figure = far ? site.exclusive : site.gain;
  return el(
    "tr",
    {},
    el("td", {}, el("span", { class: "diamond", "aria-hidden": "true" }, el("b", { text: site.rank })), el("span", { class: "visually-hidden", text: site.rank })),
    el("td", {}, el("button", { type: "button", class: "link site-link", text: name, title: name, on: { click: () => fly(site) } })),
    el("td", { class: "figure-cell", text: figure === null ? "—" : number(figure) }),
    el("td", { class: "figure-cell", text: percent(site.cumulative_share) }),
  );
}

function districts({ by_district: rows }) {
  if (!rows.length) return null;
  const share = (part, total) => (total ? percent(part / total) : "—");
  const columns = ["plan.district", "plan.district.sites", "plan.district.before", "plan.district.after"];
  return el(
    "details",
    { class: "plan-districts" },
    el("summary", { text: t("plan.districts") }),
    el(
      "table",
      { class: "plan-sites" },
      el("thead", {}, el("tr", {}, columns.map((key, i) => el("th", { scope: "col", class: i ? "figure-cell" : "", text: t(key) })))),
      el(
        "tbody",
        {},
        rows.map((row) =>
          el(
            "tr",
            {},
            el("th", { scope: "row", text: (lang === "en" ? row.name_en : row.name) ?? t("bars.outside") }),
            el("td", { class: "figure-cell", text: number(row.sites) }),
            el("td", { class: "figure-cell", text: share(row.before, row.total) }),
            el("td", { class: "figure-cell", text: share(row.covered, row.total) }),
          ),
        ),
      ),
    ),
  );
}

function downloads(path, plan, points) {
  const siteRows = plan.sites.map((site) => [site.rank, siteName(plan, site), districtOf(plan, site), site.lon, site.lat, site.gain, site.exclusive, site.cumulative, site.cumulative_share, site.cost]);
  return el(
    "p",
    { class: "plan-downloads" },
    t("plan.download"),
    " ",
    siteRows.length
      ? csvLink(t("plan.download.sites"), `${plan.id}-sites.csv`, [
          ["rank", "name", "district", "lon", "lat", "gain", "exclusive", "cumulative", "cumulative_share", "cost"],
          ...siteRows,
        ])
      : null,
    plan.closed.length
      ? csvLink(t("plan.download.closed"), `${plan.id}-closed.csv`, [["id", "name", "lon", "lat"], ...plan.closed.map(({ id, name, lon, lat }) => [id, name, lon, lat])])
      : null,
    hasCurve(points)
      ? csvLink(t("plan.download.curve"), `${plan.id}-curve.csv`, [["new", "share", "share_bound"], ...points.map(({ n, share, bound }) => [n, share, bound])])
      : null,
    el("a", { class: "download", href: `${path}/features`, download: `${plan.id}.geojson`, text: "GeoJSON" }),
  );
}
