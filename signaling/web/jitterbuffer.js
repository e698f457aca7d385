/**
 * When this browser's jitter buffer of the agent's sound is to begin anew. Once the line has stood still for a moment, a browser plays what
 * came late to its end, and then plays everything as late for ten seconds and more, in case that happens again. No DOM.
 */

const LATE_MS = 250;
const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 160_000;

export class BufferWatch {
  #begun = -Infinity;
  #wait = FIRST_WAIT_MS;

  /**
   * One look a second. On a line that often stands still, the buffer is left alone for longer each time: there it needs what it holds.
   * @param {number} delay  ms that sound has waited in it lately, on average
   * @param {number} at  ms, when the look is taken
   */
  look(delay, at) {
    const since = at - this.#begun;
    if (delay < LATE_MS || since < this.#wait) return false;
    this.#wait = since < 2 * this.#wait ? Math.min(LONGEST_WAIT_MS, 2 * this.#wait) : FIRST_WAIT_MS;
    this.#begun = at;
    return true;
  }
}

/** The offer of an agent who hears, but sends no sound. @param {string} sdp */
export function withoutSound(sdp) {
  const parts = sdp.split(/^(?=m=)/m);
  return parts.map((part) => (part.startsWith("m=audio") ? part.replace("a=sendrecv", "a=recvonly") : part)).join("");
}
