// Words and numbers in the language of the page; times are Beijing's, wherever the reader sits.
import { config } from "./config.js";

export const lang = config.lang;
const locale = config.lang === "zh" ? "zh-CN" : "en-GB";
const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
const DAY_MS = 86_400_000;

/** The text of a key with `values` in its `{names}`; a `.one` form is used for n = 1 where there is one. */
export function t(key, values = {}) {
  const { texts } = config;
  const form = Number(values.n) === 1 && `${key}.one` in texts ? `${key}.one` : key;
  return (texts[form] ?? form).replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
}

/** The text of a key cut at its `{names}`, with elements or text in their places. */
export function sentence(key, values) {
  return t(key, { n: values.n })
    .split(/(\{\w+\})/)
    .map((piece) => values[piece.slice(1, -1)] ?? piece);
}

/** What a person reads for a coded value. */
export const word = (list, code) => config.words[list]?.[code] ?? code;

/** The kind of a station; a record leaves out the common one. */
export const kindOf = (properties) => properties.kind ?? "rest_station";

export const number = (value) => whole.format(value);

/** Minutes, whole ones without a point. */
export const minuteCount = (value) => tenth.format(value);

export function percent(share) {
  if (share === 1 || share === 0) return `${100 * share}%`;
  const value = share * 100;
  // 99.97 % is not everybody, and a few are not nobody.
  return `${Math.min(Math.max(value, 0.1), 99.9).toFixed(1)}%`;
}

/** Two ends of a range of shares as one figure: 23.4–27.9%, or 23.4% where they are the same. */
export function percentRange(low, high) {
  const ends = [percent(low), percent(high)];
  return ends[0] === ends[1] ? ends[0] : `${ends[0].slice(0, -1)}–${ends[1]}`;
}

/** Two ends of a range of numbers. */
export function numberRange(low, high) {
  const ends = [number(low), number(high)];
  return ends[0] === ends[1] ? ends[0] : ends.join("–");
}

/** A share to two decimals, rounded up: what nothing exceeds must not be told too small. */
export const ceiling = (share) => `${(Math.ceil(share * 10_000 - 1e-6) / 100).toFixed(2)}%`;

export function distance(metres) {
  const far = metres >= 1000;
  const value = far ? tenth.format(metres / 1000) : whole.format(metres);
  if (lang === "zh") return `${value} ${far ? "公里" : "米"}`;
  return `${value} ${far ? "km" : "m"}`;
}

const WITHIN = { walk: "within.walk", ebike: "within.ebike" };

/** What counts as within reach, in words: a distance, or minutes along the streets. */
export function reachWords({ method, radius_m: metres, minutes }) {
  return method in WITHIN ? t(WITHIN[method], { n: minuteCount(minutes) }) : distance(metres);
}

export function area(squareMetres) {
  if (squareMetres < 10_000) {
    return `${whole.format(squareMetres)} ${lang === "zh" ? "平方米" : "m²"}`;
  }
  const value = squareMetres / 1e6;
  const shown = value < 1 ? value.toFixed(2) : tenth.format(value);
  return `${shown} ${lang === "zh" ? "平方公里" : "km²"}`;
}

const beijing = (options) => new Intl.DateTimeFormat(locale, { timeZone: "Asia/Shanghai", ...options });
const clockFormat = beijing({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const weekdayFormat = beijing({ weekday: "short" });
const dayFormat = beijing({ month: "short", day: "numeric" });
const fullFormat = beijing({ year: "numeric", month: "short", day: "numeric" });

export const clock = (date) => clockFormat.format(date);
export const fullDate = (date) => fullFormat.format(date);
export const shortDate = (date) => dayFormat.format(date);
export const weekday = (date) => weekdayFormat.format(date);

/** Days since 1970 in Beijing. */
const dayNumber = (date) => Math.floor((date.getTime() + 8 * 3_600_000) / DAY_MS);

/**
 * A moment as one says it: the time today, 明天 08:00, 周一 08:00, 10月8日 08:00. Of an hour of any
 * week (`then`) it is told without a date: 次日 08:00, and `n` days later where a weekday says nothing.
 */
export function moment(date, now, { sayToday = false, then = null } = {}) {
  const time = clock(date);
  const ahead = dayNumber(date) - dayNumber(now);
  if (then && ahead === 0) return time;
  if (then && ahead > 0) return thenMoment(date, time, ahead, then);
  if (ahead === 0) return sayToday ? t("time.today", { time }) : time;
  // Midnight belongs to the evening before it.
  if (ahead === 1 && time === "00:00" && !sayToday) return "24:00";
  if (ahead === 1) return t("time.tomorrow", { time });
  if (ahead < 7) return t("time.weekday", { day: weekdayFormat.format(date), time });
  return t("time.date", { date: dayFormat.format(date), time });
}

function thenMoment(date, time, ahead, { holiday }) {
  if (ahead === 1 && time === "00:00") return "24:00";
  if (ahead === 1) return t("hours.next_day", { time });
  return holiday || ahead > 6 ? t("hours.later", { n: ahead, time }) : t("time.weekday", { day: weekdayFormat.format(date), time });
}

/** A past moment as one says it: 今天 14:20, 昨天 14:20, 11月18日 14:20. */
export function ago(date, now) {
  const time = clock(date);
  const days = dayNumber(now) - dayNumber(date);
  if (days === 0) return t("time.today", { time });
  if (days === 1) return t("time.yesterday", { time });
  return t("time.date", { date: dayFormat.format(date), time });
}

export const CLOSING_MINUTES = 60;

/**
 * The state of a station, the same everywhere: `look` names its mark, `text` says it in words,
 * `minutes` is how long it stays open where that is short. `then` is as for `moment`.
 */
export function stateOf(properties, now = new Date(), then = null) {
  const { status = "open", status_since: since, open_state: open } = properties;
  if (status === "suspended") {
    const date = since && fullDate(new Date(`${since}T12:00:00+08:00`));
    return { look: "suspended", text: date ? t("state.suspended_since", { date }) : t("state.suspended") };
  }
  if (status !== "open") return { look: "closed", text: word("status", status) };
  if (isExpired(properties, now)) return { look: "closed", text: t("state.expired") };
  if (open === "unknown") return { look: "unknown", text: t("state.unknown") };
  const until = properties.open_until ? new Date(properties.open_until) : null;
  if (open === "closed") {
    const text = until ? t("state.closed_until", { time: moment(until, now, { sayToday: true, then }) }) : t("state.closed");
    return { look: "closed", text };
  }
  if (!until) return { look: "open", text: t("state.open_always") };
  const minutes = Math.max(Math.ceil((until - now) / 60_000), 0);
  if (minutes <= CLOSING_MINUTES) {
    return { look: "closing", text: t("state.closing", { n: minutes }), minutes };
  }
  return { look: "open", text: t("state.open_until", { time: moment(until, now, { then }) }) };
}

/** Whether a station is outside its dates. */
export function isExpired({ valid_from: from, valid_to: to }, now) {
  const today = dayNumber(now);
  const day = (text) => dayNumber(new Date(`${text}T12:00:00+08:00`));
  return Boolean((from && day(from) > today) || (to && day(to) < today));
}
