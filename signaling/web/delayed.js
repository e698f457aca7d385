/**
 * The way out for a phone that is too slow to follow things itself: its own picture is shown as late as the agent's poses
 * are, so that each mark is drawn on the very picture its pose is of. Also: when a phone is that slow.
 *
 * @typedef {import("./homography.js").Matrix} Matrix
 * @typedef {import("./homography.js").Point} Point
 * @typedef {{canvas: HTMLCanvasElement, time: number, poses: Map<string, readonly number[]>}} Kept
 */

import { SAME_FRAME_MS } from "./captureclock.js";
import { IDENTITY } from "./homography.js";

const LONG_SIDE = 640;
const KEPT = 24;
const STALE_MS = 1000;

/** Stands in for a Carrier. */
export class Delayed {
  /** Oldest first; canvases are used over and over. @type {Kept[]} */ #kept = [];

  /** The newest picture. @param {HTMLCanvasElement} picture @param {number} time  of capture, ms */
  see(picture, time) {
    const scale = Math.min(1, LONG_SIDE / Math.max(picture.width, picture.height));
    const canvas = (this.#kept.length < KEPT ? null : this.#kept.shift()?.canvas) ?? document.createElement("canvas");
    const [width, height] = [Math.round(picture.width * scale), Math.round(picture.height * scale)];
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    canvas.getContext("2d")?.drawImage(picture, 0, 0, width, height);
    this.#kept.push({ canvas, time, poses: new Map() });
  }

  /** @param {string} id @param {Point[]} _outline @param {readonly number[]} pose @param {number} time */
  place(id, _outline, pose, time) {
    this.#kept.find((kept) => Math.abs(kept.time - time) < SAME_FRAME_MS)?.poses.set(id, pose);
  }

  drawn() {}

  outline() {}

  /** @param {string} id */
  drop(id) {
    for (const { poses } of this.#kept) poses.delete(id);
  }

  clear() {
    for (const { poses } of this.#kept) poses.clear();
  }

  forget() {
    this.#kept = [];
  }

  /** @returns {readonly number[]} */
  since() {
    return IDENTITY;
  }

  /** @param {string} id */
  pose(id) {
    return this.#shown?.poses.get(id) ?? null;
  }

  /** The picture to be shown, or null: the camera's own. */
  get picture() {
    return this.#shown?.canvas ?? null;
  }

  /** When that was captured, ms, or null. */
  get time() {
    return this.#shown?.time ?? null;
  }

  get #shown() {
    const newest = this.#kept[this.#kept.length - 1];
    return this.#kept.findLast(({ poses, time }) => poses.size > 0 && newest.time - time < STALE_MS);
  }
}

const LOOK_MS = 3000;
const COST_MOST = 40;
const FIRST_REST_MS = 20_000;

/** Whether this phone is too slow to follow things and draw them 20 times a second. Pure. */
export class Pace {
  slow = false;
  #since = 0;
  /** @type {number[]} */ #costs = [];
  #rest = FIRST_REST_MS;

  /**
   * A picture was handled.
   * @param {number} now  ms @param {number} cost  ms it took @param {boolean} busy  things were followed
   */
  handled(now, cost, busy) {
    if (!this.#since || (!busy && !this.slow)) return this.#begin(now);
    this.#costs.push(cost);
    if (now - this.#since < (this.slow ? this.#rest : LOOK_MS)) return undefined;
    if (this.slow) this.#rest *= 2; // and tries again, less and less often
    const middle = this.#costs.sort((a, b) => a - b)[this.#costs.length >> 1];
    this.slow = !this.slow && middle > COST_MOST;
    return this.#begin(now);
  }

  /** @param {number} now */
  #begin(now) {
    this.#since = now;
    this.#costs = [];
  }
}
