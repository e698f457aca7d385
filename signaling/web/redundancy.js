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

/** Whether to send sound twice, by how much is lost: not what a queue drops, which more packets would lengthen. Off again only
 * after some rounds without loss. */
export class LossWatch {
  redundant = false;
  #quiet = 0;
  #sent = 0;
  #again = 0;

  /**
   * One look at the counters of the sender. What was lost and sent again counts as lost.
   * @param {{sent: number, again: number, lost: number, queueing: boolean}} counters  packets sent, of these retransmitted, share
   *   lost lately; whether a queue grows on the way
   */
  look({ sent, again, lost, queueing }) {
    const newly = Math.max(1, sent - this.#sent);
    const loss = lost + Math.max(0, again - this.#again) / newly;
    this.#sent = sent;
    this.#again = again;
    this.#quiet = loss < OFF ? this.#quiet + 1 : 0;
    if (queueing || lost >= OVERLOAD) this.redundant = false;
    else if (loss >= ON) this.redundant = true;
    else if (this.#quiet >= QUIET_ROUNDS) this.redundant = false;
    return this.redundant;
  }
}

/** The counters of an audio sender. @param {RTCStatsReport} report */
export function counters(report) {
  let [sent, again, lost] = [0, 0, 0];
  report.forEach((entry) => {
    if (entry.type === "outbound-rtp") [sent, again] = [entry.packetsSent ?? 0, entry.retransmittedPacketsSent ?? 0];
    if (entry.type === "remote-inbound-rtp") lost = entry.fractionLost ?? 0;
  });
  return { sent, again, lost };
}

/** The offer with `red` before or after `opus`, or "" if it has no `red`. @param {string} sdp @param {boolean} first */
export function withRed(sdp, first) {
  const red = /a=rtpmap:(\d+) red\/48000/i.exec(sdp)?.[1];
  if (!red) return "";
  const [before, after] = first ? [ALONE, COPIED] : [COPIED, ALONE];
  return sdp.replaceAll(before, after).replace(/^(m=audio \d+ \S+) ([\d ]+)/gm, (line, head, /** @type {string} */ types) => {
    const all = types.trim().split(" ");
    if (!all.includes(red)) return line;
    const others = all.filter((type) => type !== red);
    return `${head} ${(first ? [red, ...others] : [...others, red]).join(" ")}`;
  });
}
