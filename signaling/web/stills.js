/**
 * Pictures that stand still: the one that the agent has everybody look at, and those that are sent one by one while the line
 * bears no video. No DOM.
 *
 * @typedef {{width: number, height: number}} Size
 * @typedef {object} Camera  what can be had of the camera's picture
 * @property {() => {picture: HTMLCanvasElement, time: number} | null} grab  as it is now, and when it was captured (ms); null: there is none
 * @property {(picture: HTMLCanvasElement, longest: number, quality: number) => Promise<Uint8Array>} encode  as JPEG, the longer side so many pixels at most
 * @property {(bytes: Uint8Array) => Promise<CanvasImageSource & Size>} decode
 * @typedef {{frame: number, picture: CanvasImageSource & Size}} Still
 */

import { StillPipe } from "./stillpipe.js";

const LONGEST = 1920;
const QUALITY = 0.9;
const SMALL_QUALITY = 0.6;
const SMALL_LEAST = 240;
const SMALL_MOST = 960;
const SMALL_FIRST = 480;
/** What one of many should take to be sent, and how long the line rests after each: as long again, a second at least. */
const SENDING_MS = 2000;
const REST_LEAST_MS = 1000;
/** Of one that takes longer the rest is not sent, but a smaller one; the smallest has all the time it takes. */
const PATIENCE_MS = 6000;
const LOOK_AGAIN_MS = 500;
const NAMES_MOST = 200;

export class Stills {
  /** What everybody sees in place of the live picture. @type {Still | null} */ frozen = null;
  /** The newest of those that are sent one by one, which the agent has. @type {Still | null} */ latest = null;
  /** @type {Camera} */ camera = { grab: () => null, encode: () => Promise.reject(new Error("no camera")), decode: () => Promise.reject(new Error("no camera")) };
  /** What is frozen, though there may be no picture of it. @type {number | null} */ #frame = null;
  /** What was grabbed last to be frozen. @type {Still | null} */ #given = null;
  /** Names of pictures that are none of the video's. @type {Set<number>} */ #names = new Set();
  #slow = false;
  #round = 0;
  #longest = SMALL_FIRST;

  /**
   * @param {object} options
   * @param {import("./ink.js").Ink} options.ink
   * @param {() => void} options.onChange
   * @param {(ms: number) => Promise<unknown>} [options.pause]
   * @param {() => number} [options.clock]  ms
   */
  constructor({ ink, onChange, pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms)), clock = () => performance.now() }) {
    [this.ink, this.onChange, this.pause, this.clock] = [ink, onChange, pause, clock];
    ink.isStill = (frame) => this.#names.has(frame);
    this.pipe = new StillPipe({
      onOpen: () => this.#greet(),
      onAsk: (frame) => void this.#asked(frame),
      onStill: (frame, bytes) => void this.#came(frame, bytes),
    }, clock);
  }

  /** From now on this channel is used. @param {RTCDataChannel} channel */
  use(channel) {
    this.pipe.use(channel);
  }

  /** From now on everybody looks at the picture as it is at this moment, called `frame`; null: at the live one. @param {number | null} frame */
  stand(frame) {
    if (frame === this.#frame) return;
    this.#frame = frame;
    this.frozen = frame === null ? null : this.#grabbed(frame);
    this.onChange();
  }

  /** @param {number} frame */
  #grabbed(frame) {
    this.#remember(frame);
    const picture = this.#given?.frame === frame ? this.#given.picture : this.camera.grab()?.picture;
    this.#given = picture ? { frame, picture } : null;
    return this.#given;
  }

  /** @param {number} frame */
  #remember(frame) {
    this.#names.add(frame);
    if (this.#names.size > NAMES_MOST) this.#names.delete([...this.#names][0]);
  }

  /** There is nothing to look at any more. */
  cameraOff() {
    if (this.#frame !== null) this.pipe.say({ kind: "thaw", frame: this.#frame });
    this.latest = null;
  }

  /** The line bears no video, or it does again. @param {boolean} slow */
  setSlow(slow) {
    if (slow === this.#slow) return;
    this.#slow = slow;
    this.latest = null;
    this.pipe.say({ kind: "line", stills: slow });
    if (slow) void this.#sendMany(++this.#round);
    this.onChange();
  }

  /** The call is over, or gone for now. */
  stop() {
    this.setSlow(false);
    this.stand(null);
  }

  #greet() {
    this.pipe.say(this.frozen ? { kind: "have", frame: this.frozen.frame } : { kind: "have" });
    this.pipe.say({ kind: "line", stills: this.#slow });
  }

  /** @param {number} frame */
  async #asked(frame) {
    this.ink.frozen = frame; // it may have overtaken the stage
    this.stand(frame);
    const picture = this.frozen?.picture;
    if (!(picture instanceof HTMLCanvasElement)) return this.pipe.say({ kind: "thaw", frame });
    const bytes = await this.camera.encode(picture, LONGEST, QUALITY).catch(() => null);
    if (!bytes) return this.pipe.say({ kind: "thaw", frame });
    if (frame === this.#frame) await this.pipe.send(frame, bytes, false);
    return undefined;
  }

  /** The hub has it from before this page was loaded anew. @param {number} frame @param {Uint8Array} bytes */
  async #came(frame, bytes) {
    const picture = await this.camera.decode(bytes).catch(() => null);
    if (!picture || (this.#frame !== null && this.#frame !== frame)) return;
    this.#remember(frame);
    this.ink.frozen = this.#frame = frame;
    this.frozen = this.#given = { frame, picture };
    this.onChange();
  }

  /** One picture after the other, as large as the line bears. @param {number} round */
  async #sendMany(round) {
    while (this.#slow && round === this.#round) {
      const rest = this.#frame === null ? await this.#sendOne().catch(() => LOOK_AGAIN_MS) : LOOK_AGAIN_MS;
      await this.pause(rest);
    }
  }

  /** @returns {Promise<number>} ms to rest */
  async #sendOne() {
    const grabbed = this.camera.grab();
    if (!grabbed) return LOOK_AGAIN_MS;
    const { picture, time } = grabbed;
    const bytes = await this.camera.encode(picture, this.#longest, SMALL_QUALITY);
    const [frame, began] = [this.#named(time), this.clock()];
    this.#remember(frame);
    if (!this.#slow || this.#frame !== null) return LOOK_AGAIN_MS;
    const whole = await this.pipe.send(frame, bytes, true, this.#longest > SMALL_LEAST ? PATIENCE_MS : Infinity);
    const took = this.clock() - began;
    if (!whole && took > PATIENCE_MS) this.#longest = Math.max(SMALL_LEAST, this.#longest >> 1);
    if (!whole) return LOOK_AGAIN_MS;
    if (this.#slow && this.#frame === null) this.latest = { frame, picture };
    this.onChange();
    this.#longest = Math.round(Math.min(SMALL_MOST, Math.max(SMALL_LEAST, this.#longest * Math.sqrt(SENDING_MS / Math.max(took, 1)))));
    return Math.max(REST_LEAST_MS, took);
  }

  /** By the clock of the video, where that is known: its pictures and these follow each other. @param {number} time  ms */
  #named(time) {
    return this.ink.captures.ticks(time) ?? Math.round(time * 90) >>> 0;
  }
}
