// The outlines of the districts, for whichever map needs them.
import { get } from "./api.js";
import { lang } from "./texts.js";

let asked = null;

/** The districts with their figures by straight line, asked for once, and again after it failed. */
export function byLine() {
  asked ??= get("/api/v1/districts", { lang }).catch((error) => {
    asked = null;
    throw error;
  });
  return asked;
}

/** The middle of the largest ring: good enough for a name. */
export function innerPoint({ type, coordinates }) {
  const rings = type === "Polygon" ? [coordinates[0]] : coordinates.map((polygon) => polygon[0]);
  let best = null;
  for (const ring of rings) {
    let [size, x, y] = [0, 0, 0];
    const [lon0, lat0] = ring[0];
    for (let i = 0; i + 1 < ring.length; i += 1) {
      const [x1, y1] = [ring[i][0] - lon0, ring[i][1] - lat0];
      const [x2, y2] = [ring[i + 1][0] - lon0, ring[i + 1][1] - lat0];
      const cross = x1 * y2 - x2 * y1;
      size += cross;
      x += (x1 + x2) * cross;
      y += (y1 + y2) * cross;
    }
    if (!best || Math.abs(size) > best.size) {
      best = { size: Math.abs(size), place: size ? [lat0 + y / (3 * size), lon0 + x / (3 * size)] : [lat0, lon0] };
    }
  }
  return best.place;
}
