// What the figures are asked for: how reach is measured and, where an hour is chosen, in which one and
// for what need. When that changes, what was asked before is dropped, and whoever shows it is told.
import { once } from "./api.js";
import { modeParameters } from "./measure.js";
import { filters, hourAsked, hourNow, onFilters, onHour, onMode } from "./state.js";
import { lang } from "./texts.js";

/** Only an hour asks for what is needed: at any time, the filters choose marks and no figures. */
const need = () => (hourNow() === null ? {} : { facility: [...filters.facility], access: [...filters.access] });

const parameters = () => ({ lang, ...modeParameters(), at: hourAsked(), ...need() });

/** Tells questions apart: an answer to another one than this comes too late. */
export const question = () => JSON.stringify(parameters());

/** What is needed of a station, as codes of facilities and ways in. */
export const needed = () => Object.entries(need()).flatMap(([name, codes]) => codes.map((code) => [name, code]));

let asked = question();
let control = new AbortController();
const listeners = new Set();
export const onQuestion = (call) => listeners.add(call);

function changed() {
  const now = question();
  if (now === asked) return;
  asked = now;
  control.abort();
  control = new AbortController();
  for (const call of listeners) call();
}

onMode(changed);
onHour(changed);
onFilters(changed);

/** The answer to the question for the hour that is chosen. */
export const ofHour = (path, more = {}) => once(path, { ...parameters(), ...more }, { signal: control.signal });

/** The coverage in each hour of the week. */
export const ofWeek = () => once("/api/v1/coverage/week", { ...modeParameters(), ...need() });
/** Tells questions for the week apart. */
export const weekQuestion = () => JSON.stringify([modeParameters(), need()]);

/** How many times as many are at work in the busiest hour as in the one that is chosen. */
export async function busiest() {
  const { active } = (await ofWeek().catch(() => null))?.hours ?? { active: [] };
  return Math.max(...active) / active[hourNow()] || 1;
}
