/**
 * A photo that the agent asked for: told to the customer, who may say no, taken, and sent. No DOM.
 *
 * @typedef {import("./protocol.js").Message} Message
 * @typedef {"" | "announced" | "taking" | "sending" | "sent" | "declined" | "camera_off" | "cannot" | "not_sent"} PhotoStage
 * @typedef {object} PhotographerOptions
 * @property {() => MediaStreamTrack | null} camera  the one in use
 * @property {(fields: {call: string, photo: string, reason: string}) => Promise<unknown>} fail  tells the server that it will not come
 * @property {() => void} onChange
 */

import { upload } from "./upload.js";

const NOTICE_MS = 2500;
const CAMERA_WITHIN_MS = 4000; // after a reload it has to be started
const LOOK_MS = 200;
const SAID_FOR_MS = 3000;

export class Photographer {
  /** @type {PhotoStage} */ stage = "";
  progress = 0;
  /** @type {(track: MediaStreamTrack) => Promise<Blob>} */ take = () => Promise.reject(new Error("no camera"));
  /** @type {AbortController | null} */ #work = null;
  #photo = "";

  /** @param {PhotographerOptions} options @param {(ms: number) => Promise<unknown>} [pause] */
  constructor(options, pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))) {
    this.options = options;
    this.pause = pause;
  }

  /** The server wants this photo; told again after a reconnect, it goes on. @param {Message} wanted */
  async wanted({ call, photo, ticket }) {
    if (photo === this.#photo) return;
    this.#work?.abort();
    const work = new AbortController();
    [this.#work, this.#photo] = [work, photo];
    const outcome = await this.#try(photo, ticket, work.signal).catch(() => /** @type {PhotoStage} */ ("not_sent"));
    if (work !== this.#work) return;
    if (outcome !== "sent") void this.options.fail({ call, photo, reason: outcome }).catch(() => {}); // it expires by itself
    this.#enter(outcome);
    await this.pause(SAID_FOR_MS);
    if (work === this.#work) this.stop();
  }

  get canDecline() {
    return this.stage === "announced";
  }

  decline() {
    if (this.canDecline) this.#work?.abort();
  }

  /** The call is over. */
  stop() {
    this.#work?.abort();
    this.#work = null;
    this.#enter("");
  }

  /** @param {string} photo @param {string} ticket @param {AbortSignal} signal @returns {Promise<PhotoStage>} how it went */
  async #try(photo, ticket, signal) {
    this.#enter("announced");
    await Promise.race([this.pause(NOTICE_MS), aborted(signal)]);
    if (signal.aborted) return "declined";
    const camera = await this.#camera();
    if (!camera) return "camera_off";
    this.#enter("taking");
    const blob = await this.take(camera).catch(() => null);
    if (!blob) return this.options.camera() ? "cannot" : "camera_off";
    signal.throwIfAborted();
    this.#enter("sending");
    await upload(`api/photos/${photo}`, ticket, blob, { signal, pause: this.pause, onProgress: (part) => this.#grow(part) });
    return "sent";
  }

  /** @returns {Promise<MediaStreamTrack | null>} */
  async #camera() {
    for (let waited = 0; waited < CAMERA_WITHIN_MS && !this.options.camera(); waited += LOOK_MS) await this.pause(LOOK_MS);
    return this.options.camera();
  }

  /** @param {number} part */
  #grow(part) {
    this.progress = part;
    this.options.onChange();
  }

  /** @param {PhotoStage} stage */
  #enter(stage) {
    if (stage === this.stage) return;
    this.stage = stage;
    this.progress = 0;
    this.options.onChange();
  }
}

/** @param {AbortSignal} signal */
function aborted(signal) {
  return new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}
