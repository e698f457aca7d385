/**
 * The canvas on which a picture that stands still is shown, with the marks on it. It lies over the one of the live picture, and
 * takes its place for whoever draws.
 *
 * @typedef {import("./board.js").Mark} Mark
 * @typedef {import("./homography.js").Matrix} Matrix
 * @typedef {import("./stills.js").Still} Still
 */

import { opacity } from "./board.js";
import { drawnOn } from "./canvas.js";
import { times } from "./homography.js";
import { paint, paintEdgeArrow } from "./paint.js";
import { paintPointer } from "./pointer.js";
import { fitted, toPicture, toScreen } from "./viewport.js";

const PIXEL_RATIO_MOST = 2;
const REPAINT_MS = 50;
const IDENTITY = [1, 0, 0, 0, 1, 0, 0, 0, 1];

export class StillView {
  /** @type {Still | null} */ #still = null;
  #timer = 0;

  /** @param {HTMLCanvasElement} canvas @param {import("./ink.js").Ink} ink */
  constructor(canvas, ink) {
    [this.canvas, this.ink] = [canvas, ink];
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    this.mirrored = false;
    new ResizeObserver(() => this.repaint()).observe(canvas);
  }

  /** @param {Still | null} still @param {boolean} mirrored  as the picture was when it was taken */
  show(still, mirrored) {
    if (still === this.#still) return;
    if (!this.#still || !still) this.mirrored = mirrored;
    this.#still = still;
    this.canvas.hidden = still === null;
    clearInterval(this.#timer);
    if (still) this.#timer = setInterval(() => this.repaint(), REPAINT_MS);
    this.repaint();
  }

  /** Whether there are marks to be seen on a still. @param {Still} still */
  marked(still) {
    return this.ink.marks().some((mark) => this.#matrix(mark, still.frame) !== null);
  }

  // --- what the finger needs of it, as of the overlay ---

  /** The id of what is drawn on, or null. */
  get frame() {
    return this.#still?.frame ?? null;
  }

  /** @param {number} x @param {number} y */
  at(x, y) {
    return this.#still && toPicture(this.#viewport(this.#still), x, y);
  }

  freeze() {} // it stands still already

  unfreeze() {}

  repaint() {
    const still = this.#still;
    if (!still) return;
    this.#fit();
    const viewport = this.#viewport(still);
    const { left, top, width, height } = viewport;
    this.context.clearRect(0, 0, this.canvas.clientWidth, this.canvas.clientHeight);
    this.context.save();
    if (this.mirrored) this.context.transform(-1, 0, 0, 1, this.canvas.clientWidth, 0);
    this.context.drawImage(still.picture, left, top, width, height);
    this.context.restore();
    this.#marks(still.frame, viewport);
  }

  /** @param {number} frame @param {import("./viewport.js").Viewport} viewport */
  #marks(frame, viewport) {
    const screen = toScreen(viewport);
    const { height } = viewport;
    for (const mark of [...this.ink.marks(), ...this.ink.gestures()]) {
      const matrix = this.#matrix(mark, frame);
      const pose = this.ink.poses.get(mark.mark);
      if (matrix) paint(this.context, mark, times(screen, matrix), height, opacity(mark, this.ink.now));
      else if (pose?.frame === frame && pose.state === "off_screen") paintEdgeArrow(this.context, viewport, pose.toward, mark.colour);
    }
    for (const { mark, ms } of this.ink.replayed()) {
      const matrix = this.#matrix(mark, frame);
      const path = mark.path.filter((point) => point[3] <= ms);
      if (matrix && path.length) paint(this.context, { ...mark, path }, times(screen, matrix), height, 1);
    }
    for (const pointer of this.ink.pointers()) paintPointer(this.context, pointer, screen, height, this.ink.clock());
  }

  /** From the picture a mark was drawn on to the still, or null: it is not known to be there. @param {Mark} mark @param {number} frame @returns {Matrix | null} */
  #matrix(mark, frame) {
    if (!mark.path.length) return null;
    if (mark.frame === frame) return IDENTITY;
    const pose = this.ink.poses.get(mark.mark);
    return pose?.frame === frame && pose.state === "tracked" ? pose.h : null;
  }

  /** @param {Still} still */
  #viewport({ picture }) {
    return fitted({ width: this.canvas.clientWidth, height: this.canvas.clientHeight }, picture, this.mirrored);
  }

  #fit() {
    const ratio = Math.min(PIXEL_RATIO_MOST, devicePixelRatio);
    const [width, height] = [Math.round(this.canvas.clientWidth * ratio), Math.round(this.canvas.clientHeight * ratio)];
    if (width !== this.canvas.width || height !== this.canvas.height) [this.canvas.width, this.canvas.height] = [width, height];
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
  }
}

/**
 * What can be had of the camera's picture, for stills.
 * @param {HTMLVideoElement} video @param {() => boolean} on  whether the camera is
 * @returns {import("./stills.js").Camera}
 */
export function cameraOf(video, on) {
  return {
    grab() {
      if (!on() || !video.videoWidth) return null;
      return { picture: drawnOn(video, { width: video.videoWidth, height: video.videoHeight }, Infinity), time: performance.now() };
    },
    async encode(picture, longest, quality) {
      const canvas = drawnOn(picture, picture, longest);
      const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
      if (!blob) throw new Error("no picture");
      return new Uint8Array(await blob.arrayBuffer());
    },
    decode: (bytes) => createImageBitmap(new Blob([bytes], { type: "image/jpeg" })),
  };
}
