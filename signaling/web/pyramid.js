/**
 * Small grey pictures at halving sizes, their corners, and how far the whole picture has moved. Pure.
 *
 * Positions are in pixels of the largest level, with 0, 0 at the middle of the first pixel.
 *
 * @typedef {{width: number, height: number, data: Uint8Array}} Level
 * @typedef {Level[]} Pyramid  largest first
 * @typedef {{x: number, y: number, strength: number}} Corner
 * @typedef {{left: number, top: number, right: number, bottom: number}} Box
 */

export const LONG_SIDE = 320;
export const LEVELS = 4;
/** How far the whole picture may move between two frames, in pixels of the smallest level. */
const REACH = 7;
const MARGIN = 6;
const CORNER_LEAST = 40;

/** The size pictures are tracked at. @param {number} width @param {number} height  of the camera's picture */
export function smallSize(width, height) {
  const scale = LONG_SIDE / Math.max(width, height);
  return { width: Math.max(64, Math.round(width * scale)), height: Math.max(64, Math.round(height * scale)) };
}

/** @param {Uint8ClampedArray} rgba @param {number} width @param {number} height @returns {Pyramid} */
export function pyramid(rgba, width, height) {
  const data = new Uint8Array(width * height);
  for (let n = 0, at = 0; n < data.length; n++, at += 4) data[n] = (77 * rgba[at] + 150 * rgba[at + 1] + 29 * rgba[at + 2]) >> 8;
  const levels = [{ width, height, data }];
  while (levels.length < LEVELS) levels.push(halved(levels[levels.length - 1]));
  return levels;
}

/** @param {Level} level @returns {Level} */
function halved({ width, height, data }) {
  const [w, h] = [width >> 1, height >> 1];
  const out = new Uint8Array(w * h);
  for (let y = 0, n = 0; y < h; y++) {
    for (let x = 0, at = 2 * y * width; x < w; x++, n++, at += 2) {
      out[n] = (data[at] + data[at + 1] + data[at + width] + data[at + width + 1] + 2) >> 2;
    }
  }
  return { width: w, height: h, data: out };
}

/**
 * How far the picture as a whole has moved from `before` to `now`: the shift of the smallest level with the least mean
 * difference, to a part of a pixel. @param {Pyramid} before @param {Pyramid} now
 */
export function shiftBetween(before, now) {
  const [a, b] = [before[LEVELS - 1], now[LEVELS - 1]];
  const lift = mean(b) - mean(a);
  const reach = Math.min(REACH, Math.floor(Math.min(a.width, a.height) / 3));
  const side = 2 * reach + 1;
  const costs = new Float64Array(side * side);
  let best = reach * side + reach;
  for (let n = 0; n < costs.length; n++) {
    costs[n] = difference(a, b, (n % side) - reach, Math.floor(n / side) - reach, lift);
    if (costs[n] < costs[best]) best = n;
  }
  const [x, y] = [best % side, Math.floor(best / side)];
  const step = 2 ** (LEVELS - 1);
  const fineX = x > 0 && x < side - 1 ? valley(costs[best - 1], costs[best], costs[best + 1]) : 0;
  const fineY = y > 0 && y < side - 1 ? valley(costs[best - side], costs[best], costs[best + side]) : 0;
  return { x: (x - reach + fineX) * step, y: (y - reach + fineY) * step };
}

/** @param {Level} level */
function mean({ data }) {
  let sum = 0;
  for (const value of data) sum += value;
  return sum / data.length;
}

/**
 * Mean difference where the two overlap.
 * @param {Level} a @param {Level} b @param {number} dx @param {number} dy @param {number} lift
 */
function difference(a, b, dx, dy, lift) {
  const { width, height } = a;
  const [left, right] = [Math.max(0, -dx), Math.min(width, width - dx)];
  const [top, bottom] = [Math.max(0, -dy), Math.min(height, height - dy)];
  let sum = 0;
  for (let y = top; y < bottom; y++) {
    const shift = dy * width + dx;
    for (let at = y * width + left, end = y * width + right; at < end; at++) sum += Math.abs(b.data[at + shift] - a.data[at] - lift);
  }
  return sum / ((right - left) * (bottom - top));
}

/** Where between three equally spaced costs the least is, -0.5 to 0.5. @param {number} a @param {number} b @param {number} c */
function valley(a, b, c) {
  const bend = a + c - 2 * b;
  return bend > 0 ? Math.max(-0.5, Math.min(0.5, (a - c) / (2 * bend))) : 0;
}

/**
 * The strongest corner (least eigenvalue of the gradients' covariance; Shi and Tomasi 1994) of every `cell` x `cell`
 * square of a box, strongest first. @param {Level} level @param {Box} box @param {number} cell @param {number} most
 * @returns {Corner[]}
 */
export function corners(level, box, cell, most) {
  const left = Math.max(MARGIN, Math.floor(box.left));
  const top = Math.max(MARGIN, Math.floor(box.top));
  const right = Math.min(level.width - MARGIN, Math.ceil(box.right));
  const bottom = Math.min(level.height - MARGIN, Math.ceil(box.bottom));
  /** @type {Corner[]} */ const found = [];
  for (let y = top; y < bottom; y += cell) {
    for (let x = left; x < right; x += cell) {
      const corner = strongest(level, x, y, Math.min(x + cell, right), Math.min(y + cell, bottom));
      if (corner.strength > CORNER_LEAST) found.push(corner);
    }
  }
  return found.sort((a, b) => b.strength - a.strength).slice(0, most);
}

/**
 * @param {Level} level @param {number} left @param {number} top @param {number} right @param {number} bottom
 * @returns {Corner}
 */
function strongest(level, left, top, right, bottom) {
  let best = { x: left, y: top, strength: 0 };
  for (let y = top; y < bottom; y += 2) {
    for (let x = left; x < right; x += 2) {
      const strength = cornerness(level, x, y);
      if (strength > best.strength) best = { x, y, strength };
    }
  }
  return best;
}

/** @param {Level} level @param {number} x @param {number} y */
function cornerness({ data, width }, x, y) {
  let [xx, xy, yy] = [0, 0, 0];
  for (let row = -2; row <= 2; row++) {
    for (let at = (y + row) * width + x - 2, end = at + 5; at < end; at++) {
      const gx = (data[at + 1] - data[at - 1]) / 2;
      const gy = (data[at + width] - data[at - width]) / 2;
      xx += gx * gx;
      xy += gx * gy;
      yy += gy * gy;
    }
  }
  return ((xx + yy) / 2 - Math.hypot((xx - yy) / 2, xy)) / 25;
}
