// How the plain base map looks: quiet, so that what lies on it can speak.
export const GROUND = "#f1f3f0";

/** Fills by kind, from the ground up; `from` is the first zoom at which they are drawn. */
export const FILLS = [
  { kind: "land", fill: "#f4f5f1", from: 0 },
  { kind: "farmland", fill: "#eef1e2", from: 11 },
  { kind: "block", fill: "#ecedea", from: 12 },
  { kind: "industrial", fill: "#e9e7ea", from: 10 },
  { kind: "park", fill: "#d9e9d3", from: 9 },
  { kind: "water", fill: "#c3dcec", from: 0 },
  { kind: "building", fill: "#dedfdb", line: "#cfd1cc", from: 15 },
];

/** Streets by kind, from the least to the greatest: width in pixels by zoom, fill and casing. */
export const STREETS = [
  { kind: "footway", fill: "#e3dccf", casing: null, from: 16, widths: [[16, 1.2], [18, 2.6]], dash: [3, 3] },
  { kind: "residential", fill: "#ffffff", casing: "#d9dbd5", from: 13, widths: [[13, 0.8], [14, 1.6], [15, 3], [16, 5], [18, 12]] },
  { kind: "secondary", fill: "#ffffff", casing: "#cfd2cb", from: 10, widths: [[10, 0.7], [12, 1.8], [14, 4], [16, 9], [18, 20]] },
  { kind: "primary", fill: "#fff6dc", casing: "#dccf9f", from: 9, widths: [[9, 0.9], [12, 2.6], [14, 5.5], [16, 12], [18, 26]] },
  { kind: "motorway", fill: "#fbe3b3", casing: "#d7b46a", from: 6, widths: [[6, 1], [10, 2], [12, 3.4], [14, 6], [16, 12], [18, 24]] },
];
export const STREET_OF = new Map(STREETS.map((street) => [street.kind, street]));

export const RAIL = { fill: "#ffffff", casing: "#b3b7b5", from: 10, widths: [[10, 1], [14, 2], [16, 3.4], [18, 5]] };

/** A width at a zoom, straight between the given steps. */
export function widthAt(steps, zoom) {
  if (zoom <= steps[0][0]) return steps[0][1];
  for (let i = 1; i < steps.length; i += 1) {
    const [z0, w0] = steps[i - 1];
    const [z1, w1] = steps[i];
    if (zoom <= z1) return w0 + ((w1 - w0) * (zoom - z0)) / (z1 - z0);
  }
  return steps.at(-1)[1];
}

export const LABELS = {
  water: { colour: "#4b7f9f", size: 13, from: 11, italic: true, rank: 0 },
  motorway: { colour: "#7a5a14", size: 11, from: 12, along: true, rank: 1 },
  primary: { colour: "#5f6561", size: 12, from: 13, along: true, rank: 2 },
  park: { colour: "#3f7150", size: 12, from: 13.5, rank: 3 },
  industrial: { colour: "#6d6675", size: 12, from: 13, rank: 3 },
  block: { colour: "#6a6f6b", size: 12, from: 14, rank: 4 },
  building: { colour: "#565c58", size: 11.5, from: 14, rank: 4 },
  rail: { colour: "#7b807d", size: 11, from: 13.5, along: true, rank: 4 },
  secondary: { colour: "#6f7571", size: 11, from: 14.5, along: true, rank: 5 },
  bridge: { colour: "#5f6561", size: 11, from: 15, along: true, rank: 5 },
};
