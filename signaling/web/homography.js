/**
 * Plane to plane maps: 3x3 matrices, row by row, as arrays of nine numbers. Pure.
 *
 * @typedef {number[]} Matrix
 * @typedef {{x: number, y: number}} Point
 */

/** How strongly a fit keeps to a similarity (shear, stretch), and to an affine map (perspective), in points' worth. */
const STIFF_AFFINE = 0.3;
const STIFF_PERSPECTIVE = 0.3;
const ROUNDS = [6, 3, 1.5, 1.5];
const PIVOT_LEAST = 1e-12;

export const IDENTITY = Object.freeze([1, 0, 0, 0, 1, 0, 0, 0, 1]);

/** `a` after `b`. @param {readonly number[]} a @param {readonly number[]} b @returns {Matrix} */
export function times(a, b) {
  const out = new Array(9);
  for (let row = 0; row < 9; row += 3) {
    for (let column = 0; column < 3; column++) {
      out[row + column] = a[row] * b[column] + a[row + 1] * b[column + 3] + a[row + 2] * b[column + 6];
    }
  }
  return out;
}

/**
 * The inverse, scaled so that its last element is 1; null where there is none.
 * @param {readonly number[]} m @returns {Matrix | null}
 */
export function inverse([a, b, c, d, e, f, g, h, i]) {
  const out = [e * i - f * h, c * h - b * i, b * f - c * e, f * g - d * i, a * i - c * g, c * d - a * f, d * h - e * g,
    b * g - a * h, a * e - b * d];
  const last = out[8];
  const determinant = a * out[0] + b * out[3] + c * out[6];
  if (!(Math.abs(determinant) > PIVOT_LEAST) || !(Math.abs(last) > PIVOT_LEAST)) return null;
  return out.map((value) => value / last);
}

/** @param {readonly number[]} m @param {number} x @param {number} y @returns {Point} */
export function apply(m, x, y) {
  const w = m[6] * x + m[7] * y + m[8];
  return { x: (m[0] * x + m[1] * y + m[2]) / w, y: (m[3] * x + m[4] * y + m[5]) / w };
}

/**
 * Whether a point is mapped from this side of the plane's horizon.
 * @param {readonly number[]} m @param {number} x @param {number} y
 */
export function inFront(m, x, y) {
  return m[6] * x + m[7] * y + m[8] > 1e-6;
}

/**
 * The map's slope at a point: [dx'/dx, dx'/dy, dy'/dx, dy'/dy].
 * @param {readonly number[]} m @param {number} x @param {number} y
 */
export function slope(m, x, y) {
  const w = m[6] * x + m[7] * y + m[8];
  const to = apply(m, x, y);
  return [(m[0] - to.x * m[6]) / w, (m[1] - to.x * m[7]) / w, (m[3] - to.y * m[6]) / w, (m[4] - to.y * m[7]) / w];
}

/** @param {Point[]} points @returns {Point} */
export function centre(points) {
  const sum = points.reduce((a, b) => ({ x: a.x + b.x, y: a.y + b.y }));
  return { x: sum.x / points.length, y: sum.y / points.length };
}

/**
 * The map from `from` to `to` that most of the weight agrees on: iteratively reweighted least squares with Tukey's
 * biweight, its width narrowing from 6 to 1.5 pixels. Few or ill-placed points give a similarity, many a homography.
 * @param {Float64Array} from  x, y, x, y, … in pixels @param {Float64Array} to @param {Float64Array} weights  one a point
 * @returns {{map: Matrix, agreeing: number, error: number} | null}  share of the weight that agrees; its mean error in pixels
 */
export function fit(from, to, weights) {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (!(total > 0)) return null;
  const source = frame(from, weights, total);
  const target = { ...frame(to, weights, total), scale: source.scale };
  let map = shifted(from, to, weights);
  const robust = new Float64Array(weights.length);
  let result = { agreeing: 0, error: Infinity };
  for (const width of ROUNDS) {
    result = reweigh(map, from, to, weights, robust, width, total);
    const solved = solve(from, to, robust, source, target);
    if (!solved) return null;
    map = solved;
  }
  result = reweigh(map, from, to, weights, robust, ROUNDS[ROUNDS.length - 1], total);
  return { map, ...result };
}

/** Centre and spread. @param {Float64Array} points @param {Float64Array} weights @param {number} total */
function frame(points, weights, total) {
  let [x, y, spread] = [0, 0, 0];
  for (let n = 0; n < weights.length; n++) {
    x += (weights[n] * points[2 * n]) / total;
    y += (weights[n] * points[2 * n + 1]) / total;
  }
  for (let n = 0; n < weights.length; n++) {
    spread += (weights[n] * ((points[2 * n] - x) ** 2 + (points[2 * n + 1] - y) ** 2)) / total;
  }
  return { x, y, scale: Math.max(Math.sqrt(spread), 1) };
}

/**
 * The median shift: a start that outliers do not move.
 * @param {Float64Array} from @param {Float64Array} to @param {Float64Array} weights
 */
function shifted(from, to, weights) {
  const median = (/** @type {number} */ axis) => {
    const shifts = Array.from(weights, (weight, n) => ({ weight, shift: to[2 * n + axis] - from[2 * n + axis] }));
    shifts.sort((a, b) => a.shift - b.shift);
    const half = weights.reduce((sum, weight) => sum + weight, 0) / 2;
    let sum = 0;
    return (shifts.find(({ weight }) => (sum += weight) >= half) ?? shifts[0]).shift;
  };
  return [1, 0, median(0), 0, 1, median(1), 0, 0, 1];
}

/**
 * Fills `robust` with what each point still counts.
 * @param {Matrix} map @param {Float64Array} from @param {Float64Array} to @param {Float64Array} weights
 * @param {Float64Array} robust @param {number} width  in pixels; twice that is too far @param {number} total
 */
function reweigh(map, from, to, weights, robust, width, total) {
  let [agreeing, error] = [0, 0];
  for (let n = 0; n < weights.length; n++) {
    const at = apply(map, from[2 * n], from[2 * n + 1]);
    const off = Math.hypot(at.x - to[2 * n], at.y - to[2 * n + 1]);
    const near = off / (2 * width);
    robust[n] = near < 1 ? weights[n] * (1 - near * near) ** 2 : 0;
    if (off >= width) continue;
    agreeing += weights[n];
    error += weights[n] * off;
  }
  return { agreeing: agreeing / total, error: agreeing ? error / agreeing : Infinity };
}

/**
 * Weighted least squares in normalised coordinates, pulled towards a similarity.
 * @param {Float64Array} from @param {Float64Array} to @param {Float64Array} weights
 * @param {{x: number, y: number, scale: number}} source @param {{x: number, y: number, scale: number}} target
 * @returns {Matrix | null}
 */
function solve(from, to, weights, source, target) {
  const normal = new Float64Array(72); // eight rows of eight, and the right side
  const rowU = new Float64Array(9);
  const rowV = new Float64Array(9);
  for (let n = 0; n < weights.length; n++) {
    if (!weights[n]) continue;
    const x = (from[2 * n] - source.x) / source.scale;
    const y = (from[2 * n + 1] - source.y) / source.scale;
    const u = (to[2 * n] - target.x) / target.scale;
    const v = (to[2 * n + 1] - target.y) / target.scale;
    rowU.set([x, y, 1, 0, 0, 0, -u * x, -u * y, u]);
    rowV.set([0, 0, 0, x, y, 1, -v * x, -v * y, v]);
    addRow(normal, rowU, weights[n]);
    addRow(normal, rowV, weights[n]);
  }
  addRow(normal, [1, 0, 0, 0, -1, 0, 0, 0, 0], STIFF_AFFINE);
  addRow(normal, [0, 1, 0, 1, 0, 0, 0, 0, 0], STIFF_AFFINE);
  addRow(normal, [0, 0, 0, 0, 0, 0, 1, 0, 0], STIFF_PERSPECTIVE);
  addRow(normal, [0, 0, 0, 0, 0, 0, 0, 1, 0], STIFF_PERSPECTIVE);
  const h = eliminate(normal);
  if (!h) return null;
  const out = [target.scale, 0, target.x, 0, target.scale, target.y, 0, 0, 1];
  const k = 1 / source.scale;
  return times(out, times([...h, 1], [k, 0, -k * source.x, 0, k, -k * source.y, 0, 0, 1]));
}

/** @param {Float64Array} normal @param {ArrayLike<number>} row @param {number} weight */
function addRow(normal, row, weight) {
  for (let a = 0; a < 8; a++) {
    if (!row[a]) continue;
    const share = weight * row[a];
    for (let b = 0; b < 9; b++) normal[a * 9 + b] += share * row[b];
  }
}

/** Gauss's elimination of eight unknowns; null where they are not determined. @param {Float64Array} m */
function eliminate(m) {
  for (let column = 0; column < 8; column++) {
    let best = column;
    for (let row = column + 1; row < 8; row++) if (Math.abs(m[row * 9 + column]) > Math.abs(m[best * 9 + column])) best = row;
    if (Math.abs(m[best * 9 + column]) < PIVOT_LEAST) return null;
    for (let b = 0; b < 9; b++) [m[column * 9 + b], m[best * 9 + b]] = [m[best * 9 + b], m[column * 9 + b]];
    for (let row = 0; row < 8; row++) {
      if (row === column) continue;
      const factor = m[row * 9 + column] / m[column * 9 + column];
      for (let b = column; b < 9; b++) m[row * 9 + b] -= factor * m[column * 9 + b];
    }
  }
  return Array.from({ length: 8 }, (_, n) => m[n * 9 + 8] / m[n * 9 + n]);
}
