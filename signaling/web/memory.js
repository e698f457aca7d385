/**
 * What this tab remembers over a reload: in sessionStorage, which other tabs and other sites cannot read.
 *
 * @typedef {object} Remembered
 * @property {string} [link]  the secret of the join link
 * @property {string} [resume]  the token that brings this party back
 * @property {{camera: boolean, microphone: boolean}} [consent]  what the customer agreed to, once in the line
 * @property {number} [startedAt]  when the call began, ms since 1970
 * @property {string} [over]  why the call ended
 */

const KEY = "visit";

export class Memory {
  /** @type {Remembered} */ #kept = {};

  /** @param {Storage | null} storage  null where the browser refuses it */
  constructor(storage) {
    this.storage = storage;
    try {
      this.#kept = JSON.parse(storage?.getItem(KEY) ?? "{}");
    } catch {
      this.#kept = {};
    }
  }

  /** @returns {Readonly<Remembered>} */
  get kept() {
    return this.#kept;
  }

  /** @param {Remembered} change @returns {boolean} whether a reload would find it */
  keep(change) {
    return this.#write({ ...this.#kept, ...change });
  }

  /** Forgets everything but `rest`. @param {Remembered} [rest] */
  forget(rest = {}) {
    return this.#write(rest);
  }

  /** @param {Remembered} kept */
  #write(kept) {
    this.#kept = kept;
    try {
      this.storage?.setItem(KEY, JSON.stringify(kept));
      return this.storage !== null;
    } catch {
      return false;
    }
  }
}

/** @returns {Storage | null} */
export function tabStorage() {
  try {
    return window.sessionStorage;
  } catch {
    return null;
  }
}
