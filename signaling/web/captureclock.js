/**
 * Which picture of the camera a packet's RTP timestamp is of. Pure.
 *
 * A browser stamps pictures with 90 ticks per millisecond of their capture, from an origin it does not tell, the same for a
 * whole connection. The origin is found by votes: no frame was encoded before it was captured, and the quickest within a
 * tenth of a second, so every pair of a picture seen and a frame encoded that allows for this is a candidate, and the right
 * pairs alone agree on one origin. Cameras that are too regular for that leave some origins with as many votes, one frame
 * apart: of these, the latest that is possible.
 */

/** Less than what lies between the captures of any two pictures. */
export const SAME_FRAME_MS = 4;
const TICKS = 90;
const ENCODING_MOST_MS = 100;
const SEEN_MOST = 90;
const ENCODED_MOST = 60;
const CLOSE_MS = 1.5;
const CLEARLY = 0.8;
const VOTES_LEAST = 5;
const VOTES_EVERY = 10;
/** From capture to what is told of a frame by the agent's endpoint, but for the way there and back. */
const HANDLING_MS = 55;
const ANSWERED_MOST = 60;
const GUESSED_WITHIN_MS = 100;

export class CaptureClock {
  /** @type {number[]} */ #seen = [];
  /** @type {number[]} */ #encoded = [];
  /** @type {number | null} */ #origin = null;
  #lastTicks = 0;
  #ms = 0;
  #sinceVotes = 0;
  /** The latest origin possible. */ #latest = Infinity;
  /** @type {number[]} */ #answered = [];

  /** A picture was captured. @param {number} time  ms */
  captured(time) {
    this.#seen.push(time);
    if (this.#seen.length > SEEN_MOST) this.#seen.shift();
  }

  /** A frame was encoded. @param {number} ticks  its RTP timestamp @param {number} at  ms, on the clock of `captured` */
  encoded(ticks, at) {
    this.#ms = this.#unwrapped(ticks);
    this.#lastTicks = ticks;
    this.#latest = Math.min(this.#latest, at - this.#ms);
    this.#encoded.push(this.#ms);
    if (this.#encoded.length > ENCODED_MOST) this.#encoded.shift();
    if (++this.#sinceVotes >= VOTES_EVERY || this.#origin === null) this.#vote();
  }

  /**
   * Where the browser does not tell of encoded frames: something was said of one.
   * @param {number} ticks @param {number} at @param {number} roundTrip  ms
   */
  answered(ticks, at, roundTrip) {
    this.#answered.push(at - roundTrip - HANDLING_MS - this.#unwrapped(ticks));
    if (this.#answered.length > ANSWERED_MOST) this.#answered.shift();
  }

  /** Another connection, and so another origin. */
  restart() {
    this.#encoded = [];
    this.#answered = [];
    this.#origin = null;
    this.#latest = Infinity;
  }

  /** When the picture with this timestamp was captured, ms; null while that is not known. @param {number} ticks */
  time(ticks) {
    const guessed = this.#answered.length && !this.#encoded.length ? Math.min(...this.#answered) : null;
    const origin = this.#origin ?? guessed;
    return origin === null ? null : this.#unwrapped(ticks) + origin;
  }

  /** ms by which such a time may be off; 0: each picture is known by it. */
  get uncertainty() {
    return this.#origin === null ? GUESSED_WITHIN_MS : 0;
  }

  /** The timestamp of the picture captured at `time`; null while that is not known. @param {number} time */
  ticks(time) {
    if (this.#origin === null) return null;
    return (this.#lastTicks + Math.round((time - this.#origin - this.#ms) * TICKS)) >>> 0;
  }

  /** In ms, from the first one on; timestamps wrap at 2^32. @param {number} ticks */
  #unwrapped(ticks) {
    return this.#ms + ((ticks - this.#lastTicks) | 0) / TICKS;
  }

  #vote() {
    this.#sinceVotes = 0;
    const origins = [];
    for (const ms of this.#encoded) {
      for (const time of this.#seen) {
        const origin = time - ms;
        if (origin <= this.#latest && origin > this.#latest - ENCODING_MOST_MS) origins.push(origin);
      }
    }
    origins.sort((a, b) => a - b);
    this.#origin = latestOfTheBest(origins) ?? this.#origin;
    if (this.#origin !== null && this.#origin > this.#latest) this.#origin = null;
  }
}

/**
 * The middle of the latest cluster that has nearly as many members as the largest; null: none has enough.
 * @param {number[]} sorted
 */
function latestOfTheBest(sorted) {
  const votes = sorted.map((origin, n) => {
    let end = n;
    while (end < sorted.length && sorted[end] <= origin + CLOSE_MS) end++;
    return end - n;
  });
  const enough = Math.max(VOTES_LEAST, CLEARLY * votes.reduce((a, b) => Math.max(a, b), 0));
  const latest = votes.findLastIndex((count) => count >= enough);
  return latest < 0 ? null : sorted[latest + Math.floor((votes[latest] - 1) / 2)];
}
