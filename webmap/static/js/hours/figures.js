// The figures of the panel, and the sentence above it, for an hour of the week: who is at work, and who
// of them reaches an open door. What is not known is told as a range.
import { el } from "../dom.js";
import { countsResidents, figure, whyBlock } from "../figures.js";
import { needed } from "../question.js";
import { number, numberRange, percent, percentRange, reachWords, sentence, t } from "../texts.js";
import { hourName } from "./names.js";

/** The share that finds a station open, from certainly to perhaps. */
export const openShare = ({ share, perhaps_share: most }) => percentRange(share, most);

export function hourFigures(found) {
  const { open, total, nominal, stations } = found;
  const values = { radius: reachWords(found) };
  const out = numberRange(total - open.perhaps_covered, total - open.covered);
  const people = countsResidents(found) ? "residents" : "active";
  // Of nobody there is no share.
  const of = (text) => (total > 0 ? text : "—");
  return [
    figure("nominal", of(percent(nominal.share)), [t("figure.nominal.note", values)], { ...values, streets: Boolean(found.streets) }),
    figure("open", of(openShare(open)), [t("figure.open.note", values)], values, open.share < nominal.share ? "range less" : "range"),
    figure(people, number(total), [t("figure.active.note", { uncovered: out })], values),
    figure("doors", numberRange(open.stations, open.perhaps_stations), [t("figure.doors.note", { n: number(stations.counted) })]),
  ];
}

/** Why fewer find a station open than the books say. */
export function hourWhy({ share, stations: { counted, left_out: out }, open }) {
  const rows = [
    ["why.unusable", out.suspended + out.expired + out.position_unknown],
    [needed().length ? "why.unfit" : "why.shut", counted - open.perhaps_stations],
    ["why.unsure", open.perhaps_stations - open.stations],
  ].filter(([, n]) => n > 0);
  const items = rows.map(([key, n]) => [key.replace(".", "-"), t(key, { n: number(n) })]);
  return whyBlock(items, el("p", { text: t("why.if_open", { share: percent(share) }) }));
}

/** The sentence that a reader came for. */
export function hourAnswer(found, hour) {
  const { open, total } = found;
  const time = hourName(hour);
  if (!total) return [t("answer.hour.nobody", { time })];
  const strong = (text) => el("strong", { text });
  const unsure = open.perhaps_stations - open.stations;
  return [
    ...sentence(countsResidents(found) ? "answer.hour.residents" : "answer.hour", {
      time: strong(time),
      workers: number(total),
      share: strong(openShare(open)),
      radius: reachWords(found),
    }),
    ...sentence("answer.hour.doors", { open: strong(number(open.stations)) }),
    ...(unsure ? sentence("answer.hour.unsure", { unknown: number(unsure) }) : []),
    t("answer.end"),
  ];
}
