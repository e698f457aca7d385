/**
 * Where points of one picture are in another: pyramidal Lucas-Kanade, inverse compositional (Baker and Matthews 2004), with
 * each patch turned and scaled as the motion found so far says. A patch's mean counts for nothing, so light may change. Pure.
 *
 * @typedef {import("./pyramid.js").Pyramid} Pyramid
 * @typedef {import("./pyramid.js").Level} Level
 * @typedef {import("./homography.js").Matrix} Matrix
 */

import { apply, slope } from "./homography.js";

const HALF = 4;
const SIDE = 2 * HALF + 1;
const AREA = SIDE * SIDE;
const STEPS = 8;
const STEP_LEAST = 0.02;
const STEP_MOST = 4;
/** A patch must look like what it was: zero-mean normalised cross-correlation. */
const ALIKE = 0.75;

const [VALUE, GRADIENT_X, GRADIENT_Y] = [0, AREA, 2 * AREA];
const WIDE = SIDE + 2;
const sampled = new Float32Array(AREA);
const wide = new Float32Array(WIDE * WIDE);

/** Patches around points of one picture, at the levels 0 to `coarsest`. */
export class Patches {
  /** @param {Pyramid} pyramid @param {{x: number, y: number}[]} points  in pixels of level 0 @param {number} coarsest */
  constructor(pyramid, points, coarsest) {
    this.points = points;
    this.coarsest = coarsest;
    this.templates = new Float32Array(points.length * (coarsest + 1) * 3 * AREA);
    this.solvers = new Float64Array(points.length * (coarsest + 1) * 3);
    points.forEach((point, n) => {
      for (let level = 0; level <= coarsest; level++) this.#cut(pyramid[level], point, n * (coarsest + 1) + level, level);
    });
  }

  /**
   * Finds the points in `pyramid`, starting where `guess` (level 0 pixels to level 0 pixels) puts them.
   * @param {Pyramid} pyramid @param {Matrix} guess
   * @returns {{from: Float64Array, to: Float64Array, which: number[]}}  those found; `which` are their indices
   */
  find(pyramid, guess) {
    const [from, to, which] = [new Float64Array(2 * this.points.length), new Float64Array(2 * this.points.length), []];
    this.points.forEach(({ x, y }, n) => {
      const found = this.#follow(pyramid, n, apply(guess, x, y), slope(guess, x, y));
      if (!found) return;
      from.set([x, y], 2 * which.length);
      to.set([found.x, found.y], 2 * which.length);
      which.push(n);
    });
    return { from: from.subarray(0, 2 * which.length), to: to.subarray(0, 2 * which.length), which };
  }

  /** @param {Pyramid} pyramid @param {number} n @param {{x: number, y: number}} start @param {number[]} turn */
  #follow(pyramid, n, start, turn) {
    let { x, y } = start;
    for (let level = this.coarsest; level >= 0; level--) {
      const scale = 2 ** level;
      const at = this.#settle(pyramid[level], n * (this.coarsest + 1) + level, toLevel(x, scale), toLevel(y, scale), turn);
      if (!at && level > 0) continue; // near the edge, or astray: a finer level may do
      if (!at) return null;
      x = (at.x + 0.5) * scale - 0.5;
      y = (at.y + 0.5) * scale - 0.5;
    }
    const alike = this.#alikeness(n * (this.coarsest + 1));
    return alike > ALIKE ? { x, y } : null;
  }

  /**
   * Gauss-Newton at one level; leaves the patch found in `sampled`.
   * @param {Level} level @param {number} slot @param {number} x @param {number} y @param {number[]} turn
   */
  #settle(level, slot, x, y, turn) {
    const base = slot * 3 * AREA;
    const t = this.templates;
    const [xx, xy, yy] = this.solvers.subarray(slot * 3, slot * 3 + 3);
    const [startX, startY] = [x, y];
    for (let step = 0; step < STEPS; step++) {
      if (!sample(level, x, y, turn, HALF, sampled)) return null;
      let [bx, by] = [0, 0];
      for (let n = 0; n < AREA; n++) {
        const off = sampled[n] - t[base + VALUE + n];
        bx += off * t[base + GRADIENT_X + n];
        by += off * t[base + GRADIENT_Y + n];
      }
      const dx = -(xx * bx + xy * by);
      const dy = -(xy * bx + yy * by);
      x += turn[0] * dx + turn[1] * dy;
      y += turn[2] * dx + turn[3] * dy;
      if (Math.abs(dx) + Math.abs(dy) < STEP_LEAST) break;
    }
    return Math.abs(x - startX) > STEP_MOST || Math.abs(y - startY) > STEP_MOST ? null : { x, y };
  }

  /** Zero-mean normalised cross-correlation of a template with what was sampled last, -1 to 1. @param {number} slot */
  #alikeness(slot) {
    const base = slot * 3 * AREA;
    let mean = 0;
    for (let n = 0; n < AREA; n++) mean += sampled[n] / AREA;
    let [both, own, other] = [0, 0, 0];
    for (let n = 0; n < AREA; n++) {
      const [a, b] = [this.templates[base + n], sampled[n] - mean];
      both += a * b;
      own += a * a;
      other += b * b;
    }
    return both / Math.sqrt(Math.max(own * other, 1));
  }

  /**
   * Values and gradients without their means, so that a change of light moves nothing.
   * @param {Level} level @param {{x: number, y: number}} point @param {number} slot @param {number} number
   */
  #cut(level, point, slot, number) {
    const scale = 2 ** number;
    const base = slot * 3 * AREA;
    if (!sample(level, toLevel(point.x, scale), toLevel(point.y, scale), UPRIGHT, HALF + 1, wide)) wide.fill(0);
    for (let row = 0, n = base; row < SIDE; row++) {
      for (let at = (row + 1) * WIDE + 1, end = at + SIDE; at < end; at++, n++) {
        this.templates[n + VALUE] = wide[at];
        this.templates[n + GRADIENT_X] = (wide[at + 1] - wide[at - 1]) / 2;
        this.templates[n + GRADIENT_Y] = (wide[at + WIDE] - wide[at - WIDE]) / 2;
      }
    }
    for (const part of [VALUE, GRADIENT_X, GRADIENT_Y]) centred(this.templates, base + part);
    this.#prepare(slot);
  }

  /** The inverse of the gradients' covariance. @param {number} slot */
  #prepare(slot) {
    const base = slot * 3 * AREA;
    let [xx, xy, yy] = [1, 0, 1];
    for (let n = 0; n < AREA; n++) {
      const [gx, gy] = [this.templates[base + GRADIENT_X + n], this.templates[base + GRADIENT_Y + n]];
      xx += gx * gx;
      xy += gx * gy;
      yy += gy * gy;
    }
    const determinant = xx * yy - xy * xy;
    this.solvers.set([yy / determinant, -xy / determinant, xx / determinant], slot * 3);
  }
}

const UPRIGHT = [1, 0, 0, 1];

/** @param {number} at @param {number} scale */
function toLevel(at, scale) {
  return (at + 0.5) / scale - 0.5;
}

/** Takes a patch's mean from it. @param {Float32Array} values @param {number} base */
function centred(values, base) {
  let mean = 0;
  for (let n = base; n < base + AREA; n++) mean += values[n] / AREA;
  for (let n = base; n < base + AREA; n++) values[n] -= mean;
}

/**
 * Reads a patch that reaches `half` pixels from its middle, bilinearly; false where it leaves the picture.
 * @param {Level} level @param {number} x @param {number} y @param {number[]} turn @param {number} half @param {Float32Array} out
 */
function sample({ data, width, height }, x, y, [xx, xy, yx, yy], half, out) {
  const reachX = half * (Math.abs(xx) + Math.abs(xy));
  const reachY = half * (Math.abs(yx) + Math.abs(yy));
  if (!(x - reachX >= 0 && y - reachY >= 0 && x + reachX < width - 1 && y + reachY < height - 1)) return false;
  for (let row = -half, n = 0; row <= half; row++) {
    for (let column = -half; column <= half; column++, n++) {
      const px = x + xx * column + xy * row;
      const py = y + yx * column + yy * row;
      const [ix, iy] = [px | 0, py | 0];
      const [fx, fy] = [px - ix, py - iy];
      const at = iy * width + ix;
      const upper = data[at] + fx * (data[at + 1] - data[at]);
      const lower = data[at + width] + fx * (data[at + width + 1] - data[at + width]);
      out[n] = upper + fy * (lower - upper);
    }
  }
  return true;
}
