/**
 * Whether the line bears pictures beside the sound. A browser never sends less than some 30 kb/s of picture, and a queue that
 * grows by that, or drops what does not fit, takes the sound with it. No DOM.
 *
 * One look a second at what the browser counts (W3C webrtc-stats). While pictures are suspended nothing shows what the line
 * would bear: they come back for a trial, after a longer wait each time that fails soon.
 *
 * Where this machine stands still, answers are late as well. Its own looks are late then, too, which those on a slow line are not:
 * they and the next few, whose reports may be of that time, do not count, unless that goes on for long.
 *
 * @typedef {object} Line
 * @property {number} estimate  bit/s the browser thinks it can send; 0: it does not say
 * @property {number} loss  share of packets lost lately, of sound or of pictures, 0 to 1
 * @property {number} reported  seconds there and back, by reports on the sound; 0: not known yet, as with the next
 * @property {number} checked  the same by the checks of the connection
 */

const FLOOR = 60_000; // an estimate below it: the browser has no way left to send less
const LOSS = 0.08; // a queue that overflows loses more; the sound's redundancy copes with less
const QUEUE_SECONDS = 0.15; // above the shortest round trip, if it lasts: jitter does not
const QUEUE_LOOKS = 3;
const LONG_QUEUE_SECONDS = 0.25; // the same at once
const BASE_LOOKS = 120; // the shortest round trip of so many looks counts
const STARVED_LOOKS = 2;
const FRUGAL_LOOKS = 8; // after the last queue
const FIRST_WAIT = 20;
const LONGEST_WAIT = 160;
const FRESH_MS = 3000; // where reports fail to come, the last one says nothing
const PROVEN_LOOKS = 60;
const LATE_MS = 1400; // after the look before: nothing on the page ran in time
const EXCUSED_LOOKS = 1 + FRESH_MS / 1000;
const EXCUSED_MOST = 12;

export class LineWatch {
  /** Pictures are not to be sent. */
  suspended = false;
  /** A queue grows on the way, or has done so lately: sound is to be sent in as few bits as can be. */
  frugal = false;
  /** @type {number[]} */ #trips = [];
  #long = 0;
  #starved = 0;
  #fine = 0;
  #since = PROVEN_LOOKS;
  #wait = FIRST_WAIT;
  #at = NaN;
  #excused = 0;
  #inARow = 0;

  /** @param {Line} line @param {number} at  ms, when the look is taken @returns {boolean} `suspended` */
  look({ estimate, loss, reported, checked }, at) {
    if (this.#stoodStill(at)) return this.suspended;
    const queueing = this.#queue(reported, checked);
    const starved = queueing || loss >= LOSS;
    this.#starved = starved ? this.#starved + 1 : 0;
    this.#fine = starved ? 0 : this.#fine + 1;
    this.#since++;
    this.frugal = queueing || (this.frugal && this.#fine < FRUGAL_LOOKS);
    if (this.suspended && this.#fine >= this.#wait) this.#set(false);
    else if (!this.suspended && this.#starved >= STARVED_LOOKS && estimate < FLOOR) this.#suspend();
    return this.suspended;
  }

  /** Whether what is measured now may be of this machine, not of the line. @param {number} at */
  #stoodStill(at) {
    const late = at - this.#at > LATE_MS;
    this.#at = at;
    this.#excused = late ? EXCUSED_LOOKS : Math.max(0, this.#excused - 1);
    this.#inARow = this.#excused > 0 ? this.#inARow + 1 : 0;
    return this.#excused > 0 && this.#inARow <= EXCUSED_MOST;
  }

  #suspend() {
    const soon = this.#since < PROVEN_LOOKS;
    this.#wait = soon ? Math.min(LONGEST_WAIT, this.#wait * 2) : FIRST_WAIT;
    this.#set(true);
  }

  /** @param {boolean} suspended */
  #set(suspended) {
    this.suspended = suspended;
    this.#since = this.#starved = this.#fine = 0;
  }

  /** @param {number} reported @param {number} checked */
  #queue(reported, checked) {
    const known = [reported, checked].filter((each) => each > 0);
    if (!known.length) return false;
    this.#trips.push(Math.min(...known));
    this.#trips.splice(0, this.#trips.length - BASE_LOOKS);
    const above = known[0] - Math.min(...this.#trips);
    this.#long = above > QUEUE_SECONDS ? this.#long + 1 : 0;
    return this.#long >= QUEUE_LOOKS || above > LONG_QUEUE_SECONDS;
  }
}

/** What a whole report says of the line. @param {RTCStatsReport} report @returns {Line} */
export function lineOf(report) {
  const line = { estimate: 0, loss: 0, reported: 0, checked: 0 };
  const now = Math.max(0, ...[...report.values()].map((entry) => entry.timestamp));
  report.forEach((entry) => {
    if (entry.type === "candidate-pair" && entry.nominated) {
      line.estimate = entry.availableOutgoingBitrate ?? 0;
      line.checked = entry.currentRoundTripTime ?? 0;
    }
    if (entry.type === "remote-inbound-rtp" && now - entry.timestamp < FRESH_MS) {
      line.loss = Math.max(line.loss, entry.fractionLost ?? 0);
      if (entry.kind === "audio") line.reported = entry.roundTripTime ?? 0;
    }
  });
  return line;
}
