/**
 * The motion of one place in the picture from frame to frame: points in and around it, found again in every frame directly
 * from a reference frame, so that errors do not add up. Pure.
 *
 * @typedef {import("./pyramid.js").Pyramid} Pyramid
 * @typedef {import("./homography.js").Matrix} Matrix
 * @typedef {import("./homography.js").Point} Point
 */

import { Patches } from "./flow.js";
import { apply, fit, IDENTITY, slope, times } from "./homography.js";
import { corners } from "./pyramid.js";

const COARSEST = 2;
const MARGIN = 14;
const NEAR_MOST = 28;
const AROUND_MOST = 24;
const AROUND = 60;
const POINTS_LEAST = 8;
const AGREEING_LEAST = 0.5;
const ERROR_MOST = 0.8;
const FOUND_LEAST = 0.35;
/** A new reference once fewer points than this are found again, the view has changed by this factor, or after some frames. */
const WORN = 0.6;
const SCALED = 1.35;
const REFERENCE_FRAMES = 8;

let made = 0;

/** Follows one place from the frame it is made with. */
export class Follower {
  /** Pixels of the first frame to pixels of the newest frame that was understood. @type {Matrix} */ motion = [...IDENTITY];
  /** Frames since the last one that was understood. */ missed = 0;
  #upToReference = [...IDENTITY];
  #sinceReference = [...IDENTITY];
  #frames = 0;

  /** @param {Pyramid} pyramid  of the first frame @param {Point[]} outline  of the place in it, in pixels */
  constructor(pyramid, outline) {
    this.outline = outline;
    this.#refer(pyramid);
    this.#frames = made++ % REFERENCE_FRAMES; // that not all take a new reference in the same frame
  }

  /** Whether there is anything to hold on to. */
  get holds() {
    return this.patches.points.length >= POINTS_LEAST;
  }

  /**
   * The next frame. @param {Pyramid} pyramid @param {Point} shift  of the whole picture since the frame before
   * @returns {boolean} whether it was understood
   */
  see(pyramid, shift) {
    this.#sinceReference = times([1, 0, shift.x, 0, 1, shift.y, 0, 0, 1], this.#sinceReference);
    const found = this.#find(pyramid, this.#sinceReference);
    if (!found) {
      this.missed++;
      return false;
    }
    this.missed = 0;
    this.#sinceReference = found.map;
    this.motion = times(found.map, this.#upToReference);
    this.#frames++;
    if (found.share < WORN || this.#frames > REFERENCE_FRAMES || this.#rescaled()) this.#refer(pyramid);
    return true;
  }

  /** @param {Pyramid} pyramid @param {Matrix} guess */
  #find(pyramid, guess) {
    if (!this.holds) return null;
    const { from, to, which } = this.patches.find(pyramid, guess);
    if (which.length < POINTS_LEAST || which.length < FOUND_LEAST * this.patches.points.length) return null;
    const fitted = fit(from, to, Float64Array.from(which, (n) => this.weights[n]));
    if (!fitted || fitted.agreeing < AGREEING_LEAST || fitted.error > ERROR_MOST) return null;
    return { map: fitted.map, share: which.length / this.patches.points.length };
  }

  #rescaled() {
    const { x, y } = this.patches.points[0];
    const [a, b, c, d] = slope(this.#sinceReference, x, y);
    const scale = Math.sqrt(Math.abs(a * d - b * c));
    return scale > SCALED || scale < 1 / SCALED;
  }

  /** Makes this frame the one that the next are compared with. @param {Pyramid} pyramid */
  #refer(pyramid) {
    const outline = this.outline.map(({ x, y }) => apply(this.motion, x, y));
    const box = boxAround(outline, MARGIN);
    const near = corners(pyramid[0], box, 7, NEAR_MOST);
    const around = corners(pyramid[0], boxAround(outline, MARGIN + AROUND), 15, NEAR_MOST + AROUND_MOST)
      .filter(({ x, y }) => x < box.left || x > box.right || y < box.top || y > box.bottom)
      .slice(0, AROUND_MOST + NEAR_MOST - near.length);
    const points = [...near, ...around];
    if (points.length < POINTS_LEAST && this.patches) return;
    this.patches = new Patches(pyramid, points, COARSEST);
    this.weights = points.map((point) => 1 / (1 + (distance(point, box) / AROUND) ** 2 * 4));
    this.#upToReference = this.motion;
    this.#sinceReference = [...IDENTITY];
    this.#frames = 0;
  }
}

/** @param {Point[]} points @param {number} margin */
function boxAround(points, margin) {
  const xs = points.map(({ x }) => x);
  const ys = points.map(({ y }) => y);
  return {
    left: Math.min(...xs) - margin, top: Math.min(...ys) - margin, right: Math.max(...xs) + margin, bottom: Math.max(...ys) + margin,
  };
}

/** @param {Point} point @param {import("./pyramid.js").Box} box */
function distance({ x, y }, { left, top, right, bottom }) {
  return Math.hypot(Math.max(left - x, 0, x - right), Math.max(top - y, 0, y - bottom));
}
