/**
 * Where marks are in the pictures of the agent's screen, as the agent's endpoint says of each that it sends. Pure.
 *
 * A picture is known by its RTP timestamp, where the browser tells that of the picture it shows; then nothing is drawn in a picture
 * of which nothing was told. Where it does not, what is told comes before the picture it is of: a mark that moves is hidden until it
 * has stood still for longer than a picture takes.
 *
 * @typedef {import("./homography.js").Matrix} Matrix
 */

const PICTURES_MOST = 64;
const CALM_MS = 1000;

export class ScreenPoses {
  /** By picture, the oldest first: maps from where marks were drawn. @type {Map<number, Map<string, Matrix>>} */ #pictures = new Map();
  /** When each was found in another place, ms. @type {Map<string, number>} */ #moved = new Map();
  /** @type {Map<string, Matrix>} */ #newest = new Map();
  /** When something was told last, ms. */ toldAt = -Infinity;

  clear() {
    for (const known of [this.#pictures, this.#moved, this.#newest]) known.clear();
  }

  /**
   * All that is known of one picture. @param {number} frame  RTP timestamp
   * @param {{marks: string[], state: string, h?: number[] | null}[]} anchors @param {number} now  ms
   */
  told(frame, anchors, now) {
    /** @type {Map<string, Matrix>} */
    const maps = new Map();
    for (const { marks, state, h } of anchors) if (state === "tracked" && h) for (const mark of marks) maps.set(mark, h);
    const moved = [...maps].map(([mark, h]) => /** @type {[string, number]} */ ([mark, this.#since(mark, h, now)]));
    this.#moved = new Map(moved);
    this.#newest = maps;
    this.toldAt = now;
    this.#pictures.delete(frame);
    this.#pictures.set(frame, maps);
    if (this.#pictures.size > PICTURES_MOST) this.#pictures.delete(/** @type {number} */ (this.#pictures.keys().next().value));
  }

  /**
   * From where a mark was drawn to the picture that is shown; null: not known, or not in it.
   * @param {string} mark @param {number | null} frame  RTP timestamp of the picture shown; null: the browser does not tell
   * @param {number} now  ms @returns {Matrix | null}
   */
  matrix(mark, frame, now) {
    if (frame !== null) return this.#pictures.get(frame)?.get(mark) ?? null;
    const calm = now - (this.#moved.get(mark) ?? now) >= CALM_MS;
    return calm ? (this.#newest.get(mark) ?? null) : null;
  }

  /** From where a mark was drawn to the newest picture that was told of; null: not in it. @param {string} mark @returns {Matrix | null} */
  newest(mark) {
    return this.#newest.get(mark) ?? null;
  }

  /** @param {string} mark @param {Matrix} h @param {number} now */
  #since(mark, h, now) {
    const before = this.#newest.get(mark);
    return before?.every((value, n) => value === h[n]) ? (this.#moved.get(mark) ?? now) : now;
  }
}
