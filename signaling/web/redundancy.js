/**
 * Sound sent twice (RED, RFC 2198) while packets are lost on the way. No DOM.
 *
 * The agent's endpoint offers `opus` and `red`, and takes either at any time; a browser sends the one that stands first in
 * the offer it was given. So giving it the same offer with another order switches, and the other side hears nothing of it.
 * Copies go in packets of 10 ms, so that what was lost is there 10 ms later, and FEC, which would take from the bit rate, does not.
 */

const COPIED = "useinbandfec=0;ptime=10"; // `ptime` in `fmtp`: what Chromium makes of a line of its own, too
const ALONE = "useinbandfec=1";

const ON = 0.02;
const OFF = 0.005;
const OVERLOAD = 0.35; // what loses so much bears no more, whatever is known of its queue
const QUIET_ROUNDS = 5;
/** Loss, smoothed, from which two and three frames are sent again with each; it is left at so much of that. */
const MORE = [0.08, 0.16];
const LEFT_AT = 0.75;
const SMOOTH = 0.3; // of a round
const BURST_RUN = 2.2; // packets lost in a row, on average; losses at random have less than 1.3
/** @type {import("./copies.js").Plan} */
const OVER_BURSTS = { frames: 1, ms: 80 }; // gets over most of 100 ms; the frame right before would be lost as well

/** Whether to send sound twice, by how much is lost: not what a queue drops, which more packets would lengthen. Off again only
 * after some rounds without loss. */
export class LossWatch {
  redundant = false;
  #quiet = 0;
  #sent = 0;
  #again = 0;
  #asked = 0;
  #loss = 0;
  #level = 0;
  #run = 1;
  #bursty = false; // until the loss ends: copies shorten the runs that are asked for

  /**
   * One look at the counters of the sender. What was lost and sent again counts as lost.
   * @param {{sent: number, again: number, asked: number, lost: number, queueing: boolean}} counters  packets sent, of these
   *   retransmitted; how often some were asked for; share lost lately; whether a queue grows on the way
   */
  look({ sent, again, asked, lost, queueing }) {
    const newly = Math.max(1, sent - this.#sent);
    const repeated = Math.max(0, again - this.#again);
    const loss = lost + repeated / newly;
    this.#runs(repeated, asked - this.#asked);
    this.#levels(loss);
    this.#sent = sent;
    this.#again = again;
    this.#asked = asked;
    this.#quiet = loss < OFF ? this.#quiet + 1 : 0;
    if (queueing || lost >= OVERLOAD) this.redundant = false;
    else if (loss >= ON) this.redundant = true;
    else if (this.#quiet >= QUIET_ROUNDS) this.redundant = false;
    if (!this.redundant) [this.#run, this.#bursty] = [1, false];
    return this.redundant;
  }

  /** What is to be sent again with each frame; null: the one before, as browsers do. @returns {import("./copies.js").Plan | null} */
  get plan() {
    if (!this.redundant) return null;
    if (this.#bursty) return OVER_BURSTS;
    return this.#level ? { frames: this.#level + 1, ms: 0 } : null;
  }

  /** @param {number} repeated  packets sent again @param {number} asked  how often */
  #runs(repeated, asked) {
    if (asked > 0) this.#run += SMOOTH * (repeated / asked - this.#run);
    this.#bursty ||= this.#run >= BURST_RUN;
  }

  /** @param {number} loss */
  #levels(loss) {
    this.#loss += SMOOTH * (loss - this.#loss);
    while (this.#level < MORE.length && this.#loss >= MORE[this.#level]) this.#level++;
    while (this.#level > 0 && this.#loss < LEFT_AT * MORE[this.#level - 1]) this.#level--;
  }
}

/** The counters of an audio sender. @param {RTCStatsReport} report */
export function counters(report) {
  let [sent, again, asked, lost] = [0, 0, 0, 0];
  report.forEach((entry) => {
    if (entry.type === "outbound-rtp") {
      [sent, again, asked] = [entry.packetsSent ?? 0, entry.retransmittedPacketsSent ?? 0, entry.nackCount ?? 0];
    }
    if (entry.type === "remote-inbound-rtp") lost = entry.fractionLost ?? 0;
  });
  return { sent, again, asked, lost };
}

/** The payload type of `red`; -1: there is none. @param {string} sdp */
export function redType(sdp) {
  return Number(/a=rtpmap:(\d+) red\/48000/i.exec(sdp)?.[1] ?? -1);
}

/** The offer with `red` before or after `opus`, or "" if it has no `red`. @param {string} sdp @param {boolean} first */
export function withRed(sdp, first) {
  const red = String(redType(sdp));
  if (red === "-1") return "";
  const [before, after] = first ? [ALONE, COPIED] : [COPIED, ALONE];
  return sdp.replaceAll(before, after).replace(/^(m=audio \d+ \S+) ([\d ]+)/gm, (line, head, /** @type {string} */ types) => {
    const all = types.trim().split(" ");
    if (!all.includes(red)) return line;
    const others = all.filter((type) => type !== red);
    return `${head} ${(first ? [red, ...others] : [...others, red]).join(" ")}`;
  });
}
