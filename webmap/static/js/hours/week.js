// The week along the lower edge of the map: 168 hours and a public holiday, each the darker the more of
// those at work certainly find a station open. It is one slider; the hand moves it at once, and the
// page follows a moment later, so that a drag across it asks for no more than where it ends.
import { get } from "../api.js";
import { say } from "../banners.js";
import { debounced, el, narrow, svg } from "../dom.js";
import { term } from "../figures.js";
import { needed, ofHour, ofWeek, onQuestion, question, weekQuestion } from "../question.js";
import { firstIsNow, hourNow, HOURS_OF_WEEK, setHour } from "../state.js";
import { number, percentRange, sentence, t, word } from "../texts.js";
import { dayName, dayOf, DAYS, HOLIDAY, hourByClock, hourName, HOURS } from "./names.js";

const WAIT_MS = 150;
const STEP_MS = 900;
/** From nobody to everybody; each is darker than the one before, in grey too. */
const SHADES = [[232, 240, 238], [159, 200, 193], [63, 138, 131], [8, 74, 71]];
const STEPS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 24, PageDown: -24 };
const LISTS = { facility: "facilities", access: "access" };

function shade(share) {
  const at = share * (SHADES.length - 1);
  const from = Math.min(Math.floor(at), SHADES.length - 2);
  return `rgb(${SHADES[from].map((one, i) => Math.round(one + (SHADES[from + 1][i] - one) * (at - from))).join(" ")})`;
}

const after = (hour) => (hour < HOURS_OF_WEEK ? (hour + 1) % HOURS_OF_WEEK : hour + 1 < HOURS ? hour + 1 : HOURS_OF_WEEK);

/** Put the week in its place; returns what to call when the server is back. */
export function startWeek() {
  const place = document.getElementById("week");
  let chosen = hourNow();
  let week = null;
  let exact = null;
  let playing = null;

  const parts = build(place, {
    play: () => (playing ? stop() : play()),
    now: toNow,
    any: () => choose(null),
    day: (day) => choose(24 * day + (chosen ?? hourByClock()) % 24),
    again: load,
  });
  const { track, tip } = parts;
  const follow = debounced(() => setHour(chosen), WAIT_MS);

  function choose(hour) {
    stop();
    move(hour);
  }

  function move(hour) {
    chosen = hour;
    draw();
    follow();
  }

  track.addEventListener("keydown", (event) => {
    const from = chosen ?? hourByClock();
    let to;
    if (event.key === "Home") to = 0;
    else if (event.key === "End") to = HOURS - 1;
    else if (event.key === "Escape") to = null;
    else if (event.key in STEPS) to = chosen === null ? from : from + STEPS[event.key];
    else return;
    event.preventDefault();
    if (to === null || (to >= 0 && to < HOURS)) choose(to);
  });
  track.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    track.setPointerCapture(event.pointerId);
    track.focus({ preventScroll: true });
    choose(hourAt(parts.days, event.clientX));
    event.preventDefault();
  });
  track.addEventListener("pointermove", (event) => {
    const hour = hourAt(parts.days, event.clientX);
    if (track.hasPointerCapture(event.pointerId)) {
      if (hour !== chosen) choose(hour);
    } else if (event.pointerType === "mouse") hint(hour, event.clientX);
  });
  track.addEventListener("pointerleave", () => (tip.hidden = true));

  /** What an hour is, before one chooses it. */
  function hint(hour, x) {
    const { active, share, most } = figuresOf(hour);
    tip.hidden = false;
    tip.textContent = [hourName(hour), active > 0 && percentRange(share, most)].filter(Boolean).join("  ");
    const box = track.getBoundingClientRect();
    const half = tip.offsetWidth / 2;
    tip.style.left = `${Math.min(Math.max(x - box.left, half), box.width - half)}px`;
  }

  async function toNow() {
    stop();
    const before = chosen;
    try {
      // Whether today is a public holiday, the server knows.
      const { open } = await get("/api/v1/coverage", { at: "now" });
      if (chosen === before) choose(open.hour);
    } catch (error) {
      say(t("panel.failed", { detail: error.message }));
    }
  }

  /** A day, hour by hour: each is seen for a while, and none before its figures are there. */
  async function play() {
    const own = {};
    playing = own;
    let hour = chosen ?? 24 * dayOf(hourByClock());
    for (let i = 0; i < 25 && playing === own && !document.hidden; i += 1) {
      move(hour);
      setHour(hour);
      await Promise.all([new Promise((done) => setTimeout(done, STEP_MS)), ofHour("/api/v1/coverage").catch(() => null)]);
      hour = after(hour);
    }
    if (playing === own) stop();
  }

  function stop() {
    if (!playing) return;
    playing = null;
    draw();
  }

  /** Workers at work in an hour, and the shares of them who certainly and perhaps find a station open. */
  function figuresOf(hour) {
    if (exact && exact.hour === hour && exact.asked === question()) return exact;
    const active = week?.hours.active[hour] ?? 0;
    const of = (name) => (active > 0 ? Math.min(week.hours[name][hour] / active, 1) : 0);
    return { active, share: of("open"), most: of("perhaps") };
  }

  const isFlat = () => week.hours.active.every((n) => n === week.hours.active[0]);

  /** What the strip says of the hour, or of the whole week. */
  function figuresNow() {
    if (!week && !exact) return null;
    if (chosen !== null) {
      const found = figuresOf(chosen);
      const n = number(found.active);
      const people = week && isFlat() ? "hours.all" : found.active > 0 ? "hours.at_work" : "hours.nobody";
      return { people: t(people, { n }), share: found.active > 0 ? percentRange(found.share, found.most) : "" };
    }
    if (!week) return null;
    const { workers, open, perhaps } = week.mean;
    return { people: t(isFlat() ? "hours.all" : "hours.mean", { n: number(workers) }), share: percentRange(open, perhaps) };
  }

  function draw() {
    const said = figuresNow();
    const day = dayOf(chosen ?? hourByClock());
    parts.time.textContent = chosen === null ? t("hours.any") : hourName(chosen);
    parts.people.textContent = said?.people ?? "";
    parts.share.textContent = said?.share ?? "";
    parts.found.classList.toggle("blank", !said?.share);
    const needs = needed().map(([name, code]) => word(LISTS[name], code));
    parts.only.textContent = needs.length ? t("hours.only", { needs: needs.join(t("list.comma")) }) : "";
    place.classList.toggle("chosen", chosen !== null);
    parts.any.setAttribute("aria-pressed", String(chosen === null));
    parts.playing(Boolean(playing));
    parts.days.forEach(({ box, cells, button }, i) => {
      box.classList.toggle("current", i === day);
      button.setAttribute("aria-pressed", String(i === day));
      if (chosen !== null && i === day) cells.append(parts.thumb);
    });
    if (chosen === null) parts.thumb.remove();
    else parts.thumb.style.left = `${(((chosen % 24) + 0.5) / 24) * 100}%`;
    track.setAttribute("aria-valuenow", String(chosen ?? hourByClock()));
    const spoken = chosen === null ? t("hours.any_value") : [hourName(chosen), said?.people, said?.share && `${t("hours.open")} ${said.share}`];
    track.setAttribute("aria-valuetext", [spoken].flat().filter(Boolean).join(t("list.comma")));
  }

  function paint() {
    parts.days.forEach(({ cells, button }, day) => {
      const shades = [];
      for (let i = 0; i < 24; i += 1) {
        const { active, share } = figuresOf(24 * day + i);
        const colour = active > 0 ? shade(share) : "";
        cells.children[i].classList.toggle("nobody", Boolean(week) && !colour);
        cells.children[i].style.backgroundColor = colour;
        shades.push(colour || "transparent");
      }
      const stops = shades.map((one, i) => `${one} ${(100 * i) / 24}% ${(100 * (i + 1)) / 24}%`);
      button.style.setProperty("--day", `linear-gradient(90deg, ${stops.join(", ")})`);
    });
  }

  async function load() {
    const asked = weekQuestion();
    place.setAttribute("aria-busy", "true");
    parts.failed.hidden = true;
    try {
      const found = await ofWeek();
      if (asked !== weekQuestion()) return;
      week = found;
    } catch {
      if (asked !== weekQuestion()) return;
      week = null;
      parts.failed.hidden = false;
    }
    paint();
    place.removeAttribute("aria-busy");
    draw();
  }

  /** Say the same figures as the panel, to the last digit: they come with its answer. */
  async function settle() {
    const [asked, hour] = [question(), hourNow()];
    if (hour === null) return;
    const found = await ofHour("/api/v1/coverage").catch(() => null);
    if (!found || asked !== question()) return;
    exact = { asked, hour, active: found.total, share: found.open.share, most: found.open.perhaps_share };
    draw();
  }

  let shown = weekQuestion();
  onQuestion(() => {
    if (shown !== weekQuestion()) load();
    shown = weekQuestion();
    settle();
  });
  draw();
  load();
  settle();
  if (firstIsNow) toNow();
  return () => week ?? load();
}

/** The hour under a finger: of the day that is there, or the nearest one. */
function hourAt(days, x) {
  let best = null;
  days.forEach(({ cells }, day) => {
    const { left, width } = cells.getBoundingClientRect();
    if (!width) return;
    const away = Math.max(left - x, x - left - width, 0);
    if (best && best.away <= away) return;
    best = { away, hour: 24 * day + Math.min(Math.max(Math.floor(((x - left) / width) * 24), 0), 23) };
  });
  return best.hour;
}

function build(place, { play, now, any, day, again }) {
  const time = el("strong", { class: "week-time" });
  const people = el("span", { class: "week-people" });
  const share = el("b");
  const open = el("span", {}, term("define-week", t("hours.open"), t("hours.definition")));
  const only = el("p", { class: "week-only" });
  const found = el("span", { class: "week-found" }, " · ", sentence("hours.said", { open, share }));
  const figures = el("span", { class: "week-figures" }, people, found);
  const failed = el(
    "span",
    { class: "week-failed", role: "status", hidden: true },
    t("hours.failed"),
    el("button", { type: "button", class: "link", text: t("panel.retry"), on: { click: again } }),
  );
  const icon = svg("path", { d: "" });
  const player = el(
    "button",
    { type: "button", class: "week-act week-play", on: { click: play } },
    svg("svg", { viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" }, icon),
  );
  const playing = (is) => {
    icon.setAttribute("d", is ? "M4 4h8v8H4z" : "M5 3.500v9l7.500-4.500z");
    for (const name of ["aria-label", "title"]) player.setAttribute(name, t(is ? "hours.stop" : "hours.play"));
  };
  const act = (look, text, call) => el("button", { type: "button", class: `week-act ${look}`, text, on: { click: call } });
  const anyTime = act("week-any", t("hours.any"), any);
  const fold = el("button", {
    type: "button",
    class: "week-fold",
    "aria-controls": "week-body",
    "aria-label": t("hours.fold"),
    on: { click: () => unfold(!place.classList.contains("open")) },
  });
  const stage = document.querySelector(".stage");
  const unfold = (is) => {
    stage.classList.toggle("by-hour", is);
    place.classList.toggle("open", is);
    fold.setAttribute("aria-expanded", String(is));
  };
  const thumb = el("span", { class: "week-thumb" });
  const tip = el("span", { class: "week-tip", hidden: true, "aria-hidden": "true" });
  const days = Array.from({ length: DAYS }, (_, i) => {
    const look = i === HOLIDAY ? "week-day holiday" : "week-day";
    const cells = el("span", { class: "week-cells" }, Array.from({ length: 24 }, () => el("i")));
    const ticks = [0, 6, 12, 18].map((hour) => {
      const tick = el("span", { class: hour ? "" : "week-first", text: hour });
      tick.style.left = `${(hour / 24) * 100}%`;
      return tick;
    });
    const box = el("span", { class: look }, el("span", { class: "week-name", text: dayName(i) }), cells, el("span", { class: "week-ticks" }, ticks));
    const name = i === HOLIDAY ? t("hours.holiday_short") : dayName(i);
    const button = el("button", { type: "button", class: "week-choose", "aria-label": dayName(i), on: { click: () => day(i) } }, name);
    return { box, cells, button };
  });
  const track = el(
    "div",
    {
      class: "week-track",
      role: "slider",
      tabindex: 0,
      "aria-label": t("hours.slider"),
      "aria-valuemin": 0,
      "aria-valuemax": HOURS - 1,
    },
    days.map(({ box }) => box),
    tip,
  );
  place.replaceChildren(
    el(
      "div",
      { class: "week-head" },
      time,
      fold,
      el("p", { class: "week-said" }, figures, failed),
      only,
      el("p", { class: "week-key" }, "0% ", el("span"), " 100%  ", t("hours.key")),
      el("div", { class: "week-acts" }, player, act("week-now", t("hours.now"), now), anyTime),
    ),
    el("div", { class: "week-body", id: "week-body" }, el("div", { class: "week-days" }, days.map(({ button }) => button)), track),
  );
  // On a phone it begins folded, unless a link is about an hour.
  unfold(!narrow.matches || hourNow() !== null || firstIsNow);
  return { time, people, share, found, only, failed, any: anyTime, playing, track, tip, thumb, days };
}
