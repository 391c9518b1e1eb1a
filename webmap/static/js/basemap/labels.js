// Names on the plain base map: a few, in their places, never one over another.
import { ViewCanvas } from "../layers/canvas.js";
import { lang } from "../texts.js";
import { PATH_ZOOM } from "./shapes.js";
import { LABELS } from "./style.js";

const FONT = '"Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", system-ui, sans-serif';
const GAP_PX = 6;
/** The same street is named again only this far away. */
const REPEAT_PX = 420;
const TURN_LIMIT = 0.35;
/** Radians from which a street counts as steep. */
const STEEP = 0.9;

const Labels = ViewCanvas.extend({
  options: { pane: "groundLabels", padding: 0.1, className: "label-canvas" },

  show(shapes) {
    this._origin = shapes.origin;
    this._named = [];
    for (const [kind, style] of Object.entries(LABELS)) {
      for (const shape of shapes.byKind.get(kind) ?? []) {
        const { name, name_en: english } = shape.properties;
        const text = lang === "en" ? english || name : name;
        if (text) this._named.push({ shape, style, text: String(text).slice(0, 60) });
      }
    }
    this._named.sort((a, b) => a.style.rank - b.style.rank);
    this.redraw();
  },

  draw(context, map, bounds) {
    if (!this._named) return;
    const zoom = map.getZoom();
    const scale = 2 ** (zoom - PATH_ZOOM);
    const offset = map.getPixelOrigin();
    const place = ([x, y]) => [(x + this._origin.x) * scale - offset.x, (y + this._origin.y) * scale - offset.y];
    const taken = [];
    const written = new Map();
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineJoin = "round";
    for (const { shape, style, text } of this._named) {
      if (zoom < style.from) continue;
      context.font = `${style.italic ? "italic " : ""}500 ${style.size}px ${FONT}`;
      const width = context.measureText(text).width + (lang === "zh" ? text.length * 1.5 : 0);
      const spots = style.along
        ? linePlaces(shape, place, width, bounds)
        : areaPlaces(shape, place, width, scale, bounds);
      for (const spot of spots) {
        const before = written.get(text) ?? [];
        if (before.some(([x, y]) => Math.hypot(x - spot.x, y - spot.y) < REPEAT_PX)) continue;
        const box = around(spot, width, style.size);
        if (taken.some((other) => overlap(box, other))) continue;
        taken.push(box);
        written.set(text, [...before, [spot.x, spot.y]]);
        write(context, text, spot, style);
      }
    }
  },
});

function write(context, text, spot, style) {
  const { x, y, angle = 0 } = spot;
  context.strokeStyle = "rgba(255, 255, 255, 0.85)";
  context.fillStyle = style.colour;
  context.lineWidth = 3;
  // Chinese along a steep street stands upright, sign under sign, as on every Chinese map.
  if (lang === "zh" && Math.abs(angle) > STEEP) {
    const step = style.size + 3;
    const down = angle > 0 ? 1 : -1;
    const signs = [...text];
    const places = signs.map((_, i) => down * (i - (signs.length - 1) / 2) * step);
    signs.forEach((sign, i) => context.strokeText(sign, x + Math.cos(angle) * places[i], y + Math.sin(angle) * places[i]));
    signs.forEach((sign, i) => context.fillText(sign, x + Math.cos(angle) * places[i], y + Math.sin(angle) * places[i]));
    return;
  }
  context.save();
  context.translate(x, y);
  context.rotate(angle);
  if ("letterSpacing" in context && lang === "zh") context.letterSpacing = "1.5px";
  context.strokeText(text, 0, 0);
  context.fillText(text, 0, 0);
  context.restore();
}

function around({ x, y, angle = 0 }, width, height) {
  const w = (Math.abs(Math.cos(angle)) * width + Math.abs(Math.sin(angle)) * height) / 2 + GAP_PX;
  const h = (Math.abs(Math.sin(angle)) * width + Math.abs(Math.cos(angle)) * height) / 2 + GAP_PX;
  return { x0: x - w, y0: y - h, x1: x + w, y1: y + h };
}

const overlap = (a, b) => a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1;

/** Stretches of a line that are straight and long enough for a name, the middle of each. */
function* linePlaces({ parts }, place, width, bounds) {
  const found = [];
  for (const part of parts) {
    const points = part.map(place);
    let start = 0;
    for (let i = 1; i <= points.length; i += 1) {
      const bent = i === points.length || (i - start > 1 && turn(points, start, i) > TURN_LIMIT);
      if (!bent) continue;
      const spot = stretch(points.slice(start, i), width, bounds);
      if (spot) found.push(spot);
      start = i - 1;
    }
  }
  found.sort((a, b) => a.off - b.off);
  yield* found;
}

function turn(points, start, i) {
  const angle = (a, b) => Math.atan2(points[b][1] - points[a][1], points[b][0] - points[a][0]);
  const difference = Math.abs(angle(start, start + 1) - angle(i - 1, i));
  return Math.min(difference, 2 * Math.PI - difference);
}

function stretch(points, width, bounds) {
  // Only what is in view counts, so that a long street is named where one looks.
  const seen = points.filter(([x, y]) => bounds.contains(L.point(x, y)));
  if (points.length < 2) return null;
  const [a, b] = seen.length >= 2 ? [seen[0], seen.at(-1)] : [points[0], points.at(-1)];
  const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
  if (length < width + 12) return null;
  const target = length / 2;
  const from = seen.length >= 2 ? seen : points;
  let walked = 0;
  for (let i = 1; i < from.length; i += 1) {
    const [p, q] = [from[i - 1], from[i]];
    const step = Math.hypot(q[0] - p[0], q[1] - p[1]);
    if (walked + step >= target) {
      const share = (target - walked) / (step || 1);
      const x = p[0] + (q[0] - p[0]) * share;
      const y = p[1] + (q[1] - p[1]) * share;
      if (!bounds.contains(L.point(x, y))) return null;
      let angle = Math.atan2(b[1] - a[1], b[0] - a[0]);
      if (angle > Math.PI / 2) angle -= Math.PI;
      if (angle < -Math.PI / 2) angle += Math.PI;
      return { x, y, angle, off: -length };
    }
    walked += step;
  }
  return null;
}

/** The middle of the widest place of an area, found on a few horizontal lines through it. */
function* areaPlaces({ parts, box, closed }, place, width, scale, bounds) {
  if (!closed || (box.x1 - box.x0) * scale < width * 0.8) return;
  const [, top] = place([box.x0, box.y0]);
  const [, bottom] = place([box.x0, box.y1]);
  const [from, to] = [Math.max(top, bounds.min.y + 20), Math.min(bottom, bounds.max.y - 20)];
  if (from > to) return;
  const lines = parts.map((part) => part.map(place));
  let best = null;
  for (const share of [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8]) {
    const y = from + (to - from) * share;
    const crossings = lines.flatMap((line) => crossed(line, y)).sort((a, b) => a - b);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const x0 = Math.max(crossings[i], bounds.min.x);
      const x1 = Math.min(crossings[i + 1], bounds.max.x);
      if (x1 - x0 > (best?.room ?? 0) * 1.15) best = { x: (x0 + x1) / 2, y, room: x1 - x0 };
    }
  }
  if (best && best.room >= width * 0.9) yield best;
}

function crossed(line, y) {
  const found = [];
  for (let i = 1; i < line.length; i += 1) {
    const [[x0, y0], [x1, y1]] = [line[i - 1], line[i]];
    if (y0 > y !== y1 > y) found.push(x0 + ((y - y0) / (y1 - y0)) * (x1 - x0));
  }
  return found;
}

export const labels = () => new Labels();
