// Marks: one look for a state and one for a kind, on the map, in the legend, in lists and popups.
import { svg } from "./dom.js";

const KINDS = {
  rest_station: "M3 5.500h8v4.200a3 3 0 0 1-3 3H6a3 3 0 0 1-3-3zM11 6.500h1a1.800 1.800 0 0 1 0 3.600h-1M5.500 2v1.700M8.500 2v1.700",
  rider_home: "M2.300 11.800a1.700 1.700 0 1 0 3.400 0a1.700 1.700 0 1 0-3.400 0M10.300 11.800a1.700 1.700 0 1 0 3.400 0a1.700 1.700 0 1 0-3.400 0M5.700 11.800h3.200l2.600-3.300M9.500 3.500h1.700l.9 6.600M2 8.300h4.500l1.600 3.500",
  driver_home: "M1.500 4h7.500v7h-7.500zM9 6.300h3l2.500 2.500V11H9M3 12.300a1.200 1.200 0 1 0 2.400 0a1.200 1.200 0 1 0-2.400 0M10.500 12.300a1.200 1.200 0 1 0 2.400 0a1.200 1.200 0 1 0-2.400 0",
  nursing_room: "M8 13.300S2.300 10 2.300 6.300A2.800 2.800 0 0 1 8 5.100a2.800 2.800 0 0 1 5.700 1.200C13.700 10 8 13.300 8 13.300z",
  gig_market: "M2.500 5.500h11v7.500h-11zM5.800 5.500V3.300h4.400v2.200M2.500 9h11",
  gig_inn: "M1.800 3.500v9.500M1.800 11h12.400M14.200 13V9.500a2 2 0 0 0-2-2H6.800V11M3.300 8a1.100 1.100 0 1 0 2.200 0a1.100 1.100 0 1 0-2.200 0",
  reading_room: "M8 4.500C6.500 3.300 4.500 3 2.300 3v9c2.200 0 4.200.3 5.700 1.500 1.500-1.200 3.500-1.500 5.700-1.500V3c-2.200 0-4.200.3-5.700 1.500zM8 4.500v9",
  legal_aid_window: "M8 2.500v11M5 13.500h6M3.200 4.500h9.600M3.200 4.500l-1.700 4.300h3.400zM12.800 4.500l-1.700 4.300h3.400z",
  worksite_station: "M1.800 12h12.400M3.300 12V9.800a4.700 4.700 0 0 1 9.400 0V12M6.500 5.500v3M9.500 5.500v3",
};

/** The picture of a kind. */
export function kindIcon(kind, size = 16) {
  return svg(
    "svg",
    { viewBox: "0 0 16 16", width: size, height: size, "aria-hidden": "true", class: "kind-icon" },
    svg("path", { d: KINDS[kind] ?? KINDS.rest_station }),
  );
}

/** The mark of a state, 28 px square; a badge tells kinds other than the common one. */
export function stateMark({ look, minutes }, kind = "rest_station") {
  const parts = [];
  if (look === "closed") parts.push(svg("circle", { cx: 14, cy: 14, r: 6.5, class: "mark-disc" }));
  else if (look === "unknown") {
    parts.push(
      svg("circle", { cx: 14, cy: 14, r: 9.5, class: "mark-disc" }),
      svg("text", { x: 14, y: 18.2, class: "mark-text", text: "?" }),
    );
  } else {
    parts.push(svg("circle", { cx: 14, cy: 14, r: 10, class: "mark-disc" }));
    if (look === "closing") parts.push(svg("text", { x: 14, y: 18, class: "mark-text", text: minutes }));
    if (look === "suspended") parts.push(svg("path", { d: "M11.500 10v8M16.500 10v8", class: "mark-bars" }));
  }
  if (kind !== "rest_station") {
    parts.push(
      svg("rect", { x: 16.5, y: -1.5, width: 14, height: 14, rx: 4.5, class: "mark-badge" }),
      svg("path", { d: KINDS[kind] ?? "", transform: "translate(18.500 .500) scale(.625)", class: "mark-kind" }),
    );
  }
  return svg("svg", { viewBox: "0 0 28 28", width: 28, height: 28, class: `mark mark-${look}`, "aria-hidden": "true" }, parts);
}

function arc(centre, radius, from, to) {
  const at = (turn) => {
    const angle = 2 * Math.PI * turn - Math.PI / 2;
    return `${(centre + radius * Math.cos(angle)).toFixed(2)} ${(centre + radius * Math.sin(angle)).toFixed(2)}`;
  };
  return `M${at(from)}A${radius} ${radius} 0 ${to - from > 0.5 ? 1 : 0} 1 ${at(to)}`;
}

const STATES = ["open", "closed", "unknown", "suspended"];

/** The mark of a cluster: its number inside a ring of how many are in each state. */
export function clusterMark(counts, size) {
  const centre = size / 2;
  const radius = centre - 4;
  const parts = [svg("circle", { cx: centre, cy: centre, r: centre - 1, class: "ring-ground" })];
  let from = 0;
  for (const state of STATES) {
    const share = (counts[state] ?? 0) / Math.max(counts.count, 1);
    if (share > 0) {
      // A whole circle is no arc.
      const to = Math.min(from + share, from + 0.9999);
      parts.push(svg("path", { d: arc(centre, radius, from, to), class: `ring-part ring-${state}` }));
      from += share;
    }
  }
  parts.push(svg("text", { x: centre, y: centre + 4.5, class: "ring-count", text: short(counts.count) }));
  return svg("svg", { viewBox: `0 0 ${size} ${size}`, width: size, height: size, class: "ring", "aria-hidden": "true" }, parts);
}

function short(count) {
  if (count < 1000) return String(count);
  return count < 10_000 ? `${(count / 1000).toFixed(1)}k` : `${Math.round(count / 1000)}k`;
}

const planMark = (...parts) => svg("svg", { viewBox: "0 0 30 30", width: 30, height: 30, class: "mark", "aria-hidden": "true" }, parts);

/** The mark of a proposed station, 30 px square: its rank in a red diamond. */
export function proposedMark(rank) {
  return planMark(
    svg("path", { d: "M15 1.500 28.500 15 15 28.500 1.500 15z", class: "mark-diamond" }),
    svg("text", { x: 15, y: 19, class: "mark-text", text: rank }),
  );
}

/** The mark of a station that a plan closes. */
export const closedMark = () => planMark(svg("path", { d: "M8.500 8.500l13 13M21.500 8.500l-13 13", class: "mark-cross" }));
