// The panel's block of plans: those that are kept, and the ways to look at one and to a new one.
import { get } from "../api.js";
import { config } from "../config.js";
import { el } from "../dom.js";
import { firstPlan, setPlan } from "../state.js";
import { clock, distance, number, percent, reachWords, shortDate, t } from "../texts.js";
import { districtName } from "./names.js";

const FIRST = 4;

/** Bring the block to life. Most visitors look at no plan: the rest is loaded with the first one. */
export function startPlans(map, layers) {
  const section = document.getElementById("plan");
  const shown = el("div", { class: "plan-shown" });
  const fresh = el("div", { class: "plan-new" });
  const kept = el("div", { class: "plan-kept" });
  const home = document.createComment("plan");
  let current = null;
  let leave = () => {};

  section.before(home);
  section.replaceChildren(el("h2", { id: "plan-title", title: t("plan.definition"), text: t("plan.title") }), shown, fresh, kept);
  section.hidden = false;

  /** Change what is in the block; who was in it by keyboard stays in it. */
  function change(act) {
    const inside = section.contains(document.activeElement);
    act();
    if (inside) section.focus({ preventScroll: true });
  }

  async function list() {
    let found;
    try {
      found = (await get("/api/v1/plans")).plans;
    } catch (error) {
      kept.replaceChildren(el("p", { class: "plan-note", text: t("panel.failed", { detail: error.message }) }));
      return;
    }
    const rows = found.filter(({ id, summary, status }) => id !== current && (summary || status === "queued" || status === "running"));
    const items = el("ul", {});
    const draw = (count) => items.replaceChildren(...rows.slice(0, count).map((one) => row(one, open)));
    draw(FIRST);
    const all = () => {
      draw(rows.length);
      more.remove();
    };
    const more = el("button", { type: "button", class: "link", text: t("plan.more", { n: number(rows.length) }), on: { click: all } });
    kept.replaceChildren(...(rows.length ? [el("h3", { text: t("plan.kept") }), items] : []), ...(rows.length > FIRST ? [more] : []));
  }

  /** Look at a plan, or at how far it has come: at the head of the panel. */
  async function open(id) {
    leave();
    current = id;
    setPlan(id);
    const body = document.getElementById("panel-body");
    change(() => {
      fresh.replaceChildren();
      body.prepend(section);
    });
    body.scrollTop = 0;
    list();
    const { lookAt } = await import("./look.js");
    if (current === id) leave = lookAt(id, shown, { map, layers, write, offer, close });
  }

  /** Leave the plan that is looked at. */
  function close() {
    current = null;
    setPlan(null);
    change(() => {
      leave();
      leave = () => {};
      home.after(section);
      offer();
    });
    list();
  }

  async function write(preset) {
    const { openForm } = await import("./form.js");
    openForm(fresh, { done: open, cancel: offer, preset });
  }

  /** The one primary action of the block. */
  function offer() {
    const act = config.planning.enabled
      ? el("button", { type: "button", class: "primary", text: t("plan.new"), on: { click: () => write() } })
      : el(
          "details",
          { class: "plan-how" },
          el("summary", { text: t("plan.how") }),
          el("p", { text: t("plan.how.text") }),
          el("code", { text: "YIZHAN_PLANNER_TOKEN=… yizhan serve ." }),
        );
    fresh.replaceChildren(act);
  }

  if (firstPlan) open(firstPlan);
  else {
    offer();
    list();
  }
}

/** A plan in one line of the list. */
function row({ id, summary, status, created, ask }, open) {
  const date = new Date(created);
  const asked = wordsOf(ask ?? {}, summary);
  return el(
    "li",
    {},
    el(
      "button",
      { type: "button", class: "plan-row", on: { click: () => open(id) } },
      el("span", { class: "plan-row-name", text: summary ? headline(summary) : t(status === "queued" ? "plan.queued" : "plan.running") }),
      el("small", { text: t("time.date", { date: shortDate(date), time: clock(date) }) }),
      el("small", { class: "plan-asked", text: asked }),
    ),
  );
}

/** What was asked, in a few words. */
function wordsOf({ district, new: asked, problem, share, budget, spacing_m: spacing, radius_m: radius, mode, minutes }, summary) {
  const kept = { share: percent(share ?? 1) };
  return [
    district && districtName(district),
    asked && t("plan.asked.new", { n: number(asked) }),
    problem === "lscp" && t("plan.asked.cover", kept),
    problem === "redundancy" && t("plan.asked.keep", kept),
    Number.isFinite(budget) && t("plan.asked.budget", { budget: number(budget) }),
    spacing && t("plan.asked.spacing", { distance: distance(spacing) }),
    reachWords({ method: mode, radius_m: radius ?? summary?.radius_m ?? config.radius, minutes: minutes ?? config.minutes }),
  ]
    .filter(Boolean)
    .join(" · ");
}

function headline({ problem, sites, share_before: before, share }) {
  const values = { before: percent(before), after: percent(share) };
  return problem === "redundancy" ? t("plan.headline.close", values) : t("plan.headline", { ...values, n: number(sites) });
}
