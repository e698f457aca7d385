/**
 * Where a picture is in the place it is looked at in: whole, or zoomed about a point and pushed, with no gap that need not be. Pure.
 *
 * @typedef {{width: number, height: number}} Size  of the place in CSS pixels, of the picture in its own
 * @typedef {import("./viewport.js").Viewport} Viewport
 */

import { fitted } from "./viewport.js";

const LARGEST = 4; // CSS pixels to one of the picture
const CLOSER = 2; // times as large as the whole, where that is larger than pixel for pixel

export class Zoom {
  /** @type {Size} */ place = { width: 0, height: 0 };
  /** @type {Size} */ picture = { width: 16, height: 9 };
  /** Pixels of the monitor to a CSS pixel. */ ratio = 1;
  #exact = false;
  #scale = 0; // CSS pixels to one of the picture; 0: the whole
  #middle = { x: 0.5, y: 0.5 }; // what of the picture is in the middle of the place

  /** The whole picture is to be seen. */
  get whole() {
    return this.#scale === 0 && !this.#exact;
  }

  /** Each of its pixels is one of the monitor. */
  get exact() {
    return this.#exact;
  }

  /** @returns {Viewport} */
  get viewport() {
    const whole = fitted(this.place, this.picture, false);
    if (this.whole) return whole;
    const [width, height] = [this.picture.width * this.#shown, this.picture.height * this.#shown];
    const left = edge(this.place.width, width, this.#middle.x);
    return { left, top: edge(this.place.height, height, this.#middle.y), width, height, mirrored: false };
  }

  /** The whole of it, again. */
  fit() {
    this.#exact = false;
    this.#scale = 0;
    this.#middle = { x: 0.5, y: 0.5 };
  }

  /** Each of its pixels one of the monitor, about a point of the place, also where that is smaller than the whole; or the whole again. @param {number} x @param {number} y */
  toggleExact(x, y) {
    if (this.#exact) this.fit();
    else this.#about(x, y, () => { this.#exact = true; });
  }

  /** Pixel for pixel about a point of the place, or closer where that is no larger than the whole; or the whole again. @param {number} x @param {number} y */
  toggle(x, y) {
    if (this.whole) this.#to(Math.max(1, CLOSER * this.#fitting), x, y);
    else this.fit();
  }

  /** So many times as large, about a point of the place. @param {number} factor @param {number} x @param {number} y */
  by(factor, x, y) {
    if (factor > 1 || this.#shown > this.#fitting) this.#to(this.#shown * factor, x, y);
  }

  /** @param {number} across @param {number} down  CSS pixels */
  push(across, down) {
    if (this.whole) return;
    const { left, top, width, height } = this.viewport;
    this.#centre(left + across, top + down, width, height);
  }

  get #fitting() {
    return fitted(this.place, this.picture, false).width / this.picture.width;
  }

  /** CSS pixels to one of the picture, as it is. */
  get #shown() {
    return this.#exact ? 1 / this.ratio : this.#scale || this.#fitting;
  }

  /** @param {number} scale @param {number} x @param {number} y */
  #to(scale, x, y) {
    if (scale <= this.#fitting) return this.fit();
    return this.#about(x, y, () => {
      this.#exact = false;
      this.#scale = Math.min(scale, Math.max(LARGEST, CLOSER * this.#fitting));
    });
  }

  /** What is at a point of the place stays there. @param {number} x @param {number} y @param {() => void} change  of the scale */
  #about(x, y, change) {
    if (!(this.place.width > 0 && this.place.height > 0)) return;
    const { left, top, width, height } = this.viewport;
    const [across, down] = [(x - left) / width, (y - top) / height];
    change();
    const [wide, high] = [this.picture.width * this.#shown, this.picture.height * this.#shown];
    this.#centre(x - across * wide, y - down * high, wide, high);
  }

  /** @param {number} left @param {number} top @param {number} width @param {number} height */
  #centre(left, top, width, height) {
    this.#middle = { x: (this.place.width / 2 - left) / width, y: (this.place.height / 2 - top) / height };
    const placed = this.viewport; // within its bounds
    this.#middle = { x: (this.place.width / 2 - placed.left) / width, y: (this.place.height / 2 - placed.top) / height };
  }
}

/** Where the picture begins, along one side. @param {number} place @param {number} size @param {number} middle  0 to 1 */
function edge(place, size, middle) {
  if (size <= place) return (place - size) / 2;
  return Math.min(0, Math.max(place - size, place / 2 - middle * size));
}
