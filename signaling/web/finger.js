/**
 * Drawing with a finger, a pen or a mouse on the picture: the picture stands still while it is drawn on.
 *
 * @typedef {import("./inkwire.js").InkPoint} InkPoint
 */

/**
 * What is drawn on: the live picture, or one that stands still.
 * @typedef {object} Surface
 * @property {number | null} frame
 * @property {(x: number, y: number) => {x: number, y: number} | null} at
 * @property {() => void} freeze @property {() => void} unfreeze @property {() => void} repaint
 */

export class Finger {
  #mark = "";
  #pointer = -1;
  #began = 0;
  #scheduled = false;
  #on = false;

  /**
   * @param {HTMLCanvasElement} canvas @param {Surface} overlay @param {import("./ink.js").Ink} ink
   * @param {(x: number, y: number) => void} onTap  in 0 to 1 of the picture, while drawing is off
   */
  constructor(canvas, overlay, ink, onTap) {
    [this.canvas, this.overlay, this.ink, this.onTap] = [canvas, overlay, ink, onTap];
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    canvas.addEventListener("pointerup", (event) => this.#up(event));
    canvas.addEventListener("pointercancel", (event) => event.pointerId === this.#pointer && this.#cancel());
  }

  get on() {
    return this.#on;
  }

  set on(on) {
    this.#on = on;
    this.canvas.classList.toggle("drawn-on", on);
    if (!on) this.#cancel();
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (!event.isPrimary) return this.#cancel(); // two fingers mean something else
    const point = this.#point(event, event.timeStamp);
    if (!point || event.button !== 0) return undefined;
    if (!this.#on) return this.onTap(point[0], point[1]);
    this.canvas.setPointerCapture(event.pointerId);
    this.#pointer = event.pointerId;
    this.#began = event.timeStamp;
    this.overlay.freeze();
    this.#mark = this.ink.begin(this.overlay.frame, point);
    return this.#show();
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (!this.#mark || event.pointerId !== this.#pointer) return;
    const all = event.getCoalescedEvents?.() ?? [];
    const points = (all.length ? all : [event]).map((one) => this.#point(one, this.#began)).filter((point) => point !== null);
    this.ink.extend(this.#mark, points);
    this.#show();
  }

  /** @param {PointerEvent} event */
  #up(event) {
    if (!this.#mark || event.pointerId !== this.#pointer) return;
    const mark = this.#mark;
    this.#release();
    this.ink.end(mark);
  }

  #cancel() {
    if (!this.#mark) return;
    const mark = this.#mark;
    this.#release();
    this.ink.cancel(mark);
  }

  #release() {
    this.#mark = "";
    this.#pointer = -1;
    this.overlay.unfreeze();
  }

  /** Many moves between two pictures of the screen are drawn once. */
  #show() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      this.overlay.repaint();
    });
  }

  /** @param {PointerEvent} event @param {number} began @returns {InkPoint | null} */
  #point({ clientX, clientY, pressure, pointerType, timeStamp }, began) {
    const { left, top } = this.canvas.getBoundingClientRect();
    const at = this.overlay.at(clientX - left, clientY - top);
    if (!at) return null;
    const known = pointerType === "pen" ? pressure : 0.5; // touch screens and mice make pressure up
    return [round(at.x), round(at.y), round(known), Math.max(0, Math.round(timeStamp - began))];
  }
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 1e4) / 1e4;
}
