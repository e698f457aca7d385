/**
 * The bit rate that a browser's encoder of sound is to have. While it sends copies (RED), Chromium takes the packets' headers off what
 * `maxBitrate` is changed to, but not off what an encoder begins with, and each change of codec makes another encoder: 48 kb/s
 * in packets of 10 ms would leave it 9.6 kb/s. What it makes of it, it tells as `targetBitrate` (W3C webrtc-stats); other browsers
 * tell nothing. No DOM.
 */

const HEADER_BITS = 384; // of each packet, as Chromium counts them: 48 bytes
const NEAR = 0.1;

/**
 * The `maxBitrate` to set now. One that did not lead there gives way to the other way of counting.
 * @param {number} wanted  bit/s of the encoder, without headers
 * @param {number} packets  sent in a second
 * @param {number | undefined} target  bit/s that the encoder has at present
 * @param {number | undefined} before  `maxBitrate` at present
 */
export function maxBitrate(wanted, packets, target, before) {
  if (target === undefined) return wanted;
  if (before !== undefined && Math.abs(target - wanted) <= NEAR * wanted) return before;
  const whole = wanted + packets * HEADER_BITS;
  return before === whole ? wanted : whole;
}

/** What the encoder of sound is told to make of its limits. @param {RTCStatsReport} report @returns {number | undefined} */
export function targetOf(report) {
  for (const entry of report.values()) {
    if (entry.type === "outbound-rtp" && entry.kind === "audio") return entry.targetBitrate;
  }
  return undefined;
}
