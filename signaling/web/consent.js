/**
 * Keeps the consent on record in step with what is captured: told at every change, until the server has it. No DOM.
 *
 * @typedef {import("./capture.js").Wanted} Wanted
 * @typedef {object} ConsentOptions
 * @property {import("./memory.js").Memory} memory  holds what the server knows; nothing before the line and after the call
 * @property {() => Wanted | null} captured  null while that is not settled
 * @property {(captured: Wanted) => Promise<unknown>} tell  rejects where the server did not take it
 */

const AGAIN_MS = 2000;

export class Consent {
  #telling = false;

  /** @param {ConsentOptions} options */
  constructor({ memory, captured, tell }) {
    this.memory = memory;
    this.captured = captured;
    this.tell = tell;
  }

  /** To be called whenever something may have changed. */
  async follow() {
    const known = this.memory.kept.consent;
    const captured = this.captured();
    if (this.#telling || !known || !captured || same(known, captured)) return;
    this.#telling = true;
    const told = await this.tell(captured).then(() => true, () => false);
    if (told && this.memory.kept.consent) this.memory.keep({ consent: captured });
    if (!told) await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    this.#telling = false;
    await this.follow();
  }
}

/** @param {Wanted} one @param {Wanted} other */
function same(one, other) {
  return one.camera === other.camera && one.microphone === other.microphone;
}
