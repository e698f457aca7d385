/**
 * The canvas over the customer's own picture. While there is something to show, the picture is drawn on it as well, so that a
 * mark and the thing it is on are always of the same frame; else it is clear and the video below is seen.
 *
 * @typedef {import("./board.js").Mark} Mark
 * @typedef {import("./homography.js").Matrix} Matrix
 * @typedef {import("./ink.js").Ink} Ink
 * @typedef {import("./ink.js").Pose} Pose
 * @typedef {import("./inkwire.js").InkPoint} InkPoint
 */

import { opacity, outline } from "./board.js";
import { Carrier } from "./carrier.js";
import { Delayed, Pace } from "./delayed.js";
import { Held } from "./held.js";
import { apply, centre, times } from "./homography.js";
import { Keepsakes } from "./keepsakes.js";
import { paint, paintEdgeArrow } from "./paint.js";
import { paintPointer } from "./pointer.js";
import { smallSize } from "./pyramid.js";
import { fitted, toPicture, toScreen } from "./viewport.js";

const PIXEL_RATIO_MOST = 2;
const UNSEEN_TICKS = 45_000; // half a second: for so long the agent may not see what the phone does
const SHOWN_AGAIN_LINGERS_MS = 1200;

export class Overlay {
  /** Where marks are in the picture shown. @type {Carrier | Delayed} */ carrier = new Carrier();
  mirrored = false;
  #pace = new Pace();
  #keepsakes = new Keepsakes();
  #small = document.createElement("canvas");
  #held;
  #context;
  #smallContext;
  #anchors = new Map();
  #clear = true;
  /** @type {HTMLCanvasElement | null} */ #frozen = null;
  #request = 0;
  #running = false;

  /**
   * @param {HTMLVideoElement} video @param {HTMLCanvasElement} canvas @param {Ink} ink
   */
  constructor(video, canvas, ink) {
    [this.video, this.canvas, this.ink, this.clock] = [video, canvas, ink, ink.captures];
    this.#held = new Held(video);
    this.#context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    const small = this.#small.getContext("2d", { willReadFrequently: true });
    this.#smallContext = /** @type {CanvasRenderingContext2D} */ (small);
    new ResizeObserver(() => this.#fit()).observe(canvas);
  }

  /** Begins to look at the camera's pictures. */
  start() {
    if (this.#running) return;
    this.#running = true;
    this.#next();
  }

  stop() {
    this.#running = false;
    this.video.cancelVideoFrameCallback?.(this.#request);
    this.forget();
    this.#wipe();
  }

  /** Another board: no mark counts any more. */
  clear() {
    this.carrier.clear();
    this.#anchors.clear();
    this.#keepsakes.clear();
  }

  /** Another camera: nothing of what was seen counts any more. */
  forget() {
    this.carrier.forget();
    this.clear();
    this.#frozen = null;
  }

  /** Something about a mark is new. @param {Mark} mark */
  edited(mark) {
    if (mark.removed) return this.carrier.drop(mark.mark);
    const path = mark.ended ? mark.path : this.ink.pathSoFar(mark.mark);
    if (path.length) this.#drawn({ ...mark, path });
    return undefined;
  }

  /** Points of a mark that is being drawn have come. @param {string} mark @param {InkPoint[]} path */
  grown(mark, path) {
    const known = this.ink.board.mark(mark);
    if (known && path.length && !this.carrier.pose(mark)) this.#drawn({ ...known, path });
  }

  /** As long as nothing is told of where it is, it is followed from the picture it was drawn on. @param {Mark} mark */
  #drawn(mark) {
    const about = outline(mark);
    const time = this.#timeOf(mark);
    const uncertainty = mark.frame === null ? 0 : this.clock.uncertainty;
    if (this.carrier.pose(mark.mark)) this.carrier.outline(mark.mark, about);
    else if (time !== null && !this.ink.poses.has(mark.mark)) this.carrier.drawn(mark.mark, about, time, uncertainty);
  }

  /** When the picture it was drawn on was captured; null: not known. @param {Mark} mark */
  #timeOf({ author, frame }) {
    if (frame !== null) return this.clock.time(frame);
    return author === "customer" ? this.#shownTime : null; // on whatever another may have drawn, it was not this one
  }

  /** Where an anchor was in some frame. @param {Mark[]} marks @param {Pose} pose */
  posed(marks, pose) {
    const key = marks[0].mark;
    for (const { mark } of marks) this.#anchors.set(mark, key);
    if (pose.state === "lost" || pose.state === "off_screen") return this.carrier.drop(key);
    const time = this.clock.time(pose.frame);
    if (pose.h && time !== null) this.carrier.place(key, outline(marks[0]), pose.h, time, this.clock.uncertainty);
    return undefined;
  }

  /** The RTP timestamp of the picture on the screen, or null. */
  get frame() {
    return this.clock.ticks(this.#shownTime);
  }

  get #shownTime() {
    return (this.carrier instanceof Delayed && this.carrier.time) || this.#held.time;
  }

  /** Where in the picture a point of the canvas is (CSS pixels), or null. @param {number} x @param {number} y */
  at(x, y) {
    return toPicture(this.#viewport(), x, y);
  }

  /** Where on the canvas a point of the picture is, CSS pixels. @param {number} x @param {number} y */
  onScreen(x, y) {
    return apply(toScreen(this.#viewport()), x, y);
  }

  /** Keeps the picture as it is, with a gesture of one's own to be drawn on it. */
  freeze() {
    this.#paint(true);
    const copy = document.createElement("canvas");
    [copy.width, copy.height] = [this.canvas.width, this.canvas.height];
    copy.getContext("2d")?.drawImage(this.canvas, 0, 0);
    this.#frozen = copy;
  }

  unfreeze() {
    this.#frozen = null;
  }

  /** One's own gesture has grown; the picture stands still. */
  repaint() {
    if (this.#frozen) this.#paintFrozen(this.#frozen);
  }

  #next() {
    if (!this.#running) return;
    const video = this.video;
    if (video.requestVideoFrameCallback) this.#request = video.requestVideoFrameCallback((now, frame) => this.#frame(now, frame));
    else requestAnimationFrame((now) => this.#frame(now));
  }

  /** Perhaps a new picture. @param {number} now  ms @param {VideoFrameCallbackMetadata} [told] */
  #frame(now, told) {
    this.#next();
    const began = performance.now();
    if (!this.#held.take(this.#viewport().width * this.#ratio, now, told)) return;
    this.clock.captured(this.#held.time);
    this.#see();
    if (this.#frozen) this.#paintFrozen(this.#frozen);
    else this.#paint(false);
    this.#keepUp(began);
  }

  /** Follows, or shows the picture later: whatever this phone can do. @param {number} began */
  #keepUp(began) {
    const now = performance.now();
    this.#pace.handled(now, now - began, this.carrier instanceof Carrier && this.carrier.count > 0);
    const late = this.#pace.slow && !this.clock.uncertainty; // each picture has to be known by its time for that
    if (late !== this.carrier instanceof Delayed) this.carrier = late ? new Delayed() : new Carrier();
  }

  #see() {
    const { canvas, time } = this.#held;
    if (this.carrier instanceof Delayed) return this.carrier.see(canvas, time);
    const { width, height } = smallSize(this.video.videoWidth, this.video.videoHeight);
    if (this.#small.width !== width || this.#small.height !== height) [this.#small.width, this.#small.height] = [width, height];
    this.#smallContext.drawImage(canvas, 0, 0, width, height);
    this.carrier.see(this.#smallContext.getImageData(0, 0, width, height).data, width, height, time);
    return undefined;
  }

  /** @param {boolean} anyway  also if there is nothing to draw on the picture */
  #paint(anyway) {
    const things = this.#things();
    if (!things.length && !this.#lost().length && !anyway) return this.#wipe();
    this.#begin();
    const { left, top, width, height } = this.#viewport();
    const picture = (this.carrier instanceof Delayed && this.carrier.picture) || this.#held.canvas;
    this.#mirroring(() => this.#context.drawImage(picture, left, top, width, height));
    for (const draw of things) draw();
    this.#keepsakes.paint(this.#context, this.canvas.clientWidth, this.canvas.clientHeight, this.#lost());
    return undefined;
  }

  /** @param {HTMLCanvasElement} frozen */
  #paintFrozen(frozen) {
    this.#context.setTransform(1, 0, 0, 1, 0, 0);
    this.#context.drawImage(frozen, 0, 0);
    this.#scale();
    const viewport = this.#viewport();
    for (const mark of this.ink.gestures()) paint(this.#context, mark, toScreen(viewport), viewport.height, 1);
  }

  /** What is to be drawn, as steps. @returns {(() => void)[]} */
  #things() {
    const viewport = this.#viewport();
    const screen = toScreen(viewport);
    const { height } = viewport;
    const steps = [];
    for (const mark of [...this.ink.marks(), ...this.ink.gestures()]) {
      const matrix = this.#matrix(mark);
      const pose = this.ink.poses.get(mark.mark);
      if (matrix) steps.push(() => this.#draw(mark, times(screen, matrix), height));
      else if (pose?.state === "off_screen") steps.push(() => paintEdgeArrow(this.#context, viewport, pose.toward, mark.colour));
    }
    for (const { mark, ms } of this.ink.replayed()) {
      const matrix = this.#matrix(mark);
      const alpha = ms > mark.path[mark.path.length - 1][3] + SHOWN_AGAIN_LINGERS_MS ? 0 : 1;
      const path = mark.path.filter((point) => point[3] <= ms);
      if (matrix) steps.push(() => paint(this.#context, { ...mark, path }, times(screen, matrix), height, alpha));
    }
    for (const pointer of this.ink.pointers()) {
      const time = pointer.frame === null ? null : this.clock.time(pointer.frame);
      const matrix = time === null ? screen : times(screen, this.carrier.since(time));
      steps.push(() => paintPointer(this.#context, pointer, matrix, height, this.ink.clock()));
    }
    return steps;
  }

  /** @param {Mark} mark @param {Matrix} matrix @param {number} height */
  #draw(mark, matrix, height) {
    paint(this.#context, mark, matrix, height, opacity(mark, this.ink.now));
    if (!mark.ended) return;
    const { x, y } = centre(outline(mark));
    this.#keepsakes.take(mark.mark, this.canvas, this.#ratio, apply(matrix, x, y));
  }

  #lost() {
    return this.ink.marks().filter(({ mark }) => this.ink.poses.get(mark)?.state === "lost");
  }

  /** From the picture a mark was drawn on to the newest, or null: not known. @param {Mark} mark @returns {Matrix | null} */
  #matrix({ mark }) {
    const pose = this.ink.poses.get(mark);
    if (pose?.state === "hidden" && ((pose.frame - pose.tracked) | 0) > UNSEEN_TICKS) return null;
    return this.carrier.pose(this.#anchors.get(mark) ?? mark);
  }

  #viewport() {
    const picture = { width: this.video.videoWidth || 16, height: this.video.videoHeight || 9 };
    return fitted({ width: this.canvas.clientWidth, height: this.canvas.clientHeight }, picture, this.mirrored);
  }

  /** @param {() => void} draw */
  #mirroring(draw) {
    this.#context.save();
    if (this.mirrored) this.#context.transform(-1, 0, 0, 1, this.canvas.clientWidth, 0);
    draw();
    this.#context.restore();
  }

  #begin() {
    this.#clear = false;
    this.#context.setTransform(1, 0, 0, 1, 0, 0);
    this.#context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.#scale();
  }

  get #ratio() {
    return this.canvas.width / Math.max(1, this.canvas.clientWidth);
  }

  #scale() {
    this.#context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
  }

  #wipe() {
    if (this.#clear) return;
    this.#begin();
    this.#clear = true;
  }

  #fit() {
    const ratio = Math.min(PIXEL_RATIO_MOST, devicePixelRatio);
    const [width, height] = [Math.round(this.canvas.clientWidth * ratio), Math.round(this.canvas.clientHeight * ratio)];
    if (width === this.canvas.width && height === this.canvas.height) return;
    [this.canvas.width, this.canvas.height] = [width, height];
    this.#frozen = null;
    this.#clear = true;
  }
}
