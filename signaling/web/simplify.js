/**
 * Fewer points, the same line (Ramer, Douglas and Peucker). Pure.
 *
 * @typedef {import("./inkwire.js").InkPoint} InkPoint
 */

const TOLERANCE = 0.0008;

/**
 * At most `most` points, first and last among them; none left out is further off than it must be.
 * @param {InkPoint[]} points @param {number} most
 */
export function simplify(points, most) {
  let tolerance = TOLERANCE;
  let kept = keep(points, tolerance);
  while (kept.length > most) {
    tolerance *= 1.5;
    kept = keep(points, tolerance);
  }
  return kept.map(([x, y, pressure, ms]) => [round(x), round(y), Math.round(pressure * 100) / 100, ms]);
}

/** @param {InkPoint[]} points @param {number} tolerance */
function keep(points, tolerance) {
  const kept = new Uint8Array(points.length);
  kept[0] = kept[points.length - 1] = 1;
  const spans = [[0, points.length - 1]];
  while (spans.length) {
    const [first, last] = /** @type {number[]} */ (spans.pop());
    let [furthest, distance] = [0, tolerance];
    for (let n = first + 1; n < last; n++) {
      const off = away(points[n], points[first], points[last]);
      if (off > distance) [furthest, distance] = [n, off];
    }
    if (!furthest) continue;
    kept[furthest] = 1;
    spans.push([first, furthest], [furthest, last]);
  }
  return points.filter((_, n) => kept[n]);
}

/** From a point to the line between two others. @param {InkPoint} point @param {InkPoint} from @param {InkPoint} to */
function away([x, y], [x1, y1], [x2, y2]) {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const length = dx * dx + dy * dy;
  const along = length ? Math.max(0, Math.min(1, ((x - x1) * dx + (y - y1) * dy) / length)) : 0;
  return Math.hypot(x - x1 - along * dx, y - y1 - along * dy);
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 1e4) / 1e4;
}
