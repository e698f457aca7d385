/**
 * The RTP timestamps of the pictures that are sent, and other copies in packets of sound, where the browser lets a worker see
 * encoded frames (WebRTC encoded transform). No DOM.
 */

const READY_WITHIN_MS = 1500;
const ENDED_AFTER_MS = 1000;

export class EncodedFrames {
  /** @type {Worker | null} */ #worker = null;
  #closed = false;

  /** @param {(ticks: number, at: number) => void} onFrame  RTP timestamp, and when: ms as performance.now() */
  constructor(onFrame) {
    this.ready = this.#start(onFrame);
  }

  /**
   * Watches what `sender` sends from the beginning; later it cannot be watched. Call it once `ready` is settled: a worker that
   * did not load would let no picture pass. @param {RTCRtpSender} sender
   */
  watch(sender) {
    this.#transform(sender, { sound: false });
  }

  /** Lets `copy` say what packets of sound carry again; else as `watch`. @param {RTCRtpSender} sender */
  carry(sender) {
    this.#transform(sender, { sound: true });
  }

  /** @param {number} red  payload type @param {import("./copies.js").Plan | null} plan */
  copy(red, plan) {
    this.#worker?.postMessage({ red, plan });
  }

  /** @param {RTCRtpSender} sender @param {{sound: boolean}} options */
  #transform(sender, options) {
    const Transform = /** @type {any} */ (globalThis).RTCRtpScriptTransform;
    if (this.#worker) /** @type {any} */ (sender).transform = new Transform(this.#worker, options);
  }

  /** Once the connection is closed: Chromium does not survive a worker that ends while frames are on their way to it. */
  close() {
    this.#closed = true;
    setTimeout(() => this.#worker?.terminate(), ENDED_AFTER_MS);
  }

  /** @param {(ticks: number, at: number) => void} onFrame @returns {Promise<void>} */
  async #start(onFrame) {
    if (!("RTCRtpScriptTransform" in globalThis)) return;
    const worker = new Worker(new URL("encodedframes.worker.js", import.meta.url), { type: "module" });
    const loaded = await new Promise((resolve) => {
      worker.onmessage = () => resolve(true);
      worker.onerror = () => resolve(false);
      setTimeout(() => resolve(false), READY_WITHIN_MS);
    });
    if (!loaded || this.#closed) return worker.terminate();
    worker.onmessage = ({ data }) => onFrame(data.ticks, data.at - performance.timeOrigin);
    this.#worker = worker;
  }
}
